/* segment_own: what the parts of segment share: the places of the file, and streams of bytes, numbers and values inside a chunk. The
 * format is described in docs/formats/segment.md. */
#ifndef ARCHIVE_SEGMENT_OWN_H
#define ARCHIVE_SEGMENT_OWN_H

#include <zstd.h>

#include "archive/segment.h"
#include "base/arena.h"
#include "base/cursor.h"

#define SEGMENT_HEAD SEGMENT_BEGIN
#define SEGMENT_TRAILER 64u
#define SEGMENT_LEAF (1u << 20) /* bytes of the file to one hash in the footer */
#define SEGMENT_MAGIC "LWSEGMT"
#define SEGMENT_END_MAGIC "LWSEGEN"
#define SEGMENT_VALUE_MAX (1u << 30)   /* bytes of a value: less */
#define SEGMENT_CELLS_MAX (1u << 24)   /* of a block */
#define SEGMENT_CHUNK_MAX (UINT32_MAX) /* bytes of a chunk */
#define SEGMENT_FOOTER_MAX (1u << 30)  /* of it unpacked */
#define SEGMENT_ENCRYPTED 1u           /* of the flags */
#define SEGMENT_FLAGS_AT 12u
#define SEGMENT_NAME_AT 16u
#define SEGMENT_SEAL_AT 32u          /* of the head: SEAL_HEAD bytes */
#define SEGMENT_DIRECTORY UINT32_MAX /* its number as a sealed piece */
#define SEGMENT_COLUMNS_MAX (FIELDS_MAX + 2u)

/* What the byte `flags` says of a row. */
enum row_flag {
    ROW_SALVAGED = 1,
    ROW_UNORDERED = 2,
    ROW_TIMED = 4,    /* `when`, as the caller said it, is there */
    ROW_OWN_SAME = 8, /* struct record's own `when` is the same */
    ROW_OWN = 16,     /* it is there and another */
    ROW_FLAGS = 32
};

