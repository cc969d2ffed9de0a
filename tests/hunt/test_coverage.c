/* test_coverage: runs of numbers and hours, what of them is a gap, and that no order of events decides it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hunt/coverage.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define MONDAY (INT64_C(1614556800) * 1000000000) /* 2021-03-01T00:00:00Z, a Monday */

struct told {
    struct custody_gap gaps[64];
    size_t count;
};

static bool tell(void *ctx, const struct custody_gap *gap, struct err *e) {
    struct told *const t = ctx;

    (void)e;
    assert_true(t->count < COUNT(t->gaps));
    t->gaps[t->count++] = *gap;
    return true;
}

static void gaps(const struct coverage *c, struct told *t) {
    struct err e = {0};

    t->count = 0;
    assert_true(coverage_gaps(c, tell, t, &e));
}

/* ---- record numbers ---- */

static void numbers(struct stream *s, const char *text) {
    unsigned long from, to;
    int used;

    while (sscanf(text, " %lu-%lu%n", &from, &to, &used) == 2) {
        assert_true(stream_numbers(s, from, to));
        text += used;
    }
}

static void holes(void **state) {
    static const struct {
        const char *name, *numbers;
        const char *holes; /* "from-to ..." */
    } cases[] = {
        {"none", "1-100", ""},
        {"a log begins anywhere", "5000-5100", ""},
        {"one record", "1-50 52-100", "51-51"},
        {"two holes", "1-10 21-30 32-90", "11-20 31-31"},
        {"in any order", "32-90 1-10 21-30", "11-20 31-31"},
        {"runs that touch are one", "1-10 21-30 11-20", ""},
        {"runs that overlap are one", "1-10 5-30 2-3 31-31", ""},
        {"the same twice", "1-10 12-90 1-10 12-90", "11-11"},
        {"a run over several", "1-5 7-9 20-90 3-12", "13-19"},
        {"to the last number there is", "1-8 10-18446744073709551615", "9-9"},
        {"as many holes as are told", "1-1 3-3 5-5 7-7 9-9 11-11 13-13 15-15 17-90",
         "2-2 4-4 6-6 8-8 10-10 12-12 14-14 16-16"},
        {"a selection: one hole more", "1-1 3-3 5-5 7-7 9-9 11-11 13-13 15-15 17-17 19-90", ""},
        {"four times as much is missing: still told", "1-10 91-100", "11-90"},
        {"a selection: more is missing than that", "1-1 100-100", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct coverage c;
        struct told t;
        struct buf b = {0};

        coverage_init(&c);
        numbers(coverage_stream(&c, S("H"), S("L"), 0), cases[i].numbers);
        gaps(&c, &t);
        for (size_t k = 0; k < t.count; k++) {
            assert_int_equal(t.gaps[k].type, GAP_RECORDS);
            buf_format(&b, "%s%lu-%lu", k ? " " : "", (unsigned long)t.gaps[k].from, (unsigned long)t.gaps[k].to);
        }
        if (!str_eq(buf_str(&b), str_of(cases[i].holes)))
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b)));
        buf_free(&b);
        coverage_free(&c);
    }
}

/* What is lost in one part is lost in all, and too many runs lose it. */
static void numbers_lost(void **state) {
    struct coverage a, b;
    struct told t;
    struct stream *s;
    (void)state;

    coverage_init(&a);
    coverage_init(&b);
    numbers(coverage_stream(&a, S("H"), S("L"), 0), "1-10 12-90");
    s = coverage_stream(&b, S("H"), S("L"), 0);
    stream_numbers_lose(s);
    assert_true(stream_numbers(s, 5, 6));
    assert_true(coverage_merge(&a, &b));
    gaps(&a, &t);
    assert_int_equal(t.count, 0);
    coverage_reset(&b);
    s = coverage_stream(&b, S("H"), S("L"), 0);
    for (uint64_t n = 0; n <= SPANS_MAX; n++)
        assert_true(stream_numbers(s, 2 * n, 2 * n));
    assert_true(s->numbers_lost && s->numbers.count == 0);
    coverage_free(&a);
    coverage_free(&b);
}

