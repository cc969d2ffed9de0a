/* sigma_digest: the trees as bytes in which nothing can be taken for something else: lengths go before texts, counts before lists. */
#include "intel/sigma_digest.h"

#include <assert.h>

static void add(struct sha256 *h, const void *bytes, size_t size) {
    sha256_add(h, (str){bytes, size});
}

static void add_number(struct sha256 *h, uint64_t n) {
    add(h, &n, sizeof n);
}

static void add_text(struct sha256 *h, str s) {
    add_number(h, s.len);
    if (s.len)
        sha256_add(h, s);
}

static void add_network(struct sha256 *h, const struct network *n) {
    add_number(h, n->base.family);
    add(h, n->base.bytes, sizeof n->base.bytes);
    add_number(h, n->bits);
}

/* Every member, whether the operation looks at it or not: those it does not look at are zero. */
static void add_test(struct sha256 *h, const struct sigma_test *t) {
    add_number(h, t->op);
    add_text(h, t->field);
    add_number(h, t->cased);
    add_number(h, t->piece_count);
    for (size_t i = 0; i < t->piece_count; i++) {
        add_number(h, t->pieces[i].type);
        add_text(h, t->pieces[i].text);
    }
    add_text(h, t->regex);
    add_number(h, t->regex_flags);
    add_text(h, t->number);
    add_number(h, t->boolean);
    add_number(h, t->compare);
    add_number(h, t->part);
    if (t->op == TEST_CIDR)
        add_network(h, &t->network);
    add_text(h, t->other);
    add_number(h, t->fieldref);
}

/* As deep as conditions may be (sigma_condition.c). */
static void add_node(struct sha256 *h, const struct sigma_node *n) {
    add_number(h, n->type);
    if (n->type == NODE_TEST) {
        add_test(h, n->test);
        return;
    }
    add_number(h, n->child_count);
    for (size_t i = 0; i < n->child_count; i++)
        add_node(h, n->children[i]);
}

static void add_source(struct sha256 *h, const struct sigma_logsource *s) {
    add_text(h, s->category);
    add_text(h, s->product);
    add_text(h, s->service);
}

bool sigma_digest(const struct sigma_rule *r, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();

    assert(r->type == SIGMA_DETECTION);
    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to hash rules");
    add_source(h, &r->logsource);
    add_node(h, r->root);
    add_number(h, r->filter_count);
    for (size_t i = 0; i < r->filter_count; i++) {
        add_source(h, &r->filters[i]->logsource);
        add_node(h, r->filters[i]->root);
    }
    sha256_end(h, out);
    sha256_free(h);
    return true;
}
