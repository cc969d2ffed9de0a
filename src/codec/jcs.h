/* jcs: a JSON tree as the one text that the JSON Canonicalization Scheme gives it (RFC 8785): what is hashed must not depend on who wrote it. */
#ifndef CODEC_JCS_H
#define CODEC_JCS_H

#include <jansson.h>

#include "base/buf.h"

/* Appends the text: no blanks, members by their names' UTF-16 code units, only those escapes that must be. False: it holds a number that
 * is no whole one of at most 2^53 (whose form is ECMAScript's; nothing that we hash has any), or memory is out (out->failed). */
MUST_USE bool jcs_add(struct buf *out, const json_t *value);

#endif
