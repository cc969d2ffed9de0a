/* test_yaml: YAML into trees: scalars as they read, lines, aliases, everything that is refused, and the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/yaml.h"

#define MEMORY ((size_t)256 << 20)

/* A tree in one line: text in quotes when it was quoted, (kind) behind what is no text, line numbers where asked. */
static void print(struct buf *b, const struct yaml_node *n, bool lines) {
    static const char *const kinds[] = {"", "(null)", "(true)", "(false)", "(int)", "(float)", "(odd)"};

    if (lines)
        buf_format(b, "%u:", n->line);
    if (n->type == YAML_SCALAR) {
        if (n->quoted)
            buf_byte(b, '"');
        buf_add(b, n->text);
        buf_format(b, "%s%s", n->quoted ? "\"" : "", kinds[n->scalar]);
        return;
    }
    buf_byte(b, n->type == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < n->count; i++) {
        if (i)
            buf_byte(b, ' ');
        if (n->type == YAML_MAP) {
            if (lines)
                buf_format(b, "%u:", n->key_lines[i]);
            buf_add(b, n->keys[i]);
            buf_byte(b, '=');
        }
        print(b, n->items[i], lines);
    }
    buf_byte(b, n->type == YAML_LIST ? ']' : '}');
}

static void expect(const char *name, str text, bool lines, const char *expected) {
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    struct buf b = {0};
    struct err e = {0};
    char got[1000];
    size_t count;

    assert_non_null(a);
    assert_non_null(buf_reserve(&b, 1)); /* nothing may be added to it */
    if (yaml_read(text, a, &documents, &count, &e)) {
        for (size_t i = 0; i < count; i++) {
            buf_add(&b, i ? S(" --- ") : S(""));
            print(&b, documents[i], lines);
        }
    } else {
        static const char *const codes[] = {[ERR_MEMORY] = "memory", [ERR_LIMIT] = "limit", [ERR_USAGE] = "usage"};

        buf_format(&b, "%s: %s", codes[e.code], e.text);
    }
    buf_byte(&b, '\0');
    assert_false(b.failed);
    snprintf(got, sizeof got, "%s", b.ptr);
    buf_free(&b);
    arena_free(a);
    if (strcmp(got, expected) != 0)
        fail_msg("%s: expected %s, got %s", name, expected, got);
}

