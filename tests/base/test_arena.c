/* test_arena: alignment, limits to the byte, many slabs, and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "../refuse.h"

/* One request of an arena with a limit: how much is used afterwards, or REFUSED (and then as before). */
#define REFUSED SIZE_MAX
enum ask { ALLOC, BYTES, ZERO, CHARGE };
static const struct {
    const char *name;
    size_t limit;
    struct {
        enum ask ask;
        size_t size, used;
    } steps[6];
    size_t count;
} cases[] = {
    {"text is packed", 100, {{BYTES, 1, 1}, {BYTES, 2, 3}, {BYTES, 0, 3}}, 3},
    {"padding counts", 100, {{BYTES, 1, 1}, {ALLOC, 8, 16}, {BYTES, 1, 17}, {ALLOC, 1, 25}}, 4},
    {"aligned already", 100, {{ALLOC, 16, 16}, {ALLOC, 8, 24}, {ZERO, 8, 32}}, 3},
    {"to the last byte", 16, {{ALLOC, 16, 16}, {ALLOC, 0, 16}, {BYTES, 0, 16}}, 3},
    {"to the last byte, padded", 16, {{BYTES, 1, 1}, {ALLOC, 8, 16}}, 2},
    {"larger than a slab", 1 << 20, {{BYTES, 10, 10}, {BYTES, 100000, 100010}, {BYTES, 5, 100015}}, 3},
    {"of nothing", 0, {{ALLOC, 0, 0}, {BYTES, 0, 0}, {ZERO, 0, 0}}, 3},
    {"nothing of nothing", 0, {{BYTES, 1, REFUSED}, {ALLOC, 1, REFUSED}}, 2},
    {"one too many", 16, {{ALLOC, 17, REFUSED}, {ALLOC, 16, 16}, {BYTES, 1, REFUSED}}, 3},
    {"padding does not fit", 15, {{BYTES, 1, 1}, {ALLOC, 8, REFUSED}, {BYTES, 14, 15}}, 3},
    {"only padding fits", 8, {{BYTES, 1, 1}, {ALLOC, 1, REFUSED}, {BYTES, 7, 8}}, 3},
    {"charged",
     100,
     {{BYTES, 3, 3}, {CHARGE, 5, 8}, {BYTES, 1, 9}, {CHARGE, 0, 9}, {CHARGE, 91, 100}, {BYTES, 1, REFUSED}},
     6},
    {"charged too much",
     16,
     {{CHARGE, 17, REFUSED}, {CHARGE, 15, 15}, {CHARGE, SIZE_MAX, REFUSED}, {CHARGE, 1, 16}},
     4},
    {"no such size", SIZE_MAX, {{ALLOC, SIZE_MAX, REFUSED}, {BYTES, SIZE_MAX / 2 + 1, REFUSED}, {BYTES, 1, 1}}, 3},
};

static void limits(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(cases[i].limit);
        size_t used = 0;

        assert_non_null(a);
        for (size_t k = 0; k < cases[i].count; k++) {
            enum ask const ask = cases[i].steps[k].ask;
            size_t const size = cases[i].steps[k].size, want = cases[i].steps[k].used;
            char none = 0;
            char *const p = ask == ALLOC            ? arena_alloc(a, size)
                            : ask == BYTES          ? arena_bytes(a, size)
                            : ask == ZERO           ? arena_zero(a, 1, size)
                            : arena_charge(a, size) ? &none
                                                    : NULL;

            if ((p == NULL) != (want == REFUSED))
                fail_msg("%s, step %zu: %s", cases[i].name, k, p ? "given" : "refused");
            used = p ? want : used;
            if (arena_used(a) != used)
                fail_msg("%s, step %zu: %zu used", cases[i].name, k, arena_used(a));
            if (p && (ask == ALLOC || ask == ZERO))
                assert_int_equal((uintptr_t)p % 8, 0);
            if (p && ask != CHARGE)
                memset(p, 0xa5, size); /* it is ours: the sanitizer looks */
        }
        arena_free(a);
    }
}

