/* sealed: a file of bytes of which any place is read without the rest, encrypted: pieces of 4 KiB, each sealed alone (docs/formats/archive-keys.md). For runs of
 * the index, and whatever else lies in an encrypted archive and has no pieces of its own. Segments have (segment.h). */
#ifndef ARCHIVE_SEALED_H
#define ARCHIVE_SEALED_H

#include "archive/seal.h"
#include "base/buf.h"

#define SEALED_PIECE 4096u

/* Does a file that begins so mean to be one? */
bool sealed_begins(str head);

/* ---- writing ---- */

struct sealed_writer;
/* out: where the bytes of the file are appended, whenever a piece is full; the caller empties it as it likes. Stays the caller's. */
MUST_USE bool sealed_writer_new(struct sealed_writer **w, const struct writing_key *key, struct buf *out,
                                struct err *e);
void sealed_writer_free(struct sealed_writer *w); /* takes NULL */
MUST_USE bool sealed_writer_add(struct sealed_writer *w, str bytes, struct err *e);
MUST_USE bool sealed_writer_end(struct sealed_writer *w, struct err *e);

/* ---- reading ---- */

struct sealed;
/* bytes: of the file, which stay the caller's and live as long; read when a piece is asked for, and not before, but for the first SEALED_HEAD, which the
 * caller has made sure can be read. Errors as sealer_open; ERR_TRUNCATED. */
#define SEALED_HEAD 256u
MUST_USE bool sealed_open(struct sealed **out, str bytes, const struct key_set *keys, str name, struct err *e);
void sealed_close(struct sealed *s); /* takes NULL */
/* What is in it: of these bytes only those may be read that were asked for. Views live as long as s. What was asked for stays in memory. */
str sealed_bytes(const struct sealed *s);
/* Where the piece that a byte is in lies in the file, and how long it is. */
str sealed_piece(const struct sealed *s, uint64_t at);
/* Unseals what is needed of [from, from + size). False, with ERR_CORRUPT: a piece of it was damaged or changed. That nothing is missing at the end is
 * known when the last byte was asked for, or of an empty file, nothing. */
MUST_USE bool sealed_need(struct sealed *s, uint64_t from, size_t size, struct err *e);

#endif
