/* evaluate: tests, choices and whole conditions on one row, with the answers for (test, value) remembered. */
#include "detection/detect_own.h"

#define CROWD_MIN 6u

static const struct crowd no_crowd; /* for choices that are none */

bool evaluate_is_of_cell(const struct plan_test *t) {
    return t->test.sigma->op == TEST_NULL || t->test.sigma->op == TEST_EXISTS || t->test.sigma->op == TEST_FIELDREF;
}

static uint64_t memo_key(uint32_t test, uint32_t view, uint32_t code) {
    return (uint64_t)test << 44 ^ (uint64_t)view << 24 ^ code ^ (uint64_t)1 << 63;
}

bool evaluate_value(struct detector *d, uint32_t test, uint32_t memo_view, const struct dictionary *dict,
                    uint32_t code) {
    const struct plan_test *const t = &d->o.plan->tests[test];
    const struct value *const v = dictionary_value(dict, code);
    bool ok = true, holds = false;

    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len && !holds; i++)
            holds = evaluate_value(d, test, memo_view, dict, value_items(v)[i]);
        return holds;
    }
    if (t->field == PLAN_KEYWORD && v->inner)
        return false;
    bool const remember = test < (1u << 19) && memo_view < (1u << 20) && code < (1u << 24);
    uint64_t const key = memo_key(test, memo_view, code);
    struct memo *const m = &d->memo[(key * 0x9e3779b97f4a7c15u) >> 49];

    if (remember && m->key == key) {
        d->counts.memo_hits++;
        return m->holds;
    }
    str const folded =
        t->test.sigma->op == TEST_PATTERN && !t->test.sigma->cased ? test_fold_kept(&d->scratch, v, &ok) : (str){"", 0};

    if (ok)
        holds = test_value(&t->test, v, folded, &d->scratch, &ok);
    d->no_memory |= !ok;
    if (remember)
        *m = (struct memo){key, holds};
    return holds;
}

static bool fieldref_holds(struct detector *d, const struct plan_test *t, const struct dictionary *da, uint32_t a,
                           const struct dictionary *db, uint32_t b) {
    const struct value *const va = dictionary_value(da, a), *const vb = dictionary_value(db, b);
    bool ok = true, holds = false;

    if (va->type == VALUE_LIST) {
        for (uint32_t i = 0; i < va->len && !holds; i++)
            holds = fieldref_holds(d, t, da, value_items(va)[i], db, b);
        return holds;
    }
    if (vb->type == VALUE_LIST) {
        for (uint32_t i = 0; i < vb->len && !holds; i++)
            holds = fieldref_holds(d, t, da, a, db, value_items(vb)[i]);
        return holds;
    }
    holds = test_fieldref(&t->test, va, vb, &d->scratch, &ok);
    d->no_memory |= !ok;
    return ok && holds;
}

static bool null_holds(const struct dictionary *dict, uint32_t code) {
    const struct value *v;

    if (!code)
        return true;
    v = dictionary_value(dict, code);
    if (v->type != VALUE_LIST)
        return v->type == VALUE_NULL;
    for (uint32_t i = 0; i < v->len; i++)
        if (dictionary_value(dict, value_items(v)[i])->type == VALUE_NULL)
            return true;
    return false;
}

/* Columns are numbered behind the views, so that memo keys differ. */
static uint32_t keyword_memo(const struct at *at, uint32_t column) {
    return at->block_memo + 4096 + (column < 4095 ? column : 1u << 20);
}

bool evaluate_keyword(struct detector *d, const struct at *at, uint32_t test, uint32_t column) {
    const struct column *const c = at->block->columns[column];

    return c->codes[at->row] && evaluate_value(d, test, keyword_memo(at, column), &c->dict, c->codes[at->row]);
}

