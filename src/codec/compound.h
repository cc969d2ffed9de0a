/* compound: OLE2 compound files ([MS-CFB]): a small file system in a file: storages and streams by name. Own, because the libraries that
 * are kept (libgsf) bring GLib, and a confined reader needs no more of it than this.
 *
 * Sectors are chained through tables that the file holds itself, so every chain may be a circle: none is followed further than the file
 * has sectors, nothing is read twice for free (bytes_max), and a storage is entered once. */
#ifndef CODEC_COMPOUND_H
#define CODEC_COMPOUND_H

#include "base/buf.h"
#include "base/err.h"

#define COMPOUND_ENTRIES_MAX 65536u
#define COMPOUND_NONE UINT32_MAX
#define COMPOUND_ROOT 0u

struct compound;

bool compound_begins(str head);
/* bytes: the whole file, which must outlive it. ERR_CORRUPT: header, sector tables or directory cannot be followed. */
MUST_USE bool compound_open(struct compound **out, str bytes, struct err *e);
void compound_close(struct compound *c); /* takes NULL */

/* The members of a storage: the first, then the next; COMPOUND_NONE: no more. In no order that means anything. */
uint32_t compound_first(const struct compound *c, uint32_t storage);
uint32_t compound_next(const struct compound *c, uint32_t entry);
/* By name (ASCII; letter case does no harm); COMPOUND_NONE. */
uint32_t compound_find(const struct compound *c, uint32_t storage, str name);
/* Its name; what is not ASCII stands as '?'. Lives as long as c. */
str compound_name(const struct compound *c, uint32_t entry);
bool compound_is_storage(const struct compound *c, uint32_t entry);

/* Appends the stream's bytes. False: it breaks off (what there was has been appended), or more was read of the file than it could
 * hold four times; out->failed: memory is out. */
MUST_USE bool compound_read(struct compound *c, uint32_t stream, struct buf *out);

#endif
