/* needle: does a text hold any of some words, in whatever case? A yes or no in one pass over text that nobody has folded,
 * for the many texts that hold none. Which word it was, literal.h says. */
#ifndef DETECTION_NEEDLE_H
#define DETECTION_NEEDLE_H

#include "base/str.h"

struct needles;

/* words: folded (event/fold.h), none empty; copied. NULL: no memory. */
struct needles *needles_new(const str *words, size_t count);
void needles_free(struct needles *n);
/* From now on as where the processor has no AVX2. For tests. */
void needles_plain(struct needles *n);

/* False: the text, folded, holds none of the words. True: it holds one, or a byte beyond ASCII, of which nothing is said here. */
bool needles_may_be_in(const struct needles *n, str text);

#endif
