/* correlation: matches are sorted by correlation, group and time (base/sorter.h); then each group is walked once.
 *
 * A chain is done level by level: what lies below is over, and its hits are the events of what lies above. */
#include "detection/correlation.h"

#include <assert.h>
#include <math.h>
#include <openssl/bn.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/sorter.h"
#include "detection/finding.h"
#include "event/fold.h"
#include "event/number.h"

#define GROUPS_MAX 4096u  /* an event with more combinations of multi-valued group-by fields is counted as without group */
#define LEVELS_MAX 64u    /* of correlations over correlations */
#define HITS_SHARE 4u     /* of the memory: for hits */
#define TUPLES_MAX 4096u
#define NO_SOURCE UINT32_MAX /* of an event that is the hit of another correlation */

/* A place in a correlation's list of rules. */
struct use {
    uint32_t correlation; /* into correlator.correlations */
    uint32_t position;
    struct use *next;
};

struct one {
    const struct sigma_rule *rule;
    const struct sigma_correlation *c;
    unsigned level; /* 0: only detection rules below */
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

static const struct correlation_counts no_counts;

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for correlations");
}

/* ---- preparing ---- */

static bool use_add(struct correlator *c, struct use **to, uint32_t correlation, uint32_t position, struct err *e) {
    struct use *const u = arena_alloc(c->a, sizeof *u);

    if (!u)
        return no_memory(e);
    *u = (struct use){correlation, position, *to};
    *to = u;
    return true;
}

static bool field_add(struct correlator *c, struct wanted *w, str field, struct err *e) {
    str *bigger;

    for (size_t i = 0; i < w->field_count; i++)
        if (str_eq(w->fields[i], field))
            return true;
    if (!(bigger = arena_alloc(c->a, (w->field_count + 1) * sizeof *bigger)))
        return no_memory(e);
    if (w->field_count)
        memcpy(bigger, w->fields, w->field_count * sizeof *bigger);
    bigger[w->field_count++] = field;
    w->fields = bigger;
    return true;
}

/* Does anything below it have to be skipped? The set has no circles. */
static bool skipped(const struct sigma_rule *r, const bool *skip) {
    if (r->unusable.len || (skip && skip[r->index]))
        return true;
    for (size_t i = 0; r->type == SIGMA_CORRELATION && i < r->correlation->rule_count; i++)
        if (skipped(r->correlation->rules[i], skip))
            return true;
    return false;
}

