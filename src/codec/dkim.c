/* dkim: signatures read, judged and told. RFC 6376 6.1 with RFC 8301 (no rsa-sha1, no short keys) and RFC 8463 (ed25519).
 *
 * What one signature costs is bounded: its fields are found by hash, each is hashed once at most, and the body once, and
 * only when a key that may have signed it is given. */
#include "codec/dkim_own.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#define CLOCKS_DIFFER_S 86400 /* a signature from further ahead than that is from the future */

/* ---- reading a signature ---- */

/* At most 76 digits (RFC 6376 3.5 l=); numbers that no message and no clock reaches are the largest. */
static bool number_of(str s, uint64_t *n) {
    *n = 0;
    if (!s.len || s.len > 76)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *n = *n > (UINT64_MAX - 10) / 10 ? UINT64_MAX - 1 : *n * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    return true;
}

static bool optional_number(const struct dkim_tags *t, const char *name, uint64_t *n) {
    const struct dkim_tag *const tag = dkim_tag(t, name);

    *n = UINT64_MAX;
    return !tag || number_of(tag->value, n);
}

/* Labels with points between them; bytes beyond ASCII: RFC 8616. */
static bool is_domain(str s) {
    size_t label = 0;

    if (!s.len || s.len > 255)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];
        bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '_' || (unsigned char)c >= 0x80;

        if (letter)
            label++;
        else if (c == '.' && label)
            label = 0;
        else
            return false;
    }
    return label > 0;
}

/* Is name the domain or below it? */
static bool within(str name, str domain) {
    if (name.len < domain.len || !str_eq_ascii(str_from(name, name.len - domain.len), domain))
        return false;
    return name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.';
}

/* The domain of i=, behind its last @. */
static str identity_domain(str identity) {
    for (size_t i = identity.len; i > 0; i--)
        if (identity.ptr[i - 1] == '@')
            return str_from(identity, i);
    return S("");
}

static const char *algorithm_read(str a, struct dkim_claim *c) {
    if (str_eq_ascii(a, S("rsa-sha1")))
        return "rsa-sha1 proves nothing any more"; /* RFC 8301 3.1 */
    c->ed25519 = str_eq_ascii(a, S("ed25519-sha256"));
    return c->ed25519 || str_eq_ascii(a, S("rsa-sha256")) ? NULL : "unknown algorithm";
}

static bool form_of(str name, bool *relaxed) {
    *relaxed = str_eq_ascii(name, S("relaxed"));
    return *relaxed || str_eq_ascii(name, S("simple"));
}

static const char *forms_read(const struct dkim_tags *t, struct dkim_claim *c) {
    const struct dkim_tag *const tag = dkim_tag(t, "c");
    size_t slash;

    if (!tag)
        return NULL; /* simple/simple */
    slash = str_find_byte(tag->value, '/');
    if (!form_of(str_first(tag->value, slash), &c->header_relaxed) ||
        (slash != SIZE_MAX && !form_of(str_from(tag->value, slash + 1), &c->body_relaxed)))
        return "unknown canonicalization";
    return NULL;
}

/* What is of a header and a body. */
static const char *scope_read(const struct dkim_tags *t, struct dkim_claim *c, enum dkim_sort sort) {
    const struct dkim_tag *const names = dkim_tag(t, "h"), *const body = dkim_tag(t, "bh");
    const struct dkim_tag *const query = dkim_tag(t, "q");
    const char *const reason = forms_read(t, c);
    size_t len;

    if (reason)
        return reason;
    if (!body || !dkim_base64(body->value, c->body, sizeof c->body, &len) || len != sizeof c->body)
        return "bh= cannot be read";
    if (!optional_number(t, "l", &c->limit))
        return "l= is no number";
    if (!names)
        return "h= is missing";
    c->names = names->value;
    if (sort == DKIM_SIGNATURE && !dkim_listed(c->names, S("from")))
        return "From is not signed"; /* 5.4 */
    if (sort == DKIM_ARC_SIGNATURE && dkim_listed(c->names, S("arc-seal")))
        return "h= holds a seal"; /* RFC 8617 4.1.2 */
    if (query && !dkim_listed(query->value, S("dns/txt")))
        return "unknown way to the key";
    return NULL;
}

