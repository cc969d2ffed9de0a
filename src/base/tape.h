/* tape: records one after another, written at its end and read from any place on; in memory up to a bound, the rest in
 * a temporary file. What comes back from the file is what was written, or an error. */
#ifndef BASE_TAPE_H
#define BASE_TAPE_H

#include "base/buf.h"
#include "base/err.h"

#define TAPE_RECORD_MAX ((size_t)65 << 20)

struct tape;

/* memory_max: bytes held at once before they go to the file. folder: where it lies; NULL: file_temporary. */
MUST_USE bool tape_new(struct tape **out, size_t memory_max, const char *folder, struct err *e);
/* Takes NULL. */
void tape_free(struct tape *t);
/* The record is copied. ERR_LIMIT: more than TAPE_RECORD_MAX bytes; ERR_IO: the disk is full; ERR_MEMORY. */
MUST_USE bool tape_add(struct tape *t, str record, struct err *e);
/* Where the next record will begin: the end of what is there. */
uint64_t tape_end(const struct tape *t);
/* Forgets all records; every reader must begin anew. */
void tape_clear(struct tape *t);

/* All zero: reads nothing. */
struct tape_reader {
    const struct tape *tape;
    uint64_t at, to;  /* of the tape: where the next record begins, and where reading ends */
    uint64_t from;    /* of the tape: where `bytes` begins */
    struct buf bytes; /* of the file */
    size_t
        ahead; /* bytes of the file to be read at once, at most; 0: 64 KiB. For records that are read here and there */
};

/* The records from one place to another, each of them the beginning of a record or the end of all. */
void tape_read(struct tape_reader *r, const struct tape *t, uint64_t from, uint64_t to);
/* The next record, until the reader's next call or the tape's next record. False with ERR_NONE: there is none.
 * ERR_CORRUPT: the file does not hold any more what was written; ERR_IO, ERR_MEMORY. */
MUST_USE bool tape_next(struct tape_reader *r, str *record, struct err *e);
/* The next record is the one that begins at this place. */
void tape_seek(struct tape_reader *r, uint64_t at);
void tape_reader_free(struct tape_reader *r);

#endif
