/* signature: see signature.h. Numbers are little-endian; each file is lines of comment and base64. */
#include "base/signature.h"

#include <sodium.h>
#include <stdlib.h>

#define SALT crypto_pwhash_scryptsalsa208sha256_SALTBYTES
#define CHECKSUM 32
#define HASH 64
#define SIGNATURE_SIZE crypto_sign_BYTES
#define SECRET crypto_sign_SECRETKEYBYTES

static const char untrusted[] = "untrusted comment: ", trusted[] = "trusted comment: ";

/* What is encrypted of a secret key. */
struct secret {
    uint8_t id[SIGNATURE_KEY_ID], key[SECRET], checksum[CHECKSUM];
};
struct secret_file {
    char algorithm[2], kdf[2], checksum[2]; /* "Ed"; "Sc" or two zeros; "B2" */
    uint8_t salt[SALT], operations[8], memory[8];
    struct secret secret;
};
struct public_file {
    char algorithm[2];
    uint8_t id[SIGNATURE_KEY_ID], key[SIGNATURE_PUBLIC];
};
struct signature_file {
    char algorithm[2]; /* "ED": over the BLAKE2b-512 of the file */
    uint8_t id[SIGNATURE_KEY_ID], signature[SIGNATURE_SIZE];
};
_Static_assert(sizeof(struct secret_file) == 158, "no padding: bytes as minisign has them");
_Static_assert(sizeof(struct public_file) == 42, "no padding");
_Static_assert(sizeof(struct signature_file) == 74, "no padding");

struct signature_key {
    struct secret secret;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a signature");
}

/* ---- lines ---- */

static str line_next(str *rest) {
    size_t const end = str_find_byte(*rest, '\n');
    str line = end == SIZE_MAX ? *rest : str_first(*rest, end);

    *rest = end == SIZE_MAX ? S("") : str_from(*rest, end + 1);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Exactly `size` bytes. libsodium 1.0.18 takes some bytes beyond ASCII for digits: there must be none. */
static bool base64_line(str line, void *out, size_t size) {
    size_t got = 0;

    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] >= 0x80)
            return false;

    return sodium_base642bin(out, size, line.ptr, line.len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == size;
}

static void base64_add(struct buf *b, const void *bytes, size_t size) {
    size_t const room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *const to = buf_reserve(b, room);

    if (!to)
        return;
    sodium_bin2base64(to, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    b->len += room - 1; /* without the NUL */
}

void signature_id_text(const uint8_t id[SIGNATURE_KEY_ID], char out[2 * SIGNATURE_KEY_ID + 1]) {
    for (int i = 0; i < SIGNATURE_KEY_ID; i++)
        snprintf(out + 2 * i, 3, "%02X", id[SIGNATURE_KEY_ID - 1 - i]);
}

/* ---- keys ---- */

static void checksum_of(const struct secret *s, uint8_t out[CHECKSUM]) {
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, CHECKSUM);
    crypto_generichash_update(&state, (const unsigned char *)"Ed", 2);
    crypto_generichash_update(&state, s->id, sizeof s->id);
    crypto_generichash_update(&state, s->key, sizeof s->key);
    crypto_generichash_final(&state, out, CHECKSUM);
}

static bool key_alloc(struct signature_key **out, struct err *e) {
    if (sodium_init() < 0 || !(*out = sodium_malloc(sizeof **out)))
        return no_memory(e);
    memset(*out, 0, sizeof **out);
    return true;
}

void signature_key_free(struct signature_key *k) {
    sodium_free(k);
}

bool signature_key_new(struct signature_key **out, struct err *e) {
    uint8_t public[SIGNATURE_PUBLIC];

    if (!key_alloc(out, e))
        return false;
    randombytes_buf((*out)->secret.id, SIGNATURE_KEY_ID);
    crypto_sign_keypair(public, (*out)->secret.key);
    checksum_of(&(*out)->secret, (*out)->secret.checksum);
    return true;
}

static uint64_t u64_of(const uint8_t bytes[8]) {
    uint64_t n = 0;

    for (int i = 7; i >= 0; i--)
        n = n << 8 | bytes[i];
    return n;
}

static void u64_to(uint64_t n, uint8_t bytes[8]) {
    for (int i = 0; i < 8; i++, n >>= 8)
        bytes[i] = (uint8_t)n;
}

