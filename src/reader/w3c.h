/* w3c: records out of W3C extended logs (IIS, and what Exchange writes with the same head). */
#ifndef READER_W3C_H
#define READER_W3C_H

#include "reader/reader.h"

extern const struct reader w3c_reader;

#endif
