/* correlation_own: what the rooms of correlation share. Nobody else includes it.
 *
 *   correlation.c         the rules and how they stand over each other; matches in, level by level, hits out
 *   correlation_event.c   an event as bytes that sort by correlation, group and time
 *   correlation_group.c   the events of one group, on a tape
 *   correlation_window.c  windows over a group: what is in them, when a condition holds
 *   correlation_chain.c   temporal_ordered: the longest chain of rules in order
 *   correlation_bound.c   conditions: exact comparisons of counts, sums and quotients
 *   correlation_hit.c     hits as bytes, and the events they tell
 *
 * Memory: what is held of a group does not grow with it. Its events lie on a tape, along which a window moves with one
 * reader at its head and one at its tail; values that must be counted or ranked go through a sorter. */
#ifndef DETECTION_CORRELATION_OWN_H
#define DETECTION_CORRELATION_OWN_H

#include <openssl/bn.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/sorter.h"
#include "base/tape.h"
#include "detection/correlation.h"

#define GROUP_FIELDS_MAX 64u
#define NO_SOURCE UINT32_MAX /* of an event that is the hit of another correlation */
#define NO_ITEM UINT64_MAX

/* A place in a correlation's list of rules. */
struct use {
    uint32_t correlation; /* into correlator.correlations */
    uint32_t position;
    struct use *next;
};

struct one {
    const struct sigma_rule *rule;
    const struct sigma_correlation *c;
    unsigned level;   /* 0: only detection rules below */
    struct use *uses; /* who correlates its hits */
    struct correlation_counts counts;
};

/* What is known of a rule of the set. */
struct wanted {
    struct use *uses;
    str *fields;
    size_t field_count;
};

struct correlator {
    const struct sigma_set *set;
    struct arena *a;
    struct one *correlations;
    uint32_t count;
    uint32_t *of_rule;     /* by rule of the set: into correlations, or UINT32_MAX */
    struct wanted *wanted; /* by rule of the set */
    unsigned levels;
    struct sorter **events; /* by level: what its correlations look at */
    struct sorter *hits;    /* all that is found */
    size_t memory_max;
    const char *folder;
    struct buf key, value, text;
};

bool correlation_no_memory(struct err *e);

/* What a type looks at. */
static inline bool is_rarity(const struct sigma_correlation *c) {
    return c->type == CORRELATE_VALUE_PERCENTILE && !c->has_percentile;
}
static inline bool needs_values(const struct sigma_correlation *c) {
    return c->type == CORRELATE_VALUE_COUNT || is_rarity(c);
}
static inline bool needs_numbers(const struct sigma_correlation *c) {
    return c->type >= CORRELATE_VALUE_SUM && !is_rarity(c);
}

/* ---- bytes ---- */

void put_be(struct buf *b, uint64_t n, unsigned bytes);
uint64_t get_be(const char *p, unsigned bytes);
/* Order of bytes is order of time. */
static inline uint64_t biased(int64_t when) {
    return (uint64_t)when ^ UINT64_C(1) << 63;
}
static inline int64_t unbiased(uint64_t n) {
    return (int64_t)(n ^ UINT64_C(1) << 63);
}
/* With its size in front. */
void put_sized(struct buf *b, str s);
void put_folded(struct buf *b, struct buf *scratch, str s);
MUST_USE bool get_sized(struct cursor *c, str *out);

/* ---- events ---- */

/* The values an event has, whatever it is: a match, or the hit of another correlation. */
struct offered {
    const struct correlation_cell *cells;
    size_t cell_count;
    const str *names; /* of cells' fields */
    size_t name_count;
};

/* An event for one place in one correlation. */
struct incoming {
    uint32_t correlation, position;
    int64_t when;
    uint32_t source, rule;
    uint64_t offset, number;
    const struct offered *offered;
    str parts; /* of an inner hit: its events */
};

/* Into the sorter of its level, once for every combination of the values of the group-by fields (9.2.5). */
MUST_USE bool incoming_add(struct correlator *c, const struct incoming *in, struct err *e);

/* One of them, as it comes out of the sorter. */
struct entry {
    str group_key; /* correlation and folded group */
    str group;     /* as spelled, each with its size */
    str values;    /* of the correlation's fields: which of them (a byte), then the value with its size */
    str parts;
    int64_t when;
    uint64_t offset, number;
    uint32_t correlation, source, position, rule;
};

void entry_read(struct entry *out, str key, str value);
/* The next value of the correlation's field of that number. */
MUST_USE bool entry_value(struct cursor *c, unsigned field, str *out);

/* ---- groups ---- */

/* An event of a group, with the places it serves. */
struct item {
    int64_t when;
    uint64_t offset, number;
    uint32_t source, rule;
    str positions; /* uint32_t each */
    str values;    /* with their sizes: numbers, canonical; of a rarity test each value folded, then as spelled */
    str parts;
};

