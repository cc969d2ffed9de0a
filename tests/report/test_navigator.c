/* test_navigator: which tags name a technique. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/json_tree.h"
#include "report/navigator.h"

static void numbers(void **state) {
    static const struct {
        str tag;
        const char *technique; /* NULL: none */
    } cases[] = {
        {STR("t1059"), "T1059"},   {STR("T1059.001"), "T1059.001"},
        {STR("t0886"), "T0886"},   {STR("t105"), NULL},
        {STR("t10590"), NULL},     {STR("t1059."), NULL},
        {STR("t1059.01"), NULL},   {STR("t1059.0010"), NULL},
        {STR("t1059-001"), NULL},  {STR("s0002"), NULL},
        {STR("g0128"), NULL},      {STR("execution"), NULL},
        {STR("t10a9"), NULL},      {STR(""), NULL},
        {STR("t1059\0001"), NULL}, {STR("ta0001"), NULL},
        {STR("t1059.00a"), NULL},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[ATTACK_TECHNIQUE] = "";
        bool const is = attack_technique(cases[i].tag, out);

        if (is != (cases[i].technique != NULL) || (is && strcmp(out, cases[i].technique) != 0))
            fail_msg("%.*s: %s", STR_ARG(cases[i].tag), out);
    }
}

struct list {
    char text[400];
    size_t count;
};

static bool on_technique(void *ctx, const char *technique, struct err *e) {
    struct list *const l = ctx;
    size_t const used = strlen(l->text);

    (void)e;
    snprintf(l->text + used, sizeof l->text - used, "%s ", technique);
    l->count++;
    return true;
}

static void of_findings(void **state) {
    static const struct {
        const char *finding, *techniques;
    } cases[] = {
        {"{\"tags\":[\"attack.t1059.001\",\"attack.execution\",\"ATTACK.T1059.001\",\"cve.2021-1\",\"t1003\",\"attack."
         "t1003\"]}",
         "T1059.001 T1003 "},
        {"{\"tags\":[],\"indicator\":{\"techniques\":[\"T1566.002\",\"nonsense\"]}}", "T1566.002 "},
        {"{\"tags\":[\"attack.t1566.002\"],\"indicator\":{\"techniques\":[\"T1566.002\"]}}", "T1566.002 "},
        {"{}", ""},
        {"{\"tags\":\"attack.t1059\"}", ""},
        {"{\"tags\":[7,null]}", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct list l = {0};
        struct err e;
        json_t *const tree = json_tree(str_of(cases[i].finding), &e);

        assert_true(attack_techniques(tree, on_technique, &l, &e));
        assert_string_equal(l.text, cases[i].techniques);
        json_decref(tree);
    }
}

/* A stranger's case may name more than anybody needs. */
static void bounded(void **state) {
    struct buf b = {0};
    struct list l = {0};
    struct err e;
    (void)state;

    buf_add(&b, S("{\"tags\":["));
    for (unsigned i = 0; i < 500; i++)
        buf_format(&b, "%s\"attack.t%04u\"", i ? "," : "", 1000 + i);
    buf_add(&b, S("]}"));
    json_t *const tree = json_tree(buf_str(&b), &e);

    assert_true(attack_techniques(tree, on_technique, &l, &e));
    assert_int_equal(l.count, 64);
    json_decref(tree);
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(of_findings),
                                       cmocka_unit_test(bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
