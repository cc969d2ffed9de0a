/* behaviour_web_flood: requests to a server by the minute, against the busiest minute of all its days before.
 *
 * Requests come in the order of time, but one activity may stand for many within an hour: they are spread over its minutes. So of each server the
 * next 64 minutes are open. */
#include <assert.h>
#include <math.h>

#include "detection/behaviour_web_own.h"

#define TARGETS_MAX 65536u /* servers: names that somebody makes up in requests are without end; the rest are one */
#define OPEN 64            /* minutes; more than the hour of an activity */

struct target {
    uint32_t host;
    int64_t first, now; /* minutes: of the first request; of the first that is open */
    uint32_t requests[OPEN], errors[OPEN];
    uint64_t all, all_errors;   /* of closed minutes without flood */
    uint32_t peak, peak_of_day; /* of days before; of this one */
    int64_t day;
    int64_t from, to; /* of the flood that is not told yet: minutes; from INSTANT_NONE: none */
    uint64_t flood, flood_errors;
    uint32_t most, minutes;
    uint32_t newest; /* its last request: place in the list + 1 */
};

struct floods {
    struct behaviour_run *r;
    struct activities *a;
    const struct behaviour *b;
    struct activity_list list;
    struct code_map by;
    struct target *items;
    size_t count, room;
    uint32_t *before; /* by place in the list: the request before it of the same server, + 1 */
};

static double of(const struct floods *f, const char *name) {
    return behaviour_threshold(f->b, name);
}

static double share(uint64_t part, uint64_t all) {
    return all ? (double)part / (double)all : 0;
}

struct client {
    uint32_t address;
    uint32_t requests;
};

static int by_requests(const void *a, const void *b) {
    const struct client *const x = a, *const y = b;

    if (x->requests != y->requests)
        return x->requests > y->requests ? -1 : 1;
    return (x->address > y->address) - (x->address < y->address);
}

/* The activities of the flood, and who asks how much. */
static bool events_of(struct floods *f, const struct target *t, struct codes *events, struct code_map *clients,
                      struct codes *addresses, struct err *e) {
    for (uint32_t i = t->newest; i; i = f->before[i - 1]) {
        const struct activity *const v = activities_at(f->a, f->list.items[i - 1]);
        uint32_t *requests;

        if (v->when < t->from * MINUTE - HOUR)
            break;
        if (v->when >= (t->to + 1) * MINUTE || v->last < t->from * MINUTE)
            continue;
        if (!codes_add(events, f->list.items[i - 1], e))
            return false;
        if (!(requests = code_map_put(clients, v->text[ACT_ADDRESS])))
            return behaviour_no_memory(e);
        if (!*requests && !codes_add(addresses, v->text[ACT_ADDRESS], e))
            return false;
        *requests += v->count;
    }
    return true;
}

static bool parts_of(struct floods *f, const struct code_map *clients, const struct codes *addresses, uint64_t requests,
                     struct behaviour_hit *h, struct err *e) {
    struct client *const list = calloc(addresses->count + 1, sizeof *list);

    if (!list)
        return behaviour_no_memory(e);
    for (size_t i = 0; i < addresses->count; i++)
        list[i] = (struct client){addresses->items[i], code_map_get(clients, addresses->items[i])};
    qsort(list, addresses->count, sizeof *list, by_requests);
    for (size_t i = 0; i < addresses->count && share(list[i].requests, requests) >= of(f, "source"); i++)
        behaviour_part_add(h, PART_ADDRESS, !activities_own_address(f->a, list[i].address), list[i].address, 0);
    free(list);
    return true;
}

static bool tell(struct floods *f, struct target *t, struct err *e) {
    struct behaviour_hit h = {.behaviour = f->b, .title = S(""), .like = 1, .of = f->count};
    struct codes events = {0}, addresses = {0};
    struct code_map clients = {0};
    struct buf *const b = &f->r->reason;
    double const errors = share(t->flood_errors, t->flood), usual = share(t->all_errors, t->all);
    char day[DATE_TEXT];
    bool ok;

    behaviour_part_add(&h, PART_HOST, false, t->host, 0);
    ok = events_of(f, t, &events, &clients, &addresses, e) && parts_of(f, &clients, &addresses, t->flood, &h, e);
    h.weight = f->b->weight +
               fmin(of(f, "weight-more"), log10(t->most / fmax(of(f, "minute"), of(f, "times") * t->peak))) +
               (errors >= of(f, "errors") && errors >= 3 * usual ? of(f, "weight-errors") : 0);
    b->len = 0;
    buf_format(b,
               "On %.*s %.*s was asked %llu times in %u minute%s by %zu address%s, %u times in the busiest; on no day "
               "before more than %u "
               "times in a minute. %.0f %% were refused or failed, %.0f %% until then.",
               STR_ARG(date_text(t->from * MINUTE, day)),
               STR_ARG(t->host ? host_shown(f->a, t->host) : S("a server that the log does not name")),
               (unsigned long long)t->flood, t->minutes, MANY(t->minutes), addresses.count,
               addresses.count == 1 ? "" : "es", t->most, t->peak, 100 * errors, 100 * usual);
    ok = ok && (!events.count || behaviour_tell(f->r, &h, &events, e));
    codes_free(&events);
    codes_free(&addresses);
    code_map_free(&clients);
    return ok;
}

