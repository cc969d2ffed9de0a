/* instant: dates by the proleptic Gregorian calendar; text of logs into wall clocks. */
#include "base/instant.h"

#include <assert.h>

#define SECOND INT64_C(1000000000)
/* Seconds from 1601 to 1970. */
#define FILETIME_EPOCH INT64_C(11644473600)

/* Days since 1970-01-01 (years counted from March, so that the leap day comes last). */
static int64_t days_of(int64_t year, unsigned month, unsigned day) {
    int64_t const y = year - (month <= 2);
    int64_t const era = (y >= 0 ? y : y - 399) / 400;
    int64_t const in_era = y - era * 400;
    int64_t const in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(int64_t year, unsigned month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month - 1];
}

int64_t instant_from_unix(int64_t seconds, uint32_t nanosecond) {
    int64_t nano = nanosecond, out;

    /* Towards zero first: the second in which the range begins is only partly in it. */
    if (seconds < 0 && nano > 0) {
        seconds++;
        nano -= SECOND;
    }
    if (__builtin_mul_overflow(seconds, SECOND, &out) || __builtin_add_overflow(out, nano, &out))
        return INSTANT_NONE;
    return out;
}

int64_t instant_from_filetime(uint64_t ticks) {
    if (ticks == 0 || ticks > INT64_MAX)
        return INSTANT_NONE;
    return instant_from_unix((int64_t)(ticks / 10000000) - FILETIME_EPOCH, (uint32_t)(ticks % 10000000) * 100);
}

/* Exactly n digits at *p. */
static bool digits(const char **p, const char *end, int n, uint32_t *out) {
    uint32_t value = 0;

    if (end - *p < n)
        return false;
    for (int i = 0; i < n; i++) {
        unsigned const d = (unsigned)(unsigned char)(*p)[i] - '0';

        if (d > 9)
            return false;
        value = value * 10 + d;
    }
    *p += n;
    *out = value;
    return true;
}

static bool date_set(struct wall *w, uint32_t year, uint32_t month, uint32_t day) {
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    w->year = (int32_t)year;
    w->month = (uint8_t)month;
    w->day = (uint8_t)day;
    w->year_given = true;
    return true;
}

static bool clock_set(struct wall *w, uint32_t hour, uint32_t minute, uint32_t second) {
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    w->hour = (uint8_t)hour;
    w->minute = (uint8_t)minute;
    w->second = (uint8_t)second;
    return true;
}

static void fraction(const char **p, const char *end, struct wall *w) {
    uint32_t unit = 100000000;

    w->nanosecond = 0;
    w->digits = 0;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
        if (w->digits < 9) {
            w->nanosecond += (uint32_t)(**p - '0') * unit;
            unit /= 10;
            w->digits++;
        }
}

/* Europe/Berlin, CEST, MSK: not INFO or WARN, which logs write there as well. */
static bool is_zone_name(str s) {
    bool const place = str_find_byte(s, '/') != SIZE_MAX;

    if (s.len < 3 || s.len > (place ? 40u : 4u) || s.ptr[0] < 'A' || s.ptr[0] > 'Z')
        return false;
    if (!place && s.ptr[s.len - 1] != 'T' && !str_eq(s, S("MSK")) && !str_eq(s, S("WIB")))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' || c == '_'))
            return false;
    }
    return true;
}

/* Names that are one offset, in minutes, wherever and whenever they are written (tz database; RFC 5322 4.3). */
static const struct {
    char name[5];
    int16_t minutes;
} zone_names[] = {
    {"UTC", 0},    {"GMT", 0},    {"WET", 0},     {"WEST", 60},  {"CET", 60},   {"CEST", 120},  {"EET", 120},
    {"EEST", 180}, {"EST", -300}, {"EDT", -240},  {"MST", -420}, {"MDT", -360}, {"AKST", -540}, {"AKDT", -480},
    {"HST", -600}, {"BRT", -180}, {"BRST", -120}, {"WAT", 60},   {"CAT", 120},  {"SAST", 120},  {"EAT", 180},
    {"HKT", 480},  {"JST", 540},  {"KST", 540},   {"AWST", 480}, {"ACST", 570}, {"ACDT", 630},  {"AEST", 600},
    {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780},
};

