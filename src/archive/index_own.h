/* index_own: how the bytes of a run are laid out (docs/formats/archive-index.md), for the files that write and read them only. */
#ifndef ARCHIVE_INDEX_OWN_H
#define ARCHIVE_INDEX_OWN_H

#include <assert.h>

#include "archive/index.h"
#include "archive/sealed.h"
#include "base/hash.h"
#include "base/varint.h"

#define INDEX_MAGIC "LWINDEX"
#define INDEX_MAGIC_SIZE 8u
#define INDEX_ALIGN 8u

enum index_section {
    SECTION_BLOCKS,            /* exact: keys and their segments, or the offset of these in LONG */
    SECTION_PRESENCE,          /* pages */
    SECTION_DIRECTORY,         /* u64 each, one more than blocks: where each begins in BLOCKS */
    SECTION_LONG,              /* postings of many segments */
    SECTION_ADDRESSES,         /* blocks of addresses */
    SECTION_ADDRESS_DIRECTORY, /* struct packed_address_block, one more than there are: where the last one ends */
    SECTION_SEGMENTS,          /* numbers: the first, then the differences (varint) */
    SECTIONS
};

enum { INDEX_EXACT = 1, INDEX_ONE = 2 /* of one segment: keys have no postings */ };

/* The last bytes of the file. */
struct packed_tail {
    uint64_t sum; /* of all that follows in here */
    uint64_t made, size, keys, addresses;
    uint64_t pages, more_pages; /* by key; behind them: what did not fit in these */
    uint64_t blocks, address_blocks;
    uint32_t segments, flags;
    uint32_t key_bytes, zeros;
    struct {
        uint64_t at, size,
            sum; /* sum: of ADDRESS_DIRECTORY and SEGMENTS; of the others, whose parts have their own, 0 */
    } section[SECTIONS];
    uint32_t version, unused_too;
    char magic[INDEX_MAGIC_SIZE];
};
_Static_assert(sizeof(struct packed_tail) == 272,
               "as docs/formats/archive-index.md has it; and more than reads go beyond a part");

/* ---- presence ----
 *
 * key * pages has 128 bits: the upper 64 are the page, of the lower ones the first 7 are its part, the next 16 the remainder. */

#define PAGE_BYTES 4096u
#define PAGE_PARTS 128u
#define PAGE_HEAD 16u
#define PAGE_ROOM ((PAGE_BYTES - PAGE_HEAD - 2 * PAGE_PARTS) / 2) /* remainders */
#define PAGE_KEYS 1765u /* are meant to be in one: of 4,000 pages one is too full */

struct packed_page {
    uint32_t sum;  /* page_sum */
    uint32_t more; /* 0, or 1 + the number of the page, behind `pages`, that has the rest of its keys */
    uint8_t unused[PAGE_HEAD - 8];
    uint16_t ends[PAGE_PARTS]; /* in remainders: where each part ends and the next begins */
    uint16_t remainders[PAGE_ROOM];
};
_Static_assert(sizeof(struct packed_page) == PAGE_BYTES, "a page is a page");

/* Of the lower 64 bits. */
static inline unsigned page_part(uint64_t rest) {
    return (unsigned)(rest >> 57);
}
static inline uint16_t page_remainder(uint64_t rest) {
    return (uint16_t)(rest >> 41);
}

static inline uint32_t index_sum(str bytes, uint64_t number) {
    return (uint32_t)(hash_sum(bytes) + number * 0x9e3779b97f4a7c15u);
}
static inline uint32_t page_sum(const struct packed_page *p, uint64_t number) {
    return index_sum((str){(const char *)&p->more, PAGE_BYTES - 4}, number);
}

