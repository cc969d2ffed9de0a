/* test_indicator_values: random sets of indicators against random texts: what is found is what a scan finds that tries every indicator at every
 * place, by what observable.h and indicator.h say, slowly. And nothing that holds anything is passed over before: not as a value (sift), of any
 * raw type, nor as a line with the values cut out of it (clean); nor by an index of its keys (observable_key.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "detection/indicator.h"

#include "../intel/key_check.h"

#define ENTRIES 24u
#define TEXTS 60u
#define ROUNDS_MIN 400u /* of a set and its texts; LONGWATCH_ROUNDS: more */
#define TEXT_MAX 400u

/* ---- draws, the same in every run ---- */

static uint64_t state;

static uint32_t draw(uint32_t n) {
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % n);
}

/* ---- the naive scan ---- */

static char low(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}
static bool digit(char c) {
    return c >= '0' && c <= '9';
}
static bool letter(char c) {
    return low(c) >= 'a' && low(c) <= 'z';
}
static bool joint(char c) {
    return c == '-' || c == '_' || c == '.';
}
static bool in_word(char c) {
    return digit(c) || letter(c) || joint(c);
}
/* Only ASCII is drawn into texts that are scanned so: what is beyond it has a table of its own. */

static bool same(str a, str b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (low(a.ptr[i]) != low(b.ptr[i]))
            return false;
    return true;
}

static str part(str s, size_t from, size_t to) {
    return (str){s.ptr + from, to - from};
}

/* The word around `at`. */
static void word_around(str s, size_t at, size_t *from, size_t *to) {
    *from = *to = at;
    while (*from > 0 && in_word(s.ptr[*from - 1]))
        --*from;
    while (*to < s.len && in_word(s.ptr[*to]))
        ++*to;
}

/* Where the label behind the last point of the word [from, to) that a letter or digit follows begins. SIZE_MAX: there is none. */
static size_t last_label(str s, size_t from, size_t to) {
    size_t found = SIZE_MAX;

    for (size_t i = from; i + 1 < to; i++)
        if (s.ptr[i] == '.' && (digit(s.ptr[i + 1]) || letter(s.ptr[i + 1])))
            found = i + 1;
    return found;
}

static size_t label_end(str s, size_t from, size_t to) {
    while (from < to && s.ptr[from] != '.')
        from++;
    return from;
}

/* Does a known host, or one below it (exact: itself), stand at [from, to)? */
static bool host_is(str s, size_t from, size_t to, str host, bool exact) {
    while (from < to && joint(s.ptr[from]))
        from++;
    while (to > from && joint(s.ptr[to - 1]))
        to--;
    str const it = part(s, from, to);

    if (it.len < 4 || it.len > 253)
        return false;
    if (same(it, host))
        return true;
    return !exact && it.len > host.len && it.ptr[it.len - host.len - 1] == '.' &&
           same(part(it, it.len - host.len, it.len), host);
}

typedef bool host_use(str s, size_t from, size_t to, str value);

/* Each name of a host in the text, which `use` is asked about. */
static bool hosts_any(str s, str value, host_use *use) {
    for (size_t at = 0; at < s.len;) {
        size_t from, to;

        if (!in_word(s.ptr[at])) {
            at++;
            continue;
        }
        word_around(s, at, &from, &to);
        at = to;
        size_t const label = last_label(s, from, to);

        if (label == SIZE_MAX || !letter(s.ptr[label]))
            continue;
        size_t const end = label_end(s, label, to);

        if (use(s, from, end, value))
            return true;
        if (from > 0 && s.ptr[from - 1] == '\\' && strchr("ntr", s.ptr[from]) && use(s, from + 1, end, value))
            return true;
    }
    return false;
}

static bool domain_at(str s, size_t from, size_t to, str value) {
    return host_is(s, from, to, value, false);
}

static bool mail_at(str s, size_t from, size_t to, str value) {
    size_t const at = str_find_byte(value, '@');

    while (from < to && joint(s.ptr[from]))
        from++;
    if (from < at + 1 || s.ptr[from - 1] != '@' || !host_is(s, from, to, str_from(value, at + 1), true))
        return false;
    size_t const begin = from - 1 - at;

    if (!same(part(s, begin, from - 1), str_first(value, at)))
        return false;
    /* What stands before it is no part of it: nothing, or a sign that seldom is. */
    return begin == 0 || !(in_word(s.ptr[begin - 1]) || s.ptr[begin - 1] == '+');
}

