/* html: mail's HTML as a row of tags and texts (HTML Living Standard 13.2.5), and who is hidden in whom.
 *
 * There is no state machine: each construct is read by a function of its own, which looks for its end sixteen bytes at a time. Of tree
 * construction (13.2.6) there is a stack of open elements with what each hides, the end tags that may be left out, and formatting
 * elements that end out of order; no foster parents. What nobody sees by its nature (noframes, iframe, conditional comments) is read
 * once more, from within, for its addresses.
 *
 * The judge is an ordinary mail program: no scripts run (so noscript is shown), CSS counts, media queries do not, Outlook's conditional
 * comments are comments. */
#include "codec/html.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "codec/html_own.h"
#include "html_table.h"

#define NESTED_MAX 3u /* readings within readings: a conditional comment in what is unseen, or the other way about */
#define LINK_TEXT_MAX 256u
#define SHOWN_MAX 4096u /* text that is handed on at once */
#define SEEN_SLOTS 64u
#define NAME_MAX 64u /* of an element, as it is told */

/* Why what is in an element is not seen. */
#define HID_BOX 1u        /* no box, or none that can be seen: nothing within can undo it */
#define HID_VISIBILITY 2u /* an element within may be visible again */
#define HID_FONT 4u       /* letters of no size: hides text only */

struct open {
    uint32_t hash; /* of the name where E_NONE */
    uint8_t element;
    uint8_t bits;       /* HID_*, of all around it as well */
    uint8_t set, clear; /* its own part of that */
};

/* The link that is open: told when it ends. */
struct link {
    const char *view;      /* NULL: the address is in room at `at` */
    size_t at, len, mark;  /* mark: what room held before */
    uint32_t flags, depth; /* depth: of the stack when it began */
    uint8_t bits;
    bool open, shown, blank;
    uint16_t text_len;
    char text[LINK_TEXT_MAX];
};

/* A style attribute that was judged before: mails say the same again and again. */
struct seen {
    const char *ptr;
    uint32_t len;
    bool url;
    struct css_box box;
};

struct html {
    const struct html_visitor *visitor;
    struct buf *room;
    const char *end;
    bool going; /* false: the visitor stopped */
    bool quirks;
    bool only_outlook; /* within a conditional comment */
    bool unseen;       /* within noframes or its like: others of them are elements as all */
    uint32_t nested;

    uint32_t depth, base, beyond; /* beyond: elements that the stack had no room for */
    uint32_t pre, foreign;        /* how many of them are open */
    uint8_t bits, base_bits;
    uint32_t at_url_flags; /* of the element whose style is being read */

    bool shown_hidden;      /* what is in shown */
    bool line[2], blank[2]; /* of shown and of hidden text: the line has something; a blank is owed */
    size_t shown_len;
    struct link link;
    uint16_t count[HTML_ELEMENTS]; /* open elements by name */
    /* The rest is not set to zero. */
    struct open stack[HTML_DEPTH_MAX];
    char shown[SHOWN_MAX];
    struct seen seen[SEEN_SLOTS];
    struct css_rules rules;
};

struct tag {
    unsigned element, is;
    str name; /* as written */
    uint64_t have;
    bool closes_itself;
    str value[HTML_ATTRIBUTES];
};

/* ---- looking for bytes ---- */

static inline const char *find(const char *p, const char *end, char c) {
#ifdef __SSE2__
    __m128i const wanted = _mm_set1_epi8(c);

    for (; end - p >= 16; p += 16) {
        int const mask = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), wanted));

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != c)
        p++;
    return p;
}

/* The first byte that is '&', below a blank, or the first of two blanks. */
static inline const char *find_odd(const char *p, const char *end) {
#ifdef __SSE2__
    __m128i const blank = _mm_set1_epi8(' '), and = _mm_set1_epi8('&'), control = _mm_set1_epi8(0x1f);

    for (; end - p >= 17; p += 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i const next = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        __m128i const two = _mm_and_si128(_mm_cmpeq_epi8(v, blank), _mm_cmpeq_epi8(next, blank));
        __m128i const low = _mm_cmpeq_epi8(_mm_min_epu8(v, control), v);
        int const mask = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(two, low), _mm_cmpeq_epi8(v, and)));

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    for (; p < end; p++)
        if (*p == '&' || (uint8_t)*p < 0x20 || (*p == ' ' && end - p > 1 && p[1] == ' '))
            break;
    return p;
}

/* ---- text ---- */

static void flush(struct html *h) {
    if (h->shown_len && h->going && h->visitor->text)
        h->going = h->visitor->text(h->visitor->ctx, (str){h->shown, h->shown_len}, h->shown_hidden);
    h->shown_len = 0;
}

static void append(struct html *h, str s, bool hidden) {
    if (h->shown_hidden != hidden || s.len > SHOWN_MAX - h->shown_len) {
        flush(h);
        h->shown_hidden = hidden;
    }
    if (s.len > SHOWN_MAX) {
        if (h->going && h->visitor->text)
            h->going = h->visitor->text(h->visitor->ctx, s, hidden);
        return;
    }
    memcpy(h->shown + h->shown_len, s.ptr, s.len);
    h->shown_len += s.len;
}

/* A link's text: as much as there is room for, whole characters. */
static void link_text(struct link *link, str s) {
    size_t len = LINK_TEXT_MAX - link->text_len;

    if (link->blank && link->text_len && len) {
        link->text[link->text_len++] = ' ';
        len--;
    }
    link->blank = false;
    if (s.len <= len)
        len = s.len;
    else
        while (len && ((uint8_t)s.ptr[len] & 0xc0) == 0x80)
            len--;
    memcpy(link->text + link->text_len, s.ptr, len);
    link->text_len = (uint16_t)(link->text_len + len);
    if (len < s.len) { /* nothing more: what follows would not follow */
        while (link->text_len < LINK_TEXT_MAX)
            link->text[link->text_len++] = ' ';
    }
}

static inline bool is_hidden(const struct html *h) {
    return h->bits || h->only_outlook;
}

static inline void owe_blank(struct html *h) {
    h->blank[is_hidden(h)] = true;
    h->link.blank = true;
}

