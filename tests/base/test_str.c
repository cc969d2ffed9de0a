/* test_str: views compared, searched, cut and read as numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void order(void **state) {
    /* Each is below all that follow. */
    static const str sorted[] = {STR(""),   STR("\0"), STR("\0\0"), STR("A"),    STR("A\0"),  STR("AB"),      STR("a"),
                                 STR("ab"), STR("b"),  STR("\x7f"), STR("\x80"), STR("\xff"), STR("\xff\x01")};
    (void)state;

    for (size_t i = 0; i < COUNT(sorted); i++)
        for (size_t k = 0; k < COUNT(sorted); k++) {
            int const order = str_cmp(sorted[i], sorted[k]);

            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("%zu against %zu: %d", i, k, order);
            assert_int_equal(str_eq(sorted[i], sorted[k]), i == k);
        }
}

static const struct {
    str a, b;
    bool same;
} caseless[] = {
    {STR(""), STR(""), true},
    {STR("Channel"), STR("cHANNEL"), true},
    {STR("AZaz09"), STR("azAZ09"), true},
    {STR("a\0B"), STR("A\0b"), true},
    {STR("\xc3\x84"), STR("\xc3\x84"), true},
    {STR("a"), STR(""), false},
    {STR("a"), STR("ab"), false},
    {STR("ab"), STR("ac"), false},
    {STR("@"), STR("`"), false},               /* beside A and a */
    {STR("["), STR("{"), false},               /* beside Z and z */
    {STR("\xc3\x84"), STR("\xc3\xa4"), false}, /* only A-Z */
    {STR("1"), STR("Q"), false},               /* apart by 32 */
};

static void equal_but_for_case(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(caseless); i++)
        if (str_eq_ascii(caseless[i].a, caseless[i].b) != caseless[i].same ||
            str_eq_ascii(caseless[i].b, caseless[i].a) != caseless[i].same)
            fail_msg("case %zu", i);
}

#define NONE SIZE_MAX
static const struct {
    str s, what;
    size_t at;
} finds[] = {
    {STR("abc"), STR("a"), 0},      {STR("abc"), STR("c"), 2},    {STR("abc"), STR("abc"), 0},
    {STR("ababc"), STR("abc"), 2},  {STR("aab"), STR("ab"), 1},   {STR("a\0b"), STR("\0b"), 1},
    {STR(""), STR(""), 0},          {STR("abc"), STR(""), 0},     {STR(""), STR("a"), NONE},
    {STR("ab"), STR("abc"), NONE},  {STR("abc"), STR("B"), NONE}, {STR("abab"), STR("abb"), NONE},
    {STR("abc"), STR("c\0"), NONE}, {STR("ac"), STR("ab"), NONE},
};

static void found(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(finds); i++) {
        if (str_find(finds[i].s, finds[i].what) != finds[i].at)
            fail_msg("case %zu: %zu", i, str_find(finds[i].s, finds[i].what));
        if (finds[i].what.len == 1)
            assert_true(str_find_byte(finds[i].s, finds[i].what.ptr[0]) == finds[i].at);
    }
    assert_true(str_find_byte(S("a\0b\xff"), '\0') == 1 && str_find_byte(S("a\0b\xff"), '\xff') == 3);
    assert_true(str_find_byte((str){"abc", 2}, 'c') == NONE); /* beyond the view */
}

static size_t found_slowly(str s, str what) {
    for (size_t i = 0; i + what.len <= s.len; i++)
        if (!what.len || memcmp(s.ptr + i, what.ptr, what.len) == 0)
            return i;
    return NONE;
}

/* Texts of few letters, in memory of their own so that a sanitizer sees a byte too many; long runs of what begins and ends right, and is not it. */
static void found_wherever_it_is(void **state) {
    uint32_t random = 1;
    size_t hits = 0;

    (void)state;
    for (unsigned n = 0; n < 60000; n++) {
        uint32_t const letters = 1 + n % 3;
        size_t const len = n % 29 == 0 ? 1500 : (random = random * 1664525 + 1013904223) >> 16 & 127;
        size_t const most = n % 31 == 0 ? 40 : 5;
        char *const text = malloc(len + 1), *const what = malloc(most + 1);

        assert_true(text && what);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)('a' + ((random = random * 1664525 + 1013904223) >> 24) % letters);
        size_t const what_len = ((random = random * 1664525 + 1013904223) >> 16) % most;

        for (size_t i = 0; i < what_len; i++)
            what[i] = (char)('a' + ((random = random * 1664525 + 1013904223) >> 24) % letters);
        if (n % 2 && what_len && what_len < len) /* at the end, for once */
            memcpy(text + len - what_len, what, what_len);
        char *const mine = malloc(len ? len : 1), *const needle = malloc(what_len ? what_len : 1);

        assert_true(mine && needle);
        memcpy(mine, text, len);
        memcpy(needle, what, what_len);
        size_t const at = str_find((str){mine, len}, (str){needle, what_len});

        if (at != found_slowly((str){text, len}, (str){what, what_len}))
            fail_msg("%.*s in %.*s: %zu", (int)what_len, what, (int)len, text, at);
        hits += at != NONE;
        free(mine);
        free(needle);
        free(text);
        free(what);
    }
    assert_true(hits > 10000 && hits < 59000);
    char *const many = malloc(5000);

    assert_non_null(many);
    memset(many, 'a', 5000);
    assert_true(str_find((str){many, 5000}, S("aba")) == NONE);
    many[4998] = 'b';
    assert_true(str_find((str){many, 5000}, S("aba")) == 4997 && str_find((str){many, 4999}, S("aba")) == NONE);
    free(many);
}

