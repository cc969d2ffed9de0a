/* suggest_line: templates out of the messages of one program, or of lines of which no program is known.
 *
 * A message is cut into words and what stands between them: blanks, brackets, signs (lex). Messages with the same between
 * are compared word by word: what looks like a number or an address, what stands behind a key (user=, user), and what
 * differs in too many ways is a field; what differs in few ways says what happened, and parts the messages into several
 * templates (part). A date in front, a list of pairs of key and value, and what is quoted are one piece each. What
 * is left over when there are too many templates shares those that have its beginning only (tails). */
#include "base/address.h"
#include "event/suggest_own.h"

#define TEMPLATES_MAX 30u
#define TAILS_MAX 10u
#define TAIL_LINES_MIN 3u
#define LEXEMES_MAX 100u
#define WORDS_BYTES_MAX ((size_t)32 << 20)
#define ARENA_BYTES_MAX ((size_t)128 << 20)
#define VARIANTS_MAX 8u /* so many ways may a word differ for each to have a template of its own */
#define NAME_MAX 32u

enum lexeme_type {
    LEX_BETWEEN, /* a byte between words */
    LEX_WORD,
    LEX_QUOTED,
    LEX_REQUEST,
    LEX_TIME, /* a time in one word; in two: day and clock; in three: zone as well */
    LEX_DAY,
    LEX_CLOCK,
    LEX_ZONE,
    LEX_PAIRS,
    LEX_PAIRS_COMMA,
    LEX_LOOSE,
    LEX_REST
};

struct lexeme {
    uint32_t text; /* BETWEEN, WORD: in the pool of words */
    uint8_t type;
};

struct line {
    const struct lexeme *lexemes;
    uint32_t count, shape;
};

enum decision { SAID, FIELD_WORD, FIELD_INT, FIELD_NUMBER, FIELD_ADDRESS, OPEN };

struct found {
    uint32_t from, count; /* lines, in the order */
    struct buf text;
    uint32_t literal;
    bool day, zone, good, bad; /* good, bad: its words say that something was done, or was not */
};

struct miner {
    struct arena *arena;
    struct pool words;
    struct line *lines;
    uint32_t *order, *stamps, *left;
    uint32_t stamp, stamps_room, line_count, left_count;
    bool open, failed;
    struct found *found;
    size_t found_count, found_room;
};

/* Bytes */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_between(char c) {
    return c && strchr(" \t\r\n,;()[]{}<>|=\"", c);
}
static char at(str s, size_t i) {
    return i < s.len ? s.ptr[i] : '\0';
}
/* [[ and ]] mean something else in a template, and cannot be written as text. */
static bool doubled(str s, size_t i) {
    return (at(s, i) == '[' && at(s, i + 1) == '[') || (at(s, i) == ']' && at(s, i + 1) == ']');
}
static bool key_byte(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}

/* Words */

static bool all_digits(str w, unsigned points) {
    size_t i = at(w, 0) == '-', from = i;

    for (; i < w.len; i++)
        if (w.ptr[i] == '.' && points && i > from)
            points--;
        else if (!is_digit(w.ptr[i]))
            return false;
    return w.len > from && is_digit(w.ptr[w.len - 1]);
}

static bool is_address(str w) {
    struct address a;

    return address_parse(w, &a);
}

/* Rather a value than a word of whoever wrote the program. */
static bool value_like(str w) {
    bool upper_inside = false;

    for (size_t i = 0; i < w.len; i++) {
        if (is_digit(w.ptr[i]) || strchr("@/\\_.$%", w.ptr[i]))
            return true;
        upper_inside |= i > 0 && w.ptr[i] >= 'A' && w.ptr[i] <= 'Z' && w.ptr[i - 1] >= 'a';
    }
    return upper_inside;
}

/* The same, of a word that was met once only. */
static bool value_surely(str w) {
    for (size_t i = 0; i < w.len; i++)
        if (is_digit(w.ptr[i]) || w.ptr[i] == '@' || w.ptr[i] == '\\' || (w.ptr[i] == '/' && w.len > 1))
            return true;
    return false;
}

/* What cannot be text of a template. */
static bool unsayable(str w) {
    for (size_t i = 0; i < w.len; i++)
        if ((unsigned char)w.ptr[i] < 0x20 || w.ptr[i] == 0x7f || doubled(w, i))
            return true;
    return str_find(w, S("\xef\xbf\xbd")) != SIZE_MAX;
}

static bool one_of(const char *const *list, str w) {
    for (; *list; list++)
        if (str_eq_ascii(str_of(*list), w))
            return true;
    return false;
}

