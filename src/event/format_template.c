/* format_template: the text of a template into pieces.
 *
 *   {name}            the shortest text with which the rest fits
 *   {name:type}       word, int, number, address, time, labels, quoted; pairs, pairs_line, pairs_comma, pairs_tab, pairs_bar,
 *                     pairs_colon, leef, loose, loose_colon: name is put before their keys; request, csv: several fields
 *   flags after the name, in any order: * the longest, ? may be empty, - a lone dash is no value
 *   {} {:type}        passed over
 *   [[ ... ]]         may be missing; not one inside another
 *   {{                a brace */
#include "event/format_own.h"

#define PIECES_MAX 256u

static const struct {
    str name;
    uint8_t type;
    char between, equals;
    bool strict;
} types[] = {
    {STR("word"), PIECE_WORD, 0, 0, false},
    {STR("int"), PIECE_INT, 0, 0, false},
    {STR("number"), PIECE_NUMBER, 0, 0, false},
    {STR("address"), PIECE_ADDRESS, 0, 0, false},
    {STR("time"), PIECE_TIME, 0, 0, false},
    {STR("labels"), PIECE_LABELS, 0, 0, false},
    {STR("quoted"), PIECE_QUOTED, 0, 0, false},
    {STR("request"), PIECE_REQUEST, 0, 0, false},
    {STR("pairs"), PIECE_PAIRS, ' ', '=', false},
    {STR("pairs_line"), PIECE_PAIRS, ' ', '=', true},
    {STR("pairs_comma"), PIECE_PAIRS, ',', '=', false},
    {STR("pairs_tab"), PIECE_PAIRS, '\t', '=', false},
    {STR("pairs_bar"), PIECE_PAIRS, '|', '=', false},
    {STR("pairs_colon"), PIECE_PAIRS, ';', ':', false},
    {STR("leef"), PIECE_PAIRS, 0, '=', false},
    {STR("loose"), PIECE_LOOSE, ' ', '=', false},
    {STR("loose_colon"), PIECE_LOOSE, ',', ':', false},
    {STR("csv"), PIECE_CSV, 0, 0, false},
};

struct compiling {
    struct arena *arena;
    struct fields *fields;
    struct piece pieces[PIECES_MAX];
    uint16_t count;
    uint16_t open; /* the piece of the [[ that is open, or UINT16_MAX */
    const char *why;
};

static bool wrong(struct compiling *c, const char *why) {
    c->why = why;
    return false;
}

static struct piece *add(struct compiling *c, uint8_t type) {
    if (c->count == PIECES_MAX) {
        wrong(c, "a template of more than 256 pieces");
        return NULL;
    }
    c->pieces[c->count] = (struct piece){.type = type, .field = FIELD_NONE, .text = S("")};
    return &c->pieces[c->count++];
}

static bool add_text(struct compiling *c, str text) {
    struct piece *const last = c->count ? &c->pieces[c->count - 1] : NULL;
    char *bytes;

    if (last && last->type == PIECE_TEXT) { /* a {{ stood between */
        if (!(bytes = arena_bytes(c->arena, last->text.len + text.len)))
            return false;
        memcpy(bytes, last->text.ptr, last->text.len);
        memcpy(bytes + last->text.len, text.ptr, text.len);
        last->text = (str){bytes, last->text.len + text.len};
        return true;
    }
    struct piece *const p = add(c, PIECE_TEXT);

    return p && arena_copy(c->arena, text, &p->text);
}

/* May a field stand right before the next piece, so that nothing says where it ends? */
static bool behind_field(const struct compiling *c) {
    uint16_t i = c->count;

    while (i > 0) {
        switch (c->pieces[--i].type) {
        case PIECE_TEXT:
            return false;
        case PIECE_OPEN:
            break;
        case PIECE_CLOSE: /* what it closes may be missing: then what stands before that counts as well */
            if (c->pieces[i - 1].type != PIECE_TEXT)
                return true;
            while (c->pieces[i].type != PIECE_OPEN)
                i--;
            break;
        default:
            return true;
        }
    }
    return false;
}

static bool add_field(struct compiling *c, str inside) {
    size_t const colon = str_find_byte(inside, ':');
    str name = str_first(inside, colon);
    struct piece *p;
    uint8_t type = PIECE_ANY;
    char between = 0, equals = 0;
    bool strict = false;

    if (behind_field(c))
        return wrong(c, "two fields with nothing between them");
    if (colon != SIZE_MAX) {
        str const wanted = str_from(inside, colon + 1);

        for (size_t i = 0; i < COUNT(types); i++)
            if (str_eq(types[i].name, wanted)) {
                type = types[i].type;
                between = types[i].between;
                equals = types[i].equals;
                strict = types[i].strict;
            }
        if (type == PIECE_ANY)
            return wrong(c, "a field's type is none of word, int, number, address, time, labels, quoted, request, "
                            "pairs, pairs_line, "
                            "pairs_comma, pairs_tab, pairs_bar, pairs_colon, leef, loose, loose_colon, csv");
    }
    if (!(p = add(c, type)))
        return false;
    for (; name.len; name.len--) {
        char const flag = name.ptr[name.len - 1];

        if (flag == '*')
            p->longest = true;
        else if (flag == '?')
            p->may_be_empty = true;
        else if (flag == '-')
            p->dash_is_none = true;
        else
            break;
    }
    p->between = between;
    p->equals = equals;
    p->strict = strict;
    if ((type == PIECE_PAIRS || type == PIECE_LOOSE) && name.len > PREFIX_MAX)
        return wrong(c, "more than 128 bytes in front of keys");
    if (type == PIECE_PAIRS || type == PIECE_LOOSE)
        return arena_copy(c->arena, name, &p->text);
    if (name.len && (type == PIECE_REQUEST || type == PIECE_CSV))
        return wrong(c, "request and csv take no name: their fields have their own");
    if (name.len && (p->field = field_intern(c->fields, name)) == FIELD_NONE)
        return false;
    return true;
}

