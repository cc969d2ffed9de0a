/* text: lines of text, with or without the head of syslog (RFC 5424, RFC 3164 and its kin; docs/formats/text.md). */
#ifndef READER_TEXT_H
#define READER_TEXT_H

#include "reader/reader.h"

extern const struct reader text_reader;

/* Is it text, whatever its lines say? */
bool text_is(str head);

#endif
