/* keyring: see keyring.h. Files are lines of text, numbers in hexadecimal digits, the last line a sum against damage; what must not be changed by
 * anybody who cannot open it is authenticated as well. */
#include "archive/keyring.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "archive/vault_own.h"
#include "base/utf.h"

#define PRIVATE_FIRST "longwatch archive, private key of a custodian, version 1"
#define PUBLIC_FIRST "longwatch archive, public key of a custodian, version 1"
#define RING_FIRST "longwatch archive, keys, version 1"
#define RING_ANY "longwatch archive, keys, version "
#define PROTECT "longwatch archive, private key"
#define PRIVATE_MAX 1024u /* bytes of a private key's file, and more than it can have */
#define BOX (crypto_box_SEALBYTES + SEAL_KEY)
#define SALT crypto_pwhash_argon2id_SALTBYTES
#define MAC crypto_generichash_BYTES
#define PASSES_MAX 64u
#define PASS_MEMORY_MAX (UINT64_C(2) << 30)

_Static_assert(crypto_box_PUBLICKEYBYTES == CUSTODIAN_PUBLIC, "X25519");
_Static_assert(crypto_box_SECRETKEYBYTES == SEAL_KEY, "X25519");

struct custodian_key {
    struct custodian is;
    uint8_t secret[SEAL_KEY];
};

struct generation {
    uint8_t name[SEAL_NAME];
    bool forgotten;
    uint8_t (*boxes)[BOX]; /* by custodian; none when forgotten */
    uint8_t mac[MAC];      /* as read */
};

struct keyring {
    uint8_t archive[KEYRING_ARCHIVE];
    struct custodian *custodians;
    size_t custodian_count;
    struct generation *generations;
    size_t generation_count;
    struct key_set *open;
    struct buf body; /* as read: the lines that each MAC is of */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for keys");
}

/* ---- lines ---- */

static void hex_add(struct buf *b, const void *bytes, size_t size) {
    const uint8_t *const from = bytes;

    for (size_t i = 0; i < size; i++)
        buf_format(b, "%02x", from[i]);
}

static bool line_hex(str *rest, str words, void *out, size_t size) {
    str value;

    return line_of(rest, words, &value) && unhex(value, out, size);
}

static bool line_is(str *rest, str words) {
    str value;

    return line_of(rest, words, &value) && value.len == 0;
}

static bool name_set(struct custodian *c, str name) {
    if (!name.len || name.len > CUSTODIAN_NAME_MAX || utf8_valid(name) != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f)
            return false;
    memcpy(c->name, name.ptr, name.len);
    c->name[name.len] = '\0';
    return true;
}

/* ---- a custodian ---- */

void custodian_id(const uint8_t public[CUSTODIAN_PUBLIC], char out[CUSTODIAN_ID_TEXT]) {
    uint8_t hash[crypto_generichash_BYTES_MIN];

    crypto_generichash(hash, sizeof hash, public, CUSTODIAN_PUBLIC, NULL, 0);
    sodium_bin2hex(out, CUSTODIAN_ID_TEXT, hash, (CUSTODIAN_ID_TEXT - 1) / 2);
}

const struct custodian *custodian_of(const struct custodian_key *k) {
    return &k->is;
}

static bool key_alloc(struct custodian_key **out, struct err *e) {
    if (sodium_init() < 0 || !(*out = sodium_malloc(sizeof **out)))
        return no_memory(e);
    memset(*out, 0, sizeof **out);
    return true;
}

void custodian_key_free(struct custodian_key *k) {
    sodium_free(k);
}

bool custodian_key_new(struct custodian_key **out, str name, struct err *e) {
    struct custodian_key *k;

    if (!key_alloc(&k, e))
        return false;
    if (!name_set(&k->is, name)) {
        custodian_key_free(k);
        return err_set(e, ERR_USAGE, 0, "a custodian's name is one line of text, of %u bytes at most",
                       CUSTODIAN_NAME_MAX);
    }
    crypto_box_keypair(k->is.public, k->secret);
    *out = k;
    return true;
}

static bool protect_key(str passphrase, uint64_t passes, uint64_t memory, const uint8_t salt[SALT],
                        uint8_t out[SEAL_KEY], struct err *e) {
    return crypto_pwhash(out, SEAL_KEY, passphrase.ptr, passphrase.len, salt, passes, (size_t)memory,
                         crypto_pwhash_ALG_ARGON2ID13) == 0 ||
           err_set(e, ERR_MEMORY, 0, "no memory to make a key of the passphrase: it takes %llu MiB",
                   (unsigned long long)memory >> 20);
}

