/* indicator_look: observables within a text, and whether they are known. One pass over the bytes cuts them into words of the signs that
 * hosts, addresses and hashes are made of; what else there may be begins at one of these words. */
#include <assert.h>
#include <libpsl.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/address.h"
#include "base/hash.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "event/fold.h"
#include "event/value.h"
#include "intel/indicator_look.h"

#define HOST_MAX 253u
#define URL_MAX 8192u
#define URLS_WITHIN_MAX 16u /* URLs in the query of another: each is read to its end */
#define LOCAL_MAX 200u      /* of a mail address, with the @ */
#define FOLDERS_MAX 24u
#define PATH_MAX_BYTES 1024u
#define NAME_MAX_BYTES 256u
#define DEPTH_BARE 3u /* slashes: c:/x, c:/users/jo/x, /home/jo/x, /srv/c$/x */
#define WHOLE_MAX 2048u
#define REGISTRY_LEAST 6u                 /* hklm\\x */
#define PHONE_LEAST 5u                    /* digits (observable.c) */
#define SIX_COLONS 6u                     /* in an IPv6 address without ::, at least */
#define SIX_MAX 45u                       /* bytes of an IPv6 address with an IPv4 one behind */
#define WORDS_MAX 16u                     /* of a name with blanks in it, behind other words */
#define PIECES_LEAST (3 * NAME_MAX_BYTES) /* bytes of a text that is looked at in pieces, */
#define PIECE_LEAST 96u                   /* and of a piece */
#define UNDONE_MAX 3u /* times that a text is without its encoding: redirections lie in each other */
#define HOST_CLASSES (1u << INTEL_HOST | 1u << INTEL_URL | 1u << INTEL_MAIL)

/* Kinds of bytes. WORD: a-z, A-Z, 0-9, hyphen, underscore, point, beyond ASCII. */
enum { WORD = 1, DIGIT = 2, HEX = 4, POINT = 8, HIGH = 16, LETTER = 32, JOINT = 64, NUMBER = 128 };

static const uint8_t kinds[256] = {
    ['0' ... '9'] = WORD | DIGIT | HEX,
    ['a' ... 'f'] = WORD | HEX | LETTER,
    ['A' ... 'F'] = WORD | HEX | LETTER,
    ['g' ... 'z'] = WORD | LETTER,
    ['G' ... 'Z'] = WORD | LETTER,
    ['-'] = WORD | JOINT | NUMBER,
    ['_'] = WORD | JOINT,
    ['.'] = WORD | POINT | JOINT | NUMBER,
    [0x80 ... 0xff] = WORD | HIGH,
    ['+'] = NUMBER,
    [' '] = NUMBER,
    ['('] = NUMBER,
    [')'] = NUMBER,
    ['/'] = NUMBER,
};

static uint8_t kind_of(char c) {
    return kinds[(uint8_t)c];
}
static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool has_class(const struct indicator_marks *m, enum intel_class class) {
    return m->classes >> class & 1;
}

static bool part_may(const struct indicator_marks *m, enum intel_part which, str part) {
    return !m->set || intel_set_may(m->set, intel_set_part_hash(m->set, which, part));
}

bool indicator_part_may(struct indicator_texts *t, str path, bool query) {
    struct web_address w;
    str its_path, its_query;

    if (!has_class(t->m, INTEL_URL) || path.len > WHOLE_MAX)
        return has_class(t->m, INTEL_URL);
    arena_reset(t->urls);
    if (!web_address_join(S("a.example"), query ? S("/") : path, query ? path : S(""), t->urls, &w) || w.cut)
        return true; /* a path that seems to be cut is whole before a query */
    intel_url_parts(w.key, &its_path, &its_query);
    return part_may(t->m, query ? INTEL_URL_QUERY : INTEL_URL_PATH, query ? its_query : its_path);
}

bool indicator_marks_new(struct indicator_marks **out, const struct intel_set *set, struct err *e) {
    struct indicator_marks *const t = calloc(1, sizeof *t);

    if (!t)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    t->set = set;
    for (unsigned c = 0; c < INTEL_CLASSES; c++)
        t->classes |= (uint32_t)intel_set_has(set, c) << c;
    for (unsigned which = 0; which < INTEL_MARKS; which++)
        t->marks[which] = intel_marks(set, which);
    t->digit_endings = intel_set_trait(set, INTEL_TRAIT_DIGIT_ENDINGS);
    t->v6 = intel_set_trait(set, INTEL_TRAIT_SIX);
    t->registry = intel_set_has_type(set, OBSERVABLE_REGISTRY);
    t->phone = intel_set_has_type(set, OBSERVABLE_PHONE);
    t->together = intel_set_has_type(set, OBSERVABLE_COMMAND) || intel_set_has_type(set, OBSERVABLE_SUBJECT);
    t->whole = has_class(t, INTEL_WHOLE);
    t->digits = intel_set_has_type(set, OBSERVABLE_CERTIFICATE) || intel_set_has_type(set, OBSERVABLE_MAC);
    t->bare_names = intel_mark_has(set, INTEL_MARK_ENDINGS, intel_ending_mark(S("")));
    *out = t;
    return true;
}

bool indicator_marks_every(struct indicator_marks **out, struct err *e) {
    static const uint64_t all[(1u << INTEL_MARK_BITS_LOG) / 64] = {[0 ...(1u << INTEL_MARK_BITS_LOG) / 64 - 1] =
                                                                       UINT64_MAX};
    struct indicator_marks *const t = calloc(1, sizeof *t);

    if (!t)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    *t = (struct indicator_marks){.classes = (1u << INTEL_CLASSES) - 1,
                                  .v6 = true,
                                  .registry = true,
                                  .phone = true,
                                  .digits = true,
                                  .together = true,
                                  .digit_endings = true,
                                  .bare_names = true,
                                  .whole = true};
    for (unsigned which = 0; which < INTEL_MARKS; which++)
        t->marks[which] = all;
    *out = t;
    return true;
}

void indicator_marks_free(struct indicator_marks *t) {
    if (!t)
        return;
    free(t);
}

bool indicator_texts_init(struct indicator_texts *t, const struct indicator_marks *m) {
    *t = (struct indicator_texts){.m = m};
    return (t->urls = arena_new((size_t)256 << 10)) != NULL;
}

void indicator_texts_free(struct indicator_texts *t) {
    arena_free(t->urls);
    buf_free(&t->wide);
    buf_free(&t->canonical);
    buf_free(&t->undone);
    buf_free(&t->undone_again);
    buf_free(&t->folded);
}

/* A look at one text. found and asks NULL: whether there may be anything is all that is asked, and `may` ends it. */
struct look {
    struct indicator_texts *t;
    str text;
    struct indicator_found *found;
    const struct indicator_asks *asks; /* of no set: told whatever would be looked up */
    bool may, failed;
    size_t url_end; /* of the URL that was looked at last, and how many more were that begin in it */
    unsigned urls_within;
    bool parts_only; /* values are cut out of the text: nothing is whole */
    bool files_only; /* the text is folded, for names of files beyond ASCII */
    bool undone;     /* the text is not as it stands in the evidence, but without its encoding */
};

/* Is it only asked whether there may be anything? */
static bool is_quick(const struct look *l) {
    return !l->found && !l->asks;
}

static void found_add(struct indicator_found *f, uint32_t entry) {
    for (uint32_t i = 0; i < f->count; i++)
        if (f->entries[i] == entry)
            return;
    if (f->count < INDICATOR_ENTRIES_MAX)
        f->entries[f->count++] = entry;
}

/* types: a bit for each that may have the key. False: nothing has this key, or this beginning of a key (intel_set.h). */
static bool probe_types(struct look *l, enum intel_class class, str key, uint64_t types) {
    uint32_t at = 0, entry;

    if (l->asks) {
        if (types)
            l->asks->key(l->asks->ctx, class, key);
        return true;
    }
    uint64_t const hash = intel_set_hash(l->t->m->set, class, key);

    if (!intel_set_may(l->t->m->set, hash))
        return false;
    l->may = true;
    while (l->found && (entry = intel_set_next(l->t->m->set, class, key, hash, &at)) != INTEL_NONE)
        if (types >> intel_set_entry(l->t->m->set, entry).type & 1)
            found_add(l->found, entry);
    return true;
}

#define ANY_TYPE UINT64_MAX
static bool probe(struct look *l, enum intel_class class, str key) {
    return probe_types(l, class, key, ANY_TYPE);
}

