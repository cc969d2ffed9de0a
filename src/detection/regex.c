/* regex: a reader of PCRE2's syntax that keeps nothing but literals.
 *
 * Of a sequence the best part is taken, a run of characters or what a part in brackets needs; of a choice what each
 * branch needs, all together; of what may be missing nothing. What is not understood makes an expression one without
 * literals: to say too little only costs time, to say too much would lose matches. Case needs no thought: text and
 * literals are folded, and whatever PCRE2 holds equal to a letter of ASCII folds to the same letter. Beyond ASCII that
 * depends on the year of either's Unicode, so such a character ends a run.
 *
 * Why not Vectorscan, which takes all expressions at once: Debian 12's (5.4.9) loses matches. `ab|cd.*x` is not found
 * in a text of 18 to 32 bytes that ends in `ab`. */
#include "detection/regex.h"

#include <assert.h>

#define DEPTH_MAX 64u
#define RUN_MAX 128u
#define FEW 0.72f /* how much rarer a text becomes with each byte */

/* Literals of which one must stand in the text; count 0: nothing is known. */
struct needs {
    str items[REGEX_LITERALS_MAX];
    size_t count;
    float share; /* of texts that will hold one of them, guessed */
};

struct run {
    char bytes[RUN_MAX];
    size_t len;
};

struct reading {
    const char *pos, *end;
    struct arena *a;
    bool lost; /* something was not understood, or memory is out */
    unsigned depth;
};

enum item {
    ITEM_CHARACTER, /* one of ASCII, folded */
    ITEM_NOTHING,   /* matches between characters: what stands on both sides is adjacent */
    ITEM_OTHER,     /* any other characters */
    ITEM_GROUP,     /* a part in brackets with needs of its own */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char look(const struct reading *r, size_t ahead) {
    return (size_t)(r->end - r->pos) > ahead ? r->pos[ahead] : '\0';
}

static enum item lose(struct reading *r) {
    r->lost = true;
    r->pos = r->end;
    return ITEM_OTHER;
}

static void consider(struct needs *best, const struct needs *other) {
    if (other->count && (!best->count || other->share < best->share))
        *best = *other;
}

/* The run is over: is it the best part so far? */
static void run_end(struct reading *r, struct run *run, struct needs *best) {
    struct needs one = {.count = 1, .share = 1};

    for (size_t i = 0; i < run->len; i++)
        one.share *= FEW;
    if (run->len >= REGEX_LITERAL_MIN && (!best->count || one.share < best->share)) {
        if (!arena_copy(r->a, (str){run->bytes, run->len}, &one.items[0]))
            lose(r);
        else
            *best = one;
    }
    run->len = 0;
}

/* \xHH, \x{H..} */
static enum item escape_hex(struct reading *r, char *c) {
    bool const braces = look(r, 0) == '{';
    unsigned n = 0, digits = 0;

    r->pos += braces;
    for (; digits < (braces ? 8 : 2); r->pos++, digits++) {
        char const d = look(r, 0);

        if (is_digit(d))
            n = n << 4 | (unsigned)(d - '0');
        else if ((d | 32) >= 'a' && (d | 32) <= 'f')
            n = n << 4 | (unsigned)((d | 32) - 'a' + 10);
        else
            break;
    }
    if (digits == 0 || (braces && look(r, 0) != '}'))
        return lose(r);
    r->pos += braces;
    if (n >= 0x80)
        return ITEM_OTHER;
    *c = lower((char)n);
    return ITEM_CHARACTER;
}

/* Behind a backslash, outside of classes. */
static enum item escape(struct reading *r, char *c) {
    static const char plain[][2] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'a', '\a'}, {'e', '\033'}};
    char const e = look(r, 0);

    if (r->pos == r->end)
        return lose(r);
    r->pos++;
    for (size_t i = 0; i < COUNT(plain); i++)
        if (e == plain[i][0]) {
            *c = plain[i][1];
            return ITEM_CHARACTER;
        }
    if (e == 'x')
        return escape_hex(r, c);
    if (e == '\0' || (unsigned char)e >= 0x80)
        return lose(r);
    if (strchr("dDwWsShHvVRX", e))
        return ITEM_OTHER;
    if (strchr("bBAzZG", e))
        return ITEM_NOTHING;
    /* A back-reference; behind more digits it may be a character. */
    if (e >= '1' && e <= '9')
        return is_digit(look(r, 0)) ? lose(r) : ITEM_OTHER;
    if (is_letter(e) || is_digit(e))
        return lose(r);
    *c = e;
    return ITEM_CHARACTER;
}

