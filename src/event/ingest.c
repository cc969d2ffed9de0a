/* ingest: shape, kind, row.
 *
 * What decides the kind of a record are the few fields that conditions of kinds and shapes name (gates). Their values
 * make a key; the answer for a key is remembered, so that the conditions themselves run once for each combination,
 * not once for each record. The key is compared in full: a wrong kind would silence every rule of the right one. */
#include "event/ingest.h"

#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf.h"
#include "event/format.h"
#include "event/value.h"

#define GATE_KEY_MAX 2048u
#define GATES_REMEMBERED 8192u
/* Of a value the key holds what conditions look at: or each line would have a key of its own once a kind asks how messages begin. Behind
 * what is compared: a byte that tells a longer text from an equal one, and those that decide whether the last is well-formed UTF-8. */
#define GATE_BEHIND 5u
#define GATE_NONE 0x7f /* instead of a type: a text with which no condition's text begins */
#define BLOCKS_OF_KIND_MAX 256u
#define BLOCKS_MAX 1024u /* then each kind gets one more for all that is left */
#define RENAMED_UNKNOWN UINT32_MAX
#define TIMES_MAX 32u /* noted of one record; in one with more they are looked for again */
/* When blocks together hold more than this share of the bound, dictionaries are forgotten at the next clear. */
#define DICTIONARY_SHARE(bytes_max) ((bytes_max) / 4 * 3)
/* What a new value may cost: its text, and what stands beside it; each value of a list: its code; a new column. */
#define VALUE_COST(len) ((size_t)4 * (len) + 128)
#define ITEM_COST ((size_t)16)
/* Rules about all fields look at every column: made-up names must not make that dear. */
#define COLUMNS_MAX 1024u
#define COLUMN_COST ((size_t)2048)
#define SECOND INT64_C(1000000000)
#define YEAR_BREAK ((uint64_t)SECOND * 86400 * 183)

enum within { WITHIN_UNKNOWN, WITHIN_NO, WITHIN_YES };
enum needed { NEEDED_UNKNOWN, NEEDED_NO, NEEDED_YES };

/* A gate by value is compared; of one by presence only that it is there matters. */
enum { FLAG_SHAPE = 1, FLAG_GATE = 2, FLAG_GATE_VALUE = 4, FLAG_TIME = 8 };

struct gate {
    struct gate *next;   /* of the same slot */
    struct block *block; /* NULL: no kind */
    uint64_t hash;
    uint32_t len;
    char key[];
};

/* How many bytes of a field conditions look at, and with which their texts begin (a bit for each letter, of both cases). */
struct gate_look {
    uint32_t most, first;
};

struct claim {
    uint32_t stamp;
    field_id from;
    bool inner; /* it has no value of its own */
};

/* What a text came to beside its instant. */
struct time_said {
    struct wall wall;
    bool yearless;     /* it has no year of its own */
    enum zone_fit fit; /* of the zone it was taken to be of */
};

/* The text that was last read as a time, if it is short, and what came of it. Empty: none. */
struct known_time {
    char text[TIME_TEXT_MAX];
    size_t len;
    int64_t when;
    struct time_said said;
    bool surely_utc;
};

struct ingest {
    struct event_sink sink; /* first: a sink is its ingest */
    struct ingest_options o;
    uint64_t seed;
    uint8_t *flags; /* by field as a rule names it */
    uint32_t flag_count;
    struct gate_look *looks; /* by field, flag_count */
    uint64_t *marks;         /* by field, flag_count: a bit for each field that marks a shape, some may share one */
    struct need {
        uint64_t marks; /* of all its fields */
        size_t shape;
    } * needs; /* of those shapes that records of this reader may have */
    size_t need_count;
    field_id **renamed; /* [shape][field]: the name under the shape, RENAMED_UNKNOWN: not asked yet */
    uint32_t *renamed_room;
    struct raw *mapped; /* the record's values under their names, RECORD_VALUES_MAX */
    field_id *came;     /* what they were called before */
    struct raw *split;  /* of a record of several events, what belongs to one, RECORD_VALUES_MAX */
    uint8_t **within;   /* [shape][field]: is the field in the shape's each_of list? (enum within) */
    uint32_t *within_room;
    uint8_t **needed; /* [shape][field]: may the value decide about kind or time? (enum needed) */
    uint32_t *needed_room;
    bool *pairs_decide;   /* by shape: may what its pairs make decide about kind or time? */
    struct claim *claims; /* by name: which field of the record of that stamp has it */
    uint32_t claim_room, stamp;
    const struct raw *times[TIMES_MAX]; /* values of the record that may be its time */
    uint32_t time_count;
    bool times_more;
    struct known_time known_time;
    struct buf time_text;                        /* of one time that is not text */
    struct buf times_kept;                       /* texts of the rows' times */
    struct buf bytes_text, words_text, xml_text; /* of a shape that has texts as bytes; lists of words; texts of XML */
    struct gate *slots[1024];
    uint32_t gates;
    struct block **blocks;
    uint32_t block_count, block_room;
    bool is_text; /* records are lines of text: */
    field_id message, program, format;
    struct told told;   /* what such a line said */
    struct raw *spoken; /* the record with it, RECORD_VALUES_MAX */
    uint32_t rows;
    uint64_t rows_of_part; /* since ingest_part, also those that were emptied out since */
    uint32_t part;
    const uint32_t *origin;
    int64_t latest; /* when the source was last written to */
    int64_t year_last,
        back_when; /* the last time that was given a year; of the last record whose time the reader knew */
    uint64_t back_number;
    str reader;
    struct ingest_counts counts;
    bool crowded;            /* some block has more columns than any honest log has */
    size_t held, since;      /* bytes of all blocks when they were last added up; most that came in since */
    struct block *unclaimed; /* NULL: none, or not needed yet */
    size_t left;             /* by the last reset: columns, places; and what their first rows will cost */
};

static bool flag(struct ingest *in, field_id field, uint8_t bit) {
    if (field >= in->flag_count) {
        uint32_t room = in->flag_count ? in->flag_count : 256;

        while (room <= field)
            room *= 2;
        uint8_t *const bigger = realloc(in->flags, room);
        uint64_t *marks;
        struct gate_look *looks;

        if (!bigger)
            return false;
        in->flags = bigger;
        if (!(marks = reallocarray(in->marks, room, sizeof *marks)))
            return false;
        in->marks = marks;
        if (!(looks = reallocarray(in->looks, room, sizeof *looks)))
            return false;
        in->looks = looks;
        memset(bigger + in->flag_count, 0, room - in->flag_count);
        memset(looks + in->flag_count, 0, (room - in->flag_count) * sizeof *looks);
        memset(marks + in->flag_count, 0, (room - in->flag_count) * sizeof *marks);
        in->flag_count = room;
    }
    in->flags[field] |= bit;
    return true;
}

static uint8_t flags_of(const struct ingest *in, field_id field) {
    return field < in->flag_count ? in->flags[field] : 0;
}

