/* text: lines of text as records. docs/formats/text.md says it all in prose.
 *
 * What begins a record depends on the source, as its first lines have it: a priority (<34>), a date of syslog, or every
 * line. In the first two, lines without a head belong to the record above. A record belongs to the part in which its line
 * begins; what follows it without a head, to that part as well. */
#include "reader/text.h"

#include <assert.h>

#include "base/utf.h"
#include "event/format.h"
#include "event/kind.h"
#include "reader/json_own.h"
#include "reader/line.h"
#include "reader/text_own.h"

#define HEAD_MAX ((size_t)64 << 10)
#define PART ((uint64_t)8 << 20)
#define MORE_LINES_MAX 256u              /* of one record; what follows is a record of its own */
#define MORE_BYTES_MAX ((size_t)1 << 20) /* the same */
#define VALUES_OWN 24u

enum mode { MODE_LINES, MODE_HEADS, MODE_PRIORITIES };

enum own_field {
    OWN_MESSAGE,
    OWN_TIMESTAMP,
    OWN_HOST,
    OWN_PROGRAM,
    OWN_MODULE,
    OWN_PID,
    OWN_MSGID,
    OWN_FACILITY,
    OWN_SEVERITY,
    OWN_LABEL,
    OWN_RECEIVED,
    OWN_COLLECTOR,
    OWN_REPEATED,
    OWN_FIELDS
};

struct reading {
    struct lines lines;
    struct part part;
    struct event_sink *to; /* NULL: shown, not read */
    struct err *e;
    enum mode mode;
    field_id own[OWN_FIELDS]; /* FIELD_NONE: nobody wants it */
    struct raw *values;       /* RECORD_VALUES_MAX */
    uint32_t count;
    struct syslog_head head;
    struct buf joined; /* a record of several lines */
    struct buf undone; /* values of structured data without their escapes */
    struct buf *shown;
    struct json json;
    bool json_open, overflow;
    uint64_t number;
    uint64_t line_from; /* of the line given last, with the zeros or the mark before it, whatever has been cut off */
};

static bool no_memory(const struct reading *r) {
    return err_set(r->e, ERR_MEMORY, r->lines.offset, "no memory for a record");
}

static void add(struct reading *r, field_id field, str value) {
    if (field != FIELD_NONE && r->count < RECORD_VALUES_MAX)
        r->values[r->count++] =
            (struct raw){.field = field, .type = RAW_TEXT, .len = (uint32_t)value.len, .ptr = value.ptr};
}

static void add_own(struct reading *r, enum own_field which, str value) {
    if (value.len)
        add(r, r->own[which], value);
}

/* Structured data: sd.<id>.<name>; the id without the number of who defined it (RFC 5424 7). */
static bool add_params(struct reading *r) {
    size_t room = 0;

    for (size_t i = 0; i < r->head.param_count; i++)
        room += r->head.params[i].id.len + r->head.params[i].name.len + r->head.params[i].value.len + 8;
    r->undone.len = 0;
    r->overflow |= r->head.params_left_out;
    if (room && !buf_reserve(&r->undone, room)) /* views into it must stay */
        return no_memory(r);
    for (size_t i = 0; i < r->head.param_count; i++) {
        const struct syslog_param *const p = &r->head.params[i];
        size_t const name = r->undone.len;

        buf_add(&r->undone, S("sd."));
        buf_add(&r->undone, str_first(p->id, str_find_byte(p->id, '@')));
        if (p->name.len)
            buf_byte(&r->undone, '.');
        buf_add(&r->undone, p->name);
        field_id const id =
            r->to ? field_intern(r->to->fields, (str){r->undone.ptr + name, r->undone.len - name}) : FIELD_NONE;

        r->overflow |= id == FIELD_NONE;
        r->undone.len = name;
        for (size_t k = 0; k < p->value.len; k++) {
            k += p->value.ptr[k] == '\\' && k + 1 < p->value.len && strchr("\"\\]", p->value.ptr[k + 1]) &&
                 p->value.ptr[k + 1];
            buf_byte(&r->undone, p->value.ptr[k]);
        }
        add(r, id, (str){r->undone.ptr + name, r->undone.len - name});
    }
    return true;
}