/* Text that is something: no white space at its ends that is not meant. */
static void put(struct html *h, str s) {
    bool const hidden = is_hidden(h);

    if (h->blank[hidden] && h->line[hidden])
        append(h, S(" "), hidden);
    h->blank[hidden] = false;
    h->line[hidden] = true;
    append(h, s, hidden);
    if (h->link.open && !(h->bits & ~h->link.bits))
        link_text(&h->link, s);
    h->link.shown = h->link.shown || !(h->bits & HID_FONT);
}

static void line_end(struct html *h) {
    for (unsigned hidden = 0; hidden < 2; hidden++) {
        if (h->line[hidden])
            append(h, S("\n"), hidden);
        h->line[hidden] = h->blank[hidden] = false;
    }
    h->link.blank = true;
}

/* pre: white space is meant. */
static void text_pre(struct html *h, const char *p, const char *end, bool references) {
    while (p < end) {
        const char *q = p;
        char out[HTML_REFERENCE_TEXT_MAX];
        size_t took, len;

        while (q < end && *q != '\n' && *q != '\r' && *q != '\0' && *q != '&')
            q++;
        if (q > p)
            put(h, (str){p, (size_t)(q - p)});
        if (q == end)
            return;
        p = q + 1;
        if (*q == '\n') {
            line_end(h);
        } else if (*q == '\r') {
            if (p == end || *p != '\n')
                line_end(h);
        } else if (*q == '&') {
            if (references && (took = html_reference((str){q, (size_t)(end - q)}, false, out, &len)) > 0) {
                put(h, (str){out, len});
                p = q + took;
            } else {
                put(h, S("&"));
            }
        }
    }
}

static void text(struct html *h, const char *p, const char *end, bool references) {
    if (h->pre) {
        text_pre(h, p, end, references);
        return;
    }
    for (;;) {
        const char *q, *last;
        char out[HTML_REFERENCE_TEXT_MAX];
        size_t took, len;

        if (p < end && html_blank(*p)) {
            do
                p++;
            while (p < end && html_blank(*p));
            owe_blank(h);
        }
        if (p == end)
            return;
        q = find_odd(p, end);
        last = q > p && q[-1] == ' ' ? q - 1 : q;
        if (last > p)
            put(h, (str){p, (size_t)(last - p)});
        if (last < q)
            owe_blank(h);
        p = q;
        if (p == end)
            return;
        if (*p == '&') {
            took = references ? html_reference((str){p, (size_t)(end - p)}, false, out, &len) : 0;
            if (!took)
                put(h, S("&"));
            else if (len == 1 && html_blank(*out))
                owe_blank(h);
            else
                put(h, (str){out, len});
            p += took ? took : 1;
        } else if (!html_blank(*p)) {
            if (*p != '\0') /* 13.2.6.4.7: a zero is nothing */
                put(h, (str){p, 1});
            p++;
        }
    }
}

/* ---- addresses ---- */

/* An address without blanks and control characters at its ends and line ends and tabs within (URL Standard 4.4). */
static str cleaned(str s, struct buf *room) {
    size_t at;
    char *to;

    while (s.len && (uint8_t)*s.ptr <= ' ')
        s = str_from(s, 1);
    while (s.len && (uint8_t)s.ptr[s.len - 1] <= ' ')
        s.len--;
    for (at = 0; at < s.len && s.ptr[at] != '\n' && s.ptr[at] != '\r' && s.ptr[at] != '\t';)
        at++;
    if (at == s.len)
        return s;
    if (!(to = buf_reserve(room, s.len)))
        return (str){"", 0};
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '\n' && s.ptr[i] != '\r' && s.ptr[i] != '\t')
            *to++ = s.ptr[i];
    at = room->len;
    room->len = (size_t)(to - room->ptr);
    return (str){room->ptr + at, room->len - at};
}

static void tell(struct html *h, str url, enum html_where where, uint32_t flags, str link) {
    struct html_url const u = {url, where, flags | (h->only_outlook ? HTML_ONLY_OUTLOOK : 0), link};

    if (url.len && h->going && !h->room->failed && h->visitor->url)
        h->going = h->visitor->url(h->visitor->ctx, &u);
}

/* An address out of a value whose references are undone already. */
static void address(struct html *h, str value, enum html_where where, uint32_t flags) {
    size_t const mark = h->room->len;

    tell(h, cleaned(value, h->room), where, flags, (str){"", 0});
    h->room->len = mark;
}

static void attribute_address(struct html *h, str raw, enum html_where where, uint32_t flags) {
    size_t const mark = h->room->len;

    address(h, html_value(raw, h->room), where, flags);
    h->room->len = mark;
}

static bool css_address(void *ctx, str url, enum html_where where) {
    struct html *const h = ctx;
    size_t const mark = h->room->len;

    if (url.len > 4 * HTML_VALUE_MAX) /* a picture in a style sheet: a view of the text, not of room */
        address(h, url, where, h->at_url_flags);
    else if (buf_reserve(h->room, 4 * url.len + 1))
        address(h, css_unescape(url, h->room), where, h->at_url_flags);
    h->room->len = mark;
    return h->going;
}

/* srcset: candidates of an address and what it is for (4.8.4.3.10). */
static void candidates(struct html *h, str raw, uint32_t flags) {
    size_t const mark = h->room->len;
    str const value = html_value(raw, h->room);
    const char *p = value.ptr, *const end = p + value.len;

    while (p < end) {
        const char *from, *to;

        while (p < end && (html_blank(*p) || *p == ','))
            p++;
        for (from = p; p < end && !html_blank(*p);)
            p++;
        for (to = p; to > from && to[-1] == ',';)
            to--;
        address(h, (str){from, (size_t)(to - from)}, HTML_IMAGE, flags);
        if (to < p)
            continue;
        for (unsigned brackets = 0; p < end && (*p != ',' || brackets); p++) {
            if (*p == '(')
                brackets++;
            else if (*p == ')' && brackets)
                brackets--;
        }
    }
    h->room->len = mark;
}

/* meta refresh: "5; url=..." (4.2.5.3). */
static void refresh(struct html *h, str raw) {
    size_t const mark = h->room->len;
    str s = str_trim(html_value(raw, h->room));

    while (s.len && ((*s.ptr >= '0' && *s.ptr <= '9') || *s.ptr == '.'))
        s = str_from(s, 1);
    while (s.len && (html_blank(*s.ptr) || *s.ptr == ';' || *s.ptr == ','))
        s = str_from(s, 1);
    if (s.len > 3 && str_eq_ascii(str_first(s, 3), S("url"))) {
        str const behind = str_trim(str_from(s, 3));

        if (behind.len && *behind.ptr == '=')
            s = str_trim(str_from(behind, 1));
    }
    if (s.len && (*s.ptr == '"' || *s.ptr == '\'')) {
        size_t const close = str_find_byte(str_from(s, 1), *s.ptr);

        s = str_first(str_from(s, 1), close);
    }
    address(h, s, HTML_REFRESH, 0);
    h->room->len = mark;
}

