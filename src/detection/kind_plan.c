/* kind_plan: the rules whose log source covers a kind, the views of their fields, and the tests that trigger them. */
#include "detection/detect_own.h"

#include <assert.h>

static bool part_covers(str rule, str kind) {
    return rule.len == 0 || str_eq_ascii(rule, kind);
}

bool logsource_covers(const struct sigma_logsource *rule, const struct kind *kind, size_t *index) {
    for (size_t i = 0; i < kind->logsource_count; i++) {
        const struct kind_logsource *const l = &kind->logsources[i];

        if (part_covers(rule->product, l->product) && part_covers(rule->category, l->category) &&
            part_covers(rule->service, l->service)) {
            *index = i;
            return true;
        }
    }
    return false;
}
static struct trigger *trigger_of(struct kind_plan *kp, uint32_t test, uint32_t view) {
    uint64_t const h = ((uint64_t)test << 20 ^ view) * 0x9e3779b97f4a7c15u;
    uint32_t at;

    if (!kp->trigger_slots || kp->trigger_count >= kp->trigger_mask / 2) {
        uint32_t const mask = kp->trigger_slots ? kp->trigger_mask * 2 + 1 : 255;
        uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);

        if (!slots)
            return NULL;
        for (uint32_t i = 0; i < kp->trigger_count; i++) {
            uint64_t const g = ((uint64_t)kp->triggers[i].test << 20 ^ kp->triggers[i].view) * 0x9e3779b97f4a7c15u;

            for (at = (uint32_t)(g >> 32) & mask; slots[at]; at = (at + 1) & mask)
                ;
            slots[at] = i + 1;
        }
        free(kp->trigger_slots);
        kp->trigger_slots = slots;
        kp->trigger_mask = mask;
    }
    for (at = (uint32_t)(h >> 32) & kp->trigger_mask; kp->trigger_slots[at]; at = (at + 1) & kp->trigger_mask) {
        struct trigger *const t = &kp->triggers[kp->trigger_slots[at] - 1];

        if (t->test == test && t->view == view)
            return t;
    }
    if (!grow((void **)&kp->triggers, kp->trigger_count, &kp->trigger_room, sizeof *kp->triggers))
        return NULL;
    kp->triggers[kp->trigger_count] = (struct trigger){.test = test, .view = view};
    kp->trigger_slots[at] = ++kp->trigger_count;
    return &kp->triggers[kp->trigger_count - 1];
}

/* Triggers that no literal tells of are tested on each value. */
bool kind_plan_is_tried(const struct test *t) {
    return t->sigma->op == TEST_NUMBER || (t->sigma->op == TEST_REGEX && !t->need_count);
}

static bool literal_add(struct literal **list, uint32_t *count, uint32_t *room, struct literal l) {
    if (!grow((void **)list, *count, room, sizeof **list))
        return false;
    (*list)[(*count)++] = l;
    return true;
}

enum literal_how kind_plan_literal_how(const struct test *t) {
    return t->any_before ? (t->any_behind ? LITERAL_CONTAINS : LITERAL_ENDS)
                         : (t->any_behind ? LITERAL_STARTS : LITERAL_EQUALS);
}

/* Literals of which every folded value that satisfies the test satisfies one, under the number id. */
bool kind_plan_literals(const struct test *t, uint32_t id, struct literal **list, uint32_t *count, uint32_t *room) {
    assert(!kind_plan_is_tried(t));
    if (t->sigma->op == TEST_BOOL)
        return literal_add(list, count, room,
                           (struct literal){t->sigma->boolean ? S("true") : S("false"), LITERAL_EQUALS, id});
    if (t->sigma->op == TEST_REGEX) {
        for (size_t i = 0; i < t->need_count; i++)
            if (!literal_add(list, count, room, (struct literal){t->needs[i], LITERAL_CONTAINS, id}))
                return false;
        return true;
    }
    return literal_add(list, count, room,
                       (struct literal){t->text, t->simple ? kind_plan_literal_how(t) : LITERAL_CONTAINS, id});
}

