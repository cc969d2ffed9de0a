/* Single tests on single values: wildcards against a plain reference, numbers, dates, networks, expressions and their limits,
 * other fields, and texts kept folded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf.h"
#include "detection/test.h"

static struct test_scratch scratch;

static int scratch_open(void **state) {
    struct err e;

    (void)state;
    return test_scratch_init(&scratch, &e) ? 0 : -1;
}

static int scratch_close(void **state) {
    (void)state;
    test_scratch_free(&scratch);
    return 0;
}

/* A pattern as text: * ? and ~ (a dash) are pieces, all else is text. */
static size_t pieces_of(const char *pattern, struct sigma_piece *out) {
    size_t count = 0;

    while (*pattern) {
        size_t const text = strcspn(pattern, "*?~");

        if (text)
            out[count++] = (struct sigma_piece){PIECE_TEXT, {pattern, text}};
        pattern += text;
        if (*pattern)
            out[count++] = (struct sigma_piece){*pattern == '*'   ? PIECE_ANY
                                                : *pattern == '?' ? PIECE_ONE
                                                                  : PIECE_DASH,
                                                S("")};
        pattern += *pattern != '\0';
    }
    return count;
}

static bool holds(const struct sigma_test *sigma, uint8_t type, str text) {
    struct value const v = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = type};
    struct arena *const a = arena_new(1 << 16);
    struct test t;
    struct err e = {0};
    bool ok = true, answer;

    if (!test_make(&t, sigma, a, &e))
        fail_msg("%s", e.text);
    answer = test_value(&t, &v, test_fold(&scratch, &v, &ok), &scratch, &ok);
    assert_true(ok);
    test_close(&t);
    arena_free(a);
    return answer;
}

static const struct {
    const char *name, *pattern;
    bool cased;
    uint8_t type;
    str text;
    bool answer;
} patterns[] = {
    {"nothing is nothing", "", false, VALUE_TEXT, STR(""), true},
    {"nothing is not something", "", false, VALUE_TEXT, STR("a"), false},
    {"two stars", "a*b*c", false, VALUE_TEXT, STR("aXbYbZc"), true},
    {"two stars, wrong end", "a*b*c", false, VALUE_TEXT, STR("aXbYbZcd"), false},
    {"a star returns", "*ab?d", false, VALUE_TEXT, STR("abxabcd"), true},
    {"stars side by side", "a***b", false, VALUE_TEXT, STR("ab"), true},
    {"questions", "a???", false, VALUE_TEXT,
     STR("a\xc3\xa9\xf0\x9f\x98\x80"
         "b"),
     true},
    {"questions, one too few", "a???", false, VALUE_TEXT, STR("ab\xc3\xa9"), false},
    {"questions, one too many", "a??", false, VALUE_TEXT, STR("abcd"), false},
    {"dashes of all kinds", "~~~~~", false, VALUE_TEXT, STR("-/\xe2\x80\x93\xe2\x80\x94\xe2\x80\x95"), true},
    {"no dash", "~a", false, VALUE_TEXT, STR("+a"), false},
    {"half a dash", "~", false, VALUE_TEXT, STR("\xe2\x80"), false},
    {"dash behind a star", "*~exec", false, VALUE_TEXT, STR("a-b /EXEC"), true},
    {"folding beyond ASCII",
     "stra\xc3\x9f"
     "e*",
     false, VALUE_TEXT,
     STR("STRA\xe1\xba\x9e"
         "EN"),
     true},
    {"no full folding", "strasse", false, VALUE_TEXT,
     STR("stra\xc3\x9f"
         "e"),
     false},
    {"cased", "A*b", true, VALUE_TEXT, STR("Axb"), true},
    {"cased not", "A*b", true, VALUE_TEXT, STR("axb"), false},
    {"of null", "*", false, VALUE_NULL, STR(""), false},
    {"of a number", "1200", false, VALUE_NUMBER, STR("1.2e3"), true},
    {"of a number with star", "12*", false, VALUE_NUMBER, STR("1.2e3"), true},
    {"of a number, not as written", "1.2e3", false, VALUE_NUMBER, STR("1.2e3"), false},
    {"of true", "t*", false, VALUE_BOOL, STR("true"), true},
};