/* False: s is no name of a zone. A name that may be several is read over, and w's zone stays not given. */
static bool zone_name(str s, struct wall *w) {
    for (size_t i = 0; i < sizeof zone_names / sizeof zone_names[0]; i++)
        if (str_eq(s, str_of(zone_names[i].name))) {
            w->zone_given = true;
            w->offset_s = zone_names[i].minutes * 60;
            return true;
        }
    return is_zone_name(s);
}

/* What stands behind the time of day: nothing, Z, UTC, an offset, with or without a blank before; a name behind one. */
static bool zone(const char *p, const char *end, struct wall *w) {
    uint32_t hours, minutes = 0;
    bool const apart = p < end && *p == ' ';

    if (p == end)
        return true;
    p += apart;
    w->zone_given = true;
    if (end - p == 1 && (*p == 'Z' || *p == 'z'))
        return true;
    if (end - p == 3 && (memcmp(p, "UTC", 3) == 0 || memcmp(p, "GMT", 3) == 0))
        return true;
    if (p == end || (*p != '+' && *p != '-')) {
        w->zone_given = false;
        return apart && zone_name((str){p, (size_t)(end - p)}, w);
    }
    bool const west = *p++ == '-';

    if (!digits(&p, end, 2, &hours))
        return false;
    if (p < end && *p == ':')
        p++;
    if (p < end && !digits(&p, end, 2, &minutes))
        return false;
    if (p != end || hours > 23 || minutes > 59)
        return false;
    w->offset_s = (int32_t)(hours * 3600 + minutes * 60);
    if (west)
        w->offset_s = -w->offset_s;
    return true;
}

/* Unix time as a number: its unit is told by its size. */
static const struct unit {
    uint64_t below;
    int64_t factor; /* to nanoseconds */
    uint8_t digits;
} units[] = {
    {UINT64_C(100000000000), SECOND, 0},
    {UINT64_C(100000000000000), 1000000, 3},
    {UINT64_C(100000000000000000), 1000, 6},
    {UINT64_MAX, 1, 9},
};

static bool unix_parse(str s, struct wall *out) {
    const char *p = s.ptr;
    const char *const end = s.ptr + s.len;
    bool const negative = p < end && *p == '-';
    const struct unit *unit = units;
    struct wall frac = {0};
    uint64_t n = 0;
    int64_t when;

    p += negative;
    if (p == end || *p < '0' || *p > '9')
        return false;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (n > INT64_MAX / 10)
            return false;
        n = n * 10 + (unsigned)(*p - '0');
    }
    while (n >= unit->below)
        unit++;
    if (p < end && *p == '.' && unit == units) {
        p++;
        fraction(&p, end, &frac);
        if (frac.digits == 0)
            return false;
        if (end - p > 1 && *p == ':') /* the serial number of an audit record */
            for (p++; p < end && *p >= '0' && *p <= '9'; p++)
                continue;
    }
    if (p != end || n > INT64_MAX || __builtin_mul_overflow((int64_t)n, unit->factor, &when) ||
        __builtin_add_overflow(when, (int64_t)frac.nanosecond, &when))
        return false;
    *out = instant_wall(negative ? -when : when);
    out->digits = unit == units ? frac.digits : unit->digits;
    return true;
}

/* /Date(1615686019197)/, /Date(1615686019197+0100)/: the offset only says where it was written. */
static bool json_date(str s, struct wall *out) {
    struct wall w = {0};
    int64_t when = 0;

    if (s.len < 9 || s.len > 32 || memcmp(s.ptr, "/Date(", 6) != 0 || memcmp(s.ptr + s.len - 2, ")/", 2) != 0)
        return false;
    str n = {s.ptr + 6, s.len - 8};
    bool const negative = n.ptr[0] == '-';

    if (n.len > 5 && (n.ptr[n.len - 5] == '+' || n.ptr[n.len - 5] == '-')) {
        if (!zone(n.ptr + n.len - 5, n.ptr + n.len, &w))
            return false;
        n.len -= 5;
    }
    n.ptr += negative;
    n.len -= negative;
    if (n.len == 0)
        return false;
    for (size_t i = 0; i < n.len; i++)
        if (n.ptr[i] < '0' || n.ptr[i] > '9' || __builtin_mul_overflow(when, INT64_C(10), &when) ||
            __builtin_add_overflow(when, (int64_t)(n.ptr[i] - '0'), &when))
            return false;
    if (__builtin_mul_overflow(when, INT64_C(1000000), &when))
        return false;
    *out = instant_wall(negative ? -when : when);
    out->digits = 3;
    return true;
}

