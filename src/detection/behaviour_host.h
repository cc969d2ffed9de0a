/* behaviour_host: what behaviour_host.c and behaviour_made.c share. */
#ifndef DETECTION_BEHAVIOUR_HOST_H
#define DETECTION_BEHAVIOUR_HOST_H

#include "base/utf.h"
#include "detection/behaviour_kit.h"
#include "event/fold.h"

struct hosts {
    struct behaviour_run *run;
    struct activities *a;
    struct house house;
    struct draft draft;
    struct activity_list processes;
    struct shells shells;
    uint8_t *questions, *packing; /* by code of text, what is already known of it + 1 */
    struct meetings asking;       /* accounts that ask questions, and on how many days */
    uint64_t seed;
};

/* Services, tasks, openings, autoruns, accounts and rights: behaviour_made.c */
MUST_USE bool behaviour_made(struct hosts *h, struct err *e);

#endif
