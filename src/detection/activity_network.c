/* activity_network: networks of addresses, how many accounts share what, the institution's ways out, and which host had which address when.
 *
 * A way out is a network from which many accounts come, and most of the time through the same place: one address of IPv4, one /64 of IPv6. A
 * carrier's network serves as many, but each through another of its addresses; homes of one provider each have their own. In such a network an
 * address is the institution's if some accounts share its place: beside a way out stand other customers of the same provider. */
#include <assert.h>

#include "base/address.h"
#include "detection/activity_own.h"
#include "intel/network.h"

#define DAY (INT64_C(86400) * 1000000000)
#define SHARE 5u /* a way out is used by one in so many accounts of a month, */
#define SHARE_LEAST 3u
#define PLACE 2u /* and by one in so many through one place */

/* Acts that an account does not do itself: mail that says it is from it, calls. */
bool activity_is_use(const struct activity *v) {
    return v->act != ACT_MAIL_OUT && v->act != ACT_MAIL_IN && v->act != ACT_CALL && v->act != ACT_HOST_NAME &&
           (v->outcome == OUTCOME_SUCCESS || v->outcome == OUTCOME_UNSAID);
}

/* What was only found somewhere (of no act) may have been refused: it makes nobody a user of an address or a session. */
static bool is_act_of_use(const struct activity *v) {
    return v->act != ACT_NONE && activity_is_use(v);
}

static int32_t day_of(int64_t when) {
    return (int32_t)(when / DAY - (when % DAY < 0));
}

/* ---- addresses ---- */

static bool could_be_address(str s) {
    return s.len >= 2 && s.len < 2 * ADDRESS_TEXT &&
           (s.ptr[0] == ':' || s.ptr[0] == '[' || (s.ptr[0] >= '0' && s.ptr[0] <= '9') ||
            ((s.ptr[0] | 0x20) >= 'a' && (s.ptr[0] | 0x20) <= 'f'));
}

static bool is_own_range(str range) {
    static const str ranges[] = {STR("private"), STR("loopback"), STR("link-local"), STR("shared")};

    for (size_t i = 0; i < COUNT(ranges); i++)
        if (str_eq(range, ranges[i]))
            return true;
    return false;
}

/* The network of each address, a text behind those of the evidence; and whether its range makes it an own one. */
static bool networks_make(struct activities *a) {
    uint32_t const count = a->text_count;

    if (!(a->network = calloc(count, sizeof *a->network)) || !(a->own = calloc(count, sizeof *a->own)))
        return false;
    for (uint32_t code = 1; code < count; code++) {
        struct network_about about;
        struct address address;
        char text[NETWORK_TEXT];

        if (!could_be_address(a->texts[code]) || !address_parse_client(a->texts[code], &address))
            continue;
        network_about(NULL, &address, &about);
        a->own[code] = is_own_range(about.range);
        if (!activities_intern(a, address_network_text(&address, text), &a->network[code]))
            return false;
    }
    return true;
}

/* ---- how many share ---- */

/* A set of pairs. */
struct pairs {
    uint64_t *slots; /* 0: empty; a pair is never 0 */
    size_t mask, used;
};

/* Both halves decide about all bits: many pairs have one half alike. */
static size_t pair_place(const struct pairs *p, uint64_t pair) {
    uint64_t h = pair;

    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);

    size_t at = (size_t)(h ^ h >> 32) & p->mask;

    while (p->slots[at] && p->slots[at] != pair)
        at = (at + 1) & p->mask;
    return at;
}

/* *is_new: it was not in it. */
static bool pair_add(struct pairs *p, uint32_t x, uint32_t y, bool *is_new) {
    uint64_t const pair = (uint64_t)x << 32 | y;

    if (!p->slots || (p->used + 1) * 2 > p->mask) {
        size_t const size = p->slots ? (p->mask + 1) * 2 : 1024;
        struct pairs bigger = {.slots = calloc(size, sizeof *bigger.slots), .mask = size - 1, .used = p->used};

        if (!bigger.slots)
            return false;
        for (size_t i = 0; p->slots && i <= p->mask; i++)
            if (p->slots[i])
                bigger.slots[pair_place(&bigger, p->slots[i])] = p->slots[i];
        free(p->slots);
        *p = bigger;
    }
    size_t const at = pair_place(p, pair);

    *is_new = !p->slots[at];
    p->slots[at] = pair;
    p->used += *is_new;
    return true;
}

/* Of each key how many accounts: most have one, which needs no pair. */
struct sharing {
    uint32_t *counts, *first;
    struct pairs pairs;
};

static bool share(struct sharing *s, uint32_t key, uint32_t account) {
    bool is_new;

    if (!key || !account || s->first[key] == account)
        return true;
    if (!s->first[key]) {
        s->first[key] = account;
        s->counts[key] = 1;
        return true;
    }
    if (!pair_add(&s->pairs, key, account, &is_new))
        return false;
    s->counts[key] += is_new;
    return true;
}

