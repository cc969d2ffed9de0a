/* fuzz_literal: patterns and a text from bytes; the matcher says of every pattern what a plain search says.
 *
 * Input: pairs of a byte (low two bits: how, the rest: length) and that many bytes of pattern, until a byte of 0xff; what
 * follows is the text. */
#include <assert.h>

#include "detection/literal.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct literal patterns[PATTERNS_MAX] = {0};
    bool hit[PATTERNS_MAX] = {false};
    uint32_t count = 0;
    size_t at = 0;

    while (at < size && data[at] != 0xff && count < PATTERNS_MAX) {
        enum literal_how const how = (enum literal_how)(data[at] & 3);
        size_t len = data[at++] >> 2;

        len = len < size - at ? len : size - at;
        if (len || how == LITERAL_EQUALS) {
            patterns[count] = (struct literal){{(const char *)data + at, len}, how, count};
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
        assert(!hit[i] || literals_may_match(m, text));
    }
    literals_free(m);
    return 0;
}
