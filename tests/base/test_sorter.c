/* test_sorter: every record comes once, in the order of its key, from memory or from disk; a full, missing, damaged or
 * cut disk and refused memory are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/sorter.h"

#include "../refuse.h"
#include "temporary.h"

#define RECORDS_MAX 12u

static const struct {
    const char *name;
    str keys[RECORDS_MAX]; /* up to the first without ptr */
    size_t order[RECORDS_MAX];
} cases[] = {
    {"none", {{0}}, {0}},
    {"one", {STR("a")}, {0}},
    {"in order", {STR("a"), STR("b"), STR("c")}, {0, 1, 2}},
    {"backwards", {STR("c"), STR("b"), STR("a")}, {2, 1, 0}},
    {"a prefix comes first", {STR("ab"), STR("a"), STR("abc"), STR("")}, {3, 1, 0, 2}},
    {"NUL is a byte", {STR("a\0b"), STR("a"), STR("a\0")}, {1, 2, 0}},
    {"bytes have no sign", {STR("\xff"), STR("\x7f"), STR("\x80"), STR("\0")}, {3, 1, 2, 0}},
    {"equal ones as they came", {STR("b"), STR("a"), STR("b"), STR("a"), STR("b"), STR("a")}, {1, 3, 5, 0, 2, 4}},
    {"a long common beginning", {STR("0123456789abcdef2"), STR("0123456789abcdef1")}, {1, 0}},
};

/* With memory for all, for a few, and for none. */
static const size_t memories[] = {1 << 20, 2100, 0};

struct got {
    str keys[RECORDS_MAX];
    uint64_t values[RECORDS_MAX];
    size_t count;
};

static bool take(void *ctx, str key, str value, struct err *e) {
    struct got *const g = ctx;

    (void)key;
    (void)e;
    assert_true(g->count < RECORDS_MAX && value.len == sizeof g->values[0]);
    memcpy(&g->values[g->count++], value.ptr, value.len);
    return true;
}

static void orders(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t m = 0; m < COUNT(memories); m++) {
            struct sorter *s;
            struct err e = {0};
            struct got g = {0};
            uint64_t count = 0;

            assert_true(sorter_new(&s, memories[m], NULL, &e));
            for (; count < RECORDS_MAX && cases[i].keys[count].ptr; count++)
                assert_true(sorter_add(s, cases[i].keys[count], (str){(const char *)&count, sizeof count}, &e));
            assert_true(sorter_run(s, take, &g, &e));
            if (g.count != count)
                fail_msg("%s: %zu records", cases[i].name, g.count);
            for (size_t k = 0; k < count; k++)
                if (g.values[k] != cases[i].order[k])
                    fail_msg("%s: record %lu at %zu", cases[i].name, (unsigned long)g.values[k], k);
            sorter_free(s);
        }
}

/* ---- many records ---- */

/* Record n of a set: keys repeat, sizes differ, the value says which record it is. */
static void record(uint64_t n, uint64_t seed, struct buf *key, struct buf *value) {
    uint64_t const x = (n * UINT64_C(2654435761) + seed) % 4093;

    key->len = value->len = 0;
    buf_format(key, "%lu", (unsigned long)x);
    buf_add(value, (str){(const char *)&n, sizeof n});
    for (uint64_t i = 0; i < x % 90; i++)
        buf_byte(value, (char)(x + i));
}

struct checking {
    struct buf last, key, value;
    uint8_t *seen; /* by record */
    size_t count, added;
    uint64_t seed, before;
};

static bool check(void *ctx, str key, str value, struct err *e) {
    struct checking *const c = ctx;
    uint64_t n;

    (void)e;
    assert_true(value.len >= sizeof n);
    memcpy(&n, value.ptr, sizeof n);
    assert_true(n < c->added && !c->seen[n]);
    c->seen[n] = 1;
    record(n, c->seed, &c->key, &c->value);
    assert_true(str_eq(key, buf_str(&c->key)) && str_eq(value, buf_str(&c->value)));
    assert_true(c->count == 0 || str_cmp(buf_str(&c->last), key) <= 0);
    assert_true(c->count == 0 || !str_eq(buf_str(&c->last), key) || c->before < n);
    c->before = n;
    c->last.len = 0;
    buf_add(&c->last, key);
    c->count++;
    return true;
}

