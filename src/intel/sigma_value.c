/* sigma_value: values and modifiers (Sigma 3, 5): one item of a selection becomes a tree of tests.
 *
 * A value is taken through its modifiers from left to right, as the rule writes them. Some make several of one (the
 * three shifts of base64offset, the values of a placeholder): these are alternatives, an OR even under `all`. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/utf.h"
#include "event/number.h"
#include "intel/sigma_own.h"

#define MODIFIERS_MAX 16
#define ALTERNATIVES_MAX 4096 /* of one value */

enum modifier {
    MOD_CONTAINS,
    MOD_STARTSWITH,
    MOD_ENDSWITH,
    MOD_ALL,
    MOD_NEQ,
    MOD_CASED,
    MOD_EXISTS,
    MOD_WINDASH,
    MOD_BASE64,
    MOD_BASE64OFFSET,
    MOD_UTF16LE,
    MOD_UTF16BE,
    MOD_UTF16,
    MOD_RE,
    MOD_I,
    MOD_M,
    MOD_S,
    MOD_LT,
    MOD_LTE,
    MOD_GT,
    MOD_GTE,
    MOD_MINUTE,
    MOD_HOUR,
    MOD_DAY,
    MOD_WEEK,
    MOD_MONTH,
    MOD_YEAR,
    MOD_CIDR,
    MOD_FIELDREF,
    MOD_EXPAND
};

static const struct {
    str name;
    enum modifier modifier;
} modifier_names[] = {
    {STR("contains"), MOD_CONTAINS},
    {STR("startswith"), MOD_STARTSWITH},
    {STR("endswith"), MOD_ENDSWITH},
    {STR("all"), MOD_ALL},
    {STR("neq"), MOD_NEQ},
    {STR("cased"), MOD_CASED},
    {STR("exists"), MOD_EXISTS},
    {STR("windash"), MOD_WINDASH},
    {STR("base64"), MOD_BASE64},
    {STR("base64offset"), MOD_BASE64OFFSET},
    {STR("utf16le"), MOD_UTF16LE},
    {STR("wide"), MOD_UTF16LE},
    {STR("utf16be"), MOD_UTF16BE},
    {STR("utf16"), MOD_UTF16},
    {STR("re"), MOD_RE},
    {STR("i"), MOD_I},
    {STR("ignorecase"), MOD_I},
    {STR("m"), MOD_M},
    {STR("multiline"), MOD_M},
    {STR("s"), MOD_S},
    {STR("dotall"), MOD_S},
    {STR("lt"), MOD_LT},
    {STR("lte"), MOD_LTE},
    {STR("gt"), MOD_GT},
    {STR("gte"), MOD_GTE},
    {STR("minute"), MOD_MINUTE},
    {STR("hour"), MOD_HOUR},
    {STR("day"), MOD_DAY},
    {STR("week"), MOD_WEEK},
    {STR("month"), MOD_MONTH},
    {STR("year"), MOD_YEAR},
    {STR("cidr"), MOD_CIDR},
    {STR("fieldref"), MOD_FIELDREF},
    {STR("expand"), MOD_EXPAND},
};

struct item {
    str field; /* kept */
    uint32_t line;
    enum modifier mods[MODIFIERS_MAX]; /* without all and neq, whose place does not matter */
    str words[MODIFIERS_MAX];          /* as written */
    size_t count;
    bool all, neq;
};

/* %name% under expand, until the modifier's turn comes: a piece that never leaves this file. */
#define PIECE_PLACEHOLDER ((enum sigma_piece_type)(PIECE_DASH + 1))

/* One value on its way through the modifiers. STRING and BYTES have pieces; all else is in the test. */
struct working {
    enum {
        WORK_STRING,
        WORK_BYTES,
        WORK_REGEX,
        WORK_NUMBER,
        WORK_BOOL,
        WORK_NULL,
        WORK_FIELDREF,
        WORK_CIDR,
        WORK_EXISTS,
        WORK_COMPARE,
        WORK_TIME
    } type;
    const struct sigma_piece *pieces;
    size_t count;
    struct sigma_test test;
    bool any_before, any_behind; /* FIELDREF */
};

struct alternatives {
    struct working *items;
    size_t count, room;
};

static bool has(const struct item *it, enum modifier m) {
    for (size_t i = 0; i < it->count; i++)
        if (it->mods[i] == m)
            return true;
    return false;
}

/* How many letters have to be added, left out or changed to make one word of the other; a bound when one is long. */
static size_t distance(str a, str b) {
    size_t row[25];

    if (a.len >= COUNT(row) || b.len >= COUNT(row))
        return COUNT(row);
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t const change = corner + (a.ptr[i - 1] != b.ptr[j - 1]);
            size_t const other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            corner = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[b.len];
}

static bool unknown_modifier(struct sigma_reading *r, const struct item *it, str word) {
    size_t nearest = 3; /* two slips of the pen at most, and fewer than the word has letters */
    str meant = S("");

    if (!word.len)
        return sigma_bad(r, it->line, "empty modifier behind '%.*s'", STR_ARG(str_first(it->field, 60)));
    for (size_t i = 0; i < COUNT(modifier_names); i++) {
        size_t const d = distance(word, modifier_names[i].name);

        if (d < nearest && d < word.len && modifier_names[i].name.len > 2) {
            nearest = d;
            meant = modifier_names[i].name;
        }
    }
    return sigma_bad(r, it->line,
                     meant.len ? "unknown modifier '%.*s': is '%.*s' meant?" : "unknown modifier '%.*s'%.*s",
                     STR_ARG(str_first(word, 40)), STR_ARG(meant));
}

