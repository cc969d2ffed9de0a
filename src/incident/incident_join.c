/* incident_join: which clues are of one intrusion.
 *
 * Six reasons, and no other: (1) one thing is the intruder's own in one of them, and is in the other as well; (2) both are about one account, most
 * acts of the shorter one lie within days of the other's, or about one host, and within hours, or on more days than chance would have next to the
 * other's, unless they are about different accounts; or about one account on one host, the one within the time of the other; (3) a host begins to run
 * commands minutes after an attack on a web server, whatever the log of the web calls that server; (4) one program is strange to several accounts, and
 * hardly anybody else uses it; (5) the first clue is on an account that had opened, or got, a mail of a campaign within the months before; (6) a session
 * that was taken, nobody saw how, is used within the time of one intrusion that took credentials, and of no other. Weak clues join nothing: they come
 * along where they share what is the intruder's own. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "incident/incident_own.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define WEAK 0.5 /* bans */
#define HOST_NEAR (2 * HOUR)
#define HOST_DAYS (30 * HOUR)
#define CHANCE 6.9 /* nats: one in a thousand */
#define FOLLOWS (90 * DAY)
#define NEIGHBOURS_MAX 256u               /* on either side: of floods not all are looked at */
#define ACTS_JOINED_MAX ((size_t)1 << 22) /* of more, each so manyth is */
#define PAIRS_MAX ((size_t)1 << 21)       /* of clues that are near each other anywhere */
#define SEATS_MAX ((size_t)1 << 22)

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

