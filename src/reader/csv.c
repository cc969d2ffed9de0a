/* csv: records out of delimited text with a header line, in UTF-8, or in UTF-16 with a byte order mark (PowerShell
 * writes that). One row is read by codec/csv.h; what is a table, and what becomes of a row, stands here and, in prose, in
 * docs/formats/csv.md.
 *
 * A row is read only when it is whole in the window; when the window ends first, a larger one is asked for, up to ROW_MAX.
 *
 * Parts. Nothing on a line tells whether it lies within quotes: an attacker who has a field of his own may write whole rows
 * into it. Only reading from the start does, so a source is read whole (part_size is 0); a part of it is read right all
 * the same, by reading on from the start and giving what begins in the part. */
#include "reader/csv.h"

#include "base/arena.h"
#include "base/utf.h"
#include "codec/csv.h"
#include "reader/json_own.h"
#include "reader/utf16_window.h"

#define WINDOW_FIRST ((size_t)1 << 20)
#define ROW_MAX ((size_t)16 << 20)
#define HEAD_MAX ((size_t)64 << 10)
#define COLUMNS_MAX 2048
#define NAME_BYTES_MAX 128
#define ROWS_LOOKED_AT 16 /* of the head, to tell a table */

#define NO_UNICODE "text that is no Unicode: repaired"

/* How a source is written. */
struct table {
    enum encoding encoding;
    char separator;
    size_t columns;
    uint64_t header; /* offset of the header line */
};

struct column {
    str name;
    field_id field;
    bool wanted;
};

struct reading {
    struct input *in;
    struct part part;
    struct event_sink *to; /* NULL: for show */
    struct err *e;

    struct table table;
    struct column *columns;
    struct arena *names;

    uint64_t at; /* offset of the next byte to look at */
    str window;  /* text from there on: bytes of the source, or decoded from them */
    bool full;   /* the window is as large as a row may be */
    struct utf16_window wide;

    struct csv csv;
    char *text; /* of fields in which quotes were undone */
    size_t text_room, text_used;
    struct raw *values;
    uint32_t count, room;
    uint64_t number;

    size_t holder; /* the column whose text is itself the record, or SIZE_MAX */
    bool holder_inner;
    struct json j;
    uint32_t *stamps; /* by field: the last row whose record has it */
    size_t stamp_count;
    uint32_t stamp;
};

/* Heads */

/* Does this look like the name of a column? Letters and what stands among them in names, and no time of day, sentence or
 * number. */
static bool is_name(const struct csv_field *f, bool blanks_allowed) {
    unsigned blanks = 0;

    if (f->len == 0 || f->len > NAME_BYTES_MAX || f->doubled || f->ptr[f->len - 1] == ' ')
        return false;
    for (size_t i = 0; i < f->len; i++) {
        char const c = f->ptr[i];
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c > 0x7f;
        bool const digit = c >= '0' && c <= '9';

        if (!letter && !digit && (c == '\0' || !strchr(" _-.:/()@$%&+*'?#", c)))
            return false;
        if (i == 0 && !letter && !strchr("_@$%(", c))
            return false;
        if (c == ':' && i + 1 < f->len && (f->ptr[i + 1] == ' ' || (f->ptr[i + 1] >= '0' && f->ptr[i + 1] <= '9')))
            return false;
        blanks += c == ' ';
    }
    return blanks <= (blanks_allowed ? 5u : 0u);
}

/* The names of the header row last read, or 0: they are none. A separator at the line's end names nothing. */
static size_t names_in(const struct csv *c) {
    size_t const count = c->count - (c->count > 2 && c->count <= c->fields_max && c->fields[c->count - 1].len == 0);

    if (count < 2 || count > COLUMNS_MAX || count > c->fields_max)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!is_name(&c->fields[i], count > 2))
            return 0;
    return count;
}

/* Has the row last read so many fields? One more is none if it is empty: a separator at the line's end. */
static bool has_columns(const struct csv *c, size_t columns) {
    return c->count == columns || (c->count == columns + 1 && c->fields_max > columns && c->fields[columns].len == 0);
}

static bool is_blank_row(const struct csv *c) {
    return c->count == 1 && c->fields[0].len == 0;
}

