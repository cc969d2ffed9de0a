/* evaluate_assess: the cases through assess(): does it say what the model says, and can a name be brought about by what is cheap to fake? */
#include <math.h>

#include "attribution/assessment.h"
#include "attribution/evaluate_own.h"
#include "base/compiler.h"
#include "base/instant.h"

#define DAY_NS INT64_C(86400000000000)
#define FAKES 3u
#define RELAYS 161u /* as many as were published of one network in 2021 */
#define ITEMS_MAX ((size_t)EVIDENCE_ITEMS_MAX)

/* Evidence that is put together here: of a case, and what was planted beside it. */
struct planted {
    struct evidence_item items[EVIDENCE_ITEMS_MAX];
    struct evidence_link links[EVIDENCE_CLASSES * FAKES + RELAYS];
    char values[EVIDENCE_CLASSES * FAKES + RELAYS][16];
    size_t link_count;
    struct evidence evidence;
    struct evidence_rules rules;
    struct assess_options options;
};

static void begin(struct planted *p, int64_t as_of) {
    p->link_count = 0;
    p->evidence = (struct evidence){
        .title = S("case"), .first = INSTANT_NONE, .last = INSTANT_NONE, .items = p->items, .item_count = 0};
    p->options.as_of = as_of;
}

static struct evidence_item *add(struct planted *p, enum evidence_class class, token t) {
    struct evidence_item *const i = &p->items[p->evidence.item_count++];

    *i = (struct evidence_item){.class = class,
                                .token = t,
                                .value = S(""),
                                .words = S(""),
                                .first = INSTANT_NONE,
                                .last = INSTANT_NONE,
                                .count = 1,
                                .place = S(""),
                                .path = S(""),
                                .reliability = 'A',
                                .credibility = 1};
    return i;
}

static bool add_case(struct planted *p, const struct one_case *c, bool tools, struct err *e) {
    const struct observed *const o = &c->seen;

    if (o->technique_count + o->software_count > ITEMS_MAX - EVIDENCE_CLASSES * FAKES)
        return err_set(e, ERR_LIMIT, 0, "case %.*s has more observations than evidence can hold",
                       STR_ARG(str_first(c->id, 60)));
    for (size_t i = 0; i < o->technique_count; i++)
        add(p, EVIDENCE_TECHNIQUE, o->techniques[i]);
    for (size_t i = 0; i < o->software_count; i++) {
        bool const tool = profiles_tool(p->options.profiles, o->software[i]);

        if (tools || !tool)
            add(p, tool ? EVIDENCE_TOOL : EVIDENCE_MALWARE, o->software[i]);
    }
    return true;
}

/* Items of a class that point to a group, each by a source of its own, as good as can be, seen the day before. */
static void plant(struct planted *p, enum evidence_class class, str group, unsigned count) {
    int64_t const seen = p->options.as_of - DAY_NS;

    for (unsigned k = 0; k < count; k++) {
        size_t const n = p->link_count++;
        struct evidence_item *const i = add(p, class, 0);

        (void)snprintf(p->values[n], sizeof p->values[n], "planted %zu", n);
        i->value = str_of(p->values[n]);
        i->first = i->last = seen;
        i->links = &p->links[n];
        i->link_count = 1;
        p->links[n] = (struct evidence_link){.group = group,
                                             .source = i->value,
                                             .origin = S(""),
                                             .said = seen,
                                             .from = INSTANT_NONE,
                                             .until = INSTANT_NONE,
                                             .reliability = 'A',
                                             .credibility = 1};
    }
}

/* What the model said of this case, to the last bit, and of groups with equal posteriors in the same order? */
static bool same_numbers(const struct assessment *a, const struct judgement *j) {
    if (a->group_count != j->count || a->none != j->none)
        return false;
    for (size_t i = 0; i < j->count; i++)
        if (a->groups[i].group != j->groups[i].group || a->groups[i].posterior != j->groups[i].posterior)
            return false;
    return true;
}

static str first_of(const struct assessment *a) {
    return a->group_count ? a->groups[0].id : S("");
}

