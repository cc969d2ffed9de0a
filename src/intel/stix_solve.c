/* stix_solve: patterns over many observations, exactly, by choosing bounds in time first and sightings last.
 *
 * Every condition on time can be said with a bound that is shared: `A FOLLOWEDBY B` holds when there is a T with all of A at or before and
 * all of B at or after it; `A WITHIN x` when there is an s with all of A in [s, s + x). Once the bounds are chosen, every bracket has a window,
 * and fits each of its sightings whose interval meets it: intervals on a line that meet pairwise have a moment in common, so the windows of
 * all the parts a bracket stands in can be cut into one. What is left is to give each bracket as many sightings as it asks for and no
 * sighting away more often than it was seen: a flow.
 *
 * Bounds need not be tried everywhere. If some T does, the latest of the earliest possible moments of A's sightings does: move all of A to
 * no later than that. If some s does, the earliest of the last possible moments of A's sightings does: move all of A to no earlier than that
 * (such moves keep the order and no distance grows, so that what is nested stays true). So candidates are ends of intervals, cut to the
 * windows around and to START STOP, which is fixed and goes into the intervals from the beginning.
 *
 * Left out before it costs: parts that have too few sightings in their window; of parts repeated, all orders but one; later bounds for the
 * left side of FOLLOWEDBY where it is one bracket whose sightings nobody else wants. What still costs too much is given up. */
#include "intel/stix_solve.h"

#include <assert.h>

#include "base/instant.h"

#define ALWAYS_FROM INT64_MIN
#define ALWAYS_TO INT64_MAX
#define SCRATCH_BYTES ((size_t)64 << 20)
#define EDGES_MAX ((size_t)500000)     /* of a flow: they fit there */
#define MOMENTS_MAX ((size_t)16 << 20) /* of all bounds together */

struct item {
    int64_t first, last; /* cut to START STOP */
    uint32_t sighting, number;
};

struct leaf {
    int64_t from, to;     /* START STOP around it */
    struct item *items;   /* with time, by first */
    int64_t *lasts;       /* of the items, sorted */
    uint64_t *first_sums; /* numbers of items[0] to items[i - 1] */
    uint64_t *last_sums;  /* the same by last */
    struct item *timeless;
    size_t count, timeless_count;
    uint64_t timeless_sum;
    uint64_t longest; /* last - first */
    bool seen;        /* of apart() */
    bool isolated;    /* none of its sightings fits another bracket */
};

enum how { LEAF, ALL, ANY, THEN, WITHIN };

/* The pattern without START STOP, and with REPEATS as a number at what is repeated. */
struct node {
    enum how how;
    struct node *first, *next;
    uint64_t times;
    uint64_t within;
    uint32_t bracket;
    bool single, copied; /* it always takes one sighting; it stands in something that is repeated */
    int64_t *moments;    /* WITHIN: candidates for the begin; a part of THEN: for the end */
    size_t moment_count;
};

/* To be done, `times` times in the window, then the next:
 *   ONE     x, which may itself be repeated
 *   ALL     x and its siblings, each
 *   ANY     x or one of its siblings, each time perhaps another
 *   THEN    x and its siblings, one after the other
 *   COPIES  x, a WITHIN or THEN, its own times counted already */
enum mode { MODE_ONE, MODE_ALL, MODE_ANY, MODE_THEN, MODE_COPIES };
struct goal {
    enum mode mode;
    const struct node *x;
    uint64_t times;
    int64_t from, to, floor; /* floor: begins and ends that were tried before */
    const struct goal *next;
};

struct group {
    uint32_t bracket;
    int64_t from, to;
    uint64_t times;
};

struct solver {
    struct leaf *leaves;
    uint32_t leaf_count;
    struct group *groups;
    size_t group_count, group_room;
    const struct stix_sighting *sightings;
    size_t sighting_count;
    uint64_t work;
    size_t moments; /* kept */
    unsigned depth;
    bool failed;               /* e is set */
    struct arena *a, *scratch; /* scratch: for one flow */
    struct stix_solution *out;
    struct err *e;
};

static const char too_many[] = "too many sightings to tell whether they make the pattern true";

static bool give_up(struct solver *s, enum err_code code, const char *why) {
    if (!s->failed)
        err_set(s->e, code, 0, "%s", why);
    s->failed = true;
    return false;
}

static bool spend(struct solver *s, uint64_t steps) {
    if (s->failed || steps > s->work)
        return give_up(s, ERR_LIMIT, too_many);
    s->work -= steps;
    return true;
}

