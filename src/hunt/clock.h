/* clock: do the times of a source say what they should? Some records say their time twice, once so that it is surely UTC (a
 * kind's witness). What the differences of a whole source agree on is the fault of its clock, and put right; what they do not
 * agree on is told and left alone (docs/formats/ledger.md, "Clocks").
 *
 * A clock is one field of time as one host of one source writes it. Sums that come out the same in whatever order events and
 * parts are added, in bounded memory. */
#ifndef HUNT_CLOCK_H
#define HUNT_CLOCK_H

#include "base/instant.h"
#include "evidence/custody.h"

#define CLOCKS_MAX 1000u       /* of one source, fewer than STREAMS_MAX; where there are more nothing is said of any */
#define CLOCK_QUARTER_S 900    /* zones lie so many seconds apart, */
#define CLOCK_TOLERANCE_S 60   /* and what is nearer than this to one agrees with it */
#define CLOCK_QUARTERS_MAX 192 /* 48 hours: differences beyond are only counted */
#define CLOCK_ZONE_QUARTERS 56 /* 14 hours: the widest zone */
#define CLOCK_CERTAIN 20u      /* records that must agree, all but one in a hundred, */
#define CLOCK_CERTAIN_SMALL 3u /* or all there are, if so many */
#define CLOCK_MARGIN (INT64_C(14) * 3600 * 1000000000) /* no time is put right by more */

struct clock_bin {
    int16_t quarter; /* the witness is later by so many quarters of an hour */
    uint64_t count;
};

struct clock {
    uint64_t key;   /* 0 stands for a source with too many clocks */
    uint32_t index; /* of the source, in a container of many */
    str host, field;
    uint64_t events, assumed; /* whose time is of this clock; of these, those that say no zone */
    uint64_t claims;          /* records that say their time twice */
    int32_t least, most;      /* the witness is later by so many seconds; where there are claims */
    struct clock_bin *bins;   /* by quarter; of claims near one */
    uint32_t bin_count, bin_room;
};

struct clocks {
    struct clock **items; /* by index, then key */
    size_t count, room;
};

/* Takes one that is zeroed or was freed. */
void clocks_free(struct clocks *c);
/* What tells clocks of one source apart; never 0. clock: the number of the field (kinds_clock_field). */
uint64_t clock_key(str host, unsigned clock, uint64_t seed);
/* NULL: none such. */
struct clock *clocks_find(const struct clocks *c, uint32_t index, uint64_t key);
/* Made when new. It lives as long as the clocks. NULL: no memory. */
struct clock *clocks_at(struct clocks *c, uint32_t index, uint64_t key, str host, str field);
/* A record whose witness is later by so many seconds than it says by this clock. False: no memory. */
MUST_USE bool clock_claim(struct clock *c, int32_t seconds);
/* Adds all of another's. False: no memory. */
MUST_USE bool clock_merge(struct clock *to, const struct clock *from);
/* Are the bins such as stand above? For what comes over the wire. */
bool clock_good(const struct clock *c);
/* What the claims come to. Sets verdict, offset_s, claims, agree, least_s, most_s; offset_s: of CORRECTED and FAR. */
void clock_judge(const struct clock *c, struct custody_clock *out);

/* Is the time outside [from, to), by more than margin? INSTANT_NONE: open, or no time, which is never outside. */
static inline bool clock_outside(int64_t when, int64_t from, int64_t to, int64_t margin) {
    return when != INSTANT_NONE && ((from != INSTANT_NONE && instant_moved(when, margin) < from) ||
                                    (to != INSTANT_NONE && instant_moved(when, -margin) >= to));
}

/* May acts of its hour lie on both sides of this end of what is asked for, once clocks are put right? INSTANT_NONE: it is open. Such are told one by
 * one. */
static inline bool clock_near(int64_t when, int64_t end) {
    int64_t const margin = CLOCK_MARGIN + INT64_C(3600) * 1000000000;

    return end != INSTANT_NONE && when >= instant_moved(end, -margin) && when <= instant_moved(end, margin);
}

#endif
