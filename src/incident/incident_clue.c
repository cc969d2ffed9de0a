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

/* The events of a finding, added to a clue's; was every one of them refused? */
static bool found_events(const struct incidents *s, const struct found *f, struct node *n) {
    size_t const before = n->event_count;
    bool refused = true;

    for (uint32_t i = 0; i < f->place_count + 1; i++) {
        uint32_t const activity = i < f->place_count ? s->found_places[f->places + i].activity : f->activity;

        if (!activity || (i == f->place_count && n->event_count > before))
            continue;
        refused = refused && activities_at(s->a, activity - 1)->outcome == OUTCOME_FAILURE;
        n->events[n->event_count++] = activity - 1;
    }
    return refused && n->event_count > before;
}

/* Findings [from, to) are one clue. days: on which the rule is true of anything else. */
static bool rule_node(struct incidents *s, const struct about *from, size_t count, uint64_t days, uint64_t places,
                      struct err *e) {
    const struct ruled *const r = &s->ruled[from->rule];
    double const often = incidents_term(s, "rule-often");
    struct node *n;
    uint64_t failures = 0, events = 0;
    size_t room = count;

    for (size_t i = 0; i < count; i++)
        room += s->found[from[i].found].place_count;
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
                                .first = INT64_MAX,
                                .last = INT64_MIN,
                                .like = places,
                                .of = 0},
                       .up = (uint32_t)s->node_count};
    if (!(n->parts = arena_alloc(s->memory, 8 * sizeof *n->parts)) ||
        !(n->events = arena_alloc(s->memory, room * sizeof *n->events)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < count; i++) {
        const struct found *const f = &s->found[from[i].found];
        size_t const before = n->event_count;

        n->clue.number = f->number < n->clue.number ? f->number : n->clue.number;
        n->clue.first = f->when < n->clue.first ? f->when : n->clue.first;
        n->clue.last = f->last > n->clue.last ? f->last : n->clue.last;
        n->clue.count += 1;
        failures += found_events(s, f, n);
        events += n->event_count > before;
    }
    if (n->event_count) {
        size_t kept = 1;

        qsort(n->events, n->event_count, sizeof *n->events, by_number);
        for (size_t i = 1; i < n->event_count; i++)
            if (n->events[i] != n->events[kept - 1])
                n->events[kept++] = n->events[i];
        n->event_count = kept;
    }
    part_add(n, PART_ACCOUNT, false, from->account, 0);
    part_add(n, PART_HOST, false, from->host, 0);
    part_add(n, PART_ADDRESS, true, from->address, 0);
    tags_of(r->rule, s, &n->clue);
    n->clue.weight = r->rule ? level_weight(s, r->level) : fmin(r->worth, 2.0);
    if ((double)days > often)
        n->clue.weight *= often / (double)days;
    if (events)
        n->clue.weight *= 1.0 - 0.9 * (double)failures / (double)events;
    s->words.len = 0;
    buf_format(&s->words, "%lu finding%s", (unsigned long)n->clue.count, n->clue.count == 1 ? "" : "s");
    if (places > 1)
        buf_format(&s->words, "; true of %lu others in this evidence, on %lu days", (unsigned long)places - 1,
                   (unsigned long)days);
    if (failures)
        buf_format(&s->words, "; %lu of them refused", (unsigned long)failures);
    if (s->words.failed || !incidents_keep(s, buf_str(&s->words), &n->clue.reason, e))
        return incidents_no_memory(e);
    s->node_count += n->event_count > 0;
    return true;
}

