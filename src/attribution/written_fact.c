/* written_fact: what was seen, one sentence each: with its place, time and grade, and with what others publish of it, graded apart. */
#include <math.h>

#include "attribution/written_own.h"
#include "base/instant.h"

#define LINKS_TOLD 4u /* of one fact */

static void grade(struct maker *m, char reliability, unsigned credibility) {
    words_put(m, S("graded "));
    buf_byte(&m->b, reliability >= 'A' && reliability <= 'F' ? reliability : 'F');
    buf_u64(&m->b, credibility >= 1 && credibility <= 6 ? credibility : 6);
}

static void span(struct maker *m, int64_t first, int64_t last) {
    if (first == INSTANT_NONE && last == INSTANT_NONE) {
        words_put(m, S("without a time"));
        return;
    }
    words_minute(m, first != INSTANT_NONE ? first : last);
    if (first != INSTANT_NONE && last != INSTANT_NONE && last != first) {
        words_put(m, S(" to "));
        words_minute(m, last);
    }
    words_put(m, S(" UTC"));
}

/* Its profile has it: a link may also speak of the technique that it is a kind of. */
static bool has(const struct assessment *a, const struct assessed_group *g, uint32_t item, token t) {
    const struct profile_group *const p = g->group == NO_GROUP ? NULL : &a->profile->groups[g->group];

    if (t)
        return p && token_find(p->links, p->link_count, t);
    for (size_t k = 0; k < g->link_count; k++)
        if (g->links[k].item == item && g->links[k].link == UINT32_MAX)
            return true;
    return false;
}

/* Whose profiles list it, the likeliest first. */
static void listed(struct maker *m, uint32_t item, token t) {
    const struct assessment *const a = m->now;
    bool const victim = a->evidence->items[item].class == EVIDENCE_VICTIM;
    uint32_t all = a->profile && t ? token_find(a->profile->listed, a->profile->listed_count, t) : 0;
    unsigned told = 0;

    for (size_t g = 0; victim && g < a->group_count; g++)
        all += has(a, &a->groups[g], item, 0);
    if (!all)
        return;
    words_put(m, S(" "));
    if (victim)
        words_put(m, S("The profiles say so of "));
    else
        words_value(m, a->profile->release);
    words_put(m, victim ? S("") : S(" lists it for "));
    words_number(m, all, "group", "groups");
    for (size_t g = 0; g < a->group_count && told < WORDS_GROUPS; g++)
        if (has(a, &a->groups[g], item, t)) {
            words_put(m, told++ ? S(", ") : all > WORDS_GROUPS ? S(", among them ") : S(": "));
            words_group(m, &a->groups[g]);
        }
    words_full_stop(m);
}

/* Nobody could know it on the day of the judgement: as assess() has it. */
static bool later(const struct assessment *a, const struct evidence_link *l) {
    if (a->as_of == INSTANT_NONE)
        return false;
    if (l->said != INSTANT_NONE)
        return l->said > a->as_of;
    return a->profiles && a->profile != &a->profiles->releases[a->profiles->count - 1];
}

static void links(struct maker *m, const struct evidence_item *i, unsigned usual) {
    size_t k;

    for (k = 0; k < i->link_count && k < LINKS_TOLD; k++) {
        const struct evidence_link *const l = &i->links[k];

        words_put(m, S(" "));
        if (l->source.len)
            words_value(m, l->source);
        else
            words_put(m, S("A source without a name"));
        if (l->said != INSTANT_NONE) {
            words_put(m, S(", "));
            words_day(m, l->said);
            words_put(m, S(","));
        }
        if (l->group.len) {
            words_put(m, l->denies ? S(" denies that it was ") : S(" connects it with "));
            words_value(m, l->group);
        } else {
            words_put(m, S(" says so and names no group"));
        }
        if (l->from != INSTANT_NONE || l->until != INSTANT_NONE) {
            words_put(m, S(", for the time "));
            if (l->from != INSTANT_NONE) {
                words_put(m, S("from "));
                words_day(m, l->from);
            }
            if (l->until != INSTANT_NONE) {
                words_put(m, l->from != INSTANT_NONE ? S(" to ") : S("until "));
                words_day(m, l->until);
            }
        }
        words_put(m, S(" ("));
        grade(m, l->reliability, l->credibility ? l->credibility : usual);
        if (later(m->now, l))
            words_put(m, l->said != INSTANT_NONE ? S("; published later, and not counted")
                                                 : S("; published on no day that is said, and not counted"));
        words_put(m, S(")."));
    }
    if (k < i->link_count) {
        words_put(m, S(" So do "));
        words_number(m, i->link_count - k, "link more", "links more");
        words_put(m, S("."));
    }
}

