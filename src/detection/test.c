/* test: patterns with wildcards, numbers, networks, dates and regular expressions against one value. */
#include "detection/test.h"

#include <assert.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/utf.h"
#include "detection/regex.h"
#include "event/fold.h"
#include "event/number.h"
#include "event/value.h"

/* Steps PCRE2 may take for one value before it gives up (its own default is ten times as many). */
#define REGEX_STEPS 1000000u
#define KEPT_BYTES_MAX 16384u

bool test_scratch_init(struct test_scratch *s, struct err *e) {
    *s = (struct test_scratch){0};
    s->match_data = pcre2_match_data_create(1, NULL);
    s->match_context = pcre2_match_context_create(NULL);
    if (!s->match_data || !s->match_context) {
        test_scratch_free(s);
        return err_set(e, ERR_MEMORY, 0, "no memory for matching");
    }
    pcre2_set_match_limit(s->match_context, REGEX_STEPS);
    return true;
}

void test_scratch_free(struct test_scratch *s) {
    free(s->folded);
    free(s->spare);
    for (size_t i = 0; i < TEST_KEPT; i++)
        free(s->kept[i].bytes);
    pcre2_match_data_free(s->match_data);
    pcre2_match_context_free(s->match_context);
    *s = (struct test_scratch){0};
}

static char *room(char **bytes, size_t *have, size_t need) {
    if (need > *have) {
        size_t const want = need + need / 2 + 256;
        char *const bigger = realloc(*bytes, want);

        if (!bigger)
            return NULL;
        *bytes = bigger;
        *have = want;
    }
    return *bytes;
}

static str fold_into(char **bytes, size_t *have, str text, bool *ok) {
    char *const to = room(bytes, have, 2 * text.len + 16);

    if (!to) {
        *ok = false;
        return (str){"", 0};
    }
    return (str){to, fold_text(text, to)};
}

str test_fold(struct test_scratch *s, const struct value *v, bool *ok) {
    return fold_into(&s->folded, &s->folded_room, value_text(v), ok);
}

str test_fold_kept(struct test_scratch *s, const struct value *v, bool *ok) {
    str const text = value_text(v);
    uintptr_t const at = (uintptr_t)text.ptr;
    struct test_kept *const k = &s->kept[(at >> 4 ^ at >> 10) % TEST_KEPT];

    if (text.len > KEPT_BYTES_MAX)
        return test_fold(s, v, ok);
    if (k->text.ptr == text.ptr && k->text.len == text.len)
        return k->folded;
    k->text.ptr = NULL;
    k->folded = fold_into(&k->bytes, &k->room, text, ok);
    if (*ok)
        k->text = text;
    return k->folded;
}

void test_forget(struct test_scratch *s) {
    for (size_t i = 0; i < TEST_KEPT; i++)
        s->kept[i].text.ptr = NULL;
}

static bool fold_piece(str text, struct arena *a, str *out, struct err *e) {
    char *const to = arena_bytes(a, 2 * text.len + 16);

    if (!to)
        return err_set(e, ERR_MEMORY, 0, "no memory for a pattern");
    *out = (str){to, fold_text(text, to)};
    return true;
}

static bool pattern_make(struct test *t, const struct sigma_test *sigma, struct arena *a, struct err *e) {
    size_t const n = sigma->piece_count;
    struct sigma_piece *const pieces = arena_zero(a, n + 1, sizeof *pieces);
    size_t texts = 0, others = 0;

    if (!pieces)
        return err_set(e, ERR_MEMORY, 0, "no memory for a pattern");
    for (size_t i = 0; i < n; i++) {
        pieces[i] = sigma->pieces[i];
        texts += pieces[i].type == PIECE_TEXT;
        others += pieces[i].type == PIECE_ONE || pieces[i].type == PIECE_DASH;
        if (pieces[i].type == PIECE_TEXT && !sigma->cased && sigma->op == TEST_PATTERN &&
            !fold_piece(sigma->pieces[i].text, a, &pieces[i].text, e))
            return false;
    }
    t->pieces = pieces;
    if (sigma->op == TEST_PATTERN && n && texts == 0 && others == 0)
        t->present_is_enough = true;
    if (texts <= 1 && others == 0 && !sigma->cased && sigma->op == TEST_PATTERN) {
        t->simple = true;
        t->text = S("");
        for (size_t i = 0; i < n; i++)
            if (pieces[i].type == PIECE_TEXT)
                t->text = pieces[i].text;
        t->any_before = n && pieces[0].type == PIECE_ANY;
        t->any_behind = n && pieces[n - 1].type == PIECE_ANY;
        return true;
    }
    t->text = S("");
    for (size_t i = 0; i < n; i++)
        if (pieces[i].type == PIECE_TEXT && pieces[i].text.len > t->text.len)
            t->text = pieces[i].text;
    return !sigma->cased || sigma->op != TEST_PATTERN || fold_piece(t->text, a, &t->text, e);
}

