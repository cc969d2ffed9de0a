/* test_value: every raw type as text: ends of ranges, bytes that are cut, memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "event/fold.h"
#include "event/value.h"
#include "base/utf.h"
#include "../refuse.h"

#define FFFD "\xef\xbf\xbd"
static const struct {
    const char *name;
    uint8_t type;
    str bytes;
    const char *text;
    size_t repaired;
} cases[] = {
    {"null", RAW_NULL, STR(""), "", 0},

    {"text", RAW_TEXT, STR("a\xc3\xa4\xf0\x9f\x94\x8d"), "a\xc3\xa4\xf0\x9f\x94\x8d", 0},
    {"empty text", RAW_TEXT, STR(""), "", 0},
    {"lone byte", RAW_TEXT, STR("a\xe4z"), "a" FFFD "z", 1},
    {"cut character", RAW_TEXT, STR("a\xe2\x82"), "a" FFFD FFFD, 2},
    {"surrogate", RAW_TEXT, STR("\xed\xa0\x80"), FFFD FFFD FFFD, 3},
    {"overlong", RAW_TEXT, STR("\xc0\xaf"), FFFD FFFD, 2},
    {"number as written", RAW_NUMBER, STR("-1.50e+3"), "-1.50e+3", 0},
    {"true", RAW_BOOL, STR("true"), "true", 0},
    {"false", RAW_BOOL, STR("false"), "false", 0},

    {"UTF-16", RAW_UTF16, STR("A\0\xe4\0\xac\x20\x3d\xd8\x0d\xdd"), "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8d", 0},
    {"UTF-16, empty", RAW_UTF16, STR(""), "", 0},
    {"UTF-16, half a character more", RAW_UTF16, STR("A\0B"), "A", 1},
    {"UTF-16, ended", RAW_UTF16, STR("A\0\0\0"), "A", 0},
    {"UTF-16, only the end", RAW_UTF16, STR("\0\0"), "", 0},
    {"UTF-16, many", RAW_UTF16, STR("a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0\0\0"), "abcdefghij", 0},
    {"UTF-16, NUL-like letter", RAW_UTF16, STR("A\0\0\x01"), "A\xc4\x80", 0},
    {"UTF-16, lone high", RAW_UTF16,
     STR("\x3d\xd8"
         "A\0"),
     FFFD "A", 1},
    {"UTF-16, lone low", RAW_UTF16,
     STR("\x0d\xdd"
         "A\0"),
     FFFD "A", 1},
    {"UTF-16, high at the end", RAW_UTF16, STR("A\0\x3d\xd8"), "A" FFFD, 1},
    {"UTF-16, wrong way round", RAW_UTF16, STR("\x0d\xdd\x3d\xd8"), FFFD FFFD, 2},

    {"I64, 0", RAW_I64, STR("\0\0\0\0\0\0\0\0"), "0", 0},
    {"I64, -1", RAW_I64, STR("\xff\xff\xff\xff\xff\xff\xff\xff"), "-1", 0},
    {"I64, most", RAW_I64, STR("\xff\xff\xff\xff\xff\xff\xff\x7f"), "9223372036854775807", 0},
    {"I64, least", RAW_I64, STR("\0\0\0\0\0\0\0\x80"), "-9223372036854775808", 0},
    {"U64, 0", RAW_U64, STR("\0\0\0\0\0\0\0\0"), "0", 0},
    {"U64, 4688", RAW_U64, STR("\x50\x12\0\0\0\0\0\0"), "4688", 0},
    {"U64, most", RAW_U64, STR("\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615", 0},
    {"no", RAW_WIN_BOOL, STR("\0"), "false", 0},
    {"yes", RAW_WIN_BOOL, STR("\x01"), "true", 0},
    {"yes, loudly", RAW_WIN_BOOL, STR("\xff"), "true", 0},
    {"HEX32, 0", RAW_HEX32, STR("\0\0\0\0"), "0x0", 0},
    {"HEX32", RAW_HEX32, STR("\xe7\x03\0\0"), "0x3e7", 0},
    {"HEX32, most", RAW_HEX32, STR("\xff\xff\xff\xff"), "0xffffffff", 0},
    {"HEX64, 0", RAW_HEX64, STR("\0\0\0\0\0\0\0\0"), "0x0", 0},
    {"HEX64", RAW_HEX64, STR("\0\0\0\0\0\0\x20\x80"), "0x8020000000000000", 0},
    {"HEX64, most", RAW_HEX64, STR("\xff\xff\xff\xff\xff\xff\xff\xff"), "0xffffffffffffffff", 0},
    {"binary, empty", RAW_BINARY, STR(""), "", 0},
    {"binary", RAW_BINARY, STR("\0\x0f\xf0\xff\xab"), "000FF0FFAB", 0},

    /* Microsoft's mixed order: the first three parts are turned round */
    {"GUID", RAW_GUID, STR("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
     "{33221100-5544-7766-8899-AABBCCDDEEFF}", 0},
    {"GUID, none", RAW_GUID, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "{00000000-0000-0000-0000-000000000000}", 0},
    /* Microsoft-Windows-Sysmon */
    {"GUID of a provider", RAW_GUID, STR("\x5f\x38\x70\x57\x2a\xc2\xe0\x43\xbf\x4c\x06\xf5\x69\x8f\xfb\xd9"),
     "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}", 0},

    {"SYSTEMTIME", RAW_SYSTEMTIME, STR("\xe5\x07\x03\0\0\0\x0e\0\x01\0\x28\0\x13\0\xc5\0"), "2021-03-14T01:40:19.197Z",
     0},
    {"SYSTEMTIME, none", RAW_SYSTEMTIME, STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "0000-00-00T00:00:00.000Z", 0},
    {"SYSTEMTIME, no such day", RAW_SYSTEMTIME, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     "65535-65535-65535T65535:65535:65535.65535Z", 0},

    {"SID, LocalSystem", RAW_SID, STR("\x01\x01\0\0\0\0\0\x05\x12\0\0\0"), "S-1-5-18", 0},
    {"SID, nobody", RAW_SID, STR("\x01\x01\0\0\0\0\0\0\0\0\0\0"), "S-1-0-0", 0},
    {"SID, label", RAW_SID, STR("\x01\x01\0\0\0\0\0\x10\0\x30\0\0"), "S-1-16-12288", 0},
    {"SID, of no part", RAW_SID, STR("\x01\0\0\0\0\0\0\x05"), "S-1-5", 0},
    {"SID, of a domain", RAW_SID,
     STR("\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x01\0\0\0\xff\xff\xff\xff\0\0\0\x80\xf4\x01\0\0"),
     "S-1-5-21-1-4294967295-2147483648-500", 0},
    {"SID, authority of more than four bytes", RAW_SID, STR("\x01\x01\x01\x02\0\0\xab\x05\x12\0\0\0"),
     "S-1-0x01020000AB05-18", 0},
    {"SID, cut", RAW_SID, STR("\x01\x01\0\0\0\0\0\x05\x12\0\0"),
     "010100000000000512"
     "0000",
     0},
    {"SID, no parts where one is said", RAW_SID, STR("\x01\x01\0\0\0\0\0\x05"), "0101000000000005", 0},
    {"SID, not even a head", RAW_SID, STR("\x01\x01\0\0\0\0\0"), "01010000000000", 0},
    {"SID, empty", RAW_SID, STR(""), "", 0},
    {"SID, 255 parts said", RAW_SID, STR("\x01\xff\0\0\0\0\0\x05\x12\0\0\0"), "01FF00000000000512000000", 0},

    {"I64, cut", RAW_I64, STR("\x01\0\0\0\0\0\0"), "01000000000000", 0},
    {"U64, cut", RAW_U64, STR("\xff"), "FF", 0},
    {"F64, cut", RAW_F64, STR("\0\0\0\0\0\0\xf0"), "000000000000F0", 0},
    {"BOOL, cut", RAW_WIN_BOOL, STR(""), "", 0},
    {"GUID, cut", RAW_GUID, STR("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee"),
     "00112233445566778899AABBCCDDEE", 0},
    {"FILETIME, cut", RAW_FILETIME, STR("\x01\0\0\0\0\0\0"), "01000000000000", 0},
    {"SYSTEMTIME, cut", RAW_SYSTEMTIME, STR("\xe5\x07"), "E507", 0},
    {"HEX32, cut", RAW_HEX32, STR("\xe7\x03\0"), "E70300", 0},
    {"HEX64, cut", RAW_HEX64, STR("\xe7\x03\0\0"), "E7030000", 0},
    {"no such type", RAW_TYPES, STR("\x01\xab"), "01AB", 0},
    {"no such type at all", 255, STR("\x01\xab"), "01AB", 0},
};

