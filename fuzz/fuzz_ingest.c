/* fuzz_ingest: any bytes as records. An ingest that is emptied and forgets all the time, and one that remembers everything, give
 * the same rows (kind, time, values of each field) and the same counts; text is well-formed and says rightly if it is ASCII. */
#include <assert.h>

#include "base/hash.h"
#include "base/utf.h"
#include "event/fold.h"
#include "event/ingest.h"

static const char kind_files[] = "kind: door\n"
                                 "when: {door: {present: true}, badge: {present: true}}\n"
                                 "each: site\n"
                                 "time: [stamp, at]\n"
                                 "---\n"
                                 "kind: lamp\n"
                                 "when: {lamp: ['on', 'off', '1', '0x1', 'true']}\n"
                                 "each: place\n"
                                 "time: at\n"
                                 "roles: {host: none}\n"
                                 "---\n"
                                 "kind: long\n"
                                 "when: {x: {starts: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}, y: {present: false}}\n"
                                 "---\n"
                                 "shape: wrap\n"
                                 "when: [wrapped]\n"
                                 "unless: [y]\n"
                                 "strip: [p., q., r.]\n"
                                 "rename: {odd: even}\n"
                                 "pairs: {list: L, name: n, value: v}\n"
                                 "unspace: true\n"
                                 "---\n"
                                 "shape: other\n"
                                 "when: [raw]\n"
                                 "each_of: e\n"
                                 "strip: [e.]\n"
                                 "---\n"
                                 "shape: unfolded\n"
                                 "when: [few]\n"
                                 "unless: [raw, wrapped]\n"
                                 "bytes: true\n"
                                 "xml: place\n"
                                 "words: {list: x, numbered: p., joined: even}\n";
/* By the letters A, B, ... */
static const char *const names[] = {
    "door", "badge", "site", "stamp", "at",   "lamp",   "wrapped", "p.door", "q.door", "p.lamp", "q.lamp",
    "p.x",  "q.x",   "x",    "odd",   "even", "L.n",    "L.v",     "L",      "few",    "none",   "sifted",
    "y",    "raw",   "e.x",  "place", "r.at", "q.site", "a b",     "ab",     "e.lamp", "p.even", "L.lamp"};

struct trial {
    struct ingest *in;
    struct fields *fields;
    uint64_t rows, sum; /* of the rows, in any order */
    uint32_t fulls;
    bool tiny;
};

static void tell_value(struct buf *out, const struct value *v) {
    assert(v->type <= VALUE_NULL && utf8_valid(value_text(v)) == v->len && v->ascii == text_is_ascii(value_text(v)));
    assert(v->type != VALUE_NULL || v->len == 0);
    buf_byte(out, (char)v->type);
    buf_byte(out, (char)v->raw_type);
    buf_byte(out, (char)v->inner);
    buf_u64(out, v->len);
    buf_byte(out, ':');
    buf_add(out, value_text(v));
}

static void tell_row(struct trial *t, const struct block *b, uint32_t row) {
    struct buf out = {0}, room = {0};

    buf_add(&out, block_row_name(b, row, &room));
    buf_byte(&out, '@');
    buf_i64(&out, b->rows[row].when);
    buf_byte(&out, '#');
    buf_u64(&out, b->rows[row].number);
    for (field_id field = 0; field < field_count(t->fields); field++) {
        const struct column *const c = block_column(b, field);
        const struct value *v;

        if (!c || !c->codes[row])
            continue;
        assert(c->codes[row] <= c->dict.count);
        v = dictionary_value(&c->dict, c->codes[row]);
        buf_byte(&out, '\n');
        buf_u64(&out, field);
        if (v->type != VALUE_LIST) {
            tell_value(&out, v);
            continue;
        }
        assert(v->len > 1);
        for (uint32_t i = 0; i < v->len; i++) {
            assert(value_items(v)[i] && value_items(v)[i] <= c->dict.count);
            tell_value(&out, dictionary_value(&c->dict, value_items(v)[i]));
        }
    }
    if (out.failed || room.failed)
        abort();
    t->rows++;
    t->sum += hash_bytes(buf_str(&out), 1);
    buf_free(&out);
    buf_free(&room);
}

static bool on_full(void *ctx, struct err *e) {
    struct trial *const t = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(t->in, &count);
    (void)e;

    for (size_t i = 0; i < count; i++)
        for (uint32_t row = 0; row < blocks[i]->row_count; row++)
            tell_row(t, blocks[i], row);
    ingest_clear(t->in, t->tiny && t->fulls++ % 3 == 0);
    return true;
}

