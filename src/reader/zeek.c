/* zeek: lines of values under a head of comment lines (`#separator`, `#fields`, `#types`, ...), which may come again
 * anywhere in a file. docs/formats/zeek.md says it all in prose.
 *
 * What a line means depends on the head in force, which may stand anywhere before it: a source is one part. */
#include "reader/zeek.h"

#include <assert.h>

#include "base/utf.h"
#include "event/number.h"
#include "reader/lined.h"

#define WORD_MAX 255u
#define COLUMNS_MAX (RECORD_VALUES_MAX - 1) /* and _path */

enum type { TYPE_TEXT, TYPE_NUMBER, TYPE_BOOL };

struct column {
    field_id field; /* FIELD_NONE: nobody wants it */
    uint8_t type;   /* enum type */
    bool many;      /* a set or vector */
};

/* A short text of the head, escapes undone. */
struct word {
    size_t len;
    char text[WORD_MAX];
};

struct head {
    struct word separator, set_separator, empty, unset, path;
    struct column *columns;
    size_t count, room;
    bool named_path; /* a field is called _path: that of the head is not given beside it */
};

struct reading {
    struct lined lined;
    struct head head;
    struct buf fields_line; /* as it stands, for show */
    field_id path_field;    /* FIELD_NONE: nobody wants it */

    struct raw *values; /* RECORD_VALUES_MAX */
    uint32_t *places;   /* where separators stand: COLUMNS_MAX + 1 */
    uint32_t count;
    bool cut;
    struct buf undone; /* values of this line that had escapes */
};

/* Escapes */

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte that s begins with as \xHH, or -1. */
static int escaped_byte(str s) {
    int const high = s.len >= 4 && s.ptr[0] == '\\' && s.ptr[1] == 'x' ? hex(s.ptr[2]) : -1;
    int const low = high >= 0 ? hex(s.ptr[3]) : -1;

    return low >= 0 ? high << 4 | low : -1;
}

/* Writes s with its escapes undone to out, never longer than s, and returns the length. As text, escaped bytes above
 * 0x7f are undone where they make a character of UTF-8; else they stay as they are written: U+FFFD would say less. */
static size_t undo(str s, bool as_text, char *out) {
    size_t used = 0;

    while (s.len) {
        char bytes[4];
        size_t count = 0, width = 0;
        int byte;

        if (s.ptr[0] != '\\') {
            out[used++] = s.ptr[0];
            s = str_from(s, 1);
            continue;
        }
        for (; count < sizeof bytes && (byte = escaped_byte(str_from(s, 4 * count))) >= 0; count++)
            bytes[count] = (char)byte;
        if (count)
            width = as_text ? utf8_width((str){bytes, count}) : 1;
        if (width) {
            memcpy(out + used, bytes, width);
            used += width;
            s = str_from(s, 4 * width);
        } else { /* \\, \xHH that stays, or a backslash that is only that */
            size_t const size = count ? 4 : s.len > 1 && s.ptr[1] == '\\' ? 2 : 1;

            memcpy(out + used, s.ptr, count ? 4 : 1);
            used += count ? 4 : 1;
            s = str_from(s, size);
        }
    }
    return used;
}

/* Heads */

static str word_str(const struct word *w) {
    return (str){w->text, w->len};
}

static void word_set(const struct reading *r, struct word *w, str text) {
    if (text.len > WORD_MAX) {
        lined_line_damage(&r->lined, "a word of the head longer than 255 bytes");
        return;
    }
    w->len = undo(text, false, w->text);
}

static size_t find_separator(const struct reading *r, str s) {
    str const separator = word_str(&r->head.separator);

    return separator.len == 1 ? str_find_byte(s, separator.ptr[0]) : str_find(s, separator);
}

/* The next word of a head line; *rest: what stands behind the separator; *more: there was one. */
static str next_word(const struct reading *r, str *rest, bool *more) {
    size_t const end = find_separator(r, *rest);
    str const word = str_first(*rest, end);

    *more = end != SIZE_MAX;
    *rest = *more ? str_from(*rest, end + r->head.separator.len) : S("");
    return word;
}

static void head_begin(struct reading *r) {
    struct head *const h = &r->head;

    h->separator = (struct word){1, "\t"};
    h->set_separator = (struct word){1, ","};
    h->empty = (struct word){7, "(empty)"};
    h->unset = (struct word){1, "-"};
    h->path.len = 0;
    h->count = 0;
    h->named_path = false;
}

static bool head_fields(struct reading *r, str rest) {
    struct head *const h = &r->head;
    bool more = true;

    r->fields_line.len = 0;
    if (!r->lined.to)
        buf_add(&r->fields_line, r->lined.lines.line);
    if (r->fields_line.failed)
        return lined_no_memory(&r->lined);
    h->count = 0;
    h->named_path = false;
    while (more) {
        str const name = next_word(r, &rest, &more);
        field_id const field = lined_field(&r->lined, name);

        if (h->count == COLUMNS_MAX) {
            lined_line_damage(&r->lined, "more than 8191 fields: no line under them can be read");
            h->count = 0;
            return true;
        }
        if (h->count == h->room) {
            size_t const room = h->room ? h->room * 2 : 64;
            struct column *const bigger = reallocarray(h->columns, room, sizeof *bigger);

            if (!bigger)
                return lined_no_memory(&r->lined);
            h->columns = bigger;
            h->room = room;
        }
        h->named_path = h->named_path || str_eq(name, S("_path"));
        h->columns[h->count++] = (struct column){field, TYPE_TEXT, false};
    }
    lined_tell_overflow(&r->lined);
    return true;
}

