/* show: the original record of a finding, read once more by a confined process. */
#ifndef HUNT_SHOW_H
#define HUNT_SHOW_H

#include <signal.h>

#include "base/buf.h"
#include "base/err.h"

/* path: of the file, or of a member of a container ("a.zip!b.evtx"); sha256: lower-case hexadecimal, of the file or member;
 * reader, offset: as the custody ledger and the finding have them. Appends the record to out.
 * ERR_CORRUPT: what is there now is not what was hunted, or there is no such record; ERR_IO: it cannot be read. */
/* stop (or NULL): becomes not zero when it is to end, which takes long only where a container has to be unpacked by a program
 * (evidence/outlook.h): ERR_INTERRUPTED. */
MUST_USE bool show_record(const char *path, str sha256, str reader, uint64_t offset, const volatile sig_atomic_t *stop,
                          struct buf *out, struct err *e);

/* The same where the outermost file is open already, as fd, which stays the caller's; outer: the part of path that names it. size: what is appended are so many
 * bytes of the source from offset on, as they stand there; 0: the record as its reader shows it. */
struct show_place {
    str outer, path, sha256, reader;
    uint64_t offset, size;
};
MUST_USE bool show_record_in(int fd, const struct show_place *p, const volatile sig_atomic_t *stop, struct buf *out,
                             struct err *e);

/* Do records begin at these offsets of one source (path, sha256 and reader as above)? each hears of every one, in their order; why: "" it does; false from
 * it stops. hashed: path is a file of its own, and its SHA-256 was found to be that a moment ago. A member of a container is unpacked
 * once, into a file without a name below TMPDIR. Errors as above: of the source as a whole. */
MUST_USE bool show_records(const char *path, str sha256, str reader, bool hashed, const uint64_t *offsets, size_t count,
                           bool (*each)(void *ctx, size_t i, str why, struct err *e), void *ctx,
                           const volatile sig_atomic_t *stop, struct err *e);

#endif
