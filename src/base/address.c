/* address: the C library reads IPv6 addresses; this checks what it lets through. */
#include "base/address.h"

#include <arpa/inet.h>

/* Four decimal numbers without needless zeros. */
static bool ipv4_parse(str s, struct address *out) {
    struct address a = {.family = 4};
    size_t i = 0;

    for (unsigned part = 0; part < 4; part++) {
        unsigned n = 0, digits = 0;

        if (part > 0 && (i >= s.len || s.ptr[i++] != '.'))
            return false;
        for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits++) {
            n = n * 10 + (unsigned)(s.ptr[i] - '0');
            if (n > 255 || (digits > 0 && n < 10))
                return false;
        }
        if (digits == 0)
            return false;
        a.bytes[part] = (uint8_t)n;
    }
    if (i < s.len)
        return false;
    *out = a;
    return true;
}

bool address_parse(str s, struct address *out) {
    char text[INET6_ADDRSTRLEN + 1];
    size_t const zone = str_find_byte(s, '%');
    struct address a = {.family = 6};

    if (str_find_byte(s, ':') == SIZE_MAX)
        return ipv4_parse(s, out);
    if (zone != SIZE_MAX) {
        if (zone + 1 == s.len || str_find_byte(str_first(s, zone), ':') == SIZE_MAX)
            return false;
        s.len = zone;
    }
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, 0, s.len))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    if (inet_pton(AF_INET6, text, a.bytes) != 1)
        return false;
    *out = a;
    return true;
}

struct address address_plain(const struct address *a) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct address plain = {.family = 4};

    if (a->family != 6 || memcmp(a->bytes, mapped, sizeof mapped) != 0)
        return *a;
    memcpy(plain.bytes, a->bytes + sizeof mapped, 4);
    return plain;
}

bool address_parse_client(str s, struct address *out) {
    size_t end;

    s = str_trim(s);
    if (s.len && s.ptr[0] == '[' && (end = str_find_byte(s, ']')) != SIZE_MAX)
        s = (str){s.ptr + 1, end - 1};
    else if ((end = str_find_byte(s, ':')) != SIZE_MAX && str_find_byte(str_from(s, end + 1), ':') == SIZE_MAX)
        s = str_first(s, end); /* one colon: a port, as IPv6 has two at least */
    if (!address_parse(s, out))
        return false;
    *out = address_plain(out);
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

str address_network_text(const struct address *a, char out[NETWORK_TEXT]) {
    struct address base = *a;
    char plain[ADDRESS_TEXT];

    memset(base.bytes + (a->family == 4 ? 3 : 6), 0, a->family == 4 ? 1 : 10);
    str const text = address_format(&base, plain);
    int const n = snprintf(out, NETWORK_TEXT, "%.*s/%d", STR_ARG(text), a->family == 4 ? 24 : 48);

    return (str){out, (size_t)n};
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

void network_range(const struct network *n, struct address *first, struct address *last) {
    unsigned const width = n->base.family == 4 ? 4 : 16;

    *first = *last = n->base;
    for (unsigned i = 0; i < width; i++) {
        unsigned const left = n->bits > i * 8 ? n->bits - i * 8 : 0;

        last->bytes[i] |= (uint8_t)(left >= 8 ? 0 : 0xff >> left);
    }
}
