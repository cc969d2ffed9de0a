/* archives: the paths that a command was given, with an archive replaced by its segments. */
#ifndef CLI_ARCHIVES_H
#define CLI_ARCHIVES_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/option.h"

struct archives {
    struct arguments paths; /* in the order given; those of an archive stand in its place */
    bool any;               /* one was an archive */
    struct arena *a;
};

/* as_of: 0, or a snapshot of every archive. alone: whatever is no archive is ERR_USAGE. Errors as vault_open. */
MUST_USE bool archives_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                            struct err *e);
void archives_close(struct archives *x); /* takes a zeroed one */

#endif