const char *dkim_claim_read(const struct dkim_field *f, enum dkim_sort sort, const struct dkim_tags *t,
                            struct dkim_claim *c) {
    const struct dkim_tag *const version = dkim_tag(t, "v"), *const domain = dkim_tag(t, "d");
    const struct dkim_tag *const selector = dkim_tag(t, "s"), *const identity = dkim_tag(t, "i");
    const struct dkim_tag *const algorithm = dkim_tag(t, "a"), *const bytes = dkim_tag(t, "b");
    const char *reason;

    memset(c, 0, sizeof *c);
    c->field = f;
    c->limit = c->signed_at = c->expires = UINT64_MAX;
    c->domain = domain ? domain->value : S("");
    c->selector = selector ? selector->value : S("");
    c->identity = identity && sort == DKIM_SIGNATURE ? identity->value : S("");
    c->names = S("");
    c->cut = bytes ? bytes->whole : S("");
    if (sort == DKIM_SIGNATURE && (!version || !str_eq(version->value, S("1"))))
        return "unknown version";
    if (!algorithm)
        return "a= is missing";
    if ((reason = algorithm_read(algorithm->value, c)))
        return reason;
    if (!is_domain(c->domain))
        return "d= is no domain";
    if (!is_domain(c->selector))
        return "s= is no selector";
    if (identity && sort == DKIM_SIGNATURE && !within(identity_domain(c->identity), c->domain))
        return "i= is not within d=";
    if (!bytes || !dkim_base64(bytes->value, c->bytes, sizeof c->bytes, &c->bytes_len) || !c->bytes_len)
        return "b= cannot be read";
    if (!optional_number(t, "t", &c->signed_at))
        return "t= is no number";
    if (sort == DKIM_ARC_SEAL)
        return dkim_tag(t, "h") ? "a seal with h=" : NULL; /* RFC 8617 4.1.3 */
    if (!optional_number(t, "x", &c->expires))
        return "x= is no number";
    if (c->expires != UINT64_MAX && c->signed_at != UINT64_MAX && c->expires <= c->signed_at)
        return "expired before it was signed";
    return scope_read(t, c, sort);
}

/* ---- judging it ---- */

/* NULL: this key may have signed it. */
static const char *misfit(const struct dkim_key *k, const struct dkim_claim *c) {
    if (k->reason)
        return k->reason;
    if (k->ed25519 != c->ed25519)
        return "key of another algorithm";
    if (k->strict && c->identity.len && !str_eq_ascii(identity_domain(c->identity), c->domain))
        return "i= is below d=, and the key forbids it"; /* 3.6.1 t=s */
    return NULL;
}

bool dkim_keys_fit(const struct dkim_keys *k, const struct dkim_claim *c, struct dkim_verdict *v) {
    uint32_t count;
    const struct dkim_key *const keys = dkim_keys_find(k, c->selector, c->domain, &count);
    bool fits = false;

    *v = (struct dkim_verdict){DKIM_NO_KEY, "key not given", false};
    for (uint32_t i = 0; i < count; i++) {
        const char *const reason = misfit(&keys[i], c);

        fits = fits || !reason;
        v->test = v->test || keys[i].test;
        v->result = DKIM_PERMERROR;
        v->reason = reason;
    }
    return fits;
}

static bool out_of_memory(void) {
    bool out = false;

    for (unsigned long code; (code = ERR_get_error());)
        out = out || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return out;
}

/* 1: it fits; 0: it does not; -1: memory. */
static int fits_rsa(EVP_PKEY *key, const struct dkim_claim *c, const uint8_t digest[32]) {
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key, NULL);
    int const ready = ctx && EVP_PKEY_verify_init(ctx) > 0 &&
                      EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
                      EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0;
    int const fits = ready && EVP_PKEY_verify(ctx, c->bytes, c->bytes_len, digest, SHA256_DIGEST_LENGTH) == 1;

    EVP_PKEY_CTX_free(ctx);
    return fits ? 1 : !ready || out_of_memory() ? -1 : 0;
}

/* RFC 8463 3: what is signed is the digest. */
static int ed25519_once(EVP_PKEY *key, const struct dkim_claim *c, const uint8_t digest[32]) {
    EVP_MD_CTX *const ctx = EVP_MD_CTX_new();
    int const ready = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) > 0;
    int const fits = ready && EVP_DigestVerify(ctx, c->bytes, c->bytes_len, digest, SHA256_DIGEST_LENGTH) == 1;

    EVP_MD_CTX_free(ctx);
    return fits ? 1 : !ready || out_of_memory() ? -1 : 0;
}

/* OpenSSL 3.0 says "differs" and leaves no error when it finds no memory for the SHA-512 within. So a signature that differs
 * is believed when such memory is there, and asked once more. */
static int fits_ed25519(EVP_PKEY *key, const struct dkim_claim *c, const uint8_t digest[32]) {
    int const fits = ed25519_once(key, c, digest);
    EVP_MD_CTX *ctx;
    bool there;

    if (fits)
        return fits;
    ctx = EVP_MD_CTX_new();
    there = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) > 0;
    EVP_MD_CTX_free(ctx);
    return there ? ed25519_once(key, c, digest) : -1;
}