/* Names that people give to rules are nobody's own; where a rule sends mail to is. */
static bool is_name(const struct incidents *s, const struct node *n, const struct behaviour_part *p) {
    enum act const act = n->event_count ? (enum act)activities_at(s->a, n->events[0])->act : ACT_NONE;

    return p->type == PART_OBJECT && (act == ACT_RULE_NEW || act == ACT_FORWARD_NEW || act == ACT_DELEGATE_NEW) &&
           str_find_byte(activities_text(s->a, p->code), '@') == SIZE_MAX;
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

            if (!is_name(s, &s->nodes[i], p))
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

/* How many acts of a at an entity are near one of b there; b EVERY: how many there are. */
#define EVERY UINT32_MAX
struct pair {
    uint32_t a, b, entity, near, last; /* last: act of a that was counted last, + 1 */
};
struct pairs {
    struct pair *slots;
    size_t mask, used;
};

static size_t pair_slot(uint32_t a, uint32_t b, uint32_t entity, size_t mask) {
    uint64_t const h =
        a * UINT64_C(0x9e3779b97f4a7c15) ^ b * UINT64_C(0xc2b2ae3d27d4eb4f) ^ entity * UINT64_C(0x165667b19e3779f9);

    return (size_t)(h ^ h >> 32 ^ h >> 17) & mask;
}

static bool pairs_room(struct pairs *p, struct err *e) {
    struct pair *slots;
    size_t const mask = p->slots ? p->mask * 2 + 1 : 255;

    if (p->slots && p->used * 2 <= p->mask)
        return true;
    if (!(slots = calloc(mask + 1, sizeof *slots)))
        return incidents_no_memory(e);
    for (size_t i = 0; p->slots && i <= p->mask; i++) {
        const struct pair *const from = &p->slots[i];
        size_t at = pair_slot(from->a, from->b, from->entity, mask);

        if (!from->near)
            continue;
        while (slots[at].near)
            at = (at + 1) & mask;
        slots[at] = *from;
    }
    free(p->slots);
    p->slots = slots;
    p->mask = mask;
    return true;
}

static struct pair *pair_find(const struct pairs *p, uint32_t a, uint32_t b, uint32_t entity) {
    size_t at = pair_slot(a, b, entity, p->mask);

    while (p->slots[at].near && (p->slots[at].a != a || p->slots[at].b != b || p->slots[at].entity != entity))
        at = (at + 1) & p->mask;
    return &p->slots[at];
}

static bool pair_count(struct pairs *p, uint32_t a, uint32_t b, uint32_t entity, uint32_t act, struct err *e) {
    struct pair *at;

    if (!pairs_room(p, e))
        return false;
    at = pair_find(p, a, b, entity);
    if (!at->near && b != EVERY && p->used >= PAIRS_MAX)
        return true; /* floods: clues that are near to so many are told apart by nothing */
    if (!at->near) {
        *at = (struct pair){a, b, entity, 0, 0};
        p->used++;
    }
    if (at->last != act + 1) {
        at->near++;
        at->last = act + 1;
    }
    return true;
}

/* The accounts or hosts that an act is about, of those that its clue names, each once: at most ABOUT_MAX. */
#define ABOUT_MAX 3u
static size_t entities_of(const struct incidents *s, const struct node *n, enum behaviour_part_type type,
                          const struct activity *v, uint32_t out[ABOUT_MAX]) {
    uint32_t mine[ABOUT_MAX] = {0};
    size_t count = 0;

    if (type == PART_ACCOUNT) {
        mine[0] = activities_account(s->a, v->text[ACT_ACCOUNT]);
        mine[1] = activities_account(s->a, v->text[ACT_TARGET]);
    } else {
        mine[0] = activities_host(s->a, v->text[ACT_HOST]);
        mine[1] = incident_host_at(s, v->text[ACT_SERVER], v->when);
        mine[2] = incident_host_at(s, v->text[ACT_ADDRESS], v->when);
    }
    for (size_t i = 0; i < ABOUT_MAX; i++) {
        bool named = false;

        for (size_t k = 0; mine[i] && k < n->part_count; k++)
            named |= n->parts[k].type == type && n->parts[k].code == mine[i];
        for (size_t k = 0; k < count; k++)
            named &= out[k] != mine[i];
        if (named)
            out[count++] = mine[i];
    }
    return count;
}

/* Acts of clues that may join, by entity, then time. step: each so manyth of a clue's is one. *out is to be freed. */
static bool acts_by_entity(struct incidents *s, enum behaviour_part_type type, size_t step, struct act_at **out,
                           size_t *count, struct err *e) {
    size_t room = 0;

    *count = 0;
    for (size_t i = 0; i < s->node_count; i++)
        room += s->nodes[i].weak || s->nodes[i].campaign ? 0 : (s->nodes[i].event_count + step - 1) / step;
    if (!(*out = calloc(room * ABOUT_MAX + 1, sizeof **out)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const node = &s->nodes[i];

        for (size_t k = 0; !node->weak && !node->campaign && k < node->event_count; k += step) {
            const struct activity *const v = activities_at(s->a, node->events[k]);
            uint32_t about[ABOUT_MAX];
            size_t const n = entities_of(s, node, type, v, about);

            for (size_t m = 0; m < n; m++)
                (*out)[(*count)++] = (struct act_at){about[m], (uint32_t)i, v->when};
        }
    }
    if (*count)
        qsort(*out, *count, sizeof **out, by_entity);
    return true;
}

/* Are k of n days near by more than chance, where each would be with probability p? (The bound of Chernoff and Hoeffding.) */
static bool beyond_chance(double k, double n, double p) {
    double const q = k / n;

    if (p >= 1 || q <= p)
        return false;
    return n * (q * log(q / p) + (q < 1 ? (1 - q) * log((1 - q) / (1 - p)) : 0)) >= CHANCE;
}

/* The share of the time in which both are about that would be near b, wherever a's days lay. */
static double share(const struct incidents *s, const struct pair *p, uint32_t days, int64_t near) {
    const struct clue *const a = &s->nodes[p->a].clue, *const b = &s->nodes[p->b].clue;
    int64_t const first = a->first < b->first ? a->first : b->first, last = a->last > b->last ? a->last : b->last;

    return (double)days * 2 * (double)near / fmax((double)(last - first), 1);
}

/* Does each name accounts, and no account is named by both? Many come to one server; that two did at one hour makes them not one. Of many the
 * first are asked. */
#define ACCOUNTS_ASKED 32u
static bool other_accounts(const struct node *a, const struct node *b) {
    const struct node *const both[2] = {a, b};
    uint32_t accounts[2][ACCOUNTS_ASKED];
    size_t count[2] = {0, 0};

    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; i < both[n]->part_count && count[n] < ACCOUNTS_ASKED; i++)
            if (both[n]->parts[i].type == PART_ACCOUNT)
                accounts[n][count[n]++] = both[n]->parts[i].code;
    for (size_t i = 0; i < count[0]; i++)
        for (size_t k = 0; k < count[1]; k++)
            if (accounts[0][i] == accounts[1][k])
                return false;
    return count[0] && count[1];
}

/* How what two clues do at one account or host must lie in time. */
struct nearness {
    enum behaviour_part_type type;
    int64_t near;
    bool often; /* not most of it, but more days than chance would have */
    size_t step;
};

static bool is_near(const struct incidents *s, const struct nearness *how, const struct pairs *pairs,
                    const struct pair *p) {
    uint32_t const there = pair_find(pairs, p->a, EVERY, p->entity)->near;

    if (how->often)
        return beyond_chance(p->near, there, share(s, p, pair_find(pairs, p->b, EVERY, p->entity)->near, how->near));
    /* Most of what it did there, and what it did there is no aside. */
    return p->near * 2 >= there && there * 4 >= (s->nodes[p->a].event_count + how->step - 1) / how->step;
}

static bool join_reached(struct incidents *s, const struct nearness *how, struct err *e) {
    enum behaviour_part_type const type = how->type;
    int64_t const near = how->near;
    struct act_at *list = NULL;
    struct pairs pairs = {0};
    size_t n = 0;
    bool ok = acts_by_entity(s, type, how->step, &list, &n, e);

    for (size_t i = 0; ok && i < n; i++) {
        uint32_t const act = how->often ? (uint32_t)(list[i].when / DAY) : (uint32_t)i;
        size_t looked = 0;

        ok = pair_count(&pairs, list[i].node, EVERY, list[i].entity, act, e);
        for (size_t k = i; ok && k-- > 0 && looked < NEIGHBOURS_MAX; looked++) {
            if (list[k].entity != list[i].entity || list[i].when - list[k].when > near)
                break;
            if (list[k].node != list[i].node)
                ok = pair_count(&pairs, list[i].node, list[k].node, list[i].entity, act, e);
        }
        looked = 0;
        for (size_t k = i + 1; ok && k < n && looked < NEIGHBOURS_MAX; k++, looked++) {
            if (list[k].entity != list[i].entity || list[k].when - list[i].when > near)
                break;
            if (list[k].node != list[i].node)
                ok = pair_count(&pairs, list[i].node, list[k].node, list[i].entity, act, e);
        }
    }
    for (size_t i = 0; ok && pairs.slots && i <= pairs.mask; i++) {
        const struct pair *const p = &pairs.slots[i];

        if (!p->near || p->b == EVERY || !is_near(s, how, &pairs, p) ||
            (type == PART_HOST && other_accounts(&s->nodes[p->a], &s->nodes[p->b])))
            continue;
        const struct pair *const back = pair_find(&pairs, p->b, p->a, p->entity);

        /* A rule that is true all the time is near to everything: everything must be near to it. */
        if (s->nodes[p->b].clue.type != CLUE_RULE || (back->near && is_near(s, how, &pairs, back)))
            join(s, p->a, p->b);
    }
    free(pairs.slots);
    free(list);
    return ok;
}

/* ---- one account on one host ---- */

#define PARTS_PAIRED_MAX 16u /* of accounts, and of hosts: a clue about more is about none of them */

struct seat {
    uint32_t account, host, node;
    int64_t first;
};

static int by_seat(const void *a, const void *b) {
    const struct seat *const x = a, *const y = b;

    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static size_t parts_of(const struct node *n, enum behaviour_part_type type, uint32_t out[PARTS_PAIRED_MAX]) {
    size_t count = 0;

    for (size_t i = 0; i < n->part_count; i++)
        if (n->parts[i].type == type) {
            if (count == PARTS_PAIRED_MAX)
                return 0;
            out[count++] = n->parts[i].code;
        }
    return count;
}

/* Is the whole of one within the time of the other, but for some days? */
static bool within(const struct clue *a, const struct clue *b, int64_t near) {
    return (a->first >= b->first - near && a->last <= b->last + near) ||
           (b->first >= a->first - near && b->last <= a->last + near);
}

static bool join_seats(struct incidents *s, int64_t near, struct err *e) {
    struct seat *list = NULL;
    size_t count = 0, room = 0;

    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const n = &s->nodes[i];
        uint32_t accounts[PARTS_PAIRED_MAX], hosts[PARTS_PAIRED_MAX];
        size_t const account_count = n->behaviour && !n->weak ? parts_of(n, PART_ACCOUNT, accounts) : 0;
        size_t const host_count = account_count ? parts_of(n, PART_HOST, hosts) : 0;

        for (size_t k = 0; k < account_count; k++)
            for (size_t m = 0; m < host_count && count < SEATS_MAX; m++) {
                if (!incidents_grow((void **)&list, count, &room, sizeof *list, e)) {
                    free(list);
                    return false;
                }
                list[count++] = (struct seat){accounts[k], hosts[m], (uint32_t)i, n->clue.first};
            }
    }
    if (count)
        qsort(list, count, sizeof *list, by_seat);
    for (size_t i = 1; i < count; i++)
        for (size_t k = i;
             k-- > 0 && i - k <= NEIGHBOURS_MAX && list[k].account == list[i].account && list[k].host == list[i].host;)
            if (within(&s->nodes[list[k].node].clue, &s->nodes[list[i].node].clue, near))
                join(s, list[k].node, list[i].node);
    free(list);
    return true;
}

/* ---- cause ---- */

#define CAUSE (HOUR / 6)

#define CAUSED_MAX 1024u /* beginnings that are asked of one attack */

/* Clues that a host begins to run commands, by when; and which hosts are known as web servers only. */
struct causes {
    struct caused {
        int64_t first;
        uint32_t node;
    } * items;
    size_t count;
    uint8_t *only_web; /* by code: 0: not asked yet, 1: no, 2: yes */
};

static int by_beginning(const void *a, const void *b) {
    const struct caused *const x = a, *const y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* A web server may be known by names that no other log has: is this one? */
static bool only_web(struct incidents *s, struct causes *c, uint32_t host, bool *out, struct err *e) {
    struct activity_list list;

    if (!c->only_web[host]) {
        bool only;

        if (!activities_of(s->a, ACT_HOST, host, &list, e))
            return false;
        only = list.count > 0;
        for (uint32_t i = 0; only && i < list.count; i++) {
            enum act const act = (enum act)activities_at(s->a, list.items[i])->act;

            only = act == ACT_NONE || act == ACT_WEB_REQUEST || act == ACT_WEB_VISIT || act == ACT_LOOKUP;
        }
        c->only_web[host] = only ? 2 : 1;
    }
    *out = c->only_web[host] == 2;
    return true;
}

static bool requests_to(const struct node *n) {
    for (size_t i = 0; i < n->part_count; i++)
        if (n->parts[i].type == PART_PAGE)
            return true;
    return n->behaviour && str_eq(n->clue.tactic, S("initial-access"));
}

/* Are they of one host, or is the web server known by a name that no other log has? */
static bool may_be_cause(struct incidents *s, struct causes *c, const struct node *web, const struct node *host,
                         bool *out, struct err *e) {
    *out = false;
    for (size_t i = 0; !*out && i < web->part_count; i++) {
        if (web->parts[i].type != PART_HOST)
            continue;
        for (size_t k = 0; !*out && k < host->part_count; k++)
            *out = host->parts[k].type == PART_HOST && host->parts[k].code == web->parts[i].code;
        if (!*out && !only_web(s, c, web->parts[i].code, out, e))
            return false;
    }
    return true;
}

/* Is one of its requests at most so long before? Events are in order of time. */
static bool request_before(const struct incidents *s, const struct node *web, int64_t when) {
    size_t low = 0, high = web->event_count;

    while (low < high) { /* the first behind */
        size_t const middle = low + (high - low) / 2;

        if (activities_at(s->a, web->events[middle])->when <= when)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t looked = 0; low-- > 0 && looked < NEIGHBOURS_MAX; looked++) {
        const struct activity *const v = activities_at(s->a, web->events[low]);

        if (when - v->when > CAUSE)
            return false;
        if (v->act == ACT_WEB_REQUEST)
            return true;
    }
    return false;
}

static bool join_caused(struct incidents *s, struct causes *c, uint32_t web, struct err *e) {
    const struct node *const n = &s->nodes[web];
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (c->items[middle].first < n->clue.first)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < c->count && i - low < CAUSED_MAX && c->items[i].first - CAUSE <= n->clue.last; i++) {
        bool may = request_before(s, n, c->items[i].first);

        if (may && !may_be_cause(s, c, n, &s->nodes[c->items[i].node], &may, e))
            return false;
        if (may)
            join(s, web, c->items[i].node);
    }
    return true;
}

/* What a host begins to do within minutes of an attack on a web server that has no other name. */
static bool join_causes(struct incidents *s, struct err *e) {
    struct causes c = {.items = calloc(s->node_count + 1, sizeof *c.items),
                       .only_web = calloc((size_t)activities_text_count(s->a) + 1, 1)};
    bool ok = (c.items && c.only_web) || incidents_no_memory(e);

    for (size_t i = 0; ok && i < s->node_count; i++) {
        const struct node *const n = &s->nodes[i];

        if (n->behaviour && n->clue.weight >= 1 && str_eq(n->clue.tactic, S("execution")))
            c.items[c.count++] = (struct caused){n->clue.first, (uint32_t)i};
    }
    if (ok && c.count)
        qsort(c.items, c.count, sizeof *c.items, by_beginning);
    for (size_t i = 0; ok && c.count && i < s->node_count; i++)
        if (s->nodes[i].behaviour && !s->nodes[i].weak && requests_to(&s->nodes[i]))
            ok = join_caused(s, &c, (uint32_t)i, e);
    free(c.items);
    free(c.only_web);
    return ok;
}

/* ---- campaigns ---- */

/* An account that got a mail of a campaign, or opened it, and when. */
struct mailed {
    uint32_t account, node;
    int64_t since;
};
/* run: by index, a later one up to which all are joined already. */
struct mailings {
    struct mailed *items;
    uint32_t *run;
    size_t count;
};

static int by_mailed(const void *a, const void *b) {
    const struct mailed *const x = a, *const y = b;

    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    if (x->since != y->since)
        return x->since < y->since ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

#define STRONG 8.0      /* a score (incident/mail_campaign.h) */
#define MEANT_MAX 64u   /* recipients of a mail that is only notable and can be meant for them */
#define MEANT_TRIED 64u /* such mails that are looked at for a clue */

/* Of strong campaigns, or of those that are only notable. */
static bool is_wanted(const struct campaign *c, bool strong) {
    return c && (strong ? c->score >= STRONG : c->score < STRONG && c->recipient_count <= MEANT_MAX);
}

static bool mailings_new(struct incidents *s, bool strong, struct mailings *m, struct err *e) {
    size_t room = 0;

    for (size_t i = 0; i < s->node_count; i++)
        room += is_wanted(s->nodes[i].campaign, strong) ? s->nodes[i].campaign->recipient_count : 0;
    *m = (struct mailings){.items = calloc(room + 1, sizeof *m->items), .run = calloc(room + 1, sizeof *m->run)};
    if (!m->items || !m->run)
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++) {
        const struct campaign *const c = s->nodes[i].campaign;

        for (size_t k = 0; is_wanted(c, strong) && k < c->recipient_count; k++) {
            const struct campaign_recipient *const r = &c->recipients[k];
            uint32_t const account = activities_account(s->a, activities_find(s->a, r->address));
            int64_t const since = r->opened != INSTANT_NONE ? r->opened : r->first;

            if (account && since != INSTANT_NONE)
                m->items[m->count++] = (struct mailed){account, (uint32_t)i, since};
        }
    }
    if (m->count)
        qsort(m->items, m->count, sizeof *m->items, by_mailed);
    for (size_t i = 0; i < m->count; i++)
        m->run[i] = (uint32_t)i;
    return true;
}

static size_t run_end(struct mailings *m, size_t i) {
    while (m->run[i] != i)
        i = m->run[i] = m->run[m->run[i]];
    return i;
}

/* The first that is not before (account, since). */
static size_t mailed_from(const struct mailings *m, uint32_t account, int64_t since) {
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        const struct mailed *const x = &m->items[middle];

        if (x->account < account || (x->account == account && x->since < since))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Joins a clue with all campaigns that its accounts had in the months before: each two neighbours once, however many clues follow them. */
static void join_mailed(struct incidents *s, struct mailings *m, uint32_t node) {
    const struct node *const n = &s->nodes[node];

    for (size_t i = 0; i < n->part_count; i++) {
        size_t at, to;

        if (n->parts[i].type != PART_ACCOUNT)
            continue;
        at = mailed_from(m, n->parts[i].code, instant_moved(n->clue.first, -FOLLOWS));
        to = mailed_from(m, n->parts[i].code, instant_moved(n->clue.first, HOUR + 1));
        if (at >= to)
            continue;
        join(s, node, m->items[at].node);
        for (at = run_end(m, at); at + 1 < to; at = run_end(m, at)) {
            join(s, m->items[at].node, m->items[at + 1].node);
            m->run[at] = (uint32_t)at + 1;
        }
    }
}

/* An account that a tree is about, not one that was guessed at. */
struct member {
    uint32_t root, account;
};

static int by_member(const void *a, const void *b) {
    const struct member *const x = a, *const y = b;

    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    return (x->account > y->account) - (x->account < y->account);
}

static bool members_of(struct incidents *s, struct member **out, size_t *count, struct err *e) {
    size_t room = 0;

    for (size_t i = 0; i < s->node_count; i++)
        room += s->nodes[i].part_count;
    if (!(*out = calloc(room + 1, sizeof **out)))
        return incidents_no_memory(e);
    *count = 0;
    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const n = &s->nodes[i];

        for (size_t k = 0; n->behaviour && !n->weak && !str_starts(n->clue.technique, S("T1110")) && k < n->part_count;
             k++)
            if (n->parts[k].type == PART_ACCOUNT)
                (*out)[(*count)++] = (struct member){incident_root(s, (uint32_t)i), n->parts[k].code};
    }
    if (*count)
        qsort(*out, *count, sizeof **out, by_member);
    return true;
}

/* Are most of those who got the mail accounts of that tree? */
static bool meant(const struct incidents *s, const struct campaign *c, const struct member *members, size_t count,
                  uint32_t root) {
    size_t reached = 0;

    for (size_t i = 0; i < c->recipient_count; i++) {
        struct member const who = {root, activities_account(s->a, activities_find(s->a, c->recipients[i].address))};

        reached += who.account && count && bsearch(&who, members, count, sizeof who, by_member) != NULL;
    }
    return reached * 2 >= c->recipient_count;
}

/* A mail that is only notable began an intrusion of most of those who got it. */
static void join_meant(struct incidents *s, const struct mailings *m, const struct member *members, size_t count,
                       uint32_t node, uint32_t root) {
    const struct node *const n = &s->nodes[node];

    for (size_t i = 0, tried = 0; i < n->part_count; i++) {
        if (n->parts[i].type != PART_ACCOUNT)
            continue;
        size_t const to = mailed_from(m, n->parts[i].code, instant_moved(n->clue.first, HOUR + 1));

        for (size_t at = mailed_from(m, n->parts[i].code, instant_moved(n->clue.first, -FOLLOWS));
             at < to && tried < MEANT_TRIED; at++, tried++)
            if (meant(s, s->nodes[m->items[at].node].campaign, members, count, root))
                join(s, node, m->items[at].node);
    }
}

/* An intrusion whose first clue is on an account that had the mail, in the months after, began with it. */
static bool join_campaigns(struct incidents *s, struct err *e) {
    uint32_t *const first = calloc(s->node_count + 1, sizeof *first); /* by root: the earliest clue, + 1 */
    struct mailings m = {0}, notable = {0};
    struct member *members = NULL;
    size_t member_count = 0;
    bool ok = (first || incidents_no_memory(e)) && mailings_new(s, true, &m, e) &&
              mailings_new(s, false, &notable, e) && members_of(s, &members, &member_count, e);

    for (size_t k = 0; ok && k < s->node_count; k++) {
        uint32_t *const at = &first[incident_root(s, (uint32_t)k)];

        if (s->nodes[k].behaviour && !s->nodes[k].weak &&
            (!*at || s->nodes[k].clue.first < s->nodes[*at - 1].clue.first))
            *at = (uint32_t)k + 1;
    }
    for (size_t k = 0; ok && k < s->node_count; k++)
        if (first[k]) { /* roots are as they were: members know them */
            join_meant(s, &notable, members, member_count, first[k] - 1, (uint32_t)k);
            join_mailed(s, &m, first[k] - 1);
        }
    free(first);
    free(members);
    free(m.items);
    free(m.run);
    free(notable.items);
    free(notable.run);
    return ok;
}

/* ---- one program ---- */

struct client {
    uint32_t program, account, node;
};

static int by_program(const void *a, const void *b) {
    const struct client *const x = a, *const y = b;

    if (x->program != y->program)
        return x->program < y->program ? -1 : 1;
    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Clients that are strange to several accounts and are the same program, which hardly anybody else uses. */
static bool join_programs(struct incidents *s, struct err *e) {
    size_t count = 0, n = 0;
    struct client *list;

    for (size_t i = 0; i < s->node_count; i++)
        count += s->nodes[i].part_count;
    if (!(list = calloc(count + 1, sizeof *list)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++)
        for (size_t k = 0; !s->nodes[i].weak && k < s->nodes[i].part_count; k++) {
            const struct behaviour_part *const p = &s->nodes[i].parts[k];

            if (p->type == PART_CLIENT && p->own)
                list[n++] = (struct client){p->other, p->code, (uint32_t)i};
        }
    if (n)
        qsort(list, n, sizeof *list, by_program);
    for (size_t i = 0; i < n;) {
        size_t end = i, accounts = 0;

        for (; end < n && list[end].program == list[i].program; end++)
            accounts += end == i || list[end].account != list[end - 1].account;
        if (activities_accounts_of(s->a, ENTITY_PROGRAM, list[i].program) <= 2 * accounts)
            for (size_t k = i + 1; k < end; k++)
                join(s, list[i].node, list[k].node);
        i = end;
    }
    free(list);
    return true;
}

/* ---- sessions that were taken, nobody saw how ---- */

struct span {
    int64_t first, last;
    bool any;
    bool begins, steals,
        session;     /* its beginning is seen; it took credentials; it used a session that is somebody else's */
    uint32_t within; /* root of the one that it belongs to, + 1 */
};

/* Of spans that took credentials, by when they begin: which reaches furthest until then, and which comes second. */
struct theft {
    int64_t first, last;
    uint32_t root;
    uint32_t most, second; /* indexes; second UINT32_MAX: none */
};

/* Spans of trees, by root. *out is to be freed. */
static bool spans_of(struct incidents *s, struct span **out, struct err *e) {
    if (!(*out = calloc(s->node_count + 1, sizeof **out)))
        return incidents_no_memory(e);
    for (size_t i = 0; i < s->node_count; i++) {
        const struct node *const n = &s->nodes[i];
        struct span *const p = &(*out)[incident_root(s, (uint32_t)i)];

        if (n->weak)
            continue;
        if (!p->any)
            *p = (struct span){.first = n->clue.first, .last = n->clue.last, .any = true};
        p->first = n->clue.first < p->first ? n->clue.first : p->first;
        p->last = n->clue.last > p->last ? n->clue.last : p->last;
        p->begins |=
            n->campaign || str_eq(n->clue.tactic, S("initial-access")) || str_eq(n->clue.tactic, S("collection"));
        p->steals |= n->behaviour && str_eq(n->clue.tactic, S("credential-access"));
        p->session |= n->behaviour && str_starts(n->clue.technique, S("T1550"));
    }
    return true;
}

static int by_theft(const void *a, const void *b) {
    const struct theft *const x = a, *const y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->root > y->root) - (x->root < y->root);
}

static bool thefts_of(const struct incidents *s, const struct span *spans, struct theft **out, size_t *count,
                      struct err *e) {
    struct theft *const list = *out = calloc(s->node_count + 1, sizeof *list);

    *count = 0;
    if (!list)
        return incidents_no_memory(e);
    for (size_t k = 0; k < s->node_count; k++)
        if (spans[k].steals)
            list[(*count)++] = (struct theft){.first = spans[k].first, .last = spans[k].last, .root = (uint32_t)k};
    if (*count)
        qsort(list, *count, sizeof *list, by_theft);
    for (uint32_t i = 0, most = UINT32_MAX, second = UINT32_MAX; i < *count; i++) {
        if (most == UINT32_MAX || list[i].last > list[most].last) {
            second = most;
            most = i;
        } else if (second == UINT32_MAX || list[i].last > list[second].last) {
            second = i;
        }
        list[i].most = most;
        list[i].second = second;
    }
    return true;
}

/* The only one that began before it and went on behind it: its root + 1; 0: none, or several. */
static uint32_t only_theft(const struct theft *list, size_t count, const struct span *taken) {
    size_t low = 0, high = count;

    while (low < high) { /* the first that begins behind */
        size_t const middle = low + (high - low) / 2;

        if (list[middle].first <= taken->first)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return 0;
    const struct theft *const t = &list[low - 1];

    if (list[t->most].last < taken->last || (t->second != UINT32_MAX && list[t->second].last >= taken->last))
        return 0;
    return list[t->most].root + 1;
}

/* It is said so with the clue. */
static bool session_words(struct incidents *s, struct clue *c, struct err *e) {
    s->words.len = 0;
    buf_add(&s->words, c->reason);
    buf_add(&s->words,
            S(" How the session was taken is not seen; it counts to this intrusion because all of its use falls into "
              "the time of this one, which took credentials, and of no other."));
    if (s->words.failed)
        return incidents_no_memory(e);
    return !incidents_room(s, NODES_MAX + 1, 4, s->words.len + 8) ||
           incidents_keep(s->memory, buf_str(&s->words), &c->reason, e);
}

/* A taken session whose taking no log shows, and all of whose use lies within one intrusion that took credentials, and no other, is that one's. */
static bool join_sessions(struct incidents *s, struct err *e) {
    struct span *spans = NULL;
    struct theft *thefts = NULL;
    size_t count = 0;
    bool ok = spans_of(s, &spans, e) && thefts_of(s, spans, &thefts, &count, e);

    for (size_t i = 0; ok && i < s->node_count; i++)
        if (spans[i].session && !spans[i].begins && !spans[i].steals)
            spans[i].within = only_theft(thefts, count, &spans[i]);
    for (size_t i = 0; ok && i < s->node_count; i++)
        if (spans[incident_root(s, (uint32_t)i)].within && str_starts(s->nodes[i].clue.technique, S("T1550")))
            ok = session_words(s, &s->nodes[i].clue, e);
    for (size_t i = 0; ok && i < s->node_count; i++)
        if (spans[i].within)
            join(s, spans[i].within - 1, (uint32_t)i);
    free(spans);
    free(thefts);
    return ok;
}

bool incident_join(struct incidents *s, struct err *e) {
    int64_t const near = (int64_t)(incidents_term(s, "near") * (double)DAY);

    for (size_t i = 0; i < s->node_count; i++) {
        s->nodes[i].up = (uint32_t)i;
        s->nodes[i].weak = s->nodes[i].clue.weight < WEAK;
    }
    size_t acts = 0;

    for (size_t i = 0; i < s->node_count; i++)
        acts += s->nodes[i].weak || s->nodes[i].campaign ? 0 : s->nodes[i].event_count;
    size_t const step = acts / ACTS_JOINED_MAX + 1;
    struct nearness const ways[] = {
        {PART_ACCOUNT, near, false, step}, {PART_HOST, HOST_NEAR, false, step}, {PART_HOST, HOST_DAYS, true, step}};

    for (size_t i = 0; i < COUNT(ways); i++)
        if (!join_reached(s, &ways[i], e))
            return false;
    return join_seats(s, near, e) && join_owned(s, false, e) && join_programs(s, e) && join_causes(s, e) &&
           join_campaigns(s, e) && join_sessions(s, e) && join_owned(s, true, e);
}
