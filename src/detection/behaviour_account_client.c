/* behaviour_account_client: clients that meet none of the account's others; the same on several accounts from one address; old protocols.
 *
 * All accounts are judged first, because what one client weighs depends on how many are like it; then those found are read a second time,
 * for their events. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "detection/behaviour_account.h"

struct found {
    uint32_t account;
    struct account_client c;
    bool fresh, few, alone; /* alone: the account's other clients do not meet each other either */
    uint32_t others, other_foreign, other_places;
    uint32_t consent; /* activity + 1 */
    uint32_t also;    /* other accounts */
};
/* A client that is new to an account at an address. */
struct arrival {
    uint32_t address, account, family;
};
struct judging {
    const struct behaviour *b;
    double places, share, history, other_uses, old_places, few_days, few_reads, few_share, consent;
    struct found *found;
    uint32_t count, room;
    uint64_t judged; /* clients */
    struct arrival *arrivals;
    uint32_t arrival_count, arrival_room;
    struct found *old; /* legacy-protocol: one an account */
    uint32_t old_count, old_room;
    uint32_t old_accounts; /* that use such a protocol */
};

static void *grown(void *items, uint32_t count, uint32_t *room, size_t size) {
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
            (double)(c->first - v->when) <= days * (double)ACCOUNT_DAY)
            found = x->u.list.items[i] + 1;
    }
    return found;
}

/* Is it a client that meets none of the others? */
static bool is_foreign(const struct account_area *x, const struct judging *j, const struct account_client *c,
                       struct found *out) {
    const struct account_use *const u = &x->u;
    uint32_t const known = c->foreign + c->met;

    *out = (struct found){.account = u->account,
                          .c = *c,
                          .fresh = (double)(c->first - u->first) >= j->history * (double)ACCOUNT_DAY,
                          .few = c->foreign < j->places};
    if (!c->named || !c->foreign || c->foreign < j->share * known || u->uses - c->uses < j->other_uses)
        return false;
    if (out->few ? !out->fresh || c->days < j->few_days || c->reads < j->few_reads ||
                       behaviour_map_get(&x->w.of_family, c->family) > fmax(1, j->few_share * x->w.accounts)
                 : !out->fresh && c->foreign < j->old_places)
        return false;
    for (uint32_t i = 0; i < u->client_count; i++)
        if (&u->clients[i] != c) {
            out->others++;
            out->other_foreign += u->clients[i].foreign;
            out->other_places += u->clients[i].foreign + u->clients[i].met;
        }
    out->alone = out->other_foreign * 2 > out->other_places;
    if (out->few && out->alone)
        return false;
    out->consent = out->few ? consent_before(x, c, j->consent) : 0;
    return true;
}

static bool arrive(struct account_area *x, struct judging *j, struct err *e) {
    const struct account_use *const u = &x->u;

    /* Addresses, not networks: by the activities of clients that are new; each address once a client. */
    for (uint32_t i = 0; i < u->list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, u->list.items[i]);
        uint32_t client, place;
        void *items;

        if (!account_is_use(&x->w, v) || !(client = account_client_of(&x->w, u, v)) || !u->clients[client - 1].named ||
            (double)(u->clients[client - 1].first - u->first) < j->history * (double)ACCOUNT_DAY)
            continue;
        place = account_place(&x->w, v);
        if (place == PLACE_HOUSE || account_stay_of(&u->by_client, client - 1, place)->met)
            continue;
        if (j->arrival_count && j->arrivals[j->arrival_count - 1].address == v->text[ACT_ADDRESS] &&
            j->arrivals[j->arrival_count - 1].account == u->account)
            continue;
        if (!(items = grown(j->arrivals, j->arrival_count, &j->arrival_room, sizeof *j->arrivals)))
            return account_no_memory(e);
        j->arrivals = items;
        j->arrivals[j->arrival_count++] =
            (struct arrival){v->text[ACT_ADDRESS], u->account, u->clients[client - 1].family};
    }
    return true;
}