/* Inline, of the set's own: asked for every word of every text. */
static inline bool marked(const struct look *l, enum intel_mark which, uint32_t mark) {
    return indicator_marked(l->t->m, which, mark);
}
static inline bool whole_marked(const struct look *l, str text) {
    return l->asks || indicator_whole_marked(l->t->m, text);
}

static bool has(const struct look *l, enum intel_class class) {
    return has_class(l->t->m, class);
}

static int hex_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* `%2F` at `at`: a sign that is encoded. */
static bool is_code(str s, size_t at) {
    return s.len - at > 2 && s.ptr[at] == '%' && hex_of(s.ptr[at + 1]) >= 0 && hex_of(s.ptr[at + 2]) >= 0;
}

/* Is what begins at `at` the rest of a word? The letter of `\\n`, and the x of `0x`, are none of it. */
static bool goes_on(str s, size_t at) {
    if (at == 0 || !(kind_of(s.ptr[at - 1]) & (LETTER | DIGIT)))
        return false;
    return at < 2 || !((s.ptr[at - 2] == '\\' && strchr("ntr", s.ptr[at - 1])) ||
                       (s.ptr[at - 2] == '0' && lower(s.ptr[at - 1]) == 'x' &&
                        (at == 2 || !(kind_of(s.ptr[at - 3]) & (LETTER | DIGIT)))));
}

/* ---- URLs ---- */

static void url_probe(struct look *l, str key) {
    size_t const query = str_find_byte(key, '?');
    str const host = intel_url_host(key);
    size_t const rest = host.len + (size_t)(host.ptr - key.ptr);
    char bare[URL_MAX];
    size_t slash;

    probe(l, INTEL_URL, key);
    if (query != SIZE_MAX)
        probe(l, INTEL_URL, str_first(key, query));
    /* Without its port. */
    if (key.len < sizeof bare && rest < key.len && key.ptr[rest] == ':' && host.ptr == key.ptr) {
        slash = str_find_byte(str_from(key, rest), '/');
        str const behind = slash == SIZE_MAX ? S("") : str_from(key, rest + slash);

        memcpy(bare, key.ptr, rest);
        memcpy(bare + rest, behind.ptr, behind.len);
        str const without = {bare, rest + behind.len};

        probe(l, INTEL_URL, without);
        size_t const its_query = str_find_byte(without, '?');

        if (its_query != SIZE_MAX)
            probe(l, INTEL_URL, str_first(without, its_query));
    }
}

void indicator_url_find(struct indicator_texts *t, str key, struct indicator_found *found) {
    struct look l = {.t = t, .text = key, .found = found};

    url_probe(&l, key);
}

/* Bytes that no URL goes beyond; that may become others where it is canonical (codec/web_address.h), or make them so; that no host has behind
 * it in a URL. */
enum { URL_END = 1, URL_ODD = 2, URL_NONE = 4 };

static const uint8_t url_signs[256] = {
    [0 ... ' '] = URL_END,
    ['"'] = URL_END,
    ['<'] = URL_END,
    ['>'] = URL_END,
    ['\\'] = URL_END,
    ['^'] = URL_END,
    ['`'] = URL_END,
    ['{'] = URL_END,
    ['|'] = URL_END,
    ['}'] = URL_END,
    ['\''] = URL_END,
    ['%'] = URL_ODD,
    ['&'] = URL_ODD | URL_NONE,
    ['#'] = URL_ODD | URL_NONE,
    ['.'] = URL_ODD,
    [0x7f ... 0xff] = URL_ODD,
    ['!'] = URL_NONE,
    ['$'] = URL_NONE,
    ['('] = URL_NONE,
    [')'] = URL_NONE,
    ['*'] = URL_NONE,
    ['+'] = URL_NONE,
    [','] = URL_NONE,
    [';'] = URL_NONE,
    ['='] = URL_NONE,
    ['@'] = URL_NONE,
    ['['] = URL_NONE,
    [']'] = URL_NONE,
    ['~'] = URL_NONE,
};

static bool ends_url(char c) {
    return url_signs[(uint8_t)c] & URL_END;
}

/* Is what is URL_ODD so here? Points are where a name of the path begins or behind each other, an ampersand where it is one of HTML. */
static bool url_odd(str s, size_t at) {
    if (s.ptr[at] == '.')
        return at == 0 || s.ptr[at - 1] == '/' || s.ptr[at - 1] == '.';
    return s.ptr[at] != '&' || (at + 1 < s.len && lower(s.ptr[at + 1]) == 'a');
}

/* May what stands behind a host make a URL of it, or another host? Most signs do not. */
static bool goes_behind(str behind) {
    if (behind.len == 0 || url_signs[(uint8_t)*behind.ptr] & (URL_END | URL_NONE))
        return false;
    return *behind.ptr != ':' ||
           (behind.len > 1 && (kind_of(behind.ptr[1]) & DIGIT || behind.ptr[1] == '/' || behind.ptr[1] == '?'));
}

/* A value that is a host and nothing else, or with its port. */
static bool is_port(str behind) {
    for (size_t i = 1; i < behind.len; i++)
        if (!(kind_of(behind.ptr[i]) & DIGIT))
            return false;
    return behind.len == 0 || (*behind.ptr == ':' && behind.len > 1);
}

/* Is what stands before it a name, or a name and a password? */
static bool is_name(str behind) {
    size_t const at = str_find_byte(behind, '@');

    return at < str_find_byte(behind, '/') && at < str_find_byte(behind, '?');
}

/* A URL that begins with the host at `from`; behind the host stands a port, path or query, or nothing. host: in canonical form, which
 * is how known URLs have it; an IPv6 address stands in brackets. */
static void url_look(struct look *l, size_t from, size_t end, str host, bool six) {
    char key[URL_MAX];
    size_t to, host_len = 0;
    bool odd = false;
    struct web_address w;

    if (!part_may(l->t->m, INTEL_URL_HOST, host))
        return;
    l->may = true;
    if (is_quick(l))
        return;
    if (six && from > 0 && l->text.ptr[from - 1] == '[' && end < l->text.len && l->text.ptr[end] == ']') {
        from--;
        end++;
    }
    if (from == 0 && !l->parts_only && is_port(str_from(l->text, end))) {
        if (l->asks)
            l->asks->host(l->asks->ctx, host);
        else
            l->found->host = true;
    }
    if (l->asks && !goes_behind(str_from(l->text, end)))
        return; /* the host is told on its own */
    if (from < l->url_end && ++l->urls_within > URLS_WITHIN_MAX) {
        if (l->asks) /* in a set only those would count of which a URL is known */
            l->asks->unread(l->asks->ctx, host);
        return;
    }
    for (to = end; to < l->text.len && to - from < URL_MAX && !ends_url(l->text.ptr[to]); to++)
        odd |= url_signs[(uint8_t)l->text.ptr[to]] & URL_ODD && url_odd(l->text, to);
    str const url = {l->text.ptr + from, to - from};

    if (from >= l->url_end) {
        l->url_end = to;
        l->urls_within = 0;
    }
    if (six)
        key[host_len++] = '[';
    memcpy(key + host_len, host.ptr, host.len);
    host_len += host.len;
    if (six)
        key[host_len++] = ']';
    for (unsigned cut = 0; cut < 2; cut++) { /* as it stands, and without the sign of a sentence behind it */
        size_t len = url.len;

        while (cut && len && strchr(".,;:!?)]*", url.ptr[len - 1]))
            len--;
        if ((cut && len == url.len) || !len)
            continue;
        if (len > end - from + 1 && l->text.ptr[end] == '/' && !odd &&
            len - (end - from) <= sizeof key - host_len) { /* as it stands it is canonical */
            memcpy(key + host_len, url.ptr + (end - from), len - (end - from));
            url_probe(l, (str){key, host_len + len - (end - from)});
            continue;
        }
        arena_reset(l->t->urls);
        if (!web_address_of(str_first(url, len), l->t->urls, &w))
            continue;
        str const behind = str_from(w.key, w.host.len);

        /* `name@host`: the host is another one, which is looked at when it is its turn. */
        if (behind.len > sizeof key - host_len || is_name(str_from(url, end - from)) || w.cut)
            continue;
        memcpy(key + host_len, behind.ptr, behind.len);
        url_probe(l, (str){key, host_len + behind.len});
    }
}

/* ---- addresses ---- */

