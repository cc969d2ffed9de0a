/* spool: what a worker has sent, kept in order until its turn has come. Small ones live in memory; beyond a bound they go
 * to one unlinked temporary file that all spools share. */
#ifndef HUNT_SPOOL_H
#define HUNT_SPOOL_H

#include "base/buf.h"
#include "base/err.h"

struct spools {
    size_t memory_max, held; /* bytes of all spools in memory */
    int fd;                  /* -1 until needed */
    uint64_t end;            /* of the file */
};

struct spool {
    struct buf tail; /* not yet in the file */
    struct spool_extent {
        uint64_t at, size;
    } * extents;
    uint32_t extent_count, extent_room;
};

void spools_init(struct spools *s, size_t memory_max);
void spools_close(struct spools *s);
/* ERR_IO: the disk is full; ERR_MEMORY. */
MUST_USE bool spool_add(struct spools *s, struct spool *p, str bytes, struct err *e);
/* Calls back with all bytes in order, in pieces of any size that end where an added one ended. False from each stops. */
MUST_USE bool spool_read(const struct spools *s, const struct spool *p,
                         bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e);
/* The same of bytes [from, to) of it, between two of the added ones each. */
MUST_USE bool spool_read_from(const struct spools *s, const struct spool *p, uint64_t from, uint64_t to,
                              bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e);
/* For a while nothing is added: where memory is short all of it goes to the file. */
MUST_USE bool spool_settle(struct spools *s, struct spool *p, struct err *e);
void spool_free(struct spools *s, struct spool *p);

#endif