static bool judge(struct account_area *x, struct judging *j, struct err *e) {
    const struct account_use *const u = &x->u;
    const struct account_client *old = NULL;
    bool has_new = false, uses_old = false;
    struct found f;
    void *items;

    for (uint32_t i = 0; i < u->client_count; i++) {
        const struct account_client *const c = &u->clients[i];
        bool const fresh = (double)(c->first - u->first) >= j->history * (double)ACCOUNT_DAY;

        j->judged += c->named;
        has_new |= fresh && c->foreign;
        uses_old |= c->legacy;
        if (c->legacy && (!old || c->first < old->first))
            old = c;
        if (!is_foreign(x, j, c, &f))
            continue;
        if (!(items = grown(j->found, j->count, &j->room, sizeof *j->found)))
            return account_no_memory(e);
        j->found = items;
        j->found[j->count++] = f;
    }
    j->old_accounts += uses_old;
    if (old && (double)(old->first - u->first) >= j->history * (double)ACCOUNT_DAY) {
        if (!(items = grown(j->old, j->old_count, &j->old_room, sizeof *j->old)))
            return account_no_memory(e);
        j->old = items;
        j->old[j->old_count++] = (struct found){.account = u->account, .c = *old};
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
    if ((double)(f->c.last - f->c.first) >= behaviour_threshold(b, "long") * (double)ACCOUNT_DAY)
        weight += behaviour_threshold(b, "long-more");
    weight += fmin(behaviour_threshold(b, "also-most"), f->also * behaviour_threshold(b, "also-more"));
    if (!f->fresh)
        weight -= behaviour_threshold(b, "old-less");
    if (f->alone)
        weight -= behaviour_threshold(b, "alone-less");
    if (f->consent)
        weight += behaviour_threshold(b, "consent-more");
    if (j->count > behaviour_threshold(b, "many-alike") * x->w.accounts)
        weight /= 2;
    return fmax(weight, 0.1);
}

/* Does it belong to the client: done with its program, in its session, or from a network where only this client is? */
static bool belongs(const struct account_area *x, uint32_t client, const struct activity *v) {
    uint32_t const of = account_client_of(&x->w, &x->u, v), place = account_place(&x->w, v);
    uint32_t const family = account_family(&x->w, v);
    const struct account_stay *stay;

    if (of)
        return of == client + 1;
    return !family && place && (stay = account_stay_of(&x->u.by_client, client, place)) && !stay->met &&
           !account_place_common(&x->w, place);
}

static bool add_parts(struct account_area *x, struct behaviour_hit *h, const struct found *f, struct err *e) {
    struct activities *const a = x->w.a;

    behaviour_part_add(h, PART_ACCOUNT, false, f->account, 0);
    if (f->consent) /* what was let in is the application that reads */
        behaviour_part_add(h, PART_OBJECT, true, activities_at(a, f->consent - 1)->text[ACT_OBJECT], 0);
    for (size_t i = 0; i < x->events.count; i++) {
        const struct activity *const v = activities_at(a, x->events.items[i]);
        uint32_t const address = v->text[ACT_ADDRESS];
        bool alone;

        if (account_family(&x->w, v) == f->c.family)
            behaviour_part_add(h, PART_CLIENT, true, f->account, activities_program(a, v->text[ACT_PROGRAM]));
        if (activities_accounts_of(a, ENTITY_OTHER, v->text[ACT_SESSION]) <= 1)
            behaviour_part_add(h, PART_SESSION, true, v->text[ACT_SESSION], 0);
        if (i && address == activities_at(a, x->events.items[i - 1])->text[ACT_ADDRESS])
            continue;
        const struct account_stay *const stay = account_stay_of(
            &x->u.by_client, behaviour_map_get(&x->u.client_of, behaviour_map_key(true, f->c.family)) - 1,
            account_place(&x->w, v));

        if (!stay || stay->met || account_place_common(&x->w, stay->place))
            continue;
        if (!account_alone_at(&x->w, address, f->account, &alone, e))
            return false;
        behaviour_part_add(h, PART_ADDRESS, alone, address, 0);
    }
    return true;
}

static bool remember(struct account_area *x, const struct found *f, struct err *e) {
    struct account_foreign *const to = x->r->foreign;
    void *items;

    if (!(items = grown(to->clients, to->client_count, &to->client_room, sizeof *to->clients)))
        return account_no_memory(e);
    to->clients = items;
    if (to->act_room - to->act_count < x->events.count) {
        size_t const room = to->act_count + x->events.count + to->act_room;

        if (!(items = reallocarray(to->acts, room, sizeof *to->acts)))
            return account_no_memory(e);
        to->acts = items;
        to->act_room = room;
    }
    for (size_t i = 0; i < x->events.count; i++)
        to->acts[to->act_count++] = (struct foreign_act){x->events.items[i], to->client_count};
    to->clients[to->client_count++] = (struct foreign_client){f->account, f->c.family, f->c.first, f->c.last};
    return true;
}

static bool tell(struct account_area *x, const struct judging *j, const struct found *f, struct err *e) {
    struct behaviour_hit h = {.behaviour = j->b, .title = S(""), .like = j->count, .of = j->judged};
    struct activities *const a = x->w.a;
    struct buf *const reason = &x->r->reason;
    char first[ACCOUNT_DATE], last[ACCOUNT_DATE];
    uint32_t client;

    if (!account_use_read(&x->w, &x->u, f->account, e))
        return false;
    client = behaviour_map_get(&x->u.client_of, behaviour_map_key(true, f->c.family)) - 1;
    x->events.count = 0;
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(a, x->u.list.items[i]);

        if ((belongs(x, client, v) || x->u.list.items[i] + 1 == f->consent) &&
            !account_event_add(&x->events, x->u.list.items[i]))
            return account_no_memory(e);
    }
    h.weight = weight_of(x, j, f);
    str const who = activities_spelling(a, ENTITY_ACCOUNT, f->account), program = activities_text(a, f->c.family);

    reason->len = 0;
    buf_format(reason,
               "`%.*s` uses %.*s on %u days from %s to %s, from %u networks; in %u of them none of the account's %u "
               "other clients is seen within %.0f days, "
               "while those meet in %u %% of theirs.",
               STR_ARG(str_first(program, 120)), STR_ARG(who), f->c.days, account_date(f->c.first, first),
               account_date(f->c.last, last), f->c.places, f->c.foreign, f->others, behaviour_threshold(j->b, "near"),
               account_percent(f->other_places - f->other_foreign, f->other_places));
    if (f->fresh)
        buf_format(reason, " Before it the account was used for %u days without it.",
                   account_days(x->u.first, f->c.first));
    if (f->also)
        buf_format(reason, " The same program is as foreign on %u other accounts.", f->also);
    if (f->consent)
        buf_format(reason, " An application was let in %u days before.",
                   account_days(activities_at(a, f->consent - 1)->when, f->c.first));
    return add_parts(x, &h, f, e) && remember(x, f, e) && account_hand_over(x->r, &h, &x->events, e);
}

