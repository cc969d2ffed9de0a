/* Rules that no event of their log source can satisfy: a table; and of the public Windows rules those that are so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "detection/gate.h"

static const char kinds_text[] =
    "kind: t/one\ntitle: t\nwhen: {EventID: [1, 5], Channel: Sys, Gone: {present: false}, Here: {present: true}}\n"
    "logsources:\n  - {product: t, service: one}\n  - {product: t, category: c, fields: {EventID: Other}}\n---\n"
    "kind: t/two\ntitle: t\nwhen: {EventID: 2, Provider: {starts: Micro}}\nlogsources:\n  - {product: t, service: "
    "two}\n"
    "  - {product: t, category: d}\n---\nkind: t/three\ntitle: t\nwhen: {EventID: 3, X: y}\nlogsources:\n  - {product: "
    "t, "
    "category: d}\n";

static const struct {
    const char *name, *source, *detection;
    enum gate gate;
    const char *field;
} cases[] = {
    {"nothing asked", "product: t, service: one", "s: {A: x}, condition: s", GATE_OPEN, ""},
    {"the number it has", "product: t, service: one", "s: {EventID: 5}, condition: s", GATE_OPEN, ""},
    {"the number as text", "product: t, service: one", "s: {EventID: '1'}, condition: s", GATE_OPEN, ""},
    {"another number", "product: t, service: one", "s: {EventID: 7}, condition: s", GATE_SHUT, "EventID"},
    {"one of several", "product: t, service: one", "s: {EventID: [7, 5]}, condition: s", GATE_OPEN, ""},
    {"both at once", "product: t, service: one", "a: {EventID: 7}, b: {A: x}, condition: a and b", GATE_SHUT,
     "EventID"},
    {"one or the other", "product: t, service: one", "a: {EventID: 7}, b: {A: x}, condition: a or b", GATE_OPEN, ""},
    {"not", "product: t, service: one", "a: {EventID: 1}, condition: not a", GATE_OPEN, ""},
    {"text without case", "product: t, service: one", "s: {'Channel|startswith': SY}, condition: s", GATE_OPEN, ""},
    {"other text", "product: t, service: one", "s: {Channel: Security}, condition: s", GATE_SHUT, "Channel"},
    {"text with case", "product: t, service: one", "s: {'Channel|cased': SYS}, condition: s", GATE_OPEN, ""},
    {"expression", "product: t, service: one", "s: {'Channel|re': SYS}, condition: s", GATE_OPEN, ""},
    {"what is never there", "product: t, service: one", "s: {Gone: x}, condition: s", GATE_SHUT, "Gone"},
    {"what is never there, null", "product: t, service: one", "s: {Gone: null}, condition: s", GATE_OPEN, ""},
    {"what is always there", "product: t, service: one", "s: {'Here|exists': false}, condition: s", GATE_SHUT, "Here"},
    {"always there, perhaps null", "product: t, service: one", "s: {Here: null}, condition: s", GATE_OPEN, ""},
    {"never null", "product: t, service: one", "s: {Channel: null}, condition: s", GATE_SHUT, "Channel"},
    {"compared", "product: t, service: one", "s: {'EventID|gt': 5}, condition: s", GATE_SHUT, "EventID"},
    {"compared within", "product: t, service: one", "s: {'EventID|gte': 5}, condition: s", GATE_OPEN, ""},
    {"under another name", "product: t, category: c", "s: {EventID: 7}, condition: s", GATE_OPEN, ""},
    {"starts only", "product: t, service: two", "s: {Provider: other}, condition: s", GATE_OPEN, ""},
    {"one kind of two", "product: t, category: d", "s: {EventID: 3}, condition: s", GATE_OPEN, ""},
    {"no kind of two", "product: t, category: d", "s: {EventID: 4}, condition: s", GATE_SHUT, "EventID"},
    {"kinds apart", "product: t, category: d", "s: {EventID: 2, X: z}, condition: s", GATE_OPEN, ""},
    {"keywords", "product: t, service: one", "s: [seven], condition: s", GATE_OPEN, ""},
    {"no kind", "product: u", "s: {A: x}, condition: s", GATE_NO_KIND, ""},
    {"no such service", "product: t, service: three", "s: {EventID: 1}, condition: s", GATE_NO_KIND, ""},
};

static void gates(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fields *const fields = fields_new();
        struct sigma_loader *loader = NULL;
        const struct sigma_set *set = NULL;
        struct kinds *kinds = NULL;
        struct plan *plan = NULL;
        struct test_scratch scratch;
        char rule[512];
        struct err e = {0};
        enum gate gate;
        str field;

        snprintf(rule, sizeof rule, "title: t\nlevel: low\nlogsource: {%s}\ndetection: {%s}\n", cases[i].source,
                 cases[i].detection);
        assert_true(kinds_new(&kinds, fields, &e) &&
                    kinds_load_text(kinds, S("k.yml"), str_of(kinds_text), false, &e) && kinds_seal(kinds, &e));
        assert_true(sigma_loader_new(&loader, &e) && sigma_load_text(loader, S("r.yml"), str_of(rule), &e) &&
                    sigma_load_end(loader, &set, &e));
        assert_int_equal(set->rule_count, 1);
        assert_true(plan_new(&plan, set, fields, &e) && test_scratch_init(&scratch, &e));
        assert_true(gate_of(plan, fields, kinds, 0, &scratch, &gate, &field, &e));
        if (gate != cases[i].gate || !str_eq(field, str_of(cases[i].field)))
            fail_msg("%s: %d '%.*s'", cases[i].name, gate, STR_ARG(field));
        test_scratch_free(&scratch);
        plan_free(plan);
        sigma_loader_free(loader);
        kinds_free(kinds);
        fields_free(fields);
    }
}

/* A kind that is too narrow would silence public rules: none of theirs may be shut out unnoticed. */
static void public_rules(void **state) {
    const char *const shared = getenv("LONGWATCH_SHARED");
    char folder[512];
    const char *const folders[] = {folder};
    struct fields *const fields = fields_new();
    struct sigma_loader *loader = NULL;
    const struct sigma_set *set = NULL;
    struct kinds *kinds = NULL;
    struct plan *plan = NULL;
    struct test_scratch scratch;
    struct stat about;
    struct err e = {0};
    size_t counts[3] = {0};

    (void)state;
    snprintf(folder, sizeof folder, "%s/data/sigma/rules", shared ? shared : "../shared");
    if (stat(folder, &about) != 0) {
        print_message("SKIP: no public rules at %s\n", folder);
        fields_free(fields);
        skip();
    }
    assert_true(kinds_new(&kinds, fields, &e) && kinds_load_builtin(kinds, &e) && kinds_seal(kinds, &e));
    assert_true(sigma_loader_new(&loader, &e) && sigma_load_paths(loader, folders, 1, &e) &&
                sigma_load_end(loader, &set, &e));
    assert_true(plan_new(&plan, set, fields, &e) && test_scratch_init(&scratch, &e));
    for (uint32_t i = 0; i < set->rule_count; i++) {
        enum gate gate;
        str field;

        assert_true(gate_of(plan, fields, kinds, i, &scratch, &gate, &field, &e));
        counts[gate]++;
        if (gate == GATE_SHUT)
            print_message("shut by %.*s: %.*s\n", STR_ARG(field), STR_ARG(set->rules[i]->path));
    }
    print_message("%zu open, %zu without a kind, %zu shut\n", counts[GATE_OPEN], counts[GATE_NO_KIND],
                  counts[GATE_SHUT]);
    assert_int_equal(counts[GATE_SHUT], 0);
    test_scratch_free(&scratch);
    plan_free(plan);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gates), cmocka_unit_test(public_rules)};

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
