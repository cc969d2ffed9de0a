/* test_buf: growth, numbers, JSON strings, and that a failure is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "../refuse.h"

#ifdef SANITIZED
/* Too much asked for is refused, as without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}
#endif

static void is(struct buf *b, const char *name, const char *want) {
    if (b->failed || !str_eq(buf_str(b), str_of(want)))
        fail_msg("%s: '%.*s'", name, STR_ARG(buf_str(b)));
    buf_free(b);
}

#define FFFD "\xef\xbf\xbd"
static const struct {
    const char *name;
    str text;
    const char *json;
} strings[] = {
    {"empty", STR(""), "\"\""},
    {"plain", STR("a /~"), "\"a /~\""},
    {"quote and backslash", STR("\"\\"), "\"\\\"\\\\\""},
    {"short escapes", STR("\n\r\t"), "\"\\n\\r\\t\""},
    {"other controls", STR("\x01\x1f\b\f"), "\"\\u0001\\u001f\\u0008\\u000c\""},
    {"NUL", STR("a\0b"), "\"a\\u0000b\""},
    {"DEL", STR("\x7f"), "\"\\u007f\""},
    {"two, three, four bytes", STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8d"), "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x8d\""},
    {"last of all", STR("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\""},
    {"lone tail", STR("a\x80z"), "\"a" FFFD "z\""},
    {"cut at the end", STR("\xe2\x82"), "\"" FFFD FFFD "\""},
    {"cut in the middle", STR("\xe2\x82z"), "\"" FFFD FFFD "z\""},
    {"overlong slash", STR("\xc0\xaf"), "\"" FFFD FFFD "\""},
    {"surrogate", STR("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\""},
    {"beyond Unicode", STR("\xf4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\""},
    {"no such byte", STR("\xff\xfe"), "\"" FFFD FFFD "\""},
    {"broken, then a quote", STR("\xc3\""), "\"" FFFD "\\\"\""},
};

static void json(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct buf b = {0};

        buf_json(&b, strings[i].text);
        is(&b, strings[i].name, strings[i].json);
    }
}

static void numbers(void **state) {
    static const struct {
        int64_t n;
        const char *text;
    } integers[] = {
        {0, "0"},
        {7, "7"},
        {10, "10"},
        {-1, "-1"},
        {-10, "-10"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    struct buf b = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(integers); i++) {
        buf_i64(&b, integers[i].n);
        is(&b, "signed", integers[i].text);
    }
    buf_u64(&b, 0);
    is(&b, "zero", "0");
    buf_u64(&b, UINT64_MAX);
    is(&b, "largest", "18446744073709551615");
    for (uint64_t n = 1, digits = 1; digits < 20; n *= 10, digits++) {
        buf_u64(&b, n - 1);
        buf_byte(&b, ' ');
        buf_u64(&b, n);
        assert_int_equal(b.len, digits == 1 ? 3 : 2 * digits);
        buf_free(&b);
    }
}

static void grows_and_keeps(void **state) {
    struct buf b = {0};
    char *to;
    (void)state;

    assert_true(buf_str(&b).ptr && buf_str(&b).len == 0);
    for (unsigned i = 0; i < 100000; i++)
        switch (i % 3) {
        case 0:
            buf_byte(&b, (char)i);
            break;
        case 1:
            buf_add(&b, (str){(char[]){(char)i}, 1});
            break;
        default:
            assert_non_null(to = buf_reserve(&b, 1));
            assert_ptr_equal(to, b.ptr + b.len);
            *to = (char)i;
            b.len++;
        }
    assert_int_equal(b.len, 100000);
    assert_true(b.room >= b.len);
    for (unsigned i = 0; i < 100000; i++)
        if (b.ptr[i] != (char)i)
            fail_msg("byte %u is another", i);
    buf_add(&b, S(""));
    assert_int_equal(b.len, 100000);
    buf_free(&b);
    assert_true(b.len == 0 && b.room == 0 && !b.failed);
    buf_free(&b);
}

static void formats_at_any_length(void **state) {
    char text[700];
    (void)state;

    memset(text, 'x', sizeof text);
    for (int len = 0; len < (int)sizeof text; len++) {
        struct buf b = {0};

        buf_add(&b, S("head"));
        buf_format(&b, "%.*s%c", len, text, 0);
        assert_false(b.failed);
        assert_int_equal(b.len, 4 + len + 1);
        assert_int_equal(b.ptr[b.len - 1], 0);
        assert_memory_equal(b.ptr + 4, text, (size_t)len);
        buf_free(&b);
    }
}

/* Once failed, nothing is appended, also what would fit: the text would have a hole. */
static void all_fail_after(struct buf *b, str held) {
    assert_true(b->failed);
    assert_null(buf_reserve(b, 0));
    buf_add(b, S("a"));
    buf_byte(b, 'a');
    buf_u64(b, 1);
    buf_i64(b, -1);
    buf_json(b, S("a"));
    buf_format(b, "%d", 1);
    assert_true(b->failed);
    assert_true(str_eq(buf_str(b), held));
    buf_free(b);
    buf_add(b, S("again"));
    assert_true(!b->failed && str_eq(buf_str(b), S("again")));
    buf_free(b);
}

static void too_much_is_refused(void **state) {
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4, SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 300};
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int held = 0; held < 2; held++) {
            struct buf b = {0};

            if (held)
                buf_add(&b, S("held"));
            assert_null(buf_reserve(&b, sizes[i]));
            all_fail_after(&b, held ? S("held") : S(""));
        }
}

static void memory_may_run_out(void **state) {
    struct buf b = {0};
    (void)state;

    REFUSE_OR_SKIP();
    memory_left = 0;
    buf_add(&b, S("never"));
    all_fail_after(&b, S(""));
    for (size_t i = 0; i < 256; i++)
        buf_byte(&b, 'x');
    memory_left = 0;
    buf_byte(&b, 'y'); /* the first growth */
    assert_true(b.failed);
    assert_int_equal(b.len, 256);
    buf_free(&b);
    memory_left = 0;
    buf_format(&b, "%s", "never");
    all_fail_after(&b, S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json),
        cmocka_unit_test(numbers),
        cmocka_unit_test(grows_and_keeps),
        cmocka_unit_test(formats_at_any_length),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