static bool is_level(str w) {
    static const char *const levels[] = {"trace",   "debug", "info",     "information", "notice", "warn",
                                         "warning", "error", "critical", "fatal",       "alert",  "emergency",
                                         "severe",  "emerg", "crit",     NULL};

    return one_of(levels, w);
}

/* Words behind which a name stands, not a word of the message. */
static bool is_key_word(str w) {
    static const char *const keys[] = {"user", "account", "from",    "to",      "for",  "by",       "as",     "client",
                                       "host", "server",  "ip",      "address", "name", "id",       "port",   "file",
                                       "path", "door",    "session", "group",   "role", "domain",   "device", "badge",
                                       "peer", "login",   "member",  "source",  "key",  "username", "object", "service",
                                       "site", "tenant",  "email",   "folder",  NULL};

    return one_of(keys, w);
}

/* Lexing */

struct lexing {
    struct miner *m;
    str text;
    struct lexeme list[LEXEMES_MAX];
    uint32_t count;
    bool over;
};

static void put(struct lexing *l, uint8_t type, str text) {
    if (l->count == LEXEMES_MAX) {
        l->over = true;
        return;
    }
    uint32_t const id = type == LEX_BETWEEN || type == LEX_WORD ? pool_add(&l->m->words, text) : 0;

    if (id == POOL_NONE)
        l->m->failed = true;
    else
        l->list[l->count++] = (struct lexeme){id, type};
}

static void put_between(struct lexing *l, size_t i) {
    put(l, LEX_BETWEEN, (str){l->text.ptr + i, 1});
}

/* The quote that closes the one at i, or SIZE_MAX; as {x:quoted} looks for it. */
static size_t closing(str s, size_t i) {
    for (size_t k = i + 1; k < s.len; k++)
        if (s.ptr[k] == '\\')
            k++;
        else if (s.ptr[k] == s.ptr[i])
            return k;
    return SIZE_MAX;
}

/* An apostrophe is a quote where it stands as one on both sides. */
static size_t quote_at(str s, size_t i) {
    size_t end;

    if (s.ptr[i] == '"')
        return closing(s, i);
    if (s.ptr[i] != '\'' || (i > 0 && !is_between(s.ptr[i - 1]) && s.ptr[i - 1] != ':'))
        return SIZE_MAX;
    end = closing(s, i);
    return end != SIZE_MAX && (end + 1 == s.len || is_between(s.ptr[end + 1]) || strchr(".:!?", s.ptr[end + 1]))
               ? end
               : SIZE_MAX;
}

static bool is_request(str s) {
    size_t const blank = str_find_byte(s, ' ');
    size_t last = s.len;

    while (last > 0 && s.ptr[last - 1] != ' ')
        last--;
    if (blank == SIZE_MAX || blank < 3 || last <= blank + 1 || !str_starts(str_from(s, last), S("HTTP/")))
        return false;
    for (size_t i = 0; i < blank; i++)
        if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
            return false;
    return true;
}

/* user:jdoe, uid:0, 10.0.0.1:443: where the colon is, or SIZE_MAX. */
static size_t inner_colon(str w) {
    size_t const colon = str_find_byte(w, ':');
    bool key = true;

    if (colon == SIZE_MAX || colon < 2 || colon + 1 == w.len ||
        str_find_byte(str_from(w, colon + 1), ':') != SIZE_MAX || is_address(w))
        return SIZE_MAX;
    for (size_t i = 0; i < colon; i++)
        key &= is_letter(w.ptr[i]) || w.ptr[i] == '_';
    if (key)
        return w.ptr[colon + 1] == '/' ? SIZE_MAX : colon;
    return is_address(str_first(w, colon)) && all_digits(str_from(w, colon + 1), 0) ? colon : SIZE_MAX;
}

static void put_word(struct lexing *l, size_t from, size_t to) {
    size_t end = to;

    /* [::1]:443 */
    if (to - from > 1 && l->text.ptr[from] == ':' && is_digit(l->text.ptr[from + 1]))
        put_between(l, from++);

    while (end > from && strchr(".:!?", l->text.ptr[end - 1]))
        end--;
    if (end == from || doubled(l->text, from))
        end = to;
    str const w = {l->text.ptr + from, end - from};
    size_t const colon = unsayable(w) ? SIZE_MAX : inner_colon(w);

    if (colon != SIZE_MAX) {
        put(l, LEX_WORD, str_first(w, colon));
        put_between(l, from + colon);
        put(l, LEX_WORD, str_from(w, colon + 1));
    } else {
        put(l, LEX_WORD, w);
    }
    for (; end < to; end++)
        put_between(l, end);
}

