/* advisory_layout: a text as people laid it out, as units: headings, paragraphs, entries, cells, code.
 *
 * Text comes as lines. Running heads and feet of pages go first, then whole detection rules. What stands apart by two blanks or more, a tab
 * or a bar is a table, or columns of prose: each column is read downwards by itself, so that what was wrapped in it is found again. A
 * line is a paragraph's next one if the first word of it had found no room in the line before, and a value's rest if it looks like one.
 * HTML comes as texts with tags between them and needs none of that but the last. */
#include "intel/advisory_own.h"

#include "base/utf.h"
#include "codec/html.h"

#define SEGMENTS_MAX 24u
#define COLUMNS_MAX 24u
#define UNIT_BYTES_MAX ((size_t)32 << 10) /* a unit that would be longer is two */
#define LINE_BYTES_MAX ((size_t)16 << 10) /* so is a line */
#define RULE_LINES_MAX 2000u
#define EDGE_LINES 4u /* lines at the head and foot of a page that may run through all */
#define NESTED_MAX 8u
#define BAR_WIDTH 100000u /* columns between bars or tabs are this far from each other */

struct line {
    str text;
    uint32_t page, number;
    bool blank, furniture, rule, soft; /* rule: the first of one; soft: it ended in a soft hyphen */
    uint32_t rule_lines;
};

struct segment {
    str text;
    uint32_t from, to; /* characters from the left edge */
};

/* A piece of a table: a segment in its column. */
struct piece {
    str text;
    uint32_t line, column, from, to;
    bool apart; /* a blank line or a ruled one stands before it */
    bool soft;
};

struct column {
    uint32_t from, to;
};

struct layout {
    struct advisory *d;
    struct line *lines;
    size_t line_count;
    /* the unit that grows */
    struct buf text;
    struct advisory_unit unit;
    bool open, failed;
    str last;                    /* its last line */
    uint32_t last_from, last_to; /* where that began and ended */
    bool last_soft;
    uint32_t heading, intro;
    uint8_t label;
    /* the table that grows */
    struct piece *pieces;
    size_t piece_count, piece_room;
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    bool barred, apart;
    str headers[COLUMNS_MAX]; /* of this or the last table */
    struct column header_columns[COLUMNS_MAX];
    size_t header_count;
    uint32_t table_page;
    size_t width_until; /* lines up to this one were measured */
    uint32_t width;
};

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (uint8_t)c >= 0x80;
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static size_t words_of(str s) {
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] != ' ' && (i == 0 || s.ptr[i - 1] == ' ');
    return n;
}

static str last_token(str s) {
    size_t at = s.len;

    while (at && s.ptr[at - 1] != ' ')
        at--;
    return str_from(s, at);
}

static str first_token(str s) {
    size_t const at = str_find_byte(s, ' ');

    return str_first(s, at);
}

