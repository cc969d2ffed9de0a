/* hash: OpenSSL's SHA-256 (uses the processor's own instructions) and xxHash. */
#include "base/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct sha256 {
    EVP_MD_CTX *ctx;
};

struct sha256 *sha256_new(void) {
    struct sha256 *const h = malloc(sizeof *h);

    if (!h)
        return NULL;
    h->ctx = EVP_MD_CTX_new();
    if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
        sha256_free(h);
        return NULL;
    }
    return h;
}

void sha256_free(struct sha256 *h) {
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void sha256_add(struct sha256 *h, str bytes) {
    int const ok = EVP_DigestUpdate(h->ctx, bytes.ptr, bytes.len);

    assert(ok == 1);
    (void)ok;
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]) {
    unsigned size = 0;
    int ok = EVP_DigestFinal_ex(h->ctx, out, &size);

    assert(ok == 1 && size == SHA256_SIZE);
    ok = EVP_DigestInit_ex(h->ctx, NULL, NULL);
    assert(ok == 1);
    (void)ok;
}

void sha256_hex(const uint8_t hash[SHA256_SIZE], char out[2 * SHA256_SIZE + 1]) {
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = digit[hash[i] >> 4];
        out[2 * i + 1] = digit[hash[i] & 15];
    }
    out[2 * SHA256_SIZE] = '\0';
}

uint64_t hash_seed(void) {
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)&now;
    }
    return seed;
}

uint64_t hash_bytes(str bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.ptr, bytes.len, seed);
}

uint64_t hash_sum(str bytes) {
    return XXH3_64bits(bytes.ptr, bytes.len);
}