bool kind_plan_view_trigger(struct detector *d, struct kind_plan *kp, uint32_t view, uint32_t trigger) {
    struct view *const v = kp->views[view];
    const struct plan_test *const t = &d->o.plan->tests[kp->triggers[trigger].test];

    if (kind_plan_is_tried(&t->test))
        return push(&v->tried, &v->tried_count, &v->tried_room, trigger);
    return kind_plan_literals(&t->test, trigger, &v->triggers, &v->trigger_count, &v->trigger_room);
}

static bool trigger_use(struct detector *d, struct kind_plan *kp, uint32_t test, uint32_t view, uint32_t use) {
    uint32_t const before = kp->trigger_count;
    struct trigger *const t = trigger_of(kp, test, view);

    if (!t || !push(&t->uses, &t->use_count, &t->use_room, use))
        return false;
    if (kp->trigger_count == before)
        return true;
    if (view != NO_VIEW)
        return kind_plan_view_trigger(d, kp, view, before);
    return push(&kp->keyword_tests, &kp->keyword_count, &kp->keyword_room, before);
}

/* The view of a plan field under a use's aliases. */
static uint32_t field_view(const struct detector *d, struct kind_plan *kp, uint32_t aliases, uint32_t field) {
    struct alias_set *const set = &kp->alias_sets[aliases];
    field_id const id = d->o.plan->fields[field];
    const struct kind_alias *alias = NULL;

    if (set->view_of[field] != NO_VIEW)
        return set->view_of[field];
    if (set->logsource != NO_ALIASES) {
        const struct kind_logsource *const l = &kp->kind->logsources[set->logsource];

        for (size_t i = 0; i < l->alias_count; i++)
            if (l->aliases[i].field == id)
                alias = &l->aliases[i];
    }
    /* A plain renaming is the other column itself. */
    if (alias && alias->source_count == 1 && alias->sources[0].how == DERIVE_COPY && !alias->sources[0].only_if)
        return set->view_of[field] = view_add(kp, alias->sources[0].inputs[0], NULL);
    return set->view_of[field] = view_add(kp, id, alias);
}

struct choice {
    struct detector *d;
    struct kind_plan *kp;
    uint32_t use;
};

static bool trigger_add(void *ctx, uint32_t test) {
    const struct choice *const c = ctx;
    const struct plan_test *const t = &c->d->o.plan->tests[test];
    uint32_t view = NO_VIEW;

    if (t->field != PLAN_KEYWORD && (view = field_view(c->d, c->kp, c->kp->uses[c->use].aliases, t->field)) == NO_VIEW)
        return false;
    return trigger_use(c->d, c->kp, test, view, c->use);
}

bool kind_plan_trigger(struct detector *d, struct kind_plan *kp, uint32_t use, const float *costs) {
    uint32_t const root = d->o.plan->rules[kp->uses[use].rule].root;
    struct choice c = {d, kp, use};

    if (costs[root] >= TRIGGER_NEVER)
        return push(&kp->always, &kp->always_count, &kp->always_room, use);
    return trigger_choose(d->o.plan, costs, root, trigger_add, &c);
}

/* Every field gets its view now, so that ingest knows which columns are wanted; and of those that no field test names, which
 * types of values. */
static bool use_add(struct detector *d, struct kind_plan *kp, uint32_t rule, uint32_t aliases) {
    const struct plan_rule *const r = &d->o.plan->rules[rule];
    struct use u = {.rule = rule, .aliases = aliases, .number = ++d->use_total};

    u.view_count = r->keywords || r->field_count > USE_VIEWS_MAX ? USE_VIEWS_MAX + 1 : r->field_count;
    for (uint32_t i = 0; i < r->field_count; i++) {
        uint32_t const view = field_view(d, kp, aliases, r->fields[i]);

        if (view == NO_VIEW)
            return false;
        if (u.view_count <= USE_VIEWS_MAX)
            u.views[i] = view;
    }
    kp->keyword_types |= r->keyword_types;
    if (!grow((void **)&kp->uses, kp->use_count, &kp->use_room, sizeof *kp->uses))
        return false;
    kp->uses[kp->use_count] = u;
    return kind_plan_trigger(d, kp, kp->use_count++, d->costs);
}

