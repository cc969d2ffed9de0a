/* person_scan: rows in, hits out; what a distinct value is like is remembered. */
#include "detection/person_scan.h"

#include <stdlib.h>

#include "detection/indicator.h"
#include "detection/person_asks.h"
#include "detection/seen.h"

#define POOL_MAX ((size_t)1 << 16)
#define VALUE_MAX 65536u /* bytes: what is longer is no name, address or number, nor a list of them; URLs are cut */

/* ---- what all workers share ---- */

enum told_as { TOLD_NAME, TOLD_CONTACT, TOLD_AS };
#define LEVELS 2u /* low, medium */

struct person_hunt {
    const struct persons *lists;
    const struct fields *fields;
    struct person_asks *asks;
    struct sigma_rule rules[TOLD_AS][LEVELS];
};

bool person_hunt_new(struct person_hunt **out, const struct persons *lists, struct fields *fields, struct err *e) {
    static const str ids[] = {STR("listed-name"), STR("listed-contact")};
    static const str titles[] = {STR("Like a listed name"), STR("Address, number or site of a listed name")};
    struct person_hunt *const h = calloc(1, sizeof *h);

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory for lists of persons");
    h->lists = lists;
    h->fields = fields;
    for (unsigned as = 0; as < TOLD_AS; as++)
        for (unsigned i = 0; i < LEVELS; i++)
            h->rules[as][i] = (struct sigma_rule){.type = SIGMA_DETECTION,
                                                  .index = UINT32_MAX,
                                                  .path = S("persons"),
                                                  .line = 1,
                                                  .id = ids[as],
                                                  .name = S(""),
                                                  .title = titles[as],
                                                  .status = S(""),
                                                  .author = S(""),
                                                  .description = S(""),
                                                  .level = (enum sigma_level)(LEVEL_LOW + i),
                                                  .logsource = {S(""), S(""), S("")},
                                                  .unusable = S("")};
    if (!person_asks_new(&h->asks, fields, e)) {
        person_hunt_free(h);
        return false;
    }
    *out = h;
    return true;
}

void person_hunt_free(struct person_hunt *h) {
    if (!h)
        return;
    person_asks_free(h->asks);
    free(h);
}

const struct persons *person_hunt_lists(const struct person_hunt *h) {
    return h->lists;
}

enum sigma_level person_hunt_level(const struct person_match *m) {
    return m->quality >= PERSON_QUALITY_LIKELY ? LEVEL_MEDIUM : LEVEL_LOW;
}

const struct sigma_rule *person_hunt_rule(const struct person_hunt *h, const struct person_match *m) {
    return &h->rules[m->name ? TOLD_NAME : TOLD_CONTACT][person_hunt_level(m) - LEVEL_LOW];
}

bool person_hunt_wants(const struct person_hunt *h, const struct kind *kind, field_id field) {
    return person_asks_of(h->asks, kind, field) != 0;
}

/* ---- one worker ---- */

/* One person of those whom a value is like. */
struct pooled {
    struct person_match match;
    bool last;
};

struct hit {
    const struct block *block;
    const struct column *column;
    uint32_t row, pooled;
    str value; /* of a list: of the item */
};

/* What the columns of a block are asked as. */
struct asked {
    uint8_t *columns; /* the bits of person_asks_of, and ASKED_KNOWN; 0: not known yet */
    uint32_t room, generation;
};
#define ASKED_KNOWN 0x80u

struct person_scan {
    const struct person_hunt *h;
    const struct phone_country *home;
    struct seen_blocks seen; /* 1: nobody, else 2 + a place in the pool */
    struct asked *asked;     /* by index of the block */
    uint32_t asked_room;
    struct pooled *pool;
    size_t pool_count, pool_room;
    struct hit *hits;
    size_t hit_count, hit_room;
    struct person_hit *told;
    struct detect_match *matches;
    size_t told_count, told_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to look for persons");
}

