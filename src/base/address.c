/* address: the C library reads the addresses; this checks what it lets through. */
#include "base/address.h"

#include <arpa/inet.h>

bool address_parse(str s, struct address *out) {
    char text[INET6_ADDRSTRLEN + 1];
    size_t const zone = str_find_byte(s, '%');
    struct address a = {0};

    if (zone != SIZE_MAX) {
        if (zone + 1 == s.len || str_find_byte(str_first(s, zone), ':') == SIZE_MAX)
            return false;
        s.len = zone;
    }
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, 0, s.len))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    a.family = memchr(text, ':', s.len) ? 6 : 4;
    if (inet_pton(a.family == 6 ? AF_INET6 : AF_INET, text, a.bytes) != 1)
        return false;
    *out = a;
    return true;
}

static bool low_bits_zero(const struct address *a, unsigned bits) {
    unsigned const all = a->family == 4 ? 32 : 128;

    for (unsigned i = bits; i < all; i++)
        if (a->bytes[i / 8] >> (7 - i % 8) & 1)
            return false;
    return true;
}

str address_format(const struct address *a, char out[ADDRESS_TEXT]) {
    _Static_assert(ADDRESS_TEXT >= INET6_ADDRSTRLEN, "every address has room");
    return str_of(inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, out, ADDRESS_TEXT));
}

bool network_parse(str s, struct network *out, struct err *e) {
    size_t const slash = str_find_byte(s, '/');
    struct network n;
    uint64_t bits;

    if (slash == SIZE_MAX || !address_parse(str_first(s, slash), &n.base) || str_find_byte(s, '%') != SIZE_MAX ||
        !str_u64(str_from(s, slash + 1), n.base.family == 4 ? 32 : 128, &bits))
        return err_set(e, ERR_USAGE, 0, "'%.*s' is no network in CIDR notation", STR_ARG(str_first(s, 60)));
    n.bits = (uint8_t)bits;
    if (!low_bits_zero(&n.base, n.bits))
        return err_set(e, ERR_USAGE, 0, "'%.*s' has host bits set", STR_ARG(str_first(s, 60)));
    *out = n;
    return true;
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits) {
    unsigned const whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool network_holds(const struct network *n, const struct address *a) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (n->base.family == a->family)
        return same_prefix(n->base.bytes, a->bytes, n->bits);
    return n->base.family == 4 && memcmp(a->bytes, mapped, sizeof mapped) == 0 &&
           same_prefix(n->base.bytes, a->bytes + 12, n->bits);
}
