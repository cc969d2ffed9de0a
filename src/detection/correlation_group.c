/* correlation_group: the events of one group as they come out of the sorter, on a tape, so that they can be walked more
 * than once; and the links of values, by two sortings: by value, which shows neighbours, and by item, which is how they
 * are walked. */
#include "detection/correlation_own.h"

#include <assert.h>

#include "event/number.h"

#define TUPLES_MAX 4096u /* of values of one event */
#define FIELDS_MAX 16u
#define ITEMS_SHARE 8u  /* of the memory: for the tape of items */
#define LINKS_SHARE 16u /* for that of links, and for either sorter */

/* An item on the tape, in front of its positions, values and parts. */
struct head {
    int64_t when;
    uint64_t offset, number;
    uint32_t source, rule;
    uint32_t positions, values, parts; /* bytes */
};

bool group_open(struct group *g, struct correlator *c, struct err *e) {
    size_t const share = c->memory_max / LINKS_SHARE;

    *g = (struct group){.c = c};
    return tape_new(&g->items, c->memory_max / ITEMS_SHARE, c->folder, e) && tape_new(&g->links, share, c->folder, e) &&
           sorter_new(&g->ranks, share, c->folder, e) && sorter_new(&g->by_item, share, c->folder, e);
}

void group_close(struct group *g) {
    buf_free(&g->key);
    buf_free(&g->shown);
    buf_free(&g->positions);
    buf_free(&g->values);
    buf_free(&g->parts);
    tape_free(g->items);
    tape_free(g->links);
    sorter_free(g->ranks);
    sorter_free(g->by_item);
}

/* ---- values ---- */

/* Every combination of the fields' values, all present (9.3): what counts as one value. */
static bool tuples_add(struct group *g, str values, bool *any, struct err *e) {
    size_t const fields = g->one->c->field_count;
    struct correlator *const c = g->c;
    struct cursor at[FIELDS_MAX];
    str parts[FIELDS_MAX];
    size_t depth = 0, made = 0;
    bool const rarity = is_rarity(g->one->c);

    if (fields > FIELDS_MAX)
        return err_set(e, ERR_LIMIT, 0, "%.*s: more than %u fields", STR_ARG(g->one->rule->path), FIELDS_MAX);
    at[0] = cursor_of(values);
    for (;;) {
        if (depth == fields) {
            c->key.len = 0;
            for (size_t i = 0; i < fields; i++)
                put_folded(&c->key, &c->text, parts[i]);
            if (rarity) { /* of one field */
                put_sized(&g->values, buf_str(&c->key));
                put_sized(&g->values, parts[0]);
            } else {
                put_be(&c->key, g->count, 8);
            }
            if (c->key.failed || g->values.failed)
                return correlation_no_memory(e);
            if (!rarity && !sorter_add(g->ranks, buf_str(&c->key), S(""), e))
                return false;
            if (++made == TUPLES_MAX)
                break;
            depth--;
        }
        if (entry_value(&at[depth], (unsigned)depth, &parts[depth])) {
            if (++depth < fields)
                at[depth] = cursor_of(values);
        } else if (depth-- == 0) {
            break;
        }
    }
    *any = made > 0;
    return true;
}

static bool numbers_add(struct group *g, str values, bool *any, struct err *e) {
    struct cursor c = cursor_of(values);
    str value;

    *any = false;
    while (entry_value(&c, 0, &value)) {
        char text[NUMBER_TEXT_MAX];
        size_t len;

        if (!number_is_decimal(value) || !number_canonical(value, text, &len)) {
            g->one->counts.not_numeric++;
            continue;
        }
        unsigned const scale = decimal_scale((str){text, len});

        g->scale = scale > g->scale ? scale : g->scale;
        g->negative |= text[0] == '-';
        put_sized(&g->values, (str){text, len});
        *any = true;
    }
    return !g->values.failed || correlation_no_memory(e);
}

/* ---- items ---- */

static bool last_out(struct group *g, struct err *e) {
    const struct item *const i = &g->last;
    struct head const head = {.when = i->when,
                              .offset = i->offset,
                              .number = i->number,
                              .source = i->source,
                              .rule = i->rule,
                              .positions = (uint32_t)g->positions.len,
                              .values = (uint32_t)g->values.len,
                              .parts = (uint32_t)g->parts.len};
    struct buf *const b = &g->c->value;

    if (!g->last_waits)
        return true;
    g->last_waits = false;
    b->len = 0;
    buf_add(b, (str){(const char *)&head, sizeof head});
    buf_add(b, buf_str(&g->positions));
    buf_add(b, buf_str(&g->values));
    buf_add(b, buf_str(&g->parts));
    return b->failed ? correlation_no_memory(e) : tape_add(g->items, buf_str(b), e);
}

static bool position_add(struct group *g, uint32_t position, struct err *e) {
    buf_add(&g->positions, (str){(const char *)&position, sizeof position});
    return !g->positions.failed || correlation_no_memory(e);
}

/* Another place that the last item serves; the same once more: it was handed in twice. */
static bool place_add(struct group *g, const struct entry *entry, struct err *e) {
    uint32_t before;

    memcpy(&before, g->positions.ptr + g->positions.len - sizeof before, sizeof before);
    return before == entry->position || position_add(g, entry->position, e);
}