static bool item_parse(struct sigma_reading *r, str key, struct item *it) {
    size_t bar = str_find_byte(key, '|');

    if (!sigma_keep_text(r, str_first(key, bar), &it->field))
        return false;
    while (bar != SIZE_MAX) {
        size_t i = 0;
        str word;

        key = str_from(key, bar + 1);
        bar = str_find_byte(key, '|');
        word = str_first(key, bar);
        while (i < COUNT(modifier_names) && !str_eq(modifier_names[i].name, word))
            i++;
        if (i == COUNT(modifier_names))
            return unknown_modifier(r, it, word);
        if (modifier_names[i].modifier == MOD_ALL) {
            it->all = true;
        } else if (modifier_names[i].modifier == MOD_NEQ) {
            it->neq = true;
        } else if (it->count == MODIFIERS_MAX) {
            return sigma_bad(r, it->line, "more than %d modifiers", MODIFIERS_MAX);
        } else {
            it->words[it->count] = modifier_names[i].name;
            it->mods[it->count++] = modifier_names[i].modifier;
        }
    }
    return true;
}

/* Text */

/* The tables are PCRE2's. */
static bool is_letter(struct sigma_reading *r, str point, bool *is) {
    struct letters *const l = r->letters;
    int found;

    if (!l->code) {
        PCRE2_SIZE at;

        l->code = pcre2_compile((PCRE2_SPTR) "^[\\p{L}\\p{N}]", PCRE2_ZERO_TERMINATED, PCRE2_UTF, &found, &at, NULL);
    }
    if (l->code && !l->match)
        l->match = pcre2_match_data_create(1, NULL);
    found =
        l->match ? pcre2_match(l->code, (PCRE2_SPTR)point.ptr, point.len, 0, 0, l->match, NULL) : PCRE2_ERROR_NOMEMORY;
    *is = found > 0;
    return found > 0 || found == PCRE2_ERROR_NOMATCH || err_set(r->e, ERR_MEMORY, 0, "no memory for rules");
}

