/* zone_rules: a TZif file (RFC 8536) into one table of changes in which all questions are looked up: first those the file
 * lists, then those its rule makes, year by year, up to the last that an instant can hold.
 *
 * The file has a header and a block of data with times of 32 bits, for readers of old, and both again with 64. Only the second
 * is used; behind it stands, between two line ends, the rule that holds from its last change on, as POSIX has it in TZ:
 * CET-1CEST,M3.5.0,M10.5.0/3. */
#include "base/zone_rules.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/file.h"
#include "base/instant.h"

#define HEADER_SIZE 44u
#define CHANGES_MAX 4096u /* in a file; the most of the database are 237 */
#define TYPES_MAX 256u    /* their numbers are bytes */
#define SECOND INT64_C(1000000000)
#define DAY INT64_C(86400)
/* Years that an instant holds whole. */
#define YEAR_FIRST 1678
#define YEAR_LAST 2261
/* RFC 8536 3.2: no offset lies outside. */
#define OFFSET_LEAST (-89999)
#define OFFSET_MOST 93599

/* From `at` (UTC, seconds since 1970) on clocks are so many seconds east. */
struct change {
    int64_t at;
    int32_t offset_s;
};

struct zone_rules {
    int32_t first_s; /* before all changes */
    uint32_t count;
    struct change changes[]; /* by `at`, none twice */
};

/* ---- the rule behind the table ---- */

/* A day of the year and a time of it, in local time before the change. */
struct yearly {
    char form; /* 'M': day `day` (0: Sunday) of week `week` (5: the last) of a month; 'J': day 1 to 365, no 29 February
                      * among them; '0': day 0 to 365 */
    unsigned month, week, day;
    int32_t time_s; /* -167 to 167 hours */
};

struct rule {
    int32_t standard_s, summer_s; /* offsets, east */
    bool summer;                  /* is there any summer time? */
    struct yearly begin, end;     /* of summer time */
};

static bool number(struct cursor *c, unsigned most, unsigned *out) {
    const char *const from = c->pos;
    unsigned n = 0;

    while (cursor_left(c) && *c->pos >= '0' && *c->pos <= '9' && c->pos - from < 4)
        n = n * 10 + (unsigned)(*c->pos++ - '0');
    *out = n;
    return c->pos != from && n <= most;
}

static bool next_is(struct cursor *c, char byte) {
    if (!cursor_left(c) || *c->pos != byte)
        return false;
    c->pos++;
    return true;
}