static void *take(struct solver *s, struct arena *a, size_t count, size_t size) {
    void *const m = arena_zero(a, count, size);

    if (!m)
        give_up(s, ERR_MEMORY, "no memory to put sightings together");
    return m;
}

static void *keep(struct solver *s, size_t count, size_t size) {
    return take(s, s->a, count, size);
}

static void *borrow(struct solver *s, size_t count, size_t size) {
    return take(s, s->scratch, count, size);
}

/* ---- counting ---- */

/* How many of the sorted are below x. */
static size_t below(const int64_t *sorted, size_t count, int64_t x) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of the items begin before x, or then. */
static size_t items_to(const struct leaf *l, int64_t x) {
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (l->items[middle].first <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool always(int64_t from, int64_t to) {
    return from == ALWAYS_FROM && to == ALWAYS_TO;
}

/* Sightings of the bracket that meet the window, by number: all that begin before its end but those that end before its begin. */
static uint64_t available(const struct leaf *l, int64_t from, int64_t to) {
    if (from > to)
        return 0;
    return l->first_sums[items_to(l, to)] - l->last_sums[below(l->lasts, l->count, from)] +
           (always(from, to) ? l->timeless_sum : 0);
}

/* Might it be? A no is sure. */
static bool may(struct solver *s, const struct node *x, uint64_t times, int64_t from, int64_t to) {
    uint64_t const all = __builtin_mul_overflow(times, x->times, &(uint64_t){0}) ? UINT64_MAX : times * x->times;
    bool any = false;

    if (!spend(s, 1))
        return false;
    if (x->how == LEAF)
        return available(&s->leaves[x->bracket], from, to) >= all;
    for (const struct node *c = x->first; c; c = c->next) {
        bool const yes = may(s, c, x->how == ANY ? 1 : all, from, to);

        if (!yes && x->how != ANY)
            return false;
        any = any || yes;
        if (any && x->how == ANY)
            return true;
    }
    return any;
}

/* ---- the flow ---- */

struct edge {
    uint32_t group, place; /* of the sighting in `places` */
    uint64_t flow;
};

struct flow {
    struct edge *edges;
    size_t count;
    size_t *group_edges; /* edges of group g: from group_edges[g] to group_edges[g + 1] */
    size_t *place_edges; /* places_of[place_edges[p]] to the next: numbers of edges */
    size_t *places_of;
    uint32_t *places; /* sightings */
    uint64_t *left;   /* of each place */
    size_t place_count;
    size_t *via_place, *via_group; /* edges by which they were reached, plus one */
    uint32_t *queue;               /* of groups */
};

/* Calls for every sighting of the group, until `max` were called. */
static size_t each_fit(struct solver *s, const struct group *g, uint64_t max, uint32_t *out) {
    const struct leaf *const l = &s->leaves[g->bracket];
    int64_t const reach =
        l->longest >= (uint64_t)INT64_MAX ? ALWAYS_FROM : instant_moved(g->from, -(int64_t)l->longest - 1);
    size_t used = 0;

    for (size_t i = g->from == ALWAYS_FROM ? 0 : items_to(l, reach);
         i < l->count && l->items[i].first <= g->to && used < max; i++) {
        if (!spend(s, 1))
            return used;
        if (l->items[i].last < g->from)
            continue;
        if (out)
            out[used] = l->items[i].sighting;
        used++;
    }
    for (size_t i = 0; always(g->from, g->to) && i < l->timeless_count && used < max; i++) {
        if (out)
            out[used] = l->timeless[i].sighting;
        used++;
    }
    return used;
}

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static size_t place_of(const struct flow *f, uint32_t sighting) {
    const uint32_t *const at = bsearch(&sighting, f->places, f->place_count, sizeof *f->places, by_number);

    assert(at);
    return (size_t)(at - f->places);
}

/* A group needs no more than `demand` sightings to choose from: whoever finds all of so many taken by others cannot be. */
static bool flow_make(struct solver *s, uint64_t demand, struct flow *f) {
    size_t *counts, used = 0, at = 0;

    f->group_edges = borrow(s, s->group_count + 1, sizeof *f->group_edges);
    if (!f->group_edges)
        return false;
    for (size_t g = 0; g < s->group_count; g++) {
        f->group_edges[g] = f->count;
        f->count += each_fit(s, &s->groups[g], demand, NULL);
    }
    f->group_edges[s->group_count] = f->count;
    if (f->count > EDGES_MAX)
        return give_up(s, ERR_LIMIT, too_many);
    f->edges = borrow(s, f->count, sizeof *f->edges);
    f->places = borrow(s, f->count, sizeof *f->places);
    f->places_of = borrow(s, f->count, sizeof *f->places_of);
    if (s->failed || !spend(s, f->count * 8))
        return false;
    for (size_t g = 0; g < s->group_count; g++)
        used += each_fit(s, &s->groups[g], demand, f->places + used);
    if (s->failed)
        return false;
    assert(used == f->count);
    for (size_t g = 0; g < s->group_count; g++)
        for (; at < f->group_edges[g + 1]; at++)
            f->edges[at] = (struct edge){(uint32_t)g, f->places[at], 0};
    if (f->count)
        qsort(f->places, f->count, sizeof *f->places, by_number);
    for (size_t i = 0; i < f->count; i++)
        if (i == 0 || f->places[i] != f->places[i - 1])
            f->places[f->place_count++] = f->places[i];
    f->place_edges = borrow(s, f->place_count + 1, sizeof *f->place_edges);
    f->left = borrow(s, f->place_count, sizeof *f->left);
    counts = borrow(s, f->place_count, sizeof *counts);
    f->via_place = borrow(s, f->place_count, sizeof *f->via_place);
    f->via_group = borrow(s, s->group_count, sizeof *f->via_group);
    f->queue = borrow(s, s->group_count, sizeof *f->queue);
    if (s->failed)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        f->edges[i].place = (uint32_t)place_of(f, f->edges[i].place);
        f->place_edges[f->edges[i].place + 1]++;
    }
    for (size_t p = 0; p < f->place_count; p++) {
        f->place_edges[p + 1] += f->place_edges[p];
        f->left[p] = s->sightings[f->places[p]].number;
    }
    for (size_t i = 0; i < f->count; i++) {
        uint32_t const p = f->edges[i].place;

        f->places_of[f->place_edges[p] + counts[p]++] = i;
    }
    return true;
}

/* Gives the group `need` more: along the shortest way over sightings that others give back in exchange for some of theirs. */
static bool flow_more(struct solver *s, struct flow *f, uint32_t group, uint64_t *need) {
    size_t *const via_place = f->via_place, *const via_group = f->via_group;
    uint32_t *const queue = f->queue;
    size_t head = 0, tail = 0;

    if (!spend(s, f->place_count / 8 + s->group_count / 8))
        return false;
    memset(via_place, 0, f->place_count * sizeof *via_place);
    memset(via_group, 0, s->group_count * sizeof *via_group);
    queue[tail++] = group;
    via_group[group] = SIZE_MAX;
    while (head < tail) {
        uint32_t const g = queue[head++];

        for (size_t i = f->group_edges[g]; i < f->group_edges[g + 1]; i++) {
            uint32_t const p = f->edges[i].place;

            if (!spend(s, 1))
                return false;
            if (via_place[p])
                continue;
            via_place[p] = i + 1;
            if (f->left[p]) {
                uint64_t amount = f->left[p] < *need ? f->left[p] : *need;

                /* Back along the way: least of what is given back, then the changes. */
                for (uint32_t at = g; at != group;
                     at = f->edges[via_place[f->edges[via_group[at] - 1].place] - 1].group)
                    amount = f->edges[via_group[at] - 1].flow < amount ? f->edges[via_group[at] - 1].flow : amount;
                f->left[p] -= amount;
                f->edges[i].flow += amount;
                for (uint32_t at = g; at != group;) {
                    struct edge *const given = &f->edges[via_group[at] - 1];
                    struct edge *const taken = &f->edges[via_place[given->place] - 1];

                    given->flow -= amount;
                    taken->flow += amount;
                    at = taken->group;
                }
                *need -= amount;
                return true;
            }
            for (size_t k = f->place_edges[p]; k < f->place_edges[p + 1]; k++) {
                const struct edge *const other = &f->edges[f->places_of[k]];

                if (!spend(s, 1))
                    return false;
                if (!other->flow || via_group[other->group])
                    continue;
                via_group[other->group] = f->places_of[k] + 1;
                queue[tail++] = other->group;
            }
        }
    }
    return false;
}

static int by_hit(const void *a, const void *b) {
    const struct stix_hit *const x = a, *const y = b;

    return x->bracket != y->bracket ? (x->bracket < y->bracket ? -1 : 1)
                                    : (x->sighting > y->sighting) - (x->sighting < y->sighting);
}

static bool solution_made(struct solver *s, struct stix_hit *hits, size_t count) {
    struct stix_hit *all;
    size_t kept = 0;

    if (count)
        qsort(hits, count, sizeof *hits, by_hit);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || by_hit(&hits[i], &hits[i - 1]) != 0)
            hits[kept++] = hits[i];
    if (!(all = keep(s, kept, sizeof *all)))
        return false;
    if (kept)
        memcpy(all, hits, kept * sizeof *all);
    *s->out = (struct stix_solution){true, all, kept};
    return true;
}

