/* assessment: which group an incident resembles, how likely, how sure, and what else would explain it; with all that is needed to compute each number again.
 *
 * Activity, cluster, group and sponsor are four statements: the incident is the activity, and its own cluster; a group is at most resembled, or what was seen is
 * "consistent with the public attribution of" one, never more; a sponsor is only quoted. docs/attribution.md has the formulas.
 *
 *   posterior(g) = base(g) 10^bans(g) / (none + sum over h of base(h) 10^bans(h))
 *
 * base and none are the model's of techniques and software (model.h); bans(g) what the other classes say, each capped, and what speaks against. */
#ifndef ATTRIBUTION_ASSESSMENT_H
#define ATTRIBUTION_ASSESSMENT_H

#include "attribution/evidence.h"
#include "attribution/model.h"
#include "base/buf.h"
#include "intel/group.h"

/* What an item says of one group. */
struct assessed_link {
    uint32_t item, link;       /* indexes; link UINT32_MAX: the profile lists it (technique, software, victim) */
    enum evidence_class class; /* as which it counts: the item's; malware of many groups as EVIDENCE_CODE */
    double full; /* bans of the rule; of a victim by how rare such victims are among groups, if that is less */
    double age_days, decay; /* between what was seen and what the link is good for; 0 and 1 inside its window */
    double grade;           /* factor: of fact and link, and of a supplier */
    double
        bans; /* full * decay * grade; of what the model weighs its part of the score: weight * what it adds / ln 10 */
    double counted;      /* of it: the strongest whole, the next by evidence_rules.next, of one origin once */
    str origin;          /* as it is compared; "" */
    const char *why_not; /* why less than bans is counted: "of the same origin", "beyond the cap", "further item"; "" */
};
struct assessed_contradiction {
    double bans; /* below 0 */
    str words;
    uint32_t item; /* UINT32_MAX: of no one item */
};
struct assessed_group {
    size_t group; /* in the profile; NO_GROUP: sources name it, and no profile is there */
    str id, name, nation;
    const struct judged *judged; /* what the model says; NULL with NO_GROUP */
    double base;
    double classes[EVIDENCE_CLASSES]; /* bans, capped; of the model's classes only what no profile has */
    const struct assessed_link *links;
    size_t link_count;
    const struct assessed_contradiction *contradictions;
    size_t contradiction_count;
    double against; /* bans, their sum */
    double bans, posterior;
    unsigned
        families; /* bit of each family that speaks for it: evidence_rules.speaks bans in one class, or that of the model's score */
    bool carried; /* by a class that may carry a name, and not by a supplier's alone */
    int window; /* 1: the incident lies in the time in which it is known; 0: it does not; -1: one of them is not dated */
};

enum assessed_level {
    ASSESSED_CLUSTER,    /* no group: insufficient to name one */
    ASSESSED_RESEMBLES,  /* the first has 0.2, by more than techniques, victims and habits; no name */
    ASSESSED_CONSISTENT, /* "consistent with the public attribution of" the first: all gates passed */
};
enum assessed_gate { GATE_POSTERIOR, GATE_CLASSES, GATE_CARRIED, GATE_MARGIN, GATE_WINDOW, GATE_MODEL, GATES };
struct assessed_gate_state {
    bool passed;
    double asked, had; /* NAN where it is no number */
    str words;         /* what is missing; "" when passed */
};
enum assessed_confidence { CONFIDENCE_LOW, CONFIDENCE_MODERATE, CONFIDENCE_HIGH };

/* ACH: each hypothesis against each item that tells hypotheses apart. */
enum hypothesis_type {
    HYPOTHESIS_GROUP,    /* one each of the first groups */
    HYPOTHESIS_NONE,     /* a group that nobody has published */
    HYPOTHESIS_SUPPLIER, /* a known group's supplier, contractor or relay network, used by somebody else */
    HYPOTHESIS_SEVERAL,  /* more than one intruder */
    HYPOTHESIS_FALSE_FLAG,
    HYPOTHESIS_BENIGN, /* not an intrusion */
    HYPOTHESIS_TYPES
};
enum consistency { MUCH_AGAINST, AGAINST, NEUTRAL, FITS, FITS_WELL }; /* "--", "-", "0", "+", "++" */
struct hypothesis {
    enum hypothesis_type type;
    uint32_t group;                 /* index into groups; of HYPOTHESIS_GROUP */
    str words;                      /* "APT31", "a group that is not published", ... */
    const enum consistency *cells;  /* one for each row of the matrix */
    unsigned against, much_against; /* how many cells; the fewest is kept, not the one with most for it */
    double probability;             /* of GROUP and NONE; NAN for the others, which are judged in words */
    bool rejected;
    bool kept;   /* not rejected, and the fewest against it */
    str verdict; /* "cannot be excluded: all that points to a group is infrastructure that several rent" */
};
/* A row of the matrix: an item, or all items of a class, or a sign. */
struct matrix_row {
    str words;
    uint32_t item;             /* UINT32_MAX: a class or a sign */
    enum evidence_class class; /* EVIDENCE_CLASSES: a sign */
    bool discriminates;        /* not all cells alike */
};

