/* gone: the incidents of a case kept, the later evidence gone through for them, and the answer. */
#include "incident/gone.h"

#include <assert.h>
#include <stdlib.h>

#include "base/address.h"
#include "base/compiler.h"
#include "event/fold.h"
#include "incident/incident_own.h"

#define TEXT_MAX 512u
#define INCIDENTS_MAX 4096u
#define TRACES_MAX 256u  /* of one incident; of more those with fewest events are left out */
#define EACH_MAX 100000u /* acts of one trace that are kept by number */

/* What is the intruder's own, as the case has it. */
struct own {
    enum gone_trace_type type;
    str name, second; /* second: of a client the account, of a page the path */
};
struct kept {
    struct gone_incident out;
    struct own *own;
    size_t own_count;
    str *accounts; /* reached, not shared */
    size_t account_count;
    str *behaviours;
    size_t behaviour_count;
    struct door *doors;
    bool *at; /* the address of its server is told */
    size_t door_count;
    bool campaign, asked;
    /* Of the later evidence. */
    uint32_t *acts; /* its own */
    size_t act_count, act_room;
    struct gone_trace *traces;
    size_t trace_count, trace_room;
    struct door *found; /* doors that the case does not know */
    size_t found_count, found_room;
};

struct gone {
    struct gone_options o;
    struct arena *memory;
    struct kept *items;
    size_t count, room;
    struct gone_elsewhere *elsewhere;
    size_t elsewhere_count, elsewhere_room;
    int64_t first, last;
    struct buf words;
    bool traced;             /* what is its own was gone after */
    uint32_t *hosts, *paths; /* of each text: sums of the end of the host it names, and of its path */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to ask whether they are gone");
}

str gone_answer_name(enum gone_answer a) {
    static const str names[] = {STR("gone"), STR("cannot tell"), STR("not gone")};

    return names[a];
}

str gone_trace_name(enum gone_trace_type t) {
    static const str names[] = {STR("address"), STR("session"), STR("client"), STR("program"),
                                STR("page"),    STR("account"), STR("domain"), STR("behaviour")};

    return names[t];
}

bool gone_new(struct gone **out, const struct gone_options *options, struct err *e) {
    struct gone *const g = calloc(1, sizeof *g);

    if (!g || !(g->memory = arena_new(options->memory_max))) {
        free(g);
        return no_memory(e);
    }
    g->o = *options;
    g->first = g->last = INSTANT_NONE;
    *out = g;
    return true;
}

void gone_free(struct gone *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++) {
        free(g->items[i].acts);
        free(g->items[i].traces);
        free(g->items[i].found);
    }
    arena_free(g->memory);
    free(g->hosts);
    free(g->paths);
    free(g->items);
    free(g->elsewhere);
    buf_free(&g->words);
    free(g);
}

static bool keep(struct gone *g, str s, str *out, struct err *e) {
    return arena_copy(g->memory, s, out) || no_memory(e);
}

/* ---- the case ---- */

/* So that whoever the case names has a number, and is the same as its other spellings in the later evidence. */
static struct activity_event nothing(const struct gone *g, enum act act) {
    struct activity_event v = {.when = g->o.since,
                               .last = g->o.since,
                               .count = 1,
                               .act = act,
                               .evidence_path = STR(""),
                               .evidence_sha256 = ""};

    for (size_t i = 0; i < ACT_TEXTS; i++)
        v.text[i] = S("");
    return v;
}

static bool name_it(struct gone *g, enum act_text t, str name, struct err *e) {
    struct activity_event v = nothing(g, ACT_NONE);

    v.text[t] = name;
    return !name.len || activities_add(g->o.activities, &v, e);
}

static bool name_both(struct gone *g, str host, str address, struct err *e) {
    struct activity_event v = nothing(g, ACT_HOST_NAME);

    v.text[ACT_HOST] = host;
    v.text[ACT_ADDRESS] = address;
    return activities_add(g->o.activities, &v, e);
}

