/* act_fold: acts of one source that came out of several segments, put together as act_scan.h would have done it, had it seen all of them: of more
 * than ACTIVITY_EACH alike within an hour the others become one. */
#ifndef HUNT_ACT_FOLD_H
#define HUNT_ACT_FOLD_H

#include "detection/activity.h"

/* So many different ones are told apart; of more all are told as they came. */
#define ACT_FOLD_MAX ((size_t)1 << 20)
#define ACT_FOLD_BYTES ((size_t)32 << 20) /* of texts that stand for several */

struct act_fold;

MUST_USE bool act_fold_new(struct act_fold **out, struct err *e);
void act_fold_free(struct act_fold *f); /* takes NULL */
/* An act, or what stands for several, as a worker told it; its texts are copied. clock: by which its time was written. *told: it is to be handed on now, and
 * else is in what act_fold_end hands over. */
MUST_USE bool act_fold_add(struct act_fold *f, const struct activity_event *v, uint64_t clock, bool *told,
                           struct err *e);
/* The source is over: all that stands for several, in the order of the first of each; f is empty again. */
MUST_USE bool act_fold_end(struct act_fold *f,
                           bool (*each)(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e),
                           void *ctx, struct err *e);

#endif
