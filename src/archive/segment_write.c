/* segment_write: records into a segment.
 *
 * A record is taken apart into its shape (which fields, in which order) and one code a value. Values are looked up in the table of their
 * column, in two passes over the record, so that the memory that the second one needs is on its way. When a block of rows is full, codes
 * are put in order, by shape and place in the shape; there every column's values are numbered as they occur for the first time, so that
 * a new value costs no code at all. A column whose values are nearly all different gives up its table: every value is new then, and
 * nothing else changes. */
#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "archive/segment_own.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/utf.h"

#define ROWS_USUAL (1u << 20)
#define MEMORY_USUAL ((size_t)192 << 20)
#define SIZE_USUAL (UINT64_C(512) << 20)
#define MEMORY_LEAST ((size_t)16 << 20)
#define BLOCK_CELLS (1u << 22)           /* a block is ended early when it has so many cells */
#define BLOCK_TEXT ((size_t)32 << 20)    /* or so many bytes of new values */
#define PAGE_TEXT ((size_t)256 << 10)    /* values wait for so many bytes of them before they become a page */
#define PAGE_TEXT_MOST ((size_t)1 << 20) /* a page is ended when it has so many */
#define PAGE_VALUES 65536u
#define ROWS_FIRST 512u              /* SEGMENT_BLOCK_ROWS is this, doubled again and again */
#define SPREAD_LEAST 512u            /* cells of a block, from which on a column may be told to be all different */
#define SPREAD_BLOCKS 7u             /* after so many blocks without table a column tries again */
#define CODED (UINT32_C(1) << 31)    /* of a cell: what it has beside is a code */
#define UNIT 8u                      /* entries begin at multiples of this */
#define TABLE_KEPT ((size_t)4 << 20) /* bytes of values whose room stays when they are forgotten */
#define OUT_FLUSH ((size_t)1 << 20)
#define TEXT_MAX ((size_t)1 << 40)
#define ENTRIES_FIRST 256u /* bytes */
#define BELOW_KNOWN 1024u

/* A value, its bytes behind it: whoever asks for it waits for memory once. */
struct entry {
    uint32_t len; /* as it came */
    uint32_t
        cell; /* its code in the segment, with CODED; not yet numbered: which of those it is that are new in the block */
    uint8_t type;
    bool narrow; /* UTF-16 that is all ASCII, without its high bytes */
    char bytes[];
};

struct slot {
    uint32_t entry, hash; /* entry + 1; 0: empty */
};

struct page {
    uint32_t values, chunk;
};

struct column {
    /* What every cell asks for. */
    char *entries; /* one behind the other, each named by where it begins, in UNITs */
    struct slot *slots;
    size_t entries_len, entries_room;
    uint32_t slot_mask, count; /* of the table */
    uint32_t last;             /* entry + 1 of the value that came last; 0: none */
    uint32_t fresh_count, fresh_room;
    uint32_t *fresh; /* entries that are new in the block */
    bool spread;     /* without table: every value is new */
    bool repeats;
    uint8_t spoken; /* enum segment_spoken, 0: by no shape so far */
    uint32_t spread_blocks;
    field_id field;
    uint32_t next; /* codes given */
    uint32_t types;
    /* Of the block: cells, and where they begin among those of all columns. */
    uint32_t cells_block, stream;
    uint64_t cells, bytes;
    /* Entries with a code that are in no page yet, in the order of their codes. */
    uint32_t *waiting;
    uint32_t waiting_count, waiting_room;
    size_t waiting_text;
    struct page *pages;
    uint32_t page_count, page_room;
};

struct place {
    uint32_t column;
    uint32_t base; /* of the block: where the shape's cells of this place begin in the column's */
};

struct shape {
    const uint64_t *keys;
    struct place *places;
    uint32_t count;
    uint32_t hash;
    uint32_t rows, seen; /* of the block */
};

/* What a key of a shape is made of: field, inner, element. */
#define KEY_FIELD 18u
#define KEY_KIND ((uint64_t)UINT32_MAX << KEY_FIELD)
#define KEY_TIME ((uint64_t)(UINT32_MAX - 1) << KEY_FIELD)

struct block_cells {
    uint32_t column, cells, fresh, chunk; /* fresh: of these, values that are new; chunk + 1; 0: all are */
};

struct block_done {
    uint32_t rows, timed, chunk;
    int64_t first, last;
    uint32_t cells_from, cells_count; /* among w->cells_done */
};

struct chunk {
    uint64_t sum;
    uint32_t size;
};

struct source {
    struct segment_source is;
    char *bytes; /* path, reader and counts are copied into it */
    size_t size;
};

/* A value of the record at hand that has to be looked for. */
struct pending {
    uint32_t place, hash;
    uint32_t entry; /* + 1: one of this hash; 0: none so far */
};

struct segment_writer {
    struct segment_options o;
    uint64_t seed;
    bool broken;
    struct packer pack;
    struct column *columns;
    uint32_t column_count, column_room;
    uint32_t *column_of; /* by field: column + 1 */
    uint32_t field_room;
    struct shape *shapes;
    uint32_t shape_count, shape_room;
    struct slot *shape_slots;
    uint32_t shape_mask;
    struct arena *shape_memory;
    uint64_t *keys; /* of the record at hand */
    struct pending *pending;
    uint32_t record_room; /* values that they have room for */
    struct raw *folded;   /* its values, those of objects folded */
    struct buf folds, wide;
    struct below {
        field_id field, list; /* FIELD_NONE: none */
        bool yes;
    } below[BELOW_KNOWN];
    struct source *sources;
    uint32_t source_count, source_room;
    /* The block at hand. */
    uint32_t rows, row_room, cell_count, cell_room;
    uint32_t *cells;  /* row by row (entry.cell) */
    uint32_t *stream; /* the same by column */
    uint32_t *tokens;
    uint32_t stream_room;
    uint32_t *row_shape, *row_source;
    uint64_t *row_when, *row_own, *row_number, *row_offset, *row_size, *scratch;
    uint8_t *row_flags, *row_zone, *row_precision;
    uint32_t *shapes_met, shapes_met_count, shapes_met_room;
    uint32_t *columns_met, columns_met_count, columns_met_room;
    struct packed_value *values;
    uint32_t value_room;
    /* What is done. */
    struct block_done *blocks;
    uint32_t block_count, block_room;
    struct block_cells *cells_done;
    uint32_t cells_done_count, cells_done_room;
    struct chunk *chunks;
    uint32_t chunk_count, chunk_room;
    uint64_t rows_done, written, cells_all, values_all, timed;
    int64_t first, last;
    struct buf out;
    struct sha256 *leaf;
    uint64_t leaf_left;
    struct sealer sealer; /* when o.writing says so */
    struct buf sealed;    /* a piece */
    struct buf leaves;
    size_t held;       /* of tables and texts */
    size_t text_block; /* bytes of values that are new in this block */
};

static bool no_memory(struct segment_writer *w, struct err *e) {
    w->broken = true;
    return err_set(e, ERR_MEMORY, 0, "no memory for a segment");
}

