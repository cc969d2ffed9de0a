/* kind_shape: undoing how a collector wrapped a record: names, and lists of {name, value}. */
#include "event/kind.h"

#include <assert.h>

#include "base/buf.h"
#include "codec/xml.h"

#define NAME_MAX_BYTES 1024 /* a longer name is a hostile one: it stays as it came */

static bool has_field(const struct record *r, field_id field) {
    for (uint32_t i = 0; i < r->count; i++)
        if (r->values[i].field == field && !r->values[i].inner)
            return true;
    return false;
}

bool shape_matches(const struct shape *s, str reader, const struct record *r) {
    if (s->reader.len > 0 && !str_eq(s->reader, reader))
        return false;
    for (size_t i = 0; i < s->when_count; i++)
        if (!has_field(r, s->when[i]))
            return false;
    for (size_t i = 0; i < s->unless_count; i++)
        if (has_field(r, s->unless[i]))
            return false;
    return true;
}

/* Every occurrence of every piece is taken out. Result in out (NAME_MAX_BYTES), or name itself. */
static str without_pieces(str name, const str *pieces, size_t count, char *out) {
    for (size_t i = 0; i < count; i++) {
        size_t kept = 0;

        if (str_find(name, pieces[i]) == SIZE_MAX)
            continue;
        for (size_t at = 0; at < name.len;)
            if (str_starts(str_from(name, at), pieces[i]))
                at += pieces[i].len;
            else
                out[kept++] = name.ptr[at++];
        name = (str){out, kept}; /* in place from the second piece on: kept never overtakes at */
    }
    return name;
}

/* Bytes that the prefix takes off name; 0: it does not fit. */
static size_t prefix_fits(str prefix, str name) {
    bool const one = str_ends(prefix, S(".*.")), many = str_ends(prefix, S(".**."));
    str const fixed = str_first(prefix, prefix.len - (many ? 3 : one ? 2 : 0));
    size_t len = fixed.len;

    if (!str_starts(name, fixed))
        return 0;
    if (many) {
        for (size_t i = fixed.len; i < name.len; i++)
            if (name.ptr[i] == '.')
                len = i + 1;
    } else if (one) {
        size_t const dot = str_find_byte(str_from(name, fixed.len), '.');

        len += dot == SIZE_MAX ? 0 : dot + 1;
    }
    if ((one || many) && len == fixed.len)
        return 0;
    return len < name.len ? len : 0;
}

/* The new name of a field, whose number is `plain`, if it has one: *renamed, or a view in rank's terms. rank: 0 renamed or
 * untouched, else 1 + the prefix. */
static str new_name(const struct shape *s, const struct fields *fields, str name, field_id plain, char *room,
                    field_id *renamed, unsigned *rank) {
    *renamed = FIELD_NONE;
    *rank = 0;
    if (name.len > NAME_MAX_BYTES)
        return name;
    if (s->omit_count > 0) {
        str const shorter = without_pieces(name, s->omit, s->omit_count, room);

        if (shorter.len > 0 && shorter.len < name.len) {
            name = shorter;
            plain = field_find(fields, name);
        }
    }
    for (size_t i = 0; i < s->rename_count && plain != FIELD_NONE; i++)
        if (s->from[i] == plain) {
            *renamed = s->to[i];
            return name;
        }
    for (size_t i = 0; i < s->rename_count; i++) { /* what ends in a point is the beginning of names */
        str const from = field_name(fields, s->from[i]), to = field_name(fields, s->to[i]);
        str const rest = str_from(name, from.len);

        if (!str_ends(from, S(".")) || !str_starts(name, from) || rest.len == 0 || rest.len > NAME_MAX_BYTES - to.len)
            continue;
        memmove(room + to.len, rest.ptr, rest.len);
        memcpy(room, to.ptr, to.len);
        return (str){room, to.len + rest.len};
    }
    for (size_t i = 0; i < s->strip_count; i++) {
        size_t const cut = prefix_fits(s->strip[i], name);

        if (cut > 0) {
            name = str_from(name, cut);
            *rank = (unsigned)i + 1;
            break;
        }
    }
    if (s->unspace && str_find_byte(name, ' ') != SIZE_MAX) {
        static const str blank = STR(" ");
        str const shorter = without_pieces(name, &blank, 1, room);

        if (shorter.len > 0)
            name = shorter;
    }
    return name;
}

