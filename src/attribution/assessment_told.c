/* assessment_told: what follows from a weighing: gates in words, what it becomes without something, how sure it is, and nations. */
#include <math.h>

#include "attribution/assessment_own.h"
#include "base/compiler.h"
#include "base/instant.h"

#define ITEMS_TOLD 8u

static str date_text(int64_t when, char room[INSTANT_TEXT]) {
    return str_first(instant_format(when, room), 10);
}

/* ---- gates ---- */

static bool posterior_words(struct assessment *a, struct work *w, str *out, struct err *e) {
    struct assessed_group const *const first = a->groups;

    if (a->none > first->posterior)
        return say(w, out, e, "that it is none of the known groups is likelier (%.2f) than the first of them (%.2f)",
                   a->none, first->posterior);
    return say(w, out, e, "the first group has %.2f, a name asks for %.2f", first->posterior,
               a->parameters->gate.posterior);
}

static bool gate_words(struct assessment *a, struct work *w, enum assessed_gate g, str *out, struct err *e) {
    struct assessed_group const *const first = a->groups;

    switch (g) {
    case GATE_POSTERIOR:
        return posterior_words(a, w, out, e);
    case GATE_CLASSES:
        if (!first->families)
            return say(w, out, e, "nothing speaks for it");
        for (size_t f = 0; f < EVIDENCE_FAMILIES; f++)
            if (first->families == 1u << f) {
                str const name = evidence_family_name((enum evidence_family)f);

                return say(w, out, e, "all that speaks for it is of one kind: %.*s", STR_ARG(name));
            }
        return true;
    case GATE_CARRIED:
        return say(
            w, out, e,
            "nothing carries a name: techniques, victims, habits, public tools and rented infrastructure do not");
    case GATE_MARGIN:
        return say(w, out, e, "%.*s is only %.1f bans behind, a name asks for %g", STR_ARG(a->groups[1].name),
                   a->margin, a->parameters->gate.margin);
    case GATE_WINDOW: {
        const struct profile_group *const p = &a->profile->groups[first->group];
        char from[INSTANT_TEXT], until[INSTANT_TEXT];
        str const known = date_text(p->first_day * DAY_NS, from), to = date_text(p->last_day * DAY_NS, until);

        return say(w, out, e, "it lies outside the time in which the group is known (reports of %.*s to %.*s)",
                   STR_ARG(known), STR_ARG(to));
    }
    case GATE_MODEL:
        if (isnan(a->gates[g].had))
            return say(w, out, e, "no profile of it is there, and nothing else carries a name");
        return say(w, out, e,
                   "no malware of at most two groups is confirmed by a second source or a second piece; one that is of "
                   "this group alone needs %.0f of 100 observed techniques in its profile, and has %.0f",
                   100 * a->gates[g].asked, 100 * a->gates[g].had);
    case GATES:
        break;
    }
    return true;
}

bool tell_gates(struct assessment *a, struct work *w, const struct outcome *o, struct err *e) {
    for (size_t i = 0; i < GATES; i++) {
        a->gates[i] = (struct assessed_gate_state){o->gates[i].passed, o->gates[i].asked, o->gates[i].had, S("")};
        if (a->gates[i].passed)
            continue;
        if (!a->group_count ? !say(w, &a->gates[i].words, e, "no group is known")
                            : !gate_words(a, w, (enum assessed_gate)i, &a->gates[i].words, e))
            return false;
    }
    return true;
}

/* ---- without something ---- */

static size_t place_of(const struct outcome *o, uint32_t candidate) {
    size_t i = 0;

    while (o->ranked[i] != candidate)
        i++;
    return i;
}

static bool tell_without(struct assessment *a, struct work *w, const struct outcome *whole, struct without without,
                         struct sensitivity *to, struct err *e) {
    struct outcome o;

    if (!weigh(&o, w, without, NULL, NULL, e))
        return false;
    *to = (struct sensitivity){.what = without.item == OF_NO_ITEM ? WITHOUT_CLASS : WITHOUT_ITEM,
                               .class = without.class,
                               .item = without.item,
                               .first = NO_GROUP,
                               .none = o.none,
                               .level = o.level};
    if (o.count) {
        const struct weighed *const first = &o.of[o.ranked[0]];

        to->first = first->posterior > o.none ? place_of(whole, o.ranked[0]) : NO_GROUP;
        to->posterior = first->posterior;
        to->first_group = place_of(whole, o.ranked[0]);
    }
    bool const none_before = !a->group_count || a->groups[0].posterior <= a->none;

    to->changes = to->level != a->level || to->first != (none_before ? NO_GROUP : 0);
    outcome_free(&o);
    if (to->what == WITHOUT_CLASS) {
        str const name = evidence_class_name(to->class);

        return say(w, &to->words, e, "without what is of the class %.*s", STR_ARG(name));
    }
    return say(w, &to->words, e, "without %.*s", STR_ARG(w->evidence->items[to->item].value));
}

struct telling_item {
    double weight;
    uint32_t item;
    const uint32_t *rank;
};

