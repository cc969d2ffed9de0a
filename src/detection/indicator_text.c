/* indicator_text: observables within a text, and whether they are known. One pass over the bytes cuts them into words of the signs that
 * hosts, addresses and hashes are made of; what else there may be begins at one of these words. */
#include <libpsl.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/address.h"
#include "base/hash.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "detection/indicator.h"
#include "detection/indicator_own.h"

#define HOST_MAX 253u
#define URL_MAX 8192u
#define LABELS_MAX 32u
#define FOLDERS_MAX 24u
#define PATH_MAX_BYTES 1024u
#define DEPTH_BARE 3u /* slashes: c:/x, c:/users/jo/x, /home/jo/x, /srv/c$/x */
#define WHOLE_MAX 2048u
#define WORDS_MAX 16u /* of a name with blanks in it, behind other words */
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

static bool networks_note(struct indicator_marks *t) {
    uint32_t at = 0, entry;

    while ((entry = intel_set_each(t->set, ITEM_VALUE, OBSERVABLE_NETWORK, &at)) != INTEL_NONE) {
        struct network n;
        struct err e;

        if (!t->networks4 && !(t->networks4 = calloc(65536 / 64, sizeof *t->networks4)))
            return false;
        if (!network_parse(intel_set_entry(t->set, entry).value, &n, &e))
            continue;
        if (n.base.family == 6) {
            t->v6 = true;
            continue;
        }
        uint32_t const first = (uint32_t)n.base.bytes[0] << 8 | n.base.bytes[1];
        uint32_t const count = n.bits >= 16 ? 1 : 1u << (16 - n.bits);

        for (uint32_t i = first; i < first + count && i < 65536; i++)
            t->networks4[i / 64] |= (uint64_t)1 << i % 64;
    }
    return true;
}

/* x.7z, x.001: the ending begins with a digit. */
static bool ends_in_digit(str name) {
    size_t at = name.len;

    while (at > 0 && name.ptr[at - 1] != '.' && name.ptr[at - 1] != '/')
        at--;
    return at > 0 && at < name.len && name.ptr[at - 1] == '.' && kind_of(name.ptr[at]) & DIGIT;
}

/* Path and query of a canonical URL, apart. */
static void url_parts(str url, str *path, str *query) {
    size_t const slash = str_find_byte(url, '/'), mark = str_find_byte(url, '?');

    *query = mark == SIZE_MAX ? S("") : str_from(url, mark);
    *path = slash == SIZE_MAX || slash > mark ? S("/") : str_from(str_first(url, mark), slash);
}

/* Of logs that hold host and path apart the path is known by this alone, before anybody knows which host it is of. */
static bool url_parts_note(struct indicator_marks *t) {
    uint32_t at = 0, entry;
    uint64_t bits = 1024, count = 0;
    str parts[2];

    while (intel_set_each(t->set, ITEM_VALUE, OBSERVABLE_URL, &at) != INTEL_NONE)
        count++;
    if (!count)
        return true;
    while (bits < 16 * count)
        bits *= 2;
    if (!(t->url_parts = calloc(bits / 64, sizeof *t->url_parts)))
        return false;
    t->url_part_mask = bits - 1;
    for (at = 0; (entry = intel_set_each(t->set, ITEM_VALUE, OBSERVABLE_URL, &at)) != INTEL_NONE;) {
        url_parts(intel_set_entry(t->set, entry).value, &parts[0], &parts[1]);
        for (unsigned i = 0; i < COUNT(parts); i++) {
            uint64_t const bit = hash_bytes(parts[i], 0) & t->url_part_mask;

            if (parts[i].len)
                t->url_parts[bit / 64] |= (uint64_t)1 << bit % 64;
        }
    }
    return true;
}

bool indicator_part_may(struct indicator_texts *t, str path, bool query) {
    struct web_address w;
    str parts[2];

    if (!t->m->url_parts || path.len > WHOLE_MAX)
        return t->m->url_parts != NULL;
    arena_reset(t->urls);
    if (!web_address_join(S("a.example"), query ? S("/") : path, query ? path : S(""), t->urls, &w))
        return true;
    url_parts(w.key, &parts[0], &parts[1]);
    uint64_t const bit = hash_bytes(parts[query], 0) & t->m->url_part_mask;

    return t->m->url_parts[bit / 64] >> bit % 64 & 1;
}

