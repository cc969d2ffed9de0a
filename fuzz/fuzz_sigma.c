/* fuzz_sigma: any text as a rule file. Whatever loads has a tree within bounds, whatever fails a reason fit for a
 * terminal; the same text in another loader, beside another file, comes to the same; no other file is harmed. */
#include <assert.h>

#include "../tests/intel/sigma_show.h"
#include "base/utf.h"

#define NODES_MAX 1000000
#define DEPTH_MAX 400
#define SHOWN_NODES_MAX 20000

static const char neighbour[] =
    "title: neighbour\nid: 99999999-9999-4999-8999-999999999999\nlevel: low\nlogsource: {product: neighbour}\n"
    "detection: {s: {A: x}, condition: s}\n";
static const char placeholders[] = "x: [1, 'a*']\nyes: y\n";

static void test(const struct sigma_test *t) {
    assert(t->op <= TEST_BYTES && t->line >= 1 && t->field.ptr);
    assert(t->piece_count == 0 || t->op == TEST_PATTERN || t->op == TEST_BYTES);
    for (size_t i = 0; i < t->piece_count; i++) {
        const struct sigma_piece *const p = &t->pieces[i];

        assert(p->type <= PIECE_DASH);
        if (p->type == PIECE_TEXT)
            assert(p->text.len > 0 && (t->op == TEST_BYTES || utf8_valid(p->text) == p->text.len));
        else
            assert(p->text.len == 0);
        if (i) /* neither two texts nor two * stand side by side */
            assert(p->type != t->pieces[i - 1].type || p->type == PIECE_ONE || p->type == PIECE_DASH);
    }
    if (t->op == TEST_NUMBER || t->op == TEST_COMPARE || t->op == TEST_TIME)
        assert(t->number.len > 0);
    if (t->op == TEST_FIELDREF)
        assert(t->other.len > 0);
    if (t->op == TEST_CIDR)
        assert(t->network.bits <= (t->network.base.family == 4 ? 32 : 128));
}

static size_t walk(const struct sigma_node *n, unsigned depth) {
    size_t nodes = 1;

    assert(depth < DEPTH_MAX);
    if (n->type == NODE_TEST)
        test(n->test);
    assert(n->type != NODE_NOT || n->child_count == 1);
    for (size_t i = 0; n->type != NODE_TEST && i < n->child_count; i++) {
        nodes += walk(n->children[i], depth + 1);
        assert(nodes <= NODES_MAX);
    }
    return nodes;
}

static void printable(str text) {
    assert(utf8_valid(text) == text.len);
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f);
}

static void rule(const struct sigma_set *set, size_t at) {
    const struct sigma_rule *const r = set->rules[at];

    assert(r->index == at && r->title.len > 0 && r->line >= 1 && r->level <= LEVEL_CRITICAL);
    assert((r->type == SIGMA_CORRELATION) == (r->correlation != NULL) &&
           (r->type == SIGMA_DETECTION) == (r->root != NULL));
    assert(r->silenced == (r->silenced_by != NULL));
    for (size_t i = 0; i < r->filter_count; i++)
        assert(set->filters[r->filters[i]->index] == r->filters[i]);
    if (r->type == SIGMA_DETECTION)
        return;
    assert(r->filter_count == 0 && r->correlation->rule_count > 0 && r->correlation->timespan_ns > 0);
    for (size_t i = 0; i < r->correlation->rule_count; i++)
        assert(set->rules[r->correlation->rules[i]->index] == r->correlation->rules[i] &&
               r->correlation->rules[i] != r);
}

/* The set as text, but for the neighbour; empty when it is too large to be told. */
static void load(str text, bool with_neighbour, struct buf *out) {
    const struct sigma_set *set = NULL;
    struct sigma_loader *l = NULL;
    struct err e = {0};
    size_t nodes = 0, loaded = 0;

    if (!sigma_loader_new(&l, &e) || !sigma_load_placeholders(l, S("p"), str_of(placeholders), &e) ||
        (with_neighbour && !sigma_load_text(l, S("z.yml"), str_of(neighbour), &e)) ||
        !sigma_load_text(l, S("a.yml"), text, &e) || !sigma_load_end(l, &set, &e))
        abort();
    for (size_t i = 0; i < set->verdict_count; i++) {
        const struct sigma_verdict *const v = &set->verdicts[i];

        loaded += v->loaded;
        assert(v->loaded ? v->unusable == (v->reason.len > 0) : v->reason.len > 0);
        printable(v->reason);
        for (size_t j = 0; j < v->warning_count; j++)
            printable(v->warnings[j]);
    }
    assert(loaded == set->rule_count + set->filter_count);
    for (size_t i = 0; i < set->rule_count; i++) {
        rule(set, i);
        nodes += set->rules[i]->root ? walk(set->rules[i]->root, 1) : 0;
    }
    for (size_t i = 0; i < set->filter_count; i++)
        nodes += walk(set->filters[i]->root, 1);
    if (nodes <= SHOWN_NODES_MAX && set->verdict_count < 1000)
        show_set(out, set);
    assert(!out->failed);
    sigma_loader_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const text = {size ? (const char *)data : "", size};
    struct buf once = {0}, twice = {0}, beside = {0};

    if (size > 1 << 16 || !buf_reserve(&once, 1) || !buf_reserve(&twice, 1) || !buf_reserve(&beside, 1))
        goto end;
    load(text, false, &once);
    load(text, false, &twice);
    assert(str_eq(buf_str(&once), buf_str(&twice)));
    /* A text that names the neighbour, or filters whatever is there, may speak of it. */
    if (once.len && str_find(text, S("99999999")) == SIZE_MAX && str_find(text, S("filter")) == SIZE_MAX) {
        load(text, true, &beside);
        assert(beside.len > once.len && memcmp(beside.ptr, once.ptr, once.len) == 0);
        assert(str_eq(str_from(buf_str(&beside), once.len), S(" | A=x")));
    }
end:
    buf_free(&once);
    buf_free(&twice);
    buf_free(&beside);
    return 0;
}
