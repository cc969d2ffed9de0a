/* correlation_chain: temporal_ordered. For each number of rules and each place, the latest start of a chain of so many
 * rules that ends with that place: what a window needs to know, however many events it has. */
#include "detection/correlation_own.h"

/* An event of the present instant. */
struct server {
    uint32_t from, count; /* into chain.positions: the places it serves */
    uint32_t taken;       /* which of them it has; UINT32_MAX: none */
    bool tried;
};

struct chain {
    size_t rules;
    /* latest[c * rules + p]: the latest start of a chain of c + 1 rules that ends with place p, or INSTANT_NONE */
    int64_t *latest, *before;
    struct server *servers;
    uint32_t *positions;
    size_t server_count, server_room, position_count, position_room;
    uint32_t *served; /* by place: servers that were kept for it */
};

bool chain_new(struct chain **out, size_t rules, struct err *e) {
    struct chain *const h = calloc(1, sizeof *h);

    if (!h)
        return correlation_no_memory(e);
    h->rules = rules;
    h->latest = calloc(rules * rules + 1, sizeof *h->latest);
    h->before = calloc(rules * rules + 1, sizeof *h->before);
    h->served = calloc(rules + 1, sizeof *h->served);
    if (!h->latest || !h->before || !h->served) {
        chain_free(h);
        return correlation_no_memory(e);
    }
    chain_reset(h);
    *out = h;
    return true;
}

void chain_free(struct chain *h) {
    if (!h)
        return;
    free(h->latest);
    free(h->before);
    free(h->served);
    free(h->servers);
    free(h->positions);
    free(h);
}

static void instant_forget(struct chain *h) {
    h->server_count = h->position_count = 0;
    memset(h->served, 0, h->rules * sizeof *h->served);
}

void chain_reset(struct chain *h) {
    for (size_t i = 0; i < h->rules * h->rules; i++)
        h->latest[i] = INSTANT_NONE;
    instant_forget(h);
}

static bool grow(void **items, size_t count, size_t more, size_t *room, size_t size, struct err *e) {
    void *bigger;

    if (count + more <= *room)
        return true;
    if (!(bigger = reallocarray(*items, (count + more) * 2, size)))
        return correlation_no_memory(e);
    *items = bigger;
    *room = (count + more) * 2;
    return true;
}

/* Of a place as many events are kept as there are rules; one more changes nothing: a chain that had it for this place
 * uses fewer than these for others, so one of them is free to stand in. */
bool chain_add(struct chain *h, str positions, struct err *e) {
    size_t const count = positions.len / sizeof(uint32_t);
    uint32_t *to;
    bool wanted = false;

    if (!grow((void **)&h->positions, h->position_count, count, &h->position_room, sizeof *h->positions, e) ||
        !grow((void **)&h->servers, h->server_count, 1, &h->server_room, sizeof *h->servers, e))
        return false;
    to = h->positions + h->position_count;
    memcpy(to, positions.ptr, count * sizeof *to);
    for (size_t i = 0; i < count; i++)
        wanted |= h->served[to[i]] < h->rules;
    if (!wanted)
        return true;
    for (size_t i = 0; i < count; i++)
        h->served[to[i]]++;
    h->servers[h->server_count++] = (struct server){.from = (uint32_t)h->position_count, .count = (uint32_t)count};
    h->position_count += count;
    return true;
}

/* Kuhn's augmenting path: an event of the instant for a place. */
static bool path(struct chain *h, uint32_t place) {
    for (size_t i = 0; i < h->server_count; i++) {
        struct server *const s = &h->servers[i];
        bool serves = false;

        for (uint32_t k = 0; k < s->count && !serves; k++)
            serves = h->positions[s->from + k] == place;
        if (!serves || s->tried)
            continue;
        s->tried = true;
        if (s->taken == UINT32_MAX || path(h, s->taken)) {
            s->taken = place;
            return true;
        }
    }
    return false;
}

static bool seat(struct chain *h, size_t place) {
    for (size_t i = 0; i < h->server_count; i++)
        h->servers[i].tried = false;
    return h->served[place] && path(h, (uint32_t)place);
}

/* Events of one instant may stand in any order, each for one place of a chain (9.3). Of the places p to q as many as
 * possible get events of their own, q among them: every smaller number of them is possible too. */
static void instant_end(struct chain *h, int64_t when) {
    size_t const n = h->rules;

    memcpy(h->before, h->latest, n * n * sizeof *h->latest);
    for (size_t q = 0; q < n; q++) {
        size_t seated = 1;

        for (size_t i = 0; i < h->server_count; i++)
            h->servers[i].taken = UINT32_MAX;
        if (!seat(h, q))
            continue;
        for (size_t p = q + 1; p-- > 0;) { /* places p to q may be of this instant; the chain before ends below p */
            if (p < q)
                seated += seat(h, p);
            for (size_t k = 1; k <= seated; k++) {
                int64_t *const alone = &h->latest[(k - 1) * n + q];

                if (*alone < when)
                    *alone = when; /* begins at this instant */
                for (size_t c = 1; p > 0 && c + k <= n; c++) {
                    int64_t const start = h->before[(c - 1) * n + p - 1];
                    int64_t *const longer = &h->latest[(c + k - 1) * n + q];

                    if (start > *longer) /* none is below every time */
                        *longer = start;
                }
            }
        }
    }
    instant_forget(h);
}

uint64_t chain_instant(struct chain *h, int64_t when, int64_t since) {
    size_t const n = h->rules;

    instant_end(h, when);
    for (size_t c = n; c-- > 0;)
        for (size_t p = 0; p < n; p++)
            if (h->latest[c * n + p] != INSTANT_NONE && h->latest[c * n + p] >= since)
                return c + 1;
    return 0;
}