bool indicator_marks_new(struct indicator_marks **out, const struct intel_set *set, struct err *e) {
    struct indicator_marks *const t = calloc(1, sizeof *t);
    uint32_t at = 0, entry;

    if (!t)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    t->set = set;
    for (unsigned c = 0; c < INTEL_CLASSES; c++)
        t->classes |= (uint32_t)intel_set_has(set, c) << c;
    for (unsigned which = 0; which < INTEL_MARKS; which++)
        t->marks[which] = intel_marks(set, which);
    for (at = 0;
         (entry = intel_set_each(set, ITEM_VALUE, OBSERVABLE_FILE_NAME, &at)) != INTEL_NONE && !t->digit_endings;)
        t->digit_endings = ends_in_digit(intel_set_entry(set, entry).value);
    for (at = 0;
         (entry = intel_set_each(set, ITEM_VALUE, OBSERVABLE_FILE_PATH, &at)) != INTEL_NONE && !t->digit_endings;)
        t->digit_endings = ends_in_digit(intel_set_entry(set, entry).value);
    at = 0;
    t->registry = intel_set_has_type(set, OBSERVABLE_REGISTRY);
    t->phone = intel_set_has_type(set, OBSERVABLE_PHONE);
    while (!t->v6 && (entry = intel_set_each(set, ITEM_VALUE, OBSERVABLE_ADDRESS, &at)) != INTEL_NONE)
        t->v6 = str_find_byte(intel_set_entry(set, entry).value, ':') != SIZE_MAX;
    t->bare_names = intel_mark_has(set, INTEL_MARK_ENDINGS, intel_ending_mark(S("")));
    if (!networks_note(t) || !url_parts_note(t)) {
        indicator_marks_free(t);
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    }
    *out = t;
    return true;
}

void indicator_marks_free(struct indicator_marks *t) {
    if (!t)
        return;
    free(t->networks4);
    free(t->url_parts);
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
}

/* A look at one text. found NULL: whether there may be anything is all that is asked, and `may` ends it. */
struct look {
    struct indicator_texts *t;
    str text;
    struct indicator_found *found;
    bool may, failed;
    bool undone; /* the text is not as it stands in the evidence, but without its encoding */
};

static void found_add(struct indicator_found *f, uint32_t entry) {
    for (uint32_t i = 0; i < f->count; i++)
        if (f->entries[i] == entry)
            return;
    if (f->count < INDICATOR_ENTRIES_MAX)
        f->entries[f->count++] = entry;
}

/* types: a bit for each that may have the key. False: nothing has this key, or this beginning of a key (intel_set.h). */
static bool probe_types(struct look *l, enum intel_class class, str key, uint64_t types) {
    uint64_t const hash = intel_set_hash(l->t->m->set, class, key);
    uint32_t at = 0, entry;

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
    return l->t->m->marks[which][mark / 64] >> mark % 64 & 1;
}

static bool has(const struct look *l, enum intel_class class) {
    return l->t->m->classes >> class & 1;
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

static bool ends_url(char c) {
    return (uint8_t)c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' ||
           c == '|' || c == '}' || c == '\'';
}

/* A value that is a host and nothing else, or with its port. */
static bool is_port(str behind) {
    for (size_t i = 1; i < behind.len; i++)
        if (!(kind_of(behind.ptr[i]) & DIGIT))
            return false;
    return behind.len == 0 || (*behind.ptr == ':' && behind.len > 1);
}

/* A URL that begins with the host at `from`; behind the host stands a port, path or query, or nothing. host: in canonical form, which
 * is how known URLs have it; an IPv6 address stands in brackets. */
static void url_look(struct look *l, size_t from, size_t end, str host, bool six) {
    char key[URL_MAX];
    size_t to, host_len = 0;
    struct web_address w;

    if (!intel_set_may(l->t->m->set, intel_set_host_hash(l->t->m->set, host)))
        return;
    l->may = true;
    if (!l->found)
        return;
    if (six && from > 0 && l->text.ptr[from - 1] == '[' && end < l->text.len && l->text.ptr[end] == ']') {
        from--;
        end++;
    }
    if (from == 0 && is_port(str_from(l->text, end)))
        l->found->host = true;
    for (to = end; to < l->text.len && to - from < URL_MAX && !ends_url(l->text.ptr[to]); to++)
        ;
    str const url = {l->text.ptr + from, to - from};

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
        arena_reset(l->t->urls);
        if (!web_address_of(str_first(url, len), l->t->urls, &w))
            continue;
        str const behind = str_from(w.key, w.host.len);

        if (behind.len > sizeof key - host_len)
            continue;
        memcpy(key + host_len, behind.ptr, behind.len);
        url_probe(l, (str){key, host_len + behind.len});
    }
}