/* Behind "[". A class of one letter in both cases, [Pp], is that letter. */
static enum item one_of(struct reading *r, char *out) {
    bool const negated = look(r, 0) == '^';
    bool same = !negated;
    char one = '\0';

    r->pos += negated;
    for (bool first = true; r->pos < r->end; first = false) {
        char const c = *r->pos++;

        if (c == ']' && !first) {
            *out = one;
            return same && one ? ITEM_CHARACTER : ITEM_OTHER;
        }
        if (c == '[' && (look(r, 0) == ':' || look(r, 0) == '.' || look(r, 0) == '=')) {
            /* [:alpha:], and nothing that only looks like it */
            if (look(r, 0) != ':')
                return lose(r);
            for (r->pos++; is_letter(look(r, 0)) || look(r, 0) == '^'; r->pos++)
                ;
            if (look(r, 0) != ':' || look(r, 1) != ']')
                return lose(r);
            r->pos += 2;
            same = false;
        } else if (c == '\\') {
            char const e = look(r, 0);

            if (r->pos == r->end || e == 'Q' || e == 'E' || e == 'c')
                return lose(r);
            r->pos++;
            same &= !is_letter(e) && !is_digit(e) && (unsigned char)e < 0x80 && (!one || one == e);
            one = e;
        } else {
            same &= (unsigned char)c < 0x80 && c != '\0' && (!one || one == lower(c));
            one = lower(c);
        }
    }
    return lose(r);
}

/* The length of a count, {2} {2,} {2,3}, at "{"; 0: it is none. Other counts of digits, commas and blanks are counts in
 * some versions of PCRE2 and characters in others. */
static size_t count_length(struct reading *r, bool *zero) {
    size_t n = 1, commas = 0;
    bool odd = !is_digit(look(r, 1));

    *zero = true;
    for (; is_digit(look(r, n)) || look(r, n) == ',' || look(r, n) == ' '; n++) {
        commas += look(r, n) == ',';
        odd |= look(r, n) == ' ';
        *zero &= commas || !is_digit(look(r, n)) || look(r, n) == '0';
    }
    if (look(r, n) != '}' || n == 1)
        return 0;
    if (odd || commas > 1)
        lose(r);
    return n + 1;
}

/* A quantifier, if one follows: may what it stands behind be missing? *once: it is there exactly once. */
static bool may_miss(struct reading *r, bool *once) {
    bool miss = look(r, 0) == '*' || look(r, 0) == '?';
    size_t n = miss || look(r, 0) == '+';
    bool zero;

    if (look(r, 0) == '{') {
        n = count_length(r, &zero);
        miss = n && zero;
    }
    *once = n == 0;
    if (n == 0 || r->lost)
        return false;
    r->pos += n;
    if (look(r, 0) == '+' || look(r, 0) == '?')
        r->pos++;
    /* A quantifier of a quantifier: not worth knowing what it means. */
    if (look(r, 0) == '*' || look(r, 0) == '+' || look(r, 0) == '?' || (look(r, 0) == '{' && count_length(r, &zero)))
        lose(r);
    return miss;
}

static void choice(struct reading *r, struct needs *out);

/* Behind "(": up to and with the closing bracket. */
static enum item group(struct reading *r, struct needs *out) {
    bool looks = false; /* forward or back: takes no characters */

    out->count = 0;
    if (look(r, 0) == '*')
        return lose(r);
    if (look(r, 0) == '?') {
        r->pos++;
        if (look(r, 0) == '=' || look(r, 0) == '!' || (look(r, 0) == '<' && (look(r, 1) == '=' || look(r, 1) == '!'))) {
            looks = true;
            r->pos += look(r, 0) == '<' ? 2 : 1;
        } else if (look(r, 0) == '>') {
            r->pos++;
        } else {
            while (look(r, 0) == 'i' || look(r, 0) == 'm' || look(r, 0) == 's' || look(r, 0) == '-')
                r->pos++;
            if (look(r, 0) != ':' && look(r, 0) != ')')
                return lose(r);
            if (*r->pos++ == ')')
                return ITEM_NOTHING;
        }
    }
    if (++r->depth > DEPTH_MAX)
        return lose(r);
    choice(r, out);
    r->depth--;
    if (look(r, 0) != ')')
        return lose(r);
    r->pos++;
    return looks ? ITEM_NOTHING : ITEM_GROUP;
}

