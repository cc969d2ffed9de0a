/* indicator_text: observables within a text, and whether they are known. One pass over the bytes cuts them into words of the signs that
 * hosts, addresses and hashes are made of; what else there may be begins at one of these words. */
#include <stdlib.h>

#include "base/address.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "detection/indicator_own.h"

#define HOST_MAX 253u
#define URL_MAX 8192u
#define LABELS_MAX 32u
#define FOLDERS_MAX 24u
#define PATH_MAX_BYTES 1024u
#define WHOLE_MAX 2048u

/* Kinds of bytes. WORD: a-z, A-Z, 0-9, hyphen, underscore, point, beyond ASCII. */
enum { WORD = 1, DIGIT = 2, HEX = 4, POINT = 8, HIGH = 16, LETTER = 32, JOINT = 64 };

static const uint8_t kinds[256] = {
    ['0' ... '9'] = WORD | DIGIT | HEX,  ['a' ... 'f'] = WORD | HEX | LETTER, ['A' ... 'F'] = WORD | HEX | LETTER,
    ['g' ... 'z'] = WORD | LETTER,       ['G' ... 'Z'] = WORD | LETTER,       ['-'] = WORD | JOINT,
    ['_'] = WORD | JOINT,                ['.'] = WORD | POINT | JOINT,        [0x80 ... 0xff] = WORD | HIGH,
};

