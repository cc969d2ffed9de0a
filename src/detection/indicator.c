/* indicator: rows in, hits out; what a distinct value holds is remembered. intel/indicator_look.c looks into the values. */
#include "detection/indicator.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "detection/seen.h"

#define SIFTED_SLOTS (1u << 13)
#define POOL_MAX ((size_t)1 << 20)
#define SHORT_MAX 64u
#define CONSTANTS 256u
#define FIELDS_REMEMBERED 4096u
#define LINE_MAX 65536u
#define JOIN_MEMORY ((size_t)1 << 20)

struct hit {
    const struct block *block;
    const struct column *column;
    uint32_t row, entry;
    str value; /* of a list: of the item */
};

struct indicators {
    struct indicator_texts texts;
    struct seen_blocks seen; /* 0: not looked at, 1: nothing, else 2 + a place in the pool */
    /* Pool: for each value that holds something: flags, count, entries. */
    uint32_t *pool;
    size_t pool_count, pool_room;
    struct hit *hits;
    size_t hit_count, hit_room;
    struct indicator_hit *told;
    struct detect_match *matches;
    size_t told_count, told_room;
    struct arena *join;
    uint64_t *sifted; /* by hash: the hash of the value that was sifted last, its lowest bit the answer; 0: none */
    uint64_t seed;
    uint32_t types;                     /* indicators_types */
    uint8_t queries[FIELDS_REMEMBERED]; /* by field: 0 not asked, 1 no, 2 the field of a query */
    str constants[CONSTANTS];           /* of formats, each known by where it lies: they hold nothing */
    const struct fields *fields;
};

#define POOL_HOST 1u /* the value is a host of which a URL is known */

bool indicators_new(struct indicators **out, const struct indicator_marks *marks, const struct fields *fields,
                    struct err *e) {
    struct indicators *const x = calloc(1, sizeof *x);

    if (!x)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    x->fields = fields;
    if (marks->classes)
        x->types = 1u << RAW_TEXT | 1u << RAW_UTF16 | 1u << RAW_BINARY;
    if (intel_set_has_type(marks->set, OBSERVABLE_ACCOUNT))
        x->types |= 1u << RAW_SID;
    x->seed = hash_seed();
    x->sifted = calloc(SIFTED_SLOTS, sizeof *x->sifted);
    x->join = arena_new(JOIN_MEMORY);
    if (!x->sifted || !x->join || !indicator_texts_init(&x->texts, marks)) {
        indicators_free(x);
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    }
    *out = x;
    return true;
}

void indicators_free(struct indicators *x) {
    if (!x)
        return;
    seen_free(&x->seen);
    free(x->pool);
    free(x->hits);
    free(x->told);
    free(x->matches);
    arena_free(x->join);
    free(x->sifted);
    indicator_texts_free(&x->texts);
    free(x);
}

void indicators_country(struct indicators *x, const struct phone_country *home) {
    x->texts.home = home;
}

bool indicator_active(const struct intel_set *set, uint32_t entry) {
    return intel_set_entry(set, entry).active;
}

static bool active(const struct indicators *x, uint32_t entry) {
    return indicator_active(x->texts.m->set, entry);
}

/* ---- at ingest ---- */

static bool names_query(str field) {
    return str_ends(field, S("query"));
}

/* Is it the field of a query, behind a path that stands in another? Remembered by field. */
static bool is_query(struct indicators *x, field_id field) {
    if (field >= FIELDS_REMEMBERED)
        return field != FIELD_NONE && names_query(field_name(x->fields, field));
    if (!x->queries[field])
        x->queries[field] = names_query(field_name(x->fields, field)) ? 2 : 1;
    return x->queries[field] == 2;
}

uint32_t indicators_types(const struct indicators *x) {
    return x->types;
}

/* parts: paths and queries of URLs are asked for as well. */
static bool sift(struct indicators *x, const struct raw *v, bool parts) {
    str text = {v->ptr, v->len};

    if (v->inner || !(x->types >> v->type & 1))
        return false;
    bool const url = parts && v->type == RAW_TEXT && v->len && x->texts.m->classes >> INTEL_URL & 1;
    bool const path = url && *v->ptr == '/', query = url && !path && is_query(x, v->field);

    if (!path && !query) {
        if (v->len < (v->type == RAW_TEXT ? INDICATOR_TEXT_MIN : 2))
            return false;
        if (v->type == RAW_TEXT && v->len <= SHORT_MAX) /* sooner looked at than remembered */
            return !indicator_text_is_plain(&x->texts, text) && indicator_raw_may(&x->texts, v->type, text);
    }
    uint64_t const hash = (hash_bytes(text, x->seed + v->type + (query ? RAW_TYPES : 0)) | 2) & ~(uint64_t)1;
    uint64_t *const slot = &x->sifted[hash >> 8 & (SIFTED_SLOTS - 1)];

    if ((*slot & ~(uint64_t)1) != hash)
        *slot = hash | (((path || query) && indicator_part_may(&x->texts, text, query)) ||
                        indicator_raw_may(&x->texts, v->type, text));
    return *slot & 1;
}