/* Each group has sightings of its own, and enough. */
static bool solved_apart(struct solver *s) {
    size_t room = 0, used = 0;
    struct stix_hit *hits;
    uint32_t *list;

    for (size_t g = 0; g < s->group_count; g++)
        room += each_fit(s, &s->groups[g], s->groups[g].times, NULL);
    hits = borrow(s, room, sizeof *hits);
    list = borrow(s, room, sizeof *list);
    for (size_t g = 0; !s->failed && g < s->group_count; g++) {
        size_t const count = each_fit(s, &s->groups[g], s->groups[g].times, list);
        uint64_t have = 0;

        for (size_t i = 0; i < count && have < s->groups[g].times; i++) {
            have += s->sightings[list[i]].number;
            hits[used++] = (struct stix_hit){s->groups[g].bracket, list[i]};
        }
        assert(s->failed || have >= s->groups[g].times);
    }
    return !s->failed && solution_made(s, hits, used);
}

/* Does no group want what another might need? Then that each has enough is all there is to know. */
static bool apart(const struct solver *s) {
    for (size_t g = 0; g < s->group_count; g++)
        s->leaves[s->groups[g].bracket].seen = false;
    for (size_t g = 0; g < s->group_count; g++) {
        struct leaf *const l = &s->leaves[s->groups[g].bracket];

        if (l->seen || (!l->isolated && s->group_count > 1))
            return false;
        l->seen = true;
    }
    return true;
}