/* ---- addresses ---- */

static void address_probe(struct look *l, const struct address *a, size_t from, size_t end) {
    uint32_t networks[33];
    char text[ADDRESS_TEXT];

    if (has(l, INTEL_ADDRESS))
        probe(l, INTEL_ADDRESS, (str){(const char *)a->bytes, a->family == 4 ? 4 : 16});
    if (has(l, INTEL_NETWORK) && l->t->m->networks4) {
        uint32_t const high = (uint32_t)a->bytes[0] << 8 | a->bytes[1];

        if (a->family == 6 || l->t->m->networks4[high / 64] >> high % 64 & 1) {
            size_t const count = intel_set_networks(l->t->m->set, a, networks, COUNT(networks));

            l->may |= count > 0;
            for (size_t i = 0; l->found && i < count; i++)
                found_add(l->found, networks[i]);
        }
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
        if (to - begin >= 7 && to - begin <= 15 && !is_version(s, begin) &&
            !(to < s.len && kind_of(s.ptr[to]) & LETTER) && !goes_on(s, begin) && (begin == run || !goes_on(s, run)) &&
            four((str){s.ptr + begin, to - begin}, &a))
            address_probe(l, &a, begin, to);
        for (last = run; last > from && s.ptr[last - 1] != '.'; last--)
            ;
        if (last-- == from || !(kind_of(s.ptr[last + 1]) & DIGIT))
            return;
    }
}

/* An IPv6 address around the colon at `at`. Returns where to go on. */
static size_t six_look(struct look *l, size_t at) {
    str const s = l->text;
    size_t from = at, to = at;
    unsigned colons = 0;
    bool twice = false;
    struct address a;

    while (from > 0 && (kind_of(s.ptr[from - 1]) & HEX || s.ptr[from - 1] == ':') && at - from < 40)
        from--;
    for (; to < s.len && to - from < 46 && (kind_of(s.ptr[to]) & HEX || s.ptr[to] == ':' || s.ptr[to] == '.'); to++) {
        colons += s.ptr[to] == ':';
        twice |= s.ptr[to] == ':' && to > from && s.ptr[to - 1] == ':';
    }
    if (colons < 2 || (!twice && colons < 6)) /* times and hardware addresses */
        return to > at ? to : at + 1;
    if (to < s.len && kind_of(s.ptr[to]) & LETTER)
        return to;
    if (goes_on(s, from)) /* `IPv6:2001:db8::1`: what stands before the first colon is a word */
        from = from + str_find_byte(str_from(s, from), ':');
    if (s.ptr[from] == ':' && s.ptr[from + 1] != ':')
        from++;
    for (size_t end = to; end > from + 2; end--) /* a point or a colon behind it is none of it */
        if (address_parse((str){s.ptr + from, end - from}, &a)) {
            struct address four_of_it = {.family = 4};
            static const char mapped[12] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";

            if (memcmp(a.bytes, mapped, sizeof mapped) != 0) {
                address_probe(l, &a, from, end);
            } else {
                memcpy(four_of_it.bytes, a.bytes + 12, 4);
                address_probe(l, &four_of_it, from, end);
            }
            return end > at ? end : at + 1; /* of `1::2:::` the last colons are none of it, and it is not begun again */
        } else if (s.ptr[end - 1] != '.' && s.ptr[end - 1] != ':') {
            break;
        }
    return at + 1;
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
    char key[512];
    size_t begin = from - 1, len;

    while (begin > 0 && from - begin < 200 && l->text.ptr[begin - 1] && local_part(l->text.ptr[begin - 1]))
        begin--;
    len = from - begin; /* with the @ */
    if (len < 2 || len + host.len > sizeof key)
        return;
    for (size_t i = 0; i < len; i++)
        key[i] = lower(l->text.ptr[begin + i]);
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
        for (size_t i = 0; i < word.len; i++)
            key[i] = lower(word.ptr[i]);
        host = (str){key, word.len};
    }
    for (last = host.len; last > 0 && host.ptr[last - 1] != '.'; last--)
        ;
    if (last == 0 || last + 2 > host.len || !(kind_of(host.ptr[last]) & LETTER))
        return; /* no domain ends so */
    if (has(l, INTEL_HOST)) {
        size_t at = last - 1;

        /* From the right, every name it lies below; nothing lies below two labels that nothing known ends in. */
        for (unsigned labels = 0; labels < LABELS_MAX && at > 0; labels++) {
            while (at > 0 && host.ptr[at - 1] != '.')
                at--;
            bool const ending = at > 0 && is_ending(l, str_from(host, at));

            if (!ending && !probe(l, INTEL_HOST, str_from(host, at)) && labels == 0)
                break;
            at -= at > 0;
        }
    }
    if (has(l, INTEL_MAIL) && from > 1 && l->text.ptr[from - 1] == '@')
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
    if (from > 0 && l->text.ptr[from - 1] == '\\' && end - from > 5 && strchr("ntr", l->text.ptr[from]))
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

