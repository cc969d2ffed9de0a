/* test_evtx_libevtx: every record of real event logs against libevtx: how many, and every field's name and value.
 *
 * The logs are not ours to ship: LONGWATCH_SHARED (else ../shared) has them under data/evtx, with records.tsv, libevtx's
 * counts. All 440 files take some ten seconds; where the sanitizers make that a minute, every fourth is read, and all
 * with LONGWATCH_ALL=1. A difference is either one of those below, each with its reason, or the test fails. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/file.h"
#include "evtx_expect.h"

#ifdef HAVE_LIBEVTX
#include <libevtx.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
enum { EVERY = 4 };
#else
enum { EVERY = 1 };
#endif

enum difference {
    SAME,
    HEX,        /* SizeT and Pointer of 32-bit machines: hexadecimal, as Windows shows them; libevtx: decimal */
    TIME_ZERO,  /* FILETIME 0 is no time: 0x0; libevtx: 1601 */
    NEGATIVE,   /* 32-bit: libevtx drops the sign bit and puts a minus in front */
    REAL,       /* another spelling of the same floating-point number */
    SURROGATE,  /* UTF-16 that is none: U+FFFD; libevtx lets it through or stops */
    BLANK,      /* a line feed and nothing else: libevtx shows an empty element */
    INLINED,    /* XML kept as text (type 0x23): libevtx pastes it in without escaping */
    PLAIN,      /* a plain element behind the template (RenderingInfo): libevtx stops before it */
    UNREADABLE, /* libevtx counts the record and fails to read it: mostly an attribute of several tokens */
    UNEXPLAINED,
    DIFFERENCES
};
static const char *const difference_names[DIFFERENCES] = {
    "same",       "hexadecimal", "time zero",   "negative",      "real",
    "surrogate",  "blank",       "XML as text", "plain element", "not readable by libevtx",
    "unexplained"};

struct tally {
    size_t files, records, salvaged, expected, more, unshown, other_fields;
    size_t differences[DIFFERENCES];
};

static str shared(char *room, size_t size, const char *below) {
    const char *const named = getenv("LONGWATCH_SHARED"), *const source = getenv("LONGWATCH_SOURCE");

    if (named)
        snprintf(room, size, "%s/%s", named, below);
    else
        snprintf(room, size, "%s/../shared/%s", source ? source : ".", below);
    return str_of(room);
}

static bool unpack(const char *path, struct buf *out) {
    gzFile const f = gzopen(path, "rb");
    int n = 1;

    out->len = 0;
    while (f && n > 0) {
        char *const to = buf_reserve(out, 1 << 20);

        assert_non_null(to);
        n = gzread(f, to, 1 << 20);
        out->len += n > 0 ? (size_t)n : 0;
    }
    return f && gzclose(f) == Z_OK && n == 0;
}

static void complain(const struct seen_record *r, str ours, str our_value, str theirs, str their_value) {
    printf("  record %lu at %lu: ours %.*s=%.*s, libevtx %.*s=%.*s\n", (unsigned long)r->number,
           (unsigned long)r->offset, STR_ARG(ours), STR_ARG(str_first(our_value, 200)), STR_ARG(theirs),
           STR_ARG(str_first(their_value, 200)));
}