static bool rule_clues(struct incidents *s, const struct spots *spots, struct err *e) {
    struct about *const list = calloc(s->found_count + 1, sizeof *list);
    bool ok = list || incidents_no_memory(e);

    if (!ok)
        return false;
    for (size_t i = 0; i < s->found_place_count; i++) {
        struct found_place *const p = &s->found_places[i];
        p->activity = spot_at(s, spots, p->source, p->record, p->offset);
    }
    for (size_t i = 0; i < s->found_count; i++) {
        s->found[i].activity = spot_of(s, spots, &s->found[i]);
        about_of(s, (uint32_t)i, &list[i]);
    }
    if (s->found_count)
        qsort(list, s->found_count, sizeof *list, by_about);
    for (size_t i = 0; ok && i < s->found_count;) {
        uint64_t days = 0, places = 0;
        size_t end = i;

        /* Of the whole rule: on how many days it is true of how many. */
        for (; end < s->found_count && list[end].rule == list[i].rule; end++) {
            bool const place = end == i || !same(&list[end - 1], &list[end]);

            places += place;
            days += place || list[end - 1].day != list[end].day;
        }
        for (size_t from = i, to; ok && from < end; from = to) {
            uint64_t own = 0;

            for (to = from; to < end && same(&list[from], &list[to]); to++)
                own += to == from || list[to - 1].day != list[to].day;
            ok = rule_node(s, list + from, to - from, days - own, places, e);
        }
        i = end;
    }
    free(list);
    return ok;
}

/* ---- campaigns ---- */

#define SCORE_BAN 4.0 /* so much score is one ban: "strong" (8) is two */
#define CAMPAIGN_BANS_MAX 4.0

/* Visits and lookups of the hosts of campaigns: activities, sorted. */
static bool visited(struct incidents *s, const struct campaign *c, uint32_t **out, size_t *count, struct err *e) {
    static const enum act acts[] = {ACT_WEB_VISIT, ACT_LOOKUP};
    size_t room = 0;

    *out = NULL;
    *count = 0;
    for (size_t k = 0; k < COUNT(acts); k++) {
        struct activity_list list;

        if (!activities_of_act(s->a, acts[k], &list, e))
            return false;
        for (uint32_t i = 0; i < list.count; i++) {
            const struct activity *const v = activities_at(s->a, list.items[i]);
            str const host = activities_text(s->a, v->text[ACT_HOST]),
                      object = activities_text(s->a, v->text[ACT_OBJECT]);
            bool is = false;

            for (size_t d = 0; !is && d < c->domain_count; d++) {
                str const domain = c->domains[d];
                size_t const at = str_find(object, domain);

                is =
                    str_eq_ascii(host, domain) ||
                    (at != SIZE_MAX && at <= 8 && (at == 0 || object.ptr[at - 1] == '/' || object.ptr[at - 1] == '.') &&
                     (at + domain.len == object.len || object.ptr[at + domain.len] == '/' ||
                      object.ptr[at + domain.len] == ':' || object.ptr[at + domain.len] == '?'));
            }
            if (!is)
                continue;
            if (*count == room) {
                uint32_t *const bigger = reallocarray(*out, room * 2 + 64, sizeof *bigger);

                if (!bigger)
                    return incidents_no_memory(e);
                *out = bigger;
                room = room * 2 + 64;
            }
            (*out)[(*count)++] = list.items[i];
        }
    }
    return true;
}

static bool campaign_node(struct incidents *s, const struct campaign *c, const struct spots *spots, struct err *e) {
    struct node *n;
    uint32_t *visits;
    size_t visit_count;

    if (!visited(s, c, &visits, &visit_count, e) ||
        !incidents_grow((void **)&s->nodes, s->node_count, &s->node_room, sizeof *s->nodes, e)) {
        free(visits);
        return false;
    }
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
    if (!n->parts || !n->events) {
        free(visits);
        return incidents_no_memory(e);
    }
    for (size_t i = 0; i < c->message_count; i++) {
        uint32_t const at = spot_of(s, spots, &c->messages[i]);

        if (at)
            n->events[n->event_count++] = at - 1;
    }
    for (size_t i = 0; i < visit_count; i++)
        n->events[n->event_count++] = visits[i];
    free(visits);
    if (n->event_count) {
        size_t kept = 1;

        qsort(n->events, n->event_count, sizeof *n->events, by_number);
        for (size_t i = 1; i < n->event_count; i++)
            if (n->events[i] != n->events[kept - 1])
                n->events[kept++] = n->events[i];
        n->event_count = kept;
    }
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
    struct spots spots;

    if (!s->found_count && !s->campaign_count)
        return true;
    if (!spots_new(s, &spots, e))
        return false;
    bool ok = rule_clues(s, &spots, e);

    for (size_t i = 0; ok && i < s->campaign_count; i++)
        ok = campaign_node(s, &s->campaigns[i], &spots, e);
    free(spots.slots);
    return ok;
}