static uint32_t first_bit(char c) {
    return (unsigned char)c > 0x7f ? UINT32_MAX : UINT32_C(1) << ((c | 0x20) & 31);
}

/* A condition compares the field with this text. */
static void look_add(struct ingest *in, field_id field, str text) {
    struct gate_look *const look = &in->looks[field];

    look->most = look->most < text.len + GATE_BEHIND ? (uint32_t)(text.len + GATE_BEHIND) : look->most;
    look->first |= text.len ? first_bit(text.ptr[0]) : UINT32_MAX;
}

static bool flags_fill(struct ingest *in) {
    unsigned marked = 0;

    for (size_t i = 0; i < kinds_count(in->o.kinds); i++) {
        const struct kind *const k = kinds_at(in->o.kinds, i);

        for (size_t j = 0; j < k->when_count; j++) {
            const struct kind_condition *const c = &k->when[j];

            if (!flag(in, c->field,
                      c->how == WHEN_EQUALS || c->how == WHEN_STARTS ? FLAG_GATE | FLAG_GATE_VALUE : FLAG_GATE))
                return false;
            for (size_t v = 0; v < c->value_count; v++)
                look_add(in, c->field, c->values[v]);
        }
        for (size_t j = 0; j < k->time_count; j++)
            if (!flag(in, k->times[j].field, FLAG_TIME))
                return false;
        if (k->witness != FIELD_NONE && !flag(in, k->witness, FLAG_TIME))
            return false;
        if (k->each != FIELD_NONE && !flag(in, k->each, FLAG_GATE | FLAG_GATE_VALUE))
            return false;
        if (k->each != FIELD_NONE)
            in->looks[k->each] = (struct gate_look){UINT32_MAX, UINT32_MAX}; /* the whole value is a name */
    }
    for (size_t i = 0; i < shapes_count(in->o.kinds); i++)
        for (size_t j = 0; j < shapes_at(in->o.kinds, i)->when_count; j++)
            if (!flag(in, shapes_at(in->o.kinds, i)->when[j], FLAG_SHAPE))
                return false;
    for (uint32_t field = 0; field < in->flag_count; field++)
        if (in->flags[field] & FLAG_SHAPE)
            in->marks[field] = (uint64_t)1 << marked++ % 64;
    return true;
}

static field_id rename_field(struct ingest *in, size_t shape, field_id field) {
    if (field >= in->renamed_room[shape]) {
        uint32_t room = in->renamed_room[shape] ? in->renamed_room[shape] : 256;

        while (room <= field)
            room *= 2;
        field_id *const bigger = realloc(in->renamed[shape], room * sizeof *bigger);

        if (!bigger)
            return FIELD_NONE;
        for (uint32_t i = in->renamed_room[shape]; i < room; i++)
            bigger[i] = RENAMED_UNKNOWN;
        in->renamed[shape] = bigger;
        in->renamed_room[shape] = room;
    }
    field_id *const to = &in->renamed[shape][field];

    if (*to == RENAMED_UNKNOWN)
        *to = shape_field(shapes_at(in->o.kinds, shape), in->o.fields, field);
    return *to;
}

/* The shape of a record with these marks, or SIZE_MAX. */
static size_t shape_of(const struct ingest *in, const struct record *r, uint64_t marks) {
    for (size_t i = 0; i < in->need_count; i++) {
        const struct need *const n = &in->needs[i];

        if ((n->marks & ~marks) == 0 && shape_matches(shapes_at(in->o.kinds, n->shape), in->reader, r))
            return n->shape;
    }
    return SIZE_MAX;
}

static void shapes_of_reader(struct ingest *in) {
    in->need_count = 0;
    for (size_t i = 0; i < shapes_count(in->o.kinds); i++) {
        const struct shape *const shape = shapes_at(in->o.kinds, i);
        struct need n = {.shape = i};

        if (shape->reader.len && !str_eq(shape->reader, in->reader))
            continue;
        for (size_t j = 0; j < shape->when_count; j++)
            n.marks |= in->marks[shape->when[j]];
        if (n.marks)
            in->needs[in->need_count++] = n;
    }
}

static bool claims_room(struct ingest *in, field_id field) {
    if (field < in->claim_room)
        return true;
    uint32_t room = in->claim_room ? in->claim_room : 1024;

    while (room <= field)
        room *= 2;
    struct claim *const bigger = reallocarray(in->claims, room, sizeof *bigger);

    if (!bigger)
        return false;
    memset(bigger + in->claim_room, 0, (room - in->claim_room) * sizeof *bigger);
    in->claims = bigger;
    in->claim_room = room;
    return true;
}

/* Gives value i, which came as `from`, the name `to`. *clash: another field of the record has it already. */
static bool claim(struct ingest *in, const struct shape *how, uint32_t i, field_id from, field_id to, bool *clash) {
    if (!claims_room(in, to))
        return false;
    struct claim *const c = &in->claims[to];

    bool const inner = in->mapped[i].inner != RAW_OWN;

    in->came[i] = from;
    in->mapped[i].field = to;
    if (c->stamp != in->stamp) {
        *c = (struct claim){in->stamp, from, inner};
    } else if (c->from == from) {
        c->inner &= inner;
    } else {
        *clash = true;
        if (inner != c->inner ? c->inner : shape_rank(how, in->o.fields, from) < shape_rank(how, in->o.fields, c->from))
            *c = (struct claim){in->stamp, from, inner};
    }
    return true;
}

/* Of several fields with one name that of the lowest rank keeps it, with its equals; the others are called as they came. A second spelling of others
 * (raw.inner), which is there for whoever asks for it, takes no value's name: what an event is must not depend on who asks. */
static void clashes_undo(struct ingest *in, const struct shape *how, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct claim *const c = &in->claims[in->mapped[i].field];

        if (in->came[i] == c->from)
            continue;
        unsigned const rank = shape_rank(how, in->o.fields, in->came[i]), best = shape_rank(how, in->o.fields, c->from);

        if (in->mapped[i].inner != RAW_OWN && !c->inner ? rank != best : rank > best)
            in->mapped[i].field = in->came[i];
    }
}

/* What was renamed is there under its own name as well. */
static void names_keep(struct ingest *in, struct record *r) {
    uint32_t const count = r->count;

    for (uint32_t i = 0; i < count && r->count < RECORD_VALUES_MAX; i++)
        if (in->mapped[i].field != in->came[i] && !in->mapped[i].inner) {
            struct raw *const v = &in->mapped[r->count++];

            *v = in->mapped[i];
            v->field = in->came[i];
            v->inner = true;
        }
}

static str text_of(const struct record *r, field_id field) {
    for (uint32_t i = 0; i < r->count; i++)
        if (r->values[i].field == field && r->values[i].type == RAW_TEXT && !r->values[i].inner)
            return (str){r->values[i].ptr, r->values[i].len};
    return S("");
}

