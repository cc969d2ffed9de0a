/* field: the catalogue of field names. A name is a number from here on; one catalogue a run.
 *
 * Names are those that rules use: `CommandLine`, `Provider_Name`, `userIdentity.arn`. Case matters (Sigma 2.3). */
#ifndef EVENT_FIELD_H
#define EVENT_FIELD_H

#include "base/str.h"

/* Numbers are dense, from 0. FIELD_NONE: no such field, or none wanted. */
typedef uint32_t field_id;
#define FIELD_NONE UINT32_MAX
#define FIELDS_MAX 262144 /* a hostile log may make up names without end */

struct fields;

/* Knows from the start the fields of enum field_known, with those numbers. NULL: no memory. */
struct fields *fields_new(void);
void fields_free(struct fields *f);
/* The number of name, made if new. FIELD_NONE when FIELDS_MAX are taken or memory is out. */
field_id field_intern(struct fields *f, str name);
/* The number of name, or FIELD_NONE. */
field_id field_find(const struct fields *f, str name);
/* Valid until fields_free. */
str field_name(const struct fields *f, field_id id);
size_t field_count(const struct fields *f);

/* Fields that the program itself reads. */
enum field_known {
    FIELD_CHANNEL,       /* Channel */
    FIELD_EVENT_ID,      /* EventID */
    FIELD_PROVIDER_NAME, /* Provider_Name */
    FIELD_COMPUTER,      /* Computer */
    FIELD_DATA,          /* Data */
    FIELDS_KNOWN
};

#endif
