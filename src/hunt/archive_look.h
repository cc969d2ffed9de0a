/* archive_look: which segments of an archive may hold which indicators, as its index says: for whoever hunts with what is known now.
 *
 * The promise: where a hunt over a segment with this set and these kinds finds an entry (detection/indicator.h), the entry is among those told of the segment,
 * or the segment is told as one that may hold any. More may be told than is there. Patterns, regular expressions and texts are no matter of an index: `scan`.
 * Indicators that look at anything but values of events (mail's attachments) find nothing in an archive either way. */
#ifndef HUNT_ARCHIVE_LOOK_H
#define HUNT_ARCHIVE_LOOK_H

#include "hunt/archive_index.h"
#include "intel/intel_set.h"

struct archive_look_options {
    const struct vault *v;       /* of the snapshot that is asked; readers do */
    const struct kinds *kinds;   /* of the hunt: an index that other kinds made says nothing (archive_index_made) */
    const struct intel_set *set; /* its active entries are asked for */
    const uint64_t *segments;    /* numbers of live segments, rising; NULL: all that are live */
    size_t segment_count;
    size_t
        answers_max; /* entries told, of all segments together; beyond it those of which most is told are `many`. 0: 4 Mi, which take 16 MiB, and 48 while it is made */
    const volatile sig_atomic_t *stop; /* NULL: never */
};

struct archive_look_segment {
    uint64_t number;
    enum archive_index_state state;
    /* It may hold any entry: it is neither INDEXED nor a ledger, a part of the index was damaged where it would have told, or too many were found for all to
     * be told (many). Then no entries are told. */
    bool any, many;
    const uint32_t *entries; /* rising; beside `scan` nothing else can be in it. Live as long as the look */
    size_t count;
};

struct archive_look {
    struct archive_look_segment *segments; /* by number */
    size_t count;
    uint32_t *entries; /* of all segments */
    uint32_t
        *scan; /* rising: active entries of which no index can tell: each may be in every segment that is no ledger */
    size_t scan_count;
    size_t
        scan_values; /* so many of these are values (short numbers, times, ...), which are looked for as any; the others are rules and patterns */
    uint64_t asked;  /* entries that the index was asked for */
    uint64_t runs;   /* that were asked */
    uint64_t damaged;  /* runs, and parts of runs, that could not be read */
    struct err damage; /* the first, with its file */
};

/* Opens each run once; 65,536 entries are asked at a time, so memory depends on answers_max and on the number of segments, not on the size of the set. out:
 * anything; to be freed also after a failure. Damage is no failure. ERR_MEMORY; ERR_LIMIT: a number among `segments` is no live one; ERR_INTERRUPTED. Where
 * the secret is gone every segment is ARCHIVE_OTHER. */
MUST_USE bool archive_look(const struct archive_look_options *options, struct archive_look *out, struct err *e);
void archive_look_free(struct archive_look *l); /* all zero: nothing happens */

#endif
