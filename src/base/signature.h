/* signature: who vouches for a file: Ed25519 over its BLAKE2b-512, in the files of minisign (docs/formats/manifest.md), by libsodium. */
#ifndef BASE_SIGNATURE_H
#define BASE_SIGNATURE_H

#include "base/buf.h"
#include "base/err.h"

#define SIGNATURE_PUBLIC 32
#define SIGNATURE_KEY_ID 8
#define SIGNATURE_FILE_MAX ((size_t)1 << 16) /* of keys and signatures */

/* ---- keys ---- */

struct signature_key; /* a secret one; wiped when it is freed */

/* A new pair. ERR_MEMORY. */
MUST_USE bool signature_key_new(struct signature_key **out, struct err *e);
/* The file of a secret key. password: of one that is encrypted, else "". ERR_CORRUPT: it is no such file, or damaged; ERR_USAGE: it is
 * encrypted and there is no password, or it is not that one; ERR_LIMIT: it asks for more memory than SIGNATURE_MEMORY_MAX. */
#define SIGNATURE_MEMORY_MAX ((size_t)2 << 30)
MUST_USE bool signature_key_read(struct signature_key **out, str file, str password, struct err *e);
void signature_key_free(struct signature_key *k); /* takes NULL */
/* Appends the file of the secret key: encrypted with the password, or as it is where that is "". ERR_MEMORY. */
MUST_USE bool signature_key_write(const struct signature_key *k, str password, struct buf *out, struct err *e);
/* Appends the file of the public key. */
void signature_public_write(const struct signature_key *k, struct buf *out);

struct signature_public {
    uint8_t id[SIGNATURE_KEY_ID], key[SIGNATURE_PUBLIC];
};
/* The file of a public key, or the one line of it that is no comment. ERR_CORRUPT. */
MUST_USE bool signature_public_read(struct signature_public *out, str file, struct err *e);
/* As minisign writes it: 16 digits. */
void signature_id_text(const uint8_t id[SIGNATURE_KEY_ID], char out[2 * SIGNATURE_KEY_ID + 1]);

/* ---- signatures ---- */

/* Appends the file of a signature over the bytes. comment: trusted, because it is signed as well; one line. */
MUST_USE bool signature_make(const struct signature_key *k, str bytes, str comment, struct buf *out, struct err *e);

struct signature_said {
    uint8_t id[SIGNATURE_KEY_ID]; /* of the key */
    str comment;                  /* a view of the file */
};
/* What a file of a signature says, unchecked. ERR_CORRUPT. */
MUST_USE bool signature_read(str file, struct signature_said *out, struct err *e);
/* Is it this key's signature over the bytes, and its comment what was signed? ERR_CORRUPT: no, and why. */
MUST_USE bool signature_check(const struct signature_public *p, str file, str bytes, struct err *e);

#endif
