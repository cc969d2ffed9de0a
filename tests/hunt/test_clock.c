/* test_clock: differences are counted by the nearest zone, whatever the order, and judged only where they agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hunt/clock.h"
#include "hunt/coverage.h"

#include "../refuse.h"

/* Where a claim is counted: by quarter, or nowhere but among all. */
static void claims(void **state) {
    static const struct {
        int32_t seconds;
        bool counted;
        int16_t quarter;
    } cases[] = {
        {0, true, 0},          {60, true, 0},          {-60, true, 0},     {61, false, 0},        {-61, false, 0},
        {839, false, 0},       {840, true, 1},         {900, true, 1},     {960, true, 1},        {961, false, 0},
        {-840, true, -1},      {-960, true, -1},       {-961, false, 0},   {18000, true, 20},     {-19800, true, -22},
        {172800, true, 192},   {172861, false, 0},     {173700, false, 0}, {-172860, true, -192}, {-173700, false, 0},
        {INT32_MAX, false, 0}, {-INT32_MAX, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct clock c = {0};

        assert_true(clock_claim(&c, cases[i].seconds));
        if (c.bin_count != cases[i].counted || (c.bin_count && c.bins->quarter != cases[i].quarter) || c.claims != 1 ||
            c.least != cases[i].seconds || c.most != cases[i].seconds)
            fail_msg("%d", cases[i].seconds);
        assert_true(clock_good(&c));
        free(c.bins);
    }
}

/* All claims in one, and in four that are joined in another order: the same. */
static void parts_are_joined(void **state) {
    struct clock whole = {0}, parts[4] = {{0}}, joined = {0};
    struct custody_clock a = {.host = STR("")}, b = {.host = STR("")};
    (void)state;

    for (int32_t i = 0; i < 4000; i++) {
        int32_t const seconds = i % 7 ? i % 300 * 600 - 90000 : -18000;

        assert_true(clock_claim(&whole, seconds) && clock_claim(&parts[i % 4], seconds));
    }
    whole.events = 10;
    for (size_t i = 4; i-- > 0;) {
        parts[i].events = i + 1;
        assert_true(clock_merge(&joined, &parts[i]));
        free(parts[i].bins);
    }
    assert_true(clock_merge(&joined, &(struct clock){0})); /* one without claims widens nothing */
    assert_true(clock_good(&whole) && clock_good(&joined));
    assert_int_equal(whole.bin_count, joined.bin_count);
    for (uint32_t i = 0; i < whole.bin_count; i++)
        assert_true(whole.bins[i].quarter == joined.bins[i].quarter && whole.bins[i].count == joined.bins[i].count);
    assert_true(whole.events == joined.events && whole.claims == 4000 && joined.claims == 4000);
    clock_judge(&whole, &a);
    clock_judge(&joined, &b);
    assert_int_equal(a.verdict, CLOCK_UNSURE);
    assert_true(a.claims == b.claims && a.agree == b.agree && a.least_s == b.least_s && a.most_s == b.most_s);
    assert_true(a.agree > 0 && a.least_s == -90000 && a.most_s == 299 * 600 - 90000);
    free(whole.bins);
    free(joined.bins);
}

/* Found again by source and key, and by nothing else; sorted so that a container's last member is added at the end. */
static void found_by_key(void **state) {
    struct clocks c = {0};
    struct clock *made[300];
    (void)state;

    assert_null(clocks_find(&c, 0, 1));
    for (uint32_t i = 0; i < COUNT(made); i++)
        assert_non_null(made[i] = clocks_at(&c, i * 7 % 10, i * 11 % 30, S("h"), S("f")));
    assert_int_equal(c.count, 30); /* 10 and 30: each source has three keys of each ten */
    for (uint32_t i = 0; i < COUNT(made); i++) {
        assert_ptr_equal(clocks_find(&c, i * 7 % 10, i * 11 % 30), made[i]);
        assert_ptr_equal(clocks_at(&c, i * 7 % 10, i * 11 % 30, S("x"), S("y")), made[i]);
        assert_true(str_eq(made[i]->host, S("h")) && str_eq(made[i]->field, S("f")));
    }
    assert_null(clocks_find(&c, 10, 0));
    assert_null(clocks_find(&c, 0, 30));
    clocks_free(&c);
    clocks_free(&c);
    assert_true(clock_key(S("a"), 1, 7) == clock_key(S("a"), 1, 7) &&
                clock_key(S("a"), 1, 7) != clock_key(S("a"), 2, 7));
    assert_true(clock_key(S("a"), 1, 7) != clock_key(S("b"), 1, 7) && clock_key(S(""), 0, 0) != 0);
}

static void outside(void **state) {
    static const struct {
        int64_t when, from, to, margin;
        bool outside;
    } cases[] = {
        {5, 5, 6, 0, false},
        {4, 5, 6, 0, true},
        {6, 5, 6, 0, true},
        {4, 5, 6, 1, false},
        {6, 5, 6, 1, false},
        {3, 5, 6, 1, true},
        {7, 5, 6, 1, true},
        {INSTANT_NONE, 5, 6, 0, false},
        {4, INSTANT_NONE, 6, 0, false},
        {7, 5, INSTANT_NONE, 0, false},
        {INT64_MAX, INT64_MAX, INSTANT_NONE, CLOCK_MARGIN, false},
        {-INT64_MAX, INSTANT_NONE, -INT64_MAX + 1, CLOCK_MARGIN, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (clock_outside(cases[i].when, cases[i].from, cases[i].to, cases[i].margin) != cases[i].outside)
            fail_msg("%zu", i);
}

/* Hours with events, moved: whole hours as they are, parts of hours into all that they reach. */
static void hours_move(void **state) {
    static const struct {
        int64_t minutes;
        uint64_t from, to; /* hours from the one of the events, 100, to its neighbour */
    } cases[] = {{0, 100, 101}, {300, 105, 106}, {-300, 95, 96}, {330, 105, 107}, {-330, 94, 96}, {15, 100, 102}};
    int64_t const minute = INT64_C(60) * 1000000000;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct coverage c, moved;
        struct stream *s;

        coverage_init(&c);
        coverage_init(&moved);
        assert_non_null(s = coverage_stream(&c, S("H"), S("L"), 5));
        assert_true(stream_event(s, 6000 * minute) && stream_event(s, 6119 * minute) && stream_event(s, INSTANT_NONE));
        struct stream *const to = coverage_stream(&moved, S("H"), S("L"), 0);

        assert_true(to && stream_merge(to, s, cases[i].minutes * minute));
        assert_int_equal(to->hours.count, 1);
        assert_int_equal(to->hours.items[0].from + COVERAGE_HOUR_ZERO, cases[i].from);
        assert_int_equal(to->hours.items[0].to + COVERAGE_HOUR_ZERO, cases[i].to);
        assert_int_equal(to->first, (6000 + cases[i].minutes) * minute);
        assert_int_equal(to->last, (6119 + cases[i].minutes) * minute);
        assert_int_equal(to->events, 3);
        coverage_free(&c);
        coverage_free(&moved);
    }
}

/* More clocks than there may be streams are put together at last, and end. */
static void streams_of_many_clocks(void **state) {
    struct coverage c;
    uint64_t events = 0;
    (void)state;

    coverage_init(&c);
    for (uint64_t i = 1; i <= 3 * STREAMS_MAX; i++) {
        struct stream *const s = coverage_stream(&c, S("H"), S("L"), i);

        assert_true(s && stream_event(s, (int64_t)i));
    }
    for (uint32_t i = 0; i < c.count; i++)
        events += c.streams[i]->events;
    assert_int_equal(events, 3 * STREAMS_MAX);
    assert_int_equal(c.together, 3);
    coverage_free(&c);
}

static void memory_may_run_out(void **state) {
    bool done = false;
    (void)state;

    REFUSE_OR_SKIP();
    for (long refused = 0; !done; refused++) {
        struct clocks c = {0};
        struct clock whole = {0};
        bool ok = true;

        memory_refused = false;
        memory_left = refused;
        for (int32_t i = 0; ok && i < 20; i++) {
            struct clock *const at = clocks_at(&c, 0, (uint64_t)i % 10, S("host"), S("field"));

            ok = at && clock_claim(at, i * 900) && clock_merge(&whole, at);
        }
        memory_left = -1;
        assert_true(ok != memory_refused);
        done = ok;
        free(whole.bins);
        clocks_free(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(found_by_key),
        cmocka_unit_test(outside),
        cmocka_unit_test(hours_move),
        cmocka_unit_test(streams_of_many_clocks),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
