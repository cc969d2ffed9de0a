/* learn: which triggers are rare in what is really there.
 *
 * What a test costs as a trigger is guessed from its length until enough rows of a kind have been seen. Then every test
 * that could trigger is looked for in a sample of them, and all triggers are chosen again. */
#include "detection/detect_own.h"

#define LEARN_SAMPLE 4096u
#define LEARN_BYTES ((size_t)4 << 20) /* of values of one view */

struct lesson {
    struct detector *d;
    const struct block *block;
    struct kind_plan *kp;
    uint64_t *pairs; /* view << 32 | test: what could trigger */
    uint32_t pair_count, pair_room;
    /* The detector's; of tests that no use of the kind has they mean nothing. */
    float *costs;                             /* by test */
    uint32_t *seen;                           /* by test: the value it was last found in, + 1 */
    uint32_t *held;                           /* by test: rows of the sample, in the view being looked at */
    uint32_t *tried, tried_count, tried_room; /* tests of the view that are tried one by one */
    uint32_t value, value_weight;
};

static bool lesson_collect(struct lesson *l, uint32_t node, uint32_t aliases) {
    const struct plan *const p = l->d->o.plan;
    const struct plan_node *const n = &p->nodes[node];

    if (n->type == NODE_TEST) {
        const struct plan_test *const t = &p->tests[n->first];
        uint32_t const view = t->field == PLAN_KEYWORD ? NO_VIEW : l->kp->alias_sets[aliases].view_of[t->field];

        if (t->field == PLAN_KEYWORD)
            l->costs[n->first] = t->cost; /* these stay as they were guessed */
        if (view == NO_VIEW || !trigger_can(t))
            return true;
        if (!grow((void **)&l->pairs, l->pair_count, &l->pair_room, sizeof *l->pairs))
            return false;
        l->pairs[l->pair_count++] = (uint64_t)view << 32 | n->first;
        return true;
    }
    for (uint32_t i = 0; n->type != NODE_NOT && i < n->count; i++)
        if (!lesson_collect(l, p->children[n->first + i], aliases))
            return false;
    return true;
}

