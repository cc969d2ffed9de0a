/* mail_received: one Received field (RFC 5321 4.4): clauses of a keyword and a word, with comments that each program fills as it likes. */
#include "base/address.h"
#include "base/instant.h"
#include "base/utf.h"
#include "codec/charset.h"
#include "codec/mail_own.h"

/* A word, a comment (without its ends), or nothing more. */
struct token {
    str text;
    bool comment;
};

static bool token_next(str *s, struct token *t) {
    struct mail_open open = {0};
    size_t i = 0, n;

    while (i < s->len && mail_blank(s->ptr[i]))
        i++;
    *s = str_from(*s, i);
    if (s->len == 0)
        return false;
    t->comment = s->ptr[0] == '(';
    if (t->comment) {
        n = mail_comment(*s, &open);
        t->text = (str){s->ptr + 1, n ? n - 2 : s->len - 1}; /* open: all there is */
        *s = str_from(*s, n ? n : s->len);
        return true;
    }
    for (i = 0; i < s->len && !mail_blank(s->ptr[i]) && (s->ptr[i] != '(' || i == 0);)
        i++;
    t->text = str_first(*s, i);
    *s = str_from(*s, i);
    return true;
}

enum clause { NO_CLAUSE, FROM, BY, VIA, WITH, ID, FOR };

static enum clause clause_of(str word) {
    static const str names[] = {STR(""), STR("from"), STR("by"), STR("via"), STR("with"), STR("id"), STR("for")};

    for (size_t i = 1; i < COUNT(names); i++)
        if (str_eq_ascii(word, names[i]))
            return (enum clause)i;
    return NO_CLAUSE;
}

/* Without what encloses it. */
static str bare(str word) {
    while (word.len && (word.ptr[0] == '<' || word.ptr[0] == '[' || word.ptr[0] == '"'))
        word = str_from(word, 1);
    while (word.len && strchr(">]\",;", word.ptr[word.len - 1]) && word.ptr[word.len - 1])
        word.len--;
    return word;
}

/* The address that a word is, with a port or a zone or without. */
static bool address_word(str word, str *out) {
    struct address a;
    size_t colon;

    word = bare(word);
    word = str_first(word, str_find_byte(word, ']')); /* [10.1.2.3]:25 */
    if (word.len > 5 && str_eq_ascii(str_first(word, 5), S("IPv6:")))
        word = str_from(word, 5);
    word = str_first(word, str_find_byte(word, '%'));
    if (!address_parse(word, &a)) {
        colon = str_find_byte(word, ':');
        word = str_first(word, colon);
        if (colon == SIZE_MAX || !address_parse(word, &a) || a.family != 4)
            return false;
    }
    *out = word;
    return true;
}

/* The next piece of a comment between blanks, brackets, commas and `=`. *square: it stood in [ ]. */
static bool part_next(str *s, str *part, bool *square) {
    size_t i = 0;

    while (i < s->len && (mail_blank(s->ptr[i]) || (s->ptr[i] && strchr("[](),=", s->ptr[i]))))
        i++;
    *square = i > 0 && s->ptr[i - 1] == '[';
    *s = str_from(*s, i);
    for (i = 0; i < s->len && !mail_blank(s->ptr[i]) && !(s->ptr[i] && strchr("[](),=", s->ptr[i]));)
        i++;
    *part = str_first(*s, i);
    *s = str_from(*s, i);
    return i > 0;
}

static bool is_host(str s) {
    bool letter = false;

    for (size_t i = 0; i < s.len; i++) {
        char const c = mail_small(s.ptr[i]);

        letter |= c >= 'a' && c <= 'z';
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_' && c > 0)
            return false;
    }
    return letter;
}

/* What a host name is compared by. */
static str without_point(str s) {
    while (s.len && s.ptr[s.len - 1] == '.')
        s.len--;
    return s;
}

struct client {
    str helo;       /* HELO, if a comment told it apart */
    str reverse;    /* a name that a comment told */
    str address;    /* in a comment */
    bool bracketed; /* the address stood in [ ] */
};

/* A comment behind `from`: `name [address]`, `[address] helo=name`, `HELO name`, `address`, `name`. */
static void client_read(str comment, struct client *c) {
    str part, before = {"", 0}, address, left = str_trim(comment);
    bool square, helo = false;
    size_t parts = 0;

    if (left.len >= 13 && str_eq_ascii(str_first(left, 13), S("envelope-from")))
        return;
    while (part_next(&left, &part, &square)) {
        size_t at = part.len; /* behind the last @ */

        while (at > 0 && part.ptr[at - 1] != '@')
            at--;
        if (helo) {
            c->helo = part;
            helo = false;
        } else if (str_eq_ascii(part, S("helo")) || str_eq_ascii(part, S("ehlo"))) {
            helo = true;
        } else if (address_word(part, &address)) {
            if (c->address.len == 0 || (square && !c->bracketed)) {
                c->address = address;
                c->bracketed = square;
                if (before.len && parts == 1)
                    c->reverse = before;
            }
        } else if (square && before.len && parts == 1) {
            c->reverse = before; /* name [local] */
        } else {
            before = bare(str_from(part, at));
        }
        parts++;
    }
    if (parts != 1 || before.len == 0)
        return;
    if (c->address.len == 0 && address_word(before, &address))
        c->address = address; /* qmail: ident@10.1.2.3 */
    else if (c->reverse.len == 0 && is_host(before) && str_find_byte(before, '.') != SIZE_MAX)
        c->reverse = before;
}

