/* person_own: what the parts of person share. For src/intel/person*.c only. */
#ifndef INTEL_PERSON_OWN_H
#define INTEL_PERSON_OWN_H

#include "base/arena.h"
#include "intel/person.h"

enum person_list { LIST_OFAC, LIST_UK, LIST_OFSI, LIST_OWN };

enum person_text {
    TEXT_PROGRAMME,
    TEXT_BIRTH,
    TEXT_COUNTRY,
    TEXT_LISTED,
    TEXT_DOCUMENT,
    TEXT_MAIL,
    TEXT_PHONE,
    TEXT_SITE,
    PERSON_TEXTS
};

struct person_building_name {
    struct person_name name;
    str family; /* "": not known which it is */
};
struct person_building {
    enum person_list list;
    str id;
    enum person_type type;
    struct person_building_name *names;
    size_t name_count, name_room;
    str *texts[PERSON_TEXTS];
    size_t text_count[PERSON_TEXTS], text_room[PERSON_TEXTS];
    str about;
};

/* The person of that number, perhaps new. NULL: failed. Lives until the next call. */
struct person_building *person_of(struct persons *p, enum person_list list, str id, struct err *e);
/* Texts are trimmed and copied; an empty one is none. family: "" when it is not known; else it is put behind given. */
MUST_USE bool person_add_name(struct persons *p, struct person_building *to, str given, str family, bool first,
                              bool weak, struct err *e);
MUST_USE bool person_add_text(struct persons *p, struct person_building *to, enum person_text kind, str text,
                              struct err *e);
MUST_USE bool person_add_about(struct persons *p, struct person_building *to, str text, struct err *e);
/* What a list calls a kind of number ("Email Address", "Phone Number", "Website", "Passport"), and the number. */
MUST_USE bool person_add_labelled(struct persons *p, struct person_building *to, str label, str value, str country,
                                  struct err *e);
void person_row_odd(struct persons *p);

/* person_list.c */
MUST_USE bool person_list_read(struct persons *p, str name, str bytes, struct err *e);

#endif
