/* buf: bytes that grow. A failed append is remembered, so that a writer checks once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <string.h>

#include "base/str.h"

struct buf {
    char *ptr;
    size_t len, room;
    bool failed; /* memory ran out: what is here is incomplete */
};

/* Frees the bytes; the buffer is empty and usable again. */
void buf_free(struct buf *b);
/* Room for `more` bytes behind len: the place to write them, or NULL (and failed). */
char *buf_reserve(struct buf *b, size_t more);
static inline void buf_add(struct buf *b, str s) {
    char *const to = b->ptr && s.len <= b->room - b->len ? b->ptr + b->len : buf_reserve(b, s.len);

    if (to && s.len) {
        memcpy(to, s.ptr, s.len);
        b->len += s.len;
    }
}
static inline void buf_byte(struct buf *b, char c) {
    char *const to = b->len < b->room ? b->ptr + b->len : buf_reserve(b, 1);

    if (to) {
        *to = c;
        b->len++;
    }
}
void buf_format(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_count(struct buf *b, uint64_t n, const char *one); /* 1 file, 2 files: with an s */
void buf_u64(struct buf *b, uint64_t n);
void buf_i64(struct buf *b, int64_t n);
/* s as a JSON string with its quotes (RFC 8259 7). Bytes that are no UTF-8 become U+FFFD, one for each. */
void buf_json(struct buf *b, str s);
/* Text as a terminal may have it: what is no character to be shown (control characters, bytes that are no UTF-8, changes of
 * direction) stands as U+FFFD. lines: line ends and tabs stay. */
void buf_plain(struct buf *b, str s, bool lines);
static inline str buf_str(const struct buf *b) {
    return (str){b->len ? b->ptr : "", b->len};
}

#endif