static bool ends_url(char c) {
    return (uint8_t)c <= ' ' || strchr("\"<>\\^`{|}'", c);
}

static bool canonical_is(enum observable type, str text, str value) {
    struct buf out = {0};
    const char *why;
    bool const is = observable_canonical(type, text, &out, &why) && str_eq(buf_str(&out), value);

    buf_free(&out);
    return is;
}

/* The URL that begins here: as it stands or without signs of a sentence behind it, with its port and query or without. */
static bool url_at(str s, size_t from, size_t to, str value) {
    size_t end = to;

    while (from < to && joint(s.ptr[from]))
        from++;
    if (to - from < 4)
        return false;
    while (end < s.len && !ends_url(s.ptr[end]))
        end++;
    for (unsigned cut = 0; cut < 2; cut++) {
        size_t e = end;

        while (cut && e > from && strchr(".,;:!?)]*", s.ptr[e - 1]))
            e--;
        struct buf out = {0};
        const char *why;

        if (e > from && observable_canonical(OBSERVABLE_URL, part(s, from, e), &out, &why)) {
            str const key = buf_str(&out);
            size_t const slash = str_find_byte(key, '/'), colon = str_find_byte(str_first(key, slash), ':');

            for (unsigned how = 0; how < 4; how++) {
                char room[2 * TEXT_MAX];
                size_t len = 0;

                for (size_t i = 0; i < key.len; i++)
                    if (!(how & 1 && colon != SIZE_MAX && i >= colon && i < slash))
                        room[len++] = key.ptr[i];
                str const it =
                    how & 2 ? str_first((str){room, len}, str_find_byte((str){room, len}, '?')) : (str){room, len};

                if (str_eq(it, value)) {
                    buf_free(&out);
                    return true;
                }
            }
        }
        buf_free(&out);
    }
    return false;
}

/* ---- addresses ---- */

/* Four numbers that begin at `from`; *end: behind them. */
static bool four_at(str s, size_t from, size_t *end, uint8_t out[4]) {
    size_t at = from;

    for (unsigned i = 0; i < 4; i++) {
        unsigned n = 0, count = 0;

        while (at < s.len && digit(s.ptr[at]) && count < 4) {
            n = n * 10 + (unsigned)(s.ptr[at++] - '0');
            count++;
        }
        if (count < 1 || count > 3 || n > 255 || (i < 3 && (at >= s.len || s.ptr[at++] != '.')))
            return false;
        out[i] = (uint8_t)n;
    }
    *end = at;
    return true;
}

static bool version_before(str s, size_t at) {
    while (at > 0 && s.ptr[at - 1] && strchr(" =:\"'", s.ptr[at - 1]))
        at--;
    return at >= 7 && same(part(s, at - 7, at), S("version"));
}

/* Is what begins here the rest of a word? Of `\\n` and of 0x it is none. */
static bool rest_of_word(str s, size_t at) {
    if (at == 0 || !(digit(s.ptr[at - 1]) || letter(s.ptr[at - 1])))
        return false;
    if (at >= 2 && s.ptr[at - 2] == '\\' && strchr("ntr", s.ptr[at - 1]))
        return false;
    return !(at >= 2 && s.ptr[at - 2] == '0' && low(s.ptr[at - 1]) == 'x' &&
             (at == 2 || !(digit(s.ptr[at - 3]) || letter(s.ptr[at - 3]))));
}

