/* fit: parameters out of cases whose group is known and cases whose group nobody knew. Deterministic; penalised maximum likelihood by Newton's method. */
#ifndef ATTRIBUTION_FIT_H
#define ATTRIBUTION_FIT_H

#include "attribution/model.h"

struct fit_case {
    struct judgement *measured;
    size_t right;   /* the group in the profile; NO_GROUP: none of the known groups */
    unsigned inner; /* the part of the inner cross-fit it is of, below FIT_PARTS */
};
#define FIT_PARTS 5u

/* The weights of groups are fitted on cases with a right group; those of signs on all, by scores of weights that were fitted without the case's
 * part, known and unknown weighing the same together. Sets group and known of *out alone. ERR_USAGE: too few cases of either kind. */
MUST_USE bool parameters_fit(struct parameters *out, const struct fit_case *cases, size_t count, struct err *e);

#endif
