/* fetch: one file over HTTPS, by libcurl. Nothing else in Longwatch asks a network; and this only because a user named the address, or
 * asked for an update.
 *
 * Certificates are checked against the system's, or against those of the file SSL_CERT_FILE, as curl does it. Redirections are
 * followed to https alone, five at most. No cookies, no credentials, nothing is sent but the question. What comes is bytes:
 * nobody here looks at them. A proxy is asked where https_proxy says so (curl(1)). libcurl is loaded by the first fetch, and is
 * not in the program before. */
#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <signal.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/instant.h"

struct fetch {
    const char *url;
    uint64_t bytes_max;
    bool ask;                          /* what there is, and not it itself (HEAD) */
    const volatile sig_atomic_t *stop; /* becomes not zero: ERR_INTERRUPTED; NULL: never */
    void (*tick)(void *ctx, uint64_t bytes,
                 uint64_t of); /* now and then; of: 0 when nobody says. NULL: not asked for */
    void *ctx;
};
struct fetched {
    uint64_t size;    /* bytes that came; of a question 0 */
    int64_t modified; /* as the server says; INSTANT_NONE */
    char mark[128];   /* its ETag, without quotes; "" */
};

/* Is it an address that would be fetched? Otherwise ERR_USAGE says why: not https, or a password in it, which would be seen by everybody
 * who lists processes. */
MUST_USE bool fetch_url_good(const char *url, struct err *e);
/* The address as it may be shown and written down: without what stands behind a question mark, which may be a key. */
str fetch_url_shown(const char *url);

/* Into the open file `to`, from its beginning; -1 for a question.
 * ERR_USAGE: fetch_url_good. ERR_IO: it could not be had, and why in plain words (there is no libcurl); ERR_LIMIT: it is larger than bytes_max;
 * ERR_INTERRUPTED. Whatever was written before a failure is worth nothing. */
MUST_USE bool fetch(const struct fetch *f, int to, struct fetched *got, struct err *e);

#endif
