/* evaluate: cross-validation and what is judged by it: the cases, parts of them, later ones by earlier ones, nations, and how far known and unknown can be told
 * apart at all. */
#include "attribution/evaluate.h"

#include <math.h>

#include "attribution/evaluate_own.h"
#include "attribution/fit.h"
#include "base/compiler.h"
#include "base/instant.h"

#define MEMORY_MAX ((size_t)64 << 20)
#define DAY INT64_C(86400000000000)

static const char *const draws[DRAWS] = {"1", "2", "3", "4", "5"};
static const double chances[SHARES] = {0.5, 0.3};
static const double nation_levels[EVALUATED_NATIONS] = {0.2, 0.3, 0.5};

static const struct {
    const char *id, *words, *day; /* day: judged from then on by what was before */
} sets[EVALUATED_SETS] = {
    [SET_ALL] = {"all", "all cases", NULL},
    [SET_REPORTS] = {"reports", "reports", NULL},
    [SET_CAMPAIGNS] = {"campaigns", "campaigns", NULL},
    [SET_AFTER_2020] = {"after 2020-06-01", "fitted before June 2020, judged after", "2020-06-01"},
    [SET_AFTER_2021] = {"after 2021-06-01", "fitted before June 2021, judged after", "2021-06-01"},
    [SET_TECHNIQUES] = {"techniques", "techniques alone, no software seen", NULL},
    [SET_HALF] = {"half", "half of it seen", NULL},
    [SET_THIRD] = {"30 %", "30 % of it seen", NULL},
    [SET_HALF_FILED] = {"campaigns, half", "campaigns, half of the techniques", NULL},
    [SET_THIRD_FILED] = {"campaigns, 30 %", "campaigns, 30 % of the techniques", NULL},
    [SET_ASSESSED] = {"assessed", "as a whole assessment", NULL},
    [SET_DATED] = {"dated", "the same, dated as the report", NULL},
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to evaluate");
}

/* ---- judging ---- */

static void nation_of(struct verdict *o, const struct judgement *j, const struct profile *p) {
    o->nation = S("");
    o->nation_posterior = 0;
    for (size_t i = 0; i < j->count; i++) {
        str const nation = p->groups[j->groups[i].group].nation;
        double sum = 0;

        if (!nation.len)
            continue;
        for (size_t k = 0; k < j->count; k++)
            if (str_eq(p->groups[j->groups[k].group].nation, nation))
                sum += j->groups[k].posterior;
        if (sum > o->nation_posterior) {
            o->nation = nation;
            o->nation_posterior = sum;
        }
    }
}

/* removed: NULL where the right group is in no profile. Both are weighed anew. */
static struct verdict judge(const struct one_case *c, struct judgement *j, struct judgement *removed,
                            const struct parameters *with) {
    struct verdict o = {.at = c->at, .of_known = c->right != NO_GROUP, .cluster = c->cluster};

    judgement_weigh(j, with);
    o.known = 1 - j->none;
    o.first = j->groups[0].posterior;
    o.first_group = j->groups[0].group;
    o.first_right = o.first_group == c->right;
    o.top = fmax(j->none, o.first);
    o.top_right = j->none >= o.first ? !o.of_known : o.first_right;
    o.named = j->named;
    for (size_t i = 0; i < j->count; i++)
        if (j->groups[i].group == c->right)
            o.rank = (uint32_t)i + 1;
    nation_of(&o, j, c->profile);
    if (o.of_known) {
        judgement_weigh(removed, with);
        o.known_removed = 1 - removed->none;
        o.named_removed = removed->named;
    }
    return o;
}

/* The same of something else that was seen of the case. */
static bool judge_seen(struct verdict *out, const struct cases *all, const struct one_case *c,
                       const struct observed *seen, const struct fits *fits, size_t stride, struct err *e) {
    struct judgement j = {0}, removed = {0};
    bool const ok = judgement_measure(&j, all->all, c->profile, seen, NO_GROUP, e) &&
                    (c->right == NO_GROUP || judgement_measure(&removed, all->all, c->profile, seen, c->right, e));

    for (unsigned d = 0; ok && d < DIVISIONS; d++)
        out[d * stride] = judge(c, &j, &removed, &fits->of[d][c->part[d]]);
    judgement_free(&j);
    judgement_free(&removed);
    return ok;
}

