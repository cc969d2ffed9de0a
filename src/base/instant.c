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

/* What stands behind the time of day: nothing, Z, UTC, or an offset, with or without a blank before. */
static bool zone(const char *p, const char *end, struct wall *w) {
    uint32_t hours, minutes = 0;

    if (p == end)
        return true;
    if (*p == ' ')
        p++;
    w->zone_given = true;
    if ((end - p == 1 && (*p == 'Z' || *p == 'z')) || (end - p == 3 && memcmp(p, "UTC", 3) == 0))
        return true;
    if (p == end || (*p != '+' && *p != '-'))
        return false;
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
    }
    if (p != end || n > INT64_MAX || __builtin_mul_overflow((int64_t)n, unit->factor, &when) ||
        __builtin_add_overflow(when, (int64_t)frac.nanosecond, &when))
        return false;
    *out = instant_wall(negative ? -when : when);
    out->digits = unit == units ? frac.digits : unit->digits;
    return true;
}

bool wall_parse(str s, struct wall *out) {
    const char *p = s.ptr;
    const char *const end = s.ptr + s.len;
    uint32_t year, month, day, hour, minute, second;
    struct wall w = {0};

    if (s.len < 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
        return unix_parse(s, out);
    if (!digits(&p, end, 4, &year) || *p++ != '-' || !digits(&p, end, 2, &month) || *p++ != '-' ||
        !digits(&p, end, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    w.year = (int32_t)year;
    w.month = (uint8_t)month;
    w.day = (uint8_t)day;
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
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    w.hour = (uint8_t)hour;
    w.minute = (uint8_t)minute;
    w.second = (uint8_t)second;
    if (!zone(p, end, &w))
        return false;
    *out = w;
    return true;
}

int64_t wall_instant(const struct wall *w) {
    int64_t const seconds = days_of(w->year, w->month, w->day) * 86400 + w->hour * 3600 + w->minute * 60 + w->second;

    return instant_from_unix(seconds - w->offset_s, w->nanosecond);
}

int64_t instant_parse(str s) {
    struct wall w;

    return wall_parse(s, &w) ? wall_instant(&w) : INSTANT_NONE;
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
    struct wall w = {.zone_given = true, .digits = 9};

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
