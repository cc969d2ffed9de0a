/* written: the sentences. Likelihood and confidence never share one; facts are own observations and what others published, each with its grade. */
#include "attribution/written.h"

#include <math.h>

#include "base/compiler.h"
#include "base/instant.h"
#include "base/utf.h"

#define MEMORY ((size_t)64 << 20)
#define RANKED 5u      /* groups in the ranked list */
#define RANKED_AT 0.01 /* and at least so likely */
#define QUOTED_GROUPS 5u
#define LINKS_TOLD 4u  /* of one fact */
#define GROUPS_TOLD 3u /* of those that list a thing */
#define SENSITIVE 20u
#define NAMED_VICTIM 6u /* bytes of a name by which a victim is known again in a statement */

struct lines {
    str *items;
    size_t count, room;
};

struct maker {
    const struct assessment *now, *then;
    const struct groups *names;
    struct written *w;
    struct buf b; /* the sentence that is being written */
    bool failed;
};

/* ---- words ---- */

static void put(struct maker *m, str s) {
    buf_add(&m->b, s);
}

/* A text of others. */
static void value(struct maker *m, str s) {
    str const first = str_first(s, WRITTEN_VALUE_MAX);
    size_t len = first.len;

    while (len < s.len && len && first.len - len < 3 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    buf_plain(&m->b, str_first(s, len), false);
    if (len < s.len)
        put(m, S("…"));
}

/* The same at the beginning of a sentence. */
static void begin(struct maker *m, str s) {
    size_t const at = m->b.len;

    value(m, s);
    if (!m->b.failed && at < m->b.len && m->b.ptr[at] >= 'a' && m->b.ptr[at] <= 'z')
        m->b.ptr[at] = (char)(m->b.ptr[at] - 'a' + 'A');
}

static void number(struct maker *m, uint64_t n, const char *one, const char *many) {
    buf_u64(&m->b, n);
    buf_byte(&m->b, ' ');
    put(m, str_of(n == 1 ? one : many));
}

static void day(struct maker *m, int64_t when) {
    char room[INSTANT_TEXT];

    put(m, str_first(instant_format(when, room), 10));
}

static void minute(struct maker *m, int64_t when) {
    char room[INSTANT_TEXT];
    str const text = instant_format(when, room);

    put(m, str_first(text, 10));
    buf_byte(&m->b, ' ');
    put(m, str_first(str_from(text, 11), 5));
}

/* Never 0 and never 100. */
static void percent(struct maker *m, double p) {
    if (p < 0.01)
        put(m, S("under 1 %"));
    else if (p > 0.99)
        put(m, S("over 99 %"));
    else
        buf_format(&m->b, "%.0f %%", 100 * p);
}

/* "unlikely (31 %)" */
static void likelihood(struct maker *m, double p) {
    put(m, likelihood_word(p));
    put(m, S(" ("));
    percent(m, p);
    put(m, S(")"));
}

/* "it is unlikely (31 %)", "there is almost no chance (2 %)" */
static void chance(struct maker *m, double p) {
    str const word = likelihood_word(p);
    bool const some = str_ends(word, S("chance"));

    put(m, !some ? S("it is ") : str_starts(word, S("almost")) ? S("there is ") : S("there is a "));
    likelihood(m, p);
}

static void full_stop(struct maker *m) {
    str const s = buf_str(&m->b);

    if (!str_ends(s, S(".")) && !str_ends(s, S("?")) && !str_ends(s, S("!")))
        put(m, S("."));
}

static str take(struct maker *m) {
    str out = {"", 0};

    m->failed |= m->b.failed || !arena_copy(m->w->memory, buf_str(&m->b), &out);
    m->b.len = 0;
    return out;
}

static void line(struct maker *m, struct lines *l) {
    str const s = take(m);

    if (m->failed)
        return;
    if (l->count == l->room) {
        size_t const room = l->room ? 2 * l->room : 16;
        str *const more = arena_zero(m->w->memory, room, sizeof *more);

        if (!more) {
            m->failed = true;
            return;
        }
        if (l->count)
            memcpy(more, l->items, l->count * sizeof *more);
        l->items = more;
        l->room = room;
    }
    l->items[l->count++] = s;
}

#define KEEP(w, of, name, l)                                                                                           \
    do {                                                                                                               \
        (w)->of = (l).items;                                                                                           \
        (w)->name = (l).count;                                                                                         \
    } while (0)

/* As sources write them: what a country is called here says nothing of who rules it. */
str written_country(str code) {
    static const struct {
        str code, name;
    } names[] = {
        {STR("AE"), STR("United Arab Emirates")},
        {STR("BR"), STR("Brazil")},
        {STR("BY"), STR("Belarus")},
        {STR("CN"), STR("China")},
        {STR("ES"), STR("Spain")},
        {STR("FR"), STR("France")},
        {STR("GB"), STR("United Kingdom")},
        {STR("GE"), STR("Georgia")},
        {STR("IL"), STR("Israel")},
        {STR("IN"), STR("India")},
        {STR("IQ"), STR("Iraq")},
        {STR("IR"), STR("Iran")},
        {STR("IT"), STR("Italy")},
        {STR("KP"), STR("North Korea")},
        {STR("KR"), STR("South Korea")},
        {STR("KZ"), STR("Kazakhstan")},
        {STR("LB"), STR("Lebanon")},
        {STR("NG"), STR("Nigeria")},
        {STR("PK"), STR("Pakistan")},
        {STR("PS"), STR("Palestine")},
        {STR("RO"), STR("Romania")},
        {STR("RU"), STR("Russia")},
        {STR("SA"), STR("Saudi Arabia")},
        {STR("SY"), STR("Syria")},
        {STR("TN"), STR("Tunisia")},
        {STR("TR"), STR("Turkey")},
        {STR("TW"), STR("Taiwan")},
        {STR("UA"), STR("Ukraine")},
        {STR("US"), STR("United States")},
        {STR("UZ"), STR("Uzbekistan")},
        {STR("VN"), STR("Vietnam")},
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(names[i].code, code))
            return names[i].name;
    return code;
}

/* ---- what is told ---- */

static void name_of(struct maker *m, const struct assessed_group *g) {
    value(m, g->name.len ? g->name : g->id);
}

static void name_and_id(struct maker *m, const struct assessed_group *g) {
    name_of(m, g);
    if (g->name.len && g->id.len && !str_eq(g->name, g->id)) {
        put(m, S(" ("));
        value(m, g->id);
        put(m, S(")"));
    }
}

static bool is_told(const struct assessment *a, size_t group) {
    return (group == 0 && a->level > ASSESSED_CLUSTER) || a->groups[group].posterior >= WRITTEN_QUOTED_AT;
}

/* In the likeliest groups, by what was seen: is there a link of a source, and not only a profile that lists it? */
static bool is_named_by_sources(const struct assessed_group *g) {
    for (size_t i = 0; i < g->link_count; i++)
        if (g->links[i].link != UINT32_MAX && g->links[i].counted > 0)
            return true;
    return false;
}

static size_t known_groups(const struct assessment *a) {
    return a->profile ? a->profile->group_count : 0;
}

/* ---- the judgement ---- */

static void none_of(struct maker *m, const struct assessment *a) {
    put(m, S("none of the "));
    number(m, known_groups(a), "group", "groups");
    put(m, S(" that "));
    if (a->profile && a->profile->release.len)
        value(m, a->profile->release);
    else
        put(m, S("the profiles"));
    put(m, S(" describe"));
    put(m, a->profile && a->profile->release.len ? S("s") : S(""));
}

/* Behind it comes how likely that is. */
static void level_words(struct maker *m, const struct assessment *a) {
    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        put(m, S("insufficient to name a group"));
        return;
    }
    put(m, a->level == ASSESSED_RESEMBLES ? S("a resemblance to what is published of ")
                                          : S("consistent with the public attribution of "));
    name_of(m, &a->groups[0]);
}

