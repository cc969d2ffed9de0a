/* transfer: base64, quoted-printable and uuencode.
 *
 * Base64: digits are gathered in groups of four wherever they stand; `=` ends a group, and what comes behind it is decoded as
 * well, because base64 is concatenated by programs that know no better. Where the processor has AVX2, 32 digits are
 * looked at a time.
 *
 * Quoted-printable: nothing but `=` and a blank before a line end needs a look; 16 bytes are passed over at a time. Blanks at
 * the end of a line are no text (RFC 2045 6.7, rule 3), which is known only when the line ends: at most BLANKS_MAX of
 * them are held, so that nobody's blanks need unbounded memory, and a run of more is text whatever follows. A line ends in
 * LF, CRLF or CR, and is copied with the end it has.
 *
 * Uuencode: a line at a time. */
#include "codec/transfer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "codec/transfer_own.h"

#define BLANKS_MAX 76u /* RFC 2045 6.7, rule 5: no line is longer */

/* ---- the header field ---- */

static const struct {
    str name;
    enum transfer how;
} names[] = {
    {STR("7bit"), TRANSFER_IDENTITY},
    {STR("8bit"), TRANSFER_IDENTITY},
    {STR("binary"), TRANSFER_IDENTITY},
    {STR("base64"), TRANSFER_BASE64},
    {STR("quoted-printable"), TRANSFER_QUOTED},
    {STR("x-uuencode"), TRANSFER_UUENCODE},
    {STR("uuencode"), TRANSFER_UUENCODE},
    {STR("x-uue"), TRANSFER_UUENCODE},
    {STR("uue"), TRANSFER_UUENCODE},
};

enum transfer transfer_named(str value, bool *known) {
    char word[20];
    size_t len = 0;
    unsigned depth = 0;

    *known = false;
    for (size_t i = 0; i < value.len; i++) {
        char const c = value.ptr[i];

        if (c == '(')
            depth++;
        else if (c == ')' && depth)
            depth--;
        else if (depth || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '\'')
            continue;
        else if (c == ';')
            break;
        else if (len == sizeof word)
            return TRANSFER_IDENTITY;
        else
            word[len++] = c;
    }
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_ascii((str){word, len}, names[i].name)) {
            *known = true;
            return names[i].how;
        }
    return TRANSFER_IDENTITY;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* ---- base64 (RFC 2045 6.8) ---- */

#define N__ 0xff /* no digit, no blank */
#define BLK 0xfe
#define PAD 0xfd
#define NO_DIGIT 0x80
static const uint8_t digit_of[256] = {
    N__, N__, N__, N__, N__, N__, N__, N__, N__, BLK, BLK, N__, N__, BLK, N__, N__, /* 00 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* 10 */
    BLK, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, 62,  N__, N__, N__, 63,  /* 20 */
    52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  N__, N__, N__, PAD, N__, N__, /* 30 */
    N__, 0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  /* 40 */
    15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  N__, N__, N__, N__, N__, /* 50 */
    N__, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  /* 60 */
    41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  N__, N__, N__, N__, N__, /* 70 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* 80 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* 90 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* a0 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* b0 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* c0 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* d0 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* e0 */
    N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, N__, /* f0 */
};

size_t base64_run(str s, char *to) {
    const unsigned char *const p = (const unsigned char *)s.ptr;
    size_t i = 0;

    for (; s.len - i >= 4; i += 4, to += 3) {
        uint32_t const a = digit_of[p[i]], b = digit_of[p[i + 1]], c = digit_of[p[i + 2]], d = digit_of[p[i + 3]];
        uint32_t const bits = a << 18 | b << 12 | c << 6 | d;

        if (UNLIKELY((a | b | c | d) & NO_DIGIT))
            break;
        to[0] = (char)(bits >> 16);
        to[1] = (char)(bits >> 8);
        to[2] = (char)bits;
    }
    return i;
}

#if defined(__x86_64__)
bool base64_has_wide(void) {
    return __builtin_cpu_supports("avx2");
}

/* Are they from..to? (Bytes above 0x7f are negative, and in no range.) */
__attribute__((target("avx2"))) static inline __m256i within(__m256i v, char from, char to) {
    return _mm256_and_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8((char)(from - 1))),
                            _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(to + 1)), v));
}

/* A digit is its letter and a number that depends on the range the letter is in. Six bits each are then brought together: two
 * digits to twelve bits, two of those to 24, and the three bytes of each 24 behind one another. */