static uint32_t characters(str s) {
    uint32_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((uint8_t)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* ---- values that go on in the next line ---- */

static bool is_whole(size_t digits) {
    return digits == 32 || digits == 40 || digits == 64 || digits == 128;
}

/* The digits at the end of s, behind something that is no part of a word. */
static str hex_tail(str s) {
    size_t at = s.len;

    while (at && is_hex(s.ptr[at - 1]))
        at--;
    if (at && (is_letter(s.ptr[at - 1]) || s.ptr[at - 1] == '_' || s.ptr[at - 1] == '/' || s.ptr[at - 1] == '\\'))
        return S("");
    return str_from(s, at);
}

static bool has_digit(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (is_digit(s.ptr[i]))
            return true;
    return false;
}

static bool has_letter(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (is_letter(s.ptr[i]))
            return true;
    return false;
}

/* 1: small, 2: capitals, 3: both, 0: neither */
static unsigned cases(str s) {
    unsigned c = 0;

    for (size_t i = 0; i < s.len; i++)
        c |= is_upper(s.ptr[i]) ? 2u : is_letter(s.ptr[i]) ? 1u : 0u;
    return c;
}

static size_t length_of(enum advisory_label label) {
    switch (label) {
    case LABEL_MD5:
    case LABEL_IMPHASH:
    case LABEL_JA3:
        return 32;
    case LABEL_SHA1:
        return 40;
    case LABEL_SHA256:
        return 64;
    case LABEL_SHA512:
        return 128;
    default:
        return 0;
    }
}

static size_t length_said(str words) {
    return length_of(advisory_label_of(words));
}

/* Do these digits go on in the next line? said: how many the label tells; continued: the next line of the table has nothing but this. */
static bool hash_goes_on(str now, str next, size_t said, bool continued) {
    bool const hyphen = str_ends(now, S("-"));
    str const head = hex_tail(hyphen ? str_first(now, now.len - 1) : now);
    str token = first_token(next);

    while (token.len && memchr(".,;:)]|\"'`", token.ptr[token.len - 1], 10))
        token = str_first(token, token.len - 1);
    size_t const total = head.len + token.len;

    if (head.len < 6 || !has_digit(head) || token.len == 0 || total > 128)
        return false;
    for (size_t i = 0; i < token.len; i++)
        if (!is_hex(token.ptr[i]))
            return false;
    if ((cases(head) | cases(token)) == 3)
        return false;
    if (said && !is_whole(total) && total > said)
        return false;
    if (said && is_whole(head.len) && head.len >= said)
        return false;
    if (is_whole(head.len)) {
        if (is_whole(token.len))
            return is_whole(total) && (total == said || (continued && !said));
        return has_letter(token) && has_digit(token) && (is_whole(total) || token.len >= 8);
    }
    if (is_whole(token.len) && !is_whole(total))
        return false;
    if (is_whole(total))
        return true;
    return head.len >= 8 && token.len >= 8 && has_digit(token);
}

static bool starts_scheme(str s) {
    return str_starts(s, S("hxxp")) || str_starts(s, S("hXXp")) || str_starts(s, S("HXXP")) ||
           str_starts(s, S("http")) || str_starts(s, S("fxp")) || str_starts(s, S("ftp")) || str_starts(s, S("meow"));
}

static bool is_webby(str token) {
    while (token.len && memchr("(\"'`<[{", *token.ptr, 7))
        token = str_from(token, 1);
    return starts_scheme(token) ? str_find(token, S("//")) != SIZE_MAX || str_find_byte(token, '[') != SIZE_MAX
                                : advisory_is_defanged(token);
}

/* Digits that are no hash: the number of a profile, a post. */
static bool is_number(str token) {
    size_t n = 0;

    while (n < token.len && is_digit(token.ptr[n]))
        n++;
    while (n < token.len && n > 0 && memchr(").,;\"'", token.ptr[token.len - 1], 6))
        token.len--;
    return n > 0 && !is_whole(n) && n == token.len;
}

/* A word of a language, not a piece of an address. */
static bool is_natural(str token) {
    while (token.len && memchr(".,;:!?)\"'", token.ptr[token.len - 1], 9))
        token = str_first(token, token.len - 1);
    while (token.len && memchr("(\"'", *token.ptr, 3))
        token = str_from(token, 1);
    if (!token.len || str_eq_ascii(token, S("n/a")))
        return true;
    for (size_t i = 0; i < token.len; i++)
        if (!is_letter(token.ptr[i]) && token.ptr[i] != '-' && token.ptr[i] != '\'')
            return false;
    return true;
}

/* An address of the web, a name or a mail address that goes on? full: no more fitted in the line. */
static bool address_goes_on(str now, str next, bool full, bool continued) {
    str const head = last_token(now), token = first_token(next);
    bool const alone = token.len == next.len, webby = is_webby(head);
    char const last = head.len ? head.ptr[head.len - 1] : ' ', first = token.len ? *token.ptr : ' ';

    if (!head.len || !token.len)
        return false;
    if (head.len >= 2 && (last == '[' || last == '(' || last == '{') && (first == '.' || first == ':' || first == '@'))
        return true;
    if (webby && (str_ends(head, S("[.")) || str_ends(head, S("[")) || str_ends(head, S("(."))))
        return true;
    if (starts_scheme(head) && head.len <= 9 && (str_starts(token, S("//")) || str_starts(token, S("[:]"))))
        return true;
    if (!webby) {
        /* The beginning of a name stands at the end of the line, its defanged rest in the next one. */
        if (!is_webby(token) || starts_scheme(token))
            return false;
        if (last == '-' && str_find_byte(head, '@') != SIZE_MAX)
            return true;
        if (head.len != now.len)
            return false;
        if (first == '[' || first == '.')
            return true;
        for (size_t i = 0; i < head.len; i++)
            if (!is_letter(head.ptr[i]) && !is_digit(head.ptr[i]) && head.ptr[i] != '-')
                return false;
        return (last == '-' || continued) && !is_upper(first) && alone && !advisory_is_label(now);
    }
    if (str_ends(head, S("[.]")) || str_ends(head, S("(.)")) || str_ends(head, S("[dot]")) ||
        str_ends(head, S("://")) || str_ends(head, S("[@]")))
        return true;
    if (str_starts(token, S("[.")) || str_starts(token, S("(.)")) || str_starts(token, S("[@")))
        return true;
    if (last == '-' && full && !starts_scheme(token) && (is_digit(first) || (first >= 'a' && first <= 'z')))
        return true;
    /* Another one begins. */
    if (starts_scheme(token) || (advisory_begins_value(token) && first != '/' && !is_number(token)) ||
        memchr("-*#([\"'`", first, 8))
        return false;
    if (memchr(".,;:!)\"'`", last, 9))
        return false;
    bool const path = str_find_byte(str_from(head, 9), '/') != SIZE_MAX || !starts_scheme(head);

    if (memchr("/?=&_%-", last, 7) || memchr("/?=&%_", first, 6)) {
        if (memchr("/?=&%", first, 5) && token.len > 1)
            return full || continued || alone;
        return (full || continued) && (!is_natural(token) || alone) &&
               (!is_upper(first) || (continued && alone && last == '/'));
    }
    if (!path && str_find_byte(head, '/') == SIZE_MAX)
        return continued && alone && !is_natural(token);
    if (continued)
        return alone;
    return full && !is_natural(token) &&
           (alone || memchr(token.ptr, '/', token.len) || memchr(token.ptr, '=', token.len));
}

/* A line of words that ends in the middle of a sentence goes on in the next, however short it is. */
static bool words_go_on(str last, str next, uint32_t to, uint32_t width) {
    size_t const words = words_of(last);

    if (words < 4 || memchr(".:!?;", last.ptr[last.len - 1], 5))
        return false;
    if (next.ptr[0] >= 'a' && next.ptr[0] <= 'z')
        return !advisory_begins_value(first_token(next)) || words >= 6;
    return words >= 6 && to * 5 >= width * 3;
}

/* A name with a point in it: of a host, a file. */
static bool is_named(str token) {
    for (size_t i = 1; i + 2 < token.len; i++)
        if ((token.ptr[i] == '.' || token.ptr[i] == '@' || token.ptr[i] == '\\') && token.ptr[i + 1] != '.' &&
            is_letter(token.ptr[i + 1]))
            return true;
    return false;
}

/* ---- units ---- */

static void *grown(void *items, size_t count, size_t *room, size_t size, size_t max) {
    size_t const more = *room * 2 + 256;
    void *const all = more > max ? NULL : reallocarray(items, more, size);

    if (all)
        *room = more;
    (void)count;
    return all;
}

static bool place_add(struct layout *l, uint32_t page, uint32_t line) {
    struct advisory *const d = l->d;

    if (d->place_count == d->place_room) {
        void *const more = grown(d->places, d->place_count, &d->place_room, sizeof *d->places, UINT32_MAX / 2);

        if (!more)
            return false;
        d->places = more;
    }
    d->places[d->place_count++] = (struct advisory_place){(uint32_t)l->text.len, page, line};
    return true;
}

static void unit_end(struct layout *l) {
    struct advisory *const d = l->d;
    struct advisory_unit *const u = &l->unit;
    str const text = str_trim(buf_str(&l->text));

    if (!l->open)
        return;
    l->open = false;
    if (l->text.failed || !arena_copy(d->a, text, &u->text)) {
        l->failed = true;
        return;
    }
    if (text.len == 0)
        return;
    u->place_count = (uint32_t)(d->place_count - u->places);
    if (d->unit_count == d->unit_room) {
        void *const more = grown(d->units, d->unit_count, &d->unit_room, sizeof *d->units, UINT32_MAX / 2);

        if (!more) {
            l->failed = true;
            return;
        }
        d->units = more;
    }
    if (u->kind == ADVISORY_PROSE &&
        (advisory_is_label(text) || (advisory_begins_value(first_token(text)) && words_of(text) <= 8) ||
         (words_of(text) <= 3 && is_named(first_token(text)))))
        u->kind = ADVISORY_ENTRY;
    u->heading = l->heading;
    u->header_label = u->header.len ? (uint8_t)advisory_label_of(u->header) : LABEL_NONE;
    u->above = l->label;
    /* A label in a line of its own is said of what follows, up to the next one or to prose. */
    size_t const colon = str_find_byte(str_first(text, 48), ':');

    if (u->kind == ADVISORY_ENTRY && advisory_is_label(text))
        l->label = (uint8_t)advisory_label_of(text);
    else if (u->kind == ADVISORY_HEADING || u->kind == ADVISORY_PROSE || u->kind == ADVISORY_CELL ||
             (colon != SIZE_MAX && advisory_is_label(str_first(text, colon))))
        l->label = LABEL_NONE;
    u->intro = u->kind == ADVISORY_HEADING ? 0 : l->intro;
    d->units[d->unit_count++] = *u;
    if (u->kind == ADVISORY_HEADING) {
        l->heading = (uint32_t)d->unit_count;
        l->intro = 0;
    } else if (u->kind == ADVISORY_PROSE) {
        l->intro = words_of(text) >= 3 ? (uint32_t)d->unit_count : 0;
    }
}

static void unit_begin(struct layout *l, enum advisory_kind kind, uint32_t page, uint32_t line) {
    unit_end(l);
    l->text.len = 0;
    l->unit = (struct advisory_unit){.kind = (uint8_t)kind, .places = (uint32_t)l->d->place_count, .header = S("")};
    l->open = true;
    l->last = S("");
    l->last_to = 0;
    l->last_soft = false;
    if (!place_add(l, page, line))
        l->failed = true;
}

enum link { LINK_NONE, LINK_SPACE, LINK_JOIN };

static void unit_add(struct layout *l, str text, enum link link, uint32_t to, bool soft, uint32_t page, uint32_t line) {
    if (link == LINK_JOIN) {
        str const head = hex_tail(buf_str(&l->text).len ? str_first(buf_str(&l->text), l->text.len - 1) : S(""));

        /* A hyphen that was put between digits of a hash is none of it. */
        if (l->text.len && l->text.ptr[l->text.len - 1] == '-' && head.len >= 8 && has_digit(head) &&
            is_hex(text.len ? *text.ptr : ' '))
            l->text.len--;
    } else if (link == LINK_SPACE) {
        buf_byte(&l->text, ' ');
    }
    if (l->text.len && !place_add(l, page, line))
        l->failed = true;
    buf_add(&l->text, text);
    l->last = text;
    l->last_to = to;
    l->last_soft = soft;
}

/* ---- lines of text ---- */

/* Marks that are nothing, blanks that are blanks, letters that were set as one; tabs stay. *soft: it ends in a soft hyphen. */
static bool line_clean(struct arena *a, str s, str *out, bool *soft) {
    char *const to = arena_bytes(a, 3 * s.len + 1);
    size_t len = 0;

    if (!to)
        return false;
    *soft = false;
    while (s.len) {
        uint32_t point;
        size_t const width = utf8_decode(s, &point);

        if (width == 1) {
            if ((uint8_t)*s.ptr >= 0x20 || *s.ptr == '\t') {
                to[len++] = *s.ptr == 0x7f ? ' ' : *s.ptr;
                *soft = *soft && *s.ptr == ' ';
            }
        } else if (width == 0) { /* the text was repaired: there is none */
            s = str_from(s, 1);
            continue;
        } else if (point == 0xad) {
            *soft = true;
        } else if ((point >= 0x200b && point <= 0x200f) || (point >= 0x2060 && point <= 0x2064) || point == 0xfeff ||
                   (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) {
            ; /* nothing that is seen */
        } else if (point == 0xa0 || (point >= 0x2000 && point <= 0x200a) || point == 0x202f || point == 0x205f ||
                   point == 0x3000 || (point >= 0x80 && point < 0xa0)) {
            to[len++] = ' ';
        } else if (point == 0x2010 || point == 0x2011) {
            to[len++] = '-';
        } else if (point >= 0xfb00 && point <= 0xfb06) {
            static const char *const ligatures[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
            str const letters = str_of(ligatures[point - 0xfb00]);

            memcpy(to + len, letters.ptr, letters.len);
            len += letters.len;
            *soft = false;
        } else if (point == 0x2502 || point == 0x2503 || point == 0x2551) {
            to[len++] = '|';
        } else if (point >= 0x2500 && point <= 0x257f) {
            to[len++] = point == 0x2500 || point == 0x2501 || point == 0x2550 ? '-' : '+';
        } else {
            memcpy(to + len, s.ptr, width);
            len += width;
            *soft = false;
        }
        s = str_from(s, width);
    }
    while (len && (to[len - 1] == ' ' || to[len - 1] == '\t'))
        len--;
    *out = (str){to, len};
    return true;
}

/* `> > ` of quoted mail. */
static str unquoted(str s) {
    size_t at = 0;

    while (at < s.len && s.ptr[at] == ' ')
        at++;
    if (at == s.len || s.ptr[at] != '>' || at > 1)
        return s;
    while (at < s.len && (s.ptr[at] == '>' || (s.ptr[at] == ' ' && at + 1 < s.len && s.ptr[at + 1] == '>')))
        at++;
    if (at < s.len && s.ptr[at] == ' ')
        at++;
    return str_from(s, at);
}

/* Is it only drawn: +----+----+, |---|---|, ======? */
static bool is_ruled(str s) {
    size_t drawn = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (!memchr("-=+|:_ *~\t", s.ptr[i], 10))
            return false;
        drawn += s.ptr[i] != ' ' && s.ptr[i] != '\t';
    }
    return drawn >= 3;
}

static bool lines_read(struct layout *l, str text, struct err *e) {
    struct advisory *const d = l->d;
    size_t room = 0;
    uint32_t page = 1, number = 0;

    d->paged = memchr(text.ptr, '\f', text.len) != NULL;
    for (size_t at = 0; at < text.len;) {
        size_t end = at, behind;
        struct line *line;

        while (end < text.len && end - at < LINE_BYTES_MAX && text.ptr[end] != '\n' && text.ptr[end] != '\f' &&
               text.ptr[end] != '\r')
            end++;
        behind = end;
        if (end < text.len && end - at < LINE_BYTES_MAX) {
            behind++;
            if (text.ptr[end] == '\r' && behind < text.len && text.ptr[behind] == '\n')
                behind++;
        } else if (end < text.len) { /* a line that long is cut between words, if it has any */
            size_t cut = end;

            while (cut > at + LINE_BYTES_MAX / 2 && text.ptr[cut] != ' ')
                cut--;
            if (text.ptr[cut] != ' ')
                for (cut = end; ((uint8_t)text.ptr[cut] & 0xc0) == 0x80; cut--)
                    continue;
            end = behind = cut;
        }
        if (l->line_count == room) {
            void *const more = grown(l->lines, l->line_count, &room, sizeof *l->lines, UINT32_MAX / 2);

            if (!more)
                return err_set(e, ERR_MEMORY, 0, "no memory to read it");
            l->lines = more;
        }
        line = &l->lines[l->line_count++];
        *line = (struct line){.page = page, .number = ++number};
        if (!line_clean(d->a, (str){text.ptr + at, end - at}, &line->text, &line->soft))
            return err_set(e, ERR_MEMORY, 0, "no memory to read it");
        line->text = unquoted(line->text);
        line->blank = str_trim(line->text).len == 0;
        if (end < text.len && text.ptr[end] == '\f') {
            page++;
            number = 0;
        }
        at = behind;
    }
    return true;
}

/* ---- running heads and feet ---- */

static bool is_page_number(str s) {
    char room[64];
    str t = advisory_fold(str_trim(s), room, sizeof room);
    size_t digits = 0, letters = 0;

    for (size_t i = 0; i < t.len; i++) {
        digits += is_digit(t.ptr[i]);
        letters += t.ptr[i] >= 'a' && t.ptr[i] <= 'z';
    }
    if (!digits || digits > 8 || t.len > 24)
        return false;
    return letters == 0 ? t.len <= 12 && str_find_byte(t, '.') == SIZE_MAX
                        : str_starts(t, S("page ")) || str_starts(t, S("seite ")) || str_starts(t, S("p. "));
}

static uint64_t shape_of(str s) {
    uint64_t h = 1469598103934665603u;
    bool blank = false, digit = false;

    s = str_trim(s);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (is_digit(c)) {
            if (digit)
                continue;
            c = '0';
        }
        if (c == ' ' && blank)
            continue;
        digit = is_digit(c);
        blank = c == ' ';
        h = (h ^ (uint8_t)c) * 1099511628211u;
    }
    return h;
}

struct shape {
    uint64_t hash;
    uint32_t page, line;
};

static int by_hash(const void *a, const void *b) {
    const struct shape *const x = a, *const y = b;

    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : x->line < y->line ? -1 : x->line > y->line;
}

/* What stands at the edge of two pages or more, numbers apart, is no part of the text: unless it holds a value. */
static bool furniture_mark(struct layout *l) {
    struct shape *shapes;
    struct buf all = {0};
    size_t count = 0;

    if (!l->d->paged)
        return true;
    if (!(shapes = reallocarray(NULL, 2 * l->line_count + 1, sizeof *shapes)))
        return false;
    for (size_t i = 0; i < l->line_count;) {
        size_t end = i, seen = 0;

        while (end < l->line_count && l->lines[end].page == l->lines[i].page)
            end++;
        for (size_t k = i; k < end && seen < EDGE_LINES; k++)
            if (!l->lines[k].blank && ++seen)
                shapes[count++] = (struct shape){shape_of(l->lines[k].text), l->lines[k].page, (uint32_t)k};
        seen = 0;
        for (size_t k = end; k > i && seen < EDGE_LINES; k--)
            if (!l->lines[k - 1].blank && ++seen)
                shapes[count++] = (struct shape){shape_of(l->lines[k - 1].text), l->lines[k - 1].page, (uint32_t)k - 1};
        i = end;
    }
    if (count)
        qsort(shapes, count, sizeof *shapes, by_hash);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        bool pages = false;

        while (end < count && shapes[end].hash == shapes[i].hash) {
            pages = pages || shapes[end].page != shapes[i].page;
            end++;
        }
        for (; i < end; i++) {
            struct line *const line = &l->lines[shapes[i].line];

            if (line->furniture || advisory_has_value(line->text) || is_ruled(line->text) ||
                (str_find_byte(line->text, '|') != SIZE_MAX && words_of(line->text) > 8))
                continue;
            if (pages || is_page_number(line->text)) {
                /* Headings of a table that are repeated are left to the table. */
                if (advisory_label_of(line->text) != LABEL_NONE &&
                    str_find(str_trim(line->text), S("  ")) != SIZE_MAX &&
                    advisory_is_label(str_first(str_trim(line->text), str_find(str_trim(line->text), S("  ")))))
                    continue;
                line->furniture = true;
                buf_add(&all, str_trim(line->text));
                buf_byte(&all, '\n');
            }
        }
    }
    free(shapes);
    bool const good = !all.failed && arena_copy(l->d->a, buf_str(&all), &l->d->furniture);

    buf_free(&all);
    return good;
}

/* `Name: ...` of a mail's head. */
static size_t field_name(str s) {
    size_t at = 0;

    while (at < s.len && (is_letter(s.ptr[at]) || is_digit(s.ptr[at]) || s.ptr[at] == '-') && (uint8_t)s.ptr[at] < 0x80)
        at++;
    return at > 1 && at < s.len && s.ptr[at] == ':' && (at + 1 == s.len || s.ptr[at + 1] == ' ') ? at : 0;
}

/* The head of a mail at the beginning of the text: whom it is from belongs to no indicator. The subject is its title and stays. */
static bool mail_head_mark(struct layout *l) {
    struct buf all = {0};
    size_t i = 0, end;
    bool from = false, other = false;

    while (i < l->line_count && l->lines[i].blank)
        i++;
    for (end = i; end < l->line_count && !l->lines[end].blank; end++) {
        str const s = l->lines[end].text, name = str_first(s, field_name(s));

        if (!name.len && (end == i || (*s.ptr != ' ' && *s.ptr != '\t')))
            break;
        from = from || str_eq_ascii(name, S("From"));
        other =
            other || str_eq_ascii(name, S("Date")) || str_eq_ascii(name, S("Subject")) || str_eq_ascii(name, S("Sent"));
    }
    if (!from || !other || (end < l->line_count && !l->lines[end].blank))
        return true;
    buf_add(&all, l->d->furniture);
    for (bool kept = false; i < end; i++) {
        str const s = l->lines[i].text;
        size_t const name = field_name(s);

        if (name || *s.ptr != ' ')
            kept = str_eq_ascii(str_first(s, name), S("Subject"));
        if (kept)
            continue;
        l->lines[i].furniture = true;
        buf_add(&all, str_trim(s));
        buf_byte(&all, '\n');
    }
    bool const good = !all.failed && arena_copy(l->d->a, buf_str(&all), &l->d->furniture);

    buf_free(&all);
    return good;
}

/* ---- detection rules in the text ---- */

static str word_at(str s) {
    size_t n = 0;

    while (n < s.len && (is_letter(s.ptr[n]) || is_digit(s.ptr[n]) || s.ptr[n] == '_'))
        n++;
    return str_first(s, n);
}

/* `rule name`, perhaps with private and global before it, tags and a brace behind. */
static bool begins_yara(str s) {
    s = str_trim(s);
    for (;;) {
        str const w = word_at(s);

        s = str_trim(str_from(s, w.len));
        if (str_eq(w, S("rule")))
            break;
        if (!str_eq(w, S("private")) && !str_eq(w, S("global")))
            return false;
    }
    str const name = word_at(s);

    s = str_trim(str_from(s, name.len));
    return name.len && (s.len == 0 || *s.ptr == '{' || *s.ptr == ':');
}

/* Lines of the YARA rule that begins at i; 0: none does. */
static size_t yara_lines(const struct layout *l, size_t i) {
    bool condition = false, braced = false;
    int depth = 0;

    if (!begins_yara(l->lines[i].text))
        return 0;
    for (size_t k = i; k < l->line_count && k - i < RULE_LINES_MAX; k++) {
        str const s = str_trim(l->lines[k].text);
        bool quoted = false;

        if (l->lines[k].furniture)
            continue;
        if (k > i && begins_yara(s))
            break;
        if (str_starts(s, S("condition")))
            condition = true;
        for (size_t at = 0; at < s.len; at++) {
            if (s.ptr[at] == '\\')
                at++;
            else if (s.ptr[at] == '"')
                quoted = !quoted;
            else if (!quoted && s.ptr[at] == '/' && at + 1 < s.len && s.ptr[at + 1] == '/')
                break;
            else if (!quoted && s.ptr[at] == '{') {
                depth++;
                braced = true;
            } else if (!quoted && s.ptr[at] == '}') {
                depth--;
            }
        }
        if (condition && braced && (depth <= 0 || str_eq(s, S("}"))))
            return k - i + 1;
        if (!braced && k - i > 3)
            return 0;
    }
    return 0;
}

static bool is_yaml_line(str s) {
    size_t at;

    if (s.len == 0 || *s.ptr == ' ' || *s.ptr == '\t' || *s.ptr == '#' || str_starts(s, S("- ")))
        return true;
    at = str_find_byte(s, ':');
    if (at == SIZE_MAX || at == 0)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]) && !memchr("_|*-.", s.ptr[i], 5))
            return false;
    return at + 1 == s.len || s.ptr[at + 1] == ' ';
}

