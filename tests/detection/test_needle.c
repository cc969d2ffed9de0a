/* Needles against a plain search: tables, every place of texts of every length, and random words in random texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/needle.h"

#define WORDS_MAX 300u

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* What is promised of a text of ASCII, without haste. */
static bool holds(const str *words, size_t count, str text) {
    for (size_t w = 0; w < count; w++)
        for (size_t i = 0; i + words[w].len <= text.len; i++) {
            size_t k = 0;

            while (k < words[w].len && lower(text.ptr[i + k]) == words[w].ptr[k])
                k++;
            if (k == words[w].len)
                return true;
        }
    return false;
}

static const struct {
    const char *name;
    str word, text;
    bool in;
} cases[] = {
    {"long", STR("mimikatz"), STR("run mimikatz now"), true},
    {"long, in capitals", STR("mimikatz"), STR("run MIMIKatz now"), true},
    {"long, alone", STR("mimikatz"), STR("mimikatz"), true},
    {"long, cut off", STR("mimikatz"), STR("run mimikat"), false},
    {"long, cut off in front", STR("mimikatz"), STR("imikatz and more"), false},
    {"long, one byte different", STR("mimikatz"), STR("run mimikotz now"), false},
    {"long, its window but not the rest", STR("aaaaaaaaaaaa-zq:%;!"), STR("bbbbbbbbbbbb-zq:%;!"), false},
    {"over the end of a line", STR("mimikatz"), STR("mimi\nkatz"), false},
    {"with the end of a line", STR("one\ntwo"), STR("one\ntwo"), true},
    {"the first of two lines", STR("mimikatz"), STR("mimikatz\nother"), true},
    {"of seven", STR("scp -r "), STR("x scp -r y"), true},
    {"of six", STR("sudo -"), STR("x sudo -i"), true},
    {"of six, cut off", STR("sudo -"), STR("x sudo "), false},
    {"of four", STR("scp "), STR("a SCP b"), true},
    {"of three", STR("=${"), STR("a?b=${x"), true},
    {"of three, last", STR("=${"), STR("a?b=${"), true},
    {"of three, cut off", STR("=${"), STR("a?b=$"), false},
    {"of two", STR("=@"), STR("=@"), true},
    {"of two, the other way round", STR("=@"), STR("@="), false},
    {"of one", STR("$"), STR("a$"), true},
    {"of one, none", STR("$"), STR("a"), false},
    {"no letter has a twin", STR("@@version"), STR("``version"), false},
    {"no letter has a twin, short", STR("=${"), STR("=$["), false},
    {"a brace is no bracket", STR("{{{{{{{{"), STR("[[[[[[[["), false},
    {"a blank is no NUL", STR("a b c d e f"), STR("a\0b\0c\0d\0e\0f"), false},
    {"NUL", STR("a\0b"), STR("xa\0b"), true},
    {"NUL behind the text", STR("a\0"), STR("xa"), false},
    {"nothing in nothing", STR("a"), STR(""), false},
    {"beyond ASCII nothing is said", STR("k"), STR("\xe2\x84\xaa"), true}, /* the sign of Kelvin folds to k */
    {"beyond ASCII, far behind", STR("mimikatz"),
     STR("0123456789012345678901234567890123456789012345678901234567890123456789\xff"), true},
    {"a word beyond ASCII",
     STR("stra\xc3\x9f"
         "e"),
     STR("strasse"), false},
};

static bool asked(const str *words, size_t count, bool plain, str text) {
    struct needles *const n = needles_new(words, count);
    char *const exact = malloc(text.len + 1); /* so that reading behind it is noticed */

    assert_non_null(n);
    assert_non_null(exact);
    if (plain)
        needles_plain(n);
    memcpy(exact + 1, text.ptr, text.len);
    bool const in = needles_may_be_in(n, (str){exact + 1, text.len});

    free(exact);
    needles_free(n);
    return in;
}

static void one_word(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int plain = 0; plain < 2; plain++)
            if (asked(&cases[i].word, 1, plain, cases[i].text) != cases[i].in)
                fail_msg("%s", cases[i].name);
    assert_false(asked(NULL, 0, false, S("text")));
    assert_true(asked(NULL, 0, false, S("\x80")));
}

static void every_place_of_every_length(void **state) {
    static const str words[] = {STR("$"),
                                STR("~^"),
                                STR("=@("),
                                STR("enc="),
                                STR(".git/"),
                                STR("u00~27"),
                                STR("scp -r~"),
                                STR("longword"),
                                STR("a-longer"),
                                STR("9 bytes~~"),
                                STR("as long as two steps of the filter, which are 64~")};

    (void)state;
    for (int plain = 0; plain < 2; plain++)
        for (size_t w = 0; w < COUNT(words); w++) {
            struct needles *const n = needles_new(&words[w], 1);

            assert_non_null(n);
            if (plain)
                needles_plain(n);
            for (size_t len = 1; len < 110; len++)
                for (size_t at = 0; at < len; at++) {
                    size_t const room = len - at, some = words[w].len < room ? words[w].len : room;
                    char *const exact = malloc(len);

                    assert_non_null(exact);
                    memset(exact, 'w', len);
                    memcpy(exact + at, words[w].ptr, some);
                    if (needles_may_be_in(n, (str){exact, len}) != (some == words[w].len))
                        fail_msg("'%.*s' at %zu of %zu", STR_ARG(words[w]), at, len);
                    free(exact);
                }
            needles_free(n);
        }
}

static uint32_t roll(uint64_t *dice, uint32_t below) {
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % below;
}

/* Few letters, so that words and texts are often nearly alike. */
static void random_words(void **state) {
    static char bytes[WORDS_MAX][16], text[300];
    str words[WORDS_MAX];
    uint64_t dice = 7;
    size_t hits = 0, none = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        uint32_t const count = 1 + roll(&dice, round % 2 ? 8 : WORDS_MAX - 1), least = 1 + roll(&dice, 7);
        struct needles *n;

        for (uint32_t i = 0; i < count; i++) {
            size_t const len = least + roll(&dice, 9);

            for (size_t k = 0; k < len; k++)
                bytes[i][k] = "abc@{ /\0"[roll(&dice, 8)];
            words[i] = (str){bytes[i], len};
        }
        assert_non_null(n = needles_new(words, count));
        if (round % 4 > 1)
            needles_plain(n);
        for (int t = 0; t < 50; t++) {
            size_t const len = roll(&dice, t % 4 ? 40 : sizeof text);

            for (size_t k = 0; k < len; k++)
                text[k] = "abc@{ /\0ABC`["[roll(&dice, 13)];
            bool const in = holds(words, count, (str){text, len});

            if (needles_may_be_in(n, (str){text, len}) != in)
                fail_msg("round %d, text %d: %d", round, t, in);
            hits += in;
            none += !in;
        }
        needles_free(n);
    }
    assert_true(hits > 2000 && none > 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_word),
        cmocka_unit_test(every_place_of_every_length),
        cmocka_unit_test(random_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
