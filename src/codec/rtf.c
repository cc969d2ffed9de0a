/* rtf: runs of up to eight tokens, a bit each whether it is a byte or a place in the dictionary of 4,096 bytes, which begins with what RTF
 * usually begins with ([MS-OXRTFCP] 3.1). The RTF is then read as a list of braces, words and text; no more of it than is needed to know
 * what is shown. */
#include "codec/rtf.h"

#include "base/cursor.h"
#include "base/utf.h"
#include "codec/charset.h"

#define DICTIONARY 4096u
#define COMPRESSED 0x75465a4cu /* "LZFu" */
#define STORED 0x414c454du     /* "MELA" */
#define DEPTH_MAX 256u

/* [MS-OXRTFCP] 2.1.2.1 */
static const char initial[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    "MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

bool rtf_decompress(str compressed, struct buf *out) {
    struct cursor c = cursor_of(compressed);
    char dictionary[DICTIONARY] = {0};
    uint32_t size, raw, type, sum, at = sizeof initial - 1;
    size_t const before = out->len;

    if (!read_u32le(&c, &size) || !read_u32le(&c, &raw) || !read_u32le(&c, &type) || !read_u32le(&c, &sum))
        return false;
    if (type == STORED) {
        str const rest = {c.pos, cursor_left(&c)};

        buf_add(out, str_first(rest, raw < RTF_BYTES_MAX ? raw : RTF_BYTES_MAX));
        return rest.len >= raw && raw <= RTF_BYTES_MAX;
    }
    if (type != COMPRESSED)
        return false;
    memcpy(dictionary, initial, at);
    for (;;) {
        uint8_t control, high, low;

        if (!read_u8(&c, &control))
            return false;
        for (unsigned bit = 0; bit < 8; bit++) {
            if (control >> bit & 1) {
                if (!read_u8(&c, &high) || !read_u8(&c, &low))
                    return false;
                uint32_t from = (uint32_t)high << 4 | low >> 4, len = (low & 15u) + 2;

                if (from == at) /* the end */
                    return true;
                if (out->len - before + len > RTF_BYTES_MAX)
                    return false;
                for (; len; len--) {
                    char const byte = dictionary[from];

                    buf_byte(out, byte);
                    dictionary[at] = byte;
                    from = (from + 1) % DICTIONARY;
                    at = (at + 1) % DICTIONARY;
                }
            } else {
                if (!read_u8(&c, &low) || out->len - before >= RTF_BYTES_MAX)
                    return false;
                buf_byte(out, (char)low);
                dictionary[at] = (char)low;
                at = (at + 1) % DICTIONARY;
            }
            if (out->failed)
                return false;
        }
    }
}

/* ---- what it shows ---- */

/* What holds in a pair of braces. */
struct group {
    bool skip;     /* a destination that shows nothing */
    bool html_tag; /* {\*\htmltag ...}: shown in HTML, whatever else holds */
    uint8_t after; /* bytes that stand in for a character that was said by number */
};

struct rtf {
    str in;
    size_t at;
    struct buf *out;
    const struct charset *charset;
    struct buf bytes; /* of the character set, until something else comes */
    struct group groups[DEPTH_MAX];
    unsigned depth, too_deep; /* braces beyond DEPTH_MAX */
    bool html, hidden;        /* fromhtml; htmlrtf: what follows is for RTF alone */
    bool star;                /* behind \* */
    unsigned skip;            /* characters left that stand in for one */
};

static bool shows(const struct rtf *r) {
    const struct group *const g = &r->groups[r->depth];

    return !r->too_deep && !g->skip && (g->html_tag || !r->hidden);
}

static void bytes_out(struct rtf *r) {
    uint64_t bad = 0;

    if (r->bytes.len)
        charset_decode(r->charset, buf_str(&r->bytes), r->out, &bad);
    r->bytes.len = 0;
}

static void byte_shown(struct rtf *r, char byte) {
    if (r->skip) {
        r->skip--;
        return;
    }
    if (shows(r))
        buf_byte(&r->bytes, byte);
}

static void point_shown(struct rtf *r, uint32_t point) {
    char to[4];

    if (!shows(r))
        return;
    bytes_out(r);
    buf_add(r->out, (str){to, utf8_encode(point, to)});
}

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Destinations that show nothing. */
static bool is_silent(str word) {
    static const str silent[] = {STR("fonttbl"), STR("colortbl"), STR("stylesheet"), STR("info"),   STR("pict"),
                                 STR("object"),  STR("header"),   STR("footer"),     STR("objdata")};

    for (size_t i = 0; i < COUNT(silent); i++)
        if (str_eq(word, silent[i]))
            return true;
    return false;
}

static void control_word(struct rtf *r, str word, bool given, int32_t n) {
    struct group *const g = &r->groups[r->depth];
    bool const star = r->star;

    r->star = false;
    if (r->too_deep)
        return;
    if (str_eq(word, S("htmltag"))) {
        g->skip = false;
        g->html_tag = true;
    } else if (star || is_silent(word)) {
        g->skip = true;
    } else if (str_eq(word, S("fromhtml"))) {
        r->html = true;
    } else if (str_eq(word, S("htmlrtf"))) {
        r->hidden = r->html && (!given || n != 0);
    } else if (str_eq(word, S("ansicpg"))) {
        r->charset = charset_code_page((uint32_t)n);
    } else if (str_eq(word, S("uc"))) {
        g->after = n >= 0 && n < 16 ? (uint8_t)n : 1;
    } else if (str_eq(word, S("u"))) {
        uint32_t const unit = (uint32_t)n & 0xffff;

        point_shown(r, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
        r->skip = g->after;
    } else if (str_eq(word, S("par")) || str_eq(word, S("line"))) {
        byte_shown(r, '\n');
    } else if (str_eq(word, S("tab"))) {
        byte_shown(r, '\t');
    } else if (str_eq(word, S("lquote")) || str_eq(word, S("rquote"))) {
        point_shown(r, str_eq(word, S("lquote")) ? 0x2018 : 0x2019);
    } else if (str_eq(word, S("ldblquote")) || str_eq(word, S("rdblquote"))) {
        point_shown(r, str_eq(word, S("ldblquote")) ? 0x201c : 0x201d);
    } else if (str_eq(word, S("bullet"))) {
        point_shown(r, 0x2022);
    } else if (str_eq(word, S("endash")) || str_eq(word, S("emdash"))) {
        point_shown(r, str_eq(word, S("endash")) ? 0x2013 : 0x2014);
    } else if (str_eq(word, S("bin")) && n > 0) { /* so many bytes follow that are no RTF */
        r->at = (size_t)n < r->in.len - r->at ? r->at + (size_t)n : r->in.len;
    }
}

/* Behind a backslash. */
static void control(struct rtf *r) {
    size_t const begin = r->at;
    int32_t n = 0;
    bool given = false, minus = false;

    if (r->at == r->in.len)
        return;
    char const c = r->in.ptr[r->at];

    if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        r->at++;
        if (c == '\'') {
            int const high = r->at < r->in.len ? hex(r->in.ptr[r->at]) : -1;
            int const low = r->at + 1 < r->in.len ? hex(r->in.ptr[r->at + 1]) : -1;

            if (high < 0 || low < 0)
                return;
            r->at += 2;
            byte_shown(r, (char)(high << 4 | low));
        } else if (c == '*') {
            r->star = true;
        } else if (c == '~') {
            byte_shown(r, ' ');
        } else if (c == '\\' || c == '{' || c == '}') {
            byte_shown(r, c);
        } else if (c == '\r' || c == '\n') {
            byte_shown(r, '\n');
        }
        return;
    }
    while (r->at < r->in.len && (r->in.ptr[r->at] | 0x20) >= 'a' && (r->in.ptr[r->at] | 0x20) <= 'z')
        r->at++;
    str const word = {r->in.ptr + begin, r->at - begin};

    if (r->at < r->in.len && r->in.ptr[r->at] == '-') {
        minus = true;
        r->at++;
    }
    for (unsigned digits = 0; r->at < r->in.len && r->in.ptr[r->at] >= '0' && r->in.ptr[r->at] <= '9'; r->at++) {
        given = true;
        if (digits++ < 9)
            n = n * 10 + (r->in.ptr[r->at] - '0');
    }
    if (r->at < r->in.len && r->in.ptr[r->at] == ' ') /* belongs to the word */
        r->at++;
    control_word(r, word, given, minus ? -n : n);
}

void rtf_text(str rtf, struct buf *out, bool *html) {
    struct rtf *const r = calloc(1, sizeof *r);

    *html = false;
    if (!r) {
        out->failed = true;
        return;
    }
    r->in = rtf;
    r->out = out;
    r->groups[0].after = 1;
    while (r->at < rtf.len && !out->failed) {
        char const c = rtf.ptr[r->at++];

        if (c == '{') {
            r->skip = 0;
            if (r->depth + 1 < DEPTH_MAX && !r->too_deep) {
                r->depth++;
                r->groups[r->depth] = r->groups[r->depth - 1];
            } else {
                r->too_deep++;
            }
        } else if (c == '}') {
            r->skip = 0;
            if (r->too_deep)
                r->too_deep--;
            else if (r->depth)
                r->depth--;
            r->star = false;
        } else if (c == '\\') {
            control(r);
        } else if (c != '\r' && c != '\n' && c != '\0') {
            byte_shown(r, c);
        }
    }
    bytes_out(r);
    *html = r->html;
    out->failed = out->failed || r->bytes.failed;
    buf_free(&r->bytes);
    free(r);
}
