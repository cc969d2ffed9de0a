/* key_check: all keys of a text, and whether an indicator would be looked for in a segment that holds this text and nothing else. For the
 * tests of what is found: whatever it is, the index must not have ruled it out. */
#ifndef TESTS_INTEL_KEY_CHECK_H
#define TESTS_INTEL_KEY_CHECK_H

#include "event/record.h"
#include "intel/observable_key.h"

struct key_check {
    struct observable_keys *keys;
    uint64_t *all;
    struct address *addresses;
    size_t count, room, address_count, address_room;
};

static inline bool key_check_key(void *ctx, uint64_t key, struct err *e) {
    struct key_check *const c = ctx;
    (void)e;

    if (c->count == c->room) {
        c->room = c->room * 2 + 64;
        if (!(c->all = reallocarray(c->all, c->room, sizeof *c->all)))
            abort();
    }
    c->all[c->count++] = key;
    return true;
}

static inline bool key_check_address(void *ctx, const struct address *a, struct err *e) {
    struct key_check *const c = ctx;
    (void)e;

    if (c->address_count == c->address_room) {
        c->address_room = c->address_room * 2 + 64;
        if (!(c->addresses = reallocarray(c->addresses, c->address_room, sizeof *c->addresses)))
            abort();
    }
    c->addresses[c->address_count++] = *a;
    return true;
}

static inline void key_check_begin(struct key_check *c) {
    static const uint8_t secret[OBSERVABLE_SECRET] = "a secret that every test knows ";
    struct err e;

    *c = (struct key_check){.count = 0};
    if (!observable_keys_new(&c->keys, secret, &e))
        abort();
}

static inline void key_check_end(struct key_check *c) {
    observable_keys_free(c->keys);
    free(c->all);
    free(c->addresses);
}

/* More of the segment: its keys come to those that are there. */
static inline void key_check_more(struct key_check *c, uint8_t raw_type, str value) {
    struct observable_key_sink const sink = {key_check_key, key_check_address, c};
    struct err e;

    if (!observable_keys_of(c->keys, raw_type, value, &sink, &e))
        abort();
}

static inline void key_check_text(struct key_check *c, str text) {
    c->count = c->address_count = 0;
    key_check_more(c, RAW_TEXT, text);
}

static inline bool key_check_has(const struct key_check *c, uint64_t key) {
    for (size_t i = 0; i < c->count; i++)
        if (c->all[i] == key)
            return true;
    return false;
}

/* Would the segment be looked at? */
static inline bool key_check_asks(struct key_check *c, enum observable type, str canonical) {
    struct observable_ask ask;
    struct err e;

    if (!observable_ask_of(c->keys, type, canonical, &ask, &e))
        abort();
    if (ask.scan)
        return true;
    for (unsigned w = 0; w < ask.way_count; w++) {
        bool all = true;

        for (unsigned i = 0; i < ask.ways[w].count; i++)
            all = all && key_check_has(c, ask.ways[w].keys[i]);
        if (all)
            return true;
    }
    for (size_t i = 0; ask.range && i < c->address_count; i++)
        if (c->addresses[i].family == ask.first.family &&
            memcmp(c->addresses[i].bytes, ask.first.bytes, sizeof ask.first.bytes) >= 0 &&
            memcmp(c->addresses[i].bytes, ask.last.bytes, sizeof ask.last.bytes) <= 0)
            return true;
    return false;
}

#endif
