/* incident_join: which clues are of one intrusion.
 *
 * Three reasons, and no other: (1) one thing is the intruder's own in one of them, and is in the other as well; (2) both are about one account, most
 * acts of the shorter one lie within days of the other's, or about one host, and within hours; (3) a mail campaign was opened, or received, by accounts
 * on which the other begins within months, and no other intrusion has more of these. Weak clues join nothing: they come along
 * where they share what is the intruder's own. */
#include <assert.h>
#include <stdlib.h>

#include "incident/incident_own.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define WEAK 0.5 /* bans */
#define HOST_NEAR (2 * HOUR)
#define FOLLOWS (90 * DAY)
#define NEIGHBOURS_MAX 256u /* on either side: of floods not all are looked at */

uint32_t incident_root(struct incidents *s, uint32_t node) {
    while (s->nodes[node].up != node) {
        s->nodes[node].up = s->nodes[s->nodes[node].up].up;
        node = s->nodes[node].up;
    }
    return node;
}

static void join(struct incidents *s, uint32_t a, uint32_t b) {
    uint32_t const x = incident_root(s, a), y = incident_root(s, b);

    if (x < y)
        s->nodes[y].up = x;
    else
        s->nodes[x].up = y;
}

/* ---- what is the intruder's own ---- */

struct owned {
    enum behaviour_part_type type;
    uint32_t code, other, node;
    bool own, weak;
};

