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

/* Numbers with points between them, from at on: a date (14.3.2021, 2021.3.14, 14.03.21), a time of day (07.12.03), an address. */
static bool points_at(str s, size_t at) {
    size_t widths[3], i = at;

    if (numbers_at(s, at, '.') > 3)
        return true;
    if (numbers_at(s, at, '.') < 3)
        return false;
    for (size_t k = 0; k < 3; i += widths[k++] + 1)
        widths[k] = digits_at(s, i);
    return widths[0] == 4 || widths[2] == 4 || (widths[0] == 2 && widths[1] == 2 && widths[2] == 2);
}

/* A time of day, a date of three numbers, an address of four, a long number that is no part of a word. */
static bool has_time(str word) {
    for (size_t i = 0; i < word.len; i++) {
        size_t const n = digits_at(word, i);

        if (n == 0)
            continue;
        char const behind = i + n < word.len ? word.ptr[i + n] : ' ';
        size_t const more = i + n < word.len ? digits_at(word, i + n + 1) : 0;

        if (n >= 10 && !(i > 0 && is_letter(word.ptr[i - 1])) && (!is_letter(behind) || behind == 'Z'))
            return true;
        if ((behind == ':' && more >= 2) || (behind == 'h' && n <= 2 && more == 2) ||
            (behind == 'T' && n == 8 && more >= 4))
            return true;
        if (numbers_at(word, i, '-') >= 3 || numbers_at(word, i, '/') >= 3 || points_at(word, i))
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

/* Does the line begin with a number, perhaps in brackets, or with the name of a day or month? Not that of a list's item: (1), 12. */
static bool begins_dated(str line) {
    static const str names[] = {STR("Monday"),    STR("Tuesday"), STR("Wednesday"), STR("Thursday"), STR("Friday"),
                                STR("Saturday"),  STR("Sunday"),  STR("January"),   STR("February"), STR("March"),
                                STR("April"),     STR("May"),     STR("June"),      STR("July"),     STR("August"),
                                STR("September"), STR("October"), STR("November"),  STR("December")};
    size_t n = 0, digits;

    while (line.len && is_one_of(line.ptr[0], S("[(<{#@ \t\"'")))
        line = str_from(line, 1);
    if ((digits = digits_at(line, 0)))
        return digits > 2 || digits == line.len || !is_one_of(line.ptr[digits], S(".)")) ||
               (digits + 1 < line.len && is_digit(line.ptr[digits + 1]));
    while (n < line.len && is_letter(line.ptr[n]))
        n++;
    if (n < 3 || line.ptr[0] >= 'a') /* what may, may */
        return false;
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_ascii(str_first(line, n), names[i]) ||
            (n == 3 && str_eq_ascii(str_first(line, n), str_first(names[i], n))))
            return true;
    return false;
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
    size_t words = 0, plain = 0, ends = 0, lines = 0, repeated = 0, dated = 0;
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
            dated += begins_dated(str_from(text, from));
            blank = false;
        }
        words++;
        plain += is_plain(word);
        ends += ends_clause(word);
    }
    return words >= 50 && lines >= 2 && words >= 8 * lines && 5 * plain >= 3 * words && 13 * ends >= words &&
           5 * repeated <= lines && 5 * dated <= lines;
}