/* TLSv1.3, TLS1_2, TLS-1.0, SSLv3: the first that the hop names. */
static str tls_find(str s) {
    const char *found = s.ptr;

    for (size_t at = 0; s.len - at > 1 && (found = memchr(s.ptr + at, 'S', s.len - at)); at++) {
        size_t n = 3, i = at = (size_t)(found - s.ptr);

        if (at >= 2 && memcmp(found - 2, "TLS", 3) == 0)
            i -= 2;
        else if (s.len - at < 3 || memcmp(found, "SSL", 3) != 0)
            continue;
        if (s.len - i < 5 || (i > 0 && ((unsigned char)(mail_small(s.ptr[i - 1]) - 'a') < 26 || s.ptr[i - 1] == '_')))
            continue;
        n += s.ptr[i + n] == 'v' || s.ptr[i + n] == '-' || s.ptr[i + n] == '_';
        if (s.ptr[i + n] < '1' || s.ptr[i + n] > '9')
            continue;
        for (n++; n < s.len - i &&
                  ((s.ptr[i + n] >= '0' && s.ptr[i + n] <= '9') || s.ptr[i + n] == '.' || s.ptr[i + n] == '_');)
            n++;
        while (s.ptr[i + n - 1] == '.' || s.ptr[i + n - 1] == '_')
            n--;
        return (str){s.ptr + i, n};
    }
    return S("");
}

/* Does the word name a protocol? Others may stand around it: "Microsoft SMTP Server". */
static bool is_protocol(str word) {
    for (size_t i = 0; word.len - i >= 4 && i < word.len; i++)
        if (str_eq_ascii((str){word.ptr + i, 4}, S("SMTP")) || str_eq_ascii((str){word.ptr + i, 4}, S("LMTP")) ||
            str_eq_ascii((str){word.ptr + i, 4}, S("HTTP")))
            return true;
    return false;
}

static void word_of(enum clause clause, str word, bool first, struct mail_received *out) {
    word = bare(word);
    switch (clause) {
    case FROM:
        out->from = first && out->from.len == 0 ? word : out->from;
        break;
    case BY:
        out->by = first && out->by.len == 0 ? word : out->by;
        break;
    case WITH:
        if (out->with.len == 0 || (!is_protocol(out->with) && is_protocol(word)))
            out->with = str_first(word, str_find_byte(word, '/'));
        break;
    case ID:
        out->id = first && out->id.len == 0 ? word : out->id;
        break;
    case FOR:
        out->recipient = first && out->recipient.len == 0 ? word : out->recipient;
        break;
    case VIA:
    case NO_CLAUSE:
        break;
    }
}

static bool nothing_known(str name) {
    return name.len == 0 || str_eq_ascii(name, S("unknown")) || str_eq_ascii(name, S("unverified")) ||
           str_eq_ascii(name, S("softdnserr"));
}

static void clauses(str value, struct mail_received *out) {
    enum clause clause = NO_CLAUSE, named;
    struct client c = {0};
    struct token t;
    bool first = true, named_only = false; /* a comment stands in the place of the word: `from ([10.1.2.3]) by` */
    str address;

    c.helo = c.reverse = c.address = S("");
    while (token_next(&value, &t)) {
        if (t.comment) {
            named_only = true;
            if (clause == FROM)
                client_read(t.text, &c);
            else if (clause == NO_CLAUSE && t.text.len > 5 && str_eq_ascii(str_first(t.text, 5), S("from "))) {
                str inner = t.text; /* (from localhost [10.1.2.3]) by ... */

                clause = FROM;
                (void)token_next(&inner, &t);
                if (token_next(&inner, &t))
                    word_of(FROM, t.text, true, out);
                client_read(inner, &c);
                clause = NO_CLAUSE;
            }
            continue;
        }
        if ((named = clause_of(t.text)) != NO_CLAUSE && !(first && clause == FROM && !named_only)) {
            clause = named;
            first = true;
            named_only = false;
            continue;
        }
        if (clause == FROM && t.text.ptr[0] == '[' && !first && address_word(t.text, &address) && c.address.len == 0)
            c.address = address;
        word_of(clause, t.text, first, out);
        first = false;
    }
    if (c.address.len == 0 && address_word(out->from, &address))
        c.address = address;
    out->address = c.address;
    if (c.helo.len) {
        if (c.reverse.len == 0 && is_host(out->from))
            c.reverse = out->from;
        out->from = c.helo;
    }
    if (!nothing_known(c.reverse) && is_host(c.reverse) &&
        !str_eq_ascii(without_point(c.reverse), without_point(out->from)))
        out->reverse = without_point(c.reverse);
}

void mail_received(str value, struct mail_received *out, struct buf *room) {
    size_t const start = room->len;
    uint64_t bad = 0;
    size_t end;

    *out = (struct mail_received){.from = S(""),
                                  .reverse = S(""),
                                  .address = S(""),
                                  .by = S(""),
                                  .with = S(""),
                                  .id = S(""),
                                  .recipient = S(""),
                                  .tls = S(""),
                                  .when = INSTANT_NONE};
    if (utf8_valid(value) != value.len) {
        if (value.len > SIZE_MAX / 3 || !buf_reserve(room, 3 * value.len))
            return;
        charset_decode(NULL, value, room, &bad);
        value = str_from(buf_str(room), start);
    }
    for (end = value.len; end > 0 && value.ptr[end - 1] != ';';)
        end--;
    if (end > 0) {
        out->when = mail_date(str_from(value, end), &out->zone_given);
        value = str_first(value, end - 1);
    } else {
        /* SendGrid's date has a line, and no `;`. */
        for (end = value.len; end > 0 && value.ptr[end - 1] != '\n';)
            end--;
        if (end > 0)
            out->when = mail_date(str_from(value, end), &out->zone_given);
        if (out->when != INSTANT_NONE)
            value = str_first(value, end);
    }
    clauses(value, out);
    out->tls = tls_find(value);
}
