/* line: lines out of windows. A window holds many lines; it is asked for anew when no line end is left in it. */
#include "reader/line.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WINDOW ((size_t)256 << 10)

static bool look(struct lines *l, size_t want, struct err *e) {
    if (!l->in->window(l->in, l->at, want, &l->window, e))
        return false;
    l->last = l->window.len < want;
    return true;
}

static void step(struct lines *l, size_t n) {
    l->at += n;
    l->window = str_from(l->window, n);
}

static enum line_found skip_long(struct lines *l, struct err *e) {
    for (;;) {
        size_t const end = str_find_byte(l->window, '\n');

        step(l, end == SIZE_MAX ? l->window.len : end + 1);
        if (end != SIZE_MAX)
            break;
        if (!look(l, WINDOW, e))
            return LINE_FAILED;
        if (l->window.len == 0)
            break;
    }
    l->size = l->at - l->offset;
    return LINE_LONG;
}

enum line_found line_next(struct lines *l, struct err *e) {
    size_t looked = 0, end;

    if (l->at == 0) {
        if (!look(l, WINDOW, e))
            return LINE_FAILED;
        if (str_starts(l->window, S("\xef\xbb\xbf")))
            step(l, 3);
    }
    l->offset = l->at;
    l->zeros = 0;
    while ((end = str_find_byte(str_from(l->window, looked), '\n')) == SIZE_MAX) {
        size_t want = l->window.len * 2 > WINDOW ? l->window.len * 2 : WINDOW;

        looked = l->window.len;
        if (looked >= LINE_BYTES_MAX)
            return skip_long(l, e);
        if (l->last)
            break;
        want = want < LINE_BYTES_MAX ? want : LINE_BYTES_MAX;
        if (!look(l, want, e))
            return LINE_FAILED;
        assert(l->window.len >= looked || l->last);
    }
    end = end == SIZE_MAX ? l->window.len : looked + end;
    if (end >= LINE_BYTES_MAX)
        return skip_long(l, e);
    if (l->window.len == 0)
        return LINE_NONE;
    while (l->zeros < end && l->window.ptr[l->zeros] == '\0')
        l->zeros++;
    l->line = (str){l->window.ptr + l->zeros, end - (size_t)l->zeros};
    step(l, end + (end < l->window.len));
    l->offset += l->zeros;
    l->size = l->at - l->offset;
    if (l->line.len && l->line.ptr[l->line.len - 1] == '\r')
        l->line.len--;
    return LINE_WHOLE;
}

size_t line_places(str line, char c, uint32_t *at, size_t max) {
    size_t i = 0, count = 0;

#ifdef __SSE2__
    __m128i const wanted = _mm_set1_epi8(c);

    for (; line.len - i >= 16; i += 16) {
        __m128i const here = _mm_loadu_si128((const __m128i *)(const void *)(line.ptr + i));
        unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, wanted));

        for (; found; found &= found - 1) {
            if (count == max)
                return count;
            at[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(found);
        }
    }
#endif
    for (; i < line.len && count < max; i++)
        if (line.ptr[i] == c)
            at[count++] = (uint32_t)i;
    return count;
}
