/* coverage: runs of numbers, and what is a gap between them. */
#include "hunt/coverage.h"

#include <assert.h>

#include "base/hash.h"

#define HOUR (INT64_C(3600) * 1000000000)

/* ---- runs ---- */

/* The first run that ends at n - 1 or later: the only one that may take n. */
static uint32_t span_near(const struct spans *s, uint64_t n) {
    uint32_t low = 0, high = s->count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (s->items[middle].to != UINT64_MAX && s->items[middle].to + 1 < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds all numbers from `from` to `to`. False: no memory. */
static bool spans_add(struct spans *s, uint64_t from, uint64_t to) {
    uint32_t at, behind;

    if (LIKELY(s->at < s->count && from >= s->items[s->at].from && to <= s->items[s->at].to))
        return true;
    at = behind = span_near(s, from);
    while (behind < s->count && (to == UINT64_MAX || s->items[behind].from <= to + 1)) {
        from = s->items[behind].from < from ? s->items[behind].from : from;
        to = s->items[behind].to > to ? s->items[behind].to : to;
        behind++;
    }
    if (behind == at) {
        if (s->count == s->room) {
            uint32_t const room = s->room ? s->room * 2 : 8;
            struct span *const bigger = reallocarray(s->items, room, sizeof *bigger);

            if (!bigger)
                return false;
            s->items = bigger;
            s->room = room;
        }
        memmove(s->items + at + 1, s->items + at, (s->count - at) * sizeof *s->items);
        s->count++;
    } else {
        memmove(s->items + at + 1, s->items + behind, (s->count - behind) * sizeof *s->items);
        s->count -= behind - at - 1;
    }
    s->items[at] = (struct span){from, to};
    s->at = at;
    return true;
}

static void spans_free(struct spans *s) {
    free(s->items);
    *s = (struct spans){0};
}

bool spans_good(const struct span *items, size_t count, uint64_t most) {
    for (size_t i = 0; i < count; i++)
        if (items[i].from > items[i].to || items[i].to > most ||
            (i && (items[i - 1].to >= items[i].from || items[i - 1].to + 1 == items[i].from)))
            return false;
    return true;
}

/* ---- one stream ---- */

/* Pieces of time twice as long: fewer runs. */
static void hours_coarsen(struct stream *s) {
    uint32_t kept = 0;

    for (uint32_t i = 0; i < s->hours.count; i++) {
        struct span const half = {s->hours.items[i].from / 2, s->hours.items[i].to / 2};

        if (kept && half.from <= s->hours.items[kept - 1].to + 1)
            s->hours.items[kept - 1].to = half.to;
        else
            s->hours.items[kept++] = half;
    }
    s->hours.count = kept;
    s->hours.at = 0;
    s->unit++;
}

static bool hours_add(struct stream *s, uint64_t from, uint64_t to) {
    if (!spans_add(&s->hours, from, to))
        return false;
    while (s->hours.count > SPANS_MAX)
        hours_coarsen(s);
    return true;
}

void stream_numbers_lose(struct stream *s) {
    s->numbers_lost = true;
    spans_free(&s->numbers);
}

bool stream_numbers(struct stream *s, uint64_t from, uint64_t to) {
    if (s->numbers_lost)
        return true;
    if (!spans_add(&s->numbers, from, to))
        return false;
    if (s->numbers.count > SPANS_MAX)
        stream_numbers_lose(s);
    return true;
}

static void times_add(struct stream *s, int64_t first, int64_t last) {
    if (first == INSTANT_NONE)
        return;
    s->first = s->first == INSTANT_NONE || first < s->first ? first : s->first;
    s->last = s->last == INSTANT_NONE || last > s->last ? last : s->last;
}

static uint64_t hour_of(int64_t when) {
    int64_t const hour = when / HOUR - (when % HOUR < 0);

    return (uint64_t)(hour - COVERAGE_HOUR_ZERO);
}

bool stream_event(struct stream *s, int64_t when) {
    s->events++;
    if (when == INSTANT_NONE)
        return true;
    times_add(s, when, when);
    uint64_t const piece = hour_of(when) >> s->unit;

    return hours_add(s, piece, piece);
}

/* A piece as it lies when its hours are moved: what reaches into an hour has all of it. */
static struct span moved(struct span piece, unsigned unit, int64_t shift) {
    int64_t const first = shift / HOUR - (shift % HOUR < 0), last = shift / HOUR + (shift % HOUR > 0);
    int64_t from = (int64_t)(piece.from << unit) + first, to = (int64_t)(((piece.to + 1) << unit) - 1) + last;

    from = from < 0 ? 0 : from;
    to = to > (int64_t)COVERAGE_HOURS ? (int64_t)COVERAGE_HOURS : to < from ? from : to;
    return (struct span){(uint64_t)from >> unit, (uint64_t)to >> unit};
}

bool stream_merge(struct stream *to, const struct stream *from, int64_t shift) {
    to->events += from->events;
    times_add(to, instant_moved(from->first, shift), instant_moved(from->last, shift));
    assert(from->unit <= COVERAGE_UNIT_MAX);
    while (to->unit < from->unit)
        hours_coarsen(to);
    for (uint32_t i = 0; i < from->hours.count; i++) { /* `to` may become coarser on the way */
        unsigned const finer = to->unit - from->unit;

        struct span const piece = moved(from->hours.items[i], from->unit, shift);

        if (!hours_add(to, piece.from >> finer, piece.to >> finer))
            return false;
    }
    if (from->numbers_lost)
        stream_numbers_lose(to);
    for (uint32_t i = 0; i < from->numbers.count; i++)
        if (!stream_numbers(to, from->numbers.items[i].from, from->numbers.items[i].to))
            return false;
    return true;
}

static void stream_free(struct stream *s) {
    if (!s)
        return;
    spans_free(&s->hours);
    spans_free(&s->numbers);
    free(s);
}

/* The names lie behind it. */
static struct stream *stream_new(str host, str log, uint64_t clock) {
    struct stream *const s = calloc(1, sizeof *s + host.len + log.len);
    char *const names = (char *)(s + 1);

    if (!s)
        return NULL;
    memcpy(names, host.ptr, host.len);
    memcpy(names + host.len, log.ptr, log.len);
    s->host = (str){names, host.len};
    s->log = (str){names + host.len, log.len};
    s->clock = clock;
    s->first = s->last = INSTANT_NONE;
    return s;
}

/* ---- all of them ---- */

void coverage_init(struct coverage *c) {
    *c = (struct coverage){.seed = hash_seed()};
}

void coverage_reset(struct coverage *c) {
    for (uint32_t i = 0; i < c->count; i++)
        stream_free(c->streams[i]);
    c->count = 0;
    c->together = 0;
    c->failed = false;
    if (c->slots)
        memset(c->slots, 0, ((size_t)c->mask + 1) * sizeof *c->slots);
}

void coverage_free(struct coverage *c) {
    coverage_reset(c);
    free(c->streams);
    free(c->slots);
    *c = (struct coverage){0};
}

static uint32_t slot_of(const struct coverage *c, str host, str log, uint64_t clock) {
    uint32_t at = (uint32_t)hash_bytes(log, hash_bytes(host, c->seed ^ clock)) & c->mask;

    for (; c->slots[at]; at = (at + 1) & c->mask) {
        const struct stream *const s = c->streams[c->slots[at] - 1];

        if (s->clock == clock && str_eq(s->host, host) && str_eq(s->log, log))
            break;
    }
    return at;
}

static bool grow(struct coverage *c) {
    uint32_t const room = c->room ? c->room * 2 : 16;
    struct stream **const streams = reallocarray(c->streams, room, sizeof *streams);
    uint32_t *slots;

    if (!streams)
        return false;
    c->streams = streams;
    if (!(slots = calloc((size_t)room * 2, sizeof *slots)))
        return false;
    free(c->slots);
    c->slots = slots;
    c->mask = room * 2 - 1;
    c->room = room;
    for (uint32_t i = 0; i < c->count; i++)
        c->slots[slot_of(c, c->streams[i]->host, c->streams[i]->log, c->streams[i]->clock)] = i + 1;
    return true;
}

/* There are too many: hosts become one, then logs. */
static bool put_together(struct coverage *c) {
    struct coverage all = {.seed = c->seed, .together = c->together + 1};
    bool ok = coverage_merge(&all, c);

    coverage_free(c);
    *c = all;
    c->failed |= !ok;
    return ok;
}

struct stream *coverage_stream(struct coverage *c, str host, str log, uint64_t clock) {
    struct stream *s;
    uint32_t at;

    if (c->together > 0)
        host = S(COVERAGE_TOGETHER);
    if (c->together > 1)
        log = S(COVERAGE_TOGETHER);
    if (c->together > 2)
        clock = 0;
    if (c->slots && c->slots[at = slot_of(c, host, log, clock)])
        return c->streams[c->slots[at] - 1];
    if (c->count == STREAMS_MAX)
        return put_together(c) ? coverage_stream(c, host, log, clock) : NULL;
    if ((c->count == c->room && !grow(c)) || !(s = stream_new(host, log, clock))) {
        c->failed = true;
        return NULL;
    }
    s->numbers_lost = c->together > 0; /* numbers of several logs are none */
    c->streams[c->count++] = s;
    c->slots[slot_of(c, host, log, clock)] = c->count;
    return s;
}

bool coverage_merge(struct coverage *to, const struct coverage *from) {
    while (to->together < from->together)
        if (!put_together(to))
            return false;
    for (uint32_t i = 0; i < from->count; i++) {
        struct stream *const s =
            coverage_stream(to, from->streams[i]->host, from->streams[i]->log, from->streams[i]->clock);

        if (!s || !stream_merge(s, from->streams[i], 0)) {
            to->failed = true;
            return false;
        }
    }
    return true;
}

static int by_log(const void *a, const void *b) {
    const struct stream *const x = *(struct stream *const *)a, *const y = *(struct stream *const *)b;
    int order = str_cmp(x->log, y->log);

    if (order || (order = str_cmp(x->host, y->host)))
        return order;
    return (x->clock > y->clock) - (x->clock < y->clock);
}

void coverage_sort(struct coverage *c) {
    if (c->count)
        qsort(c->streams, c->count, sizeof(struct stream *), by_log);
}

/* ---- gaps ---- */

/* Holes are told where they are rare: a log with more of them is a selection, in which a missing number says nothing. */
#define HOLES_MAX(records) (8 + (records) / 10000)

static bool holes_tell(const struct stream *s, bool (*each)(void *ctx, const struct custody_gap *gap, struct err *e),
                       void *ctx, struct err *e) {
    const struct spans *const n = &s->numbers;
    uint64_t records = 0, missing = 0;

    for (uint32_t i = 0; i < n->count; i++) {
        records += n->items[i].to - n->items[i].from + 1;
        missing += i ? n->items[i].from - n->items[i - 1].to - 1 : 0;
    }
    if (n->count < 2 || n->count - 1 > HOLES_MAX(records) || missing / 4 > records)
        return true;
    for (uint32_t i = 1; i < n->count; i++)
        if (!each(ctx,
                  &(struct custody_gap){.type = GAP_RECORDS,
                                        .host = s->host,
                                        .log = s->log,
                                        .from = n->items[i - 1].to + 1,
                                        .to = n->items[i].from - 1,
                                        .after = INSTANT_NONE,
                                        .before = INSTANT_NONE},
                  e))
            return false;
    return true;
}

#define SEEN_LEAST 48u /* hours with events, before anything is usual */
#define SEEN_LONG 200u /* and before weekends are known to be */
#define LONG_HOURS (28u * 24u)
#define SILENCE_LEAST 6u        /* hours */
#define SILENCE_LEAST_SHORT 80u /* where three weekends may not have been seen: longer than one */
#define SILENCE_TIMES 4u
#define SILENCES_MAX 2u /* of one stream: what comes more often is usual */

static int falling(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x < y) - (x > y);
}

/* The empty time between two runs, in pieces. */
static uint64_t empty(const struct spans *s, uint32_t i) {
    return s->items[i].from - s->items[i - 1].to - 1;
}

/* What is usual: the longest time without events that came three times. */
static uint64_t usual(const struct spans *s, uint64_t *sorted) {
    uint32_t const gaps = s->count - 1;

    for (uint32_t i = 0; i < gaps; i++)
        sorted[i] = empty(s, i + 1);
    qsort(sorted, gaps, sizeof *sorted, falling);
    return gaps > SILENCES_MAX ? sorted[SILENCES_MAX] : 0;
}

static int64_t piece_begins(const struct stream *s, uint64_t piece) {
    int64_t const hour = (int64_t)(piece << s->unit) + COVERAGE_HOUR_ZERO;
    int64_t when;

    return __builtin_mul_overflow(hour, HOUR, &when) ? (hour < 0 ? -INT64_MAX : INT64_MAX) : when;
}

static bool silences_tell(const struct stream *s, bool (*each)(void *ctx, const struct custody_gap *gap, struct err *e),
                          void *ctx, struct err *e) {
    const struct spans *const h = &s->hours;
    uint64_t seen = 0, span;
    uint64_t *sorted;
    bool ok = true;

    for (uint32_t i = 0; i < h->count; i++)
        seen += h->items[i].to - h->items[i].from + 1;
    if (h->count < 2 || seen < SEEN_LEAST)
        return true;
    if (!(sorted = malloc(h->count * sizeof *sorted)))
        return err_set(e, ERR_MEMORY, 0, "no memory for what evidence covers");
    uint64_t const typical = usual(h, sorted);

    span = h->items[h->count - 1].to - h->items[0].from + 1 - sorted[0]; /* without the silence itself */
    uint64_t least =
        (seen >= SEEN_LONG && span << s->unit >= LONG_HOURS ? SILENCE_LEAST : SILENCE_LEAST_SHORT) >> s->unit;

    least = least > typical * SILENCE_TIMES ? least : typical * SILENCE_TIMES;
    for (uint32_t i = 1; ok && i < h->count; i++) {
        if (empty(h, i) < least || empty(h, i) == 0)
            continue;
        ok = each(ctx,
                  &(struct custody_gap){.type = GAP_SILENCE,
                                        .host = s->host,
                                        .log = s->log,
                                        .after = piece_begins(s, h->items[i - 1].to + 1),
                                        .before = piece_begins(s, h->items[i].from),
                                        .usual_hours = typical << s->unit},
                  e);
    }
    free(sorted);
    return ok;
}

bool coverage_gaps(const struct coverage *c, bool (*each)(void *ctx, const struct custody_gap *gap, struct err *e),
                   void *ctx, struct err *e) {
    for (uint32_t i = 0; i < c->count; i++)
        if (!holes_tell(c->streams[i], each, ctx, e) || !silences_tell(c->streams[i], each, ctx, e))
            return false;
    return true;
}
