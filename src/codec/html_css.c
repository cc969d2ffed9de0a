/* html_css: of CSS only what decides whether a box is seen, and every address. Splits declarations and rules as CSS Syntax Level 3 does
 * (strings, comments, brackets, escapes); knows fourteen properties and selectors of one name. */
#include <assert.h>

#include "base/hash.h"
#include "base/utf.h"
#include "codec/html_own.h"
#include "html_table.h"

#define FONT_MIN_PX 1.0
#define OFF_PX (-999.0)
#define NEST_MAX 64u

/* ---- walking ---- */

/* Bytes that mean something to skip(). */
static const bool special[256] = {['"'] = true, ['\''] = true, ['/'] = true, ['\\'] = true, ['('] = true, [')'] = true,
                                  [';'] = true, ['{'] = true,  ['}'] = true, [':'] = true,  [','] = true};

/* p is at a quotation mark: behind the closing one, or at the line's or the text's end. */
static const char *string_end(const char *p, const char *end) {
    char const quote = *p++;

    for (; p < end && *p != '\n'; p++) {
        if (*p == quote)
            return p + 1;
        if (*p == '\\' && end - p > 1)
            p++;
    }
    return p;
}

/* p is at "/": behind the comment that begins here, or p + 1. */
static const char *comment_end(const char *p, const char *end) {
    if (end - p < 2 || p[1] != '*')
        return p + 1;
    for (p += 2; (p = memchr(p, '*', (size_t)(end - p))) != NULL; p++)
        if (end - p > 1 && p[1] == '/')
            return p + 2;
    return end;
}

/* p is at "(": is it that of url( ? */
static bool is_url(const char *begin, const char *p) {
    return p - begin >= 3 && html_lower(p[-1]) == 'l' && html_lower(p[-2]) == 'r' && html_lower(p[-3]) == 'u';
}

/* p is at the "(" of url(: its address, and the place behind ")". */
static const char *url_end(const char *p, const char *end, str *url) {
    for (p++; p < end && html_blank(*p);)
        p++;
    if (p < end && (*p == '"' || *p == '\'')) {
        const char *const close = string_end(p, end);

        *url = (str){p + 1, (size_t)(close - p - 1)};
        if (url->len && close[-1] == *p)
            url->len--;
        p = close;
        while (p < end && *p != ')')
            p++;
    } else {
        const char *const from = p;

        for (; p < end && *p != ')'; p++)
            if (*p == '\\' && end - p > 1)
                p++;
        *url = str_trim((str){from, (size_t)(p - from)});
    }
    return p < end ? p + 1 : end;
}

/* The first `one` or `other` outside of strings, comments and brackets, or end. */
static const char *skip(const char *begin, const char *end, char one, char other) {
    const char *p = begin;
    size_t depth = 0;
    str url;

    while (p < end) {
        if (!special[(uint8_t)*p]) {
            do
                p++;
            while (p < end && !special[(uint8_t)*p]);
        } else if (depth == 0 && (*p == one || *p == other)) {
            return p;
        } else if (*p == '"' || *p == '\'') {
            p = string_end(p, end);
        } else if (*p == '/') {
            p = comment_end(p, end);
        } else if (*p == '\\') {
            p += end - p > 1 ? 2 : 1;
        } else if (*p == '(' && is_url(begin, p)) {
            p = url_end(p, end, &url);
        } else {
            if (*p == '(')
                depth++;
            else if (*p == ')' && depth)
                depth--;
            p++;
        }
    }
    return end;
}

static const char *blanks(const char *p, const char *end) {
    for (;;) {
        while (p < end && html_blank(*p))
            p++;
        if (end - p < 2 || p[0] != '/' || p[1] != '*')
            return p;
        p = comment_end(p, end);
    }
}

bool css_urls(str css, enum html_where where, css_url_fn *url, void *ctx) {
    const char *p = css.ptr, *const end = p + css.len;

    while (p < end) {
        if (!special[(uint8_t)*p]) {
            p++;
        } else if (*p == '"' || *p == '\'') {
            p = string_end(p, end);
        } else if (*p == '/') {
            p = comment_end(p, end);
        } else if (*p == '(' && is_url(css.ptr, p)) {
            str found;

            p = url_end(p, end, &found);
            if (!url(ctx, found, where))
                return false;
        } else {
            p++;
        }
    }
    return true;
}

