/* select_line: what formats could make of a line of text, without applying them.
 *
 * A format (event/format.h) gives parts of the line, texts that it has itself, and fields put together from others. A part is as it stands in the
 * line, but that a backslash in front of one of " \\ | = goes, one of two quotes in a row may, and lengths in brackets become points (select_line_is_odd).
 * So what a test looks for, cut where it has one of those bytes, stands piece by piece in the line: the longest is looked for, and where it stands the others. */
#include "hunt/select_own.h"

#include "base/utf.h"

#define CUT(c) [(c) / 8] = 1u << (c) % 8
/* What formats undo. No two of these are bits of one byte. */
static const uint8_t undone[256 / 8] = {CUT('"'), CUT('\\'), CUT('|'), CUT('=')};

static bool spoken_add(void *ctx, field_id field, str text, bool joined) {
    struct select *const s = ctx;

    if (joined && !text.len) /* two fields meet anywhere */
        memset(s->joints, UINT8_MAX, sizeof s->joints);
    for (size_t k = 0; joined && k < text.len; k++) {
        unsigned char const c = (unsigned char)text.ptr[k];

        s->joints[c / 8] |= (uint8_t)(1u << c % 8);
    }
    if (!select_grow((void **)&s->spoken, s->spoken_count, &s->spoken_room, sizeof *s->spoken))
        return false;
    s->spoken[s->spoken_count++] = (struct spoken){field, text, joined};
    return true;
}

static bool spoken_make(struct select *s) {
    for (size_t i = 0; i < sizeof undone; i++)
        s->joints[i] |= undone[i];
    return s->spoken_made || (s->spoken_made = kinds_spoken(s->o.kinds, spoken_add, s));
}

/* Does the source give parts of the value? */
static bool gives_parts(const struct kind_source *source) {
    switch (source->how) {
    case DERIVE_LOWER:
    case DERIVE_SPLIT:
    case DERIVE_BETWEEN:
    case DERIVE_ADDRESS:
    case DERIVE_URL_HOST:
    case DERIVE_URL_PATH:
    case DERIVE_URL_QUERY:
    case DERIVE_URL_EXTENSION:
    case DERIVE_REQUEST_METHOD:
    case DERIVE_REQUEST_TARGET:
    case DERIVE_REQUEST_PATH:
    case DERIVE_REQUEST_QUERY:
        return true;
    case DERIVE_LABELLED:
        return !source->constant.len;
    default:
        return false;
    }
}

static bool constant_satisfies(struct select *s, uint32_t atom, str text) {
    struct value const v = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = VALUE_TEXT, .raw_type = RAW_TEXT};
    bool ok = true;
    str const folded = test_fold(&s->scratch, &v, &ok);
    bool const holds = ok && test_value(&select_test(s, atom)->test, &v, folded, &s->scratch, &ok);

    s->no_memory |= !ok;
    return holds;
}

/* What cuts a test into pieces. Of all values those between fields that are put together come in as well. */
static const uint8_t *cuts_of(const struct select *s, uint32_t atom) {
    return s->views[s->atoms[atom].view].how == VIEW_ALL ? s->joints : undone;
}

/* The longest piece of each literal. False: of one there is none. */
static bool pieces_take(const struct select *s, struct literal *list, uint32_t count) {
    bool all = true;

    for (uint32_t i = 0; i < count; i++) {
        list[i].text = select_piece(list[i].text, cuts_of(s, list[i].id));
        list[i].how = LITERAL_CONTAINS;
        all &= list[i].text.len > 0;
    }
    return all;
}

bool select_said(struct select *s, uint32_t atom, enum said *out) {
    const struct view *const v = &s->views[s->atoms[atom].view];
    struct literal *list = NULL;
    uint32_t count = 0, room = 0;
    bool anyhow = s->atoms[atom].how != ATOM_FOUND || (v->how == VIEW_MADE && !gives_parts(v->source)), ok = true;

    *out = (enum said)s->atoms[atom].said;
    if (*out != SAID_NOT_ASKED)
        return true;
    if (!spoken_make(s))
        return false;
    for (uint32_t i = 0; !anyhow && i < s->spoken_count; i++) {
        const struct spoken *const c = &s->spoken[i];

        if (v->how == VIEW_ALL ? !c->joined : c->field == v->field)
            anyhow = v->how == VIEW_MADE || v->how == VIEW_PART || c->joined || constant_satisfies(s, atom, c->text);
    }
    if (!anyhow) {
        ok = select_literals(s, atom, &list, &count, &room);
        anyhow = ok && !pieces_take(s, list, count);
    }
    free(list);
    s->atoms[atom].said = (uint8_t)(*out = anyhow ? SAID_ANYHOW : SAID_IN_LINE);
    return ok && !s->no_memory;
}

/* The matcher of the pieces; they are numbered as wholes are. */
static bool lines_new(struct select *s, struct literal *list, uint32_t count) {
    struct whole *const wholes = calloc(count + (size_t)1, sizeof *wholes);

    if (!wholes)
        return false;
    free(s->wholes);
    s->wholes = wholes;
    for (uint32_t i = 0; i < count; i++)
        wholes[i] = (struct whole){.text = list[i].text, .atom = list[i].id};
    if (!pieces_take(s, list, count)) /* select_said has found that there is one of each */
        return false;
    for (uint32_t i = 0; i < count; i++) {
        wholes[i].alone = list[i].text.len == wholes[i].text.len;
        list[i].id = i;
    }
    return (s->lines = literals_new(list, count)) != NULL;
}

bool select_lines_make(struct select *s) {
    struct literal *list = NULL;
    uint32_t count = 0, room = 0;
    bool fresh = false, ok = true;

    for (uint32_t i = 0; i < s->atom_count; i++) {
        struct atom *const a = &s->atoms[i];

        fresh |= a->needed && a->said == SAID_IN_LINE && !a->lined;
        a->lined |= a->needed && a->said == SAID_IN_LINE;
    }
    if (!fresh)
        return true;
    for (uint32_t i = 0; ok && i < s->atom_count; i++)
        ok = !s->atoms[i].lined || select_literals(s, i, &list, &count, &room);
    literals_free(s->lines);
    s->lines = NULL;
    ok = ok && lines_new(s, list, count);
    free(list);
    return ok;
}

/* Do all pieces of the text stand in the line? */
static bool pieces_stand(str text, const uint8_t *cuts, str line) {
    str piece;

    while (select_piece_next(&text, cuts, &piece))
        if (str_find(line, piece) == SIZE_MAX)
            return false;
    return true;
}

bool select_line_holds(struct select *s, uint32_t whole, str folded) {
    struct whole *const w = &s->wholes[whole];

    if (!w->alone && w->looked != s->serial) {
        w->looked = s->serial;
        w->stands = pieces_stand(w->text, cuts_of(s, w->atom), folded);
    }
    return w->alone || w->stands;
}

/* Lengths in brackets are cut out of a name of DNS, or become points of it (event/format.h): not of the first thing in it, which is a bracket as well, nor
 * at its end. Where a name begins and ends nobody knows. */
bool select_line_is_odd(str line) {
    bool bracket = false;

    for (str rest = line;;) {
        size_t const at = str_find_byte(rest, '(');
        size_t end;

        if (at == SIZE_MAX)
            return utf8_valid(line) != line.len;
        rest = str_from(rest, at + 1);
        for (end = 0; end < rest.len && rest.ptr[end] >= '0' && rest.ptr[end] <= '9'; end++)
            ;
        if (bracket && end && end < rest.len && rest.ptr[end] == ')')
            return true;
        bracket = true;
    }
}
