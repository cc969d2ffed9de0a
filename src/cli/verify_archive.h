/* verify_archive: what `longwatch verify` asks of the archives that a case was made of. */
#ifndef CLI_VERIFY_ARCHIVE_H
#define CLI_VERIFY_ARCHIVE_H

#include <signal.h>

#include "cli/custodians.h"
#include "cli/option.h"
#include "hunt/archive_seek.h"

struct verify_archive;

/* NULL in *out: the case was made of none. evidence: where something may lie now; an archive among it is known by its id. */
MUST_USE bool verify_archive_open(struct verify_archive **out, const char *path, const struct arguments *evidence,
                                  const struct key_wish *key, const volatile sig_atomic_t *stop, struct err *e);
void verify_archive_close(struct verify_archive *x); /* takes NULL */
/* Appends a line for each archive and what is wrong with it: its history, and the segments of that time that are still there, by their hashes. *differ,
 * *gone: things that are not as they were; that are not there. */
MUST_USE bool verify_archive_check(struct verify_archive *x, struct buf *out, uint64_t *differ, uint64_t *gone,
                                   struct err *e);
/* Looks for these records, in all of the archives; and once for which sources these have. */
MUST_USE bool verify_archive_seek(struct verify_archive *x, struct archive_wanted *wanted, size_t count, struct err *e);
/* After that: is there a source, or the line of a file, with that hash? */
bool verify_archive_has(const struct verify_archive *x, str sha256);
/* The archives: paths as they are now, and snapshots. */
size_t verify_archive_count(const struct verify_archive *x);
str verify_archive_path(const struct verify_archive *x, size_t i, uint64_t *snapshot);

#endif