/* A new item, unless its type of correlation needs a value and it has none: then it takes no part. */
static bool item_add(struct group *g, const struct entry *entry, struct err *e) {
    bool any = true;

    if (!last_out(g, e))
        return false;
    g->positions.len = g->values.len = g->parts.len = 0;
    if (needs_values(g->one->c) && !tuples_add(g, entry->values, &any, e))
        return false;
    if (needs_numbers(g->one->c) && !numbers_add(g, entry->values, &any, e))
        return false;
    if (!any)
        return true;
    buf_add(&g->parts, entry->parts);
    if (g->parts.failed)
        return correlation_no_memory(e);
    g->last = (struct item){.when = entry->when,
                            .offset = entry->offset,
                            .number = entry->number,
                            .source = entry->source,
                            .rule = entry->rule};
    g->last_waits = true;
    g->count++;
    return position_add(g, entry->position, e);
}

static bool group_begin(struct group *g, const struct entry *entry, struct err *e) {
    buf_add(&g->key, entry->group_key);
    buf_add(&g->shown, entry->group);
    g->one = &g->c->correlations[entry->correlation];
    return (!g->key.failed && !g->shown.failed) || correlation_no_memory(e);
}

bool group_add(struct group *g, const struct entry *entry, struct err *e) {
    const struct item *const last = &g->last;

    if (g->key.len && !str_eq(buf_str(&g->key), entry->group_key) && !group_end(g, e))
        return false;
    if (!g->key.len && !group_begin(g, entry, e))
        return false;
    if (g->last_waits && last->when == entry->when && last->source == entry->source && last->offset == entry->offset)
        return place_add(g, entry, e);
    return item_add(g, entry, e);
}

/* ---- links ---- */

struct linking {
    struct group *g;
    struct buf value;
    struct link link; /* of the value; item NO_ITEM: none yet */
};

static bool link_out(struct linking *l, struct err *e) {
    char key[8];

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (char)(l->link.item >> (8 * (sizeof key - 1 - i)));
    return l->link.item == NO_ITEM ||
           sorter_add(l->g->by_item, (str){key, sizeof key}, (str){(const char *)&l->link, sizeof l->link}, e);
}

static bool on_value(void *ctx, str key, str nothing, struct err *e) {
    struct linking *const l = ctx;
    str const value = str_first(key, key.len - 8);
    uint64_t const item = get_be(key.ptr + value.len, 8);
    bool const again = l->link.item != NO_ITEM && str_eq(value, buf_str(&l->value));

    (void)nothing;
    if (again && item == l->link.item) /* several values of one event that are one */
        return true;
    if (again)
        l->link.after = item;
    if (!link_out(l, e))
        return false;
    l->link = (struct link){item, again ? l->link.item : NO_ITEM, NO_ITEM};
    if (!again) {
        l->value.len = 0;
        buf_add(&l->value, value);
    }
    return !l->value.failed || correlation_no_memory(e);
}

static bool on_link(void *ctx, str key, str link, struct err *e) {
    (void)key;
    return tape_add(ctx, link, e);
}

static bool links_make(struct group *g, struct err *e) {
    struct linking l = {.g = g, .link = {.item = NO_ITEM}};
    bool const ok =
        sorter_run(g->ranks, on_value, &l, e) && link_out(&l, e) && sorter_run(g->by_item, on_link, g->links, e);

    buf_free(&l.value);
    sorter_clear(g->ranks);
    sorter_clear(g->by_item);
    return ok;
}

bool group_end(struct group *g, struct err *e) {
    bool ok = last_out(g, e);

    if (ok && g->count && g->one->c->type == CORRELATE_VALUE_COUNT)
        ok = links_make(g, e);
    if (ok && g->count)
        ok = windows_walk(g, e);
    g->count = 0;
    g->negative = false;
    g->scale = 0;
    g->shown.len = g->key.len = 0;
    tape_clear(g->items);
    tape_clear(g->links);
    return ok;
}

/* ---- walking ---- */

bool items_next(struct items *i, struct err *e) {
    struct head head;
    str record;

    i->number++;
    i->place = i->tape.at;
    if (!(i->there = tape_next(&i->tape, &record, e)))
        return e->code == ERR_NONE;
    memcpy(&head, record.ptr, sizeof head);
    assert(sizeof head + head.positions + head.values + head.parts == record.len);
    str const behind = str_from(record, sizeof head);

    i->now = (struct item){.when = head.when,
                           .offset = head.offset,
                           .number = head.number,
                           .source = head.source,
                           .rule = head.rule,
                           .positions = str_first(behind, head.positions),
                           .values = str_first(str_from(behind, head.positions), head.values),
                           .parts = str_from(behind, head.positions + head.values)};
    return true;
}

bool items_first(struct items *i, const struct group *g, struct err *e) {
    tape_read(&i->tape, g->items, 0, tape_end(g->items));
    i->number = NO_ITEM; /* before the first */
    return items_next(i, e);
}

bool items_seek(struct items *i, uint64_t number, uint64_t place, struct err *e) {
    tape_seek(&i->tape, place);
    i->number = number - 1;
    return items_next(i, e);
}

void items_free(struct items *i) {
    tape_reader_free(&i->tape);
}

bool links_next(struct links *l, struct err *e) {
    str record;

    if (!(l->there = tape_next(&l->tape, &record, e)))
        return e->code == ERR_NONE;
    assert(record.len == sizeof l->now);
    memcpy(&l->now, record.ptr, sizeof l->now);
    return true;
}

bool links_first(struct links *l, const struct group *g, struct err *e) {
    tape_read(&l->tape, g->links, 0, tape_end(g->links));
    return links_next(l, e);
}
