/* summary: what a hunt came to, for a person who is tired: what was found, since when, where, what could not be read, and
 * what could not be asked because there was no data. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "base/buf.h"
#include "detection/correlation.h"
#include "detection/finding.h"
#include "detection/known.h"
#include "event/kind.h"
#include "evidence/custody.h"

struct persons;
struct summary;

/* known: as hunt_options; set: the user's rules, or known_set; persons: NULL: nobody is looked for. */
MUST_USE bool summary_new(struct summary **out, const struct sigma_set *set, const struct known *known,
                          const struct persons *persons, struct err *e);
/* Takes NULL. */
void summary_free(struct summary *s);

MUST_USE bool summary_finding(struct summary *s, const struct finding *f, struct err *e);
MUST_USE bool summary_custody(struct summary *s, const struct custody *c, struct err *e);
MUST_USE bool summary_damage(struct summary *s, const struct custody_damage *d, struct err *e);
MUST_USE bool summary_clock(struct summary *s, const struct custody_clock *c, struct err *e);
void summary_duplicates(struct summary *s, uint64_t events);
void summary_gap(struct summary *s, const struct custody_gap *gap);
void summary_kind(struct summary *s, const struct kind *kind);
void summary_correlation(struct summary *s, uint32_t rule, const struct correlation_counts *counts);
/* A rule that no event of its log source can satisfy: a field about which they disagree. */
void summary_shut(struct summary *s, uint32_t rule, str field);
void summary_filtered(struct summary *s, uint32_t rule, uint32_t filter, uint64_t matches);
/* Once, after the last of these and before what follows. */
void summary_end(struct summary *s);

/* Findings in records that were not salvaged. */
uint64_t summary_findings(const struct summary *s);
/* Was some evidence not read, or not to its end? Prose is none, but where there was nothing else. */
bool summary_unread(const struct summary *s);
/* What became of a rule: "evaluated", "never" (shut), "no data", "unusable", "failed", "filter"; and its findings. */
const char *summary_rule(const struct summary *s, const struct sigma_verdict *verdict, uint64_t *findings);

/* What was asked for, and how to tell it. */
struct summary_frame {
    enum sigma_level level;
    int64_t from, to;
    uint64_t regex_given_up; /* matches of regular expressions that were ended at the step limit */
    str known;               /* lines of what was hunted for beside rules, or empty */
    const char *case_path;   /* where more can be read, or NULL */
    str read;                /* lines to stand for what was read; "": as the lines of the ledger say */
    str keep;                /* without a case: how to keep what was found; "": the usual */
    size_t columns;
    bool colour;
};
/* "+5 h", "-3 h 30 min", "+16 h", "-12 s" */
void summary_span(struct buf *b, int64_t seconds);
/* "+5 h" when both are, "+5 h to +6 h" */
void summary_spans(struct buf *b, int64_t least, int64_t most);
/* "hosts A, B; accounts C, and 7 more": of all findings; nothing where none names any. */
void summary_touched(const struct summary *s, struct buf *b);
/* Appends the whole summary. Texts of evidence and rules are shown as finding_plain has them. */
void summary_print(const struct summary *s, const struct summary_frame *frame, struct buf *b);

#endif
