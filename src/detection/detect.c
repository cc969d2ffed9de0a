/* detect: how rules are evaluated on a block.
 *
 * For each kind the rules whose log source covers it are gathered once ("uses"). Of each use the cheapest set of tests
 * is chosen of which one must hold for the rule to hold (triggers: of AND the cheapest child, of OR all, of NOT none).
 * Only triggers go into the matchers; every value of a column is scanned once in the life of its dictionary, and what
 * it triggers is remembered by code. A row then costs a look at its codes; the few rules that are triggered are
 * evaluated in full, tests one by one, with the answers for (test, value) remembered. A trigger may hold where the
 * rule does not, never the other way round, so costs and guesses change the speed and nothing else. */
#include "detection/detect.h"

#include <assert.h>

#include "base/hash.h"
#include "detection/literal.h"
#include "detection/trigger.h"
#include "event/fold.h"
#include "event/number.h"

#define NO_VIEW UINT32_MAX
#define NO_ALIASES UINT32_MAX
#define MEMO_SLOTS (1u << 15)
#define DERIVED_MEMORY ((size_t)1 << 28)
#define LEARN_ROWS 4096u  /* of a kind before its triggers are chosen again */
#define LEARN_SAMPLE 4096u
#define LEARN_BYTES ((size_t)4 << 20) /* of values of one view */
#define SOURCES_COMPARED_MAX 512u /* rules with further log sources are looked at one by one */
#define LEARN_USES 16u    /* fewer rules are quick however they are triggered */

/* A field as rules of one log source see it: a column of the block, or values derived from some. */
struct view {
    field_id field;                  /* the column's; for derived ones the alias's name */
    const struct kind_alias *alias;  /* NULL: the column itself */
    struct column *column;           /* own: NULL until a record has it */
    struct dictionary derived;       /* alias only */
    uint32_t *derived_codes;         /* by row of the flush */
    uint32_t derived_room, derived_rows; /* rows derived in this flush */
    struct arena *derived_keys;
    uint32_t *tuple_slots, tuple_mask, tuple_count; /* tuples of input codes seen: into tuples */
    uint32_t *tuples; /* width + 1 numbers each: input codes, then the code */
    uint32_t tuple_room, width;
    field_id inputs[DERIVE_INPUTS_MAX * 4];

    bool keyword_only;      /* made for keyword rules alone: no test names it */
    struct literal *triggers; /* what its values are scanned for; id: into kind_plan.triggers */
    uint32_t trigger_count, trigger_room;
    struct literals *matcher;
    bool matcher_made;
    uint32_t *tried;        /* triggers that are tried on each value, having no literals: into kind_plan.triggers */
    uint32_t tried_count, tried_room;
    uint32_t *classes;      /* by code: 0 nothing, else into class_at + 1 */
    uint32_t classes_room, classes_done;
    bool any_class;
    uint32_t generation;
};

/* One rule under one set of aliases. */
struct use {
    uint32_t rule;
    uint32_t aliases; /* into kind_plan.alias_sets */
    uint32_t stamp;   /* row it was last a candidate for, + 1 */
};

struct alias_set {
    uint32_t logsource; /* of the kind; NO_ALIASES: none, the record's own names */
    uint32_t *view_of;  /* by plan field: view, or NO_VIEW */
};

struct trigger {
    uint32_t test, view;
    uint64_t stamp; /* the value it was last found in */
    uint32_t *uses;
    uint32_t use_count, use_room;
};

struct kind_plan {
    const struct kind *kind;
    struct alias_set *alias_sets;
    uint32_t alias_count;
    struct use *uses;
    uint32_t use_count, use_room;
    struct trigger *triggers;
    uint32_t trigger_count, trigger_room;
    uint32_t *trigger_slots, trigger_mask; /* (test, view) -> trigger + 1 */
    struct view **views;
    uint32_t view_count, view_room;
    uint32_t *always; /* uses no test can start */
    uint32_t always_count, always_room;
    uint32_t *keyword_tests; /* keyword tests that trigger: every column is scanned for them */
    uint32_t keyword_count, keyword_room;
    bool keywords; /* some rule looks at all fields */
    /* Classes: lists of triggers that a value holds. */
    uint32_t *class_pool, class_used, class_room;
    uint32_t *class_at, class_count, class_at_room; /* class_at[c]: start in the pool: count, then triggers */
    uint32_t columns_seen;
    uint64_t rows;  /* until something was learned from them */
    bool learned;
    uint32_t generation; /* of the block's dictionaries when classes and memo were filled */
};

struct memo {
    uint64_t key; /* 0: empty */
    bool holds;
};

/* A choice (OR) of many simple patterns of one field, asked of a value in one scan. */
struct crowd {
    struct literals *matcher; /* id: which child */
    uint32_t field;           /* of the plan */
    uint32_t *rest;           /* the other children */
    uint32_t rest_count;
};

static const struct crowd no_crowd; /* for choices that are none */
#define CROWD_MIN 6u

struct hit {
    const struct block *block;
    uint32_t row, rule, use;
    struct kind_plan *kp;
};

struct detector {
    struct detect_options o;
    struct test_scratch scratch;
    uint32_t *sources;      /* by rule: into source_rules */
    uint32_t *source_rules; /* for each log source that rules have: one such rule */
    uint32_t source_count;
    float *costs; /* by node of the plan, before anything was learned */
    struct kind_plan **plans; /* by block index */
    uint32_t plan_count, plan_room;
    struct memo *memo;
    struct crowd **crowds; /* by node */
    struct hit *hits;
    uint32_t hit_count, hit_room;
    struct detect_match *matches;
    uint32_t match_count, match_room;
    uint64_t *filtered; /* by position in plan.filter_roots */
    struct detect_counts counts;
    struct arena *role_memory;
    bool no_memory;
    uint64_t scanned; /* values so far */
    uint32_t *found; /* triggers of the value being scanned */
    uint32_t found_count, found_room;
};

static bool push(uint32_t **array, uint32_t *count, uint32_t *room, uint32_t value) {
    if (*count == *room) {
        uint32_t const more = *room ? *room * 2 : 8;
        uint32_t *const bigger = realloc(*array, more * sizeof *bigger);

        if (!bigger)
            return false;
        *array = bigger;
        *room = more;
    }
    (*array)[(*count)++] = value;
    return true;
}

