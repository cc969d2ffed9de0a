/* mbox: messages one behind the other in one file. Each begins with a From_ line; whether a line is one is told by that line, the one
 * before and the one behind it, and by nothing else, so that parts of a mailbox can be read apart. Content-Length, which is often wrong,
 * is not asked. Quoting (`>From `) is left as it is: whether the mailbox or a person wrote it, nobody can know.
 * docs/formats/mail.md.
 *
 * A message is read when it is whole in the window; one of more than INPUT_WANT_MAX is fed piece by piece. */
#include "base/utf.h"
#include "reader/mail.h"
#include "reader/mail_own.h"

#define WINDOW_FIRST ((size_t)1 << 20)
#define PART_SIZE ((uint64_t)8 << 20)
#define FROM_LINE_MAX ((size_t)1024)
#define NEXT_LINE_MAX ((size_t)1024)
#define DECIDES (FROM_LINE_MAX + NEXT_LINE_MAX) /* bytes from a From_ line's beginning that decide whether it is one */
#define BEFORE 4u                               /* and before it */

/* ------------------------------------------------------------------ From_ lines */

static str line_at(str s, size_t at, size_t *behind) {
    str line = str_from(s, at);
    size_t const end = str_find_byte(line, '\n');

    *behind = end == SIZE_MAX ? s.len : at + end + 1;
    line = str_first(line, end);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Digits, colon, digits: a time of day somewhere. */
static bool has_time(str s) {
    for (size_t i = 1; i + 2 < s.len; i++)
        if (s.ptr[i] == ':' && s.ptr[i - 1] >= '0' && s.ptr[i - 1] <= '9' && s.ptr[i + 1] >= '0' &&
            s.ptr[i + 1] <= '5' && s.ptr[i + 2] >= '0' && s.ptr[i + 2] <= '9')
            return true;
    return false;
}

/* Four digits on their own: a year. */
static bool has_year(str s) {
    size_t digits = 0;

    for (size_t i = 0; i <= s.len; i++) {
        bool const digit = i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';

        if (!digit && digits == 4 && (s.ptr[i - 4] == '1' || s.ptr[i - 4] == '2'))
            return true;
        digits = digit ? digits + 1 : 0;
    }
    return false;
}

static bool has_month(str s) {
    static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";

    for (size_t i = 0; i + 4 <= s.len; i++)
        for (size_t n = 0; n < 12; n++)
            if (s.ptr[i + 3] == ' ' && (i == 0 || s.ptr[i - 1] == ' ' || s.ptr[i - 1] == ',') &&
                memcmp(s.ptr + i, months + 4 * n, 3) == 0)
                return true;
    return false;
}

static bool is_header_line(str line) {
    size_t n = 0;

    while (n < line.len && n < 128 && line.ptr[n] > ' ' && line.ptr[n] < 127 && line.ptr[n] != ':')
        n++;
    return n > 1 && n < line.len && line.ptr[n] == ':' && (n + 1 == line.len || line.ptr[n + 1] != '/');
}

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

/* Does a message begin with the line at `at`? *head: where its headers begin. first: it is the source's first line. */
static bool begins_message(str s, size_t at, bool first, size_t *head) {
    str const line = line_at(s, at, head), next = line_at(s, *head, &(size_t){0});
    str const rest = str_from(line, 5);
    bool const dated = has_time(rest) && has_year(rest) && has_month(rest);
    bool const headed = is_header_line(next) || str_starts(next, S(">From "));
    bool const netscape = str_eq(rest, S("-")) || str_starts(rest, S("- "));
    bool const behind_blank = first || (at >= 2 && s.ptr[at - 1] == '\n' && s.ptr[at - 2] == '\n') ||
                              (at >= 3 && s.ptr[at - 1] == '\n' && s.ptr[at - 2] == '\r' && s.ptr[at - 3] == '\n');

    if (!str_starts(line, S("From ")) || line.len > FROM_LINE_MAX)
        return false;
    if (!headed)
        return behind_blank && dated && next.len == 0;
    if (netscape)
        return true;
    return behind_blank ? dated || rest.len == 0 || str_find_byte(rest, '@') != SIZE_MAX
                        : dated && str_find_byte(rest, '@') != SIZE_MAX;
}

static bool mbox_looks_like(str head) {
    size_t from = mail_mark_len(head), begin;

    while (from < head.len && from < DECIDES && is_line_end(head.ptr[from]))
        from++;
    head = str_from(head, from);
    return begins_message(head, 0, true, &begin) && mail_head_likely(str_from(head, begin));
}

static uint64_t mbox_part_size(str head) {
    (void)head;
    return PART_SIZE;
}

/* ------------------------------------------------------------------ reading */

struct reading {
    struct input *in;
    struct part part;
    struct event_sink *to;
    struct err *e;
    struct mail *mail;
    uint64_t at; /* offset of window's first byte */
    str window;
    bool ended; /* with the window */
    uint64_t number;
};

static bool look(struct reading *r, uint64_t at, size_t want) {
    if (!r->in->window(r->in, at, want, &r->window, r->e))
        return false;
    r->at = at;
    r->ended = r->window.len < want;
    return true;
}

/* The next message's beginning at or behind `from` in the window; SIZE_MAX: none so far. *searched: it need not be looked
 * for before that again. */
static size_t next_message(const struct reading *r, size_t from, size_t *searched) {
    size_t at = from, head;

    *searched = from;
    if (from == 0 && r->at == 0) {
        size_t first = mail_mark_len(r->window);

        if (!r->ended && r->window.len < DECIDES)
            return SIZE_MAX;
        while (first < r->window.len && first < DECIDES && is_line_end(r->window.ptr[first]))
            first++;
        if (begins_message(r->window, first, true, &head))
            return first;
    }
    while ((at = str_find_line(r->window, at, S("From "))) != SIZE_MAX) {
        if (!r->ended && r->window.len - at < DECIDES)
            return SIZE_MAX;
        if (begins_message(r->window, at, false, &head))
            return at;
        *searched = at;
    }
    *searched = r->window.len > DECIDES ? r->window.len - DECIDES : 0;
    if (*searched < from)
        *searched = from;
    return SIZE_MAX;
}

/* Without the empty line that stands before the next From_ line. */
static size_t without_blank_line(str s) {
    if (str_ends(s, S("\r\n\r\n")))
        return s.len - 2;
    return str_ends(s, S("\n\n")) ? s.len - 1 : s.len;
}

static bool give(struct reading *r, uint64_t begin, uint64_t end, str from_line) {
    return mail_give(r->mail, begin, end - begin, ++r->number, from_line, r->e);
}

/* The message that begins at the window's first byte is larger than any window. *next: where the next begins. */
static bool read_large(struct reading *r, uint64_t *next) {
    uint64_t const begin = r->at;
    char line[FROM_LINE_MAX + 1];
    size_t head, searched, found;
    str const from_line = line_at(r->window, 0, &head);
    str const kept = {line, from_line.len < FROM_LINE_MAX ? from_line.len : FROM_LINE_MAX};

    memcpy(line, from_line.ptr, kept.len);
    mail_begin(r->mail, begin + head);
    mail_place(r->mail, r->number + 1, begin);
    while ((found = next_message(r, head, &searched)) == SIZE_MAX && !r->ended) {
        size_t const sure = r->window.len - DECIDES - BEFORE;

        if (!mail_feed(r->mail, (str){r->window.ptr + head, sure - head}, r->e))
            return false;
        if (!look(r, r->at + sure, INPUT_WANT_MAX / 4))
            return false;
        head = 0;
    }
    if (mail_verifies(r->mail))
        mail_defect(r->mail, TOO_LARGE);
    if (found == SIZE_MAX)
        found = r->window.len;
    *next = r->at + found;
    return mail_feed(
               r->mail,
               str_first(str_from(r->window, head), without_blank_line((str){r->window.ptr + head, found - head})),
               r->e) &&
           give(r, begin, *next, kept);
}

/* The message at `at` in the window is whole up to `end`. */
static bool read_whole(struct reading *r, size_t at, size_t end) {
    size_t head;
    str const from_line = line_at(r->window, at, &head);
    str body = {r->window.ptr + head, end > head ? end - head : 0};

    body.len = without_blank_line(body);
    mail_begin(r->mail, r->at + head);
    mail_place(r->mail, r->number + 1, r->at + at);
    return mail_feed(r->mail, body, r->e) && (!mail_verifies(r->mail) || mail_verify(r->mail, body, r->e)) &&
           give(r, r->at + at, r->at + end, from_line);
}

static bool read_messages(struct reading *r) {
    size_t at = 0, searched = 0, want = WINDOW_FIRST;

    if (!look(r, r->part.from > BEFORE ? r->part.from - BEFORE : 0, want))
        return false;
    /* The part's first message. */
    while ((at = next_message(r, at, &searched)) == SIZE_MAX || r->at + at < r->part.from) {
        if (at != SIZE_MAX) { /* it begins just before the part */
            at++;
            continue;
        }
        if (r->ended || r->at + searched >= r->part.to)
            break;
        if (!look(r, r->at + (searched > BEFORE ? searched - BEFORE : 0), searched > BEFORE ? want : 2 * want))
            return false;
        at = 0;
    }
    if (r->part.from == 0 && r->part.to > 0 && r->to && (at == SIZE_MAX ? r->window.len > 0 : r->at + at > 0)) {
        uint64_t const before = at == SIZE_MAX ? r->at + r->window.len : r->at + at;

        if (before > 3 || mail_mark_len(r->window) < before)
            r->to->damage(r->to, 0, before, "bytes before the first message");
    }
    while (at != SIZE_MAX && r->at + at < r->part.to) {
        size_t next = next_message(r, at + 5, &searched);

        while (next == SIZE_MAX && !r->ended && r->window.len - at < INPUT_WANT_MAX) {
            size_t const had = r->window.len - at;
            size_t const from = searched - at;

            want = had * 2 < WINDOW_FIRST * 2 ? WINDOW_FIRST * 2 : had * 2 > INPUT_WANT_MAX ? INPUT_WANT_MAX : had * 2;
            if (!look(r, r->at + at, want))
                return false;
            at = 0;
            next = next_message(r, from, &searched);
        }
        if (next == SIZE_MAX && !r->ended) {
            uint64_t behind;

            if (!look(r, r->at + at, INPUT_WANT_MAX) || !read_large(r, &behind))
                return false;
            at = (size_t)(behind - r->at);
            if (at >= r->window.len)
                at = SIZE_MAX;
            continue;
        }
        if (!read_whole(r, at, next == SIZE_MAX ? r->window.len : next))
            return false;
        at = next;
    }
    return true;
}

static bool mbox_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.in = in, .part = part, .to = to, .e = e};
    bool ok;

    if (!mail_open(&r.mail, to, e))
        return false;
    ok = read_messages(&r);
    mail_close(r.mail);
    return ok;
}

