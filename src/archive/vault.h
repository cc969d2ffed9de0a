/* vault: the folder of an archive: what lies in it under which name, how it is changed so that no power cut shows, and how it is found
 * again (docs/formats/archive.md, "The folder", "How it is written").
 *
 * A writer is alone (flock); readers are as many as there are, wait for nobody, write nothing, and see the snapshot of the moment when
 * they opened. What was staged is acknowledged when vault_commit returns true, and then survives a power cut. Where it returns false it
 * may or may not have happened: the vault is to be closed and opened anew, and the manifest says which. A failed fsync is never tried
 * again on the same bytes.
 *
 * Every error says which file; ERR_CORRUPT also where in it. */
#ifndef ARCHIVE_VAULT_H
#define ARCHIVE_VAULT_H

#include "archive/keyring.h"
#include "archive/manifest.h"
#include "base/signature.h"

#define VAULT_MARK "FORMAT" /* a file of this name lies in every archive */
#define VAULT_SECRET 32
#define VAULT_NAME_MAX 96 /* bytes of a name below the folder, with the NUL */
#define VAULT_MANIFEST_MAX ((size_t)4 << 30)

struct vault;

/* What opening came upon, and what was done about it. name: below the folder. */
enum vault_found {
    FOUND_TORN,      /* a record that a crash cut off, never acknowledged. A writer cuts it: number bytes */
    FOUND_TEMPORARY, /* an unfinished file. Removed by a writer */
    FOUND_ORPHAN, /* a file of a segment or run that no record names, never acknowledged. Moved to quarantine/ by a writer */
    FOUND_GENERATION, /* a manifest that was written anew and never came into force. Moved to quarantine/ by a writer */
    FOUND_STRANGE,    /* nothing of ours. Left alone */
    FOUND_MISSING,    /* the file of live segment `number` is not there: evidence is lost */
    FOUND_LENGTH,     /* the file of live segment `number` is not as long as it was: it is damaged */
    FOUND_RUN,        /* the file of live index run `number` is not there or not as long: it can be made anew */
    FOUND_HEAD, /* HEAD is damaged or gone: it cannot be shown that nothing is lost behind the last record. Made anew by a writer */
    FOUND_STATE, /* the restated state is damaged, and was worked out of the generations before: write a new one (vault_roll) */
};
typedef void vault_tell(void *ctx, enum vault_found what, str name, uint64_t number);

/* Is one there, made to its end? False: vault_create makes it, or says why not. What cannot be looked at is taken for made: opening it says why. */
bool vault_made(const char *path);
/* Makes the folder (its parent is there; it is not, is empty, or holds what an unfinished making left), and the first record in it. who,
 * note: for people, may be "".
 *
 * ERR_USAGE    something lies there
 * ERR_CORRUPT  an archive lies there that was used, and has lost its CURRENT
 * ERR_REFUSED  another process makes it */
MUST_USE bool vault_create(const char *path, str who, str note, int64_t at, struct err *e);

/* The same of an archive that is encrypted from its first segment on, for one custodian or more (keyring.h). *keys: the archive's key, open, for whoever
 * adds to it at once; the caller's. Of none it is not encrypted, and *keys is NULL. */
MUST_USE bool vault_create_for(const char *path, str who, str note, int64_t at, const struct custodian *custodians,
                               size_t count, struct key_set **keys, struct err *e);

/* And one that is encrypted as another is, for its custodians and under its keys, so that its files can be copied. like: unlocked, or not encrypted: then
 * as vault_create. */
MUST_USE bool vault_create_like(const char *path, str who, str note, int64_t at, const struct vault *like,
                                struct err *e);

/* For reading. as_of: 0 (the last whole record), or a snapshot: then nothing behind it needs to be readable, but is looked through for
 * files that are gone since. tell: NULL, or is told.
 *
 * ERR_USAGE        it is no archive, or has no such snapshot
 * ERR_CORRUPT      a record is damaged and others follow, the chain is broken, or what was acknowledged is not there any more; the text
 *                  says which snapshot is the last that can still be read
 * ERR_UNSUPPORTED  of a newer version */
