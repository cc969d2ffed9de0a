/* model: techniques and software in, a posterior over groups out, "none of the known groups" among them. Every number can be recomputed by hand. */
#ifndef ATTRIBUTION_MODEL_H
#define ATTRIBUTION_MODEL_H

#include "attribution/profile.h"

/* What speaks for one group, before it is weighed (docs/attribution.md has the formulas). */
enum measure {
    MEASURE_TECHNIQUE, /* techniques in its profile, rare ones more (BM25), divided by the root of how many were observed */
    MEASURE_PARENT,    /* the same of the techniques that they are kinds of */
    MEASURE_MALWARE,   /* malware in its profile, rare more: the strongest, and a fifth of the others */
    MEASURE_TOOL,      /* the same of tools that anybody can have */
    MEASURE_CONFIRMED, /* 1: malware of at most two groups, said by two sources at least, or two pieces of it */
    MEASURE_REPORTED,  /* how many reports of the two years before spoke of it */
    MEASURE_NATION,    /* the software is mostly that of other groups of its nation */
    MEASURES
};
extern const char *const measure_names[MEASURES];
/* What speaks for any known group. */
enum sign { SIGN_ONE, SIGN_CLEAR /* ln of the odds of the first group among the known */, SIGN_CONFIRMED, SIGNS };
extern const char *const sign_names[SIGNS];

struct parameters {
    double group[MEASURES], known[SIGNS];
    double none; /* the prior of "none of the known groups" */
    struct {
        double posterior, margin; /* margin over the second, in bans */
        double coverage; /* share of the techniques that a single unconfirmed piece of malware needs beside it */
    } gate;
};

/* parameters.yml as text. */
MUST_USE bool parameters_read(struct parameters *out, str text, struct err *e);
/* Those that are built in. */
MUST_USE bool parameters_builtin(struct parameters *out, struct err *e);
struct attribution_file {
    str path, text;
};
extern const struct attribution_file attributions_builtin[];

struct observed {
    const token *techniques, *software; /* each sorted, each once */
    size_t technique_count, software_count;
};

struct judged {
    size_t group; /* in the profile */
    double measures[MEASURES];
    double coverage; /* share of the techniques that its profile has */
    bool alone;      /* malware that is listed for no other group */
    double score;    /* weights times measures */
    double share;    /* among the known groups */
    double posterior;
};

struct judgement {
    struct judged *groups; /* the likeliest first; of equals in the order of the profile */
    size_t count;
    double signs[SIGNS];
    double none;   /* posterior of "none of the known groups" */
    double margin; /* of the first over the second, in bans */
    bool named;    /* the gates are passed: the first may be named */
};

/* Measures every group of p but `without` (NO_GROUP: none) and leaves scores at 0. *out has room for p->group_count, which is freed by
 * judgement_free. In the order of the profile. */
MUST_USE bool judgement_measure(struct judgement *out, const struct profiles *all, const struct profile *p,
                                const struct observed *o, size_t without, struct err *e);
/* Weighs what was measured, and ranks. May be done again with other parameters. */
void judgement_weigh(struct judgement *j, const struct parameters *with);
void judgement_free(struct judgement *j);

/* What each token adds to the measures of one group, so that they can be added up by hand: all of TECHNIQUE, PARENT, MALWARE and TOOL. */
struct explained {
    token token;
    uint32_t sources;   /* in the group's profile; 0: it stands not there */
    uint32_t of_groups; /* in how many profiles it stands */
    double adds[MEASURES];
};
/* out: room for all techniques and software of o, in this order. Returns how many. */
size_t judgement_explain(struct explained *out, const struct profiles *all, const struct profile *p,
                         const struct observed *o, size_t group);

#endif