bool custodian_key_write(const struct custodian_key *k, str passphrase, struct buf *out, struct err *e) {
    uint64_t const passes = crypto_pwhash_argon2id_OPSLIMIT_MODERATE, memory = crypto_pwhash_argon2id_MEMLIMIT_MODERATE;
    uint8_t salt[SALT], key[SEAL_KEY];
    char sealed[SEAL_KEY + SEAL_MORE];
    struct buf b = {0};
    bool ok = buf_reserve(&b, PRIVATE_MAX) && buf_reserve(out, PRIVATE_MAX); /* what grows leaves copies behind */

    if (!ok) {
        buf_free(&b);
        return no_memory(e);
    }
    buf_format(&b, PRIVATE_FIRST "\nname %s\npublic ", k->is.name);
    hex_add(&b, k->is.public, CUSTODIAN_PUBLIC);
    if (passphrase.len) {
        randombytes_buf(salt, sizeof salt);
        buf_format(&b, "\nargon2id %llu %llu ", (unsigned long long)passes, (unsigned long long)memory);
        hex_add(&b, salt, sizeof salt);
        if ((ok = protect_key(passphrase, passes, memory, salt, key, e)))
            seal_small(key, S(PROTECT), (str){(const char *)k->secret, SEAL_KEY}, sealed);
        sodium_memzero(key, sizeof key);
        buf_add(&b, S("\nsealed "));
        hex_add(&b, sealed, ok ? sizeof sealed : 0);
    } else {
        buf_add(&b, S("\nplain "));
        hex_add(&b, k->secret, SEAL_KEY);
    }
    buf_byte(&b, '\n');
    sum_line(&b);
    ok = ok && (!b.failed || no_memory(e));
    if (ok)
        buf_add(out, buf_str(&b));
    if (b.ptr)
        sodium_memzero(b.ptr, b.room);
    buf_free(&b);
    return ok && (!out->failed || no_memory(e));
}

bool custodian_key_protected(str file) {
    return str_starts(file, S(PRIVATE_FIRST)) && str_find(file, S("\nargon2id ")) != SIZE_MAX;
}

/* The secret of a protected file, from "argon2id " on. */
static bool unprotect(struct custodian_key *k, str *lines, str passphrase, struct err *e) {
    char sealed[SEAL_KEY + SEAL_MORE];
    uint8_t salt[SALT], key[SEAL_KEY];
    uint64_t passes, memory;
    str value;

    if (!line_of(lines, S("argon2id "), &value))
        return err_set(e, ERR_CORRUPT, 0, "the private key is damaged");
    size_t const one = str_find_byte(value, ' ');
    str const rest = one == SIZE_MAX ? S("") : str_from(value, one + 1);
    size_t const two = str_find_byte(rest, ' ');

    if (one == SIZE_MAX || two == SIZE_MAX || !str_u64(str_first(value, one), UINT64_MAX, &passes) ||
        !str_u64(str_first(rest, two), UINT64_MAX, &memory) || !unhex(str_from(rest, two + 1), salt, SALT) ||
        !line_hex(lines, S("sealed "), sealed, sizeof sealed))
        return err_set(e, ERR_CORRUPT, 0, "the private key is damaged");
    if (!passphrase.len)
        return err_set(e, ERR_USAGE, 0, "the private key is protected by a passphrase, and there is none");
    if (passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || passes > PASSES_MAX ||
        memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || memory > PASS_MEMORY_MAX)
        return err_set(e, ERR_LIMIT, 0, "the private key asks for more work or memory than a key should");
    if (!protect_key(passphrase, passes, memory, salt, key, e))
        return false;
    bool const ok = unseal_small(key, S(PROTECT), (str){sealed, sizeof sealed}, (char *)k->secret);

    sodium_memzero(key, sizeof key);
    return ok || err_set(e, ERR_USAGE, 0, "this is not the passphrase of the private key");
}

