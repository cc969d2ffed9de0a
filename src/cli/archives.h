/* archives: the paths that a command was given, with an archive replaced by its segments. */
#ifndef CLI_ARCHIVES_H
#define CLI_ARCHIVES_H

#include "archive/vault.h"
#include "base/arena.h"
#include "base/err.h"
#include "cli/custodians.h"
#include "cli/option.h"

/* What a case notes of an archive that it is made of. */
struct archive_noted {
    const char *path;
    char id[2 * ARCHIVE_ID_SIZE + 1], record[2 * SHA256_SIZE + 1];
    uint64_t snapshot;
    char gone[200]; /* "": nothing that was ever added has gone */
};
void archive_id_text(const struct manifest *m, char out[2 * ARCHIVE_ID_SIZE + 1]);

struct archives {
    struct arguments paths; /* in the order given; those of an archive stand in its place */
    bool any;               /* one was an archive */
    struct key_set *keys;   /* of those that are encrypted; NULL: none is. For hunt_options.keys */
    struct archive_noted *items;
    size_t count;
    struct arena *a;
};

/* as_of: 0, or a snapshot of every archive. alone: whatever is no archive is ERR_USAGE. keys: opens those that are encrypted (NULL: they stay shut, for whoever asks for names only).
 * Errors as vault_open, vault_unlock, custodian_keys_open. */
MUST_USE bool archives_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                            const struct key_wish *keys, struct err *e);
/* Of one vault that is open already. */
MUST_USE bool vault_unlock_wish(struct vault *v, const struct key_wish *keys, struct err *e);
void archives_close(struct archives *x); /* takes a zeroed one */

#endif
