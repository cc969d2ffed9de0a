/* cache: a folder of files that can be made again, which only this user may have written. */
#ifndef BASE_CACHE_H
#define BASE_CACHE_H

#include "base/buf.h"
#include "base/err.h"

/* The folder, opened for file_open(); -1: there is none (errno ENOENT), or others may write to it. */
MUST_USE int cache_open(const char *folder);
/* A whole file of it. *there: false: there is none, or others may have written it. False: it is there and cannot be read. */
MUST_USE bool cache_read(int folder, const char *name, size_t max, struct buf *out, bool *there, struct err *e);
/* Puts the file under its name, whole or not at all; mode 0600. The folder is made if there is none, and at most one above it. While
 * another process writes nothing is written, which is no failure. Nobody waits for the disk: what is read is to be checked. */
MUST_USE bool cache_write(const char *folder, const char *name, str bytes, struct err *e);

#endif
