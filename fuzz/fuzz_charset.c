/* fuzz_charset: whatever the set, what comes out is well-formed UTF-8 and no more than three bytes for each; every U+FFFD that the text did not
 * hold is counted; ASCII comes through sets that hold it; a text behind more than is looked at together says the same. */
#include <assert.h>

#include "base/utf.h"
#include "codec/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const labels[] = {
    "",       "utf-8",       "utf-16", "utf-16be",    "utf-7", "gbk",    "hz",           "big5",       "sjis",
    "euc-jp", "iso-2022-jp", "euc-kr", "iso-2022-kr", "johab", "koi8-r", "windows-1252", "iso-8859-6", "ibm437",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf out = {0}, longer = {0}, again = {0};
    const struct charset *c;
    uint64_t bad = 0, bad_again = 0, marks = 0;
    bool ascii = true;
    str text;

    if (size < 1)
        return 0;
    c = charset_named(str_of(labels[data[0] % COUNT(labels)]));
    text = (str){(const char *)data + 1, size - 1};
    charset_decode(c, text, &out, &bad);
    assert(!out.failed && utf8_valid(buf_str(&out)) == out.len && out.len <= 3 * text.len && bad <= text.len);
    for (size_t i = 0; i + 3 <= out.len; i++)
        marks += memcmp(out.ptr + i, "\xef\xbf\xbd", 3) == 0;
    assert(marks >= bad);
    for (size_t i = 0; i < text.len; i++)
        ascii = ascii && text.ptr[i] > ' ' && text.ptr[i] != '~' && text.ptr[i] != '+';
    if (ascii && (!c || !str_starts(charset_name(c), S("utf-16"))))
        assert(str_eq(buf_str(&out), text) && bad == 0);
    /* Not of sets that say their order first. */
    if (c && !str_starts(charset_name(c), S("utf-"))) {
        for (size_t i = 0; i < 37; i++)
            buf_byte(&longer, 'x');
        buf_add(&longer, text);
        charset_decode(c, buf_str(&longer), &again, &bad_again);
        assert(str_eq(str_from(buf_str(&again), 37), buf_str(&out)) && bad == bad_again);
    }
    (void)charset_named(text);
    buf_free(&out);
    buf_free(&longer);
    buf_free(&again);
    return 0;
}
