/* behaviour_account_client: clients that meet none of the account's others; the same on several accounts from one address; old protocols.
 *
 * All accounts are judged first, because what one client weighs depends on how many are like it; then those found are read a second time,
 * for their events. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf.h"
#include "detection/behaviour_account.h"

struct found {
    uint32_t account;
    struct account_client c;
    bool fresh, few, alone; /* alone: the account's other clients do not meet each other either */
    bool follows;           /* on another that went when it came, and met nobody either */
    uint32_t others, other_foreign, other_places;
    uint32_t consent; /* activity + 1 */
    uint32_t exact;   /* code of the program as it is written most of the time */
    uint32_t history; /* days before it */
};
/* A client that is new to an account at an address. */
struct arrival {
    uint32_t address, account, family;
};
/* An account with more clients that meet nobody is no person's: none of them is foreign there. */
#define FOREIGN_MAX 32u
/* So many clients are looked at to learn whether one follows on another. */
#define FOLLOWS_MAX 1024u

struct judging {
    const struct behaviour *b;
    /* Of the account at hand: clients that are not foreign, their places where nobody is met, and those with where somebody is. */
    uint32_t others, foreign, known;
    struct code_map arrived; /* of the account at hand: 1 */
    double places, share, history, other_uses, old_places, few_days, few_reads, few_share, consent, follow;
    struct found *found;
    uint32_t count, room;
    uint64_t judged; /* clients */
    struct arrival *arrivals;
    uint32_t arrival_count, arrival_room;
    struct found *old; /* legacy-protocol: one an account */
    uint32_t old_count, old_room;
    uint32_t old_accounts; /* that use such a protocol */
};

static void *grown(void *items, size_t count, uint32_t *room, size_t size) {
    void *bigger;

    if (count < *room)
        return items;
    if ((bigger = reallocarray(items, (size_t)*room * 2 + 16, size)))
        *room = *room * 2 + 16;
    return bigger;
}

/* ---- judging ---- */

/* Latest consent of the account before its client came, or shortly after: an application reads when it has been let in. 0: none. */
static uint32_t consent_before(const struct account_area *x, const struct account_client *c, double days) {
    uint32_t found = 0;

    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);

        if (v->when > c->first)
            break;
        if (v->act == ACT_CONSENT_NEW && v->outcome != OUTCOME_FAILURE &&
            (double)(c->first - v->when) <= days * (double)DAY)
            found = x->u.list.items[i] + 1;
    }
    return found;
}

static bool is_fresh(const struct account_area *x, const struct judging *j, const struct account_client *c) {
    return (double)(c->first - x->u.first) >= j->history * (double)DAY;
}

/* Did p go when c came, and meet as few? A device that is always on the way has another after it. */
static bool is_before(const struct judging *j, const struct account_client *p, const struct account_client *c) {
    double const gap = (double)(c->first - p->last), follow = j->follow * (double)DAY;

    return p->first < c->first && p->foreign && p->foreign >= j->share * (p->foreign + p->met) && gap <= follow &&
           gap >= -follow;
}

/* Is it a client that meets none of the others? */
static bool is_foreign(const struct account_area *x, const struct judging *j, const struct account_client *c) {
    bool const fresh = is_fresh(x, j, c);

    /* Telephones are seen in many networks of a carrier, but most of the time at home. */
    if (!c->named || !c->foreign || c->foreign < j->share * (c->foreign + c->met) ||
        c->met_uses > (1 - j->share) * c->uses || x->u.uses - c->uses < j->other_uses)
        return false;
    if (c->foreign >= j->places)
        return fresh || c->foreign >= j->old_places;
    return fresh && c->days >= j->few_days && c->reads >= j->few_reads &&
           code_map_get(&x->w.of_family, c->family) <= fmax(1, j->few_share * x->w.accounts);
}

/* With its version, as most of its acts say it; of several doors of a service that of the smallest code. Majority vote: one pass, no table. */
static uint32_t exact_of(const struct account_area *x, uint32_t family) {
    uint32_t best = 0, votes = 0;

    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        uint32_t const exact = account_family(&x->w, v) == family ? account_exact(&x->w, v) : 0;

        if (!exact)
            continue;
        if (!votes)
            best = exact;
        votes += exact == best ? 1u : -1u;
    }
    return best;
}

