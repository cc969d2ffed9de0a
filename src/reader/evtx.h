/* evtx: Windows event logs of Vista and later (.evtx): chunks of records in binary XML ([MS-EVEN6] 2.2.12).
 *
 * Fields: children of System by name, their attributes as Element_Attribute (Provider_Name); Data of EventData by
 * its Name without blanks, without a Name as Data (several values); leaves of UserData by local name. A name that
 * System has is qualified elsewhere: EventData.Computer, UserData.Computer. */
#ifndef READER_EVTX_H
#define READER_EVTX_H

#include "base/buf.h"
#include "reader/reader.h"

extern const struct reader evtx_reader;

/* Appends the record at record_offset of its chunk (at most 64 KiB, from the chunk's first byte) as indented XML.
 *
 * Exactly the records that the reader gives, salvaged ones as well, can be shown; the lines end in LF.
 *
 * ERR_CORRUPT  no whole record there, or it cannot be decoded (offset: within the chunk); out is as it was
 * ERR_LIMIT    more than 64 MiB of XML
 * ERR_MEMORY   no memory */
MUST_USE bool evtx_render(str chunk, size_t record_offset, struct buf *out, struct err *e);

#endif
