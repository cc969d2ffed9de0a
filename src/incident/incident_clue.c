/* incident_clue: findings of one rule about one account, host and address are one clue; a campaign of mail is one.
 *
 * What a rule weighs is its level's (data/behaviours/incident.yml), less the more of this evidence it is true of: a rule that fires everywhere
 * every day says nothing of one place. What was refused says little as well. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "incident/incident_own.h"

/* A finding with whom it is about. */
struct about {
    uint32_t rule, account, host, address; /* entities; address: 0 unless it is from outside */
    int32_t day;
    uint32_t found;
};

static int by_about(const void *a, const void *b) {
    const struct about *const x = a, *const y = b;
    uint32_t const p[] = {x->rule, x->account, x->host, x->address}, q[] = {y->rule, y->account, y->host, y->address};

    for (size_t i = 0; i < COUNT(p); i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->found > y->found) - (x->found < y->found);
}

static bool same(const struct about *a, const struct about *b) {
    return a->rule == b->rule && a->account == b->account && a->host == b->host && a->address == b->address;
}

/* ---- which activity is a finding's event ---- */

struct spots {
    uint32_t *slots; /* activity + 1 */
    size_t mask;
    uint64_t seed;
    const struct activities *a;
};

static uint64_t spot_hash(const struct spots *p, str path, const char *sha256, uint64_t record, uint64_t offset) {
    uint64_t const place[] = {record, offset};

    return hash_bytes(path, hash_bytes(str_of(sha256), hash_bytes((str){(const char *)place, sizeof place}, p->seed)));
}

/* Acts come first at a place: they say more than that something was found there. */
static bool spots_new(struct incidents *s, struct spots *p, struct err *e) {
    uint32_t const count = activities_count(s->a);
    size_t room = 64;

    while (room < (size_t)count * 2)
        room *= 2;
    *p = (struct spots){.mask = room - 1, .seed = s->seed, .a = s->a};
    if (!(p->slots = calloc(room, sizeof *p->slots)))
        return incidents_no_memory(e);
    for (uint32_t i = 0; i < count; i++) {
        const struct activity *const v = activities_at(s->a, i);
        struct activity_source const source = activities_source(s->a, v->source);
        size_t at = spot_hash(p, source.path, source.sha256, v->record, v->offset) & p->mask;

        while (p->slots[at]) {
            const struct activity *const other = activities_at(s->a, p->slots[at] - 1);

            if (other->source == v->source && other->record == v->record && other->offset == v->offset)
                break;
            at = (at + 1) & p->mask;
        }
        if (!p->slots[at] || activities_at(s->a, p->slots[at] - 1)->act == ACT_NONE)
            p->slots[at] = i + 1;
    }
    return true;
}

static uint32_t spot_at(const struct incidents *s, const struct spots *p, uint32_t of, uint64_t record,
                        uint64_t offset) {
    const struct place_source *const at_source = &s->sources[of];
    size_t at = spot_hash(p, at_source->path, at_source->sha256, record, offset) & p->mask;

    for (; p->slots[at]; at = (at + 1) & p->mask) {
        const struct activity *const v = activities_at(p->a, p->slots[at] - 1);
        struct activity_source const source = activities_source(p->a, v->source);

        if (v->record == record && v->offset == offset && str_eq(source.path, at_source->path) &&
            strcmp(source.sha256, at_source->sha256) == 0)
            return p->slots[at];
    }
    return 0;
}

static uint32_t spot_of(const struct incidents *s, const struct spots *p, const struct found *f) {
    return spot_at(s, p, f->source, f->record, f->offset);
}

/* ---- rules ---- */

#define RULE_PARTS 3u /* account, host, address */

static double level_weight(const struct incidents *s, enum sigma_level level) {
    static const char *const names[] = {"rule-informational", "rule-low", "rule-medium", "rule-high", "rule-critical"};

    return incidents_term(s, names[level]);
}

/* An address is the intruder's own only where it is from outside and few use it. */
#define ADDRESS_ACCOUNTS_MAX 8u

static uint32_t outside(const struct incidents *s, uint32_t address) {
    return address && !activities_own_address(s->a, address) &&
                   activities_accounts_of(s->a, ENTITY_ADDRESS, address) <= ADDRESS_ACCOUNTS_MAX
               ? address
               : 0;
}

