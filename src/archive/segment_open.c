/* segment_open: the bytes of a segment, checked, and its parts unpacked as they are asked for. Nothing in it is believed: every number is
 * checked against what there is before it is used. */
#include <assert.h>

#include "archive/segment_own.h"
#include "base/arena.h"
#include "base/hash.h"

#define MEMORY_USUAL ((size_t)1 << 30)
#define PAGE_VALUES 65536u

static bool damaged(const struct segment *s, uint64_t offset, struct err *e, const char *why) {
    return err_set(e, ERR_CORRUPT, offset, "segment %.*s: at byte %llu: %s", STR_ARG(s->name),
                   (unsigned long long)offset, why);
}

bool segment_no_memory(const struct segment *s, struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read segment %.*s", STR_ARG(s->name));
}

bool segment_no_room(const struct segment *s, struct err *e) {
    if (s->unpack.limit)
        return err_set(e, ERR_LIMIT, 0, "segment %.*s: needs more memory than may be used for it", STR_ARG(s->name));
    return segment_no_memory(s, e);
}

/* Memory for as long as s, zeroed. NULL: none; that is remembered, for it is no damage. */
static void *table(struct segment *s, size_t count, size_t size) {
    void *const out = arena_zero(s->memory, count, size);

    s->starved |= !out;
    return out;
}

/* ---- chunks ---- */

bool segment_chunk_bad(struct segment *s, uint32_t chunk, struct err *e) {
    struct opened_chunk *const c = &s->chunks[chunk];

    if (!s->unpack.why)
        return segment_no_room(s, e);
    c->state = CHUNK_BAD;
    return err_set(e, ERR_CORRUPT, c->offset, "segment %.*s: chunk %u at byte %llu: %s", STR_ARG(s->name), chunk,
                   (unsigned long long)c->offset, s->unpack.why);
}

/* A sealed piece in the clear, in *bytes; of a segment that is not encrypted it is that already. False: why says, or memory is out. */
static bool unsealed(struct segment *s, uint32_t number, str *bytes) {
    size_t const size = bytes->len < SEAL_MORE ? 0 : bytes->len - SEAL_MORE;

    if (!s->info.encrypted)
        return true;
    if (size > s->clear_room || !s->clear) {
        unpack_return(&s->unpack, s->clear, s->clear_room);
        s->clear_room = 0;
        s->unpack.why = NULL;
        if (!(s->clear = unpack_alloc(&s->unpack, size + 1)))
            return false;
        s->clear_room = size + 1;
    }
    if (bytes->len < SEAL_MORE || !unseal_piece(&s->sealer, number, *bytes, s->clear))
        return unpack_refuse(&s->unpack, "changed by somebody without the key, or not what was sealed here");
    *bytes = (str){s->clear, size};
    return true;
}

bool segment_chunk(struct segment *s, uint32_t chunk, struct cursor *c, struct err *e) {
    struct opened_chunk *const k = &s->chunks[chunk];
    str bytes = {s->bytes.ptr + k->offset, k->size};

    if (k->state == CHUNK_UNREAD)
        k->state = hash_sum(bytes) == k->sum ? CHUNK_GOOD : CHUNK_BAD;
    if (k->state == CHUNK_BAD) {
        s->unpack.why = "damaged";
        return segment_chunk_bad(s, chunk, e);
    }
    if (!unsealed(s, chunk, &bytes))
        return segment_chunk_bad(s, chunk, e);
    *c = cursor_of(bytes);
    return true;
}

/* What is behind all that was to be read. */
static bool chunk_ends(struct segment *s, uint32_t chunk, const struct cursor *c, struct err *e) {
    if (cursor_left(c) == 0)
        return true;
    s->unpack.why = "more bytes than it says";
    return segment_chunk_bad(s, chunk, e);
}

static bool chunk_wrong(struct segment *s, uint32_t chunk, struct err *e, const char *why) {
    s->unpack.why = why;
    return segment_chunk_bad(s, chunk, e);
}

/* A chunk that is one stream of bytes whose size stands before it; to be given back. */
static bool chunk_whole(struct segment *s, uint32_t chunk, char **out, size_t *size, struct err *e) {
    struct cursor c;
    uint64_t len;

    if (!segment_chunk(s, chunk, &c, e))
        return false;
    if (!varint_take_max(&c, SEGMENT_FOOTER_MAX, &len))
        return chunk_wrong(s, chunk, e, "no size");
    if (!(*out = unpack_alloc(&s->unpack, len)))
        return segment_chunk_bad(s, chunk, e);
    *size = len;
    if (unpack_bytes(&s->unpack, &c, *out, len) ? chunk_ends(s, chunk, &c, e) : segment_chunk_bad(s, chunk, e))
        return true;
    unpack_return(&s->unpack, *out, *size);
    return false;
}

/* Was it memory that failed, and no damage? Then e says so. */
static bool starved(struct segment *s, struct err *e) {
    bool const was = s->starved;

    s->starved = false;
    if (was)
        (void)segment_no_memory(s, e);
    return was;
}

/* ---- shapes ---- */

static bool place_take(const struct segment *s, struct cursor *c, uint32_t nth, struct segment_place *p) {
    uint64_t n, element = 0;

    if (!varint_take(c, &n) || n >> 3 >= s->info.columns ||
        (n & 1 && (!varint_take_max(c, UINT16_MAX, &element) || !element)))
        return false;
    *p = (struct segment_place){(uint32_t)(n >> 3), (uint16_t)element, n >> 1 & 3};
    if (nth == 0 || p->column <= SEGMENT_TIME_TEXT) /* the kind first, and perhaps the time behind it */
        return n == (nth == 0 ? SEGMENT_KIND : SEGMENT_TIME_TEXT << 3) && nth <= 1;
    return true;
}