static enum item item(struct reading *r, char *c, struct needs *inner) {
    *c = *r->pos++;
    switch (*c) {
    case '^':
    case '$':
        return ITEM_NOTHING;
    case '.':
        return ITEM_OTHER;
    case '[':
        return one_of(r, c);
    case '(':
        return group(r, inner);
    case '\\':
        return escape(r, c);
    default:
        if ((unsigned char)*c >= 0x80) {
            while (((unsigned char)look(r, 0) & 0xc0) == 0x80)
                r->pos++;
            return ITEM_OTHER;
        }
        *c = lower(*c);
        return ITEM_CHARACTER;
    }
}

/* One branch of a choice: up to "|", ")" or the end. */
static void branch(struct reading *r, struct needs *best) {
    struct run run = {.len = 0};

    best->count = 0;
    while (r->pos < r->end && *r->pos != '|' && *r->pos != ')') {
        struct needs inner;
        char c = '\0';
        enum item const what = item(r, &c, &inner);
        bool once;
        bool const miss = may_miss(r, &once);

        if (what == ITEM_NOTHING)
            continue;
        if (what == ITEM_CHARACTER && !miss && run.len < RUN_MAX)
            run.bytes[run.len++] = c;
        if (what == ITEM_CHARACTER && once && run.len < RUN_MAX)
            continue;
        run_end(r, &run, best);
        if (what == ITEM_CHARACTER && !miss)
            run.bytes[run.len++] = c; /* the last of the repeats stands before what follows */
        if (what == ITEM_GROUP && !miss)
            consider(best, &inner);
    }
    run_end(r, &run, best);
}

static void choice(struct reading *r, struct needs *out) {
    struct needs one;
    bool all;

    branch(r, out);
    all = out->count > 0;
    while (!r->lost && look(r, 0) == '|' && r->pos < r->end) {
        r->pos++;
        branch(r, &one);
        all = all && one.count && out->count + one.count <= REGEX_LITERALS_MAX;
        if (!all)
            continue;
        memcpy(out->items + out->count, one.items, one.count * sizeof *one.items);
        out->count += one.count;
        out->share += one.share;
    }
    if (!all)
        out->count = 0;
}

size_t regex_literals(str expression, struct arena *a, const str **out) {
    struct reading r = {.pos = expression.ptr, .end = expression.ptr + expression.len, .a = a};
    struct needs all;
    str *kept;

    choice(&r, &all);
    if (r.lost || r.pos != r.end || !all.count || !(kept = arena_zero(a, all.count, sizeof *kept)))
        return 0;
    for (size_t i = 0; i < all.count; i++) {
        assert(all.items[i].len >= REGEX_LITERAL_MIN);
        kept[i] = all.items[i];
    }
    *out = kept;
    return all.count;
}

size_t regex_chain(str expression, bool caseless, struct arena *a, const str **out) {
    char *const bytes = arena_bytes(a, expression.len);
    str *const parts = arena_zero(a, expression.len + 1, sizeof *parts);
    size_t used = 0, count = 0;

    if (!bytes || !parts)
        return 0;
    for (size_t i = 0; i < expression.len; i++) {
        char c = expression.ptr[i];
        char const next = i + 1 < expression.len ? expression.ptr[i + 1] : '\0';

        if (c == '.' && next == '*') {
            i += i + 2 < expression.len && expression.ptr[i + 2] == '?' ? 2 : 1; /* .*? matches the same texts */
            if (!parts[count].len || i + 1 == expression.len)
                return 0;
            count++;
            continue;
        }
        if (c == '\\') {
            if ((c = next) == '\0' || is_letter(c) || is_digit(c))
                return 0;
            i++;
        } else if (strchr("^$.|?*+()[]{}", c)) {
            return 0;
        }
        if ((unsigned char)c >= 0x80 || c < ' ' || (caseless && is_letter(c)))
            return 0;
        if (!parts[count].len)
            parts[count].ptr = bytes + used;
        bytes[used++] = c;
        parts[count].len++;
    }
    *out = parts;
    return count ? count + 1 : 0; /* a single part is quick anyway */
}