static struct column column_of(str type) {
    static const str many[] = {STR("set["), STR("vector["), STR("table[")};
    static const str numbers[] = {STR("count"), STR("int"), STR("port"), STR("double"), STR("time"), STR("interval")};
    struct column c = {0};

    for (size_t i = 0; i < COUNT(many) && !c.many; i++)
        if (str_starts(type, many[i]) && str_ends(type, S("]"))) {
            type = (str){type.ptr + many[i].len, type.len - many[i].len - 1};
            c.many = true;
        }
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (str_eq(type, numbers[i]))
            c.type = TYPE_NUMBER;
    if (str_eq(type, S("bool")))
        c.type = TYPE_BOOL;
    return c;
}

static void head_types(struct reading *r, str rest) {
    struct head *const h = &r->head;
    bool more = true;
    size_t count = 0;

    for (; more; count++) {
        struct column const c = column_of(next_word(r, &rest, &more));

        if (count < h->count) {
            h->columns[count].type = c.type;
            h->columns[count].many = c.many;
        }
    }
    if (count != h->count)
        lined_line_damage(&r->lined, "not as many types as fields");
}

/* A line that begins with #. */
static bool head_line(struct lined *l) {
    struct reading *const r = (struct reading *)(void *)l;
    static const str idle[] = {STR("open"), STR("close"), STR("start"), STR("end")};
    str const line = l->lines.line;
    str rest = str_from(line, 1);
    struct word separator;
    bool more;

    if (str_starts(line, S("#separator "))) {
        head_begin(r);
        separator = r->head.separator;
        word_set(r, &r->head.separator, str_from(line, sizeof "#separator " - 1));
        if (r->head.separator.len == 0) {
            r->head.separator = separator;
            lined_line_damage(&r->lined, "no separator is named");
        }
        return true;
    }
    str const name = next_word(r, &rest, &more);

    for (size_t i = 0; i < COUNT(idle); i++)
        if (str_eq(name, idle[i]))
            return true;
    if (more && str_eq(name, S("fields")))
        return head_fields(r, rest);
    if (more && str_eq(name, S("types")))
        head_types(r, rest);
    else if (more && str_eq(name, S("set_separator")))
        word_set(r, &r->head.set_separator, rest);
    else if (more && str_eq(name, S("empty_field")))
        word_set(r, &r->head.empty, rest);
    else if (more && str_eq(name, S("unset_field")))
        word_set(r, &r->head.unset, rest);
    else if (more && str_eq(name, S("path")))
        word_set(r, &r->head.path, rest);
    else
        lined_line_damage(&r->lined, "a comment that belongs to no head");
    return true;
}

/* Lines of values */

static void add(struct reading *r, field_id field, enum raw_type type, str text) {
    if (r->count == RECORD_VALUES_MAX)
        r->cut = true;
    else
        r->values[r->count++] =
            (struct raw){.field = field, .type = (uint8_t)type, .len = (uint32_t)text.len, .ptr = text.ptr};
}

/* Zeek writes large doubles and intervals with an exponent. */
static bool is_number(str s) {
    size_t i = 0;

    if (number_is_decimal(s))
        return true;
    while (i < s.len && s.ptr[i] != 'e')
        i++;
    if (!number_is_decimal(str_first(s, i)) || ++i >= s.len)
        return false;
    i += s.ptr[i] == '+' || s.ptr[i] == '-';
    if (i == s.len)
        return false;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    return i == s.len;
}

static void add_scalar(struct reading *r, const struct column *c, str text, bool escapes) {
    if (str_eq(text, word_str(&r->head.empty))) {
        add(r, c->field, RAW_TEXT, S(""));
    } else if (c->type == TYPE_NUMBER && is_number(text)) {
        add(r, c->field, RAW_NUMBER, text);
    } else if (c->type == TYPE_BOOL && text.len == 1 && (text.ptr[0] == 'T' || text.ptr[0] == 'F')) {
        add(r, c->field, RAW_BOOL, text.ptr[0] == 'T' ? S("true") : S("false"));
    } else if (escapes && str_find_byte(text, '\\') != SIZE_MAX) {
        char *const at = r->undone.ptr + r->undone.len;
        size_t const len = undo(text, true, at);

        r->undone.len += len;
        assert(r->undone.len <= r->undone.room);
        add(r, c->field, RAW_TEXT, (str){at, len});
    } else {
        add(r, c->field, RAW_TEXT, text);
    }
}

