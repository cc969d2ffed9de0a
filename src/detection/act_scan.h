/* act_scan: blocks into acts: which rows are one by their kind (event/kind.h), and what is told of it.
 *
 * Rows without time are none. More than ACTIVITY_EACH alike within one hour of the rows in hand become one (activity.h): the first of those too many
 * gives the place. */
#ifndef DETECTION_ACT_SCAN_H
#define DETECTION_ACT_SCAN_H

#include "detection/activity.h"
#include "event/block.h"
#include "event/kind.h"

struct act_scan;

MUST_USE bool act_scan_new(struct act_scan **out, struct err *e);
void act_scan_free(struct act_scan *s); /* takes NULL */
/* Goes through all rows of the blocks; those with an act are handed over, block after block. row: of the place. evidence is not set; views
 * live until the callback returns. False stops. */
MUST_USE bool act_scan_run(struct act_scan *s, struct block *const *blocks, size_t count,
                           bool (*each)(void *ctx, const struct block *b, uint32_t row, const struct activity_event *v,
                                        struct err *e),
                           void *ctx, struct err *e);

/* One row alone: is it an act, and which. Views live as long as the block, and until the next call. */
MUST_USE bool act_scan_row(struct act_scan *s, const struct block *b, uint32_t row, bool *is, struct activity_event *v,
                           struct err *e);

#endif
