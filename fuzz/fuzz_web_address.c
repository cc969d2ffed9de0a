/* fuzz_web_address: any bytes as an address of the web. What it comes to is an address, and comes to itself; it has no sign that
 * addresses do not have, and its host begins it. */
#include <assert.h>

#include "codec/web_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void good(const struct web_address *w, struct arena *a) {
    struct web_address again;

    assert(w->host.len && str_starts(w->key, w->host) && str_find_byte(w->key, '#') == SIZE_MAX);
    for (size_t i = w->host.len; i < w->key.len; i++)
        assert((unsigned char)w->key.ptr[i] > 0x20 && (unsigned char)w->key.ptr[i] < 0x7f && w->key.ptr[i] != '\\');
    if (w->key.len > WEB_ADDRESS_MAX || w->cut || str_ends(w->key, S("...")))
        return;
    assert(web_address_of(w->key, a, &again));
    assert(str_eq(again.key, w->key) && str_eq(again.host, w->host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *const a = arena_new((size_t)16 << 20);
    str const all = {(const char *)data, size};
    size_t const first = str_find_byte(all, '\n'),
                 second = first == SIZE_MAX ? first : str_find_byte(str_from(all, first + 1), '\n');
    struct web_address w;

    if (!a)
        return 0;
    if (web_address_of(all, a, &w))
        good(&w, a);
    if (second != SIZE_MAX && web_address_join(str_first(all, first), str_first(str_from(all, first + 1), second),
                                               str_from(all, first + second + 2), a, &w))
        good(&w, a);
    arena_free(a);
    return 0;
}