static int by_family(const void *a, const void *b) {
    const struct found *const x = *(const struct found *const *)a, *const y = *(const struct found *const *)b;

    if (x->c.family != y->c.family)
        return x->c.family < y->c.family ? -1 : 1;
    return x->account < y->account ? -1 : x->account > y->account;
}

/* On how many other accounts the same program was found. */
static bool count_also(struct judging *j, struct err *e) {
    struct found **const order = reallocarray(NULL, j->count + 1u, sizeof *order);

    if (!order)
        return account_no_memory(e);
    for (uint32_t i = 0; i < j->count; i++)
        order[i] = &j->found[i];
    if (j->count)
        qsort(order, j->count, sizeof *order, by_family);
    for (uint32_t i = 0, to; i < j->count; i = to) {
        for (to = i; to < j->count && order[to]->c.family == order[i]->c.family; to++)
            continue;
        for (uint32_t k = i; k < to; k++)
            order[k]->also = to - i - 1;
    }
    free(order);
    return true;
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

/* Of one address and one program: at[0] to at[count]. */
static bool tell_many(struct account_area *x, const struct arrival *at, uint32_t count, uint64_t addresses,
                      struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "many-accounts");
    struct behaviour_hit h = {.behaviour = b, .title = S(""), .like = 1, .of = addresses};
    struct activities *const a = x->w.a;
    struct activity_list list;
    uint32_t accounts = 0;

    for (uint32_t i = 0; i < count; i++)
        accounts += !i || at[i].account != at[i - 1].account;
    if (accounts < behaviour_threshold(b, "accounts"))
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
        if (!account_event_add(&x->events, list.items[i]))
            return account_no_memory(e);
    }
    h.weight = fmin(behaviour_threshold(b, "most"),
                    b->weight + behaviour_threshold(b, "each-more") * (accounts - behaviour_threshold(b, "accounts")));
    x->r->reason.len = 0;
    buf_format(&x->r->reason, "From %.*s %u accounts are used with `%.*s`, which is new to each of them.",
               STR_ARG(activities_text(a, at->address)), accounts,
               STR_ARG(str_first(activities_text(a, at->family), 120)));
    return account_hand_over(x->r, &h, &x->events, e);
}

