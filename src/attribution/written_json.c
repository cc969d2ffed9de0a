/* written_json: every number and every sentence of an assessment as one object (docs/formats/assessment.md). */
#include <math.h>

#include "attribution/written.h"
#include "base/compiler.h"
#include "base/instant.h"

#define TOLD 10u /* groups that are told whole, whatever they have */
#define DAY INT64_C(86400000000000)

static const char *const level_names[] = {"cluster", "resembles", "consistent"};
static const char *const gate_names[GATES] = {"posterior", "classes", "carried", "margin", "window", "model"};
static const char *const confidence_names[] = {"low", "moderate", "high"};
static const char *const hypothesis_names[HYPOTHESIS_TYPES] = {"group",   "none",       "supplier",
                                                               "several", "false flag", "benign"};
static const char *const consistency_names[] = {"--", "-", "0", "+", "++"};
static const char *const sign_others[] = {"benign", "several", "supplier", "false flag"};

/* ---- members; the comma is put where something stands before ---- */

static void name(struct buf *b, const char *n) {
    char const last = b->len ? b->ptr[b->len - 1] : '{';

    if (last != '{' && last != '[')
        buf_byte(b, ',');
    if (n)
        buf_format(b, "\"%s\":", n);
}

/* Seventeen digits give back the very number (IEEE 754). */
static void real(struct buf *b, const char *n, double x) {
    name(b, n);
    if (isfinite(x))
        buf_format(b, "%.17g", x);
    else
        buf_add(b, S("null"));
}

static void whole(struct buf *b, const char *n, uint64_t x) {
    name(b, n);
    buf_u64(b, x);
}

static void truth(struct buf *b, const char *n, bool x) {
    name(b, n);
    buf_add(b, x ? S("true") : S("false"));
}

static void text(struct buf *b, const char *n, str s) {
    name(b, n);
    buf_json(b, s);
}

static void none(struct buf *b, const char *n) {
    name(b, n);
    buf_add(b, S("null"));
}

static void instant(struct buf *b, const char *n, int64_t when) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        none(b, n);
    else
        text(b, n, instant_format(when, room));
}

static void open_(struct buf *b, const char *n, char bracket) {
    name(b, n);
    buf_byte(b, bracket);
}

static void texts(struct buf *b, const char *n, const str *list, size_t count) {
    open_(b, n, '[');
    for (size_t i = 0; i < count; i++)
        text(b, NULL, list[i]);
    buf_byte(b, ']');
}

static void letter(struct buf *b, const char *n, char c) {
    text(b, n, c >= 'A' && c <= 'F' ? (str){&c, 1} : S(""));
}

/* An index, null for none. */
static void index_(struct buf *b, const char *n, uint32_t i) {
    if (i == UINT32_MAX)
        none(b, n);
    else
        whole(b, n, i);
}

static void number_of(struct buf *b, const char *n, token t) {
    char room[24];

    if (token_software(t))
        snprintf(room, sizeof room, "S%04u", t & ~TOKEN_SOFTWARE);
    else if (t % 1000)
        snprintf(room, sizeof room, "T%04u.%03u", t / 1000, t % 1000);
    else if (t)
        snprintf(room, sizeof room, "T%04u", t / 1000);
    else
        room[0] = '\0';
    text(b, n, str_of(room));
}

static void day(struct buf *b, const char *n, int64_t days) {
    char room[INSTANT_TEXT];

    if (days == DAY_UNKNOWN || days > INT64_MAX / DAY || days < INT64_MIN / DAY)
        none(b, n);
    else
        text(b, n, str_first(instant_format(days * DAY, room), 10));
}

/* ---- what it was weighed with ---- */

