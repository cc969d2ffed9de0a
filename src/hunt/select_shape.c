/* select_shape: which columns of a segment become which fields, and what else ingest makes of its records.
 *
 * What ingest looks at to find the shape (event/kind.h) of a record is which fields it has, and who read it: both are known of records that
 * are made alike (segment_shape) without looking into any. So it is done here as ingest does it, once for each way in which records are
 * made; only where sources of several readers lie in one segment, more than one shape may fit. */
#include "hunt/select_own.h"

#include "base/buf.h"
#include "reader/reader.h"

/* A shape of the kinds, in terms of columns. */
struct dress {
    const struct shape *shape; /* NULL: none, names are as they came */
    uint32_t *columns;         /* of `when`, then `unless`; NONE: there is none */
    bool all;                  /* all sources are of its reader */
    uint32_t words, xml;
    struct dress_pair {
        uint32_t list, name, value;
        bool given; /* its names are known */
    } pairs[SHAPE_PAIRS_MAX];
    field_id *to; /* by column: what it is called; NOT_ASKED */
};

#define NOT_ASKED (UINT32_MAX - 1)

struct shaping {
    struct run *r;
    struct dress *dresses;
    uint32_t dress_count;
    /* Of the way at hand, from 1 on. */
    uint32_t way;
    const struct segment_place *places;
    uint32_t count;
    uint32_t *own_of, *any_of; /* by column: the way in which it was seen last: with a value of its own; with any */
    uint64_t *named;           /* by field: which column got the name last, and when: a turn in the upper half */
    uint32_t turn;
};

static bool no_memory(const struct run *r) {
    return err_set(r->e, ERR_MEMORY, 0, "no memory to choose rows of a segment");
}

static str name_of(const struct shaping *x, field_id field) {
    return field_name(x->r->s->o.fields, field);
}

static uint32_t column_of(const struct shaping *x, field_id field) {
    return field == FIELD_NONE ? NONE : segment_column_of(x->r->segment, name_of(x, field));
}

/* Of the sources' readers, under whose names their records are read (hunt/worker.c): *some: one is this, or may be; *all: all are. */
static void reader_look(const struct run *r, str name, bool *some, bool *all) {
    struct segment_source source;
    struct err e;

    *some = false;
    *all = reader_named(name) != NULL;
    for (uint32_t i = 0; i < segment_info(r->segment)->sources; i++) {
        bool const known = segment_source(r->segment, i, &source, &e), is = known && str_eq(source.reader, name);

        *some |= is || !known;
        *all &= is;
    }
}

bool select_reader(const struct run *r, str name) {
    bool some = true, all;

    if (name.len)
        reader_look(r, name, &some, &all);
    return some;
}

/* ---- shapes that there may be ---- */

static bool dress_add(struct shaping *x, const struct shape *shape) {
    size_t const count = shape ? shape->when_count + shape->unless_count : 0;
    struct dress *const d = &x->dresses[x->dress_count];
    bool some = true;

    *d = (struct dress){.shape = shape, .all = true, .words = NONE, .xml = NONE};
    if (shape && shape->reader.len)
        reader_look(x->r, shape->reader, &some, &d->all);
    if (!some)
        return true;
    if (!(d->columns = malloc((count + 1) * sizeof *d->columns)))
        return no_memory(x->r);
    for (size_t i = 0; i < count; i++) {
        d->columns[i] = column_of(x, i < shape->when_count ? shape->when[i] : shape->unless[i - shape->when_count]);
        if (i >= shape->when_count || d->columns[i] != NONE)
            continue;
        free(d->columns); /* no record has it */
        d->columns = NULL;
        return true;
    }
    x->dress_count++;
    if (!(d->to = malloc(x->r->column_count * sizeof *d->to)))
        return no_memory(x->r);
    for (uint32_t i = 0; i < x->r->column_count; i++)
        d->to[i] = NOT_ASKED;
    if (!shape)
        return true;
    d->words = shape->has_words ? column_of(x, shape->words) : NONE;
    d->xml = column_of(x, shape->xml);
    for (size_t i = 0; i < shape->pair_count; i++)
        d->pairs[i] = (struct dress_pair){column_of(x, shape->pairs[i].list), column_of(x, shape->pairs[i].name),
                                          column_of(x, shape->pairs[i].value), false};
    return true;
}

static bool has_own(const struct shaping *x, uint32_t column) {
    return column != NONE && x->own_of[column] == x->way;
}

static bool has_any(const struct shaping *x, uint32_t column) {
    return column != NONE && x->any_of[column] == x->way;
}

/* As shape_matches. whole: ingest sees all fields; else it may miss some. */
static bool dress_fits(const struct shaping *x, const struct dress *d, bool whole) {
    size_t const count = d->shape ? d->shape->when_count + (whole ? d->shape->unless_count : 0) : 0;

    for (size_t i = 0; i < count; i++)
        if (has_own(x, d->columns[i]) != (i < d->shape->when_count))
            return false;
    return true;
}

