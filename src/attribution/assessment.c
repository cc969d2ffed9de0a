/* assessment: from evidence to a judgement: which groups, how likely, and whether one may be named; the scales of its words. */
#include "attribution/assessment.h"

#include <math.h>
#include <stdarg.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"
#include "base/instant.h"

#define MEMORY_MAX ((size_t)512 << 20)

bool assess_no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to judge which group an incident resembles");
}

bool say(struct work *w, str *out, struct err *e, const char *fmt, ...) {
    va_list args;
    char *room;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !(room = arena_bytes(w->m, (size_t)n + 1)))
        return assess_no_memory(e);
    va_start(args, fmt);
    (void)vsnprintf(room, (size_t)n + 1, fmt, args);
    va_end(args);
    *out = (str){room, (size_t)n};
    return true;
}

/* ---- what each group has ---- */

struct telling {
    struct work *w;
    const struct outcome *o;
    const double *counted;
    const char **why;
    struct explained *explained; /* of one group at a time */
    uint32_t *item_of;           /* of each token, as in explained */
};

/* For each token that the model was asked about the first item that has it. */
static bool find_items(struct telling *t, struct err *e) {
    const struct work *const w = t->w;
    const struct observed *const o = &t->o->observed;
    size_t const count = o->technique_count + o->software_count;

    t->explained = arena_zero(w->m, count + 1, sizeof *t->explained);
    t->item_of = arena_zero(w->m, count + 1, sizeof *t->item_of);
    if (!t->explained || !t->item_of)
        return assess_no_memory(e);
    for (size_t i = 0; i < count; i++)
        t->item_of[i] = OF_NO_ITEM;
    for (uint32_t k = 0; k < w->evidence->item_count; k++) {
        uint32_t const item = w->order[k];
        token const what = w->evidence->items[item].token;
        bool const software = token_software(what);
        const token *const list = software ? o->software : o->techniques;
        size_t low = 0, high = software ? o->software_count : o->technique_count;
        size_t const end = high, at = software ? o->technique_count : 0;

        while (low < high) {
            size_t const mid = low + (high - low) / 2;

            if (list[mid] < what)
                low = mid + 1;
            else
                high = mid;
        }
        if (item_modelled(w, item) && low < end && list[low] == what && t->item_of[at + low] == OF_NO_ITEM)
            t->item_of[at + low] = item;
    }
    return true;
}

/* What the model makes of each, in bans of the score. */
static size_t add_model_links(const struct telling *t, const struct judged *j, struct assessed_link *out) {
    const struct work *const w = t->w;
    const struct parameters *const p = w->with->parameters;
    size_t const tokens = judgement_explain(t->explained, w->with->profiles, w->p, &t->o->observed, j->group);
    size_t n = 0;

    for (size_t x = 0; x < tokens; x++) {
        const struct explained *const of = &t->explained[x];
        uint32_t const item = t->item_of[x];
        double bans = 0;

        for (size_t m = 0; m < MEASURES; m++)
            bans += p->group[m] * of->adds[m] / log(10);
        if (of->sources || bans != 0)
            out[n++] = (struct assessed_link){.item = item,
                                              .link = UINT32_MAX,
                                              .class = w->evidence->items[item].class,
                                              .full = bans,
                                              .decay = 1,
                                              .grade = 1,
                                              .bans = bans,
                                              .origin = S(""),
                                              .why_not = "weighed by the model"};
    }
    return n;
}

static bool tell_group(struct assessed_group *to, const struct telling *t, uint32_t c, struct err *e) {
    struct work *const w = t->w;
    const struct candidate *const of = &w->candidates[c];
    const struct weighed *const g = &t->o->of[c];
    size_t const tokens = g->judged ? t->o->observed.technique_count + t->o->observed.software_count : 0;
    struct assessed_link *const links = arena_zero(w->m, of->ref_count + tokens + 1, sizeof *links);

    if (!links)
        return assess_no_memory(e);
    for (size_t k = 0; k < of->ref_count; k++) {
        const struct ref *const r = &w->refs[of->first_ref + k];

        links[k] = (struct assessed_link){r->item,
                                          r->link,
                                          r->class,
                                          r->full,
                                          r->age_days,
                                          r->decay,
                                          r->grade,
                                          r->bans,
                                          t->counted[of->first_ref + k],
                                          r->origin_words,
                                          t->why[of->first_ref + k]};
    }
    *to = (struct assessed_group){.group = of->group,
                                  .id = of->id,
                                  .name = of->name,
                                  .nation = of->nation,
                                  .judged = g->judged,
                                  .base = g->base,
                                  .links = links,
                                  .link_count = of->ref_count,
                                  .contradictions = of->contradictions,
                                  .contradiction_count = of->contradiction_count,
                                  .against = g->against,
                                  .bans = g->bans,
                                  .posterior = g->posterior,
                                  .families = g->families,
                                  .carried = g->carried,
                                  .window = of->window};
    memcpy(to->classes, g->classes, sizeof to->classes);
    if (tokens)
        to->link_count += add_model_links(t, g->judged, links + of->ref_count);
    return true;
}

