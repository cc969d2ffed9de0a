/* export_own: what the forms of an export share. For src/report/export*.c, navigator.c and stix_out.c only. */
#ifndef REPORT_EXPORT_OWN_H
#define REPORT_EXPORT_OWN_H

#include "report/export.h"

/* A finding as it is handed on. */
struct export_finding {
    const json_t *tree;
    bool yara;
    uint64_t number;
    int64_t first, last; /* of its events; INSTANT_NONE */
    uint64_t events;     /* 1 but for correlations */
};
/* found (may be NULL): hears of each finding before anything is taken out of it, salvaged ones too. */
MUST_USE bool export_findings(const struct export_wish *x,
                              bool (*each)(void *ctx, const struct export_finding *f, struct err *e),
                              bool (*found)(void *ctx, const json_t *tree, struct err *e), void *ctx,
                              struct export_counts *n, struct err *e);

/* What was found, whatever its place: an indicator, a rule, a rule of YARA. key: the same for the same; title: for people. Appended. */
enum export_sort { EXPORT_RULE, EXPORT_INDICATOR, EXPORT_YARA };
enum export_sort export_thing(const json_t *tree, struct buf *key, struct buf *title);

/* How often, from when to when: adds the finding to the thing of this key among `things` (an object, in the order in which they came first); `new`
 * is what it is made of where there is none yet, and is taken over. Its members findings, events, untimed, first, last (ns; not there:
 * no time). The thing, or NULL: no memory. */
json_t *export_count(json_t *things, str key, json_t *new, const struct export_finding *f);

/* "[high] Title on host by account: field=value, ...": of the finding as it is handed on. */
void export_sentence(struct buf *b, const struct export_finding *f);
/* Time of a number as export_count keeps it; INSTANT_NONE. */
int64_t export_time(const json_t *thing, const char *name);
/* What is said of an export for people, in one line: version, marking, what is hidden, what is left out. */
void export_about(struct buf *b, const struct export_wish *x, const struct export_counts *n);
bool export_no_memory(struct err *e); /* false */

/* Claims of indicators that were asked for by `asked`, in sources that the case was hunted with, of values that are not among
 * found (an object: keys of export_thing). Marked too strictly: told to refused, and not to each. id: of an indicator object.
 * ERR_USAGE: findings below a level were left out of the case, so that nobody knows. */
MUST_USE bool export_not_seen(const struct export_wish *x, const json_t *found,
                              bool (*each)(void *ctx, str id, enum pap pap, struct err *e),
                              void (*refused)(void *ctx, const struct export_refused *r), void *ctx,
                              struct export_counts *n, struct err *e);
/* Notes in found (an object) what the finding is of. */
MUST_USE bool export_found(json_t *found, const json_t *tree, struct err *e);
/* The identifier of an indicator object that a claim's own id is: indicator--UUID as it is, of a UUID alone (MISP) what misp-stix
 * makes of it. False: it is none. */
bool export_indicator_id(str id, struct buf *out);

#endif