/* So many bits from one on, as far as there are any. */
static uint64_t bits(uint32_t from, uint32_t count) {
    uint64_t const ones = count < 64 ? ((uint64_t)1 << count) - 1 : UINT64_MAX;

    return from < 64 ? ones << from : 0;
}

/* A record of a line of text (it has a message), with what formats make of the line behind its own values. */
static bool speak(struct ingest *in, const struct record *r, struct record *out, struct err *e) {
    str const message = text_of(r, in->message);
    const struct raw *extra[2];
    uint32_t extra_count[2];

    *out = *r;
    if (message.len == 0 || formats_count(kinds_formats(in->o.kinds)) == 0)
        return true;
    if (!formats_tell(kinds_formats(in->o.kinds), in->o.fields, text_of(r, in->program), message, &in->told, e))
        return false;
    if (!in->told.format)
        return true;
    if (!in->spoken && !(in->spoken = malloc(RECORD_VALUES_MAX * sizeof *in->spoken)))
        return err_set(e, ERR_MEMORY, 0, "no memory for the fields of a line");
    struct raw const name = {.field = in->format,
                             .type = RAW_TEXT,
                             .len = (uint32_t)in->told.format->name.len,
                             .ptr = in->told.format->name.ptr};

    extra[0] = &name, extra_count[0] = 1;
    extra[1] = in->told.values, extra_count[1] = in->told.count;
    out->count = r->count < RECORD_VALUES_MAX ? r->count : RECORD_VALUES_MAX;
    memcpy(in->spoken, r->values, out->count * sizeof *r->values);
    for (size_t i = 0; i < COUNT(extra); i++) {
        uint32_t const room = RECORD_VALUES_MAX - out->count;
        uint32_t const taken = extra_count[i] < room ? extra_count[i] : room;

        memcpy(in->spoken + out->count, extra[i], taken * sizeof *in->spoken);
        out->count += taken;
        in->counts.cut += taken < extra_count[i];
    }
    out->constants =
        bits(r->count, 1) | bits(r->count + 1 + in->told.constant_from, in->told.constant_to - in->told.constant_from);
    in->counts.cut += in->told.cut;
    out->values = in->spoken;
    return true;
}

/* A byte for each field that a shape has met, zero at first. NULL: no memory. */
static inline uint8_t *field_bytes(uint8_t **bytes, uint32_t *have, field_id field) {
    if (UNLIKELY(field >= *have)) {
        uint32_t room = *have ? *have : 256;

        while (room <= field)
            room *= 2;
        uint8_t *const bigger = realloc(*bytes, room);

        if (!bigger)
            return NULL;
        memset(bigger + *have, 0, room - *have);
        *bytes = bigger;
        *have = room;
    }
    return &(*bytes)[field];
}

/* A shape that gives values other names and makes none. */
static bool only_renames(const struct ingest *in, const struct shape *s) {
    return !in->is_text && !s->bytes && !s->has_words && s->xml == FIELD_NONE && !s->lines && s->each_of == FIELD_NONE;
}

/* Half of a pair gets its name from the other half, which is not known here. */
static bool in_pair(const struct shape *s, field_id field) {
    for (size_t i = 0; i < s->pair_count; i++)
        if (field == s->pairs[i].name || field == s->pairs[i].value || field == s->pairs[i].list)
            return true;
    return false;
}

/* May the shape call a field whose name begins so by one of another beginning? */
static bool renames_below(const struct shape *s, const struct fields *fields, str list) {
    for (size_t i = 0; i < s->rename_count; i++)
        if (str_starts(field_name(fields, s->from[i]), list) || str_starts(list, field_name(fields, s->from[i])))
            return true;
    for (size_t i = 0; i < s->strip_count; i++) {
        str const fixed = str_first(s->strip[i], str_find_byte(s->strip[i], '*'));

        if (str_starts(fixed, list) || str_starts(list, fixed))
            return true;
    }
    return s->omit_count || s->unspace;
}

/* May what the pairs of a shape make, or take away, decide about kind or time? What they make lies below the names of their lists. */
static bool pairs_may_decide(const struct ingest *in, const struct shape *s) {
    for (size_t i = 0; i < s->pair_count; i++) {
        str const list = field_name(in->o.fields, s->pairs[i].list);

        if (renames_below(s, in->o.fields, list))
            return true;
        for (field_id field = 0; field < in->flag_count; field++)
            if (in->flags[field] & (FLAG_GATE | FLAG_TIME) &&
                (in_pair(s, field) || str_starts(field_name(in->o.fields, field), list)))
                return true;
    }
    return false;
}

/* The values of r by which kind and time may be told, whatever they are called then. */
static bool needed_take(struct ingest *in, size_t shape, const struct record *r, struct record *out, struct err *e) {
    const struct shape *const how = shapes_at(in->o.kinds, shape);

    out->count = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        field_id const field = r->values[i].field;
        uint8_t *const known = field_bytes(&in->needed[shape], &in->needed_room[shape], field);

        if (!known)
            return err_set(e, ERR_MEMORY, 0, "no memory for field names");
        if (UNLIKELY(*known == NEEDED_UNKNOWN)) {
            field_id const to = rename_field(in, shape, field);

            if (to == FIELD_NONE)
                return err_set(e, ERR_LIMIT, 0, "too many field names");
            *known = (flags_of(in, field) | flags_of(in, to)) & (FLAG_GATE | FLAG_TIME) ||
                             (in->pairs_decide[shape] && in_pair(how, field))
                         ? NEEDED_YES
                         : NEEDED_NO;
        }
        if (*known == NEEDED_YES)
            in->mapped[out->count++] = r->values[i];
    }
    return true;
}

/* The record under the names of rules: r itself when nothing wraps it (*shape_out: SIZE_MAX). */
static bool unwrap(struct ingest *in, const struct record *r, struct record *out, size_t *shape_out, struct err *e) {
    uint64_t marks = 0;
    bool clash = false;
    size_t shape;

    *out = *r;
    *shape_out = SIZE_MAX;
    if (UNLIKELY(r->count > RECORD_VALUES_MAX)) {
        out->count = RECORD_VALUES_MAX;
        in->counts.cut++;
    }
    for (uint32_t i = 0; i < out->count; i++)
        marks |= r->values[i].field < in->flag_count ? in->marks[r->values[i].field] : 0;
    if (!marks || (shape = shape_of(in, out, marks)) == SIZE_MAX)
        return true;
    const struct shape *const how = shapes_at(in->o.kinds, shape);

    *shape_out = shape;
    bool const needed = in->o.kinds_only && only_renames(in, how);

    if (!needed)
        memcpy(in->mapped, r->values, out->count * sizeof *in->mapped);
    else if (!needed_take(in, shape, &(struct record){.values = r->values, .count = out->count}, out, e))
        return false;
    out->values = in->mapped;
    if (how->bytes && !shape_bytes(out, &in->bytes_text))
        return err_set(e, ERR_MEMORY, 0, "no memory for a text of bytes");
    if (how->has_words && !shape_words(how, in->o.fields, out, &in->words_text))
        return err_set(e, ERR_MEMORY, 0, "no memory for words");
    if (how->xml != FIELD_NONE) {
        bool cut = false;

        if (!shape_xml(how, in->o.fields, out, &in->xml_text, &cut))
            return err_set(e, ERR_MEMORY, 0, "no memory for a text of XML");
        in->counts.cut += cut;
    }
    if (how->pair_count && (!needed || in->pairs_decide[shape]))
        shape_pairs(how, in->o.fields, out);
    if (++in->stamp == 0) { /* after four thousand million records */
        memset(in->claims, 0, in->claim_room * sizeof *in->claims);
        in->stamp = 1;
    }
    for (uint32_t i = 0; i < out->count; i++) {
        field_id const field = rename_field(in, shape, in->mapped[i].field);

        if (field == FIELD_NONE)
            return err_set(e, ERR_LIMIT, 0, "too many field names");
        if (!claim(in, how, i, in->mapped[i].field, field, &clash))
            return err_set(e, ERR_MEMORY, 0, "no memory for field names");
    }
    if (UNLIKELY(clash))
        clashes_undo(in, how, out->count);
    if (how->keep)
        names_keep(in, out);
    return true;
}

