/* archive_export: some segments of an archive as an archive of their own, with what proves that they are those (docs/archive.md, "Export"). */
#ifndef HUNT_ARCHIVE_EXPORT_H
#define HUNT_ARCHIVE_EXPORT_H

#include <signal.h>

#include "archive/vault.h"

#define EXPORT_ORIGIN                                                                                                  \
    "origin" /* a folder in that of an export: the manifest, and nothing else, of the archive it came from */
#define EXPORT_NOTE "export" /* name of the note in its manifest that says which */

struct archive_export_options {
    const char *archive, *out; /* out: nothing lies there, or an empty folder */
    uint64_t as_of;            /* 0: now */
    /* All that is given must be true of a segment, as of a hold's (manifest_hold_covers): */
    str hold; /* what the hold of this name covers; "": none is asked */
    str family;
    int64_t from, to;
    struct manifest_numbers segments;
    str who, why;
    struct vault_unlock unlock;      /* of an archive that is encrypted: its export is, for the same custodians */
    const struct signature_key *key; /* signs the records of the export; NULL: nobody does */
    int64_t now;
    const volatile sig_atomic_t *stop;
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};
struct archive_export_result {
    uint64_t segments, rows, bytes;
    uint64_t sequence; /* the snapshot of the archive, */
    uint8_t hash[SHA256_SIZE];
};
/* Files are copied byte for byte and compared with the hashes of the manifest.
 *
 * ERR_USAGE        nothing is of that sort, no such hold, or something lies at out
 * ERR_CORRUPT      a segment is damaged: what was made of out is to be removed
 * ERR_REFUSED      it is encrypted, and no key opens it
 * ERR_INTERRUPTED  likewise */
MUST_USE bool archive_export(const struct archive_export_options *options, struct archive_export_result *result,
                             struct err *e);

/* Is each segment of an export one of the archive that its origin is the manifest of? v: the export, open. *there: it has an origin. each: told
 * of every segment that is not; record: of each record of the origin (its signature is not checked here). *sequence, hash: the last record of the origin, whose chain is whole. ERR_CORRUPT: the origin itself is damaged. */
MUST_USE bool archive_export_check(const struct vault *v, const char *path, bool *there,
                                   void (*each)(void *ctx, const struct manifest_segment *s),
                                   void (*record)(void *ctx, const struct vault_record *r), void *ctx,
                                   uint64_t *sequence, uint8_t hash[SHA256_SIZE], struct err *e);

#endif
