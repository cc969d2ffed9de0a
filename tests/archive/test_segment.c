/* test_segment: what goes into a segment comes out of it: every member of every record, of every type, in order; of columns and rows that
 * are asked for just these; and of a segment that is cut or damaged all that is whole, with word of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../folder.h"
#include "../refuse.h"
#include "archive/segment_own.h"
#include "told.h"

/* test_segment_sealed.c has all of this again, of segments that are encrypted. */
#ifdef SEALED
static struct writing_key sealing;
static struct key_set *keys;
#define SEALING &sealing
#define KEYS keys
#else
#define SEALING NULL
#define KEYS NULL
#endif

/* Rows of more than one block: of two where they are encrypted, which is the same thing once more; of three else. */
#ifdef SEALED
#define ROWS 70000u
#else
#define ROWS 140000u
#endif

static bool open_some(struct segment **out, str bytes, str name, size_t memory_max, struct err *e) {
    return segment_open_with(out, bytes, name, &(struct segment_opening){.memory_max = memory_max, .keys = KEYS}, e);
}

static uint32_t draw(uint64_t *random, uint32_t below) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*random >> 33) % below);
}

/* A writer, and what it was told. */
struct made {
    struct fields *fields;
    struct segment_writer *w;
    struct told told;
    struct buf kinds; /* told_text each */
    struct buf times; /* int64_t each */
    struct segment_info info;
    uint32_t source;
};

static void made_begin(struct made *m, struct segment_options options) {
    struct segment_source const source = {.path = S("a/b"), .reader = S("json"), .modified = 5};
    struct err e = {0};

    memset(m, 0, sizeof *m);
    m->fields = options.fields ? (struct fields *)(uintptr_t)options.fields : fields_new();
    assert_non_null(m->fields);
    options.fields = m->fields;
    options.writing = SEALING;
    assert_true(segment_writer_new(&m->w, &options, &e));
    assert_true(segment_writer_source(m->w, &source, &m->source, &e));
}

static void made_add(struct made *m, const struct record *r, int64_t when, str kind) {
    struct err e = {0};

    told_record(&m->told, m->fields, r);
    told_text(&m->kinds, kind);
    told_number(&m->times, (uint64_t)when);
    if (!segment_writer_record(m->w, m->source, r, when, kind, &e))
        fail_msg("%s", e.text);
}

static str made_end(struct made *m) {
    struct buf out = {0};
    struct err e = {0};

    if (!segment_writer_finish(m->w, &out, &m->info, &e))
        fail_msg("%s", e.text);
    str const bytes = exact(&out);

    assert_int_equal(m->info.size, bytes.len);
    buf_free(&out);
    return bytes;
}

static void made_free(struct made *m, str bytes) {
    free((char *)(uintptr_t)bytes.ptr);
    segment_writer_free(m->w);
    told_free(&m->told);
    buf_free(&m->kinds);
    buf_free(&m->times);
    fields_free(m->fields);
}

static struct segment *opened(str bytes) {
    struct segment *s;
    struct err e = {0};

    if (!open_some(&s, bytes, S("x.lws"), 0, &e))
        fail_msg("%s", e.text);
    return s;
}

static uint32_t u32_at(const struct buf *b, size_t i) {
    uint32_t n;

    memcpy(&n, b->ptr + i * sizeof n, sizeof n);
    return n;
}

static void check_same(const struct made *m, str bytes) {
    struct segment_reading reading = {0};
    struct heard h = {0};
    struct segment *const s = opened(bytes);
    struct err e = {0};

    heard_begin(&h, &reading);
    assert_memory_equal(segment_info(s), &m->info, sizeof m->info);
    if (!segment_read(s, &reading, &e))
        fail_msg("%s", e.text);
    assert_int_equal(told_count(&h.told), told_count(&m->told));
    for (size_t i = 0; i < told_count(&m->told); i++) {
        assert_true(str_eq(told_at(&h.told, i), told_at(&m->told, i)));
        assert_int_equal(u32_at(&h.rows, i), i);
    }
    assert_true(segment_check_bytes(s, &e));
    assert_true(segment_check(s, NULL, NULL, &e));
    segment_close(s);
    heard_free(&h);
}

/* ---- records as they may be ---- */

#define V(t, s)                                                                                                        \
    { .type = (t), .len = sizeof(s) - 1, .ptr = (s) }