/* The key: (field, type, length, bytes) of each gate value, in the record's order. More than GATE_KEY_MAX: no key is long
 * enough. Values that may be the time are noted by the way. */
static uint32_t gate_key(struct ingest *in, const struct record *r, char key[GATE_KEY_MAX]) {
    uint32_t used = 0;
    bool over = false;

    in->time_count = 0;
    in->times_more = false;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];
        uint8_t const flags = flags_of(in, v->field);

        if (LIKELY(!(flags & (FLAG_GATE | FLAG_TIME))) || v->inner)
            continue;
        if (flags & FLAG_TIME) {
            if (in->time_count < TIMES_MAX)
                in->times[in->time_count++] = v;
            else
                in->times_more = true;
        }
        if (!(flags & FLAG_GATE))
            continue;
        bool const by_value = flags & FLAG_GATE_VALUE;
        struct gate_look const *const look = &in->looks[v->field];
        bool const none = v->type == RAW_TEXT && v->len > 0 && !(look->first & first_bit(v->ptr[0]));
        uint32_t const most = v->type == RAW_TEXT ? look->most : UINT32_MAX;
        uint32_t const len = !by_value || none ? 0 : v->len < most ? v->len : most;

        if (GATE_KEY_MAX - used < 9 || GATE_KEY_MAX - used - 9 < len)
            over = true;
        if (over) /* what is left out might decide: no key serves this record */
            continue;
        memcpy(key + used, &v->field, 4);
        memcpy(key + used + 4, &len, 4);
        key[used + 8] = !by_value ? 0 : none ? GATE_NONE : (char)v->type;
        memcpy(key + used + 9, v->ptr, len);
        used += 9 + len;
    }
    return over ? GATE_KEY_MAX + 1 : used;
}

static bool block_room(struct ingest *in, struct err *e) {
    if (in->block_count == in->block_room) {
        uint32_t const room = in->block_room ? in->block_room * 2 : 64;
        struct block **const bigger = realloc(in->blocks, room * sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory for blocks");
        in->blocks = bigger;
        in->block_room = room;
    }
    return true;
}

static struct block *block_add(struct ingest *in, uint32_t kind, str name, bool mixed, struct err *e) {
    struct block *b;

    if (!block_room(in, e) || !block_new(&b, kinds_at(in->o.kinds, kind), name, e))
        return NULL;
    b->kind_index = kind;
    b->mixed = mixed;
    b->index = in->block_count;
    in->blocks[in->block_count++] = b;
    return b;
}

/* The block of a kind for this name. A kind has so many blocks; what would need more goes into one for all the rest. */
static struct block *block_named(struct ingest *in, uint32_t kind, str name, struct err *e) {
    const struct kind *const k = kinds_at(in->o.kinds, kind);
    struct block *mixed = NULL;
    uint32_t of_kind = 0;

    for (uint32_t i = 0; i < in->block_count; i++) {
        if (in->blocks[i]->kind_index != kind)
            continue;
        of_kind++;
        if (in->blocks[i]->mixed)
            mixed = in->blocks[i];
        else if (str_eq(in->blocks[i]->name, name))
            return in->blocks[i];
    }
    if (k->each == FIELD_NONE || (of_kind < BLOCKS_OF_KIND_MAX && in->block_count < BLOCKS_MAX))
        return block_add(in, kind, name, false, e);
    return mixed ? mixed : block_add(in, kind, k->name, true, e);
}

/* The kind's name, with the value of its `each` field behind it. A value that would make a bad name is left out. */
static bool kind_full_name(const struct kind *k, const struct record *r, struct buf *name) {
    buf_add(name, k->name);
    if (k->each != FIELD_NONE)
        for (uint32_t i = 0; i < r->count; i++)
            if (r->values[i].field == k->each && !r->values[i].inner) {
                struct buf text = {0};
                size_t repaired = 0;
                size_t const len =
                    value_render(r->values[i].type, (str){r->values[i].ptr, r->values[i].len}, &text, &repaired);

                if (len)
                    block_name_each(name, (str){text.ptr, len});
                name->failed |= text.failed;
                buf_free(&text);
                break;
            }
    return !name->failed;
}

static bool decide(struct ingest *in, const struct record *r, struct block **out, struct err *e) {
    struct buf room = {0}, name = {0};
    bool ok = true;

    *out = NULL;
    for (size_t i = 0; i < kinds_count(in->o.kinds); i++) {
        const struct kind *const k = kinds_at(in->o.kinds, i);

        if ((k->reader.len && !str_eq(k->reader, in->reader)) || (!kind_matches(k, r, &room) && !room.failed))
            continue;
        if (room.failed || !kind_full_name(k, r, &name))
            ok = err_set(e, ERR_MEMORY, 0, "no memory to tell the kind of a record");
        else
            ok = (*out = block_named(in, (uint32_t)i, buf_str(&name), e)) != NULL;
        break;
    }
    buf_free(&room);
    buf_free(&name);
    return ok; /* of no kind: counted by the caller */
}

static void gates_forget(struct ingest *in) {
    for (size_t i = 0; i < COUNT(in->slots); i++) {
        for (struct gate *g = in->slots[i]; g;) {
            struct gate *const next = g->next;

            free(g);
            g = next;
        }
        in->slots[i] = NULL;
    }
    in->gates = 0;
}

/* Where records go that no kind claims, if anybody wants them. Of rules only those that name no log source apply to them. */
static struct block *block_unclaimed(struct ingest *in, struct err *e) {
    static const struct kind_logsource any = {.product = {"", 0}, .category = {"", 0}, .service = {"", 0}};
    static const struct kind none = {
        .name = {"", 0}, .each = FIELD_NONE, .witness = FIELD_NONE, .logsources = &any, .logsource_count = 1};
    struct block *b;

    if (!block_room(in, e) || !block_new(&b, &none, none.name, e))
        return NULL;
    b->kind_index = KIND_UNCLAIMED;
    b->index = in->block_count;
    return in->blocks[in->block_count++] = b;
}

static bool block_of(struct ingest *in, const struct record *r, struct block **out, struct err *e) {
    char key[GATE_KEY_MAX];
    uint32_t const len = gate_key(in, r, key);

    if (len > GATE_KEY_MAX)
        return decide(in, r, out, e);
    uint64_t const hash = hash_bytes((str){key, len}, in->seed);
    struct gate **const slot = &in->slots[hash % COUNT(in->slots)];
    struct gate *g;

    for (g = *slot; g; g = g->next)
        if (g->hash == hash && g->len == len && memcmp(g->key, key, len) == 0) {
            *out = g->block;
            return true;
        }
    if (!decide(in, r, out, e))
        return false;
    if (in->gates == GATES_REMEMBERED)
        gates_forget(in);
    if (!(g = malloc(sizeof *g + len)))
        return err_set(e, ERR_MEMORY, 0, "no memory to remember a kind");
    g->hash = hash;
    g->len = len;
    g->block = *out;
    memcpy(g->key, key, len);
    g->next = *slot;
    *slot = g;
    in->gates++;
    return true;
}

static bool source_names(const struct kind_source *s, size_t count, field_id field) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < s[i].input_count; j++)
            if (s[i].inputs[j] == field)
                return true;
    for (size_t i = 0; i < count; i++)
        if (s[i].only_if && s[i].only_if->field == field)
            return true;
    return false;
}

