/* behaviour_export: records exported by accounts that never did, what leaves then, and files of shares read in bulk. */
#include <stdlib.h>

#include "detection/behaviour_reach.h"

/* ---- exports ---- */

#define LOOKED_MAX 512u       /* exports of an account after which it is asked what leaves, */
#define CONNECTIONS_MAX 1024u /* and connections by which much leaves looked at after each */
#define SERVER_LOOK_MAX 100000u

struct codes_of {
    uint32_t *items;
    uint32_t count, room;
};

struct exports {
    const struct behaviour *b;
    struct bundle g;             /* key: account and host */
    struct hours usual;          /* of those who export by order */
    struct codes_of connections; /* of which much leaves the house */
    int64_t begin;               /* of the logs that tell of exports */
    size_t by, like;
};

/* Exports of an account that count as by order: on enough days, by day, since the beginning. */
static bool by_order(const struct reach *r, const struct exports *x, size_t from, size_t to) {
    int64_t const first = activities_at(r->a, x->g.items[from].activity)->when;
    int64_t day = INT64_MIN;
    uint32_t days = 0, nights = 0;

    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(r->a, x->g.items[i].activity);

        days += kit_day(v->when) != day;
        day = kit_day(v->when);
        nights += house_night(&r->house, v->when);
    }
    return days > (uint32_t)behaviour_threshold(x->b, "usual-times") && nights * 2 < to - from &&
           first - x->begin < (int64_t)(behaviour_threshold(x->b, "past") * (double)KIT_DAY);
}

/* Is the export all that the account ever does: the sign-ins to that host before, and nothing else? And since when is anything known of it? */
static bool does_nothing_else(struct reach *r, uint32_t account, uint32_t host, int64_t first_export, bool *only,
                              struct err *e) {
    struct activity_list all;

    *only = false;
    if (!activities_of(r->a, ACT_ACCOUNT, account, &all, e))
        return false;
    for (uint32_t i = 0; i < all.count; i++) {
        const struct activity *const v = activities_at(r->a, all.items[i]);

        if (activities_host(r->a, v->text[ACT_HOST]) != host || (!i && first_export - v->when > KIT_DAY))
            return true;
    }
    *only = all.count > 0;
    return true;
}

/* What leaves the house after exports: which two addresses, and after how many of them. */
struct leaving {
    struct meetings
        pairs; /* client and server; events: exports after which there was a connection; first: the last of them */
    struct bundle found; /* key: client and server */
    size_t exports;
};

static bool leaves(struct reach *r, const struct exports *x, struct leaving *l, int64_t when, struct err *e) {
    bool ok = true;

    l->exports++;
    struct activity_list const list = {x->connections.items, x->connections.count};

    for (uint32_t i = kit_first_at(r->a, &list, when), looked = 0;
         ok && i < x->connections.count && looked < CONNECTIONS_MAX; i++, looked++) {
        const struct activity *const v = activities_at(r->a, x->connections.items[i]);
        struct meeting *m;

        if (v->when - when > (int64_t)(behaviour_threshold(x->b, "out-minutes") * (double)KIT_MINUTE))
            break;
        ok = (m = meetings_at(&l->pairs, v->text[ACT_ADDRESS], v->text[ACT_SERVER])) != NULL || kit_no_memory(e);
        if (!ok)
            break;
        if (!m->events || m->first != (int64_t)l->exports) {
            m->events++;
            m->first = (int64_t)l->exports;
        }
        ok = bundle_add(&l->found, (uint64_t)v->text[ACT_ADDRESS] << 32 | v->text[ACT_SERVER], 0,
                        x->connections.items[i], 0, e);
    }
    return ok;
}

