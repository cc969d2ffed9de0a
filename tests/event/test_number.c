/* test_number: canonical spellings, what may count as a number, and order, exactly and at any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/number.h"

static const struct {
    const char *text, *canonical; /* NULL: no number */
} numbers[] = {
    {"0", "0"},
    {"-0", "0"},
    {"0.0", "0"},
    {"-0.000", "0"},
    {"0e999999999999", "0"},
    {"0.000e-5", "0"},
    {"7", "7"},
    {"-7", "-7"},
    {"10", "10"},
    {"100200", "100200"},
    {"1.5", "1.5"},
    {"1.50", "1.5"},
    {"1.000", "1"},
    {"10.010", "10.01"},
    {"0.001", "0.001"},
    {"0.0010", "0.001"},
    {"1e3", "1000"},
    {"1E+3", "1000"},
    {"1e-3", "0.001"},
    {"1.5e1", "15"},
    {"1.5e0", "1.5"},
    {"1.25e1", "12.5"},
    {"-12.340e1", "-123.4"},
    {"100e-2", "1"},
    {"120e-2", "1.2"},
    {"0.1e1", "1"},
    {"0.01e1", "0.1"},
    {"1e0000000001", "10"},
    {"007", "7"},
    {"-00.50", "-0.5"},
    {"18446744073709551616", "18446744073709551616"},
    {"9007199254740993", "9007199254740993"}, /* no double holds it */
    {"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
    {"", NULL},
    {"-", NULL},
    {"+1", NULL},
    {"--1", NULL},
    {".5", NULL},
    {"-.5", NULL},
    {"5.", NULL},
    {"5.e1", NULL},
    {"1..2", NULL},
    {"1.2.3", NULL},
    {"1e", NULL},
    {"1e+", NULL},
    {"1e-", NULL},
    {"1e1.5", NULL},
    {"1e1e1", NULL},
    {"e1", NULL},
    {"0x10", NULL},
    {" 1", NULL},
    {"1 ", NULL},
    {"1,5", NULL},
    {"1_000", NULL},
    {"Infinity", NULL},
    {"nan", NULL},
    {"\xd9\xa1", NULL}, /* ARABIC-INDIC DIGIT ONE */
    {"1e401", NULL},
    {"1e-400", NULL},
    {"1e99999999999999999999", NULL},
    {"1e-99999999999999999999", NULL},
};

static void canonical(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char out[NUMBER_TEXT_MAX];
        size_t len = 0;
        bool const ok = number_canonical(str_of(numbers[i].text), out, &len);

        if (ok != (numbers[i].canonical != NULL) || (ok && !str_eq((str){out, len}, str_of(numbers[i].canonical))))
            fail_msg("'%s' is '%.*s'", numbers[i].text, ok ? (int)len : 2, ok ? out : "no");
        if (!ok)
            continue;
        char again[NUMBER_TEXT_MAX];
        size_t again_len;

        assert_true(number_canonical((str){out, len}, again, &again_len)); /* its own canonical spelling */
        assert_true(str_eq((str){again, again_len}, (str){out, len}));
        assert_true(number_is_decimal((str){out, len}));
    }
    char out[NUMBER_TEXT_MAX];
    size_t len;

    assert_false(number_canonical(S("1\0"), out, &len));
}

