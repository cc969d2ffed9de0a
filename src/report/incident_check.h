/* incident_check: do the tables of behaviours and incidents of a case fit each other and its ledger, and what do they say? For whoever checks a case. The
 * case may come from a stranger. */
#ifndef REPORT_INCIDENT_CHECK_H
#define REPORT_INCIDENT_CHECK_H

#include "base/hash.h"
#include "report/incident_case.h"

struct incident_case_totals {
    uint64_t incidents, behaviours, doors;
    uint64_t places; /* that they name */
};
/* Something that does not fit. of: "act 3 of incident 1"; path: of the evidence it names, "" where it is no matter of places. */
struct incident_case_fault {
    const char *of;
    str path;
    const char *why;
};
/* Every place that a behaviour, an incident, something reached or a door names lies in a file of the ledger, of that hash; lists have no holes;
 * what refers to something finds it. All is zero in a case of an older Longwatch. Errors as in incident_case.h. */
MUST_USE bool incident_case_check(const char *path,
                                  bool (*fault)(void *ctx, const struct incident_case_fault *f, struct err *e),
                                  void *ctx, struct incident_case_totals *n, struct err *e);

/* A hash of all that the case says of each behaviour and incident, but for numbers of things and for where the evidence lies on this machine: the same
 * of two cases that say the same of it. */
MUST_USE bool incident_case_said(const char *path,
                                 bool (*each)(void *ctx, enum incident_case_of of, uint64_t number,
                                              const uint8_t hash[SHA256_SIZE], struct err *e),
                                 void *ctx, struct err *e);

#endif