/* CET, or what stands between < and >: three bytes at least. */
static bool designation(struct cursor *c) {
    bool const quoted = next_is(c, '<');
    const char *const from = c->pos;

    while (cursor_left(c) && ((*c->pos >= 'A' && *c->pos <= 'Z') || (*c->pos >= 'a' && *c->pos <= 'z') ||
                              (quoted && ((*c->pos >= '0' && *c->pos <= '9') || *c->pos == '+' || *c->pos == '-'))))
        c->pos++;
    return c->pos - from >= 3 && (!quoted || next_is(c, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool time_of_rule(struct cursor *c, unsigned hours_most, int32_t *out) {
    bool const minus = next_is(c, '-');
    unsigned hours, minutes = 0, seconds = 0;

    if (!minus)
        (void)next_is(c, '+');
    if (!number(c, hours_most, &hours) ||
        (next_is(c, ':') && (!number(c, 59, &minutes) || (next_is(c, ':') && !number(c, 59, &seconds)))))
        return false;
    *out = (int32_t)(hours * 3600 + minutes * 60 + seconds) * (minus ? -1 : 1);
    return true;
}

static bool yearly(struct cursor *c, struct yearly *y) {
    bool good;

    *y = (struct yearly){.form = '0', .time_s = 2 * 3600};
    if (next_is(c, 'M')) {
        y->form = 'M';
        good = number(c, 12, &y->month) && y->month && next_is(c, '.') && number(c, 5, &y->week) && y->week &&
               next_is(c, '.') && number(c, 6, &y->day);
    } else if (next_is(c, 'J')) {
        y->form = 'J';
        good = number(c, 365, &y->day) && y->day;
    } else {
        good = number(c, 365, &y->day);
    }
    return good &&
           (!next_is(c, '/') || time_of_rule(c, 167, &y->time_s)); /* RFC 8536 3.3.1: more than a day is allowed */
}

/* CET-1CEST,M3.5.0,M10.5.0/3: offsets are west, summer time is an hour ahead unless it says so. */
static bool rule_read(str text, struct rule *r) {
    struct cursor c = cursor_of(text);
    int32_t west;

    *r = (struct rule){.summer = false};
    if (!designation(&c) || !time_of_rule(&c, 24, &west))
        return false;
    r->standard_s = -west;
    if (!cursor_left(&c))
        return true;
    r->summer = true;
    if (!designation(&c))
        return false;
    r->summer_s = r->standard_s + 3600;
    if (cursor_left(&c) && *c.pos != ',') {
        if (!time_of_rule(&c, 24, &west))
            return false;
        r->summer_s = -west;
    }
    return next_is(&c, ',') && yearly(&c, &r->begin) && next_is(&c, ',') && yearly(&c, &r->end) && !cursor_left(&c);
}

static int64_t day_of(int32_t year, unsigned month) {
    struct wall const w = {.year = year, .month = (uint8_t)month, .day = 1, .year_given = true};

    return wall_instant(&w) / SECOND / DAY; /* midnight: nothing is cut off */
}

/* When it happens in a year, in seconds since 1970 as if its local time were UTC. */
static int64_t yearly_at(const struct yearly *y, int32_t year) {
    int64_t day = day_of(year, 1);

    if (y->form == 'M') {
        int64_t const first = day_of(year, y->month);
        int64_t const behind = y->month == 12 ? first + 31 : day_of(year, y->month + 1);
        int64_t const weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */

        day = first + ((int64_t)y->day - weekday + 7) % 7 + 7 * ((int64_t)y->week - 1);
        if (day >= behind)
            day -= 7;
    } else {
        bool const leap = day_of(year, 3) - day == 60;

        day += y->day;
        if (y->form == 'J' && !(leap && y->day >= 60)) /* behind 28 February a leap year has one day more */
            day--;
    }
    return day * DAY + y->time_s;
}

/* ---- the table ---- */

static bool change_add(struct zone_rules *z, int64_t at, int32_t offset_s) {
    struct change *const last = z->count ? &z->changes[z->count - 1] : NULL;

    if (last && at < last->at)
        return false;
    if (last && at == last->at)
        last->offset_s = offset_s; /* summer time all year ends where it begins again: RFC 8536 3.3.1 */
    else
        z->changes[z->count++] = (struct change){at, offset_s};
    return true;
}

/* Year by year, behind what the table says. False: a year's changes do not follow those of the year before. */
static bool rule_apply(struct zone_rules *z, const struct rule *r) {
    int64_t const table_end = z->count ? z->changes[z->count - 1].at : INT64_MIN;
    int32_t year = YEAR_FIRST;

    if (!r->summer) {
        if (!z->count)
            z->first_s = r->standard_s;
        return true;
    }
    if (z->count) {
        int64_t const when = instant_from_unix(table_end, 0);

        if (when != INSTANT_NONE)
            year = instant_wall(when).year - 1;
        else if (table_end > 0)
            year = YEAR_LAST + 1;
        year = year < YEAR_FIRST ? YEAR_FIRST : year;
    } else {
        z->first_s = r->standard_s;
    }
    for (; year <= YEAR_LAST; year++) {
        struct change const begin = {yearly_at(&r->begin, year) - r->standard_s, r->summer_s};
        struct change const end = {yearly_at(&r->end, year) - r->summer_s, r->standard_s};
        struct change const both[2] = {begin.at <= end.at ? begin : end, begin.at <= end.at ? end : begin};

        for (size_t i = 0; i < COUNT(both); i++)
            if (both[i].at > table_end && !change_add(z, both[i].at, both[i].offset_s))
                return false;
    }
    return true;
}

/* ---- the file ---- */

struct counts {
    uint32_t utc, standard, leaps, changes, types, letters;
};

static bool read_big(struct cursor *c, size_t bytes, uint64_t *out) {
    *out = 0;
    if (cursor_left(c) < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        *out = *out << 8 | (unsigned char)*c->pos++;
    return true;
}

static bool header(struct cursor *c, char *version, struct counts *n) {
    uint32_t *const to[] = {&n->utc, &n->standard, &n->leaps, &n->changes, &n->types, &n->letters};
    str magic, reserved;

    if (!read_view(c, 4, &magic) || !str_eq(magic, S("TZif")) || !read_bytes(c, version, 1) ||
        !read_view(c, 15, &reserved))
        return false;
    for (size_t i = 0; i < COUNT(to); i++) {
        uint64_t v;

        if (!read_big(c, 4, &v))
            return false;
        *to[i] = (uint32_t)v;
    }
    return true;
}

/* Bytes of a block of data whose times have so many bytes. */
static uint64_t block_size(const struct counts *n, uint64_t time) {
    return n->changes * (time + 1) + n->types * UINT64_C(6) + n->letters + n->leaps * (time + 4) + n->standard +
           (uint64_t)n->utc;
}

static bool bad(struct err *e, const struct cursor *c, const char *what) {
    return err_set(e, ERR_CORRUPT, cursor_at(c), "%s", what);
}

/* The block of data with times of 64 bits. */
static bool table_read(struct cursor *c, const struct counts *n, struct zone_rules *z, struct err *e) {
    struct cursor times = *c, numbers, types;
    int32_t offsets[TYPES_MAX];
    int64_t last = INT64_MIN;

    if (!cursor_skip(c, n->changes * UINT64_C(8)))
        return bad(e, c, "it ends within its changes");
    numbers = *c;
    if (!cursor_skip(c, n->changes))
        return bad(e, c, "it ends within its changes");
    types = *c;
    if (!cursor_skip(c, block_size(n, 8) - n->changes * UINT64_C(9)))
        return bad(e, c, "it ends within its types");
    for (uint32_t i = 0; i < n->types; i++) {
        uint64_t offset, summer, letter;

        if (!read_big(&types, 4, &offset) || !read_big(&types, 1, &summer) || !read_big(&types, 1, &letter))
            return bad(e, &types, "it ends within its types");
        offsets[i] = (int32_t)(uint32_t)offset;
        if (offsets[i] < OFFSET_LEAST || offsets[i] > OFFSET_MOST || summer > 1 || letter >= n->letters)
            return bad(e, &types, "a type that no zone has");
    }
    z->first_s = offsets[0];
    for (uint32_t i = 0; i < n->changes; i++) {
        uint64_t at, number_of;

        if (!read_big(&times, 8, &at) || !read_big(&numbers, 1, &number_of) || number_of >= n->types)
            return bad(e, &numbers, "a change to a type that is not there");
        if (i && (int64_t)at <= last)
            return bad(e, &times, "changes that are not in order of time");
        last = (int64_t)at;
        if (!change_add(z, last, offsets[number_of]))
            return bad(e, &times, "changes that are not in order of time");
    }
    return true;
}

bool zone_rules_read(str file, struct zone_rules **out, struct err *e) {
    struct cursor c = cursor_of(file);
    size_t const most = CHANGES_MAX + 2 * (YEAR_LAST - YEAR_FIRST + 1);
    struct zone_rules *z, *fitted;
    struct rule rule;
    struct counts n;
    char version;
    size_t end;
    str text;

    if (!header(&c, &version, &n))
        return bad(e, &c, "it is no file of time zones (TZif)");
    if (version < '2')
        return err_set(e, ERR_UNSUPPORTED, 4, "it is of version 1, without the rule for the years to come");
    if (!cursor_skip(&c, block_size(&n, 4)))
        return bad(e, &c, "it ends within its first part");
    if (!header(&c, &version, &n) || version < '2')
        return bad(e, &c, "it lacks its second part");
    if (n.leaps)
        return err_set(e, ERR_UNSUPPORTED, cursor_at(&c),
                       "it counts leap seconds, which no log does: take the name without right/");
    if (n.changes > CHANGES_MAX || n.types > TYPES_MAX)
        return err_set(e, ERR_LIMIT, cursor_at(&c), "more changes of its clocks than any zone has");
    if (!n.types || !n.letters || (n.utc && n.utc != n.types) || (n.standard && n.standard != n.types))
        return bad(e, &c, "its header's numbers contradict each other");
    if (!(z = calloc(1, sizeof *z + most * sizeof *z->changes)))
        return err_set(e, ERR_MEMORY, 0, "no memory for a zone's rules");
    if (!table_read(&c, &n, z, e)) {
        free(z);
        return false;
    }
    text = (str){c.pos, cursor_left(&c)};
    if (text.len < 2 || text.ptr[0] != '\n' || (end = str_find_byte(str_from(text, 1), '\n')) == SIZE_MAX) {
        free(z);
        return bad(e, &c, "its rule for the years to come is missing");
    }
    text = str_first(str_from(text, 1), end);
    if (text.len && (!rule_read(text, &rule) || !rule_apply(z, &rule))) {
        free(z);
        return bad(e, &c, "its rule for the years to come is none");
    }
    fitted = realloc(z, sizeof *z + z->count * sizeof *z->changes);
    *out = fitted ? fitted : z;
    return true;
}

bool zone_name_good(str name) {
    char last = '/';

    if (!name.len || name.len > ZONE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char const c = name.ptr[i];
        bool const letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        if (last == '/' ? !letter : !(letter || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/'))
            return false; /* a part begins with a letter: no dot anywhere, no slash in front, at the end or twice */
        last = c;
    }
    return last != '/';
}

bool zone_rules_open(const char *folder, str name, struct zone_rules **out, struct err *e) {
    char path[512];
    struct buf file = {0};
    struct stat st;
    int const n = snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(name));
    bool ok;

    assert(zone_name_good(name));
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_IO, 0, "the path of the folder of time zones is too long");
    if (stat(folder, &st) != 0)
        return err_set(e, ERR_IO, 0, "no time zones in %s: install the package tzdata, or say the offset (+01:00)",
                       folder);
    if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, 0,
                       "no time zone '%.*s' in %s: names are written as there (Europe/Berlin), offsets as +01:00",
                       STR_ARG(name), folder);
    ok = file_read(path, ZONE_FILE_MAX, &file, e);
    if (ok && !(ok = zone_rules_read(buf_str(&file), out, e)))
        err_wrap(e,
                 e->code == ERR_CORRUPT ? "%s is damaged: install the package tzdata again, or say the offset" : "%s",
                 path);
    buf_free(&file);
    return ok;
}

struct zone_rules *zone_rules_fixed(int32_t offset_s) {
    struct zone_rules *const z = calloc(1, sizeof *z);

    if (z)
        z->first_s = offset_s;
    return z;
}

void zone_rules_free(struct zone_rules *z) {
    free(z);
}

/* ---- the question ---- */

/* The first change at or behind an instant. */
static uint32_t change_from(const struct zone_rules *z, int64_t at) {
    uint32_t low = 0, high = z->count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (z->changes[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum zone_fit zone_rules_offset(const struct zone_rules *z, int64_t local_s, int32_t *offset_s) {
    /* All spans of one offset that could hold the instant: it lies within these bounds, whatever the offset. */
    int64_t const from = local_s < INT64_MIN + DAY * 2 ? INT64_MIN : local_s - OFFSET_MOST;
    int64_t const to = local_s > INT64_MAX - DAY * 2 ? INT64_MAX : local_s - OFFSET_LEAST;
    uint32_t i = change_from(z, from);
    int32_t here = i ? z->changes[i - 1].offset_s : z->first_s, before = here;
    unsigned found = 0;
    bool between = false;

    for (bool last = false; !last; i++) {
        last = i == z->count || z->changes[i].at > to;
        bool const begun = !i || local_s - here >= z->changes[i - 1].at;
        bool const ended = !last && local_s - here >= z->changes[i].at;

        if (begun && !ended && !found++)
            *offset_s = here;
        if (!begun && !between && !found) { /* it is behind the span in front, and this one has not begun */
            between = true;
            *offset_s = before;
        }
        before = here;
        here = last ? here : z->changes[i].offset_s;
    }
    return found > 1 ? ZONE_TWICE : found ? ZONE_ONCE : ZONE_NEVER;
}
