/* test_utf: UTF-8 and UTF-16 against a second reading of the standard, and around every step of the fast paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf.h"

/* A second decoder, written from RFC 3629 4 (the ABNF), bytes by ranges: 0 or the width. */
static size_t slow_decode(const unsigned char *p, size_t len, uint32_t *point) {
    static const struct {
        unsigned char first, last, low, high; /* the first byte; the second */
        size_t width;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; len && i < COUNT(rows); i++) {
        if (p[0] < rows[i].first || p[0] > rows[i].last)
            continue;
        if (len < rows[i].width || (rows[i].width > 1 && (p[1] < rows[i].low || p[1] > rows[i].high)))
            return 0;
        for (size_t k = 2; k < rows[i].width; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        *point = rows[i].width == 1 ? p[0] : p[0] & (0x7fu >> rows[i].width);
        for (size_t k = 1; k < rows[i].width; k++)
            *point = *point << 6 | (p[k] & 0x3f);
        return rows[i].width;
    }
    return 0;
}

static void decoded_alike(const unsigned char *p, size_t len) {
    str const s = {(const char *)p, len};
    uint32_t want = 0, got = 0;
    size_t const width = slow_decode(p, len, &want);

    if (utf8_decode(s, &got) != width || utf8_width(s) != width || (width && got != want))
        fail_msg("%02x %02x %02x %02x (%zu): width %zu, point %x", p[0], p[1], p[2], p[3], len, utf8_width(s), got);
}

/* All first two bytes; the third and fourth at the ends of their ranges. Cut at every length. */
static void every_beginning(void **state) {
    static const unsigned char ends[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    (void)state;

    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            for (size_t k = 0; k < COUNT(ends) * COUNT(ends); k++) {
                unsigned char const p[4] = {(unsigned char)first, (unsigned char)second, ends[k % COUNT(ends)],
                                            ends[k / COUNT(ends)]};

                for (size_t len = 0; len <= 4; len++)
                    decoded_alike(p, len);
            }
}

static void every_point_comes_back(void **state) {
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char four[4];
        uint32_t back = 0;
        size_t width;

        if (point == 0xd800)
            point = 0xe000;
        width = utf8_encode(point, four);
        if (width != (point < 0x80      ? 1u
                      : point < 0x800   ? 2u
                      : point < 0x10000 ? 3u
                                        : 4u) ||
            utf8_decode((str){four, width}, &back) != width || back != point)
            fail_msg("U+%04X comes back as U+%04X", point, back);
    }
}

#define FFFD "\xef\xbf\xbd"
static const struct {
    const char *name;
    str text;
    size_t valid; /* bytes at the start that are well-formed */
    str repaired;
    size_t count;
} texts[] = {
    {"empty", STR(""), 0, STR(""), 0},
    {"ASCII", STR("plain"), 5, STR("plain"), 0},
    {"NUL", STR("a\0b"), 3, STR("a\0b"), 0},
    {"first of two bytes", STR("\xc2\x80"), 2, STR("\xc2\x80"), 0},
    {"last of two bytes", STR("\xdf\xbf"), 2, STR("\xdf\xbf"), 0},
    {"first of three", STR("\xe0\xa0\x80"), 3, STR("\xe0\xa0\x80"), 0},
    {"before the surrogates", STR("\xed\x9f\xbf"), 3, STR("\xed\x9f\xbf"), 0},
    {"behind the surrogates", STR("\xee\x80\x80"), 3, STR("\xee\x80\x80"), 0},
    {"no character, but a code point", STR("\xef\xbf\xbf"), 3, STR("\xef\xbf\xbf"), 0},
    {"replacement itself", STR(FFFD), 3, STR(FFFD), 0},
    {"first of four", STR("\xf0\x90\x80\x80"), 4, STR("\xf0\x90\x80\x80"), 0},
    {"last of all", STR("\xf4\x8f\xbf\xbf"), 4, STR("\xf4\x8f\xbf\xbf"), 0},
    {"lone tail", STR("a\x80z"), 1, STR("a" FFFD "z"), 1},
    {"many tails", STR("\xbf\xbf\xbf"), 0, STR(FFFD FFFD FFFD), 3},
    {"overlong NUL", STR("\xc0\x80"), 0, STR(FFFD FFFD), 2},
    {"overlong DEL", STR("\xc1\xbf"), 0, STR(FFFD FFFD), 2},
    {"overlong in three", STR("\xe0\x9f\xbf"), 0, STR(FFFD FFFD FFFD), 3},
    {"overlong in four", STR("\xf0\x8f\xbf\xbf"), 0, STR(FFFD FFFD FFFD FFFD), 4},
    {"first surrogate", STR("\xed\xa0\x80"), 0, STR(FFFD FFFD FFFD), 3},
    {"last surrogate", STR("\xed\xbf\xbf"), 0, STR(FFFD FFFD FFFD), 3},
    {"beyond Unicode", STR("\xf4\x90\x80\x80"), 0, STR(FFFD FFFD FFFD FFFD), 4},
    {"five bytes, as once", STR("\xf8\x88\x80\x80\x80"), 0, STR(FFFD FFFD FFFD FFFD FFFD), 5},
    {"no such bytes", STR("\xfe\xff"), 0, STR(FFFD FFFD), 2},
    {"cut after one of two", STR("ab\xc3"), 2, STR("ab" FFFD), 1},
    {"cut after two of three", STR("\xe2\x82"), 0, STR(FFFD FFFD), 2},
    {"cut after three of four", STR("\xf0\x9f\x94"), 0, STR(FFFD FFFD FFFD), 3},
    {"letter instead of a tail", STR("\xe2\x82z\xc3\xa4"), 0, STR(FFFD FFFD "z\xc3\xa4"), 2},
    {"a head instead of a tail", STR("\xc3\xc3\xa4"), 0, STR(FFFD "\xc3\xa4"), 1},
};

static void repairs(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const out = malloc(3 * texts[i].text.len + 1); /* the sanitizer looks at its end */
        size_t repaired = 100, len;

        assert_non_null(out);
        len = utf8_repair(texts[i].text, out, &repaired);
        if (!str_eq((str){out, len}, texts[i].repaired) || repaired != 100 + texts[i].count ||
            utf8_valid(texts[i].text) != texts[i].valid)
            fail_msg("%s: %zu bytes valid, %zu repaired", texts[i].name, utf8_valid(texts[i].text), repaired - 100);
        assert_int_equal(utf8_valid((str){out, len}), len); /* what comes out is well-formed */
        free(out);
    }
}

