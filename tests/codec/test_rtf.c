/* test_rtf: compressed bodies, and what RTF shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/rtf.h"

#define HEAD(size, raw) size "\0\0\0" raw "\0\0\0LZFu\0\0\0\0"

static const struct {
    const char *name;
    str compressed;
    bool whole;
    const char *want;
} bodies[] = {
    /* The example of [MS-OXRTFCP] 3.1.1. */
    {"the specification's",
     STR("\x2d\0\0\0\x2b\0\0\0\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a"
         "\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"),
     true, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"},
    /* A run that reads what it writes, as in 3.1.2: the dictionary ends at 207. */
    {"a run over itself",
     STR("\x1a\0\0\0\x1c\0\0\0\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e"
         "\xb0"),
     true, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"},
    {"stored", STR("\x0f\0\0\0\3\0\0\0MELA\0\0\0\0abc"), true, "abc"},
    {"stored, cut", STR("\x0f\0\0\0\4\0\0\0MELA\0\0\0\0abc"), false, "abc"},
    {"another type", STR("\x0f\0\0\0\3\0\0\0MELB\0\0\0\0abc"), false, ""},
    {"nothing", STR(""), false, ""},
    {"a head alone", STR("\x0f\0\0\0\3\0\0\0LZFu\0\0\0\0"), false, ""},
    {"it breaks off", STR("\x0f\0\0\0\3\0\0\0LZFu\0\0\0\0\0abc"), false, "abc"},
    {"within a place", STR("\x0f\0\0\0\3\0\0\0LZFu\0\0\0\0\2a\1"), false, "a"},
};

static void decompressed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        char *const copy = malloc(bodies[i].compressed.len + 1);
        struct buf b = {0};

        memcpy(copy, bodies[i].compressed.ptr, bodies[i].compressed.len);
        bool const whole = rtf_decompress((str){copy, bodies[i].compressed.len}, &b);

        if (whole != bodies[i].whole || !str_eq(buf_str(&b), str_of(bodies[i].want)))
            fail_msg("%s: %s %.*s", bodies[i].name, whole ? "whole" : "not whole", STR_ARG(buf_str(&b)));
        buf_free(&b);
        free(copy);
    }
}

/* Few bytes that say very much. */
static void bounded(void **state) {
    struct buf in = {0}, out = {0};
    (void)state;

    buf_add(&in, S("\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\0\0\0\0"));
    for (int i = 0; i < 300000; i++)
        buf_add(&in, S("\xff\0\x0f\0\x0f\0\x0f\0\x0f\0\x0f\0\x0f\0\x0f\0\x0f"));
    (void)!rtf_decompress(buf_str(&in), &out);
    assert_true(out.len > 1000 && out.len <= RTF_BYTES_MAX);
    buf_free(&in);
    buf_free(&out);
}

static const struct {
    const char *name;
    str rtf;
    bool html;
    const char *want;
} texts[] = {
    {"text", STR("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}\\pard Hello\\par you\\line\\tab x}"), false,
     "Hello\nyou\n\tx"},
    {"braces and backslashes", STR("{\\rtf1 a\\{b\\}c\\\\d\\~e}"), false, "a{b}c\\d e"},
    {"bytes of a code page", STR("{\\rtf1\\ansicpg1251 \\'e4\\'E0!}"), false, "\xd0\xb4\xd0\xb0!"},
    {"two bytes a character", STR("{\\rtf1\\ansicpg932 \\'93\\'fa}"), false, "\xe6\x97\xa5"},
    {"characters by number", STR("{\\rtf1\\uc1 \\u1076?\\u-1234 x}"), false, "\xd0\xb4\xef\xac\xae"},
    {"more stand in", STR("{\\rtf1{\\uc2 \\u1076ab}c\\u1076de}"), false,
     "\xd0\xb4"
     "c\xd0\xb4"
     "e"},
    {"half a pair", STR("{\\rtf1\\u-10240?x}"), false, "\xef\xbf\xbdx"},
    {"destinations", STR("{\\rtf1 a{\\*\\generator x}{\\info{\\author b}}{\\pict 00ff}c}"), false, "ac"},
    {"quotes", STR("{\\rtf1 \\ldblquote a\\rdblquote\\emdash\\bullet}"), false,
     "\xe2\x80\x9c"
     "a\xe2\x80\x9d\xe2\x80\x94\xe2\x80\xa2"},
    {"HTML",
     STR("{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag18 <html>}{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 "
         "Hi {\\*\\htmltag84 <a href=\"https://a.example/\">}\\htmlrtf {\\htmlrtf0 x}\\htmlrtf }\\htmlrtf0 "
         "{\\*\\htmltag92 </a>}\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag72 </p>}{\\*\\htmltag27 </html>}}"),
     true, "<html><p>Hi <a href=\"https://a.example/\">x</a></p></html>"},
    {"HTML, a tag with a line's end", STR("{\\rtf1\\fromhtml1{\\*\\htmltag64 <b\\par >}}"), true, "<b\n>"},
    {"bytes that are no RTF", STR("{\\rtf1 a{\\bin3 }}}b}"), false, "ab"},
    {"nothing", STR(""), false, ""},
    {"braces that do not match", STR("}}}a{{{b"), false, "ab"},
    {"it ends in a word", STR("{\\rtf1 a\\"), false, "a"},
    {"in a byte", STR("{\\rtf1 a\\'e"), false, "ae"},
};

static void shown(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const copy = malloc(texts[i].rtf.len + 1);
        struct buf b = {0};
        bool html;

        memcpy(copy, texts[i].rtf.ptr, texts[i].rtf.len);
        rtf_text((str){copy, texts[i].rtf.len}, &b, &html);
        if (html != texts[i].html || !str_eq(buf_str(&b), str_of(texts[i].want)))
            fail_msg("%s: %d %.*s", texts[i].name, html, STR_ARG(buf_str(&b)));
        buf_free(&b);
        free(copy);
    }
}

static void braces_without_end(void **state) {
    struct buf in = {0}, out = {0};
    bool html;
    (void)state;

    for (int i = 0; i < 10000; i++)
        buf_byte(&in, '{');
    buf_add(&in, S("too deep"));
    for (int i = 0; i < 10000; i++)
        buf_byte(&in, '}');
    buf_add(&in, S("shown"));
    rtf_text(buf_str(&in), &out, &html);
    assert_true(str_eq(buf_str(&out), S("shown")));
    buf_free(&in);
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(decompressed), cmocka_unit_test(bounded),
                                       cmocka_unit_test(shown), cmocka_unit_test(braces_without_end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