/* One value each, of a field of its own, and three times in one list: what it is kept as depends on how it is spelled. */
static const struct {
    const char *name;
    struct raw v;
} values[] = {
    {"null", V(RAW_NULL, "")},
    {"empty text", V(RAW_TEXT, "")},
    {"text", V(RAW_TEXT, "C:\\Windows\\System32\\cmd.exe /c whoami")},
    {"text, not UTF-8", V(RAW_TEXT, "\xff\xfe\x80 a \xc3")},
    {"text with NUL", V(RAW_TEXT, "a\0b\0")},
    {"number", V(RAW_NUMBER, "4624")},
    {"number, one digit", V(RAW_NUMBER, "0")},
    {"number, leading zero", V(RAW_NUMBER, "007")},
    {"number, two zeros", V(RAW_NUMBER, "00")},
    {"number, minus", V(RAW_NUMBER, "-5")},
    {"number, minus zero", V(RAW_NUMBER, "-0")},
    {"number, fraction", V(RAW_NUMBER, "1.50")},
    {"number, exponent", V(RAW_NUMBER, "1e5")},
    {"number, 18 digits", V(RAW_NUMBER, "999999999999999999")},
    {"number, 19 digits", V(RAW_NUMBER, "9999999999999999999")},
    {"number, 30 digits", V(RAW_NUMBER, "123456789012345678901234567890")},
    {"text of digits", V(RAW_TEXT, "123456")},
    {"text, digits and a blank", V(RAW_TEXT, "123456 ")},
    {"bool", V(RAW_BOOL, "true")},
    {"hex", V(RAW_TEXT, "0x3e7")},
    {"hex, zero", V(RAW_TEXT, "0x0")},
    {"hex, leading zero", V(RAW_TEXT, "0x03e7")},
    {"hex, capital", V(RAW_TEXT, "0x3E7")},
    {"hex, capital X", V(RAW_TEXT, "0X3e7")},
    {"hex, no digit", V(RAW_TEXT, "0x")},
    {"hex, 16 digits", V(RAW_TEXT, "0xffffffffffffffff")},
    {"hex, 17 digits", V(RAW_TEXT, "0x1ffffffffffffffff")},
    {"GUID", V(RAW_TEXT, "67345e12-28bd-4100-c4c0-08d9108c226c")},
    {"GUID, braces", V(RAW_TEXT, "{67345e12-28bd-4100-c4c0-08d9108c226c}")},
    {"GUID, capitals, braces", V(RAW_TEXT, "{67345E12-28BD-4100-C4C0-08D9108C226C}")},
    {"GUID, both cases", V(RAW_TEXT, "67345E12-28bd-4100-c4c0-08d9108c226c")},
    {"GUID, digits only", V(RAW_TEXT, "00000000-0000-0000-0000-000000000000")},
    {"GUID, one brace", V(RAW_TEXT, "{67345e12-28bd-4100-c4c0-08d9108c226c")},
    {"GUID, other dashes", V(RAW_TEXT, "67345e1-228bd-4100-c4c0-08d9108c226c")},
    {"GUID, no hex", V(RAW_TEXT, "67345g12-28bd-4100-c4c0-08d9108c226c")},
    {"GUID, brace for digit", V(RAW_TEXT, "67345e12-28bd-4100-c4c0-08d9108c226}")},
    {"time", V(RAW_TEXT, "2021-03-14T07:12:03")},
    {"time, Z", V(RAW_TEXT, "2021-03-14T07:12:03Z")},
    {"time, seven decimals", V(RAW_TEXT, "2021-03-14T07:12:03.0500000Z")},
    {"time, nine decimals", V(RAW_TEXT, "2021-03-14 07:12:03.123456789")},
    {"time, ten decimals", V(RAW_TEXT, "2021-03-14 07:12:03.1234567890")},
    {"time, point alone", V(RAW_TEXT, "2021-03-14 07:12:03.")},
    {"time, +00:00", V(RAW_TEXT, "2021-03-14T07:12:03+00:00")},
    {"time, +01:00", V(RAW_TEXT, "2021-03-14T07:12:03+01:00")},
    {"time, 30 February", V(RAW_TEXT, "2021-02-30T07:12:03Z")},
    {"time, 29 February of a common year", V(RAW_TEXT, "2021-02-29T07:12:03Z")},
    {"time, 29 February of a leap year", V(RAW_TEXT, "2020-02-29T07:12:03Z")},
    {"time, 29 February 1900", V(RAW_TEXT, "1900-02-29T07:12:03Z")},
    {"time, 31 April", V(RAW_TEXT, "2021-04-31T07:12:03Z")},
    {"time, 31 December", V(RAW_TEXT, "2021-12-31T23:59:59Z")},
    {"time, leap second", V(RAW_TEXT, "2016-12-31T23:59:60Z")},
    {"time, hour 24", V(RAW_TEXT, "2016-12-31T24:00:00Z")},
    {"time, month 0", V(RAW_TEXT, "2016-00-31T24:00:00Z")},
    {"time, 1969", V(RAW_TEXT, "1969-12-31T23:59:59.999Z")},
    {"time, 1700", V(RAW_TEXT, "1700-01-01T00:00:00.0Z")},
    {"time, 1600", V(RAW_TEXT, "1600-01-01T00:00:00Z")},
    {"time, 2200", V(RAW_TEXT, "2200-12-31T23:59:59.999999999Z")},
    {"time, 9999", V(RAW_TEXT, "9999-12-31T23:59:59Z")},
    {"time, small t", V(RAW_TEXT, "2021-03-14t07:12:03")},
    {"UTF-16", V(RAW_UTF16, "c\0m\0d\0")},
    {"UTF-16 with its NUL", V(RAW_UTF16, "c\0m\0d\0\0\0")},
    {"UTF-16, empty", V(RAW_UTF16, "")},
    {"UTF-16, a digit", V(RAW_UTF16, "7\0")},
    {"UTF-16, time",
     V(RAW_UTF16, "2\0000\0002\0001\0-\0000\0003\0-\0001\0004\0 \0000\0007\0:\0001\0002\0:\0000\0003\0")},
    {"UTF-16, odd", V(RAW_UTF16, "c\0m\0d")},
    {"UTF-16, Latin", V(RAW_UTF16, "\xe9\0t\0\xe9\0")},
    {"UTF-16, half a pair", V(RAW_UTF16, "\x00\xd8x\0")},
    {"I64", V(RAW_I64, "\xff\xff\xff\xff\xff\xff\xff\x7f")},
    {"I64, least", V(RAW_I64, "\0\0\0\0\0\0\0\x80")},
    {"I64, minus 1", V(RAW_I64, "\xff\xff\xff\xff\xff\xff\xff\xff")},
    {"I64, too short", V(RAW_I64, "\xff\xff\xff")},
    {"U64", V(RAW_U64, "\1\2\3\4\5\6\7\x88")},
    {"F64", V(RAW_F64, "\0\0\0\0\0\0\xf8\x7f")},
    {"WIN_BOOL", V(RAW_WIN_BOOL, "\1")},
    {"GUID, binary", V(RAW_GUID, "0123456789abcdef")},
    {"GUID, too short", V(RAW_GUID, "0123456789abcde")},
    {"FILETIME", V(RAW_FILETIME, "\x80\x3e\xd5\xde\xb1\x9d\x01\x00")},
    {"FILETIME, 0", V(RAW_FILETIME, "\0\0\0\0\0\0\0\0")},
    {"SYSTEMTIME", V(RAW_SYSTEMTIME, "\xe5\x07\3\0\0\0\x0e\0\7\0\x0c\0\3\0\1\0")},
    {"SYSTEMTIME, too long", V(RAW_SYSTEMTIME, "\xe5\x07\3\0\0\0\x0e\0\7\0\x0c\0\3\0\1\0\0")},
    {"SID", V(RAW_SID, "\1\1\0\0\0\0\0\5\x12\0\0\0")},
    {"HEX32", V(RAW_HEX32, "\xe7\3\0\0")},
    {"HEX32 of 8", V(RAW_HEX32, "\xe7\3\0\0\0\0\0\0")},
    {"HEX64", V(RAW_HEX64, "\xe7\3\0\0\0\0\0\0")},
    {"HEX64 of 4", V(RAW_HEX64, "\xe7\3\0\0")},
    {"binary", V(RAW_BINARY, "\xde\xad\xbe\xef")},
    {"binary, empty", V(RAW_BINARY, "")},
};

static void every_value(void **state) {
    struct made m;
    struct raw all[COUNT(values)], three[4];

    (void)state;
    made_begin(&m, (struct segment_options){0});
    for (size_t i = 0; i < COUNT(values); i++) {
        field_id const field = field_intern(m.fields, str_of(values[i].name));

        all[i] = values[i].v;
        all[i].field = field;
        for (size_t k = 0; k < COUNT(three);
             k++) { /* the same in a list of one column, by elements; and as an inner one */
            three[k] = values[(i + k) % COUNT(values)].v;
            three[k].field = 0;
            three[k].element = (uint16_t)(k + 1);
            three[k].inner = k < 2 ? RAW_OWN : k == 2 ? RAW_INNER : RAW_INNER_ASKED;
        }
        made_add(&m, &(struct record){.values = &all[i], .count = 1, .when = INSTANT_NONE, .number = i + 1}, (int64_t)i,
                 S("one"));
        made_add(&m, &(struct record){.values = three, .count = 4, .when = INSTANT_NONE, .number = i + 1}, (int64_t)i,
                 S("four"));
    }
    for (size_t i = 0; i < 3; i++)
        made_add(&m, &(struct record){.values = all, .count = COUNT(all), .when = 1, .number = i + 1}, (int64_t)i,
                 S("all"));
    str const bytes = made_end(&m);

    check_same(&m, bytes);
    made_free(&m, bytes);
}