static void path_probe(struct look *l, str path) {
    char key[PATH_MAX_BYTES];
    size_t len = 0, name, depth = 0;

    while (path.len &&
           (path.ptr[path.len - 1] == '/' || path.ptr[path.len - 1] == '\\' || path.ptr[path.len - 1] == ' '))
        path.len--;
    while (path.len && *path.ptr == ' ')
        path = str_from(path, 1);
    if (path.len < 3 ||
        !marked(l, INTEL_MARK_NAMES, intel_name_mark(intel_file_name(path).len < 3 ? path : intel_file_name(path))))
        return;
    if (path.len > sizeof key)
        path = str_from(path, path.len - sizeof key);
    for (size_t i = 0; i < path.len; i++) {
        char const c = path.ptr[i] == '\\' ? '/' : lower(path.ptr[i]);

        if (c == '/' && len && key[len - 1] == '/')
            continue;
        key[len++] = c;
    }
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

static bool name_may(const struct look *l, str name) {
    return name.len >= 3 && marked(l, INTEL_MARK_NAMES, intel_name_mark(name));
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

/* A name that ends at `end`, and begins behind a separator, a quote, or a blank. */
static void name_look(struct look *l, size_t end) {
    str const s = l->text;
    size_t from = end, word = SIZE_MAX, name = end;

    /* The name alone decides, in two lengths if there are blanks in it: most end here. */
    while (name > 0 && end - name < 256 && !(ends[(uint8_t)s.ptr[name - 1]] & (PATH_END | FOLDER_END)))
        name--;
    if (!names_may(l, s, name, end))
        return;

    while (from > 0 && end - from < PATH_MAX_BYTES && !ends_path(s.ptr[from - 1])) {
        from--;
        if (word == SIZE_MAX && ends_word(s.ptr[from]))
            word = from + 1;
    }
    path_probe(l, (str){s.ptr + from, end - from});
    /* Words within, from the right: `cmd /c a b.exe`. A blank may also be part of the name or of a folder. */
    for (unsigned tries = 0; word != SIZE_MAX && tries < WORDS_MAX; tries++) {
        size_t next = word - 1;

        if (end - word >= 3)
            path_probe(l, (str){s.ptr + word, end - word});
        while (next > from && !ends_word(s.ptr[next - 1]))
            next--;
        word = next > from ? next : SIZE_MAX;
    }
}

/* Names without an ending: the last of a path. */
static void bare_look(struct look *l) {
    str const s = str_first(l->text, INDICATOR_TEXT_MAX);

    for (size_t at = 0; at < s.len && !(l->may && !l->found); at++) {
        size_t end;

        if (s.ptr[at] != '/' && s.ptr[at] != '\\')
            continue;
        for (end = at + 1; end < s.len && !ends_path(s.ptr[end]) && !ends_word(s.ptr[end]) && s.ptr[end] != '/' &&
                           s.ptr[end] != '\\' && s.ptr[end] != '.';
             end++)
            ;
        if (end > at + 3 && (end == s.len || s.ptr[end] != '.'))
            name_look(l, end);
        at = end - 1;
    }
}

/* ---- at a glance: where in 64 bytes which signs stand, a bit each ---- */

struct glance {
    uint64_t points, colons, slashes, blanks; /* slashes: backslashes; blanks: tabs, and blanks */
    uint64_t percents, high;                  /* high: beyond ASCII */
};

static inline struct glance glance_at(const char *p, size_t len) {
    struct glance g = {0};
    size_t at = 0;

#ifdef __SSE2__
    __m128i const point = _mm_set1_epi8('.'), colon = _mm_set1_epi8(':'), slash = _mm_set1_epi8('\\'),
                  blank = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t'), percent = _mm_set1_epi8('%');

    for (; at + 16 <= len; at += 16) {
        __m128i const x = _mm_loadu_si128((const __m128i *)(const void *)(p + at));

        g.points |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, point)) << at;
        g.colons |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, colon)) << at;
        g.slashes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, slash)) << at;
        g.blanks |=
            (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(x, blank), _mm_cmpeq_epi8(x, tab))) << at;
        g.percents |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, percent)) << at;
        g.high |= (uint64_t)(unsigned)_mm_movemask_epi8(x) << at;
    }