bool person_scan_new(struct person_scan **out, const struct person_hunt *h, const struct phone_country *home,
                     struct err *e) {
    struct person_scan *const x = calloc(1, sizeof *x);

    if (!x)
        return no_memory(e);
    x->h = h;
    x->home = home;
    *out = x;
    return true;
}

void person_scan_free(struct person_scan *x) {
    if (!x)
        return;
    seen_free(&x->seen);
    for (uint32_t i = 0; i < x->asked_room; i++)
        free(x->asked[i].columns);
    free(x->asked);
    free(x->pool);
    free(x->hits);
    free(x->told);
    free(x->matches);
    free(x);
}

static bool more(void **items, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return true;
    size_t const bigger = *room ? *room * 2 : 64;
    void *const grown = reallocarray(*items, bigger, size);

    if (!grown)
        return false;
    *items = grown;
    *room = bigger;
    return true;
}

/* ---- values ---- */

/* What one value is like: each person once, by what is most like. */
struct likeness {
    struct person_match found[PERSON_MATCHES_MAX];
    size_t count;
};

static void ask(const struct person_scan *x, struct likeness *l, enum person_asked as, str text) {
    struct person_match found[PERSON_MATCHES_MAX];
    size_t const count = persons_find(x->h->lists, as, text, PERSON_QUALITY_USUAL, found, COUNT(found));

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < l->count && l->found[at].person != found[i].person)
            at++;
        if (at == COUNT(l->found) || (at < l->count && l->found[at].quality >= found[i].quality))
            continue;
        l->found[at] = found[i];
        l->count += at == l->count;
    }
}

/* "Ni Gaobin" <...> */
static void ask_front(const struct person_scan *x, struct likeness *l, str name) {
    while (name.len && strchr(",;| ", name.ptr[0]))
        name = str_from(name, 1);
    if (name.len)
        ask(x, l, PERSON_NAME, name);
}

/* Each piece that has an @. */
static void ask_addresses(const struct person_scan *x, struct likeness *l, str text) {
    for (size_t from = 0, end; from < text.len; from = end + 1) {
        for (end = from; end < text.len && !(text.ptr[end] && strchr(",;|<> \t\"", text.ptr[end]));)
            end++;
        str const piece = {text.ptr + from, end - from};

        if (str_find_byte(piece, '@') != SIZE_MAX)
            ask(x, l, PERSON_MAIL, piece);
    }
}

/* ni@example.com; "Ni Gaobin" <ni@example.com>; several of them. */
static void ask_mails(const struct person_scan *x, struct likeness *l, str text) {
    size_t open;

    while ((open = str_find_byte(text, '<')) != SIZE_MAX) {
        str const front = str_first(text, open), behind = str_from(text, open + 1);
        size_t const close = str_find_byte(behind, '>');

        if (str_find_byte(front, '@') != SIZE_MAX)
            ask_addresses(x, l, front);
        else
            ask_front(x, l, front);
        ask_addresses(x, l, str_first(behind, close));
        text = close == SIZE_MAX ? (str){"", 0} : str_from(behind, close + 1);
    }
    ask_addresses(x, l, text);
}

/* +49 30 1234567; "Ni Gaobin" <+49301234567> */
static void ask_phone(const struct person_scan *x, struct likeness *l, str text) {
    size_t const open = str_find_byte(text, '<');
    char room[PHONE_TEXT];
    str whole;

    if (open != SIZE_MAX) {
        str const behind = str_from(text, open + 1);

        ask_front(x, l, str_first(text, open));
        text = str_first(behind, str_find_byte(behind, '>'));
    }
    ask(x, l, PERSON_PHONE, phone_e164(text, x->home, room, &whole) ? whole : text);
}