static void address_probe(struct look *l, const struct address *a, size_t from, size_t end) {
    uint32_t networks[129];
    char text[ADDRESS_TEXT];

    if (a->family == 4 && !marked(l, INTEL_MARK_ROUTES, intel_route_mark(a->bytes)))
        return;
    if (l->asks)
        l->asks->address(l->asks->ctx, a);
    else if (has(l, INTEL_ADDRESS))
        probe(l, INTEL_ADDRESS, (str){(const char *)a->bytes, a->family == 4 ? 4 : 16});
    if (has(l, INTEL_NETWORK) && !l->asks) {
        size_t const count = intel_set_networks(l->t->m->set, a, networks, COUNT(networks));

        l->may |= count > 0;
        for (size_t i = 0; l->found && i < count; i++)
            found_add(l->found, networks[i]);
    }
    if (has(l, INTEL_URL))
        url_look(l, from, end, address_format(a, text), a->family == 6);
}

/* Four numbers with points between them, and nothing else. */
static bool four(str s, struct address *a) {
    size_t at = 0;

    *a = (struct address){.family = 4};
    for (unsigned i = 0; i < 4; i++) {
        unsigned n = 0, digits = 0;

        for (; at < s.len && digits < 4 && kind_of(s.ptr[at]) & DIGIT; at++, digits++)
            n = n * 10 + (unsigned)(s.ptr[at] - '0');
        if (!digits || digits > 3 || n > 255)
            return false;
        a->bytes[i] = (uint8_t)n;
        if (i < 3 && (at == s.len || s.ptr[at++] != '.'))
            return false;
    }
    return at == s.len;
}

/* `Version=4.0.0.0`, `Version: 4.0.0.0`: four numbers, and no address. */
static bool is_version(str s, size_t at) {
    while (at > 0 && strchr(" =:\"'", s.ptr[at - 1]) && s.ptr[at - 1])
        at--;
    return at >= 7 && str_eq_ascii((str){s.ptr + at - 7, 7}, S("version"));
}

/* Addresses of four numbers in the word from `from` on whose last point is at `last`: `192.0.2.1-192.0.2.9` are two, `v1.2.3.4`,
 * `1.2.3.4b` and `x.1.2.3.4` none. */
static void fours_look(struct look *l, size_t from, size_t last) {
    str const s = l->text;
    struct address a;

    for (;;) {
        size_t begin = last, to = last + 1;

        while (to < s.len && kind_of(s.ptr[to]) & DIGIT)
            to++;
        while (begin > from && (kind_of(s.ptr[begin - 1]) & DIGIT || s.ptr[begin - 1] == '.'))
            begin--;
        size_t const run = begin;

        while (s.ptr[begin] == '.')
            begin++;
        if (to - begin >= 7 && to - begin <= 15 && (is_quick(l) || !is_version(s, begin)) &&
            !(to < s.len && kind_of(s.ptr[to]) & LETTER) && !goes_on(s, begin) && (begin == run || !goes_on(s, run)) &&
            four((str){s.ptr + begin, to - begin}, &a))
            address_probe(l, &a, begin, to);
        for (last = run; last > from && s.ptr[last - 1] != '.'; last--)
            ;
        if (last-- == from || !(kind_of(s.ptr[last + 1]) & DIGIT))
            return;
    }
}

/* The address that is all of s; of an IPv4-mapped one that. */
static bool six_of(str s, struct address *a) {
    static const char mapped[12] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

    if (s.len > SIX_MAX || !address_parse(s, a))
        return false;
    if (memcmp(a->bytes, mapped, sizeof mapped) == 0) {
        struct address four_of_it = {.family = 4};

        memcpy(four_of_it.bytes, a->bytes + 12, 4);
        *a = four_of_it;
    }
    return true;
}

/* An IPv6 address in the run of digits, colons and points whose first colon is at `at`. Returns the end of the run. */
static size_t six_look(struct look *l, size_t at) {
    str const s = l->text;
    size_t from = at, to = at, end;
    unsigned colons = 0;
    bool twice = false;
    struct address a;

    while (from > 0 && kind_of(s.ptr[from - 1]) & HEX && at - from < 5)
        from--;
    for (; to < s.len && (kind_of(s.ptr[to]) & HEX || s.ptr[to] == ':' || s.ptr[to] == '.'); to++) {
        colons += s.ptr[to] == ':';
        twice |= s.ptr[to] == ':' && to > from && s.ptr[to - 1] == ':';
    }
    if (colons < 2 || (!twice && colons < SIX_COLONS)) /* times and hardware addresses */
        return to;
    if (to < s.len && kind_of(s.ptr[to]) & LETTER)
        return to;
    if (goes_on(s, from)) /* `IPv6:2001:db8::1`: what stands before the first colon is a word */
        from = at;
    if (s.ptr[from] == ':' && s.ptr[from + 1] != ':')
        from++;
    for (end = to; end > from + 2 && s.ptr[end - 1] == '.'; end--)
        ; /* points behind it are none of it, nor is a colon, unless it is one of two that stand for zeros */
    for (unsigned tries = 0; tries < 3 && end > from + 2; tries++, end--) {
        if (six_of((str){s.ptr + from, end - from}, &a)) {
            address_probe(l, &a, from, end);
            break;
        }
        if (s.ptr[end - 1] != ':')
            break;
    }
    return to;
}

/* ---- words ---- */

static void hex_look(struct look *l, str word) {
    char key[128];
    size_t from = 0;

    while (from < word.len) {
        size_t to = from;
        bool hex = true;

        for (; to < word.len && !(kind_of(word.ptr[to]) & JOINT); to++)
            hex &= (kind_of(word.ptr[to]) & HEX) != 0;
        size_t const len = to - from;

        if (hex && (len == 32 || len == 40 || len == 64 || len == 128)) {
            for (size_t i = 0; i < len; i++)
                key[i] = lower(word.ptr[from + i]);
            probe(l, INTEL_HEX, (str){key, len});
        }
        from = to + 1;
    }
}

static bool local_part(char c) {
    return kind_of(c) & WORD || strchr("!#$%&'*+/=?^`{|}~", c);
}

/* host: in canonical form; it stands at `from` of the text. */
static void mail_look(struct look *l, size_t from, str host) {
    char key[2 * LOCAL_MAX + HOST_MAX + 24];
    size_t begin = from - 1, len;

    while (begin > 0 && from - begin < LOCAL_MAX && l->text.ptr[begin - 1] && local_part(l->text.ptr[begin - 1]))
        begin--;
    len = from - begin; /* with the @ */
    if (len < 2 || host.len > HOST_MAX)
        return;
    len = fold_text((str){l->text.ptr + begin, len}, key);
    memcpy(key + len, host.ptr, host.len);
    probe(l, INTEL_MAIL, (str){key, len + host.len});
    /* `to=a@b`, `'a@b`: signs that may stand in a local part and seldom do. */
    for (size_t i = 0; i + 1 < len; i++)
        if (strchr("!#$%&'*/=?^`{|}~", key[i]))
            probe(l, INTEL_MAIL, (str){key + i + 1, len + host.len - i - 1});
}