bool dkim_digest_verify(const struct dkim_keys *k, const struct dkim_claim *c, const uint8_t digest[32],
                        struct dkim_verdict *v, struct err *e) {
    uint32_t count;
    const struct dkim_key *const keys = dkim_keys_find(k, c->selector, c->domain, &count);

    *v = (struct dkim_verdict){DKIM_FAIL, "signature differs", false};
    for (uint32_t i = 0; i < count; i++) {
        int fits;

        if (misfit(&keys[i], c))
            continue;
        ERR_clear_error();
        fits = c->ed25519 ? fits_ed25519(keys[i].key, c, digest) : fits_rsa(keys[i].key, c, digest);
        ERR_clear_error();
        if (fits < 0)
            return err_set(e, ERR_MEMORY, 0, "signature");
        v->test = keys[i].test;
        if (fits) {
            v->result = DKIM_PASS;
            v->reason = "";
            break;
        }
    }
    return true;
}

bool dkim_claim_verify(struct dkim_message *m, const struct dkim_keys *k, const struct dkim_claim *c,
                       struct dkim_verdict *v, struct err *e) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    bool test;
    uint64_t total;

    if (!dkim_keys_fit(k, c, v))
        return true;
    test = v->test;
    dkim_body_hash(m, c->body_relaxed, c->limit, &total, digest);
    if (c->limit != UINT64_MAX && total < c->limit) {
        *v = (struct dkim_verdict){DKIM_FAIL, "body shorter than l=", test};
        return true;
    }
    if (memcmp(digest, c->body, sizeof digest) != 0) {
        *v = (struct dkim_verdict){DKIM_FAIL, "body hash differs", test};
        return true;
    }
    dkim_header_hash(m, c->field, c->names, c->header_relaxed, c->cut, digest);
    return dkim_digest_verify(k, c, digest, v, e);
}

/* A signature that fits may yet be of no use. */
static const char *untimely(const struct dkim_claim *c, int64_t at) {
    if (at < 0)
        return NULL; /* nobody knows when */
    if (c->expires < (uint64_t)at)
        return "expired";
    if (c->signed_at != UINT64_MAX && c->signed_at > (uint64_t)at + CLOCKS_DIFFER_S)
        return "signed in the future";
    return NULL;
}

static bool signature_verify(struct dkim_message *m, const struct dkim_field *f, const struct dkim_keys *keys,
                             int64_t at, struct dkim_signature *out, struct err *e) {
    struct dkim_verdict v = {DKIM_PERMERROR, NULL, false};
    struct dkim_claim c = {.domain = S(""), .selector = S(""), .identity = S(""), .limit = UINT64_MAX};
    struct dkim_tags tags;

    if (m->cut)
        v.reason = "header too large";
    else if (!dkim_tags_read(f->value, &tags))
        v.reason = "signature cannot be read";
    else if (!(v.reason = dkim_claim_read(f, DKIM_SIGNATURE, &tags, &c)) && !dkim_claim_verify(m, keys, &c, &v, e))
        return false;
    if (v.result == DKIM_PASS && untimely(&c, at)) {
        v.result = DKIM_PERMERROR;
        v.reason = untimely(&c, at);
    }
    *out = (struct dkim_signature){.result = v.result,
                                   .reason = v.reason,
                                   .domain = c.domain,
                                   .selector = c.selector,
                                   .identity = c.identity,
                                   .test = v.test,
                                   .body_length = c.limit};
    return true;
}

str dkim_result_name(enum dkim_result r) {
    static const str names[] = {STR("pass"), STR("fail"), STR("no key"), STR("permerror")};

    return names[r];
}

bool dkim_verify(str message, const struct dkim_keys *keys, int64_t at, struct arena *a,
                 struct dkim_signature out[DKIM_SIGNATURES_MAX], uint32_t *count, struct err *e) {
    struct dkim_message m;
    uint32_t found = 0, of;

    *count = 0;
    if (!dkim_message_read(message, &m, a))
        return err_set(e, ERR_MEMORY, 0, "header of a message");
    of = dkim_group(&m, S("dkim-signature"));
    for (uint32_t i = 0; of != DKIM_NONE && i < m.count && found < DKIM_SIGNATURES_MAX; i++) {
        if (m.fields[i].group != of)
            continue;
        if (!signature_verify(&m, &m.fields[i], keys, at, &out[found], e))
            return false;
        found++;
    }
    *count = found;
    return true;
}
