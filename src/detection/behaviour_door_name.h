/* behaviour_door_name: what names and details of doors look like. For src/detection/behaviour_door*.c only. */
#ifndef DETECTION_BEHAVIOUR_DOOR_NAME_H
#define DETECTION_BEHAVIOUR_DOOR_NAME_H

#include "detection/behaviour_account.h"

/* The domains of accounts that are used here, and names that others imitate. */
struct door_names;
MUST_USE bool door_names_new(struct door_names **out, const struct account_world *w, struct err *e);
void door_names_free(struct door_names *n); /* takes NULL */

/* Holds it an address of mail whose domain is none of an account that is used here? */
bool door_outside(const struct door_names *n, str detail);
/* Is the name (behind the last backslash) one sign, or up to three that are no letters and digits? */
bool door_odd(str object);
/* Deletes, or moves where nobody looks. */
bool door_hides(str detail);
/* Rights to mail or files. */
bool door_reads(str rights);
/* A consent for everybody. */
bool door_everybody(str verb);
/* A role or group that administers. */
bool door_mighty(str role);
/* Does it, read carelessly (rn for m, 0 for o, 1 for l, vv for w), name a house or a service that it does not name read with care? */
bool door_lookalike(const struct door_names *n, str name);

#endif
