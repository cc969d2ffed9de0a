/* test_sigma_digest: rules that ask the same have one digest; each thing that a rule may ask otherwise makes another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intel/sigma_digest.h"

#define HEAD "title: t\nname: n\nlogsource: {product: p}\ndetection:\n"

struct text {
    const char *what, *yaml;
};

static void digest_of(const char *yaml, uint8_t out[SHA256_SIZE]) {
    struct sigma_loader *l;
    const struct sigma_set *set;
    struct err e = {0};

    assert_true(sigma_loader_new(&l, &e));
    assert_true(sigma_load_placeholders(l, S("p.yml"), S("x: [one]\ny: [two]\nz: [one]\n"), &e));
    assert_true(sigma_load_text(l, S("rule.yml"), str_of(yaml), &e));
    assert_true(sigma_load_end(l, &set, &e));
    assert_true(set->rule_count >= 1);
    assert_true(sigma_digest(set->rules[0], out, &e));
    sigma_loader_free(l);
}

static struct text const different[] = {
    {"one", HEAD "  s: {A: x}\n  condition: s\n"},
    {"another field", HEAD "  s: {B: x}\n  condition: s\n"},
    {"another value", HEAD "  s: {A: y}\n  condition: s\n"},
    {"a longer value", HEAD "  s: {A: xx}\n  condition: s\n"},
    {"contains", HEAD "  s: {A|contains: x}\n  condition: s\n"},
    {"starts with", HEAD "  s: {A|startswith: x}\n  condition: s\n"},
    {"ends with", HEAD "  s: {A|endswith: x}\n  condition: s\n"},
    {"one character", HEAD "  s: {A: 'x?'}\n  condition: s\n"},
    {"a dash", HEAD "  s: {A|windash: '-x'}\n  condition: s\n"},
    {"a dash as written", HEAD "  s: {A: '-x'}\n  condition: s\n"},
    {"cased", HEAD "  s: {A|cased: x}\n  condition: s\n"},
    {"an expression", HEAD "  s: {A|re: x}\n  condition: s\n"},
    {"an expression without case", HEAD "  s: {A|re|i: x}\n  condition: s\n"},
    {"a number", HEAD "  s: {A: 1}\n  condition: s\n"},
    {"a number, at least", HEAD "  s: {A|gte: 1}\n  condition: s\n"},
    {"a number, more", HEAD "  s: {A|gt: 1}\n  condition: s\n"},
    {"another number", HEAD "  s: {A|gt: 2}\n  condition: s\n"},
    {"true", HEAD "  s: {A: true}\n  condition: s\n"},
    {"false", HEAD "  s: {A: false}\n  condition: s\n"},
    {"null", HEAD "  s: {A: null}\n  condition: s\n"},
    {"is there", HEAD "  s: {A|exists: true}\n  condition: s\n"},
    {"is not there", HEAD "  s: {A|exists: false}\n  condition: s\n"},
    {"a network", HEAD "  s: {A|cidr: 10.0.0.0/8}\n  condition: s\n"},
    {"a smaller one", HEAD "  s: {A|cidr: 10.0.0.0/9}\n  condition: s\n"},
    {"another one", HEAD "  s: {A|cidr: 11.0.0.0/8}\n  condition: s\n"},
    {"another field's value", HEAD "  s: {A|fieldref: B}\n  condition: s\n"},
    {"yet another's", HEAD "  s: {A|fieldref: C}\n  condition: s\n"},
    {"a keyword", HEAD "  s: [x]\n  condition: s\n"},
    {"two keywords", HEAD "  s: [x, y]\n  condition: s\n"},
    {"two of which one must hold", HEAD "  s: {A: x}\n  t: {B: y}\n  condition: s or t\n"},
    {"two that must hold", HEAD "  s: {A: x}\n  t: {B: y}\n  condition: s and t\n"},
    {"and one that must not", HEAD "  s: {A: x}\n  t: {B: y}\n  condition: s and not t\n"},
    {"of a service", "title: t\nlogsource: {product: p, service: s}\ndetection:\n  s: {A: x}\n  condition: s\n"},
    {"of a category", "title: t\nlogsource: {category: p}\ndetection:\n  s: {A: x}\n  condition: s\n"},
    {"of another product", "title: t\nlogsource: {product: q}\ndetection:\n  s: {A: x}\n  condition: s\n"},
    {"a placeholder", HEAD "  s: {A|expand: '%x%'}\n  condition: s\n"},
    {"of another value", HEAD "  s: {A|expand: '%y%'}\n  condition: s\n"},
    {"with a filter", HEAD "  s: {A: x}\n  condition: s\n---\ntitle: f\nlogsource: {product: p}\nfilter:\n  rules: "
                           "[n]\n  s: {B: x}\n  condition: not s\n"},
    {"with another", HEAD "  s: {A: x}\n  condition: s\n---\ntitle: f\nlogsource: {product: p}\nfilter:\n  rules: "
                          "[n]\n  s: {B: y}\n  condition: not s\n"},
};

/* Pairs that ask the same. */
static const char *const same[][2] = {
    {HEAD "  s: {A: x}\n  condition: s\n",
     "title: another\nid: 6f0d2c1e-0b53-4d53-9c36-0a3c5f3f7a11\nlevel: critical\ntags: [attack.t1059]\nauthor: "
     "a\nstatus: test\nlogsource: {product: p}\ndetection:\n  named: {A: x}\n  condition: named\n"},
    {HEAD "  s: {A|expand: '%x%'}\n  condition: s\n", HEAD "  s: {A|expand: '%z%'}\n  condition: s\n"},
    {HEAD "  s: {A|expand: '%x%'}\n  condition: s\n", HEAD "  s: {A: one}\n  condition: s\n"},
};

static void each_its_own(void **state) {
    static uint8_t all[COUNT(different)][SHA256_SIZE];
    uint8_t again[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(different); i++) {
        digest_of(different[i].yaml, all[i]);
        digest_of(different[i].yaml, again);
        assert_memory_equal(all[i], again, SHA256_SIZE);
        for (size_t k = 0; k < i; k++)
            if (memcmp(all[i], all[k], SHA256_SIZE) == 0)
                fail_msg("'%s' and '%s' are taken for the same", different[i].what, different[k].what);
    }
}

static void the_same(void **state) {
    uint8_t one[SHA256_SIZE], other[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        digest_of(same[i][0], one);
        digest_of(same[i][1], other);
        if (memcmp(one, other, SHA256_SIZE) != 0)
            fail_msg("pair %zu is taken for two", i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_its_own), cmocka_unit_test(the_same)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