#ifdef HAVE_LIBEVTX
/* Without case, carriage returns, leading zeros of hexadecimal numbers and trailing ones of seconds. */
static void normalise(str s, struct buf *to) {
    to->len = 0;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if (c == '\r' || (i < 3 && str_starts(str_from(s, i), S("\xef\xbb\xbf"))))
            continue;
        buf_byte(to, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    if (str_starts(buf_str(to), S("0x"))) {
        size_t zeros = 2;

        while (zeros + 1 < to->len && to->ptr[zeros] == '0')
            zeros++;
        memmove(to->ptr + 2, to->ptr + zeros, to->len - zeros);
        to->len -= zeros - 2;
    }
    if (to->len > 20 && to->len <= 30 && to->ptr[10] == 't' && to->ptr[19] == '.' && to->ptr[to->len - 1] == 'z') {
        to->len--;
        while (to->ptr[to->len - 1] == '0')
            to->len--;
        to->len -= to->ptr[to->len - 1] == '.';
    }
}

static enum difference value_compare(str ours, str theirs) {
    struct buf a = {0}, b = {0};
    enum difference found = UNEXPLAINED;
    char mine[64], other[64];

    normalise(ours, &a);
    normalise(theirs, &b);
    snprintf(mine, sizeof mine, "%.*s", STR_ARG(buf_str(&a)));
    snprintf(other, sizeof other, "%.*s", STR_ARG(buf_str(&b)));
    if (str_eq(buf_str(&a), buf_str(&b)))
        found = SAME;
    else if (str_eq(buf_str(&a), S("0x0")) && str_eq(buf_str(&b), S("1601-01-01t00:00:00")))
        found = TIME_ZERO;
    else if (str_starts(buf_str(&a), S("0x")) && strtoull(mine, NULL, 16) == strtoull(other, NULL, 10))
        found = HEX;
    else if (mine[0] == '-' && other[0] == '-' && strtoll(mine, NULL, 10) == INT32_MIN - strtoll(other, NULL, 10))
        found = NEGATIVE;
    else if (other[0] && strchr(other, 'e') && strtod(mine, NULL) == strtod(other, NULL))
        found = REAL;
    else if (str_find(ours, S("\xef\xbf\xbd")) != SIZE_MAX)
        found = SURROGATE;
    else if (theirs.len == 0 && str_trim(ours).len == 0)
        found = BLANK;
    buf_free(&a);
    buf_free(&b);
    return found;
}

/* What the XML is when values that are XML themselves stand in it without escaping. */
static void inline_values(str xml, struct buf *to) {
    bool inside = false;

    to->len = 0;
    for (size_t i = 0; i < xml.len; i++) {
        str const rest = str_from(xml, i);

        if (xml.ptr[i] == '<')
            inside = false;
        else if (xml.ptr[i] == '>' && str_starts(str_from(rest, 1), S("&lt;")))
            inside = true;
        if (inside && str_starts(rest, S("&lt;")))
            buf_byte(to, '<'), i += 3;
        else if (inside && str_starts(rest, S("&gt;")))
            buf_byte(to, '>'), i += 3;
        else if (inside && str_starts(rest, S("&amp;")))
            buf_byte(to, '&'), i += 4;
        else
            buf_byte(to, xml.ptr[i]);
    }
}

static bool records_compare(struct tally *t, const struct seen_record *ours, const struct seen_record *theirs) {
    if (ours->count < theirs->count)
        return false;
    for (size_t i = 0; i < theirs->count; i++)
        if (!str_eq(pair_name(ours, i), pair_name(theirs, i)))
            return false;
    for (size_t i = 0; i < theirs->count; i++) {
        enum difference const d = value_compare(pair_value(ours, i), pair_value(theirs, i));

        t->differences[d]++;
        if (d == UNEXPLAINED)
            complain(ours, pair_name(ours, i), pair_value(ours, i), pair_name(theirs, i), pair_value(theirs, i));
    }
    if (ours->count == theirs->count)
        return true;
    if (!str_eq(pair_name(ours, theirs->count), S("RenderingInfo_Culture")))
        return false;
    t->differences[PLAIN]++;
    return true;
}

static void record_compare(struct tally *t, struct file_input *in, const struct seen_record *ours, str xml) {
    struct seen_record theirs = {0}, inlined = {0};
    struct buf own = {0}, pasted = {0};
    struct err e;

    /* What libevtx pastes in need not be well-formed; then what follows does not fit either. */
    (void)xml_fields(xml, &theirs);
    if (!records_compare(t, ours, &theirs)) {
        assert_true(evtx_reader.show(&in->input, ours->offset, &own, &e));
        inline_values(buf_str(&own), &pasted);
        (void)xml_fields(buf_str(&pasted), &inlined);
        if (pasted.len != own.len && records_compare(t, &inlined, &theirs)) {
            t->differences[INLINED]++;
        } else {
            t->differences[UNEXPLAINED]++;
            complain(ours, S("fields"), S(""), S("fields"), S(""));
        }
    }
    seen_record_clear(&theirs);
    seen_record_clear(&inlined);
    buf_free(&own);
    buf_free(&pasted);
}

/* libevtx gives no offsets; its records come in the order of the file. */
static const struct seen_record *record_of(const struct seen_file *f, uint64_t number, size_t *from) {
    for (size_t i = 0; i < f->count; i++) {
        size_t const at = (*from + i) % f->count;

        if (f->records[at].number == number && !f->records[at].salvaged) {
            *from = at + 1;
            return &f->records[at];
        }
    }
    return NULL;
}

static void libevtx_compare(struct tally *t, struct file_input *in, const char *path, const struct seen_file *f) {
    libevtx_file_t *file = NULL;
    size_t from = 0;
    int count = 0;

    assert_int_equal(libevtx_file_initialize(&file, NULL), 1);
    assert_int_equal(libevtx_file_open(file, path, LIBEVTX_OPEN_READ, NULL), 1);
    assert_int_equal(libevtx_file_get_number_of_records(file, &count, NULL), 1);
    for (int i = 0; i < count; i++) {
        const struct seen_record *ours;
        libevtx_record_t *r = NULL;
        uint64_t number;
        size_t size = 0;
        uint8_t *xml;

        if (libevtx_file_get_record_by_index(file, i, &r, NULL) != 1) {
            t->differences[UNREADABLE]++;
            continue;
        }
        assert_int_equal(libevtx_record_get_identifier(r, &number, NULL), 1);
        if (!(ours = record_of(f, number, &from))) {
            printf("  record %lu is libevtx's alone\n", (unsigned long)number);
            t->differences[UNEXPLAINED]++;
        } else if (libevtx_record_get_utf8_xml_string_size(r, &size, NULL) != 1 || size == 0) {
            t->differences[UNREADABLE]++;
        } else {
            assert_non_null(xml = malloc(size));
            if (libevtx_record_get_utf8_xml_string(r, xml, size, NULL) == 1)
                record_compare(t, in, ours, (str){(char *)xml, size - 1});
            else
                t->differences[UNREADABLE]++;
            free(xml);
        }
        libevtx_record_free(&r, NULL);
    }
    libevtx_file_free(&file, NULL);
}
#endif

/* The record's fields out of its own XML are those that the reader gives. */
static void shown_compare(struct tally *t, struct file_input *in, const struct seen_record *r) {
    struct seen_record shown = {0};
    struct buf xml = {0};
    struct err e;
    bool same;

    if (!evtx_reader.show(&in->input, r->offset, &xml, &e)) {
        printf("  record %lu at %lu: cannot be shown: %s\n", (unsigned long)r->number, (unsigned long)r->offset,
               e.text);
        t->unshown++;
    } else {
        same = xml_fields(buf_str(&xml), &shown) && shown.count == r->count;
        for (size_t i = 0; same && i < r->count; i++)
            same = str_eq(pair_name(r, i), pair_name(&shown, i)) && str_eq(pair_value(r, i), pair_value(&shown, i));
        /* Remains that were written over in the middle can be whole by all we check, and nonsense. */
        t->other_fields += !same;
        if (!same && !r->salvaged)
            complain(r, S("fields"), S(""), S("shown"), S("others"));
        assert_true(same || r->salvaged);
    }
    seen_record_clear(&shown);
    buf_free(&xml);
}

static void file_compare(struct tally *t, const char *name, size_t expected, struct buf *bytes) {
    char path[4096], below[2048], unpacked[] = "/tmp/longwatch-evtx-XXXXXX";
    size_t live = 0, salvaged = 0;
    struct file_input in;
    struct seen_file f;
    struct err e;
    int fd;

    snprintf(below, sizeof below, "data/evtx/%s", name);
    (void)shared(path, sizeof path, below);
    if (!unpack(path, bytes))
        fail_msg("%s: cannot be unpacked", path);
    assert_true((fd = mkstemp(unpacked)) >= 0);
    assert_int_equal(write(fd, bytes->ptr, bytes->len), bytes->len);
    assert_true(file_input_of(&in, fd, &e));
    seen_file_begin(&f);
    assert_true(evtx_reader.read(&in.input, (struct part){0, UINT64_MAX}, &f.sink, &e));
    for (size_t i = 0; i < f.count; i++) {
        *(f.records[i].salvaged ? &salvaged : &live) += 1;
        shown_compare(t, &in, &f.records[i]);
    }
    if (live > expected)
        printf("  %s: %zu records, libevtx counts %zu\n", name, live, expected);
    if (live < expected)
        fail_msg("%s: %zu records, libevtx counts %zu", name, live, expected);
    t->files++;
    t->records += live;
    t->salvaged += salvaged;
    t->expected += expected;
    t->more += live > expected;
#ifdef HAVE_LIBEVTX
    size_t const before = t->differences[UNREADABLE];

    libevtx_compare(t, &in, unpacked, &f);
    if (t->differences[UNREADABLE] > before)
        printf("  %s: %zu records libevtx cannot read\n", name, t->differences[UNREADABLE] - before);
#endif
    seen_file_end(&f);
    file_input_close(&in);
    close(fd);
    unlink(unpacked);
}

static void all_files(void **state) {
    bool const all = EVERY == 1 || getenv("LONGWATCH_ALL");
    struct buf table = {0}, bytes = {0};
    struct tally t = {0};
    char path[4096];
    struct err e;
    size_t line = 0;

    (void)state;
    if (!file_read(shared(path, sizeof path, "data/evtx/records.tsv").ptr, 1 << 20, &table, &e)) {
        printf("SKIP: %s: the logs to compare with are not here\n", path);
        skip();
    }
#ifndef HAVE_LIBEVTX
    printf("libevtx is not installed: only counts and XML are compared\n");
#endif
    for (size_t at = str_find_byte(buf_str(&table), '\n') + 1; at < table.len; line++) {
        str const row = str_first(str_from(buf_str(&table), at), str_find_byte(str_from(buf_str(&table), at), '\n'));
        size_t const name = str_find_byte(row, '\t'), size = name + 1 + str_find_byte(str_from(row, name + 1), '\t');
        size_t const count = str_find_byte(str_from(row, size + 1), '\t');
        uint64_t expected;
        char file[1024];

        at += row.len + 1;
        snprintf(file, sizeof file, "%.*s", (int)name, row.ptr);
        assert_true(str_u64(str_first(str_from(row, size + 1), count), UINT32_MAX, &expected));
        if (all || line % EVERY == 0)
            file_compare(&t, file, (size_t)expected, &bytes);
    }
    printf("%zu files, %zu records and %zu salvaged; libevtx counts %zu; more in %zu files\n", t.files, t.records,
           t.salvaged, t.expected, t.more);
    printf("XML shows other fields than the reader gives: %zu salvaged records\n", t.other_fields);
    for (size_t d = 0; d < DIFFERENCES; d++)
        printf("  %-24s %zu\n", difference_names[d], t.differences[d]);
    assert_int_equal(t.differences[UNEXPLAINED], 0);
    assert_int_equal(t.unshown, 0);
    assert_true(t.other_fields * 1000 <= t.salvaged + 999);
    buf_free(&table);
    buf_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_files)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
