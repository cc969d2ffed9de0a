/* evaluate_own: cases and what came of them, between the files of evaluate. */
#ifndef ATTRIBUTION_EVALUATE_OWN_H
#define ATTRIBUTION_EVALUATE_OWN_H

#include <jansson.h>

#include "attribution/evaluate.h"

#define PARTS 10u
/* The cases are divided in parts four times, by names that were chosen once; figures are the mean of the four. */
#define DIVISIONS EVALUATED_DIVISIONS
#define DRAWS 5u
#define SHARES 2u

/* The parameters that a case is judged by: fitted without its part. */
struct fits {
    struct parameters of[DIVISIONS][PARTS];
};

/* Of one case, judged once. */
struct verdict {
    uint32_t at; /* which case */
    bool of_known;
    uint32_t cluster;         /* of one right group: cases of a group are not independent */
    double known, first, top; /* posteriors: of all known groups together, the likeliest group, the likeliest answer */
    double known_removed;
    uint32_t rank;      /* of the right group, from 1 */
    size_t first_group; /* in the profile */
    bool first_right, top_right, named, named_removed;
    str nation; /* the likeliest; "" */
    double nation_posterior;
};

struct one_case {
    str id, group, nation; /* group: the right one, known then or later; nation: its published one, by now */
    bool campaign;
    int64_t day;
    const struct profile *profile;
    struct observed seen;
    struct observed filed[SHARES][DRAWS]; /* campaigns' parts of 50 % and of 30 %; empty lists where there are none */
    bool has_parts;
    struct judgement measured, removed; /* removed: without the right group; of known cases alone */
    size_t right;
    uint32_t at, cluster; /* at: place in the list */
    unsigned inner, part[DIVISIONS];
};

struct cases {
    struct arena *memory;
    const struct profiles *all;
    struct one_case *list;
    size_t count, known; /* the known first */
    size_t clusters;
};

/* What the folder holds. */
MUST_USE bool cases_read(struct cases *out, const char *folder, const struct profiles *all, struct err *e);
void cases_free(struct cases *c);
MUST_USE bool baselines_read(struct evaluation *out, const char *folder, struct err *e);
/* From 0 to 1, the same every time, of these words. */
MUST_USE bool chance_of(const char *draw, str id, token t, double *out, struct err *e);

/* times lists of count verdicts, one behind the other, each of the same cases in the same order. */
struct sheets {
    struct verdict *list;
    size_t count;
    unsigned times;
    bool never_removed; /* nothing was judged without the right group */
};
MUST_USE bool sheets_new(struct sheets *s, size_t count, unsigned times, struct err *e);
/* Sets figures, names and counts of *out. */
MUST_USE bool figures_of(struct evaluated_set *out, const struct sheets *s, struct err *e);
/* AUROC of known against unknown by one number for each verdict of the first list. */
MUST_USE bool figure_by(struct figure_value *out, const struct sheets *s, const double *values, struct err *e);

/* The same, with its name. */
MUST_USE bool set_of(struct evaluation *out, enum evaluated_set_of which, const struct cases *c, const struct sheets *s,
                     struct err *e);

/* evaluate_assess.c: the same cases through assess(): whether it says what the model says, and what nobody may bring about by faking. */
MUST_USE bool assessments_of(struct evaluation *out, const struct cases *c, const struct fits *fits, struct err *e);

#endif
