/* test_assessment_tree: what is an assessment that a case holds, what is none, bounds, and memory that runs out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "refuse.h"
#include "report/assessment_tree.h"

#define GROUP "{\"name\":\"APT31\",\"id\":\"G0128\",\"posterior\":0.31}"
#define SAID "\"written\":{\"judgement\":\"What was seen ...\"}"
#define NOW(level, none, groups)                                                                                       \
    "{\"now\":{\"level\":\"" level "\",\"confidence\":\"low\",\"none\":" none ",\"groups\":[" groups "]}," SAID "}"

static void what_is_one(void **state) {
    static const struct {
        const char *name;
        str json;
        bool is;
        int level;
        const char *group;
        double posterior, none;
    } cases[] = {
        {"cluster", STR(NOW("cluster", "0.6", GROUP)), true, BRIEF_CLUSTER, "APT31", 0.31, 0.6},
        {"cluster without groups", STR(NOW("cluster", "1", "")), true, BRIEF_CLUSTER, "", NAN, 1},
        {"resembles", STR(NOW("resembles", "0", GROUP)), true, BRIEF_RESEMBLES, "APT31", 0.31, 0},
        {"consistent", STR(NOW("consistent", "1e-3", GROUP)), true, BRIEF_CONSISTENT, "APT31", 0.31, 1e-3},
        {"a group by its number", STR(NOW("resembles", "0.2", "{\"id\":\"G0128\",\"posterior\":1}")), true,
         BRIEF_RESEMBLES, "G0128", 1, 0.2},
        {"not judged", STR("{\"not_judged\":\"why\"}"), true, BRIEF_NOT_JUDGED, "", NAN, NAN},
        {"a mark in front, blanks behind", STR("\xef\xbb\xbf" NOW("cluster", "0.6", "") " \n"), true, BRIEF_CLUSTER, "",
         NAN, 0.6},
        {"nothing", STR(""), false, 0, "", 0, 0},
        {"no JSON", STR("level: cluster"), false, 0, "", 0, 0},
        {"cut", STR("{\"now\":{\"level\":\"cluster\""), false, 0, "", 0, 0},
        {"more behind it", STR(NOW("cluster", "0.6", "") "{}"), false, 0, "", 0, 0},
        {"a list", STR("[]"), false, 0, "", 0, 0},
        {"a number", STR("7"), false, 0, "", 0, 0},
        {"an empty reason", STR("{\"not_judged\":\"\"}"), false, 0, "", 0, 0},
        {"a reason that is no text", STR("{\"not_judged\":true}"), false, 0, "", 0, 0},
        {"no judgement", STR("{\"now\":{\"level\":\"cluster\",\"confidence\":\"low\",\"none\":1},\"written\":{}}"),
         false, 0, "", 0, 0},
        {"another level", STR(NOW("is", "0.6", GROUP)), false, 0, "", 0, 0},
        {"none above one", STR(NOW("cluster", "1.0001", GROUP)), false, 0, "", 0, 0},
        {"none below nothing", STR(NOW("cluster", "-0.0001", GROUP)), false, 0, "", 0, 0},
        {"none is a text", STR(NOW("cluster", "\"0.5\"", GROUP)), false, 0, "", 0, 0},
        {"no number of JSON", STR(NOW("cluster", "NaN", GROUP)), false, 0, "", 0, 0},
        {"beyond all numbers", STR(NOW("cluster", "1e999", GROUP)), false, 0, "", 0, 0},
        {"a name without group", STR(NOW("consistent", "0.1", "")), false, 0, "", 0, 0},
        {"a group without name", STR(NOW("resembles", "0.1", "{\"posterior\":0.5}")), false, 0, "", 0, 0},
        {"a group without chance", STR(NOW("resembles", "0.1", "{\"name\":\"x\"}")), false, 0, "", 0, 0},
        {"a chance above one", STR(NOW("consistent", "0.1", "{\"name\":\"x\",\"posterior\":2}")), false, 0, "", 0, 0},
        {"another confidence", STR("{\"now\":{\"level\":\"cluster\",\"confidence\":\"certain\",\"none\":1}," SAID "}"),
         false, 0, "", 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct assessment_brief b;
        struct err e = {.code = ERR_IO};
        json_t *const tree = assessment_tree(cases[i].json, &e);

        if ((tree != NULL) != cases[i].is || e.code != ERR_NONE)
            fail_msg("%s", cases[i].name);
        if (!tree)
            continue;
        if (!assessment_brief(tree, &b) || (int)b.level != cases[i].level || !str_eq(b.group, str_of(cases[i].group)) ||
            (isnan(cases[i].posterior) ? !isnan(b.posterior) : b.posterior != cases[i].posterior) ||
            (isnan(cases[i].none) ? !isnan(b.none) : b.none != cases[i].none))
            fail_msg("%s", cases[i].name);
        json_decref(tree);
    }
}

/* One that is as large as one may be is read; one byte, or one value, more is not. */
static void bounds(void **state) {
    static const char head[] = "{\"not_judged\":\"x\",\"more\":[0";
    size_t const own = 4; /* of the head: a brace, two colons, a comma and a bracket, less what is counted below */
    (void)state;

    for (int over = 0; over < 2; over++) {
        struct buf values = {0}, bytes = {0};
        struct err e = {0};

        buf_add(&values, str_of(head));
        for (size_t i = 0; i < ASSESSMENT_VALUES_MAX - own - 1 + (size_t)over; i++)
            buf_add(&values, S(",0"));
        buf_add(&values, S("]}"));
        buf_add(&bytes, S("{\"not_judged\":\""));
        for (size_t i = 0; i < ASSESSMENT_BYTES_MAX - 17 + (size_t)over; i++)
            buf_byte(&bytes, 'x');
        buf_add(&bytes, S("\"}"));
        assert_false(values.failed || bytes.failed);
        assert_int_equal(bytes.len, ASSESSMENT_BYTES_MAX + (size_t)over);
        for (int which = 0; which < 2; which++) {
            json_t *const tree = assessment_tree(which ? buf_str(&bytes) : buf_str(&values), &e);

            assert_int_equal(tree != NULL, !over);
            assert_int_equal(e.code, ERR_NONE);
            json_decref(tree);
        }
        buf_free(&values);
        buf_free(&bytes);
    }
}

static void memory_may_run_out(void **state) {
    bool memory = false;
    (void)state;

    REFUSE_OR_SKIP();
    for (int for_good = 0; for_good < 2; for_good++)
        for (long left = 0;; left++) {
            struct err e = {0};

            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = left;
            json_t *const tree = assessment_tree(S(NOW("resembles", "0.2", GROUP)), &e);

            memory_left = -1;
            bool const refused = memory_refused;

            /* Where it lacks memory for a token, jansson says that the token is wrong; what it can do without it does without. */
            assert_true(tree || refused);
            if (tree) {
                struct assessment_brief b;

                assert_true(assessment_brief(tree, &b) && str_eq(b.group, S("APT31")) && b.none == 0.2);
            }
            assert_true(e.code == ERR_NONE || (refused && e.code == ERR_MEMORY));
            memory |= e.code == ERR_MEMORY;
            json_decref(tree);
            if (!refused)
                break;
        }
    assert_true(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_one),
        cmocka_unit_test(bounds),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
