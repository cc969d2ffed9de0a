/* channel: a pair of connected sockets between two processes, over which bytes and open files go. */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include "base/err.h"
#include "base/str.h"

/* Both ends close on exec. */
MUST_USE bool channel_pair(int ends[2], struct err *e);
/* All bytes, waiting as long as it takes. fd: an open file that goes along with the first of them, or -1. A closed other
 * end is ERR_IO, never a signal. */
MUST_USE bool channel_send(int end, str bytes, int fd, struct err *e);
/* Exactly size bytes. *fd (when not NULL): the file that came along, the caller's from now on, or -1. *closed: the other
 * end was closed before the first byte, which is no error but false all the same. */
MUST_USE bool channel_take(int end, char *out, size_t size, int *fd, bool *closed, struct err *e);
/* What there is now, at most room bytes; *got 0: the other end was closed. Waits when there is nothing. */
MUST_USE bool channel_some(int end, char *out, size_t room, size_t *got, struct err *e);

#endif