static bool goes_out(const struct activity *v) {
    return v->act == ACT_WEB_VISIT || v->act == ACT_LOOKUP || v->act == ACT_CONNECTION;
}

static void about_of(struct incidents *s, uint32_t i, struct about *to) {
    const struct found *const f = &s->found[i];
    const struct activity *const v = f->activity ? activities_at(s->a, f->activity - 1) : NULL;
    uint32_t const *const text = v ? v->text : NULL;

    *to = (struct about){.rule = f->rule, .day = (int32_t)(f->when / DAY), .found = i};
    if (!v)
        return;
    if (f->account.len + f->host.len + f->address.len && f->place_count) { /* of a correlation: what it is grouped by */
        to->account = activities_account(s->a, activities_find(s->a, f->account));
        to->host = activities_host(s->a, activities_find(s->a, f->host));
        to->address = outside(s, activities_find(s->a, f->address));
        return;
    }
    uint32_t const account = text[ACT_ACCOUNT] ? text[ACT_ACCOUNT] : activities_find(s->a, f->account);
    uint32_t const host = text[ACT_HOST] ? text[ACT_HOST] : activities_find(s->a, f->host);

    to->account = activities_account(s->a, account);
    if (goes_out(v)) /* its host is somebody else's: who goes there counts */
        to->host =
            activities_own_address(s->a, text[ACT_ADDRESS]) ? incident_host_at(s, text[ACT_ADDRESS], v->when) : 0;
    else
        to->host = host ? activities_host(s->a, host) : incident_host_at(s, text[ACT_SERVER], v->when);
    to->address = outside(s, text[ACT_ADDRESS] ? text[ACT_ADDRESS] : activities_find(s->a, f->address));
}

static void tags_of(const struct sigma_rule *rule, struct incidents *s, struct clue *c) {
    for (size_t i = 0; rule && i < rule->tag_count; i++) {
        str const tag = rule->tags[i];

        if (!str_starts(tag, S("attack.")) || tag.len < 9)
            continue;
        str const rest = str_from(tag, 7);
        str kept;

        if ((rest.ptr[0] == 't' || rest.ptr[0] == 'T') && rest.ptr[1] >= '0' && rest.ptr[1] <= '9') {
            if (!c->technique.len && arena_copy(s->memory, rest, &kept)) {
                ((char *)(uintptr_t)kept.ptr)[0] = 'T';
                c->technique = kept;
            }
        } else if (!c->tactic.len && !(rest.ptr[0] == 'g' && rest.ptr[1] >= '0' && rest.ptr[1] <= '9') &&
                   !(rest.ptr[0] == 's' && rest.ptr[1] >= '0' && rest.ptr[1] <= '9') &&
                   arena_copy(s->memory, rest, &kept)) {
            for (size_t k = 0; k < kept.len; k++)
                if (kept.ptr[k] == '_')
                    ((char *)(uintptr_t)kept.ptr)[k] = '-';
            c->tactic = kept;
        }
    }
}

static bool part_add(struct node *n, enum behaviour_part_type type, bool own, uint32_t code, uint32_t other) {
    if (code)
        n->parts[n->part_count++] = (struct behaviour_part){type, own, code, other};
    return true;
}