static bool sharing_make(struct activities *a) {
    uint32_t **const counts[] = {&a->accounts_of_network, &a->accounts_of_program, &a->accounts_of_session,
                                 &a->accounts_of_host};
    struct sharing all[COUNT(counts)] = {0};
    bool ok = true;

    for (size_t i = 0; i < COUNT(counts); i++) {
        *counts[i] = calloc(a->text_count, sizeof **counts[i]);
        all[i] = (struct sharing){.counts = *counts[i], .first = calloc(a->text_count, sizeof *all[i].first)};
        ok &= all[i].counts && all[i].first;
    }
    for (uint32_t i = 0; ok && i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);
        uint32_t const account = is_act_of_use(v) ? activities_account(a, v->text[ACT_ACCOUNT]) : 0;

        ok = !account || (share(&all[0], a->network[v->text[ACT_ADDRESS]], account) &&
                          share(&all[1], activities_program(a, v->text[ACT_PROGRAM]), account) &&
                          share(&all[2], v->text[ACT_SESSION], account) &&
                          share(&all[3], activities_host(a, v->text[ACT_HOST]), account));
    }
    for (size_t i = 0; i < COUNT(counts); i++) {
        free(all[i].first);
        free(all[i].pairs.slots);
    }
    return ok;
}

/* ---- ways out ---- */

/* One day and month after another: which accounts came from where. A place is a code: of the first address of a /64, or of the address. */
struct ways {
    uint32_t *place;             /* by address */
    struct pairs day, month;     /* of network or place and account; in months 0 and account, for all */
    uint32_t *accounts, *uses;   /* of this month, by network: accounts; accounts of each day, summed up */
    uint32_t *place_uses, *most; /* the same by place; by network the place with the most */
    uint32_t *months;            /* by network: in which many came from it through one place */
    uint32_t *touched, touched_count, touched_room; /* networks and places of this month */
    uint32_t all, all_months;
    struct sharing at_place; /* accounts of all time */
};

/* Fewer than the room may be in it next time: what is not needed is given back, so that emptying costs no more than filling did. */
static void pairs_clear(struct pairs *p) {
    if (p->slots && p->mask > 1024 && p->used * 16 < p->mask) {
        free(p->slots);
        *p = (struct pairs){0};
    } else if (p->used) {
        memset(p->slots, 0, (p->mask + 1) * sizeof *p->slots);
        p->used = 0;
    }
}

static void month_end(const struct activities *a, struct ways *w) {
    for (uint32_t i = 0; i < w->touched_count; i++) {
        uint32_t const place = w->touched[i];

        if (place >= a->code_count)
            continue;
        if (w->place_uses[place] > w->most[a->network[place]])
            w->most[a->network[place]] = w->place_uses[place];
        w->place_uses[place] = 0;
    }
    for (uint32_t i = 0; i < w->touched_count; i++) {
        uint32_t const n = w->touched[i];

        if (n < a->code_count)
            continue;
        w->months[n] += w->accounts[n] >= SHARE_LEAST && (uint64_t)w->accounts[n] * SHARE >= w->all &&
                        (uint64_t)w->most[n] * PLACE >= w->uses[n];
        w->accounts[n] = w->uses[n] = w->most[n] = 0;
    }
    w->all_months += w->all > 0;
    w->all = w->touched_count = 0;
    pairs_clear(&w->month);
}

static bool touch(struct ways *w, uint32_t code) {
    if (w->touched_count == w->touched_room) {
        uint32_t const room = w->touched_room * 2 + 64;
        uint32_t *const bigger = reallocarray(w->touched, room, sizeof *bigger);

        if (!bigger)
            return false;
        w->touched = bigger;
        w->touched_room = room;
    }
    w->touched[w->touched_count++] = code;
    return true;
}

static bool way_add(struct ways *w, uint32_t network, uint32_t place, uint32_t account) {
    bool is_new;

    if (!pair_add(&w->day, place, account, &is_new))
        return false;
    if (!is_new)
        return true; /* most are not the first of their day */
    if (!w->place_uses[place]++ && !touch(w, place))
        return false;
    if (!pair_add(&w->day, network, account, &is_new))
        return false;
    w->uses[network] += is_new;
    if (!pair_add(&w->month, network, account, &is_new))
        return false;
    if (is_new && !w->accounts[network]++ && !touch(w, network))
        return false;
    if (!pair_add(&w->month, 0, account, &is_new))
        return false;
    w->all += is_new;
    return true;
}

/* When the month of this instant ends. */
static int64_t month_after(int64_t when) {
    struct wall const w = instant_wall(when);
    int64_t day;

    if (!instant_day((unsigned)w.year + (w.month == 12), w.month % 12 + 1u, 1, &day) || day > INT64_MAX / DAY)
        return INT64_MAX;
    return day * DAY;
}