static int by_telling(const void *a, const void *b) {
    const struct telling_item *const x = a, *const y = b;

    return x->weight != y->weight                ? (x->weight > y->weight ? -1 : 1)
           : x->rank[x->item] < y->rank[y->item] ? -1
                                                 : x->rank[x->item] > y->rank[y->item];
}

/* Items by how much they add to one of the first two groups. */
static bool telling_items(const struct assessment *a, const struct work *w, struct telling_item **out, size_t *count,
                          struct err *e) {
    struct telling_item *const list = arena_zero(w->m, w->evidence->item_count + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return assess_no_memory(e);
    for (uint32_t i = 0; i < w->evidence->item_count; i++)
        list[i] = (struct telling_item){0, i, w->rank};
    for (size_t g = 0; g < 2 && g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++) {
            const struct assessed_link *const l = &a->groups[g].links[k];
            bool const model = l->link == UINT32_MAX && l->class != EVIDENCE_VICTIM;

            list[l->item].weight = fmax(list[l->item].weight, model ? l->bans : l->counted);
        }
    if (w->evidence->item_count)
        qsort(list, w->evidence->item_count, sizeof *list, by_telling);
    while (n < w->evidence->item_count && n < ITEMS_TOLD && list[n].weight > 0)
        n++;
    *out = list;
    *count = n;
    return true;
}

/* Whoever plants one thing plants several: a name must stand without all that is cheap to fake, too. */
static bool find_cheap(struct assessment *a, struct work *w, const struct outcome *whole, struct err *e) {
    struct outcome o;

    if (!weigh(&o, w, (struct without){EVIDENCE_CLASSES, OF_NO_ITEM, true}, NULL, NULL, e))
        return false;
    if (o.count)
        a->cheap_only = a->cheap_only || place_of(whole, o.ranked[0]) != 0 ||
                        (a->level == ASSESSED_CONSISTENT && o.level != ASSESSED_CONSISTENT);
    outcome_free(&o);
    return true;
}

bool tell_sensitivity(struct assessment *a, struct work *w, const struct outcome *o, struct err *e) {
    struct sensitivity *const list = arena_zero(w->m, EVIDENCE_CLASSES + ITEMS_TOLD, sizeof *list);
    bool there[EVIDENCE_CLASSES] = {false};
    struct telling_item *items = NULL;
    size_t n = 0, item_count = 0;
    unsigned cheap = 0;

    if (!list)
        return assess_no_memory(e);
    for (size_t i = 0; i < w->evidence->item_count; i++)
        there[w->evidence->items[i].class] = true;
    for (size_t c = 0; c < EVIDENCE_CLASSES; c++) {
        if (!there[c])
            continue;
        if (!tell_without(a, w, o, (struct without){(enum evidence_class)c, OF_NO_ITEM, false}, &list[n], e))
            return false;
        /* What another could have planted: if without it the first is another, or the name falls, it rests on that. */
        if (w->rules->classes[c].cheap && a->level > ASSESSED_CLUSTER)
            a->cheap_only = a->cheap_only || list[n].first_group != 0 ||
                            (a->level == ASSESSED_CONSISTENT && list[n].level != ASSESSED_CONSISTENT);
        cheap += w->rules->classes[c].cheap;
        n++;
    }
    if (cheap > 1 && a->level > ASSESSED_CLUSTER && !find_cheap(a, w, o, e))
        return false;
    if (!telling_items(a, w, &items, &item_count, e))
        return false;
    for (size_t i = 0; i < item_count; i++)
        if (!tell_without(a, w, o, (struct without){EVIDENCE_CLASSES, items[i].item, false}, &list[n++], e))
            return false;
    a->sensitivities = list;
    a->sensitivity_count = n;
    return true;
}

/* ---- how sure ---- */

static bool one_origin(const struct assessed_group *g) {
    str origin = {"", 0};
    bool any = false;

    /* Malware that profiles list rests on its own sources. */
    if (g->judged && g->judged->measures[MEASURE_MALWARE] > 0)
        return false;
    for (size_t i = 0; i < g->link_count; i++) {
        const struct assessed_link *const l = &g->links[i];

        if (l->link == UINT32_MAX || l->counted <= 0)
            continue;
        if (any && !str_eq(l->origin, origin))
            return false;
        origin = l->origin;
        any = true;
    }
    return any;
}

/* A statement about this victim that names another group than the first. */
static const struct assessed_group *named_otherwise(const struct assessment *a) {
    for (size_t i = 1; i < a->group_count; i++)
        for (size_t k = 0; k < a->groups[i].link_count; k++)
            if (a->groups[i].links[k].class == EVIDENCE_STATEMENT && a->groups[i].links[k].bans > 0)
                return &a->groups[i];
    return NULL;
}

struct reasons {
    struct work *w;
    str *list;
    size_t count;
    struct err *e;
};
#define REASONS_MAX 16u

static bool low_reasons(struct reasons *r, struct assessment *a, bool *low) {
    const struct assessed_group *const first = a->groups, *const other = named_otherwise(a);

    if (a->cheap_only) {
        *low = true;
        if (!say(r->w, &r->list[r->count++], r->e,
                 "without what is cheap to fake another group comes first, or the name falls"))
            return false;
    }
    if (a->one_origin) {
        *low = true;
        if (!say(r->w, &r->list[r->count++], r->e, "all that links it with %.*s goes back to one report",
                 STR_ARG(first->name)))
            return false;
    }
    if (other) {
        *low = true;
        if (!say(r->w, &r->list[r->count++], r->e, "a statement about this victim names another group: %.*s",
                 STR_ARG(other->name)))
            return false;
    }
    if (a->unresolved_count &&
        !say(r->w, &r->list[r->count++], r->e,
             a->unresolved_count == 1 ? "%zu name in links stands for several groups or none, and was not counted"
                                      : "%zu names in links stand for several groups or none, and were not counted",
             a->unresolved_count))
        return false;
    if (a->evidence->gap_count && !say(r->w, &r->list[r->count++], r->e,
                                       a->evidence->gap_count == 1 ? "%zu gap is open in what could be seen"
                                                                   : "%zu gaps are open in what could be seen",
                                       a->evidence->gap_count))
        return false;
    return true;
}

/* A forensic link is as sure as the attribution of the other incident, never more: by a source that is reliable, and probably true. */
static bool sure_link(const struct assessment *a) {
    for (size_t i = 0; i < a->groups[0].link_count; i++) {
        const struct assessed_link *const l = &a->groups[0].links[i];

        if (l->class != EVIDENCE_FORENSIC || l->counted <= 0)
            continue;
        const struct evidence_link *const of = &a->evidence->items[l->item].links[l->link];

        if ((of->reliability == 'A' || of->reliability == 'B') && (of->credibility == 1 || of->credibility == 2))
            return true;
    }
    return false;
}

bool tell_confidence(struct assessment *a, struct work *w, struct err *e) {
    struct reasons r = {w, arena_zero(w->m, REASONS_MAX, sizeof(str)), 0, e};
    bool low = a->level != ASSESSED_CONSISTENT, high;

    if (!r.list)
        return assess_no_memory(e);
    if (a->group_count)
        a->one_origin = one_origin(a->groups);
    if (low) {
        /* Where nothing is resembled, what separates the first from the second says nothing. */
        for (size_t i = 0; i < GATES; i++)
            if (!a->gates[i].passed && (a->level > ASSESSED_CLUSTER || i == GATE_POSTERIOR || i == GATE_CARRIED))
                /* How likely is said elsewhere: the two are not mixed (ICD 203). */
                r.list[r.count++] = i == GATE_POSTERIOR ? S("no answer stands clear of the others") : a->gates[i].words;
    } else if (!say(w, &r.list[r.count++], e, "%u independent kinds of evidence speak for it, and all gates are passed",
                    a->families)) {
        return false;
    }
    if (!low_reasons(&r, a, &low))
        return false;
    high = !low && a->families >= 3 && sure_link(a) && !a->evidence->gap_count;
    a->confidence = low ? CONFIDENCE_LOW : high ? CONFIDENCE_HIGH : CONFIDENCE_MODERATE;
    if (!low && !high &&
        !say(w, &r.list[r.count++], e,
             "high asks for three independent kinds of evidence, among them a forensic link that is probably true by a "
             "reliable source, and for no open gap"))
        return false;
    a->confidence_why = r.list;
    a->confidence_why_count = r.count;
    return true;
}

/* ---- nations ---- */

static int by_country(const void *a, const void *b) {
    return memcmp(((const struct assessed_nation *)a)->country, ((const struct assessed_nation *)b)->country, 3);
}

static int by_posterior(const void *a, const void *b) {
    const struct assessed_nation *const x = a, *const y = b;

    return x->posterior != y->posterior ? (x->posterior > y->posterior ? -1 : 1) : by_country(a, b);
}

bool tell_nations(struct assessment *a, struct work *w, struct err *e) {
    struct assessed_nation *const list = arena_zero(w->m, a->group_count + 1, sizeof *list);
    size_t n = 0, kept = 0;

    if (!list)
        return assess_no_memory(e);
    for (size_t i = 0; i < a->group_count; i++)
        if (a->groups[i].nation.len == 2) {
            memcpy(list[n].country, a->groups[i].nation.ptr, 2);
            list[n].posterior = a->groups[i].posterior;
            list[n++].groups = 1;
        }
    if (n)
        qsort(list, n, sizeof *list, by_posterior); /* so that sums are of one order */
    /* By country, the likelier first within. */
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < kept && memcmp(list[k].country, list[i].country, 3) != 0)
            k++;
        if (k == kept) {
            list[kept++] = list[i];
            continue;
        }
        list[k].posterior += list[i].posterior;
        list[k].groups++;
    }
    if (kept)
        qsort(list, kept, sizeof *list, by_posterior);
    for (size_t i = 0; i < kept; i++)
        list[i].told = list[i].posterior >= a->rules->nation && a->level != ASSESSED_CONSISTENT;
    a->nations = list;
    a->nation_count = kept;
    return true;
}