static void scalars(void **state) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"a: ", "{a=(null)}"},
        {"[~, null, Null, NULL, 'null', \"~\"]", "[~(null) null(null) Null(null) NULL(null) \"null\" \"~\"]"},
        {"[true, True, TRUE, yes, On]", "[true(true) True(true) TRUE(true) yes(true) On(true)]"},
        {"[false, no, OFF, 'off', offer, n, y]", "[false(false) no(false) OFF(false) \"off\" offer n y]"},
        {"[0, 7, -7, +7, 123456789012345678901234567890]",
         "[0(int) 7(int) -7(int) +7(int) 123456789012345678901234567890(int)]"},
        {"[1.0, -0.5, 1.0e3, 1.5E-7, 2.0e+2]", "[1.0(float) -0.5(float) 1.0e3(float) 1.5E-7(float) 2.0e+2(float)]"},
        {"[1e3, -2E+2, 12e4, yEs, oN, nO, nULL, NUll, tRuE, fALSE]",
         "[1e3(odd) -2E+2(odd) 12e4(odd) yEs oN nO nULL NUll tRuE(true) fALSE(false)]"},
        {"[1e, 1.2.3, 1e3x, -, +, --1, 4624a, e3]", "[1e 1.2.3 1e3x - + --1 4624a e3]"},
        {"[0x10, 0X1f, 0o17, 0b1, 0777, -0777, 00, 1_000, 00.5]",
         "[0x10(odd) 0X1f(odd) 0o17(odd) 0b1(odd) 0777(odd) -0777(odd) 00(odd) 1_000(odd) 00.5(odd)]"},
        {"[0x, 0xg, 0y1, _1]", "[0x 0xg 0y1 _1]"},
        {"[2024-01-01, 2024-1-1, 2024-01-01T10:00:00Z, 2024-01-01 10:00]",
         "[2024-01-01(odd) 2024-1-1(odd) 2024-01-01T10:00:00Z(odd) 2024-01-01 10:00(odd)]"},
        {"[2024-01-, 2024-011-1, 202-01-01, 2024-01-01x, 1-2-3]", "[2024-01- 2024-011-1 202-01-01 2024-01-01x 1-2-3]"},
        {"[22:30, 1:30:15, 1:30:15.5, 190:20:30]", "[22:30(odd) 1:30:15(odd) 1:30:15.5(odd) 190:20:30(odd)]"},
        {"- 22:60\n- '1:2'\n- 10.0.0.1:80\n- 1::2\n- ::1\n", "[22:60 \"1:2\" 10.0.0.1:80 1::2 ::1]"},
        {"[.5, 5., .inf, -.INF, .nan, .]", "[.5(odd) 5.(odd) .inf(odd) -.INF(odd) .nan(odd) .]"},
        {"a: |\n  one\n  two\nb: >\n  x\n  y\n", "{a=\"one\ntwo\n\" b=\"x y\n\"}"},
        {"[\"tab\\there\", 'it''s', \"\\xe9\\u263a\"]", "[\"tab\there\" \"it's\" \"\xc3\xa9\xe2\x98\xba\"]"},
        {"[!!str 12, ! 13, ! '14', !!str , !<tag:yaml.org,2002:str> no]", "[12 13 \"14\"  no]"},
        {"[!!int '5', !!int 5, !!float 5, !!float '5.5', !!null ~, !!null '', !!bool 'Yes']",
         "[\"5\"(int) 5(int) 5(int) \"5.5\"(float) ~(null) \"\"(null) \"Yes\"(true)]"},
        {"[!!int yes, !!int 5.5, !!int 0x10, !!bool 1, !!null x, !!float '', !!int 'a-b', !!timestamp 2024-01-01]",
         "[yes(odd) 5.5(odd) 0x10(odd) 1(odd) x(odd) \"\"(odd) \"a-b\"(odd) 2024-01-01(odd)]"},
        {"!!map {a: !!seq [1]}", "{a=[1(int)]}"},
        {"# only a comment\n", ""},
        {"---\n---\n- a\n...\n---\nb\n", "(null) --- [a] --- b"},
        {"%YAML 1.1\n---\na\n", "a"},
        {"{a: {b: [c, {d: e}]}, 1: x, null: y}", "{a={b=[c {d=e}]} 1=x null=y}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].text, str_of(cases[i].text), false, cases[i].expected);
    expect("NUL in a quoted scalar", str_of("\"a\\0b\""), false, "\"a");
    expect("UTF-16 with its mark",
           S("\xff\xfe"
             "a\0:\0 \0b\0"),
           false, "{a=b}");
}

static void lines(void **state) {
    (void)state;
    expect("keys and values", str_of("# c\na: 1\nb:\n  - x\n  - k: |\n      t\n---\nc: z\n"), true,
           "2:{2:a=2:1(int) 3:b=4:[4:x 5:{5:k=5:\"t\n\"}]} --- 8:{8:c=8:z}");
}

static void aliases(void **state) {
    (void)state;
    expect("scalar and map", str_of("a: &x 1\nb: &y {c: *x}\nd: [*y, *x]\n"), false,
           "{a=1(int) b={c=1(int)} d=[{c=1(int)} 1(int)]}");
    expect("the nearest of one name", str_of("[&a 1, &a 2, *a]"), false, "[1(int) 2(int) 2(int)]");
    expect("an inner anchor of the same name", str_of("&a [&a x, *a]"), false, "[x x]");
    expect("alias as a key", str_of("[&k key, {*k : v}]"), false, "[key {key=v}]");
    expect("anchors end with the document", str_of("--- &a x\n--- *a\n"), false,
           "usage: line 2: alias without anchor: a text that begins with * needs quotes");
}