bool custodian_key_read(struct custodian_key **out, str file, str passphrase, struct err *e) {
    uint8_t public[CUSTODIAN_PUBLIC];
    struct custodian_key *k;
    str lines, name;
    bool ok;

    if (!str_starts(file, S(PRIVATE_FIRST)))
        return err_set(e, ERR_CORRUPT, 0,
                       str_starts(file, S(PUBLIC_FIRST))
                           ? "this is the public part of a custodian's key: the private one is needed"
                           : "this is no private key of a custodian (longwatch archive key new makes one)");
    if (!key_alloc(&k, e))
        return false;
    ok = (sum_checked(file, &lines) && line_is(&lines, S(PRIVATE_FIRST)) && line_of(&lines, S("name "), &name) &&
          name_set(&k->is, name) && line_hex(&lines, S("public "), k->is.public, CUSTODIAN_PUBLIC)) ||
         err_set(e, ERR_CORRUPT, 0, "the private key is damaged");
    if (ok && str_starts(lines, S("plain ")))
        ok = line_hex(&lines, S("plain "), k->secret, SEAL_KEY) ||
             err_set(e, ERR_CORRUPT, 0, "the private key is damaged");
    else if (ok)
        ok = unprotect(k, &lines, passphrase, e);
    if (ok && (lines.len || crypto_scalarmult_base(public, k->secret) != 0 ||
               memcmp(public, k->is.public, sizeof public) != 0))
        ok = err_set(e, ERR_CORRUPT, 0, "private and public part of the key do not belong together");
    if (ok)
        *out = k;
    else
        custodian_key_free(k);
    return ok;
}

void custodian_write(const struct custodian *c, struct buf *out) {
    struct buf b = {0};

    buf_format(&b, PUBLIC_FIRST "\nname %s\npublic ", c->name);
    hex_add(&b, c->public, CUSTODIAN_PUBLIC);
    buf_byte(&b, '\n');
    sum_line(&b);
    out->failed |= b.failed;
    buf_add(out, buf_str(&b));
    buf_free(&b);
}

bool custodian_read(struct custodian *out, str file, struct err *e) {
    str lines, name;

    memset(out, 0, sizeof *out);
    if (str_starts(file, S(PRIVATE_FIRST)))
        return err_set(e, ERR_CORRUPT, 0,
                       "this is a private key: nobody but its custodian should have it; name the public part");
    return (sum_checked(file, &lines) && line_is(&lines, S(PUBLIC_FIRST)) && line_of(&lines, S("name "), &name) &&
            name_set(out, name) && line_hex(&lines, S("public "), out->public, CUSTODIAN_PUBLIC) && !lines.len) ||
           err_set(e, ERR_CORRUPT, 0, "this is no public key of a custodian, or it is damaged");
}

/* ---- the keyring in memory ---- */

void keyring_free(struct keyring *k) {
    if (!k)
        return;
    for (size_t i = 0; i < k->generation_count; i++)
        free(k->generations[i].boxes);
    free(k->generations);
    free(k->custodians);
    key_set_free(k->open);
    buf_free(&k->body);
    free(k);
}

static bool ring_alloc(struct keyring **out, const uint8_t archive[KEYRING_ARCHIVE], struct err *e) {
    struct keyring *const k = calloc(1, sizeof *k);

    if (!k)
        return no_memory(e);
    if (!key_set_new(&k->open, e)) {
        free(k);
        return false;
    }
    memcpy(k->archive, archive, KEYRING_ARCHIVE);
    *out = k;
    return true;
}

