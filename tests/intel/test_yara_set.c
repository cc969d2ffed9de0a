/* test_yara_set: which rules of a text are used and which are refused, where and why; what a rule says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../refuse.h"
#include "base/buf.h"
#include "intel/yara_set.h"

#define GOOD(name) "rule " name " { condition: true }\n"

/* "name:line ..." of what is used; then "-line name: reason" of what is refused, "~line name: reason" of what is warned of, a line each. */
static void describe(const struct yara_set *s, struct buf *b) {
    for (size_t i = 0; i < yara_set_count(s); i++)
        buf_format(b, "%.*s:%u%s ", STR_ARG(yara_set_rule(s, i)->name), yara_set_rule(s, i)->line,
                   yara_set_rule(s, i)->hidden ? "*" : "");
    buf_byte(b, '\n');
    for (size_t i = 0; i < yara_verdict_count(s); i++) {
        const struct yara_verdict *const v = yara_verdict_at(s, i);

        buf_format(b, "%c%u %.*s: %.*s%s\n", v->loaded ? '~' : '-', v->line, STR_ARG(v->name), STR_ARG(v->reason),
                   v->slow ? " (slow)" : "");
    }
}

static const struct {
    const char *name;
    str text;
    const char *want;
} cases[] = {
    {"one", STR(GOOD("a")), "a:1 \n"},
    {"a byte order mark, CRLF", STR("\xef\xbb\xbfrule a {\r\n condition:\r\n true }\r\nrule b { condition: true }"),
     "a:1 b:4 \n"},
    {"with comments of all sorts",
     STR("// rule x {\n/* rule y { */ rule /* z */ a // {\n{ condition: // }\n /* } */ true }\n" GOOD("b")),
     "a:2 b:5 \n"},
    {"modules that Debian's libyara has",
     STR("import \"pe\" import \"elf\"\nimport \"math\" import \"hash\" import \"dotnet\" import \"time\" import "
         "\"console\"\n"
         "rule a { condition: pe.is_pe or elf.type == elf.ET_EXEC or math.max(1,2) == 2 or hash.md5(0,1) == \"\" }\n"),
     "a:3 \n"},
    {"variables from outside",
     STR("rule a { condition: filename == \"a\" or filepath contains \"b\" or extension == \".c\" or filetype == "
         "\"EXE\" "
         "or owner == \"root\" }\n"),
     "a:1 \n"},
    {"private and global",
     STR("private global rule a { condition: true }\nglobal private rule b { condition: true }\n"
         "private rule c { condition: true }\n" GOOD("d")),
     "a:1* b:2* c:3* d:4 \n"},
    {"braces, quotes and slashes within strings",
     STR("rule a { strings: $a = \"}\\\"}\" $b = /[}\\/]\\}\"/ $c = { 41 42 43 44 [1-2] 42 /* } */ ?? } condition: any "
         "of them "
         "}\n"
         "rule b { condition: 4 \\ 2 == 2 }\n"),
     "a:1 b:2 \n"},

    {"a bad one costs itself", STR(GOOD("a") "rule bad {\n strings: $a = \"x\"\n condition: $b }\n" GOOD("c")),
     "a:1 c:5 \n-4 bad: undefined string \"$b\"\n"},
    {"two bad ones, first and last",
     STR("rule x { condition: y }\n" GOOD("a") "rule z { strings: $a = /(/ condition: $a }\n"),
     "a:2 \n-1 x: undefined identifier \"y\"\n-3 z: invalid regular expression \"$a\": syntax error\n"},
    {"one that needs a bad one is refused with it",
     STR("private rule x { condition: y }\nrule a { condition: x }\n" GOOD("b")),
     "b:3 \n-1 x: undefined identifier \"y\"\n-2 a: undefined identifier \"x\"\n"},
    {"a bad global one takes all with it", STR(GOOD("a") "global rule x { condition: y }\nimport \"pe\"\n" GOOD("b")),
     "\n-1 a: the global rule x, which limits it, cannot be used\n-2 x: undefined identifier \"y\"\n"
     "-4 b: the global rule x, which limits it, cannot be used\n"},
    {"no end", STR("rule x { condition: true\n" GOOD("a")), "a:2 \n-1 x: syntax error\n"},
    {"no end, and a string that has none", STR("rule x { strings: $a = \"abc\n condition: $a }\n" GOOD("a")),
     "a:3 \n-2 x: unterminated string\n"},
    {"no end of the file", STR(GOOD("a") "rule x { strings: $a = { 41 "), "a:1 \n-2 x: syntax error\n"},
    {"a comment that takes the rest", STR(GOOD("a") "/* " GOOD("b")), "a:1 \n"},
    {"the same name twice", STR(GOOD("a") GOOD("a")), "a:1 \n-2 a: duplicated identifier \"a\"\n"},
    {"words between rules", STR(GOOD("a") "what is this\n" GOOD("b")), "a:1 b:3 \n-2 : syntax error\n"},
    {"a module that is not there", STR("import \"nothing\"\n" GOOD("a")),
     "a:2 \n-1 nothing: unknown module \"nothing\"\n"},
    {"a module that opens files",
     STR("import \"magic\"\nrule x { condition: magic.type() contains \"PDF\" }\n" GOOD("a")),
     "a:3 \n-1 magic: the module magic opens files, which no process that reads evidence may\n"
     "-2 x: undefined identifier \"magic\"\n"},
    {"a module that needs a report", STR("import \"cuckoo\"\n" GOOD("a")),
     "a:2 \n-1 cuckoo: the module cuckoo needs the report of a sandbox\n"},
    {"a function that this libyara does not have",
     STR("import \"elf\"\nrule x { condition: elf.telfhash() == \"t1\" }\n" GOOD("a")),
     "a:3 \n-2 x: invalid field name \"telfhash\"\n"},
    {"nothing is included", STR("include \"/etc/passwd\"\n" GOOD("a")),
     "a:2 \n-1 /etc/passwd: nothing is included: name the other file itself\n"},
    {"another variable from outside", STR("rule x { condition: filesize > 1 and owner_id == 3 }\n" GOOD("a")),
     "a:2 \n-1 x: undefined identifier \"owner_id\"\n"},
    {"what is no text", STR(GOOD("a") "\0"), "\n-1 : no text: it holds a NUL\n"},
    {"nothing", STR(" \n// rule a\n"), "\n-1 : there is no rule in it\n"},
    {"something else", STR("<html>ruler of thumb</html>"), "\n-1 : there is no rule in it\n"},

    {"slow", STR("rule a {\n strings: $a = { 41 ?? 41 }\n condition: $a }\n"),
     "a:1 \n~2 a: string \"$a\" may slow down scanning (slow)\n"},
};

