/* test_archive_ledger: every line of a ledger comes back as it was written; lines and fields that are not ours are passed over, and nothing of them is
 * taken for ours; damage is an error, never a ledger that is shorter. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"
#include "hunt/archive_ledger.h"

#define ROWS_MAX 64u
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Views of what is read die: here they live. */
struct told {
    struct ledger_row row;
    char path[300], why[300], sha256[65], reader[32], container[32], program[64], zone[64], not_read[300];
};
struct heard {
    struct told told[ROWS_MAX];
    size_t count;
    bool stop;
};

static bool hear(void *ctx, const struct ledger_row *row, struct err *e) {
    struct heard *const h = ctx;
    struct told *const t = &h->told[h->count++];

    assert_true(h->count <= ROWS_MAX);
    t->row = *row;
    snprintf(t->path, sizeof t->path, "%.*s", STR_ARG(row->line == LEDGER_DAMAGE ? row->damage.path : row->file.path));
    snprintf(t->why, sizeof t->why, "%.*s", STR_ARG(row->damage.why));
    snprintf(t->not_read, sizeof t->not_read, "%.*s", STR_ARG(row->file.not_read));
    snprintf(t->sha256, sizeof t->sha256, "%s", row->file.sha256);
    snprintf(t->reader, sizeof t->reader, "%s", row->file.reader ? row->file.reader : "(none)");
    snprintf(t->container, sizeof t->container, "%s", row->file.container ? row->file.container : "(none)");
    snprintf(t->program, sizeof t->program, "%.*s", STR_ARG(row->program));
    snprintf(t->zone, sizeof t->zone, "%.*s", STR_ARG(row->zone));
    return !h->stop || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

/* The bytes of a ledger, as a file of memory. */
struct file {
    int fd;
    char *bytes;
    size_t size;
};

static struct file file_begin(void) {
    struct file f = {.fd = memfd_create("ledger", MFD_CLOEXEC)};

    assert_true(f.fd >= 0);
    return f;
}

static void file_ended(struct file *f, const struct segment_info *info) {
    f->size = info->size;
    f->bytes = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, f->fd, 0);
    assert_true(f->bytes != MAP_FAILED);
}

static void file_end(struct file *f) {
    munmap(f->bytes, f->size);
    close(f->fd);
}

static bool read_back(const struct file *f, struct heard *h, struct err *e) {
    struct fields *const fields = fields_new(); /* others than the writer's */
    struct segment *s = NULL;
    bool yes = false;
    bool const ok = segment_open(&s, (str){f->bytes, f->size}, S("ledger"), 0, e) && ledger_is(s, &yes, e) &&
                    ledger_read(s, fields, hear, h, e);

    if (ok)
        assert_true(yes);
    segment_close(s);
    fields_free(fields);
    return ok;
}

#define FILE_ROW(...)                                                                                                  \
    {                                                                                                                  \
        .line = LEDGER_FILE, .file = { __VA_ARGS__ }                                                                   \
    }
static const struct ledger_row rows[] = {
    {.line = LEDGER_BEGIN,
     .readers = 7,
     .at = -3,
     .program = STR("longwatch 9"),
     .zone = STR("Europe/Berlin"),
     .file = {.sha256 = ""}},
    FILE_ROW(.path = STR("a/b.evtx"), .sha256 = HEX, .size = 1, .reader = "evtx", .not_read = STR(""), .records = 2,
             .salvaged = 3, .repaired = 4, .cut = 5, .no_kind = 6, .no_time = 7, .twice = 8, .never = 9, .years = 10,
             .year_breaks = 11, .backs = 12, .back_s = 13, .damages = 14, .damage_bytes = UINT64_MAX),
    FILE_ROW(.path = STR("a/c.zip"), .sha256 = HEX, .size = UINT64_MAX, .container = "zip", .not_read = STR("")),
    FILE_ROW(.path = STR("a/c.zip!d"), .sha256 = "", .member = true, .not_read = STR("no reader knows this format")),
    FILE_ROW(.path = STR("\xff\xfe is no text"), .sha256 = HEX, .reader = "json", .not_read = STR("")),
    FILE_ROW(.path = STR(""), .sha256 = "", .not_read = STR("")),
    {.line = LEDGER_SAME, .file = {.path = STR("copy"), .sha256 = HEX, .size = 5, .not_read = STR("")}},
    {.line = LEDGER_DAMAGE,
     .file = {.sha256 = ""},
     .damage = {STR("a/b.evtx"), 512, 65536, STR("chunk magic differs")}},
    {.line = LEDGER_DAMAGE, .file = {.sha256 = ""}, .damage = {STR("\xc3"), 0, 0, STR("all of \xc3")}},
    FILE_ROW(.path = STR("x"), .sha256 = "", .not_read = STR("\xff: no such file")),
};

static struct file written(void) {
    struct fields *const fields = fields_new();
    struct file f = file_begin();
    struct ledger_writer *l;
    struct segment_info info;
    struct err e = {0};

