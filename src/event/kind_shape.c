/* kind_shape: undoing how a collector wrapped a record: names, and lists of {name, value}. */
#include "event/kind.h"

#include <assert.h>

#define NAME_MAX_BYTES 1024 /* a longer name is a hostile one: it stays as it came */

static bool has_field(const struct record *r, field_id field) {
    for (uint32_t i = 0; i < r->count; i++)
        if (r->values[i].field == field)
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

/* The new name of a field: *renamed, or a view in rank's terms. rank: 0 renamed or untouched, else 1 + the prefix. */
static str new_name(const struct shape *s, const struct fields *fields, field_id field, char *room, field_id *renamed,
                    unsigned *rank) {
    str name = field_name(fields, field);
    field_id plain = field;

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
    name = new_name(s, fields, field, room, &renamed, &rank);
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
    new_name(s, fields, field, room, &renamed, &rank);
    return rank;
}

/* list.name, or FIELD_NONE when that is no possible name. */
static field_id pair_field(struct fields *fields, field_id list, str name) {
    char text[NAME_MAX_BYTES];
    str const head = field_name(fields, list);

    if (name.len == 0 || head.len >= sizeof text || name.len > sizeof text - head.len - 1)
        return FIELD_NONE;
    memcpy(text, head.ptr, head.len);
    text[head.len] = '.';
    memcpy(text + head.len + 1, name.ptr, name.len);
    return field_intern(fields, (str){text, head.len + 1 + name.len});
}

/* The objects of one list, flattened, are names and values in turn. Which comes first is told by the ends of the row:
 * only a list that begins with a value and ends in a name has the value first in each object. */
static bool value_first(const struct shape_pair *p, const struct record *r) {
    bool first_is_value = false, last_is_name = false, seen = false;

    for (uint32_t i = 0; i < r->count; i++) {
        bool const name = r->values[i].field == p->name;

        if (!name && r->values[i].field != p->value)
            continue;
        if (!seen)
            first_is_value = !name;
        last_is_name = name;
        seen = true;
    }
    return first_is_value && last_is_name;
}

static void undo_pairs(const struct shape_pair *p, struct fields *fields, struct record *r) {
    bool const reversed = value_first(p, r);
    struct raw pending = {.field = FIELD_NONE}; /* a name without its value yet; reversed: a value without its name */
    uint32_t kept = 0;

    for (uint32_t i = 0; i < r->count; i++) {
        struct raw const v = r->values[i];
        bool const first = v.field == (reversed ? p->value : p->name);
        bool const second = v.field == (reversed ? p->name : p->value);
        struct raw made = v;

        if (v.field == p->list && v.inner && !p->keep)
            continue;
        if (first) {
            /* The one before had no partner. There is room: it was itself taken out of the row, or kept is behind. */
            struct raw const alone = pending;

            pending = v;
            if (p->keep && !reversed)
                r->values[kept++] = v;
            if (alone.field == FIELD_NONE)
                continue;
            if (reversed)
                made = (struct raw){.field = p->list, .type = alone.type, .len = alone.len, .ptr = alone.ptr};
            else if (p->keep)
                continue; /* the name is there; an empty value beside it would say nothing more */
            else
                made = (struct raw){pair_field(fields, p->list, (str){alone.ptr, alone.len}), RAW_TEXT, false, 0, ""};
        } else if (second && pending.field != FIELD_NONE) {
            struct raw const name = reversed ? v : pending, value = reversed ? pending : v;
            field_id const field = name.type == RAW_TEXT ? pair_field(fields, p->list, (str){name.ptr, name.len}) : FIELD_NONE;

            made = value;
            if (field != FIELD_NONE)
                made.field = field;
            pending.field = FIELD_NONE;
            if (p->keep && reversed) {
                r->values[kept++] = made;
                made = v;
            }
        } else if (second && !reversed)
            made.field = p->list;
        if (made.field != FIELD_NONE) {
            assert(kept <= i);
            r->values[kept++] = made;
        }
    }
    if (pending.field != FIELD_NONE && !(p->keep && !reversed)) {
        if (reversed)
            pending.field = p->list;
        else
            pending = (struct raw){pair_field(fields, p->list, (str){pending.ptr, pending.len}), RAW_TEXT, false, 0, ""};
        if (pending.field != FIELD_NONE) {
            assert(kept < r->count);
            r->values[kept++] = pending;
        }
    }
    r->count = kept;
}

void shape_pairs(const struct shape *s, struct fields *fields, struct record *r) {
    for (size_t i = 0; i < s->pair_count; i++)
        undo_pairs(&s->pairs[i], fields, r);
}
