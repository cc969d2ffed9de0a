/* prose: words are counted, and anything like a time ends it. */
#include "reader/prose.h"

#include "base/hash.h"
#include "base/utf.h"

#define SEEN_BITS 65536u
#define BEGINNING 12u

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Any byte of a character beyond ASCII is taken for a letter's. */
static bool is_letter(char c) {
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_one_of(char c, str set) {
    return str_find_byte(set, c) != SIZE_MAX;
}

static size_t digits_at(str s, size_t at) {
    size_t n = 0;

    while (at + n < s.len && is_digit(s.ptr[at + n]))
        n++;
    return n;
}

/* Numbers with the separator between them, from at on: how many. */
static size_t numbers_at(str s, size_t at, char separator) {
    size_t count = 0;

    for (;;) {
        size_t const n = digits_at(s, at);

        if (n == 0)
            return count;
        count++;
        at += n;
        if (at == s.len || s.ptr[at] != separator)
            return count;
        at++;
    }
}

/* A time of day, a date of three numbers, an address of four, a long number that is no part of a word. */
static bool has_time(str word) {
    for (size_t i = 0; i < word.len; i++) {
        size_t const n = digits_at(word, i);

        if (n == 0)
            continue;
        bool const in_word = (i > 0 && is_letter(word.ptr[i - 1])) || (i + n < word.len && is_letter(word.ptr[i + n]));

        if (n >= 10 && !in_word)
            return true;
        if (i + n < word.len && word.ptr[i + n] == ':' && digits_at(word, i + n + 1) >= 2)
            return true;
        if (numbers_at(word, i, '-') >= 3 || numbers_at(word, i, '/') >= 3 || numbers_at(word, i, '.') >= 4)
            return true;
        i += n;
    }
    return false;
}

/* Nothing but letters, in brackets or quotes, with punctuation behind: (don't), well-known. */
static bool is_plain(str word) {
    bool letter = false;

    while (word.len && is_one_of(word.ptr[0], S("([\"'`*_")))
        word = str_from(word, 1);
    while (word.len && is_one_of(word.ptr[word.len - 1], S(")]\"'`*_.,;:!?")))
        word.len--;
    for (size_t i = 0; i < word.len; i++) {
        bool const joint = letter && i + 1 < word.len && is_one_of(word.ptr[i], S("'-"));

        if (!is_letter(word.ptr[i]) && !joint)
            return false;
        letter = !joint;
    }
    return letter;
}

/* The end of a sentence, or of a part of one. */
static bool ends_clause(str word) {
    while (word.len && is_one_of(word.ptr[word.len - 1], S(")]\"'`*_")))
        word.len--;
    return word.len >= 2 && is_one_of(word.ptr[word.len - 1], S(".,;:!?")) && is_letter(word.ptr[word.len - 2]);
}

/* Beginnings of lines, as a set that may hold what was never put in: then a line counts as repeated, and prose is in doubt. */
struct seen {
    uint8_t bits[SEEN_BITS / 8];
};

static bool seen_before(struct seen *s, str line) {
    uint64_t const at = hash_sum(str_first(line, BEGINNING)) % SEEN_BITS;
    bool const before = s->bits[at / 8] >> at % 8 & 1;

    s->bits[at / 8] |= (uint8_t)(1u << at % 8);
    return before;
}

bool prose_is(str text) {
    size_t words = 0, plain = 0, ends = 0, lines = 0, repeated = 0;
    struct seen seen = {0};
    bool blank = true;

    if (utf8_valid(text) != text.len)
        return false;
    for (size_t i = 0; i < text.len;) {
        size_t const from = i;
        char const c = text.ptr[i];

        if (is_one_of(c, S(" \t\r\n\f"))) {
            blank |= c == '\n';
            i++;
            continue;
        }
        for (; i < text.len && !is_one_of(text.ptr[i], S(" \t\r\n\f")); i++)
            if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
                return false;
        str const word = {text.ptr + from, i - from};

        if (has_time(word))
            return false;
        if (blank) {
            lines++;
            repeated += seen_before(&seen, str_from(text, from));
            blank = false;
        }
        words++;
        plain += is_plain(word);
        ends += ends_clause(word);
    }
    return words >= 50 && lines >= 2 && words >= 8 * lines && 5 * plain >= 3 * words && 13 * ends >= words &&
           5 * repeated <= lines;
}