/* part: left out, of this division; PARTS: none. before: a day from which on cases are left out. */
static bool fit_on(struct parameters *out, const struct cases *c, unsigned division, unsigned part, int64_t before,
                   struct err *e) {
    struct fit_case *const list = calloc(c->count + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        return no_memory(e);
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].day < before && c->list[i].part[division] != part)
            list[n++] = (struct fit_case){&c->list[i].measured, c->list[i].right, c->list[i].inner};
    bool const ok = parameters_fit(out, list, n, e);
    free(list);
    return ok;
}

/* ---- sets ---- */

bool sheets_new(struct sheets *s, size_t count, unsigned times, struct err *e) {
    *s = (struct sheets){calloc(count * times + 1, sizeof *s->list), count, times, false};
    return s->list || no_memory(e);
}

static bool group_words(str *out, struct arena *a, const struct profiles *all, str id, struct err *e) {
    struct buf b = {0};
    bool ok = true;

    buf_add(&b, id);
    for (size_t r = all->count; b.len == id.len && r-- > 0;)
        for (size_t i = 0; b.len == id.len && i < all->releases[r].group_count; i++)
            if (str_eq(all->releases[r].groups[i].id, id)) {
                buf_byte(&b, ' ');
                buf_add(&b, all->releases[r].groups[i].name);
            }
    ok = (!b.failed && arena_copy(a, buf_str(&b), out)) || no_memory(e);
    buf_free(&b);
    return ok;
}

/* One case has as many entries as groups that it was given the name of. */
static bool add_name(struct evaluation *out, const struct cases *c, enum evaluated_set_of set, const struct verdict *v,
                     size_t from, struct err *e) {
    const struct one_case *const one = &c->list[v->at];
    str const said = one->profile->groups[v->first_group].id;
    size_t k = from;

    while (k < out->name_count && !(str_eq(out->names[k].id, one->id) && out->names[k].group == v->first_group))
        k++;
    if (k == out->name_count && k == out->name_room) {
        size_t const room = 2 * k + 16;
        struct evaluated_name *const more = arena_zero(out->memory, room, sizeof *more);

        if (!more)
            return no_memory(e);
        if (k)
            memcpy(more, out->names, k * sizeof *more);
        out->names = more;
        out->name_room = room;
    }
    struct evaluated_name *const n = &out->names[k];
    if (k == out->name_count) {
        out->name_count++;
        *n = (struct evaluated_name){
            .set = set, .group = v->first_group, .known = v->of_known, .correct = v->first_right, .least = 1};
        if (!arena_copy(out->memory, one->id, &n->id) || !arena_copy(out->memory, one->profile->release, &n->release))
            return no_memory(e);
        if (!group_words(&n->said, out->memory, c->all, said, e) ||
            !group_words(&n->right, out->memory, c->all, one->group, e))
            return false;
    }
    n->times++;
    n->least = fmin(n->least, v->first);
    n->most = fmax(n->most, v->first);
    return true;
}

static bool names_of(struct evaluation *out, enum evaluated_set_of set, const struct cases *c, const struct sheets *s,
                     struct err *e) {
    size_t const from = out->name_count;
    bool ok = true;

    for (size_t i = 0; ok && i < s->count; i++)
        for (unsigned t = 0; ok && t < s->times; t++) {
            const struct verdict *const v = &s->list[t * s->count + i];

            if (v->named && (set == SET_ALL || !v->first_right))
                ok = add_name(out, c, set, v, from, e);
        }
    return ok;
}

bool set_of(struct evaluation *out, enum evaluated_set_of which, const struct cases *c, const struct sheets *s,
            struct err *e) {
    out->sets[which] = (struct evaluated_set){.id = sets[which].id, .words = sets[which].words};
    return figures_of(&out->sets[which], s, e) && names_of(out, which, c, s, e);
}

