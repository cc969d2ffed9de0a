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
/* Which events of blocks are handed over, and which of their fields. */
struct listing_choice {
    bool (*block)(void *ctx, const struct block *b); /* only asked about rows of blocks for which it is true */
    bool (*row)(void *ctx, const struct block *b, uint32_t row);
    bool (*field)(void *ctx, const struct block *b, uint32_t row, field_id field); /* in order of rows */
    void *ctx;
};

/* Hands over every row, with its act, or those chosen (NULL: all), without: by offset, by number, by the element of a record of several events. The
 * event's reader and evidence are not set. Roles are the detector's, times the ingest's, clocks the ledger's. False: each said
 * so, or ERR_MEMORY. */
MUST_USE bool listing_run(struct listing *l, const struct ingest *in, struct detector *d, const struct ledger *ledger,
                          const struct listing_choice *choice,
                          bool (*each)(void *ctx, const struct normal_event *event, struct err *e), void *ctx,
                          struct err *e);

#endif