/* Does a value that satisfies the test hold one of its literals? */
static bool has_literals(const struct test *t) {
    switch (t->sigma->op) {
    case TEST_BOOL:
        return true;
    case TEST_REGEX:
        return t->need_count > 0;
    case TEST_PATTERN:
        return t->text.len > 0 || (t->simple && kind_plan_literal_how(t) == LITERAL_EQUALS);
    default:
        return false;
    }
}

struct sieve {
    struct literal *items;
    uint32_t count, room;
    bool whole; /* every test so far has literals */
};

static bool sieve_add(const struct plan *p, uint32_t node, struct sieve *s) {
    const struct plan_node *const n = &p->nodes[node];
    const struct plan_test *const t = &p->tests[n->first];

    for (uint32_t i = 0; n->type != NODE_TEST && i < n->count; i++)
        if (!sieve_add(p, p->children[n->first + i], s))
            return false;
    if (n->type != NODE_TEST || t->field != PLAN_KEYWORD)
        return true;
    s->whole &= has_literals(&t->test);
    return !s->whole || kind_plan_literals(&t->test, 0, &s->items, &s->count, &s->room);
}

struct start {
    const struct plan *p;
    struct sieve s;
};

static bool start_add(void *ctx, uint32_t test) {
    struct start *const a = ctx;

    assert(a->p->tests[test].field == PLAN_KEYWORD);
    return kind_plan_literals(&a->p->tests[test].test, 0, &a->s.items, &a->s.count, &a->s.room);
}

/* What must hold in an event for the node's truth to depend on which texts are kept of it. What keywords can start is false of an
 * event where what starts it does not hold. Anything else (keywords below a NOT, or beside a field that is enough) depends on
 * texts as far as its children do. */
static bool starts_add(struct start *a, const float *costs, uint32_t node) {
    const struct plan_node *const n = &a->p->nodes[node];

    if (costs[node] < TRIGGER_NEVER)
        return trigger_choose(a->p, costs, node, start_add, a);
    if (n->type == NODE_TEST)
        return sieve_add(a->p, node, &a->s);
    for (uint32_t i = 0; i < n->count; i++)
        if (!starts_add(a, costs, a->p->children[n->first + i]))
            return false;
    return true;
}

static bool keyword_costs_make(struct detector *d) {
    const struct plan *const p = d->o.plan;
    float *const tests = malloc((p->test_count + (size_t)1) * sizeof *tests);

    d->keyword_costs = malloc((p->node_count + (size_t)1) * sizeof *d->keyword_costs);
    for (uint32_t i = 0; tests && i < p->test_count; i++)
        tests[i] = p->tests[i].field == PLAN_KEYWORD ? p->tests[i].cost : TRIGGER_NEVER;
    if (tests && d->keyword_costs)
        trigger_costs(p, tests, d->keyword_costs);
    free(tests);
    return tests && d->keyword_costs;
}

/* What is asked of a whole event before its values are sifted. */
static bool needles_make(struct detector *d, struct kind_plan *kp) {
    const struct plan *const p = d->o.plan;
    struct start a = {.p = p, .s = {.whole = true}};
    str *words = NULL;
    bool ok = d->keyword_costs || keyword_costs_make(d), empty = false;

    for (uint32_t i = 0; ok && i < kp->use_count; i++) {
        const struct plan_rule *const r = &p->rules[kp->uses[i].rule];

        if (!r->keywords)
            continue;
        ok = starts_add(&a, d->keyword_costs, r->root);
        for (uint32_t k = 0; ok && k < r->filter_count; k++)
            ok = starts_add(&a, d->keyword_costs, p->filter_roots[r->filters + k]);
    }
    ok = ok && (words = malloc((a.s.count + (size_t)1) * sizeof *words));
    for (uint32_t i = 0; ok && i < a.s.count; i++) {
        words[i] = a.s.items[i].text;
        empty |= words[i].len == 0;
    }
    if (ok && !empty)
        ok = (kp->needles = needles_new(words, a.s.count)) != NULL;
    free(words);
    free(a.s.items);
    return ok;
}

