/* test_name: names in forms that can be compared: words of every alphabet, schemes, sounds, Pinyin, letters that differ; as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "intel/name.h"

/* Words, then their schemes if they differ, then the sound; "" is no name. */
static const struct {
    const char *why, *text, *words, *sound;
    size_t syllables;
} cases[] = {
    {"plain", "Jane Roe", "jane roe", "jane rue", 0},
    {"marks", "J\xc3\xa1n \xc5\x81ukasz O'Neill-\xc3\x98re", "jan lukasz oneill ore", "jan lukasz uneil ure", 0},
    {"marks beside their letters", "Ja\xcc\x81n Roe", "jan roe", "jan rue", 0},
    {"full width", "\xef\xbc\xaa\xef\xbd\x81n Roe", "jan roe", "jan rue", 0},
    {"a sharp s",
     "Stra\xc3\x9f"
     "er",
     "strasser", "straser", 0},
    {"titles", "Dr. Prof. Jane Roe, PhD", "jane roe", "jane rue", 0},
    {"nothing but titles", "Dr. Prof.", "", "", 0},
    {"signs", "\"Jane\" <Roe>; [x]", "jane roe x", "jane rue x", 0},
    {"Pinyin", "Ni Gaobin", "ni gaobin", "ni jaubin", 3},
    {"tones as digits", "ni2 gao1bin1", "ni gaobin", "ni jaubin", 3},
    {"digits that are no tones", "unit7 agent5", "unit7 agent5", "unit7 ajent5", 0},
    {"u with points, three ways", "L\xc3\xbc Lv Lyu", "lu lu lu", "lu lu lu", 3},
    {"characters", "\xe5\x80\xaa\xe9\xab\x98\xe5\xbd\xac", "ni gaobin", "ni jaubin", 3},
    {"a family's name of two", "\xe6\xac\xa7\xe9\x98\xb3\xe4\xbf\xae", "ouyang xiu", "uuianj xiu", 3},
    {"a family's name that is read otherwise", "\xe6\x9b\xbe\xe5\x9b\xbd", "zeng guo", "zenj juu", 2},
    {"a company's", "\xe6\xad\xa6\xe6\xb1\x89\xe7\xa7\x91\xe6\x8a\x80\xe5\x85\xac\xe5\x8f\xb8", "wuhankejigongsi",
     "wuhankejijunjsi", 6},
    {"Cyrillic", "\xd0\xa9\xd1\x83\xd0\xba\xd0\xb8\xd0\xbd \xd0\xaf\xd0\xba\xd0\xbe\xd0\xb2", "shchukin yakov",
     "Sukin yakuu", 0},
    {"Arabic", "\xd9\x85\xd8\xad\xd9\x85\xd9\x88\xd8\xaf \xd8\xa7\xd9\x84\xd8\xaa\xd9\x85\xd9\x8a\xd9\x85\xd9\x8a",
     NULL, "mhmud tmimi", 0},
    {"Arabic with its vowels", "\xd9\x85\xd9\x8f\xd8\xad\xd9\x8e\xd9\x85\xd9\x91\xd9\x8e\xd8\xaf", NULL, "mhmd", 0},
    {"a servant of", "\xd8\xb9\xd8\xa8\xd8\xaf \xd8\xa7\xd9\x84\xd8\xb1\xd8\xad\xd9\x85\xd9\x86", NULL, "bdrhmn", 0},
    {"a servant of, in Latin", "Abd al-Rahman", "abd al rahman", "bdrahman", 0},
    {"a servant of, in one word", "Abdulrahman", "abdulrahman", "abdurahman", 0},
    {"particles", "Ali bin Salim al-Hadi", "ali bin salim al hadi", "ali salim hadi", 0},
    {"letters of another script", "\xce\x93\xce\xb9\xcf\x8e\xcf\x81\xce\xb3\xce\xbf\xcf\x82", NULL, NULL, 0},
    {"digits", "123 456", "", "", 0},
    {"digits and a title", "Dr. 33", "", "", 0},
    {"empty", "", "", "", 0},
    {"signs alone", "-.,", "", "", 0},
    {"no UTF-8", "\xff\xfe", "", "", 0},
    {"no UTF-8 within", "Jane\xffRoe", "jane roe", "jane rue", 0},
    {"seventeen words", "a b c d e f g h i j k l m n o p q", "", "", 0},
};

static void names_are_folded(void **state) {
    size_t wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct name_form f;
        struct buf b = {0};
        bool const is = name_fold(str_of(cases[i].text), &f);

        for (size_t k = 0; is && k < f.count; k++)
            buf_format(&b, "%s%.*s", k ? " " : "", STR_ARG(f.words[k]));
        if (is != !(cases[i].words && !*cases[i].words) ||
            (is && ((cases[i].words && !str_eq(buf_str(&b), str_of(cases[i].words))) ||
                    (cases[i].sound && !str_eq(f.sound, str_of(cases[i].sound))) ||
                    (f.pinyin ? f.syllables : 0) != cases[i].syllables))) {
            wrong++;
            print_error("%s: %.*s; %.*s; %zu\n", cases[i].why, STR_ARG(buf_str(&b)), STR_ARG(is ? f.sound : S("none")),
                        is && f.pinyin ? f.syllables : 0);
        }
        buf_free(&b);
    }
    assert_int_equal(wrong, 0);
}