bool evaluate_test(struct detector *d, const struct at *at, uint32_t test) {
    const struct plan_test *const t = &d->o.plan->tests[test];
    uint32_t code, other, view;

    if (t->field == PLAN_KEYWORD) {
        for (uint32_t i = 0; i < at->block->column_count; i++)
            if (evaluate_keyword(d, at, test, i))
                return true;
        return false;
    }
    view = at->kp->alias_sets[at->aliases].view_of[t->field];
    struct view *const v = at->kp->views[view];

    if (!view_code(d, at->block, v, at->row, &code)) {
        d->no_memory = true;
        return false;
    }
    switch (t->test.sigma->op) {
    case TEST_NULL:
        return null_holds(view_dictionary(v), code);
    case TEST_EXISTS:
        return (code != CODE_ABSENT) == t->test.sigma->boolean;
    case TEST_FIELDREF: {
        struct view *const w = at->kp->views[at->kp->alias_sets[at->aliases].view_of[t->other]];

        if (!view_code(d, at->block, w, at->row, &other)) {
            d->no_memory = true;
            return false;
        }
        return code && other && fieldref_holds(d, t, view_dictionary(v), code, view_dictionary(w), other);
    }
    default:
        return code &&
               evaluate_value(d, test, at->block_memo + (view < 4096 ? view : 1u << 20), view_dictionary(v), code);
    }
}

void evaluate_crowd_free(struct crowd *c) {
    if (!c || c == &no_crowd)
        return;
    literals_free(c->matcher);
    free(c->rest);
    free(c);
}

static bool can_crowd(const struct plan *p, uint32_t node) {
    const struct plan_test *const t = &p->tests[p->nodes[node].first];

    return p->nodes[node].type == NODE_TEST && t->test.sigma->op == TEST_PATTERN && t->test.simple &&
           !t->test.present_is_enough && t->test.text.len > 0;
}

/* The field that most of the first children ask about. */
static uint32_t crowd_field(const struct plan *p, const struct plan_node *n) {
    for (uint32_t i = 0; i < n->count; i++)
        if (can_crowd(p, p->children[n->first + i]))
            return p->tests[p->nodes[p->children[n->first + i]].first].field;
    return PLAN_KEYWORD;
}

/* NULL: no memory. */
static struct crowd *crowd_make(struct detector *d, const struct plan_node *n) {
    const struct plan *const p = d->o.plan;
    uint32_t const field = crowd_field(p, n);
    struct crowd *const c = calloc(1, sizeof *c);
    struct literal *const list = malloc((n->count + (size_t)1) * sizeof *list);
    uint32_t rest_room = 0, count = 0;
    bool ok = c && list;

    for (uint32_t i = 0; ok && i < n->count; i++) {
        uint32_t const child = p->children[n->first + i];
        const struct plan_test *const t = &p->tests[p->nodes[child].first];

        if (!can_crowd(p, child) || t->field != field) {
            ok = push(&c->rest, &c->rest_count, &rest_room, i);
            continue;
        }
        list[count++] = (struct literal){t->test.text, kind_plan_literal_how(&t->test), i};
    }
    if (ok) {
        c->field = field;
        ok = (c->matcher = literals_new(list, count)) != NULL;
    }
    free(list);
    if (ok && count >= CROWD_MIN)
        return c;
    evaluate_crowd_free(c);
    return ok ? (struct crowd *)(uintptr_t)&no_crowd : NULL;
}

/* The crowd of an OR; NULL: it has none, or memory is out (d->no_memory). */
const struct crowd *evaluate_crowd_of(struct detector *d, uint32_t node) {
    const struct plan_node *const n = &d->o.plan->nodes[node];

    if (LIKELY(n->count < CROWD_MIN))
        return NULL;
    if (!d->crowds[node]) {
        d->crowds[node] = crowd_make(d, n);
        d->no_memory |= !d->crowds[node];
    }
    return d->crowds[node] == &no_crowd ? NULL : d->crowds[node];
}

static void crowd_hit(void *ctx, uint32_t child) {
    (void)child;
    *(bool *)ctx = true;
}

