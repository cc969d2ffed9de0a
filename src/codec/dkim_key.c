/* dkim_key: key records (RFC 6376 3.6.1, RFC 8463 4) out of the text they are given in. */
#include "codec/dkim_own.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define RECORD_BYTES_MAX (64u << 10)
#define RECORDS_MAX (1u << 20)

struct dkim_keys {
    struct arena *a;
    struct dkim_key *of;
    uint32_t count, room;
};

/* ---- a record ---- */

/* Was it memory that OpenSSL wanted? Its errors are taken away. */
static bool wanted_memory(void) {
    bool wanted = false;

    for (unsigned long code; (code = ERR_get_error());)
        wanted = wanted || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    return wanted;
}

/* SubjectPublicKeyInfo as everybody writes it, or the bare RSAPublicKey that the RFC's text asks for. */
static EVP_PKEY *rsa_of(const uint8_t *der, size_t len) {
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);

    if (!key) {
        at = der;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)len);
    }
    if (key && (at != der + len || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static const char *key_of(struct dkim_key *k, str p, bool *memory) {
    uint8_t der[2 * DKIM_SIGNATURE_BYTES_MAX];
    size_t len;

    if (!dkim_base64(p, der, sizeof der, &len))
        return p.len > 2 * sizeof der ? "key too long" : "key cannot be read";
    ERR_clear_error();
    if (k->ed25519)
        k->key = len == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, len) : NULL;
    else
        k->key = rsa_of(der, len);
    *memory = wanted_memory() && !k->key;
    if (!k->key)
        return "key cannot be read";
    if (k->ed25519)
        return NULL;
    if (EVP_PKEY_get_bits(k->key) < DKIM_RSA_BITS_LEAST)
        return "key too short";
    return EVP_PKEY_get_bits(k->key) > DKIM_RSA_BITS_MAX ? "key too long" : NULL;
}

static const char *record_read(struct dkim_key *k, bool *memory) {
    const struct dkim_tag *version, *type, *hashes, *services, *flags, *p;
    struct dkim_tags t;

    if (!dkim_tags_read(k->text, &t))
        return "key record cannot be read";
    version = dkim_tag(&t, "v");
    type = dkim_tag(&t, "k");
    hashes = dkim_tag(&t, "h");
    services = dkim_tag(&t, "s");
    flags = dkim_tag(&t, "t");
    p = dkim_tag(&t, "p");
    if (flags) {
        k->test = dkim_listed(flags->value, S("y"));
        k->strict = dkim_listed(flags->value, S("s"));
    }
    if (version && (version != t.of || !str_eq(version->value, S("DKIM1"))))
        return "key record of an unknown version";
    if (!p)
        return "key record without a key";
    k->ed25519 = type && str_eq_ascii(type->value, S("ed25519"));
    if (type && !k->ed25519 && !str_eq_ascii(type->value, S("rsa")))
        return "key of an unknown type";
    if (hashes && !dkim_listed(hashes->value, S("sha256")))
        return "key is not for this hash";
    if (services && !dkim_listed(services->value, S("*")) && !dkim_listed(services->value, S("email")))
        return "key is not for mail";
    if (!p->value.len)
        return "key revoked";
    return key_of(k, p->value, memory);
}

/* ---- the text ---- */

struct lines {
    const char *pos, *end;
    uint32_t line;
    str path;
    struct err *e;
};

static bool wrong(const struct lines *l, const char *what) {
    return err_set(l->e, ERR_USAGE, 0, "%.*s:%u: %s", STR_ARG(l->path), l->line, what);
}

static void skip_blanks(struct lines *l) {
    while (l->pos < l->end && (*l->pos == ' ' || *l->pos == '\t' || *l->pos == '\r'))
        l->pos++;
}

static void skip_line(struct lines *l) {
    while (l->pos < l->end && *l->pos != '\n')
        l->pos++;
}

/* Up to a blank, a quote or the line's end. */
static str word(struct lines *l) {
    const char *const from = l->pos;

    while (l->pos < l->end && !strchr(" \t\r\n\"", *l->pos))
        l->pos++;
    return (str){from, (size_t)(l->pos - from)};
}

static bool add(const struct lines *l, char *text, size_t *len, char c) {
    if (*len == RECORD_BYTES_MAX)
        return wrong(l, "the record is longer than 64 KiB");
    text[(*len)++] = c;
    return true;
}

/* RFC 1035 5.1: at the opening quote. */
static bool quoted(struct lines *l, char *text, size_t *len) {
    for (l->pos++; l->pos < l->end && *l->pos != '"'; l->pos++) {
        unsigned c = (unsigned char)*l->pos;

        if (c == '\n')
            break;
        if (c == '\\') {
            unsigned digits = 0, number = 0;

            while (digits < 3 && l->end - l->pos > 1 && l->pos[1] >= '0' && l->pos[1] <= '9') {
                number = number * 10 + (unsigned)(l->pos[1] - '0');
                digits++;
                l->pos++;
            }
            if ((digits && (digits < 3 || number > 255)) || (!digits && l->end - l->pos < 2))
                return wrong(l, "this escape is none");
            c = digits ? number : (unsigned char)*++l->pos;
        }
        if (!add(l, text, len, (char)c))
            return false;
    }
    if (l->pos == l->end || *l->pos != '"')
        return wrong(l, "a quote is not closed");
    l->pos++;
    return true;
}

/* Strings of a TXT record up to the line's end, or that of the brackets. */
static bool strings(struct lines *l, char *text, size_t *len) {
    bool inside = false, any = false;

    for (;;) {
        skip_blanks(l);
        if (l->pos < l->end && *l->pos == ';')
            skip_line(l);
        if (l->pos == l->end || (*l->pos == '\n' && !inside))
            break;
        if (*l->pos == '\n') {
            l->line++;
            l->pos++;
        } else if (*l->pos == '"') {
            any = true;
            if (!quoted(l, text, len))
                return false;
        } else if ((*l->pos == '(') != inside && strchr("()", *l->pos)) {
            inside = !inside;
            l->pos++;
        } else {
            return wrong(l, "the text of a TXT record stands in quotes");
        }
    }
    return inside ? wrong(l, "a bracket is not closed") : any || wrong(l, "no text follows TXT");
}

static bool is_ttl(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("0123456789smhdwSMHDW", s.ptr[i]) || !s.ptr[i])
            return false;
    return s.len > 0 && s.ptr[0] >= '0' && s.ptr[0] <= '9';
}

