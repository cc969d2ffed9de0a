/* stix_watch: STIX patterns that are more than values, looked for in events.
 *
 * An event is asked whether a bracket of a pattern is true of it only where it may be: where a text stands that every such event holds
 * (then a rule of keywords finds the event, watch_rules), or, for brackets that need no text, in every event of kinds that can have
 * what the bracket asks for (watch_asks). The answer is exact (intel/stix_match.h, hunt mode). Patterns of one bracket are told at once; of
 * several, or with REPEATS, brackets' hits are collected from everywhere and put together at the end (stix_collect).
 *
 * Watched is what was added before stix_watch_seal. After it nothing changes but what belongs to the events in hand: a worker that is
 * forked has its own. Regular expressions are compiled as patterns are added, so that is done before a worker is confined. */
#ifndef DETECTION_STIX_WATCH_H
#define DETECTION_STIX_WATCH_H

#include "detection/stix_event.h"
#include "intel/stix_match.h"
#include "intel/stix_solve.h"
#include "intel/watch.h"

#define STIX_WATCH_PATTERNS_MAX 65536u
#define STIX_WATCH_BYTES_MAX ((size_t)512 << 20) /* of all that is kept of patterns */

struct stix_watch;

enum stix_watch_said {
    STIX_WATCHED,
    STIX_WATCH_NEVER, /* no event can have what it asks for: cannot match here */
};

/* fields must outlive it. */
MUST_USE bool stix_watch_new(struct stix_watch **out, struct fields *fields, struct err *e);
void stix_watch_free(struct stix_watch *w); /* takes NULL */

/* Adds a pattern (its text is copied). *number: it, from 0 in order, whatever is said of it. NEVER: *why says which path and why, "file:atime: no
 * event has such a property"; it lives as long as w.
 * ERR_USAGE: it is no pattern, the text says where; it has no number, and others may be added. ERR_LIMIT, ERR_MEMORY. */
MUST_USE bool stix_watch_add(struct stix_watch *w, str pattern, uint32_t *number, enum stix_watch_said *said, str *why,
                             struct err *e);

/* After the last. rules: of keywords, of level informational, for a plan of their own or beside others; memory is w's. */
MUST_USE bool stix_watch_seal(struct stix_watch *w, struct sigma_set *rules, struct err *e);

size_t stix_watch_count(const struct stix_watch *w);
/* NULL where it cannot match. */
const struct stix_pattern *stix_watch_pattern(const struct stix_watch *w, uint32_t number);
/* Is one hit of a bracket enough to make it true? Else it is for stix_collect. */
bool stix_watch_alone(const struct stix_watch *w, uint32_t number);

/* Is the field's value needed of events of that kind? For ingest_options.wants, beside what rules want. */
bool stix_watch_wants(const struct stix_watch *w, const struct kind *kind, field_id field);
/* Is every event of the kind to be asked (stix_watch_row without rules)? */
bool stix_watch_asks(struct stix_watch *w, const struct kind *kind);

struct stix_watch_hit {
    uint32_t pattern, bracket;
    const struct block *block;
    uint32_t row;
    int64_t when; /* INSTANT_NONE: no time */
    bool alone;   /* it makes the pattern true */
};
struct stix_watch_sink {
    void *ctx;
    /* False stops. */
    bool (*hit)(void *ctx, const struct stix_watch_hit *hit, struct err *e);
    /* The bracket could not be told of the row: to be counted and reported, not passed over. */
    bool (*given_up)(void *ctx, const struct stix_watch_hit *at, const char *why, struct err *e);
};

/* Asks a row what the rules that hit it stand for (numbers in the set of stix_watch_seal), and, with `every`, what every event of its kind is
 * asked. Each bracket is asked once. Rows of records without kind hold nothing. */
MUST_USE bool stix_watch_row(struct stix_watch *w, const struct block *b, uint32_t row, const uint32_t *rules,
                             size_t rule_count, bool every, const struct stix_watch_sink *sink, struct err *e);
/* Events of which not all was looked at (stix_event.h: bounds). */
uint64_t stix_watch_cut(const struct stix_watch *w);

/* ---- many events ---- */

#define STIX_COLLECT_MAX (1u << 20) /* hits of one pattern; more: it is given up */

struct stix_collect;

/* w: sealed; outlives it. */
MUST_USE bool stix_collect_new(struct stix_collect **out, const struct stix_watch *w, struct err *e);
void stix_collect_free(struct stix_collect *c); /* takes NULL */
/* A hit that is not `alone`, in any order. event: the caller's name of the event, the same for all brackets of one event and for no other, and
 * the same in every run. An event told twice is one. */
MUST_USE bool stix_collect_add(struct stix_collect *c, uint32_t pattern, uint32_t bracket, int64_t when, uint64_t event,
                               struct err *e);
/* A bracket of the pattern was given up somewhere: a "no" is none any more. */
void stix_collect_unsure(struct stix_collect *c, uint32_t pattern);

enum stix_collected { STIX_COLLECT_TRUE, STIX_COLLECT_GIVEN_UP };
struct stix_collect_answer {
    uint32_t pattern;
    enum stix_collected what;
    const char *why; /* GIVEN_UP */
    /* TRUE: the events that make it so, with the bracket each stands for. */
    const uint64_t *events;
    const uint32_t *brackets;
    size_t count;
};
/* Tells every pattern that is true or could not be told, by number; the answer does not depend on the order of stix_collect_add. Of all others
 * it is sure that they are not true. */
MUST_USE bool stix_collect_end(struct stix_collect *c,
                               bool (*answer)(void *ctx, const struct stix_collect_answer *a, struct err *e), void *ctx,
                               struct err *e);

#endif
