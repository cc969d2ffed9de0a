/* cursor: hostile bytes, read only by moves that check. Numbers are little-endian unless the name says else. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/str.h"

/* What is left to read. Invariant: start <= pos <= end. */
struct cursor {
    const char *start, *pos, *end;
};

static inline struct cursor cursor_of(str s) {
    return (struct cursor){s.ptr, s.ptr, s.ptr + s.len};
}
static inline size_t cursor_left(const struct cursor *c) {
    return (size_t)(c->end - c->pos);
}
/* Bytes from the start. */
static inline size_t cursor_at(const struct cursor *c) {
    return (size_t)(c->pos - c->start);
}
/* All of these: false, and nothing moved, when the bytes are not there. */
static inline bool cursor_skip(struct cursor *c, size_t n) {
    if (cursor_left(c) < n)
        return false;
    c->pos += n;
    return true;
}
static inline bool cursor_to(struct cursor *c, size_t at) {
    if ((size_t)(c->end - c->start) < at)
        return false;
    c->pos = c->start + at;
    return true;
}
static inline bool read_bytes(struct cursor *c, void *out, size_t n) {
    if (cursor_left(c) < n)
        return false;
    memcpy(out, c->pos, n);
    c->pos += n;
    return true;
}
static inline bool read_view(struct cursor *c, size_t n, str *out) {
    if (cursor_left(c) < n)
        return false;
    *out = (str){c->pos, n};
    c->pos += n;
    return true;
}
static inline bool read_u8(struct cursor *c, uint8_t *out) {
    return read_bytes(c, out, 1);
}
/* The product runs on little-endian machines (x86-64, arm64); meson.build checks it. */
static inline bool read_u16le(struct cursor *c, uint16_t *out) {
    return read_bytes(c, out, 2);
}
static inline bool read_u32le(struct cursor *c, uint32_t *out) {
    return read_bytes(c, out, 4);
}
static inline bool read_u64le(struct cursor *c, uint64_t *out) {
    return read_bytes(c, out, 8);
}

#endif