static bool grow(void **array, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return true;
    uint32_t const more = *room ? *room * 2 : 16;
    void *const bigger = realloc(*array, more * size);

    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

/* Log sources */

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

/* Views */

static void view_free(struct view *v) {
    if (!v)
        return;
    if (v->alias)
        dictionary_free(&v->derived);
    free(v->derived_codes);
    free(v->tuple_slots);
    free(v->tuples);
    free(v->triggers);
    literals_free(v->matcher);
    free(v->tried);
    free(v->classes);
    free(v);
}

static uint32_t view_add(struct kind_plan *kp, field_id field, const struct kind_alias *alias) {
    struct view *v;

    for (uint32_t i = 0; i < kp->view_count; i++)
        if (kp->views[i]->field == field && kp->views[i]->alias == alias)
            return i;
    if (!grow((void **)&kp->views, kp->view_count, &kp->view_room, sizeof *kp->views) || !(v = calloc(1, sizeof *v)))
        return NO_VIEW;
    v->field = field;
    v->alias = alias;
    if (alias) {
        if (!dictionary_init(&v->derived, hash_seed())) {
            free(v);
            return NO_VIEW;
        }
        for (size_t s = 0; s < alias->source_count; s++) {
            const struct kind_source *const source = &alias->sources[s];

            for (size_t i = 0; i < source->input_count && v->width < COUNT(v->inputs); i++)
                v->inputs[v->width++] = source->inputs[i];
            if (source->only_if && v->width < COUNT(v->inputs))
                v->inputs[v->width++] = source->only_if->field;
        }
    }
    kp->views[kp->view_count] = v;
    return kp->view_count++;
}

static const struct dictionary *view_dictionary(const struct view *v) {
    return v->alias ? &v->derived : v->column ? &v->column->dict : NULL;
}

/* The texts of a cell: one, or those of its list; a missing cell has none. */
static size_t cell_texts(const struct column *c, uint32_t code, str *out, size_t max) {
    const struct value *v;
    size_t count = 0;

    if (!c || !code)
        return 0;
    v = dictionary_value(&c->dict, code);
    if (v->type == VALUE_NULL)
        return 0;
    if (v->type != VALUE_LIST) {
        out[0] = value_text(v);
        return 1;
    }
    for (uint32_t i = 0; i < v->len && count < max; i++) {
        const struct value *const item = dictionary_value(&c->dict, value_items(v)[i]);

        if (item->type != VALUE_NULL && item->type != VALUE_LIST)
            out[count++] = value_text(item);
    }
    return count;
}

/* All values that the sources of an alias offer for a row, as text. SIZE_MAX: no memory. */
static size_t source_values(const struct block *b, uint32_t row, const struct kind_source *source, struct arena *a,
                            str *out, size_t max) {
    str texts[DERIVE_INPUTS_MAX][DERIVE_VALUES_MAX];
    size_t counts[DERIVE_INPUTS_MAX] = {0};
    size_t used = 0, rounds;

    if (source->only_if) {
        const struct column *const c = block_column(b, source->only_if->field);
        str condition[DERIVE_VALUES_MAX];
        size_t const n = cell_texts(c, c ? c->codes[row] : CODE_ABSENT, condition, DERIVE_VALUES_MAX);

        if (!kind_condition_holds(source->only_if, condition, n))
            return 0;
    }
    for (size_t i = 0; i < source->input_count; i++) {
        const struct column *const c = block_column(b, source->inputs[i]);

        counts[i] = cell_texts(c, c ? c->codes[row] : CODE_ABSENT, texts[i], DERIVE_VALUES_MAX);
    }
    /* One input: each of its values in turn. Several: the first value of each. */
    rounds = source->input_count == 1 ? counts[0] : 1;
    for (size_t r = 0; r < rounds; r++) {
        str inputs[DERIVE_INPUTS_MAX], made[DERIVE_VALUES_MAX];
        bool present[DERIVE_INPUTS_MAX];
        size_t n;

        for (size_t i = 0; i < source->input_count; i++) {
            present[i] = counts[i] > r || (source->input_count > 1 && counts[i] > 0);
            inputs[i] = present[i] ? texts[i][source->input_count == 1 ? r : 0] : (str){"", 0};
        }
        n = kind_derive(source, inputs, present, a, made);
        if (n == SIZE_MAX)
            return SIZE_MAX;
        for (size_t i = 0; i < n && used < max; i++)
            out[used++] = made[i];
    }
    return used;
}

static bool derive_row(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    enum { MAX = 256 };
    str values[MAX];
    uint32_t codes[MAX];
    size_t count = 0, repaired = 0;

    arena_reset(d->role_memory);
    for (size_t s = 0; s < v->alias->source_count; s++) {
        size_t const n = source_values(b, row, &v->alias->sources[s], d->role_memory, values + count, MAX - count);

        if (n == SIZE_MAX)
            return false;
        count += n;
    }
    for (size_t i = 0; i < count; i++)
        if (!(codes[i] = dictionary_code(&v->derived, RAW_TEXT, false, values[i], &repaired)))
            return false;
    *code = count == 0 ? CODE_ABSENT : count == 1 ? codes[0] : dictionary_list(&v->derived, codes, (uint32_t)count);
    return count == 0 || *code != CODE_ABSENT;
}

static bool tuples_grow(struct view *v) {
    uint32_t const mask = v->tuple_slots ? v->tuple_mask * 2 + 1 : 63;
    uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);
    size_t const step = v->width + 1;

    if (!slots)
        return false;
    for (uint32_t i = 0; i < v->tuple_count; i++) {
        str const key = {(const char *)(v->tuples + i * step), v->width * sizeof(uint32_t)};
        uint32_t at = (uint32_t)hash_bytes(key, v->derived.seed) & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    free(v->tuple_slots);
    v->tuple_slots = slots;
    v->tuple_mask = mask;
    return true;
}

/* The derived code of a row: made once for each combination of input codes. */
static bool derive_code(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    uint32_t key[COUNT(v->inputs) + 1];
    size_t const step = v->width + 1;
    uint32_t at;

    for (uint32_t i = 0; i < v->width; i++) {
        const struct column *const c = block_column(b, v->inputs[i]);

        key[i] = c ? c->codes[row] : CODE_ABSENT;
    }
    if ((!v->tuple_slots || v->tuple_count >= v->tuple_mask / 2) && !tuples_grow(v))
        return false;
    str const bytes = {(const char *)key, v->width * sizeof *key};

    for (at = (uint32_t)hash_bytes(bytes, v->derived.seed) & v->tuple_mask; v->tuple_slots[at];
         at = (at + 1) & v->tuple_mask) {
        const uint32_t *const t = v->tuples + (v->tuple_slots[at] - 1) * step;

        if (memcmp(t, key, bytes.len) == 0) {
            *code = t[v->width];
            return true;
        }
    }
    if (!derive_row(d, b, v, row, code))
        return false;
    key[v->width] = *code;
    if (v->tuple_count == v->tuple_room) {
        uint32_t const room = v->tuple_room ? v->tuple_room * 2 : 64;
        uint32_t *const bigger = realloc(v->tuples, room * step * sizeof *bigger);

        if (!bigger)
            return false;
        v->tuples = bigger;
        v->tuple_room = room;
    }
    memcpy(v->tuples + v->tuple_count * step, key, step * sizeof *key);
    v->tuple_slots[at] = ++v->tuple_count;
    return true;
}

static void view_forget(struct view *v, uint32_t generation) {
    if (v->alias) {
        dictionary_reset(&v->derived);
        v->tuple_count = 0;
        if (v->tuple_slots)
            memset(v->tuple_slots, 0, ((size_t)v->tuple_mask + 1) * sizeof *v->tuple_slots);
    }
    v->classes_done = 0;
    v->any_class = false;
    v->generation = generation;
}

/* Derived codes for all rows of the block. */
static bool view_derive(struct detector *d, const struct block *b, struct view *v) {
    if (v->derived_room < b->row_count) {
        uint32_t *const bigger = realloc(v->derived_codes, b->row_count * sizeof *bigger);

        if (!bigger)
            return false;
        v->derived_codes = bigger;
        v->derived_room = b->row_count;
    }
    for (uint32_t row = 0; row < b->row_count; row++)
        if (!derive_code(d, b, v, row, &v->derived_codes[row]))
            return false;
    v->derived_rows = b->row_count;
    return true;
}

static bool view_code(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    if (!v->alias) {
        *code = v->column ? v->column->codes[row] : CODE_ABSENT;
        return true;
    }
    if (v->derived_rows != b->row_count && !view_derive(d, b, v))
        return false;
    *code = v->derived_codes[row];
    return true;
}

/* Plans of kinds */

static bool cell_test(const struct plan_test *t) {
    return t->test.sigma->op == TEST_NULL || t->test.sigma->op == TEST_EXISTS || t->test.sigma->op == TEST_FIELDREF;
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
static bool is_tried(const struct test *t) {
    return t->sigma->op == TEST_NUMBER || (t->sigma->op == TEST_REGEX && !t->need_count);
}

static bool literal_add(struct literal **list, uint32_t *count, uint32_t *room, struct literal l) {
    if (!grow((void **)list, *count, room, sizeof **list))
        return false;
    (*list)[(*count)++] = l;
    return true;
}

static enum literal_how literal_how(const struct test *t) {
    return t->any_before ? (t->any_behind ? LITERAL_CONTAINS : LITERAL_ENDS)
                         : (t->any_behind ? LITERAL_STARTS : LITERAL_EQUALS);
}

/* Literals of which every folded value that satisfies the test satisfies one, under the number id. */
static bool trigger_literals(const struct test *t, uint32_t id, struct literal **list, uint32_t *count, uint32_t *room) {
    assert(!is_tried(t));
    if (t->sigma->op == TEST_BOOL)
        return literal_add(list, count, room,
                           (struct literal){t->sigma->boolean ? S("true") : S("false"), LITERAL_EQUALS, id});
    if (t->sigma->op == TEST_REGEX) {
        for (size_t i = 0; i < t->need_count; i++)
            if (!literal_add(list, count, room, (struct literal){t->needs[i], LITERAL_CONTAINS, id}))
                return false;
        return true;
    }
    return literal_add(list, count, room, (struct literal){t->text, t->simple ? literal_how(t) : LITERAL_CONTAINS, id});
}

static bool view_trigger(struct detector *d, struct kind_plan *kp, uint32_t view, uint32_t trigger) {
    struct view *const v = kp->views[view];
    const struct plan_test *const t = &d->o.plan->tests[kp->triggers[trigger].test];

    if (is_tried(&t->test))
        return push(&v->tried, &v->tried_count, &v->tried_room, trigger);
    return trigger_literals(&t->test, trigger, &v->triggers, &v->trigger_count, &v->trigger_room);
}

static bool trigger_use(struct detector *d, struct kind_plan *kp, uint32_t test, uint32_t view, uint32_t use) {
    uint32_t const before = kp->trigger_count;
    struct trigger *const t = trigger_of(kp, test, view);

    if (!t || !push(&t->uses, &t->use_count, &t->use_room, use))
        return false;
    if (kp->trigger_count == before)
        return true;
    if (view != NO_VIEW)
        return view_trigger(d, kp, view, before);
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

static bool use_trigger(struct detector *d, struct kind_plan *kp, uint32_t use, const float *costs) {
    uint32_t const root = d->o.plan->rules[kp->uses[use].rule].root;
    struct choice c = {d, kp, use};

    if (costs[root] >= TRIGGER_NEVER)
        return push(&kp->always, &kp->always_count, &kp->always_room, use);
    return trigger_choose(d->o.plan, costs, root, trigger_add, &c);
}

/* Every field of the expression gets its view now, so that ingest knows which columns are wanted. */
static bool views_add(struct detector *d, struct kind_plan *kp, uint32_t node, uint32_t aliases) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];

    if (n->type == NODE_TEST) {
        const struct plan_test *const t = &p->tests[n->first];

        if (t->field != PLAN_KEYWORD && field_view(d, kp, aliases, t->field) == NO_VIEW)
            return false;
        return t->other == PLAN_KEYWORD || field_view(d, kp, aliases, t->other) != NO_VIEW;
    }
    for (uint32_t i = 0; i < n->count; i++)
        if (!views_add(d, kp, p->children[n->first + i], aliases))
            return false;
    return true;
}

static bool use_add(struct detector *d, struct kind_plan *kp, uint32_t rule, uint32_t aliases) {
    const struct plan_rule *const r = &d->o.plan->rules[rule];
    uint32_t const use = kp->use_count;

    if (!grow((void **)&kp->uses, use, &kp->use_room, sizeof *kp->uses))
        return false;
    kp->uses[kp->use_count++] = (struct use){.rule = rule, .aliases = aliases};
    kp->keywords |= r->keywords;
    if (!views_add(d, kp, r->root, aliases))
        return false;
    for (uint32_t i = 0; i < r->filter_count; i++)
        if (!views_add(d, kp, d->o.plan->filter_roots[r->filters + i], aliases))
            return false;
    return use_trigger(d, kp, use, d->costs);
}

static bool covers_one(const struct sigma_logsource *rule, const struct kind_logsource *l) {
    return part_covers(rule->product, l->product) && part_covers(rule->category, l->category) &&
           part_covers(rule->service, l->service);
}

static void kind_plan_free(struct kind_plan *kp) {
    if (!kp)
        return;
    for (uint32_t i = 0; i < kp->alias_count; i++)
        free(kp->alias_sets[i].view_of);
    for (uint32_t i = 0; i < kp->trigger_count; i++)
        free(kp->triggers[i].uses);
    for (uint32_t i = 0; i < kp->view_count; i++)
        view_free(kp->views[i]);
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
    free(covers);
    return kp;
fail:
    free(covers);
    kind_plan_free(kp);
    return NULL;
}

static struct kind_plan *plan_of(struct detector *d, const struct block *b) {
    while (b->index >= d->plan_count) {
        if (!grow((void **)&d->plans, d->plan_count, &d->plan_room, sizeof *d->plans))
            return NULL;
        d->plans[d->plan_count++] = NULL;
    }
    if (!d->plans[b->index])
        d->plans[b->index] = kind_plan_new(d, b->kind);
    return d->plans[b->index];
}

/* Scanning values */

/* Where triggers of a value are noted. */
struct finds {
    struct detector *d;
    struct kind_plan *kp;
};

static void found(void *ctx, uint32_t trigger) {
    const struct finds *const f = ctx;
    struct trigger *const t = &f->kp->triggers[trigger];

    if (t->stamp == f->d->scanned)
        return;
    t->stamp = f->d->scanned;
    if (!push(&f->d->found, &f->d->found_count, &f->d->found_room, trigger))
        f->d->no_memory = true;
}

/* A class for the triggers found: 0 for none. Classes are not shared between values; most values have none. */
static bool class_make(struct detector *d, struct kind_plan *kp, uint32_t *out) {
    *out = 0;
    if (d->found_count == 0)
        return true;
    if (!push(&kp->class_at, &kp->class_count, &kp->class_at_room, kp->class_used) ||
        !push(&kp->class_pool, &kp->class_used, &kp->class_room, d->found_count))
        return false;
    for (uint32_t i = 0; i < d->found_count; i++)
        if (!push(&kp->class_pool, &kp->class_used, &kp->class_room, d->found[i]))
            return false;
    *out = kp->class_count;
    return true;
}

/* A whole number whose spelling is canonical as it stands. */
static bool number_is_plain(str s) {
    return str_find_byte(s, '.') == SIZE_MAX && number_is_decimal(s) && !str_eq(s, S("-0"));
}

static bool scan_value(struct detector *d, struct kind_plan *kp, struct view *v, const struct value *value) {
    struct finds f = {d, kp};
    bool ok = true;

    if (value->type == VALUE_NULL || (value->inner && v->keyword_only))
        return true;
    d->counts.evaluated_values++;
    if (v->matcher) {
        str const folded = test_fold(&d->scratch, value, &ok);

        if (ok)
            literals_scan(v->matcher, folded, found, &f);
    }
    for (uint32_t i = 0; i < v->tried_count; i++) {
        const struct test *const t = &d->o.plan->tests[kp->triggers[v->tried[i]].test].test;

        /* Text equals a number only in its canonical spelling, which is short. */
        if (t->sigma->op == TEST_NUMBER && value->type == VALUE_TEXT && value->len > NUMBER_TEXT_MAX)
            continue;
        if (test_value(t, value, (str){"", 0}, &d->scratch, &ok))
            found(&f, v->tried[i]);
    }
    /* JSON numbers match patterns by their canonical spelling, which the scan has not seen where it is another one
     * (1.0, 1e3, -0): let the rule decide. */
    if (value->type == VALUE_NUMBER && !number_is_plain(value_text(value)))
        for (uint32_t i = 0; i < v->trigger_count; i++)
            found(&f, v->triggers[i].id);
    return ok && !d->no_memory;
}

static bool view_scan(struct detector *d, struct kind_plan *kp, struct view *v) {
    const struct dictionary *const dict = view_dictionary(v);

    if (!dict)
        return true;
    if (v->classes_room < dict->count + 1) {
        uint32_t const room = dict->count * 2 + 64;
        uint32_t *const bigger = realloc(v->classes, room * sizeof *bigger);

        if (!bigger)
            return false;
        v->classes = bigger;
        v->classes_room = room;
    }
    for (; v->classes_done < dict->count; v->classes_done++) {
        const struct value *const value = &dict->values[v->classes_done];

        d->found_count = 0;
        d->scanned++;
        if (value->type == VALUE_LIST) {
            for (uint32_t i = 0; i < value->len; i++)
                if (!scan_value(d, kp, v, dictionary_value(dict, value_items(value)[i])))
                    return false;
        } else if (!scan_value(d, kp, v, value)) {
            return false;
        }
        if (!class_make(d, kp, &v->classes[v->classes_done]))
            return false;
        v->any_class |= v->classes[v->classes_done] != 0;
    }
    return true;
}

/* Evaluating rules */

static uint64_t memo_key(uint32_t test, uint32_t view, uint32_t code) {
    return (uint64_t)test << 44 ^ (uint64_t)view << 24 ^ code ^ (uint64_t)1 << 63;
}

static bool value_holds(struct detector *d, uint32_t test, uint32_t memo_view, const struct dictionary *dict,
                        uint32_t code) {
    const struct plan_test *const t = &d->o.plan->tests[test];
    const struct value *const v = dictionary_value(dict, code);
    bool ok = true, holds = false;

    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len && !holds; i++)
            holds = value_holds(d, test, memo_view, dict, value_items(v)[i]);
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
    str const folded = t->test.sigma->op == TEST_PATTERN && !t->test.sigma->cased ? test_fold_kept(&d->scratch, v, &ok)
                                                                                  : (str){"", 0};

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

/* Where an evaluation stands. */
struct at {
    struct kind_plan *kp;
    const struct block *block;
    uint32_t row, aliases, block_memo;
};

static bool test_holds(struct detector *d, const struct at *at, uint32_t test, uint32_t *where) {
    const struct plan_test *const t = &d->o.plan->tests[test];
    uint32_t code, other, view;

    if (t->field == PLAN_KEYWORD) {
        for (uint32_t i = 0; i < at->block->column_count; i++) {
            const struct column *const c = at->block->columns[i];

            /* Columns are numbered behind the views, so that memo keys differ. */
            if (c->codes[at->row] &&
                value_holds(d, test, at->block_memo + 4096 + (i < 4095 ? i : 1u << 20), &c->dict, c->codes[at->row])) {
                *where = i;
                return true;
            }
        }
        return false;
    }
    view = at->kp->alias_sets[at->aliases].view_of[t->field];
    struct view *const v = at->kp->views[view];

    if (!view_code(d, at->block, v, at->row, &code)) {
        d->no_memory = true;
        return false;
    }
    *where = view;
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
        return code && value_holds(d, test, at->block_memo + (view < 4096 ? view : 1u << 20), view_dictionary(v), code);
    }
}