/* A feed's slip: below `co.uk` lies half of a country. The name itself is found. */
static bool is_ending(struct look *l, str name) {
    char key[HOST_MAX + 1];

    if (!l->found || name.len > HOST_MAX ||
        !intel_set_may(l->t->m->set, intel_set_hash(l->t->m->set, INTEL_HOST, name)))
        return false;
    memcpy(key, name.ptr, name.len);
    key[name.len] = '\0';
    return psl_is_public_suffix2(psl_builtin(), key, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

static void host_look(struct look *l, size_t from, size_t end, unsigned kinds_in) {
    char key[HOST_MAX + 1];
    str host;
    size_t last;

    while (from < end && kind_of(l->text.ptr[from]) & JOINT)
        from++;
    while (end > from && kind_of(l->text.ptr[end - 1]) & JOINT)
        end--;
    str const word = {l->text.ptr + from, end - from};

    if (word.len < 4 || word.len > HOST_MAX * 3)
        return;
    if (kinds_in & HIGH) {
        const char *why;

        l->t->canonical.len = 0;
        if (!observable_canonical(OBSERVABLE_DOMAIN, word, &l->t->canonical, &why)) {
            l->failed |= l->t->canonical.failed;
            return;
        }
        host = buf_str(&l->t->canonical);
    } else {
        if (word.len > HOST_MAX)
            return;
        str_lower(word, key);
        host = (str){key, word.len};
    }
    for (last = host.len; last > 0 && host.ptr[last - 1] != '.'; last--)
        ;
    if (last == 0 || last + 2 > host.len || !(kind_of(host.ptr[last]) & LETTER))
        return; /* no domain ends so */
    size_t at = last - 1;

    /* Nothing is known of hosts below two labels that nothing known ends in. */
    while (at > 0 && host.ptr[at - 1] != '.')
        at--;
    if (!l->asks && !intel_set_may(l->t->m->set, intel_set_hash(l->t->m->set, INTEL_HOST, str_from(host, at))))
        return;
    /* From the right, every name it lies below. */
    bool const told = l->asks && l->asks->hosts_were_told && l->asks->hosts_were_told(l->asks->ctx, host);

    for (at = last - 1; has(l, INTEL_HOST) && !told && at > 0; at -= at > 0) {
        while (at > 0 && host.ptr[at - 1] != '.')
            at--;
        if (at == 0 || !is_ending(l, str_from(host, at)))
            probe(l, INTEL_HOST, str_from(host, at));
    }
    if (has(l, INTEL_MAIL) && from > 1 && l->text.ptr[from - 1] == '@' && part_may(l->t->m, INTEL_MAIL_HOST, host))
        mail_look(l, from, host);
    if (has(l, INTEL_URL))
        url_look(l, from, end, host, false);
}

/* A word with a point in it that ends like a host that is known. */
static void word_look(struct look *l, size_t from, size_t end) {
    unsigned all = 0;

    for (size_t i = from; i < end; i++)
        all |= kind_of(l->text.ptr[i]);
    host_look(l, from, end, all);
    /* `\\nhost`: what stands before the host may be part of how another sign is written. */
    if (from > 0 && l->text.ptr[from - 1] == '\\' && end - from > 4 && strchr("ntr", l->text.ptr[from]))
        host_look(l, from + 1, end, all);
}

/* ---- names and paths of files ---- */

/* `%appdata%/x`, `/systemroot/x` at the start of a key: known paths have the folder. Returns the new length. */
static size_t placeholder_undo(char *key, size_t len, size_t room) {
    size_t const from = len && key[0] == '/';
    size_t const at = str_find_byte((str){key + from, len - from}, '/');
    str const folder = at == SIZE_MAX || !at ? S("") : observable_folder((str){key + from, at});

    if (!folder.len || len - at + folder.len > room)
        return len;
    memmove(key + from + folder.len, key + from + at, len - from - at);
    memcpy(key + from, folder.ptr, folder.len);
    return len - at + folder.len;
}

static bool is_slash(char c) {
    return c == '/' || c == '\\';
}

/* The first slash or backslash from `at` on; where there is none, the end. */
static size_t next_slash(str s, size_t at) {
#ifdef __SSE2__
    for (; at + 16 <= s.len; at += 16) {
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at));
        unsigned const found = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('/')), _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))));

        if (found)
            return at + (unsigned)__builtin_ctz(found);
    }
#endif
    while (at < s.len && !is_slash(s.ptr[at]))
        at++;
    return at;
}

/* Small letters, one slash between names, the last PATH_MAX_BYTES of it. */
static size_t path_key(str path, char key[PATH_MAX_BYTES]) {
    size_t len = 0;
    bool twice = false;

    path = str_from(path, path.len > PATH_MAX_BYTES ? path.len - PATH_MAX_BYTES : 0);
    str_lower(path, key);
    for (size_t at = next_slash(path, 0); at < path.len; at = next_slash(path, at + 1)) {
        key[at] = '/';
        twice |= at > 0 && key[at - 1] == '/';
    }
    if (!twice)
        return path.len;
    for (size_t i = 0; i < path.len; i++)
        if (key[i] != '/' || !len || key[len - 1] != '/')
            key[len++] = key[i];
    return len;
}

static void path_probe(struct look *l, str path) {
    char key[PATH_MAX_BYTES];
    size_t len, name, depth = 0;

    while (path.len &&
           (path.ptr[path.len - 1] == '/' || path.ptr[path.len - 1] == '\\' || path.ptr[path.len - 1] == ' '))
        path.len--;
    while (path.len && *path.ptr == ' ')
        path = str_from(path, 1);
    if (path.len == 0 || is_slash(path.ptr[path.len - 1]))
        return;
    if (l->asks) {
        l->asks->path(l->asks->ctx, (str){key, path_key(path, key)});
        return;
    }
    if (!marked(l, INTEL_MARK_NAMES, intel_name_mark(intel_file_name(path))))
        return;
    len = path_key(path, key);
    len = placeholder_undo(key, len, sizeof key);
    for (name = len; name > 0 && key[name - 1] != '/'; name--)
        ;
    for (size_t i = 0; i < name; i++)
        depth += key[i] == '/';
    /* The name alone, which the filter knows of paths as well; then with each folder. Of a known path of which nothing but the name is
     * left (c:\\svchost.exe, %userprofile%\\svchost.exe) the file must lie as high: not every svchost.exe is meant. */
    if (!probe_types(l, INTEL_FILE, (str){key + name, len - name},
                     depth && depth <= DEPTH_BARE ? ANY_TYPE : ~((uint64_t)1 << OBSERVABLE_FILE_PATH)))
        return;
    for (size_t at = name, folders = 0; at > 0 && folders < FOLDERS_MAX; folders++) {
        at--;
        while (at > 0 && key[at - 1] != '/')
            at--;
        probe(l, INTEL_FILE, (str){key + at, len - at});
    }
}

/* What no path goes beyond, what words end at, what folders do. */
enum { PATH_END = 1, WORD_END = 2, FOLDER_END = 4 };

static const uint8_t ends[256] = {
    [0 ... 31] = PATH_END, ['"'] = PATH_END,   ['<'] = PATH_END,    ['>'] = PATH_END,  ['|'] = PATH_END,
    ['*'] = PATH_END,      ['?'] = PATH_END,   [' '] = WORD_END,    ['\''] = WORD_END, [','] = WORD_END,
    [';'] = WORD_END,      ['='] = WORD_END,   ['('] = WORD_END,    [')'] = WORD_END,  ['['] = WORD_END,
    [']'] = WORD_END,      ['/'] = FOLDER_END, ['\\'] = FOLDER_END,
};

static bool ends_path(char c) {
    return ends[(uint8_t)c] & PATH_END;
}
static bool ends_word(char c) {
    return ends[(uint8_t)c] & WORD_END;
}
bool indicator_ends_word(char c) {
    return ends_word(c);
}

/* Has anything known this name, with folders before it or without? At most NAME_MAX_BYTES. */
static bool name_may(const struct look *l, str name) {
    char key[NAME_MAX_BYTES];

    if (!name.len || !marked(l, INTEL_MARK_NAMES, intel_name_mark(name)))
        return false;
    for (size_t i = 0; i < name.len; i++)
        key[i] = lower(name.ptr[i]);
    return intel_set_may(l->t->m->set, intel_set_hash(l->t->m->set, INTEL_FILE, (str){key, name.len}));
}

/* The name from `from` on, or any part of it that begins behind a blank or the like. */
static bool names_may(const struct look *l, str s, size_t from, size_t end) {
    if (name_may(l, (str){s.ptr + from, end - from}))
        return true;
    for (size_t at = end; at > from; at--)
        if (ends_word(s.ptr[at - 1]) && name_may(l, (str){s.ptr + at, end - at}))
            return true;
    return false;
}

/* Where a path that ends at `end` begins: behind the sign that no path goes beyond. */
static size_t path_begin(str s, size_t end) {
    size_t const least = end > PATH_MAX_BYTES ? end - PATH_MAX_BYTES : 0;
    size_t from = end;

    while (from > least && !ends_path(s.ptr[from - 1]))
        from--;
    return from;
}

/* The same, but for folders that nobody who is told everything asks for. */
static size_t path_begin_asked(str s, size_t end) {
    size_t const least = end > PATH_MAX_BYTES ? end - PATH_MAX_BYTES : 0;
    size_t from = end;
    unsigned folders = 0;

    for (; from > least; from--) {
        unsigned const is = ends[(uint8_t)s.ptr[from - 1]];

        if (LIKELY(!(is & (PATH_END | FOLDER_END))))
            continue;
        /* Slashes and blanks behind the name are none of it (path_probe). */
        if (is & PATH_END ||
            (from < end && !is_slash(s.ptr[from]) && s.ptr[from] != ' ' && ++folders > INDICATOR_ASK_FOLDERS))
            break;
    }
    return from;
}

/* The words of the path from `from` on, from the right: `cmd /c a b.exe`. A blank may also be part of the name or of a folder. */
static void words_look(struct look *l, size_t from, size_t end) {
    str const s = l->text;
    size_t word = end;

    for (unsigned tries = 0; tries < WORDS_MAX; tries++) {
        size_t next = word - (tries > 0);

        while (next > from && !ends_word(s.ptr[next - 1]))
            next--;
        if (next == from)
            return;
        word = next;
        if (end > word)
            path_probe(l, (str){s.ptr + word, end - word});
    }
}

