/* correlation_bound: conditions. Sums and quotients are compared exactly, as integers of any length, never as floating
 * point. */
#include "detection/correlation_own.h"

#include "event/number.h"

static bool compared(enum sigma_compare how, int order) {
    switch (how) {
    case COMPARE_GT:
        return order > 0;
    case COMPARE_GTE:
        return order >= 0;
    case COMPARE_LT:
        return order < 0;
    case COMPARE_LTE:
        return order <= 0;
    case COMPARE_EQ:
        return order == 0;
    case COMPARE_NEQ:
        return order != 0;
    }
    return false;
}

/* A count, which a double holds exactly up to 2^53, and nobody has more events. */
bool bounds_count(const struct sigma_correlation *c, uint64_t n) {
    double const value = (double)n;

    for (size_t i = 0; i < c->bound_count; i++)
        if (!compared(c->bounds[i].compare, (value > c->bounds[i].number) - (value < c->bounds[i].number)))
            return false;
    return true;
}

/* ---- decimals ---- */

bool decimal_read(str s, unsigned scale, BIGNUM **out) {
    char digits[2 * NUMBER_TEXT_MAX + 2];
    size_t const point = str_find_byte(s, '.');
    size_t const whole = point == SIZE_MAX ? s.len : point;
    size_t const behind = point == SIZE_MAX ? 0 : s.len - point - 1;

    if (behind > scale || whole + scale >= sizeof digits)
        return false;
    memcpy(digits, s.ptr, whole);
    if (behind)
        memcpy(digits + whole, s.ptr + point + 1, behind);
    memset(digits + whole + behind, '0', scale - behind);
    digits[whole + scale] = '\0';
    return BN_dec2bn(out, digits) != 0;
}

unsigned decimal_scale(str s) {
    size_t const point = str_find_byte(s, '.');

    return point == SIZE_MAX ? 0 : (unsigned)(s.len - point - 1);
}

/* Sign, count of digits before the point, these digits, those behind it. Below zero all of it is turned round, with an
 * end that is above any digit: -1.5 comes before -1. */
void decimal_key(str s, struct buf *out) {
    bool const minus = s.len && s.ptr[0] == '-';
    char const turn = (char)(minus ? 0xff : 0);
    str const digits = str_from(s, minus);
    size_t const whole = str_first(digits, str_find_byte(digits, '.')).len;

    buf_byte(out, (char)!minus);
    buf_byte(out, (char)((char)(whole >> 8) ^ turn));
    buf_byte(out, (char)((char)whole ^ turn));
    for (size_t i = 0; i < digits.len; i++)
        if (i != whole)
            buf_byte(out, (char)(digits.ptr[i] ^ turn));
    buf_byte(out, turn);
}

/* A bound as the rule's author wrote it: the shortest decimal that reads back as the same number. */
static bool bound_canonical(double n, char out[NUMBER_TEXT_MAX], size_t *len) {
    char text[64];

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, n);
        if (strtod(text, NULL) == n)
            break;
    }
    for (char *p = text; *p; p++) /* "1e+06" is no JSON number, "1e06" neither; "1e6" is */
        if (*p == '+') {
            memmove(p, p + 1, strlen(p));
            break;
        }
    return number_canonical(str_of(text), out, len);
}

static bool times_ten(BIGNUM *n, unsigned times) {
    for (unsigned i = 0; i < times; i++)
        if (!BN_mul_word(n, 10))
            return false;
    return true;
}

/* sum / count against a bound: sum against bound * count. */
bool bounds_quotient(const struct sigma_correlation *c, const BIGNUM *sum, unsigned scale, uint64_t count, bool *ok) {
    bool within = true;

    for (size_t i = 0; within && i < c->bound_count; i++) {
        char text[NUMBER_TEXT_MAX];
        size_t len;
        BIGNUM *bound = NULL, *const left = BN_dup(sum);

        *ok = left && bound_canonical(c->bounds[i].number, text, &len);
        if (*ok) {
            str const number = {text, len};
            unsigned const theirs = decimal_scale(number);
            unsigned const more = theirs > scale ? theirs - scale : 0;

            *ok = decimal_read(number, scale + more, &bound) && times_ten(left, more) && BN_mul_word(bound, count);
        }
        within = *ok && compared(c->bounds[i].compare, BN_cmp(left, bound));
        BN_free(bound);
        BN_free(left);
    }
    return within;
}