str css_unescape(str raw, struct buf *room) {
    size_t const at = room->len;
    char *to;

    if (raw.len == 0 || !memchr(raw.ptr, '\\', raw.len))
        return raw;
    if (!(to = buf_reserve(room, 2 * raw.len)))
        return (str){"", 0};
    for (size_t i = 0; i < raw.len;) {
        uint32_t point = 0;
        size_t digits = 0;

        if (raw.ptr[i] != '\\' || i + 1 == raw.len) {
            *to++ = raw.ptr[i++];
            continue;
        }
        for (i++; digits < 6 && i + digits < raw.len; digits++) {
            char const c = html_lower(raw.ptr[i + digits]);

            if (c >= '0' && c <= '9')
                point = point * 16 + (uint32_t)(c - '0');
            else if (c >= 'a' && c <= 'f')
                point = point * 16 + (uint32_t)(c - 'a') + 10;
            else
                break;
        }
        if (!digits) {
            if (raw.ptr[i] != '\n') /* an escaped line end is nothing */
                *to++ = raw.ptr[i];
            i++;
            continue;
        }
        i += digits;
        if (i < raw.len && html_blank(raw.ptr[i]))
            i++;
        if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            point = 0xfffd;
        to += utf8_encode(point, to); /* at most three bytes of two: the room is twice the text */
    }
    room->len = (size_t)(to - room->ptr);
    return (str){room->ptr + at, room->len - at};
}

/* ---- values ---- */

enum unit { UNIT_NONE, UNIT_PX, UNIT_PT, UNIT_PERCENT, UNIT_EM, UNIT_OTHER };

/* A number with its unit at the start of s; false: there is none. */
static bool number(str s, double *n, enum unit *unit) {
    bool const minus = s.len && *s.ptr == '-';
    size_t i = s.len && (*s.ptr == '-' || *s.ptr == '+'), digits = 0;
    double value = 0, scale = 1;
    str name;

    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits++)
        if (value < 1e9)
            value = value * 10 + (s.ptr[i] - '0');
    if (i + 1 < s.len && s.ptr[i] == '.')
        for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits++)
            value += (s.ptr[i] - '0') * (scale /= 10);
    if (!digits)
        return false;
    *n = minus ? -value : value;
    name = str_from(s, i);
    while (name.len && html_blank(name.ptr[name.len - 1]))
        name.len--;
    *unit = name.len == 0                                                   ? UNIT_NONE
            : str_eq(name, S("%"))                                          ? UNIT_PERCENT
            : str_eq_ascii(name, S("px"))                                   ? UNIT_PX
            : str_eq_ascii(name, S("pt"))                                   ? UNIT_PT
            : html_lower(name.ptr[0]) == 'e' || str_eq_ascii(name, S("ch")) ? UNIT_EM
                                                                            : UNIT_OTHER;
    return true;
}

/* zero and one are the bits for "nothing" and "at most one pixel". */
static uint32_t length_bits(double n, enum unit unit, uint32_t zero, uint32_t one) {
    if (n <= 0)
        return zero | one;
    return (n <= 1 && (unit == UNIT_PX || unit == UNIT_NONE)) || (n <= 0.75 && unit == UNIT_PT) ? one : 0;
}

uint32_t css_dimension(str value, uint32_t zero, uint32_t one) {
    double n;
    enum unit unit;

    value = str_trim(value);
    if (!number(value, &n, &unit))
        return 0;
    /* Whatever stands behind the number is passed over, but for a per cent sign: "1px", "1em", "1;" are 1. */
    return length_bits(n, memchr(value.ptr, '%', value.len) ? UNIT_PERCENT : UNIT_PX, zero, one);
}

