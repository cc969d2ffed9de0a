/* value: raw values of records as the text that a person and a rule see. */
#ifndef EVENT_VALUE_H
#define EVENT_VALUE_H

#include "base/buf.h"
#include "event/record.h"

/* Appends the text of a raw value (event/record.h says how each type is rendered); returns the bytes appended. Bytes too
 * short for their type are rendered as hexadecimal. *repaired counts characters replaced by U+FFFD. */
size_t value_render(uint8_t raw_type, str bytes, struct buf *out, size_t *repaired);

/* The same for types whose text is short (not text, SIDs and bytes): written to out. 0: another type, or too few bytes. */
#define VALUE_SHORT_MAX 48u
size_t value_short(uint8_t raw_type, str bytes, char out[VALUE_SHORT_MAX]);

/* Can the folded text of some value of this type contain this folded text? True where it is not certain. */
bool value_may_contain(uint8_t raw_type, str folded);

#endif
