/* listing: rows of blocks as events in their normal form, in the order of the evidence. */
#ifndef HUNT_LISTING_H
#define HUNT_LISTING_H

#include "detection/detect.h"
#include "event/normal.h"
#include "hunt/ledger.h"

struct listing;

/* NULL: no memory. fields must outlive it. */
struct listing *listing_new(const struct fields *fields);
/* Takes NULL. */
void listing_free(struct listing *l);
/* Hands over every row: by offset, by number, by the element of a record of several events. The event's reader and evidence are not set. Roles are the detector's,
 * times the ingest's, clocks the ledger's. False: each said so, or ERR_MEMORY. */
MUST_USE bool listing_run(struct listing *l, const struct ingest *in, struct detector *d, const struct ledger *ledger,
                          bool (*each)(void *ctx, const struct normal_event *event, struct err *e), void *ctx,
                          struct err *e);

#endif