/* Everything a record says beside its values. */
static void every_member(void **state) {
    static const int64_t whens[] = {INSTANT_NONE, 0, 1, -1, INT64_MAX, INT64_MIN + 1, INT64_C(1615686019197000000)};
    static const uint64_t numbers[] = {0, 1, 2, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63};
    static const str texts[] = {STR(""), STR("Mar 14 07:12:03"), STR("\xff\0x"), STR("2021-03-14T07:12:03")};
    struct raw const v = V(RAW_TEXT, "x");
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    for (size_t i = 0; i < COUNT(whens); i++)
        for (size_t k = 0; k < COUNT(whens); k++)
            for (size_t n = 0; n < COUNT(numbers); n++) {
                struct record const r = {.values = (struct raw *)(uintptr_t)&v,
                                         .count = n % 2,
                                         .when = whens[k],
                                         .zone = (uint8_t)(n % ZONES),
                                         .precision = (uint8_t)((i + n) % PRECISIONS),
                                         .time_text = texts[(i + k + n) % COUNT(texts)],
                                         .bytes = S("never kept"),
                                         .constants = 1,
                                         .number = numbers[n],
                                         .offset = numbers[(n + k) % COUNT(numbers)],
                                         .size = numbers[(n + i) % COUNT(numbers)],
                                         .unordered = k & 1,
                                         .salvaged = i & 1};

                made_add(&m, &r, whens[i], (i + k) % 2 ? S("some/kind") : S(""));
            }
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);
    struct err e = {0};
    int64_t times[COUNT(whens) * COUNT(whens) * COUNT(numbers)];

    assert_int_equal(m.info.timed, COUNT(times) - COUNT(times) / COUNT(whens));
    assert_int_equal(m.info.first, INT64_MIN + 1);
    assert_int_equal(m.info.last, INT64_MAX);
    assert_true(segment_block_rows(s, 0, times, NULL, &e));
    assert_memory_equal(times, m.times.ptr, sizeof times);
    segment_close(s);
    check_same(&m, bytes);
    made_free(&m, bytes);
}

static void nothing(void **state) {
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){.id = {1, 2, 3}});
    str const bytes = made_end(&m);

    assert_int_equal(m.info.rows, 0);
    assert_int_equal(m.info.first, INSTANT_NONE);
    assert_int_equal(m.info.id[2], 3);
    check_same(&m, bytes);
    made_free(&m, bytes);
}

static void large(void **state) {
    size_t const size = VALUE_BYTES_MAX + 5;
    char *const text = malloc(size), *const wide = calloc(1, size);
    struct raw *const many = calloc(RECORD_VALUES_MAX, sizeof *many);
    uint64_t random = 1;
    struct made m;

    (void)state;
    assert_true(text && wide && many);
    made_begin(&m, (struct segment_options){0});
    for (size_t i = 0; i < size; i++)
        text[i] = (char)draw(&random, 256);
    for (size_t i = 0; i < size; i += 2)
        wide[i] = (char)('a' + i % 26);
    struct raw big[] = {{.field = 1, .type = RAW_TEXT, .len = (uint32_t)size, .ptr = text},
                        {.field = 2, .type = RAW_UTF16, .len = (uint32_t)size - 1, .ptr = wide},
                        {.field = 3, .type = RAW_BINARY, .len = (uint32_t)size, .ptr = wide}};

    for (uint32_t i = 0; i < RECORD_VALUES_MAX; i++) {
        char name[32];

        many[i] = (struct raw)V(RAW_TEXT, "some value");
        many[i].len = i % 11;
        many[i].field =
            i < 4096 ? field_intern(m.fields, (str){name, (size_t)snprintf(name, sizeof name, "field %u", i)}) : 7;
        many[i].element = (uint16_t)(i < 4096 ? 0 : i);
    }
    for (size_t i = 0; i < 3; i++) {
        made_add(&m, &(struct record){.values = big, .count = 3, .when = 1}, 1, S("k"));
        made_add(&m, &(struct record){.values = many, .count = RECORD_VALUES_MAX, .when = 1}, 1, S("k"));
        text[i] ^= 1;
    }
    str const bytes = made_end(&m);

    check_same(&m, bytes);
    made_free(&m, bytes);
    free(text);
    free(wide);
    free(many);
}

/* ---- many records, of few and of many shapes ---- */

#define FIELDS 40u
#define RANDOM_VALUES 64u

struct pool {
    char text[RANDOM_VALUES][80];
    struct raw values[RANDOM_VALUES];
    struct raw row[200];
};

static void number_text(struct raw *v, char room[80], const char *format, uint64_t n) {
    v->len = (uint32_t)snprintf(room, 80, format, (unsigned long)n);
    v->ptr = room;
}

/* Fields behave each in their own way: some never change, some always do, some change for a while. */
static uint32_t random_record(struct pool *p, const field_id *fields, uint64_t *random, uint64_t n, uint32_t wildness) {
    uint32_t count = 0;

    for (uint32_t f = 0; f < FIELDS; f++) {
        uint32_t const times = f == 5 ? draw(random, 4) : draw(random, 100) < wildness ? draw(random, 3) : 1;
        uint32_t const spell = f % 8;

        for (uint32_t k = 0; k < times && count < COUNT(p->row); k++) {
            struct raw *const v = &p->row[count];
            char *const room = p->text[count % RANDOM_VALUES];
            uint64_t const changing = f < 10    ? n + f
                                      : f < 20  ? n / 20000
                                      : f == 20 ? n < 70000 ? n : n % 5
                                                : draw(random, 1u << f % 12);

            *v = (struct raw){.field = fields[f], .type = RAW_TEXT, .element = (uint16_t)(times > 1 ? k + 1 : 0)};
            v->inner = (uint8_t)(f == 7 ? draw(random, RAW_INNERS) : RAW_OWN);
            count++;
            if (count > RANDOM_VALUES) { /* no room of its own: a constant */
                v->ptr = "constant";
                v->len = 8;
                continue;
            }
            switch (spell) {
            case 0:
                number_text(v, room, "%lu", changing);
                v->type = f & 8 ? RAW_NUMBER : RAW_TEXT;
                break;
            case 1:
                number_text(v, room, "%08lx-1111-2222-3333-444455556666", changing & UINT32_MAX);
                break;
            case 2:
                number_text(v, room, "2021-03-14T07:12:03.%07luZ", changing % 10000000);
                break;
            case 3:
                memcpy(room, &changing, 8);
                v->type = f & 8 ? RAW_I64 : RAW_FILETIME;
                v->ptr = room;
                v->len = 8;
                break;
            case 4:
                memset(room, 0, 16);
                for (uint32_t i = 0; i < 8; i++)
                    room[2 * i] = (char)('a' + (changing >> 3 * i & 7));
                v->type = RAW_UTF16;
                v->ptr = room;
                v->len = 16;
                break;
            case 5:
                v->type = draw(random, 10) ? RAW_TEXT : RAW_NULL;
                number_text(v, room, v->type == RAW_NULL ? "" : "user%lu@example.org", changing);
                break;
            case 6:
                number_text(v, room, "0x%lx", changing);
                break;
            default:
                number_text(v, room, "C:\\Users\\%lu\\AppData\\Local\\Temp\\a.exe -x", changing);
            }
        }
    }
    return count;
}