/* ---- every form but ISO's and Unix time: read with more patience, because they are rare ---- */

/* What is left to read of a time, and what has been read. */
struct reading {
    const char *p, *end;
    struct wall w;
};

static bool next_is(const struct reading *r, char c) {
    return r->p < r->end && *r->p == c;
}

static bool skip(struct reading *r, char c) {
    bool const is = next_is(r, c);

    r->p += is;
    return is;
}

/* One blank or several; U+202F is what programs with ICU 72 write before AM and PM. */
static bool blanks(struct reading *r) {
    const char *const from = r->p;

    while (skip(r, ' '))
        ;
    if (r->end - r->p >= 3 && memcmp(r->p, "\xe2\x80\xaf", 3) == 0)
        r->p += 3;
    return r->p > from;
}

/* A number of least to most digits; no digit behind them. */
static bool number(struct reading *r, int least, int most, uint32_t *out) {
    int n = 0;

    while (n < most && r->end - r->p > n && r->p[n] >= '0' && r->p[n] <= '9')
        n++;
    if (n < least || (r->end - r->p > n && r->p[n] >= '0' && r->p[n] <= '9'))
        return false;
    return digits(&r->p, r->end, n, out);
}

/* One of the names of three letters: its number from 1, or 0. */
static unsigned name_of(const struct reading *r, const char *names) {
    if (r->end - r->p < 3)
        return 0;
    for (unsigned i = 0; names[3 * i]; i++)
        if (str_eq_ascii((str){r->p, 3}, (str){names + (size_t)3 * i, 3}))
            return i + 1;
    return 0;
}

static bool month_name(struct reading *r, uint32_t *month) {
    *month = name_of(r, "JanFebMarAprMayJunJulAugSepOctNovDec");
    r->p += *month ? 3 : 0;
    return *month != 0;
}

/* Snort and Suricata: 03/14-, 03/14/21-, 21/03/14-, 03/14/2021- and then the time of day. Two digits of a year stand last
 * (Snort 2) or first (Snort 3), which only a number above 12 tells. */
static bool date_of_alert(struct reading *r, uint32_t first) {
    uint32_t second, third;

    if (!skip(r, '/') || !number(r, 2, 2, &second))
        return false;
    if (skip(r, '-')) {
        bool const ok = date_set(&r->w, 2000, first, second); /* any leap year */

        r->w.year_given = false;
        r->w.year = 0;
        return ok;
    }
    const char *const behind = r->p;

    if (skip(r, '/') && number(r, 4, 4, &third) && skip(r, '-'))
        return date_set(&r->w, third, first, second);
    r->p = behind;
    if (!skip(r, '/') || !number(r, 2, 2, &third) || !skip(r, '-'))
        return false;
    return first > 12 ? date_set(&r->w, 2000 + first, second, third) : date_set(&r->w, 2000 + third, first, second);
}

/* 2021/03/14, 3/14/2021, 2021.03.14, 14.3.2021: the separator stands behind the first number. */
static bool date_of_numbers(struct reading *r, uint32_t first, bool year_first) {
    char const separator = *r->p++;
    uint32_t second, third;

    if (!number(r, 1, 2, &second) || !skip(r, separator))
        return false;
    if (year_first)
        return number(r, 1, 2, &third) && date_set(&r->w, first, second, third);
    if (!number(r, 4, 4, &third))
        return false;
    if (separator == '.' || first > 12)
        return date_set(&r->w, third, second, first);
    return date_set(&r->w, third, first, second);
}

/* From the month's name on, what stands before it is the day: 14 Mar 2021, 14-Mar-21, 14/Mar/2021. */
static bool date_behind_day(struct reading *r, uint32_t day, char separator) {
    uint32_t month, year;

    if (!month_name(r, &month) || !skip(r, separator))
        return false;
    const char *const from = r->p;

    if (!number(r, 4, 4, &year)) {
        r->p = from;
        if (!number(r, 2, 2, &year))
            return false;
        year += year < 50 ? 2000 : 1900;
    }
    return date_set(&r->w, year, month, day);
}