/* What else there is to say of it; false: too little for one from few networks. */
static bool describe(const struct account_area *x, const struct judging *j, const struct account_client *c,
                     struct found *out) {
    const struct account_use *const u = &x->u;

    *out = (struct found){.account = u->account,
                          .c = *c,
                          .fresh = is_fresh(x, j, c),
                          .few = c->foreign < j->places,
                          .others = j->others,
                          .other_foreign = j->foreign,
                          .other_places = j->known};
    out->alone = out->other_foreign * 2 > out->other_places;
    if (out->few && out->alone)
        return false;
    for (uint32_t i = 0; i < u->client_count && i < FOLLOWS_MAX; i++)
        out->follows |= &u->clients[i] != c && u->clients[i].named && is_before(j, &u->clients[i], c);
    out->consent = out->few ? consent_before(x, c, j->consent) : 0;
    out->history = account_days(u->first, c->first);
    out->exact = exact_of(x, c->family);
    return true;
}

static bool arrive(struct account_area *x, struct judging *j, struct err *e) {
    const struct account_use *const u = &x->u;

    /* Addresses, not networks, each once a client. */
    code_map_clear(&j->arrived);
    for (uint32_t i = 0; i < u->list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, u->list.items[i]);
        uint32_t client, place, *is;
        void *items;

        if (!account_is_use(&x->w, v) || !(client = account_client_of(&x->w, u, v)) || !u->clients[client - 1].named ||
            !is_fresh(x, j, &u->clients[client - 1]))
            continue;
        place = account_place(&x->w, v);
        if (place == PLACE_HOUSE || account_stay_of(&u->by_client, client - 1, place)->met)
            continue;
        if (!(is = code_map_put(&j->arrived, code_pair(client, v->text[ACT_ADDRESS]))))
            return behaviour_no_memory(e);
        if (*is)
            continue;
        *is = 1;
        if (!(items = grown(j->arrivals, j->arrival_count, &j->arrival_room, sizeof *j->arrivals)))
            return behaviour_no_memory(e);
        j->arrivals = items;
        j->arrivals[j->arrival_count++] =
            (struct arrival){v->text[ACT_ADDRESS], u->account, u->clients[client - 1].family};
    }
    return true;
}

static bool add_found(struct found **list, uint32_t *count, uint32_t *room, const struct found *f, struct err *e) {
    void *const items = grown(*list, *count, room, sizeof **list);

    if (!items)
        return behaviour_no_memory(e);
    *list = items;
    (*list)[(*count)++] = *f;
    return true;
}

static bool judge(struct account_area *x, struct judging *j, struct err *e) {
    const struct account_use *const u = &x->u;
    const struct account_client *old = NULL;
    bool has_new = false;
    uint32_t foreign = 0;
    struct found f;

    j->others = j->foreign = j->known = 0;
    for (uint32_t i = 0; i < u->client_count; i++) {
        const struct account_client *const c = &u->clients[i];

        j->judged += c->named;
        /* Whom the account is used by otherwise: not by other foreign clients. */
        if (is_foreign(x, j, c)) {
            foreign++;
        } else {
            j->others++;
            j->foreign += c->foreign;
            j->known += c->foreign + c->met;
        }
        has_new |= c->foreign && is_fresh(x, j, c);
        if (c->legacy && (!old || c->first < old->first))
            old = c;
    }
    for (uint32_t i = 0; i < u->client_count && foreign && foreign <= FOREIGN_MAX; i++)
        if (is_foreign(x, j, &u->clients[i]) && describe(x, j, &u->clients[i], &f) &&
            !add_found(&j->found, &j->count, &j->room, &f, e))
            return false;
    j->old_accounts += old != NULL;
    if (old && is_fresh(x, j, old)) {
        f = (struct found){.account = u->account, .c = *old};
        if (!add_found(&j->old, &j->old_count, &j->old_room, &f, e))
            return false;
    }
    return !has_new || arrive(x, j, e);
}