/* ---- as the model, and with time ---- */

static struct verdict verdict_of(const struct assessment *a, const struct one_case *c) {
    struct verdict v = {.at = c->at,
                        .of_known = c->right != NO_GROUP,
                        .cluster = c->cluster,
                        .known = 1 - a->none,
                        .first = a->groups[0].posterior,
                        .top = fmax(a->none, a->groups[0].posterior),
                        .first_group = a->groups[0].group,
                        .first_right = a->groups[0].group == c->right,
                        .named = a->level == ASSESSED_CONSISTENT,
                        .nation = S("")};

    v.top_right = a->none >= v.first ? !v.of_known : v.first_right;
    for (size_t i = 0; i < a->group_count; i++)
        if (a->groups[i].group == c->right)
            v.rank = (uint32_t)i + 1;
    return v;
}

/* when: the day of the incident; INSTANT_NONE: nobody says, and time says nothing for or against. The first verdict is of the first division. */
static bool assess_case(struct verdict *first, size_t stride, struct evaluated_assessments *out, struct planted *p,
                        const struct one_case *c, const struct fits *fits, int64_t when, struct err *e) {
    struct judgement j = {0};
    bool ok = judgement_measure(&j, p->options.profiles, c->profile, &c->seen, NO_GROUP, e);

    begin(p, c->profile->day * DAY_NS);
    p->evidence.first = p->evidence.last = when;
    ok = ok && add_case(p, c, true, e);
    for (unsigned d = 0; ok && d < DIVISIONS; d++) {
        struct assessment *a = NULL;

        p->options.parameters = &fits->of[d][c->part[d]];
        judgement_weigh(&j, p->options.parameters);
        ok = assess(&a, &p->evidence, &p->options, e);
        if (ok) {
            first[d * stride] = verdict_of(a, c);
            if (when == INSTANT_NONE) {
                out->judged++;
                out->numbers_differ += a->profile != c->profile || !same_numbers(a, &j);
                out->names_differ += (a->level == ASSESSED_CONSISTENT) != j.named;
            }
        }
        assessment_free(a);
    }
    judgement_free(&j);
    return ok;
}

/* ---- what is cheap to fake ---- */

static bool is_cheap(const struct planted *p, size_t class) {
    return p->rules.classes[class].cheap && !p->rules.classes[class].model;
}

/* class: one, or EVIDENCE_CLASSES for all that are cheap. without: the same case without what is of that class, or of any that is cheap. */
static bool fake(struct evaluated_assessments *out, struct planted *p, const struct one_case *c, size_t class,
                 str group, const struct assessment *without, struct err *e) {
    size_t const items = p->evidence.item_count;
    struct assessment *a = NULL;

    for (size_t k = 0; k < EVIDENCE_CLASSES; k++)
        if (is_cheap(p, k) && (class == EVIDENCE_CLASSES || class == k))
            plant(p, (enum evidence_class)k, group, FAKES);
    bool const ok = assess(&a, &p->evidence, &p->options, e);

    if (ok) {
        bool const named = a->level == ASSESSED_CONSISTENT,
                   carried =
                       named && (without->level != ASSESSED_CONSISTENT || !str_eq(first_of(without), first_of(a)));

        out->faked++;
        out->faked_named += named;
        out->faked_carried += carried;
        out->faked_sure += carried && a->confidence != CONFIDENCE_LOW;
        out->faked_wrong += carried && a->groups[0].group != c->right;
        out->faked_unknown += carried && c->right == NO_GROUP;
    }
    assessment_free(a);
    p->evidence.item_count = items;
    p->link_count = 0;
    return ok;
}