/* The columns of text as a table with this separator, or 0: it is none. last: text is all there is. */
static size_t columns_with(struct csv *c, str text, bool last) {
    size_t columns, agree = 0, seen = 0;
    enum csv_end end;

    if (csv_row(c, text, last) != CSV_WHOLE || !(columns = names_in(c)))
        return 0;
    for (text = str_from(text, c->size); text.len && seen < ROWS_LOOKED_AT;) {
        if ((end = csv_row(c, text, last)) == CSV_SHORT)
            break;
        if (end == CSV_WRONG) {
            size_t const line = str_find_byte(text, '\n');

            seen++;
            text = line == SIZE_MAX ? S("") : str_from(text, line + 1);
            continue;
        }
        text = str_from(text, c->size);
        if (is_blank_row(c))
            continue;
        seen++;
        agree += has_columns(c, columns);
    }
    if (seen == 0) /* the first row alone may be larger than the head */
        return text.len && !last && columns > 3 && c->count < columns ? columns : 0;
    return agree > (columns == 2) && agree * 3 >= seen * 2 ? columns : 0;
}

/* Bytes before the header line: what PowerShell's Export-Csv writes about the type of its objects. */
static size_t type_line(str text) {
    size_t const line = str_starts(text, S("#TYPE ")) ? str_find_byte(text, '\n') : SIZE_MAX;

    return line == SIZE_MAX ? 0 : line + 1;
}

/* Is the source that begins with head a table, and how is it written? Looks at 64 KiB and no more, whatever it is given. */
static bool table_of(str head, struct table *t) {
    static const char separators[] = {',', '\t', ';', '|'};
    struct csv_field fields[COLUMNS_MAX + 1];
    char narrow[HEAD_MAX / 2];
    bool const last = head.len < HEAD_MAX;
    size_t skipped, unit = 1, mark = 0;
    str text = head = str_first(head, HEAD_MAX);

    *t = (struct table){.encoding = encoding_of(head)};
    if (t->encoding == UTF_8) {
        mark = str_starts(head, S("\xef\xbb\xbf")) ? 3 : 0;
        text = str_from(head, mark);
    } else {
        size_t count = 0;

        mark = unit = 2;
        for (size_t i = 2; i + 1 < head.len; i += 2) {
            char const low = head.ptr[i + (t->encoding == UTF_16BE)], high = head.ptr[i + (t->encoding == UTF_16LE)];

            narrow[count++] = high ? 'x' : low;
        }
        text = (str){narrow, count};
    }
    skipped = type_line(text);
    text = str_from(text, skipped);
    t->header = mark + unit * skipped;
    for (size_t i = 0; i < COUNT(separators) && text.len; i++) {
        struct csv c = {.separator = separators[i], .fields = fields, .fields_max = COUNT(fields)};
        size_t const columns = columns_with(&c, text, last);

        if (columns > t->columns) {
            t->columns = columns;
            t->separator = separators[i];
        }
    }
    return t->columns > 0;
}

/* Windows */

static bool no_memory(struct reading *r) {
    return err_set(r->e, ERR_MEMORY, r->at, "no memory for a row");
}

static bool is_ours(const struct reading *r, uint64_t at) {
    return at >= r->part.from && at < r->part.to;
}

/* Of what began at `at`, if that is in the part. */
static void report(struct reading *r, uint64_t at, uint64_t size, const char *why) {
    if (r->to && is_ours(r, at))
        r->to->damage(r->to, at, size, why);
}

/* Within a row that is ours, wherever the part ends. */
static void report_within(struct reading *r, uint64_t at, uint64_t size, const char *why) {
    r->to->damage(r->to, at, size, why);
}

/* Makes `want` bytes from at on visible if the source has them. */
static bool look(struct reading *r, size_t want) {
    if (r->table.encoding != UTF_8) {
        if (!utf16_look(&r->wide, r->table.encoding, r->in, r->at, want, &r->window, r->e))
            return false;
        r->full = r->wide.full;
        return true;
    }
    if (!r->in->window(r->in, r->at, want, &r->window, r->e))
        return false;
    r->full = r->window.len >= ROW_MAX;
    r->window = str_first(r->window, ROW_MAX);
    return true;
}

/* A larger window from the same place; *grown: there was more. */
static bool look_further(struct reading *r, bool *grown) {
    size_t const had = r->window.len;
    size_t want = had * 2 > WINDOW_FIRST ? had * 2 : WINDOW_FIRST;

    if (want > ROW_MAX)
        want = ROW_MAX;
    if (!look(r, want))
        return false;
    *grown = r->window.len > had;
    return true;
}

static uint64_t size_in_source(const struct reading *r, size_t n) {
    return r->table.encoding == UTF_8 ? n : utf16_size(str_first(r->window, n));
}

static void step(struct reading *r, size_t n) {
    r->at += size_in_source(r, n);
    r->window = str_from(r->window, n);
    r->full = r->full && n == 0; /* what is left of a large window is no large window */
}