static void random_segment(struct made *m, uint32_t rows, uint32_t wildness, uint64_t seed) {
    struct pool *const p = calloc(1, sizeof *p);
    field_id fields[FIELDS];
    uint64_t random = seed;

    assert_non_null(p);
    for (uint32_t f = 0; f < FIELDS; f++) {
        char name[32];

        fields[f] = field_intern(m->fields, (str){name, (size_t)snprintf(name, sizeof name, "field %u", f)});
    }
    for (uint64_t n = 0; n < rows; n++) {
        uint32_t const count = random_record(p, fields, &random, n, wildness);
        struct record const r = {.values = p->row,
                                 .count = count,
                                 .when = n % 7 ? INSTANT_NONE : (int64_t)n,
                                 .number = n + 1,
                                 .offset = n * 1000 + draw(&random, 10),
                                 .size = 900 + draw(&random, 100)};

        made_add(m, &r, n % 11 ? INT64_C(1600000000000000000) + (int64_t)n * 1000000 : INSTANT_NONE,
                 n % 5 ? S("kind/a") : S("kind/b"));
    }
    free(p);
}

static void many_records(void **state) {
    static const struct {
        uint32_t rows, wildness;
    } sizes[] = {{1, 0}, {2, 50}, {1000, 0}, {1000, 30}, {65536, 0}, {65537, 1}, {ROWS, 0}, {20000, 90}};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct made m;

        made_begin(&m, (struct segment_options){0});
        random_segment(&m, sizes[i].rows, sizes[i].wildness, i + 1);
        str const bytes = made_end(&m);

        check_same(&m, bytes);
        assert_int_equal(m.info.rows, sizes[i].rows);
        if (sizes[i].rows > 65536)
            assert_true(m.info.blocks > 1);
        made_free(&m, bytes);
    }
}

/* The same records are the same bytes, whatever the seed, the memory and where they go. */
#ifndef SEALED
static void same_bytes(void **state) {
    struct made first, again;
    struct buf read_back = {0};
    struct err e = {0};
    int fds[2];

    (void)state;
    made_begin(&first, (struct segment_options){.seed = 1});
    random_segment(&first, 3000, 20, 7);
    str const bytes = made_end(&first);

    made_begin(&again, (struct segment_options){.seed = 99, .memory_max = 1 << 26});
    random_segment(&again, 3000, 20, 7);
    str const same = made_end(&again);

    assert_true(str_eq(bytes, same));
    made_free(&again, same);
    assert_int_equal(pipe(fds), 0); /* a pipe: nothing is sought in, and writes come in pieces */
    pid_t const child = fork();

    assert_true(child >= 0);
    if (!child) {
        bool ok;

        close(fds[0]);
        made_begin(&again, (struct segment_options){.to_file = true, .fd = fds[1]});
        random_segment(&again, 3000, 20, 7);
        ok = segment_writer_finish(again.w, NULL, &again.info, &e);
        _exit(ok && memcmp(&again.info, &first.info, sizeof first.info) == 0 ? 0 : 1);
    }
    close(fds[1]);
    for (ssize_t n = 1; n > 0;) {
        char *const to = buf_reserve(&read_back, 1000);

        assert_non_null(to);
        n = read(fds[0], to, 1000);
        read_back.len += n > 0 ? (size_t)n : 0;
    }
    close(fds[0]);
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(str_eq(bytes, buf_str(&read_back)));
    buf_free(&read_back);
    made_free(&first, bytes);
}
#endif

/* ---- of all that, what is asked for ---- */

static bool third(str name) {
    return name.len && (name.ptr[name.len - 1] - '0') % 3 == 1;
}

static bool none(str name) {
    (void)name;
    return false;
}

/* The record as it was told, without fields that are not wanted: another way to the same. */
static void projected(struct buf *out, str record, bool (*wants)(str name), bool (*wants_inner)(str name)) {
    size_t at = 8, kept = 0, head;
    uint64_t count, n[8];

    memcpy(&count, record.ptr, 8);
    out->len = 0;
    at = 4 * 8; /* count, when, zone, precision */
    memcpy(n, record.ptr + at, 8);
    at += 8 + n[0] + 5 * 8;
    head = at;
    buf_add(out, str_first(record, head));
    for (uint64_t i = 0; i < count; i++) {
        size_t const from = at;
        uint64_t len;
        bool asked;

        memcpy(&len, record.ptr + at, 8);
        str const name = {record.ptr + at + 8, len};

        at += 8 + len + 8;
        asked = record.ptr[at] == RAW_INNER_ASKED;
        at += 16;
        memcpy(&len, record.ptr + at, 8);
        at += 8 + len;
        if (asked ? wants_inner(name) : wants(name)) {
            buf_add(out, (str){record.ptr + from, at - from});
            kept++;
        }
    }
    memcpy(out->ptr, &kept, 8);
}

static bool every(str name) {
    (void)name;
    return true;
}

static void some_columns_of_some_rows(void **state) {
    static const struct {
        const char *name;
        bool (*wants)(str name), (*wants_inner)(str name);
        uint32_t of; /* of so many rows one; 0: none */
    } cases[] = {
        {"all", every, every, 1},
        {"no inner ones", every, none, 1},
        {"inner ones only", none, every, 1},
        {"no column", none, none, 1},
        {"a third", third, third, 1},
        {"a third of few rows", third, third, 997},
        {"all of few rows", every, every, 5003},
        {"one row of a block", every, every, 65536},
        {"no row", every, every, 0},
    };
    struct made m;
    struct buf want = {0};

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, ROWS, 1, 3);
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t *const rows = calloc(ROWS / 64 + 1, sizeof *rows);
        struct segment_reading reading = {.rows = rows};
        struct heard h = {.wants = cases[i].wants, .wants_inner = cases[i].wants_inner};
        struct err e = {0};
        size_t at = 0;

        assert_non_null(rows);
        for (uint32_t r = 0; cases[i].of && r < ROWS; r += cases[i].of)
            rows[r / 64] |= UINT64_C(1) << r % 64;
        heard_begin(&h, &reading);
        if (!segment_read(s, &reading, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        for (uint32_t r = 0; cases[i].of && r < ROWS; r += cases[i].of, at++) {
            projected(&want, told_at(&m.told, r), cases[i].wants, cases[i].wants_inner);
            if (at >= told_count(&h.told) || u32_at(&h.rows, at) != r || !str_eq(buf_str(&want), told_at(&h.told, at)))
                fail_msg("%s: row %u", cases[i].name, r);
        }
        assert_int_equal(told_count(&h.told), at);
        heard_free(&h);
        free(rows);
    }
    segment_close(s);
    buf_free(&want);
    made_free(&m, bytes);
}

