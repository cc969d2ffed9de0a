/* fold: simple Unicode case folding (CaseFolding.txt, statuses C and S; no normalisation, no full folding), Sigma 3.2. */
#ifndef EVENT_FOLD_H
#define EVENT_FOLD_H

#include "base/str.h"

/* The folded code point. */
uint32_t fold_point(uint32_t point);
/* Folds well-formed UTF-8; returns the bytes written. out: room for 2 * s.len + 16 (a character may grow: U+023A);
 * it may be written past the end of the result, up to that room. ASCII is fast. */
size_t fold_text(str s, char *out);
/* Is every byte of s below 0x80? */
bool text_is_ascii(str s);
/* Equal after folding. */
bool fold_equal(str a, str b);

#endif
