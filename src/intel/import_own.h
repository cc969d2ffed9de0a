/* import_own: the importers, one file each, and what they share. Not for others: see import.h. */
#ifndef INTEL_IMPORT_OWN_H
#define INTEL_IMPORT_OWN_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "intel/import.h"

/* One for each, in import.c's table as well. */
extern const struct importer import_stix, import_misp, import_openioc, import_warninglist, import_galaxy;
extern const struct importer import_list, import_csv, import_signature_base, import_advisory;

/* ---- import_json.c ---- */

/* A member of an object in the beginning of a JSON text, which may break off anywhere. */
struct json_member {
    unsigned depth; /* of the object it is in, arrays not counted: 1 for that of the whole text */
    str key;        /* as written, escapes and all */
    str value;      /* a text, as written; of an object, array, number or word the first byte */
    bool text;
};
/* Tells visit of the members in order. False: the text begins like no JSON. visit returns false: enough. */
bool json_members(str head, bool (*visit)(void *ctx, const struct json_member *m), void *ctx);
/* XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX, any letters. */
bool json_is_uuid(str s);

/* The values of a text, one or many, one behind the other; visit takes a reference of its own to what it keeps. What is no JSON is
 * passed over unless strict, and whole values behind it are looked for: *damaged counts such places, and *e says what is wrong with the
 * first, though true is returned; whether enough came out is for the caller to say. */
MUST_USE bool json_values(str bytes, bool strict, bool (*visit)(void *ctx, json_t *value, struct err *e), void *ctx,
                          size_t *damaged, struct err *e);

/* How many there are where one text or an array of them may stand, and the i-th ("" if it is no text). */
size_t json_texts(const json_t *value);
str json_text_of(const json_t *value, size_t i);
/* A number that may be written as a text. */
bool json_number(const json_t *value, int64_t *n);
/* true, "true", 1, "1". */
bool json_yes(const json_t *value);

/* ---- import_fields.c: the texts, names and times of what importers emit, as tables ---- */

struct import_text {
    uint16_t at;  /* offsetof */
    uint32_t max; /* bytes */
};
struct import_fields {
    const struct import_text *texts;
    size_t text_count;
    const uint16_t *names; /* offsetof struct item_names */
    size_t name_count;
    const uint16_t *times; /* offsetof int64_t */
    size_t time_count;
};
extern const struct import_fields import_item_fields, import_group_fields, import_list_fields, import_known_fields;
#define IMPORT_NAME_MAX 1024u
#define IMPORT_LABEL_MAX OBSERVABLE_BYTES_MAX

static inline str *import_text_of(const void *object, const struct import_text *text) {
    return (str *)(void *)((char *)(uintptr_t)object + text->at);
}
static inline struct item_names *import_names_of(const void *object, uint16_t at) {
    return (struct item_names *)(void *)((char *)(uintptr_t)object + at);
}
static inline int64_t *import_time_of(const void *object, uint16_t at) {
    return (int64_t *)(void *)((char *)(uintptr_t)object + at);
}
/* s as well-formed UTF-8 of at most max bytes, whole characters; where that is something else, it lives in a. False: a is full. */
MUST_USE bool import_fit(str *s, size_t max, struct arena *a);
/* All texts and names of the object. */
MUST_USE bool import_fit_all(void *object, const struct import_fields *fields, struct arena *a);

/* ---- import.c ---- */

/* An item of which nothing is said yet. */
struct intel_item item_new(enum observable type, str value, str where);
/* Adds a name that is not among them yet; none that is empty, and none beyond ITEM_NAMES_MAX. */
void item_name_add(struct item_names *to, str name);

/* Names, each once, in the order in which they came; none beyond a bound that no group comes near (ATT&CK's largest has 109). */
#define IMPORT_NAMES_MAX 16384u
struct import_names {
    str *names;
    size_t count, room;
};
MUST_USE bool import_name_add(struct import_names *to, str name, struct arena *a);

/* A group of which a source says more than a mention holds. */
struct import_group {
    str name, id, where, description;
    bool retired;
    struct import_names aliases, countries, origins, techniques, malware;
};
/* As many mentions as it takes. */
MUST_USE bool import_group_tell(const struct import_group *g, const struct intel_sink *sink, struct err *e);
/* Of which nothing is said yet. */
struct intel_known import_known_new(enum intel_known_type type);
/* known with all of the names, in as many as it takes; at least one. */
MUST_USE bool import_known_tell(struct intel_known *known, const struct import_names *names,
                                const struct intel_sink *sink, struct err *e);
/* left_out, with a reason put together here. */
MUST_USE bool import_left_out(const struct intel_sink *sink, str where, str what, struct err *e, const char *fmt, ...)
    PRINTF(5, 6);

/* ---- import_pattern.c ---- */

/* item with the STIX pattern: an item for each value if it says no more than values, else one of the pattern. What is no pattern is
 * left out with the reason; strict: ERR_CORRUPT. scratch is emptied. */
MUST_USE bool import_pattern_tell(struct intel_item *item, str pattern, const struct import_about *about,
                                  const struct intel_sink *sink, struct arena *scratch, struct err *e);
#define IMPORT_PATTERN_MEMORY ((size_t)64 << 20) /* that it needs at most */

/* ---- import_misp_type.c: the attribute types of MISP's core format ---- */

struct misp_type {
    str name;
    enum observable parts[2]; /* what its value, or the two parts of it, are; NONE: nothing that can be looked for */
    bool port;                /* the second part is a port */
    bool victim;              /* it names a victim */
};
/* NULL: there is nothing in the type that can be looked for, or nobody knows it. */
const struct misp_type *misp_type_named(str name);
/* Rules in languages of their own: "yara" and the like. */
bool misp_type_is_rule(str name);
/* Of an attribute whose type alone says nothing: by what it is in its object. NONE. */
enum observable misp_relation(str object, str relation);

/* ---- import_galaxy.c ---- */

enum galaxy { GALAXY_OTHER, GALAXY_GROUP, GALAXY_CAMPAIGN, GALAXY_MALWARE, GALAXY_TECHNIQUE };
/* What clusters of a galaxy with this type are: "threat-actor", "mitre-attack-pattern". */
enum galaxy galaxy_of(str type);
/* The name of a cluster without the number that ATT&CK's have behind it ("ZIRCONIUM - G0128"), and that number, or "". */
str galaxy_name(str value, str *number);
/* A cluster that is a group. */
MUST_USE bool galaxy_group_tell(const json_t *cluster, str where, const struct intel_sink *sink, struct arena *a,
                                struct err *e);

#endif
