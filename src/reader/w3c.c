/* w3c: lines of values under directives (`#Fields:`, `#Date:`, ...), which may come again anywhere in a file.
 * docs/formats/w3c.md says it all in prose.
 *
 * Blanks are what is between values, and yet some values have blanks of their own. Where a line has more pieces than
 * fields, every way to give the pieces to the fields is counted, by the fields whose form is known; a line for which
 * there is not just one way is damage.
 *
 * What a line means depends on the directives in force, and its day on the lines before it: a source is one part. */
#include "reader/w3c.h"

#include <assert.h>

#include "base/address.h"
#include "base/instant.h"
#include "reader/lined.h"

#define COLUMNS_MAX ((size_t)1024)
#define EXTRA_MAX ((size_t)64) /* pieces beyond the fields */
#define WORD_MAX 255u
#define HEAD_MAX ((size_t)64 << 10)
#define DAY ((int64_t)86400 * 1000000000)
#define JOINED_MAX 48u
/* Servers write a request when it is over, several at once; a step back of a minute is no new day. */
#define STEP_BACK_S 60

enum form { FORM_FREE, FORM_ONE, FORM_NUMBER, FORM_ADDRESS, FORM_DATE, FORM_TIME }; /* FREE: may hold blanks */

struct column {
    field_id field; /* FIELD_NONE: nobody wants it */
    enum form form;
};

struct word {
    size_t len;
    char text[WORD_MAX];
};

struct reading {
    struct lined lined;

    /* The head in force. */
    char separator;
    struct column *columns;   /* COLUMNS_MAX */
    size_t count, date, time; /* SIZE_MAX: no such column */
    struct word software, log_type;
    field_id software_field, log_type_field; /* FIELD_NONE: nobody wants it */
    bool local;
    int64_t day;            /* the midnight before the line, when no column says it; INSTANT_NONE: not known */
    int clock;              /* seconds of that day, of the latest line; -1: not known */
    struct buf fields_line; /* as it stands */
    str names;              /* in it */

    struct raw *values; /* COLUMNS_MAX + 2 */
    uint32_t *places;   /* COLUMNS_MAX + EXTRA_MAX + 1 */
    str *pieces;        /* the same */
    uint8_t *ways;      /* (COLUMNS_MAX + 1) * (EXTRA_MAX + 1): 0, 1, or 2 for more */
    struct buf undone;  /* quoted values of this line that held quotes */
    char joined[JOINED_MAX];
};

/* Forms of values */

static bool digits(str s, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

static bool is_date(str s) {
    return s.len == 10 && s.ptr[4] == '-' && s.ptr[7] == '-' && digits(s, 0, 4) && digits(s, 5, 7) && digits(s, 8, 10);
}

/* hh:mm:ss, perhaps with a fraction. */
static bool is_time(str s) {
    return s.len >= 8 && s.len <= 20 && s.ptr[2] == ':' && s.ptr[5] == ':' && digits(s, 0, 2) && digits(s, 3, 5) &&
           digits(s, 6, 8) && (s.len == 8 || (s.len > 9 && s.ptr[8] == '.' && digits(s, 9, s.len)));
}

static bool is_number(str s) {
    size_t points = 0;

    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '.')
            points++;
        else if (!digits(s, i, i + 1))
            return false;
    return s.len > points && points < 2;
}

static bool fits(enum form form, str s) {
    struct address a;

    if (form == FORM_FREE)
        return true;
    if (s.len == 0)
        return false;
    if (str_eq(s, S("-")) || form == FORM_ONE)
        return true;
    switch (form) {
    case FORM_NUMBER:
        return is_number(s);
    case FORM_ADDRESS:
        return address_parse(s, &a);
    case FORM_DATE:
        return is_date(s);
    default:
        return is_time(s);
    }
}