/* Points may stand before the four numbers, but then no part of a word before these. Behind them only other such numbers may be in the word. */
static bool address_any(str s, const struct network *n) {
    for (size_t at = 0; at < s.len; at++) {
        size_t end, from, to, run = at;
        uint8_t four[4];
        struct address a = {.family = 4};

        if (!digit(s.ptr[at]) || (at > 0 && digit(s.ptr[at - 1])) || !four_at(s, at, &end, four))
            continue;
        while (run > 0 && (s.ptr[run - 1] == '.' || digit(s.ptr[run - 1])))
            run--;
        bool points = true;

        for (size_t i = run; i < at; i++)
            points = points && s.ptr[i] == '.';
        if (!points || rest_of_word(s, at) || rest_of_word(s, run) || version_before(s, at) ||
            (end < s.len && (letter(s.ptr[end]) || digit(s.ptr[end]))))
            continue;
        word_around(s, at, &from, &to);
        bool good = true;

        for (size_t i = end; i + 1 < to; i++) /* a label of letters: it is a name of something */
            good = good && !(s.ptr[i] == '.' && letter(s.ptr[i + 1]));
        if (end < to && s.ptr[end] == '.' && end + 1 < to && digit(s.ptr[end + 1]))
            good = false; /* five numbers */
        memcpy(a.bytes, four, 4);
        if (good && network_holds(n, &a))
            return true;
    }
    return false;
}

/* ---- hashes ---- */

static bool hash_any(str s, str value) {
    for (size_t at = 0; at + value.len <= s.len; at++)
        if (same(part(s, at, at + value.len), value) && !rest_of_word(s, at) &&
            (at + value.len == s.len || !(digit(s.ptr[at + value.len]) || letter(s.ptr[at + value.len]))))
            return true;
    return false;
}

/* ---- names and paths of files ---- */

static bool starts_name(char c) {
    return (uint8_t)c < ' ' || strchr("\"<>|*? ',;=()[]/\\", c);
}
static bool ends_path(char c) {
    return (uint8_t)c < ' ' || strchr("\"<>|*?", c);
}

/* Do the names of the path stand at [from, end), with slashes of either kind between them? */
static bool path_is(str s, size_t from, size_t end, str value) {
    char key[TEXT_MAX + 1];
    size_t len = 0;

    for (size_t i = from; i < end; i++) {
        char const c = s.ptr[i] == '\\' ? '/' : low(s.ptr[i]);

        if (ends_path(c))
            return false;
        if (!(c == '/' && (len == 0 || key[len - 1] == '/')))
            key[len++] = c;
    }
    return str_eq((str){key, len}, value);
}

/* A name ends where a word does, but for signs that join words. */
static bool file_any(str s, str value) {
    for (size_t end = 1; end <= s.len; end++) {
        size_t from, to;

        if (!in_word(s.ptr[end - 1]))
            continue;
        word_around(s, end - 1, &from, &to);
        size_t const label = last_label(s, from, to);

        if (label == SIZE_MAX || label_end(s, label, to) != end)
            continue;
        for (size_t at = 0; at < end; at++)
            if ((at == 0 || starts_name(s.ptr[at - 1])) && s.ptr[at] != '/' && s.ptr[at] != '\\' &&
                path_is(s, at, end, value))
                return true;
    }
    return false;
}

/* ---- whole values ---- */

/* Folders and names are of one line. */
static bool one_line(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] < ' ')
            return false;
    return true;
}

static str behind_folder(str s, const char *const *folders) {
    size_t at = one_line(s) ? s.len : 0;

    while (at > 0 && s.ptr[at - 1] != '\\')
        at--;
    for (; *folders; folders++) {
        str const f = str_of(*folders);

        if (at >= f.len && same(part(s, at - f.len, at), f) && (at == f.len || s.ptr[at - f.len - 1] == '\\'))
            return str_from(s, at);
    }
    return S("");
}

/* Digits without anything between them, or with something behind the first two. */
static bool in_twos(str s) {
    return s.len < 3 || strchr(": -", s.ptr[2]) ||
           (str_find_byte(s, ':') == SIZE_MAX && str_find_byte(s, '-') == SIZE_MAX &&
            str_find_byte(s, ' ') == SIZE_MAX);
}

