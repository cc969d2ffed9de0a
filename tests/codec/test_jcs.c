/* test_jcs: RFC 8785 by its own examples (3.2.2, 3.2.3), and what has no one form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/jcs.h"
#include "codec/json_tree.h"

static const struct {
    const char *name;
    str json;
    bool ok;
    str canonical;
} cases[] = {
    {"members by name, blanks gone", STR(" { \"b\" : 1 , \"a\" : [ true , false , null ] } "), true,
     STR("{\"a\":[true,false,null],\"b\":1}")},
    {"inner objects too", STR("{\"z\":{\"y\":1,\"x\":2}}"), true, STR("{\"z\":{\"x\":2,\"y\":1}}")},
    {"a name that begins another", STR("{\"ab\":1,\"a\":2}"), true, STR("{\"a\":2,\"ab\":1}")},
    {"capitals before small letters", STR("{\"a\":1,\"B\":2}"), true, STR("{\"B\":2,\"a\":1}")},
    /* RFC 8785 3.2.3: an emoji (U+1F600, a surrogate pair from 0xD83D on) stands before U+FB33, though its code point is beyond. */
    {"by UTF-16 code units",
     STR("{\"\\u20ac\":\"Euro\",\"\\r\":\"CR\",\"\\ufb33\":\"Dalet\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Smile\","
         "\"\\u0080\":\"Control\","
         "\"\\u00f6\":\"o\"}"),
     true,
     STR("{\"\\r\":\"CR\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"o\",\"\xe2\x82\xac\":\"Euro\","
         "\"\xf0\x9f\x98\x80\":"
         "\"Smile\",\"\xef\xac\xb3\":\"Dalet\"}")},
    {"two beyond U+FFFF of one first unit", STR("{\"\\ud83d\\ude01\":1,\"\\ud83d\\ude00\":2}"), true,
     STR("{\"\xf0\x9f\x98\x80\":2,\"\xf0\x9f\x98\x81\":1}")},
    /* 3.2.2.2 */
    {"escapes", STR("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\""), true,
     STR("\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"")},
    {"short ones", STR("\"\\b\\t\\n\\f\\r\""), true, STR("\"\\b\\t\\n\\f\\r\"")},
    {"U+007F stays", STR("\"\x7f\""), true, STR("\"\x7f\"")},
    {"NUL", STR("\"a\\u0000b\""), true, STR("\"a\\u0000b\"")},
    {"whole numbers", STR("[0,-1,9007199254740992]"), true, STR("[0,-1,9007199254740992]")},
    {"empty", STR("[{},[],\"\"]"), true, STR("[{},[],\"\"]")},
    {"no whole number", STR("[1.5]"), false, STR("")},
    {"a whole number as a real one", STR("[1.0]"), false, STR("")},
    {"beyond 2^53", STR("[9007199254740993]"), false, STR("")},
    {"below -2^53", STR("{\"a\":-9007199254740993}"), false, STR("")},
};

static void examples(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        struct buf b = {0};
        json_t *const tree = json_tree(cases[i].json, &e);

        assert_non_null(tree);
        bool const ok = jcs_add(&b, tree);

        if (ok != cases[i].ok || b.failed || (ok && !str_eq(buf_str(&b), cases[i].canonical)))
            fail_msg("%s: %d, %.*s", cases[i].name, ok, STR_ARG(buf_str(&b)));
        buf_free(&b);
        json_decref(tree);
    }
}

/* Once canonical, it stays. */
static void twice_is_once(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        struct buf b = {0};
        json_t *const tree = cases[i].ok ? json_tree(cases[i].canonical, &e) : NULL;

        if (!tree)
            continue;
        assert_true(jcs_add(&b, tree));
        assert_true(str_eq(buf_str(&b), cases[i].canonical));
        buf_free(&b);
        json_decref(tree);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(twice_is_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