/* Twice: to count the places, and to keep them. */
static bool shapes_walk(struct segment *s, str bytes, struct opened_shape *shapes, struct segment_place *places,
                        uint32_t *count) {
    struct cursor c = cursor_of(bytes);
    struct segment_place ignored;
    uint32_t at = 0;

    for (uint32_t i = 0; i < s->info.shapes; i++) {
        uint64_t many;

        if (!varint_take_max(&c, SEGMENT_VALUES_MAX, &many) || !many || at > UINT32_MAX - many)
            return false;
        if (shapes)
            shapes[i] = (struct opened_shape){.from = at, .count = (uint32_t)many};
        for (uint32_t k = 0; k < many; k++, at++)
            if (!place_take(s, &c, k, places ? &places[at] : &ignored))
                return false;
    }
    *count = at;
    return cursor_left(&c) == 0;
}

bool segment_shapes_load(struct segment *s, struct err *e) {
    struct opened_shape *shapes;
    struct segment_place *places;
    uint32_t *base, *met;
    size_t size;
    char *bytes;

    if (s->shapes)
        return true;
    if (!chunk_whole(s, s->shapes_chunk, &bytes, &size, e))
        return false;
    if (!shapes_walk(s, (str){bytes, size}, NULL, NULL, &s->place_count)) {
        unpack_return(&s->unpack, bytes, size);
        return chunk_wrong(s, s->shapes_chunk, e, "shapes make no sense");
    }
    shapes = table(s, s->info.shapes, sizeof *shapes);
    met = table(s, s->info.shapes, sizeof *met);
    places = table(s, s->place_count, sizeof *places);
    base = table(s, s->place_count, sizeof *base);
    if (shapes && met && places && base) {
        (void)!shapes_walk(s, (str){bytes, size}, shapes, places, &s->place_count);
        s->shapes = shapes;
        s->met = met;
        s->places = places;
        s->place_base = base;
        for (uint32_t i = 0; i < s->place_count; i++)
            s->columns[places[i].column].spoken |= places[i].inner == RAW_OWN ? SPOKEN_OWN : SPOKEN_INNER;
    }
    unpack_return(&s->unpack, bytes, size);
    return s->shapes ? true : segment_no_memory(s, e);
}

/* ---- sources ---- */

static bool text_take(struct segment *s, struct cursor *c, str *out) {
    uint64_t len;
    str view;

    if (!varint_take(c, &len) || len > cursor_left(c) || !read_view(c, len, &view))
        return false;
    s->starved |= !arena_copy(s->memory, view, out);
    return !s->starved;
}

static bool source_take(struct segment *s, struct cursor *c, struct segment_source *out) {
    uint64_t modified, rows, many, number;
    struct segment_count *counts;

    if (!text_take(s, c, &out->path) || !text_take(s, c, &out->reader) || !read_bytes(c, out->sha256, SHA256_SIZE) ||
        !varint_take(c, &out->size) || !varint_take(c, &modified) || !varint_take(c, &out->before) ||
        !varint_take_max(c, s->info.rows, &rows) || !varint_take_max(c, cursor_left(c), &many) ||
        !(counts = table(s, many, sizeof *counts)))
        return false;
    out->modified = zagzig(modified);
    out->rows = (uint32_t)rows;
    out->counts = counts;
    out->count_count = (uint32_t)many;
    for (uint64_t i = 0; i < many; i++) {
        if (!varint_take_max(c, UINT32_MAX, &number) || !varint_take(c, &counts[i].value))
            return false;
        counts[i].number = (uint32_t)number;
    }
    return true;
}

bool segment_sources_load(struct segment *s, struct err *e) {
    struct segment_source *sources;
    struct cursor c;
    uint64_t rows = 0;
    bool ok = true;
    size_t size;
    char *bytes;

    if (s->sources)
        return true;
    if (!chunk_whole(s, s->sources_chunk, &bytes, &size, e))
        return false;
    if (!(sources = table(s, s->info.sources, sizeof *sources))) {
        unpack_return(&s->unpack, bytes, size);
        return segment_no_memory(s, e);
    }
    s->starved = false;
    c = cursor_of((str){bytes, size});
    for (uint32_t i = 0; i < s->info.sources && ok; i++) {
        ok = source_take(s, &c, &sources[i]);
        rows += ok ? sources[i].rows : 0;
    }
    ok = ok && cursor_left(&c) == 0 && rows == s->info.rows;
    unpack_return(&s->unpack, bytes, size);
    if (!ok)
        return starved(s, e) ? false : chunk_wrong(s, s->sources_chunk, e, "the list of sources makes no sense");
    s->sources = sources;
    return true;
}

bool segment_source(struct segment *s, uint32_t index, struct segment_source *out, struct err *e) {
    assert(index < s->info.sources);
    if (!segment_sources_load(s, e))
        return false;
    *out = s->sources[index];
    return true;
}

/* ---- values ---- */

void segment_values_drop(struct segment *s, struct opened_column *c) {
    for (uint32_t i = c->page_from; i < c->page_to; i++) {
        unpack_return(&s->unpack, c->pages[i].memory, c->pages[i].size);
        c->pages[i].memory = NULL;
        c->pages[i].size = 0;
    }
    unpack_return(&s->unpack, c->items, c->item_room * sizeof *c->items);
    c->items = NULL;
    c->item_room = c->page_from = c->page_to = 0;
    c->broken = c->pinned = false;
}