bool indicators_sift(struct indicators *x, const struct raw *v) {
    return sift(x, v, true);
}

static bool is_part(str line, const struct raw *v) {
    return v->ptr >= line.ptr && v->ptr <= line.ptr + line.len && v->len <= (size_t)(line.ptr + line.len - v->ptr);
}

/* What may stand before a value, and behind it, so that it holds what the line holds there, and nothing else: words, names and addresses begin
 * behind the first, and end before the second (intel/indicator_look.c). */
enum { BEFORE = 1, BEHIND = 2 };
static const uint8_t edges[256] = {
    [0 ... ' '] = BEFORE | BEHIND,
    ['!'] = BEHIND,
    ['"'] = BEFORE | BEHIND,
    ['#' ... '$'] = BEHIND,
    ['&'] = BEHIND,
    ['\''] = BEFORE | BEHIND,
    ['('] = BEFORE | BEHIND,
    [')'] = BEFORE | BEHIND,
    ['*'] = BEFORE | BEHIND,
    ['+'] = BEHIND,
    [','] = BEFORE | BEHIND,
    ['/'] = BEFORE | BEHIND,
    [';' ... '?'] = BEFORE | BEHIND,
    ['@'] = BEHIND,
    ['['] = BEFORE | BEHIND,
    ['\\'] = BEFORE | BEHIND,
    [']'] = BEFORE | BEHIND,
    ['^'] = BEHIND,
    ['`'] = BEHIND,
    ['{'] = BEHIND,
    ['|'] = BEFORE | BEHIND,
    ['}' ... 0x7f] = BEHIND,
};

static bool has_edges(str line, const struct raw *v) {
    const char *const end = v->ptr + v->len;

    return (v->ptr == line.ptr || edges[(uint8_t)v->ptr[-1]] & BEFORE) &&
           (end == line.ptr + line.len || edges[(uint8_t)*end] & BEHIND ||
            (*end == ':' &&
             (end + 1 == line.ptr + line.len || end[1] == ' '))); /* in an address of IPv6 more follows */
}

static bool whole_may(struct indicators *x, const struct raw *v, str odd) {
    str const text = {v->ptr, v->len};
    bool const even = text.ptr + text.len <= odd.ptr || text.ptr >= odd.ptr + odd.len;

    return text.len >= INDICATOR_TEXT_MIN && !(even && !indicator_whole_likely(&x->texts, text)) &&
           indicator_whole_may(&x->texts, text);
}

bool indicators_clean(struct indicators *x, const struct record *r) {
    str odd;

    if (!x->types || !r->bytes.len || r->bytes.len > LINE_MAX || indicator_line_may(&x->texts, r->bytes, &odd))
        return !x->types;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        if (v->inner || v->len < 2 || !(x->types >> v->type & 1))
            continue;
        bool const constant = i < 64 && r->constants >> i & 1;
        str *const known = &x->constants[((uintptr_t)v->ptr >> 3) % CONSTANTS];

        if (constant && known->ptr == v->ptr && known->len == v->len)
            continue;
        if (v->type == RAW_TEXT && is_part(r->bytes, v) && has_edges(r->bytes, v)
                ? whole_may(x, v, odd)
                : sift(x, v, false)) /* a path alone is nothing: the host stands in the line */
            return false;
        if (constant)
            *known = (str){v->ptr, v->len};
    }
    return true;
}

/* ---- values ---- */

static bool pool_push(struct indicators *x, uint32_t value) {
    if (x->pool_count == x->pool_room) {
        size_t const more = x->pool_room ? x->pool_room * 2 : 256;
        uint32_t *const bigger = reallocarray(x->pool, more, sizeof *bigger);

        if (!bigger)
            return false;
        x->pool = bigger;
        x->pool_room = more;
    }
    x->pool[x->pool_count++] = value;
    return true;
}

