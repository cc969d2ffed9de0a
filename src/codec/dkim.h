/* dkim: does the signature fit the message? DKIM (RFC 6376, 8301, 8463) and ARC (RFC 8617), with keys that are given: nothing is
 * asked of any network. */
#ifndef CODEC_DKIM_H
#define CODEC_DKIM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Key records as DNS would give them, by name. Read once, never changed. */
struct dkim_keys;
/* Text: lines `selector._domainkey.example.org v=DKIM1; k=rsa; p=...`, also as zone files write TXT records (quotes, IN TXT, pieces), and `#` comments.
 * ERR_USAGE: "path:line: what". */
MUST_USE bool dkim_keys_read(struct dkim_keys **out, str path, str text, struct err *e);
void dkim_keys_free(struct dkim_keys *k); /* takes NULL */

enum dkim_result {
    DKIM_PASS,
    DKIM_FAIL,      /* the body or the headers are not what was signed */
    DKIM_NO_KEY,    /* the key is not among those given: nobody knows */
    DKIM_PERMERROR, /* the signature or the key cannot be used: reason says why */
};
str dkim_result_name(enum dkim_result r);

struct dkim_signature {
    enum dkim_result result;
    const char
        *reason; /* "" , "body hash differs", "signature differs", "key revoked", "key too short", "expired", ... */
    str domain, selector, identity; /* d=, s=, i= */
    bool test;                      /* the key says t=y */
    uint64_t body_length;           /* l=, or UINT64_MAX */
};
#define DKIM_SIGNATURES_MAX 16u

/* Both of a whole message as it was sent; lone LFs are read as CRLF. at: Unix seconds, what expiry is compared with. Views are of
 * memory in a. *count: signatures looked at. False: ERR_MEMORY. */
MUST_USE bool dkim_verify(str message, const struct dkim_keys *keys, int64_t at, struct arena *a,
                          struct dkim_signature out[DKIM_SIGNATURES_MAX], uint32_t *count, struct err *e);

struct arc_chain {
    enum { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_NO_KEY } result;
    const char *reason;
    uint32_t instances, oldest_pass; /* RFC 8617 5.2 */
    str sealers[50];                 /* d= of the seals, from i=1 */
};
MUST_USE bool arc_verify(str message, const struct dkim_keys *keys, struct arena *a, struct arc_chain *out,
                         struct err *e);

#endif
