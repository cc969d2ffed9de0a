/* written: the sentences. Likelihood and confidence never share one; facts are own observations and what others published, each with its grade. */
#include <math.h>

#include "attribution/written_own.h"
#include "base/instant.h"

#define MEMORY ((size_t)64 << 20)
#define RANKED 5u      /* groups in the ranked list */
#define RANKED_AT 0.01 /* and at least so likely */
#define SENSITIVE 20u

static size_t known_groups(const struct assessment *a) {
    return a->profile ? a->profile->group_count : 0;
}

/* ---- the judgement ---- */

static void none_of(struct maker *m, const struct assessment *a) {
    words_put(m, S("none of the "));
    words_number(m, known_groups(a), "group", "groups");
    words_put(m, S(" that "));
    if (a->profile && a->profile->release.len)
        words_value(m, a->profile->release);
    else
        words_put(m, S("the profiles"));
    words_put(m, S(" describe"));
    words_put(m, a->profile && a->profile->release.len ? S("s") : S(""));

    /* Candidates as well, though no profile has them: without them the sentence would not be true of its number. */
    size_t beside = 0;

    for (size_t i = 0; i < a->group_count; i++)
        beside += a->groups[i].group == NO_GROUP;
    if (beside) {
        words_put(m, S(", nor of "));
        buf_u64(&m->b, beside);
        words_put(m, S(" more that sources name"));
    }
}

/* Behind it comes how likely that is. */
static void level_words(struct maker *m, const struct assessment *a) {
    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        words_put(m, S("insufficient to name a group"));
        return;
    }
    words_put(m, a->level == ASSESSED_RESEMBLES ? S("a resemblance to what is published of ")
                                                : S("consistent with the public attribution of "));
    words_group(m, &a->groups[0]);
}

static void judgement(struct maker *m) {
    const struct assessment *const a = m->now;

    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        words_put(m, S("What was seen is insufficient to name a group; "));
        words_chance(m, a->none);
        words_put(m, S(" that it was "));
        none_of(m, a);
    } else if (a->level == ASSESSED_RESEMBLES) {
        words_put(m, S("What was seen resembles what is published of "));
        words_group(m, &a->groups[0]);
        words_put(m, S("; "));
        words_chance(m, a->groups[0].posterior);
        words_put(m, S(" that this group was at work, and that is insufficient to name it"));
    } else {
        words_put(m, S("What was seen is consistent with the public attribution of "));
        words_group(m, &a->groups[0]);
        words_put(m, S("; "));
        words_chance(m, a->groups[0].posterior);
        words_put(m, S(" that this group was at work"));
    }
    words_full_stop(m);
    m->w->judgement = words_take(m);

    words_put(m, S("Confidence in this judgement is "));
    words_put(m, confidence_word(a->confidence));
    words_full_stop(m);
    for (size_t i = 0; i < a->confidence_why_count; i++) {
        buf_byte(&m->b, ' ');
        words_begin(m, a->confidence_why[i]);
        words_full_stop(m);
    }
    m->w->confidence = words_take(m);
    m->w->scale =
        S("Likelihood is in the words of ICD 203: almost no chance 1–5 %, very unlikely 5–20 %, unlikely 20–45 %, "
          "roughly even chance 45–55 %, likely 55–80 %, very likely 80–95 %, almost certain 95–99 %; never 0 or "
          "100. Confidence is low, moderate or high, and says how good the basis is, not how likely the "
          "judgement. Sources are graded after Admiralty: A (reliable) to E, F not known; 1 (confirmed) to 5, "
          "6 not known.");
}

/* ---- four statements ---- */

static size_t items_of(const struct evidence *v, enum evidence_class class) {
    size_t n = 0;

    for (size_t i = 0; i < v->item_count; i++)
        n += v->items[i].class == class;
    return n;
}

static void activity(struct maker *m) {
    const struct evidence *const v = m->now->evidence;

    words_put(m, S("Activity: "));
    if (v->incident) {
        buf_format(&m->b, "incident %u", v->incident);
        if (v->title.len) {
            words_put(m, S(", “"));
            words_value(m, v->title);
            words_put(m, S("”"));
        }
    } else {
        words_put(m, S("what an analyst listed"));
        if (v->title.len) {
            words_put(m, S(", “"));
            words_value(m, v->title);
            words_put(m, S("”"));
        }
    }
    if (v->first != INSTANT_NONE) {
        words_put(m, S(", from "));
        words_day(m, v->first);
        if (v->last != INSTANT_NONE) {
            words_put(m, S(" to "));
            words_day(m, v->last);
        }
    } else {
        words_put(m, S(", without a time"));
    }
    words_put(m, S("; "));
    words_number(m, v->item_count, "observation says", "observations say");
    words_put(m, S(" something about who it was."));
    m->w->activity = words_take(m);

    size_t const ties = items_of(v, EVIDENCE_FORENSIC);

    words_put(m, S("Cluster: "));
    words_put(m, v->incident ? S("its acts are joined by the clues of the incident")
                             : S("what is listed is taken as one intruder’s"));
    if (ties) {
        words_put(m, S(", and "));
        words_number(m, ties, "forensic link ties it to another incident", "forensic links tie it to other incidents");
        words_put(m, S("."));
    } else {
        words_put(
            m, S("; no key, connection or act of an operator ties it to another incident, so it stays a cluster of its "
                 "own."));
    }
    m->w->cluster = words_take(m);
}

