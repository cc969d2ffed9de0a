/* test_tape: records come back as they went in, from any place on, while more are written, and after a tape was
 * cleared. What a full or damaged disk does is in test_sorter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/tape.h"

#include "temporary.h"

#define COUNT_MAX 3000u

static const size_t memories[] = {0, 5000, (size_t)1 << 30};

static str record(size_t n, size_t turn, char *room) {
    size_t const size =
        n % 500 == 7 ? 200000 : n * 31 % 150; /* some are empty, some larger than what is read at once */

    memset(room, (int)('a' + (n + turn) % 26), size);
    return (str){room, size};
}

static void expect(struct tape_reader *r, size_t n, size_t turn) {
    static char room[200000];
    str got;
    struct err e = {0};

    if (!tape_next(r, &got, &e))
        fail_msg("record %zu: %s", n, e.text);
    assert_true(str_eq(got, record(n, turn, room)));
}

static void expect_end(struct tape_reader *r) {
    str got;
    struct err e = {.code = ERR_IO};

    assert_false(tape_next(r, &got, &e));
    assert_int_equal(e.code, ERR_NONE);
}

static void from_any_place(void **state) {
    static char room[200000];
    static uint64_t places[COUNT_MAX + 1];

    (void)state;
    for (size_t m = 0; m < COUNT(memories); m++) {
        struct tape *t;
        struct tape_reader all = {0}, some = {0};
        struct err e = {0};

        assert_true(tape_new(&t, memories[m], NULL, &e));
        for (size_t turn = 0; turn < 3; turn++) {
            for (size_t n = 0; n < COUNT_MAX; n++) {
                places[n] = tape_end(t);
                assert_true(tape_add(t, record(n, turn, room), &e));
            }
            places[COUNT_MAX] = tape_end(t);
            assert_int_equal(temporary_file() >= 0, memories[m] < (1 << 20));
            tape_read(&all, t, 0, tape_end(t));
            some.ahead = (size_t[]){0, 1, 300}[turn]; /* read by large pieces, by as little as can be, by records */
            tape_read(&some, t, 0, tape_end(t));
            for (size_t n = 0; n < COUNT_MAX; n++) {
                expect(&all, n, turn);
                if (n % 10 == 0) { /* another reader, forwards and backwards */
                    size_t const place = n * 7919 % COUNT_MAX;

                    tape_seek(&some, places[place]);
                    expect(&some, place, turn);
                    tape_seek(&some, places[place]);
                    expect(&some, place, turn);
                }
            }
            expect_end(&all);
            expect_end(&all);
            tape_read(&some, t, places[10], places[20]);
            for (size_t n = 10; n < 20; n++)
                expect(&some, n, turn);
            expect_end(&some);
            tape_clear(t);
            assert_int_equal(tape_end(t), 0);
            tape_read(&some, t, 0, 0);
            expect_end(&some);
        }
        tape_reader_free(&all);
        tape_reader_free(&some);
        tape_free(t);
        assert_int_equal(temporary_file(), -1);
    }
    tape_free(NULL);
}

static void too_long(void **state) {
    struct tape *t;
    struct err e = {0};
    static char room[TAPE_RECORD_MAX + 1];

    (void)state;
    assert_true(tape_new(&t, 0, NULL, &e));
    assert_false(tape_add(t, (str){room, sizeof room}, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(tape_end(t), 0);
    tape_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_any_place),
        cmocka_unit_test(too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
