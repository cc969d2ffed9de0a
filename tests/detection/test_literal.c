/* The matcher for literals against strstr in plain words: tables, and random patterns and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/literal.h"
#include "event/fold.h"

#define PATTERNS_MAX 400u

struct hits {
    unsigned times[PATTERNS_MAX];
};

static void note(void *ctx, uint32_t id) {
    struct hits *const h = ctx;

    assert_true(id < PATTERNS_MAX);
    h->times[id]++;
}

/* What a pattern means, without haste. */
static bool satisfies(const struct literal *p, str text) {
    str const t = p->text;

    switch (p->how) {
    case LITERAL_EQUALS:
        return t.len == text.len && memcmp(t.ptr, text.ptr, t.len) == 0;
    case LITERAL_STARTS:
        return t.len <= text.len && memcmp(t.ptr, text.ptr, t.len) == 0;
    case LITERAL_ENDS:
        return t.len <= text.len && memcmp(t.ptr, text.ptr + text.len - t.len, t.len) == 0;
    case LITERAL_CONTAINS:
        for (size_t i = 0; i + t.len <= text.len; i++)
            if (memcmp(t.ptr, text.ptr + i, t.len) == 0)
                return true;
    }
    return false;
}

static const struct {
    const char *name;
    str pattern;
    enum literal_how how;
    str text;
    bool hit;
} cases[] = {
    {"equal", STR("cmd.exe"), LITERAL_EQUALS, STR("cmd.exe"), true},
    {"equal, longer", STR("cmd.exe"), LITERAL_EQUALS, STR("cmd.exe "), false},
    {"equal, same length modulo 64", STR("a"), LITERAL_EQUALS,
     STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false},
    {"equal, empty", STR(""), LITERAL_EQUALS, STR(""), true},
    {"equal, empty and not", STR(""), LITERAL_EQUALS, STR("x"), false},
    {"start of one", STR("c"), LITERAL_STARTS, STR("cmd"), true},
    {"start of eight", STR("c:\\windo"), LITERAL_STARTS, STR("c:\\windows"), true},
    {"start of many", STR("c:\\windows\\system32"), LITERAL_STARTS, STR("c:\\windows\\system32\\x"), true},
    {"start that differs late", STR("c:\\windows\\system32"), LITERAL_STARTS, STR("c:\\windows\\system33\\x"), false},
    {"start, text shorter", STR("c:\\windows"), LITERAL_STARTS, STR("c:\\windo"), false},
    {"start is not inside", STR("md"), LITERAL_STARTS, STR("cmd"), false},
    {"end of two", STR("md"), LITERAL_ENDS, STR("cmd"), true},
    {"end of many", STR("\\powershell.exe"), LITERAL_ENDS, STR("c:\\x\\powershell.exe"), true},
    {"end that differs early", STR("\\powershell.exe"), LITERAL_ENDS, STR("c:\\x/powershell.exe"), false},
    {"end, whole text", STR("abc"), LITERAL_ENDS, STR("abc"), true},
    {"end, text shorter", STR("abcdefghij"), LITERAL_ENDS, STR("cdefghij"), false},
    {"one byte", STR("^"), LITERAL_CONTAINS, STR("a^b"), true},
    {"one byte of 0xff", STR("\xff"), LITERAL_CONTAINS, STR("a\xff"), true},
    {"no such byte", STR("^"), LITERAL_CONTAINS, STR("ab"), false},
    {"two bytes last", STR("-e"), LITERAL_CONTAINS, STR("x -e"), true},
    {"two bytes apart", STR("-e"), LITERAL_CONTAINS, STR("- e"), false},
    {"three bytes alone", STR("iex"), LITERAL_CONTAINS, STR("iex"), true},
    {"three bytes, text shorter", STR("iex"), LITERAL_CONTAINS, STR("ie"), false},
    {"four bytes", STR("-enc"), LITERAL_CONTAINS, STR("a -enc b"), true},
    {"four bytes last", STR("-enc"), LITERAL_CONTAINS, STR("a -enc"), true},
    {"many bytes first", STR("invoke-mimikatz"), LITERAL_CONTAINS, STR("invoke-mimikatz x"), true},
    {"all but one", STR("invoke-mimikatz"), LITERAL_CONTAINS, STR("invoke-mimikat_"), false},
    {"overlapping itself", STR("aaab"), LITERAL_CONTAINS, STR("aaaaaaab"), true},
    {"NUL bytes", STR("a\0\0b"), LITERAL_CONTAINS, STR("xa\0\0by"), true},
    {"empty text", STR("abcd"), LITERAL_CONTAINS, STR(""), false},
};

