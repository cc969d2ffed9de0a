/* written: an assessment as sentences: judgement, confidence, facts, assumptions, alternatives, sensitivity, gaps, and what others have said, quoted. The one
 * place where words about a group are chosen; dossier, terminal, JSON and STIX print what stands here. Never "is GROUP", never a state as the doer.
 *
 * What must be there is ICD 203's (sourcing, uncertainty, facts apart from judgements, alternatives, change). Every text is one line of well-formed
 * UTF-8 without control characters, whatever bytes the evidence had (buf_plain); markup in it is whoever's who prints it. */
#ifndef ATTRIBUTION_WRITTEN_H
#define ATTRIBUTION_WRITTEN_H

#include "attribution/assessment.h"

#define WRITTEN_FACTS_MAX 200u /* those that count most; how many more there are is the last one */
#define WRITTEN_QUOTES_MAX 100u
#define WRITTEN_VALUE_MAX 300u /* bytes of one text of others in a sentence; a quote has GROUP's own bounds */
#define WRITTEN_QUOTED_AT 0.2  /* posterior at which what governments said of a group is quoted */

/* "" where nothing is said. */
struct written_quote {
    str group, on, by, about, quote, source, at;
    str stance; /* attributes, overlaps, another, denies */
    str grade;  /* primary, reported, ...; of an analyst's: Admiralty */
    bool alleged;
    bool given; /* an analyst gave it */
};
struct written {
    struct arena *memory;
    str judgement;                         /* one sentence, with a word of likelihood */
    str confidence;                        /* another, with why */
    str scale;                             /* which scales the words are of */
    str activity, cluster, group, sponsor; /* four statements, one sentence each */
    str nation;                            /* "": not told */
    str then;    /* the judgement by what was known at the time, and that by what is known now, in two sentences; "" */
    str changed; /* what came in between; "" */
    const str *facts, *assumptions, *judgements, *missing, *alternatives, *sensitivities, *gaps, *wanted, *cautions;
    size_t fact_count, assumption_count, judgement_count;
    size_t missing_count;     /* what a name would need: one for each gate that is shut */
    size_t alternative_count; /* one for each hypothesis, how it stands */
    size_t sensitivity_count, gap_count, wanted_count, caution_count;
    /* About the groups that are told (level above cluster, or WRITTEN_QUOTED_AT), about a victim that is named here, and what an analyst gave: by group, then
     * date. What is said about another victim stands last, and is no group's. */
    const struct written_quote *quotes;
    size_t quote_count, quote_more; /* more: that are not here */
};
/* then: by what was public at the incident's end; now: by what is public now, and then NULL where both are one. names: where facts on groups are from, NULL:
 * nowhere. What it was made of need not outlive it. ERR_MEMORY. */
MUST_USE bool written_make(struct written **out, const struct assessment *now, const struct assessment *then,
                           const struct groups *names, struct err *e);
void written_free(struct written *w); /* takes NULL */

/* "2024-03-25, UK NCSC on WHAT: “WORDS”. ..." in one line. */
void written_quote_words(struct buf *b, const struct written_quote *q);
/* "China" of "CN"; the code where its name is not known here. */
str written_country(str code);

/* One object with every number and every sentence (docs/formats/assessment.md). */
MUST_USE bool written_json(struct buf *b, const struct assessment *now, const struct assessment *then,
                           const struct written *w, struct err *e);
/* For the terminal, of at most width columns (40 or more). */
void written_text(struct buf *b, const struct assessment *now, const struct assessment *then, const struct written *w,
                  unsigned width);

#endif
