/* behaviour: what becomes visible only over time: of an account, a host, an address, against its own past and against all others.
 *
 * Each area is a file (behaviour_AREA.c) that goes through the activities of one sort of entity, with bounded sketches beside, and hands over what it found.
 * What a behaviour is called, what it weighs and its thresholds are data (data/behaviours, docs/behaviours.md). */
#ifndef DETECTION_BEHAVIOUR_H
#define DETECTION_BEHAVIOUR_H

#include "detection/activity.h"
#include "intel/sigma.h"

/* What the data file says of one. */
struct behaviour {
    str id;        /* "foreign-client" */
    str title;     /* "A client that shares nothing with the rest of the account" */
    str why;       /* one sentence: what it means, and what else it could be */
    str tactic;    /* "collection": an ATT&CK tactic's short name */
    str technique; /* "T1114.002" */
    double weight; /* bans (log10 of a likelihood ratio) of one hit that is as its thresholds ask, and not more */
    enum sigma_level level;
    const struct threshold *thresholds;
    size_t threshold_count;
    const struct word_list *lists;
    size_t list_count;
};
struct threshold {
    str name;
    double value; /* times in days unless the name says otherwise */
};
/* Words that a behaviour looks for, which are data as well: names of programs, of folders. Folded (event/fold.h). */
struct word_list {
    str name;
    const str *words;
    size_t count;
};

struct behaviours;
/* Those compiled in. ERR_USAGE begins with "path:line: ". */
MUST_USE bool behaviours_open(struct behaviours **out, struct err *e);
void behaviours_free(struct behaviours *b); /* takes NULL */
size_t behaviours_count(const struct behaviours *b);
const struct behaviour *behaviours_at(const struct behaviours *b, size_t i);
/* NULL: there is none. */
const struct behaviour *behaviours_find(const struct behaviours *b, str id);
/* The threshold must be there: a name that is not in the file is a bug. */
double behaviour_threshold(const struct behaviour *b, const char *name);
/* The list must be there, too. */
const struct word_list *behaviour_list(const struct behaviour *b, const char *name);

/* What a hit speaks of. OWN: surely the intruder's, if there is one (its address, its page, its session): what else has it belongs to it as
 * well. REACHED: whose the intruder makes use of or comes to (account, host, mailbox, file): others use it too. */
enum behaviour_part_type {
    PART_ACCOUNT, /* code: account entity */
    PART_HOST,    /* host entity */
    PART_ADDRESS, /* code of an address */
    PART_SESSION, /* code */
    PART_CLIENT,  /* account entity and program entity (other): this program on this account */
    PART_PROGRAM, /* program entity: nobody else's */
    PART_PAGE,    /* host or server (other) and path without query (code) */
    PART_OBJECT,  /* file, service, task, rule, application: code */
    PART_DOMAIN,  /* code */
    PART_TYPES
};
struct behaviour_part {
    enum behaviour_part_type type;
    bool own;
    uint32_t code, other;
};
#define BEHAVIOUR_PARTS_MAX 256u

struct behaviour_hit {
    const struct behaviour *behaviour;
    double weight;     /* bans; the behaviour's, more or less by how far it is beyond its thresholds */
    str reason;        /* one or two plain sentences with the numbers that made it one */
    str title;         /* "" or, where one is more telling than the behaviour's own */
    uint64_t like, of; /* base rate: so many entities of so many of that sort in this evidence are like it */
    struct behaviour_part parts[BEHAVIOUR_PARTS_MAX];
    size_t part_count;
    const uint32_t *events; /* activities, in order of time, each once: the proof */
    size_t event_count;     /* at least 1 */
};

/* Runs all of them. Hits come in an order that depends on the activities alone; views live until the callback returns. False from it stops. */
MUST_USE bool behaviours_run(const struct behaviours *b, struct activities *a,
                             bool (*hit)(void *ctx, const struct behaviour_hit *hit, struct err *e), void *ctx,
                             struct err *e);

#endif