/* Crowds */

static void crowd_free(struct crowd *c) {
    if (!c || c == &no_crowd)
        return;
    literals_free(c->matcher);
    free(c->rest);
    free(c);
}

static bool can_crowd(const struct plan *p, uint32_t node) {
    const struct plan_test *const t = &p->tests[p->nodes[node].first];

    return p->nodes[node].type == NODE_TEST && t->field != PLAN_KEYWORD && t->test.sigma->op == TEST_PATTERN &&
           t->test.simple && !t->test.present_is_enough && t->test.text.len > 0;
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
        list[count++] = (struct literal){t->test.text, literal_how(&t->test), i};
    }
    if (ok) {
        c->field = field;
        ok = (c->matcher = literals_new(list, count)) != NULL;
    }
    free(list);
    if (ok && count >= CROWD_MIN)
        return c;
    crowd_free(c);
    return ok ? (struct crowd *)(uintptr_t)&no_crowd : NULL;
}

/* The crowd of an OR; NULL: it has none, or memory is out (d->no_memory). */
static const struct crowd *crowd_of(struct detector *d, uint32_t node) {
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
    uint64_t const number = (uint64_t)d->o.plan->test_count + node;
    bool ok = true, holds = false;

    if (v->type == VALUE_LIST) {
        for (uint32_t i = 0; i < v->len && !holds; i++)
            holds = crowd_value(d, c, node, memo_view, dict, value_items(v)[i]);
        return holds;
    }
    if (v->type == VALUE_NULL)
        return false;
    bool const remember = number < (1u << 19) && memo_view < (1u << 20) && code < (1u << 24);
    uint64_t const key = memo_key((uint32_t)number, memo_view, code);
    struct memo *const m = &d->memo[(key * 0x9e3779b97f4a7c15u) >> 49];

    if (remember && m->key == key) {
        d->counts.memo_hits++;
        return m->holds;
    }
    if (v->type == VALUE_NUMBER && !number_is_plain(value_text(v))) {
        /* Its canonical spelling decides: test by test. */
        const struct plan_node *const n = &d->o.plan->nodes[node];

        for (uint32_t i = 0; i < n->count && !holds; i++) {
            uint32_t const child = d->o.plan->children[n->first + i];

            holds = can_crowd(d->o.plan, child) && d->o.plan->tests[d->o.plan->nodes[child].first].field == c->field &&
                    value_holds(d, d->o.plan->nodes[child].first, memo_view, dict, code);
        }
    } else {
        str const folded = test_fold_kept(&d->scratch, v, &ok);

        if (ok)
            literals_scan(c->matcher, folded, crowd_hit, &holds);
    }
    d->no_memory |= !ok;
    if (remember)
        *m = (struct memo){key, holds};
    return holds;
}