/* Looks at a value that is not a list. False: no memory. */
static bool value_look(struct indicators *x, struct seen *seen, const struct value *v, uint32_t *out) {
    struct indicator_found found;

    *out = 1;
    if (v->type != VALUE_TEXT || v->len < INDICATOR_TEXT_MIN || v->inner || !(x->types >> v->raw_type & 1) ||
        indicator_text_is_plain(&x->texts, value_text(v)))
        return true;
    found.count = 0;
    found.host = false;
    if (!indicator_text_find(&x->texts, value_text(v), &found))
        return false;
    if (!found.count && !found.host)
        return true;
    *out = 2 + (uint32_t)x->pool_count;
    seen->any = true;
    if (!pool_push(x, found.host ? POOL_HOST : 0) || !pool_push(x, found.count))
        return false;
    for (uint32_t i = 0; i < found.count; i++)
        if (!pool_push(x, found.entries[i]))
            return false;
    return true;
}

/* Looks at all values that nobody has looked at. */
static bool column_look(struct indicators *x, struct seen *seen, const struct column *c) {
    if (!seen_room(seen, &c->dict))
        return false;
    for (; seen->done < c->dict.count; seen->done++)
        if (!seen->of[seen->done] && !value_look(x, seen, &c->dict.values[seen->done], &seen->of[seen->done]))
            return false;
    return true;
}

/* Looks at the value of this code, and at its items. */
static bool code_look(struct indicators *x, struct seen *seen, const struct column *c, uint32_t code) {
    const struct value *const v = dictionary_value(&c->dict, code);

    for (uint32_t i = 0; v->type == VALUE_LIST && i < v->len; i++)
        if (value_items(v)[i] && !code_look(x, seen, c, value_items(v)[i]))
            return false;
    return seen->of[code - 1] || value_look(x, seen, v, &seen->of[code - 1]);
}

/* ---- rows ---- */

static bool hit_add(struct indicators *x, const struct block *b, const struct column *c, uint32_t row, uint32_t entry,
                    str value) {
    if (x->hit_count == x->hit_room) {
        size_t const more = x->hit_room ? x->hit_room * 2 : 256;
        struct hit *const bigger = reallocarray(x->hits, more, sizeof *bigger);

        if (!bigger)
            return false;
        x->hits = bigger;
        x->hit_room = more;
    }
    x->hits[x->hit_count++] = (struct hit){b, c, row, entry, value};
    return true;
}

static bool serves_role(const struct kind *kind, enum role role, field_id field) {
    for (size_t s = 0; s < kind->role_counts[role]; s++)
        for (size_t i = 0; i < kind->roles[role][s].input_count; i++)
            if (kind->roles[role][s].inputs[i] == field)
                return true;
    return false;
}

/* A number that says that it is one of the telephone network: it begins with +, perhaps behind tel: or sip:. */
static bool is_public_number(str value) {
    size_t const plus = str_find_byte(value, '+');

    return plus == 0 || (plus != SIZE_MAX && value.ptr[plus - 1] == ':');
}

static bool names_version(str field) {
    return field.len >= 7 && str_eq_ascii(str_from(field, field.len - 7), S("version"));
}

/* Made by machines, of 64 bits and more (CA/B baseline requirements 7.1); what is shorter is also a number of something else. */
#define SERIAL_SURE 16u

static bool names_certificate(str field) {
    static const str words[] = {STR("serial"), STR("cert")};

    for (size_t i = 0; i < COUNT(words); i++)
        for (size_t at = 0; at + words[i].len <= field.len; at++)
            if (str_eq_ascii((str){field.ptr + at, words[i].len}, words[i]))
                return true;
    return false;
}

/* Does an indicator of this type mean anything in this field? Names of accounts, telephone numbers and short serial numbers are words and
 * numbers elsewhere. */
static bool fits(const struct indicators *x, const struct block *b, const struct column *c, uint32_t entry, str value) {
    struct intel_entry const n = intel_set_entry(x->texts.m->set, entry);

    switch (n.type) {
    case OBSERVABLE_ACCOUNT:
        return serves_role(b->kind, ROLE_ACCOUNT, c->field) || serves_role(b->kind, ROLE_TARGET_ACCOUNT, c->field);
    case OBSERVABLE_PHONE:
        return str_starts(b->kind->name, S("call")) || is_public_number(value);
    case OBSERVABLE_ADDRESS:
    case OBSERVABLE_NETWORK: /* FileVersion: 4.0.0.0 */
        return !value.len || *value.ptr < '0' || *value.ptr > '9' || !names_version(field_name(x->fields, c->field));
    case OBSERVABLE_CERTIFICATE:
        return n.value.len >= SERIAL_SURE || names_certificate(field_name(x->fields, c->field));
    case OBSERVABLE_SUBJECT:
        return str_starts(b->kind->name, S("mail")) || str_starts(b->kind->name, S("m365"));
    default:
        return true;
    }
}

