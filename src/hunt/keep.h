/* keep: the records of a worker's sources on their way into segments (archive/segment.h): one is being written for each month of event
 * time, and one for what has no time. In the worker: what is sealed goes over the channel, so that it needs no file to write to. */
#ifndef HUNT_KEEP_H
#define HUNT_KEEP_H

#include "archive/segment.h"
#include "event/kind.h"
#include "hunt/wire.h"

/* Raised when a reader hands over something else than before: then the same file is worth keeping again. */
#define KEEP_READERS 1u
/* Numbers of segment_count, beside each source. */
enum keep_count {
    KEEP_COUNT_READERS = 1, /* KEEP_READERS */
    KEEP_COUNT_KINDS,       /* kinds_fingerprint: the column of kinds is by these */
    KEEP_COUNT_TIMES,       /* keep_times: so is that of times, and by this */
    KEEP_COUNTS = 3
};
/* Stands for the zone of times that say none, by name, and for the last year that one without year may have (hunt_options.latest). */
uint64_t keep_times(str zone, int64_t latest);

/* What is known of a part of a source when it must be. */
struct keep_told {
    uint64_t before; /* records of the source before it, where its reader counts within parts */
    uint64_t size;
    bool hashed;
    uint8_t sha256[SHA256_SIZE];
};

struct keep_options {
    const struct fields *fields;
    const struct writing_key *writing; /* as segment_options */
    size_t memory_max;                 /* bytes of all segments that are being written; the largest is sealed first */
    const uint8_t *
        secret; /* OBSERVABLE_SECRET bytes: of each segment its keys are told as well (archive_keys.h); NULL: they are not */
    uint64_t kinds,
        times; /* kinds_fingerprint; and a number that stands for how times without zone or year are read: kept with each source */
    void (*put)(void *ctx, const struct wire *message);
    /* The source that is being read must be known by its hash now, though it has not been read to its end. *known: false when there is
     * no telling. */
    bool (*hash)(void *ctx, uint8_t sha256[SHA256_SIZE], uint64_t *size, bool *known, struct err *e);
    /* The same of a part that was told with keep_part, of whichever source. */
    bool (*part)(void *ctx, uint64_t ordinal, uint32_t part, struct keep_told *out, struct err *e);
    void *ctx;
};

struct keep;

MUST_USE bool keep_new(struct keep **out, const struct keep_options *options, struct err *e);
void keep_free(struct keep *k); /* takes NULL */
/* What follows is from this source. sha256: NULL: not known before keep_ended. */
MUST_USE bool keep_source(struct keep *k, str path, str reader, int64_t modified, const uint8_t *sha256, uint64_t size,
                          struct err *e);
/* The source was read before, and this was kept beside it then (struct segment_source): by which readers it was read (1), and whatever later
 * versions count, stays; what is worked out anew is said anew. Behind keep_source. */
MUST_USE bool keep_counts(struct keep *k, const struct segment_count *counts, uint32_t count, struct err *e);
/* A value of the record that comes next: as ingest_options.made. Without a secret nothing happens. */
MUST_USE bool keep_made(struct keep *k, const struct raw *v, struct err *e);
/* And only a part of it is read, of the source with this ordinal. Behind keep_source; ends with keep_part_ended. */
void keep_part(struct keep *k, uint64_t ordinal, uint32_t part);
void keep_part_ended(struct keep *k);
/* One record of it. when, kind: as ingest_options.taken. */
MUST_USE bool keep_record(struct keep *k, const struct record *r, int64_t when, str kind, struct err *e);
/* The source is over. Without a source nothing happens. */
MUST_USE bool keep_ended(struct keep *k, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *e);
/* Everything goes out. Between sources. */
MUST_USE bool keep_seal(struct keep *k, struct err *e);

#endif
