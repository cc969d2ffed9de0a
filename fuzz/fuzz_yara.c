/* fuzz_yara: the first byte says how. Odd: what follows is a text of rules; it is taken apart without a rule in two places, and each is used or
 * refused. Even: what follows is scanned with rules of every sort of string; matches are where they are said to be, and the same when the
 * bytes come in pieces. */
#include <assert.h>

#include "base/buf.h"
#include "intel/yara_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    str bytes;
    struct buf text;
};

static bool on_hit(void *ctx, const struct yara_hit *hit, struct err *e) {
    struct found *const f = ctx;

    (void)e;
    assert(hit->size == f->bytes.len && hit->match_count <= YARA_MATCHES_TOLD);
    buf_add(&f->text, hit->rule->name);
    for (size_t i = 0; i < hit->match_count; i++) {
        const struct yara_match *const m = &hit->matches[i];
        str const there = str_first(str_from(f->bytes, (size_t)m->offset), m->excerpt.len);

        assert(m->string < hit->rule->string_count && m->length <= f->bytes.len &&
               m->offset <= f->bytes.len - m->length);
        assert(m->excerpt.len <= m->length && str_eq(there, m->excerpt));
        buf_format(&f->text, " %u@%lu+%u", m->string, (unsigned long)m->offset, m->length);
    }
    buf_byte(&f->text, '\n');
    return true;
}

static void scan(const struct yara_set *set, str bytes, size_t piece, struct found *f) {
    struct yara_scan *s;
    enum yara_end end;
    struct err e;

    *f = (struct found){.bytes = bytes};
    if (!yara_scan_new(&s, set, &yara_limits_usual, &e) || !yara_scan_begin(s, &(struct yara_about){S("a.b")}))
        abort();
    for (str left = bytes; left.len; left = str_from(left, piece))
        if (!yara_scan_feed(s, str_first(left, piece)))
            abort();
    if (!yara_scan_end(s, on_hit, f, &end, &e) || end != YARA_SCANNED)
        abort();
    yara_scan_free(s);
}

static void scanning(str bytes) {
    static struct yara_set *set; /* compiled once */
    struct found whole, pieces;
    struct err e;

    if (!set &&
        (!yara_set_new(&set, &e) ||
         !yara_set_add(
             set, S("x.yar"),
             S("rule a { strings: $a = \"ab\" $b = \"bcd\" nocase wide ascii $c = \"cd\" fullword $d = \"xor\" xor $e "
               "= "
               "\"base64 text\" base64 condition: any of them }\n"
               "rule b { strings: $a = /a[bc]{1,3}d?/ $b = /^x|y$/ $c = /[0-9]+z/i wide ascii condition: #a > 1 or $b "
               "or "
               "$c }\n"
               "rule c { strings: $a = { 61 ?? 62 } $b = { 63 [2-4] 64 } $c = { 61 62 63 [210-300] 64 65 66 } "
               "condition: "
               "any of them }\n"
               "rule d { condition: uint16(0) == 0x6162 or filesize % 7 == 3 or filetype == \"EXE\" }\n"),
             &e) ||
         !yara_set_compile(set, &e)))
        abort();
    assert(yara_set_count(set) == 4);
    scan(set, bytes, bytes.len + 1, &whole);
    scan(set, bytes, 7, &pieces);
    assert(str_eq(buf_str(&whole.text), buf_str(&pieces.text)));
    buf_free(&whole.text);
    buf_free(&pieces.text);
}

static void compiling(str text) {
    struct yara_set *set;
    struct err e;

    if (!yara_set_new(&set, &e) || !yara_set_add(set, S("x.yar"), text, &e))
        abort();
    if (yara_set_compile(set, &e)) {
        for (size_t i = 0; i < yara_set_count(set); i++)
            assert(yara_set_rule(set, i)->line >= 1 && yara_set_rule(set, i)->line <= text.len + 1);
        for (size_t i = 0; i < yara_verdict_count(set); i++)
            assert(yara_verdict_at(set, i)->line >= 1 && yara_verdict_at(set, i)->reason.len);
        assert(yara_set_count(set) + yara_verdict_count(set) > 0 || text.len == 0 ||
               str_find(text, S("import")) != SIZE_MAX);
    }
    yara_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const bytes = {(const char *)data, size};

    if (size)
        (data[0] & 1 ? compiling : scanning)(str_from(bytes, 1));
    return 0;
}
