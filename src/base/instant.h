/* instant: a moment, UTC, nanoseconds since 1970-01-01T00:00:00Z. Covers 1677-09-21 to 2262-04-11. */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include "base/str.h"

/* No usable time: the source gave none, or one that cannot be read or held. */
#define INSTANT_NONE INT64_MIN

/* The wall-clock reading of a time as written, before any zone is applied. */
struct wall {
    int32_t year;                             /* 0 when none was given */
    uint8_t month, day, hour, minute, second; /* month and day from 1; second up to 60 */
    uint32_t nanosecond;
    uint8_t digits;   /* of the fraction as written, 0 to 9; more are read and cut */
    bool year_given;  /* false: syslog's `Dec 10 06:55:46` (RFC 3164); then 29 February is always a day */
    bool zone_given;  /* Z, UTC, GMT or an offset was written, or the form is UTC by itself (Unix time) */
    int32_t offset_s; /* east of UTC; 0 when none was given */
};

/* Windows FILETIME: 100 ns since 1601. INSTANT_NONE for 0 and for what does not fit. */
int64_t instant_from_filetime(uint64_t ticks);
/* INSTANT_NONE when out of range. */
int64_t instant_from_unix(int64_t seconds, uint32_t nanosecond);
/* Reads a date and time as logs write them. s is all of it: nothing before or behind, but square brackets around it.
 *
 *   2021-03-14T07:12:03.123456789+01:00   RFC 3339, ISO 8601: T or blank, seconds or none, 0 to 9+ decimals behind . or ,
 *   2021-03-14                            a date alone is its midnight; so for the next five
 *   2021/03/14 07:12:03   2021.03.14 07:12
 *   3/14/2021 7:12:03 PM   3/14/2021, 7:12 PM   03/14/2021 19:12:03      month first: see below
 *   14.3.2021 07:12:03                                                   day first: with points it always is
 *   20210314 0712   20210314 07:12:03   20210314T071203Z   20210314071203
 *   0314 07:12:03.123456                  glog, klog: no year; always with a fraction
 *   14/Mar/2021:07:12:03 +0100            Apache
 *   14-Mar-2021 07:12:03.123   14-MAR-21 07.12.03.123456 AM +01:00       BIND, PHP; Oracle
 *   Sun, 14 Mar 2021 07:12:03 +0100 (CET)                                RFC 5322
 *   Sun Mar 14 07:12:03.123456 2021   Sun Mar 14 07:12:03 CET 2021       asctime, date
 *   Mar 14 07:12:03   Mar  4 2021 07:12:03   2021 Mar 14 07:12:03        RFC 3164; *Mar or .Mar: Cisco, clock not set
 *   03/14-07:12:03.123456   03/14/21-07:12:03   21/03/14-07:12:03   03/14/2021-07:12:03   Snort, Suricata: see below
 *   1615686019   1615686019.197   -1.5    Unix time as a decimal number: below 1e11 seconds, below 1e14 milliseconds,
 *                                         below 1e17 microseconds, else nanoseconds; a fraction only with seconds
 *   1615686019.197:4711                   the same of an audit record, whose serial number is read over
 *   /Date(1615686019197)/                 .NET's JSON: milliseconds since 1970, UTC; an offset in it (+0100) changes nothing
 *
 * Behind the time of day stands Z, UTC, GMT, +hh:mm, +hhmm, +hh, or behind a blank a name that is one offset wherever and
 * whenever it is written (CEST, EST as RFC 5322 4.3 has it, JST; the table is in the .c), or nothing. Any other name is read
 * over, and the zone counts as not given: CST is three zones, PST two, BST three, MSK has been both +03 and +04; CDT and PDT
 * are left as well, so that no log is read one way in summer and another in winter. In all forms but ISO's the hour may be
 * one digit, and a 12-hour clock with AM or PM (12 AM is midnight); names of months and days are English, in any case of
 * letters, of three.
 *
 * Ambiguous, and how it is taken:
 *   3/4/2021     4 March. Only where the first number is above 12 (14/3/2021) it is the day. Which of both a log writes is
 *                not guessed from its other lines: a log that is known to write the day first is no business of this.
 *   14-MAR-21    two digits of a year, only read behind a month's name: 00 to 49 are 2000 to 2049, 50 to 99 are 1950 to
 *                1999 (RFC 5322 4.3, and Oracle's RR until 2050)
 *   03/04/21-    4 March 2021, as Snort 2 has it; only where the first number is above 12 (21/03/04-) it is the year, as
 *                Snort 3 has it
 *   20210314     eight digits alone are Unix seconds; fourteen are a date and time if they can be, because as
 *                milliseconds they would lie behind all instants.
 *
 * Dates are checked (no 30 February), the day of the week is not. False when s is none of these. */
bool wall_parse(str s, struct wall *out);
/* Gives a reading without year the latest year for which it is not after `latest` (an instant, such as that of the next
 * record or of the file) by more than a day, so that a clock that is ahead and zones cost nothing. 29 February gets a leap
 * year. Leaves the year not given when latest is INSTANT_NONE, and when no year can be held. */
void wall_year_guess(struct wall *w, int64_t latest);
/* The instant of a wall reading, its offset applied; INSTANT_NONE when out of range or the year is not given. */
int64_t wall_instant(const struct wall *w);
/* wall_parse and wall_instant at once; INSTANT_NONE when not readable, or without year. A time without zone is taken as
 * UTC. */
int64_t instant_parse(str s);
/* The UTC wall clock of an instant (not INSTANT_NONE). */
struct wall instant_wall(int64_t when);
/* Days from 1970-01-01 to a day of the Gregorian calendar, year 0 to 9999. False: there is no such day. */
bool instant_day(unsigned year, unsigned month, unsigned day, int64_t *days);
/* ISO 8601 week, 1 to 53. */
unsigned wall_week(const struct wall *w);

/* The instant so many nanoseconds later; the last or first there is where that is beyond it. INSTANT_NONE stays. */
int64_t instant_moved(int64_t when, int64_t by);

#define INSTANT_TEXT 32
/* RFC 3339 UTC with nine decimals cut to the shortest of 0, 3, 6, 7, 9 that loses nothing; "" for INSTANT_NONE. */
str instant_format(int64_t when, char out[INSTANT_TEXT]);

#endif
