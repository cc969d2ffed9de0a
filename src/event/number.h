/* number: decimal numbers as text, of any length, compared exactly (Sigma 3.7, 5.6). */
#ifndef EVENT_NUMBER_H
#define EVENT_NUMBER_H

#include "base/str.h"

#define NUMBER_TEXT_MAX 400u

/* The canonical spelling -?(0|[1-9]d*)(.d*[1-9])? of a number as JSON writes one (minus, point, exponent), in out; leading
 * zeros are allowed as well. False: s is no such number, or its canonical spelling is longer than NUMBER_TEXT_MAX. -0
 * becomes 0. */
bool number_canonical(str s, char out[NUMBER_TEXT_MAX], size_t *len);
/* Is s a decimal spelling that text may have to count as a number: optional minus, no leading zeros, no blanks, no
 * exponent; a fraction may end in zeros? */
bool number_is_decimal(str s);
/* Order of two canonical spellings: below, equal to or above 0. */
int number_compare(str a, str b);

#endif