static void single_patterns(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct literal const one = {cases[i].pattern, cases[i].how, 7};
        struct literals *const m = literals_new(&one, 1);
        struct hits h = {{0}};

        assert_non_null(m);
        assert_true(literals_bytes(m) > 0);
        literals_scan(m, cases[i].text, note, &h);
        if ((h.times[7] > 0) != cases[i].hit || satisfies(&one, cases[i].text) != cases[i].hit)
            fail_msg("%s", cases[i].name);
        literals_free(m);
    }
}

static void all_patterns_together(void **state) {
    struct literal all[COUNT(cases)];
    struct literals *m;

    (void)state;
    for (uint32_t i = 0; i < COUNT(cases); i++)
        all[i] = (struct literal){cases[i].pattern, cases[i].how, i};
    assert_non_null(m = literals_new(all, COUNT(all)));
    for (size_t t = 0; t < COUNT(cases); t++) {
        struct hits h = {{0}};

        literals_scan(m, cases[t].text, note, &h);
        for (size_t i = 0; i < COUNT(cases); i++)
            if ((h.times[i] > 0) != satisfies(&all[i], cases[t].text))
                fail_msg("%s on %s", cases[i].name, cases[t].name);
    }
    literals_free(m);
    assert_non_null(m = literals_new(NULL, 0));
    literals_scan(m, S("text"), note, NULL);
    literals_free(m);
    literals_free(NULL);
}

static uint32_t roll(uint64_t *state, uint32_t sides) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % sides;
}

/* Few letters, so that much matches; now and then any byte. */
static str word(uint64_t *dice, char *to, uint32_t min, uint32_t max, uint32_t letters) {
    uint32_t const len = min + roll(dice, max - min + 1);

    for (uint32_t i = 0; i < len; i++)
        to[i] = (char)(roll(dice, 50) ? 'a' + (int)roll(dice, letters) : (int)roll(dice, 256));
    return (str){to, len};
}

static void random_patterns(void **state) {
    static char bytes[PATTERNS_MAX][24], text[600];
    static struct literal list[PATTERNS_MAX];
    uint64_t dice = 20240325;
    size_t hits = 0;

    (void)state;
    if (getenv("LONGWATCH_SEED"))
        dice = strtoull(getenv("LONGWATCH_SEED"), NULL, 10);
    for (int round = 0; round < 150; round++) {
        uint32_t const count = 1 + roll(&dice, PATTERNS_MAX), letters = 2 + roll(&dice, 6);
        struct literals *m;

        for (uint32_t i = 0; i < count; i++) {
            enum literal_how const how = (enum literal_how)roll(&dice, 4);

            list[i] = (struct literal){word(&dice, bytes[i], how == LITERAL_EQUALS ? 0 : 1, 20, letters), how, i};
        }
        assert_non_null(m = literals_new(list, count));
        for (int t = 0; t < 40; t++) {
            struct hits h = {{0}};
            /* On the heap and no byte too long: what reads past its end is seen by the sanitizer. */
            str const made = word(&dice, text, 0, roll(&dice, 4) ? 40 : 500, letters);
            char *const exact = malloc(made.len ? made.len : 1);
            str const s = {exact, made.len};

            assert_non_null(exact);
            memcpy(exact, made.ptr, made.len);
            literals_scan(m, s, note, &h);
            for (uint32_t i = 0; i < count; i++) {
                hits += h.times[i] > 0;
                if ((h.times[i] > 0) != satisfies(&list[i], s))
                    fail_msg("round %d: pattern '%.*s' (%d) on '%.*s'", round, STR_ARG(list[i].text), list[i].how,
                             STR_ARG(s));
            }
            free(exact);
        }
        literals_free(m);
    }
    print_message("%zu hits\n", hits);
    assert_true(hits > 10000);
}