/* Words from i up to `to`. */
static void lex_words(struct lexing *l, size_t i, size_t to) {
    str const s = str_first(l->text, to);

    while (i < s.len && !l->over) {
        size_t const close = s.ptr[i] == '"' || s.ptr[i] == '\'' ? quote_at(s, i) : SIZE_MAX;
        size_t const from = i;

        if (close != SIZE_MAX) {
            put_between(l, i);
            put(l, is_request((str){s.ptr + i + 1, close - i - 1}) ? LEX_REQUEST : LEX_QUOTED, S(""));
            put_between(l, close);
            i = close + 1;
            continue;
        }
        if (is_between(s.ptr[i]) && !doubled(s, i)) {
            put_between(l, i++);
            continue;
        }
        while (i < s.len && (doubled(s, i) || !is_between(s.ptr[i])))
            i += doubled(s, i) ? 2 : 1;
        put_word(l, from, i);
    }
}

/* A date in front: its lexemes are put, and what follows begins at the returned place. */
static size_t lex_date(struct lexing *l) {
    str const s = l->text;
    size_t const from = s.len && strchr("[(<", s.ptr[0]) && !doubled(s, 0);
    size_t starts[3], ends[3], words = 0;
    bool numeric;

    for (size_t i = from; words < 3 && i < s.len && s.ptr[i] != ' ';) {
        size_t end = i;

        while (end < s.len && s.ptr[end] != ' ')
            end++;
        starts[words] = i;
        ends[words++] = end;
        i = end + 1;
    }
    while (words > 0) {
        size_t end = ends[words - 1];

        while (end > starts[words - 1] && strchr("])>:,;|-", s.ptr[end - 1]))
            end--;
        str const date = {s.ptr + from, end - from};

        if (end > starts[words - 1] && !unsayable(date) && !doubled(s, end) && time_like(date, &numeric) &&
            (end == s.len || is_between(s.ptr[end]) || s.ptr[end] == ':' || s.ptr[end] == '-')) {
            if (from)
                put_between(l, 0);
            for (size_t i = 0; i < words; i++) {
                if (i)
                    put(l, LEX_BETWEEN, S(" "));
                put(l, words == 1 ? LEX_TIME : i == 0 ? LEX_DAY : i == 1 ? LEX_CLOCK : LEX_ZONE, S(""));
            }
            return end;
        }
        words--;
    }
    return 0;
}

/* The end of the word at i: a blank that is not inside quotes. */
static size_t word_end(str s, size_t i) {
    while (i < s.len && s.ptr[i] != ' ') {
        size_t const close = s.ptr[i] == '"' ? closing(s, i) : SIZE_MAX;

        i = close != SIZE_MAX ? close + 1 : i + 1;
    }
    return i;
}

static bool is_pair(str w) {
    size_t i = 0;

    while (i < w.len && key_byte(w.ptr[i]))
        i++;
    return i > 0 && is_letter(w.ptr[0]) && at(w, i) == '=';
}

/* Where a list of pairs begins that ends the message: that of its second pair, whose first is left to be read as words, so
 * that a template says by what key it begins. SIZE_MAX: there is none. */
static size_t pairs_at(str s, size_t from, uint8_t *type) {
    size_t pairs = 0, bare = 0, commas = 0, second = SIZE_MAX;
    bool last_comma = false;

    for (size_t i = from, end; i < s.len; i = end + 1) {
        end = word_end(s, i);
        str const w = {s.ptr + i, end - i};

        if (w.len == 0)
            continue;
        if (is_pair(w)) {
            if (++pairs == 2)
                second = i;
        } else if (pairs == 1) {
            pairs = commas = 0; /* that was no list yet */
        } else {
            bare += pairs > 0;
        }
        last_comma = w.ptr[w.len - 1] == ',';
        commas += pairs > 0 && last_comma;
    }
    if (pairs < 3)
        return SIZE_MAX;
    if (bare == 0 && commas + 1 == pairs && !last_comma)
        *type = LEX_PAIRS_COMMA;
    else if (bare == 0 && commas == 0)
        *type = LEX_PAIRS;
    else if (pairs >= 4 && bare <= pairs && commas == 0)
        *type = LEX_LOOSE;
    else
        return SIZE_MAX;
    return second;
}

