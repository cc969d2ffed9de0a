/* test_csv: rows of delimited text: RFC 4180 as cases, as many wrong or cut as right; every cut of a row; and, at every
 * place against the 16 bytes that are looked at together, what a plain reading of the grammar says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/csv.h"

#define FIELDS 8

static const struct {
    const char *name;
    str bytes;
    char separator;
    bool more; /* the bytes are not all there are */
    enum csv_end end;
    size_t count, size;
    str fields[4]; /* quotes undone */
} cases[] = {
    {"three bare", STR("a,b,c\n"), ',', false, CSV_WHOLE, 3, 6, {STR("a"), STR("b"), STR("c")}},
    {"the row ends at its line end", STR("a,b\nc,d\n"), ',', false, CSV_WHOLE, 2, 4, {STR("a"), STR("b")}},
    {"CRLF", STR("a,b\r\nc"), ',', false, CSV_WHOLE, 2, 5, {STR("a"), STR("b")}},
    {"CRLF behind quotes", STR("a,\"b\"\r\nc"), ',', false, CSV_WHOLE, 2, 7, {STR("a"), STR("b")}},
    {"no line end", STR("a,b"), ',', false, CSV_WHOLE, 2, 3, {STR("a"), STR("b")}},
    {"no line end behind quotes", STR("\"a\",\"b\""), ',', false, CSV_WHOLE, 2, 7, {STR("a"), STR("b")}},
    {"a CR at the end", STR("a,b\r"), ',', false, CSV_WHOLE, 2, 4, {STR("a"), STR("b")}},
    {"a CR at the end behind quotes", STR("a,\"b\"\r"), ',', false, CSV_WHOLE, 2, 6, {STR("a"), STR("b")}},
    {"a CR within", STR("a\rb,c\n"), ',', false, CSV_WHOLE, 2, 6, {STR("a\rb"), STR("c")}},
    {"two CR: one is of the line end", STR("a\r\r\n"), ',', false, CSV_WHOLE, 1, 4, {STR("a\r")}},
    {"empty fields", STR(",,\n"), ',', false, CSV_WHOLE, 3, 3, {STR(""), STR(""), STR("")}},
    {"empty quoted field", STR("\"\",x\n"), ',', false, CSV_WHOLE, 2, 5, {STR(""), STR("x")}},
    {"an empty line is one empty field", STR("\nx"), ',', false, CSV_WHOLE, 1, 1, {STR("")}},
    {"an empty line with CR", STR("\r\nx"), ',', false, CSV_WHOLE, 1, 2, {STR("")}},
    {"separator at the end", STR("a,"), ',', false, CSV_WHOLE, 2, 2, {STR("a"), STR("")}},
    {"separator in quotes", STR("\"a,b\",c\n"), ',', false, CSV_WHOLE, 2, 8, {STR("a,b"), STR("c")}},
    {"line end in quotes", STR("\"a\nb\r\nc\",d\n"), ',', false, CSV_WHOLE, 2, 11, {STR("a\nb\r\nc"), STR("d")}},
    {"doubled quotes", STR("\"say \"\"no\"\"\",x\n"), ',', false, CSV_WHOLE, 2, 15, {STR("say \"no\""), STR("x")}},
    {"nothing but doubled quotes", STR("\"\"\"\"\"\"\n"), ',', false, CSV_WHOLE, 1, 7, {STR("\"\"")}},
    {"one doubled quote", STR("\"\"\"\"\n"), ',', false, CSV_WHOLE, 1, 5, {STR("\"")}},
    {"a quote within a bare field is a byte",
     STR("5\" disk,x\n"),
     ',',
     false,
     CSV_WHOLE,
     2,
     10,
     {STR("5\" disk"), STR("x")}},
    {"a blank before a quote makes it a byte",
     STR("a, \"b\"\n"),
     ',',
     false,
     CSV_WHOLE,
     2,
     7,
     {STR("a"), STR(" \"b\"")}},
    {"tabs", STR("a\t\"b\tc\"\td,e\n"), '\t', false, CSV_WHOLE, 3, 12, {STR("a"), STR("b\tc"), STR("d,e")}},
    {"semicolons", STR("1,5;2,5\n"), ';', false, CSV_WHOLE, 2, 8, {STR("1,5"), STR("2,5")}},
    {"bars", STR("a|\"|\"|c\n"), '|', false, CSV_WHOLE, 3, 8, {STR("a"), STR("|"), STR("c")}},
    {"NUL is a byte", STR("a\0b,c\n"), ',', false, CSV_WHOLE, 2, 6, {STR("a\0b"), STR("c")}},
    {"any byte is a byte", STR("\xff\xfe,\x01\n"), ',', false, CSV_WHOLE, 2, 5, {STR("\xff\xfe"), STR("\x01")}},
    {"more fields than room are counted", STR("1,2,3,4,5,6,7,8,9,10\n"), ',', false, CSV_WHOLE, 10, 21, {STR("1")}},

    {"open quote", STR("a,\"b\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"open quote at the very end", STR("a,\""), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"open behind doubled quotes", STR("\"\"\""), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"a byte behind a closing quote", STR("\"a\"b,c\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"a blank behind a closing quote", STR("\"a\" ,c\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"a quote behind two", STR("\"\"a\"\",c\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"another separator behind a closing quote", STR("\"a\",b\n"), ';', false, CSV_WRONG, 0, 0, {{0}}},
    {"a lone CR behind a closing quote", STR("\"a\"\rb\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},
    {"a NUL behind a closing quote", STR("\"a\"\0\n"), ',', false, CSV_WRONG, 0, 0, {{0}}},

    {"cut in a bare field", STR("a,b"), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut behind a separator", STR("a,"), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut in a CRLF", STR("a,b\r"), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut in a CRLF behind quotes", STR("a,\"b\"\r"), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut in quotes", STR("a,\"b\n"), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut where a quote may be doubled", STR("a,\"b\""), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"cut behind doubled quotes", STR("\"a\"\""), ',', true, CSV_SHORT, 0, 0, {{0}}},
    {"what is wrong needs no more bytes", STR("\"a\"b"), ',', true, CSV_WRONG, 0, 0, {{0}}},
    {"what is whole needs no more bytes", STR("a\n"), ',', true, CSV_WHOLE, 1, 2, {STR("a")}},
};

