/* test_keep: records of sources on their way into segments: each in the segment of its month; bounds of months, of segments that are open, of memory; what
 * is known of a source, and when; nothing lost, nothing twice, whatever is sealed early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "archive/seal.h"
#include "base/instant.h"
#include "hunt/keep.h"

#define MONTHS_OF_SOURCE 240u
#define OPEN 256u
#define PLENTY ((size_t)4 << 30)
#define ROWS_MAX 4096u
#define SEGMENTS_MAX 4096u

/* What was sent, and what of it came out. */
struct kept_row {
    uint64_t number;
    int64_t when;
    int32_t month; /* of its segment */
    uint32_t segment;
    char path[24];
    char hash; /* the first byte of its source's */
    uint64_t size;
};
struct bench {
    struct keep *keep;
    struct fields *fields;
    field_id text;
    struct buf bytes; /* since the last SEALED */
    uint32_t sealed;  /* segments */
    uint32_t rows;
    struct kept_row row[ROWS_MAX];
    uint32_t asked; /* for a hash */
    bool unknown;   /* and there is none */
    uint32_t asked_parts;
};

static int month_of(int64_t when) {
    struct wall const w = instant_wall(when);

    return w.year * 12 + w.month - 1;
}

/* The first of a month, and so many seconds. */
static int64_t in_month(int month, int seconds) {
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int const year = month / 12, leaps = (year - 1969) / 4;

    assert_true(year >= 1970 && year < 2100);
    int const leap = year % 4 == 0 && month % 12 > 1;

    return instant_from_unix(((int64_t)(year - 1970) * 365 + leaps + before[month % 12] + leap) * 86400 + seconds, 0);
}

struct reading {
    struct event_sink sink;
    struct bench *b;
    struct segment *s;
    struct segment_source source;
    const struct kept_segment *kept;
    int64_t when[ROWS_MAX];
    struct segment_reading reading;
};

static bool on_source(void *ctx, uint32_t source, struct err *e) {
    struct reading *const r = ctx;

    return segment_source(r->s, source, &r->source, e);
}

static bool on_record(struct event_sink *sink, const struct record *record, struct err *e) {
    struct reading *const r = (struct reading *)(void *)sink;
    struct bench *const b = r->b;
    struct kept_row *const row = &b->row[b->rows++];
    (void)e;

    assert_true(b->rows <= ROWS_MAX);
    assert_int_equal(r->source.count_count, KEEP_COUNTS);
    assert_int_equal(r->source.counts[0].number, KEEP_COUNT_READERS);
    assert_int_equal(r->source.counts[0].value, KEEP_READERS);
    assert_int_equal(r->source.counts[1].value, 77);
    assert_int_equal(r->source.counts[2].value, 78);
    assert_true(str_eq(r->source.reader, S("json")));
    *row = (struct kept_row){.number = record->number,
                             .when = r->when[r->reading.row],
                             .month = r->kept->month,
                             .segment = b->sealed,
                             .hash = (char)r->source.sha256[0],
                             .size = r->source.size};
    snprintf(row->path, sizeof row->path, "%.*s", STR_ARG(r->source.path));
    return true;
}

static void on_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    fail_msg("%s", why);
}