static bool has_word(str list, str word) {
    while (list.len) {
        size_t n = 0;

        while (n < list.len && !html_blank(list.ptr[n]))
            n++;
        if (str_eq_ascii(str_first(list, n), word))
            return true;
        list = str_from(list, n + 1);
    }
    return false;
}

static enum html_where link_where(str rel) {
    static const struct {
        str word;
        enum html_where where;
    } words[] = {
        {STR("stylesheet"), HTML_STYLE}, {STR("icon"), HTML_IMAGE},           {STR("apple-touch-icon"), HTML_IMAGE},
        {STR("prefetch"), HTML_REFRESH}, {STR("dns-prefetch"), HTML_REFRESH}, {STR("preconnect"), HTML_REFRESH},
        {STR("preload"), HTML_REFRESH},  {STR("prerender"), HTML_REFRESH},    {STR("modulepreload"), HTML_REFRESH},
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (has_word(rel, words[i].word))
            return words[i].where;
    return HTML_LINK;
}

/* ---- the link that is open ---- */

static void link_end(struct html *h) {
    struct link *const link = &h->link;

    if (!link->open)
        return;
    while (link->text_len && link->text[link->text_len - 1] == ' ')
        link->text_len--;
    if ((link->bits & HID_FONT) && !link->shown)
        link->flags |= HTML_HIDDEN;
    tell(h, (str){link->view ? link->view : h->room->ptr + link->at, link->len}, HTML_LINK, link->flags,
         (str){link->text, link->text_len});
    link->open = false;
    h->room->len = link->mark;
}

static void link_begin(struct html *h, str raw, uint32_t flags) {
    size_t const mark = h->room->len;
    str const url = cleaned(html_value(raw, h->room), h->room);

    h->link.open = true;
    h->link.mark = mark;
    h->link.shown = h->link.blank = false;
    h->link.text_len = 0;
    h->link.flags = flags;
    h->link.bits = h->bits;
    h->link.depth = h->depth;
    h->link.len = url.len;
    h->link.view = h->room->len > mark ? NULL : url.ptr;
    h->link.at = h->room->len > mark && url.len ? (size_t)(url.ptr - h->room->ptr) : 0;
}

/* ---- the stack ---- */

static void bits_again(struct html *h, uint32_t from) {
    uint8_t bits = from > h->base ? h->stack[from - 1].bits : h->base_bits;

    for (uint32_t i = from; i < h->depth; i++)
        bits = h->stack[i].bits = (uint8_t)((bits & ~h->stack[i].clear) | h->stack[i].set);
    h->bits = bits;
}

static void forget(struct html *h, const struct open *o) {
    h->count[o->element]--;
    h->pre -= o->element == E_PRE || o->element == E_LISTING || o->element == E_PLAINTEXT;
    h->foreign -= (html_element_is[o->element] & IS_FOREIGN) != 0;
}

static void push(struct html *h, const struct open *o) {
    if (h->depth == HTML_DEPTH_MAX) {
        h->beyond++;
        return;
    }
    h->stack[h->depth++] = *o;
    h->count[o->element]++;
    h->pre += o->element == E_PRE || o->element == E_LISTING || o->element == E_PLAINTEXT;
    h->foreign += (html_element_is[o->element] & IS_FOREIGN) != 0;
    h->bits = o->bits;
}

/* Closes all down to place `to`. Formatting elements that hide stay open (13.2.6.3, reconstruct the active formatting elements), unless
 * what is closed keeps them in: a cell, a table. */
static void pop_to(struct html *h, uint32_t to) {
    struct open kept[8];
    uint32_t kept_count = 0;
    bool const scope = html_element_is[h->stack[to].element] & IS_SCOPE;
    unsigned closed = 0;

    h->beyond = 0;
    for (uint32_t i = h->depth; i-- > to;) {
        const struct open *const o = &h->stack[i];

        if (!scope && i > to && (html_element_is[o->element] & IS_FORMAT) && (o->set | o->clear) &&
            kept_count < COUNT(kept))
            kept[kept_count++] = *o;
        closed |= html_element_is[o->element];
        forget(h, o);
    }
    if (closed & IS_BLOCK)
        line_end(h);
    h->depth = to;
    if (scope && h->link.open && h->link.depth > to)
        link_end(h);
    bits_again(h, to);
    while (kept_count--) {
        struct open o = kept[kept_count];

        o.bits = (uint8_t)((h->bits & ~o.clear) | o.set);
        push(h, &o);
    }
}

static void take_out(struct html *h, uint32_t at) {
    forget(h, &h->stack[at]);
    memmove(h->stack + at, h->stack + at + 1, (h->depth - at - 1) * sizeof *h->stack);
    h->depth--;
    bits_again(h, at);
}

#define NOWHERE UINT32_MAX

/* The innermost open `element`, above what keeps it in. */
static uint32_t innermost(const struct html *h, unsigned element, uint32_t hash, unsigned is) {
    bool const of_table = element == E_TABLE || element == E_TD || element == E_TH || element == E_TR ||
                          element == E_TBODY || element == E_THEAD || element == E_TFOOT || element == E_CAPTION;
    bool const is_inline = !(is & (IS_BLOCK | IS_SPECIAL | IS_FORMAT));

    if (!h->count[element])
        return NOWHERE;
    for (uint32_t i = h->depth; i-- > h->base;) {
        const struct open *const o = &h->stack[i];
        unsigned const around = html_element_is[o->element];

        if (o->element == element && (element || o->hash == hash))
            return i;
        if (of_table ? o->element == E_TABLE : (around & IS_SCOPE) || (is_inline && (around & IS_SPECIAL)))
            return NOWHERE;
    }
    return NOWHERE;
}

/* li, dd, dt: the innermost of one or the other, unless something else stands between (13.2.6.4.7). */
static void item_end(struct html *h, unsigned one, unsigned other) {
    if (!h->count[one] && !h->count[other])
        return;
    for (uint32_t i = h->depth; i-- > h->base;) {
        unsigned const e = h->stack[i].element;

        if (e == one || e == other) {
            pop_to(h, i);
            return;
        }
        if ((html_element_is[e] & IS_SPECIAL) && e != E_ADDRESS && e != E_DIV && e != E_P)
            return;
    }
}

static void close_if_open(struct html *h, unsigned element) {
    uint32_t const at = innermost(h, element, 0, html_element_is[element]);

    if (at != NOWHERE)
        pop_to(h, at);
}

/* What ends because this element begins. */
static void implied_ends(struct html *h, const struct tag *t) {
    if ((t->is & IS_CLOSES_P) && h->count[E_P] && !(t->element == E_TABLE && h->quirks))
        close_if_open(h, E_P);
    switch (t->element) {
    case E_LI:
        item_end(h, E_LI, E_LI);
        break;
    case E_DD:
    case E_DT:
        item_end(h, E_DD, E_DT);
        break;
    case E_TD:
    case E_TH:
        close_if_open(h, E_TD);
        close_if_open(h, E_TH);
        break;
    case E_TR:
        close_if_open(h, E_TR);
        break;
    case E_TBODY:
    case E_THEAD:
    case E_TFOOT:
        close_if_open(h, E_TBODY);
        close_if_open(h, E_THEAD);
        close_if_open(h, E_TFOOT);
        close_if_open(h, E_TR);
        break;
    case E_OPTION:
    case E_OPTGROUP:
        close_if_open(h, E_OPTION);
        break;
    default:
        break;
    }
    /* Foreign content ends where HTML breaks out of it (13.2.6.5). */
    if (h->foreign && ((t->is & (IS_FORMAT | IS_BLOCK)) || t->element == E_IMG || t->element == E_SPAN) &&
        t->element != E_A && t->element != E_TITLE)
        for (uint32_t i = h->depth; i-- > h->base;) {
            unsigned const is = html_element_is[h->stack[i].element];

            if (is & IS_SCOPE)
                break;
            if (is & IS_FOREIGN) {
                pop_to(h, i);
                break;
            }
        }
}

static uint32_t name_hash(str name, const char *end) {
    uint64_t first, second;

    if (!html_words(name, end, &first, &second))
        (void)html_words(str_first(name, 16), end, &first, &second);
    return (uint32_t)(((first ^ second * 31) * 0x9e3779b97f4a7c15u) >> 32) + (uint32_t)name.len;
}

static void tell_name(struct html *h, bool (*hear)(void *ctx, str name), str name) {
    char lower[NAME_MAX];

    if (!hear || h->only_outlook || !h->going)
        return;
    name = str_first(name, sizeof lower);
    for (size_t i = 0; i < name.len; i++)
        lower[i] = html_lower(name.ptr[i]);
    h->going = hear(h->visitor->ctx, (str){lower, name.len});
}

/* Who hears of ends hears of texts and tags in their order. */
static void settle(struct html *h, const struct tag *t) {
    if (!h->visitor->ended)
        return;
    if (t->is & IS_BLOCK || t->element == E_BR)
        line_end(h);
    flush(h);
}

static void end_tag(struct html *h, const struct tag *t) {
    uint32_t at;

    if (t->is & IS_BLOCK || t->element == E_BR)
        line_end(h);
    if (t->element == E_A)
        link_end(h);
    settle(h, t);
    tell_name(h, h->visitor->ended, t->name);
    if (t->is & (IS_ROOT | IS_VOID))
        return;
    if (h->beyond) {
        h->beyond--;
        return;
    }
    at = innermost(h, t->element, t->element ? 0 : name_hash(t->name, h->end), t->is);
    if (at == NOWHERE)
        return;
    if (at + 1 < h->depth && ((t->is & IS_FORMAT) || t->element == E_FORM))
        take_out(h, at);
    else
        pop_to(h, at);
}

/* ---- an element begins ---- */

static bool is_replaced(unsigned element) {
    return element == E_IMG || element == E_IMAGE || element == E_INPUT || element == E_IFRAME || element == E_EMBED ||
           element == E_OBJECT || element == E_VIDEO || element == E_FRAME || element == E_V_IMAGEDATA ||
           element == E_V_IMAGE;
}

static bool has(const struct tag *t, unsigned attribute) {
    return t->have >> attribute & 1;
}

/* What a style attribute says; true: it has perhaps addresses. */
static bool style_box(struct html *h, str style, bool remember, struct css_box *box) {
    struct seen *s;
    uint64_t middle = 0, last = 0;

    if (!remember || style.len < 8 || style.len > UINT32_MAX)
        return css_declarations(style, box);
    memcpy(&middle, style.ptr + (style.len - 8) / 2, 8);
    memcpy(&last, style.ptr + style.len - 8, 8);
    s = &h->seen[((middle * 31 + last + style.len) * 0x9e3779b97f4a7c15u) >> 58];
    if (s->len != style.len || memcmp(s->ptr, style.ptr, style.len) != 0) {
        *s = (struct seen){.ptr = style.ptr, .len = (uint32_t)style.len};
        s->url = css_declarations(style, &s->box);
    }
    *box = s->box;
    return s->url;
}

/* The element's box: attributes, then style sheets, then its own style. style: "" or what is to be searched for addresses. */
static struct css_box box_of(struct html *h, const struct tag *t, str *style) {
    struct css_box box = {0}, own = {0};

