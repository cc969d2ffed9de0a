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
    struct shells shells;
    uint8_t *services; /* by account entity: 1: it does things on hosts, and is no person's */
    uint8_t *own;      /* by code of address: 1: no, 2: yes; as it becomes known */
    uint64_t seed;
};

/* Does an act come to a host from another: network and remote logons, shares, files; not refused? */
bool reach_inside(const struct reach *r, const struct activity *v);
/* Is it an address of the house: private, or its way out? */
bool reach_own(struct reach *r, uint32_t address);
/* Do so many accounts but this one use the very address: a hotel's, a carrier's, the house's? */
MUST_USE bool reach_shared(struct reach *r, uint32_t account, uint32_t address, uint32_t least, bool *shared,
                           struct err *e);
bool reach_loopback(const struct reach *r, uint32_t address);

/* Accounts that come from elsewhere: behaviour_provider.c */
MUST_USE bool reach_visits(struct reach *r, struct err *e);
/* Exports, and files in bulk: behaviour_export.c */
MUST_USE bool reach_exports(struct reach *r, struct err *e);
MUST_USE bool reach_files(struct reach *r, struct err *e);

#endif