static void ask_as(const struct person_scan *x, struct likeness *l, enum person_asked as, str text) {
    switch (as) {
    case PERSON_NAME:
        ask(x, l, as, text);
        break;
    case PERSON_SITE:
        if (text.ptr[0] != '/') /* the path of a URL, whose host stands in another field */
            ask(x, l, as, str_first(text, PERSON_ABOUT_MAX));
        break;
    case PERSON_MAIL:
        ask_mails(x, l, text);
        break;
    case PERSON_PHONE:
        ask_phone(x, l, text);
        break;
    }
}

static int by_likeness(const void *a, const void *b) {
    const struct person_match *const x = a, *const y = b;

    if (x->quality != y->quality)
        return x->quality > y->quality ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

/* Looks at a value that is not a list. False: no memory. */
static bool value_look(struct person_scan *x, unsigned asked, struct seen *seen, const struct value *v, uint32_t *out) {
    struct likeness l = {.count = 0};

    *out = 1;
    if ((v->type != VALUE_TEXT && v->type != VALUE_NUMBER) || !v->len || v->inner || v->len > VALUE_MAX)
        return true;
    for (unsigned as = PERSON_NAME; as <= PERSON_SITE; as++)
        if (asked >> as & 1)
            ask_as(x, &l, (enum person_asked)as, value_text(v));
    if (!l.count)
        return true;
    qsort(l.found, l.count, sizeof *l.found, by_likeness);
    size_t const count = l.count < PERSON_MATCHES_TOLD ? l.count : PERSON_MATCHES_TOLD;

    *out = 2 + (uint32_t)x->pool_count;
    seen->any = true;
    for (size_t i = 0; i < count; i++) {
        if (!more((void **)&x->pool, x->pool_count, &x->pool_room, sizeof *x->pool))
            return false;
        x->pool[x->pool_count++] = (struct pooled){l.found[i], i + 1 == count};
    }
    return true;
}

static bool column_look(struct person_scan *x, unsigned asked, struct seen *seen, const struct column *c) {
    if (!seen_room(seen, &c->dict))
        return false;
    for (; seen->done < c->dict.count; seen->done++)
        if (!value_look(x, asked, seen, &c->dict.values[seen->done], &seen->of[seen->done]))
            return false;
    return true;
}

/* ---- rows ---- */

static bool cell_hits(struct person_scan *x, const struct block *b, const struct column *c, const struct seen *seen,
                      uint32_t row, uint32_t code) {
    const struct value *const v = dictionary_value(&c->dict, code);

    if (v->type == VALUE_LIST) {
        const uint32_t *const items = value_items(v);

        for (uint32_t i = 0; i < v->len; i++)
            if (items[i] && !cell_hits(x, b, c, seen, row, items[i]))
                return false;
        return true;
    }
    uint32_t at = seen->of[code - 1];

    if (at < 2)
        return true;
    for (at -= 2;; at++) {
        if (!more((void **)&x->hits, x->hit_count, &x->hit_room, sizeof *x->hits))
            return false;
        x->hits[x->hit_count++] = (struct hit){b, c, row, at, value_text(v)};
        if (x->pool[at].last)
            return true;
    }
}

/* *out: of each column, what it is asked as. False: no memory. */
static bool asked_of(struct person_scan *x, const struct block *b, uint8_t **out) {
    if (b->index >= x->asked_room) {
        uint32_t const room = b->index * 2 + 16;
        struct asked *const bigger = reallocarray(x->asked, room, sizeof *bigger);

        if (!bigger)
            return false;
        memset(bigger + x->asked_room, 0, (room - x->asked_room) * sizeof *bigger);
        x->asked = bigger;
        x->asked_room = room;
    }
    struct asked *const a = &x->asked[b->index];

    if (a->generation != b->generation && a->room) /* its columns may be others */
        memset(a->columns, 0, a->room);
    a->generation = b->generation;
    if (b->column_count > a->room) {
        uint32_t const room = b->column_count + 16;
        uint8_t *const bigger = realloc(a->columns, room);

        if (!bigger)
            return false;
        memset(bigger + a->room, 0, room - a->room);
        a->columns = bigger;
        a->room = room;
    }
    for (uint32_t i = 0; i < b->column_count; i++)
        if (!a->columns[i])
            a->columns[i] = (uint8_t)(ASKED_KNOWN | person_asks_of(x->h->asks, b->kind, b->columns[i]->field));
    *out = a->columns;
    return true;
}

static bool block_look(struct person_scan *x, struct block *b) {
    struct seen *columns;
    uint8_t *asked;

    if (!asked_of(x, b, &asked) || !seen_of(&x->seen, b, &columns))
        return false;
    for (uint32_t i = 0; i < b->column_count; i++) {
        const struct column *const c = b->columns[i];
        struct seen *const seen = &columns[i];

        if (asked[i] == ASKED_KNOWN)
            continue;
        if (!column_look(x, asked[i], seen, c))
            return false;
        for (uint32_t row = 0; seen->any && row < b->row_count; row++)
            if (c->codes[row] && !cell_hits(x, b, c, seen, row, c->codes[row]))
                return false;
    }
    return true;
}

/* ---- in order ---- */

static int by_hit(const void *a, const void *b, void *ctx) {
    const struct person_scan *const x = ctx;
    const struct hit *const p = a, *const q = b;
    const struct person_match *const m = &x->pool[p->pooled].match, *const n = &x->pool[q->pooled].match;
    int const rows = row_order(p->block, p->row, q->block, q->row);

    if (rows)
        return rows;
    if (m->person != n->person)
        return m->person < n->person ? -1 : 1;
    if (m->quality != n->quality)
        return m->quality > n->quality ? -1 : 1;
    if (p->column != q->column)
        return str_cmp(field_name(x->h->fields, p->column->field), field_name(x->h->fields, q->column->field));
    return str_cmp(p->value, q->value);
}

static bool hits_put(struct person_scan *x) {
    if (x->hit_count > x->told_room) {
        struct person_hit *const told = reallocarray(x->told, x->hit_count, sizeof *told);
        struct detect_match *matches;

        if (!told)
            return false;
        x->told = told;
        if (!(matches = reallocarray(x->matches, x->hit_count, sizeof *matches)))
            return false;
        x->matches = matches;
        x->told_room = x->hit_count;
    }
    size_t count = 0;

    for (size_t i = 0; i < x->hit_count; i++) {
        const struct hit *const h = &x->hits[i], *const last = i ? h - 1 : NULL;
        const struct person_match *const m = &x->pool[h->pooled].match;

        if (!last || last->block != h->block || last->row != h->row || x->pool[last->pooled].match.person != m->person)
            x->told[x->told_count++] = (struct person_hit){*m, h->block, h->row, x->matches + count, 0};
        else if (last->column == h->column && str_eq(last->value, h->value))
            continue;
        struct person_hit *const t = &x->told[x->told_count - 1];

        if (t->match_count == PERSON_MATCHES_TOLD)
            continue;
        x->matches[count++] = (struct detect_match){field_name(x->h->fields, h->column->field), h->value};
        t->match_count++;
    }
    return true;
}

bool person_scan_run(struct person_scan *x, struct block *const *blocks, size_t count, struct err *e) {
    x->hit_count = x->told_count = 0;
    if (x->pool_count > POOL_MAX) { /* values are looked at anew: of dictionaries that are long gone, nobody asks */
        seen_forget(&x->seen);
        x->pool_count = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (blocks[i]->row_count && !block_look(x, blocks[i]))
            return no_memory(e);
    if (x->hit_count)
        qsort_r(x->hits, x->hit_count, sizeof *x->hits, by_hit, x);
    return hits_put(x) || no_memory(e);
}

const struct person_hit *person_scan_hits(const struct person_scan *x, size_t *count) {
    *count = x->told_count;
    return x->told;
}