/* A name that ends at `end`, and begins behind a separator, a quote, or a blank. */
static void name_look(struct look *l, size_t end) {
    str const s = l->text;
    size_t from, name = end;

    if (l->asks) { /* who is told everything cuts words as well */
        from = path_begin_asked(s, end);
        if (!l->asks->path_was_told || !l->asks->path_was_told(l->asks->ctx, (str){s.ptr + from, end - from}))
            path_probe(l, (str){s.ptr + from, end - from});
        return;
    }
    /* The name alone decides, with blanks and without: most end here. */
    while (name > 0 && end - name < NAME_MAX_BYTES && !(ends[(uint8_t)s.ptr[name - 1]] & (PATH_END | FOLDER_END)))
        name--;
    if (!names_may(l, s, name, end))
        return;
    l->may = true;
    if (is_quick(l))
        return;
    from = path_begin(s, end);
    path_probe(l, (str){s.ptr + from, end - from});
    words_look(l, from, end);
}

/* Names without an ending: the last of a path. */
static void bare_look(struct look *l) {
    str const s = str_first(l->text, INDICATOR_TEXT_MAX);

    for (size_t at = next_slash(s, 0), end; at < s.len && !(l->may && is_quick(l)); at = next_slash(s, end)) {
        for (end = at + 1; end < s.len && !ends[(uint8_t)s.ptr[end]] && s.ptr[end] != '.'; end++)
            ;
        if (end > at + 1 && (end == s.len || s.ptr[end] != '.'))
            name_look(l, end);
    }
}

/* ---- at a glance: where in 64 bytes which signs stand, a bit each ---- */

struct glance {
    uint64_t points, colons, blanks;                  /* blanks: and controls */
    uint64_t rare, slashes, percents, controls, high; /* rare: any of these; slashes: backslashes; high: beyond ASCII */
};

#ifdef __SSE2__
#define BITS(x) ((uint64_t)(unsigned)_mm_movemask_epi8(x) >> skip << at)

/* skip: so many of the sixteen do not count; the first that does is at `at`. */
static inline __attribute__((always_inline)) void glance_16(struct glance *g, __m128i x, unsigned skip, unsigned at) {
    __m128i const slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')), percent = _mm_cmpeq_epi8(x, _mm_set1_epi8('%')),
                  control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(' ' - 1)), x);
    uint64_t const rare = BITS(_mm_or_si128(_mm_or_si128(slash, percent), _mm_or_si128(control, x)));

    g->points |= BITS(_mm_cmpeq_epi8(x, _mm_set1_epi8('.')));
    g->colons |= BITS(_mm_cmpeq_epi8(x, _mm_set1_epi8(':')));
    g->blanks |= BITS(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(' ')), x));
    if (rare) {
        g->rare |= rare;
        g->slashes |= BITS(slash);
        g->percents |= BITS(percent);
        g->controls |= BITS(control);
        g->high |= BITS(x);
    }
}

/* A text of less than sixteen bytes behind letters. */
static inline __attribute__((always_inline)) __m128i less_16(str s) {
    uint64_t low = 0, high = 0x6161616161616161u;

    if (s.len >= 8) {
        uint64_t first;

        memcpy(&first, s.ptr, 8);
        memcpy(&high, s.ptr + s.len - 8, 8);
        low = s.len == 8 ? 0x6161616161616161u : first << 8 * (16 - s.len);
        low |= 0x6161616161616161u >> 8 * (s.len - 8);
    } else {
        low = 0x6161616161616161u;
        for (size_t i = 0; i < s.len; i++)
            high = high >> 8 | (uint64_t)(uint8_t)s.ptr[i] << 56;
    }
    return _mm_set_epi64x((int64_t)high, (int64_t)low);
}
#endif

/* Of s from `from` on. */
static inline __attribute__((always_inline)) struct glance glance_at(str s, size_t from) {
    size_t const len = s.len - from < 64 ? s.len - from : 64;
    const char *const p = s.ptr + from;
    struct glance g = {0};
    unsigned at = 0;

#ifdef __SSE2__
    for (; at + 16 <= len; at += 16)
        glance_16(&g, _mm_loadu_si128((const __m128i *)(const void *)(p + at)), 0, at);
    if (at < len && s.len >= 16) /* the last sixteen once more */
        glance_16(&g, _mm_loadu_si128((const __m128i *)(const void *)(p + len - 16)), 16 - (unsigned)(len - at), at);
    else if (at < len)
        glance_16(&g, less_16(s), 16 - (unsigned)len, 0);
#else
    for (; at < len; at++) {
        uint64_t const bit = (uint64_t)1 << at;

        g.points |= p[at] == '.' ? bit : 0;
        g.colons |= p[at] == ':' ? bit : 0;
        g.slashes |= p[at] == '\\' ? bit : 0;
        g.percents |= p[at] == '%' ? bit : 0;
        g.blanks |= (uint8_t)p[at] <= ' ' ? bit : 0;
        g.controls |= (uint8_t)p[at] < ' ' ? bit : 0;
        g.high |= (uint8_t)p[at] & 0x80 ? bit : 0;
    }
    g.rare = g.slashes | g.percents | g.controls | g.high;
#endif
    return g;
}

/* What a text has, all of it. */
struct traits {
    bool slash;    /* a backslash */
    bool blanks;   /* two of them together, or a tab or line end, or one at an end */
    bool controls; /* tabs, line ends, ... */
    bool six;      /* perhaps an IPv6 address */
    bool percent, high;
    size_t odd_from, odd_to; /* backslashes, and what is beyond ASCII: from the first to behind the last of these */
};

/* What 64 bytes from `at` on add to that. Returns where something odd stands. */
static inline __attribute__((always_inline)) void traits_add(struct traits *all, const struct glance *g, size_t at,
                                                             bool *blank_before) {
    uint64_t const blanks = g->blanks & (g->blanks << 1 | *blank_before), odd = g->slashes | g->high;

    *blank_before = g->blanks >> 63;
    if (blanks | g->rare) {
        all->slash |= g->slashes != 0;
        all->blanks |= (blanks | g->controls) != 0;
        all->controls |= g->controls != 0;
        all->percent |= g->percents != 0;
        all->high |= g->high != 0;
    }
    if (odd) {
        if (all->odd_to == 0)
            all->odd_from = at + (unsigned)__builtin_ctzll(odd);
        all->odd_to = at + 64 - (unsigned)__builtin_clzll(odd);
    }
}

static struct traits traits_of(str s) {
    struct traits all = {0};
    bool blank_before = true;

    for (size_t at = 0; at < s.len; at += 64) {
        struct glance const g = glance_at(s, at);

        traits_add(&all, &g, at, &blank_before);
    }
    all.blanks |= s.len && s.ptr[s.len - 1] == ' ';
    return all;
}

/* ---- whole values ---- */

static void canonical_probe(struct look *l, enum observable type) {
    const char *why;

    l->t->canonical.len = 0;
    if (!observable_canonical(type, l->text, &l->t->canonical, &why)) {
        l->failed |= l->t->canonical.failed;
        return;
    }
    str key = buf_str(&l->t->canonical);

    probe_types(l, INTEL_WHOLE, key, (uint64_t)1 << type);
    /* A value lies in its key, a key in those above it: three names and more. */
    for (size_t at = key.len; type == OBSERVABLE_REGISTRY && at > 1; at--)
        if (key.ptr[at - 1] == '\\' && whole_marked(l, str_first(key, at - 1)))
            probe_types(l, INTEL_WHOLE, str_first(key, at - 1), (uint64_t)1 << type);
}

/* A whole value, in small letters unless who is asked has it in any, or what of it is behind a backslash. */
static void whole_probe(struct look *l, str whole, uint64_t types) {
    if (types && whole.len && whole_marked(l, whole))
        probe_types(l, INTEL_WHOLE, whole, types);
}

/* What stands alone behind these folders: DOMAIN\account, \Sessions\1\BaseNamedObjects\object, Services\service, Tasks\task. They end in a backslash.
 * controls: there may be some in them. */