static str path_part(str object) {
    size_t end = 0;

    while (end < object.len && object.ptr[end] != '?' && object.ptr[end] != ';')
        end++;
    return str_first(object, end);
}

static bool own_of(struct gone *g, const struct incident_entity *v, struct own *to, bool *is, struct err *e) {
    static const struct {
        enum behaviour_part_type part;
        enum gone_trace_type trace;
        enum act_text text;
    } types[] = {{PART_ADDRESS, TRACE_ADDRESS, ACT_ADDRESS}, {PART_SESSION, TRACE_SESSION, ACT_SESSION},
                 {PART_CLIENT, TRACE_CLIENT, ACT_PROGRAM},   {PART_PROGRAM, TRACE_PROGRAM, ACT_PROGRAM},
                 {PART_PAGE, TRACE_PAGE, ACT_HOST},          {PART_ACCOUNT, TRACE_ACCOUNT, ACT_ACCOUNT},
                 {PART_DOMAIN, TRACE_DOMAIN, ACT_OBJECT}};
    str name = str_first(v->name, TEXT_MAX * 2), second = S("");
    size_t t = 0;

    while (t < COUNT(types) && types[t].part != v->type)
        t++;
    *is = t < COUNT(types);
    if (!*is)
        return true;
    if (v->type == PART_CLIENT || v->type == PART_PAGE) {
        /* "PROGRAM as ACCOUNT", "HOST /path" */
        str const between = v->type == PART_CLIENT ? S(" as ") : S(" /");
        size_t at = SIZE_MAX;

        for (size_t i = 0; i + between.len <= name.len && (v->type == PART_CLIENT || at == SIZE_MAX); i++)
            if (str_starts(str_from(name, i), between))
                at = i;
        *is = at != SIZE_MAX;
        if (!*is)
            return true;
        second = str_from(name, at + (v->type == PART_CLIENT ? between.len : 1));
        name = str_first(name, at);
    }
    to->type = types[t].trace;
    return keep(g, name, &to->name, e) && keep(g, second, &to->second, e) && name_it(g, types[t].text, name, e) &&
           (v->type != PART_CLIENT || name_it(g, ACT_ACCOUNT, second, e));
}

static bool door_keep(struct gone *g, const struct door *d, struct door *to, struct err *e) {
    str *const texts[] = {&to->identity,
                          &to->account,
                          &to->host,
                          &to->object,
                          &to->how,
                          &to->opened_at.evidence_path,
                          &to->used_at.evidence_path,
                          &to->closed_at.evidence_path};
    const char **const hashes[] = {&to->opened_at.evidence_sha256, &to->used_at.evidence_sha256,
                                   &to->closed_at.evidence_sha256};

    *to = *d;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!keep(g, *texts[i], texts[i], e))
            return false;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        str hash = str_of(*hashes[i]);
        char *const copy = arena_bytes(g->memory, hash.len + 1);

        if (!copy)
            return no_memory(e);
        memcpy(copy, hash.ptr, hash.len);
        copy[hash.len] = '\0';
        *hashes[i] = copy;
    }
    return true;
}