static struct ingest_wish on_wants(void *ctx, const struct block *b, field_id field) {
    const struct trial *const t = ctx;
    str const name = field_name(t->fields, field);
    uint32_t const few = (uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_SID;
    (void)b;

    if (str_eq(name, S("none")))
        return (struct ingest_wish){0, 0};
    return str_eq(name, S("few"))      ? (struct ingest_wish){few, 0}
           : str_eq(name, S("sifted")) ? (struct ingest_wish){RAW_ANY & ~few, few}
                                       : (struct ingest_wish){RAW_ANY, 0};
}

static bool on_sift(void *ctx, const struct block *b, const struct raw *v) {
    (void)ctx;
    (void)b;
    return v->len && v->ptr[0] & 1;
}

static void open_one(struct trial *t, struct fields *fields, const struct kinds *kinds, bool tiny, uint8_t bounds) {
    struct ingest_options const o = {.fields = fields,
                                     .kinds = kinds,
                                     .wants = on_wants,
                                     .sift = on_sift,
                                     .full = on_full,
                                     .ctx = t,
                                     .rows_max = tiny ? 1u + bounds % 5 : UINT32_MAX,
                                     .bytes_max = tiny ? (size_t)1 << (8 + bounds % 9) : SIZE_MAX / 8};
    struct err e = {0};

    *t = (struct trial){.fields = fields, .tiny = tiny};
    if (!ingest_new(&t->in, &o, &e))
        abort();
    ingest_part(t->in, 1, S("json"));
}

/* Counts begin anew with each part. */
static void counts_add(struct ingest_counts *sum, const struct ingest_counts *c) {
    sum->records += c->records;
    sum->salvaged += c->salvaged;
    sum->bytes += c->bytes;
    sum->repaired += c->repaired;
    sum->no_kind += c->no_kind;
    sum->no_time += c->no_time;
    sum->cut += c->cut;
}

/* A record is what stands before a byte 1e, a value what stands before a byte 1f: a letter for its field, one for its type (a small
 * one: inner), its bytes. */
static void record_of(str text, struct fields *fields, uint64_t number, struct raw *values, struct record *r) {
    *r = (struct record){.values = values,
                         .when = number % 8 ? INSTANT_NONE : (int64_t)number,
                         .number = number,
                         .size = text.len,
                         .salvaged = number % 16 == 5};
    while (text.len && r->count < RECORD_VALUES_MAX + 2) {
        size_t const end = str_find_byte(text, '\x1f');
        str const word = str_first(text, end == SIZE_MAX ? text.len : end);

        text = str_from(text, word.len + 1);
        if (word.len < 2)
            continue;
        field_id const field = field_intern(fields, str_of(names[(word.ptr[0] - 'A') & 31]));
        uint8_t const type = (uint8_t)(((word.ptr[1] - 'A') & 31) % RAW_TYPES);
        size_t const len = type == RAW_NULL ? 0 : word.len - 2;

        values[r->count] = (struct raw){field, type, (word.ptr[1] & 0x20) != 0, 0, (uint32_t)len, word.ptr + 2};
        values[r->count++].element = len && type != RAW_NULL ? (uint8_t)word.ptr[2] % 4 : 0; /* any order */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new();
    struct raw *const values = malloc((RECORD_VALUES_MAX + 2) * sizeof *values);
    struct kinds *kinds = NULL;
    struct trial small, large;
    struct err e = {0};

    if (!fields || !values || !kinds_new(&kinds, fields, &e) ||
        !kinds_load_text(kinds, S("k.yml"), str_of(kind_files), false, &e) || !kinds_seal(kinds, &e))
        abort();
    if (size > 0 && size <= 1 << 16) {
        str text = {(const char *)data + 1, size - 1};
        struct ingest_counts sum = {0};

        open_one(&small, fields, kinds, true, data[0]);
        open_one(&large, fields, kinds, false, data[0]);
        for (uint64_t number = 1; text.len; number++) {
            size_t const end = str_find_byte(text, '\x1e');
            str const line = str_first(text, end == SIZE_MAX ? text.len : end);
            struct record r;

            record_of(line, fields, number, values, &r);
            if (!ingest_sink(large.in)->record(ingest_sink(large.in), &r, &e))
                abort();
            ingest_part(small.in, 1, S("evtx")); /* another reader: kinds told before are forgotten */
            ingest_part(small.in, 1, S("json"));
            if (!ingest_sink(small.in)->record(ingest_sink(small.in), &r, &e))
                abort();
            counts_add(&sum, ingest_counts(small.in));
            text = str_from(text, line.len + 1);
        }
        assert(on_full(&small, &e) && on_full(&large, &e));
        assert(small.rows == large.rows && small.sum == large.sum);
        assert(memcmp(&sum, ingest_counts(large.in), sizeof sum) == 0);
        assert(ingest_counts(large.in)->records + ingest_counts(large.in)->salvaged <=
               large.rows + ingest_counts(large.in)->no_kind); /* one record may be several rows */
        ingest_free(small.in);
        ingest_free(large.in);
    }
    kinds_free(kinds);
    fields_free(fields);
    free(values);
    return 0;
}