static size_t indent_of(str s) {
    size_t n = 0;

    while (n < s.len && s.ptr[n] == ' ')
        n++;
    return n;
}

static size_t sigma_lines(const struct layout *l, size_t i) {
    size_t const indent = indent_of(l->lines[i].text);
    bool source = false, detection = false;
    size_t last = i, k;

    if (!str_starts(str_from(l->lines[i].text, indent), S("title:")))
        return 0;
    for (k = i; k < l->line_count && k - i < RULE_LINES_MAX / 4; k++) {
        str const s = l->lines[k].text;

        if (l->lines[k].furniture || l->lines[k].blank)
            continue;
        if (indent_of(s) < indent || !is_yaml_line(str_from(s, indent)))
            break;
        if (k > i && str_starts(str_from(s, indent), S("title:")))
            break;
        source = source || str_starts(str_from(s, indent), S("logsource:"));
        detection = detection || str_starts(str_from(s, indent), S("detection:"));
        last = k;
    }
    return source && detection ? last - i + 1 : 0;
}

static size_t snort_lines(const struct layout *l, size_t i) {
    static const str actions[] = {STR("alert "), STR("drop "), STR("reject "), STR("pass ")};
    static const str protocols[] = {STR("tcp "),  STR("udp "), STR("http "), STR("dns "),   STR("tls "),    STR("ip "),
                                    STR("icmp "), STR("ssl "), STR("smtp "), STR("http2 "), STR("tcp-pkt ")};
    str s = str_trim(l->lines[i].text);
    bool fits = false;

    for (size_t k = 0; k < COUNT(actions); k++)
        for (size_t p = 0; p < COUNT(protocols); p++)
            fits = fits || (str_starts(s, actions[k]) && str_starts(str_from(s, actions[k].len), protocols[p]));
    if (!fits)
        return 0;
    bool opened = false, arrow = false;

    for (size_t k = i; k < l->line_count && k - i < 60; k++) {
        s = str_trim(l->lines[k].text);
        opened = opened || str_find_byte(s, '(') != SIZE_MAX;
        arrow = arrow || str_find(s, S("->")) != SIZE_MAX || str_find(s, S("<>")) != SIZE_MAX;
        if (arrow && opened && str_ends(s, S(")")))
            return k - i + 1;
    }
    return 0;
}