static void judgement(struct maker *m) {
    const struct assessment *const a = m->now;

    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        put(m, S("What was seen is insufficient to name a group; "));
        chance(m, a->none);
        put(m, S(" that it was "));
        none_of(m, a);
    } else if (a->level == ASSESSED_RESEMBLES) {
        put(m, S("What was seen resembles what is published of "));
        name_of(m, &a->groups[0]);
        put(m, S("; "));
        chance(m, a->groups[0].posterior);
        put(m, S(" that this group was at work, and that is insufficient to name it"));
    } else {
        put(m, S("What was seen is consistent with the public attribution of "));
        name_of(m, &a->groups[0]);
        put(m, S("; "));
        chance(m, a->groups[0].posterior);
        put(m, S(" that this group was at work"));
    }
    full_stop(m);
    m->w->judgement = take(m);

    put(m, S("Confidence in this judgement is "));
    put(m, confidence_word(a->confidence));
    full_stop(m);
    for (size_t i = 0; i < a->confidence_why_count; i++) {
        buf_byte(&m->b, ' ');
        begin(m, a->confidence_why[i]);
        full_stop(m);
    }
    m->w->confidence = take(m);
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

    put(m, S("Activity: "));
    if (v->incident) {
        buf_format(&m->b, "incident %u", v->incident);
        if (v->title.len) {
            put(m, S(", “"));
            value(m, v->title);
            put(m, S("”"));
        }
    } else {
        put(m, S("what an analyst listed"));
        if (v->title.len) {
            put(m, S(", “"));
            value(m, v->title);
            put(m, S("”"));
        }
    }
    if (v->first != INSTANT_NONE) {
        put(m, S(", from "));
        day(m, v->first);
        if (v->last != INSTANT_NONE) {
            put(m, S(" to "));
            day(m, v->last);
        }
    } else {
        put(m, S(", without a time"));
    }
    put(m, S("; "));
    number(m, v->item_count, "observation says", "observations say");
    put(m, S(" something about who it was."));
    m->w->activity = take(m);

    size_t const ties = items_of(v, EVIDENCE_FORENSIC);

    put(m, S("Cluster: "));
    put(m, v->incident ? S("its acts are joined by the clues of the incident")
                       : S("what is listed is taken as one intruder’s"));
    if (ties) {
        put(m, S(", and "));
        number(m, ties, "forensic link ties it to another incident", "forensic links tie it to other incidents");
        put(m, S("."));
    } else {
        put(m, S("; no key, connection or act of an operator ties it to another incident, so it stays a cluster of its "
                 "own."));
    }
    m->w->cluster = take(m);
}

