/* summary_own: what summary.c counts and summary_print.c tells. */
#ifndef CLI_SUMMARY_OWN_H
#define CLI_SUMMARY_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "cli/summary.h"
#include "intel/person.h"

#define NAMES_KEPT 64u /* different hosts or accounts that are counted; shown are fewer */
#define NOTES_KEPT 20u /* files not read, files damaged */
#define PLACES_KEPT 3u /* of one file */

/* Different names, as first spelled. */
struct names {
    str *items; /* NAMES_KEPT */
    uint32_t count;
    bool more;
};

struct tally {
    uint64_t findings, salvaged;
    uint64_t number; /* of the first finding */
    int64_t first, last;
    struct names hosts, accounts, addresses;
    struct names groups; /* of a correlation: "IpAddress 203.0.113.5" */
    bool data;           /* some event was of its log source */
    bool shut;           /* and none can satisfy it */
};

/* What is to be said of one file, or of one rule. */
struct note {
    str about, texts[PLACES_KEPT];
    uint64_t count; /* texts there were */
};
struct notes {
    struct note items[NOTES_KEPT];
    uint64_t abouts, count; /* different ones, in a row; texts of all */
    struct buf last;        /* about what the last one was */
};

/* An indicator, at one level, because what it is worth changes with time; or somebody of a list, so too. */
struct known_tally {
    struct tally tally;
    uint64_t key;                       /* entry; of a person PERSON_KEY and the number */
    struct finding_indicator indicator; /* of the finding nearest to its time; its labels are kept here */
    struct person_match person;         /* person.person is NULL: it is an indicator; else what was most like */
    str value;                          /* and that which was */
    enum sigma_level level;
};
#define PERSON_KEY (UINT64_C(1) << 32)

struct summary {
    const struct sigma_set *set;
    const struct known *known;     /* NULL: no indicators were looked for */
    const struct persons *persons; /* NULL: nobody was looked for */
    size_t own;                    /* rules of the user's: what stands behind them is told by indicator, or by person */
    struct known_tally *tallies;   /* of indicators and persons */
    uint32_t tally_count, tally_room, *tally_slots, tally_mask;
    struct arena *a;
    struct tally *rules;                                                           /* by rule */
    struct notes unread, prose, gone, damage, left_out, shut, corrected, doubtful; /* the last two: clocks, years */
    struct names hosts, accounts;                                                  /* of all findings */
    uint64_t sources, containers, bytes, records, salvaged, no_kind, no_time, repaired;
    uint64_t duplicates, silences, holes, years, twice;
    uint64_t findings, salvaged_findings;
    int64_t first, last; /* of all events */
};

/* A tally by number: of the user's rules, and behind them of indicators and persons. */
size_t summary_tallies(const struct summary *s);
const struct tally *summary_tally(const struct summary *s, size_t i);
enum sigma_level summary_tally_level(const struct summary *s, size_t i);
/* Is the same indicator or person told at a higher level as well? */
bool summary_tally_again(const struct summary *s, size_t i);
bool summary_tally_person(const struct summary *s, size_t i);

/* "unusable", "never", "evaluated", "no data" */
const char *summary_status(const struct summary *s, const struct sigma_rule *r);

#endif