    if (has(t, A_WIDTH)) {
        box.set |= css_dimension(t->value[A_WIDTH], CSS_WIDTH_0, CSS_WIDTH_1);
        box.given |= CSS_WIDTH_0 | CSS_WIDTH_1;
    }
    if (has(t, A_HEIGHT)) {
        box.set |= css_dimension(t->value[A_HEIGHT], CSS_HEIGHT_0, CSS_HEIGHT_1);
        box.given |= CSS_HEIGHT_0 | CSS_HEIGHT_1;
    }
    if (has(t, A_HIDDEN))
        box.set |= CSS_NO_DISPLAY;
    if (h->rules.kinds) {
        str const class_names = has(t, A_CLASS) ? html_value(t->value[A_CLASS], h->room) : (str){"", 0};
        char lower[16];
        str const tag = {lower, t->name.len < sizeof lower ? t->name.len : sizeof lower};

        for (size_t i = 0; i < tag.len; i++)
            lower[i] = html_lower(t->name.ptr[i]);
        if (!has(t, A_ID) || !memchr(t->value[A_ID].ptr, '&', t->value[A_ID].len))
            css_match(&h->rules, tag, class_names, has(t, A_ID) ? t->value[A_ID] : (str){"", 0}, &box);
        else /* nobody writes an id with a reference in it */
            css_match(&h->rules, tag, class_names, (str){"", 0}, &box);
    }
    *style = (str){"", 0};
    if (has(t, A_STYLE)) {
        str const value = html_value(t->value[A_STYLE], h->room);

        if (style_box(h, value, value.ptr == t->value[A_STYLE].ptr, &own))
            *style = value;
        css_over(&box, &own);
    }
    return box;
}

static void hide(const struct tag *t, const struct css_box *box, struct open *o) {
    uint32_t const set = box->set;
    bool const replaced = is_replaced(t->element);
    bool off = (set & CSS_POSITIONED) && (set & (CSS_LEFT_OFF | CSS_TOP_OFF));

    off = off || (set & (CSS_NO_DISPLAY | CSS_TRANSPARENT | CSS_MOVED_OFF | CSS_MAX_HEIGHT_0));
    if (replaced)
        off = off || (set & (CSS_WIDTH_0 | CSS_HEIGHT_0 | CSS_MAX_WIDTH_0));
    else if (set & CSS_CLIPPED)
        off = off || (set & (CSS_WIDTH_1 | CSS_HEIGHT_1 | CSS_MAX_WIDTH_1 | CSS_MAX_HEIGHT_1));
    if (off)
        o->set |= HID_BOX;
    if (box->given & CSS_INVISIBLE)
        *(set & CSS_INVISIBLE ? &o->set : &o->clear) |= HID_VISIBILITY;
    if (set & CSS_FONT_0)
        o->set |= HID_FONT;
    else if ((box->given & CSS_FONT_0) && !(set & CSS_FONT_RELATIVE))
        o->clear |= HID_FONT;
}

static bool one_pixel(uint32_t set) {
    return (set & (CSS_WIDTH_1 | CSS_MAX_WIDTH_1)) && (set & (CSS_HEIGHT_1 | CSS_MAX_HEIGHT_1));
}

/* Which attribute of which element is an address, and of what sort: the rows of an element in a row, the frequent first. */
static const struct {
    uint8_t element, attribute, where;
} addresses[] = {
    {E_IMG, A_SRC, HTML_IMAGE},         {E_IMG, A_LOWSRC, HTML_IMAGE},       {E_IMG, A_DYNSRC, HTML_IMAGE},
    {E_IMAGE, A_SRC, HTML_IMAGE},       {E_IMAGE, A_HREF, HTML_IMAGE},       {E_IMAGE, A_XLINK_HREF, HTML_IMAGE},
    {E_USE, A_HREF, HTML_IMAGE},        {E_USE, A_XLINK_HREF, HTML_IMAGE},   {E_VIDEO, A_SRC, HTML_MEDIA},
    {E_VIDEO, A_POSTER, HTML_IMAGE},    {E_AUDIO, A_SRC, HTML_MEDIA},        {E_SOURCE, A_SRC, HTML_MEDIA},
    {E_TRACK, A_SRC, HTML_MEDIA},       {E_BGSOUND, A_SRC, HTML_MEDIA},      {E_IFRAME, A_SRC, HTML_FRAME},
    {E_FRAME, A_SRC, HTML_FRAME},       {E_EMBED, A_SRC, HTML_FRAME},        {E_OBJECT, A_DATA, HTML_FRAME},
    {E_SCRIPT, A_SRC, HTML_FRAME},      {E_AREA, A_HREF, HTML_LINK},         {E_BASE, A_HREF, HTML_REFRESH},
    {E_FORM, A_ACTION, HTML_LINK},      {E_BUTTON, A_FORMACTION, HTML_LINK}, {E_INPUT, A_FORMACTION, HTML_LINK},
    {E_V_FILL, A_SRC, HTML_BACKGROUND}, {E_V_IMAGEDATA, A_SRC, HTML_IMAGE},  {E_V_IMAGE, A_SRC, HTML_IMAGE},
    {E_V_IMAGE, A_HREF, HTML_LINK},     {E_V_RECT, A_HREF, HTML_LINK},       {E_V_ROUNDRECT, A_HREF, HTML_LINK},
    {E_V_SHAPE, A_HREF, HTML_LINK},     {E_V_OVAL, A_HREF, HTML_LINK},       {E_V_LINE, A_HREF, HTML_LINK},
};

#define ADDRESS_ATTRIBUTES                                                                                             \
    ((uint64_t)1 << A_SRC | (uint64_t)1 << A_SRCSET | (uint64_t)1 << A_HREF | (uint64_t)1 << A_XLINK_HREF |            \
     (uint64_t)1 << A_LOWSRC | (uint64_t)1 << A_DYNSRC | (uint64_t)1 << A_POSTER | (uint64_t)1 << A_DATA |             \
     (uint64_t)1 << A_ACTION | (uint64_t)1 << A_FORMACTION | (uint64_t)1 << A_BACKGROUND | (uint64_t)1 << A_CONTENT)

static void attribute_addresses(struct html *h, const struct tag *t, uint32_t flags) {
    if (has(t, A_BACKGROUND))
        attribute_address(h, t->value[A_BACKGROUND], HTML_BACKGROUND, flags);
    if (has(t, A_SRCSET) && (t->element == E_IMG || t->element == E_SOURCE))
        candidates(h, t->value[A_SRCSET], flags);
    if (t->element == E_LINK && has(t, A_HREF))
        attribute_address(h, t->value[A_HREF], link_where(has(t, A_REL) ? t->value[A_REL] : (str){"", 0}), flags);
    if (t->element == E_META && has(t, A_CONTENT) && has(t, A_HTTP_EQUIV) &&
        str_eq_ascii(str_trim(t->value[A_HTTP_EQUIV]), S("refresh")))
        refresh(h, t->value[A_CONTENT]);
    if (t->element == E_INPUT && has(t, A_SRC) && has(t, A_TYPE) && str_eq_ascii(t->value[A_TYPE], S("image")))
        attribute_address(h, t->value[A_SRC], HTML_IMAGE, flags);
    for (size_t i = 0; t->element != E_A && i < COUNT(addresses); i++)
        if (addresses[i].element == t->element) {
            if (has(t, addresses[i].attribute))
                attribute_address(h, t->value[addresses[i].attribute], addresses[i].where, flags);
            if (i + 1 < COUNT(addresses) && addresses[i + 1].element != t->element)
                break;
        }
}

static void start_tag(struct html *h, const struct tag *t) {
    struct open o = {.element = (uint8_t)t->element};
    bool const in_table = h->count[E_TABLE];
    size_t mark;
    uint32_t flags = 0;
    uint8_t outer;

    settle(h, t);
    tell_name(h, h->visitor->element, t->name);
    implied_ends(h, t);
    mark = h->room->len;
    if (t->is & IS_BLOCK || t->element == E_BR)
        line_end(h);
    outer = h->bits;
    if (t->have || h->rules.kinds) {
        str style;
        struct css_box const box = box_of(h, t, &style);

        hide(t, &box, &o);
        o.bits = (uint8_t)((outer & ~o.clear) | o.set);
        flags = (o.bits & (HID_BOX | HID_VISIBILITY) ? HTML_HIDDEN : 0) | (one_pixel(box.set) ? HTML_ONE_PIXEL : 0);
        h->at_url_flags = flags;
        if (style.len)
            (void)css_urls(style, HTML_BACKGROUND, css_address, h);
        h->room->len = mark;
        if (t->have & ADDRESS_ATTRIBUTES)
            attribute_addresses(h, t, flags);
    } else {
        o.bits = outer;
    }
    if (t->is & IS_UNSEEN) { /* what is in it, not the element itself */
        o.set |= HID_BOX;
        o.bits |= HID_BOX;
    }
    if (t->element == E_IMG && h->link.open && !(o.bits & (HID_BOX | HID_VISIBILITY)))
        h->link.shown = true;
    if (t->element == E_A) {
        uint32_t const former = innermost(h, E_A, 0, t->is);

        link_end(h);
        if (former != NOWHERE) {
            take_out(h, former);
            o.bits = (uint8_t)((h->bits & ~o.clear) | o.set);
        }
    }
    if (!(t->is & IS_VOID) && !(h->foreign && t->closes_itself)) {
        bool const stray = !in_table && (t->element == E_TD || t->element == E_TH || t->element == E_TR ||
                                         t->element == E_TBODY || t->element == E_THEAD || t->element == E_TFOOT ||
                                         t->element == E_CAPTION || t->element == E_COLGROUP);

        if (!t->element)
            o.hash = name_hash(t->name, h->end);
        if ((t->is & IS_ROOT) ? o.set != 0 : !stray)
            push(h, &o);
    }
    if (t->element == E_A && (has(t, A_HREF) || has(t, A_XLINK_HREF))) {
        link_begin(h, t->value[has(t, A_HREF) ? A_HREF : A_XLINK_HREF], flags);
        h->link.bits = o.bits;
    }
}

/* ---- tags ---- */

/* Bytes that end the name of a tag or an attribute. '=' ends only the latter. */
static const bool ends_name[256] = {
    [' '] = true, ['\t'] = true, ['\n'] = true, ['\f'] = true, ['\r'] = true, ['/'] = true, ['>'] = true, ['='] = true};

/* The end of the name that begins at p. attribute: '=' ends it. */
static inline const char *name_end(const char *p, const char *end, bool attribute) {
#ifdef __SSE2__
    if (end - p >= 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i const low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(' ')), v); /* some are no blanks: seen below */
        __m128i const mark = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('/')), _mm_cmpeq_epi8(v, _mm_set1_epi8('>')));
        __m128i const sign = _mm_cmpeq_epi8(v, _mm_set1_epi8(attribute ? '=' : '>'));
        int const mask = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, mark), sign));

        p += mask ? __builtin_ctz((unsigned)mask) : 16;
    }