#endif
    for (; at < len; at++) {
        uint64_t const bit = (uint64_t)1 << at;

        g.points |= p[at] == '.' ? bit : 0;
        g.colons |= p[at] == ':' ? bit : 0;
        g.slashes |= p[at] == '\\' ? bit : 0;
        g.blanks |= p[at] == ' ' || p[at] == '\t' ? bit : 0;
        g.percents |= p[at] == '%' ? bit : 0;
        g.high |= (uint8_t)p[at] & 0x80 ? bit : 0;
    }
    return g;
}

/* What a text has, all of it. */
struct traits {
    bool slash;  /* a backslash */
    bool blanks; /* two of them together, or a tab, or one at an end */
    bool six;    /* perhaps an IPv6 address */
    bool percent, high;
};

/* ---- whole values ---- */

static void canonical_probe(struct look *l, enum observable type) {
    const char *why;

    l->t->canonical.len = 0;
    if (!observable_canonical(type, l->text, &l->t->canonical, &why)) {
        l->failed |= l->t->canonical.failed;
        return;
    }
    str key = buf_str(&l->t->canonical);

    probe(l, INTEL_WHOLE, key);
    /* A value lies in its key, a key in those above it: three names and more. */
    for (size_t at = key.len; type == OBSERVABLE_REGISTRY && at > 0; at--)
        if (key.ptr[at - 1] == '\\')
            probe(l, INTEL_WHOLE, str_first(key, at - 1));
}

/* Digits in twos, as serial numbers and hardware addresses are written; perhaps more than that. */
static bool odd_hex(str s) {
    return s.len >= 6 && s.len <= 64 && kind_of(s.ptr[0]) & HEX && kind_of(s.ptr[1]) & HEX &&
           (s.ptr[0] == '0' ||
            (s.len >= 12 && (s.ptr[2] == ':' || s.ptr[2] == ' ' || s.ptr[2] == '-' || s.ptr[4] == '.')));
}

/* A whole value in small letters, or what of it is behind a backslash. */
static void whole_probe(struct look *l, str whole, uint64_t types) {
    if (types && whole.len >= INDICATOR_TEXT_MIN && marked(l, INTEL_MARK_WHOLES, intel_whole_mark(whole)))
        probe_types(l, INTEL_WHOLE, whole, types);
}

/* Is the last name of a path that ends in a backslash this one? */
static bool last_is(str folders, str name) {
    return str_ends(folders, name) && (folders.len == name.len || folders.ptr[folders.len - name.len - 1] == '\\');
}