struct group {
    struct correlator *c;
    struct one *one;
    struct buf key, shown; /* of what is here; empty: nothing */
    struct tape *items;
    uint64_t count; /* of items */
    /* The last item, which may still come to serve more places: */
    struct item last;
    bool last_waits; /* it is there */
    struct buf positions, values, parts;
    bool negative;          /* there is a negative number */
    unsigned scale;         /* most digits behind the point of any number */
    struct sorter *ranks;   /* value_count: which values which items have; later what a window must see in order */
    struct sorter *by_item; /* value_count: links, before they are in order of items */
    struct tape *links;
    struct sorter *found; /* hits of this level */
    uint64_t found_count;
};

MUST_USE bool group_open(struct group *g, struct correlator *c, struct err *e);
void group_close(struct group *g);
/* Entries in the order of the sorter; a group is walked when it is over. */
MUST_USE bool group_add(struct group *g, const struct entry *entry, struct err *e);
/* No more entries come. */
MUST_USE bool group_end(struct group *g, struct err *e);

/* Along the items of a group. */
struct items {
    struct tape_reader tape;
    bool there; /* else it stands behind the last */
    uint64_t number, place;
    struct item now;
};

MUST_USE bool items_first(struct items *i, const struct group *g, struct err *e);
MUST_USE bool items_next(struct items *i, struct err *e);
/* To where another stands. */
MUST_USE bool items_seek(struct items *i, uint64_t number, uint64_t place, struct err *e);
void items_free(struct items *i);

/* value_count: that an item has a value, and the nearest items before and after it that have it as well. With these,
 * what a window gains and loses is known without a table of its values. */
struct link {
    uint64_t item, before, after; /* NO_ITEM: none */
};

/* Along the links of a group, in order of items. */
struct links {
    struct tape_reader tape;
    bool there;
    struct link now;
};

MUST_USE bool links_first(struct links *l, const struct group *g, struct err *e);
MUST_USE bool links_next(struct links *l, struct err *e);

/* ---- windows ---- */

/* Walks a group that is whole. */
MUST_USE bool windows_walk(struct group *g, struct err *e);

/* ---- chains ---- */

struct chain;

/* Of so many rules. */
MUST_USE bool chain_new(struct chain **out, size_t rules, struct err *e);
void chain_free(struct chain *h);
/* Nothing was seen. */
void chain_reset(struct chain *h);
/* An event of the present instant. */
MUST_USE bool chain_add(struct chain *h, str positions, struct err *e);
/* The present instant is over, and what begins before `since` is forgotten: the rules of the longest chain. */
uint64_t chain_instant(struct chain *h, int64_t when, int64_t since);

/* ---- conditions ---- */

bool bounds_count(const struct sigma_correlation *c, uint64_t n);
/* sum / count against all bounds, exactly. sum: scaled, an integer with so many digits behind the point. *ok becomes
 * false when memory is out. */
bool bounds_quotient(const struct sigma_correlation *c, const BIGNUM *sum, unsigned scale, uint64_t count, bool *ok);
bool bounds_expression(const struct sigma_rule_expr *x, const uint64_t *counts);
/* May a window that satisfies the condition cease to when it grows (9.2.9)? negative: a number of the group is. */
bool bounds_monotone(const struct sigma_correlation *c, bool negative);
/* Nearest rank: the least that at least `percentile` percent of n do not exceed, 1 to n. 0: no memory. */
uint64_t bounds_rank(double percentile, uint64_t n);

/* A canonical number as a scaled integer. */
MUST_USE bool decimal_read(str s, unsigned scale, BIGNUM **out);
unsigned decimal_scale(str s);
/* sum / count as text with at most nine more digits; sets out->failed. */
void decimal_quotient(const BIGNUM *sum, unsigned scale, uint64_t count, struct buf *out);
/* A canonical number as bytes whose order is that of numbers. */
void decimal_key(str s, struct buf *out);

/* ---- hits ---- */

/* The first events of a hit, those of inner hits among them, each once. All zero: none. */
struct gathering {
    struct buf parts;
    bool full; /* no later item adds to it */
};

void gather_begin(struct gathering *t);
void gather_add(struct gathering *t, const struct group *g, const struct item *item);
/* What was gathered of an item goes through a sorter: as gather_add. */
void gather_bytes(struct gathering *t, const struct group *g, str parts);
void gather_free(struct gathering *t);
/* The events that gather_add would add. */
void item_parts(struct buf *out, const struct item *item);

struct found {
    int64_t when, first, last;
    uint64_t count;
    str value;
    str rare_key, rare; /* folded and as spelled; empty: no rarity test */
};

MUST_USE bool hit_put(struct group *g, const struct found *f, struct gathering *parts, struct err *e);

/* A hit as it comes out of the sorter. */
struct hit {
    struct found found;
    uint32_t correlation;
    str group; /* as spelled, each with its size */
    str parts; /* struct correlation_part each, not aligned */
};

void hit_read(struct hit *out, str value);

#endif
