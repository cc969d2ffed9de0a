/* vault_keys: who can open an encrypted archive, and what lies in it under its keys beside segments and runs: the secret of the index. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/sealed.h"
#include "archive/segment.h"
#include "archive/vault_own.h"

#define SMALL_MAX 4096u
#define SECRET_BEGIN "longwatch archive, secret key of the index\n"
#define SEALED_BEGIN "longwatch archive, secret key of the index, sealed\n"
#define SECRET_WHAT S("longwatch archive, secret key of the index")

static void hex_line(struct buf *out, const char *words, const void *bytes, size_t size) {
    const uint8_t *const from = bytes;

    buf_add(out, str_of(words));
    for (size_t i = 0; i < size; i++)
        buf_format(out, "%02x", from[i]);
    buf_byte(out, '\n');
}

/* ---- the secret of the index ---- */

void secret_text(const uint8_t secret[VAULT_SECRET], const struct keyring *ring, struct buf *out) {
    char sealed[VAULT_SECRET + SEAL_MORE];

    if (!ring) {
        buf_add(out, S(SECRET_BEGIN));
        hex_line(out, "", secret, VAULT_SECRET);
        sum_line(out);
        return;
    }
    seal_small(keyring_key(ring, keyring_newest(ring)), SECRET_WHAT, (str){(const char *)secret, VAULT_SECRET}, sealed);
    buf_add(out, S(SEALED_BEGIN));
    hex_line(out, "key ", keyring_newest(ring), SEAL_NAME);
    hex_line(out, "", sealed, sizeof sealed);
    sum_line(out);
}

/* Under which key, and what is sealed; or the secret itself. */
struct secret_said {
    bool sealed;
    uint8_t key[SEAL_NAME];
    uint8_t bytes[VAULT_SECRET + SEAL_MORE];
};

static bool secret_read(const struct vault *v, struct secret_said *out, struct err *e) {
    struct buf b = {0};
    bool missing = false, ok = own_read(v, SECRET_FILE, SMALL_MAX, &b, &missing, e), good = false;
    str lines, value;

    if (ok && !missing && sum_checked(buf_str(&b), &lines)) {
        out->sealed = str_starts(lines, S(SEALED_BEGIN));
        if (out->sealed) {
            lines = str_from(lines, strlen(SEALED_BEGIN));
            good = line_of(&lines, S("key "), &value) && unhex(value, out->key, SEAL_NAME) &&
                   line_of(&lines, S(""), &value) && unhex(value, out->bytes, VAULT_SECRET + SEAL_MORE);
        } else if (str_starts(lines, S(SECRET_BEGIN))) {
            lines = str_from(lines, strlen(SECRET_BEGIN));
            good = line_of(&lines, S(""), &value) && unhex(value, out->bytes, VAULT_SECRET);
        }
    }
    if (ok && !good)
        ok = err_set(e, ERR_CORRUPT, 0, "%s/" SECRET_FILE " is %s: without it the index is to be made anew", v->path,
                     missing ? "gone" : "damaged");
    if (b.ptr)
        sodium_memzero(b.ptr, b.room);
    buf_free(&b);
    return ok;
}

static bool secret_open(const struct vault *v, const struct secret_said *s, uint8_t out[VAULT_SECRET], struct err *e) {
    const uint8_t *key;

    if (!s->sealed) {
        memcpy(out, s->bytes, VAULT_SECRET);
        return true;
    }
    if (!v->ring)
        return err_set(e, ERR_REFUSED, 0, "%s is encrypted: the key of a custodian is needed (--key FILE)", v->path);
    key = keyring_key(v->ring, s->key);
    return (key && unseal_small(key, SECRET_WHAT, (str){(const char *)s->bytes, sizeof s->bytes}, (char *)out)) ||
           err_set(e, ERR_CORRUPT, 0,
                   "%s/" SECRET_FILE " is sealed otherwise than the archive: the index is to be made anew", v->path);
}

bool vault_secret(const struct vault *v, uint8_t out[VAULT_SECRET], struct err *e) {
    struct secret_said said;
    bool const ok = secret_read(v, &said, e) && secret_open(v, &said, out, e);

    sodium_memzero(&said, sizeof said);
    return ok;
}

