/* judge: from profiles, and what an analyst says, to assessments and their words: what `hunt` and `attribute` share. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "attribution/written.h"
#include "cli/command.h"

struct judge;
struct judge_options {
    const char *profiles; /* a file or folder (attribution/profile.h); NULL: */
    const struct arguments
        *stores; /* the first of these that is a store of intelligence with profiles in it; others are passed over */
    const char *observed;       /* a file (docs/formats/observed.md); NULL: nothing is said */
    const struct groups *names; /* outlive it; NULL: those that are built in */
};
/* *out is NULL where there are no profiles. ERR_USAGE: the observed file is wrong, or nothing is where profiles should be. */
MUST_USE bool judge_new(struct judge **out, const struct judge_options *options, struct err *e);
void judge_free(struct judge *j); /* takes NULL */
/* Is a file of observations one? Asks no profiles. path may be NULL. */
MUST_USE bool judge_check(const char *path, struct err *e);

/* By what is public on one day, and by what was public at the last act. */
struct judged_evidence {
    struct arena *memory;
    struct evidence evidence;
    struct assessment *now, *then; /* then: NULL where it is the same, or nobody knows */
    struct written *written;
};
/* Of an incident of a case, or of the folder that is being written and has settled. as_of: INSTANT_NONE: the newest. one: what was observed
 * is of this incident; else nobody says of which of several, and only who the victim is holds for each. */
MUST_USE bool judge_incident(const struct judge *j, const char *path, uint32_t incident, bool one, int64_t as_of,
                             struct judged_evidence *out, struct err *e);
/* Of what was observed alone. */
MUST_USE bool judge_observed(const struct judge *j, int64_t as_of, struct judged_evidence *out, struct err *e);
void judged_free(struct judged_evidence *v);

#endif
