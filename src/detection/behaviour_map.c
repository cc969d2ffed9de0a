/* behaviour_map: open addressing, doubled when half full. */
#include "detection/behaviour_map.h"

#include <stdlib.h>

#include "base/hash.h"

/* Codes follow from the evidence; the seed keeps it from choosing who lies beside whom. */
static size_t place_of(const struct behaviour_map *m, uint64_t key) {
    return (size_t)hash_bytes((str){(const char *)&key, sizeof key}, m->seed) & m->mask;
}

static struct behaviour_map_slot *slot_of(const struct behaviour_map *m, uint64_t key) {
    size_t at = place_of(m, key);

    while (m->slots[at].taken && m->slots[at].key != key)
        at = (at + 1) & m->mask;
    return &m->slots[at];
}

static bool grow(struct behaviour_map *m) {
    struct behaviour_map bigger = {.seed = m->slots ? m->seed : hash_seed(), .mask = m->slots ? m->mask * 2 + 1 : 63};

    if (!(bigger.slots = calloc(bigger.mask + 1, sizeof *bigger.slots)))
        return false;
    for (size_t i = 0; m->slots && i <= m->mask; i++)
        if (m->slots[i].taken)
            *slot_of(&bigger, m->slots[i].key) = m->slots[i];
    bigger.used = m->used;
    free(m->slots);
    *m = bigger;
    return true;
}

uint32_t *behaviour_map_at(struct behaviour_map *m, uint64_t key) {
    struct behaviour_map_slot *slot;

    if ((!m->slots || m->used * 2 > m->mask) && !grow(m))
        return NULL;
    slot = slot_of(m, key);
    if (!slot->taken) {
        *slot = (struct behaviour_map_slot){.key = key, .taken = true};
        m->used++;
    }
    return &slot->number;
}

uint32_t behaviour_map_get(const struct behaviour_map *m, uint64_t key) {
    return m->slots ? slot_of(m, key)->number : 0;
}

void behaviour_map_clear(struct behaviour_map *m) {
    /* A table that one large account left behind is not wiped for each of a million small ones. */
    if (m->mask > 1023 && m->used < m->mask / 64)
        behaviour_map_free(m);
    else if (m->slots)
        memset(m->slots, 0, (m->mask + 1) * sizeof *m->slots);
    m->used = 0;
}

void behaviour_map_free(struct behaviour_map *m) {
    free(m->slots);
    *m = (struct behaviour_map){0};
}