static void rules_mark(struct layout *l) {
    for (size_t i = 0; i < l->line_count; i++) {
        size_t n;

        if (l->lines[i].blank || l->lines[i].furniture)
            continue;
        if ((n = yara_lines(l, i)) > 0 || (n = sigma_lines(l, i)) > 0 || (n = snort_lines(l, i)) > 0) {
            l->lines[i].rule = true;
            l->lines[i].rule_lines = (uint32_t)n;
            i += n - 1;
        }
    }
}

/* ---- segments ---- */

/* The bytes of what marks an entry of a list: -, *, a bullet, 1., (a). */
static size_t bullet_of(str s) {
    static const str signs[] = {STR("- "),
                                STR("* "),
                                STR("+ "),
                                STR("o "),
                                STR("\xe2\x80\xa2"),
                                STR("\xe2\x80\xa3"),
                                STR("\xe2\x97\xa6"),
                                STR("\xe2\x97\x8f"),
                                STR("\xe2\x96\xaa"),
                                STR("\xe2\x80\x93 "),
                                STR("\xe2\x80\x94 "),
                                STR("\xef\x82\xb7"),
                                STR("\xc2\xb7"),
                                STR("\xe2\x96\xba"),
                                STR("\xe2\x9e\xa4"),
                                STR("\xe2\x96\xb6"),
                                STR("\xe2\x9c\x93")};
    size_t at = 0;

    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(s, signs[i])) {
            at = signs[i].len;
            break;
        }
    if (!at) {
        size_t n = 0;

        while (n < s.len && n < 3 && is_digit(s.ptr[n]))
            n++;
        if (n && n + 1 < s.len && (s.ptr[n] == '.' || s.ptr[n] == ')') && s.ptr[n + 1] == ' ')
            at = n + 2;
    }
    if (!at)
        return 0;
    while (at < s.len && s.ptr[at] == ' ')
        at++;
    return at;
}

/* Columns of the line: apart by two blanks or more, a tab or a bar. *bullet: it begins with a mark of a list. */
static size_t segments_of(str s, struct segment *out, bool *barred, bool *bullet) {
    size_t count = 0, at = 0, bars = 0;
    uint32_t column = 0;
    bool const bar =
        str_starts(str_trim(s), S("|")) ||
        (str_find(s, S(" | ")) != SIZE_MAX && str_find(str_from(s, str_find(s, S(" | ")) + 3), S(" | ")) != SIZE_MAX);

    *barred = bar || memchr(s.ptr, '\t', s.len) != NULL;
    *bullet = false;
    while (at < s.len && count < SEGMENTS_MAX) {
        size_t from, to;

        while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t' || (bar && s.ptr[at] == '|'))) {
            bars += s.ptr[at] != ' ';
            column += s.ptr[at] == '\t' ? 8 - column % 8 : 1;
            at++;
        }
        if (at == s.len)
            break;
        if (count == 0 && !bar) {
            size_t const mark = bullet_of(str_from(s, at));

            if (mark) {
                *bullet = true;
                column += characters((str){s.ptr + at, mark});
                at += mark;
                if (at >= s.len)
                    break;
            }
        }
        from = to = at;
        uint32_t const first = column;

        while (at < s.len) {
            if (s.ptr[at] == '\t' || (bar && s.ptr[at] == '|'))
                break;
            if (s.ptr[at] == ' ' && at + 1 < s.len && (s.ptr[at + 1] == ' ' || s.ptr[at + 1] == '\t')) {
                /* Two blanks behind a sentence are typing. */
                if (bar || !(to > from && memchr(".!?", s.ptr[to - 1], 3) && at + 2 < s.len && s.ptr[at + 2] != ' ' &&
                             to == at))
                    if (!bar)
                        break;
            }
            column += ((uint8_t)s.ptr[at] & 0xc0) != 0x80;
            if (s.ptr[at++] != ' ')
                to = at;
        }
        if (count == SEGMENTS_MAX - 1)
            to = s.len, at = s.len;
        out[count++] = *barred ? (struct segment){{s.ptr + from, to - from},
                                                  (uint32_t)bars * BAR_WIDTH,
                                                  (uint32_t)bars * BAR_WIDTH + 1}
                               : (struct segment){{s.ptr + from, to - from},
                                                  first,
                                                  first + characters((str){s.ptr + from, to - from})};
    }
    return count;
}

/* ---- tables of text ---- */

static const struct line *line_of(const struct layout *l, const struct piece *p) {
    return &l->lines[p->line];
}

static size_t row_end(const struct layout *l, size_t i) {
    size_t end = i;

    while (end < l->piece_count && l->pieces[end].line == l->pieces[i].line)
        end++;
    return end;
}

static size_t near_header(const struct layout *l, uint32_t from, uint32_t to) {
    size_t best = SIZE_MAX;
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < l->header_count; i++) {
        const struct column *const c = &l->header_columns[i];
        uint32_t const apart = c->from > to ? c->from - to : from > c->to ? from - c->to : 0;

        if (apart < least) {
            least = apart;
            best = i;
        }
    }
    return best;
}

/* Are these lines of pieces the headings of columns? */
static bool is_header_row(const struct layout *l, size_t from, size_t to) {
    bool any = false;

    for (size_t i = from; i < to; i++) {
        str const text = l->pieces[i].text;

        if (advisory_has_value(text) || str_ends(text, S(":")) || words_of(text) > 5 ||
            (words_of(text) == 1 && advisory_file_ending(text).len))
            return false;
        any = any || advisory_label_of(text) != LABEL_NONE;
    }
    /* Labels one below the other are those of rows. */
    if (to - from == 2 && to < l->piece_count && l->pieces[to].column == l->pieces[from].column && !l->barred &&
        row_end(l, to) - to == 2 && advisory_is_label(l->pieces[from].text) && advisory_is_label(l->pieces[to].text))
        return false;
    return any && to - from >= 2;
}

/* Columns of prose, not of a table: most pieces are many words. */
static bool is_prose(const struct layout *l, size_t from) {
    size_t words[COLUMNS_MAX] = {0}, count[COLUMNS_MAX] = {0}, proses = 0;

    for (size_t i = from; i < l->piece_count; i++) {
        words[l->pieces[i].column] += words_of(l->pieces[i].text);
        count[l->pieces[i].column]++;
    }
    for (size_t c = 0; c < l->column_count; c++)
        proses += count[c] >= 4 && 2 * words[c] >= 5 * count[c];
    return l->column_count == 2 && proses == 2 && !l->barred;
}

/* Is there a line between the two that has something? Running heads and feet have nothing. */
static bool is_next_line(const struct layout *l, uint32_t a, uint32_t b) {
    for (uint32_t i = a + 1; i < b; i++)
        if (!l->lines[i].furniture && (!l->lines[i].blank || l->lines[a].page == l->lines[b].page))
            return false;
    return true;
}

/* row: b stands in a row as whole as that of a, so that it is its rest only if something is open. */
static bool piece_goes_on(const struct layout *l, const struct piece *a, const struct piece *b, str so_far,
                          uint32_t width, size_t said, bool continued, bool row) {
    bool const full = a->to + 4 >= width;
    bool const open =
        memchr("/?=&_%-[({.:@", a->text.ptr[a->text.len - 1], 13) || memchr("/?=&%_[({.:@", *b->text.ptr, 12);

    if (!is_next_line(l, a->line, b->line))
        return false;
    return a->soft || hash_goes_on(so_far, b->text, said, continued) ||
           (!b->apart && (!row || open) && address_goes_on(a->text, b->text, full, continued));
}

/* One column downwards, as paragraphs. */
static void column_prose(struct layout *l, size_t column) {
    const struct piece *before = NULL;
    uint32_t width = 0;

    for (size_t i = 0; i < l->piece_count; i++)
        if (l->pieces[i].column == column && l->pieces[i].to > width)
            width = l->pieces[i].to;
    for (size_t i = 0; i < l->piece_count; i++) {
        const struct piece *const p = &l->pieces[i];
        enum link link = LINK_NONE;

        if (p->column != column)
            continue;
        if (before && l->open && l->text.len < UNIT_BYTES_MAX) {
            str const so_far = buf_str(&l->text);

            if (piece_goes_on(l, before, p, so_far, width,
                              length_said(str_from(so_far, so_far.len > 160 ? so_far.len - 160 : 0)), false, false))
                link = LINK_JOIN;
            else if (!p->apart && !bullet_of(p->text) &&
                     (before->to + 1 + characters(first_token(p->text)) > width ||
                      words_go_on(before->text, p->text, before->to - l->columns[column].from,
                                  width - l->columns[column].from)))
                link = LINK_SPACE;
        }
        if (link == LINK_NONE)
            unit_begin(l, ADVISORY_PROSE, line_of(l, p)->page, line_of(l, p)->number);
        unit_add(l, str_from(p->text, link == LINK_NONE ? bullet_of(p->text) : 0), link, p->to, p->soft,
                 line_of(l, p)->page, line_of(l, p)->number);
        before = p;
    }
    unit_end(l);
}

static bool is_whole_hex(str s) {
    return is_whole(s.len) && hex_tail(s).len == s.len;
}