    field_intern(fields, S("another"));
    assert_true(ledger_writer_new(&l, fields, f.fd, NULL, &e));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!ledger_writer_add(l, &rows[i], &e))
            fail_msg("%s", e.text);
    assert_true(ledger_writer_end(l, &info, &e));
    ledger_writer_free(l);
    ledger_writer_free(NULL);
    fields_free(fields);
    assert_int_equal(info.rows, COUNT(rows));
    assert_int_equal(info.timed, 0);
    file_ended(&f, &info);
    return f;
}

static void text_is(const char *what, size_t row, const char *got, str wanted) {
    if (!str_eq(str_of(got), wanted))
        fail_msg("row %zu: %s: \"%s\", not \"%.*s\"", row, what, got, STR_ARG(wanted));
}

static void round_trip(void **state) {
    struct file f = written();
    struct heard h = {0};
    struct err e = {0};
    (void)state;

    if (!read_back(&f, &h, &e))
        fail_msg("%s", e.text);
    assert_int_equal(h.count, COUNT(rows));
    for (size_t i = 0; i < h.count; i++) {
        const struct told *const t = &h.told[i];
        const struct ledger_row *const w = &rows[i], *const g = &t->row;

        assert_int_equal(g->line, w->line);
        text_is("path", i, t->path,
                w->line == LEDGER_BEGIN    ? S("")
                : w->line == LEDGER_DAMAGE ? w->damage.path
                                           : w->file.path);
        text_is("sha256", i, t->sha256, str_of(w->file.sha256));
        text_is("reader", i, t->reader, str_of(w->file.reader ? w->file.reader : "(none)"));
        text_is("container", i, t->container, str_of(w->file.container ? w->file.container : "(none)"));
        text_is("why", i, t->why, w->line == LEDGER_DAMAGE ? w->damage.why : S(""));
        text_is("not read", i, t->not_read, w->file.not_read.len ? w->file.not_read : S(""));
        text_is("program", i, t->program, w->program.len ? w->program : S(""));
        text_is("zone", i, t->zone, w->zone.len ? w->zone : S(""));
        assert_true(g->readers == w->readers && g->at == w->at && g->file.member == w->file.member);
        assert_true(g->damage.offset == w->damage.offset && g->damage.size == w->damage.size);
        assert_true(g->file.first == INSTANT_NONE && g->file.last == INSTANT_NONE);
#define SAME(member) assert_true(g->file.member == w->file.member)
        SAME(size), SAME(records), SAME(salvaged), SAME(repaired), SAME(cut), SAME(no_kind), SAME(no_time), SAME(years);
        SAME(year_breaks), SAME(twice), SAME(never), SAME(backs), SAME(back_s), SAME(damages), SAME(damage_bytes);
#undef SAME
    }
    file_end(&f);
}

