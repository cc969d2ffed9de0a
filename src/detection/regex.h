/* regex: what must stand in every text that a regular expression matches, so that one look for literals tells which
 * expressions are worth trying; and which of them need no PCRE2 (test.h), which decides about all others. */
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

/* The parts of an expression that is nothing but characters of ASCII, two parts or more, with .* between them: it matches a
 * text just when they stand in it in this order, each behind the one before, without a line feed from the first to the
 * last (unless dots match those, too). PCRE2 may need exponential time to see that they do not. caseless: not if the
 * case of any character could matter. 0: it is another expression, or a is full. */
size_t regex_chain(str expression, bool caseless, struct arena *a, const str **out);

#endif
