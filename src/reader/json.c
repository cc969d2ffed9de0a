/* json: where JSON documents begin and end in a source: lines, documents one behind the other, arrays, and the wrappers
 * of cloud exports; in UTF-8, or in UTF-16 with a byte order mark (PowerShell writes that). One document is read by
 * json_document.c. docs/formats/json.md says it all in prose.
 *
 * A document is read only when it is whole in the window; when the window ends first, a larger one is asked for, up to
 * JSON_RECORD_MAX. Nothing of a broken record is given.
 *
 * Parts. A source whose head is one document a line is read as *lines*: every line that begins with a brace (an anchor)
 * begins a record, whatever came before, and all that is remembered of the lines before it is forgotten there. So what
 * stands between two anchors is read the same wherever reading began, and a part owns the anchors that lie in it. */
#include "reader/json.h"

#include <assert.h>

#include "reader/json_own.h"
#include "reader/utf16_window.h"

#define WINDOW_FIRST ((size_t)1 << 20)
#define LIST_AGAIN_BYTES ((size_t)256) /* a key, a colon, blanks, a bracket */
#define PART_SIZE ((uint64_t)8 << 20)
#define HEAD_MAX ((size_t)64 << 10)
#define INDENT_MAX 4096 /* deeper than that nobody indents */

enum where { OUTSIDE, IN_LIST, BEHIND_LIST };

struct reading {
    struct json j;
    struct input *in;
    struct event_sink *to;
    struct err *e;

    uint64_t at;   /* offset of the next byte to look at */
    str window;    /* text from there on: bytes of the source, or decoded from them */
    size_t column; /* bytes since the last line end; 0: a line begins here */
    bool full;     /* the window is as large as a document may be */

    enum encoding encoding;
    struct utf16_window wide; /* UTF-16: what window was decoded from */

    bool lines;
    enum where where;
    unsigned open;                           /* braces around the list */
    bool behind_element, behind_comma, lost; /* lost: bytes were skipped since; what stood there is unknown */
    uint64_t number;
};

static bool no_memory(struct reading *r) {
    return err_set(r->e, ERR_MEMORY, r->at, "no memory for a record");
}

/* Windows */

/* Makes `want` bytes from at on visible if the source has them. */
static bool look(struct reading *r, size_t want) {
    if (r->encoding != UTF_8) {
        if (!utf16_look(&r->wide, r->encoding, r->in, r->at, want, &r->window, r->e))
            return false;
        r->full = r->wide.full;
        if (r->window.len == 0 && r->wide.raw.len && r->to) { /* one byte, the last */
            r->to->damage(r->to, r->at, r->wide.raw.len, "half a UTF-16 unit at the end");
            r->at += r->wide.raw.len;
        }
        return true;
    }
    if (!r->in->window(r->in, r->at, want, &r->window, r->e))
        return false;
    r->full = r->window.len >= JSON_RECORD_MAX;
    r->window = str_first(r->window, JSON_RECORD_MAX);
    return true;
}

/* A larger window from the same place; *grown: there was more. */
static bool look_further(struct reading *r, bool *grown) {
    size_t const had = r->window.len;
    size_t want = had * 2 > WINDOW_FIRST ? had * 2 : WINDOW_FIRST;

    if (want > JSON_RECORD_MAX)
        want = JSON_RECORD_MAX;
    if (!look(r, want))
        return false;
    *grown = r->window.len > had;
    return true;
}

static uint64_t size_in_source(const struct reading *r, size_t n) {
    return r->encoding == UTF_8 ? n : utf16_size(str_first(r->window, n));
}

/* Over n bytes of text without a line end. */
static void step(struct reading *r, size_t n) {
    r->at += size_in_source(r, n);
    r->window = str_from(r->window, n);
    r->column += n;
    r->full = r->full && n == 0; /* what is left of a large window is no large window */
}

