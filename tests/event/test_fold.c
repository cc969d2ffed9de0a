/* test_fold: every character of Unicode against CaseFolding.txt itself (Debian's unicode-data), and folding of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf.h"
#include "event/fold.h"

#define POINTS 0x110000u

/* Folded point by point: what fold_text must give, however it gets there. */
static size_t fold_slowly(str s, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < s.len;) {
        uint32_t point;
        size_t const width = utf8_decode(str_from(s, i), &point);

        assert_true(width > 0);
        used += utf8_encode(fold_point(point), out + used);
        i += width;
    }
    return used;
}

static void all_of_unicode(void **state) {
    uint32_t *const folds = malloc(POINTS * sizeof *folds);
    FILE *const f = fopen("/usr/share/unicode/CaseFolding.txt", "r");
    char line[512];
    unsigned listed = 0;
    (void)state;

    assert_non_null(folds);
    assert_non_null(f);
    for (uint32_t i = 0; i < POINTS; i++)
        folds[i] = i;
    while (fgets(line, sizeof line, f)) {
        unsigned from, to;
        char status;

        if (sscanf(line, "%x; %c; %x;", &from, &status, &to) == 3 && (status == 'C' || status == 'S')) {
            folds[from] = to;
            listed++;
        }
    }
    fclose(f);
    assert_true(listed > 1400); /* Unicode 15: 1,454 */
    for (uint32_t i = 0; i < POINTS; i++)
        if (fold_point(i) != folds[i])
            fail_msg("U+%04X folds to U+%04X, not to U+%04X", i, fold_point(i), folds[i]);
    assert_int_equal(fold_point(UINT32_MAX), UINT32_MAX);
    free(folds);
}

/* Each character at each place of a sixteen-byte step, between capitals. */
static void places(void **state) {
    (void)state;
    for (uint32_t point = 0; point < POINTS; point++) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        if (point > 0x3000 && point % 61 != 0 && fold_point(point) == point)
            continue;
        for (size_t before = 0; before < 18; before += point < 0x600 ? 1 : 5) {
            char text[64], want[160];
            size_t len = before;

            memset(text, 'A', before);
            len += utf8_encode(point, text + len);
            memset(text + len, 'Z', 17);
            len += 17;
            char *const out = malloc(2 * len + 16); /* exactly what the header asks for */

            assert_non_null(out);
            size_t const used = fold_text((str){text, len}, out), expected = fold_slowly((str){text, len}, want);

            if (!str_eq((str){out, used}, (str){want, expected}))
                fail_msg("U+%04X behind %zu bytes", point, before);
            assert_true(fold_equal((str){text, len}, (str){out, used}));
            free(out);
        }
    }
}

static void growing_text_fits(void **state) {
    char text[2 * 500], *const out = malloc(2 * sizeof text + 16);
    (void)state;

    assert_non_null(out);
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc8\xba", 2); /* U+023A folds to U+2C65: three bytes */
    assert_int_equal(fold_text((str){text, sizeof text}, out), 1500);
    free(out);
}

static void equality(void **state) {
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"", "", true},
        {"PowerShell.EXE", "powershell.exe", true},
        {"stra\xc3\x9f"
         "e",
         "STRA\xe1\xba\x9e"
         "E",
         true}, /* capital sharp s */
        {"\xce\xa3\xce\x8a\xce\xa3\xce\xa5\xce\xa6\xce\x9f\xce\xa3",
         "\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82", true}, /* final sigma */
        {"\xe2\x84\xaa", "k", true},                                        /* Kelvin sign */
        {"a", "b", false},
        {"a", "aa", false},
        {"aa", "a", false},
        {"", "a", false},
        {"stra\xc3\x9f"
         "e",
         "strasse", false},       /* no full folding */
        {"\xc4\xb0", "i", false}, /* no Turkic folding */
        {"[", "{", false},
        {"@", "`", false},
        {"\xe9", "\xc3\xa9", false}, /* a lone byte is no character */
        {"\xe9", "\xe9", true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(fold_equal(str_of(cases[i].a), str_of(cases[i].b)), cases[i].equal);
        assert_int_equal(fold_equal(str_of(cases[i].b), str_of(cases[i].a)), cases[i].equal);
    }
}

static void ascii(void **state) {
    char text[70];
    (void)state;

    memset(text, '~', sizeof text);
    for (size_t len = 0; len <= sizeof text; len++) {
        assert_true(text_is_ascii((str){text, len}));
        for (size_t at = 0; at < len; at++) {
            text[at] = (char)0x80;
            assert_false(text_is_ascii((str){text, len}));
            text[at] = '~';
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_unicode), cmocka_unit_test(places), cmocka_unit_test(growing_text_fits),
        cmocka_unit_test(equality),       cmocka_unit_test(ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