/* The message as it lies there, From_ line and all. */
static bool mbox_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.in = in, .part = {offset, UINT64_MAX}, .e = e};
    size_t const before = offset < BEFORE ? (size_t)offset : BEFORE;
    size_t head, searched, next;
    bool first;

    if (!look(&r, offset - before, INPUT_WANT_MAX / 8))
        return false;
    first = offset == before;
    for (size_t i = mail_mark_len(r.window); first && i < before && i < r.window.len; i++)
        first = is_line_end(r.window.ptr[i]);
    if (before >= r.window.len || !(first || r.window.ptr[before - 1] == '\n') ||
        !begins_message(r.window, before, first, &head))
        return err_set(e, ERR_CORRUPT, offset, "no message begins here");
    next = next_message(&r, head, &searched);
    r.window = str_first(r.window, next);
    r.window = str_from(r.window, before);
    buf_add(out, r.window);
    return !out->failed || err_set(e, ERR_MEMORY, offset, "no memory to show a message");
}

const struct reader mbox_reader = {
    .name = "mbox",
    .title = "Mailbox (mbox)",
    .looks_like = mbox_looks_like,
    .part_size = mbox_part_size,
    .counts_in_part = true,
    .attaches = true,
    .read = mbox_read,
    .show = mbox_show,
};