/* The fields of a message that is an object of JSON (also behind @cee:). */
static bool add_json(struct reading *r, str message) {
    str text = message;

    if (str_starts(text, S("@cee:")) || str_starts(text, S("CEE: ")))
        text = str_trim(str_from(text, 5));
    text = str_trim(text);
    if (text.len < 2 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}' || !r->to)
        return true;
    if (!r->json_open) {
        if (!json_open(&r->json, r->to, r->e))
            return false;
        r->json_open = true;
    }
    enum json_end const end = json_document(&r->json, text, false, false);

    if (end == JSON_MEMORY)
        return no_memory(r);
    if (end != JSON_WHOLE || r->json.size != text.len)
        return true;
    r->overflow |= r->json.overflow || r->json.cut || r->json.count > RECORD_VALUES_MAX - r->count;
    for (uint32_t i = 0; i < r->json.count && r->count < RECORD_VALUES_MAX; i++)
        r->values[r->count++] = r->json.values[i];
    return true;
}

/* message repeated 76 times: [ text] */
static str unrepeat(struct reading *r, str message) {
    static const str before = STR("message repeated "), behind = STR(" times: [");
    size_t digits = 0;

    if (!str_starts(message, before) || message.ptr[message.len - 1] != ']')
        return message;
    str const rest = str_from(message, before.len);

    while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
        digits++;
    if (digits == 0 || !str_starts(str_from(rest, digits), behind))
        return message;
    add_own(r, OWN_REPEATED, str_first(rest, digits));
    str const inner = str_from(rest, digits + behind.len);

    return str_trim(str_first(inner, inner.len - 1));
}

/* One record: text holds all its lines. */
static bool emit(struct reading *r, str text, uint64_t offset, uint64_t size) {
    struct syslog_head *const h = &r->head;
    bool const headed = syslog_head_read(text, h);
    str message = headed ? str_from(text, h->size) : text;

    if (r->shown) {
        buf_add(r->shown, text);
        return !r->shown->failed || no_memory(r);
    }
    r->count = 0;
    if (message.len)
        message = unrepeat(r, message);
    add_own(r, OWN_MESSAGE, message);
    if (headed) {
        add_own(r, OWN_TIMESTAMP, h->timestamp);
        add_own(r, OWN_HOST, h->host);
        add_own(r, OWN_PROGRAM, h->program);
        add_own(r, OWN_MODULE, h->module);
        add_own(r, OWN_PID, h->pid);
        add_own(r, OWN_MSGID, h->msgid);
        add_own(r, OWN_SEVERITY, h->priority >= 0 ? syslog_severity(h->priority) : h->level);
        if (h->priority >= 0)
            add_own(r, OWN_FACILITY, syslog_facility(h->priority));
        add_own(r, OWN_LABEL, h->label);
        add_own(r, OWN_RECEIVED, h->received);
        add_own(r, OWN_COLLECTOR, h->collector);
        if (h->param_count && !add_params(r))
            return false;
    }
    if (message.len && !add_json(r, message))
        return false;
    struct record const record = {.values = r->values,
                                  .count = r->count,
                                  .when = INSTANT_NONE,
                                  .bytes = text,
                                  .number = ++r->number,
                                  .offset = offset,
                                  .size = size};

    return r->to->record(r->to, &record, r->e);
}

static enum line_found next_line(struct reading *r) {
    r->line_from = r->lines.at;
    return line_next(&r->lines, r->e);
}

/* Takes off the front of the line given last what belongs to the record above it: up to `to`. */
static void line_cut(struct reading *r, size_t to) {
    r->lines.line = str_from(r->lines.line, to);
    r->lines.offset += to;
    if (to > 0)
        r->lines.zeros = 0;
}

/* Where in the line given last a head begins; SIZE_MAX: nowhere. */
static size_t head_at(const struct reading *r, enum line_found found) {
    if (r->mode == MODE_LINES)
        return 0;
    if (found == LINE_LONG)
        return SIZE_MAX;
    if (syslog_begins(str_first(r->lines.line, SYSLOG_HEAD_LOOK)))
        return 0;
    return r->mode == MODE_PRIORITIES ? syslog_next(r->lines.line, 0) : SIZE_MAX;
}

/* Does the line behind the one given last belong to the record above it? *sure: false: the window is too short to tell. */
static bool next_continues(const struct reading *r, bool *sure) {
    str const next = str_first(r->lines.window, SYSLOG_HEAD_LOOK);
    str line;

    *sure = r->lines.last || next.len == SYSLOG_HEAD_LOOK;
    if (r->mode == MODE_LINES || next.len == 0 || next.ptr[0] == '\n' || next.ptr[0] == '\0')
        return false;
    line = str_first(next, str_find_byte(next, '\n'));
    return !syslog_begins(line) && !str_eq(line, S("\r"));
}

