/* decompress: one compressed stream (gzip RFC 1952, zstd RFC 8878, xz, bzip2), every byte that can be had of it, and exactly
 * where it ends. libarchive reads these too, but lets a wrong gzip checksum pass, drops what it has decoded of the block in
 * which a stream breaks off, and does not tell of bytes behind the end. */
#ifndef EVIDENCE_DECOMPRESS_H
#define EVIDENCE_DECOMPRESS_H

#include "base/err.h"
#include "base/str.h"

enum compression { COMPRESSION_GZIP, COMPRESSION_ZSTD, COMPRESSION_XZ, COMPRESSION_BZIP2, COMPRESSIONS };

struct decompressor;

/* memory_max: bytes that windows and dictionaries may take (zstd: at most 2^27, the format's own recommendation is 2^23).
 * NULL: no memory. */
struct decompressor *decompressor_new(enum compression c, size_t memory_max);
/* Takes NULL. */
void decompressor_free(struct decompressor *d);

/* Does s begin as a stream (gzip member, zstd frame, skippable ones too) of this kind begins? */
bool decompress_begins(enum compression c, str s);

/* Takes bytes from the front of *in (what is left stays there) and writes at most room to out; *written also on failure.
 * Ends when in is empty, out is full, or (*ended) one stream is complete and checked; calling again begins the next.
 * ERR_CORRUPT, ERR_LIMIT (needs more than memory_max), ERR_MEMORY: after these the decompressor is only good to be freed. */
MUST_USE bool decompress(struct decompressor *d, str *in, char *out, size_t room, size_t *written, bool *ended,
                         struct err *e);

#endif
