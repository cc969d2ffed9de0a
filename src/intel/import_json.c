/* import_json: what importers of JSON share: the members of a beginning, the values of a whole text, and members that feeds write in
 * several ways. */
#include "intel/import_own.h"

#include "codec/json_tree.h"

#define OPEN_MAX 64u /* containers in a beginning; deeper ones are not looked into */

/* ---- the beginning of a text ---- */

struct peek {
    str rest;
    char open[OPEN_MAX];
    unsigned depth, objects;
};

static void blanks(struct peek *p) {
    while (p->rest.len && strchr(" \t\r\n", p->rest.ptr[0]) && p->rest.ptr[0])
        p->rest = str_from(p->rest, 1);
}

/* At a quote: what stands up to the next one, or to the end. */
static str quoted(struct peek *p) {
    size_t end = 1;
    str s;

    while (end < p->rest.len && p->rest.ptr[end] != '"')
        end += p->rest.ptr[end] == '\\' && end + 1 < p->rest.len ? 2 : 1;
    s = str_from(str_first(p->rest, end), 1);
    p->rest = str_from(p->rest, end + 1);
    return s;
}

/* Behind a key: its value. False: there is none, or no more of the text. */
static bool member(struct peek *p, struct json_member *m) {
    blanks(p);
    if (!p->rest.len || p->rest.ptr[0] != ':')
        return false;
    p->rest = str_from(p->rest, 1);
    blanks(p);
    if (!p->rest.len)
        return false;
    m->text = p->rest.ptr[0] == '"';
    m->value = m->text ? quoted(p) : str_first(p->rest, 1);
    m->depth = p->objects;
    return true;
}

bool json_members(str head, bool (*visit)(void *ctx, const struct json_member *m), void *ctx) {
    struct peek p = {.rest = str_starts(head, S("\xef\xbb\xbf")) ? str_from(head, 3) : head};
    bool key = false;

    blanks(&p);
    if (!p.rest.len || (p.rest.ptr[0] != '{' && p.rest.ptr[0] != '['))
        return false;
    while (p.rest.len) {
        char const c = p.rest.ptr[0];

        if (c == '"') {
            struct json_member m = {.key = quoted(&p)};

            if (key && member(&p, &m) && !visit(ctx, &m))
                return true;
            key = false;
            continue;
        }
        if (c == '{' || c == '[') {
            if (p.depth == OPEN_MAX)
                return true;
            p.open[p.depth++] = c;
            p.objects += c == '{';
            key = c == '{';
        } else if ((c == '}' || c == ']') && p.depth) {
            p.objects -= p.open[--p.depth] == '{';
            key = false;
        } else if (c == ',') {
            key = p.depth && p.open[p.depth - 1] == '{';
        }
        p.rest = str_from(p.rest, 1);
    }
    return true;
}

bool json_is_uuid(str s) {
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

/* ---- a whole text ---- */

bool json_values(str bytes, bool strict, bool (*visit)(void *ctx, json_t *value, struct err *e), void *ctx,
                 size_t *damaged, struct err *e) {
    struct err why = {0};
    json_t *value = json_tree(bytes, &why);
    bool ok = true, some = false;

    *damaged = 0;
    if (value) {
        ok = visit(ctx, value, e);
        json_decref(value);
        return ok;
    }
    /* Several values one behind the other; or damage, behind which whole values may stand. */
    for (str rest = bytes; ok;) {
        struct err here = {0};

        if ((value = json_tree_next(&rest, &here))) {
            ok = visit(ctx, value, e);
            json_decref(value);
            some = true;
        } else if (here.code == ERR_NONE) {
            break;
        } else if (here.code != ERR_CORRUPT || strict) {
            *e = here.code == ERR_CORRUPT && !some ? why : here;
            return false;
        } else if (!(*damaged)++ && some) {
            why = here; /* else the error in the whole text, whose place is one in the file, says it better */
        }
    }
    if (*damaged)
        *e = why; /* the caller knows whether enough came out */
    return ok;
}

/* ---- members ---- */

size_t json_texts(const json_t *value) {
    return json_is_array(value) ? json_array_size(value) : json_is_string(value) ? 1 : 0;
}

str json_text_of(const json_t *value, size_t i) {
    return json_text(json_is_array(value) ? json_array_get(value, i) : value);
}

bool json_number(const json_t *value, int64_t *n) {
    str const text = json_text(value);
    uint64_t u;

    if (json_is_integer(value)) {
        *n = json_integer_value(value);
        return true;
    }
    if (json_is_real(value) && json_real_value(value) >= -1e15 && json_real_value(value) <= 1e15) {
        *n = (int64_t)json_real_value(value);
        return true;
    }
    if (!str_u64(text, INT64_MAX, &u))
        return false;
    *n = (int64_t)u;
    return true;
}

bool json_yes(const json_t *value) {
    return json_is_true(value) || (json_is_integer(value) && json_integer_value(value) == 1) ||
           str_eq(json_text(value), S("1")) || str_eq_ascii(json_text(value), S("true"));
}