/* A record that begins with `first`, and the lines below that belong to it. *found: how the last line was found.
 * *pending: it is another record's, or the end of it is. */
static bool several(struct reading *r, str first, uint64_t offset, bool *pending, enum line_found *found) {
    uint64_t end = r->lines.at;
    unsigned lines = 1;

    r->joined.len = 0;
    buf_add(&r->joined, first);
    *pending = false;
    while (!*pending && (*found = next_line(r)) == LINE_WHOLE) {
        size_t const begins = r->lines.zeros || r->lines.line.len == 0 ? 0 : head_at(r, *found);

        *pending = begins != SIZE_MAX || lines >= MORE_LINES_MAX || r->joined.len + r->lines.line.len > MORE_BYTES_MAX;
        if (begins == 0 || (*pending && begins == SIZE_MAX))
            break;
        buf_byte(&r->joined, '\n');
        buf_add(&r->joined, str_first(r->lines.line, begins));
        end = begins == SIZE_MAX ? r->lines.at : r->lines.offset + begins;
        lines++;
        if (*pending)
            line_cut(r, begins);
    }
    *pending |= *found == LINE_LONG;
    if (r->joined.failed)
        return no_memory(r);
    return *found != LINE_FAILED && emit(r, buf_str(&r->joined), offset, end - offset);
}

/* The records of the line given last, and of those below that belong to its last. *pending: a line was read that is not
 * theirs. */
static bool line_records(struct reading *r, bool *pending, enum line_found *found) {
    str line = r->lines.line;
    uint64_t offset = r->lines.offset;
    uint64_t const line_end = r->lines.at;
    bool sure;

    *pending = false;
    if (r->mode == MODE_PRIORITIES)
        for (size_t next; (next = syslog_next(line, 1)) != SIZE_MAX; offset += next, line = str_from(line, next)) {
            if (!emit(r, str_first(line, next), offset, next))
                return false;
            if (r->shown)
                return true;
        }
    bool const continues = next_continues(r, &sure);

    if (r->mode == MODE_LINES || (sure && !continues))
        return emit(r, line, offset, line_end - offset);
    return several(r, line, offset, pending, found);
}

/* By the first line. If that has no head, it may be the end of one that was cut off: then by the two behind it, or by what
 * begins amid it. */
static enum mode mode_of(str head) {
    struct syslog_head h;
    unsigned headed = 0, lines = 0;

    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    while (head.len && lines < 3) {
        str const line = str_first(head, str_find_byte(head, '\n'));

        if (head.ptr[0] == '\0' || line.len == 0 || str_eq(line, S("\r"))) {
            head = str_from(head, 1);
            continue;
        }
        lines++;
        if (syslog_head_read(line, &h)) {
            headed++;
            if (h.priority >= 0)
                return MODE_PRIORITIES;
            if (lines == 1)
                return MODE_HEADS;
        } else if (syslog_next(line, 0) != SIZE_MAX) {
            return MODE_PRIORITIES;
        }
        head = str_from(head, line.len);
    }
    return headed == 2 ? MODE_HEADS : MODE_LINES;
}

static bool open_reading(struct reading *r, struct input *in) {
    static const str names[OWN_FIELDS] = {
        STR("message"),  STR("timestamp"), STR("host"),     STR("program"),  STR("module"),
        STR("pid"),      STR("msgid"),     STR("facility"), STR("severity"), STR("label"),
        STR("received"), STR("collector"), STR("repeated"),
    };
    str head;

    if (!(r->values = malloc(RECORD_VALUES_MAX * sizeof *r->values)))
        return no_memory(r);
    for (size_t i = 0; i < OWN_FIELDS; i++) {
        field_id const id = r->to ? field_intern(r->to->fields, names[i]) : FIELD_NONE;

        r->overflow |= r->to && id == FIELD_NONE;
        r->own[i] = id != FIELD_NONE && r->to && (!r->to->wants || r->to->wants(r->to, id)) ? id : FIELD_NONE;
    }
    if (!in->window(in, 0, HEAD_MAX, &head, r->e))
        return false;
    r->mode = mode_of(head);
    return true;
}

