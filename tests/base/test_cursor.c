/* test_cursor: moves that are there succeed; the others fail and move nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

/* All moves, by size; TO goes to a place. */
enum move { SKIP, TO, VIEW, BYTES, U8, U16, U32, U64 };

static bool move(struct cursor *c, enum move how, size_t n) {
    char room[64];
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    uint16_t u16 = 0;
    uint8_t u8 = 0;
    str view;

    switch (how) {
    case SKIP:
        return cursor_skip(c, n);
    case TO:
        return cursor_to(c, n);
    case VIEW:
        return read_view(c, n, &view);
    case BYTES:
        assert_true(n <= sizeof room || n > cursor_left(c));
        return read_bytes(c, room, n);
    case U8:
        return read_u8(c, &u8);
    case U16:
        return read_u16le(c, &u16);
    case U32:
        return read_u32le(c, &u32);
    case U64:
        return read_u64le(c, &u64);
    }
    return false;
}

/* Of ten bytes, at position `at`. */
static const struct {
    size_t at;
    enum move how;
    size_t n;
    bool ok;
    size_t behind;
} moves[] = {
    {0, SKIP, 0, true, 0},
    {0, SKIP, 10, true, 10},
    {10, SKIP, 0, true, 10},
    {3, SKIP, 7, true, 10},
    {0, SKIP, 11, false, 0},
    {10, SKIP, 1, false, 10},
    {3, SKIP, SIZE_MAX, false, 3},
    {3, SKIP, SIZE_MAX - 2, false, 3},
    {5, TO, 0, true, 0},
    {5, TO, 10, true, 10},
    {5, TO, 5, true, 5},
    {0, TO, 9, true, 9},
    {5, TO, 11, false, 5},
    {5, TO, SIZE_MAX, false, 5},
    {0, VIEW, 10, true, 10},
    {9, VIEW, 1, true, 10},
    {10, VIEW, 0, true, 10},
    {9, VIEW, 2, false, 9},
    {1, VIEW, SIZE_MAX, false, 1},
    {0, BYTES, 10, true, 10},
    {10, BYTES, 0, true, 10},
    {0, BYTES, 11, false, 0},
    {1, BYTES, SIZE_MAX, false, 1},
    {9, U8, 0, true, 10},
    {10, U8, 0, false, 10},
    {8, U16, 0, true, 10},
    {9, U16, 0, false, 9},
    {6, U32, 0, true, 10},
    {7, U32, 0, false, 7},
    {2, U64, 0, true, 10},
    {3, U64, 0, false, 3},
    {10, U64, 0, false, 10},
};

static void moves_are_checked(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(moves); i++) {
        char *const ten = calloc(10, 1); /* the sanitizer looks at its end */
        struct cursor c = cursor_of((str){ten, 10});

        assert_true(cursor_to(&c, moves[i].at));
        if (move(&c, moves[i].how, moves[i].n) != moves[i].ok || cursor_at(&c) != moves[i].behind)
            fail_msg("case %zu: at %zu", i, cursor_at(&c));
        assert_int_equal(cursor_left(&c), 10 - moves[i].behind);
        free(ten);
    }
}

static void numbers_are_little_endian(void **state) {
    /* One byte off: nothing need be aligned. */
    struct cursor c = cursor_of(S("\x01\x02\x03\xfc\xfb\xfa\xf9\x80\x81\x82\x83\x84\x85\x86\x87"));
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    uint16_t u16 = 0;
    uint8_t u8 = 0;
    str view;
    (void)state;

    assert_true(read_u8(&c, &u8) && u8 == 0x01);
    assert_true(read_u16le(&c, &u16) && u16 == 0x0302);
    assert_true(read_u32le(&c, &u32) && u32 == 0xf9fafbfc);
    assert_true(read_u64le(&c, &u64) && u64 == UINT64_C(0x8786858483828180));
    assert_false(read_u8(&c, &u8));
    assert_int_equal(u8, 0x01); /* as it was */
    assert_true(cursor_to(&c, 1) && read_view(&c, 2, &view) && str_eq(view, S("\x02\x03")));
    assert_true(cursor_of(S("")).pos != NULL && cursor_left(&(struct cursor){view.ptr, view.ptr, view.ptr}) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(moves_are_checked),
                                       cmocka_unit_test(numbers_are_little_endian)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