/* *width: the bytes of the word character (letter, digit, _) at the start of s, or 0. */
static bool word_at(struct sigma_reading *r, str s, size_t *width) {
    char const c = s.len ? s.ptr[0] : ' ';
    bool is;

    *width = (unsigned char)c < 0x80 ? 1 : utf8_width(s);
    if (*width > 1) {
        if (!is_letter(r, str_first(s, *width), &is))
            return false;
    } else {
        is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    *width = is ? *width : 0;
    return true;
}

/* *is: does a word character end at byte `end`? */
static bool word_before(struct sigma_reading *r, str s, size_t end, bool *is) {
    size_t from = end, width = 0;

    while (from > 0 && end - from < 4 && (from == end || ((unsigned char)s.ptr[from] & 0xc0) == 0x80))
        from--;
    if (from < end && !word_at(r, str_first(str_from(s, from), end - from), &width))
        return false;
    *is = width > 0 && width == end - from;
    return true;
}

/* *width: the whole length of %name% at the start of s, or 0. Names are of word characters, as in the reference
 * library, and of hyphens, which public rules write as well (%DC-MACHINE-NAME%): taken as text they would never
 * match. */
static bool placeholder_at(struct sigma_reading *r, str s, size_t *width) {
    size_t at = 1, more = 1;

    *width = 0;
    if (s.len < 3 || s.ptr[0] != '%')
        return true;
    for (; more; at += more) {
        if (!word_at(r, str_from(s, at), &more))
            return false;
        more = more ? more : at < s.len && s.ptr[at] == '-';
    }
    if (at > 1 && at < s.len && s.ptr[at] == '%')
        *width = at + 1;
    return true;
}

static bool special(char c, bool expanding) {
    return c == '\\' || c == '*' || c == '?' || (expanding && c == '%');
}

/* Text with escapes and wildcards into pieces, left to right (Sigma 3.3, 3.4, 5.9). The pieces are views of text where
 * nothing was escaped. */
static bool pieces_of(struct sigma_reading *r, str text, bool expanding, struct working *w) {
    size_t specials = 0, used = 0, from = 0, count = 0;
    struct sigma_piece *pieces;
    char *copy;

    for (size_t i = 0; i < text.len; i++)
        specials += special(text.ptr[i], expanding);
    if (!(pieces = sigma_scratch(r, 2 * specials + 1, sizeof *pieces)))
        return false;
    w->pieces = pieces;
    if (specials == 0) {
        pieces[0] = (struct sigma_piece){PIECE_TEXT, text};
        w->count = text.len > 0;
        return true;
    }
    if (!(copy = sigma_scratch(r, text.len, 1)))
        return false;
    for (size_t i = 0; i < text.len;) {
        char const c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : 'x';
        size_t name = 0;

        if (expanding && c == '%' && !placeholder_at(r, str_from(text, i), &name))
            return false;
        if (c == '\\' && special(next, expanding)) {
            copy[used++] = next;
            i += 2;
            continue;
        }
        if (c != '*' && c != '?' && !name) {
            copy[used++] = c;
            i++;
            continue;
        }
        if (used > from)
            pieces[count++] = (struct sigma_piece){PIECE_TEXT, {copy + from, used - from}};
        from = used;
        if (name)
            pieces[count++] = (struct sigma_piece){PIECE_PLACEHOLDER, {text.ptr + i + 1, name - 2}};
        else if (c == '?' || count == 0 || pieces[count - 1].type != PIECE_ANY)
            pieces[count++] = (struct sigma_piece){c == '*' ? PIECE_ANY : PIECE_ONE, {"", 0}};
        i += name ? name : 1;
    }
    if (used > from)
        pieces[count++] = (struct sigma_piece){PIECE_TEXT, {copy + from, used - from}};
    w->count = count;
    return true;
}

/* Text that is meant literally. */
static bool literal(struct sigma_reading *r, const char *bytes, size_t len, struct working *w) {
    struct sigma_piece *const piece = sigma_scratch(r, 1, sizeof *piece);
    char *const copy = sigma_scratch(r, len, 1);

    if (!piece || !copy)
        return false;
    if (len)
        memcpy(copy, bytes, len);
    *piece = (struct sigma_piece){PIECE_TEXT, {copy, len}};
    w->pieces = piece;
    w->count = len > 0;
    return true;
}

static bool wrong_type(struct sigma_reading *r, const struct item *it, str modifier, const struct working *w) {
    static const char *const types[] = {
        [WORK_STRING] = "text",          [WORK_BYTES] = "encoded bytes",  [WORK_REGEX] = "a regular expression",
        [WORK_NUMBER] = "a number",      [WORK_BOOL] = "true or false",   [WORK_NULL] = "null",
        [WORK_FIELDREF] = "a field",     [WORK_CIDR] = "a network",       [WORK_EXISTS] = "a test of presence",
        [WORK_COMPARE] = "a comparison", [WORK_TIME] = "a part of a date"};

    return sigma_bad(r, it->line, "modifier '%.*s' cannot be applied to %s", STR_ARG(modifier), types[w->type]);
}

/* A number where text is meant (Sigma 5.1). */
static bool number_as_text(struct sigma_reading *r, const struct item *it, str modifier, struct working *w) {
    if (w->type != WORK_NUMBER)
        return true;
    w->type = WORK_STRING;
    return literal(r, w->test.number.ptr, w->test.number.len, w) &&
           sigma_warn(r, it->line, "'%.*s' takes the number %.*s as text", STR_ARG(modifier),
                      STR_ARG(str_first(w->test.number, 40)));
}

/* Modifiers that leave one value one value */

/* The bytes of a dash that windash varies, at the start of s, or 0 (Sigma 5.3). */
static size_t dash_width(str s) {
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '/'))
        return 1;
    if (str_starts(s, S("\xe2\x80\x93")) || str_starts(s, S("\xe2\x80\x94")) || str_starts(s, S("\xe2\x80\x95")))
        return 3;
    return 0;
}

/* A dash that begins a word: not behind a word character, and before one. */
static bool windash(struct sigma_reading *r, struct working *w) {
    size_t dashes = 0, count = 0;
    struct sigma_piece *out;

    for (size_t i = 0; i < w->count; i++)
        for (size_t j = 0; w->pieces[i].type == PIECE_TEXT && j < w->pieces[i].text.len; j++)
            dashes += dash_width(str_from(w->pieces[i].text, j)) > 0;
    if (dashes == 0)
        return true;
    if (!(out = sigma_scratch(r, w->count + 2 * dashes, sizeof *out)))
        return false;
    for (size_t i = 0; i < w->count; i++) {
        str const t = w->pieces[i].text;
        size_t from = 0;

        if (w->pieces[i].type != PIECE_TEXT) {
            out[count++] = w->pieces[i];
            continue;
        }
        for (size_t j = 0; j < t.len;) {
            size_t const width = dash_width(str_from(t, j));
            size_t behind = 0;
            bool before = false;

            if (width && (!word_at(r, str_from(t, j + width), &behind) || !word_before(r, t, j, &before)))
                return false;
            if (!behind || before) {
                j += width ? width : 1;
                continue;
            }
            if (j > from)
                out[count++] = (struct sigma_piece){PIECE_TEXT, {t.ptr + from, j - from}};
            out[count++] = (struct sigma_piece){PIECE_DASH, {"", 0}};
            j += width;
            from = j;
        }
        if (from < t.len)
            out[count++] = (struct sigma_piece){PIECE_TEXT, {t.ptr + from, t.len - from}};
    }
    w->pieces = out;
    w->count = count;
    return true;
}

/* Wildcards that a modifier adds are structure, and none is doubled (Sigma 3.5). */
static bool open_ends(struct sigma_reading *r, struct working *w, bool before, bool behind) {
    struct sigma_piece *const out = sigma_scratch(r, w->count + 2, sizeof *out);
    size_t count = 0;

    if (!out)
        return false;
    if (before && !(w->count && w->pieces[0].type == PIECE_ANY))
        out[count++] = (struct sigma_piece){PIECE_ANY, {"", 0}};
    if (w->count)
        memcpy(out + count, w->pieces, w->count * sizeof *out);
    count += w->count;
    if (behind && !(count && out[count - 1].type == PIECE_ANY))
        out[count++] = (struct sigma_piece){PIECE_ANY, {"", 0}};
    w->pieces = out;
    w->count = count;
    return true;
}

