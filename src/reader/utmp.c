/* utmp: `struct utmp` and `struct lastlog` of glibc, of machines of any word size and byte order. docs/formats/utmp.md says it
 * all in prose.
 *
 * The records are of one size, from the first byte on. Where bytes were lost or put in, that does not hold: then the next
 * place where two records in a row can be read is looked for. What is found there depends on all that stands before: a
 * source is one part. */
#include "reader/utmp.h"

#include <assert.h>

#include "base/address.h"

#define RECORD_MAX 400u
#define WINDOW ((size_t)256 << 10)
#define LOOK_AT 2u /* records, none of zeros, that are looked at to tell what a file is */
#define LINE_BYTES 32u
#define ID_BYTES 4u
#define USER_BYTES 32u
#define HOST_BYTES 256u
#define UNUSED_BYTES 20u

/* Where what stands in a record: [utmp(5)], bits/utmp.h. */
struct layout {
    size_t size;
    bool big;  /* the other byte order */
    bool last; /* lastlog: when, line, host, one for each number of an account */
    uint8_t time_bytes;
    size_t line, host, session, time, micro, address, unused;
};

enum { TYPE_AT = 0, PID_AT = 4, ID_AT = 40, USER_AT = 44, EXIT_AT = 332 };

static const struct layout layouts[] = {
    {384, false, false, 4, 8, 76, 336, 340, 344, 348, 364}, /* all of 32 bits, and x86-64 as it keeps to them */
    {400, false, false, 8, 8, 76, 336, 344, 352, 360, 376}, /* others of 64 bits: aarch64 */
    {384, true, false, 4, 8, 76, 336, 340, 344, 348, 364},
    {400, true, false, 8, 8, 76, 336, 344, 352, 360, 376},
    {292, false, true, 4, 4, 36, 0, 0, 0, 0, 0},
    {296, false, true, 8, 8, 40, 0, 0, 0, 0, 0},
    {292, true, true, 4, 4, 36, 0, 0, 0, 0, 0},
    {296, true, true, 8, 8, 40, 0, 0, 0, 0, 0},
};

enum type {
    EMPTY,
    RUN_LVL,
    BOOT_TIME,
    NEW_TIME,
    OLD_TIME,
    INIT_PROCESS,
    LOGIN_PROCESS,
    USER_PROCESS,
    DEAD_PROCESS,
    ACCOUNTING
};
static const str type_names[] = {
    STR("EMPTY"),        STR("RUN_LVL"),       STR("BOOT_TIME"),    STR("NEW_TIME"),     STR("OLD_TIME"),
    STR("INIT_PROCESS"), STR("LOGIN_PROCESS"), STR("USER_PROCESS"), STR("DEAD_PROCESS"), STR("ACCOUNTING"),
};

enum made {
    MADE_TYPE,
    MADE_ACTION,
    MADE_TIMESTAMP,
    MADE_USER,
    MADE_LINE,
    MADE_HOST,
    MADE_ADDRESS,
    MADE_PID,
    MADE_ID,
    MADE_SESSION,
    MADE_TERMINATION,
    MADE_EXIT,
    MADE_UID,
    MADES
};
static const str made_names[MADES] = {
    STR("ut_type"),       STR("action"),     STR("timestamp"), STR("ut_user"), STR("ut_line"),
    STR("ut_host"),       STR("ut_addr_v6"), STR("ut_pid"),    STR("ut_id"),   STR("ut_session"),
    STR("e_termination"), STR("e_exit"),     STR("uid"),
};

struct reading {
    struct input *in;
    struct part part;
    struct event_sink *to; /* NULL: a record is to be shown */
    struct err *e;
    struct buf *show;

    const struct layout *layout;
    str window; /* bytes from `at` on */
    uint64_t at;
    bool last; /* of which there are no more */
    uint64_t number;

    field_id made[MADES]; /* FIELD_NONE: nobody wants it */
    struct raw values[MADES];
    uint32_t count;
    char text[MADES][64];
};

