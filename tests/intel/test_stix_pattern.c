/* test_stix_pattern: patterns as trees, what is refused and why, and which of them are plain values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/json_tree.h"
#include "base/file.h"
#include "intel/stix_pattern.h"

#define ARENA ((size_t)16 << 20)

/* ---- trees as text ---- */

static void show_literal(struct buf *b, const struct stix_literal *l) {
    switch (l->type) {
    case STIX_STRING:
        buf_json(b, l->text);
        break;
    case STIX_NUMBER:
        buf_add(b, l->text);
        break;
    case STIX_BOOL:
        buf_add(b, l->yes ? S("true") : S("false"));
        break;
    case STIX_TIMESTAMP:
        buf_format(b, "t%lld", (long long)l->time.second);
        if (l->time.fraction.len)
            buf_format(b, ".%.*s", STR_ARG(l->time.fraction));
        break;
    default:
        buf_byte(b, l->type == STIX_HEX ? 'h' : 'b');
        for (size_t i = 0; i < l->text.len; i++)
            buf_format(b, "%02x", (unsigned char)l->text.ptr[i]);
    }
}

static void show_comparison(struct buf *b, const struct stix_comparison *c) {
    if (c->how != STIX_TEST) {
        buf_add(b, c->how == STIX_ALL_OF ? S("(and") : S("(or"));
        for (const struct stix_comparison *x = c->first; x; x = x->next) {
            buf_byte(b, ' ');
            show_comparison(b, x);
        }
        buf_byte(b, ')');
        return;
    }
    if (c->not )
        buf_add(b, S("not "));
    buf_format(b, "%.*s", STR_ARG(c->path.type));
    for (size_t i = 0; i < c->path.step_count; i++) {
        const struct stix_step *const s = &c->path.steps[i];

        if (s->how == STIX_KEY)
            buf_format(b, "/%.*s", STR_ARG(s->key));
        else if (s->how == STIX_ANY)
            buf_add(b, S("/*"));
        else
            buf_format(b, "/#%lld", (long long)s->index);
    }
    buf_format(b, " %.*s", STR_ARG(stix_operator_name(c->op)));
    for (size_t i = 0; i < c->literal_count; i++) {
        buf_byte(b, i ? ',' : ' ');
        show_literal(b, &c->literals[i]);
    }
}

static void show(struct buf *b, const struct stix_expression *x) {
    static const char *const names[] = {"", "and", "or", "then", "", "", ""};

    switch (x->how) {
    case STIX_BRACKET:
        buf_format(b, "[%u: ", x->bracket);
        show_comparison(b, x->comparison);
        buf_byte(b, ']');
        break;
    case STIX_AND:
    case STIX_OR:
    case STIX_FOLLOWEDBY:
        buf_format(b, "(%s", names[x->how]);
        for (const struct stix_expression *y = x->first; y; y = y->next) {
            buf_byte(b, ' ');
            show(b, y);
        }
        buf_byte(b, ')');
        break;
    default:
        buf_byte(b, '{');
        show(b, x->first);
        if (x->how == STIX_START_STOP)
            buf_format(b, " from %lld to %lld", (long long)x->start.second, (long long)x->stop.second);
        else if (x->how == STIX_WITHIN)
            buf_format(b, " within %llu", (unsigned long long)x->within);
        else
            buf_format(b, " times %u", x->repeats);
        buf_byte(b, '}');
    }
}