/* What the answer becomes without something. */
struct sensitivity {
    enum { WITHOUT_CLASS, WITHOUT_ITEM } what;
    enum evidence_class class;
    uint32_t item;
    str words;
    size_t first;       /* index into groups (of this assessment); NO_GROUP: "none" is likelier */
    size_t first_group; /* the likeliest group, whatever "none" has; posterior is its */
    double posterior, none;
    enum assessed_level level;
    bool changes; /* another first, another level */
};

/* A name in a link that stands for several groups, or for no name at all: it speaks for none. */
struct assessed_name {
    str name;
    unsigned links;
};

struct assessed_nation {
    char country[3];
    double posterior; /* sum over groups whose published origin it is */
    unsigned groups;
    bool told; /* at evidence_rules.nation or more, and no group is named */
};

/* By what was public on one day. */
struct assessment {
    struct arena *memory;
    const struct evidence *evidence;
    const struct profiles *profiles;
    const struct profile *profile; /* of them: the release that judges */
    const struct parameters *parameters;
    const struct evidence_rules *rules;
    int64_t as_of; /* ns; what was published later, links too, is not looked at */
    struct observed
        observed; /* what the model was asked: not what is graded E or 5; of software only what some profile lists */
    struct judgement judgement;
    double base_none; /* the model's */
    size_t
        links_later; /* not looked at: published after as_of, or on no day that is said while an older release judges */
    const struct assessed_name *unresolved;
    size_t unresolved_count;
    const struct assessed_group *groups; /* the likeliest first */
    size_t group_count;
    double none;
    double margin;     /* bans between the first and the second; INFINITY: there is no second */
    unsigned families; /* independent families that speak for the first */
    enum assessed_level level;
    struct assessed_gate_state gates[GATES];
    enum assessed_confidence confidence;
    const str *confidence_why; /* sentences */
    size_t confidence_why_count;
    bool one_origin; /* all that speaks for the first beside the model goes back to one report */
    /* Without one class that is cheap to fake, or without all of them, another comes first, or the name falls. False where nothing is resembled. */
    bool cheap_only;
    const struct matrix_row *rows;
    size_t row_count;
    const struct hypothesis *hypotheses; /* groups, then the others in their order */
    size_t hypothesis_count;
    const struct sensitivity *sensitivities; /* classes, then the items that matter most */
    size_t sensitivity_count;
    const struct assessed_nation *nations; /* the likeliest first */
    size_t nation_count;
    const struct evidence_gap *wanted; /* what would change the judgement, and what to collect */
    size_t wanted_count;
};

struct assess_options {
    const struct profiles *profiles;
    const struct parameters *parameters;
    const struct evidence_rules *rules;
    const struct groups *names; /* by which names of sources are put together, with facts; NULL: as they are */
    int64_t as_of;              /* INSTANT_NONE: the newest */
};
/* The evidence outlives it. ERR_USAGE: no release is so old; ERR_MEMORY. Depends on no order of items. */
MUST_USE bool assess(struct assessment **out, const struct evidence *evidence, const struct assess_options *options,
                     struct err *e);
void assessment_free(struct assessment *a); /* takes NULL */

str likelihood_word(double p); /* ICD 203: "almost no chance" ... "almost certain"; never for 0 or 100 */
str confidence_word(enum assessed_confidence c); /* "low", ... */
/* 0 to 100 for STIX, which keeps scales apart (STIX 2.1, appendix A): of confidence on None/Low/Med/High (15, 50, 85). */
unsigned confidence_stix(enum assessed_confidence c);

#endif