static enum form form_of(str name) {
    static const struct {
        str name;
        enum form form;
    } forms[] = {
        {STR("date"), FORM_DATE},          {STR("time"), FORM_TIME},           {STR("s-ip"), FORM_ADDRESS},
        {STR("c-ip"), FORM_ADDRESS},       {STR("s-port"), FORM_NUMBER},       {STR("c-port"), FORM_NUMBER},
        {STR("sc-status"), FORM_NUMBER},   {STR("sc-substatus"), FORM_NUMBER}, {STR("sc-win32-status"), FORM_NUMBER},
        {STR("sc-bytes"), FORM_NUMBER},    {STR("cs-bytes"), FORM_NUMBER},     {STR("time-taken"), FORM_NUMBER},
        {STR("cs-method"), FORM_ONE},      {STR("cs-version"), FORM_ONE},      {STR("s-sitename"), FORM_ONE},
        {STR("s-computername"), FORM_ONE},
    };

    for (size_t i = 0; i < COUNT(forms); i++)
        if (str_eq(forms[i].name, name))
            return forms[i].form;
    return FORM_FREE;
}

/* Directives */

/* Of a directive: what stands behind the colon. */
static str names_of(str line) {
    return str_trim(str_from(line, str_find_byte(line, ':') + 1));
}

static bool fields_directive(struct reading *r, str rest) {
    r->separator = str_find_byte(rest, ',') != SIZE_MAX ? ',' : str_find_byte(rest, '\t') != SIZE_MAX ? '\t' : ' ';
    r->fields_line.len = 0;
    buf_add(&r->fields_line, r->lined.lines.line);
    if (r->fields_line.failed)
        return lined_no_memory(&r->lined);
    r->names = names_of(buf_str(&r->fields_line));
    r->count = 0;
    r->date = r->time = SIZE_MAX;
    while (rest.len) {
        size_t const end = str_find_byte(rest, r->separator);
        str const name = str_trim(str_first(rest, end));

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        if (name.len == 0 && r->separator == ' ')
            continue;
        if (r->count == COLUMNS_MAX) {
            lined_line_damage(&r->lined, "more than 1024 fields: no line under them can be read");
            r->count = 0;
            return true;
        }
        field_id const field = lined_field(&r->lined, name);

        if (str_eq(name, S("date")) && r->date == SIZE_MAX)
            r->date = r->count;
        if (str_eq(name, S("time")) && r->time == SIZE_MAX)
            r->time = r->count;
        r->columns[r->count++] = (struct column){field, form_of(name)};
    }
    lined_tell_overflow(&r->lined);
    return true;
}

static bool is_fields(str line) {
    return str_eq_ascii(str_first(line, sizeof "#Fields:" - 1), S("#Fields:"));
}

/* Exchange writes some logs with the names as a line of their own too, before the directives or behind them, for those
 * who read them as CSV. Is the first line of head that, before? */
static bool is_names_first(str head) {
    size_t line = str_find_byte(head, '\n');
    str const first = str_trim(str_first(head, line));

    for (head = line == SIZE_MAX ? S("") : str_from(head, line + 1); lined_is_comment(head);
         head = str_from(head, line + 1)) {
        if ((line = str_find_byte(head, '\n')) == SIZE_MAX)
            return false;
        if (is_fields(head))
            return str_find_byte(first, ',') != SIZE_MAX && str_eq(names_of(str_first(head, line)), first);
    }
    return false;
}

static bool is_names(const struct reading *r) {
    str const line = r->lined.lines.line, behind = r->lined.lines.window;

    if (r->count)
        return r->separator == ',' && str_eq(line, r->names);
    return r->lined.lines.offset <= 3 && behind.len &&
           is_names_first(str_first((str){line.ptr, (size_t)(behind.ptr + behind.len - line.ptr)}, HEAD_MAX));
}

static int clock_of(str time) {
    int parts[3];

    for (size_t i = 0; i < 3; i++)
        parts[i] = (time.ptr[3 * i] - '0') * 10 + time.ptr[3 * i + 1] - '0';
    return parts[0] * 3600 + parts[1] * 60 + parts[2];
}

/* `#Date: 2013-07-30 00:00:00`: the day of the lines that follow, and that they are no earlier. */
static void date_directive(struct reading *r, str rest) {
    str const date = str_first(rest, 10), time = str_first(str_from(rest, 11), 8); /* also with a T between */

    r->day = is_date(date) ? instant_parse(date) : INSTANT_NONE;
    r->clock = is_time(time) ? clock_of(time) : -1;
    if (r->day == INSTANT_NONE)
        lined_line_damage(&r->lined, "a date that cannot be read");
}