struct prefix {
    uint64_t bits;
    uint32_t code;
};

static int by_prefix(const void *a, const void *b) {
    const struct prefix *const x = a, *const y = b;

    if (x->bits != y->bits)
        return x->bits < y->bits ? -1 : 1;
    return x->code < y->code ? -1 : x->code > y->code;
}

/* IPv6: the first of each /64 is the place of all. */
static bool places_make(const struct activities *a, uint32_t *place) {
    struct prefix *all;
    size_t count = 0;

    for (uint32_t code = 1; code < a->code_count; code++)
        count += a->network[code] && str_find_byte(a->texts[code], ':') != SIZE_MAX;
    if (!(all = reallocarray(NULL, count + 1, sizeof *all)))
        return false;
    count = 0;
    for (uint32_t code = 1; code < a->code_count; code++) {
        struct address address;

        place[code] = code;
        if (!a->network[code] || !address_parse_client(a->texts[code], &address) || address.family != 6)
            continue;
        memcpy(&all[count].bits, address.bytes, sizeof all[count].bits);
        all[count++].code = code;
    }
    qsort(all, count, sizeof *all, by_prefix);
    for (size_t i = 1; i < count; i++)
        if (all[i].bits == all[i - 1].bits)
            place[all[i].code] = place[all[i - 1].code];
    free(all);
    return true;
}

static bool ways_add_all(const struct activities *a, struct ways *w) {
    int64_t month = INT64_MIN, day = INT64_MIN;

    for (uint32_t i = 0; i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);
        uint32_t const address = v->text[ACT_ADDRESS], account = activities_account(a, v->text[ACT_ACCOUNT]);

        if (!account || !a->network[address] || a->own[address] || !is_act_of_use(v))
            continue;
        if (day != day_of(v->when)) {
            pairs_clear(&w->day);
            day = day_of(v->when);
        }
        if (v->when >= month) {
            month_end(a, w);
            month = month_after(v->when);
        }
        if (!share(&w->at_place, w->place[address], account) ||
            !way_add(w, a->network[address], w->place[address], account))
            return false;
    }
    month_end(a, w);
    return true;
}

static bool ways_make(struct activities *a) {
    struct ways w = {0};
    uint32_t **const arrays[] = {&w.place,  &w.accounts,        &w.uses,          &w.place_uses, &w.most,
                                 &w.months, &w.at_place.counts, &w.at_place.first};
    bool ok = true;

    for (size_t i = 0; i < COUNT(arrays); i++)
        ok &= (*arrays[i] = calloc(a->text_count, sizeof **arrays[i])) != NULL;
    ok = ok && places_make(a, w.place) && ways_add_all(a, &w);
    for (uint32_t code = 1; ok && code < a->code_count; code++)
        a->own[code] |= a->network[code] && w.all_months && w.months[a->network[code]] * 2 >= w.all_months &&
                        w.at_place.counts[w.place[code]] >= SHARE_LEAST;
    for (size_t i = 0; i < COUNT(arrays); i++)
        free(*arrays[i]);
    free(w.at_place.pairs.slots);
    free(w.day.slots);
    free(w.month.slots);
    free(w.touched);
    return ok;
}

/* ---- whose an address was ---- */

static int by_address(const void *a, const void *b) {
    const struct activity_claim *const x = a, *const y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->host < y->host ? -1 : x->host > y->host;
}

static int by_host(const void *a, const void *b) {
    const struct activity_claim *const x = a, *const y = b;

    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return x->address < y->address ? -1 : x->address > y->address;
}

/* The host entity that an activity says has its address; 0: it says nothing. */
static uint32_t said_host(const struct activities *a, const struct activity *v) {
    uint32_t code = 0;

    if (v->act == ACT_HOST_NAME)
        code = v->text[ACT_HOST];
    else if (v->act == ACT_LOGON && v->outcome != OUTCOME_FAILURE)
        code = v->text[ACT_DETAIL]; /* the workstation, if it is the name of one */
    code = activities_host(a, code);
    return code < a->code_count && a->host.entity[code] ? code : 0;
}

static bool claims_add(struct activities *a, size_t *room, uint32_t *last, const struct activity *v) {
    struct activity_claim const c = {v->text[ACT_ADDRESS], said_host(a, v), day_of(v->when), 1};
    struct activity_claim *bigger;

    if (!c.host || !a->network[c.address] || str_starts(a->texts[c.address], S("127.")) ||
        str_eq(a->texts[c.address], S("::1")))
        return true;
    if (last[c.address]) {
        struct activity_claim *const before = &a->claims[last[c.address] - 1];

        if (before->host == c.host && before->day == c.day) {
            before->said++;
            return true;
        }
    }
    if (a->claim_count == *room) {
        if (!(bigger = reallocarray(a->claims, *room * 2 + 64, sizeof *bigger)))
            return false;
        a->claims = bigger;
        *room = *room * 2 + 64;
    }
    a->claims[a->claim_count++] = c;
    last[c.address] = (uint32_t)a->claim_count;
    return true;
}