/* ---- foreign-client ---- */

static double weight_of(const struct account_area *x, const struct judging *j, const struct found *f) {
    const struct behaviour *const b = j->b;
    double weight = b->weight;

    if (f->few)
        weight -= behaviour_threshold(b, "few-less");
    else
        weight += fmin(behaviour_threshold(b, "doublings"),
                       behaviour_threshold(b, "per-doubling") * log2(f->c.foreign / j->places));
    if ((double)(f->c.last - f->c.first) >= behaviour_threshold(b, "long") * (double)DAY)
        weight += behaviour_threshold(b, "long-more");
    if (!f->fresh)
        weight -= behaviour_threshold(b, "old-less");
    if (f->alone)
        weight -= behaviour_threshold(b, "alone-less");
    if (f->follows)
        weight -= behaviour_threshold(b, "follow-less");
    if (f->consent)
        weight += behaviour_threshold(b, "consent-more");
    if (j->count > behaviour_threshold(b, "many-alike") * x->w.accounts)
        weight /= 2;
    return fmax(weight, 0.1);
}

/* A hit in the making: several accounts, whose addresses and sessions come after all that matters more. */
struct telling {
    struct behaviour_hit h;
    struct code_map addresses; /* where the client is, and none of the account's others: 1 */
    struct codes strange, sessions;
};

/* Where the client itself was seen, and met nobody. */
static bool read_addresses(struct account_area *x, struct telling *t, uint32_t client, struct err *e) {
    code_map_clear(&t->addresses);
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        uint32_t const place = account_place(&x->w, v);
        const struct account_stay *stay;
        uint32_t *is;
        bool alone;

        if (!place || account_client_of(&x->w, &x->u, v) != client + 1 ||
            !(stay = account_stay_of(&x->u.by_client, client, place)) || stay->met ||
            account_place_common(&x->w, place))
            continue;
        if (!(is = code_map_put(&t->addresses, v->text[ACT_ADDRESS])))
            return behaviour_no_memory(e);
        if (*is)
            continue;
        *is = 1;
        if (!account_alone_at(&x->w, v->text[ACT_ADDRESS], x->u.account, &alone, e) ||
            (alone && !codes_add(&t->strange, v->text[ACT_ADDRESS], e)))
            return false;
    }
    return true;
}

/* Does it belong to the client: done with its program, in its session, or, without either, from an address where only this client is? */
static bool belongs(const struct account_area *x, const struct telling *t, uint32_t client, const struct activity *v) {
    uint32_t const of = account_client_of(&x->w, &x->u, v);

    if (of)
        return of == client + 1;
    return !account_family(&x->w, v) && code_map_get(&t->addresses, v->text[ACT_ADDRESS]);
}

/* The acts of one account that are the client's. */
static bool tell_account(struct account_area *x, struct telling *t, const struct found *f, struct err *e) {
    struct activities *const a = x->w.a;
    struct account_foreign *const to = x->r->foreign;
    uint32_t client;

    if (!account_use_read(&x->w, &x->u, f->account, e))
        return false;
    client = code_map_get(&x->u.client_of, code_pair(true, f->c.family)) - 1;
    if (!read_addresses(x, t, client, e))
        return false;
    behaviour_part_add(&t->h, PART_CLIENT, true, f->account, f->c.family);
    behaviour_part_add(&t->h, PART_ACCOUNT, false, f->account, 0);
    if (f->consent) /* what was let in is the application that reads */
        behaviour_part_add(&t->h, PART_OBJECT, true, activities_at(a, f->consent - 1)->text[ACT_OBJECT], 0);
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        uint32_t const activity = x->u.list.items[i];
        const struct activity *const v = activities_at(a, activity);
        void *items;

        if (!belongs(x, t, client, v) && activity + 1 != f->consent)
            continue;
        if (account_family(&x->w, v) == f->c.family)
            behaviour_part_add(&t->h, PART_CLIENT, true, f->account, activities_program(a, v->text[ACT_PROGRAM]));
        if (v->text[ACT_SESSION] && activities_accounts_of(a, ENTITY_OTHER, v->text[ACT_SESSION]) <= 1 &&
            !codes_add(&t->sessions, v->text[ACT_SESSION], e))
            return false;
        if (!codes_add(&x->events, activity, e))
            return false;
        if (!(items = grown(to->acts, to->act_count, &to->act_room, sizeof *to->acts)))
            return behaviour_no_memory(e);
        to->acts = items;
        to->acts[to->act_count++] = (struct foreign_act){activity, to->client_count};
    }
    void *const items = grown(to->clients, to->client_count, &to->client_room, sizeof *to->clients);

    if (!items)
        return behaviour_no_memory(e);
    to->clients = items;
    to->clients[to->client_count++] = (struct foreign_client){f->account, f->c.family, f->c.first, f->c.last};

    uint32_t *const known = code_map_put(&to->by_client, code_pair(f->account, f->c.family));

    if (!known)
        return behaviour_no_memory(e);
    *known = to->client_count;
    return true;
}

