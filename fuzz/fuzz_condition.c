/* fuzz_condition: any text as a condition. What was read is a tree over the identifiers, within bounds; in
 * parentheses it is the same, behind `not` the opposite, in a list beside itself an OR of itself; as an expression
 * over rules never crashes. */
#include <assert.h>

#include "../tests/intel/sigma_show.h"

#define DEPTH_MAX 320 /* a level of parentheses is OR, AND and NOT at most */
#define SHOWN_MAX 20000

static const char identifiers[] =
    "  a: {a: 1}\n  b: {b: 1}\n  sel_1: {c: 1}\n  sel_2: {d: 1}\n  _s: {e: 1}\n  not-me: {f: 1}\n"
    "  notes: {g: 1}\n  1st: {h: 1}\n";

static size_t walk(const struct sigma_node *n, unsigned depth) {
    size_t nodes = 1;

    assert(depth < DEPTH_MAX);
    assert(n->type == NODE_TEST ? n->test && n->test->op == TEST_NUMBER && n->test->field.len == 1
                                : n->child_count > 0);
    assert(n->type != NODE_NOT || n->child_count == 1);
    for (size_t i = 0; n->type != NODE_TEST && i < n->child_count; i++)
        nodes += walk(n->children[i], depth + 1);
    return nodes;
}

/* The condition between what stands around it, as a JSON text; the tree as text in out. False: refused. */
static bool condition(const char *before, str text, const char *behind, const char *list, struct buf *out) {
    const struct sigma_set *set = NULL;
    struct sigma_loader *l = NULL;
    struct buf yaml = {0}, whole = {0};
    struct err e = {0};
    bool loaded;

    if (!buf_reserve(&whole, 1) || !buf_reserve(out, 1))
        abort();
    buf_add(&whole, str_of(before));
    buf_add(&whole, text);
    buf_add(&whole, str_of(behind));
    buf_add(&yaml, S("title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: ["));
    buf_json(&yaml, buf_str(&whole));
    if (list) {
        buf_byte(&yaml, ',');
        buf_json(&yaml, buf_str(&whole));
    }
    buf_format(&yaml, "]\n%s", identifiers);
    if (yaml.failed || whole.failed || !sigma_loader_new(&l, &e) || !sigma_load_text(l, S("r"), buf_str(&yaml), &e) ||
        !sigma_load_end(l, &set, &e))
        abort();
    assert(set->verdict_count == 1);
    loaded = set->verdicts[0].loaded;
    assert(loaded == (set->rule_count == 1) && loaded == (set->verdicts[0].reason.len == 0));
    out->len = 0;
    if (loaded) {
        assert(walk(set->rules[0]->root, 1) <= 1000000);
        show_node(out, set->rules[0]->root);
    } else {
        assert(str_starts(set->verdicts[0].reason, S("line ")));
    }
    assert(!out->failed);
    buf_free(&yaml);
    buf_free(&whole);
    sigma_loader_free(l);
    return loaded;
}

static void expect(const char *before, str shown, const char *behind, const struct buf *got) {
    struct buf expected = {0};

    if (!buf_reserve(&expected, 1))
        abort();
    buf_add(&expected, str_of(before));
    buf_add(&expected, shown);
    buf_add(&expected, str_of(behind));
    assert(str_eq(buf_str(&expected), buf_str(got)));
    buf_free(&expected);
}

static void expression(str text) {
    const struct sigma_set *set = NULL;
    struct sigma_loader *l = NULL;
    struct buf yaml = {0};
    struct err e = {0};

    buf_add(&yaml,
            S("title: t\nlevel: low\nname: a\nlogsource: {product: p}\ndetection: {s: {a: 1}, condition: s}\n---\n"
              "title: t\nlevel: low\nname: b\nlogsource: {product: p}\ndetection: {s: {a: 1}, condition: s}\n---\n"
              "title: t\nlevel: low\ncorrelation:\n  type: temporal\n  timespan: 1s\n  condition: "));
    buf_json(&yaml, text);
    if (yaml.failed || !sigma_loader_new(&l, &e) || !sigma_load_text(l, S("r"), buf_str(&yaml), &e) ||
        !sigma_load_end(l, &set, &e))
        abort();
    assert(set->verdict_count == 3 && set->verdicts[0].loaded && set->verdicts[1].loaded);
    for (size_t i = 0; i < set->rule_count; i++)
        if (set->rules[i]->type == SIGMA_CORRELATION)
            assert(set->rules[i]->correlation->expr && set->rules[i]->correlation->rule_count <= 2);
    buf_free(&yaml);
    sigma_loader_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const text = {size ? (const char *)data : "", size};
    struct buf shown = {0}, other = {0};
    size_t open = 0;

    /* C1 and noncharacters (C2.., EF..) cannot stand in YAML as they are: the other targets have them. */
    if (size > 4096 || str_find_byte(text, '\xc2') != SIZE_MAX || str_find_byte(text, '\xef') != SIZE_MAX)
        return 0;
    for (size_t i = 0; i < size; i++)
        open += data[i] == '(';
    if (condition("", text, "", NULL, &shown) && shown.len <= SHOWN_MAX) {
        str const tree = buf_str(&shown);

        if (open < 90) {
            assert(condition("(", text, ")", NULL, &other));
            expect("", tree, "", &other);
            assert(condition("not(", text, "\t)", NULL, &other));
            expect("not(", tree, ")", &other);
            assert(condition("(", text, ") and _s", NULL, &other));
            expect("and(", tree, " e#1)", &other);
        }
        assert(condition("", text, "", "twice", &other));
        assert(other.len == 2 * tree.len + 5 && memcmp(other.ptr + 3, tree.ptr, tree.len) == 0);
    }
    expression(text);
    buf_free(&shown);
    buf_free(&other);
    return 0;
}