static void lex(struct lexing *l, bool cut) {
    size_t const date = lex_date(l);
    uint8_t pairs_type = 0;
    size_t const pairs = cut ? SIZE_MAX : pairs_at(l->text, date, &pairs_type);

    lex_words(l, date, pairs == SIZE_MAX ? l->text.len : pairs);
    if (pairs != SIZE_MAX && !l->over)
        put(l, pairs_type, S(""));
    if (!cut && !l->over)
        return;
    /* More than can be looked at: up to the last thing between words that is read for sure. */
    while (l->count > 0 && (l->count == LEXEMES_MAX || l->list[l->count - 1].type != LEX_BETWEEN))
        l->count--;
    l->over = false;
    put(l, LEX_REST, S(""));
}

static bool lines_lex(struct miner *m, const str *messages, const bool *cut, size_t count) {
    struct lexing *const l = malloc(sizeof *l);
    struct buf shape = {0};

    if (!l)
        return false;
    for (size_t i = 0; i < count && !m->failed; i++) {
        struct line *const line = &m->lines[i];
        struct lexeme *copy;

        *l = (struct lexing){.m = m, .text = messages[i]};
        lex(l, cut[i]);
        if (!(copy = arena_alloc(m->arena, l->count * sizeof *copy)))
            m->failed = true;
        else
            memcpy(copy, l->list, l->count * sizeof *copy);
        shape.len = 0;
        buf_byte(&shape, '\0'); /* no word begins so */
        for (uint32_t k = 0; k < l->count; k++) {
            buf_byte(&shape, (char)('A' + l->list[k].type));
            if (l->list[k].type == LEX_BETWEEN)
                buf_add(&shape, pool_text(&m->words, l->list[k].text));
        }
        *line = (struct line){copy, l->count, shape.failed ? POOL_NONE : pool_add(&m->words, buf_str(&shape))};
        m->failed |= line->shape == POOL_NONE;
    }
    free(l);
    buf_free(&shape);
    return !m->failed;
}

/* Comparing */

static str word_at(const struct miner *m, const struct line *line, uint32_t p) {
    return line->lexemes[p].type == LEX_WORD || line->lexemes[p].type == LEX_BETWEEN
               ? pool_text(&m->words, line->lexemes[p].text)
               : S("");
}

static bool between_is(const struct miner *m, const struct line *line, uint32_t p, char c) {
    return line->lexemes[p].type == LEX_BETWEEN && word_at(m, line, p).ptr[0] == c;
}

/* The word in front of p, over blanks, brackets and quotes; UINT32_MAX: none, or something else stands there. */
static uint32_t word_before(const struct miner *m, const struct line *line, uint32_t p) {
    for (uint32_t i = p, over = 0; i > 0 && over < 4; over++) {
        i--;
        if (line->lexemes[i].type == LEX_WORD)
            return i;
        if (line->lexemes[i].type != LEX_BETWEEN || !strchr(" \t=:([<\"'", word_at(m, line, i).ptr[0]))
            return UINT32_MAX;
    }
    return UINT32_MAX;
}

/* Does a key stand right in front (user=, user:)? Then a value stands here, even if it is always the same. */
static bool behind_key(const struct miner *m, const struct line *line, uint32_t p) {
    uint32_t const before = word_before(m, line, p);

    if (p > 0 && between_is(m, line, p - 1, '='))
        return true;
    if (p > 1 && between_is(m, line, p - 1, ':') && line->lexemes[p - 2].type == LEX_WORD)
        return true;
    return before != UINT32_MAX && name_is_secret(word_at(m, line, before));
}

static bool hinted(const struct miner *m, const struct line *line, uint32_t p) {
    uint32_t const before = word_before(m, line, p);

    return (before != UINT32_MAX && is_key_word(word_at(m, line, before))) ||
           (p > 0 && (between_is(m, line, p - 1, '[') || between_is(m, line, p - 1, '<')));
}

/* What to do with word p of these lines; *ways: in how many it differs. */
static enum decision decide(struct miner *m, const uint32_t *order, uint32_t count, uint32_t p, uint32_t *ways) {
    const struct line *const first = &m->lines[order[0]];
    bool ints = true, numbers = true, addresses = true, levels = true, values = false, surely = false, unsaid = false;

    *ways = 0;
    m->stamp++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t const id = m->lines[order[i]].lexemes[p].text;
        str const w = pool_text(&m->words, id);