/* The page that holds a code. */
static uint32_t page_of(const struct opened_column *c, uint32_t code) {
    uint32_t low = 0, high = c->page_count;

    while (high - low > 1) {
        uint32_t const middle = low + (high - low) / 2;

        if (c->pages[middle].from <= code)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool items_room(struct segment *s, struct opened_column *c, uint32_t count) {
    if (count <= c->item_room)
        return true;
    uint32_t const all = c->is.values - c->pages[c->page_from].from;
    uint32_t room = c->item_room < all / 2 ? c->item_room * 2 : all;

    room = room < count ? count : room;
    struct segment_value *const items = unpack_alloc(&s->unpack, room * sizeof *items);

    if (!items)
        return false;
    if (c->items)
        memcpy(items, c->items, c->item_room * sizeof *items);
    unpack_return(&s->unpack, c->items, c->item_room * sizeof *c->items);
    c->items = items;
    c->item_room = room;
    return true;
}

static bool page_load(struct segment *s, struct opened_column *c, struct opened_page *p, struct err *e) {
    struct segment_value *const to = c->items + (p->from - c->pages[c->page_from].from);
    struct cursor in;

    if (segment_chunk(s, p->chunk, &in, e) &&
        (unpack_values(&s->unpack, &in, to, p->values, &p->memory, &p->size) || segment_chunk_bad(s, p->chunk, e)) &&
        chunk_ends(s, p->chunk, &in, e)) {
        uint32_t types = 0;

        for (uint32_t i = 0; i < p->values; i++)
            types |= 1u << to[i].type;
        if (!(types & ~c->is.types))
            return true;
        (void)chunk_wrong(s, p->chunk, e, "a value of a type that its column does not have");
    }
    unpack_return(&s->unpack, p->memory, p->size);
    p->memory = NULL;
    p->size = 0;
    for (uint32_t i = 0; i < p->values; i++)
        to[i] = (struct segment_value){.ptr = "", .lost = true};
    return false;
}

bool segment_values_load(struct segment *s, uint32_t column, uint32_t from, uint32_t to, struct err *e) {
    struct opened_column *const c = &s->columns[column];
    uint32_t first, last;

    if (from == to)
        return true;
    assert(from < to && to <= c->is.values);
    first = page_of(c, from);
    last = page_of(c, to - 1) + 1;
    if (c->page_from == c->page_to || first < c->page_from) { /* none, or others than those that are wanted now */
        bool const pinned = c->pinned;

        if (c->page_to > last && c->page_from < c->page_to)
            last = c->page_to;
        assert(!pinned);
        segment_values_drop(s, c);
        c->page_from = c->page_to = first;
    }
    while (c->page_to < last) {
        struct opened_page *const p = &c->pages[c->page_to];

        if (!items_room(s, c, p->from + p->values - c->pages[c->page_from].from)) {
            s->unpack.why = NULL;
            return segment_chunk_bad(s, p->chunk, e);
        }
        c->page_to++;
        if (page_load(s, c, p, e))
            continue;
        if (e->code != ERR_CORRUPT) {
            c->page_to--;
            return false;
        }
        c->broken = true;
    }
    if (!c->broken)
        return true;
    for (uint32_t i = c->page_from; i < c->page_to; i++)
        if (s->chunks[c->pages[i].chunk].state == CHUNK_BAD)
            return chunk_wrong(s, c->pages[i].chunk, e, "damaged");
    return true;
}

bool segment_column_spoken(struct segment *s, uint32_t column, enum segment_spoken *out, struct err *e) {
    assert(column < s->info.columns);
    if (!segment_shapes_load(s, e))
        return false;
    *out = s->columns[column].is.own || !s->columns[column].spoken ? SPOKEN_OWN
                                                                   : (enum segment_spoken)s->columns[column].spoken;
    return true;
}

bool segment_column_values(struct segment *s, uint32_t column, bool salvage, const struct segment_value **out,
                           struct err *e) {
    struct opened_column *c;

    assert(column < s->info.columns);
    c = &s->columns[column];
    if (!segment_values_load(s, column, 0, c->is.values, e) && (e->code != ERR_CORRUPT || !salvage))
        return false;
    c->pinned = true;
    *out = c->items;
    return true;
}

void segment_forget(struct segment *s) {
    for (uint32_t i = 0; i < s->info.columns; i++)
        segment_values_drop(s, &s->columns[i]);
}

/* ---- a block ---- */

static bool rows_room(struct segment *s) {
    size_t rows = 0;

    if (s->row_precision)
        return true;
    for (uint32_t i = 0; i < s->info.blocks; i++)
        rows = rows < s->blocks[i].is.rows ? s->blocks[i].is.rows : rows;
    s->row_shape = table(s, rows, sizeof *s->row_shape);
    s->row_source = table(s, rows, sizeof *s->row_source);
    s->row_when = table(s, rows, sizeof *s->row_when);
    s->row_own = table(s, rows, sizeof *s->row_own);
    s->row_number = table(s, rows, sizeof *s->row_number);
    s->row_size = table(s, rows, sizeof *s->row_size);
    s->row_offset = table(s, rows, sizeof *s->row_offset);
    s->row_flags = table(s, rows, 1);
    s->row_zone = table(s, rows, 1);
    if (!s->row_shape || !s->row_source || !s->row_when || !s->row_own || !s->row_number || !s->row_size ||
        !s->row_offset || !s->row_flags || !s->row_zone)
        return false;
    return (s->row_precision = table(s, rows, 1)) != NULL;
}

/* Numbers of those rows that have the flag, spread to their rows. */
static bool numbers_where(struct segment *s, struct cursor *c, uint64_t *to, uint32_t rows, unsigned flag) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < rows; i++)
        count += (s->row_flags[i] & flag) != 0;
    if (!unpack_numbers(&s->unpack, c, to, count))
        return false;
    for (uint32_t i = rows; i > 0; i--)
        to[i - 1] = s->row_flags[i - 1] & flag ? to[--count] : (uint64_t)INSTANT_NONE;
    return true;
}