/* The bytes since the last are a segment, and what was said of it is true. */
static void sealed(struct bench *b, const struct kept_segment *kept) {
    struct reading r = {.sink = {.fields = b->fields, .record = on_record, .damage = on_damage}, .b = b, .kept = kept};
    struct err e = {0};

    if (!segment_open(&r.s, buf_str(&b->bytes), S("sealed"), 0, &e) || !segment_check(r.s, NULL, NULL, &e))
        fail_msg("%s", e.text);
    const struct segment_info *const info = segment_info(r.s);

    assert_memory_equal(info->sha256, kept->sha256, SHA256_SIZE);
    assert_int_equal(info->size, kept->size);
    assert_int_equal(info->size, b->bytes.len);
    assert_int_equal(info->rows, kept->rows);
    assert_true(info->rows > 0);
    assert_true(info->first == kept->first && info->last == kept->last);
    assert_true((kept->month == KEPT_UNDATED) == (kept->first == INSTANT_NONE));
    if (kept->month != KEPT_UNDATED) {
        assert_int_equal(month_of(kept->first), kept->month);
        assert_int_equal(month_of(kept->last), kept->month);
        assert_int_equal(info->timed, info->rows);
    }
    for (uint32_t i = 0, from = 0; i < info->blocks; i++) {
        assert_true(segment_block_rows(r.s, i, r.when + from, NULL, &e));
        from += segment_block(r.s, i).rows;
    }
    r.reading = (struct segment_reading){.sink = &r.sink, .source = on_source, .ctx = &r};
    if (!segment_read(r.s, &r.reading, &e))
        fail_msg("%s", e.text);
    segment_close(r.s);
    b->bytes.len = 0;
    b->sealed++;
}

static void on_put(void *ctx, const struct wire *m) {
    struct bench *const b = ctx;

    assert_true(m->type == WIRE_SEGMENT || m->type == WIRE_SEALED);
    if (m->type == WIRE_SEALED) {
        sealed(b, &m->kept);
        return;
    }
    assert_true(m->name.len > 0 && m->name.len <= WIRE_VALUE_MAX);
    buf_add(&b->bytes, m->name);
    assert_false(b->bytes.failed);
}

static bool on_hash(void *ctx, uint8_t sha256[SHA256_SIZE], uint64_t *size, bool *known, struct err *e) {
    struct bench *const b = ctx;
    (void)e;

    b->asked++;
    *known = !b->unknown;
    if (*known) {
        memset(sha256, 'E', SHA256_SIZE);
        *size = 4242;
    }
    return true;
}

static bool on_part(void *ctx, uint64_t ordinal, uint32_t part, struct keep_told *out, struct err *e) {
    struct bench *const b = ctx;
    (void)e;

    b->asked_parts++;
    *out = (struct keep_told){.before = ordinal * 1000 + part * 100, .size = 99, .hashed = part != 1};
    memset(out->sha256, 'P', sizeof out->sha256);
    return true;
}

static struct bench *begin(size_t memory_max) {
    struct bench *const b = calloc(1, sizeof *b);
    struct err e = {0};

    assert_non_null(b);
    b->fields = fields_new();
    b->text = field_intern(b->fields, S("text"));
    struct keep_options const options = {.fields = b->fields,
                                         .memory_max = memory_max,
                                         .kinds = 77,
                                         .times = 78,
                                         .put = on_put,
                                         .hash = on_hash,
                                         .part = on_part,
                                         .ctx = b};

    assert_true(keep_new(&b->keep, &options, &e));
    return b;
}

static void end(struct bench *b) {
    keep_free(b->keep);
    fields_free(b->fields);
    buf_free(&b->bytes);
    free(b);
}

static void source(struct bench *b, const char *path) {
    struct err e = {0};

    assert_true(keep_source(b->keep, str_of(path), S("json"), INSTANT_NONE, NULL, 7, &e));
}

static void record(struct bench *b, uint64_t number, int64_t when, str text) {
    struct raw v = {.field = b->text, .type = RAW_TEXT, .len = (uint32_t)text.len, .ptr = text.ptr};
    struct record const r = {
        .values = &v, .count = 1, .when = INSTANT_NONE, .time_text = S(""), .bytes = S(""), .number = number};
    struct err e = {0};

    if (!keep_record(b->keep, &r, when, S("m365/signin"), &e))
        fail_msg("%s", e.text);
}

static void over(struct bench *b, char hash) {
    uint8_t sha256[SHA256_SIZE];
    struct err e = {0};

    memset(sha256, hash, sizeof sha256);
    assert_true(keep_ended(b->keep, sha256, 1234, &e));
}

