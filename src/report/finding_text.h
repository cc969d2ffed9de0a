/* finding_text: a finding as a line of JSON, CSV or Timesketch JSONL, and as a sentence. Appends to a buffer; no line end. */
#ifndef REPORT_FINDING_TEXT_H
#define REPORT_FINDING_TEXT_H

#include "base/buf.h"
#include "detection/finding.h"

/* One object, as docs/formats/case.md has it. */
void finding_json(struct buf *b, const struct finding *f);
/* RFC 4180; the first line of a file is finding_csv_head. A value that a spreadsheet would take for a formula is kept from
 * that (a leading apostrophe). */
void finding_csv_head(struct buf *b);
void finding_csv(struct buf *b, const struct finding *f);
/* One cell of such a file. */
void finding_csv_cell(struct buf *b, str s);
/* message, datetime, timestamp (microseconds), timestamp_desc, and behind them what json has: the finding's own line (finding_json).
 * A finding without time has none: false, nothing is appended. */
bool finding_timesketch(struct buf *b, const struct finding *f, str json);
/* The first members of such a line, with the brace before them: of anything that was at that time. what: timestamp_desc, a plain word. */
void timesketch_head(struct buf *b, str message, int64_t when, const char *what);
/* One line for people: what, where, who, how it showed. */
void finding_sentence(struct buf *b, const struct finding *f);
/* The members of a client: its address, and what is known of that (about may be NULL). Without braces. */
void client_json(struct buf *b, str address, const struct network_about *about);
/* Text out of evidence as a terminal may have it (buf_plain). */
void finding_plain(struct buf *b, str s, bool lines);
/* The same in one line, at most its first 160 bytes, cut where a character ends. */
void finding_short(struct buf *b, str s);

#endif
