/* finding: a rule that matched, with all that is needed to explain it and to find its events again. */
#ifndef DETECTION_FINDING_H
#define DETECTION_FINDING_H

#include "base/instant.h"
#include "event/record.h"
#include "intel/network.h"
#include "intel/sigma.h"
#include "intel/worth.h"

struct person_match; /* intel/person.h */

/* A field and the value that made the rule true. */
struct detect_match {
    str field; /* as the rule names it; for keywords the column where the value was found */
    str value;
};

/* An event that contributed to a correlation. */
struct finding_event {
    const struct sigma_rule *rule; /* that it matched */
    int64_t when;
    str evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset;
};

/* A group-by name of a correlation and its value, as first spelled. */
struct finding_group {
    str name, value;
};

struct groups; /* intel/group.h */

/* What is known of the value that was found: of findings on indicators. */
struct finding_indicator {
    const struct intel_set *set;
    const struct groups *groups; /* by which names that sources give are put together; NULL: as they are */
    uint32_t entry;
    struct worth worth;
    const struct intel_label *labels; /* of warninglists */
    size_t label_count;
};
#define FINDING_LABELS_MAX 16u

/* Views live until the callback that hands it over returns. */
struct finding {
    uint64_t number; /* 1-based, in the order of findings: what `longwatch show` asks for */
    const struct sigma_rule
        *rule; /* of an indicator or a person: by which it is told (detection/known.h, person_scan.h) */
    const struct finding_indicator *indicator; /* NULL: a rule's own finding, or */
    const struct person_match
        *person;        /* somebody of a published list, whom a value is like (detection/person_scan.h) */
    int64_t when;       /* ns UTC, INSTANT_NONE: none; of a correlation: when it became true */
    enum zone zone;     /* of an event's `when`, where there is one */
    str time_text;      /* what it was read from, or could not be; of a correlation "" */
    str kind;           /* "" for a correlation */
    str host, account;  /* "" when there is none */
    str client_address; /* the same, as the record has it */
    const struct network_about
        *client;                 /* NULL, or what is known of that address; whoever hands on the finding fills it */
    str evidence_path;           /* these four: of the event; of a correlation: of its first event */
    const char *evidence_sha256; /* lower-case hexadecimal */
    uint64_t record, offset;
    bool salvaged; /* the record was found where the format says nothing lives */
    str logsource; /* the category under whose names the rule saw the event, or "" */
    const struct detect_match *matches;
    size_t match_count;
    /* Correlations only: */
    const struct finding_group *groups;
    size_t group_count;
    int64_t first, last;                /* of the contributing events */
    uint64_t count;                     /* of contributing events */
    str value;                          /* what was compared with the condition: "12", "3.5"; "" when there is none */
    const struct finding_event *events; /* in order of time; at most FINDING_EVENTS_MAX of `count` */
    size_t event_count;
};

#define FINDING_EVENTS_MAX 1000u

#endif
