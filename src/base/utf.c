/* utf: decoding with the table of Unicode 15, 3-7; the fast paths are for ASCII. */
#include "base/utf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool tail(unsigned char c) {
    return (c & 0xc0) == 0x80;
}

size_t utf8_decode(str s, uint32_t *point) {
    const unsigned char *const p = (const unsigned char *)s.ptr;

    if (s.len == 0)
        return 0;
    if (p[0] < 0x80) {
        *point = p[0];
        return 1;
    }
    if (p[0] < 0xc2 || s.len < 2 || !tail(p[1]))
        return 0;
    if (p[0] < 0xe0) {
        *point = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
        return 2;
    }
    if (s.len < 3 || !tail(p[2]))
        return 0;
    if (p[0] < 0xf0) {
        uint32_t const c = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);

        if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *point = c;
        return 3;
    }
    if (p[0] > 0xf4 || s.len < 4 || !tail(p[3]))
        return 0;
    uint32_t const c =
        (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);

    if (c < 0x10000 || c > 0x10ffff)
        return 0;
    *point = c;
    return 4;
}

size_t utf8_width(str s) {
    uint32_t point;

    return utf8_decode(s, &point);
}

size_t utf8_encode(uint32_t point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* Bytes of ASCII from position `from` on. */
static size_t ascii_run(str s, size_t from) {
    size_t i = from;

#ifdef __SSE2__
    for (; s.len - i >= 16; i += 16) {
        int const high = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s.ptr + i)));

        if (high)
            return i + (size_t)__builtin_ctz((unsigned)high) - from;
    }
#endif
    while (i < s.len && (unsigned char)s.ptr[i] < 0x80)
        i++;
    return i - from;
}

size_t utf8_valid(str s) {
    for (size_t i = 0;;) {
        i += ascii_run(s, i);
        if (i == s.len)
            return i;
        size_t const width = utf8_width(str_from(s, i));

        if (!width)
            return i;
        i += width;
    }
}

str utf8_first(str s, size_t max) {
    if (s.len <= max)
        return s;
    while (max && tail((unsigned char)s.ptr[max]))
        max--;
    return str_first(s, max);
}

size_t utf8_repair(str s, char *out, size_t *repaired) {
    size_t used = 0;

    for (size_t i = 0; i < s.len;) {
        size_t const good = utf8_valid(str_from(s, i));

        memcpy(out + used, s.ptr + i, good);
        used += good;
        i += good;
        if (i < s.len) {
            memcpy(out + used, "\xef\xbf\xbd", 3);
            used += 3;
            i++;
            ++*repaired;
        }
    }
    return used;
}

static uint32_t unit(const char *from, size_t i) {
    return (uint32_t)(unsigned char)from[2 * i] | (uint32_t)(unsigned char)from[2 * i + 1] << 8;
}

/* The character at unit *i, which is passed; a lone surrogate as it is. */
static uint32_t utf16_next(const char *from, size_t units, size_t *i) {
    uint32_t const point = unit(from, (*i)++);
    uint32_t const low = point >= 0xd800 && point < 0xdc00 && *i < units ? unit(from, *i) : 0;

    if (low < 0xdc00 || low > 0xdfff)
        return point;
    ++*i;
    return 0x10000 + ((point & 0x3ff) << 10 | (low & 0x3ff));
}

static bool is_surrogate(uint32_t point) {
    return point >= 0xd800 && point <= 0xdfff;
}

size_t utf16le_to_utf8(const char *from, size_t units, char *out, size_t *repaired) {
    size_t used = 0;

    for (size_t i = 0; i < units;) {
#ifdef __SSE2__
        while (units - i >= 8) {
            __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)(from + 2 * i));

            if (_mm_movemask_epi8(
                    _mm_cmpeq_epi16(_mm_and_si128(v, _mm_set1_epi16((short)0xff80)), _mm_setzero_si128())) != 0xffff)
                break;
            _mm_storel_epi64((__m128i *)(void *)(out + used), _mm_packus_epi16(v, v));
            used += 8;
            i += 8;
        }
        if (i == units)
            break;
#endif
        uint32_t point = utf16_next(from, units, &i);

        if (point < 0x80) {
            out[used++] = (char)point;
            continue;
        }
        if (is_surrogate(point)) {
            point = 0xfffd;
            ++*repaired;
        }
        char four[4];
        size_t const width = utf8_encode(point, four);

        memcpy(out + used, four, width);
        used += width;
    }
    return used;
}

bool utf16le_is_utf8(const char *from, size_t units, str text) {
    size_t at = 0;

    for (size_t i = 0; i < units;) {
        uint32_t const point = utf16_next(from, units, &i);
        uint32_t other;
        size_t const width = utf8_decode(str_from(text, at), &other);

        if (!width || point != other || is_surrogate(point))
            return false;
        at += width;
    }
    return at == text.len;
}

bool utf16le_is_ascii(const char *from, const char *text, size_t units) {
    size_t i = 0;

#ifdef __SSE2__
    for (; units - i >= 8; i += 8) {
        __m128i const wide =
            _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(const void *)(text + i)), _mm_setzero_si128());

        if (_mm_movemask_epi8(_mm_cmpeq_epi8(wide, _mm_loadu_si128((const __m128i *)(const void *)(from + 2 * i)))) !=
            0xffff)
            return false;
    }
#endif
    for (; i < units; i++)
        if (unit(from, i) != (unsigned char)text[i])
            return false;
    return true;
}