/* Does one of the crowd hold? Not of its rest. */
static bool crowd_holds(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node) {
    uint32_t const view = at->kp->alias_sets[at->aliases].view_of[c->field];
    struct view *const v = at->kp->views[view];
    uint32_t code;

    if (!view_code(d, at->block, v, at->row, &code)) {
        d->no_memory = true;
        return false;
    }
    return code && crowd_value(d, c, node, at->block_memo + (view < 4096 ? view : 1u << 20), view_dictionary(v), code);
}

static bool node_holds(struct detector *d, const struct at *at, uint32_t node) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];
    const struct crowd *c;
    uint32_t where;

    switch (n->type) {
    case NODE_TEST:
        return test_holds(d, at, n->first, &where);
    case NODE_NOT:
        return !node_holds(d, at, p->children[n->first]);
    case NODE_AND:
        for (uint32_t i = 0; i < n->count; i++)
            if (!node_holds(d, at, p->children[n->first + i]))
                return false;
        return true;
    default:
        if ((c = crowd_of(d, node))) {
            if (crowd_holds(d, at, c, node))
                return true;
            for (uint32_t i = 0; i < c->rest_count; i++)
                if (node_holds(d, at, p->children[n->first + c->rest[i]]))
                    return true;
            return false;
        }
        for (uint32_t i = 0; i < n->count; i++)
            if (node_holds(d, at, p->children[n->first + i]))
                return true;
        return false;
    }
}

