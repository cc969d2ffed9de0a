/* known: the rules of a hunt and what intelligence adds to them, as one set of rules.
 *
 * Behind the user's rules stand our own: one for each type of observable and level, never evaluated, by which a hit on an indicator is
 * told (its title, its level); one for each text and each regular expression among the indicators, which the detection
 * engine looks for as it does for keywords; and those by which events are found that a STIX pattern may be true of. Whoever counts, orders and writes findings by their rule need not know which are ours. */
#ifndef DETECTION_KNOWN_H
#define DETECTION_KNOWN_H

#include "detection/stix_watch.h"
#include "intel/group.h"
#include "intel/intel_set.h"
#include "intel/sigma.h"
#include "intel/worth.h"

struct known;

/* groups: joined, for the names that claims give; may be NULL. All outlive it. ERR_MEMORY; ERR_LIMIT: more than KNOWN_RULES_MAX texts and expressions. */
#define KNOWN_RULES_MAX 200000u
MUST_USE bool known_new(struct known **out, const struct sigma_set *rules, const struct intel_set *intel,
                        const struct groups *groups, struct fields *fields, struct err *e);
void known_free(struct known *k); /* takes NULL */

/* The user's rules with the same numbers, then ours. Its verdicts are the user's. */
const struct sigma_set *known_set(const struct known *k);
const struct intel_set *known_intel(const struct known *k);
const struct indicator_marks *known_marks(const struct known *k);
const struct groups *known_groups(const struct known *k);
/* Is the rule of this number one that is evaluated? All of the user's are; of ours those of texts and expressions. */
bool known_evaluated(const struct known *k, uint32_t rule);
/* The entry that a rule of ours looks for, or INTEL_NONE. */
uint32_t known_entry(const struct known *k, uint32_t rule);
/* Patterns: what watches them (NULL: there are none), which entry each is of, and whether a rule of ours is one of theirs. */
struct stix_watch *known_stix(const struct known *k);
uint32_t known_stix_entry(const struct known *k, uint32_t pattern);
bool known_stix_rule(const struct known *k, uint32_t rule, uint32_t *theirs);
/* Patterns that no event can satisfy, and those that could not be read: which entry, and why. */
struct known_not_hunted {
    uint32_t entry;
    str why;
};
const struct known_not_hunted *known_not_hunted(const struct known *k, size_t *count);
/* By which rule what several events make true is told: it is of type correlation, and in no set. */
const struct sigma_rule *known_many(const struct known *k, unsigned level);
/* By which rule an indicator of this entry and this level is told. */
const struct sigma_rule *known_rule(const struct known *k, uint32_t entry, unsigned level);
size_t known_own_rules(const struct known *k); /* how many are the user's: ours begin there */

#endif
