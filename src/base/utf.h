/* utf: UTF-8 and UTF-16 as bytes (RFC 3629, Unicode 15 chapter 3.9). Knows no case; for that see event/fold.h. */
#ifndef BASE_UTF_H
#define BASE_UTF_H

#include "base/str.h"

/* The bytes of the well-formed character at the start of s (1 to 4), or 0: none there, or s is empty. */
size_t utf8_width(str s);
/* As utf8_width, and the code point in *point. */
size_t utf8_decode(str s, uint32_t *point);
/* Writes point (at most 0x10ffff, no surrogate) to out: 1 to 4 bytes. */
size_t utf8_encode(uint32_t point, char out[4]);
/* Bytes from the start of s that are well-formed UTF-8 (s.len when all are). Fast on ASCII. */
size_t utf8_valid(str s);
/* The beginning of well-formed s, of at most max bytes and whole characters. */
str utf8_first(str s, size_t max);
/* Copies s to out, each byte that belongs to no well-formed character replaced by U+FFFD (3 bytes), and
 * returns the bytes written; *repaired counts the replacements. out: room for 3 * s.len. */
size_t utf8_repair(str s, char *out, size_t *repaired);
/* UTF-16LE (units: code units, at any alignment) to UTF-8. A lone surrogate becomes U+FFFD and is counted.
 * out: room for 3 * units. Returns the bytes written. */
size_t utf16le_to_utf8(const char *from, size_t units, char *out, size_t *repaired);
/* Is what utf16le_to_utf8 makes of the units, none of them a lone surrogate, just this text? */
bool utf16le_is_utf8(const char *from, size_t units, str text);
/* The same for ASCII text of as many bytes as there are units. Fast. */
bool utf16le_is_ascii(const char *from, const char *text, size_t units);

#endif
