/* test_model: posteriors that were computed by hand, what a profile is read from, and what parameters may not be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attribution/fit.h"
#include "attribution/model.h"
#include "base/compiler.h"
#include "folder.h"

#define NEAR 1e-6
#define T(n) ((token)(n)*1000)
#define P(n) (TOKEN_SOFTWARE | (token)(n))

static void tokens(void **state) {
    static const struct {
        const char *text;
        token is;
    } cases[] = {
        {"T1059", 1059000},
        {"T1059.003", 1059003},
        {"S0002", P(2)},
        {"T0800", 800000},
        {"", 0},
        {"T", 0},
        {"T0", 0},
        {"T1059.", 0},
        {"T1059.0", 0},
        {"S0002.1", 0},
        {"G0007", 0},
        {"t1059", 0},
        {"T-1", 0},
        {"T1059.1000", 0},
        {"T100000", 0},
        {"T1059 ", 0},
        {"M1013", 0},
        {"T1059.003.1", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (token_parse(str_of(cases[i].text)) != cases[i].is)
            fail_msg("%s", cases[i].text);
    assert_int_equal(token_parent(1059003), 1059000);
    assert_int_equal(token_parent(1059000), 1059000);
    assert_int_equal(token_parent(P(7)), P(7));
}

static void put(const char *name, const char *text) {
    FILE *const file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Two groups. Of the first's malware, which is said by two sources, one is dated within two years before the release; a third source was entered
 * later, and does not count. */
static void put_all(void) {
    put("profiles-by-release.json", "{\"R1\": {\"released\": \"2020-01-01\", \"groups\": {"
                                    "\"G0002\": {\"name\": \"Two\", \"n\": {\"T1002\": 1, \"S0002\": 1}},"
                                    "\"G0001\": {\"name\": \"One\", \"n\": {\"T1001\": 1, \"S0001\": 2}}}}}");
    put("groups.json", "[{\"id\": \"G0001\", \"nation\": \"AA\", \"rows\": [{\"t\": \"S0001\", \"s\": [0, 1, 2]}, "
                       "{\"t\": \"T1099\", \"s\": [3]}]},"
                       "{\"id\": \"G0002\", \"nation\": null, \"rows\": []}]");
    put("sources.json", "[{\"date\": \"2015-05-05\"}, {\"date\": \"2019-01-01\"}, {\"date\": \"2019-06-01\"}, "
                        "{\"date\": \"2019-06-02\"}]");
    put("software.json", "{\"S0001\": {\"type\": \"malware\"}, \"S0002\": {\"type\": \"tool\"}}");
}