static void ends(void **state) {
    (void)state;
    assert_true(str_starts(S("abc"), S("")) && str_starts(S("abc"), S("ab")) && str_starts(S("abc"), S("abc")));
    assert_false(str_starts(S("abc"), S("abcd")) || str_starts(S("abc"), S("b")) || str_starts(S(""), S("a")) ||
                 str_starts(S("abc"), S("AB")));
    assert_true(str_ends(S("abc"), S("")) && str_ends(S("abc"), S("bc")) && str_ends(S("abc"), S("abc")) &&
                str_ends(S(""), S("")));
    assert_false(str_ends(S("abc"), S("zabc")) || str_ends(S("abc"), S("b")) || str_ends(S(""), S("a")));
}

static void cuts(void **state) {
    str const s = S("abc");
    (void)state;

    assert_true(str_eq(str_from(s, 0), s) && str_eq(str_from(s, 2), S("c")));
    for (size_t from = 3; from < 6; from++)
        assert_true(str_from(s, from).len == 0 && str_from(s, from).ptr != NULL);
    assert_int_equal(str_from(s, SIZE_MAX).len, 0);
    assert_true(str_eq(str_first(s, 2), S("ab")) && str_eq(str_first(s, 3), s) && str_eq(str_first(s, SIZE_MAX), s));
    assert_int_equal(str_first(s, 0).len, 0);
    assert_true(str_of(NULL).len == 0 && str_of(NULL).ptr != NULL);
    assert_int_equal(str_of("ab\0c").len, 2);
    assert_int_equal(S("ab\0c").len, 4);
}

static const struct {
    str s;
    const char *trimmed;
} trims[] = {
    {STR(""), ""},        {STR("a"), "a"},         {STR(" a b\t"), "a b"},        {STR("\r\n\ta\n"), "a"},
    {STR(" \t\r\n"), ""}, {STR("\va\f"), "\va\f"}, {STR("\xc2\xa0"), "\xc2\xa0"}, /* these are no blanks here */
};

static void trimmed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(trims); i++)
        if (!str_eq(str_trim(trims[i].s), str_of(trims[i].trimmed)))
            fail_msg("case %zu: '%.*s'", i, STR_ARG(str_trim(trims[i].s)));
    assert_true(str_eq(str_trim(S("\0 ")), S("\0")));
}

static const struct {
    const char *text;
    uint64_t max;
    bool ok;
    uint64_t n;
} wholes[] = {
    {"0", 0, true, 0},
    {"00", 0, true, 0},
    {"9", 9, true, 9},
    {"0042", 42, true, 42},
    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
    {"000000000000000000000000000007", 7, true, 7},
    {"18446744073709551614", UINT64_MAX, true, UINT64_MAX - 1},
    {"10", 9, false, 0},
    {"18446744073709551616", UINT64_MAX, false, 0},
    {"18446744073709551620", UINT64_MAX, false, 0},
    {"184467440737095516150", UINT64_MAX, false, 0},
    {"", 9, false, 0},
    {"-1", 9, false, 0},
    {"+1", 9, false, 0},
    {" 1", 9, false, 0},
    {"1 ", 99, false, 0},
    {"1.0", 99, false, 0},
    {"0x1", 99, false, 0},
    {"1e1", 99, false, 0},
    {"\xd9\xa1", 99, false, 0}, /* ARABIC-INDIC DIGIT ONE */
    {"1/", 99, false, 0},       /* beside 0 */
    {"1:", 99, false, 0},       /* beside 9 */
};

static void whole_numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wholes); i++) {
        uint64_t n = 4711;
        bool const ok = str_u64(str_of(wholes[i].text), wholes[i].max, &n);

        if (ok != wholes[i].ok || n != (ok ? wholes[i].n : 4711))
            fail_msg("'%s': %d, %lu", wholes[i].text, ok, (unsigned long)n);
    }
    uint64_t n = 4711;

    assert_false(str_u64(S("1\0"), 99, &n));
    assert_true(str_u64((str){"123", 2}, 99, &n) && n == 12);
}

/* At every place against the bytes that are looked at together, and what only looks so. */
static void lines_are_found_by_how_they_begin(void **state) {
    char text[140];
    (void)state;

    assert_true(str_find_line(S("From a\nFrom b"), 0, S("From ")) == 7);
    assert_true(str_find_line(S("From a\nFrom b"), 7, S("From ")) == NONE);
    assert_true(str_find_line(S("\n--"), 0, S("--")) == 1 && str_find_line(S("\n-"), 0, S("--")) == NONE);
    assert_true(str_find_line(S(""), 0, S("--")) == NONE && str_find_line(S("x"), 5, S("--")) == NONE);
    assert_true(str_find_line((str){"\n---", 2}, 0, S("--")) == NONE); /* beyond the view */
    for (size_t at = 1; at + 2 <= sizeof text; at++) {
        memset(text, '-', sizeof text);
        text[at - 1] = '\n';
        for (size_t from = 0; from < sizeof text; from++)
            assert_true(str_find_line((str){text, sizeof text}, from, S("--")) == (from < at ? at : NONE));
        for (size_t len = 0; len < sizeof text; len++)
            assert_true(str_find_line((str){text, len}, 0, S("--")) == (len >= at + 2 ? at : NONE));
        text[at + 1] = 'x';
        assert_true(str_find_line((str){text, sizeof text}, 0, S("--")) == NONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(equal_but_for_case),
        cmocka_unit_test(found),
        cmocka_unit_test(ends),
        cmocka_unit_test(found_wherever_it_is),
        cmocka_unit_test(cuts),
        cmocka_unit_test(trimmed),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(lines_are_found_by_how_they_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
