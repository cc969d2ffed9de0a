/* erasing: a text as what it reads as, with where each byte of that came from: folded, out of UTF-16, behind escapes. What is found there is marked in the
 * original, and marks that touch become one token. */
#include "hunt/erasing.h"

#include <assert.h>

#include "base/utf.h"
#include "detection/needle.h"
#include "event/fold.h"
#include "event/value.h"

#define DEPTH 3u /* escapes over each other */

/* A reading of some bytes. Byte i of it is what bytes from[i] to to[i] - 1 of the original mean, with those around it. */
struct reading {
    struct buf text;
    uint32_t *from, *to;
    size_t room;
};

enum {
    MARK = 1,
    MARK_WHOLE = 2, /* nothing that a word would go on with stands beside it */
    MARK_LITTLE = 4,
    MARK_BIG = 8, /* it was found in UTF-16 of that order */
};

struct erasing {
    str *values; /* folded */
    size_t count;
    struct needles *needles;
    bool words, blanks; /* blanks: some value has one */
    struct buf kept;    /* of values */
    struct reading now, next, folded;
    struct buf marks, out, text;
    /* Of records: */
    struct raw *raws;
    size_t raw_room;
    struct buf bytes; /* of values that were written anew, */
    struct moved {
        uint32_t raw;
        size_t at;
    } * moved; /* which are views into it when all are there */
    size_t moved_room;
    field_id *names; /* by field: what stands in its place; FIELD_NONE: not looked at */
    size_t name_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to look for what is to be erased");
}

/* ---- readings ---- */

static void reading_free(struct reading *r) {
    if (r->text.ptr)
        explicit_bzero(r->text.ptr, r->text.room);
    buf_free(&r->text);
    free(r->from);
    free(r->to);
}

static void put(struct reading *r, str bytes, size_t from, size_t to) {
    while (r->room < r->text.len + bytes.len) {
        size_t const room = r->room ? 2 * r->room : 4096;
        uint32_t *const a = reallocarray(r->from, room, sizeof *a), *b;

        if (a)
            r->from = a;
        if (!a || !(b = reallocarray(r->to, room, sizeof *b))) {
            r->text.failed = true;
            return;
        }
        r->to = b;
        r->room = room;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        r->from[r->text.len + i] = (uint32_t)from;
        r->to[r->text.len + i] = (uint32_t)to;
    }
    buf_add(&r->text, bytes);
}

static void put_point(struct reading *r, uint32_t point, size_t from, size_t to) {
    char bytes[4];

    put(r, (str){bytes, utf8_encode(point, bytes)}, from, to);
}

static void read_bytes(struct reading *r, str bytes) {
    r->text.len = 0;
    for (size_t i = 0; i < bytes.len && !r->text.failed; i++)
        put(r, (str){bytes.ptr + i, 1}, i, i + 1);
}

