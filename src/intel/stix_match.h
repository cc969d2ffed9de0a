/* stix_match: what a STIX pattern is true of (STIX 2.1, section 9.6 to 9.8): of one observation, bracket by bracket, and of many
 * (stix_solve.h). docs/stix-patterns.md says what every operator does, and where this differs from the reference matcher.
 *
 * Meant in two ways:
 *   strict   as the specification has it: every byte counts.
 *   hunt     as an investigator means it: values that have a canonical form are compared in it (an address with /32, a domain in
 *            capitals, HKLM for HKEY_LOCAL_MACHINE), `=` with a network means "within", letters of names of files, folders, registry
 *            keys, accounts, hosts and mailboxes have no case, hash algorithms no hyphens, `[*]` takes a dictionary's values too.
 *
 * Bounded: an evaluation that takes more than STIX_WORK_MAX steps is given up, and that is an error, never a "no". */
#ifndef INTEL_STIX_MATCH_H
#define INTEL_STIX_MATCH_H

#include "intel/stix_observation.h"
#include "intel/stix_pattern.h"

#define STIX_WORK_MAX ((uint64_t)1 << 24) /* values looked at and bytes compared for one bracket and one observation */
#define STIX_REGEX_STEPS 1000000u         /* of PCRE2 for one value */

struct stix_matcher;

/* The pattern must outlive it. ERR_USAGE: a regular expression is none. ERR_MEMORY. */
MUST_USE bool stix_matcher_new(struct stix_matcher **out, const struct stix_pattern *p, bool hunt, struct err *e);
void stix_matcher_free(struct stix_matcher *m); /* takes NULL */

/* Is the bracket of that number true of the observation? ERR_LIMIT: given up. ERR_MEMORY. */
MUST_USE bool stix_matcher_bracket(struct stix_matcher *m, uint32_t bracket, const struct stix_observation *o,
                                   bool *yes, struct err *e);

/* Is the pattern true of the observations? ERR_LIMIT, ERR_MEMORY as above and as stix_solve. */
MUST_USE bool stix_matcher_all(struct stix_matcher *m, const struct stix_observation *observations, size_t count,
                               bool *yes, struct err *e);

#endif