static void seal(struct bench *b) {
    struct err e = {0};

    if (!keep_seal(b->keep, &e))
        fail_msg("%s", e.text);
    assert_int_equal(b->bytes.len, 0);
}

static int by_number(const void *a, const void *b) {
    const struct kept_row *const x = a, *const y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Each of 1 .. count came out, once. */
static void all_there(struct bench *b, uint64_t count) {
    assert_int_equal(b->rows, count);
    qsort(b->row, b->rows, sizeof *b->row, by_number);
    for (uint32_t i = 0; i < b->rows; i++)
        assert_int_equal(b->row[i].number, i + 1);
}

/* ---- the cases ---- */

static void nothing_leaves_nothing(void **state) {
    struct bench *const b = begin(PLENTY);
    struct err e = {0};
    (void)state;

    seal(b);
    over(b, 'A'); /* without a source nothing happens */
    source(b, "empty");
    over(b, 'A');
    seal(b);
    assert_int_equal(b->sealed, 0);
    keep_free(NULL);
    assert_true(keep_made(b->keep, &(struct raw){.type = RAW_TEXT, .ptr = "", .len = 0}, &e));
    end(b);
}

static void each_in_its_month(void **state) {
    static const int months[] = {2021 * 12 + 2, 2021 * 12 + 1, 2021 * 12 + 2, 1970 * 12, 2099 * 12 + 11, 2024 * 12 + 1};
    struct bench *const b = begin(PLENTY);
    uint64_t n = 0;
    (void)state;

    source(b, "one");
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(months); i++)
            record(b, ++n, in_month(months[i], (int)round), S("x"));
        record(b, ++n, INSTANT_NONE, S("no time"));
    }
    over(b, 'A');
    assert_int_equal(b->sealed, 0); /* nothing has to go before */
    seal(b);
    assert_int_equal(b->sealed, 6); /* five months, and what has no time */
    all_there(b, n);
    for (uint32_t i = 0; i < b->rows; i++) {
        size_t const which = i % (COUNT(months) + 1);

        assert_int_equal(b->row[i].month, which == COUNT(months) ? KEPT_UNDATED : months[which]);
        assert_true(which == COUNT(months) ? b->row[i].when == INSTANT_NONE
                                           : b->row[i].when == in_month(months[which], (int)(i / (COUNT(months) + 1))));
        assert_int_equal(b->row[i].hash, 'A');
        assert_int_equal(b->row[i].size, 1234);
    }
    end(b);
}

/* The last second of a month and the first of the next are two segments. */
static void where_months_end(void **state) {
    struct bench *const b = begin(PLENTY);
    uint64_t n = 0;
    (void)state;

    source(b, "one");
    for (int month = 2019 * 12; month < 2021 * 12; month++) {
        record(b, ++n, in_month(month + 1, -1), S("x"));
        record(b, ++n, in_month(month, 0), S("x"));
    }
    over(b, 'A');
    seal(b);
    all_there(b, n);
    assert_int_equal(b->sealed, 24);
    for (uint32_t i = 0; i < b->rows; i++)
        assert_int_equal(b->row[i].month, 2019 * 12 + (int)i / 2);
    end(b);
}

