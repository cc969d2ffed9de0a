/* segment_read: rows of a segment as records again; and the check of every byte. */
#include <assert.h>

#include "archive/segment_own.h"
#include "base/hash.h"

#define CODES_A_LINE (64u / sizeof(uint32_t))

/* A value of a shape that somebody wants. */
struct wanted {
    const uint32_t *codes; /* of the block at hand, from the place's first cell on */
    const struct segment_value *items;
    uint32_t place; /* among s->places */
    field_id field; /* FIELD_NONE: no field's, but the text of the time */
    uint16_t element;
    uint8_t inner;
    bool folded, told; /* told: not only a member of a folded text */
    uint32_t members;  /* of a folded text: where its members begin among those of the shape that are wanted */
};

struct reader {
    struct segment *s;
    struct segment_reading *r;
    struct wanted *wanted; /* of shapes that have been met, one behind the other */
    uint32_t wanted_count, wanted_room;
    struct raw *values;
    const struct segment_value **row, **members; /* of the row at hand: what is wanted; of a folded text */
    bool *needed;                                /* by place of a shape: as a member of a folded text */
    uint32_t value_room;
    struct arena *unfolded; /* of the row */
    uint32_t source;
    bool told; /* source was */
};

static bool chosen(const struct segment_reading *r, uint32_t row) {
    return !r->rows || r->rows[row / 64] >> row % 64 & 1;
}

static uint32_t chosen_in(const struct segment_reading *r, const struct segment_block *b) {
    uint32_t count = 0;

    if (!r->rows)
        return b->rows;
    for (uint32_t row = b->from; row < b->from + b->rows;) {
        if (row % 64 == 0 && b->from + b->rows - row >= 64) {
            count += (uint32_t)__builtin_popcountll(r->rows[row / 64]);
            row += 64;
        } else {
            count += chosen(r, row);
            row++;
        }
    }
    return count;
}

/* Damage: to be told, or the end. */
static bool damage(struct reader *d, const struct err *what) {
    if (what->code != ERR_CORRUPT || !d->r->salvage)
        return false;
    d->r->sink->damage(d->r->sink, what->offset, 0, "damaged part of a segment");
    return true;
}

/* ---- once a reading ---- */

static bool columns_ask(struct reader *d, struct err *e) {
    struct segment *const s = d->s;
    struct event_sink *const sink = d->r->sink;

    for (uint32_t i = 0; i < s->info.columns; i++) {
        struct opened_column *const c = &s->columns[i];

        c->field = FIELD_NONE;
        c->wanted = i == SEGMENT_TIME_TEXT;
        c->inner_wanted = false;
        if (i <= SEGMENT_TIME_TEXT)
            continue;
        if ((c->field = field_intern(sink->fields, c->is.name)) == FIELD_NONE)
            return err_set(e, ERR_LIMIT, 0, "segment %.*s: too many field names", STR_ARG(s->name));
        c->wanted = !sink->wants || sink->wants(sink, c->field);
        c->inner_wanted = sink->wants_inner && sink->wants_inner(sink, c->field);
    }
    for (uint32_t i = 0; i < s->info.shapes; i++)
        s->shapes[i].base = UINT32_MAX;
    return true;
}

static bool place_wanted(const struct segment *s, const struct segment_place *p) {
    const struct opened_column *const c = &s->columns[p->column];

    return p->inner == RAW_INNER_ASKED || p->inner == SEGMENT_FOLDED ? c->inner_wanted : c->wanted;
}

/* The first place of the members of the text at place k of a shape. */
static uint32_t members_from(const struct segment *s, const struct opened_shape *shape, uint32_t k) {
    str const list = s->columns[s->places[k].column].is.name;

    while (k > shape->from && s->places[k - 1].column > SEGMENT_TIME_TEXT &&
           fold_below(s->columns[s->places[k - 1].column].is.name, list))
        k--;
    return k;
}