static bool affix(struct sigma_reading *r, const struct item *it, size_t at, struct working *w) {
    bool const before = it->mods[at] != MOD_STARTSWITH, behind = it->mods[at] != MOD_ENDSWITH;

    if (w->type == WORK_REGEX)
        return true; /* .* around what is searched changes nothing */
    if (w->type == WORK_FIELDREF) {
        w->any_before |= before;
        w->any_behind |= behind;
        w->test.fieldref = !w->any_before ? FIELDREF_STARTSWITH : w->any_behind ? FIELDREF_CONTAINS : FIELDREF_ENDSWITH;
        return true;
    }
    if (!number_as_text(r, it, it->words[at], w))
        return false;
    return w->type == WORK_STRING || w->type == WORK_BYTES ? open_ends(r, w, before, behind)
                                                           : wrong_type(r, it, it->words[at], w);
}

static bool time_part(struct sigma_reading *r, const struct item *it, size_t at, struct working *w) {
    static const struct { unsigned low, high; } range[] = {{0, 59}, {0, 23}, {1, 31}, {1, 53}, {1, 12}, {0, 9999}};
    enum sigma_time_part const part = (enum sigma_time_part)(it->mods[at] - MOD_MINUTE);
    uint64_t n;

    if (w->type != WORK_NUMBER)
        return wrong_type(r, it, it->words[at], w);
    if (!str_u64(w->test.number, range[part].high, &n) || n < range[part].low)
        return sigma_bad(r, it->line, "'%.*s' must be a whole number from %u to %u", STR_ARG(it->words[at]),
                         range[part].low, range[part].high);
    w->type = WORK_TIME;
    w->test.part = part;
    w->test.compare = COMPARE_EQ;
    return true;
}

static bool compare(struct sigma_reading *r, const struct item *it, size_t at, struct working *w) {
    static const enum sigma_compare how[] = {COMPARE_LT, COMPARE_LTE, COMPARE_GT, COMPARE_GTE};

    if (w->type != WORK_NUMBER && !(w->type == WORK_TIME && w->test.compare == COMPARE_EQ))
        return wrong_type(r, it, it->words[at], w);
    w->test.compare = how[it->mods[at] - MOD_LT];
    if (w->type == WORK_NUMBER)
        w->type = WORK_COMPARE;
    return true;
}

/* The text of a value without wildcards (and without dashes that vary); false when it has any. */
static bool plain_text(const struct working *w, str *out) {
    *out = w->count ? w->pieces[0].text : S("");
    return w->count == 0 || (w->count == 1 && w->pieces[0].type == PIECE_TEXT);
}

/* An address alone is the network of that one address, as it is to the reference library of Sigma. */
static bool network_of(struct sigma_reading *r, const struct item *it, str text, struct network *out) {
    struct address one;
    struct err e;

    if (str_find_byte(text, '/') == SIZE_MAX && str_find_byte(text, '%') == SIZE_MAX && address_parse(text, &one)) {
        *out = (struct network){.base = one, .bits = one.family == 4 ? 32 : 128};
        return true;
    }
    return network_parse(text, out, &e) || sigma_bad(r, it->line, "cidr: %s", e.text);
}

/* What one modifier makes of one value. */
static bool apply(struct sigma_reading *r, const struct item *it, size_t at, struct working *w) {
    str const name = it->words[at];
    str text;

    switch (it->mods[at]) {
    case MOD_CONTAINS:
    case MOD_STARTSWITH:
    case MOD_ENDSWITH:
        return affix(r, it, at, w);
    case MOD_CASED:
        w->test.cased = true;
        return w->type == WORK_STRING || wrong_type(r, it, name, w);
    case MOD_WINDASH:
        return w->type == WORK_STRING ? windash(r, w) : wrong_type(r, it, name, w);
    case MOD_RE:
        return at == 0 || sigma_bad(r, it->line, "'re' must be the first modifier");
    case MOD_I:
    case MOD_M:
    case MOD_S:
        w->test.regex_flags |= it->mods[at] == MOD_I ? SIGMA_RE_I : it->mods[at] == MOD_M ? SIGMA_RE_M : SIGMA_RE_S;
        return w->type == WORK_REGEX || sigma_bad(r, it->line, "'%.*s' stands only behind 're'", STR_ARG(name));
    case MOD_LT:
    case MOD_LTE:
    case MOD_GT:
    case MOD_GTE:
        return compare(r, it, at, w);
    case MOD_MINUTE:
    case MOD_HOUR:
    case MOD_DAY:
    case MOD_WEEK:
    case MOD_MONTH:
    case MOD_YEAR:
        return time_part(r, it, at, w);
    case MOD_CIDR:
        if (it->count != 1)
            return sigma_bad(r, it->line, "'cidr' must be the only modifier but for 'all' and 'neq'");
        if (w->type != WORK_STRING)
            return wrong_type(r, it, name, w);
        if (!plain_text(w, &text))
            return sigma_bad(r, it->line, "cidr: a network has no wildcards");
        w->type = WORK_CIDR;
        return network_of(r, it, text, &w->test.network);
    case MOD_EXISTS:
        if (w->type != WORK_BOOL)
            return sigma_bad(r, it->line, "'exists' takes true or false without quotes");
        w->type = WORK_EXISTS;
        return true;
    case MOD_FIELDREF:
        if (w->type != WORK_STRING || w->test.cased)
            return wrong_type(r, it, name, w);
        if (!plain_text(w, &w->test.other) || !w->test.other.len)
            return sigma_bad(r, it->line, "'fieldref' takes the name of a field, without wildcards");
        w->type = WORK_FIELDREF;
        return true;
    default:
        return sigma_bad(r, it->line, "modifier '%.*s' is not known here", STR_ARG(name));
    }
}

