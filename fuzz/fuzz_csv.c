/* fuzz_csv: any bytes as delimited text. Fields of a row come in order out of its bytes, with their separators no more than
 * these; quoted and read again they are the same. As a table, every byte behind the header is in a record, in damage, or a
 * line end; parts of any cut give what the whole gives; `show` gives each record again. */
#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "bytes.h"
#include "codec/csv.h"
#include "event/kind.h"
#include "reader/csv.h"

/* One table told by its times, one without quotes. */
#define TABLES                                                                                                         \
    "table: a\nleast: 3\ncolumns: [A, {B: time}, {C: number?}, D]\n---\ntable: b\nquotes: false\nwide: B\n"            \
    "columns: [{A: time}, B, {C: number}]\n"

/* ---- rows ---- */

/* One row; its fields, quoted, are appended to `again`. The bytes behind it. */
static str row(struct csv *c, str bytes, char *room, struct buf *again) {
    const char *behind = bytes.ptr;
    size_t total = 0;

    if (csv_row(c, bytes, true) != CSV_WHOLE) {
        size_t const line = str_find_byte(bytes, '\n');

        assert(c->why && c->why[0]);
        return line == SIZE_MAX ? S("") : str_from(bytes, line + 1);
    }
    assert(c->size > 0 && c->size <= bytes.len && c->count > 0);
    for (size_t i = 0; i < c->count && i < c->fields_max; i++) {
        const struct csv_field *const f = &c->fields[i];
        str const text = csv_text(f, room);

        assert(f->ptr >= behind && f->ptr + f->len <= bytes.ptr + c->size && text.len <= f->len);
        behind = f->ptr + f->len;
        total += f->len + (i > 0);
        if (i)
            buf_byte(again, c->separator);
        buf_byte(again, '"');
        for (size_t at = 0; at < text.len; at++) {
            if (text.ptr[at] == '"')
                buf_byte(again, '"');
            buf_byte(again, text.ptr[at]);
        }
        buf_byte(again, '"');
    }
    assert(total <= c->size);
    if (!c->suspicious)
        for (size_t i = 0; i < c->size; i++)
            assert(bytes.ptr[i] > 0);
    return str_from(bytes, c->size);
}

static void rows(str bytes, char separator) {
    struct csv_field fields[64], fields_again[64];
    struct csv c = {.separator = separator, .fields = fields, .fields_max = COUNT(fields)};
    struct csv d = {.separator = separator, .fields = fields_again, .fields_max = COUNT(fields)};
    char *const room = malloc(2 * bytes.len + 2), *const room_again = malloc(2 * bytes.len + 2);

    if (!room || !room_again)
        abort();
    while (bytes.len) {
        struct buf again = {0};

        bytes = row(&c, bytes, room, &again);
        if (again.len) {
            assert(csv_row(&d, buf_str(&again), true) == CSV_WHOLE && d.size == again.len);
            assert(d.count == (c.count < c.fields_max ? c.count : c.fields_max));
            for (size_t i = 0; i < d.count; i++)
                assert(str_eq(csv_text(&fields[i], room), csv_text(&fields_again[i], room_again)));
            assert(csv_row(&d, str_first(buf_str(&again), again.len - 1), false) == CSV_SHORT);
        }
        buf_free(&again);
    }
    free(room);
    free(room_again);
}

/* ---- tables ---- */