/* Encrypts and decrypts: exclusive or with what scrypt makes of the password. */
static bool veil(struct secret_file *f, str password, struct err *e) {
    uint8_t stream[sizeof f->secret], *const bytes = (uint8_t *)&f->secret;
    bool const ok = crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, password.ptr, password.len, f->salt,
                                                       u64_of(f->operations), (size_t)u64_of(f->memory)) == 0;

    for (size_t i = 0; ok && i < sizeof stream; i++)
        bytes[i] ^= stream[i];
    sodium_memzero(stream, sizeof stream);
    return ok || err_set(e, ERR_MEMORY, 0, "no memory to make a key of the password");
}

static bool secret_take(struct signature_key *k, struct secret_file *f, str password, struct err *e) {
    bool const open = f->kdf[0] == 0 && f->kdf[1] == 0;
    uint8_t checksum[CHECKSUM];

    if (memcmp(f->algorithm, "Ed", 2) != 0 || memcmp(f->checksum, "B2", 2) != 0 ||
        (!open && memcmp(f->kdf, "Sc", 2) != 0))
        return err_set(e, ERR_CORRUPT, 0, "a secret key of another kind");
    if (!open) {
        if (!password.len)
            return err_set(e, ERR_USAGE, 0, "the secret key is encrypted: --password-file FILE");
        if (u64_of(f->memory) > SIGNATURE_MEMORY_MAX || u64_of(f->operations) > UINT32_MAX)
            return err_set(e, ERR_LIMIT, 0, "the secret key asks for more memory than a key should");
        if (!veil(f, password, e))
            return false;
    }
    checksum_of(&f->secret, checksum);
    /* minisign -W writes none. */
    if (sodium_memcmp(checksum, f->secret.checksum, CHECKSUM) != 0 &&
        !(open && sodium_is_zero(f->secret.checksum, CHECKSUM)))
        return open ? err_set(e, ERR_CORRUPT, 0, "the secret key is damaged: its checksum differs")
                    : err_set(e, ERR_USAGE, 0, "this is not the password of the secret key");
    k->secret = f->secret;
    return true;
}

bool signature_key_read(struct signature_key **out, str file, str password, struct err *e) {
    struct secret_file f;
    str rest = file;
    bool ok;

    *out = NULL;
    if (!str_starts(line_next(&rest), str_of(untrusted)) || !base64_line(line_next(&rest), &f, sizeof f))
        return err_set(e, ERR_CORRUPT, 0, "this is no secret key of minisign");
    ok = key_alloc(out, e) && secret_take(*out, &f, password, e);
    sodium_memzero(&f, sizeof f);
    if (!ok) {
        signature_key_free(*out);
        *out = NULL;
    }
    return ok;
}

bool signature_key_write(const struct signature_key *k, str password, struct buf *out, struct err *e) {
    struct secret_file f = {.algorithm = {'E', 'd'}, .checksum = {'B', '2'}, .secret = k->secret};
    bool ok = true;

    if (password.len) {
        memcpy(f.kdf, "Sc", 2);
        randombytes_buf(f.salt, sizeof f.salt);
        u64_to(crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE, f.operations);
        u64_to(crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE, f.memory);
        ok = veil(&f, password, e);
    }
    buf_add(out, str_of(untrusted));
    buf_add(out, password.len ? S("minisign encrypted secret key\n") : S("minisign secret key\n"));
    base64_add(out, &f, sizeof f);
    buf_byte(out, '\n');
    sodium_memzero(&f, sizeof f);
    return ok && (!out->failed || no_memory(e));
}

void signature_public_write(const struct signature_key *k, struct buf *out) {
    struct public_file f = {.algorithm = {'E', 'd'}};
    char id[2 * SIGNATURE_KEY_ID + 1];

    memcpy(f.id, k->secret.id, sizeof f.id);
    crypto_sign_ed25519_sk_to_pk(f.key, k->secret.key);
    signature_id_text(f.id, id);
    buf_format(out, "%sminisign public key %s\n", untrusted, id);
    base64_add(out, &f, sizeof f);
    buf_byte(out, '\n');
}

bool signature_public_read(struct signature_public *out, str file, struct err *e) {
    struct public_file f;
    str rest = file, line = line_next(&rest);

    if (str_starts(line, str_of(untrusted)))
        line = line_next(&rest);
    if (!base64_line(line, &f, sizeof f) || memcmp(f.algorithm, "Ed", 2) != 0)
        return err_set(e, ERR_CORRUPT, 0, "this is no public key of minisign");
    memcpy(out->id, f.id, sizeof f.id);
    memcpy(out->key, f.key, sizeof f.key);
    return true;
}