/* A scaled integer as decimal text. */
static void decimal_text(const BIGNUM *n, unsigned scale, struct buf *out) {
    char *const digits = BN_bn2dec(n);
    char canonical[NUMBER_TEXT_MAX];
    struct buf b = {0};
    size_t len;

    out->len = 0;
    if (!digits) {
        out->failed = true;
        return;
    }
    bool const minus = digits[0] == '-';
    str const s = str_of(digits + minus);

    if (minus)
        buf_byte(&b, '-');
    if (s.len <= scale) {
        buf_add(&b, S("0."));
        for (size_t i = s.len; i < scale; i++)
            buf_byte(&b, '0');
        buf_add(&b, s);
    } else {
        buf_add(&b, str_first(s, s.len - scale));
        if (scale) {
            buf_byte(&b, '.');
            buf_add(&b, str_from(s, s.len - scale));
        }
    }
    if (!b.failed && number_canonical(buf_str(&b), canonical, &len))
        buf_add(out, (str){canonical, len});
    else
        buf_add(out, buf_str(&b));
    out->failed |= b.failed;
    buf_free(&b);
    OPENSSL_free(digits);
}

void decimal_quotient(const BIGNUM *sum, unsigned scale, uint64_t count, struct buf *out) {
    BIGNUM *const n = BN_dup(sum);
    unsigned const more = count > 1 ? 9 : 0;

    if (n && times_ten(n, more) && BN_div_word(n, count) != (BN_ULONG)-1)
        decimal_text(n, scale + more, out);
    else
        out->failed = true;
    BN_free(n);
}

uint64_t bounds_rank(double percentile, uint64_t n) {
    char text[NUMBER_TEXT_MAX];
    size_t len;
    BIGNUM *product = NULL, *const whole = BN_new();
    uint64_t rank = 0;

    if (whole && bound_canonical(percentile, text, &len)) {
        unsigned const scale = decimal_scale((str){text, len});

        /* rank: percentile * n / 100, up */
        if (decimal_read((str){text, len}, scale, &product) && BN_mul_word(product, n) && BN_set_word(whole, 100) &&
            times_ten(whole, scale) && BN_add(product, product, whole) && BN_sub_word(product, 1)) {
            BN_CTX *const ctx = BN_CTX_new();

            if (ctx && BN_div(product, NULL, product, whole, ctx)) {
                rank = BN_get_word(product);
                rank = rank < 1 ? 1 : rank > n ? n : rank;
            }
            BN_CTX_free(ctx);
        }
    }
    BN_free(product);
    BN_free(whole);
    return rank;
}

/* ---- expressions ---- */

bool bounds_expression(const struct sigma_rule_expr *x, const uint64_t *counts) {
    bool holds;

    switch (x->type) {
    case NODE_TEST:
        return counts[x->rule] > 0;
    case NODE_NOT:
        return !bounds_expression(x->children[0], counts);
    default:
        holds = x->type == NODE_AND;
        for (size_t i = 0; i < x->child_count; i++)
            if (bounds_expression(x->children[i], counts) != holds)
                return !holds;
        return holds;
    }
}

static bool has_not(const struct sigma_rule_expr *x) {
    if (x->type == NODE_NOT)
        return true;
    for (size_t i = 0; i < x->child_count; i++)
        if (has_not(x->children[i]))
            return true;
    return false;
}

bool bounds_monotone(const struct sigma_correlation *c, bool negative) {
    if (c->expr)
        return !has_not(c->expr);
    for (size_t i = 0; i < c->bound_count; i++)
        if (c->bounds[i].compare != COMPARE_GT && c->bounds[i].compare != COMPARE_GTE)
            return false;
    return c->type == CORRELATE_VALUE_SUM ? !negative : c->type < CORRELATE_VALUE_SUM;
}
