/* assessment_weigh: one weighing: the model of techniques and software, bans of the other classes, posteriors and gates. */
#include <math.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"

/* ---- the model ---- */

/* Software that no profile lists changes no measure (model.c), and is left out: a list of unknown programs costs nothing. */
static bool observe(struct observed *out, const struct work *w, struct without without, struct err *e) {
    size_t const n = w->evidence->item_count;
    token *const techniques = arena_zero(w->m, n + 1, sizeof *techniques), *const software = arena_zero(
                                                                               w->m, n + 1, sizeof *software);

    if (!techniques || !software)
        return assess_no_memory(e);
    *out = (struct observed){techniques, software, 0, 0};
    for (uint32_t k = 0; k < n; k++) {
        uint32_t const i = w->order[k];
        token const t = w->evidence->items[i].token;

        if (item_skipped(w, without, i) || !item_modelled(w, i))
            continue;
        if (!token_software(t))
            techniques[out->technique_count++] = t;
        else if (token_find(w->p->listed, w->p->listed_count, t))
            software[out->software_count++] = t;
    }
    out->technique_count = tokens_sort(techniques, out->technique_count);
    out->software_count = tokens_sort(software, out->software_count);
    return true;
}

/* Malware of its profile was seen, and not only what a supplier may have given to others. */
static bool own_malware(const struct work *w, struct without without, const struct profile_group *g) {
    for (uint32_t i = 0; i < w->evidence->item_count; i++) {
        token const t = w->evidence->items[i].token;

        if (token_software(t) && !w->evidence->items[i].supplier && item_modelled(w, i) &&
            !item_skipped(w, without, i) && token_find(g->links, g->link_count, t) &&
            !profiles_tool(w->with->profiles, t))
            return true;
    }
    return false;
}

static unsigned model_families(const struct work *w, const struct judged *j) {
    const double *const by = w->with->parameters->group;
    double const technique = by[MEASURE_TECHNIQUE] * j->measures[MEASURE_TECHNIQUE] / log(10),
                 software = (by[MEASURE_MALWARE] * j->measures[MEASURE_MALWARE] +
                             by[MEASURE_TOOL] * j->measures[MEASURE_TOOL]) /
                            log(10);

    return (technique >= w->rules->speaks ? 1u << FAMILY_TECHNIQUE : 0) |
           (software >= w->rules->speaks ? 1u << FAMILY_SOFTWARE : 0);
}

/* ---- the other classes ---- */

static const char *count_ref(struct work *w, const struct ref *r, struct weighed *to, unsigned *of_class,
                             struct without without, double *counted) {
    const struct evidence_rules *const rules = w->rules;
    const struct evidence_item *const item = &w->evidence->items[r->item];
    uint32_t *const by_origin =
        &w->origin_stamp[(size_t)r->origin * EVIDENCE_FAMILIES + rules->classes[r->class].family];

    *counted = 0;
    if (item_skipped(w, without, r->item))
        return "left out";
    if (r->model)
        return "weighed by the model";
    if (r->class == EVIDENCE_STATEMENT && to->blocked)
        return "own evidence points to another group";
    if (r->copied)
        return "a copy";
    if (w->item_stamp[w->same[r->item]] == w->stamp)
        return "the same item";
    if (*by_origin == w->stamp)
        return "of the same origin";
    w->item_stamp[w->same[r->item]] = *by_origin = w->stamp;

    bool const further = of_class[r->class]++ > 0;
    double const wanted = further ? rules->next * r->bans : r->bans,
                 left = rules->classes[r->class].cap - to->classes[r->class];

    *counted = fmin(wanted, fmax(0, left));
    to->classes[r->class] += *counted;
    if (rules->classes[r->class].carries && !item->supplier && *counted > 0)
        to->otherwise = to->otherwise || to->classes[r->class] >= rules->speaks;
    if (*counted < wanted)
        return "beyond the cap";
    return further ? "further item" : "";
}

