/* act_scan: blocks into acts: which rows are one by their kind (event/kind.h), and what is told of it.
 *
 * Rows without time are none. More than ACTIVITY_EACH alike (texts, outcome, clock) within one hour, of ROWS_STRETCH rows of a part, become one
 * (activity.h): the first of those too many gives the place. When blocks are emptied, which depends on what else is kept in memory, decides nothing. */
#ifndef DETECTION_ACT_SCAN_H
#define DETECTION_ACT_SCAN_H

#include "detection/activity.h"
#include "event/block.h"
#include "event/kind.h"

struct act_scan;

MUST_USE bool act_scan_new(struct act_scan **out, struct err *e);
void act_scan_free(struct act_scan *s); /* takes NULL */
/* Of a row that is an act: left out, told by itself, or told together with others. */
enum act_wish { ACT_LEAVE, ACT_ALONE, ACT_TOGETHER };
struct act_owner {
    enum act_wish (*wish)(void *ctx, const struct block *b, uint32_t row); /* NULL: ACT_TOGETHER */
    uint64_t (*clock)(void *ctx, const struct block *b, uint32_t row);     /* by which its time was written; NULL: 0 */
    /* evidence is not set; views live until it returns. False stops. */
    bool (*each)(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e);
    void *ctx;
};
/* Goes through all rows of the blocks, block after block. What stands for several is handed over when no more of its stretch can come. */
MUST_USE bool act_scan_run(struct act_scan *s, struct block *const *blocks, size_t count, const struct act_owner *owner,
                           struct err *e);
/* The part is over. */
MUST_USE bool act_scan_end(struct act_scan *s, const struct act_owner *owner, struct err *e);

/* Another one that is alike, or several that are, into what stands for several. */
void act_scan_fold(struct activity_event *sum, const struct activity_event *v);

/* One row alone: is it an act, and which. Views live as long as the block, and until the next call. */
MUST_USE bool act_scan_row(struct act_scan *s, const struct block *b, uint32_t row, bool *is, struct activity_event *v,
                           struct err *e);

#endif
