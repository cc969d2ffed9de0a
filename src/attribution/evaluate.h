/* evaluate: how good attribution is, on cases whose answer became public later, by cross-validation: no case is judged by what was fitted on its group. */
#ifndef ATTRIBUTION_EVALUATE_H
#define ATTRIBUTION_EVALUATE_H

#include "attribution/model.h"
#include "base/arena.h"
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
extern const struct figure_promise { /* what is to be beaten or kept; NAN: nothing was promised */
    double asked;
    bool least;
} figure_promises[FIGURES];

/* NAN: nothing to measure. 95 %: groups drawn anew with all their cases; of a share no narrower than Wilson's interval of so many cases. */
struct figure_value {
    double value, low, high;
};

/* A set of cases and what came of it. Judged several times over (divisions, draws): a figure is the mean of that. */
struct evaluated_set {
    const char *id, *words;
    size_t known, unknown, groups; /* groups: right ones, known or not */
    unsigned times;
    unsigned names, names_right; /* over all the times */
    struct figure_value figures[FIGURES];
};
enum evaluated_set_of {
    SET_ALL,
    SET_REPORTS,
    SET_CAMPAIGNS,
    SET_AFTER_2020,  /* fitted on all before June 2020, judged after */
    SET_AFTER_2021,  /* the same with June 2021 */
    SET_TECHNIQUES,  /* no software was seen */
    SET_HALF,        /* of techniques and software each was seen with a chance of 50 %; five draws */
    SET_THIRD,       /* 30 % */
    SET_HALF_FILED,  /* of campaigns: the parts of 50 % of cases-campaigns.json, and all the software */
    SET_THIRD_FILED, /* 30 % */
    SET_ASSESSED,    /* through assess(), which has more gates */
    SET_DATED, /* the same, dated as the report is: activity outside the time in which a group is known speaks against it */
    EVALUATED_SETS
};

/* A name that was given in SET_ALL, or wrongly in another. */
struct evaluated_name {
    enum evaluated_set_of set;
    str id, release, said, right; /* case; group that was named and the right one, by id and name */
    size_t group;                 /* that was named, in the release */
    bool known;                   /* the right group was in the release */
    bool correct;
    unsigned times;     /* in how many of the set's */
    double least, most; /* posterior over them */
};

/* Of the likeliest answer, by its posterior from 0 to 1 in ten bins; mean of the divisions. */
#define EVALUATED_BINS 10u
struct evaluated_bin {
    double cases, said, right; /* said: mean posterior; right: share; NAN where no case is */
};

/* Where the posterior of a nation (sum over its groups) reaches `at`: how often, and how often the right group is published to be of that nation.
 * Over all divisions. */
#define EVALUATED_NATIONS 3u
struct evaluated_nation {
    double at, said; /* said: mean posterior of those that are told */
    unsigned told[2], right[2],
        unpublished[2]; /* [0] of unknown groups, [1] of known; unpublished: the right group has none */
};

/* How far known and unknown can be told apart at all, and what would cheat. */
struct evaluated_limit {
    double unchanged;                    /* of known: who stands first stays so when the right group is taken out */
    double shares_known, shares_unknown; /* the right group's profile, any group's profile, has malware of the case */
    double
        bound; /* AUROC, if all cases whose right group comes first were told from all others, which are like the unknown */
    struct figure_value techniques, software,
        age; /* AUROC of habits of curators: how many are listed; days since the release */
};

/* What was said of one case in each division: enough to compute the figures of SET_ALL again. */
#define EVALUATED_DIVISIONS 4u
struct evaluated_case {
    str id, group; /* the right one */
    bool known;
    struct {
        str said;                             /* the likeliest group */
        double none, posterior, none_removed; /* removed: without the right group in the profiles; of known cases */
        unsigned rank;                        /* of the right group, from 1; 0: not known */
        bool named, named_removed;
    } divisions[EVALUATED_DIVISIONS];
};

struct evaluated_baseline {
    str set, method;
    double cases, first, low, high, first_five, rank;
};

/* Through assess(): evidence.h, assessment.h. */
struct evaluated_assessments {
    unsigned judged, numbers_differ,
        names_differ; /* techniques and software alone, of all divisions: how often it is not, to the last bit, what the model says */
    /* To each case three items of one class that is cheap to fake, of the best grade, that point to the first, the second or the right group; and of
     * all such classes together. carried: a name that is not there, or another, without them; sure: carried with more than low confidence. */
    unsigned faked, faked_named, faked_carried, faked_sure, faked_wrong,
        faked_unknown; /* wrong: carried, and not the right group; of them in cases of unknown groups */
    unsigned relay_groups, relay_addresses, relay_named,
        relay_resembles;           /* nothing but addresses of relay networks, to each group in turn */
    double relay_most;             /* the most that such a group had */
    unsigned single, single_named; /* nothing but three items of one class, each class to each group */
};

struct evaluation {
    struct arena *memory;
    struct evaluated_set sets[EVALUATED_SETS];
    struct evaluated_bin bins[EVALUATED_BINS];
    struct evaluated_nation nations[EVALUATED_NATIONS];
    struct evaluated_limit limit;
    struct evaluated_assessments assessments;
    struct evaluated_case *cases; /* the known first */
    size_t case_count;
    struct evaluated_name *names; /* by set, then case */
    size_t name_count, name_room;
    struct evaluated_baseline *baselines; /* none without baseline.json */
    size_t baseline_count;
    struct parameters fitted; /* on all the cases */
};

/* The folder holds cases-prospective.json and cases-prospective-unknown.json beside the profiles; cases-campaigns.json and baseline.json may be
 * missing. with: prior and gates. whole: false: SET_ALL, its cases and the fit alone, which is quick. ERR_IO, ERR_CORRUPT, ERR_MEMORY; ERR_USAGE: too few cases to fit. evaluation_free in any case. */
MUST_USE bool evaluate(struct evaluation *out, const char *folder, const struct parameters *with, bool whole,
                       struct err *e);
void evaluation_free(struct evaluation *v);

/* For people; for machines; parameters.yml with the figures of the fit. */
void evaluation_text(struct buf *b, const struct evaluation *v);
void evaluation_json(struct buf *b, const struct evaluation *v);
void evaluation_parameters(struct buf *b, const struct evaluation *v);

#endif
