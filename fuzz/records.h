/* records: what must hold of any bytes, read by a reader whose records need not be lines, or are made of several: records come
 * in the order of their first bytes and lie in the source; parts of any cut give the records and the damage of the whole; `show`
 * gives every record again, and nothing where none begins. For one .c of a target each. */
#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include <assert.h>

#include "base/hash.h"
#include "bytes.h"

#define SOURCE_MAX ((size_t)1 << 14)
#define SHOWN_MAX 24

struct heard {
    struct event_sink sink;
    str all;
    uint64_t records, record_hash, damages, damage_hash, number,
        next; /* next: the first byte that may begin a record */
    uint64_t offsets[SHOWN_MAX];
};

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;
    (void)e;

    assert(r->offset >= h->next && r->offset < h->all.len && r->size && r->size <= h->all.len);
    assert(r->count <= RECORD_VALUES_MAX && r->number == ++h->number && !r->salvaged);
    h->next = r->offset + 1;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        assert(v->field < field_count(sink->fields) && v->type < RAW_TYPES);
        h->record_hash = h->record_hash * 31 + v->type + hash_bytes((str){v->ptr, v->len}, 1) +
                         hash_bytes(field_name(sink->fields, v->field), 2);
    }
    h->record_hash = h->record_hash * 31 + r->offset * 7 + r->size + (uint64_t)r->when;
    if (h->records < SHOWN_MAX)
        h->offsets[h->records] = r->offset;
    h->records++;
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = (struct heard *)(void *)sink;

    assert(offset <= h->all.len && size <= h->all.len - offset && why[0]);
    h->damages++;
    /* In any order: damage may be told while a record before it still waits for its end. */
    h->damage_hash += (offset * 31 + size + 1) * (hash_bytes(str_of(why), 3) | 1);
}

static void read_part(const struct reader *reader, struct heard *h, uint64_t from, uint64_t to) {
    struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
    struct err e = {0};

    h->number = 0;
    if (!reader->read(&in.input, (struct part){from, to}, &h->sink, &e))
        abort();
    free(in.copy);
}

static bool shows(const struct reader *reader, str all, uint64_t offset) {
    struct bytes_input in = {.input = {window, all.len}, .all = all};
    struct buf out = {0};
    struct err e = {0};
    bool const ok = reader->show(&in.input, offset, &out, &e);

    assert(ok ? out.len > 0 : e.code == ERR_CORRUPT);
    free(in.copy);
    buf_free(&out);
    return ok;
}

static void check_records(const struct reader *reader, const uint8_t *data, size_t size) {
    struct fields *const fields = size >= 2 && size <= SOURCE_MAX ? fields_new() : NULL;

    if (!fields)
        return;
    str const all = {(const char *)data + 2, size - 2};
    uint64_t const cut = (data[0] | (uint64_t)data[1] << 8) % (all.len + 1);
    struct heard whole = {.sink = {.fields = fields, .record = on_record, .damage = on_damage}, .all = all},
                 parts = whole;
    bool begins = false;

    (void)reader->looks_like(all);
    read_part(reader, &whole, 0, UINT64_MAX);
    read_part(reader, &parts, 0, cut);
    read_part(reader, &parts, cut, UINT64_MAX);
    assert(whole.records == parts.records && whole.record_hash == parts.record_hash);
    assert(whole.damages == parts.damages && whole.damage_hash == parts.damage_hash);
    for (uint64_t i = 0; i < whole.records && i < SHOWN_MAX; i++) {
        assert(shows(reader, all, whole.offsets[i]));
        begins = begins || whole.offsets[i] == cut;
    }
    assert(whole.records > SHOWN_MAX || shows(reader, all, cut) == begins);
    fields_free(fields);
}

#endif
