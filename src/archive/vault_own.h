/* vault_own: what the files of the vault share. */
#ifndef ARCHIVE_VAULT_OWN_H
#define ARCHIVE_VAULT_OWN_H

#include "archive/keyring.h"
#include "archive/manifest_record.h"
#include "archive/vault.h"

#define FORMAT_FILE VAULT_MARK
#define CURRENT_FILE "CURRENT"
#define HEAD_FILE "HEAD"
#define SECRET_FILE "secret"
#define KEYS_FILE "keys"
#define KEYS_WAITING KEYS_FILE "-" /* and the number of the record that says why */
#define README_FILE "README.txt"
#define LOCK_FILE "lock"
#define SEGMENTS "segments"
#define INDEX "index"
#define TEMPORARY "tmp"
#define QUARANTINE "quarantine"
#define GENERATION_NAME 32

/* A file that waits in tmp/ for the commit that gives it its name. */
struct staged {
    char part[VAULT_NAME_MAX], name[VAULT_NAME_MAX];
};

struct vault {
    char *path;
    int root; /* the open folder */
    struct manifest *manifest;
    struct generation_head head; /* of the generation in force */
    uint8_t hash[SHA256_SIZE];   /* of the last record */
    vault_tell *tell;
    void *ctx;

    bool past;            /* a snapshot was asked for */
    uint64_t newest;      /* past: the last sequence that can be read */
    struct keyring *ring; /* open; NULL: not encrypted, or not unlocked */
    bool state_bad;       /* the restated state was of no use */

    /* Of a writer. */
    bool writes, broken;
    int lock, file, head_file;
    uint64_t end;     /* of the manifest's whole records: there the next one begins */
    uint64_t last_at; /* where the last one begins */
    const struct signature_key *key;
    struct buf operations; /* staged */
    uint32_t count;
    struct staged *staged;
    size_t staged_count, staged_room;
    uint64_t parts;     /* numbers of temporary files */
    struct buf folders; /* names with NULs: that this writer has brought to the disk */
};

/* Is the name this, and a number? */
bool number_behind(const char *name, str begins, uint64_t *number);
void generation_name(uint64_t number, char out[GENERATION_NAME]);
/* A text of lines ends with one of its sum. Appends that line. */
void sum_line(struct buf *b);
/* The lines before the sum, which is right; or false. */
bool sum_checked(str text, str *lines);
/* What follows `begins` on the next line; the rest of the lines behind it. */
bool line_of(str *lines, str begins, str *value);
/* So many bytes in small hexadecimal digits, and nothing else. */
bool unhex(str text, void *out, size_t size);

/* A file of the folder, whole. *missing: there is none (and the answer is true). */
MUST_USE bool own_read(const struct vault *v, const char *name, size_t max, struct buf *out, bool *missing,
                       struct err *e);
/* Writes it beside, syncs, renames, syncs the folder. */
MUST_USE bool own_write(const struct vault *v, const char *name, str bytes, struct err *e);
/* The same of a buffer, which is wiped and freed. */
MUST_USE bool own_write_buf(const struct vault *v, const char *name, struct buf *b, struct err *e);
/* fsync of a folder below the root ("": the root). */
MUST_USE bool folder_sync(const struct vault *v, const char *name, struct err *e);
bool vault_no_memory(const struct vault *v, struct err *e);
void vault_found(const struct vault *v, enum vault_found what, const char *name, uint64_t number);

/* HEAD, as a text of fixed length: what was committed is said without asking for memory. */
#define HEAD_TEXT 256
str head_text(const struct vault *v, char out[HEAD_TEXT]);
struct head_said {
    bool good;
    uint64_t sequence;
    uint8_t hash[SHA256_SIZE];
};
MUST_USE bool head_read(const struct vault *v, struct head_said *out, struct err *e);
MUST_USE bool head_write(struct vault *v, struct err *e);

MUST_USE bool format_check(const struct vault *v, struct err *e);
/* The file of the index's secret: in the clear, or sealed under the newest key of a keyring that is open. */
void secret_text(const uint8_t secret[VAULT_SECRET], const struct keyring *ring, struct buf *out);
/* What a file of the root is that is called as one of keys which waits for its name. */
enum keys_waiting {
    KEYS_NONE,     /* nothing of ours: a copy of an old one, a folder, a link */
    KEYS_IN_FORCE, /* its record is the newest */
    KEYS_NEVER,    /* its record never came to be */
};
MUST_USE bool keys_waiting(const struct vault *v, const char *name, enum keys_waiting *out, struct err *e);
/* It gets its name when it is in force, and goes when it never will be. A writer's. */
MUST_USE bool keys_settle(const struct vault *v, const char *name, enum keys_waiting is, struct err *e);
/* Is what is about to be added encrypted as the archive is? begins: the file's first bytes. */
MUST_USE bool encrypted_alike(const struct vault *v, str begins, const char *name, struct err *e);

void current_text(uint64_t number, struct buf *out);
/* The generation in force. past: for a snapshot the highest will do, where nobody says. */
MUST_USE bool current_read(const struct vault *v, bool past, uint64_t *number, struct err *e);

/* A writer's, with nothing open yet. */
MUST_USE bool vault_begin(struct vault **out, const char *path, struct err *e);
MUST_USE bool vault_lock(struct vault *v, int64_t at, struct err *e);
MUST_USE bool folders_make(const struct vault *v, struct err *e);

/* Loads the state into v->manifest; v->root is open. */
MUST_USE bool vault_load(struct vault *v, uint64_t as_of, struct err *e);

#endif