/* Which places of a shape must be read because a folded text is wanted. */
static void members_need(struct reader *d, const struct opened_shape *shape) {
    const struct segment *const s = d->s;

    memset(d->needed, 0, shape->count * sizeof *d->needed);
    for (uint32_t k = shape->from; k < shape->from + shape->count; k++) {
        if (s->places[k].inner != SEGMENT_FOLDED || !place_wanted(s, &s->places[k]))
            continue;
        for (uint32_t m = members_from(s, shape, k); m < k; m++)
            d->needed[m - shape->from] |= s->places[m].inner == RAW_OWN;
    }
}

/* For a row of so many values. */
static bool values_room(struct reader *d, uint32_t count) {
    void *bigger;

    if (count <= d->value_room)
        return true;
    if (!(bigger = realloc(d->values, count * sizeof *d->values)))
        return false;
    d->values = bigger;
    if (!(bigger = realloc(d->row, count * sizeof *d->row)))
        return false;
    d->row = bigger;
    if (!(bigger = realloc(d->members, count * sizeof *d->members)))
        return false;
    d->members = bigger;
    if (!(bigger = realloc(d->needed, count * sizeof *d->needed)))
        return false;
    d->needed = bigger;
    d->value_room = count;
    return true;
}

static bool shape_ask(struct reader *d, struct opened_shape *shape) {
    struct segment *const s = d->s;

    if (shape->base != UINT32_MAX)
        return true;
    if (d->wanted_room - d->wanted_count < shape->count) {
        uint32_t room = d->wanted_room ? d->wanted_room : 1024;

        while (room - d->wanted_count < shape->count)
            room *= 2;
        struct wanted *const bigger = realloc(d->wanted, room * sizeof *bigger);

        if (!bigger)
            return false;
        d->wanted = bigger;
        d->wanted_room = room;
    }
    if (!values_room(d, shape->count))
        return false;
    members_need(d, shape);
    shape->base = d->wanted_count;
    for (uint32_t k = shape->from; k < shape->from + shape->count; k++) {
        const struct segment_place *const p = &s->places[k];
        const struct opened_column *const c = &s->columns[p->column];
        bool const told = place_wanted(s, p);

        if (!told && !d->needed[k - shape->from])
            continue;
        struct wanted *const w = &d->wanted[d->wanted_count++];

        *w = (struct wanted){.place = k,
                             .field = c->field,
                             .element = p->element,
                             .inner = p->inner == SEGMENT_FOLDED ? RAW_INNER_ASKED : p->inner,
                             .folded = p->inner == SEGMENT_FOLDED,
                             .told = told};
        if (!w->folded)
            continue;
        uint32_t const from = members_from(s, shape, k);

        w->members = d->wanted_count - 1 - shape->base;
        while (w->members && d->wanted[shape->base + w->members - 1].place >= from)
            w->members--;
    }
    shape->base_count = d->wanted_count - shape->base;
    return true;
}

/* ---- a block ---- */

/* Codes and values of a column that some row of the block may need. Codes then count from the first value that is unpacked. */
static bool column_load(struct reader *d, uint32_t column, uint32_t *codes, struct err *e) {
    struct segment *const s = d->s;
    struct opened_column *const c = &s->columns[column];
    const struct opened_cells *const x = &s->cells[c->entry];
    uint32_t lowest;

    c->lost = false;
    if (!segment_codes_load(s, column, codes, &lowest, e)) {
        c->lost = true;
        return damage(d, e);
    }
    /* What was new in blocks before, and never looked up, nobody will ask for again. */
    if (c->is.repeats && !c->pinned && !x->chunk)
        segment_values_drop(s, c);
    uint32_t const high = x->next > lowest ? x->next : lowest;

    if (!segment_values_load(s, column, lowest, high, e) && !damage(d, e))
        return false;
    uint32_t const base = c->pages[c->page_from].from;

    for (uint32_t i = 0; base && i < x->cells; i++)
        codes[i] -= base;
    return true;
}

static bool codes_room(struct segment *s, size_t count, struct err *e) {
    if (count <= s->code_room)
        return true;
    unpack_return(&s->unpack, s->codes, s->code_room * sizeof *s->codes);
    s->code_room = 0;
    if (!(s->codes = unpack_alloc(&s->unpack, count * sizeof *s->codes)))
        return segment_no_room(s, e);
    s->code_room = count;
    return true;
}

