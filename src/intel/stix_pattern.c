/* stix_pattern: the pattern language of STIX 2.1 (section 9.2 to 9.5) by recursive descent over tokens, and what of it is values.
 *
 * The official grammar is LL(1) but for one thing that ANTLR hides: `(` outside of brackets always opens observation expressions,
 * inside always comparisons. Chains of one operator become one node with many children, so that only parentheses make depth. */
#include "intel/stix_pattern.h"

#include <assert.h>
#include <stdarg.h>

#include "base/address.h"
#include "base/instant.h"
#include "base/utf.h"
#include "event/number.h"

enum token {
    TOKEN_END,
    TOKEN_NAME,   /* identifier, or keyword */
    TOKEN_STRING, /* between the quotes, escapes still in it */
    TOKEN_NUMBER,
    TOKEN_HEX,
    TOKEN_BINARY,
    TOKEN_TIMESTAMP,
    TOKEN_SIGN /* operator or punctuation */
};

struct parser {
    str text;
    size_t at;   /* behind the token */
    size_t from; /* of the token */
    enum token token;
    str word; /* of the token; STRING to TIMESTAMP: what is quoted */
    bool strict, failed;
    bool escaped; /* STRING: there are escapes in it */
    unsigned depth;
    uint32_t nodes, brackets, tests;
    struct arena *a;
    struct err *e;
};

/* ---- words ---- */