/* Over empty lines, and zero bytes where a line begins: these are what a system that lost its power leaves behind a log's
 * end. The window is empty when the source ends there. */
static bool step_to_row(struct reading *r) {
    uint64_t zeros_at = 0, zeros = 0;

    for (;;) {
        size_t n = 0;

        if (r->window.len < 2) {
            if (!look(r, WINDOW_FIRST))
                return false;
            if (r->window.len == 0)
                break;
        }
        while (n < r->window.len && r->window.ptr[n] == '\0')
            n++;
        if (n) {
            zeros_at = zeros ? zeros_at : r->at;
            zeros += size_in_source(r, n);
            step(r, n);
            continue;
        }
        if (r->window.ptr[0] == '\r')
            n = r->window.len == 1 ? 1 : r->window.ptr[1] == '\n' ? 2 : 0;
        else if (r->window.ptr[0] == '\n')
            n = 1;
        if (zeros && n) { /* what follows on the next line is another run */
            report(r, zeros_at, zeros, "zero bytes between rows");
            zeros = 0;
        }
        if (n == 0)
            break;
        step(r, n);
    }
    if (zeros)
        report(r, zeros_at, zeros, "zero bytes between rows");
    if (r->window.len == 0 && r->wide.raw.len) { /* one byte, the last */
        report(r, r->at, r->wide.raw.len, "half a UTF-16 unit at the end");
        r->at += r->wide.raw.len;
    }
    return true;
}

/* Over the rest of the line, which is reported. */
static bool skip_line(struct reading *r, const char *why) {
    uint64_t const begin = r->at;

    for (;;) {
        size_t const line = str_find_byte(r->window, '\n');

        step(r, line == SIZE_MAX ? r->window.len : line + 1);
        if (line != SIZE_MAX)
            break;
        if (!look(r, WINDOW_FIRST))
            return false;
        if (r->window.len == 0)
            break;
    }
    report(r, begin, r->at - begin, why);
    return true;
}

/* The row at the window's start, with larger windows while the bytes end too soon. False: the input failed. */
static bool row_whole(struct reading *r, enum csv_end *end) {
    bool grown = true;

    while ((*end = csv_row(&r->csv, r->window, !grown)) == CSV_SHORT) {
        if (r->full) {
            r->csv.why = "row larger than 16 MiB";
            *end = CSV_WRONG;
            return true;
        }
        if (!look_further(r, &grown))
            return false;
    }
    return true;
}

/* Records */

static uint64_t place_of(const struct reading *r, const char *p) {
    return r->at + size_in_source(r, (size_t)(p - r->window.ptr));
}

/* Zero bytes stay in the text, and what is no Unicode becomes U+FFFD there: both are told, once a row, from the first to
 * the last of them. size: of the row last read, without its line end. */
static void report_bytes(struct reading *r, size_t size) {
    str const row = str_first(r->window, size);
    const char *const zero = r->csv.suspicious ? memchr(row.ptr, '\0', row.len) : NULL;
    size_t bad, bad_to;

    if (r->table.encoding != UTF_8)
        utf16_report(&r->wide, r->at, size_in_source(r, size), r->to);
    if (zero) {
        const char *const end = (const char *)memrchr(row.ptr, '\0', row.len) + 1;

        report_within(r, place_of(r, zero), place_of(r, end) - place_of(r, zero), "zero bytes in a row");
    }
    if (!r->csv.suspicious || (bad = utf8_valid(row)) == row.len)
        return;
    bad_to = bad;
    for (size_t at = bad; at < row.len; at += utf8_valid(str_from(row, at)))
        bad_to = ++at;
    report_within(r, r->at + bad, bad_to - bad, NO_UNICODE);
}

/* The field's text, which lives as long as the row. */
static str field_text(struct reading *r, size_t column) {
    str const text = csv_text(&r->csv.fields[column], r->text + r->text_used);

    if (r->csv.fields[column].doubled)
        r->text_used += text.len;
    return text;
}

static void emit(struct reading *r, struct raw value) {
    if (r->count < r->room)
        r->values[r->count] = value;
    r->count++;
}

