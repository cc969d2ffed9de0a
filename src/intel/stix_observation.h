/* stix_observation: what a pattern is matched with: objects of one moment, each a tree of properties. Made of events (detection/stix_event.h)
 * or of STIX's own JSON. */
#ifndef INTEL_STIX_OBSERVATION_H
#define INTEL_STIX_OBSERVATION_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

#define STIX_VALUE_DEPTH_MAX 64u /* of lists and objects within a property */

enum stix_value_type {
    STIX_VALUE_NULL,
    STIX_VALUE_BOOL,
    STIX_VALUE_NUMBER,
    STIX_VALUE_TEXT,
    STIX_VALUE_LIST,
    STIX_VALUE_OBJECT,
    STIX_VALUE_EITHER /* of events: one property, said in several ways (bob, CORP\bob): what is said of it holds of one of them, and what
                       * is denied (!=, NOT) of all. Its items are none such */
};

struct stix_member;
struct stix_value {
    enum stix_value_type type;
    bool yes;                          /* BOOL */
    str text;                          /* TEXT: well-formed UTF-8; NUMBER: canonical (event/number.h) */
    const struct stix_value *items;    /* LIST, EITHER */
    const struct stix_member *members; /* OBJECT; of equal names the first counts */
    size_t count;                      /* of items or members */
};
struct stix_member {
    str name;
    struct stix_value value;
};

struct stix_object {
    str id; /* what x_ref and x_refs name; "": nothing refers to it */
    str type;
    struct stix_value properties; /* an OBJECT; `type` is one of them where a pattern may ask for it (dst_ref.type) */
};

/* An Observed Data, or an event. */
struct stix_observation {
    const struct stix_object *objects;
    size_t object_count;
    int64_t first, last; /* ns; both INSTANT_NONE: no time; else first <= last */
    uint32_t number;     /* how often it was seen between them; 1 or more */
};

/* All Observed Data of the JSON: a bundle of 2.1 (only objects that object_refs lists are in an observation), one object of 2.0 with its
 * `objects`, or a bundle of these. Memory is a's, texts are copied.
 * ERR_USAGE: what stands there is no such thing, or its times are none. ERR_LIMIT: too deep. ERR_MEMORY. */
MUST_USE bool stix_observations_read(const json_t *json, struct arena *a, struct stix_observation **out, size_t *count,
                                     struct err *e);

#endif