static void word_set(struct word *w, str text) {
    w->len = text.len < WORD_MAX ? text.len : WORD_MAX;
    memcpy(w->text, text.ptr, w->len);
}

static bool directive(struct lined *l) {
    struct reading *const r = (struct reading *)(void *)l;
    str const line = r->lined.lines.line;
    size_t const colon = str_find_byte(line, ':');
    str const name = str_from(str_first(line, colon), 1), rest = str_trim(str_from(line, colon + 1));

    if (colon == SIZE_MAX) {
        lined_line_damage(&r->lined, "a comment that is no directive");
    } else if (str_eq_ascii(name, S("Fields"))) {
        return fields_directive(r, rest);
    } else if (str_eq_ascii(name, S("Date"))) {
        date_directive(r, rest);
    } else if (str_eq_ascii(name, S("Time Format"))) {
        r->local = str_eq_ascii(rest, S("Local"));
    } else if (str_eq_ascii(name, S("Software"))) {
        word_set(&r->software, rest);
    } else if (str_eq_ascii(name, S("Log-type"))) {
        word_set(&r->log_type, rest);
    }
    return true;
}

/* Lines of values */

/* For each field and number of pieces too many before it: how many ways there are to share out the rest. */
static void count_ways(const struct reading *r, size_t extra) {
    size_t const row = EXTRA_MAX + 1;

    memset(r->ways + r->count * row, 0, row);
    r->ways[r->count * row + extra] = 1;
    for (size_t i = r->count; i-- > 0;) {
        uint8_t *const ways = r->ways + i * row;
        const uint8_t *const behind = ways + row;

        for (size_t k = extra + 1; k-- > 0;)
            if (r->columns[i].form != FORM_FREE) {
                ways[k] = behind[k] && fits(r->columns[i].form, r->pieces[i + k]) ? behind[k] : 0;
            } else {
                unsigned const sum = behind[k] + (k < extra ? ways[k + 1] : 0u);

                ways[k] = (uint8_t)(sum < 2 ? sum : 2);
            }
    }
}