static void reason_of(struct account_area *x, const struct judging *j, struct found *const *group, uint32_t count) {
    const struct found *const f = group[0];
    struct activities *const a = x->w.a;
    struct buf *const reason = &x->r->reason;
    char first[DATE_TEXT], last[DATE_TEXT];

    reason->len = 0;
    buf_format(reason, "`%.*s` uses %.*s",
               STR_ARG(utf8_first(activities_text(a, f->exact ? f->exact : f->c.family), 120)),
               STR_ARG(activities_spelling(a, ENTITY_ACCOUNT, f->account)));
    if (count > 1)
        buf_format(reason, " and %u other account%s; the first", count - 1, MANY(count - 1));
    buf_format(
        reason,
        " on %u day%s from %s to %s, from %u network%s; in %u of them none of the account's %u other client%s is "
        "seen within %.0f days",
        f->c.days, MANY(f->c.days), account_date(f->c.first, first), account_date(f->c.last, last), f->c.places,
        MANY(f->c.places), f->c.foreign, f->others, MANY(f->others), behaviour_threshold(j->b, "near"));
    if (f->other_places && f->others > 1)
        buf_format(reason, ", while those meet in %u %% of theirs",
                   account_percent(f->other_places - f->other_foreign, f->other_places));
    buf_add(reason, S("."));
    if (f->fresh)
        buf_format(reason, " The account was used for %u day%s without it.", f->history, MANY(f->history));
    if (f->consent)
        buf_format(reason, " An application was let in %u day%s before.",
                   account_days(activities_at(a, f->consent - 1)->when, f->c.first),
                   MANY(account_days(activities_at(a, f->consent - 1)->when, f->c.first)));
}

static bool tell(struct account_area *x, const struct judging *j, struct found *const *group, uint32_t count,
                 struct err *e) {
    const struct behaviour *const b = j->b;
    struct telling t = {.h = {.behaviour = b, .title = S(""), .like = j->count, .of = j->judged}};
    bool ok = true;

    x->events.count = 0;
    for (uint32_t i = 0; ok && i < count; i++) {
        t.h.weight = fmax(t.h.weight, weight_of(x, j, group[i]));
        ok = tell_account(x, &t, group[i], e);
    }
    t.h.weight += fmin(behaviour_threshold(b, "also-most"), (count - 1) * behaviour_threshold(b, "also-more"));
    if (count > 1)
        t.h.title = S("One client on several accounts that shares nothing with the rest of them");
    codes_sort(&t.strange);
    codes_sort(&t.sessions);
    for (size_t i = 0; ok && i < t.strange.count; i++)
        behaviour_part_add(&t.h, PART_ADDRESS, true, t.strange.items[i], 0);
    for (size_t i = 0; ok && i < t.sessions.count; i++)
        behaviour_part_add(&t.h, PART_SESSION, true, t.sessions.items[i], 0);
    if (ok) {
        reason_of(x, j, group, count);
        ok = behaviour_tell(x->r, &t.h, &x->events, e);
    }
    code_map_free(&t.addresses);
    codes_free(&t.strange);
    codes_free(&t.sessions);
    return ok;
}