#endif
    while (p < end && (!ends_name[(uint8_t)*p] || (!attribute && *p == '=')))
        p++;
    return p;
}

static inline const char *blanks(const char *p, const char *end) {
    while (p < end && html_blank(*p))
        p++;
    return p;
}

/* p is behind the name: the place behind '>', or NULL: the text ends before (no tag then). Which attributes t has; of two of a name
 * the first. */
static const char *attributes(const char *p, const char *end, struct tag *t) {
    for (;;) {
        const char *name;
        size_t name_len;
        str value = {"", 0};
        unsigned id;

        while (p < end && (html_blank(*p) || *p == '/')) {
            t->closes_itself = *p == '/';
            p++;
        }
        if (p == end)
            return NULL;
        if (*p == '>') {
            t->have &= ~(uint64_t)1;
            return p + 1;
        }
        t->closes_itself = false;
        name = p++; /* a '=' in front is part of it */
        p = name_end(p, end, true);
        name_len = (size_t)(p - name);
        p = blanks(p, end);
        if (p < end && *p == '=') {
            p = blanks(p + 1, end);
            if (p == end)
                return NULL;
            if (*p == '"' || *p == '\'') {
                value.ptr = p + 1;
                p = find(p + 1, end, *p);
                if (p == end)
                    return NULL;
                value.len = (size_t)(p++ - value.ptr);
            } else {
                for (value.ptr = p; p < end && !html_blank(*p) && *p != '>';)
                    p++;
                value.len = (size_t)(p - value.ptr);
            }
        }
        id = html_find(html_attribute_slots, HTML_ATTRIBUTE_FACTOR, HTML_ATTRIBUTE_SHIFT, (str){name, name_len}, end);
        if (!(t->have >> id & 1)) { /* those that are of no interest are A_NONE, which nobody asks for */
            t->have |= (uint64_t)1 << id;
            t->value[id] = value;
        }
    }
}