/* Which piece is the rest of which: in each column. next[i] = i's rest + 1. */
static void chains(const struct layout *l, size_t first, uint32_t *rest, bool *is_rest) {
    struct buf so_far = {0};
    uint32_t widths[COLUMNS_MAX] = {0};
    size_t *const last_line = NULL;

    (void)last_line;
    for (size_t i = first; i < l->piece_count; i++)
        if (l->pieces[i].to > widths[l->pieces[i].column])
            widths[l->pieces[i].column] = l->pieces[i].to;
    for (size_t c = 0; c < l->column_count; c++) {
        size_t before = SIZE_MAX;
        size_t said = 0, fulls = 0, alones = 0;

        /* Hashes of 32 digits, each second one alone in its line, are halves of such with 64; if some are, they are not. */
        for (size_t i = first; i < l->piece_count; i++)
            if (l->pieces[i].column == c && is_whole_hex(l->pieces[i].text)) {
                bool const alone = (i == 0 || l->pieces[i - 1].line != l->pieces[i].line) && row_end(l, i) == i + 1;

                *(alone ? &alones : &fulls) += 1;
            }
        bool const paired = alones == fulls;

        for (size_t h = 0; h < l->header_count; h++)
            if (near_header(l, l->columns[c].from, l->columns[c].to) == h)
                said = length_said(l->headers[h]);
        so_far.len = 0;
        for (size_t i = first; i < l->piece_count; i++) {
            const struct piece *const p = &l->pieces[i];

            if (p->column != c)
                continue;
            bool go = false;

            if (before != SIZE_MAX) {
                const struct piece *const b = &l->pieces[before];
                size_t const row = row_end(l, i);
                size_t begin = i, own = said;

                while (begin > first && l->pieces[begin - 1].line == p->line)
                    begin--;
                /* What is alone in its line, where the line before was not. */
                size_t b_begin = before;

                while (b_begin > first && l->pieces[b_begin - 1].line == b->line)
                    b_begin--;
                bool const fewer = row - begin < row_end(l, before) - b_begin;

                if (!own && c > 0 && b_begin < before && !is_rest[before])
                    own = length_said(l->pieces[before - 1].text);
                if (!own)
                    own = length_said(str_first(buf_str(&so_far), 24));
                go = so_far.len < UNIT_BYTES_MAX &&
                     piece_goes_on(l, b, p, buf_str(&so_far), widths[c], own,
                                   fewer && !p->apart && (paired || !is_whole_hex(p->text)), !fewer && row - begin > 1);
            }
            if (go) {
                rest[before] = (uint32_t)i + 1;
                is_rest[i] = true;
                if (so_far.len && so_far.ptr[so_far.len - 1] == '-')
                    so_far.len--;
            } else {
                so_far.len = 0;
            }
            buf_add(&so_far, p->text);
            before = i;
        }
    }
    buf_free(&so_far);
}

/* A cell: the pieces of column c of lines [from, to), with what goes on behind. */
static void cell_write(struct layout *l, size_t from, size_t to, size_t c, const uint32_t *rest, const bool *is_rest,
                       uint32_t row) {
    bool first = true;
    size_t const h = l->header_count ? near_header(l, l->columns[c].from, l->columns[c].to) : SIZE_MAX;

    for (size_t i = from; i < to; i++) {
        size_t k = i;
        enum link link = first ? LINK_NONE : LINK_SPACE;

        if (l->pieces[i].column != c || is_rest[i])
            continue;
        /* Each value of a cell is a unit; words go together. */
        if (!first &&
            (advisory_begins_value(l->pieces[i].text) || l->text.len > UNIT_BYTES_MAX || advisory_has_value(l->last)))
            link = LINK_NONE;
        for (;;) {
            const struct piece *const p = &l->pieces[k];

            if (link == LINK_NONE) {
                unit_begin(l, ADVISORY_CELL, line_of(l, p)->page, line_of(l, p)->number);
                l->unit.row = row;
                l->unit.column = (uint32_t)c;
                l->unit.table = l->d->tables;
                if (h != SIZE_MAX)
                    l->unit.header = l->headers[h];
            }
            unit_add(l, p->text, link, p->to, p->soft, line_of(l, p)->page, line_of(l, p)->number);
            first = false;
            if (!rest[k])
                break;
            k = rest[k] - 1;
            link = LINK_JOIN;
        }
    }
    unit_end(l);
}

static void table_end(struct layout *l) {
    size_t first = 0, key = SIZE_MAX, keys = 0;
    size_t begins[COLUMNS_MAX] = {0};
    uint32_t *rest;
    bool *is_rest;

    if (!l->piece_count)
        return;
    unit_end(l);
    l->d->tables++;
    if (is_prose(l, 0)) {
        l->header_count = 0;
        for (size_t c = 0; c < l->column_count; c++)
            column_prose(l, c);
        goto done;
    }
    first = row_end(l, 0);
    if (is_header_row(l, 0, first)) {
        l->header_count = 0;
        for (size_t i = 0; i < first && l->header_count < COLUMNS_MAX; i++) {
            l->headers[l->header_count] = l->pieces[i].text;
            l->header_columns[l->header_count++] = (struct column){l->pieces[i].from, l->pieces[i].to};
        }
        /* A second line of headings, of some columns only. */
        while (first < l->piece_count) {
            size_t const next = row_end(l, first);
            bool more = next - first < l->header_count && !l->pieces[first].apart && !l->barred;

            for (size_t i = first; more && i < next; i++)
                more = !advisory_has_value(l->pieces[i].text) && words_of(l->pieces[i].text) <= 3 &&
                       advisory_label_of(l->pieces[i].text) != LABEL_NONE;
            if (!more)
                break;
            for (size_t i = first; i < next; i++) {
                size_t const h = near_header(l, l->pieces[i].from, l->pieces[i].to);
                struct buf both = {0};

                buf_add(&both, l->headers[h]);
                buf_byte(&both, ' ');
                buf_add(&both, l->pieces[i].text);
                if (both.failed || !arena_copy(l->d->a, buf_str(&both), &l->headers[h]))
                    l->failed = true;
                buf_free(&both);
            }
            first = next;
        }
    } else {
        /* The table of the page before, going on without its headings. */
        bool const same = l->header_count && line_of(l, &l->pieces[0])->page == l->table_page + 1 &&
                          l->column_count <= l->header_count;

        if (!same)
            l->header_count = 0;
        first = 0;
    }
    rest = calloc(l->piece_count + 1, sizeof *rest);
    is_rest = calloc(l->piece_count + 1, sizeof *is_rest);
    if (!rest || !is_rest) {
        l->failed = true;
        free(rest);
        free(is_rest);
        goto done;
    }
    chains(l, first, rest, is_rest);
    for (size_t i = first; i < l->piece_count; i++)
        if (!is_rest[i] && advisory_has_value(l->pieces[i].text) && words_of(l->pieces[i].text) <= 3)
            begins[l->pieces[i].column]++;
        else if (!is_rest[i] && rest[i])
            begins[l->pieces[i].column]++;
    for (size_t c = 0; c < l->column_count; c++)
        if (begins[c] > keys) {
            keys = begins[c];
            key = c;
        }
    for (size_t i = first; i < l->piece_count;) {
        size_t end = row_end(l, i);

        /* A row goes on to the next line in which its key begins, or, where there is none, the first column. */
        while (end < l->piece_count && !l->pieces[end].apart) {
            size_t const next = row_end(l, end);
            bool begins_row = false, has_key = false;

            if (l->barred && l->pieces[end].column == 0)
                break;
            for (size_t k = end; k < next; k++) {
                has_key = has_key || l->pieces[k].column == key;
                begins_row = begins_row ||
                             (key != SIZE_MAX ? l->pieces[k].column == key && !is_rest[k] : l->pieces[k].column == 0);
            }
            (void)has_key;
            if (begins_row)
                break;
            end = next;
        }
        l->d->rows++;
        for (size_t c = 0; c < l->column_count; c++)
            cell_write(l, i, end, c, rest, is_rest, l->d->rows);
        i = end;
    }
    free(rest);
    free(is_rest);
done:
    l->table_page = line_of(l, &l->pieces[l->piece_count - 1])->page;
    l->piece_count = l->column_count = 0;
    l->apart = false;
}

/* Which columns the segments are of; false: they do not fit the table. */
static bool columns_fit(const struct layout *l, const struct segment *s, size_t count, bool barred, size_t *which) {
    size_t columns = l->column_count;

    if (l->piece_count && barred != l->barred)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t hits = 0;

        for (size_t c = 0; c < l->column_count; c++)
            if (s[i].from < l->columns[c].to && s[i].to > l->columns[c].from) {
                hits++;
                which[i] = c;
            }
        if (hits > 1)
            return false;
        if (hits == 0) {
            if (columns == COLUMNS_MAX)
                return false;
            which[i] = columns++;
        }
        for (size_t k = 0; k < i; k++)
            if (which[k] == which[i])
                return false;
    }
    return true;
}

static void table_add(struct layout *l, size_t line, const struct segment *s, size_t count, const size_t *which) {
    for (size_t i = 0; i < count; i++) {
        struct column *const c = &l->columns[which[i]];

        if (l->piece_count == l->piece_room) {
            void *const more = grown(l->pieces, l->piece_count, &l->piece_room, sizeof *l->pieces, UINT32_MAX / 2);

            if (!more) {
                l->failed = true;
                return;
            }
            l->pieces = more;
        }
        if (which[i] >= l->column_count) {
            l->column_count = which[i] + 1;
            *c = (struct column){s[i].from, s[i].to};
        }
        c->from = s[i].from < c->from ? s[i].from : c->from;
        c->to = s[i].to > c->to ? s[i].to : c->to;
        l->pieces[l->piece_count++] = (struct piece){s[i].text,
                                                     (uint32_t)line,
                                                     (uint32_t)which[i],
                                                     s[i].from,
                                                     s[i].to,
                                                     l->apart,
                                                     l->lines[line].soft && i == count - 1};
    }
    l->apart = false;
}

/* ---- headings of text ---- */

static bool all_capitals(str s) {
    size_t capitals = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z')
            return false;
        capitals += is_upper(s.ptr[i]);
    }
    return capitals >= 4;
}

/* 4.2 Indicators: the depth of its number, 0 for none. */
static unsigned numbered(str s, str *behind) {
    unsigned depth = 0;
    size_t at = 0;

    for (;;) {
        size_t const from = at;

        while (at < s.len && is_digit(s.ptr[at]))
            at++;
        if (at == from || at - from > 2)
            break;
        depth++;
        if (at < s.len && s.ptr[at] == '.')
            at++;
        else
            break;
    }
    if (!depth || at >= s.len || s.ptr[at] != ' ')
        return 0;
    *behind = str_trim(str_from(s, at));
    return behind->len && (is_upper(*behind->ptr) || (uint8_t)*behind->ptr >= 0x80) ? depth : 0;
}

