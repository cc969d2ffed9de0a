/* test_json_tree: what is taken, what is refused, and where the next value begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "refuse.h"

static void one_value(void **state) {
    static const struct {
        const char *name;
        str text;
        bool good;
    } cases[] = {
        {"object", STR("{\"a\":1}"), true},
        {"text alone", STR("\"x\""), true},
        {"blanks around", STR(" \n{} \n"), true},
        {"byte order mark", STR("\xef\xbb\xbf{}"), true},
        {"no UTF-8", STR("{\"a\":\"\xff\"}"), true},
        {"NUL in a text", STR("{\"a\":\"\\u0000\"}"), true},
        {"the same name twice", STR("{\"a\":1,\"a\":2}"), true},
        {"nothing", STR(""), false},
        {"ends too early", STR("{\"a\":"), false},
        {"two values", STR("{}{}"), false},
        {"single quotes", STR("{'a':1}"), false},
        {"comma at the end", STR("[1,]"), false},
        {"a word", STR("NaN"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        json_t *const value = json_tree(cases[i].text, &e);

        if ((value != NULL) != cases[i].good)
            fail_msg("%s: %s", cases[i].name, e.text);
        assert_int_equal(e.code, cases[i].good ? ERR_NONE : ERR_CORRUPT);
        json_decref(value);
    }
}

static void depth_is_bounded(void **state) {
    static char deep[100000];
    struct err e = {0};

    (void)state;
    memset(deep, '[', sizeof deep);
    assert_null(json_tree((str){deep, sizeof deep}, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
}

static void the_last_of_equal_names_counts(void **state) {
    struct err e = {0};
    json_t *const value = json_tree(S("{\"a\":\"x\",\"a\":\"y\\u0000z\"}"), &e);

    (void)state;
    assert_true(str_eq(json_text_at(value, "a"), S("y\0z")));
    assert_true(str_eq(json_text_at(value, "b"), S("")));
    assert_true(str_eq(json_text_at(NULL, "b"), S("")));
    json_decref(value);
}

/* What values come out of a text, one letter each: their text, or ! for a line that is none. */
static void values_behind_each_other(void **state) {
    static const struct {
        const char *name;
        str text;
        const char *values;
    } cases[] = {
        {"lines", STR("\"a\"\n\"b\"\n"), "ab"},
        {"one line", STR("\"a\" \"b\"\"c\""), "abc"},
        {"lines of Windows, empty ones", STR("\r\n\"a\"\r\n\r\n\"b\""), "ab"},
        {"over several lines", STR("[\n\"x\"\n]\n\"b\""), "[b"},
        {"one line is broken", STR("\"a\"\n{\"b\n\"c\"\n"), "a!c"},
        {"no UTF-8 in one line", STR("\"a\"\n\"\xff\"\n\"c\""), "a?c"},
        {"nothing", STR(" \n "), ""},
        {"all broken", STR("x\ny"), "!!"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char got[16] = "";
        size_t count = 0;
        str rest = cases[i].text;

        for (;;) {
            struct err e = {0};
            json_t *const value = json_tree_next(&rest, &e);

            if (!value && e.code == ERR_NONE)
                break;
            assert_true(count < sizeof got - 1);
            str const text = json_text(value);

            got[count++] = (char)(!value ? '!' : json_is_array(value) ? '[' : text.len == 1 ? *text.ptr : '?');
            json_decref(value);
        }
        if (strcmp(got, cases[i].values) != 0)
            fail_msg("%s: got %s", cases[i].name, got);
    }
}

/* jansson has no word for it, and inside of a text it takes it for a broken one; never is it a value. */
static void no_memory_is_no_value(void **state) {
    size_t refused = 0;

    (void)state;
    REFUSE_OR_SKIP();
    for (long left = 0;; left++) {
        struct err e = {0};

        memory_refused = false;
        memory_gone_for_good = true;
        memory_left = left;
        json_t *const value = json_tree(S("{\"a\":[\"x\",1.5,2]}"), &e);

        memory_left = -1;
        assert_true(memory_refused ? e.code == ERR_MEMORY || (e.code == ERR_CORRUPT && strstr(e.text, "column"))
                                   : !e.code);
        assert_null(strstr(e.text, "line -1"));
        assert_int_equal(value == NULL, memory_refused);
        json_decref(value);
        if (!memory_refused)
            break;
        refused += e.code == ERR_MEMORY;
    }
    assert_true(refused > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_last_of_equal_names_counts),
        cmocka_unit_test(values_behind_each_other),
        cmocka_unit_test(no_memory_is_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
