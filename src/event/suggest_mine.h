/* suggest_mine: what the parts of the mining of templates share. For src/event/suggest_{line,lexeme,template}.c only. */
#ifndef EVENT_SUGGEST_MINE_H
#define EVENT_SUGGEST_MINE_H

#include "event/suggest_own.h"

#define LEXEMES_MAX 100u

enum lexeme_type {
    LEX_BETWEEN, /* a byte between words */
    LEX_WORD,
    LEX_QUOTED,
    LEX_REQUEST,
    LEX_TIME, /* a time in one word; in two: day and clock; in three: zone as well */
    LEX_DATE, /* a time of other forms, in several words */
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
    uint32_t literal, letters;       /* bytes of its own; of these letters and digits */
    bool time, day, zone, good, bad; /* good, bad: its words say that something was done, or was not */
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

/* suggest_lexeme.c */

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool word_digits(str w, unsigned points); /* a number, with so many points at most */
bool word_address(str w);
bool word_unsayable(str w);                   /* it cannot be text of a template */
bool word_value(str w);                       /* rather a value than a word of whoever wrote the program */
bool word_in(const char *const *list, str w); /* the list ends in NULL; case does not count */
bool word_level(str w);
bool word_clock(str w); /* a clock or a date is in it */
/* The lexemes of the messages into m->lines. False: no memory. */
MUST_USE bool lines_lex(struct miner *m, const str *messages, const bool *cut, size_t count);
str line_word(const struct miner *m, const struct line *line, uint32_t p); /* WORD, BETWEEN; else "" */
bool line_between(const struct miner *m, const struct line *line, uint32_t p, char c);
/* The word in front of p, over blanks, brackets and quotes; UINT32_MAX: none, or something else stands there. */
uint32_t line_word_before(const struct miner *m, const struct line *line, uint32_t p);

/* suggest_template.c: the template of the line's first `count` lexemes, appended to f; what[p]: decision about a WORD.
 * Sets m->failed when memory is out. */
void template_write(struct miner *m, const struct line *line, const uint8_t *what, uint32_t count, struct found *f);

#endif
