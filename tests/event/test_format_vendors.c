/* test_format_vendors: pieces that firewalls and their collectors ask for: whole lines of pairs, LEEF, Key: value; heads written once;
 * rows that are cut off; and that no template is passed over because of the bytes of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/format.h"
#include "event/kind.h"

struct set {
    struct fields *fields;
    struct kinds *kinds;
};

static void set_open(struct set *s, const char *yaml) {
    struct err e = {0};

    *s = (struct set){.fields = fields_new()};
    assert_non_null(s->fields);
    if (!kinds_new(&s->kinds, s->fields, &e) || !kinds_load_text(s->kinds, S("k.yml"), str_of(yaml), false, &e) ||
        !kinds_seal(s->kinds, &e))
        fail_msg("%s", e.text);
}

static void set_close(struct set *s) {
    kinds_free(s->kinds);
    fields_free(s->fields);
}

/* "a=1;b=2", or "-" when no format is the line's. The line lies in memory of just its size. */
static void tell(const struct set *s, str line, char *out, size_t room) {
    struct told t = {0};
    struct err e = {0};
    char *const copy = malloc(line.len + 1);
    size_t used = 0;

    assert_non_null(copy);
    memcpy(copy, line.ptr, line.len);
    assert_true(formats_tell(kinds_formats(s->kinds), s->fields, S(""), (str){copy, line.len}, &t, &e));
    out[0] = '\0';
    if (!t.format)
        used = (size_t)snprintf(out, room, "-");
    for (uint32_t i = 0; i < t.count; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%.*s=%.*s", i ? ";" : "",
                                 STR_ARG(field_name(s->fields, t.values[i].field)),
                                 STR_ARG(((str){t.values[i].ptr, t.values[i].len})));
    assert_true(used < room);
    told_free(&t);
    free(copy);
}

static const struct {
    const char *template;
    str line;
    const char *want;
} cases[] = {
    /* a whole line of pairs: two at least, and the first word is one */
    {"{:pairs_line}", STR("a=1 b=2"), "a=1;b=2"},
    {"{:pairs_line}", STR("a=\"x y\" bare b=2"), "a=x y;b=2"},
    {"{:pairs_line}", STR("a=1 and b=2"), "a=1;b=2"},
    {"{:pairs_line}", STR("a= b=2"), "a=;b=2"},
    {"{:pairs_line}", STR("a=1"), "-"},
    {"{:pairs_line}", STR("a=1 b"), "-"},
    {"{:pairs_line}", STR("so a=1 b=2"), "-"},
    {"{:pairs_line}", STR("dGVzdA== dGVzdA=="), "-"},
    {"{:pairs_line}", STR("=1 b=2 c=3"), "-"},
    {"{:pairs_line}", STR("(a)=1 b=2"), "-"},
    {"x {:pairs_line}", STR("x so a=1 b=2"), "-"},
    /* a quote ends a value where the pair ends */
    {"{:pairs}", STR("a=\"say \"x\"y\" b=2"), "a=say \"x\"y;b=2"},
    {"{:pairs_comma}", STR("a=\"1, 2\",b=\"x\""), "a=1, 2;b=x"},
    {"{:pairs}", STR("a=\"\" b=\"x\\\"\" c=\"open d=4"), "a=;b=x\";c=open d=4"},
    /* between bars */
    {"{:pairs_bar}", STR("a=x y|b=|c=3"), "a=x y;b=;c=3"},
    /* LEEF: the byte between pairs is named in front, or is a tab */
    {"L|{:leef}", STR("L|^|a=x y^b=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L|x7c|a=x y|b=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L|0x5E|a=x y^b=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L|x9|a=x y\tb=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L||a=x y\tb=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L|a=x y\tb=2"), "a=x y;b=2"},
    {"L|{:leef}", STR("L|a=1|2\tb=2"), "a=1|2;b=2"},
    {"L|{:leef}", STR("L|xzz|a=1\tb=2"), "b=2"}, /* no byte is called so: bare words, up to a tab */
    {"L|{:leef}", STR("L|"), ""},
    {"L|{:leef}", STR("L|x"), ""},
    {"L|{:leef}", STR("L||"), ""},
    /* Key: value, Other key: value */
    {"{:loose_colon}", STR("A: x, B C: y, z, D: https://e:1/f, g"), "A=x;B C=y, z;D=https://e:1/f, g"},
    {"{:loose_colon}", STR("A: x, B: y, z, D: 10:20"), "A=x;B=y, z;D=10:20"},
    {"{:loose_colon}", STR("A: , B: y"), "A=;B=y"},
    {"{:loose_colon}", STR("A:x, B:y"), ""},
    {"{:loose_colon}", STR("A: x,B: y"), "A=x,B: y"},
    /* a row that is cut off */
    {"r,{:csv}", STR("r,1,\"a,b\",3"), "c1=1;c2=a,b;c3=3"},
    {"r,{:csv}", STR("r,1,\"a,b"), "c1=1"},
    {"r,{:csv}", STR("r,1,\"a\"b,3"), "c1=1"},
    {"r,{:csv}", STR("r,\"open"), ""},
};

