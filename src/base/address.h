/* address: IPv4 and IPv6 addresses and networks, out of text and back (RFC 4291 2.2, RFC 5952, RFC 4632). No names, no ports. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

struct address {
    uint8_t family;    /* 4 or 6 */
    uint8_t bytes[16]; /* network order; IPv4 in the first four */
};

struct network {
    struct address base; /* host bits are zero */
    uint8_t bits;        /* 0 to 32, 0 to 128 */
};

/* One address and nothing else; an IPv6 zone (%eth0) is cut. No octal, no hexadecimal, no short IPv4. */
bool address_parse(str s, struct address *out);
#define ADDRESS_TEXT 48
/* Its canonical text (RFC 5952). */
str address_format(const struct address *a, char out[ADDRESS_TEXT]);
/* address/bits. ERR_USAGE: not a network, or host bits set. */
MUST_USE bool network_parse(str s, struct network *out, struct err *e);
/* An IPv4-mapped IPv6 address (::ffff:10.1.2.3) is tested as IPv4 against IPv4 networks as well. */
bool network_holds(const struct network *n, const struct address *a);

#endif
