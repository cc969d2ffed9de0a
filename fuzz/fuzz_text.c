/* fuzz_text: any bytes as lines of text. Every byte is of a record, of damage, or a line's end (or the mark at the
 * beginning), in order and only once; what the head says stands in the record; parts of any cut give what the whole gives;
 * `show` gives each record's lines again. */
#include <assert.h>

#include "base/hash.h"
#include "bytes.h"
#include "reader/text.h"

#define SOURCE_MAX ((size_t)1 << 16)
#define SHOWN_MAX 24 /* records of an input that are shown */

struct heard {
    struct event_sink sink;
    str all;
    uint64_t records, damages, hash, end, number;
    struct part shown[SHOWN_MAX];
};

static void only_line_ends(str between) {
    for (size_t i = 0; i < between.len; i++)
        assert(between.ptr[i] == '\n' || between.ptr[i] == '\r');
}

/* What lies before `offset` and behind what was told last. */
static void told_up_to(struct heard *h, uint64_t offset, uint64_t size) {
    assert(offset >= h->end && offset <= h->all.len && size <= h->all.len - offset);
    str between = {h->all.ptr + h->end, (size_t)(offset - h->end)};

    if (h->end == 0 && str_starts(between, S("\xef\xbb\xbf")))
        between = str_from(between, 3);
    only_line_ends(between);
    h->end = offset + size;
}

static bool on_record(struct event_sink *sink, const struct record *r, struct err *e) {
    static const str of_head[] = {STR("timestamp"), STR("host"),  STR("program"),
                                  STR("pid"),       STR("msgid"), STR("module")};
    struct heard *const h = (struct heard *)(void *)sink;
    (void)e;

    assert(r->size && r->number == ++h->number && r->count <= RECORD_VALUES_MAX);
    told_up_to(h, r->offset, r->size);
    str const text = {h->all.ptr + r->offset, (size_t)r->size};

    for (uint32_t i = 0; i < r->count; i++) {
        str const name = field_name(sink->fields, r->values[i].field);
        str const value = {r->values[i].ptr, r->values[i].len};

        h->hash = h->hash * 31 + hash_bytes(name, 1) * 7 + hash_bytes(value, 2) + r->values[i].type;
        for (size_t k = 0; k < COUNT(of_head) && r->count < 8; k++) /* more: of JSON, which may have such names */
            assert(!str_eq(of_head[k], name) || str_find_byte(text, '{') != SIZE_MAX ||
                   str_find(text, value) != SIZE_MAX || str_find_byte(text, '\r') != SIZE_MAX);
    }
    h->hash = h->hash * 31 + r->offset * 7 + r->size;
    if (h->records < SHOWN_MAX)
        h->shown[h->records] = (struct part){r->offset, r->offset + r->size};
    h->records++;
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct heard *const h = (struct heard *)(void *)sink;

    if (size)
        told_up_to(h, offset, size);
    h->damages++;
    h->hash = h->hash * 31 + size + hash_bytes(str_of(why), 3);
}

static void read_part(struct heard *h, uint64_t from, uint64_t to) {
    struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
    struct err e = {0};

    h->number = 0;
    if (!text_reader.read(&in.input, (struct part){from, to}, &h->sink, &e))
        abort();
    free(in.copy);
}

/* A record's bytes without its end, nor the CR of lines amid it. */
static void show_again(const struct heard *h, const struct part *r) {
    struct bytes_input in = {.input = {window, h->all.len}, .all = h->all};
    str text = {h->all.ptr + r->from, (size_t)(r->to - r->from)};
    struct buf out = {0};
    struct err e = {0};
    size_t at = 0;

    if (!text_reader.show(&in.input, r->from, &out, &e))
        abort();
    for (size_t i = 0; i < text.len; i++) {
        bool const line_end =
            text.ptr[i] == '\n' || (text.ptr[i] == '\r' && (i + 1 == text.len || text.ptr[i + 1] == '\n'));

        if (at < out.len && out.ptr[at] == text.ptr[i])
            at++;
        else
            assert(line_end);
    }
    assert(at == out.len);
    free(in.copy);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = size >= 2 && size <= SOURCE_MAX ? fields_new() : NULL;
    str const all = {(const char *)data + 2, size - 2};

    if (!fields)
        return 0;
    uint64_t const cut = (data[0] | (uint64_t)data[1] << 8) % (all.len + 1);
    struct heard whole = {.sink = {.fields = fields, .record = on_record, .damage = on_damage}, .all = all},
                 parts = whole;

    (void)text_reader.looks_like(all);
    read_part(&whole, 0, UINT64_MAX);
    told_up_to(&whole, all.len, 0);
    read_part(&parts, 0, cut);
    read_part(&parts, cut, UINT64_MAX);
    told_up_to(&parts, all.len, 0);
    assert(whole.records == parts.records);
    assert(whole.hash == parts.hash && whole.damages == parts.damages);
    for (uint64_t i = 0; i < whole.records && i < SHOWN_MAX; i++)
        show_again(&whole, &whole.shown[i]);
    fields_free(fields);
    return 0;
}