/* p is at the first letter of the name. */
static const char *tag_read(const char *p, const char *end, struct tag *t) {
    const char *const from = p;

    p = name_end(p, end, false);
    t->name = (str){from, (size_t)(p - from)};
    t->element = html_find(html_element_slots, HTML_ELEMENT_FACTOR, HTML_ELEMENT_SHIFT, t->name, end);
    t->is = html_element_is[t->element];
    t->have = 0;
    t->closes_itself = false;
    if (p < end && *p == '>')
        return p + 1;
    return attributes(p, end, t);
}

/* ---- content that is no markup ---- */

static bool tag_of(const char *p, const char *end, str name) {
    return (size_t)(end - p) > name.len && str_eq_ascii((str){p, name.len}, name) && ends_name[(uint8_t)p[name.len]] &&
           p[name.len] != '=';
}

/* From p on: where the end tag of `name` begins, or end. script: within `<!-- <script>` another one ends first (13.2.5.15 on). */
static const char *raw_end(const char *p, const char *end, str name, bool script) {
    bool comment = false, twice = false;

    for (;;) {
        const char *const lt = find(p, end, '<');

        if (comment) {
            /* Behind "-->" all is as in the beginning. */
            const char *q = p;

            while ((q = find(q, lt, '>')) < lt && !(q - p >= 2 && q[-1] == '-' && q[-2] == '-'))
                q++;
            if (q < lt)
                comment = twice = false;
        }
        if (lt == end)
            return end;
        p = lt + 1;
        if (p < end && *p == '/') {
            if (!tag_of(p + 1, end, name))
                continue;
            if (!twice)
                return lt;
            twice = false;
        } else if (script && end - p >= 3 && memcmp(p, "!--", 3) == 0) {
            comment = true;
            p++; /* the dashes may be those of "-->" */
        } else if (comment && tag_of(p, end, name)) {
            twice = true;
        }
    }
}