static bool act_needs(const struct kind_act *a, field_id field) {
    for (size_t i = 0; i < a->when_count; i++)
        if (a->when[i].field == field)
            return true;
    for (size_t t = 0; t < ACT_TEXTS; t++)
        if (source_names(a->texts[t], a->text_counts[t], field))
            return true;
    return source_names(a->amount, a->amount_count, field) || source_names(a->items, a->item_count, field);
}

/* Fields the program itself reads of this kind. */
static bool kind_needs(const struct ingest *in, const struct kind *k, field_id field) {
    bool const collected = (in->o.collect && k->collect_count) || (in->o.acts && k->act_count);

    if (field == k->each || field == FIELD_CHANNEL) /* it names rows in a block of many names; it is the log's name */
        return true;
    for (size_t i = 0; i < ROLES; i++)
        if ((!in->o.roles || collected || in->o.roles >> i & 1) && source_names(k->roles[i], k->role_counts[i], field))
            return true;
    for (size_t i = 0; i < k->key_count; i++)
        if (k->keys[i] == field)
            return true;
    for (size_t i = 0; in->o.collect && i < k->collect_count; i++)
        if (k->collects[i] == field)
            return true;
    for (size_t i = 0; in->o.acts && i < k->act_count; i++)
        if (act_needs(&k->acts[i], field))
            return true;
    return false;
}

/* A field this block has not met: what is wanted of it. */
static bool meet(struct ingest *in, struct block *b, field_id field, struct place *out, struct err *e) {
    struct ingest_wish wish = {RAW_ANY, 0};

    if (in->o.wants && !kind_needs(in, b->kind, field))
        wish = in->o.wants(in->o.ctx, b, field);
    uint32_t const places = b->place_room;

    if (!block_place(b, field, (uint16_t) ~(wish.all | wish.sifted), (uint16_t)(wish.sifted & ~wish.all)))
        return err_set(e, ERR_MEMORY, 0, "no memory for columns");
    in->since += (b->place_room - places) * sizeof *b->places;
    *out = b->places[field];
    return true;
}

/* The record's first value of a field that may be a time, or NULL. */
static const struct raw *time_value(const struct ingest *in, const struct record *r, field_id field) {
    for (uint32_t i = 0; i < in->time_count; i++)
        if (in->times[i]->field == field)
            return in->times[i];
    for (uint32_t i = 0; in->times_more && i < r->count; i++)
        if (r->values[i].field == field && !r->values[i].inner)
            return &r->values[i];
    return NULL;
}

static bool column_add(struct ingest *in, struct block *b, field_id field, struct column **out, struct err *e) {
    if (!(*out = block_column_make(b, field, in->seed)))
        return err_set(e, ERR_MEMORY, 0, "no memory for a column");
    in->since += COLUMN_COST + b->row_room * sizeof *(*out)->codes;
    return true;
}

/* A text that the row's time came from, or may have been meant as one, is kept with the row. */
static bool time_keep(struct ingest *in, struct row *row, str text) {
    char room[TIME_TEXT_MAX];

    if (UNLIKELY(utf8_valid(text) != text.len)) { /* no time was ever written so */
        text = str_first(text, sizeof room);
        for (size_t i = 0; i < text.len; i++)
            room[i] = (unsigned char)text.ptr[i] < 0x80 ? text.ptr[i] : '?';
        text.ptr = room;
    }
    text = utf8_first(text, sizeof room);
    row->time_at = (uint32_t)in->times_kept.len;
    row->time_len = (uint8_t)text.len;
    buf_add(&in->times_kept, text);
    return !in->times_kept.failed;
}

/* The smallest unit that was written. The text has been read as a time: of its digits and colons those before the offset
 * tell whether it has a time of day, and seconds. */
static uint8_t precision_of(const struct wall *w, str text) {
    size_t digits = 0, colons = 0, others = 0;

    if (LIKELY(w->digits || w->second))
        return w->digits;
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];

        if (c == '+' || (c == '-' && colons))
            break;
        digits += c >= '0' && c <= '9';
        colons += c == ':';
        others += (c < '0' || c > '9') && i > 0;
    }
    if (!others || colons > 1) /* a number: Unix time, or all of a date and time */
        return 0;
    if (colons == 1 || digits == 12)
        return PRECISION_MINUTE;
    return digits <= 8 ? PRECISION_DAY : 0;
}

/* What stands in a time field as text; "" where there is nothing. False: no memory. */
static bool time_text(struct ingest *in, const struct kind_time *t, const struct record *r, str *out) {
    const struct raw *const v = time_value(in, r, t->field);
    size_t repaired = 0;

    *out = (str){"", 0};
    if (!v || v->type == RAW_NULL)
        return true;
    *out = (str){v->ptr, v->len};
    if (v->type != RAW_TEXT && v->type != RAW_NUMBER) {
        in->time_text.len = 0;
        value_render(v->type, *out, &in->time_text, &repaired);
        if (in->time_text.failed)
            return false;
        *out = buf_str(&in->time_text);
    }
    *out = kind_time_text(t, *out);
    return true;
}

/* The second that holds the instant. */
static int64_t floor_s(int64_t when) {
    return when / SECOND - (when % SECOND < 0);
}

/* The instant of a text, by what is known beside it; INSTANT_NONE. surely_utc: what says no zone is no time of the run's zone
 * either. */
