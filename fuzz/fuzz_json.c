/* fuzz_json: any bytes as JSON. Records and damage come in order and stay within the source; as lines, every byte is in
 * a record, in damage, or blank; parts of any cut give what the whole gives; `show` gives each record again. */
#include <assert.h>

#include "base/hash.h"
#include "bytes.h"
#include "reader/json.h"

struct heard {
    struct event_sink sink;
    str all;
    uint64_t records, hash, end; /* end: of the last record */
    bool *told;                  /* by byte: in a record or in damage */
    uint64_t shown[64];
};

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct heard *const h = (struct heard *)(void *)sink;
    (void)e;

    assert(r->offset >= h->end && r->size >= 2 && r->offset + r->size <= h->all.len && r->count <= RECORD_VALUES_MAX);
    h->end = r->offset + r->size;
    memset(h->told + r->offset, 1, r->size);
    h->hash = h->hash * 31 + r->offset + r->size + r->count;
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

static bool all_inner(struct event_sink *sink, field_id field) {
    (void)sink;
    return field % 2 == 0;
}

static void hear(struct heard *h, struct fields *fields, str all) {
    *h = (struct heard){.sink = {.fields = fields, .record = on_record, .damage = on_damage, .wants_inner = all_inner},
                        .all = all};
    if (!(h->told = calloc(all.len + 1, 1)))
        abort();
}

static void read_part(struct heard *h, str all, uint64_t from, uint64_t to) {
    struct bytes_input in = {.input = {window, all.len}, .all = all};
    struct err e = {0};

    h->end = 0;
    if (!json_reader.read(&in.input, (struct part){from, to}, &h->sink, &e))
        abort();
    free(in.copy);
}

static void show_all(const struct heard *h) {
    for (uint64_t i = 0; i < h->records && i < COUNT(h->shown); i++) {
        struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
        struct buf out = {0};
        struct err e = {0};

        if (!json_reader.show(&in.input, h->shown[i], &out, &e) || out.len < 2 || out.ptr[0] != '{' ||
            out.ptr[out.len - 1] != '}')
            abort();
        free(in.copy);
        buf_free(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new();
    struct heard whole, lines, parts;
    uint64_t cut;
    str all;

    if (!fields || size < 2 || size > 1 << 16) {
        fields_free(fields);
        return 0;
    }
    cut = 1 + (data[0] | (uint64_t)data[1] << 8) % size;
    all = (str){(const char *)data + 2, size - 2};
    (void)json_reader.looks_like(all);
    hear(&whole, fields, all);
    hear(&lines, fields, all);
    hear(&parts, fields, all);
    read_part(&whole, all, 0, UINT64_MAX);
    show_all(&whole);
    read_part(&lines, all, 0, all.len);
    read_part(&parts, all, 0, cut);
    read_part(&parts, all, cut, UINT64_MAX);
    if (all.len && memcmp(data + 2, "\xff\xfe", 2 < all.len ? 2 : all.len) &&
        memcmp(data + 2, "\xfe\xff", 2 < all.len ? 2 : all.len)) {
        assert(lines.hash == parts.hash && lines.records == parts.records);
        if (json_reader.part_size(all))
            assert(lines.hash == whole.hash && lines.records == whole.records);
        /* Wrappers have members and punctuation of their own. */
        for (size_t i = 0; i < all.len && str_find_byte(all, '[') == SIZE_MAX; i++)
            assert(lines.told[i] || strchr(" \t\r\n\xef\xbb\xbf", all.ptr[i]));
    }
    free(whole.told);
    free(lines.told);
    free(parts.told);
    fields_free(fields);
    return 0;
}
