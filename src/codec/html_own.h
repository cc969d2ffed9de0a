/* html_own: what the files of html share: names looked up, character references, what CSS says of a box. */
#ifndef CODEC_HTML_OWN_H
#define CODEC_HTML_OWN_H

#include "codec/html.h"

/* A row of the tables that html_table.py makes: a name of at most 16 bytes in two little-endian words. */
struct html_name {
    uint64_t first, second;
    uint8_t len, id; /* len 0: an empty slot */
};

static inline bool html_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}
static inline char html_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A-Z of eight bytes to small letters; all other bytes, also those above 0x7f, stay. */
static inline uint64_t html_lower8(uint64_t v) {
    uint64_t const low = v & 0x7f7f7f7f7f7f7f7f;
    uint64_t const from_a = low + 0x3f3f3f3f3f3f3f3f, beyond_z = low + 0x2525252525252525;

    return v | ((from_a ^ beyond_z) & ~v & 0x8080808080808080) >> 2;
}

/* name as two words of small letters. end: of what may be read behind it. False: longer than 16 bytes. */
static inline bool html_words(str name, const char *end, uint64_t *first, uint64_t *second) {
    uint64_t word[2] = {0, 0};

    if (name.len > 16)
        return false;
    if (end - name.ptr >= 16) { /* almost always: no call, no loop */
        memcpy(word, name.ptr, 16);
        if (name.len < 8)
            word[0] &= ((uint64_t)1 << 8 * name.len) - 1;
        if (name.len < 16)
            word[1] &= name.len <= 8 ? 0 : ((uint64_t)1 << 8 * (name.len - 8)) - 1;
    } else {
        memcpy(word, name.ptr, name.len);
    }
    *first = html_lower8(word[0]);
    *second = html_lower8(word[1]);
    return true;
}

/* The id of a name in any case, or 0. */
static inline unsigned html_find(const struct html_name *slots, uint64_t factor, unsigned shift, str name,
                                 const char *end) {
    uint64_t first, second;
    const struct html_name *row;

    if (!html_words(name, end, &first, &second))
        return 0;
    row = &slots[((first ^ second * 31) * factor) >> shift];
    /* No branches: whether a name is known is as good as random. */
    return (row->first ^ first) | (row->second ^ second) | (row->len ^ name.len) ? 0 : row->id;
}

/* ---- character references (html_reference.c) ---- */

#define HTML_REFERENCE_TEXT_MAX 8u /* bytes that one stands for */

/* s begins with '&': the bytes the reference takes, what it stands for in out; 0: it is none, the '&' is itself.
 * in_attribute: HTML Living Standard 13.2.5.73, `?a=1&copy=2` keeps its `&copy`. */
size_t html_reference(str s, bool in_attribute, char out[HTML_REFERENCE_TEXT_MAX], size_t *out_len);
#define HTML_VALUE_MAX ((size_t)1 << 20) /* a value that is longer keeps its references: memory is bounded */

/* An attribute's value with its references undone and zeros replaced: itself, or a view behind room->len, which grows. Behind it there
 * is room for what is made of its parts, so that the view stays. "" when memory is out. */
str html_value(str raw, struct buf *room);

/* ---- CSS (html_css.c) ---- */

/* What a box can have that matters for whether it is seen: a bit each. */
#define CSS_NO_DISPLAY (1u << 0)
#define CSS_INVISIBLE (1u << 1)
#define CSS_TRANSPARENT (1u << 2)
#define CSS_WIDTH_0 (1u << 3)
#define CSS_WIDTH_1 (1u << 4) /* at most one pixel; _0 has both */
#define CSS_HEIGHT_0 (1u << 5)
#define CSS_HEIGHT_1 (1u << 6)
#define CSS_MAX_WIDTH_0 (1u << 7)
#define CSS_MAX_WIDTH_1 (1u << 8)
#define CSS_MAX_HEIGHT_0 (1u << 9)
#define CSS_MAX_HEIGHT_1 (1u << 10)
#define CSS_CLIPPED (1u << 11)
#define CSS_POSITIONED (1u << 12)
#define CSS_LEFT_OFF (1u << 13)
#define CSS_TOP_OFF (1u << 14)
#define CSS_MOVED_OFF (1u << 15) /* text-indent, margin-left */
#define CSS_FONT_0 (1u << 16)
#define CSS_FONT_RELATIVE (1u << 17) /* to the font around it: 0 stays 0 */

struct css_box {
    uint32_t given, set; /* given: something was said of it; set: it has it */
    uint32_t important;
};

/* Lays `over` over what is there: it wins but for what is important. */
void css_over(struct css_box *box, const struct css_box *over);
/* width or height as attributes give it (13.2.6, rules for dimensions): the bits of `zero` and `one` that apply. */
uint32_t css_dimension(str value, uint32_t zero, uint32_t one);
/* Declarations into an empty box. True: there is perhaps an url( in them. */
bool css_declarations(str css, struct css_box *box);

/* An address: a view, escapes and all (css_unescape). False stops. */
typedef bool css_url_fn(void *ctx, str url, enum html_where where);
bool css_urls(str css, enum html_where where, css_url_fn *url, void *ctx);
/* Escapes undone: itself, or a view behind room->len, which grows by no more than twice its length. */
str css_unescape(str raw, struct buf *room);

#define CSS_RULES_MAX 1024u /* that hide; further ones are not kept */
#define CSS_SLOTS (2 * CSS_RULES_MAX)

struct css_rule {
    str tag, name; /* views of the style sheet */
    struct css_box box;
    char kind; /* '.', '#', or 0: the tag alone */
};

/* What style sheets hide: simple selectors (E, .c, E.c, #i, E#i) outside of @media. */
struct css_rules {
    uint64_t seed;
    uint32_t count, kinds;     /* kinds: 1 tag, 2 class, 4 id; both 0 at first, the rest is made with the first rule */
    uint16_t slots[CSS_SLOTS]; /* index + 1, by hash of kind and name */
    struct css_rule rules[CSS_RULES_MAX];
};

/* The content of a style element. hides: its rules count (they do not in what only Outlook reads). */
bool css_sheet(struct css_rules *r, str css, bool hides, css_url_fn *url, void *ctx);
/* What they say of an element; laid over box in the order tag, class, id. class_names: blanks between. */
void css_match(const struct css_rules *r, str tag, str class_names, str id, struct css_box *box);

#endif
