/* case_read: a case from its beginning to its end, for those who hand it on or check it: findings, facts, what was hunted with. The case may
 * come from a stranger: texts are what it holds, any bytes; numbers too. Views live until the callback returns; false from it
 * stops. Errors as case_find. */
#ifndef REPORT_CASE_READ_H
#define REPORT_CASE_READ_H

#include "report/case.h"

/* What a record is named by. */
enum case_record_of {
    RECORD_FINDING,
    RECORD_ACT, /* of an incident */
    RECORD_BEHAVIOUR,
    RECORD_BEGAN, /* the beginning of an incident */
    RECORD_REACH,
    RECORD_DOOR,
    RECORD_OFS
};
struct case_finding {
    uint64_t number;        /* of YARA rules' findings their own */
    enum case_record_of of; /* of case_records; then number is that of the finding, incident or behaviour */
    uint64_t position;      /* in the incident or behaviour */
    bool yara;
    bool salvaged;
    str json;
    str evidence_path, evidence_sha256, reader; /* reader: "" of YARA and where nobody is named */
    uint64_t record, offset;
};
/* In the order of findings.jsonl: by number, then those of YARA rules. */
MUST_USE bool case_findings(const char *path, bool (*each)(void *ctx, const struct case_finding *f, struct err *e),
                            void *ctx, struct err *e);
/* The records that findings were made in, those of correlations' events too, and those that incidents and behaviours name: each place once, by
 * evidence and offset, with what names it: the first finding, else the first act, and so on. Of YARA rules' findings none: theirs are files. */
MUST_USE bool case_records(const char *path, bool (*each)(void *ctx, const struct case_finding *f, struct err *e),
                           void *ctx, struct err *e);
/* The facts of the manifest, as the database has them. */
MUST_USE bool case_facts(const char *path, bool (*each)(void *ctx, str name, str value, struct err *e), void *ctx,
                         struct err *e);
/* Sources of intelligence that the hunt looked for, by name and SHA-256; none where it had none, or an older Longwatch wrote the case. */
MUST_USE bool case_intel_sources(const char *path, bool (*each)(void *ctx, str name, str sha256, struct err *e),
                                 void *ctx, struct err *e);

#endif
