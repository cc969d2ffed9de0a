/* json_tree: see json_tree.h. */
#include "codec/json_tree.h"

#include "base/buf.h"
#include "base/utf.h"

#define FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK)

static str unmarked(str s) {
    return str_starts(s, S("\xef\xbb\xbf")) ? str_from(s, 3) : s;
}

/* *bytes as well-formed UTF-8, in room if it has to be mended. False: no memory. */
static bool mend(str *bytes, struct buf *room, struct err *e) {
    size_t repaired = 0;
    char *to;

    if (utf8_valid(*bytes) == bytes->len)
        return true;
    if (!(to = buf_reserve(room, bytes->len * 3)))
        return err_set(e, ERR_MEMORY, 0, "no memory for JSON");
    room->len = utf8_repair(*bytes, to, &repaired);
    *bytes = buf_str(room);
    return true;
}

/* The first value of well-formed text, and how many bytes of it that is. */
static json_t *load(str text, size_t *used, struct err *e) {
    json_error_t why;
    json_t *const value = json_loadb(text.ptr, text.len, FLAGS, &why);

    *used = value ? (size_t)why.position : 0;
    if (!value && why.line < 0) /* jansson says nothing where it is memory that it lacks */
        err_set(e, ERR_MEMORY, 0, "no memory for JSON");
    else if (!value)
        err_set(e, json_error_code(&why) == json_error_out_of_memory ? ERR_MEMORY : ERR_CORRUPT, 0,
                "no JSON: line %d, column %d: %.120s", why.line, why.column, why.text);
    return value;
}

json_t *json_tree(str bytes, struct err *e) {
    struct buf room = {0};
    json_t *value = NULL;
    size_t used;

    bytes = unmarked(bytes);
    if (mend(&bytes, &room, e) && (value = load(bytes, &used, e)) && str_trim(str_from(bytes, used)).len) {
        json_decref(value);
        value = NULL;
        err_set(e, ERR_CORRUPT, 0, "no JSON: there is more behind its end, at byte %zu", used);
    }
    buf_free(&room);
    return value;
}

json_t *json_tree_next(str *rest, struct err *e) {
    str s = unmarked(*rest);
    struct buf room = {0};
    json_t *value = NULL;
    size_t used, end;

    while (s.len && (*s.ptr == ' ' || *s.ptr == '\t' || *s.ptr == '\r' || *s.ptr == '\n'))
        s = str_from(s, 1);
    if (!s.len) {
        *rest = s;
        return NULL;
    }
    /* A line is a value, mostly; a value of many lines is tried when the line alone is none. */
    end = str_find_byte(s, '\n');
    str line = str_first(s, end == SIZE_MAX ? s.len : end);
    str const next = str_from(s, line.len + 1);

    if (utf8_valid(line) != line.len) { /* where a value ends in mended text says nothing of where it ended here */
        if (mend(&line, &room, e))
            value = load(line, &used, e);
        *rest = next;
    } else if ((value = load(line, &used, e))) {
        *rest = str_from(s, used);
    } else if (e->code == ERR_CORRUPT && next.len) {
        struct err all = {0};

        *rest = next;
        if (utf8_valid(s) == s.len && (value = load(s, &used, &all))) {
            *rest = str_from(s, used);
            *e = all;
        }
    } else {
        *rest = next;
    }
    buf_free(&room);
    return value;
}

str json_text(const json_t *value) {
    return json_is_string(value) ? (str){json_string_value(value), json_string_length(value)} : S("");
}

str json_text_at(const json_t *object, const char *name) {
    return json_text(json_object_get(object, name));
}