static void markup(struct html *h, const char *p, const char *end);

/* Its content is for programs that cannot show something else. */
static bool is_alternative(unsigned element) {
    return element == E_IFRAME || element == E_NOEMBED || element == E_NOFRAMES;
}

/* What is read once more, from within: with a stack of its own above that which is there. */
static void within(struct html *h, str inner, bool only_outlook) {
    struct link const link = h->link;
    uint32_t const depth = h->depth, base = h->base, beyond = h->beyond;
    uint8_t const outer = h->bits, base_bits = h->base_bits;
    bool const outlook = h->only_outlook, unseen = h->unseen;
    size_t const mark = h->room->len;
    const char *const end = h->end;

    if (h->nested == NESTED_MAX || !h->going)
        return;
    h->nested++;
    h->base = depth;
    h->beyond = 0;
    h->base_bits = h->bits;
    h->only_outlook = outlook || only_outlook;
    h->unseen = unseen || !only_outlook;
    h->link.open = false;
    h->end = inner.ptr + inner.len;
    markup(h, inner.ptr, h->end);
    h->end = end;
    while (h->depth > depth)
        forget(h, &h->stack[--h->depth]);
    h->base = base;
    h->beyond = beyond;
    h->bits = outer;
    h->base_bits = base_bits;
    h->only_outlook = outlook;
    h->unseen = unseen;
    h->link = link;
    h->room->len = mark;
    h->nested--;
}

/* The content of an element that has no markup; behind it. */
static const char *raw(struct html *h, const struct tag *t, const char *p, const char *end) {
    const char *const close = t->element == E_PLAINTEXT ? end : raw_end(p, end, t->name, t->element == E_SCRIPT);
    str const inner = {p, (size_t)(close - p)};
    uint8_t const outer = h->bits;

    if (t->is & IS_UNSEEN) /* also where the stack was full */
        h->bits |= HID_BOX;
    switch (t->element) {
    case E_STYLE:
        h->at_url_flags = 0;
        (void)css_sheet(&h->rules, inner, !h->only_outlook && !h->base_bits, css_address, h);
        break;
    case E_SCRIPT:
        break;
    case E_IFRAME:
    case E_NOEMBED:
    case E_NOFRAMES:
        within(h, inner, false);
        break;
    default: /* title, textarea, xmp, plaintext */
        text(h, p, close, t->is & IS_RCDATA);
    }
    h->bits = outer;
    return close;
}

/* ---- markup that is no tag ---- */

/* p is behind "<!--": where the comment's content ends; *behind: the place behind it. */
static const char *comment_end(const char *p, const char *end, const char **behind) {
    const char *q = p;

    if (q < end && *q == '>') {
        *behind = q + 1;
        return q;
    }
    if (end - q >= 2 && q[0] == '-' && q[1] == '>') {
        *behind = q + 2;
        return q;
    }
    for (; (q = find(q, end, '>')) < end; q++) {
        size_t const before = (size_t)(q - p);

        if (before >= 2 && q[-1] == '-' && q[-2] == '-') {
            *behind = q + 1;
            return q - 2;
        }
        if (before >= 3 && q[-1] == '!' && q[-2] == '-' && q[-3] == '-') {
            *behind = q + 1;
            return q - 3;
        }
    }
    *behind = end;
    return end;
}

/* `[if mso]>...<![endif]`: Outlook reads it, nobody else. */
static void conditional(struct html *h, str comment) {
    str const inner = str_trim(comment);
    size_t close;

    if (inner.len < 3 || !str_eq_ascii(str_first(inner, 3), S("[if")))
        return;
    if ((close = str_find(inner, S("]>"))) != SIZE_MAX)
        within(h, str_from(inner, close + 2), true);
}

/* p is at "<!": the place behind. */
static const char *declaration(struct html *h, const char *p, const char *end) {
    const char *behind;

    if (end - p >= 4 && p[2] == '-' && p[3] == '-') {
        const char *const close = comment_end(p + 4, end, &behind);

        conditional(h, (str){p + 4, (size_t)(close - p - 4)});
        return behind;
    }
    if (end - p >= 9 && str_eq_ascii((str){p + 2, 7}, S("doctype")))
        h->quirks = false;
    if (h->foreign && end - p >= 9 && memcmp(p + 2, "[CDATA[", 7) == 0) {
        const char *q = p + 9;

        while ((q = find(q, end, '>')) < end && !(q - p >= 11 && q[-1] == ']' && q[-2] == ']'))
            q++;
        text(h, p + 9, q < end ? q - 2 : end, false);
        return q < end ? q + 1 : end;
    }
    behind = find(p, end, '>');
    return behind < end ? behind + 1 : end;
}

static bool letter(char c) {
    return html_lower(c) >= 'a' && html_lower(c) <= 'z';
}