static void group(struct maker *m) {
    const struct assessment *const a = m->now;

    words_put(m, S("Group: "));
    level_words(m, a);
    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        bool some = false;

        for (size_t i = 0; i < a->group_count && i < WORDS_GROUPS && a->groups[i].posterior >= RANKED_AT; i++) {
            words_put(m, some ? S(", ") : S("; nearest, by what is published, "));
            words_group(m, &a->groups[i]);
            words_put(m, S(" "));
            words_likelihood(m, a->groups[i].posterior);
            some = true;
        }
        if (some)
            words_put(m, S(", and none of them a name to be given"));
    } else {
        words_put(m, S(", "));
        words_likelihood(m, a->groups[0].posterior);
        words_put(m, a->level == ASSESSED_RESEMBLES
                         ? S("; insufficient to name a group")
                         : S("; consistency is no proof, and others may work in the same way"));
    }
    words_full_stop(m);
    m->w->group = words_take(m);
}

static void sponsor(struct maker *m) {
    size_t said = 0, denied = 0;

    for (size_t i = 0; i < m->w->quote_count; i++) {
        bool const denies = str_eq(m->w->quotes[i].stance, S("denies"));

        denied += denies;
        said += !denies;
    }
    words_put(m, S("Sponsor: not judged, for logs cannot show one; "));
    if (said + denied == 0 && (!m->now->group_count || !words_told(m->now, 0))) {
        words_put(m, S("no statement is quoted, because no group is near enough to be told about."));
    } else if (said + denied == 0) {
        words_put(m, S("no statement on the groups that are told is known here."));
    } else {
        words_number(m, said, "statement", "statements");
        words_put(m, S(" of others and "));
        words_number(m, denied, "denial", "denials");
        words_put(m, S(" are quoted, each with its own scope."));
    }
    m->w->sponsor = words_take(m);
}

static void nation(struct maker *m) {
    const struct assessment *const a = m->now;

    for (size_t i = 0; i < a->nation_count; i++) {
        const struct assessed_nation *const n = &a->nations[i];

        if (!n->told)
            continue;
        words_put(m, S("Published groups with this profile are mostly described as "));
        words_value(m, written_country(str_of(n->country)));
        words_put(m, S("-linked ("));
        words_percent(m, n->posterior);
        words_put(m, S(" of the probability, over "));
        words_number(m, n->groups, "group", "groups");
        words_put(m, S("); that is no statement about a state’s responsibility."));
        m->w->nation = words_take(m);
        return;
    }
}

/* ---- then and now ---- */

static size_t links_published(const struct evidence *v, int64_t after, int64_t until) {
    size_t n = 0;

    for (size_t i = 0; i < v->item_count; i++)
        for (size_t k = 0; k < v->items[i].link_count; k++) {
            int64_t const said = v->items[i].links[k].said;

            n += said != INSTANT_NONE && said > after && (until == INSTANT_NONE || said <= until);
        }
    return n;
}