/* Mar 14, and the year if it stands there: not the hour, behind which stands a colon. */
static bool date_of_month(struct reading *r, uint32_t year, bool year_given) {
    uint32_t month, day;

    if (!month_name(r, &month) || !blanks(r) || !number(r, 1, 2, &day))
        return false;
    const char *const behind = r->p;

    if (!year_given && blanks(r)) {
        year_given = number(r, 4, 4, &year);
        r->p = year_given ? r->p : behind;
    }
    if (!date_set(&r->w, year_given ? year : 2000, month, day)) /* any leap year */
        return false;
    r->w.year_given = year_given;
    r->w.year = year_given ? r->w.year : 0;
    return true;
}

/* The fraction, if there is one. */
static bool decimals(struct reading *r) {
    if (!skip(r, '.') && !skip(r, ','))
        return true;
    fraction(&r->p, r->end, &r->w);
    return r->w.digits > 0;
}

/* 7:12, 07:12:03.123 PM. */
static bool clock_of(struct reading *r, char separator) {
    uint32_t hour, minute, second = 0;

    if (!number(r, 1, 2, &hour) || !skip(r, separator) || !number(r, 2, 2, &minute))
        return false;
    if (skip(r, separator)) {
        if (!number(r, 2, 2, &second) || !decimals(r))
            return false;
    }
    const char *const behind = r->p;

    (void)blanks(r);
    if (r->end - r->p >= 2 && (r->p[1] | 0x20) == 'm' && ((r->p[0] | 0x20) == 'a' || (r->p[0] | 0x20) == 'p')) {
        if (hour < 1 || hour > 12)
            return false;
        hour = hour % 12 + ((r->p[0] | 0x20) == 'p' ? 12 : 0);
        r->p += 2;
    } else {
        r->p = behind;
    }
    return clock_set(&r->w, hour, minute, second);
}

/* 20210314 0712, 20210314T071203Z, 20210314071203, 20210314 07:12:03. False: it is none. */
static bool compact(struct reading *r) {
    uint32_t year, month, day, hour, minute, second = 0;

    if (!digits(&r->p, r->end, 4, &year) || !digits(&r->p, r->end, 2, &month) || !digits(&r->p, r->end, 2, &day) ||
        !date_set(&r->w, year, month, day))
        return false;
    bool const apart = skip(r, 'T') || skip(r, ' ');

    if (apart && r->end - r->p > 2 && r->p[2] == ':')
        return clock_of(r, ':');
    if (!digits(&r->p, r->end, 2, &hour) || !digits(&r->p, r->end, 2, &minute))
        return false;
    if (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
        if (!digits(&r->p, r->end, 2, &second))
            return false;
        if (!decimals(r))
            return false;
    } else if (!apart) {
        return false;
    }
    return clock_set(&r->w, hour, minute, second);
}

/* 0314 07:12:03.123456, as glog and klog have it: always with a fraction, or any number in front of a time would be a day. */
static bool compact_yearless(struct reading *r) {
    uint32_t month, day;

    if (!digits(&r->p, r->end, 2, &month) || !digits(&r->p, r->end, 2, &day) || !skip(r, ' ') ||
        !date_set(&r->w, 2000, month, day) || !clock_of(r, ':')) /* any leap year */
        return false;
    r->w.year_given = false;
    r->w.year = 0;
    return r->w.digits && r->p == r->end;
}

/* Behind the time of day: a zone, the year (asctime), a zone in brackets (RFC 5322 3.2.2), in this order of frequency. */
static bool behind_clock(struct reading *r) {
    str rest = {r->p, (size_t)(r->end - r->p)};
    size_t bracket;

    if (!r->w.year_given && rest.len >= 5 && rest.ptr[rest.len - 5] == ' ') {
        struct reading tail = {r->end - 4, r->end, {0}};
        uint32_t year;

        if (number(&tail, 4, 4, &year)) {
            if (!date_set(&r->w, year, r->w.month, r->w.day))
                return false;
            rest.len -= 5;
        }
    }
    if (rest.len > 2 && rest.ptr[rest.len - 1] == ')' && (bracket = str_find(rest, S(" ("))) != SIZE_MAX) {
        str const name = {rest.ptr + bracket + 2, rest.len - bracket - 3};

        rest.len = bracket;
        if (rest.len == 0)
            return zone_name(name, &r->w);
        if (!is_zone_name(name))
            return false;
    }
    return zone(rest.ptr, rest.ptr + rest.len, &r->w);
}