__attribute__((target("avx2"))) size_t base64_run_wide(str s, char *to) {
    __m256i const order =
        _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, /* each half its own */
                         2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i const together = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    size_t i = 0;

    for (; s.len - i >= 32; i += 32, to += 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(s.ptr + i));
        __m256i const large = within(v, 'A', 'Z'), small = within(v, 'a', 'z'), number = within(v, '0', '9');
        __m256i const plus = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('+'));
        __m256i const slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
        __m256i const known =
            _mm256_or_si256(_mm256_or_si256(_mm256_or_si256(large, small), _mm256_or_si256(plus, slash)), number);
        __m256i shift = _mm256_and_si256(large, _mm256_set1_epi8(0 - 'A'));

        if (UNLIKELY(_mm256_movemask_epi8(known) != -1))
            break;
        shift = _mm256_or_si256(shift, _mm256_and_si256(small, _mm256_set1_epi8(26 - 'a')));
        shift = _mm256_or_si256(shift, _mm256_and_si256(number, _mm256_set1_epi8(52 - '0')));
        shift = _mm256_or_si256(shift, _mm256_and_si256(plus, _mm256_set1_epi8(62 - '+')));
        shift = _mm256_or_si256(shift, _mm256_and_si256(slash, _mm256_set1_epi8(63 - '/')));
        v = _mm256_add_epi8(v, shift);
        v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
        v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
        v = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, order), together);
        _mm256_storeu_si256((__m256i *)(void *)to, v);
    }
    return i;
}
#else
bool base64_has_wide(void) {
    return false;
}

size_t base64_run_wide(str s, char *to) {
    (void)s;
    (void)to;
    return 0;
}
#endif

/* What a group of two or three digits holds. */
static void group_end(struct transfer_state *s, char **to) {
    if (s->count >= 2)
        *(*to)++ = (char)(s->bits >> (s->count * 6 - 8));
    if (s->count == 3)
        *(*to)++ = (char)(s->bits >> 2);
    s->bits = s->count = 0;
}

/* One byte of it. */
static void base64_byte(struct transfer_state *s, unsigned char c, char **to) {
    uint8_t const digit = digit_of[c];

    if (digit < NO_DIGIT) {
        s->bits = s->bits << 6 | digit;
        s->open = false;
        if (++s->count < 4)
            return;
        *(*to)++ = (char)(s->bits >> 16);
        *(*to)++ = (char)(s->bits >> 8);
        *(*to)++ = (char)s->bits;
        s->bits = s->count = 0;
    } else if (digit == PAD && s->count >= 2) {
        s->open = s->count == 2;
        group_end(s, to);
    } else if (digit == PAD && s->open) {
        s->open = false;
    } else if (digit != BLK) {
        s->junk++;
    }
}

static void base64(struct transfer_state *s, str piece, struct buf *out) {
    bool const wide = base64_has_wide();
    char *const from = buf_reserve(out, piece.len / 4 * 3 + 3 + TRANSFER_SPARE), *to = from;

    if (!from)
        return;
    for (size_t i = 0; i < piece.len; i++) {
        if (s->count == 0) {
            size_t used = wide ? base64_run_wide(str_from(piece, i), to) : 0;

            used += base64_run(str_from(piece, i + used), to + used / 4 * 3);
            to += used / 4 * 3;
            i += used;
            s->open = s->open && used == 0;
            if (i == piece.len)
                break;
        }
        base64_byte(s, (unsigned char)piece.ptr[i], &to);
    }
    out->len += (size_t)(to - from);
}

/* ---- quoted-printable (RFC 2045 6.7) ---- */

/* 1 more than the value of a hexadecimal digit; 0: it is none. */
static const uint8_t hex_of[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static unsigned hex(char c) {
    return hex_of[(unsigned char)c];
}

/* Escapes behind one another, as all text is that is not Latin. */
static inline void escapes_run(const char **from, const char *end, char **to) {
    const char *p = *from;
    char *out = *to;
    unsigned high, low;

    for (; end - p >= 3 && *p == '=' && (high = hex(p[1])) && (low = hex(p[2])); p += 3)
        *out++ = (char)((high - 1) << 4 | (low - 1));
    *from = p;
    *to = out;
}

/* Copies text from p on, as far as nothing needs a look; both are moved. What needs one is `=`, and a blank that a line end
 * follows, or the end of all. 16 bytes more than are copied may be written. */
static inline void plain_run(const char **p, const char *end, char **to) {
#ifdef __SSE2__
    while (end - *p > 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)*p);
        __m128i const behind = _mm_loadu_si128((const __m128i *)(const void *)(*p + 1));
        __m128i const blank =
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\t')));
        __m128i const ends =
            _mm_or_si128(_mm_cmpeq_epi8(behind, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(behind, _mm_set1_epi8('\r')));
        int const mask =
            _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('=')), _mm_and_si128(blank, ends)));
        int const n = mask ? __builtin_ctz((unsigned)mask) : 16;

        _mm_storeu_si128((__m128i *)(void *)*to, v);
        *p += n;
        *to += n;
        if (mask)
            return;
    }