static bool one_prepare(struct correlator *c, uint32_t number, struct err *e) {
    struct one *const one = &c->correlations[number];

    for (uint32_t i = 0; i < one->c->rule_count; i++) {
        const struct sigma_rule *const r = one->c->rules[i];

        if (r->type == SIGMA_CORRELATION) {
            struct one *const below = &c->correlations[c->of_rule[r->index]];

            if (below->level + 1 > one->level)
                one->level = below->level + 1;
            if (!use_add(c, &below->uses, number, i, e))
                return false;
            continue;
        }
        struct wanted *const w = &c->wanted[r->index];

        if (!use_add(c, &w->uses, number, i, e))
            return false;
        for (size_t k = 0; k < one->c->group_count; k++)
            if (!field_add(c, w, one->c->groups[k].fields[i], e))
                return false;
        for (size_t k = 0; k < one->c->field_count; k++)
            if (!field_add(c, w, one->c->fields[k], e))
                return false;
    }
    if (one->level >= LEVELS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u correlations over each other", STR_ARG(one->rule->path), LEVELS_MAX);
    if (one->level + 1 > c->levels)
        c->levels = one->level + 1;
    return true;
}

/* Those below come first, so that levels are known: by depth-first numbering. */
static void number_rule(struct correlator *c, const struct sigma_rule *r, const bool *skip) {
    if (r->type != SIGMA_CORRELATION || c->of_rule[r->index] != UINT32_MAX || skipped(r, skip))
        return;
    for (size_t i = 0; i < r->correlation->rule_count; i++)
        number_rule(c, r->correlation->rules[i], skip);
    c->of_rule[r->index] = c->count;
    c->correlations[c->count++] = (struct one){.rule = r, .c = r->correlation};
}

bool correlator_new(struct correlator **out, const struct sigma_set *set, const bool *skip, size_t memory_max,
                    const char *spill_folder, struct err *e) {
    struct correlator *const c = calloc(1, sizeof *c);

    if (!c)
        return no_memory(e);
    c->set = set;
    c->memory_max = memory_max;
    c->folder = spill_folder;
    c->a = arena_new((size_t)1 << 30);
    if (!c->a || !(c->correlations = arena_zero(c->a, set->rule_count + 1, sizeof *c->correlations)) ||
        !(c->of_rule = arena_zero(c->a, set->rule_count + 1, sizeof *c->of_rule)) ||
        !(c->wanted = arena_zero(c->a, set->rule_count + 1, sizeof *c->wanted))) {
        no_memory(e);
        goto fail;
    }
    memset(c->of_rule, 0xff, set->rule_count * sizeof *c->of_rule);
    for (size_t i = 0; i < set->rule_count; i++)
        number_rule(c, set->rules[i], skip);
    for (uint32_t i = 0; i < c->count; i++)
        if (!one_prepare(c, i, e))
            goto fail;
    if (!(c->events = arena_zero(c->a, c->levels + 1, sizeof(struct sorter *)))) {
        no_memory(e);
        goto fail;
    }
    for (unsigned i = 0; i < c->levels; i++)
        if (!sorter_new(&c->events[i], (memory_max - memory_max / HITS_SHARE) / c->levels, c->folder, e))
            goto fail;
    if (!sorter_new(&c->hits, memory_max / HITS_SHARE, c->folder, e))
        goto fail;
    *out = c;
    return true;
fail:
    correlator_free(c);
    return false;
}

void correlator_free(struct correlator *c) {
    if (!c)
        return;
    for (unsigned i = 0; c->events && i < c->levels; i++)
        sorter_free(c->events[i]);
    sorter_free(c->hits);
    buf_free(&c->key);
    buf_free(&c->value);
    buf_free(&c->text);
    arena_free(c->a);
    free(c);
}

bool correlator_wants(const struct correlator *c, uint32_t rule) {
    return c->wanted[rule].uses != NULL;
}

const str *correlator_fields(const struct correlator *c, uint32_t rule, size_t *count) {
    *count = c->wanted[rule].field_count;
    return c->wanted[rule].fields;
}

const struct correlation_counts *correlator_counts(const struct correlator *c, uint32_t rule) {
    return c->of_rule[rule] == UINT32_MAX ? &no_counts : &c->correlations[c->of_rule[rule]].counts;
}

/* ---- an event as bytes ----
 * Key, so that bytes sort as what they mean: correlation, folded group, time, source, offset, position, all big-endian.
 * Value: struct fixed, group as spelled, values, and of an inner hit its events. */

struct fixed {
    uint64_t number;
    uint32_t rule;       /* that matched; of an inner hit: the correlation */
    uint32_t shown, values, parts; /* bytes of what follows */
};

static void put_be(struct buf *b, uint64_t n, unsigned bytes) {
    while (bytes-- > 0)
        buf_byte(b, (char)(n >> (8 * bytes)));
}

static uint64_t get_be(const char *p, unsigned bytes) {
    uint64_t n = 0;

    while (bytes-- > 0)
        n = n << 8 | (unsigned char)*p++;
    return n;
}

/* Order of bytes is order of time. */
static uint64_t biased(int64_t when) {
    return (uint64_t)when ^ UINT64_C(1) << 63;
}

static void put_sized(struct buf *b, str s) {
    uint32_t const len = (uint32_t)s.len;

    buf_add(b, (str){(const char *)&len, sizeof len});
    buf_add(b, s);
}

static bool get_sized(struct cursor *c, str *out) {
    uint32_t len;

    return read_u32le(c, &len) && read_view(c, len, out);
}

static void put_folded(struct buf *b, struct buf *scratch, str s) {
    char *to;

    scratch->len = 0;
    if ((to = buf_reserve(scratch, 2 * s.len + 16)))
        put_sized(b, (str){to, fold_text(s, to)});
    else
        b->failed = true;
}

/* The values an event has, whatever it is: a match, or the hit of another correlation. */
struct offered {
    const struct correlation_cell *cells;
    size_t cell_count;
    const str *names; /* of cells' fields */
    size_t name_count;
};

/* The next value of a field from *at on; false: no more. */
static bool offered_next(const struct offered *o, str field, size_t *at, str *out) {
    for (; *at < o->cell_count; ++*at)
        if (o->cells[*at].field < o->name_count && str_eq(o->names[o->cells[*at].field], field)) {
            *out = o->cells[(*at)++].value;
            return true;
        }
    return false;
}

/* An event for one place in one correlation. */
struct incoming {
    uint32_t correlation, position;
    int64_t when;
    uint32_t source, rule;
    uint64_t offset, number;
    const struct offered *offered;
    str parts; /* of an inner hit */
};

/* With these group values. */
static bool entry_add(struct correlator *c, const struct incoming *in, const str *group, struct err *e) {
    const struct one *const one = &c->correlations[in->correlation];
    struct fixed f = {.number = in->number, .rule = in->rule, .parts = (uint32_t)in->parts.len};

    c->key.len = c->value.len = 0;
    put_be(&c->key, in->correlation, 4);
    put_be(&c->key, 0, 4); /* the size of the group, below */
    for (size_t i = 0; i < one->c->group_count; i++)
        put_folded(&c->key, &c->text, group[i]);
    if (!c->key.failed) {
        size_t const size = c->key.len - 8;

        for (unsigned i = 0; i < 4; i++)
            c->key.ptr[4 + i] = (char)(size >> (8 * (3 - i)));
    }
    put_be(&c->key, biased(in->when), 8);
    put_be(&c->key, in->source, 4);
    put_be(&c->key, in->offset, 8);
    put_be(&c->key, in->position, 4);
    buf_add(&c->value, (str){(const char *)&f, sizeof f});
    for (size_t i = 0; i < one->c->group_count; i++)
        put_sized(&c->value, group[i]);
    f.shown = (uint32_t)(c->value.len - sizeof f);
    for (size_t i = 0; i < one->c->field_count; i++) {
        size_t at = 0;
        str value;

        while (offered_next(in->offered, one->c->fields[i], &at, &value)) {
            buf_byte(&c->value, (char)i);
            put_sized(&c->value, value);
        }
    }
    f.values = (uint32_t)(c->value.len - sizeof f - f.shown);
    buf_add(&c->value, in->parts);
    if (c->key.failed || c->value.failed)
        return no_memory(e);
    memcpy(c->value.ptr, &f, sizeof f);
    return sorter_add(c->events[one->level], buf_str(&c->key), buf_str(&c->value), e);
}

/* Every combination of the values of the group-by fields (9.2.5). */
static bool incoming_add(struct correlator *c, const struct incoming *in, struct err *e) {
    struct one *const one = &c->correlations[in->correlation];
    size_t const fields = one->c->group_count;
    size_t at[64] = {0};
    str group[64], value;
    size_t depth = 0, made = 0;

    one->counts.events++;
    if (in->when == INSTANT_NONE) {
        one->counts.no_time++;
        return true;
    }
    if (fields > COUNT(group))
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %zu group-by fields", STR_ARG(one->rule->path), COUNT(group));
    for (;;) {
        if (depth == fields) {
            if (made < GROUPS_MAX && !entry_add(c, in, group, e))
                return false;
            made++;
            if (depth == 0)
                break;
            depth--;
        }
        bool found = false;

        while (!found && offered_next(in->offered, one->c->groups[depth].fields[in->position], &at[depth], &value))
            found = value.len > 0;
        if (found) {
            group[depth++] = value;
            if (depth < fields)
                at[depth] = 0;
        } else if (depth-- == 0) {
            break;
        }
    }
    one->counts.no_group += made == 0 || made > GROUPS_MAX;
    return true;
}

bool correlator_add(struct correlator *c, const struct correlation_event *event, struct err *e) {
    const struct wanted *const w = &c->wanted[event->rule];
    struct offered const offered = {event->cells, event->cell_count, w->fields, w->field_count};

    for (const struct use *u = w->uses; u; u = u->next) {
        struct incoming const in = {.correlation = u->correlation,
                                    .position = u->position,
                                    .when = event->when,
                                    .source = event->source,
                                    .rule = event->rule,
                                    .offset = event->offset,
                                    .number = event->number,
                                    .offered = &offered,
                                    .parts = {"", 0}};

        if (!incoming_add(c, &in, e))
            return false;
    }
    return true;
}

/* ---- a group in memory ---- */

/* An event of a group, with the places it serves. */
struct item {
    int64_t when;
    uint64_t offset, number;
    uint32_t source;
    uint32_t entry, entries; /* into group.entries */
    uint32_t value, values;  /* into group.ids: tuples (value_count, rarity), or group.numbers */
    size_t parts, parts_len; /* of an inner hit, in group.bytes */
};

struct entry {
    uint32_t position, rule;
};

struct number {
    size_t text; /* canonical, in group.bytes */
    uint32_t len;
    bool negative;
};

struct group {
    struct correlator *c;
    struct one *one;
    struct buf key;     /* correlation and folded group of what is here; empty: nothing */
    struct buf shown, bytes;
    struct item *items;
    struct entry *entries;
    uint32_t *ids;
    struct number *numbers;
    struct tuple {
        uint64_t hash;
        size_t text, shown; /* folded and as spelled, in bytes */
        uint32_t len, shown_len;
    } *tuples;          /* distinct */
    uint32_t *slots, slot_mask;
    size_t item_count, item_room, entry_count, entry_room, id_count, id_room, number_count, number_room, tuple_count, tuple_room;
    uint64_t seed;
    struct sorter *found; /* hits of this level */
    uint64_t found_count;
};

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    void *bigger;

    if (count < *room)
        return true;
    if (*room > UINT32_MAX / 2 || !(bigger = reallocarray(*items, *room * 2 + 64, size)))
        return no_memory(e);
    *items = bigger;
    *room = *room * 2 + 64;
    return true;
}

