/* share_incident: what of an incident may be told of the institution itself, as share.h has it of findings (docs/formats/stix-out.md, "Redaction"). */
#ifndef REPORT_SHARE_INCIDENT_H
#define REPORT_SHARE_INCIDENT_H

#include "base/arena.h"
#include "incident/incident.h"
#include "report/share.h"

struct share_way {
    enum redaction redact;
    const struct pseudonyms *pseudonyms; /* with REDACT_PSEUDONYMS */
    struct arena *a;                     /* what is told instead lives here */
};

/* Each changes what it is given: under pseudonyms names, addresses, files and values are such, words that tell of them (what, notes, how) are made
 * anew or left out, hashes of evidence too; of counts alone nothing is left but what sort of thing it is, and numbers. Times stay. ERR_MEMORY. */
MUST_USE bool share_event(const struct share_way *w, struct incident_event *v, struct err *e);
MUST_USE bool share_entity(const struct share_way *w, struct incident_entity *v, struct err *e);
MUST_USE bool share_reach(const struct share_way *w, struct reach *v, struct err *e);
MUST_USE bool share_door(const struct share_way *w, struct door *v, struct err *e);
/* A tactic or technique as ATT&CK has them; "": a case of a stranger says something else there. */
str share_tactic(str tactic);
str share_technique(str technique);

#endif