/* ------------------------------------------------------------------ bytes */

static uint64_t number_at(const struct layout *l, const char *p, unsigned bytes) {
    uint64_t n = 0;

    for (unsigned i = 0; i < bytes; i++)
        n |= (uint64_t)(unsigned char)p[l->big ? bytes - 1 - i : i] << 8 * i;
    return n;
}

/* Text in a place of a fixed size: up to a NUL. */
static str text_at(const char *p, size_t size) {
    const char *const nul = memchr(p, '\0', size);

    return (str){p, nul ? (size_t)(nul - p) : size};
}

static bool all_zero(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i])
            return false;
    return true;
}

/* No control characters. A name that was typed for a login may hold anything: this is asked of what programs write. */
static bool is_plain(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return true;
}

static int64_t seconds_of(const struct layout *l, const char *p) {
    uint64_t const n = number_at(l, p + l->time, l->time_bytes);

    return n > INT64_MAX ? -1 : (int64_t)n;
}

/* From 1980, when there was no Linux, to 2106, when 32 bits without sign are used up. */
static bool is_time(int64_t seconds) {
    return seconds >= 315532800 && seconds <= UINT32_MAX;
}

/* Plain text, and behind its end nothing. */
static bool is_filled(const char *p, size_t size) {
    str const text = text_at(p, size);

    return text.len < size && is_plain(text) && all_zero((str){p + text.len, size - text.len});
}

/* Can these bytes be a record? Strictly: nothing in it may speak against it. */
static bool is_record(const struct layout *l, const char *p) {
    if (l->last)
        return is_time(seconds_of(l, p)) && p[l->line] && is_filled(p + l->line, LINE_BYTES) &&
               is_filled(p + l->host, HOST_BYTES);
    uint64_t const type = number_at(l, p + TYPE_AT, 2), micro = number_at(l, p + l->micro, l->time_bytes);

    return type >= RUN_LVL && type <= ACCOUNTING && is_time(seconds_of(l, p)) && micro < 1000000 &&
           number_at(l, p + PID_AT, 4) <= INT32_MAX && is_plain(text_at(p + l->line, LINE_BYTES)) &&
           is_plain(text_at(p + l->host, HOST_BYTES)) && all_zero((str){p + l->unused, UNUSED_BYTES});
}

/* The same of a record at its place, where less is asked: what kind it is, and when it was. */
static bool is_record_here(const struct layout *l, const char *p) {
    if (l->last)
        return is_time(seconds_of(l, p));
    return number_at(l, p + TYPE_AT, 2) <= ACCOUNTING && number_at(l, p + l->micro, l->time_bytes) < 1000000 &&
           (is_time(seconds_of(l, p)) || seconds_of(l, p) == 0);
}

static const struct layout *layout_of(str head) {
    for (size_t i = 0; i < COUNT(layouts); i++) {
        const struct layout *const l = &layouts[i];
        size_t records = 0, at = 0;
        bool good = true;

        for (size_t n = 0; good && n < LOOK_AT && head.len - at >= l->size; at += l->size) {
            bool const zero = all_zero((str){head.ptr + at, l->size});

            good = zero || is_record(l, head.ptr + at);
            records += good && !zero;
            n += !zero; /* lastlog is mostly zeros */
        }
        if (good && records)
            return l;
    }
    return NULL;
}

/* ------------------------------------------------------------------ one record */

static void add(struct reading *r, enum made what, enum raw_type type, str text) {
    if (text.len && r->made[what] != FIELD_NONE)
        r->values[r->count++] =
            (struct raw){.field = r->made[what], .type = (uint8_t)type, .len = (uint32_t)text.len, .ptr = text.ptr};
}

static void add_number(struct reading *r, enum made what, int64_t n) {
    if (n)
        add(r, what, RAW_NUMBER,
            (str){r->text[what], (size_t)snprintf(r->text[what], sizeof r->text[what], "%lld", (long long)n)});
}