/* Modifiers that may make several values of one */

static bool add(struct sigma_reading *r, const struct item *it, struct alternatives *list, const struct working *w) {
    if (list->count == ALTERNATIVES_MAX)
        return sigma_bad(r, it->line, "one value would become more than %d", ALTERNATIVES_MAX);
    if (list->count == list->room) {
        size_t const room = list->room ? list->room * 4 : 4;
        struct working *const bigger = sigma_scratch(r, room, sizeof *bigger);

        if (!bigger)
            return false;
        if (list->count)
            memcpy(bigger, list->items, list->count * sizeof *bigger);
        list->items = bigger;
        list->room = room;
    }
    list->items[list->count++] = *w;
    return true;
}

/* w with its piece number `at` replaced by text. */
static bool replace(struct sigma_reading *r, const struct working *w, size_t at, str text, struct working *out) {
    struct sigma_piece *const pieces = sigma_scratch(r, w->count, sizeof *pieces);
    size_t count = 0;

    if (!pieces)
        return false;
    for (size_t i = 0; i < w->count; i++) {
        struct sigma_piece const p = i == at ? (struct sigma_piece){PIECE_TEXT, text} : w->pieces[i];

        if (p.type == PIECE_TEXT && count && pieces[count - 1].type == PIECE_TEXT) {
            /* Neighbouring texts become one: what comes later may ask what stands before a character. */
            size_t const len = pieces[count - 1].text.len + p.text.len;
            char *const both = sigma_scratch(r, len, 1);

            if (!both)
                return false;
            memcpy(both, pieces[count - 1].text.ptr, pieces[count - 1].text.len);
            memcpy(both + pieces[count - 1].text.len, p.text.ptr, p.text.len);
            pieces[count - 1].text = (str){both, len};
        } else if (p.type != PIECE_TEXT || p.text.len) {
            pieces[count++] = p;
        }
    }
    *out = *w;
    out->pieces = pieces;
    out->count = count;
    return true;
}

static size_t first_of(const struct working *w, enum sigma_piece_type type) {
    for (size_t i = 0; i < w->count; i++)
        if (w->pieces[i].type == type)
            return i;
    return SIZE_MAX;
}

static const struct placeholder *placeholder_named(const struct sigma_reading *r, str name) {
    for (size_t i = 0; i < r->placeholder_count; i++)
        if (str_eq(r->placeholders[i].name, name))
            return &r->placeholders[i];
    return NULL;
}

static bool no_value(struct sigma_reading *r, str name) {
    char text[160];

    if (r->unusable.len)
        return true;
    snprintf(text, sizeof text, "placeholder %%%.*s%% has no value", STR_ARG(str_first(name, 100)));
    return sigma_keep_text(r, str_of(text), &r->unusable);
}

/* Every dash of windash written out (when an encoding follows), or every placeholder replaced by its values: until none
 * is left, the first of each value is replaced by each of its texts. */
static bool write_out(struct sigma_reading *r, const struct item *it, enum sigma_piece_type type,
                      struct alternatives *list) {
    static const str dashes[] = {STR("-"), STR("/"), STR("\xe2\x80\x93"), STR("\xe2\x80\x94"), STR("\xe2\x80\x95")};
    static const str nothing[] = {STR("")};
    struct placeholder const dash = {S(""), dashes, COUNT(dashes)}, unknown = {S(""), nothing, COUNT(nothing)};

    for (bool again = true; again;) {
        struct alternatives next = {0};

        again = false;
        for (size_t i = 0; i < list->count; i++) {
            const struct working *const w = &list->items[i];
            size_t const at = w->type == WORK_STRING ? first_of(w, type) : SIZE_MAX;
            const struct placeholder *p = &dash;
            struct working one;

            if (at == SIZE_MAX) {
                if (!add(r, it, &next, w))
                    return false;
                continue;
            }
            again = true;
            if (type == PIECE_PLACEHOLDER && !(p = placeholder_named(r, w->pieces[at].text))) {
                /* Go on without it, so that the rest of the rule is checked as well. */
                p = &unknown;
                if (!no_value(r, w->pieces[at].text))
                    return false;
            }
            for (size_t v = 0; v < p->count; v++)
                if (!replace(r, w, at, p->values[v], &one) || !add(r, it, &next, &one))
                    return false;
        }
        *list = next;
    }
    return true;
}

