/* jcs: see jcs.h. Strings are those of jansson: well-formed UTF-8. */
#include "codec/jcs.h"

#include <stdlib.h>

#include "base/utf.h"

#define WHOLE_MAX ((json_int_t)1 << 53) /* RFC 7493 2.2 */

struct name {
    str text;
    const json_t *value;
};

/* RFC 8785 3.2.3: by UTF-16 code units. That is the order of code points but for those beyond U+FFFF, whose surrogates (from 0xd800 on) stand
 * before U+E000. */
static uint32_t unit(uint32_t point) {
    return point >= 0x10000 ? 0xd800 + ((point - 0x10000) >> 10) : point;
}

static int by_units(const void *x, const void *y) {
    str a = ((const struct name *)x)->text, b = ((const struct name *)y)->text;
    size_t same = 0;
    uint32_t p = 0, q = 0;

    while (same < a.len && same < b.len && a.ptr[same] == b.ptr[same])
        same++;
    if (same == a.len || same == b.len)
        return (a.len > b.len) - (a.len < b.len);
    while (same > 0 && ((unsigned char)a.ptr[same] & 0xc0) == 0x80)
        same--;
    (void)utf8_decode(str_from(a, same), &p);
    (void)utf8_decode(str_from(b, same), &q);
    return unit(p) != unit(q) ? (unit(p) > unit(q) ? 1 : -1) : (p > q) - (p < q);
}

/* RFC 8785 3.2.2.2. buf_json will not do: it writes \u0008 where \b must stand. */
static void string_add(struct buf *out, str s) {
    static const char letters[128] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};

    buf_byte(out, '"');
    while (s.len) {
        size_t plain = 0;

        while (plain < s.len && (unsigned char)s.ptr[plain] >= 0x20 && s.ptr[plain] != '"' && s.ptr[plain] != '\\')
            plain++;
        buf_add(out, str_first(s, plain));
        if ((s = str_from(s, plain)).len == 0)
            break;
        unsigned char const c = (unsigned char)s.ptr[0];

        if (letters[c])
            buf_format(out, "\\%c", letters[c]);
        else
            buf_format(out, "\\u%04x", c);
        s = str_from(s, 1);
    }
    buf_byte(out, '"');
}

static bool object_add(struct buf *out, const json_t *value) {
    size_t const count = json_object_size(value);
    struct name *const names = malloc((count + 1) * sizeof *names);
    bool ok = names != NULL;
    size_t i = 0;

    if (!names)
        out->failed = true;
    for (void *at = json_object_iter((json_t *)(uintptr_t)value); ok && at;
         at = json_object_iter_next((json_t *)(uintptr_t)value, at))
        names[i++] =
            (struct name){{json_object_iter_key(at), json_object_iter_key_len(at)}, json_object_iter_value(at)};
    if (ok)
        qsort(names, count, sizeof *names, by_units);
    buf_byte(out, '{');
    for (i = 0; ok && i < count; i++) {
        if (i)
            buf_byte(out, ',');
        string_add(out, names[i].text);
        buf_byte(out, ':');
        ok = jcs_add(out, names[i].value);
    }
    buf_byte(out, '}');
    free(names);
    return ok && !out->failed;
}

static bool array_add(struct buf *out, const json_t *value) {
    buf_byte(out, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i)
            buf_byte(out, ',');
        if (!jcs_add(out, json_array_get(value, i)))
            return false;
    }
    buf_byte(out, ']');
    return !out->failed;
}

bool jcs_add(struct buf *out, const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return object_add(out, value);
    case JSON_ARRAY:
        return array_add(out, value);
    case JSON_STRING:
        string_add(out, (str){json_string_value(value), json_string_length(value)});
        return !out->failed;
    case JSON_INTEGER:
        if (json_integer_value(value) > WHOLE_MAX || json_integer_value(value) < -WHOLE_MAX)
            return false;
        buf_i64(out, json_integer_value(value));
        return !out->failed;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_add(out, json_is_true(value) ? S("true") : S("false"));
        return !out->failed;
    case JSON_NULL:
        buf_add(out, S("null"));
        return !out->failed;
    case JSON_REAL:
        break;
    }
    return false;
}