static bool custodian_grow(struct keyring *k, const struct custodian *c, struct err *e) {
    struct custodian *more;

    if (k->custodian_count == CUSTODIANS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u custodians", CUSTODIANS_MAX);
    if (!(more = realloc(k->custodians, (k->custodian_count + 1) * sizeof *more)))
        return no_memory(e);
    k->custodians = more;
    more[k->custodian_count++] = *c;
    return true;
}

static bool generation_grow(struct keyring *k, struct generation **out, struct err *e) {
    struct generation *more;

    if (k->generation_count == KEYRING_GENERATIONS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u keys of an archive", KEYRING_GENERATIONS_MAX);
    if (!(more = realloc(k->generations, (k->generation_count + 1) * sizeof *more)))
        return no_memory(e);
    k->generations = more;
    *out = &more[k->generation_count++];
    **out = (struct generation){.boxes = NULL};
    return true;
}

/* Seals a key for everybody. */
static bool boxes_make(const struct keyring *k, const uint8_t key[SEAL_KEY], uint8_t (**out)[BOX], struct err *e) {
    uint8_t(*const boxes)[BOX] = malloc(k->custodian_count * sizeof *boxes);

    if (!boxes)
        return no_memory(e);
    for (size_t i = 0; i < k->custodian_count; i++)
        if (crypto_box_seal(boxes[i], key, SEAL_KEY, k->custodians[i].public) != 0) {
            free(boxes);
            return err_set(e, ERR_USAGE, 0, "the public key of %s is none that anything can be sealed for",
                           k->custodians[i].name);
        }
    *out = boxes;
    return true;
}

static bool all_open(const struct keyring *k, struct err *e) {
    for (size_t i = 0; i < k->generation_count; i++)
        if (!k->generations[i].forgotten && !key_set_find(k->open, k->generations[i].name))
            return err_set(e, ERR_REFUSED, 0, "key %zu of the archive is not open: the key of a custodian is needed",
                           i + 1);
    return true;
}

bool keyring_renew(struct keyring *k, struct err *e) {
    uint8_t key[SEAL_KEY];
    struct generation *g;
    bool ok = all_open(k, e) && generation_grow(k, &g, e);

    if (!ok)
        return false;
    randombytes_buf(key, sizeof key);
    randombytes_buf(g->name, sizeof g->name);
    ok = boxes_make(k, key, &g->boxes, e) && key_set_add(k->open, g->name, key, e);
    sodium_memzero(key, sizeof key);
    if (!ok) {
        free(g->boxes);
        k->generation_count--;
    }
    return ok;
}

bool keyring_new(struct keyring **out, const uint8_t archive[KEYRING_ARCHIVE], const struct custodian *custodians,
                 size_t count, struct err *e) {
    struct keyring *k;
    bool ok = count > 0 || err_set(e, ERR_USAGE, 0, "an encrypted archive needs a custodian");

    if (!ok || !ring_alloc(&k, archive, e))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = keyring_add(k, &custodians[i], e);
    if (ok && keyring_renew(k, e)) {
        *out = k;
        return true;
    }
    keyring_free(k);
    return false;
}

bool keyring_copy(struct keyring **out, const struct keyring *from, const uint8_t archive[KEYRING_ARCHIVE],
                  struct err *e) {
    struct keyring *k;
    bool ok = all_open(from, e) && ring_alloc(&k, archive, e);

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < from->custodian_count; i++)
        ok = custodian_grow(k, &from->custodians[i], e);
    for (size_t i = 0; ok && i < from->generation_count; i++) {
        const struct generation *const is = &from->generations[i];
        size_t const size = k->custodian_count * sizeof *is->boxes;
        struct generation *g;

        if (!(ok = generation_grow(k, &g, e)))
            break;
        memcpy(g->name, is->name, SEAL_NAME);
        g->forgotten = is->forgotten;
        if (!is->forgotten && !(g->boxes = malloc(size)))
            ok = no_memory(e);
        else if (!is->forgotten)
            memcpy(g->boxes, is->boxes, size);
    }
    if ((ok = ok && key_set_join(k->open, from->open, e)))
        *out = k;
    else
        keyring_free(k);
    return ok;
}

const struct custodian *keyring_custodians(const struct keyring *k, size_t *count) {
    *count = k->custodian_count;
    return k->custodians;
}

size_t keyring_generations(const struct keyring *k) {
    return k->generation_count;
}

struct key_generation keyring_generation(const struct keyring *k, size_t i) {
    const struct generation *const g = &k->generations[i];
    struct key_generation out = {
        .number = (uint32_t)i + 1, .forgotten = g->forgotten, .open = key_set_find(k->open, g->name) != NULL};

    memcpy(out.name, g->name, SEAL_NAME);
    return out;
}

const uint8_t *keyring_newest(const struct keyring *k) {
    return k->generations[k->generation_count - 1].name;
}

const uint8_t *keyring_key(const struct keyring *k, const uint8_t name[SEAL_NAME]) {
    return key_set_find(k->open, name);
}

/* Custodians by name and id, as many as there is room for. */
static void who_add(const struct keyring *k, struct buf *b) {
    for (size_t i = 0; i < k->custodian_count && b->len < 150; i++) {
        char id[CUSTODIAN_ID_TEXT];

        custodian_id(k->custodians[i].public, id);
        buf_format(b, "%s%s (%s)", i ? ", " : "", k->custodians[i].name, id);
    }
}

const struct key_set *keyring_keys(const struct keyring *k) {
    return k->open;
}

/* ---- changing ---- */

bool keyring_add(struct keyring *k, const struct custodian *c, struct err *e) {
    for (size_t i = 0; i < k->custodian_count; i++)
        if (memcmp(k->custodians[i].public, c->public, CUSTODIAN_PUBLIC) == 0)
            return err_set(e, ERR_USAGE, 0, "%s is a custodian already", k->custodians[i].name);
    if (!all_open(k, e) || !custodian_grow(k, c, e))
        return false;
    for (size_t i = 0; i < k->generation_count; i++) {
        struct generation *const g = &k->generations[i];
        uint8_t(*more)[BOX];

        if (g->forgotten)
            continue;
        if (!(more = realloc(g->boxes, k->custodian_count * sizeof *more))) {
            k->custodian_count--;
            return no_memory(e);
        }
        g->boxes = more;
        if (crypto_box_seal(more[k->custodian_count - 1], key_set_find(k->open, g->name), SEAL_KEY, c->public) != 0) {
            k->custodian_count--;
            return err_set(e, ERR_USAGE, 0, "the public key of %s is none that anything can be sealed for", c->name);
        }
    }
    return true;
}

/* Whoever is meant; custodian_count: nobody, or several. */
static size_t custodian_named(const struct keyring *k, str who) {
    size_t found = k->custodian_count;

    for (size_t i = 0; i < k->custodian_count; i++) {
        char id[CUSTODIAN_ID_TEXT];

        custodian_id(k->custodians[i].public, id);
        if (str_eq(who, str_of(id)))
            return i;
    }
    for (size_t i = 0; i < k->custodian_count; i++)
        if (str_eq(who, str_of(k->custodians[i].name))) {
            if (found < k->custodian_count)
                return k->custodian_count;
            found = i;
        }
    return found;
}

bool keyring_remove(struct keyring *k, str who, struct err *e) {
    size_t const at = custodian_named(k, who);

    if (at == k->custodian_count)
        return err_set(e, ERR_USAGE, 0, "%.*s is the name of no custodian, or of several: take the id", STR_ARG(who));
    if (k->custodian_count == 1)
        return err_set(e, ERR_USAGE, 0, "%s is the last custodian: without one nobody can read the archive",
                       k->custodians[at].name);
    if (!all_open(k, e))
        return false;
    size_t const behind = k->custodian_count - at - 1;

    memmove(&k->custodians[at], &k->custodians[at + 1], behind * sizeof *k->custodians);
    for (size_t i = 0; i < k->generation_count; i++)
        if (!k->generations[i].forgotten)
            memmove(&k->generations[i].boxes[at], &k->generations[i].boxes[at + 1], behind * sizeof(uint8_t[BOX]));
    k->custodian_count--;
    return keyring_renew(k, e);
}

bool keyring_forget(struct keyring *k, uint32_t number, struct err *e) {
    if (!number || number > k->generation_count || k->generations[number - 1].forgotten)
        return err_set(e, ERR_USAGE, 0, "the archive has no key %u, or it is forgotten already", number);
    if (number == k->generation_count)
        return err_set(e, ERR_USAGE, 0, "key %u is the newest, with which is written: make a new one first", number);
    struct generation *const g = &k->generations[number - 1];

    if (!all_open(k, e))
        return false;
    sodium_memzero(g->boxes, k->custodian_count * sizeof *g->boxes);
    free(g->boxes);
    g->boxes = NULL;
    g->forgotten = true;
    return true;
}

/* ---- its file ---- */

/* What one who can open a key says of the rest of the file. */
static void mac_of(const uint8_t key[SEAL_KEY], str body, uint8_t out[MAC]) {
    static const char what[] = "longwatch archive, who can open it";
    crypto_generichash_state state;

    crypto_generichash_init(&state, key, SEAL_KEY, MAC);
    crypto_generichash_update(&state, (const unsigned char *)what, sizeof what);
    crypto_generichash_update(&state, (const unsigned char *)body.ptr, body.len);
    crypto_generichash_final(&state, out, MAC);
    sodium_memzero(&state, sizeof state);
}

bool keyring_write(const struct keyring *k, struct buf *out, struct err *e) {
    struct buf b = {0};
    uint8_t mac[MAC];

    if (!all_open(k, e))
        return false;
    buf_add(&b, S(RING_FIRST "\narchive "));
    hex_add(&b, k->archive, sizeof k->archive);
    for (size_t i = 0; i < k->custodian_count; i++) {
        buf_add(&b, S("\ncustodian "));
        hex_add(&b, k->custodians[i].public, CUSTODIAN_PUBLIC);
        buf_format(&b, " %s", k->custodians[i].name);
    }
    for (size_t i = 0; i < k->generation_count; i++) {
        const struct generation *const g = &k->generations[i];

        buf_add(&b, g->forgotten ? S("\nforgotten ") : S("\nkey "));
        hex_add(&b, g->name, SEAL_NAME);
        for (size_t n = 0; !g->forgotten && n < k->custodian_count; n++) {
            buf_add(&b, S("\nfor "));
            hex_add(&b, g->boxes[n], BOX);
        }
    }
    buf_byte(&b, '\n');
    size_t const body = b.len;

    for (size_t i = 0; !b.failed && i < k->generation_count; i++)
        if (!k->generations[i].forgotten) {
            mac_of(key_set_find(k->open, k->generations[i].name), str_first(buf_str(&b), body), mac);
            buf_add(&b, S("vouched "));
            hex_add(&b, mac, sizeof mac);
            buf_byte(&b, '\n');
        }
    sum_line(&b);
    buf_add(out, buf_str(&b));
    bool const ok = (!b.failed && !out->failed) || no_memory(e);

    buf_free(&b);
    return ok;
}

static bool custodians_take(struct keyring *k, str *lines, bool *good, struct err *e) {
    while (*good && str_starts(*lines, S("custodian "))) {
        struct custodian c = {.name = ""};
        str value;

        *good = line_of(lines, S("custodian "), &value) && value.len > 2 * CUSTODIAN_PUBLIC &&
                unhex(str_first(value, 2 * CUSTODIAN_PUBLIC), c.public, CUSTODIAN_PUBLIC) &&
                value.ptr[2 * CUSTODIAN_PUBLIC] == ' ' && name_set(&c, str_from(value, 2 * CUSTODIAN_PUBLIC + 1));
        if (*good && !custodian_grow(k, &c, e))
            return false;
    }
    *good = *good && k->custodian_count > 0;
    return true;
}

static bool generations_take(struct keyring *k, str *lines, bool *good, struct err *e) {
    while (*good && (str_starts(*lines, S("key ")) || str_starts(*lines, S("forgotten ")))) {
        bool const forgotten = str_starts(*lines, S("forgotten "));
        struct generation *g;

        if (!generation_grow(k, &g, e))
            return false;
        g->forgotten = forgotten;
        *good = line_hex(lines, forgotten ? S("forgotten ") : S("key "), g->name, SEAL_NAME);
        for (size_t i = 0; *good && i + 1 < k->generation_count; i++)
            *good = memcmp(k->generations[i].name, g->name, SEAL_NAME) != 0;
        if (forgotten)
            continue;
        if (!(g->boxes = malloc(k->custodian_count * sizeof *g->boxes)))
            return no_memory(e);
        for (size_t i = 0; *good && i < k->custodian_count; i++)
            *good = line_hex(lines, S("for "), g->boxes[i], BOX);
    }
    *good = *good && k->generation_count > 0 && !k->generations[k->generation_count - 1].forgotten;
    return true;
}

static bool ring_take(struct keyring *k, str file, str lines, const uint8_t archive[KEYRING_ARCHIVE], bool *good,
                      struct err *e) {
    if (!(*good = line_is(&lines, S(RING_FIRST)) && line_hex(&lines, S("archive "), k->archive, KEYRING_ARCHIVE)))
        return true;
    if (memcmp(k->archive, archive, KEYRING_ARCHIVE) != 0)
        return err_set(e, ERR_CORRUPT, 0, "these are the keys of another archive");
    if (!custodians_take(k, &lines, good, e) || (*good && !generations_take(k, &lines, good, e)))
        return false;
    *good = *good && lines.len > 0;
    if (!*good)
        return true;
    buf_add(&k->body, str_first(file, (size_t)(lines.ptr - file.ptr)));
    if (k->body.failed)
        return no_memory(e);
    for (size_t i = 0; *good && i < k->generation_count; i++)
        if (!k->generations[i].forgotten)
            *good = line_hex(&lines, S("vouched "), k->generations[i].mac, MAC);
    *good = *good && lines.len == 0;
    return true;
}

bool keyring_read(struct keyring **out, str file, const uint8_t archive[KEYRING_ARCHIVE], struct err *e) {
    struct keyring *k;
    bool good = false;
    str lines;

    bool const whole = sum_checked(file, &lines);

    if (whole && str_starts(file, S(RING_ANY)) && !str_starts(file, S(RING_FIRST "\n")))
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "the keys are of a later version: open the archive with a newer Longwatch");
    if (!ring_alloc(&k, archive, e))
        return false;
    bool const ok = (!whole || ring_take(k, file, lines, archive, &good, e)) &&
                    (good || err_set(e, ERR_CORRUPT, 0, "the keys are damaged: a copy of the file is what helps"));

    if (ok)
        *out = k;
    else
        keyring_free(k);
    return ok;
}

