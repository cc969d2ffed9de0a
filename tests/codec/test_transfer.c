/* test_transfer: what mails carry, well encoded and not: each case whole, cut in two at every place, and byte by byte, with the same
 * bytes and the same junk; the two ways through base64 against each other; and what an encoder makes, back again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/transfer.h"
#include "codec/transfer_own.h"
#include "refuse.h"

#define B TRANSFER_BASE64
#define Q TRANSFER_QUOTED
#define U TRANSFER_UUENCODE
#define BLANKS_38 "                                      "

static const struct {
    const char *name;
    enum transfer how;
    str text, bytes;
    uint64_t junk;
} cases[] = {
    {"bytes as they are", TRANSFER_IDENTITY, STR("a=41\0\r\n \n"), STR("a=41\0\r\n \n"), 0},

    {"base64", B, STR("Zm9vYmFy"), STR("foobar"), 0},
    {"base64 with two =", B, STR("Zm9vYg=="), STR("foob"), 0},
    {"base64 with one =", B, STR("Zm9vYmE=\r\n"), STR("fooba"), 0},
    {"base64 in lines", B, STR("Zm9v\r\nYmFy\nZm9v\r\n"), STR("foobarfoo"), 0},
    {"a line end within a group", B, STR("Zm\r\n9vY\nmFy"), STR("foobar"), 0},
    {"a line end between two =", B, STR("Zm9vYg=\r\n="), STR("foob"), 0},
    {"blanks and tabs", B, STR(" Zm9v\t YmFy "), STR("foobar"), 0},
    {"all digits", B, STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
     STR("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3"
         "\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"),
     0},
    {"no =: two digits", B, STR("Zm9vYg"), STR("foob"), 0},
    {"no =: three digits", B, STR("Zm9vYmE"), STR("fooba"), 0},
    {"one = of two", B, STR("Zm9vYg="), STR("foob"), 0},
    {"base64 behind base64", B, STR("Zm9vYg==Zm9vYmE=Zm9v"), STR("foobfoobafoo"), 0},
    {"base64 behind one = of two", B, STR("Zm9vYg=Zm9v"), STR("foobfoo"), 0},
    {"nothing", B, STR(""), STR(""), 0},
    {"line ends alone", B, STR("\r\n\r\n"), STR(""), 0},
    {"a digit alone at the end", B, STR("Zm9vY"), STR("foo"), 1},
    {"= behind a digit alone", B, STR("Z=m9v"), STR("foo"), 1},
    {"= without a group", B, STR("Zm9v="), STR("foo"), 1},
    {"= at the start", B, STR("==Zm9v"), STR("foo"), 2},
    {"three = behind two digits", B, STR("Zg==="), STR("f"), 1},
    {"two = behind three digits", B, STR("Zm8=="), STR("fo"), 1},
    {"= after the base64 behind one = of two", B, STR("Zm9vYg=Zm9v="), STR("foobfoo"), 1},
    {"junk within a group", B, STR("Zm*9v"), STR("foo"), 1},
    {"junk between lines", B, STR("Zm9v\r\n!!\r\nYmFy"), STR("foobar"), 2},
    {"the alphabet of URLs is not that of mail", B, STR("Zm9v-_"), STR("foo"), 2},
    {"NUL and 8-bit bytes", B, STR("Zm\0\xffZv"), STR("f\x66\x6f"), 2},
    {"junk between two =", B, STR("Zg=*="), STR("f"), 1},
    {"junk far in a line of 76", B,
     STR("Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmF.yZm9v\r\n"),
     STR("foobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoo"), 1},

    {"quoted", Q, STR("caf=C3=A9"), STR("caf\xc3\xa9"), 0},
    {"small letters", Q, STR("caf=c3=a9 =3d"), STR("caf\xc3\xa9 ="), 0},
    {"an escaped line end", Q, STR("a=0D=0Ab"), STR("a\r\nb"), 0},
    {"line ends stay", Q, STR("a\r\nb\nc"), STR("a\r\nb\nc"), 0},
    {"soft line ends", Q, STR("a=\r\nb=\nc"), STR("abc"), 0},
    {"a soft line end of CR alone", Q, STR("a=\rb"), STR("ab"), 0},
    {"blanks behind the =", Q, STR("a= \t \r\nb= \nc=\t\rd"), STR("abcd"), 0},
    {"a soft line end at the end", Q, STR("a=\r\n"), STR("a"), 0},
    {"= at the end", Q, STR("a="), STR("a"), 0},
    {"= and blanks at the end", Q, STR("a=  "), STR("a"), 0},
    {"= and CR at the end", Q, STR("a=\r"), STR("a"), 0},
    {"blanks within a line", Q, STR("a \t b"), STR("a \t b"), 0},
    {"blanks at the end of a line", Q, STR("a \t\r\nb  \nc"), STR("a\r\nb\nc"), 0},
    {"blanks before CR alone", Q, STR("a \rb"), STR("a\rb"), 0},
    {"blanks at the end of all", Q, STR("a  "), STR("a"), 0},
    {"a line of blanks", Q, STR("a\n   \nb"), STR("a\n\nb"), 0},
    {"an escaped blank stays", Q, STR("a=20\r\nb =20 \n"), STR("a \r\nb  \n"), 0},
    {"an escaped tab at the end of all", Q, STR("a=09"), STR("a\t"), 0},
    {"blanks before a soft line end stay", Q, STR("a  =\r\nb"), STR("a  b"), 0},
    {"a line of blanks behind a soft line end", Q, STR("a =\n  \nb"), STR("a \nb"), 0},
    {"8-bit bytes and NUL are text", Q, STR("\xe9\0=\x0a!"), STR("\xe9\0!"), 0},
    {"an escaped NUL", Q, STR("=00=FF"), STR("\0\xff"), 0},
    {"76 blanks at the end of a line", Q, STR("a" BLANKS_38 BLANKS_38 "\nb"), STR("a\nb"), 0},
    {"76 blanks behind =", Q, STR("a=" BLANKS_38 BLANKS_38 "\r\nb"), STR("ab"), 0},
    {"long text before and behind", Q,
     STR("0123456789abcdef0123456789abcdef=3D0123456789abcdef01 \r\n0123456789abcdef0"),
     STR("0123456789abcdef0123456789abcdef=0123456789abcdef01\r\n0123456789abcdef0"), 0},
    {"no hex digits", Q, STR("a=xyb"), STR("a=xyb"), 1},
    {"one hex digit", Q, STR("a=4xb"), STR("a=4xb"), 1},
    {"one hex digit at the end", Q, STR("a=4"), STR("a=4"), 1},
    {"one hex digit and a line end", Q, STR("a=4\r\nb"), STR("a=4\r\nb"), 1},
    {"= before an escape", Q, STR("a==41"), STR("a=A"), 1},
    {"two = and a line end", Q, STR("a==\nb"), STR("a=b"), 1},
    {"= in text", Q, STR("1 = 2"), STR("1 = 2"), 1},
    {"=, blanks and =", Q, STR("a= =41= =\nb"), STR("a= A= b"), 2},
    {"an attribute that nobody escaped", Q, STR("<a href=\"x=1&y=z\">"), STR("<a href=\"x=1&y=z\">"), 3},
    {"77 blanks at the end of a line are text", Q, STR("a" BLANKS_38 BLANKS_38 " \nb"),
     STR("a" BLANKS_38 BLANKS_38 " \nb"), 0},
    {"77 blanks behind =", Q, STR("a=" BLANKS_38 BLANKS_38 " \nb"), STR("a=" BLANKS_38 BLANKS_38 " \nb"), 1},
    {"200 blanks, twice", Q,
     STR("a" BLANKS_38 BLANKS_38 BLANKS_38 BLANKS_38 BLANKS_38 "\nb" BLANKS_38 BLANKS_38 BLANKS_38 "=\n" BLANKS_38
         "\n"),
     STR("a" BLANKS_38 BLANKS_38 BLANKS_38 BLANKS_38 BLANKS_38 "\nb" BLANKS_38 BLANKS_38 BLANKS_38 "\n"), 0},

    {"uuencode", U, STR("begin 644 a.txt\n#0V%T\n`\nend\n"), STR("Cat"), 0},
    {"CRLF", U, STR("begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"), STR("Cat"), 0},
    {"blanks for zero", U, STR("begin 0644 a\n#    \n \nend"), STR("\0\0\0"), 0},
    {"` for zero", U, STR("begin 644 a\n#````\n`\nend"), STR("\0\0\0"), 0},
    {"blanks taken off", U, STR("begin 644 a\n#\n%86)C\n`\nend"), STR("\0\0\0abc\0\0"), 0},
    {"not a multiple of three", U, STR("begin 644 a\n$86)C9```\n`\nend"), STR("abcd"), 0},
    {"two lines", U, STR("begin 644 a\n#0V%T\n#0V%T\nend"), STR("CatCat"), 0},
    {"two files", U, STR("begin 644 a\n#0V%T\nend\n\nbegin 600 b\n#0V%T\nend"), STR("CatCat"), 0},
    {"an empty line within", U, STR("begin 644 a\n\n#0V%T\nend"), STR("Cat"), 0},
    {"no end", U, STR("begin 644 a\n#0V%T"), STR("Cat"), 0},
    {"the longest line", U,
     STR("begin 644 a\n_86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C86)C\nend\n"),
     STR("abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc"), 0},
    {"text before and behind", U, STR("Hi you,\nbegin 644 a\n#0V%T\n`\nend\nBye\n"), STR("Cat"), 9},
    {"no begin", U, STR("#0V%T\n`\nend\n"), STR(""), 9},
    {"begin without a mode", U, STR("begin reading\n#0V%T\n"), STR(""), 17},
    {"begin without a name", U, STR("begin 644 \n#0V%T\n"), STR(""), 13},
    {"begin with a mode of 8", U, STR("begin 648 a\n#0V%T\n"), STR(""), 14},
    {"a line that is none", U, STR("begin 644 a\n#0V%T\nhello\n#0V%T\nend"), STR("CatCat"), 5},
    {"a digit that is none", U, STR("begin 644 a\n#0V%\x7f\n#0v%T\n#0V%T\nend"), STR("Cat"), 10},
    {"a check sum", U, STR("begin 644 a\n#0V%TX\nend"), STR("Cat"), 1},
    {"cut in a line", U, STR("begin 644 a\n%86)C"), STR("abc"), 0},
    {"cut in a group", U, STR("begin 644 a\n#0V%"), STR("Ca"), 0},
    {"a long line", U,
     STR("begin 644 "
         "a\n#0V%TXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
         "X XX\nend"),
     STR("Cat"), 100},
    {"a long line of text before", U,
     STR("XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\n"
         "begin 644 a\n#0V%T\nend"),
     STR("Cat"), 100},
};

static void feed(struct transfer_state *s, str piece, struct buf *out) {
    char *const copy =
        malloc(piece.len ? piece.len : 1); /* of just its size: a read beyond it is seen by the sanitizer */

    assert_non_null(copy);
    memcpy(copy, piece.ptr, piece.len);
    transfer_decode(s, (str){copy, piece.len}, out);
    free(copy);
}

