/* case_archive: the archives that a case was made of: what it notes of them, and whether they are still those. */
#ifndef CLI_CASE_ARCHIVE_H
#define CLI_CASE_ARCHIVE_H

#include "archive/vault.h"
#include "base/arena.h"
#include "cli/archives.h"
#include "report/case.h"

/* Facts of a case: archive (its path), archive_id, archive_snapshot (sequence), archive_record (the hash of that record), archive_gone (what was not there any
 * more then; where anything was); of a second one archive_2, archive_2_id, and so on. */
struct case_archive {
    str path; /* a NUL behind it */
    str id, record;
    uint64_t snapshot;
};
#define CASE_ARCHIVES_MAX 1000u

MUST_USE bool case_archives_note(struct case_writer *c, const struct archives *archives, struct err *e);
/* None: *count is 0. All memory is a's. Errors as case_facts. */
MUST_USE bool case_archives(const char *path, struct arena *a, struct case_archive **out, size_t *count, struct err *e);
/* As it is now, unlocked with this key if it is encrypted (ERR_REFUSED: it is not opened by it). ERR_CORRUPT: another archive lies there, or its past is not the one of which the case was made; and what vault.h says. */
MUST_USE bool case_archive_open(struct vault **out, const struct case_archive *c, const struct key_wish *key,
                                struct err *e);
/* A line for each segment of that snapshot that has gone since and could have held an event of that time (INSTANT_NONE: any): why, when, by which record; of
 * more than a few how many. Appends nothing where none has. */
MUST_USE bool case_archive_gone(const struct vault *v, const struct case_archive *c, int64_t when, struct buf *out,
                                struct err *e);

#endif