/* Can all groups have what they want? *f: how, unless they are apart. */
static bool fits(struct solver *s, struct flow *f) {
    uint64_t demand = 0;

    if (!spend(s, 1 + s->group_count))
        return false;
    arena_reset(s->scratch);
    if (apart(s))
        return true;
    for (size_t g = 0; g < s->group_count; g++)
        demand += s->groups[g].times; /* each at most the numbers of all its sightings: no overflow */
    if (!flow_make(s, demand, f))
        return false;
    for (size_t g = 0; g < s->group_count; g++)
        for (uint64_t need = s->groups[g].times; need;)
            if (!flow_more(s, f, (uint32_t)g, &need))
                return false;
    return true;
}

/* All bounds are chosen. */
static bool solved(struct solver *s) {
    struct flow f = {0};
    struct stix_hit *hits;
    size_t used = 0;

    if (!fits(s, &f))
        return false;
    if (!f.edges)
        return solved_apart(s);
    if (!(hits = borrow(s, f.count, sizeof *hits)))
        return false;
    for (size_t i = 0; i < f.count; i++)
        if (f.edges[i].flow)
            hits[used++] = (struct stix_hit){s->groups[f.edges[i].group].bracket, f.places[f.edges[i].place]};
    return solution_made(s, hits, used);
}

/* ---- the search ---- */

/* Of one bracket's groups, those whose windows lie in [from, to], together. */
static uint64_t wanted_within(const struct solver *s, uint32_t bracket, int64_t from, int64_t to) {
    uint64_t sum = 0;

    for (size_t g = 0; g < s->group_count; g++)
        if (s->groups[g].bracket == bracket && s->groups[g].from >= from && s->groups[g].to <= to)
            sum += s->groups[g].times;
    return sum;
}

/* False: there are too few sightings for it, or for what it makes of the groups so far. */
static bool group_add(struct solver *s, const struct node *x, uint64_t times, int64_t from, int64_t to) {
    const struct leaf *const l = &s->leaves[x->bracket];
    uint64_t all;

    if (__builtin_mul_overflow(times, x->times, &all) || available(l, from, to) < all || !spend(s, 1))
        return false;
    if (s->group_count == s->group_room)
        return give_up(s, ERR_LIMIT, "too many parts to put together");
    s->groups[s->group_count++] = (struct group){x->bracket, from, to, all};
    if (!x->copied)
        return true;
    if (!spend(s, s->group_count))
        return false;
    for (size_t g = 0; g < s->group_count; g++) {
        const struct group *const outer = &s->groups[g];

        if (outer->bracket != x->bracket || outer->from > from || outer->to < to)
            continue;
        if (!spend(s, s->group_count))
            return false;
        if (available(l, outer->from, outer->to) < wanted_within(s, x->bracket, outer->from, outer->to))
            return false;
    }
    return true;
}