/* The cases of one kind, out of all. */
static bool of_kind(struct evaluation *out, enum evaluated_set_of which, bool campaign, const struct cases *c,
                    const struct sheets *all, struct err *e) {
    struct sheets s;
    size_t count = 0, n = 0;

    for (size_t i = 0; i < c->count; i++)
        count += c->list[i].campaign == campaign;
    bool ok = sheets_new(&s, count, all->times, e);

    for (unsigned t = 0; ok && t < all->times; t++)
        for (size_t i = 0; i < c->count; i++)
            if (c->list[i].campaign == campaign)
                s.list[n++] = all->list[t * c->count + i];
    ok = ok && set_of(out, which, c, &s, e);
    free(s.list);
    return ok;
}

static bool after(struct evaluation *out, enum evaluated_set_of which, struct cases *c, const struct parameters *with,
                  struct err *e) {
    int64_t const day = instant_parse(str_of(sets[which].day)) / DAY;
    struct parameters fitted = *with;
    struct sheets s;
    size_t n = 0;
    bool ok = sheets_new(&s, c->count, 1, e), enough = ok && fit_on(&fitted, c, 0, PARTS, day, e);

    /* Too few cases before that day: nothing to measure, and the other figures stand. */
    if (ok && !enough && (ok = e->code == ERR_USAGE))
        *e = (struct err){0};
    for (size_t i = 0; enough && i < c->count; i++)
        if (c->list[i].day >= day)
            s.list[n++] = judge(&c->list[i], &c->list[i].measured, &c->list[i].removed, &fitted);
    s.count = n;
    ok = ok && set_of(out, which, c, &s, e);
    free(s.list);
    return ok;
}

static bool techniques_alone(struct evaluation *out, const struct cases *c, const struct fits *fits, struct err *e) {
    struct sheets s;
    bool ok = sheets_new(&s, c->count, DIVISIONS, e);

    for (size_t i = 0; ok && i < c->count; i++) {
        struct observed o = c->list[i].seen;

        o.software_count = 0;
        ok = judge_seen(&s.list[i], c, &c->list[i], &o, fits, c->count, e);
    }
    ok = ok && set_of(out, SET_TECHNIQUES, c, &s, e);
    free(s.list);
    return ok;
}

static bool draw(token *to, size_t *count, const token *from, size_t most, str id, const char *which, double chance,
                 struct err *e) {
    double at;

    *count = 0;
    for (size_t i = 0; i < most; i++) {
        if (!chance_of(which, id, from[i], &at, e))
            return false;
        if (at < chance)
            to[(*count)++] = from[i];
    }
    return true;
}

/* An institution sees a part of what a report tells after years of work on many of them. */
static bool drawn(struct evaluation *out, enum evaluated_set_of which, double chance, const struct cases *c,
                  const struct fits *fits, struct err *e) {
    size_t most = 0;
    struct sheets s;

    for (size_t i = 0; i < c->count; i++)
        most = c->list[i].seen.technique_count + c->list[i].seen.software_count > most
                   ? c->list[i].seen.technique_count + c->list[i].seen.software_count
                   : most;
    token *const techniques = calloc(most + 1, sizeof *techniques), *const software =
                                                                        calloc(most + 1, sizeof *software);
    bool ok = sheets_new(&s, c->count, DRAWS * DIVISIONS, e) && ((techniques && software) || no_memory(e));

    for (unsigned d = 0; ok && d < DRAWS; d++)
        for (size_t i = 0; ok && i < c->count; i++) {
            const struct one_case *const one = &c->list[i];
            struct observed o = {techniques, software, 0, 0};

            ok = draw(techniques, &o.technique_count, one->seen.techniques, one->seen.technique_count, one->id,
                      draws[d], chance, e) &&
                 draw(software, &o.software_count, one->seen.software, one->seen.software_count, one->id, draws[d],
                      chance, e) &&
                 judge_seen(&s.list[d * DIVISIONS * c->count + i], c, one, &o, fits, c->count, e);
        }
    ok = ok && set_of(out, which, c, &s, e);
    free(techniques);
    free(software);
    free(s.list);
    return ok;
}

