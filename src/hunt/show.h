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

#endif