static bool looks_heading(str s) {
    return s.len && s.len <= 110 && words_of(s) <= 12 && !memchr(".;,", s.ptr[s.len - 1], 3) &&
           !advisory_has_value(s) && !bullet_of(s) && has_letter(s) && !str_starts(s, S("TLP")) &&
           (advisory_section_of(s) != SECTION_NONE || !advisory_is_label(s));
}

/* Does the line before go on in this one? */
static bool is_mid_sentence(const struct layout *l, size_t i) {
    if (i == 0 || l->lines[i - 1].blank || l->lines[i - 1].furniture)
        return false;
    str const before = str_trim(l->lines[i - 1].text);

    return words_of(before) >= 6 && !memchr(".:!?", before.ptr[before.len - 1], 4);
}

/* 1. 2. 3. in lines one below the other are entries. */
static bool is_list_of_numbers(const struct layout *l, size_t i, size_t next, unsigned depth) {
    str behind;

    return (i > 0 && !l->lines[i - 1].blank && numbered(str_trim(l->lines[i - 1].text), &behind) == depth) ||
           (next < l->line_count && !l->lines[next].blank && numbered(str_trim(l->lines[next].text), &behind) == depth);
}

/* No heading ends in such a word. */
static bool is_broken_off(str s) {
    static const str words[] = {STR(" and"), STR(" or"),   STR(" the"), STR(" of"),  STR(" to"),   STR(" in"),
                                STR(" a"),   STR(" with"), STR(" for"), STR(" und"), STR(" oder"), STR(" der"),
                                STR(" et"),  STR(" ou"),   STR(" de"),  STR(" la")};

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_ends(s, words[i]))
            return true;
    return false;
}

/* "Table 2: Malicious domains" is a heading of its table. */
static bool is_caption(str s) {
    static const str words[] = {STR("Table "),    STR("TABLE "), STR("Tabelle "), STR("Tableau "),
                                STR("Appendix "), STR("Annex "), STR("Anhang "),  STR("Annexe ")};

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_starts(s, words[i]) && s.len > words[i].len + 2 && s.len <= 110 && words_of(s) >= 3 &&
            !advisory_has_value(s) && !memchr(".,;", s.ptr[s.len - 1], 3)) {
            str const rest = str_from(s, words[i].len);
            size_t const end = str_find_byte(rest, ' ');

            return end != SIZE_MAX && end <= 4 && memchr(":.-", rest.ptr[end - 1], 3) && end > 1;
        }
    return false;
}

/* Of one line, with what stands around it. Level 0: it is unknown. */
static bool heading_of(const struct layout *l, size_t i, bool before_blank, str *text, unsigned *level) {
    const struct line *const line = &l->lines[i];
    size_t next = i + 1;
    str s = str_trim(line->text), behind;

    while (next < l->line_count && l->lines[next].furniture)
        next++;
    bool const last = next >= l->line_count || l->lines[next].blank || l->lines[next].page != line->page;
    bool const underlined = !last && is_ruled(l->lines[next].text) &&
                            str_find_byte(l->lines[next].text, '|') == SIZE_MAX &&
                            str_find_byte(l->lines[next].text, '+') == SIZE_MAX &&
                            str_find(str_trim(l->lines[next].text), S(" ")) == SIZE_MAX;

    *level = 0;
    *text = s;
    if (is_caption(s))
        return true;
    if (*s.ptr == '#') {
        size_t n = 0;

        while (n < s.len && s.ptr[n] == '#')
            n++;
        if (n > 6 || n >= s.len || s.ptr[n] != ' ')
            return false;
        *level = (unsigned)n;
        *text = str_trim(str_from(s, n));
        return text->len > 0;
    }
    if (s.len > 4 && str_starts(s, S("**")) && (str_ends(s, S("**")) || str_ends(s, S("**:")))) {
        *text = str_trim((str){s.ptr + 2, s.len - (str_ends(s, S(":")) ? 5 : 4)});
        return looks_heading(*text);
    }
    if (underlined && looks_heading(s)) {
        *level = *str_trim(l->lines[next].text).ptr == '=' ? 1 : 2;
        return true;
    }
    if (str_ends(s, S(":")))
        s = str_first(s, s.len - 1);
    unsigned depth = numbered(s, &behind);
    enum advisory_section const section = advisory_section_of(s);

    if (depth && (is_list_of_numbers(l, i, next, depth) || is_broken_off(s)))
        depth = 0;
    if (depth && words_of(behind) <= 10 && looks_heading(behind) && (before_blank || last || section != SECTION_NONE)) {
        *level = depth;
        *text = behind;
        return true;
    }
    if (!looks_heading(s))
        return false;
    if (all_capitals(s) && (before_blank || last))
        return true;
    if (section != SECTION_NONE && section != SECTION_OTHER && words_of(s) <= 7 && before_blank)
        return true;
    if (section != SECTION_NONE && section != SECTION_OTHER && section != SECTION_ADVICE && words_of(s) <= 5 &&
        is_upper(*s.ptr) && !is_mid_sentence(l, i))
        return true;
    if (section != SECTION_NONE && words_of(s) <= 5 && before_blank && !str_ends(str_trim(line->text), S(":")))
        return true;
    return before_blank && last && words_of(s) <= 10 && !str_ends(str_trim(line->text), S(":")) &&
           (is_upper(*s.ptr) || (uint8_t)*s.ptr >= 0x80 || is_digit(*s.ptr));
}

static void heading_add(struct layout *l, str text, unsigned level, uint32_t page, uint32_t line) {
    unit_begin(l, ADVISORY_HEADING, page, line);
    l->unit.level = (uint8_t)level;
    l->unit.section = (uint8_t)advisory_section_of(text);
    unit_add(l, text, LINK_NONE, 0, false, page, line);
    unit_end(l);
}

/* ---- the whole of a text ---- */

/* How far lines of this paragraph go: of those with three words and more, if there are any. */
static uint32_t width_at(struct layout *l, size_t i) {
    uint32_t words = 0, any = 0;

    if (i < l->width_until)
        return l->width;
    for (; i < l->line_count && !l->lines[i].blank; i++) {
        uint32_t const to = characters(l->lines[i].text);

        if (l->lines[i].furniture)
            continue;
        if (words_of(l->lines[i].text) >= 3)
            words = to > words ? to : words;
        any = to > any ? to : any;
    }
    l->width_until = i;
    return l->width = words >= 30 ? words : any;
}

/* How the only segment of a line goes on with the unit that is open. gap: 0 none, 1 a new page, 2 a blank line. */
static enum link follows(struct layout *l, const struct segment *s, bool bullet, unsigned gap, uint32_t width) {
    str const so_far = buf_str(&l->text);

    if (!l->open || so_far.len == 0 || so_far.len > UNIT_BYTES_MAX || gap == 2)
        return LINK_NONE;
    if (bullet)
        return LINK_NONE;
    bool const full = l->last_to + 3 >= width;
    bool const no_room = l->last_to + 1 + characters(first_token(s->text)) > width;

    size_t said = length_said(str_from(so_far, so_far.len > 160 ? so_far.len - 160 : 0));

    if (!said)
        said = length_of((enum advisory_label)l->label);
    if (l->last_soft || hash_goes_on(so_far, s->text, said, false) ||
        address_goes_on(l->last, s->text, full || no_room || gap == 1 || s->from > l->last_from + 1, false))
        return LINK_JOIN;
    if (str_ends(so_far, S(":")) || advisory_is_label(s->text) || advisory_is_label(so_far))
        return LINK_NONE;
    if (gap == 1)
        return !memchr(".:!?", so_far.ptr[so_far.len - 1], 4) && s->text.ptr[0] >= 'a' && s->text.ptr[0] <= 'z'
                   ? LINK_SPACE
                   : LINK_NONE;
    if (no_room && words_of(l->last) >= 2)
        return LINK_SPACE;
    return words_go_on(l->last, s->text, l->last_to, width) ? LINK_SPACE : LINK_NONE;
}

/* What stands alone below the first column: the rest of its last cell? Else it is the next paragraph. */
static bool first_column_goes_on(const struct layout *l, size_t line, str text) {
    for (size_t i = l->piece_count; i-- > 0 && l->piece_count - i < SEGMENTS_MAX;) {
        const struct piece *const p = &l->pieces[i];

        if (p->column != 0)
            continue;
        if (!is_next_line(l, p->line, (uint32_t)line))
            return false;
        return hash_goes_on(p->text, text, 0, true) || address_goes_on(p->text, text, true, true) ||
               (words_of(p->text) >= 2 && words_of(text) <= 4 && !str_ends(text, S(":")) && !advisory_is_label(text) &&
                str_find(text, S(": ")) == SIZE_MAX && !advisory_has_value(text)) ||
               (words_of(p->text) >= 3 && is_prose(l, l->piece_count > 64 ? l->piece_count - 64 : 0));
    }
    return false;
}

