/* charset: text to UTF-8. Tables of code points (charset_table.py), and for each form of a set how its bytes name a cell.
 *
 * Most text is ASCII, in nearly every set; it is copied 16 bytes at a time. A byte that begins no character, and a character that
 * the set does not have, become U+FFFD; a byte of ASCII that should have ended a character is then read for itself (WHATWG
 * Encoding Standard, 4.2 and on), so that no line end and no quote is lost to a broken one. */
#include "codec/charset.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf.h"

enum form {
    FORM_SINGLE,
    FORM_UTF8,
    FORM_UTF16BE,
    FORM_UTF16LE,
    FORM_UTF7,
    FORM_GB18030,
    FORM_HZ,
    FORM_BIG5,
    FORM_SHIFT_JIS,
    FORM_EUC_JP,
    FORM_ISO2022_JP,
    FORM_EUC_KR,
    FORM_ISO2022_KR,
    FORM_JOHAB,
};

struct charset {
    str name;
    enum form form;
    const uint16_t *high; /* SINGLE: of the bytes from 0x80 on */
};

struct label {
    const char *key;
    unsigned set;
};

#include "charset_table.h"

/* ---- labels ---- */

#define LABEL_MAX 40u

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

const struct charset *charset_named(str label) {
    char key[LABEL_MAX + 1];
    struct label const wanted = {key, 0};
    const struct label *found;
    size_t len = 0;

    for (size_t i = 0; i < label.len; i++) {
        unsigned char const c = (unsigned char)label.ptr[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            if (len == LABEL_MAX)
                return NULL;
            key[len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        } else if (c > 0x7f || c < ' ') {
            if (c != '\t' && c != '\r' && c != '\n')
                return NULL;
        }
    }
    key[len] = '\0';
    found = bsearch(&wanted, labels, COUNT(labels), sizeof *labels, by_key);
    return found ? &sets[found->set] : NULL;
}

const struct charset *charset_code_page(uint32_t number) {
    /* Those whose labels are not made of their numbers. */
    static const struct {
        uint32_t number;
        str label;
    } pages[] = {
        {932, STR("shift_jis")},     {936, STR("gbk")},       {949, STR("euc-kr")},        {950, STR("big5")},
        {874, STR("windows-874")},   {1200, STR("utf-16le")}, {1201, STR("utf-16be")},     {20127, STR("us-ascii")},
        {20866, STR("koi8-r")},      {21866, STR("koi8-u")},  {50220, STR("iso-2022-jp")}, {50221, STR("iso-2022-jp")},
        {50222, STR("iso-2022-jp")}, {51932, STR("euc-jp")},  {51936, STR("gb2312")},      {51949, STR("euc-kr")},
        {54936, STR("gb18030")},     {65000, STR("utf-7")},   {65001, STR("utf-8")},
    };
    char label[32];

    for (size_t i = 0; i < COUNT(pages); i++)
        if (pages[i].number == number)
            return charset_named(pages[i].label);
    if (number >= 28591 && number <= 28606)
        snprintf(label, sizeof label, "iso-8859-%u", number - 28590);
    else
        snprintf(label, sizeof label, number >= 1250 && number <= 1258 ? "windows-%u" : "cp%u", number);
    return charset_named(str_of(label));
}

str charset_name(const struct charset *c) {
    return c->name;
}

/* ---- one character ---- */

enum state { ASCII, ROMAN, KATAKANA, KANJI, SUPPLEMENT, WIDE }; /* of sets that have states */

/* What is left of a text, and where it goes. There is room for three bytes for each that is left before a mark, and 16 more. */
struct reading {
    const unsigned char *p, *end;
    char *to;
    uint64_t bad;
    enum state state;
    uint32_t bits, unit; /* UTF-7: bits that are no unit yet, and a high surrogate */
    unsigned count;
};

static inline void put(struct reading *r, uint32_t point) {
    r->to += utf8_encode(point, r->to);
}

static void put_bad(struct reading *r) {
    put(r, 0xfffd);
    r->bad++;
}

/* A cell of a table, or none: then a trail of ASCII is left to be read again. lead and trail stand at p. */
static void put_pair(struct reading *r, uint32_t point) {
    if (point) {
        put(r, point);
        r->p += 2;
    } else {
        r->p += r->p[1] > 0x7f ? 2 : 1;
        put_bad(r);
    }
}

/* A character broken by the end. */
static bool lone(struct reading *r) {
    if (r->end - r->p >= 2)
        return false;
    r->p++;
    put_bad(r);
    return true;
}

/* A byte that begins nothing. */
static bool no_lead(struct reading *r, unsigned first, unsigned last) {
    if (*r->p >= first && *r->p <= last)
        return false;
    r->p++;
    put_bad(r);
    return true;
}

static uint32_t gbk_cell(unsigned lead, unsigned trail) {
    if (lead < 0x81 || lead > 0xfe || trail < 0x40 || trail == 0x7f || trail > 0xfe)
        return 0;
    return gbk_cells[(lead - 0x81) * 190 + trail - 0x40 - (trail > 0x7f)];
}

/* Four bytes: a number, of the BMP in runs, beyond it in one. 0: none. */
static uint32_t gb18030_four(const unsigned char *p) {
    uint32_t const number =
        (((uint32_t)p[0] - 0x81) * 10 + p[1] - 0x30) * 1260 + ((uint32_t)p[2] - 0x81) * 10 + p[3] - 0x30;
    size_t low = 0, high = COUNT(gb18030_runs) / 2;

    if (number >= 189000)
        return number - 189000 < 0x100000 ? number - 189000 + 0x10000 : 0;
    if (number >= 39420)
        return 0;
    while (high - low > 1) {
        size_t const middle = (low + high) / 2;

        if (gb18030_runs[2 * middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return gb18030_runs[2 * low + 1] ? gb18030_runs[2 * low + 1] + number - gb18030_runs[2 * low] : 0;
}

static void gb18030(struct reading *r) {
    const unsigned char *const p = r->p;
    ptrdiff_t const left = r->end - p;

    if (*p == 0x80) { /* as windows-936 has it */
        r->p++;
        put(r, 0x20ac);
        return;
    }
    if (no_lead(r, 0x81, 0xfe) || lone(r))
        return;
    if (p[1] >= '0' && p[1] <= '9') {
        if (left >= 4 && p[2] >= 0x81 && p[2] <= 0xfe && p[3] >= '0' && p[3] <= '9') {
            uint32_t const point = gb18030_four(p);

            r->p += 4;
            if (point)
                put(r, point);
            else
                put_bad(r);
            return;
        }
        r->p++;
        put_bad(r);
        return;
    }
    put_pair(r, gbk_cell(p[0], p[1]));
}

static void big5(struct reading *r) {
    static const struct {
        unsigned char trail;
        uint16_t base, mark;
    } pairs[] = {{0x62, 0xca, 0x304}, {0x64, 0xca, 0x30c}, {0xa3, 0xea, 0x304}, {0xa5, 0xea, 0x30c}}; /* of lead 0x88 */
    unsigned lead, trail, cell;

    if (no_lead(r, 0x81, 0xfe) || lone(r))
        return;
    lead = r->p[0];
    trail = r->p[1];
    for (size_t i = 0; lead == 0x88 && i < COUNT(pairs); i++)
        if (trail == pairs[i].trail) {
            put(r, pairs[i].base);
            put(r, pairs[i].mark);
            r->p += 2;
            return;
        }
    if (trail < 0x40 || (trail > 0x7e && trail < 0xa1) || trail > 0xfe) {
        put_pair(r, 0);
        return;
    }
    cell = (lead - 0x81) * 157 + trail - (trail > 0x7e ? 0xa1 - 63 : 0x40);
    put_pair(r, big5_cells[cell] | (uint32_t)(big5_plane2[cell / 8] >> cell % 8 & 1) << 17);
}

static void shift_jis(struct reading *r) {
    unsigned const lead = r->p[0];
    unsigned trail;

    if (lead >= 0xa1 && lead <= 0xdf) {
        r->p++;
        put(r, 0xff61 - 0xa1 + lead);
        return;
    }
    if (no_lead(r, lead < 0xa0 ? 0x81 : 0xe0, lead < 0xa0 ? 0x9f : 0xfc) || lone(r))
        return;
    trail = r->p[1];
    if (trail < 0x40 || trail == 0x7f || trail > 0xfc) {
        put_pair(r, 0);
    } else {
        put_pair(r, jis0208_cells[(lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188 + trail - 0x40 - (trail > 0x7f)]);
    }
}

/* A cell of a square of 94: two bytes from 0x21 to 0x7e. 0: none. */
static uint32_t square_cell(const uint16_t *cells, unsigned row, unsigned column) {
    return row < 0x21 || row > 0x7e || column < 0x21 || column > 0x7e ? 0 : cells[(row - 0x21) * 94 + column - 0x21];
}

static void euc_jp(struct reading *r) {
    const unsigned char *const p = r->p;

    if ((*p != 0x8e && *p != 0x8f && no_lead(r, 0xa1, 0xfe)) || lone(r))
        return;
    if (p[0] == 0x8e) {
        put_pair(r, p[1] >= 0xa1 && p[1] <= 0xdf ? 0xff61 - 0xa1 + (uint32_t)p[1] : 0);
    } else if (p[0] == 0x8f && r->end - p >= 3 && p[1] >= 0xa1 && p[2] >= 0xa1) {
        uint32_t const point = square_cell(jis0212_cells, p[1] & 0x7f, p[2] & 0x7f);

        r->p += 3;
        if (point)
            put(r, point);
        else
            put_bad(r);
    } else {
        put_pair(r, p[1] > 0x7f ? square_cell(jis0208_cells, p[0] & 0x7f, p[1] & 0x7f) : 0);
    }
}

static uint32_t euckr_cell(unsigned lead, unsigned trail) {
    return lead < 0x81 || lead > 0xfe || trail < 0x41 || trail > 0xfe ? 0
                                                                      : euckr_cells[(lead - 0x81) * 190 + trail - 0x41];
}

static void euc_kr(struct reading *r) {
    if (!no_lead(r, 0x81, 0xfe) && !lone(r))
        put_pair(r, euckr_cell(r->p[0], r->p[1]));
}

static void johab(struct reading *r) {
    unsigned lead, trail;

    if (no_lead(r, 0x84, 0xf9) || lone(r))
        return;
    lead = r->p[0];
    trail = r->p[1];
    put_pair(r, trail < 0x31 || trail > 0xfe ? 0 : johab_cells[(lead - 0x84) * 206 + trail - 0x31]);
}

/* Escape sequences say what the bytes behind them are (RFC 1468, 2237). A line end is one in every state. */
static void iso2022_jp(struct reading *r) {
    static const struct {
        str escape;
        enum state state;
    } escapes[] = {
        {STR("\x1b(B"), ASCII}, {STR("\x1b(J"), ROMAN},  {STR("\x1b(I"), KATAKANA},    {STR("\x1b$@"), KANJI},
        {STR("\x1b$B"), KANJI}, {STR("\x1b$(B"), KANJI}, {STR("\x1b$(D"), SUPPLEMENT}, {STR("\x1b(H"), ROMAN},
    };
    const unsigned char *const p = r->p;

    for (size_t i = 0; *p == 0x1b && i < COUNT(escapes); i++)
        if (str_starts((str){(const char *)p, (size_t)(r->end - p)}, escapes[i].escape)) {
            r->state = escapes[i].state;
            r->p += escapes[i].escape.len;
            return;
        }
    if (*p == 0x1b || *p > 0x7f) {
        r->p++;
        put_bad(r);
    } else if (*p <= ' ' || r->state == ASCII) {
        put(r, *p);
        r->p++;
        if (*p == '\n')
            r->state = ASCII; /* RFC 1468: lines end in ASCII */
    } else if (r->state == ROMAN) {
        put(r, *p == '\\' ? 0xa5 : *p == '~' ? 0x203e : *p);
        r->p++;
    } else if (r->state == KATAKANA) {
        r->p++;
        if (*p >= 0x21 && *p <= 0x5f)
            put(r, 0xff61 - 0x21 + (uint32_t)*p);
        else
            put_bad(r);
    } else if (!lone(r)) {
        uint32_t const point = square_cell(r->state == KANJI ? jis0208_cells : jis0212_cells, p[0], p[1]);

        r->p += p[1] > ' ' && p[1] < 0x7f ? 2 : 1;
        if (point)
            put(r, point);
        else
            put_bad(r);
    }
}

/* RFC 1557: the designation stands once, at the start; SO and SI go to KS X 1001 and back. */
static void iso2022_kr(struct reading *r) {
    const unsigned char *const p = r->p;

    if (str_starts((str){(const char *)p, (size_t)(r->end - p)}, S("\x1b$)C"))) {
        r->p += 4;
    } else if (*p == 0x0e || *p == 0x0f) {
        r->state = *p == 0x0e ? WIDE : ASCII;
        r->p++;
    } else if (*p == 0x1b || *p > 0x7f) {
        r->p++;
        put_bad(r);
    } else if (*p <= ' ' || r->state == ASCII) {
        put(r, *p);
        r->p++;
        if (*p == '\n')
            r->state = ASCII;
    } else if (!lone(r)) {
        bool const pair = p[1] > ' ' && p[1] < 0x7f;
        uint32_t const point = pair ? euckr_cell(p[0] | 0x80, p[1] | 0x80) : 0;

        r->p += pair ? 2 : 1;
        if (point)
            put(r, point);
        else
            put_bad(r);
    }
}

/* RFC 1843: ~{ to GB 2312 and ~} back, ~~ for ~, and ~ before a line end for nothing. */
static void hz(struct reading *r) {
    const unsigned char *const p = r->p;
    unsigned const next = r->end - p > 1 ? p[1] : 0;

    if (*p == '~' && (next == '{' || next == '}')) {
        r->state = next == '{' ? WIDE : ASCII;
        r->p += 2;
    } else if (*p == '~' && r->state == ASCII && (next == '~' || next == '\n')) {
        if (next == '~')
            put(r, '~');
        r->p += 2;
    } else if (*p > 0x7f || (*p == '~' && r->state == ASCII)) {
        r->p++;
        put_bad(r);
    } else if (*p <= ' ' || r->state == ASCII) {
        put(r, *p);
        r->p++;
        if (*p == '\n')
            r->state = ASCII;
    } else if (!lone(r)) {
        bool const pair = next > ' ' && next < 0x7f;
        uint32_t const point = pair ? gbk_cell(*p | 0x80, next | 0x80) : 0;

        r->p += pair ? 2 : 1;
        if (point)
            put(r, point);
        else
            put_bad(r);
    }
}

static int digit64(unsigned char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A unit of UTF-16, of which two may be one character. */
static void utf7_unit(struct reading *r, uint32_t unit) {
    if (r->unit && unit >= 0xdc00 && unit <= 0xdfff) {
        put(r, 0x10000 + ((r->unit - 0xd800) << 10) + unit - 0xdc00);
        r->unit = 0;
        return;
    }
    if (r->unit)
        put_bad(r);
    r->unit = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
    if (unit >= 0xdc00 && unit <= 0xdfff)
        put_bad(r);
    else if (!r->unit)
        put(r, unit);
}

/* The end of a run of UTF-16: what is left must be nothing but padding. */
static void utf7_end(struct reading *r) {
    if (r->unit)
        put_bad(r);
    else if (r->count >= 6 || (r->count && r->bits))
        put_bad(r);
    r->state = ASCII;
    r->bits = r->unit = r->count = 0;
}

/* RFC 2152: + begins UTF-16 in base64, any other character ends it, and - goes with the end; +- is +. */
static void utf7(struct reading *r) {
    unsigned char const c = *r->p++;

    if (r->state == ASCII) {
        if (c == '+' && r->p < r->end && *r->p == '-') {
            put(r, '+');
            r->p++;
        } else if (c == '+') {
            r->state = WIDE;
        } else if (c > 0x7f) {
            put_bad(r);
        } else {
            put(r, c);
        }
    } else if (digit64(c) >= 0) {
        r->bits = r->bits << 6 | (uint32_t)digit64(c);
        r->count += 6;
        if (r->count >= 16) {
            r->count -= 16;
            utf7_unit(r, r->bits >> r->count & 0xffff);
            r->bits &= (1u << r->count) - 1;
        }
    } else {
        utf7_end(r);
        if (c != '-') {
            if (c > 0x7f)
                put_bad(r);
            else
                put(r, c);
        }
    }
}

static void utf16(struct reading *r, bool big) {
    uint32_t unit, second;

    if (lone(r))
        return;
    unit = big ? (uint32_t)r->p[0] << 8 | r->p[1] : (uint32_t)r->p[1] << 8 | r->p[0];
    r->p += 2;
    if (unit < 0xd800 || unit > 0xdfff) {
        put(r, unit);
        return;
    }
    if (unit < 0xdc00 && r->end - r->p >= 2) {
        second = big ? (uint32_t)r->p[0] << 8 | r->p[1] : (uint32_t)r->p[1] << 8 | r->p[0];
        if (second >= 0xdc00 && second <= 0xdfff) {
            put(r, 0x10000 + ((unit - 0xd800) << 10) + second - 0xdc00);
            r->p += 2;
            return;
        }
    }
    put_bad(r);
}

/* ---- whole texts ---- */

/* Copies ASCII, as far as there is, and none of it `special`. 15 bytes more than are copied may be written. */
static inline void ascii_run(struct reading *r, const unsigned char *stop, unsigned char special) {
#ifdef __SSE2__
    while (stop - r->p >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)r->p);
        int const mask = _mm_movemask_epi8(_mm_or_si128(v, _mm_cmpeq_epi8(v, _mm_set1_epi8((char)special))));
        int const n = mask ? __builtin_ctz((unsigned)mask) : 16;

        _mm_storeu_si128((__m128i *)(void *)r->to, v);
        r->p += n;
        r->to += n;
        if (mask)
            return;
    }
#endif
    while (r->p < stop && *r->p < 0x80 && *r->p != special)
        *r->to++ = (char)*r->p++;
}

static void single(struct reading *r, const unsigned char *stop, const uint16_t *high) {
    for (; r->p < stop && *r->p >= 0x80; r->p++) {
        uint32_t const point = high[*r->p - 0x80];

        if (point)
            put(r, point);
        else
            put_bad(r);
    }
}

/* The byte of ASCII that is more than itself, of sets with states while they are in none; 0xff: there is none. */
static unsigned char special_of(enum form form) {
    return form == FORM_ISO2022_JP ? 0x1b : form == FORM_HZ ? '~' : form == FORM_UTF7 ? '+' : 0xff;
}

/* To the mark, or a character farther. */
static void some(const struct charset *c, struct reading *r, const unsigned char *stop) {
    bool const runs = c->form != FORM_UTF16BE && c->form != FORM_UTF16LE && c->form != FORM_ISO2022_KR;
    unsigned char const special = special_of(c->form);

    while (r->p < stop) {
        if (runs && r->state == ASCII)
            ascii_run(r, stop, special);
        if (r->p >= stop)
            break;
        switch (c->form) {
        case FORM_SINGLE:
            single(r, stop, c->high);
            break;
        case FORM_UTF8:
            assert(false); /* repaired by base/utf.h */
            break;
        case FORM_UTF16BE:
        case FORM_UTF16LE:
            utf16(r, c->form == FORM_UTF16BE);
            break;
        case FORM_UTF7:
            utf7(r);
            break;
        case FORM_GB18030:
            gb18030(r);
            break;
        case FORM_HZ:
            hz(r);
            break;
        case FORM_BIG5:
            big5(r);
            break;
        case FORM_SHIFT_JIS:
            shift_jis(r);
            break;
        case FORM_EUC_JP:
            euc_jp(r);
            break;
        case FORM_ISO2022_JP:
            iso2022_jp(r);
            break;
        case FORM_EUC_KR:
            euc_kr(r);
            break;
        case FORM_ISO2022_KR:
            iso2022_kr(r);
            break;
        case FORM_JOHAB:
            johab(r);
            break;
        }
    }
}

static void utf8(str text, struct buf *out, uint64_t *bad) {
    struct reading ascii = {.p = (const unsigned char *)text.ptr};
    size_t repaired = 0, valid;
    char *to;

    if (text.len > SIZE_MAX - 16 || !(ascii.to = buf_reserve(out, text.len + 16))) {
        out->failed = true;
        return;
    }
    ascii_run(&ascii, ascii.p + text.len, 0xff);
    out->len = (size_t)(ascii.to - out->ptr);
    text = str_from(text, (size_t)((const char *)ascii.p - text.ptr));
    valid = utf8_valid(text);
    buf_add(out, str_first(text, valid));
    text = str_from(text, valid);
    if (text.len == 0)
        return;
    if (text.len > SIZE_MAX / 3 || !(to = buf_reserve(out, 3 * text.len))) {
        out->failed = true;
        return;
    }
    out->len += utf8_repair(text, to, &repaired);
    *bad += repaired;
}

#define CHUNK 65536u /* of the text, for which room is made at once */

void charset_decode(const struct charset *c, str text, struct buf *out, uint64_t *bad) {
    struct reading r = {0};

    if (!c && utf8_valid(text) != text.len)
        c = &sets[SET_FALLBACK];
    if (!c || c->form == FORM_UTF8) {
        utf8(str_from(text, str_starts(text, S("\xef\xbb\xbf")) ? 3 : 0), out, bad);
        return;
    }
    if (c->form == FORM_UTF16LE || c->form == FORM_UTF16BE) {
        bool const big = str_starts(text, S("\xfe\xff")), small = str_starts(text, S("\xff\xfe"));

        if (big || small) {
            text = str_from(text, 2);
            if (big != (c->form == FORM_UTF16BE))
                c = charset_named(big ? S("utf-16be") : S("utf-16le"));
        }
    }
    r.p = (const unsigned char *)text.ptr;
    r.end = r.p + text.len;
    while (r.p < r.end) {
        size_t const left = (size_t)(r.end - r.p), step = left < CHUNK ? left : CHUNK;

        if (!(r.to = buf_reserve(out, 3 * step + 32)))
            return;
        some(c, &r, r.p + step);
        if (r.p == r.end && c->form == FORM_UTF7 && r.state == WIDE)
            utf7_end(&r);
        out->len = (size_t)(r.to - out->ptr);
    }
    *bad += r.bad;
}