static void sink_stops(void **state) {
    struct segment_reading reading = {0};
    struct heard h = {.stop_after = 5};
    struct err e = {0};
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 100, 1, 3);
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);

    heard_begin(&h, &reading);
    assert_false(segment_read(s, &reading, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(told_count(&h.told), 5);
    heard_free(&h);
    segment_close(s);
    made_free(&m, bytes);
}

/* ---- columns ---- */

/* Values and codes of each column say what the records say: each cell is compared with the record's own value. */
static void columns(void **state) {
    struct segment_reading reading = {0};
    struct heard h = {0};
    struct err e = {0};
    struct made m;
    uint64_t cells_all = 0, values_all = 0;
    bool spread = false;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, ROWS, 2, 5);
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);
    uint32_t *const cells_of_row = calloc(ROWS, sizeof *cells_of_row);

    assert_non_null(cells_of_row);
    for (uint32_t c = 0; c < segment_info(s)->columns; c++) {
        struct segment_column const is = segment_column(s, c);
        const struct segment_value *v;
        uint64_t cells = 0;

        assert_int_equal(is.own, c <= SEGMENT_TIME_TEXT);
        assert_int_equal(segment_column_of(s, is.name), is.own ? SEGMENT_NONE : c);
        assert_true(segment_column_values(s, c, false, &v, &e));
        spread |= is.repeats;
        for (uint32_t b = 0; b < segment_info(s)->blocks; b++) {
            uint32_t const count = segment_column_cells(s, c, b);
            uint32_t *const codes = malloc((count + 1) * sizeof *codes), *const rows =
                                                                             malloc((count + 1) * sizeof *rows);
            struct segment_block const block = segment_block(s, b);

            assert_true(codes && rows && segment_column_codes(s, c, b, codes, rows, &e));
            for (uint32_t i = 0; i < count; i++) {
                assert_true(codes[i] < is.values && !v[codes[i]].lost && rows[i] >= block.from &&
                            rows[i] < block.from + block.rows);
                str const record = told_at(&m.told, rows[i]), value = {v[codes[i]].ptr, v[codes[i]].len};

                if (c == SEGMENT_KIND)
                    assert_true(str_eq(value, rows[i] % 5 ? S("kind/a") : S("kind/b")));
                else /* it stands in the record, behind its field's name and its type */
                    assert_true(value.len == 0 || str_find(record, value) != SIZE_MAX);
                cells_of_row[rows[i]] += c > SEGMENT_TIME_TEXT;
            }
            cells += count;
            free(codes);
            free(rows);
        }
        assert_int_equal(cells, is.cells);
        if (!is.repeats) /* every value once */
            for (uint32_t i = 0; i + 1 < is.values && is.values < 3000; i++)
                for (uint32_t k = i + 1; k < is.values; k++)
                    assert_false(v[i].type == v[k].type && v[i].len == v[k].len &&
                                 memcmp(v[i].ptr, v[k].ptr, v[i].len) == 0);
        cells_all += cells;
        values_all += is.values;
    }
    assert_true(spread);
    assert_int_equal(cells_all, m.info.cells);
    assert_int_equal(values_all, m.info.values);
    for (uint32_t r = 0; r < ROWS; r++) {
        uint64_t count;

        memcpy(&count, told_at(&m.told, r).ptr, sizeof count);
        assert_int_equal(count, cells_of_row[r]);
    }
    /* With values that somebody holds, records are the same. */
    heard_begin(&h, &reading);
    assert_true(segment_read(s, &reading, &e));
    assert_true(str_eq(buf_str(&h.told.bytes), buf_str(&m.told.bytes)));
    segment_forget(s);
    assert_true(segment_check(s, NULL, NULL, &e));
    heard_free(&h);
    free(cells_of_row);
    segment_close(s);
    made_free(&m, bytes);
}

/* Who wants to know values as they are packed is told of all columns that are nowhere a second spelling. */
struct valued {
    uint64_t sum, count;
    uint32_t left; /* 0: it has enough */
};

static bool valued_one(void *ctx, uint8_t raw_type, str value, struct err *e) {
    struct valued *const v = ctx;

    v->sum += hash_bytes(value, raw_type + 1);
    v->count++;
    return v->left == UINT32_MAX || v->left-- > 0 || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

/* What the writer says of UTF-16: it is ASCII without a zero, and told as that. */
static void valued_as_told(struct valued *to, uint8_t type, str value) {
    char narrow[256];
    struct err e;
    bool ascii = type == RAW_UTF16 && value.len && value.len / 2 < sizeof narrow && value.len % 2 == 0;

    for (size_t i = 0; ascii && i < value.len; i += 2) {
        ascii = value.ptr[i] > 0 && value.ptr[i + 1] == 0;
        narrow[i / 2] = value.ptr[i];
    }
    (void)valued_one(to, ascii ? RAW_TEXT : type, ascii ? (str){narrow, value.len / 2} : value, &e);
}

static void values_are_told(void **state) {
    static const str more[] = {STR("a\0\0\0b\0"), STR("\xe4\0b\0"), STR(""), STR("a\0b")};
    struct valued told = {.left = UINT32_MAX}, want = {.left = UINT32_MAX};
    struct err e = {0};
    struct made m;
    bool mixed = false, inner = false;

    (void)state;
    made_begin(&m, (struct segment_options){.told = valued_one, .ctx = &told});
    field_id const wide = field_intern(m.fields, S("wide")), second = field_intern(m.fields, S("second"));

    assert_false(segment_writer_mixed(m.w));
    for (size_t i = 0; i < COUNT(more); i++) {
        struct raw row[] = {{.field = wide, .type = RAW_UTF16, .ptr = more[i].ptr, .len = (uint32_t)more[i].len},
                            {.field = second, .type = RAW_TEXT, .inner = RAW_INNER, .ptr = "so it is", .len = 8}};

        made_add(&m, &(struct record){.values = row, .count = COUNT(row), .when = INSTANT_NONE}, INSTANT_NONE, S("k"));
    }
    assert_false(segment_writer_mixed(m.w));
    random_segment(&m, ROWS, 2, 6);
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);

    for (uint32_t c = 0; c < segment_info(s)->columns; c++) {
        const struct segment_value *v;
        enum segment_spoken spoken;

        assert_true(segment_column_spoken(s, c, &spoken, &e) && segment_column_values(s, c, false, &v, &e));
        mixed |= spoken == SPOKEN_BOTH;
        inner |= spoken == SPOKEN_INNER;
        if (c > SEGMENT_TIME_TEXT && spoken == SPOKEN_OWN)
            for (uint32_t i = 0; i < segment_column(s, c).values; i++)
                valued_as_told(&want, v[i].type, (str){v[i].ptr, v[i].len});
        segment_forget(s);
    }
    assert_true(mixed && inner && segment_writer_mixed(m.w));
    assert_int_equal(told.count, want.count);
    assert_int_equal(told.sum, want.sum);
    segment_close(s);
    made_free(&m, bytes);
}

