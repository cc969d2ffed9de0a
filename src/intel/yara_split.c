/* yara_split: where each rule of a text begins and ends. Knows YARA's comments, strings, regular expressions and braces, and nothing of what
 * a rule means: libyara does. A rule whose end is missing ends where the next one begins, so that it does not take that one along. */
#include "intel/yara_own.h"

struct split {
    str text;
    size_t at;
    unsigned line;
    struct yara_piece *pieces;
    size_t count, room;
};

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static char peek(const struct split *s, size_t ahead) {
    return s->at + ahead < s->text.len ? s->text.ptr[s->at + ahead] : '\0';
}

static void step(struct split *s) {
    s->line += s->text.ptr[s->at] == '\n';
    s->at++;
}

/* Up to the quote that ends it; a line's end does as well, because no string or expression goes on behind it. */
static void skip_quoted(struct split *s, char quote) {
    for (step(s); s->at < s->text.len && peek(s, 0) != '\n'; step(s)) {
        if (peek(s, 0) == quote) {
            step(s);
            return;
        }
        if (peek(s, 0) == '\\' && s->at + 1 < s->text.len && peek(s, 1) != '\n')
            step(s);
    }
}

/* A comment or a quoted text at this place. Outside of rules and in hexadecimal strings a slash is nothing else. */
static bool skip_opaque(struct split *s) {
    if (peek(s, 0) == '/' && peek(s, 1) == '/') {
        while (s->at < s->text.len && peek(s, 0) != '\n')
            step(s);
    } else if (peek(s, 0) == '/' && peek(s, 1) == '*') {
        size_t const end = str_find(str_from(s->text, s->at + 2), S("*/"));
        size_t const behind = end == SIZE_MAX ? s->text.len : s->at + 2 + end + 2;

        while (s->at < behind)
            step(s);
    } else if (peek(s, 0) == '"' || peek(s, 0) == '/') {
        skip_quoted(s, peek(s, 0));
    } else {
        return false;
    }
    return true;
}

static str word(const struct split *s) {
    size_t len = 0;

    while (is_word(peek(s, len)))
        len++;
    return (str){s->text.ptr + s->at, len};
}

static void skip(struct split *s, size_t len) {
    for (size_t i = 0; i < len; i++)
        step(s);
}

static void skip_blank(struct split *s) {
    while (s->at < s->text.len &&
           (strchr(" \t\r\n\v\f", peek(s, 0)) || (peek(s, 0) == '/' && (peek(s, 1) == '/' || peek(s, 1) == '*'))))
        if (!(peek(s, 0) == '/' && skip_opaque(s)))
            step(s);
}

/* Is there a rule's beginning at this place: its modifiers, the word, a name? */
static bool at_rule(struct split s, bool *global, str *name) {
    *global = false;
    for (unsigned modifiers = 0; modifiers < 4; modifiers++) {
        str const w = word(&s);

        skip(&s, w.len);
        skip_blank(&s);
        if (str_eq(w, S("rule"))) {
            *name = word(&s);
            return name->len > 0;
        }
        if (!str_eq(w, S("private")) && !str_eq(w, S("global")))
            return false;
        *global = *global || str_eq(w, S("global"));
    }
    return false;
}

static void skip_rule(struct split *s) {
    unsigned depth = 0;
    bool opened = false, begun = false;

    while (s->at < s->text.len) {
        bool global;
        str name;

        if (skip_opaque(s))
            continue;
        if (is_word(peek(s, 0)) || peek(s, 0) == '$' || peek(s, 0) == '#' || peek(s, 0) == '@' || peek(s, 0) == '!') {
            bool const plain = is_word(peek(s, 0));

            if (begun && plain && at_rule(*s, &global, &name))
                return; /* this one has no end */
            if (plain && str_eq(word(s), S("rule")))
                begun = true;
            if (!plain)
                step(s);
            skip(s, word(s).len);
            continue;
        }
        if (peek(s, 0) == '{') {
            depth++;
            opened = true;
        } else if (peek(s, 0) == '}' && depth) {
            depth--;
        }
        step(s);
        if (opened && !depth)
            return;
    }
}

/* `import "pe"`, `include "a.yar"` */
static str skip_statement(struct split *s, size_t keyword) {
    size_t begin;

    skip(s, keyword);
    skip_blank(s);
    begin = s->at;
    if (peek(s, 0) != '"')
        return S("");
    skip_quoted(s, '"');
    return s->at - begin < 2 ? S("") : (str){s->text.ptr + begin + 1, s->at - begin - 2};
}

static bool add(struct split *s, struct yara_piece piece) {
    if (s->count == s->room) {
        size_t const room = s->room * 2 + 64;
        struct yara_piece *const bigger = reallocarray(s->pieces, room, sizeof *bigger);

        if (!bigger)
            return false;
        s->pieces = bigger;
        s->room = room;
    }
    piece.end = s->at;
    s->pieces[s->count++] = piece;
    return true;
}

bool yara_split(str text, struct yara_piece **out, size_t *count) {
    struct split s = {.text = text, .line = 1};

    for (skip_blank(&s); s.at < text.len; skip_blank(&s)) {
        struct yara_piece p = {.begin = s.at, .line = s.line, .name = {"", 0}};
        str const w = word(&s);

        if (at_rule(s, &p.global, &p.name)) {
            p.type = YARA_RULE;
            skip_rule(&s);
        } else if (str_eq(w, S("import")) || str_eq(w, S("include"))) {
            p.type = str_eq(w, S("import")) ? YARA_IMPORT : YARA_INCLUDE;
            p.name = skip_statement(&s, w.len);
        } else { /* nobody's: up to where something begins again */
            bool global;
            str name;

            p.type = YARA_OTHER;
            do {
                if (!skip_opaque(&s))
                    skip(&s, word(&s).len ? word(&s).len : 1);
                skip_blank(&s);
            } while (s.at < text.len && !at_rule(s, &global, &name) && !str_eq(word(&s), S("import")) &&
                     !str_eq(word(&s), S("include")));
        }
        if (!add(&s, p)) {
            free(s.pieces);
            return false;
        }
    }
    *out = s.pieces;
    *count = s.count;
    return true;
}