static bool solve(struct solver *s, const struct goal *g);

/* Bounds for x in the window, in order: *at counts through them. Moments are cut to the window: of those beyond its far side one is left. */
static bool next_moment(const struct node *x, size_t *at, int64_t from, int64_t to, bool begins, int64_t *out) {
    if (*at > x->moment_count)
        return false;
    if (begins) { /* WITHIN: last moments, cut to `to` */
        if (*at < x->moment_count && x->moments[*at] < to) {
            *out = x->moments[(*at)++];
            return true;
        }
        *out = to; /* whatever ends later */
        bool const any = *at < x->moment_count;
        *at = x->moment_count + 1;
        return any;
    }
    while (*at < x->moment_count && x->moments[*at] <= from) /* the left side of THEN: first moments, cut to `from` */
        if (++*at == x->moment_count || x->moments[*at] > from) {
            *out = from;
            return true;
        }
    if (*at < x->moment_count && x->moments[*at] <= to) {
        *out = x->moments[(*at)++];
        return true;
    }
    return false;
}

static bool solve_within(struct solver *s, const struct goal *g) {
    const struct node *const x = g->x;
    int64_t const from = g->from > g->floor ? g->from : g->floor;
    size_t at = below(x->moments, x->moment_count, from);
    int64_t begin;

    while (next_moment(x, &at, from, g->to, true, &begin)) {
        int64_t const end =
            instant_moved(begin, x->within > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)(x->within - 1));
        int64_t const to = end < g->to ? end : g->to;
        struct goal const again = {MODE_COPIES, x, g->times - 1, g->from, g->to, begin, g->next};
        struct goal const inner = {MODE_ONE, x->first, 1, begin, to, ALWAYS_FROM, g->times > 1 ? &again : g->next};

        if (may(s, x->first, 1, begin, to) && solve(s, &inner))
            return true;
        if (s->failed)
            return false;
    }
    return false;
}

/* x and what follows it. whole: x is the first of a THEN that is to be done `times` times. */
static bool solve_then(struct solver *s, const struct goal *g, const struct node *whole) {
    const struct node *const x = whole ? whole->first : g->x;
    int64_t const from = whole && g->floor > g->from ? g->floor : g->from;
    size_t at;
    int64_t end;

    if (!x->next) {
        struct goal const last = {MODE_ONE, x, 1, g->from, g->to, ALWAYS_FROM, g->next};

        return solve(s, &last);
    }
    for (const struct node *c = x; c; c = c->next)
        if (!may(s, c, 1, g->from, g->to))
            return false;
    at = below(x->moments, x->moment_count, from);
    if (at && x->moments[at - 1] < from)
        at--; /* what begins before the window begins in it */
    while (next_moment(x, &at, from, g->to, false, &end)) {
        struct goal const again = {MODE_COPIES, whole, g->times - 1, g->from, g->to, end, g->next};
        struct goal const rest = {
            MODE_THEN, x->next, 1, end, g->to, ALWAYS_FROM, whole && g->times > 1 ? &again : g->next};
        struct goal const left = {MODE_ONE, x, 1, g->from, end, ALWAYS_FROM, &rest};

        if (!may(s, x, 1, g->from, end)) {
            if (s->failed)
                return false;
            continue;
        }
        if (solve(s, &left))
            return true;
        if (s->failed || !may(s, x->next, 1, end, g->to))
            return false; /* a later end only leaves less */
        if (x->how == LEAF && !x->copied && s->leaves[x->bracket].isolated)
            return false; /* a later end gives nothing that this one did not */
    }
    return false;
}

/* x and its siblings, each `times` times. */
static bool solve_all(struct solver *s, const struct goal *g) {
    const struct node *x = g->x;
    struct goal inner, rest;

    for (; x && x->how == LEAF; x = x->next)
        if (!group_add(s, x, g->times, g->from, g->to))
            return false;
    if (!x)
        return solve(s, g->next);
    rest = (struct goal){MODE_ALL, x->next, g->times, g->from, g->to, ALWAYS_FROM, g->next};
    inner = (struct goal){MODE_ONE, x, g->times, g->from, g->to, ALWAYS_FROM, x->next ? &rest : g->next};
    return solve(s, &inner);
}

