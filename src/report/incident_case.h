/* incident_case: behaviours, clues and incidents in a case: the tables behaviour, behaviour_event, behaviour_method, clue, incident, incident_event, incident_entity,
 * incident_link, incident_reach, incident_phase, incident_clue and door of case.db (docs/formats/case.md, version 5), written and read. */
#ifndef REPORT_INCIDENT_CASE_H
#define REPORT_INCIDENT_CASE_H

#include "incident/incident.h"
#include "report/case.h"

/* ---- writing ---- */

/* What was looked for, with its thresholds; all of them, whatever was found. A case without any was put together by nobody. */
MUST_USE bool incident_case_methods(struct case_writer *c, const struct behaviours *behaviours, struct err *e);
/* In order; clue: the one made of it, with its number, and the incident that it is in. activities: ended. */
MUST_USE bool incident_case_behaviour(struct case_writer *c, const struct behaviour_hit *hit, const struct clue *clue,
                                      struct activities *a, struct err *e);
/* With its events; clues: all, into which the incident's indexes lead. */
MUST_USE bool incident_case_incident(struct case_writer *c, const struct incident *incident, const struct clue *clues,
                                     size_t clue_count, struct err *e);

/* ---- reading ----
 * The case may come from a stranger: texts are what it holds, any bytes; numbers too. Views live until the callback returns; false from
 * it stops. Errors as case_find; ERR_USAGE also for a case of an older Longwatch, which has no such tables; ERR_MEMORY: an incident has more
 * than fits. */
#define INCIDENT_CASE_BYTES_MAX ((size_t)256 << 20) /* of what one incident has without its events */
#define INCIDENT_CASE_NO_CLUE UINT32_MAX            /* in the place of an event's clue: the case does not say why */

/* Is the case of a version that has such tables? */
MUST_USE bool incident_case_there(const char *path, bool *there, struct err *e);
/* Incidents by number; each with all it has but its events. clues: those of this incident, by weight, and the incident's indexes lead into
 * these. */
MUST_USE bool incident_case_incidents(const char *path,
                                      bool (*each)(void *ctx, const struct incident *incident, const struct clue *clues,
                                                   size_t clue_count, struct err *e),
                                      void *ctx, struct err *e);
/* Its events in order of time, at most limit (0: all); clue: index into the clues of this incident. ERR_USAGE: no such incident. */
MUST_USE bool incident_case_events(const char *path, uint32_t incident, uint64_t limit,
                                   bool (*each)(void *ctx, const struct incident_event *event, struct err *e),
                                   void *ctx, struct err *e);
/* Behaviours by number, with those that are in no incident (clue.incident 0). */
MUST_USE bool incident_case_behaviours(const char *path,
                                       bool (*each)(void *ctx, const struct clue *clue, struct err *e), void *ctx,
                                       struct err *e);

/* Where event `position` (from 1) of an incident, or of a behaviour, lies, and what it says, as case_find does it of a finding: rule_title is what was
 * done, matches are what else is told of it. ERR_USAGE: there is no such event. */
enum incident_case_of { INCIDENT_CASE_INCIDENT, INCIDENT_CASE_BEHAVIOUR };
MUST_USE bool incident_case_place(const char *path, enum incident_case_of of, uint64_t number, uint64_t position,
                                  struct arena *a, struct case_place *out, struct err *e);

#endif
