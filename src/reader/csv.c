/* csv: records out of delimited text, in UTF-8, or in UTF-16 with a byte order mark (PowerShell writes that): with a header
 * line, or without one when a kind file knows what stands in its columns (event/table.h). One row is read by codec/csv.h; what is a table, and what becomes of a row, stands here and, in prose, in
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
#include "event/kind.h"
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
    bool padded;                       /* a blank stands behind each separator */
    size_t columns, least;             /* a row has so many fields, or at least so many */
    uint64_t header;                   /* offset of the header line, or of the first row when there is none */
    const struct table_format *format; /* NULL: there is a header line */
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

    field_id table_name; /* where the name of the format is given, or FIELD_NONE */
    size_t holder;       /* the column whose text is itself the record, or SIZE_MAX */
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
        if (!is_name(&c->fields[i], count > 2 && !c->padded))
            return 0;
    return count;
}

/* Has the row last read so many fields? One more is none if it is empty: a separator at the line's end. */
static bool has_columns(const struct csv *c, size_t least, size_t columns) {
    return (c->count >= least && c->count <= columns) ||
           (c->count == columns + 1 && c->fields_max > columns && c->fields[columns].len == 0);
}

/* Does a blank stand in front of every field but the first? */
static bool is_padded(const struct csv *c) {
    bool all = c->count > 1 && c->count <= c->fields_max;

    for (size_t i = 1; all && i < c->count; i++)
        all = c->fields[i].len > 0 && c->fields[i].ptr[0] == ' ';
    return all;
}

/* The row at the start of text, read again without its blanks when every field has one in front. */
static enum csv_end first_row(struct csv *c, str text, bool last) {
    enum csv_end end;

    c->padded = false;
    if ((end = csv_row(c, text, last)) == CSV_WHOLE && is_padded(c)) {
        c->padded = true;
        end = csv_row(c, text, last);
    }
    return end;
}

static bool is_blank_row(const struct csv *c) {
    return c->count == 1 && c->fields[0].len == 0;
}

/* The next row of the head that is not blank: *text moves behind it. A wrong one is its line. CSV_SHORT: no more. */
static enum csv_end row_of_head(struct csv *c, str *text, bool last) {
    while (text->len) {
        enum csv_end const end = csv_row(c, *text, last);
        size_t const line = end == CSV_WRONG ? str_find_byte(*text, '\n') : SIZE_MAX;

        if (end == CSV_SHORT)
            break;
        if (end == CSV_WHOLE)
            *text = str_from(*text, c->size);
        else
            *text = line == SIZE_MAX ? S("") : str_from(*text, line + 1);
        if (end == CSV_WRONG || !is_blank_row(c))
            return end;
    }
    return CSV_SHORT;
}

/* The columns of text as a table with this separator, or 0: it is none. last: text is all there is. */
static size_t columns_with(struct csv *c, str text, bool last) {
    size_t columns, agree = 0, seen = 0;
    enum csv_end end;

    if (first_row(c, text, last) != CSV_WHOLE || !(columns = names_in(c)))
        return 0;
    for (text = str_from(text, c->size); seen < ROWS_LOOKED_AT && (end = row_of_head(c, &text, last)) != CSV_SHORT;) {
        seen++;
        agree += end == CSV_WHOLE && has_columns(c, columns, columns);
    }
    if (seen == 0) /* the first row alone may be larger than the head */
        return text.len && !last && columns > 3 && c->count < columns ? columns : 0;
    if (c->padded && (agree < seen || seen < 2)) /* prose has blanks behind its commas */
        return 0;
    return agree > (columns == 2) && agree * 3 >= seen * 2 ? columns : 0;
}

/* Fields that are too many belong to the wide column: what stands between its neighbours, with the separators. */
static void row_narrow(struct csv *c, const struct table_format *f) {
    if (f->wide == SIZE_MAX || c->count <= f->column_count || c->count > c->fields_max)
        return;
    size_t const more = c->count - f->column_count, behind = f->column_count - f->wide - 1;
    struct csv_field *const w = &c->fields[f->wide];

    w->len = (size_t)(w[more].ptr + w[more].len - w->ptr);
    memmove(w + 1, w + 1 + more, behind * sizeof *w);
    c->count = f->column_count;
}