static void group(struct maker *m) {
    const struct assessment *const a = m->now;

    put(m, S("Group: "));
    level_words(m, a);
    if (a->level == ASSESSED_CLUSTER || !a->group_count) {
        bool some = false;

        for (size_t i = 0; i < a->group_count && i < GROUPS_TOLD && a->groups[i].posterior >= RANKED_AT; i++) {
            put(m, some ? S(", ") : S("; nearest, by what is published, "));
            name_of(m, &a->groups[i]);
            put(m, S(" "));
            likelihood(m, a->groups[i].posterior);
            some = true;
        }
        if (some)
            put(m, S(", and none of them a name to be given"));
    } else {
        put(m, S(", "));
        likelihood(m, a->groups[0].posterior);
        put(m, a->level == ASSESSED_RESEMBLES ? S("; insufficient to name a group")
                                              : S("; consistency is no proof, and others may work in the same way"));
    }
    full_stop(m);
    m->w->group = take(m);
}

static void sponsor(struct maker *m) {
    size_t said = 0, denied = 0;

    for (size_t i = 0; i < m->w->quote_count; i++) {
        bool const denies = str_eq(m->w->quotes[i].stance, S("denies"));

        denied += denies;
        said += !denies;
    }
    put(m, S("Sponsor: not judged, for logs cannot show one; "));
    if (said + denied == 0 && (!m->now->group_count || !is_told(m->now, 0))) {
        put(m, S("no statement is quoted, because no group is near enough to be told about."));
    } else if (said + denied == 0) {
        put(m, S("no statement on the groups that are told is known here."));
    } else {
        number(m, said, "statement", "statements");
        put(m, S(" of others and "));
        number(m, denied, "denial", "denials");
        put(m, S(" are quoted, each with its own scope."));
    }
    m->w->sponsor = take(m);
}

