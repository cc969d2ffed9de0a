/* prose: what people write to be read: licences, notes, readme files. It lies beside logs, and is none. */
#ifndef READER_PROSE_H
#define READER_PROSE_H

#include "base/str.h"

/* Is text (all of a file, not the beginning) certainly no log? It is, if both hold:
 *
 *   nothing in it is a time or comes with one: no time of day (7:12, 07h12), no date of numbers (2021-03-14, 3/14/21, 14.03.2021,
 *   20210314T0712), no number of ten digits or more by itself, no IPv4 address;
 *   and it is made of sentences: 50 words or more in two lines or more, 8 or more a line that is not blank, 3 of 5 of nothing but letters, 1 of 13
 *   before one of . , ; : ! ?, and of its lines 1 of 5 at most begins as one before it did, and 1 of 5 at most
 *   with a number (not that of a list's item: 1. or (2)) or the name of a day or month.
 *
 * and all of it is UTF-8 without control characters. Whatever is in doubt is not prose: it might be a log that nobody reads.
 * Of all files that the tests have, this takes licences and notes and nothing else. Time: linear; 8 KiB of stack. */
bool prose_is(str text);

#endif
