/* test_sigma_condition: conditions (Sigma 7): what becomes of them, and everything that is refused, with the reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sigma_show.h"

/* Each identifier tests the field of its own name. The condition is line 5. */
static const char detection[] =
    "  a: {a: 1}\n  b: {b: 1}\n  sel_1: {s1: 1}\n  sel_2: {s2: 1}\n  _sel: {_s: 1}\n  not-me: {nm: 1}\n"
    "  notes: {n: 1}\n  order: {o: 1}\n  1st: {f: 1}\n  Sel: {S: 1}\n";

static void rule_text(struct buf *b, str condition) {
    buf_add(b, S("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: "));
    buf_add(b, condition);
    buf_format(b, "\n%s", detection);
    buf_byte(b, '\0');
}

/* The tree, without the warnings that say what the condition does not use. */
static void condition_show(str condition, char *out, size_t room) {
    struct buf b = {0};
    char *warning;

    rule_text(&b, condition);
    assert_false(b.failed);
    show_text(b.ptr, NULL, false, out, room);
    buf_free(&b);
    if ((warning = strstr(out, " ! ")))
        *warning = '\0';
}

struct pair {
    const char *condition, *expected;
};

static void expect(const struct pair *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char got[1000];

        condition_show(str_of(cases[i].condition), got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\nexpected %s\ngot      %s", cases[i].condition, cases[i].expected, got);
    }
}