/* A copy of just its size: a read beyond it is seen by the sanitizer. */
static str copied(str s, char **copy) {
    assert_non_null(*copy = malloc(s.len ? s.len : 1));
    memcpy(*copy, s.ptr, s.len);
    return (str){*copy, s.len};
}

static void rows(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_field fields[FIELDS];
        struct csv c = {.separator = cases[i].separator, .fields = fields, .fields_max = FIELDS};
        char *copy;
        str const bytes = copied(cases[i].bytes, &copy);
        enum csv_end const end = csv_row(&c, bytes, !cases[i].more);
        bool good = end == cases[i].end && (end == CSV_WRONG) == (c.why != NULL);

        if (good && end == CSV_WHOLE)
            good = c.count == cases[i].count && c.size == cases[i].size;
        for (size_t f = 0; good && end == CSV_WHOLE && f < COUNT(cases[i].fields) && cases[i].fields[f].ptr; f++) {
            char *const room = malloc(fields[f].len + 1);

            assert_non_null(room);
            good = str_eq(csv_text(&fields[f], room), cases[i].fields[f]);
            free(room);
        }
        if (!good) {
            print_error("%s: end %d, %zu fields, %zu bytes\n", cases[i].name, (int)end, c.count, c.size);
            failed++;
        }
        free(copy);
    }
    assert_int_equal(failed, 0);
}

/* Any beginning of a right row is short as long as more may come; with its line end it is whole. */
static void a_row_that_is_cut_is_short(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_field fields[FIELDS];
        struct csv c = {.separator = cases[i].separator, .fields = fields, .fields_max = FIELDS};

        if (cases[i].end != CSV_WHOLE || cases[i].bytes.ptr[cases[i].size - 1] != '\n')
            continue;
        for (size_t cut = 1; cut <= cases[i].size; cut++) {
            char *copy;
            enum csv_end const end = csv_row(&c, copied(str_first(cases[i].bytes, cut), &copy), false);

            if (end != (cut < cases[i].size ? CSV_SHORT : CSV_WHOLE))
                fail_msg("%s, cut at %zu: %d", cases[i].name, cut, (int)end);
            free(copy);
        }
    }
}

/* ------------------------------------------------------------------ against a plain reading, a byte at a time */

