/* dkim: does the signature fit the message? DKIM (RFC 6376, 8301, 8463) and ARC (RFC 8617), with keys that are given: nothing is
 * asked of any network. */
#ifndef CODEC_DKIM_H
#define CODEC_DKIM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Key records as DNS would give them, by name. Read once, never changed; readable by many processes. OpenSSL sets itself up while
 * they are read: read them before a process confines itself. */
struct dkim_keys;
/* Text: lines `selector._domainkey.example.org v=DKIM1; k=rsa; p=...`, also as zone files and dig write TXT records (TTL, IN, TXT, quotes,
 * pieces, brackets over lines; names whole, no $ORIGIN), and `#` or `;` comments. A record that cannot be used is no error here: it
 * is what signatures are told. Several records of one name (a key that was changed) are all tried.
 * ERR_USAGE: "path:line: what"; ERR_MEMORY. */
MUST_USE bool dkim_keys_read(struct dkim_keys **out, str path, str text, struct err *e);
void dkim_keys_free(struct dkim_keys *k); /* takes NULL */

enum dkim_result {
    DKIM_PASS,
    DKIM_FAIL,      /* the body or the headers are not what was signed */
    DKIM_NO_KEY,    /* the key is not among those given: nobody knows */
    DKIM_PERMERROR, /* the signature or the key cannot be used: reason says why */
};
/* "pass", "fail", "no key", "permerror". */
str dkim_result_name(enum dkim_result r);

struct dkim_signature {
    enum dkim_result result;
    /* "" of a pass; "body hash differs", "body shorter than l=", "signature differs"; "key not given"; "key revoked", "key too short"
     * (RSA below 1024 bits), "rsa-sha1 proves nothing any more", "expired", "header too large", ...: words, not an interface */
    const char *reason;
    str domain, selector, identity; /* d=, s=, i= as written; "" where there is none or it was not reached */
    bool test;                      /* the key says t=y */
    uint64_t body_length;           /* l=, or UINT64_MAX */
};
#define DKIM_SIGNATURES_MAX 16u

/* All of a whole message as it was sent: signatures from the top, further ones than DKIM_SIGNATURES_MAX are not looked at. Lone LFs
 * are read as CRLF; a `From ` line of a mailbox in front is passed over. at: Unix seconds, what expiry (x=) is compared with, and
 * what may not lie more than a day behind t=; negative: not compared. A signature is "expired" only when it fits otherwise.
 * Views are of message. a: at most 1 MiB is taken of it. *count: signatures looked at, 0 on failure.
 *
 * A header of more than 4096 fields or 1 MiB is not judged (permerror). Time is linear in the message for each signature whose
 * key is given; without a key the body is not looked at. False: ERR_MEMORY. */
MUST_USE bool dkim_verify(str message, const struct dkim_keys *keys, int64_t at, struct arena *a,
                          struct dkim_signature out[DKIM_SIGNATURES_MAX], uint32_t *count, struct err *e);

struct arc_chain {
    enum { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_NO_KEY } result; /* NO_KEY: nothing fails, and a key is not given */
    const char *reason; /* as above; of the structure: "two fields of one number", "a set is not whole", ...; "" */
    uint32_t instances; /* sets; 0 where they are no chain */
    uint32_t at;        /* the instance that reason speaks of; 0: none, or all */
    uint32_t
        oldest_pass; /* of a chain that passes, RFC 8617 5.2: 0, all message signatures hold; else the oldest from which
                           * on they do. One whose key is not given does not */
    str sealers[50]; /* d= of the seals, from i=1; "" behind instances */
};
/* As dkim_verify. Expiry of message signatures is not looked at: seals have none. False: ERR_MEMORY. */
MUST_USE bool arc_verify(str message, const struct dkim_keys *keys, struct arena *a, struct arc_chain *out,
                         struct err *e);

#endif
