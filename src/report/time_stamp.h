/* time_stamp: that bytes were there at a time, by somebody who says so for a living: RFC 3161, by OpenSSL. Nothing is sent: requests and
 * responses are files, which the user carries. */
#ifndef REPORT_TIME_STAMP_H
#define REPORT_TIME_STAMP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/instant.h"

#define TIME_STAMP_MAX ((size_t)1 << 20) /* of a response, bytes */

/* Appends a request (DER): SHA-256 of the bytes, with the wish for the authority's certificate, without a nonce: the same for the same bytes. */
MUST_USE bool time_stamp_request(str bytes, struct buf *out, struct err *e);

struct time_stamp {
    int64_t when;
    char authority[200]; /* as the certificate that signed names itself, or ""; unchecked where no ca is given */
};
/* Is it a response (DER) that was granted, over these bytes? ca: NULL, or a file of certificates (PEM) that are trusted: then signature and
 * chain are checked as well. ERR_CORRUPT: no, and why; ERR_IO: ca cannot be read. */
MUST_USE bool time_stamp_check(str response, str bytes, const char *ca, struct time_stamp *out, struct err *e);

#endif
