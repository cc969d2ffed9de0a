/* seal: see seal.h. The cipher is libsodium's; here is only which key, which nonce, and what is authenticated beside. */
#include "archive/seal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEYS_MAX 4096u
#define WRITING "longwatch archive, writing key"
#define FILE_KEY "longwatch archive, file key"
#define SALT_AT (SEAL_NAME + SEAL_KEY + SEAL_MORE)
#define SALT 32u

_Static_assert(NONCE + TAG == SEAL_MORE, "what a piece is longer for");
_Static_assert(SALT_AT + SALT <= SEAL_HEAD, "the head holds name, wrapped key, salt");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY, "one size of key");

/* ---- keys of archives ---- */

struct open_key {
    uint8_t name[SEAL_NAME], key[SEAL_KEY];
};
struct closed_key {
    uint8_t name[SEAL_NAME];
    char *who;
};
struct key_set {
    struct open_key *open; /* sodium_malloc */
    size_t open_count, open_room;
    struct closed_key *closed;
    size_t closed_count;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for keys");
}

bool key_set_new(struct key_set **out, struct err *e) {
    return (sodium_init() >= 0 && (*out = calloc(1, sizeof **out))) || no_memory(e);
}

void key_set_free(struct key_set *k) {
    if (!k)
        return;
    for (size_t i = 0; i < k->closed_count; i++)
        free(k->closed[i].who);
    free(k->closed);
    sodium_free(k->open); /* which wipes */
    free(k);
}

const uint8_t *key_set_find(const struct key_set *k, const uint8_t name[SEAL_NAME]) {
    for (size_t i = 0; k && i < k->open_count; i++)
        if (memcmp(k->open[i].name, name, SEAL_NAME) == 0)
            return k->open[i].key;
    return NULL;
}

size_t key_set_count(const struct key_set *k) {
    return k ? k->open_count : 0;
}

