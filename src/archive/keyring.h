/* keyring: who can open an archive. Its keys, each sealed for every custodian (crypto_box_seal of libsodium: X25519), and the key files of custodians
 * themselves. Any one of them opens all; to add another, one who can open it is needed; the public keys of the others are there already.
 *
 * An archive has *generations* of keys: what is written is sealed with the newest. Whoever could open a key may have kept it, and removing him
 * takes nothing back of what was written; it keeps him out of what is written with a newer one. The file: docs/formats/archive-keys.md. */
#ifndef ARCHIVE_KEYRING_H
#define ARCHIVE_KEYRING_H

#include "archive/seal.h"
#include "base/buf.h"

#define CUSTODIAN_PUBLIC 32u
#define CUSTODIAN_NAME_MAX 80u
#define CUSTODIAN_ID_TEXT 17u
#define CUSTODIANS_MAX 256u
#define KEY_FILE_MAX ((size_t)1 << 16) /* of a custodian */
#define KEYRING_MAX ((size_t)1 << 24)  /* bytes of the file */
#define KEYRING_GENERATIONS_MAX 1024u

/* ---- a custodian ---- */

struct custodian {
    uint8_t public[CUSTODIAN_PUBLIC];
    char name[CUSTODIAN_NAME_MAX + 1]; /* for people: UTF-8 in one line, without control characters */
};
/* What a custodian is called where a name may be anybody's: the first 16 digits of the hash of the public key. */
void custodian_id(const uint8_t public[CUSTODIAN_PUBLIC], char out[CUSTODIAN_ID_TEXT]);

struct custodian_key; /* the private one, in memory as key_set' */

/* name: as struct custodian's. ERR_USAGE: it is none. */
MUST_USE bool custodian_key_new(struct custodian_key **out, str name, struct err *e);
void custodian_key_free(struct custodian_key *k); /* takes NULL */
/* The file of one; passphrase: of one that is protected, else "". ERR_CORRUPT: no such file, or damaged; ERR_USAGE: it is protected and there is no
 * passphrase, or it is not this one; ERR_LIMIT: it asks for more memory than a key should. */
MUST_USE bool custodian_key_read(struct custodian_key **out, str file, str passphrase, struct err *e);
/* Does it need a passphrase? */
bool custodian_key_protected(str file);
/* Appends the file: protected by the passphrase (Argon2id, 256 MiB), or as it is where that is "". */
MUST_USE bool custodian_key_write(const struct custodian_key *k, str passphrase, struct buf *out, struct err *e);
const struct custodian *custodian_of(const struct custodian_key *k);
/* Appends the file of a public key; and reads one. ERR_CORRUPT. */
void custodian_write(const struct custodian *c, struct buf *out);
MUST_USE bool custodian_read(struct custodian *out, str file, struct err *e);

/* ---- keys of an archive ---- */

struct keyring;

/* With a first key. archive: the archive's id. */
#define KEYRING_ARCHIVE 16u
MUST_USE bool keyring_new(struct keyring **out, const uint8_t archive[KEYRING_ARCHIVE],
                          const struct custodian *custodians, size_t count, struct err *e);
/* The same keys and custodians, of one that is open, for another archive, to which files of the first are copied. */
MUST_USE bool keyring_copy(struct keyring **out, const struct keyring *from, const uint8_t archive[KEYRING_ARCHIVE],
                           struct err *e);
void keyring_free(struct keyring *k); /* takes NULL */
/* ERR_CORRUPT: damaged, or another archive's; ERR_UNSUPPORTED: a later version. No key is open then. */
MUST_USE bool keyring_read(struct keyring **out, str file, const uint8_t archive[KEYRING_ARCHIVE], struct err *e);
/* Appends the file. All keys that are not forgotten must be open: otherwise ERR_REFUSED. */
MUST_USE bool keyring_write(const struct keyring *k, struct buf *out, struct err *e);

/* Opens whatever this custodian can, and checks the file by it. ERR_REFUSED: not a custodian; the text says who is. ERR_CORRUPT: somebody who could
 * not open it has changed it; that all keys that would say so are called forgotten, or are left out, vault_unlock finds out. */
MUST_USE bool keyring_unlock(struct keyring *k, const struct custodian_key *key, struct err *e);
/* The same with keys that are open already: ERR_REFUSED: the newest is not among them. */
MUST_USE bool keyring_unlock_by(struct keyring *k, const struct key_set *open, struct err *e);
/* No key is at hand: ERR_REFUSED, always, with who is needed. */
MUST_USE bool keyring_unlock_none(const struct keyring *k, struct err *e);
/* Of a keyring that is open: the name of the newest key; a key (NULL: not open); and all of them, with what to say of those that are not open. */
const uint8_t *keyring_newest(const struct keyring *k);
const uint8_t *keyring_key(const struct keyring *k, const uint8_t name[SEAL_NAME]);
const struct key_set *keyring_keys(const struct keyring *k);

const struct custodian *keyring_custodians(const struct keyring *k, size_t *count);
struct key_generation {
    uint32_t number; /* 1, 2, ... */
    uint8_t name[SEAL_NAME];
    bool forgotten; /* nobody can open it any more */
    bool open;
};
size_t keyring_generations(const struct keyring *k);
struct key_generation keyring_generation(const struct keyring *k, size_t i);

/* These ask for all keys that are not forgotten to be open (ERR_REFUSED), and change nothing but k. */
/* ERR_USAGE: is one already. */
MUST_USE bool keyring_add(struct keyring *k, const struct custodian *c, struct err *e);
/* who: the id, or the name where only one has it. And makes a new key, which only the others can open. ERR_USAGE: no such, or it is the last one. */
MUST_USE bool keyring_remove(struct keyring *k, str who, struct err *e);
/* Another generation. */
MUST_USE bool keyring_renew(struct keyring *k, struct err *e);
/* Forgets a key for ever: what is sealed with it nobody can read any more, if no copy of the file is left anywhere. ERR_USAGE: the newest, or none. */
MUST_USE bool keyring_forget(struct keyring *k, uint32_t number, struct err *e);

#endif
