/* varint: numbers of any size: seven bits a byte, the lowest first, the highest bit says that more follow. */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include "base/buf.h"

#define VARINT_MAX 10u /* bytes */

static inline void varint_put(struct buf *b, uint64_t n) {
    for (; n >= 128; n >>= 7)
        buf_byte(b, (char)(n | 128));
    buf_byte(b, (char)n);
}
/* Takes one off the front of s. False: it ends within one. */
static inline bool varint_take(str *s, uint64_t *n) {
    *n = 0;
    for (unsigned shift = 0; s->len && shift < 64; shift += 7) {
        uint8_t const c = (uint8_t)*s->ptr;

        *s = str_from(*s, 1);
        *n |= (uint64_t)(c & 127) << shift;
        if (c < 128)
            return true;
    }
    return false;
}

#endif