static bool add_open(struct compiling *c) {
    struct piece *const p = c->open == UINT16_MAX ? add(c, PIECE_OPEN) : NULL;

    if (!p)
        return c->why ? false : wrong(c, "[[ inside [[");
    c->open = (uint16_t)(c->count - 1);
    return true;
}

static bool add_close(struct compiling *c) {
    if (c->open == UINT16_MAX)
        return wrong(c, "]] without [[");
    if (c->open == c->count - 1)
        return wrong(c, "nothing between [[ and ]]");
    if (!add(c, PIECE_CLOSE))
        return false;
    c->pieces[c->open].next = c->count;
    c->open = UINT16_MAX;
    return true;
}

static bool pieces_read(struct compiling *c, str text) {
    for (size_t i = 0; i < text.len;) {
        str const rest = str_from(text, i);
        size_t end = 1;
        bool ok;

        if (str_starts(rest, S("{{"))) {
            ok = add_text(c, S("{"));
            end = 2;
        } else if (rest.ptr[0] == '{') {
            if ((end = str_find_byte(rest, '}')) == SIZE_MAX)
                return wrong(c, "a { without }");
            ok = add_field(c, (str){rest.ptr + 1, end - 1});
            end++;
        } else if (str_starts(rest, S("[["))) {
            ok = add_open(c);
            end = 2;
        } else if (str_starts(rest, S("]]"))) {
            ok = add_close(c);
            end = 2;
        } else {
            while (end < rest.len && rest.ptr[end] != '{' && !str_starts(str_from(rest, end), S("[[")) &&
                   !str_starts(str_from(rest, end), S("]]")))
                end++;
            ok = add_text(c, str_first(rest, end));
        }
        if (!ok)
            return false;
        i += end;
    }
    return c->open == UINT16_MAX ? true : wrong(c, "[[ without ]]");
}

static bool may_begin_with(const struct piece *p, char c) {
    switch (p->type) {
    case PIECE_INT:
    case PIECE_NUMBER:
        return (c >= '0' && c <= '9') || c == '-';
    case PIECE_TIME:
        return time_may_begin(c);
    default: /* PIECE_ADDRESS */
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '[' ||
               (c == '-' && p->dash_is_none);
    }
}

static void may_begin(uint8_t first[256 / 8], const struct piece *p) {
    switch (p->type) {
    case PIECE_TEXT:
        first[(unsigned char)*p->text.ptr / 8] |= (uint8_t)(1u << (unsigned char)*p->text.ptr % 8);
        return;
    case PIECE_INT:
    case PIECE_NUMBER:
    case PIECE_TIME:
    case PIECE_ADDRESS:
        for (unsigned b = 0; b < 256; b++)
            if (may_begin_with(p, (char)b))
                first[b / 8] |= (uint8_t)(1u << b % 8);
        return;
    default:
        memset(first, 0xff, 256 / 8);
    }
}

/* The bytes with which text that fits the pieces from i on may begin: those of the first piece, and of what follows it as
 * long as that may be missing. */
static void firsts(struct template *t, uint16_t i) {
    for (; i < t->piece_count; i++) {
        const struct piece *const p = &t->pieces[i];

        if (p->type == PIECE_OPEN)
            firsts(t, p->next);
        if (p->type == PIECE_OPEN || p->type == PIECE_CLOSE)
            continue;
        may_begin(t->first, p);
        if (p->type == PIECE_TEXT || !p->may_be_empty)
            return;
    }
}

