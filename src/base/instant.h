/* instant: a moment, UTC, nanoseconds since 1970-01-01T00:00:00Z. Covers 1677-09-21 to 2262-04-11. */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include "base/str.h"

/* No usable time: the source gave none, or one that cannot be read or held. */
#define INSTANT_NONE INT64_MIN

/* The wall-clock reading of a time as written, before any zone is applied. */
struct wall {
    int32_t year;
    uint8_t month, day, hour, minute, second; /* month and day from 1; second up to 60 */
    uint32_t nanosecond;
    uint8_t digits;   /* of the fraction as written, 0 to 9; more are read and cut */
    bool zone_given;  /* Z or an offset was written */
    int32_t offset_s; /* east of UTC; 0 when none was given */
};

/* Windows FILETIME: 100 ns since 1601. INSTANT_NONE for 0 and for what does not fit. */
int64_t instant_from_filetime(uint64_t ticks);
/* INSTANT_NONE when out of range. */
int64_t instant_from_unix(int64_t seconds, uint32_t nanosecond);
/* Reads a date and time as logs write them:
 *   RFC 3339 and ISO 8601 (T or blank between, 0 to 9+ decimals after . or , ; Z, +hh:mm, +hhmm, +hh or no zone),
 *   2021-03-14 alone (midnight), and Unix seconds, milliseconds, microseconds or nanoseconds as a decimal number
 *   (told apart by size: below 1e11 seconds, below 1e14 ms, below 1e17 us; a fraction is allowed with seconds).
 * Dates are checked (no 30 February). False when s is none of these. */
bool wall_parse(str s, struct wall *out);
/* The instant of a wall reading, its offset applied; INSTANT_NONE when out of range. */
int64_t wall_instant(const struct wall *w);
/* wall_parse and wall_instant at once; INSTANT_NONE when not readable. A time without zone is taken as UTC. */
int64_t instant_parse(str s);
/* The UTC wall clock of an instant (not INSTANT_NONE). */
struct wall instant_wall(int64_t when);
/* ISO 8601 week, 1 to 53. */
unsigned wall_week(const struct wall *w);

#define INSTANT_TEXT 32
/* RFC 3339 UTC with nine decimals cut to the shortest of 0, 3, 6, 7, 9 that loses nothing; "" for INSTANT_NONE. */
str instant_format(int64_t when, char out[INSTANT_TEXT]);

#endif