/* One spelling for all schemes, and names that are two. */
static const struct {
    const char *a, *b;
    bool same;
} schemes[] = {
    {"sergey", "sergei", true},
    {"sergey", "sergej", true},
    {"yevgeniy", "evgeny", true},
    {"solovyov", "soloviev", true},
    {"petrov", "petroff", true},
    {"zhukov", "\xc5\xbdukov", true},
    {"shcherbakov",
     "\xc5\xa0\xc4\x8d"
     "erbakov",
     true},
    {"mikhail", "mihail", true},
    {"aleksandr", "alexandr", true},
    {"yuri", "iouri", true},
    {"tsvetkov", "tzvetkov", true},
    {"volkov", "wolkow", true},
    {"ivan", "igor", false},
    {"petrov", "petrova", false},
    {"sergey", "sergio", false},
    {"zhukov", "zukov", false},
    {"popov", "bobov", false},
    {"mikhail", "michail", false},
};

static void schemes_are_one(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        struct name_form a, b;

        assert_true(name_fold(str_of(schemes[i].a), &a) && name_fold(str_of(schemes[i].b), &b));
        if (str_eq(a.scheme[0], b.scheme[0]) != schemes[i].same)
            print_error("%s %s: %.*s %.*s\n", schemes[i].a, schemes[i].b, STR_ARG(a.scheme[0]), STR_ARG(b.scheme[0]));
        assert_int_equal(str_eq(a.scheme[0], b.scheme[0]), schemes[i].same);
    }
}

static const struct {
    const char *a, *b;
    bool alike;
} sounds[] = {
    {"Muhammad", "Mohamed", true},
    {"Muhammad", "Mahmoud", false},
    {"Hussein", "Husain", true},
    {"Hussein", "Hasan", false},
    {"Yusuf", "Youssef", true},
    {"Khalid", "Khaled", true},
    {"Omar", "Umar", true},
    {"Saleh", "Salih", true},
    {"Said", "Saeed", true},
    {"Salim", "Salam", false},
    {"Karim", "Karam", false},
    {"Hamid", "Hamad", false},
    {"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "Muhammad", true},
    {"\xd9\x85\xd8\xad\xd9\x85\xd9\x88\xd8\xaf", "Muhammad", false},
    {"\xd9\x85\xd8\xad\xd9\x85\xd9\x88\xd8\xaf", "Mahmoud", true},
};

static void vowels_tell_names_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(sounds); i++) {
        struct name_form a, b;

        assert_true(name_fold(str_of(sounds[i].a), &a) && name_fold(str_of(sounds[i].b), &b));
        if (name_sounds_alike(a.sound, b.sound) != sounds[i].alike)
            print_error("%s %s: %.*s %.*s\n", sounds[i].a, sounds[i].b, STR_ARG(a.sound), STR_ARG(b.sound));
        assert_int_equal(name_sounds_alike(a.sound, b.sound), sounds[i].alike);
        assert_int_equal(name_sounds_alike(b.sound, a.sound), sounds[i].alike);
    }
}

static void pinyin_is_cut(void **state) {
    static const struct {
        const char *word;
        size_t syllables;
    } words[] = {{"ni", 1},         {"gaobin", 2}, {"xian", 1},    {"guangzong", 2}, {"zhuang", 1}, {"a", 1},
                 {"xiaoruizhi", 3}, {"b", 0},      {"gaobing", 2}, {"smith", 0},     {"ivan", 0},   {"m", 0},
                 {"", 0},           {"martin", 0}, {"daniel", 0},  {"an", 1},        {"nina", 2},   {"gaobinx", 0}};
    (void)state;

    for (size_t i = 0; i < COUNT(words); i++)
        if (name_pinyin(str_of(words[i].word)) != words[i].syllables)
            fail_msg("%s: %zu", words[i].word, name_pinyin(str_of(words[i].word)));
}

static void one_letter_is_another(void **state) {
    static const struct {
        const char *a, *b;
        bool near;
    } words[] = {{"petrov", "petrof", true},  {"petrov", "petro", true},   {"petrov", "pertov", true},
                 {"petrov", "xpetrov", true}, {"petrov", "petrov", true},  {"petrov", "petrovic", false},
                 {"petrov", "patrof", false}, {"petrov", "pvtroe", false}, {"", "a", true},
                 {"", "ab", false},           {"aa", "a", true},           {"abcd", "badc", false}};
    (void)state;

    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(name_near(str_of(words[i].a), str_of(words[i].b)), words[i].near);
        assert_int_equal(name_near(str_of(words[i].b), str_of(words[i].a)), words[i].near);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_folded),        cmocka_unit_test(schemes_are_one),
        cmocka_unit_test(vowels_tell_names_apart), cmocka_unit_test(pinyin_is_cut),
        cmocka_unit_test(one_letter_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