        if (m->stamps[id] == m->stamp)
            continue;
        m->stamps[id] = m->stamp;
        ++*ways;
        ints = ints && all_digits(w, 0);
        numbers = numbers && all_digits(w, 1);
        addresses = addresses && is_address(w);
        levels = levels && is_level(w);
        values = values || value_like(w);
        surely = surely || value_surely(w);
        unsaid = unsaid || unsayable(w);
    }
    if (unsaid)
        return FIELD_WORD;
    if (ints)
        return FIELD_INT;
    if (numbers)
        return FIELD_NUMBER;
    if (addresses)
        return FIELD_ADDRESS;
    if (levels || behind_key(m, first, p))
        return FIELD_WORD;
    if (*ways == 1)
        return count == 1 && surely ? FIELD_WORD : SAID;
    return values || hinted(m, first, p) ? FIELD_WORD : OPEN;
}

/* Writing */

struct names {
    str list[LEXEMES_MAX + 1];
    size_t count;
};

static bool name_taken(const struct names *n, str name) {
    static const char *const own[] = {"message",   "format",   "timestamp", "host",     "program",   "pid",
                                      "module",    "msgid",    "severity",  "facility", "label",     "received",
                                      "collector", "repeated", "when",      "outcome",  "when_zone", NULL};

    for (size_t i = 0; i < n->count; i++)
        if (str_eq(n->list[i], name))
            return true;
    return one_of(own, name);
}

/* A name for a field: letters, digits, _; one that no other field of the template has. */
static void name_put(struct miner *m, struct names *n, str wish, struct buf *out) {
    char room[NAME_MAX + 8];
    size_t len = 0;
    str kept;

    for (size_t i = 0; i < wish.len && len < NAME_MAX; i++) {
        char const c = wish.ptr[i];

        if (is_letter(c) || is_digit(c) || c == '_')
            room[len++] = c;
        else if (len && room[len - 1] != '_')
            room[len++] = '_';
    }
    while (len && room[len - 1] == '_')
        len--;
    if (len == 0 || is_digit(room[0])) {
        memcpy(room, "value", 5);
        len = 5;
    }
    size_t const stem = len;

    for (unsigned i = 2; name_taken(n, (str){room, len}) && i < 1000; i++)
        len = stem + (size_t)snprintf(room + stem, sizeof room - stem, "%u", i);
    if (!arena_copy(m->arena, (str){room, len}, &kept)) {
        m->failed = true;
        return;
    }
    if (n->count < COUNT(n->list))
        n->list[n->count++] = kept;
    buf_add(out, kept);
}

static str small(struct miner *m, str w) {
    char *const copy = arena_bytes(m->arena, w.len);

    if (!copy) {
        m->failed = true;
        return S("value");
    }
    for (size_t i = 0; i < w.len; i++)
        copy[i] = w.ptr[i] >= 'A' && w.ptr[i] <= 'Z' ? (char)(w.ptr[i] | 0x20) : w.ptr[i];
    return (str){copy, w.len};
}

static str name_for(struct miner *m, const struct line *line, const uint8_t *what, uint32_t p) {
    static const struct {
        const char *word, *name, *address_name;
    } known[] = {{"from", "from", "src_ip"},     {"to", "to", "dst_ip"},     {"for", "user", "src_ip"},
                 {"by", "user", "src_ip"},       {"as", "role", "src_ip"},   {"client", "client", "src_ip"},
                 {"source", "source", "src_ip"}, {"src", "src", "src_ip"},   {"dst", "dst", "dst_ip"},
                 {"server", "server", "dst_ip"}, {"on", "value", "address"}, {"at", "value", "address"},
                 {"in", "value", "address"},     {"of", "value", "address"}, {"the", "value", "address"},
                 {"with", "value", "address"},   {"is", "value", "address"}, {"was", "value", "address"},
                 {"host", "on_host", "address"}, {"ip", "ip", "src_ip"},     {"address", "address", "src_ip"}};
    uint32_t const before = word_before(m, line, p);
    bool const typed = line->lexemes[p].type == LEX_WORD;
    bool const keyed = before != UINT32_MAX && p > 0 && (between_is(m, line, p - 1, '=') || before + 2 == p) &&
                       !between_is(m, line, before + 1, ' ');
    str const key = before == UINT32_MAX ? S("") : word_at(m, line, before);
    uint32_t const host = p > 2 && between_is(m, line, p - 2, ']') ? p - 3 : p - 2;
    bool const port =
        p > 1 && typed && what[p] == FIELD_INT && between_is(m, line, p - 1, ':') && what[host] == FIELD_ADDRESS;

    if (port)
        return S("port");
    if (typed && is_level(word_at(m, line, p)))
        return S("level");
    if (before != UINT32_MAX && what[before] == SAID && !unsayable(key)) {
        if (!keyed)
            for (size_t i = 0; i < COUNT(known); i++)
                if (str_eq_ascii(str_of(known[i].word), key))
                    return str_of(typed && what[p] == FIELD_ADDRESS ? known[i].address_name : known[i].name);
        return keyed ? key : small(m, key);
    }
    if (!typed)
        return S("text");
    return what[p] == FIELD_ADDRESS                              ? S("address")
           : what[p] == FIELD_INT || what[p] == FIELD_NUMBER     ? S("number")
           : str_find_byte(word_at(m, line, p), '@') != SIZE_MAX ? S("user")
                                                                 : S("value");
}

