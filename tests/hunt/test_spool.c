/* test_spool: what goes in comes out in order, in memory or from the file; a full disk is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "hunt/spool.h"

static bool gather(void *ctx, str bytes, struct err *e) {
    (void)e;
    buf_add(ctx, bytes);
    return true;
}

static bool refuse(void *ctx, str bytes, struct err *e) {
    ++*(size_t *)ctx;
    return err_set(e, ERR_LIMIT, 0, "%zu bytes not wanted", bytes.len);
}

/* Three spools that grow in turns, with so much memory between them. */
static void round_trip(size_t memory, size_t pieces) {
    static char piece[3][40000];
    struct spools all;
    struct spool spools[3] = {0};
    struct buf want[3] = {0};
    struct err e = {0};

    spools_init(&all, memory);
    for (size_t i = 0; i < pieces; i++)
        for (size_t k = 0; k < 3; k++) {
            str const bytes = {piece[k], 1 + (i * 7919 + k * 104729) % sizeof piece[k]};

            memset(piece[k], (int)('a' + (i + k) % 26), bytes.len);
            buf_add(&want[k], bytes);
            assert_true(spool_add(&all, &spools[k], bytes, &e));
        }
    for (size_t k = 0; k < 3; k++) {
        struct buf got = {0};

        assert_true(spool_read(&all, &spools[k], gather, &got, &e));
        assert_int_equal(got.len, want[k].len);
        assert_memory_equal(got.ptr, want[k].ptr, got.len);
        assert_true(spool_read(&all, &spools[k], gather, &got, &e)); /* as often as it is wanted */
        assert_int_equal(got.len, 2 * want[k].len);
        buf_free(&got);
        buf_free(&want[k]);
        spool_free(&all, &spools[k]);
    }
    assert_int_equal(all.held, 0);
    assert_true(memory < (1u << 20) ? all.fd >= 0 : all.fd < 0);
    spools_close(&all);
}

/* Every stretch of whole pieces, wherever they lie by now. */
static void stretches(void **state) {
    (void)state;
    for (size_t memory = 0; memory < 3; memory++) {
        static char piece[300000];
        uint64_t ends[13] = {0};
        struct spools all;
        struct spool s = {0};
        struct buf want = {0};
        struct err e = {0};

        spools_init(&all, memory == 2 ? (size_t)1 << 30 : 0);
        for (size_t i = 0; i < 12; i++) {
            str const bytes = {piece, 1 + (i * 104729) % sizeof piece};

            memset(piece, (int)('a' + i), bytes.len);
            buf_add(&want, bytes);
            assert_true(spool_add(&all, &s, bytes, &e));
            ends[i + 1] = want.len;
        }
        if (memory == 1)
            assert_true(spool_settle(&all, &s, &e) && s.tail.len == 0);
        assert_true(memory == 2 || s.extent_count > 0);
        for (size_t from = 0; from < 13; from++)
            for (size_t to = from; to < 13; to++) {
                struct buf got = {0};

                assert_true(spool_read_from(&all, &s, ends[from], ends[to], gather, &got, &e));
                assert_int_equal(got.len, ends[to] - ends[from]);
                assert_true(!got.len || memcmp(got.ptr, want.ptr + ends[from], got.len) == 0);
                buf_free(&got);
            }
        buf_free(&want);
        spool_free(&all, &s);
        spools_close(&all);
    }
}

static void in_memory(void **state) {
    (void)state;
    round_trip((size_t)1 << 30, 200);
}

static void on_disk(void **state) {
    (void)state;
    round_trip(0, 400);
}

static void empty_and_stopped(void **state) {
    (void)state;
    struct spools all;
    struct spool s = {0};
    struct err e = {0};
    size_t calls = 0;

    spools_init(&all, 1000);
    assert_true(spool_read(&all, &s, refuse, &calls, &e));
    assert_int_equal(calls, 0);
    assert_true(spool_add(&all, &s, S("finding"), &e));
    assert_false(spool_read(&all, &s, refuse, &calls, &e));
    assert_int_equal(calls, 1);
    assert_int_equal(e.code, ERR_LIMIT);
    spool_free(&all, &s);
    spools_close(&all);
}

static void no_folder(void **state) {
    (void)state;
    struct spools all;
    struct spool s = {0};
    struct err e = {0};
    char *const big = calloc(2, 1 << 20);

    setenv("TMPDIR", "/nowhere/at/all", 1);
    spools_init(&all, 0);
    assert_false(spool_add(&all, &s, (str){big, 2 << 20}, &e));
    assert_int_equal(e.code, ERR_IO);
    spool_free(&all, &s);
    spools_close(&all);
    unsetenv("TMPDIR");
    free(big);
}

/* A limit on file sizes stands for the full disk: the write fails in the same place. */
static void disk_full(void **state) {
    (void)state;
    struct spools all;
    struct spool s = {0};
    struct err e = {0};
    struct rlimit before;
    char *const big = calloc(2, 1 << 20);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, before.rlim_max}), 0);
    spools_init(&all, 0);
    assert_false(spool_add(&all, &s, (str){big, 2 << 20}, &e));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "TMPDIR"));
    spool_free(&all, &s);
    spools_close(&all);
    free(big);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory), cmocka_unit_test(on_disk),   cmocka_unit_test(empty_and_stopped),
        cmocka_unit_test(stretches), cmocka_unit_test(no_folder), cmocka_unit_test(disk_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