/* Does a declaration of this property with this value hide: the bits it is about, and those that are set. */
static void declare(unsigned property, str value, uint32_t *given, uint32_t *set) {
    double n = 0;
    enum unit unit = UNIT_NONE;
    bool const is_number = number(value, &n, &unit);
    bool const off = is_number && n <= OFF_PX && (unit == UNIT_PX || unit == UNIT_NONE || unit == UNIT_PT);

    *set = 0;
    switch (property) {
    case P_DISPLAY:
        *given = CSS_NO_DISPLAY;
        *set = str_eq_ascii(value, S("none")) ? *given : 0;
        break;
    case P_VISIBILITY:
        *given = CSS_INVISIBLE;
        if (str_eq_ascii(value, S("inherit")))
            *given = 0;
        *set = str_eq_ascii(value, S("hidden")) || str_eq_ascii(value, S("collapse")) ? *given : 0;
        break;
    case P_OPACITY:
        *given = CSS_TRANSPARENT;
        *set = is_number && n < 0.01 ? *given : 0;
        break;
    case P_OVERFLOW:
        *given = CSS_CLIPPED;
        *set = str_eq_ascii(value, S("hidden")) || str_eq_ascii(value, S("clip")) ? *given : 0;
        break;
    case P_POSITION:
        *given = CSS_POSITIONED;
        *set = str_eq_ascii(value, S("static")) ? 0 : *given;
        break;
    case P_LEFT:
        *given = CSS_LEFT_OFF;
        *set = off ? *given : 0;
        break;
    case P_TOP:
        *given = CSS_TOP_OFF;
        *set = off ? *given : 0;
        break;
    case P_TEXT_INDENT:
    case P_MARGIN_LEFT:
        *given = *set = off ? CSS_MOVED_OFF : 0;
        break;
    case P_FONT_SIZE:
        *given = CSS_FONT_0 | CSS_FONT_RELATIVE;
        if (is_number && (n <= 0 || (n < FONT_MIN_PX && (unit == UNIT_PX || unit == UNIT_PT || unit == UNIT_NONE))))
            *set = CSS_FONT_0;
        else if (is_number ? unit == UNIT_EM || unit == UNIT_PERCENT
                           : str_eq_ascii(value, S("inherit")) || str_eq_ascii(value, S("smaller")) ||
                                 str_eq_ascii(value, S("larger")))
            *set = CSS_FONT_RELATIVE;
        break;
    case P_WIDTH:
        *given = CSS_WIDTH_0 | CSS_WIDTH_1;
        break;
    case P_HEIGHT:
        *given = CSS_HEIGHT_0 | CSS_HEIGHT_1;
        break;
    case P_MAX_WIDTH:
        *given = CSS_MAX_WIDTH_0 | CSS_MAX_WIDTH_1;
        break;
    case P_MAX_HEIGHT:
        *given = CSS_MAX_HEIGHT_0 | CSS_MAX_HEIGHT_1;
        break;
    default:
        *given = 0;
    }
    if (property >= P_WIDTH && property <= P_MAX_HEIGHT && is_number) {
        uint32_t const zero = *given & (CSS_WIDTH_0 | CSS_HEIGHT_0 | CSS_MAX_WIDTH_0 | CSS_MAX_HEIGHT_0);

        *set = length_bits(n, unit, zero, *given & ~zero);
    }
}

void css_over(struct css_box *box, const struct css_box *over) {
    uint32_t const wins = over->given & (~box->important | over->important);

    box->set = (box->set & ~wins) | (over->set & wins);
    box->given |= over->given;
    box->important |= over->important;
}

