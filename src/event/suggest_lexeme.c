/* suggest_lexeme: a message as words and what stands between them: blanks, brackets, signs. A date in front, a list of pairs
 * of key and value at the end, and what is quoted are one lexeme each. */
#include "base/address.h"
#include "event/suggest_mine.h"

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

bool word_digits(str w, unsigned points) {
    size_t i = at(w, 0) == '-', from = i;

    for (; i < w.len; i++)
        if (w.ptr[i] == '.' && points && i > from)
            points--;
        else if (!is_digit(w.ptr[i]))
            return false;
    return w.len > from && is_digit(w.ptr[w.len - 1]);
}

bool word_address(str w) {
    struct address a;

    return address_parse(w, &a);
}

/* Rather a value than a word of whoever wrote the program. */
bool word_value(str w) {
    bool upper_inside = false;

    for (size_t i = 0; i < w.len; i++) {
        if (is_digit(w.ptr[i]) || strchr("@/\\_.$%", w.ptr[i]))
            return true;
        upper_inside |= i > 0 && w.ptr[i] >= 'A' && w.ptr[i] <= 'Z' && w.ptr[i - 1] >= 'a';
    }
    return upper_inside;
}

/* What cannot be text of a template. */
bool word_unsayable(str w) {
    for (size_t i = 0; i < w.len; i++)
        if ((unsigned char)w.ptr[i] < 0x20 || w.ptr[i] == 0x7f || doubled(w, i))
            return true;
    return str_find(w, S("\xef\xbf\xbd")) != SIZE_MAX;
}

bool word_in(const char *const *list, str w) {
    for (; *list; list++)
        if (str_eq_ascii(str_of(*list), w))
            return true;
    return false;
}

bool word_level(str w) {
    static const char *const levels[] = {"trace",   "debug", "info",     "information", "notice", "warn",
                                         "warning", "error", "critical", "fatal",       "alert",  "emergency",
                                         "severe",  "emerg", "crit",     NULL};

    return word_in(levels, w);
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
        str_find_byte(str_from(w, colon + 1), ':') != SIZE_MAX || word_address(w))
        return SIZE_MAX;
    for (size_t i = 0; i < colon; i++)
        key &= is_letter(w.ptr[i]) || w.ptr[i] == '_';
    if (key)
        return w.ptr[colon + 1] == '/' ? SIZE_MAX : colon;
    return word_address(str_first(w, colon)) && word_digits(str_from(w, colon + 1), 0) ? colon : SIZE_MAX;
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
    size_t const colon = word_unsayable(w) ? SIZE_MAX : inner_colon(w);

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

static size_t digits_at(str s, size_t i) {
    size_t n = 0;

    while (is_digit(at(s, i + n)))
        n++;
    return n;
}

bool word_clock(str w) {
    for (size_t i = 0; i + 7 <= w.len; i += digits_at(w, i) + 1) {
        size_t const n = digits_at(w, i);

        if (n > 0 && n <= 2 && at(w, i + n) == ':' && digits_at(w, i + n + 1) == 2 && at(w, i + n + 3) == ':' &&
            digits_at(w, i + n + 4) >= 2)
            return true;
        if (n == 4 && (at(w, i + 4) == '-' || at(w, i + 4) == '/') && digits_at(w, i + 5) == 2 &&
            at(w, i + 7) == at(w, i + 4) && digits_at(w, i + 8) == 2)
            return true;
    }
    return false;
}

static bool is_month(str w) {
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                        "aug", "sep", "oct", "nov", "dec", NULL};

    return w.len >= 3 && w.len <= 9 && word_in(names, str_first(w, 3));
}

static bool is_weekday(str w) {
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

    return w.len >= 3 && w.len <= 9 && word_in(names, str_first(w, 3));
}