static void accepted(void **state) {
    static const struct pair cases[] = {
        {"a", "a#1"},
        {"(a)", "a#1"},
        {"((a))", "a#1"},
        {"not a", "not(a#1)"},
        {"not not a", "a#1"},
        {"not not not a", "not(a#1)"},
        {"not (not a)", "not(not(a#1))"},
        {"a and b", "and(a#1 b#1)"},
        {"a and b and notes", "and(a#1 b#1 n#1)"},
        {"a or b and notes", "or(a#1 and(b#1 n#1))"},
        {"a and b or notes", "or(and(a#1 b#1) n#1)"},
        {"(a or b) and notes", "and(or(a#1 b#1) n#1)"},
        {"not a and b", "and(not(a#1) b#1)"},
        {"not (a and b)", "not(and(a#1 b#1))"},
        {"a and not b or not notes", "or(and(a#1 not(b#1)) not(n#1))"},
        {"a and(b)or(not(notes))", "or(and(a#1 b#1) not(n#1))"},
        {"notes or order", "or(n#1 o#1)"},
        {"not-me and 1st", "and(nm#1 f#1)"},
        {"a and a", "and(a#1 a#1)"},
        {"1 of sel_*", "or(s1#1 s2#1)"},
        {"any of sel_*", "or(s1#1 s2#1)"},
        {"all of sel_*", "and(s1#1 s2#1)"},
        {"not 1 of sel_*", "not(or(s1#1 s2#1))"},
        {"a and not 1 of sel_* or b", "or(and(a#1 not(or(s1#1 s2#1))) b#1)"},
        {"1 of sel_1", "s1#1"},
        {"all of s*l*1", "s1#1"},
        {"all of *_*", "and(s1#1 s2#1)"},
        {"1 of **2", "s2#1"},
        {"1 of _*", "_s#1"},
        {"1 of _sel", "_s#1"},
        {"_sel", "_s#1"},
        {"all of s*", "and(s1#1 s2#1)"},
        {"all of S*", "S#1"},
        {"1 of them", "or(a#1 b#1 s1#1 s2#1 nm#1 n#1 o#1 f#1 S#1)"},
        {"all of them", "and(a#1 b#1 s1#1 s2#1 nm#1 n#1 o#1 f#1 S#1)"},
        {"1 of *", "or(a#1 b#1 s1#1 s2#1 nm#1 n#1 o#1 f#1 S#1)"},
        {"|\n    a\n    or\tb", "or(a#1 b#1)"},
        {"[a, not b]", "or(a#1 not(b#1))"},
        {"[a]", "a#1"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void refused(void **state) {
    static const struct pair cases[] = {
        {"", "line 5: the condition is empty"},
        {"''", "line 5: the condition is empty"},
        {"' '", "line 5: the condition is empty"},
        {"[]", "line 5: the condition is empty"},
        {"[a, '']", "line 5: the condition is empty"},
        {"[[a]]", "line 5: a condition must be a text"},
        {"{a: b}", "line 5: a condition must be a text"},
        {"unknown", "line 5: the condition names 'unknown', which does not exist"},
        {"A", "line 5: the condition names 'A', which does not exist"},
        {"timeframe", "line 5: the condition names 'timeframe', which does not exist"},
        {"condition", "line 5: the condition names 'condition', which does not exist"},
        {"a and", "line 5: the condition ends too early"},
        {"not", "line 5: the condition ends too early"},
        {"and a", "line 5: 'and' in the condition: operators are written in lower case, between operands"},
        {"a or or b", "line 5: 'or' in the condition: operators are written in lower case, between operands"},
        {"a and not and b", "line 5: 'and' in the condition: operators are written in lower case, between operands"},
        {"a AND b", "line 5: 'AND' in the condition: expected 'and' or 'or' in lower case"},
        {"a Or b", "line 5: 'Or' in the condition: expected 'and' or 'or' in lower case"},
        {"NOT a", "line 5: 'NOT' in the condition: operators are written in lower case, between operands"},
        {"a b", "line 5: 'b' in the condition: expected 'and' or 'or'"},
        {"(a", "line 5: a parenthesis in the condition is not closed"},
        {"a)", "line 5: a parenthesis stands where the condition should go on with 'and' or 'or'"},
        {"a (b)", "line 5: a parenthesis stands where the condition should go on with 'and' or 'or'"},
        {"()", "line 5: a closing parenthesis stands where an operand is expected"},
        {"a and )", "line 5: a closing parenthesis stands where an operand is expected"},
        {"a | count() > 5", "line 5: aggregation with '|' was abolished: a correlation rule replaces it"},
        {"2 of sel_*", "line 5: '2 of' does not exist: 1 of, any of, all of"},
        {"All of them", "line 5: 'All of' does not exist: 1 of, any of, all of"},
        {"1 of", "line 5: 'of' needs 'them' or a pattern (letters, digits, _ and *) behind it"},
        {"1 of (a)", "line 5: 'of' needs 'them' or a pattern (letters, digits, _ and *) behind it"},
        {"1 of sel-*", "line 5: 'of' needs 'them' or a pattern (letters, digits, _ and *) behind it"},
        {"1 of typo*", "line 5: 'typo*' in the condition matches no identifier"},
        {"1 of *_sel", "line 5: '*_sel' in the condition matches no identifier"},
        {"1 of Them", "line 5: 'Them' in the condition matches no identifier"},
        {"1 of them and", "line 5: the condition ends too early"},
        {"sel_*", "line 5: 'sel_*' in the condition is no identifier"},
        {"a, b", "line 5: 'a,' in the condition is no identifier"},
        {"\"a \\u00fcb\"", "line 5: '\xc3\xbc"
                           "b' in the condition: expected 'and' or 'or'"},
        {"\"a \\0b\"", "line 5: '' in the condition: expected 'and' or 'or'"},
        {"\"a \\e[2J\\x9fb\\x7f\"", "line 5: '?[2J??b?' in the condition: expected 'and' or 'or'"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void unused_names(void **state) {
    char got[600];

    (void)state;
    show_text("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  a: {a: 1}\n  b: {b: 1}\n  _c: {c: 1}\n  "
              "condition: 1 of them and a\n",
              NULL, false, got, sizeof got);
    assert_string_equal(got, "and(or(a#1 b#1) a#1) ! line 7: the condition does not use '_c'");
    show_text(
        "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  timeframe: 5m\n  a: {a: 1}\n  condition: a\n",
        NULL, false, got, sizeof got);
    assert_string_equal(got, "a#1 ! line 5: 'timeframe' has no effect: a correlation rule has a timespan");
}

static void repeat(struct buf *b, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        buf_add(b, str_of(text));
}

/* One condition of `times` openings, what stands in the middle, and as many ends. */
static void nested(const char *open, size_t times, const char *close, const char *expected) {
    struct buf b = {0};
    char got[600];

    repeat(&b, open, times);
    buf_add(&b, S("a"));
    repeat(&b, close, times);
    condition_show(buf_str(&b), got, sizeof got);
    buf_free(&b);
    if (strncmp(got, expected, strlen(expected)) != 0)
        fail_msg("%zu times %s\nexpected %s\ngot      %s", times, open, expected, got);
}

static void bounds(void **state) {
    (void)state;
    nested("(", 99, ")", "a#1");
    nested("(", 100, ")", "line 5: the condition is nested deeper than 100");
    nested("(", 60000, ")", "line 5: the conditions are longer than 65536 bytes");
    nested("not ", 16000, "", "a#1");
    nested("not ", 16001, "", "not(a#1)");
    nested("not (a or b and ", 90, ")", "not(or(a#1 and(b#1 not(or(a#1 and(b#1 ");
    nested("a or ", 10000, "", "or(a#1 a#1 ");
    nested("a or ", 14000, "", "line 5: the conditions are longer than 65536 bytes");
}

/* A name means its whole selection each time: what is walked has a bound, although the tree itself is small. */
static void repetition(void **state) {
    struct buf b = {0};
    char got[600];

    (void)state;
    buf_add(&b, S("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: big"));
    repeat(&b, " or big", 99);
    buf_add(&b, S("\n  big:\n    A:\n"));
    repeat(&b, "    - x\n", 20000);
    buf_byte(&b, '\0');
    assert_false(b.failed);
    show_text(b.ptr, NULL, false, got, sizeof got);
    buf_free(&b);
    assert_string_equal(got, "line 5: the condition repeats its selections more than 1000000 tests allow");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted), cmocka_unit_test(refused),    cmocka_unit_test(unused_names),
        cmocka_unit_test(bounds),   cmocka_unit_test(repetition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