struct heard {
    struct event_sink sink;
    str all;
    uint64_t records, hash, end, number; /* end: of the last record */
    bool *told;                          /* by byte: in a record or in damage */
    uint64_t shown[64];
};

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;
    (void)e;

    assert(r->offset >= h->end && r->size >= 1 && r->offset + r->size <= h->all.len && r->count <= RECORD_VALUES_MAX);
    assert(r->number > h->number);
    h->end = r->offset + r->size;
    h->number = r->number;
    memset(h->told + r->offset, 1, r->size);
    h->hash = h->hash * 31 + r->offset + r->size + r->count + r->number;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        assert(v->field < field_count(sink->fields) && v->type <= RAW_BOOL);
        h->hash = h->hash * 31 + v->type + hash_bytes((str){v->ptr, v->len}, 1) +
                  hash_bytes(field_name(sink->fields, v->field), 2);
    }
    h->shown[h->records++ % COUNT(h->shown)] = r->offset;
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = (struct heard *)(void *)sink;

    assert(offset <= h->all.len && size <= h->all.len - offset && why[0]);
    memset(h->told + offset, 1, size);
    h->hash = h->hash * 31 + offset + size + hash_bytes(str_of(why), 3);
}

static bool some(struct event_sink *sink, field_id field) {
    (void)sink;
    return field % 3 != 0;
}

static void hear(struct heard *h, struct fields *fields, str all) {
    *h = (struct heard){
        .sink = {.fields = fields, .record = on_record, .damage = on_damage, .wants = some, .wants_inner = some},
        .all = all};
    if (!(h->told = calloc(all.len + 1, 1)))
        abort();
}

static void read_part(struct heard *h, str all, uint64_t from, uint64_t to) {
    struct bytes_input in = {.input = {window, all.len}, .all = all};
    struct err e = {0};

    if (!csv_reader.read(&in.input, (struct part){from, to}, &h->sink, &e))
        abort();
    free(in.copy);
}

static void show_all(const struct heard *h) {
    for (uint64_t i = 0; i < h->records && i < COUNT(h->shown); i++) {
        struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
        struct buf out = {0};
        struct err e = {0};

        if (!csv_reader.show(&in.input, h->shown[i], &out, &e) || str_find(buf_str(&out), S(": ")) == SIZE_MAX)
            abort();
        free(in.copy);
        buf_free(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new();
    struct heard whole, parts;
    struct kinds *kinds;
    struct err e;
    uint64_t cut;
    str all;

    if (!fields || size < 2 || size > 1 << 16) {
        fields_free(fields);
        return 0;
    }
    cut = 1 + (data[0] | (uint64_t)data[1] << 8) % size;
    all = (str){(const char *)data + 2, size - 2};
    rows(all, ",\t;|"[data[0] % 4]);
    hear(&whole, fields, all);
    hear(&parts, fields, all);
    if (!kinds_new(&kinds, fields, &e) || !kinds_load_text(kinds, S("fuzz"), S(TABLES), true, &e) ||
        !kinds_seal(kinds, &e))
        abort();
    whole.sink.kinds = parts.sink.kinds = kinds;
    read_part(&whole, all, 0, UINT64_MAX);
    read_part(&parts, all, 0, cut);
    read_part(&parts, all, cut, UINT64_MAX);
    assert(whole.hash == parts.hash && whole.records == parts.records);
    if (csv_reader.looks_like(all) || csv_reader.described(all, kinds)) {
        bool const named = csv_reader.looks_like(all);
        size_t at = str_starts(all, S("\xef\xbb\xbf")) ? 3 : 0;
        bool const wide = str_starts(all, S("\xff\xfe")) || str_starts(all, S("\xfe\xff"));

        show_all(&whole);
        if (str_starts(str_from(all, at), S("#TYPE ")))
            at += str_find_byte(str_from(all, at), '\n') + 1;
        else if (str_starts(str_from(all, at), S("sep=")))
            at += str_find_byte(str_from(all, at), '\n') + 1;
        if (named)
            at += str_find_byte(str_from(all, at), '\n');     /* names hold no line end */
        if (named && str_find(all, S("INTEGER")) != SIZE_MAX) /* perhaps a second header line */
            at = all.len;
        for (; !wide && at < all.len; at++)
            assert(whole.told[at] || all.ptr[at] == '\n' || all.ptr[at] == '\r');
    } else {
        assert(whole.records == 0);
    }
    kinds_free(kinds);
    free(whole.told);
    free(parts.told);
    fields_free(fields);
    return 0;
}
