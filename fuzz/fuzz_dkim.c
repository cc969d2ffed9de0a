/* fuzz_dkim: a message, and behind a line of `%` key records, or the keys of the corpus. Nothing passes but by a key that is given;
 * the answer is the same for CRLF and LF; what is told are views of the message. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "codec/dkim.h"

/* Of RFC 8463 A.2, whose messages are in the corpus. */
#define KEYS                                                                                                           \
    "brisbane._domainkey.football.example.com k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"             \
    "test._domainkey.football.example.com "                                                                            \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6w"                                   \
    "y5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"                                                           \
    "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3"                                                    \
    "G+2kryOTIKT+l/K4w3QIDAQAB\n"

static bool within(str view, str all) {
    return view.len == 0 || (view.ptr >= all.ptr && view.ptr + view.len <= all.ptr + all.len);
}

static void lf_only(str message, struct buf *out) {
    for (size_t i = 0; i < message.len; i++)
        if (message.ptr[i] != '\r' || i + 1 == message.len || message.ptr[i + 1] != '\n')
            buf_byte(out, message.ptr[i]);
    if (out->failed)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str const all = {(const char *)data, size};
    struct dkim_signature found[DKIM_SIGNATURES_MAX], again[DKIM_SIGNATURES_MAX];
    struct arc_chain chain, chain_again;
    size_t const cut = str_find(all, (str)STR("\n%\n"));
    str const message = str_first(all, cut);
    struct arena *const a = arena_new(4u << 20);
    struct dkim_keys *keys = NULL, *none = NULL;
    struct buf lf = {0};
    uint32_t count, count_again;
    struct err e;

    if (!a || size > 1 << 18)
        goto done;
    if (!dkim_keys_read(&none, S("none"), S(""), &e))
        abort();
    if (!dkim_keys_read(&keys, S("keys"), cut == SIZE_MAX ? (str)STR(KEYS) : str_from(all, cut + 3), &e)) {
        if (e.code != ERR_USAGE)
            abort();
        goto done;
    }
    lf_only(message, &lf);
    if (!dkim_verify(message, keys, 1700000000, a, found, &count, &e) ||
        !dkim_verify(buf_str(&lf), keys, 1700000000, a, again, &count_again, &e) ||
        !arc_verify(message, keys, a, &chain, &e) || !arc_verify(buf_str(&lf), keys, a, &chain_again, &e))
        abort();
    assert(count <= DKIM_SIGNATURES_MAX && chain.instances <= 50);
    /* "\r\r\n" is a CR and a line end, and "\r\n" with the second taken: then both are not the same message. */
    if (str_find(message, S("\r\r\n")) == SIZE_MAX && lf.len < 1 << 18) {
        assert(count == count_again && chain.result == chain_again.result && chain.instances == chain_again.instances);
        for (uint32_t i = 0; i < count; i++)
            assert(found[i].result == again[i].result && strcmp(found[i].reason, again[i].reason) == 0);
    }
    for (uint32_t i = 0; i < count; i++)
        assert(within(found[i].domain, message) && within(found[i].selector, message) &&
               within(found[i].identity, message) && (found[i].result == DKIM_PASS) == !found[i].reason[0]);
    for (uint32_t i = 0; i < chain.instances; i++)
        assert(within(chain.sealers[i], message));
    if (!dkim_verify(message, none, 1700000000, a, found, &count_again, &e) ||
        !arc_verify(message, none, a, &chain, &e))
        abort();
    assert(count == count_again && chain.result != ARC_PASS);
    for (uint32_t i = 0; i < count; i++)
        assert(found[i].result != DKIM_PASS && found[i].result != DKIM_FAIL);
done:
    dkim_keys_free(none);
    dkim_keys_free(keys);
    buf_free(&lf);
    arena_free(a);
    return 0;
}