static void trees(void **state) {
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"[a:b = 'c']", "[0: a/b = \"c\"]"},
        {"[a:b='c']", "[0: a/b = \"c\"]"},
        {" [ a : b == 'c' ] ", "[0: a/b = \"c\"]"},
        {"[a:b <> 1]", "[0: a/b != 1]"},
        {"[a:b NOT > -1.50]", "[0: not a/b > -1.5]"},
        {"[a:b = +10 OR a:b = .5 OR a:b = -.5 OR a:b = 0]", "[0: (or a/b = 10 a/b = 0.5 a/b = -0.5 a/b = 0)]"},
        {"[a:b = 99999999999999999999999]", "[0: a/b = 99999999999999999999999]"},
        {"[a:b = true OR a:b != false]", "[0: (or a/b = true a/b != false)]"},
        {"[a:b = h'' OR a:b = h'0aFF']", "[0: (or a/b = h a/b = h0aff)]"},
        {"[a:b = b'AQIDBA==' OR a:b = b'AQI=' OR a:b = b'AQID']",
         "[0: (or a/b = b01020304 a/b = b0102 a/b = b010203)]"},
        {"[a:b = t'1970-01-01T00:00:01Z']", "[0: a/b = t1]"},
        {"[a:b = t'1969-12-31T23:59:59.500Z']", "[0: a/b = t-1.5]"},
        {"[a:b = t'1970-01-01T00:00:60.1234567890123Z']", "[0: a/b = t60.1234567890123]"},
        {"[a:b < t'9999-12-31T00:00:00Z']", "[0: a/b < t253402214400]"},
        {"[a:b = 'it\\'s C:\\\\x']", "[0: a/b = \"it's C:\\\\x\"]"},
        {"[a:b = 'd\xc3\xa9j\xc3\xa0']", "[0: a/b = \"d\xc3\xa9j\xc3\xa0\"]"},
        {"[a:b IN ('x', 'y')]", "[0: a/b IN \"x\",\"y\"]"},
        {"[a:b IN (1, 2.0)]", "[0: a/b IN 1,2]"},
        {"[a:b NOT IN ()]", "[0: not a/b IN]"},
        {"[a:b IN('x')]", "[0: a/b IN \"x\"]"},
        {"[EXISTS a:b]", "[0: a/b EXISTS]"},
        {"[NOT EXISTS a:b.c]", "[0: not a/b/c EXISTS]"},
        {"[a:b MATCHES'x']", "[0: a/b MATCHES \"x\"]"},
        {"[a:b ISSUBSET '10.0.0.9/8' AND a:b NOT ISSUPERSET '::1']",
         "[0: (and a/b ISSUBSET \"10.0.0.9/8\" not a/b ISSUPERSET \"::1\")]"},
        {"[x-y_z:'q.r s'[0].b[*].c[+3][-1] = 1]", "[0: x-y_z/q.r s/#0/b/*/c/#3/#-1 = 1]"},
        {"[_a:_b0 = 1]", "[0: _a/_b0 = 1]"},
        {"[AND-x:b = 1]", "[0: AND-x/b = 1]"},
        {"[a:'AND' = 1]", "[0: a/AND = 1]"},
        {"[h:t = 1 AND t:b = 1]", "[0: (and h/t = 1 t/b = 1)]"},
        {"[a:a = 1 OR a:b = 2 AND a:c = 3 OR a:d = 4]", "[0: (or a/a = 1 (and a/b = 2 a/c = 3) a/d = 4)]"},
        {"[(a:a = 1 OR a:b = 2) AND a:c = 3]", "[0: (and (or a/a = 1 a/b = 2) a/c = 3)]"},
        {"[((a:a = 1))]", "[0: a/a = 1]"},
        {"[(a:a = 1 AND a:b = 2) AND (a:c = 3)]", "[0: (and (and a/a = 1 a/b = 2) a/c = 3)]"},
        {"[a:a=1] AND [a:a=2] OR [a:a=3] FOLLOWEDBY [a:a=4]",
         "(then (or (and [0: a/a = 1] [1: a/a = 2]) [2: a/a = 3]) [3: a/a = 4])"},
        {"[a:a=1] FOLLOWEDBY [a:a=2] FOLLOWEDBY [a:a=3]", "(then [0: a/a = 1] [1: a/a = 2] [2: a/a = 3])"},
        {"[a:a=1] OR ([a:a=2] FOLLOWEDBY [a:a=3])", "(or [0: a/a = 1] (then [1: a/a = 2] [2: a/a = 3]))"},
        {"([a:a=1])", "[0: a/a = 1]"},
        {"[a:a=1] AND [a:a=2] WITHIN 1 SECONDS", "(and [0: a/a = 1] {[1: a/a = 2] within 1000000000})"},
        {"([a:a=1] AND [a:a=2]) WITHIN 1.5 SECONDS", "{(and [0: a/a = 1] [1: a/a = 2]) within 1500000000}"},
        {"[a:a=1] WITHIN .0000000001 SECONDS", "{[0: a/a = 1] within 1}"},
        {"[a:a=1] WITHIN 1.0000000000 SECONDS", "{[0: a/a = 1] within 1000000000}"},
        {"[a:a=1] WITHIN +99999999999999999999 SECONDS", "{[0: a/a = 1] within 9223372036854775807}"},
        {"[a:a=1] REPEATS 5 TIMES WITHIN 10SECONDS", "{{[0: a/a = 1] times 5} within 10000000000}"},
        {"[a:a=1] START t'1970-01-01T00:00:01Z' STOP t'1970-01-01T00:00:02Z'", "{[0: a/a = 1] from 1 to 2}"},
        {"[a:a=1] START t'1970-01-01T00:00:09Z' STOP t'1970-01-01T00:00:02Z'", "{[0: a/a = 1] from 9 to 2}"},
        {"[a:a=1] // all of it", "[0: a/a = 1]"},
        {"// first\r\n[a:a=1]", "[0: a/a = 1]"},
        {"[a:a/* x\n // ** */=/**/1]", "[0: a/a = 1]"},
        {"[a:a = '/* no // comment */']", "[0: a/a = \"/* no // comment */\"]"},
        {"[a:a\xc2\xa0=\xe3\x80\x80"
         "1]",
         "[0: a/a = 1]"},
    };
    struct arena *const a = arena_new(ARENA);
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stix_pattern p;
        struct buf b = {0};
        struct err e = {0};

        if (!stix_pattern_parse(str_of(cases[i].text), true, a, &p, &e))
            fail_msg("%s: %s", cases[i].text, e.text);
        show(&b, p.root);
        buf_byte(&b, '\0');
        assert_string_equal(b.ptr, cases[i].tree);
        for (uint32_t n = 0; n < p.bracket_count; n++)
            assert_int_equal(p.brackets[n]->bracket, n);
        for (uint32_t n = 0; n < p.test_count; n++)
            assert_int_equal(p.tests[n]->number, n);
        buf_free(&b);
    }
    arena_free(a);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
