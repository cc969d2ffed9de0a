/* suggest_sort: records of fields into sorts, and a kind for each.
 *
 * Records are parted where they have too little in common: by the field whose values tell the sorts apart best, else by a
 * field that one part has and the other has not; each part then the same way. */
#include <assert.h>

#include "event/suggest_own.h"

#define SORTS_MAX 12u
#define DEPTH_MAX 12u
#define SORT_VALUES_MAX 12u
#define TRIED_MAX 64u

static const struct cell *cell_of(const struct suggest *s, uint32_t row, uint32_t name) {
    const struct row *const r = &s->rows[row];

    for (uint32_t i = 0; i < r->count; i++)
        if (s->cells[r->first + i].name == name)
            return &s->cells[r->first + i];
    return NULL;
}

/* How much the records have in common, of 1000: fields of all, of those that one has on average. *common: fields of all. */
static uint32_t cohesion(struct suggest *s, const uint32_t *rows, uint32_t count, uint32_t *common) {
    uint64_t cells = 0;

    *common = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct row *const r = &s->rows[rows[i]];

        cells += r->count;
        for (uint32_t k = 0; k < r->count; k++)
            *common += ++s->counts[s->cells[r->first + k].name] == count;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < s->rows[rows[i]].count; k++)
            s->counts[s->cells[s->rows[rows[i]].first + k].name] = 0;
    return cells ? (uint32_t)((uint64_t)*common * count * 1000 / cells) : 0;
}

struct tried {
    uint32_t name;
    uint32_t weight;
};

static int by_weight(const void *a, const void *b) {
    const struct tried *const x = a, *const y = b;

    return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : (x->name > y->name) - (x->name < y->name);
}

/* The fields of the records, each with how many have it: reallocated into *list, sorted by weight: all: fields of every record,
 * else those of some, the most even halves first. */
static bool fields_tried(struct suggest *s, const uint32_t *rows, uint32_t count, bool all, struct tried **list,
                         uint32_t *used) {
    uint32_t room = 0;

    *list = NULL;
    *used = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < count; i++) {
            const struct row *const r = &s->rows[rows[i]];

            for (uint32_t k = 0; k < r->count; k++) {
                uint32_t const name = s->cells[r->first + k].name;

                if (pass == 0) {
                    s->counts[name]++;
                    continue;
                }
                uint32_t const n = s->counts[name];

                s->counts[name] = 0;
                if (n == 0 || (n == count) != all || !field_nameable(pool_text(&s->pool, name)) ||
                    name_is_secret(pool_text(&s->pool, name)))
                    continue;
                struct tried *const bigger = suggest_grown(*list, *used, &room, sizeof **list);

                if (!bigger) {
                    s->failed = true;
                    continue;
                }
                *list = bigger;
                bigger[(*used)++] = (struct tried){name, all ? 0 : n < count - n ? n : count - n};
            }
        }
    if (*used)
        qsort(*list, *used, sizeof **list, by_weight);
    if (*used > TRIED_MAX)
        *used = TRIED_MAX;
    return !s->failed;
}

/* Rows by the value of a field: ends[i] is where those of the i-th value end. 0: too many values, or one that cannot be asked
 * for. Rows stay in order within a value. */
static uint32_t by_value(struct suggest *s, const uint32_t *rows, uint32_t count, uint32_t name, uint32_t *out,
                         str values[SORT_VALUES_MAX], uint32_t ends[SORT_VALUES_MAX]) {
    uint32_t used = 0, filled = 0;

    for (uint32_t i = 0; i < count; i++) {
        str const v = pool_text(&s->pool, cell_of(s, rows[i], name)->value);
        uint32_t k = 0;

        while (k < used && !str_eq_ascii(values[k], v))
            k++;
        if (k < used)
            continue;
        if (used == SORT_VALUES_MAX || v.len > 60 || !field_nameable(v))
            return 0;
        values[used++] = v;
    }
    if (used < 2 || 2 * used > count)
        return 0;
    for (uint32_t k = 0; k < used; k++) {
        for (uint32_t i = 0; i < count; i++)
            if (str_eq_ascii(pool_text(&s->pool, cell_of(s, rows[i], name)->value), values[k]))
                out[filled++] = rows[i];
        ends[k] = filled;
    }
    return used;
}