static bool tell_groups(struct assessment *a, struct work *w, const struct outcome *o, const double *counted,
                        const char **why, struct err *e) {
    struct telling t = {w, o, counted, why, NULL, NULL};
    struct assessed_group *const groups = arena_zero(w->m, o->count + 1, sizeof *groups);

    if (!groups)
        return assess_no_memory(e);
    if (!find_items(&t, e))
        return false;
    for (size_t i = 0; i < o->count; i++)
        if (!tell_group(&groups[i], &t, o->ranked[i], e))
            return false;
    a->groups = groups;
    a->group_count = o->count;
    return true;
}

/* ---- all of it ---- */

static bool judge(struct assessment *a, struct work *w, struct err *e) {
    struct outcome o = {0};
    double *counted;
    const char **why;

    if (!links_find(w, e))
        return false;
    counted = arena_zero(w->m, w->ref_count + 1, sizeof *counted);
    why = arena_zero(w->m, w->ref_count + 1, sizeof *why);
    if (!counted || !why)
        return assess_no_memory(e);
    if (!weigh(&o, w, WITHOUT_NOTHING, counted, why, e))
        return false;
    /* The judgement stays with the assessment, which points into it. */
    a->judgement = o.judgement;
    a->observed = o.observed;
    a->base_none = o.judgement.none;
    a->none = o.none;
    a->margin = o.margin;
    a->level = o.level;
    a->families = o.count ? families_of(o.of[o.ranked[0]].families) : 0;
    a->links_later = w->links_later;
    a->unresolved = w->unresolved;
    a->unresolved_count = w->unresolved_count;
    bool const ok = tell_groups(a, w, &o, counted, why, e) && tell_gates(a, w, &o, e) &&
                    tell_sensitivity(a, w, &o, e) && tell_nations(a, w, e) && tell_confidence(a, w, e) &&
                    tell_hypotheses(a, w, e) && tell_wanted(a, w, e);

    o.judgement = (struct judgement){0};
    outcome_free(&o);
    return ok;
}

bool assess(struct assessment **out, const struct evidence *evidence, const struct assess_options *options,
            struct err *e) {
    int64_t const day = options->as_of == INSTANT_NONE ? INT64_MAX
                        : options->as_of >= 0          ? options->as_of / DAY_NS
                                                       : -((-(options->as_of + 1)) / DAY_NS) - 1;
    const struct profile *const p = profiles_on(options->profiles, day);
    struct assessment *a;
    bool ok;

    *out = NULL;
    if (!p)
        return err_set(e, ERR_USAGE, 0, "no release of the profiles is so old");
    if (evidence->item_count > EVIDENCE_ITEMS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u items of evidence", EVIDENCE_ITEMS_MAX);
    if (!(a = calloc(1, sizeof *a)))
        return assess_no_memory(e);
    a->memory = arena_new(MEMORY_MAX);
    a->evidence = evidence;
    a->profiles = options->profiles;
    a->profile = p;
    a->parameters = options->parameters;
    a->rules = options->rules;
    a->as_of = options->as_of;

    struct work w = {.m = a->memory,
                     .evidence = evidence,
                     .with = options,
                     .rules = options->rules,
                     .p = p,
                     .day = day,
                     .past = p != &options->profiles->releases[options->profiles->count - 1]};
    ok = (a->memory || assess_no_memory(e)) && judge(a, &w, e);
    if (ok)
        *out = a;
    else
        assessment_free(a);
    return ok;
}

void assessment_free(struct assessment *a) {
    if (a) {
        judgement_free(&a->judgement);
        arena_free(a->memory);
        free(a);
    }
}

/* ---- scales ---- */

/* ICD 203 (2015), of its two rows of words the first that is usual in each; where two ranges meet, the lower one. */
str likelihood_word(double p) {
    static const struct {
        double to;
        str word;
    } scale[] = {{0.05, STR("almost no chance")},    {0.20, STR("very unlikely")}, {0.45, STR("unlikely")},
                 {0.55, STR("roughly even chance")}, {0.80, STR("likely")},        {0.95, STR("very likely")}};

    for (size_t i = 0; i < COUNT(scale); i++)
        if (p <= scale[i].to)
            return scale[i].word;
    return S("almost certain");
}

str confidence_word(enum assessed_confidence c) {
    static const str words[] = {
        [CONFIDENCE_LOW] = STR("low"), [CONFIDENCE_MODERATE] = STR("moderate"), [CONFIDENCE_HIGH] = STR("high")};

    return words[c];
}

unsigned confidence_stix(enum assessed_confidence c) {
    return c == CONFIDENCE_HIGH ? 85 : c == CONFIDENCE_MODERATE ? 50 : 15;
}
