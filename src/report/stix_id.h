/* stix_id: identifiers of STIX objects that depend on what they name and on nothing else (STIX 2.1 2.9; RFC 9562 5.5). */
#ifndef REPORT_STIX_ID_H
#define REPORT_STIX_ID_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

#define UUID_SIZE 16
#define UUID_TEXT 37
#define STIX_ID_MAX 80

/* UUIDv5: SHA-1 over the name space and the name. ERR_MEMORY. */
MUST_USE bool uuid5(const uint8_t space[UUID_SIZE], str name, uint8_t out[UUID_SIZE], struct err *e);
/* 8-4-4-4-12 small digits, with a NUL. */
void uuid_text(const uint8_t uuid[UUID_SIZE], char out[UUID_TEXT]);

/* Sets the id of a cyber-observable object with all other members, by the properties that contribute to it (STIX 2.1 6; of hashes one: MD5, else
 * SHA-1, SHA-256, SHA-512). Of the types that stix_out writes; ERR_UNSUPPORTED: another, or none of the properties is there. */
MUST_USE bool stix_observable_id(json_t *object, struct err *e);
/* The same of any other object: over its type and the canonical text of what it holds, in our name space `space`; so whoever changes
 * a word of it has another object. */
MUST_USE bool stix_object_id(json_t *object, const uint8_t space[UUID_SIZE], struct err *e);

/* Is it TYPE--UUID (RFC 9562 4, any version, letters of any case)? */
bool stix_id_of_type(str id, str type);

#endif
