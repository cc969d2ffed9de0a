/* csv: records out of delimited text with a header line: CSV, TSV, semicolons, bars. docs/formats/csv.md. */
#ifndef READER_CSV_H
#define READER_CSV_H

#include "reader/reader.h"

extern const struct reader csv_reader;

#endif