static bool regex_make(struct test *t, const struct sigma_test *sigma, struct arena *a, struct err *e) {
    uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY;
    PCRE2_SIZE at = 0;
    int code = 0;

    options |= sigma->regex_flags & SIGMA_RE_I ? PCRE2_CASELESS : 0;
    options |= sigma->regex_flags & SIGMA_RE_M ? PCRE2_MULTILINE : 0;
    options |= sigma->regex_flags & SIGMA_RE_S ? PCRE2_DOTALL : 0;
    if (utf8_valid(sigma->regex) != sigma->regex.len)
        return err_set(e, ERR_USAGE, 0, "line %u: regular expression is not UTF-8", sigma->line);
    t->regex = pcre2_compile((PCRE2_SPTR)sigma->regex.ptr, sigma->regex.len, options, &code, &at, NULL);
    if (!t->regex) {
        PCRE2_UCHAR why[120];

        if (code == PCRE2_ERROR_HEAP_FAILED)
            return err_set(e, ERR_MEMORY, 0, "no memory for a regular expression");
        pcre2_get_error_message(code, why, sizeof why);
        return err_set(e, ERR_USAGE, 0, "line %u: regular expression: %s at %zu", sigma->line, (const char *)why,
                       (size_t)at);
    }
    uint32_t empty = 1;

    pcre2_pattern_info(t->regex, PCRE2_INFO_MATCHEMPTY, &empty);
    t->matches_empty = empty != 0;
    t->need_count = regex_literals(sigma->regex, a, &t->needs);
    t->chain_count = regex_chain(sigma->regex, (sigma->regex_flags & SIGMA_RE_I) != 0, a, &t->chain);
    pcre2_jit_compile(t->regex, PCRE2_JIT_COMPLETE); /* without JIT it is slower, not different */
    return true;
}

bool test_make(struct test *t, const struct sigma_test *sigma, struct arena *a, struct err *e) {
    *t = (struct test){.sigma = sigma};
    switch (sigma->op) {
    case TEST_PATTERN:
    case TEST_BYTES:
        return pattern_make(t, sigma, a, e);
    case TEST_REGEX:
        return regex_make(t, sigma, a, e);
    default:
        return true;
    }
}

void test_close(struct test *t) {
    pcre2_code_free(t->regex);
    t->regex = NULL;
}

static bool may_contain_pieces(const struct test *t, uint8_t raw_type) {
    for (size_t i = 0; i < t->sigma->piece_count; i++) {
        char folded[2 * 64 + 16];
        str text;

        if (t->pieces[i].type != PIECE_TEXT)
            continue;
        /* Of cased patterns, too: what a text contains, it contains when both are folded. */
        for (text = t->pieces[i].text; text.len; text = str_from(text, text.len < 64 ? text.len : 64))
            if (!value_may_contain(raw_type, (str){folded, fold_text(str_first(text, 64), folded)}))
                return false;
    }
    return true;
}

uint32_t test_raw_types(const struct test *t) {
    uint32_t types = 0;

    for (uint8_t type = 0; type < RAW_TYPES; type++) {
        bool may = true;

        if (t->sigma->op == TEST_PATTERN || t->sigma->op == TEST_BYTES) {
            may = may_contain_pieces(t, type);
        } else if (t->sigma->op == TEST_REGEX && t->need_count) {
            may = false;
            for (size_t i = 0; i < t->need_count; i++)
                may |= value_may_contain(type, t->needs[i]);
        }
        types |= (uint32_t)may << type;
    }
    return types;
}

static size_t dash_width(str s) {
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '/'))
        return 1;
    if (str_starts(s, S("\xe2\x80\x93")) || str_starts(s, S("\xe2\x80\x94")) || str_starts(s, S("\xe2\x80\x95")))
        return 3;
    return 0;
}

