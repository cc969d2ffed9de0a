/* buf: growth by doubling; numbers and JSON strings as text. */
#include "base/buf.h"

#include <stdarg.h>

#include "base/utf.h"

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
            return NULL;
        }
        b->ptr = bigger;
        b->room = room;
    }
    return b->ptr + b->len;
}

void buf_add(struct buf *b, str s) {
    char *const to = buf_reserve(b, s.len);

    if (to && s.len) {
        memcpy(to, s.ptr, s.len);
        b->len += s.len;
    }
}

void buf_byte(struct buf *b, char c) {
    char *const to = buf_reserve(b, 1);

    if (to) {
        *to = c;
        b->len++;
    }
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

static void escape(struct buf *b, unsigned char c) {
    switch (c) {
    case '"':
        buf_add(b, S("\\\""));
        break;
    case '\\':
        buf_add(b, S("\\\\"));
        break;
    case '\n':
        buf_add(b, S("\\n"));
        break;
    case '\r':
        buf_add(b, S("\\r"));
        break;
    case '\t':
        buf_add(b, S("\\t"));
        break;
    default:
        buf_format(b, "\\u%04x", c);
    }
}

void buf_json(struct buf *b, str s) {
    size_t from = 0, i = 0;

    buf_byte(b, '"');
    while (i < s.len) {
        unsigned char const c = (unsigned char)s.ptr[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t const width = c < 0x80 ? 1 : utf8_width(str_from(s, i));

        if (c >= 0x80 && width) {
            i += width;
            continue;
        }
        buf_add(b, (str){s.ptr + from, i - from});
        if (c >= 0x80)
            buf_add(b, S("\xef\xbf\xbd"));
        else
            escape(b, c);
        from = ++i;
    }
    buf_add(b, (str){s.ptr + from, i - from});
    buf_byte(b, '"');
}