static bool whole_is(enum observable type, str text, str value) {
    static const char *const objects[] = {"basenamedobjects\\", "global\\", "local\\", "pipe\\", NULL};
    static const char *const services[] = {"services\\", "tasks\\", "tree\\", NULL};
    str const s = str_trim(text);
    size_t const slash = one_line(s) ? str_find_byte(s, '\\') : SIZE_MAX;
    struct buf out = {0};
    const char *why;
    bool is = false;

    switch (type) {
    case OBSERVABLE_USER_AGENT:
        return same(s, value);
    case OBSERVABLE_SUBJECT:
    case OBSERVABLE_COMMAND:
        return canonical_is(type, s, value);
    case OBSERVABLE_MUTEX:
        return same(s, value) || (slash == 0 && same(str_from(s, 1), value)) ||
               (str_find_byte(s, ' ') == SIZE_MAX && same(behind_folder(s, objects), value));
    case OBSERVABLE_SERVICE:
        return same(s, value) || (slash == 0 && same(str_from(s, 1), value)) || same(behind_folder(s, services), value);
    case OBSERVABLE_ACCOUNT:
        return same(s, value) || (slash != SIZE_MAX && slash > 0 && same(str_from(s, slash + 1), value));
    case OBSERVABLE_REGISTRY:
        if (observable_canonical(type, s, &out, &why)) {
            str const key = buf_str(&out);

            is = str_starts(key, value) && (key.len == value.len || key.ptr[value.len] == '\\');
        }
        buf_free(&out);
        return is;
    case OBSERVABLE_CERTIFICATE:
        return s.len <= 64 && in_twos(s) && canonical_is(type, s, value);
    default:
        return same(s, value);
    }
}

static bool holds(const struct intel_entry *n, str text) {
    struct network net;
    struct err e;

    switch (n->type) {
    case OBSERVABLE_ADDRESS:
        net = (struct network){.bits = 32};
        return address_parse(n->value, &net.base) && address_any(text, &net);
    case OBSERVABLE_NETWORK:
        return network_parse(n->value, &net, &e) && address_any(text, &net);
    case OBSERVABLE_DOMAIN:
        return hosts_any(text, n->value, domain_at);
    case OBSERVABLE_MAIL:
        return hosts_any(text, n->value, mail_at);
    case OBSERVABLE_URL:
        return hosts_any(text, n->value, url_at);
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
        return hash_any(text, n->value);
    case OBSERVABLE_FILE_NAME:
    case OBSERVABLE_FILE_PATH:
        return file_any(text, n->value);
    default:
        return str_trim(text).len >= 4 && whole_is(n->type, text, n->value);
    }
}

/* ---- what is drawn ---- */

static const char *const names[] = {"evil", "a", "mail", "x-1", "b_c", "update", "sub", "n0", "tool"};
static const char *const tlds[] = {"example", "test", "org", "ru"};
static const char *const endings[] = {"exe", "dll", "sh", "7z", "x", "ps1", "c"};
static const char *const seps[] = {" ", "  ", ",",  ";",  "=", "\"",  "'",   "(", ")", "[", "]",
                                   "<", ">",  "|",  ":",  "/", "\\",  "-",   "_", ".", "@", "?",
                                   "&", "!",  "\t", "\n", "*", "://", "\\n", "+", "x"};

#define ONE_OF(list) ((list)[draw(COUNT(list))])

static void hex(struct buf *b, unsigned digits) {
    for (unsigned i = 0; i < digits; i++)
        buf_byte(b, "0123456789abcdef"[draw(3) ? draw(2) : draw(16)]);
}

static void host(struct buf *b) {
    for (unsigned i = draw(3); i > 0; i--)
        buf_format(b, "%s.", ONE_OF(names));
    buf_format(b, "%s.%s", ONE_OF(names), ONE_OF(tlds));
}

static void four(struct buf *b) {
    buf_format(b, "10.%u.%u.%u", draw(2), draw(3), draw(3));
}

static void file(struct buf *b) {
    buf_format(b, "%s%s.%s", draw(4) ? "" : "two ", ONE_OF(names), ONE_OF(endings));
}

static const enum observable drawn_types[] = {
    OBSERVABLE_ADDRESS,   OBSERVABLE_NETWORK, OBSERVABLE_DOMAIN,   OBSERVABLE_DOMAIN,     OBSERVABLE_URL,
    OBSERVABLE_URL,       OBSERVABLE_MD5,     OBSERVABLE_SHA1,     OBSERVABLE_MAIL,       OBSERVABLE_FILE_NAME,
    OBSERVABLE_FILE_PATH, OBSERVABLE_MUTEX,   OBSERVABLE_REGISTRY, OBSERVABLE_USER_AGENT, OBSERVABLE_SERVICE,
    OBSERVABLE_ACCOUNT,   OBSERVABLE_COMMAND, OBSERVABLE_SUBJECT,  OBSERVABLE_CERTIFICATE};