static void close_reading(struct reading *r) {
    free(r->values);
    buf_free(&r->joined);
    buf_free(&r->undone);
    if (r->json_open)
        json_close(&r->json);
}

/* To the first head in a line that begins in the part. What stands before it belongs to the part before. */
static bool seek(struct reading *r, bool *pending, enum line_found *found) {
    *pending = false;
    if (r->part.from == 0)
        return true;
    r->lines.at = r->part.from - 1;
    if (!r->lines.in->window(r->lines.in, r->lines.at, 0, &r->lines.window, r->e))
        return false;
    r->lines.window = S("");
    *found = next_line(r);
    while (*found < LINE_NONE && !*pending && r->lines.at < r->part.to) {
        size_t begins;

        if ((*found = next_line(r)) < LINE_NONE && (begins = head_at(r, *found)) != SIZE_MAX) {
            line_cut(r, begins);
            *pending = true;
        }
    }
    if (*found < LINE_NONE && !*pending)
        *found = LINE_NONE; /* no record begins in the part */
    return *found != LINE_FAILED;
}

/* Of a line that begins behind the part: what stands in it without a head. *over: there is a head. */
static bool line_beyond(struct reading *r, size_t begins, bool *over) {
    *over = begins != SIZE_MAX;
    if (begins == 0 || begins == SIZE_MAX)
        return true;
    if (r->lines.zeros)
        r->to->damage(r->to, r->lines.offset - r->lines.zeros, r->lines.zeros, "zero bytes between lines");
    return emit(r, str_first(r->lines.line, begins), r->lines.offset, begins);
}

static bool text_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.lines = {.in = in, .window = {"", 0}}, .part = part, .to = to, .e = e};
    enum line_found found = LINE_WHOLE;
    bool pending, over = false, ok;

    if (part.from >= part.to)
        return true;
    ok = open_reading(&r, in) && seek(&r, &pending, &found);
    while (ok && found < LINE_NONE) {
        if (!pending && (found = next_line(&r)) >= LINE_NONE)
            break;
        pending = false;
        if (r.line_from >= part.to) {
            ok = line_beyond(&r, head_at(&r, found), &over);
            if (!ok || over)
                break;
        }
        if (r.lines.zeros)
            to->damage(to, r.lines.offset - r.lines.zeros, r.lines.zeros, "zero bytes between lines");
        if (found == LINE_LONG)
            to->damage(to, r.lines.offset, r.lines.size, "a line of 16 MiB or more");
        else if (r.lines.line.len)
            ok = line_records(&r, &pending, &found);
    }
    if (ok && r.overflow)
        to->damage(to, r.lines.offset, 0, "too many field names: some values were left out");
    close_reading(&r);
    return ok && found != LINE_FAILED;
}

/* Does a line begin at the offset: behind the end of another, behind zeros or the mark? */
static bool is_line(struct input *in, uint64_t offset, bool *is, struct err *e) {
    str before;

    if (offset == 3 && !in->window(in, 0, 3, &before, e))
        return false;
    *is = offset == 0 || (offset == 3 && str_starts(before, S("\xef\xbb\xbf")));
    if (*is)
        return true;
    if (!in->window(in, offset - 1, 1, &before, e))
        return false;
    *is = before.len && (before.ptr[0] == '\n' || before.ptr[0] == '\0');
    return true;
}

static bool text_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.lines = {.in = in, .window = {"", 0}, .at = offset}, .e = e, .shown = out};
    enum line_found found = LINE_NONE;
    bool pending, line = false, ok = open_reading(&r, in) && is_line(in, offset, &line, e);

    if (ok && (found = next_line(&r)) == LINE_WHOLE && r.lines.offset == offset && r.lines.line.len &&
        (line || (r.mode == MODE_PRIORITIES && head_at(&r, found) == 0)))
        ok = line_records(&r, &pending, &found);
    else if (ok && found != LINE_FAILED)
        ok = err_set(e, ERR_CORRUPT, offset, "no record begins here");
    close_reading(&r);
    return ok && found != LINE_FAILED;
}

/* A byte order mark and zeros (docs/formats/text.md) are no line's. */
static str without_front(str head) {
    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    while (head.len && head.ptr[0] == '\0')
        head = str_from(head, 1);
    return head;
}