field_id shape_field(const struct shape *s, struct fields *fields, field_id field) {
    char room[NAME_MAX_BYTES];
    field_id renamed;
    unsigned rank;
    str name;

    if (field == FIELD_NONE)
        return FIELD_NONE;
    name = new_name(s, fields, field_name(fields, field), field, room, &renamed, &rank);
    if (renamed != FIELD_NONE)
        return renamed;
    return str_eq(name, field_name(fields, field)) ? field : field_intern(fields, name);
}

unsigned shape_rank(const struct shape *s, const struct fields *fields, field_id field) {
    char room[NAME_MAX_BYTES];
    field_id renamed;
    unsigned rank;

    if (field == FIELD_NONE)
        return 0;
    new_name(s, fields, field_name(fields, field), field, room, &renamed, &rank);
    return rank;
}

field_id shape_field_found(const struct shape *s, const struct fields *fields, str name) {
    char room[NAME_MAX_BYTES];
    field_id renamed;
    unsigned rank;

    name = new_name(s, fields, name, field_find(fields, name), room, &renamed, &rank);
    return renamed != FIELD_NONE ? renamed : field_find(fields, name);
}

/* The field list.<text of name>, or FIELD_NONE when that is no possible name. */
static field_id pair_field(struct fields *fields, field_id list, const struct raw *name) {
    char text[NAME_MAX_BYTES];
    str const head = field_name(fields, list);

    if (name->type != RAW_TEXT || name->len == 0 || head.len >= sizeof text || name->len > sizeof text - head.len - 1)
        return FIELD_NONE;
    memcpy(text, head.ptr, head.len);
    text[head.len] = '.';
    memcpy(text + head.len + 1, name->ptr, name->len);
    return field_intern(fields, (str){text, head.len + 1 + name->len});
}

/* How the objects of one list, flattened, lie in the row. Which half of an object comes first is told by the ends: only
 * a list that begins with a value and ends in a name has the value first. Without a single name or without a single
 * value this spelling of pairs is not in use, and another may be. */
enum order { UNPAIRED, NAME_FIRST, VALUE_FIRST };

static enum order order_of(const struct shape_pair *p, const struct record *r) {
    bool first_is_value = false, last_is_name = false;
    uint32_t names = 0, values = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        bool const name = r->values[i].field == p->name;

        if (!name && r->values[i].field != p->value)
            continue;
        if (names + values == 0)
            first_is_value = !name;
        last_is_name = name;
        names += name;
        values += !name;
    }
    if (names == 0 || values == 0)
        return UNPAIRED;
    return first_is_value && last_is_name ? VALUE_FIRST : NAME_FIRST;
}

/* In place: what is written never overtakes what is read, because a value held back leaves its slot free. */
static void undo_pairs(const struct shape_pair *p, struct fields *fields, struct record *r) {
    enum order const order = order_of(p, r);
    bool const reversed = order == VALUE_FIRST;
    field_id const opening = reversed ? p->value : p->name, closing = reversed ? p->name : p->value;
    struct raw held = {.field = FIELD_NONE}; /* the opening half of an object */
    uint32_t kept = 0;

    if (order == UNPAIRED)
        return;
    for (uint32_t i = 0; i <= r->count; i++) {
        struct raw const v = i < r->count ? r->values[i] : (struct raw){.field = FIELD_NONE};
        bool const opens = i < r->count && v.field == opening, closes = i < r->count && v.field == closing;

        assert(kept <= i);
        if (held.field != FIELD_NONE && (opens || i == r->count)) { /* nobody came to close it */
            field_id const named = reversed || p->keep ? FIELD_NONE : pair_field(fields, p->list, &held);

            if (reversed)
                held.field = p->list;
            else if (named != FIELD_NONE)
                held = (struct raw){.field = named, .type = RAW_TEXT, .ptr = ""};
            r->values[kept++] = held;
            held.field = FIELD_NONE;
        }
        if (i == r->count)
            break;
        if (opens)
            held = v;
        else if (closes && held.field != FIELD_NONE) {
            struct raw const name = reversed ? v : held;
            struct raw value = reversed ? held : v;
            field_id const named = pair_field(fields, p->list, &name);

            if (p->keep || named == FIELD_NONE)
                r->values[kept++] = name;
            if (named != FIELD_NONE)
                value.field = named;
            r->values[kept++] = value;
            held.field = FIELD_NONE;
        } else if (v.field == p->list && v.inner && !p->keep)
            continue; /* the serialised objects, of which every member is here */
        else {
            r->values[kept] = v;
            if (closes && !reversed)
                r->values[kept].field = p->list; /* a value without a name */
            kept++;
        }
    }
    assert(kept <= r->count);
    r->count = kept;
}

