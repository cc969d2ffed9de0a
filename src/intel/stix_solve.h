/* stix_solve: from "which bracket is true of which observation" to "is the whole pattern true, and by which observations"
 * (STIX 2.1, section 9.7): AND, OR, FOLLOWEDBY, REPEATS, WITHIN, START STOP. Knows times and numbers, no objects. */
#ifndef INTEL_STIX_SOLVE_H
#define INTEL_STIX_SOLVE_H

#include "intel/stix_pattern.h"

#define STIX_SOLVE_WORK_MAX ((uint64_t)1 << 27) /* steps; then it is given up: some seconds */
#define STIX_SOLVE_DEPTH_MAX 4096u              /* timed parts that depend on each other, each of REPEATS counted */

struct stix_sighting {
    int64_t first, last; /* ns, first <= last; INSTANT_NONE: no time: it fits only where no time is asked for */
    uint32_t number;     /* counts so often; 1 or more */
};
/* Bracket `bracket` is true of sighting `sighting`. */
struct stix_hit {
    uint32_t bracket, sighting;
};
struct stix_solution {
    bool yes;
    const struct stix_hit
        *hits; /* in a: which make it true, with the bracket each stands for; in order of bracket and sighting */
    size_t count;
};

/* hits in any order. Exact: a pattern is true when its brackets can be given sightings, no sighting more often than its number, and times
 * within [first, last] can be chosen for these, so that every condition holds.
 * ERR_LIMIT: given up; ERR_MEMORY. work: NULL, or steps to take at most. */
MUST_USE bool stix_solve(const struct stix_pattern *p, const struct stix_sighting *sightings, size_t sighting_count,
                         const struct stix_hit *hits, size_t hit_count, const uint64_t *work, struct arena *a,
                         struct stix_solution *out, struct err *e);

#endif
