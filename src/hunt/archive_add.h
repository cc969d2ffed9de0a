/* archive_add: evidence into an archive: read as a hunt reads it, by confined processes, its records kept in segments. */
#ifndef HUNT_ARCHIVE_ADD_H
#define HUNT_ARCHIVE_ADD_H

#include <signal.h>

#include "archive/vault.h"
#include "base/zone_rules.h"
#include "event/kind.h"
#include "evidence/custody.h"

struct archive_add_options {
    const char *archive; /* the folder; made, if nothing lies there */
    const char *const *paths;
    size_t path_count;
    /* Of an archive that is made now: who can open it; none: it is not encrypted. */
    const struct custodian *custodians;
    size_t custodian_count;
    struct vault_unlock unlock; /* of one that is there, and encrypted */
    str family;                 /* of the sources, as retention knows them */
    struct fields *fields;
    const struct kinds *kinds;
    int64_t
        latest; /* these three as in hunt_options: they decide under which time a record is found, and nothing of it */
    const struct zone_rules *zone_rules;
    str zone;
    bool
        originals; /* the bytes of the files are kept as well (archive_original.h), of those too that are known already */
    bool
        no_index; /* what is added is left out of the index: until archive_index_make it is looked at whatever is asked */
    unsigned workers;
    int64_t now;
    const volatile sig_atomic_t *stop;
    /* As in hunt_options: lines of what is read now, when all of its records are committed. */
    bool (*custody)(void *ctx, const struct custody *c, struct err *e);
    bool (*damage)(void *ctx, const struct custody_damage *d, struct err *e);
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* NULL: nobody asks */
    void *ctx;
};

struct archive_add_result {
    uint64_t files, known; /* read; passed over, because their bytes are there already */
    uint64_t records, segments, bytes;
    uint64_t originals, original_bytes; /* files whose bytes are kept now, and these */
    uint64_t snapshot;                  /* the manifest's sequence at the end */
    bool made;                          /* the archive is new */
};

/* Adds what is not there yet: a file whose bytes were read by the same readers before is known by its hash, and only its path is noted. Files
 * are committed a thousand or a few GiB together: what was committed before a failure stays.
 *
 * ERR_USAGE        no such evidence; or archive is something else
 * ERR_REFUSED      another process writes to it; or it is encrypted, and no key opens it
 * ERR_INTERRUPTED  stopped
 * and what vault.h says. */
MUST_USE bool archive_add(const struct archive_add_options *options, struct archive_add_result *result, struct err *e);

#endif
