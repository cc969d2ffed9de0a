/* test_err: what is set, wrapped and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <errno.h>

static void set_and_wrapped(void **state) {
    struct err e = {.code = ERR_IO, .offset = 9, .text = "old"};
    (void)state;

    assert_false(err_set(&e, ERR_CORRUPT, 42, "byte %d of %s", 3, "x"));
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(e.offset, 42);
    assert_string_equal(e.text, "byte 3 of x");
    assert_false(err_wrap(&e, "footer"));
    assert_false(err_wrap(&e, "segment %d", 7));
    assert_string_equal(e.text, "segment 7: footer: byte 3 of x");
    assert_int_equal(e.code, ERR_CORRUPT);
    assert_int_equal(e.offset, 42);
}

static void system_says_why(void **state) {
    struct err e = {.offset = 5};
    (void)state;

    errno = ENOENT;
    assert_false(err_system(&e, "%s", "a/b"));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.offset, 0);
    assert_string_equal(e.text, "a/b: No such file or directory");
    errno = 987654;
    assert_false(err_system(&e, "a"));
    assert_string_equal(e.text, "a: unknown error");
}

/* A text of every length around the room there is: cut there, never beyond, and always ended. */
static void long_texts_are_cut(void **state) {
    char text[400], want[sizeof(struct err){0}.text];
    (void)state;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    for (int len = 0; len < (int)sizeof text; len++) {
        struct {
            struct err e;
            char guard[8];
        } held = {.guard = "guarded"};

        err_set(&held.e, ERR_LIMIT, 0, "%.*s", len, text);
        snprintf(want, sizeof want, "%.*s", len, text);
        assert_string_equal(held.e.text, want);
        err_wrap(&held.e, "%.*s", len, text);
        if (len + 2 + len < (int)sizeof want)
            snprintf(want, sizeof want, "%.*s: %.*s", len, text, len, text);
        assert_int_equal(strncmp(held.e.text, text, (size_t)len < sizeof want ? (size_t)len : sizeof want - 1), 0);
        assert_true(strlen(held.e.text) ==
                    (size_t)(2 * len + 2 < (int)sizeof want ? 2 * len + 2 : (int)sizeof want - 1));
        if (2 * len + 2 < (int)sizeof want)
            assert_string_equal(held.e.text, want);
        errno = EACCES;
        err_system(&held.e, "%.*s", len, text);
        assert_true(strlen(held.e.text) < sizeof want);
        assert_string_equal(held.guard, "guarded");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(set_and_wrapped), cmocka_unit_test(system_says_why),
                                       cmocka_unit_test(long_texts_are_cut)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