/* Which shapes the chosen rows have. */
static void shapes_choose(struct reader *d) {
    struct segment *const s = d->s;
    const struct segment_block *const b = &s->blocks[s->block].is;

    for (uint32_t i = 0; i < s->met_count; i++)
        s->shapes[s->met[i]].chosen = !d->r->rows;
    for (uint32_t i = 0; d->r->rows && i < b->rows; i++)
        if (chosen(d->r, b->from + i))
            s->shapes[s->row_shape[i]].chosen = true;
}

/* Everything that the chosen rows need: then rows can be put together. */
static bool block_prepare(struct reader *d, struct err *e) {
    struct segment *const s = d->s;
    const struct opened_block *const b = &s->blocks[s->block];
    size_t count = 0;

    shapes_choose(d);
    for (uint32_t i = b->cells_from; i < b->cells_from + b->cells_count; i++)
        s->columns[s->cells[i].column].taken = UINT32_MAX;
    for (uint32_t i = 0; i < s->met_count; i++) {
        struct opened_shape *const shape = &s->shapes[s->met[i]];

        shape->seen = 0;
        shape->lost = false;
        if (!shape->chosen)
            continue;
        if (!shape_ask(d, shape))
            return segment_no_memory(s, e);
        for (uint32_t k = shape->base; k < shape->base + shape->base_count; k++) {
            struct opened_column *const c = &s->columns[s->places[d->wanted[k].place].column];

            if (c->taken == UINT32_MAX) {
                c->taken = (uint32_t)count;
                count += c->cells;
            }
        }
    }
    if (!codes_room(s, count, e))
        return false;
    for (uint32_t i = b->cells_from; i < b->cells_from + b->cells_count; i++) {
        uint32_t const column = s->cells[i].column, taken = s->columns[column].taken;

        if (taken != UINT32_MAX && !column_load(d, column, s->codes + taken, e))
            return false;
    }
    for (uint32_t i = 0; i < s->met_count; i++) {
        struct opened_shape *const shape = &s->shapes[s->met[i]];

        for (uint32_t k = shape->base; shape->chosen && k < shape->base + shape->base_count; k++) {
            struct wanted *const w = &d->wanted[k];
            const struct opened_column *const c = &s->columns[s->places[w->place].column];

            shape->lost |= c->lost;
            if (c->lost)
                continue;
            w->codes = s->codes + c->taken + s->place_base[w->place];
            w->items = c->items;
        }
    }
    return true;
}

/* The text of the object at wanted k of the row at hand. */
static bool row_unfold(struct reader *d, const struct wanted *wanted, uint32_t k, str *out, struct err *e) {
    struct fold_members m = {d->members, 0};
    char *bytes;
    size_t size;

    for (uint32_t i = wanted[k].members; i < k; i++)
        if (wanted[i].inner == RAW_OWN)
            d->members[m.count++] = d->row[i];
    if (!unfold_size(d->row[k], &m, &size))
        return err_set(e, ERR_CORRUPT, 0, "segment %.*s: a text is made of values that are not there",
                       STR_ARG(d->s->name));
    if (!d->unfolded && !(d->unfolded = arena_new(2 * SEGMENT_UNFOLD_MAX)))
        return segment_no_memory(d->s, e);
    if (!(bytes = arena_bytes(d->unfolded, size)))
        return err_set(e, ERR_CORRUPT, 0, "segment %.*s: a record of too much text", STR_ARG(d->s->name));
    unfold(d->row[k], &m, bytes);
    *out = (str){bytes, size};
    return true;
}