static bool rows_unpack(struct segment *s, struct cursor *c, uint32_t rows) {
    struct unpacker *const u = &s->unpack;

    if (!unpack_codes(u, c, s->row_shape, rows) || !unpack_codes(u, c, s->row_source, rows) ||
        !unpack_bytes(u, c, (char *)s->row_flags, rows))
        return false;
    if (!numbers_where(s, c, s->row_when, rows, ROW_TIMED) || !unpack_bytes(u, c, (char *)s->row_zone, rows) ||
        !unpack_bytes(u, c, (char *)s->row_precision, rows) || !numbers_where(s, c, s->row_own, rows, ROW_OWN) ||
        !unpack_numbers(u, c, s->row_number, rows) || !unpack_numbers(u, c, s->row_size, rows) ||
        !unpack_numbers(u, c, s->row_offset, rows))
        return false;
    for (uint32_t i = 1; i < rows; i++)
        s->row_offset[i] += s->row_offset[i - 1] + s->row_size[i - 1];
    return true;
}

static bool rows_possible(struct segment *s, const struct opened_block *b) {
    uint32_t timed = 0;
    bool ok = true;

    for (uint32_t i = 0; i < b->is.rows; i++) {
        uint8_t const f = s->row_flags[i];

        ok &= s->row_shape[i] < s->info.shapes && s->row_source[i] < s->info.sources && f < ROW_FLAGS &&
              s->row_zone[i] < ZONES && s->row_precision[i] < PRECISIONS &&
              (f & (ROW_OWN | ROW_OWN_SAME)) != (ROW_OWN | ROW_OWN_SAME) && (!(f & ROW_OWN_SAME) || f & ROW_TIMED);
        if (f & ROW_TIMED) {
            timed++;
            ok &= (int64_t)s->row_when[i] >= b->is.first && (int64_t)s->row_when[i] <= b->is.last &&
                  (int64_t)s->row_when[i] != INSTANT_NONE;
        }
        if (f & ROW_OWN_SAME)
            s->row_own[i] = s->row_when[i];
    }
    return ok && timed == b->is.timed;
}

/* Does the column have cells in the block? */
static bool occurs(const struct opened_column *c, const struct opened_block *b) {
    return c->entry != PAGE_NONE && c->entry >= b->cells_from && c->entry - b->cells_from < b->cells_count;
}

/* Where each place's cells begin; and whether the cells of each column are as many as the directory says. Takes time for what is in the block,
 * not for all columns and shapes there are. */
static bool cells_add_up(struct segment *s, const struct opened_block *b) {
    uint64_t all = 0;

    for (uint32_t i = 0; i < s->met_count; i++) /* of the block before */
        s->shapes[s->met[i]].rows = 0;
    s->met_count = 0;
    for (uint32_t i = b->cells_from; i < b->cells_from + b->cells_count; i++) {
        s->columns[s->cells[i].column].entry = i;
        s->columns[s->cells[i].column].cells = 0;
    }
    for (uint32_t i = 0; i < b->is.rows; i++) {
        struct opened_shape *const shape = &s->shapes[s->row_shape[i]];

        if (!shape->rows++)
            s->met[s->met_count++] = s->row_shape[i];
    }
    for (uint32_t i = 0; i < s->met_count; i++) {
        const struct opened_shape *const shape = &s->shapes[s->met[i]];

        all += (uint64_t)shape->rows * shape->count;
        if (all > SEGMENT_CELLS_MAX)
            return false;
        for (uint32_t k = shape->from; k < shape->from + shape->count; k++) {
            struct opened_column *const c = &s->columns[s->places[k].column];

            if (!occurs(c, b))
                return false;
            s->place_base[k] = c->cells;
            c->cells += shape->rows;
        }
    }
    for (uint32_t i = b->cells_from; i < b->cells_from + b->cells_count; i++)
        if (s->columns[s->cells[i].column].cells != s->cells[i].cells)
            return false;
    return true;
}

bool segment_block_load(struct segment *s, uint32_t block, struct err *e) {
    const struct opened_block *const b = &s->blocks[block];
    struct cursor c;

    if (s->block == block)
        return true;
    s->block = s->ordered = UINT32_MAX;
    if (!segment_shapes_load(s, e))
        return false;
    if (!rows_room(s))
        return segment_no_memory(s, e);
    if (!segment_chunk(s, b->chunk, &c, e))
        return false;
    if (!rows_unpack(s, &c, b->is.rows))
        return segment_chunk_bad(s, b->chunk, e);
    if (!chunk_ends(s, b->chunk, &c, e))
        return false;
    if (!rows_possible(s, b) || !cells_add_up(s, b))
        return chunk_wrong(s, b->chunk, e, "rows make no sense");
    s->block = block;
    return true;
}

bool segment_codes_load(struct segment *s, uint32_t column, uint32_t *codes, uint32_t *lowest, struct err *e) {
    const struct opened_cells *const x = &s->cells[s->columns[column].entry];
    uint32_t next = x->before, low = UINT32_MAX;
    struct cursor c;
    bool ok = true;

    if (!x->chunk) {
        for (uint32_t i = 0; i < x->cells; i++)
            codes[i] = next++;
        *lowest = x->before;
        return true;
    }
    if (!segment_chunk(s, x->chunk - 1, &c, e))
        return false;
    if (!unpack_codes(&s->unpack, &c, codes, x->cells))
        return segment_chunk_bad(s, x->chunk - 1, e);
    if (!chunk_ends(s, x->chunk - 1, &c, e))
        return false;
    for (uint32_t i = 0; i < x->cells; i++) {
        uint32_t const code = codes[i] ? codes[i] - 1 : next;

        next += codes[i] == 0;
        ok &= code < next;
        low = code < low ? code : low;
        codes[i] = code;
    }
    if (!ok || next != x->next)
        return chunk_wrong(s, x->chunk - 1, e, "codes do not add up");
    *lowest = low;
    return true;
}

