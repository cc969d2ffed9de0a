/* person_scan: persons and companies of published lists (intel/person.h) against the values of events. The only place where they meet.
 *
 * Each distinct value of a field that is asked (person_asks.h) is looked at once: display names, mail addresses, telephone numbers, hosts
 * and URLs. An address with a name before it (`"Ni Gaobin" <ni@example.com>`) is asked as both. What a value is like is remembered as
 * long as the block's dictionaries. A likeness is a question for a person, never an answer: what is found is told at a low level. */
#ifndef DETECTION_PERSON_SCAN_H
#define DETECTION_PERSON_SCAN_H

#include "detection/finding.h"
#include "event/block.h"
#include "event/kind.h"
#include "event/phone.h"
#include "intel/person.h"

/* What is asked, once for all workers: lists, fields, and the rules by which it is told, which are in no set of rules. */
struct person_hunt;
/* lists (persons_ready) and fields outlive it. ERR_MEMORY. */
MUST_USE bool person_hunt_new(struct person_hunt **out, const struct persons *lists, struct fields *fields,
                              struct err *e);
void person_hunt_free(struct person_hunt *h); /* takes NULL */
const struct persons *person_hunt_lists(const struct person_hunt *h);
/* Low for what is possible, medium from PERSON_QUALITY_LIKELY on, and never higher. */
enum sigma_level person_hunt_level(const struct person_match *m);
const struct sigma_rule *person_hunt_rule(const struct person_hunt *h, const struct person_match *m);
/* Are values of the field asked? For ingest_options. Slow; the answer is the same for a kind and a field. */
bool person_hunt_wants(const struct person_hunt *h, const struct kind *kind, field_id field);

struct person_scan;
/* One for each worker. home: where telephone numbers of logs were written, or NULL. h outlives it. ERR_MEMORY. */
MUST_USE bool person_scan_new(struct person_scan **out, const struct person_hunt *h, const struct phone_country *home,
                              struct err *e);
void person_scan_free(struct person_scan *x); /* takes NULL */

/* Somebody whom values of an event are like. Views live until the blocks are cleared, and until the next person_scan_run. */
struct person_hit {
    struct person_match match; /* of the value that is most like */
    const struct block *block;
    uint32_t row;
    const struct detect_match *matches; /* the most like first, then by name of field */
    size_t match_count;
};
#define PERSON_MATCHES_TOLD 16u /* persons of one value, and values of one person in one event; of more the first */

/* Looks through all rows of the blocks. Hits come ordered as those of detector_run: by part, offset, element, block, row; then by
 * persons_index. */
MUST_USE bool person_scan_run(struct person_scan *x, struct block *const *blocks, size_t count, struct err *e);
const struct person_hit *person_scan_hits(const struct person_scan *x, size_t *count);

#endif