/* x or one of its siblings, and that `times` times, each time perhaps another. */
static bool solve_any(struct solver *s, const struct goal *g) {
    for (const struct node *x = g->x; x; x = x->next) {
        for (uint64_t times = g->times; times; times--) {
            struct goal const rest = {MODE_ANY, x->next, g->times - times, g->from, g->to, ALWAYS_FROM, g->next};
            struct goal const inner = {
                MODE_ONE, x, times, g->from, g->to, ALWAYS_FROM, times < g->times ? &rest : g->next};

            if ((times == g->times || x->next) && may(s, x, times, g->from, g->to) && solve(s, &inner))
                return true;
            if (s->failed)
                return false;
        }
    }
    return false;
}

static bool solve_one(struct solver *s, const struct goal *g) {
    const struct node *const x = g->x;
    struct goal inner = *g;

    if (x->how == LEAF)
        return group_add(s, x, g->times, g->from, g->to) && solve(s, g->next);
    if (__builtin_mul_overflow(g->times, x->times, &inner.times))
        return false; /* more than there are */
    inner.mode = x->how == ALL ? MODE_ALL : x->how == ANY ? MODE_ANY : MODE_COPIES;
    inner.x = inner.mode == MODE_COPIES ? x : x->first;
    return solve(s, &inner);
}

/* Copies that want the same sightings are seen here, before more of them are tried. */
static bool solve_copies(struct solver *s, const struct goal *g) {
    struct flow f = {0};

    if (s->group_count && g->x->copied && !fits(s, &f))
        return false;
    return g->x->how == WITHIN ? solve_within(s, g) : solve_then(s, g, g->x);
}

static bool solve(struct solver *s, const struct goal *g) {
    size_t const groups = s->group_count;
    bool yes;

    if (!g)
        return solved(s);
    if (!spend(s, 1))
        return false;
    if (s->depth == STIX_SOLVE_DEPTH_MAX)
        return give_up(s, ERR_LIMIT, "too many parts that depend on each other");
    s->depth++;
    yes = g->mode == MODE_ONE    ? solve_one(s, g)
          : g->mode == MODE_ALL  ? solve_all(s, g)
          : g->mode == MODE_ANY  ? solve_any(s, g)
          : g->mode == MODE_THEN ? solve_then(s, g, NULL)
                                 : solve_copies(s, g);
    s->depth--;
    s->group_count = groups;
    return yes;
}

/* ---- preparing ---- */

/* The first instant that is not before it: what is finer than a nanosecond counts as one more. */
static int64_t instant_at_least(const struct stix_time *t) {
    int64_t const when = stix_time_instant(t);

    return t->fraction.len > 9 && when < INT64_MAX ? when + 1 : when;
}

static struct node *node_of(struct solver *s, const struct stix_expression *x, int64_t from, int64_t to, bool copied) {
    struct node *n, **end;

    if (x->how == STIX_START_STOP) {
        int64_t const start = instant_at_least(&x->start), stop = instant_at_least(&x->stop);

        if (start > from)
            from = start;
        if (stop != INT64_MAX && stop - 1 < to)
            to = stop - 1;
        return node_of(s, x->first, from, to, copied);
    }
    if (x->how == STIX_REPEATS) {
        if (!(n = node_of(s, x->first, from, to, copied || (x->repeats > 1 && x->first->how != STIX_BRACKET))))
            return NULL;
        if (__builtin_mul_overflow(n->times, x->repeats, &n->times))
            n->times = UINT64_MAX;
        n->single = n->single && x->repeats == 1;
        return n;
    }
    if (x->how == STIX_WITHIN) {
        struct node *const inner = node_of(s, x->first, from, to, copied);

        /* One sighting is always within any time of itself. */
        if (!inner || inner->single)
            return inner;
        if (!(n = keep(s, 1, sizeof *n)))
            return NULL;
        *n = (struct node){.how = WITHIN, .first = inner, .times = 1, .within = x->within, .copied = copied};
        return n;
    }
    if (!(n = keep(s, 1, sizeof *n)))
        return NULL;
    n->times = 1;
    n->copied = copied;
    if (x->how == STIX_BRACKET) {
        n->how = LEAF;
        n->single = true;
        n->bracket = x->bracket;
        s->leaves[x->bracket].from = from;
        s->leaves[x->bracket].to = to;
        return n;
    }
    n->how = x->how == STIX_AND ? ALL : x->how == STIX_OR ? ANY : THEN;
    n->single = n->how == ANY;
    end = &n->first;
    for (const struct stix_expression *c = x->first; c; c = c->next) {
        if (!(*end = node_of(s, c, from, to, copied)))
            return NULL;
        n->single = n->single && (*end)->single;
        end = &(*end)->next;
    }
    return n;
}

