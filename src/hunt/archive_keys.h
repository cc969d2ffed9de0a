/* archive_keys: the keys of a segment for the index (intel/observable_key.h), made while it is: of all values of its columns, as they are packed or once it is sealed,
 * and, as its records come, of values that kinds make of others and that therefore stand in no column. Together these are all values that a hunt over the segment looks for
 * indicators in, so that what is not among the keys is not found in it. In the worker: nothing is written to a file. */
#ifndef HUNT_ARCHIVE_KEYS_H
#define HUNT_ARCHIVE_KEYS_H

#include "archive/segment.h"
#include "base/address.h"
#include "hunt/wire.h"
#include "intel/observable_key.h"

/* One for each process. */
struct archive_keys;
MUST_USE bool archive_keys_new(struct archive_keys **out, const uint8_t secret[OBSERVABLE_SECRET], struct err *e);
void archive_keys_free(struct archive_keys *k); /* takes NULL */

/* What is known of a segment that is being written. */
struct segment_keys;
MUST_USE bool segment_keys_new(struct segment_keys **out, struct archive_keys *k, struct err *e);
void segment_keys_free(struct segment_keys *s); /* takes NULL */
size_t segment_keys_bytes(const struct segment_keys *s);
/* A value of a column of it, or one that ingest made (ingest_options.made) of a record of it. */
MUST_USE bool segment_keys_value(struct segment_keys *s, uint8_t raw_type, str value, struct err *e);
/* Keys and addresses as they go over the channel: of keys 8 bytes each, of addresses 16 in network order, IPv4 as ::ffff:a.b.c.d. Rising, each once, but now
 * and then they begin anew from below; at most ARCHIVE_KEYS_SENT bytes at a time. */
#define ARCHIVE_KEYS_SENT ((size_t)WIRE_VALUE_MAX)
#define ARCHIVE_ADDRESS WIRE_INDEX_ADDRESS
struct archive_keys_to {
    void (*keys)(void *ctx, str bytes);
    void (*addresses)(void *ctx, str bytes);
    void *ctx;
};
/* All keys of the sealed segment with these bytes. told: segment_keys_value had the values of its columns as they were packed (segment_options.told); then
 * segment may be NULL, unless it is mixed (segment_writer_mixed). After this s is only good to be freed. ERR_CORRUPT: it cannot be read to its end, and what
 * was handed over is not all. */
MUST_USE bool segment_keys_end(struct segment_keys *s, struct segment *segment, bool told,
                               const struct archive_keys_to *to, struct err *e);

#endif
