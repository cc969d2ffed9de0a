/* test_layout: text wrapped to columns, sizes and counts as people read them, and the line of progress at every width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/progress.h"
#include "cli/terminal.h"

static void wrapping(void **state) {
    static const struct {
        const char *name, *text;
        size_t at, indent, columns;
        const char *wrapped;
    } cases[] = {
        {"nothing", "", 0, 0, 10, ""},
        {"blanks only", " \n ", 0, 0, 10, ""},
        {"fits", "one two", 0, 0, 10, "one two"},
        {"fits to the last column", "one two ab", 0, 0, 10, "one two ab"},
        {"one column too many", "one two abc", 0, 0, 10, "one two\nabc"},
        {"indented", "one two abc", 0, 2, 10, "one two\n  abc"},
        {"begins behind something", "one two", 6, 2, 10, "one\n  two"},
        {"first word does not fit behind it", "one two", 8, 2, 10, "\n  one two"},
        {"a word that is too long stays whole", "a longer-than-all b", 0, 2, 8, "a\n  longer-than-all\n  b"},
        {"alone and too long", "longer-than-all", 0, 0, 8, "longer-than-all"},
        {"alone and too long, at the indent", "longer-than-all", 4, 4, 8, "longer-than-all"},
        {"blanks and line ends become one blank", " one \n\n two  ", 0, 0, 20, "one two"},
        {"characters, not bytes", "äöü ßéñ €", 0, 0, 9, "äöü ßéñ €"},
        {"characters, one too many", "äöü ßéñ €", 0, 0, 8, "äöü ßéñ\n€"},
        {"no width", "one two three", 0, 0, SIZE_MAX, "one two three"},
        {"no room at all", "a b", 0, 0, 0, "a\nb"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};

        text_wrap(&b, str_of(cases[i].text), cases[i].at, cases[i].indent, cases[i].columns);
        if (b.failed || !str_eq(buf_str(&b), str_of(cases[i].wrapped)))
            fail_msg("%s: '%.*s'", cases[i].name, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
}

static void sizes(void **state) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},         {999, "999 bytes"},         {1000, "1.0 kB"},
        {999949, "999.9 kB"},   {999950, "1.0 MB"}, /* not "1000.0 kB" */
        {1500000000, "1.5 GB"}, {UINT64_MAX, "18446.7 PB"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[SIZE_TEXT];

        assert_string_equal(size_text(cases[i].bytes, text), cases[i].text);
        assert_true(strlen(text) <= 10);
    }
}

static void counts(void **state) {
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {123456, "123,456"},
        {1234567, "1,234,567"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[COUNT_TEXT];

        assert_string_equal(count_text(cases[i].n, text), cases[i].text);
    }
}

static void progress(void **state) {
    static const struct {
        const char *name;
        uint64_t done, total;
        double seconds;
        uint64_t findings;
        size_t columns;
        const char *line;
    } cases[] = {
        {"wide", 50000000, 200000000, 5, 1234, 100,
         "[#######-----------------------]   25 %  15 s left  1,234 findings  10.0 MB/s  50.0 MB of 200.0 MB"},
        {"usual", 50000000, 200000000, 5, 1234, 79,
         "[##--------]   25 %  15 s left  1,234 findings  10.0 MB/s  50.0 MB of 200.0 MB"},
        {"one column less", 50000000, 200000000, 5, 1234, 77,
         "[##--------]   25 %  15 s left  1,234 findings  10.0 MB/s"},
        {"narrow", 50000000, 200000000, 5, 1234, 40, " 25 %  15 s left  1,234 findings"},
        {"very narrow", 50000000, 200000000, 5, 1234, 19, " 25 %  15 s left"},
        {"no room", 50000000, 200000000, 5, 1234, 3, ""},
        {"too early to guess", 50000000, 200000000, 2, 1, 60, "[##--------]   25 %  1 finding  25.0 MB/s"},
        {"minutes", 1000000, 100000000, 10, 0, 60, "[----------]    1 %  16 min left  0 findings  100.0 kB/s"},
        {"hours", 1000000, 10000000000, 10, 0, 60, "[----------]    0 %  27.8 h left  0 findings  100.0 kB/s"},
        {"the end", 100, 100, 10, 0, 60, "[##########]  100 %  0 s left  0 findings  10 bytes/s"},
        {"more done than there was", 150, 100, 10, 0, 60, "[##########]  100 %  0 s left  0 findings  15 bytes/s"},
        {"nothing to do", 0, 0, 10, 0, 60, "[##########]  100 %  0 findings  0 bytes/s"},
        {"no time has passed", 10, 100, 0, 0, 60, "[#---------]   10 %  0 findings  0 bytes/s"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};

        progress_line(&b, cases[i].done, cases[i].total, cases[i].seconds, cases[i].findings, cases[i].columns);
        if (!str_starts(buf_str(&b), str_of(cases[i].line)) || text_columns(buf_str(&b)) > cases[i].columns)
            fail_msg("%s: '%.*s'", cases[i].name, STR_ARG(buf_str(&b)));
        buf_free(&b);
    }
}

/* Whatever the numbers, the line is never wider than it may be. */
static void progress_always_fits(void **state) {
    (void)state;

    for (size_t columns = 0; columns < 200; columns++)
        for (int shift = 0; shift < 64; shift += 3) {
            uint64_t const total = UINT64_MAX >> shift;
            struct buf b = {0};

            progress_line(&b, total / 3, total, 3.5, total, columns);
            assert_true(text_columns(buf_str(&b)) <= columns);
            buf_free(&b);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapping),
        cmocka_unit_test(sizes),
        cmocka_unit_test(counts),
        cmocka_unit_test(progress),
        cmocka_unit_test(progress_always_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
