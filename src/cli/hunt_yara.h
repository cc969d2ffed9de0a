/* hunt_yara: what a hunt does with YARA rules: opens them, prints and counts what they find, writes it into the case, tells it in the summary. */
#ifndef CLI_HUNT_YARA_H
#define CLI_HUNT_YARA_H

#include "cli/command.h"
#include "hunt/hunt.h"
#include "report/case.h"

struct hunt_yara;

/* Rules of files, and of the files named .yar or .yara in folders; more: rules that were read already, with where they came from. *out stays
 * NULL where there are neither. bytes_max: of one file; 0: the usual. ERR_USAGE: a path that is not there, or no rule that can be used. */
MUST_USE bool hunt_yara_open(struct hunt_yara **out, const struct arguments *paths, const struct rule_text *more,
                             size_t more_count, uint64_t bytes_max, struct err *e);
void hunt_yara_free(struct hunt_yara *y); /* takes NULL, as all that follow do */

/* Rules, limits and callbacks of the hunt, whose ctx hands the callbacks on. writer: NULL: no case. */
MUST_USE bool hunt_yara_begin(struct hunt_yara *y, struct hunt_options *options, struct case_writer *writer,
                              struct err *e);
/* json: the line for a machine is put there, for the caller to print; NULL: nobody asks. */
MUST_USE bool hunt_yara_finding(struct hunt_yara *y, const struct yara_finding *f, struct buf *json, struct err *e);
MUST_USE bool hunt_yara_omission(struct hunt_yara *y, const struct yara_omission *o, struct err *e);
/* After the hunt, before the case is finished. */
MUST_USE bool hunt_yara_end(struct hunt_yara *y, const struct yara_counts *counts, struct err *e);

uint64_t hunt_yara_findings(const struct hunt_yara *y);
/* Was something not scanned, or not to its end? */
bool hunt_yara_omitted(const struct hunt_yara *y);
/* Some lines; nothing without rules. As finding_plain has texts. */
void hunt_yara_print(const struct hunt_yara *y, struct buf *b);

#endif