/* ---- opening ---- */

static bool vouched(const struct keyring *k, const struct generation *g, const uint8_t key[SEAL_KEY], struct err *e) {
    uint8_t mac[MAC];

    mac_of(key, buf_str(&k->body), mac);
    return sodium_memcmp(mac, g->mac, sizeof mac) == 0 ||
           err_set(e, ERR_CORRUPT, 0,
                   "somebody who could not open the keys has changed who can: nothing is done with them");
}

static bool not_open(const struct keyring *k, str why, struct err *e) {
    struct buf who = {0};

    who_add(k, &who);
    err_set(e, ERR_REFUSED, 0, "%.*s; its custodians: %.*s", STR_ARG(why), who.failed ? 0 : (int)who.len,
            who.ptr ? who.ptr : "");
    buf_free(&who);
    return false;
}

/* What to say of the keys that are not open. */
static bool closed_say(struct keyring *k, struct err *e) {
    bool ok = true;

    for (size_t i = 0; ok && i < k->generation_count; i++) {
        const struct generation *const g = &k->generations[i];
        struct buf who = {0};

        if (key_set_find(k->open, g->name))
            continue;
        buf_format(&who, "encrypted with key %zu of the archive, ", i + 1);
        if (g->forgotten)
            buf_add(&who, S("which was forgotten: nobody can read it any more"));
        else
            buf_add(&who, S("which a custodian's key opens (--key FILE): "));
        if (!g->forgotten)
            who_add(k, &who);
        ok = who.failed ? no_memory(e) : key_set_closed(k->open, g->name, buf_str(&who), e);
        buf_free(&who);
    }
    return ok;
}