/* The record that stands in a cell: its values come first, and *taken. Text that is no JSON object stays what it is. */
static bool cell_record(struct reading *r, bool *taken) {
    const struct csv_field *const f = &r->csv.fields[r->holder];
    str const text = str_trim(field_text(r, r->holder));
    size_t fields;
    enum json_end end;

    *taken = false;
    if (text.len == 0 || text.ptr[0] != '{')
        return true;
    if ((end = json_document(&r->j, text, false, JSON_LISTED)) == JSON_MEMORY)
        return no_memory(r);
    if (end != JSON_WHOLE || r->j.size != text.len) {
        report_within(r, place_of(r, f->ptr), place_of(r, f->ptr + f->len) - place_of(r, f->ptr),
                      "no JSON object in a cell for one: kept as text");
        return true;
    }
    if (r->stamp_count < (fields = field_count(r->to->fields))) {
        uint32_t *const stamps = realloc(r->stamps, fields * sizeof *stamps);

        if (!stamps)
            return no_memory(r);
        memset(stamps + r->stamp_count, 0, (fields - r->stamp_count) * sizeof *stamps);
        r->stamps = stamps;
        r->stamp_count = fields;
    }
    if (++r->stamp == 0) { /* after 2^32 rows the old stamps would count again */
        memset(r->stamps, 0, r->stamp_count * sizeof *r->stamps);
        r->stamp = 1;
    }
    for (uint32_t i = 0; i < r->j.count; i++) {
        r->stamps[r->j.values[i].field] = r->stamp;
        emit(r, r->j.values[i]);
    }
    if (r->holder_inner)
        emit(r, (struct raw){.field = r->columns[r->holder].field,
                             .type = RAW_TEXT,
                             .inner = true,
                             .len = (uint32_t)text.len,
                             .ptr = text.ptr});
    if (r->j.bad_from && utf8_valid(text) == text.len) /* an escape; other bytes are told with the row's */
        report_within(r, place_of(r, f->ptr), place_of(r, f->ptr + f->len) - place_of(r, f->ptr), NO_UNICODE);
    json_report_left_out(&r->j, r->at);
    *taken = true;
    return true;
}

/* The row last read as a record; size: without its line end. */
static bool give(struct reading *r, size_t size) {
    bool taken = false;

    if (r->text_room < size) {
        free(r->text);
        r->text_room = 0;
        if (!(r->text = malloc(size + 4096))) /* not for each row that is a little larger */
            return no_memory(r);
        r->text_room = size + 4096;
    }
    r->text_used = r->count = 0;
    report_bytes(r, size);
    if (r->holder != SIZE_MAX && !cell_record(r, &taken))
        return false;
    for (size_t i = 0; i < r->table.columns; i++) {
        const struct column *const c = &r->columns[i];

        if (!c->wanted || (taken && (i == r->holder || (c->field < r->stamp_count && r->stamps[c->field] == r->stamp))))
            continue;
        str const text = field_text(r, i);

        emit(r, (struct raw){.field = c->field, .type = RAW_TEXT, .len = (uint32_t)text.len, .ptr = text.ptr});
    }
    if (r->count > r->room) {
        report_within(r, r->at, 0, "more than 8192 values: the rest was left out");
        r->count = r->room;
    }
    struct record const rec = {.values = r->values,
                               .count = r->count,
                               .when = INSTANT_NONE,
                               .number = r->number,
                               .offset = r->at,
                               .size = size_in_source(r, size)};

    return r->to->record(r->to, &rec, r->e);
}

/* Bytes of the row last read without its line end. */
static size_t row_size(const struct reading *r) {
    size_t size = r->csv.size;

    size -= size && r->window.ptr[size - 1] == '\n';
    return size - (size && r->window.ptr[size - 1] == '\r');
}

static bool next(struct reading *r) {
    enum csv_end end;

    if (!row_whole(r, &end))
        return false;
    r->number++;
    if (end == CSV_WRONG)
        return skip_line(r, r->csv.why);
    if (!has_columns(&r->csv, r->table.columns))
        report(r, r->at, size_in_source(r, r->csv.size),
               r->csv.count < r->table.columns ? "fewer fields than columns" : "more fields than columns");
    else if (is_ours(r, r->at) && !give(r, row_size(r)))
        return false;
    step(r, r->csv.size);
    return true;
}

/* Reader */

static void close_reading(struct reading *r) {
    utf16_close(&r->wide);
    json_close(&r->j);
    arena_free(r->names);
    free(r->columns);
    free(r->csv.fields);
    free(r->text);
    free(r->values);
    free(r->stamps);
}

