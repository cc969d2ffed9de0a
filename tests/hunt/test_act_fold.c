/* test_act_fold: acts of a source, cut into parts anywhere, come to the same as they do in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "detection/act_scan.h"
#include "hunt/act_fold.h"

#define MINUTE (INT64_C(60) * 1000000000)

struct deed {
    int minute;
    const char *account;
    uint64_t clock;
};

/* Act n of a source: of "a" every minute, of "b" every fifth. */
static struct deed deed_of(size_t n) {
    return (struct deed){(int)n, n % 5 ? "a" : "b", n % 5 == 0 && n % 2};
}

static struct activity_event event_of(const struct deed *a) {
    return (struct activity_event){.when = a->minute * MINUTE,
                                   .last = a->minute * MINUTE,
                                   .record = (uint64_t)a->minute + 1,
                                   .amount = 3,
                                   .count = 1,
                                   .act = ACT_LOGON,
                                   .text = {[ACT_ACCOUNT] = str_of(a->account)}};
}

static bool say(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e) {
    (void)e;
    buf_format(ctx, "%.*s %lu: %u from %ld to %ld at %lu, %lu\n", STR_ARG(v->text[ACT_ACCOUNT]), (unsigned long)clock,
               v->count, (long)(v->when / MINUTE), (long)(v->last / MINUTE), (unsigned long)v->record,
               (unsigned long)v->amount);
    return true;
}

static bool add(struct act_fold *f, struct buf *out, const struct activity_event *v, uint64_t clock, struct err *e) {
    bool told;

    return act_fold_add(f, v, clock, &told, e) && (!told || say(out, v, clock, e));
}

/* As a worker tells a part: the first eight of each hour, account and clock, then what stands for the others. The rule, written a second time. */
static void part(struct act_fold *f, struct buf *out, size_t from, size_t to) {
    struct err e = {0};

    for (size_t first = from; first < to; first++) {
        struct deed const a = deed_of(first);
        struct activity_event sum = event_of(&a);
        size_t before = 0;

        for (size_t i = from; i < first; i++) {
            struct deed const x = deed_of(i);

            before += x.minute / 60 == a.minute / 60 && x.clock == a.clock && strcmp(x.account, a.account) == 0;
        }
        if (before < ACTIVITY_EACH)
            assert_true(add(f, out, &sum, a.clock, &e));
        if (before != ACTIVITY_EACH)
            continue;
        for (size_t i = first + 1; i < to; i++) {
            struct deed const x = deed_of(i);
            struct activity_event const v = event_of(&x);

            if (x.minute / 60 == a.minute / 60 && x.clock == a.clock && strcmp(x.account, a.account) == 0)
                act_scan_fold(&sum, &v);
        }
        assert_true(add(f, out, &sum, a.clock, &e));
    }
}

static int by_line(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Their lines in order, which is that of what is alike and of time. */
static void sorted(struct buf *b) {
    char *lines[512], *rest;
    size_t count = 0;
    struct buf out = {0};

    buf_byte(b, '\0');
    for (char *at = strtok_r(b->ptr, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest))
        lines[count++] = at;
    qsort(lines, count, sizeof *lines, by_line);
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "%s\n", lines[i]);
    buf_free(b);
    *b = out;
}

static void however_it_is_cut(void **state) {
    (void)state;
    struct buf whole = {0};
    struct act_fold *f;
    struct err e = {0};

    assert_true(act_fold_new(&f, &e));
    part(f, &whole, 0, 150);
    assert_true(act_fold_end(f, say, &whole, &e));
    sorted(&whole);
    for (size_t first = 0; first <= 150; first += 7)
        for (size_t second = first; second <= 150; second += 13) {
            struct buf cut = {0};

            part(f, &cut, 0, first);
            part(f, &cut, first, second);
            part(f, &cut, second, 150);
            assert_true(act_fold_end(f, say, &cut, &e));
            sorted(&cut);
            assert_string_equal(cut.ptr, whole.ptr);
            buf_free(&cut);
        }
    /* Three hours of 150 minutes: eight each of "a", and one for the others; of "b" six each without and six with a clock are no flood. */
    size_t lines = 0;

    for (size_t i = 0; i < whole.len; i++)
        lines += whole.ptr[i] == '\n';
    assert_int_equal(lines, 3 * (ACTIVITY_EACH + 1) + 30);
    buf_free(&whole);
    act_fold_free(f);
}

/* What there is no room for is told as it came: nothing gets lost. */
static void too_many(void **state) {
    (void)state;
    struct act_fold *f;
    struct err e = {0};
    uint64_t events = 0;
    char *const text = malloc((size_t)4 << 20);

    assert_non_null(text);
    memset(text, 'x', (size_t)4 << 20);
    assert_true(act_fold_new(&f, &e));
    for (unsigned n = 0; n < 20; n++)
        for (unsigned again = 0; again < 12; again++) {
            struct activity_event const v = {.count = 1, .text = {[ACT_OBJECT] = {text, ((size_t)4 << 20) - n}}};
            bool told;

            assert_true(act_fold_add(f, &v, 0, &told, &e));
            events += told;
        }
    assert_true(events > 20 * ACTIVITY_EACH && events < 240);
    struct buf out = {0};

    assert_true(act_fold_end(f, say, &out, &e));
    for (const char *at = out.ptr; (at = strstr(at, "0: 4 from")); at++)
        events += 4;
    assert_int_equal(events, 240);
    buf_free(&out);
    free(text);
    act_fold_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(however_it_is_cut), cmocka_unit_test(too_many)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
