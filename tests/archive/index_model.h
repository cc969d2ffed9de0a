/* index_model: the plain truth that runs are compared with: which key, and which address, stands in which segment. */
#ifndef TESTS_ARCHIVE_INDEX_MODEL_H
#define TESTS_ARCHIVE_INDEX_MODEL_H

#include <stdlib.h>

#include "archive/index.h"

/* xorshift64*: the same numbers in every run of a test. */
struct random {
    uint64_t state;
};
static inline uint64_t random_next(struct random *r) {
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1du;
}
static inline uint64_t random_below(struct random *r, uint64_t n) {
    return random_next(r) % n;
}

static inline bool model_address_eq(const struct address *a, const struct address *b) {
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

/* As they are ordered in a run. */
static inline unsigned __int128 model_address_key(const struct address *a) {
    unsigned __int128 n = 0;

    if (a->family == 4)
        return (unsigned __int128)0xffff << 32 | (uint64_t)a->bytes[0] << 24 | (uint64_t)a->bytes[1] << 16 |
               (uint64_t)a->bytes[2] << 8 | a->bytes[3];
    for (unsigned i = 0; i < 16; i++)
        n = n << 8 | a->bytes[i];
    return n;
}

#define MODEL_SEGMENTS 64u
#define MODEL_KEYS 4096u
#define MODEL_ADDRESSES 512u

/* Numbered keys and addresses; a bit for each segment in which they stand. */
struct model {
    unsigned zeros; /* so many of the lowest bits of every key are zero */
    uint64_t keys[MODEL_KEYS];
    uint64_t in[MODEL_KEYS];
    struct address addresses[MODEL_ADDRESSES];
    uint64_t address_in[MODEL_ADDRESSES];
};

#endif
