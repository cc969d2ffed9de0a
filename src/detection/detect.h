/* detect: blocks against the plan. The only place where rules meet events. */
#ifndef DETECTION_DETECT_H
#define DETECTION_DETECT_H

#include "base/buf.h"
#include "detection/finding.h"
#include "detection/plan.h"
#include "event/block.h"
#include "event/ingest.h"
#include "event/kind.h"

struct detector;

/* A rule true of a row. Views live until the callback returns. */
struct detect_hit {
    uint32_t rule; /* in the set */
    const struct block *block;
    uint32_t row;
    str logsource; /* under which of the kind's log sources, for "as process_creation" */
    const struct detect_match *matches;
    size_t match_count;
};

struct detect_options {
    const struct plan *plan;
    struct fields *fields;
    /* Rules not to evaluate at all (indexed by rule), or NULL. */
    const bool *skip;
    /* Hits of one flush come ordered by part, offset, rule. False stops. */
    bool (*hit)(void *ctx, const struct detect_hit *hit, struct err *e);
    void *ctx;
};

struct detect_counts {
    uint64_t rows, candidates, evaluated_values, memo_hits;
    uint64_t regex_limits; /* values on which a regular expression was given up */
};

MUST_USE bool detector_new(struct detector **out, const struct detect_options *options, struct err *e);
void detector_free(struct detector *d);

/* Values of which raw types (a bit each) of the field may matter to rules that apply to this block's kind? All of a field that
 * a rule names; of others those in which rules about all fields might find something, text only if it holds it. For
 * ingest_options. */
struct ingest_wish detector_wants(struct detector *d, const struct block *b, field_id field);
/* Might a rule about all fields find something in the text? */
bool detector_sift(struct detector *d, const struct block *b, const struct raw *v);
/* Might a rule about all fields find anything in the event, as a record of this block? Asked of the bytes it came from and of
 * values that came from elsewhere; true where no such bytes are known. False: detector_sift need not be asked, no text of it
 * matters. */
bool detector_sift_event(struct detector *d, const struct block *b, const struct record *r);
/* Does any rule name this field? For ingest_options.wants_inner. */
bool detector_names(const struct detector *d, field_id field);

/* Evaluates all rows of the blocks. */
MUST_USE bool detector_run(struct detector *d, struct block *const *blocks, size_t count, struct err *e);
/* Bytes held by values that aliases made: they go when the dictionaries of the blocks are reset. */
size_t detector_bytes(const struct detector *d);
const struct detect_counts *detector_counts(const struct detector *d);
/* Matches that filter f took away from rule r since the detector began: calls back for each pair that is not zero. */
void detector_filtered(const struct detector *d, void (*each)(void *ctx, uint32_t rule, uint32_t filter, uint64_t n),
                       void *ctx);

/* The values of a field of a row, under the names of the rule's log source for this kind. Returns the count written
 * (at most max). NULL values are left out. Text lives as long as the dictionaries. */
size_t detector_values(struct detector *d, const struct block *b, uint32_t row, uint32_t rule, field_id field, str *out,
                       size_t max);
/* The value of a role of a row, or the empty view. */
str detector_role(struct detector *d, const struct block *b, uint32_t row, enum role role);

/* Does a rule's log source cover one of the kind's? index: which, of kind.logsources. */
bool logsource_covers(const struct sigma_logsource *rule, const struct kind *kind, size_t *index);

#endif
