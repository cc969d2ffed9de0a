/* archive_index: the index of an archive: its runs (archive/index.h) made while segments are, committed with them, and merged; what is missing made anew.
 *
 * Keys come from confined processes, sorted, segment by segment; what they send is not believed to be anything but numbers. A run is derived data: losing
 * all of them loses time, and nothing else. Segments of which no run knows are told by archive_index_look; whoever asks the index looks at them always. */
#ifndef HUNT_ARCHIVE_INDEX_H
#define HUNT_ARCHIVE_INDEX_H

#include <signal.h>

#include "archive/index.h"
#include "archive/vault.h"
#include "base/zone_rules.h"
#include "event/kind.h"

/* What made the keys (index_options.made): the rules of keys and the archive's secret, the kinds, the readers. Runs of another number are of no use.
 * ERR_CORRUPT: the secret is damaged or gone. */
MUST_USE bool archive_index_made(const struct vault *v, const struct kinds *kinds, uint64_t *made, struct err *e);

/* ---- merging ---- */

/* Merges runs as index_merge_choose says, and commits each merge with the end of the runs that it stands for: until nothing is left to be merged, or, once
 * keys_max keys have been read (0: no bound), no further merge is begun. Segments that are no longer live are left out of what is merged. Runs that are damaged,
 * or not of `made`, are ended and their segments no longer covered: archive_index_make makes them anew. now: of the commits. *merged (may be NULL): runs that
 * were. A writer's vault, in which nothing is staged. ERR_INTERRUPTED: stop (may be NULL) became not zero; what was committed stays. */
MUST_USE bool archive_index_merge(struct vault *v, uint64_t made, uint64_t keys_max, int64_t now,
                                  const volatile sig_atomic_t *stop, uint64_t *merged, struct err *e);

/* ---- what there is ---- */

/* How the index knows of a live segment. */
enum archive_index_state {
    ARCHIVE_INDEXED,
    ARCHIVE_UNINDEXED, /* no run has it */
    ARCHIVE_OTHER,     /* one has, which other kinds, other rules or another secret made */
    ARCHIVE_DAMAGED,   /* one has, which cannot be read */
    ARCHIVE_LEDGERS,   /* it is a ledger: no hunt looks for anything in it */
};

#endif
