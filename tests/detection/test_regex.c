/* What a regular expression is said to need must stand in all it matches: tables, and random expressions against PCRE2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf.h"
#include "detection/regex.h"
#include "detection/test.h"
#include "event/fold.h"

/* needs: literals with a bar between them; "": none known. */
static const struct {
    const char *name;
    str expression;
    const char *needs;
} cases[] = {
    {"a word", STR("whoami"), "whoami"},
    {"capitals are folded", STR("WhoAmI"), "whoami"},
    {"signs", STR("\\\\temp\\.exe -e\\x20\\x{41}"), "\\temp.exe -e a"},
    {"between anchors", STR("^abc\\bdef$"), "abcdef"},
    {"the longest run", STR("abc.defgh.ij"), "defgh"},
    {"both cases of a letter", STR("[Pp]rogram[Dd]ata"), "programdata"},
    {"a class of one", STR("a[.]b[\\-]c"), "a.b-c"},
    {"a class of two ends a run", STR("abc[de]fghi"), "fghi"},
    {"repeated", STR("abc+def"), "cdef"},
    {"counted", STR("abc{2,3}defg{1,}hi"), "cdefg"},
    {"may be missing", STR("abcd?efg"), "abc"},
    {"any number", STR("abcd*efgh"), "efgh"},
    {"none to two", STR("abcd{0,2}efgh"), "efgh"},
    {"count of nought", STR("abcx{0}efgh"), "efgh"},
    {"choice", STR("whoami|ipconfig"), "whoami|ipconfig"},
    {"choice in brackets", STR("x(?:whoami|ipconfig) y"), "whoami|ipconfig"},
    {"better outside", STR("cmd(?:/c|/r)powershell"), "powershell"},
    {"brackets repeated", STR("(?:abcd)+"), "abcd"},
    {"options", STR("(?i)abc(?-i)def(?s:ghijklm)"), "ghijklm"},
    {"look-around is between", STR("abc(?=d)def(?<!x)ghi"), "abcdefghi"},
    {"lazy and possessive", STR("abc+?def++ghij"), "fghij"},
    {"brace that is no count", STR("ab{x}cd"), "ab{x}cd"},
    {"braces with nothing", STR("ab{}cd"), "ab{}cd"},
    {"back-reference", STR("(ab)\\1cde"), "cde"},
    {"atomic", STR("(?>abcd)e"), "abcd"},
    {"bracket first in a class", STR("[]a]bcd"), "bcd"},
    {"class of classes", STR("[[:alpha:]\\d]xyz"), "xyz"},
    {"beyond ASCII",
     STR("abc\xc3\xa9"
         "defg"),
     "defg"},
    {"NUL", STR("ab\0cd"), ""}, /* seen by its length below */
    {"nothing", STR(""), ""},
    {"short", STR("ab"), ""},
    {"only dots", STR(".{1000,}"), ""},
    {"one branch without", STR("abcdef|.+"), ""},
    {"an empty branch", STR("abcdef|"), ""},
    {"all may be missing", STR("(?:abcdef)?"), ""},
    {"within what may be missing", STR("(?:abc(?:defghi))*x"), ""},
    {"only behind a look", STR("(?=abcdef)"), ""},
    {"negated class", STR("[^a]bc"), ""},
    {"verb", STR("(*UCP)abcdef"), ""},
    {"extended", STR("(?x)abc def"), ""},
    {"recursion", STR("(abcdef(?R)?)"), ""},
    {"condition", STR("(a)?(?(1)bcdefg|cdefghi)"), ""},
    {"quoted", STR("\\Qabc+\\Edef"), ""},
    {"property", STR("\\p{L}abcdef"), ""},
    {"match reset", STR("abc\\Kdef"), ""},
    {"octal", STR("abcdef\\012"), ""},
    {"back-reference or octal", STR("(abcdef)\\10"), ""},
    {"control in a class", STR("[\\c]]abcdef"), ""},
    {"no class of characters", STR("[[=a:]]bcdef"), ""},
    {"class of characters that does not end", STR("[[:alpha]bcdef"), ""},
    {"count of a later PCRE2", STR("abcd{,3}efgh"), ""},
    {"blank in a count", STR("abcdef{ 3 }ghi"), ""},
    {"quantifier of a quantifier", STR("abcdef{2}{3}"), ""},
    {"comment", STR("abc(?#def)ghi"), ""},
    {"named", STR("(?<n>abcdef)"), ""},
};