static void by_hand(void **state) {
    static const token techniques[] = {T(1001)}, software[] = {P(1)};
    struct observed const o = {techniques, software, 1, 1};
    struct parameters with = {.none = 0.5, .gate = {0.55, 0.9, 0.45}};
    struct profiles *all;
    struct judgement j;
    struct err e;
    (void)state;

    put_all();
    assert_true(profiles_open(&all, ".", &e));
    assert_null(profiles_named(all, S("R2")));
    assert_null(profiles_on(all, 18261)); /* 31 December 2019 */
    assert_non_null(profiles_on(all, 18262));
    const struct profile *const p = profiles_named(all, S("R1"));
    assert_non_null(p);
    assert_int_equal(p->group_count, 2);
    assert_true(str_eq(p->groups[0].id, S("G0001")));
    assert_int_equal(p->groups[0].recent, 1);
    assert_true(profiles_tool(all, P(2)));
    assert_false(profiles_tool(all, P(1)));

    assert_true(judgement_measure(&j, all, p, &o, NO_GROUP, &e));
    assert_int_equal(j.count, 2);
    /* Listed for one of two groups, one source, a profile of the mean length: ln(1 + 1.5/1.5) times 1; one technique counts as one of five. */
    assert_float_equal(j.groups[0].measures[MEASURE_TECHNIQUE], (float)(log(2) / sqrt(5)), NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_PARENT], (float)(log(2) / sqrt(5)), NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_MALWARE], log(2), NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_TOOL], 0, NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_CONFIRMED], 1, NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_REPORTED], log(2), NEAR);
    assert_float_equal(j.groups[0].measures[MEASURE_NATION], 0, NEAR);
    for (size_t k = 0; k < MEASURES; k++)
        assert_float_equal(j.groups[1].measures[k], 0, NEAR);

    /* Scores 3 ln 2 and 0: shares 8/9 and 1/9, odds 8; of them even odds of a known group are 8, a prior of 3/4 for none makes them 8/3. */
    with.group[MEASURE_TECHNIQUE] = sqrt(5);
    with.group[MEASURE_MALWARE] = 1;
    with.group[MEASURE_CONFIRMED] = log(2);
    with.known[SIGN_CLEAR] = 1;
    judgement_weigh(&j, &with);
    assert_float_equal(j.none, 1.0 / 9, NEAR);
    assert_float_equal(j.groups[0].posterior, 64.0 / 81, NEAR);
    assert_float_equal(j.groups[1].posterior, 8.0 / 81, NEAR);
    assert_float_equal(j.margin, log10(8), NEAR);
    assert_true(j.named);
    with.none = 0.75;
    judgement_weigh(&j, &with);
    assert_float_equal(j.none, 3.0 / 11, NEAR);
    assert_float_equal(j.groups[0].posterior, 64.0 / 99, NEAR);
    assert_true(j.named);

    /* Each gate alone withholds the name. */
    with.gate.margin = 0.91;
    judgement_weigh(&j, &with);
    assert_false(j.named);
    with.gate.margin = 0.9;
    with.gate.posterior = 0.65;
    judgement_weigh(&j, &with);
    assert_false(j.named);
    judgement_free(&j);

    /* Techniques alone never name, however sure. */
    struct observed const bare = {techniques, NULL, 1, 0};
    with = (struct parameters){
        .none = 0.5, .group = {[MEASURE_TECHNIQUE] = 20}, .known = {[SIGN_CLEAR] = 1}, .gate = {0.55, 1, 0.45}};
    assert_true(judgement_measure(&j, all, p, &bare, NO_GROUP, &e));
    judgement_weigh(&j, &with);
    assert_true(j.groups[0].posterior > 0.99);
    assert_false(j.named);
    judgement_free(&j);

    /* Without the group itself, the other is all there is. */
    assert_true(judgement_measure(&j, all, p, &o, 0, &e));
    judgement_weigh(&j, &with);
    assert_int_equal(j.count, 1);
    assert_int_equal(j.groups[0].group, 1);
    assert_false(j.named);
    judgement_free(&j);
    profiles_free(all);
}

static void broken(void **state) {
    static const struct {
        const char *file, *text;
    } cases[] = {
        {"profiles-by-release.json", "{"},
        {"profiles-by-release.json", "{\"R\": {\"released\": \"soon\", \"groups\": {}}}"},
        {"profiles-by-release.json", "{\"R\": {\"released\": \"2020-01-01\"}}"},
        {"profiles-by-release.json",
         "{\"R\": {\"released\": \"2020-01-01\", \"groups\": {\"G1\": {\"n\": {\"T1001\": -1}}}}}"},
        {"profiles-by-release.json",
         "{\"R\": {\"released\": \"2020-01-01\", \"groups\": {\"G1\": {\"n\": {\"T1001\": 70000}}}}}"},
        {"groups.json", "nothing"},
        {"sources.json", ""},
        {"software.json", "{\"S0001\": "},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct profiles *all;
        struct err e = {0};

        put_all();
        put(cases[i].file, cases[i].text);
        if (profiles_open(&all, ".", &e) || e.code != ERR_CORRUPT)
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_null(all);
    }
}

