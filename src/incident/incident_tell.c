/* incident_tell: trees of clues that weigh enough become incidents: their acts, phases, entities, links, words. */
#include <math.h>
#include <stdlib.h>

#include "incident/incident_own.h"

#define ENTITIES_MAX 4096u
#define LINKS_MAX 16384u
#define EARLIER (7 * DAY)      /* an address of the intruder's is looked at so long before its first act, */
#define LATER (90 * DAY)       /* and so long after its last */
#define OWN_EVENTS_MAX 100000u /* of one address or account of the intruder's: acts beside those of clues */
/* Acts of one incident that are told: what three quarters of the memory hold, with some words each. */
#define EVENT_WORDS 320u
#define EVENTS_MAX(s) ((s)->o.memory_max / 8 * 3 / (sizeof(struct incident_event) + EVENT_WORDS))
#define CORRELATED 0.25 /* what a second rule on the same event adds, of its weight */

/* ---- which trees are incidents ---- */

static int by_first_event(const void *a, const void *b) {
    const struct node *const x = *(const struct node *const *)a, *const y = *(const struct node *const *)b;

    if (x->events[0] != y->events[0])
        return x->events[0] < y->events[0] ? -1 : 1;
    if (x->clue.weight != y->clue.weight)
        return x->clue.weight > y->clue.weight ? -1 : 1;
    return (x > y) - (x < y);
}

/* Rules that say the same of one event are not as many clues; nor is a rule where a behaviour speaks of the same events. */
static bool rules_discount(struct incidents *s, struct err *e) {
    const struct node **const list = calloc(s->node_count + 1, sizeof *list);
    bool *const told = calloc((size_t)activities_count(s->a) + 1, sizeof *told);
    size_t n = 0;

    if (!list || !told) {
        free(list);
        free(told);
        return incidents_no_memory(e);
    }
    for (size_t i = 0; i < s->node_count; i++)
        for (size_t k = 0; s->nodes[i].behaviour && k < s->nodes[i].event_count; k++)
            told[s->nodes[i].events[k]] = true;
    for (size_t i = 0; i < s->node_count; i++)
        if (s->nodes[i].clue.type == CLUE_RULE)
            list[n++] = &s->nodes[i];
    if (n)
        qsort(list, n, sizeof *list, by_first_event);
    for (size_t i = 0; i < n; i++) {
        bool again = i && list[i]->events[0] == list[i - 1]->events[0], all = true;

        for (size_t k = 0; all && k < list[i]->event_count; k++)
            all = told[list[i]->events[k]];
        if (again || all)
            s->nodes[list[i] - s->nodes].clue.weight *= CORRELATED;
    }
    free(list);
    free(told);
    return true;
}

static int by_score(const void *a, const void *b) {
    const struct tree *const x = a, *const y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->root > y->root) - (x->root < y->root);
}

/* All nodes, those of one tree together and ascending: begins[root] is where they end, by counting. */
static void nodes_group(struct incidents *s, uint32_t *begins) {
    uint32_t at = 0;

    for (size_t i = 0; i < s->node_count; i++)
        begins[incident_root(s, (uint32_t)i)]++;
    for (size_t i = 0; i < s->node_count; i++) {
        uint32_t const count = begins[i];

        begins[i] = at;
        at += count;
    }
    for (size_t i = 0; i < s->node_count; i++)
        s->grouped[begins[incident_root(s, (uint32_t)i)]++] = (uint32_t)i;
}

/* What its clues weigh together, and are they enough? Mail comes to everybody, and whoever does anything odd had some in the months before: beside
 * other clues a campaign weighs no more than these, unless it is enough alone. */
static bool weighs_enough(const struct incidents *s, struct tree *t) {
    double const least = incidents_term(s, "least"), strongest = incidents_term(s, "strongest");
    double mail = 0, others = 0, most_mail = 0, most = 0;

    for (size_t k = 0; k < t->node_count; k++) {
        const struct node *const n = &s->nodes[t->nodes[k]];

        mail += n->campaign ? n->clue.weight : 0;
        others += n->campaign ? 0 : n->clue.weight;
        most_mail = fmax(most_mail, n->campaign ? n->clue.weight : 0);
        most = fmax(most, n->campaign ? 0 : n->clue.weight);
        t->first = n->clue.first < t->first ? n->clue.first : t->first;
    }
    t->score = others + (most_mail >= least ? mail : fmin(mail, others));
    return most_mail >= least || (most >= strongest && t->score >= least);
}