/* The block's share of memo keys: views and columns of up to 127 blocks are told apart, later ones are not remembered. */
static uint32_t block_memo(const struct block *b) {
    return b->index < 127 ? b->index * 8192 : 1u << 20;
}

static bool candidate(struct detector *d, struct kind_plan *kp, const struct block *b, uint32_t row, uint32_t use) {
    struct use *const u = &kp->uses[use];
    const struct plan_rule *const r = &d->o.plan->rules[u->rule];
    struct at const at = {kp, b, row, u->aliases, block_memo(b)};

    if (u->stamp == row + 1)
        return true;
    u->stamp = row + 1;
    d->counts.candidates++;
    if (!node_holds(d, &at, r->root))
        return true;
    for (uint32_t i = 0; i < r->filter_count; i++)
        if (!node_holds(d, &at, d->o.plan->filter_roots[r->filters + i])) {
            d->filtered[r->filters + i]++;
            return true;
        }
    if (!grow((void **)&d->hits, d->hit_count, &d->hit_room, sizeof *d->hits))
        return false;
    d->hits[d->hit_count++] = (struct hit){b, row, u->rule, use, kp};
    return true;
}

static bool row_run(struct detector *d, struct kind_plan *kp, const struct block *b, uint32_t row, struct view *const *hot,
                    uint32_t hot_count) {
    for (uint32_t i = 0; i < hot_count; i++) {
        struct view *const v = hot[i];
        uint32_t const code = v->alias ? v->derived_codes[row] : v->column->codes[row];
        uint32_t const class = code ? v->classes[code - 1] : 0;

        if (LIKELY(!class))
            continue;
        const uint32_t *const list = &kp->class_pool[kp->class_at[class - 1]];

        for (uint32_t j = 1; j <= list[0]; j++) {
            const struct trigger *const t = &kp->triggers[list[j]];

            for (uint32_t k = 0; k < t->use_count; k++)
                if (!candidate(d, kp, b, row, t->uses[k]))
                    return false;
        }
    }
    for (uint32_t i = 0; i < kp->always_count; i++)
        if (!candidate(d, kp, b, row, kp->always[i]))
            return false;
    return true;
}