/* The fields' texts, each with a bar behind, or "wrong". */
static void plain(str bytes, char separator, struct buf *out) {
    size_t i = 0;

    for (;;) {
        if (i < bytes.len && bytes.ptr[i] == '"') {
            for (i++;; i++) {
                if (i == bytes.len) {
                    out->len = 0;
                    buf_add(out, S("wrong"));
                    return;
                }
                if (bytes.ptr[i] == '"' && (i + 1 == bytes.len || bytes.ptr[i + 1] != '"'))
                    break;
                i += bytes.ptr[i] == '"';
                buf_byte(out, bytes.ptr[i]);
            }
            i++;
            if (i < bytes.len && bytes.ptr[i] == '\r' && (i + 1 == bytes.len || bytes.ptr[i + 1] == '\n'))
                i++;
            else if (i < bytes.len && bytes.ptr[i] != separator && bytes.ptr[i] != '\n') {
                out->len = 0;
                buf_add(out, S("wrong"));
                return;
            }
        } else {
            for (; i < bytes.len && bytes.ptr[i] != separator && bytes.ptr[i] != '\n'; i++)
                if (bytes.ptr[i] != '\r' || (i + 1 < bytes.len && bytes.ptr[i + 1] != '\n'))
                    buf_byte(out, bytes.ptr[i]);
        }
        buf_byte(out, '|');
        if (i == bytes.len || bytes.ptr[i] == '\n')
            return;
        i++;
    }
}

static uint32_t draw(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void any_bytes_are_read_as_the_grammar_says(void **state) {
    static const char alphabet[] = "\"\"\",,\n\r abcdefghij\0\xc3\xa4";
    uint64_t seed = 4180;
    unsigned whole = 0, wrong = 0, suspicious = 0;
    (void)state;

    for (int round = 0; round < 200000; round++) {
        struct csv_field fields[64];
        struct csv c = {.separator = ',', .fields = fields, .fields_max = COUNT(fields)};
        char text[64], room[64];
        size_t const len = 1 + draw(&seed) % (sizeof text - 1);
        uint32_t const letters = draw(&seed) % 4 ? sizeof alphabet - 1 : 12;
        struct buf want = {0}, got = {0};
        char *copy;
        bool odd = false;

        for (size_t i = 0; i < len; i++)
            text[i] = draw(&seed) % 4 ? 'x' : alphabet[draw(&seed) % letters];
        if (draw(&seed) % 2) /* begins within quotes more often than chance would have it */
            text[0] = '"';
        plain((str){text, len}, ',', &want);
        if (csv_row(&c, copied((str){text, len}, &copy), true) == CSV_WHOLE) {
            whole++;
            for (size_t i = 0; i < c.count; i++) {
                buf_add(&got, csv_text(&fields[i], room));
                buf_byte(&got, '|');
            }
            for (size_t i = 0; i < c.size; i++)
                odd |= copy[i] == '\0' || (unsigned char)copy[i] > 0x7f;
            suspicious += odd;
            assert_true(c.suspicious || !odd);
        } else {
            wrong++;
            buf_add(&got, S("wrong"));
        }
        if (!str_eq(buf_str(&want), buf_str(&got)))
            fail_msg("round %d: %.*s instead of %.*s of %.*s", round, STR_ARG(buf_str(&got)), STR_ARG(buf_str(&want)),
                     (int)len, text);
        free(copy);
        buf_free(&want);
        buf_free(&got);
    }
    assert_true(whole > 50000 && wrong > 50000 && suspicious > 5000);
}

/* The byte that ends a field is found at every distance, and none beyond the end is. */
static void every_distance(void **state) {
    (void)state;
    for (size_t len = 0; len < 80; len++)
        for (int quotes = 0; quotes < 2; quotes++) {
            struct csv_field fields[FIELDS];
            struct csv c = {.separator = ';', .fields = fields, .fields_max = FIELDS};
            struct buf text = {0};
            char *copy;

            for (int field = 0; field < 2; field++) {
                if (field)
                    buf_byte(&text, ';');
                if (quotes)
                    buf_byte(&text, '"');
                for (size_t i = 0; i < len; i++)
                    buf_byte(&text, (char)('a' + (int)(i % 26)));
                if (quotes)
                    buf_byte(&text, '"');
            }
            str const bytes = copied(buf_str(&text), &copy);

            if (bytes.len) {
                assert_int_equal(csv_row(&c, bytes, true), CSV_WHOLE);
                assert_int_equal(c.count, 2);
                assert_int_equal(c.size, bytes.len);
                assert_int_equal(fields[0].len, len);
                assert_int_equal(fields[1].len, len);
                assert_false(c.suspicious);
                assert_int_equal(csv_row(&c, bytes, false), CSV_SHORT);
            }
            free(copy);
            buf_free(&text);
        }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(a_row_that_is_cut_is_short),
        cmocka_unit_test(any_bytes_are_read_as_the_grammar_says),
        cmocka_unit_test(every_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
