/* incident_case_own: what the writers of behaviours and incidents share. For src/report/incident_case*.c only. */
#ifndef REPORT_INCIDENT_CASE_OWN_H
#define REPORT_INCIDENT_CASE_OWN_H

#include "report/case_row.h"
#include "report/incident_case.h"

/* Path, hash, record, offset. */
void incident_case_put_place(struct case_row *r, str path, const char *sha256, uint64_t record, uint64_t offset);
void incident_case_put_proof(struct case_row *r, const struct proof *p);
/* All that the tables clue and behaviour have in common. */
void incident_case_put_clue(struct case_row *r, const struct clue *c);

#endif