/* The date, and what comes before the time of day. */
static bool date_any(struct reading *r) {
    const char *const from = r->p;
    uint32_t first;

    if (!number(r, 1, 2, &first) && !number(r, 4, 4, &first))
        return date_of_month(r, 0, false);
    bool const year_first = r->p - from == 4;

    if (year_first && blanks(r))
        return date_of_month(r, first, true);
    if (!year_first && r->end - r->p > 1 && (r->p[1] | 0x20) >= 'a') {
        char const separator = *r->p++;

        if (separator != '/' && separator != '-' && separator != ' ')
            return false;
        return date_behind_day(r, first, separator) && (separator != '/' || skip(r, ':'));
    }
    struct reading alert = *r;

    if (!year_first && date_of_alert(&alert, first)) {
        *r = alert;
        return true;
    }
    if ((!next_is(r, '/') && !next_is(r, '.')) || !date_of_numbers(r, first, year_first))
        return false;
    r->p += r->end - r->p > 1 && r->p[0] == ',' && r->p[1] == ' ';
    return true;
}

/* Not inlined: ISO and Unix times, which are nearly all, should not pay for the rest. */
static __attribute__((noinline)) bool other_parse(str s, struct wall *out) {
    if (s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        s = (str){s.ptr + 1, s.len - 2};
    struct reading r = {s.ptr, s.ptr + s.len, {0}};

    if (next_is(&r, '/'))
        return json_date(s, out);
    if (compact(&r)) {
        if (!behind_clock(&r))
            return false;
        *out = r.w;
        return true;
    }
    r = (struct reading){s.ptr, s.ptr + s.len, {0}};
    if (compact_yearless(&r)) {
        *out = r.w;
        return true;
    }
    r = (struct reading){s.ptr, s.ptr + s.len, {0}};
    if (next_is(&r, '*') || next_is(&r, '.')) /* Cisco: its clock was never set, or is no longer synchronised */
        r.p++;
    if (name_of(&r, "MonTueWedThuFriSatSun")) {
        r.p += 3;
        (void)skip(&r, ',');
        if (!blanks(&r))
            return false;
    }
    if (!date_any(&r))
        return false;
    bool const behind_mark = r.p[-1] == ':' || r.p[-1] == '-';

    if (r.p == r.end ? !r.w.year_given || behind_mark
                     : (!behind_mark && !blanks(&r)) || !clock_of(&r, r.end - r.p > 2 && r.p[2] == '.' ? '.' : ':') ||
                           !behind_clock(&r))
        return false;
    *out = r.w;
    return true;
}

bool wall_parse(str s, struct wall *out) {
    const char *p = s.ptr;
    const char *const end = s.ptr + s.len;
    uint32_t year, month, day, hour, minute, second;
    struct wall w = {.year_given = true};

    if (s.len < 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
        return unix_parse(s, out) || other_parse(s, out);
    if (!digits(&p, end, 4, &year) || *p++ != '-' || !digits(&p, end, 2, &month) || *p++ != '-' ||
        !digits(&p, end, 2, &day) || !date_set(&w, year, month, day))
        return false;
    if (p == end) {
        *out = w;
        return true;
    }
    if (*p != 'T' && *p != 't' && *p != ' ')
        return false;
    p++;
    if (!digits(&p, end, 2, &hour) || p == end || *p++ != ':' || !digits(&p, end, 2, &minute))
        return false;
    second = 0;
    if (p < end && *p == ':') {
        p++;
        if (!digits(&p, end, 2, &second))
            return false;
        if (p < end && (*p == '.' || *p == ',')) {
            p++;
            fraction(&p, end, &w);
            if (w.digits == 0)
                return false;
        }
    }
    if (!clock_set(&w, hour, minute, second) || !zone(p, end, &w))
        return false;
    *out = w;
    return true;
}

int64_t wall_instant(const struct wall *w) {
    if (!w->year_given)
        return INSTANT_NONE;
    int64_t const seconds = days_of(w->year, w->month, w->day) * 86400 + w->hour * 3600 + w->minute * 60 + w->second;

    return instant_from_unix(seconds - w->offset_s, w->nanosecond);
}

int64_t instant_parse(str s) {
    struct wall w;

    return wall_parse(s, &w) ? wall_instant(&w) : INSTANT_NONE;
}

bool instant_day(unsigned year, unsigned month, unsigned day, int64_t *days) {
    if (year > 9999 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *days = days_of(year, month, day);
    return true;
}

/* The date of a day since 1970-01-01: days_of undone. */
static void civil_of(int64_t days, struct wall *w) {
    int64_t const z = days + 719468;
    int64_t const era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t const in_era = z - era * 146097;
    int64_t const year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t const day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t const month = (5 * day_of_year + 2) / 153;

    w->day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1);
    w->month = (uint8_t)(month < 10 ? month + 3 : month - 9);
    w->year = (int32_t)(year_of_era + era * 400 + (w->month <= 2));
}

struct wall instant_wall(int64_t when) {
    int64_t seconds = when / SECOND, nano = when % SECOND;
    struct wall w = {.year_given = true, .zone_given = true, .digits = 9};

    assert(when != INSTANT_NONE);
    if (nano < 0) {
        nano += SECOND;
        seconds--;
    }
    int64_t days = seconds / 86400, left = seconds % 86400;

    if (left < 0) {
        left += 86400;
        days--;
    }
    civil_of(days, &w);
    w.hour = (uint8_t)(left / 3600);
    w.minute = (uint8_t)(left / 60 % 60);
    w.second = (uint8_t)(left % 60);
    w.nanosecond = (uint32_t)nano;
    return w;
}

void wall_year_guess(struct wall *w, int64_t latest) {
    struct wall guess = *w;
    int64_t bound;

    if (w->year_given || latest == INSTANT_NONE)
        return;
    if (__builtin_add_overflow(latest, 86400 * SECOND, &bound))
        bound = INT64_MAX;
    guess.year_given = true;
    /* The year of the bound, or the next one (an offset); then back over nine, which hold a leap year (1896, 1904). */
    guess.year = instant_wall(bound).year + 1;
    for (int i = 0; i < 10; i++, guess.year--) {
        if (guess.day > month_days(guess.year, guess.month))
            continue;
        int64_t const when = wall_instant(&guess);

        if (when != INSTANT_NONE && when <= bound) {
            *w = guess;
            return;
        }
    }
}

/* ISO 8601: the week holds the year's first Thursday. */
unsigned wall_week(const struct wall *w) {
    int64_t const day = days_of(w->year, w->month, w->day);
    int64_t const weekday = ((day + 3) % 7 + 7) % 7; /* Monday 0; 1970-01-01 was a Thursday */
    int64_t const thursday = day - weekday + 3;
    struct wall t;

    civil_of(thursday, &t);
    return (unsigned)((thursday - days_of(t.year, 1, 1)) / 7 + 1);
}

/* n as exactly `width` digits. */
static char *decimal(char *to, uint32_t n, int width) {
    for (int i = width; i-- > 0; n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + width;
}

str instant_format(int64_t when, char out[INSTANT_TEXT]) {
    static const struct {
        uint32_t unit;
        int width;
    } steps[] = {{1000000, 3}, {1000, 6}, {100, 7}, {1, 9}};
    size_t step = 0;
    char *p = out;

    if (when == INSTANT_NONE)
        return S("");
    struct wall const w = instant_wall(when);

    p = decimal(p, (uint32_t)w.year, 4);
    *p++ = '-';
    p = decimal(p, w.month, 2);
    *p++ = '-';
    p = decimal(p, w.day, 2);
    *p++ = 'T';
    p = decimal(p, w.hour, 2);
    *p++ = ':';
    p = decimal(p, w.minute, 2);
    *p++ = ':';
    p = decimal(p, w.second, 2);
    if (w.nanosecond) {
        while (w.nanosecond % steps[step].unit != 0)
            step++;
        *p++ = '.';
        p = decimal(p, w.nanosecond / steps[step].unit, steps[step].width);
    }
    *p++ = 'Z';
    return (str){out, (size_t)(p - out)};
}

int64_t instant_moved(int64_t when, int64_t by) {
    int64_t moved;

    if (when == INSTANT_NONE)
        return when;
    if (__builtin_add_overflow(when, by, &moved) || moved == INSTANT_NONE)
        return by < 0 ? -INT64_MAX : INT64_MAX;
    return moved;
}