static bool crowd_value(struct detector *d, const struct crowd *c, uint32_t node, uint32_t memo_view,
                        const struct dictionary *dict, uint32_t code) {
    const struct value *const v = dictionary_value(dict, code);
    uint64_t const test = (uint64_t)d->o.plan->test_count + node;
    char number[NUMBER_TEXT_MAX];
    bool ok = true, holds = false;

    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len && !holds; i++)
            holds = crowd_value(d, c, node, memo_view, dict, value_items(v)[i]);
        return holds;
    }
    if (v->type == VALUE_NULL || (c->field == PLAN_KEYWORD && v->inner))
        return false;
    bool const remember = test < (1u << 19) && memo_view < (1u << 20) && code < (1u << 24);
    uint64_t const key = memo_key((uint32_t)test, memo_view, code);
    struct memo *const m = &d->memo[(key * 0x9e3779b97f4a7c15u) >> 49];

    if (remember && m->key == key) {
        d->counts.memo_hits++;
        return m->holds;
    }
    str text;

    if (!scan_number(v, number, &text))
        text = test_fold_kept(&d->scratch, v, &ok);
    if (ok)
        literals_scan(c->matcher, text, crowd_hit, &holds);
    d->no_memory |= !ok;
    if (remember)
        *m = (struct memo){key, holds};
    return holds;
}

/* Which children hold of a value; of a list, of any of its items. */
static bool crowd_children(struct detector *d, const struct crowd *c, const struct dictionary *dict, uint32_t code,
                           void (*each)(void *ctx, uint32_t child), void *ctx) {
    const struct value *const v = dictionary_value(dict, code);
    char number[NUMBER_TEXT_MAX];
    bool ok = true;

    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len && ok; i++)
            ok = crowd_children(d, c, dict, value_items(v)[i], each, ctx);
        return ok;
    }
    if (v->type == VALUE_NULL || v->inner)
        return true;
    str text;

    if (!scan_number(v, number, &text))
        text = test_fold_kept(&d->scratch, v, &ok);
    if (ok)
        literals_scan(c->matcher, text, each, ctx);
    return ok;
}

bool evaluate_keywords(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node, uint32_t column,
                       void (*each)(void *ctx, uint32_t child), void *ctx) {
    const struct column *const k = at->block->columns[column];
    uint32_t const code = k->codes[at->row];

    /* Whether any holds is remembered. */
    if (!code || !crowd_value(d, c, node, keyword_memo(at, column), &k->dict, code))
        return !d->no_memory;
    return crowd_children(d, c, &k->dict, code, each, ctx);
}

/* Does one of the crowd hold? Not of its rest. */
bool evaluate_crowd(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node) {
    if (c->field == PLAN_KEYWORD) {
        for (uint32_t i = 0; i < at->block->column_count; i++) {
            const struct column *const column = at->block->columns[i];

            if (column->codes[at->row] &&
                crowd_value(d, c, node, keyword_memo(at, i), &column->dict, column->codes[at->row]))
                return true;
        }
        return false;
    }
    uint32_t const view = at->kp->alias_sets[at->aliases].view_of[c->field];
    struct view *const v = at->kp->views[view];
    uint32_t code;

    if (!view_code(d, at->block, v, at->row, &code)) {
        d->no_memory = true;
        return false;
    }
    return code && crowd_value(d, c, node, at->block_memo + (view < 4096 ? view : 1u << 20), view_dictionary(v), code);
}

bool evaluate_node(struct detector *d, const struct at *at, uint32_t node) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];
    const struct crowd *c;

    switch (n->type) {
    case NODE_TEST:
        return evaluate_test(d, at, n->first);
    case NODE_NOT:
        return !evaluate_node(d, at, p->children[n->first]);
    case NODE_AND:
        for (uint32_t i = 0; i < n->count; i++)
            if (!evaluate_node(d, at, p->children[n->first + i]))
                return false;
        return true;
    default:
        if ((c = evaluate_crowd_of(d, node))) {
            if (evaluate_crowd(d, at, c, node))
                return true;
            for (uint32_t i = 0; i < c->rest_count; i++)
                if (evaluate_node(d, at, p->children[n->first + c->rest[i]]))
                    return true;
            return false;
        }
        for (uint32_t i = 0; i < n->count; i++)
            if (evaluate_node(d, at, p->children[n->first + i]))
                return true;
        return false;
    }
}

/* Views and columns of up to 127 blocks are told apart; later ones are not remembered. */
uint32_t evaluate_block_memo(const struct block *b) {
    return b->index < 127 ? b->index * 8192 : 1u << 20;
}