/* Behind the name: the record, as it is or as zone files have it. */
static bool record_text(struct lines *l, char *text, size_t *len) {
    const char *const from = l->pos;
    str w;

    *len = 0;
    do { /* TTL and class, in any order */
        skip_blanks(l);
        w = word(l);
    } while (is_ttl(w) || str_eq_ascii(w, S("IN")));
    if (str_eq_ascii(w, S("TXT")) || !w.len) {
        skip_blanks(l);
        if (l->pos < l->end && strchr("\"(", *l->pos))
            return strings(l, text, len);
        if (l->pos == l->end || *l->pos == '\n')
            return wrong(l, "no record follows the name");
    } else {
        l->pos = from;
        skip_blanks(l);
    }
    if (str_starts(w, S("(")))
        return strings(l, text, len);
    for (; l->pos < l->end && *l->pos != '\n'; l->pos++)
        if (!add(l, text, len, *l->pos))
            return false;
    if (str_find_byte((str){text, *len}, '=') == SIZE_MAX)
        return wrong(l, "this is no key record: v=DKIM1; p=..., or a TXT record of it");
    return true;
}

/* selector._domainkey.domain, whole. */
static bool is_key_name(str name) {
    static const str middle = STR("._domainkey.");
    size_t const at = str_find(name, middle);

    return at != SIZE_MAX && at > 0 && name.len > at + middle.len && name.len <= 512;
}

