/* export: a case in the forms in which others take it: STIX 2.1, ATT&CK Navigator, a timeline, CSV (docs/formats/stix-out.md and navigator.md), with
 * what may be handed on and nothing else. Salvaged findings are in none of them, as in the case's own text files; they are counted. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "base/file.h"
#include "base/instant.h"
#include "intel/intel_set.h"
#include "report/share.h"

struct export_wish {
    const char *path; /* of the case */
    enum tlp
        tlp;    /* CLEAR to RED: everything is handed on under this marking, and what is marked more strictly is not */
    bool tlp_1; /* STIX: the marking as TLP 1.0 has it */
    enum redaction redact;
    const struct pseudonyms *pseudonyms; /* with REDACT_PSEUDONYMS */
    str recipient, producer;             /* names; "" */
    int64_t created;                     /* of what is made here; INSTANT_NONE: the latest time of a finding */
    const struct intel_set *asked;       /* STIX: which indicators were not seen; NULL */
};

/* Something that is marked more strictly. */
struct export_refused {
    uint64_t finding; /* 0: an indicator that was looked for and not seen */
    bool yara;        /* the number is one of YARA rules' findings */
    enum tlp tlp;
    str what;
};
/* All of it, before anything is written: how many such things there are; each is told to refused (may be NULL). */
MUST_USE bool export_check(const struct export_wish *x, void (*refused)(void *ctx, const struct export_refused *r),
                           void *ctx, uint64_t *count, struct err *e);

struct export_counts {
    uint64_t findings;          /* that are in it */
    uint64_t salvaged, dropped; /* that are not: of salvaged records; for their marking */
    uint64_t reduced;           /* that are in it without claims that are marked more strictly */
    uint64_t untimed;           /* STIX and timeline: that have no time, which these need */
    uint64_t incidents, acts;   /* that are in it; of these acts STIX names the first alone */
    uint64_t incidents_dropped; /* that are not, for the marking of all their clues */
    uint64_t incidents_reduced; /* that are in it without clues that are marked more strictly */
    uint64_t
        judgements_dropped; /* STIX: on groups, that are not in it because claims are left out that they may rest on */
    uint64_t not_seen;      /* STIX: sightings with count 0 */
    uint64_t not_asked;     /* STIX: claims of sources that the case was not hunted with */
    uint64_t nameless;      /* STIX: values that were not seen, of which no source gives an identifier */
};

/* Each writes what there is to write; committing it is the caller's. ERR_LIMIT: more than EXPORT_OBSERVED_MAX observed-data. */
#define EXPORT_OBSERVED_MAX 250000u
MUST_USE bool export_stix(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e);
MUST_USE bool export_navigator(const struct export_wish *x, struct file_out *to, struct export_counts *n,
                               struct err *e);
MUST_USE bool export_timeline(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e);
MUST_USE bool export_csv(const struct export_wish *x, struct file_out *to, struct export_counts *n, struct err *e);
/* Incidents with what they have and did, as a table. Counts of findings are none. */
MUST_USE bool export_incidents_csv(const struct export_wish *x, struct file_out *to, struct export_counts *n,
                                   struct err *e);

#endif