static void rendered(const char *name, uint8_t type, str bytes, const char *text, size_t repairs) {
    char *const copy = malloc(bytes.len + 1), *const exact =
                                                  copy + 1; /* unaligned, and the sanitizer looks at the end */
    struct buf out = {0};
    size_t repaired = 5, added;

    assert_non_null(copy);
    if (bytes.len)
        memcpy(exact, bytes.ptr, bytes.len);
    buf_add(&out, S("before "));
    added = value_render(type, (str){exact, bytes.len}, &out, &repaired);
    if (out.failed || !str_eq(str_from(buf_str(&out), 7), str_of(text)) || added != strlen(text) ||
        repaired != 5 + repairs)
        fail_msg("%s: '%.*s', %zu repaired", name, STR_ARG(buf_str(&out)), repaired - 5);
    assert_true(str_starts(buf_str(&out), S("before ")));
    buf_free(&out);
    free(copy);
}

static void every_type(void **state) {
    bool seen[256] = {[RAW_F64] = true, [RAW_FILETIME] = true};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        rendered(cases[i].name, cases[i].type, cases[i].bytes, cases[i].text, cases[i].repaired);
        seen[cases[i].type] = true;
    }
    for (size_t type = 0; type < RAW_TYPES; type++)
        if (!seen[type])
            fail_msg("type %zu is not in the table", type);
}