/* Which byte of a text to look for: the rarest, the first of several. */
static uint8_t rarest(str text) {
    /* Letters and marks by how often they stand in logs; what is not named is rarer. */
    static const uint8_t often[256] = {
        [' '] = 44, ['e'] = 43, ['a'] = 42, ['o'] = 41, ['i'] = 40, ['t'] = 39, ['n'] = 38, ['r'] = 37, ['s'] = 36,
        ['0'] = 35, ['d'] = 34, ['l'] = 33, ['c'] = 32, ['1'] = 31, ['m'] = 30, ['u'] = 29, ['2'] = 28, ['p'] = 27,
        ['.'] = 26, ['f'] = 25, ['3'] = 24, ['h'] = 23, [':'] = 22, ['4'] = 21, ['g'] = 20, ['5'] = 19, ['6'] = 18,
        ['-'] = 17, ['7'] = 16, ['8'] = 15, ['/'] = 14, ['9'] = 13, ['b'] = 12, ['v'] = 11, ['y'] = 10, ['w'] = 9,
        ['k'] = 8,  [','] = 7,  ['_'] = 6,  ['='] = 5,  ['x'] = 4,  ['z'] = 3,  ['q'] = 2,  ['j'] = 1};
    size_t at = 0;

    for (size_t i = 1; i < text.len && i < 256; i++)
        if (often[(unsigned char)text.ptr[i]] < often[(unsigned char)text.ptr[at]])
            at = i;
    return (uint8_t)at;
}

/* What matching asks of a piece again and again. */
static void prepare(struct piece *p, const struct piece *next) {
    static const uint8_t classes[] = {[PIECE_WORD] = OF_WORD,
                                      [PIECE_INT] = OF_INT,
                                      [PIECE_NUMBER] = OF_NUMBER,
                                      [PIECE_ADDRESS] = OF_ADDRESS,
                                      [PIECE_CSV] = 0};

    if (p->type == PIECE_TEXT) {
        size_t const len = p->text.len < sizeof p->lead ? p->text.len : sizeof p->lead;

        memcpy(&p->lead, p->text.ptr, len);
        memset(&p->mask, 0xff, len);
        p->rare = rarest(p->text);
    }
    p->class = classes[p->type];
    p->one_end = next && next->type == PIECE_TEXT && field_ends_once(p, next->text);
}

static bool request_fields(struct template *t, struct fields *fields) {
    static const str names[REQUEST_FIELDS] = {
        [REQUEST_WHOLE] = STR("cs-request"),   [REQUEST_METHOD] = STR("cs-method"),
        [REQUEST_URI] = STR("cs-uri"),         [REQUEST_STEM] = STR("cs-uri-stem"),
        [REQUEST_QUERY] = STR("cs-uri-query"), [REQUEST_VERSION] = STR("cs-version"),
        [REQUEST_HOST] = STR("cs-uri-host"),
    };

    for (size_t i = 0; i < REQUEST_FIELDS; i++)
        if ((t->request[i] = field_intern(fields, names[i])) == FIELD_NONE)
            return false;
    return true;
}

bool template_compile(str text, struct arena *a, struct fields *fields, struct template *out, const char **why) {
    struct compiling c; /* of its pieces only as many as there are: to zero them all took longer than all else */
    struct piece *pieces = NULL;
    bool inside = false, ok;

    c.arena = a;
    c.fields = fields;
    c.count = 0;
    c.open = UINT16_MAX;
    c.why = NULL;
    ok = pieces_read(&c, text) && (c.count > 0 || wrong(&c, "an empty template")) &&
         (pieces = arena_alloc(a, c.count * sizeof *pieces));
    if (ok) {
        memcpy(pieces, c.pieces, c.count * sizeof *pieces);
        *out = (struct template){.pieces = pieces, .piece_count = c.count};
        for (uint16_t i = 0; i < c.count; i++) {
            inside = pieces[i].type == PIECE_OPEN || (inside && pieces[i].type != PIECE_CLOSE);
            prepare(&pieces[i], i + 1 < c.count ? &pieces[i + 1] : NULL);
            ok &= pieces[i].type != PIECE_REQUEST || request_fields(out, fields);
            if (pieces[i].type != PIECE_TEXT || inside)
                continue;
            out->literal += (uint32_t)pieces[i].text.len;
        }
        firsts(out, 0);
    }
    *why = c.why;
    return ok;
}

bool joined_compile(str text, struct arena *a, struct fields *fields, struct joined *out, const char **why) {
    size_t from = 0;

    *why = NULL;
    *out = (struct joined){.field = FIELD_NONE};
    while (from < text.len) {
        str const rest = str_from(text, from);
        size_t const open = str_find_byte(rest, '{');
        size_t const close = open == SIZE_MAX ? SIZE_MAX : str_find_byte(str_from(rest, open), '}');

        if (out->part_count == JOIN_PARTS_MAX) {
            *why = "a join of more than eight parts";
            return false;
        }
        if (!arena_copy(a, str_first(rest, open), &out->parts[out->part_count].text))
            return false;
        out->parts[out->part_count].field = FIELD_NONE;
        if (open == SIZE_MAX) {
            out->part_count++;
            return true;
        }
        if (close == SIZE_MAX || close == 1) {
            *why = close == 1 ? "a {} without a name" : "a { without }";
            return false;
        }
        field_id const id = field_intern(fields, (str){rest.ptr + open + 1, close - 1});

        if (id == FIELD_NONE)
            return false;
        out->parts[out->part_count++].field = id;
        from += open + close + 1;
    }
    if (out->part_count == 0)
        *why = "an empty join";
    return out->part_count > 0;
}