/* ---- the footer ---- */

static bool count_take(struct cursor *c, uint64_t max, uint32_t *n) {
    uint64_t many;

    if (!varint_take_max(c, max, &many))
        return false;
    *n = (uint32_t)many;
    return true;
}

/* A chunk that is named here, and nowhere else. */
static bool chunk_take(struct segment *s, struct cursor *c, uint32_t *chunk) {
    if (!count_take(c, s->info.chunks - 1, chunk) || s->chunks[*chunk].named)
        return false;
    s->chunks[*chunk].named = true;
    return true;
}

static bool times_take(struct cursor *c, uint32_t rows, uint32_t *timed, int64_t *first, int64_t *last) {
    uint64_t from, more;

    *first = *last = INSTANT_NONE;
    if (!count_take(c, rows, timed))
        return false;
    if (!*timed)
        return true;
    if (!varint_take(c, &from) || !varint_take(c, &more))
        return false;
    *first = zagzig(from);
    *last = (int64_t)((uint64_t)*first + more);
    return *first != INSTANT_NONE && *last >= *first;
}

static bool chunks_take(struct segment *s, struct cursor *c) {
    uint64_t at = SEGMENT_HEAD;

    for (uint32_t i = 0; i < s->info.chunks; i++) {
        struct opened_chunk *const k = &s->chunks[i];

        if (!count_take(c, UINT32_MAX, &k->size) || k->size > s->body - at)
            return false;
        k->offset = at;
        at += k->size;
    }
    for (uint32_t i = 0; i < s->info.chunks; i++)
        if (!read_u64le(c, &s->chunks[i].sum))
            return false;
    return at == s->body;
}

static bool column_take(struct segment *s, struct cursor *c, uint32_t number) {
    struct opened_column *const column = &s->columns[number];
    struct segment_column *const is = &column->is;
    uint64_t types, values = 0;
    uint8_t repeats;

    if (!text_take(s, c, &is->name) || !read_u8(c, &repeats) || repeats > 1 || !varint_take_max(c, RAW_ANY, &types) ||
        !count_take(c, s->info.chunks, &column->page_count) ||
        !(column->pages = table(s, column->page_count, sizeof *column->pages)))
        return false;
    if (number <= SEGMENT_TIME_TEXT) {
        is->own = true;
        is->name = number == SEGMENT_KIND ? S("kind") : S("time text");
        if (types & ~(1u << RAW_TEXT))
            return false;
    }
    is->repeats = repeats;
    is->types = (uint32_t)types;
    for (uint32_t i = 0; i < column->page_count; i++) {
        struct opened_page *const p = &column->pages[i];

        if (!count_take(c, PAGE_VALUES, &p->values) || !p->values || !chunk_take(s, c, &p->chunk))
            return false;
        p->from = (uint32_t)values;
        values += p->values;
        is->bytes += s->chunks[p->chunk].size;
        if (values >= UINT32_MAX)
            return false;
    }
    is->values = (uint32_t)values;
    s->info.values += values;
    return true;
}

/* A block, and what is known of the cells of each of its columns. Without room for these they are counted only. */
static bool block_take(struct segment *s, struct cursor *c, struct opened_block *b, struct opened_cells *cells,
                       uint32_t *at, uint32_t *next) {
    uint64_t all = 0;

    if (!count_take(c, SEGMENT_BLOCK_ROWS, &b->is.rows) || !b->is.rows ||
        !times_take(c, b->is.rows, &b->is.timed, &b->is.first, &b->is.last) ||
        !count_take(c, s->info.chunks - 1, &b->chunk) || !count_take(c, s->info.columns, &b->cells_count))
        return false;
    if (cells && s->chunks[b->chunk].named)
        return false;
    s->chunks[b->chunk].named |= cells != NULL;
    b->cells_from = *at;
    for (uint32_t i = 0; i < b->cells_count; i++, ++*at) {
        struct opened_cells one;
        uint32_t fresh;

        if (!count_take(c, s->info.columns - 1, &one.column) || !count_take(c, SEGMENT_CELLS_MAX, &one.cells) ||
            !one.cells || !count_take(c, one.cells, &fresh) || !count_take(c, s->info.chunks, &one.chunk))
            return false;
        struct opened_column *const column = &s->columns[one.column];

        all += one.cells;
        if (all > SEGMENT_CELLS_MAX || *at == UINT32_MAX || (!one.chunk && fresh != one.cells))
            return false;
        if (!cells)
            continue;
        /* each column once in a block */
        if (column->entry != PAGE_NONE && column->entry >= b->cells_from)
            return false;
        column->entry = *at;
        one.before = next[one.column];
        if (fresh > column->is.values - one.before)
            return false;
        next[one.column] = one.next = one.before + fresh;
        if (one.chunk && s->chunks[one.chunk - 1].named)
            return false;
        if (one.chunk)
            s->chunks[one.chunk - 1].named = true;
        column->is.cells += one.cells;
        column->is.bytes += one.chunk ? s->chunks[one.chunk - 1].size : 0;
        cells[*at] = one;
    }
    s->info.cells += cells ? all : 0;
    return true;
}