static void filetimes(void **state) {
    static const struct {
        uint64_t ticks;
        const char *text; /* NULL: no instant; as a hexadecimal number */
    } ticks[] = {
        {UINT64_C(116444736000000000), "1970-01-01T00:00:00.0000000Z"},
        {UINT64_C(116444736000000001), "1970-01-01T00:00:00.0000001Z"},
        {UINT64_C(116444735999999999), "1969-12-31T23:59:59.9999999Z"},
        {UINT64_C(11644473600) * 10000000 + UINT64_C(16156860191970010), "2021-03-14T01:40:19.1970010Z"},
        {UINT64_C(11644473600) * 10000000 + UINT64_C(17091647990000000), "2024-02-28T23:59:59.0000000Z"},
        {UINT64_C(11644473600) * 10000000 + UINT64_C(17091648000000000), "2024-02-29T00:00:00.0000000Z"},
        {UINT64_C(208678456368547758), "2262-04-11T23:47:16.8547758Z"}, /* the last that 64 bits of ns hold */
        {UINT64_C(24211015631452242), "1677-09-21T00:12:43.1452242Z"},  /* the first */
        {0, NULL},
        {1, NULL},
        {UINT64_C(24211015631452241), NULL},
        {UINT64_C(208678456368547759), NULL},
        {INT64_MAX, NULL}, /* Active Directory's "never" */
        {UINT64_C(1) << 63, NULL},
        {UINT64_MAX, NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(ticks); i++) {
        char hex[24], bytes[8];

        memcpy(bytes, &ticks[i].ticks, 8);
        snprintf(hex, sizeof hex, "0x%" PRIx64, ticks[i].ticks);
        rendered("FILETIME", RAW_FILETIME, (str){bytes, 8}, ticks[i].text ? ticks[i].text : hex, 0);
    }
}

/* The text of a double, ended. */
static void text_of(double d, char text[64]) {
    struct buf out = {0};
    size_t repaired = 0;
    char bytes[8];

    memcpy(bytes, &d, 8);
    assert_true(value_render(RAW_F64, (str){bytes, 8}, &out, &repaired) < 64 && !out.failed && repaired == 0);
    snprintf(text, 64, "%.*s", STR_ARG(buf_str(&out)));
    buf_free(&out);
}

static void doubles(void **state) {
    static const struct {
        double d;
        const char *text;
    } plain[] = {{0.0, "0"},
                 {1.0, "1"},
                 {-1.0, "-1"},
                 {5.0, "5"},
                 {0.5, "0.5"},
                 {-0.25, "-0.25"},
                 {0.1, "0.1"},
                 {1.5, "1.5"},
                 {123.456, "123.456"},
                 {-0.0, "-0"},
                 {100.0, "100"},
                 {-1500, "-1500"},
                 {4294967296.0, "4294967296"},
                 {1e16, "10000000000000000"},
                 {0.0001, "0.0001"}};
    static const double others[] = {DBL_MAX, -DBL_MAX, DBL_MIN, DBL_TRUE_MIN, DBL_EPSILON,        1.0 / 3,
                                    100,     1e21,     1e22,    1e-7,         9007199254740993.0, 4294967296.0};
    char text[64];
    uint64_t random = 1;
    (void)state;

    for (size_t i = 0; i < COUNT(plain); i++) {
        text_of(plain[i].d, text);
        assert_string_equal(text, plain[i].text);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        text_of(others[i], text);
        assert_true(strtod(text, NULL) == others[i]);
    }
    for (size_t i = 0; i < 20000; i++) { /* reads back as the same number */
        double d;
        char *rest;

        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&d, &random, 8);
        if (!isfinite(d))
            continue;
        text_of(d, text);
        if (strtod(text, &rest) != d || *rest)
            fail_msg("%a is '%s'", d, text);
    }
    text_of((double)INFINITY, text);
    assert_true(isinf(strtod(text, NULL)) && text[0] != '-');
    text_of(-(double)INFINITY, text);
    assert_true(isinf(strtod(text, NULL)) && text[0] == '-');
    for (int i = 0; i < 4; i++) { /* NaN: quiet or signalling, of either sign */
        uint64_t const bits = (uint64_t)(i & 1) << 63 | UINT64_C(0x7ff0000000000001) | (uint64_t)(i >> 1) << 51;
        double d;

        memcpy(&d, &bits, 8);
        text_of(d, text);
        assert_true(isnan(strtod(text, NULL)));
    }
}

