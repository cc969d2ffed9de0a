/* fuzz_evtx: any bytes as an event log. Records lie within their chunk and do not overlap; the log cut into parts gives the
 * same records and the same damage as the whole; every record can be shown; damage lies within the file. */
#include <assert.h>

#include "base/hash.h"
#include "reader/evtx.h"

enum { FILE_HEAD = 4096, CHUNK = 65536, RECORDS_MAX = 4096, DAMAGES_MAX = 8192, SHOWN_MAX = 8 };

struct bytes_input {
    struct input input;
    str bytes;
};

struct seen {
    struct event_sink sink;
    uint64_t size;
    uint64_t sum; /* over all records and damages, in their order */
    size_t records, damages;
    uint64_t last_end;
    uint64_t offsets[RECORDS_MAX];
    uint64_t repaired[DAMAGES_MAX]; /* records of which something was left out */
    size_t repaired_count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    const struct bytes_input *const b = (const struct bytes_input *)(const void *)in;

    (void)want, (void)e;
    *out = offset < b->bytes.len ? str_from(b->bytes, (size_t)offset) : (str){"", 0};
    return true;
}

static void sum_add(struct seen *s, const void *bytes, size_t len) {
    s->sum = hash_bytes((str){bytes, len}, s->sum);
}

static bool take(struct event_sink *sink, const struct record *r, struct err *e) {
    struct seen *const s = (struct seen *)(void *)sink;

    (void)e;
    assert(r->offset >= FILE_HEAD && r->size >= 32);
    uint64_t const in_chunk = (r->offset - FILE_HEAD) % CHUNK;

    assert(r->size <= CHUNK - in_chunk);
    assert(r->offset + r->size <= s->size);
    assert(r->offset >= s->last_end);
    assert(r->count <= RECORD_VALUES_MAX);
    s->last_end = r->offset + r->size;
    if (s->records < RECORDS_MAX)
        s->offsets[s->records] = r->offset;
    s->records++;
    sum_add(s, &r->offset, sizeof r->offset);
    sum_add(s, &r->number, sizeof r->number);
    sum_add(s, &r->when, sizeof r->when);
    for (uint32_t i = 0; i < r->count; i++) {
        str const name = field_name(sink->fields, r->values[i].field);

        sum_add(s, name.ptr, name.len);
        sum_add(s, r->values[i].ptr, r->values[i].len);
    }
    return true;
}

static void damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct seen *const s = (struct seen *)(void *)sink;

    assert(why && *why);
    assert(offset <= s->size && size <= s->size - offset);
    if (s->repaired_count < DAMAGES_MAX)
        s->repaired[s->repaired_count++] = offset;
    s->damages++;
    sum_add(s, &offset, sizeof offset);
    sum_add(s, &size, sizeof size);
    sum_add(s, why, strlen(why));
}

static void read_part(struct seen *s, str bytes, uint64_t from, uint64_t to) {
    struct bytes_input in = {{window, bytes.len}, bytes};
    struct err e;

    assert(evtx_reader.read(&in.input, (struct part){from, to}, &s->sink, &e));
}

static struct seen *seen_new(size_t size) {
    struct seen *const s = calloc(1, sizeof *s);

    assert(s);
    s->sink = (struct event_sink){.fields = fields_new(), .record = take, .damage = damage};
    assert(s->sink.fields);
    s->size = size;
    return s;
}

static void seen_free(struct seen *s) {
    fields_free(s->sink.fields);
    free(s);
}

static bool was_repaired(const struct seen *s, uint64_t offset) {
    for (size_t i = 0; i < s->repaired_count; i++)
        if (s->repaired[i] == offset)
            return true;
    return s->repaired_count == DAMAGES_MAX;
}

static void show(const struct seen *s, str bytes, uint64_t offset) {
    struct bytes_input in = {{window, bytes.len}, bytes};
    struct buf out = {0};
    struct err e;

    buf_byte(&out, 'x');
    if (evtx_reader.show(&in.input, offset, &out, &e)) {
        assert(out.len > 1 && out.ptr[out.len - 1] == '\n');
    } else {
        assert(out.len == 1);
        assert(e.code == ERR_LIMIT || was_repaired(s, offset));
    }
    assert(out.ptr[0] == 'x');
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const bytes = {(const char *)data, size};
    struct seen *whole, *parts;

    if (size > 4 * CHUNK)
        return 0;
    whole = seen_new(size);
    parts = seen_new(size);
    read_part(whole, bytes, 0, UINT64_MAX);
    for (uint64_t from = 0; from <= size; from += CHUNK)
        read_part(parts, bytes, from, from + CHUNK);
    assert(whole->records == parts->records && whole->damages == parts->damages && whole->sum == parts->sum);
    for (size_t i = 0; i < whole->records && i < SHOWN_MAX; i++)
        show(whole, bytes, whole->offsets[i]);
    seen_free(whole);
    seen_free(parts);
    return 0;
}
