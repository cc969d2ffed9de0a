/* detect: how rules are evaluated on a block.
 *
 * For each kind the rules whose log source covers it are gathered once ("uses"). Of each use the cheapest set of tests
 * is chosen of which one must hold for the rule to hold (triggers: of AND the cheapest child, of OR all, of NOT none).
 * Only triggers go into the matchers; every value of a column is scanned once in the life of its dictionary, and what
 * it triggers is remembered by code. A row then costs a look at its codes; the few rules that are triggered are
 * evaluated in full, tests one by one, with the answers for (test, value) remembered. A trigger may hold where the
 * rule does not, never the other way round, so costs and guesses change the speed and nothing else. */
#include "detection/detect_own.h"

#include <assert.h>

#define DERIVED_MEMORY ((size_t)1 << 28)
/* Triggers are chosen again after some rows, in proportion to the rules (more of them take longer to choose for), and
 * once more after many; fewer rules than LEARN_USES are quick however they are triggered. */
#define LEARN_USES 16u
#define LEARN_ROWS_A_USE 4u
#define LEARN_ROWS_MAX 4096u
#define LEARN_AGAIN 32768u
#define SOURCES_COMPARED_MAX 512u /* rules with further log sources are looked at one by one */

/* A use and the values that decide about it in this row. False: they are more than a key holds, or memory is out. */
static bool answer_key(struct detector *d, const struct kind_plan *kp, const struct block *b, uint32_t row,
                       const struct use *u, struct answer *key, uint64_t *hash) {
    *key = (struct answer){.use = u->number};
    *hash = u->number * 0x9e3779b97f4a7c15u;
    if (u->view_count > USE_VIEWS_MAX)
        return false;
    for (uint32_t i = 0; i < u->view_count; i++) {
        if (!view_code(d, b, kp->views[u->views[i]], row, &key->codes[i])) {
            d->no_memory = true;
            return false;
        }
        *hash = (*hash ^ key->codes[i]) * 0x9e3779b97f4a7c15u;
        *hash ^= *hash >> 32;
    }
    return true;
}

static bool answer_same(const struct answer *a, const struct answer *b) {
    return a->use == b->use && memcmp(a->codes, b->codes, sizeof a->codes) == 0;
}

/* Does the rule hold in the row, and if so, which filter takes it away? */
static uint32_t answer(struct detector *d, struct kind_plan *kp, const struct block *b, uint32_t row,
                       const struct use *u) {
    const struct plan_rule *const r = &d->o.plan->rules[u->rule];
    struct at const at = {kp, b, row, u->aliases, evaluate_block_memo(b)};
    struct answer *slot = NULL, key;
    uint32_t what = ANSWER_NO;
    uint64_t hash;

    if (answer_key(d, kp, b, row, u, &key, &hash)) {
        slot = &d->answers[hash % ANSWER_SLOTS];
        if (answer_same(slot, &key))
            return slot->what;
    }
    if (evaluate_node(d, &at, r->root)) {
        what = ANSWER_YES;
        for (uint32_t i = 0; what == ANSWER_YES && i < r->filter_count; i++)
            if (!evaluate_node(d, &at, d->o.plan->filter_roots[r->filters + i]))
                what = ANSWER_FILTERED + i;
    }
    if (slot) {
        *slot = key;
        slot->what = what;
    }
    return what;
}

static bool candidate(struct detector *d, struct kind_plan *kp, const struct block *b, uint32_t row, uint32_t use) {
    struct use *const u = &kp->uses[use];
    uint32_t what;

    if (u->stamp == row + 1)
        return true;
    u->stamp = row + 1;
    d->counts.candidates++;
    if ((what = answer(d, kp, b, row, u)) == ANSWER_NO)
        return true;
    if (!grow((void **)&d->hits, d->hit_count, &d->hit_room, sizeof *d->hits))
        return false;
    d->hits[d->hit_count++] = (struct hit){b, row, u->rule, use, what, kp};
    return true;
}