/* Where a type is said not to contain a text, no value of it does. */
static void what_cannot_be_contained(void **state) {
    static const str texts[] = {STR("a"),    STR("f"),     STR("g"),   STR("0"),   STR("x"),  STR("s-"),
                                STR("{"),    STR("z"),     STR("t0"),  STR("-"),   STR(":"),  STR("."),
                                STR("true"), STR("false"), STR("inf"), STR("nan"), STR("e+"), STR("mimikatz"),
                                STR("12"),   STR("dead"),  STR("_"),   STR(" "),   STR("\0"), STR("\xc3\xa4")};
    uint32_t random = 11;
    size_t ruled_out = 0;
    (void)state;

    for (unsigned type = 0; type < RAW_TYPES; type++) {
        bool may[COUNT(texts)];

        for (size_t t = 0; t < COUNT(texts); t++)
            ruled_out += !(may[t] = value_may_contain((uint8_t)type, texts[t]));
        if (type == RAW_TEXT || type == RAW_UTF16 || type == RAW_NUMBER ||
            type == RAW_BOOL) /* any bytes are no such value */
            continue;
        for (int round = 0; round < 20000; round++) {
            char bytes[40], folded[512];
            struct buf out = {0};
            size_t repaired = 0;
            size_t const len = round % 3 ? (random >> 8) % sizeof bytes : round % 2 ? 8 : 16;

            for (size_t i = 0; i < len; i++)
                bytes[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
            value_render((uint8_t)type, (str){bytes, len}, &out, &repaired);
            assert_true(!out.failed && out.len < 240);
            str const text = {folded, fold_text(buf_str(&out), folded)};

            for (size_t t = 0; t < COUNT(texts); t++)
                if (!may[t] && str_find(text, texts[t]) != SIZE_MAX)
                    fail_msg("type %u: '%.*s' contains '%.*s'", type, STR_ARG(text), STR_ARG(texts[t]));
            buf_free(&out);
        }
    }
    assert_true(ruled_out > 100);
    assert_true(value_may_contain(RAW_TEXT, S("mimikatz")) && value_may_contain(RAW_UTF16, S("mimikatz")));
    assert_true(value_may_contain(RAW_HEX64, S("0x3e7")) && value_may_contain(RAW_SID, S("s-1-5-18")));
}

/* Whatever the bytes: text that is well-formed, and as long as it says. */
static void any_bytes(void **state) {
    uint32_t random = 7;
    (void)state;

    for (unsigned type = 0; type <= RAW_TYPES; type++)
        for (size_t len = 0; len <= 40; len++)
            for (int round = 0; round < 20; round++) {
                char *const bytes = malloc(len + 1);
                struct buf out = {0};
                size_t repaired = 0, added;

                assert_non_null(bytes);
                for (size_t i = 0; i < len; i++)
                    bytes[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
                added = value_render((uint8_t)type, (str){bytes, len}, &out, &repaired);
                if (out.failed || added != out.len || utf8_valid(buf_str(&out)) != out.len)
                    fail_msg("type %u, %zu bytes", type, len);
                buf_free(&out);
                free(bytes);
            }
}

static void memory_may_run_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        size_t repaired = 0;

        memory_left = 0;
        size_t const added = value_render(cases[i].type, cases[i].bytes, &out, &repaired);

        memory_left = -1;
        if (added != 0 || out.len != 0 || (strlen(cases[i].text) > 0 && !out.failed))
            fail_msg("%s: %zu bytes, and no memory", cases[i].name, added);
        buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type), cmocka_unit_test(filetimes),
        cmocka_unit_test(doubles),    cmocka_unit_test(what_cannot_be_contained),
        cmocka_unit_test(any_bytes),  cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