static int by_client(const void *a, const void *b) {
    const struct found *const x = *(const struct found *const *)a, *const y = *(const struct found *const *)b;

    if (x->c.family != y->c.family)
        return x->c.family < y->c.family ? -1 : 1;
    if (x->exact != y->exact)
        return x->exact < y->exact ? -1 : 1;
    if (x->c.first != y->c.first)
        return x->c.first < y->c.first ? -1 : 1;
    return x->account < y->account ? -1 : x->account > y->account;
}

/* The same program to the version, foreign on several accounts in one stretch of time, is one client. */
static bool tell_all(struct account_area *x, struct judging *j, struct err *e) {
    struct found **const order = reallocarray(NULL, j->count + 1u, sizeof *order);
    int64_t const pause = (int64_t)(behaviour_threshold(j->b, "pause") * (double)DAY);
    bool ok = order != NULL || behaviour_no_memory(e);

    for (uint32_t i = 0; ok && i < j->count; i++)
        order[i] = &j->found[i];
    if (ok && j->count)
        qsort(order, j->count, sizeof *order, by_client);
    for (uint32_t i = 0, to; ok && i < j->count; i = to) {
        int64_t last = order[i]->c.last;

        for (to = i + 1; to < j->count && order[to]->c.family == order[i]->c.family &&
                         order[to]->exact == order[i]->exact && order[to]->c.first - last <= pause;
             to++)
            last = order[to]->c.last > last ? order[to]->c.last : last;
        ok = tell(x, j, &order[i], to - i, e);
    }
    free(order);
    return ok;
}

static int by_activity(const void *a, const void *b) {
    const struct foreign_act *const x = a, *const y = b;

    if (x->activity != y->activity)
        return x->activity < y->activity ? -1 : 1;
    return x->client < y->client ? -1 : x->client > y->client;
}

/* ---- many-accounts ---- */

static int by_arrival(const void *a, const void *b) {
    const struct arrival *const x = a, *const y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->family != y->family)
        return x->family < y->family ? -1 : 1;
    return x->account < y->account ? -1 : x->account > y->account;
}

/* Where more programs than these are new to several accounts each, stands a proxy, or somebody who makes up names of programs. */
#define PROGRAMS_TOLD 64u

/* Of one address and one program: at[0] to at[count]. */
static bool tell_many(struct account_area *x, const struct arrival *at, uint32_t count, uint64_t addresses,
                      uint32_t *programs, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "many-accounts");
    struct behaviour_hit h = {.behaviour = b, .title = S(""), .like = 1, .of = addresses};
    struct activities *const a = x->w.a;
    struct activity_list list;
    uint32_t accounts = 0;

    for (uint32_t i = 0; i < count; i++)
        accounts += !i || at[i].account != at[i - 1].account;
    if (accounts < behaviour_threshold(b, "accounts") || ++*programs > PROGRAMS_TOLD)
        return true;
    if (!activities_of(a, ACT_ADDRESS, at->address, &list, e))
        return false;
    x->events.count = 0;
    behaviour_part_add(&h, PART_ADDRESS, true, at->address, 0);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct activity *const v = activities_at(a, list.items[i]);

        if (account_family(&x->w, v) != at->family)
            continue;
        behaviour_part_add(&h, PART_ACCOUNT, false, activities_account(a, v->text[ACT_ACCOUNT]), 0);
        if (!codes_add(&x->events, list.items[i], e))
            return false;
    }
    h.weight = fmin(behaviour_threshold(b, "most"),
                    b->weight + behaviour_threshold(b, "each-more") * (accounts - behaviour_threshold(b, "accounts")));
    x->r->reason.len = 0;
    buf_format(&x->r->reason, "From %.*s %u accounts are used with `%.*s`, which is new to each of them.",
               STR_ARG(activities_text(a, at->address)), accounts,
               STR_ARG(utf8_first(activities_text(a, at->family), 120)));
    return behaviour_tell(x->r, &h, &x->events, e);
}