static uint64_t types_behind(str folders, bool controls) {
    static const struct {
        str name;
        uint64_t types;
    } known[] = {
        {STR("basenamedobjects"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("global"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("local"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("pipe"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("services"), (uint64_t)1 << OBSERVABLE_SERVICE},
        {STR("tasks"), (uint64_t)1 << OBSERVABLE_SERVICE},
        {STR("tree"), (uint64_t)1 << OBSERVABLE_SERVICE},
    };

    for (size_t i = 0; controls && i < folders.len; i++)
        if ((uint8_t)folders.ptr[i] < ' ')
            return 0; /* lines of a text */
    if (folders.len == 1)
        return (uint64_t)1 << OBSERVABLE_MUTEX | (uint64_t)1 << OBSERVABLE_SERVICE;
    const char *const slash = memrchr(folders.ptr, '\\', folders.len - 1);
    str const last = {slash ? slash + 1 : folders.ptr,
                      folders.len - 1 - (slash ? (size_t)(slash + 1 - folders.ptr) : 0)};
    uint64_t types = slash ? 0 : (uint64_t)1 << OBSERVABLE_ACCOUNT;

    for (size_t i = 0; i < COUNT(known); i++)
        if (last.len == known[i].name.len && str_eq_ascii(last, known[i].name))
            types |= known[i].types;
    if (types >> OBSERVABLE_MUTEX & 1 && str_find_byte(folders, ' ') != SIZE_MAX)
        types &= ~((uint64_t)1 << OBSERVABLE_MUTEX); /* a text */
    return types;
}

/* tel:, sip: with a number behind it (event/phone.h). */
static bool is_phone(str s) {
    static const str schemes[] = {STR("tel:"), STR("sip:"), STR("sips:")};
    size_t from = 0;

    for (size_t i = 0; i < COUNT(schemes) && kind_of(*s.ptr) & LETTER; i++)
        if (s.len > schemes[i].len && str_eq_ascii(str_first(s, schemes[i].len), schemes[i]))
            from = schemes[i].len;
    if (from)
        return s.ptr[from] == '+' || kind_of(s.ptr[from]) & DIGIT;
    for (size_t i = 0; i < s.len; i++)
        if (!(kind_of(s.ptr[i]) & (DIGIT | NUMBER)))
            return false;
    return s.len <= 32;
}

/* A name of the registry, as far as its beginning tells (observable.c). */
static bool is_registry(str s) {
    static const str begins[] = {STR("hk"), STR("registry\\"), STR("computer\\"), STR("registry::"),
                                 STR("microsoft.powershell.core\\")};

    while (str_starts(s, S("\\")))
        s = str_from(s, 1);
    for (size_t i = 0; i < COUNT(begins); i++)
        if (s.len >= begins[i].len && str_eq_ascii(str_first(s, begins[i].len), begins[i]))
            return true;
    return false;
}

/* Where blanks count as one, however many there are. */
#define TOGETHER ((uint64_t)1 << OBSERVABLE_COMMAND | (uint64_t)1 << OBSERVABLE_SUBJECT)

static void together_probe(struct look *l, str small) {
    char key[WHOLE_MAX];
    size_t len = 0;

    for (size_t i = 0; i < small.len; i++) {
        char const c = small.ptr[i];
        bool const blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';

        if (!blank || !len || key[len - 1] != ' ')
            key[len++] = blank ? ' ' : c;
    }
    whole_probe(l, (str){key, len}, TOGETHER);
}

/* 3A:5F:..: serial numbers and hardware addresses are written in many ways. */
static void digits_probe(struct look *l, str s) {
    char bare[64];
    size_t n = 0;

    for (size_t i = s.ptr[0] == '0' && lower(s.ptr[1]) == 'x' ? 2 : 0; i < s.len; i++) {
        if (s.ptr[i] == ':' || s.ptr[i] == ' ' || s.ptr[i] == '-' || s.ptr[i] == '.')
            continue;
        if (!(kind_of(s.ptr[i]) & HEX))
            return;
        if (n || s.ptr[i] != '0')
            bare[n++] = lower(s.ptr[i]);
    }
    if (str_find_byte(s, '.') == SIZE_MAX)
        whole_probe(l, (str){bare, n}, (uint64_t)1 << OBSERVABLE_CERTIFICATE);
    if (s.len == 17 || s.len == 14)
        canonical_probe(l, OBSERVABLE_MAC);
}

/* Might a part of s behind a backslash be known alone? */
static bool part_likely(const struct look *l, str s) {
    for (size_t at = 0, slash; (slash = str_find_byte(str_from(s, at), '\\')) != SIZE_MAX;) {
        at += slash + 1;
        if (at < s.len && whole_marked(l, str_from(s, at)))
            return true;
    }
    return false;
}

static void whole_look(struct look *l, const struct traits *has_it) {
    str s = str_trim(l->text);
    char key[WHOLE_MAX], number[PHONE_TEXT], *to;
    str result;

    if (s.len < INDICATOR_TEXT_MIN || s.len > WHOLE_MAX)
        return;
    if (has_it->high) {
        l->t->folded.len = 0;
        if (!(to = buf_reserve(&l->t->folded, 2 * s.len + 16))) {
            l->failed = true;
            return;
        }
        s = (str){to, fold_text(s, to)};
        if (s.len > WHOLE_MAX)
            return;
    }
    bool const digits = l->t->m->phone && s.len >= PHONE_LEAST && is_phone(s), odd = indicator_odd_hex(l->t->m, s);
    bool const folders = has_it->slash && !(has_it->controls && memchr(s.ptr, '\n', s.len)); /* of one line */

    bool const registry = l->t->m->registry && s.len >= REGISTRY_LEAST && (has_it->slash || memchr(s.ptr, '/', s.len));
    bool const together = has_it->blanks && l->t->m->together;

    if (!together && !digits && !odd && !registry && !whole_marked(l, s) && !(folders && part_likely(l, s)))
        return;
    str whole = s;

    if (l->asks) { /* who is told everything does this to it */
        whole_probe(l, whole, ANY_TYPE);
    } else {
        str_lower(s, key);
        whole = (str){key, s.len};
        whole_probe(l, whole, together ? ~TOGETHER : ANY_TYPE);
        if (together)
            together_probe(l, whole);
    }
    for (size_t at = 0, slash; folders && (slash = str_find_byte(str_from(whole, at), '\\')) != SIZE_MAX;) {
        at += slash + 1;
        if (at < whole.len && whole_marked(l, str_from(whole, at)))
            whole_probe(l, str_from(whole, at), types_behind(str_first(whole, at), has_it->controls));
    }
    if (registry && is_registry(whole))
        canonical_probe(l, OBSERVABLE_REGISTRY);
    if (digits)
        canonical_probe(l, OBSERVABLE_PHONE);
    if (digits && l->asks)
        l->asks->phone(l->asks->ctx, s);
    if (digits && l->t->home && phone_e164(s, l->t->home, number, &result))
        whole_probe(l, result, (uint64_t)1 << OBSERVABLE_PHONE);
    if (odd)
        digits_probe(l, s);
}

/* ---- a text ---- */

static bool enough(const struct look *l) {
    return l->may && is_quick(l);
}

/* The end of the word whose first point is at `at`, if it is an address of IPv4 and nothing else, and none near it is known. Else 0. Most of
 * the words with points are. */
static size_t far_address(const struct look *l, size_t from, size_t at) {
    str const s = l->text;
    uint8_t bytes[4];
    size_t i = at;

    while (i > from && at - i < 4 && kind_of(s.ptr[i - 1]) & DIGIT)
        i--;
    if (i == at || (i > from && kind_of(s.ptr[i - 1]) & WORD))
        return 0;
    for (unsigned k = 0; k < 4; k++) {
        unsigned n = 0, digits = 0;

        for (; i < s.len && kind_of(s.ptr[i]) & DIGIT; i++, digits++)
            n = n * 10 + (unsigned)(s.ptr[i] - '0');
        if (digits - 1 > 2 || n > 255 || (k < 3 && (i == s.len || s.ptr[i++] != '.')))
            return 0;
        bytes[k] = (uint8_t)n;
    }
    return (i < s.len && kind_of(s.ptr[i]) & WORD) || marked(l, INTEL_MARK_ROUTES, intel_route_mark(bytes)) ? 0 : i;
}

/* The word that the point at `at` is part of, by what stands behind the last point of it. Returns its end. */
static size_t point_look(struct look *l, size_t from, size_t at) {
    str const s = l->text;
    size_t end = far_address(l, from, at), last = at, begin = at, label;
    unsigned points = 1;

    if (end && !l->t->m->digit_endings)
        return end;
    end = at + 1;

    for (; end < s.len && kind_of(s.ptr[end]) & WORD; end++)
        if (s.ptr[end] == '.') {
            points++;
            last = end + 1 < s.len && kind_of(s.ptr[end + 1]) & (LETTER | DIGIT | HIGH) ? end : last;
        }
    if (last + 1 == s.len || (kind_of(s.ptr[last + 1]) & DIGIT && points < 3 && !l->t->m->digit_endings))
        return end; /* a number, a version: no address has fewer points */
    for (label = last + 1;
         label < end && kind_of(s.ptr[label]) & (LETTER | DIGIT | HIGH | JOINT) && s.ptr[label] != '.'; label++)
        ;
    str const ending = {s.ptr + last + 1, label - last - 1};

    if (ending.len == 0)
        return end;
    size_t host_end = label; /* names of files may end in a hyphen, hosts do not */

    while (host_end > last + 1 && kind_of(s.ptr[host_end - 1]) & JOINT)
        host_end--;
    uint32_t const mark = intel_ending_mark(ending);
    bool const digit = kind_of(*ending.ptr) & DIGIT;
    uint32_t const host_mark = host_end == label ? mark : intel_ending_mark(str_first(ending, host_end - last - 1));
    bool const host =
        !l->files_only && (kind_of(*ending.ptr) & HIGH || (!digit && marked(l, INTEL_MARK_DOMAINS, host_mark)));

    /* What an encoded sign follows (`a.example%2Eorg`) is looked at once that is undone. */
    if (((digit && points >= 3 && !l->files_only) || (host && l->t->m->classes & HOST_CLASSES)) && !is_code(s, label)) {
        while (begin > from && kind_of(s.ptr[begin - 1]) & WORD)
            begin--;
        if (digit)
            fours_look(l, begin, last);
        else
            word_look(l, begin, label);
    }
    if (has(l, INTEL_FILE) && marked(l, INTEL_MARK_ENDINGS, mark) && !enough(l))
        name_look(l, label);
    return end;
}

/* Digits, and signs that times have beside them. */
static const uint8_t time_signs[256] = {['0' ... ':'] = 1, ['-'] = 1, ['.'] = 1, ['+'] = 1, [' '] = 1,
                                        ['('] = 1,         [')'] = 1, ['/'] = 1, ['T'] = 1, ['Z'] = 1};

#ifdef __SSE2__
static inline bool time_signs_16(const char *at) {
    __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)at), from = _mm_sub_epi8(x, _mm_set1_epi8('('));
    __m128i const near = _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(':' - '(')), from),
                  none = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('*')), _mm_cmpeq_epi8(x, _mm_set1_epi8(','))),
                  also = _mm_or_si128(
                      _mm_cmpeq_epi8(x, _mm_set1_epi8(' ')),
                      _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('T')), _mm_cmpeq_epi8(x, _mm_set1_epi8('Z'))));

    return _mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(none, near), also)) == 0xffff;
}
#endif

