/* json: records out of JSON lines, concatenated documents, arrays and the wrappers of cloud exports. */
#ifndef READER_JSON_H
#define READER_JSON_H

#include "reader/reader.h"

extern const struct reader json_reader;

#endif