static void value_draw(enum observable type, struct buf *b) {
    switch (type) {
    case OBSERVABLE_ADDRESS:
        four(b);
        break;
    case OBSERVABLE_NETWORK:
        buf_format(b, "10.%u.%u.0/%u", draw(2), draw(3), 20 + draw(11));
        break;
    case OBSERVABLE_DOMAIN:
        host(b);
        break;
    case OBSERVABLE_URL:
        host(b);
        buf_add(b, draw(3) ? S("") : S(":81"));
        buf_format(b, "/%s", ONE_OF(names));
        buf_add(b, draw(3) ? S("") : S("?q=1"));
        break;
    case OBSERVABLE_MD5:
        hex(b, 32);
        break;
    case OBSERVABLE_SHA1:
        hex(b, 40);
        break;
    case OBSERVABLE_MAIL:
        buf_format(b, "%s%s@", ONE_OF(names), draw(4) ? "" : "'x");
        host(b);
        break;
    case OBSERVABLE_FILE_NAME:
        file(b);
        break;
    case OBSERVABLE_FILE_PATH:
        buf_format(b, "/%s/", ONE_OF(names));
        if (draw(2))
            buf_format(b, "%s %s/", ONE_OF(names), ONE_OF(names));
        file(b);
        break;
    case OBSERVABLE_MUTEX:
        buf_format(b, "%s%s%u", draw(3) ? "" : "Global\\", ONE_OF(names), draw(3));
        break;
    case OBSERVABLE_REGISTRY:
        buf_format(b, "HK%s\\%s\\%s", draw(2) ? "LM" : "CU", ONE_OF(names), ONE_OF(names));
        break;
    case OBSERVABLE_USER_AGENT:
        buf_format(b, "%s  %s/%u", ONE_OF(names), ONE_OF(names), draw(3));
        break;
    case OBSERVABLE_COMMAND:
    case OBSERVABLE_SUBJECT:
        buf_format(b, "%s  %s %u", ONE_OF(names), ONE_OF(names), draw(3));
        break;
    case OBSERVABLE_CERTIFICATE:
        buf_add(b, S("1"));
        hex(b, 5 + draw(30));
        break;
    default:
        buf_format(b, "%s%u", ONE_OF(names), draw(3));
    }
}

/* Of a value what may stand in a text: other letters, other slashes, something in front. */
static void spelled_put(struct buf *b, enum observable type, str value) {
    bool const capitals = !draw(3), slashes = draw(2);

    if (type == OBSERVABLE_FILE_PATH && draw(2))
        buf_add(b, draw(2) ? S("c:\\") : S("/"));
    if (type == OBSERVABLE_DOMAIN && !draw(3))
        buf_format(b, "%s.", ONE_OF(names));
    if (type == OBSERVABLE_URL && draw(2))
        buf_add(b, S("https://"));
    if (type == OBSERVABLE_MUTEX && draw(2))
        buf_add(b, draw(2) ? S("\\Sessions\\1\\BaseNamedObjects\\") : S("Local\\"));
    if (type == OBSERVABLE_SERVICE && !draw(3))
        buf_add(b, S("x\\Services\\"));
    if (type == OBSERVABLE_ACCOUNT && !draw(3))
        buf_add(b, S("ACME\\"));
    for (size_t i = 0; i < value.len; i++) {
        char const c = value.ptr[i];

        if (type == OBSERVABLE_CERTIFICATE && i && i % 2 == 0 && slashes)
            buf_byte(b, ':');
        if (type == OBSERVABLE_FILE_PATH && c == '/' && slashes)
            buf_byte(b, '\\');
        else
            buf_byte(b, (char)(capitals && type != OBSERVABLE_URL && c >= 'a' && c <= 'z' && draw(2) ? c - 32 : c));
    }
    if (type == OBSERVABLE_REGISTRY && !draw(3))
        buf_add(b, S("\\deep\\er"));
    if (type == OBSERVABLE_URL && !draw(3))
        buf_add(b, S("?q=1&r=2"));
}