static bool row_run(struct detector *d, struct kind_plan *kp, const struct block *b, uint32_t row,
                    struct view *const *hot, uint32_t hot_count) {
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

/* Views find their columns; for keyword rules every column is a view. matchers: they are to be scanned. */
static bool views_bind(struct detector *d, struct kind_plan *kp, const struct block *b, bool matchers) {
    if (kp->keyword_count)
        for (; kp->columns_seen < b->column_count; kp->columns_seen++) {
            uint32_t const before = kp->view_count;
            uint32_t const at = view_add(kp, b->columns[kp->columns_seen]->field, NULL);

            if (at == NO_VIEW)
                return false;
            kp->views[at]->keyword_only |= at >= before; /* asked again when triggers have been chosen anew */
            if (kp->views[at]->has_keywords)
                continue;
            for (uint32_t i = 0; i < kp->keyword_count; i++)
                if (!kind_plan_view_trigger(d, kp, at, kp->keyword_tests[i]))
                    return false;
            kp->views[at]->has_keywords = true;
            view_matchers_drop(kp->views[at]);
            kp->views[at]->classes_done = 0;
        }
    for (uint32_t i = 0; i < kp->view_count; i++) {
        struct view *const v = kp->views[i];

        if (!v->alias && !v->column)
            v->column = (struct column *)(uintptr_t)block_column(b, v->field);
        if (v->generation != b->generation)
            view_forget(v, b->generation);
        v->derived_rows = 0;
        if (matchers && !v->matchers_made && v->trigger_count && (v->alias || v->column) &&
            !view_matchers_make(d, kp, v))
            return false;
    }
    return true;
}

/* The block has forgotten its columns. Views that were made for some of them go; they are the last. */
static void views_unbind(struct kind_plan *kp) {
    while (kp->view_count && kp->views[kp->view_count - 1]->keyword_only)
        view_free(kp->views[--kp->view_count]);
    for (uint32_t i = 0; i < kp->view_count; i++) {
        assert(!kp->views[i]->keyword_only);
        kp->views[i]->column = NULL;
    }
    kp->columns_seen = 0;
}

static bool is_time_to_learn(struct kind_plan *kp, uint32_t rows) {
    uint32_t const first = kp->use_count * LEARN_ROWS_A_USE;

    kp->rows += rows;
    if (kp->use_count < LEARN_USES || kp->learn_at == UINT64_MAX)
        return false;
    if (!kp->learn_at)
        kp->learn_at = first < LEARN_ROWS_MAX ? first : LEARN_ROWS_MAX;
    if (kp->rows < kp->learn_at)
        return false;
    kp->learn_at = kp->rows < LEARN_AGAIN ? LEARN_AGAIN : UINT64_MAX;
    return true;
}

static void told_forget(struct detector *d) {
    memset(d->told, 0, TOLD_SLOTS * sizeof *d->told);
    d->told_count = 0;
}

static bool block_run(struct detector *d, const struct block *b) {
    struct kind_plan *const kp = kind_plan_of(d, b);
    struct view **hot;
    uint32_t hot_count = 0;
    bool ok = true;

    if (!kp)
        return false;
    if (!kp->use_count || !b->row_count)
        return true;
    if (kp->generation != b->generation) {
        kp->generation = b->generation;
        views_unbind(kp);
        kp->class_used = kp->class_count = 0;
        memset(d->memo, 0, MEMO_SLOTS * sizeof *d->memo);
        memset(d->answers, 0, ANSWER_SLOTS * sizeof *d->answers);
        told_forget(d);
        test_forget(&d->scratch);
    }
    if (is_time_to_learn(kp, b->row_count) && (!views_bind(d, kp, b, false) || !learn_triggers(d, kp, b)))
        return false;
    if (!views_bind(d, kp, b, true) || !(hot = malloc((kp->view_count + 1) * sizeof(struct view *))))
        return false;
    for (uint32_t i = 0; ok && i < kp->view_count; i++) {
        struct view *const v = kp->views[i];

        if (!v->trigger_count && !v->tried_count)
            continue;
        if (v->alias && !view_derive(d, b, v))
            ok = false;
        else if (!scan_view(d, kp, v))
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
                (evaluate_is_of_cell(t) || evaluate_value(d, test, 1u << 20, dict, item)))
                return match_add(d, field, value_text(dictionary_value(dict, item)));
        }
        return true;
    }
    return v->type == VALUE_NULL || match_add(d, field, value_text(v));
}