/* What speaks for a way of parting: the cohesion of the parts, by their size. */
static uint32_t gain(struct suggest *s, const uint32_t *rows, uint32_t count, const uint32_t *ends, uint32_t parts) {
    uint64_t sum = 0;

    for (uint32_t i = 0, from = 0; i < parts; from = ends[i++]) {
        uint32_t common;

        sum += (uint64_t)cohesion(s, rows + from, ends[i] - from, &common) * (ends[i] - from);
    }
    return (uint32_t)(sum / count);
}

static uint32_t by_presence(const struct suggest *s, const uint32_t *rows, uint32_t count, uint32_t name,
                            uint32_t *out) {
    uint32_t with = 0, filled;

    for (uint32_t i = 0; i < count; i++)
        if (cell_of(s, rows[i], name))
            out[with++] = rows[i];
    filled = with;
    for (uint32_t i = 0; i < count; i++)
        if (!cell_of(s, rows[i], name))
            out[filled++] = rows[i];
    return with;
}

struct sort {
    struct wanted wanted[WANTED_MAX];
    uint32_t wanted_count, depth;
    str name, apart;
    uint32_t reader;
};

/* One more condition; a key stands once: that on a field's value says that it is present. */
static void want(struct sort *sort, struct wanted one) {
    for (uint32_t i = 0; i < sort->wanted_count; i++)
        if (str_eq(sort->wanted[i].field, one.field)) {
            sort->wanted[i] = one;
            return;
        }
    assert(sort->wanted_count < WANTED_MAX);
    sort->wanted[sort->wanted_count++] = one;
}

static void leaf(struct suggest *s, const uint32_t *rows, uint32_t count, struct sort *sort) {
    struct stats stats = {.pool = &s->pool};
    str const reader = pool_text(&s->pool, s->readers[sort->reader]);
    struct kind_draft k = {.reader = reader,
                           .extends = S(""),
                           .wanted = sort->wanted,
                           .apart = sort->apart,
                           .timed = true,
                           .by_presence = true,
                           .elsewhere = &s->elsewhere};
    size_t const before = s->out->len;
    uint32_t const sorts = s->sorts, names = s->name_count;

    for (uint32_t i = 0; i < count; i++) {
        const struct row *const r = &s->rows[rows[i]];

        k.timed &= r->timed;
        stats_record(&stats);
        for (uint32_t c = 0; c < r->count; c++)
            stats_add(&stats, s->cells[r->first + c].name, s->cells[r->first + c].value);
    }
    if (str_eq(reader, S("text"))) {
        const struct field_stat *const message = stats_field(&stats, S("message"));
        const struct field_stat *const head = stats_field(&stats, S("timestamp"));

        if (!message) /* not to take the lines that have one */
            want(sort, (struct wanted){WANTED_ABSENT, S("message"), S("")});
        else if (head && message->records == count && head->records == count && suggest_is_kind(s, SYSLOG_KIND))
            k.extends = SYSLOG_KIND; /* JSON behind the head of syslog: what is known of that stays */
    }
    k.wanted_count = sort->wanted_count;
    k.name = suggest_name(s, s->name, sort->name);
    suggest_source(s, s->name, &k.product, &k.service);
    suggest_document(s);
    s->failed |= stats.failed;
    if (!kind_write(s->out, &k, &stats)) {
        s->out->len = before;
        s->sorts = sorts;
        s->name_count = names;
        s->left_out += count;
    }
    stats_free(&stats);
}

