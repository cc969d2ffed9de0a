/* correlation_event: an event as bytes.
 *
 * Key, so that bytes sort as what they mean: correlation, folded group with its size, time, source, offset, position,
 * numbers big-endian. Value: struct fixed, group as spelled, values, and of an inner hit its events. */
#include "detection/correlation_own.h"

#include <assert.h>

#include "event/fold.h"

#define GROUPS_MAX                                                                                                     \
    4096u /* an event with more combinations of multi-valued group-by fields is counted as without group */
#define PLACE_BYTES 24u /* of a key: what follows the group */

struct fixed {
    uint64_t number;
    uint32_t rule;                 /* that matched; of an inner hit: the correlation */
    uint32_t shown, values, parts; /* bytes of what follows */
};

void put_be(struct buf *b, uint64_t n, unsigned bytes) {
    while (bytes-- > 0)
        buf_byte(b, (char)(n >> (8 * bytes)));
}

uint64_t get_be(const char *p, unsigned bytes) {
    uint64_t n = 0;

    while (bytes-- > 0)
        n = n << 8 | (unsigned char)*p++;
    return n;
}

void put_sized(struct buf *b, str s) {
    uint32_t const len = (uint32_t)s.len;

    buf_add(b, (str){(const char *)&len, sizeof len});
    buf_add(b, s);
}

bool get_sized(struct cursor *c, str *out) {
    uint32_t len;

    return read_u32le(c, &len) && read_view(c, len, out);
}

void put_folded(struct buf *b, struct buf *scratch, str s) {
    char *to;

    scratch->len = 0;
    if ((to = buf_reserve(scratch, 2 * s.len + 16)))
        put_sized(b, (str){to, fold_text(s, to)});
    else
        b->failed = true;
}

/* The next value of a field from *at on; false: no more. */
static bool offered_next(const struct offered *o, str field, size_t *at, str *out) {
    for (; *at < o->cell_count; ++*at)
        if (o->cells[*at].field < o->name_count && str_eq(o->names[o->cells[*at].field], field)) {
            *out = o->cells[(*at)++].value;
            return true;
        }
    return false;
}

/* With these group values. */
static bool put(struct correlator *c, const struct incoming *in, const str *group, struct err *e) {
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
        return correlation_no_memory(e);
    memcpy(c->value.ptr, &f, sizeof f);
    return sorter_add(c->events[one->level], buf_str(&c->key), buf_str(&c->value), e);
}

bool incoming_add(struct correlator *c, const struct incoming *in, struct err *e) {
    struct one *const one = &c->correlations[in->correlation];
    size_t const fields = one->c->group_count;
    size_t at[GROUP_FIELDS_MAX] = {0};
    str group[GROUP_FIELDS_MAX], value;
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
            if (made < GROUPS_MAX && !put(c, in, group, e))
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

void entry_read(struct entry *out, str key, str value) {
    size_t const group = 8 + (size_t)get_be(key.ptr + 4, 4);
    const char *const place = key.ptr + group;
    struct fixed f;

    memcpy(&f, value.ptr, sizeof f);
    assert(key.len == group + PLACE_BYTES);
    assert(sizeof f + f.shown + f.values + f.parts == value.len);
    *out = (struct entry){.group_key = str_first(key, group),
                          .group = {value.ptr + sizeof f, f.shown},
                          .values = {value.ptr + sizeof f + f.shown, f.values},
                          .parts = {value.ptr + sizeof f + f.shown + f.values, f.parts},
                          .when = unbiased(get_be(place, 8)),
                          .offset = get_be(place + 12, 8),
                          .number = f.number,
                          .correlation = (uint32_t)get_be(key.ptr, 4),
                          .source = (uint32_t)get_be(place + 8, 4),
                          .position = (uint32_t)get_be(place + 20, 4),
                          .rule = f.rule};
}

bool entry_value(struct cursor *c, unsigned field, str *out) {
    uint8_t of;

    while (read_u8(c, &of) && get_sized(c, out))
        if (of == field)
            return true;
    return false;
}
