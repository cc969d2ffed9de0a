/* assessment_own: what the parts of the judgement share: candidates, the links that speak for them, and one weighing of all. For
 * src/attribution/assessment*.c only. */
#ifndef ATTRIBUTION_ASSESSMENT_OWN_H
#define ATTRIBUTION_ASSESSMENT_OWN_H

#include "attribution/assessment.h"

#define DAY_NS INT64_C(86400000000000)
#define OF_NO_ITEM UINT32_MAX

/* One link that was looked at, and what it is worth before it is counted. */
struct ref {
    uint32_t item, link;      /* link UINT32_MAX: the profile's */
    uint32_t candidate, rank; /* rank: of the item, in an order that does not depend on how items were given */
    uint32_t origin;          /* number of the origin: equal ones are one */
    enum evidence_class class;
    double full, age_days, decay, grade, bans;
    str origin_words;
    bool model;  /* the profile lists it: the model weighs it */
    bool copied; /* there is another witness for the same */
};

struct candidate {
    size_t group; /* in the profile; NO_GROUP */
    str id, name, nation;
    size_t first_ref, ref_count;
    const struct assessed_contradiction *contradictions;
    size_t contradiction_count;
    int window;
};

struct work {
    struct arena *m;
    const struct evidence *evidence;
    const struct assess_options *with;
    const struct evidence_rules *rules;
    const struct profile *p;
    int64_t day;                  /* of the judgement, since 1970-01-01 */
    int64_t first, last;          /* when it was */
    bool past;                    /* an older release judges than there is */
    uint32_t *order, *rank;       /* items in an order of their own, and the place of each in it */
    uint32_t *same;               /* items of one class and value have one number */
    struct candidate *candidates; /* all groups of the profile, in its order; then those without profile, by name */
    size_t candidate_count;
    struct ref *refs; /* by candidate, the strongest first */
    size_t ref_count;
    uint32_t origin_count;
    struct victim {
        uint32_t item;
        double rarity;
    } * victims;
    size_t victim_count;
    size_t links_later;
    struct assessed_name *unresolved;
    size_t unresolved_count;
    /* Of the counting: who was counted for the candidate that is counted for. */
    uint32_t *item_stamp, *origin_stamp, stamp;
};

/* What is left out: a class (EVIDENCE_CLASSES: none), an item (OF_NO_ITEM), and all classes that are cheap to fake. */
struct without {
    enum evidence_class class;
    uint32_t item;
    bool cheap;
};
#define WITHOUT_NOTHING ((struct without){EVIDENCE_CLASSES, OF_NO_ITEM, false})

struct weighed {
    const struct judged *judged;
    double base, key; /* key: what they are ranked by: score + bans * ln 10 */
    double classes[EVIDENCE_CLASSES], against, bans, posterior;
    unsigned families;
    bool carried, blocked; /* blocked: a statement names it, and own evidence points to another */
    bool otherwise;        /* carried by something else than malware that its profile lists */
};

struct gate_value {
    bool passed;
    double asked, had;
};

/* One weighing of everything. */
struct outcome {
    struct observed observed; /* in the arena of the work */
    struct judgement judgement;
    struct weighed *of; /* by candidate */
    uint32_t *ranked;   /* candidates, the likeliest first */
    size_t count;
    double none, margin;
    struct gate_value gates[GATES];
    enum assessed_level level;
};

/* assessment_links.c: orders items, finds groups for names, and makes refs, contradictions and candidates. */
MUST_USE bool links_find(struct work *w, struct err *e);
bool item_skipped(const struct work *w, struct without without, uint32_t item);
/* Whether the model is asked about it. */
bool item_modelled(const struct work *w, uint32_t item);
bool item_improbable(const struct evidence_item *i);

/* assessment_weigh.c. counted and why: of each ref, what of it was counted and why not more; NULL where nobody asks. */
MUST_USE bool weigh(struct outcome *out, struct work *w, struct without without, double *counted, const char **why,
                    struct err *e);
void outcome_free(struct outcome *o);
unsigned families_of(unsigned bits); /* how many */

/* assessment_told.c: what follows from it: gates in words, sensitivity, confidence, nations. */
MUST_USE bool tell_gates(struct assessment *a, struct work *w, const struct outcome *o, struct err *e);
MUST_USE bool tell_sensitivity(struct assessment *a, struct work *w, const struct outcome *o, struct err *e);
MUST_USE bool tell_confidence(struct assessment *a, struct work *w, struct err *e);
MUST_USE bool tell_nations(struct assessment *a, struct work *w, struct err *e);
/* assessment_hypotheses.c, assessment_wanted.c */
MUST_USE bool tell_hypotheses(struct assessment *a, struct work *w, struct err *e);
MUST_USE bool tell_wanted(struct assessment *a, struct work *w, struct err *e);

bool assess_no_memory(struct err *e);
/* Formatted text in the arena; false: no memory. */
MUST_USE bool say(struct work *w, str *out, struct err *e, const char *fmt, ...) PRINTF(4, 5);

#endif
