/* person_text: what is told of somebody of a published list whom a value is like: as members of JSON, and in a few words. */
#ifndef REPORT_PERSON_TEXT_H
#define REPORT_PERSON_TEXT_H

#include "base/buf.h"
#include "intel/person.h"

#define PERSON_TEXTS_TOLD                                                                                              \
    16u /* of a finding: dates of birth, numbers of documents and so on, each; how many more there are is told as well */

/* Members of an object, the first without a comma before it (docs/formats/persons.md). most: texts of each sort; of more only so many, and
 * `left_out`. */
void person_members(struct buf *b, const struct person_match *m, size_t most);
/* "Like a listed name, no proof of a person: Gaobin NI (OFAC 54061; CYBER2; born 27 Sep 1985; the same words in another order)": one
 * line, of plain characters. */
void person_words(struct buf *b, const struct person_match *m);

#endif