static inline uint64_t zigzag(int64_t n) {
    return (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
}
static inline int64_t zagzig(uint64_t n) {
    return (int64_t)(n >> 1 ^ (0 - (n & 1)));
}

/* Numbers of seven bits a byte, the lowest first; the highest bit is set in all but the last. */
void varint_put(struct buf *b, uint64_t n);
/* False: the bytes end, or it has more than 64 bits. */
bool varint_take(struct cursor *c, uint64_t *n);
bool varint_take_max(struct cursor *c, uint64_t max, uint64_t *n);

/* ---- packing: appends to out; out.failed says that memory ran out ---- */

struct packer {
    ZSTD_CCtx *zstd;
    struct buf out;
    struct buf plane;                             /* one plane of numbers */
    struct buf forms, looks, zones, texts, guids; /* of the values that are being packed */
    struct buf lengths, numbers, times;
};
MUST_USE bool packer_init(struct packer *p, int level);
void packer_free(struct packer *p);
void pack_bytes(struct packer *p, str bytes);
/* count > 0. */
void pack_numbers(struct packer *p, const uint64_t *n, size_t count);
void pack_codes(struct packer *p, const uint32_t *n, size_t count);

/* A value to be packed. narrow: ptr holds the low bytes of UTF-16 that is all ASCII; len counts them. */
struct packed_value {
    const char *ptr;
    uint32_t len;
    uint8_t type;
    bool narrow;
};
void pack_values(struct packer *p, const struct packed_value *values, size_t count);

/* ---- unpacking: hostile bytes ---- */

struct unpacker {
    ZSTD_DCtx *zstd;
    struct buf plane, forms, lengths, numbers, times, looks, zones, guids;
    size_t held, held_max; /* bytes given out by unpack_alloc */
    const char *why;       /* of the last failure; NULL: memory */
    bool limit;            /* what is wanted is more than held_max */
};
MUST_USE bool unpacker_init(struct unpacker *u, size_t held_max);
void unpacker_free(struct unpacker *u);
/* Says why, and is false. NULL: memory. */
bool unpack_refuse(struct unpacker *u, const char *why);
/* Room for size bytes in b, whatever was in it; not counted. */
char *unpack_room(struct buf *b, size_t size);
/* Memory that counts; given back with its size. NULL: none, or no more may be held. */
void *unpack_alloc(struct unpacker *u, size_t size);
void unpack_return(struct unpacker *u, void *memory, size_t size);
MUST_USE bool unpack_bytes(struct unpacker *u, struct cursor *c, char *to, size_t size);
MUST_USE bool unpack_numbers(struct unpacker *u, struct cursor *c, uint64_t *to, size_t count);
MUST_USE bool unpack_codes(struct unpacker *u, struct cursor *c, uint32_t *to, size_t count);
/* The values, and the memory of their bytes (to be given back; may be NULL with size 0). */
MUST_USE bool unpack_values(struct unpacker *u, struct cursor *c, struct segment_value *to, size_t count, char **memory,
                            size_t *memory_size);

/* ---- folded texts ---- */

#define FOLD_PASS 2                           /* the next member is passed over */
#define SEGMENT_UNFOLD_MAX ((size_t)64 << 20) /* bytes of all folded texts of a record */

/* Is a field of this name the list's, or below it? */
bool fold_below(str name, str list);
/* Appends the text without its members' values: never more bytes than text has. False: it is to be kept as it is, and nothing was appended (or out.failed).
 * members: in order; those that are inner are none. */
bool fold(const struct raw *members, uint32_t count, str text, struct buf *out);
struct fold_members {
    const struct segment_value **values;
    uint32_t count;
};
/* False: these are no members of such a text. */
bool unfold_size(const struct segment_value *folded, const struct fold_members *m, size_t *size);
/* out: room for as much. */
void unfold(const struct segment_value *folded, const struct fold_members *m, char *out);

/* ---- an open segment ---- */

struct opened_chunk {
    uint64_t offset, sum;
    uint32_t size;
    uint8_t state; /* enum chunk_state */
    bool named;    /* the directory says what it is */
};
enum chunk_state { CHUNK_UNREAD, CHUNK_GOOD, CHUNK_BAD };

/* Values of a column one behind the other. */
struct opened_page {
    uint32_t from, values, chunk;
    char *memory; /* of values that are unpacked, or NULL */
    size_t size;
};

#define PAGE_NONE UINT32_MAX

struct opened_column {
    struct segment_column is;
    struct opened_page *pages;
    uint32_t page_count;
    /* Unpacked values: those of pages [page_from, page_to). */
    struct segment_value *items;
    uint32_t page_from, page_to, item_room;
    uint8_t spoken; /* enum segment_spoken; known when shapes are */
    bool pinned;    /* a caller has views of them */
    bool broken;    /* some page of these is damaged: items are lost */
    /* Of the block at hand. */
    uint32_t entry;        /* in s->cells: of the last block in which the column occurs; PAGE_NONE: none so far */
    uint32_t cells, taken; /* cells that follow from the shapes; of reading: where they begin in s->codes */
    uint32_t lowest;       /* the lowest code among them */
    bool lost;
    /* Of a reading. */
    field_id field;
    bool wanted, inner_wanted;
};

struct opened_cells {
    uint32_t column, cells, before, next, chunk; /* codes [before, next) are new; chunk + 1; 0: all cells are new */
};

struct opened_block {
    struct segment_block is;
    uint32_t chunk, cells_from, cells_count;
};

struct opened_shape {
    uint32_t from, count; /* among s->places */
    uint32_t rows, seen;  /* of the block at hand */
    uint32_t ordered;     /* where its rows begin in s->row_order */
    uint32_t base;        /* of a reading: where its wanted places begin */
    uint32_t base_count;
    bool chosen, lost; /* some row that is read has it; what such a row needs is damaged */
};

struct segment {
    str bytes, name;
    struct segment_info info;
    struct sealer sealer; /* of an encrypted one */
    char *clear;          /* and of it the chunk at hand, unsealed */
    size_t clear_room;
    struct unpacker unpack;
    struct arena *memory; /* of all tables, as long as s */
    bool starved;         /* of which it gave none */
    struct opened_chunk *chunks;
    uint32_t shapes_chunk, sources_chunk;
    struct opened_column *columns;
    struct opened_block *blocks;
    struct opened_cells *cells;
    const uint8_t *leaves;
    uint64_t leaf_count, body; /* bytes before the footer */
    /* Made when they are first needed. */
    struct opened_shape *shapes;
    struct segment_place *places;
    uint32_t *place_base; /* of the block at hand: where a place's cells begin in its column's */
    uint32_t place_count;
    struct segment_source *sources;
    /* The block at hand. */
    uint32_t block; /* UINT32_MAX: none */
    uint32_t *row_shape, *row_source;
    uint64_t *row_when, *row_own, *row_number, *row_size, *row_offset;
    uint8_t *row_flags, *row_zone, *row_precision;
    uint32_t *met, met_count; /* shapes, in the order in which they occur */
    /* By column: its places, and whose they are; made when first asked for. */
    uint32_t *column_from, *column_places, *column_shapes;
    struct segment_run *runs;
    uint32_t *row_order, ordered; /* its rows by their shapes; the block of which they are: UINT32_MAX: none */
    uint32_t *codes;
    size_t code_room;
};

/* A chunk whose sum is right, as a cursor; of an encrypted segment it is good until the next one is asked for. */
MUST_USE bool segment_chunk(struct segment *s, uint32_t chunk, struct cursor *c, struct err *e);
/* What unpacking a chunk failed of; marks it. False. */
bool segment_chunk_bad(struct segment *s, uint32_t chunk, struct err *e);
bool segment_no_memory(const struct segment *s, struct err *e);
/* The same after unpack_alloc: or more is wanted than may be held. */
bool segment_no_room(const struct segment *s, struct err *e);
MUST_USE bool segment_shapes_load(struct segment *s, struct err *e);
MUST_USE bool segment_sources_load(struct segment *s, struct err *e);
/* Makes it the block at hand: rows, shapes met, cells of each column. */
MUST_USE bool segment_block_load(struct segment *s, uint32_t block, struct err *e);
/* The codes of a column's cells in the block at hand, of which it has some; *lowest: the lowest. */
MUST_USE bool segment_codes_load(struct segment *s, uint32_t column, uint32_t *codes, uint32_t *lowest, struct err *e);
/* Unpacks the pages that hold codes [from, to) of a column, and those between them and what is unpacked already; false with
 * ERR_CORRUPT: some of them are damaged; then all are there, but the values of these are lost. */
MUST_USE bool segment_values_load(struct segment *s, uint32_t column, uint32_t from, uint32_t to, struct err *e);
void segment_values_drop(struct segment *s, struct opened_column *c);

#endif