/* How many bytes the piece (not ANY) takes at the start of s; SIZE_MAX: it does not match there. */
static size_t piece_at(const struct sigma_piece *p, str s) {
    size_t width;

    switch (p->type) {
    case PIECE_TEXT:
        return str_starts(s, p->text) ? p->text.len : SIZE_MAX;
    case PIECE_ONE:
        /* Every value is well-formed, but fold and TEST_BYTES may cut: a lone byte is one character. */
        return s.len == 0 ? SIZE_MAX : (width = utf8_width(s)) ? width : 1;
    case PIECE_DASH:
        return (width = dash_width(s)) ? width : SIZE_MAX;
    case PIECE_ANY:
        break;
    }
    return SIZE_MAX;
}

/* Whole value against whole pattern. Greedy with one point of return, the last *: enough for wildcards, and never
 * worse than length times pattern. */
static bool pattern_matches(const struct sigma_piece *pieces, size_t count, str s) {
    size_t p = 0, at = 0, star = SIZE_MAX, star_at = 0;

    for (;;) {
        if (p < count && pieces[p].type == PIECE_ANY) {
            star = p++;
            star_at = at;
            if (p == count)
                return true;
            continue;
        }
        if (p == count && at == s.len)
            return true;
        size_t const width = p < count ? piece_at(&pieces[p], str_from(s, at)) : SIZE_MAX;

        if (width != SIZE_MAX) {
            at += width;
            p++;
            continue;
        }
        if (star == SIZE_MAX || star_at >= s.len)
            return false;
        /* One character further for the last *; where a text follows, straight to its next place. */
        p = star + 1;
        star_at++;
        while (star_at < s.len && ((unsigned char)s.ptr[star_at] & 0xc0) == 0x80)
            star_at++;
        if (pieces[p].type == PIECE_TEXT) {
            size_t const next = str_find(str_from(s, star_at), pieces[p].text);

            if (next == SIZE_MAX)
                return false;
            star_at += next;
        }
        at = star_at;
    }
}

static bool simple_matches(const struct test *t, str folded) {
    if (t->any_before && t->any_behind)
        return t->text.len == 0 || str_find(folded, t->text) != SIZE_MAX;
    if (t->any_before)
        return str_ends(folded, t->text);
    if (t->any_behind)
        return str_starts(folded, t->text);
    return str_eq(folded, t->text);
}

/* The canonical number a value holds: JSON numbers in any spelling, text only in decimal spelling. */
static bool value_number(const struct value *v, char out[NUMBER_TEXT_MAX], str *number) {
    size_t len;

    if (v->type == VALUE_BOOL || (v->type == VALUE_TEXT && !number_is_decimal(value_text(v))))
        return false;
    if (!number_canonical(value_text(v), out, &len))
        return false;
    *number = (str){out, len};
    return true;
}

static bool compare_holds(enum sigma_compare how, int order) {
    switch (how) {
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LTE:
        return order <= 0;
    case COMPARE_GT:
        return order > 0;
    case COMPARE_GTE:
        return order >= 0;
    case COMPARE_NEQ:
        return order != 0;
    }
    return false;
}

static bool number_matches(const struct sigma_test *sigma, const struct value *v) {
    char text[NUMBER_TEXT_MAX];
    str number;

    if (!value_number(v, text, &number))
        return false;
    /* Equality with text wants the canonical spelling itself (Sigma 3.7); comparison takes any decimal one. */
    if (sigma->op == TEST_NUMBER)
        return str_eq(number, sigma->number) && (v->type != VALUE_TEXT || str_eq(value_text(v), sigma->number));
    return compare_holds(sigma->compare, number_compare(number, sigma->number));
}

static bool time_matches(const struct sigma_test *sigma, const struct value *v) {
    struct wall w;
    char part[16];
    int n = 0;

    /* Epoch time is a number; digits in a text are no date (Sigma 5.6). */
    if ((v->type == VALUE_TEXT && number_is_decimal(value_text(v))) || !wall_parse(value_text(v), &w))
        return false;
    switch (sigma->part) {
    case TIME_MINUTE:
        n = w.minute;
        break;
    case TIME_HOUR:
        n = w.hour;
        break;
    case TIME_DAY:
        n = w.day;
        break;
    case TIME_WEEK:
        if (!w.year_given)
            return false;
        n = (int)wall_week(&w);
        break;
    case TIME_MONTH:
        n = w.month;
        break;
    case TIME_YEAR:
        if (!w.year_given)
            return false;
        n = w.year;
        break;
    }
    int const len = snprintf(part, sizeof part, "%d", n);

    return compare_holds(sigma->compare, number_compare((str){part, (size_t)len}, sigma->number));
}