static bool end_flood(struct floods *f, struct target *t, struct err *e) {
    bool const ok = t->from == INSTANT_NONE || t->minutes < of(f, "minutes") || tell(f, t, e);

    t->from = INSTANT_NONE;
    return ok;
}

static bool close_minute(struct floods *f, struct target *t, struct err *e) {
    uint32_t const n = t->requests[t->now % OPEN], errors = t->errors[t->now % OPEN];
    int64_t const minute = t->now, day = minute / (24 * 60);

    t->requests[minute % OPEN] = t->errors[minute % OPEN] = 0;
    t->now++;
    if (!n)
        return true;
    if (day != t->day) {
        t->peak = t->peak_of_day > t->peak ? t->peak_of_day : t->peak;
        t->peak_of_day = 0;
        t->day = day;
    }
    if (t->from != INSTANT_NONE && minute - t->to > 10 && !end_flood(f, t, e))
        return false;
    if ((double)n >= of(f, "minute") && (double)n >= of(f, "times") * t->peak &&
        (double)(minute - t->first) >= of(f, "settled") * 24 * 60) {
        if (t->from == INSTANT_NONE) {
            t->from = minute;
            t->flood = t->flood_errors = 0;
            t->most = t->minutes = 0;
        }
        t->to = minute;
        t->flood += n;
        t->flood_errors += errors;
        t->most = n > t->most ? n : t->most;
        t->minutes++;
    } else {
        t->peak_of_day = n > t->peak_of_day ? n : t->peak_of_day;
        t->all += n;
        t->all_errors += errors;
    }
    return true;
}

/* Up to a minute, without it. */
static bool close_until(struct floods *f, struct target *t, int64_t minute, struct err *e) {
    for (int i = 0; i < OPEN && t->now < minute; i++)
        if (!close_minute(f, t, e))
            return false;
    if (t->now < minute)
        t->now = minute; /* all that were open are closed */
    return true;
}

static struct target *target_of(struct floods *f, uint32_t host, int64_t minute, struct err *e) {
    uint32_t *const number = code_map_put(&f->by, f->count < TARGETS_MAX || code_map_get(&f->by, host) ? host : 0);

    if (!number) {
        behaviour_no_memory(e);
        return NULL;
    }
    if (!*number) {
        host = f->count < TARGETS_MAX ? host : 0;
        if (f->count == f->room) {
            size_t const room = f->room ? f->room * 2 : 16;
            struct target *const grown = reallocarray(f->items, room, sizeof *grown);

            if (!grown) {
                behaviour_no_memory(e);
                return NULL;
            }
            f->items = grown;
            f->room = room;
        }
        f->items[f->count++] = (struct target){
            .host = host, .first = minute, .now = minute, .day = minute / (24 * 60), .from = INSTANT_NONE};
        *number = (uint32_t)f->count;
    }
    return &f->items[*number - 1];
}

static bool add(struct floods *f, uint32_t at, struct err *e) {
    const struct activity *const v = activities_at(f->a, f->list.items[at]);
    int64_t const minute = unit_of(v->when, MINUTE);
    int64_t last = unit_of(v->last, MINUTE);
    struct target *t;

    if (minute < 0 || !(t = target_of(f, host_of_server(f->a, v), minute, e)))
        return minute < 0;
    if (!close_until(f, t, minute, e))
        return false;
    f->before[at] = t->newest;
    t->newest = at + 1;
    last = last < minute ? minute : last >= minute + OPEN ? minute + OPEN - 1 : last;
    /* Evenly, the rest in the first ones. */
    for (int64_t m = minute, left = v->count, of_minutes = last - minute + 1; m <= last; m++, of_minutes--) {
        uint32_t const here = (uint32_t)((left + of_minutes - 1) / of_minutes);

        t->requests[m % OPEN] += here;
        t->errors[m % OPEN] += v->outcome == OUTCOME_FAILURE ? here : 0;
        left -= here;
    }
    return true;
}

bool web_flood(struct behaviour_run *r, struct err *e) {
    struct floods f = {.r = r, .a = r->a, .b = behaviours_find(r->b, S("request-flood"))};
    bool ok = activities_of_act(f.a, ACT_WEB_REQUEST, &f.list, e);

    assert(f.b);
    if (ok && !(f.before = calloc((size_t)f.list.count + 1, sizeof *f.before)))
        ok = behaviour_no_memory(e);
    for (uint32_t i = 0; ok && i < f.list.count; i++)
        ok = add(&f, i, e);
    for (size_t i = 0; ok && i < f.count; i++)
        ok = close_until(&f, &f.items[i], f.items[i].now + OPEN, e) && end_flood(&f, &f.items[i], e);
    code_map_free(&f.by);
    free(f.items);
    free(f.before);
    return ok;
}
