/* select_line: what formats could make of a line of text, without applying them.
 *
 * A format (event/format.h) gives parts of the line, texts that it has itself, and fields put together from others. A part is as it stands in the
 * line, but that a backslash in front of one of " \\ | = goes, one of two quotes in a row may, and lengths in brackets become points (select_line_is_odd).
 * So what a test looks for, cut where it has one of those bytes, stands piece by piece in the line: it is enough to look for the longest. */
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

/* What must stand in the line, under the number of the atom. *anyhow: it need not. */
static bool pieces_add(const struct select *s, uint32_t atom, struct literal **list, uint32_t *count, uint32_t *room,
                       bool *anyhow) {
    bool const all = s->views[s->atoms[atom].view].how == VIEW_ALL;
    uint32_t const from = *count;

    if (!select_literals(s, atom, list, count, room))
        return false;
    for (uint32_t i = from; i < *count; i++) {
        (*list)[i].text = select_piece((*list)[i].text, all ? s->joints : undone);
        (*list)[i].how = LITERAL_CONTAINS;
        *anyhow |= !(*list)[i].text.len;
    }
    return true;
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
    if (!anyhow)
        ok = pieces_add(s, atom, &list, &count, &room, &anyhow);
    free(list);
    s->atoms[atom].said = (uint8_t)(*out = anyhow ? SAID_ANYHOW : SAID_IN_LINE);
    return ok && !s->no_memory;
}

bool select_lines_make(struct select *s) {
    struct literal *list = NULL;
    uint32_t count = 0, room = 0;
    bool anyhow = false, fresh = false, ok = true;

    for (uint32_t i = 0; i < s->atom_count; i++) {
        struct atom *const a = &s->atoms[i];

        fresh |= a->needed && a->said == SAID_IN_LINE && !a->lined;
        a->lined |= a->needed && a->said == SAID_IN_LINE;
    }
    if (!fresh)
        return true;
    for (uint32_t i = 0; ok && i < s->atom_count; i++)
        if (s->atoms[i].lined)
            ok = pieces_add(s, i, &list, &count, &room, &anyhow);
    literals_free(s->lines);
    s->lines = ok ? literals_new(list, count) : NULL;
    free(list);
    return s->lines != NULL;
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