static void wildcards(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        struct sigma_piece pieces[16];
        struct sigma_test const sigma = {.op = TEST_PATTERN,
                                         .cased = patterns[i].cased,
                                         .pieces = pieces,
                                         .piece_count = pieces_of(patterns[i].pattern, pieces)};

        if (holds(&sigma, patterns[i].type, patterns[i].text) != patterns[i].answer)
            fail_msg("%s", patterns[i].name);
    }
}

/* What a pattern means, by trying everything. */
static bool reference(const struct sigma_piece *p, size_t count, const char *s) {
    if (count == 0)
        return *s == '\0';
    switch (p->type) {
    case PIECE_TEXT:
        return strncmp(s, p->text.ptr, p->text.len) == 0 && reference(p + 1, count - 1, s + p->text.len);
    case PIECE_ONE:
        return *s && reference(p + 1, count - 1, s + 1);
    case PIECE_DASH:
        return (*s == '-' || *s == '/') && reference(p + 1, count - 1, s + 1);
    case PIECE_ANY:
        for (;; s++) {
            if (reference(p + 1, count - 1, s))
                return true;
            if (!*s)
                return false;
        }
    }
    return false;
}

static uint32_t roll(uint64_t *dice, uint32_t sides) {
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % sides;
}

static void random_wildcards(void **state) {
    static const char of[] = "ab*?~*", in[] = "ab-/";
    uint64_t dice = 20240325;
    size_t yes = 0;

    (void)state;
    for (int i = 0; i < 60000; i++) {
        char pattern[12], text[12];
        struct sigma_piece pieces[12];
        size_t const m = roll(&dice, 8), n = roll(&dice, 10);
        struct sigma_test sigma = {.op = TEST_PATTERN, .pieces = pieces};

        for (size_t k = 0; k < m; k++)
            pattern[k] = of[roll(&dice, 6)];
        for (size_t k = 0; k < n; k++)
            text[k] = in[roll(&dice, 4)];
        pattern[m] = text[n] = '\0';
        sigma.piece_count = pieces_of(pattern, pieces);
        bool const expected = reference(pieces, sigma.piece_count, text);

        yes += expected;
        sigma.cased = roll(&dice, 2);
        if (holds(&sigma, VALUE_TEXT, (str){text, n}) != expected)
            fail_msg("'%s' on '%s' should be %d", pattern, text, expected);
    }
    assert_true(yes > 3000);
}

/* A pattern of many stars on a text that nearly fits takes length times pattern, no more. */
static void many_stars_are_quick(void **state) {
    static char text[20000];
    static struct sigma_piece pieces[100];
    struct sigma_test sigma = {.op = TEST_PATTERN, .pieces = pieces};

    (void)state;
    for (size_t i = 0; i < 96; i += 2) {
        pieces[i] = (struct sigma_piece){PIECE_ANY, S("")};
        pieces[i + 1] = (struct sigma_piece){PIECE_TEXT, S("aa")};
    }
    pieces[96] = (struct sigma_piece){PIECE_TEXT, S("b")};
    sigma.piece_count = 97;
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 20; i++)
        assert_false(holds(&sigma, VALUE_TEXT, (str){text, sizeof text}));
}

#define COMPARED(how, bound)                                                                                           \
    { .op = TEST_COMPARE, .compare = how, .number = STR(bound) }
#define PART(which, how, bound)                                                                                        \
    { .op = TEST_TIME, .part = which, .compare = how, .number = STR(bound) }