bool gone_add(struct gone *g, const struct incident *i, const struct clue *clues, bool asked, struct err *e) {
    struct kept *k;
    bool is;

    if (g->count == INCIDENTS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u incidents", INCIDENTS_MAX);
    if (!incidents_grow((void **)&g->items, g->count, &g->room, sizeof *g->items, e))
        return false;
    k = &g->items[g->count++];
    *k = (struct kept){.asked = asked,
                       .out = {.number = i->number, .first = i->first, .last = i->last, .last_seen = INSTANT_NONE}};
    if (!keep(g, str_first(i->title, TEXT_MAX), &k->out.title, e) ||
        !(k->own = arena_zero(g->memory, i->entity_count, sizeof *k->own)) ||
        !(k->accounts = arena_zero(g->memory, i->entity_count, sizeof *k->accounts)) ||
        !(k->behaviours = arena_zero(g->memory, i->clue_count, sizeof *k->behaviours)) ||
        !(k->doors = arena_zero(g->memory, i->door_count, sizeof *k->doors)) ||
        !(k->at = arena_zero(g->memory, i->door_count, sizeof *k->at)))
        return no_memory(e);
    for (size_t n = 0; n < i->entity_count; n++) {
        const struct incident_entity *const v = &i->entities[n];

        if (v->shared)
            continue;
        if (v->role == ENTITY_OWN) {
            if (!own_of(g, v, &k->own[k->own_count], &is, e))
                return false;
            k->own_count += is;
        }
        if (v->type == PART_ACCOUNT && (!name_it(g, ACT_ACCOUNT, v->name, e) ||
                                        !keep(g, str_first(v->name, TEXT_MAX), &k->accounts[k->account_count++], e)))
            return false;
    }
    for (size_t n = 0; n < i->clue_count; n++) {
        const struct clue *const c = &clues[i->clues[n]];

        k->campaign |= c->type == CLUE_CAMPAIGN;
        if (c->type == CLUE_BEHAVIOUR && !keep(g, str_first(c->id, TEXT_MAX), &k->behaviours[k->behaviour_count++], e))
            return false;
    }
    for (size_t n = 0; n < i->door_count && n < DOORS_MAX; n++, k->door_count++)
        if (!door_keep(g, &i->doors[n], &k->doors[n], e) || !name_it(g, ACT_ACCOUNT, i->doors[n].account, e) ||
            !name_it(g, ACT_HOST, i->doors[n].host, e))
            return false;
    return true;
}

bool gone_add_event(struct gone *g, const struct incident_event *v, struct err *e) {
    struct kept *const k = &g->items[g->count - 1];
    struct address address;

    if (v->act != ACT_WEB_REQUEST || !address_parse(v->host, &address))
        return true;
    for (size_t i = 0; i < k->door_count; i++) {
        const struct door *const d = &k->doors[i];

        if (d->kind != DOOR_WEB_SHELL || !d->host.len || k->at[i] || !fold_equal(path_part(v->object), d->object))
            continue;
        k->at[i] = true;
        if (!name_both(g, d->host, v->host, e))
            return false;
    }
    return true;
}

/* ---- traces ---- */

static struct proof proof_of(const struct gone *g, const struct activity *v) {
    struct activity_source const s = activities_source(g->o.activities, v->source);

    return (struct proof){s.path, s.sha256, v->record, v->offset};
}

/* An act of what is its own. */
static bool trace_act(struct gone *g, struct kept *k, struct gone_trace *t, uint32_t activity, struct err *e) {
    const struct activity *const v = activities_at(g->o.activities, activity);

    if (v->act == ACT_NONE || v->act == ACT_HOST_NAME)
        return true;
    if (t->decides) {
        if (k->act_count >= EACH_MAX * 16)
            return true;
        if (!incidents_grow((void **)&k->acts, k->act_count, &k->act_room, sizeof *k->acts, e))
            return false;
        k->acts[k->act_count++] = activity;
    }
    if (v->last < g->o.since)
        return true;
    if (!t->events || v->when < t->first) {
        t->first = v->when;
        t->first_at = proof_of(g, v);
    }
    if (!t->events || v->last >= t->last) {
        t->last = v->last;
        t->last_at = proof_of(g, v);
        g->words.len = 0;
        incident_words(g->o.activities, v, &g->words);
    }
    t->events += v->count;
    t->refused += v->outcome == OUTCOME_FAILURE ? v->count : 0;
    return true;
}

static bool trace_end(struct gone *g, struct kept *k, struct gone_trace *t, struct err *e) {
    if (!t->events)
        return true;
    if (g->words.failed)
        return no_memory(e);
    if (!keep(g, buf_str(&g->words), &t->what, e) ||
        !incidents_grow((void **)&k->traces, k->trace_count, &k->trace_room, sizeof *k->traces, e))
        return false;
    k->traces[k->trace_count++] = *t;
    return true;
}

static str host_part(str object) {
    size_t const scheme = str_find(object, S("://"));
    str s = scheme == SIZE_MAX ? object : str_from(object, scheme + 3);
    size_t end = 0;

    while (end < s.len && s.ptr[end] != '/' && s.ptr[end] != ':' && s.ptr[end] != '?')
        end++;
    return str_first(s, end);
}

static bool below(str host, str domain) {
    return fold_equal(host, domain) || (host.len > domain.len && host.ptr[host.len - domain.len - 1] == '.' &&
                                        fold_equal(str_from(host, host.len - domain.len), domain));
}

static uint32_t host_of(const struct gone *g, const struct activity *v) {
    const struct activities *const a = g->o.activities;
    uint32_t const host = v->text[ACT_HOST]     ? activities_host(a, v->text[ACT_HOST])
                          : v->text[ACT_SERVER] ? activities_host_of(a, v->text[ACT_SERVER], v->when)
                                                : 0;

    return host ? host : activities_host(a, v->text[ACT_SERVER]);
}

/* Of letters without case. */
static uint32_t sum(str s) {
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t const c = (uint8_t)s.ptr[i];

        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return h;
}

/* The last two labels: those of a domain and of all names below it. */
static str last_labels(str host) {
    size_t from = host.len;
    unsigned dots = 0;

    while (from > 0 && dots < 2)
        dots += host.ptr[--from] == '.';
    return dots == 2 ? str_from(host, from + 1) : host;
}

static bool sums_make(struct gone *g, struct err *e) {
    uint32_t const count = activities_text_count(g->o.activities);

    if (!(g->hosts = calloc((size_t)count + 1, sizeof *g->hosts)) ||
        !(g->paths = calloc((size_t)count + 1, sizeof *g->paths)))
        return no_memory(e);
    for (uint32_t c = 1; c < count; c++) {
        str const text = activities_text(g->o.activities, c);

        g->hosts[c] = sum(last_labels(host_part(text)));
        g->paths[c] = sum(path_part(text));
    }
    return true;
}

/* Acts found by what their object says: requests to a page, and who goes to a domain. */
static bool trace_objects(struct gone *g, struct kept *k, const struct own *o, struct gone_trace *t, struct err *e) {
    struct activities *const a = g->o.activities;
    uint32_t const texts = activities_text_count(a), code = activities_find(a, o->name),
                   host = code ? activities_host(a, code) : 0;
    uint32_t const wanted = o->type == TRACE_PAGE ? sum(o->second) : sum(last_labels(o->name));
    struct activity_list list;

    for (uint32_t c = 1; c < texts; c++) {
        str const text = activities_text(a, c);

        if ((o->type == TRACE_PAGE ? g->paths[c] : g->hosts[c]) != wanted)
            continue;
        if (o->type == TRACE_PAGE ? !fold_equal(path_part(text), o->second) : !below(host_part(text), o->name))
            continue;
        if (!activities_of(a, ACT_OBJECT, c, &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct activity *const v = activities_at(a, list.items[i]);
            uint32_t const on = host_of(g, v);
            /* Of a page: what is refused, or is not there, is no use of it. */
            bool const mine = o->type == TRACE_PAGE
                                  ? v->act == ACT_WEB_REQUEST && v->outcome == OUTCOME_SUCCESS &&
                                        (on == host || (v->text[ACT_SERVER] && v->text[ACT_SERVER] == code))
                                  : v->act == ACT_LOOKUP || v->act == ACT_WEB_VISIT;

            if (mine && !trace_act(g, k, t, list.items[i], e))
                return false;
        }
    }
    return true;
}

static bool trace_own(struct gone *g, struct kept *k, const struct own *o, struct err *e) {
    struct activities *const a = g->o.activities;
    uint32_t const code = activities_find(a, o->name), second = activities_find(a, o->second);
    struct gone_trace t = {.type = o->type, .name = o->name, .what = STR(""), .decides = true};
    static const enum act_text by[][2] = {[TRACE_ADDRESS] = {ACT_ADDRESS, ACT_SERVER},
                                          [TRACE_SESSION] = {ACT_SESSION, ACT_SESSION},
                                          [TRACE_CLIENT] = {ACT_ACCOUNT, ACT_ACCOUNT},
                                          [TRACE_PROGRAM] = {ACT_PROGRAM, ACT_PROGRAM},
                                          [TRACE_ACCOUNT] = {ACT_ACCOUNT, ACT_ACCOUNT}};
    uint32_t entity = code, program = 0;
    struct activity_list list;

    g->words.len = 0;
    if (o->type == TRACE_PAGE || o->type == TRACE_DOMAIN) {
        /* Those who got its mails may open them for years. */
        t.decides = o->type == TRACE_PAGE || !k->campaign;
        if (o->type == TRACE_PAGE) {
            g->words.len = 0;
            buf_add(&g->words, o->name);
            buf_byte(&g->words, ' ');
            buf_add(&g->words, o->second);
            if (g->words.failed || !keep(g, buf_str(&g->words), &t.name, e))
                return no_memory(e);
        }
        return trace_objects(g, k, o, &t, e) && trace_end(g, k, &t, e);
    }
    if (o->type == TRACE_ADDRESS && code && activities_own_address(a, code))
        return true;
    if (o->type == TRACE_CLIENT) {
        program = code ? activities_program(a, code) : 0;
        entity = second ? activities_account(a, second) : 0;
        g->words.len = 0;
        buf_add(&g->words, o->name);
        buf_add(&g->words, S(" as "));
        buf_add(&g->words, o->second);
        if (g->words.failed || !keep(g, buf_str(&g->words), &t.name, e))
            return no_memory(e);
    } else if (code && o->type == TRACE_PROGRAM) {
        entity = activities_program(a, code);
    } else if (code && o->type == TRACE_ACCOUNT) {
        entity = activities_account(a, code);
    }
    for (size_t b = 0; entity && b < 2 && (!b || by[o->type][0] != by[o->type][1]); b++) {
        if (!activities_of(a, by[o->type][b], entity, &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++)
            if ((!program || activities_program(a, activities_at(a, list.items[i])->text[ACT_PROGRAM]) == program) &&
                !trace_act(g, k, &t, list.items[i], e))
                return false;
    }
    return trace_end(g, k, &t, e);
}

/* Once activities have ended. */
static bool traces_make(struct gone *g, struct err *e) {
    if (!g->traced && !sums_make(g, e))
        return false;
    for (size_t i = 0; !g->traced && i < g->count; i++)
        for (size_t o = 0; o < g->items[i].own_count; o++)
            if (!trace_own(g, &g->items[i], &g->items[i].own[o], e))
                return false;
    g->traced = true;
    return true;
}

/* Has what is its own come to that host since? */
static bool came_to(const struct gone *g, const struct kept *k, str host) {
    uint32_t const code = activities_find(g->o.activities, host),
                   entity = code ? activities_host(g->o.activities, code) : 0;

    for (size_t i = 0; entity && i < k->act_count; i++) {
        const struct activity *const v = activities_at(g->o.activities, k->acts[i]);

        if (v->last >= g->o.since && v->outcome != OUTCOME_FAILURE && host_of(g, v) == entity)
            return true;
    }
    return false;
}

/* ---- incidents of the later evidence ---- */

static bool among(str name, const str *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fold_equal(name, list[i]))
            return true;
    return false;
}

static bool door_same(const struct door *a, const struct door *b) {
    return a->kind == b->kind && fold_equal(a->identity, b->identity);
}

/* How much of one is the other. */
struct likeness {
    bool same, alike;
    unsigned much; /* to tell which of several it is most like */
};

static bool own_shared(const struct kept *k, const struct incident_entity *v) {
    static const struct {
        enum behaviour_part_type part;
        enum gone_trace_type trace;
    } types[] = {{PART_ADDRESS, TRACE_ADDRESS},
                 {PART_SESSION, TRACE_SESSION},
                 {PART_DOMAIN, TRACE_DOMAIN},
                 {PART_PROGRAM, TRACE_PROGRAM}};

    for (size_t o = 0; o < k->own_count; o++)
        for (size_t t = 0; t < COUNT(types); t++)
            if (k->own[o].type == types[t].trace && v->type == types[t].part && fold_equal(v->name, k->own[o].name))
                return true;
    return false;
}

static struct likeness likeness_of(const struct gone *g, const struct kept *k, const struct incident *i,
                                   const struct clue *clues) {
    unsigned own = 0, accounts = 0, behaviours = 0, doors = 0;

    for (size_t n = 0; n < i->clue_count; n++)
        behaviours += clues[i->clues[n]].type == CLUE_BEHAVIOUR &&
                      among(clues[i->clues[n]].id, k->behaviours, k->behaviour_count);
    for (size_t n = 0; n < i->entity_count; n++) {
        const struct incident_entity *const v = &i->entities[n];

        if (v->shared)
            continue;
        /* Hosts alone do not say it: two intruders in one host are two. One to which it came again is another matter. */
        accounts += v->type == PART_HOST && behaviours && came_to(g, k, v->name);
        accounts += v->type == PART_ACCOUNT && among(v->name, k->accounts, k->account_count);
        own += v->role == ENTITY_OWN && own_shared(k, v);
    }
    for (size_t n = 0; n < i->door_count; n++)
        for (size_t d = 0; d < k->door_count; d++)
            doors += door_same(&k->doors[d], &i->doors[n]);
    return (struct likeness){own || (accounts && behaviours), own || behaviours,
                             1000 * (own > 100 ? 100 : own) + 100 * (doors > 9 ? 9 : doors) +
                                 10 * (accounts > 9 ? 9 : accounts) + (behaviours > 9 ? 9 : behaviours)};
}

static bool found_add(struct gone *g, struct kept *k, const struct door *d, struct err *e) {
    for (size_t i = 0; i < k->found_count; i++)
        if (door_same(&k->found[i], d))
            return true;
    return incidents_grow((void **)&k->found, k->found_count, &k->found_room, sizeof *k->found, e) &&
           door_keep(g, d, &k->found[k->found_count], e) && ++k->found_count;
}

static bool goes_on(struct gone *g, struct kept *k, const struct incident *i, struct err *e) {
    struct gone_trace t = {.type = TRACE_BEHAVIOUR, .what = STR(""), .decides = true};

    if (!keep(g, str_first(i->title, TEXT_MAX), &t.name, e))
        return false;
    for (size_t n = 0; n < i->event_count; n++) {
        const struct incident_event *const v = &i->events[n];
        const struct activity *const act = activities_at(g->o.activities, v->activity);

        if (v->last < g->o.since || act->act == ACT_NONE)
            continue;
        if (!t.events || v->when < t.first) {
            t.first = v->when;
            t.first_at = proof_of(g, act);
        }
        if (!t.events || v->last >= t.last) {
            t.last = v->last;
            t.last_at = proof_of(g, act);
            g->words.len = 0;
            buf_add(&g->words, v->what);
        }
        t.events += v->count;
        t.refused += act->outcome == OUTCOME_FAILURE ? v->count : 0;
    }
    for (size_t n = 0; n < i->door_count; n++)
        if (!found_add(g, k, &i->doors[n], e))
            return false;
    return trace_end(g, k, &t, e);
}

static bool on_incident(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count,
                        struct err *e) {
    struct gone *const g = ctx;
    struct gone_elsewhere *to;
    struct likeness most = {0};
    size_t best = 0;
    (void)clue_count;

    if (!traces_make(g, e))
        return false;
    for (size_t k = 0; k < g->count; k++) {
        struct likeness const how = likeness_of(g, &g->items[k], i, clues);

        if (how.same > most.same || (how.same == most.same && how.much > most.much)) {
            most = how;
            best = k;
        }
    }
    if (most.same)
        return goes_on(g, &g->items[best], i, e);
    if (!most.alike || i->last < g->o.since || !g->items[best].asked)
        return true;
    if (!incidents_grow((void **)&g->elsewhere, g->elsewhere_count, &g->elsewhere_room, sizeof *g->elsewhere, e))
        return false;
    to = &g->elsewhere[g->elsewhere_count];
    *to = (struct gone_elsewhere){.like = g->items[best].out.number, .first = INT64_MAX, .last = i->last};
    for (size_t n = 0; n < i->event_count; n++)
        if (i->events[n].last >= g->o.since) {
            to->events += i->events[n].count;
            to->first = i->events[n].when < to->first ? i->events[n].when : to->first;
        }
    g->elsewhere_count += to->events > 0;
    return keep(g, str_first(i->title, TEXT_MAX), &to->title, e);
}

/* ---- the answer ---- */

static int by_number(const void *a, const void *b) {
    const uint32_t *const x = a, *const y = b;

    return (*x > *y) - (*x < *y);
}

static int by_trace(const void *a, const void *b) {
    const struct gone_trace *const x = a, *const y = b;

    return x->type != y->type       ? (x->type < y->type ? -1 : 1)
           : x->events != y->events ? (x->events > y->events ? -1 : 1)
                                    : str_cmp(x->name, y->name);
}

static bool cover(struct gone *g, struct doors *d, struct gone_door *to, struct err *e) {
    int64_t const since = g->o.since, end = g->o.case_end;

    return doors_cover(d, &to->door, since, end != INSTANT_NONE && end < since ? end : since, g->memory, &to->cover, e);
}

static bool doors_tell(struct gone *g, struct doors *d, struct kept *k, struct err *e) {
    struct door_owner owner = {.events = k->acts};
    struct gone_door *list;
    const struct door *now;
    size_t count = 0;

    if (k->act_count)
        qsort(k->acts, k->act_count, sizeof *k->acts, by_number);
    for (size_t i = 0; i < k->act_count; i++)
        if (!i || k->acts[i] != k->acts[owner.event_count - 1])
            k->acts[owner.event_count++] = k->acts[i];
    k->act_count = owner.event_count;
    if (!(list = arena_zero(g->memory, k->door_count + k->found_count, sizeof *list)))
        return no_memory(e);
    if (!doors_follow(d, k->doors, k->door_count, &owner, g->memory, &now, e))
        return false;
    for (size_t i = 0; i < k->door_count; i++)
        list[count++] = (struct gone_door){.door = now[i]};
    for (size_t i = 0; i < k->found_count; i++) {
        const struct door *const found = &k->found[i];
        size_t same = 0;

        while (same < k->door_count && !door_same(&list[same].door, found))
            same++;
        if (same == k->door_count) {
            list[count++] = (struct gone_door){.door = *found, .found_now = true};
            continue;
        }
        /* What the incident in the later evidence did is use, too. */
        struct door *const to = &list[same].door;

        if (found->last_used > to->last_used) {
            to->last_used = found->last_used;
            to->used_at = found->used_at;
            if (to->state == DOOR_CLOSED && found->last_used > to->closed) {
                to->state = found->state;
                to->closed = found->closed;
                to->closed_at = found->closed_at;
                to->how = found->how;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct gone_door *const v = &list[i];

        if (!cover(g, d, v, e))
            return false;
        v->used = v->door.last_used != INSTANT_NONE && v->door.last_used >= g->o.since;
        /* Nobody saw it closed; but would anybody have? */
        if (v->door.state == DOOR_OPEN && !v->used && !v->cover.close) {
            v->door.state = DOOR_CANNOT_TELL;
            v->door.how = v->cover.close_why;
        }
        k->out.open += v->door.state == DOOR_OPEN;
        k->out.untold += v->door.state == DOOR_CANNOT_TELL || (v->door.state == DOOR_CLOSED && !v->cover.use);
    }
    k->out.doors = list;
    k->out.door_count = count;
    return true;
}

static void conclude(struct gone *g, struct kept *k) {
    struct gone_incident *const n = &k->out;
    uint32_t last = UINT32_MAX;

    for (size_t i = 0; i < k->act_count; i++) {
        const struct activity *const v = activities_at(g->o.activities, k->acts[i]);

        if (k->acts[i] == last || v->last < g->o.since)
            continue;
        last = k->acts[i];
        n->events += v->count;
        n->last_seen = v->last > n->last_seen ? v->last : n->last_seen;
    }
    for (size_t i = 0; i < k->trace_count; i++) {
        const struct gone_trace *const t = &k->traces[i];

        if (t->type != TRACE_BEHAVIOUR)
            continue;
        n->events = t->events > n->events ? t->events : n->events;
        n->last_seen = t->last > n->last_seen ? t->last : n->last_seen;
    }
    if (k->trace_count)
        qsort(k->traces, k->trace_count, sizeof *k->traces, by_trace);
    n->traces = k->traces;
    n->trace_count = k->trace_count > TRACES_MAX ? TRACES_MAX : k->trace_count;
    n->answer = n->open || n->events                                                             ? GONE_NOT
                : n->untold || g->last == INSTANT_NONE || g->last < g->o.since || !n->door_count ? GONE_CANNOT_TELL
                                                                                                 : GONE;
}

/* What the case names is no evidence. */
static bool is_real(const struct activity *v) {
    return v->act != ACT_NONE && v->act != ACT_HOST_NAME;
}

static void span(struct gone *g) {
    struct activities *const a = g->o.activities;
    uint32_t const count = activities_count(a);
    uint32_t real = 0, seen = 0;

    for (uint32_t i = 0; i < count; i++)
        real += is_real(activities_at(a, i));
    for (uint32_t i = 0; i < count; i++) {
        const struct activity *const v = activities_at(a, i);

        if (!is_real(v))
            continue;
        if (!seen++)
            g->first = v->when;
        if (seen == real - real / 1000)
            g->last = v->last;
    }
}

bool gone_end(struct gone *g, struct err *e) {
    struct incident_options const options = {
        .memory_max = g->o.memory_max, .behaviours = g->o.behaviours, .activities = g->o.activities};
    struct incident_visitor const visitor = {.incident = on_incident, .ctx = g};
    struct incidents *incidents = NULL;
    struct doors *doors = NULL;
    bool ok = incidents_new(&incidents, &options, e) && incidents_end(incidents, &visitor, e);

    incidents_free(incidents);
    if (ok)
        span(g);
    ok = ok && traces_make(g, e) && doors_new(&doors, g->o.activities, e);
    for (size_t i = 0; ok && i < g->count; i++) {
        struct kept *const k = &g->items[i];

        if (!k->asked)
            continue;
        ok = doors_tell(g, doors, k, e);
        if (ok)
            conclude(g, k);
    }
    doors_free(doors);
    return ok;
}

enum gone_answer gone_answer(const struct gone *g) {
    enum gone_answer worst = g->elsewhere_count ? GONE_CANNOT_TELL : GONE;

    for (size_t i = 0; i < gone_count(g); i++)
        worst = gone_at(g, i)->answer > worst ? gone_at(g, i)->answer : worst;
    return worst;
}

size_t gone_count(const struct gone *g) {
    size_t count = 0;

    for (size_t i = 0; i < g->count; i++)
        count += g->items[i].asked;
    return count;
}

const struct gone_incident *gone_at(const struct gone *g, size_t i) {
    size_t at = 0;

    while (!g->items[at].asked || i--)
        at++;
    return &g->items[at].out;
}

size_t gone_elsewhere_count(const struct gone *g) {
    return g->elsewhere_count;
}

const struct gone_elsewhere *gone_elsewhere_at(const struct gone *g, size_t i) {
    return &g->elsewhere[i];
}

int64_t gone_evidence_first(const struct gone *g) {
    return g->first;
}

int64_t gone_evidence_last(const struct gone *g) {
    return g->last;
}
