/* sorter: any number of records sorted by a key of bytes, in bounded memory: sorted runs in temporary files, merged. */
#ifndef BASE_SORTER_H
#define BASE_SORTER_H

#include "base/err.h"
#include "base/str.h"

#define SORTER_RECORD_MAX ((size_t)64 << 20)

struct sorter;

/* memory_max: bytes of records held before they go to disk. folder: where the temporary file lies; NULL:
 * file_temporary. */
MUST_USE bool sorter_new(struct sorter **out, size_t memory_max, const char *folder, struct err *e);
/* Takes NULL. */
void sorter_free(struct sorter *s);
/* Both are copied. ERR_LIMIT: together more than SORTER_RECORD_MAX; ERR_IO: the disk is full; ERR_MEMORY. */
MUST_USE bool sorter_add(struct sorter *s, str key, str value, struct err *e);
/* After the last sorter_add: each record in the order of its key's bytes; equal keys as they were added. Views live until
 * the call returns; false stops. ERR_CORRUPT: the file does not hold any more what was written. */
MUST_USE bool sorter_run(struct sorter *s, bool (*each)(void *ctx, str key, str value, struct err *e), void *ctx,
                         struct err *e);
/* Forgets all records; memory is kept for those that follow. */
void sorter_clear(struct sorter *s);

#endif
