/* export_incident: incidents of a case one after another, less what must not be told. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/utf.h"
#include "report/export_own.h"
#include "report/incident_case.h"
#include "report/navigator.h"
#include "report/share_incident.h"

#define TITLE_MAX 300u
#define TITLES_MEMORY ((size_t)256 << 20)
#define TECHNIQUES_MAX 1024u

/* ---- clues that are findings ---- */

enum verdict { REFUSED, REDUCED, TOLD }; /* what the case does not hold is refused as well */
struct known {
    uint64_t finding;
    enum verdict verdict;
    str title; /* that everybody may read who may read of it */
};
struct export_clues {
    bool there; /* the case has incidents */
    struct known *items;
    size_t count, room;
    struct arena *titles;
    struct behaviours *behaviours;
};

static bool on_clues(void *ctx, const struct incident *n, const struct clue *clues, size_t clue_count, struct err *e) {
    struct export_clues *const c = ctx;
    (void)n;

    for (size_t i = 0; i < clue_count; i++) {
        if (clues[i].type != CLUE_RULE)
            continue;
        if (c->count == c->room) {
            struct known *const bigger = reallocarray(c->items, c->room * 2 + 256, sizeof *bigger);

            if (!bigger)
                return export_no_memory(e);
            c->items = bigger;
            c->room = c->room * 2 + 256;
        }
        c->items[c->count++] = (struct known){clues[i].number, REFUSED, S("")};
    }
    return true;
}

static int by_finding(const void *a, const void *b) {
    const struct known *const x = a, *const y = b;

    return (x->finding > y->finding) - (x->finding < y->finding);
}

bool export_clues_open(const struct export_wish *x, struct export_clues **out, struct err *e) {
    struct export_clues *const c = calloc(1, sizeof *c);
    size_t kept = 0;

    if (!c || !(c->titles = arena_new(TITLES_MEMORY))) {
        export_clues_free(c);
        return export_no_memory(e);
    }
    if (!incident_case_there(x->path, &c->there, e) ||
        (c->there && !incident_case_incidents(x->path, on_clues, c, e)) || !behaviours_open(&c->behaviours, e)) {
        export_clues_free(c);
        return false;
    }
    if (c->count)
        qsort(c->items, c->count, sizeof *c->items, by_finding);
    for (size_t i = 0; i < c->count; i++)
        if (!kept || c->items[kept - 1].finding != c->items[i].finding)
            c->items[kept++] = c->items[i];
    c->count = kept;
    *out = c;
    return true;
}

void export_clues_free(struct export_clues *c) {
    if (!c)
        return;
    behaviours_free(c->behaviours);
    arena_free(c->titles);
    free(c->items);
    free(c);
}

static struct known *known_of(const struct export_clues *c, uint64_t finding) {
    struct known const key = {.finding = finding};

    return c->count ? bsearch(&key, c->items, c->count, sizeof key, by_finding) : NULL;
}

bool export_clues_want(const struct export_clues *c, uint64_t finding) {
    return known_of(c, finding) != NULL;
}

bool export_clues_learn(struct export_clues *c, uint64_t finding, const json_t *rest, bool reduced, struct err *e) {
    struct known *const k = known_of(c, finding);
    struct buf key = {0}, title = {0};

    if (!k || !rest)
        return true;
    (void)export_thing(rest, &key, &title);
    k->verdict = reduced ? REDUCED : TOLD;
    bool const ok =
        !key.failed && !title.failed && arena_copy(c->titles, utf8_first(buf_str(&title), TITLE_MAX), &k->title);

    buf_free(&key);
    buf_free(&title);
    return ok || export_no_memory(e);
}

/* ---- one incident ---- */

struct clue_told {
    enum verdict verdict;
    str title;
};

struct telling {
    const struct export_wish *x;
    const struct export_clues *known;
    const struct export_incident_visitor *visitor;
    struct export_counts *n;
    struct arena *a, *each; /* of an incident, of an act */
    const struct incident *in;
    struct clue_told *clues; /* of it, in their order */
    size_t clue_count;
    struct export_incident told;
    struct export_technique *techniques;
    uint64_t position;
};

static bool redacted(const struct telling *t) {
    return t->x->redact != REDACT_NOTHING;
}

/* What may be said of a clue, by its title. */
static struct clue_told clue_told(const struct telling *t, const struct clue *c) {
    const struct behaviour *b;
    const struct known *k;

    switch (c->type) {
    case CLUE_RULE:
        k = known_of(t->known, c->number);
        if (!k || k->verdict == REFUSED)
            return (struct clue_told){REFUSED, S("")};
        return (struct clue_told){k->verdict, redacted(t) || k->verdict == REDUCED ? k->title : c->title};
    case CLUE_BEHAVIOUR:
        if (!redacted(t))
            break;
        b = behaviours_find(t->known->behaviours, c->id);
        return (struct clue_told){TOLD, b ? b->title : S("A behaviour")};
    case CLUE_CAMPAIGN: /* its title is a subject that somebody wrote to somebody */
        if (!redacted(t))
            break;
        return (struct clue_told){TOLD, S("A campaign of mail")};
    case CLUE_TYPES:
        break;
    }
    return (struct clue_told){TOLD, c->title};
}

