/* archive_original: the bytes of files as they were added to an archive, kept on wish: segments of a family of their own, whose records are pieces of files.
 * They are no events: no hunt, listing or index looks at them. Commit, retention, holds and verification are those of all segments. */
#ifndef HUNT_ARCHIVE_ORIGINAL_H
#define HUNT_ARCHIVE_ORIGINAL_H

#include <signal.h>

#include "archive/segment.h"
#include "archive/vault.h"

#define ARCHIVE_ORIGINALS S("originals") /* the family, and the reader of its sources */
#define ORIGINAL_PIECE ((size_t)1 << 20)
#define ORIGINAL_SEGMENT (UINT64_C(192) << 20) /* bytes of files in one segment, about: a larger file lies in several */
#define ORIGINAL_SMALL ((size_t)16 << 20)      /* bytes of a file that lies in a segment with others */
/* Counts of a source (struct segment_count): the offset of the first of its pieces here; that its last one is here. */
#define ORIGINAL_FROM 16u
#define ORIGINAL_WHOLE 17u

/* Is it a segment of originals? ERR_CORRUPT: its sources cannot be read. */
MUST_USE bool original_is(struct segment *s, bool *yes, struct err *e);

/* ---- adding ---- */

struct original_writer;
MUST_USE bool original_writer_new(struct original_writer **out, struct vault *v, struct fields *fields, struct err *e);
/* What was not ended is gone. Takes NULL. */
void original_writer_free(struct original_writer *w);
/* The vault was opened anew, with nothing of this writer staged. */
void original_writer_vault(struct original_writer *w, struct vault *v);
/* Does the file take segments of its own? It is given with `alone`, after all that came before it was committed, and committed at once. */
bool original_writer_alone(const char *path);
/* The bytes of a file, once for each SHA-256. *kept: they are new. A file that changes while it is read, or cannot be read to its end, is not kept, and why says so.
 * *spoilt: a segment with some of its bytes is staged: the vault is to be closed, without a commit, and opened anew. ERR_IO: the archive cannot be
 * written; ERR_MEMORY; ERR_INTERRUPTED: stop (or NULL) became not zero. */
MUST_USE bool original_writer_file(struct original_writer *w, const char *path, bool alone,
                                   const volatile sig_atomic_t *stop, bool *kept, bool *spoilt, struct err *why,
                                   struct err *e);
/* All of it is staged for the next commit. *segments, *bytes: how many were made since the last time, and bytes of files in them. */
MUST_USE bool original_writer_stage(struct original_writer *w, uint64_t *segments, uint64_t *bytes, struct err *e);

/* ---- reading ---- */

/* Bytes [from, from + size) of the file with that hash, as many as it has (size UINT64_MAX: all), piece by piece in order; its size in *of. Segments are read by
 * confined processes. Where all of it is read the hash is checked, at the end: what was handed over before may be wrong then.
 *
 * ERR_USAGE        it is not kept
 * ERR_CORRUPT      pieces are missing or damaged, or the bytes have another hash
 * ERR_INTERRUPTED, and what stops each. */
MUST_USE bool original_read(const struct vault *v, const uint8_t sha256[SHA256_SIZE], uint64_t from, uint64_t size,
                            bool (*each)(void *ctx, str bytes, struct err *e), void *ctx,
                            const volatile sig_atomic_t *stop, uint64_t *of, struct err *e);

#endif