static bool expand(struct sigma_reading *r, const struct item *it, size_t at, struct alternatives *list) {
    bool any = false;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type != WORK_STRING)
            return wrong_type(r, it, it->words[at], &list->items[i]);
        any |= first_of(&list->items[i], PIECE_PLACEHOLDER) != SIZE_MAX;
    }
    if (!any && !sigma_warn(r, it->line, "'expand' finds no %%placeholder%% in this value"))
        return false;
    return write_out(r, it, PIECE_PLACEHOLDER, list);
}

static void unit_add(struct buf *b, uint32_t unit, bool big) {
    buf_byte(b, (char)(big ? unit >> 8 : unit & 0xff));
    buf_byte(b, (char)(big ? unit & 0xff : unit >> 8));
}

static void utf16_add(struct buf *b, str text, bool big) {
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0xfffd;
        size_t const width = utf8_decode(str_from(text, i), &point);

        i += width ? width : 1;
        if (point >= 0x10000) {
            unit_add(b, 0xd800 + ((point - 0x10000) >> 10), big);
            unit_add(b, 0xdc00 + ((point - 0x10000) & 0x3ff), big);
        } else {
            unit_add(b, point, big);
        }
    }
}

/* RFC 4648 4. out: room for 4 * (len / 3 + 1). */
static size_t base64(const char *bytes, size_t len, char *out) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t const a = (unsigned char)bytes[i];
        uint32_t const b = i + 1 < len ? (unsigned char)bytes[i + 1] : 0;
        uint32_t const c = i + 2 < len ? (unsigned char)bytes[i + 2] : 0;
        uint32_t const n = a << 16 | b << 8 | c;

        out[used++] = digit[n >> 18];
        out[used++] = digit[n >> 12 & 63];
        out[used++] = i + 1 < len ? digit[n >> 6 & 63] : '=';
        out[used++] = i + 2 < len ? digit[n & 63] : '=';
    }
    return used;
}

/* Base64 of filler and bytes, cut to what does not depend on the neighbours (Sigma 5.4). */
static bool shifted(struct sigma_reading *r, str bytes, size_t filler, bool cut, str *out) {
    static const size_t head[] = {0, 2, 3}, tail[] = {0, 3, 2};
    char *const filled = sigma_scratch(r, bytes.len + filler, 1);
    char *const text = sigma_scratch(r, (bytes.len + filler) / 3 + 1, 4);
    size_t const last = cut ? tail[(bytes.len + filler) % 3] : 0, first = cut ? head[filler] : 0;
    size_t len;

    if (!filled || !text)
        return false;
    memset(filled, ' ', filler);
    memcpy(filled + filler, bytes.ptr, bytes.len);
    len = base64(filled, bytes.len + filler, text);
    *out = len > first + last ? (str){text + first, len - first - last} : S("");
    return true;
}

static bool encode_base64(struct sigma_reading *r, const struct item *it, size_t at, const struct working *w, str bytes,
                          struct alternatives *out) {
    bool const cut = it->mods[at] == MOD_BASE64OFFSET;
    size_t const before = out->count;

    for (size_t filler = 0; filler < (cut ? 3 : 1); filler++) {
        struct working one = *w;
        str text;

        if (!shifted(r, bytes, filler, cut, &text) || !literal(r, text.ptr, text.len, &one))
            return false;
        if (cut && text.len == 0)
            continue; /* an empty variant would match everything */
        one.type = WORK_STRING;
        one.test.cased = true;
        if (!add(r, it, out, &one))
            return false;
    }
    if (cut && bytes.len < 3)
        return sigma_warn(r, it->line,
                          out->count == before ? "base64offset of nothing matches nothing"
                                               : "base64offset of fewer than three bytes matches much");
    return true;
}

static bool encode_utf16(struct sigma_reading *r, const struct item *it, size_t at, const struct working *w, str text,
                         struct alternatives *out) {
    struct working one = *w;
    struct buf b = {0};
    bool ok;

    if (it->mods[at] == MOD_UTF16)
        buf_add(&b, S("\xff\xfe"));
    utf16_add(&b, text, it->mods[at] == MOD_UTF16BE);
    one.type = WORK_BYTES;
    one.test.cased = true;
    ok = b.failed ? err_set(r->e, ERR_MEMORY, 0, "no memory for rules")
                  : literal(r, buf_str(&b).ptr, b.len, &one) && add(r, it, out, &one);
    buf_free(&b);
    return ok;
}

/* base64, base64offset, utf16 and kin: bytes of bytes, in the order written (Sigma 5.4). */
static bool encode(struct sigma_reading *r, const struct item *it, size_t at, struct alternatives *list) {
    bool const sixteen = it->mods[at] == MOD_UTF16 || it->mods[at] == MOD_UTF16LE || it->mods[at] == MOD_UTF16BE;
    struct alternatives out = {0};

    for (size_t i = 0; i < list->count; i++)
        if (!number_as_text(r, it, it->words[at], &list->items[i]))
            return false;
    if (!write_out(r, it, PIECE_DASH, list))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct working *const w = &list->items[i];
        str bytes;

        if (w->type != WORK_STRING && (sixteen || w->type != WORK_BYTES))
            return wrong_type(r, it, it->words[at], w);
        if (!plain_text(w, &bytes))
            return sigma_bad(r, it->line, "'%.*s' cannot encode wildcards%s", STR_ARG(it->words[at]),
                             has(it, MOD_EXPAND) ? " or placeholders: 'expand' comes first" : "");
        if (sixteen ? !encode_utf16(r, it, at, w, bytes, &out) : !encode_base64(r, it, at, w, bytes, &out))
            return false;
    }
    *list = out;
    return true;
}

