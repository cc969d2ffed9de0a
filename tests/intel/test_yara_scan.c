/* test_yara_scan: what is found where: in one block and in many, at their borders, in time and out of it, and in a process that may do nothing
 * but compute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "../refuse.h"
#include "base/buf.h"
#include "base/confine.h"
#include "intel/yara_scan.h"

struct found {
    struct buf text; /* "rule($a@7+3 $b@9+1) " in the order they came */
    uint8_t sha256[SHA256_SIZE];
    uint64_t size, hits, stop_after;
};

static bool on_hit(void *ctx, const struct yara_hit *hit, struct err *e) {
    struct found *const f = ctx;

    buf_format(&f->text, "%.*s(", STR_ARG(hit->rule->name));
    for (size_t i = 0; i < hit->match_count; i++)
        buf_format(&f->text, "%s%.*s@%lu+%u", i ? " " : "", STR_ARG(hit->rule->strings[hit->matches[i].string]),
                   (unsigned long)hit->matches[i].offset, hit->matches[i].length);
    buf_add(&f->text, hit->more ? S(" more) ") : S(") "));
    memcpy(f->sha256, hit->sha256, sizeof f->sha256);
    f->size = hit->size;
    return ++f->hits != f->stop_after || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static struct yara_set *rules(const char *text) {
    struct yara_set *s;
    struct err e = {0};

    assert_true(yara_set_new(&s, &e));
    assert_true(yara_set_add(s, S("x.yar"), str_of(text), &e));
    if (!yara_set_compile(s, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < yara_verdict_count(s); i++)
        if (!yara_verdict_at(s, i)->loaded)
            fail_msg("%.*s", STR_ARG(yara_verdict_at(s, i)->reason));
    return s;
}

static struct yara_scan *scan_with(const struct yara_set *set, struct yara_limits limits) {
    struct yara_scan *s;
    struct err e;

    assert_true(yara_scan_new(&s, set, &limits, &e));
    return s;
}

/* piece: 0: as bytes that are there; else fed in pieces of so many. */
static enum yara_end scan(struct yara_scan *s, const char *path, str bytes, size_t piece, struct found *f) {
    struct yara_about const about = {str_of(path)};
    enum yara_end end = YARA_ENDS;
    struct err e = {0};

    *f = (struct found){.size = 0};
    if (!piece) {
        assert_true(yara_scan_bytes(s, &about, bytes, on_hit, f, &end, &e));
        return end;
    }
    assert_true(yara_scan_begin(s, &about));
    while (bytes.len) {
        str const one = str_first(bytes, piece);
        char *const copy = malloc(one.len); /* just its size: a read beyond is seen by the sanitizer */

        assert_non_null(copy);
        memcpy(copy, one.ptr, one.len);
        assert_true(yara_scan_feed(s, (str){copy, one.len}));
        free(copy);
        bytes = str_from(bytes, one.len);
    }
    assert_true(yara_scan_end(s, on_hit, f, &end, &e));
    return end;
}

#define KNOWN                                                                                                          \
    "import \"pe\" import \"hash\"\n"                                                                                  \
    "rule text { strings: $a = \"needle\" condition: #a > 0 }\n"                                                       \
    "rule word { strings: $w = \"word\" fullword condition: #w > 0 }\n"                                                \
    "rule utf16 { strings: $u = \"Unicode\" wide nocase condition: $u }\n"                                             \
    "rule regex { strings: $r = /num[0-9]{3}x/ condition: $r }\n"                                                      \
    "rule chain { strings: $c = { AA BB CC DD [300-400] EE FF 11 22 } condition: $c }\n"                               \
    "rule first { strings: $f = \"FIRST\" condition: $f at 0 }\n"                                                      \
    "rule head { condition: uint16(0) == 0x5a4d and uint16be(2) == 0x4142 }\n"                                         \
    "rule small { condition: filesize < 10 }\n"                                                                        \
    "rule exact { condition: filesize == 33554437 }\n"                                                                 \
    "rule digest { condition: hash.md5(0, 3) == \"900150983cd24fb0d6963f7d28e17f72\" }\n"                              \
    "rule name { condition: filename == \"b.EXE\" and extension == \".exe\" and filepath contains \"a/b\" }\n"         \
    "rule type { condition: filetype == \"EXE\" }\n"                                                                   \
    "rule nobody { condition: owner != \"\" }\n"                                                                       \
    "private rule hidden { condition: true }\n"

static void one_block(void **state) {
    static const struct {
        const char *name, *path;
        str bytes;
        const char *want;
    } cases[] = {
        {"nothing", "a", STR("............"), ""},
        {"empty", "a", STR(""), "small() "},
        {"a string, all its places", "a", STR("needle..needleneedle"), "text($a@0+6 $a@8+6 $a@14+6) "},
        {"a whole word only", "a", STR("words.word.sword.word"), "word($w@6+4 $w@17+4) "},
        {"wide", "a", STR("....u\0n\0i\0c\0o\0d\0e\0."), "utf16($u@4+14) "},
        {"not wide", "a", STR("....unicode....."), ""},
        {"a regular expression", "a", STR("num12x.num123x.."), "regex($r@7+7) "},
        {"at its place", "a", STR("FIRST......"), "first($f@0+5) "},
        {"at another", "a", STR(".FIRST......"), ""},
        {"numbers at places", "a", STR("MZAB......."), "head() type() "},
        {"a hash", "a", STR("abc........."), "digest() "},
        {"its name", "x/a/b.EXE", STR("............"), "name() "},
        {"its name in an archive", "x.zip!a/b.EXE", STR("............"), "name() "},
        {"no such name", "x/a/b.EXE.txt", STR("............"), ""},
    };
    struct yara_set *const set = rules(KNOWN);
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 0; piece < 8; piece += 7) {
            struct found f;

            assert_int_equal(scan(s, cases[i].path, cases[i].bytes, piece, &f), YARA_SCANNED);
            if (!str_eq(buf_str(&f.text), str_of(cases[i].want)))
                fail_msg("%s: %.*s, wanted %s", cases[i].name, STR_ARG(buf_str(&f.text)), cases[i].want);
            buf_free(&f.text);
        }
    yara_scan_free(s);
    yara_set_free(set);
}

static void put(str bytes, size_t at, str what) {
    assert_true(at + what.len <= bytes.len);
    memcpy((char *)(uintptr_t)bytes.ptr + at, what.ptr, what.len);
}

/* More than one block, with what is looked for around each border; blocks are cut by the scan, so every place near one is tried. */
static void borders(void **state) {
    size_t const size = YARA_WHOLE + 2 * YARA_BLOCK + 12345;
    size_t const middles[] = {YARA_WHOLE, YARA_WHOLE - YARA_OVERLAP, YARA_WHOLE + YARA_BLOCK - YARA_OVERLAP};
    struct yara_set *const set = rules(KNOWN);
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    char *const all = malloc(size);
    str const bytes = {all, size};
    struct found f;
    (void)state;

    assert_non_null(all);
    for (size_t k = 0; k < COUNT(middles); k++)
        for (size_t shift = 0; shift < 12; shift++) { /* within the longest of them */
            size_t const at = middles[k] - 8 + shift - (k ? 2 : 0);
            struct buf want = {0};

            memset(all, '.', size);
            put(bytes, at, S("needle"));
            put(bytes, at + 20, S("num123x"));
            put(bytes, at + 40, S("U\0N\0I\0c\0o\0d\0e\0"));
            buf_format(&want, "text($a@%zu+6) utf16($u@%zu+14) regex($r@%zu+7) ", at, at + 40, at + 20);
            assert_int_equal(scan(s, "a", bytes, 0, &f), YARA_SCANNED);
            if (!str_eq(buf_str(&f.text), buf_str(&want)))
                fail_msg("%zu: %.*s, wanted %.*s", at, STR_ARG(buf_str(&f.text)), STR_ARG(buf_str(&want)));
            assert_int_equal(f.size, size);
            buf_free(&f.text);
            buf_free(&want);
        }
    /* Beginnings and ends of longer words: no border makes a word of them, wherever in the text it falls. */
    for (size_t phase = 0; phase < 12; phase++) {
        memset(all, '.', size);
        for (size_t i = phase; i + 12 < size; i += 12)
            memcpy(all + i, (i - phase) % 2040 ? "xword.wordx." : "............", 12);
        assert_int_equal(scan(s, "a", bytes, 0, &f), YARA_SCANNED);
        if (f.text.len)
            fail_msg("%zu: %.*s", phase, STR_ARG(buf_str(&f.text)));
    }
    /* Nor does it lose one, and each is found once. */
    put(bytes, YARA_WHOLE - 100, S(" word "));
    put(bytes, YARA_WHOLE - 1000, S(" word "));
    assert_int_equal(scan(s, "a", bytes, 1 << 20, &f), YARA_SCANNED);
    struct buf want = {0};

    buf_format(&want, "word($w@%zu+4 $w@%zu+4) ", YARA_WHOLE - 999, YARA_WHOLE - 99);
    if (!str_eq(buf_str(&f.text), buf_str(&want)))
        fail_msg("%.*s, wanted %.*s", STR_ARG(buf_str(&f.text)), STR_ARG(buf_str(&want)));
    buf_free(&want);
    buf_free(&f.text);
    free(all);
    yara_scan_free(s);
    yara_set_free(set);
}

/* Strings with gaps: found within a block and across a border that the overlap covers; halves in different blocks are none, even where their
 * places within the blocks would fit. */
static void chains(void **state) {
    static const str head = STR("\xaa\xbb\xcc\xdd"), tail = STR("\xee\xff\x11\x22");
    size_t const size = YARA_WHOLE + 3 * YARA_BLOCK;
    size_t const second = YARA_WHOLE - 2 - YARA_OVERLAP; /* about where the block behind the first begins */
    struct {
        const char *name;
        size_t head, tail;
        bool found;
    } const cases[] = {
        {"in one", 100, 450, true},
        {"too near", 100, 204, false},
        {"across the border", YARA_WHOLE - 100, YARA_WHOLE + 250, true},
        {"in blocks apart", 1000, second + 1350, false},
        {"in a later block", YARA_WHOLE + YARA_BLOCK, YARA_WHOLE + YARA_BLOCK + 350, true},
    };
    struct yara_set *const set = rules(KNOWN);
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    char *const all = malloc(size);
    (void)state;

    assert_non_null(all);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct found f;

        memset(all, 0, size);
        put((str){all, size}, cases[i].head, head);
        put((str){all, size}, cases[i].tail, tail);
        assert_int_equal(scan(s, "a", (str){all, size}, 0, &f), YARA_SCANNED);
        if ((f.text.len > 0) != cases[i].found)
            fail_msg("%s: '%.*s'", cases[i].name, STR_ARG(buf_str(&f.text)));
        buf_free(&f.text);
    }
    free(all);
    yara_scan_free(s);
    yara_set_free(set);
}