static void needs_are_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(1 << 16);
        char got[256] = "";
        const str *needs = NULL;
        size_t const count = regex_literals(cases[i].expression, a, &needs);

        if (strcmp(cases[i].name, "NUL") == 0) {
            assert_int_equal(count, 1);
            assert_true(str_eq(needs[0], S("ab\0cd")));
        } else {
            for (size_t n = 0, len = 0; n < count; n++)
                len += (size_t)snprintf(got + len, sizeof got - len, "%s%.*s", n ? "|" : "", STR_ARG(needs[n]));
            if (strcmp(got, cases[i].needs) != 0)
                fail_msg("%s: '%s' instead of '%s'", cases[i].name, got, cases[i].needs);
        }
        arena_free(a);
    }
}

/* Bounds: many branches, deep brackets, long runs. */
static void bounds_hold(void **state) {
    struct arena *const a = arena_new(1 << 20);
    static char text[40000];
    const str *needs;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 33; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%sword%02d", i ? "|" : "", i);
    assert_int_equal(regex_literals((str){text, len}, a, &needs), 0);
    assert_int_equal(regex_literals((str){text, len - 7}, a, &needs), 32);
    memset(text, '(', 20000);
    memset(text + 20000, ')', 20000);
    assert_int_equal(regex_literals((str){text, 40000}, a, &needs), 0);
    memset(text, 'a', 40000);
    assert_int_equal(regex_literals((str){text, 40000}, a, &needs), 1);
    assert_true(needs[0].len >= REGEX_LITERAL_MIN && needs[0].len <= 255);
    arena_free(a);
    for (size_t limit = 0;; limit += 8) { /* every shortage of memory */
        struct arena *const small = arena_new(limit);
        size_t const n = small ? regex_literals(S("abc.defgh|klmno"), small, &needs) : 0;

        arena_free(small);
        assert_true(n == 0 || n == 2);
        if (n)
            break;
    }
}

/* chain: parts with a bar between them; "": another expression. */
static const struct {
    const char *name;
    str expression;
    bool caseless;
    const char *chain;
} chains[] = {
    {"signs", STR("\\+.*\\+.*\\+"), false, "+|+|+"},
    {"words", STR("abc.*d f.*g"), false, "abc|d f|g"},
    {"lazy", STR("a.*?b"), false, "a|b"},
    {"signs without case", STR("\\{.*\\{"), true, "{|{"},
    {"letters without case", STR("a.*b"), true, ""},
    {"one part", STR("abc"), false, ""},
    {"begins with dots", STR(".*abc"), false, ""},
    {"ends with dots", STR("abc.*"), false, ""},
    {"dots and dots", STR("a.*.*b"), false, ""},
    {"some dots", STR("a.+b"), false, ""},
    {"a dot", STR("a.*b.c"), false, ""},
    {"repeated", STR("a+.*b"), false, ""},
    {"possessive", STR("a.*+b"), false, ""},
    {"counted", STR("a.{0,5}b"), false, ""},
    {"anchored", STR("^a.*b"), false, ""},
    {"end", STR("a.*b$"), false, ""},
    {"choice", STR("a.*b|c"), false, ""},
    {"brackets", STR("(a).*b"), false, ""},
    {"class", STR("[a].*b"), false, ""},
    {"digits", STR("\\d.*b"), false, ""},
    {"line feed", STR("\\n.*b"), false, ""},
    {"a line feed itself", STR("\n.*b"), false, ""},
    {"back-reference", STR("a.*\\1"), false, ""},
    {"beyond ASCII", STR("\xc3\xa9.*b"), false, ""},
    {"a backslash at the end", STR("a.*\\"), false, ""},
    {"verb", STR("(*CR)a.*b"), false, ""},
    {"NUL", STR("a\0.*b"), false, ""},
    {"nothing", STR(""), false, ""},
};

static void chains_are_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(chains); i++) {
        struct arena *const a = arena_new(1 << 16);
        char got[256] = "";
        const str *parts = NULL;
        size_t const count = regex_chain(chains[i].expression, chains[i].caseless, a, &parts);

        for (size_t n = 0, len = 0; n < count; n++)
            len += (size_t)snprintf(got + len, sizeof got - len, "%s%.*s", n ? "|" : "", STR_ARG(parts[n]));
        if (strcmp(got, chains[i].chain) != 0)
            fail_msg("%s: '%s' instead of '%s'", chains[i].name, got, chains[i].chain);
        arena_free(a);
    }
    for (size_t limit = 0;; limit += 8) { /* every shortage of memory */
        struct arena *const small = arena_new(limit);
        const str *parts;
        size_t const n = small ? regex_chain(S("ab.*cd"), false, small, &parts) : 0;

        arena_free(small);
        assert_true(n == 0 || n == 2);
        if (n)
            break;
    }
}