/* A source that makes up its times gets so many months; what comes beyond lies with what has none, whole. The next has as many again. */
static void months_of_a_source(void **state) {
    struct bench *const b = begin(PLENTY);
    uint64_t n = 0;
    uint32_t undated = 0;
    (void)state;

    source(b, "one");
    for (int i = 0; i < 300; i++)
        record(b, ++n, in_month(1970 * 12 + i, 5), S("x"));
    for (int i = 0; i < 300; i++) /* those it has it keeps */
        record(b, ++n, in_month(1970 * 12 + i, 6), S("x"));
    over(b, 'A');
    seal(b);
    assert_int_equal(b->sealed, MONTHS_OF_SOURCE + 1);
    all_there(b, n);
    for (uint32_t i = 0; i < b->rows; i++) {
        bool const beyond = i % 300 >= MONTHS_OF_SOURCE;

        assert_int_equal(b->row[i].month, beyond ? KEPT_UNDATED : 1970 * 12 + (int)(i % 300));
        undated += beyond;
    }
    assert_int_equal(undated, 2 * (300 - MONTHS_OF_SOURCE));
    b->rows = b->sealed = 0;
    source(b, "two");
    for (int i = 299; i >= 0; i--)
        record(b, (uint64_t)(300 - i), in_month(1970 * 12 + i, 5), S("x"));
    over(b, 'B');
    seal(b);
    all_there(b, 300);
    assert_int_equal(b->sealed, MONTHS_OF_SOURCE + 1);
    assert_int_equal(b->row[0].month, 1970 * 12 + 299);
    assert_int_equal(b->row[299].month, KEPT_UNDATED);
    end(b);
}

/* No more than so many are written at a time; when another is wanted one goes out early, and of an ended source it goes with its hash. */
static void so_many_at_a_time(void **state) {
    struct bench *const b = begin(PLENTY);
    uint64_t n = 0;
    (void)state;

    for (int s = 0; s < 5; s++) {
        char path[24];

        snprintf(path, sizeof path, "source %d", s);
        source(b, path);
        for (int i = 0; i < 200; i++)
            record(b, ++n, in_month(1970 * 12 + s * 200 + i, 5), str_of(path));
        over(b, (char)('A' + s));
        assert_int_equal(b->sealed, (s + 1) * 200 > (int)OPEN ? (s + 1) * 200 - (int)OPEN : 0);
    }
    assert_int_equal(b->asked, 0); /* there was always one of a source that had ended */
    seal(b);
    all_there(b, n);
    for (uint32_t i = 0; i < b->rows; i++) {
        assert_int_equal(b->row[i].hash, 'A' + (int)(i / 200));
        assert_int_equal(b->row[i].size, 1234);
        assert_int_equal(b->row[i].month, 1970 * 12 + (int)i);
    }
    end(b);
}

/* Text that does not repeat, so that it takes its room. */
static str chatter(char *to, size_t len, uint64_t seed) {
    for (size_t i = 0; i < len; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        to[i] = (char)('!' + (seed >> 33) % 90);
    }
    return (str){to, len};
}

/* When memory is short the largest goes; its source has not ended, so its hash is asked for, once. */
static void memory_is_short(void **state) {
    struct bench *const b = begin((size_t)24 << 20);
    static char text[1 << 16];
    uint64_t n = 0;
    (void)state;

    source(b, "large");
    for (int i = 0; i < 1500; i++)
        record(b, (uint64_t)i + 1, in_month(2021 * 12 + (i % 10 == 0), 5), chatter(text, sizeof text, (uint64_t)i));
    n = 1500;
    uint32_t const before = b->sealed;

    assert_true(before > 0 && before < 20);
    assert_int_equal(b->asked, 1);
    for (uint32_t i = 0; i < b->rows; i++) {
        assert_int_equal(b->row[i].hash, 'E');
        assert_int_equal(b->row[i].size, 4242);
    }
    over(b, 'E');
    source(b, "small");
    record(b, ++n, in_month(2021 * 12, 5), S("x"));
    over(b, 'S');
    seal(b);
    assert_true(b->sealed > before);
    all_there(b, n);
    for (uint32_t i = 0; i < b->rows; i++) {
        assert_int_equal(b->row[i].hash, i + 1 < n ? 'E' : 'S');
        assert_string_equal(b->row[i].path, i + 1 < n ? "large" : "small");
    }
    end(b);
}