static bool blocks_take(struct segment *s, struct cursor *c, struct opened_cells *cells, uint32_t *count,
                        uint32_t *next) {
    uint64_t rows = 0;
    uint32_t at = 0;

    for (uint32_t i = 0; i < s->info.blocks; i++) {
        struct opened_block *const b = &s->blocks[i];

        b->is.from = (uint32_t)rows;
        if (!block_take(s, c, b, cells, &at, next))
            return false;
        rows += b->is.rows;
        if (rows > s->info.rows)
            return false;
    }
    *count = at;
    return rows == s->info.rows;
}

static void times_sum(struct segment *s) {
    s->info.first = s->info.last = INSTANT_NONE;
    for (uint32_t i = 0; i < s->info.blocks; i++) {
        const struct segment_block *const b = &s->blocks[i].is;

        if (!b->timed)
            continue;
        s->info.first = s->info.timed && s->info.first < b->first ? s->info.first : b->first;
        s->info.last = s->info.timed && s->info.last > b->last ? s->info.last : b->last;
        s->info.timed += b->timed;
    }
}

/* All of the footer; what it points to is checked to exist, not what it is. */
static bool footer_take(struct segment *s, str footer) {
    struct cursor c = cursor_of(footer), again;
    struct segment_info *const info = &s->info;
    uint64_t const bytes = footer.len;
    uint32_t count, *next;
    str leaves;

    if (!read_bytes(&c, info->id, sizeof info->id) || !count_take(&c, SEGMENT_ROWS_MAX, &info->rows) ||
        !count_take(&c, SEGMENT_ROWS_MAX, &info->shapes) || !count_take(&c, SEGMENT_SOURCES_MAX, &info->sources) ||
        !count_take(&c, bytes / 9, &info->chunks) || info->chunks < 2 ||
        !count_take(&c, info->chunks - 1, &s->shapes_chunk) || !count_take(&c, info->chunks - 1, &s->sources_chunk) ||
        s->shapes_chunk == s->sources_chunk || !(s->chunks = table(s, info->chunks, sizeof *s->chunks)) ||
        !chunks_take(s, &c))
        return false;
    s->chunks[s->shapes_chunk].named = s->chunks[s->sources_chunk].named = true;
    if (!count_take(&c, SEGMENT_COLUMNS_MAX, &info->columns) || info->columns < 2 || info->columns > bytes / 4 ||
        !(s->columns = table(s, info->columns, sizeof *s->columns)))
        return false;
    for (uint32_t i = 0; i < info->columns; i++) {
        s->columns[i].entry = PAGE_NONE;
        if (!column_take(s, &c, i))
            return false;
    }
    if (!count_take(&c, bytes / 4, &info->blocks) || !(s->blocks = table(s, info->blocks, sizeof *s->blocks)) ||
        !(next = table(s, info->columns, sizeof *next)))
        return false;
    again = c;
    if (!blocks_take(s, &c, NULL, &count, next) || !(s->cells = table(s, count, sizeof *s->cells)) ||
        !blocks_take(s, &again, s->cells, &count, next))
        return false;
    for (uint32_t i = 0; i < info->columns; i++)
        if (next[i] != s->columns[i].is.values)
            return false;
    for (uint32_t i = 0; i < info->chunks; i++)
        if (!s->chunks[i].named)
            return false;
    s->leaf_count = (s->body + SEGMENT_LEAF - 1) / SEGMENT_LEAF;
    if (!read_view(&c, s->leaf_count * SHA256_SIZE, &leaves) || cursor_left(&c))
        return false;
    s->leaves = (const uint8_t *)leaves.ptr;
    times_sum(s);
    return true;
}

bool segment_begins(str head) {
    return head.len >= 8 && memcmp(head.ptr, SEGMENT_MAGIC, 8) == 0;
}

bool segment_encrypted(str head) {
    uint32_t flags;

    if (!segment_begins(head) || head.len < SEGMENT_FLAGS_AT + sizeof flags)
        return false;
    memcpy(&flags, head.ptr + SEGMENT_FLAGS_AT, sizeof flags);
    return flags & SEGMENT_ENCRYPTED;
}

bool segment_lies_under(str head, uint8_t key[SEAL_NAME]) {
    uint64_t sum;

    if (head.len < SEGMENT_HEAD || !segment_encrypted(head))
        return false;
    memcpy(&sum, head.ptr + SEGMENT_HEAD - 8, sizeof sum);
    memcpy(key, head.ptr + SEGMENT_SEAL_AT, SEAL_NAME);
    return hash_sum(str_first(head, SEGMENT_HEAD - 8)) == sum;
}

static bool is_head(struct segment *s, struct err *e) {
    uint64_t sum;
    uint32_t version, flags;

    if (memcmp(s->bytes.ptr, SEGMENT_MAGIC, 8) != 0)
        return damaged(s, 0, e, "this is no segment");
    memcpy(&version, s->bytes.ptr + 8, sizeof version);
    memcpy(&flags, s->bytes.ptr + SEGMENT_FLAGS_AT, sizeof flags);
    memcpy(&sum, s->bytes.ptr + SEGMENT_HEAD - 8, sizeof sum);
    if (version != SEGMENT_VERSION)
        return err_set(e, ERR_UNSUPPORTED, 8, "segment %.*s: of version %u; this program reads version %u",
                       STR_ARG(s->name), version, SEGMENT_VERSION);
    if (hash_sum((str){s->bytes.ptr, SEGMENT_HEAD - 8}) != sum)
        return damaged(s, 0, e, "the head is damaged");
    if (flags & ~SEGMENT_ENCRYPTED)
        return err_set(e, ERR_UNSUPPORTED, SEGMENT_FLAGS_AT, "segment %.*s: made by a newer version", STR_ARG(s->name));
    s->info.encrypted = flags & SEGMENT_ENCRYPTED;
    return true;
}

