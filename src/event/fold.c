/* fold: a two-stage table made from Unicode's own data at build time (fold_table.py). */
#include "event/fold.h"

#include "base/utf.h"
#include "fold_table.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

uint32_t fold_point(uint32_t point) {
    if (point >= FOLD_PAGE * FOLD_PAGES)
        return point;
    return (uint32_t)((int64_t)point + fold_delta[fold_page_of[point / FOLD_PAGE]][point % FOLD_PAGE]);
}

static char fold_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

size_t fold_text(str s, char *out) {
    size_t used = 0, i = 0;

    while (i < s.len) {
#ifdef __SSE2__
        while (s.len - i >= 16) {
            __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i));

            unsigned const high = (unsigned)_mm_movemask_epi8(v);
            unsigned const ascii = high ? (unsigned)__builtin_ctz(high) : 16;
            /* Compared as signed numbers, bytes from 0x80 on are negative: no capitals. */
            __m128i const upper =
                _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));

            _mm_storeu_si128((__m128i *)(void *)(out + used), _mm_add_epi8(v, _mm_and_si128(upper, _mm_set1_epi8(32))));
            used += ascii;
            i += ascii;
            if (high)
                break;
        }
        if (i == s.len)
            break;
#endif
        if ((unsigned char)s.ptr[i] < 0x80) {
            out[used++] = fold_ascii(s.ptr[i++]);
            continue;
        }
        uint32_t point;
        size_t const width = utf8_decode(str_from(s, i), &point);

        if (!width) {
            out[used++] = s.ptr[i++];
            continue;
        }
        char four[4];
        size_t const folded = utf8_encode(fold_point(point), four);

        memcpy(out + used, four, folded);
        used += folded;
        i += width;
    }
    return used;
}

bool text_is_ascii(str s) {
    size_t i = 0;

#ifdef __SSE2__
    for (; s.len - i >= 16; i += 16)
        if (_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i))))
            return false;
#endif
    for (; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

bool fold_equal(str a, str b) {
    size_t i = 0, j = 0;

    while (i < a.len && j < b.len) {
        uint32_t x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[j];
        size_t const m = utf8_decode(str_from(a, i), &x), n = utf8_decode(str_from(b, j), &y);

        /* A byte that belongs to no character is itself and not the character of that number. */
        if (!m != !n || (m ? fold_point(x) : x) != (n ? fold_point(y) : y))
            return false;
        i += m ? m : 1;
        j += n ? n : 1;
    }
    return i == a.len && j == b.len;
}