static void nation(struct maker *m) {
    const struct assessment *const a = m->now;

    for (size_t i = 0; i < a->nation_count; i++) {
        const struct assessed_nation *const n = &a->nations[i];

        if (!n->told)
            continue;
        put(m, S("Published groups with this profile are mostly described as "));
        value(m, written_country(str_of(n->country)));
        put(m, S("-linked ("));
        percent(m, n->posterior);
        put(m, S(" of the probability, over "));
        number(m, n->groups, "group", "groups");
        put(m, S("); that is no statement about a state’s responsibility."));
        m->w->nation = take(m);
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
    put(m, S("By what was public on "));
    day(m, then->as_of);
    if (then->profile) {
        put(m, S(" ("));
        value(m, then->profile->release);
        put(m, S(")"));
    }
    put(m, S(" the judgement would have been: "));
    level_words(m, then);
    if (then->group_count && then->level > ASSESSED_CLUSTER) {
        put(m, S(", "));
        likelihood(m, then->groups[0].posterior);
    }
    put(m, S("; none of the groups described then: "));
    likelihood(m, then->none);
    put(m, S(". By what is public now"));
    if (now->profile) {
        put(m, S(" ("));
        value(m, now->profile->release);
        put(m, S(")"));
    }
    put(m, S(" it is: "));
    level_words(m, now);
    if (now->group_count && now->level > ASSESSED_CLUSTER) {
        put(m, S(", "));
        likelihood(m, now->groups[0].posterior);
    }
    put(m, S("; none: "));
    likelihood(m, now->none);
    full_stop(m);
    m->w->then = take(m);
    put(m, S("What changed is what was published in between"));
    size_t const newer = links_published(now->evidence, then->as_of, now->as_of);

    if (newer) {
        put(m, S(", "));
        number(m, newer, "link of a source", "links of sources");
        put(m, S(" to what was seen among it"));
    }
    full_stop(m);
    m->w->changed = take(m);
}

/* ---- facts ---- */

static void grade(struct maker *m, char reliability, unsigned credibility) {
    put(m, S("graded "));
    buf_byte(&m->b, reliability >= 'A' && reliability <= 'F' ? reliability : 'F');
    buf_u64(&m->b, credibility >= 1 && credibility <= 6 ? credibility : 6);
}

static void span(struct maker *m, int64_t first, int64_t last) {
    if (first == INSTANT_NONE && last == INSTANT_NONE) {
        put(m, S("without a time"));
        return;
    }
    minute(m, first != INSTANT_NONE ? first : last);
    if (first != INSTANT_NONE && last != INSTANT_NONE && last != first) {
        put(m, S(" to "));
        minute(m, last);
    }
    put(m, S(" UTC"));
}

/* Whose profiles list it, the likeliest first. */
static void listed(struct maker *m, uint32_t item, token t) {
    const struct assessment *const a = m->now;
    bool const victim = a->evidence->items[item].class == EVIDENCE_VICTIM;
    uint32_t all = a->profile && t ? token_find(a->profile->listed, a->profile->listed_count, t) : 0;
    unsigned told = 0;

    for (size_t g = 0; victim && g < a->group_count; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++)
            all += a->groups[g].links[k].item == item && a->groups[g].links[k].link == UINT32_MAX;
    if (!all)
        return;
    put(m, S(" "));
    if (victim)
        put(m, S("The profiles say so of "));
    else
        value(m, a->profile->release);
    put(m, victim ? S("") : S(" lists it for "));
    number(m, all, "group", "groups");
    for (size_t g = 0; g < a->group_count && told < GROUPS_TOLD; g++)
        for (size_t k = 0; k < a->groups[g].link_count; k++)
            if (a->groups[g].links[k].item == item && a->groups[g].links[k].link == UINT32_MAX) {
                put(m, told++ ? S(", ") : all > 1 ? S(", among them ") : S(": "));
                name_of(m, &a->groups[g]);
                break;
            }
    full_stop(m);
}

static void links(struct maker *m, const struct evidence_item *i, unsigned usual) {
    size_t k;

    for (k = 0; k < i->link_count && k < LINKS_TOLD; k++) {
        const struct evidence_link *const l = &i->links[k];

        put(m, S(" "));
        if (l->source.len)
            value(m, l->source);
        else
            put(m, S("A source without a name"));
        if (l->said != INSTANT_NONE) {
            put(m, S(", "));
            day(m, l->said);
            put(m, S(","));
        }
        if (l->group.len) {
            put(m, S(" connects it with "));
            value(m, l->group);
        } else {
            put(m, S(" says so and names no group"));
        }
        if (l->from != INSTANT_NONE || l->until != INSTANT_NONE) {
            put(m, S(", for the time "));
            if (l->from != INSTANT_NONE) {
                put(m, S("from "));
                day(m, l->from);
            }
            if (l->until != INSTANT_NONE) {
                put(m, l->from != INSTANT_NONE ? S(" to ") : S("until "));
                day(m, l->until);
            }
        }
        put(m, S(" ("));
        grade(m, l->reliability, l->credibility ? l->credibility : usual);
        put(m, S(")."));
    }
    if (k < i->link_count) {
        put(m, S(" So do "));
        number(m, i->link_count - k, "link more", "links more");
        put(m, S("."));
    }
}

static void fact(struct maker *m, struct lines *l, uint32_t at) {
    const struct evidence_item *const i = &m->now->evidence->items[at];

    begin(m, evidence_class_name(i->class));
    put(m, S(": "));
    value(m, i->value);
    put(m, S("; "));
    if (i->words.len && !(i->given && str_eq(i->words, S("said by an analyst")))) {
        value(m, i->words);
        put(m, S("; "));
    }
    span(m, i->first, i->last);
    if (i->count > 1) {
        put(m, S(", "));
        number(m, i->count, "time", "times");
    }
    put(m, S("; "));
    if (i->given) {
        put(m, S("said by an analyst, "));
    } else if (i->place.len) {
        put(m, S("longwatch show CASE "));
        value(m, i->place);
        put(m, S(", "));
    } else if (i->path.len) {
        value(m, i->path);
        put(m, S(", "));
    }
    grade(m, i->reliability, i->credibility);
    put(m, S("."));
    if (i->supplier)
        put(m, S(" A supplier or a network that several use would explain it as well."));
    listed(m, at, i->token);
    links(m, i, m->now->rules ? m->now->rules->classes[i->class].credibility : 6);
    line(m, l);
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
static void facts(struct maker *m) {
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
        number(m, v->item_count - told, "observation that counts less is", "observations that count less are");
        put(m, S(" not written out here; the JSON has every one."));
        line(m, &l);
    }
    KEEP(m->w, facts, fact_count, l);
}

/* ---- assumptions ---- */

static void assumptions(struct maker *m) {
    const struct assessment *const a = m->now;
    const struct evidence *const v = a->evidence;
    size_t given = 0, undated = 0;
    struct lines l = {0};

    for (size_t i = 0; i < v->item_count; i++) {
        given += v->items[i].given;
        for (size_t k = 0; k < v->items[i].link_count; k++)
            undated += v->items[i].links[k].said == INSTANT_NONE && v->items[i].links[k].from == INSTANT_NONE &&
                       v->items[i].links[k].until == INSTANT_NONE;
    }
    put(m, S("It was an intrusion, and one intruder’s; how far that holds stands among the alternatives."));
    line(m, &l);
    put(m, S("Before anything is weighed, the odds that it was a group that nobody has described are "));
    percent(m, a->parameters ? a->parameters->none : 0.5);
    put(m, S(": about so often it was."));
    line(m, &l);
    put(m, S("What is published of groups is taken as it stands"));
    if (a->profile) {
        put(m, S(", by "));
        value(m, a->profile->release);
    }
    put(m, S("; what nobody has written down is not known here, and published attributions may be wrong."));
    line(m, &l);
    put(m, S("The times in the logs are right."));
    line(m, &l);
    if (given) {
        number(m, given, "observation was", "observations were");
        put(m, S(" said by an analyst and not checked against evidence."));
        line(m, &l);
    }
    if (undated) {
        number(m, undated, "link of a source bears", "links of sources bear");
        put(m, S(" no date; how old that knowledge is cannot be told."));
        line(m, &l);
    }
    KEEP(m->w, assumptions, assumption_count, l);
}

/* ---- judgements ---- */

static void judgements(struct maker *m) {
    const struct assessment *const a = m->now;
    struct lines l = {0}, missing = {0};

    for (size_t i = 0; i < a->group_count && i < RANKED && a->groups[i].posterior >= RANKED_AT; i++) {
        name_and_id(m, &a->groups[i]);
        put(m, S(" was at work: "));
        likelihood(m, a->groups[i].posterior);
        full_stop(m);
        line(m, &l);
    }
    put(m, S("It was "));
    none_of(m, a);
    put(m, S(": "));
    likelihood(m, a->none);
    full_stop(m);
    line(m, &l);
    KEEP(m->w, judgements, judgement_count, l);

    for (size_t i = 0; i < GATES; i++) {
        if (a->gates[i].passed)
            continue;
        begin(m, a->gates[i].words.len ? a->gates[i].words : S("a condition without words is not met"));
        full_stop(m);
        line(m, &missing);
    }
    KEEP(m->w, missing, missing_count, missing);
}

static void alternatives(struct maker *m) {
    const struct assessment *const a = m->now;
    struct lines l = {0};

    for (size_t i = 0; i < a->hypothesis_count; i++) {
        const struct hypothesis *const h = &a->hypotheses[i];

        begin(m, h->words);
        put(m, S(":"));
        if (!isnan(h->probability)) {
            put(m, S(" "));
            likelihood(m, h->probability);
            put(m, S(";"));
        }
        /* The verdict on a group says so itself. */
        if (h->type == HYPOTHESIS_GROUP && h->verdict.len) {
            put(m, S(" "));
            value(m, h->verdict);
        } else if (h->against + h->much_against > 0) {
            put(m, S(" "));
            number(m, h->against + h->much_against, "observation speaks", "observations speak");
            put(m, S(" against it"));
            if (h->much_against) {
                put(m, S(", "));
                buf_u64(&m->b, h->much_against);
                put(m, S(" strongly"));
            }
        } else {
            put(m, S(" no observation speaks against it"));
        }
        put(m, h->rejected ? S("; rejected") : h->kept ? S("; kept") : S(""));
        if (h->verdict.len && h->type != HYPOTHESIS_GROUP) {
            put(m, S("; "));
            value(m, h->verdict);
        }
        full_stop(m);
        line(m, &l);
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
        begin(m, s->words);
        put(m, S(": "));
        if (s->first_group < a->group_count) {
            name_of(m, &a->groups[s->first_group]);
            put(m, S(" comes first, "));
            likelihood(m, s->posterior);
        } else {
            put(m, S("no group comes first"));
        }
        put(m, S("; none of them "));
        likelihood(m, s->none);
        put(m, s->level == ASSESSED_CLUSTER     ? S("; insufficient to name a group.")
               : s->level == ASSESSED_RESEMBLES ? S("; a resemblance and no name.")
                                                : S("; consistent with the public attribution of it."));
        line(m, &l);
    }
    if (same) {
        if (same == 1)
            put(m, S("Leaving out the one other class or observation"));
        else
            buf_format(&m->b, "Leaving out any of %zu other classes and observations, one at a time,", same);
        put(m, S(" changes neither the first place nor the judgement."));
        line(m, &l);
    }
    if (a->cheap_only) {
        put(m, S("What carries the first place is cheap to fake."));
        line(m, &l);
    }
    KEEP(m->w, sensitivities, sensitivity_count, l);
}

static void gap(struct maker *m, struct lines *l, const struct evidence_gap *g) {
    begin(m, g->what);
    full_stop(m);
    if (g->collect.len) {
        put(m, S(" To collect: "));
        value(m, g->collect);
        full_stop(m);
    }
    line(m, l);
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

/* ---- what others said ---- */

struct quotes {
    struct written_quote *items;
    size_t count, more;
    const struct group *groups[QUOTED_GROUPS]; /* told whole */
    size_t group_count;
};

static str kept(struct maker *m, str s) {
    buf_plain(&m->b, s, false);
    return take(m);
}

/* The same words of the same day by the same one, from another place. */
static bool is_there(const struct quotes *q, const struct written_quote *of) {
    for (size_t i = 0; i < q->count; i++)
        if (of->quote.len && str_eq(q->items[i].quote, of->quote) && str_eq(q->items[i].on, of->on) &&
            str_eq(q->items[i].by, of->by))
            return true;
    return false;
}

/* What is said of another victim is no group's, whatever stands in whose file it stands. */
static void quote(struct maker *m, struct quotes *q, const struct written_quote *of) {
    bool const another = str_eq(of->stance, S("another"));

    if (m->failed || is_there(q, of))
        return;
    if (q->count == WRITTEN_QUOTES_MAX) {
        q->more++;
        return;
    }
    q->items[q->count++] = (struct written_quote){
        .group = another ? S("") : kept(m, of->group),
        .on = kept(m, of->on),
        .by = kept(m, of->by),
        .about = kept(m, of->about),
        .quote = kept(m, of->quote),
        .source = kept(m, of->source),
        .at = kept(m, of->at),
        .stance = kept(m, of->stance),
        .grade = kept(m, of->grade),
        .alleged = of->alleged,
        .given = of->given,
    };
}

static void fact_quote(struct maker *m, struct quotes *q, const struct group *g, const struct group_fact *f) {
    quote(m, q,
          &(struct written_quote){.group = g->name,
                                  .on = f->on,
                                  .by = f->by,
                                  .about = f->about,
                                  .quote = f->quote,
                                  .source = f->source,
                                  .at = f->source_at,
                                  .stance = f->word,
                                  .grade = group_grade_name(f->grade),
                                  .alleged = f->alleged});
}

static const struct group *known_as(const struct groups *names, const struct assessed_group *g) {
    if (!names)
        return NULL;
    struct group_found found = {0};

    if (g->id.len)
        found = group_find(names, g->id);
    if (found.how != GROUP_EXACT && g->name.len)
        found = group_find(names, g->name);
    return found.how == GROUP_EXACT ? found.group : NULL;
}

static bool word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* As whole words, letters of any case. */
static bool holds_name(str text, str name) {
    for (size_t i = 0; i + name.len <= text.len; i++)
        if (str_eq_ascii((str){text.ptr + i, name.len}, name) && (i == 0 || !word_byte(text.ptr[i - 1])) &&
            (i + name.len == text.len || !word_byte(text.ptr[i + name.len])))
            return true;
    return false;
}

/* A victim that is called by its name here: "GB" and "government" are none. */
static bool names_victim(const struct evidence *v, str about) {
    for (size_t i = 0; i < v->item_count; i++) {
        str const name = v->items[i].value;

        if (v->items[i].class == EVIDENCE_VICTIM && name.len >= NAMED_VICTIM && name.ptr[0] >= 'A' &&
            name.ptr[0] <= 'Z' && holds_name(about, name))
            return true;
    }
    return false;
}

/* Where the group comes first; what names none is last. */
static size_t first_of(const struct quotes *q, str group) {
    size_t i = 0;

    while (group.len && !str_eq(q->items[i].group, group))
        i++;
    return group.len ? i : SIZE_MAX;
}

struct placed {
    size_t group, at;
    struct written_quote q;
};

/* By group, then by date; of one day what is said before what denies it. */
static int by_place(const void *a, const void *b) {
    const struct placed *const x = a, *const y = b;
    int const day = str_cmp(x->q.on, y->q.on);
    bool const x_denies = str_eq(x->q.stance, S("denies")), y_denies = str_eq(y->q.stance, S("denies"));

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (day)
        return day;
    if (x_denies != y_denies)
        return x_denies ? 1 : -1;
    return x->at < y->at ? -1 : 1;
}

static void sort(struct quotes *q) {
    struct placed list[WRITTEN_QUOTES_MAX];

    for (size_t i = 0; i < q->count; i++)
        list[i] = (struct placed){first_of(q, q->items[i].group), i, q->items[i]};
    if (q->count)
        qsort(list, q->count, sizeof *list, by_place);
    for (size_t i = 0; i < q->count; i++)
        q->items[i] = list[i].q;
}

/* What an analyst says that a government said: about this victim, and graded as he grades it. */
static void analysts(struct maker *m, struct quotes *q) {
    const struct evidence *const v = m->now->evidence;
    char room[INSTANT_TEXT], letters[3] = "F6";

    for (size_t i = 0; i < v->item_count; i++) {
        const struct evidence_item *const t = &v->items[i];

        for (size_t k = 0; t->class == EVIDENCE_STATEMENT && (k < t->link_count || k == 0); k++) {
            const struct evidence_link *const l = k < t->link_count ? &t->links[k] : NULL;
            char const reliability = l ? l->reliability : t->reliability;
            unsigned const credibility = l ? l->credibility : t->credibility;

            letters[0] = reliability >= 'A' && reliability <= 'F' ? reliability : 'F';
            letters[1] = (char)('0' + (credibility >= 1 && credibility <= 6 ? credibility : 6));
            quote(m, q,
                  &(struct written_quote){.group = l ? l->group : S(""),
                                          .on = l ? str_first(instant_format(l->said, room), 10) : S(""),
                                          .by = l ? l->source : S(""),
                                          .about = t->value,
                                          .quote = t->words,
                                          .source = l ? l->origin : S(""),
                                          .stance = l && l->group.len ? S("attributes") : S("another"),
                                          .grade = str_of(letters),
                                          .given = true});
        }
    }
}

static void quotes(struct maker *m) {
    const struct assessment *const a = m->now;
    struct quotes q = {.items = arena_zero(m->w->memory, WRITTEN_QUOTES_MAX, sizeof *q.items)};

    if (!q.items) {
        m->failed = true;
        return;
    }
    analysts(m, &q);
    for (size_t i = 0; i < a->group_count && q.group_count < QUOTED_GROUPS; i++) {
        const struct group *const g = is_told(a, i) ? known_as(m->names, &a->groups[i]) : NULL;

        if (!g)
            continue;
        q.groups[q.group_count++] = g;
        for (size_t k = 0; k < g->fact_count; k++)
            if (g->facts[k].type == GROUP_STATEMENT)
                fact_quote(m, &q, g, &g->facts[k]);
    }
    for (size_t i = 0; m->names && i < groups_count(m->names); i++) {
        const struct group *const g = groups_at(m->names, i);
        bool whole = false;

        for (size_t k = 0; k < q.group_count; k++)
            whole = whole || q.groups[k] == g;
        for (size_t k = 0; !whole && k < g->fact_count; k++)
            if (g->facts[k].type == GROUP_STATEMENT && names_victim(a->evidence, g->facts[k].about))
                fact_quote(m, &q, g, &g->facts[k]);
    }
    if (!m->failed)
        sort(&q);
    m->w->quotes = q.items;
    m->w->quote_count = q.count;
    m->w->quote_more = q.more;
}

void written_quote_words(struct buf *b, const struct written_quote *q) {
    bool const another = str_eq(q->stance, S("another")), denies = str_eq(q->stance, S("denies"));

    buf_add(b, q->on.len ? q->on : S("no date"));
    buf_add(b, S(", "));
    buf_add(b, q->by.len ? q->by : S("nobody named"));
    buf_add(b, denies ? S(" denies") : S(" on"));
    buf_add(b, S(" "));
    buf_add(b, q->about.len ? q->about : S("what is not said"));
    if (q->quote.len) {
        buf_add(b, S(": “"));
        buf_add(b, q->quote);
        buf_add(b, S("”"));
    } else {
        buf_add(b, S(" (no exact words at hand)"));
    }
    buf_add(b, S("."));
    if (another)
        buf_add(b, S(" That is about that victim; it names no group, and nothing here joins the two."));
    else if (str_eq(q->stance, S("overlaps")))
        buf_add(b, S(" It speaks of a likeness, not of the same group."));
    if (q->alleged)
        buf_add(b, S(" Alleged: no court has found it so."));
    buf_add(b, S(" ["));
    if (q->given)
        buf_add(b, S("given by an analyst, "));
    buf_add(b, S("grade "));
    buf_add(b, q->grade.len ? q->grade : S("not given"));
    if (q->source.len) {
        buf_add(b, S("; "));
        buf_add(b, q->source);
    }
    if (q->at.len) {
        buf_add(b, S(", "));
        buf_add(b, q->at);
    }
    buf_add(b, S("]"));
}

/* Of the groups that are told, and of those that sources connect with what was seen. */
static void cautions(struct maker *m) {
    const struct assessment *const a = m->now;
    size_t groups = 0;
    struct lines l = {0};

    for (size_t i = 0; i < a->group_count && groups < QUOTED_GROUPS; i++) {
        const struct group *const g =
            is_told(a, i) || is_named_by_sources(&a->groups[i]) ? known_as(m->names, &a->groups[i]) : NULL;

        groups += g != NULL;
        for (size_t k = 0; g && k < g->fact_count; k++) {
            const struct group_fact *const f = &g->facts[k];

            if (f->type != GROUP_CAUTION)
                continue;
            value(m, g->name);
            put(m, S(": "));
            value(m, f->about);
            full_stop(m);
            put(m, S(" ["));
            put(m, group_grade_name(f->grade));
            if (f->source.len) {
                put(m, S("; "));
                value(m, f->source);
            }
            put(m, S("]"));
            line(m, &l);
        }
    }
    KEEP(m->w, cautions, caution_count, l);
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
    facts(&m);
    assumptions(&m);
    judgements(&m);
    alternatives(&m);
    sensitivities(&m);
    gaps(&m);
    quotes(&m);
    cautions(&m);
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