static bool cell_hits(struct indicators *x, const struct block *b, const struct column *c, const struct seen *seen,
                      uint32_t row, uint32_t code) {
    const struct value *const v = dictionary_value(&c->dict, code);

    if (v->type == VALUE_LIST) {
        const uint32_t *const items = value_items(v);

        for (uint32_t i = 0; i < v->len; i++)
            if (items[i] && !cell_hits(x, b, c, seen, row, items[i]))
                return false;
        return true;
    }
    uint32_t const of = seen->of[code - 1];

    if (of < 2)
        return true;
    const uint32_t *const p = x->pool + (of - 2);

    for (uint32_t i = 0; i < p[1]; i++)
        if (active(x, p[2 + i]) && fits(x, b, c, p[2 + i], value_text(v)) &&
            !hit_add(x, b, c, row, p[2 + i], value_text(v)))
            return false;
    return true;
}

/* The text of a cell; "": there is none, or several. */
static str cell_text(const struct column *c, uint32_t row) {
    const struct value *const v = c->codes[row] ? dictionary_value(&c->dict, c->codes[row]) : NULL;

    return v && v->type == VALUE_TEXT ? value_text(v) : S("");
}

static bool join_hit(struct indicators *x, const struct block *b, const struct column *host, const struct column *path,
                     str query, uint32_t row) {
    struct indicator_found found;
    struct web_address w;

    arena_reset(x->join);
    if (!web_address_join(cell_text(host, row), cell_text(path, row), query, x->join, &w))
        return true;
    found.count = 0;
    indicator_url_find(&x->texts, w.key, &found);
    for (uint32_t i = 0; i < found.count; i++)
        if (active(x, found.entries[i]) && (!hit_add(x, b, host, row, found.entries[i], cell_text(host, row)) ||
                                            !hit_add(x, b, path, row, found.entries[i], cell_text(path, row))))
            return false;
    return true;
}

/* Logs that hold host and path apart: each path of the row is put behind the host, alone and with each query. */
static bool join_hits(struct indicators *x, const struct block *b, const struct column *host, uint32_t row) {
    for (uint32_t p = 0; p < b->column_count; p++) {
        str const path = b->columns[p] == host ? S("") : cell_text(b->columns[p], row);

        if (!path.len || *path.ptr != '/')
            continue;
        if (!join_hit(x, b, host, b->columns[p], S(""), row))
            return false;
        for (uint32_t q = 0; q < b->column_count; q++) {
            str const query = names_query(field_name(x->fields, b->columns[q]->field)) && b->columns[q] != host
                                  ? cell_text(b->columns[q], row)
                                  : S("");

            if (query.len && *query.ptr != '/' && !join_hit(x, b, host, b->columns[p], query, row))
                return false;
        }
    }
    return true;
}

static bool cell_joins(struct indicators *x, const struct block *b, const struct column *c, const struct seen *seen,
                       uint32_t row, uint32_t code) {
    const struct value *const v = dictionary_value(&c->dict, code);

    /* The path is none of a client, whose address may well be that of a known URL. */
    return v->type == VALUE_LIST || seen->of[code - 1] < 2 || !(x->pool[seen->of[code - 1] - 2] & POOL_HOST) ||
           serves_role(b->kind, ROLE_CLIENT_ADDRESS, c->field) || join_hits(x, b, c, row);
}

static bool block_look(struct indicators *x, struct block *b) {
    struct seen *columns;
    uint32_t clean = 0;

    if (!seen_of(&x->seen, b, &columns))
        return false;
    for (uint32_t row = 0; row < b->row_count; row++)
        clean += b->rows[row].clean;
    /* Where some rows are known to hold nothing, the others are looked at one by one; else each value once. */
    for (uint32_t i = 0; i < b->column_count; i++) {
        const struct column *const c = b->columns[i];
        struct seen *const seen = &columns[i];

        if (clean ? !seen_room(seen, &c->dict) : !column_look(x, seen, c))
            return false;
        for (uint32_t row = 0; (clean || seen->any) && row < b->row_count; row++)
            if (c->codes[row] && !b->rows[row].clean &&
                (!code_look(x, seen, c, c->codes[row]) || !cell_hits(x, b, c, seen, row, c->codes[row])))
                return false;
        for (uint32_t row = 0; seen->any && x->texts.m->classes >> INTEL_URL & 1 && row < b->row_count; row++)
            if (c->codes[row] && !b->rows[row].clean && !cell_joins(x, b, c, seen, row, c->codes[row]))
                return false;
    }
    return true;
}

