/* assessment_case: evidence for attribution out of a case, and assessments in it: table assessment of case.db (docs/formats/case.md, version 6). */
#ifndef REPORT_ASSESSMENT_CASE_H
#define REPORT_ASSESSMENT_CASE_H

#include "attribution/evidence.h"
#include "report/case.h"

/* What a case holds on one incident, and more that an analyst said (NULL: nothing). profiles: by which software has numbers (NULL: none has). All in a.
 * The case may come from a stranger. Errors as case_find; ERR_USAGE also where there is no such incident. path: of a case, or of the folder that a
 * writer writes. */
MUST_USE bool assessment_case_evidence(const char *path, uint32_t incident, const struct evidence *more,
                                       const struct profiles *profiles, struct arena *a, struct evidence *out,
                                       struct err *e);

/* json: as written_json makes it. After the incidents, before the end. */
MUST_USE bool assessment_case_write(struct case_writer *c, uint32_t incident, str json, struct err *e);
/* Why there are none, where there are none: "no profiles of groups were given". */
MUST_USE bool assessment_case_none(struct case_writer *c, str why, struct err *e);
/* By incident; the bytes are whatever the case holds. */
MUST_USE bool assessment_case_read(const char *path,
                                   bool (*each)(void *ctx, uint32_t incident, str json, struct err *e), void *ctx,
                                   struct err *e);

#endif