static int64_t time_make(const struct ingest *in, str text, bool surely_utc, struct time_said *said) {
    struct wall *const w = &said->wall;
    int64_t when;

    said->yearless = false;
    said->fit = ZONE_ONCE;
    if (!text.len || !wall_parse(text, w))
        return INSTANT_NONE;
    if (UNLIKELY(!w->year_given)) {
        said->yearless = true;
        wall_year_guess(w, in->latest);
    }
    when = wall_instant(w);
    if (!w->zone_given && !surely_utc && in->o.zone && when != INSTANT_NONE) {
        said->fit = zone_rules_offset(in->o.zone, floor_s(when), &w->offset_s);
        when = wall_instant(w);
    }
    return when;
}

/* The same, remembered: lines beside each other were often written in the same second. */
static int64_t time_read(struct ingest *in, str text, bool surely_utc, struct time_said *said) {
    struct known_time *const k = &in->known_time;

    if (!text.len || text.len > sizeof k->text)
        return time_make(in, text, surely_utc, said);
    if (text.len != k->len || surely_utc != k->surely_utc || memcmp(text.ptr, k->text, text.len) != 0) {
        memcpy(k->text, text.ptr, text.len);
        k->len = text.len;
        k->surely_utc = surely_utc;
        k->said = (struct time_said){0};
        k->when = time_make(in, text, surely_utc, &k->said);
    }
    *said = k->said;
    return k->when;
}

/* A time that was given its year: log files grow forwards, so a step back of half a year is a year that is not right. */
static void year_note(struct ingest *in, int64_t when) {
    in->counts.years++;
    in->counts.year_breaks +=
        in->year_last != INSTANT_NONE && when < in->year_last && (uint64_t)in->year_last - (uint64_t)when > YEAR_BREAK;
    in->year_last = when;
}

/* A local time that is of more than one instant, or of none. */
static void fit_note(struct ingest *in, enum zone_fit fit) {
    in->counts.twice += fit == ZONE_TWICE;
    in->counts.never += fit == ZONE_NEVER;
}

/* The first of the kind's time fields that the record has and that can be read. False: no memory. */
static bool time_of(struct ingest *in, const struct kind *k, const struct record *r, struct row *row) {
    struct time_said said;
    str text;

    for (size_t i = 0; i < k->time_count; i++) {
        const struct kind_time *const t = &k->times[i];
        bool const surely_utc = t->utc || t->field == k->witness;

        if (!time_text(in, t, r, &text))
            return false;
        if (!text.len)
            continue;
        if ((row->when = time_read(in, text, surely_utc, &said)) != INSTANT_NONE) {
            if (UNLIKELY(said.yearless))
                year_note(in, row->when);
            fit_note(in, said.fit);
            row->zone = said.wall.zone_given || surely_utc ? ZONE_GIVEN
                        : said.fit == ZONE_ONCE            ? ZONE_ASSUMED
                                                           : ZONE_UNSURE;
            row->precision = precision_of(&said.wall, text) & 0xfu;
            row->time_clock = t->clock;
            return time_keep(in, row, text);
        }
        if (!row->time_len && !time_keep(in, row, text))
            return false;
    }
    return true;
}

/* A record that says its time twice: the first time by a clock against what the witness says. False: no memory. */
static bool witness_hear(struct ingest *in, const struct kind *k, const struct record *r, struct row *row) {
    struct kind_time const witness = {.field = k->witness};
    int64_t truth, claim = INSTANT_NONE;
    uint8_t clock = row->time_clock;
    struct time_said said;
    str text;

    if (!time_text(in, &witness, r, &text))
        return false;
    if ((truth = time_read(in, text, true, &said)) == INSTANT_NONE)
        return true;
    if (clock)
        claim = row->when;
    for (size_t i = 0; !clock && i < k->time_count; i++) {
        if (!k->times[i].clock)
            continue;
        if (!time_text(in, &k->times[i], r, &text))
            return false;
        if ((claim = time_read(in, text, k->times[i].utc, &said)) != INSTANT_NONE)
            clock = k->times[i].clock;
    }
    if (claim == INSTANT_NONE)
        return true;
    int64_t const apart = truth / SECOND - claim / SECOND; /* half a second more or less does not matter here */

    row->claim_clock = clock;
    row->claim_s = apart > INT32_MAX ? INT32_MAX : apart < -INT32_MAX ? -INT32_MAX : (int32_t)apart;
    return true;
}

/* Records of a log with numbers of its own are written in the order of their numbers. */
static void back_note(struct ingest *in, const struct record *r) {
    if (in->back_when != INSTANT_NONE && r->number > in->back_number && r->when < in->back_when) {
        uint64_t const s = ((uint64_t)in->back_when - (uint64_t)r->when) / SECOND;

        in->counts.backs += s >= BACK_S;
        in->counts.back_s = s >= BACK_S && s > in->counts.back_s ? s : in->counts.back_s;
    }
    in->back_when = r->when;
    in->back_number = r->number;
}

size_t ingest_bytes(const struct ingest *in) {
    size_t bytes = 0;

    for (uint32_t i = 0; i < in->block_count; i++)
        bytes += block_bytes(in->blocks[i]);
    return bytes;
}

/* Adding up every column of every block is slow: done when what has come in since may have passed a bound. What a record
 * says of its size does not count: a few bytes may stand for much (a template of EVTX, new columns, rows of wide blocks). */
static size_t held_most(const struct ingest *in) {
    return in->held + in->since;
}

/* What may be held before something is done about it: what a reset leaves does not count where it is nearly all, or every
 * record would ask for another. */
static size_t bound(const struct ingest *in, size_t bytes) {
    size_t const least = in->left + in->o.bytes_max / 4;

    return bytes > least ? bytes : least;
}

static size_t held_now(struct ingest *in) {
    in->since = 0;
    return in->held = ingest_bytes(in);
}

/* What became of a record, all of its events together. */
struct taken {
    bool no_kind, no_time;
    uint32_t events; /* told so far, of which these are */
    int64_t when;
    str kind;
};

static void taken_note(struct taken *taken, int64_t when, str kind) {
    if (!taken->events++) {
        taken->when = when;
        taken->kind = kind;
        return;
    }
    if (taken->when != when)
        taken->when = INSTANT_NONE;
    if (!str_eq(taken->kind, kind))
        taken->kind = INGEST_KINDS;
}