static bool add_all(struct sorter *s, size_t count, uint64_t seed, struct err *e) {
    struct buf key = {0}, value = {0};
    bool ok = true;

    for (uint64_t n = 0; ok && n < count; n++) {
        record(n, seed, &key, &value);
        ok = key.failed || value.failed ? err_set(e, ERR_MEMORY, 0, "no memory for the test")
                                        : sorter_add(s, buf_str(&key), buf_str(&value), e);
    }
    buf_free(&key);
    buf_free(&value);
    return ok;
}

static void run_all(struct sorter *s, size_t count, uint64_t seed) {
    struct checking c = {.added = count, .seed = seed, .seen = calloc(count + 1, 1)};
    struct err e = {0};

    assert_non_null(c.seen);
    if (!sorter_run(s, check, &c, &e))
        fail_msg("%s", e.text);
    assert_int_equal(c.count, count);
    free(c.seen);
    buf_free(&c.last);
    buf_free(&c.key);
    buf_free(&c.value);
}

/* In memory; in some runs; in so many runs that they are merged on the way; each record a run. One sorter after
 * another, and one sorter again and again. */
static void many(void **state) {
    static const struct {
        size_t memory, count;
        bool file; /* it is large enough to get one */
    } sizes[] = {{(size_t)64 << 20, 50000, false},
                 {(size_t)1 << 20, 50000, true},
                 {20000, 60000, true},
                 {0, 3000, true},
                 {5000, 1, false}};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct sorter *s;
        struct err e = {0};

        assert_true(sorter_new(&s, sizes[i].memory, NULL, &e));
        for (uint64_t turn = 0; turn < 3; turn++) {
            assert_true(add_all(s, sizes[i].count, turn, &e));
            run_all(s, sizes[i].count, turn);
            if (sizes[i].file || turn == 0)
                assert_int_equal(temporary_file() >= 0, sizes[i].file);
            sorter_clear(s);
        }
        run_all(s, 0, 0); /* cleared: nothing is there */
        sorter_free(s);
        assert_int_equal(temporary_file(), -1);
    }
    sorter_free(NULL);
}

static bool refuse_third(void *ctx, str key, str value, struct err *e) {
    (void)key;
    (void)value;
    return ++*(size_t *)ctx < 3 || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void stops(void **state) {
    (void)state;
    for (size_t m = 0; m < COUNT(memories); m++) {
        struct sorter *s;
        struct err e = {0};
        size_t calls = 0;

        assert_true(sorter_new(&s, memories[m], NULL, &e));
        assert_true(add_all(s, 100, 0, &e));
        assert_false(sorter_run(s, refuse_third, &calls, &e));
        assert_int_equal(calls, 3);
        assert_int_equal(e.code, ERR_INTERRUPTED);
        sorter_free(s);
    }
}

static void too_long(void **state) {
    static const struct {
        size_t key, value;
    } sizes[] = {{SORTER_RECORD_MAX + 1, 0}, {0, SORTER_RECORD_MAX + 1}, {1, SORTER_RECORD_MAX}, {SIZE_MAX, SIZE_MAX}};
    struct sorter *s;
    struct err e = {0};

    (void)state;
    assert_true(sorter_new(&s, 1 << 20, NULL, &e));
    for (size_t i = 0; i < COUNT(sizes); i++) { /* nothing is read of what is refused */
        e.code = ERR_NONE;
        assert_false(sorter_add(s, (str){"", sizes[i].key}, (str){"", sizes[i].value}, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
    run_all(s, 0, 0);
    sorter_free(s);
}

/* As long as may be, and then some that are short: larger than any buffer on the way. */
static void as_long_as_may_be(void **state) {
    char *const bytes = calloc(SORTER_RECORD_MAX, 1);
    struct sorter *s;
    struct err e = {0};
    struct got g = {0};
    uint64_t n = 1;

    (void)state;
    assert_non_null(bytes);
    assert_true(sorter_new(&s, 0, NULL, &e));
    bytes[0] = 'b';
    assert_true(sorter_add(s, (str){bytes, SORTER_RECORD_MAX - sizeof n}, (str){(const char *)&n, sizeof n}, &e));
    n = 0;
    assert_true(sorter_add(s, S("a"), (str){(const char *)&n, sizeof n}, &e));
    n = 2;
    assert_true(sorter_add(s, S("c"), (str){(const char *)&n, sizeof n}, &e));
    assert_true(sorter_run(s, take, &g, &e));
    assert_int_equal(g.count, 3);
    for (n = 0; n < 3; n++)
        assert_int_equal(g.values[n], n);
    sorter_free(s);
    free(bytes);
}

/* ---- disks ---- */

/* A limit on file sizes stands for the full disk: it is met while runs are written, and while they are merged. */
static void disk_full(void **state) {
    static const rlim_t limits[] = {0, 1, 300000, 1000000, 2600000};
    struct rlimit before;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct sorter *s;
        struct err e = {0};
        size_t calls = 0;

        assert_true(sorter_new(&s, 20000, NULL, &e));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limits[i], before.rlim_max}), 0);
        bool const ok = add_all(s, 60000, 1, &e) && sorter_run(s, refuse_third, &calls, &e);

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(ok);
        assert_int_equal(calls, 0);
        assert_int_equal(e.code, ERR_IO);
        assert_non_null(strstr(e.text, "TMPDIR"));
        sorter_free(s);
    }
}