static void pieces(void **state) {
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool const row = strstr(cases[i].template, "csv") != NULL;
        char yaml[300], got[500];
        struct set s;

        snprintf(yaml, sizeof yaml, "format: t\ntemplates:\n  - {text: '%s'%s}\n", cases[i].template,
                 row ? ", columns: [c1, c2, c3]" : "");
        set_open(&s, yaml);
        tell(&s, cases[i].line, got, sizeof got);
        if (strcmp(got, cases[i].want) != 0) {
            print_error("%.*s: %s instead of %s\n", STR_ARG(cases[i].line), got, cases[i].want);
            wrong++;
        }
        set_close(&s);
    }
    assert_int_equal(wrong, 0);
}

/* What stands in front of each template is written once, and may be left out in part. */
static void prefix(void **state) {
    char got[200];
    struct set s;

    (void)state;
    set_open(&s, "format: t\nprefix: '[[{n:int}: ]]%{f:word}-{l:int}-'\ntemplates:\n  - 'UP: {what} is up'\n  - "
                 "'{m:word}: {text}'\n");
    tell(&s, S("7: %X-5-UP: it is up"), got, sizeof got);
    assert_string_equal(got, "n=7;f=X;l=5;what=it");
    tell(&s, S("%X-5-DOWN: it is down"), got, sizeof got);
    assert_string_equal(got, "f=X;l=5;m=DOWN;text=it is down");
    tell(&s, S("UP: it is up"), got, sizeof got);
    assert_string_equal(got, "-");
    set_close(&s);
}

/* Of many templates that begin alike the right one is found wherever it stands, by lines of any length: what is noted of a line may
 * rule out no template that fits. */
static void many(void **state) {
    enum { TEMPLATES = 60 };
    char yaml[8000], line[6000], want[100], got[200];
    size_t used = (size_t)snprintf(yaml, sizeof yaml, "format: t\nprefix: 'head {n:int} '\ntemplates:\n");
    struct set s;

    (void)state;
    for (int i = 0; i < TEMPLATES; i++)
        used += (size_t)snprintf(yaml + used, sizeof yaml - used,
                                 i % 3 == 0   ? "  - 'a%02d {x}[[ opt{y:int}]] end'\n"
                                 : i % 3 == 1 ? "  - '{x} b%02d'\n"
                                              : "  - 'c%02d'\n",
                                 i);
    set_open(&s, yaml);
    for (int i = 0; i < TEMPLATES; i++)
        for (size_t fill = 1; fill < 5000; fill = fill * 3 + 1) {
            char value[5001];

            memset(value, 'v', fill);
            value[fill] = '\0';
            if (i % 3 == 0)
                snprintf(line, sizeof line, "head %d a%02d %s end", i, i, value);
            else if (i % 3 == 1)
                snprintf(line, sizeof line, "head %d %s b%02d", i, value, i);
            else
                snprintf(line, sizeof line, "head %d c%02d", i, i);
            struct told t = {0};
            struct err e = {0};

            assert_true(formats_tell(kinds_formats(s.kinds), s.fields, S(""), str_of(line), &t, &e));
            if (!t.format || t.template != &t.format->templates[i])
                fail_msg("template %d is not found by a line of %zu bytes", i, strlen(line));
            told_free(&t);
        }
    snprintf(want, sizeof want, "n=1;x=v;y=7");
    tell(&s, S("head 1 a57 v opt7 end"), got, sizeof got);
    assert_string_equal(got, want);
    tell(&s, S("head 1 a58 v end"), got, sizeof got);
    assert_string_equal(got, "-");
    set_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),
        cmocka_unit_test(prefix),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
