/* clock: differences counted by the quarter of an hour they are nearest to. */
#include "hunt/clock.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

static void clock_free(struct clock *c) {
    free(c->bins);
    free(c);
}

void clocks_free(struct clocks *c) {
    for (size_t i = 0; i < c->count; i++)
        clock_free(c->items[i]);
    free(c->items);
    *c = (struct clocks){0};
}

uint64_t clock_key(str host, unsigned clock, uint64_t seed) {
    uint64_t const key = hash_bytes(host, seed ^ clock);

    return key ? key : 1;
}

/* The first that is not before it. */
static size_t place(const struct clocks *c, uint32_t index, uint64_t key) {
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;
        const struct clock *const at = c->items[middle];

        if (at->index < index || (at->index == index && at->key < key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct clock *clocks_find(const struct clocks *c, uint32_t index, uint64_t key) {
    size_t const at = place(c, index, key);

    return at < c->count && c->items[at]->index == index && c->items[at]->key == key ? c->items[at] : NULL;
}

/* The names lie behind it. */
static struct clock *clock_new(uint32_t index, uint64_t key, str host, str field) {
    struct clock *const c = calloc(1, sizeof *c + host.len + field.len);
    char *const names = (char *)(c + 1);

    if (!c)
        return NULL;
    memcpy(names, host.ptr, host.len);
    memcpy(names + host.len, field.ptr, field.len);
    c->index = index;
    c->key = key;
    c->host = (str){names, host.len};
    c->field = (str){names + host.len, field.len};
    return c;
}

struct clock *clocks_at(struct clocks *c, uint32_t index, uint64_t key, str host, str field) {
    struct clock *found = clocks_find(c, index, key);

    if (found)
        return found;
    if (c->count == c->room) {
        size_t const room = c->room ? c->room * 2 : 8;
        struct clock **const bigger = reallocarray(c->items, room, sizeof *bigger);

        if (!bigger)
            return NULL;
        c->items = bigger;
        c->room = room;
    }
    if (!(found = clock_new(index, key, host, field)))
        return NULL;
    size_t const at = place(c, index, key);

    memmove(c->items + at + 1, c->items + at, (c->count - at) * sizeof(struct clock *));
    c->items[at] = found;
    c->count++;
    return found;
}

static bool bin_add(struct clock *c, int16_t quarter, uint64_t count) {
    uint32_t at = 0;

    while (at < c->bin_count && c->bins[at].quarter < quarter)
        at++;
    if (at < c->bin_count && c->bins[at].quarter == quarter) {
        c->bins[at].count += count;
        return true;
    }
    if (c->bin_count == c->bin_room) {
        uint32_t const room = c->bin_room ? c->bin_room * 2 : 4;
        struct clock_bin *const bigger = reallocarray(c->bins, room, sizeof *bigger);

        if (!bigger)
            return false;
        c->bins = bigger;
        c->bin_room = room;
    }
    memmove(c->bins + at + 1, c->bins + at, (c->bin_count - at) * sizeof *c->bins);
    c->bins[at] = (struct clock_bin){quarter, count};
    c->bin_count++;
    return true;
}

static void extremes(struct clock *c, int32_t least, int32_t most) {
    c->least = !c->claims || least < c->least ? least : c->least;
    c->most = !c->claims || most > c->most ? most : c->most;
}

bool clock_claim(struct clock *c, int32_t seconds) {
    int64_t const half = seconds < 0 ? -CLOCK_QUARTER_S / 2 : CLOCK_QUARTER_S / 2;
    int64_t const quarter = (seconds + half) / CLOCK_QUARTER_S, beside = seconds - quarter * CLOCK_QUARTER_S;

    extremes(c, seconds, seconds);
    c->claims++;
    if (beside < -CLOCK_TOLERANCE_S || beside > CLOCK_TOLERANCE_S || quarter < -CLOCK_QUARTERS_MAX ||
        quarter > CLOCK_QUARTERS_MAX)
        return true;
    return bin_add(c, (int16_t)quarter, 1);
}

bool clock_merge(struct clock *to, const struct clock *from) {
    if (from->claims)
        extremes(to, from->least, from->most);
    to->claims += from->claims;
    to->events += from->events;
    to->assumed += from->assumed;
    for (uint32_t i = 0; i < from->bin_count; i++)
        if (!bin_add(to, from->bins[i].quarter, from->bins[i].count))
            return false;
    return true;
}

bool clock_good(const struct clock *c) {
    uint64_t left = c->claims;

    for (uint32_t i = 0; i < c->bin_count; i++) {
        const struct clock_bin *const b = &c->bins[i];

        if (b->quarter < -CLOCK_QUARTERS_MAX || b->quarter > CLOCK_QUARTERS_MAX || !b->count || b->count > left ||
            (i && b[-1].quarter >= b->quarter))
            return false;
        left -= b->count;
    }
    return c->least <= c->most && c->claims <= UINT32_MAX * UINT64_C(1000);
}

void clock_judge(const struct clock *c, struct custody_clock *out) {
    struct clock_bin best = {0, 0};

    for (uint32_t i = 0; i < c->bin_count; i++)
        if (c->bins[i].count > best.count)
            best = c->bins[i];
    bool const certain = (c->claims >= CLOCK_CERTAIN && (c->claims - best.count) <= c->claims / 100) ||
                         (c->claims >= CLOCK_CERTAIN_SMALL && best.count == c->claims);

    out->claims = c->claims;
    out->agree = best.count;
    out->least_s = c->claims ? c->least : 0;
    out->most_s = c->claims ? c->most : 0;
    out->offset_s = certain ? best.quarter * CLOCK_QUARTER_S : 0;
    if (!certain)
        out->verdict = c->claims && c->claims < CLOCK_CERTAIN_SMALL ? CLOCK_FEW : CLOCK_UNSURE;
    else if (best.quarter == 0)
        out->verdict = CLOCK_SOUND;
    else
        out->verdict =
            best.quarter >= -CLOCK_ZONE_QUARTERS && best.quarter <= CLOCK_ZONE_QUARTERS ? CLOCK_CORRECTED : CLOCK_FAR;
}