static void no_folder(void **state) {
    struct sorter *s;
    struct err e = {0};

    (void)state;
    assert_true(sorter_new(&s, 0, "/nowhere/at/all", &e));
    assert_false(add_all(s, 60000, 1, &e));
    assert_int_equal(e.code, ERR_IO);
    sorter_free(s);
}

/* One byte changed at a time, or the file cut: never a wrong record, never a crash. */
static void disk_damaged(void **state) {
    enum { COUNT_ADDED = 20000, PLACES = 200 };

    (void)state;
    for (size_t i = 0; i <= PLACES; i++) {
        struct sorter *s;
        struct err e = {0};
        struct checking c = {.added = COUNT_ADDED, .seed = 3, .seen = calloc(COUNT_ADDED, 1)};
        struct stat st;
        char byte;
        int fd;

        assert_true(sorter_new(&s, 100000, NULL, &e));
        assert_true(add_all(s, COUNT_ADDED, 3, &e));
        assert_true((fd = temporary_file()) >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        if (i == PLACES) {
            assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
        } else { /* the first hundred one by one: the heads of records are among them */
            off_t const at = i < 100 ? (off_t)i : (off_t)((uint64_t)st.st_size * i / PLACES);

            assert_int_equal(pread(fd, &byte, 1, at), 1);
            byte = (char)(byte ^ (1 << i % 8));
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
        assert_false(sorter_run(s, check, &c, &e));
        assert_int_equal(e.code, ERR_CORRUPT);
        sorter_free(s);
        free(c.seen);
        buf_free(&c.last);
        buf_free(&c.key);
        buf_free(&c.value);
    }
}

/* ---- memory ---- */

static bool count_up(void *ctx, str key, str value, struct err *e) {
    (void)key;
    (void)value;
    (void)e;
    ++*(size_t *)ctx;
    return true;
}

static void no_memory(void **state) {
    (void)state;
    if (!REFUSES)
        skip();
    for (size_t m = 0; m < COUNT(memories); m++)
        for (long left = 0;; left++) {
            struct sorter *s = NULL;
            struct err e = {0};
            size_t calls = 0;

            memory_refused = false;
            memory_left = left;
            bool const ok =
                sorter_new(&s, memories[m], NULL, &e) && add_all(s, 400, 2, &e) && sorter_run(s, count_up, &calls, &e);

            memory_left = -1;
            sorter_free(s);
            if (ok) /* the sorting of the C library can do without */
                assert_int_equal(calls, 400);
            else
                assert_int_equal(e.code, ERR_MEMORY);
            if (!memory_refused)
                break;
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),    cmocka_unit_test(many),         cmocka_unit_test(stops),
        cmocka_unit_test(too_long),  cmocka_unit_test(disk_full),    cmocka_unit_test(as_long_as_may_be),
        cmocka_unit_test(no_folder), cmocka_unit_test(disk_damaged), cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
