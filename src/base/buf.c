/* buf: growth by doubling; numbers, JSON strings and plain text. */
#include "base/buf.h"

#include <stdarg.h>

#include "base/utf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void buf_free(struct buf *b) {
    free(b->ptr);
    *b = (struct buf){0};
}

char *buf_reserve(struct buf *b, size_t more) {
    if (b->failed)
        return NULL;
    if (more > b->room - b->len || !b->ptr) {
        size_t room = b->room ? b->room : 256;
        char *bigger = NULL;

        while (room - b->len < more && room <= SIZE_MAX / 2)
            room *= 2;
        if (room - b->len >= more)
            bigger = realloc(b->ptr, room);
        if (!bigger) {
            b->failed = true;
            b->room = b->len; /* nothing more fits, be it ever so short */
            return NULL;
        }
        b->ptr = bigger;
        b->room = room;
    }
    return b->ptr + b->len;
}

void buf_format(struct buf *b, const char *fmt, ...) {
    va_list args, again;
    int size;
    char *to;

    va_start(args, fmt);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (size >= 0 && (to = buf_reserve(b, (size_t)size + 1)) != NULL) {
        vsnprintf(to, (size_t)size + 1, fmt, again);
        b->len += (size_t)size;
    } else {
        b->failed = true;
    }
    va_end(again);
}

void buf_count(struct buf *b, uint64_t n, const char *one) {
    buf_format(b, "%llu %s%s", (unsigned long long)n, one, n == 1 ? "" : "s");
}

void buf_u64(struct buf *b, uint64_t n) {
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    buf_add(b, (str){digits + at, sizeof digits - at});
}

void buf_i64(struct buf *b, int64_t n) {
    if (n < 0)
        buf_byte(b, '-');
    buf_u64(b, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* Bytes from `from` on that stand in a JSON string as they are: printable ASCII without quote and backslash. */
static size_t plain_run(str s, size_t from) {
    size_t i = from;

#ifdef __SSE2__
    for (; s.len - i >= 16; i += 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));
        /* As signed numbers, bytes from 0x80 on are below 0x20, too. */
        __m128i const odd =
            _mm_or_si128(_mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))),
                         _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
        int const found = _mm_movemask_epi8(odd);

        if (found)
            return i + (size_t)__builtin_ctz((unsigned)found) - from;
    }
#endif
    for (; i < s.len; i++) {
        unsigned char const c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            break;
    }
    return i - from;
}

/* A character as JSON needs it; returns the end. */
static char *escape(char *to, unsigned char c) {
    static const char letters[128] = {['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char digits[] = "0123456789abcdef";

    *to++ = '\\';
    if (letters[c]) {
        *to++ = letters[c];
        return to;
    }
    memcpy(to, "u00", 3);
    to[3] = digits[c >> 4];
    to[4] = digits[c & 15];
    return to + 5;
}

void buf_json(struct buf *b, str s) {
    enum { AT_ONCE = 4096, WORST = 6 }; /* bytes of one that is escaped */
    size_t i = 0;

    buf_byte(b, '"');
    while (i < s.len) {
        size_t const end = s.len - i < AT_ONCE ? s.len : i + AT_ONCE;
        char *const from = buf_reserve(b, AT_ONCE * WORST);
        char *to = from;

        if (!from)
            return;
        while (i < end) {
            size_t const run = plain_run(str_first(s, end), i);
            unsigned char c;

            memcpy(to, s.ptr + i, run);
            to += run;
            if ((i += run) == end)
                break;
            c = (unsigned char)s.ptr[i];
            if (c < 0x80) {
                to = escape(to, c);
                i++;
            } else { /* a character may begin before `end` and end behind it: four bytes are less than six times one */
                size_t const width = utf8_width(str_from(s, i));

                memcpy(to, width ? s.ptr + i : "\xef\xbf\xbd", width ? width : 3);
                to += width ? width : 3;
                i += width ? width : 1;
            }
        }
        b->len += (size_t)(to - from);
    }
    buf_byte(b, '"');
}

/* Characters that a terminal obeys instead of showing them: C0, DEL, C1, and those that turn the direction of text round
 * (Unicode UAX #9), with which a name can be made to read as another. */
static bool obeyed(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || (point >= 0x200e && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

void buf_plain(struct buf *b, str s, bool lines) {
    while (s.len) {
        uint32_t point = 0;
        size_t plain = 0;

        while (plain < s.len && s.ptr[plain] >= 0x20 && s.ptr[plain] < 0x7f)
            plain++;
        buf_add(b, str_first(s, plain));
        if ((s = str_from(s, plain)).len == 0)
            break;
        size_t const width = utf8_decode(s, &point);

        if (lines && (point == '\n' || point == '\t') && width == 1)
            buf_byte(b, s.ptr[0]);
        else if (width == 0 || obeyed(point))
            buf_add(b, S("\xef\xbf\xbd"));
        else
            buf_add(b, str_first(s, width));
        s = str_from(s, width ? width : 1);
    }
}