/* Room for one more of items. */
static bool grow(struct segment_writer *w, void **items, uint32_t count, uint32_t *room, size_t size, uint32_t first) {
    if (LIKELY(count < *room))
        return true;
    uint32_t const more = *room ? *room * 2 : first;
    void *const bigger = more > *room ? realloc(*items, more * size) : NULL;

    if (!bigger)
        return false;
    w->held += (more - *room) * size;
    *items = bigger;
    *room = more;
    return true;
}
#define GROW(w, items, count, room, first) grow(w, (void **)&(items), count, &(room), sizeof *(items), first)

/* ---- bytes out ---- */

static bool flush(struct segment_writer *w, struct err *e) {
    size_t at = 0;

    while (at < w->out.len) {
        ssize_t const n = write(w->o.fd, w->out.ptr + at, w->out.len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            w->broken = true;
            if (n == 0)
                errno = EIO;
            return err_system(e, "writing a segment");
        }
        at += (size_t)n;
    }
    w->out.len = 0;
    return true;
}

static bool leaf_end(struct segment_writer *w) {
    char *const to = buf_reserve(&w->leaves, SHA256_SIZE);

    if (!to)
        return false;
    sha256_end(w->leaf, (uint8_t *)to);
    w->leaves.len += SHA256_SIZE;
    sha256_free(w->leaf);
    w->leaf = NULL;
    return true;
}

/* Bytes of the file behind those before, hashed by leaves. */
static bool put(struct segment_writer *w, str bytes, struct err *e) {
    buf_add(&w->out, bytes);
    w->written += bytes.len;
    for (str left = bytes; left.len;) {
        if (!w->leaf) {
            if (!(w->leaf = sha256_new()))
                return no_memory(w, e);
            w->leaf_left = SEGMENT_LEAF;
        }
        str const now = str_first(left, w->leaf_left);

        sha256_add(w->leaf, now);
        w->leaf_left -= now.len;
        left = str_from(left, now.len);
        if (!w->leaf_left && !leaf_end(w))
            return no_memory(w, e);
    }
    if (w->out.failed)
        return no_memory(w, e);
    return !w->o.to_file || w->out.len < OUT_FLUSH || flush(w, e);
}

/* What was packed, as it goes into the file: sealed, where the segment is encrypted. NULL bytes: no memory. */
static str packed_out(struct segment_writer *w, uint32_t number) {
    str const packed = buf_str(&w->pack.out);
    char *to;

    if (w->pack.out.failed || !w->o.writing)
        return w->pack.out.failed ? (str){NULL, 0} : packed;
    w->sealed.len = 0;
    if (!(to = buf_reserve(&w->sealed, packed.len + SEAL_MORE)))
        return (str){NULL, 0};
    seal_piece(&w->sealer, number, packed, to);
    w->sealed.len = packed.len + SEAL_MORE;
    return buf_str(&w->sealed);
}

/* What was packed becomes a chunk; *chunk: its number. */
static bool chunk_end(struct segment_writer *w, uint32_t *chunk, uint64_t *bytes, struct err *e) {
    str const packed = packed_out(w, w->chunk_count);

    if (!packed.ptr || !GROW(w, w->chunks, w->chunk_count, w->chunk_room, 256))
        return no_memory(w, e);
    if (packed.len > SEGMENT_CHUNK_MAX) {
        w->broken = true;
        return err_set(e, ERR_MEMORY, 0, "a segment would have a chunk of more than 4 GiB");
    }
    w->chunks[w->chunk_count] = (struct chunk){hash_sum(packed), (uint32_t)packed.len};
    *chunk = w->chunk_count++;
    *bytes += packed.len;
    bool const ok = put(w, packed, e);

    if (w->pack.out.room > OUT_FLUSH)
        buf_free(&w->pack.out);
    if (w->sealed.room > OUT_FLUSH)
        buf_free(&w->sealed);
    w->pack.out.len = 0;
    return ok;
}

/* ---- sources ---- */

static bool source_keep(struct segment_writer *w, struct source *to, const struct segment_source *from) {
    size_t const counts = from->count_count * sizeof *from->counts;
    char *const bytes = malloc(counts + from->path.len + from->reader.len + 1);
    char *at = bytes + counts;

    if (!bytes)
        return false;
    if (counts)
        memcpy(bytes, from->counts, counts);
    memcpy(at, from->path.ptr, from->path.len);
    memcpy(at + from->path.len, from->reader.ptr, from->reader.len);
    free(to->bytes);
    to->bytes = bytes;
    w->held += counts + from->path.len + from->reader.len - to->size;
    to->size = counts + from->path.len + from->reader.len;
    uint32_t const rows = to->is.rows;

    to->is = *from;
    to->is.rows = rows;
    to->is.counts = (const struct segment_count *)(const void *)bytes;
    to->is.path.ptr = at;
    to->is.reader.ptr = at + from->path.len;
    return true;
}

bool segment_writer_source(struct segment_writer *w, const struct segment_source *source, uint32_t *index,
                           struct err *e) {
    assert(!w->broken);
    if (w->source_count == SEGMENT_SOURCES_MAX)
        return err_set(e, ERR_LIMIT, 0, "a segment of more than %u sources", SEGMENT_SOURCES_MAX);
    if (!GROW(w, w->sources, w->source_count, w->source_room, 16))
        return no_memory(w, e);
    w->sources[w->source_count] = (struct source){0};
    if (!source_keep(w, &w->sources[w->source_count], source))
        return no_memory(w, e);
    *index = w->source_count++;
    return true;
}

bool segment_writer_source_set(struct segment_writer *w, uint32_t index, const struct segment_source *source,
                               struct err *e) {
    assert(!w->broken && index < w->source_count);
    return source_keep(w, &w->sources[index], source) || no_memory(w, e);
}

const struct segment_source *segment_writer_source_is(const struct segment_writer *w, uint32_t index) {
    assert(index < w->source_count);
    return &w->sources[index].is;
}

/* ---- values ---- */

static bool column_make(struct segment_writer *w, field_id field, uint32_t *column) {
    if (!GROW(w, w->columns, w->column_count, w->column_room, 64))
        return false;
    w->columns[w->column_count] = (struct column){.field = field};
    *column = w->column_count++;
    return true;
}

static bool column_of(struct segment_writer *w, field_id field, uint32_t *column) {
    if (field >= w->field_room) {
        uint32_t room = w->field_room ? w->field_room : 256;

        while (room <= field)
            room *= 2;
        uint32_t *const bigger = realloc(w->column_of, room * sizeof *bigger);

        if (!bigger)
            return false;
        memset(bigger + w->field_room, 0, (room - w->field_room) * sizeof *bigger);
        w->held += (room - w->field_room) * sizeof *bigger;
        w->column_of = bigger;
        w->field_room = room;
    }
    if (!w->column_of[field]) {
        if (!column_make(w, field, column))
            return false;
        w->column_of[field] = *column + 1;
    }
    *column = w->column_of[field] - 1;
    return true;
}

