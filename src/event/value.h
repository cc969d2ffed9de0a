/* value: raw values of records as the text that a person and a rule see. */
#ifndef EVENT_VALUE_H
#define EVENT_VALUE_H

#include "base/buf.h"
#include "event/record.h"

/* Appends the text of a raw value (event/record.h says how each type is rendered); returns the bytes appended. Bytes too
 * short for their type are rendered as hexadecimal. *repaired counts characters replaced by U+FFFD. */
size_t value_render(uint8_t raw_type, str bytes, struct buf *out, size_t *repaired);

#endif