static void whoever_is_told_may_end_it(void **state) {
    struct valued told = {.left = 3};
    struct buf out = {0};
    struct err e = {0};
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){.told = valued_one, .ctx = &told});
    random_segment(&m, 100, 2, 7);
    assert_false(segment_writer_finish(m.w, &out, &m.info, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(told.count, 4);
    buf_free(&out);
    made_free(&m, (str){NULL, 0});
}

static void sources(void **state) {
    struct segment_count const counts[] = {{1, 500}, {7, UINT64_MAX}};
    struct segment_source given[3] = {
        {.path = S("logs/a.evtx"), .reader = S("evtx"), .sha256 = {1, 2}, .size = 70000, .modified = -5},
        {.path = S("\xff\0"),
         .reader = S(""),
         .sha256 = {3},
         .modified = INSTANT_NONE,
         .counts = counts,
         .count_count = 2},
        {.path = S("never used"), .reader = S("json"), .size = UINT64_MAX, .modified = INT64_MAX}};
    struct segment_reading reading = {0};
    struct heard h = {0};
    struct err e = {0};
    struct made m;
    uint32_t number[3], expected[50];

    (void)state;
    made_begin(&m, (struct segment_options){0});
    for (size_t i = 0; i < 3; i++)
        assert_true(segment_writer_source(m.w, &given[i], &number[i], &e));
    for (size_t i = 0; i < COUNT(expected); i++) {
        expected[i] = m.source = i % 7 < 4 ? number[0] : number[1];
        made_add(&m, &(struct record){.when = INSTANT_NONE, .time_text = S(""), .bytes = S("")}, 0, S("k"));
    }
    given[0].sha256[31] = 9;
    assert_true(segment_writer_source_set(m.w, number[0], &given[0], &e));
    str const bytes = made_end(&m);
    struct segment *const s = opened(bytes);

    assert_int_equal(segment_info(s)->sources, 4);
    for (size_t i = 0; i < 3; i++) {
        struct segment_source is;

        assert_true(segment_source(s, number[i], &is, &e));
        assert_true(str_eq(is.path, given[i].path) && str_eq(is.reader, given[i].reader));
        assert_memory_equal(is.sha256, given[i].sha256, SHA256_SIZE);
        assert_true(is.size == given[i].size && is.modified == given[i].modified &&
                    is.count_count == given[i].count_count);
        for (uint32_t k = 0; k < is.count_count; k++)
            assert_true(is.counts[k].number == counts[k].number && is.counts[k].value == counts[k].value);
        assert_int_equal(is.rows, i == 0 ? 29 : i == 1 ? 21 : 0);
    }
    heard_begin(&h, &reading);
    assert_true(segment_read(s, &reading, &e));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(u32_at(&h.sources, i), expected[i]);
    heard_free(&h);
    segment_close(s);
    made_free(&m, bytes);
}

/* ---- bounds ---- */

static void limits(void **state) {
    struct raw *const many = calloc(SEGMENT_VALUES_MAX, sizeof *many);
    struct raw long_one = {.type = RAW_TEXT, .len = SEGMENT_VALUE_MAX, .ptr = "never read"};
    struct err e = {0};
    struct made m;

    (void)state;
    assert_non_null(many);
    made_begin(&m, (struct segment_options){.rows_max = 2});
    assert_false(segment_writer_record(m.w, 0, &(struct record){.values = many, .count = SEGMENT_VALUES_MAX - 1}, 0,
                                       S("k"), &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_false(segment_writer_record(m.w, 0, &(struct record){.values = &long_one, .count = 1}, 0, S("k"), &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(segment_writer_rows(m.w), 0);
    for (uint32_t i = 0; i < SEGMENT_VALUES_MAX; i++)
        many[i] = (struct raw){.type = RAW_TEXT, .ptr = ""};
    made_add(&m, &(struct record){.values = many, .count = SEGMENT_VALUES_MAX - 2, .time_text = S("")}, 0, S("k"));
    assert_false(segment_writer_full(m.w));
    made_add(&m, &(struct record){.time_text = S("")}, 0, S("k"));
    assert_true(segment_writer_full(m.w));
    made_add(&m, &(struct record){.time_text = S("")}, 0, S("k")); /* full is advice */
    str const bytes = made_end(&m);

    check_same(&m, bytes);
    made_free(&m, bytes);
    free(many);
}

/* Values that are all different, of many columns, or records all of other shapes, do not make it take more than was said. */
static void memory_is_bounded(void **state) {
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        size_t const most = (size_t)24 << 20;
        struct fields *const fields = fields_new();
        struct segment_writer *w;
        struct segment_info info;
        struct err e = {0};
        uint64_t n = 0;
        uint32_t source;
        struct buf out = {0};
        char name[16], text[400];

        assert_non_null(fields);
        assert_true(segment_writer_new(
            &w, &(struct segment_options){.fields = fields, .memory_max = most, .writing = SEALING}, &e));
        assert_true(segment_writer_source(w, &(struct segment_source){.path = S(""), .reader = S("")}, &source, &e));
        for (uint32_t i = 0; i < 20; i++)
            (void)field_intern(fields, (str){name, (size_t)snprintf(name, sizeof name, "f%u", i)});
        while (!segment_writer_full(w)) {
            struct raw v[20];

            for (uint32_t i = 0; i < 20; i++) {
                v[i] = (struct raw){.field = i, .type = RAW_TEXT, .ptr = text, .len = 20};
                if (how == 0)
                    v[i].len = (uint32_t)snprintf(text, sizeof text, "%-40lu", (unsigned long)(n * 20 + i));
                if (how == 1)
                    v[i].field = field_intern(
                        fields,
                        (str){name, (size_t)snprintf(name, sizeof name, "%lu", (unsigned long)(n * 20 + i) % 200000)});
                if (how == 2)
                    v[i].element = (uint16_t)(n >> i % 4 * 4);
            }
            memset(text, 'x', 20);
            assert_true(segment_writer_record(w, source, &(struct record){.values = v, .count = 20, .time_text = S("")},
                                              0, S("k"), &e));
            n++;
        }
        assert_true(n > 1000 && segment_writer_bytes(w) < most * 3 / 2);
        assert_true(segment_writer_finish(w, &out, &info, &e));
        assert_int_equal(info.rows, n);
        segment_writer_free(w);
        buf_free(&out);
        fields_free(fields);
    }
}

/* ---- failures ---- */

/* Writes a segment of a few records; what fails must fail cleanly. */
static bool written(struct fields *fields, struct buf *out, const struct segment_options *o, struct err *e) {
    struct segment_source const source = {.path = S("p"), .reader = S("r")};
    struct segment_writer *w;
    struct segment_info info;
    uint32_t number;
    bool ok;

    if (!segment_writer_new(&w, o, e))
        return false;
    ok = segment_writer_source(w, &source, &number, e) && segment_writer_source_set(w, number, &source, e);
    for (uint64_t n = 0; ok && n < 2500; n++) {
        char text[64];
        struct raw v[3] = {{.field = 1, .type = RAW_TEXT, .ptr = text},
                           {.field = 2, .type = RAW_TEXT, .ptr = text},
                           {.field = 3, .type = RAW_I64, .ptr = (const char *)&n, .len = 8}};

        v[0].len = (uint32_t)snprintf(text, sizeof text, "text number %lu of some length", (unsigned long)n);
        v[1].len = (uint32_t)(n % 3);
        ok = segment_writer_record(w, number,
                                   &(struct record){.values = v, .count = (uint32_t)(n % 4), .time_text = S("")},
                                   (int64_t)n, S("k"), e);
    }
    ok = ok && segment_writer_finish(w, out, &info, e);
    segment_writer_free(w);
    (void)fields;
    return ok;
}

static void allocations_of_writing_fail(void **state) {
    struct fields *fields;
    struct segment_options o = {0};
    struct buf right = {0};
    struct err e = {0};

    (void)state;
    REFUSE_OR_SKIP();
    o.fields = fields = fields_new();
    o.writing = SEALING;
    assert_true(fields && written(fields, &right, &o, &e));
    for (unsigned for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            struct buf out = {0};

            memory_refused = false;
            memory_gone_for_good = for_good;
            memory_left = n;
            bool const ok = written(fields, &out, &o, &e);

            memory_left = -1;
            if (!memory_refused) {
                assert_true(ok && n > 100);
                buf_free(&out);
                break;
            }
            if (ok) /* done without: then it is done right */
                assert_true(KEYS ? out.len + 64 > right.len && out.len < right.len + 64
                                 : str_eq(buf_str(&out), buf_str(&right)));
            else
                assert_int_equal(e.code, ERR_MEMORY);
            buf_free(&out);
        }
    buf_free(&right);
    fields_free(fields);
}

static bool read_whole(str bytes, struct told *told, struct err *e) {
    struct segment_reading reading = {0};
    const struct segment_value *values_of;
    struct segment_source source;
    struct heard h = {0};
    struct segment *s;
    long const left = memory_left;
    bool ok;

    memory_left = -1;
    heard_begin(&h, &reading);
    for (unsigned i = 1; i < 4; i++) /* known already: a catalogue that cannot grow is not what is tested */
        (void)field_intern(h.sink.fields, S("EventID"));
    memory_left = left;
    if (open_some(&s, bytes, S("x.lws"), 0, e)) {
        ok = segment_source(s, 0, &source, e) && segment_column_values(s, 2, false, &values_of, e) &&
             segment_read(s, &reading, e) && segment_check(s, NULL, NULL, e);
        if (ok)
            ok = segment_read(s, &reading, e);
        segment_close(s);
    } else {
        ok = false;
    }
    memory_left = -1;
    *told = h.told;
    h.told = (struct told){0};
    heard_free(&h);
    return ok;
}

static void allocations_of_reading_fail(void **state) {
    struct fields *fields;
    struct segment_options o = {0};
    struct buf out = {0};
    struct told right, told;
    struct err e = {0};

    (void)state;
    REFUSE_OR_SKIP();
    o.fields = fields = fields_new();
    o.writing = SEALING;
    assert_true(fields && written(fields, &out, &o, &e));
    assert_true(read_whole(buf_str(&out), &right, &e));
    for (unsigned for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            memory_refused = false;
            memory_gone_for_good = for_good;
            memory_left = n;
            bool const ok = read_whole(buf_str(&out), &told, &e);

            if (!memory_refused) {
                assert_true(ok && n > 20);
                told_free(&told);
                break;
            }
            if (ok)
                assert_true(told.bytes.failed || str_eq(buf_str(&told.bytes), buf_str(&right.bytes)));
            else if (e.code != ERR_MEMORY && e.code != ERR_LIMIT)
                fail_msg("refusal %ld: %s", n, e.text); /* never called damage */
            told_free(&told);
        }
    told_free(&right);
    buf_free(&out);
    fields_free(fields);
}

static void writes_fail(void **state) {
    struct fields *const fields = fields_new();
    struct buf right = {0};
    struct rlimit before;
    struct err e = {0};

    (void)state;
    assert_true(fields && written(fields, &right, &(struct segment_options){.fields = fields, .writing = SEALING}, &e));
    rlim_t const room[] = {0, 1, 4095, 4096, 4097, (right.len + 4096) / 2, right.len - 64, right.len - 1};

    assert_true(right.len > 4096 + 500);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t i = 0; i < COUNT(room); i++) { /* the write that reaches the bound is a short one */
        int const fd = open("segment", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){room[i], before.rlim_max}), 0);
        bool const ok =
            written(fields, NULL,
                    &(struct segment_options){.fields = fields, .to_file = true, .fd = fd, .writing = SEALING}, &e);

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(ok);
        assert_int_equal(e.code, ERR_IO);
        close(fd);
    }
    int const full = open("/dev/full", O_WRONLY | O_CLOEXEC), read_only = open("segment", O_RDONLY | O_CLOEXEC);

    assert_false(written(fields, NULL,
                         &(struct segment_options){.fields = fields, .to_file = true, .fd = full, .writing = SEALING},
                         &e));
    assert_int_equal(e.code, ERR_IO);
    assert_false(
        written(fields, NULL,
                &(struct segment_options){.fields = fields, .to_file = true, .fd = read_only, .writing = SEALING}, &e));
    assert_int_equal(e.code, ERR_IO);
    close(full);
    close(read_only);
    buf_free(&right);
    fields_free(fields);
}

/* ---- damage ---- */

static void made_for_damage(struct made *m) {
    made_begin(m, (struct segment_options){0});
    random_segment(m, 66000, 0, 11);
}

static void cut_anywhere(void **state) {
    struct err e = {0};
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 1500, 3, 11);
    str const bytes = made_end(&m);

    assert_true(bytes.len > 10000);
    for (size_t n = 0; n < bytes.len; n += 512)
        for (size_t k = n ? n - 1 : 0; k <= n + 1 && k < bytes.len; k++) {
            char *const cut = malloc(k ? k : 1);
            struct segment *s;

            assert_non_null(cut);
            memcpy(cut, bytes.ptr, k);
            assert_false(open_some(&s, (str){cut, k}, S("cut.lws"), 0, &e));
            assert_true(e.code == ERR_TRUNCATED || e.code == ERR_CORRUPT);
            assert_non_null(strstr(e.text, "cut.lws"));
            assert_true(e.offset <= k);
            free(cut);
        }
    made_free(&m, bytes);
}

