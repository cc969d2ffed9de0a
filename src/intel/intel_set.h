/* intel_set: all that is known, in the form in which it is looked up: built from items, one block of bytes, mapped or in memory.
 *
 * An entry is one canonical value of one type, or one pattern; its claims are the mentions of it, each with its source, dates, window,
 * marking, group. Mentions that go back to one origin are one witness. The bytes are described in docs/formats/intel-set.md; they
 * hold no pointers, are checked when they are opened, and are the same for the same items in the same order. Never changed after;
 * safe to share between processes. */
#ifndef INTEL_INTEL_SET_H
#define INTEL_INTEL_SET_H

#include "base/address.h"
#include "intel/item.h"

struct intel_set;
struct intel_builder;

#define INTEL_ENTRIES_MAX (1u << 26)
#define INTEL_NONE UINT32_MAX

/* ---- building ---- */

MUST_USE bool intel_builder_new(struct intel_builder **out, struct err *e);
void intel_builder_free(struct intel_builder *b); /* takes NULL */
/* What follows comes from this source. sha256: of the file, 64 hexadecimal digits, or "". */
MUST_USE bool intel_builder_source(struct intel_builder *b, str name, str sha256, struct err *e);
/* ERR_USAGE: the value has no canonical form; then nothing was added. */
MUST_USE bool intel_builder_item(struct intel_builder *b, const struct intel_item *item, struct err *e);
MUST_USE bool intel_builder_label_list(struct intel_builder *b, const struct intel_label_list *list, struct err *e);
/* Of the list told last. An entry that makes no sense for its list is counted, not kept. */
MUST_USE bool intel_builder_label(struct intel_builder *b, str entry, struct err *e);
/* A sink that does these four (left_out: counted; group: taken no notice of). Lives as long as b. */
const struct intel_sink *intel_builder_sink(struct intel_builder *b);
/* The bytes of the set; out: empty. b is good for nothing but intel_builder_free after. */
MUST_USE bool intel_builder_end(struct intel_builder *b, struct buf *out, struct err *e);

/* ---- opening ---- */

/* Maps a file. ERR_CORRUPT: it is no such set, or damaged; ERR_UNSUPPORTED: of another version; ERR_IO. */
MUST_USE bool intel_set_open(struct intel_set **out, const char *path, struct err *e);
/* Of bytes that stay the caller's and live as long. */
MUST_USE bool intel_set_of(struct intel_set **out, str bytes, struct err *e);
void intel_set_free(struct intel_set *s); /* takes NULL */

struct intel_entry {
    enum item_form form;
    enum observable type;
    str value;                    /* canonical; PATTERN, REGEX: as the source has it */
    uint32_t claims, claim_count; /* numbers of its claims: claims, claims + 1, ... */
    uint32_t witnesses;           /* of them, those that do not go back to one another, revoked ones apart */
    bool active;                  /* it is hunted: some claim is neither revoked nor context only */
};
struct intel_claim {
    str source, source_sha256;
    str raw, where, id, title, comment; /* raw: "" when it is the value */
    int64_t created, modified, valid_from, valid_until, first_seen, last_seen;
    uint8_t confidence;
    enum tlp tlp;
    enum pap pap;
    enum item_nature nature;
    bool revoked, context, proposed;
    uint16_t port;
    uint32_t witness; /* number, from 0, among the witnesses of the entry; UINT32_MAX: revoked */
    struct item_names groups, campaigns, malware, techniques, origins;
};

size_t intel_set_entries(const struct intel_set *s);
size_t intel_set_bytes(const struct intel_set *s);
struct intel_entry intel_set_entry(const struct intel_set *s, uint32_t entry);
/* id: where the claim's own id is put together, if it holds a UUID; lives as long as that. title: the value where the source has none. */
#define INTEL_ID_BEGIN_MAX 60u
#define INTEL_ID_MAX (INTEL_ID_BEGIN_MAX + 36)
struct intel_claim intel_set_claim(const struct intel_set *s, uint32_t claim, char id[INTEL_ID_MAX]);
size_t intel_set_sources(const struct intel_set *s);
str intel_set_source(const struct intel_set *s, size_t i);
str intel_set_source_sha256(const struct intel_set *s, size_t i); /* "": not known */

/* ---- looking up ---- */

/* The entry of exactly this canonical value, or INTEL_NONE. */
uint32_t intel_set_find(const struct intel_set *s, enum observable type, str canonical);

/* The same in two steps, for those who ask very often: a hash that a filter may rule out, and then the comparison. Types that look
 * alike in a text share a class. */
enum intel_class {
    INTEL_ADDRESS, /* 4 or 16 bytes */
    INTEL_NETWORK, /* bits (one byte), then 4 or 16 bytes; intel_set_networks asks for them */
    INTEL_HOST,    /* domains */
    INTEL_URL,
    INTEL_HEX, /* hashes, JA3, imphash: hexadecimal digits */
    INTEL_MAIL,
    INTEL_FILE,  /* names and paths: canonical path without its first folders, or the name alone */
    INTEL_WHOLE, /* all others but TEXT: a whole value of a field, folded (event/fold.h) */
    INTEL_CLASSES
};
enum intel_class intel_class_of(enum observable type);
uint64_t intel_set_hash(const struct intel_set *s, enum intel_class class, str key);
/* False: no entry has this hash. Of HOST it is also asked for the last two labels of a name, of FILE for the last names of a path, one
 * or more: false means that no entry ends so, for HOST also no URL's host and no mail address's. */
