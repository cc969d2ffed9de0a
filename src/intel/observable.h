/* observable: values that intelligence names and evidence holds: types, one spelling each, and what a bare value is.
 *
 * "Canonical" is the spelling in which two mentions of the same thing are the same bytes. It is what indicators are kept under and what
 * is looked up of an event. Types follow the STIX 2.1 cyber-observable objects (section 6) and the attribute types of MISP's core
 * format, as far as a log or a mail can hold them. */
#ifndef INTEL_OBSERVABLE_H
#define INTEL_OBSERVABLE_H

#include "base/buf.h"

enum observable {
    OBSERVABLE_NONE,
    OBSERVABLE_ADDRESS, /* IPv4 or IPv6; RFC 5952, an IPv4-mapped one as IPv4 */
    OBSERVABLE_NETWORK, /* 192.0.2.0/24; host bits are cut */
    OBSERVABLE_DOMAIN,  /* and every name below it: small letters, A-labels (UTS 46), no point at the end */
    OBSERVABLE_URL,     /* codec/web_address.h: without scheme, fragment, and ports 80 and 443 */
    OBSERVABLE_MD5,     /* hashes: small hexadecimal digits; 32 */
    OBSERVABLE_SHA1,    /* 40 */
    OBSERVABLE_SHA256,  /* 64 */
    OBSERVABLE_SHA512,  /* 128 */
    OBSERVABLE_IMPHASH, /* 32 */
    OBSERVABLE_JA3,     /* and JA3S: 32 */
    OBSERVABLE_JA4,     /* t13d1516h2_8daaf6152771_02713d6af862: small letters */
    OBSERVABLE_CERTIFICATE, /* serial number: small hexadecimal digits, no colons, no zeros in front; of fingerprints
                             * see the hashes */
    OBSERVABLE_MAIL,        /* mailbox address, small letters, domain as DOMAIN */
    OBSERVABLE_SUBJECT,     /* of a mail: small letters, blanks together */
    OBSERVABLE_FILE_NAME,   /* small letters, no folder */
    OBSERVABLE_FILE_PATH,   /* small letters, `/` between names, without drive letter, `~` and first `/`, %variable% as below */
    OBSERVABLE_USER_AGENT,  /* as it is */
    OBSERVABLE_COMMAND,     /* a whole command line: small letters, blanks together */
    OBSERVABLE_MUTEX,       /* and other named objects, pipes: small letters, without `Global\`, `Local\`, `\\.\pipe\` */
    OBSERVABLE_REGISTRY,    /* small letters, hive in short (hklm\, hkcu\, hku\), control sets as currentcontrolset */
    OBSERVABLE_SERVICE,     /* name of a service or scheduled task: small letters */
    OBSERVABLE_ACCOUNT,     /* small letters, with its domain if given */
    OBSERVABLE_PHONE,       /* E.164: +4930123456 (event/phone.h); without a country the digits */
    OBSERVABLE_MAC,         /* 00:1b:44:11:3a:b7 */
    OBSERVABLE_AS,          /* number of an autonomous system: as8075 */
    OBSERVABLE_TEXT,        /* a text of at least OBSERVABLE_TEXT_MIN bytes that may stand anywhere, letters of any case */
    OBSERVABLES
};
#define OBSERVABLE_TEXT_MIN 5u
#define OBSERVABLE_BYTES_MAX 8192u /* of a value; a longer one is none */

/* Words for people and JSON: "address", "network", "domain", "url", "md5", "file-path", "user-agent", ... */
str observable_name(enum observable type);
enum observable observable_named(str name); /* any case; NONE: there is no such */

/* Appends the canonical form. False: the value is none of this type, and *why says so in a short phrase ("not a host name"), or memory
 * is out (out->failed). Leaves out as it was then. FILE_NAME with a folder in front, DOMAIN that is an address or one word, NETWORK
 * of all addresses, REGISTRY without a hive, and files with * or ? in their names are refused; ADDRESS/32 and /128 is the address.
 * Of a FILE_PATH with a placeholder in it (c:\users\<user>\x, %userprofile%\x) only what is behind is kept, and the folder that it is on
 * every machine, if there is one (observable_folder). hku\SID-of-a-user is
 * hkcu, hkcr is hklm\software\classes. */
bool observable_canonical(enum observable type, str value, struct buf *out, const char **why);

/* The folder that a placeholder at the start of a path ends in on every machine since Windows Vista: %appdata% and csidl_appdata are
 * appdata/roaming, %temp% and $env:tmp are temp, systemroot is windows. In small letters. "": it differs, or there is no such placeholder. */
str observable_folder(str placeholder);

/* The type of a value that nobody has typed, from a list: address, network, domain, url, hash by its length, mail, path,
 * file name (with an ending that files of programs and documents have), registry key, MAC address, JA4, +telephone. A domain has an
 * ending of the public suffix list's first section, or one of example, test, invalid, onion, i2p, bit. NONE: unclear; a bare word is unclear.
 * An address with a port (1.2.3.4:443), or a host with one, gives ADDRESS or DOMAIN, and *value without the port. */
enum observable observable_guess(str *value);
/* The same for those who ask often: room is emptied and used; NONE and room->failed: memory is out. */
enum observable observable_guess_in(str *value, struct buf *room);

/* Undoes how people make indicators harmless: hxxp, [.], (dot), {.}, [:]//, [@], " dot " (where all of the text is one value: no other
 * blanks in it), zero-width characters, full-width signs. Once undone, it is undone: the same again changes nothing.
 * Appends to out; returns whether anything was undone. What is not defanged comes out as it went in. */
bool observable_refang(str text, struct buf *out);

#endif