/* Views find their columns; for keyword rules every column is a view. */
static bool views_bind(struct detector *d, struct kind_plan *kp, const struct block *b) {
    if (kp->keyword_count)
        for (; kp->columns_seen < b->column_count; kp->columns_seen++) {
            uint32_t const before = kp->view_count;
            uint32_t const at = view_add(kp, b->columns[kp->columns_seen]->field, NULL);

            if (at == NO_VIEW)
                return false;
            kp->views[at]->keyword_only = at >= before;
            for (uint32_t i = 0; i < kp->keyword_count; i++)
                if (!view_trigger(d, kp, at, kp->keyword_tests[i]))
                    return false;
            literals_free(kp->views[at]->matcher);
            kp->views[at]->matcher = NULL;
            kp->views[at]->matcher_made = false;
            kp->views[at]->classes_done = 0;
        }
    for (uint32_t i = 0; i < kp->view_count; i++) {
        struct view *const v = kp->views[i];

        if (!v->alias && !v->column)
            v->column = (struct column *)(uintptr_t)block_column(b, v->field);
        if (v->generation != b->generation)
            view_forget(v, b->generation);
        v->derived_rows = 0;
        if (!v->matcher_made && v->trigger_count && (v->alias || v->column)) {
            if (!(v->matcher = literals_new(v->triggers, v->trigger_count)))
                return false;
            v->matcher_made = true;
        }
    }
    return true;
}

/* Learning which triggers are rare
 *
 * What a test costs as a trigger is guessed from its length until enough rows of a kind have been seen. Then every test
 * that could trigger is looked for in a sample of them, and all triggers are chosen again. */

struct lesson {
    struct detector *d;
    const struct block *block;
    struct kind_plan *kp;
    uint64_t *pairs; /* view << 32 | test: what could trigger */
    uint32_t pair_count, pair_room;
    float *costs;    /* by test */
    uint32_t *seen;  /* by test: the value it was last found in, + 1 */
    uint32_t *held;  /* by test: rows of the sample, in the view being looked at */
    uint32_t *tried, tried_count, tried_room; /* tests of the view that are tried one by one */
    uint32_t value, value_weight;
};

static bool lesson_collect(struct lesson *l, uint32_t node, uint32_t aliases) {
    const struct plan *const p = l->d->o.plan;
    const struct plan_node *const n = &p->nodes[node];

    if (n->type == NODE_TEST) {
        const struct plan_test *const t = &p->tests[n->first];
        uint32_t const view = t->field == PLAN_KEYWORD ? NO_VIEW : l->kp->alias_sets[aliases].view_of[t->field];

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
        if (is_tried(&t->test))
            ok = push(&l->tried, &l->tried_count, &l->tried_room, (uint32_t)pairs[i]);
        else
            ok = trigger_literals(&t->test, (uint32_t)pairs[i], &list, &literals, &room);
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
        float const cost = 0.98f * share + 0.001f * t->cost + (t->test.sigma->op == TEST_REGEX && is_tried(&t->test) ? 0.3f : 0);

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
        v->any_class = v->matcher_made = false;
        literals_free(v->matcher);
        v->matcher = NULL;
    }
}

static bool learn(struct detector *d, struct kind_plan *kp, const struct block *b) {
    const struct plan *const p = d->o.plan;
    struct lesson l = {.d = d, .block = b, .kp = kp};
    float *const node_costs = malloc((p->node_count + (size_t)1) * sizeof *node_costs);
    bool ok;

    l.costs = calloc(p->test_count + (size_t)1, sizeof *l.costs);
    l.seen = calloc(p->test_count + (size_t)1, sizeof *l.seen);
    l.held = calloc(p->test_count + (size_t)1, sizeof *l.held);
    ok = node_costs && l.costs && l.seen && l.held;
    for (uint32_t i = 0; ok && i < kp->use_count; i++)
        ok = lesson_collect(&l, p->rules[kp->uses[i].rule].root, kp->uses[i].aliases);
    if (ok && l.pair_count)
        qsort(l.pairs, l.pair_count, sizeof *l.pairs, pair_order);

    uint32_t kept = 0;

    for (uint32_t i = 0; ok && i < l.pair_count; i++)
        if (i == 0 || l.pairs[i] != l.pairs[i - 1])
            l.pairs[kept++] = l.pairs[i];
    for (uint32_t from = 0, to; ok && from < kept; from = to) {
        for (to = from; to < kept && l.pairs[to] >> 32 == l.pairs[from] >> 32; to++)
            ;
        ok = lesson_view(&l, kp->views[l.pairs[from] >> 32], l.pairs + from, to - from);
    }
    if (ok) {
        for (uint32_t i = 0; i < p->test_count; i++)
            if (l.costs[i] <= 0)
                l.costs[i] = p->tests[i].field == PLAN_KEYWORD ? p->tests[i].cost : 0.001f * p->tests[i].cost;
        trigger_costs(p, l.costs, node_costs);
        triggers_forget(kp);
    }
    for (uint32_t i = 0; ok && i < kp->use_count; i++)
        ok = use_trigger(d, kp, i, node_costs);
    kp->learned = true;
    free(node_costs);
    free(l.pairs);
    free(l.tried);
    free(l.costs);
    free(l.seen);
    free(l.held);
    return ok;
}

