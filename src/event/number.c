/* number: canonical decimal text. */
#include "event/number.h"

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool number_is_decimal(str s) {
    size_t i = s.len && s.ptr[0] == '-' ? 1 : 0;
    size_t const whole = i;

    while (i < s.len && digit(s.ptr[i]))
        i++;
    if (i == whole || (s.ptr[whole] == '0' && i - whole > 1))
        return false;
    if (i == s.len)
        return true;
    if (s.ptr[i] != '.' || i + 1 == s.len)
        return false;
    for (i++; i < s.len; i++)
        if (!digit(s.ptr[i]))
            return false;
    return true;
}

/* The exponent behind e or E; false when malformed. A larger one stays larger than any value (VALUE_BYTES_MAX) has digits
 * that could make up for it. */
static bool exponent_of(str s, int *out) {
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    int n = 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (!digit(s.ptr[i]))
            return false;
        if (n < 100000000)
            n = n * 10 + (s.ptr[i] - '0');
    }
    *out = s.ptr[0] == '-' ? -n : n;
    return true;
}

bool number_canonical(str s, char out[NUMBER_TEXT_MAX], size_t *len) {
    char digits[NUMBER_TEXT_MAX];
    bool const negative = s.len && s.ptr[0] == '-';
    size_t count = 0, zeros = 0, i = negative ? 1 : 0, first = i, used = 0, size;
    bool seen_point = false;
    int64_t point = 0; /* the value is 0.DIGITS * 10^point */
    int exponent = 0;

    for (; i < s.len && (digit(s.ptr[i]) || (s.ptr[i] == '.' && !seen_point && i > first)); i++) {
        if (s.ptr[i] == '.') {
            if (i + 1 == s.len || !digit(s.ptr[i + 1]))
                return false;
            seen_point = true;
            continue;
        }
        if (count == 0 && s.ptr[i] == '0') { /* leading */
            point -= seen_point;
            continue;
        }
        point += !seen_point;
        if (s.ptr[i] == '0') { /* trailing, perhaps */
            zeros++;
            continue;
        }
        if (zeros >= sizeof digits - count)
            return false;
        memset(digits + count, '0', zeros);
        count += zeros;
        zeros = 0;
        digits[count++] = s.ptr[i];
    }
    if (i == first)
        return false;
    if (i < s.len && ((s.ptr[i] != 'e' && s.ptr[i] != 'E') || !exponent_of(str_from(s, i + 1), &exponent)))
        return false;
    if (count == 0) {
        out[0] = '0';
        *len = 1;
        return true;
    }
    point += exponent;
    if (point > (int64_t)NUMBER_TEXT_MAX || point < -(int64_t)NUMBER_TEXT_MAX)
        return false;
    size = point <= 0 ? 2 + (size_t)-point + count : count > (size_t)point ? count + 1 : (size_t)point;
    if (size + negative > NUMBER_TEXT_MAX)
        return false;
    if (negative)
        out[used++] = '-';
    if (point <= 0) {
        out[used++] = '0';
        out[used++] = '.';
        for (; point < 0; point++)
            out[used++] = '0';
        memcpy(out + used, digits, count);
        *len = used + count;
        return true;
    }
    for (size_t d = 0; d < count || d < (size_t)point; d++) {
        if (d == (size_t)point)
            out[used++] = '.';
        out[used++] = d < count ? digits[d] : '0';
    }
    *len = used;
    return true;
}

static int magnitude(str a, str b) {
    size_t const point_a = str_find_byte(a, '.') == SIZE_MAX ? a.len : str_find_byte(a, '.');
    size_t const point_b = str_find_byte(b, '.') == SIZE_MAX ? b.len : str_find_byte(b, '.');

    if (point_a != point_b)
        return point_a < point_b ? -1 : 1;
    return str_cmp(a, b); /* whole parts of one length; then the fraction, where a prefix is smaller */
}

int number_compare(str a, str b) {
    bool const minus_a = a.len && a.ptr[0] == '-', minus_b = b.len && b.ptr[0] == '-';

    if (minus_a != minus_b)
        return minus_a ? -1 : 1;
    return minus_a ? magnitude(str_from(b, 1), str_from(a, 1)) : magnitude(a, b);
}