/* A text of ASCII with one thing in it, at every place of every length: what steps of 8, 16 or 32 bytes could miss. */
static void every_place_of_every_length(void **state) {
    static const struct {
        str piece;
        bool good;
    } pieces[] = {{STR("\xc3\xa4"), true},      {STR("\xe2\x82\xac"), true}, {STR("\xf0\x9f\x94\x8d"), true},
                  {STR("\x80"), false},         {STR("\xff"), false},        {STR("\xc3"), false},
                  {STR("\xed\xa0\x80"), false}, {STR("\xf0\x9f\x94"), false}};
    (void)state;

    for (size_t len = 0; len <= 70; len++)
        for (size_t at = 0; at <= len; at++)
            for (size_t i = 0; i < COUNT(pieces); i++) {
                size_t const size = len + pieces[i].piece.len;
                char *const text = malloc(size + 1), *const out = malloc(3 * size + 1);
                size_t repaired = 0;

                assert_true(text && out);
                memset(text, 'x', size);
                memcpy(text + at, pieces[i].piece.ptr, pieces[i].piece.len);
                if (utf8_valid((str){text, size}) != (pieces[i].good ? size : at))
                    fail_msg("piece %zu at %zu of %zu: %zu valid", i, at, size, utf8_valid((str){text, size}));
                size_t const written = utf8_repair((str){text, size}, out, &repaired);
                size_t const bad = pieces[i].good ? 0 : pieces[i].piece.len;

                if (repaired != bad || written != size + 2 * bad)
                    fail_msg("piece %zu at %zu of %zu: %zu repaired, %zu written", i, at, size, repaired, written);
                free(text);
                free(out);
            }
}

/* UTF-16 the slow way, unit by unit (Unicode 3.9, D91). */
static size_t slow_utf16(const uint16_t *units, size_t count, char *out, size_t *repaired) {
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t point = units[i];
        bool const high = point >> 10 == 0xd800 >> 10, low = point >> 10 == 0xdc00 >> 10;

        if (high && i + 1 < count && units[i + 1] >> 10 == 0xdc00 >> 10)
            point = 0x10000 + ((point - 0xd800) * 0x400 + (units[++i] - 0xdc00u));
        else if (high || low) {
            point = 0xfffd;
            ++*repaired;
        }
        used += utf8_encode(point, out + used);
    }
    return used;
}

static void utf16_alike(const uint16_t *units, size_t count) {
    /* One byte off, because EVTX aligns nothing; each of its own exact size. */
    char *const bytes = malloc(2 * count + 1), *const out = malloc(3 * count + 1), *const slow = malloc(3 * count + 4);
    size_t repaired = 0, want_repaired = 0;

    assert_true(bytes && out && slow);
    for (size_t i = 0; i < count; i++) {
        bytes[1 + 2 * i] = (char)(units[i] & 0xff);
        bytes[2 + 2 * i] = (char)(units[i] >> 8);
    }
    size_t const want = slow_utf16(units, count, slow, &want_repaired);
    size_t const got = utf16le_to_utf8(bytes + 1, count, out, &repaired);

    if (got != want || memcmp(out, slow, got) != 0 || repaired != want_repaired)
        fail_msg("%zu units: %zu bytes, %zu repaired, and not %zu, %zu", count, got, repaired, want, want_repaired);
    assert_true(got <= 3 * count);
    assert_int_equal(utf8_valid((str){out, got}), got);
    free(bytes);
    free(out);
    free(slow);
}

