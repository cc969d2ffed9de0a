/* behaviour_account: the area "accounts": what its files share, and one after another. */
#include "detection/behaviour_account.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* So many activities of an address are looked at to learn whether one account is alone there; nobody is alone at more. */
#define ALONE_LOOKS 4096u

bool account_event_add(struct account_events *l, uint32_t activity) {
    if (l->count == l->room) {
        uint32_t *const bigger = reallocarray(l->items, l->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return false;
        l->items = bigger;
        l->room = l->room * 2 + 64;
    }
    l->items[l->count++] = activity;
    return true;
}

const struct behaviour *account_behaviour(const struct behaviour_run *r, const char *id) {
    const struct behaviour *const b = behaviours_find(r->b, str_of(id));

    assert(b);
    return b;
}

unsigned account_percent(uint64_t part, uint64_t of) {
    return of ? (unsigned)(part * 100 / of) : 0;
}

const char *account_date(int64_t when, char out[ACCOUNT_DATE]) {
    struct wall const w = instant_wall(when);

    snprintf(out, ACCOUNT_DATE, "%04d-%02u-%02u", (int)w.year, w.month, w.day);
    return out;
}

unsigned account_days(int64_t first, int64_t last) {
    return (unsigned)((last - first) / ACCOUNT_DAY) + 1;
}

bool account_alone_at(struct account_world *w, uint32_t address, uint32_t account, bool *alone, struct err *e) {
    struct activity_list list;

    if (!activities_of(w->a, ACT_ADDRESS, address, &list, e))
        return false;
    *alone = list.count <= ALONE_LOOKS;
    for (uint32_t i = 0; *alone && i < list.count; i++) {
        const struct activity *const v = activities_at(w->a, list.items[i]);
        uint32_t const who = activities_account(w->a, v->text[ACT_ACCOUNT]);

        *alone = !who || who == account || v->outcome == OUTCOME_FAILURE;
    }
    return true;
}

bool account_hand_over(struct behaviour_run *r, struct behaviour_hit *h, const struct account_events *l,
                       struct err *e) {
    if (!l->count)
        return true;
    if (r->reason.failed)
        return account_no_memory(e);
    h->reason = buf_str(&r->reason);
    h->events = l->items;
    h->event_count = l->count;
    return r->hit(r->ctx, h, e);
}

bool behaviour_account(struct behaviour_run *r, struct err *e) {
    const struct behaviour *const b = account_behaviour(r, "foreign-client");
    struct account_area x = {.r = r};
    bool ok = account_world_open(&x.w, r->a, behaviour_threshold(b, "near"), behaviour_threshold(b, "common-least"),
                                 behaviour_threshold(b, "common-share"), e) &&
              account_clients_run(&x, e) && account_sessions_run(&x, e) && account_bulk_run(&x, e) &&
              account_guess_run(&x, e);

    account_use_free(&x.u);
    free(x.events.items);
    account_world_close(&x.w);
    return ok;
}
