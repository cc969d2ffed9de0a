/* archive_index_own: what the files of archive_index share. */
#ifndef HUNT_ARCHIVE_INDEX_OWN_H
#define HUNT_ARCHIVE_INDEX_OWN_H

#include "hunt/archive_index.h"

/* Stages the run that p holds, whatever becomes of it. about: tier and months count; the rest the run says itself. */
MUST_USE bool archive_run_add(struct vault *v, struct vault_part *p, int fd, const struct manifest_run *about,
                              uint64_t *number, struct err *e);
bool archive_is_ledger(const struct manifest *m, const struct manifest_segment *s);

#endif