/* ---- names ---- */

static bool target_add(struct shaping *x, uint32_t column, field_id field, bool empty) {
    struct select_column *const c = &x->r->columns[column];

    if (field == FIELD_NONE)
        return true;
    x->r->fed[field] = true;
    for (uint32_t i = 0; i < c->target_count; i++)
        if (c->targets[i].field == field && c->targets[i].empty == empty)
            return true;
    if (!select_grow((void **)&c->targets, c->target_count, &c->target_room, sizeof *c->targets))
        return no_memory(x->r);
    c->targets[c->target_count++] = (struct target){field, empty};
    return true;
}

static bool own_add(struct shaping *x, uint32_t column) {
    return target_add(x, column, field_find(x->r->s->o.fields, segment_column(x->r->segment, column).name), false);
}

/* What the column is called under the shape. */
static bool name_give(struct shaping *x, struct dress *d, uint32_t column) {
    const struct fields *const fields = x->r->s->o.fields;
    str const name = segment_column(x->r->segment, column).name;

    if (d->to[column] != NOT_ASKED)
        return true;
    d->to[column] = d->shape ? shape_field_found(d->shape, fields, name) : field_find(fields, name);
    if (d->shape && (d->shape->keep || d->to[column] == FIELD_NONE) && !own_add(x, column))
        return false; /* of several with a name that nobody knows, all but one keep their own */
    return target_add(x, column, d->to[column], false);
}

/* Names of the record. *clash: several fields have one: then some keep their own. */
static bool names_give(struct shaping *x, struct dress *d, bool *clash) {
    x->turn++;
    for (uint32_t i = 0; i < x->count; i++) {
        uint32_t const column = x->places[i].column;

        if (column <= SEGMENT_TIME_TEXT)
            continue;
        if (!name_give(x, d, column))
            return false;
        if (!d->shape || d->to[column] == FIELD_NONE)
            continue;
        uint64_t *const named = &x->named[d->to[column]];
        uint32_t const other = (uint32_t)*named;

        if (*named >> 32 == x->turn && other != column) {
            *clash = true;
            if (!own_add(x, column) || !own_add(x, other))
                return false;
        }
        *named = (uint64_t)x->turn << 32 | column;
    }
    return true;
}

/* ---- lists of pairs ---- */

static bool pair_works(const struct shaping *x, const struct dress_pair *p) {
    return has_any(x, p->name) && has_any(x, p->value);
}

/* Names that one list of pairs makes may be those by which another is known: then a value may come to have any name. */
static bool pairs_meet(const struct shaping *x, const struct dress *d) {
    for (size_t i = 0; i < d->shape->pair_count; i++)
        for (size_t k = i + 1; pair_works(x, &d->pairs[i]) && k < d->shape->pair_count; k++) {
            str const one = name_of(x, d->shape->pairs[i].list), other = name_of(x, d->shape->pairs[k].list);

            if (pair_works(x, &d->pairs[k]) && (str_starts(other, one) || str_starts(one, other)))
                return true;
        }
    return false;
}

/* Each name that occurs makes a field of values, and of one without a value the empty text. *opaque: not all names are known. */
static bool pair_give(struct shaping *x, const struct dress *d, struct dress_pair *p, field_id list, bool *opaque) {
    const struct fields *const fields = x->r->s->o.fields;
    field_id const itself = shape_field_found(d->shape, fields, name_of(x, list));
    const struct segment_value *values;
    struct buf name = {0};
    bool ok = true;

    if (!segment_column_values(x->r->segment, p->name, true, &values, x->r->e))
        return false;
    ok = target_add(x, p->value, itself, false) && target_add(x, p->name, itself, false);
    for (uint32_t i = 0; ok && i < segment_column(x->r->segment, p->name).values; i++) {
        *opaque |= values[i].lost;
        if (values[i].lost || values[i].type != RAW_TEXT)
            continue;
        name.len = 0;
        buf_add(&name, name_of(x, list));
        buf_byte(&name, '.');
        buf_add(&name, (str){values[i].ptr, values[i].len});
        if (name.failed) {
            ok = no_memory(x->r);
            break;
        }
        field_id const field = shape_field_found(d->shape, fields, buf_str(&name));

        ok = target_add(x, p->value, field, false) && target_add(x, p->name, field, true) &&
             target_add(x, p->value, field_find(fields, buf_str(&name)), false) &&
             target_add(x, p->name, field_find(fields, buf_str(&name)), true);
    }
    buf_free(&name);
    p->given = true;
    return ok;
}

static bool pairs_give(struct shaping *x, struct dress *d, bool *works, bool *opaque) {
    for (size_t i = 0; i < d->shape->pair_count; i++) {
        struct dress_pair *const p = &d->pairs[i];

        if (!pair_works(x, p))
            continue;
        *works = true;
        if (!p->given && !pair_give(x, d, p, d->shape->pairs[i].list, opaque))
            return false;
    }
    *opaque |= *works && pairs_meet(x, d);
    return true;
}

/* ---- a way in which records are made ---- */

