/* hash: OpenSSL's SHA-256 (uses the processor's own instructions) and xxHash. */
/* EVP asks for memory at every new stream, where nobody could be told that there is none. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/sha.h>
#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct sha256 {
    SHA256_CTX ctx;
};

/* OpenSSL's interface of old: EVP asks for memory whenever a stream begins, and who ends one could not say that there is
 * none. The code behind the two is the same. */
struct sha256 *sha256_new(void) {
    struct sha256 *const h = malloc(sizeof *h);

    if (h)
        SHA256_Init(&h->ctx);
    return h;
}

void sha256_free(struct sha256 *h) {
    free(h);
}

void sha256_add(struct sha256 *h, str bytes) {
    SHA256_Update(&h->ctx, bytes.ptr, bytes.len);
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]) {
    SHA256_Final(out, &h->ctx);
    SHA256_Init(&h->ctx);
}

bool sha256_of_hex(str text, uint8_t out[SHA256_SIZE]) {
    if (text.len != (size_t)2 * SHA256_SIZE)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];
        unsigned const digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                               : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                               : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                      : 16;

        if (digit == 16)
            return false;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return true;
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

struct hash_wide hash_bytes_wide(str bytes, uint64_t seed) {
    XXH128_hash_t const h = XXH3_128bits_withSeed(bytes.ptr, bytes.len, seed);

    return (struct hash_wide){h.low64, h.high64};
}

uint64_t hash_sum(str bytes) {
    return XXH3_64bits(bytes.ptr, bytes.len);
}