static bool many_accounts(struct account_area *x, struct judging *j, struct err *e) {
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
        if (!tell_many(x, &j->arrivals[i], to - i, addresses, e))
            return false;
    }
    return true;
}

/* ---- legacy-protocol ---- */

static bool tell_old(struct account_area *x, const struct judging *j, const struct found *f, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "legacy-protocol");
    struct behaviour_hit h = {
        .behaviour = b, .title = S(""), .weight = b->weight, .like = j->old_count, .of = x->w.accounts};
    char first[ACCOUNT_DATE];

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
        if (!account_event_add(&x->events, x->u.list.items[i]))
            return account_no_memory(e);
    }
    x->r->reason.len = 0;
    buf_format(&x->r->reason,
               "%.*s is used by `%.*s` since %s, after %u days without any such protocol; %u of %u accounts use one.",
               STR_ARG(activities_spelling(x->w.a, ENTITY_ACCOUNT, f->account)),
               STR_ARG(str_first(activities_text(x->w.a, f->c.family), 120)), account_date(f->c.first, first),
               account_days(x->u.first, f->c.first), j->old_accounts, x->w.accounts);
    return account_hand_over(x->r, &h, &x->events, e);
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
                        .consent = behaviour_threshold(b, "consent")};
    struct activity_list accounts;
    bool ok = activities_entities(x->w.a, ACT_ACCOUNT, &accounts, e) &&
              ((x->r->foreign = calloc(1, sizeof *x->r->foreign)) || account_no_memory(e));

    for (uint32_t i = 0; ok && i < accounts.count; i++)
        ok = account_use_read(&x->w, &x->u, accounts.items[i], e) && (x->u.too_large || judge(x, &j, e));
    ok = ok && count_also(&j, e);
    for (uint32_t i = 0; ok && i < j.count; i++)
        ok = tell(x, &j, &j.found[i], e);
    if (ok && x->r->foreign->act_count)
        qsort(x->r->foreign->acts, x->r->foreign->act_count, sizeof *x->r->foreign->acts, by_activity);
    ok = ok && many_accounts(x, &j, e);
    for (uint32_t i = 0; ok && i < j.old_count; i++)
        ok = tell_old(x, &j, &j.old[i], e);
    free(j.found);
    free(j.arrivals);
    free(j.old);
    return ok;
}
