/* intel_set_own: how the bytes of a set are laid out (docs/formats/intel-set.md), for the files that write and read them only. */
#ifndef INTEL_INTEL_SET_OWN_H
#define INTEL_INTEL_SET_OWN_H

#include "base/varint.h"
#include "intel/intel_set.h"

#define INTEL_MAGIC "LWINTEL"
#define INTEL_VERSION 2u
#define INTEL_ALIGN 64u
#define INTEL_MARK_BITS (1u << INTEL_MARK_BITS_LOG)

#define INTEL_SUMMED offsetof(struct packed_head, seed) /* the sum is of the bytes from here on */

enum section {
    SECTION_STRINGS,       /* length (varint), bytes; a string is named by its offset; the first is the empty one */
    SECTION_ENTRIES,       /* struct packed_entry, one more than there are: where the last one's claims end */
    SECTION_CLAIMS,        /* u32 each, one more: offsets into CLAIM_BYTES */
    SECTION_CLAIM_BYTES,   /* claim_put */
    SECTION_PROFILES,      /* u32 each, one more: offsets into PROFILE_BYTES */
    SECTION_PROFILE_BYTES, /* profile_put: what many claims of a source have in common */
    SECTION_SOURCES,       /* struct packed_source */
    SECTION_SLOTS,         /* u32 each, a power of two of them: entry + 1, or 0; open addressing by the key's hash */
    SECTION_FILTER,        /* blocks of 64 bytes, a power of two of them */
    SECTION_MARKS,         /* INTEL_MARKS times INTEL_MARK_BITS bits */
    SECTION_LISTS,         /* struct packed_list */
    SECTION_LABELS,        /* struct packed_label, by list */
    SECTION_LABEL_SLOTS,   /* as SLOTS, of labels */
    SECTIONS
};

struct packed_head {
    char magic[8];
    uint32_t version, sections;
    uint64_t size, sum; /* of the whole; of all that follows the head */
    uint64_t seed;      /* of hashes; made of the content */
    uint64_t types;     /* a bit for each observable of which there is an entry with a key */
    uint64_t traits;    /* a bit for each enum intel_trait */
    uint64_t bits4, bits6[3], label_bits4, label_bits6[3]; /* a bit for each length of networks there are */
    struct {
        uint64_t at, size;
    } section[SECTIONS];
};
struct packed_entry {
    uint32_t value, claims, witnesses;
    uint8_t form, type;
    uint8_t active; /* 1: some claim of it is neither revoked nor context only */
    uint8_t unused;
};
struct packed_source {
    uint32_t name, sha256;
};
struct packed_list {
    uint32_t name, description, version, category;
    uint64_t matches;
    uint32_t how, labels; /* number of its first label; they end where the next list's begin */
};
struct packed_label {
    uint32_t list, text;
};

/* What of a claim is said, and is there. */
enum { SAID_RAW = 1, SAID_ID = 2, SAID_TITLE = 4, SAID_COMMENT = 8, SAID_UUID = 16, SAID_PORT = 32, SAID_WHERE = 64 };

/* ---- texts with their length in front ---- */

static inline bool str_take(str *s, str *out) {
    uint64_t len;

    if (!varint_take(s, &len) || len > s->len)
        return false;
    *out = str_first(*s, len);
    *s = str_from(*s, len);
    return true;
}
static inline void str_put(struct buf *b, str s) {
    varint_put(b, s.len);
    buf_add(b, s);
}

/* ---- keys ---- */

#define INTEL_KEY_MAX (2 * OBSERVABLE_BYTES_MAX + 16) /* as fold_text asks */
/* What a value of a type is looked up by, in room (INTEL_KEY_MAX bytes) where it is not the value itself. False: by nothing. */
bool intel_key_of(enum observable type, str canonical, char *room, enum intel_class *class, str *key);
/* The last two labels of a host. */
str intel_last_labels(str host);
/* Of a network, or of the network of so many bits in which an address lies. */
str intel_network_key(const struct address *a, unsigned bits, char room[17]);
uint64_t intel_key_hash(uint64_t seed, enum intel_class class, str key);
uint64_t intel_part_hash(uint64_t seed, enum intel_part which, str part);

/* Which of the 512 bits of a block a hash sets: eight of them, one in each word. */
#define FILTER_WORDS 8u
static inline size_t filter_block(uint64_t hash, size_t blocks) {
    return (size_t)(hash >> 32) & (blocks - 1);
}
static inline uint64_t filter_bit(uint64_t hash, unsigned word) {
    static const uint32_t odd[FILTER_WORDS] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                               0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

    return (uint64_t)1 << (((uint32_t)hash * odd[word]) >> 26);
}

/* A label's text as it is looked up by: small letters, no scheme; of how CIDR the network's key. False: it makes no sense. */
bool intel_label_key(enum label_how how, str entry, struct buf *room, str *key);
/* STRING and HOSTNAME and CIDR share the slots; the list's way keeps them apart. */
uint64_t intel_label_hash(uint64_t seed, enum label_how how, str key);

#endif