static int by_moment(const void *a, const void *b) {
    int64_t const x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int by_first(const void *a, const void *b) {
    const struct item *const x = a, *const y = b;

    return x->first != y->first         ? (x->first < y->first ? -1 : 1)
           : x->last != y->last         ? (x->last < y->last ? -1 : 1)
           : x->sighting == y->sighting ? 0
                                        : (x->sighting < y->sighting ? -1 : 1);
}

static bool leaf_finish(struct solver *s, struct leaf *l) {
    struct item *sorted;

    if (l->count)
        qsort(l->items, l->count, sizeof *l->items, by_first);
    l->lasts = keep(s, l->count, sizeof *l->lasts);
    l->first_sums = keep(s, l->count + 1, sizeof *l->first_sums);
    l->last_sums = keep(s, l->count + 1, sizeof *l->last_sums);
    sorted = keep(s, l->count, sizeof *sorted);

    if (s->failed)
        return false;
    for (size_t i = 0; i < l->count; i++) {
        uint64_t const length = (uint64_t)l->items[i].last - (uint64_t)l->items[i].first;

        l->first_sums[i + 1] = l->first_sums[i] + l->items[i].number;
        l->longest = length > l->longest ? length : l->longest;
        sorted[i] = l->items[i];
        sorted[i].first = l->items[i].last; /* to be sorted by it */
    }
    if (l->count)
        qsort(sorted, l->count, sizeof *sorted, by_first);
    for (size_t i = 0; i < l->count; i++) {
        l->lasts[i] = sorted[i].first;
        l->last_sums[i + 1] = l->last_sums[i] + sorted[i].number;
    }
    for (size_t i = 0; i < l->timeless_count; i++)
        l->timeless_sum += l->timeless[i].number;
    return true;
}

static bool leaves_fill(struct solver *s, const struct stix_hit *given, size_t count) {
    struct stix_hit *const hits = keep(s, count, sizeof *hits);
    uint32_t *const owners =
        keep(s, s->sighting_count, sizeof *owners); /* a bracket it fits, plus one; UINT32_MAX: several */
    size_t used = 0;

    if (!hits || !owners)
        return false;
    for (size_t i = 0; i < count; i++)
        hits[i] = given[i];
    if (count)
        qsort(hits, count, sizeof *hits, by_hit);
    for (size_t i = 0; i < count; i++) { /* told twice is told once */
        assert(hits[i].bracket < s->leaf_count && hits[i].sighting < s->sighting_count);
        if (i == 0 || by_hit(&hits[i], &hits[used - 1]) != 0)
            hits[used++] = hits[i];
    }
    for (size_t i = 0; i < used; i++) {
        uint32_t *const owner = &owners[hits[i].sighting];

        *owner = *owner ? UINT32_MAX : hits[i].bracket + 1;
    }
    for (uint32_t b = 0, at = 0; b < s->leaf_count; b++) {
        struct leaf *const l = &s->leaves[b];
        size_t end = at;

        while (end < used && hits[end].bracket == b)
            end++;
        l->items = keep(s, end - at, sizeof *l->items);
        l->timeless = keep(s, end - at, sizeof *l->timeless);
        if (s->failed)
            return false;
        l->isolated = true;
        for (; at < end; at++) {
            const struct stix_sighting *const seen = &s->sightings[hits[at].sighting];
            struct item item = {seen->first, seen->last, hits[at].sighting, seen->number};

            assert(seen->first <= seen->last && seen->number);
            if (owners[item.sighting] == UINT32_MAX)
                l->isolated = false;
            if (seen->first == INSTANT_NONE) {
                if (always(l->from, l->to))
                    l->timeless[l->timeless_count++] = item;
                continue;
            }
            item.first = item.first < l->from ? l->from : item.first;
            item.last = item.last > l->to ? l->to : item.last;
            if (item.first <= item.last)
                l->items[l->count++] = item;
        }
        if (!leaf_finish(s, l))
            return false;
    }
    return true;
}

static size_t moments_of(const struct solver *s, const struct node *x, bool begins, int64_t *out, size_t used) {
    if (x->how == LEAF) {
        const struct leaf *const l = &s->leaves[x->bracket];

        for (size_t i = 0; i < l->count; i++, used++)
            if (out)
                out[used] = begins ? l->items[i].last : l->items[i].first;
        return used;
    }
    for (const struct node *c = x->first; c; c = c->next)
        used = moments_of(s, c, begins, out, used);
    return used;
}

static bool moments_make(struct solver *s, struct node *x, bool begins) {
    size_t const room = moments_of(s, x, begins, NULL, 0);

    if (room > MOMENTS_MAX - s->moments)
        return give_up(s, ERR_LIMIT, too_many);
    s->moments += room;
    if (!spend(s, room) || !(x->moments = keep(s, room, sizeof *x->moments)))
        return false;
    moments_of(s, x, begins, x->moments, 0);
    if (room)
        qsort(x->moments, room, sizeof *x->moments, by_moment);
    for (size_t i = 0; i < room; i++)
        if (i == 0 || x->moments[i] != x->moments[i - 1])
            x->moments[x->moment_count++] = x->moments[i];
    return true;
}

/* Candidates of the bounds. A node is a part of THEN or a WITHIN: a WITHIN that is a part of THEN gets a node of its own around it. */
static bool bounds_make(struct solver *s, struct node *x) {
    if (x->how == WITHIN && !x->moments && !moments_make(s, x, true))
        return false;
    for (struct node **c = &x->first; *c; c = &(*c)->next) {
        if (x->how == THEN && (*c)->next) {
            struct node *const around = keep(s, 1, sizeof *around);

            if (!around)
                return false;
            if ((*c)->how == WITHIN) {
                *around =
                    (struct node){.how = ALL, .first = *c, .next = (*c)->next, .times = 1, .copied = (*c)->copied};
                (*c)->next = NULL;
                *c = around;
            }
            if (!moments_make(s, *c, false))
                return false;
        }
        if (!bounds_make(s, *c))
            return false;
    }
    return true;
}

/* Sightings that x takes at least. */
static uint64_t least(const struct node *x) {
    uint64_t sum = x->how == LEAF ? 1 : x->how == ANY ? UINT64_MAX : 0;

    for (const struct node *c = x->first; c; c = c->next) {
        uint64_t const one = least(c);

        if (x->how == ANY)
            sum = one < sum ? one : sum;
        else if (__builtin_add_overflow(sum, one, &sum))
            sum = UINT64_MAX;
    }
    return __builtin_mul_overflow(sum, x->times, &sum) ? UINT64_MAX : sum;
}

bool stix_solve(const struct stix_pattern *p, const struct stix_sighting *sightings, size_t sighting_count,
                const struct stix_hit *hits, size_t hit_count, const uint64_t *work, struct arena *a,
                struct stix_solution *out, struct err *e) {
    struct solver s = {.leaf_count = p->bracket_count,
                       .sightings = sightings,
                       .sighting_count = sighting_count,
                       .work = work ? *work : STIX_SOLVE_WORK_MAX,
                       .group_room = (size_t)p->bracket_count + STIX_SOLVE_DEPTH_MAX,
                       .a = a,
                       .out = out,
                       .e = e};
    struct node *root;
    uint64_t supply = 0;

    for (size_t i = 0; i < sighting_count; i++)
        supply += sightings[i].number; /* 2^32 of 2^32 at most */
    if (!(s.scratch = arena_new(SCRATCH_BYTES)))
        return err_set(e, ERR_MEMORY, 0, "no memory to put sightings together");
    *out = (struct stix_solution){.hits = NULL};
    s.leaves = keep(&s, s.leaf_count, sizeof *s.leaves);
    s.groups = keep(&s, s.group_room, sizeof *s.groups);
    if (!s.failed && (root = node_of(&s, p->root, ALWAYS_FROM, ALWAYS_TO, false)) && leaves_fill(&s, hits, hit_count) &&
        bounds_make(&s, root) && least(root) <= supply && may(&s, root, 1, ALWAYS_FROM, ALWAYS_TO)) {
        struct goal const all = {MODE_ONE, root, 1, ALWAYS_FROM, ALWAYS_TO, ALWAYS_FROM, NULL};

        solve(&s, &all);
    }
    arena_free(s.scratch);
    return !s.failed;
}