bool incident_trees(struct incidents *s, struct err *e) {
    uint32_t *const ends = calloc(s->node_count + 1, sizeof *ends);
    bool ok = ends && (s->grouped = calloc(s->node_count + 1, sizeof *s->grouped)) &&
              (s->trees = calloc(s->node_count + 1, sizeof *s->trees));

    if (!ok) {
        free(ends);
        return incidents_no_memory(e);
    }
    ok = rules_discount(s, e);
    nodes_group(s, ends);
    for (uint32_t i = 0, to; ok && i < s->node_count; i = to) {
        uint32_t const root = incident_root(s, s->grouped[i]);
        struct tree t = {.root = root, .first = INT64_MAX, .nodes = s->grouped + i};

        to = ends[root];
        t.node_count = to - i;
        if (weighs_enough(s, &t))
            s->trees[s->tree_count++] = t;
    }
    free(ends);
    if (s->tree_count)
        qsort(s->trees, s->tree_count, sizeof *s->trees, by_score);
    for (size_t i = 0; ok && i < s->tree_count; i++)
        for (size_t k = 0; k < s->trees[i].node_count; k++)
            s->nodes[s->trees[i].nodes[k]].clue.incident = (uint32_t)i + 1;
    return ok;
}

/* ---- its acts ---- */

struct taken {
    uint32_t activity, node;
    double weight;
};
struct taking {
    struct taken *items;
    size_t count, room;
};

static bool take(struct taking *t, uint32_t activity, uint32_t node, double weight, struct err *e) {
    if (!incidents_grow((void **)&t->items, t->count, &t->room, sizeof *t->items, e))
        return false;
    t->items[t->count++] = (struct taken){activity, node, weight};
    return true;
}

static int by_activity(const void *a, const void *b) {
    const struct taken *const x = a, *const y = b;

    if (x->activity != y->activity)
        return x->activity < y->activity ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static void once(struct taking *t) {
    size_t kept = 0;

    if (t->count)
        qsort(t->items, t->count, sizeof *t->items, by_activity);
    for (size_t i = 0; i < t->count; i++)
        if (!kept || t->items[kept - 1].activity != t->items[i].activity)
            t->items[kept++] = t->items[i];
    t->count = kept;
}

static bool is_taken(const struct taking *t, size_t count, uint32_t activity) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (t->items[middle].activity < activity)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && t->items[low].activity == activity;
}

/* Who speaks with an address of the intruder's in its clues: what else these two have to do with each other, in whatever log, is the same story. */
struct speakers {
    uint32_t addresses[16];
    size_t count;
};

static bool speaks(const struct speakers *p, uint32_t address) {
    for (size_t i = 0; i < p->count; i++)
        if (p->addresses[i] == address)
            return true;
    return false;
}

