/* suggest_template: the text of a template out of a line's lexemes, and the names of its fields: the key or the word in front. */
#include "event/suggest_mine.h"

#define NAME_MAX 32u

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
    return word_in(own, name);
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
    uint32_t const before = line_word_before(m, line, p);
    bool const typed = line->lexemes[p].type == LEX_WORD;
    bool const keyed = before != UINT32_MAX && p > 0 && (line_between(m, line, p - 1, '=') || before + 2 == p) &&
                       !line_between(m, line, before + 1, ' ');
    str const key = before == UINT32_MAX ? S("") : line_word(m, line, before);
    uint32_t const host = p > 2 && line_between(m, line, p - 2, ']') ? p - 3 : p - 2;
    bool const port =
        p > 1 && typed && what[p] == FIELD_INT && line_between(m, line, p - 1, ':') && what[host] == FIELD_ADDRESS;

    if (port)
        return S("port");
    if (typed && word_level(line_word(m, line, p)) && (before == UINT32_MAX || what[before] != SAID))
        return S("level");
    if (before != UINT32_MAX && what[before] == SAID && !word_unsayable(key)) {
        if (!keyed)
            for (size_t i = 0; i < COUNT(known); i++)
                if (str_eq_ascii(str_of(known[i].word), key))
                    return str_of(typed && what[p] == FIELD_ADDRESS ? known[i].address_name : known[i].name);
        return keyed ? key : small(m, key);
    }
    if (!typed)
        return S("text");
    return what[p] == FIELD_ADDRESS                                ? S("address")
           : what[p] == FIELD_INT || what[p] == FIELD_NUMBER       ? S("number")
           : str_find_byte(line_word(m, line, p), '@') != SIZE_MAX ? S("user")
                                                                   : S("value");
}

static void literal_put(struct found *f, str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '{')
            buf_byte(&f->text, '{');
        buf_byte(&f->text, text.ptr[i]);
        f->literal++;
        f->letters += is_letter(text.ptr[i]) || is_digit(text.ptr[i]) || (unsigned char)text.ptr[i] > 0x7f;
    }
}

static const char *const good_words[] = {"succeeded", "success", "successful",    "successfully", "accepted",
                                         "granted",   "allowed", "authenticated", "permitted",    NULL};
static const char *const bad_words[] = {"failed",  "failure",      "refused",      "denied",    "rejected", "invalid",
                                        "blocked", "unauthorized", "unsuccessful", "forbidden", NULL};

/* The template of the line's first `count` lexemes. */
void template_write(struct miner *m, const struct line *line, const uint8_t *what, uint32_t count, struct found *f) {
    static const char *const types[] = {"", ":word", ":int", ":number", ":address"};
    static const struct {
        uint8_t type;
        str name;
    } dates[] = {{LEX_TIME, STR("time")},
                 {LEX_DATE, STR("time")},
                 {LEX_DAY, STR("day")},
                 {LEX_CLOCK, STR("clock")},
                 {LEX_ZONE, STR("zone")}};
    struct names names = {.count = 0};

    for (uint32_t p = 0; p < count; p++)
        for (size_t i = 0; i < COUNT(dates); i++)
            if (line->lexemes[p].type == dates[i].type)
                names.list[names.count++] = dates[i].name;
    for (uint32_t p = 0; p < count; p++) {
        switch (line->lexemes[p].type) {
        case LEX_BETWEEN:
            literal_put(f, line_word(m, line, p));
            break;
        case LEX_WORD:
            if (what[p] == SAID) {
                literal_put(f, line_word(m, line, p));
                f->good |= word_in(good_words, line_word(m, line, p));
                f->bad |= word_in(bad_words, line_word(m, line, p));
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
            f->time = true;
            break;
        case LEX_DATE:
            buf_add(&f->text, S("{time}"));
            f->time = true;
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