/* One event: a whole record (element 0), or what one element of its list makes. */
static bool take_event(struct ingest *in, const struct record *event, uint16_t element, struct taken *taken,
                       struct err *e) {
    struct record const r = *event;
    struct block *b;
    size_t repaired = 0;
    bool asked = !in->o.sift_event,
         sift = true; /* has anybody been asked about the event? is each value to be sifted? */

    if (!block_of(in, &r, &b, e))
        return false;
    if (!b) {
        taken->no_kind = true;
        if (!in->o.unclaimed) {
            taken_note(taken, r.when, S(""));
            return true;
        }
        if (!in->unclaimed && !(in->unclaimed = block_unclaimed(in, e)))
            return false;
        b = in->unclaimed;
    }
    uint32_t const room = b->row_room;

    if (!block_row_room(b))
        return err_set(e, ERR_MEMORY, 0, "no memory for rows");
    bool const clean = in->o.clean && in->o.clean(in->o.ctx, &r);

    in->since += (b->row_room - room) * block_row_bytes(b) + r.count * ITEM_COST;
    for (uint32_t i = 0; i < r.count && !in->o.kinds_only; i++) {
        const struct raw *const v = &r.values[i];
        struct place at = v->field < b->place_room ? b->places[v->field] : (struct place){COLUMN_UNMET, 0, 0};
        struct column *c;

        if (UNLIKELY(at.column == COLUMN_UNMET) && !meet(in, b, v->field, &at, e))
            return false;
        if (at.unwanted >> v->type & 1)
            continue;
        if (at.sifted >> v->type & 1) {
            if (!asked) {
                sift = in->o.sift_event(in->o.ctx, b, &r);
                asked = true;
            }
            if (!sift || !in->o.sift(in->o.ctx, b, v))
                continue;
        }
        in->counts.cut += v->len > VALUE_BYTES_MAX;
        if (LIKELY(at.column < b->column_count))
            c = b->columns[at.column];
        else if (!column_add(in, b, v->field, &c, e))
            return false;
        uint32_t const values = c->dict.count;

        if (!block_cell(b, c, v, &repaired))
            return err_set(e, ERR_MEMORY, 0, "no memory for values");
        if (c->dict.count != values)
            in->since += VALUE_COST(v->len);
    }
    struct row *const row = &b->rows[b->row_count];

    *row = (struct row){.when = r.when,
                        .zone = r.zone & 3u,
                        .precision = r.precision & 0xfu,
                        .number = r.number,
                        .offset = r.offset,
                        .part = in->part,
                        .size = r.size > UINT32_MAX ? UINT32_MAX : (uint32_t)r.size,
                        .salvaged = r.salvaged,
                        .clean = clean,
                        .element = element,
                        .stretch = (uint16_t)(in->rows_of_part / ROWS_STRETCH),
                        .origin = in->origin ? *in->origin : 0};
    if (r.when == INSTANT_NONE
            ? !time_of(in, b->kind, &r, row) || (b->kind->witness != FIELD_NONE && !witness_hear(in, b->kind, &r, row))
            : r.time_text.len && !time_keep(in, row, r.time_text))
        return err_set(e, ERR_MEMORY, 0, "no memory for a time");
    taken->no_time |= row->when == INSTANT_NONE && b != in->unclaimed; /* nobody has said where its time would be */
    in->counts.repaired += repaired;
    taken_note(taken, row->when, b == in->unclaimed ? S("") : b->kind->name);
    b->row_count++;
    b->rows_ever++;
    in->rows_of_part++;
    in->rows++;
    in->crowded |= b->column_count > COLUMNS_MAX;
    if (in->rows >= in->o.rows_max || in->crowded)
        return in->o.full(in->o.ctx, e);
    size_t const most = bound(in, in->o.bytes_max);

    if (UNLIKELY(held_most(in) > most) && held_now(in) > most)
        return in->o.full(in->o.ctx, e);
    return true;
}

/* Is value i of the unwrapped record in the list of which each element is an event? */
static bool is_within(struct ingest *in, size_t shape, uint32_t i, bool *yes) {
    field_id const field = in->came[i];
    uint8_t *const known = field_bytes(&in->within[shape], &in->within_room[shape], field);

    if (!known)
        return false;
    if (*known == WITHIN_UNKNOWN)
        *known = shape_each_holds(shapes_at(in->o.kinds, shape), in->o.fields, field) ? WITHIN_YES : WITHIN_NO;
    *yes = *known == WITHIN_YES;
    return true;
}

/* A record with a list of events is as many events, each with all that stands beside the list. Values come in the order
 * in which they stood, so an element's are neighbours: what all events share goes to the front once, and behind it each
 * element's in turn. An empty list makes the record itself the event. */
static bool take_each(struct ingest *in, const struct record *r, size_t shape, struct taken *taken, struct err *e) {
    struct record one = *r;
    uint32_t shared = 0, end = 0;
    uint16_t element = 0;
    bool within;

    one.values = in->split;
    one.constants = 0; /* they get other places */
    for (uint32_t i = 0; i < r->count; i++) {
        within = false; /* what a format told has no element, and nothing is known of how it came */
        if (r->values[i].element && !is_within(in, shape, i, &within))
            return err_set(e, ERR_MEMORY, 0, "no memory for field names");
        if (!within)
            in->split[shared++] = r->values[i];
    }
    end = shared;
    for (uint32_t i = 0; i < r->count; i++) {
        uint16_t const at = r->values[i].element;

        if (!at || !is_within(in, shape, i, &within) || !within) /* known by now: it cannot fail */
            continue;
        if (at != element && element) {
            one.count = end;
            if (!take_event(in, &one, element, taken, e))
                return false;
            end = shared;
        }
        element = at;
        in->split[end++] = r->values[i];
    }
    one.count = end;
    return take_event(in, &one, element, taken, e);
}

static bool same_value(const struct raw *a, const struct raw *b) {
    return a->ptr == b->ptr && a->len == b->len && a->type == b->type && !a->inner == !b->inner;
}

#define MADE_NEAR 64u /* places that a value may have moved by */

/* *next: the value of raw behind the one that was found last. Those that stay, stay in order, or nearly. */
static bool stands_in(const struct record *raw, const struct raw *v, uint32_t *next) {
    uint32_t const from = *next;

    for (uint32_t at = from; at < raw->count && at - from < MADE_NEAR; at++)
        if (same_value(&raw->values[at], v)) {
            *next = at + 1;
            return true;
        }
    for (uint32_t at = from; at > 0 && from - at < MADE_NEAR; at--)
        if (same_value(&raw->values[at - 1], v))
            return true;
    return false;
}

/* Whatever of r is no value of raw, however it came in: no part that makes values needs to say so. */
static bool made_tell(struct ingest *in, const struct record *raw, const struct record *r, struct err *e) {
    uint32_t next = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct raw *const v = &r->values[i];

        if (v->len && !v->inner && !stands_in(raw, v, &next) && !in->o.made(in->o.ctx, v, e))
            return false;
    }
    return true;
}