/* The first of a list at or after a time. */
static uint32_t list_from(const struct activities *a, struct activity_list list, int64_t when) {
    uint32_t low = 0, high = list.count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (activities_at(a, list.items[middle])->when < when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void speakers_of(const struct incidents *s, const struct taking *t, size_t clues, struct activity_list list,
                        uint32_t from, uint32_t to, struct speakers *out) {
    out->count = 0;
    for (uint32_t i = from; i < to && out->count < COUNT(out->addresses); i++) {
        uint32_t const address = activities_at(s->a, list.items[i])->text[ACT_ADDRESS];

        if (address && !speaks(out, address) && is_taken(t, clues, list.items[i]))
            out->addresses[out->count++] = address;
    }
}

/* What else an address or account has done that is nobody else's. clues: so many of t are what the clues have, sorted. An address of whose acts
 * most are not in a clue is others' as well, whatever was said of it. */
static bool expand(struct incidents *s, struct taking *t, size_t clues, const struct behaviour_part *p, uint32_t node,
                   int64_t first, int64_t last, struct err *e) {
    static const struct {
        enum behaviour_part_type type;
        enum act_text by;
    } ways[] = {{PART_ACCOUNT, ACT_ACCOUNT}, {PART_ADDRESS, ACT_ADDRESS}, {PART_ADDRESS, ACT_SERVER}};
    bool const address = p->type == PART_ADDRESS;

    for (size_t k = 0; k < COUNT(ways); k++) {
        struct activity_list list;
        struct speakers speakers = {0};
        uint32_t known = 0, from, to, all;

        if (p->type != ways[k].type || (address && !s->nodes[node].behaviour && activities_own_address(s->a, p->code)))
            continue;
        if (!activities_of(s->a, ways[k].by, p->code, &list, e))
            return false;
        from = address ? list_from(s->a, list, instant_moved(first, -EARLIER)) : 0;
        all = (address ? list_from(s->a, list, instant_moved(last, LATER + 1)) : list.count) - from;
        to = from + (all < OWN_EVENTS_MAX ? all : OWN_EVENTS_MAX);
        if (ways[k].by == ACT_SERVER)
            speakers_of(s, t, clues, list, from, to, &speakers);
        for (uint32_t i = from; i < to; i++)
            known += speaks(&speakers, activities_at(s->a, list.items[i])->text[ACT_ADDRESS]) ||
                     is_taken(t, clues, list.items[i]);
        if (known * 2 < to - from)
            continue;
        for (uint32_t i = from; i < to; i++)
            if (!take(t, list.items[i], node, 0, e))
                return false;
        s->lost += all - (to - from);
    }
    return true;
}

/* What is the intruder's own in a tree, each once, with the first clue that says so. */
struct own {
    struct behaviour_part part;
    uint32_t node;
};
struct owns {
    struct own *items;
    size_t count;
};

static int by_part(const void *a, const void *b) {
    const struct own *const x = a, *const y = b;

    if (x->part.type != y->part.type)
        return x->part.type < y->part.type ? -1 : 1;
    if (x->part.code != y->part.code)
        return x->part.code < y->part.code ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static bool owns_of(const struct incidents *s, const struct tree *tree, struct owns *to, struct err *e) {
    size_t room = 0, count = 0;

    for (size_t i = 0; i < tree->node_count; i++)
        room += s->nodes[tree->nodes[i]].part_count;
    if (!(to->items = calloc(room + 1, sizeof *to->items)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        for (size_t k = 0; k < n->part_count; k++)
            if (n->parts[k].own && (n->parts[k].type == PART_ACCOUNT || n->parts[k].type == PART_ADDRESS))
                to->items[count++] = (struct own){n->parts[k], tree->nodes[i]};
    }
    if (count)
        qsort(to->items, count, sizeof *to->items, by_part);
    for (size_t i = 0; i < count; i++)
        if (!i || to->items[i].part.type != to->items[to->count - 1].part.type ||
            to->items[i].part.code != to->items[to->count - 1].part.code)
            to->items[to->count++] = to->items[i];
    return true;
}

/* How they came in says more of an act than what they did afterwards. */
#define ENTERS 100

static bool enters(const struct node *n) {
    return n->campaign || str_eq(n->clue.tactic, S("initial-access"));
}

static int by_importance(const void *a, const void *b) {
    const struct taken *const x = a, *const y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->activity > y->activity) - (x->activity < y->activity);
}

static bool acts_of(struct incidents *s, const struct tree *tree, struct taking *t, struct err *e) {
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        for (size_t k = 0; k < n->event_count; k++)
            if (!take(t, n->events[k], tree->nodes[i], n->clue.weight + (enters(n) ? ENTERS : 0), e))
                return false;
        first = n->clue.first < first ? n->clue.first : first;
        last = n->clue.last > last ? n->clue.last : last;
    }
    once(t);
    size_t const clues = t->count;
    struct owns owns = {0};
    bool ok = owns_of(s, tree, &owns, e);

    for (size_t i = 0; ok && i < owns.count; i++)
        ok = expand(s, t, clues, &owns.items[i].part, owns.items[i].node, first, last, e);
    free(owns.items);
    if (!ok)
        return false;
    once(t);
    /* Those of the heaviest clues stay where not all can be told. */
    if (t->count > EVENTS_MAX(s)) {
        s->lost += t->count - EVENTS_MAX(s);
        qsort(t->items, t->count, sizeof *t->items, by_importance);
        t->count = EVENTS_MAX(s);
        once(t);
    }
    return true;
}

static bool event_of(struct incidents *s, const struct taken *t, struct incident_event *to, struct err *e) {
    const struct activity *const v = activities_at(s->a, t->activity);
    const struct node *const n = &s->nodes[t->node];
    struct activity_source const source = activities_source(s->a, v->source);

    *to = (struct incident_event){
        .when = v->when,
        .last = v->last,
        .act = (enum act)v->act,
        .account = activities_text(s->a, v->text[ACT_ACCOUNT]),
        .target = activities_text(s->a, v->text[ACT_TARGET]),
        .host = activities_text(s->a, v->text[ACT_HOST] ? v->text[ACT_HOST] : v->text[ACT_SERVER]),
        .address = activities_text(s->a, v->text[ACT_ADDRESS]),
        .program = activities_text(s->a, v->text[ACT_PROGRAM]),
        .session = activities_text(s->a, v->text[ACT_SESSION]),
        .object = activities_text(s->a, v->text[ACT_OBJECT]),
        .detail = activities_text(s->a, v->text[ACT_DETAIL]),
        .count = v->count,
        .items = v->items,
        .amount = v->amount,
        .clue = t->node,
        .activity = t->activity,
        .proof = {source.path, source.sha256, v->record, v->offset}};
    /* What the act is by itself says more than what it was found by, where a clue is of many acts. */
    incident_attack(v, S(""), &to->tactic, &to->technique);
    if (n->clue.type == CLUE_RULE || !to->tactic.len || (n->event_count <= 3 && n->clue.tactic.len)) {
        to->tactic = n->clue.tactic.len ? n->clue.tactic : to->tactic;
        to->technique = n->clue.technique.len ? n->clue.technique : to->technique;
    }
    s->words.len = 0;
    incident_words(s->a, v, &s->words);
    if (n->clue.type == CLUE_RULE && v->act == ACT_NONE) {
        buf_add(&s->words, S(": "));
        buf_add(&s->words, n->clue.title);
    }
    return s->words.failed ? incidents_no_memory(e) : incidents_keep(s->told, buf_str(&s->words), &to->what, e);
}

/* ---- entities and links ---- */

struct cast {
    struct incident_entity *entities;
    struct behaviour_part *keys;
    size_t count;
    struct incident_link *links;
    size_t link_count;
    size_t slots[8192]; /* of entities: + 1 */
    size_t link_slots[32768];
};

static size_t slot_of(const struct behaviour_part *p, size_t mask) {
    return ((size_t)p->type * 0x9e3779b97f4a7c15u ^ p->code * 0xc2b2ae3d27d4eb4fu ^ p->other * 0x165667b19e3779f9u) >>
               20 &
           mask;
}

static bool name_of(struct incidents *s, const struct behaviour_part *p, str *out, struct err *e) {
    str first = S(""), second = S("");
    const char *between = "";

    switch (p->type) {
    case PART_ACCOUNT:
        first = activities_spelling(s->a, ENTITY_ACCOUNT, p->code);
        break;
    case PART_HOST:
        first = activities_spelling(s->a, ENTITY_HOST, p->code);
        break;
    case PART_PROGRAM:
        first = activities_spelling(s->a, ENTITY_PROGRAM, p->code);
        break;
    case PART_CLIENT:
        first = activities_spelling(s->a, ENTITY_PROGRAM, p->other);
        second = activities_spelling(s->a, ENTITY_ACCOUNT, p->code);
        between = " as ";
        break;
    case PART_PAGE:
        first = activities_spelling(s->a, ENTITY_HOST, p->other);
        if (!first.len)
            first = activities_text(s->a, p->other);
        second = activities_text(s->a, p->code);
        between = " ";
        break;
    default:
        first = activities_text(s->a, p->code);
        break;
    }
    s->words.len = 0;
    buf_add(&s->words, str_first(first, 300));
    buf_add(&s->words, str_of(between));
    buf_add(&s->words, str_first(second, 300));
    return s->words.failed ? incidents_no_memory(e) : incidents_keep(s->told, buf_str(&s->words), out, e);
}

/* Index + 1; 0: no room, which only a hostile evidence reaches, or nobody. */
static bool entity_get(struct incidents *s, struct cast *c, struct behaviour_part p, bool make, size_t *out,
                       struct err *e) {
    size_t at = slot_of(&p, COUNT(c->slots) - 1);

    *out = 0;
    if (!p.code)
        return true;
    while (c->slots[at]) {
        struct behaviour_part *const k = &c->keys[c->slots[at] - 1];

        if (k->type == p.type && k->code == p.code && k->other == p.other) {
            if (p.own)
                c->entities[c->slots[at] - 1].role = ENTITY_OWN;
            *out = c->slots[at];
            return true;
        }
        at = (at + 1) & (COUNT(c->slots) - 1);
    }
    if (!make || c->count == ENTITIES_MAX)
        return true;
    c->keys[c->count] = p;
    c->entities[c->count] = (struct incident_entity){.type = p.type,
                                                     .role = p.own ? ENTITY_OWN : ENTITY_REACHED,
                                                     .note = S(""),
                                                     .first = INSTANT_NONE,
                                                     .last = INSTANT_NONE};
    if (p.type == PART_ADDRESS) {
        uint32_t const users = activities_accounts_of(s->a, ENTITY_ADDRESS, p.code);

        c->entities[c->count].shared = users > 8;
        if (activities_own_address(s->a, p.code))
            c->entities[c->count].note = S("the house's own");
    }
    if (!name_of(s, &p, &c->entities[c->count].name, e))
        return false;
    c->slots[at] = ++c->count;
    *out = c->slots[at];
    return true;
}

static void entity_seen(struct cast *c, size_t entity, const struct activity *v) {
    struct incident_entity *const to = entity ? &c->entities[entity - 1] : NULL;

    if (!to)
        return;
    to->first = to->first == INSTANT_NONE || v->when < to->first ? v->when : to->first;
    to->last = to->last == INSTANT_NONE || v->last > to->last ? v->last : to->last;
    to->events += v->count;
}

static void link_add(struct cast *c, size_t from, size_t to, str what, const struct activity *v) {
    size_t at;

    if (!from || !to || from == to)
        return;
    at = (from * 0x9e3779b1u ^ to * 0x85ebca6bu ^ what.len * 31u) & (COUNT(c->link_slots) - 1);
    while (c->link_slots[at]) {
        struct incident_link *const l = &c->links[c->link_slots[at] - 1];

        if (l->from == from - 1 && l->to == to - 1 && str_eq(l->what, what)) {
            l->events += v->count;
            l->first = v->when < l->first ? v->when : l->first;
            l->last = v->last > l->last ? v->last : l->last;
            return;
        }
        at = (at + 1) & (COUNT(c->link_slots) - 1);
    }
    if (c->link_count == LINKS_MAX)
        return;
    c->links[c->link_count] =
        (struct incident_link){(uint32_t)from - 1, (uint32_t)to - 1, what, v->count, v->when, v->last};
    c->link_slots[at] = ++c->link_count;
}

/* What came of it is told: nobody is let in, read or changed by what was refused. */
static str verb_of(enum act act, bool refused) {
    if (refused)
        return S("is refused as");
    switch (act) {
    case ACT_SIGN_IN:
        return S("signs in as");
    case ACT_MAIL_READ:
    case ACT_MAIL_SYNC:
    case ACT_FILE_READ:
        return S("reads as");
    case ACT_MAIL_SEND:
        return S("sends as");
    default:
        return S("acts as");
    }
}

/* Whom an act joins. */
static bool act_cast(struct incidents *s, struct cast *c, const struct activity *v, struct err *e) {
    size_t account, target, host, server, address;
    uint32_t const at_host = v->text[ACT_HOST] ? activities_host(s->a, v->text[ACT_HOST])
                                               : activities_host_of(s->a, v->text[ACT_SERVER], v->when);
    bool const outside = v->text[ACT_ADDRESS] && !activities_own_address(s->a, v->text[ACT_ADDRESS]);
    bool const mail = v->act == ACT_MAIL_IN || v->act == ACT_WEB_VISIT || v->act == ACT_LOOKUP;

    if (!entity_get(s, c,
                    (struct behaviour_part){PART_ACCOUNT, false, activities_account(s->a, v->text[ACT_ACCOUNT]), 0},
                    !mail, &account, e) ||
        !entity_get(s, c,
                    (struct behaviour_part){PART_ACCOUNT, false, activities_account(s->a, v->text[ACT_TARGET]), 0},
                    v->act == ACT_MAIL_READ || v->act >= ACT_RULE_NEW, &target, e) ||
        !entity_get(s, c, (struct behaviour_part){PART_HOST, false, at_host, 0}, !mail && v->act != ACT_SIGN_IN, &host,
                    e) ||
        !entity_get(s, c, (struct behaviour_part){PART_ADDRESS, false, v->text[ACT_ADDRESS], 0}, outside, &address,
                    e) ||
        !entity_get(s, c, (struct behaviour_part){PART_ADDRESS, false, v->text[ACT_SERVER], 0},
                    v->act == ACT_CONNECTION && !host, &server, e))
        return false;
    size_t const all[] = {account, target == account ? 0 : target, host, address, server};

    for (size_t i = 0; i < COUNT(all); i++)
        entity_seen(c, all[i], v);
    bool const refused = v->outcome == OUTCOME_FAILURE;

    link_add(c, address, account, verb_of((enum act)v->act, refused), v);
    link_add(c, account, target,
             refused                                              ? S("is refused")
             : v->act == ACT_MAIL_READ || v->act == ACT_MAIL_SYNC ? S("reads")
                                                                  : S("changes"),
             v);
    if (v->act == ACT_CONNECTION)
        link_add(c, host ? host : address, server, refused ? S("is refused by") : S("sends to"), v);
    else if (account)
        link_add(c, account, host,
                 refused               ? S("is refused by")
                 : v->act == ACT_LOGON ? S("comes to")
                                       : S("acts on"),
                 v);
    else
        link_add(c, address, host, refused ? S("is refused by") : S("asks"), v);
    return true;
}

static int by_role(const void *a, const void *b) {
    const struct incident_entity *const x = a, *const y = b;

    if (x->role != y->role)
        return x->role == ENTITY_OWN ? -1 : 1;
    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return str_cmp(x->name, y->name);
}

struct moved {
    struct incident_entity entity;
    uint32_t from;
};
static int by_moved(const void *a, const void *b) {
    const struct moved *const x = a, *const y = b;
    int const order = by_role(&x->entity, &y->entity);

    return order ? order : (x->from > y->from) - (x->from < y->from);
}

static int by_ends(const void *a, const void *b) {
    const struct incident_link *const x = a, *const y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return str_cmp(x->what, y->what);
}

static bool cast_of(struct incidents *s, const struct tree *tree, const struct taking *t, struct incident *to,
                    struct err *e) {
    struct cast *const c = calloc(1, sizeof *c);
    struct moved *moved = NULL;
    uint32_t *now = NULL;
    bool ok = c && (c->entities = arena_zero(s->told, ENTITIES_MAX, sizeof *c->entities)) &&
              (c->keys = calloc(ENTITIES_MAX, sizeof *c->keys)) && (c->links = calloc(LINKS_MAX, sizeof *c->links));
    size_t entity;

    if (!ok)
        incidents_no_memory(e);
    for (size_t i = 0; ok && i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        for (size_t k = 0; ok && !n->weak && k < n->part_count; k++)
            if (n->parts[k].own || !n->campaign)
                ok = entity_get(s, c, n->parts[k], true, &entity, e);
    }
    for (size_t i = 0; ok && i < t->count; i++)
        ok = act_cast(s, c, activities_at(s->a, t->items[i].activity), e);
    if (ok && (!(moved = calloc(c->count + 1, sizeof *moved)) || !(now = calloc(c->count + 1, sizeof *now)) ||
               !(to->links = arena_alloc(s->told, c->link_count * sizeof *to->links))))
        ok = incidents_no_memory(e);
    if (ok) {
        struct incident_link *const links = (struct incident_link *)(uintptr_t)to->links;

        for (size_t i = 0; i < c->count; i++)
            moved[i] = (struct moved){c->entities[i], (uint32_t)i};
        if (c->count)
            qsort(moved, c->count, sizeof *moved, by_moved);
        for (size_t i = 0; i < c->count; i++) {
            c->entities[i] = moved[i].entity;
            now[moved[i].from] = (uint32_t)i;
        }
        for (size_t i = 0; i < c->link_count; i++) {
            links[i] = c->links[i];
            links[i].from = now[links[i].from];
            links[i].to = now[links[i].to];
        }
        if (c->link_count)
            qsort(links, c->link_count, sizeof *links, by_ends);
        to->entities = c->entities;
        to->entity_count = c->count;
        to->link_count = c->link_count;
    }
    free(moved);
    free(now);
    if (c) {
        free(c->keys);
        free(c->links);
    }
    free(c);
    return ok;
}

/* ---- phases, beginning, state ---- */

static int by_phase(const void *a, const void *b) {
    const struct phase *const x = a, *const y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return str_cmp(x->tactic, y->tactic);
}

#define PHASES_MAX 32u

static bool phases_of(struct incidents *s, struct incident *to, struct err *e) {
    struct phase *const list = arena_zero(s->told, PHASES_MAX, sizeof *list);
    size_t n = 0;

    if (!list)
        return incidents_no_memory(e);
    for (size_t i = 0; i < to->event_count; i++) {
        const struct incident_event *const v = &to->events[i];
        size_t k = 0;

        if (!v->tactic.len)
            continue;
        while (k < n && !str_eq(list[k].tactic, v->tactic))
            k++;
        if (k == PHASES_MAX)
            continue;
        if (k == n)
            list[n++] = (struct phase){v->tactic, v->when, v->last, 0};
        list[k].last = v->last > list[k].last ? v->last : list[k].last;
        list[k].events += v->count;
    }
    if (n)
        qsort(list, n, sizeof *list, by_phase);
    to->phases = list;
    to->phase_count = n;
    return true;
}

/* An intrusion begins with what ATT&CK calls so; one whose first acts are something else began unseen. */
static bool began_of(struct incidents *s, const struct tree *tree, struct incident *to, struct err *e) {
    const struct node *best = NULL;

    to->began = S("");
    to->began_at = (struct proof){S(""), "", 0, 0};
    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        if (n->weak || !enters(n) || n->clue.first - to->first > DAY)
            continue;
        if (!best || n->clue.first < best->clue.first ||
            (n->clue.first == best->clue.first && n->clue.weight > best->clue.weight))
            best = n;
    }
    if (!best || !best->event_count)
        return true;
    const struct activity *const v = activities_at(s->a, best->events[0]);
    struct activity_source const source = activities_source(s->a, v->source);

    s->words.len = 0;
    if (best->campaign) {
        buf_format(&s->words, "mails \"%.*s\": %.*s", STR_ARG(str_first(best->clue.title, 120)),
                   STR_ARG(best->clue.reason));
    } else {
        buf_add(&s->words, best->clue.title);
        buf_add(&s->words, S(": "));
        incident_words(s->a, v, &s->words);
    }
    to->began_at = (struct proof){source.path, source.sha256, v->record, v->offset};
    return s->words.failed ? incidents_no_memory(e) : incidents_keep(s->told, buf_str(&s->words), &to->began, e);
}

/* The names that tell one incident from another: of the heaviest clue its pages, else its accounts, else its hosts; some of them. */
#define TITLE_NAMES 3u

static bool title_names(struct incidents *s, const struct node *n, struct err *e) {
    static const enum behaviour_part_type order[] = {PART_PAGE, PART_ACCOUNT, PART_HOST};
    struct buf all = {0};
    size_t count = 0, type = 0;

    for (; !count && type < COUNT(order); type++)
        for (size_t k = 0; k < n->part_count; k++)
            count += n->parts[k].type == order[type];
    for (size_t k = 0, told = 0; count && k < n->part_count; k++) {
        str name;

        if (n->parts[k].type != order[type - 1])
            continue;
        if (told == TITLE_NAMES) {
            buf_format(&all, " and %zu more", count - told);
            break;
        }
        if (!name_of(s, &n->parts[k], &name, e)) {
            buf_free(&all);
            return false;
        }
        buf_add(&all, told++ ? S(", ") : S(": "));
        buf_add(&all, str_first(name, 80));
    }
    s->words.len = 0;
    buf_add(&s->words, n->clue.title);
    buf_add(&s->words, buf_str(&all));
    bool const ok = !all.failed && !s->words.failed;

    buf_free(&all);
    return ok || incidents_no_memory(e);
}

static bool title_of(struct incidents *s, const struct tree *tree, struct incident *to, struct err *e) {
    const struct node *best = NULL;

    for (size_t i = 0; i < tree->node_count; i++) {
        const struct node *const n = &s->nodes[tree->nodes[i]];

        if ((!best || n->clue.weight > best->clue.weight || (best->campaign && n->behaviour && n->clue.weight >= 1)) &&
            !(best && best->behaviour && n->campaign))
            best = n;
    }
    to->level = best->clue.level < LEVEL_HIGH ? LEVEL_HIGH : best->clue.level;
    if (best->campaign)
        return incidents_keep(s->told, best->clue.title, &to->title, e);
    return title_names(s, best, e) && incidents_keep(s->told, buf_str(&s->words), &to->title, e);
}

/* When the evidence ends, but for a thousandth: clocks that are wrong are no end. */
static int64_t evidence_end(const struct activities *a) {
    uint32_t const count = activities_count(a);

    return activities_at(a, count - 1 - count / 1000)->when;
}

bool incident_tell(struct incidents *s, size_t number, struct incident *to, struct err *e) {
    const struct tree *const tree = &s->trees[number];
    int64_t const quiet = (int64_t)(incidents_term(s, "quiet") * (double)DAY);
    struct taking t = {0};
    struct incident_event *events = NULL;
    uint32_t *indexes = NULL;
    size_t kept = 0;

    arena_reset(s->told);
    *to =
        (struct incident){.number = (uint32_t)number + 1, .first = INT64_MAX, .last = INT64_MIN, .score = tree->score};
    bool ok = acts_of(s, tree, &t, e) && (((events = arena_alloc(s->told, t.count * sizeof *events)) &&
                                           (indexes = calloc(t.count + 1, sizeof *indexes))) ||
                                          incidents_no_memory(e));

    for (size_t i = 0; ok && i < t.count; i++) {
        /* Long words: what they leave is for all that comes behind them. */
        if (arena_used(s->told) > s->o.memory_max / 16 * 7) {
            s->lost += t.count - i;
            break;
        }
        ok = event_of(s, &t.items[i], &events[kept], e);
        to->first = ok && events[kept].when < to->first ? events[kept].when : to->first;
        to->last = ok && events[kept].last > to->last ? events[kept].last : to->last;
        indexes[kept++] = t.items[i].activity;
    }
    if (ok) {
        int64_t const end = evidence_end(s->a);

        t.count = kept;
        to->events = events;
        to->event_count = kept;
        to->state = end - to->last <= quiet ? S("ongoing") : S("quiet");
        ok = cast_of(s, tree, &t, to, e) && phases_of(s, to, e) && began_of(s, tree, to, e) &&
             title_of(s, tree, to, e) && incident_reach(s, to, indexes, kept, e) &&
             incident_doors(s, to, tree, indexes, kept, e);
    }
    free(indexes);
    free(t.items);
    return ok;
}
