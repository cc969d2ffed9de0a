/* select: the rows of a segment in which some rule could be true, or some indicator could stand: more than there are, never fewer.
 *
 * A hunt through an archive mostly finds nothing. Which rows it can find nothing in is told without making records of them: each distinct
 * value of a column is looked at once, whatever number of rows it stands in; a rule none of whose values is there is out of it; and of
 * the others the rows are put together from where their values stand: of AND those that all have, of OR those that any has, of NOT all.
 * What is left is read, and decided about, as any record (event/ingest.h, detection/detect.h).
 *
 * In doubt a row is selected. What is made of texts that are not looked into (XML, lists of words and bytes) makes its row one for all rules of its
 * kind; of a line of text, which formats tell of, it is known what stands in it, not in which field; and whatever is damaged is selected. */
#ifndef HUNT_SELECT_H
#define HUNT_SELECT_H

#include "archive/segment.h"
#include "detection/indicator.h"
#include "detection/plan.h"
#include "event/kind.h"

/* All of it outlives what is made of it. */
struct select_options {
    const struct plan *plan;
    const struct kinds *kinds;     /* by which records will be read */
    struct fields *fields;         /* the catalogue of both */
    const bool *skip;              /* rules never to select for, by rule; NULL: none */
    struct indicators *indicators; /* NULL: none are asked for */
};

struct select_ask {
    const bool *rules; /* by rule: for which rows are to be selected; NULL: all that are not skipped */
    bool indicators;   /* rows in which one may stand, too */
    bool
        kinds_trusted; /* the segment says of each row what the kinds of now say: it was added with the same ones (kinds_fingerprint) */
};

struct select_counts {
    uint64_t rows, selected; /* of the segment; of these, by this call */
    uint64_t values;         /* looked at */
    uint64_t rules,
        alive; /* rules that cover some kind in it, under each set of names; that may find something by its values alone */
};

struct select;

/* One for each worker. What it learns of rules and fields it keeps for the next segment. */
MUST_USE bool select_new(struct select **out, const struct select_options *options, struct err *e);
void select_free(struct select *s); /* takes NULL */

/* Sets the bits of rows (segment_reading.rows) in which something asked for could be found, and clears none. counts: added to; may be NULL.
 * Values that the segment had unpacked are forgotten (segment_forget). Damage is no failure: what is not known is selected. ERR_MEMORY. */
MUST_USE bool select_rows(struct select *s, struct segment *segment, const struct select_ask *ask, uint64_t *rows,
                          struct select_counts *counts, struct err *e);

#endif