/* Those that follow exports, and are seldom seen without one. */
static bool tell_leaving(struct reach *r, const struct exports *x, struct leaving *l, size_t visits, uint64_t *bytes,
                         uint32_t *to, struct err *e) {
    size_t const least = visits < (size_t)behaviour_threshold(x->b, "out-times")
                             ? visits
                             : (size_t)behaviour_threshold(x->b, "out-times");
    size_t alone = 0;

    bundle_sort(&l->found);
    for (size_t i = 0; i < l->pairs.count; i++)
        alone += l->pairs.items[i].events >= least;
    if (least < 2 && alone > 1)
        return true; /* one export, and several that send something at that time: which one cannot be told */
    for (size_t i = 0, end; i < l->found.count; i = end) {
        uint32_t const client = (uint32_t)(l->found.items[i].key >> 32), server = (uint32_t)l->found.items[i].key;
        const struct meeting *const m = meetings_find(&l->pairs, client, server);
        struct activity_list all;
        size_t acts = 0, after = 0;
        uint32_t host;

        end = bundle_end(&l->found, i);
        if (!m || m->events < least)
            continue;
        if (!activities_of(r->a, ACT_SERVER, server, &all, e))
            return false;
        if (all.count > SERVER_LOOK_MAX) /* everybody's */
            continue;
        for (uint32_t k = 0; k < all.count; k++)
            acts += activities_at(r->a, all.items[k])->text[ACT_ADDRESS] == client;
        for (size_t k = i; k < end; k++)
            after += k == i || l->found.items[k].activity != l->found.items[k - 1].activity;
        if (after * 2 < acts)
            continue;
        for (size_t k = i; k < end; k++) {
            const struct activity *const v = activities_at(r->a, l->found.items[k].activity);

            if (k > i && l->found.items[k].activity == l->found.items[k - 1].activity)
                continue;
            draft_event(&r->draft, l->found.items[k].activity);
            *bytes += v->amount;
        }
        draft_part(&r->draft, PART_ADDRESS, true, server, 0);
        host = activities_host_of(r->a, client, activities_at(r->a, l->found.items[i].activity)->when);
        draft_part(&r->draft, PART_HOST, false, host, 0);
        *to = server;
    }
    return true;
}

static bool export_tell(struct reach *r, struct exports *x, size_t from, size_t to, struct err *e) {
    struct draft *const d = &r->draft;
    uint32_t const account = (uint32_t)x->g.items[from].key, host = (uint32_t)(x->g.items[from].key >> 32);
    const struct activity *const first = activities_at(r->a, x->g.items[from].activity);
    uint32_t nights = 0, left_to = 0, days = 0, several = 0;
    int64_t day = INT64_MIN, last = INT64_MIN, looked = INT64_MIN;
    uint64_t bytes = 0;
    struct leaving leaving = {0};
    struct activity_list all;
    size_t visits = 0;
    bool only, ok, past;
    char a[KIT_DATE], b[KIT_DATE];
    str name;

    draft_begin(d, r->run, "bulk-export");
    past = first->when - x->begin >= (int64_t)(draft_threshold(d, "past") * (double)KIT_DAY);
    ok = does_nothing_else(r, account, host, first->when, &only, e) &&
         activities_of(r->a, ACT_ACCOUNT, account, &all, e);
    only = only && past;
    for (size_t i = from; ok && i < to; i++) {
        const struct activity *const v = activities_at(r->a, x->g.items[i].activity);

        draft_event(d, x->g.items[i].activity);
        nights += house_night(&r->house, v->when) ||
                  (x->usual.total >= 3 && kit_hours_away(&x->usual, v->when, (unsigned)draft_threshold(d, "hours")));
        days += kit_day(v->when) != day;
        day = kit_day(v->when);
        several += last != INT64_MIN && v->when - last < KIT_HOUR;
        last = v->when;
        draft_part(d, PART_HOST, false, kit_source_host(r->a, v), 0);
        if (leaving.exports < LOOKED_MAX && (i == from || v->when - looked >= 10 * KIT_MINUTE)) {
            ok = leaves(r, x, &leaving, v->when, e);
            looked = v->when;
        }
        visits += i == from || v->when - activities_at(r->a, x->g.items[i - 1].activity)->when > KIT_HOUR;
    }
    ok = ok && tell_leaving(r, x, &leaving, visits, &bytes, &left_to, e);
    /* Its sign-ins to the host belong to it, where it does nothing else. */
    for (uint32_t i = 0; ok && only && i < all.count; i++)
        draft_event(d, all.items[i]);
    if (ok) {
        draft_part(d, PART_ACCOUNT, only, account, 0);
        draft_part(d, PART_HOST, false, host, 0);
        d->hit.weight += (nights * 2 >= to - from ? draft_threshold(d, "night") : 0) +
                         (only ? draft_threshold(d, "only") : 0) + (several ? draft_threshold(d, "many") : 0) +
                         (bytes ? draft_threshold(d, "out") : 0) - (past ? 0 : draft_threshold(d, "past-usual"));
        /* What it did before is not known. */
        if (!past && nights * 2 < to - from)
            d->hit.title = S("Many records exported by an account of whose past little is known");
        name = activities_spelling(r->a, ENTITY_ACCOUNT, account);
        buf_format(
            &r->run->reason,
            "%.*s exported %zu time%s on %u day%s (%s to %s), %u of them at hours at which nobody else does; %zu "
            "of %zu who export do so like this%s",
            STR_ARG(name), to - from, MANY(to - from), days, MANY(days), kit_date(first->when, a), kit_date(last, b),
            nights, x->like, x->by, only ? "; the account does nothing else in all the evidence" : "");
        if (bytes)
            buf_format(&r->run->reason, "; %llu bytes then left for %.*s", (unsigned long long)bytes,
                       STR_ARG(activities_text(r->a, left_to)));
        buf_format(&r->run->reason, ": \"%.*s\".",
                   STR_ARG(utf8_first(activities_text(r->a, first->text[ACT_OBJECT]), 80)));
        d->hit.like = x->like;
        d->hit.of = x->by;
        ok = draft_tell(d, e);
    }
    meetings_free(&leaving.pairs);
    bundle_free(&leaving.found);
    return ok;
}