static bool many_accounts(struct account_area *x, struct judging *j, struct err *e) {
    uint32_t programs = 0;
    uint64_t addresses = 0;

    if (j->arrival_count)
        qsort(j->arrivals, j->arrival_count, sizeof *j->arrivals, by_arrival);
    for (uint32_t i = 0; i < j->arrival_count; i++)
        addresses += !i || j->arrivals[i].address != j->arrivals[i - 1].address;
    for (uint32_t i = 0, to; i < j->arrival_count; i = to) {
        for (to = i; to < j->arrival_count && j->arrivals[to].address == j->arrivals[i].address &&
                     j->arrivals[to].family == j->arrivals[i].family;
             to++)
            continue;
        programs = i && j->arrivals[i].address == j->arrivals[i - 1].address ? programs : 0;
        if (!tell_many(x, &j->arrivals[i], to - i, addresses, &programs, e))
            return false;
    }
    return true;
}

/* ---- legacy-protocol ---- */

static bool tell_old(struct account_area *x, const struct judging *j, const struct found *f, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "legacy-protocol");
    struct behaviour_hit h = {
        .behaviour = b, .title = S(""), .weight = b->weight, .like = j->old_count, .of = x->w.accounts};
    char first[DATE_TEXT];

    if (j->old_accounts > behaviour_threshold(b, "common") * x->w.accounts)
        return true;
    if (!account_use_read(&x->w, &x->u, f->account, e))
        return false;
    x->events.count = 0;
    behaviour_part_add(&h, PART_ACCOUNT, false, f->account, 0);
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        uint32_t const client = account_client_of(&x->w, &x->u, v);

        if (!client || !x->u.clients[client - 1].legacy)
            continue;
        behaviour_part_add(&h, PART_CLIENT, false, f->account, activities_program(x->w.a, v->text[ACT_PROGRAM]));
        if (!codes_add(&x->events, x->u.list.items[i], e))
            return false;
    }
    x->r->reason.len = 0;
    buf_format(&x->r->reason,
               "%.*s is used by `%.*s` since %s, after %u days without any such protocol; %u of %u accounts use one.",
               STR_ARG(activities_spelling(x->w.a, ENTITY_ACCOUNT, f->account)),
               STR_ARG(utf8_first(activities_text(x->w.a, f->c.family), 120)), account_date(f->c.first, first),
               account_days(x->u.first, f->c.first), j->old_accounts, x->w.accounts);
    return behaviour_tell(x->r, &h, &x->events, e);
}

bool account_clients_run(struct account_area *x, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "foreign-client");
    struct judging j = {.b = b,
                        .places = behaviour_threshold(b, "places"),
                        .share = behaviour_threshold(b, "share"),
                        .history = behaviour_threshold(b, "history"),
                        .other_uses = behaviour_threshold(b, "other-uses"),
                        .old_places = behaviour_threshold(b, "old-places"),
                        .few_days = behaviour_threshold(b, "few-days"),
                        .few_reads = behaviour_threshold(b, "few-reads"),
                        .few_share = behaviour_threshold(b, "few-share"),
                        .consent = behaviour_threshold(b, "consent"),
                        .follow = behaviour_threshold(b, "follow")};
    struct activity_list accounts;
    bool ok = activities_entities(x->w.a, ACT_ACCOUNT, &accounts, e) &&
              ((x->r->foreign = calloc(1, sizeof *x->r->foreign)) || behaviour_no_memory(e));

    for (uint32_t i = 0; ok && i < accounts.count; i++)
        ok = account_use_read(&x->w, &x->u, accounts.items[i], e) && (x->u.too_large || judge(x, &j, e));
    ok = ok && tell_all(x, &j, e);
    if (ok && x->r->foreign->act_count)
        qsort(x->r->foreign->acts, x->r->foreign->act_count, sizeof *x->r->foreign->acts, by_activity);
    ok = ok && many_accounts(x, &j, e);
    for (uint32_t i = 0; ok && i < j.old_count; i++)
        ok = tell_old(x, &j, &j.old[i], e);
    code_map_free(&j.arrived);
    free(j.found);
    free(j.arrivals);
    free(j.old);
    return ok;
}