/* Sizes around the end of the first block: the whole size is seen, the hash is that of all bytes, and conditions see the beginning. */
static void sizes(void **state) {
    size_t const sizes[] = {YARA_WHOLE - 1, YARA_WHOLE, YARA_WHOLE + 1, YARA_WHOLE + 5, YARA_WHOLE + YARA_BLOCK};
    struct yara_set *const set = rules(KNOWN);
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *const all = malloc(sizes[i]);
        struct sha256 *const h = sha256_new();
        uint8_t want[SHA256_SIZE];
        struct found f;
        struct buf text = {0};

        assert_non_null(all);
        memset(all, '.', sizes[i]);
        put((str){all, sizes[i]}, 0, S("MZAB"));
        put((str){all, sizes[i]}, sizes[i] - 6, S("needle"));
        sha256_add(h, (str){all, sizes[i]});
        sha256_end(h, want);
        sha256_free(h);
        buf_format(&text, "text($a@%zu+6) head() %stype() ", sizes[i] - 6,
                   sizes[i] == YARA_WHOLE + 5 ? "exact() " : "");
        for (size_t piece = 0; piece < 4 << 20; piece += 3 << 20) {
            assert_int_equal(scan(s, "a", (str){all, sizes[i]}, piece, &f), YARA_SCANNED);
            if (!str_eq(buf_str(&f.text), buf_str(&text)))
                fail_msg("%zu: %.*s, wanted %.*s", sizes[i], STR_ARG(buf_str(&f.text)), STR_ARG(buf_str(&text)));
            assert_memory_equal(f.sha256, want, sizeof want);
            assert_int_equal(f.size, sizes[i]);
            buf_free(&f.text);
        }
        buf_free(&text);
        free(all);
    }
    yara_scan_free(s);
    yara_set_free(set);
}