static bool is_zone(str w) {
    static const char *const names[] = {"UTC", "GMT", "CET",  "CEST", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST",
                                        "PDT", "BST", "AEST", "AEDT", "JST", "IST", "MSK", "AM",  "PM",  NULL};

    return word_in(names, w) || (w.len == 5 && (w.ptr[0] == '+' || w.ptr[0] == '-') && digits_at(w, 1) == 4) ||
           (w.len == 4 && digits_at(w, 0) == 4 && (str_starts(w, S("19")) || str_starts(w, S("20"))));
}

/* 03/25/2024, 25.03.24, 25/Mar/2024 */
static bool is_day(str w) {
    size_t signs = 0;

    for (size_t i = 0; i < w.len; i++) {
        if (!is_digit(w.ptr[i]) && !is_letter(w.ptr[i]) && !strchr("/-.", w.ptr[i]))
            return false;
        signs += !is_digit(w.ptr[i]) && !is_letter(w.ptr[i]);
    }
    return w.len >= 5 && w.len <= 11 && is_digit(w.ptr[0]) && signs > 0 && signs <= 2;
}

/* Mon Jun  6 18:43:28 2016; 03/25/2024 07:12:00 PM; 12/28-12:55:38.7; 25/Mar/2024:07:12:00 +0000: where it ends that begins at
 * from, or 0. Which of them can be read as times is another question. */
static size_t date_end(str s, size_t from) {
    bool clock = false, day = false;
    size_t last = 0;

    for (size_t i = from, words = 0; words < 7 && i < s.len; words++) {
        size_t const begin = i;
        size_t end;

        while (i < s.len && s.ptr[i] != ' ')
            i++;
        for (end = i; end > begin && strchr("])>:,;|", s.ptr[end - 1]); end--)
            ;
        str const w = {s.ptr + begin, end - begin};

        if (clock) {
            if (!is_zone(w))
                break;
            last = end;
        } else if (is_month(w)) {
            day = true;
        } else if (is_digit(at(w, 0)) && word_clock(w)) {
            clock = true;
            day |= str_find_byte(w, '/') != SIZE_MAX || str_find_byte(w, '-') != SIZE_MAX;
            last = end;
        } else if (is_day(w)) {
            day = true;
        } else if (!is_weekday(w) && !(w.len > 0 && w.len <= 4 && digits_at(w, 0) == w.len)) {
            break;
        }
        if (end < i && !(end + 1 == i && s.ptr[end] == ',' && !clock))
            break; /* a bracket closes, a colon ends it */
        while (i < s.len && s.ptr[i] == ' ')
            i++;
    }
    return clock && day ? last : 0;
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

        if (end > starts[words - 1] && !word_unsayable(date) && !doubled(s, end) && time_like(date, &numeric) &&
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
    size_t const end = date_end(s, from);

    if (end == 0 || doubled(s, end) || word_unsayable((str){s.ptr + from, end - from}) ||
        (end < s.len && !is_between(s.ptr[end]) && s.ptr[end] != ':'))
        return 0;
    if (from)
        put_between(l, 0);
    put(l, LEX_DATE, S(""));
    return end;
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

bool lines_lex(struct miner *m, const str *messages, const bool *cut, size_t count) {
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

str line_word(const struct miner *m, const struct line *line, uint32_t p) {
    return line->lexemes[p].type == LEX_WORD || line->lexemes[p].type == LEX_BETWEEN
               ? pool_text(&m->words, line->lexemes[p].text)
               : S("");
}

bool line_between(const struct miner *m, const struct line *line, uint32_t p, char c) {
    return line->lexemes[p].type == LEX_BETWEEN && line_word(m, line, p).ptr[0] == c;
}

uint32_t line_word_before(const struct miner *m, const struct line *line, uint32_t p) {
    for (uint32_t i = p, over = 0; i > 0 && over < 4; over++) {
        i--;
        if (line->lexemes[i].type == LEX_WORD)
            return i;
        if (line->lexemes[i].type != LEX_BETWEEN || !strchr(" \t=:([<\"'", line_word(m, line, i).ptr[0]))
            return UINT32_MAX;
    }
    return UINT32_MAX;
}
