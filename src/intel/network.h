/* network: what an address tells without asking anybody: special ranges (RFC 6890), networks that providers publish as
 * theirs (data/networks), and country and network out of MMDB files (MaxMind DB format 2.0) that the user has. */
#ifndef INTEL_NETWORK_H
#define INTEL_NETWORK_H

#include "base/address.h"
#include "base/err.h"

struct geo;

/* Empty where nothing is known. */
struct network_about {
    str range; /* "private", "shared", "loopback", "documentation", ...; such an address is nobody's on the Internet */
    str provider;      /* "Amazon", "Microsoft", ... */
    char country[3];   /* ISO 3166-1, two letters */
    char network[128]; /* "AS8075 Microsoft Corporation", cut where a character ends */
};

/* The MMDB files at these paths: the first that knows a fact counts. ERR_USAGE: a file that is none. They are read as they
 * are needed, and trusted as far as libmaxminddb checks them. */
MUST_USE bool geo_open(struct geo **out, const char *const *paths, size_t count, struct err *e);
/* Takes NULL. */
void geo_close(struct geo *g);
/* What is known of an address. g may be NULL: ranges and providers are known without any file. An IPv4-mapped IPv6 address is
 * taken as IPv4. */
void network_about(const struct geo *g, const struct address *a, struct network_about *out);
/* The same for an address as text, perhaps in brackets or with a port behind (1.2.3.4:80, [2001:db8::1]:80). False: it is none. */
bool network_about_text(const struct geo *g, str text, struct network_about *out);
/* One line for people: "DE, AS3320 Deutsche Telekom AG", "private", "Amazon, US"; "" when nothing is known. */
#define NETWORK_LINE_MAX 224u
str network_line(const struct network_about *a, char out[NETWORK_LINE_MAX]);

#endif