static void add_many(struct reading *r, const struct column *c, str text, bool escapes) {
    str const separator = word_str(&r->head.set_separator);
    size_t end;

    if (str_eq(text, word_str(&r->head.empty)))
        return;
    do {
        end = separator.len ? str_find(text, separator) : SIZE_MAX;
        str const element = str_first(text, end);

        if (str_eq(element, word_str(&r->head.unset)))
            add(r, c->field, RAW_NULL, S(""));
        else
            add_scalar(r, c, element, escapes);
        text = end == SIZE_MAX ? S("") : str_from(text, end + separator.len);
    } while (end != SIZE_MAX && !r->cut);
}

/* Where the separators stand, one more than there should be at most. */
static size_t find_places(const struct reading *r, str line, size_t max) {
    str const separator = word_str(&r->head.separator);
    size_t count = 0, at = 0, next;

    if (separator.len == 1)
        return line_places(line, separator.ptr[0], r->places, max);
    while (count < max && (next = str_find(str_from(line, at), separator)) != SIZE_MAX) {
        r->places[count++] = (uint32_t)(at + next);
        at += next + separator.len;
    }
    return count;
}

/* NULL: places are found, one fewer than there are fields. */
static const char *split(const struct reading *r, str line) {
    size_t places;

    if (r->head.count == 0)
        return "a line of values before any names of fields";
    places = find_places(r, line, r->head.count);
    return places < r->head.count - 1   ? "fewer values than fields"
           : places > r->head.count - 1 ? "more values than fields"
                                        : NULL;
}

/* Of a line that is split. */
static bool add_values(struct reading *r, str line) {
    str const unset = word_str(&r->head.unset);
    bool const escapes = str_find_byte(line, '\\') != SIZE_MAX;
    size_t at = 0;

    r->count = 0;
    r->cut = false;
    r->undone.len = 0;
    if (escapes && !buf_reserve(&r->undone, line.len))
        return lined_no_memory(&r->lined);
    if (r->path_field != FIELD_NONE && r->head.path.len && !r->head.named_path)
        add(r, r->path_field, RAW_TEXT, word_str(&r->head.path));
    for (size_t i = 0; i < r->head.count; i++) {
        const struct column *const c = &r->head.columns[i];
        size_t const end = i + 1 < r->head.count ? r->places[i] : line.len;
        str const text = {line.ptr + at, end - at};

        at = end + r->head.separator.len;
        if (c->field == FIELD_NONE || str_eq(text, unset))
            continue;
        if (c->many)
            add_many(r, c, text, escapes);
        else
            add_scalar(r, c, text, escapes);
    }
    return true;
}

static bool value_line(struct reading *r) {
    str const line = r->lined.lines.line;
    const char *why;

    if ((why = split(r, line))) {
        lined_line_damage(&r->lined, why);
        return true;
    }
    if (!add_values(r, line))
        return false;
    if (r->cut)
        lined_damage(&r->lined, r->lined.lines.offset, 0, "more than 8192 values: the rest was left out");
    return lined_line_record(&r->lined, r->values, r->count);
}

/* Reader */

static void close_reading(struct reading *r) {
    free(r->head.columns);
    free(r->values);
    free(r->places);
    buf_free(&r->undone);
    buf_free(&r->fields_line);
}

static bool open_reading(struct reading *r) {
    head_begin(r);
    r->values = malloc(RECORD_VALUES_MAX * sizeof *r->values);
    r->places = malloc((COLUMNS_MAX + 1) * sizeof *r->places);
    if (!r->values || !r->places)
        return lined_no_memory(&r->lined);
    r->path_field = lined_field(&r->lined, S("_path"));
    return true;
}

static bool zeek_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading r = {.lined = lined_begin(in, part, to, e)};
    const struct lines *const lines = &r.lined.lines;
    enum line_found found = LINE_NONE;
    bool ok = open_reading(&r);

    while (ok && (found = lined_next(&r.lined)) < LINE_NONE && lines->offset < part.to) {
        if (found == LINE_LONG)
            continue;
        if (lined_is_comment(lines->line))
            ok = head_line(&r.lined);
        else if (lines->line.len && lined_is_mine(&r.lined))
            ok = value_line(&r);
    }
    close_reading(&r);
    return ok && found != LINE_FAILED;
}

static bool has_values(struct lined *l, bool *good) {
    *good = !split((struct reading *)(void *)l, l->lines.line);
    return true;
}

/* The names of the fields as the head in force has them, and the line below. */
static bool zeek_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading r = {.lined = lined_begin(in, (struct part){0, UINT64_MAX}, NULL, e)};
    bool const ok = open_reading(&r) && lined_show(&r.lined, offset, out, &r.fields_line, head_line, has_values);

    close_reading(&r);
    return ok;
}

/* It names the separator, or fields behind a tab. */
static bool is_sign(str line) {
    return str_starts(line, S("#separator ")) || str_starts(line, S("#fields\t"));
}

static bool zeek_looks_like(str head) {
    return lined_comment_is(head, is_sign);
}

const struct reader zeek_reader = {
    .name = "zeek",
    .title = "Zeek logs of separated values",
    .looks_like = zeek_looks_like,
    .counts_in_part = true,
    .read = zeek_read,
    .show = zeek_show,
};
