/* test_sigma_rule: documents (Sigma 1, 2, 8): heads, log sources, selections, collections, ids; and every mistake
 * with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sigma_show.h"

#define ID1 "11111111-aaaa-4bbb-8ccc-000000000001"
#define ID2 "22222222-aaaa-4bbb-8ccc-000000000002"
#define BODY "logsource: {product: p}\ndetection:\n  s: {A: x}\n  condition: s\n"

struct text {
    const char *name, *yaml, *expected;
};

static void expect(const struct text *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char got[2000];

        show_text(cases[i].yaml, NULL, false, got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\nexpected %s\ngot      %s", cases[i].name, cases[i].expected, got);
    }
}

static void heads(void **state) {
    static const struct text cases[] = {
        {"whole",
         "title: t\nid: " ID1 "\nname: n\nstatus: stable\nlevel: high\nauthor: a\ndescription: d\ntags: [x, y]\n" BODY,
         "A=x"},
        {"least", "title: t\n" BODY, "A=x ! line 1: no level: taken as informational"},
        {"custom keys", "title: t\nlevel: low\nsimulation: [1]\nregression_tests_path: {a: b}\n" BODY, "A=x"},
        {"level in capitals", "title: t\nlevel: HIGH\n" BODY, "A=x"},
        {"null is absent", "title: t\nlevel: low\nid:\nname:\nstatus: ~\ntags:\n" BODY, "A=x"},
        {"one tag", "title: t\nlevel: low\ntags: x\n" BODY, "A=x"},
        {"a number as title", "title: 5\nlevel: low\n" BODY, "A=x"},
        {"id in capitals", "title: t\nlevel: low\nid: 11111111-AAAA-4BBB-8CCC-00000000000F\n" BODY, "A=x"},
        {"no title", "level: low\n" BODY, "line 1: no title"},
        {"empty title", "level: low\ntitle: ''\n" BODY, "line 1: no title"},
        {"title is a list", "level: low\ntitle: [a]\n" BODY, "line 2: 'title' must be one text"},
        {"id is no UUID", "title: t\nlevel: low\nid: 1234\n" BODY, "line 3: id '1234' is no UUID"},
        {"id with braces", "title: t\nid: '{" ID1 "}'\n" BODY, "line 2: id '{" ID1 "}' is no UUID"},
        {"id with a letter too far", "title: t\nid: g1111111-aaaa-4bbb-8ccc-000000000001\n" BODY,
         "line 2: id 'g1111111-aaaa-4bbb-8ccc-000000000001' is no UUID"},
        {"id with a dash in the wrong place", "title: t\nid: 1111111-1aaaa-4bbb-8ccc-000000000001\n" BODY,
         "line 2: id '1111111-1aaaa-4bbb-8ccc-000000000001' is no UUID"},
        {"level", "title: t\nlevel: severe\n" BODY,
         "line 2: unknown level 'severe': informational, low, medium, high, critical"},
        {"level in short", "title: t\nlevel: info\n" BODY,
         "line 2: unknown level 'info': informational, low, medium, high, critical"},
        {"level is a list", "title: t\nlevel: [low]\n" BODY, "line 2: 'level' must be one text"},
        {"status", "title: t\nlevel: low\nstatus: done\n" BODY, "line 3: unknown status 'done'"},
        {"tag is a mapping", "title: t\nlevel: low\ntags:\n  - a: b\n" BODY, "line 4: a tag must be a text"},
        {"author is a list", "title: t\nlevel: low\nauthor: [a, b]\n" BODY, "line 3: 'author' must be one text"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void kept(void **state) {
    static const char yaml[] =
        "title: t\nid: " ID1 "\nname: n\nstatus: test\nlevel: critical\nauthor: a\ndescription: d\ntags: [x, y]\n"
        "logsource: {category: C, product: p, service: s, definition: free}\ndetection:\n  s:\n    A: x\n"
        "    B:\n      - y\n      - z\n  condition: s\n";
    struct sigma_loader *l;
    const struct sigma_set *set = NULL;
    const struct sigma_rule *r;
    struct err e;

    (void)state;
    assert_true(sigma_loader_new(&l, &e) && sigma_load_text(l, S("dir/r.yml"), S("# c\n\n"), &e));
    assert_true(sigma_load_text(l, S("dir/s.yml"), str_of(yaml), &e) && sigma_load_end(l, &set, &e));
    assert_int_equal(set->rule_count, 1);
    r = set->rules[0];
    assert_true(str_eq(r->path, S("dir/s.yml")) && r->line == 1 && r->index == 0 && r->type == SIGMA_DETECTION);
    assert_true(str_eq(r->id, S(ID1)) && str_eq(r->name, S("n")) && str_eq(r->title, S("t")) &&
                str_eq(r->status, S("test")));
    assert_true(str_eq(r->author, S("a")) && str_eq(r->description, S("d")) && r->level == LEVEL_CRITICAL);
    assert_true(r->tag_count == 2 && str_eq(r->tags[1], S("y")));
    assert_true(str_eq(r->logsource.category, S("C")) && str_eq(r->logsource.product, S("p")) &&
                str_eq(r->logsource.service, S("s")));
    assert_true(r->filter_count == 0 && !r->correlation && r->unusable.len == 0 && !r->silenced);
    assert_int_equal(r->root->children[0]->test->line, 12);
    assert_int_equal(r->root->children[1]->children[1]->test->line, 15);
    assert_true(set->verdict_count == 2 && !set->verdicts[0].loaded && set->verdicts[1].loaded);
    assert_true(str_eq(set->verdicts[1].id, S(ID1)) && str_eq(set->verdicts[1].title, S("t")));
    sigma_loader_free(l);
    sigma_loader_free(NULL);
}

static void logsources(void **state) {
#define REST "detection:\n  s: {A: x}\n  condition: s\n"
    static const struct text cases[] = {
        {"one is enough", "title: t\nlevel: low\nlogsource: {service: s}\n" REST, "A=x"},
        {"others are free", "title: t\nlevel: low\nlogsource: {product: p, definition: [x], vendor: y}\n" REST, "A=x"},
        {"none", "title: t\nlevel: low\n" REST, "line 1: no logsource"},
        {"text", "title: t\nlevel: low\nlogsource: windows\n" REST,
         "line 3: 'logsource' must be a mapping of category, product, service"},
        {"list", "title: t\nlevel: low\nlogsource: [a]\n" REST,
         "line 3: 'logsource' must be a mapping of category, product, service"},
        {"empty", "title: t\nlevel: low\nlogsource: {definition: x}\n" REST,
         "line 3: the logsource names neither category nor product nor service"},
        {"nulls", "title: t\nlevel: low\nlogsource: {product: ~}\n" REST,
         "line 3: the logsource names neither category nor product nor service"},
        {"list of products", "title: t\nlevel: low\nlogsource:\n  category: c\n  product: [a, b]\n" REST,
         "line 5: 'product' must be one text"},
    };
#undef REST
    (void)state;
    expect(cases, COUNT(cases));
}

static void selections(void **state) {
#define RULE(s) "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: s\n  s: " s "\n"
    static const struct text cases[] = {
        {"mapping", RULE("{A: x, B: y}"), "and(A=x B=y)"},
        {"same field twice by modifiers", RULE("{A: x, A|contains: y}"), "and(A=x A=*y*)"},
        {"list of mappings", RULE("[{A: x, B: y}, {C: z}]"), "or(and(A=x B=y) C=z)"},
        {"list of one mapping", RULE("[{A: x}]"), "A=x"},
        {"keywords", RULE("[x, 'y*z', 4]"), "or($=*x* $=*y*z* $=*4*)"},
        {"one keyword", RULE("x"), "$=*x*"},
        {"a number as keyword", RULE("4624"), "$=*4624*"},
        {"mixed", RULE("[x, {A: y}]"), "or($=*x* A=y)"},
        {"list within a list", RULE("[x, [y, z]]"),
         "or($=*x* or($=*y* $=*z*)) ! line 6: a list within a list is read as keywords of which one must occur"},
        {"alias",
         "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s: &a {A: [&x v, *x]}\n  t: *a\n  condition: s "
         "and t\n",
         "and(or(A=v A=v) or(A=v A=v))"},
        {"empty mapping", RULE("{}"), "line 6: an empty mapping selects nothing"},
        {"empty mapping in a list", RULE("\n  - A: x\n  - {}"), "line 8: an empty mapping selects nothing"},
        {"empty list", RULE("[]"), "line 6: an empty list selects nothing"},
        {"null", RULE("null"), "line 6: a keyword must be text or a regular expression"},
        {"mapping as a value", RULE("\n    A:\n      b: c"), "line 8: 'A' has a mapping as a value"},
        {"deep list of keywords", RULE("[[[x]]]"),
         "line 6: a keyword has a list within a list as a value ! line 6: a list within a list is read as keywords of "
         "which one must occur"},
        {"bad item of many", RULE("\n    A: x\n    B|foo: y\n    C: z"), "line 8: unknown modifier 'foo'"},
        {"bad value of many", RULE("\n    A|re:\n    - a\n    - '['"),
         "line 9: regular expression: missing terminating ] for character class at byte 1"},
        {"no condition", "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s: {A: x}\n",
         "line 5: no condition"},
        {"nothing but a condition", "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: s\n",
         "line 5: no search identifier"},
        {"detection is a list", "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  - s\n",
         "line 5: 'detection' must be a mapping"},
        {"detection is null", "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n",
         "line 4: 'detection' must be a mapping"},
        {"identifier without a name",
         "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s: {A: x}\n  '': {A: x}\n  condition: s\n",
         "line 6: a search identifier without a name"},
        {"null condition", "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s: {A: x}\n  condition:\n",
         "line 6: the condition is empty"},
    };
#undef RULE
    (void)state;
    expect(cases, COUNT(cases));
}

static void documents(void **state) {
#define RULE "title: t\nlevel: low\n" BODY
    static const struct text cases[] = {
        {"two", RULE "---\n" RULE, "A=x | A=x"},
        {"empty documents are no rules", "---\n---\n" RULE "---\n...\n", "A=x"},
        {"a bad one does not harm its neighbour", RULE "---\ntitle: u\nlevel: no\n" BODY "---\n" RULE,
         "A=x | line 9: unknown level 'no': informational, low, medium, high, critical | A=x"},
        {"empty", "", "the file is empty: no rule"},
        {"only comments", "# a\n---\n# b\n", "the file is empty: no rule"},
        {"text", "hello", "line 1: the document is no mapping: no rule"},
        {"list", "\n- title: t\n", "line 2: the document is no mapping: no rule"},
        {"neither", "title: t\na: b\n", "line 1: neither 'detection' nor 'correlation' nor 'filter': no rule"},
        {"both", RULE "filter: {}\n", "line 1: a document is either a detection or a correlation or a filter"},
        {"all", RULE "correlation: {}\nfilter: {}\n",
         "line 1: a document is either a detection or a correlation or a filter"},
        {"key twice",
         "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  s:\n    A: x\n    A: y\n  condition: s\n",
         "line 7: key 'A' stands twice in one mapping"},
        {"key twice in one of two", RULE "---\ntitle: t\ntitle: u\n",
         "line 9: key 'title' stands twice in one mapping; no document of this file is used"},
        {"not YAML", "title: t\n  detection: [\n",
         "line 2: mapping values are not allowed in this context: check the indentation; quote a text that holds ': '"},
        {"tab", "title: t\ndetection:\n\ts: x\n",
         "line 3: found character that cannot start any token: indent with blanks, not tabs; quote a text that begins "
         "with @ ` or %"},
        {"rubbish",
         "\x7f"
         "ELF\x02\x01\x01",
         "line 1: control characters are not allowed: is it a text file?"},
        {"rubbish of high bytes", "\xde\xad\xbe\xef", "line 1: invalid leading UTF-8 octet: the file must be UTF-8"},
        {"escape in a key", "\"a\\e[2J\": 1\n\"a\\e[2J\": 2\n", "line 2: key 'a?[2J' stands twice in one mapping"},
        {"merge key", "a: &a {b: c}\ntitle: t\n<<: *a\n",
         "line 3: merge keys (<<) are not supported: write the keys out"},
        {"own tag", "title: !ruby/object t\n",
         "line 1: a text with a tag other than !!str, !!int, !!float, !!bool, !!null, !!timestamp"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

/* Sigma 1.2 */
static void collections(void **state) {
    static const struct text cases[] = {
        {"global",
         "action: global\ntitle: t\nlevel: low\nlogsource: {product: p}\ndetection: {condition: s}\n---\ndetection: "
         "{s: {A: x}}\n"
         "---\ndetection: {s: {B: y}}\n",
         "A=x | B=y"},
        {"two globals, merged",
         "action: global\ntitle: t\nlogsource: {product: p}\n---\naction: global\nlevel: low\ndetection: {condition: "
         "s, s: {A: x}}\n"
         "---\ndetection: {s: {B: y}}\n",
         "and(A=x B=y)"},
        {"what is said later wins",
         "action: global\ntitle: t\nlevel: low\nlogsource: {product: p}\ndetection: {condition: s, s: {A: [x, y]}}\n"
         "---\ndetection: {s: {A: z}}\n",
         "A=z"},
        {"reset",
         "action: global\ntitle: t\n" BODY "level: low\n---\naction: reset\n---\ntitle: u\nlevel: low\n" BODY
         "---\nlevel: low\n" BODY,
         "A=x | line 18: no title"},
        {"repeat",
         "title: t\nlevel: low\n" BODY
         "---\naction: repeat\ndetection: {s: {B: y}}\n---\naction: repeat\ndetection: {s: {C: z}}\n",
         "A=x | and(A=x B=y) | and(A=x B=y C=z)"},
        {"repeat over the global",
         "action: global\nlevel: low\nlogsource: {product: p}\n---\ntitle: t\ndetection: {s: {A: x}, condition: s}\n"
         "---\naction: repeat\ntitle: u\ndetection: {s: {A: y}}\n",
         "A=x | A=y"},
        {"global alone", "action: global\ntitle: t\n", ""},
        {"repeat of nothing", "action: repeat\ntitle: t\nlevel: low\n" BODY, "A=x"},
        {"repeat with the same id", "title: t\nid: " ID1 "\nlevel: low\n" BODY "---\naction: repeat\ntitle: u\n",
         "A=x | id " ID1 " is taken: r.yml line 1 has it as well"},
        {"unknown", "action: merge\ntitle: t\nlevel: low\n" BODY,
         "line 1: unknown action 'merge': global, reset, repeat"},
        {"a list", "action: [global]\ntitle: t\n", "line 1: unknown action '': global, reset, repeat"},
        {"null", "action:\ntitle: t\n", "line 1: unknown action '': global, reset, repeat"},
        {"a bad one in between", "title: t\nlevel: low\n" BODY "---\naction: x\n---\ntitle: u\nlevel: low\n" BODY,
         "A=x | line 8: unknown action 'x': global, reset, repeat | A=x"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

/* Sigma 1.5 */
static void duplicates(void **state) {
    static const struct text cases[] = {
        {"id", "title: t\nid: " ID1 "\nlevel: low\n" BODY "---\ntitle: u\nid: " ID1 "\nlevel: low\n" BODY,
         "A=x | id " ID1 " is taken: r.yml line 1 has it as well"},
        {"id, other case",
         "title: t\nid: " ID1 "\nlevel: low\n" BODY
         "---\ntitle: u\nid: 11111111-AAAA-4bbb-8ccc-000000000001\nlevel: low\n" BODY,
         "A=x | id 11111111-AAAA-4bbb-8ccc-000000000001 is taken: r.yml line 1 has it as well"},
        {"name", "title: t\nname: n\nlevel: low\n" BODY "---\ntitle: u\nname: n\nlevel: low\n" BODY,
         "A=x | name n is taken: r.yml line 1 has it as well"},
        {"names differ by case", "title: t\nname: n\nlevel: low\n" BODY "---\ntitle: u\nname: N\nlevel: low\n" BODY,
         "A=x | A=x"},
        {"a failed one takes no id",
         "title: t\nid: " ID1 "\nlevel: no\n" BODY "---\ntitle: u\nid: " ID1 "\nlevel: low\n" BODY,
         "line 3: unknown level 'no': informational, low, medium, high, critical | A=x"},
        {"an id refused takes no name",
         "title: t\nid: " ID1 "\nlevel: low\n" BODY "---\ntitle: u\nid: " ID1 "\nname: n\nlevel: low\n" BODY
         "---\ntitle: v\nid: " ID2 "\nname: n\nlevel: low\n" BODY,
         "A=x | id " ID1 " is taken: r.yml line 1 has it as well | A=x"},
        {"a name may be another's id",
         "title: t\nid: " ID1 "\nlevel: low\n" BODY "---\ntitle: u\nname: " ID1 "\nlevel: low\n" BODY, "A=x | A=x"},
        {"a filter's id counts",
         "title: t\nid: " ID1 "\nlevel: low\n" BODY "---\ntitle: u\nid: " ID1
         "\nlogsource: {product: p}\nfilter: {rules: any, s: {A: y}, condition: not s}\n",
         "A=x | id " ID1 " is taken: r.yml line 1 has it as well"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

/* Of two files the first by path keeps the id, whatever the order of reading. */
static void order(void **state) {
    static const char yaml[] = "title: t\nid: " ID1 "\nlevel: low\n" BODY;

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct sigma_loader *l;
        const struct sigma_set *set = NULL;
        struct err e;

        assert_true(sigma_loader_new(&l, &e));
        assert_true(sigma_load_text(l, turn ? S("b.yml") : S("a.yml"), str_of(yaml), &e));
        assert_true(sigma_load_text(l, turn ? S("a.yml") : S("b.yml"), str_of(yaml), &e));
        assert_true(sigma_load_end(l, &set, &e));
        assert_int_equal(set->rule_count, 1);
        assert_true(str_eq(set->rules[0]->path, S("a.yml")));
        assert_true(str_eq(set->verdicts[1].path, S("b.yml")) && !set->verdicts[1].loaded);
        assert_true(str_eq(set->verdicts[1].reason, S("id " ID1 " is taken: a.yml line 1 has it as well")));
        sigma_loader_free(l);
    }
}

static void levels(void **state) {
    enum sigma_level level;

    (void)state;
    for (int i = LEVEL_INFORMATIONAL; i <= LEVEL_CRITICAL; i++) {
        assert_true(sigma_level_parse(sigma_level_name((enum sigma_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_true(sigma_level_parse(S("info"), &level) && level == LEVEL_INFORMATIONAL);
    assert_true(sigma_level_parse(S("MEDIUM"), &level) && level == LEVEL_MEDIUM);
    assert_false(sigma_level_parse(S(""), &level));
    assert_false(sigma_level_parse(S("hig"), &level));
}

static void repeat(struct buf *b, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        buf_add(b, str_of(text));
}

/* What the text b comes to begins with what is expected; b is emptied. */
static void begins(struct buf *b, const char *expected) {
    char got[400];

    buf_byte(b, '\0');
    assert_false(b->failed);
    show_text(b->ptr, NULL, false, got, sizeof got);
    b->len = 0;
    if (strncmp(got, expected, strlen(expected)) != 0)
        fail_msg("expected %s\ngot      %s", expected, got);
}

/* So many verdicts, and the last one's reason; b is emptied. */
static void last(struct buf *b, size_t count, const char *expected) {
    struct sigma_loader *l;
    const struct sigma_set *set = NULL;
    struct err e;
    str reason;

    assert_true(sigma_loader_new(&l, &e) && sigma_load_text(l, S("r"), buf_str(b), &e) && sigma_load_end(l, &set, &e));
    b->len = 0;
    assert_int_equal(set->verdict_count, count);
    reason = set->verdicts[count - 1].reason;
    if (!str_eq(reason, str_of(expected)))
        fail_msg("expected %s\ngot      %.*s", expected, STR_ARG(reason));
    sigma_loader_free(l);
}

static void bounds(void **state) {
    struct buf b = {0};

    (void)state;
    buf_add(&b, S("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: i0\n"));
    for (int i = 0; i < 1025; i++)
        buf_format(&b, "  i%d: x\n", i);
    begins(&b, "line 1030: more than 1024 search identifiers");

    buf_add(&b, S("a0: &a0 lol\n"));
    for (int i = 1; i < 10; i++) {
        buf_format(&b, "a%d: &a%d [*a%d", i, i, i - 1);
        for (int j = 1; j < 10; j++)
            buf_format(&b, ", *a%d", i - 1);
        buf_add(&b, S("]\n"));
    }
    begins(&b, "line 6: more than 100000 values in one document");

    repeat(&b, "[", 100000);
    begins(&b, "line 1: nested deeper than 64");

    assert_non_null(buf_reserve(&b, (16u << 20) + 1));
    memset(b.ptr, ' ', (16u << 20) + 1);
    b.len = (16u << 20) + 1;
    begins(&b, "line 1: more than 16 MiB");

    /* 5 MB of documents that each say nothing. */
    repeat(&b, "---\n", 1250000);
    begins(&b, "the file is empty: no rule");

    repeat(&b, "--- x\n", 10002);
    last(&b, 10001, "line 10001: more than 10000 documents in one file: the rest is not read");

    /* Documents of two kilobytes, each a rule of 90,000 tests: some 20 MB. */
    for (int i = 0; i < 20; i++) {
        buf_add(
            &b,
            S("---\ntitle: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: s or t\n  s: &s {A: [x"));
        repeat(&b, ",x", 299);
        buf_add(&b, S("]}\n  t: [*s"));
        repeat(&b, ",*s", 299);
        buf_add(&b, S("]\n"));
    }
    last(&b, 20, "the rules of this file take more than 256 MiB");

    /* A warning for each of 500 values; a hundred are told. */
    buf_add(&b,
            S("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: s\n  s:\n    A|contains:\n"));
    repeat(&b, "    - 1\n", 500);
    buf_byte(&b, '\0');
    {
        struct sigma_loader *l;
        const struct sigma_set *set = NULL;
        struct err e;

        assert_true(sigma_loader_new(&l, &e) && sigma_load_text(l, S("r"), str_of(b.ptr), &e) &&
                    sigma_load_end(l, &set, &e));
        assert_int_equal(set->rule_count, 1);
        assert_int_equal(set->verdicts[0].warning_count, 100);
        assert_true(str_eq(set->verdicts[0].warnings[99], S("further warnings are left out")));
        assert_true(str_eq(set->verdicts[0].warnings[98], S("line 106: 'contains' takes the number 1 as text")));
        sigma_loader_free(l);
    }
    b.len = 0;

    /* Collections that would grow with every document. */
    buf_add(&b, S("action: global\ntitle: t\ndetection:\n"));
    for (int i = 0; i < 3000; i++)
        buf_format(&b, "  k%d: x\n", i);
    buf_add(&b, S("---\naction: global\ndetection:\n"));
    for (int i = 0; i < 3000; i++)
        buf_format(&b, "  l%d: x\n", i);
    begins(&b, "the collection is too large");
    buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),      cmocka_unit_test(kept),      cmocka_unit_test(logsources),
        cmocka_unit_test(selections), cmocka_unit_test(documents), cmocka_unit_test(collections),
        cmocka_unit_test(duplicates), cmocka_unit_test(order),     cmocka_unit_test(levels),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
