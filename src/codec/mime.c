/* mime: a message into its parts, piece by piece. docs/formats/mail.md says in prose what is made of broken ones.
 *
 * A body is searched for lines that begin with "--", nothing else; what lies between them is handed on where it lies. The line
 * end before a delimiter is the delimiter's (RFC 2046 5.1.1), so a line end is withheld until it is known what follows. A line
 * that the piece breaks is held back only where it may decide something: within headers, and where it begins with a hyphen. */
#include "codec/mime.h"

#include <assert.h>

#include "codec/mail_value.h"

#define DELIMITER_MAX 1024u /* bytes of a line that can be a delimiter, blanks behind it included */
#define BOUNDARY_MAX 512u
#define TYPE_MAX 128u
#define TEXT_BYTES_MAX ((size_t)8 << 20) /* types and boundaries of one message */

/* A part that is not over. */
struct open {
    struct mime_part part;
    struct transfer_state transfer;
    str boundary, other; /* other: of a second Content-Type, which some programs heed; "" */
    bool digest;         /* its parts are messages, where they do not say what they are */
    bool parts;          /* it has one */
    bool closed;         /* its last delimiter came: what follows is nobody's */
    uint64_t encoded;
};

enum state {
    IN_HEAD,
    IN_BODY, /* of a leaf */
    BETWEEN, /* parts of a multipart, before the first or behind the last */
};

struct mime {
    struct mime_visitor visitor;
    struct arena *texts;
    struct open *open; /* MIME_DEPTH_MAX + 2 */
    uint32_t depth, parts, multiparts;
    enum state state;
    bool failed;

    uint64_t at;      /* offset of the next byte to be taken */
    bool line_begins; /* with it */
    struct buf held;  /* bytes from there on that a piece broke */
    char line_end[2]; /* withheld */
    uint8_t line_end_len;

    /* The head that is being read. */
    uint64_t head_at;
    size_t head_len;     /* so far */
    struct buf head;     /* what of it earlier pieces held */
    size_t body_in_head; /* of the head read last: where the body begins in it */
    bool head_is_root;   /* of the message, or of one within */
    struct mime_header *headers;
    uint32_t header_count;

    struct buf decoded, scratch;
};

/* ------------------------------------------------------------------ lines */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Behind the line end of the line that begins at `from`; SIZE_MAX: there is none. */
static size_t line_behind(str s, size_t from) {
    const char *const end = from < s.len ? memchr(s.ptr + from, '\n', s.len - from) : NULL;

    return end ? (size_t)(end - s.ptr) + 1 : SIZE_MAX;
}