/* ---- silences ---- */

/* Events in each hour of the week from `days` days that working says, but not within [off, on) hours. */
static void work(struct stream *s, unsigned days, bool (*working)(unsigned day, unsigned hour), unsigned off,
                 unsigned on) {
    for (unsigned hour = 0; hour < 24 * days; hour++)
        if (working(hour / 24 % 7, hour % 24) && (hour < off || hour >= on))
            assert_true(stream_event(s, MONDAY + hour * HOUR + 17));
}

static bool always(unsigned day, unsigned hour) {
    (void)day;
    (void)hour;
    return true;
}

static bool office(unsigned day, unsigned hour) {
    return day < 5 && hour >= 8 && hour < 18;
}

static bool weekdays(unsigned day, unsigned hour) {
    (void)hour;
    return day < 5;
}

static void silences(void **state) {
    static const struct {
        const char *name;
        unsigned days;
        bool (*working)(unsigned day, unsigned hour);
        unsigned off, on; /* hours since the beginning */
        bool told;
        unsigned usual;
    } cases[] = {
        {"never silent", 60, always, 0, 0, false, 0},
        {"always on, five hours", 60, always, 1000, 1005, false, 0},
        {"always on, six hours", 60, always, 1000, 1006, true, 0},
        {"nights and weekends", 60, office, 0, 0, false, 0},
        {"a holiday as well", 60, office, 24 * 4, 24 * 7, false, 0}, /* Thursday 18 h to Monday 8 h: 86 h */
        {"two weeks", 60, office, 24 * 14, 24 * 28, true, 62},       /* Friday 18 h to Monday 8 h is 62 h */
        {"no work at weekends", 60, weekdays, 0, 0, false, 0},
        {"no work at weekends, and not for two weeks", 60, weekdays, 24 * 14, 24 * 28, true, 48},
        {"one weekend is not told in a short time", 14, weekdays, 0, 0, false, 0},
        {"three days are not told in a short time", 14, always, 24 * 5, 24 * 8, false, 0},
        {"four days are", 14, always, 24 * 5, 24 * 9, true, 0},
        {"too little to know what is usual", 7, always, 40, 161, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct coverage c;
        struct told t;

        coverage_init(&c);
        work(coverage_stream(&c, S(""), S("L"), 0), cases[i].days, cases[i].working, cases[i].off, cases[i].on);
        gaps(&c, &t);
        if (t.count != cases[i].told || (t.count && t.gaps[0].usual_hours != cases[i].usual))
            fail_msg("%s: %zu, usual %lu", cases[i].name, t.count,
                     (unsigned long)(t.count ? t.gaps[0].usual_hours : 0));
        if (t.count && cases[i].working == always) {
            assert_true(t.gaps[0].after == MONDAY + cases[i].off * HOUR);
            assert_true(t.gaps[0].before == MONDAY + cases[i].on * HOUR);
        }
        coverage_free(&c);
    }
}

/* Times at the ends of what an instant can be, and more runs than are kept: coarser, never wrong. */
static void far_and_scattered(void **state) {
    static const int64_t ends[] = {-INT64_MAX, INT64_MAX, -1, 0, 1};
    struct coverage c;
    struct told t;
    struct stream *s;
    (void)state;

    coverage_init(&c);
    s = coverage_stream(&c, S("H"), S("L"), 0);
    for (size_t i = 0; i < COUNT(ends); i++)
        assert_true(stream_event(s, ends[i]));
    assert_true(stream_event(s, INSTANT_NONE));
    assert_true(s->first == -INT64_MAX && s->last == INT64_MAX && s->events == 6);
    assert_int_equal(s->hours.count, 3); /* the hours before and after 1970 touch */
    assert_true(spans_good(s->hours.items, s->hours.count, COVERAGE_HOURS));
    for (unsigned i = 0; i < 5000; i++)
        assert_true(stream_event(s, MONDAY + 10 * (int64_t)i * HOUR));
    assert_true(s->hours.count <= SPANS_MAX && s->unit > 0);
    assert_true(spans_good(s->hours.items, s->hours.count, COVERAGE_HOURS >> s->unit));
    gaps(&c, &t);
    for (size_t i = 0; i < t.count; i++)
        assert_true(t.gaps[i].after < t.gaps[i].before);
    coverage_free(&c);
}

/* ---- many, and in any order ---- */

static void same(const struct coverage *a, const struct coverage *b) {
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->together, b->together);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct stream *const x = a->streams[i], *const y = b->streams[i];

        assert_true(str_eq(x->host, y->host) && str_eq(x->log, y->log));
        assert_true(x->events == y->events && x->first == y->first && x->last == y->last && x->unit == y->unit);
        assert_int_equal(x->hours.count, y->hours.count);
        assert_true(!x->hours.count ||
                    memcmp(x->hours.items, y->hours.items, x->hours.count * sizeof *x->hours.items) == 0);
    }
}

