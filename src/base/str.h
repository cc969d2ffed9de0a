/* str: a view of bytes. Owns nothing, ends in no NUL, may hold any byte, is never NULL. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

typedef struct {
    const char *ptr;
    size_t len;
} str;

/* The view of a string literal, usable in static tables too. */
#define STR(literal)                                                                                                   \
    { "" literal, sizeof(literal) - 1 }
/* The same as an expression. */
#define S(literal) ((str){"" literal, sizeof(literal) - 1})

/* For printf("%.*s", STR_ARG(s)): a view cut at INT_MAX bytes. */
#define STR_ARG(s) ((int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len)), (s).ptr

static inline str str_of(const char *text) {
    return text ? (str){text, strlen(text)} : (str){"", 0};
}
static inline bool str_eq(str a, str b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}
static inline bool str_starts(str s, str with) {
    return s.len >= with.len && memcmp(s.ptr, with.ptr, with.len) == 0;
}
static inline bool str_ends(str s, str with) {
    return s.len >= with.len && memcmp(s.ptr + s.len - with.len, with.ptr, with.len) == 0;
}
/* From byte `from` to the end; empty past the end. */
static inline str str_from(str s, size_t from) {
    return from >= s.len ? (str){"", 0} : (str){s.ptr + from, s.len - from};
}
static inline str str_first(str s, size_t len) {
    return (str){s.ptr, len < s.len ? len : s.len};
}

/* Byte order, as memcmp; a prefix sorts first. */
int str_cmp(str a, str b);
/* Equal but for the case of A-Z. For names and keywords of formats, never for values of evidence (event/fold.h). */
bool str_eq_ascii(str a, str b);
/* The same bytes with a-z for A-Z, s.len of them at `to`, which may be s.ptr. */
void str_lower(str s, char *to);
/* The first position of `what` in s, or SIZE_MAX. The empty view is found at 0. */
size_t str_find(str s, str what);
/* The first position of byte c, or SIZE_MAX. */
size_t str_find_byte(str s, char c);
/* The first line end with a line behind it that begins so (two bytes or more): the position of that line, > from, or SIZE_MAX. */
size_t str_find_line(str s, size_t from, str begins);
/* Without blanks, tabs, CR and LF at both ends. */
str str_trim(str s);
/* Whole decimal number, no sign, no blanks, at most max: true and *n, or false. */
bool str_u64(str s, uint64_t max, uint64_t *n);

#endif
