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
/* As logs name a client: perhaps in brackets or with a port behind (1.2.3.4:80, [2001:db8::1]:80), blanks around it; an IPv4-mapped
 * one is IPv4. */
bool address_parse_client(str s, struct address *out);
/* An IPv4-mapped IPv6 address (::ffff:10.1.2.3) as IPv4; others as they are. */
struct address address_plain(const struct address *a);
#define ADDRESS_TEXT 48
/* Its canonical text (RFC 5952). */
str address_format(const struct address *a, char out[ADDRESS_TEXT]);
/* The network somebody is likely to have as a whole, so that what changes its address stays in it: IPv4 /24, IPv6 /48. */
#define NETWORK_TEXT (ADDRESS_TEXT + 8)
str address_network_text(const struct address *a, char out[NETWORK_TEXT]);
/* address/bits. ERR_USAGE: not a network, or host bits set. */
MUST_USE bool network_parse(str s, struct network *out, struct err *e);
/* An IPv4-mapped IPv6 address (::ffff:10.1.2.3) is tested as IPv4 against IPv4 networks as well. */
bool network_holds(const struct network *n, const struct address *a);

/* Its first and last address. */
void network_range(const struct network *n, struct address *first, struct address *last);

#endif