bool css_declarations(str css, struct css_box *box) {
    const char *p = css.ptr, *const end = p + css.len;
    bool url = false;

    while (p < end) {
        const char *name, *name_end;
        unsigned property;
        struct css_box one = {0};
        str value;

        p = blanks(p, end);
        for (name = p; p < end && !special[(uint8_t)*p] && !html_blank(*p);)
            p++;
        name_end = p;
        p = blanks(p, end);
        if (p == end || *p != ':') { /* no declaration: up to the next */
            p = skip(p, end, ';', ';');
            p += p < end;
            continue;
        }
        property = html_find(html_property_slots, HTML_PROPERTY_FACTOR, HTML_PROPERTY_SHIFT,
                             (str){name, (size_t)(name_end - name)}, end);
        value.ptr = ++p;
        while (p < end && !special[(uint8_t)*p])
            p++;
        if (p < end && *p != ';') {
            p = skip(p, end, ';', ';');
            url = url || memchr(value.ptr, '(', (size_t)(p - value.ptr));
        }
        value.len = (size_t)(p - value.ptr);
        p += p < end;
        if (!property)
            continue;
        if (value.len >= 10) {
            size_t const mark = str_find_byte(value, '!');

            if (mark != SIZE_MAX && str_eq_ascii(str_trim(str_from(value, mark + 1)), S("important"))) {
                value.len = mark;
                one.important = UINT32_MAX;
            }
        }
        declare(property, str_trim(value), &one.given, &one.set);
        one.important &= one.given;
        css_over(box, &one);
    }
    return url;
}

/* ---- style sheets ---- */

static size_t slot_of(const struct css_rules *r, char kind, str name) {
    return (size_t)hash_bytes(name, r->seed + (uint8_t)kind) % CSS_SLOTS;
}