/* Of the columns where a keyword holds that whose name is the first: their own order tells what else was read before. */
static bool keyword_told(struct detector *d, const struct at *at, uint32_t test) {
    const struct column *best = NULL;
    str name = {"", 0};

    for (uint32_t i = 0; i < at->block->column_count; i++) {
        str const other = field_name(d->o.fields, at->block->columns[i]->field);

        if ((!best || str_cmp(other, name) < 0) && evaluate_keyword(d, at, test, i)) {
            best = at->block->columns[i];
            name = other;
        }
    }
    return !best || match_value(d, test, name, &best->dict, best->codes[at->row]);
}

/* In which column each keyword of a crowd holds that does: of several the one whose name is the first. */
struct keyword_search {
    uint32_t *columns; /* by child, + 1; 0: none yet */
    const struct detector *d;
    const struct block *block;
    uint32_t column;
};

static void keyword_found(void *ctx, uint32_t child) {
    struct keyword_search *const s = ctx;
    uint32_t *const best = &s->columns[child];

    if (!*best || str_cmp(field_name(s->d->o.fields, s->block->columns[s->column]->field),
                          field_name(s->d->o.fields, s->block->columns[*best - 1]->field)) < 0)
        *best = s->column + 1;
}

/* As keyword_told, for all keywords of a crowd at once. */
static bool keywords_told(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];
    struct keyword_search s = {.d = d, .block = at->block};
    bool ok = (s.columns = calloc(n->count, sizeof *s.columns)) != NULL;

    for (; ok && s.column < at->block->column_count; s.column++)
        ok = evaluate_keywords(d, at, c, node, s.column, keyword_found, &s);
    for (uint32_t i = 0; ok && i < n->count; i++) {
        if (!s.columns[i])
            continue;
        const struct column *const k = at->block->columns[s.columns[i] - 1];

        ok = match_value(d, p->nodes[p->children[n->first + i]].first, field_name(d->o.fields, k->field), &k->dict,
                         k->codes[at->row]);
    }
    free(s.columns);
    return ok;
}

/* The value that satisfies one of the crowd, if any does. False: its tests must be asked one by one. *told: memory was
 * there. */
static bool crowd_told(struct detector *d, const struct at *at, const struct crowd *c, uint32_t node, bool *told) {
    if (c->field == PLAN_KEYWORD) {
        *told = keywords_told(d, at, c, node);
        return true;
    }
    struct view *const v = at->kp->views[at->kp->alias_sets[at->aliases].view_of[c->field]];
    const struct value *value;
    uint32_t code;

    *told = true;
    if (!evaluate_crowd(d, at, c, node))
        return true;
    if (!view_code(d, at->block, v, at->row, &code)) {
        *told = false;
        return true;
    }
    value = dictionary_value(view_dictionary(v), code);
    if (value->type == VALUE_LIST)
        return false;
    *told = match_add(d, field_name(d->o.fields, d->o.plan->fields[c->field]), value_text(value));
    return true;
}

