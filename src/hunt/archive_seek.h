/* archive_seek: records in the segments of an archive, found again by what a finding says of them: SHA-256 of the source, number, offset. What was
 * rewritten since (compacted) is found all the same. Segments are read by confined processes. */
#ifndef HUNT_ARCHIVE_SEEK_H
#define HUNT_ARCHIVE_SEEK_H

#include <signal.h>

#include "archive/vault.h"
#include "base/buf.h"
#include "event/field.h"

struct archive_wanted {
    uint8_t sha256[SHA256_SIZE]; /* of the source, unpacked */
    uint64_t record, offset;
    uint64_t tag; /* the caller's */
    /* Told: */
    bool found;
    uint64_t segment; /* its number */
    uint32_t row;
};

struct archive_seek_options {
    const struct vault *v;
    struct archive_wanted *wanted; /* sorted here */
    size_t count;
    /* Of the only one that is wanted: about when it was, so that segments of that time are looked at first; INSTANT_NONE: nobody knows. */
    int64_t when;
    /* Of the only one: path (as the segment has it) and fields of the record, as the reader handed them over, in text. NULL: not asked for. */
    struct buf *path, *record;
    uint64_t *size; /* bytes of the record in its source */
    /* Sources of which there are records, and files that ledgers speak of, in no order, some more than once. NULL: not asked for; then no segment is read
     * after the last record was found. */
    bool (*source)(void *ctx, const uint8_t sha256[SHA256_SIZE], struct err *e);
    /* A segment that cannot be read, or not whole. NULL: nobody hears of it. */
    void (*damage)(void *ctx, const char *segment, const char *why);
    void *ctx;
    const volatile sig_atomic_t *stop; /* NULL: never */
};

/* Looks through the live segments. ERR_INTERRUPTED, ERR_MEMORY, and what stops source. */
MUST_USE bool archive_seek(const struct archive_seek_options *options, struct err *e);

#endif