/* Does the row last read hold what the format says? (What stands in a wide column is not looked at.) */
static bool row_fits(const struct csv *c, const struct table_format *f) {
    size_t const more = f->wide != SIZE_MAX && c->count > f->column_count ? c->count - f->column_count : 0;

    if (c->count > c->fields_max || (!more && !has_columns(c, f->least, f->column_count)))
        return false;
    for (size_t i = 0; i < f->column_count && i < c->count; i++) {
        const struct csv_field *const cell = &c->fields[more && i > f->wide ? i + more : i];

        if (i != f->wide && !table_cell_fits(&f->columns[i], (str){cell->ptr, cell->len}))
            return false;
    }
    return true;
}

/* The format that two thirds of the rows of text satisfy, with this separator and c->plain: of several the one that most
 * do, then the first. NULL: none. *best: so many rows satisfy it; only more will do. */
static const struct table_format *format_with(struct csv *c, str text, bool last, const struct kinds *kinds,
                                              size_t *best) {
    const struct table_format *found = NULL;
    uint8_t fits[TABLES_MAX] = {0};
    size_t seen = 0;
    enum csv_end end;

    if (first_row(c, text, last) == CSV_SHORT) /* a wrong one is the rest of a line: logs are cut anywhere */
        return NULL;
    for (; seen < ROWS_LOOKED_AT && (end = row_of_head(c, &text, last)) != CSV_SHORT; seen++)
        for (size_t i = 0; end == CSV_WHOLE && i < tables_count(kinds); i++) {
            const struct table_format *const f = tables_at(kinds, i);

            if (f->plain != c->plain || (f->separator && f->separator != c->separator))
                continue;
            fits[i] += row_fits(c, f);
        }
    for (size_t i = 0; i < tables_count(kinds); i++)
        if (fits[i] > *best && (size_t)fits[i] * 3 >= seen * 2) {
            *best = fits[i];
            found = tables_at(kinds, i);
        }
    return found;
}

/* Bytes before the header line: what PowerShell's Export-Csv writes about the type of its objects; `sep=;`, which tells
 * Excel the separator, and us (*separator, else it stays). */
static size_t preamble(str text, char *separator) {
    size_t const line = str_find_byte(text, '\n');
    str const first = str_trim(str_first(text, line));

    if (line == SIZE_MAX)
        return 0;
    if (str_starts(text, S("#TYPE ")))
        return line + 1;
    if (str_starts(text, S("sep=")) && line >= 5 && strchr(",;|\t", text.ptr[4]) && text.ptr[4] != '\0' &&
        first.len <= 5) {
        *separator = text.ptr[4];
        return line + 1;
    }
    return 0;
}

static const char separators[] = {',', '\t', ';', '|'};

/* Is the source that begins with head a table, and how is it written? A header line comes before all that kinds know (they
 * may be NULL). Looks at 64 KiB and no more, whatever it is given. */