/* More matches than are told, of one string and of all. */
static void many_matches(void **state) {
    struct yara_set *const set =
        rules("rule one { strings: $a = \"abcd\" condition: #a > 3 }\n"
              "rule single { strings: $a = \"abcd\" condition: $a }\n"
              "rule every { strings: $a = \"abcd\" $b = \"bcda\" $c = \"cdab\" $d = \"dabc\" $e = \"abcda\" $f = "
              "\"bcdab\" $g = "
              "\"cdabc\" $h = \"dabcd\" $i = \"abcdab\" condition: for all of them : ( # > 8 ) }\n");
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    struct buf text = {0};
    struct found f;
    size_t count = 0;
    (void)state;

    for (size_t i = 0; i < 100; i++)
        buf_add(&text, S("abcd"));
    assert_int_equal(scan(s, "a", buf_str(&text), 0, &f), YARA_SCANNED);
    assert_true(
        str_starts(buf_str(&f.text), S("one($a@0+4 $a@4+4 $a@8+4 $a@12+4 $a@16+4 $a@20+4 $a@24+4 $a@28+4 more) ")));
    /* What is only asked for at all is looked for once. */
    assert_true(str_find(buf_str(&f.text), S("single($a@0+4) every(")) != SIZE_MAX);
    for (size_t i = 0; i < f.text.len; i++)
        count += f.text.ptr[i] == '@';
    assert_int_equal(count, YARA_STRING_MATCHES + 1 + YARA_MATCHES_TOLD);
    buf_free(&f.text);
    buf_free(&text);
    yara_scan_free(s);
    yara_set_free(set);
}