static const struct {
    const char *name;
    struct sigma_test sigma;
    uint8_t type;
    str text;
    bool answer;
} others[] = {
    {"number", {.op = TEST_NUMBER, .number = STR("1")}, VALUE_NUMBER, STR("1.0"), true},
    {"number as text must be plain", {.op = TEST_NUMBER, .number = STR("1")}, VALUE_TEXT, STR("1.0"), false},
    {"number is no truth", {.op = TEST_NUMBER, .number = STR("1")}, VALUE_BOOL, STR("true"), false},
    {"number is no hexadecimal", {.op = TEST_NUMBER, .number = STR("16")}, VALUE_TEXT, STR("0x10"), false},
    {"64 bits exactly", COMPARED(COMPARE_GTE, "9007199254740993"), VALUE_NUMBER, STR("9007199254740992"), false},
    {"beyond 64 bits", COMPARED(COMPARE_GT, "18446744073709551615"), VALUE_TEXT, STR("18446744073709551616"), true},
    {"less", COMPARED(COMPARE_LT, "-1"), VALUE_TEXT, STR("-1.5"), true},
    {"no number", COMPARED(COMPARE_LT, "5"), VALUE_TEXT, STR("x"), false},
    {"null compares with nothing", COMPARED(COMPARE_LT, "5"), VALUE_NULL, STR(""), false},
    {"month", PART(TIME_MONTH, COMPARE_EQ, "3"), VALUE_TEXT, STR("2024-03-25T22:10:00Z"), true},
    {"ISO week", PART(TIME_WEEK, COMPARE_EQ, "53"), VALUE_TEXT, STR("2021-01-01T00:00:00Z"), true},
    {"as written, no zone applied", PART(TIME_HOUR, COMPARE_EQ, "23"), VALUE_TEXT, STR("2024-03-25T23:10:00-11:00"),
     true},
    {"a 12-hour clock", PART(TIME_HOUR, COMPARE_EQ, "21"), VALUE_TEXT, STR("5/18/2021 9:13:33 PM"), true},
    {"hour without year", PART(TIME_HOUR, COMPARE_EQ, "6"), VALUE_TEXT, STR("Dec 10 06:55:46"), true},
    {"no year", PART(TIME_YEAR, COMPARE_GTE, "0"), VALUE_TEXT, STR("Dec 10 06:55:46"), false},
    {"no week without year", PART(TIME_WEEK, COMPARE_GTE, "0"), VALUE_TEXT, STR("Dec 10 06:55:46"), false},
    {"no date", PART(TIME_YEAR, COMPARE_GT, "0"), VALUE_TEXT, STR("yesterday"), false},
    {"digits are no date", PART(TIME_YEAR, COMPARE_GT, "0"), VALUE_TEXT, STR("20240325"), false},
    {"true", {.op = TEST_BOOL, .boolean = true}, VALUE_TEXT, STR("True"), true},
    {"true is no number", {.op = TEST_BOOL, .boolean = true}, VALUE_NUMBER, STR("1"), false},
    {"expression",
     {.op = TEST_REGEX, .regex = STR("^a.c$")},
     VALUE_TEXT,
     STR("a\xc3\xa9"
         "c"),
     true},
    {"expression stops at lines", {.op = TEST_REGEX, .regex = STR("a.c")}, VALUE_TEXT, STR("a\nc"), false},
    {"ASCII classes", {.op = TEST_REGEX, .regex = STR("^\\w$")}, VALUE_TEXT, STR("\xc3\xa9"), false},
    {"bytes",
     {.op = TEST_BYTES, .pieces = &(struct sigma_piece){PIECE_TEXT, STR("a\0")}, .piece_count = 1},
     VALUE_TEXT,
     STR("a\0"),
     true},
    {"bytes have case",
     {.op = TEST_BYTES, .pieces = &(struct sigma_piece){PIECE_TEXT, STR("a\0")}, .piece_count = 1},
     VALUE_TEXT,
     STR("A\0"),
     false},
};

static void everything_else(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        if (holds(&others[i].sigma, others[i].type, others[i].text) != others[i].answer)
            fail_msg("%s", others[i].name);
}

static void bad_expressions_are_refused(void **state) {
    static const str bad[] = {STR("(a"), STR("a**b)"), STR("[a"), STR("\xff"), STR("(?<n"), STR("a{3,2}")};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sigma_test const sigma = {.op = TEST_REGEX, .regex = bad[i], .line = 7};
        struct arena *const a = arena_new(1 << 12);
        struct err e = {0};
        struct test t;

        if (test_make(&t, &sigma, a, &e) || e.code != ERR_USAGE || !strstr(e.text, "line 7"))
            fail_msg("'%.*s': %s", STR_ARG(bad[i]), e.text);
        test_close(&t);
        arena_free(a);
    }
}

/* An expression that would take for ever is given up, counted, and no match. */
static void endless_expressions_are_given_up(void **state) {
    struct sigma_test const sigma = {.op = TEST_REGEX, .regex = STR("^(a+)+(b|c)$")};
    static char text[40];
    uint64_t const before = scratch.regex_limits;

    (void)state;
    memset(text, 'a', sizeof text);
    text[39] = 'd';
    assert_false(holds(&sigma, VALUE_TEXT, (str){text, sizeof text}));
    assert_int_equal(scratch.regex_limits, before + 1);
}