/* The secret must not be lost with a key that is forgotten. */
static bool secret_renew(const struct vault *v, struct err *e) {
    struct secret_said said;
    uint8_t secret[VAULT_SECRET];
    struct buf text = {0};
    bool ok;

    if (!secret_read(v, &said, e))
        return e->code == ERR_CORRUPT; /* it is lost already: the index is made anew */
    ok = !said.sealed || memcmp(said.key, keyring_newest(v->ring), SEAL_NAME) == 0;
    if (!ok && secret_open(v, &said, secret, e)) {
        secret_text(secret, v->ring, &text);
        ok = own_write_buf(v, SECRET_FILE, &text, e);
    } else if (!ok) {
        ok = e->code == ERR_CORRUPT;
    }
    sodium_memzero(&said, sizeof said);
    sodium_memzero(secret, sizeof secret);
    return ok;
}

/* ---- who can open it ---- */

/* The secret says it too: who has lost the file of keys must not go on in the clear. */
bool vault_encrypted(const struct vault *v) {
    struct secret_said said;
    struct err ignored;

    if (v->ring || faccessat(v->root, KEYS_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
        return true;
    bool const sealed = secret_read(v, &said, &ignored) && said.sealed;

    sodium_memzero(&said, sizeof said);
    return sealed;
}

#define KEYS_NAME (sizeof KEYS_WAITING + 20)

static const char *keys_name(uint64_t number, char out[KEYS_NAME]) {
    snprintf(out, KEYS_NAME, KEYS_WAITING "%llu", (unsigned long long)number);
    return out;
}

/* Custodians are those of now, whatever snapshot is open. */
static uint64_t sequence_now(const struct vault *v) {
    return v->past ? v->newest : manifest_sequence(v->manifest);
}

/* A folder or a link called so is nobody's file of keys. */
static bool plain_file(const struct vault *v, const char *name, bool *is, struct err *e) {
    struct stat st;

    *is = false;
    if (fstatat(v->root, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || err_system(e, "%s/%s", v->path, name);
    *is = S_ISREG(st.st_mode);
    return true;
}

/* A file of keys that waits is settled before any record follows its own: one of an earlier record is a copy that somebody put there, and must not replace what
 * came into force since. */
bool keys_waiting(const struct vault *v, const char *name, enum keys_waiting *out, struct err *e) {
    char should[KEYS_NAME];
    uint64_t number;
    bool plain;

    *out = KEYS_NONE;
    if (!number_behind(name, S(KEYS_WAITING), &number) || strcmp(name, keys_name(number, should)) != 0)
        return true;
    if (!plain_file(v, name, &plain, e))
        return false;
    if (plain && number >= sequence_now(v))
        *out = number == sequence_now(v) ? KEYS_IN_FORCE : KEYS_NEVER;
    return true;
}

bool keys_settle(const struct vault *v, const char *name, enum keys_waiting is, struct err *e) {
    int const done = is == KEYS_IN_FORCE ? renameat(v->root, name, v->root, KEYS_FILE) : unlinkat(v->root, name, 0);

    /* On the disk before the next record is: it may bear this number. */
    return done == 0 ? folder_sync(v, "", e) : err_system(e, "%s/%s", v->path, name);
}

bool vault_keyring_read(const struct vault *v, struct keyring **out, struct err *e) {
    enum keys_waiting waiting;
    char name[KEYS_NAME];
    struct buf b = {0};
    bool missing = true, ok = keys_waiting(v, keys_name(sequence_now(v), name), &waiting, e);

    /* Whoever changed it last was stopped behind the record that says so: what counts has not got its name yet. */
    if (ok && waiting == KEYS_IN_FORCE)
        ok = own_read(v, name, KEYRING_MAX, &b, &missing, e);
    if (ok && missing) /* or it has, by now */
        ok = own_read(v, KEYS_FILE, KEYRING_MAX, &b, &missing, e);
    if (ok && missing)
        ok = vault_encrypted(v)
                 ? err_set(e, ERR_CORRUPT, 0,
                           "%s/" KEYS_FILE " is gone: without it nobody can read the archive; put a copy "
                           "of it there",
                           v->path)
                 : err_set(e, ERR_USAGE, 0, "%s is not encrypted", v->path);
    ok = ok && (keyring_read(out, buf_str(&b), v->head.id, e) || err_wrap(e, "%s/" KEYS_FILE, v->path));
    buf_free(&b);
    return ok;
}

/* With the first of the keys that is a custodian's. */
static bool unlock(struct keyring *k, const struct vault_unlock *with, struct err *e) {
    for (size_t i = 0; i < with->count; i++) {
        if (keyring_unlock(k, with->keys[i], e))
            return true;
        if (e->code != ERR_REFUSED)
            return false;
    }
    if (with->count && !with->open)
        return false;
    if (with->open)
        return keyring_unlock_by(k, with->open, e);
    return keyring_unlock_none(k, e);
}

bool vault_segment_key(const struct vault *v, const struct manifest_segment *s, uint8_t name[SEAL_NAME],
                       struct err *e) {
    char head[SEGMENT_BEGIN], path[VAULT_NAME_MAX];
    int fd;

    if (!vault_segment_open(v, s, &fd, e))
        return false;
    ssize_t const n = pread(fd, head, sizeof head, 0);

    close(fd);
    vault_segment_name(s, path);
    if (n < 0)
        return err_system(e, "%s/%s", v->path, path);
    return segment_lies_under((str){head, (size_t)n}, name) ||
           err_set(e, ERR_CORRUPT, 0, "%s/%s does not say under which key it lies: it is damaged", v->path, path);
}

/* Whoever exchanges the file of keys can call the keys forgotten that would vouch, and put one of their own behind. But what is in the archive was written under
 * those: each segment whose head can be read must lie under a key that is open. */
static bool keys_are_of_segments(const struct vault *v, const struct keyring *k, struct err *e) {
    size_t count;
    const struct manifest_segment *const all = manifest_segments(v->manifest, &count);

    for (size_t i = 0; i < count; i++) {
        uint8_t name[SEAL_NAME];
        struct err damaged;

        if (manifest_live(&all[i]) && vault_segment_key(v, &all[i], name, &damaged) && !keyring_key(k, name))
            return err_set(e, ERR_CORRUPT, 0,
                           "segment %llu lies under a key that the file " KEYS_FILE
                           " does not have: the file is an old one, or of somebody who could not open it; put the "
                           "right one there",
                           (unsigned long long)all[i].number);
    }
    return true;
}

bool vault_unlock(struct vault *v, const struct vault_unlock *with, struct err *e) {
    struct keyring *k;

    if (v->ring || !vault_encrypted(v))
        return true;
    if (!vault_keyring_read(v, &k, e))
        return false;
    if (!unlock(k, with, e) || (!v->past && !keys_are_of_segments(v, k, e))) {
        keyring_free(k);
        return err_wrap(e, "%s", v->path);
    }
    v->ring = k;
    return true;
}

const struct key_set *vault_keys(const struct vault *v) {
    return v->ring ? keyring_keys(v->ring) : NULL;
}

bool vault_writing_key(const struct vault *v, struct writing_key *out) {
    if (!v->ring)
        return false;
    writing_key_new(out, keyring_newest(v->ring), keyring_key(v->ring, keyring_newest(v->ring)));
    return true;
}

struct keyring *vault_keyring(struct vault *v) {
    return v->ring;
}

static bool keyring_write_as(struct vault *v, const char *name, struct err *e) {
    struct buf text = {0};
    struct keyring *k = NULL;

    assert(v->writes && v->ring);
    /* What is there now holds the newest key of before; the secret goes under that one before any other can be forgotten. */
    bool ok = vault_keyring_read(v, &k, e) && keyring_write(v->ring, &text, e);

    if (ok && keyring_generations(k) == keyring_generations(v->ring))
        ok = secret_renew(v, e);
    ok = ok && own_write_buf(v, name, &text, e);
    keyring_free(k);
    buf_free(&text);
    return ok;
}

bool vault_keyring_write(struct vault *v, struct err *e) {
    return keyring_write_as(v, KEYS_FILE, e);
}

bool vault_keyring_commit(struct vault *v, int64_t at, struct err *e) {
    uint64_t const number = manifest_sequence(v->manifest) + 1;
    char name[KEYS_NAME];
    struct err ignored;

    assert(v->count);
    if (!keyring_write_as(v, keys_name(number, name), e) || !vault_commit(v, at, e))
        return false;
    /* It is in force whether it gets its name now or from the next writer. */
    if (!keys_settle(v, name, KEYS_IN_FORCE, &ignored))
        v->broken = true;
    return true;
}

bool encrypted_alike(const struct vault *v, str begins, const char *name, struct err *e) {
    bool const is = segment_encrypted(begins) || sealed_begins(begins);

    if (v->ring ? is : !vault_encrypted(v) && !is)
        return true;
    return err_set(e, ERR_REFUSED, 0, "%s/%s %s", v->path, name,
                   !v->ring && vault_encrypted(v) ? "was made without a key of the archive, which is encrypted"
                   : is                           ? "is encrypted, and the archive is not"
                                                  : "is not encrypted, and the archive is");
}