static bool filed(struct evaluation *out, enum evaluated_set_of which, unsigned share, const struct cases *c,
                  const struct fits *fits, struct err *e) {
    struct sheets s;
    size_t count = 0, n = 0;

    for (size_t i = 0; i < c->count; i++)
        count += c->list[i].has_parts;
    bool ok = sheets_new(&s, count, DRAWS * DIVISIONS, e);

    for (size_t i = 0; ok && i < c->count; i++) {
        if (!c->list[i].has_parts)
            continue;
        for (unsigned d = 0; ok && d < DRAWS; d++)
            ok = judge_seen(&s.list[d * DIVISIONS * count + n], c, &c->list[i], &c->list[i].filed[share][d], fits,
                            count, e);
        n++;
    }
    ok = ok && set_of(out, which, c, &s, e);
    free(s.list);
    return ok;
}

/* ---- what else is told ---- */

static void bins_of(struct evaluation *out, const struct sheets *s) {
    for (size_t i = 0; i < s->count * s->times; i++) {
        const struct verdict *const o = &s->list[i];
        struct evaluated_bin *const b =
            &out->bins[o->top >= 1 ? EVALUATED_BINS - 1 : (size_t)(o->top * EVALUATED_BINS)];

        b->cases++;
        b->said += o->top;
        b->right += o->top_right;
    }
    for (size_t i = 0; i < EVALUATED_BINS; i++) {
        struct evaluated_bin *const b = &out->bins[i];

        b->said = b->cases > 0 ? b->said / b->cases : NAN;
        b->right = b->cases > 0 ? b->right / b->cases : NAN;
        b->cases /= s->times;
    }
}

static void nations_of(struct evaluation *out, const struct cases *c, const struct sheets *s) {
    for (size_t l = 0; l < EVALUATED_NATIONS; l++) {
        struct evaluated_nation *const n = &out->nations[l];

        n->at = nation_levels[l];
        for (size_t i = 0; i < s->count * s->times; i++) {
            const struct verdict *const o = &s->list[i];
            str const right = c->list[i % s->count].nation;

            if (o->nation_posterior < n->at)
                continue;
            n->said += o->nation_posterior;
            n->told[o->of_known]++;
            n->right[o->of_known] += str_eq(o->nation, right);
            n->unpublished[o->of_known] += !right.len;
        }
        n->said = n->told[0] + n->told[1] ? n->said / (n->told[0] + n->told[1]) : NAN;
    }
}

static bool cases_of(struct evaluation *out, const struct cases *c, const struct sheets *s, struct err *e) {
    bool ok = (out->cases = arena_zero(out->memory, c->count + 1, sizeof *out->cases)) || no_memory(e);

    for (size_t i = 0; ok && i < c->count; i++) {
        const struct one_case *const one = &c->list[i];
        struct evaluated_case *const to = &out->cases[out->case_count++];

        to->known = one->right != NO_GROUP;
        ok = (arena_copy(out->memory, one->id, &to->id) && arena_copy(out->memory, one->group, &to->group)) ||
             no_memory(e);
        for (unsigned d = 0; ok && d < DIVISIONS; d++) {
            const struct verdict *const v = &s->list[d * c->count + i];

            to->divisions[d].none = 1 - v->known;
            to->divisions[d].posterior = v->first;
            to->divisions[d].none_removed = to->known ? 1 - v->known_removed : NAN;
            to->divisions[d].rank = v->rank;
            to->divisions[d].named = v->named;
            to->divisions[d].named_removed = v->named_removed;
            ok = arena_copy(out->memory, one->profile->groups[v->first_group].id, &to->divisions[d].said) ||
                 no_memory(e);
        }
    }
    return ok;
}

/* Whether the right group, or any, has malware of the case. */
static bool shares_malware(const struct judgement *j, size_t group) {
    for (size_t i = 0; i < j->count; i++)
        if ((group == NO_GROUP || j->groups[i].group == group) && j->groups[i].measures[MEASURE_MALWARE] > 0)
            return true;
    return false;
}