static void most_said(struct activities *a) {
    uint32_t most = 0;

    qsort(a->claims, a->claim_count, sizeof *a->claims, by_host);
    for (size_t i = 0, to; i < a->claim_count; i = to) {
        const struct activity_claim *const c = &a->claims[i];
        uint32_t said = 0;

        most = i && a->claims[i - 1].host == c->host ? most : 0;
        for (to = i; to < a->claim_count && by_host(&a->claims[to], c) == 0; to++)
            said += a->claims[to].said;
        if (said > most) {
            a->address_of[c->host] = c->address;
            most = said;
        }
    }
}

static bool is_same(const struct activity_claim *x, const struct activity_claim *y) {
    return x->address == y->address && x->host == y->host;
}

static bool claims_make(struct activities *a) {
    uint32_t *const last = calloc(a->code_count, sizeof *last);
    size_t room = 0, kept = 0;
    bool ok = last && (a->address_of = calloc(a->code_count, sizeof *a->address_of));

    for (uint32_t i = 0; ok && i < activities_count(a); i++)
        ok = claims_add(a, &room, last, activities_at(a, i));
    free(last);
    if (!ok || !a->claim_count)
        return ok;
    most_said(a);
    qsort(a->claims, a->claim_count, sizeof *a->claims, by_address);
    for (size_t i = 0; i < a->claim_count; i++) {
        struct activity_claim *const before = &a->claims[kept ? kept - 1 : 0], c = a->claims[i];

        if (!kept || before->address != c.address || before->day != c.day)
            a->claims[kept++] = c;
        else if (before->host != c.host)
            before->host = 0;
    }
    a->claim_count = kept;
    for (size_t i = kept = 0; i < a->claim_count;
         i++) { /* of days in a row with the same host the first and the last are enough */
        if (kept > 1 && is_same(&a->claims[kept - 1], &a->claims[i]) && is_same(&a->claims[kept - 2], &a->claims[i]))
            kept--;
        a->claims[kept++] = a->claims[i];
    }
    a->claim_count = kept;
    return true;
}

/* ---- all of it ---- */

bool activities_know_networks(struct activities *a) {
    return networks_make(a) && sharing_make(a) && ways_make(a) && claims_make(a);
}

void activities_forget_networks(struct activities *a) {
    free(a->network);
    free(a->accounts_of_network);
    free(a->accounts_of_program);
    free(a->accounts_of_session);
    free(a->accounts_of_host);
    free(a->own);
    free(a->claims);
    free(a->address_of);
}

/* ---- asked ---- */

uint32_t activities_network(const struct activities *a, uint32_t code) {
    return code < a->code_count ? a->network[code] : 0;
}

uint32_t activities_host_of(const struct activities *a, uint32_t address, int64_t when) {
    int32_t const day = day_of(when);
    size_t low = 0, high = a->claim_count;

    while (low < high) { /* the first behind that day */
        size_t const middle = low + (high - low) / 2;
        const struct activity_claim *const c = &a->claims[middle];

        if (c->address < address || (c->address == address && c->day <= day))
            low = middle + 1;
        else
            high = middle;
    }
    const struct activity_claim *const before =
        low && a->claims[low - 1].address == address ? &a->claims[low - 1] : NULL;
    const struct activity_claim *const after =
        low < a->claim_count && a->claims[low].address == address ? &a->claims[low] : NULL;

    if (before && (before->day == day || !after))
        return before->host;
    if (before && after)
        return before->host == after->host ? before->host : 0;
    return after ? after->host : 0;
}

uint32_t activities_address_of(const struct activities *a, uint32_t host) {
    return host < a->code_count ? a->address_of[host] : 0;
}

bool activities_own_address(const struct activities *a, uint32_t code) {
    return code < a->code_count && a->own[code];
}

uint32_t activities_accounts_of(const struct activities *a, enum entity_type type, uint32_t entity) {
    assert(entity < a->text_count);
    switch (type) {
    case ENTITY_ADDRESS:
    case ENTITY_NETWORK:
        return a->accounts_of_network[activities_network(a, entity) ? activities_network(a, entity) : entity];
    case ENTITY_PROGRAM:
        return a->accounts_of_program[entity];
    case ENTITY_HOST:
        return a->accounts_of_host[entity];
    case ENTITY_OTHER:
        return a->accounts_of_session[entity];
    case ENTITY_ACCOUNT:
        break;
    }
    return entity > 0;
}