/* Does it begin as a mail does, or a mailbox: a header (RFC 5322 2.2) with two fields that mails have? */
static bool is_mail(str head) {
    static const str names[] = {STR("ARC-Seal"),     STR("Content-Type"), STR("Date"),       STR("Delivered-To"),
                                STR("From"),         STR("Message-ID"),   STR("Received"),   STR("Reply-To"),
                                STR("MIME-Version"), STR("Return-Path"),  STR("Subject"),    STR("To"),
                                STR("X-Mailer"),     STR("X-Spam-Level"), STR("X-Sender-IP")};
    unsigned found = 0;

    for (bool first = true; head.len && found < 2; first = false) {
        size_t const end = str_find_byte(head, '\n');
        str const line = str_first(head, end);
        size_t const colon = str_find_byte(line, ':');

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (first && str_starts(line, S("From ")))
            found++;
        else if (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t') && !first)
            continue; /* folded */
        else if (colon == SIZE_MAX || str_find_byte(str_first(line, colon), ' ') != SIZE_MAX)
            return false;
        for (size_t i = 0; i < COUNT(names); i++)
            found += str_eq_ascii(str_first(line, colon), names[i]);
    }
    return found >= 2;
}

/* Text: no zero bytes but in front of lines, hardly any control characters, and no document of another sort. */
bool text_is(str head) {
    static const str others[] = {STR("%PDF-"),     STR("%!PS"),  STR("<?xml"),
                                 STR("<!DOCTYPE"), STR("<html"), STR("{\\rtf")};
    size_t controls = 0, high = 0;
    bool begins = true; /* a line, perhaps behind zeros: what a system that lost its power leaves */

    head = str_first(without_front(head), (size_t)16 << 10);
    for (size_t i = 0; i < COUNT(others); i++)
        if (str_starts(head, others[i]))
            return false;
    if (is_mail(head))
        return false;
    for (size_t i = 0; i < head.len; i++) {
        unsigned char const c = (unsigned char)head.ptr[i];

        if (c == 0 && begins)
            continue;
        if (c == 0)
            return false;
        begins = c == '\n';
        controls += (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\x1b' && c != '\x1d') || c == 0x7f;
        high += c > 0x7f;
    }
    return head.len > 0 && controls * 100 <= head.len && (high * 2 <= head.len || utf8_valid(head) + 4 > head.len);
}

#define LINES_LOOKED 200u
#define ONE_IN 10u

/* Does one of the lines at the head of a source begin as lines of syslog do? */
static bool any_head(str head) {
    struct syslog_head h;

    head = without_front(head);
    for (unsigned i = 0; i < LINES_LOOKED && head.len; i++) {
        size_t const end = str_find_byte(head, '\n');
        str const line = str_trim(str_first(head, end));

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (line.len && syslog_head_read(line, &h))
            return true;
    }
    return false;
}

/* Does one line in ten at the head of a source fit a format? Lines that begin with a blank belong to one that does not, and
 * are not asked where there is such a one: what is written of a log, or in a mail, quotes lines of it, and indents them. */
static bool lines_fit(str head, const struct kinds *kinds) {
    struct told told = {0};
    unsigned looked[2] = {0}, fit[2] = {0};

    head = without_front(head);
    for (unsigned i = 0; i < LINES_LOOKED && head.len; i++) {
        size_t const end = str_find_byte(head, '\n');
        str const line = str_first(head, end);
        bool indented;

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (str_trim(line).len == 0)
            continue;
        indented = line.ptr[0] == ' ' || line.ptr[0] == '\t';
        looked[indented]++;
        fit[indented] += formats_fit(kinds_formats(kinds), kinds_fields(kinds), line, &told);
    }
    told_free(&told);
    return looked[0] ? fit[0] && fit[0] * ONE_IN >= looked[0] : fit[1] && fit[1] * ONE_IN >= looked[1];
}

static bool text_looks_like(str head) {
    return text_is(head) && any_head(head);
}

static bool text_described(str head, const struct kinds *kinds) {
    return text_is(head) && lines_fit(head, kinds);
}

static uint64_t text_part_size(str head) {
    (void)head;
    return PART;
}

const struct reader text_reader = {
    .name = "text",
    .title = "lines of text, syslog among them",
    .looks_like = text_looks_like,
    .described = text_described,
    .part_size = text_part_size,
    .counts_in_part = true,
    .read = text_read,
    .show = text_show,
};
