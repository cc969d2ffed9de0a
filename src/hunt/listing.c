/* listing: places sorted, then row by row; columns by name, so that the order of fields is the same in every run. */
#include "hunt/listing.h"

#include "base/arena.h"
#include "detection/act_scan.h"

#define EVENT_BYTES_MAX ((size_t)256 << 20) /* of one event: its roles, and what points to its values */

struct place_of {
    uint64_t offset, number;
    uint32_t block, row;
    uint16_t element;
};

struct listing {
    const struct fields *fields;
    struct act_scan *acts;
    struct arena *event, *columns; /* columns: of one run, by block */
    struct place_of *places;
    size_t place_room;
    struct buf name; /* of the kind */
};

struct named {
    str name;
    const struct column *column;
};

static int by_place(const void *a, const void *b) {
    const struct place_of *const x = a, *const y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (x->element != y->element)
        return x->element < y->element ? -1 : 1;
    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_name(const void *a, const void *b) {
    return str_cmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

struct listing *listing_new(const struct fields *fields) {
    struct listing *const l = calloc(1, sizeof *l);
    struct err e;

    if (!l)
        return NULL;
    l->fields = fields;
    (void)!act_scan_new(&l->acts, &e);
    l->event = arena_new(EVENT_BYTES_MAX);
    l->columns = arena_new(EVENT_BYTES_MAX);
    if (l->acts && l->event && l->columns)
        return l;
    listing_free(l);
    return NULL;
}

void listing_free(struct listing *l) {
    if (!l)
        return;
    act_scan_free(l->acts);
    arena_free(l->event);
    arena_free(l->columns);
    free(l->places);
    buf_free(&l->name);
    free(l);
}

static bool chosen(const struct listing_choice *c, const struct block *b) {
    return !c || c->block(c->ctx, b);
}

static bool places_fill(struct listing *l, struct block *const *blocks, size_t count, const struct listing_choice *c,
                        size_t *places) {
    *places = 0;
    for (size_t i = 0; i < count; i++)
        *places += chosen(c, blocks[i]) ? blocks[i]->row_count : 0;
    if (*places > l->place_room) {
        struct place_of *const bigger = reallocarray(l->places, *places, sizeof *bigger);

        if (!bigger)
            return false;
        l->places = bigger;
        l->place_room = *places;
    }
    *places = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t row = 0; chosen(c, blocks[i]) && row < blocks[i]->row_count; row++)
            if (!c || c->row(c->ctx, blocks[i], row))
                l->places[(*places)++] = (struct place_of){blocks[i]->rows[row].offset, blocks[i]->rows[row].number, i,
                                                           row, blocks[i]->rows[row].element};
    if (*places)
        qsort(l->places, *places, sizeof *l->places, by_place);
    return true;
}

static struct named *columns_by_name(struct listing *l, const struct block *b) {
    struct named *const named = arena_alloc(l->columns, (b->column_count + (size_t)1) * sizeof *named);

    for (uint32_t i = 0; named && i < b->column_count; i++)
        named[i] = (struct named){field_name(l->fields, b->columns[i]->field), b->columns[i]};
    if (named && b->column_count)
        qsort(named, b->column_count, sizeof *named, by_name);
    return named;
}

static struct normal_value value_of(const struct value *v) {
    return v->type == VALUE_NULL ? (struct normal_value){{"", 0}, true} : (struct normal_value){value_text(v), false};
}

/* What the record itself says: a second spelling of an object (inner) is in its members already. False: no memory. */
static bool field_of(struct listing *l, const struct column *c, uint32_t code, struct normal_field *out) {
    const struct value *const v = dictionary_value(&c->dict, code);
    uint32_t const count = v->type == VALUE_LIST ? v->len : 1;
    struct normal_value *const values = arena_alloc(l->event, count * sizeof *values);

    if (!values)
        return false;
    out->values = values;
    out->count = 0;
    out->list = v->type == VALUE_LIST;
    for (uint32_t i = 0; i < count; i++) {
        const struct value *const item = out->list ? dictionary_value(&c->dict, value_items(v)[i]) : v;

        if (!item->inner)
            values[out->count++] = value_of(item);
    }
    return true;
}

static bool fields_of(struct listing *l, const struct block *b, uint32_t row, const struct named *named,
                      const struct listing_choice *c, struct normal_event *out) {
    struct normal_field *const fields = arena_alloc(l->event, (b->column_count + (size_t)1) * sizeof *fields);

    if (!fields)
        return false;
    out->field_count = 0;
    for (uint32_t i = 0; i < b->column_count; i++) {
        uint32_t const code = named[i].column->codes[row];
        struct normal_field *const f = &fields[out->field_count];

        if (!code || (c && !c->field(c->ctx, b, row, named[i].column->field)))
            continue;
        f->name = named[i].name;
        if (!field_of(l, named[i].column, code, f))
            return false;
        out->field_count += f->count > 0;
    }
    out->fields = fields;
    return true;
}

/* A role is a view that the next one ends: copied. */
static bool roles_of(struct listing *l, struct detector *d, const struct block *b, uint32_t row,
                     struct normal_event *out) {
    for (unsigned role = 0; role < ROLES; role++)
        if (!arena_copy(l->event, detector_role(d, b, row, (enum role)role), &out->roles[role]))
            return false;
    return true;
}

static bool act_of_row(struct listing *l, const struct block *b, uint32_t row, struct normal_event *out) {
    struct activity_event v;
    struct err e;
    bool is;

    if (!act_scan_row(l->acts, b, row, &is, &v, &e))
        return false;
    if (!is)
        return true;
    out->act = (struct normal_act){.act = v.act, .amount = v.amount, .items = v.items};
    for (size_t t = 0; t < ACT_TEXTS; t++)
        if (!arena_copy(l->event, v.text[t], &out->act.text[t]))
            return false;
    return true;
}

static bool time_of(struct listing *l, const struct ingest *in, const struct row *row, struct normal_event *out) {
    char text[INSTANT_TEXT];

    out->when = row->when;
    out->zone = (enum zone)row->zone;
    out->precision = row->precision;
    out->time_text = ingest_time_text(in, row);
    return out->time_text.len || arena_copy(l->event, instant_format(row->when, text), &out->time_text);
}

bool listing_run(struct listing *l, const struct ingest *in, struct detector *d, const struct ledger *ledger,
                 const struct listing_choice *choice,
                 bool (*each)(void *ctx, const struct normal_event *event, struct err *e), void *ctx, struct err *e) {
    size_t count, places;
    struct block *const *const blocks = ingest_blocks(in, &count);
    struct named **named;

    arena_reset(l->columns);
    if (!(named = arena_zero(l->columns, count + 1, sizeof *named)) || !places_fill(l, blocks, count, choice, &places))
        return err_set(e, ERR_MEMORY, 0, "no memory to list events");
    for (size_t i = 0; i < places; i++) {
        const struct place_of *const at = &l->places[i];
        const struct block *const b = blocks[at->block];
        const struct row *const row = &b->rows[at->row];
        struct normal_event out = {.record = row->number,
                                   .offset = row->offset,
                                   .salvaged = row->salvaged,
                                   .clock = ledger_clock(ledger, d, b, at->row),
                                   .kind = block_row_name(b, at->row, &l->name)};

        arena_reset(l->event);
        if ((!named[at->block] && !(named[at->block] = columns_by_name(l, b))) || !time_of(l, in, row, &out) ||
            !roles_of(l, d, b, at->row, &out) || (!choice && !act_of_row(l, b, at->row, &out)) ||
            !fields_of(l, b, at->row, named[at->block], choice, &out))
            return err_set(e, ERR_MEMORY, 0, "no memory to list events");
        if (!each(ctx, &out, e))
            return false;
    }
    return true;
}
