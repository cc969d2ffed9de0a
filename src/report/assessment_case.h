/* assessment_case: evidence for attribution out of a case, and assessments in it: table assessment of case.db (docs/formats/case.md, version 6). */
#ifndef REPORT_ASSESSMENT_CASE_H
#define REPORT_ASSESSMENT_CASE_H

#include "attribution/evidence.h"
#include "base/buf.h"
#include "report/case.h"

/* What a case holds on one incident, and more that an analyst said (NULL: nothing). Who the victim is, what language somebody speaks and what others have
 * stated no case says: that comes from the analyst. profiles: by which software has numbers (NULL: none has). All in a.
 * The case may come from a stranger. Errors as case_find; ERR_USAGE also where there is no such incident. path: of a case, or of the folder that a
 * writer writes. */
MUST_USE bool assessment_case_evidence(const char *path, uint32_t incident, const struct evidence *more,
                                       const struct profiles *profiles, struct arena *a, struct evidence *out,
                                       struct err *e);

/* A row of the table: incident, and one object. After the incidents, before the end. json: as written_json makes it. */
MUST_USE bool assessment_case_write(struct case_writer *c, uint32_t incident, str json, struct err *e);
/* Why there is none of an incident, or of all (0): "no profiles of groups were given". The row is {"not_judged":"why"}. */
MUST_USE bool assessment_case_none(struct case_writer *c, uint32_t incident, str why, struct err *e);
/* That of one incident, else the reason that holds for all; appended. False with ERR_NONE: there is none. Errors as of assessment_case_read. */
MUST_USE bool assessment_case_of(const char *path, uint32_t incident, struct buf *json, struct err *e);
/* By incident; the bytes are whatever the case holds. Of a case of an older Longwatch there are none, and that is no error. */
MUST_USE bool assessment_case_read(const char *path,
                                   bool (*each)(void *ctx, uint32_t incident, str json, struct err *e), void *ctx,
                                   struct err *e);

#endif