static void weigh_links(struct work *w, uint32_t c, struct weighed *to, struct without without, double *counted,
                        const char **why) {
    const struct candidate *const of = &w->candidates[c];
    unsigned of_class[EVIDENCE_CLASSES] = {0};

    w->stamp++;
    for (size_t k = of->first_ref; k < of->first_ref + of->ref_count; k++) {
        double part;
        const char *const reason = count_ref(w, &w->refs[k], to, of_class, without, &part);

        if (counted)
            counted[k] = part;
        if (why)
            why[k] = reason;
    }
    for (size_t k = 0; k < of->contradiction_count; k++) {
        const struct assessed_contradiction *const x = &of->contradictions[k];

        if (x->item == OF_NO_ITEM || !item_skipped(w, without, x->item))
            to->against += x->bans;
    }
    to->bans = to->against;
    for (size_t k = 0; k < EVIDENCE_CLASSES; k++) {
        to->bans += to->classes[k];
        if (to->classes[k] >= w->rules->speaks)
            to->families |= 1u << w->rules->classes[k].family;
    }
}

/* ---- together ---- */

struct place {
    double key;
    uint32_t candidate;
};

static int by_key(const void *a, const void *b) {
    const struct place *const x = a, *const y = b;

    return x->key != y->key              ? (x->key > y->key ? -1 : 1)
           : x->candidate < y->candidate ? -1
                                         : x->candidate > y->candidate;
}

static bool rank(struct outcome *o, struct err *e) {
    struct place *const list = calloc(o->count + 1, sizeof *list);
    double sum = o->judgement.none;
    bool touched = false;

    if (!list)
        return assess_no_memory(e);
    for (uint32_t i = 0; i < o->count; i++) {
        list[i] = (struct place){o->of[i].key, i};
        touched = touched || o->of[i].bans != 0 || !o->of[i].judged;
        sum += o->of[i].base * pow(10, o->of[i].bans);
    }
    /* Where nothing but the model speaks, its numbers stay to the last bit: they sum up to 1 but for rounding. */
    if (!touched)
        sum = 1;
    for (uint32_t i = 0; i < o->count; i++)
        o->of[i].posterior = sum > 0 ? o->of[i].base * pow(10, o->of[i].bans) / sum : 0;
    o->none = sum > 0 ? o->judgement.none / sum : 1;
    if (o->count)
        qsort(list, o->count, sizeof *list, by_key);
    for (uint32_t i = 0; i < o->count; i++)
        o->ranked[i] = list[i].candidate;
    o->margin = o->count > 1 ? (list[0].key - list[1].key) / log(10) : INFINITY;
    free(list);
    return true;
}

static void base_of(struct outcome *o) {
    const struct judgement *const j = &o->judgement;

    for (size_t i = 0; i < j->count; i++) {
        struct weighed *const g = &o->of[j->groups[i].group];

        g->judged = &j->groups[i];
        g->base = j->groups[i].posterior;
    }
    /* Without profile: a group of which nothing is known, all its measures 0, so that its share would be exp(0 - first)/sum. Those of the others stay. */
    for (size_t i = 0; i < o->count; i++)
        if (!o->of[i].judged && j->count)
            o->of[i].base = (1 - j->none) * j->groups[0].share * exp(-j->groups[0].score);
}

static bool weigh_once(struct outcome *o, struct work *w, struct without without, double *counted, const char **why,
                       struct err *e) {
    for (uint32_t c = 0; c < o->count; c++) {
        struct weighed *const to = &o->of[c];
        size_t const group = w->candidates[c].group;

        memset(to->classes, 0, sizeof to->classes);
        to->against = 0;
        to->families = to->judged ? model_families(w, to->judged) : 0;
        to->carried =
            to->judged && to->judged->measures[MEASURE_MALWARE] > 0 && own_malware(w, without, &w->p->groups[group]);
        to->otherwise = false;
        weigh_links(w, c, to, without, counted, why);
        to->carried = to->carried || to->otherwise;
        to->key = (to->judged ? to->judged->score : 0) + to->bans * log(10);
    }
    return rank(o, e);
}