static bool table_of(str head, const struct kinds *kinds, struct table *t) {
    struct csv_field fields[COLUMNS_MAX + 1];
    char narrow[HEAD_MAX / 2];
    bool const last = head.len < HEAD_MAX;
    size_t skipped, unit = 1, mark = 0, best = 0;
    char only = '\0';
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
    skipped = preamble(text, &only);
    text = str_from(text, skipped);
    t->header = mark + unit * skipped;
    for (size_t i = 0; i < COUNT(separators) && text.len; i++) {
        struct csv c = {.separator = separators[i], .fields = fields, .fields_max = COUNT(fields)};
        size_t const columns = only && only != c.separator ? 0 : columns_with(&c, text, last);

        if (columns > t->columns) {
            t->columns = t->least = columns;
            t->separator = separators[i];
            t->padded = c.padded;
        }
    }
    for (size_t i = 0; i < 2 * COUNT(separators) && text.len && kinds && (t->columns == 0 || t->format); i++) {
        struct csv c = {.separator = separators[i / 2], .plain = i % 2, .fields = fields, .fields_max = COUNT(fields)};
        const struct table_format *const f =
            only && only != c.separator ? NULL : format_with(&c, text, last, kinds, &best);

        if (f) {
            t->columns = f->column_count;
            t->least = f->least;
            t->separator = c.separator;
            t->padded = c.padded;
            t->format = f;
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
                             .inner = RAW_INNER_ASKED,
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
    if (!taken)
        r->text_used = 0; /* the cell is a column like the others, and is told as one: there is room for it once */
    for (size_t i = 0; i < r->table.columns && i < r->csv.count; i++) {
        const struct column *const c = &r->columns[i];

        if (!c->wanted || (taken && (i == r->holder || (c->field < r->stamp_count && r->stamps[c->field] == r->stamp))))
            continue;
        str const text = field_text(r, i);

        emit(r, (struct raw){.field = c->field, .type = RAW_TEXT, .len = (uint32_t)text.len, .ptr = text.ptr});
    }
    if (r->table_name != FIELD_NONE)
        emit(r, (struct raw){.field = r->table_name,
                             .type = RAW_TEXT,
                             .len = (uint32_t)r->table.format->name.len,
                             .ptr = r->table.format->name.ptr});
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
    if (r->table.format)
        row_narrow(&r->csv, r->table.format);
    if (!has_columns(&r->csv, r->table.least, r->table.columns))
        report(r, r->at, size_in_source(r, r->csv.size),
               r->csv.count < r->table.least ? "fewer fields than columns" : "more fields than columns");
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

/* INTEGER, VARCHAR(50), UNIQUEIDENTIFIER */
static bool is_type(str s) {
    uint64_t n;

    if (str_starts(s, S("VARCHAR(")) && str_ends(s, S(")")))
        return str_u64((str){s.ptr + 8, s.len - 9}, UINT32_MAX, &n);
    return str_eq(s, S("INTEGER")) || str_eq(s, S("UNIQUEIDENTIFIER"));
}

/* Cisco's call records have a second header line: the SQL type of each column. */
static bool is_types_row(const struct csv *c, size_t columns) {
    for (size_t i = 0; i < columns && i < c->count; i++)
        if (!is_type((str){c->fields[i].ptr, c->fields[i].len}))
            return false;
    return has_columns(c, columns, columns);
}

/* Behind the header line. */
static bool step_over_types(struct reading *r) {
    enum csv_end end;

    if (!look(r, WINDOW_FIRST))
        return false;
    if (r->window.len == 0)
        return true;
    if (!row_whole(r, &end))
        return false;
    if (end == CSV_WHOLE && is_types_row(&r->csv, r->table.columns))
        step(r, r->csv.size);
    return true;
}

/* The fields of a table without header line. */
static bool take_columns(struct reading *r) {
    struct event_sink *const to = r->to;

    for (size_t i = 0; to && i < r->table.columns; i++) {
        struct column *const c = &r->columns[i];

        c->field = r->table.format->columns[i].field;
        c->wanted = c->field != FIELD_NONE && (!to->wants || to->wants(to, c->field));
    }
    if (to)
        r->table_name = field_intern(to->fields, S("_table"));
    return true;
}

/* Reads the header. *found: there is one, or the format is known without. */
static bool begin(struct reading *r, bool *found) {
    enum csv_end end;

    if (!r->in->window(r->in, 0, HEAD_MAX, &r->window, r->e))
        return false;
    if (!(*found = table_of(r->window, r->to ? r->to->kinds : NULL, &r->table)))
        return true;
    const struct table_format *const format = r->table.format;

    r->csv = (struct csv){.separator = r->table.separator,
                          .padded = r->table.padded,
                          .plain = format && format->plain,
                          .fields_max = format && format->wide != SIZE_MAX ? COLUMNS_MAX : r->table.columns + 1};
    r->csv.fields = calloc(r->csv.fields_max, sizeof *r->csv.fields);
    r->columns = calloc(r->table.columns, sizeof *r->columns);
    r->names = arena_new(HEAD_MAX * 4);
    r->at = r->table.header;
    if (!r->csv.fields || !r->columns || !r->names)
        return no_memory(r);
    if (!look(r, WINDOW_FIRST))
        return false;
    if (format) {
        if (!take_columns(r))
            return false;
    } else {
        if (!row_whole(r, &end))
            return false;
        if (!(*found = end == CSV_WHOLE && r->csv.count >= r->table.columns))
            return true;
        if (!take_names(r))
            return false;
        step(r, r->csv.size);
        if (!step_over_types(r))
            return false;
    }
    r->room = r->holder == SIZE_MAX ? (uint32_t)r->table.columns + 1 : RECORD_VALUES_MAX;
    if (r->to && !(r->values = reallocarray(NULL, r->room, sizeof *r->values)))
        return no_memory(r);
    return r->holder == SIZE_MAX || json_open(&r->j, r->to, r->e);
}

static bool csv_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {
        .in = in, .part = part, .to = to, .e = e, .window = {"", 0}, .table_name = FIELD_NONE, .holder = SIZE_MAX};
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

/* Goes to offset, where a row may begin: behind a line end, behind zero bytes, at the start. Not further back than there: the
 * source may be a stream. */
static bool go_to_row(struct reading *r, uint64_t offset, uint64_t start, bool *found) {
    size_t const unit = r->table.encoding == UTF_8 ? 1 : 2;

    *found = offset >= start && (offset - start) % unit == 0;
    if (!*found)
        return true;
    r->at = offset == start ? offset : offset - unit;
    if (!look(r, WINDOW_FIRST))
        return false;
    if (r->at < offset) {
        *found = r->window.len > 1 && (r->window.ptr[0] == '\n' || r->window.ptr[0] == '\0');
        step(r, *found);
    }
    *found &= r->window.len > 0;
    return true;
}

/* The row at the window's start, of a table without header line: which one it is only kinds know, and they are not at hand.
 * The separator that gives most fields is the one; quotes are bytes where they make no row. */
static bool row_nameless(struct reading *r, bool *found) {
    struct csv best = {.count = 1};
    enum csv_end end;

    r->csv.fields_max = COLUMNS_MAX;
    if (!(r->csv.fields = calloc(r->csv.fields_max, sizeof *r->csv.fields)))
        return no_memory(r);
    for (size_t i = 0; i < 2 * COUNT(separators) && !(best.count > 1 && i == COUNT(separators)); i++) {
        r->csv.separator = separators[i % COUNT(separators)];
        r->csv.plain = i >= COUNT(separators);
        if (!row_whole(r, &end))
            return false;
        if (end == CSV_WHOLE && r->csv.count > best.count && r->csv.count <= r->csv.fields_max)
            best = r->csv;
    }
    *found = best.count > 1;
    if (!*found)
        return true;
    r->csv = best;
    r->table.columns = best.count;
    return row_whole(r, &end);
}

static bool csv_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .e = e, .window = {"", 0}, .table_name = FIELD_NONE, .holder = SIZE_MAX};
    enum csv_end end;
    bool named = false, found = false;
    bool ok = begin(&r, &named) && go_to_row(&r, offset, named ? r.at : r.table.header, &found);

    if (ok && found && named) {
        ok = row_whole(&r, &end);
        found = ok && end == CSV_WHOLE && !is_blank_row(&r.csv) && has_columns(&r.csv, r.table.least, r.table.columns);
    } else if (ok && found) {
        ok = row_nameless(&r, &found);
    }
    if (ok && !found)
        ok = err_set(e, ERR_CORRUPT, offset, "no row begins here");
    if (ok && !(r.text = malloc(r.csv.size)))
        ok = no_memory(&r);
    for (size_t i = 0; ok && i < r.table.columns; i++) {
        if (i)
            buf_byte(out, '\n');
        if (named)
            buf_add(out, r.columns[i].name);
        else
            buf_format(out, "%zu", i + 1);
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

    return table_of(head, NULL, &t);
}

static bool csv_described(str head, const struct kinds *kinds) {
    struct table t;

    return table_of(head, kinds, &t);
}

const struct reader csv_reader = {
    .name = "csv",
    .title = "delimited text (CSV, TSV), with a header line or described by a kind file",
    .looks_like = csv_looks_like,
    .described = csv_described,
    .read = csv_read,
    .show = csv_show,
};