/* The names of columns, and what is wanted of them. */
static bool take_names(struct reading *r) {
    struct event_sink *const to = r->to;
    bool overflow = false;

    for (size_t i = 0; i < r->table.columns; i++) {
        struct column *const c = &r->columns[i];
        size_t const room = r->csv.fields[i].len * 3;
        char *const name = arena_bytes(r->names, room);
        size_t repaired = 0;

        if (!name)
            return no_memory(r);
        c->name = (str){name, utf8_repair((str){r->csv.fields[i].ptr, r->csv.fields[i].len}, name, &repaired)};
        if (!to)
            continue;
        c->field = field_intern(to->fields, c->name);
        overflow |= c->field == FIELD_NONE;
        c->wanted = c->field != FIELD_NONE && (!to->wants || to->wants(to, c->field));
        if (r->holder == SIZE_MAX && c->field != FIELD_NONE && json_holds_record(c->name)) {
            r->holder = i;
            r->holder_inner = to->wants_inner && to->wants_inner(to, c->field);
        }
    }
    if (overflow)
        report(r, r->at, 0, "too many field names: some values were left out");
    if (to && is_ours(r, r->at))
        report_bytes(r, row_size(r));
    return true;
}

/* Reads the header. *found: there is one. */
static bool begin(struct reading *r, bool *found) {
    enum csv_end end;

    if (!r->in->window(r->in, 0, HEAD_MAX, &r->window, r->e))
        return false;
    if (!(*found = table_of(r->window, &r->table)))
        return true;
    r->csv = (struct csv){.separator = r->table.separator, .fields_max = r->table.columns + 1};
    r->csv.fields = calloc(r->csv.fields_max, sizeof *r->csv.fields);
    r->columns = calloc(r->table.columns, sizeof *r->columns);
    r->names = arena_new(HEAD_MAX * 4);
    r->at = r->table.header;
    if (!r->csv.fields || !r->columns || !r->names)
        return no_memory(r);
    if (!look(r, WINDOW_FIRST) || !row_whole(r, &end))
        return false;
    if (!(*found = end == CSV_WHOLE && r->csv.count >= r->table.columns))
        return true;
    if (!take_names(r))
        return false;
    step(r, r->csv.size);
    r->room = r->holder == SIZE_MAX ? (uint32_t)r->table.columns : RECORD_VALUES_MAX;
    if (r->to && !(r->values = reallocarray(NULL, r->room, sizeof *r->values)))
        return no_memory(r);
    return r->holder == SIZE_MAX || json_open(&r->j, r->to, r->e);
}

static bool csv_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.in = in, .part = part, .to = to, .e = e, .window = {"", 0}, .holder = SIZE_MAX};
    bool found = false;
    bool ok = begin(&r, &found);

    if (ok && !found)
        report(&r, 0, 0, "no header line");
    while (ok && found && r.at < part.to) {
        ok = step_to_row(&r);
        if (!ok || r.window.len == 0 || r.at >= part.to)
            break;
        ok = next(&r);
    }
    close_reading(&r);
    return ok;
}

/* Lines behind the first of a value are indented: no value can pass for the next column. */
static void show_value(struct buf *out, str text) {
    for (size_t line; (line = str_find_byte(text, '\n')) != SIZE_MAX; text = str_from(text, line + 1)) {
        buf_add(out, str_first(text, line + 1));
        buf_add(out, S("    "));
    }
    buf_add(out, text);
}

static bool csv_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .e = e, .window = {"", 0}, .holder = SIZE_MAX};
    enum csv_end end = CSV_WRONG;
    bool found = false;
    bool ok = begin(&r, &found);
    size_t const unit = r.table.encoding == UTF_8 ? 1 : 2;

    /* A row begins behind a line end, or behind zero bytes. */
    found = found && offset >= r.at && (offset - r.at) % unit == 0;
    if (ok && found) {
        r.at = offset - unit;
        ok = look(&r, WINDOW_FIRST);
        found = r.window.len > 1 && (r.window.ptr[0] == '\n' || r.window.ptr[0] == '\0');
    }
    if (ok && found) {
        step(&r, 1);
        ok = row_whole(&r, &end);
    }
    if (ok && (end != CSV_WHOLE || is_blank_row(&r.csv) || !has_columns(&r.csv, r.table.columns)))
        ok = err_set(e, ERR_CORRUPT, offset, "no row begins here");
    if (ok && !(r.text = malloc(r.csv.size)))
        ok = no_memory(&r);
    for (size_t i = 0; ok && i < r.table.columns; i++) {
        if (i)
            buf_byte(out, '\n');
        buf_add(out, r.columns[i].name);
        buf_add(out, S(": "));
        show_value(out, field_text(&r, i));
    }
    if (ok && out->failed)
        ok = err_set(e, ERR_MEMORY, offset, "no memory to show a row");
    close_reading(&r);
    return ok;
}

static bool csv_looks_like(str head) {
    struct table t;

    return table_of(head, &t);
}

const struct reader csv_reader = {
    .name = "csv",
    .title = "delimited text with a header line (CSV, TSV)",
    .looks_like = csv_looks_like,
    .read = csv_read,
    .show = csv_show,
};