static int by_number(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void events_once(struct node *n) {
    size_t kept = 0;

    if (n->event_count)
        qsort(n->events, n->event_count, sizeof *n->events, by_number);
    for (size_t i = 0; i < n->event_count; i++)
        if (!i || n->events[i] != n->events[kept - 1])
            n->events[kept++] = n->events[i];
    n->event_count = kept;
}

/* The events of a finding, added to a clue's (events NULL: only counted); was every one of them refused? */
static bool found_events(const struct incidents *s, const struct found *f, uint32_t *events, size_t *count) {
    size_t const before = *count;
    bool refused = true;

    for (uint32_t i = 0; i < f->place_count + 1; i++) {
        uint32_t const activity = i < f->place_count ? s->found_places[f->places + i].activity : f->activity;

        if (!activity || (i == f->place_count && *count > before))
            continue;
        refused = refused && activities_at(s->a, activity - 1)->outcome == OUTCOME_FAILURE;
        if (events)
            events[*count] = activity - 1;
        ++*count;
    }
    return refused && *count > before;
}

/* Findings of one rule about the same: list[from] to list[from + count]. */
struct group {
    size_t from, count, events;
    uint64_t places,
        days; /* of the whole rule: of how many it is true; days on which it is true of anything else, of each */
    uint64_t all_days; /* on so many different days, of anything */
    uint64_t refused;  /* findings */
    double weight;
    bool kept;
};
struct groups {
    struct group *items;
    size_t count;
};

static void weigh(const struct incidents *s, const struct about *list, struct group *g) {
    const struct ruled *const r = &s->ruled[list[g->from].rule];
    double const often = incidents_term(s, "rule-often");
    uint64_t events = 0;

    for (size_t i = 0; i < g->count; i++) {
        size_t const before = g->events;

        g->refused += found_events(s, &s->found[list[g->from + i].found], NULL, &g->events);
        events += g->events > before;
    }
    g->weight = r->rule ? level_weight(s, r->level) : fmin(r->worth, 2.0);
    if ((double)g->days > often)
        g->weight *= often / (double)g->days;
    if (events)
        g->weight *= 1.0 - 0.9 * (double)g->refused / (double)events;
}

static int by_heaviest(const void *a, const void *b) {
    const struct group *const x = *(const struct group *const *)a, *const y = *(const struct group *const *)b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static size_t bytes_of(const struct group *g) {
    return RULE_PARTS * sizeof(struct behaviour_part) + g->events * sizeof(uint32_t) + 512;
}

/* Where there are more than there is room for, the heaviest are clues; findings in the others are counted. */
static bool choose(struct incidents *s, struct groups *g, struct err *e) {
    struct group **const order = calloc(g->count + 1, sizeof *order);
    size_t bytes = 0, nodes = 0;

    if (!order)
        return incidents_no_memory(e);
    for (size_t i = 0; i < g->count; i++)
        order[i] = &g->items[i];
    if (g->count)
        qsort(order, g->count, sizeof(struct group *), by_heaviest);
    for (size_t i = 0; i < g->count; i++) {
        order[i]->kept =
            order[i]->events && incidents_room(s, NODES_MAX / 4 * 3 - nodes, 4, bytes + bytes_of(order[i]));
        if (order[i]->kept) {
            bytes += bytes_of(order[i]);
            nodes++;
        } else if (order[i]->events) {
            s->lost += order[i]->count;
        }
    }
    free(order);
    return true;
}

static bool rule_node(struct incidents *s, const struct about *from, const struct group *g, struct err *e) {
    const struct ruled *const r = &s->ruled[from->rule];
    struct node *n;

    if (!incidents_grow((void **)&s->nodes, s->node_count, &s->node_room, sizeof *s->nodes, e))
        return false;
    n = &s->nodes[s->node_count];
    *n = (struct node){.clue = {.type = CLUE_RULE,
                                .number = s->found[from->found].number,
                                .id = r->id,
                                .title = r->title,
                                .tactic = S(""),
                                .technique = S(""),
                                .level = r->level,
                                .weight = g->weight,
                                .first = INT64_MAX,
                                .last = INT64_MIN,
                                .count = g->count,
                                .like = g->places,
                                .of = 0},
                       .up = (uint32_t)s->node_count};
    if (!(n->parts = arena_alloc(s->memory, RULE_PARTS * sizeof *n->parts)) ||
        !(n->events = arena_alloc(s->memory, g->events * sizeof *n->events)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < g->count; i++) {
        const struct found *const f = &s->found[from[i].found];

        n->clue.number = f->number < n->clue.number ? f->number : n->clue.number;
        n->clue.first = f->when < n->clue.first ? f->when : n->clue.first;
        n->clue.last = f->last > n->clue.last ? f->last : n->clue.last;
        (void)found_events(s, f, n->events, &n->event_count);
    }
    events_once(n);
    part_add(n, PART_ACCOUNT, false, from->account, 0);
    part_add(n, PART_HOST, false, from->host, 0);
    part_add(n, PART_ADDRESS, true, from->address, 0);
    tags_of(r->rule, s, &n->clue);
    s->words.len = 0;
    buf_format(&s->words, "%lu finding%s", (unsigned long)n->clue.count, n->clue.count == 1 ? "" : "s");
    if (g->places > 1)
        buf_format(&s->words, "; the rule is true of %lu other%s in this evidence as well, on %lu day%s in all",
                   (unsigned long)g->places - 1, g->places == 2 ? "" : "s", (unsigned long)g->all_days,
                   g->all_days == 1 ? "" : "s");
    if (g->refused && n->clue.count == 1)
        buf_add(&s->words, S("; it was refused"));
    else if (g->refused)
        buf_format(&s->words, "; %lu of them %s refused", (unsigned long)g->refused, g->refused == 1 ? "was" : "were");
    if (s->words.failed || !incidents_keep(s->memory, buf_str(&s->words), &n->clue.reason, e))
        return incidents_no_memory(e);
    s->node_count++;
    return true;
}

static int by_day(const void *a, const void *b) {
    int32_t const x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* The findings of one rule: list[from] to list[to]. days: room for as many. */
static void rule_groups(const struct incidents *s, const struct about *list, size_t from, size_t to, int32_t *days,
                        struct groups *out) {
    size_t const first = out->count;
    uint64_t all = 0, different = 0;

    for (size_t i = from, end; i < to; i = end) {
        struct group *const g = &out->items[out->count++];
        uint64_t own = 0;

        for (end = i; end < to && same(&list[i], &list[end]); end++) {
            own += end == i || list[end - 1].day != list[end].day;
            days[end - from] = list[end].day;
        }
        *g = (struct group){.from = i, .count = end - i, .days = own};
        all += own;
    }
    qsort(days, to - from, sizeof *days, by_day);
    for (size_t i = 0; i < to - from; i++)
        different += !i || days[i] != days[i - 1];
    for (size_t i = first; i < out->count; i++) {
        out->items[i].places = out->count - first;
        out->items[i].all_days = different;
        out->items[i].days = all - out->items[i].days;
        weigh(s, list, &out->items[i]);
    }
}

static bool rule_clues(struct incidents *s, struct err *e) {
    struct about *const list = calloc(s->found_count + 1, sizeof *list);
    int32_t *const days = calloc(s->found_count + 1, sizeof *days);
    struct groups groups = {.items = calloc(s->found_count + 1, sizeof *groups.items)};
    struct spots spots = {0};
    bool ok = (list && days && groups.items) || incidents_no_memory(e);

    ok = ok && (!s->found_count || spots_new(s, &spots, e));

    for (size_t i = 0; ok && i < s->found_place_count; i++) {
        struct found_place *const p = &s->found_places[i];
        p->activity = spot_at(s, &spots, p->source, p->record, p->offset);
    }
    for (size_t i = 0; ok && i < s->found_count; i++) {
        s->found[i].activity = spot_of(s, &spots, &s->found[i]);
        about_of(s, (uint32_t)i, &list[i]);
    }
    free(spots.slots);
    if (ok && s->found_count)
        qsort(list, s->found_count, sizeof *list, by_about);
    for (size_t i = 0, end; ok && i < s->found_count; i = end) {
        for (end = i; end < s->found_count && list[end].rule == list[i].rule;)
            end++;
        rule_groups(s, list, i, end, days, &groups);
    }
    ok = ok && choose(s, &groups, e);
    for (size_t i = 0; ok && i < groups.count; i++)
        ok = !groups.items[i].kept || rule_node(s, list + groups.items[i].from, &groups.items[i], e);
    free(list);
    free(days);
    free(groups.items);
    return ok;
}

/* ---- campaigns ---- */

#define SCORE_BAN 4.0 /* so much score is one ban: "strong" (8) is two */
#define CAMPAIGN_BANS_MAX 4.0

/* Hosts of campaigns by name: who is asked for every visit. */
struct domain {
    str name;
    uint32_t campaign;
};
struct domains {
    struct domain *items; /* by name, then campaign */
    size_t count;
    uint32_t *slots; /* by the hash of a name: the first of those items, + 1 */
    size_t mask;
    uint64_t seed;
};

/* Visits, by campaign. */
struct visit {
    uint32_t campaign, activity;
};
struct visits {
    struct visit *items;
    size_t count, room;
};

static int by_domain(const void *a, const void *b) {
    const struct domain *const x = a, *const y = b;
    int const order = str_cmp(x->name, y->name);

    return order ? order : (x->campaign > y->campaign) - (x->campaign < y->campaign);
}

static int by_campaign(const void *a, const void *b) {
    const struct visit *const x = a, *const y = b;

    if (x->campaign != y->campaign)
        return x->campaign < y->campaign ? -1 : 1;
    return (x->activity > y->activity) - (x->activity < y->activity);
}

/* Letters of ASCII small: a copy in a, or in the end the same. */
static bool small(struct arena *a, str s, str *out) {
    char *const copy = arena_bytes(a, s.len);

    for (size_t i = 0; copy && i < s.len; i++)
        copy[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    *out = (str){copy, s.len};
    return copy != NULL;
}

static bool domains_new(const struct incidents *s, struct arena *a, struct domains *d, struct err *e) {
    size_t room = 0, slots = 64;

    *d = (struct domains){.seed = s->seed};
    for (size_t i = 0; i < s->campaign_count; i++)
        room += s->campaigns[i].domain_count;
    while (slots < room * 2)
        slots *= 2;
    d->mask = slots - 1;
    if (!(d->items = calloc(room + 1, sizeof *d->items)) || !(d->slots = calloc(slots, sizeof *d->slots)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->campaign_count; i++)
        for (size_t k = 0; k < s->campaigns[i].domain_count; k++) {
            d->items[d->count].campaign = (uint32_t)i;
            if (!small(a, s->campaigns[i].domains[k], &d->items[d->count++].name))
                return incidents_no_memory(e);
        }
    if (d->count)
        qsort(d->items, d->count, sizeof *d->items, by_domain);
    for (size_t i = 0; i < d->count; i++) {
        size_t at = hash_bytes(d->items[i].name, d->seed) & d->mask;

        if (i && str_eq(d->items[i].name, d->items[i - 1].name))
            continue;
        while (d->slots[at])
            at = (at + 1) & d->mask;
        d->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

static bool visits_add(const struct domains *d, str name, uint32_t activity, struct visits *to, struct err *e) {
    size_t at = hash_bytes(name, d->seed) & d->mask;

    while (d->slots[at] && !str_eq(d->items[d->slots[at] - 1].name, name))
        at = (at + 1) & d->mask;
    if (!name.len || !d->slots[at])
        return true;
    for (size_t i = d->slots[at] - 1u; i < d->count && str_eq(d->items[i].name, name); i++) {
        if (!incidents_grow((void **)&to->items, to->count, &to->room, sizeof *to->items, e))
            return false;
        to->items[to->count++] = (struct visit){d->items[i].campaign, activity};
    }
    return true;
}

#define ABOVE_MAX 8u /* bytes of a name in front of a campaign's host: www., mail. */

/* The host of what was visited: without scheme, path and port; where an address says it, also what it stands below, as far as that is the same site. */
static bool visit(struct incidents *s, const struct domains *d, uint32_t activity, struct visits *to, struct err *e) {
    const struct activity *const v = activities_at(s->a, activity);
    enum act_text const texts[] = {ACT_HOST, ACT_OBJECT};

    for (size_t t = 0; t < COUNT(texts); t++) {
        str host = activities_text(s->a, v->text[texts[t]]);
        size_t const scheme = str_find(str_first(host, 16), S("://"));
        char room[256];
        size_t len = 0;

        host = scheme == SIZE_MAX ? host : str_from(host, scheme + 3);
        for (; len < host.len && len < sizeof room && !memchr("/:?", host.ptr[len], 3); len++)
            room[len] = host.ptr[len] >= 'A' && host.ptr[len] <= 'Z' ? (char)(host.ptr[len] + 32) : host.ptr[len];
        for (size_t at = 0; at <= (texts[t] == ACT_OBJECT ? ABOVE_MAX : 0) && at <= len; at++)
            if ((at == 0 || room[at - 1] == '.') && !visits_add(d, (str){room + at, len - at}, activity, to, e))
                return false;
    }
    return true;
}

/* Visits and lookups of the hosts of campaigns, by campaign. */
static bool visits_of(struct incidents *s, struct visits *to, struct err *e) {
    static const enum act acts[] = {ACT_WEB_VISIT, ACT_LOOKUP};
    struct arena *const names = arena_new(SIZE_MAX / 2);
    struct domains d = {0};
    bool ok = (names || incidents_no_memory(e)) && domains_new(s, names, &d, e);

    for (size_t k = 0; ok && d.count && k < COUNT(acts); k++) {
        struct activity_list list;

        ok = activities_of_act(s->a, acts[k], &list, e);
        for (uint32_t i = 0; ok && i < list.count; i++)
            ok = visit(s, &d, list.items[i], to, e);
    }
    if (ok && to->count)
        qsort(to->items, to->count, sizeof *to->items, by_campaign);
    arena_free(names);
    free(d.items);
    free(d.slots);
    return ok;
}

/* visits: those of this campaign. */
static bool campaign_node(struct incidents *s, const struct campaign *c, const struct spots *spots,
                          const struct visit *visits, size_t visit_count, struct err *e) {
    struct node *n;

    if (!incidents_room(s, NODES_MAX, 4,
                        (c->recipient_count + c->domain_count) * sizeof *n->parts +
                            (c->message_count + visit_count) * sizeof *n->events + 64)) {
        s->lost += c->message_count;
        return true;
    }
    if (!incidents_grow((void **)&s->nodes, s->node_count, &s->node_room, sizeof *s->nodes, e))
        return false;
    n = &s->nodes[s->node_count];
    *n = (struct node){.clue = {.type = CLUE_CAMPAIGN,
                                .number = c->number,
                                .id = S("mail-campaign"),
                                .title = c->subject,
                                .reason = c->reason,
                                .tactic = S("reconnaissance"),
                                .technique = S("T1598.003"),
                                .level = c->score >= 8 ? LEVEL_HIGH : LEVEL_MEDIUM,
                                .weight = fmin(c->score / SCORE_BAN, CAMPAIGN_BANS_MAX),
                                .first = INT64_MAX,
                                .last = INT64_MIN},
                       .campaign = c,
                       .up = (uint32_t)s->node_count};
    n->parts = arena_alloc(s->memory, (c->recipient_count + c->domain_count) * sizeof *n->parts);
    n->events = arena_alloc(s->memory, (c->message_count + visit_count) * sizeof *n->events);
    if (!n->parts || !n->events)
        return incidents_no_memory(e);
    for (size_t i = 0; i < c->message_count; i++) {
        uint32_t const at = spot_of(s, spots, &c->messages[i]);

        if (at)
            n->events[n->event_count++] = at - 1;
    }
    for (size_t i = 0; i < visit_count; i++)
        n->events[n->event_count++] = visits[i].activity;
    events_once(n);
    for (size_t i = 0; i < n->event_count; i++) {
        const struct activity *const v = activities_at(s->a, n->events[i]);

        n->clue.first = v->when < n->clue.first ? v->when : n->clue.first;
        n->clue.last = v->last > n->clue.last ? v->last : n->clue.last;
    }
    n->clue.count = n->event_count;
    for (size_t i = 0; i < c->domain_count; i++)
        part_add(n, PART_DOMAIN, true, activities_find(s->a, c->domains[i]), 0);
    for (size_t i = 0; i < c->recipient_count; i++)
        part_add(n, PART_ACCOUNT, false, activities_account(s->a, activities_find(s->a, c->recipients[i].address)), 0);
    s->node_count += n->event_count > 0;
    return true;
}

bool incident_clues(struct incidents *s, struct err *e) {
    struct visits visits = {0};
    struct spots spots = {0};
    size_t from = 0;
    bool ok = rule_clues(s, e) && (!s->campaign_count || (spots_new(s, &spots, e) && visits_of(s, &visits, e)));

    for (size_t i = 0, to; ok && i < s->campaign_count; i++, from = to) {
        for (to = from; to < visits.count && visits.items[to].campaign == i;)
            to++;
        ok = campaign_node(s, &s->campaigns[i], &spots, visits.items ? visits.items + from : NULL, to - from, e);
    }
    free(visits.items);
    free(spots.slots);
    return ok;
}