static void other_fields(void **state) {
    static const struct {
        enum sigma_fieldref how;
        uint8_t other_type;
        str value, other;
        bool answer;
    } refs[] = {
        {FIELDREF_EQUALS, VALUE_TEXT, STR("Ab\xc3\x89"), STR("aB\xc3\xa9"), true},
        {FIELDREF_EQUALS, VALUE_TEXT, STR("abc"), STR("a*"), false},
        {FIELDREF_EQUALS, VALUE_NUMBER, STR("10"), STR("1e1"), true},
        {FIELDREF_EQUALS, VALUE_NULL, STR("x"), STR(""), false},
        {FIELDREF_CONTAINS, VALUE_TEXT, STR("xABCx"), STR("abc"), true},
        {FIELDREF_CONTAINS, VALUE_TEXT, STR("x"), STR(""), true},
        {FIELDREF_STARTSWITH, VALUE_TEXT, STR("ABCx"), STR("abc"), true},
        {FIELDREF_STARTSWITH, VALUE_TEXT, STR("xABC"), STR("abc"), false},
        {FIELDREF_ENDSWITH, VALUE_TEXT, STR("xABC"), STR("abc"), true},
        {FIELDREF_ENDSWITH, VALUE_TEXT, STR("c"), STR("abc"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refs); i++) {
        struct sigma_test const sigma = {.op = TEST_FIELDREF, .fieldref = refs[i].how};
        struct value const v = {.ptr = refs[i].value.ptr, .len = (uint32_t)refs[i].value.len, .type = VALUE_TEXT};
        struct value const other = {
            .ptr = refs[i].other.ptr, .len = (uint32_t)refs[i].other.len, .type = refs[i].other_type};
        struct arena *const a = arena_new(1 << 12);
        struct test t;
        struct err e;
        bool ok = true;

        assert_true(test_make(&t, &sigma, a, &e));
        if (test_fieldref(&t, &v, &other, &scratch, &ok) != refs[i].answer || !ok)
            fail_msg("reference %zu", i);
        test_close(&t);
        arena_free(a);
    }
}

static void folded_texts_are_kept(void **state) {
    static char many[300][8], large[40000];
    struct value v = {.ptr = "ABC", .len = 3, .type = VALUE_TEXT};
    bool ok = true;

    (void)state;
    test_forget(&scratch);
    assert_true(str_eq(test_fold_kept(&scratch, &v, &ok), S("abc")));
    v.len = 2; /* the same place, another text */
    assert_true(str_eq(test_fold_kept(&scratch, &v, &ok), S("ab")));
    for (int turn = 0; turn < 3; turn++)
        for (size_t i = 0; i < COUNT(many); i++) {
            char expected[8];
            int const len = snprintf(many[i], sizeof many[i], "T%zuX", i);

            snprintf(expected, sizeof expected, "t%zux", i);
            v = (struct value){.ptr = many[i], .len = (uint32_t)len, .type = VALUE_TEXT};
            if (!str_eq(test_fold_kept(&scratch, &v, &ok), str_of(expected)))
                fail_msg("text %zu", i);
        }
    memset(large, 'A', sizeof large);
    v = (struct value){.ptr = large, .len = sizeof large, .type = VALUE_TEXT};
    assert_int_equal(test_fold_kept(&scratch, &v, &ok).ptr[39999], 'a');
    /* Texts change their meaning only after test_forget. */
    v = (struct value){.ptr = many[0], .len = 3, .type = VALUE_TEXT};
    memcpy(many[0], "Q1Q", 3);
    test_forget(&scratch);
    assert_true(str_eq(test_fold_kept(&scratch, &v, &ok), S("q1q")) && ok);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards),
        cmocka_unit_test(random_wildcards),
        cmocka_unit_test(many_stars_are_quick),
        cmocka_unit_test(everything_else),
        cmocka_unit_test(bad_expressions_are_refused),
        cmocka_unit_test(endless_expressions_are_given_up),
        cmocka_unit_test(other_fields),
        cmocka_unit_test(folded_texts_are_kept),
    };

    return cmocka_run_group_tests_name("test", tests, scratch_open, scratch_close);
}
