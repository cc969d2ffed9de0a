/* written_quote: what others have said, quoted with its scope, and what must not be said. What is about another victim is no group's. */
#include "attribution/written_own.h"
#include "base/instant.h"

#define QUOTED_GROUPS 5u
#define NAMED_VICTIM 6u /* bytes of a name by which a victim is known again in a statement */

struct quotes {
    struct written_quote *items;
    size_t count, more;
    const struct group *groups[QUOTED_GROUPS]; /* told whole */
    size_t group_count;
};

static str kept(struct maker *m, str s) {
    buf_plain(&m->b, s, false);
    return words_take(m);
}

/* The same words of the same day by the same one, from another place. */
static bool is_there(const struct quotes *q, const struct written_quote *of) {
    for (size_t i = 0; i < q->count; i++)
        if (of->quote.len && str_eq(q->items[i].quote, of->quote) && str_eq(q->items[i].on, of->on) &&
            str_eq(q->items[i].by, of->by))
            return true;
    return false;
}

/* Said after the day of the judgement. A day that is not said whole may be before it. */
static bool later(const struct assessment *a, str on) {
    char room[INSTANT_TEXT];

    if (a->as_of == INSTANT_NONE || !on.len)
        return false;
    return str_cmp(str_first(on, 10), str_first(instant_format(a->as_of, room), on.len < 10 ? on.len : 10)) > 0;
}

/* What is said of another victim is no group's, whatever stands in whose file it stands. */
static void quote(struct maker *m, struct quotes *q, const struct written_quote *of) {
    bool const another = str_eq(of->stance, S("another"));

    if (m->failed || is_there(q, of) || later(m->now, of->on))
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
        unsigned const usual = m->now->rules->classes[EVIDENCE_STATEMENT].credibility; /* as it is counted */

        for (size_t k = 0; t->class == EVIDENCE_STATEMENT && (k < t->link_count || k == 0); k++) {
            const struct evidence_link *const l = k < t->link_count ? &t->links[k] : NULL;
            char const reliability = l ? l->reliability : t->reliability;
            unsigned const credibility = l ? l->credibility : t->credibility;

            letters[0] = reliability >= 'A' && reliability <= 'F' ? reliability : 'F';
            letters[1] = (char)('0' + (credibility >= 1 && credibility <= 6 ? credibility : usual));
            quote(m, q,
                  &(struct written_quote){.group = l ? l->group : S(""),
                                          .on = l ? str_first(instant_format(l->said, room), 10) : S(""),
                                          .by = l ? l->source : S(""),
                                          .about = t->value,
                                          .quote = t->words,
                                          .source = l ? l->origin : S(""),
                                          .stance = l && l->denies      ? S("denies")
                                                    : l && l->group.len ? S("attributes")
                                                                        : S("another"),
                                          .grade = str_of(letters),
                                          .given = true});
        }
    }
}

void written_quotes(struct maker *m) {
    const struct assessment *const a = m->now;
    struct quotes q = {.items = arena_zero(m->w->memory, WRITTEN_QUOTES_MAX, sizeof *q.items)};

    if (!q.items) {
        m->failed = true;
        return;
    }
    analysts(m, &q);
    for (size_t i = 0; i < a->group_count && q.group_count < QUOTED_GROUPS; i++) {
        const struct group *const g = words_told(a, i) ? known_as(m->names, &a->groups[i]) : NULL;

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

/* In the likeliest groups, by what was seen: is there a link of a source, and not only a profile that lists it? */
static bool is_named_by_sources(const struct assessed_group *g) {
    for (size_t i = 0; i < g->link_count; i++)
        if (g->links[i].link != UINT32_MAX && g->links[i].counted > 0)
            return true;
    return false;
}

/* Of the groups that are told, and of those that sources connect with what was seen. */
void written_cautions(struct maker *m) {
    const struct assessment *const a = m->now;
    size_t groups = 0;
    struct lines l = {0};

    for (size_t i = 0; i < a->group_count && groups < QUOTED_GROUPS; i++) {
        const struct group *const g =
            words_told(a, i) || is_named_by_sources(&a->groups[i]) ? known_as(m->names, &a->groups[i]) : NULL;

        groups += g != NULL;
        for (size_t k = 0; g && k < g->fact_count; k++) {
            const struct group_fact *const f = &g->facts[k];

            if (f->type != GROUP_CAUTION)
                continue;
            words_value(m, g->name);
            words_put(m, S(": "));
            words_value(m, f->about);
            words_full_stop(m);
            words_put(m, S(" ["));
            words_put(m, group_grade_name(f->grade));
            if (f->source.len) {
                words_put(m, S("; "));
                words_value(m, f->source);
            }
            words_put(m, S("]"));
            words_line(m, &l);
        }
    }
    KEEP(m->w, cautions, caution_count, l);
}