static void markup(struct html *h, const char *p, const char *end) {
    struct tag t;

    while (h->going && p < end) {
        const char *lt = find(p, end, '<');

        if (lt > p)
            text(h, p, lt, true);
        if (lt == end)
            break;
        if (end - lt < 2) {
            text(h, lt, end, true);
            break;
        }
        if (letter(lt[1])) {
            if (!(p = tag_read(lt + 1, end, &t)))
                break;
            start_tag(h, &t);
            if ((t.is & (IS_RAW | IS_RCDATA)) && !h->foreign && !(h->unseen && is_alternative(t.element)))
                p = raw(h, &t, p, end);
        } else if (lt[1] == '/' && end - lt > 2 && letter(lt[2])) {
            if (!(p = tag_read(lt + 2, end, &t)))
                break;
            end_tag(h, &t);
        } else if (lt[1] == '!') {
            p = declaration(h, lt, end);
        } else if (lt[1] == '?' || (lt[1] == '/' && end - lt > 2)) { /* a bogus comment; "</>" is nothing */
            p = find(lt + 2, end, '>');
            p += p < end;
        } else {
            text(h, lt, lt + 1, false);
            p = lt + 1;
        }
    }
    link_end(h);
}

str html_where_name(enum html_where w) {
    static const str names[HTML_WHERES] = {
        [HTML_LINK] = STR("link"),   [HTML_IMAGE] = STR("image"),     [HTML_BACKGROUND] = STR("background"),
        [HTML_STYLE] = STR("style"), [HTML_FONT] = STR("font"),       [HTML_FRAME] = STR("frame"),
        [HTML_MEDIA] = STR("media"), [HTML_REFRESH] = STR("refresh"), [HTML_TEXT] = STR("text"),
    };

    assert(w < HTML_WHERES);
    return names[w];
}

bool html_read(str all, struct buf *room, const struct html_visitor *visitor) {
    struct html h;

    memset(&h, 0, offsetof(struct html, stack));
    memset(h.seen, 0, sizeof h.seen);
    h.rules.count = h.rules.kinds = 0;
    h.visitor = visitor;
    h.room = room;
    h.end = all.ptr + all.len;
    h.going = h.quirks = true;
    room->len = 0;
    room->failed = false;
    markup(&h, all.ptr, h.end);
    line_end(&h);
    flush(&h);
    return h.going && !room->failed;
}

/* ---- plain text ---- */

/* Bytes that a mail program takes into no address; and the blanks and quotation marks of Unicode that it takes for such. */
static bool ends_plain(str s) {
    char const c = *s.ptr;

    if ((uint8_t)c <= ' ' || c == 0x7f || memchr("<>\"`{}|\\^", c, 9))
        return true;
    if (s.len >= 2 && memcmp(s.ptr, "\xc2\xa0", 2) == 0)
        return true;
    return s.len >= 3 &&
           (memcmp(s.ptr, "\xe3\x80\x80", 3) == 0 || (memcmp(s.ptr, "\xe2\x80", 2) == 0 && (uint8_t)s.ptr[2] <= 0x9f));
}

/* s without the punctuation that is the sentence's: a closing bracket only where none was opened for it. */
static str without_punctuation(str s) {
    size_t round = 0, square = 0; /* how many more closing ones there are */

    for (size_t i = s.len; i-- > 0;) { /* from behind: an opening one answers to what stands after it */
        char const c = s.ptr[i];

        if (c == ')')
            round++;
        else if (c == ']')
            square++;
        else if (c == '(' && round)
            round--;
        else if (c == '[' && square)
            square--;
    }
    while (s.len) {
        char const c = s.ptr[s.len - 1];

        if (c == ')' && round)
            round--;
        else if (c == ']' && square)
            square--;
        else if (!memchr(".,;:!?'*_~", c, 10))
            break;
        s.len--;
    }
    return s;
}

/* Where the word before the "://" or "." at `at` begins an address, and the place where its host begins; SIZE_MAX: none does. */
static size_t plain_start(str s, size_t from, size_t at, size_t *host) {
    static const str schemes[] = {STR("https"), STR("http"), STR("ftp")};
    size_t start = SIZE_MAX;

    if (s.ptr[at] == '.') {
        if (at - from >= 3 && str_eq_ascii((str){s.ptr + at - 3, 3}, S("www")))
            start = at - 3;
        *host = at + 1;
    } else if (s.len - at >= 3 && s.ptr[at + 1] == '/' && s.ptr[at + 2] == '/') {
        for (size_t i = 0; i < COUNT(schemes) && start == SIZE_MAX; i++) {
            size_t const n = schemes[i].len;

            if (at - from >= n && str_eq_ascii((str){s.ptr + at - n, n}, schemes[i]))
                start = at - n;
        }
        *host = at + 3;
    }
    if (start == SIZE_MAX || *host >= s.len)
        return SIZE_MAX;
    if (start > from) { /* within a word it is none: "xhttp://", "a.www.b", "x@www.b" */
        char const c = s.ptr[start - 1];

        if (letter(c) || (c >= '0' && c <= '9') || c == '@' || c == '.' || c == '-' || c == '_')
            return SIZE_MAX;
    }
    if (!letter(s.ptr[*host]) && !(s.ptr[*host] >= '0' && s.ptr[*host] <= '9') && s.ptr[*host] != '[' &&
        (uint8_t)s.ptr[*host] < 0x80)
        return SIZE_MAX;
    return start;
}

static inline const char *find_either(const char *p, const char *end, char one, char other) {
#ifdef __SSE2__
    __m128i const ones = _mm_set1_epi8(one), others = _mm_set1_epi8(other);

    for (; end - p >= 16; p += 16) {
        __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int const mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, ones), _mm_cmpeq_epi8(v, others)));

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != one && *p != other)
        p++;
    return p;
}

bool html_read_plain(str all, const struct html_visitor *visitor) {
    const char *const end = all.ptr + all.len;
    size_t from = 0; /* behind the address before */

    for (const char *p = all.ptr; (p = find_either(p, end, ':', '.')) < end; p++) {
        size_t host, start, stop;
        struct html_url u = {.where = HTML_TEXT, .text = {"", 0}};

        if ((start = plain_start(all, from, (size_t)(p - all.ptr), &host)) == SIZE_MAX)
            continue;
        for (stop = host; stop < all.len && !ends_plain(str_from(all, stop));)
            stop++;
        u.url = without_punctuation((str){all.ptr + start, stop - start});
        if (u.url.len <= host - start)
            continue;
        if (visitor->url && !visitor->url(visitor->ctx, &u))
            return false;
        from = start + u.url.len;
        p = all.ptr + from - 1;
    }
    return true;
}
