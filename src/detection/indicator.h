/* indicator: what is known (intel/intel_set.h) against the values of events. The only place where indicators meet events.
 *
 * Each distinct value of a block is looked at once: addresses, names of hosts with all they lie below, URLs, hashes, mail addresses,
 * names and paths of files wherever they stand in a text, and other observables where they are the whole value. What a value held is
 * remembered as long as the block's dictionaries. Fields that nobody names are looked at as they come (indicators_sift), and kept
 * where something in them may be known.
 *
 * Not done here: texts and regular expressions, which are rules (intel/watch.h), and STIX patterns (stix_watch.h). */
#ifndef DETECTION_INDICATOR_H
#define DETECTION_INDICATOR_H

#include "detection/finding.h"
#include "event/block.h"
#include "event/kind.h"
#include "event/phone.h"
#include "intel/indicator_look.h"
#include "intel/intel_set.h"

struct indicators;

/* marks and fields outlive it. One for each worker. */
MUST_USE bool indicators_new(struct indicators **out, const struct indicator_marks *marks, const struct fields *fields,
                             struct err *e);
void indicators_free(struct indicators *x); /* takes NULL */
/* Where telephone numbers of logs were written (event/phone.h); NULL: not known. Before anything is looked at. */
void indicators_country(struct indicators *x, const struct phone_country *home);

/* Raw types of values (a bit each) that may hold an indicator: for ingest_wish.sifted. 0: the set has nothing to look up. */
uint32_t indicators_types(const struct indicators *x);
/* May the value, in its field, hold one, or a part of one (the path of a URL)? */
bool indicators_sift(struct indicators *x, const struct raw *v);

/* Of a record that is a line of text (record.bytes): does no value of it hold any? Then none need be sifted, and the row is left out
 * (struct row: clean). False: perhaps one does, or it is no such record. */
bool indicators_clean(struct indicators *x, const struct record *r);

/* An indicator in an event. Views live until the blocks are cleared, and until the next indicators_run. */
struct indicator_hit {
    uint32_t entry;
    const struct block *block;
    uint32_t row;
    const struct detect_match *matches; /* by name of field */
    size_t match_count;
};
#define INDICATOR_MATCHES_MAX 64u /* of one indicator in one event; of more the first */

/* Looks through all rows of the blocks. Hits come ordered as those of detector_run: by part, offset, element, block, row; then by
 * entry. Entries all of whose claims are revoked or context only are passed over. */
MUST_USE bool indicators_run(struct indicators *x, struct block *const *blocks, size_t count, struct err *e);
const struct indicator_hit *indicators_hits(const struct indicators *x, size_t *count);
/* Does an event stand before another, in that order? */
int row_order(const struct block *a, uint32_t row_a, const struct block *b, uint32_t row_b);

/* What one text holds, whatever the field: entries, each once, in no order; at most max. For mails, tests, `intel show`. */
size_t indicators_of_text(struct indicators *x, str text, uint32_t *out, size_t max);
/* Whether such an entry is hunted at all. */
bool indicator_active(const struct intel_set *set, uint32_t entry);

#endif