static bool footer_open(struct segment *s, struct err *e) {
    const char *const trailer = s->bytes.ptr + s->bytes.len - SEGMENT_TRAILER;
    uint64_t const end = s->bytes.len - SEGMENT_TRAILER;
    uint8_t sum[SHA256_SIZE];
    uint64_t packed, raw;
    uint32_t version, flags, head_flags;
    struct sha256 *hash;
    struct cursor c;
    char *footer;

    if (memcmp(trailer, SEGMENT_END_MAGIC, 8) != 0)
        return err_set(e, ERR_TRUNCATED, end, "segment %.*s: its end is missing or damaged", STR_ARG(s->name));
    memcpy(&version, trailer + 8, sizeof version);
    memcpy(&flags, trailer + SEGMENT_FLAGS_AT, sizeof flags);
    memcpy(&head_flags, s->bytes.ptr + SEGMENT_FLAGS_AT, sizeof head_flags);
    memcpy(&packed, trailer + 16, sizeof packed);
    memcpy(&raw, trailer + 24, sizeof raw);
    memcpy(s->info.sha256, trailer + 32, SHA256_SIZE);
    if (version != SEGMENT_VERSION || flags != head_flags)
        return damaged(s, end, e, "head and end do not belong together");
    if (packed > end - SEGMENT_HEAD || raw > SEGMENT_FOOTER_MAX || !raw)
        return damaged(s, end, e, "the end says what cannot be");
    s->body = end - packed;
    str footer_bytes = {s->bytes.ptr + s->body, packed};

    if (!(hash = sha256_new()))
        return segment_no_memory(s, e);
    sha256_add(hash, footer_bytes);
    sha256_end(hash, sum);
    sha256_free(hash);
    if (memcmp(sum, s->info.sha256, SHA256_SIZE) != 0)
        return damaged(s, s->body, e, "the directory is damaged");
    if (!unsealed(s, SEGMENT_DIRECTORY, &footer_bytes))
        return s->unpack.why ? damaged(s, s->body, e, s->unpack.why) : segment_no_room(s, e);
    if (!(footer = arena_bytes(s->memory, raw)))
        return segment_no_memory(s, e);
    c = cursor_of(footer_bytes);
    if (!unpack_bytes(&s->unpack, &c, footer, raw))
        return s->unpack.why ? damaged(s, s->body, e, "the directory does not unpack") : segment_no_memory(s, e);
    if (cursor_left(&c) || !footer_take(s, (str){footer, raw}))
        return starved(s, e) ? false : damaged(s, s->body, e, "the directory makes no sense");
    if (memcmp(s->info.id, s->bytes.ptr + SEGMENT_NAME_AT, SEGMENT_ID_SIZE) != 0)
        return damaged(s, 16, e, "head and directory name different segments");
    return true;
}

/* The key of an encrypted one. */
static bool key_open(struct segment *s, const struct segment_opening *how, struct err *e) {
    const uint8_t *const name = (const uint8_t *)s->bytes.ptr + SEGMENT_NAME_AT, *const head =
                                                                                     (const uint8_t *)s->bytes.ptr +
                                                                                     SEGMENT_SEAL_AT;

    if (!s->info.encrypted || (how->writing ? sealer_own(&s->sealer, how->writing, name, head, s->name, e)
                                            : sealer_open(&s->sealer, how->keys, name, head, s->name, e)))
        return true;
    e->offset = SEGMENT_SEAL_AT;
    return false;
}

bool segment_open(struct segment **out, str bytes, str name, size_t memory_max, struct err *e) {
    return segment_open_with(out, bytes, name, &(struct segment_opening){.memory_max = memory_max}, e);
}

bool segment_open_with(struct segment **out, str bytes, str name, const struct segment_opening *how, struct err *e) {
    size_t const memory_max = how->memory_max ? how->memory_max : MEMORY_USUAL;
    struct segment *s;

    if (bytes.len < SEGMENT_HEAD + SEGMENT_TRAILER)
        return err_set(e, ERR_TRUNCATED, bytes.len, "segment %.*s: %zu bytes are too few", STR_ARG(name), bytes.len);
    if (!(s = calloc(1, sizeof *s)))
        return err_set(e, ERR_MEMORY, 0, "no memory to read segment %.*s", STR_ARG(name));
    s->bytes = bytes;
    s->name = name;
    s->block = s->ordered = UINT32_MAX;
    s->info.size = bytes.len;
    s->memory = arena_new(memory_max);
    if (!s->memory || !unpacker_init(&s->unpack, memory_max) || !arena_copy(s->memory, name, &s->name)) {
        s->name = name;
        (void)segment_no_memory(s, e);
        segment_close(s);
        return false;
    }
    if (!is_head(s, e) || !key_open(s, how, e) || !footer_open(s, e)) {
        segment_close(s);
        return false;
    }
    *out = s;
    return true;
}

void segment_close(struct segment *s) {
    if (!s)
        return;
    if (s->columns)
        segment_forget(s);
    unpack_return(&s->unpack, s->codes, s->code_room * sizeof *s->codes);
    unpack_return(&s->unpack, s->clear, s->clear_room);
    sealer_wipe(&s->sealer);
    unpacker_free(&s->unpack);
    arena_free(s->memory);
    free(s);
}

/* ---- what is asked ---- */

const struct segment_info *segment_info(const struct segment *s) {
    return &s->info;
}

struct segment_column segment_column(const struct segment *s, uint32_t column) {
    assert(column < s->info.columns);
    return s->columns[column].is;
}

uint32_t segment_column_of(const struct segment *s, str name) {
    for (uint32_t i = SEGMENT_TIME_TEXT + 1; i < s->info.columns; i++)
        if (str_eq(s->columns[i].is.name, name))
            return i;
    return SEGMENT_NONE;
}

