/* stix_id: see stix_id.h. */
#include "report/stix_id.h"

#include <openssl/evp.h>

#include "codec/jcs.h"
#include "codec/json_tree.h"

/* 00abedb4-aa42-466c-9c01-fed23315a9b7: of all cyber-observable objects of anybody. */
static const uint8_t observable_space[UUID_SIZE] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
                                                    0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};

static const struct {
    str type;
    const char *properties[5];
} contributing[] = {
    {STR("autonomous-system"), {"number"}},
    {STR("domain-name"), {"value"}},
    {STR("email-addr"), {"value"}},
    {STR("email-message"), {"from_ref", "subject", "body"}},
    {STR("file"), {"hashes", "name", "extensions", "parent_directory_ref"}},
    {STR("ipv4-addr"), {"value"}},
    {STR("ipv6-addr"), {"value"}},
    {STR("mac-addr"), {"value"}},
    {STR("mutex"), {"name"}},
    {STR("url"), {"value"}},
    {STR("user-account"), {"account_type", "user_id", "account_login"}},
    {STR("windows-registry-key"), {"key", "values"}},
    {STR("x509-certificate"), {"hashes", "serial_number"}},
};

bool uuid5(const uint8_t space[UUID_SIZE], str name, uint8_t out[UUID_SIZE], struct err *e) {
    EVP_MD_CTX *const c = EVP_MD_CTX_new();
    uint8_t hash[EVP_MAX_MD_SIZE];
    bool const ok = c && EVP_DigestInit_ex(c, EVP_sha1(), NULL) == 1 && EVP_DigestUpdate(c, space, UUID_SIZE) == 1 &&
                    EVP_DigestUpdate(c, name.ptr, name.len) == 1 && EVP_DigestFinal_ex(c, hash, NULL) == 1;

    EVP_MD_CTX_free(c);
    if (!ok)
        return err_set(e, ERR_MEMORY, 0, "no memory for an identifier");
    memcpy(out, hash, UUID_SIZE);
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x50);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
    return true;
}

void uuid_text(const uint8_t uuid[UUID_SIZE], char out[UUID_TEXT]) {
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[uuid[i] >> 4];
        *out++ = digits[uuid[i] & 15];
    }
    *out = '\0';
}

/* TYPE--UUID of the canonical text of `of`. */
static bool id_set(json_t *object, const uint8_t space[UUID_SIZE], str before, const json_t *of, struct err *e) {
    str const type = json_text_at(object, "type");
    uint8_t uuid[UUID_SIZE];
    char text[UUID_TEXT];
    struct buf name = {0}, id = {0};
    bool ok;

    buf_add(&name, before);
    ok = jcs_add(&name, of) || err_set(e, name.failed ? ERR_MEMORY : ERR_UNSUPPORTED, 0,
                                       name.failed ? "no memory for an identifier" : "a number that has no one form");
    ok = ok && uuid5(space, buf_str(&name), uuid, e);
    if (ok) {
        uuid_text(uuid, text);
        buf_format(&id, "%.*s--%s", STR_ARG(type), text);
        ok = (!id.failed && json_object_set_new(object, "id", json_stringn(id.ptr, id.len)) == 0) ||
             err_set(e, ERR_MEMORY, 0, "no memory for an identifier");
    }
    buf_free(&name);
    buf_free(&id);
    return ok;
}

/* One hash only, the first there is of this order. */
static json_t *one_hash(json_t *hashes) {
    static const char *const order[] = {"MD5", "SHA-1", "SHA-256", "SHA-512"};

    for (size_t i = 0; i < COUNT(order); i++)
        if (json_object_get(hashes, order[i]))
            return json_pack("{s:O}", order[i], json_object_get(hashes, order[i]));
    return NULL;
}

bool stix_observable_id(json_t *object, struct err *e) {
    str const type = json_text_at(object, "type");
    json_t *of;
    size_t i = 0;
    bool ok = true;

    while (i < COUNT(contributing) && !str_eq(contributing[i].type, type))
        i++;
    if (i == COUNT(contributing))
        return err_set(e, ERR_UNSUPPORTED, 0, "no rule for the identifier of a %.*s", STR_ARG(type));
    if (!(of = json_object()))
        return err_set(e, ERR_MEMORY, 0, "no memory for an identifier");
    for (size_t k = 0; ok && k < COUNT(contributing[i].properties) && contributing[i].properties[k]; k++) {
        const char *const name = contributing[i].properties[k];
        json_t *const value = json_object_get(object, name);

        if (value && strcmp(name, "hashes") == 0) {
            json_t *const hash = one_hash(value);

            ok = !hash || json_object_set_new(of, name, hash) == 0;
        } else if (value) {
            ok = json_object_set(of, name, value) == 0;
        }
    }
    if (!ok)
        err_set(e, ERR_MEMORY, 0, "no memory for an identifier");
    else if (json_object_size(of) == 0)
        ok = err_set(e, ERR_UNSUPPORTED, 0, "a %.*s without what its identifier is made of", STR_ARG(type));
    else
        ok = id_set(object, observable_space, S(""), of, e);
    json_decref(of);
    return ok;
}

bool stix_object_id(json_t *object, const uint8_t space[UUID_SIZE], struct err *e) {
    return id_set(object, space, json_text_at(object, "type"), object, e);
}

bool stix_id_of_type(str id, str type) {
    if (id.len != type.len + 2 + UUID_TEXT - 1 || !str_starts(id, type) || id.ptr[type.len] != '-' ||
        id.ptr[type.len + 1] != '-')
        return false;
    str const uuid = str_from(id, type.len + 2);

    for (size_t i = 0; i < uuid.len; i++) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? uuid.ptr[i] != '-' : !strchr("0123456789abcdefABCDEF", uuid.ptr[i]) || !uuid.ptr[i])
            return false;
    }
    return true;
}
