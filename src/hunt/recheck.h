/* recheck: evidence as it lies there now against hashes that were taken of it. */
#ifndef HUNT_RECHECK_H
#define HUNT_RECHECK_H

#include <signal.h>

#include "base/err.h"
#include "base/str.h"

struct recheck;

MUST_USE bool recheck_new(struct recheck **out, struct err *e);
void recheck_free(struct recheck *r); /* takes NULL */
/* Hashes every file below the paths. ERR_IO: a path is not there; ERR_INTERRUPTED: stop (or NULL) became not zero. A file that cannot be
 * read is as if it were not there. */
MUST_USE bool recheck_walk(struct recheck *r, const char *const *paths, size_t count, const volatile sig_atomic_t *stop,
                           struct err *e);
/* One file, which need not be there. */
MUST_USE bool recheck_file(struct recheck *r, const char *path, const volatile sig_atomic_t *stop, struct err *e);

enum recheck_found {
    RECHECK_SAME,
    RECHECK_CHANGED, /* a file of that path or name is there, and none of that hash */
    RECHECK_GONE
};
/* What became of a file: *now: the path at which it, or what bears its name, lies; NULL where it is gone. After the last file was told. */
enum recheck_found recheck_what(struct recheck *r, str path, str sha256, const char **now);

#endif
