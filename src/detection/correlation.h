/* correlation: Sigma 2.1 correlation rules (sigma-semantics 9) over all matches of a hunt, in order of event time.
 *
 * Matches come in any order, from any file; the answer does not depend on it. What does not fit in memory goes to
 * unlinked temporary files; what is held does not grow with the evidence, nor with one group or window. An event that
 * is handed in twice for the same rule (same source, same offset) counts once. */
#ifndef DETECTION_CORRELATION_H
#define DETECTION_CORRELATION_H

#include "base/err.h"
#include "base/instant.h"
#include "intel/sigma.h"

struct correlator;

/* A value of one of the fields a rule's events are asked for; a multi-valued field has several. */
struct correlation_cell {
    uint32_t field; /* into correlator_fields */
    str value;
};

struct correlation_event {
    uint32_t rule;   /* in the set: the detection rule that matched */
    int64_t when;    /* INSTANT_NONE: takes no part, counted */
    uint32_t source; /* the caller's number; equal bytes (same SHA-256) must have the same number */
    uint64_t offset, number;
    const struct correlation_cell *cells;
    size_t cell_count;
};

/* An event a hit was made of. */
struct correlation_part {
    uint32_t rule, source;
    int64_t when;
    uint64_t offset, number;
};

struct correlation_hit {
    uint32_t rule;       /* in the set: the correlation */
    int64_t when;        /* at which it became true */
    int64_t first, last; /* of its events */
    uint64_t count;      /* of its events, also of those that are not told; of a chain: of inner hits and events */
    const str *group;    /* values of the correlation's groups, in their order, first spelling */
    size_t group_count;
    str value; /* what was compared with the condition, in decimal; "" for an expression */
    str rare;  /* rarity test (9.3, value_percentile without percentile): the value that is rare; else "" */
    const struct correlation_part *events; /* the detection rules' events, by time, source, offset; of a chain those of
                                              the inner hits; the first FINDING_EVENTS_MAX */
    size_t event_count;
};

/* What was left out, for the report; per correlation. */
struct correlation_counts {
    uint64_t events; /* that its rules matched */
    uint64_t no_time;
    uint64_t no_group;    /* a group-by field is missing */
    uint64_t not_numeric; /* values that are no numbers */
};

/* skip: rules not to evaluate (indexed by rule in the set; a correlation that refers to one is skipped as well), or
 * NULL. memory_max: bytes of matches, groups and hits together before they go to disk; spill_folder: where (NULL: where
 * TMPDIR says, else /tmp). */
MUST_USE bool correlator_new(struct correlator **out, const struct sigma_set *set, const bool *skip, size_t memory_max,
                             const char *spill_folder, struct err *e);
/* Takes NULL. */
void correlator_free(struct correlator *c);
/* Is the rule (by number in the set) one whose matches must be added? */
bool correlator_wants(const struct correlator *c, uint32_t rule);
/* Names of the fields whose values an event of this rule must bring. */
const str *correlator_fields(const struct correlator *c, uint32_t rule, size_t *count);
/* ERR_IO: the disk is full; ERR_MEMORY. */
MUST_USE bool correlator_add(struct correlator *c, const struct correlation_event *event, struct err *e);
/* Once, at the end. Hits come ordered by rule in the set, then time, then group. False from hit stops. ERR_IO,
 * ERR_MEMORY; ERR_CORRUPT: a temporary file does not hold any more what was written. */
MUST_USE bool correlator_run(struct correlator *c,
                             bool (*hit)(void *ctx, const struct correlation_hit *hit, struct err *e), void *ctx,
                             struct err *e);
const struct correlation_counts *correlator_counts(const struct correlator *c, uint32_t rule);

#endif