/* hosts hosts with logs logs each; event i of 20,000 in the order of a step that has no common divisor with it. */
static void fill(struct coverage *c, struct coverage *parts, unsigned hosts, unsigned logs, unsigned step) {
    char host[16], log[16];

    for (unsigned i = 0; i < 20000; i++) {
        unsigned const n = (unsigned)((uint64_t)i * step % 20000);
        struct coverage *const to = parts ? &parts[i / 5000] : c;

        snprintf(host, sizeof host, "h%u", n % hosts);
        snprintf(log, sizeof log, "l%u", n / hosts % logs);
        struct stream *const s = coverage_stream(to, str_of(host), str_of(log), 0);

        assert_non_null(s);
        assert_true(stream_event(s, MONDAY + (int64_t)(n * 7919u % 300000u) * HOUR));
    }
    for (unsigned i = 0; parts && i < 4; i++) {
        assert_true(coverage_merge(c, &parts[i]));
        coverage_free(&parts[i]);
    }
    coverage_sort(c);
}

static void in_any_order(void **state) {
    static const struct {
        unsigned hosts, logs, together;
    } cases[] = {
        {1, 1, 0}, {10, 3, 0}, {STREAMS_MAX, 1, 0}, {STREAMS_MAX + 1, 1, 1}, {2000, 3, 1}, {10, STREAMS_MAX + 10, 2}};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct coverage a, b, c, parts[4];

        coverage_init(&a);
        coverage_init(&b);
        coverage_init(&c);
        for (size_t k = 0; k < COUNT(parts); k++)
            coverage_init(&parts[k]);
        fill(&a, NULL, cases[i].hosts, cases[i].logs, 1);
        fill(&b, NULL, cases[i].hosts, cases[i].logs, 7001);
        fill(&c, parts, cases[i].hosts, cases[i].logs, 3001);
        assert_int_equal(a.together, cases[i].together);
        same(&a, &b);
        same(&a, &c);
        coverage_free(&a);
        coverage_free(&b);
        coverage_free(&c);
    }
}

static void spans_over_the_wire(void **state) {
    static const struct {
        struct span items[2];
        bool good;
    } cases[] = {
        {{{1, 2}, {4, 5}}, true},           {{{1, 1}, {3, 9}}, true},  {{{1, 2}, {3, 5}}, false}, /* they touch */
        {{{1, 4}, {4, 5}}, false},          {{{4, 5}, {1, 2}}, false}, {{{2, 1}, {4, 5}}, false},
        {{{1, 2}, {4, 10}}, false}, /* beyond most */
        {{{1, UINT64_MAX}, {0, 5}}, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (spans_good(cases[i].items, 2, 9) != cases[i].good)
            fail_msg("case %zu", i);
    assert_true(spans_good(NULL, 0, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes),        cmocka_unit_test(numbers_lost),
        cmocka_unit_test(silences),     cmocka_unit_test(far_and_scattered),
        cmocka_unit_test(in_any_order), cmocka_unit_test(spans_over_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