/* A condition that would take hours: ended, found nothing, and the next scan is none the worse. */
static void too_long(void **state) {
    struct yara_set *const set = rules("rule quick { strings: $a = \"needle\" condition: $a }\n"
                                       "rule endless { strings: $b = \"endless\" condition: $b and for all i in "
                                       "(1..100000000000) : ( i > 0 ) }\n");
    struct yara_scan *const s = scan_with(set, (struct yara_limits){UINT64_MAX, 1});
    struct found f;
    (void)state;

    assert_int_equal(scan(s, "a", S("needle endless"), 0, &f), YARA_TIMED_OUT);
    assert_int_equal(f.hits, 0);
    assert_int_equal(scan(s, "a", S("needle"), 0, &f), YARA_SCANNED);
    assert_int_equal(f.hits, 1);
    buf_free(&f.text);
    yara_scan_free(s);
    yara_set_free(set);
}

static void too_large(void **state) {
    struct yara_set *const set = rules("rule a { strings: $a = \"needle\" condition: $a }");
    struct yara_scan *const s = scan_with(set, (struct yara_limits){1000, 1});
    char bytes[1001] = "needle";
    struct found f;
    (void)state;

    for (size_t piece = 0; piece < 20; piece += 10) {
        assert_int_equal(scan(s, "a", (str){bytes, 1000}, piece, &f), YARA_SCANNED);
        assert_int_equal(f.hits, 1);
        buf_free(&f.text);
        assert_int_equal(scan(s, "a", (str){bytes, 1001}, piece, &f), YARA_TOO_LARGE);
        assert_int_equal(f.hits, 0);
    }
    yara_scan_free(s);
    yara_set_free(set);
}