bool keyring_unlock(struct keyring *k, const struct custodian_key *key, struct err *e) {
    size_t at = 0;
    bool ok = true;

    while (at < k->custodian_count && memcmp(k->custodians[at].public, key->is.public, CUSTODIAN_PUBLIC) != 0)
        at++;
    if (at == k->custodian_count)
        return not_open(k, S("the archive is encrypted, and this key is not one of those that open it"), e);
    for (size_t i = 0; ok && i < k->generation_count; i++) {
        const struct generation *const g = &k->generations[i];
        uint8_t opened[SEAL_KEY];

        if (g->forgotten)
            continue;
        if (crypto_box_seal_open(opened, g->boxes[at], BOX, key->is.public, key->secret) != 0)
            return err_set(e, ERR_CORRUPT, 0, "key %zu of the archive does not open: it was damaged or changed", i + 1);
        ok = vouched(k, g, opened, e) && key_set_add(k->open, g->name, opened, e);
        sodium_memzero(opened, sizeof opened);
    }
    return ok && closed_say(k, e);
}

bool keyring_unlock_by(struct keyring *k, const struct key_set *open, struct err *e) {
    for (size_t i = 0; i < k->generation_count; i++) {
        const struct generation *const g = &k->generations[i];
        const uint8_t *const key = g->forgotten ? NULL : key_set_find(open, g->name);

        if (key && (!vouched(k, g, key, e) || !key_set_add(k->open, g->name, key, e)))
            return false;
    }
    return key_set_find(k->open, keyring_newest(k)) ? closed_say(k, e) : keyring_unlock_none(k, e);
}

bool keyring_unlock_none(const struct keyring *k, struct err *e) {
    return not_open(k, S("the archive is encrypted, and no key was given that opens it (--key FILE)"), e);
}