bool segment_shape(struct segment *s, uint32_t shape, const struct segment_place **places, uint32_t *count,
                   struct err *e) {
    assert(shape < s->info.shapes);
    if (!segment_shapes_load(s, e))
        return false;
    *places = s->places + s->shapes[shape].from;
    *count = s->shapes[shape].count;
    return true;
}

struct segment_block segment_block(const struct segment *s, uint32_t block) {
    assert(block < s->info.blocks);
    return s->blocks[block].is;
}

static const struct opened_cells *cells_of(const struct segment *s, uint32_t column, uint32_t block) {
    const struct opened_block *const b = &s->blocks[block];

    for (uint32_t i = 0; i < b->cells_count; i++)
        if (s->cells[b->cells_from + i].column == column)
            return &s->cells[b->cells_from + i];
    return NULL;
}

uint32_t segment_column_cells(const struct segment *s, uint32_t column, uint32_t block) {
    const struct opened_cells *x;

    assert(column < s->info.columns && block < s->info.blocks);
    x = cells_of(s, column, block);
    return x ? x->cells : 0;
}

/* The rows of the block at hand by their shapes, in the order in which these were met. */
static bool rows_order(struct segment *s, uint32_t block) {
    uint32_t at = 0;

    if (!s->row_order && !(s->row_order = table(s, SEGMENT_BLOCK_ROWS, sizeof *s->row_order)))
        return false;
    for (uint32_t i = 0; i < s->met_count; i++) {
        struct opened_shape *const shape = &s->shapes[s->met[i]];

        shape->ordered = at;
        shape->seen = 0;
        at += shape->rows;
    }
    for (uint32_t i = 0; i < s->blocks[block].is.rows; i++) {
        struct opened_shape *const shape = &s->shapes[s->row_shape[i]];

        s->row_order[shape->ordered + shape->seen++] = i;
    }
    s->ordered = block;
    return true;
}

/* Which places each column has. */
static bool places_order(struct segment *s) {
    uint32_t *const from = table(s, s->info.columns + (size_t)2, sizeof *from),
                    *const places = table(s, s->place_count, sizeof *places),
                    *const shapes = table(s, s->place_count, sizeof *shapes);
    uint32_t most = 0;

    if (!from || !places || !shapes)
        return false;
    for (uint32_t i = 0; i < s->place_count; i++)
        from[s->places[i].column + 2]++;
    for (uint32_t i = 0; i < s->info.columns; i++) {
        most = most < from[i + 2] ? from[i + 2] : most;
        from[i + 2] += from[i + 1];
    }
    for (uint32_t i = 0; i < s->info.shapes; i++)
        for (uint32_t k = s->shapes[i].from; k < s->shapes[i].from + s->shapes[i].count; k++) {
            uint32_t const to = from[s->places[k].column + 1]++;

            places[to] = k;
            shapes[to] = i;
        }
    if (!(s->runs = table(s, most, sizeof *s->runs)))
        return false;
    s->column_from = from;
    s->column_places = places;
    s->column_shapes = shapes;
    return true;
}

bool segment_block_order(struct segment *s, uint32_t block, const uint32_t **order, struct err *e) {
    assert(block < s->info.blocks);
    if (!segment_block_load(s, block, e))
        return false;
    if (s->ordered != block && !rows_order(s, block))
        return segment_no_memory(s, e);
    *order = s->row_order;
    return true;
}

bool segment_block_shape(const struct segment *s, uint32_t *nth, uint32_t *shape, uint32_t *at, uint32_t *rows) {
    if (*nth == s->met_count)
        return false;
    *shape = s->met[*nth];
    *at = s->shapes[*shape].ordered;
    *rows = s->shapes[*shape].rows;
    ++*nth;
    return true;
}

bool segment_column_runs(struct segment *s, uint32_t column, uint32_t block, uint32_t *codes,
                         const struct segment_run **runs, uint32_t *count, struct err *e) {
    const uint32_t *order;
    uint32_t lowest;

    assert(column < s->info.columns);
    *count = 0;
    if (!segment_block_order(s, block, &order, e))
        return false;
    if (!s->column_from && !places_order(s))
        return segment_no_memory(s, e);
    *runs = s->runs;
    if (!occurs(&s->columns[column], &s->blocks[block]))
        return true;
    if (codes && !segment_codes_load(s, column, codes, &lowest, e))
        return false;
    for (uint32_t i = s->column_from[column]; i < s->column_from[column + 1]; i++) {
        const struct opened_shape *const shape = &s->shapes[s->column_shapes[i]];

        if (shape->rows)
            s->runs[(*count)++] = (struct segment_run){shape->ordered, s->place_base[s->column_places[i]], shape->rows};
    }
    return true;
}

bool segment_column_codes(struct segment *s, uint32_t column, uint32_t block, uint32_t *codes, uint32_t *rows,
                          struct err *e) {
    const struct segment_run *runs;
    uint32_t count;

    assert(column < s->info.columns && block < s->info.blocks);
    if (!segment_column_runs(s, column, block, codes, &runs, &count, e))
        return false;
    for (uint32_t i = 0; rows && i < count; i++)
        for (uint32_t k = 0; k < runs[i].rows; k++)
            rows[runs[i].cell + k] = s->blocks[block].is.from + s->row_order[runs[i].at + k];
    return true;
}

bool segment_block_rows(struct segment *s, uint32_t block, int64_t *when, uint32_t *sources, struct err *e) {
    assert(block < s->info.blocks);
    if (!segment_block_load(s, block, e))
        return false;
    for (uint32_t i = 0; i < s->blocks[block].is.rows; i++) {
        if (when)
            when[i] = (int64_t)s->row_when[i];
        if (sources)
            sources[i] = s->row_source[i];
    }
    return true;
}
