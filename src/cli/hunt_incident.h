/* hunt_incident: what a hunt makes of acts, findings and campaigns: incidents, into the case and as the first lines of the summary. */
#ifndef CLI_HUNT_INCIDENT_H
#define CLI_HUNT_INCIDENT_H

#include "base/buf.h"
#include "incident/incident.h"
#include "report/case.h"

struct hunt_incident;

/* writer: NULL: none. memory: bytes that acts may take, 0: the usual (1 GiB). */
MUST_USE bool hunt_incident_new(struct hunt_incident **out, struct case_writer *writer, size_t memory, struct err *e);
void hunt_incident_free(struct hunt_incident *h); /* takes NULL */
/* What the hunt hands over. */
MUST_USE bool hunt_incident_activity(struct hunt_incident *h, const struct activity_event *v, struct err *e);
/* For findings, campaigns and those who opened them. */
struct incidents *hunt_incident_of(struct hunt_incident *h);
/* After all of these. */
MUST_USE bool hunt_incident_end(struct hunt_incident *h, struct err *e);
/* Judges each incident that is in the case, and puts that into it (report/assessment_case.h); then nothing more is written but the end. What keeps an incident
 * from being judged is put there instead, and told: only what keeps the case from being written is an error. options: as hunts have them. */
struct judge_options;
MUST_USE bool hunt_incident_judge(struct hunt_incident *h, const struct judge_options *options, struct err *e);
/* How many there are, and the lines. */
uint64_t hunt_incident_count(const struct hunt_incident *h);
void hunt_incident_print(const struct hunt_incident *h, size_t columns, bool colour, struct buf *b);

#endif