/* One expression made ready. */
struct ready {
    struct test test;
    struct arena *a;
    struct test_scratch scratch;
};

static bool ready_make(struct ready *r, str expression, unsigned flags, struct sigma_test *sigma) {
    struct err e = {0};

    *sigma = (struct sigma_test){.op = TEST_REGEX, .regex = expression, .regex_flags = flags};
    r->a = arena_new(1 << 18);
    assert_true(test_scratch_init(&r->scratch, &e));
    return test_make(&r->test, sigma, r->a, &e);
}

static void ready_free(struct ready *r) {
    test_close(&r->test);
    test_scratch_free(&r->scratch);
    arena_free(r->a);
}

static bool matches(struct ready *r, str text) {
    struct value const v = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = VALUE_TEXT};
    bool ok = true;

    return test_value(&r->test, &v, (str){"", 0}, &r->scratch, &ok) && ok;
}

static bool one_stands_in(const struct test *t, str text) {
    char folded[1024];
    str const all = {folded, fold_text(text, folded)};

    for (size_t i = 0; i < t->need_count; i++)
        if (str_find(all, t->needs[i]) != SIZE_MAX)
            return true;
    return t->need_count == 0;
}

/* Whatever PCRE2 holds equal to a letter of ASCII folds to it. */
static void case_of_letters_is_folding(void **state) {
    (void)state;
    for (char letter = 'a'; letter <= 'z'; letter++) {
        char const pattern[3] = {'^', letter, '$'};
        struct sigma_test sigma;
        struct ready r;

        assert_true(ready_make(&r, (str){pattern, 3}, SIGMA_RE_I, &sigma));
        for (uint32_t point = 1; point < 0x110000; point++) {
            char text[4], folded[32];

            if (point >= 0xd800 && point < 0xe000)
                continue;
            str const s = {text, utf8_encode(point, text)};

            if (matches(&r, s) && (fold_text(s, folded) != 1 || folded[0] != letter))
                fail_msg("U+%04X is %c to PCRE2 alone", point, letter);
        }
        ready_free(&r);
    }
}

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides) {
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % sides;
}

static const char *const atoms[] = {
    "abc",  "bk",   "sab",    "ABC",         "K",      "kks",   ".",      "\\d",      "\\w",          "\\s",  "\\W",
    "[ab]", "[^a]", "[a-z]",  "[kK]",        "[^k]",   "[S]",   "\\n",    "\xc3\xa9", "\xe2\x84\xaa", "^",    "$",
    "\\b",  "(?i)", "(?s)",   "(?m)",        "\\1",    "(?=a)", "(?!b)",  "(?<=k)",   "\\x41",        "\\.",  "-",
    " ",    "1",    "[\\d.]", "\\A",         "\\z",    "(?-i)", "{",      "}",        "{,2}",         "{ 2}", "[]a]",
    "[a-]", "\\R",  "\\h",    "[[:alpha:]]", "[[=a:]", "[[:k]", "[[.a.]", "bcd",      "aaa",          "\\-",  "[\\.]",
};
static const char *const repeats[] = {"",   "",      "",     "",    "",      "",       "",       "",
                                      "*",  "+",     "?",    "{2}", "{1,3}", "{2,}",   "+?",     "*?",
                                      "++", "{0,2}", "{3}?", "{0}", "{0,0}", "{2}{2}", "{00001}"};
static const char *const letters[] = {
    "abc",      "b", "k", "sab", "A", "K", "bcd", "1",    "\n", " ",   "\xc3\xa9", "\xc3\x89", "\xe2\x84\xaa",
    "\xc5\xbf", ".", "-", "\r",  "{", "}", "aa",  "{,2}", "bk", "kks", "ABC",      "S",        "]"};

static void add(char *to, size_t *len, const char *piece) {
    size_t const n = strlen(piece);

    memcpy(to + *len, piece, n);
    *len += n;
}