static bool text_read(struct layout *l, struct err *e) {
    bool fenced = false;
    size_t before = SIZE_MAX; /* the last line with something in it */
    bool blank = true;

    if (!furniture_mark(l) || !mail_head_mark(l))
        return err_set(e, ERR_MEMORY, 0, "no memory to read it");
    rules_mark(l);
    for (size_t i = 0; i < l->line_count && !l->failed; i++) {
        const struct line *const line = &l->lines[i];
        struct segment s[SEGMENTS_MAX];
        size_t which[SEGMENTS_MAX], count;
        bool barred, bullet;
        unsigned level, gap;
        str text;

        if (line->furniture)
            continue;
        if (line->blank) {
            blank = true;
            continue;
        }
        gap = before == SIZE_MAX || (blank && l->lines[before].page == line->page) ? 2
              : l->lines[before].page != line->page                                ? 1
                                                                                   : 0;
        before = i;
        if (line->rule) {
            table_end(l);
            unit_begin(l, ADVISORY_RULE, line->page, line->number);
            unit_add(l, str_trim(line->text), LINK_NONE, 0, false, line->page, line->number);
            unit_end(l);
            i += line->rule_lines - 1;
            blank = true;
            continue;
        }
        if (str_starts(str_trim(line->text), S("```")) || str_starts(str_trim(line->text), S("~~~"))) {
            table_end(l);
            unit_end(l);
            fenced = !fenced;
            continue;
        }
        if (is_ruled(line->text)) {
            unit_end(l);
            l->apart = l->piece_count > 0;
            blank = true;
            continue;
        }
        count = segments_of(line->text, s, &barred, &bullet);
        if (count == 0) {
            blank = true;
            continue;
        }
        if (l->piece_count && (gap || blank))
            l->apart = gap == 2;
        /* A heading breaks a table, a cell that goes on does not. */
        bool const in_table = l->piece_count && columns_fit(l, s, count, barred, which);
        bool const goes_on = in_table && count == 1 && !bullet && gap != 2 &&
                             (which[0] > 0 || first_column_goes_on(l, i, s[0].text)) && which[0] < l->column_count;

        if (count == 1 && !goes_on && !fenced && heading_of(l, i, gap > 0, &text, &level)) {
            table_end(l);
            heading_add(l, text, level, line->page, line->number);
            blank = false;
            continue;
        }
        if (!fenced && (count >= 2 || goes_on || (barred && in_table))) {
            if (!in_table) {
                table_end(l);
                if (!columns_fit(l, s, count, barred, which))
                    for (size_t k = 0; k < count; k++)
                        which[k] = k;
                l->barred = barred;
            }
            unit_end(l);
            table_add(l, i, s, count, which);
        } else {
            enum link const link =
                fenced || l->piece_count ? LINK_NONE : follows(l, &s[0], bullet, gap, width_at(l, i));
            struct segment all = s[0];

            table_end(l);
            if (count > 1)
                all.text =
                    (str){s[0].text.ptr, (size_t)(s[count - 1].text.ptr + s[count - 1].text.len - s[0].text.ptr)};
            if (fenced && l->open && hash_goes_on(buf_str(&l->text), all.text, 0, false)) {
                unit_add(l, all.text, LINK_JOIN, s[0].to, line->soft, line->page, line->number);
            } else {
                if (link == LINK_NONE)
                    unit_begin(l,
                               fenced   ? ADVISORY_CODE
                               : bullet ? ADVISORY_ENTRY
                                        : ADVISORY_PROSE,
                               line->page, line->number);
                unit_add(l, all.text, link, s[count - 1].to, line->soft, line->page, line->number);
                l->last_from = s[0].from;
            }
        }
        blank = false;
    }
    table_end(l);
    unit_end(l);
    return !l->failed || err_set(e, ERR_MEMORY, 0, "no memory to read it");
}

/* ---- HTML ---- */

struct html_table {
    str headers[COLUMNS_MAX];
    size_t header_count, row_cells;
    uint32_t number;
    bool first; /* its first row */
};

struct html_cell {
    str text;
    char *own; /* where text is kept, once it grew */
    size_t room;
    uint32_t column, line;
};

struct page {
    struct layout l;
    struct html_table tables[NESTED_MAX];
    unsigned depth, beyond;
    struct html_cell *cells; /* of the row that is open */
    size_t cell_count, cell_room;
    bool in_cell, row_head; /* row_head: of th only */
    struct buf line;
    uint32_t number;
    unsigned heading, pre, item;
    bool item_new, strong, strong_all;
    bool code; /* its mark is owed: it comes behind the blank */
};

static void cells_as_lines(struct page *p) {
    for (size_t i = 0; i < p->cell_count; i++) {
        unit_begin(&p->l, ADVISORY_PROSE, 1, p->cells[i].line);
        unit_add(&p->l, p->cells[i].text, LINK_NONE, 0, false, 1, p->cells[i].line);
        unit_end(&p->l);
    }
    p->cell_count = 0;
}

static void row_end_html(struct page *p) {
    struct html_table *const t = p->depth ? &p->tables[p->depth - 1] : NULL;
    struct layout *const l = &p->l;
    bool header = t && t->first && p->cell_count > 0, labels_only = false;
    size_t shift = 0;

    p->in_cell = false;
    if (!t || !p->cell_count) {
        p->cell_count = 0;
        if (t)
            t->row_cells = 0;
        p->row_head = true;
        return;
    }
    for (size_t i = 0; i < p->cell_count; i++) {
        labels_only = labels_only || advisory_label_of(p->cells[i].text) != LABEL_NONE;
        header = header && !advisory_has_value(p->cells[i].text) && words_of(p->cells[i].text) <= 6;
    }
    header = header && t->row_cells >= 2 && (p->row_head || labels_only);
    if (t->row_cells == 1) {
        cells_as_lines(p); /* a frame around text, or a heading across the table */
    } else if (header) {
        for (size_t i = 0; i < COLUMNS_MAX; i++)
            t->headers[i] = S("");
        for (size_t i = 0; i < p->cell_count; i++)
            if (p->cells[i].column < COLUMNS_MAX)
                t->headers[p->cells[i].column] = p->cells[i].text;
        t->header_count = t->row_cells;
        p->cell_count = 0;
    } else {
        /* Fewer cells than headings: the first ones reach down from the row above. */
        if (t->header_count > t->row_cells)
            shift = t->header_count - t->row_cells;
        l->d->rows++;
        for (size_t i = 0; i < p->cell_count; i++) {
            const struct html_cell *const c = &p->cells[i];
            size_t const column = c->column + shift;

            unit_begin(l, ADVISORY_CELL, 1, c->line);
            l->unit.row = l->d->rows;
            l->unit.column = (uint32_t)column;
            l->unit.table = t->number;
            if (column < COLUMNS_MAX && column < t->header_count)
                l->unit.header = t->headers[column];
            unit_add(l, c->text, LINK_NONE, 0, false, 1, c->line);
            unit_end(l);
        }
        p->cell_count = 0;
    }
    t->first = false;
    t->row_cells = 0;
    p->row_head = true;
}

/* Room is doubled: a value may come in thousands of pieces. */
static bool cell_grow(struct arena *a, struct html_cell *c, str more) {
    size_t const len = c->text.len + more.len;

    if (len > c->room) {
        char *const to = arena_bytes(a, 2 * len);

        if (!to)
            return false;
        memcpy(to, c->text.ptr, c->text.len);
        c->own = to;
        c->room = 2 * len;
    }
    memcpy(c->own + c->text.len, more.ptr, more.len);
    c->text = (str){c->own, len};
    return true;
}

static void html_line(struct page *p) {
    struct layout *const l = &p->l;
    str raw = str_trim(buf_str(&p->line)), text;
    bool const indented = str_starts(buf_str(&p->line), S("  ")) || str_starts(buf_str(&p->line), S("\t"));
    bool soft;
    unsigned const heading = p->heading;
    size_t const before = l->line_count;

    (void)before;
    p->number++;
    if (!raw.len)
        return;
    if (!line_clean(l->d->a, raw, &text, &soft)) {
        l->failed = true;
        p->line.len = 0;
        return;
    }
    p->line.len = 0;
    text = str_trim(text);
    if (!text.len)
        return;
    bool const strong = p->strong_all;

    p->strong_all = p->strong;
    if (p->depth && p->in_cell) {
        struct html_table *const t = &p->tables[p->depth - 1];
        struct html_cell *const last = p->cell_count ? &p->cells[p->cell_count - 1] : NULL;
        uint32_t const column = (uint32_t)(t->row_cells ? t->row_cells - 1 : 0);

        if (last && last->column == column && last->text.len < UNIT_BYTES_MAX) {
            str const header = column < t->header_count && column < COLUMNS_MAX ? t->headers[column] : S("");
            bool const hash = hash_goes_on(last->text, text, length_said(header), true);

            if (hash || address_goes_on(last->text, text, false, false)) {
                if (hash && str_ends(last->text, S("-")))
                    last->text.len--;
                if (!cell_grow(l->d->a, last, text))
                    l->failed = true;
                return;
            }
        }
        if (p->cell_count == p->cell_room) {
            void *const more = grown(p->cells, p->cell_count, &p->cell_room, sizeof *p->cells, UINT32_MAX / 2);

            if (!more) {
                l->failed = true;
                return;
            }
            p->cells = more;
        }
        p->cells[p->cell_count++] = (struct html_cell){.text = text, .column = column, .line = p->number};
        return;
    }
    if (heading) {
        heading_add(l, text, heading, 1, p->number);
        return;
    }
    if (strong && !p->pre && !p->item && looks_heading(text) && advisory_section_of(text) != SECTION_NONE &&
        words_of(text) <= 7) {
        heading_add(l, str_ends(text, S(":")) ? str_first(text, text.len - 1) : text, 0, 1, p->number);
        return;
    }
    if (l->open && !p->item_new && l->text.len < UNIT_BYTES_MAX &&
        (hash_goes_on(buf_str(&l->text), text, length_said(buf_str(&l->text)), false) ||
         (p->pre && address_goes_on(l->last, text, indented, false)))) {
        unit_add(l, text, LINK_JOIN, 0, soft, 1, p->number);
        return;
    }
    unit_begin(l, p->pre ? ADVISORY_CODE : p->item ? ADVISORY_ENTRY : ADVISORY_PROSE, 1, p->number);
    unit_add(l, text, LINK_NONE, 0, soft, 1, p->number);
    p->item_new = false;
}

static bool on_text(void *ctx, str text, bool hidden) {
    struct page *const p = ctx;

    if (hidden)
        return true;
    while (text.len) {
        size_t const at = str_find_byte(text, '\n');
        str piece = str_first(text, at);

        if (p->line.len + piece.len > LINE_BYTES_MAX && p->line.len) { /* between words */
            size_t const word = str_find_byte(piece, ' ');

            if (word != SIZE_MAX || p->line.len > 4 * LINE_BYTES_MAX) {
                buf_add(&p->line, str_first(piece, word));
                html_line(p);
                piece = word == SIZE_MAX ? S("") : str_from(piece, word);
            }
        }
        if (p->code && str_trim(piece).len) {
            size_t blank = 0;

            while (piece.ptr[blank] == ' ')
                blank++;
            buf_add(&p->line, str_first(piece, blank));
            buf_byte(&p->line, '`');
            piece = str_from(piece, blank);
            p->code = false;
        }
        buf_add(&p->line, piece);
        if (str_trim(piece).len && !p->strong)
            p->strong_all = false;
        if (at == SIZE_MAX)
            break;
        html_line(p);
        text = str_from(text, at + 1);
    }
    if (p->line.failed)
        p->l.failed = true;
    return !p->l.failed;
}

