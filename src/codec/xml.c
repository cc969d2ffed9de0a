/* xml: one byte after the other, with a stack of the names that are open. */
#include "codec/xml.h"

#include <assert.h>

#include "base/utf.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void blanks(struct xml *x) {
    while (x->rest.len && is_blank(x->rest.ptr[0]))
        x->rest = str_from(x->rest, 1);
}

/* Up to what no name has; "" is none. */
static str name_here(struct xml *x) {
    static const char ends[] = " \t\r\n/<>='\"&";
    size_t len = 0;
    str name;

    while (len < x->rest.len && x->rest.ptr[len] && !strchr(ends, x->rest.ptr[len]))
        len++;
    name = str_first(x->rest, len);
    x->rest = str_from(x->rest, len);
    return name;
}

static enum xml_found bad(struct xml *x) {
    x->depth = XML_DEPTH_MAX + 1;
    return XML_BAD;
}

static bool next_is(struct xml *x, char c) {
    if (!x->rest.len || x->rest.ptr[0] != c)
        return false;
    x->rest = str_from(x->rest, 1);
    return true;
}

static enum xml_found close_element(struct xml *x) {
    x->name = x->open[--x->depth];
    return XML_CLOSE;
}

/* Behind an element's name, or one of its attributes. TEXT: nothing more of the tag. */
static enum xml_found in_tag(struct xml *x) {
    char quote;
    size_t end;

    blanks(x);
    if (next_is(x, '>')) {
        x->in_tag = false;
        return XML_TEXT;
    }
    if (next_is(x, '/')) {
        if (!next_is(x, '>'))
            return bad(x);
        x->in_tag = false;
        return close_element(x);
    }
    x->name = name_here(x);
    blanks(x);
    if (!x->name.len || !next_is(x, '='))
        return bad(x);
    blanks(x);
    quote = x->rest.len ? x->rest.ptr[0] : '\0';
    if ((quote != '"' && quote != '\'') || (end = str_find_byte(str_from(x->rest, 1), quote)) == SIZE_MAX)
        return bad(x);
    x->value = str_first(str_from(x->rest, 1), end);
    x->plain = false;
    x->rest = str_from(x->rest, end + 2);
    return str_find_byte(x->value, '<') == SIZE_MAX ? XML_ATTRIBUTE : bad(x);
}

/* Passes over what begins so and ends so. False: it does not end. */
static bool passed(struct xml *x, str begin, str end, str *inner) {
    str const rest = str_from(x->rest, begin.len);
    size_t const at = str_find(rest, end);

    *inner = str_first(rest, at);
    x->rest = at == SIZE_MAX ? S("") : str_from(rest, at + end.len);
    return at != SIZE_MAX;
}

/* At a '<'. TEXT: something was passed over that is nothing. */
static enum xml_found tag(struct xml *x, bool *cdata) {
    str inner;

    *cdata = false;
    if (str_starts(x->rest, S("<!--")))
        return passed(x, S("<!--"), S("-->"), &inner) ? XML_TEXT : bad(x);
    if (str_starts(x->rest, S("<?")))
        return passed(x, S("<?"), S("?>"), &inner) ? XML_TEXT : bad(x);
    if (str_starts(x->rest, S("<![CDATA["))) {
        *cdata = x->depth > 0;
        x->plain = true;
        return passed(x, S("<![CDATA["), S("]]>"), &x->value) && *cdata ? XML_TEXT : bad(x);
    }
    x->rest = str_from(x->rest, 1);
    if (next_is(x, '/')) {
        x->name = name_here(x);
        blanks(x);
        if (!next_is(x, '>') || !x->depth || !str_eq(x->name, x->open[x->depth - 1]))
            return bad(x);
        return close_element(x);
    }
    x->name = name_here(x);
    if (!x->name.len || x->name.ptr[0] == '!' || x->depth == XML_DEPTH_MAX)
        return bad(x);
    x->open[x->depth++] = x->name;
    x->in_tag = true;
    return XML_OPEN;
}

enum xml_found xml_next(struct xml *x) {
    enum xml_found found;
    bool cdata;
    size_t end;

    if (x->depth > XML_DEPTH_MAX)
        return XML_BAD;
    for (;;) {
        if (x->in_tag && (found = in_tag(x)) != XML_TEXT)
            return found;
        if (!x->rest.len)
            return x->depth ? bad(x) : XML_END;
        if (x->rest.ptr[0] == '<') {
            if ((found = tag(x, &cdata)) != XML_TEXT || cdata)
                return found;
            continue;
        }
        end = str_find_byte(x->rest, '<');
        x->value = str_first(x->rest, end);
        x->plain = false;
        x->rest = end == SIZE_MAX ? S("") : str_from(x->rest, end);
        if (x->depth)
            return XML_TEXT;
        if (str_trim(x->value).len) /* text outside of all elements */
            return bad(x);
    }
}

/* Behind the `&`, of so many bytes up to the `;`: what it stands for, to out, which has room for them and two more. 0: unknown. */
static size_t reference(str name, char *out) {
    static const struct {
        str name;
        char is;
    } known[] = {{STR("lt"), '<'}, {STR("gt"), '>'}, {STR("amp"), '&'}, {STR("quot"), '"'}, {STR("apos"), '\''}};
    bool const hex = str_starts(name, S("#x"));
    uint32_t point = 0;

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(name, known[i].name)) {
            *out = known[i].is;
            return 1;
        }
    if (!str_starts(name, S("#")))
        return 0;
    name = str_from(name, hex ? 2 : 1);
    if (!name.len || name.len > 7)
        return 0;
    for (size_t i = 0; i < name.len; i++) {
        char const c = name.ptr[i], low = (char)(c | 0x20);
        bool const digit = c >= '0' && c <= '9', letter = hex && low >= 'a' && low <= 'f';

        if (!digit && !letter)
            return 0;
        point = point * (hex ? 16 : 10) + (uint32_t)(digit ? c - '0' : low - 'a' + 10);
    }
    if (!point || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    char utf[4];
    size_t const len = utf8_encode(point, utf);

    memcpy(out, utf, len); /* `&#1;` is four bytes, and what takes more than one has more digits */
    return len;
}

size_t xml_text(const struct xml *x, char *out) {
    size_t used = 0;

    for (size_t i = 0; i < x->value.len;) {
        str const rest = str_from(x->value, i);
        size_t end, len;

        if (rest.ptr[0] == '&' && !x->plain && (end = str_find_byte(str_first(rest, 12), ';')) != SIZE_MAX &&
            (len = reference(str_first(str_from(rest, 1), end - 1), out + used))) {
            used += len;
            i += end + 1;
        } else {
            out[used++] = rest.ptr[0];
            i++;
        }
    }
    assert(used <= x->value.len);
    return used;
}

str xml_local(str name) {
    size_t const colon = str_find_byte(name, ':');

    return colon == SIZE_MAX ? name : str_from(name, colon + 1);
}
