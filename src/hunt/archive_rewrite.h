/* archive_rewrite: segments written anew: their records are read by a hunt that keeps them, as evidence was when it was added, so that new segments, and
 * all that is derived of them, are made by the code that makes those of archive_add. Sources keep path, reader, hash, size, time and counts,
 * and their records in order. Ledgers are copied row by row. */
#ifndef HUNT_ARCHIVE_REWRITE_H
#define HUNT_ARCHIVE_REWRITE_H

#include "hunt/archive_care.h"

struct archive_rewriting;

/* Opens the archive for writing; care lives as long. Of a dry run for reading. Errors as vault_open_writer. */
MUST_USE bool archive_rewriting_new(struct archive_rewriting **out, const struct archive_care *care, struct err *e);
void archive_rewriting_free(struct archive_rewriting *r); /* takes NULL; what is staged is gone */
/* Another one after archive_rewrite has failed. */
struct vault *archive_rewriting_vault(const struct archive_rewriting *r);

struct archive_rewritten {
    const uint64_t *olds, *news; /* views until the next call; both none: they would become what they are */
    size_t old_count, new_count;
    uint64_t bytes; /* of the new files */
};
/* Stages what live segments of one family become, and their end. olds: ascending. erasing: NULL, or values that they are written without.
 *
 * ERR_CORRUPT: one of them is damaged; or what came of them is not as many records, or holds such a value. After any failure nothing is staged. */
MUST_USE bool archive_rewrite(struct archive_rewriting *r, const uint64_t *olds, size_t count, enum manifest_end why,
                              struct erasing *erasing, struct archive_rewritten *out, struct err *e);

/* Commits what is staged, with its part of the index. */
MUST_USE bool archive_rewriting_commit(struct archive_rewriting *r, struct err *e);
/* Afterwards: merges runs of the index; gone: none may know of an ended segment any more. Nothing may be staged. */
MUST_USE bool archive_rewriting_index(struct archive_rewriting *r, bool gone, struct err *e);

/* Stages an operation; in a dry run the state is as if it were done. */
MUST_USE bool archive_do(struct archive_rewriting *r, const struct manifest_operation *o, struct err *e);

/* Removes files of ended segments whose grace is over (only: NULL, or which), and if `runs` those of index runs. Nothing may be staged. In a dry run
 * it only counts. */
MUST_USE bool archive_remove(struct archive_rewriting *r, int64_t grace_ns, bool runs,
                             bool (*only)(void *ctx, const struct manifest_segment *s), void *ctx,
                             struct archive_removed *out, struct err *e);

/* ERR_REFUSED: a hold or a kept snapshot keeps the segment; the text names it. what, undone: "segment 7 <holds a value>, and the hold ... keeps it: nothing was
 * <erased>". */
MUST_USE bool archive_allows(const struct manifest *m, const struct manifest_segment *s, const char *what,
                             const char *undone, struct err *e);

/* ERR_INTERRUPTED, if it is to end. */
MUST_USE bool archive_goes_on(const struct archive_care *care, struct err *e);

#endif
