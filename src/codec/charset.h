/* charset: text in the character sets of mail and old logs to UTF-8. Tables are made when Longwatch is built, from Python's
 * codecs: a confined process can load no module of iconv. The WHATWG Encoding Standard says which set a label means, because
 * that is what readers of mail do: iso-8859-1 and us-ascii are windows-1252, gb2312 is gb18030. */
#ifndef CODEC_CHARSET_H
#define CODEC_CHARSET_H

#include "base/buf.h"

struct charset;

/* By label (RFC 2978; only letters and digits count: blanks, quotes, hyphens and letter case do no harm), or NULL: unknown. "" is
 * NULL. */
const struct charset *charset_named(str label);
/* By number of a Windows code page (1252, 932, 65001), or NULL. */
const struct charset *charset_code_page(uint32_t number);
str charset_name(const struct charset *c); /* its first name: "utf-8", "windows-1252", "gb18030" */

/* Appends text as well-formed UTF-8. What the set has no character for becomes U+FFFD, a byte (or a sequence) each, and is
 * added to *bad. c NULL: unknown or not given: well-formed UTF-8 is taken as it is, anything else as windows-1252.
 * Whole texts only: a character broken by the end counts as bad. A byte order mark at the start is not text. */
void charset_decode(const struct charset *c, str text, struct buf *out, uint64_t *bad);

#endif