/* Connections by which enough leaves the house, once for all exports. */
static bool large_connections(struct reach *r, struct exports *x, struct err *e) {
    uint64_t const least = (uint64_t)behaviour_threshold(x->b, "out-bytes");
    struct codes_of *const to = &x->connections;
    struct activity_list all;

    if (!activities_of_act(r->a, ACT_CONNECTION, &all, e))
        return false;
    for (uint32_t i = 0; i < all.count; i++) {
        const struct activity *const v = activities_at(r->a, all.items[i]);

        if (v->amount < least || !v->text[ACT_SERVER] || !v->text[ACT_ADDRESS] || reach_own(r, v->text[ACT_SERVER]) ||
            !reach_own(r, v->text[ACT_ADDRESS]))
            continue;
        if (to->count == to->room) {
            uint32_t const room = to->room * 2 + 64;
            uint32_t *const bigger = reallocarray(to->items, room, sizeof *bigger);

            if (!bigger)
                return kit_no_memory(e);
            to->items = bigger;
            to->room = room;
        }
        to->items[to->count++] = all.items[i];
    }
    return true;
}

bool reach_exports(struct reach *r, struct err *e) {
    struct exports x = {.b = behaviours_find(r->run->b, S("bulk-export"))};
    struct activity_list acts;
    bool ok = activities_of_act(r->a, ACT_EXPORT, &acts, e);

    if (!ok || !acts.count)
        return ok;
    ok = large_connections(r, &x, e);
    /* The log begins with its first act of any sort on such a host. */
    x.begin = activities_at(r->a, acts.items[0])->when;
    for (uint32_t i = 0; ok && i < acts.count; i++) {
        const struct activity *const v = activities_at(r->a, acts.items[i]);
        uint32_t const account = activities_account(r->a, v->text[ACT_ACCOUNT]),
                       host = activities_host(r->a, v->text[ACT_HOST]);
        struct activity_list on;

        if (!account || kit_machine_account(activities_text(r->a, v->text[ACT_ACCOUNT])) ||
            v->outcome == OUTCOME_FAILURE)
            continue;
        if (host) {
            ok = activities_of(r->a, ACT_HOST, host, &on, e);
            if (ok && on.count && activities_at(r->a, on.items[0])->when < x.begin)
                x.begin = activities_at(r->a, on.items[0])->when;
        }
        ok = ok && bundle_add(&x.g, (uint64_t)host << 32 | account, 0, acts.items[i], 0, e);
    }
    bundle_sort(&x.g);
    for (size_t i = 0, end; ok && i < x.g.count; i = end) {
        bool const order = by_order(r, &x, i, end = bundle_end(&x.g, i));

        x.by++;
        x.like += !order;
        for (size_t k = i; order && k < end; k++)
            kit_hours_count(&x.usual, activities_at(r->a, x.g.items[k].activity)->when);
    }
    for (size_t i = 0, end; ok && i < x.g.count; i = end) {
        end = bundle_end(&x.g, i);
        if (!by_order(r, &x, i, end))
            ok = export_tell(r, &x, i, end, e);
    }
    bundle_free(&x.g);
    free(x.connections.items);
    return ok;
}

/* ---- files in bulk ---- */