/* A table twice as large; of none, one of `least` slots, a power of two. */
static bool slots_grow(struct segment_writer *w, struct slot **table, uint32_t *table_mask, uint32_t least) {
    size_t const before = *table ? (size_t)*table_mask + 1 : 0;
    uint32_t const mask = *table ? *table_mask * 2 + 1 : least - 1;
    struct slot *const slots = calloc((size_t)mask + 1, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < before; i++) {
        uint32_t at = (*table)[i].hash & mask;

        if (!(*table)[i].entry)
            continue;
        while (slots[at].entry)
            at = (at + 1) & mask;
        slots[at] = (*table)[i];
    }
    w->held += ((size_t)mask + 1 - before) * sizeof *slots;
    free(*table);
    *table = slots;
    *table_mask = mask;
    return true;
}

/* UTF-16 of which every unit is below 0x80; not the empty one. */
static bool is_narrow(const struct raw *v) {
    uint64_t high = 0, eight;
    uint32_t i = 0;

    if (v->type != RAW_UTF16 || v->len == 0 || v->len & 1)
        return false;
    for (; v->len - i >= 8; i += 8) {
        memcpy(&eight, v->ptr + i, 8);
        high |= eight;
    }
    for (; i < v->len; i += 2)
        high |= (uint64_t)(unsigned char)v->ptr[i] | (uint64_t)(unsigned char)v->ptr[i + 1] << 8;
    return (high & UINT64_C(0xff80ff80ff80ff80)) == 0;
}