bool intel_set_may(const struct intel_set *s, uint64_t hash);
/* What stands behind the last slash or backslash. */
str intel_file_name(str path);
/* Marks: what ends, begins and measures like nothing that is known need not even be hashed. Letters of A-Z in any case. */
enum intel_mark {
    INTEL_MARK_NAMES,   /* of the name of a file, of one byte at least */
    INTEL_MARK_ENDINGS, /* of what stands behind the last point of such a name; of "": there are names without any */
    INTEL_MARK_DOMAINS, /* of what stands behind the last point of a host: of DOMAIN, URL and MAIL */
    INTEL_MARK_WHOLES,  /* of a whole value, of one byte at least */
    INTEL_MARK_LENGTHS, /* bytes of a whole value; of 255 and more: 255 */
    INTEL_MARK_ROUTES,  /* of an IPv4 address that is known, lies in a known network, or is a URL's host */
    INTEL_MARKS
};
#define INTEL_MARK_BITS_LOG 18u
/* Three bytes and the length. Letters lose their case with one bit, which some other signs lose as well. */
static inline uint32_t intel_mark_of(char a, char b, char c, size_t len) {
    uint32_t const bytes = ((uint32_t)(uint8_t)a | (uint32_t)(uint8_t)b << 8 | (uint32_t)(uint8_t)c << 16) | 0x202020u;

    return ((bytes | (uint32_t)(len < 255 ? len : 255) << 24) * 0x9e3779b1u) >> (32 - INTEL_MARK_BITS_LOG);
}
/* Names of programs are told apart by what stands before their ending. */
static inline uint32_t intel_name_mark(str name) {
    return name.len < 8 ? intel_mark_of(name.ptr[name.len - 1], name.ptr[name.len / 2], name.ptr[0], name.len)
                        : intel_mark_of(name.ptr[name.len - 5], name.ptr[name.len - 6], name.ptr[0], name.len);
}
static inline uint32_t intel_whole_mark(str whole) {
    return whole.len < 8 ? intel_mark_of(whole.ptr[0], whole.ptr[whole.len / 2], whole.ptr[whole.len - 1], whole.len)
                         : intel_mark_of(whole.ptr[whole.len - 3], whole.ptr[1], whole.ptr[whole.len - 1], whole.len);
}
static inline uint32_t intel_length_mark(str whole) {
    return (uint32_t)(whole.len < 255 ? whole.len : 255);
}
uint32_t intel_ending_mark(str ending);
/* The first 18 bits: what is near a known address has its mark as well. */
static inline uint32_t intel_route_mark(const uint8_t bytes[4]) {
    return ((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2]) >> (24 - INTEL_MARK_BITS_LOG);
}
/* False: nothing known has this mark. */
bool intel_mark_has(const struct intel_set *s, enum intel_mark which, uint32_t mark);
/* The bits themselves: bit m of word m / 64. */
const uint64_t *intel_marks(const struct intel_set *s, enum intel_mark which);
/* The host of a canonical URL, without port and brackets. */
str intel_url_host(str url);
/* Path and query of a canonical URL: "/" where there is no path, "" where there is no query; the query with its ?. */
void intel_url_parts(str url, str *path, str *query);
/* What parts of a known URL are asked by (intel_set_may) before anybody takes the trouble of the whole URL, or has it: logs may hold
 * host, path and query apart. MAIL_HOST: the host of a mail address. */
enum intel_part { INTEL_URL_HOST, INTEL_URL_PATH, INTEL_URL_QUERY, INTEL_MAIL_HOST };
uint64_t intel_set_part_hash(const struct intel_set *s, enum intel_part which, str part);
/* What there is among the entries. */
enum intel_trait {
    INTEL_TRAIT_SIX,           /* addresses or networks of IPv6, URLs of such */
    INTEL_TRAIT_DIGIT_ENDINGS, /* names of files whose ending begins with a digit */
    INTEL_TRAIT_IDN            /* names of hosts that are more than ASCII */
};
bool intel_set_trait(const struct intel_set *s, enum intel_trait which);
/* Entries with this class and key, after each other: begin with *at = 0; INTEL_NONE: no more. */
uint32_t intel_set_next(const struct intel_set *s, enum intel_class class, str key, uint64_t hash, uint32_t *at);
/* Entries of networks that hold the address, the narrowest first; at most max. */
size_t intel_set_networks(const struct intel_set *s, const struct address *a, uint32_t *out, size_t max);
/* Entries that are not hunted: of the forms VALUE and REGEX. */
size_t intel_set_inactive(const struct intel_set *s);
/* Has it any entry of this class; of this type? */
bool intel_set_has(const struct intel_set *s, enum intel_class class);
bool intel_set_has_type(const struct intel_set *s, enum observable type);
/* All entries of a form or of a type, by value: begin with *at = 0. For patterns, regular expressions, texts. */
uint32_t intel_set_each(const struct intel_set *s, enum item_form form, enum observable type, uint32_t *at);

/* ---- warninglists ---- */

struct intel_label {
    str list, description, category;
    str entry; /* what of the list it was */
};
/* Which warninglists the value is on, at most max. */
size_t intel_set_labels(const struct intel_set *s, enum observable type, str canonical, struct intel_label *out,
                        size_t max);
size_t intel_set_label_lists(const struct intel_set *s);

#endif