bool indicator_text_is_time(str s) {
    if (s.len < 16 || s.len > 35 || s.ptr[4] != '-' || s.ptr[13] != ':')
        return false;
#ifdef __SSE2__
    if (!time_signs_16(s.ptr) || !time_signs_16(s.ptr + s.len - 16))
        return false;
    for (size_t i = 16; i + 16 < s.len; i++)
        if (!time_signs[(uint8_t)s.ptr[i]])
            return false;
#else
    for (size_t i = 0; i < s.len; i++)
        if (!time_signs[(uint8_t)s.ptr[i]])
            return false;
#endif
    return true;
}

static struct traits text_look(struct look *l) {
    str const s = l->text;
    struct traits all = {0};
    bool colon_before = false, blank_before = true;
    unsigned colons = 0;
    size_t next = 0; /* what lies before was part of a word */

    if (!l->parts_only && indicator_text_is_time(s))
        return all;
    for (size_t at = 0; at < s.len && !enough(l); at += 64) {
        struct glance g = glance_at(s, at);

        traits_add(&all, &g, at, &blank_before);
        /* Hosts, addresses, names of files: words with a point in them. */
        if (next > at)
            g.points = next >= at + 64 ? 0 : g.points & ~(uint64_t)0 << (next - at);
        while (g.points && !enough(l)) {
            next = point_look(l, next, at + (unsigned)__builtin_ctzll(g.points));
            g.points = next >= at + 64 ? 0 : g.points & ~(uint64_t)0 << (next - at);
        }
        all.six |= (g.colons & (g.colons << 1 | colon_before)) != 0;
        for (uint64_t left = g.colons; left && colons < SIX_COLONS; left &= left - 1)
            colons++;
        colon_before = g.colons >> 63;
    }
    all.blanks |= s.len && s.ptr[s.len - 1] == ' ';
    all.six |= colons >= SIX_COLONS;
    /* Hashes without one: a word of 32 and more has a byte at one of these places. */
    for (size_t at = 31; has(l, INTEL_HEX) && !l->files_only && at < s.len && !enough(l); at += 32)
        if (kind_of(s.ptr[at]) & HEX &&
            (kind_of(s.ptr[at - 1]) & HEX || (at + 1 < s.len && kind_of(s.ptr[at + 1]) & HEX))) {
            size_t begin = at, end = at;

            while (begin > 0 && kind_of(s.ptr[begin - 1]) & HEX)
                begin--;
            while (end < s.len && kind_of(s.ptr[end]) & HEX)
                end++;
            if (end - begin >= 32 && !goes_on(s, begin) && !(end < s.len && kind_of(s.ptr[end]) & LETTER))
                hex_look(l, (str){s.ptr + begin, end - begin});
            at = end > at + 32 ? (end - 31) / 32 * 32 + 31 : at;
        }
    l->url_end = 0; /* from the first byte again */
    for (size_t at = 0; l->t->m->v6 && all.six && !l->files_only && !enough(l);) {
        size_t const colon = str_find_byte(str_from(s, at), ':');

        if (colon == SIZE_MAX)
            break;
        at += colon;
        at = at + 1 < s.len && (s.ptr[at + 1] == ':' || kind_of(s.ptr[at + 1]) & HEX) ? six_look(l, at) : at + 1;
    }
    if (l->t->m->bare_names && !enough(l)) {
        bare_look(l);
        if (s.len < NAME_MAX_BYTES && !l->undone && !l->parts_only) { /* and the whole value */
            if (l->asks && !memchr(s.ptr, '/', s.len) && !memchr(s.ptr, '\\', s.len))
                l->asks->key(l->asks->ctx, INTEL_WHOLE, str_trim(s)); /* a name alone: one key serves for both */
            else
                path_probe(l, str_trim(s));
        }
    }
    if (has(l, INTEL_WHOLE) && !l->undone && !l->parts_only && !l->files_only && !enough(l))
        whole_look(l, &all);
    return all;
}

/* Quotes, brackets, dashes, blanks beyond ASCII, and bytes that are no UTF-8, which may come out of an encoding: how many bytes of one
 * stand at the start of s; 0: none. */
static size_t high_mark(str s) {
    uint32_t p = 0;
    size_t const width = utf8_decode(s, &p);
    bool const latin = p >= 0x80 && p < 0xc0 && p != 0xaa && p != 0xb5 && p != 0xb7 && p != 0xba;
    bool const cjk = p >= 0x3000 && p < 0x3020 && (p < 0x3005 || p > 0x3007);
    bool const wide = p >= 0xff00 && p < 0xff21 && (p < 0xff0d || p == 0xff0f || p > 0xff19);

    return !width ? 1 : latin || (p >= 0x2000 && p < 0x2070) || cjk || wide ? width : 0;
}

/* The first percent sign, or byte beyond ASCII, from `at` on. */
static size_t next_code(str s, size_t at) {
#ifdef __SSE2__
    for (; at + 16 <= s.len; at += 16) {
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at));
        unsigned const found = (unsigned)_mm_movemask_epi8(_mm_or_si128(x, _mm_cmpeq_epi8(x, _mm_set1_epi8('%'))));

        if (found)
            return at + (unsigned)__builtin_ctz(found);
    }
#endif
    while (at < s.len && s.ptr[at] != '%' && (uint8_t)s.ptr[at] < 0x80)
        at++;
    return at;
}

/* The text without percent-encoding, with points for the signs that are points in names of hosts (UTS 46 2.3), and with `"` for signs
 * beyond ASCII that end words. False: it has none of these, or no memory. */