static uint8_t kind_of(char c) {
    return kinds[(uint8_t)c];
}
static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool indicator_texts_init(struct indicator_texts *t, const struct intel_set *set) {
    uint32_t at = 0, entry;

    *t = (struct indicator_texts){.set = set};
    for (unsigned c = 0; c < INTEL_CLASSES; c++)
        t->classes |= (uint32_t)intel_set_has(set, c) << c;
    t->registry = intel_set_has_type(set, OBSERVABLE_REGISTRY);
    t->phone = intel_set_has_type(set, OBSERVABLE_PHONE);
    if (!(t->urls = arena_new((size_t)256 << 10)))
        return false;
    while (!t->v6 && (entry = intel_set_each(set, ITEM_VALUE, OBSERVABLE_ADDRESS, &at)) != INTEL_NONE)
        t->v6 = str_find_byte(intel_set_entry(set, entry).value, ':') != SIZE_MAX;
    at = 0;
    while ((entry = intel_set_each(set, ITEM_VALUE, OBSERVABLE_NETWORK, &at)) != INTEL_NONE) {
        struct network n;
        struct err e;

        if (!t->networks4 && !(t->networks4 = calloc(65536 / 64, sizeof *t->networks4)))
            return false;
        if (!network_parse(intel_set_entry(set, entry).value, &n, &e))
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

void indicator_texts_free(struct indicator_texts *t) {
    free(t->networks4);
    arena_free(t->urls);
    buf_free(&t->room);
    buf_free(&t->wide);
    buf_free(&t->canonical);
}

/* A look at one text. found NULL: whether there may be anything is all that is asked, and `may` ends it. */
struct look {
    struct indicator_texts *t;
    str text;
    struct indicator_found *found;
    bool may, failed;
};

static void found_add(struct indicator_found *f, uint32_t entry) {
    for (uint32_t i = 0; i < f->count; i++)
        if (f->entries[i] == entry)
            return;
    if (f->count < INDICATOR_ENTRIES_MAX)
        f->entries[f->count++] = entry;
}

static void probe(struct look *l, enum intel_class class, str key) {
    uint64_t const hash = intel_set_hash(l->t->set, class, key);
    uint32_t at = 0, entry;

    if (!intel_set_may(l->t->set, hash))
        return;
    l->may = true;
    while (l->found && (entry = intel_set_next(l->t->set, class, key, hash, &at)) != INTEL_NONE)
        found_add(l->found, entry);
}

static bool has(const struct look *l, enum intel_class class) {
    return l->t->classes >> class & 1;
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

/* A URL that begins with the host at `from`; behind the host stands a port, path or query, or nothing. */
static void url_look(struct look *l, size_t from, size_t end, str host) {
    size_t to = end;
    struct web_address w;

    if (!intel_set_may(l->t->set, intel_set_host_hash(l->t->set, host)))
        return;
    l->may = true;
    if (!l->found)
        return;
    if (from == 0 && end == l->text.len)
        l->found->host = true;
    while (to < l->text.len && to - from < URL_MAX && !ends_url(l->text.ptr[to]))
        to++;
    str const url = {l->text.ptr + from, to - from};

    for (unsigned cut = 0; cut < 2; cut++) { /* as it stands, and without the sign of a sentence behind it */
        size_t len = url.len;

        while (cut && len && strchr(".,;:!?)]*", url.ptr[len - 1]))
            len--;
        if ((cut && len == url.len) || !len)
            continue;
        arena_reset(l->t->urls);
        if (web_address_of(str_first(url, len), l->t->urls, &w))
            url_probe(l, w.key);
    }
}

/* ---- addresses ---- */

static void address_probe(struct look *l, const struct address *a, size_t from, size_t end) {
    uint32_t networks[33];
    char text[ADDRESS_TEXT];

    if (has(l, INTEL_ADDRESS))
        probe(l, INTEL_ADDRESS, (str){(const char *)a->bytes, a->family == 4 ? 4 : 16});
    if (has(l, INTEL_NETWORK) && l->t->networks4) {
        uint32_t const high = (uint32_t)a->bytes[0] << 8 | a->bytes[1];

        if (a->family == 6 || l->t->networks4[high / 64] >> high % 64 & 1) {
            size_t const count = intel_set_networks(l->t->set, a, networks, COUNT(networks));

            l->may |= count > 0;
            for (size_t i = 0; l->found && i < count; i++)
                found_add(l->found, networks[i]);
        }
    }
    if (has(l, INTEL_URL))
        url_look(l, from, end, address_format(a, text));
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

/* An IPv6 address around the colon at `at`. Returns where to go on. */
static size_t six_look(struct look *l, size_t at) {
    str const s = l->text;
    size_t from = at, to = at;
    unsigned colons = 0;
    struct address a;

    while (from > 0 && (kind_of(s.ptr[from - 1]) & HEX || s.ptr[from - 1] == ':') && at - from < 40)
        from--;
    for (; to < s.len && to - from < 46 && (kind_of(s.ptr[to]) & HEX || s.ptr[to] == ':' || s.ptr[to] == '.'); to++)
        colons += s.ptr[to] == ':';
    if (colons < 2)
        return at + 1;
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
            return end;
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
    return kind_of(c) & WORD || strchr("!#$%&*+/?^`{|}~", c);
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
        if (strchr("!#$%&*/?^`{|}~", key[i]))
            probe(l, INTEL_MAIL, (str){key + i + 1, len + host.len - i - 1});
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

        for (unsigned labels = 0; labels < LABELS_MAX && at > 0; labels++) { /* from the right, every name it lies below */
            while (at > 0 && host.ptr[at - 1] != '.')
                at--;
            probe(l, INTEL_HOST, str_from(host, at));
            at -= at > 0;
        }
    }
    if (has(l, INTEL_MAIL) && from > 1 && l->text.ptr[from - 1] == '@')
        mail_look(l, from, host);
    if (has(l, INTEL_URL))
        url_look(l, from, end, host);
}

static void word_look(struct look *l, size_t from, size_t end, unsigned kinds_in, unsigned points) {
    str const word = {l->text.ptr + from, end - from};
    struct address a;

    if (word.len >= 32 && has(l, INTEL_HEX) && kinds_in & HEX)
        hex_look(l, word);
    if (!points)
        return;
    if (!(kinds_in & (LETTER | HIGH))) {
        size_t first = from, last = end;

        while (first < last && !(kind_of(l->text.ptr[first]) & DIGIT))
            first++;
        while (last > first && !(kind_of(l->text.ptr[last - 1]) & DIGIT))
            last--;
        if (last - first >= 7 && last - first <= 15 && four((str){l->text.ptr + first, last - first}, &a))
            address_probe(l, &a, first, last);
        return;
    }
    if (!(l->t->classes & (1u << INTEL_HOST | 1u << INTEL_MAIL | 1u << INTEL_URL)))
        return;
    host_look(l, from, end, kinds_in);
    /* `%2Fhost`, `\nhost`: what stands before the host may be part of how another sign is written. */
    if (from > 0 && l->text.ptr[from - 1] == '%' && word.len > 6 && kind_of(word.ptr[0]) & HEX &&
        kind_of(word.ptr[1]) & HEX)
        host_look(l, from + 2, end, kinds_in);
    else if (from > 0 && l->text.ptr[from - 1] == '\\' && word.len > 5 && strchr("ntr", word.ptr[0]))
        host_look(l, from + 1, end, kinds_in);
}

/* ---- names and paths of files ---- */

static void path_probe(struct look *l, str path) {
    char key[PATH_MAX_BYTES];
    size_t len = 0, folders = 0;

    path = str_trim(path);
    while (path.len && (path.ptr[path.len - 1] == '/' || path.ptr[path.len - 1] == '\\'))
        path.len--;
    if (path.len > sizeof key)
        path = str_from(path, path.len - sizeof key);
    for (size_t i = 0; i < path.len; i++) {
        char const c = path.ptr[i] == '\\' ? '/' : lower(path.ptr[i]);

        if (c == '/' && len && key[len - 1] == '/')
            continue;
        key[len++] = c;
    }
    if (len < 3)
        return;
    for (size_t at = len; folders < FOLDERS_MAX; folders++) { /* from the right: the name, then with each folder */
        while (at > 0 && key[at - 1] != '/')
            at--;
        probe(l, INTEL_FILE, (str){key + at, len - at});
        if (at == 0)
            break;
        at--;
    }
}

static bool ends_path(char c) {
    return (uint8_t)c < ' ' || c == '"' || c == '<' || c == '>' || c == '|' || c == '*' || c == '?';
}
static bool ends_word(char c) {
    return c == ' ' || c == '\'' || c == ',' || c == ';' || c == '=' || c == '(' || c == ')' || c == '[' || c == ']';
}

/* Paths with blanks in them end at quotes; in command lines words do, too. */
static void paths_look(struct look *l) {
    str const s = str_first(l->text, INDICATOR_TEXT_MAX);

    for (size_t from = 0; from < s.len;) {
        size_t to = from;
        bool words = false;

        for (; to < s.len && !ends_path(s.ptr[to]); to++)
            words |= ends_word(s.ptr[to]);
        if (to - from <= PATH_MAX_BYTES)
            path_probe(l, (str){s.ptr + from, to - from});
        for (size_t at = from; words && at < to;) {
            size_t end = at;

            while (end < to && !ends_word(s.ptr[end]))
                end++;
            if (end - at >= 3)
                path_probe(l, (str){s.ptr + at, end - at});
            at = end + 1;
        }
        from = to + 1;
    }
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

    probe(l, INTEL_WHOLE, key);
    /* A value lies in its key, a key in those above it: three names and more. */
    for (size_t at = key.len; type == OBSERVABLE_REGISTRY && at > 0; at--)
        if (key.ptr[at - 1] == '\\')
            probe(l, INTEL_WHOLE, str_first(key, at - 1));
}

static void whole_look(struct look *l) {
    str const s = str_trim(l->text);
    char key[WHOLE_MAX];
    size_t len = 0;
    bool digits = true;

    if (s.len < INDICATOR_TEXT_MIN || s.len > sizeof key)
        return;
    for (size_t i = 0; i < s.len; i++) {
        char const c = s.ptr[i];

        digits &= kind_of(c) & DIGIT || strchr("+ ()-/.", c ? c : 'x') != NULL;
        if ((c == ' ' || c == '\t') && len && key[len - 1] == ' ')
            continue;
        key[len++] = c == '\t' ? ' ' : lower(c);
    }
    str const whole = {key, len};
    size_t const slash = str_find_byte(whole, '\\');

    probe(l, INTEL_WHOLE, whole);
    for (size_t at = slash; at != SIZE_MAX && at < len;) { /* DOMAIN\account, \Sessions\1\BaseNamedObjects\name, pipe\name */
        size_t const next = str_find_byte(str_from(whole, at + 1), '\\');

        probe(l, INTEL_WHOLE, str_from(whole, at + 1));
        at = next == SIZE_MAX ? SIZE_MAX : at + 1 + next;
    }
    if (l->t->registry && slash != SIZE_MAX && (str_starts(whole, S("hk")) || str_starts(whole, S("\\registry\\"))))
        canonical_probe(l, OBSERVABLE_REGISTRY);
    if (l->t->phone && digits && s.len >= 6 && s.len <= 32)
        canonical_probe(l, OBSERVABLE_PHONE);
    /* 3A:5F:..: serial numbers and hardware addresses are written in many ways. */
    if (s.len >= 12 && s.len <= 64 && (kind_of(*s.ptr) & HEX)) {
        char bare[64];
        size_t n = 0;
        bool hex = true;

        for (size_t i = 0; i < s.len; i++)
            if (s.ptr[i] != ':' && s.ptr[i] != ' ' && s.ptr[i] != '-') {
                hex &= (kind_of(s.ptr[i]) & HEX) != 0;
                if (n || s.ptr[i] != '0')
                    bare[n++] = lower(s.ptr[i]);
            }
        if (hex && n && n != len)
            probe(l, INTEL_WHOLE, (str){bare, n});
        if (hex && s.len == 17)
            canonical_probe(l, OBSERVABLE_MAC);
    }
}

/* ---- a text ---- */

static void text_look(struct look *l) {
    str const s = l->text;
    bool separators = false;

    for (size_t i = 0; i < s.len && !(l->may && !l->found);) {
        size_t const from = i;
        unsigned all = 0, points = 0;

        for (; i < s.len && kind_of(s.ptr[i]); i++) {
            all |= kind_of(s.ptr[i]);
            points += s.ptr[i] == '.';
        }
        if (i > from + 3)
            word_look(l, from, i, all, points);
        separators |= points > 0;
        for (; i < s.len && !kind_of(s.ptr[i]); i++) {
            separators |= s.ptr[i] == '\\' || s.ptr[i] == '/';
            if (s.ptr[i] == ':' && l->t->v6 && i + 1 < s.len &&
                (s.ptr[i + 1] == ':' || (kind_of(s.ptr[i + 1]) & HEX))) {
                size_t const next = six_look(l, i);

                if (next > i + 1) {
                    i = next;
                    break;
                }
            }
        }
    }
    if (has(l, INTEL_FILE) && separators && !(l->may && !l->found))
        paths_look(l);
    if (has(l, INTEL_WHOLE) && !(l->may && !l->found))
        whole_look(l);
}

bool indicator_text_find(struct indicator_texts *t, str text, struct indicator_found *found) {
    struct look l = {.t = t, .text = text, .found = found};

    text_look(&l);
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
    text_look(&l);
    return l.may || l.failed;
}
