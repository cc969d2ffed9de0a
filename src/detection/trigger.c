/* trigger: one pass over the nodes, which stand behind their children. */
#include "detection/trigger.h"

#include <assert.h>

static float cheapest(const struct plan *p, const struct plan_node *n, const float *costs) {
    float cost = TRIGGER_NEVER;

    for (uint32_t i = 0; i < n->count; i++) {
        float const child = costs[p->children[n->first + i]];

        cost = child < cost ? child : cost;
    }
    return cost;
}

static float all_together(const struct plan *p, const struct plan_node *n, const float *costs) {
    float cost = 0;

    for (uint32_t i = 0; i < n->count; i++) {
        float const child = costs[p->children[n->first + i]];

        if (child >= TRIGGER_NEVER)
            return TRIGGER_NEVER;
        cost += child;
    }
    return cost < 0.999f ? cost : 0.999f;
}

bool trigger_can(const struct plan_test *t) {
    switch (t->test.sigma->op) {
    case TEST_NUMBER:
        return t->field != PLAN_KEYWORD;
    case TEST_BOOL:
        return true;
    case TEST_REGEX:
        return !t->test.matches_empty;
    case TEST_PATTERN:
        return !t->test.present_is_enough && t->cost < TRIGGER_NEVER;
    default:
        return false;
    }
}

static void cost_of(const struct plan *p, const float *tests, uint32_t i, float *costs) {
    const struct plan_node *const n = &p->nodes[i];

    if (n->type == NODE_AND)
        costs[i] = cheapest(p, n, costs);
    else if (n->type == NODE_OR)
        costs[i] = all_together(p, n, costs);
    else if (n->type == NODE_TEST && trigger_can(&p->tests[n->first]))
        costs[i] = tests ? tests[n->first] : p->tests[n->first].cost;
    else
        costs[i] = TRIGGER_NEVER;
}

void trigger_costs(const struct plan *p, const float *tests, float *costs) {
    for (uint32_t i = 0; i < p->node_count; i++) {
        const struct plan_node *const n = &p->nodes[i];

        for (uint32_t c = 0; n->type != NODE_TEST && c < n->count; c++)
            assert(p->children[n->first + c] < i);
        cost_of(p, tests, i, costs);
    }
}

void trigger_costs_of(const struct plan *p, const float *tests, uint32_t node, float *costs) {
    const struct plan_node *const n = &p->nodes[node];

    /* What stands below a NOT starts nothing. */
    for (uint32_t c = 0; n->type != NODE_TEST && n->type != NODE_NOT && c < n->count; c++)
        trigger_costs_of(p, tests, p->children[n->first + c], costs);
    cost_of(p, tests, node, costs);
}

bool trigger_choose(const struct plan *p, const float *costs, uint32_t node, bool (*each)(void *ctx, uint32_t test),
                    void *ctx) {
    const struct plan_node *const n = &p->nodes[node];

    assert(costs[node] < TRIGGER_NEVER);
    if (n->type == NODE_TEST)
        return each(ctx, n->first);
    if (n->type == NODE_OR) {
        for (uint32_t i = 0; i < n->count; i++)
            if (!trigger_choose(p, costs, p->children[n->first + i], each, ctx))
                return false;
        return true;
    }
    assert(n->type == NODE_AND && n->count > 0);

    uint32_t best = p->children[n->first];

    for (uint32_t i = 1; i < n->count; i++)
        if (costs[p->children[n->first + i]] < costs[best])
            best = p->children[n->first + i];
    return trigger_choose(p, costs, best, each, ctx);
}