/* Values */

static bool regex_check(struct sigma_reading *r, const struct item *it, const struct sigma_test *test) {
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *re;
    int code = 0;
    PCRE2_SIZE at = 0;

    options |= test->regex_flags & SIGMA_RE_I ? PCRE2_CASELESS : 0;
    options |= test->regex_flags & SIGMA_RE_M ? PCRE2_MULTILINE : 0;
    options |= test->regex_flags & SIGMA_RE_S ? PCRE2_DOTALL : 0;
    re = pcre2_compile((PCRE2_SPTR)test->regex.ptr, test->regex.len, options, &code, &at, NULL);
    if (!re) {
        PCRE2_UCHAR why[120];

        if (code == PCRE2_ERROR_HEAP_FAILED)
            return err_set(r->e, ERR_MEMORY, 0, "no memory for rules");
        pcre2_get_error_message(code, why, sizeof why);
        return sigma_bad(r, it->line, "regular expression: %s at byte %zu", (const char *)why, (size_t)at);
    }
    pcre2_code_free(re);
    return true;
}

/* Keywords are unanchored, and every scalar is its text (Sigma 6.2, 6.4). */
static bool as_keyword(struct sigma_reading *r, const struct item *it, struct working *w) {
    if (w->type == WORK_NUMBER && !literal(r, w->test.number.ptr, w->test.number.len, w))
        return false;
    if (w->type == WORK_BOOL && !literal(r, w->test.boolean ? "true" : "false", w->test.boolean ? 4 : 5, w))
        return false;
    if (w->type == WORK_NUMBER || w->type == WORK_BOOL)
        w->type = WORK_STRING;
    if (w->type == WORK_REGEX)
        return true;
    if (w->type == WORK_STRING || w->type == WORK_BYTES)
        return open_ends(r, w, true, true);
    return sigma_bad(r, it->line, "a keyword must be text or a regular expression");
}

static bool keep_pieces(struct sigma_reading *r, const struct working *w, struct sigma_test *test) {
    struct sigma_piece *const pieces = sigma_keep(r, w->count, sizeof *pieces);

    if (!pieces)
        return false;
    for (size_t i = 0; i < w->count; i++) {
        pieces[i] = w->pieces[i];
        if (pieces[i].type == PIECE_TEXT && !sigma_keep_text(r, pieces[i].text, &pieces[i].text))
            return false;
    }
    test->pieces = pieces;
    test->piece_count = w->count;
    return true;
}

/* Only what the kind of test means is set: two tests that mean the same are the same. */
static const struct sigma_node *finish(struct sigma_reading *r, const struct item *it, struct working *w) {
    static const enum sigma_test_op ops[] = {
        [WORK_STRING] = TEST_PATTERN,    [WORK_BYTES] = TEST_BYTES, [WORK_REGEX] = TEST_REGEX,
        [WORK_NUMBER] = TEST_NUMBER,     [WORK_BOOL] = TEST_BOOL,   [WORK_NULL] = TEST_NULL,
        [WORK_FIELDREF] = TEST_FIELDREF, [WORK_CIDR] = TEST_CIDR,   [WORK_EXISTS] = TEST_EXISTS,
        [WORK_COMPARE] = TEST_COMPARE,   [WORK_TIME] = TEST_TIME};
    struct sigma_test *test;
    bool ok = true;

    if ((it->field.len == 0 && !as_keyword(r, it, w)) || !(test = sigma_keep(r, 1, sizeof *test)))
        return NULL;
    *test = (struct sigma_test){
        .op = ops[w->type], .field = it->field, .line = it->line, .regex = S(""), .number = S(""), .other = S("")};
    switch (w->type) {
    case WORK_STRING:
    case WORK_BYTES:
        test->cased = w->test.cased;
        ok = keep_pieces(r, w, test);
        break;
    case WORK_REGEX:
        test->regex_flags = w->test.regex_flags;
        ok = regex_check(r, it, &w->test) && sigma_keep_text(r, w->test.regex, &test->regex);
        break;
    case WORK_TIME:
        test->part = w->test.part;
        /* fall through */
    case WORK_COMPARE:
        test->compare = w->test.compare;
        /* fall through */
    case WORK_NUMBER:
        ok = sigma_keep_text(r, w->test.number, &test->number);
        break;
    case WORK_BOOL:
    case WORK_EXISTS:
        test->boolean = w->test.boolean;
        break;
    case WORK_FIELDREF:
        test->fieldref = w->test.fieldref;
        ok = sigma_keep_text(r, w->test.other, &test->other);
        break;
    case WORK_CIDR:
        test->network = w->test.network;
        break;
    case WORK_NULL:
        break;
    }
    return ok ? sigma_node_test(r, test) : NULL;
}

static bool number_of(struct sigma_reading *r, const struct item *it, str text, struct working *w) {
    char canonical[NUMBER_TEXT_MAX];
    char *copy;
    size_t len;

    if (!number_canonical(str_from(text, text.ptr[0] == '+'), canonical, &len))
        return sigma_bad(r, it->line, "number %.*s is longer than %u digits", STR_ARG(str_first(text, 40)),
                         NUMBER_TEXT_MAX);
    if (!(copy = sigma_scratch(r, len, 1)))
        return false;
    memcpy(copy, canonical, len);
    w->test.number = (str){copy, len};
    return true;
}