bool key_set_add(struct key_set *k, const uint8_t name[SEAL_NAME], const uint8_t key[SEAL_KEY], struct err *e) {
    if (key_set_find(k, name))
        return true;
    if (k->open_count == KEYS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u keys of archives", KEYS_MAX);
    if (k->open_count == k->open_room) {
        size_t const room = k->open_room ? 2 * k->open_room : 8;
        struct open_key *const more = sodium_malloc(room * sizeof *more);

        if (!more)
            return no_memory(e);
        if (k->open_count)
            memcpy(more, k->open, k->open_count * sizeof *more);
        sodium_free(k->open);
        k->open = more;
        k->open_room = room;
    }
    memcpy(k->open[k->open_count].name, name, SEAL_NAME);
    memcpy(k->open[k->open_count++].key, key, SEAL_KEY);
    return true;
}

static const char *closed_find(const struct key_set *k, const uint8_t name[SEAL_NAME]) {
    for (size_t i = 0; k && i < k->closed_count; i++)
        if (memcmp(k->closed[i].name, name, SEAL_NAME) == 0)
            return k->closed[i].who;
    return NULL;
}

bool key_set_closed(struct key_set *k, const uint8_t name[SEAL_NAME], str who, struct err *e) {
    if (closed_find(k, name))
        return true;
    if (k->closed_count == KEYS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u keys of archives", KEYS_MAX);
    struct closed_key *const more = realloc(k->closed, (k->closed_count + 1) * sizeof *more);

    if (!more)
        return no_memory(e);
    k->closed = more;
    struct closed_key *const c = &k->closed[k->closed_count];

    if (!(c->who = calloc(who.len + 1, 1)))
        return no_memory(e);
    memcpy(c->who, who.ptr, who.len);
    memcpy(c->name, name, SEAL_NAME);
    k->closed_count++;
    return true;
}

bool key_set_join(struct key_set *k, const struct key_set *other, struct err *e) {
    for (size_t i = 0; i < other->open_count; i++)
        if (!key_set_add(k, other->open[i].name, other->open[i].key, e))
            return false;
    for (size_t i = 0; i < other->closed_count; i++)
        if (!key_set_closed(k, other->closed[i].name, str_of(other->closed[i].who), e))
            return false;
    return true;
}

/* ---- the cipher ---- */

static void seal(const uint8_t key[SEAL_KEY], str beside, str bytes, char *out) {
    unsigned char *const to = (unsigned char *)out;
    unsigned long long size;

    randombytes_buf(to, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(to + NONCE, &size, (const unsigned char *)bytes.ptr, bytes.len,
                                               (const unsigned char *)beside.ptr, beside.len, NULL, to, key);
    assert(size == bytes.len + TAG);
}

static bool unseal(const uint8_t key[SEAL_KEY], str beside, str sealed, char *out) {
    const unsigned char *const from = (const unsigned char *)sealed.ptr;
    unsigned long long size;

    return sealed.len >= SEAL_MORE && crypto_aead_xchacha20poly1305_ietf_decrypt(
                                          (unsigned char *)out, &size, NULL, from + NONCE, sealed.len - NONCE,
                                          (const unsigned char *)beside.ptr, beside.len, from, key) == 0;
}

void seal_small(const uint8_t key[SEAL_KEY], str what, str bytes, char *out) {
    seal(key, what, bytes, out);
}

bool unseal_small(const uint8_t key[SEAL_KEY], str what, str sealed, char *out) {
    return unseal(key, what, sealed, out);
}

/* ---- what is written ---- */

void writing_key_new(struct writing_key *out, const uint8_t name[SEAL_NAME], const uint8_t archive_key[SEAL_KEY]) {
    memcpy(out->archive_key, name, SEAL_NAME);
    (void)sodium_mlock(out, sizeof *out); /* as far as the system allows */
    randombytes_buf(out->key, sizeof out->key);
    seal_small(archive_key, S(WRITING), (str){(const char *)out->key, SEAL_KEY}, (char *)out->wrapped);
}

void writing_key_wipe(struct writing_key *w) {
    (void)sodium_munlock(w, sizeof *w);
    sodium_memzero(w, sizeof *w);
}

/* ---- files ---- */

static void file_key(struct sealer *s, const uint8_t writing[SEAL_KEY], const uint8_t salt[SALT]) {
    crypto_generichash_state state;

    crypto_generichash_init(&state, writing, SEAL_KEY, SEAL_KEY);
    crypto_generichash_update(&state, (const unsigned char *)FILE_KEY, sizeof FILE_KEY); /* with its zero */
    crypto_generichash_update(&state, salt, SALT);
    crypto_generichash_update(&state, s->id, SEAL_ID);
    crypto_generichash_final(&state, s->key, SEAL_KEY);
    sodium_memzero(&state, sizeof state);
}

void sealer_new(struct sealer *out, const struct writing_key *w, const uint8_t id[SEAL_ID], uint8_t head[SEAL_HEAD]) {
    memset(head, 0, SEAL_HEAD);
    memcpy(head, w->archive_key, SEAL_NAME);
    memcpy(head + SEAL_NAME, w->wrapped, sizeof w->wrapped);
    randombytes_buf(head + SALT_AT, SALT);
    memcpy(out->id, id, SEAL_ID);
    file_key(out, w->key, head + SALT_AT);
}

bool sealer_open(struct sealer *out, const struct key_set *keys, const uint8_t id[SEAL_ID],
                 const uint8_t head[SEAL_HEAD], str name, struct err *e) {
    const uint8_t *const key = key_set_find(keys, head);
    const char *const who = closed_find(keys, head);
    uint8_t writing[SEAL_KEY];

    if (!key)
        return who ? err_set(e, ERR_REFUSED, 0, "%.*s: %s", STR_ARG(name), who)
                   : err_set(e, ERR_REFUSED, 0,
                             "%.*s is encrypted, and no key that was given opens it: name the key of a custodian "
                             "(--key FILE); longwatch archive custodians says who they are",
                             STR_ARG(name));
    bool const ok =
        unseal_small(key, S(WRITING), (str){(const char *)head + SEAL_NAME, SEAL_KEY + SEAL_MORE}, (char *)writing);

    if (ok) {
        memcpy(out->id, id, SEAL_ID);
        file_key(out, writing, head + SALT_AT);
    }
    sodium_memzero(writing, sizeof writing);
    return ok || err_set(e, ERR_CORRUPT, 0, "%.*s: the key in its head was damaged or changed", STR_ARG(name));
}

bool sealer_own(struct sealer *out, const struct writing_key *w, const uint8_t id[SEAL_ID],
                const uint8_t head[SEAL_HEAD], str name, struct err *e) {
    if (memcmp(head, w->archive_key, SEAL_NAME) != 0 || memcmp(head + SEAL_NAME, w->wrapped, sizeof w->wrapped) != 0)
        return err_set(e, ERR_CORRUPT, 0, "%.*s: it was not made here", STR_ARG(name));
    memcpy(out->id, id, SEAL_ID);
    file_key(out, w->key, head + SALT_AT);
    return true;
}

void sealer_wipe(struct sealer *s) {
    sodium_memzero(s, sizeof *s);
}

/* The file's id, then the number: what is authenticated beside. */
#define BESIDE (SEAL_ID + 8u)

static void beside_of(const struct sealer *s, uint64_t number, char out[BESIDE]) {
    memcpy(out, s->id, SEAL_ID);
    for (unsigned i = 0; i < 8; i++)
        out[SEAL_ID + i] = (char)(uint8_t)(number >> 8 * i);
}

void seal_piece(const struct sealer *s, uint64_t number, str bytes, char *out) {
    char beside[BESIDE];

    beside_of(s, number, beside);
    seal(s->key, (str){beside, sizeof beside}, bytes, out);
}

bool unseal_piece(const struct sealer *s, uint64_t number, str sealed, char *out) {
    char beside[BESIDE];

    beside_of(s, number, beside);
    return unseal(s->key, (str){beside, sizeof beside}, sealed, out);
}
