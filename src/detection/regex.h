/* regex: what must stand in every text that a regular expression matches, so that one look for literals tells which
 * expressions are worth trying. PCRE2 (test.h) alone decides what matches. */
#ifndef DETECTION_REGEX_H
#define DETECTION_REGEX_H

#include "base/arena.h"
#include "base/str.h"

#define REGEX_LITERALS_MAX 32u
#define REGEX_LITERAL_MIN 3u /* bytes; shorter ones say too little */

/* Literals of which at least one stands, folded (event/fold.h), in the folded text of whatever the expression matches; at
 * most REGEX_LITERALS_MAX, in a. The expression is one that PCRE2 compiles with PCRE2_UTF, with any of its options for
 * case, lines and dots. 0: none are known, or a is full. */
size_t regex_literals(str expression, struct arena *a, const str **out);

#endif
