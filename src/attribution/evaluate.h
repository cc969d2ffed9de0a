/* evaluate: how good attribution is, on cases whose answer became public later, by cross-validation: no case is judged by what was fitted on its group. */
#ifndef ATTRIBUTION_EVALUATE_H
#define ATTRIBUTION_EVALUATE_H

#include "attribution/model.h"
#include "base/buf.h"

enum figure {
    FIGURE_FIRST,      /* the right group is the likeliest of the known */
    FIGURE_FIRST_FIVE, /* it is among the first five */
    FIGURE_RANK,       /* mean of 1/rank */
    FIGURE_CALIBRATION, /* expected calibration error of the likeliest answer, "none of the known" among the answers; ten bins */
    FIGURE_CALIBRATION_GROUP, /* the same of the likeliest group, whatever "none" has */
    FIGURE_PRECISION,         /* of the names that pass the gates, how many are right */
    FIGURE_NAMED_KNOWN,       /* how many cases of known groups get a name */
    FIGURE_NAMED,             /* how many of all cases get one */
    FIGURE_NAMED_UNKNOWN,     /* how many cases of groups nobody knew get a name, which is wrong */
    FIGURE_NAMED_REMOVED,     /* the same of cases whose group was taken out of the profiles */
    FIGURE_SEPARATION,        /* AUROC of known against unknown */
    FIGURE_SEPARATION_REMOVED,
    FIGURES
};
extern const char *const figure_names[FIGURES];

struct figure_value {
    double value, low,
        high; /* 95 %: Wilson's for shares, bootstrap over cases for the others; NAN: nothing to measure */
};

struct evaluation {
    struct figure_value figures[FIGURES];
    size_t known, unknown;
    struct parameters fitted; /* on all the cases */
};

/* The folder holds cases-prospective.json and cases-prospective-unknown.json beside the profiles. with: prior and gates. */
MUST_USE bool evaluate(struct evaluation *out, const char *folder, const struct parameters *with, struct err *e);
/* Best top1 and top5 over all methods of baseline.json on prospective reports; false: no such file, or not readable. */
bool evaluate_baseline(const char *folder, double *first, double *first_five);

#endif
