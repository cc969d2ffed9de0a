/* coverage: which hosts and logs the evidence speaks of, from when to when, and where it is silent or has holes.
 *
 * Sums that come out the same in whatever order events and parts are added, in bounded memory (docs/formats/ledger.md). */
#ifndef HUNT_COVERAGE_H
#define HUNT_COVERAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "evidence/custody.h"

#define STREAMS_MAX 1024u /* hosts, logs and clocks; of more, hosts are put together, then logs, then clocks */
#define SPANS_MAX 1024u
#define COVERAGE_UNIT_MAX 16u
#define COVERAGE_TOGETHER "*" /* the name of hosts, or logs, that were put together */

/* Numbers as runs: sorted, without common numbers, never two that touch. Both ends are in it. */
struct span {
    uint64_t from, to;
};
struct spans {
    struct span *items;
    uint32_t count, room, at; /* at: where the last number went */
};

/* One log of one host. */
struct stream {
    str host, log;
    uint64_t clock;  /* by which its times were written (hunt/clock.h); 0: by none that may be wrong */
    uint64_t events; /* with a time or without */
    int64_t first, last;
    unsigned
        unit; /* at most COVERAGE_UNIT_MAX: hours below are of 2^unit hours each, so that there are no more runs than SPANS_MAX */
    struct spans hours;   /* since COVERAGE_HOUR_ZERO in which there are events */
    struct spans numbers; /* record numbers of the format's own */
    bool numbers_lost;    /* there were more runs than SPANS_MAX: nothing is said of holes */
};

/* The hour 0: before all instants. */
#define COVERAGE_HOUR_ZERO (-(INT64_C(1) << 22))
#define COVERAGE_HOURS (UINT64_C(1) << 23)

struct coverage {
    struct stream **streams;
    uint32_t count, room;
    uint32_t *slots; /* stream + 1 */
    uint32_t mask;
    unsigned
        together; /* 0: nothing was put together; 1: hosts; 2: logs as well; 3: clocks, of which there are so many that no time is put right */
    uint64_t seed;
    bool failed; /* memory ran out: what is here is incomplete */
};

void coverage_init(struct coverage *c);
/* Takes one that is zeroed or was freed. */
void coverage_free(struct coverage *c);
/* Forgets all streams. */
void coverage_reset(struct coverage *c);
/* The stream of that host, log and clock, made when new. It lives until another is made. NULL: no memory (failed). */
struct stream *coverage_stream(struct coverage *c, str host, str log, uint64_t clock);
/* An event: when may be INSTANT_NONE. False: no memory. */
MUST_USE bool stream_event(struct stream *s, int64_t when);
/* Record numbers, both ends among them. False: no memory. */
MUST_USE bool stream_numbers(struct stream *s, uint64_t from, uint64_t to);
/* Nothing can be said of its record numbers. */
void stream_numbers_lose(struct stream *s);
/* Adds all of another's, whose times are later by shift (ns) than it says. False: no memory. */
MUST_USE bool stream_merge(struct stream *to, const struct stream *from, int64_t shift);
MUST_USE bool coverage_merge(struct coverage *to, const struct coverage *from);
/* By log, then host. After this only coverage_reset and coverage_free. */
void coverage_sort(struct coverage *c);
/* Holes in record numbers and silences, stream by stream, in order. False: each said so, or ERR_MEMORY. */
MUST_USE bool coverage_gaps(const struct coverage *c,
                            bool (*each)(void *ctx, const struct custody_gap *gap, struct err *e), void *ctx,
                            struct err *e);
/* Are the runs such as stand above, within 0 to most? For what comes over the wire. */
bool spans_good(const struct span *items, size_t count, uint64_t most);

#endif