static void by_then(struct maker *m) {
    const struct assessment *const then = m->then, *const now = m->now;

    if (!then)
        return;
    words_put(m, S("By what was public on "));
    words_day(m, then->as_of);
    if (then->profile) {
        words_put(m, S(" ("));
        words_value(m, then->profile->release);
        words_put(m, S(")"));
    }
    words_put(m, S(" the judgement would have been: "));
    level_words(m, then);
    if (then->group_count && then->level > ASSESSED_CLUSTER) {
        words_put(m, S(", "));
        words_likelihood(m, then->groups[0].posterior);
    }
    words_put(m, S("; none of the groups described then: "));
    words_likelihood(m, then->none);
    if (now->as_of == INSTANT_NONE) {
        words_put(m, S(". By what is public now"));
    } else {
        words_put(m, S(". By what was public on "));
        words_day(m, now->as_of);
    }
    if (now->profile) {
        words_put(m, S(" ("));
        words_value(m, now->profile->release);
        words_put(m, S(")"));
    }
    words_put(m, S(" it is: "));
    level_words(m, now);
    if (now->group_count && now->level > ASSESSED_CLUSTER) {
        words_put(m, S(", "));
        words_likelihood(m, now->groups[0].posterior);
    }
    words_put(m, S("; none: "));
    words_likelihood(m, now->none);
    words_full_stop(m);
    m->w->then = words_take(m);
    bool const same = then->level == now->level &&
                      (now->level == ASSESSED_CLUSTER ||
                       (then->group_count && now->group_count && str_eq(then->groups[0].id, now->groups[0].id) &&
                        str_eq(then->groups[0].name, now->groups[0].name)));

    words_put(m, same ? S("What was published in between") : S("What changed is what was published in between"));
    size_t const newer = links_published(now->evidence, then->as_of, now->as_of);

    if (newer) {
        words_put(m, S(", "));
        words_number(m, newer, "link of a source", "links of sources");
        words_put(m, S(" to what was seen among it"));
    }
    words_put(m, !same ? S("") : newer ? S(", does not change the judgement") : S(" does not change the judgement"));
    words_full_stop(m);
    m->w->changed = words_take(m);
}

/* ---- assumptions ---- */

static void assumptions(struct maker *m) {
    const struct assessment *const a = m->now;
    const struct evidence *const v = a->evidence;
    size_t given = 0, undated = 0;
    bool set = false;
    struct lines l = {0};

    for (size_t i = 0; i < v->item_count; i++) {
        given += v->items[i].given;
        for (size_t k = 0; k < v->items[i].link_count; k++)
            undated += v->items[i].links[k].said == INSTANT_NONE && v->items[i].links[k].from == INSTANT_NONE &&
                       v->items[i].links[k].until == INSTANT_NONE;
    }
    words_put(m, S("It was an intrusion, and one intruder’s; how far that holds stands among the alternatives."));
    words_line(m, &l);
    words_put(m, S("Before anything is weighed, the odds that it was a group that nobody has described are "));
    words_percent(m, a->parameters ? a->parameters->none : 0.5);
    words_put(m, S(": about so often it was."));
    words_line(m, &l);
    words_put(m, S("What is published of groups is taken as it stands"));
    if (a->profile) {
        words_put(m, S(", by "));
        words_value(m, a->profile->release);
    }
    words_put(m, S("; what nobody has written down is not known here, and published attributions may be wrong."));
    words_line(m, &l);
    words_put(m, S("The times in the logs are right."));
    words_line(m, &l);
    for (size_t g = 0; g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++)
            set = set || a->groups[g].links[k].counted > 0;
    if (set) {
        words_put(m,
                  S("What evidence beside techniques and software is worth was set after published practice, and not "
                    "measured: a likelihood that rests on it is less sure than it looks."));
        words_line(m, &l);
    }
    if (given) {
        words_number(m, given, "observation was", "observations were");
        words_put(m, S(" said by an analyst and not checked against evidence."));
        words_line(m, &l);
    }
    if (undated) {
        words_number(m, undated, "link of a source bears", "links of sources bear");
        words_put(m, S(" no date; how old that knowledge is cannot be told."));
        words_line(m, &l);
    }
    KEEP(m->w, assumptions, assumption_count, l);
}

/* ---- judgements ---- */

static void judgements(struct maker *m) {
    const struct assessment *const a = m->now;
    struct lines l = {0}, missing = {0};

    for (size_t i = 0; i < a->group_count && i < RANKED && a->groups[i].posterior >= RANKED_AT; i++) {
        words_group_id(m, &a->groups[i]);
        words_put(m, S(" was at work: "));
        words_likelihood(m, a->groups[i].posterior);
        words_full_stop(m);
        words_line(m, &l);
    }
    words_put(m, S("It was "));
    none_of(m, a);
    words_put(m, S(": "));
    words_likelihood(m, a->none);
    words_full_stop(m);
    words_line(m, &l);
    KEEP(m->w, judgements, judgement_count, l);

    for (size_t i = 0; i < GATES; i++) {
        if (a->gates[i].passed)
            continue;
        words_begin(m, a->gates[i].words.len ? a->gates[i].words : S("a condition without words is not met"));
        words_full_stop(m);
        words_line(m, &missing);
    }
    KEEP(m->w, missing, missing_count, missing);
}