#endif
    while (*p < end && **p != '=' && !(is_blank(**p) && (end - *p == 1 || (*p)[1] == '\n' || (*p)[1] == '\r')))
        *(*to)++ = *(*p)++;
}

/* Bytes of the `=` at p, which is no whole escape, with what belongs to it, or 0: what follows decides. *soft: the line goes on;
 * if not, it is a byte of text. */
static size_t lone_equals(const char *p, const char *end, bool last, bool *soft) {
    const char *q = p + 1;

    *soft = false;
    if (q < end && hex(*q))
        return end - q < 2 && !last ? 0 : 1;
    *soft = true;
    while (q < end && is_blank(*q) && q - p <= (ptrdiff_t)BLANKS_MAX)
        q++;
    if (q == end)
        return last ? (size_t)(q - p) : 0;
    if (*q == '\n')
        return (size_t)(q - p) + 1;
    if (*q == '\r') {
        if (end - q < 2)
            return last ? (size_t)(q - p) + 1 : 0;
        return (size_t)(q - p) + (q[1] == '\n' ? 2 : 1);
    }
    *soft = false;
    return 1;
}

/* Decodes from the start of all, until `stop` or farther; the bytes used are returned. Less than stop: what is left is to be held, and is
 * no more than fits. to: room for all and 16 bytes more. */
static size_t quoted_run(struct transfer_state *s, str all, size_t stop, bool last, char **to) {
    const char *p = all.ptr;
    const char *const end = all.ptr + all.len;
    const char *base; /* blanks before it are text, whatever follows */

    for (; s->open && p < end; p++) { /* a long run of blanks goes on */
        s->open = is_blank(*p);
        if (!s->open)
            break;
        *(*to)++ = *p;
    }
    base = p;
    while (p < all.ptr + stop) {
        plain_run(&p, end, to);
        if (p == end)
            break;
        if (*p == '=') {
            const char *const from = p;

            escapes_run(&p, end, to);
            if (p == from) {
                bool soft;
                size_t const size = lone_equals(p, end, last, &soft);

                if (size == 0)
                    break;
                if (!soft) {
                    *(*to)++ = '=';
                    s->junk++;
                }
                p += size;
            }
            base = p;
            continue;
        }
        /* The last of a run of blanks, most of which may have been copied. */
        size_t run = 1;

        while (run <= BLANKS_MAX && p - base >= (ptrdiff_t)run && is_blank(p[-(ptrdiff_t)run]))
            run++;
        if (run > BLANKS_MAX) {
            *(*to)++ = *p++;
            s->open = p == end;
        } else {
            *to -= run - 1;
            if (p + 1 == end && !last)
                return (size_t)(p + 1 - all.ptr) - run;
            p++;
        }
        base = p;
    }
    return (size_t)(p - all.ptr);
}

static void quoted(struct transfer_state *s, str piece, bool last, struct buf *out) {
    char *const from = buf_reserve(out, s->held_len + piece.len + TRANSFER_SPARE), *to = from;
    size_t used = 0;

    if (!from)
        return;
    if (s->held_len) {
        char joined[2 * sizeof s->held];
        size_t const held = s->held_len;
        str const begun = str_first(piece, sizeof joined - held);

        memcpy(joined, s->held, held);
        memcpy(joined + held, begun.ptr, begun.len);
        used = quoted_run(s, (str){joined, held + begun.len}, held, last && begun.len == piece.len, &to);
        if (used < held) { /* all of it is not enough */
            s->held_len = (uint8_t)(held + begun.len - used);
            memmove(s->held, joined + used, s->held_len);
            out->len += (size_t)(to - from);
            return;
        }
        s->held_len = 0;
        piece = str_from(piece, used - held);
    }
    used = quoted_run(s, piece, piece.len, last, &to);
    s->held_len = (uint8_t)(piece.len - used);
    memcpy(s->held, piece.ptr + used, s->held_len);
    out->len += (size_t)(to - from);
}

/* ---- uuencode (POSIX, the historical algorithm) ---- */