/* ---- signatures ---- */

static void hash_of(str bytes, uint8_t out[HASH]) {
    crypto_generichash(out, HASH, (const unsigned char *)bytes.ptr, bytes.len, NULL, 0);
}

/* The second signature: over the first and the comment. */
static bool both(const uint8_t signature[SIGNATURE_SIZE], str comment, struct buf *out) {
    buf_add(out, (str){(const char *)signature, SIGNATURE_SIZE});
    buf_add(out, comment);
    return !out->failed;
}

bool signature_make(const struct signature_key *k, str bytes, str comment, struct buf *out, struct err *e) {
    struct signature_file f = {.algorithm = {'E', 'D'}};
    uint8_t hash[HASH], second[SIGNATURE_SIZE];
    struct buf of = {0};

    if (sodium_init() < 0 || str_find_byte(comment, '\n') != SIZE_MAX || str_find_byte(comment, '\r') != SIZE_MAX)
        return err_set(e, ERR_USAGE, 0, "a comment of a signature is one line");
    memcpy(f.id, k->secret.id, sizeof f.id);
    hash_of(bytes, hash);
    crypto_sign_detached(f.signature, NULL, hash, sizeof hash, k->secret.key);
    if (both(f.signature, comment, &of))
        crypto_sign_detached(second, NULL, (const unsigned char *)of.ptr, of.len, k->secret.key);
    buf_format(out, "%ssignature from longwatch\n", untrusted);
    base64_add(out, &f, sizeof f);
    buf_format(out, "\n%s", trusted);
    buf_add(out, comment);
    buf_byte(out, '\n');
    base64_add(out, second, sizeof second);
    buf_byte(out, '\n');
    bool const ok = !of.failed && !out->failed;

    buf_free(&of);
    return ok || no_memory(e);
}

static bool file_take(str file, struct signature_file *f, str *comment, uint8_t second[SIGNATURE_SIZE], struct err *e) {
    str rest = file, line;

    if (!str_starts(line_next(&rest), str_of(untrusted)) || !base64_line(line_next(&rest), f, sizeof *f))
        return err_set(e, ERR_CORRUPT, 0, "this is no signature of minisign");
    line = line_next(&rest);
    if (!str_starts(line, str_of(trusted)) || !base64_line(line_next(&rest), second, SIGNATURE_SIZE))
        return err_set(e, ERR_CORRUPT, 0, "the signature has no comment that is signed");
    *comment = str_from(line, sizeof trusted - 1);
    return true;
}

bool signature_read(str file, struct signature_said *out, struct err *e) {
    struct signature_file f;
    uint8_t second[SIGNATURE_SIZE];

    if (!file_take(file, &f, &out->comment, second, e))
        return false;
    memcpy(out->id, f.id, sizeof f.id);
    return true;
}

bool signature_check(const struct signature_public *p, str file, str bytes, struct err *e) {
    struct signature_file f;
    uint8_t second[SIGNATURE_SIZE], hash[HASH];
    struct buf of = {0};
    str comment;
    bool ok;

    if (sodium_init() < 0)
        return no_memory(e);
    if (!file_take(file, &f, &comment, second, e))
        return false;
    if (memcmp(f.algorithm, "ED", 2) != 0)
        return err_set(e, ERR_CORRUPT, 0,
                       "a signature of another kind: only those over a hash (minisign -H) are known");
    if (memcmp(f.id, p->id, sizeof f.id) != 0) {
        char by[2 * SIGNATURE_KEY_ID + 1], key[2 * SIGNATURE_KEY_ID + 1];

        signature_id_text(f.id, by);
        signature_id_text(p->id, key);
        return err_set(e, ERR_CORRUPT, 0, "it is signed by key %s, and the key given is %s", by, key);
    }
    hash_of(bytes, hash);
    if (crypto_sign_verify_detached(f.signature, hash, sizeof hash, p->key) != 0)
        return err_set(e, ERR_CORRUPT, 0, "the signature is not one of these bytes");
    ok = both(f.signature, comment, &of);
    if (!ok)
        no_memory(e);
    else if (crypto_sign_verify_detached(second, (const unsigned char *)of.ptr, of.len, p->key) != 0)
        ok = err_set(e, ERR_CORRUPT, 0, "the comment of the signature was changed");
    buf_free(&of);
    return ok;
}
