/* behaviour_reach: what behaviour_reach.c, behaviour_provider.c and behaviour_export.c share. */
#ifndef DETECTION_BEHAVIOUR_REACH_H
#define DETECTION_BEHAVIOUR_REACH_H

#include "base/utf.h"
#include "detection/behaviour_kit.h"

struct reach {
    struct behaviour_run *run;
    struct activities *a;
    struct house house;
    struct draft draft;
    uint8_t *services; /* by account entity: 1: it does things on hosts, and is no person's */
    uint64_t seed;
};

/* Does an act come to a host from another: network and remote logons, shares, files; not refused? */
bool reach_inside(const struct reach *r, const struct activity *v);
bool reach_loopback(const struct reach *r, uint32_t address);

/* Accounts that come from elsewhere: behaviour_provider.c */
MUST_USE bool reach_visits(struct reach *r, struct err *e);
/* Exports, and files in bulk: behaviour_export.c */
MUST_USE bool reach_exports(struct reach *r, struct err *e);
MUST_USE bool reach_files(struct reach *r, struct err *e);

#endif