static bool same(size_t i, const char *how, size_t cut, struct transfer_state *s, struct buf *out) {
    transfer_end(s, out);
    bool const good = str_eq(buf_str(out), cases[i].bytes) && s->junk == cases[i].junk && !out->failed;

    if (!good)
        print_error("%s, %s %zu: `%.*s`, junk %llu\n", cases[i].name, how, cut, STR_ARG(buf_str(out)),
                    (unsigned long long)s->junk);
    buf_free(out);
    return good;
}

static void in_any_cut(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        str const text = cases[i].text;
        struct transfer_state s = {.how = cases[i].how};
        struct buf out = {0};

        for (size_t at = 0; at < text.len; at++)
            feed(&s, (str){text.ptr + at, 1}, &out);
        failed += !same(i, "byte by byte", 0, &s, &out);
        for (size_t cut = 0; cut <= text.len; cut++) {
            s = (struct transfer_state){.how = cases[i].how};
            feed(&s, str_first(text, cut), &out);
            feed(&s, str_from(text, cut), &out);
            failed += !same(i, "cut at", cut, &s, &out);
        }
    }
    assert_int_equal(failed, 0);
}

/* Random bytes, encoded here by the letter of RFC 2045, with lines of any length: back to what they were, in pieces of any size. */
static void round_trip(void **state) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t random = 1;
    (void)state;

    for (size_t round = 0; round < 400; round++) {
        struct buf bytes = {0}, coded[2] = {0}, out = {0};
        size_t const size = round * 7 % 1000, line = 1 + round % 90;
        enum transfer const hows[] = {TRANSFER_BASE64, TRANSFER_QUOTED};

        for (size_t i = 0; i < size; i++) {
            random = random * 1664525u + 1013904223u;
            buf_byte(&bytes, round % 2 ? (char)(random >> 24) : "a= \r\n\t.z"[random >> 29]);
        }
        for (size_t i = 0, column = 0; i < size; i += 3) {
            uint32_t bits = 0;

            for (size_t k = 0; k < 3; k++)
                bits = bits << 8 | (i + k < size ? (unsigned char)bytes.ptr[i + k] : 0);
            for (size_t k = 0; k < 4; k++) {
                buf_byte(&coded[0], i + k > size ? '=' : digits[bits >> (18 - 6 * k) & 63]);
                if (++column % line == 0)
                    buf_add(&coded[0], S("\r\n"));
            }
        }
        for (size_t i = 0; i < size; i++) {
            unsigned char const c = (unsigned char)bytes.ptr[i];

            if (c > ' ' && c < 0x7f && c != '=')
                buf_byte(&coded[1], (char)c);
            else
                buf_format(&coded[1], round % 4 < 2 ? "=%02X" : "=%02x", c);
            if (i % line == 0)
                buf_add(&coded[1], round % 3 ? S("=\r\n") : S("= \n"));
        }
        for (size_t h = 0; h < 2; h++) {
            struct transfer_state s = {.how = hows[h]};
            str left = buf_str(&coded[h]);

            for (size_t piece = 1 + round; left.len; piece = piece * 5 % 97 + 1) {
                feed(&s, str_first(left, piece), &out);
                left = str_from(left, piece);
            }
            transfer_end(&s, &out);
            assert_true(str_eq(buf_str(&out), buf_str(&bytes)));
            assert_int_equal(s.junk, 0);
            buf_free(&out);
            buf_free(&coded[h]);
        }
        buf_free(&bytes);
    }
}