/* And where it cannot be known, what went out has none; what goes later has it. */
static void a_hash_that_nobody_knows(void **state) {
    struct bench *const b = begin((size_t)24 << 20);
    static char text[1 << 16];
    uint64_t n = 0;
    uint32_t none = 0;
    (void)state;

    b->unknown = true;
    source(b, "large");
    for (int i = 0; i < 1000; i++)
        record(b, (uint64_t)i + 1, in_month(2021 * 12, 5), chatter(text, sizeof text, (uint64_t)i));
    n = 1000;
    assert_true(b->sealed > 0 && b->asked == b->sealed);
    uint32_t const early = b->rows;

    over(b, 'A');
    seal(b);
    all_there(b, n);
    for (uint32_t i = 0; i < b->rows; i++) {
        assert_true(b->row[i].hash == 0 || b->row[i].hash == 'A');
        none += b->row[i].hash == 0;
    }
    assert_int_equal(none, early);
    end(b);
}

/* What broke off before its end has no hash, and is there. */
static void a_source_without_end(void **state) {
    struct bench *const b = begin(PLENTY);
    (void)state;

    source(b, "whole");
    record(b, 1, in_month(2021 * 12, 5), S("x"));
    over(b, 'A');
    source(b, "broken");
    record(b, 2, in_month(2021 * 12, 6), S("x"));
    seal(b);
    assert_int_equal(b->asked, 0);
    assert_int_equal(b->sealed, 1);
    all_there(b, 2);
    assert_int_equal(b->row[0].hash, 'A');
    assert_int_equal(b->row[1].hash, 0);
    assert_string_equal(b->row[1].path, "broken");
    end(b);
}

/* Parts of a source: what is told of each when its segment goes out; months are those of the source, whatever part they are of. */
static void parts_of_a_source(void **state) {
    struct bench *const b = begin(PLENTY);
    uint64_t n = 0;
    (void)state;

    for (uint32_t part = 0; part < 3; part++) {
        source(b, "parts");
        keep_part(b->keep, 7, part);
        for (int i = 0; i < 100; i++, n++)
            record(b, (uint64_t)i + 1, in_month(1970 * 12 + (int)part * 100 + i, 5), S("x"));
        keep_part_ended(b->keep);
    }
    seal(b);
    assert_int_equal(b->rows, n);
    assert_int_equal(b->asked_parts, MONTHS_OF_SOURCE + 1);
    for (uint32_t i = 0; i < b->rows; i++) {
        int const part = (int)((b->row[i].number - 7000) / 100);

        assert_true(part >= 0 && part < 4); /* numbers go on behind those of the parts before */
        assert_int_equal(b->row[i].hash, b->row[i].hash ? 'P' : 0);
    }
    qsort(b->row, b->rows, sizeof *b->row, by_number);
    for (uint32_t i = 0; i < b->rows; i++) {
        assert_int_equal(b->row[i].number, 7001 + i);
        assert_int_equal(b->row[i].hash, i / 100 == 1 ? 0 : 'P');
        assert_int_equal(b->row[i].month, i < MONTHS_OF_SOURCE ? 1970 * 12 + (int)i : KEPT_UNDATED);
    }
    end(b);
}

/* Of a source that was read before: by which readers, and what later versions counted, stays; what is worked out anew is said anew. */
static bool counts_seen(const struct kept_segment *kept) {
    return kept->rows == 1;
}

static uint64_t seen[3];
static bool look_counts(void *ctx, uint32_t source, struct err *e) {
    struct segment_source s;

    if (!segment_source(ctx, source, &s, e))
        return false;
    assert_int_equal(s.count_count, KEEP_COUNTS + 1);
    for (uint32_t i = 0; i < s.count_count; i++)
        if (s.counts[i].number == KEEP_COUNT_READERS)
            seen[0] = s.counts[i].value;
        else if (s.counts[i].number == KEEP_COUNT_KINDS)
            seen[1] = s.counts[i].value;
        else if (s.counts[i].number == 9)
            seen[2] = s.counts[i].value;
    return true;
}

static bool pass(struct event_sink *sink, const struct record *r, struct err *e) {
    (void)sink;
    (void)r;
    (void)e;
    return true;
}