struct world {
    struct buf bytes;
    struct intel_set *set;
    struct indicator_marks *marks;
    struct fields *fields;
    struct indicators *x;
    struct key_check keys;
    unsigned asked, ruled_out; /* indicators that are not there, by an index: looked for, and not */
};

static void world_make(struct world *w) {
    struct intel_builder *b;
    struct err e = {0};
    struct buf value = {0};

    *w = (struct world){.bytes = {0}};
    assert_true(intel_builder_new(&b, &e));
    assert_true(intel_builder_source(b, S("drawn"), S(""), &e));
    for (unsigned i = 0; i < ENTRIES; i++) {
        enum observable const type = drawn_types[draw(COUNT(drawn_types))];

        value.len = 0;
        value_draw(type, &value);
        struct intel_item const item = {.form = ITEM_VALUE,
                                        .type = type,
                                        .value = buf_str(&value),
                                        .raw = S(""),
                                        .where = S(""),
                                        .id = S(""),
                                        .title = S(""),
                                        .comment = S(""),
                                        .created = INSTANT_NONE,
                                        .modified = INSTANT_NONE,
                                        .valid_from = INSTANT_NONE,
                                        .valid_until = INSTANT_NONE,
                                        .first_seen = INSTANT_NONE,
                                        .last_seen = INSTANT_NONE,
                                        .confidence = ITEM_CONFIDENCE_UNSAID};

        if (!intel_builder_item(b, &item, &e) && e.code != ERR_USAGE)
            fail_msg("%s", e.text);
    }
    buf_free(&value);
    assert_true(intel_builder_end(b, &w->bytes, &e));
    intel_builder_free(b);
    assert_true(intel_set_of(&w->set, buf_str(&w->bytes), &e));
    assert_true(indicator_marks_new(&w->marks, w->set, &e));
    assert_non_null(w->fields = fields_new());
    assert_true(indicators_new(&w->x, w->marks, w->fields, &e));
    key_check_begin(&w->keys);
}

static void world_free(struct world *w) {
    key_check_end(&w->keys);
    indicators_free(w->x);
    indicator_marks_free(w->marks);
    fields_free(w->fields);
    intel_set_free(w->set);
    buf_free(&w->bytes);
}

/* cuts: where values may be cut out of the text. */
static void text_draw(const struct world *w, struct buf *b, size_t cuts[16], unsigned *cut_count) {
    unsigned const parts = 1 + draw(draw(2) ? 2 : 7);

    b->len = 0;
    *cut_count = 0;
    for (unsigned i = 0; i < parts; i++) {
        uint32_t const what = draw(10);

        if (draw(8) && (i || !draw(3)))
            buf_add(b, str_of(ONE_OF(seps)));
        cuts[(*cut_count)++] = b->len;
        if (what < 6) {
            struct intel_entry const n = intel_set_entry(w->set, draw((uint32_t)intel_set_entries(w->set)));

            spelled_put(b, n.type, n.value);
        } else if (what < 9) {
            enum observable const type = drawn_types[draw(COUNT(drawn_types))];
            struct buf value = {0};

            value_draw(type, &value);
            spelled_put(b, type, buf_str(&value));
            buf_free(&value);
        } else {
            buf_add(b, str_of(ONE_OF(names)));
        }
        cuts[(*cut_count)++] = b->len;
    }
    if (!draw(4))
        buf_add(b, str_of(ONE_OF(seps)));
    b->len = b->len < TEXT_MAX ? b->len : TEXT_MAX;
}

/* What the text holds by the naive scan and what is found are the same; 0: nothing. */
static unsigned text_check(struct world *w, str text, unsigned *failed) {
    uint32_t found[256];
    size_t const count = indicators_of_text(w->x, text, found, COUNT(found));
    unsigned held = 0;

    key_check_text(&w->keys, text);
    for (uint32_t i = 0; i < intel_set_entries(w->set); i++) {
        struct intel_entry const n = intel_set_entry(w->set, i);
        bool const expected = holds(&n, text);
        bool got = false;

        for (size_t k = 0; k < count; k++)
            got |= found[k] == i;
        held += expected || got;
        if (got != expected && ++*failed < 20)
            print_error("%s %.*s: %s in \"%.*s\"\n", observable_name(n.type).ptr, STR_ARG(n.value),
                        got ? "found, and is not there" : "not found", STR_ARG(text));
        bool const asks = key_check_asks(&w->keys, n.type, n.value);

        w->asked += asks && !got;
        w->ruled_out += !asks;
        if (got && !asks && ++*failed < 20)
            print_error("%s %.*s: ruled out by an index, and is in \"%.*s\"\n", observable_name(n.type).ptr,
                        STR_ARG(n.value), STR_ARG(text));
    }
    return held;
}