static bool name_byte(char c) {
    return (html_lower(c) >= 'a' && html_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           (uint8_t)c > 0x7f;
}

static void rule_add(struct css_rules *r, const struct css_rule *rule) {
    uint32_t const hiding = ~(CSS_CLIPPED | CSS_POSITIONED | CSS_FONT_RELATIVE);
    size_t slot;

    if (r->count == 0) {
        memset(r->slots, 0, sizeof r->slots);
        r->seed = hash_seed();
    }
    for (slot = slot_of(r, rule->kind, rule->name); r->slots[slot]; slot = (slot + 1) % CSS_SLOTS) {
        struct css_rule *const known = &r->rules[r->slots[slot] - 1];

        if (known->kind == rule->kind && str_eq(known->name, rule->name) && str_eq_ascii(known->tag, rule->tag)) {
            css_over(&known->box, &rule->box);
            return;
        }
    }
    if (!(rule->box.set & hiding) || r->count == CSS_RULES_MAX)
        return;
    r->rules[r->count++] = *rule;
    r->slots[slot] = (uint16_t)r->count;
    r->kinds |= rule->kind == '.' ? 2 : rule->kind == '#' ? 4 : 1;
}

/* One selector of a list: E, .c, E.c, #i or E#i, or it is not for us. */
static void selector_add(struct css_rules *r, str s, const struct css_box *box) {
    struct css_rule rule = {.tag = {"", 0}, .box = *box};
    size_t i = 0;

    s = str_trim(s);
    while (i < s.len && name_byte(s.ptr[i]))
        i++;
    rule.tag = str_first(s, i);
    if (i < s.len) {
        if (s.ptr[i] != '.' && s.ptr[i] != '#')
            return;
        rule.kind = s.ptr[i];
        rule.name = str_from(s, i + 1);
        if (rule.name.len == 0)
            return;
        for (size_t k = 0; k < rule.name.len; k++)
            if (!name_byte(rule.name.ptr[k]))
                return;
    } else if (i == 0 || i > 16) {
        return;
    } else { /* the tag alone is looked up as it is written in small letters */
        rule.name = rule.tag;
        for (size_t k = 0; k < i; k++)
            if (html_lower(s.ptr[k]) != s.ptr[k])
                return;
    }
    rule_add(r, &rule);
}

static void selectors_add(struct css_rules *r, str list, str block) {
    struct css_box box = {0};

    (void)css_declarations(block, &box);
    if (!box.given || (!box.set && !r->count))
        return;
    for (const char *p = list.ptr, *const end = p + list.len; p < end;) {
        const char *const comma = skip(p, end, ',', ',');

        selector_add(r, (str){p, (size_t)(comma - p)}, &box);
        p = comma + 1;
    }
}

/* p is behind "{": the "}" that closes it, or end. */
static const char *block_end(const char *p, const char *end) {
    for (size_t depth = 0; (p = skip(p, end, '{', '}')) < end; p++) {
        if (*p == '{')
            depth++;
        else if (depth-- == 0)
            return p;
    }
    return end;
}

/* At an at-rule's "@": behind it, or within it where rules stand in it (*nested). NULL: stopped. */
static const char *at_rule(const char *p, const char *end, uint32_t *nested, css_url_fn *url, void *ctx) {
    const char *const from = ++p, *stop;
    str name;

    while (p < end && name_byte(*p))
        p++;
    name = (str){from, (size_t)(p - from)};
    stop = skip(p, end, ';', '{');
    if (str_eq_ascii(name, S("import"))) {
        p = blanks(p, stop);
        if (p < stop && (*p == '"' || *p == '\'')) {
            const char *const close = string_end(p, stop);
            str address = {p + 1, (size_t)(close - p - 1)};

            if (address.len && close[-1] == *p)
                address.len--;
            return url(ctx, address, HTML_STYLE) ? stop + (stop < end) : NULL;
        }
        return css_urls((str){p, (size_t)(stop - p)}, HTML_STYLE, url, ctx) ? stop + (stop < end) : NULL;
    }
    if (stop == end || *stop == ';')
        return stop + (stop < end);
    if (str_eq_ascii(name, S("font-face")) || *nested >= NEST_MAX ||
        !(str_eq_ascii(name, S("media")) || str_eq_ascii(name, S("supports")) || str_eq_ascii(name, S("layer")) ||
          str_eq_ascii(name, S("container")) || str_eq_ascii(name, S("document")))) {
        const char *const close = block_end(stop + 1, end);
        enum html_where const where = str_eq_ascii(name, S("font-face")) ? HTML_FONT : HTML_BACKGROUND;

        return css_urls((str){stop + 1, (size_t)(close - stop - 1)}, where, url, ctx) ? close + (close < end) : NULL;
    }
    ++*nested;
    return stop + 1;
}

bool css_sheet(struct css_rules *r, str css, bool hides, css_url_fn *url, void *ctx) {
    const char *p = css.ptr, *const end = p + css.len;
    uint32_t nested = 0;

    while ((p = blanks(p, end)) < end) {
        const char *open, *close;
        str list, block;

        if (*p == '@') {
            if (!(p = at_rule(p, end, &nested, url, ctx)))
                return false;
            continue;
        }
        if (*p == '}' || *p == ';') {
            nested -= *p == '}' && nested;
            p++;
            continue;
        }
        if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
            p += 4;
            continue;
        }
        if (end - p >= 3 && memcmp(p, "-->", 3) == 0) {
            p += 3;
            continue;
        }
        open = skip(p, end, '{', nested ? '}' : '{');
        list = (str){p, (size_t)(open - p)};
        if (open == end || *open == '}') {
            p = open;
            continue;
        }
        close = block_end(open + 1, end);
        block = (str){open + 1, (size_t)(close - open - 1)};
        if (memchr(block.ptr, '(', block.len) && !css_urls(block, HTML_BACKGROUND, url, ctx))
            return false;
        if (hides && !nested)
            selectors_add(r, list, block);
        p = close + (close < end);
    }
    return true;
}

static void match_one(const struct css_rules *r, char kind, str name, str tag, struct css_box *box) {
    for (size_t slot = slot_of(r, kind, name); r->slots[slot]; slot = (slot + 1) % CSS_SLOTS) {
        const struct css_rule *const rule = &r->rules[r->slots[slot] - 1];

        if (rule->kind == kind && str_eq(rule->name, name) && (rule->tag.len == 0 || str_eq_ascii(rule->tag, tag)))
            css_over(box, &rule->box);
    }
}

void css_match(const struct css_rules *r, str tag, str class_names, str id, struct css_box *box) {
    if (r->kinds & 1)
        match_one(r, 0, tag, tag, box);
    if (r->kinds & 2)
        for (const char *p = class_names.ptr, *const end = p + class_names.len; p < end;) {
            const char *const from = p;

            while (p < end && !html_blank(*p))
                p++;
            if (p > from)
                match_one(r, '.', (str){from, (size_t)(p - from)}, tag, box);
            else
                p++;
        }
    if ((r->kinds & 4) && id.len)
        match_one(r, '#', id, tag, box);
}