/* Each byte at each place among 32 digits: the wide way stops where the plain one finds no digit, and makes the same bytes. */
static void wide_as_plain(void **state) {
    char text[64], plain[64 + TRANSFER_SPARE], wide[64 + TRANSFER_SPARE];
    (void)state;

    if (!base64_has_wide()) {
        print_message("SKIP: this processor has no AVX2\n");
        skip();
    }
    for (size_t at = 0; at < 32; at++)
        for (unsigned c = 0; c < 256; c++) {
            memset(text, "A9/z"[at % 4], sizeof text);
            text[at] = (char)c;
            size_t const by_plain = base64_run((str){text, 32}, plain),
                         by_wide = base64_run_wide((str){text, 32}, wide);

            assert_int_equal(by_wide, by_plain == 32 ? 32 : 0);
            assert_memory_equal(wide, plain, by_wide / 4 * 3);
        }
    assert_int_equal(base64_run_wide((str){text, 31}, wide), 0);
}

static const struct {
    const char *value;
    enum transfer how;
    bool known;
} names[] = {
    {"base64", B, true},
    {" BASE64\r\n", B, true},
    {"\"base64\"", B, true},
    {"base64;", B, true},
    {"base64 ; x=y", B, true},
    {"(a (nested) comment) Quoted-Printable (and another", Q, true},
    {"quoted-\r\n printable", Q, true},
    {"7bit", TRANSFER_IDENTITY, true},
    {"8BIT", TRANSFER_IDENTITY, true},
    {"'binary'", TRANSFER_IDENTITY, true},
    {"x-uuencode", U, true},
    {"uuencode", U, true},
    {"x-uue", U, true},
    {"", TRANSFER_IDENTITY, false},
    {";base64", TRANSFER_IDENTITY, false},
    {"8bit+", TRANSFER_IDENTITY, false},
    {"base64,base64", TRANSFER_IDENTITY, false},
    {"base-64", TRANSFER_IDENTITY, false},
    {"(base64)", TRANSFER_IDENTITY, false},
    {"x-yencode", TRANSFER_IDENTITY, false},
    {"quoted-printable-and-more-than-fits", TRANSFER_IDENTITY, false},
    {"base64)", TRANSFER_IDENTITY, false},
};

static void named(void **state) {
    int failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        bool known;
        enum transfer const how = transfer_named(str_of(names[i].value), &known);

        if (how != names[i].how || known != names[i].known) {
            print_error("%s: %d, known %d\n", names[i].value, (int)how, known);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

static void memory_may_be_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
#if REFUSES
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transfer_state s = {.how = cases[i].how};
        struct buf out = {0};

        memory_left = 0;
        memory_gone_for_good = true;
        transfer_decode(&s, cases[i].text, &out);
        transfer_end(&s, &out);
        memory_left = -1;
        assert_int_equal(out.len, 0);
        assert_true(out.failed || cases[i].bytes.len == 0);
        buf_free(&out);
    }
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_any_cut), cmocka_unit_test(round_trip),        cmocka_unit_test(wide_as_plain),
        cmocka_unit_test(named),      cmocka_unit_test(memory_may_be_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
