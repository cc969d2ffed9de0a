/* test_format_services: times, names of DNS, requests and quotes in templates; and that the look at a line which says what
 * templates can fit it takes none away that does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/format.h"
#include "event/kind.h"
#include "../refuse.h"

struct set {
    struct fields *fields;
    struct kinds *kinds;
};

static void set_new(struct set *s) {
    struct err e = {0};

    assert_non_null(s->fields = fields_new());
    if (!kinds_new(&s->kinds, s->fields, &e))
        fail_msg("%s", e.text);
}

static void set_seal(struct set *s) {
    struct err e = {0};

    if (!kinds_seal(s->kinds, &e))
        fail_msg("%s", e.text);
}

/* One format of one template. */
static void set_template(struct set *s, const char *text) {
    char yaml[512];
    struct err e = {0};

    set_new(s);
    snprintf(yaml, sizeof yaml, "format: f\ntemplates:\n  - '%s'\n", text);
    if (!kinds_load_text(s->kinds, S("k"), str_of(yaml), false, &e))
        fail_msg("%s", e.text);
    set_seal(s);
}

static void set_close(struct set *s) {
    kinds_free(s->kinds);
    fields_free(s->fields);
}

/* a=1;b=2 in the template's order; "none" when nothing fits. */
static void tell(struct set *s, const char *line, char *out, size_t room) {
    struct told told = {0};
    struct err e = {0};
    size_t used = 0;

    if (!formats_tell(kinds_formats(s->kinds), s->fields, S(""), str_of(line), &told, &e))
        fail_msg("%s", e.text);
    out[0] = '\0';
    if (!told.template)
        snprintf(out, room, "none");
    for (uint32_t i = 0; i < told.count; i++) {
        str const name = field_name(s->fields, told.values[i].field);

        used += (size_t)snprintf(out + used, room - used, "%s%.*s=%.*s", i ? ";" : "", STR_ARG(name),
                                 (int)told.values[i].len, told.values[i].ptr);
        assert_true(used < room);
    }
    told_free(&told);
}

static const struct {
    const char *name, *template, *line, *told;
} cases[] = {
    /* times */
    {"ISO and a word", "{t:time} {x}", "2023-10-31 15:09:55 client01 MULTI", "t=2023-10-31 15:09:55;x=client01 MULTI"},
    {"the longest that is one", "{t:time} {x}", "Mon Jun  6 18:43:28 2016 [pid 2]",
     "t=Mon Jun  6 18:43:28 2016;x=[pid 2]"},
    {"without year", "{t:time} {x}", "Dec 10 06:55:46 host", "t=Dec 10 06:55:46;x=host"},
    {"a fraction behind a comma", "{t:time} {x}", "2023-10-31 15:09:55,123 INFO a",
     "t=2023-10-31 15:09:55,123;x=INFO a"},
    {"UTC is part of it", "{t:time} {x}", "2023-10-31 15:09:55 UTC [5]", "t=2023-10-31 15:09:55 UTC;x=[5]"},
    {"a word in capitals is not", "{t:time} {x}", "2023-10-31 15:09:55 CET [5]", "t=2023-10-31 15:09:55;x=CET [5]"},
    {"twelve hours", "{t:time} {x}", "3/14/2021 7:12:03 AM 0E70", "t=3/14/2021 7:12:03 AM;x=0E70"},
    {"in brackets", "[{t:time}] {x}", "[11/May/2023:10:22:24 +0000] a", "t=11/May/2023:10:22:24 +0000;x=a"},
    {"Unix seconds", "{t:time} {x}", "1564655684.277 a", "t=1564655684.277;x=a"},
    {"BIND", "{t:time} {x}", "14-Mar-2021 07:12:03.123 queries: a", "t=14-Mar-2021 07:12:03.123;x=queries: a"},
    {"points", "{t:time} {x}", "14.3.2021 07:12:03 a", "t=14.3.2021 07:12:03;x=a"},
    {"at the end", "at {t:time}", "at 2021-03-14T07:12:03Z", "t=2021-03-14T07:12:03Z"},
    {"a date alone", "{t:time} {x}", "2021-03-14 a", "t=2021-03-14;x=a"},
    {"no number", "{t:time} {x}", "12 monkeys", "none"},
    {"no long number", "{t:time} {x}", "12345678 monkeys", "none"},
    {"no address", "{t:time} {x}", "192.0.2.1 - - x", "none"},
    {"no version", "{t:time} {x}", "10.3.21 07:12:03 x", "none"},
    {"no word", "{t:time} {x}", "March of the penguins", "none"},
    {"no day that never was", "{t:time} {x}", "2021-02-30 07:12:03 x", "none"},
    {"nothing behind", "{t:time} {x}", "2021-03-14", "none"},
    /* names of DNS */
    {"labels", "q {n:labels}", "q (3)www(6)google(3)com(0)", "n=www.google.com"},
    {"labels behind blanks", "A {n:labels}", "A      (3)www(3)com(0)", "n=www.com"},
    {"the root", "NS {n:labels}", "NS     (0)", "n=."},
    {"a label with brackets", "q {n:labels}", "q (4)a(b)(3)com(0)", "n=a(b).com"},
    {"a label with a number in brackets is a length", "q {n:labels}", "q (5)a(1)b(3)com(0)", "n=a.b.com"},
    {"open", "q {n:labels}", "q (3)www(3", "none"},
    {"not such a name", "q {n:labels}", "q www.google.com", "none"},
    /* requests */
    {"a request", "\"{:request}\" {s:int}", "\"GET /a?b HTTP/1.1\" 200",
     "cs-request=GET /a?b HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=/a?b;cs-uri-stem=/a;cs-uri-query=b;s=200"},
    {"for a whole URL", "\"{:request}\" {s:int}", "\"GET http://h:80/a?b HTTP/1.1\" 200",
     "cs-request=GET http://h:80/a?b HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=http://h:80/"
     "a?b;cs-uri-host=h;cs-uri-stem=/a;cs-uri-query=b;s=200"},
    {"for a URL without path", "\"{:request}\"", "\"GET http://h HTTP/1.1\"",
     "cs-request=GET http://h HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=http://h;cs-uri-host=h;cs-uri-stem=/"},
    {"a URL in the query", "\"{:request}\"", "\"GET /a?u=http://h/ HTTP/1.1\"",
     "cs-request=GET /a?u=http://h/ HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=/a?u=http://h/"
     ";cs-uri-stem=/a;cs-uri-query=u=http://h/"},
    {"a path with a colon", "\"{:request}\"", "\"GET /a:// HTTP/1.1\"",
     "cs-request=GET /a:// HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=/a://;cs-uri-stem=/a://"},
    {"of nothing", "\"{:request}\"", "\"- - -\"", "cs-request=- - -"},
    /* quotes */
    {"escaped", "\"{a:quoted}\" {s:int}", "\"x\\\"y\" 5", "a=x\"y;s=5"},
    {"not escaped", "\"{a:quoted}\" {s:int}", "\"x\" y\" 5", "a=x\" y;s=5"},
    {"not escaped, the first that fits", "\"{a:quoted}\" {s:int}", "\"x\" 5\" 6", "a=x\" 5;s=6"},
    {"escaped is never the end", "\"{a:quoted}\" {s:int}", "\"x\\\" 5", "none"},
};

