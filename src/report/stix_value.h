/* stix_value: a value of intelligence or of evidence as STIX has it: as a cyber-observable object, and as a pattern (docs/formats/stix-out.md). */
#ifndef REPORT_STIX_VALUE_H
#define REPORT_STIX_VALUE_H

#include <jansson.h>

#include "base/buf.h"
#include "intel/observable.h"

/* An object with type and properties, without identifier; NULL: STIX has none for it, or no memory. written: as a source or a record
 * spells it, "" where it says nothing else; an URL needs its scheme. */
json_t *stix_value_object(enum observable type, str value, str written);
/* Of a host as a log names it: an address, a domain name, or NULL where it is neither. */
json_t *stix_host_object(str host);

/* Appends a pattern that the value satisfies. False: STIX has no property for it; then `pattern_type` is "longwatch", and the pattern the type
 * and the value. */
bool stix_value_pattern(enum observable type, str value, str written, struct buf *out);

#endif
