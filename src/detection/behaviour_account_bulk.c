/* behaviour_account_bulk: months in which an account read far more than in its others. */
#include <math.h>
#include <stdlib.h>

#include "base/instant.h"
#include "detection/behaviour_account.h"

enum what { MAIL, FILES, WHATS };
static const char *const nouns[WHATS] = {"messages", "files"};

/* What an account read in a month; by one of its clients, or (client 0) by all. */
struct heap {
    uint32_t month, client; /* month: years * 12 + months */
    enum what what;
    uint64_t amount;
};
struct heaps {
    struct heap *items;
    uint32_t count, room;
    struct code_map by; /* index + 1 */
};
struct reading {
    struct heaps all, by_client;
    uint64_t *sorted;
    uint32_t sorted_room;
};

static bool read_what(const struct activity *v, enum what *what) {
    if (v->outcome == OUTCOME_FAILURE)
        return false;
    *what = v->act == ACT_FILE_READ ? FILES : MAIL;
    return v->act == ACT_FILE_READ || v->act == ACT_MAIL_READ || v->act == ACT_MAIL_SYNC;
}

static uint32_t month_of(int64_t when) {
    struct wall const w = instant_wall(when);

    return (uint32_t)w.year * 12 + w.month - 1u;
}

static bool heap_add(struct heaps *s, uint32_t month, uint32_t client, enum what what, uint64_t amount) {
    uint32_t *const known = code_map_put(&s->by, code_pair(month * WHATS + what, client));

    if (!known)
        return false;
    if (!*known) {
        if (s->count == s->room) {
            struct heap *const bigger = reallocarray(s->items, s->room * 2 + 64, sizeof *bigger);

            if (!bigger)
                return false;
            s->items = bigger;
            s->room = s->room * 2 + 64;
        }
        s->items[s->count++] = (struct heap){month, client, what, 0};
        *known = s->count;
    }
    s->items[*known - 1].amount += amount;
    return true;
}

static int by_amount(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The median of the months but this one in which anything of that sort was read, and how many there are. */
static bool median_of(struct reading *s, const struct heap *h, double *median, uint32_t *months) {
    if (s->sorted_room < s->all.count) {
        uint64_t *const bigger = reallocarray(s->sorted, s->all.count, sizeof *bigger);

        if (!bigger)
            return false;
        s->sorted = bigger;
        s->sorted_room = s->all.count;
    }
    *months = 0;
    for (uint32_t i = 0; i < s->all.count; i++)
        if (s->all.items[i].what == h->what && s->all.items[i].month != h->month)
            s->sorted[(*months)++] = s->all.items[i].amount;
    if (*months)
        qsort(s->sorted, *months, sizeof *s->sorted, by_amount);
    *median = !*months      ? 0
              : *months % 2 ? (double)s->sorted[*months / 2]
                            : ((double)s->sorted[*months / 2] + (double)s->sorted[*months / 2 - 1]) / 2;
    return true;
}

static bool tell(struct account_area *x, const struct reading *s, const struct heap *h, double median, uint64_t months,
                 struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "bulk-reading");
    struct behaviour_hit hit = {.behaviour = b, .title = S(""), .weight = b->weight, .like = 1, .of = months};
    uint32_t client = 0;

    for (uint32_t i = 0; i < s->by_client.count; i++) {
        const struct heap *const c = &s->by_client.items[i];

        if (c->what == h->what && c->month == h->month &&
            (double)c->amount >= behaviour_threshold(b, "one-client") * (double)h->amount)
            client = c->client;
    }
    behaviour_part_add(&hit, PART_ACCOUNT, false, x->u.account, 0);
    x->events.count = 0;
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        enum what what;

        if (!read_what(v, &what) || what != h->what || month_of(v->when) != h->month ||
            (client && account_client_of(&x->w, &x->u, v) != client))
            continue;
        if (client)
            behaviour_part_add(&hit, PART_CLIENT, false, x->u.account,
                               activities_program(x->w.a, v->text[ACT_PROGRAM]));
        if (!codes_add(&x->events, x->u.list.items[i], e))
            return false;
    }
    x->r->reason.len = 0;
    buf_format(&x->r->reason, "%.*s read %llu %s in %04u-%02u; the median of its %u other months is %.0f.",
               STR_ARG(activities_spelling(x->w.a, ENTITY_ACCOUNT, x->u.account)), (unsigned long long)h->amount,
               nouns[h->what], h->month / 12, h->month % 12 + 1, (unsigned)months, median);
    return behaviour_tell(x->r, &hit, &x->events, e);
}

static void heaps_clear(struct heaps *s) {
    s->count = 0;
    code_map_clear(&s->by);
}

static void heaps_free(struct heaps *s) {
    code_map_free(&s->by);
    free(s->items);
}

static bool one(struct account_area *x, struct reading *s, struct err *e) {
    const struct behaviour *const b = account_behaviour(x->r, "bulk-reading");

    heaps_clear(&s->all);
    heaps_clear(&s->by_client);
    for (uint32_t i = 0; i < x->u.list.count; i++) {
        const struct activity *const v = activities_at(x->w.a, x->u.list.items[i]);
        uint64_t const amount = v->items > v->count ? v->items : v->count;
        enum what what;
        uint32_t client;

        if (!read_what(v, &what))
            continue;
        client = account_client_of(&x->w, &x->u, v);
        if (!heap_add(&s->all, month_of(v->when), 0, what, amount) ||
            (client && !heap_add(&s->by_client, month_of(v->when), client, what, amount)))
            return behaviour_no_memory(e);
    }
    for (uint32_t i = 0; i < s->all.count; i++) {
        const struct heap *const h = &s->all.items[i];
        uint32_t months;
        double median;

        if ((double)h->amount < behaviour_threshold(b, "least"))
            continue;
        if (!median_of(s, h, &median, &months))
            return behaviour_no_memory(e);
        if (months >= behaviour_threshold(b, "months") &&
            (double)h->amount >= behaviour_threshold(b, "times") * median && !tell(x, s, h, median, months, e))
            return false;
    }
    return true;
}

bool account_bulk_run(struct account_area *x, struct err *e) {
    struct reading s = {0};
    struct activity_list accounts;
    bool ok = activities_entities(x->w.a, ACT_ACCOUNT, &accounts, e);

    for (uint32_t i = 0; ok && i < accounts.count; i++)
        ok = account_use_read(&x->w, &x->u, accounts.items[i], e) && (x->u.too_large || one(x, &s, e));
    heaps_free(&s.all);
    heaps_free(&s.by_client);
    free(s.sorted);
    return ok;
}
