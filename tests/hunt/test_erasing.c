/* test_erasing: what is found, where, and what is left: in tables; values that cannot be looked for; records and segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hunt/erasing.h"

#define TOKEN ERASING_TOKEN
#define WIDE_TOKEN "[\0e\0r\0a\0s\0e\0d\0]\0"
#define BIG_TOKEN "\0[\0e\0r\0a\0s\0e\0d\0]"

/* The values that are looked for in all of these. */
static const str values[] = {STR("anna.berg@example.org"),
                             STR("Anna Berg"),
                             STR("CORP\\aberg"),
                             STR("+491701234567"),
                             STR("M\xc3\xbcller"),
                             STR("S-1-5-21-1-2-3-1001"),
                             STR("0c5f7e0a-5a0e-4b0e-9d5b-00000000abcd"),
                             STR("4711471147")};

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    uint8_t type;
    const char *text;
    size_t len;
    const char *out; /* NULL: it stays as it is */
    size_t out_len;
    uint8_t out_type;
    unsigned places, inside;
} finds[] = {
    {"alone", RAW_TEXT, BYTES("anna.berg@example.org"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"in another case", RAW_TEXT, BYTES("ANNA.Berg@Example.ORG"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"in longer text", RAW_TEXT, BYTES("<mailto:anna.berg@example.org>;"), BYTES("<mailto:" TOKEN ">;"), RAW_TEXT, 1,
     0},
    {"twice", RAW_TEXT, BYTES("anna berg <anna.berg@example.org>"), BYTES(TOKEN " <" TOKEN ">"), RAW_TEXT, 2, 0},
    {"side by side", RAW_TEXT, BYTES("anna berganna.berg@example.org"), BYTES(TOKEN), RAW_TEXT, 1, 1},
    {"within a word", RAW_TEXT, BYTES("johanna.berg@example.org"), BYTES("joh" TOKEN), RAW_TEXT, 1, 1},
    {"before a word goes on", RAW_TEXT, BYTES("anna.berg@example.organisation"), BYTES(TOKEN "anisation"), RAW_TEXT, 1,
     1},
    {"letters beyond ASCII, in another case", RAW_TEXT, BYTES("Frau M\xc3\x9cLLER!"), BYTES("Frau " TOKEN "!"),
     RAW_TEXT, 1, 0},
    {"behind a letter beyond ASCII", RAW_TEXT,
     BYTES("\xc3\xa9"
           "anna berg"),
     BYTES("\xc3\xa9" TOKEN), RAW_TEXT, 1, 1},
    {"beside bytes that are no text", RAW_TEXT,
     BYTES("\xff\xfe"
           "anna berg\xff"),
     BYTES("\xff\xfe" TOKEN "\xff"), RAW_TEXT, 1, 1},
    {"a backslash", RAW_TEXT, BYTES("by corp\\ABERG at"), BYTES("by " TOKEN " at"), RAW_TEXT, 1, 0},
    {"in JSON", RAW_TEXT, BYTES("{\"u\":\"CORP\\\\aberg\"}"), BYTES("{\"u\":\"" TOKEN "\"}"), RAW_TEXT, 1, 0},
    {"in JSON, by number", RAW_TEXT, BYTES("{\"n\":\"M\\u00fcller\"}"), BYTES("{\"n\":\"" TOKEN "\"}"), RAW_TEXT, 1, 0},
    {"JSON in JSON", RAW_TEXT, BYTES("\"{\\\"u\\\":\\\"CORP\\\\\\\\aberg\\\"}\""),
     BYTES("\"{\\\"u\\\":\\\"" TOKEN "\\\"}\""), RAW_TEXT, 1, 0},
    {"behind a line end in JSON", RAW_TEXT, BYTES("to\\nanna berg"), BYTES("to\\n" TOKEN), RAW_TEXT, 1, 0},
    {"in a URL", RAW_TEXT, BYTES("?u=anna.berg%40example.org&x=1"), BYTES("?u=" TOKEN "&x=1"), RAW_TEXT, 1, 0},
    {"in a URL, small digits, not ASCII", RAW_TEXT, BYTES("/m%c3%bcller/"), BYTES("/" TOKEN "/"), RAW_TEXT, 1, 0},
    {"in a form", RAW_TEXT, BYTES("name=Anna+Berg&x"), BYTES("name=" TOKEN "&x"), RAW_TEXT, 1, 0},
    {"a URL in a URL", RAW_TEXT, BYTES("r=%253Fu%253Danna.berg%2540example.org"), BYTES("r=%253Fu%253D" TOKEN),
     RAW_TEXT, 1, 0},
    {"in XML", RAW_TEXT, BYTES("<a>Anna&#32;Berg</a>"), BYTES("<a>" TOKEN "</a>"), RAW_TEXT, 1, 0},
    {"in XML, by another number", RAW_TEXT, BYTES("M&#xFC;ller"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"UTF-16", RAW_UTF16, BYTES("x\0A\0N\0N\0A\0 \0B\0E\0R\0G\0\0\0"), BYTES("x\0" WIDE_TOKEN "\0\0"), RAW_UTF16, 1, 1},
    {"UTF-16 that is text of bytes", RAW_TEXT, BYTES("A\0n\0n\0a\0 \0B\0e\0r\0g\0"), BYTES(WIDE_TOKEN), RAW_TEXT, 1, 0},
    {"bytes", RAW_BINARY,
     BYTES("\x01\x02"
           "Anna Berg\x03"),
     BYTES("\x01\x02" TOKEN "\x03"), RAW_BINARY, 1, 0},
    {"UTF-16 in bytes, at an odd place", RAW_BINARY,
     BYTES("\x01"
           "a\0n\0n\0a\0 \0b\0e\0r\0g\0"),
     BYTES("\x01" WIDE_TOKEN), RAW_BINARY, 1, 0},
    {"UTF-16 of the other order in bytes", RAW_BINARY, BYTES("\0a\0n\0n\0a\0 \0b\0e\0r\0g"), BYTES(BIG_TOKEN),
     RAW_BINARY, 1, 0},
    {"a number", RAW_NUMBER, BYTES("4711471147"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"a telephone number that is one", RAW_NUMBER, BYTES("491701234567"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"an integer", RAW_U64, BYTES("\x2b\x58\xd3\x18\x01\x00\x00\x00"), BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"a GUID", RAW_GUID, BYTES("\x0a\x7e\x5f\x0c\x0e\x5a\x0e\x4b\x9d\x5b\0\0\0\0\xab\xcd"), BYTES(TOKEN), RAW_TEXT, 1,
     0},
    {"a SID", RAW_SID, BYTES("\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\xe9\x03\0\0"),
     BYTES(TOKEN), RAW_TEXT, 1, 0},
    {"nothing", RAW_TEXT, "", 0, NULL, 0, RAW_TEXT, 0, 0},
    {"another", RAW_TEXT, BYTES("anna.berg@example.com"), NULL, 0, RAW_TEXT, 0, 0},
    {"almost", RAW_TEXT, BYTES("anna  berg"), NULL, 0, RAW_TEXT, 0, 0},
    {"cut off", RAW_TEXT, BYTES("anna.berg@example.or"), NULL, 0, RAW_TEXT, 0, 0},
    {"a path that looks escaped", RAW_TEXT, BYTES("C:\\users\\x\\nothing\\u12"), NULL, 0, RAW_TEXT, 0, 0},
    {"half an escape", RAW_TEXT, BYTES("100%"), NULL, 0, RAW_TEXT, 0, 0},
    {"an escape of half a character", RAW_TEXT, BYTES("\\ud83d%ud83d&#55357;&#x;&#;&;&"), NULL, 0, RAW_TEXT, 0, 0},
    {"a longer number", RAW_NUMBER, BYTES("47114711470"), NULL, 0, RAW_NUMBER, 0, 0},
    {"another GUID", RAW_GUID, BYTES("\x0b\x7e\x5f\x0c\x0e\x5a\x0e\x4b\x9d\x5b\0\0\0\0\xab\xcd"), NULL, 0, RAW_GUID, 0,
     0},
    {"no value", RAW_NULL, "", 0, NULL, 0, RAW_NULL, 0, 0},
    {"a byte of UTF-16", RAW_UTF16, "a", 1, NULL, 0, RAW_UTF16, 0, 0},
};

static struct erasing *erasing_of(bool words) {
    struct erasing *x = NULL;
    struct err e = {0};

    if (!erasing_new(&x, values, COUNT(values), words, &e))
        fail_msg("%s", e.text);
    return x;
}

static void finds_all(void **state) {
    struct erasing *const x = erasing_of(false);

    (void)state;
    for (size_t i = 0; i < COUNT(finds); i++) {
        str const given = {finds[i].text, finds[i].len};
        struct erasing_found found = {0};
        struct err e = {0};
        uint8_t type;
        bool changed;
        str out;

        if (!erasing_value(x, finds[i].type, given, &changed, &type, &out, &found, &e))
            fail_msg("%s: %s", finds[i].name, e.text);
        if (changed != (finds[i].out != NULL) || type != finds[i].out_type || found.places != finds[i].places ||
            found.inside != finds[i].inside || found.values != changed)
            fail_msg("%s: changed %d, type %u, %u places, %u inside", finds[i].name, changed, type,
                     (unsigned)found.places, (unsigned)found.inside);
        if (changed && !str_eq(out, (str){finds[i].out, finds[i].out_len}))
            fail_msg("%s: '%.*s'", finds[i].name, STR_ARG(out));
        if (!changed)
            continue;
        /* And nothing is found in what is left. */
        char copy[256];
        size_t const len = out.len;

        assert_true(len <= sizeof copy);
        memcpy(copy, out.ptr, len);
        assert_true(erasing_value(x, type, (str){copy, len}, &changed, &type, &out, NULL, &e));
        if (changed)
            fail_msg("%s: found again in what was left", finds[i].name);
    }
    erasing_free(x);
}

/* With `words` only what stands alone goes. */
static void words_only(void **state) {
    struct erasing *const x = erasing_of(true);

    (void)state;
    for (size_t i = 0; i < COUNT(finds); i++) {
        struct erasing_found found = {0};
        struct err e = {0};
        uint8_t type;
        bool changed;
        str out;

        assert_true(
            erasing_value(x, finds[i].type, (str){finds[i].text, finds[i].len}, &changed, &type, &out, &found, &e));
        if (changed != (finds[i].places > finds[i].inside) || found.inside)
            fail_msg("%s: changed %d", finds[i].name, changed);
    }
    erasing_free(x);
}

static const struct {
    const char *name;
    const char *value;
    size_t len;
    enum err_code code;
    const char *says;
} refused[] = {
    {"short", BYTES("abc"), ERR_USAGE, "value 2 is shorter"},
    {"nothing", "", 0, ERR_USAGE, "value 2 is shorter"},
    {"no text",
     BYTES("abc\xff"
           "def"),
     ERR_USAGE, "value 2 is no text"},
    {"a NUL", BYTES("abc\0def"), ERR_USAGE, "value 2 is no text"},
    {"the token", BYTES("[ERASED]"), ERR_USAGE, "value 2 is a part of"},
    {"part of the token", BYTES("erase"), ERR_USAGE, "value 2 is a part of"},
};

static void refused_values(void **state) {
    static char longest[ERASING_MOST + 1];
    str const all[ERASING_COUNT + 1] = {STR("abcd")};
    struct erasing *x;
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        str const two[] = {STR("good value"), {refused[i].value, refused[i].len}};

        if (erasing_new(&x, two, 2, false, &e) || e.code != refused[i].code || !strstr(e.text, refused[i].says) ||
            (refused[i].len && strstr(e.text, refused[i].value) && refused[i].len > 5))
            fail_msg("%s: %s", refused[i].name, e.text);
    }
    memset(longest, 'a', sizeof longest);
    assert_false(erasing_new(&x, &(str){longest, sizeof longest}, 1, false, &e));
    assert_true(erasing_new(&x, &(str){longest, sizeof longest - 1}, 1, false, &e));
    assert_int_equal(erasing_count(x), 1);
    erasing_free(x);
    assert_false(erasing_new(&x, all, 0, false, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(erasing_new(&x, all, ERASING_COUNT + 1, false, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    erasing_free(NULL);
}

/* ---- records and segments ---- */

static void records(void **state) {
    struct erasing *const x = erasing_of(false);
    struct fields *const fields = fields_new();
    struct err e = {0};
    struct record out;

    (void)state;
    field_id const user = field_intern(fields, S("user")), by = field_intern(fields, S("by.Anna Berg"));
    struct raw raws[] = {
        {.field = user, .type = RAW_TEXT, .len = 5, .ptr = "other"},
        {.field = by, .type = RAW_TEXT, .len = 9, .ptr = "anna berg"},
        {.field = user, .type = RAW_TEXT, .element = 2, .inner = RAW_INNER, .len = 10, .ptr = "-Anna Berg"}};
    struct record const r = {.values = raws,
                             .count = COUNT(raws),
                             .when = 17,
                             .zone = ZONE_ASSUMED,
                             .precision = 3,
                             .time_text = STR("4711471147"),
                             .bytes = STR("all of it"),
                             .constants = 5,
                             .number = 7,
                             .offset = 8,
                             .size = 9,
                             .unordered = true};

    assert_true(erasing_record(x, fields, &r, &out, &e));
    assert_int_equal(out.count, 3);
    assert_ptr_equal(out.values[0].ptr, raws[0].ptr);
    assert_int_equal(out.values[0].field, user);
    assert_true(str_eq((str){out.values[1].ptr, out.values[1].len}, S(TOKEN)));
    assert_true(str_eq(field_name(fields, out.values[1].field), S("by." TOKEN)));
    assert_true(str_eq((str){out.values[2].ptr, out.values[2].len}, S("-" TOKEN)));
    assert_int_equal(out.values[2].element, 2);
    assert_int_equal(out.values[2].inner, RAW_INNER);
    assert_true(str_eq(out.time_text, S(TOKEN)));
    assert_true(out.when == 17 && out.zone == ZONE_ASSUMED && out.precision == 3 && out.number == 7 &&
                out.offset == 8 && out.size == 9 && out.unordered && !out.salvaged);
    assert_true(!out.bytes.len && !out.constants);
    /* What holds none is what it was. */
    struct record const other = {
        .values = raws, .count = 1, .when = INSTANT_NONE, .time_text = STR("1"), .bytes = STR("b"), .constants = 1};

    assert_true(erasing_record(x, fields, &other, &out, &e));
    assert_ptr_equal(out.values[0].ptr, raws[0].ptr);
    assert_true(str_eq(out.bytes, S("b")) && out.constants == 1 && str_eq(out.time_text, S("1")));
    fields_free(fields);
    erasing_free(x);
}

/* Where in a segment a value may stand; each alone. */
static const struct {
    const char *name, *path, *reader, *field, *text, *time_text;
    unsigned values;
} places[] = {
    {"nowhere", "/logs/a.log", "json", "user", "somebody", "2024-05-01", 0},
    {"path", "/home/anna.berg@example.org/a.log", "json", "user", "somebody", "2024-05-01", 1},
    {"reader", "/logs/a.log", "Anna Berg", "user", "somebody", "2024-05-01", 1},
    {"field", "/logs/a.log", "json", "by.anna berg.n", "somebody", "2024-05-01", 1},
    {"value", "/logs/a.log", "json", "user", "Anna Berg", "2024-05-01", 1},
    {"time", "/logs/a.log", "json", "user", "somebody", "4711471147", 1},
    {"everywhere", "/home/anna berg", "anna berg", "anna berg", "anna berg", "anna berg", 5},
};

static void segments(void **state) {
    struct erasing *const x = erasing_of(false);

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        struct fields *const fields = fields_new();
        struct segment_options const options = {.fields = fields};
        struct segment_source const source = {
            .path = str_of(places[i].path), .reader = str_of(places[i].reader), .modified = INSTANT_NONE};
        struct raw raw = {.field = field_intern(fields, str_of(places[i].field)),
                          .type = RAW_TEXT,
                          .len = (uint32_t)strlen(places[i].text),
                          .ptr = places[i].text};
        struct record const r = {
            .values = &raw, .count = 1, .when = INSTANT_NONE, .time_text = str_of(places[i].time_text), .number = 1};
        struct erasing_found found = {0};
        struct segment_writer *w;
        struct segment_info info;
        struct segment *s;
        struct buf bytes = {0};
        struct err e = {0};
        uint32_t index = 0;

        assert_true(segment_writer_new(&w, &options, &e) && segment_writer_source(w, &source, &index, &e));
        /* The name of a kind is ours: that of a rule set may well be a word that somebody is called by. */
        assert_true(segment_writer_record(w, index, &r, INSTANT_NONE, S("anna berg"), &e));
        assert_true(segment_writer_finish(w, &bytes, &info, &e));
        segment_writer_free(w);
        assert_true(segment_open(&s, buf_str(&bytes), S("made"), 0, &e));
        if (!erasing_segment(x, s, &found, &e) || found.values != places[i].values)
            fail_msg("%s: %u values %s", places[i].name, (unsigned)found.values, e.text);
        segment_close(s);
        /* Damaged anywhere it says so, or finds what it found: never less. */
        for (size_t at = 0; at < bytes.len; at++) {
            bytes.ptr[at] ^= 0x10;
            found = (struct erasing_found){0};
            if (segment_open(&s, buf_str(&bytes), S("made"), 0, &e)) {
                if (erasing_segment(x, s, &found, &e) && found.values != places[i].values)
                    fail_msg("%s: byte %zu damaged, and %u values", places[i].name, at, (unsigned)found.values);
                segment_close(s);
            }
            bytes.ptr[at] ^= 0x10;
        }
        buf_free(&bytes);
        fields_free(fields);
    }
    erasing_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all), cmocka_unit_test(words_only), cmocka_unit_test(refused_values),
        cmocka_unit_test(records),   cmocka_unit_test(segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