/* How many different files a run of reads has. */
static bool different(const struct reach *r, const struct bundle *g, size_t from, size_t to, size_t *files,
                      struct err *e) {
    struct meetings seen = {0};
    bool ok = true;

    for (size_t i = from; ok && i < to; i++)
        ok = meetings_at(&seen, activities_at(r->a, g->items[i].activity)->text[ACT_OBJECT], 0) != NULL ||
             kit_no_memory(e);
    *files = seen.count;
    meetings_free(&seen);
    return ok;
}

static bool fullest_tell(struct reach *r, const struct bundle *g, size_t from, size_t to, size_t files, size_t other,
                         uint32_t days, size_t of, struct err *e) {
    struct draft *const d = &r->draft;
    uint32_t const account = (uint32_t)g->items[from].key;
    const struct activity *const first = activities_at(r->a, g->items[from].activity);
    struct activity_list all;
    uint32_t nights = 0;
    bool known = false;
    char a[KIT_DATE];
    str name;

    if (!activities_of(r->a, ACT_ACCOUNT, account, &all, e))
        return false;
    draft_begin(d, r->run, "bulk-files");
    for (size_t i = from; i < to; i++) {
        const struct activity *const v = activities_at(r->a, g->items[i].activity);

        nights += house_night(&r->house, v->when);
        draft_event(d, g->items[i].activity);
        draft_part(d, PART_HOST, false, activities_host(r->a, v->text[ACT_HOST]), 0);
        draft_part(d, PART_HOST, false, kit_source_host(r->a, v), 0);
    }
    for (uint32_t i = 0; i < all.count && !known; i++) {
        const struct activity *const v = activities_at(r->a, all.items[i]);

        if (kit_day(v->when) >= kit_day(first->when))
            break;
        known = v->text[ACT_ADDRESS] == first->text[ACT_ADDRESS];
    }
    draft_part(d, PART_ACCOUNT, false, account, 0);
    d->hit.weight += !known || nights * 2 > to - from ? draft_threshold(d, "strange") : 0;
    name = activities_spelling(r->a, ENTITY_ACCOUNT, account);
    buf_format(&r->run->reason, "%.*s read %zu different files on %s, %zu on the fullest of its %u other day%s%s%s.",
               STR_ARG(name), files, kit_date(first->when, a), other, days - 1, MANY(days - 1),
               known ? "" : "; from an address it never used before",
               nights * 2 > to - from ? "; mostly while the house sleeps" : "");
    d->hit.like = 1;
    d->hit.of = of;
    return draft_tell(d, e);
}

static bool files_of(struct reach *r, const struct behaviour *b, const struct bundle *g, size_t from, size_t to,
                     size_t of, struct err *e) {
    size_t most = 0, second = 0, at = from, at_end = from;
    uint32_t days = 0;
    bool ok = true;

    for (size_t i = from, end; ok && i < to; i = end) {
        size_t files = 0;

        end = bundle_sub_end(g, i);
        ok = different(r, g, i, end, &files, e);
        days++;
        if (ok && files > most) {
            second = most;
            most = files;
            at = i;
            at_end = end;
        } else if (ok && files > second) {
            second = files;
        }
    }
    if (!ok || days < (uint32_t)behaviour_threshold(b, "past-days") || most < (size_t)behaviour_threshold(b, "files") ||
        (double)most < behaviour_threshold(b, "times") * (double)second)
        return ok;
    return fullest_tell(r, g, at, at_end, most, second, days, of, e);
}

bool reach_files(struct reach *r, struct err *e) {
    const struct behaviour *const b = behaviours_find(r->run->b, S("bulk-files"));
    struct activity_list acts;
    struct bundle g = {0};
    size_t of = 0;
    bool ok = activities_of_act(r->a, ACT_FILE_READ, &acts, e);

    for (uint32_t i = 0; ok && i < acts.count; i++) {
        const struct activity *const v = activities_at(r->a, acts.items[i]);
        uint32_t const account = activities_account(r->a, v->text[ACT_ACCOUNT]);

        if (v->text[ACT_HOST] && account && v->outcome != OUTCOME_FAILURE &&
            !kit_machine_account(activities_text(r->a, v->text[ACT_ACCOUNT])))
            ok = bundle_add(&g, account, (uint64_t)kit_day(v->when), acts.items[i], 0, e);
    }
    bundle_sort(&g);
    for (size_t i = 0; i < g.count; i = bundle_end(&g, i))
        of++;
    for (size_t i = 0, end; ok && i < g.count; i = end) {
        end = bundle_end(&g, i);
        ok = files_of(r, b, &g, i, end, of, e);
    }
    bundle_free(&g);
    return ok;
}