static int pair_order(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void lesson_found(void *ctx, uint32_t test) {
    struct lesson *const l = ctx;

    if (l->seen[test] != l->value + 1) {
        l->seen[test] = l->value + 1;
        l->held[test] += l->value_weight;
    }
}

static bool lesson_value(struct lesson *l, const struct literals *m, const struct value *v) {
    bool ok = true;

    if (v->type == VALUE_NULL)
        return true;
    literals_scan(m, test_fold(&l->d->scratch, v, &ok), lesson_found, l);
    for (uint32_t i = 0; ok && i < l->tried_count; i++)
        if (test_value(&l->d->o.plan->tests[l->tried[i]].test, v, (str){"", 0}, &l->d->scratch, &ok))
            lesson_found(l, l->tried[i]);
    return ok;
}

/* Looks for the tests of one view. */
static bool lesson_view(struct lesson *l, struct view *v, const uint64_t *pairs, uint32_t count) {
    const struct plan *const p = l->d->o.plan;
    const struct dictionary *dict;
    uint32_t const stride = l->block->row_count / LEARN_SAMPLE + 1;
    uint32_t sampled = 0, literals = 0, codes;
    struct literal *list = NULL;
    struct literals *m = NULL;
    uint32_t room = 0;
    size_t bytes = 0;
    bool ok = !v->alias || view_derive(l->d, l->block, v);

    if (!ok || !(dict = view_dictionary(v)))
        return ok;
    codes = dict->count;
    uint32_t *const weight = calloc(codes + (size_t)1, sizeof *weight);

    ok = weight != NULL;
    l->tried_count = 0;
    for (uint32_t i = 0; ok && i < count; i++) {
        const struct plan_test *const t = &p->tests[(uint32_t)pairs[i]];

        l->held[(uint32_t)pairs[i]] = 0;
        l->seen[(uint32_t)pairs[i]] = 0;
        if (kind_plan_is_tried(&t->test))
            ok = push(&l->tried, &l->tried_count, &l->tried_room, (uint32_t)pairs[i]);
        else
            ok = kind_plan_literals(&t->test, (uint32_t)pairs[i], &list, &literals, &room);
    }
    ok = ok && (m = literals_new(list, literals));
    for (uint32_t row = 0; ok && row < l->block->row_count; row += stride, sampled++)
        weight[v->alias ? v->derived_codes[row] : v->column->codes[row]]++;
    for (uint32_t code = 1; ok && code <= codes && bytes < LEARN_BYTES; code++) {
        const struct value *const value = dictionary_value(dict, code);

        if (!weight[code])
            continue;
        l->value = code;
        l->value_weight = weight[code];
        if (value->type != VALUE_LIST) {
            bytes += value->len;
            ok = lesson_value(l, m, value);
        }
        for (uint32_t i = 0; ok && value->type == VALUE_LIST && i < value->len; i++) {
            const struct value *const item = dictionary_value(dict, value_items(value)[i]);

            bytes += item->len;
            ok = item->type == VALUE_LIST || lesson_value(l, m, item);
        }
    }
    for (uint32_t i = 0; ok && sampled && i < count; i++) {
        uint32_t const test = (uint32_t)pairs[i];
        const struct plan_test *const t = &p->tests[test];
        float const share = (float)l->held[test] / (float)sampled;
        /* What was never seen is ordered by the guess. To try an expression on every value is dear in itself. */
        float const cost = 0.98f * share + 0.001f * t->cost +
                           (t->test.sigma->op == TEST_REGEX && kind_plan_is_tried(&t->test) ? 0.3f : 0);

        if (cost > l->costs[test])
            l->costs[test] = cost < 0.99f ? cost : 0.99f;
    }
    literals_free(m);
    free(list);
    free(weight);
    return ok;
}

/* As if no trigger had been chosen. */
static void triggers_forget(struct kind_plan *kp) {
    for (uint32_t i = 0; i < kp->trigger_count; i++)
        free(kp->triggers[i].uses);
    kp->trigger_count = kp->always_count = kp->keyword_count = kp->columns_seen = 0;
    kp->class_used = kp->class_count = 0;
    if (kp->trigger_slots)
        memset(kp->trigger_slots, 0, ((size_t)kp->trigger_mask + 1) * sizeof *kp->trigger_slots);
    for (uint32_t i = 0; i < kp->view_count; i++) {
        struct view *const v = kp->views[i];

        v->trigger_count = v->tried_count = v->classes_done = 0;
        v->any_class = v->has_keywords = false;
        view_matchers_drop(v);
    }
    view_matchers_unshare(kp);
}

/* Room by test and by node, made once: most kinds have few of either. */
static bool lesson_room(struct detector *d) {
    size_t const tests = d->o.plan->test_count + (size_t)1, nodes = d->o.plan->node_count + (size_t)1;

    if (!d->lesson.costs)
        d->lesson.costs = malloc(tests * sizeof *d->lesson.costs);
    if (!d->lesson.seen)
        d->lesson.seen = malloc(tests * sizeof *d->lesson.seen);
    if (!d->lesson.held)
        d->lesson.held = malloc(tests * sizeof *d->lesson.held);
    if (!d->lesson.node_costs)
        d->lesson.node_costs = malloc(nodes * sizeof *d->lesson.node_costs);
    return d->lesson.costs && d->lesson.seen && d->lesson.held && d->lesson.node_costs;
}

bool learn_triggers(struct detector *d, struct kind_plan *kp, const struct block *b) {
    const struct plan *const p = d->o.plan;
    struct lesson l = {.d = d, .block = b, .kp = kp};
    bool ok = lesson_room(d);
    uint32_t kept = 0;

    l.costs = d->lesson.costs;
    l.seen = d->lesson.seen;
    l.held = d->lesson.held;
    for (uint32_t i = 0; ok && i < kp->use_count; i++)
        ok = lesson_collect(&l, p->rules[kp->uses[i].rule].root, kp->uses[i].aliases);
    if (ok && l.pair_count)
        qsort(l.pairs, l.pair_count, sizeof *l.pairs, pair_order);
    for (uint32_t i = 0; ok && i < l.pair_count; i++)
        if (i == 0 || l.pairs[i] != l.pairs[i - 1])
            l.pairs[kept++] = l.pairs[i];
    for (uint32_t i = 0; i < kept; i++)
        l.costs[(uint32_t)l.pairs[i]] = 0;
    for (uint32_t from = 0, to; ok && from < kept; from = to) {
        for (to = from; to < kept && l.pairs[to] >> 32 == l.pairs[from] >> 32; to++)
            ;
        ok = lesson_view(&l, kp->views[l.pairs[from] >> 32], l.pairs + from, to - from);
    }
    for (uint32_t i = 0; ok && i < kept; i++) {
        uint32_t const test = (uint32_t)l.pairs[i];

        if (l.costs[test] <= 0) /* no record has the field */
            l.costs[test] = 0.001f * p->tests[test].cost;
    }
    if (ok)
        triggers_forget(kp);
    for (uint32_t i = 0; ok && i < kp->use_count; i++) {
        trigger_costs_of(p, l.costs, p->rules[kp->uses[i].rule].root, d->lesson.node_costs);
        ok = kind_plan_trigger(d, kp, i, d->lesson.node_costs);
    }
    free(l.pairs);
    free(l.tried);
    return ok;
}
