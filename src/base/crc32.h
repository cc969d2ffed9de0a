/* crc32: the checksum of zlib, PNG and EVTX (ISO 3309, reflected polynomial 0xedb88320). No cryptographic worth. */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include "base/str.h"

/* The checksum of bytes behind others whose checksum is `before` (0: none). */
uint32_t crc32_add(uint32_t before, str bytes);

#endif