/* memcmp, of bytes that are mostly few. */
static inline bool same(const char *a, const char *b, uint32_t len) {
    uint64_t x, y, differs = 0;
    uint32_t p, q, r, t;

    if (len > 64)
        return memcmp(a, b, len) == 0;
    if (len >= 8) {
        for (uint32_t i = 0; i + 8 < len; i += 8) {
            memcpy(&x, a + i, 8);
            memcpy(&y, b + i, 8);
            differs |= x ^ y;
        }
        memcpy(&x, a + len - 8, 8);
        memcpy(&y, b + len - 8, 8);
        return (differs | (x ^ y)) == 0;
    }
    if (len >= 4) {
        memcpy(&p, a, 4);
        memcpy(&q, b, 4);
        memcpy(&r, a + len - 4, 4);
        memcpy(&t, b + len - 4, 4);
        return ((p ^ q) | (r ^ t)) == 0;
    }
    return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

static inline struct entry *entry_at(const struct column *c, uint32_t entry) {
    return (struct entry *)(void *)(c->entries + (size_t)entry * UNIT);
}

/* Bytes that are kept of it. */
static inline uint32_t entry_len(const struct entry *n) {
    return n->narrow ? n->len / 2 : n->len;
}

static inline bool is(const struct entry *n, const struct raw *v) {
    if (n->len != v->len || n->type != v->type)
        return false;
    if (UNLIKELY(n->narrow))
        return utf16le_is_ascii(v->ptr, n->bytes, n->len / 2);
    return same(n->bytes, v->ptr, n->len);
}

/* Room for size bytes more of entries. */
static bool entries_grow(struct segment_writer *w, struct column *c, size_t size) {
    size_t room = c->entries_room ? c->entries_room : ENTRIES_FIRST;

    while (room - c->entries_len < size)
        room *= 2;
    char *const bigger = room / UNIT < CODED ? realloc(c->entries, room) : NULL;

    if (!bigger)
        return false;
    w->held += room - c->entries_room;
    c->entries = bigger;
    c->entries_room = room;
    return true;
}

static bool entry_add(struct segment_writer *w, struct column *c, const struct raw *v, uint32_t *entry) {
    bool const narrow = is_narrow(v);
    uint32_t const len = narrow ? v->len / 2 : v->len;
    size_t const size = (offsetof(struct entry, bytes) + len + UNIT - 1) & ~(size_t)(UNIT - 1);

    if (UNLIKELY(c->entries_room - c->entries_len < size) && !entries_grow(w, c, size))
        return false;
    if (!GROW(w, c->fresh, c->fresh_count, c->fresh_room, 8))
        return false;
    *entry = (uint32_t)(c->entries_len / UNIT);
    struct entry *const n = entry_at(c, *entry);

    n->len = v->len;
    n->cell = c->fresh_count;
    n->type = v->type;
    n->narrow = narrow;
    if (narrow)
        for (uint32_t i = 0; i < len; i++)
            n->bytes[i] = v->ptr[2 * i];
    else if (len)
        memcpy(n->bytes, v->ptr, len);
    c->entries_len += size;
    c->fresh[c->fresh_count++] = *entry;
    c->types |= 1u << v->type;
    w->text_block += len;
    return true;
}

/* The entry of a value that may be new, in *entry. */
static bool look_up(struct segment_writer *w, struct column *c, const struct raw *v, uint32_t hash, uint32_t *entry) {
    uint32_t at;

    if ((!c->slots || c->count >= c->slot_mask / 2) && !slots_grow(w, &c->slots, &c->slot_mask, 16))
        return false;
    for (at = hash & c->slot_mask; c->slots[at].entry; at = (at + 1) & c->slot_mask)
        if (c->slots[at].hash == hash && is(entry_at(c, c->slots[at].entry - 1), v)) {
            *entry = c->slots[at].entry - 1;
            return true;
        }
    if (!entry_add(w, c, v, entry))
        return false;
    c->slots[at] = (struct slot){*entry + 1, hash};
    c->count++;
    return true;
}

/* ---- shapes ---- */

static bool shape_make(struct segment_writer *w, uint32_t count, uint32_t hash) {
    size_t const before = arena_held(w->shape_memory);
    uint64_t *const keys = arena_alloc(w->shape_memory, count * sizeof *keys);
    struct place *const places = arena_alloc(w->shape_memory, count * sizeof *places);

    if (!keys || !places || !GROW(w, w->shapes, w->shape_count, w->shape_room, 64))
        return false;
    w->held += arena_held(w->shape_memory) - before;
    memcpy(keys, w->keys, count * sizeof *keys);
    for (uint32_t i = 0; i < count; i++) {
        if (keys[i] == KEY_KIND)
            places[i].column = SEGMENT_KIND;
        else if (keys[i] == KEY_TIME)
            places[i].column = SEGMENT_TIME_TEXT;
        else if (!column_of(w, (field_id)(keys[i] >> KEY_FIELD), &places[i].column))
            return false;
        else
            w->columns[places[i].column].spoken |= (keys[i] >> 16 & 3) == RAW_OWN ? SPOKEN_OWN : SPOKEN_INNER;
    }
    w->shapes[w->shape_count++] = (struct shape){.keys = keys, .places = places, .count = count, .hash = hash};
    return true;
}

/* The shape of the keys of the record at hand. */
static bool shape_of(struct segment_writer *w, uint32_t count, uint32_t *shape) {
    size_t const size = count * sizeof *w->keys;
    uint32_t const hash = (uint32_t)hash_bytes((str){(const char *)w->keys, size}, w->seed);
    uint32_t at;

    if ((!w->shape_slots || w->shape_count >= w->shape_mask / 2) &&
        !slots_grow(w, &w->shape_slots, &w->shape_mask, 1024))
        return false;
    for (at = hash & w->shape_mask; w->shape_slots[at].entry; at = (at + 1) & w->shape_mask) {
        const struct shape *const s = &w->shapes[w->shape_slots[at].entry - 1];

        if (s->hash == hash && s->count == count && memcmp(s->keys, w->keys, size) == 0) {
            *shape = w->shape_slots[at].entry - 1;
            return true;
        }
    }
    *shape = w->shape_count;
    if (!shape_make(w, count, hash))
        return false;
    w->shape_slots[at] = (struct slot){*shape + 1, hash};
    return true;
}

/* ---- a block ---- */

static bool page_add(struct segment_writer *w, struct column *c, uint32_t values, struct err *e) {
    struct page page = {values, 0};

    pack_values(&w->pack, w->values, values);
    if (!GROW(w, c->pages, c->page_count, c->page_room, 4))
        return no_memory(w, e);
    if (!chunk_end(w, &page.chunk, &c->bytes, e))
        return false;
    c->pages[c->page_count++] = page;
    return true;
}

/* Whoever wants to know them is told. ASCII in UTF-16 is told as the text it is; with a zero in it, as what it was. */
static bool values_tell(struct segment_writer *w, uint32_t count, struct err *e) {
    for (uint32_t i = 0; i < count; i++) {
        const struct packed_value *const v = &w->values[i];
        bool const wide = v->narrow && memchr(v->ptr, 0, v->len);
        str value = {v->ptr, v->len};

        if (UNLIKELY(wide)) {
            w->wide.len = 0;
            for (uint32_t k = 0; k < v->len; k++) {
                buf_byte(&w->wide, v->ptr[k]);
                buf_byte(&w->wide, 0);
            }
            if (w->wide.failed)
                return no_memory(w, e);
            value = buf_str(&w->wide);
        }
        if (!w->o.told(w->o.ctx, v->narrow && !wide ? RAW_TEXT : v->type, value, e)) {
            w->broken = true;
            return false;
        }
    }
    return true;
}

/* Values that wait become pages. */
static bool pages_write(struct segment_writer *w, struct column *c, struct err *e) {
    uint32_t at = 0;

    while (at < c->waiting_count) {
        size_t text = 0;
        uint32_t count = 0;

        while (at < c->waiting_count && count < PAGE_VALUES && text < PAGE_TEXT_MOST) {
            const struct entry *const n = entry_at(c, c->waiting[at++]);

            if (!GROW(w, w->values, count, w->value_room, 256))
                return no_memory(w, e);
            w->values[count++] = (struct packed_value){n->bytes, entry_len(n), n->type, n->narrow};
            text += entry_len(n);
        }
        if ((w->o.told && c->spoken == SPOKEN_OWN && !values_tell(w, count, e)) || !page_add(w, c, count, e))
            return false;
    }
    c->waiting_count = 0;
    c->waiting_text = 0;
    if (w->pack.texts.room > 4 * PAGE_TEXT_MOST) /* there was a long value */
        buf_free(&w->pack.texts);
    return true;
}

/* Forgets the table of a column and its values, which are all in pages. */
static void column_forget(struct segment_writer *w, struct column *c) {
    assert(c->waiting_count == 0 && c->fresh_count == 0);
    if (c->entries_room > TABLE_KEPT) {
        w->held -= c->entries_room;
        free(c->entries);
        c->entries = NULL;
        c->entries_room = 0;
    }
    c->entries_len = 0;
    w->held -= c->slots ? ((size_t)c->slot_mask + 1) * sizeof *c->slots : 0;
    free(c->slots);
    c->slots = NULL;
    c->slot_mask = 0;
    c->count = 0;
    c->last = 0;
}

/* The tokens of a column's cells: first occurrences are numbered. *known: those that are none. */
static bool tokens_make(struct segment_writer *w, struct column *c, uint32_t *known) {
    const uint32_t *const cells = w->stream + c->stream;
    uint32_t coded = 0;

    for (uint32_t i = 0; i < c->cells_block; i++) {
        if (cells[i] & CODED) {
            w->tokens[i] = (cells[i] & ~CODED) + 1;
            coded++;
            continue;
        }
        uint32_t const entry = c->fresh[cells[i]];
        struct entry *const n = entry_at(c, entry);

        if (n->cell & CODED) {
            w->tokens[i] = (n->cell & ~CODED) + 1;
            coded++;
            continue;
        }
        if (!GROW(w, c->waiting, c->waiting_count, c->waiting_room, 8))
            return false;
        n->cell = c->next++ | CODED;
        w->tokens[i] = 0;
        c->waiting[c->waiting_count++] = entry;
        c->waiting_text += entry_len(n);
    }
    *known = coded;
    return true;
}

/* A column's cells of the block: first occurrences are numbered, codes written. */
static bool column_block(struct segment_writer *w, uint32_t column, struct err *e) {
    struct column *const c = &w->columns[column];
    uint32_t const fresh = c->fresh_count, next_before = c->next;
    struct block_cells done = {.column = column, .cells = c->cells_block, .fresh = fresh};
    uint32_t known;

    if (c->next > CODED - 1 - fresh) {
        w->broken = true;
        return err_set(e, ERR_MEMORY, 0, "a segment would have more than 2,147,483,647 values of a field");
    }
    if (!tokens_make(w, c, &known))
        return no_memory(w, e);
    assert(c->next - next_before == fresh);
    if (known) {
        uint32_t chunk;

        pack_codes(&w->pack, w->tokens, c->cells_block);
        if (!chunk_end(w, &chunk, &c->bytes, e))
            return false;
        done.chunk = chunk + 1;
    }
    if (!GROW(w, w->cells_done, w->cells_done_count, w->cells_done_room, 256))
        return no_memory(w, e);
    w->cells_done[w->cells_done_count++] = done;
    c->cells += c->cells_block;
    c->fresh_count = 0;
    bool const spreads = !c->spread && c->cells_block >= SPREAD_LEAST && fresh > c->cells_block / 2;

    if (c->spread || spreads || c->waiting_text >= PAGE_TEXT || c->waiting_count >= PAGE_VALUES)
        if (!pages_write(w, c, e))
            return false;
    if (spreads) {
        c->spread = c->repeats = true;
        c->spread_blocks = 0;
        column_forget(w, c);
    } else if (c->spread) {
        c->spread = ++c->spread_blocks < SPREAD_BLOCKS;
        column_forget(w, c);
    }
    c->cells_block = 0;
    return true;
}

static bool streams_room(struct segment_writer *w) {
    if (w->cell_count <= w->stream_room)
        return true;
    uint32_t *const stream = realloc(w->stream, w->cell_count * sizeof *stream);

    if (!stream)
        return false;
    w->stream = stream;
    uint32_t *const tokens = realloc(w->tokens, w->cell_count * sizeof *tokens);

    if (!tokens)
        return false;
    w->tokens = tokens;
    w->held += 2 * (w->cell_count - w->stream_room) * sizeof *stream;
    w->stream_room = w->cell_count;
    return true;
}

/* Cells row by row become streams: those of a column together, shape by shape in the order in which the block meets them, place by place in
 * the shape, row by row. */
static bool cells_turn(struct segment_writer *w, struct err *e) {
    uint32_t at = 0;

    if (!streams_room(w))
        return no_memory(w, e);
    w->columns_met_count = 0;
    for (uint32_t i = 0; i < w->shapes_met_count; i++) {
        struct shape *const s = &w->shapes[w->shapes_met[i]];

        s->seen = 0;
        for (uint32_t k = 0; k < s->count; k++) {
            struct column *const c = &w->columns[s->places[k].column];

            if (!c->cells_block) {
                if (!GROW(w, w->columns_met, w->columns_met_count, w->columns_met_room, 64))
                    return no_memory(w, e);
                w->columns_met[w->columns_met_count++] = s->places[k].column;
            }
            s->places[k].base = c->cells_block;
            c->cells_block += s->rows;
        }
    }
    for (uint32_t i = 0; i < w->columns_met_count; i++) {
        w->columns[w->columns_met[i]].stream = at;
        at += w->columns[w->columns_met[i]].cells_block;
    }
    assert(at == w->cell_count);
    for (uint32_t i = 0; i < w->shapes_met_count; i++) {
        struct shape *const s = &w->shapes[w->shapes_met[i]];

        for (uint32_t k = 0; k < s->count; k++)
            s->places[k].base += w->columns[s->places[k].column].stream;
    }
    at = 0;
    for (uint32_t r = 0; r < w->rows; r++) {
        struct shape *const s = &w->shapes[w->row_shape[r]];
        uint32_t const nth = s->seen++;

        for (uint32_t k = 0; k < s->count; k++)
            w->stream[s->places[k].base + nth] = w->cells[at++];
    }
    for (uint32_t i = 0; i < w->shapes_met_count; i++)
        w->shapes[w->shapes_met[i]].rows = 0;
    return true;
}

/* The numbers of those rows that have this flag. */
static void numbers_where(struct segment_writer *w, const uint64_t *n, unsigned flag) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < w->rows; i++)
        if (w->row_flags[i] & flag)
            w->scratch[count++] = n[i];
    if (count)
        pack_numbers(&w->pack, w->scratch, count);
}