static bool block_run(struct detector *d, const struct block *b) {
    struct kind_plan *const kp = plan_of(d, b);
    struct view **hot;
    uint32_t hot_count = 0;
    bool ok = true;

    if (!kp)
        return false;
    if (!kp->use_count || !b->row_count)
        return true;
    if (kp->generation != b->generation) {
        kp->generation = b->generation;
        kp->class_used = kp->class_count = 0;
        memset(d->memo, 0, MEMO_SLOTS * sizeof *d->memo);
    }
    if (!kp->learned && kp->use_count >= LEARN_USES && (kp->rows += b->row_count) >= LEARN_ROWS &&
        (!views_bind(d, kp, b) || !learn(d, kp, b)))
        return false;
    if (!views_bind(d, kp, b) || !(hot = malloc((kp->view_count + 1) * sizeof(struct view *))))
        return false;
    for (uint32_t i = 0; ok && i < kp->view_count; i++) {
        struct view *const v = kp->views[i];

        if (!v->trigger_count && !v->tried_count)
            continue;
        if (v->alias && !view_derive(d, b, v))
            ok = false;
        else if (!view_scan(d, kp, v))
            ok = false;
        else if (v->any_class)
            hot[hot_count++] = v;
    }
    for (uint32_t i = 0; i < kp->use_count; i++)
        kp->uses[i].stamp = 0;
    d->counts.rows += b->row_count;
    if (hot_count || kp->always_count)
        for (uint32_t row = 0; ok && row < b->row_count; row++)
            ok = row_run(d, kp, b, row, hot, hot_count);
    free(hot);
    return ok && !d->no_memory;
}

/* Findings */

static bool match_add(struct detector *d, str field, str value) {
    for (uint32_t i = 0; i < d->match_count; i++)
        if (str_eq(d->matches[i].field, field) && str_eq(d->matches[i].value, value))
            return true;
    if (!grow((void **)&d->matches, d->match_count, &d->match_room, sizeof *d->matches))
        return false;
    d->matches[d->match_count++] = (struct detect_match){field, value};
    return true;
}

/* The value of a cell that satisfies the test: the first of a list that does. */
static bool match_value(struct detector *d, uint32_t test, str field, const struct dictionary *dict, uint32_t code) {
    const struct value *v;

    if (!code)
        return true;
    v = dictionary_value(dict, code);
    if (v->type == VALUE_LIST) {
        const struct plan_test *const t = &d->o.plan->tests[test];

        for (uint32_t i = 0; i < v->len; i++) {
            uint32_t const item = value_items(v)[i];

            if (dictionary_value(dict, item)->type != VALUE_LIST &&
                (cell_test(t) || value_holds(d, test, 1u << 20, dict, item)))
                return match_add(d, field, value_text(dictionary_value(dict, item)));
        }
        return true;
    }
    return v->type == VALUE_NULL || match_add(d, field, value_text(v));
}

/* Gathers what made the expression true; nothing from below a NOT. */
static bool gather(struct detector *d, const struct at *at, uint32_t node) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];
    const struct crowd *c;
    uint32_t where, code;

    if (n->type == NODE_NOT)
        return true;
    if (n->type == NODE_TEST) {
        const struct plan_test *const t = &p->tests[n->first];

        if (!test_holds(d, at, n->first, &where))
            return true;
        if (t->field == PLAN_KEYWORD) {
            const struct column *const column = at->block->columns[where];

            return match_value(d, n->first, field_name(d->o.fields, column->field), &column->dict,
                               column->codes[at->row]);
        }
        struct view *const v = at->kp->views[where];

        return view_code(d, at->block, v, at->row, &code) &&
               match_value(d, n->first, t->test.sigma->field, view_dictionary(v), code);
    }
    /* The node holds: so do all children of an AND. */
    if (n->type == NODE_OR && (c = crowd_of(d, node)) && !crowd_holds(d, at, c, node)) {
        for (uint32_t i = 0; i < c->rest_count; i++) {
            uint32_t const child = p->children[n->first + c->rest[i]];

            if (node_holds(d, at, child) && !gather(d, at, child))
                return false;
        }
        return true;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t const child = p->children[n->first + i];

        if ((n->type == NODE_AND || p->nodes[child].type == NODE_TEST || node_holds(d, at, child)) && !gather(d, at, child))
            return false;
    }
    return true;
}

static int hit_order(const void *a, const void *b) {
    const struct hit *const x = a, *const y = b;
    const struct row *const rx = &x->block->rows[x->row], *const ry = &y->block->rows[y->row];

    if (rx->part != ry->part)
        return rx->part < ry->part ? -1 : 1;
    if (rx->offset != ry->offset)
        return rx->offset < ry->offset ? -1 : 1;
    if (x->block != y->block)
        return x->block->index < y->block->index ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return x->use < y->use ? -1 : x->use > y->use;
}

static bool hits_tell(struct detector *d, struct err *e) {
    if (d->hit_count)
        qsort(d->hits, d->hit_count, sizeof *d->hits, hit_order);
    for (uint32_t i = 0; i < d->hit_count; i++) {
        const struct hit *const h = &d->hits[i];
        const struct use *const u = &h->kp->uses[h->use];
        struct at const at = {h->kp, h->block, h->row, u->aliases, block_memo(h->block)};
        struct detect_hit hit = {.rule = h->rule, .block = h->block, .row = h->row};

        /* One event, one rule, one finding, under however many names it holds. */
        if (i && d->hits[i - 1].block == h->block && d->hits[i - 1].row == h->row && d->hits[i - 1].rule == h->rule)
            continue;
        d->match_count = 0;
        if (!gather(d, &at, d->o.plan->rules[h->rule].root))
            return err_set(e, ERR_MEMORY, 0, "no memory for a finding");
        if (u->aliases)
            hit.logsource = h->kp->kind->logsources[u->aliases - 1].category;
        else
            hit.logsource = S("");
        hit.matches = d->matches;
        hit.match_count = d->match_count;
        if (!d->o.hit(d->o.ctx, &hit, e))
            return false;
    }
    d->hit_count = 0;
    return true;
}