static int by_key(const void *a, const void *b) {
    const struct owned *const x = a, *const y = b;

    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    if (x->other != y->other)
        return x->other < y->other ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static bool same_key(const struct owned *a, const struct owned *b) {
    return a->type == b->type && a->code == b->code && a->other == b->other;
}

static bool join_owned(struct incidents *s, bool weak, struct err *e) {
    size_t count = 0, n = 0;
    struct owned *list;

    for (size_t i = 0; i < s->node_count; i++)
        count += s->nodes[i].part_count;
    if (!(list = calloc(count + 1, sizeof *list)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++)
        for (size_t k = 0; k < s->nodes[i].part_count; k++) {
            const struct behaviour_part *const p = &s->nodes[i].parts[k];

            list[n++] = (struct owned){p->type, p->code, p->other, (uint32_t)i, p->own, s->nodes[i].weak};
        }
    if (n)
        qsort(list, n, sizeof *list, by_key);
    for (size_t i = 0; i < n;) {
        size_t end = i, anchor = SIZE_MAX;

        for (; end < n && same_key(&list[i], &list[end]); end++)
            if (list[end].own && !list[end].weak && anchor == SIZE_MAX)
                anchor = end;
        for (size_t k = i; anchor != SIZE_MAX && k < end; k++)
            if (list[k].weak == weak)
                join(s, list[anchor].node, list[k].node);
        i = end;
    }
    free(list);
    return true;
}

/* ---- whom both reach ---- */

struct act_at {
    uint32_t entity, node;
    int64_t when;
};

static int by_entity(const void *a, const void *b) {
    const struct act_at *const x = a, *const y = b;

    if (x->entity != y->entity)
        return x->entity < y->entity ? -1 : 1;
    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* How many acts of a are near one of b, at an entity. */
struct pair {
    uint32_t a, b, near, last; /* last: act of a that was counted last, + 1 */
};
struct pairs {
    struct pair *slots;
    size_t mask, used;
};

static bool pairs_room(struct pairs *p, struct err *e) {
    struct pair *slots;
    size_t const mask = p->slots ? p->mask * 2 + 1 : 255;

    if (p->slots && p->used * 2 <= p->mask)
        return true;
    if (!(slots = calloc(mask + 1, sizeof *slots)))
        return incidents_no_memory(e);
    for (size_t i = 0; p->slots && i <= p->mask; i++) {
        size_t at;

        if (!p->slots[i].near)
            continue;
        at = ((size_t)p->slots[i].a * 0x9e3779b1u ^ p->slots[i].b * 0x85ebca6bu) & mask;
        while (slots[at].near)
            at = (at + 1) & mask;
        slots[at] = p->slots[i];
    }
    free(p->slots);
    p->slots = slots;
    p->mask = mask;
    return true;
}

static bool pair_count(struct pairs *p, uint32_t a, uint32_t b, uint32_t act, struct err *e) {
    size_t at;

    if (!pairs_room(p, e))
        return false;
    at = ((size_t)a * 0x9e3779b1u ^ b * 0x85ebca6bu) & p->mask;
    while (p->slots[at].near && (p->slots[at].a != a || p->slots[at].b != b))
        at = (at + 1) & p->mask;
    if (!p->slots[at].near) {
        p->slots[at] = (struct pair){a, b, 0, 0};
        p->used++;
    }
    if (p->slots[at].last != act + 1) {
        p->slots[at].near++;
        p->slots[at].last = act + 1;
    }
    return true;
}

/* The account or host that an act is about, of those that its clue names. */
static uint32_t entity_of(const struct incidents *s, const struct node *n, enum behaviour_part_type type,
                          const struct activity *v) {
    uint32_t mine[4] = {0};
    size_t count = 0;

    if (type == PART_ACCOUNT) {
        mine[count++] = activities_account(s->a, v->text[ACT_ACCOUNT]);
        mine[count++] = activities_account(s->a, v->text[ACT_TARGET]);
    } else {
        mine[count++] = activities_host(s->a, v->text[ACT_HOST]);
        mine[count++] = activities_host_of(s->a, v->text[ACT_SERVER], v->when);
        mine[count++] = activities_host_of(s->a, v->text[ACT_ADDRESS], v->when);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; mine[i] && k < n->part_count; k++)
            if (n->parts[k].type == type && n->parts[k].code == mine[i])
                return mine[i];
    return 0;
}

static bool join_reached(struct incidents *s, enum behaviour_part_type type, int64_t near, struct err *e) {
    size_t count = 0, n = 0;
    struct act_at *list;
    uint32_t *const of = calloc(s->node_count + 1, sizeof *of); /* acts of each that are about such an entity */
    struct pairs pairs = {0};
    bool ok = true;

    for (size_t i = 0; i < s->node_count; i++)
        count += s->nodes[i].weak || s->nodes[i].campaign ? 0 : s->nodes[i].event_count;
    if (!(list = calloc(count + 1, sizeof *list)) || !of) {
        free(list);
        free(of);
        return incidents_no_memory(e);
    }
    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const node = &s->nodes[i];

        for (size_t k = 0; !node->weak && !node->campaign && k < node->event_count; k++) {
            const struct activity *const v = activities_at(s->a, node->events[k]);
            uint32_t const entity = entity_of(s, node, type, v);

            if (!entity)
                continue;
            list[n++] = (struct act_at){entity, (uint32_t)i, v->when};
            of[i]++;
        }
    }
    if (n)
        qsort(list, n, sizeof *list, by_entity);
    for (size_t i = 0; ok && i < n; i++) {
        size_t looked = 0;

        for (size_t k = i; ok && k-- > 0 && looked < NEIGHBOURS_MAX; looked++) {
            if (list[k].entity != list[i].entity || list[i].when - list[k].when > near)
                break;
            if (list[k].node != list[i].node)
                ok = pair_count(&pairs, list[i].node, list[k].node, (uint32_t)i, e);
        }
        looked = 0;
        for (size_t k = i + 1; ok && k < n && looked < NEIGHBOURS_MAX; k++, looked++) {
            if (list[k].entity != list[i].entity || list[k].when - list[i].when > near)
                break;
            if (list[k].node != list[i].node)
                ok = pair_count(&pairs, list[i].node, list[k].node, (uint32_t)i, e);
        }
    }
    for (size_t i = 0; ok && pairs.slots && i <= pairs.mask; i++)
        if (pairs.slots[i].near && pairs.slots[i].near * 2 >= of[pairs.slots[i].a])
            join(s, pairs.slots[i].a, pairs.slots[i].b);
    free(pairs.slots);
    free(list);
    free(of);
    return ok;
}

/* ---- campaigns ---- */

static const struct campaign_recipient *recipient_of(const struct incidents *s, const struct campaign *c,
                                                     uint32_t account) {
    for (size_t i = 0; i < c->recipient_count; i++)
        if (activities_account(s->a, activities_find(s->a, c->recipients[i].address)) == account)
            return &c->recipients[i];
    return NULL;
}

/* Does the clue begin, on an account that had the mail, in the months after it? */
static bool follows(const struct incidents *s, const struct campaign *c, const struct node *n) {
    for (size_t i = 0; i < n->part_count; i++) {
        const struct campaign_recipient *r;
        int64_t since;

        if (n->parts[i].type != PART_ACCOUNT || !(r = recipient_of(s, c, n->parts[i].code)))
            continue;
        since = r->opened != INSTANT_NONE ? r->opened : r->first;
        if (since != INSTANT_NONE && n->clue.first >= since - HOUR && n->clue.first - since <= FOLLOWS)
            return true;
    }
    return false;
}

static bool join_campaigns(struct incidents *s, struct err *e) {
    double *const votes = calloc(s->node_count + 1, sizeof *votes);

    if (!votes)
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++) {
        uint32_t best = UINT32_MAX;

        if (!s->nodes[i].campaign)
            continue;
        memset(votes, 0, s->node_count * sizeof *votes);
        for (size_t k = 0; k < s->node_count; k++)
            if (s->nodes[k].behaviour && s->nodes[k].clue.weight >= 1 &&
                follows(s, s->nodes[i].campaign, &s->nodes[k])) {
                uint32_t const root = incident_root(s, (uint32_t)k);

                votes[root] += s->nodes[k].clue.weight;
                if (best == UINT32_MAX || votes[root] > votes[best] || (votes[root] >= votes[best] && root < best))
                    best = root;
            }
        if (best != UINT32_MAX)
            join(s, best, (uint32_t)i);
    }
    free(votes);
    return true;
}

bool incident_join(struct incidents *s, struct err *e) {
    int64_t const near = (int64_t)(incidents_term(s, "near") * (double)DAY);

    for (size_t i = 0; i < s->node_count; i++) {
        s->nodes[i].up = (uint32_t)i;
        s->nodes[i].weak = s->nodes[i].clue.weight < WEAK;
    }
    return join_owned(s, false, e) && join_reached(s, PART_ACCOUNT, near, e) &&
           join_reached(s, PART_HOST, HOST_NEAR, e) && join_campaigns(s, e) && join_owned(s, true, e);
}