static void refused(void **state) {
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        {"open bracket", "a: [1,\n",
         "usage: line 2: did not find expected node content: a value is missing, or a bracket is not closed"},
        {"two keys in a line", "a: b: c\n",
         "usage: line 1: mapping values are not allowed in this context: check the indentation; quote a text that "
         "holds ': '"},
        {"tab", "a:\n\t- b\n",
         "usage: line 2: found character that cannot start any token: indent with blanks, not tabs; quote a text that "
         "begins with @ ` or %"},
        {"bad UTF-8", "a: 1\nb: \xff\n", "usage: line 2: invalid leading UTF-8 octet: the file must be UTF-8"},
        {"open quote", "a: b\nc: 'd\n\n",
         "usage: line 4: found unexpected end of stream, while scanning a quoted scalar that began in line 2: a quote "
         "is not closed"},
        {"open brace", "a: {b: c\nd: e\n",
         "usage: line 2: did not find expected ',' or '}', while parsing a flow mapping that began in line 1: a brace "
         "is not closed, or a text in "
         "it needs quotes"},
        {"indentation", "a:\n  b: c\n d: e\n",
         "usage: line 3: did not find expected key, while parsing a block mapping that began in line 1: check the "
         "indentation"},
        {"backslash in double quotes", "a: \"C:\\Windows\"\n",
         "usage: line 1: found unknown escape character: in double quotes a backslash begins an escape: use single "
         "quotes"},
        {"control character", "a: \x01\n", "usage: line 1: control characters are not allowed: is it a text file?"},
        {"key twice", "a: 1\nb: 2\na: 3\n", "usage: line 3: key 'a' stands twice in one mapping"},
        {"key twice, quoted", "{a: 1, 'a': 2}", "usage: line 1: key 'a' stands twice in one mapping"},
        {"key twice, deep", "x:\n  - y: {k: 1,\n      k: 2}\n", "usage: line 3: key 'k' stands twice in one mapping"},
        {"list as a key", "? [a]\n: b\n", "usage: line 1: a key must be a plain word or text"},
        {"map as a key by alias", "[&m {a: b}, {*m : c}]", "usage: line 1: a key must be a plain word or text"},
        {"merge key", "a: &a {b: c}\nd:\n  <<: *a\n",
         "usage: line 3: merge keys (<<) are not supported: write the keys out"},
        {"own tag", "a: !x 1\n",
         "usage: line 1: a text with a tag other than !!str, !!int, !!float, !!bool, !!null, !!timestamp"},
        {"bytes", "- a\n- !!binary YQ==\n",
         "usage: line 2: a text with a tag other than !!str, !!int, !!float, !!bool, !!null, !!timestamp"},
        {"own tag of a list", "a: !x [1]\n", "usage: line 1: a list or mapping with a tag other than !!seq, !!map"},
        {"set", "\na: !!set {b}\n", "usage: line 2: a list or mapping with a tag other than !!seq, !!map"},
        {"mapping called a list", "!!seq {}\n", "usage: line 1: a list or mapping with a tag other than !!seq, !!map"},
        {"object tag", "!!python/object:os.system {}\n",
         "usage: line 1: a list or mapping with a tag other than !!seq, !!map"},
        {"handle nobody declared", "a: !e!x 1\n", "usage: line 1: found undefined tag handle"},
        {"alias without anchor: a text that begins with * needs quotes", "a: *b\n",
         "usage: line 1: alias without anchor: a text that begins with * needs quotes"},
        {"alias inside its anchor", "&a [1, *a]", "usage: line 1: an alias stands inside its own anchor"},
        {"alias inside its anchor, deep", "&a {b: [{c: *a}]}", "usage: line 1: an alias stands inside its own anchor"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].name, str_of(cases[i].text), false, cases[i].expected);
    expect("a quoted merge key is a key", str_of("'<<': 1"), false, "{<<=1(int)}");
}

