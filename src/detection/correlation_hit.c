/* correlation_hit: hits as bytes, and the events that they tell: the first FINDING_EVENTS_MAX of them. */
#include "detection/correlation_own.h"

#include <assert.h>

#include "detection/finding.h"

#define PART sizeof(struct correlation_part)
#define GATHERED_MAX (8u * FINDING_EVENTS_MAX) /* before those that will not be told are left out */

/* A hit as bytes, in front of group, value, rare value and events. */
struct fixed {
    int64_t when, first, last;
    uint64_t count;
    uint32_t correlation, shown, value, rare, parts;
};

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

/* In order, each once, and no more than are told. */
static void gather_cut(struct gathering *t) {
    struct correlation_part *const parts = (struct correlation_part *)(void *)t->parts.ptr;
    size_t const count = t->parts.len / PART;
    size_t kept = 0;

    if (!count)
        return;
    qsort(parts, count, PART, by_place);
    for (size_t i = 0; i < count && kept < FINDING_EVENTS_MAX; i++)
        if (kept == 0 || parts[kept - 1].source != parts[i].source || parts[kept - 1].offset != parts[i].offset ||
            parts[kept - 1].when != parts[i].when)
            parts[kept++] = parts[i];
    t->parts.len = kept * PART;
}

void item_parts(struct buf *out, const struct item *item) {
    struct correlation_part const own = {
        .rule = item->rule, .source = item->source, .when = item->when, .offset = item->offset, .number = item->number};

    buf_add(out, item->source == NO_SOURCE ? item->parts : (str){(const char *)&own, sizeof own});
}

void gather_begin(struct gathering *t) {
    t->parts.len = 0;
    t->full = false;
}

void gather_bytes(struct gathering *t, const struct group *g, str parts) {
    buf_add(&t->parts, parts);
    /* Without inner hits the events of a group come in order, each once. */
    t->full = g->one->level == 0 && t->parts.len >= FINDING_EVENTS_MAX * PART;
    if (t->parts.len > GATHERED_MAX * PART)
        gather_cut(t);
}

void gather_add(struct gathering *t, const struct group *g, const struct item *item) {
    if (t->full)
        return;
    struct buf *const b = &g->c->value;

    b->len = 0;
    item_parts(b, item);
    t->parts.failed |= b->failed;
    gather_bytes(t, g, buf_str(b));
}

void gather_free(struct gathering *t) {
    buf_free(&t->parts);
}

/* Key: rule of the set, time, group, rare value, first time: the order in which hits are told, and the same on every
 * run. */
bool hit_put(struct group *g, const struct found *f, struct gathering *parts, struct err *e) {
    struct correlator *const c = g->c;

    gather_cut(parts);
    struct fixed const fixed = {.when = f->when,
                                .first = f->first,
                                .last = f->last,
                                .count = f->count,
                                .correlation = c->of_rule[g->one->rule->index],
                                .shown = (uint32_t)g->shown.len,
                                .value = (uint32_t)f->value.len,
                                .rare = (uint32_t)f->rare.len,
                                .parts = (uint32_t)parts->parts.len};

    c->key.len = c->value.len = 0;
    put_be(&c->key, g->one->rule->index, 4);
    put_be(&c->key, biased(f->when), 8);
    buf_add(&c->key, str_from(buf_str(&g->key), 8));
    buf_add(&c->key, f->rare_key);
    put_be(&c->key, biased(f->first), 8);
    buf_add(&c->value, (str){(const char *)&fixed, sizeof fixed});
    buf_add(&c->value, buf_str(&g->shown));
    buf_add(&c->value, f->value);
    buf_add(&c->value, f->rare);
    buf_add(&c->value, buf_str(&parts->parts));
    if (c->key.failed || c->value.failed || parts->parts.failed)
        return correlation_no_memory(e);
    return sorter_add(g->found, buf_str(&c->key), buf_str(&c->value), e);
}

void hit_read(struct hit *out, str value) {
    struct fixed f;
    struct cursor c = cursor_of(value);
    bool const whole = read_bytes(&c, &f, sizeof f) && read_view(&c, f.shown, &out->group) &&
                       read_view(&c, f.value, &out->found.value) && read_view(&c, f.rare, &out->found.rare) &&
                       read_view(&c, f.parts, &out->parts) && cursor_left(&c) == 0;

    assert(whole);
    out->correlation = f.correlation;
    out->found.rare_key = S("");
    out->found.when = f.when;
    out->found.first = f.first;
    out->found.last = f.last;
    out->found.count = f.count;
}