/* The clues that are told, as they are told. *best: what gives the incident its name. */
static bool clues_tell(struct telling *t, const struct clue *clues, size_t count, const struct clue **best,
                       struct err *e) {
    struct clue *const list = arena_zero(t->a, count, sizeof *list);
    size_t told = 0;

    *best = NULL;
    if (!list || !(t->clues = arena_zero(t->a, count, sizeof *t->clues)))
        return export_no_memory(e);
    t->clue_count = count;
    t->told.reduced = false;
    for (size_t i = 0; i < count; i++) {
        t->clues[i] = clue_told(t, &clues[i]);
        t->told.reduced |= t->clues[i].verdict != TOLD;
        if (t->clues[i].verdict == REFUSED)
            continue;
        list[told] = clues[i];
        list[told].title = t->clues[i].title;
        if (redacted(t) || t->clues[i].verdict == REDUCED)
            list[told].reason = S("");
        if (redacted(t)) {
            list[told].tactic = share_tactic(clues[i].tactic);
            list[told].technique = share_technique(clues[i].technique);
        }
        if (!*best || ((*best)->type == CLUE_CAMPAIGN && clues[i].type != CLUE_CAMPAIGN))
            *best = &list[told];
        told++;
    }
    t->told.clues = list;
    t->told.clue_count = told;
    return true;
}

static bool event_told(const struct telling *t, const struct incident_event *v) {
    return v->clue < t->clue_count ? t->clues[v->clue].verdict != REFUSED : !t->told.reduced;
}

static void technique_count(struct telling *t, const struct incident_event *v, str technique, str tactic) {
    struct export_technique *of = t->techniques;

    while (of < t->techniques + t->told.technique_count &&
           !(str_eq(of->technique, technique) && str_eq(of->tactic, tactic)))
        of++;
    if (of == t->techniques + t->told.technique_count) {
        str keep[2];

        if (t->told.technique_count == TECHNIQUES_MAX || !arena_copy(t->a, technique, &keep[0]) ||
            !arena_copy(t->a, tactic, &keep[1]))
            return; /* ATT&CK has fewer */
        *of = (struct export_technique){
            .technique = keep[0], .tactic = keep[1], .first = INSTANT_NONE, .last = INSTANT_NONE};
        t->told.technique_count++;
    }
    of->acts++;
    of->events += v->count;
    if (v->when == INSTANT_NONE)
        return;
    int64_t const last = v->last == INSTANT_NONE ? v->when : v->last;

    of->first = of->first == INSTANT_NONE || v->when < of->first ? v->when : of->first;
    of->last = of->last == INSTANT_NONE || last > of->last ? last : of->last;
}

/* Once through its acts, so that what is told of all of them is known before the first is told. */
static bool on_tally(void *ctx, const struct incident_event *v, struct err *e) {
    struct telling *const t = ctx;
    struct export_incident *const to = &t->told;
    char room[ATTACK_TECHNIQUE];

    (void)e;
    if (!event_told(t, v))
        return true;
    to->acts++;
    to->events += v->count;
    if (attack_technique(v->technique, room))
        technique_count(t, v, str_of(room), share_tactic(v->tactic));
    if (v->when != INSTANT_NONE) {
        int64_t const last = v->last == INSTANT_NONE ? v->when : v->last;

        to->first = to->first == INSTANT_NONE || v->when < to->first ? v->when : to->first;
        to->last = to->last == INSTANT_NONE || last > to->last ? last : to->last;
    }
    return true;
}

static int by_technique(const void *a, const void *b) {
    const struct export_technique *const x = a, *const y = b;
    int const order = str_cmp(x->technique, y->technique);

    return order ? order : str_cmp(x->tactic, y->tactic);
}

/* As an incident is called (incident/incident_tell.c), out of what may be told. */
static bool title_of(struct telling *t, const struct clue *best, struct err *e) {
    size_t accounts = 0, hosts = 0;
    struct buf b = {0};

    for (size_t i = 0; i < t->in->entity_count && !t->told.reduced; i++) {
        accounts += t->in->entities[i].type == PART_ACCOUNT && t->in->entities[i].events;
        hosts += t->in->entities[i].type == PART_HOST && t->in->entities[i].events;
    }
    buf_add(&b, best->title);
    if (accounts)
        buf_format(&b, "; %zu account%s", accounts, accounts == 1 ? "" : "s");
    if (hosts)
        buf_format(&b, "%s %zu host%s", accounts ? "," : ";", hosts, hosts == 1 ? "" : "s");
    bool const ok = !b.failed && arena_copy(t->a, buf_str(&b), &t->told.of.title);

    buf_free(&b);
    return ok || export_no_memory(e);
}