static bool undo(struct look *l, struct buf *out) {
    static const str stops[] = {STR("\xe3\x80\x82"), STR("\xef\xbc\x8e"), STR("\xef\xbd\xa1")};
    str const s = str_first(l->text, INDICATOR_TEXT_MAX);
    char *to = NULL;
    size_t len = 0, from = 0;

    for (size_t i = next_code(s, 0); i < s.len;) {
        size_t width = 0;
        char is = '.';

        if (is_code(s, i)) {
            is = (char)(hex_of(s.ptr[i + 1]) << 4 | hex_of(s.ptr[i + 2]));
            width = 3;
        } else if ((uint8_t)s.ptr[i] >= 0x80) {
            for (size_t k = 0; k < COUNT(stops); k++)
                if (str_starts(str_from(s, i), stops[k]))
                    width = 3;
            if (!width && (width = high_mark(str_from(s, i))))
                is = '"';
        }
        if (!width) {
            i = next_code(s, i + ((uint8_t)s.ptr[i] < 0x80 ? 1 : utf8_width(str_from(s, i))));
            continue;
        }
        if (!to) {
            out->len = 0;
            if (!(to = buf_reserve(out, s.len))) {
                l->failed = true;
                return false;
            }
        }
        memcpy(to + len, s.ptr + from, i - from);
        len += i - from;
        to[len++] = is;
        from = i + width;
        i = next_code(s, from);
    }
    if (!to)
        return false;
    memcpy(to + len, s.ptr + from, s.len - from);
    out->len = len + s.len - from;
    return true;
}

/* Names of files are known in small letters, beyond ASCII too. */
static void folded_look(struct look *l) {
    str const was = l->text, s = str_first(was, INDICATOR_TEXT_MAX);
    char *to;

    l->t->folded.len = 0;
    if (!(to = buf_reserve(&l->t->folded, 2 * s.len + 16))) {
        l->failed = true;
        return;
    }
    l->text = (str){to, fold_text(s, to)};
    l->files_only = true;
    (void)text_look(l);
    l->files_only = false;
    l->text = was;
}

static struct traits text_look_all(struct look *l) {
    struct traits const all = text_look(l);

    if (all.high && has(l, INTEL_FILE) && !enough(l))
        folded_look(l);
    return all;
}

/* The text as it stands, and then what it means. */
static struct traits look_at(struct look *l) {
    struct traits const first = text_look_all(l);
    struct traits all = first;
    struct buf *const rooms[] = {&l->t->undone, &l->t->undone_again};

    /* What is no UTF-8 becomes another text before anybody looks at it in full. */
    if (is_quick(l) && all.high && utf8_valid(l->text) != l->text.len)
        l->may = true;
    for (unsigned i = 0; i < UNDONE_MAX && (all.percent || all.high) && !enough(l) && !l->failed; i++) {
        if (!undo(l, rooms[i % 2]))
            break;
        l->text = buf_str(rooms[i % 2]);
        l->undone = true;
        l->url_end = 0;
        all = text_look_all(l);
    }
    return first;
}

bool indicator_text_is_plain(const struct indicator_texts *t, str text) {
    struct look const l = {.t = (struct indicator_texts *)(uintptr_t)t, .text = text};
    size_t const len = text.len;

    if (len == 0 || len > 64 || whole_marked(&l, text) || indicator_odd_hex(t->m, text) ||
        (t->m->phone && is_phone(text)) ||
        (t->m->bare_names && (marked(&l, INTEL_MARK_NAMES, intel_name_mark(text)) || memchr(text.ptr, '/', len))))
        return len == 0;
    for (size_t at = 31; at < len; at += 32)
        if (kind_of(text.ptr[at]) & HEX &&
            (kind_of(text.ptr[at - 1]) & HEX || (at + 1 < len && kind_of(text.ptr[at + 1]) & HEX)))
            return false;
    struct glance const g = glance_at(text, 0);

    return !(g.points | g.rare) && !(g.blanks & (g.blanks << 1 | 1)) && !(g.blanks >> (len - 1)) &&
           (!t->m->v6 || !g.colons ||
            (!(g.colons & g.colons << 1) && (unsigned)__builtin_popcountll(g.colons) < SIX_COLONS));
}

bool indicator_text_find(struct indicator_texts *t, str text, struct indicator_found *found) {
    struct look l = {.t = t, .text = text, .found = found};

    (void)look_at(&l);
    return !l.failed;
}

/* The end of the piece from `from` on: behind a sign that nothing which is looked for goes beyond, unless it is known as a whole. */
static size_t piece_end(str s, size_t from) {
    size_t at = from + PIECE_LEAST;

#ifdef __SSE2__
    for (; at + 16 <= s.len; at += 16) {
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at));
        __m128i const control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(' ' - 1)), x),
                      tag = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('<')), _mm_cmpeq_epi8(x, _mm_set1_epi8('>')));
        unsigned const found = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, tag));

        if (found)
            return at + (unsigned)__builtin_ctz(found) + 1;
    }
#endif
    while (at < s.len && (uint8_t)s.ptr[at] >= ' ' && s.ptr[at] != '<' && s.ptr[at] != '>')
        at++;
    return at < s.len ? at + 1 : s.len;
}

/* As a whole it must be no name of a file, which folding makes shorter, to a third at most; no host; and nothing of it beyond what is looked at, which
 * folding makes longer, to less than twice as much. */
static bool in_pieces(str text) {
    return text.len >= PIECES_LEAST && text.len <= INDICATOR_TEXT_MAX / 2 && piece_end(text, 0) < text.len;
}

/* Long texts, scripts and messages, are mostly what others are: piece by piece, each once, and then what they are as a whole. */
static void pieces_look(struct look *whole) {
    str const text = whole->text;

    for (size_t from = 0, to; from < text.len; from = to) {
        to = piece_end(text, from);
        struct look l = {.t = whole->t, .text = {text.ptr + from, to - from}, .asks = whole->asks, .parts_only = true};

        if (l.asks->piece_was_told(l.asks->ctx, l.text))
            continue;
        (void)look_at(&l);
        whole->failed |= l.failed;
    }
    struct traits const all = traits_of(text);

    whole_look(whole, &all);
}

bool indicator_text_ask(struct indicator_texts *t, str text, const struct indicator_asks *asks) {
    struct look l = {.t = t, .text = text, .asks = asks};

    assert(!t->m->set);
    if (asks->piece_was_told && in_pieces(text))
        pieces_look(&l);
    else
        (void)look_at(&l);
    return !l.failed;
}

bool indicator_raw_may(struct indicator_texts *t, uint8_t raw_type, str bytes) {
    struct look l = {.t = t, .text = bytes};
    size_t repaired = 0;
    char *to;

    if (raw_type == RAW_UTF16) {
        bytes.len &= ~(size_t)1; /* as event/block.c keeps it */
        if (bytes.len && bytes.ptr[bytes.len - 2] == 0 && bytes.ptr[bytes.len - 1] == 0)
            bytes.len -= 2;
        t->wide.len = 0;
        if (!(to = buf_reserve(&t->wide, bytes.len / 2 * 3)))
            return true;
        t->wide.len = utf16le_to_utf8(bytes.ptr, bytes.len / 2, to, &repaired);
        l.text = buf_str(&t->wide);
    } else if (raw_type != RAW_TEXT) { /* digits: a hash, a serial number */
        t->wide.len = 0;
        if (bytes.len <= WHOLE_MAX / 2)
            (void)value_render(raw_type, bytes, &t->wide, &repaired);
        if (t->wide.failed)
            return true;
        l.text = buf_str(&t->wide);
    }
    (void)look_at(&l);
    return l.may || l.failed;
}

/* ---- a line, and the values cut out of it ---- */

bool indicator_line_may(struct indicator_texts *t, str line, str *odd) {
    struct look l = {.t = t, .text = line, .parts_only = true};
    struct traits const all = look_at(&l);

    *odd = str_first(str_from(line, all.odd_from), all.odd_to - all.odd_from);
    if (t->m->together && all.blanks)
        *odd = line;
    return l.may || l.failed;
}

bool indicator_whole_may(struct indicator_texts *t, str text) {
    struct look l = {.t = t, .text = text};
    struct traits const all = traits_of(text);

    if (!all.slash && !all.high && !(all.blanks && t->m->together) && !indicator_whole_likely(t, str_trim(text)))
        return false;
    if (t->m->bare_names && text.len < NAME_MAX_BYTES)
        path_probe(&l, str_trim(text));
    if (has(&l, INTEL_WHOLE) && !enough(&l))
        whole_look(&l, &all);
    return l.may || l.failed || (all.high && t->m->bare_names);
}

bool indicator_form_likely(const struct indicator_texts *t, str text) {
    return (t->m->phone && is_phone(text)) ||
           (t->m->bare_names && indicator_marked(t->m, INTEL_MARK_NAMES, intel_name_mark(text)));
}
