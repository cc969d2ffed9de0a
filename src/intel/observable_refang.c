/* observable_refang: in passes, until one changes nothing; each pass looks once at each byte. A text that never comes to rest was made to
 * do that, and stays as it was. */
#include "intel/observable.h"

#include "base/utf.h"

#define PASSES_MAX 8u
#define NEST_MAX 8u /* brackets around one sign */

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool starts_ascii(str s, str with) {
    return s.len >= with.len && str_eq_ascii(str_first(s, with.len), with);
}

/* ---- one place: how many bytes are undone (0: none), and what they are ---- */

/* U+00AD, U+200B to U+200D, U+2060, U+FEFF: seen by nobody. */
static size_t invisible(str s) {
    static const str signs[] = {STR("\xc2\xad"),     STR("\xe2\x80\x8b"), STR("\xe2\x80\x8c"),
                                STR("\xe2\x80\x8d"), STR("\xe2\x81\xa0"), STR("\xef\xbb\xbf")};

    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(s, signs[i]))
            return signs[i].len;
    return 0;
}

/* Points, colons, slashes and at-signs of other widths, within what could be an address. */
static size_t wide(str s, bool behind_word, char *is) {
    static const struct {
        str sign;
        char is;
    } signs[] = {{STR("\xef\xbc\x8e"), '.'}, {STR("\xe3\x80\x82"), '.'}, {STR("\xef\xbd\xa1"), '.'},
                 {STR("\xe2\x80\xa4"), '.'}, {STR("\xef\xbc\x9a"), ':'}, {STR("\xef\xbc\x8f"), '/'},
                 {STR("\xef\xbc\xa0"), '@'}};

    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(s, signs[i].sign)) {
            str const behind = str_from(s, signs[i].sign.len);

            *is = signs[i].is;
            return behind_word && behind.len &&
                           (is_alnum(behind.ptr[0]) || behind.ptr[0] == '/' || (unsigned char)behind.ptr[0] > 0x7f)
                       ? signs[i].sign.len
                       : 0;
        }
    return 0;
}

/* hxxp, h**p, hxtp, meow with a colon behind, which may be in brackets: http. */
static size_t scheme(str s, str *is) {
    static const str other[] = {STR("**"), STR("xx"), STR("tx"),   STR("xt"),
                                STR("__"), STR("++"), STR("[tt]"), STR("[xx]")};
    size_t at = 0;

    if (starts_ascii(s, S("meow"))) {
        at = 4;
    } else if (s.len > 4 && (s.ptr[0] == 'h' || s.ptr[0] == 'H')) {
        for (size_t i = 0; i < COUNT(other) && !at; i++)
            if (starts_ascii(str_from(s, 1), other[i]) && starts_ascii(str_from(s, 1 + other[i].len), S("p")))
                at = other[i].len + 2;
    }
    if (!at)
        return 0;
    *is = S("http");
    if (s.len > at && (s.ptr[at] == 's' || s.ptr[at] == 'S')) {
        *is = S("https");
        at++;
    }
    str const behind = str_from(s, at);

    return starts_ascii(behind, S("://")) || starts_ascii(behind, S(":\\\\")) || starts_ascii(behind, S("[:")) ||
                   starts_ascii(behind, S("(:"))
               ? at
               : 0;
}

static bool opens(char c) {
    return c == '[' || c == '(' || c == '{';
}

static bool closes(char c) {
    return c == ']' || c == ')' || c == '}';
}

static size_t sign_at(str s, str *is, bool *word) {
    static const struct {
        str written, is;
        bool word;
    } signs[] = {{STR("://"), STR("://"), false}, {STR("//"), STR("//"), false},  {STR("."), STR("."), false},
                 {STR(","), STR("."), false},     {STR(":"), STR(":"), false},    {STR("/"), STR("/"), false},
                 {STR("@"), STR("@"), false},     {STR("dot"), STR("."), true},   {STR("d0t"), STR("."), true},
                 {STR("punkt"), STR("."), true},  {STR("point"), STR("."), true}, {STR("at"), STR("@"), true}};

    for (size_t i = 0; i < COUNT(signs); i++)
        if (starts_ascii(s, signs[i].written)) {
            *is = signs[i].is;
            *word = signs[i].word;
            return signs[i].written.len;
        }
    return 0;
}

