/* noise: everyday life of the institution: what people and machines leave in the logs when nothing is wrong. Some of it looks wrong,
 * and is told as harmless in the truth. */
#ifndef EXERCISE_NOISE_H
#define EXERCISE_NOISE_H

#include "exercise/office.h"

/* What happens once a day, handed to the feed. */
void noise_day(struct office *o, uint32_t day);
/* What people and machines do from `from` to `to`, which lie in one hour. */
void noise_slice(struct office *o, int64_t from, int64_t to);
/* How many slices an hour is best cut into, so that what waits stays bounded. */
unsigned noise_slices(const struct office *o);

#endif