static void counts_put(void *ctx, const struct wire *m) {
    struct bench *const b = ctx;
    struct event_sink sink = {.fields = b->fields, .record = pass, .damage = on_damage};
    struct segment *s;
    struct err e = {0};

    if (m->type == WIRE_SEGMENT) {
        buf_add(&b->bytes, m->name);
        return;
    }
    assert_true(counts_seen(&m->kept));
    assert_true(segment_open(&s, buf_str(&b->bytes), S("sealed"), 0, &e));
    struct segment_reading reading = {.sink = &sink, .source = look_counts, .ctx = s};

    assert_true(segment_read(s, &reading, &e));
    segment_close(s);
    b->bytes.len = 0;
    b->sealed++;
}

static void counts_of_a_source(void **state) {
    static const struct segment_count before[] = {
        {KEEP_COUNT_TIMES, 5}, {9, 90}, {KEEP_COUNT_READERS, 3}, {KEEP_COUNT_KINDS, 4}};
    struct bench *const b = begin(PLENTY);
    struct err e = {0};
    (void)state;

    keep_free(b->keep);
    struct keep_options const options = {
        .fields = b->fields, .kinds = 77, .times = 78, .put = counts_put, .hash = on_hash, .part = on_part, .ctx = b};

    assert_true(keep_new(&b->keep, &options, &e));
    source(b, "old");
    assert_true(keep_counts(b->keep, before, COUNT(before), &e));
    record(b, 1, in_month(2021 * 12, 5), S("x"));
    over(b, 'A');
    seal(b);
    assert_int_equal(b->sealed, 1);
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 77);
    assert_int_equal(seen[2], 90);
    end(b);
}

static void zones_and_latest_stand_for_themselves(void **state) {
    (void)state;
    assert_true(keep_times(S("UTC"), 1) == keep_times(S("UTC"), 1));
    assert_true(keep_times(S("UTC"), 1) != keep_times(S("UTC"), 2));
    assert_true(keep_times(S("UTC"), 1) != keep_times(S("Europe/Berlin"), 1));
    assert_true(keep_times(S(""), 1) != keep_times(S("UTC"), 1));
    assert_true(keep_times((str){"", 0}, INSTANT_NONE) == keep_times(S(""), INSTANT_NONE));
}

static void on_nothing(void *ctx, const struct wire *m) {
    (void)ctx;
    (void)m;
    fail_msg("something of it went out");
}

/* It is read back with the key that it was made with; here that is another one by then. */
static void what_cannot_be_read_back_stays(void **state) {
    static const uint8_t name[SEAL_NAME] = {1}, archive_key[SEAL_KEY] = {2};
    struct bench *const b = begin(PLENTY);
    struct keep *const plain = b->keep;
    struct writing_key writing;
    struct err e = {0};
    struct keep_options const options = {.fields = b->fields,
                                         .writing = &writing,
                                         .memory_max = PLENTY,
                                         .put = on_nothing,
                                         .hash = on_hash,
                                         .part = on_part,
                                         .ctx = b};

    (void)state;
    writing_key_new(&writing, name, archive_key);
    assert_true(keep_new(&b->keep, &options, &e));
    source(b, "a.json");
    record(b, 1, in_month(24000, 5), S("text"));
    writing.key[0] ^= 1;
    assert_false(keep_seal(b->keep, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    keep_free(plain);
    end(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leaves_nothing),
        cmocka_unit_test(each_in_its_month),
        cmocka_unit_test(where_months_end),
        cmocka_unit_test(months_of_a_source),
        cmocka_unit_test(so_many_at_a_time),
        cmocka_unit_test(memory_is_short),
        cmocka_unit_test(a_hash_that_nobody_knows),
        cmocka_unit_test(a_source_without_end),
        cmocka_unit_test(parts_of_a_source),
        cmocka_unit_test(counts_of_a_source),
        cmocka_unit_test(zones_and_latest_stand_for_themselves),
        cmocka_unit_test(what_cannot_be_read_back_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