/* What a row has beside its values. */
static bool rows_write(struct segment_writer *w, struct block_done *b, struct err *e) {
    uint64_t ignored = 0;

    pack_codes(&w->pack, w->row_shape, w->rows);
    pack_codes(&w->pack, w->row_source, w->rows);
    pack_bytes(&w->pack, (str){(const char *)w->row_flags, w->rows});
    numbers_where(w, w->row_when, ROW_TIMED);
    pack_bytes(&w->pack, (str){(const char *)w->row_zone, w->rows});
    pack_bytes(&w->pack, (str){(const char *)w->row_precision, w->rows});
    numbers_where(w, w->row_own, ROW_OWN);
    pack_numbers(&w->pack, w->row_number, w->rows);
    pack_numbers(&w->pack, w->row_size, w->rows);
    for (uint32_t i = 0; i < w->rows; i++) /* beyond where the one before ended */
        w->scratch[i] = w->row_offset[i] - (i ? w->row_offset[i - 1] + w->row_size[i - 1] : 0);
    pack_numbers(&w->pack, w->scratch, w->rows);
    return chunk_end(w, &b->chunk, &ignored, e);
}

static bool block_end(struct segment_writer *w, struct err *e) {
    struct block_done b = {.rows = w->rows, .first = INT64_MAX, .last = INT64_MIN, .cells_from = w->cells_done_count};

    if (!w->rows)
        return true;
    if (!GROW(w, w->blocks, w->block_count, w->block_room, 32))
        return no_memory(w, e);
    for (uint32_t i = 0; i < w->rows; i++)
        if (w->row_flags[i] & ROW_TIMED) {
            int64_t const when = (int64_t)w->row_when[i];

            b.timed++;
            b.first = when < b.first ? when : b.first;
            b.last = when > b.last ? when : b.last;
        }
    if (b.timed) {
        w->first = w->timed && w->first < b.first ? w->first : b.first;
        w->last = w->timed && w->last > b.last ? w->last : b.last;
        w->timed += b.timed;
    }
    if (!rows_write(w, &b, e) || !cells_turn(w, e))
        return false;
    for (uint32_t i = 0; i < w->columns_met_count; i++)
        if (!column_block(w, w->columns_met[i], e))
            return false;
    b.cells_count = w->cells_done_count - b.cells_from;
    w->blocks[w->block_count++] = b;
    w->cells_all += w->cell_count;
    w->rows_done += w->rows;
    w->rows = w->cell_count = w->shapes_met_count = 0;
    w->text_block = 0;
    return true;
}

/* ---- a record ---- */

static bool cells_room(struct segment_writer *w, uint32_t more) {
    if (more <= w->cell_room - w->cell_count)
        return true;
    uint32_t room = w->cell_room ? w->cell_room : 1u << 16;

    while (room - w->cell_count < more)
        room *= 2;
    uint32_t *const bigger = realloc(w->cells, room * sizeof *bigger);

    if (!bigger)
        return false;
    w->held += (room - w->cell_room) * sizeof *bigger;
    w->cells = bigger;
    w->cell_room = room;
    return true;
}

static bool bigger(void **items, size_t count, size_t size) {
    void *const more = reallocarray(*items, count, size);

    if (more)
        *items = more;
    return more != NULL;
}

/* Room for one more row: many segments are written at a time, and most of them are small. */
static bool rows_room(struct segment_writer *w) {
    uint32_t const room = w->row_room ? w->row_room * 2 : ROWS_FIRST;

    if (LIKELY(w->rows < w->row_room))
        return true;
    if (!bigger((void **)&w->row_shape, room, sizeof *w->row_shape) ||
        !bigger((void **)&w->row_source, room, sizeof *w->row_source) ||
        !bigger((void **)&w->row_when, room, sizeof *w->row_when) ||
        !bigger((void **)&w->row_own, room, sizeof *w->row_own) ||
        !bigger((void **)&w->row_number, room, sizeof *w->row_number) ||
        !bigger((void **)&w->row_offset, room, sizeof *w->row_offset) ||
        !bigger((void **)&w->row_size, room, sizeof *w->row_size) ||
        !bigger((void **)&w->scratch, room, sizeof *w->scratch) || !bigger((void **)&w->row_flags, room, 1) ||
        !bigger((void **)&w->row_zone, room, 1) || !bigger((void **)&w->row_precision, room, 1))
        return false;
    w->held += (room - w->row_room) * (6 * sizeof(uint64_t) + 2 * sizeof(uint32_t) + 3);
    w->row_room = room;
    return true;
}

