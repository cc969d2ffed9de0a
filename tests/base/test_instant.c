/* test_instant: times as logs write them, the ends of the range, and every day of the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

/* when as text; "" stands for: read, but out of range. NULL: not readable. */
static const struct {
    const char *text, *when;
    int digits;
    bool zone;
    int32_t offset_s;
} cases[] = {
    {"2021-03-14T01:40:19Z", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14T01:40:19.5Z", "2021-03-14T01:40:19.500Z", 1, true, 0},
    {"2021-03-14T01:40:19.197Z", "2021-03-14T01:40:19.197Z", 3, true, 0},
    {"2021-03-14T01:40:19.1970001Z", "2021-03-14T01:40:19.1970001Z", 7, true, 0},
    {"2021-03-14T01:40:19.123456789Z", "2021-03-14T01:40:19.123456789Z", 9, true, 0},
    {"2021-03-14T01:40:19.1234567899999Z", "2021-03-14T01:40:19.123456789Z", 9, true, 0},
    {"2021-03-14 01:40:19,197", "2021-03-14T01:40:19.197Z", 3, false, 0},
    {"2021-03-14 01:40:19", "2021-03-14T01:40:19Z", 0, false, 0},
    {"2021-03-14t01:40:19z", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14T01:40", "2021-03-14T01:40:00Z", 0, false, 0},
    {"2021-03-14", "2021-03-14T00:00:00Z", 0, false, 0},
    {"2021-03-14T01:40:19+01:00", "2021-03-14T00:40:19Z", 0, true, 3600},
    {"2021-03-14T01:40:19+0530", "2021-03-13T20:10:19Z", 0, true, 19800},
    {"2021-03-14T01:40:19-08", "2021-03-14T09:40:19Z", 0, true, -28800},
    {"2021-03-14 01:40:19 +0000", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14 01:40:19 UTC", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0, true, 0},
    {"2020-02-29T00:00:00Z", "2020-02-29T00:00:00Z", 0, true, 0},
    {"2000-02-29", "2000-02-29T00:00:00Z", 0, false, 0},
    {"1615686019", "2021-03-14T01:40:19Z", 0, true, 0},
    {"1615686019.25", "2021-03-14T01:40:19.250Z", 2, true, 0},
    {"1615686019197", "2021-03-14T01:40:19.197Z", 3, true, 0},
    {"1615686019197001", "2021-03-14T01:40:19.197001Z", 6, true, 0},
    {"1615686019197001002", "2021-03-14T01:40:19.197001002Z", 9, true, 0},
    {"0", "1970-01-01T00:00:00Z", 0, true, 0},
    {"-1", "1969-12-31T23:59:59Z", 0, true, 0},
    {"-0.5", "1969-12-31T23:59:59.500Z", 1, true, 0},
    {"9223372036.854775807", "2262-04-11T23:47:16.854775807Z", 9, true, 0},
    {"-9223372036.854775807", "1677-09-21T00:12:43.145224193Z", 9, true, 0},
    {"2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z", 9, true, 0},
    {"1677-09-21T00:12:43.145224193Z", "1677-09-21T00:12:43.145224193Z", 9, true, 0},
    {"2262-04-11T23:47:16.854775808Z", "", 9, true, 0},
    {"1677-09-21T00:12:43.145224192Z", "", 9, true, 0}, /* would be INSTANT_NONE itself */
    {"9999-12-31T23:59:59Z", "", 0, true, 0},
    {"0001-01-01T00:00:00", "", 0, false, 0},

    {"", NULL, 0, false, 0},
    {"-", NULL, 0, false, 0},
    {".5", NULL, 0, false, 0},
    {"5.", NULL, 0, false, 0},
    {"1e9", NULL, 0, false, 0},
    {"+1615686019", NULL, 0, false, 0},
    {" 1615686019", NULL, 0, false, 0},
    {"1615686019 ", NULL, 0, false, 0},
    {"1615686019197.5", NULL, 0, false, 0},
    {"9223372036.854775808", NULL, 0, false, 0},
    {"9223372037", NULL, 0, false, 0},
    {"9223372036855", NULL, 0, false, 0},
    {"9223372036854776", NULL, 0, false, 0},
    {"9223372036854775808", NULL, 0, false, 0},
    {"99999999999999999999999999", NULL, 0, false, 0},
    {"2021-02-30", NULL, 0, false, 0},
    {"2021-02-29", NULL, 0, false, 0},
    {"1900-02-29", NULL, 0, false, 0},
    {"2021-13-01", NULL, 0, false, 0},
    {"2021-00-01", NULL, 0, false, 0},
    {"2021-01-00", NULL, 0, false, 0},
    {"2021-04-31", NULL, 0, false, 0},
    {"2021-3-14", NULL, 0, false, 0},
    {"2021-03-14T", NULL, 0, false, 0},
    {"2021-03-14T24:00:00Z", NULL, 0, false, 0},
    {"2021-03-14T01:60:00Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:61Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:1Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:19.Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:19 ", NULL, 0, false, 0},
    {"2021-03-14T01:40:19X", NULL, 0, false, 0},
    {"2021-03-14T01:40:19ZZ", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+1", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+24:00", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:60", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:0", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:00x", NULL, 0, false, 0},
    {"20211-03-14", NULL, 0, false, 0},
    {"2021/03/14 01:40:19", NULL, 0, false, 0},
    {"Mar 14 01:40:19", NULL, 0, false, 0},
};

static void texts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t const len = strlen(cases[i].text);
        char *const exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        char out[INSTANT_TEXT];
        struct wall w;

        assert_non_null(exact);
        memcpy(exact, cases[i].text, len);
        bool const ok = wall_parse((str){exact, len}, &w);

        if (ok != (cases[i].when != NULL))
            fail_msg("'%s' is %s", cases[i].text, ok ? "read" : "not read");
        str const text = instant_format(instant_parse((str){exact, len}), out);

        if (!str_eq(text, str_of(cases[i].when)))
            fail_msg("'%s' is %.*s", cases[i].text, STR_ARG(text));
        if (ok && (w.digits != cases[i].digits || w.zone_given != cases[i].zone || w.offset_s != cases[i].offset_s))
            fail_msg("'%s': digits %d, zone %d, offset %d", cases[i].text, w.digits, w.zone_given, w.offset_s);
        free(exact);
    }
}

static void no_prefix_crashes(void **state) {
    static const char whole[] = "2021-03-14T01:40:19.123456789+01:00";
    (void)state;

    for (size_t len = 0; len < sizeof whole; len++) {
        char *const exact = malloc(len ? len : 1);
        struct wall w;

        assert_non_null(exact);
        memcpy(exact, whole, len);
        (void)!wall_parse((str){exact, len}, &w);
        free(exact);
    }
}

/* Against a calendar that counts one day at a time. */
static void every_day(void **state) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1678, month = 1, day = 1, weekday = 5; /* a Saturday; Monday is 0 */
    int64_t when = instant_parse(S("1678-01-01"));
    (void)state;

    for (; year < 2262; when += INT64_C(86400000000000)) {
        struct wall const w = instant_wall(when);

        assert_int_equal(w.year, year);
        assert_int_equal(w.month, month);
        assert_int_equal(w.day, day);
        assert_int_equal(wall_instant(&w), when);
        /* ISO 8601: 4 January is always in week 1, a week begins on Monday. */
        if (month == 1 && day == 4)
            assert_int_equal(wall_week(&w), 1);
        if (month == 12 && day == 28)
            assert_in_range(wall_week(&w), 52, 53);
        struct wall const before = instant_wall(when - INT64_C(86400000000000));

        if (weekday != 0)
            assert_int_equal(wall_week(&w), wall_week(&before));
        else
            assert_int_not_equal(wall_week(&w), wall_week(&before));
        weekday = (weekday + 1) % 7;
        if (++day > days[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

static void filetimes(void **state) {
    static const struct {
        uint64_t ticks;
        int64_t when;
    } ticks[] = {
        {0, INSTANT_NONE},
        {UINT64_C(116444736000000000), 0},
        {UINT64_C(116444736000000001), 100},
        {UINT64_C(116444735999999999), -100},
        {1, INSTANT_NONE}, /* 1601 */
        {UINT64_C(0x7fffffffffffffff), INSTANT_NONE},
        {UINT64_MAX, INSTANT_NONE},
        {UINT64_C(208678456368547758), INT64_C(9223372036854775800)},
        {UINT64_C(208678456368547759), INSTANT_NONE},
        {UINT64_C(24211015631452242), INT64_C(-9223372036854775800)},
        {UINT64_C(24211015631452241), INSTANT_NONE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(ticks); i++)
        if (instant_from_filetime(ticks[i].ticks) != ticks[i].when)
            fail_msg("filetime %lu is %ld", (unsigned long)ticks[i].ticks, (long)instant_from_filetime(ticks[i].ticks));
}

static void unix_seconds(void **state) {
    (void)state;
    assert_int_equal(instant_from_unix(-1, 999999999), -1);
    assert_int_equal(instant_from_unix(-1, 0), -1000000000);
    assert_int_equal(instant_from_unix(-9223372037, 145224193), INT64_MIN + 1);
    assert_int_equal(instant_from_unix(9223372036, 854775807), INT64_MAX);
    assert_int_equal(instant_from_unix(9223372036, 854775808), INSTANT_NONE);
    assert_int_equal(instant_from_unix(INT64_MIN, 999999999), INSTANT_NONE);
    assert_int_equal(instant_from_unix(INT64_MAX, 0), INSTANT_NONE);
}

static void none_is_no_text(void **state) {
    char out[INSTANT_TEXT];
    (void)state;

    assert_int_equal(instant_format(INSTANT_NONE, out).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),     cmocka_unit_test(no_prefix_crashes), cmocka_unit_test(every_day),
        cmocka_unit_test(filetimes), cmocka_unit_test(unix_seconds),      cmocka_unit_test(none_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
