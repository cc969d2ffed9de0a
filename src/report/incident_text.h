/* incident_text: an act of an incident as a line of Timesketch JSONL (docs/formats/case.md). Appends to a buffer; no line end. */
#ifndef REPORT_INCIDENT_TEXT_H
#define REPORT_INCIDENT_TEXT_H

#include "base/buf.h"
#include "incident/incident.h"

/* Which act, of what. */
struct incident_act {
    uint32_t incident;
    uint64_t position; /* from 1 */
    str title;         /* of the incident */
    enum sigma_level level;
    str clue; /* title of what makes it the intruder's */
    str tlp;  /* "": none is told */
};
/* message, datetime, timestamp, timestamp_desc, then tlp, then what is known of the act. An act without time has no line: false. */
bool incident_timesketch(struct buf *b, const struct incident_act *of, const struct incident_event *v);

#endif