/* And for so many values of it. */
static bool record_room(struct segment_writer *w, uint32_t count) {
    uint32_t room = w->record_room ? w->record_room : 64;

    if (LIKELY(count <= w->record_room))
        return true;
    while (room < count)
        room *= 2;
    if (!bigger((void **)&w->keys, room, sizeof *w->keys) || !bigger((void **)&w->pending, room, sizeof *w->pending) ||
        !bigger((void **)&w->folded, room, sizeof *w->folded))
        return false;
    w->held += (room - w->record_room) * (sizeof *w->keys + sizeof *w->pending + sizeof *w->folded);
    w->record_room = room;
    return true;
}

static bool is_below(struct segment_writer *w, field_id field, field_id list) {
    struct below *const known = &w->below[(field * 31 + list) % BELOW_KNOWN];

    if (known->field != field || known->list != list)
        *known = (struct below){field, list, fold_below(field_name(w->o.fields, field), field_name(w->o.fields, list))};
    return known->yes;
}

/* The record with the texts of its objects folded: r itself, if it has none. False: no memory. */
static bool fold_texts(struct segment_writer *w, const struct record *r, struct record *out) {
    size_t left = SEGMENT_UNFOLD_MAX, asked = 0;

    *out = *r;
    for (uint32_t i = 0; i < r->count; i++)
        asked += r->values[i].inner == RAW_INNER_ASKED ? r->values[i].len : 0;
    if (!asked)
        return true;
    w->folds.len = 0;
    if (!buf_reserve(&w->folds, asked + r->count)) /* none is longer than that: what was folded stays where it is */
        return false;
    for (uint32_t i = 0; i < r->count; i++) {
        struct raw *const v = &w->folded[i];
        uint32_t from = i;

        *v = r->values[i];
        if (v->inner != RAW_INNER_ASKED || v->type != RAW_TEXT || v->len > left)
            continue;
        while (from && is_below(w, r->values[from - 1].field, v->field))
            from--;
        size_t const at = w->folds.len;

        if (!fold(r->values + from, i - from, (str){v->ptr, v->len}, &w->folds))
            continue;
        left -= v->len;
        v->ptr = w->folds.ptr + at;
        v->len = (uint32_t)(w->folds.len - at);
        v->inner = SEGMENT_FOLDED;
    }
    assert(!w->folds.failed);
    out->values = w->folded;
    return true;
}

static bool may(const struct segment_writer *w, const struct record *r, str kind, struct err *e) {
    if (r->count > SEGMENT_VALUES_MAX - 2)
        return err_set(e, ERR_LIMIT, r->offset, "a record of more than %u values", SEGMENT_VALUES_MAX - 2);
    for (uint32_t i = 0; i < r->count; i++)
        if (r->values[i].len >= SEGMENT_VALUE_MAX)
            return err_set(e, ERR_LIMIT, r->offset, "a value of 1 GiB or more");
    if (kind.len >= SEGMENT_VALUE_MAX || r->time_text.len >= SEGMENT_VALUE_MAX)
        return err_set(e, ERR_LIMIT, r->offset, "the name of a kind, or a time, of 1 GiB or more");
    if (w->rows_done + w->rows >= SEGMENT_ROWS_MAX)
        return err_set(e, ERR_LIMIT, r->offset, "a segment of more than %u rows", SEGMENT_ROWS_MAX);
    return true;
}

/* The values of a record as one list: those of the segment's own columns come first. */
struct given {
    const struct raw *own, *values;
    uint32_t own_count;
};

static inline const struct raw *given_at(const struct given *g, uint32_t i) {
    return i < g->own_count ? &g->own[i] : &g->values[i - g->own_count];
}

/* The cells of values that are the last again, or new without being looked for; of all others the hash, and what is needed next is sent for.
 * *count: how many. */
static bool cells_first(struct segment_writer *w, const struct shape *s, const struct given *g, uint32_t *cells,
                        uint32_t *count) {
    uint32_t pending = 0, entry;

    for (uint32_t i = 0; i < s->count; i++) {
        struct column *const c = &w->columns[s->places[i].column];
        const struct raw *const v = given_at(g, i);

        if (c->spread) {
            if (!entry_add(w, c, v, &entry))
                return false;
            cells[i] = c->fresh_count - 1;
        } else if (c->last && is(entry_at(c, c->last - 1), v)) {
            cells[i] = entry_at(c, c->last - 1)->cell;
        } else {
            uint32_t const hash = (uint32_t)hash_bytes((str){v->ptr, v->len}, w->seed + v->type);

            if (c->slots)
                __builtin_prefetch(&c->slots[hash & c->slot_mask]);
            w->pending[pending++] = (struct pending){i, hash, 0};
        }
    }
    *count = pending;
    return true;
}

/* What came is mostly in the table: where it is, is asked for all values of the record before the first is compared. */
static void cells_seek(struct segment_writer *w, const struct shape *s, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct pending *const p = &w->pending[i];
        const struct column *const c = &w->columns[s->places[p->place].column];

        if (!c->slots)
            continue;
        uint32_t at = p->hash & c->slot_mask;

        while (c->slots[at].entry && c->slots[at].hash != p->hash)
            at = (at + 1) & c->slot_mask;
        p->entry = c->slots[at].entry;
        if (p->entry)
            __builtin_prefetch(entry_at(c, p->entry - 1));
    }
}

static bool cells_take(struct segment_writer *w, const struct shape *s, const struct given *g, struct err *e) {
    uint32_t *const cells = w->cells + w->cell_count;
    uint32_t count;

    if (!cells_first(w, s, g, cells, &count))
        return no_memory(w, e);
    cells_seek(w, s, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct pending *const p = &w->pending[i];
        struct column *const c = &w->columns[s->places[p->place].column];
        const struct raw *const v = given_at(g, p->place);
        uint32_t entry = p->entry - 1;

        if (!(p->entry && is(entry_at(c, entry), v)) && !look_up(w, c, v, p->hash, &entry))
            return no_memory(w, e);
        cells[p->place] = entry_at(c, entry)->cell;
        c->last = entry + 1;
    }
    w->cell_count += s->count;
    return true;
}