static bool key_add(struct dkim_keys *k, struct dkim_key *one, struct err *e) {
    bool memory = false;

    if (k->count == k->room) {
        uint32_t const room = k->room ? 2 * k->room : 16;
        struct dkim_key *const more = realloc(k->of, room * sizeof *more);

        if (!more)
            return err_set(e, ERR_MEMORY, 0, "keys");
        k->of = more;
        k->room = room;
    }
    one->reason = record_read(one, &memory);
    k->of[k->count++] = *one; /* now it is freed with them */
    return !memory || err_set(e, ERR_MEMORY, 0, "a key");
}

static bool line_read(struct dkim_keys *k, struct lines *l, char *text) {
    struct dkim_key one = {0};
    size_t len;
    str name;

    skip_blanks(l);
    if (l->pos == l->end || strchr("#;\n", *l->pos)) {
        skip_line(l);
        return true;
    }
    name = word(l);
    if (str_eq_ascii(name, S("$TTL"))) {
        skip_line(l);
        return true;
    }
    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    if (!arena_copy(k->a, name, &one.name))
        return err_set(l->e, ERR_MEMORY, 0, "keys");
    dkim_small((char *)(uintptr_t)one.name.ptr, one.name.len);
    if (!is_key_name(one.name))
        return wrong(l, "no whole name of a key: selector._domainkey.domain");
    if (!record_text(l, text, &len))
        return false;
    if (k->count == RECORDS_MAX)
        return wrong(l, "more than 1048576 keys");
    if (!arena_copy(k->a, str_trim((str){text, len}), &one.text))
        return err_set(l->e, ERR_MEMORY, 0, "keys");
    return key_add(k, &one, l->e);
}

static int by_name(const void *a, const void *b) {
    const struct dkim_key *const x = a, *const y = b;
    int const order = str_cmp(x->name, y->name);

    return order ? order : str_cmp(x->text, y->text); /* in any order of lines the same */
}

bool dkim_keys_read(struct dkim_keys **out, str path, str text, struct err *e) {
    struct lines l = {text.ptr, text.ptr + text.len, 1, path, e};
    struct dkim_keys *const k = calloc(1, sizeof *k);
    char *const room = malloc(RECORD_BYTES_MAX);

    if (!k || !room || !(k->a = arena_new(SIZE_MAX / 2))) {
        err_set(e, ERR_MEMORY, 0, "keys");
        goto fail;
    }
    if (str_starts(text, S("\xef\xbb\xbf")))
        l.pos += 3;
    for (; l.pos < l.end; l.line++) {
        if (!line_read(k, &l, room))
            goto fail;
        skip_blanks(&l);
        if (l.pos < l.end)
            l.pos++; /* the line end */
    }
    if (k->count)
        qsort(k->of, k->count, sizeof *k->of, by_name);
    free(room);
    *out = k;
    return true;
fail:
    free(room);
    dkim_keys_free(k);
    return false;
}

void dkim_keys_free(struct dkim_keys *k) {
    if (!k)
        return;
    for (uint32_t i = 0; i < k->count; i++)
        EVP_PKEY_free(k->of[i].key);
    free(k->of);
    arena_free(k->a);
    free(k);
}

const struct dkim_key *dkim_keys_find(const struct dkim_keys *k, str selector, str domain, uint32_t *count) {
    static const str middle = STR("._domainkey.");
    uint32_t low = 0, high = k->count;
    char room[512];
    size_t used = 0;
    str name;

    *count = 0;
    if (selector.len > 253 || domain.len > 253 - middle.len)
        return NULL; /* nothing in DNS is so long */
    memcpy(room, selector.ptr, selector.len);
    used = selector.len;
    memcpy(room + used, middle.ptr, middle.len);
    used += middle.len;
    memcpy(room + used, domain.ptr, domain.len);
    used += domain.len;
    dkim_small(room, used);
    name = (str){room, used};
    while (low < high) {
        uint32_t const at = low + (high - low) / 2;

        if (str_cmp(k->of[at].name, name) < 0)
            low = at + 1;
        else
            high = at;
    }
    while (low + *count < k->count && str_eq(k->of[low + *count].name, name))
        ++*count;
    return *count ? &k->of[low] : NULL;
}
