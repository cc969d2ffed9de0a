/* show: the original record of a finding, read once more by a confined process. */
#ifndef HUNT_SHOW_H
#define HUNT_SHOW_H

#include "base/buf.h"
#include "base/err.h"

/* path: of the file, or of a member of a container ("a.zip!b.evtx"); sha256: lower-case hexadecimal, of the file or member;
 * reader, offset: as the custody ledger and the finding have them. Appends the record to out.
 * ERR_CORRUPT: what is there now is not what was hunted, or there is no such record; ERR_IO: it cannot be read. */
MUST_USE bool show_record(const char *path, str sha256, str reader, uint64_t offset, struct buf *out, struct err *e);

#endif