bool segment_writer_record(struct segment_writer *w, uint32_t source, const struct record *given, int64_t when,
                           str kind, struct err *e) {
    struct raw own[2] = {{.type = RAW_TEXT, .len = (uint32_t)kind.len, .ptr = kind.ptr},
                         {.type = RAW_TEXT, .len = (uint32_t)given->time_text.len, .ptr = given->time_text.ptr}};
    uint32_t const own_count = 1 + (given->time_text.len > 0), count = own_count + given->count;
    struct record folded;
    const struct record *const r = &folded;
    uint32_t shape;

    assert(!w->broken && source < w->source_count);
    if (!may(w, given, kind, e))
        return false;
    if (!record_room(w, count) || !rows_room(w) || !fold_texts(w, given, &folded))
        return no_memory(w, e);
    w->keys[0] = KEY_KIND;
    w->keys[own_count - 1] = own_count > 1 ? KEY_TIME : KEY_KIND;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        assert(v->type < RAW_TYPES && v->field < FIELDS_MAX);
        w->keys[own_count + i] = (uint64_t)v->field << KEY_FIELD |
                                 (uint64_t)(v->inner <= SEGMENT_FOLDED ? v->inner : RAW_INNER) << 16 | v->element;
    }
    if (!shape_of(w, count, &shape) || !cells_room(w, count))
        return no_memory(w, e);
    struct shape *const s = &w->shapes[shape];
    uint32_t const row = w->rows;

    if (!cells_take(w, s, &(struct given){own, r->values, own_count}, e))
        return false;
    if (!s->rows++) {
        if (!GROW(w, w->shapes_met, w->shapes_met_count, w->shapes_met_room, 64))
            return no_memory(w, e);
        w->shapes_met[w->shapes_met_count++] = shape;
    }
    w->row_shape[row] = shape;
    w->row_source[row] = source;
    w->row_when[row] = (uint64_t)when;
    w->row_own[row] = (uint64_t)r->when;
    w->row_zone[row] = r->zone;
    w->row_precision[row] = r->precision;
    w->row_number[row] = r->number;
    w->row_offset[row] = r->offset;
    w->row_size[row] = r->size;
    w->row_flags[row] = (uint8_t)((r->salvaged ? ROW_SALVAGED : 0) | (r->unordered ? ROW_UNORDERED : 0) |
                                  (when != INSTANT_NONE ? ROW_TIMED : 0) |
                                  (r->when == INSTANT_NONE ? 0
                                   : r->when == when       ? ROW_OWN_SAME
                                                           : ROW_OWN));
    w->sources[source].is.rows++;
    w->rows++;
    if (w->rows == SEGMENT_BLOCK_ROWS || w->cell_count >= BLOCK_CELLS || w->text_block >= BLOCK_TEXT)
        return block_end(w, e);
    return true;
}

uint32_t segment_writer_rows(const struct segment_writer *w) {
    return (uint32_t)w->rows_done + w->rows;
}

size_t segment_writer_bytes(const struct segment_writer *w) {
    size_t const turned = (size_t)(w->cell_room > w->stream_room ? w->cell_room - w->stream_room : 0);

    return w->held + 2 * turned * sizeof *w->stream + w->out.room + w->leaves.room + w->folds.room + w->wide.room +
           w->pack.out.room + w->sealed.room + w->pack.texts.room + w->pack.numbers.room + w->pack.times.room +
           w->pack.guids.room + w->pack.forms.room;
}

bool segment_writer_full(const struct segment_writer *w) {
    return segment_writer_rows(w) >= w->o.rows_max || segment_writer_bytes(w) >= w->o.memory_max ||
           w->written >= w->o.size_max;
}

/* ---- beginning and end ---- */

static bool head_write(struct segment_writer *w, struct err *e) {
    char head[SEGMENT_HEAD] = SEGMENT_MAGIC;
    uint32_t const version = SEGMENT_VERSION, flags = w->o.writing ? SEGMENT_ENCRYPTED : 0;

    memcpy(head + 8, &version, sizeof version);
    memcpy(head + SEGMENT_FLAGS_AT, &flags, sizeof flags);
    memcpy(head + SEGMENT_NAME_AT, w->o.id, sizeof w->o.id);
    if (w->o.writing)
        sealer_new(&w->sealer, w->o.writing, w->o.id, (uint8_t *)head + SEGMENT_SEAL_AT);
    uint64_t const sum = hash_sum((str){head, SEGMENT_HEAD - 8});

    memcpy(head + SEGMENT_HEAD - 8, &sum, sizeof sum);
    return put(w, (str){head, sizeof head}, e);
}

bool segment_writer_new(struct segment_writer **out, const struct segment_options *options, struct err *e) {
    struct segment_writer *const w = calloc(1, sizeof *w);
    uint32_t own;

    if (!w)
        return err_set(e, ERR_MEMORY, 0, "no memory for a segment");
    w->o = *options;
    w->o.level = w->o.level ? w->o.level : 1;
    w->o.rows_max = w->o.rows_max ? w->o.rows_max : ROWS_USUAL;
    w->o.memory_max = w->o.memory_max ? w->o.memory_max : MEMORY_USUAL;
    w->o.memory_max = w->o.memory_max < MEMORY_LEAST ? MEMORY_LEAST : w->o.memory_max;
    w->o.size_max = w->o.size_max ? w->o.size_max : SIZE_USUAL;
    w->seed = w->o.seed ? w->o.seed : hash_seed();
    w->first = w->last = INSTANT_NONE;
    for (size_t i = 0; i < BELOW_KNOWN; i++)
        w->below[i].field = FIELD_NONE;
    w->shape_memory = arena_new(TEXT_MAX);
    if (!w->shape_memory || !packer_init(&w->pack, w->o.level) || !column_make(w, FIELD_NONE, &own) ||
        !column_make(w, FIELD_NONE, &own)) {
        segment_writer_free(w);
        return err_set(e, ERR_MEMORY, 0, "no memory for a segment");
    }
    if (!head_write(w, e)) {
        segment_writer_free(w);
        return false;
    }
    *out = w;
    return true;
}

void segment_writer_free(struct segment_writer *w) {
    if (!w)
        return;
    void *const arrays[] = {
        w->columns,    w->column_of,   w->shapes,   w->shape_slots, w->keys,       w->pending,  w->sources,
        w->cells,      w->stream,      w->tokens,   w->row_shape,   w->row_source, w->row_when, w->row_own,
        w->row_number, w->row_offset,  w->row_size, w->scratch,     w->row_flags,  w->row_zone, w->row_precision,
        w->shapes_met, w->columns_met, w->values,   w->blocks,      w->cells_done, w->chunks};

    packer_free(&w->pack);
    for (uint32_t i = 0; i < w->column_count; i++) {
        struct column *const c = &w->columns[i];

        free(c->entries);
        free(c->slots);
        free(c->fresh);
        free(c->waiting);
        free(c->pages);
    }
    for (uint32_t i = 0; i < w->source_count; i++)
        free(w->sources[i].bytes);
    for (size_t i = 0; i < COUNT(arrays); i++)
        free(arrays[i]);
    arena_free(w->shape_memory);
    sha256_free(w->leaf);
    buf_free(&w->out);
    buf_free(&w->leaves);
    buf_free(&w->sealed);
    sealer_wipe(&w->sealer);
    buf_free(&w->folds);
    buf_free(&w->wide);
    free(w->folded);
    free(w);
}

static void text_put(struct buf *b, str s) {
    varint_put(b, s.len);
    buf_add(b, s);
}

/* Shapes: how many values, and of each the column, how it is inner, the element. */
static bool shapes_write(struct segment_writer *w, uint32_t *chunk, struct err *e) {
    struct buf b = {0};
    uint64_t ignored = 0;

    for (uint32_t i = 0; i < w->shape_count; i++) {
        const struct shape *const s = &w->shapes[i];

        varint_put(&b, s->count);
        for (uint32_t k = 0; k < s->count; k++) {
            uint64_t const low = s->places[k].column > SEGMENT_TIME_TEXT ? s->keys[k] & ((1u << KEY_FIELD) - 1) : 0;

            varint_put(&b, (uint64_t)s->places[k].column << 3 | (low >> 16) << 1 | ((low & 0xffff) != 0));
            if (low & 0xffff)
                varint_put(&b, low & 0xffff);
        }
    }
    if (b.failed)
        return no_memory(w, e);
    varint_put(&w->pack.out, b.len);
    pack_bytes(&w->pack, buf_str(&b));
    buf_free(&b);
    return chunk_end(w, chunk, &ignored, e);
}

