/* person_asks: which fields of which kinds of events are asked about persons of lists, and as what: by the table data/persons/fields.yml,
 * which is compiled in. */
#ifndef DETECTION_PERSON_ASKS_H
#define DETECTION_PERSON_ASKS_H

#include "event/kind.h"

struct person_asks;

/* fields must outlive it. ERR_MEMORY; ERR_USAGE: the table is broken (a bug; a test reads it). */
MUST_USE bool person_asks_new(struct person_asks **out, struct fields *fields, struct err *e);
void person_asks_free(struct person_asks *a); /* takes NULL */

/* What values of the field are asked as, in events of that kind: a bit for each of enum person_asked; 0: they are not. Slow; callers
 * remember. */
unsigned person_asks_of(const struct person_asks *a, const struct kind *kind, field_id field);

/* person_fields_builtin.c, made by embed.py out of data/persons, read when the program was built (codec/packer.c). */
struct person_field_file {
    str path, trees;
};
extern const struct person_field_file person_fields_builtin[];
extern const size_t person_fields_builtin_count;

#endif