static bool rarity(const struct sigma_correlation *c) {
    return c->type == CORRELATE_VALUE_PERCENTILE && !c->has_percentile;
}

static bool counts_values(const struct sigma_correlation *c) {
    return c->type == CORRELATE_VALUE_COUNT || rarity(c);
}

static bool needs_numbers(const struct sigma_correlation *c) {
    return c->type >= CORRELATE_VALUE_SUM && !rarity(c);
}

static bool slots_grow(struct group *g, struct err *e) {
    uint32_t const size = g->slots ? (g->slot_mask + 1) * 2 : 1024;
    uint32_t *const slots = calloc(size, sizeof *slots);

    if (!slots)
        return no_memory(e);
    free(g->slots);
    g->slots = slots;
    g->slot_mask = size - 1;
    for (size_t i = 0; i < g->tuple_count; i++) {
        uint64_t h = g->tuples[i].hash;

        while (g->slots[h & g->slot_mask])
            h++;
        g->slots[h & g->slot_mask] = (uint32_t)i + 1;
    }
    return true;
}

/* The number of a tuple, by its folded text. */
static bool tuple_id(struct group *g, str folded, str shown, uint32_t *id, struct err *e) {
    uint64_t const hash = hash_bytes(folded, g->seed);
    uint64_t h = hash;

    if (g->tuple_count * 2 >= g->slot_mask && !slots_grow(g, e))
        return false;
    for (; g->slots[h & g->slot_mask]; h++) {
        const struct tuple *const t = &g->tuples[g->slots[h & g->slot_mask] - 1];

        if (t->hash == hash && str_eq((str){g->bytes.ptr + t->text, t->len}, folded)) {
            *id = g->slots[h & g->slot_mask] - 1;
            return true;
        }
    }
    if (!grow((void **)&g->tuples, g->tuple_count, &g->tuple_room, sizeof *g->tuples, e))
        return false;
    g->tuples[g->tuple_count] = (struct tuple){hash, g->bytes.len, g->bytes.len + folded.len, (uint32_t)folded.len, (uint32_t)shown.len};
    buf_add(&g->bytes, folded);
    buf_add(&g->bytes, shown);
    if (g->bytes.failed)
        return no_memory(e);
    *id = (uint32_t)g->tuple_count++;
    g->slots[h & g->slot_mask] = *id + 1;
    return true;
}

/* The next value of the correlation's field of that number. */
static bool values_next(struct cursor *c, unsigned field, str *out) {
    uint8_t of;

    while (read_u8(c, &of) && get_sized(c, out))
        if (of == field)
            return true;
    return false;
}

/* Distinct tuples of the fields' values, all parts present (9.3): every combination, as with groups. */
static bool tuples_add(struct group *g, str values, struct item *item, struct err *e) {
    size_t const fields = g->one->c->field_count;
    struct cursor at[16];
    str parts[16];
    size_t depth = 0, made = 0;
    struct correlator *const c = g->c;

    if (fields > COUNT(at))
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %zu fields", STR_ARG(g->one->rule->path), COUNT(at));
    item->value = (uint32_t)g->id_count;
    at[0] = cursor_of(values);
    for (;;) {
        if (depth == fields) {
            uint32_t id = 0;

            c->key.len = c->value.len = 0;
            for (size_t i = 0; i < fields; i++) {
                put_folded(&c->key, &c->text, parts[i]);
                if (i)
                    buf_add(&c->value, S(", "));
                buf_add(&c->value, parts[i]);
            }
            if (c->key.failed || c->value.failed)
                return no_memory(e);
            if (!tuple_id(g, buf_str(&c->key), buf_str(&c->value), &id, e) ||
                !grow((void **)&g->ids, g->id_count, &g->id_room, sizeof *g->ids, e))
                return false;
            bool known = false;

            for (size_t i = item->value; i < g->id_count && !known; i++)
                known = g->ids[i] == id;
            if (!known)
                g->ids[g->id_count++] = id;
            if (++made == TUPLES_MAX)
                break;
            depth--;
        }
        if (values_next(&at[depth], (unsigned)depth, &parts[depth])) {
            if (++depth < fields)
                at[depth] = cursor_of(values);
        } else if (depth-- == 0) {
            break;
        }
    }
    item->values = (uint32_t)(g->id_count - item->value);
    return true;
}

static bool numbers_add(struct group *g, str values, struct item *item, struct err *e) {
    struct cursor c = cursor_of(values);
    str value;

    item->value = (uint32_t)g->number_count;
    while (values_next(&c, 0, &value)) {
        char text[NUMBER_TEXT_MAX];
        size_t len;

        if (!number_is_decimal(value) || !number_canonical(value, text, &len)) {
            g->one->counts.not_numeric++;
            continue;
        }
        if (!grow((void **)&g->numbers, g->number_count, &g->number_room, sizeof *g->numbers, e))
            return false;
        g->numbers[g->number_count++] = (struct number){g->bytes.len, (uint32_t)len, text[0] == '-'};
        buf_add(&g->bytes, (str){text, len});
    }
    item->values = (uint32_t)(g->number_count - item->value);
    return !g->bytes.failed || no_memory(e);
}

/* ---- conditions ---- */

/* A bound as the rule's author wrote it: the shortest decimal that reads back as the same number. */
static void bound_text(double n, char out[64]) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, 64, "%.*g", digits, n);
        if (strtod(out, NULL) == n)
            return;
    }
}

static bool compared(enum sigma_compare how, int order) {
    switch (how) {
    case COMPARE_GT:
        return order > 0;
    case COMPARE_GTE:
        return order >= 0;
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LTE:
        return order <= 0;
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_NEQ:
        return order != 0;
    }
    return false;
}

/* A count, which a double holds exactly up to 2^53, and nobody has more events. */
static bool count_within(const struct sigma_correlation *c, uint64_t n) {
    double const value = (double)n;

    for (size_t i = 0; i < c->bound_count; i++)
        if (!compared(c->bounds[i].compare, (value > c->bounds[i].number) - (value < c->bounds[i].number)))
            return false;
    return true;
}

