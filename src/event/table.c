/* table: what may stand in a column. */
#include "event/table.h"

#include "base/address.h"
#include "base/instant.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_digits(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]))
            return false;
    return s.len > 0;
}

/* A date is longer than its hour, and has something besides digits and one point. */
static bool is_time(str s) {
    unsigned others = 0;
    struct wall w;

    for (size_t i = 0; i < s.len; i++)
        others += !is_digit(s.ptr[i]) && s.ptr[i] != '.';
    return s.len >= 13 && others > 0 && s.ptr[0] != '-' && wall_parse(s, &w);
}

/* So many digits that it is no duration, number of a call or port: from 1990 on. */
static bool is_unix(str s) {
    size_t const point = str_find_byte(s, '.');
    str const whole = str_first(s, point);
    int64_t when;

    if (!is_digits(whole) || whole.len < 9 || (point != SIZE_MAX && !is_digits(str_from(s, point + 1))))
        return false;
    when = instant_parse(s);
    return when != INSTANT_NONE && when >= INT64_C(631152000000000000);
}

static bool is_guid(str s) {
    if (s.len == 38 && s.ptr[0] == '{' && s.ptr[37] == '}')
        s = (str){s.ptr + 1, 36};
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool const hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        char const c = s.ptr[i], low = (char)(c | 0x20);

        if (hyphen ? c != '-' : !is_digit(c) && !(low >= 'a' && low <= 'f'))
            return false;
    }
    return true;
}

bool table_cell_fits(const struct table_column *c, str cell) {
    struct address unused;

    if (cell.len == 0)
        return c->or_empty || c->test == TABLE_ANY;
    switch (c->test) {
    case TABLE_ANY:
    case TABLE_TEXT:
        return true;
    case TABLE_TIME:
        return is_time(cell);
    case TABLE_UNIX:
        return is_unix(cell);
    case TABLE_NUMBER:
        return is_digits(cell);
    case TABLE_ADDRESS:
        return address_parse(cell, &unused);
    case TABLE_GUID:
        return is_guid(cell);
    case TABLE_ONE_OF:
        for (size_t i = 0; i < c->value_count; i++)
            if (str_eq_ascii(c->values[i], cell))
                return true;
        return false;
    }
    return false;
}