static void weights(struct buf *b, const struct assessment *a) {
    const struct parameters *const p = a->parameters;
    const struct evidence_rules *const r = a->rules;

    open_(b, "weights", '{');
    real(b, "prior of none", p->none);
    open_(b, "measures", '{');
    for (size_t i = 0; i < MEASURES; i++)
        real(b, measure_names[i], p->group[i]);
    buf_byte(b, '}');
    open_(b, "known", '{');
    for (size_t i = 0; i < SIGNS; i++)
        real(b, sign_names[i], p->known[i]);
    buf_byte(b, '}');
    open_(b, "gate", '{');
    real(b, "posterior", p->gate.posterior);
    real(b, "margin", p->gate.margin);
    real(b, "coverage", p->gate.coverage);
    buf_byte(b, '}');
    open_(b, "classes", '[');
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++) {
        const struct evidence_rule *const c = &r->classes[i];

        open_(b, NULL, '{');
        text(b, "class", evidence_class_id((enum evidence_class)i));
        text(b, "family", evidence_family_name(c->family));
        real(b, "bans", c->bans);
        real(b, "cap", c->cap);
        real(b, "half_life_days", c->half_life_days);
        truth(b, "cheap", c->cheap);
        truth(b, "carries", c->carries);
        truth(b, "model", c->model);
        whole(b, "credibility", c->credibility);
        text(b, "why", c->why);
        text(b, "source", c->source);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    real(b, "next", r->next);
    real(b, "supplier", r->supplier);
    real(b, "outside", r->outside);
    real(b, "untouched", r->untouched);
    real(b, "nation", r->nation);
    real(b, "resembles", r->resembles);
    real(b, "speaks", r->speaks);
    real(b, "many", r->many);
    real(b, "soft_days", r->soft_days);
    open_(b, "reliability", '{');
    for (int i = 0; i < EVIDENCE_GRADES; i++)
        real(b, (char[]){(char)('A' + i), '\0'}, r->reliability[i]);
    buf_byte(b, '}');
    open_(b, "credibility", '{');
    for (int i = 0; i < EVIDENCE_GRADES; i++)
        real(b, (char[]){(char)('1' + i), '\0'}, r->credibility[i]);
    buf_add(b, S("}}"));
}

/* ---- evidence ---- */

static void item(struct buf *b, const struct evidence_item *i) {
    open_(b, NULL, '{');
    text(b, "class", evidence_class_id(i->class));
    number_of(b, "token", i->token);
    text(b, "value", i->value);
    text(b, "words", i->words);
    instant(b, "first", i->first);
    instant(b, "last", i->last);
    whole(b, "count", i->count);
    text(b, "place", i->place);
    text(b, "path", i->path);
    text(b, "sha256", str_of(i->sha256));
    whole(b, "record", i->record);
    whole(b, "offset", i->offset);
    truth(b, "given", i->given);
    letter(b, "reliability", i->reliability);
    whole(b, "credibility", i->credibility);
    truth(b, "supplier", i->supplier);
    open_(b, "links", '[');
    for (size_t k = 0; k < i->link_count; k++) {
        const struct evidence_link *const l = &i->links[k];

        open_(b, NULL, '{');
        text(b, "group", l->group);
        text(b, "source", l->source);
        text(b, "origin", l->origin);
        instant(b, "said", l->said);
        instant(b, "from", l->from);
        instant(b, "until", l->until);
        letter(b, "reliability", l->reliability);
        whole(b, "credibility", l->credibility);
        truth(b, "copied", l->copied);
        truth(b, "denies", l->denies);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}"));
}

