/* fuzz_literal: patterns and a text from bytes; the matcher says of every pattern what a plain search says, and needles of
 * all that are contained.
 *
 * Input: pairs of a byte (low two bits: how, the rest: length) and that many bytes of pattern, until a byte of 0xff; what
 * follows is the text. */
#include <assert.h>

#include "detection/literal.h"
#include "detection/needle.h"

#define PATTERNS_MAX 64u

static void note(void *ctx, uint32_t id) {
    ((bool *)ctx)[id] = true;
}

static bool satisfies(const struct literal *p, str text) {
    switch (p->how) {
    case LITERAL_EQUALS:
        return str_eq(text, p->text);
    case LITERAL_STARTS:
        return str_starts(text, p->text);
    case LITERAL_ENDS:
        return str_ends(text, p->text);
    case LITERAL_CONTAINS:
        return str_find(text, p->text) != SIZE_MAX;
    }
    return false;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The contained patterns as words, small, against the text made small. */
static void needles_agree(const struct literal *patterns, uint32_t count, str text) {
    static char small[1 << 16];
    struct needles *n;
    str words[PATTERNS_MAX];
    size_t used = 0, word_count = 0;
    bool in = false, ascii = true;

    for (uint32_t i = 0; i < count; i++) {
        if (patterns[i].how != LITERAL_CONTAINS)
            continue;
        words[word_count++] = (str){small + used, patterns[i].text.len};
        for (size_t k = 0; k < patterns[i].text.len; k++)
            small[used++] = lower(patterns[i].text.ptr[k]);
    }
    if (text.len > sizeof small - used)
        return;
    for (size_t k = 0; k < text.len; k++) {
        small[used + k] = lower(text.ptr[k]);
        ascii &= (unsigned char)text.ptr[k] < 0x80;
    }
    for (size_t i = 0; i < word_count; i++)
        in |= str_find((str){small + used, text.len}, words[i]) != SIZE_MAX;
    n = needles_new(words, word_count);
    assert(n);
    assert(needles_may_be_in(n, text) == (in || !ascii));
    needles_plain(n);
    assert(needles_may_be_in(n, text) == (in || !ascii));
    needles_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct literal patterns[PATTERNS_MAX] = {0};
    bool hit[PATTERNS_MAX] = {false};
    uint32_t count = 0;
    size_t at = 0;
    bool folded = true;

    while (at < size && data[at] != 0xff && count < PATTERNS_MAX) {
        enum literal_how const how = (enum literal_how)(data[at] & 3);
        size_t len = data[at++] >> 2;

        len = len < size - at ? len : size - at;
        if (len || how == LITERAL_EQUALS) {
            patterns[count] = (struct literal){{(const char *)data + at, len}, how, count};
            for (size_t k = 0; k < len; k++)
                folded &= data[at + k] < 'A' || data[at + k] > 'Z';
            count++;
        }
        at += len;
    }
    at += at < size;

    str const text = {size > at ? (const char *)data + at : "", size - at};
    struct literals *const m = literals_new(patterns, count);

    assert(m);
    literals_scan(m, text, note, hit);
    for (uint32_t i = 0; i < count; i++) {
        assert(hit[i] == satisfies(&patterns[i], text));
        assert(!hit[i] || !folded || literals_may_match(m, text)); /* promised of folded patterns only */
    }
    literals_free(m);
    needles_agree(patterns, count, text);
    return 0;
}
