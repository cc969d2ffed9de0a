/* yara_case: what YARA rules found, into the case that is being written: lines of findings.jsonl, and tables of case.db of their own
 * (docs/yara.md). */
#ifndef REPORT_YARA_CASE_H
#define REPORT_YARA_CASE_H

#include "intel/yara_finding.h"
#include "report/case.h"

struct yara_case;

/* The writer must outlive it. */
MUST_USE bool yara_case_new(struct yara_case **out, struct case_writer *writer, struct err *e);
void yara_case_free(struct yara_case *c); /* takes NULL; before the case is finished */
MUST_USE bool yara_case_finding(struct yara_case *c, const struct yara_finding *f, struct err *e);
MUST_USE bool yara_case_omission(struct yara_case *c, const struct yara_omission *o, struct err *e);
/* At the end: what became of each rule, and how much was scanned. findings: by rule. */
MUST_USE bool yara_case_end(struct yara_case *c, const struct yara_set *set, const uint64_t *findings,
                            const struct yara_counts *counts, struct err *e);

#endif