/* All that it has beside its acts. */
static bool lists_tell(struct telling *t, struct err *e) {
    struct share_way const way = {t->x->redact, t->x->pseudonyms, t->a};
    struct incident_entity *const entities = arena_alloc(t->a, t->in->entity_count * sizeof *entities);
    struct reach *const reaches = arena_alloc(t->a, t->in->reach_count * sizeof *reaches);
    struct door *const doors = arena_alloc(t->a, t->in->door_count * sizeof *doors);

    if (!entities || !reaches || !doors)
        return export_no_memory(e);
    for (size_t i = 0; i < t->in->entity_count; i++) {
        entities[i] = t->in->entities[i];
        if (!share_entity(&way, &entities[i], e))
            return false;
    }
    for (size_t i = 0; i < t->in->reach_count; i++) {
        reaches[i] = t->in->reaches[i];
        if (!share_reach(&way, &reaches[i], e))
            return false;
    }
    for (size_t i = 0; i < t->in->door_count; i++) {
        doors[i] = t->in->doors[i];
        if (!share_door(&way, &doors[i], e))
            return false;
    }
    t->told.entities = entities;
    t->told.entity_count = t->in->entity_count;
    t->told.reaches = reaches;
    t->told.reach_count = t->in->reach_count;
    t->told.doors = doors;
    t->told.door_count = t->in->door_count;
    return true;
}

static str state_word(str state) {
    static const str words[] = {STR("ongoing"), STR("quiet"), STR("closed")};

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(state, words[i]))
            return words[i];
    return S("");
}

static bool head_tell(struct telling *t, const struct clue *best, struct err *e) {
    const struct incident *const in = t->in;
    struct export_incident *const to = &t->told;

    to->of.incident = in->number;
    to->of.tlp = tlp_name(t->x->tlp);
    to->of.clue = to->state = to->began = S("");
    if (to->reduced) {
        to->of.level = LEVEL_INFORMATIONAL;
        for (size_t i = 0; i < to->clue_count; i++)
            to->of.level = to->clues[i].level > to->of.level ? to->clues[i].level : to->of.level;
        return title_of(t, best, e);
    }
    to->of.level = in->level;
    to->score = in->score;
    to->state = state_word(in->state);
    if (!redacted(t)) {
        to->of.title = in->title;
        to->began = in->began;
    }
    return (!redacted(t) || title_of(t, best, e)) && lists_tell(t, e);
}

static bool on_act(void *ctx, const struct incident_event *v, struct err *e) {
    struct telling *const t = ctx;
    struct share_way const way = {t->x->redact, t->x->pseudonyms, t->each};
    struct incident_event told = *v;
    struct incident_act of = t->told.of;

    of.position = ++t->position;
    if (!event_told(t, v))
        return true;
    if (v->clue < t->clue_count)
        of.clue = t->clues[v->clue].title;
    arena_reset(t->each);
    return share_event(&way, &told, e) && t->visitor->act(t->visitor->ctx, &t->told, &of, &told, e);
}

static bool on_incident(void *ctx, const struct incident *in, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct telling *const t = ctx;
    const struct export_incident_visitor *const v = t->visitor;
    const struct clue *best;

    arena_reset(t->a);
    t->in = in;
    t->position = 0;
    t->told = (struct export_incident){.first = INSTANT_NONE, .last = INSTANT_NONE};
    if (!(t->techniques = arena_alloc(t->a, TECHNIQUES_MAX * sizeof *t->techniques)))
        return export_no_memory(e);
    if (!clues_tell(t, clues, clue_count, &best, e) ||
        (best && !incident_case_events(t->x->path, in->number, 0, on_tally, t, e)))
        return false;
    if (!best || (t->told.reduced && !t->told.acts)) {
        t->n->incidents_dropped++;
        return true;
    }
    if (t->told.technique_count)
        qsort(t->techniques, t->told.technique_count, sizeof *t->techniques, by_technique);
    t->told.techniques = t->techniques;
    if (!head_tell(t, best, e))
        return false;
    t->n->incidents++;
    t->n->acts += t->told.acts;
    t->n->incidents_reduced += t->told.reduced;
    return (!v->incident || v->incident(v->ctx, &t->told, e)) &&
           (!v->act || incident_case_events(t->x->path, in->number, 0, on_act, t, e)) &&
           (!v->end || v->end(v->ctx, &t->told, e));
}

bool export_incidents(const struct export_wish *x, struct export_clues *clues,
                      const struct export_incident_visitor *visitor, struct export_counts *n, struct err *e) {
    struct export_counts none = {0};
    struct telling t = {.x = x,
                        .known = clues,
                        .visitor = visitor,
                        .n = n ? n : &none,
                        .a = arena_new(INCIDENT_CASE_BYTES_MAX * 2),
                        .each = arena_new((size_t)16 << 20)};
    bool const ok = (t.a && t.each) || export_no_memory(e);
    bool const told = ok && (!clues->there || incident_case_incidents(x->path, on_incident, &t, e));

    arena_free(t.a);
    arena_free(t.each);
    return told;
}