static str without_line_end(str line) {
    if (line.len && line.ptr[line.len - 1] == '\n')
        line.len--;
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void tell(const struct mime *m, uint64_t offset, uint64_t size, const char *why) {
    m->visitor.damage(m->visitor.ctx, offset, size, why);
}

static bool no_memory(struct mime *m, struct err *e) {
    m->failed = true;
    return err_set(e, ERR_MEMORY, m->at, "no memory for a message");
}

/* ------------------------------------------------------------------ bodies */

/* Bytes of a leaf's body as they are encoded, and nothing withheld. */
static bool give(struct mime *m, str bytes, struct err *e) {
    struct open *const o = &m->open[m->depth - 1];

    if (bytes.len == 0)
        return true;
    o->encoded += bytes.len;
    if (o->transfer.how != TRANSFER_IDENTITY) {
        m->decoded.len = 0;
        transfer_decode(&o->transfer, bytes, &m->decoded);
        if (m->decoded.failed)
            return no_memory(m, e);
        bytes = buf_str(&m->decoded);
    }
    return bytes.len == 0 || m->visitor.body(m->visitor.ctx, &o->part, bytes, e);
}

static bool give_line_end(struct mime *m, struct err *e) {
    char held[2];
    str const bytes = {held, m->line_end_len};

    memcpy(held, m->line_end, sizeof held);
    m->line_end_len = 0;
    return give(m, bytes, e);
}

/* The next bytes of the state's: of a leaf's body, or of nobody's. */
static bool pass_on(struct mime *m, str bytes, struct err *e) {
    size_t end = 0;

    if (bytes.len == 0)
        return true;
    m->at += bytes.len;
    m->line_begins = bytes.ptr[bytes.len - 1] == '\n';
    if (m->state != IN_BODY)
        return true;
    if (m->multiparts == 0)
        return give(m, bytes, e);
    if (m->line_end_len == 1 && m->line_end[0] == '\r' && bytes.ptr[0] == '\n' && bytes.len == 1) {
        m->line_end[m->line_end_len++] = '\n'; /* the piece before broke it */
        return true;
    }
    if (!give_line_end(m, e))
        return false;
    if (bytes.ptr[bytes.len - 1] == '\n')
        end = bytes.len > 1 && bytes.ptr[bytes.len - 2] == '\r' ? 2 : 1;
    else if (bytes.ptr[bytes.len - 1] == '\r')
        end = 1;
    memcpy(m->line_end, bytes.ptr + bytes.len - end, end);
    m->line_end_len = (uint8_t)end;
    return give(m, str_first(bytes, bytes.len - end), e);
}

/* ------------------------------------------------------------------ parts */

/* The innermost part is over. */
static bool end_part(struct mime *m, struct err *e) {
    struct open *const o = &m->open[m->depth - 1];

    if (o->part.shape == MIME_LEAF && o->transfer.how != TRANSFER_IDENTITY) {
        m->decoded.len = 0;
        transfer_end(&o->transfer, &m->decoded);
        if (m->decoded.failed)
            return no_memory(m, e);
        if (m->decoded.len && !m->visitor.body(m->visitor.ctx, &o->part, buf_str(&m->decoded), e))
            return false;
    }
    if (o->part.shape == MIME_MULTIPART) {
        m->multiparts--;
        if (!o->parts && m->at > o->part.body)
            tell(m, o->part.body, m->at - o->part.body, "a multipart without parts");
        else if (!o->closed)
            tell(m, m->at, 0, "a multipart that is not closed");
    }
    m->depth--;
    return m->visitor.end(m->visitor.ctx, o->part.index, o->encoded, o->transfer.junk, e);
}

static void begin_head(struct mime *m, bool is_root) {
    m->state = IN_HEAD;
    m->head_at = m->at;
    m->head_len = m->head.len = 0;
    m->head_is_root = is_root;
    m->line_begins = true;
}

/* Is it the boundary, or *last: with "--" behind? */
static bool is_boundary(str line, str boundary, bool *last) {
    if (!str_starts(line, boundary))
        return false;
    *last = line.len == boundary.len + 2 && str_ends(line, S("--"));
    return *last || line.len == boundary.len;
}

/* Which multipart has the delimiter `line` (without line end)? Returns its depth from 1, or 0. */
static uint32_t delimiter(const struct mime *m, str line, bool *last) {
    while (line.len > 2 && is_blank(line.ptr[line.len - 1]))
        line.len--;
    if (line.len < 3 || line.ptr[0] != '-' || line.ptr[1] != '-')
        return 0;
    line = str_from(line, 2);
    for (uint32_t d = m->depth; d > 0; d--) {
        const struct open *const o = &m->open[d - 1];

        if (o->part.shape != MIME_MULTIPART || o->closed)
            continue;
        if (is_boundary(line, o->boundary, last) || (o->other.len && is_boundary(line, o->other, last)))
            return d;
    }
    return 0;
}

/* A delimiter was read, of the multipart at depth d. */
static bool delimit(struct mime *m, uint32_t d, bool last, struct err *e) {
    m->line_end_len = 0;
    while (m->depth > d)
        if (!end_part(m, e))
            return false;
    m->open[d - 1].parts = m->open[d - 1].parts || !last;
    if (last) {
        m->open[d - 1].closed = true;
        m->state = BETWEEN;
    } else {
        begin_head(m, false);
    }
    return true;
}

/* ------------------------------------------------------------------ heads */

/* The name of the header that the line begins with; empty: it begins none. *behind: of the colon. */
static str header_name(str line, size_t *behind) {
    size_t n = 0, len;

    while (n < line.len && line.ptr[n] > ' ' && line.ptr[n] < 127 && line.ptr[n] != ':')
        n++;
    len = n;
    while (n < line.len && is_blank(line.ptr[n]))
        n++;
    if (len == 0 || n == line.len || line.ptr[n] != ':')
        return S("");
    *behind = n + 1;
    return (str){line.ptr, len};
}

/* Reads the headers of a block. Returns its length, or where the body begins in it, because the blank line is missing. */
static size_t read_headers(struct mime *m, str block) {
    bool over = false;
    size_t at = 0, known = 0; /* known: a header begins before it, and none between the line that asked and there */

    m->header_count = 0;
    while (at < block.len && !over) {
        size_t next = line_behind(block, at), behind;
        size_t const begin = at;
        str const line = without_line_end((str){block.ptr + at, (next == SIZE_MAX ? block.len : next) - at});
        str const name = header_name(line, &behind);

        at = next == SIZE_MAX ? block.len : next;
        if (name.len == 0 && begin == 0 && (str_starts(line, S("From ")) || str_starts(line, S(">From "))))
            continue; /* of the mailbox it lay in */
        if (name.len == 0) {
            /* No header. Where others follow, a fold lost its blank; else the line between head and body is missing. */
            size_t from = at;
            bool others = known > at && m->header_count && !str_starts(line, S("--"));

            while (m->header_count && !str_starts(line, S("--")) && from < block.len && !others) {
                size_t ignored;

                others = header_name((str){block.ptr + from, block.len - from}, &ignored).len > 0;
                next = line_behind(block, from);
                from = next == SIZE_MAX ? block.len : next;
                known = others ? from : known;
            }
            if (!others) {
                tell(m, m->head_at + begin, 0, "no blank line between head and body");
                return begin;
            }
            tell(m, m->head_at + begin, at - begin, "a line among headers that is none");
            continue;
        }
        while (at < block.len && is_blank(block.ptr[at])) { /* folds */
            size_t ignored;
            str fold;

            next = line_behind(block, at);
            fold = (str){block.ptr + at, (next == SIZE_MAX ? block.len : next) - at};
            if (str_trim(fold).len == 0 && at + fold.len < block.len && !is_blank(block.ptr[at + fold.len]) &&
                header_name(str_from(block, at + fold.len), &ignored).len == 0)
                over = true; /* blanks for the blank line: what comes is no header */
            at += over ? 0 : fold.len;
            if (over)
                break;
        }
        if (m->header_count == MIME_HEADERS_MAX) {
            tell(m, m->head_at + begin, block.len - begin, "more than 4,096 headers");
            break;
        }
        while (begin + behind < at && is_blank(block.ptr[begin + behind]))
            behind++;
        m->headers[m->header_count++] = (struct mime_header){
            .name = name,
            .value = without_line_end((str){block.ptr + begin + behind, at > begin + behind ? at - begin - behind : 0}),
            .offset = m->head_at + begin,
        };
    }
    if (!over)
        return block.len;
    tell(m, m->head_at + at, 0, "blanks for the blank line between head and body");
    return line_behind(block, at);
}

static str header(const struct mime *m, str name) {
    for (uint32_t i = 0; i < m->header_count; i++)
        if (m->headers[i].name.len == name.len && str_eq_ascii(m->headers[i].name, name))
            return m->headers[i].value;
    return S("");
}

static bool is_token(char c) {
    return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool copy_lower(struct mime *m, str s, str *out) {
    char *const to = arena_bytes(m->texts, s.len);

    if (!to)
        return false;
    for (size_t i = 0; i < s.len; i++)
        to[i] = lower(s.ptr[i]);
    *out = (str){to, s.len};
    return true;
}

/* `Text/HTML; charset=...` */
static bool read_type(struct mime *m, struct mime_part *p, bool digest) {
    str const value = str_trim(p->content_type);
    size_t a = 0, b;

    p->type = digest ? S("message") : S("text");
    p->subtype = digest ? S("rfc822") : S("plain");
    while (a < value.len && is_token(value.ptr[a]))
        a++;
    if (a == 0 || a > TYPE_MAX || a == value.len || value.ptr[a] != '/')
        return true;
    for (b = a + 1; b < value.len && is_token(value.ptr[b]); b++)
        continue;
    if (b == a + 1 || b - a > TYPE_MAX)
        return true;
    return copy_lower(m, str_first(value, a), &p->type) &&
           copy_lower(m, (str){value.ptr + a + 1, b - a - 1}, &p->subtype);
}

static bool is_message(const struct mime_part *p) {
    return str_eq(p->type, S("message")) && (str_eq(p->subtype, S("rfc822")) || str_eq(p->subtype, S("global")));
}

/* False: no memory. "": there is none. */
static bool read_boundary(struct mime *m, str type, str *out) {
    uint64_t bad = 0;
    str boundary;

    m->scratch.len = 0;
    mail_parameter(type, S("boundary"), &m->scratch, &bad);
    boundary = buf_str(&m->scratch);
    while (boundary.len && is_blank(boundary.ptr[boundary.len - 1]))
        boundary.len--;
    return !m->scratch.failed && arena_copy(m->texts, str_first(boundary, BOUNDARY_MAX + 1), out);
}

/* Finds the part's shape, and for a multipart its boundary. False: no memory. */
static bool shape(struct mime *m, struct open *o) {
    struct mime_part *const p = &o->part;
    bool const multipart = str_eq(p->type, S("multipart"));
    str type;

    if (!multipart && !is_message(p))
        return true;
    if (m->depth >= MIME_DEPTH_MAX) {
        tell(m, p->offset, 0, "parts within each other deeper than 64");
        return true;
    }
    if (!multipart) {
        if (p->encoding == TRANSFER_IDENTITY)
            p->shape = MIME_MESSAGE;
        else
            tell(m, p->offset, 0, "a message within that is encoded");
        return true;
    }
    if (!read_boundary(m, p->content_type, &o->boundary))
        return false;
    if (o->boundary.len == 0 || o->boundary.len > BOUNDARY_MAX) {
        tell(m, p->offset, 0, o->boundary.len ? "a boundary of more than 512 bytes" : "a multipart without boundary");
        return true;
    }
    for (uint32_t i = 0; i < p->header_count && o->other.len == 0; i++) {
        type = p->headers[i].value;
        if (!str_eq_ascii(p->headers[i].name, S("content-type")) || type.ptr == p->content_type.ptr)
            continue;
        tell(m, p->offset, 0, "two types of content");
        if (!read_boundary(m, type, &o->other))
            return false;
        if (o->other.len > BOUNDARY_MAX || str_eq(o->other, o->boundary))
            o->other = S("");
        break;
    }
    p->shape = MIME_MULTIPART;
    o->digest = str_eq(p->subtype, S("digest"));
    return true;
}

/* The head is whole: its bytes without the blank line, and where the body begins. */
static bool begin_part(struct mime *m, str block, uint64_t body, struct err *e) {
    const struct open *const up = m->depth ? &m->open[m->depth - 1] : NULL;
    struct open *const o = &m->open[m->depth];
    bool known = true;
    str encoding;
    size_t const len = m->body_in_head = read_headers(m, block);

    *o = (struct open){.part = {
                           .index = m->parts++,
                           .parent = up ? up->part.index : 0,
                           .depth = m->depth,
                           .in_message = up && (up->part.in_message || up->part.shape == MIME_MESSAGE),
                           .is_root = m->head_is_root,
                           .headers = m->headers,
                           .header_count = m->header_count,
                           .offset = m->head_at,
                           .body = len < block.len ? m->head_at + len : body,
                       }};
    o->part.content_type = header(m, S("content-type"));
    o->part.disposition = header(m, S("content-disposition"));
    encoding = header(m, S("content-transfer-encoding"));
    if (encoding.len)
        o->part.encoding = transfer_named(encoding, &known);
    if (!known)
        tell(m, o->part.offset, 0, "a transfer encoding that nobody knows");
    o->transfer.how = o->part.encoding;
    if (!read_type(m, &o->part, up && up->digest) || !shape(m, o))
        return no_memory(m, e);
    m->at = o->part.body;
    m->depth++;
    m->multiparts += o->part.shape == MIME_MULTIPART;
    m->state = o->part.shape == MIME_LEAF ? IN_BODY : BETWEEN;
    m->line_begins = true;
    if (!m->visitor.part(m->visitor.ctx, &o->part, e))
        return false;
    o->part.headers = NULL; /* their memory is another head's from here on */
    o->part.header_count = 0;
    o->part.content_type = o->part.disposition = S("");
    if (o->part.shape == MIME_MESSAGE)
        begin_head(m, true);
    return true;
}

static bool take(struct mime *m, str s, bool final, size_t *taken, struct err *e);

/* A head is whole: so many bytes, of which `block` is what is read of it, and the blank line behind it, if there is one. */
static bool end_head(struct mime *m, str block, size_t whole, str blank, struct err *e) {
    uint64_t const behind = m->head_at + whole + blank.len;
    struct buf rest = {0};
    size_t len, done = 0;
    bool ok;

    if (block.len < whole)
        tell(m, m->head_at + block.len, whole - block.len, "more than 1 MiB of headers");
    if (!begin_part(m, block, behind, e))
        return false;
    len = m->body_in_head;
    if (len == block.len)
        return true;
    /* What looked like a head was the body's beginning. A copy: the body may turn out to have parts with heads of theirs. */
    buf_add(&rest, str_from(block, len));
    buf_add(&rest, blank);
    ok = rest.failed ? no_memory(m, e) : take(m, buf_str(&rest), false, &done, e);
    if (ok) {
        buf_add(&m->held, str_from(buf_str(&rest), done));
        ok = !m->held.failed || no_memory(m, e);
        m->at = behind - m->held.len;
    }
    buf_free(&rest);
    return ok;
}

/* Takes lines of a head from s. */
static bool take_head(struct mime *m, str s, bool final, size_t *taken, struct err *e) {
    str block, blank = {"", 0};
    size_t at = 0;
    uint32_t d = 0;
    bool over = false, last = false;

    while (!over && at < s.len) {
        size_t const next = line_behind(s, at);
        str const raw = {s.ptr + at, (next == SIZE_MAX ? s.len : next) - at};
        str const line = without_line_end(raw);

        if (next == SIZE_MAX && !final)
            break;
        if (line.len == 0)
            over = true, blank = raw;
        else if (line.ptr[0] == '-' && (d = delimiter(m, line, &last)) > 0 && (last || m->parts + 1 < MIME_PARTS_MAX))
            over = true, blank = raw;
        else
            d = 0, at += raw.len;
    }
    over = over || final;
    if (m->head.len == 0 && over) {
        block = str_first(s, at < MIME_HEADER_BYTES_MAX ? at : MIME_HEADER_BYTES_MAX);
    } else {
        size_t const room = MIME_HEADER_BYTES_MAX - m->head.len;

        buf_add(&m->head, str_first(s, at < room ? at : room));
        if (m->head.failed)
            return no_memory(m, e);
        block = buf_str(&m->head);
    }
    m->head_len += at;
    *taken = at + blank.len;
    m->at += *taken;
    if (!over)
        return true;
    if (d == 0)
        return end_head(m, block, m->head_len, blank, e);
    m->at -= blank.len; /* the part is over before the delimiter */
    if (!end_head(m, block, m->head_len, S(""), e))
        return false;
    m->at += blank.len;
    return delimit(m, d, last, e);
}

/* Takes body from s up to a delimiter's end, or all that can be decided. */
static bool take_body(struct mime *m, str s, bool final, size_t *taken, struct err *e) {
    size_t at = 0, from = 0;

    if (m->multiparts == 0) {
        *taken = s.len;
        return pass_on(m, s, e);
    }
    if (!(m->line_begins && str_starts(s, S("--"))))
        at = str_find_line(s, 0, S("--"));
    for (; at != SIZE_MAX; at = str_find_line(s, from, S("--"))) {
        size_t const next = line_behind(s, at);
        str const raw = {s.ptr + at, (next == SIZE_MAX ? s.len : next) - at};
        bool last = false;
        uint32_t d;

        if (next == SIZE_MAX && !final && raw.len <= DELIMITER_MAX) { /* who knows what it will be */
            *taken = at;
            return pass_on(m, str_first(s, at), e);
        }
        d = raw.len <= DELIMITER_MAX + 2 ? delimiter(m, without_line_end(raw), &last) : 0;
        if (d && !last && m->parts >= MIME_PARTS_MAX) {
            tell(m, m->at + at, 0, "more than 4,096 parts");
            d = 0;
        }
        if (d) {
            *taken = at + raw.len;
            if (!pass_on(m, str_first(s, at), e))
                return false;
            m->at += raw.len;
            return delimit(m, d, last, e);
        }
        from = at;
    }
    /* A hyphen alone at the end may be the first of a delimiter. */
    at = s.len;
    if (!final && s.len && s.ptr[s.len - 1] == '-' && (s.len == 1 ? m->line_begins : s.ptr[s.len - 2] == '\n'))
        at--;
    *taken = at;
    return pass_on(m, str_first(s, at), e);
}

/* Takes from s all that can be decided. What is left is less than a line. */
static bool take(struct mime *m, str s, bool final, size_t *taken, struct err *e) {
    size_t at = 0;

    while (at < s.len) {
        size_t n = 0;
        bool const ok = m->state == IN_HEAD ? take_head(m, str_from(s, at), final, &n, e)
                                            : take_body(m, str_from(s, at), final, &n, e);

        if (!ok)
            return false;
        at += n;
        if (m->held.len ||
            n == 0) /* a body's beginning that looked like a head left something open; or nothing is decided */
            break;
    }
    *taken = at;
    return true;
}

/* ------------------------------------------------------------------ the parser */

bool mime_new(struct mime **out, struct err *e) {
    struct mime *const m = calloc(1, sizeof *m);

    if (m) {
        m->texts = arena_new(TEXT_BYTES_MAX);
        m->open = calloc(MIME_DEPTH_MAX + 2, sizeof *m->open);
        m->headers = malloc(MIME_HEADERS_MAX * sizeof *m->headers);
    }
    if (!m || !m->texts || !m->open || !m->headers) {
        mime_free(m);
        return err_set(e, ERR_MEMORY, 0, "no memory for reading mail");
    }
    *out = m;
    return true;
}

void mime_free(struct mime *m) {
    if (!m)
        return;
    arena_free(m->texts);
    free(m->open);
    free(m->headers);
    buf_free(&m->held);
    buf_free(&m->head);
    buf_free(&m->decoded);
    buf_free(&m->scratch);
    free(m);
}

void mime_begin(struct mime *m, const struct mime_visitor *visitor) {
    m->visitor = *visitor;
    arena_reset(m->texts);
    m->depth = m->parts = m->multiparts = 0;
    m->at = 0;
    m->held.len = 0;
    m->line_end_len = 0;
    m->failed = m->held.failed = m->head.failed = m->decoded.failed = m->scratch.failed = false;
    begin_head(m, true);
}

bool mime_feed(struct mime *m, str piece, struct err *e) {
    while (piece.len) {
        size_t taken = 0;

        if (m->held.len) {
            size_t const next = line_behind(piece, 0);
            str const more = str_first(piece, next == SIZE_MAX ? piece.len : next);
            struct buf line;

            buf_add(&m->held, more);
            piece = str_from(piece, more.len);
            if (m->held.failed)
                return no_memory(m, e);
            if (next == SIZE_MAX && m->held.len <= (m->state == IN_HEAD ? MIME_HEADER_BYTES_MAX : DELIMITER_MAX))
                continue;
            line = m->held;
            m->held = (struct buf){0};
            if (!take(m, buf_str(&line), m->state == IN_HEAD && next == SIZE_MAX, &taken, e)) {
                buf_free(&line);
                return false;
            }
            if (m->held.len == 0 && taken == line.len) {
                buf_free(&m->held);
                m->held = line; /* its memory */
                m->held.len = 0;
            } else {
                buf_add(&m->held, str_from(buf_str(&line), taken));
                buf_free(&line);
                if (m->held.failed)
                    return no_memory(m, e);
            }
            continue;
        }
        if (!take(m, piece, false, &taken, e))
            return false;
        piece = str_from(piece, taken);
        if (m->held.len == 0 && piece.len) {
            if (line_behind(piece, 0) != SIZE_MAX)
                continue;
            buf_add(&m->held, piece);
            if (m->held.failed)
                return no_memory(m, e);
            piece = S("");
        }
    }
    return true;
}

bool mime_end(struct mime *m, struct err *e) {
    while (m->held.len) {
        struct buf rest = m->held;
        size_t taken = 0;
        bool ok;

        m->held = (struct buf){0};
        ok = take(m, buf_str(&rest), true, &taken, e);
        if (ok && taken < rest.len)
            buf_add(&m->held, str_from(buf_str(&rest), taken));
        buf_free(&rest);
        if (!ok)
            return false;
        if (m->held.failed)
            return no_memory(m, e);
    }
    while (m->state == IN_HEAD) { /* nothing, or no blank line; a message within has a head as well */
        size_t taken = 0;

        if (!take_head(m, S(""), true, &taken, e))
            return false;
    }
    if (m->state == IN_BODY && !give_line_end(m, e))
        return false;
    while (m->depth)
        if (!end_part(m, e))
            return false;
    return true;
}