/* ---- in order ---- */

int row_order(const struct block *a, uint32_t row_a, const struct block *b, uint32_t row_b) {
    const struct row *const x = &a->rows[row_a], *const y = &b->rows[row_b];

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->element != y->element)
        return x->element < y->element ? -1 : 1;
    if (a != b)
        return a->index < b->index ? -1 : 1;
    return (row_a > row_b) - (row_a < row_b);
}

struct sorting {
    const struct hit *hit;
    const struct fields *fields;
};

static int hit_order(const void *a, const void *b) {
    const struct sorting *const p = a, *const q = b;
    const struct hit *const x = p->hit, *const y = q->hit;
    int const rows = row_order(x->block, x->row, y->block, y->row);

    if (rows)
        return rows;
    if (x->entry != y->entry)
        return x->entry < y->entry ? -1 : 1;
    if (x->column != y->column)
        return str_cmp(field_name(p->fields, x->column->field), field_name(p->fields, y->column->field));
    return str_cmp(x->value, y->value);
}

/* Where a field of a line says it, the whole line, which holds all of them, says nothing more. */
static void whole_line_drop(struct indicator_hit *t, struct detect_match *matches) {
    size_t kept = 0, others = 0;

    for (size_t i = 0; i < t->match_count; i++)
        others += !str_eq(matches[i].field, S("message"));
    for (size_t i = 0; others && i < t->match_count; i++)
        if (!str_eq(matches[i].field, S("message")))
            matches[kept++] = matches[i];
    t->match_count = others ? kept : t->match_count;
}

static bool hits_put(struct indicators *x, const struct sorting *sorted) {
    size_t count = 0;

    if (x->hit_count > x->told_room) {
        struct indicator_hit *const bigger = reallocarray(x->told, x->hit_count, sizeof *bigger);
        struct detect_match *matches;

        if (!bigger)
            return false;
        x->told = bigger;
        if (!(matches = reallocarray(x->matches, x->hit_count, sizeof *matches)))
            return false;
        x->matches = matches;
        x->told_room = x->hit_count;
    }
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct hit *const h = sorted[i].hit;
        const struct hit *const last = i ? sorted[i - 1].hit : NULL;

        if (!last || last->block != h->block || last->row != h->row || last->entry != h->entry)
            x->told[x->told_count++] = (struct indicator_hit){h->entry, h->block, h->row, x->matches + count, 0};
        else if (last->column == h->column && str_eq(last->value, h->value))
            continue;
        struct indicator_hit *const t = &x->told[x->told_count - 1];

        if (t->match_count == INDICATOR_MATCHES_MAX)
            continue;
        x->matches[count++] = (struct detect_match){field_name(x->fields, h->column->field), h->value};
        t->match_count++;
    }
    for (size_t i = 0; i < x->told_count; i++)
        whole_line_drop(&x->told[i], x->matches + (x->told[i].matches - x->matches));
    return true;
}

bool indicators_run(struct indicators *x, struct block *const *blocks, size_t count, struct err *e) {
    struct sorting *sorted;

    x->hit_count = x->told_count = 0;
    if (!x->texts.m->classes)
        return true;
    if (x->pool_count > POOL_MAX) { /* values are looked at anew: of dictionaries that are long gone, nobody asks */
        seen_forget(&x->seen);
        x->pool_count = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (blocks[i]->row_count && !block_look(x, blocks[i]))
            return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    if (!x->hit_count)
        return true;
    if (!(sorted = malloc(x->hit_count * sizeof *sorted)))
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    for (size_t i = 0; i < x->hit_count; i++)
        sorted[i] = (struct sorting){&x->hits[i], x->fields};
    qsort(sorted, x->hit_count, sizeof *sorted, hit_order);
    bool const ok = hits_put(x, sorted);

    free(sorted);
    return ok || err_set(e, ERR_MEMORY, 0, "no memory for indicators");
}

const struct indicator_hit *indicators_hits(const struct indicators *x, size_t *count) {
    *count = x->told_count;
    return x->told;
}

size_t indicators_of_text(struct indicators *x, str text, uint32_t *out, size_t max) {
    struct indicator_found found;
    size_t count = 0;

    found.count = 0;
    found.host = false;
    if (!x->texts.m->classes || !indicator_text_find(&x->texts, text, &found))
        return 0;
    for (uint32_t i = 0; i < found.count && count < max; i++)
        out[count++] = found.entries[i];
    return count;
}