/* A decimal number as an integer and how many of its digits stand behind the point. Exact, of any length. */
static bool decimal_read(str s, unsigned scale, BIGNUM **out) {
    char digits[2 * NUMBER_TEXT_MAX + 2];
    size_t const point = str_find_byte(s, '.');
    size_t const whole = point == SIZE_MAX ? s.len : point;
    size_t const behind = point == SIZE_MAX ? 0 : s.len - point - 1;

    if (behind > scale || whole + scale >= sizeof digits)
        return false;
    memcpy(digits, s.ptr, whole);
    if (behind)
        memcpy(digits + whole, s.ptr + point + 1, behind);
    memset(digits + whole + behind, '0', scale - behind);
    digits[whole + scale] = '\0';
    return BN_dec2bn(out, digits) != 0;
}

static unsigned scale_of(str s) {
    size_t const point = str_find_byte(s, '.');

    return point == SIZE_MAX ? 0 : (unsigned)(s.len - point - 1);
}

static bool bound_canonical(const struct sigma_bound *b, char out[NUMBER_TEXT_MAX], size_t *len) {
    char text[64];

    bound_text(b->number, text);
    for (char *p = text; *p; p++) /* "1e+06" is no JSON number, "1e06" neither; "1e6" is */
        if (*p == '+') {
            memmove(p, p + 1, strlen(p));
            break;
        }
    return number_canonical(str_of(text), out, len);
}

/* sum / count against all bounds, exactly: sum against bound * count. sum is scaled. */
static bool quotient_within(const struct sigma_correlation *c, const BIGNUM *sum, unsigned scale, uint64_t count, bool *ok) {
    bool within = true;

    for (size_t i = 0; within && i < c->bound_count; i++) {
        char text[NUMBER_TEXT_MAX];
        size_t len;
        BIGNUM *bound = NULL, *left = BN_dup(sum), *const ten = BN_new();
        unsigned more;

        if (!left || !ten || !bound_canonical(&c->bounds[i], text, &len)) {
            *ok = false;
        } else {
            unsigned const theirs = scale_of((str){text, len});

            more = theirs > scale ? theirs - scale : 0;
            *ok = decimal_read((str){text, len}, scale + more, &bound) && BN_set_word(ten, 10);
            for (unsigned k = 0; *ok && k < more; k++)
                *ok = BN_mul_word(left, 10);
            *ok = *ok && BN_mul_word(bound, count);
            within = *ok && compared(c->bounds[i].compare, BN_cmp(left, bound));
        }
        BN_free(bound);
        BN_free(left);
        BN_free(ten);
    }
    return within;
}

/* A scaled integer as decimal text. */
static void decimal_text(const BIGNUM *n, unsigned scale, struct buf *out) {
    char *const digits = BN_bn2dec(n);
    char canonical[NUMBER_TEXT_MAX];
    struct buf b = {0};
    size_t len;

    out->len = 0;
    if (!digits) {
        out->failed = true;
        return;
    }
    bool const minus = digits[0] == '-';
    str s = str_of(digits + minus);

    if (minus)
        buf_byte(&b, '-');
    if (s.len <= scale) {
        buf_add(&b, S("0."));
        for (size_t i = s.len; i < scale; i++)
            buf_byte(&b, '0');
        buf_add(&b, s);
    } else {
        buf_add(&b, str_first(s, s.len - scale));
        if (scale) {
            buf_byte(&b, '.');
            buf_add(&b, str_from(s, s.len - scale));
        }
    }
    if (!b.failed && number_canonical(buf_str(&b), canonical, &len))
        buf_add(out, (str){canonical, len});
    else
        buf_add(out, buf_str(&b));
    out->failed |= b.failed;
    buf_free(&b);
    OPENSSL_free(digits);
}

/* ---- hits ---- */

struct span {
    size_t from, to; /* items, to included */
    int64_t when;
};

static void put_part(struct buf *b, const struct correlation_part *p) {
    buf_add(b, (str){(const char *)p, sizeof *p});
}

