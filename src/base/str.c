/* str: comparison and search on views. */
#include "base/str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

int str_cmp(str a, str b) {
    size_t const n = a.len < b.len ? a.len : b.len;
    int const order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_ascii(str a, str b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

void str_lower(str s, char *to) {
    size_t i = 0;

#ifdef __SSE2__
    for (; i + 16 <= s.len; i += 16) {
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));
        /* Signed: bytes beyond ASCII lie below both. */
        __m128i const capital =
            _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('Z' + 1)));

        _mm_storeu_si128((__m128i *)(void *)(to + i), _mm_or_si128(x, _mm_and_si128(capital, _mm_set1_epi8(32))));
    }
#endif
    for (; i < s.len; i++)
        to[i] = lower(s.ptr[i]);
}

#ifdef __SSE2__
#define TRIED_MOST                                                                                                     \
    64u /* places that begin and end as what is looked for, and are not it: then memmem, which is linear whatever comes */

/* Of what.len >= 2, and s so much longer that sixteen places can be looked at. *from: how far nothing was found, if it was not. */
static size_t find_by_ends(str s, str what, size_t *from) {
    __m128i const first = _mm_set1_epi8(what.ptr[0]), last = _mm_set1_epi8(what.ptr[what.len - 1]);
    size_t const end = s.len - what.len + 1; /* of the places where it could stand */
    unsigned tried = 0;

    for (size_t at = 0; at < end; at += 16) {
        at = at + 16 <= end ? at : end - 16; /* the last ones partly once more */
        const char *const p = s.ptr + at;
        __m128i const begins = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), first);
        __m128i const ends = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + what.len - 1)), last);

        for (unsigned both = (unsigned)_mm_movemask_epi8(_mm_and_si128(begins, ends)); both; both &= both - 1) {
            unsigned const i = (unsigned)__builtin_ctz(both);

            if (memcmp(p + i + 1, what.ptr + 1, what.len - 2) == 0)
                return at + i;
            if (++tried == TRIED_MOST) {
                *from = at + i + 1;
                return SIZE_MAX;
            }
        }
    }
    *from = s.len;
    return SIZE_MAX;
}
#endif

size_t str_find(str s, str what) {
    size_t from = 0;

    if (what.len <= 1)
        return what.len ? str_find_byte(s, what.ptr[0]) : 0;
#ifdef __SSE2__
    if (s.len >= what.len + 15) {
        size_t const at = find_by_ends(s, what, &from);

        if (at != SIZE_MAX)
            return at;
    }
#endif
    const char *const at = what.len <= s.len - from ? memmem(s.ptr + from, s.len - from, what.ptr, what.len) : NULL;

    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t str_find_byte(str s, char c) {
    const char *const at = s.len ? memchr(s.ptr, c, s.len) : NULL;

    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

str str_trim(str s) {
    while (s.len && blank(s.ptr[0]))
        s = (str){s.ptr + 1, s.len - 1};
    while (s.len && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_u64(str s, uint64_t max, uint64_t *n) {
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned const digit = (unsigned)(unsigned char)s.ptr[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *n = value;
    return true;
}

size_t str_find_line(str s, size_t from, str begins) {
    size_t at = from;

#ifdef __SSE2__
    const __m128i lf = _mm_set1_epi8('\n'), first = _mm_set1_epi8(begins.ptr[0]);

    for (; at + 33 <= s.len; at += 32) {
        const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at));
        const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at + 1));
        const __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at + 16));
        const __m128i d = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at + 17));
        uint32_t found = (uint32_t)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, lf), _mm_cmpeq_epi8(b, first)));

        found |= (uint32_t)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(c, lf), _mm_cmpeq_epi8(d, first))) << 16;
        for (; found; found &= found - 1) {
            size_t const line = at + (size_t)__builtin_ctz(found) + 1;

            if (str_starts(str_from(s, line), begins))
                return line;
        }
    }
#endif
    while (at < s.len) {
        const char *const end = memchr(s.ptr + at, '\n', s.len - at);

        if (!end)
            break;
        at = (size_t)(end - s.ptr) + 1;
        if (str_starts(str_from(s, at), begins))
            return at;
    }
    return SIZE_MAX;
}
