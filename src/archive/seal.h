/* seal: bytes of an archive encrypted piece by piece (XChaCha20-Poly1305, by libsodium), so that any piece is opened alone and none can be
 * changed, moved, or put into another file (docs/formats/archive-keys.md). Who can open the keys of an archive keyring.h knows.
 *
 * Three keys, one below the other. An *archive key* lasts as long as its archive, or its generation. A *writing key* is drawn by each run of a
 * program that writes, and lies in its files wrapped under the archive key: a process that reads hostile evidence and writes what it read is
 * given that one alone, and with it can open nothing that was there before. A *file key* is made of it and of a salt that each file draws. */
#ifndef ARCHIVE_SEAL_H
#define ARCHIVE_SEAL_H

#include "base/err.h"
#include "base/str.h"

#define SEAL_KEY 32u
#define SEAL_NAME 16u /* of an archive key, drawn with it; no secret */
#define SEAL_ID 16u   /* of a file */
#define SEAL_MORE 40u /* bytes that a piece is longer for being sealed: 24 before, 16 behind */
#define SEAL_HEAD 128u

/* ---- keys of archives, open ---- */

/* In memory that is never swapped (as far as the system allows) nor dumped, and wiped at the end. Workers inherit it. */
struct key_set;

MUST_USE bool key_set_new(struct key_set **out, struct err *e);
/* Takes NULL. */
void key_set_free(struct key_set *k);
/* One that is there already is passed over. ERR_MEMORY, ERR_LIMIT. */
MUST_USE bool key_set_add(struct key_set *k, const uint8_t name[SEAL_NAME], const uint8_t key[SEAL_KEY], struct err *e);
/* One that is not open. who: what to say to whoever would need it, a sentence without an end. Of one that is open, or becomes so, nobody is told. */
MUST_USE bool key_set_closed(struct key_set *k, const uint8_t name[SEAL_NAME], str who, struct err *e);
/* All of another. */
MUST_USE bool key_set_join(struct key_set *k, const struct key_set *other, struct err *e);
/* NULL: not open. k may be NULL. */
const uint8_t *key_set_find(const struct key_set *k, const uint8_t name[SEAL_NAME]);
size_t key_set_count(const struct key_set *k); /* those that are open */

/* ---- what is written ---- */

struct writing_key {
    uint8_t archive_key[SEAL_NAME];
    uint8_t wrapped[SEAL_KEY + SEAL_MORE]; /* under that */
    uint8_t key[SEAL_KEY];
};
/* Draws one, under this archive key. */
void writing_key_new(struct writing_key *out, const uint8_t name[SEAL_NAME], const uint8_t archive_key[SEAL_KEY]);
void writing_key_wipe(struct writing_key *w);

/* ---- files ---- */

/* The key of one file; id: what it is called, which is authenticated with each piece. */
struct sealer {
    uint8_t key[SEAL_KEY], id[SEAL_ID];
};
/* For a new file. head: to be kept in it, in the clear. */
void sealer_new(struct sealer *out, const struct writing_key *w, const uint8_t id[SEAL_ID], uint8_t head[SEAL_HEAD]);
/* keys: may be NULL. name: of the file, for errors.
 *
 * ERR_REFUSED  the archive key is not open; the text says who can open it, where that is known
 * ERR_CORRUPT  it is, and the head was changed */
MUST_USE bool sealer_open(struct sealer *out, const struct key_set *keys, const uint8_t id[SEAL_ID],
                          const uint8_t head[SEAL_HEAD], str name, struct err *e);
/* Of a file that was made with this writing key, by whoever has no other. ERR_CORRUPT: it was made with another. */
MUST_USE bool sealer_own(struct sealer *out, const struct writing_key *w, const uint8_t id[SEAL_ID],
                         const uint8_t head[SEAL_HEAD], str name, struct err *e);
void sealer_wipe(struct sealer *s);
/* A piece, sealed with a nonce that is drawn: the same bytes are never the same twice. number: its place; each once in a file. out: bytes.len +
 * SEAL_MORE; not where the bytes are. */
void seal_piece(const struct sealer *s, uint64_t number, str bytes, char *out);
/* out: sealed.len - SEAL_MORE. False: it was changed, or is another piece. */
MUST_USE bool unseal_piece(const struct sealer *s, uint64_t number, str sealed, char *out);

/* ---- small things ---- */

/* Seals a few bytes under an archive key. what: says what they are, and is authenticated: nothing sealed as one thing is opened as another. */
void seal_small(const uint8_t key[SEAL_KEY], str what, str bytes, char *out);
MUST_USE bool unseal_small(const uint8_t key[SEAL_KEY], str what, str sealed, char *out);

#endif