static void gaps(struct buf *b, const char *n, const struct evidence_gap *list, size_t count) {
    open_(b, n, '[');
    for (size_t i = 0; i < count; i++) {
        open_(b, NULL, '{');
        text(b, "what", list[i].what);
        text(b, "collect", list[i].collect);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void evidence(struct buf *b, const struct evidence *v) {
    open_(b, "incident", '{');
    whole(b, "number", v->incident);
    text(b, "title", v->title);
    instant(b, "first", v->first);
    instant(b, "last", v->last);
    real(b, "score", v->score);
    buf_byte(b, '}');
    open_(b, "evidence", '{');
    open_(b, "items", '[');
    for (size_t i = 0; i < v->item_count; i++)
        item(b, &v->items[i]);
    buf_byte(b, ']');
    gaps(b, "gaps", v->gaps, v->gap_count);
    open_(b, "signs", '[');
    for (size_t i = 0; i < v->sign_count; i++) {
        open_(b, NULL, '{');
        text(b, "other", str_of(sign_others[v->signs[i].other]));
        truth(b, "against", v->signs[i].against);
        text(b, "words", v->signs[i].words);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}"));
}

/* ---- one assessment ---- */

/* Told whole are the first, those that a source's link names, and the model's first, whose score the shares are relative to. */
static bool is_told(const struct assessment *a, size_t i) {
    const struct assessed_group *const g = &a->groups[i];

    if (i < TOLD || (g->judged && a->judgement.count && g->judged->group == a->judgement.groups[0].group))
        return true;
    for (size_t k = 0; k < g->link_count; k++)
        if (g->links[k].link != UINT32_MAX)
            return true;
    return false;
}

static double top_score(const struct assessment *a) {
    return a->judgement.count ? a->judgement.groups[0].score : 0;
}

/* How many of the others that have it are of the group's nation (model.c). */
static void of_nation(const struct assessment *a, size_t group, token t, uint64_t *others, uint64_t *same) {
    const struct profile *const p = a->profile;

    *others = *same = 0;
    for (size_t i = 0; i < p->group_count; i++)
        if (i != group && token_find(p->groups[i].links, p->groups[i].link_count, t)) {
            ++*others;
            *same += str_eq(p->groups[i].nation, p->groups[group].nation);
        }
}

/* What each observed thing adds to the measures of one group, and out of which counts. */
static bool parts(struct buf *b, const struct assessment *a, size_t group) {
    const struct observed *const o = &a->observed;
    const struct profile_group *const g = &a->profile->groups[group];
    struct explained *const list = calloc(o->technique_count + o->software_count + 1, sizeof *list);
    size_t const n = list ? judgement_explain(list, a->profiles, a->profile, o, group) : 0;

    open_(b, "parts", '[');
    for (size_t i = 0; i < n; i++) {
        const struct explained *const x = &list[i];
        uint64_t others = 0, same = 0;
        bool adds = x->sources > 0;

        if (token_software(x->token) && g->nation.len)
            of_nation(a, group, x->token, &others, &same);
        for (size_t k = 0; k < MEASURES; k++)
            adds = adds || x->adds[k] != 0;
        if (!adds && !others)
            continue;
        open_(b, NULL, '{');
        number_of(b, "token", x->token);
        whole(b, "sources", x->sources);
        for (size_t k = 0; k < MEASURES; k++)
            if (x->adds[k] != 0)
                real(b, measure_names[k], x->adds[k]);
        if (token_software(x->token)) {
            whole(b, "others", others);
            whole(b, "of_nation", same);
        }
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    free(list);
    return list;
}

static bool measures(struct buf *b, const struct assessment *a, const struct assessed_group *g) {
    const struct judged *const j = g->judged;
    const struct profile_group *const p = &a->profile->groups[g->group];
    uint64_t of_same = 0;
    bool ok;

    for (size_t i = 0; i < a->profile->group_count; i++)
        of_same += p->nation.len && str_eq(a->profile->groups[i].nation, p->nation);
    open_(b, "model", '{');
    whole(b, "size", p->link_count);
    whole(b, "recent", p->recent);
    whole(b, "of_nation", of_same);
    ok = parts(b, a, g->group);
    open_(b, "measures", '{');
    for (size_t k = 0; k < MEASURES; k++)
        real(b, measure_names[k], j->measures[k]);
    buf_byte(b, '}');
    real(b, "coverage", j->coverage);
    truth(b, "alone", j->alone);
    real(b, "score", j->score);
    real(b, "share", j->share);
    real(b, "posterior", j->posterior);
    buf_byte(b, '}');
    return ok;
}

static void link(struct buf *b, const struct assessed_link *l) {
    open_(b, NULL, '{');
    whole(b, "item", l->item);
    index_(b, "link", l->link);
    text(b, "class", evidence_class_id(l->class));
    text(b, "origin", l->origin);
    real(b, "full", l->full);
    real(b, "age_days", l->age_days);
    real(b, "decay", l->decay);
    real(b, "grade", l->grade);
    real(b, "bans", l->bans);
    real(b, "counted", l->counted);
    text(b, "why_not", str_of(l->why_not));
    buf_byte(b, '}');
}

static bool group(struct buf *b, const struct assessment *a, const struct assessed_group *g) {
    const struct profile_group *const p = g->group == NO_GROUP ? NULL : &a->profile->groups[g->group];
    bool ok = true;

    open_(b, NULL, '{');
    text(b, "id", g->id);
    text(b, "name", g->name);
    text(b, "nation", g->nation);
    day(b, "known_from", p ? p->first_day : DAY_UNKNOWN);
    day(b, "known_until", p ? p->last_day : DAY_UNKNOWN);
    if (p && g->judged)
        ok = measures(b, a, g);
    else
        none(b, "model");
    real(b, "base", g->base);
    open_(b, "links", '[');
    for (size_t i = 0; i < g->link_count; i++)
        link(b, &g->links[i]);
    buf_byte(b, ']');
    open_(b, "classes", '{');
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++) {
        char room[64];

        snprintf(room, sizeof room, "%.*s", STR_ARG(evidence_class_id((enum evidence_class)i)));
        if (g->classes[i] != 0)
            real(b, room, g->classes[i]);
    }
    buf_byte(b, '}');
    open_(b, "contradictions", '[');
    for (size_t i = 0; i < g->contradiction_count; i++) {
        open_(b, NULL, '{');
        real(b, "bans", g->contradictions[i].bans);
        text(b, "words", g->contradictions[i].words);
        index_(b, "item", g->contradictions[i].item);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    real(b, "against", g->against);
    real(b, "bans", g->bans);
    open_(b, "families", '[');
    for (unsigned f = 0; f < EVIDENCE_FAMILIES; f++)
        if (g->families & 1u << f)
            text(b, NULL, evidence_family_name((enum evidence_family)f));
    buf_byte(b, ']');
    truth(b, "carried", g->carried);
    if (g->window < 0)
        none(b, "window");
    else
        truth(b, "window", g->window);
    real(b, "posterior", g->posterior);
    buf_byte(b, '}');
    return ok;
}

/* Of the groups that are not told the sums that a reader needs to compute the others. */
static void others(struct buf *b, const struct assessment *a) {
    double top = top_score(a), scores = 0, base = 0, weighed = 0, posterior = 0, confirmed = 0;
    uint64_t count = 0;

    for (size_t i = 0; i < a->group_count; i++) {
        const struct assessed_group *const g = &a->groups[i];

        if (is_told(a, i))
            continue;
        count++;
        scores += g->judged ? exp(g->judged->score - top) : 0;
        base += g->base;
        weighed += g->base * pow(10, g->bans);
        posterior += g->posterior;
        confirmed = g->judged ? fmax(confirmed, g->judged->measures[MEASURE_CONFIRMED]) : confirmed;
    }
    open_(b, "others", '{');
    whole(b, "groups", count);
    real(b, "scores", scores);
    real(b, "base", base);
    real(b, "weighed", weighed);
    real(b, "posterior", posterior);
    real(b, "confirmed", confirmed);
    open_(b, "nations", '[');
    for (size_t n = 0; n < a->nation_count; n++) {
        double sum = 0;
        uint64_t of = 0;

        for (size_t i = 0; i < a->group_count; i++)
            if (!is_told(a, i) && str_eq(a->groups[i].nation, str_of(a->nations[n].country))) {
                sum += a->groups[i].posterior;
                of++;
            }
        if (!of)
            continue;
        open_(b, NULL, '{');
        text(b, "country", str_of(a->nations[n].country));
        real(b, "posterior", sum);
        whole(b, "groups", of);
        buf_byte(b, '}');
    }
    buf_add(b, S("]}"));
}

static void matrix(struct buf *b, const struct assessment *a) {
    open_(b, "rows", '[');
    for (size_t i = 0; i < a->row_count; i++) {
        const struct matrix_row *const r = &a->rows[i];

        open_(b, NULL, '{');
        text(b, "words", r->words);
        index_(b, "item", r->item);
        text(b, "class", r->class < EVIDENCE_CLASSES ? evidence_class_id(r->class) : S(""));
        truth(b, "discriminates", r->discriminates);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    open_(b, "hypotheses", '[');
    for (size_t i = 0; i < a->hypothesis_count; i++) {
        const struct hypothesis *const h = &a->hypotheses[i];

        open_(b, NULL, '{');
        text(b, "type", str_of(hypothesis_names[h->type]));
        if (h->type == HYPOTHESIS_GROUP && h->group < a->group_count)
            text(b, "group", a->groups[h->group].id.len ? a->groups[h->group].id : a->groups[h->group].name);
        else
            none(b, "group");
        text(b, "words", h->words);
        open_(b, "cells", '[');
        for (size_t k = 0; k < a->row_count; k++)
            text(b, NULL, str_of(consistency_names[h->cells[k]]));
        buf_byte(b, ']');
        whole(b, "against", h->against);
        whole(b, "much_against", h->much_against);
        real(b, "probability", h->probability);
        truth(b, "rejected", h->rejected);
        truth(b, "kept", h->kept);
        text(b, "verdict", h->verdict);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void group_at(struct buf *b, const char *n, const struct assessment *a, size_t i) {
    if (i < a->group_count)
        text(b, n, a->groups[i].id.len ? a->groups[i].id : a->groups[i].name);
    else
        none(b, n);
}

static void sensitivities(struct buf *b, const struct assessment *a) {
    open_(b, "sensitivities", '[');
    for (size_t i = 0; i < a->sensitivity_count; i++) {
        const struct sensitivity *const s = &a->sensitivities[i];

        open_(b, NULL, '{');
        if (s->what == WITHOUT_CLASS)
            text(b, "without", evidence_class_id(s->class));
        else
            whole(b, "without", s->item);
        text(b, "words", s->words);
        group_at(b, "first", a, s->first_group);
        truth(b, "above_none", s->first != NO_GROUP);
        real(b, "posterior", s->posterior);
        real(b, "none", s->none);
        text(b, "level", str_of(level_names[s->level]));
        truth(b, "changes", s->changes);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static void model(struct buf *b, const struct assessment *a) {
    const struct observed *const o = &a->observed;
    const struct profile *const p = a->profile;
    double size = 0;

    for (size_t i = 0; i < p->group_count; i++)
        size += (double)p->groups[i].link_count;
    open_(b, "model", '{');
    whole(b, "groups", p->group_count);
    real(b, "size", p->group_count ? size / (double)p->group_count : 0);
    open_(b, "observed", '[');
    for (size_t i = 0; i < o->technique_count + o->software_count; i++) {
        token const t = i < o->technique_count ? o->techniques[i] : o->software[i - o->technique_count];

        open_(b, NULL, '{');
        number_of(b, "token", t);
        whole(b, "of_groups", token_find(p->listed, p->listed_count, t));
        if (token_software(t))
            truth(b, "tool", profiles_tool(a->profiles, t));
        else
            whole(b, "parent_of_groups", token_find(p->parents, p->parent_count, token_parent(t)));
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    real(b, "top_score", top_score(a));
    open_(b, "signs", '{');
    for (size_t i = 0; i < SIGNS; i++)
        real(b, sign_names[i], a->judgement.signs[i]);
    buf_byte(b, '}');
    real(b, "none", a->judgement.none);
    real(b, "margin", a->judgement.margin);
    truth(b, "named", a->judgement.named);
    buf_byte(b, '}');
}

static void resolved(struct buf *b, const struct assessment *a) {
    whole(b, "links_later", a->links_later);
    open_(b, "unresolved", '[');
    for (size_t i = 0; i < a->unresolved_count; i++) {
        open_(b, NULL, '{');
        text(b, "name", a->unresolved[i].name);
        whole(b, "links", a->unresolved[i].links);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
}

static bool assessment(struct buf *b, const char *n, const struct assessment *a) {
    bool ok = true;

    open_(b, n, '{');
    instant(b, "as_of", a->as_of);
    text(b, "release", a->profile->release);
    day(b, "released", a->profile->day);
    model(b, a);
    resolved(b, a);
    real(b, "none", a->none);
    real(b, "margin", a->margin);
    whole(b, "families", a->families);
    text(b, "level", str_of(level_names[a->level]));
    text(b, "confidence", str_of(confidence_names[a->confidence]));
    texts(b, "confidence_why", a->confidence_why, a->confidence_why_count);
    truth(b, "one_origin", a->one_origin);
    truth(b, "cheap_only", a->cheap_only);
    open_(b, "gates", '[');
    for (size_t i = 0; i < GATES; i++) {
        open_(b, NULL, '{');
        text(b, "gate", str_of(gate_names[i]));
        truth(b, "passed", a->gates[i].passed);
        real(b, "asked", a->gates[i].asked);
        real(b, "had", a->gates[i].had);
        text(b, "words", a->gates[i].words);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    open_(b, "groups", '[');
    for (size_t i = 0; i < a->group_count; i++)
        if (is_told(a, i))
            ok = group(b, a, &a->groups[i]) && ok;
    buf_byte(b, ']');
    others(b, a);
    open_(b, "nations", '[');
    for (size_t i = 0; i < a->nation_count; i++) {
        open_(b, NULL, '{');
        text(b, "country", str_of(a->nations[i].country));
        real(b, "posterior", a->nations[i].posterior);
        whole(b, "groups", a->nations[i].groups);
        truth(b, "told", a->nations[i].told);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    matrix(b, a);
    sensitivities(b, a);
    gaps(b, "wanted", a->wanted, a->wanted_count);
    buf_byte(b, '}');
    return ok;
}

/* ---- sentences ---- */

static void written(struct buf *b, const struct written *w) {
    open_(b, "written", '{');
    text(b, "judgement", w->judgement);
    text(b, "confidence", w->confidence);
    text(b, "scale", w->scale);
    text(b, "activity", w->activity);
    text(b, "cluster", w->cluster);
    text(b, "group", w->group);
    text(b, "sponsor", w->sponsor);
    text(b, "nation", w->nation);
    text(b, "then", w->then);
    text(b, "changed", w->changed);
    texts(b, "facts", w->facts, w->fact_count);
    texts(b, "assumptions", w->assumptions, w->assumption_count);
    texts(b, "judgements", w->judgements, w->judgement_count);
    texts(b, "missing", w->missing, w->missing_count);
    texts(b, "alternatives", w->alternatives, w->alternative_count);
    texts(b, "sensitivities", w->sensitivities, w->sensitivity_count);
    texts(b, "gaps", w->gaps, w->gap_count);
    texts(b, "wanted", w->wanted, w->wanted_count);
    texts(b, "cautions", w->cautions, w->caution_count);
    open_(b, "quotes", '[');
    for (size_t i = 0; i < w->quote_count; i++) {
        const struct written_quote *const q = &w->quotes[i];

        open_(b, NULL, '{');
        text(b, "group", q->group);
        text(b, "on", q->on);
        text(b, "by", q->by);
        text(b, "about", q->about);
        text(b, "quote", q->quote);
        text(b, "source", q->source);
        text(b, "at", q->at);
        text(b, "stance", q->stance);
        text(b, "grade", q->grade);
        truth(b, "alleged", q->alleged);
        truth(b, "given", q->given);
        buf_byte(b, '}');
    }
    buf_byte(b, ']');
    whole(b, "more_quotes", w->quote_more);
    buf_byte(b, '}');
}

bool written_json(struct buf *b, const struct assessment *now, const struct assessment *then, const struct written *w,
                  struct err *e) {
    bool ok;

    buf_byte(b, '{');
    text(b, "type", S("assessment"));
    whole(b, "version", 1);
    evidence(b, now->evidence);
    weights(b, now);
    ok = assessment(b, "now", now);
    if (then)
        ok = assessment(b, "then", then) && ok;
    else
        none(b, "then");
    written(b, w);
    buf_byte(b, '}');
    return (ok && !b->failed) || err_set(e, ERR_MEMORY, 0, "no memory to write an assessment");
}