MUST_USE bool vault_open(struct vault **out, const char *path, uint64_t as_of, vault_tell *tell, void *ctx,
                         struct err *e);
/* For writing as well. Clears away what a crash has left, looks at the length of every file, and makes sure that the last record lies on
 * the disk. key: NULL, or signs every record from now on; the caller keeps it, and keeps it alive. at: now.
 *
 * ERR_REFUSED      another process writes; the text says who. The lock goes with the process that holds it: there is no stale one.
 *                  Children inherit it: those who outlive their parent hold it still. */
MUST_USE bool vault_open_writer(struct vault **out, const char *path, const struct signature_key *key, int64_t at,
                                vault_tell *tell, void *ctx, struct err *e);
/* What was staged and not committed is gone. Takes NULL. */
void vault_close(struct vault *v);

/* The state, with what is staged applied to it. Good until the vault is closed. */
const struct manifest *vault_manifest(const struct vault *v);
/* The hash of the last record: with the sequence it names a snapshot so that nobody can mean another. */
void vault_head(const struct vault *v, uint8_t hash[SHA256_SIZE]);
/* The key of the hashes in the index. Of an archive that is encrypted it must be unlocked: otherwise ERR_REFUSED. ERR_CORRUPT: it is damaged or gone; then index runs are worthless and are to be made anew. */
MUST_USE bool vault_secret(const struct vault *v, uint8_t out[VAULT_SECRET], struct err *e);
uint64_t vault_generation(const struct vault *v);

/* ---- encryption ---- */

/* What opens an archive: private keys of custodians, of which one is enough; or keys of archives that are open already (may be NULL). */
struct vault_unlock {
    const struct custodian_key *const *keys;
    size_t count;
    const struct key_set *open;
};
bool vault_encrypted(const struct vault *v);
/* Of an archive that is not encrypted nothing happens. Manifest, lengths and hashes need no key; segments, ledgers, the index and its secret do. The head of
 * every live segment is looked at (not in a snapshot of the past): the key that it names must be among those that are open, and so vouch for the file of keys.
 *
 * ERR_REFUSED  none of them opens it; the text says who can
 * ERR_CORRUPT  the file of keys is damaged, was changed by somebody who cannot open it, or is another one than segments were written under */
MUST_USE bool vault_unlock(struct vault *v, const struct vault_unlock *with, struct err *e);
/* The name of the key that the file of a segment says it lies under; nobody has vouched for that. ERR_CORRUPT: it is not there, its head is damaged, or it is not
 * encrypted. */
MUST_USE bool vault_segment_key(const struct vault *v, const struct manifest_segment *s, uint8_t name[SEAL_NAME],
                                struct err *e);
/* What opens its files (segment_open_with, index_run_open_file, sealed_open); the vault's. NULL: it is not encrypted, or not unlocked. */
const struct key_set *vault_keys(const struct vault *v);
/* What new files of this archive are sealed with: drawn anew each time. False: it is not encrypted, and they are not either. */
MUST_USE bool vault_writing_key(const struct vault *v, struct writing_key *out);
/* Who can open it, unlocked or not, read anew; the caller's. ERR_USAGE: not encrypted. */
MUST_USE bool vault_keyring_read(const struct vault *v, struct keyring **out, struct err *e);
/* A writer's: to be changed, and then written. NULL: not encrypted. One change at a time: what is forgotten is forgotten in the next one. */
struct keyring *vault_keyring(struct vault *v);
MUST_USE bool vault_keyring_write(struct vault *v, struct err *e);
/* The same, and commits what is staged, which says why: both are there afterwards, or neither, wherever it is stopped. */
MUST_USE bool vault_keyring_commit(struct vault *v, int64_t at, struct err *e);

/* Asks for every file of the folder by name and length, and tells of what is not as it should be. A writer, who clears away as well, has
 * done it when it opened; a reader that asks while somebody writes is told of what is just being written. O(files); reads none of them. */
MUST_USE bool vault_survey(struct vault *v, struct err *e);

