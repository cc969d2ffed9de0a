/* select_rule: rules under the names of log sources, as questions (atoms) to values of fields (views).
 *
 * A field that a log source has an alias for is what the sources of the alias make: of one input each of its values alone; of several the
 * first value of each, which only a record knows: there all that is asked is whether they are there, and, where a template puts them together, whether one
 * of them has the longest part of what is looked for that the template itself has not. Conditions of a source are left
 * out of account, so that it gives more than it does, never less. */
#include "hunt/select_own.h"

#include <assert.h>

/* ---- views ---- */

static bool text_same(str a, str b) {
    return a.len == b.len && (!a.len || str_eq(a, b)); /* one that is not said has no bytes */
}

static bool source_same(const struct kind_source *a, const struct kind_source *b) {
    return a->how == b->how && text_same(a->text, b->text) && text_same(a->constant, b->constant) && a->map == b->map &&
           a->map_count == b->map_count && a->home == b->home;
}

static uint32_t view_add(struct select *s, field_id field, enum view_how how, const struct kind_source *source) {
    while (how != VIEW_ALL && field >= s->view_of_room) {
        uint32_t const room = s->view_of_room ? s->view_of_room * 2 : 1024;
        uint32_t *const bigger = reallocarray(s->view_of, room, sizeof *bigger);

        if (!bigger)
            return NONE;
        memset(bigger + s->view_of_room, 0, (room - s->view_of_room) * sizeof *bigger);
        s->view_of = bigger;
        s->view_of_room = room;
    }
    for (uint32_t i = how == VIEW_ALL ? s->keywords : s->view_of[field] - 1; i != NONE; i = s->views[i].next)
        if (s->views[i].how == how &&
            ((how != VIEW_MADE && how != VIEW_PART) || source_same(s->views[i].source, source)))
            return i;
    if (!select_grow((void **)&s->views, s->view_count, &s->view_room, sizeof *s->views))
        return NONE;
    s->views[s->view_count] = (struct view){.field = field, .how = how, .source = source, .presence = NONE};
    if (how == VIEW_ALL) {
        s->views[s->view_count].next = NONE;
        return s->keywords = s->view_count++;
    }
    s->views[s->view_count].next = s->view_of[field] - 1;
    s->view_of[field] = ++s->view_count;
    return s->view_count - 1;
}

/* ---- atoms ---- */

static uint32_t atom_hash(uint32_t view, uint32_t test) {
    return (uint32_t)((((uint64_t)view << 32 | test) * 0x9e3779b97f4a7c15u) >> 32);
}

static bool atoms_grow(struct select *s) {
    uint32_t const mask = s->atom_slots ? s->atom_mask * 2 + 1 : 1023;
    uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < s->atom_count; i++) {
        uint32_t at = atom_hash(s->atoms[i].view, s->atoms[i].test) & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    free(s->atom_slots);
    s->atom_slots = slots;
    s->atom_mask = mask;
    return true;
}

static enum atom_how how_of(const struct plan_test *t) {
    if (t->test.present_is_enough)
        return ATOM_PRESENT;
    if (t->test.sigma->op == TEST_NUMBER)
        return ATOM_FOUND;
    return trigger_can(t) && !kind_plan_is_tried(&t->test) ? ATOM_FOUND : ATOM_TRIED;
}

/* test NONE: is there a value? */
static uint32_t atom_add(struct select *s, uint32_t view, uint32_t test) {
    bool const is_test = test < s->o.plan->test_count;
    uint32_t at;

    if (is_test && how_of(&s->o.plan->tests[test]) == ATOM_PRESENT)
        test = NONE;
    if ((!s->atom_slots || s->atom_count >= s->atom_mask / 2) && !atoms_grow(s))
        return NONE;
    for (at = atom_hash(view, test) & s->atom_mask; s->atom_slots[at]; at = (at + 1) & s->atom_mask) {
        const struct atom *const a = &s->atoms[s->atom_slots[at] - 1];

        if (a->view == view && a->test == test)
            return s->atom_slots[at] - 1;
    }
    struct view *const v = &s->views[view];

    if (!select_grow((void **)&s->atoms, s->atom_count, &s->atom_room, sizeof *s->atoms) ||
        (test != NONE && !select_push(&v->atoms, &v->atom_count, &v->atom_room, s->atom_count)))
        return NONE;
    struct atom *const a = &s->atoms[s->atom_count];

    *a = (struct atom){.view = view, .test = test, .slot = NONE};
    if (test == NONE) {
        v->presence = s->atom_count;
    } else if (!is_test) {
        a->how = ATOM_TRIED;
    } else {
        const struct test *const t = &s->o.plan->tests[test].test;

        a->how = (uint8_t)how_of(&s->o.plan->tests[test]);
        a->exact = v->how == VIEW_PART || (t->sigma->op == TEST_PATTERN && t->simple);
        a->sure = v->how == VIEW_SELF && a->how == ATOM_FOUND && t->sigma->op != TEST_REGEX;
    }
    s->atom_slots[at] = s->atom_count + 1;
    return s->atom_count++;
}

/* ---- ways ---- */