/* A look at text that is not folded must let through all that matches when it is; and spare most of the rest. */
static void a_quick_look_misses_nothing(void **state) {
    static char bytes[40][24], text[600], folded[2 * 600 + 16];
    static struct literal list[40];
    static const char *const odd[] = {"\xe2\x84\xaa", "\xc5\xbf",
                                      "\xc3\x84"}; /* K and long s fold to k and s; A-umlaut */
    uint64_t dice = 20240327;
    size_t hits = 0, spared = 0;

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t const count = 1 + roll(&dice, 39);
        struct literals *m;

        for (uint32_t i = 0; i < count; i++) { /* lower case, as folded patterns are; some with signs */
            size_t const len = 4 + roll(&dice, 12);

            for (size_t k = 0; k < len; k++)
                bytes[i][k] = roll(&dice, 8) ? (char)('a' + (int)roll(&dice, 26)) : "k:\\s. 1"[roll(&dice, 7)];
            list[i] = (struct literal){{bytes[i], len}, LITERAL_CONTAINS, i};
        }
        assert_non_null(m = literals_new(list, count));
        for (int t = 0; t < 60; t++) {
            struct hits h = {{0}};
            size_t len = 0, const_len = roll(&dice, 3) ? 60 : 500;
            bool any = false;

            while (len < const_len) {
                uint32_t const what = roll(&dice, 12);

                if (what == 0) { /* a pattern, in capitals here and there */
                    const struct literal *const p = &list[roll(&dice, count)];

                    for (size_t k = 0; k < p->text.len; k++)
                        text[len++] = roll(&dice, 2) && p->text.ptr[k] >= 'a' && p->text.ptr[k] <= 'z'
                                          ? (char)(p->text.ptr[k] - 32)
                                          : p->text.ptr[k];
                } else if (what == 1 && t % 8 == 0) {
                    const char *const c = odd[roll(&dice, COUNT(odd))];

                    memcpy(text + len, c, strlen(c));
                    len += strlen(c);
                } else {
                    text[len++] = (char)('A' + (int)roll(&dice, 58));
                }
                if (roll(&dice, 40) == 0)
                    break;
            }
            char *const exact = malloc(len + 1);

            assert_non_null(exact);
            memcpy(exact, text, len);
            literals_scan(m, (str){folded, fold_text((str){exact, len}, folded)}, note, &h);
            for (uint32_t i = 0; i < count; i++)
                any |= h.times[i] > 0;
            hits += any;
            if (any)
                assert_true(literals_may_match(m, (str){exact, len}));
            else
                spared += !literals_may_match(m, (str){exact, len});
            free(exact);
        }
        literals_free(m);
    }
    print_message("%zu hits, %zu spared\n", hits, spared);
    assert_true(hits > 2000);
}

/* Few patterns are looked for 32 places at a time: each at every place of texts of every length, and cut off at the end. */
static void every_place_of_every_length(void **state) {
    static const struct literal list[] = {{STR("wxyz"), LITERAL_CONTAINS, 0},
                                          {STR("longer-than-32-bytes-as-some-are-1"), LITERAL_CONTAINS, 1},
                                          {STR("\xff\xff\xff\xff\x80"), LITERAL_CONTAINS, 2}};
    struct literals *const m = literals_new(list, COUNT(list));

    (void)state;
    assert_non_null(m);
    for (size_t len = 0; len < 140; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t p = 0; p < COUNT(list); p++) {
                size_t const room = len - at, n = list[p].text.len < room ? list[p].text.len : room;
                char *const exact = malloc(len);
                struct hits h = {{0}};

                assert_non_null(exact);
                memset(exact, 'w', len);
                memcpy(exact + at, list[p].text.ptr, n);
                literals_scan(m, (str){exact, len}, note, &h);
                for (size_t i = 0; i < COUNT(list); i++)
                    if ((h.times[i] > 0) != satisfies(&list[i], (str){exact, len}))
                        fail_msg("pattern %zu: %zu at %zu of %zu", i, p, at, len);
                free(exact);
            }
    literals_free(m);
}

/* However the text is made, no pattern is looked at more often than its gram stands there, and patterns are spread over
 * grams: a thousand that begin alike do not all hang on the beginning. */
static void hot_texts_stay_quick(void **state) {
    static char bytes[PATTERNS_MAX][16], text[1 << 16];
    static struct literal list[PATTERNS_MAX];
    struct hits h = {{0}};
    struct literals *m;

    (void)state;
    for (uint32_t i = 0; i < PATTERNS_MAX; i++) {
        int const len = snprintf(bytes[i], sizeof bytes[i], "zqzqzq%03u", (unsigned)i);

        list[i] = (struct literal){{bytes[i], (size_t)len}, LITERAL_CONTAINS, i};
    }
    assert_non_null(m = literals_new(list, PATTERNS_MAX));
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? 'q' : 'z';
    for (int i = 0; i < 100; i++)
        literals_scan(m, (str){text, sizeof text}, note, &h);
    for (size_t i = 0; i < PATTERNS_MAX; i++)
        assert_int_equal(h.times[i], 0);
    literals_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_patterns),
        cmocka_unit_test(all_patterns_together),
        cmocka_unit_test(random_patterns),
        cmocka_unit_test(a_quick_look_misses_nothing),
        cmocka_unit_test(every_place_of_every_length),
        cmocka_unit_test(hot_texts_stay_quick),
    };

    return cmocka_run_group_tests_name("literal", tests, NULL, NULL);
}