/* The name below the folder. */
void vault_segment_name(const struct manifest_segment *s, char out[VAULT_NAME_MAX]);
void vault_run_name(const struct manifest_run *r, char out[VAULT_NAME_MAX]);
/* Opens the file of a segment or run for reading. ERR_CORRUPT: it is not there, or of another length; ERR_USAGE: it is gone, and since
 * when that is right. */
MUST_USE bool vault_segment_open(const struct vault *v, const struct manifest_segment *s, int *fd, struct err *e);
/* Is its file there, whatever is in it? */
bool vault_segment_there(const struct vault *v, const struct manifest_segment *s);
MUST_USE bool vault_run_open(const struct vault *v, const struct manifest_run *r, int *fd, struct err *e);
/* Reads all of it. *same: it is what was added. ERR_IO, ERR_MEMORY. */
MUST_USE bool vault_segment_check(const struct vault *v, const struct manifest_segment *s, bool *same, struct err *e);
/* Every generation from the first: heads, chain, restated states against the history they stand for. ERR_CORRUPT. */
MUST_USE bool vault_history_check(const struct vault *v, struct err *e);

/* A record, decoded. public: as given to vault_history. */
struct vault_record {
    uint64_t sequence;
    int64_t at;
    uint8_t hash[SHA256_SIZE];
    str signature; /* the file of minisign over `statement`; "": unsigned */
    str statement;
    uint32_t count;
    str operations; /* manifest_decode, one after the other */
};
/* Every record from the first to the snapshot that was opened, in order; false from each stops. Views live until each returns. */
MUST_USE bool vault_history(const struct vault *v, bool (*each)(void *ctx, const struct vault_record *r, struct err *e),
                            void *ctx, struct err *e);

/* ---- writing ---- */

/* A file that is being written, in tmp/. fd: for whoever writes it, a confined worker too; the vault closes it. */
struct vault_part;
MUST_USE bool vault_part_new(struct vault *v, struct vault_part **out, int *fd, struct err *e);
/* Removes it. Takes NULL. */
void vault_part_drop(struct vault *v, struct vault_part *p);

/* Stages a segment: what it holds is hashed and brought to the disk. about: length (0: as it is), rows, first, last, month count. Takes p,
 * whatever becomes of it. *number: the segment's, or of the live one that holds the same bytes, and then *known.
 *
 * ERR_IO     the disk refused: this file is dead and gone, and others may still be staged and committed
 * ERR_REFUSED  the archive is encrypted, and this is not; or the other way round
 * ERR_USAGE  about contradicts itself or the file */
MUST_USE bool vault_add(struct vault *v, struct vault_part *p, const struct manifest_segment *about, str family,
                        uint64_t *number, bool *known, struct err *e);
/* The same of an index run. about: tier, months, about, ranges count. */
MUST_USE bool vault_run_add(struct vault *v, struct vault_part *p, const struct manifest_run *about, uint64_t *number,
                            struct err *e);
/* Stages any other operation: END, HOLD, LIFT, POLICY, POLICY_END, ERASURE, RUN_END, LABEL, LABEL_END, NOTE. Errors as manifest_apply. */
MUST_USE bool vault_do(struct vault *v, const struct manifest_operation *o, struct err *e);
/* A reader's: the state is as if that had been done, as the next record; nothing is written. Errors as manifest_apply. */
MUST_USE bool vault_suppose(struct vault *v, const struct manifest_operation *o, int64_t at, struct err *e);
/* All that is staged becomes one record. Nothing staged: true, and no record. */
MUST_USE bool vault_commit(struct vault *v, int64_t at, struct err *e);
/* Removes files of ended segments and runs, and commits that. Whether they may go is for archive/retention.h to say; holds and kept
 * snapshots are asked here again. Nothing may be staged. */
MUST_USE bool vault_remove(struct vault *v, struct manifest_numbers segments, struct manifest_numbers runs, int64_t at,
                           struct err *e);
/* Writes the manifest anew: what still matters, restated. The old one stays: it is the history. Nothing may be staged. vault_open_writer
 * does it when more of the manifest is past than present. */
MUST_USE bool vault_roll(struct vault *v, int64_t at, struct err *e);

#endif