/* Gathers what made the expression true; nothing from below a NOT. */
static bool gather(struct detector *d, const struct at *at, uint32_t node) {
    const struct plan *const p = d->o.plan;
    const struct plan_node *const n = &p->nodes[node];
    const struct crowd *c;
    uint32_t code;
    bool told;

    if (n->type == NODE_NOT)
        return true;
    if (n->type == NODE_TEST) {
        const struct plan_test *const t = &p->tests[n->first];

        if (t->field == PLAN_KEYWORD)
            return keyword_told(d, at, n->first);
        if (!evaluate_test(d, at, n->first))
            return true;
        struct view *const v = at->kp->views[at->kp->alias_sets[at->aliases].view_of[t->field]];

        return view_code(d, at->block, v, at->row, &code) &&
               match_value(d, n->first, t->test.sigma->field, view_dictionary(v), code);
    }
    /* The node holds: so do all children of an AND. Of a crowd all that hold say the same of a cell of one value. */
    if (n->type == NODE_OR && (c = evaluate_crowd_of(d, node)) && crowd_told(d, at, c, node, &told)) {
        if (!told)
            return false;
        for (uint32_t i = 0; i < c->rest_count; i++) {
            uint32_t const child = p->children[n->first + c->rest[i]];

            if (evaluate_node(d, at, child) && !gather(d, at, child))
                return false;
        }
        return true;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t const child = p->children[n->first + i];

        if ((n->type == NODE_AND || p->nodes[child].type == NODE_TEST || evaluate_node(d, at, child)) &&
            !gather(d, at, child))
            return false;
    }
    return true;
}

/* The matches of a finding, remembered or gathered. */
static bool matches_of(struct detector *d, const struct hit *h, const struct use *u, const struct detect_match **out,
                       uint32_t *count) {
    struct at const at = {h->kp, h->block, h->row, u->aliases, evaluate_block_memo(h->block)};
    struct answer key;
    uint64_t hash;
    bool const has_key = answer_key(d, h->kp, h->block, h->row, u, &key, &hash);
    struct told *const t = &d->told[hash % TOLD_SLOTS];

    if (has_key && answer_same(&t->key, &key)) {
        *out = d->told_matches + t->first;
        *count = t->count;
        return true;
    }
    d->match_count = 0;
    if (!gather(d, &at, d->o.plan->rules[h->rule].root))
        return false;
    *out = d->matches;
    *count = d->match_count;
    if (!has_key || d->match_count > TOLD_MATCHES_MAX)
        return true;
    if (d->told_count > TOLD_MATCHES_MAX - d->match_count)
        told_forget(d);
    *t = (struct told){key, d->told_count, d->match_count};
    for (uint32_t i = 0; i < d->match_count; i++) {
        if (!grow((void **)&d->told_matches, d->told_count, &d->told_room, sizeof *d->told_matches))
            return false;
        d->told_matches[d->told_count++] = d->matches[i];
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
    if (rx->element != ry->element)
        return rx->element < ry->element ? -1 : 1;
    if (x->block != y->block)
        return x->block->index < y->block->index ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->what != y->what) /* what no filter took away goes before */
        return x->what < y->what ? -1 : 1;
    return x->use < y->use ? -1 : x->use > y->use;
}

