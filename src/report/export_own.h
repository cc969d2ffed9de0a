/* export_own: what the forms of an export share. For src/report/export*.c, navigator.c and stix*.c only. */
#ifndef REPORT_EXPORT_OWN_H
#define REPORT_EXPORT_OWN_H

#include "report/export.h"
#include "report/incident_text.h"

/* A finding as it is handed on. */
struct export_finding {
    const json_t *tree;
    bool yara;
    uint64_t number;
    int64_t first, last; /* of its events; INSTANT_NONE */
    uint64_t events;     /* 1 but for correlations */
};
struct export_clues;
/* found (may be NULL): hears of each finding before anything is taken out of it, salvaged ones too. clues (may be NULL): learn what became of
 * theirs; where neither each nor found is there, other findings are not looked at, nor counted. */
MUST_USE bool export_findings(const struct export_wish *x, struct export_clues *clues,
                              bool (*each)(void *ctx, const struct export_finding *f, struct err *e),
                              bool (*found)(void *ctx, const json_t *tree, struct err *e), void *ctx,
                              struct export_counts *n, struct err *e);

/* ---- incidents ----
 *
 * An incident is made of clues, and some of them are findings of rules and indicators. What may not be told of a finding, may not be told of
 * its clue: its acts are left out, and what was put together out of all clues (title, score, beginning, state, entities, reach, doors) is made anew
 * or left out. An incident none of whose clues may be told is left out. */

/* The clues of a case's incidents that are findings; none where an older Longwatch wrote it. */
MUST_USE bool export_clues_open(const struct export_wish *x, struct export_clues **out, struct err *e);
void export_clues_free(struct export_clues *c); /* takes NULL */
/* Is the finding a clue? */
bool export_clues_want(const struct export_clues *c, uint64_t finding);
/* rest: the finding as it may be told, NULL: it may not; reduced: without some of its claims. */
MUST_USE bool export_clues_learn(struct export_clues *c, uint64_t finding, const json_t *rest, bool reduced,
                                 struct err *e);

/* A technique of an incident, under a tactic (may be ""). */
struct export_technique {
    str technique, tactic;
    uint64_t acts, events;
    int64_t first, last; /* INSTANT_NONE */
};
/* An incident as it is told. Lists are empty where it is reduced. */
struct export_incident {
    struct incident_act of; /* position and clue: of no act */
    str state, began;       /* "" */
    double score;           /* where it is not reduced */
    bool reduced;           /* a clue is not told, or not all of it */
    int64_t first, last;
    uint64_t acts, events;
    const struct export_technique *techniques; /* by number, then tactic */
    size_t technique_count;
    const struct clue *clues; /* those that are told, the heaviest first; reason: "" where nothing is told of it */
    size_t clue_count;
    const struct incident_entity *entities;
    size_t entity_count;
    const struct reach *reaches;
    size_t reach_count;
    const struct door *doors;
    size_t door_count;
};
/* Each may be NULL. An act is told between the two others. Views live until the callback returns; false from it stops. */
struct export_incident_visitor {
    bool (*incident)(void *ctx, const struct export_incident *i, struct err *e);
    bool (*act)(void *ctx, const struct export_incident *i, const struct incident_act *of,
                const struct incident_event *v, struct err *e);
    bool (*end)(void *ctx, const struct export_incident *i, struct err *e);
    void *ctx;
};
/* After export_findings, which taught the clues. n may be NULL. */
MUST_USE bool export_incidents(const struct export_wish *x, struct export_clues *clues,
                               const struct export_incident_visitor *visitor, struct export_counts *n, struct err *e);

/* What was found, whatever its place: an indicator, a rule, a rule of YARA. key: the same for the same; title: for people. Appended. */
enum export_sort { EXPORT_RULE, EXPORT_INDICATOR, EXPORT_YARA };
enum export_sort export_thing(const json_t *tree, struct buf *key, struct buf *title);

/* How often, from when to when: adds the finding to the thing of this key among `things` (an object, in the order in which they came first); `new`
 * is what it is made of where there is none yet, and is taken over. Its members findings, events, untimed, first, last (ns; not there:
 * no time). The thing, or NULL: no memory. */
json_t *export_count(json_t *things, str key, json_t *new, const struct export_finding *f);

/* Its members first and last, further apart where the times (INSTANT_NONE: nothing) ask for it. False: no memory. */
bool export_span(json_t *thing, int64_t from, int64_t to);

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