static str without_blanks(str s) {
    while (s.len && s.ptr[0] == ' ')
        s = str_from(s, 1);
    while (s.len && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* Pieces that are of one value become one piece, without blanks around it. */
static const char *share_out(const struct reading *r, size_t extra) {
    size_t const row = EXTRA_MAX + 1;
    size_t k = 0;

    if (extra > EXTRA_MAX)
        return "many more values than fields";
    count_ways(r, extra);
    if (r->ways[0] == 0)
        return "more values than fields, and no way to tell which belong together";
    if (r->ways[0] > 1)
        return "more values than fields, and more than one way to put them together";
    for (size_t i = 0; i < r->count; i++) {
        str const first = r->pieces[i + k];
        str last = first;

        while (r->ways[(i + 1) * row + k] != 1) {
            k++;
            assert(r->columns[i].form == FORM_FREE && k <= extra);
            last = r->pieces[i + k];
        }
        r->pieces[i] = without_blanks((str){first.ptr, (size_t)(last.ptr - first.ptr) + last.len});
    }
    assert(k == extra);
    return NULL;
}

/* Between blanks, where quotes hold values together (Blue Coat's gateways: user agents, referers, categories). Microsoft's servers know no
 * quotes: one that stands in their logs came from the client. Returns whether there is a value for each field. */
static bool split_held(const struct reading *r, str line) {
    size_t at = 0, i = 0;

    if (str_starts((str){r->software.text, r->software.len}, S("Microsoft")) || str_find_byte(line, '"') == SIZE_MAX)
        return false;
    for (; i < r->count && at < line.len; i++) {
        bool const quoted = line.ptr[at] == '"';
        size_t end = at + quoted;

        if (quoted)
            while (end < line.len && !(line.ptr[end] == '"' && (end + 1 == line.len || line.ptr[end + 1] == ' ')))
                end++;
        else
            end = str_find_byte(str_from(line, at), ' ') == SIZE_MAX ? line.len
                                                                     : at + str_find_byte(str_from(line, at), ' ');
        if (quoted ? end == line.len : end == at)
            return false;
        r->pieces[i] = (str){line.ptr + at + quoted, end - at - quoted};
        at = end + quoted + 1;
    }
    return i == r->count && at > line.len;
}

/* By a byte that no value holds, or by blanks. */
static const char *split_plain(const struct reading *r, str line) {
    size_t const max = COLUMNS_MAX + EXTRA_MAX;
    size_t count, at = 0;
    bool empty = false;

    /* Values are never empty; a blank at the end is no value's. */
    if (r->separator == ' ' && line.ptr[line.len - 1] == ' ')
        line.len--;
    if (r->separator == ' ' && split_held(r, line))
        return NULL;
    count = line_places(line, r->separator, r->places, max);
    for (size_t i = 0; i <= count; i++) {
        size_t const end = i < count ? r->places[i] : line.len;

        r->pieces[i] = (str){line.ptr + at, end - at};
        empty = empty || end == at;
        at = end + 1;
    }
    if (count + 1 < r->count)
        return "fewer values than fields";
    if (r->separator == ' ' && (empty || count + 1 > r->count))
        return share_out(r, count + 1 - r->count);
    return count + 1 > r->count ? "more values than fields" : NULL;
}

/* One value between commas, perhaps in quotes, in which a quote is written twice. *rest is behind the comma. */
static const char *next_quoted(struct reading *r, str *rest, str *value, bool *more) {
    char *const begin = r->undone.ptr + r->undone.len;
    size_t i = 1, used = 0;

    if (rest->len == 0 || rest->ptr[0] != '"') {
        *value = str_first(*rest, str_find_byte(*rest, ','));
        i = value->len;
    } else {
        for (;; i++) {
            if (i == rest->len)
                return "a quote that is not closed";
            if (rest->ptr[i] == '"' && (++i == rest->len || rest->ptr[i] != '"'))
                break;
            begin[used++] = rest->ptr[i];
        }
        *value = (str){begin, used};
        r->undone.len += used;
    }
    *more = i < rest->len;
    if (*more && rest->ptr[i] != ',')
        return "a byte behind a closing quote";
    *rest = str_from(*rest, i + 1);
    return NULL;
}

static const char *split_quoted(struct reading *r, str line) {
    bool more = true;
    const char *why;
    size_t i = 0;

    for (; more; i++) {
        if (i == r->count)
            return "more values than fields";
        if ((why = next_quoted(r, &line, &r->pieces[i], &more)))
            return why;
    }
    return i < r->count ? "fewer values than fields" : NULL;
}

/* NULL: pieces holds a value for each field. Quoted values need as much room in undone as the line has. */
static const char *split(struct reading *r, str line) {
    if (r->count == 0)
        return "a line of values before any names of fields";
    return r->separator == ',' ? split_quoted(r, line) : split_plain(r, line);
}

/* What a value `time` becomes: with its day, RFC 3339, and UTC unless it is local. (The day of `#Date:` is not local.) */
static str join_time(struct reading *r, str time) {
    char day[INSTANT_TEXT];
    str date = {"", 0};

    if (!is_time(time))
        return time;
    if (r->date != SIZE_MAX) {
        date = r->pieces[r->date];
    } else if (r->day != INSTANT_NONE && !r->local) {
        int const clock = clock_of(time);

        if (clock + STEP_BACK_S < r->clock && r->day <= INT64_MAX - 2 * DAY)
            r->day += DAY;
        r->clock = clock;
        date = str_first(instant_format(r->day, day), 10);
    }
    if (!is_date(date))
        return time;
    memcpy(r->joined, date.ptr, 10);
    r->joined[10] = 'T';
    memcpy(r->joined + 11, time.ptr, time.len);
    r->joined[11 + time.len] = 'Z';
    return (str){r->joined, (r->local ? 11 : 12) + time.len};
}

static uint32_t add_word(struct reading *r, uint32_t count, field_id field, const struct word *w) {
    if (field != FIELD_NONE && w->len)
        r->values[count++] = (struct raw){.field = field, .type = RAW_TEXT, .len = (uint32_t)w->len, .ptr = w->text};
    return count;
}

static bool value_line(struct reading *r) {
    str const line = r->lined.lines.line;
    bool const dashes = r->separator != ','; /* between commas, what is absent is nothing */
    uint32_t count = 0;
    const char *why;

    if (is_names(r))
        return true;
    r->undone.len = 0;
    if (r->separator == ',' && !buf_reserve(&r->undone, line.len))
        return lined_no_memory(&r->lined);
    if ((why = split(r, line))) {
        lined_line_damage(&r->lined, why);
        return true;
    }
    if (r->time != SIZE_MAX)
        r->pieces[r->time] = join_time(r, r->pieces[r->time]);
    if (!lined_is_mine(&r->lined))
        return true;
    count = add_word(r, count, r->software_field, &r->software);
    count = add_word(r, count, r->log_type_field, &r->log_type);
    for (size_t i = 0; i < r->count; i++) {
        str const text = r->pieces[i];

        if (r->columns[i].field == FIELD_NONE || (dashes ? str_eq(text, S("-")) : text.len == 0))
            continue;
        r->values[count++] =
            (struct raw){.field = r->columns[i].field, .type = RAW_TEXT, .len = (uint32_t)text.len, .ptr = text.ptr};
    }
    return lined_line_record(&r->lined, r->values, count);
}

/* Reader */

static void close_reading(struct reading *r) {
    free(r->columns);
    free(r->values);
    free(r->places);
    free(r->pieces);
    free(r->ways);
    buf_free(&r->undone);
    buf_free(&r->fields_line);
}

static bool open_reading(struct reading *r) {
    r->day = INSTANT_NONE;
    r->clock = -1;
    r->date = r->time = SIZE_MAX;
    r->separator = ' ';
    r->columns = malloc(COLUMNS_MAX * sizeof *r->columns);
    r->values = malloc((COLUMNS_MAX + 2) * sizeof *r->values);
    r->places = malloc((COLUMNS_MAX + EXTRA_MAX) * sizeof *r->places);
    r->pieces = malloc((COLUMNS_MAX + EXTRA_MAX + 1) * sizeof *r->pieces);
    r->ways = malloc((COLUMNS_MAX + 1) * (EXTRA_MAX + 1));
    if (!r->columns || !r->values || !r->places || !r->pieces || !r->ways)
        return lined_no_memory(&r->lined);
    r->software_field = lined_field(&r->lined, S("_software"));
    r->log_type_field = lined_field(&r->lined, S("_log_type"));
    return true;
}

static bool w3c_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.lined = lined_begin(in, part, to, e)};
    const struct lines *const lines = &r.lined.lines;
    enum line_found found = LINE_NONE;
    bool ok = open_reading(&r);

    while (ok && (found = lined_next(&r.lined)) < LINE_NONE && lines->offset < part.to) {
        if (found == LINE_LONG)
            continue;
        if (lined_is_comment(lines->line))
            ok = directive(&r.lined);
        else if (lines->line.len)
            ok = value_line(&r);
    }
    close_reading(&r);
    return ok && found != LINE_FAILED;
}

static bool has_values(struct lined *l, bool *good) {
    struct reading *const r = (struct reading *)(void *)l;

    if (!buf_reserve(&r->undone, l->lines.line.len))
        return lined_no_memory(l);
    *good = !is_names(r) && !split(r, l->lines.line);
    return true;
}

/* The directive that names the fields, and the line below. */
static bool w3c_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.lined = lined_begin(in, (struct part){0, UINT64_MAX}, NULL, e)};
    bool const ok = open_reading(&r) && lined_show(&r.lined, offset, out, &r.fields_line, directive, has_values);

    close_reading(&r);
    return ok;
}

/* Of the comment lines it begins with, or has behind the names, one names the fields. */
static bool w3c_looks_like(str head) {
    return lined_comment_is(head, is_fields) ||
           is_names_first(str_first(str_starts(head, S("\xef\xbb\xbf")) ? str_from(head, 3) : head, HEAD_MAX));
}

const struct reader w3c_reader = {
    .name = "w3c",
    .title = "W3C extended logs (IIS)",
    .looks_like = w3c_looks_like,
    .counts_in_part = true,
    .read = w3c_read,
    .show = w3c_show,
};
