/* hash: SHA-256 for identity of evidence, XXH3 (seeded) for tables. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/str.h"

#define SHA256_SIZE 32

struct sha256; /* FIPS 180-4, over a stream */

/* NULL when memory is out. */
struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *h);
void sha256_add(struct sha256 *h, str bytes);
/* Ends the stream. After this the state is only good to be freed: to begin again would need memory. */
void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]);
/* Lower-case hexadecimal, with a NUL. */
void sha256_hex(const uint8_t hash[SHA256_SIZE], char out[2 * SHA256_SIZE + 1]);
/* The other way: of exactly so many small or capital letters and digits; or false. */
bool sha256_of_hex(str text, uint8_t out[SHA256_SIZE]);

/* A table's key. The seed is drawn anew in every process: values come from an attacker, who must not be able to
 * prepare collisions. Never written to disk, never part of an answer. */
uint64_t hash_seed(void);
uint64_t hash_bytes(str bytes, uint64_t seed);
/* The same with 128 bits: where nothing but the hash is kept, and two values must not be taken for one. */
struct hash_wide {
    uint64_t low, high;
};
struct hash_wide hash_bytes_wide(str bytes, uint64_t seed);

/* A checksum of own files against damage (XXH3-64, without seed; the same in every process and version). No help against
 * somebody who wants to deceive. */
uint64_t hash_sum(str bytes);

#endif