/* What happened. A getty that waits is LOGIN_PROCESS as well, under the name LOGIN; a name of another is a login that failed. */
static str action_of(unsigned type, str user) {
    switch (type) {
    case RUN_LVL:
        return str_eq(user, S("shutdown")) ? S("shutdown") : S("runlevel");
    case BOOT_TIME:
        return S("boot");
    case NEW_TIME:
    case OLD_TIME:
        return S("clock");
    case LOGIN_PROCESS:
        return user.len && !str_eq(user, S("LOGIN")) ? S("login failed") : S("login prompt");
    case USER_PROCESS:
        return S("login");
    case DEAD_PROCESS:
        return S("logout");
    default:
        return S("");
    }
}

static void add_address(struct reading *r, const char *p) {
    struct address a = {.family = all_zero((str){p + 4, 12}) ? 4 : 6};

    memcpy(a.bytes, p, sizeof a.bytes);
    if (!all_zero((str){p, 16}))
        add(r, MADE_ADDRESS, RAW_TEXT, address_format(&a, r->text[MADE_ADDRESS]));
}

static void values_of(struct reading *r, const char *p) {
    const struct layout *const l = r->layout;
    int64_t const seconds = seconds_of(l, p);
    char *const when = r->text[MADE_TIMESTAMP];
    size_t const when_max = sizeof r->text[MADE_TIMESTAMP];
    str const line = text_at(p + l->line, LINE_BYTES), host = text_at(p + l->host, HOST_BYTES);

    r->count = 0;
    if (l->last) {
        add(r, MADE_TYPE, RAW_TEXT, S("LASTLOG"));
        add(r, MADE_ACTION, RAW_TEXT, S("last login"));
        add(r, MADE_TIMESTAMP, RAW_NUMBER, (str){when, (size_t)snprintf(when, when_max, "%lld", (long long)seconds)});
        add(r, MADE_LINE, RAW_TEXT, line);
        add(r, MADE_HOST, RAW_TEXT, host);
        add(r, MADE_UID, RAW_NUMBER,
            (str){r->text[MADE_UID], (size_t)snprintf(r->text[MADE_UID], sizeof r->text[MADE_UID], "%llu",
                                                      (unsigned long long)(r->at / l->size))});
        return;
    }
    unsigned const type = (unsigned)number_at(l, p + TYPE_AT, 2);
    str const user = text_at(p + USER_AT, USER_BYTES);

    assert(type < COUNT(type_names));
    add(r, MADE_TYPE, RAW_TEXT, type_names[type]);
    add(r, MADE_ACTION, RAW_TEXT, action_of(type, user));
    if (seconds)
        add(r, MADE_TIMESTAMP, RAW_NUMBER,
            (str){when, (size_t)snprintf(when, when_max, "%lld.%06u", (long long)seconds,
                                         (unsigned)number_at(l, p + l->micro, l->time_bytes))});
    add(r, MADE_USER, RAW_TEXT, user);
    add(r, MADE_LINE, RAW_TEXT, line);
    add(r, MADE_HOST, RAW_TEXT, host);
    add_address(r, p + l->address);
    add_number(r, MADE_PID, (int32_t)number_at(l, p + PID_AT, 4));
    add(r, MADE_ID, RAW_TEXT, text_at(p + ID_AT, ID_BYTES));
    add_number(r, MADE_SESSION, (int32_t)number_at(l, p + l->session, 4));
    add_number(r, MADE_TERMINATION, (int16_t)number_at(l, p + EXIT_AT, 2));
    add_number(r, MADE_EXIT, (int16_t)number_at(l, p + EXIT_AT + 2, 2));
}