static size_t expression_make(struct dice *d, char *to) {
    size_t len = 0, pieces = 1 + roll(d, 6), open = 0;

    for (size_t i = 0; i < pieces; i++) {
        if (roll(d, 4) == 0) {
            add(to, &len, roll(d, 4) ? "(" : roll(d, 3) ? "(?:" : roll(d, 2) ? "(?>" : "(?i:");
            open++;
        }
        add(to, &len, atoms[roll(d, COUNT(atoms))]);
        add(to, &len, repeats[roll(d, COUNT(repeats))]);
        if (open && roll(d, 3) == 0) {
            add(to, &len, ")");
            add(to, &len, repeats[roll(d, COUNT(repeats))]);
            open--;
        }
        if (roll(d, 6) == 0)
            add(to, &len, "|");
    }
    while (open--)
        add(to, &len, ")");
    return len;
}

static void random_expressions_need_what_they_say(void **state) {
    enum { EXPRESSIONS = 20000, TEXTS = 80 };
    struct dice d = {20240325};
    size_t known = 0, yes = 0, spared = 0;

    (void)state;
    if (getenv("LONGWATCH_SEED"))
        d.state = strtoull(getenv("LONGWATCH_SEED"), NULL, 10);
    for (size_t i = 0; i < EXPRESSIONS; i++) {
        char pattern[512], bytes[128];
        unsigned const flags = roll(&d, 8);
        str const p = {pattern, expression_make(&d, pattern)};
        struct sigma_test sigma;
        struct ready r;

        if (ready_make(&r, p, flags, &sigma) && r.test.need_count) {
            known++;
            for (size_t t = 0; t < TEXTS; t++) {
                str text = {bytes, 0};

                for (uint32_t n = roll(&d, 10); n; n--)
                    add(bytes, &text.len, letters[roll(&d, COUNT(letters))]);
                bool const stands = one_stands_in(&r.test, text), match = matches(&r, text);

                yes += match;
                spared += !stands;
                if (match && !stands)
                    fail_msg("'%.*s' flags %u matches '%.*s' without '%.*s'", STR_ARG(p), flags, STR_ARG(text),
                             STR_ARG(r.test.needs[0]));
            }
        }
        ready_free(&r);
    }
    print_message("%zu expressions with literals, %zu matches, %zu texts not tried\n", known, yes, spared);
    assert_true(known > EXPRESSIONS / 20 && yes > 1000);
}

/* A chain against PCRE2, on texts of several lines. */
static void random_chains_match_as_pcre2_says(void **state) {
    static const char *const parts[] = {"a", "b", "\\+", "ab", "aab", "\\.", "-"};
    static const char *const pieces[] = {"a", "b", "+", "\n", "\r", ".", "-", "ab", "\xc3\xa9", "aab", "\xe2\x80\xa8"};
    struct dice d = {20240326};
    size_t yes = 0, no = 0;

    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        char pattern[128], bytes[128];
        str p = {pattern, 0};
        unsigned const flags = roll(&d, 8) & ~(unsigned)SIGMA_RE_I;
        struct sigma_test sigma;
        struct ready r;

        for (uint32_t n = 2 + roll(&d, 4); n; n--) {
            add(pattern, &p.len, parts[roll(&d, COUNT(parts))]);
            if (n > 1)
                add(pattern, &p.len, roll(&d, 4) ? ".*" : ".*?");
        }
        assert_true(ready_make(&r, p, flags, &sigma));
        assert_true(r.test.chain_count > 1);
        for (size_t t = 0; t < 60; t++) {
            size_t const chain_count = r.test.chain_count;
            str text = {bytes, 0};
            bool ours, theirs;

            for (uint32_t n = roll(&d, 14); n; n--)
                add(bytes, &text.len, pieces[roll(&d, COUNT(pieces))]);
            ours = matches(&r, text);
            r.test.chain_count = 0;
            theirs = matches(&r, text);
            r.test.chain_count = chain_count;
            if (ours != theirs)
                fail_msg("'%.*s' flags %u and '%.*s': %d, PCRE2 %d", STR_ARG(p), flags, STR_ARG(text), ours, theirs);
            *(ours ? &yes : &no) += 1;
        }
        ready_free(&r);
    }
    assert_true(yes > 10000 && no > 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_are_as_written),       cmocka_unit_test(bounds_hold),
        cmocka_unit_test(chains_are_as_written),      cmocka_unit_test(random_chains_match_as_pcre2_says),
        cmocka_unit_test(case_of_letters_is_folding), cmocka_unit_test(random_expressions_need_what_they_say),
    };

    return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
