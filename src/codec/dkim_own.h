/* dkim_own: what the files of dkim and arc share: fields, tag lists, canonical forms, keys. */
#ifndef CODEC_DKIM_OWN_H
#define CODEC_DKIM_OWN_H

#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_CTX: can be copied, and asks for no memory; see base/hash.c */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "codec/dkim.h"

/* ---- tag lists: RFC 6376 3.2 ---- */

#define DKIM_TAGS_MAX 64u
struct dkim_tag {
    str name, value; /* without blanks at both ends; within they may be folded */
    str whole;       /* all between `=` and `;` */
};
struct dkim_tags {
    uint32_t count;
    struct dkim_tag of[DKIM_TAGS_MAX];
};
/* False: the list is none: a tag twice, a name or byte that cannot be, more than DKIM_TAGS_MAX. */
bool dkim_tags_read(str list, struct dkim_tags *t);
/* NULL: there is none. */
const struct dkim_tag *dkim_tag(const struct dkim_tags *t, const char *name);
/* The next element of a list with colons, without blanks; false: there is no further one. *rest begins as the whole. */
bool dkim_element(str *rest, str *element);
/* Is it one of the elements? The case of A-Z does not matter. */
bool dkim_listed(str list, str element);
/* RFC 6376 2.10: line ends and blanks anywhere do no harm. False: it is none, or is of more than max bytes. */
bool dkim_base64(str text, uint8_t *out, size_t max, size_t *len);
/* Letters A-Z small, in place. */
void dkim_small(char *text, size_t len);

/* ---- the message, and its canonical forms: RFC 6376 3.4 ---- */

#define DKIM_HEADERS_MAX 4096u
#define DKIM_HEADER_BYTES_MAX (1u << 20) /* of all fields */
#define DKIM_NONE UINT32_MAX

struct dkim_field {
    str whole; /* name, colon, value: without the last line end */
    str name;  /* without blanks before the colon */
    str value;
    uint32_t group; /* fields of one name */
    uint32_t above; /* the next of that name towards the top, or DKIM_NONE */
};
struct dkim_message {
    struct dkim_field *fields;
    uint32_t count, groups;
    bool cut;               /* the header is beyond the bounds above, so nothing can be said of signatures */
    uint32_t *lowest;       /* by group: the field farthest down */
    uint32_t *next;         /* by group: what one signature takes next; dkim_header_hash's own */
    uint32_t *table, slots; /* by hash of the name: group + 1 */
    uint64_t seed;
    str body;
    /* Hashes of the body that were asked for already: hostile chains ask fifty times. */
    struct {
        bool relaxed, held;
        uint64_t limit, total;
        uint8_t digest[SHA256_DIGEST_LENGTH];
    } memo[4];
    uint32_t memo_next;
};
/* Views of message. False: a is full. */
bool dkim_message_read(str message, struct dkim_message *m, struct arena *a);
/* The group of a name, or DKIM_NONE. */
uint32_t dkim_group(const struct dkim_message *m, str name);
/* The first `limit` bytes of the canonical body. *total: how many there are, counted as far as limit. */
void dkim_body_hash(struct dkim_message *m, bool relaxed, uint64_t limit, uint64_t *total, uint8_t digest[32]);
/* A field's canonical form without the line end. cut: a view of its value that is left out (b=), or the empty one. */
void dkim_field_hash(SHA256_CTX *to, const struct dkim_field *f, bool relaxed, str cut);
/* What h= names, from the bottom up, and behind it the signature's own field without its b=. */
void dkim_header_hash(struct dkim_message *m, const struct dkim_field *own, str names, bool relaxed, str cut,
                      uint8_t digest[32]);

/* ---- keys ---- */

#define DKIM_RSA_BITS_LEAST 1024 /* RFC 8301 3.2 */
#define DKIM_RSA_BITS_MAX 8192
#define DKIM_SIGNATURE_BYTES_MAX (DKIM_RSA_BITS_MAX / 8)

struct dkim_key {
    str name;           /* selector._domainkey.domain, letters small, without a last point */
    str text;           /* the record */
    const char *reason; /* why it cannot be used, or NULL */
    bool ed25519, test, strict;
    EVP_PKEY *key;
};
/* The key records of a name: *count of them, and the first, or NULL. */
const struct dkim_key *dkim_keys_find(const struct dkim_keys *k, str selector, str domain, uint32_t *count);

/* ---- signatures: what DKIM-Signature, ARC-Message-Signature and ARC-Seal have in common ---- */

enum dkim_sort { DKIM_SIGNATURE, DKIM_ARC_SIGNATURE, DKIM_ARC_SEAL };
struct dkim_claim {
    const struct dkim_field *field;
    bool ed25519, header_relaxed, body_relaxed;
    str domain, selector, identity, names; /* identity: "" where none is written */
    str cut;                               /* of the field: the value of b= */
    uint64_t limit, signed_at, expires;    /* l=, t=, x=; UINT64_MAX where not written */
    size_t bytes_len;
    uint8_t bytes[DKIM_SIGNATURE_BYTES_MAX], body[SHA256_DIGEST_LENGTH];
};
/* NULL, or why it cannot be used. What could be read until then is there; the rest is empty. */
const char *dkim_claim_read(const struct dkim_field *f, enum dkim_sort sort, const struct dkim_tags *t,
                            struct dkim_claim *out);
struct dkim_verdict {
    enum dkim_result result;
    const char *reason;
    bool test;
};
/* Are there keys that may have signed this? False: there are none, and *v is the answer. */
bool dkim_keys_fit(const struct dkim_keys *k, const struct dkim_claim *c, struct dkim_verdict *v);
/* Does the signature fit the digest, by one of them? False: ERR_MEMORY. */
bool dkim_digest_verify(const struct dkim_keys *k, const struct dkim_claim *c, const uint8_t digest[32],
                        struct dkim_verdict *v, struct err *e);
/* All of a signature over header and body. */
bool dkim_claim_verify(struct dkim_message *m, const struct dkim_keys *k, const struct dkim_claim *c,
                       struct dkim_verdict *v, struct err *e);

#endif
