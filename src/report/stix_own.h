/* stix_own: what the parts of a bundle of STIX share. For src/report/stix_*.c only. */
#ifndef REPORT_STIX_OWN_H
#define REPORT_STIX_OWN_H

#include <jansson.h>

#include "report/export_own.h"
#include "report/stix_id.h"

#define STIX_COUNT_MAX 999999999 /* STIX 2.1 5.2, 4.14 */

struct bundle {
    const struct export_wish *x;
    uint8_t space[UUID_SIZE]; /* of this case, and this recipient */
    json_t *objects, *ids;    /* ids: an object, for what is in it already */
    json_t *things, *groups;  /* by key; a group's member `thing` is the key of its thing */
    json_t *techniques, *found;
    str identity;    /* id */
    json_t *marking; /* id, as a string */
    char created[INSTANT_TEXT];
    int64_t latest;
    struct export_counts *n;
    struct export_clues *clues;
    json_t *not_seen; /* ids of sightings */
    struct {
        uint64_t files, read, records, damage_bytes, damages, gaps, silences, not_read;
        int64_t first, last;
    } searched;
};

/* Members of an object; a value that is NULL is want of memory. Bytes that are no UTF-8 become U+FFFD. stix_set_buf frees b. */
MUST_USE bool stix_set(json_t *object, const char *name, json_t *value, struct err *e);
MUST_USE bool stix_set_text(json_t *object, const char *name, str s, struct err *e);
MUST_USE bool stix_set_time(json_t *object, const char *name, int64_t when, struct err *e);
MUST_USE bool stix_set_buf(json_t *object, const char *name, struct buf *b, struct err *e);

/* An object of ours: with all it has but an identifier. NULL: no memory. */
json_t *stix_begin(const struct bundle *b, const char *type);
/* Gives it one, and puts it into the bundle, which takes it over; *id (may be NULL): a view that lives as long as the bundle. */
MUST_USE bool stix_finish(struct bundle *b, json_t *object, str *id, struct err *e);
/* A cyber-observable object, as stix_value.h makes them, taken over. NULL is nothing. Its id is appended to refs, once. */
MUST_USE bool stix_observable(struct bundle *b, json_t *object, json_t *refs, struct err *e);
MUST_USE bool stix_evidence(struct bundle *b, str path, str sha256, json_t *refs, struct err *e);
/* An attack-pattern, by ATT&CK's number. */
MUST_USE bool stix_technique(struct bundle *b, const char *number, str *id, struct err *e);
/* 15, 50 or 85, on the None/Low/Med/High scale of STIX 2.1, appendix A. */
json_int_t stix_confidence(enum sigma_level level);

/* Of `what`, an id, by a thing as export_count makes them: events, first, last; level; scale (what confidence means, not there: a finding's level). */
MUST_USE bool stix_sighting(struct bundle *b, str what, const json_t *thing, enum pap pap, json_t *observed,
                            struct err *e);

/* stix_incident.c: the latest time of an incident, for b->latest; then all that is said of incidents. */
MUST_USE bool stix_incidents_latest(struct bundle *b, struct err *e);
MUST_USE bool stix_incidents(struct bundle *b, struct err *e);

/* stix_assessment.c: what was judged of an incident, where that may be told: ids (an array) gets what was put there. */
MUST_USE bool stix_assessment(struct bundle *b, const struct export_incident *i, str incident, json_t *ids,
                              struct err *e);

#endif
