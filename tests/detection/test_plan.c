/* test_plan: tests that are written alike are one, others are not; what raw types they might match; memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detection/plan.h"
#include "../refuse.h"

/* Values of one field each, as a rule writes them. */
static const char *const values[] = {
    "F: x",
    "F: X",
    "F: y",
    "G: x",
    "F|cased: x",
    "F|contains: x",
    "F|startswith: x",
    "F|endswith: x",
    "F: 'x*y?z'",
    "F: 'x\\*y'",
    "F|windash: ' -f'",
    "F: ''",
    "F: '*'",
    "F: 5",
    "F: '5'",
    "F|gt: 5",
    "F|gte: 5",
    "F: true",
    "F: false",
    "F: null",
    "F|exists: true",
    "F|exists: false",
    "F|re: x",
    "F|re|i: x",
    "F|re: '(abc|0x1f)'",
    "F|cidr: 10.0.0.0/8",
    "F|cidr: 10.0.0.0/16",
    "F|fieldref: G",
    "F|fieldref: H",
    "F|fieldref|contains: G",
    "F|hour: 5",
    "F|minute: 5",
    "F|utf16: x",
    "F|wide: '0z'",
    /* Texts of every raw type, and such as none but text holds. */
    "F: '{0F0E0D0C-0000-1111-2222-333344445555}'",
    "F: S-1-5-18",
    "F: '2024-01-31T12:00:00.0000000Z'",
    "F: '0xFfFf'",
    "F: -12",
    "F: '1.5e+3'",
    "F: inf",
    "F: 'FALSE'",
    "F: 'C:\\Windows'",
    "F: '0123456789abcdef'",
    "F: 'g'",
    "F: 'Z'",
    "F: '\xe2\x84\xaa'", /* Kelvin sign: folds to k */
    "F: '\xc5\xbf'",     /* long s: folds to s, which a SID holds */
    "F|cased: '\xc5\xbf'",
    "F|cased: 'S-1'",
    "F: '\xc3\xa4'",
    "F: 'a\xc5\xbf'",
};

static void put_rules(struct sigma_loader *l, size_t times) {
    struct err e = {0};

    for (size_t i = 0; i < COUNT(values) * times; i++) {
        char text[400], path[30];

        snprintf(path, sizeof path, "%04zu.yml", i);
        snprintf(text, sizeof text,
                 "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s:\n    %s\n  condition: s\n",
                 values[i % COUNT(values)]);
        assert_true(sigma_load_text(l, str_of(path), str_of(text), &e));
    }
}

static void alike(void **state) {
    const struct sigma_set *set;
    struct sigma_loader *l;
    struct fields *const fields = fields_new();
    struct plan *plan;
    struct err e = {0};
    (void)state;

    assert_non_null(fields);
    assert_true(sigma_loader_new(&l, &e));
    put_rules(l, 3);
    assert_true(sigma_load_end(l, &set, &e));
    for (size_t i = 0; i < set->verdict_count; i++)
        if (!set->verdicts[i].loaded)
            fail_msg("%s: %.*s", values[i % COUNT(values)], STR_ARG(set->verdicts[i].reason));
    assert_true(plan_new(&plan, set, fields, &e));
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct plan_node *const n = &plan->nodes[plan->rules[i].root];
        const struct plan_node *const first = &plan->nodes[plan->rules[i % COUNT(values)].root];

        /* The same words, the same trees over the same tests. */
        assert_int_equal(n->type, first->type);
        assert_int_equal(n->count, first->count);
        if (n->type == NODE_TEST && n->first != first->first)
            fail_msg("%s: another test", values[i % COUNT(values)]);
        for (uint32_t k = 0; n->type == NODE_TEST && k < i && k < COUNT(values); k++) {
            const struct plan_node *const other = &plan->nodes[plan->rules[k].root];

            if (k != i % COUNT(values) && other->type == NODE_TEST && other->first == n->first)
                fail_msg("%s and %s: one test", values[i % COUNT(values)], values[k]);
        }
    }
    plan_free(plan);
    sigma_loader_free(l);
    fields_free(fields);
}

/* The short way to the answer gives the answer. */
static void types(void **state) {
    const struct sigma_set *set;
    struct sigma_loader *l;
    struct fields *const fields = fields_new();
    struct plan *plan;
    size_t text_only = 0, more = 0;
    struct err e = {0};
    (void)state;

    assert_non_null(fields);
    assert_true(sigma_loader_new(&l, &e));
    put_rules(l, 1);
    assert_true(sigma_load_end(l, &set, &e));
    assert_true(plan_new(&plan, set, fields, &e));
    assert_true(plan->test_count > COUNT(values) / 2);
    for (uint32_t i = 0; i < plan->test_count; i++) {
        uint32_t const expected = test_raw_types(&plan->tests[i].test);

        if (plan->tests[i].raw_types != expected)
            fail_msg("test %u in line %u: %x, not %x", i, plan->tests[i].test.sigma->line, plan->tests[i].raw_types,
                     expected);
        text_only += expected == ((uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_UTF16);
        more += expected != ((uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_UTF16);
    }
    assert_true(text_only > 5 && more > 5);
    plan_free(plan);
    sigma_loader_free(l);
    fields_free(fields);
}

static void memory_may_run_out(void **state) {
    const struct sigma_set *set;
    struct sigma_loader *l;
    struct err e = {0};
    size_t refusals = 0;
    bool ok = false;
    (void)state;

    REFUSE_OR_SKIP();
    assert_true(sigma_loader_new(&l, &e));
    put_rules(l, 2); /* twice: the second time each is compared with the first */
    assert_true(sigma_load_end(l, &set, &e));
    for (long n = 0; !ok; n++) {
        struct fields *const fields = fields_new();
        struct plan *plan = NULL;

        assert_non_null(fields);
        memory_gone_for_good = true;
        memory_refused = false;
        memory_left = n;
        ok = plan_new(&plan, set, fields, &e);
        memory_left = -1;
        memory_gone_for_good = false;
        if (!ok) {
            assert_true(memory_refused);
            assert_int_equal(e.code, ERR_MEMORY);
            refusals++;
        }
        if (ok)
            plan_free(plan);
        fields_free(fields);
    }
    assert_true(refusals > 20);
    sigma_loader_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike),
        cmocka_unit_test(types),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