static bool bad(struct parser *p, enum err_code code, size_t at, const char *fmt, ...) PRINTF(4, 5);
static bool bad(struct parser *p, enum err_code code, size_t at, const char *fmt, ...) {
    char what[160];
    va_list list;

    va_start(list, fmt);
    vsnprintf(what, sizeof what, fmt, list);
    va_end(list);
    p->failed = true;
    return err_set(p->e, code, at, "at byte %zu: %s", at + 1, what);
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int hex_digit(char c) {
    return digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Unicode's White_Space, as the official grammar lists it. */
static bool blank(uint32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Blanks and comments. An open comment is no comment: its slash is an error later. */
static void skip(struct parser *p) {
    for (;;) {
        str const rest = str_from(p->text, p->at);
        uint32_t c;
        size_t const width = utf8_decode(rest, &c);

        if (width && blank(c)) {
            p->at += width;
        } else if (str_starts(rest, S("//"))) {
            while (p->at < p->text.len && p->text.ptr[p->at] != '\n' && p->text.ptr[p->at] != '\r')
                p->at++;
        } else if (str_starts(rest, S("/*")) && str_find(str_from(rest, 2), S("*/")) != SIZE_MAX) {
            p->at += str_find(str_from(rest, 2), S("*/")) + 4;
        } else {
            return;
        }
    }
}

/* Behind the opening quote. */
static bool quoted(struct parser *p, enum token token) {
    size_t const from = p->at;

    p->escaped = false;
    for (; p->at < p->text.len && p->text.ptr[p->at] != '\''; p->at++)
        if (p->text.ptr[p->at] == '\\') {
            p->escaped = true;
            p->at++;
            if (p->at == p->text.len || (p->text.ptr[p->at] != '\\' && p->text.ptr[p->at] != '\''))
                return bad(p, ERR_USAGE, p->at - 1, "a backslash stands before \\ or ' only");
        }
    if (p->at == p->text.len)
        return bad(p, ERR_USAGE, p->from, "the quotation does not end");
    p->word = (str){p->text.ptr + from, p->at - from};
    p->token = token;
    p->at++;
    return true;
}

static bool number(struct parser *p) {
    str const s = p->text;
    size_t i = p->at + (s.ptr[p->at] == '+' || s.ptr[p->at] == '-');
    size_t const whole = i;

    while (i < s.len && digit(s.ptr[i]))
        i++;
    if (i + 1 < s.len && s.ptr[i] == '.' && digit(s.ptr[i + 1]))
        for (i++; i < s.len && digit(s.ptr[i]);)
            i++;
    else if (i == whole || (s.ptr[whole] == '0' && i - whole > 1))
        return bad(p, ERR_USAGE, p->at, "no number");
    p->token = TOKEN_NUMBER;
    p->word = (str){s.ptr + p->at, i - p->at};
    p->at = i;
    return true;
}

static bool advance(struct parser *p) {
    static const char *const signs[] = {"==", "!=", "<>", "<=", ">=", "=", "<", ">",
                                        "[",  "]",  "(",  ")",  ",",  ".", ":", "*"};
    str rest;
    char c;

    if (p->failed)
        return false;
    skip(p);
    p->from = p->at;
    rest = str_from(p->text, p->at);
    p->word = str_first(rest, 0);
    if (!rest.len) {
        p->token = TOKEN_END;
        return true;
    }
    c = rest.ptr[0];
    if (c == '\'') {
        p->at++;
        return quoted(p, TOKEN_STRING);
    }
    if ((c == 'h' || c == 'b' || c == 't') && rest.len > 1 && rest.ptr[1] == '\'') {
        p->at += 2;
        return quoted(p, c == 'h' ? TOKEN_HEX : c == 'b' ? TOKEN_BINARY : TOKEN_TIMESTAMP);
    }
    if (letter(c)) {
        size_t len = 1;

        while (len < rest.len && (letter(rest.ptr[len]) || digit(rest.ptr[len]) || rest.ptr[len] == '-'))
            len++;
        p->token = TOKEN_NAME;
        p->word = str_first(rest, len);
        p->at += len;
        return true;
    }
    if (digit(c) || c == '+' || c == '-' || (c == '.' && rest.len > 1 && digit(rest.ptr[1])))
        return number(p);
    for (size_t i = 0; i < COUNT(signs); i++)
        if (str_starts(rest, str_of(signs[i]))) {
            p->token = TOKEN_SIGN;
            p->word = str_first(rest, strlen(signs[i]));
            p->at += p->word.len;
            return true;
        }
    return bad(p, ERR_USAGE, p->at, "a sign that means nothing here");
}

static bool at_sign(const struct parser *p, const char *sign) {
    return p->token == TOKEN_SIGN && str_eq(p->word, str_of(sign));
}

static bool at_word(const struct parser *p, const char *word) {
    return p->token == TOKEN_NAME && str_eq(p->word, str_of(word));
}

static bool keyword(str s) {
    static const str words[] = {STR("AND"),     STR("OR"),         STR("NOT"),      STR("FOLLOWEDBY"), STR("LIKE"),
                                STR("MATCHES"), STR("ISSUPERSET"), STR("ISSUBSET"), STR("EXISTS"),     STR("LAST"),
                                STR("IN"),      STR("START"),      STR("STOP"),     STR("SECONDS"),    STR("true"),
                                STR("false"),   STR("WITHIN"),     STR("REPEATS"),  STR("TIMES")};

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(s, words[i]))
            return true;
    return false;
}

str stix_shown(str text, char out[STIX_SHOWN_MAX]) {
    size_t const len = text.len < STIX_SHOWN_MAX ? text.len : STIX_SHOWN_MAX;

    for (size_t i = 0; i < len; i++)
        out[i] = text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?';
    return (str){out, len};
}

static bool expected(struct parser *p, const char *what) {
    char room[STIX_SHOWN_MAX];

    if (p->failed)
        return false;
    if (p->token == TOKEN_END)
        return bad(p, ERR_USAGE, p->from, "the pattern ends where %s is expected", what);
    return bad(p, ERR_USAGE, p->from, "%s is expected, not %.*s", what,
               STR_ARG(str_first(stix_shown(p->word, room), 40)));
}

static bool take_sign(struct parser *p, const char *sign) {
    return at_sign(p, sign) ? advance(p) : expected(p, sign);
}

static bool take_word(struct parser *p, const char *word) {
    return at_word(p, word) ? advance(p) : expected(p, word);
}

/* ---- memory ---- */

static void *keep(struct parser *p, size_t size) {
    void *m;

    if (p->failed)
        return NULL;
    if (p->nodes == STIX_NODES_MAX) {
        bad(p, ERR_LIMIT, p->from, "more than %u parts", STIX_NODES_MAX);
        return NULL;
    }
    p->nodes++;
    if (!(m = arena_zero(p->a, 1, size)))
        bad(p, ERR_MEMORY, p->from, "no memory");
    return m;
}

static bool deeper(struct parser *p) {
    return p->depth++ < STIX_DEPTH_MAX ||
           bad(p, ERR_LIMIT, p->from, "more than %u parentheses within each other", STIX_DEPTH_MAX);
}

/* ---- literals ---- */

bool stix_time_parse(str s, struct stix_time *out) {
    static const char shape[] = "0000-00-00T00:00:00";
    unsigned n[6] = {0}, part = 0;
    size_t const len = sizeof shape - 1;
    int64_t days;
    str tail;

    if (s.len <= len || s.ptr[s.len - 1] != 'Z')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (shape[i] != '0') {
            if (s.ptr[i] != shape[i])
                return false;
            part++;
        } else if (!digit(s.ptr[i])) {
            return false;
        } else {
            n[part] = n[part] * 10 + (unsigned)(s.ptr[i] - '0');
        }
    }
    tail = (str){s.ptr + len, s.len - len - 1};
    if (tail.len) {
        if (tail.ptr[0] != '.' || tail.len == 1)
            return false;
        tail = str_from(tail, 1);
        for (size_t i = 0; i < tail.len; i++)
            if (!digit(tail.ptr[i]))
                return false;
        while (tail.len && tail.ptr[tail.len - 1] == '0')
            tail.len--;
    }
    if (n[3] > 23 || n[4] > 59 || n[5] > 60 || !instant_day(n[0], n[1], n[2], &days))
        return false;
    *out = (struct stix_time){days * 86400 + n[3] * 3600 + n[4] * 60 + n[5], tail};
    return true;
}

int stix_time_compare(const struct stix_time *a, const struct stix_time *b) {
    /* Without zeros at the end, fractions sort as texts. */
    return a->second != b->second ? (a->second < b->second ? -1 : 1) : str_cmp(a->fraction, b->fraction);
}

int64_t stix_time_instant(const struct stix_time *t) {
    uint32_t nano = 0;
    int64_t when;

    for (size_t i = 0; i < 9; i++)
        nano = nano * 10 + (i < t->fraction.len ? (uint32_t)(t->fraction.ptr[i] - '0') : 0);
    when = instant_from_unix(t->second, nano);
    return when != INSTANT_NONE ? when : t->second < 0 ? INSTANT_NONE + 1 : INT64_MAX;
}

/* Escapes undone. */
static bool plain(struct parser *p, str *out) {
    char *copy;
    size_t used = 0;

    *out = p->word;
    if (!p->escaped)
        return true;
    if (!(copy = arena_bytes(p->a, p->word.len)))
        return bad(p, ERR_MEMORY, p->from, "no memory");
    for (size_t i = 0; i < p->word.len; i++)
        copy[used++] = p->word.ptr[p->word.ptr[i] == '\\' ? ++i : i];
    *out = (str){copy, used};
    return true;
}

static bool hex(struct parser *p, str *out) {
    char *const bytes = arena_bytes(p->a, p->word.len / 2);

    if (!bytes)
        return bad(p, ERR_MEMORY, p->from, "no memory");
    for (size_t i = 0; i < p->word.len; i++) {
        int const d = hex_digit(p->word.ptr[i]);

        if (d < 0)
            return bad(p, ERR_USAGE, p->from, "h'...' holds what is no hexadecimal digit");
        if (i & 1)
            bytes[i / 2] = (char)((unsigned char)bytes[i / 2] | d);
        else if (i + 1 < p->word.len)
            bytes[i / 2] = (char)(d << 4);
    }
    if (p->word.len & 1)
        return bad(p, ERR_USAGE, p->from, "h'...' holds half an octet");
    *out = (str){bytes, p->word.len / 2};
    return true;
}

static int base64_digit(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : digit(c)             ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Groups of four, the last padded. The empty one is refused: the official grammar has it so. */
static bool base64(struct parser *p, str *out) {
    str const s = p->word;
    size_t const padding = s.len && s.ptr[s.len - 1] == '=' ? (s.len > 1 && s.ptr[s.len - 2] == '=' ? 2 : 1) : 0;
    char *const bytes = arena_bytes(p->a, s.len / 4 * 3);
    size_t used = 0;
    uint32_t bits = 0;

    if (!bytes)
        return bad(p, ERR_MEMORY, p->from, "no memory");
    if (!s.len || s.len % 4)
        return bad(p, ERR_USAGE, p->from, "b'...' holds no whole groups of base64");
    for (size_t i = 0; i < s.len - padding; i++) {
        int const d = base64_digit(s.ptr[i]);

        if (d < 0)
            return bad(p, ERR_USAGE, p->from, "b'...' holds what is no base64");
        bits = bits << 6 | (uint32_t)d;
        if (i % 4 > 0)
            bytes[used++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    *out = (str){bytes, used};
    return true;
}

static bool canonical_number(struct parser *p, str word, str *out) {
    char text[NUMBER_TEXT_MAX], whole[NUMBER_TEXT_MAX + 2];
    size_t len, used = 0;

    if (word.len > NUMBER_TEXT_MAX)
        return bad(p, ERR_LIMIT, p->from, "a number of more than %u digits", NUMBER_TEXT_MAX);
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '.' && (used == 0 || whole[used - 1] == '-'))
            whole[used++] = '0'; /* .5 */
        if (word.ptr[i] != '+')
            whole[used++] = word.ptr[i];
    }
    if (!number_canonical((str){whole, used}, text, &len))
        return bad(p, ERR_LIMIT, p->from, "a number of more than %u digits", NUMBER_TEXT_MAX);
    return arena_copy(p->a, (str){text, len}, out) || bad(p, ERR_MEMORY, p->from, "no memory");
}

static bool literal(struct parser *p, struct stix_literal *out) {
    *out = (struct stix_literal){.text = S("")};
    switch (p->token) {
    case TOKEN_STRING:
        out->type = STIX_STRING;
        return plain(p, &out->text) && advance(p);
    case TOKEN_NUMBER:
        out->type = STIX_NUMBER;
        return canonical_number(p, p->word, &out->text) && advance(p);
    case TOKEN_HEX:
        out->type = STIX_HEX;
        return hex(p, &out->text) && advance(p);
    case TOKEN_BINARY:
        out->type = STIX_BINARY;
        return base64(p, &out->text) && advance(p);
    case TOKEN_TIMESTAMP:
        out->type = STIX_TIMESTAMP;
        out->text = p->word;
        return stix_time_parse(p->word, &out->time) ? advance(p)
                                                    : bad(p, ERR_USAGE, p->from, "t'...' holds no time there is");
    case TOKEN_NAME:
        if (at_word(p, "true") || at_word(p, "false")) {
            out->type = STIX_BOOL;
            out->yes = at_word(p, "true");
            return advance(p);
        }
        break;
    default:
        break;
    }
    return expected(p, "a value");
}

/* ---- object paths ---- */

static bool key(struct parser *p, str *out) {
    if (p->token == TOKEN_STRING)
        return plain(p, out) && advance(p);
    if (p->token != TOKEN_NAME || keyword(p->word))
        return expected(p, "the name of a property");
    if (p->strict && str_find_byte(p->word, '-') != SIZE_MAX)
        return bad(p, ERR_USAGE, p->from, "a name with a hyphen stands in quotes");
    *out = p->word;
    return advance(p);
}

static bool step(struct parser *p, bool first, struct stix_step *s) {
    *s = (struct stix_step){.key = S("")};
    if (first || at_sign(p, ".")) {
        s->how = STIX_KEY;
        return (first || advance(p)) && key(p, &s->key);
    }
    if (!advance(p)) /* [ */
        return false;
    if (at_sign(p, "*")) {
        s->how = STIX_ANY;
    } else {
        uint64_t n = 0;

        if (p->token != TOKEN_NUMBER || str_find_byte(p->word, '.') != SIZE_MAX)
            return expected(p, "an index or *");
        s->how = STIX_INDEX;
        s->index = -1; /* below zero, or beyond any list */
        if (p->word.ptr[0] != '-' && str_u64(str_from(p->word, p->word.ptr[0] == '+'), INT64_MAX, &n))
            s->index = (int64_t)n;
    }
    return advance(p) && take_sign(p, "]");
}

static bool path(struct parser *p, struct stix_path *out) {
    enum { MAX = 64 };
    struct stix_step steps[MAX], *kept;
    size_t const from = p->from;
    size_t count = 0, end;

    if (p->token != TOKEN_NAME || keyword(p->word))
        return expected(p, "an object's type");
    out->type = p->word;
    if (!advance(p) || !take_sign(p, ":"))
        return false;
    do {
        if (count == MAX)
            return bad(p, ERR_LIMIT, p->from, "an object path of more than %d steps", MAX);
        if (!step(p, count == 0, &steps[count]))
            return false;
        count++;
    } while (at_sign(p, ".") || at_sign(p, "["));
    end = p->from;
    if (p->nodes > STIX_NODES_MAX - count)
        return bad(p, ERR_LIMIT, p->from, "more than %u parts", STIX_NODES_MAX);
    p->nodes += (uint32_t)count;
    if (!(kept = arena_alloc(p->a, count * sizeof *kept)))
        return bad(p, ERR_MEMORY, p->from, "no memory");
    memcpy(kept, steps, count * sizeof *kept);
    out->steps = kept;
    out->step_count = count;
    out->text = str_trim((str){p->text.ptr + from, end - from});
    return true;
}

/* ---- comparisons ---- */

str stix_algorithm(str name, char out[STIX_ALGORITHM_MAX]) {
    size_t used = 0;

    for (size_t i = 0; i < name.len && used < STIX_ALGORITHM_MAX - 1; i++) {
        char const c = name.ptr[i];

        if (c != '-' && c != '_')
            out[used++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (str){out, used};
}

/* Hexadecimal digits of hashes whose names are in the hash algorithm vocabulary (STIX 2.1, 10.8) and its older spellings; 0: not known. */
static size_t hash_digits(str name) {
    static const struct {
        str name;
        size_t digits;
    } algorithms[] = {{STR("md5"), 32},     {STR("sha1"), 40},    {STR("ripemd160"), 40}, {STR("sha224"), 56},
                      {STR("sha256"), 64},  {STR("sha384"), 96},  {STR("sha512"), 128},   {STR("sha3224"), 56},
                      {STR("sha3256"), 64}, {STR("sha3384"), 96}, {STR("sha3512"), 128},  {STR("whirlpool"), 128},
                      {STR("imphash"), 32}};
    char folded[STIX_ALGORITHM_MAX];
    str const f = stix_algorithm(name, folded);

    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (str_eq(f, algorithms[i].name))
            return algorithms[i].digits;
    return 0;
}

/* `path = 'value'` where the path ends in hashes.ALGORITHM. */
static bool hash_fits(struct parser *p, const struct stix_path *where, const struct stix_literal *l, size_t at) {
    const struct stix_step *const last = &where->steps[where->step_count - 1];
    char room[STIX_SHOWN_MAX];
    size_t digits;

    if (where->step_count < 2 || last->how != STIX_KEY || last[-1].how != STIX_KEY ||
        !str_eq(last[-1].key, S("hashes")) || l->type != STIX_STRING || !(digits = hash_digits(last->key)))
        return true;
    for (size_t i = 0; i < l->text.len; i++)
        if (hex_digit(l->text.ptr[i]) < 0)
            digits = 0;
    return l->text.len == digits ||
           bad(p, ERR_USAGE, at, "no %.*s hash", STR_ARG(str_first(stix_shown(last->key, room), 40)));
}

/* An address, or one with a count of bits; bits of the host may be set. */
static bool is_network(str s) {
    size_t const slash = str_find_byte(s, '/');
    struct address a;
    uint64_t bits;

    return address_parse(str_first(s, slash < s.len ? slash : s.len), &a) &&
           (slash == SIZE_MAX || str_u64(str_from(s, slash + 1), a.family == 4 ? 32 : 128, &bits));
}

struct many {
    struct many *next;
    struct stix_literal l;
};

/* One literal, or those of a set to its `)`. */
static bool literals(struct parser *p, struct stix_comparison *c, bool set) {
    struct many *first = NULL, **end = &first;
    struct stix_literal *all;
    size_t count = 0;

    while (!set || count || !at_sign(p, ")")) {
        struct many *const m = keep(p, sizeof *m);
        size_t const at = p->from;

        if (!m || !literal(p, &m->l) || (c->op < STIX_LIKE && !hash_fits(p, &c->path, &m->l, at)))
            return false;
        *end = m;
        end = &m->next;
        count++;
        if (m->l.type != first->l.type)
            return bad(p, ERR_USAGE, at, "values of different types in one set");
        if (!set || !at_sign(p, ","))
            break;
        if (!advance(p))
            return false;
    }
    if (!(all = arena_alloc(p->a, count * sizeof *all)))
        return bad(p, ERR_MEMORY, p->from, "no memory");
    c->literals = all;
    c->literal_count = count;
    for (const struct many *m = first; m; m = m->next)
        *all++ = m->l;
    return true;
}

static bool text_literal(struct parser *p, struct stix_comparison *c) {
    size_t const at = p->from;

    if (p->token != TOKEN_STRING)
        return expected(p, "a quoted text");
    if (!literals(p, c, false))
        return false;
    if ((c->op == STIX_ISSUBSET || c->op == STIX_ISSUPERSET) && !is_network(c->literals[0].text))
        return bad(p, ERR_USAGE, at, "neither an address nor a network");
    return true;
}

static const struct {
    const char *word;
    enum stix_operator op;
    bool sign;
} operators[] = {
    {"=", STIX_EQUAL, true},
    {"==", STIX_EQUAL, true},
    {"!=", STIX_NOT_EQUAL, true},
    {"<>", STIX_NOT_EQUAL, true},
    {"<", STIX_LESS, true},
    {">", STIX_GREATER, true},
    {"<=", STIX_AT_MOST, true},
    {">=", STIX_AT_LEAST, true},
    {"IN", STIX_IN, false},
    {"LIKE", STIX_LIKE, false},
    {"MATCHES", STIX_MATCHES, false},
    {"ISSUBSET", STIX_ISSUBSET, false},
    {"ISSUPERSET", STIX_ISSUPERSET, false},
};

str stix_operator_name(enum stix_operator o) {
    for (size_t i = 0; i < COUNT(operators); i++)
        if (operators[i].op == o)
            return str_of(operators[i].word);
    assert(o == STIX_EXISTS);
    return S("EXISTS");
}

static bool test(struct parser *p, struct stix_comparison *c) {
    c->how = STIX_TEST;
    c->number = p->tests++;
    c->not = at_word(p, "NOT");
    if (c->not &&!advance(p))
        return false;
    if (c->not &&!at_word(p, "EXISTS"))
        return expected(p, "EXISTS");
    if (at_word(p, "EXISTS")) {
        c->op = STIX_EXISTS;
        return advance(p) && path(p, &c->path);
    }
    if (!path(p, &c->path))
        return false;
    c->not = at_word(p, "NOT");
    if (c->not &&!advance(p))
        return false;
    for (size_t i = 0; i < COUNT(operators); i++) {
        size_t const at = p->from;

        if (!(operators[i].sign ? at_sign(p, operators[i].word) : at_word(p, operators[i].word)))
            continue;
        c->op = operators[i].op;
        if (!advance(p))
            return false;
        if (c->op == STIX_IN)
            return take_sign(p, "(") && literals(p, c, true) && take_sign(p, ")");
        if (c->op >= STIX_LIKE)
            return text_literal(p, c);
        if (!literals(p, c, false))
            return false;
        if (c->op >= STIX_LESS && c->literals[0].type == STIX_BOOL)
            return bad(p, ERR_USAGE, at, "true and false have no order");
        return true;
    }
    return expected(p, "an operator");
}

static const struct stix_comparison *comparisons(struct parser *p, bool any);

/* A test, or parentheses. */
static const struct stix_comparison *proposition(struct parser *p) {
    const struct stix_comparison *inner;
    struct stix_comparison *c;

    if (at_sign(p, "(")) {
        if (!deeper(p) || !advance(p) || !(inner = comparisons(p, true)) || !take_sign(p, ")"))
            return NULL;
        p->depth--;
        return inner;
    }
    c = keep(p, sizeof *c);
    return c && test(p, c) ? c : NULL;
}

/* A node of one child is that child: then its `next` is still free, because a node is nobody's child before it is returned. But what
 * comes out of parentheses may be any node, and gets its `next` here. */
static const struct stix_comparison *comparisons(struct parser *p, bool any) {
    const struct stix_comparison *first = NULL, *last = NULL;
    size_t count = 0;
    struct stix_comparison *all;

    for (;;) {
        const struct stix_comparison *const c = any ? comparisons(p, false) : proposition(p);

        if (!c)
            return NULL;
        if (last)
            ((struct stix_comparison *)last)->next = c;
        else
            first = c;
        last = c;
        count++;
        if (!at_word(p, any ? "OR" : "AND"))
            break;
        if (!advance(p))
            return NULL;
    }
    if (count == 1)
        return first;
    if (!(all = keep(p, sizeof *all)))
        return NULL;
    all->how = any ? STIX_ANY_OF : STIX_ALL_OF;
    all->first = first;
    return all;
}

/* ---- observations ---- */

static bool time_literal(struct parser *p, struct stix_time *out) {
    struct stix_literal l;

    if (p->token != TOKEN_TIMESTAMP && (p->strict || p->token != TOKEN_STRING))
        return expected(p, "a time t'...'");
    if (p->token == TOKEN_STRING && !stix_time_parse(p->word, out))
        return bad(p, ERR_USAGE, p->from, "no time there is");
    if (p->token == TOKEN_STRING)
        return advance(p);
    if (!literal(p, &l))
        return false;
    *out = l.time;
    return true;
}

/* Seconds as nanoseconds, rounded up: times are whole nanoseconds, and `<` is the same for both. */
static bool seconds(struct parser *p, uint64_t *out) {
    str const s = p->word;
    uint64_t n = 0;
    size_t decimals = SIZE_MAX;
    bool more = false;

    if (p->token != TOKEN_NUMBER || s.ptr[0] == '-')
        return expected(p, "a count of seconds");
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.')
            decimals = 0;
        else if (digit(s.ptr[i]) && decimals != SIZE_MAX && decimals++ >= 9)
            more = more || s.ptr[i] != '0';
        else if (digit(s.ptr[i]))
            n = n > (INT64_MAX - 9) / 10 ? INT64_MAX : n * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    for (size_t i = decimals == SIZE_MAX ? 0 : decimals; i < 9; i++)
        n = n > INT64_MAX / 10 ? INT64_MAX : n * 10;
    n += more && n < INT64_MAX;
    if (n == 0)
        return bad(p, ERR_USAGE, p->from, "within no time there is nothing");
    *out = n;
    return advance(p);
}

static bool times(struct parser *p, uint32_t *out) {
    uint64_t n;

    if (p->token != TOKEN_NUMBER || p->word.ptr[0] == '-' || str_find_byte(p->word, '.') != SIZE_MAX)
        return expected(p, "a count");
    if (!str_u64(str_from(p->word, p->word.ptr[0] == '+'), STIX_REPEATS_MAX, &n))
        return bad(p, ERR_LIMIT, p->from, "more than %u times", STIX_REPEATS_MAX);
    if (n == 0)
        return bad(p, ERR_USAGE, p->from, "no times is no count");
    *out = (uint32_t)n;
    return advance(p);
}

static const struct stix_expression *qualified(struct parser *p, const struct stix_expression *inner) {
    bool seen[STIX_REPEATS + 1] = {false};
    unsigned count = 0;

    while (at_word(p, "START") || at_word(p, "WITHIN") || at_word(p, "REPEATS")) {
        size_t const at = p->from;
        struct stix_expression *const q = keep(p, sizeof *q);

        if (!q)
            return NULL;
        if (count++ == STIX_QUALIFIERS_MAX) {
            bad(p, ERR_LIMIT, at, "more than %u qualifiers of one expression", STIX_QUALIFIERS_MAX);
            return NULL;
        }
        q->first = inner;
        q->how = at_word(p, "START") ? STIX_START_STOP : at_word(p, "WITHIN") ? STIX_WITHIN : STIX_REPEATS;
        if (seen[q->how] && p->strict) {
            bad(p, ERR_USAGE, at, "a second qualifier of its kind");
            return NULL;
        }
        seen[q->how] = true;
        if (!advance(p))
            return NULL;
        if (q->how == STIX_START_STOP
                ? !time_literal(p, &q->start) || !take_word(p, "STOP") || !time_literal(p, &q->stop)
            : q->how == STIX_WITHIN ? !seconds(p, &q->within) || !take_word(p, "SECONDS")
                                    : !times(p, &q->repeats) || !take_word(p, "TIMES"))
            return NULL;
        inner = q;
    }
    return inner;
}

static const struct stix_expression *expressions(struct parser *p, enum stix_how how);

static const struct stix_expression *observation(struct parser *p) {
    const struct stix_expression *inner;
    struct stix_expression *b;

    if (at_sign(p, "(")) {
        if (!deeper(p) || !advance(p) || !(inner = expressions(p, STIX_FOLLOWEDBY)) || !take_sign(p, ")"))
            return NULL;
        p->depth--;
        return qualified(p, inner);
    }
    if (!at_sign(p, "[")) {
        expected(p, "[");
        return NULL;
    }
    if (!(b = keep(p, sizeof *b)) || !advance(p) || !(b->comparison = comparisons(p, true)) || !take_sign(p, "]"))
        return NULL;
    b->how = STIX_BRACKET;
    b->bracket = p->brackets++;
    return qualified(p, b);
}

/* FOLLOWEDBY over OR over AND over one. */
static const struct stix_expression *expressions(struct parser *p, enum stix_how how) {
    const char *const word = how == STIX_FOLLOWEDBY ? "FOLLOWEDBY" : how == STIX_OR ? "OR" : "AND";
    const struct stix_expression *first = NULL, *last = NULL;
    size_t count = 0;
    struct stix_expression *all;

    for (;;) {
        const struct stix_expression *const x = how == STIX_FOLLOWEDBY ? expressions(p, STIX_OR)
                                                : how == STIX_OR       ? expressions(p, STIX_AND)
                                                                       : observation(p);

        if (!x)
            return NULL;
        if (last)
            ((struct stix_expression *)last)->next = x;
        else
            first = x;
        last = x;
        count++;
        if (!at_word(p, word))
            break;
        if (!advance(p))
            return NULL;
    }
    if (count == 1)
        return first;
    if (!(all = keep(p, sizeof *all)))
        return NULL;
    all->how = how;
    all->first = first;
    return all;
}

/* ---- the whole ---- */

static void list_tests(const struct stix_comparison *c, const struct stix_comparison **tests) {
    if (c->how == STIX_TEST)
        tests[c->number] = c;
    else
        for (c = c->first; c; c = c->next)
            list_tests(c, tests);
}

static void list_brackets(const struct stix_expression *x, const struct stix_expression **brackets,
                          const struct stix_comparison **tests) {
    if (x->how == STIX_BRACKET) {
        brackets[x->bracket] = x;
        list_tests(x->comparison, tests);
    } else {
        for (x = x->first; x; x = x->next)
            list_brackets(x, brackets, tests);
    }
}

bool stix_pattern_parse(str text, bool strict, struct arena *a, struct stix_pattern *out, struct err *e) {
    struct parser p = {.text = text, .strict = strict, .a = a, .e = e};
    const struct stix_expression *root, **brackets;
    const struct stix_comparison **tests;

    if (text.len > STIX_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "a pattern of more than %zu bytes", STIX_BYTES_MAX);
    if (utf8_valid(text) != text.len)
        return bad(&p, ERR_USAGE, utf8_valid(text), "no UTF-8");
    if (!advance(&p) || !(root = expressions(&p, STIX_FOLLOWEDBY)))
        return false;
    if (p.token != TOKEN_END)
        return expected(&p, "the end");
    brackets = arena_alloc(a, p.brackets * sizeof *brackets);
    tests = arena_alloc(a, p.tests * sizeof *tests);
    if (!brackets || !tests)
        return bad(&p, ERR_MEMORY, 0, "no memory");
    list_brackets(root, brackets, tests);
    *out = (struct stix_pattern){text, root, brackets, tests, p.brackets, p.tests};
    return true;
}

/* ---- values ---- */

/* Which properties are the value of an observable wherever they stand. `*` at the end of a type or a path takes the rest of it; the
 * path is written with points, and [n] and [*] as [*]. Properties that STIX 2.1 does not have are those of STIX 2.0 (process:name) and
 * of feeds (reference 2.4: mobile verification, MISP's x_misp_...). */
static const struct {
    str type, path;
    enum observable as;
} plain_paths[] = {
    {STR("ipv4-addr"), STR("value"), OBSERVABLE_ADDRESS},
    {STR("ipv6-addr"), STR("value"), OBSERVABLE_ADDRESS},
    {STR("ipv4addr"), STR("value"), OBSERVABLE_ADDRESS},
    {STR("ipv6addr"), STR("value"), OBSERVABLE_ADDRESS},
    {STR("network-traffic"), STR("src_ref.value"), OBSERVABLE_ADDRESS},
    {STR("network-traffic"), STR("dst_ref.value"), OBSERVABLE_ADDRESS},
    {STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN},
    {STR("url"), STR("value"), OBSERVABLE_URL},
    {STR("email-addr"), STR("value"), OBSERVABLE_MAIL},
    {STR("email-message"), STR("from_ref.value"), OBSERVABLE_MAIL},
    {STR("email-message"), STR("sender_ref.value"), OBSERVABLE_MAIL},
    {STR("email-message"), STR("subject"), OBSERVABLE_SUBJECT},
    {STR("file"), STR("name"), OBSERVABLE_FILE_NAME},
    {STR("file"), STR("path"), OBSERVABLE_FILE_PATH},
    {STR("process"), STR("name"), OBSERVABLE_FILE_NAME},
    {STR("process"), STR("image_ref.name"), OBSERVABLE_FILE_NAME},
    {STR("process"), STR("binary_ref.name"), OBSERVABLE_FILE_NAME},
    {STR("process"), STR("command_line"), OBSERVABLE_COMMAND},
    {STR("process"), STR("extensions.windows-service-ext.service_name"), OBSERVABLE_SERVICE},
    {STR("mutex"), STR("name"), OBSERVABLE_MUTEX},
    {STR("windows-registry-key"), STR("key"), OBSERVABLE_REGISTRY},
    {STR("user-account"), STR("account_login"), OBSERVABLE_ACCOUNT},
    {STR("user-account"), STR("user_id"), OBSERVABLE_ACCOUNT},
    {STR("network-traffic"), STR("extensions.http-request-ext.request_header.User-Agent"), OBSERVABLE_USER_AGENT},
    {STR("network-traffic"), STR("extensions.http-request-ext.request_header.User-Agent[*]"), OBSERVABLE_USER_AGENT},
    {STR("x509-certificate"), STR("serial_number"), OBSERVABLE_CERTIFICATE},
    {STR("mac-addr"), STR("value"), OBSERVABLE_MAC},
    {STR("autonomous-system"), STR("number"), OBSERVABLE_AS},
    {STR("file"), STR("extensions.windows-pebinary-ext.imphash"), OBSERVABLE_IMPHASH},
    {STR("app"), STR("cert.sha256"), OBSERVABLE_SHA256},
    {STR("app"), STR("cert.sha1"), OBSERVABLE_SHA1},
    {STR("app"), STR("cert.md5"), OBSERVABLE_MD5},
    {STR("app"), STR("id"), OBSERVABLE_TEXT},
    {STR("configuration-profile"), STR("id"), OBSERVABLE_TEXT},
};

/* x_misp_NAME of any object: MISP's own attribute types, `_` for `-`. */
static const struct {
    str name;
    enum observable as;
} misp_names[] = {
    {STR("filename"), OBSERVABLE_FILE_NAME},
    {STR("fullpath"), OBSERVABLE_FILE_PATH},
    {STR("path"), OBSERVABLE_FILE_PATH},
    {STR("phone"), OBSERVABLE_PHONE},
    {STR("phone_number"), OBSERVABLE_PHONE},
    {STR("imphash"), OBSERVABLE_IMPHASH},
    {STR("ja3"), OBSERVABLE_JA3},
    {STR("ja3_fingerprint_md5"), OBSERVABLE_JA3},
    {STR("ja3s"), OBSERVABLE_JA3},
    {STR("ja3s_fingerprint_md5"), OBSERVABLE_JA3},
    {STR("ja4"), OBSERVABLE_JA4},
    {STR("user_agent"), OBSERVABLE_USER_AGENT},
    {STR("email"), OBSERVABLE_MAIL},
    {STR("reply_to"), OBSERVABLE_MAIL},
    {STR("return_path"), OBSERVABLE_MAIL},
    {STR("domain"), OBSERVABLE_DOMAIN},
    {STR("hostname"), OBSERVABLE_DOMAIN},
    {STR("host"), OBSERVABLE_DOMAIN},
    {STR("url"), OBSERVABLE_URL},
    {STR("ip"), OBSERVABLE_ADDRESS},
    {STR("ip_src"), OBSERVABLE_ADDRESS},
    {STR("ip_dst"), OBSERVABLE_ADDRESS},
    {STR("mac_address"), OBSERVABLE_MAC},
    {STR("md5"), OBSERVABLE_MD5},
    {STR("sha1"), OBSERVABLE_SHA1},
    {STR("sha256"), OBSERVABLE_SHA256},
    {STR("sha512"), OBSERVABLE_SHA512},
    {STR("mutex"), OBSERVABLE_MUTEX},
    {STR("regkey"), OBSERVABLE_REGISTRY},
    {STR("service_name"), OBSERVABLE_SERVICE},
};

static const struct {
    str name;
    enum observable as;
} hash_types[] = {{STR("md5"), OBSERVABLE_MD5},
                  {STR("sha1"), OBSERVABLE_SHA1},
                  {STR("sha256"), OBSERVABLE_SHA256},
                  {STR("sha512"), OBSERVABLE_SHA512},
                  {STR("imphash"), OBSERVABLE_IMPHASH}};

str stix_path_text(const struct stix_path *p, size_t from, char out[STIX_PATH_TEXT_MAX]) {
    size_t used = 0;

    for (size_t i = from; i < p->step_count; i++) {
        str const s = p->steps[i].how == STIX_KEY ? p->steps[i].key : S("[*]");
        bool const point = i > from && p->steps[i].how == STIX_KEY;

        if (s.len + point > STIX_PATH_TEXT_MAX - used)
            return S("");
        if (point)
            out[used++] = '.';
        memcpy(out + used, s.ptr, s.len);
        used += s.len;
    }
    return (str){out, used};
}

/* [...]hashes.ALGORITHM of whatever has hashes. */
static enum observable hash_of(str path) {
    static const str hashes = STR("hashes.");
    char folded[STIX_ALGORITHM_MAX];
    size_t const at = str_find(path, hashes);
    str name;

    if (at == SIZE_MAX || (at > 0 && path.ptr[at - 1] != '.'))
        return OBSERVABLE_NONE;
    name = stix_algorithm(str_from(path, at + hashes.len), folded);
    for (size_t i = 0; i < COUNT(hash_types); i++)
        if (str_eq(name, hash_types[i].name))
            return hash_types[i].as;
    return OBSERVABLE_NONE;
}

enum observable stix_property_observable(str type, str path) {
    enum observable const hash = hash_of(path);

    if (hash)
        return hash;
    for (size_t i = 0; i < COUNT(plain_paths); i++)
        if (str_eq(type, plain_paths[i].type) && str_eq(path, plain_paths[i].path))
            return plain_paths[i].as;
    if (str_starts(path, S("x_misp_")))
        for (size_t i = 0; i < COUNT(misp_names); i++)
            if (str_eq(str_from(path, 7), misp_names[i].name))
                return misp_names[i].as;
    return OBSERVABLE_NONE;
}

typedef void value_function(void *ctx, enum observable type, str value);

static bool all_digits(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!digit(s.ptr[i]))
            return false;
    return true;
}

/* A point, a letter, nothing that no name has. */
static bool is_host(str s) {
    bool letters = false;

    for (size_t i = 0; i < s.len; i++) {
        letters = letters || letter(s.ptr[i]) || (s.ptr[i] & 0x80);
        if ((unsigned char)s.ptr[i] <= ' ' || strchr(":/\\@?", s.ptr[i]))
            return false;
    }
    return letters && str_find_byte(s, '.') != SIZE_MAX;
}

/* The type that the value itself shows: a network beside addresses, a name where addresses are, a path where names are. NONE: it is
 * no value that could be looked up. */
static enum observable value_type(enum observable as, const struct stix_literal *l) {
    str const s = l->text;
    struct address a;

    if (as == OBSERVABLE_AS)
        return l->type == STIX_NUMBER && all_digits(s) ? as : OBSERVABLE_NONE;
    if (l->type != STIX_STRING || !s.len || s.len > OBSERVABLE_BYTES_MAX)
        return OBSERVABLE_NONE;
    switch (as) {
    case OBSERVABLE_ADDRESS:
        return address_parse(s, &a) ? as
               : is_network(s)      ? OBSERVABLE_NETWORK
               : is_host(s)         ? OBSERVABLE_DOMAIN /* network-traffic:dst_ref.value */
                                    : OBSERVABLE_NONE;
    case OBSERVABLE_DOMAIN:
        return address_parse(s, &a) ? OBSERVABLE_ADDRESS : as;
    case OBSERVABLE_FILE_NAME:
        return str_find_byte(s, '/') == SIZE_MAX && str_find_byte(s, '\\') == SIZE_MAX ? as : OBSERVABLE_FILE_PATH;
    case OBSERVABLE_ACCOUNT:
        return all_digits(s) ? OBSERVABLE_NONE : as; /* a number names an account of one machine */
    case OBSERVABLE_TEXT:
        return s.len >= OBSERVABLE_TEXT_MIN ? as : OBSERVABLE_NONE;
    default:
        return as;
    }
}

static bool literal_value(enum observable as, const struct stix_literal *l, value_function *value, void *ctx) {
    enum observable const type = value_type(as, l);
    char number_text[NUMBER_TEXT_MAX + 2];

    if (!type || !value)
        return type;
    if (type == OBSERVABLE_AS)
        value(ctx, type,
              (str){number_text, (size_t)snprintf(number_text, sizeof number_text, "as%.*s", STR_ARG(l->text))});
    else
        value(ctx, type, l->text);
    return true;
}

static bool is_path(const struct stix_comparison *c, const char *type, const char *path_text) {
    char room[STIX_PATH_TEXT_MAX];

    return str_eq(c->path.type, str_of(type)) && str_eq(stix_path_text(&c->path, 0, room), str_of(path_text));
}

static bool is_equality(const struct stix_comparison *c) {
    return c->how == STIX_TEST && !c->not &&c->op == STIX_EQUAL && c->literals[0].type == STIX_STRING;
}

/* folder AND name of one file. */
static bool joined_path(const struct stix_comparison *folder, const struct stix_comparison *name, value_function *value,
                        void *ctx) {
    char joined[OBSERVABLE_BYTES_MAX];
    str const f = folder->literals[0].text, n = name->literals[0].text;
    bool const slash = f.len && (f.ptr[f.len - 1] == '/' || f.ptr[f.len - 1] == '\\');
    size_t const len = f.len + !slash + n.len;

    if (!is_path(folder, "file", "parent_directory_ref.path") || !is_path(name, "file", "name") || !f.len || !n.len ||
        len > sizeof joined || str_find_byte(n, '/') != SIZE_MAX || str_find_byte(n, '\\') != SIZE_MAX)
        return false;
    memcpy(joined, f.ptr, f.len);
    if (!slash)
        joined[f.len] = str_find_byte(f, '\\') != SIZE_MAX ? '\\' : '/';
    memcpy(joined + f.len + !slash, n.ptr, n.len);
    if (value)
        value(ctx, OBSERVABLE_FILE_PATH, (str){joined, len});
    return true;
}

/* x_ref.type AND x_ref.value of network traffic, where the value is of that type. */
static bool typed_value(const struct stix_comparison *type, const struct stix_comparison *v, value_function *value,
                        void *ctx) {
    str const said = type->literals[0].text;
    struct address a;
    bool const address = address_parse(v->literals[0].text, &a);

    if (!(is_path(type, "network-traffic", "dst_ref.type") && is_path(v, "network-traffic", "dst_ref.value")) &&
        !(is_path(type, "network-traffic", "src_ref.type") && is_path(v, "network-traffic", "src_ref.value")))
        return false;
    if (str_eq(said, S("domain-name")))
        return !address && literal_value(OBSERVABLE_DOMAIN, v->literals, value, ctx);
    return str_eq(said, address && a.family == 6 ? S("ipv6-addr") : S("ipv4-addr")) &&
           literal_value(OBSERVABLE_ADDRESS, v->literals, value, ctx);
}

static bool comparison_values(const struct stix_comparison *c, value_function *value, void *ctx) {
    char room[STIX_PATH_TEXT_MAX];
    enum observable as;

    if (c->how == STIX_ANY_OF) {
        for (c = c->first; c; c = c->next)
            if (!comparison_values(c, value, ctx))
                return false;
        return true;
    }
    if (c->how == STIX_ALL_OF) {
        const struct stix_comparison *const x = c->first, *const y = x->next;

        return !y->next && is_equality(x) && is_equality(y) &&
               (joined_path(x, y, value, ctx) || joined_path(y, x, value, ctx) || typed_value(x, y, value, ctx) ||
                typed_value(y, x, value, ctx));
    }
    as = stix_property_observable(c->path.type, stix_path_text(&c->path, 0, room));
    if (!as || c->not ||
        (c->op == STIX_ISSUBSET ? as != OBSERVABLE_ADDRESS : c->op != STIX_EQUAL && c->op != STIX_IN) ||
        !c->literal_count)
        return false;
    for (size_t i = 0; i < c->literal_count; i++)
        if (!literal_value(as, &c->literals[i], value, ctx))
            return false;
    return true;
}

static bool expression_values(const struct stix_expression *x, value_function *value, void *ctx) {
    if (x->how == STIX_BRACKET)
        return comparison_values(x->comparison, value, ctx);
    if (x->how != STIX_OR)
        return false;
    for (x = x->first; x; x = x->next)
        if (!expression_values(x, value, ctx))
            return false;
    return true;
}

bool stix_pattern_values(const struct stix_pattern *p, void (*value)(void *ctx, enum observable type, str value),
                         void *ctx) {
    /* Once to learn whether all are values, once to tell them. */
    if (!expression_values(p->root, NULL, NULL))
        return false;
    return expression_values(p->root, value, ctx);
}

static bool comparison_beside(const struct stix_comparison *c, value_function *value, void *ctx) {
    bool more = false;

    if (c->how != STIX_ANY_OF)
        return !comparison_values(c, NULL, NULL) || !comparison_values(c, value, ctx);
    for (c = c->first; c; c = c->next)
        more = comparison_beside(c, value, ctx) || more;
    return more;
}

static bool expression_beside(const struct stix_expression *x, value_function *value, void *ctx) {
    bool more = false;

    if (x->how == STIX_BRACKET)
        return comparison_beside(x->comparison, value, ctx);
    if (x->how != STIX_OR)
        return true;
    for (x = x->first; x; x = x->next)
        more = expression_beside(x, value, ctx) || more;
    return more;
}

bool stix_pattern_values_beside(const struct stix_pattern *p, void (*value)(void *ctx, enum observable type, str value),
                                void *ctx) {
    return expression_beside(p->root, value, ctx);
}