static void templates_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct set s;
        char got[512];

        set_template(&s, cases[i].template);
        tell(&s, cases[i].line, got, sizeof got);
        if (strcmp(got, cases[i].told) != 0)
            fail_msg("%s: %s", cases[i].name, got);
        set_close(&s);
    }
}

static unsigned draw(unsigned *seed) {
    return (*seed = *seed * 1664525u + 1013904223u) >> 16;
}

/* A line that the template was made for: each field has a value of its type. */
static void line_of(const struct template *t, struct buf *out, unsigned *seed) {
    static const char *const words[] = {"alice", "x.y-z", "/srv/www", "192.0.2.9", "a1"};
    bool out_of = false;

    out->len = 0;
    for (uint16_t i = 0; i < t->piece_count; i++) {
        const struct piece *const p = &t->pieces[i];

        if (p->type == PIECE_OPEN && (out_of = draw(seed) % 2)) {
            i = (uint16_t)(p->next - 1);
            continue;
        }
        switch (p->type) {
        case PIECE_TEXT:
            buf_add(out, p->text);
            break;
        case PIECE_OPEN:
        case PIECE_CLOSE:
            break;
        case PIECE_INT:
        case PIECE_NUMBER:
            buf_format(out, "%u", draw(seed) % 1000);
            break;
        case PIECE_ADDRESS:
            buf_add(out, draw(seed) % 2 ? S("192.0.2.7") : S("2001:db8::7"));
            break;
        case PIECE_TIME:
            buf_add(out, S("2021-03-14 07:12:03"));
            break;
        case PIECE_LABELS:
            buf_add(out, S("(3)www(3)com(0)"));
            break;
        case PIECE_REQUEST:
            buf_add(out, S("GET /a?b HTTP/1.1"));
            break;
        case PIECE_PAIRS: /* two, as a line of pairs has at least */
            buf_format(out, "k%cv%cj%cw", p->equals, p->between, p->equals);
            break;
        default:
            buf_add(out, str_of(words[draw(seed) % 5]));
        }
    }
    (void)out_of;
}