bool shape_each_holds(const struct shape *s, const struct fields *fields, field_id field) {
    str const name = field_name(fields, field), list = field_name(fields, s->each_of);

    assert(s->each_of != FIELD_NONE);
    return str_starts(name, list) && (name.len == list.len || name.ptr[list.len] == '.');
}

void shape_pairs(const struct shape *s, struct fields *fields, struct record *r) {
    for (size_t i = 0; i < s->pair_count; i++)
        undo_pairs(&s->pairs[i], fields, r);
}

/* A walk over one text: where it is, and what it has found. */
struct unfolding {
    struct fields *fields;
    struct record *r;
    struct buf *room;
    uint16_t element; /* of the text's own value */
    char path[NAME_MAX_BYTES];
    size_t ends[XML_DEPTH_MAX + 2]; /* of the path, at each depth, and of an attribute below */
    unsigned depth;
    size_t text; /* where in room the text begins that the innermost element has so far */
    bool data;   /* the innermost element is <Data Name=..> */
    bool cut;
};

/* Puts a name behind the path's end at this depth. */
static void path_add(struct unfolding *u, size_t end, str name) {
    size_t const room = sizeof u->path - end;

    if (room <= name.len) {
        u->cut = true;
        u->ends[u->depth] = sizeof u->path; /* nothing in it has a name */
        return;
    }
    u->path[end] = '.';
    memcpy(u->path + end + 1, name.ptr, name.len);
    u->ends[u->depth] = end + 1 + name.len;
}

static void unfold_value(struct unfolding *u, str name, str text) {
    struct record *const r = u->r;
    field_id field = FIELD_NONE;

    if (r->count < RECORD_VALUES_MAX && name.len < sizeof u->path)
        field = field_intern(u->fields, name);
    if (field == FIELD_NONE) {
        u->cut = true;
        return;
    }
    r->values[r->count++] = (struct raw){
        .field = field, .type = RAW_TEXT, .element = u->element, .len = (uint32_t)text.len, .ptr = text.ptr};
}

/* The innermost element's own text is over: it closes, or another opens in it. */
static void unfold_text(struct unfolding *u) {
    str const text = {u->room->ptr + u->text, u->room->len - u->text};

    if (u->depth && (u->data || str_trim(text).len))
        unfold_value(u, (str){u->path, u->ends[u->depth]}, text);
    u->text = u->room->len;
    u->data = false;
}

static void unfold_attribute(struct unfolding *u, const struct xml *x) {
    size_t const from = u->room->len, end = u->ends[u->depth], outer = u->ends[u->depth - 1];
    str element, text;

    if (end >= sizeof u->path || str_starts(x->name, S("xmlns")))
        return;
    element = (str){u->path + outer + 1, end - outer - 1};
    u->room->len += xml_text(x, u->room->ptr + from); /* there is room for all of the text */
    text = (str){u->room->ptr + from, u->room->len - from};
    u->text = u->room->len;
    if (str_eq(x->name, S("Name")) && text.len && (str_eq(element, S("Data")) || str_eq(element, S("ComplexData")))) {
        u->data = true;
        path_add(u, outer, text);
        return;
    }
    u->depth++;
    path_add(u, end, xml_local(x->name));
    unfold_value(u, (str){u->path, u->ends[u->depth]}, text);
    u->depth--;
}