unsigned families_of(unsigned bits) {
    unsigned n = 0;

    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

/* Techniques, victims and habits are everybody's: a resemblance in these alone is told in the ranked list, and not as one. */
#define COMMON_FAMILIES (1u << FAMILY_TECHNIQUE | 1u << FAMILY_VICTIM | 1u << FAMILY_HABIT)

static bool resembles(const struct work *w, const struct weighed *first) {
    return first && (first->families & ~COMMON_FAMILIES) && first->posterior >= w->rules->resembles;
}

static void judge_gates(struct outcome *o, const struct work *w) {
    const struct parameters *const p = w->with->parameters;
    struct gate_value *const g = o->gates;
    const struct weighed *const first = o->count ? &o->of[o->ranked[0]] : NULL;
    bool all = first;

    for (size_t i = 0; i < GATES; i++)
        g[i] = (struct gate_value){false, NAN, NAN};
    g[GATE_POSTERIOR].asked = p->gate.posterior;
    g[GATE_CLASSES].asked = 2;
    g[GATE_MARGIN].asked = p->gate.margin;
    g[GATE_MODEL].asked = p->gate.coverage;
    if (first) {
        const struct judged *const j = first->judged;
        unsigned const families = families_of(first->families);

        g[GATE_POSTERIOR].had = first->posterior;
        g[GATE_POSTERIOR].passed = first->posterior >= p->gate.posterior;
        g[GATE_CLASSES].had = families;
        g[GATE_CLASSES].passed = families >= 2;
        g[GATE_CARRIED].passed = first->carried;
        g[GATE_MARGIN].had = o->margin;
        g[GATE_MARGIN].passed = o->margin >= p->gate.margin;
        g[GATE_WINDOW].passed = w->candidates[o->ranked[0]].window != 0;
        if (j)
            g[GATE_MODEL].had = j->coverage;
        g[GATE_MODEL].passed =
            first->otherwise ||
            (j && (j->measures[MEASURE_CONFIRMED] > 0 || (j->alone && j->coverage >= p->gate.coverage)));
    }
    for (size_t i = 0; i < GATES; i++)
        all = all && g[i].passed;
    o->level = all ? ASSESSED_CONSISTENT : resembles(w, first) ? ASSESSED_RESEMBLES : ASSESSED_CLUSTER;
}

static bool has_statements(const struct work *w) {
    for (size_t k = 0; k < w->ref_count; k++)
        if (w->refs[k].class == EVIDENCE_STATEMENT)
            return true;
    return false;
}

/* A statement is quoted, but not counted, where own evidence that may carry a name points to another group. */
static void block_statements(struct outcome *o, const struct work *w) {
    const struct weighed *const first = &o->of[o->ranked[0]];

    for (size_t i = 0; i < o->count; i++) {
        struct weighed *const g = &o->of[i];

        g->blocked = first != g && first->carried && first->posterior >= w->rules->resembles &&
                     first->key - g->key >= w->with->parameters->gate.margin * log(10);
    }
}

bool weigh(struct outcome *out, struct work *w, struct without without, double *counted, const char **why,
           struct err *e) {
    bool ok;

    *out = (struct outcome){.count = w->candidate_count};
    out->of = calloc(out->count + 1, sizeof *out->of);
    out->ranked = calloc(out->count + 1, sizeof *out->ranked);
    ok = (out->of && out->ranked) || assess_no_memory(e);
    ok = ok && observe(&out->observed, w, without, e) &&
         judgement_measure(&out->judgement, w->with->profiles, w->p, &out->observed, NO_GROUP, e);
    if (ok) {
        judgement_weigh(&out->judgement, w->with->parameters);
        base_of(out);
    }
    if (ok && has_statements(w)) {
        for (size_t i = 0; i < out->count; i++)
            out->of[i].blocked = true;
        ok = weigh_once(out, w, without, NULL, NULL, e);
        if (ok)
            block_statements(out, w);
    }
    ok = ok && weigh_once(out, w, without, counted, why, e);
    if (ok)
        judge_gates(out, w);
    else
        outcome_free(out);
    return ok;
}

void outcome_free(struct outcome *o) {
    judgement_free(&o->judgement);
    free(o->of);
    free(o->ranked);
    *o = (struct outcome){0};
}
