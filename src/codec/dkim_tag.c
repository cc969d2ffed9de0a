/* dkim_tag: tag=value lists (RFC 6376 3.2), lists with colons, base64. */
#include "codec/dkim_own.h"

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.ptr[i]) && (i == 0 || (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_')))
            return false;
    return s.len > 0;
}

/* Blanks of folding, and all that can be seen; bytes beyond ASCII are UTF-8 where mail is internationalised (RFC 8616). */
static bool is_value(str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char const c = (unsigned char)s.ptr[i];

        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\r' && c != '\n'))
            return false;
    }
    return true;
}

bool dkim_tags_read(str list, struct dkim_tags *t) {
    t->count = 0;
    for (str rest = list; rest.len;) {
        size_t const end = str_find_byte(rest, ';');
        str const one = str_first(rest, end);
        size_t const equals = str_find_byte(one, '=');
        struct dkim_tag tag;

        rest = end == SIZE_MAX ? S("") : str_from(rest, end + 1);
        if (end == SIZE_MAX && str_trim(one).len == 0)
            break; /* behind the last `;` */
        if (equals == SIZE_MAX || t->count == DKIM_TAGS_MAX)
            return false;
        tag.name = str_trim(str_first(one, equals));
        tag.whole = (str){one.ptr + equals + 1, one.len - equals - 1};
        tag.value = str_trim(tag.whole);
        if (!is_name(tag.name) || !is_value(tag.value))
            return false;
        for (uint32_t i = 0; i < t->count; i++)
            if (str_eq(t->of[i].name, tag.name))
                return false;
        t->of[t->count++] = tag;
    }
    return t->count > 0;
}

const struct dkim_tag *dkim_tag(const struct dkim_tags *t, const char *name) {
    str const wanted = str_of(name);

    for (uint32_t i = 0; i < t->count; i++)
        if (str_eq(t->of[i].name, wanted))
            return &t->of[i];
    return NULL;
}

bool dkim_element(str *rest, str *element) {
    size_t const colon = str_find_byte(*rest, ':');

    if (!rest->len)
        return false;
    *element = str_trim(str_first(*rest, colon));
    *rest = colon == SIZE_MAX ? S("") : str_from(*rest, colon + 1);
    return true;
}

bool dkim_listed(str list, str element) {
    str one;

    while (dkim_element(&list, &one))
        if (str_eq_ascii(one, element))
            return true;
    return false;
}

static int sextet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool dkim_base64(str text, uint8_t *out, size_t max, size_t *len) {
    uint32_t bits = 0, count = 0, pads = 0;

    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char const c = text.ptr[i];
        int const six = sextet(c);

        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '=' && pads < 2) {
            pads++;
            continue;
        }
        if (six < 0 || pads)
            return false;
        bits = (bits << 6 | (uint32_t)six) & 0xffffff;
        if (++count % 4 == 1)
            continue;
        if (*len == max)
            return false;
        out[(*len)++] = (uint8_t)(bits >> (count % 4 == 2 ? 4 : count % 4 == 3 ? 2 : 0));
    }
    /* Padding may be missing (the grammar lets it), but not be wrong. */
    return count % 4 != 1 && (!pads || (count + pads) % 4 == 0);
}

void dkim_small(char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] + 'a' - 'A');
}