/* Over n bytes of text, the last of which is a line end. */
static void step_line(struct reading *r, size_t n) {
    step(r, n);
    r->column = 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Over blanks, byte order marks and zero bytes; these are what a system that lost its power leaves behind a log's end. */
static bool step_blanks(struct reading *r) {
    uint64_t zeros_at = 0, zeros = 0;

    for (;;) {
        size_t n = 0, line = SIZE_MAX;
        bool zero = false;

        while (n < r->window.len && is_blank(r->window.ptr[n])) {
            if (r->window.ptr[n] == '\n')
                line = n;
            n++;
        }
        if (n == 0 && (zero = r->window.len && r->window.ptr[0] == '\0'))
            while (n < r->window.len && r->window.ptr[n] == '\0')
                n++;
        if (n == 0 && str_starts(r->window, S("\xef\xbb\xbf")))
            n = 3;
        if (zeros && !zero && r->window.len) {
            r->to->damage(r->to, zeros_at, zeros, "zero bytes between records");
            zeros = 0;
        }
        if (zero) {
            zeros_at = zeros ? zeros_at : r->at;
            zeros += size_in_source(r, n);
        }
        if (line != SIZE_MAX)
            step_line(r, line + 1); /* and the loop comes to the blanks behind */
        else if (n)
            step(r, n);
        if (n)
            continue;
        if (r->window.len)
            return true;
        if (!look(r, WINDOW_FIRST))
            return false;
        if (r->window.len == 0) {
            if (zeros)
                r->to->damage(r->to, zeros_at, zeros, "zero bytes between records");
            return true;
        }
    }
}

/* Damage */

/* Skips to the next line that may begin something again, and reports what was skipped: a brace or bracket is the first
 * thing on it, no further to the right than `column`, where what is broken began. So the inner objects of a broken
 * document that is spread over lines are not taken for records. */
static bool skip_lines(struct reading *r, size_t column, const char *why) {
    uint64_t const begin = r->at;

    for (bool found = false; !found;) {
        size_t const line = str_find_byte(r->window, '\n');
        size_t indent = 0;
        bool grown = true;

        if (line == SIZE_MAX) {
            step(r, r->window.len);
            if (!look(r, WINDOW_FIRST))
                return false;
            if (r->window.len == 0)
                break;
            continue;
        }
        step_line(r, line + 1);
        for (;; indent++) {
            if (indent == r->window.len && (!look_further(r, &grown) || !grown))
                break;
            if (indent == INDENT_MAX || (r->window.ptr[indent] != ' ' && r->window.ptr[indent] != '\t'))
                break;
        }
        if (indent == r->window.len) {
            if (grown)
                return false;
            continue; /* the end */
        }
        char const c = r->window.ptr[indent];

        found = (c == '{' || c == '[' || c == ']') && indent <= column;
    }
    r->to->damage(r->to, begin, r->at - begin, why);
    return true;
}

/* The size of the broken object at the start of s by its braces alone, or 0: they do not tell. */
static size_t size_by_braces(str s) {
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if (quoted && c == '\n')
            return 0;
        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            i++;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* A list may be one line of any size: behind a broken element, the next is looked for by the braces, and believed when
 * a comma or the list's end follows. */
static bool skip_broken(struct reading *r, size_t column, const char *why) {
    size_t const line = r->lines ? str_find_byte(r->window, '\n') : SIZE_MAX;
    size_t const size = r->where == IN_LIST ? size_by_braces(str_first(r->window, line)) : 0;
    size_t behind = size;

    while (behind < r->window.len && is_blank(r->window.ptr[behind]))
        behind++;
    if (size == 0 || behind == r->window.len || (r->window.ptr[behind] != ',' && r->window.ptr[behind] != ']')) {
        r->lost = true;
        return skip_lines(r, column, why);
    }
    r->to->damage(r->to, r->at, size_in_source(r, size), why);
    step(r, size);
    return true;
}

/* Records */

/* What one attempt to read at the window's start found. */
typedef enum json_end (*attempt)(struct reading *r);

static enum json_end try_record(struct reading *r) {
    return json_document(&r->j, r->window, r->lines,
                         r->where == OUTSIDE ? JSON_ALONE
                         : r->open           ? JSON_WRAPPED
                                             : JSON_LISTED);
}

static enum json_end try_value(struct reading *r) {
    return json_over(&r->j, r->window, r->lines, false);
}

static enum json_end try_member(struct reading *r) {
    return json_over(&r->j, r->window, r->lines, true);
}

/* Tries, with larger windows while the bytes end too soon. False: the input failed. */
static bool try_whole(struct reading *r, attempt try, enum json_end *end) {
    bool grown = true;

    while ((*end = try(r)) == JSON_SHORT) {
        if (r->full) {
            r->j.why = "record larger than 16 MiB";
            *end = JSON_WRONG;
            return true;
        }
        if (!look_further(r, &grown))
            return false;
        if (!grown) {
            *end = JSON_WRONG;
            return true;
        }
    }
    return *end == JSON_MEMORY ? no_memory(r) : true;
}

/* What was left out of a record, or repaired in it. */
static void report_repairs(struct reading *r) {
    const struct json *const j = &r->j;

    if (j->bad_from)
        r->to->damage(r->to, r->at + size_in_source(r, (size_t)(j->bad_from - r->window.ptr)),
                      size_in_source(r, (size_t)(j->bad_to - r->window.ptr)) -
                          size_in_source(r, (size_t)(j->bad_from - r->window.ptr)),
                      "text that is no Unicode: repaired");
    if (r->encoding != UTF_8)
        utf16_report(&r->wide, r->at, size_in_source(r, j->size), r->to);
    json_report_left_out(j, r->at);
}

/* At an opening brace: one record, or a wrapper around a list of them. */
static bool record(struct reading *r) {
    enum json_end end;

    if (!try_whole(r, try_record, &end))
        return false;
    if (end == JSON_WRONG)
        return skip_broken(r, r->column, r->j.why);
    if (end == JSON_WRAPPER) {
        r->where = IN_LIST;
        r->open = r->j.open;
        r->behind_element = r->behind_comma = r->lost = false;
        step(r, r->j.size);
        return true;
    }
    report_repairs(r);
    struct record const rec = {.values = r->j.values,
                               .count = r->j.count,
                               .when = INSTANT_NONE,
                               .number = ++r->number,
                               .offset = r->at,
                               .size = size_in_source(r, r->j.size)};

    if (!r->to->record(r->to, &rec, r->e))
        return false;
    step(r, r->j.size);
    return true;
}

/* Over something that is right as JSON and no record. */
static bool skip_value(struct reading *r) {
    enum json_end end;

    if (!try_whole(r, try_value, &end))
        return false;
    if (end == JSON_WRONG) {
        r->lost = true;
        return skip_lines(r, SIZE_MAX, "not an object");
    }
    r->to->damage(r->to, r->at, size_in_source(r, r->j.size), "not an object");
    step(r, r->j.size);
    return true;
}

static bool one_byte(struct reading *r, const char *why) {
    if (why)
        r->to->damage(r->to, r->at, size_in_source(r, 1), why);
    step(r, 1);
    return true;
}

static bool in_list(struct reading *r, char c) {
    bool const lost = r->lost;

    r->lost = false;
    if (c == ',') {
        bool const good = r->behind_element || lost;

        r->behind_element = false;
        r->behind_comma = true;
        return one_byte(r, good ? NULL : "a comma without an element");
    }
    if (c == ']') {
        r->where = r->open ? BEHIND_LIST : OUTSIDE;
        return one_byte(r, r->behind_comma && !r->behind_element ? "a comma without an element" : NULL);
    }
    if (r->behind_element && !lost)
        r->to->damage(r->to, r->at, 0, "no comma between elements");
    r->behind_element = true;
    r->behind_comma = false;
    return c == '{' ? record(r) : skip_value(r);
}

/* `"clicksPermitted": [`: of several lists, one behind the other, each holds records (Proofpoint TAP). Up to behind the bracket, or 0. */
static size_t list_again(str s) {
    for (size_t i = 0; json_lists_again(i).len; i++) {
        str const key = json_lists_again(i);
        size_t at = key.len + 2, colons = 0;

        if (s.len < at || s.ptr[0] != '"' || s.ptr[key.len + 1] != '"' || !str_starts(str_from(s, 1), key))
            continue;
        while (at < s.len && (strchr(" \t\r\n", s.ptr[at]) || (s.ptr[at] == ':' && colons++ == 0)))
            at++;
        return colons == 1 && at < s.len && s.ptr[at] == '[' ? at + 1 : 0;
    }
    return 0;
}

/* The wrapper's other members hold no records, unless they are lists of the same sort. */
static bool behind_list(struct reading *r, char c) {
    enum json_end end;
    size_t size;

    if (r->open == 1 && r->window.len < LIST_AGAIN_BYTES && !look(r, WINDOW_FIRST))
        return false;
    if (r->open == 1 && (size = list_again(r->window))) {
        r->where = IN_LIST;
        r->behind_element = r->behind_comma = r->lost = false;
        step(r, size);
        return true;
    }
    if (c == '}' || c == ',') {
        if (c == '}' && --r->open == 0)
            r->where = OUTSIDE;
        return one_byte(r, NULL);
    }
    if (!try_whole(r, try_member, &end))
        return false;
    if (end == JSON_WRONG) {
        r->where = OUTSIDE;
        return skip_lines(r, SIZE_MAX, "broken wrapper around records");
    }
    step(r, r->j.size);
    return true;
}

/* One step through the source. */
static bool next(struct reading *r, uint64_t to, bool *over) {
    if (!step_blanks(r))
        return false;
    if (r->window.len == 0) {
        if (r->where != OUTSIDE)
            r->to->damage(r->to, r->at, 0, "ends within a list of records");
        *over = true;
        return true;
    }
    char const c = r->window.ptr[0];

    if (r->lines && c == '{' && r->column == 0) {
        if (r->where != OUTSIDE)
            r->to->damage(r->to, r->at, 0, "ends within a list of records");
        r->where = OUTSIDE;
        if (r->at >= to) {
            *over = true;
            return true;
        }
    }
    switch (r->where) {
    case IN_LIST:
        return in_list(r, c);
    case BEHIND_LIST:
        return behind_list(r, c);
    case OUTSIDE:
        break;
    }
    if (c == '{')
        return record(r);
    if (c == ',')
        return one_byte(r, "a comma between records");
    if (c == '[' && !r->lines) {
        r->where = IN_LIST;
        r->open = 0;
        r->behind_element = r->behind_comma = r->lost = false;
        return one_byte(r, NULL);
    }
    return skip_lines(r, SIZE_MAX, "not an object");
}

/* Heads */

/* Is the document on this line no record, but a wrapper around a list of records? Without room to see it, it may be one:
 * what is none is read all the same where wrappers are looked for. */
static bool may_be_wrapper(str line) {
    struct event_sink nobody = {.fields = fields_new()};
    struct json j = {0};
    struct err e;
    enum json_end end = JSON_MEMORY;

    if (nobody.fields && json_open(&j, &nobody, &e))
        end = json_document(&j, line, true, JSON_ALONE);
    bool const may = end == JSON_WRAPPER || end == JSON_MEMORY || j.overflow;

    json_close(&j);
    fields_free(nobody.fields);
    return may;
}

/* One document a line: every whole line of the head that begins with a brace is one, by its braces, and the first is no
 * wrapper. Decides how a source is read, so it looks at 64 KiB and no more, whatever it is given. */
static bool is_lines(str head) {
    size_t line;

    head = str_first(head, HEAD_MAX);
    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    if (head.len == 0 || head.ptr[0] != '{' || (line = str_find_byte(head, '\n')) == SIZE_MAX ||
        may_be_wrapper(str_first(head, line)))
        return false;
    for (; line != SIZE_MAX; line = str_find_byte(head, '\n')) {
        str const one = str_trim(str_first(head, line));

        if (one.len && one.ptr[0] == '{' && size_by_braces(one) != one.len)
            return false;
        head = str_from(head, line + 1);
    }
    return true;
}

/* Reader */

static void close_reading(struct reading *r) {
    json_close(&r->j);
    utf16_close(&r->wide);
}

/* At the source's start: what is it written in, and is it lines? */
static bool begin(struct reading *r) {
    if (!look(r, HEAD_MAX))
        return false;
    r->lines = r->lines || is_lines(r->window);
    r->encoding = encoding_of(r->window);
    if (r->encoding == UTF_8)
        return true;
    r->at = 2;
    r->window = S("");
    return true;
}

/* At the first anchor of a part that does not begin the source; *none: it has none. */
static bool to_anchor(struct reading *r, struct part part, bool *none) {
    r->at = part.from - 1;
    for (;;) {
        size_t const line = str_find_byte(r->window, '\n');

        step(r, line == SIZE_MAX ? r->window.len : line + 1);
        if (r->at >= part.to)
            break;
        if (r->window.len == 0 && !look(r, WINDOW_FIRST))
            return false;
        if (r->window.len == 0)
            break;
        if (line != SIZE_MAX && r->window.ptr[0] == '{') {
            r->column = 0;
            return true;
        }
    }
    *none = true;
    return true;
}

static bool json_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.in = in, .to = to, .e = e, .window = {"", 0}, .lines = part.from > 0 || part.to != UINT64_MAX};
    bool over = part.from >= part.to;
    bool ok = json_open(&r.j, to, e);

    if (ok && !over)
        ok = part.from > 0 ? to_anchor(&r, part, &over) : begin(&r);
    while (ok && !over)
        ok = next(&r, part.to, &over);
    close_reading(&r);
    return ok;
}