static void used_and_refused(void **state) {
    unsigned failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yara_set *s;
        struct buf got = {0};
        struct err e = {0};

        assert_true(yara_set_new(&s, &e));
        assert_true(yara_set_add(s, S("x.yar"), cases[i].text, &e));
        if (!yara_set_compile(s, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        describe(s, &got);
        if (!str_eq(buf_str(&got), str_of(cases[i].want)))
            print_error("%s:\n%.*swanted\n%s", cases[i].name, STR_ARG(buf_str(&got)), cases[i].want), failed++;
        buf_free(&got);
        yara_set_free(s);
    }
    assert_int_equal(failed, 0);
}

/* Each file is a name space: equal names do no harm, and a rule of one is none of the other. */
static void files(void **state) {
    struct yara_set *s;
    struct buf got = {0};
    struct err e = {0};
    (void)state;

    assert_true(yara_set_new(&s, &e));
    assert_true(yara_set_add(s, S("b.yar"), S(GOOD("a")), &e));
    assert_true(yara_set_add(s, S("a.yar"), S(GOOD("a") "rule c { condition: d }"), &e));
    assert_true(yara_set_add(s, S("c.yar"), S("rule d { condition: a }"), &e));
    assert_true(yara_set_add(s, S("b.yar"), S(GOOD("z")), &e)); /* the same path again */
    assert_true(yara_set_add_file(s, "tests/there/is/no.yar", &e));
    assert_true(yara_set_refuse(s, S("link.yar"), "a symbolic link", &e));
    assert_true(yara_set_compile(s, &e));
    assert_int_equal(yara_set_count(s), 2);
    for (size_t i = 0; i < yara_verdict_count(s); i++) {
        const struct yara_verdict *const v = yara_verdict_at(s, i);

        buf_format(&got, "%.*s:%u %.*s: %.*s\n", STR_ARG(v->path), v->line, STR_ARG(v->name),
                   STR_ARG(str_first(v->reason, 27)));
    }
    assert_string_equal(buf_str(&got).ptr ? (buf_byte(&got, '\0'), got.ptr) : "",
                        "a.yar:2 c: undefined identifier \"d\"\n"
                        "b.yar:1 : the same file a second time\n"
                        "c.yar:1 d: undefined identifier \"a\"\n"
                        "link.yar:1 : a symbolic link\n"
                        "tests/there/is/no.yar:1 : tests/there/is/no.yar: No s\n");
    buf_free(&got);
    yara_set_free(s);
}

static void assert_text(str got, const char *want) {
    if (!str_eq(got, str_of(want)))
        fail_msg("'%.*s', wanted '%s'", STR_ARG(got), want);
}

static void meta(void **state) {
    static const struct {
        const char *text;
        int64_t score;
        enum sigma_level level;
    } scores[] = {
        {"score = 80", 80, LEVEL_HIGH},       {"score = 60", 60, LEVEL_HIGH},  {"score = 59", 59, LEVEL_MEDIUM},
        {"score = 40", 40, LEVEL_MEDIUM},     {"score = 39", 39, LEVEL_LOW},   {"score = 0", 0, LEVEL_LOW},
        {"score = \"75\"", 75, LEVEL_HIGH},   {"score = 101", -1, LEVEL_HIGH}, {"score = -5", -1, LEVEL_HIGH},
        {"score = \"high\"", -1, LEVEL_HIGH}, {"a = 1", -1, LEVEL_HIGH}};
    struct yara_set *s;
    struct err e = {0};
    (void)state;

    assert_true(yara_set_new(&s, &e));
    assert_true(yara_set_add(
        s, S("m.yar"),
        S("rule a : one two {\n meta: description = \"Caf\xc3\xa9 \xff\" Author = \"A\" creation_date = \"2021-01-02\" "
          "reference = \"r\" reference2 = \"q\" hash1 = \"aa\" hash2 = \"bb\" TLP = \"TLP:AMBER\" malware_family = "
          "\"M\" "
          "actor = \"G\" count = 3 flag = true\n strings: $a = \"x\" $ = \"y\" $c = \"z\" private condition: any of "
          "them }\n"
          "rule b { condition: true }"),
        &e));
    for (size_t i = 0; i < COUNT(scores); i++) {
        struct buf text = {0};
        char name[16];

        snprintf(name, sizeof name, "s%zu.yar", i);
        buf_format(&text, "rule s { meta: %s condition: true }", scores[i].text);
        assert_true(yara_set_add(s, str_of(name), buf_str(&text), &e));
        buf_free(&text);
    }
    assert_true(yara_set_compile(s, &e));
    const struct yara_rule *const a = yara_set_rule(s, 0), *const b = yara_set_rule(s, 1);

    assert_text(a->description, "Caf\xc3\xa9 \xef\xbf\xbd"); /* what is no UTF-8 is repaired */
    assert_text(a->author, "A");
    assert_text(a->date, "2021-01-02");
    assert_text(a->reference, "r");
    assert_text(a->hash, "aa");
    assert_text(a->tlp, "TLP:AMBER");
    assert_text(a->malware, "M");
    assert_text(a->group, "G");
    assert_int_equal(a->tag_count, 2);
    assert_text(a->tags[1], "two");
    assert_int_equal(a->string_count, 3);
    assert_text(a->strings[0], "$a");
    assert_text(a->strings[1], "$");
    assert_text(b->description, "");
    assert_int_equal(b->tag_count + b->string_count, 0);
    assert_int_equal(b->index, 1);
    assert_text(b->path, "m.yar");
    for (size_t i = 0; i < COUNT(scores); i++) {
        assert_int_equal(yara_set_rule(s, 2 + i)->score, scores[i].score);
        assert_int_equal(yara_set_rule(s, 2 + i)->level, scores[i].level);
    }
    yara_set_free(s);
}

/* A file in which all rules are bad, and many: refused one by one up to the bound, then at once. */
static void many_bad(void **state) {
    size_t const count = YARA_REFUSED_MAX + 100;
    struct yara_set *s;
    struct buf text = {0};
    struct err e = {0};
    (void)state;

    for (size_t i = 0; i < count; i++)
        buf_format(&text, "rule r%zu { condition: nothing }\n", i);
    buf_add(&text, S(GOOD("a")));
    assert_true(yara_set_new(&s, &e));
    assert_true(yara_set_add(s, S("x.yar"), buf_str(&text), &e));
    assert_true(yara_set_compile(s, &e));
    assert_int_equal(yara_set_count(s), 0);
    assert_int_equal(yara_verdict_count(s), count + 1);
    assert_text(yara_verdict_at(s, YARA_REFUSED_MAX - 1)->reason, "undefined identifier \"nothing\"");
    assert_text(yara_verdict_at(s, count)->reason, "more than 1,000 rules of this file cannot be used");
    buf_free(&text);
    yara_set_free(s);
}

/* Each request for memory is refused once, and all behind it: told as that, and nothing is left behind. */
static void memory_may_run_out(void **state) {
    bool done = false;
    (void)state;

    REFUSE_OR_SKIP();
    for (long after = 0; !done; after++) {
        struct yara_set *s = NULL;
        struct err e = {0};
        bool ok;

        memory_refused = false;
        memory_gone_for_good = true;
        memory_left = after;
        ok = yara_set_new(&s, &e) &&
             yara_set_add(s, S("x.yar"),
                          S("rule a : t { meta: description = \"d\" strings: $a = /ab+c/ condition: $a }\n"
                            "rule bad { condition: b }\n"),
                          &e) &&
             yara_set_compile(s, &e);
        memory_left = -1;
        done = !memory_refused;
        if (done)
            assert_true(ok && yara_set_count(s) == 1 && yara_verdict_count(s) == 1);
        else if (ok || e.code != ERR_MEMORY)
            fail_msg("refusal %ld: %s %s", after, ok ? "went well" : "failed", e.text);
        yara_set_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(used_and_refused), cmocka_unit_test(files),
                                       cmocka_unit_test(meta), cmocka_unit_test(many_bad),
                                       cmocka_unit_test(memory_may_run_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
