/* behaviour_account_guess: tries from one address that fail, over many accounts or on one, and what succeeded afterwards. */
#include <stdlib.h>

#include "detection/behaviour_account.h"

/* One attempt: tries from an address with no long pause. */
struct attempt {
    uint32_t from, to;                            /* of the address's list */
    uint32_t accounts, failures, successes, most; /* most: on one account */
    bool house;                                   /* the address is a way out of the house, or within it */
    bool let_in; /* one that failed was let in afterwards, and had not been there before */
};

struct guessing {
    const struct behaviour *b;
    struct code_map failed;  /* failures by account, of this attempt */
    struct code_map at_home; /* accounts that were let in from here before they failed */
    struct attempt *found;
    uint32_t *addresses; /* of found */
    uint32_t count, room;
    uint64_t judged; /* addresses with any failure */
};

/* Logons within the house are the hosts' business. */
static bool is_try(const struct activity *v, bool house) {
    return (v->act == ACT_SIGN_IN || (v->act == ACT_LOGON && !house)) && v->text[ACT_ACCOUNT];
}

/* Reads on from list[t->from]; NULL memory: false. */
static bool read_attempt(struct account_area *x, struct guessing *g, struct activity_list list, struct attempt *t) {
    double const gap = behaviour_threshold(g->b, "gap") * (double)DAY;
    int64_t last = INT64_MIN;

    code_map_clear(&g->failed);
    for (t->to = t->from; t->to < list.count; t->to++) {
        const struct activity *const v = activities_at(x->w.a, list.items[t->to]);
        uint32_t const account = activities_account(x->w.a, v->text[ACT_ACCOUNT]);
        uint32_t *n;

        if (!is_try(v, t->house))
            continue;
        if (last != INT64_MIN && (double)(v->when - last) > gap)
            break;
        last = v->last;
        if (v->outcome == OUTCOME_FAILURE) {
            if (!(n = code_map_put(&g->failed, account)))
                return false;
            t->accounts += !*n;
            *n += v->count;
            t->failures += v->count;
            t->most = *n > t->most ? *n : t->most;
        } else if (v->outcome == OUTCOME_SUCCESS) {
            t->successes += v->count;
            if (code_map_get(&g->failed, account) && !code_map_get(&g->at_home, account)) {
                t->let_in = true;
            } else {
                if (!(n = code_map_put(&g->at_home, account)))
                    return false;
                *n = 1;
            }
        }
    }
    return true;
}

static bool is_guessing(const struct guessing *g, const struct attempt *t) {
    const struct behaviour *const b = g->b;

    return t->failures >= behaviour_threshold(b, "share") * (t->failures + (double)t->successes) &&
           ((t->accounts >= behaviour_threshold(b, "accounts") && t->failures >= behaviour_threshold(b, "failures")) ||
            t->most >= behaviour_threshold(b, "alone"));
}

static bool judge(struct account_area *x, struct guessing *g, uint32_t address, struct err *e) {
    struct activity_list list;
    bool failed = false;

    if (!activities_of(x->w.a, ACT_ADDRESS, address, &list, e))
        return false;
    code_map_clear(&g->at_home);
    for (uint32_t i = 0; i < list.count;) {
        struct attempt t = {.from = i, .house = activities_own_address(x->w.a, address)};

        if (!read_attempt(x, g, list, &t))
            return behaviour_no_memory(e);
        i = t.to;
        failed |= t.failures > 0;
        if (!is_guessing(g, &t))
            continue;
        if (g->count == g->room) {
            uint32_t const room = g->room * 2 + 16;
            void *items;

            if (!(items = reallocarray(g->found, room, sizeof *g->found)))
                return behaviour_no_memory(e);
            g->found = items;
            if (!(items = reallocarray(g->addresses, room, sizeof *g->addresses)))
                return behaviour_no_memory(e);
            g->addresses = items;
            g->room = room;
        }
        g->found[g->count] = t;
        g->addresses[g->count++] = address;
    }
    g->judged += failed;
    return true;
}

static bool tell(struct account_area *x, struct guessing *g, const struct attempt *t, uint32_t address, struct err *e) {
    struct behaviour_hit h = {
        .behaviour = g->b, .title = S(""), .weight = g->b->weight, .like = g->count, .of = g->judged};
    struct activities *const a = x->w.a;
    struct buf *const reason = &x->r->reason;
    struct activity_list list;
    char date[DATE_TEXT];
    uint32_t let_in = 0;

    if (!activities_of(a, ACT_ADDRESS, address, &list, e))
        return false;
    x->events.count = 0;
    code_map_clear(&g->failed);
    behaviour_part_add(&h, PART_ADDRESS, !t->house, address, 0);
    for (uint32_t i = t->from; i < t->to; i++) {
        const struct activity *const v = activities_at(a, list.items[i]);
        uint32_t const account = activities_account(a, v->text[ACT_ACCOUNT]);
        bool const failure = v->outcome == OUTCOME_FAILURE;
        uint32_t *n;

        if (!is_try(v, t->house))
            continue;
        if (!(n = code_map_put(&g->failed, account)))
            return behaviour_no_memory(e);
        *n += failure;
        if (!failure && (!*n || v->outcome != OUTCOME_SUCCESS || !t->let_in))
            continue;
        if (!failure) {
            let_in = let_in ? let_in : account;
            behaviour_part_add(&h, PART_ACCOUNT, false, account, 0);
        }
        if (!codes_add(&x->events, list.items[i], e))
            return false;
    }
    if (!x->events.count)
        return true;
    if (let_in)
        h.weight += behaviour_threshold(g->b, "success-more");
    if (t->house)
        h.weight *= behaviour_threshold(g->b, "house-part");
    reason->len = 0;
    buf_format(reason, "From %.*s %u tries on %u account%s fail since %s", STR_ARG(activities_text(a, address)),
               t->failures, t->accounts, MANY(t->accounts),
               account_date(activities_at(a, x->events.items[0])->when, date));
    if (let_in)
        buf_format(reason, "; then %.*s is let in.", STR_ARG(activities_spelling(a, ENTITY_ACCOUNT, let_in)));
    else
        buf_add(reason, S("; none of them is let in."));
    return behaviour_tell(x->r, &h, &x->events, e);
}

bool account_guess_run(struct account_area *x, struct err *e) {
    struct guessing g = {.b = account_behaviour(x->r, "guessing")};
    struct activity_list addresses;
    bool ok = activities_entities(x->w.a, ACT_ADDRESS, &addresses, e);

    for (uint32_t i = 0; ok && i < addresses.count; i++)
        ok = judge(x, &g, addresses.items[i], e);
    for (uint32_t i = 0; ok && i < g.count; i++)
        ok = tell(x, &g, &g.found[i], g.addresses[i], e);
    code_map_free(&g.failed);
    code_map_free(&g.at_home);
    free(g.found);
    free(g.addresses);
    return ok;
}