static bool way_push(struct select *s, uint32_t n) {
    return select_push(&s->ways, &s->way_count, &s->way_room, n);
}

/* A value of the view that satisfies the test, as one more way. */
static bool way_add(struct select *s, uint32_t from, field_id field, enum view_how how,
                    const struct kind_source *source, uint32_t test) {
    uint32_t const view = view_add(s, field, how, source);
    uint32_t const atom = view == NONE ? NONE : atom_add(s, view, test);

    if (atom == NONE || !way_push(s, 1) || !way_push(s, atom))
        return false;
    s->ways[from]++;
    return true;
}

/* Can the test be asked of fields that are put together? */
static bool part_can(const struct select *s, const struct kind_source *source, uint32_t test, bool *can) {
    const struct plan_test *const t = test == NONE ? NULL : &s->o.plan->tests[test];
    struct literal *list = NULL;
    uint32_t count = 0, room = 0;

    *can = false;
    if (source->how != DERIVE_JOIN || !t || how_of(t) != ATOM_FOUND)
        return true;
    bool const ok = select_test_literals(t, source, 0, &list, &count, &room, can);

    free(list);
    return ok;
}

/* Several fields put together: all are there; and what the test looks for, or the longest part of it, stands in one of them: part, NONE where it need not. */
static bool way_together(struct select *s, uint32_t from, const struct kind_source *source, uint32_t part,
                         uint32_t test) {
    /* Without its first input none makes anything, and JOIN without any of them. */
    uint32_t const count = source->how == DERIVE_JOIN ? (uint32_t)source->input_count : 1;

    if (!way_push(s, count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t const view = i == part ? view_add(s, source->inputs[i], VIEW_PART, source)
                                        : view_add(s, source->inputs[i], VIEW_TEXT, NULL);
        uint32_t const atom = view == NONE ? NONE : atom_add(s, view, i == part ? test : NONE);

        if (atom == NONE || !way_push(s, atom))
            return false;
    }
    s->ways[from]++;
    return true;
}

/* All that a source makes of a record. */
static bool way_of_source(struct select *s, uint32_t from, const struct kind_alias *alias,
                          const struct kind_source *source, uint32_t test) {
    bool const plain = alias->source_count == 1 && !source->only_if;

    if (source->how == DERIVE_COPY)
        return way_add(s, from, source->inputs[0], plain ? VIEW_SELF : VIEW_TEXT, NULL, test);
    if (source->how == DERIVE_AFTER)
        return way_add(s, from, source->inputs[0], VIEW_TEXT, NULL, test);
    if (source->input_count == 1)
        return way_add(s, from, source->inputs[0], VIEW_MADE, source, test);
    bool can;

    if (!part_can(s, source, test, &can))
        return false;
    for (uint32_t i = 0; can && i < source->input_count; i++)
        if (!way_together(s, from, source, i, test))
            return false;
    return can || way_together(s, from, source, NONE, test);
}

static bool way_make(struct select *s, uint32_t aliases, uint32_t test) {
    const struct plan_test *const t = &s->o.plan->tests[test];
    struct aliases *const a = &s->aliases[aliases];
    const struct kind_alias *alias = NULL;
    uint32_t const from = s->way_count;
    enum sigma_test_op const op = t->test.sigma->op;
    uint32_t asked = test;

    if (a->ways[test])
        return true;
    if (op == TEST_NULL || (op == TEST_EXISTS && !t->test.sigma->boolean)) {
        a->ways[test] = WAY_ALL;
        return true;
    }
    if (t->field == PLAN_KEYWORD) {
        if (how_of(t) != ATOM_FOUND) {
            a->ways[test] = WAY_ALL;
            return true;
        }
        if (!way_push(s, 0) || !way_add(s, from, FIELD_NONE, VIEW_ALL, NULL, test))
            return false;
        a->ways[test] = from + WAYS;
        return true;
    }
    if (op == TEST_EXISTS || op == TEST_FIELDREF || op == TEST_BYTES)
        asked = NONE;
    if (!way_push(s, 0))
        return false;
    field_id const field = s->o.plan->fields[t->field];

    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].field == field)
            alias = &a->items[i]; /* the last, as detection has it */
    if (!alias && !way_add(s, from, field, VIEW_SELF, NULL, asked))
        return false;
    for (size_t i = 0; alias && i < alias->source_count; i++)
        if (!way_of_source(s, from, alias, &alias->sources[i], asked))
            return false;
    a->ways[test] = from + WAYS;
    return true;
}

static bool node_ways(struct select *s, uint32_t aliases, uint32_t node) {
    const struct plan_node *const n = &s->o.plan->nodes[node];

    if (n->type == NODE_TEST)
        return way_make(s, aliases, n->first);
    for (uint32_t i = 0; i < n->count; i++)
        if (!node_ways(s, aliases, s->o.plan->children[n->first + i]))
            return false;
    return true;
}

/* ---- log sources ---- */

static bool group_same(const struct sigma_logsource *a, const struct sigma_logsource *b) {
    return str_eq(a->product, b->product) && str_eq(a->category, b->category) && str_eq(a->service, b->service);
}

