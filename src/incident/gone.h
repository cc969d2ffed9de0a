/* gone: is the intruder of a case still there? Doors, own entities and behaviours of its incidents, looked for in evidence of later.
 *
 * Every door is followed (door.h), and told as closed, open, or not to be told, with the logs that this rests on; later acts are those by
 * what is the intruder's own (addresses, sessions, clients, pages, domains), and those of incidents in the later evidence that share what is its own, or an
 * account and a behaviour, with one of the case. An incident of the same behaviours that shares nothing may be it, or another. */
#ifndef INCIDENT_GONE_H
#define INCIDENT_GONE_H

#include "incident/incident.h"

enum gone_answer {
    GONE,             /* all doors are closed, and nothing was seen since */
    GONE_CANNOT_TELL, /* nothing was seen, but it need not have shown */
    GONE_NOT          /* a door is open, or it was there */
};
str gone_answer_name(enum gone_answer a); /* "gone", "cannot tell", "not gone" */

struct gone_door {
    struct door door;        /* as it is at the end; state and how too */
    struct door_cover cover; /* use: from since on; close: from the end of the case's evidence on */
    bool found_now;          /* the case does not know it */
    bool used;               /* since */
};

enum gone_trace_type {
    TRACE_ADDRESS,
    TRACE_SESSION,
    TRACE_CLIENT,
    TRACE_PROGRAM,
    TRACE_PAGE,
    TRACE_ACCOUNT,
    TRACE_DOMAIN,
    TRACE_BEHAVIOUR
};
str gone_trace_name(enum gone_trace_type t); /* "address", "session", ... */
struct gone_trace {
    enum gone_trace_type type;
    str name; /* of what is the intruder's own; of a behaviour the incident's title */
    str what; /* the last act, in words */
    uint64_t events, refused;
    int64_t first, last;
    struct proof first_at, last_at;
    bool decides; /* false: others may have done it: who goes to the page in an old mail is no intruder */
};

struct gone_incident {
    uint32_t number; /* of the case */
    str title;
    int64_t first, last; /* in the case */
    const struct gone_door *doors;
    size_t door_count, open, untold; /* untold: cannot be told, or nothing would show its use */
    const struct gone_trace *traces; /* by type, then by events */
    size_t trace_count;
    uint64_t events;   /* of all traces that decide, each once */
    int64_t last_seen; /* of these; INSTANT_NONE */
    enum gone_answer answer;
};

/* An incident of the later evidence that shares behaviours with one of the case, and nothing else. */
struct gone_elsewhere {
    str title;
    uint32_t like; /* the incident of the case */
    int64_t first, last;
    uint64_t events;
};

struct gone_options {
    const struct behaviours *behaviours;
    struct activities *activities; /* not ended; outlives it */
    int64_t since;
    int64_t case_end; /* the case's evidence ends here; INSTANT_NONE: not known */
    size_t memory_max;
};
struct gone;
MUST_USE bool gone_new(struct gone **out, const struct gone_options *options, struct err *e);
void gone_free(struct gone *g); /* takes NULL */
/* One of the case's, before any activity comes; it is copied. asked: false: it is not answered for, and only takes to itself what is its. */
MUST_USE bool gone_add(struct gone *g, const struct incident *i, const struct clue *clues, bool asked, struct err *e);
/* One of the acts of the incident that was added last, out of the case: which address a page's server had, later logs may not say. */
MUST_USE bool gone_add_event(struct gone *g, const struct incident_event *v, struct err *e);
/* After the last activity: ends them. */
MUST_USE bool gone_end(struct gone *g, struct err *e);

/* After the end; of those that are asked for. */
enum gone_answer gone_answer(const struct gone *g);
size_t gone_count(const struct gone *g);
const struct gone_incident *gone_at(const struct gone *g, size_t i);
size_t gone_elsewhere_count(const struct gone *g);
const struct gone_elsewhere *gone_elsewhere_at(const struct gone *g, size_t i);
/* Of the later evidence, but for a thousandth at the end: clocks that are wrong are no end. INSTANT_NONE: it has no acts. */
int64_t gone_evidence_first(const struct gone *g);
int64_t gone_evidence_last(const struct gone *g);

#endif