static bool emit(struct reading *r) {
    if (r->at < r->part.from || r->at >= r->part.to)
        return true;
    values_of(r, r->window.ptr);
    if (r->show) {
        for (uint32_t i = 0; i < r->count; i++) {
            buf_add(r->show, made_names[r->values[i].field]);
            buf_add(r->show, S(": "));
            buf_add(r->show, (str){r->values[i].ptr, r->values[i].len});
            buf_add(r->show, i + 1 < r->count ? S("\n") : S(""));
        }
        r->number++;
        return !r->show->failed || err_set(r->e, ERR_MEMORY, r->at, "no memory to show a record");
    }
    return r->to->record(r->to,
                         &(struct record){.values = r->values,
                                          .count = r->count,
                                          .when = INSTANT_NONE,
                                          .number = ++r->number,
                                          .offset = r->at,
                                          .size = r->layout->size},
                         r->e);
}

/* ------------------------------------------------------------------ reader */

static void damage(const struct reading *r, uint64_t offset, uint64_t size, const char *why) {
    if (r->to && offset >= r->part.from && offset < r->part.to)
        r->to->damage(r->to, offset, size, why);
}

/* At least `want` bytes in the window, unless there are no more. */
static bool look(struct reading *r, size_t want) {
    if (r->window.len >= want || r->last)
        return true;
    if (!r->in->window(r->in, r->at, WINDOW, &r->window, r->e))
        return false;
    r->last = r->window.len < WINDOW;
    return true;
}

static void step(struct reading *r, size_t n) {
    r->at += n;
    r->window = str_from(r->window, n);
}

/* To the next place where one record follows another, or ends the source. */
static bool resume(struct reading *r) {
    size_t const size = r->layout->size;
    uint64_t const from = r->at;

    do {
        step(r, 1);
        if (!look(r, 2 * size))
            return false;
        if (r->window.len < size) {
            step(r, r->window.len);
            break;
        }
    } while (!is_record(r->layout, r->window.ptr) ||
             (r->window.len > size && (r->window.len < 2 * size || !is_record(r->layout, r->window.ptr + size))));
    damage(r, from, r->at - from, "bytes that are no login record");
    return true;
}

static bool read_all(struct reading *r) {
    size_t size;

    if (!look(r, WINDOW))
        return false;
    if (!(r->layout = layout_of(r->window))) {
        if (r->window.len)
            damage(r, 0, r->in->size == UINT64_MAX ? r->window.len : r->in->size, "no login record: nothing was read");
        return true;
    }
    size = r->layout->size;
    while (r->at < r->part.to) {
        if (!look(r, size))
            return false;
        if (r->window.len == 0)
            break;
        if (r->window.len < size) {
            damage(r, r->at, r->window.len, "a login record that breaks off");
            break;
        }
        if (r->layout->last && all_zero(str_first(r->window, size))) { /* an account that never logged in */
            step(r, size);
        } else if (is_record_here(r->layout, r->window.ptr)) {
            if (!emit(r))
                return false;
            step(r, size);
        } else if (r->layout->last) { /* the place of a record is its account: it is kept */
            damage(r, r->at, size, "bytes that are no login record");
            step(r, size);
        } else if (!resume(r)) {
            return false;
        }
    }
    return true;
}

static bool utmp_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.in = in, .part = part, .to = to, .e = e, .window = {"", 0}};

    for (size_t i = 0; i < MADES; i++) {
        field_id const field = field_intern(to->fields, made_names[i]);

        if (field == FIELD_NONE)
            damage(&r, 0, 0, "too many field names: some values were left out");
        r.made[i] = field != FIELD_NONE && (!to->wants || to->wants(to, field)) ? field : FIELD_NONE;
    }
    return read_all(&r);
}

/* A line for each value. */
static bool utmp_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .part = {offset, offset + 1}, .e = e, .show = out, .window = {"", 0}};

    for (uint32_t i = 0; i < MADES; i++)
        r.made[i] = i;
    return read_all(&r) && (r.number || err_set(e, ERR_CORRUPT, offset, "no login record begins here"));
}

static bool utmp_looks_like(str head) {
    return layout_of(head) != NULL;
}

const struct reader utmp_reader = {
    .name = "utmp",
    .title = "Login records (utmp, wtmp, btmp, lastlog)",
    .looks_like = utmp_looks_like,
    .counts_in_part = true,
    .read = utmp_read,
    .show = utmp_show,
};