bool detector_run(struct detector *d, struct block *const *blocks, size_t count, struct err *e) {
    test_forget(&d->scratch);
    for (size_t i = 0; i < count; i++)
        if (!block_run(d, blocks[i]))
            return err_set(e, ERR_MEMORY, 0, "no memory to evaluate %.*s", STR_ARG(blocks[i]->name));
    d->counts.regex_limits = d->scratch.regex_limits;
    return hits_tell(d, e);
}

/* The rest of the interface */

/* The log sources of rules, each once: there are few. */
static bool sources_find(struct detector *d) {
    const struct plan *const p = d->o.plan;

    d->sources = calloc(p->rule_count + (size_t)1, sizeof *d->sources);
    d->source_rules = malloc((p->rule_count + (size_t)1) * sizeof *d->source_rules);
    if (!d->sources || !d->source_rules)
        return false;
    for (uint32_t r = 0; r < p->rule_count; r++) {
        const struct sigma_logsource *const l = &p->rules[r].sigma->logsource;
        uint32_t s = 0;

        if (p->rules[r].sigma->type != SIGMA_DETECTION)
            continue;
        for (; s < d->source_count && s < SOURCES_COMPARED_MAX; s++) {
            const struct sigma_logsource *const m = &p->rules[d->source_rules[s]].sigma->logsource;

            if (str_eq(l->product, m->product) && str_eq(l->category, m->category) && str_eq(l->service, m->service))
                break;
        }
        if (s == d->source_count || s == SOURCES_COMPARED_MAX) {
            s = d->source_count++;
            d->source_rules[s] = r;
        }
        d->sources[r] = s;
    }
    return true;
}

bool detector_new(struct detector **out, const struct detect_options *options, struct err *e) {
    struct detector *const d = calloc(1, sizeof *d);

    if (!d)
        return err_set(e, ERR_MEMORY, 0, "no memory for detection");
    d->o = *options;
    d->memo = calloc(MEMO_SLOTS, sizeof *d->memo);
    d->filtered = calloc(options->plan->filter_count + 1, sizeof *d->filtered);
    d->role_memory = arena_new(DERIVED_MEMORY);
    d->costs = malloc((options->plan->node_count + (size_t)1) * sizeof *d->costs);
    d->crowds = calloc(options->plan->node_count + (size_t)1, sizeof(struct crowd *));
    if (!sources_find(d) || !d->costs || !d->crowds || !d->memo || !d->filtered || !d->role_memory || !test_scratch_init(&d->scratch, e)) {
        detector_free(d);
        return err_set(e, ERR_MEMORY, 0, "no memory for detection");
    }
    trigger_costs(options->plan, NULL, d->costs);
    *out = d;
    return true;
}

void detector_free(struct detector *d) {
    if (!d)
        return;
    for (uint32_t i = 0; i < d->plan_count; i++)
        kind_plan_free(d->plans[i]);
    test_scratch_free(&d->scratch);
    arena_free(d->role_memory);
    for (uint32_t i = 0; d->crowds && i < d->o.plan->node_count; i++)
        crowd_free(d->crowds[i]);
    free(d->crowds);
    free(d->sources);
    free(d->source_rules);
    free(d->costs);
    free(d->plans);
    free(d->memo);
    free(d->hits);
    free(d->matches);
    free(d->filtered);
    free(d->found);
    free(d);
}

bool detector_wants(struct detector *d, const struct block *b, field_id field) {
    const struct kind_plan *const kp = plan_of(d, b);

    if (!kp || kp->keywords)
        return true;
    for (uint32_t i = 0; i < kp->view_count; i++) {
        const struct view *const v = kp->views[i];

        if (!v->alias && v->field == field)
            return true;
        for (uint32_t j = 0; v->alias && j < v->width; j++)
            if (v->inputs[j] == field)
                return true;
    }
    return false;
}

bool detector_names(const struct detector *d, field_id field) {
    return field < d->o.plan->field_of_room && d->o.plan->field_of[field] != PLAN_KEYWORD;
}

const struct detect_counts *detector_counts(const struct detector *d) {
    return &d->counts;
}

void detector_filtered(const struct detector *d, void (*each)(void *ctx, uint32_t rule, uint32_t filter, uint64_t n),
                       void *ctx) {
    for (uint32_t r = 0; r < d->o.plan->rule_count; r++)
        for (uint32_t i = 0; i < d->o.plan->rules[r].filter_count; i++) {
            uint32_t const at = d->o.plan->rules[r].filters + i;

            if (d->filtered[at])
                each(ctx, r, d->o.plan->filter_sigma[at], d->filtered[at]);
        }
}

size_t detector_values(struct detector *d, const struct block *b, uint32_t row, uint32_t rule, field_id field, str *out,
                       size_t max) {
    const struct column *c = block_column(b, field);
    size_t at;

    if (logsource_covers(&d->o.plan->rules[rule].sigma->logsource, b->kind, &at)) {
        const struct kind_logsource *const l = &b->kind->logsources[at];

        for (size_t i = 0; i < l->alias_count; i++)
            if (l->aliases[i].field == field) {
                size_t used = 0;

                arena_reset(d->role_memory);
                for (size_t s = 0; s < l->aliases[i].source_count; s++) {
                    size_t const n = source_values(b, row, &l->aliases[i].sources[s], d->role_memory, out + used,
                                                   max - used);

                    used += n == SIZE_MAX ? 0 : n;
                }
                return used;
            }
    }
    return cell_texts(c, c ? c->codes[row] : CODE_ABSENT, out, max);
}

str detector_role(struct detector *d, const struct block *b, uint32_t row, enum role role) {
    arena_reset(d->role_memory);
    for (size_t s = 0; s < b->kind->role_counts[role]; s++) {
        str values[DERIVE_VALUES_MAX];
        size_t const n = source_values(b, row, &b->kind->roles[role][s], d->role_memory, values, DERIVE_VALUES_MAX);

        if (n && n != SIZE_MAX && values[0].len && !str_eq(values[0], S("-")))
            return values[0];
    }
    return S("");
}