static void sift_check(struct world *w, str text, unsigned *failed) {
    char wide[2 * TEXT_MAX + 2];
    struct raw raw = {.type = RAW_TEXT, .ptr = text.ptr, .len = (uint32_t)text.len};

    if (!indicators_sift(w->x, &raw) && ++*failed < 20)
        print_error("sifted away: \"%.*s\"\n", STR_ARG(text));
    for (size_t i = 0; i < text.len; i++) {
        wide[2 * i] = text.ptr[i];
        wide[2 * i + 1] = 0;
    }
    wide[2 * text.len] = wide[2 * text.len + 1] = 0;
    for (unsigned nul = 0; nul < 2; nul++) {
        raw = (struct raw){.type = RAW_UTF16, .ptr = wide, .len = (uint32_t)(2 * (text.len + nul))};
        if (!indicators_sift(w->x, &raw) && ++*failed < 20)
            print_error("sifted away as UTF-16%s: \"%.*s\"\n", nul ? " with a NUL" : "", STR_ARG(text));
    }
}

static void rounds_of(unsigned rounds, unsigned *failed, unsigned *texts, unsigned *held, uint64_t asked[2]) {
    struct buf text = {0};

    for (unsigned r = 0; r < rounds && *failed == 0; r++) {
        struct world w;

        world_make(&w);
        for (unsigned t = 0; t < TEXTS; t++) {
            size_t cuts[16];
            unsigned cut_count, in_values = 0;
            struct raw values[9];

            text_draw(&w, &text, cuts, &cut_count);
            str const all = buf_str(&text);

            if (all.len < 4)
                continue;
            ++*texts;
            if (text_check(&w, all, failed)) {
                ++*held;
                sift_check(&w, all, failed);
            }
            /* The same as a line, out of which values are cut. */
            struct record line = {.values = values, .bytes = all};

            values[line.count++] = (struct raw){.type = RAW_TEXT, .ptr = all.ptr, .len = (uint32_t)all.len};
            for (unsigned i = 0; i + 1 < cut_count; i += 2)
                if (cuts[i + 1] <= all.len && cuts[i] < cuts[i + 1])
                    values[line.count++] = (struct raw){
                        .type = RAW_TEXT, .ptr = all.ptr + cuts[i], .len = (uint32_t)(cuts[i + 1] - cuts[i])};
            for (uint32_t i = 0; i < line.count; i++) {
                str const v = {values[i].ptr, values[i].len};

                if (v.len >= 4)
                    in_values += text_check(&w, v, failed);
            }
            bool const clean = indicators_clean(w.x, &line);

            if (clean && in_values && ++*failed < 20)
                print_error("a line that was passed over: \"%.*s\"\n", STR_ARG(all));
        }
        asked[0] += w.asked;
        asked[1] += w.ruled_out;
        world_free(&w);
    }
    buf_free(&text);
}

static void what_is_found_is_what_is_there(void **unused) {
    const char *const more = getenv("LONGWATCH_ROUNDS");
    unsigned const rounds = more ? (unsigned)strtoul(more, NULL, 10) : ROUNDS_MIN;
    unsigned failed = 0, texts = 0, held = 0;
    uint64_t asked[2] = {0, 0};

    (void)unused;
    state = more ? (uint64_t)rounds : 7;
    rounds_of(rounds, &failed, &texts, &held, asked);
    print_message(
        "%u texts, %u of them hold something; of those that are not there an index asks for %llu, not for %llu\n",
        texts, held, (unsigned long long)asked[0], (unsigned long long)asked[1]);
    assert_true(asked[0] * 20 < asked[1]); /* and it does rule out */
    assert_int_equal(failed, 0);
    assert_true(held * 3 > texts && held < texts); /* it is a test of both */
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
