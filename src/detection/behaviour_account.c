/* behaviour_account: the area "accounts": what its files share, and one after another. */
#include "detection/behaviour_account.h"

#include <assert.h>

/* So many activities of an address are looked at to learn whether one account is alone there; nobody is alone at more. */
#define ALONE_LOOKS 4096u

const struct behaviour *account_behaviour(const struct behaviour_run *r, const char *id) {
    const struct behaviour *const b = behaviours_find(r->b, str_of(id));

    assert(b);
    return b;
}

unsigned account_percent(uint64_t part, uint64_t of) {
    return of ? (unsigned)(part * 100 / of) : 0;
}

const char *account_date(int64_t when, char out[DATE_TEXT]) {
    return date_text(when, out).ptr;
}

unsigned account_days(int64_t first, int64_t last) {
    return (unsigned)((last - first) / DAY) + 1;
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

bool behaviour_account(struct behaviour_run *r, struct err *e) {
    const struct behaviour *const b = account_behaviour(r, "foreign-client");
    struct account_area x = {.r = r};
    bool ok = account_world_open(&x.w, r->a, behaviour_threshold(b, "near"), behaviour_threshold(b, "common-least"),
                                 behaviour_threshold(b, "common-share"), e) &&
              account_clients_run(&x, e) && account_sessions_run(&x, e) && account_bulk_run(&x, e) &&
              account_guess_run(&x, e);

    account_use_free(&x.u);
    codes_free(&x.events);
    account_world_close(&x.w);
    return ok;
}
