/* observable_key: keys for an index: of a value all that could ever be looked up in it, and of an indicator what to look up.
 *
 * An index must never miss what a fresh hunt would find. So keys are made by the code that finds (indicator_look.h), told that
 * everything is known; and where what it looks for is too much to keep (each part of each path), both sides keep less of it, in the same
 * way: then an index says "perhaps" more often, and the segment is looked at. What is found in a segment is found by a hunt, not here.
 *
 * Keys are SipHash-2-4 under a secret of the archive, one for each class: nobody can tell from an index what values it is of, nor
 * choose values that crowd one place of it. */
#ifndef INTEL_OBSERVABLE_KEY_H
#define INTEL_OBSERVABLE_KEY_H

#include "base/address.h"
#include "base/err.h"
#include "base/str.h"
#include "intel/observable.h"

#define OBSERVABLE_KEY_VERSION 2u /* of the rules below: keys of another one are of no use */
#define OBSERVABLE_SECRET 32u     /* bytes */
#define OBSERVABLE_ZEROS                                                                                               \
    16u /* of the 64 bits of a key so many, the lowest, are zero: of a thousand million keys one in 281,000 that are asked for seems to be there */

struct observable_keys;
/* One for each process. ERR_MEMORY. */
MUST_USE bool observable_keys_new(struct observable_keys **out, const uint8_t secret[OBSERVABLE_SECRET], struct err *e);
void observable_keys_free(struct observable_keys *k); /* takes NULL */
/* Stands for the rules and the secret: keys of two with the same are the same. For index_options.made, together with whatever decides
 * which values are told (kinds, shapes). */
uint64_t observable_keys_made(const struct observable_keys *k);

/* ---- of values ---- */

struct observable_key_sink {
    bool (*key)(void *ctx, uint64_t key, struct err *e); /* false ends it; the same key may come again */
    bool (*address)(void *ctx, const struct address *address, struct err *e);
    void *ctx;
};
/* Whose keys are told from now on: what was told of the same pile (any number but 0) need not be told again, in whatever value it is. Most of what
 * a log's values hold, its other values hold as well. What it remembers is bounded: some are told again all the same. 0, as it begins: of none. */
void observable_keys_pile(struct observable_keys *k, uint64_t pile);
/* All keys of a value, as a record holds it or as it became text (RAW_TEXT): of each value of a segment, also those that kinds derive. Of
 * raw types in which no indicator is looked for there are none. ERR_MEMORY: then k is only good to be freed; or what the sink says. */
MUST_USE bool observable_keys_of(struct observable_keys *k, uint8_t raw_type, str bytes,
                                 const struct observable_key_sink *sink, struct err *e);

/* ---- of indicators ---- */

#define OBSERVABLE_WAYS 6u
#define OBSERVABLE_WAY_KEYS 2u
struct observable_ask {
    /* A segment that holds the indicator has all keys of one of these, */
    struct {
        uint64_t keys[OBSERVABLE_WAY_KEYS];
        unsigned count;
    } ways[OBSERVABLE_WAYS];
    unsigned way_count;
    bool range; /* or an address from first to last; */
    struct address first, last;
    bool
        scan; /* or no index can tell: every segment is to be looked at. Texts, short numbers, times, and what is very long */
};
/* canonical: observable_canonical's. ERR_MEMORY: as above. */
MUST_USE bool observable_ask_of(struct observable_keys *k, enum observable type, str canonical,
                                struct observable_ask *out, struct err *e);

#endif
