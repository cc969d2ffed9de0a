/* yara_text: what a YARA rule found, as a line of JSON and as a sentence. Appends to a buffer; no line end. */
#ifndef REPORT_YARA_TEXT_H
#define REPORT_YARA_TEXT_H

#include "base/buf.h"
#include "intel/yara_finding.h"

/* One object, as docs/yara.md has it. */
void yara_json(struct buf *b, const struct yara_finding *f);
/* Where it is, for people: "logs/a.mbox, message 3 (offset 1024): invoice.zip!a.js". Texts as finding_plain has them. */
void yara_place(struct buf *b, str evidence_path, bool attachment, str name, uint64_t record, uint64_t offset);

#endif