/* What stands alone behind these folders: DOMAIN\account, \Sessions\1\BaseNamedObjects\object, Services\service, Tasks\task. */
static uint64_t types_behind(str folders) {
    static const struct {
        str name;
        uint64_t types;
    } known[] = {
        {STR("basenamedobjects\\"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("global\\"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("local\\"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("pipe\\"), (uint64_t)1 << OBSERVABLE_MUTEX},
        {STR("services\\"), (uint64_t)1 << OBSERVABLE_SERVICE},
        {STR("tasks\\"), (uint64_t)1 << OBSERVABLE_SERVICE},
        {STR("tree\\"), (uint64_t)1 << OBSERVABLE_SERVICE},
    };

    for (size_t i = 0; i < folders.len; i++)
        if ((uint8_t)folders.ptr[i] < ' ')
            return 0; /* lines of a text */
    if (folders.len == 1)
        return (uint64_t)1 << OBSERVABLE_MUTEX | (uint64_t)1 << OBSERVABLE_SERVICE;
    uint64_t types = str_find_byte(folders, '\\') == folders.len - 1 ? (uint64_t)1 << OBSERVABLE_ACCOUNT : 0;

    for (size_t i = 0; i < COUNT(known); i++)
        if (last_is(folders, known[i].name))
            types |= known[i].types;
    return str_find_byte(folders, ' ') == SIZE_MAX ? types : types & ~((uint64_t)1 << OBSERVABLE_MUTEX); /* a text */
}

/* tel:, sip: with a number behind it (event/phone.h). */
static bool is_phone(str s) {
    static const str schemes[] = {STR("tel:"), STR("sip:"), STR("sips:")};
    size_t from = 0;

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (s.len > schemes[i].len && str_eq_ascii(str_first(s, schemes[i].len), schemes[i]))
            from = schemes[i].len;
    if (from)
        return s.ptr[from] == '+' || kind_of(s.ptr[from]) & DIGIT;
    for (size_t i = 0; i < s.len; i++)
        if (!(kind_of(s.ptr[i]) & (DIGIT | NUMBER)))
            return false;
    return s.len <= 32;
}

static void whole_look(struct look *l, const struct traits *has_it) {
    str const s = str_trim(l->text);
    char key[WHOLE_MAX], number[PHONE_TEXT];
    size_t len = 0, slash;
    str result;
    bool digits, likely;

    if (s.len < INDICATOR_TEXT_MIN || s.len > sizeof key)
        return;
    digits = l->t->m->phone && s.len >= 6 && is_phone(s);
    likely = has_it->blanks || digits || odd_hex(s) || marked(l, INTEL_MARK_WHOLES, intel_whole_mark(s));
    for (size_t at = 0; has_it->slash && !likely && at < s.len;
         at++) { /* what stands behind a backslash may be known alone */
        slash = str_find_byte(str_from(s, at), '\\');
        if (slash == SIZE_MAX)
            break;
        at += slash;
        likely = l->t->m->registry || (s.len - at > INDICATOR_TEXT_MIN &&
                                       marked(l, INTEL_MARK_WHOLES, intel_whole_mark(str_from(s, at + 1))));
    }
    if (!likely)
        return;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        if ((c == ' ' || c == '\t') && len && key[len - 1] == ' ')
            continue;
        key[len++] = c == '\t' ? ' ' : lower(c);
    }
    str const whole = {key, len};

    whole_probe(l, whole, ANY_TYPE);
    slash = str_find_byte(whole, '\\');
    for (size_t at = slash; at != SIZE_MAX && at < len;) {
        size_t const next = str_find_byte(str_from(whole, at + 1), '\\');

        whole_probe(l, str_from(whole, at + 1), types_behind(str_first(whole, at + 1)));
        at = next == SIZE_MAX ? SIZE_MAX : at + 1 + next;
    }
    if (l->t->m->registry && slash != SIZE_MAX && (str_starts(whole, S("hk")) || str_starts(whole, S("\\registry\\"))))
        canonical_probe(l, OBSERVABLE_REGISTRY);
    if (digits)
        canonical_probe(l, OBSERVABLE_PHONE);
    if (digits && l->t->home && phone_e164(s, l->t->home, number, &result))
        probe(l, INTEL_WHOLE, result);
    /* 3A:5F:..: serial numbers and hardware addresses are written in many ways. */
    if (odd_hex(s)) {
        char bare[64];
        size_t n = 0;
        bool hex = true;

        for (size_t i = 0; i < s.len; i++)
            if (s.ptr[i] != ':' && s.ptr[i] != ' ' && s.ptr[i] != '-' && s.ptr[i] != '.') {
                hex &= (kind_of(s.ptr[i]) & HEX) != 0;
                if (n || s.ptr[i] != '0')
                    bare[n++] = lower(s.ptr[i]);
            }
        if (hex && n && n != len)
            probe(l, INTEL_WHOLE, (str){bare, n});
        if (hex && (s.len == 17 || s.len == 14))
            canonical_probe(l, OBSERVABLE_MAC);
    }
}

/* ---- a text ---- */

static bool enough(const struct look *l) {
    return l->may && !l->found;
}

/* The word that the point at `at` is part of, by what stands behind the last point of it. Returns its end. */
static size_t point_look(struct look *l, size_t from, size_t at) {
    str const s = l->text;
    size_t end = at + 1, last = at, begin = at, label;
    unsigned points = 1;

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
    uint32_t const mark = intel_ending_mark(ending);
    bool const digit = kind_of(*ending.ptr) & DIGIT;
    bool const host = kind_of(*ending.ptr) & HIGH || (!digit && marked(l, INTEL_MARK_DOMAINS, mark));

    /* What an encoded sign follows (`a.example%2Eorg`) is looked at once that is undone. */
    if (((digit && points >= 3) || (host && l->t->m->classes & HOST_CLASSES)) && !is_code(s, label)) {
        while (begin > from && kind_of(s.ptr[begin - 1]) & WORD)
            begin--;
        if (digit)
            fours_look(l, begin, last);
        else
            word_look(l, begin, label);
    }
    if (has(l, INTEL_FILE) && marked(l, INTEL_MARK_ENDINGS, mark) && (!l->may || l->found))
        name_look(l, label);
    return end;
}

/* A time, and nothing else: 2021-03-14T07:12:03.123Z. */
static bool is_time(str s) {
    if (s.len < 16 || s.len > 35 || s.ptr[4] != '-' || s.ptr[13] != ':')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!(kind_of(s.ptr[i]) & (DIGIT | NUMBER)) && s.ptr[i] != ':' && s.ptr[i] != 'T' && s.ptr[i] != 'Z')
            return false;
    return true;
}

static struct traits text_look(struct look *l) {
    str const s = l->text;
    struct traits all = {0};
    bool colon_before = false, blank_before = true;
    unsigned colons = 0;
    size_t next = 0; /* what lies before was part of a word */

    if (is_time(s))
        return all;
    for (size_t at = 0; at < s.len && !enough(l); at += 64) {
        struct glance g = glance_at(s.ptr + at, s.len - at < 64 ? s.len - at : 64);

        /* Hosts, addresses, names of files: words with a point in them. */
        if (next > at)
            g.points = next >= at + 64 ? 0 : g.points & ~(uint64_t)0 << (next - at);
        while (g.points && !enough(l)) {
            next = point_look(l, next, at + (unsigned)__builtin_ctzll(g.points));
            g.points = next >= at + 64 ? 0 : g.points & ~(uint64_t)0 << (next - at);
        }
        all.slash |= g.slashes != 0;
        all.blanks |= (g.blanks & (g.blanks << 1 | blank_before)) != 0;
        all.six |= (g.colons & (g.colons << 1 | colon_before)) != 0;
        all.percent |= g.percents != 0;
        all.high |= g.high != 0;
        colons += (unsigned)__builtin_popcountll(g.colons);
        blank_before = g.blanks >> 63;
        colon_before = g.colons >> 63;
    }
    all.blanks |= s.len && (s.ptr[s.len - 1] == ' ' || memchr(s.ptr, '\t', s.len < 64 ? s.len : 64));
    all.six |= colons >= 6;
    /* Hashes without one: a word of 32 and more has a byte at one of these places. */
    for (size_t at = 31; has(l, INTEL_HEX) && at < s.len && !enough(l); at += 32)
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
    for (size_t at = 0; l->t->m->v6 && all.six && !enough(l);) {
        size_t const colon = str_find_byte(str_from(s, at), ':');

        if (colon == SIZE_MAX)
            break;
        at += colon;
        at = at + 1 < s.len && (s.ptr[at + 1] == ':' || kind_of(s.ptr[at + 1]) & HEX) ? six_look(l, at) : at + 1;
    }
    if (l->t->m->bare_names && !enough(l))
        bare_look(l);
    if (has(l, INTEL_WHOLE) && !l->undone && !enough(l))
        whole_look(l, &all);
    return all;
}

/* Quotes, brackets, dashes, blanks beyond ASCII: how many bytes of one stand at the start of s; 0: none. */
static size_t high_mark(str s) {
    uint8_t const a = (uint8_t)s.ptr[0], b = s.len > 1 ? (uint8_t)s.ptr[1] : 0, c = s.len > 2 ? (uint8_t)s.ptr[2] : 0;

    if (a == 0xc2)
        return b >= 0x80 && b < 0xc0 && b != 0xaa && b != 0xb5 && b != 0xb7 && b != 0xba ? 2 : 0;
    if (c < 0x80 || c > 0xbf) /* cut short, or no UTF-8 */
        return 0;
    if (a == 0xe2)
        return b == 0x80 || (b == 0x81 && c < 0xb0) ? 3 : 0;
    if (a == 0xe3)
        return b == 0x80 && c < 0xa0 && (c < 0x85 || c > 0x87) ? 3 : 0;
    return a == 0xef && b == 0xbc && (c < 0x8d || c == 0x8f || (c >= 0x9a && c < 0xa1)) ? 3 : 0;
}

/* The text without percent-encoding, with points for the signs that are points in names of hosts (UTS 46 2.3), and with `"` for signs
 * beyond ASCII that end words. False: it has none of these, or no memory. */
static bool undo(struct look *l, struct buf *out) {
    static const str stops[] = {STR("\xe3\x80\x82"), STR("\xef\xbc\x8e"), STR("\xef\xbd\xa1")};
    str const s = str_first(l->text, INDICATOR_TEXT_MAX);
    char *to = NULL;
    size_t len = 0, from = 0;

    for (size_t i = 0; i < s.len;) {
        size_t width = 0;
        char is = '.';

        if (is_code(s, i)) {
            is = (char)(hex_of(s.ptr[i + 1]) << 4 | hex_of(s.ptr[i + 2]));
            width = 3;
        } else if ((uint8_t)s.ptr[i] >= 0xc2) {
            for (size_t k = 0; k < COUNT(stops); k++)
                if (str_starts(str_from(s, i), stops[k]))
                    width = 3;
            if (!width && (width = high_mark(str_from(s, i))))
                is = '"';
        }
        if (!width) {
            i++;
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
        i += width;
        from = i;
    }
    if (!to)
        return false;
    memcpy(to + len, s.ptr + from, s.len - from);
    out->len = len + s.len - from;
    return true;
}

/* The text as it stands, and then what it means. */
static void look_at(struct look *l) {
    struct traits all = text_look(l);
    struct buf *const rooms[] = {&l->t->undone, &l->t->undone_again};

    for (unsigned i = 0; i < UNDONE_MAX && (all.percent || all.high) && !enough(l) && !l->failed; i++) {
        if (!undo(l, rooms[i % 2]))
            return;
        l->text = buf_str(rooms[i % 2]);
        l->undone = true;
        all = text_look(l);
    }
}

bool indicator_text_is_plain(const struct indicator_texts *t, str text) {
    struct look const l = {.t = (struct indicator_texts *)(uintptr_t)t, .text = text};

    if (text.len >= 32 || marked(&l, INTEL_MARK_WHOLES, intel_whole_mark(text)) || t->m->phone || t->m->bare_names)
        return false;
    struct glance const g = glance_at(text.ptr, text.len);

    return !(g.points | g.slashes | g.blanks | g.percents | g.high) && (!g.colons || !t->m->v6 || text.len < 3) &&
           !odd_hex(text);
}

bool indicator_text_find(struct indicator_texts *t, str text, struct indicator_found *found) {
    struct look l = {.t = t, .text = text, .found = found};

    look_at(&l);
    return !l.failed;
}

bool indicator_raw_may(struct indicator_texts *t, uint8_t raw_type, str bytes) {
    struct look l = {.t = t, .text = bytes};
    size_t repaired = 0;
    char *to;

    if (raw_type == RAW_UTF16) {
        t->wide.len = 0;
        if (!(to = buf_reserve(&t->wide, bytes.len / 2 * 3)))
            return true;
        t->wide.len = utf16le_to_utf8(bytes.ptr, bytes.len / 2, to, &repaired);
        l.text = buf_str(&t->wide);
    } else if (raw_type == RAW_BINARY) {
        /* Rendered as digits: a hash of that many bytes, or a serial number. */
        return bytes.len >= 6 && bytes.len <= 64;
    }
    look_at(&l);
    return l.may || l.failed;
}