/* [.], (dot), {@}, [://], [[.]], [.com of example[.com. all[at] is the bracket. */
static size_t bracket(str all, size_t at, str *is, bool *word) {
    size_t i = at, opened = 0, closed = 0;
    bool const behind_word = at > 0 && is_alnum(all.ptr[at - 1]);

    while (i < all.len && i - at < NEST_MAX && (opens(all.ptr[i]) || (opened && all.ptr[i] == ' ')))
        opened += opens(all.ptr[i++]);
    size_t const len = sign_at(str_from(all, i), is, word);

    if (!len || opened == 0)
        return 0;
    i += len;
    size_t const sign_ends = i;

    while (i < all.len && i - sign_ends < NEST_MAX && closed < opened && (closes(all.ptr[i]) || all.ptr[i] == ' '))
        closed += closes(all.ptr[i++]);
    while (i > sign_ends && all.ptr[i - 1] == ' ')
        i--;
    if (closed)
        return i - at;
    i = sign_ends;
    return all.ptr[at] == '[' && i - at == 2 && all.ptr[at + 1] == '.' && behind_word && i < all.len &&
                   is_alnum(all.ptr[i])
               ? i - at
               : 0;
}

/* ---- passes ---- */

/* In place: without invisible signs. */
static bool clear(struct buf *b) {
    size_t to = 0;

    for (size_t i = 0; i < b->len;) {
        size_t const skip = (unsigned char)b->ptr[i] >= 0xc2 ? invisible((str){b->ptr + i, b->len - i}) : 0;

        if (skip) {
            i += skip;
            continue;
        }
        b->ptr[to++] = b->ptr[i++];
    }
    bool const any = to != b->len;

    b->len = to;
    return any;
}

/* One pass over `from` into `to`. */
static bool pass(str from, struct buf *to) {
    bool any = false;

    for (size_t i = 0; i < from.len && !to->failed;) {
        char const c = from.ptr[i];
        bool const behind_word = i > 0 && is_alnum(from.ptr[i - 1]);
        str is = S(""), rest = str_from(from, i);
        size_t n = 0;
        bool word = false;
        char sign;

        if (opens(c)) {
            n = bracket(from, i, &is, &word);
            /* jo [at] example [dot] org: the blanks were put there with the word. */
            if (n && word && i + n + 1 < from.len && from.ptr[i + n] == ' ' && is_alnum(from.ptr[i + n + 1]) &&
                to->len > 1 && to->ptr[to->len - 1] == ' ' && is_alnum(to->ptr[to->len - 2])) {
                to->len--;
                n++;
            }
        } else if ((c == 'h' || c == 'H' || c == 'm' || c == 'M') && !behind_word) {
            n = scheme(rest, &is);
        } else if (c == '.' && behind_word && rest.len > 2 && rest.ptr[1] == ']' && is_alnum(rest.ptr[2])) {
            n = 2; /* example.]com */
            is = S(".");
        } else if ((unsigned char)c >= 0xe2) {
            n = wide(rest, behind_word, &sign);
            if (n) {
                any = true;
                buf_byte(to, sign);
                i += n;
                continue;
            }
        }
        if (n) {
            any = true;
            buf_add(to, is);
            i += n;
        } else {
            buf_byte(to, c);
            i++;
        }
    }
    return any;
}

/* "example dot org", "jo at example dot org": only when there are no other blanks, so that no sentence is meant. */
static bool spelt(struct buf *b) {
    static const struct {
        str written;
        char is;
    } words[] = {{STR(" dot "), '.'}, {STR(" at "), '@'}};
    str const all = str_trim(buf_str(b));
    size_t blanks = 0, known = 0, dots = 0, to = 0;

    for (size_t i = 0; i < all.len; i++)
        blanks += all.ptr[i] == ' ' || all.ptr[i] == '\t' || all.ptr[i] == '\n' || all.ptr[i] == '\r';
    for (size_t k = 0; k < COUNT(words); k++)
        for (size_t i = 1; i + words[k].written.len < all.len; i++)
            if (starts_ascii(str_from(all, i), words[k].written) && is_alnum(all.ptr[i - 1]) &&
                is_alnum(all.ptr[i + words[k].written.len])) {
                known++;
                dots += k == 0;
            }
    if (dots == 0 || blanks != 2 * known)
        return false;
    for (size_t i = 0; i < all.len;) {
        size_t k = 0;

        while (k < COUNT(words) && !starts_ascii(str_from(all, i), words[k].written))
            k++;
        if (k < COUNT(words)) {
            b->ptr[to++] = words[k].is;
            i += words[k].written.len;
        } else {
            b->ptr[to++] = all.ptr[i++];
        }
    }
    b->len = to;
    return true;
}

bool observable_refang(str text, struct buf *out) {
    struct buf now = {0}, next = {0};
    bool any = false, more = true;

    buf_add(&now, text);
    for (unsigned i = 0; more && i < PASSES_MAX && !now.failed; i++) {
        next.len = 0;
        more = clear(&now);
        more |= pass(buf_str(&now), &next);
        if (!next.failed)
            more |= spelt(&next);
        any |= more;

        struct buf const old = now;

        now = next;
        next = old;
    }
    out->failed |= now.failed || next.failed;
    any &= !more;
    buf_add(out, any ? buf_str(&now) : text);
    buf_free(&now);
    buf_free(&next);
    return any;
}