/* The way of parting that speaks for itself best, if any is better than *best: a field, or POOL_NONE. out: room for the rows. */
static uint32_t best_way(struct suggest *s, const uint32_t *rows, uint32_t count, bool values, uint32_t *out,
                         uint32_t *best) {
    uint32_t name = POOL_NONE, used = 0, ends[SORT_VALUES_MAX];
    str texts[SORT_VALUES_MAX];
    struct tried *list = NULL;

    s->failed |= !fields_tried(s, rows, count, values, &list, &used);
    for (uint32_t i = 0; i < used && !s->failed; i++) {
        uint32_t parts = 2, g;

        if (values) {
            parts = by_value(s, rows, count, list[i].name, out, texts, ends);
        } else {
            ends[0] = by_presence(s, rows, count, list[i].name, out);
            ends[1] = count;
        }
        if (parts && (g = gain(s, out, count, ends, parts)) > *best) {
            *best = g;
            name = list[i].name;
        }
    }
    free(list);
    return name;
}

static void part(struct suggest *s, const uint32_t *rows, uint32_t count, const struct sort *sort);

static void part_by_value(struct suggest *s, const uint32_t *rows, uint32_t count, uint32_t name, uint32_t *out,
                          struct sort *sub) {
    str values[SORT_VALUES_MAX];
    uint32_t ends[SORT_VALUES_MAX];
    uint32_t const parts = by_value(s, rows, count, name, out, values, ends);

    sub->apart = pool_text(&s->pool, name);
    for (uint32_t i = 0, from = 0; i < parts && !s->failed; from = ends[i++]) {
        struct sort one = *sub;

        want(&one, (struct wanted){WANTED_EQUALS, sub->apart, values[i]});
        one.name = values[i].len ? values[i] : S("empty");
        part(s, out + from, ends[i] - from, &one);
    }
}

static void part_by_presence(struct suggest *s, const uint32_t *rows, uint32_t count, uint32_t name, uint32_t *out,
                             struct sort *sub) {
    uint32_t const with = by_presence(s, rows, count, name, out);
    str const field = pool_text(&s->pool, name);
    struct sort rest = *sub;

    want(sub, (struct wanted){WANTED_PRESENT, field, S("")});
    want(&rest, (struct wanted){WANTED_ABSENT, field, S("")});
    sub->name = field;
    part(s, out, with, sub);
    part(s, out + with, count - with, &rest);
}

static void part(struct suggest *s, const uint32_t *rows, uint32_t count, const struct sort *sort) {
    uint32_t common, best, name, *out;
    uint32_t const own = cohesion(s, rows, count, &common);
    struct sort sub = *sort;

    /* Alike enough, or enough of parting. */
    if (own >= 500 || sort->depth == DEPTH_MAX || s->sorts >= SORTS_MAX || sort->wanted_count + 4 > WANTED_MAX) {
        leaf(s, rows, count, &sub);
        return;
    }
    if (!(out = calloc(count, sizeof *out))) {
        s->failed = true;
        return;
    }
    best = common ? own + 150 : 0;
    sub.depth++;
    if ((name = best_way(s, rows, count, true, out, &best)) != POOL_NONE)
        part_by_value(s, rows, count, name, out, &sub);
    else if (!s->failed && (name = best_way(s, rows, count, false, out, &best)) != POOL_NONE)
        part_by_presence(s, rows, count, name, out, &sub);
    else if (!s->failed)
        leaf(s, rows, count, &sub);
    free(out);
}

bool suggest_fields(struct suggest *s) {
    uint32_t *const rows = calloc(s->row_count + (size_t)1, sizeof *rows);

    if (!rows || !(s->counts = calloc(s->pool.room + (size_t)1, sizeof *s->counts))) {
        free(rows);
        return false;
    }
    for (uint32_t reader = 0; reader < s->reader_count; reader++) {
        struct sort const all = {.name = S(""), .apart = S(""), .reader = reader};
        uint32_t count = 0;

        for (uint32_t i = 0; i < s->row_count; i++)
            if (s->rows[i].type == ROW_FIELDS && s->rows[i].reader == reader)
                rows[count++] = i;
        if (count)
            part(s, rows, count, &all);
    }
    free(rows);
    return !s->failed;
}
