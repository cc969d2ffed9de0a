/* seen: what is remembered of the distinct values of blocks: a number for each, by column and code, as long as the block's dictionaries
 * are the same. What the number means is its owner's; 0: the value was not looked at yet. */
#ifndef DETECTION_SEEN_H
#define DETECTION_SEEN_H

#include "event/block.h"

struct seen {
    uint32_t *of;        /* by code - 1 */
    uint32_t done, room; /* done: for the owner who looks at all of them in their order: how many were looked at */
    bool any;            /* for the owner: some value holds something */
};

struct seen_blocks {
    struct seen_block {
        struct seen *columns;
        uint32_t count, room, generation;
    } * items; /* by index of the block */
    uint32_t count;
};

/* *out: one for each of the block's columns, in their order, until the next call. False: no memory. */
MUST_USE bool seen_of(struct seen_blocks *all, const struct block *b, struct seen **out);
/* Room in `of` for all values of the dictionary. False: no memory. */
MUST_USE bool seen_room(struct seen *s, const struct dictionary *d);
/* Of no value is anything remembered. */
void seen_forget(struct seen_blocks *all);
void seen_free(struct seen_blocks *all);

#endif