static uint32_t unit_at(str bytes, size_t at, bool big) {
    uint8_t const a = (uint8_t)bytes.ptr[at], b = (uint8_t)bytes.ptr[at + 1];

    return big ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

static bool high(uint32_t unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool low(uint32_t unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

static uint32_t pair(uint32_t first, uint32_t second) {
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

static void read_utf16(struct reading *r, str bytes, size_t at, bool big) {
    r->text.len = 0;
    for (size_t end; at + 2 <= bytes.len && !r->text.failed; at = end) {
        uint32_t point = unit_at(bytes, at, big);

        end = at + 2;
        if (high(point) && at + 4 <= bytes.len && low(unit_at(bytes, at + 2, big))) {
            point = pair(point, unit_at(bytes, at + 2, big));
            end = at + 4;
        } else if (high(point) || low(point)) {
            point = 0xfffd;
        }
        put_point(r, point, at, end);
    }
}

static bool digits(str s, size_t at, size_t count, unsigned base, uint32_t *n) {
    *n = 0;
    if (!count || count > 8 || at + count > s.len)
        return false;
    for (size_t i = at; i < at + count; i++) {
        char const c = s.ptr[i];
        unsigned const digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                               : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                               : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                      : 16;

        if (digit >= base)
            return false;
        *n = *n * base + digit;
    }
    return true;
}

/* What an escape at `at` means: the bytes it takes up, or 0; *point, or if *byte a byte. */
static size_t escape_json(str s, size_t at, uint32_t *point, bool *byte) {
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    uint32_t second;
    const char *found;

    *byte = false;
    if (at + 1 >= s.len)
        return 0;
    char const c = s.ptr[at + 1];

    if (c == 'u' && digits(s, at + 2, 4, 16, point)) {
        if (high(*point) && at + 12 <= s.len && s.ptr[at + 6] == '\\' && s.ptr[at + 7] == 'u' &&
            digits(s, at + 8, 4, 16, &second) && low(second)) {
            *point = pair(*point, second);
            return 12;
        }
        if (high(*point) || low(*point))
            *point = 0xfffd;
        return 6;
    }
    if (c == 'x' && digits(s, at + 2, 2, 16, point)) {
        *byte = true;
        return 4;
    }
    if (c && (found = strchr(names, c))) {
        *point = (uint32_t)means[found - names];
        return 2;
    }
    return 0;
}

static size_t escape_xml(str s, size_t at, uint32_t *point) {
    static const struct {
        str name;
        char means;
    } named[] = {
        {STR("&amp;"), '&'}, {STR("&lt;"), '<'}, {STR("&gt;"), '>'}, {STR("&quot;"), '"'}, {STR("&apos;"), '\''}};
    str const rest = str_from(s, at);
    size_t const end = str_find_byte(str_first(rest, 12), ';');
    bool const hex = rest.len > 2 && (rest.ptr[2] == 'x' || rest.ptr[2] == 'X');

    for (size_t i = 0; i < COUNT(named); i++)
        if (str_starts(rest, named[i].name)) {
            *point = (uint32_t)named[i].means;
            return named[i].name.len;
        }
    if (end == SIZE_MAX || rest.ptr[1] != '#' ||
        !digits(rest, hex ? 3 : 2, end - (hex ? 3 : 2), hex ? 16 : 10, point) || *point > 0x10ffff || high(*point) ||
        low(*point))
        return 0;
    return end + 1;
}

/* What the text reads as when its escapes are taken for what they mean. False: it has none. */
static bool unescape(const struct erasing *x, const struct reading *r, struct reading *to) {
    str const s = buf_str(&r->text);
    bool any = false;

    to->text.len = 0;
    for (size_t at = 0, took; at < s.len && !to->text.failed; at += took) {
        char const c = s.ptr[at];
        uint32_t point = 0;
        bool byte = false;

        took = 0;
        if (c == '\\') {
            took = escape_json(s, at, &point, &byte);
        } else if (c == '%') {
            if (at + 1 < s.len && s.ptr[at + 1] == 'u' && digits(s, at + 2, 4, 16, &point))
                took = high(point) || low(point) ? 0 : 6;
            else if (digits(s, at + 1, 2, 16, &point))
                took = 3;
            byte = took == 3;
        } else if (c == '&') {
            took = escape_xml(s, at, &point);
        } else if (c == '+' && x->blanks) {
            point = ' ';
            took = 1;
        }
        if (!took) {
            took = 1;
            put(to, (str){s.ptr + at, 1}, r->from[at], r->to[at]);
            continue;
        }
        any = true;
        char const one = (char)point;

        if (byte)
            put(to, (str){&one, 1}, r->from[at], r->to[at + took - 1]);
        else
            put_point(to, point, r->from[at], r->to[at + took - 1]);
    }
    return any;
}

static void fold(const struct reading *r, struct reading *to) {
    str const s = buf_str(&r->text);

    to->text.len = 0;
    for (size_t at = 0, width; at < s.len && !to->text.failed; at += width) {
        uint32_t point;

        if ((width = utf8_decode(str_from(s, at), &point))) {
            put_point(to, fold_point(point), r->from[at], r->to[at + width - 1]);
        } else {
            width = 1;
            put(to, (str){s.ptr + at, 1}, r->from[at], r->to[at]);
        }
    }
}

/* ---- looking ---- */

static bool word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static void mark(struct erasing *x, size_t at, size_t len, uint8_t how) {
    struct reading const *const f = &x->folded;
    str const s = buf_str(&f->text);
    bool const inside = (word_byte(s.ptr[at]) && at > 0 && word_byte(s.ptr[at - 1])) ||
                        (word_byte(s.ptr[at + len - 1]) && at + len < s.len && word_byte(s.ptr[at + len]));

    if (inside && x->words)
        return;
    for (size_t i = f->from[at]; i < f->to[at + len - 1]; i++)
        x->marks.ptr[i] = (char)((uint8_t)x->marks.ptr[i] | how | (inside ? 0 : MARK_WHOLE));
}

/* All that is found in the reading x->now, and in what it reads as. */
static void look(struct erasing *x, uint8_t how) {
    for (unsigned depth = 0; depth <= DEPTH; depth++) {
        if (needles_may_be_in(x->needles, buf_str(&x->now.text))) {
            fold(&x->now, &x->folded);
            for (size_t i = 0; i < x->count; i++)
                for (size_t at = 0; at < x->folded.text.len;) {
                    size_t const found = str_find(str_from(buf_str(&x->folded.text), at), x->values[i]);

                    if (found == SIZE_MAX)
                        break;
                    mark(x, at + found, x->values[i].len, how);
                    at += found + 1;
                }
        }
        if (!unescape(x, &x->now, &x->next))
            return;
        struct reading const other = x->now;

        x->now = x->next;
        x->next = other;
    }
}

static bool has_byte(str s, char c) {
    return s.len && memchr(s.ptr, c, s.len) != NULL;
}

/* Nothing that is looked for can be in it. */
static bool passed_over(const struct erasing *x, str bytes) {
    return !needles_may_be_in(x->needles, bytes) && !has_byte(bytes, '\\') && !has_byte(bytes, '%') &&
           !has_byte(bytes, '&') && !(x->blanks && has_byte(bytes, '+')) && !has_byte(bytes, '\0');
}

static void token_put(struct buf *out, uint8_t marks) {
    str const token = S(ERASING_TOKEN);

    for (size_t i = 0; i < token.len; i++) {
        if (marks & MARK_BIG)
            buf_byte(out, '\0');
        buf_byte(out, token.ptr[i]);
        if (marks & MARK_LITTLE)
            buf_byte(out, '\0');
    }
}

/* The bytes without what is marked. False: nothing is. */
static bool write_anew(struct erasing *x, str bytes, struct erasing_found *found) {
    const char *const marks = x->marks.ptr;
    bool any = false;

    x->out.len = 0;
    for (size_t at = 0, end; at < bytes.len; at = end) {
        uint8_t all = 0;

        for (end = at; end < bytes.len && (marks[end] != 0) == (marks[at] != 0); end++)
            all |= (uint8_t)marks[end];
        if (!all) {
            buf_add(&x->out, (str){bytes.ptr + at, end - at});
            continue;
        }
        any = true;
        token_put(&x->out, all);
        if (found) {
            found->places++;
            found->inside += !(all & MARK_WHOLE);
        }
    }
    if (any && found)
        found->values++;
    return any;
}

static bool failed(const struct erasing *x) {
    return x->now.text.failed || x->next.text.failed || x->folded.text.failed || x->marks.failed || x->out.failed ||
           x->text.failed;
}

static bool in_text(struct erasing *x, uint8_t type, str bytes, bool *changed, struct erasing_found *found,
                    struct err *e) {
    bool const utf16 = type == RAW_UTF16, both = type == RAW_BINARY || has_byte(bytes, '\0');

    *changed = false;
    if (!utf16 && passed_over(x, bytes))
        return true;
    x->marks.len = 0;
    if (!buf_reserve(&x->marks, bytes.len + 1))
        return no_memory(e);
    memset(x->marks.ptr, 0, bytes.len);
    if (!utf16) {
        read_bytes(&x->now, bytes);
        look(x, MARK);
    }
    for (unsigned i = 0; i < 4 && (both || utf16); i++) {
        if (utf16 && i > 0)
            break;
        read_utf16(&x->now, bytes, i / 2, i % 2);
        look(x, MARK | (i % 2 ? MARK_BIG : MARK_LITTLE));
    }
    *changed = !failed(x) && write_anew(x, bytes, found);
    return !failed(x) || no_memory(e);
}

/* A value that is no text, written as one. */
static bool in_other(struct erasing *x, uint8_t type, str bytes, bool *changed, struct erasing_found *found,
                     struct err *e) {
    size_t repaired = 0;

    *changed = false;
    x->text.len = 0;
    value_render(type, bytes, &x->text, &repaired);
    read_bytes(&x->now, buf_str(&x->text));
    fold(&x->now, &x->folded);
    if (failed(x))
        return no_memory(e);
    str const all = buf_str(&x->folded.text);
    str const bare = all.len > 2 && all.ptr[0] == '{' ? (str){all.ptr + 1, all.len - 2} : all;

    for (size_t i = 0; i < x->count && !*changed; i++)
        *changed = str_eq(x->values[i], all) || str_eq(x->values[i], bare) ||
                   (x->values[i].ptr[0] == '+' && str_eq(str_from(x->values[i], 1), all));
    if (!*changed)
        return true;
    x->out.len = 0;
    buf_add(&x->out, S(ERASING_TOKEN));
    if (found) {
        found->values++;
        found->places++;
    }
    return !x->out.failed || no_memory(e);
}

bool erasing_value(struct erasing *x, uint8_t type, str bytes, bool *changed, uint8_t *out_type, str *out,
                   struct erasing_found *found, struct err *e) {
    bool const text = type == RAW_TEXT || type == RAW_UTF16;
    bool ok = true;

    *changed = false;
    *out_type = type;
    if (bytes.len > UINT32_MAX)
        return err_set(e, ERR_LIMIT, 0, "a value is too long to be looked through");
    if (text || type == RAW_BINARY || type == RAW_SID)
        ok = in_text(x, type, bytes, changed, found, e);
    if (ok && !text && !*changed && type != RAW_NULL) {
        ok = in_other(x, type, bytes, changed, found, e);
        *out_type = *changed ? RAW_TEXT : type;
    }
    *out = buf_str(&x->out);
    return ok;
}

/* ---- records ---- */

/* What the field is called without them. */
static bool name_of(struct erasing *x, struct fields *fields, field_id *field, struct err *e) {
    bool changed;
    str out;

    if (*field >= x->name_room) {
        size_t const room = *field * 2 + 256;
        field_id *const bigger = reallocarray(x->names, room, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        for (size_t i = x->name_room; i < room; i++)
            bigger[i] = FIELD_NONE;
        x->names = bigger;
        x->name_room = room;
    }
    if (x->names[*field] == FIELD_NONE) {
        if (!erasing_text(x, field_name(fields, *field), &changed, &out, NULL, e))
            return false;
        x->names[*field] = changed ? field_intern(fields, out) : *field;
        if (x->names[*field] == FIELD_NONE)
            return no_memory(e);
    }
    *field = x->names[*field];
    return true;
}

static bool record_room(struct erasing *x, size_t count, struct err *e) {
    if (x->raw_room < count) {
        struct raw *const raws = reallocarray(x->raws, count, sizeof *raws);

        if (raws)
            x->raws = raws;
        if (!raws)
            return no_memory(e);
        x->raw_room = count;
    }
    if (x->moved_room < count + 1) {
        struct moved *const moved = reallocarray(x->moved, count + 1, sizeof *moved);

        if (!moved)
            return no_memory(e);
        x->moved = moved;
        x->moved_room = count + 1;
    }
    return true;
}

bool erasing_record(struct erasing *x, struct fields *fields, const struct record *r, struct record *out,
                    struct err *e) {
    size_t moved = 0, time_at = 0;
    bool changed, time_changed;
    uint8_t type;
    str bytes;

    *out = *r;
    if (!record_room(x, r->count, e))
        return false;
    x->bytes.len = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        struct raw *const v = &x->raws[i];

        *v = r->values[i];
        if (!name_of(x, fields, &v->field, e) ||
            !erasing_value(x, v->type, (str){v->ptr, v->len}, &changed, &type, &bytes, NULL, e))
            return false;
        if (!changed)
            continue;
        if (bytes.len > UINT32_MAX)
            return err_set(e, ERR_LIMIT, 0, "a value is too long to be written anew");
        v->type = type;
        v->len = (uint32_t)bytes.len;
        x->moved[moved++] = (struct moved){i, x->bytes.len};
        buf_add(&x->bytes, bytes);
    }
    if (!erasing_text(x, r->time_text, &time_changed, &bytes, NULL, e))
        return false;
    if (time_changed) {
        time_at = x->bytes.len;
        out->time_text.len = bytes.len;
        buf_add(&x->bytes, bytes);
    }
    if (x->bytes.failed)
        return no_memory(e);
    for (size_t i = 0; i < moved; i++)
        x->raws[x->moved[i].raw].ptr = x->bytes.ptr + x->moved[i].at;
    if (time_changed)
        out->time_text.ptr = x->bytes.ptr + time_at;
    out->values = x->raws;
    if (moved || time_changed) { /* they are views into something else now */
        out->bytes = (str){"", 0};
        out->constants = 0;
    }
    return true;
}

/* ---- segments ---- */

static bool text_count(struct erasing *x, str text, struct erasing_found *found, struct err *e) {
    bool changed;
    str out;

    return erasing_text(x, text, &changed, &out, found, e);
}

bool erasing_segment(struct erasing *x, struct segment *s, struct erasing_found *found, struct err *e) {
    const struct segment_info *const info = segment_info(s);

    for (uint32_t i = 0; i < info->sources; i++) {
        struct segment_source source;

        if (!segment_source(s, i, &source, e) || !text_count(x, source.path, found, e) ||
            !text_count(x, source.reader, found, e))
            return false;
    }
    for (uint32_t i = 0; i < info->columns; i++) {
        struct segment_column const column = segment_column(s, i);
        const struct segment_value *values;

        if (i == SEGMENT_KIND) /* names of ours */
            continue;
        if ((!column.own && !text_count(x, column.name, found, e)) || !segment_column_values(s, i, false, &values, e))
            return false;
        for (uint32_t k = 0; k < column.values; k++) {
            bool changed;
            uint8_t type;
            str out;

            if (!erasing_value(x, values[k].type, (str){values[k].ptr, values[k].len}, &changed, &type, &out, found, e))
                return false;
        }
        segment_forget(s);
    }
    return true;
}

/* ---- making ---- */

static bool value_add(struct erasing *x, str value, size_t place, size_t *at, struct err *e) {
    static const char token[] = ERASING_TOKEN; /* small letters: it is folded */
    char *to;

    if (value.len < ERASING_LEAST)
        return err_set(e, ERR_USAGE, 0, "value %zu is shorter than %u bytes: it would be found in everything", place,
                       ERASING_LEAST);
    if (value.len > ERASING_MOST)
        return err_set(e, ERR_USAGE, 0, "value %zu is longer than %u bytes", place, ERASING_MOST);
    if (utf8_valid(value) != value.len || has_byte(value, '\0'))
        return err_set(e, ERR_USAGE, 0, "value %zu is no text (UTF-8)", place);
    *at = x->kept.len;
    if (!(to = buf_reserve(&x->kept, 2 * value.len + 16)))
        return no_memory(e);
    size_t const len = fold_text(value, to);

    x->kept.len += len;
    x->blanks |= has_byte(value, ' ');
    x->values[x->count++].len = len;
    return str_find(str_of(token), (str){to, len}) == SIZE_MAX ||
           err_set(e, ERR_USAGE, 0, "value %zu is a part of " ERASING_TOKEN ", which takes the place of what is erased",
                   place);
}

static bool values_take(struct erasing *x, const str *values, size_t count, struct err *e) {
    size_t *const at = calloc(count, sizeof *at);
    bool ok = at != NULL || no_memory(e);

    for (size_t i = 0; ok && i < count; i++)
        ok = value_add(x, values[i], i + 1, &at[i], e);
    for (size_t i = 0; ok && i < count; i++)
        x->values[i].ptr = x->kept.ptr + at[i];
    free(at);
    return ok;
}

bool erasing_new(struct erasing **out, const str *values, size_t count, bool words, struct err *e) {
    struct erasing *x;

    if (!count)
        return err_set(e, ERR_USAGE, 0, "no value is to be erased");
    if (count > ERASING_COUNT)
        return err_set(e, ERR_LIMIT, 0, "more than %u values: erase them one after the other", ERASING_COUNT);
    if (!(x = calloc(1, sizeof *x)) || !(x->values = calloc(count, sizeof *x->values))) {
        free(x);
        return no_memory(e);
    }
    x->words = words;
    if (values_take(x, values, count, e) && ((x->needles = needles_new(x->values, count)) || no_memory(e))) {
        *out = x;
        return true;
    }
    erasing_free(x);
    return false;
}

static void wipe(struct buf *b) {
    if (b->ptr)
        explicit_bzero(b->ptr, b->room);
    buf_free(b);
}

void erasing_free(struct erasing *x) {
    if (!x)
        return;
    needles_free(x->needles);
    wipe(&x->kept);
    wipe(&x->text);
    wipe(&x->out);
    wipe(&x->bytes);
    buf_free(&x->marks);
    reading_free(&x->now);
    reading_free(&x->next);
    reading_free(&x->folded);
    free(x->values);
    free(x->raws);
    free(x->moved);
    free(x->names);
    free(x);
}

size_t erasing_count(const struct erasing *x) {
    return x->count;
}