bool select_groups_make(struct select *s) {
    const struct plan *const p = s->o.plan;

    for (uint32_t r = 0; r < p->rule_count; r++) {
        const struct sigma_rule *const rule = p->rules[r].sigma;
        uint32_t i = 0;

        if (rule->type != SIGMA_DETECTION || (s->o.skip && s->o.skip[r]))
            continue;
        while (i < s->group_count && !group_same(&p->rules[s->groups[i].rule].sigma->logsource, &rule->logsource))
            i++;
        if (i == s->group_count) {
            if (!select_grow((void **)&s->groups, s->group_count, &s->group_room, sizeof *s->groups))
                return false;
            s->groups[s->group_count++] = (struct group){.rule = r};
        }
        if (!select_push(&s->groups[i].rules, &s->groups[i].count, &s->groups[i].room, r))
            return false;
    }
    return true;
}

static uint32_t aliases_add(struct select *s, const struct kind_logsource *l) {
    for (uint32_t i = 0; i < s->aliases_count; i++)
        if (s->aliases[i].count == l->alias_count && (!l->alias_count || s->aliases[i].items == l->aliases))
            return i;
    if (!select_grow((void **)&s->aliases, s->aliases_count, &s->aliases_room, sizeof *s->aliases))
        return NONE;
    uint32_t *const ways = calloc(s->o.plan->test_count + (size_t)1, sizeof *ways);

    if (!ways)
        return NONE;
    s->aliases[s->aliases_count] = (struct aliases){l->aliases, l->alias_count, ways};
    return s->aliases_count++;
}

static uint32_t pair_add(struct select *s, uint32_t group, uint32_t aliases) {
    const struct group *const g = &s->groups[group];

    for (uint32_t i = 0; i < s->pair_count; i++)
        if (s->pairs[i].group == group && s->pairs[i].aliases == aliases)
            return i;
    for (uint32_t i = 0; i < g->count; i++)
        if (!node_ways(s, aliases, s->o.plan->rules[g->rules[i]].root))
            return NONE;
    if (!select_grow((void **)&s->pairs, s->pair_count, &s->pair_room, sizeof *s->pairs))
        return NONE;
    s->pairs[s->pair_count] = (struct pair){.group = group, .aliases = aliases};
    return s->pair_count++;
}

static bool kind_pair(struct select *s, struct kind_pairs *k, const struct kind_logsource *l, uint32_t group) {
    struct kind const one = {.logsources = l, .logsource_count = 1};
    size_t at;

    if (!logsource_covers(&s->o.plan->rules[s->groups[group].rule].sigma->logsource, &one, &at))
        return true;
    uint32_t const aliases = aliases_add(s, l);
    uint32_t const pair = aliases == NONE ? NONE : pair_add(s, group, aliases);

    if (pair == NONE)
        return false;
    for (uint32_t i = 0; i < k->count; i++)
        if (k->pairs[i] == pair)
            return true;
    return select_push(&k->pairs, &k->count, &k->room, pair);
}

/* The number of a condition as if it were a test. NONE: no memory. */
static uint32_t condition_number(struct select *s, const struct kind_condition *c) {
    for (uint32_t i = 0; i < s->condition_count; i++) /* kinds that extend another have its conditions */
        if (s->conditions[i]->field == c->field && s->conditions[i]->how == c->how &&
            s->conditions[i]->values == c->values)
            return s->o.plan->test_count + i;
    if (!select_grow((void **)(uintptr_t)&s->conditions, s->condition_count, &s->condition_room, sizeof c))
        return NONE;
    s->conditions[s->condition_count] = c;
    return s->o.plan->test_count + s->condition_count++;
}

static bool kind_whens(struct select *s, struct kind_pairs *out, const struct kind *k) {
    for (size_t i = 0; i < k->when_count; i++) {
        const struct kind_condition *const c = &k->when[i];
        bool const value = c->how != WHEN_PRESENT;

        if (c->how == WHEN_ABSENT)
            continue;
        uint32_t const view = view_add(s, c->field, VIEW_SELF, NULL), test = value ? condition_number(s, c) : NONE;
        uint32_t const atom = view == NONE || (value && test == NONE) ? NONE : atom_add(s, view, test);

        if (atom == NONE || !select_push(&out->whens, &out->when_count, &out->when_room, atom))
            return false;
    }
    return true;
}

const struct kind_pairs *select_kind(struct select *s, size_t kind) {
    static const struct kind_logsource any = {.product = {"", 0}, .category = {"", 0}, .service = {"", 0}};
    static const struct kind none = {.logsources = &any, .logsource_count = 1};
    const struct kind *const k = kind < kinds_count(s->o.kinds) ? kinds_at(s->o.kinds, kind) : &none;
    struct kind_pairs *const out = &s->kinds[kind];

    for (size_t i = 0; !out->made && i < k->logsource_count; i++)
        for (uint32_t g = 0; g < s->group_count; g++)
            if (!kind_pair(s, out, &k->logsources[i], g))
                return NULL;
    if (!out->made && !kind_whens(s, out, k))
        return NULL;
    out->made = true;
    return out;
}