/* Tests below a NOT as well: what is not kept must not satisfy them either. */
static bool sieve_make(struct detector *d, struct kind_plan *kp) {
    const struct plan *const p = d->o.plan;
    struct sieve s = {.whole = true};
    bool ok = true;

    for (uint32_t i = 0; ok && i < kp->use_count; i++) {
        const struct plan_rule *const r = &p->rules[kp->uses[i].rule];

        ok = !r->keywords || sieve_add(p, r->root, &s);
        for (uint32_t k = 0; ok && r->keywords && k < r->filter_count; k++)
            ok = sieve_add(p, p->filter_roots[r->filters + k], &s);
    }
    if (ok && s.whole && s.count)
        ok = (kp->sieve = literals_new(s.items, s.count)) != NULL;
    free(s.items);
    return ok && (!kp->sieve || needles_make(d, kp));
}

static bool covers_one(const struct sigma_logsource *rule, const struct kind_logsource *l) {
    return part_covers(rule->product, l->product) && part_covers(rule->category, l->category) &&
           part_covers(rule->service, l->service);
}

void kind_plan_free(struct kind_plan *kp) {
    if (!kp)
        return;
    for (uint32_t i = 0; i < kp->alias_count; i++)
        free(kp->alias_sets[i].view_of);
    for (uint32_t i = 0; i < kp->trigger_count; i++)
        free(kp->triggers[i].uses);
    for (uint32_t i = 0; i < kp->view_count; i++)
        view_free(kp->views[i]);
    view_matchers_unshare(kp);
    literals_free(kp->sieve);
    needles_free(kp->needles);
    free(kp->alias_sets);
    free(kp->uses);
    free(kp->triggers);
    free(kp->trigger_slots);
    free(kp->views);
    free(kp->always);
    free(kp->keyword_tests);
    free(kp->class_pool);
    free(kp->class_at);
    free(kp);
}

/* Alias set 0 is the record's own names; i + 1 that of log source i. */
static struct kind_plan *kind_plan_new(struct detector *d, const struct kind *kind) {
    const struct plan *const p = d->o.plan;
    struct kind_plan *const kp = calloc(1, sizeof *kp);
    bool *covers = NULL; /* by log source of rules, then of the kind */

    if (!kp)
        return NULL;
    kp->kind = kind;
    kp->alias_sets = calloc(kind->logsource_count + 1, sizeof *kp->alias_sets);
    if (!kp->alias_sets)
        goto fail;
    kp->alias_count = (uint32_t)kind->logsource_count + 1;
    for (uint32_t i = 0; i < kp->alias_count; i++) {
        kp->alias_sets[i].logsource = i ? i - 1 : NO_ALIASES;
        if (!(kp->alias_sets[i].view_of = malloc((p->field_count + 1) * sizeof(uint32_t))))
            goto fail;
        memset(kp->alias_sets[i].view_of, 0xff, (p->field_count + 1) * sizeof(uint32_t));
    }
    if (!(covers = malloc(d->source_count * kind->logsource_count + 1)))
        goto fail;
    for (uint32_t s = 0; s < d->source_count; s++)
        for (size_t i = 0; i < kind->logsource_count; i++)
            covers[s * kind->logsource_count + i] =
                covers_one(&p->rules[d->source_rules[s]].sigma->logsource, &kind->logsources[i]);
    for (uint32_t r = 0; r < p->rule_count; r++) {
        bool plain = false;

        if (p->rules[r].sigma->type != SIGMA_DETECTION || (d->o.skip && d->o.skip[r]))
            continue;
        for (size_t i = 0; i < kind->logsource_count; i++) {
            const struct kind_logsource *const l = &kind->logsources[i];

            if (!covers[d->sources[r] * kind->logsource_count + i] || (plain && l->alias_count == 0))
                continue;
            plain |= l->alias_count == 0;
            if (!use_add(d, kp, r, l->alias_count ? (uint32_t)i + 1 : 0))
                goto fail;
        }
    }
    if (!sieve_make(d, kp))
        goto fail;
    free(covers);
    return kp;
fail:
    free(covers);
    kind_plan_free(kp);
    return NULL;
}

struct kind_plan *kind_plan_of(struct detector *d, const struct block *b) {
    while (b->index >= d->plan_count) {
        if (!grow((void **)&d->plans, d->plan_count, &d->plan_room, sizeof *d->plans))
            return NULL;
        d->plans[d->plan_count++] = NULL;
    }
    if (!d->plans[b->index])
        d->plans[b->index] = kind_plan_new(d, b->kind);
    return d->plans[b->index];
}