static bool hits_tell(struct detector *d, struct err *e) {
    if (d->hit_count)
        qsort(d->hits, d->hit_count, sizeof *d->hits, hit_order);
    for (uint32_t i = 0; i < d->hit_count; i++) {
        const struct hit *const h = &d->hits[i];
        const struct use *const u = &h->kp->uses[h->use];
        uint32_t matches;
        struct detect_hit hit = {.rule = h->rule, .block = h->block, .row = h->row};

        /* One event, one rule, one finding, under however many names it holds; or one match that a filter took away. */
        if (i && d->hits[i - 1].block == h->block && d->hits[i - 1].row == h->row && d->hits[i - 1].rule == h->rule)
            continue;
        if (h->what >= ANSWER_FILTERED) {
            d->filtered[d->o.plan->rules[h->rule].filters + (h->what - ANSWER_FILTERED)]++;
            continue;
        }
        if (!matches_of(d, h, u, &hit.matches, &matches))
            return err_set(e, ERR_MEMORY, 0, "no memory for a finding");
        hit.match_count = matches;
        if (u->aliases)
            hit.logsource = h->kp->kind->logsources[u->aliases - 1].category;
        else
            hit.logsource = S("");
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
    d->answers = calloc(ANSWER_SLOTS, sizeof *d->answers);
    d->told = calloc(TOLD_SLOTS, sizeof *d->told);
    d->filtered = calloc(options->plan->filter_count + 1, sizeof *d->filtered);
    d->role_memory = arena_new(DERIVED_MEMORY);
    d->costs = malloc((options->plan->node_count + (size_t)1) * sizeof *d->costs);
    d->crowds = calloc(options->plan->node_count + (size_t)1, sizeof(struct crowd *));
    if (!sources_find(d) || !d->costs || !d->crowds || !d->memo || !d->answers || !d->told || !d->filtered ||
        !d->role_memory || !test_scratch_init(&d->scratch, e)) {
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
    buf_free(&d->sift_text);
    buf_free(&d->sift_folded);
    arena_free(d->role_memory);
    for (uint32_t i = 0; d->crowds && i < d->o.plan->node_count; i++)
        evaluate_crowd_free(d->crowds[i]);
    free(d->crowds);
    free(d->sources);
    free(d->source_rules);
    free(d->costs);
    free(d->keyword_costs);
    free(d->lesson.costs);
    free(d->lesson.node_costs);
    free(d->lesson.seen);
    free(d->lesson.held);
    free(d->plans);
    free(d->memo);
    free(d->answers);
    free(d->told);
    free(d->told_matches);
    free(d->hits);
    free(d->matches);
    free(d->filtered);
    free(d->found);
    free(d);
}

struct ingest_wish detector_wants(struct detector *d, const struct block *b, field_id field) {
    const struct kind_plan *const kp = kind_plan_of(d, b);
    uint32_t sifted;

    if (!kp)
        return (struct ingest_wish){RAW_ANY, 0};
    for (uint32_t i = 0; i < kp->view_count; i++) {
        const struct view *const v = kp->views[i];

        if (!v->alias && v->field == field && !v->keyword_only)
            return (struct ingest_wish){RAW_ANY, 0};
        for (uint32_t j = 0; v->alias && j < v->width; j++)
            if (v->inputs[j] == field)
                return (struct ingest_wish){RAW_ANY, 0};
    }
    sifted = kp->sieve ? kp->keyword_types & TEXT_TYPES : 0;
    return (struct ingest_wish){kp->keyword_types & ~sifted, sifted};
}

bool detector_names(const struct detector *d, field_id field) {
    return field < d->o.plan->field_of_room && d->o.plan->field_of[field] != PLAN_KEYWORD;
}

size_t detector_bytes(const struct detector *d) {
    size_t bytes = 0;

    for (uint32_t i = 0; i < d->plan_count; i++)
        for (uint32_t v = 0; d->plans[i] && v < d->plans[i]->view_count; v++)
            if (d->plans[i]->views[v]->alias)
                bytes += view_bytes(d->plans[i]->views[v]);
    return bytes;
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
                    size_t const n =
                        view_source_values(b, row, &l->aliases[i].sources[s], d->role_memory, out + used, max - used);

                    used += n == SIZE_MAX ? 0 : n;
                }
                return used;
            }
    }
    return view_cell_texts(c, c ? c->codes[row] : CODE_ABSENT, out, max);
}

str detector_role(struct detector *d, const struct block *b, uint32_t row, enum role role) {
    arena_reset(d->role_memory);
    for (size_t s = 0; s < b->kind->role_counts[role]; s++) {
        str values[DERIVE_VALUES_MAX];
        size_t const n =
            view_source_values(b, row, &b->kind->roles[role][s], d->role_memory, values, DERIVE_VALUES_MAX);

        if (n && n != SIZE_MAX && values[0].len && !str_eq(values[0], S("-")))
            return values[0];
    }
    return S("");
}
