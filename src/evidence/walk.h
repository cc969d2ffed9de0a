/* walk: the paths a user gives into a sorted list of files. */
#ifndef EVIDENCE_WALK_H
#define EVIDENCE_WALK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct found_file {
    str path;      /* as given, or joined with '/'; ends in a NUL */
    uint64_t size; /* bytes, when it was listed */
    str skipped;   /* why it is not read: a link, a device, unreadable; "" */
};

/* Folders are walked whole, in order of bytes; links are listed, not followed. All memory is a's. ERR_IO: a path that the
 * user named is not there.
 *
 * own: folders and files, however spelled, that are passed over where they lie below a path that was named; one that is not there is
 * none. NULL where own_count is 0. */
MUST_USE bool walk_paths(const char *const *paths, size_t count, const char *const *own, size_t own_count,
                         struct arena *a, struct found_file **files, size_t *file_count, struct err *e);
/* The same, but a path that the user named and that is not there is listed as what is not read, and why. */
MUST_USE bool walk_paths_as_named(const char *const *paths, size_t count, const char *const *own, size_t own_count,
                                  struct arena *a, struct found_file **files, size_t *file_count, struct err *e);

#endif
