/* test_sigma_correlation: correlations, filters and silence (Sigma 9.1, 9.4, 10): what refers to what, and every
 * mistake with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sigma_show.h"

#define ID1 "11111111-aaaa-4bbb-8ccc-000000000001"
#define ID2 "22222222-aaaa-4bbb-8ccc-000000000002"
/* Two rules, of 8 lines each with the line behind: what comes next begins in line 17. */
#define RULE(name, id)                                                                                                 \
    "title: t" name "\nid: " id "\nname: " name                                                                        \
    "\nlevel: low\nlogsource: {product: p, category: c}\ndetection: {s: {" name ": 1}, condition: s}\n"                \
    "tags: [x]\n---\n"
#define RULES RULE("a", ID1) RULE("b", ID2)
#define LOUD "a#1 | b#1 | " /* what they come to when nobody silences them */
#define QUIET(who) "a#1 silenced by " who " | b#1 silenced by " who " | " /* and when somebody does */
#define HEAD RULES "title: C\nlevel: high\n"

struct text {
    const char *name, *yaml, *expected;
};

static void expect(const struct text *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char got[3000];

        show_text(cases[i].yaml, NULL, false, got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\nexpected %s\ngot      %s", cases[i].name, cases[i].expected, got);
    }
}

static void accepted(void **state) {
#define C(body) HEAD "correlation: {rules: [a, b], timespan: 10m, " body "}\n"
    static const struct text cases[] = {
        {"event_count", C("type: event_count, condition: {gte: 10}"), QUIET("C") "event_count[a b] 600s >=10"},
        {"range", C("type: event_count, condition: {gt: 100, lte: 200}"),
         QUIET("C") "event_count[a b] 600s >100 <=200"},
        {"eq and neq", C("type: event_count, condition: {eq: 1, neq: 2, lt: 3}"),
         QUIET("C") "event_count[a b] 600s =1 !=2 <3"},
        {"by name and id",
         HEAD "correlation: {type: event_count, rules: [" ID1 ", b], timespan: 1s, condition: {gte: 1}}\n",
         QUIET("C") "event_count[a b] 1s >=1"},
        {"id in capitals",
         HEAD "correlation: {type: event_count, rules: [11111111-AAAA-4BBB-8CCC-000000000001, b], timespan: 1s, "
              "condition: {gte: 1}}\n",
         QUIET("C") "event_count[a b] 1s >=1"},
        {"group-by", C("type: event_count, condition: {gte: 1}, group-by: [U, H]"),
         QUIET("C") "event_count[a b] U(U U) H(H H) 600s >=1"},
        {"one group", C("type: event_count, condition: {gte: 1}, group-by: U"),
         QUIET("C") "event_count[a b] U(U U) 600s >=1"},
        {"aliases",
         C("type: event_count, condition: {gte: 1}, group-by: [ip, U], aliases: {ip: {a: src, " ID2 ": dst}}"),
         QUIET("C") "event_count[a b] ip(src dst) U(U U) 600s >=1"},
        {"alias of one rule", C("type: event_count, condition: {gte: 1}, group-by: ip, aliases: {ip: {b: dst}}"),
         QUIET("C") "event_count[a b] ip(ip dst) 600s >=1"},
        {"value_count", C("type: value_count, condition: {gte: 2, field: F}"),
         QUIET("C") "value_count[a b] 600s >=2 F"},
        {"value_count of tuples", C("type: value_count, condition: {gte: 2, field: [F, G]}"),
         QUIET("C") "value_count[a b] 600s >=2 F G"},
        {"value_sum", C("type: value_sum, condition: {gt: 1.5e3, field: F}"), QUIET("C") "value_sum[a b] 600s >1500 F"},
        {"value_avg", C("type: value_avg, condition: {lt: -0.5, field: F}"), QUIET("C") "value_avg[a b] 600s <-0.5 F"},
        {"value_median", C("type: value_median, condition: {gte: 2, field: F}"),
         QUIET("C") "value_median[a b] 600s >=2 F"},
        {"value_percentile", C("type: value_percentile, condition: {gte: 2, field: F, percentile: 95}"),
         QUIET("C") "value_percentile[a b] 600s >=2 F p95"},
        {"rarity", C("type: value_percentile, condition: {lte: 1, field: F}"),
         QUIET("C") "value_percentile[a b] 600s <=1 F"},
        {"temporal", C("type: temporal"), QUIET("C") "temporal[a b] 600s"},
        {"temporal with a count", C("type: temporal, condition: {gte: 2}"), QUIET("C") "temporal[a b] 600s >=2"},
        {"temporal_ordered", C("type: temporal_ordered"), QUIET("C") "temporal_ordered[a b] 600s"},
        {"one rule twice in order", HEAD "correlation: {type: temporal_ordered, rules: [a, b, a], timespan: 1d}\n",
         QUIET("C") "temporal_ordered[a b a] 86400s"},
        {"expression", C("type: temporal, condition: a and not b"), QUIET("C") "temporal[a b] 600s and(0 not(1))"},
        {"expression without rules",
         HEAD "correlation: {type: temporal, timespan: 1h, condition: b or (a and not b)}\n",
         QUIET("C") "temporal[b a] 3600s or(0 and(1 not(0)))"},
        {"generate inside", C("type: temporal, generate: true"), LOUD "temporal[a b] 600s generate"},
        {"generate at the top", HEAD "generate: yes\ncorrelation: {type: temporal, rules: [a, b], timespan: 1s}\n",
         LOUD "temporal[a b] 1s generate"},
        {"generate twice",
         HEAD "generate: true\ncorrelation: {type: temporal, rules: [a, b], timespan: 1s, generate: false}\n",
         QUIET("C") "temporal[a b] 1s ! line 20: 'generate' stands twice and differs: the one inside 'correlation' "
                    "counts"},
        {"units", HEAD "correlation: {type: temporal, rules: [a, b], timespan: 2w}\n",
         QUIET("C") "temporal[a b] 1209600s"},
        {"month", HEAD "correlation: {type: temporal, rules: [a, b], timespan: 1M}\n",
         QUIET("C") "temporal[a b] 2629746s"},
        {"year", HEAD "correlation: {type: temporal, rules: [a, b], timespan: 292y}\n",
         QUIET("C") "temporal[a b] 9214629984s"},
        {"before its rules",
         "title: C\nlevel: high\ncorrelation: {type: temporal, rules: [a, b], timespan: 1s}\n---\n" RULES,
         "temporal[a b] 1s | a#1 silenced by C | b#1 silenced by C"},
        {"rule named twice", HEAD "correlation: {type: temporal, rules: [a, b, " ID1 "], timespan: 1s}\n",
         QUIET("C") "temporal[a b a] 1s ! line 19: refers to rule '" ID1 "' twice"},
        {"group twice", C("type: temporal, group-by: [U, U]"),
         QUIET("C") "temporal[a b] U(U U) 600s ! line 19: group-by names 'U' twice"},
        {"misspelt key", C("type: temporal, group_by: [U]"),
         QUIET("C") "temporal[a b] 600s ! line 19: a correlation has no key 'group_by': it has no effect"},
        {"alias for nothing", C("type: temporal, aliases: {ip: {a: src}}"),
         QUIET("C") "temporal[a b] 600s ! line 19: alias 'ip' is not in group-by"},
        {"alias of another rule", C("type: temporal, group-by: ip, aliases: {ip: {z: src}}"),
         QUIET("C") "temporal[a b] ip(ip ip) 600s ! line 19: the alias names rule 'z', which is none of this "
                    "correlation's"},
        {"field for nothing", C("type: event_count, condition: {gte: 1, field: F}"),
         QUIET("C") "event_count[a b] 600s >=1 F ! line 19: 'field' has no effect in this type"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void refused(void **state) {
    static const struct text cases[] = {
        {"no type", C("condition: {gte: 1}"), LOUD "line 19: no correlation type"},
        {"type", C("type: event-count, condition: {gte: 1}"), LOUD "line 19: unknown correlation type 'event-count'"},
        {"type in capitals", C("type: Temporal"), LOUD "line 19: unknown correlation type 'Temporal'"},
        {"no condition", C("type: event_count"), LOUD "line 19: no condition such as {gte: 10}"},
        {"null condition", C("type: event_count, condition: "), LOUD "line 19: no condition such as {gte: 10}"},
        {"text for a count", C("type: event_count, condition: a and b"),
         LOUD "line 19: the condition must be a mapping such as {gte: 10}"},
        {"list for a count", C("type: event_count, condition: [1]"),
         LOUD "line 19: the condition must be a mapping such as {gte: 10}"},
        {"no bound", C("type: value_count, condition: {field: F}"),
         LOUD "line 19: the condition has no bound: gt, gte, lt, lte, eq, neq"},
        {"unknown bound", C("type: event_count, condition: {ge: 5}"), LOUD "line 19: unknown condition 'ge'"},
        {"a text bound", C("type: event_count, condition: {gte: '5'}"), LOUD "line 19: 'gte' needs a number"},
        {"a list bound", C("type: event_count, condition: {gte: [5]}"), LOUD "line 19: 'gte' needs a number"},
        {"no field", C("type: value_count, condition: {gte: 2}"),
         LOUD "line 19: this type needs a 'field' in its condition"},
        {"tuples of another type", C("type: value_sum, condition: {gte: 2, field: [F, G]}"),
         LOUD "line 19: only value_count takes several fields"},
        {"field is null", C("type: value_count, condition: {gte: 2, field: [~]}"),
         LOUD "line 19: 'field' must be a name or a list of names"},
        {"field is a mapping", C("type: value_sum, condition: {gte: 2, field: {F: G}}"),
         LOUD "line 19: 'field' must be a name or a list of names"},
        {"percentile elsewhere", C("type: value_avg, condition: {gte: 2, field: F, percentile: 5}"),
         LOUD "line 19: 'percentile' belongs to value_percentile"},
        {"percentile too large", C("type: value_percentile, condition: {gte: 2, field: F, percentile: 101}"),
         LOUD "line 19: 'percentile' must be a number from 0 to 100"},
        {"no timespan", HEAD "correlation: {type: temporal, rules: [a, b]}\n", LOUD "line 19: no timespan such as 10m"},
        {"rule not there", HEAD "correlation: {type: temporal, rules: [a, z], timespan: 1s}\n",
         LOUD "line 19: refers to rule 'z', which is not there"},
        {"name in capitals", HEAD "correlation: {type: temporal, rules: [A], timespan: 1s}\n",
         LOUD "line 19: refers to rule 'A', which is not there"},
        {"title instead of name", HEAD "correlation: {type: temporal, rules: [ta], timespan: 1s}\n",
         LOUD "line 19: refers to rule 'ta', which is not there"},
        {"no rules", HEAD "correlation: {type: temporal, timespan: 1s}\n", LOUD "line 19: no rules"},
        {"empty rules", HEAD "correlation: {type: temporal, rules: [], timespan: 1s}\n", LOUD "line 19: no rules"},
        {"rules are mappings", HEAD "correlation:\n  type: temporal\n  rules:\n    - {a: b}\n  timespan: 1s\n",
         LOUD "line 22: 'rules' must be ids or names of rules"},
        {"correlation is text", HEAD "correlation: x\n", LOUD "line 19: 'correlation' must be a mapping"},
        {"group-by is a mapping", C("type: temporal, group-by: {a: b}"),
         LOUD "line 19: 'group-by' must be names of fields"},
        {"group-by of nothing", C("type: temporal, group-by: ['']"),
         LOUD "line 19: 'group-by' must be names of fields"},
        {"aliases are text", C("type: temporal, aliases: x"),
         LOUD "line 19: 'aliases' must be a mapping of names to {rule: field}"},
        {"alias is text", C("type: temporal, aliases: {ip: x}"),
         LOUD "line 19: an alias must be a mapping of rules to fields"},
        {"alias to nothing", C("type: temporal, group-by: ip, aliases: {ip: {a: ''}}"),
         LOUD "line 19: an alias must name a field"},
        {"generate is text", C("type: temporal, generate: always"), LOUD "line 19: 'generate' must be true or false"},
        {"expression of an unknown rule", C("type: temporal, condition: a and b and c"),
         LOUD "line 19: the condition names 'c', which does not exist"},
        {"expression without one of the rules", C("type: temporal, condition: a"),
         LOUD "line 19: the condition does not use rule 'b'"},
        {"expression of ids", C("type: temporal, condition: a and " ID2),
         LOUD "line 19: '" ID2
              "' in the condition is no name of a rule (letters, digits and _ only; ids cannot stand here)"},
        {"selector in an expression", C("type: temporal, condition: 1 of them"),
         LOUD "line 19: '1' in the condition is no name of a rule (letters, digits and _ only; ids cannot stand here)"},
        {"unfinished expression", C("type: temporal, condition: a and"), LOUD "line 19: the condition ends too early"},
        {"empty expression", C("type: temporal, condition: ' '"), LOUD "line 19: the condition is empty"},
        {"no title", RULES "level: high\ncorrelation: {type: temporal, rules: [a, b], timespan: 1s}\n",
         LOUD "line 17: no title"},
        {"a failed rule",
         "title: t\nname: a\nlevel: no\n---\ntitle: C\nlevel: low\ncorrelation:\n  type: temporal\n  timespan: 1s\n  "
         "rules: [a]\n",
         "line 1: neither 'detection' nor 'correlation' nor 'filter': no rule | line 10: refers to rule 'a', which "
         "failed to load"},
        {"a filter",
         RULES "title: f\nname: f\nlogsource: {product: p}\nfilter: {rules: a, s: {A: y}, condition: not "
               "s}\n---\ntitle: C\nlevel: low\n"
               "correlation: {type: temporal, rules: [f], timespan: 1s}\n",
         "a#1 +f | b#1 | filter not(A=y) | line 24: refers to 'f', which is a filter"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}
#undef C

static void timespans(void **state) {
    static const char *const bad[] = {"0s",   "-1s",    "5",    "m",  "1h30m", "1.5h",
                                      "10 m", "1H",     "5min", "''", "293y",  "99999999999999999999s",
                                      "[1s]", "{a: 1}", "~"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[1000], got[1000];

        snprintf(text, sizeof text, HEAD "correlation: {type: temporal, rules: [a, b], timespan: %s}\n", bad[i]);
        show_text(text, NULL, false, got, sizeof got);
        if (strncmp(got, LOUD "line 19: timespan ", 29) != 0 &&
            strcmp(got, LOUD "line 19: no timespan such as 10m") != 0)
            fail_msg("timespan %s: %s", bad[i], got);
    }
}

static void chains(void **state) {
#define C(name, rules)                                                                                                 \
    "title: " name "\nname: " name "\nlevel: low\ncorrelation: {type: temporal, timespan: 1s, rules: [" rules          \
    "]}\n---\n"
    static const struct text cases[] = {
        {"inner and outer", RULES C("y", "x, b") C("x", "a"),
         "a#1 silenced by x | b#1 silenced by y | temporal[x b] 1s | temporal[a] 1s silenced by y"},
        {"itself", RULES C("x", "x"), LOUD "line 20: refers to itself"},
        {"two in a ring", RULES C("x", "y") C("y", "x"),
         LOUD "line 20: refers to rule 'y', which failed to load | line 25: refers to 'x', which refers back to it"},
        {"three in a ring, one beside it", RULES C("x", "y") C("y", "z, a") C("z", "x") C("w", "a, x"),
         LOUD "line 20: refers to rule 'y', which failed to load | line 25: refers to rule 'z', which failed to load | "
              "line 30: refers to 'x', which refers back to it | line 35: refers to rule 'x', which failed to load"},
        {"a diamond is no ring", RULES C("x", "y, z") C("y", "a") C("z", "a"),
         "a#1 silenced by y | b#1 | temporal[y z] 1s | temporal[a] 1s silenced by x | temporal[a] 1s silenced by x"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

/* Each on the one before: 32 may stand above each other. In both orders of writing. */
static void long_chains(void **state) {
    (void)state;
    for (int up = 0; up < 2; up++)
        for (int length = 32; length < 60; length += 27) {
            struct buf b = {0};
            struct sigma_loader *l;
            const struct sigma_set *set = NULL;
            struct err e;

            buf_add(&b, str_of(RULES));
            for (int i = 0; i < length; i++) {
                int const n = up ? i : length - 1 - i;
                char below[20] = "a";

                if (n)
                    snprintf(below, sizeof below, "c%d", n - 1);
                buf_format(
                    &b,
                    "title: c\nname: c%d\nlevel: low\ncorrelation: {type: temporal, timespan: 1s, rules: [%s]}\n---\n",
                    n, below);
            }
            assert_true(sigma_loader_new(&l, &e));
            assert_true(sigma_load_text(l, S("r.yml"), buf_str(&b), &e) && sigma_load_end(l, &set, &e));
            assert_int_equal(set->rule_count, 2 + 32);
            assert_int_equal(set->verdict_count, 2 + length);
            sigma_loader_free(l);
            buf_free(&b);
        }
}

/* Sigma 9.4 */
static void silence(void **state) {
#define G(name, rules, generate)                                                                                       \
    "title: " name "\nlevel: low\ncorrelation: {type: temporal, timespan: 1s, generate: " generate ", rules: [" rules  \
    "]}\n---\n"
    static const struct text cases[] = {
        {"two say false", RULES G("x", "a", "false") G("y", "a", "false"),
         "a#1 silenced by x | b#1 | temporal[a] 1s | temporal[a] 1s"},
        {"one says true", RULES G("x", "a", "false") G("y", "a", "true"),
         "a#1 | b#1 | temporal[a] 1s | temporal[a] 1s generate"},
        {"true comes first", RULES G("x", "a", "true") G("y", "a", "false"),
         "a#1 | b#1 | temporal[a] 1s generate | temporal[a] 1s"},
        {"a failed one silences nothing", RULES G("x", "a, z", "false"),
         LOUD "line 19: refers to rule 'z', which is not there"},
        {"an unusable one silences nothing",
         RULE("a", ID1) "title: u\nname: u\nlevel: low\nlogsource: {product: p}\ndetection: {s: {A|expand: '%x%'}, "
                        "condition: s}\n---\n" G("x", "a, u", "false"),
         "a#1 | A= unusable: placeholder %x% has no value | temporal[a u] 1s unusable: refers to rule 'u', which "
         "cannot be used"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void filters(void **state) {
#define F(rules, source, condition)                                                                                    \
    RULES "title: f\nlogsource: " source "\nfilter:\n  rules: " rules                                                  \
          "\n  s: {U|startswith: adm_}\n  t: {V: 1}\n  condition: " condition "\n"
#define BOTH "a#1 +f | b#1 +f | filter "
#define NOT_S "not(U=adm_*) ! line 22: the condition does not use 't'"
    static const struct text cases[] = {
        {"any", F("any", "{product: p}", "not s"), BOTH NOT_S},
        {"Any", F("[ANY]", "{product: P}", "not s"), BOTH NOT_S},
        {"empty list", F("[]", "{product: p}", "not s"), BOTH NOT_S},
        {"by name", F("b", "{product: p, category: c}", "not s"), "a#1 | b#1 +f | filter " NOT_S},
        {"by id", F("[" ID1 "]", "{category: c}", "not s"), "a#1 +f | b#1 | filter " NOT_S},
        {"by both", F("[a, " ID1 "]", "{category: c}", "not s"), "a#1 +f | b#1 | filter " NOT_S},
        {"own names", F("any", "{product: p}", "not 1 of them"), BOTH "not(or(U=adm_* V#1))"},
        {"without not", F("any", "{product: p}", "s and t"),
         BOTH "and(U=adm_* V#1) ! line 23: the filter's condition holds no 'not': of the rules it addresses, only "
              "events remain that it describes; "
              "'not' in front would exclude them"},
        {"two filters",
         RULES "title: f\nlogsource: {product: p}\nfilter: {rules: a, s: {U: x}, condition: not s}\n---\n"
               "title: g\nlogsource: {product: p}\nfilter: {rules: any, s: {U: y}, condition: not s}\n",
         "a#1 +f +g | b#1 +g | filter not(U=x) | filter not(U=y)"},
        {"another log source", F("any", "{product: q}", "not s"),
         LOUD "filter not(U=adm_*) ! line 22: the condition does not use 't' ! line 17: the filter's log source covers "
              "no rule: it does nothing"},
        {"more particular than the rule", F("a", "{product: p, service: s}", "not s"),
         LOUD "filter not(U=adm_*) ! line 22: the condition does not use 't' ! line 20: the filter's log source does "
              "not cover rule 'a': it does nothing there"},
        {"rule not there", F("[a, z]", "{product: p}", "not s"),
         "a#1 +f | b#1 | filter not(U=adm_*) ! line 22: the condition does not use 't' ! line 20: the filter names "
         "rule 'z', which is not there"},
        {"a correlation",
         RULES
         "title: f\nlogsource: {product: p}\nfilter: {rules: C, s: {U: x}, condition: not s}\n---\n"
         "title: c\nname: C\nlevel: low\ncorrelation: {type: temporal, timespan: 1s, generate: true, rules: [a]}\n",
         LOUD "filter not(U=x) ! line 19: the filter names 'C', a correlation: name the rules that it refers to | "
              "temporal[a] 1s generate"},
        {"without values it takes no part",
         RULES "title: f\nlogsource: {product: p}\nfilter: {rules: any, s: {U|expand: '%x%'}, condition: not s}\n",
         LOUD "filter not(U=) unusable: placeholder %x% has no value"},
        {"no rules", RULES "title: f\nlogsource: {product: p}\nfilter: {s: {U: x}, condition: not s}\n",
         LOUD "line 19: the filter does not say for which rules: names, ids, or any"},
        {"null rules", F("", "{product: p}", "not s"),
         LOUD "line 20: the filter does not say for which rules: names, ids, or any ! line 22: the condition does not "
              "use 't'"},
        {"rules are mappings", F("[{a: b}]", "{product: p}", "not s"),
         LOUD "line 20: 'rules' must be ids or names of rules ! line 22: the condition does not use 't'"},
        {"two conditions", F("any", "{product: p}", "[not s, not t]"),
         LOUD "line 23: a filter has exactly one condition, a text"},
        {"the rule's names", F("any", "{product: p}", "not sel"),
         LOUD "line 23: the condition names 'sel', which does not exist"},
        {"no log source", RULES "title: f\nfilter: {rules: any, s: {U: x}, condition: not s}\n",
         LOUD "line 17: no logsource"},
        {"no title", RULES "logsource: {product: p}\nfilter: {rules: any, s: {U: x}, condition: not s}\n",
         LOUD "line 17: no title"},
        {"a list", RULES "title: f\nlogsource: {product: p}\nfilter: [x]\n",
         LOUD "line 19: 'filter' must be a mapping"},
        {"no identifier", RULES "title: f\nlogsource: {product: p}\nfilter: {rules: any, condition: not s}\n",
         LOUD "line 19: no search identifier"},
        {"no condition", RULES "title: f\nlogsource: {product: p}\nfilter: {rules: any, s: {U: x}}\n",
         LOUD "line 19: no condition"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void bounds(void **state) {
    struct buf b = {0};
    char got[600];

    (void)state;
    buf_add(&b, str_of(HEAD "correlation:\n  type: temporal\n  timespan: 1s\n  rules:\n"));
    for (int i = 0; i < 4097; i++)
        buf_format(&b, "    - r%d\n", i);
    buf_byte(&b, '\0');
    show_text(b.ptr, NULL, false, got, sizeof got);
    assert_string_equal(got, LOUD "line 23: more than 4096 rules");
    b.len = 0;
    buf_add(&b, str_of(HEAD "correlation:\n  type: temporal\n  timespan: 1s\n  condition: a"));
    for (int i = 0; i < 256; i++)
        buf_format(&b, " or r%d", i);
    buf_byte(&b, '\0');
    show_text(b.ptr, NULL, false, got, sizeof got);
    assert_string_equal(got, LOUD "line 22: more than 256 rules in one expression");
    b.len = 0;
    buf_add(&b, str_of(HEAD "correlation:\n  type: temporal\n  timespan: 1s\n  rules: [a, b]\n  group-by:\n"));
    for (int i = 0; i < 65; i++)
        buf_format(&b, "    - r%d\n", i);
    buf_byte(&b, '\0');
    show_text(b.ptr, NULL, false, got, sizeof got);
    assert_string_equal(got, LOUD "line 24: more than 64 fields to group by");
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),    cmocka_unit_test(refused), cmocka_unit_test(timespans), cmocka_unit_test(chains),
        cmocka_unit_test(long_chains), cmocka_unit_test(silence), cmocka_unit_test(filters),   cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
