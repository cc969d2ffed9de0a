/* web_address: addresses of the web in one spelling, so that what a mail asks for is found again in what a log says was fetched.
 *
 * Follows RFC 3986 6.2 as far as browsers and proxies do: letter case of scheme and host, ports that need not be written,
 * percent-encoding of signs that need none, signs that must be encoded, dots in paths, the path that was left out; no fragment, no
 * name and password; tabs and line ends within are nothing, backslashes are slashes (WHATWG URL). `&amp;` is `&`, for logs of
 * programs that took HTML for an address. The scheme is no part: half of the logs do not say it. */
#ifndef CODEC_WEB_ADDRESS_H
#define CODEC_WEB_ADDRESS_H

#include "base/arena.h"
#include "base/str.h"

#define WEB_ADDRESS_MAX 65536u /* bytes of an address; what is longer is none */

struct web_address {
    str host; /* small letters (ASCII), without port and point at the end; IPv6 in brackets */
    str key;  /* host, port unless 80 or 443, path and query; the same for all spellings */
    bool
        bare; /* only the host is known: CONNECT's host:443, a name of DNS or TLS, or the path is "/" and perhaps nobody
                * wrote it */
    bool cut; /* there was more: it ends in "...", or within an encoded sign */
};

/* text: with scheme (http, https, ws, wss, ssl, tcp) or without, then host, perhaps port and path. Texts live in a. False: it is no
 * such address, or a is full. */
bool web_address_of(str text, struct arena *a, struct web_address *out);
/* Of a log that holds host, path and query apart (Zeek: host, uri; W3C: cs-host, cs-uri-stem, cs-uri-query). host may have
 * a port; path may be a whole address, then host is not looked at, or a host and port (CONNECT); "-" and "" are nothing; the query has its ? or not. */
bool web_address_join(str host, str path, str query, struct arena *a, struct web_address *out);

#endif