static void literal_put(struct found *f, str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '{')
            buf_byte(&f->text, '{');
        buf_byte(&f->text, text.ptr[i]);
        f->literal += is_letter(text.ptr[i]) || is_digit(text.ptr[i]) || (unsigned char)text.ptr[i] > 0x7f;
    }
}

static const char *const good_words[] = {"succeeded", "success", "successful",    "successfully", "accepted",
                                         "granted",   "allowed", "authenticated", "permitted",    NULL};
static const char *const bad_words[] = {"failed",  "failure",      "refused",      "denied",    "rejected", "invalid",
                                        "blocked", "unauthorized", "unsuccessful", "forbidden", NULL};

/* The template of the line's first `count` lexemes. */
static void write_template(struct miner *m, const struct line *line, const uint8_t *what, uint32_t count,
                           struct found *f) {
    static const char *const types[] = {"", ":word", ":int", ":number", ":address"};
    static const struct {
        uint8_t type;
        str name;
    } dates[] = {{LEX_TIME, STR("time")}, {LEX_DAY, STR("day")}, {LEX_CLOCK, STR("clock")}, {LEX_ZONE, STR("zone")}};
    struct names names = {.count = 0};

    for (uint32_t p = 0; p < count; p++)
        for (size_t i = 0; i < COUNT(dates); i++)
            if (line->lexemes[p].type == dates[i].type)
                names.list[names.count++] = dates[i].name;
    for (uint32_t p = 0; p < count; p++) {
        switch (line->lexemes[p].type) {
        case LEX_BETWEEN:
            literal_put(f, word_at(m, line, p));
            break;
        case LEX_WORD:
            if (what[p] == SAID) {
                literal_put(f, word_at(m, line, p));
                f->good |= one_of(good_words, word_at(m, line, p));
                f->bad |= one_of(bad_words, word_at(m, line, p));
                break;
            }
            buf_byte(&f->text, '{');
            name_put(m, &names, name_for(m, line, what, p), &f->text);
            buf_add(&f->text, str_of(types[what[p]]));
            buf_byte(&f->text, '}');
            break;
        case LEX_QUOTED:
            buf_byte(&f->text, '{');
            name_put(m, &names, name_for(m, line, what, p), &f->text);
            buf_add(&f->text, S(":quoted}"));
            break;
        case LEX_REQUEST:
            buf_add(&f->text, S("{:request}"));
            break;
        case LEX_TIME:
            buf_add(&f->text, S("{time:word}"));
            break;
        case LEX_DAY:
            buf_add(&f->text, S("{day:word}"));
            f->day = true;
            break;
        case LEX_CLOCK:
            buf_add(&f->text, S("{clock:word}"));
            break;
        case LEX_ZONE:
            buf_add(&f->text, S("{zone:word}"));
            f->zone = true;
            break;
        case LEX_PAIRS:
            buf_add(&f->text, S("{:pairs}"));
            break;
        case LEX_PAIRS_COMMA:
            buf_add(&f->text, S("{:pairs_comma}"));
            break;
        case LEX_LOOSE:
            buf_add(&f->text, S("{:loose}"));
            break;
        default:
            buf_add(&f->text, S("{text}"));
        }
    }
    m->failed |= f->text.failed;
}

static void found_add(struct miner *m, struct found f) {
    if (m->found_count == m->found_room) {
        size_t const room = m->found_room ? 2 * m->found_room : 64;
        struct found *const bigger = reallocarray(m->found, room, sizeof *bigger);

        if (!bigger) {
            m->failed = true;
            buf_free(&f.text);
            return;
        }
        m->found = bigger;
        m->found_room = room;
    }
    m->found[m->found_count++] = f;
}

static void leave(struct miner *m, const uint32_t *order, uint32_t count) {
    memcpy(m->left + m->left_count, order, count * sizeof *order);
    m->left_count += count;
}

/* A template must have something to say: of any line it would say nothing. */
static uint32_t literal_least(const struct miner *m) {
    return m->open ? 4 : 1;
}

/* Parting */

struct slice {
    const struct miner *m;
    uint32_t p;
};