static void products_are_checked(void **state) {
    struct arena *const a = arena_new(SIZE_MAX);
    (void)state;

    assert_null(arena_zero(a, SIZE_MAX / 2, 3));
    assert_null(arena_zero(a, SIZE_MAX, SIZE_MAX));
    assert_null(arena_zero(a, 2, SIZE_MAX / 2 + 1)); /* 0 when it wraps */
    assert_int_equal(arena_used(a), 0);
    assert_non_null(arena_zero(a, 0, SIZE_MAX));
    assert_non_null(arena_zero(a, SIZE_MAX, 0));
    arena_free(a);
}

/* Thousands of pieces of all sizes: each keeps what was written to it, whatever slab it lies in. */
static void pieces_keep_apart(void **state) {
    enum { PIECES = 4000 };
    static struct {
        unsigned char *ptr;
        size_t size;
    } piece[PIECES];
    struct arena *const a = arena_new((size_t)1 << 30);
    (void)state;

    for (int round = 0; round < 2; round++) {
        uint32_t random = 12345;
        size_t least = 0;

        for (size_t i = 0; i < PIECES; i++) {
            random = random * 1664525 + 1013904223;
            piece[i].size = (random >> 16) % (i % 100 == 0 ? 50000 : 700);
            piece[i].ptr = i % 2 ? arena_alloc(a, piece[i].size) : (void *)arena_bytes(a, piece[i].size);
            assert_non_null(piece[i].ptr);
            if (piece[i].size)
                memset(piece[i].ptr, (int)(i % 251), piece[i].size);
            least += piece[i].size;
        }
        for (size_t i = 0; i < PIECES; i++)
            for (size_t k = 0; k < piece[i].size; k++)
                if (piece[i].ptr[k] != i % 251)
                    fail_msg("piece %zu was written over", i);
        assert_true(arena_used(a) >= least && arena_used(a) <= least + 7 * PIECES);
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
    }
    arena_free(a);
}

static void reset_forgets(void **state) {
    struct arena *const a = arena_new(1000);
    const unsigned char *zeros;
    char *first;
    (void)state;

    arena_reset(a); /* of an empty one */
    assert_non_null(first = arena_bytes(a, 1000));
    memset(first, 0xff, 1000);
    assert_null(arena_bytes(a, 1));
    arena_reset(a);
    assert_ptr_equal(zeros = arena_zero(a, 10, 100), first); /* the first slab is kept */
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(zeros[i], 0);
    arena_free(a);
    arena_free(NULL);
}

static void copies(void **state) {
    struct arena *const a = arena_new(8);
    char text[] = "a\0c";
    str copy = S("untouched");
    (void)state;

    assert_true(arena_copy(a, (str){text, 3}, &copy));
    text[0] = 'x';
    assert_true(str_eq(copy, S("a\0c")));
    assert_false(arena_copy(a, S("sixbyt"), &copy));
    assert_true(str_eq(copy, S("a\0c")));
    assert_true(arena_copy(a, S(""), &copy));
    assert_true(copy.len == 0 && copy.ptr != NULL);
    assert_int_equal(arena_used(a), 3);
    arena_free(a);
}

static void memory_may_run_out(void **state) {
    struct arena *a;
    (void)state;

    REFUSE_OR_SKIP();
    memory_left = 0;
    assert_null(arena_new(100));
    assert_non_null(a = arena_new((size_t)1 << 20));
    assert_non_null(arena_bytes(a, 100));
    memory_left = 0;
    assert_null(arena_bytes(a, 100000));
    assert_int_equal(arena_used(a), 100);
    assert_non_null(arena_bytes(a, 100)); /* still sound: in the slab there is, and in a new one */
    assert_non_null(arena_bytes(a, 100000));
    assert_int_equal(arena_used(a), 100200);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(pieces_keep_apart),
        cmocka_unit_test(reset_forgets),
        cmocka_unit_test(copies),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