static bool chain_matches(const struct test *t, str text) {
    bool const lines = !(t->sigma->regex_flags & SIGMA_RE_S);

    for (;;) {
        size_t const end = lines ? str_find_byte(text, '\n') : SIZE_MAX;
        str line = end == SIZE_MAX ? text : str_first(text, end);
        size_t i = 0, at;

        while (i < t->chain_count && (at = str_find(line, t->chain[i])) != SIZE_MAX)
            line = str_from(line, at + t->chain[i++].len);
        if (i == t->chain_count)
            return true;
        if (end == SIZE_MAX)
            return false;
        text = str_from(text, end + 1);
    }
}

static bool regex_matches(const struct test *t, str text, struct test_scratch *s, bool *ok) {
    if (t->chain_count)
        return chain_matches(t, text);
    int const found =
        pcre2_match(t->regex, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, s->match_data, s->match_context);

    if (found >= 0)
        return true;
    *ok = *ok && found != PCRE2_ERROR_NOMEMORY;
    s->regex_limits += found != PCRE2_ERROR_NOMATCH;
    return false;
}

/* A JSON number is matched as text through its canonical spelling (Sigma 3.7). */
static str number_text(const struct value *v, str text, char out[NUMBER_TEXT_MAX]) {
    size_t len;

    return v->type == VALUE_NUMBER && number_canonical(value_text(v), out, &len) ? (str){out, len} : text;
}

bool test_value(const struct test *t, const struct value *v, str folded, struct test_scratch *s, bool *ok) {
    const struct sigma_test *const sigma = t->sigma;
    char canonical[NUMBER_TEXT_MAX];
    struct address address;

    /* These are tests of the whole cell. */
    assert(sigma->op != TEST_NULL && sigma->op != TEST_EXISTS && sigma->op != TEST_FIELDREF);
    if (v->type == VALUE_NULL)
        return false;
    switch (sigma->op) {
    case TEST_PATTERN:
        if (t->present_is_enough)
            return true;
        if (t->simple)
            return simple_matches(t, number_text(v, folded, canonical));
        return pattern_matches(t->pieces, sigma->piece_count,
                               number_text(v, sigma->cased ? value_text(v) : folded, canonical));
    case TEST_BYTES:
        return pattern_matches(t->pieces, sigma->piece_count, value_text(v));
    case TEST_REGEX:
        return regex_matches(t, number_text(v, value_text(v), canonical), s, ok);
    case TEST_NUMBER:
    case TEST_COMPARE:
        return number_matches(sigma, v);
    case TEST_BOOL:
        return v->type != VALUE_NUMBER && fold_equal(value_text(v), sigma->boolean ? S("true") : S("false"));
    case TEST_CIDR:
        return address_parse(value_text(v), &address) && network_holds(&sigma->network, &address);
    case TEST_TIME:
        return time_matches(sigma, v);
    case TEST_NULL:
    case TEST_EXISTS:
    case TEST_FIELDREF:
        break;
    }
    return false;
}

bool test_fieldref(const struct test *t, const struct value *v, const struct value *other, struct test_scratch *s,
                   bool *ok) {
    char canonical[2][NUMBER_TEXT_MAX];
    str a, b;

    if (v->type == VALUE_NULL || other->type == VALUE_NULL)
        return false;
    a = fold_into(&s->folded, &s->folded_room, number_text(v, value_text(v), canonical[0]), ok);
    b = fold_into(&s->spare, &s->spare_room, number_text(other, value_text(other), canonical[1]), ok);
    switch (t->sigma->fieldref) {
    case FIELDREF_EQUALS:
        return str_eq(a, b);
    case FIELDREF_CONTAINS:
        return str_find(a, b) != SIZE_MAX;
    case FIELDREF_STARTSWITH:
        return str_starts(a, b);
    case FIELDREF_ENDSWITH:
        return str_ends(a, b);
    }
    return false;
}