static bool json_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .e = e, .window = {"", 0}, .where = IN_LIST};
    enum json_end end = JSON_WRONG;
    bool ok = json_open(&r.j, NULL, e) && begin(&r);

    if (ok && r.encoding != UTF_8 && offset % 2)
        ok = err_set(e, ERR_CORRUPT, offset, "no JSON record begins here");
    if (ok) {
        r.lines = false;
        r.at = offset;
        ok = look(&r, WINDOW_FIRST);
    }
    if (ok && r.window.len && r.window.ptr[0] == '{')
        ok = try_whole(&r, try_record, &end);
    if (ok && end != JSON_WHOLE)
        ok = err_set(e, ERR_CORRUPT, offset, "no JSON record begins here");
    if (ok) {
        buf_add(out, str_first(r.window, r.j.size));
        ok = out->failed ? err_set(e, ERR_MEMORY, offset, "no memory to show a record") : true;
    }
    close_reading(&r);
    return ok;
}

/* Is a brace or bracket the first thing that is not blank, and can what follows it follow? */
static bool begins_json(str head) {
    size_t i = 0;
    char open;

    while (i < head.len && is_blank(head.ptr[i]))
        i++;
    if (i == head.len || (head.ptr[i] != '{' && head.ptr[i] != '['))
        return false;
    open = head.ptr[i++];
    while (i < head.len && is_blank(head.ptr[i]))
        i++;
    if (i == head.len)
        return true;
    return open == '{' ? head.ptr[i] == '"' || head.ptr[i] == '}' : head.ptr[i] == '{' || head.ptr[i] == ']';
}

static bool json_looks_like(str head) {
    enum encoding const encoding = encoding_of(head);
    char narrow[512];
    size_t count = 0;

    if (encoding == UTF_8)
        return begins_json(str_starts(head, S("\xef\xbb\xbf")) ? str_from(head, 3) : head);
    for (size_t i = 2; i + 1 < head.len && count < sizeof narrow; i += 2) {
        char const low = head.ptr[i + (encoding == UTF_16BE)], high = head.ptr[i + (encoding == UTF_16LE)];

        narrow[count++] = high ? '?' : low;
    }
    return begins_json((str){narrow, count});
}

static uint64_t json_part_size(str head) {
    return is_lines(head) ? PART_SIZE : 0;
}

const struct reader json_reader = {
    .name = "json",
    .title = "JSON lines, documents or arrays",
    .looks_like = json_looks_like,
    .part_size = json_part_size,
    .counts_in_part = true,
    .read = json_read,
    .show = json_show,
};