struct noted {
    size_t count;
    uint64_t least, most; /* offsets */
};

static void note(void *ctx, const struct err *damage) {
    struct noted *const n = ctx;

    n->least = n->count && n->least < damage->offset ? n->least : damage->offset;
    n->most = n->most > damage->offset ? n->most : damage->offset;
    n->count++;
    assert_non_null(strstr(damage->text, "x.lws"));
}

/* Any byte of the head, the directory and the end: then nothing is opened. */
static void flips_outside(void **state) {
    struct err e = {0};
    struct made m;
    uint64_t footer;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 200, 3, 11);
    str const bytes = made_end(&m);
    char *const mine = (char *)(uintptr_t)bytes.ptr;

    memcpy(&footer, bytes.ptr + bytes.len - 48, sizeof footer);
    for (size_t i = 0; i < bytes.len; i++) {
        struct segment *s;

        if (i == SEGMENT_HEAD)
            i = bytes.len - SEGMENT_TRAILER - footer;
        mine[i] ^= (char)(1 << i % 8);
        if (open_some(&s, bytes, S("x.lws"), 0, &e))
            fail_msg("a flip at %zu of %zu was not seen", i, bytes.len);
        assert_true(e.code == ERR_CORRUPT || e.code == ERR_UNSUPPORTED || e.code == ERR_TRUNCATED);
        mine[i] ^= (char)(1 << i % 8);
    }
    check_same(&m, bytes);
    made_free(&m, bytes);
}