static int by_word(const void *a, const void *b, void *ctx) {
    const struct slice *const s = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t const of_x = s->m->lines[x].lexemes[s->p].text, of_y = s->m->lines[y].lexemes[s->p].text;

    return of_x != of_y ? (of_x > of_y) - (of_x < of_y) : (x > y) - (x < y);
}

static void part(struct miner *m, uint32_t from, uint32_t count) {
    uint32_t *const order = m->order + from;
    const struct line *const first = &m->lines[order[0]];
    uint32_t best = UINT32_MAX, best_ways = 0, said = 0, opens = 0;
    uint8_t what[LEXEMES_MAX] = {0};

    for (uint32_t p = 0; p < first->count && !m->failed; p++) {
        uint32_t ways;

        what[p] = SAID;
        if (first->lexemes[p].type != LEX_WORD)
            continue;
        what[p] = (uint8_t)decide(m, order, count, p, &ways);
        said += what[p] == SAID;
        if (what[p] != OPEN)
            continue;
        opens++;
        if (best == UINT32_MAX || ways < best_ways) {
            best = p;
            best_ways = ways;
        }
    }
    if (best != UINT32_MAX &&
        ((best_ways <= VARIANTS_MAX && 2 * best_ways <= count) || said < opens || (said == opens && count < 3))) {
        struct slice s = {m, best};

        qsort_r(order, count, sizeof *order, by_word, &s);
        for (uint32_t i = 0, end; i < count && !m->failed; i = end) {
            for (end = i + 1;
                 end < count && m->lines[order[end]].lexemes[best].text == m->lines[order[i]].lexemes[best].text; end++)
                ;
            part(m, from + i, end - i);
        }
        return;
    }
    for (uint32_t p = 0; p < first->count; p++)
        what[p] = what[p] == OPEN ? FIELD_WORD : what[p];
    struct found f = {.from = from, .count = count};

    write_template(m, first, what, first->count, &f);
    if (f.literal >= literal_least(m) && f.text.len <= 2048) {
        found_add(m, f);
    } else {
        leave(m, order, count);
        buf_free(&f.text);
    }
}

static int by_shape(const void *a, const void *b, void *ctx) {
    const struct miner *const m = ctx;
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    if (m->lines[x].shape != m->lines[y].shape)
        return m->lines[x].shape > m->lines[y].shape ? 1 : -1;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_cmp(buf_str(&x->text), buf_str(&y->text));
}

/* The first template that fits takes the line: those with more text of their own come first. */
static int by_literal(const void *a, const void *b) {
    const struct found *const x = a, *const y = b;

    return x->literal != y->literal ? (x->literal > y->literal ? -1 : 1) : by_count(a, b);
}

/* Two shapes may have given one text (what one piece stands for differs). */
static void unite(struct miner *m) {
    for (size_t i = 0; i < m->found_count; i++)
        for (size_t j = i + 1; j < m->found_count;) {
            if (!str_eq(buf_str(&m->found[i].text), buf_str(&m->found[j].text))) {
                j++;
                continue;
            }
            m->found[i].count += m->found[j].count;
            buf_free(&m->found[j].text);
            m->found[j] = m->found[--m->found_count];
        }
}

/* What is left over, by how it begins: a date if there is one, and the first words. */
static bool tail_of(struct miner *m, const struct line *line, struct found *f) {
    uint8_t what[LEXEMES_MAX] = {0};
    uint32_t p = 0, words = 0, wanted;
    bool dated = false;

    for (; p < line->count; p++)
        if (line->lexemes[p].type >= LEX_TIME && line->lexemes[p].type <= LEX_ZONE)
            dated = true;
        else if (line->lexemes[p].type != LEX_BETWEEN)
            break;
    wanted = dated || !m->open ? 1 : 2;
    for (; p < line->count && words < wanted; p++) {
        str const w = word_at(m, line, p);

        if (line->lexemes[p].type == LEX_BETWEEN)
            continue;
        if (line->lexemes[p].type != LEX_WORD || w.len < 2 || value_like(w) || unsayable(w))
            return false;
        words++;
    }
    while (p < line->count && line->lexemes[p].type == LEX_BETWEEN && strchr(" :]", word_at(m, line, p).ptr[0]))
        p++;
    if (words < wanted || p == line->count || line->lexemes[p - 1].type != LEX_BETWEEN)
        return false;
    write_template(m, line, what, p, f);
    buf_add(&f->text, S("{text}"));
    return f->literal >= literal_least(m);
}

static int by_text(const void *a, const void *b) {
    return str_cmp(buf_str(&((const struct found *)a)->text), buf_str(&((const struct found *)b)->text));
}