/* Twenty keys and more are found by hash. */
static void many_keys(void **state) {
    struct buf b = {0};
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    struct err e;
    size_t count;

    (void)state;
    for (int i = 0; i < 40000; i++)
        buf_format(&b, "k%d: %d\n", i, i);
    assert_true(yaml_read(buf_str(&b), a, &documents, &count, &e));
    assert_int_equal(documents[0]->count, 40000);
    assert_true(str_eq(yaml_text(documents[0], "k39999"), S("39999")));
    for (int i = 0; i < 40000; i += 1777) {
        size_t const len = b.len;
        char expected[100];

        buf_format(&b, "k%d: again\n", i);
        snprintf(expected, sizeof expected, "usage: line 40001: key 'k%d' stands twice in one mapping", i);
        expect("hashed", buf_str(&b), false, expected);
        b.len = len;
    }
    buf_free(&b);
    arena_free(a);
}

static void repeat(struct buf *b, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        buf_add(b, str_of(text));
}

static void bounds(void **state) {
    struct buf b = {0};

    (void)state;
    repeat(&b, "[", 64);
    repeat(&b, "]", 64);
    char deep[200];
    memcpy(deep, b.ptr, 128);
    deep[128] = '\0';
    expect("64 deep", buf_str(&b), false, deep);
    b.len = 0;
    repeat(&b, "[", 65);
    expect("65 deep", buf_str(&b), false, "limit: line 1: nested deeper than 64");
    b.len = 0;
    repeat(&b, "[", 100000);
    expect("100,000 deep", buf_str(&b), false, "limit: line 1: nested deeper than 64");
    b.len = 0;
    repeat(&b, "- x\n", 100000);
    expect("100,001 nodes", buf_str(&b), false, "limit: line 100000: more than 100000 values in one document");
    b.len = 0;
    /* Ten to the ninth of one text, in ten lines. */
    buf_add(&b, S("a0: &a0 lol\n"));
    for (int i = 1; i < 10; i++)
        buf_format(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
                   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    expect("alias bomb", buf_str(&b), false, "limit: line 6: more than 100000 values in one document");
    b.len = 0;
    for (int i = 0; i < 257; i++)
        buf_format(&b, "- &a%d x\n", i);
    expect("257 anchors", buf_str(&b), false, "limit: line 257: more than 256 anchors in one document");
    b.len = 0;
    assert_non_null(buf_reserve(&b, YAML_BYTES_MAX + 1));
    memset(b.ptr, '#', YAML_BYTES_MAX + 1);
    b.len = YAML_BYTES_MAX + 1;
    expect("16 MiB and a byte", buf_str(&b), false, "limit: line 1: more than 16 MiB");
    buf_free(&b);
}

/* One byte of memory more each time; until it succeeds it fails cleanly. */
static void every_allocation_may_fail(void **state) {
    str const text = S("a: &x [1, {b: c, d: 'e'}]\nf: *x\n---\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\n- 9\n");

    (void)state;
    for (size_t limit = 0;; limit += 8) {
        struct arena *const a = arena_new(limit);
        struct yaml_node **documents;
        struct err e = {0};
        size_t count;
        bool const ok = yaml_read(text, a, &documents, &count, &e);

        arena_free(a);
        if (ok)
            break;
        assert_int_equal(e.code, ERR_MEMORY);
    }
}

static void lookup(void **state) {
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    struct err e;
    size_t count;

    (void)state;
    assert_true(yaml_read(S("{a: text, b: [1], c: }"), a, &documents, &count, &e));
    assert_true(str_eq(yaml_text(documents[0], "a"), S("text")));
    assert_int_equal(yaml_text(documents[0], "b").len, 0);
    assert_int_equal(yaml_text(documents[0], "c").len, 0);
    assert_int_equal(yaml_text(documents[0], "d").len, 0);
    assert_null(yaml_get(documents[0], "d"));
    assert_null(yaml_get(yaml_get(documents[0], "b"), "a"));
    assert_null(yaml_get(NULL, "a"));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(lines),
        cmocka_unit_test(aliases),
        cmocka_unit_test(refused),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(bounds),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(lookup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