/* *lost: some of it is damaged, and nothing is told. */
static bool row_tell(struct reader *d, uint32_t at, uint32_t nth, bool *lost, struct err *e) {
    struct segment *const s = d->s;
    const struct opened_shape *const shape = &s->shapes[s->row_shape[at]];
    const struct wanted *const wanted = d->wanted + shape->base;
    struct raw *const values = d->values;
    struct record r = {.values = values, .time_text = S(""), .bytes = S("")};
    bool bad = shape->lost;

    if (d->unfolded)
        arena_reset(d->unfolded);
    /* Thousands of places are read from in turn, which no processor foresees: the next line of each is sent for. */
    if (nth % CODES_A_LINE == 0 && shape->rows - nth > CODES_A_LINE && !bad)
        for (uint32_t k = 0; k < shape->base_count; k++)
            __builtin_prefetch(wanted[k].codes + nth + CODES_A_LINE);
    for (uint32_t k = 0; k < shape->base_count && !bad; k++) {
        const struct wanted *const x = &wanted[k];
        const struct segment_value *const v = &x->items[x->codes[nth]];

        bad = v->lost;
        if (UNLIKELY(x->field == FIELD_NONE)) {
            r.time_text = (str){v->ptr, v->len};
            continue;
        }
        d->row[k] = v;
        if (UNLIKELY(!x->told))
            continue;
        str text = {v->ptr, v->len};

        if (UNLIKELY(x->folded) && !bad && !row_unfold(d, wanted, k, &text, e)) {
            *lost = true;
            return damage(d, e);
        }
        values[r.count++] = (struct raw){.field = x->field,
                                         .type = v->type,
                                         .inner = x->inner,
                                         .element = x->element,
                                         .len = (uint32_t)text.len,
                                         .ptr = text.ptr};
    }
    *lost = bad;
    if (bad)
        return true;
    r.when = (int64_t)s->row_own[at];
    r.zone = s->row_zone[at];
    r.precision = s->row_precision[at];
    r.number = s->row_number[at] + s->sources[s->row_source[at]].before;
    r.offset = s->row_offset[at];
    r.size = s->row_size[at];
    r.unordered = s->row_flags[at] & ROW_UNORDERED;
    r.salvaged = s->row_flags[at] & ROW_SALVAGED;
    if (d->r->source && (!d->told || d->source != s->row_source[at])) {
        d->source = s->row_source[at];
        d->told = true;
        if (!d->r->source(d->r->ctx, d->source, e))
            return false;
    }
    return d->r->sink->record(d->r->sink, &r, e);
}

static bool block_tell(struct reader *d, uint32_t block, struct err *e) {
    struct segment *const s = d->s;
    struct segment_reading *const r = d->r;
    const struct segment_block *const b = &s->blocks[block].is;
    uint32_t const chosen_rows = chosen_in(r, b);
    bool lost;

    if (!chosen_rows)
        return true;
    if (!segment_block_load(s, block, e)) {
        if (!damage(d, e))
            return false;
        r->lost += chosen_rows;
        return true;
    }
    if (!block_prepare(d, e))
        return false;
    for (uint32_t i = 0; i < b->rows; i++) {
        uint32_t const nth = s->shapes[s->row_shape[i]].seen++;

        if (!chosen(r, b->from + i))
            continue;
        r->row = b->from + i;
        if (!row_tell(d, i, nth, &lost, e))
            return false;
        r->lost += lost;
    }
    return true;
}

bool segment_read(struct segment *s, struct segment_reading *reading, struct err *e) {
    struct reader d = {.s = s, .r = reading};
    bool ok;

    reading->row = reading->lost = 0;
    ok = segment_shapes_load(s, e) && segment_sources_load(s, e);
    if (!ok && damage(&d, e)) { /* without shapes no row says what it is made of, without sources none its number */
        for (uint32_t i = 0; i < s->info.blocks; i++)
            reading->lost += chosen_in(reading, &s->blocks[i].is);
        return true;
    }
    ok = ok && columns_ask(&d, e);
    for (uint32_t i = 0; ok && i < s->info.blocks; i++)
        ok = block_tell(&d, i, e);
    for (uint32_t i = 0; i < s->info.columns; i++)
        if (!s->columns[i].pinned)
            segment_values_drop(s, &s->columns[i]);
    free(d.wanted);
    free(d.values);
    free(d.row);
    free(d.members);
    free(d.needed);
    arena_free(d.unfolded);
    return ok;
}

/* ---- all of it ---- */

struct check {
    void (*each)(void *ctx, const struct err *damage);
    void *ctx;
    struct err *first;
    bool bad;
};

/* False: it was not damage but memory that failed; nothing more can be said. */
static bool note(struct check *c, const struct err *found) {
    if (!c->bad)
        *c->first = *found;
    c->bad = true;
    if (found->code != ERR_CORRUPT)
        return false;
    if (c->each)
        c->each(c->ctx, found);
    return true;
}