static void utf16_every_place_of_every_length(void **state) {
    static const struct {
        uint16_t units[3];
        size_t count;
    } pieces[] = {
        {{0x00e4}, 1},         {{0x007f}, 1},         {{0x0080}, 1},         {{0x07ff}, 1},
        {{0x0800}, 1},         {{0x20ac}, 1},         {{0xffff}, 1},         {{0xd7ff}, 1},
        {{0xe000}, 1},         {{0x0000}, 1},         {{0xd83d, 0xdd0d}, 2}, {{0xd800, 0xdc00}, 2},
        {{0xdbff, 0xdfff}, 2}, {{0xd800}, 1},         {{0xdbff}, 1},         {{0xdc00}, 1},
        {{0xdfff}, 1},         {{0xdc00, 0xd800}, 2}, {{0xd800, 0xd800}, 2}, {{0xd800, 0xd83d, 0xdd0d}, 3},
        {{0xd800, 0x00e4}, 2}, {{0x4100}, 1},         {{0x8041}, 1},
    };
    uint16_t units[80];
    (void)state;

    for (size_t len = 0; len <= 40; len++)
        for (size_t at = 0; at <= len; at++)
            for (size_t i = 0; i < COUNT(pieces); i++) {
                size_t const count = len + pieces[i].count;

                for (size_t k = 0; k < count; k++)
                    units[k] = (uint16_t)('a' + k % 26);
                memcpy(units + at, pieces[i].units, pieces[i].count * sizeof *units);
                utf16_alike(units, count);
            }
}

static void utf16_every_pair(void **state) {
    static const uint16_t seconds[] = {0x0000, 0x0041, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff};
    (void)state;

    for (uint32_t first = 0; first <= 0xffff; first++)
        for (size_t i = 0; i < COUNT(seconds); i++)
            utf16_alike((const uint16_t[]){(uint16_t)first, seconds[i]}, 2);
}

static void utf16_by_hand(void **state) {
    char out[32];
    size_t repaired = 7;
    (void)state;

    assert_int_equal(utf16le_to_utf8("A\0\xe4\0\xac\x20\x3d\xd8\x0d\xdd", 5, out, &repaired), 1 + 2 + 3 + 4);
    assert_memory_equal(out, "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8d", 10);
    assert_int_equal(repaired, 7);
    assert_int_equal(utf16le_to_utf8("\x3d\xd8"
                                     "A\0\x0d\xdd",
                                     3, out, &repaired),
                     7);
    assert_memory_equal(out, FFFD "A" FFFD, 7);
    assert_int_equal(repaired, 9);
    assert_int_equal(utf16le_to_utf8("", 0, out, &repaired), 0);
}

static void beginnings_are_whole_characters(void **state) {
    str const s = STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8dz"); /* 1, 2, 3, 4 and 1 bytes */
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    (void)state;

    for (size_t max = 0; max < COUNT(kept); max++)
        assert_int_equal(utf8_first(s, max).len, kept[max]);
    assert_int_equal(utf8_first(S(""), 0).len, 0);
}

static void utf16_equals_what_it_becomes(void **state) {
    uint32_t random = 3;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        char units[2 * 40], text[3 * 40 + 16], other[3 * 40 + 16];
        size_t const count = (random = random * 1664525 + 1013904223) >> 8 & 31;
        size_t repaired = 0, len;
        bool ascii = true;

        for (size_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            uint16_t const unit = (uint16_t)(random >> 30 ? 'a' + (random >> 8 & 15) : random >> 8 & 0xffff);

            ascii &= unit < 0x80;
            memcpy(units + 2 * i, &unit, 2);
        }
        len = utf16le_to_utf8(units, count, text, &repaired);
        assert_int_equal(utf16le_is_utf8(units, count, (str){text, len}), repaired == 0);
        if (ascii)
            assert_true(len == count && utf16le_is_ascii(units, text, count));
        if (len) { /* a byte changed, or one left out */
            memcpy(other, text, len);
            other[(random >> 4) % len] ^= 1;
            assert_false(utf16le_is_utf8(units, count, (str){other, len}));
            assert_false(utf16le_is_utf8(units, count, (str){text, len - 1}));
            if (ascii)
                assert_false(utf16le_is_ascii(units, other, count));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings_are_whole_characters),
        cmocka_unit_test(utf16_equals_what_it_becomes),
        cmocka_unit_test(every_beginning),
        cmocka_unit_test(every_point_comes_back),
        cmocka_unit_test(repairs),
        cmocka_unit_test(every_place_of_every_length),
        cmocka_unit_test(utf16_every_place_of_every_length),
        cmocka_unit_test(utf16_every_pair),
        cmocka_unit_test(utf16_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
