/* rng: numbers that follow from a seed and from nothing else, on every machine (SplitMix64, Steele, Lea and Flood 2014). No secrets
 * are made of them. */
#ifndef EXERCISE_RNG_H
#define EXERCISE_RNG_H

#include <assert.h>

#include "base/str.h"

struct rng {
    uint64_t state;
};

static inline uint64_t rng_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}
static inline uint64_t rng_next(struct rng *r) {
    return rng_mix(r->state += UINT64_C(0x9e3779b97f4a7c15));
}
/* A stream of its own for each pair of seed and number. */
static inline struct rng rng_of(uint64_t seed, uint64_t number) {
    return (struct rng){rng_mix(seed ^ rng_mix(number + UINT64_C(0x632be59bd9b4e019)))};
}
/* A number that belongs to these three, whoever asks and whenever. */
static inline uint64_t rng_fixed(uint64_t seed, uint64_t a, uint64_t b) {
    return rng_mix(rng_mix(rng_mix(seed + 1) ^ (a * UINT64_C(0x9e3779b97f4a7c15))) + b);
}
/* From 0 to n - 1; n > 0, and so small that the bias of a remainder is nobody's concern. */
static inline uint64_t rng_below(struct rng *r, uint64_t n) {
    assert(n > 0);
    return rng_next(r) % n;
}
/* From a to b, both included. */
static inline int64_t rng_between(struct rng *r, int64_t a, int64_t b) {
    assert(a <= b);
    return a + (int64_t)rng_below(r, (uint64_t)(b - a) + 1);
}
static inline bool rng_chance(struct rng *r, unsigned percent) {
    return rng_below(r, 100) < percent;
}

#endif