static void fact(struct maker *m, struct lines *l, uint32_t at) {
    const struct evidence_item *const i = &m->now->evidence->items[at];

    words_begin(m, evidence_class_name(i->class));
    words_put(m, S(": "));
    words_value(m, i->value);
    words_put(m, S("; "));
    if (i->words.len && !(i->given && str_eq(i->words, S("said by an analyst")))) {
        words_value(m, i->words);
        words_put(m, S("; "));
    }
    span(m, i->first, i->last);
    if (i->count > 1) {
        words_put(m, S(", "));
        words_number(m, i->count, "time", "times");
    }
    words_put(m, S("; "));
    if (i->given) {
        words_put(m, S("said by an analyst, "));
    } else if (i->place.len) {
        words_put(m, S("longwatch show CASE "));
        words_value(m, i->place);
        words_put(m, S(", "));
    } else if (i->path.len) {
        words_value(m, i->path);
        words_put(m, S(", "));
    }
    grade(m, i->reliability, i->credibility);
    words_put(m, S("."));
    if (i->supplier)
        words_put(m, S(" A supplier or a network that several use would explain it as well."));
    listed(m, at, i->token);
    links(m, i, m->now->rules ? m->now->rules->classes[i->class].credibility : 6);
    words_line(m, l);
}

/* For each item the most that it counts for any group; what only profiles list counts a little. */
static bool weights(const struct assessment *a, double **out) {
    double *const w = calloc(a->evidence->item_count + 1, sizeof *w);

    if (!w)
        return false;
    for (size_t g = 0; g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++) {
            const struct assessed_link *const l = &a->groups[g].links[k];

            if (l->item < a->evidence->item_count)
                w[l->item] = fmax(w[l->item], fmax(l->counted, 1e-6));
        }
    *out = w;
    return true;
}

static int descending(const void *a, const void *b) {
    double const x = *(const double *)a, y = *(const double *)b;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* In the order of the evidence; where there are too many, those that count least are left out, and of equals the later ones. */
void written_facts(struct maker *m) {
    const struct evidence *const v = m->now->evidence;
    double *w = NULL, *sorted = NULL, least = -1;
    size_t left = WRITTEN_FACTS_MAX, told = 0;
    struct lines l = {0};

    if (v->item_count > WRITTEN_FACTS_MAX) {
        sorted = malloc(v->item_count * sizeof *sorted);
        if (!sorted || !weights(m->now, &w)) {
            free(sorted);
            m->failed = true;
            return;
        }
        memcpy(sorted, w, v->item_count * sizeof *sorted);
        qsort(sorted, v->item_count, sizeof *sorted, descending);
        least = sorted[WRITTEN_FACTS_MAX - 1];
        for (size_t i = 0; i < WRITTEN_FACTS_MAX; i++)
            left -= sorted[i] > least;
        free(sorted);
    }
    for (size_t i = 0; i < v->item_count; i++) {
        if (w && (w[i] < least || (w[i] <= least && !left)))
            continue;
        left -= w && w[i] <= least;
        fact(m, &l, (uint32_t)i);
        told++;
    }
    free(w);
    if (told < v->item_count) {
        words_number(m, v->item_count - told, "observation that counts less is", "observations that count less are");
        words_put(m, S(" not written out here; the JSON has every one."));
        words_line(m, &l);
    }
    KEEP(m->w, facts, fact_count, l);
}