static uint64_t text_bytes(str s) {
    uint64_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += !is_blank(s.ptr[i]) && s.ptr[i] != '\r' && s.ptr[i] != '\n';
    return n;
}

/* `begin 644 name`: only then do lines of data follow. */
static bool uu_begins(str line) {
    size_t i = 6;

    if (!str_starts(line, S("begin ")))
        return false;
    while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '7')
        i++;
    return i >= 9 && i <= 10 && text_bytes(str_from(line, i)) > 0 && is_blank(line.ptr[i]);
}

/* A line of data: how many bytes, then four digits (blank to `) for each three of them. Digits that are missing were blanks that a
 * mail program took off; not so where the text ends within the line. What stands behind them (a check sum) has no meaning. */
static bool uu_data(struct transfer_state *s, str line, bool cut, struct buf *out) {
    size_t want, digits, given;
    char *to;

    if (line.len == 0 || line.ptr[0] < ' ' || line.ptr[0] > '`')
        return line.len == 0;
    want = (size_t)(line.ptr[0] - ' ') & 63;
    digits = (want + 2) / 3 * 4;
    given = line.len - 1 < digits ? line.len - 1 : digits;
    for (size_t i = 1; i <= given; i++)
        if (line.ptr[i] < ' ' || line.ptr[i] > '`')
            return false;
    if (cut && given * 6 / 8 < want)
        want = given * 6 / 8;
    s->junk += text_bytes(str_from(line, digits + 1));
    if (!(to = buf_reserve(out, want + 2)))
        return true;
    for (size_t i = 0, made = 0; made < want; i += 4, made += 3) {
        uint32_t bits = 0;

        for (size_t k = 0; k < 4; k++)
            bits = bits << 6 | (i + k < given ? ((uint32_t)line.ptr[1 + i + k] - ' ') & 63 : 0);
        to[made] = (char)(bits >> 16);
        to[made + 1] = (char)(bits >> 8);
        to[made + 2] = (char)bits;
    }
    out->len += want;
    return true;
}

/* A line, or as much of its beginning as is held. */
static void uu_line(struct transfer_state *s, str line, bool cut, struct buf *out) {
    while (line.len && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == '\n'))
        line.len--;
    if (!s->open) {
        s->open = uu_begins(line);
        s->junk += s->open ? 0 : text_bytes(line);
    } else if (str_eq(str_trim(line), S("end"))) {
        s->open = false;
    } else if (!uu_data(s, line, cut, out)) {
        s->junk += text_bytes(line);
    }
}

/* A line of data has 85 bytes at most: of a longer line no more than fits is held, and what follows has no meaning. */
static void uuencode(struct transfer_state *s, str piece, struct buf *out) {
    while (piece.len) {
        size_t const at = str_find_byte(piece, '\n');
        bool const whole = at != SIZE_MAX;
        str line = str_first(piece, whole ? at : SIZE_MAX), kept;

        piece = str_from(piece, line.len + 1);
        if (!whole || s->held_len) {
            kept = str_first(line, sizeof s->held - s->held_len);
            memcpy(s->held + s->held_len, kept.ptr, kept.len);
            s->held_len = (uint8_t)(s->held_len + kept.len);
            s->junk += text_bytes(str_from(line, kept.len));
            if (!whole)
                return;
            uu_line(s, (str){s->held, s->held_len}, false, out);
            s->held_len = 0;
        } else {
            uu_line(s, str_first(line, sizeof s->held), false, out);
            s->junk += text_bytes(str_from(line, sizeof s->held));
        }
    }
}

/* ---- all of them ---- */

void transfer_decode(struct transfer_state *s, str piece, struct buf *out) {
    switch (s->how) {
    case TRANSFER_IDENTITY:
        buf_add(out, piece);
        break;
    case TRANSFER_BASE64:
        base64(s, piece, out);
        break;
    case TRANSFER_QUOTED:
        quoted(s, piece, false, out);
        break;
    case TRANSFER_UUENCODE:
        uuencode(s, piece, out);
        break;
    }
}

void transfer_end(struct transfer_state *s, struct buf *out) {
    char *to;

    if (s->how == TRANSFER_QUOTED)
        quoted(s, S(""), true, out);
    if (s->how == TRANSFER_BASE64) {
        if (!(to = buf_reserve(out, 2)))
            return;
        s->junk += s->count == 1;
        group_end(s, &to);
        out->len = (size_t)(to - out->ptr);
    }
    if (s->how == TRANSFER_UUENCODE && s->held_len)
        uu_line(s, (str){s->held, s->held_len}, true, out);
    s->held_len = 0;
    s->open = false;
}
