/* test_segment_readers: what real readers tell of real logs comes out of a segment as it went in, record by record and member by member:
 * the samples of the repository, and the shared data where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "../sample_files.h"
#include "reader/reader.h"
#include "told.h"

#define BYTES_MAX ((size_t)48 << 20)

/* Everything that is read goes two ways: written down, and into a segment. */
struct both {
    struct event_sink sink;
    struct told told;
    struct segment_writer *w;
    uint32_t source;
};

static struct {
    struct both both;
    size_t files, records, values, segments, salvaged, lists, inner, timed, time_texts;
} all;

static bool everything(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return true;
}

static bool both_record(struct event_sink *sink, const struct record *r, struct err *e) {
    struct both *const b = (struct both *)(void *)sink;

    told_record(&b->told, sink->fields, r);
    all.records++;
    all.values += r->count;
    all.salvaged += r->salvaged;
    all.timed += r->when != INSTANT_NONE;
    all.time_texts += r->time_text.len > 0;
    for (uint32_t i = 0; i < r->count; i++) {
        all.lists += r->values[i].element > 0;
        all.inner += r->values[i].inner;
    }
    return segment_writer_record(b->w, b->source, r, r->number % 3 ? r->when : INSTANT_NONE, S("a kind"), e);
}

static void no_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why;
}

static void begin(void) {
    struct both *const b = &all.both;
    struct err e = {0};

    b->sink = (struct event_sink){.fields = fields_new(),
                                  .wants = everything,
                                  .wants_inner = everything,
                                  .record = both_record,
                                  .damage = no_damage};
    assert_non_null(b->sink.fields);
    assert_true(segment_writer_new(&b->w, &(struct segment_options){.fields = b->sink.fields}, &e));
}

/* Ends the segment, and compares all that comes out of it with what went in. */
static void end(void) {
    struct both *const b = &all.both;
    struct segment_reading reading = {0};
    struct segment_info info;
    struct heard h = {0};
    struct segment *s;
    struct buf out = {0};
    struct err e = {0};

    assert_true(segment_writer_finish(b->w, &out, &info, &e));
    str const bytes = exact(&out);

    buf_free(&out);
    if (!segment_open(&s, bytes, S("s"), 0, &e))
        fail_msg("%s", e.text);
    heard_begin(&h, &reading);
    if (!segment_read(s, &reading, &e))
        fail_msg("%s", e.text);
    assert_int_equal(info.rows, told_count(&b->told));
    assert_int_equal(told_count(&h.told), told_count(&b->told));
    for (size_t i = 0; i < info.rows; i++)
        if (!str_eq(told_at(&h.told, i), told_at(&b->told, i)))
            fail_msg("record %zu of a segment is another", i);
    if (!segment_check(s, NULL, NULL, &e))
        fail_msg("%s", e.text);
    segment_close(s);
    free((char *)(uintptr_t)bytes.ptr);
    heard_free(&h);
    told_free(&b->told);
    segment_writer_free(b->w);
    fields_free(b->sink.fields);
    if (b->sink.kept)
        b->sink.kept_free(b->sink.kept);
    memset(b, 0, sizeof *b);
    all.segments++;
}

struct memory_input {
    struct input input;
    str bytes;
};

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    (void)want;
    (void)e;
    *out = str_from(((struct memory_input *)(void *)in)->bytes, offset);
    return true;
}

static void read_bytes_of(const char *path, str bytes) {
    struct memory_input in = {.input = {window, bytes.len}, .bytes = bytes};
    struct both *const b = &all.both;
    const struct reader *reader = reader_for(str_first(bytes, 65536), NULL);
    struct segment_source const source = {
        .path = str_of(path), .reader = S("r"), .size = bytes.len, .modified = INSTANT_NONE};
    struct err e = {0};

    if (!reader && !(reader = reader_of_lines(str_first(bytes, 65536))))
        return;
    if (!b->w)
        begin();
    assert_true(segment_writer_source(b->w, &source, &b->source, &e));
    if (!reader->read(&in.input, (struct part){0, UINT64_MAX}, &b->sink, &e))
        fail_msg("%s: %s", path, e.text);
    all.files++;
    if (b->told.bytes.len > BYTES_MAX)
        end();
}

static int one_file(const char *path, const struct stat *st, int what, struct FTW *at) {
    (void)at;
    return sample_file(path, st, what, BYTES_MAX, read_bytes_of);
}

static void tell_all(void) {
    print_message("%zu records of %zu files in %zu segments: %zu values, %zu in lists, %zu inner; %zu records with a "
                  "time, %zu with its "
                  "text, %zu salvaged\n",
                  all.records, all.files, all.segments, all.values, all.lists, all.inner, all.timed, all.time_texts,
                  all.salvaged);
}

static void samples(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE");
    char path[4096];

    (void)state;
    memset(&all, 0, sizeof all);
    (void)snprintf(path, sizeof path, "%s/data/samples", source ? source : ".");
    assert_int_equal(nftw(path, one_file, 16, FTW_PHYS), 0);
    end();
    tell_all();
    assert_true(all.records > 200);
}

static void shared_data(void **state) {
    static const char *const folders[] = {"evtx",  "m365", "windows-json", "cloud",       "cdr",
                                          "linux", "web",  "zeek",         "vendor-logs", "mail"};
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");
    char path[4096];

    (void)state;
    memset(&all, 0, sizeof all);
    for (size_t i = 0; i < COUNT(folders); i++) {
        (void)snprintf(path, sizeof path, "%s%s/data/%s",
                       named    ? named
                       : source ? source
                                : ".",
                       named ? "" : "/../shared", folders[i]);
        if (access(path, R_OK) != 0) {
            print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", path);
            skip();
        }
        assert_int_equal(nftw(path, one_file, 16, FTW_PHYS), 0);
    }
    if (all.both.w)
        end();
    tell_all();
    assert_true(all.records > 100000 && all.salvaged && all.lists && all.inner && all.timed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples),
        cmocka_unit_test(shared_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
