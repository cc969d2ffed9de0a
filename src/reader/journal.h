/* journal: entries of systemd's journal out of its export format. Its JSON is read as JSON. */
#ifndef READER_JOURNAL_H
#define READER_JOURNAL_H

#include "reader/reader.h"

extern const struct reader journal_reader;

#endif
