/* zeek: records out of Zeek's logs of separated values, whose head names separator, fields and types. */
#ifndef READER_ZEEK_H
#define READER_ZEEK_H

#include "reader/reader.h"

extern const struct reader zeek_reader;

#endif
