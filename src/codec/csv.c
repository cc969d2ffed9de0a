/* csv: one row of delimited text (RFC 4180, with any separator) into fields. */
#include "codec/csv.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first byte from p on that is one of the two, or end. *odd: not 0 when a zero byte or one above 0x7f was met,
 * perhaps behind that place. */
static inline const char *find_either(const char *p, const char *end, char one, char other, int *odd) {
#ifdef __SSE2__
    __m128i const ones = _mm_set1_epi8(one), others = _mm_set1_epi8(other);

    while (end - p >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int const mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, ones), _mm_cmpeq_epi8(v, others)));

        *odd |= _mm_movemask_epi8(_mm_or_si128(v, _mm_cmpeq_epi8(v, _mm_setzero_si128())));
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    for (; p < end && *p != one && *p != other; p++)
        *odd |= *p == '\0' || (unsigned char)*p > 0x7f;
    return p;
}

/* p is behind the opening quote: to the closing one, or NULL: there is none. */
static inline const char *quoted(const char *p, const char *end, bool *doubled, int *odd) {
    *doubled = false;
    for (;;) {
        p = find_either(p, end, '"', '"', odd);
        if (p == end)
            return NULL;
        if (end - p < 2 || p[1] != '"')
            return p;
        *doubled = true;
        p += 2;
    }
}

/* Is p where a field may end? Its last byte may be the CR of a CRLF. */
static inline bool ends_line(const char *p, const char *end, bool last, bool *unsure) {
    *unsure = false;
    if (*p == '\n')
        return true;
    if (*p != '\r')
        return false;
    if (end - p > 1)
        return p[1] == '\n';
    *unsure = !last;
    return last;
}

static enum csv_end wrong(struct csv *c, const char *why) {
    c->why = why;
    return CSV_WRONG;
}

enum csv_end csv_row(struct csv *c, str bytes, bool last) {
    const char *const end = bytes.ptr + bytes.len;
    const char *p = bytes.ptr;
    int odd = 0;

    assert(bytes.len > 0);
    c->count = c->size = 0;
    c->suspicious = false;
    c->why = NULL;
    for (;;) {
        struct csv_field f = {.ptr = p};
        bool over = false, unsure;

        if (c->padded && c->count > 0) {
            while (p < end && *p == ' ')
                p++;
            f.ptr = p;
        }
        if (p < end && *p == '"' && !c->plain) {
            f.ptr = ++p;
            if (!(p = quoted(p, end, &f.doubled, &odd)))
                return last ? wrong(c, "quotes are open at the end") : CSV_SHORT;
            f.len = (size_t)(p++ - f.ptr);
            if (p == end && !last)
                return CSV_SHORT; /* the quote may be the first of two */
            if (p == end) {
                over = true;
            } else if (*p != c->separator) {
                if (!(over = ends_line(p, end, last, &unsure)))
                    return unsure ? CSV_SHORT : wrong(c, "a byte behind a closing quote");
                p += *p == '\r' && end - p > 1 ? 2 : 1;
            }
        } else {
            p = find_either(p, end, c->separator, '\n', &odd);
            if (p == end && !last)
                return CSV_SHORT;
            f.len = (size_t)(p - f.ptr);
            if (p == end || *p == '\n') {
                over = true;
                f.len -= f.len && p[-1] == '\r';
                p += p < end;
            }
        }
        if (c->count < c->fields_max)
            c->fields[c->count] = f;
        c->count++;
        if (over)
            break;
        p++; /* the separator */
    }
    c->size = (size_t)(p - bytes.ptr);
    c->suspicious = odd != 0;
    return CSV_WHOLE;
}

str csv_text(const struct csv_field *f, char *out) {
    const char *p = f->ptr, *const end = f->ptr + f->len;
    char *to = out;

    if (!f->doubled)
        return (str){f->ptr, f->len};
    while (p < end) {
#ifdef __SSE2__
        if (end - p >= 16) {
            __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
            int const mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
            int const n = mask ? __builtin_ctz((unsigned)mask) + 1 : 16; /* with the first quote of two */

            _mm_storeu_si128((__m128i *)(void *)to, v);
            to += n;
            p += n + (mask != 0);
            continue;
        }
#endif
        p += (*to++ = *p) == '"' ? 2 : 1;
    }
    return (str){out, (size_t)(to - out)};
}