/* One flipped bit in each chunk: told, with its place; all rows that do not need the chunk are right, and no others are told. */
static void flips_in_chunks(void **state) {
    struct made m;
    size_t whole = 0, some = 0, all_lost = 0;

    (void)state;
    made_for_damage(&m);
    str const bytes = made_end(&m);
    char *const mine = (char *)(uintptr_t)bytes.ptr;
    struct segment *s = opened(bytes);
    uint32_t const chunks = s->info.chunks;
    uint64_t *const at = malloc(chunks * sizeof *at);
    uint32_t *const size = malloc(chunks * sizeof *size);

    assert_true(at && size);
    for (uint32_t i = 0; i < chunks; i++) {
        at[i] = s->chunks[i].offset;
        size[i] = s->chunks[i].size;
    }
    segment_close(s);
    for (uint32_t i = 0; i<chunks; i += chunks> 40 && i > 20 && i + 20 < chunks ? 7 : 1) {
        uint64_t const byte = at[i] + (i * UINT64_C(2654435761) >> 3) % size[i];
        struct segment_reading reading = {.salvage = true}, strict = {0};
        struct heard h = {0}, h_strict = {0};
        struct noted noted = {0};
        struct err e = {0};
        size_t n;

        mine[byte] ^= (char)(1 << i % 8);
        s = opened(bytes);
        assert_true(!segment_check_bytes(s, &e) && e.code == ERR_CORRUPT);
        assert_false(segment_check(s, note, &noted, &e));
        assert_true(noted.count >= 1 && noted.least == at[i] && noted.most == at[i]);
        assert_true(e.code == ERR_CORRUPT && e.offset == at[i]);
        segment_close(s);
        s = opened(bytes);
        heard_begin(&h, &reading);
        if (!segment_read(s, &reading, &e))
            fail_msg("%s", e.text);
        n = told_count(&h.told);
        assert_int_equal(n + reading.lost, m.info.rows);
        assert_true(h.damages == 0 || h.damage_at == at[i]);
        assert_true((h.damages == 0) == (reading.lost == 0));
        for (size_t k = 0; k < n; k++)
            assert_true(str_eq(told_at(&h.told, k), told_at(&m.told, u32_at(&h.rows, k))));
        whole += !reading.lost;
        some += reading.lost && n;
        all_lost += n == 0;
        /* Who does not ask for what can be saved gets nothing that is not whole. */
        heard_begin(&h_strict, &strict);
        bool const ok = segment_read(s, &strict, &e);

        assert_int_equal(ok, reading.lost == 0);
        assert_true(ok || (e.code == ERR_CORRUPT && e.offset == at[i]));
        for (size_t k = 0; k < told_count(&h_strict.told); k++)
            assert_true(str_eq(told_at(&h_strict.told, k), told_at(&m.told, k)));
        segment_close(s);
        heard_free(&h);
        heard_free(&h_strict);
        mine[byte] ^= (char)(1 << i % 8);
    }
    print_message("%zu chunks that no row needs, %zu that some rows do, %zu that all do\n", whole, some, all_lost);
    assert_true(whole >= 1 && some > 10 && all_lost >= 1);
    check_same(&m, bytes);
    free(at);
    free(size);
    made_free(&m, bytes);
}

/* A column of which nobody asks may be damaged. */
static void damage_beside(void **state) {
    struct segment_reading reading = {0};
    struct heard h = {.wants = third, .wants_inner = none};
    const struct segment_value *v;
    struct err e = {0};
    struct made m;

    (void)state;
    made_for_damage(&m);
    str const bytes = made_end(&m);
    struct segment *s = opened(bytes);
    uint32_t const c = segment_column_of(s, S("field 2"));
    uint64_t const at = s->chunks[s->columns[c].pages[0].chunk].offset;
    uint32_t lost = 0;

    segment_close(s);
    ((char *)(uintptr_t)bytes.ptr)[at] ^= 1;
    s = opened(bytes);
    heard_begin(&h, &reading);
    assert_true(segment_read(s, &reading, &e));
    assert_int_equal(told_count(&h.told), m.info.rows);
    assert_false(segment_column_values(s, c, false, &v, &e));
    assert_int_equal(e.offset, at);
    assert_true(segment_column_values(s, c, true, &v, &e));
    for (uint32_t i = 0; i < segment_column(s, c).values; i++)
        lost += v[i].lost;
    assert_true(lost > 0 && lost < segment_column(s, c).values);
    segment_close(s);
    heard_free(&h);
    made_free(&m, bytes);
}

static void other_versions(void **state) {
    static const struct {
        const char *name;
        size_t at;
        char byte;
        enum err_code code;
    } cases[] = {
        {"no segment", 0, 'X', ERR_CORRUPT},
        {"another version", 8, 2, ERR_UNSUPPORTED},
    };
    struct made m;
    struct err e = {0};

    (void)state;
    made_begin(&m, (struct segment_options){0});
    str const bytes = made_end(&m);

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const mine = (char *)(uintptr_t)bytes.ptr;
        char const before = mine[cases[i].at];
        struct segment *s;

        mine[cases[i].at] = cases[i].byte;
        assert_false(open_some(&s, bytes, S("x.lws"), 0, &e));
        assert_int_equal(e.code, cases[i].code);
        mine[cases[i].at] = before;
    }
    made_free(&m, bytes);
}

/* What is unpacked may not take more than was said. */
static void little_memory(void **state) {
    struct segment_reading reading = {0};
    struct heard h = {0};
    struct segment *s;
    struct err e = {0};
    struct made m;

    (void)state;
    made_for_damage(&m);
    str const bytes = made_end(&m);

    assert_true(open_some(&s, bytes, S("x.lws"), (size_t)8 << 20, &e));
    heard_begin(&h, &reading);
    assert_false(segment_read(s, &reading, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    segment_close(s);
    heard_free(&h);
    made_free(&m, bytes);
}

#ifdef SEALED
#include "segment_sealed.h"
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value),
        cmocka_unit_test(every_member),
        cmocka_unit_test(nothing),
        cmocka_unit_test(large),
        cmocka_unit_test(many_records),
#ifdef SEALED
        SEALED_TESTS
#else
        cmocka_unit_test(same_bytes),
#endif
            cmocka_unit_test(some_columns_of_some_rows),
        cmocka_unit_test(sink_stops),
        cmocka_unit_test(columns),
        cmocka_unit_test(values_are_told),
        cmocka_unit_test(whoever_is_told_may_end_it),
        cmocka_unit_test(sources),
        cmocka_unit_test(limits),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(allocations_of_writing_fail),
        cmocka_unit_test(allocations_of_reading_fail),
        cmocka_unit_test_setup_teardown(writes_fail, folder_enter, folder_leave),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(flips_outside),
        cmocka_unit_test(flips_in_chunks),
        cmocka_unit_test(damage_beside),
        cmocka_unit_test(other_versions),
        cmocka_unit_test(little_memory),
    };

#ifdef SEALED
    return cmocka_run_group_tests(tests, sealed_begin, sealed_end);
#else
    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