/* The value as it is before its first modifier. */
static bool working_of(struct sigma_reading *r, const struct item *it, const struct yaml_node *v, struct working *w) {
    *w = (struct working){.type = WORK_STRING};
    if (v->scalar == YAML_IS_NULL) {
        w->type = WORK_NULL;
        return (it->count == 0 && !it->neq) || sigma_bad(r, it->line, "no modifier but 'all' goes with null");
    }
    if (v->scalar == YAML_IS_ODD &&
        !sigma_warn(r, v->line, "'%.*s' may be meant as a number or a date; it is taken as text, as if in quotes",
                    STR_ARG(str_first(v->text, 40))))
        return false;
    if (v->scalar == YAML_IS_TRUE || v->scalar == YAML_IS_FALSE) {
        w->type = WORK_BOOL;
        w->test.boolean = v->scalar == YAML_IS_TRUE;
    } else if (v->scalar == YAML_IS_INT || v->scalar == YAML_IS_FLOAT) {
        w->type = WORK_NUMBER;
        if (!number_of(r, it, v->text, w))
            return false;
    } else if (has(it, MOD_RE)) {
        w->type = WORK_REGEX;
        w->test.regex = v->text; /* raw: its backslashes and stars are its own (Sigma 5.5) */
        return true;
    } else {
        return pieces_of(r, v->text, has(it, MOD_EXPAND), w);
    }
    return !has(it, MOD_RE) || wrong_type(r, it, S("re"), w);
}

static const struct sigma_node *value_node(struct sigma_reading *r, const struct item *it, const struct yaml_node *v) {
    const struct sigma_node **nodes;
    struct working first;
    struct alternatives list = {&first, 1, 1};

    if (v->type != YAML_SCALAR) {
        sigma_bad(r, v->line, "%s%.*s%s has a %s as a value", it->field.len ? "'" : "a keyword",
                  STR_ARG(str_first(it->field, 60)), it->field.len ? "'" : "",
                  v->type == YAML_MAP ? "mapping" : "list within a list");
        return NULL;
    }
    if (!working_of(r, it, v, &first))
        return NULL;
    for (size_t at = 0; at < it->count; at++) {
        bool ok = true;

        if (it->mods[at] == MOD_EXPAND)
            ok = expand(r, it, at, &list);
        else if (it->mods[at] >= MOD_BASE64 && it->mods[at] <= MOD_UTF16)
            ok = encode(r, it, at, &list);
        else
            for (size_t i = 0; ok && i < list.count; i++)
                ok = apply(r, it, at, &list.items[i]);
        if (!ok)
            return NULL;
    }
    if (list.count == 1)
        return finish(r, it, &list.items[0]);
    if (!(nodes = sigma_scratch(r, list.count, sizeof *nodes)))
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (!(nodes[i] = finish(r, it, &list.items[i])))
            return NULL;
    return sigma_node_new(r, NODE_OR, nodes, list.count);
}

static const struct sigma_node *list_node(struct sigma_reading *r, struct item *it, const struct yaml_node *list) {
    const struct sigma_node **const nodes = sigma_scratch(r, list->count, sizeof *nodes);

    if (!nodes)
        return NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *const v = list->items[i];

        it->line = v->line;
        if (v->type == YAML_SCALAR && v->scalar == YAML_IS_NULL && list->count > 1 &&
            !sigma_warn(r, v->line, "null stands in a list with other values: it is read as 'or missing'"))
            return NULL;
        if (!(nodes[i] = value_node(r, it, v)))
            return NULL;
    }
    return list->count == 1 ? nodes[0] : sigma_node_new(r, it->all ? NODE_AND : NODE_OR, nodes, list->count);
}

const struct sigma_node *sigma_item(struct sigma_reading *r, str key, uint32_t line, const struct yaml_node *values) {
    struct yaml_node const none = {.type = YAML_SCALAR, .scalar = YAML_IS_NULL, .line = line, .text = S("")};
    bool const list = values->type == YAML_LIST;
    struct item it = {.line = line};
    const struct sigma_node *node;

    if (!item_parse(r, key, &it))
        return NULL;
    if (has(&it, MOD_EXISTS) && (it.count != 1 || it.all || it.neq || (list && values->count != 1))) {
        sigma_bad(r, line, "'exists' must be the only modifier, with one value");
        return NULL;
    }
    if (it.all && (!list || values->count == 1) && !sigma_warn(r, line, "'all' on a single value changes nothing"))
        return NULL;
    if (list && values->count == 0) {
        if (!sigma_warn(r, line, "the empty list of '%.*s' is read as null", STR_ARG(str_first(it.field, 60))))
            return NULL;
        node = value_node(r, &it, &none);
    } else {
        node = list ? list_node(r, &it, values) : value_node(r, &it, values);
    }
    return node && it.neq ? sigma_node_new(r, NODE_NOT, &node, 1) : node;
}

const struct sigma_node *sigma_keyword(struct sigma_reading *r, const struct yaml_node *value) {
    return sigma_item(r, S(""), value->line, value);
}