static bool fakes(struct evaluated_assessments *out, struct planted *p, const struct one_case *c,
                  const struct fits *fits, struct err *e) {
    struct assessment *plain = NULL, *bare = NULL; /* bare: without public tools, too */
    str targets[3];
    size_t n = 0;

    p->options.parameters = &fits->of[0][c->part[0]];
    begin(p, c->profile->day * DAY_NS);
    bool ok = add_case(p, c, false, e) && assess(&bare, &p->evidence, &p->options, e);

    begin(p, c->profile->day * DAY_NS);
    ok = ok && add_case(p, c, true, e) && assess(&plain, &p->evidence, &p->options, e);
    for (size_t i = 0; ok && i < 2 && i < plain->group_count; i++)
        targets[n++] = plain->groups[i].id;
    if (ok && c->right != NO_GROUP && plain->groups[0].group != c->right && plain->group_count > 1 &&
        plain->groups[1].group != c->right)
        targets[n++] = c->profile->groups[c->right].id;
    for (size_t i = 0; ok && i < n; i++) {
        for (size_t k = 0; ok && k < EVIDENCE_CLASSES; k++)
            if (is_cheap(p, k))
                ok = fake(out, p, c, k, targets[i], plain, e);
        ok = ok && fake(out, p, c, EVIDENCE_CLASSES, targets[i], bare, e);
    }
    assessment_free(plain);
    assessment_free(bare);
    return ok;
}

/* ---- one class and nothing else ---- */

static bool alone(struct planted *p, enum evidence_class class, str group, unsigned count, bool *named, bool *resembles,
                  double *most, struct err *e) {
    struct assessment *a = NULL;

    begin(p, p->options.as_of);
    plant(p, class, group, count);
    bool const ok = assess(&a, &p->evidence, &p->options, e);

    if (ok) {
        *named = a->level == ASSESSED_CONSISTENT;
        *resembles = a->level != ASSESSED_CLUSTER;
        *most = a->group_count ? a->groups[0].posterior : 0;
    }
    assessment_free(a);
    return ok;
}

static bool each_group(struct evaluation *v, struct planted *p, struct err *e) {
    struct evaluated_assessments *const out = &v->assessments;
    const struct profile *const now = &p->options.profiles->releases[p->options.profiles->count - 1];
    bool ok = true;

    p->options.parameters = &v->fitted;
    p->options.as_of = (now->day + 1) * DAY_NS;
    out->relay_addresses = RELAYS;
    for (size_t g = 0; ok && g < now->group_count; g++) {
        bool named = false, resembles = false;
        double most = 0;

        ok = alone(p, EVIDENCE_RELAY, now->groups[g].id, RELAYS, &named, &resembles, &most, e);
        out->relay_groups++;
        out->relay_named += named;
        out->relay_resembles += resembles;
        out->relay_most = fmax(out->relay_most, most);
        for (size_t k = 0; ok && k < EVIDENCE_CLASSES; k++) {
            ok = alone(p, (enum evidence_class)k, now->groups[g].id, FAKES, &named, &resembles, &most, e);
            out->single++;
            out->single_named += named;
        }
    }
    return ok;
}

bool assessments_of(struct evaluation *out, const struct cases *c, const struct fits *fits, struct err *e) {
    struct planted *const p = calloc(1, sizeof *p);
    struct evaluated_assessments *const to = &out->assessments;
    struct sheets undated = {0}, dated = {0};
    bool ok = (p || err_set(e, ERR_MEMORY, 0, "no memory to evaluate")) && evidence_rules_builtin(&p->rules, e);

    ok = ok && sheets_new(&undated, c->count, DIVISIONS, e) && sheets_new(&dated, c->count, DIVISIONS, e);
    undated.never_removed = dated.never_removed = true;
    if (ok)
        p->options = (struct assess_options){.profiles = c->all, .rules = &p->rules};
    for (size_t i = 0; ok && i < c->count; i++) {
        const struct one_case *const one = &c->list[i];

        ok = assess_case(&undated.list[i], c->count, to, p, one, fits, INSTANT_NONE, e) &&
             assess_case(&dated.list[i], c->count, to, p, one, fits, one->day * DAY_NS, e) &&
             fakes(to, p, one, fits, e);
    }
    ok = ok && each_group(out, p, e);
    ok = ok && set_of(out, SET_ASSESSED, c, &undated, e) && set_of(out, SET_DATED, c, &dated, e);
    free(undated.list);
    free(dated.list);
    if (p)
        evidence_rules_free(&p->rules);
    free(p);
    return ok;
}