static bool tails(struct miner *m, struct found out[TAILS_MAX], size_t *count) {
    struct found *const all = calloc(m->left_count + (size_t)1, sizeof *all);
    size_t used = 0;

    *count = 0;
    if (!all)
        return false;
    for (uint32_t i = 0; i < m->left_count && !m->failed; i++) {
        all[used] = (struct found){.count = 1};
        if (tail_of(m, &m->lines[m->left[i]], &all[used]))
            used++;
        else
            buf_free(&all[used].text);
    }
    qsort(all, used, sizeof *all, by_text);
    size_t texts = 0;

    for (size_t i = 0; i < used; i++)
        if (texts && by_text(&all[texts - 1], &all[i]) == 0) {
            all[texts - 1].count++;
            buf_free(&all[i].text);
        } else {
            all[texts++] = all[i];
        }
    qsort(all, texts, sizeof *all, by_count);
    for (size_t i = 0; i < texts; i++)
        if (*count < TAILS_MAX && all[i].count >= TAIL_LINES_MIN)
            out[(*count)++] = all[i];
        else
            buf_free(&all[i].text);
    free(all);
    return !m->failed;
}

static bool keep(struct miner *m, const struct found *f, struct mining *out) {
    struct mined *const one = &out->list[out->count++];

    one->lines = f->count;
    one->outcome = f->good == f->bad ? S("") : f->good ? S("success") : S("failure");
    out->joins_day |= f->day;
    out->joins_zone |= f->zone;
    return arena_copy(out->arena, buf_str(&f->text), &one->text) && !m->failed;
}

static bool mine(struct miner *m, struct mining *out) {
    struct found rest[TAILS_MAX];
    size_t rest_count = 0, kept;
    bool ok;

    m->stamps_room = m->words.room;
    if (!(m->stamps = calloc(m->stamps_room + (size_t)1, sizeof *m->stamps)))
        return false;
    qsort_r(m->order, m->line_count, sizeof *m->order, by_shape, m);
    for (uint32_t i = 0, end; i < m->line_count && !m->failed; i = end) {
        for (end = i + 1; end < m->line_count && m->lines[m->order[end]].shape == m->lines[m->order[i]].shape; end++)
            ;
        part(m, i, end - i);
    }
    if (m->failed)
        return false;
    if (m->found_count)
        qsort(m->found, m->found_count, sizeof *m->found, by_count);
    kept = m->found_count < TEMPLATES_MAX ? m->found_count : TEMPLATES_MAX;
    for (size_t i = kept; i < m->found_count; i++) {
        leave(m, m->order + m->found[i].from, m->found[i].count);
        buf_free(&m->found[i].text);
    }
    m->found_count = kept;
    unite(m);
    if (m->found_count)
        qsort(m->found, m->found_count, sizeof *m->found, by_literal);
    ok = tails(m, rest, &rest_count) &&
         (out->list = arena_alloc(out->arena, (TEMPLATES_MAX + TAILS_MAX) * sizeof *out->list));
    for (size_t i = 0; ok && i < m->found_count; i++)
        ok = keep(m, &m->found[i], out);
    for (size_t i = 0; i < rest_count; i++) {
        ok = ok && keep(m, &rest[i], out);
        buf_free(&rest[i].text);
    }
    return ok;
}

bool lines_mine(const str *messages, const bool *cut, size_t count, bool open, struct mining *out) {
    struct miner m = {.open = open, .line_count = (uint32_t)count};
    bool ok;

    *out = (struct mining){.arena = arena_new(ARENA_BYTES_MAX)};
    m.arena = arena_new(ARENA_BYTES_MAX);
    m.lines = calloc(count + 1, sizeof *m.lines);
    m.order = calloc(count + 1, sizeof *m.order);
    m.left = calloc(count + 1, sizeof *m.left);
    ok = pool_open(&m.words, WORDS_BYTES_MAX) && out->arena && m.arena && m.lines && m.order && m.left;
    for (uint32_t i = 0; ok && i < m.line_count; i++)
        m.order[i] = i;
    ok = ok && lines_lex(&m, messages, cut, count) && mine(&m, out);
    for (size_t i = 0; i < m.found_count; i++)
        buf_free(&m.found[i].text);
    free(m.found);
    free(m.lines);
    free(m.order);
    free(m.left);
    free(m.stamps);
    pool_close(&m.words);
    arena_free(m.arena);
    if (!ok)
        mining_free(out);
    return ok;
}

void mining_free(struct mining *m) {
    arena_free(m->arena);
    *m = (struct mining){0};
}