/* Given up in the middle: of blocks, and by whoever hears of hits. The next scan knows nothing of it. */
static void given_up(void **state) {
    size_t const size = YARA_WHOLE + 2 * YARA_BLOCK;
    struct yara_set *const set = rules("rule a { strings: $a = \"needle\" condition: $a }\n"
                                       "rule b { strings: $a = \"needle\" condition: $a }\n"
                                       "rule e { condition: entrypoint >= 0 }\n");
    struct yara_scan *s = scan_with(set, yara_limits_usual);
    char *const all = calloc(1, size);
    enum yara_end end;
    struct found f;
    struct err e = {0};
    (void)state;

    assert_non_null(all);
    memcpy(all, "needle", 6);
    assert_true(yara_scan_begin(s, &(struct yara_about){S("a")}));
    assert_true(yara_scan_feed(s, (str){all, size}));
    assert_int_equal(scan(s, "a", S("nothing here"), 0, &f), YARA_SCANNED);
    assert_int_equal(f.hits, 0);
    f = (struct found){.stop_after = 1};
    assert_false(yara_scan_bytes(s, &(struct yara_about){S("a")}, S("needle"), on_hit, &f, &end, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(f.hits, 1);
    buf_free(&f.text);
    assert_int_equal(scan(s, "a", S("needle"), 0, &f), YARA_SCANNED);
    assert_int_equal(f.hits, 2);
    buf_free(&f.text);
    assert_true(yara_scan_begin(s, &(struct yara_about){S("a")}));
    assert_true(yara_scan_feed(s, (str){all, size}));
    yara_scan_free(s);
    yara_scan_free(NULL);
    free(all);
    yara_set_free(set);
}

/* The smallest program for Linux that libyara takes for one: its entry point is known of it, and of nothing that is scanned behind it. */
static void entry_point(void **state) {
    static const char elf[0x78 + 16] = {0x7f,
                                        'E',
                                        'L',
                                        'F',
                                        2,
                                        1,
                                        1,
                                        [16] = 2,
                                        [18] = 62,
                                        [20] = 1,
                                        [24] = 0x78,
                                        [26] = 0x40,
                                        [32] = 64,
                                        [52] = 64,
                                        [54] = 56,
                                        [56] = 1,
                                        [64] = 1,
                                        [68] = 5,
                                        [82] = 0x40,
                                        [90] = 0x40,
                                        [96] = (char)0x88,
                                        [104] = (char)0x88};
    struct yara_set *const set = rules("rule e { condition: entrypoint >= 0 }\n");
    struct yara_scan *const s = scan_with(set, yara_limits_usual);
    struct found f;
    (void)state;

    assert_int_equal(scan(s, "a", (str){elf, sizeof elf}, 0, &f), YARA_SCANNED);
    assert_int_equal(f.hits, 1);
    buf_free(&f.text);
    assert_int_equal(scan(s, "a", S("this is no program"), 0, &f), YARA_SCANNED);
    assert_int_equal(f.hits, 0);
    yara_scan_free(s);
    yara_set_free(set);
}

/* Modules over what looks like programs, hashes, and blocks: in a process that may do nothing but compute. */
static void confined(void **state) {
    struct yara_set *const set = rules(
        "import \"pe\" import \"elf\" import \"hash\" import \"math\" import \"dotnet\" import \"console\" import "
        "\"time\"\n"
        "rule every { strings: $a = \"needle\" condition: $a and not pe.is_pe and elf.type != 1 and time.now() > 0 and "
        "math.entropy(0, filesize) >= 0 and hash.sha256(0, 16) != \"\" and hash.md5(0, 4) != \"\" and "
        "hash.sha1(0, 4) != \"\" and console.log(\"\") and pe.imphash() != \"x\" }\n"
        "rule program { strings: $a = \"needle\" condition: $a and uint16(0) == 0x5a4d }");
    size_t const size = YARA_WHOLE + YARA_BLOCK;
    int status;
    pid_t pid;
    (void)state;

    if ((pid = fork()) == 0) {
        struct yara_scan *s;
        struct found f;
        char *all;
        struct err e;

        if (!yara_scan_new(&s, set, &yara_limits_usual, &e) || !confine_self((size_t)256 << 20, &e))
            _exit(2);
        if (!(all = calloc(1, size)))
            _exit(3);
        memcpy(all,
               "\x7f"
               "ELF needle",
               11);
        if (scan(s, "a", (str){all, 4096}, 0, &f) != YARA_SCANNED)
            _exit(4);
        memcpy(all, "MZ", 2);
        all[60] = 64;
        memcpy(all + 64, "PE\0\0", 4);
        memcpy(all + 4000, "needle", 6);
        if (scan(s, "a", (str){all, size}, 0, &f) != YARA_SCANNED || f.hits == 0)
            _exit(5);
        yara_scan_free(s);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("status %#x", (unsigned)status);
    yara_set_free(set);
}

/* Each request for memory is refused once, and all behind it: nothing is found, which is told, and the next scan is none the worse. Without
 * modules: libyara's pe and hash fall over (which costs the job of the file, and nothing else). */
static void memory_may_run_out(void **state) {
    REFUSE_OR_SKIP();
    struct yara_set *const set =
        rules("rule a { strings: $a = /ne+dle/ $b = { 41 42 43 [300-400] 44 45 46 } condition: any of them }\n"
              "rule b { condition: filesize > 0 }\n");
    struct yara_about const about = {S("a/b.c")};
    bool done = false;
    (void)state;

    for (long after = 0; !done; after++) {
        struct yara_scan *s = NULL;
        struct found f = {.size = 0};
        enum yara_end end = YARA_ENDS;
        struct err e = {0};
        bool ok;

        buf_reserve(&f.text, 4096); /* not what is tested */
        memory_refused = false;
        memory_gone_for_good = true;
        memory_left = after;
        ok = yara_scan_new(&s, set, &yara_limits_usual, &e) &&
             yara_scan_bytes(s, &about, S("a needle in it"), on_hit, &f, &end, &e);
        memory_left = -1;
        done = !memory_refused;
        if (done)
            assert_true(ok && end == YARA_SCANNED && f.hits == 2);
        else if (ok ? end != YARA_NO_MEMORY : e.code != ERR_MEMORY)
            fail_msg("refusal %ld: %s, %s", after, ok ? yara_end_name(end).ptr : "failed", e.text);
        buf_free(&f.text);
        if (s) {
            assert_int_equal(scan(s, "a", S("needle"), 0, &f), YARA_SCANNED);
            assert_int_equal(f.hits, 2);
            buf_free(&f.text);
        }
        yara_scan_free(s);
    }
    yara_set_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_block),
        cmocka_unit_test(borders),
        cmocka_unit_test(chains),
        cmocka_unit_test(sizes),
        cmocka_unit_test(too_long),
        cmocka_unit_test(too_large),
        cmocka_unit_test(many_matches),
        cmocka_unit_test(given_up),
        cmocka_unit_test(entry_point),
        cmocka_unit_test(confined),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