/* The record may have the shape. *sure: it has just the values that it came with, each under the one name that the shape gives it. */
static bool dress_use(struct shaping *x, struct dress *d, struct make *make, bool *sure) {
    const struct shape *const s = d->shape;
    bool clash = false, works = false;

    if (!names_give(x, d, &clash))
        return false;
    *sure &= !clash;
    if (!s)
        return true;
    if (!pairs_give(x, d, &works, &make->opaque))
        return false;
    for (uint32_t i = 0; works && i < x->count; i++) /* a pair may have the name that it would have had */
        if (x->places[i].column > SEGMENT_TIME_TEXT && !own_add(x, x->places[i].column))
            return false;
    make->opaque |= s->bytes || has_any(x, d->words) || has_any(x, d->xml);
    make->spoken |= s->lines;
    *sure &=
        !works && !s->keep && s->each_of == FIELD_NONE; /* what is true of a record need not be of each event in it */
    return true;
}

static bool way_look(struct shaping *x, struct make *make) {
    bool const whole = x->count <= RECORD_VALUES_MAX; /* of a record with more ingest leaves some out */
    bool sure = whole;
    uint32_t fit = 0;

    for (uint32_t i = 0; i < x->count; i++) {
        struct select_column *const c = &x->r->columns[x->places[i].column];

        x->any_of[x->places[i].column] = x->way;
        c->folded |= x->places[i].inner == SEGMENT_FOLDED;
        if (x->places[i].inner == RAW_OWN) {
            x->own_of[x->places[i].column] = x->way;
            c->own = true;
        }
    }
    for (uint32_t i = 0; i < x->dress_count; i++) {
        struct dress *const d = &x->dresses[i];

        if (!dress_fits(x, d, whole))
            continue;
        fit++;
        if (!dress_use(x, d, make, &sure))
            return false;
        if (d->all && whole) /* the first that fits is the one */
            break;
    }
    make->sure = sure && fit == 1 && !make->opaque;
    x->r->opaque |= make->opaque;
    x->r->spoken |= make->spoken;
    return true;
}

static bool ways_look(struct shaping *x) {
    struct run *const r = x->r;
    const struct kinds *const kinds = r->s->o.kinds;

    for (size_t i = 0; i < shapes_count(kinds); i++)
        if (!dress_add(x, shapes_at(kinds, i)))
            return false;
    if (!dress_add(x, NULL))
        return false;
    for (uint32_t i = 0; i < segment_info(r->segment)->shapes; i++) {
        x->way = i + 1;
        if (!segment_shape(r->segment, i, &x->places, &x->count, r->e) || !way_look(x, &r->makes[i]))
            return false;
    }
    return true;
}

/* Which sources are lines of text, of which formats tell more than there is. */
static bool texts_look(struct run *r) {
    uint32_t const count = segment_info(r->segment)->sources;
    struct segment_source source;
    struct err e;

    if (!(r->texts = calloc(count + (size_t)1, sizeof *r->texts)))
        return no_memory(r);
    for (uint32_t i = 0; i < count; i++) {
        r->texts[i] = !segment_source(r->segment, i, &source, &e) || str_eq(source.reader, S("text"));
        r->has_texts |= r->texts[i];
    }
    r->spoken |= r->has_texts;
    return true;
}

bool select_shapes(struct run *r) {
    struct shaping x = {.r = r};
    bool ok;

    r->fed = calloc(field_count(r->s->o.fields) + 1, sizeof *r->fed);
    r->makes = calloc(segment_info(r->segment)->shapes + (size_t)1, sizeof *r->makes);
    x.named = calloc(field_count(r->s->o.fields) + 1, sizeof *x.named);
    x.dresses = calloc(shapes_count(r->s->o.kinds) + 2, sizeof *x.dresses);
    x.own_of = calloc(r->column_count + (size_t)1, sizeof *x.own_of);
    x.any_of = calloc(r->column_count + (size_t)1, sizeof *x.any_of);
    ok = (r->fed && r->makes && x.named && x.dresses && x.own_of && x.any_of) || no_memory(r);
    ok = ok && ways_look(&x) && texts_look(r);
    for (uint32_t i = 0; i < x.dress_count; i++) {
        free(x.dresses[i].columns);
        free(x.dresses[i].to);
    }
    free(x.named);
    free(x.dresses);
    free(x.own_of);
    free(x.any_of);
    return ok;
}

bool select_shapes_sure(struct run *r) {
    for (uint32_t i = 0; i < segment_info(r->segment)->shapes; i++) {
        const struct segment_place *places;
        uint32_t count;

        if (!r->makes[i].sure)
            continue;
        if (!segment_shape(r->segment, i, &places, &count, r->e))
            return false;
        for (uint32_t k = 0; k < count; k++) {
            const struct select_column *const c = &r->columns[places[k].column];

            if (c->feed_count && (c->target_count > 1 || places[k].inner || c->unsure))
                r->makes[i].sure = false;
        }
    }
    return true;
}