#define GROUP "group: {technique: 1, parent: 1, malware: 1, tool: 1, confirmed: 1, reported: 1, nation: 1}\n"
#define KNOWN "known: {one: 0, clear: 1, confirmed: -1.5}\n"
#define GATE "gate: {posterior: 0.55, margin: 1, coverage: 0.45}\n"

static void parameters(void **state) {
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"none: 0.5\n" GROUP KNOWN GATE, true},
        {"none: 0.9\n" GROUP KNOWN GATE, true},
        {"none: 0.49\n" GROUP KNOWN GATE, false}, /* unknown is never believed less than even */
        {"none: 1\n" GROUP KNOWN GATE, false},
        {"none: nan\n" GROUP KNOWN GATE, false},
        {"none: half\n" GROUP KNOWN GATE, false},
        {"none: 0.5x\n" GROUP KNOWN GATE, false},
        {GROUP KNOWN GATE, false},
        {"none: 0.5\n" KNOWN GATE, false},
        {"none: 0.5\n" GROUP GATE, false},
        {"none: 0.5\n" GROUP KNOWN, false},
        {"none: 0.5\n" GROUP KNOWN "gate: {posterior: 0.4, margin: 1, coverage: 0.45}\n", false},
        {"none: 0.5\n" GROUP "known: {one: 0, clear: 1000, confirmed: 1}\n" GATE, false},
        {"- 1\n", false},
        {"", false},
    };
    struct parameters p;
    struct err e;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (parameters_read(&p, str_of(cases[i].text), &e) != cases[i].good)
            fail_msg("%s", cases[i].text);
    assert_true(parameters_builtin(&p, &e));
    assert_true(p.none >= 0.5);
}

/* What a fit must find in cases that were made so: malware decides, the parent says nothing; and a clear first is a known group. */
static void fitted(void **state) {
    enum { CASES = 60 };
    static struct judgement measured[CASES];
    static struct judged groups[CASES][4];
    struct fit_case list[CASES];
    struct parameters p = {.none = 0.5};
    struct err e;
    (void)state;

    for (size_t i = 0; i < CASES; i++) {
        for (size_t g = 0; g < 4; g++) {
            groups[i][g] = (struct judged){.group = g};
            groups[i][g].measures[MEASURE_PARENT] = (double)((i + g) % 2);
        }
        bool const known = i % 2;
        size_t const right = i / 2 % 4;

        if (known)
            groups[i][i % 10 == 9 ? (right + 1) % 4 : right].measures[MEASURE_MALWARE] = 4;
        measured[i] = (struct judgement){.groups = groups[i], .count = 4};
        list[i] = (struct fit_case){&measured[i], known ? right : NO_GROUP, (unsigned)(i / 2 % FIT_PARTS)};
    }
    assert_true(parameters_fit(&p, list, CASES, &e));
    assert_true(p.group[MEASURE_MALWARE] > 0.3);
    assert_true(fabs(p.group[MEASURE_PARENT]) < 0.3);
    assert_float_equal(p.group[MEASURE_TOOL], 0, NEAR);
    assert_true(p.known[SIGN_CLEAR] > 0.3);
    struct parameters again = {.none = 0.5};
    assert_true(parameters_fit(&again, list, CASES, &e));
    for (size_t k = 0; k < MEASURES; k++)
        assert_float_equal(p.group[k], again.group[k], NEAR);
    for (size_t k = 0; k < SIGNS; k++)
        assert_float_equal(p.known[k], again.known[k], NEAR);
    /* Of one kind alone there is nothing to learn. */
    for (size_t i = 0; i < CASES; i++)
        list[i].right = NO_GROUP;
    assert_false(parameters_fit(&p, list, CASES, &e));
    assert_int_equal(e.code, ERR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test_setup_teardown(by_hand, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(broken, folder_enter, folder_leave),
        cmocka_unit_test(parameters),
        cmocka_unit_test(fitted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