static bool sources_write(struct segment_writer *w, uint32_t *chunk, struct err *e) {
    struct buf b = {0};
    uint64_t ignored = 0;

    for (uint32_t i = 0; i < w->source_count; i++) {
        const struct segment_source *const s = &w->sources[i].is;

        text_put(&b, s->path);
        text_put(&b, s->reader);
        buf_add(&b, (str){(const char *)s->sha256, SHA256_SIZE});
        varint_put(&b, s->size);
        varint_put(&b, zigzag(s->modified));
        varint_put(&b, s->before);
        varint_put(&b, s->rows);
        varint_put(&b, s->count_count);
        for (uint32_t k = 0; k < s->count_count; k++) {
            varint_put(&b, s->counts[k].number);
            varint_put(&b, s->counts[k].value);
        }
    }
    if (b.failed)
        return no_memory(w, e);
    varint_put(&w->pack.out, b.len);
    pack_bytes(&w->pack, buf_str(&b));
    buf_free(&b);
    return chunk_end(w, chunk, &ignored, e);
}

static void times_put(struct buf *b, uint64_t timed, int64_t first, int64_t last) {
    varint_put(b, timed);
    if (timed) {
        varint_put(b, zigzag(first));
        varint_put(b, (uint64_t)last - (uint64_t)first);
    }
}

static void footer_make(struct segment_writer *w, uint32_t shapes, uint32_t sources, struct buf *b) {
    buf_add(b, (str){(const char *)w->o.id, sizeof w->o.id});
    varint_put(b, w->rows_done);
    varint_put(b, w->shape_count);
    varint_put(b, w->source_count);
    varint_put(b, w->chunk_count);
    varint_put(b, shapes);
    varint_put(b, sources);
    for (uint32_t i = 0; i < w->chunk_count; i++)
        varint_put(b, w->chunks[i].size);
    for (uint32_t i = 0; i < w->chunk_count; i++)
        buf_add(b, (str){(const char *)&w->chunks[i].sum, sizeof w->chunks[i].sum});
    varint_put(b, w->column_count);
    for (uint32_t i = 0; i < w->column_count; i++) {
        const struct column *const c = &w->columns[i];

        text_put(b, i <= SEGMENT_TIME_TEXT ? S("") : field_name(w->o.fields, c->field));
        buf_byte(b, c->repeats);
        varint_put(b, c->types);
        varint_put(b, c->page_count);
        for (uint32_t k = 0; k < c->page_count; k++) {
            varint_put(b, c->pages[k].values);
            varint_put(b, c->pages[k].chunk);
        }
    }
    varint_put(b, w->block_count);
    for (uint32_t i = 0; i < w->block_count; i++) {
        const struct block_done *const d = &w->blocks[i];

        varint_put(b, d->rows);
        times_put(b, d->timed, d->first, d->last);
        varint_put(b, d->chunk);
        varint_put(b, d->cells_count);
        for (uint32_t k = 0; k < d->cells_count; k++) {
            const struct block_cells *const c = &w->cells_done[d->cells_from + k];

            varint_put(b, c->column);
            varint_put(b, c->cells);
            varint_put(b, c->fresh);
            varint_put(b, c->chunk);
        }
    }
    buf_add(b, buf_str(&w->leaves));
}

static bool footer_write(struct segment_writer *w, uint32_t shapes, uint32_t sources, struct segment_info *info,
                         struct err *e) {
    struct buf b = {0};
    char trailer[SEGMENT_TRAILER] = SEGMENT_END_MAGIC;
    uint32_t const version = SEGMENT_VERSION, flags = w->o.writing ? SEGMENT_ENCRYPTED : 0;
    struct sha256 *hash;

    if (w->leaf && !leaf_end(w))
        return no_memory(w, e);
    footer_make(w, shapes, sources, &b);
    w->pack.out.len = 0;
    pack_bytes(&w->pack, buf_str(&b));
    str const directory = packed_out(w, SEGMENT_DIRECTORY);
    uint64_t const raw = b.len, packed = directory.len;

    buf_free(&b);
    if (!raw || !directory.ptr || !(hash = sha256_new()))
        return no_memory(w, e);
    sha256_add(hash, directory);
    sha256_end(hash, info->sha256);
    sha256_free(hash);
    memcpy(trailer + 8, &version, sizeof version);
    memcpy(trailer + SEGMENT_FLAGS_AT, &flags, sizeof flags);
    memcpy(trailer + 16, &packed, sizeof packed);
    memcpy(trailer + 24, &raw, sizeof raw);
    memcpy(trailer + 32, info->sha256, SHA256_SIZE);
    buf_add(&w->out, directory);
    buf_add(&w->out, (str){trailer, sizeof trailer});
    w->written += packed + sizeof trailer;
    return !w->out.failed || no_memory(w, e);
}

bool segment_writer_mixed(const struct segment_writer *w) {
    for (uint32_t i = 0; i < w->column_count; i++)
        if (w->columns[i].spoken == SPOKEN_BOTH)
            return true;
    return false;
}

bool segment_writer_finish(struct segment_writer *w, struct buf *out, struct segment_info *info, struct err *e) {
    uint32_t shapes, sources;

    assert(!w->broken && (w->o.to_file ? out == NULL : out != NULL));
    if (!block_end(w, e))
        return false;
    for (uint32_t i = 0; i < w->column_count; i++) {
        if (!pages_write(w, &w->columns[i], e))
            return false;
        w->values_all += w->columns[i].next;
    }
    if (!shapes_write(w, &shapes, e) || !sources_write(w, &sources, e))
        return false;
    *info = (struct segment_info){.rows = (uint32_t)w->rows_done,
                                  .blocks = w->block_count,
                                  .columns = w->column_count,
                                  .shapes = w->shape_count,
                                  .sources = w->source_count,
                                  .chunks = w->chunk_count,
                                  .timed = (uint32_t)w->timed,
                                  .encrypted = w->o.writing != NULL,
                                  .first = w->first,
                                  .last = w->last,
                                  .cells = w->cells_all,
                                  .values = w->values_all};
    memcpy(info->id, w->o.id, sizeof info->id);
    if (!footer_write(w, shapes, sources, info, e))
        return false;
    info->size = w->written;
    if (w->o.to_file)
        return flush(w, e);
    if (out->len == 0 && !out->failed) { /* handed over whole */
        buf_free(out);
        *out = w->out;
        w->out = (struct buf){0};
        return true;
    }
    buf_add(out, buf_str(&w->out));
    return !out->failed || no_memory(w, e);
}