/* Where a key stands among so many pages or blocks; *rest: how far into that, of 2^64. */
static inline uint64_t index_place(uint64_t key, uint64_t count, uint64_t *rest) {
    unsigned __int128 const product = (unsigned __int128)key * count;

    *rest = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

/* ---- exact ---- */

#define BLOCK_KEYS 64u       /* are meant to be in a block */
#define BLOCK_KEYS_LEAST 32u /* or so few, where that saves a byte of each */
#define BLOCK_HEAD 8u        /* sum (u32), keys (u32) */
#define POSTING_INLINE 64u   /* bytes: a longer one stands in LONG */
#define LONG_HEAD 8u         /* sum (u32), bytes behind the head (u32) */
#define EVERYWHERE_LEAST 16u

/* The smallest key whose place among `count` is `place`; place < count. */
static inline uint64_t index_place_first(uint64_t place, uint64_t count) {
    unsigned __int128 const product = (unsigned __int128)place << 64;

    return (uint64_t)((product + count - 1) / count);
}
/* The same among keys whose lowest bits are zero. Where there is none it is 0. */
static inline uint64_t index_block_first(uint64_t block, uint64_t count, unsigned zeros) {
    uint64_t const mask = ((uint64_t)1 << zeros) - 1;

    return (index_place_first(block, count) + mask) & ~mask;
}
/* So many of whose keys fit into key_bytes once the first of the block is taken off. */
uint64_t index_block_count(uint64_t keys, unsigned zeros, uint32_t *key_bytes);
/* Do differences within one of so many blocks fit? */
static inline bool index_block_fits(uint64_t blocks, unsigned zeros, uint32_t key_bytes) {
    return key_bytes == 8 ||
           (key_bytes >= 1 && key_bytes < 8 && UINT64_MAX / blocks >> zeros < (uint64_t)1 << 8 * key_bytes);
}
/* Reads eight bytes: behind the last key stands the end of the file, which is longer. */
static inline uint64_t key_get(const char *from, uint32_t key_bytes) {
    uint64_t n;

    memcpy(&n, from, sizeof n);
    return n & (UINT64_MAX >> (64 - 8 * key_bytes));
}

/* ---- postings: a varint; its lowest bit 1: one segment, whose place is the rest of it; 0: the rest says ---- */

enum { POSTING_EVERYWHERE, POSTING_LONG, POSTING_LIST /* and more: so many places; the first, then differences - 1 */ };
enum long_form { LONG_LIST, LONG_BITS, LONG_FORMS };

/* Appends it as it stands behind keys; what is too long for that is appended to `longer`, whose bytes begin at `at` of LONG. */
void index_posting_put(struct buf *out, struct index_posting p, uint32_t segments, struct buf *longer, uint64_t at);

/* As it stands in a run. */
struct posting_view {
    bool everywhere, is_long;
    uint64_t at;    /* LONG: where */
    uint32_t count; /* else so many places: */
    uint32_t first;
    str rest; /* of the others */
};
/* Takes one off the front of s; what it says is possible as far as it stands here. */
bool index_posting_take(str *s, uint32_t segments, struct posting_view *out);
/* Appends the places of a list. False: memory is out (*good stays), or it is not good. */
bool index_posting_places(const struct posting_view *v, uint32_t segments, struct index_hits *h, bool *good);

/* ---- addresses ---- */

#define ADDRESS_BLOCK 128u    /* addresses in a block */
#define ADDRESS_BLOCK_HEAD 8u /* sum (u32), addresses (u32) */
typedef unsigned __int128 address_key;

struct packed_address_block {
    uint8_t first[16]; /* network order; of the last one: all ones */
    uint64_t at;
};
address_key index_address_key(const struct address *a);
static inline address_key address_key_get(const uint8_t from[16]) {
    address_key n = 0;

    for (unsigned i = 0; i < 16; i++)
        n = n << 8 | from[i];
    return n;
}
static inline void address_key_put(uint8_t to[16], address_key n) {
    for (unsigned i = 16; i-- > 0; n >>= 8)
        to[i] = (uint8_t)n;
}

/* ---- a run that is open ---- */

enum page_state { PAGE_NEW, PAGE_GOOD, PAGE_MORE /* good, and another page follows */, PAGE_BAD };

struct index_run {
    str bytes;
    char *name;
    void *mapped; /* the file, or NULL */
    size_t file_size;
    struct sealed *sealed; /* of an encrypted one: its bytes are those in the clear; NULL: they are the file */
    struct packed_tail tail;
    uint32_t *segments;
    const struct packed_page *pages;
    uint8_t *states; /* of pages, those behind as well */
    uint64_t *there; /* of a mapped file: a bit for each 4 KiB that has been read in, and unsealed */
    enum index_speed speed;
    bool directory_good; /* of addresses */
};

static inline str run_section(const struct index_run *r, enum index_section n) {
    return (str){r->bytes.ptr + r->tail.section[n].at, r->tail.section[n].size};
}

/* A part of the file that will be looked at: the disk is asked for it, and nobody waits. */
void index_run_soon(const struct index_run *r, const char *at, size_t size);
/* It is in memory now: reading it does not end the process, whatever the disk does. False: it cannot be read. */
bool index_run_need(struct index_run *r, const char *at, size_t size, struct err *e);
/* Notes damage; always false. */
bool index_damage(struct index_hits *h, const struct err *e);
bool index_damaged(const struct index_run *r, const void *at, struct err *e, const char *what);
/* A page is looked at for the first time: reads it in and checks it. The new state. */
enum page_state index_page_check(struct index_run *r, uint64_t page, struct err *e);

/* Block n, checked: its keys and what is behind them. False: damaged. */
struct block_view {
    uint32_t count;
    const char *keys;
    str postings;
    uint64_t first;
};
bool index_block_get(struct index_run *r, uint64_t n, struct block_view *out, struct err *e);
/* The places of a long posting are appended. False: damaged, or memory is out (*out_of). */
bool index_long_get(struct index_run *r, uint64_t at, struct index_hits *h, bool *out_of, struct err *e);
/* Addresses of block n, checked. */
bool index_address_directory(struct index_run *r, struct err *e);
bool index_address_block(struct index_run *r, uint64_t n, uint32_t *count, str *body, struct err *e);
/* The next address of such a block and what it posts. False: the block is not what it says. */
bool index_address_take(str *body, bool first, bool one, uint32_t segments, address_key *address,
                        struct posting_view *posting);

bool hits_grow(struct index_hits *h);
static inline bool hits_place(struct index_hits *h, uint32_t place) {
    if (h->place_count == h->place_room && !hits_grow(h))
        return false;
    h->places[h->place_count++] = place;
    return true;
}
bool hits_add(struct index_hits *h, uint32_t key, bool everywhere, size_t places);

#endif