/* Forms of n digits, and the length of their canonical spelling: that alone decides. */
static void as_long_as_fits(void **state) {
    static const struct {
        const char *name, *head, *digit, *tail;
        size_t longer; /* canonical: n + longer; or fixed, when `same` */
        size_t same;
    } forms[] = {
        {"whole", "", "7", "", 0, 0},
        {"negative", "-", "7", "", 1, 0},
        {"fraction", "0.", "7", "", 2, 0},
        {"small", "0.0", "7", "", 3, 0},
        {"both", "1.", "7", "", 2, 0},
        {"whole zeros", "1", "0", "", 1, 0},
        {"small by zeros", "0.", "0", "1", 3, 0},
        {"negative fraction", "-0.", "7", "", 3, 0},
        {"zeros inside", "1", "0", "1", 2, 0},
        {"leading zeros", "", "0", "5", 0, 1},
        {"trailing zeros", "5.0", "0", "", 0, 1},
        {"only zeros", "0.0", "0", "", 0, 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(forms); i++)
        for (size_t n = 1; n <= 2 * NUMBER_TEXT_MAX; n++) {
            char text[2 * NUMBER_TEXT_MAX + 16], out[NUMBER_TEXT_MAX];
            size_t used = (size_t)snprintf(text, sizeof text, "%s", forms[i].head), len = 0;
            size_t const want = forms[i].same ? forms[i].same : n + forms[i].longer;

            memset(text + used, forms[i].digit[0], n);
            used += n;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", forms[i].tail);
            bool const ok = number_canonical((str){text, used}, out, &len);

            if (ok != (want <= NUMBER_TEXT_MAX) || (ok && len != want))
                fail_msg("%s, %zu digits: %s, %zu", forms[i].name, n, ok ? "taken" : "not", len);
            if (ok && !forms[i].same)
                assert_memory_equal(out, text, len);
        }
}

/* What digits shift one way and the exponent the other is one number, also where it is longer than any that is kept. */
static void exponents_are_exact(void **state) {
    static const struct {
        size_t zeros;
        const char *exponent, *canonical;
    } shifts[] = {
        {99999, "e100000", "1"},
        {99998, "e100000", "10"},
        {1000000, "e1000001", "1"},
        {1000000, "e1000000", "0.1"},
        {100000, "e1000000", NULL},
        {1000000, "e100000", NULL},
        {1000000, "e99999999999999999999", NULL},
        {1000000, "e-1", NULL},
    };
    char *const text = malloc(1000100);
    (void)state;

    assert_non_null(text);
    for (size_t i = 0; i < COUNT(shifts); i++) {
        char out[NUMBER_TEXT_MAX];
        size_t const exponent = strlen(shifts[i].exponent), zeros = shifts[i].zeros;
        size_t len = 0;

        memcpy(text, "0.", 2);
        memset(text + 2, '0', zeros);
        text[2 + zeros] = '1';
        memcpy(text + 3 + zeros, shifts[i].exponent, exponent);
        bool const ok = number_canonical((str){text, 3 + zeros + exponent}, out, &len);

        if (ok != (shifts[i].canonical != NULL) || (ok && !str_eq((str){out, len}, str_of(shifts[i].canonical))))
            fail_msg("%zu zeros, %s: %.*s", zeros, shifts[i].exponent, ok ? (int)len : 2, ok ? out : "no");
    }
    free(text);
}

static const char *const decimal[] = {
    "0", "-0", "10", "-1", "0.5", "1.50", "0.0", "-0.0", "123456789012345678901234567890", "0.000000000000001"};
static const char *const not_decimal[] = {"",    "-",   "+1",  "01",   "00",   "-01",   "00.5", ".5",      "-.5", "5.",
                                          "1e5", "1E5", "1 ",  " 1",   "1.5.", "1.5.2", "1.-5", "0x1",     "1,5", "--1",
                                          "1a",  "a1",  "1/2", "1:30", "-",    "nan",   "inf",  "\xd9\xa1"};

static void decimals(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(decimal); i++) {
        char out[NUMBER_TEXT_MAX];
        size_t len;

        if (!number_is_decimal(str_of(decimal[i])) || !number_canonical(str_of(decimal[i]), out, &len))
            fail_msg("'%s' is none", decimal[i]);
    }
    for (size_t i = 0; i < COUNT(not_decimal); i++)
        if (number_is_decimal(str_of(not_decimal[i])))
            fail_msg("'%s' is one", not_decimal[i]);
    assert_false(number_is_decimal(S("1\0")));
}

static void order(void **state) {
    static const char *const sorted[] = {"-18446744073709551616",
                                         "-1000",
                                         "-10.01",
                                         "-10",
                                         "-9.5",
                                         "-9.25",
                                         "-9",
                                         "-1",
                                         "-0.5",
                                         "-0.05",
                                         "-0.005",
                                         "0",
                                         "0.005",
                                         "0.05",
                                         "0.051",
                                         "0.5",
                                         "0.51",
                                         "1",
                                         "1.1",
                                         "9",
                                         "9.25",
                                         "9.5",
                                         "10",
                                         "10.01",
                                         "99.9",
                                         "100",
                                         "1000",
                                         "9007199254740992",
                                         "9007199254740993",
                                         "18446744073709551615",
                                         "18446744073709551616"};
    (void)state;

    for (size_t i = 0; i < COUNT(sorted); i++)
        for (size_t k = 0; k < COUNT(sorted); k++) {
            int const got = number_compare(str_of(sorted[i]), str_of(sorted[k]));

            if ((got > 0) - (got < 0) != (i > k) - (i < k))
                fail_msg("%s against %s: %d", sorted[i], sorted[k], got);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(canonical), cmocka_unit_test(as_long_as_fits),
                                       cmocka_unit_test(exponents_are_exact), cmocka_unit_test(decimals),
                                       cmocka_unit_test(order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