static void alternatives(struct maker *m) {
    const struct assessment *const a = m->now;
    struct lines l = {0};

    for (size_t i = 0; i < a->hypothesis_count; i++) {
        const struct hypothesis *const h = &a->hypotheses[i];

        words_begin(m, h->words);
        words_put(m, S(":"));
        if (!isnan(h->probability)) {
            words_put(m, S(" "));
            words_likelihood(m, h->probability);
            words_put(m, S(";"));
        }
        /* The verdict on a group says so itself. */
        if (h->type == HYPOTHESIS_GROUP && h->verdict.len) {
            words_put(m, S(" "));
            words_value(m, h->verdict);
        } else if (h->against + h->much_against > 0) {
            words_put(m, S(" "));
            words_number(m, h->against + h->much_against, "observation speaks", "observations speak");
            words_put(m, S(" against it"));
            if (h->much_against) {
                words_put(m, S(", "));
                buf_u64(&m->b, h->much_against);
                words_put(m, S(" strongly"));
            }
        } else {
            words_put(m, S(" no observation speaks against it"));
        }
        words_put(m, h->rejected ? S("; rejected") : h->kept ? S("; kept") : S(""));
        if (h->verdict.len && h->type != HYPOTHESIS_GROUP) {
            words_put(m, S("; "));
            words_value(m, h->verdict);
        }
        words_full_stop(m);
        words_line(m, &l);
    }
    KEEP(m->w, alternatives, alternative_count, l);
}

/* ---- sensitivity, gaps ---- */

static void sensitivities(struct maker *m) {
    const struct assessment *const a = m->now;
    size_t same = 0;
    struct lines l = {0};

    for (size_t i = 0; i < a->sensitivity_count; i++) {
        const struct sensitivity *const s = &a->sensitivities[i];

        if (!s->changes || l.count >= SENSITIVE) {
            same += !s->changes;
            continue;
        }
        words_begin(m, s->words);
        words_put(m, S(": "));
        if (s->first_group < a->group_count) {
            words_group(m, &a->groups[s->first_group]);
            words_put(m, S(" comes first, "));
            words_likelihood(m, s->posterior);
        } else {
            words_put(m, S("no group comes first"));
        }
        words_put(m, S("; none of them "));
        words_likelihood(m, s->none);
        words_put(m, s->level == ASSESSED_CLUSTER     ? S("; insufficient to name a group.")
                     : s->level == ASSESSED_RESEMBLES ? S("; a resemblance and no name.")
                                                      : S("; consistent with the public attribution of it."));
        words_line(m, &l);
    }
    if (same) {
        if (same == 1)
            words_put(m, S("Leaving out the one other class or observation"));
        else
            buf_format(&m->b, "Leaving out any of %zu other classes and observations, one at a time,", same);
        words_put(m, S(" changes neither the first place nor the judgement."));
        words_line(m, &l);
    }
    if (a->cheap_only) {
        words_put(m, S("What carries the first place is cheap to fake."));
        words_line(m, &l);
    }
    KEEP(m->w, sensitivities, sensitivity_count, l);
}

static void gap(struct maker *m, struct lines *l, const struct evidence_gap *g) {
    words_begin(m, g->what);
    words_full_stop(m);
    if (g->collect.len) {
        words_put(m, S(" To collect: "));
        words_value(m, g->collect);
        words_full_stop(m);
    }
    words_line(m, l);
}

static void gaps(struct maker *m) {
    struct lines l = {0}, wanted = {0};

    for (size_t i = 0; i < m->now->evidence->gap_count; i++)
        gap(m, &l, &m->now->evidence->gaps[i]);
    for (size_t i = 0; i < m->now->wanted_count; i++)
        gap(m, &wanted, &m->now->wanted[i]);
    KEEP(m->w, gaps, gap_count, l);
    KEEP(m->w, wanted, wanted_count, wanted);
}

/* ---- all of it ---- */

bool written_make(struct written **out, const struct assessment *now, const struct assessment *then,
                  const struct groups *names, struct err *e) {
    struct maker m = {.now = now, .then = then, .names = names};
    struct arena *const memory = arena_new(MEMORY);

    m.w = memory ? arena_zero(memory, 1, sizeof *m.w) : NULL;
    if (!m.w) {
        arena_free(memory);
        return err_set(e, ERR_MEMORY, 0, "no memory to write an assessment");
    }
    *m.w = (struct written){.memory = memory, .nation = S(""), .then = S(""), .changed = S("")};
    judgement(&m);
    activity(&m);
    group(&m);
    nation(&m);
    by_then(&m);
    written_facts(&m);
    assumptions(&m);
    judgements(&m);
    alternatives(&m);
    sensitivities(&m);
    gaps(&m);
    written_quotes(&m);
    written_cautions(&m);
    sponsor(&m);
    buf_free(&m.b);
    if (m.failed) {
        written_free(m.w);
        return err_set(e, ERR_MEMORY, 0, "no memory to write an assessment");
    }
    *out = m.w;
    return true;
}

void written_free(struct written *w) {
    if (w)
        arena_free(w->memory);
}