static int by_place(const void *a, const void *b) {
    const struct correlation_part *const x = a, *const y = b;

    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

/* The first events of a span, of inner hits those they are made of; each once. */
static bool parts_put(const struct group *g, const struct span *s, const uint32_t *only, struct buf *out, struct err *e) {
    struct buf b = {0};
    size_t count, kept = 0;

    for (size_t i = s->from; i <= s->to; i++) {
        const struct item *const item = &g->items[i];
        bool holds = !only;

        for (uint32_t k = 0; !holds && k < item->values; k++)
            holds = g->ids[item->value + k] == *only;
        if (!holds)
            continue;
        if (item->source == NO_SOURCE) {
            buf_add(&b, (str){g->bytes.ptr + item->parts, item->parts_len});
        } else {
            if (b.len / sizeof(struct correlation_part) >= FINDING_EVENTS_MAX && g->one->level == 0)
                break; /* they are in order */
            put_part(&b, &(struct correlation_part){.rule = g->entries[item->entry].rule,
                                                    .source = item->source,
                                                    .when = item->when,
                                                    .offset = item->offset,
                                                    .number = item->number});
        }
        if (b.len > 64 * FINDING_EVENTS_MAX * sizeof(struct correlation_part)) { /* of chains: cut while it grows */
            qsort(b.ptr, b.len / sizeof(struct correlation_part), sizeof(struct correlation_part), by_place);
            b.len = FINDING_EVENTS_MAX * sizeof(struct correlation_part);
        }
    }
    if (b.failed) {
        buf_free(&b);
        return no_memory(e);
    }
    count = b.len / sizeof(struct correlation_part);
    struct correlation_part *const parts = (struct correlation_part *)(void *)b.ptr;

    if (count)
        qsort(parts, count, sizeof *parts, by_place);
    for (size_t i = 0; i < count && kept < FINDING_EVENTS_MAX; i++)
        if (kept == 0 || parts[kept - 1].source != parts[i].source || parts[kept - 1].offset != parts[i].offset ||
            parts[kept - 1].when != parts[i].when)
            parts[kept++] = parts[i];
    buf_add(out, (str){b.ptr ? b.ptr : "", kept * sizeof *parts});
    buf_free(&b);
    return !out->failed || no_memory(e);
}

/* A hit as bytes, in front of group, value, rare value and events. */
struct hit_fixed {
    int64_t when, first, last;
    uint64_t count;
    uint32_t correlation, shown, value, rare, parts;
};

/* Key: rule of the set, time, group, rare value: the order in which hits are told, and the same on every run. */
static bool hit_put(struct group *g, const struct span *s, uint64_t count, str value, const uint32_t *rare, struct err *e) {
    struct correlator *const c = g->c;
    const struct tuple *const t = rare ? &g->tuples[*rare] : NULL;
    struct hit_fixed f = {.when = s->when,
                          .first = g->items[s->from].when,
                          .last = g->items[s->to].when,
                          .count = count,
                          .correlation = c->of_rule[g->one->rule->index],
                          .shown = (uint32_t)g->shown.len,
                          .value = (uint32_t)value.len,
                          .rare = t ? t->shown_len : 0};

    c->key.len = c->value.len = 0;
    put_be(&c->key, g->one->rule->index, 4);
    put_be(&c->key, biased(s->when), 8);
    buf_add(&c->key, str_from(buf_str(&g->key), 8));
    if (t)
        buf_add(&c->key, (str){g->bytes.ptr + t->text, t->len});
    put_be(&c->key, biased(f.first), 8);
    buf_add(&c->value, (str){(const char *)&f, sizeof f});
    buf_add(&c->value, buf_str(&g->shown));
    buf_add(&c->value, value);
    if (t)
        buf_add(&c->value, (str){g->bytes.ptr + t->shown, t->shown_len});
    size_t const before = c->value.len;

    if (!parts_put(g, s, rare, &c->value, e))
        return false;
    if (c->key.failed)
        return no_memory(e);
    f.parts = (uint32_t)(c->value.len - before);
    memcpy(c->value.ptr, &f, sizeof f);
    return sorter_add(g->found, buf_str(&c->key), buf_str(&c->value), e);
}

/* ---- windows that slide: event_count, value_count, temporal, sums that only grow (9.2.8) ---- */

/* What is in a window, as events come in at its head and go out at its tail. */
struct window {
    struct group *g;
    uint64_t *counts;   /* of each place (temporal) or tuple (value_count) */
    uint64_t different; /* of those that are not zero */
    BIGNUM *sum;        /* value_sum, scaled */
    unsigned scale;
    /* temporal_ordered: latest[c][p]: the latest start of a chain of c + 1 rules that ends with place p */
    int64_t *latest, *before;
    uint64_t longest;
    bool failed;
};

static bool window_begin(struct window *w, struct group *g, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;
    size_t const places = counts_values(c) ? g->tuple_count : c->rule_count;

    *w = (struct window){.g = g};
    if (!(w->counts = calloc(places + 1, sizeof *w->counts)))
        return no_memory(e);
    if (needs_numbers(c)) {
        for (size_t i = 0; i < g->number_count; i++) {
            unsigned const scale = scale_of((str){g->bytes.ptr + g->numbers[i].text, g->numbers[i].len});

            w->scale = scale > w->scale ? scale : w->scale;
        }
        if (!(w->sum = BN_new()))
            return no_memory(e);
    }
    if (c->type == CORRELATE_TEMPORAL_ORDERED) {
        size_t const n = c->rule_count * c->rule_count;

        w->latest = malloc((n + 1) * sizeof *w->latest);
        w->before = malloc((n + 1) * sizeof *w->before);
        if (!w->latest || !w->before)
            return no_memory(e);
        for (size_t i = 0; i < n; i++)
            w->latest[i] = INSTANT_NONE;
    }
    return true;
}

static void window_end(struct window *w) {
    free(w->counts);
    free(w->latest);
    free(w->before);
    BN_free(w->sum);
}

static void sum_change(struct window *w, const struct item *item, bool in) {
    for (uint32_t i = 0; i < item->values; i++) {
        const struct number *const n = &w->g->numbers[item->value + i];
        BIGNUM *value = NULL;

        if (!decimal_read((str){w->g->bytes.ptr + n->text, n->len}, w->scale, &value) ||
            !(in ? BN_add(w->sum, w->sum, value) : BN_sub(w->sum, w->sum, value)))
            w->failed = true;
        BN_free(value);
    }
}

static void count_change(struct window *w, uint32_t at, bool in) {
    if (in)
        w->different += w->counts[at]++ == 0;
    else
        w->different -= --w->counts[at] == 0;
}

static void window_change(struct window *w, const struct item *item, bool in) {
    const struct sigma_correlation *const c = w->g->one->c;

    if (w->sum)
        sum_change(w, item, in);
    else if (counts_values(c))
        for (uint32_t i = 0; i < item->values; i++)
            count_change(w, w->g->ids[item->value + i], in);
    else
        for (uint32_t i = 0; i < item->entries; i++)
            count_change(w, w->g->entries[item->entry + i].position, in);
}

/* Kuhn's augmenting path: an event of the batch for a place; taken: which place each event has. */
static bool seat(const struct group *g, size_t from, size_t to, uint32_t place, uint32_t *taken, bool *tried) {
    for (size_t i = from; i <= to; i++) {
        const struct item *const item = &g->items[i];
        bool serves = false;

        for (uint32_t k = 0; k < item->entries && !serves; k++)
            serves = g->entries[item->entry + k].position == place;
        if (!serves || tried[i - from])
            continue;
        tried[i - from] = true;
        if (taken[i - from] == UINT32_MAX || seat(g, from, to, taken[i - from], taken, tried)) {
            taken[i - from] = place;
            return true;
        }
    }
    return false;
}

/* Events of one instant may stand in any order, each for one place of a chain (9.3). Places (p, q] of which as many as
 * possible get events of their own, q among them: every smaller number of them is possible too. */
static void chain_instant(struct window *w, size_t from, size_t to) {
    struct group *const g = w->g;
    size_t const n = g->one->c->rule_count;
    int64_t const when = g->items[from].when;
    uint32_t *taken;
    bool *tried;

    taken = malloc((to - from + 1) * sizeof *taken);
    tried = malloc((to - from + 1) * sizeof *tried);
    if (!taken || !tried) {
        w->failed = true;
    } else {
        memcpy(w->before, w->latest, n * n * sizeof *w->latest);
        for (size_t q = 0; q < n; q++) {
            size_t seated = 0;

            if (!w->counts[q]) /* nobody of the window serves it, so nobody of this instant */
                continue;
            memset(taken, 0xff, (to - from + 1) * sizeof *taken);
            memset(tried, 0, (to - from + 1) * sizeof *tried);
            if (!seat(g, from, to, (uint32_t)q, taken, tried))
                continue;
            for (size_t p = q + 1; p-- > 0;) { /* places p.. q may be of this instant; the chain before ends below p */
                if (p == q) {
                    seated = 1;
                } else {
                    memset(tried, 0, (to - from + 1) * sizeof *tried);
                    seated += seat(g, from, to, (uint32_t)p, taken, tried);
                }
                for (size_t k = 1; k <= seated; k++) {
                    if (w->latest[(k - 1) * n + q] < when)
                        w->latest[(k - 1) * n + q] = when; /* begins at this instant */
                    for (size_t c = 1; p > 0 && c + k <= n; c++) {
                        int64_t const start = w->before[(c - 1) * n + p - 1];

                        if (start != INSTANT_NONE && start > w->latest[(c + k - 1) * n + q])
                            w->latest[(c + k - 1) * n + q] = start;
                    }
                }
            }
        }
    }
    free(taken);
    free(tried);
}

static void chain_measure(struct window *w, int64_t since) {
    size_t const n = w->g->one->c->rule_count;

    w->longest = 0;
    for (size_t c = n; c-- > 0 && !w->longest;)
        for (size_t p = 0; p < n; p++)
            if (w->latest[c * n + p] != INSTANT_NONE && w->latest[c * n + p] >= since) {
                w->longest = c + 1;
                break;
            }
}

static bool expression_holds(const struct sigma_rule_expr *x, const uint64_t *counts) {
    bool holds;

    switch (x->type) {
    case NODE_TEST:
        return counts[x->rule] > 0;
    case NODE_NOT:
        return !expression_holds(x->children[0], counts);
    default:
        holds = x->type == NODE_AND;
        for (size_t i = 0; i < x->child_count; i++)
            if (expression_holds(x->children[i], counts) != holds)
                return !holds;
        return holds;
    }
}

static bool has_not(const struct sigma_rule_expr *x) {
    if (x->type == NODE_NOT)
        return true;
    for (size_t i = 0; i < x->child_count; i++)
        if (has_not(x->children[i]))
            return true;
    return false;
}

/* events: in the window. */
static uint64_t window_count(const struct window *w, uint64_t events) {
    switch (w->g->one->c->type) {
    case CORRELATE_EVENT_COUNT:
        return events;
    case CORRELATE_TEMPORAL_ORDERED:
        return w->longest;
    default:
        return w->different;
    }
}

static bool window_holds(struct window *w, uint64_t events) {
    const struct sigma_correlation *const c = w->g->one->c;
    bool ok = true, holds;

    if (c->expr)
        return expression_holds(c->expr, w->counts);
    if (!w->sum) {
        uint64_t const n = window_count(w, events);

        return c->bound_count ? count_within(c, n) : n >= c->rule_count; /* temporal: all of them */
    }
    holds = quotient_within(c, w->sum, w->scale, 1, &ok);
    w->failed |= !ok;
    return holds;
}

static bool has_value(const struct sigma_correlation *c) {
    return !c->expr;
}

static bool sliding(struct group *g, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;
    struct window w;
    struct span hit = {0};
    bool open = false, ok = window_begin(&w, g, e);
    struct buf text = {0};
    uint64_t peak_count = 0;
    BIGNUM *peak_sum = NULL;
    size_t tail = 0;

    for (size_t head = 0; ok && head <= g->item_count;) {
        size_t to = head; /* events of one instant come in together */

        if (head < g->item_count) {
            int64_t const when = g->items[head].when;

            while (to + 1 < g->item_count && g->items[to + 1].when == when)
                to++;
            for (size_t i = head; i <= to; i++)
                window_change(&w, &g->items[i], true);
            while ((uint64_t)when - (uint64_t)g->items[tail].when > (uint64_t)c->timespan_ns)
                window_change(&w, &g->items[tail++], false);
            if (w.latest) {
                chain_instant(&w, head, to);
                chain_measure(&w, g->items[tail].when);
            }
        }
        bool const holds = head < g->item_count && window_holds(&w, to - tail + 1);

        if (open && (head == g->item_count || (holds && tail > hit.to))) { /* no event in common: the one before is over */
            if (w.sum)
                decimal_text(peak_sum, w.scale, &text);
            else
                text.len = 0, buf_u64(&text, peak_count);
            ok = !text.failed || no_memory(e);
            ok = ok && hit_put(g, &hit, hit.to - hit.from + 1, has_value(c) ? buf_str(&text) : (str){"", 0}, NULL, e);
            open = false;
        }
        if (ok && holds) {
            uint64_t const n = window_count(&w, to - tail + 1);

            if (!open) {
                hit = (struct span){tail, to, g->items[head].when};
                open = true;
                peak_count = 0;
                BN_free(peak_sum);
                peak_sum = NULL;
            }
            hit.to = to;
            peak_count = n > peak_count ? n : peak_count;
            if (w.sum && (!peak_sum || BN_cmp(w.sum, peak_sum) > 0)) {
                BN_free(peak_sum);
                peak_sum = BN_dup(w.sum);
                w.failed |= !peak_sum;
            }
        }
        if (w.failed)
            ok = no_memory(e);
        head = to + 1;
    }
    BN_free(peak_sum);
    buf_free(&text);
    window_end(&w);
    return ok;
}

/* ---- windows that are anchored at their first event and judged once (9.2.9) ---- */

static str number_text(const struct group *g, uint32_t i) {
    return (str){g->bytes.ptr + g->numbers[i].text, g->numbers[i].len};
}

static int by_number(const void *a, const void *b, void *ctx) {
    const struct group *const g = ctx;

    return number_compare(number_text(g, *(const uint32_t *)a), number_text(g, *(const uint32_t *)b));
}

/* median, percentile: one or two of the numbers in order; their sum and how many. */
static bool ranked(const struct group *g, const struct span *s, const struct window *w, BIGNUM *sum, uint64_t *count) {
    const struct sigma_correlation *const c = g->one->c;
    uint32_t const from = g->items[s->from].value;
    uint32_t const n = g->items[s->to].value + g->items[s->to].values - from;
    uint32_t *const order = malloc((size_t)n * sizeof *order);
    uint32_t low, high;
    bool ok = order != NULL;

    if (!ok)
        return false;
    for (uint32_t i = 0; i < n; i++)
        order[i] = from + i;
    qsort_r(order, n, sizeof *order, by_number, (void *)(uintptr_t)g);
    if (c->type == CORRELATE_VALUE_MEDIAN) {
        low = (n - 1) / 2;
        high = n / 2;
    } else { /* nearest rank: the least that at least p percent do not exceed */
        double const rank = ceil(c->percentile * n / 100 - 1e-9);

        low = high = rank < 1 ? 0 : rank > n ? n - 1 : (uint32_t)rank - 1;
    }
    *count = low == high ? 1 : 2;
    BN_zero(sum);
    for (uint32_t i = 0; ok && i < *count; i++) {
        BIGNUM *value = NULL;

        ok = decimal_read(number_text(g, order[i ? high : low]), w->scale, &value) && BN_add(sum, sum, value);
        BN_free(value);
    }
    free(order);
    return ok;
}

/* sum / count as text with at most nine more digits. */
static void quotient_text(const BIGNUM *sum, unsigned scale, uint64_t count, struct buf *out) {
    BIGNUM *const n = BN_dup(sum);
    unsigned more = count > 1 ? 9 : 0;

    if (n) {
        for (unsigned i = 0; i < more; i++)
            BN_mul_word(n, 10);
        BN_div_word(n, count);
        decimal_text(n, scale + more, out);
    } else {
        out->failed = true;
    }
    BN_free(n);
}

static bool rare_values(struct group *g, const struct span *s, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;
    uint64_t *const holders = calloc(g->tuple_count + 1, sizeof *holders);
    uint64_t const events = s->to - s->from + 1;
    struct buf text = {0};
    bool ok = holders || no_memory(e);

    for (size_t i = s->from; ok && i <= s->to; i++)
        for (uint32_t k = 0; k < g->items[i].values; k++)
            holders[g->ids[g->items[i].value + k]]++;
    for (uint32_t id = 0; ok && id < g->tuple_count; id++) {
        BIGNUM *const share = BN_new();
        bool good = share && BN_set_word(share, holders[id]) && BN_mul_word(share, 100);

        if (holders[id] && good && quotient_within(c, share, 0, events, &good) && good) {
            struct span own = *s;

            while (own.from < own.to) { /* first and last are those of its own events */
                bool holds = false;

                for (uint32_t k = 0; k < g->items[own.from].values && !holds; k++)
                    holds = g->ids[g->items[own.from].value + k] == id;
                if (holds)
                    break;
                own.from++;
            }
            while (own.to > own.from) {
                bool holds = false;

                for (uint32_t k = 0; k < g->items[own.to].values && !holds; k++)
                    holds = g->ids[g->items[own.to].value + k] == id;
                if (holds)
                    break;
                own.to--;
            }
            quotient_text(share, 0, events, &text);
            ok = (!text.failed || no_memory(e)) && hit_put(g, &own, holders[id], buf_str(&text), &id, e);
        }
        BN_free(share);
        if (ok && !good)
            ok = no_memory(e);
    }
    buf_free(&text);
    free(holders);
    return ok;
}

static bool judge(struct group *g, struct window *w, const struct span *s, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;
    struct buf text = {0};
    bool holds, ok = true;

    if (rarity(c))
        return rare_values(g, s, e);
    if (w->sum) {
        BIGNUM *const chosen = BN_new();
        uint64_t count = c->type == CORRELATE_VALUE_SUM ? 1 : 0;

        for (size_t i = s->from; i <= s->to && c->type == CORRELATE_VALUE_AVG; i++)
            count += g->items[i].values;
        ok = chosen != NULL;
        if (ok && c->type >= CORRELATE_VALUE_PERCENTILE)
            ok = ranked(g, s, w, chosen, &count);
        else
            ok = ok && BN_copy(chosen, w->sum);
        holds = ok && quotient_within(c, chosen, w->scale, count, &ok) && ok;
        if (holds)
            quotient_text(chosen, w->scale, count, &text);
        BN_free(chosen);
    } else {
        holds = window_holds(w, s->to - s->from + 1);
        if (has_value(c))
            buf_u64(&text, window_count(w, s->to - s->from + 1));
    }
    if (!ok || text.failed || w->failed)
        ok = no_memory(e);
    else if (holds)
        ok = hit_put(g, s, s->to - s->from + 1, buf_str(&text), NULL, e);
    buf_free(&text);
    return ok;
}

static bool anchored(struct group *g, struct err *e) {
    const struct sigma_correlation *const c = g->one->c;
    struct window w;
    bool ok = window_begin(&w, g, e);

    for (size_t from = 0; ok && from < g->item_count;) {
        struct span s = {.from = from, .to = from};

        while (s.to + 1 < g->item_count && (uint64_t)g->items[s.to + 1].when - (uint64_t)g->items[from].when <= (uint64_t)c->timespan_ns)
            s.to++;
        s.when = g->items[s.to].when;
        for (size_t i = s.from; i <= s.to; i++)
            window_change(&w, &g->items[i], true);
        if (w.latest) {
            for (size_t i = 0; i < c->rule_count * c->rule_count; i++)
                w.latest[i] = INSTANT_NONE;
            for (size_t i = s.from, to; i <= s.to; i = to + 1) {
                for (to = i; to < s.to && g->items[to + 1].when == g->items[i].when;)
                    to++;
                chain_instant(&w, i, to);
            }
            chain_measure(&w, g->items[s.from].when);
        }
        ok = judge(g, &w, &s, e);
        for (size_t i = s.from; i <= s.to; i++)
            window_change(&w, &g->items[i], false);
        from = s.to + 1;
    }
    window_end(&w);
    return ok;
}

/* 9.2.8 against 9.2.9. */
static bool monotone(const struct group *g) {
    const struct sigma_correlation *const c = g->one->c;

    if (c->expr)
        return !has_not(c->expr);
    for (size_t i = 0; i < c->bound_count; i++)
        if (c->bounds[i].compare != COMPARE_GT && c->bounds[i].compare != COMPARE_GTE)
            return false;
    if (c->type == CORRELATE_VALUE_SUM) {
        for (size_t i = 0; i < g->number_count; i++)
            if (g->numbers[i].negative)
                return false;
        return true;
    }
    return c->type < CORRELATE_VALUE_SUM;
}

/* ---- groups out of the sorted events ---- */

static bool group_end(struct group *g, struct err *e) {
    bool ok = true;

    if (g->item_count)
        ok = monotone(g) ? sliding(g, e) : anchored(g, e);
    g->item_count = g->entry_count = g->id_count = g->number_count = g->tuple_count = 0;
    g->bytes.len = g->shown.len = g->key.len = 0;
    if (g->slots)
        memset(g->slots, 0, ((size_t)g->slot_mask + 1) * sizeof *g->slots);
    return ok;
}

static bool group_begin(struct group *g, str key, str shown, struct err *e) {
    buf_add(&g->key, key);
    buf_add(&g->shown, shown);
    g->one = &g->c->correlations[get_be(key.ptr, 4)];
    return (!g->key.failed && !g->shown.failed) || no_memory(e);
}

static bool on_entry(void *ctx, str key, str value, struct err *e) {
    struct group *const g = ctx;
    size_t const group_size = 8 + get_be(key.ptr + 4, 4);
    const char *p = key.ptr + group_size;
    struct fixed f;
    struct item item = {0};
    struct entry entry;

    memcpy(&f, value.ptr, sizeof f);
    str const shown = {value.ptr + sizeof f, f.shown};
    str const values = {shown.ptr + f.shown, f.values};

    assert(sizeof f + f.shown + f.values + f.parts == value.len && key.len == group_size + 24);
    item.when = (int64_t)(get_be(p, 8) ^ UINT64_C(1) << 63);
    item.source = (uint32_t)get_be(p + 8, 4);
    item.offset = get_be(p + 12, 8);
    item.number = f.number;
    entry = (struct entry){(uint32_t)get_be(p + 20, 4), f.rule};
    if (g->key.len && !str_eq(buf_str(&g->key), str_first(key, group_size)) && !group_end(g, e))
        return false;
    if (!g->key.len && !group_begin(g, str_first(key, group_size), shown, e))
        return false;
    if (!grow((void **)&g->entries, g->entry_count, &g->entry_room, sizeof *g->entries, e))
        return false;
    struct item *const last = g->item_count ? &g->items[g->item_count - 1] : NULL;

    if (last && last->when == item.when && last->source == item.source && last->offset == item.offset) {
        if (g->entries[last->entry + last->entries - 1].position != entry.position) { /* else it was handed in twice */
            g->entries[g->entry_count++] = entry;
            last->entries++;
        }
        return true;
    }
    item.entry = (uint32_t)g->entry_count;
    item.entries = 1;
    if (counts_values(g->one->c) ? !tuples_add(g, values, &item, e) : needs_numbers(g->one->c) && !numbers_add(g, values, &item, e))
        return false;
    if (!item.values && (counts_values(g->one->c) || needs_numbers(g->one->c)))
        return true; /* what a value type cannot use takes no part */
    item.parts = g->bytes.len;
    item.parts_len = f.parts;
    buf_add(&g->bytes, (str){values.ptr + f.values, f.parts});
    if (g->bytes.failed || !grow((void **)&g->items, g->item_count, &g->item_room, sizeof *g->items, e))
        return g->bytes.failed ? no_memory(e) : false;
    g->entries[g->entry_count++] = entry;
    g->items[g->item_count++] = item;
    return true;
}

/* ---- levels ---- */

/* A hit of one level: to those above it as an event, and to all that is found. */
static bool on_found(void *ctx, str key, str value, struct err *e) {
    struct group *const g = ctx;
    struct correlator *const c = g->c;
    struct hit_fixed f;

    memcpy(&f, value.ptr, sizeof f);
    const struct one *const one = &c->correlations[f.correlation];
    struct cursor shown = cursor_of((str){value.ptr + sizeof f, f.shown});
    struct correlation_cell cells[64 + 3];
    str names[64 + 3];
    char count[24], first[INSTANT_TEXT], last[INSTANT_TEXT];
    size_t n = 0;

    if (one->uses) {
        for (; n < one->c->group_count; n++) {
            bool const there = get_sized(&shown, &cells[n].value);

            assert(there);
            names[n] = one->c->groups[n].name;
            cells[n].field = (uint32_t)n;
        }
        snprintf(count, sizeof count, "%lu", (unsigned long)f.count);
        const str more[][2] = {{S("count"), str_of(count)}, {S("first"), instant_format(f.first, first)}, {S("last"), instant_format(f.last, last)}};

        for (size_t i = 0; i < COUNT(more); i++, n++) {
            bool hidden = false;

            for (size_t k = 0; k < one->c->group_count; k++)
                hidden |= str_eq(names[k], more[i][0]);
            names[n] = hidden ? (str){"", 0} : more[i][0];
            cells[n] = (struct correlation_cell){(uint32_t)n, more[i][1]};
        }
    }
    struct offered const offered = {cells, n, names, n};

    for (const struct use *u = one->uses; u; u = u->next) {
        struct incoming const in = {.correlation = u->correlation,
                                    .position = u->position,
                                    .when = f.when,
                                    .source = NO_SOURCE,
                                    .rule = one->rule->index,
                                    .offset = g->found_count,
                                    .number = g->found_count,
                                    .offered = &offered,
                                    .parts = {value.ptr + value.len - f.parts, f.parts}};

        if (!incoming_add(c, &in, e))
            return false;
    }
    g->found_count++;
    return sorter_add(c->hits, key, value, e);
}

static bool level_run(struct group *g, unsigned level, struct err *e) {
    struct correlator *const c = g->c;
    bool ok = sorter_new(&g->found, c->memory_max / HITS_SHARE, c->folder, e) && sorter_run(c->events[level], on_entry, g, e) &&
              group_end(g, e);

    sorter_free(c->events[level]);
    c->events[level] = NULL;
    ok = ok && sorter_run(g->found, on_found, g, e);
    sorter_free(g->found);
    g->found = NULL;
    return ok;
}

struct telling {
    const struct correlator *c;
    bool (*hit)(void *ctx, const struct correlation_hit *hit, struct err *e);
    void *ctx;
};

static bool on_hit(void *ctx, str key, str value, struct err *e) {
    const struct telling *const t = ctx;
    struct hit_fixed f;
    str group[64];
    struct correlation_part *parts;
    bool ok;

    (void)key;
    memcpy(&f, value.ptr, sizeof f);
    const struct one *const one = &t->c->correlations[f.correlation];
    struct cursor shown = cursor_of((str){value.ptr + sizeof f, f.shown});

    for (size_t i = 0; i < one->c->group_count; i++) {
        bool const there = get_sized(&shown, &group[i]);

        assert(there);
    }
    if (!(parts = malloc(f.parts + 1)))
        return no_memory(e);
    memcpy(parts, value.ptr + value.len - f.parts, f.parts);
    struct correlation_hit const hit = {.rule = one->rule->index,
                                        .when = f.when,
                                        .first = f.first,
                                        .last = f.last,
                                        .count = f.count,
                                        .group = group,
                                        .group_count = one->c->group_count,
                                        .value = {value.ptr + sizeof f + f.shown, f.value},
                                        .rare = {value.ptr + sizeof f + f.shown + f.value, f.rare},
                                        .events = parts,
                                        .event_count = f.parts / sizeof *parts};

    ok = t->hit(t->ctx, &hit, e);
    free(parts);
    return ok;
}

bool correlator_run(struct correlator *c, bool (*hit)(void *ctx, const struct correlation_hit *hit, struct err *e), void *ctx,
                    struct err *e) {
    struct group g = {.c = c, .seed = hash_seed()};
    struct telling t = {c, hit, ctx};
    bool ok = true;

    for (unsigned i = 0; ok && i < c->levels; i++)
        ok = level_run(&g, i, e);
    ok = ok && sorter_run(c->hits, on_hit, &t, e);
    buf_free(&g.key);
    buf_free(&g.shown);
    buf_free(&g.bytes);
    free(g.items);
    free(g.entries);
    free(g.ids);
    free(g.numbers);
    free(g.tuples);
    free(g.slots);
    return ok;
}
