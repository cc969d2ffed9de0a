/* behaviour_map: a table of numbers by keys of 64 bits (two codes), for areas of behaviours that count by entities. Nothing is ever read out of
 * it in the order in which it lies there. */
#ifndef DETECTION_BEHAVIOUR_MAP_H
#define DETECTION_BEHAVIOUR_MAP_H

#include "base/str.h"

struct behaviour_map_slot {
    uint64_t key;
    uint32_t number;
    bool taken;
};
/* Zeroed: empty. */
struct behaviour_map {
    struct behaviour_map_slot *slots;
    uint64_t seed;
    size_t mask, used;
};

static inline uint64_t behaviour_map_key(uint32_t a, uint32_t b) {
    return (uint64_t)a << 32 | b;
}
/* The number of a key, which is 0 when it is new; NULL: no memory. Valid until the next of these. */
uint32_t *behaviour_map_at(struct behaviour_map *m, uint64_t key);
/* 0: there is none. */
uint32_t behaviour_map_get(const struct behaviour_map *m, uint64_t key);
/* Empties it and keeps its memory. */
void behaviour_map_clear(struct behaviour_map *m);
void behaviour_map_free(struct behaviour_map *m);

#endif