static void whoever_listens_may_stop(void **state) {
    struct file f = written();
    struct heard h = {.stop = true};
    struct err e = {0};
    (void)state;

    assert_false(read_back(&f, &h, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(h.count, 1);
    file_end(&f);
}

/* ---- what others wrote ---- */

struct given {
    const char *name;
    enum raw_type type;
    str value;
};
static const struct {
    const char *name;
    struct given values[6];
    bool told; /* it is a line of ours */
} strange[] = {
    {"no line at all", {{"path", RAW_TEXT, STR("x")}}, false},
    {"nothing at all", {{0}}, false},
    {"a line of a newer version", {{"line", RAW_TEXT, STR("moved")}, {"path", RAW_TEXT, STR("x")}}, false},
    {"a line in capitals", {{"line", RAW_TEXT, STR("FILE")}}, false},
    {"a line that is a number", {{"line", RAW_NUMBER, STR("file")}}, false},
    {"a line that is no text", {{"line", RAW_BINARY, STR("file")}}, false},
    {"a longer line", {{"line", RAW_TEXT, STR("files")}}, false},
    {"an empty one", {{"line", RAW_TEXT, STR("")}}, false},
    {"a file of which nothing is said", {{"line", RAW_TEXT, STR("file")}}, true},
    {"a field of a newer version", {{"line", RAW_TEXT, STR("file")}, {"colour", RAW_TEXT, STR("red")}}, true},
    {"a size as text", {{"line", RAW_TEXT, STR("file")}, {"size", RAW_TEXT, STR("12")}}, true},
    {"a size of another type", {{"line", RAW_TEXT, STR("file")}, {"size", RAW_I64, STR("\1\0\0\0\0\0\0\0")}}, true},
    {"a path of another type", {{"line", RAW_TEXT, STR("file")}, {"path", RAW_UTF16, STR("x\0")}}, true},
    {"a hash that is longer than any", {{"line", RAW_TEXT, STR("file")}, {"sha256", RAW_TEXT, STR(HEX "00")}}, true},
    {"a reader that is longer than any",
     {{"line", RAW_TEXT, STR("file")},
      {"reader", RAW_TEXT, STR("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr")}},
     true},
};

static void what_is_not_ours_is_passed_over(void **state) {
    struct fields *const fields = fields_new();
    struct segment_options options = {.fields = fields, .to_file = true};
    struct segment_source const source = {.path = STR(""), .reader = ARCHIVE_LEDGER, .modified = INSTANT_NONE};
    struct file f = file_begin();
    struct segment_writer *w;
    struct segment_info info;
    struct heard h = {0};
    struct err e = {0};
    uint32_t index;
    size_t told = 0;
    (void)state;

    options.fd = f.fd;
    assert_true(segment_writer_new(&w, &options, &e) && segment_writer_source(w, &source, &index, &e));
    for (size_t i = 0; i < COUNT(strange); i++) {
        struct raw values[6];
        uint32_t count = 0;

        for (; count < 6 && strange[i].values[count].name; count++) {
            const struct given *const g = &strange[i].values[count];

            values[count] = (struct raw){.field = field_intern(fields, str_of(g->name)),
                                         .type = (uint8_t)g->type,
                                         .len = (uint32_t)g->value.len,
                                         .ptr = g->value.ptr};
        }
        struct record const r = {
            .values = values, .count = count, .when = INSTANT_NONE, .time_text = S(""), .number = i};

        assert_true(segment_writer_record(w, index, &r, INSTANT_NONE, S(""), &e));
        told += strange[i].told;
    }
    assert_true(segment_writer_finish(w, NULL, &info, &e));
    segment_writer_free(w);
    fields_free(fields);
    file_ended(&f, &info);
    if (!read_back(&f, &h, &e))
        fail_msg("%s", e.text);
    assert_int_equal(h.count, told);
    for (size_t i = 0; i < h.count; i++) {
        assert_int_equal(h.told[i].row.line, LEDGER_FILE);
        assert_int_equal(h.told[i].row.file.size, 0);
        assert_string_equal(h.told[i].sha256, "");
        assert_string_equal(h.told[i].path, "");
        assert_string_equal(h.told[i].reader, "(none)");
    }
    file_end(&f);
}

/* A segment of records is none: by its reader, or because it has several sources. */
static void what_is_no_ledger(void **state) {
    static const struct {
        const char *name;
        const char *readers[2];
        bool is;
    } cases[] = {{"a ledger", {"ledger"}, true},
                 {"records", {"json"}, false},
                 {"of two sources", {"ledger", "ledger"}, false},
                 {"of a reader that is called much like it", {"ledgers"}, false},
                 {"of no source", {0}, false}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fields *const fields = fields_new();
        struct segment_options const options = {.fields = fields};
        struct segment_writer *w;
        struct segment_info info;
        struct segment *s;
        struct buf b = {0};
        struct err e = {0};
        uint32_t index;
        bool yes;

        assert_true(segment_writer_new(&w, &options, &e));
        for (size_t k = 0; k < 2 && cases[i].readers[k]; k++)
            assert_true(segment_writer_source(w,
                                              &(struct segment_source){.path = STR("x"),
                                                                       .reader = str_of(cases[i].readers[k]),
                                                                       .modified = INSTANT_NONE},
                                              &index, &e));
        assert_true(segment_writer_finish(w, &b, &info, &e));
        segment_writer_free(w);
        assert_true(segment_open(&s, buf_str(&b), S("x"), 0, &e));
        assert_true(ledger_is(s, &yes, &e));
        if (yes != cases[i].is)
            fail_msg("%s", cases[i].name);
        segment_close(s);
        buf_free(&b);
        fields_free(fields);
    }
}

/* Any byte turned: an error, or all lines as they are (what is kept beside them, the name of a kind, is not looked at). */
static void damaged(void **state) {
    struct file f = written();
    struct heard whole = {0};
    struct err why = {0};
    size_t refused = 0;
    (void)state;

    assert_true(read_back(&f, &whole, &why));
    for (size_t at = 0; at < f.size; at += at < 4096 ? 61 : 1) {
        struct heard h = {0};
        struct err e = {0};

        f.bytes[at] = (char)(f.bytes[at] ^ 1 << at % 8);
        if (read_back(&f, &h, &e)) {
            if (h.count != whole.count)
                fail_msg("byte %zu was turned, and a line is not there, and nobody said so", at);
            for (size_t i = 0; i < h.count; i++) {
                text_is("path", i, h.told[i].path, str_of(whole.told[i].path));
                text_is("sha256", i, h.told[i].sha256, str_of(whole.told[i].sha256));
                text_is("why", i, h.told[i].why, str_of(whole.told[i].why));
                assert_int_equal(h.told[i].row.line, whole.told[i].row.line);
                assert_true(h.told[i].row.file.size == whole.told[i].row.file.size);
                assert_true(h.told[i].row.damage.offset == whole.told[i].row.damage.offset);
            }
        } else {
            assert_int_not_equal(e.code, 0);
            refused++;
        }
        f.bytes[at] = (char)(f.bytes[at] ^ 1 << at % 8);
    }
    assert_true(refused > 500);
    for (size_t size = 0; size < f.size; size += 97) {
        struct file const cut = {.bytes = f.bytes, .size = size};
        struct heard h = {0};
        struct err e = {0};

        assert_false(read_back(&cut, &h, &e));
        assert_int_equal(h.count, 0);
    }
    file_end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(whoever_listens_may_stop),
        cmocka_unit_test(what_is_not_ours_is_passed_over),
        cmocka_unit_test(what_is_no_ledger),
        cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
