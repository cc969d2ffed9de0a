/* written: an assessment as sentences: judgement, confidence, facts, assumptions, alternatives, sensitivity, gaps, and what others have said, quoted. The one
 * place where words about a group are chosen; dossier, terminal, JSON and STIX print what stands here. Never "is GROUP", never a state as the doer. */
#ifndef ATTRIBUTION_WRITTEN_H
#define ATTRIBUTION_WRITTEN_H

#include "attribution/assessment.h"

struct written_quote {
    str group, on, by, about, quote, source, at;
    str stance; /* attributes, overlaps, another, denies */
    str grade;  /* primary, reported, ... */
    bool alleged;
};
struct written {
    struct arena *memory;
    str judgement;                         /* one sentence, with a word of likelihood */
    str confidence;                        /* another, with why */
    str scale;                             /* which scales the words are of */
    str activity, cluster, group, sponsor; /* four statements, one sentence each */
    str nation;                            /* "": not told */
    str then; /* how the judgement by what was known at the time differs from that by what is known now; "" */
    const str *facts, *assumptions, *judgements, *sensitivities, *gaps, *wanted, *cautions;
    size_t fact_count, assumption_count, judgement_count, sensitivity_count, gap_count, wanted_count, caution_count;
    const struct written_quote *quotes; /* about the groups that are told, by date; each with its denials */
    size_t quote_count;
};
/* then: by what was public at the incident's end; now: by what is public now, and NULL where both are one. names: where facts on groups are from. */
MUST_USE bool written_make(struct written **out, const struct assessment *now, const struct assessment *then,
                           const struct groups *names, struct err *e);
void written_free(struct written *w); /* takes NULL */

/* One object with every number and every sentence (docs/formats/assessment.md). */
MUST_USE bool written_json(struct buf *b, const struct assessment *now, const struct assessment *then,
                           const struct written *w, struct err *e);
/* For the terminal, of at most width columns. */
void written_text(struct buf *b, const struct assessment *now, const struct assessment *then, const struct written *w,
                  unsigned width);

#endif