/* Every template of ours, in the company of all others: a line made for it is told, by it or one that comes before. */
static void nothing_is_passed_over(void **state) {
    struct set s;
    struct err e = {0};
    struct told told = {0};
    struct buf line = {0};
    unsigned seed = 7;
    size_t count = 0;

    (void)state;
    set_new(&s);
    if (!kinds_load_builtin(s.kinds, &e))
        fail_msg("%s", e.text);
    set_seal(&s);
    for (size_t i = 0; i < formats_count(kinds_formats(s.kinds)); i++) {
        const struct format *const f = formats_at(kinds_formats(s.kinds), i);
        str const program = f->program_count ? f->programs[0] : S("");

        for (size_t j = 0; j < f->template_count; j++)
            for (unsigned n = 0; n < 8; n++, count++) {
                line_of(&f->templates[j], &line, &seed);
                assert_true(formats_tell(kinds_formats(s.kinds), s.fields, program, buf_str(&line), &told, &e));
                if (!told.template)
                    fail_msg("%.*s, line %u: nothing fits `%.*s`", STR_ARG(f->name), f->templates[j].line,
                             STR_ARG(buf_str(&line)));
                if (told.format == f && told.template > &f->templates[j])
                    fail_msg("%.*s, line %u: a later one fits `%.*s`", STR_ARG(f->name), f->templates[j].line,
                             STR_ARG(buf_str(&line)));
            }
    }
    assert_true(count > 4000);
    told_free(&told);
    buf_free(&line);
    set_close(&s);
}

/* Templates that a line nearly fits in very many ways, and one that it fits. */
static void told_behind(unsigned count, const char *want) {
    struct set s;
    struct buf yaml = {0}, line = {0};
    struct err e = {0};
    char got[1024];

    set_new(&s);
    buf_add(&yaml, S("format: f\ntemplates:\n"));
    for (unsigned i = 0; i < count; i++)
        buf_format(&yaml, "  - '{a} {b} {c} {d} end of %u'\n", i);
    buf_add(&yaml, S("  - '{} and {last} zzz'\n"));
    if (!kinds_load_text(s.kinds, S("k"), buf_str(&yaml), false, &e))
        fail_msg("%s", e.text);
    set_seal(&s);
    for (unsigned i = 0; i < 100; i++)
        buf_add(&line, S("x "));
    for (unsigned i = 0; i < count; i++)
        buf_format(&line, "end of %u ", i);
    buf_add(&line, S("and so zzz"));
    buf_byte(&line, '\0');
    tell(&s, line.ptr, got, sizeof got);
    assert_string_equal(got, want);
    buf_free(&yaml);
    buf_free(&line);
    set_close(&s);
}

/* Tries are bounded for one template, so that what comes behind is still asked; and for the line, so that a hundred such
 * templates cost no more than eight. */
static void tries_are_bounded(void **state) {
    (void)state;
    told_behind(4, "last=so");
    told_behind(64, "none");
}

/* Between two fields there is text, whatever is missing between them. */
static void fields_need_text_between(void **state) {
    static const struct {
        const char *template;
        bool good;
    } texts[] = {
        {"{a}{b}", false},
        {"{a}[[ x]]{b}", false},
        {"{a}[[ x]][[ y]]{b}", false},
        {"[[ {a}]]{b}", false},
        {"{a}[[{b} ]]", false},
        {"{a}[[ x]][[{b} ]]y", false},
        {"{a}[[ x]] {b}", true},
        {"[[{a} ]]{b}", true},
        {"[[{a} ]][[{b} ]]{c}", true},
        {"{a}[[ {b}]][[ {c}]]", true},
        {"x[[ y]]{a}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct set s;
        struct err e = {0};
        char yaml[128];

        set_new(&s);
        snprintf(yaml, sizeof yaml, "format: f\ntemplates:\n  - '%s'\n", texts[i].template);
        if (kinds_load_text(s.kinds, S("k"), str_of(yaml), false, &e) != texts[i].good)
            fail_msg("%s: %s", texts[i].template, texts[i].good ? e.text : "taken");
        if (!texts[i].good)
            assert_string_equal(e.text, "k:3: a template: two fields with nothing between them");
        set_close(&s);
    }
}

/* Memory that is refused anywhere between kind file and told line is an error, and leaves nothing behind. */
static void memory_may_be_out(void **state) {
    (void)state;
    REFUSE_OR_SKIP();
    for (long left = 0;; left++) {
        struct set s = {0};
        struct told told = {0};
        struct err e = {0};
        bool ok;

        memory_left = left;
        memory_refused = false;
        ok = (s.fields = fields_new()) && kinds_new(&s.kinds, s.fields, &e) &&
             kinds_load_text(s.kinds, S("k"), S("format: f\ntemplates: ['{t:time} \"{:request}\" q {n:labels}']\n"),
                             false, &e) &&
             kinds_seal(s.kinds, &e) &&
             formats_tell(kinds_formats(s.kinds), s.fields, S(""),
                          S("2021-03-14 07:12:03 \"GET / HTTP/1.1\" q (1)a(0)"), &told, &e);
        memory_left = -1;
        told_free(&told);
        kinds_free(s.kinds);
        fields_free(s.fields);
        assert_true(ok || memory_refused);
        if (ok && !memory_refused)
            break;
        assert_true(left < 10000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_read),    cmocka_unit_test(nothing_is_passed_over),
        cmocka_unit_test(tries_are_bounded), cmocka_unit_test(fields_need_text_between),
        cmocka_unit_test(memory_may_be_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