static bool limits_of(struct evaluation *out, struct cases *c, const struct sheets *s, struct err *e) {
    struct evaluated_limit *const l = &out->limit;
    double const known = (double)c->known, unknown = (double)(c->count - c->known);
    double *const values = calloc(c->count + 1, sizeof *values);
    double first = 0;
    bool ok = values || no_memory(e);

    for (size_t i = 0; ok && i < c->count; i++) {
        struct one_case *const one = &c->list[i];

        if (one->right == NO_GROUP) {
            l->shares_unknown += shares_malware(&one->measured, NO_GROUP) / unknown;
            continue;
        }
        judgement_weigh(&one->measured, &out->fitted);
        judgement_weigh(&one->removed, &out->fitted);
        l->unchanged += (one->measured.groups[0].group == one->removed.groups[0].group) / known;
        l->shares_known += shares_malware(&one->measured, one->right) / known;
    }
    first = out->sets[SET_ALL].figures[FIGURE_FIRST].value;
    l->bound = first + (1 - first) / 2;
    for (size_t i = 0; ok && i < c->count; i++)
        values[i] = (double)c->list[i].seen.technique_count;
    ok = ok && figure_by(&l->techniques, s, values, e);
    for (size_t i = 0; ok && i < c->count; i++)
        values[i] = (double)c->list[i].seen.software_count;
    ok = ok && figure_by(&l->software, s, values, e);
    for (size_t i = 0; ok && i < c->count; i++)
        values[i] = (double)(c->list[i].day - c->list[i].profile->day);
    ok = ok && figure_by(&l->age, s, values, e);
    free(values);
    return ok;
}

static bool measure_rest(struct evaluation *out, struct cases *c, const struct parameters *with,
                         const struct fits *fits, const struct sheets *s, struct err *e) {
    bool ok = of_kind(out, SET_REPORTS, false, c, s, e) && of_kind(out, SET_CAMPAIGNS, true, c, s, e) &&
              after(out, SET_AFTER_2020, c, with, e) && after(out, SET_AFTER_2021, c, with, e);

    ok = ok && techniques_alone(out, c, fits, e) && drawn(out, SET_HALF, chances[0], c, fits, e) &&
         drawn(out, SET_THIRD, chances[1], c, fits, e) && filed(out, SET_HALF_FILED, 0, c, fits, e) &&
         filed(out, SET_THIRD_FILED, 1, c, fits, e);
    if (ok) {
        bins_of(out, s);
        nations_of(out, c, s);
    }
    return ok && limits_of(out, c, s, e) && assessments_of(out, c, fits, e);
}

static bool measure_all(struct evaluation *out, struct cases *c, const struct parameters *with, bool whole,
                        struct err *e) {
    struct sheets s = {0};
    struct fits *const fits = calloc(1, sizeof *fits);
    bool ok = (fits || no_memory(e)) && sheets_new(&s, c->count, DIVISIONS, e);

    for (unsigned d = 0; ok && d < DIVISIONS; d++) {
        for (unsigned part = 0; ok && part < PARTS; part++) {
            fits->of[d][part] = *with;
            ok = fit_on(&fits->of[d][part], c, d, part, INT64_MAX, e);
        }
        for (size_t i = 0; ok && i < c->count; i++)
            s.list[d * c->count + i] =
                judge(&c->list[i], &c->list[i].measured, &c->list[i].removed, &fits->of[d][c->list[i].part[d]]);
    }
    ok = ok && fit_on(&out->fitted, c, 0, PARTS, INT64_MAX, e) && set_of(out, SET_ALL, c, &s, e) &&
         cases_of(out, c, &s, e) && (!whole || measure_rest(out, c, with, fits, &s, e));
    free(s.list);
    free(fits);
    return ok;
}

bool evaluate(struct evaluation *out, const char *folder, const struct parameters *with, bool whole, struct err *e) {
    struct profiles *all = NULL;
    struct cases c = {0};

    *out = (struct evaluation){.fitted = *with, .memory = arena_new(MEMORY_MAX)};
    bool ok = (out->memory || no_memory(e)) && profiles_open(&all, folder, e) && cases_read(&c, folder, all, e);

    ok = ok && measure_all(out, &c, with, whole, e) && baselines_read(out, folder, e);
    cases_free(&c);
    profiles_free(all);
    return ok;
}

void evaluation_free(struct evaluation *v) {
    arena_free(v->memory);
    *v = (struct evaluation){0};
}