static bool values_check(struct segment *s, struct check *k) {
    struct err e;

    for (uint32_t i = 0; i < s->info.columns; i++) {
        struct opened_column *const c = &s->columns[i];

        for (uint32_t p = 0; p < c->page_count; p++) {
            struct opened_page *const page = &c->pages[p];

            if (c->pinned) { /* unpacked already */
                struct cursor ignored;

                if (!segment_chunk(s, page->chunk, &ignored, &e) && !note(k, &e))
                    return false;
                continue;
            }
            segment_values_drop(s, c);
            if (!segment_values_load(s, i, page->from, page->from + page->values, &e) && !note(k, &e))
                return false;
        }
        if (!c->pinned)
            segment_values_drop(s, c);
    }
    return true;
}

static bool blocks_check(struct segment *s, struct check *k) {
    struct err e;
    uint32_t lowest;

    for (uint32_t i = 0; i < s->info.blocks; i++) {
        s->block = UINT32_MAX;
        if (!segment_block_load(s, i, &e)) {
            if (!note(k, &e))
                return false;
            continue;
        }
        for (uint32_t n = 0; n < s->blocks[i].cells_count; n++) {
            const struct opened_cells *const x = &s->cells[s->blocks[i].cells_from + n];

            if (!codes_room(s, x->cells, &e))
                return note(k, &e);
            if (!segment_codes_load(s, x->column, s->codes, &lowest, &e) && !note(k, &e))
                return false;
        }
    }
    return true;
}

/* Is all that lies in these bytes known to be right or known to be damaged? */
static bool told_of(const struct segment *s, uint64_t from, uint64_t to) {
    for (uint32_t i = 0; i < s->info.chunks; i++)
        if (s->chunks[i].state == CHUNK_BAD && s->chunks[i].offset < to &&
            s->chunks[i].offset + s->chunks[i].size > from)
            return true;
    return false;
}

static bool leaves_check(struct segment *s, struct check *k) {
    struct err e;

    for (uint64_t i = 0; i < s->leaf_count; i++) {
        uint64_t const from = i * SEGMENT_LEAF, to = from + SEGMENT_LEAF < s->body ? from + SEGMENT_LEAF : s->body;
        struct sha256 *const hash = sha256_new();
        uint8_t is[SHA256_SIZE];

        if (!hash) {
            (void)segment_no_memory(s, &e);
            return note(k, &e);
        }
        sha256_add(hash, (str){s->bytes.ptr + from, to - from});
        sha256_end(hash, is);
        sha256_free(hash);
        if (memcmp(is, s->leaves + i * SHA256_SIZE, SHA256_SIZE) == 0 || told_of(s, from, to))
            continue;
        (void)err_set(&e, ERR_CORRUPT, from, "segment %.*s: bytes %llu to %llu are not those that were written",
                      STR_ARG(s->name), (unsigned long long)from, (unsigned long long)to);
        if (!note(k, &e))
            return false;
    }
    return true;
}

/* What was right before may have changed. */
static void chunks_forget(struct segment *s, enum chunk_state state) {
    for (uint32_t i = 0; i < s->info.chunks; i++)
        if (s->chunks[i].state == state)
            s->chunks[i].state = CHUNK_UNREAD;
}

bool segment_check_bytes(struct segment *s, struct err *e) {
    struct check k = {.first = e};

    chunks_forget(s, CHUNK_BAD); /* of those nothing was told here */
    return leaves_check(s, &k) && !k.bad;
}

bool segment_check(struct segment *s, void (*each)(void *ctx, const struct err *damage), void *ctx, struct err *e) {
    struct check k = {each, ctx, e, false};
    struct err found;

    chunks_forget(s, CHUNK_GOOD);
    if (!segment_sources_load(s, &found) && !note(&k, &found))
        return false;
    if (!segment_shapes_load(s, &found) && !note(&k, &found))
        return false;
    if (s->shapes && !blocks_check(s, &k))
        return false;
    return values_check(s, &k) && leaves_check(s, &k) && !k.bad;
}
