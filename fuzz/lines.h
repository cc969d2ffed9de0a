/* lines: what must hold of any reader of logs whose comment lines declare the fields, whatever the bytes.
 * Records come in order and stay within the source, as damage does; their values come out of their line; all their
 * fields were declared before; each comes out the same when its line stands alone behind all comment lines before
 * it; parts of any cut give what the whole gives; `show` gives each record again. */
#ifndef FUZZ_LINES_H
#define FUZZ_LINES_H

#include <assert.h>

#include "base/hash.h"
#include "bytes.h"

#define SOURCE_MAX ((size_t)1 << 14)
#define ALONE_MAX 24 /* records of an input that are read alone and shown */

struct heard_record {
    uint64_t offset, size, hash;
};

struct heard {
    struct event_sink sink;
    str all;
    str made; /* a field that is not of the line alone, beside all whose names begin with _ */
    uint64_t records, damages, hash, end, number;
    struct heard_record kept[ALONE_MAX];
};

static bool is_made(const struct heard *h, str name) {
    return str_starts(name, S("_")) || str_eq(name, h->made);
}

/* Without escapes and quotes, values stand in their line as they are given, one behind the other. */
static void check_values(const struct heard *h, const struct record *r) {
    str const line = {h->all.ptr + r->offset, (size_t)r->size};
    bool const plain = str_find_byte(line, '\\') == SIZE_MAX && str_find_byte(line, '"') == SIZE_MAX;
    size_t total = 0, at = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];
        str const text = {v->ptr, v->len};

        assert(v->field < field_count(h->sink.fields) && v->type <= RAW_BOOL && !v->inner);
        if (is_made(h, field_name(h->sink.fields, v->field)))
            continue;
        assert(str_find((str){h->all.ptr, (size_t)r->offset}, field_name(h->sink.fields, v->field)) != SIZE_MAX);
        if (v->type == RAW_BOOL)
            continue;
        total += v->len;
        if (plain) {
            size_t const found = str_find(str_from(line, at), text);

            assert(found != SIZE_MAX);
            at += found + text.len;
        }
    }
    assert(total <= line.len);
}

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;
    uint64_t hash = 1;
    (void)e;

    assert(r->offset >= h->end && r->size && r->offset + r->size <= h->all.len && r->count <= RECORD_VALUES_MAX);
    assert(r->number == ++h->number && str_find_byte((str){h->all.ptr + r->offset, r->size}, '\n') == SIZE_MAX);
    assert(r->offset == 0 || strchr("\n\xbf", h->all.ptr[r->offset - 1])); /* NUL is in every text of strchr */
    h->end = r->offset + r->size;
    check_values(h, r);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        if (!is_made(h, field_name(sink->fields, v->field)))
            hash = hash * 31 + v->type + hash_bytes((str){v->ptr, v->len}, 1) +
                   hash_bytes(field_name(sink->fields, v->field), 2);
        h->hash = h->hash * 31 + hash_bytes((str){v->ptr, v->len}, 1);
    }
    h->hash = h->hash * 31 + r->offset * 7 + r->size + hash;
    if (h->records < ALONE_MAX)
        h->kept[h->records] = (struct heard_record){r->offset, r->size, hash};
    h->records++;
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = (struct heard *)(void *)sink;

    assert(offset <= h->all.len && size <= h->all.len - offset && why[0]);
    h->damages++;
    h->hash = h->hash * 31 + offset + size + hash_bytes(str_of(why), 3);
}

static void read_part(const struct reader *reader, struct heard *h, uint64_t from, uint64_t to) {
    struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
    struct err e = {0};

    h->number = 0;
    h->end = 0;
    if (!reader->read(&in.input, (struct part){from, to}, &h->sink, &e))
        abort();
    free(in.copy);
}

static struct heard heard_new(struct fields *fields, str all, str made) {
    return (struct heard){
        .sink = {.fields = fields, .record = on_record, .damage = on_damage}, .all = all, .made = made};
}

/* The record's line behind every comment line before it. */
static void read_alone(const struct reader *reader, const struct heard *h, const struct heard_record *r) {
    struct buf b = {0};
    str before = {h->all.ptr, (size_t)r->offset};
    struct heard alone;

    if (str_starts(before, S("\xef\xbb\xbf")))
        before = str_from(before, 3);
    while (before.len) {
        size_t const end = str_find_byte(before, '\n');
        str line = str_first(before, end == SIZE_MAX ? end : end + 1);

        before = str_from(before, line.len);
        while (line.len && line.ptr[0] == '\0')
            line = str_from(line, 1);
        if (line.len && line.ptr[0] == '#')
            buf_add(&b, line);
    }
    buf_add(&b, (str){h->all.ptr + r->offset, (size_t)r->size});
    buf_add(&b, S("\r\n")); /* a CR at its end stays its own */
    if (b.failed)
        abort();
    alone = heard_new(h->sink.fields, buf_str(&b), h->made);
    read_part(reader, &alone, 0, UINT64_MAX);
    assert(alone.records == 1 && alone.kept[0].hash == r->hash && alone.kept[0].size == r->size);
    buf_free(&b);
}

static void show_again(const struct reader *reader, const struct heard *h, const struct heard_record *r) {
    struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
    struct buf out = {0};
    struct err e = {0};

    if (!reader->show(&in.input, r->offset, &out, &e) || out.ptr[0] != '#' ||
        !str_ends(buf_str(&out), (str){h->all.ptr + r->offset, (size_t)r->size}))
        abort();
    free(in.copy);
    buf_free(&out);
}

static void check_lines(const struct reader *reader, str made, const uint8_t *data, size_t size) {
    struct fields *const fields = size >= 2 && size <= SOURCE_MAX ? fields_new() : NULL;
    str const all = {(const char *)data + 2, size - 2};

    if (!fields)
        return;
    uint64_t const cut = (data[0] | (uint64_t)data[1] << 8) % (all.len + 1);
    struct heard whole = heard_new(fields, all, made), parts = whole;

    (void)reader->looks_like(all);
    assert(!reader->part_size);
    read_part(reader, &whole, 0, UINT64_MAX);
    read_part(reader, &parts, 0, cut);
    read_part(reader, &parts, cut, UINT64_MAX);
    assert(whole.hash == parts.hash && whole.records == parts.records && whole.damages == parts.damages);
    for (uint64_t i = 0; i < whole.records && i < ALONE_MAX; i++) {
        read_alone(reader, &whole, &whole.kept[i]);
        show_again(reader, &whole, &whole.kept[i]);
    }
    fields_free(fields);
}

#endif