static bool take(struct event_sink *sink, const struct record *raw, struct err *e) {
    struct ingest *const in = (struct ingest *)(void *)sink;
    struct taken taken = {0};
    struct record r;
    size_t shape;
    bool ok;

    in->counts.records += !raw->salvaged;
    in->counts.salvaged += raw->salvaged;
    in->counts.bytes += raw->size;
    if (raw->when != INSTANT_NONE && !raw->salvaged && !raw->unordered)
        back_note(in, raw);
    if (!unwrap(in, raw, &r, &shape, e))
        return false;
    if (in->is_text || (shape != SIZE_MAX && shapes_at(in->o.kinds, shape)->lines)) {
        struct record const line = r;

        if (!speak(in, &line, &r, e))
            return false;
    }
    if (in->o.made && r.values != raw->values && !made_tell(in, raw, &r, e))
        return false;
    if (shape != SIZE_MAX && shapes_at(in->o.kinds, shape)->each_of != FIELD_NONE)
        ok = take_each(in, &r, shape, &taken, e);
    else
        ok = take_event(in, &r, 0, &taken, e);
    in->counts.no_kind += taken.no_kind;
    in->counts.no_time += taken.no_time;
    return ok && (!in->o.taken || in->o.taken(in->o.ctx, raw, taken.when, taken.kind, e));
}

static bool sink_wants(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return true; /* whether a column is worth having is known when the kind is (meet) */
}

static bool sink_wants_inner(struct event_sink *sink, field_id field) {
    struct ingest *const in = (struct ingest *)(void *)sink;

    return in->o.wants_inner && in->o.wants_inner(in->o.ctx, field);
}

static void sink_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    struct ingest *const in = (struct ingest *)(void *)sink;

    in->o.damage(in->o.ctx, offset, size, why);
}

bool ingest_new(struct ingest **out, const struct ingest_options *options, struct err *e) {
    struct ingest *const in = calloc(1, sizeof *in);
    size_t const shapes = shapes_count(options->kinds);

    if (!in)
        return err_set(e, ERR_MEMORY, 0, "no memory for ingest");
    in->o = *options;
    in->reader = S("");
    in->seed = hash_seed();
    in->sink = (struct event_sink){.fields = options->fields,
                                   .kinds = options->kinds,
                                   .house = options->house,
                                   .wants = sink_wants,
                                   .wants_inner = sink_wants_inner,
                                   .record = take,
                                   .damage = sink_damage,
                                   .keeps = true};
    in->mapped = malloc(RECORD_VALUES_MAX * sizeof *in->mapped);
    in->renamed = calloc(shapes + 1, sizeof *in->renamed);
    in->renamed_room = calloc(shapes + 1, sizeof *in->renamed_room);
    in->needs = calloc(shapes + 1, sizeof *in->needs);
    in->came = malloc(RECORD_VALUES_MAX * sizeof *in->came);
    in->split = malloc(RECORD_VALUES_MAX * sizeof *in->split);
    in->within = calloc(shapes + 1, sizeof *in->within);
    in->within_room = calloc(shapes + 1, sizeof *in->within_room);
    in->needed = calloc(shapes + 1, sizeof *in->needed);
    in->pairs_decide = calloc(shapes + 1, sizeof *in->pairs_decide);
    in->needed_room = calloc(shapes + 1, sizeof *in->needed_room);
    in->message = field_intern(options->fields, S("message"));
    in->program = field_intern(options->fields, S("program"));
    in->format = field_intern(options->fields, S("format"));
    if (in->format == FIELD_NONE || !in->split || !in->within || !in->within_room || !in->needed || !in->needed_room ||
        !in->pairs_decide || !in->came || !in->needs || !in->mapped || !in->renamed || !in->renamed_room ||
        !flags_fill(in)) {
        ingest_free(in);
        return err_set(e, ERR_MEMORY, 0, "no memory for ingest");
    }
    shapes_of_reader(in);
    for (size_t i = 0; i < shapes; i++)
        in->pairs_decide[i] = pairs_may_decide(in, shapes_at(in->o.kinds, i));
    *out = in;
    return true;
}

void ingest_free(struct ingest *in) {
    if (!in)
        return;
    gates_forget(in);
    for (uint32_t i = 0; i < in->block_count; i++)
        block_free(in->blocks[i]);
    if (in->renamed)
        for (size_t i = 0; i < shapes_count(in->o.kinds); i++)
            free(in->renamed[i]);
    if (in->within)
        for (size_t i = 0; i < shapes_count(in->o.kinds); i++)
            free(in->within[i]);
    if (in->needed)
        for (size_t i = 0; i < shapes_count(in->o.kinds); i++)
            free(in->needed[i]);
    free(in->within);
    free(in->within_room);
    free(in->needed);
    free(in->needed_room);
    free(in->pairs_decide);
    free(in->split);
    free(in->renamed);
    free(in->renamed_room);
    free(in->blocks);
    free(in->mapped);
    buf_free(&in->time_text);
    buf_free(&in->times_kept);
    buf_free(&in->bytes_text);
    buf_free(&in->words_text);
    buf_free(&in->xml_text);
    free(in->flags);
    free(in->marks);
    free(in->looks);
    free(in->came);
    free(in->claims);
    free(in->needs);
    told_free(&in->told);
    free(in->spoken);
    if (in->sink.kept)
        in->sink.kept_free(in->sink.kept);
    free(in);
}

void ingest_part(struct ingest *in, uint32_t part, str reader) {
    in->part = part;
    in->known_time.len = 0; /* it had the year of another source */
    in->latest = in->year_last = in->back_when = INSTANT_NONE;
    if (!str_eq(reader, in->reader)) {
        gates_forget(in); /* what a key means depends on the reader as well */
        in->reader = reader;
        in->is_text = str_eq(reader, S("text"));
        shapes_of_reader(in);
    }
    in->counts = (struct ingest_counts){0};
    in->rows_of_part = 0;
}

void ingest_origin(struct ingest *in, const uint32_t *origin) {
    in->origin = origin;
}

str ingest_time_text(const struct ingest *in, const struct row *row) {
    return row->time_len ? (str){in->times_kept.ptr + row->time_at, row->time_len} : (str){"", 0};
}

void ingest_latest(struct ingest *in, int64_t latest) {
    in->latest = latest;
    in->known_time.len = 0;
}

struct event_sink *ingest_sink(struct ingest *in) {
    return &in->sink;
}

const struct ingest_counts *ingest_counts(const struct ingest *in) {
    return &in->counts;
}

struct block *const *ingest_blocks(const struct ingest *in, size_t *count) {
    *count = in->block_count;
    return in->blocks;
}

void ingest_clear(struct ingest *in, bool forget) {
    size_t const share = bound(in, DICTIONARY_SHARE(in->o.bytes_max));
    bool const reset = forget || in->crowded || (held_most(in) > share && held_now(in) > share);

    for (uint32_t i = 0; i < in->block_count; i++)
        if (reset)
            block_reset(in->blocks[i]);
        else
            block_clear(in->blocks[i]);
    in->times_kept.len = 0;
    in->rows = 0;
    in->crowded = false;
    if (reset) {
        in->left = held_now(in);
        for (uint32_t i = 0; i < in->block_count; i++) /* the first rows of each cost this at once */
            in->left += BLOCK_ROWS_FIRST * block_row_bytes(in->blocks[i]);
    }
}