static bool is_name(str name, const char *const *names) {
    for (; *names; names++)
        if (str_eq(name, str_of(*names)))
            return true;
    return false;
}

static bool is_heading(str name) {
    return name.len == 2 && name.ptr[0] == 'h' && name.ptr[1] >= '1' && name.ptr[1] <= '6';
}

/* What is set in another type is a value of its own: told by the mark that Markdown has for it. */
static const char *const codes[] = {"code", "tt", "kbd", "samp", NULL};
static const char *const strongs[] = {"b", "strong", NULL};

static bool on_element(void *ctx, str name) {
    struct page *const p = ctx;
    struct html_table *const t = p->depth ? &p->tables[p->depth - 1] : NULL;

    if (is_heading(name)) {
        p->heading = (unsigned)(name.ptr[1] - '0');
        if (t && p->in_cell) { /* the table only frames */
            cells_as_lines(p);
            p->in_cell = false;
        }
    } else if (str_eq(name, S("table"))) {
        cells_as_lines(p);
        p->in_cell = false;
        unit_end(&p->l);
        if (p->depth == NESTED_MAX) {
            p->beyond++;
        } else {
            p->tables[p->depth++] = (struct html_table){.number = ++p->l.d->tables, .first = true};
            p->row_head = true;
        }
    } else if (str_eq(name, S("tr"))) {
        if (t)
            row_end_html(p);
    } else if (str_eq(name, S("td")) || str_eq(name, S("th"))) {
        if (t) {
            unit_end(&p->l);
            p->in_cell = true;
            t->row_cells++;
            p->row_head = p->row_head && name.ptr[1] == 'h';
        }
    } else if (str_eq(name, S("pre"))) {
        p->pre++;
    } else if (str_eq(name, S("li")) || str_eq(name, S("dd"))) {
        p->item = 1;
        p->item_new = true;
    } else if (str_eq(name, S("ul")) || str_eq(name, S("ol")) || str_eq(name, S("dl"))) {
        p->item = 1;
    } else if (is_name(name, codes)) {
        p->code = !p->in_cell && !p->pre;
    } else if (is_name(name, strongs)) {
        p->strong = true;
        if (p->line.len == 0)
            p->strong_all = true;
    }
    return !p->l.failed;
}

static bool on_ended(void *ctx, str name) {
    struct page *const p = ctx;

    if (is_heading(name)) {
        p->heading = 0;
    } else if (str_eq(name, S("table"))) {
        if (p->beyond) {
            p->beyond--;
        } else if (p->depth) {
            row_end_html(p);
            p->depth--;
        }
        p->in_cell = false;
    } else if (str_eq(name, S("tr"))) {
        if (p->depth)
            row_end_html(p);
    } else if (str_eq(name, S("td")) || str_eq(name, S("th"))) {
        p->in_cell = false;
    } else if (str_eq(name, S("pre"))) {
        p->pre -= p->pre > 0;
        unit_end(&p->l);
    } else if (str_eq(name, S("ul")) || str_eq(name, S("ol")) || str_eq(name, S("dl"))) {
        p->item = 0;
    } else if (is_name(name, codes)) {
        if (!p->in_cell && !p->pre && !p->code && p->line.len)
            buf_byte(&p->line, '`');
        p->code = false;
    } else if (is_name(name, strongs)) {
        p->strong = false;
    }
    return !p->l.failed;
}

static str host_of(str url) {
    size_t at = str_find(url, S("://")), end = 0;

    if (at == SIZE_MAX)
        return S("");
    url = str_from(url, at + 3);
    while (end < url.len && !memchr("/?#:", url.ptr[end], 4))
        end++;
    return str_first(url, end);
}

static bool on_url(void *ctx, const struct html_url *u) {
    struct page *const p = ctx;
    struct advisory *const d = p->l.d;
    str domain;
    bool known;

    if (u->where != HTML_LINK)
        return true;
    if (advisory_is_defanged(u->url) && !(u->flags & HTML_HIDDEN) && u->url.len < LINE_BYTES_MAX) {
        unit_end(&p->l);
        p->l.text.len = 0;
        struct advisory_unit const now = {.kind = ADVISORY_HREF,
                                          .places = (uint32_t)d->place_count,
                                          .place_count = 1,
                                          .heading = p->l.heading,
                                          .header = S("")};

        if (d->unit_count == d->unit_room) {
            void *const more = grown(d->units, d->unit_count, &d->unit_room, sizeof *d->units, UINT32_MAX / 2);

            if (!more)
                return false;
            d->units = more;
        }
        if (!place_add(&p->l, 1, p->number + 1))
            return false;
        d->units[d->unit_count] = now;
        if (!arena_copy(d->a, u->url, &d->units[d->unit_count].text))
            return false;
        d->unit_count++;
        return true;
    }
    domain = advisory_registered(host_of(u->url), &known);
    if (!domain.len || !known)
        return true;
    for (size_t i = 0; i < d->link_count; i++)
        if (str_eq_ascii(d->links[i].domain, domain)) {
            d->links[i].count++;
            return true;
        }
    if (d->link_count < ADVISORY_LINKS_MAX) {
        if (!arena_copy(d->a, domain, &d->links[d->link_count].domain))
            return false;
        d->links[d->link_count++].count = 1;
    }
    return true;
}

static bool html_layout(struct page *p, str html, struct err *e) {
    struct html_visitor const visitor = {
        .url = on_url, .text = on_text, .element = on_element, .ended = on_ended, .ctx = p};
    struct buf room = {0};
    bool good = html_read(html, &room, &visitor);

    html_line(p);
    while (p->depth) {
        row_end_html(p);
        p->depth--;
    }
    cells_as_lines(p);
    unit_end(&p->l);
    good = good && !p->l.failed;
    buf_free(&room);
    buf_free(&p->line);
    free(p->cells);
    return good || err_set(e, ERR_MEMORY, 0, "no memory to read it");
}

/* Rules that stand in preformatted text: their lines are units in a row. They become one. */
static bool html_rules(struct layout *l) {
    struct advisory *const d = l->d;
    size_t to = 0;

    if (!(l->lines = calloc(d->unit_count + 1, sizeof *l->lines)))
        return false;
    l->line_count = d->unit_count;
    for (size_t i = 0; i < d->unit_count; i++)
        l->lines[i] = (struct line){
            .text = d->units[i].text, .number = (uint32_t)i, .page = 1, .furniture = d->units[i].kind == ADVISORY_HREF};
    rules_mark(l);
    /* Numbers of headings and introductions stay those of units: what is taken out becomes empty. */
    for (size_t i = 0; i < d->unit_count; i++) {
        if (!l->lines[i].rule)
            continue;
        d->units[i].kind = ADVISORY_RULE;
        for (to = i + 1; to < i + l->lines[i].rule_lines; to++)
            d->units[to].text = S("");
        i += l->lines[i].rule_lines - 1;
    }
    return true;
}

/* ---- both ---- */

bool advisory_is_html(str head) {
    char room[4096];
    str s = head;

    if (str_starts(s, S("\xef\xbb\xbf")))
        s = str_from(s, 3);
    s = advisory_fold(str_trim(str_first(s, sizeof room)), room, sizeof room);
    if (str_starts(s, S("<!doctype html")) || str_starts(s, S("<html")) || str_starts(s, S("<head")) ||
        str_starts(s, S("<body")))
        return true;
    return s.len && *s.ptr == '<' &&
           (str_find(s, S("<html")) != SIZE_MAX || str_find(s, S("<body")) != SIZE_MAX ||
            str_find(s, S("<table")) != SIZE_MAX || str_find(s, S("<p>")) != SIZE_MAX ||
            str_find(s, S("<div")) != SIZE_MAX || str_find(s, S("<h1")) != SIZE_MAX);
}

static bool text_of(struct arena *a, str bytes, str *out) {
    size_t repaired;
    char *room;

    if (str_starts(bytes, S("\xef\xbb\xbf")))
        bytes = str_from(bytes, 3);
    if (bytes.len >= 2 && ((uint8_t)bytes.ptr[0] == 0xff && (uint8_t)bytes.ptr[1] == 0xfe)) {
        if (!(room = arena_bytes(a, bytes.len / 2 * 3 + 1)))
            return false;
        *out = (str){room, utf16le_to_utf8(bytes.ptr + 2, bytes.len / 2 - 1, room, &repaired)};
        return true;
    }
    if (utf8_valid(bytes) == bytes.len) {
        *out = bytes;
        return true;
    }
    if (!(room = arena_bytes(a, 3 * bytes.len)))
        return false;
    *out = (str){room, utf8_repair(bytes, room, &repaired)};
    return true;
}

bool advisory_begin(struct advisory *d, str bytes, struct err *e) {
    struct page *page;
    str text;
    bool good;

    *d = (struct advisory){.furniture = S("")};
    if (bytes.len > ADVISORY_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "an advisory of more than %zu MiB", ADVISORY_BYTES_MAX >> 20);
    if (!(d->a = arena_new_of(24 * bytes.len + ((size_t)16 << 20), 2 * bytes.len + 65536)) ||
        !text_of(d->a, bytes, &text) || !(page = calloc(1, sizeof *page)))
        return err_set(e, ERR_MEMORY, 0, "no memory to read it");
    page->l.d = d;
    d->is_html = advisory_is_html(text);
    good = d->is_html ? html_layout(page, text, e) : lines_read(&page->l, text, e) && text_read(&page->l, e);
    if (good && d->is_html && !html_rules(&page->l))
        good = err_set(e, ERR_MEMORY, 0, "no memory to read it");
    buf_free(&page->l.text);
    free(page->l.lines);
    free(page->l.pieces);
    free(page);
    return good;
}

void advisory_end(struct advisory *d) {
    arena_free(d->a);
    free(d->units);
    free(d->places);
    *d = (struct advisory){.furniture = S("")};
}

struct advisory_place advisory_place_of(const struct advisory *d, const struct advisory_unit *u, size_t at) {
    const struct advisory_place *const p = &d->places[u->places];
    size_t low = 0, high = u->place_count;

    while (high - low > 1) {
        size_t const middle = (low + high) / 2;

        if (p[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return p[low];
}
