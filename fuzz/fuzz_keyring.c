/* fuzz_keyring: files of keys of any bytes, with sums that fit: refused, or read within their bounds; and what is read and can be opened is written again as something
 * that opens.
 *
 * The input: the file without its last line. A first byte says which file: of an archive, of a custodian's private or public key. */
#include <assert.h>
#include <stdlib.h>

#include "archive/vault_own.h"

static void archive(str file) {
    static const uint8_t id[KEYRING_ARCHIVE] = "0123456789abcde";
    struct buf again = {0};
    struct keyring *k, *second;
    struct err e = {0};
    size_t count;

    if (!keyring_read(&k, file, id, &e)) {
        assert(e.code != ERR_NONE && e.text[0]);
        return;
    }
    const struct custodian *const c = keyring_custodians(k, &count);

    assert(count > 0 && count <= CUSTODIANS_MAX && strlen(c[count - 1].name) <= CUSTODIAN_NAME_MAX);
    for (size_t i = 0; i < keyring_generations(k); i++)
        assert(!keyring_generation(k, i).open);
    assert(!keyring_generation(k, keyring_generations(k) - 1).forgotten);
    assert(!keyring_write(k, &again, &e) && e.code == ERR_REFUSED); /* no key of it is open */
    assert(!keyring_unlock_none(k, &e) && e.code == ERR_REFUSED);
    assert(!keyring_read(&second, str_first(file, file.len - 1), id, &e));
    buf_free(&again);
    keyring_free(k);
}

static void private(str file) {
    struct custodian_key *k, *again;
    struct buf b = {0};
    struct err e = {0};

    if (custodian_key_protected(file)) /* hashing a passphrase takes a second; the rest is what this is about */
        return;
    if (!custodian_key_read(&k, file, S("x"), &e)) {
        assert(e.code != ERR_NONE && e.text[0]);
        return;
    }
    if (!custodian_key_write(k, S(""), &b, &e) || !custodian_key_read(&again, buf_str(&b), S(""), &e))
        abort();
    assert(memcmp(custodian_of(k), custodian_of(again), sizeof(struct custodian)) == 0);
    custodian_key_free(k);
    custodian_key_free(again);
    buf_free(&b);
}

static void public(str file) {
    struct custodian c, again;
    struct buf b = {0};
    struct err e = {0};

    if (!custodian_read(&c, file, &e)) {
        assert(e.code != ERR_NONE && e.text[0]);
        return;
    }
    custodian_write(&c, &b);
    if (b.failed || !custodian_read(&again, buf_str(&b), &e))
        abort();
    assert(memcmp(&c, &again, sizeof c) == 0);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf b = {0};

    if (!size)
        return 0;
    buf_add(&b, (str){(const char *)data + 1, size - 1});
    sum_line(&b);
    if (b.failed)
        abort();
    /* A copy of just this size. */
    char *const exact = malloc(b.len);

    if (!exact)
        abort();
    memcpy(exact, b.ptr, b.len);
    (data[0] % 3 == 0 ? archive : data[0] % 3 == 1 ? private : public)((str){exact, b.len});
    free(exact);
    buf_free(&b);
    return 0;
}