static void unfold(struct unfolding *u, str text) {
    struct xml x = {.rest = text};

    for (;;)
        switch (xml_next(&x)) {
        case XML_OPEN:
            unfold_text(u);
            u->depth++;
            path_add(u, u->ends[u->depth - 1], xml_local(x.name));
            break;
        case XML_ATTRIBUTE:
            unfold_attribute(u, &x);
            break;
        case XML_TEXT:
            u->room->len += xml_text(&x, u->room->ptr + u->room->len);
            break;
        case XML_CLOSE:
            unfold_text(u);
            u->depth--;
            break;
        default:
            return; /* of what is no XML, the text itself remains */
        }
}

bool shape_xml(const struct shape *s, struct fields *fields, struct record *r, struct buf *room, bool *cut) {
    uint32_t const count = r->count;
    size_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += r->values[i].field == s->xml && r->values[i].type == RAW_TEXT ? r->values[i].len : 0;
    room->len = 0;
    if (!buf_reserve(room, total + 1)) /* undone text is no longer than it was: what points into it stays where it is */
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct raw v = r->values[i];
        str const name = field_name(fields, s->xml);
        struct unfolding u = {.fields = fields, .r = r, .room = room, .element = v.element, .text = room->len};

        if (v.field != s->xml || v.type != RAW_TEXT || name.len >= sizeof u.path)
            continue;
        memcpy(u.path, name.ptr, name.len);
        u.ends[0] = name.len;
        unfold(&u, (str){v.ptr, v.len});
        *cut |= u.cut;
    }
    return true;
}

/* The byte a value is, or -1. */
static int byte_of(const struct raw *v) {
    uint64_t n;

    return v->type == RAW_NUMBER && !v->inner && str_u64((str){v->ptr, v->len}, UINT8_MAX, &n) ? (int)n : -1;
}

bool shape_bytes(struct record *r, struct buf *room) {
    uint32_t kept = 0;

    room->len = 0;
    if (!buf_reserve(room, r->count)) /* what points into it stays where it is */
        return false;
    for (uint32_t i = 0; i < r->count;) {
        struct raw v = r->values[i];
        size_t const from = room->len;
        uint32_t to = i;
        int byte;

        while (to < r->count && r->values[to].field == v.field && (byte = byte_of(&r->values[to])) >= 0) {
            buf_byte(room, (char)byte);
            to++;
        }
        bool const alone = kept == 0 || r->values[kept - 1].field != v.field || r->values[kept - 1].inner;

        if (alone && to > i && (to == r->count || r->values[to].field != v.field || r->values[to].inner))
            v = (struct raw){.field = v.field, .type = RAW_TEXT, .len = to - i, .ptr = room->ptr + from};
        else
            to = i + 1;
        r->values[kept++] = v;
        i = to;
    }
    r->count = kept;
    return true;
}

bool shape_words(const struct shape *s, struct fields *fields, struct record *r, struct buf *room) {
    uint32_t words = 0;

    room->len = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        struct raw *const v = &r->values[i];
        char name[NAME_MAX_BYTES];

        if (v->field != s->words || v->inner || (v->type != RAW_TEXT && v->type != RAW_NUMBER))
            continue;
        buf_add(room, words ? S(" ") : S(""));
        buf_add(room, (str){v->ptr, v->len});
        if (words < SHAPE_WORDS_MAX) {
            int const len = snprintf(name, sizeof name, "%.*s%u", STR_ARG(s->words_numbered), words);
            field_id const field = field_intern(fields, (str){name, (size_t)len < sizeof name ? (size_t)len : 0});

            if (field == FIELD_NONE)
                return false;
            v->field = field;
        }
        words++;
    }
    if (words && r->count < RECORD_VALUES_MAX)
        r->values[r->count++] = (struct raw){
            .field = s->words_joined, .type = RAW_TEXT, .len = (uint32_t)room->len, .ptr = buf_str(room).ptr};
    return !room->failed;
}
