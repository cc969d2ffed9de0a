/* test_unpack_whole: members come whole out of a confined process; what is damaged, too large or endless is told; nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "containers.h"
#include "evidence/unpack_whole.h"

static const struct packed two[] = {{.name = "a/b.txt", .bytes = STR("first\n")},
                                    {.name = "c\x1b[1m", .bytes = STR("second")}};

static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    (void)e;
    buf_format(ctx, "%.*s=%.*s%s;", STR_ARG(path), STR_ARG(str_first(bytes, 20)), whole ? "" : " broken");
    return true;
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    (void)e;
    buf_format(ctx, "%.*s: %.*s;", STR_ARG(path), STR_ARG(why));
    return true;
}

static bool run(str bytes, const struct unpack_whole_limits *limits, struct buf *b, struct err *e) {
    struct unpack_whole_visitor const v = {b, on_member, on_damage};
    FILE *const f = tmpfile();
    bool ok;

    b->len = 0;
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fflush(f), 0);
    ok = unpack_whole(fileno(f), S("x.zip"), limits, &v, NULL, e);
    fclose(f);
    buf_byte(b, '\0');
    return ok;
}

static void members_come_whole(void **state) {
    struct buf zip = {0}, packed = {0}, b = {0};
    struct err e = {0};

    (void)state;
    assert_true(pack_archive(&zip, "zip", NULL, NULL, two, 2));
    assert_true(run(buf_str(&zip), NULL, &b, &e));
    assert_string_equal(b.ptr, "x.zip!a/b.txt=first\n;x.zip!c\xef\xbf\xbd[1m=second;");
    assert_true(run(S("plain"), NULL, &b, &e));
    assert_string_equal(b.ptr, "x.zip=plain;");
    assert_true(run(S(""), NULL, &b, &e));
    assert_string_equal(b.ptr, "x.zip=;");
    pack_stream(&packed, COMPRESSION_ZSTD, buf_str(&zip));
    assert_true(run(buf_str(&packed), NULL, &b, &e));
    assert_non_null(strstr(b.ptr, "a/b.txt=first\n;"));
    buf_free(&zip);
    buf_free(&packed);
    buf_free(&b);
}

static void what_is_wrong_is_told(void **state) {
    struct unpack_whole_limits small = unpack_whole_usual, none = unpack_whole_usual;
    struct buf gz = {0}, zip = {0}, b = {0};
    struct err e = {0};

    (void)state;
    pack_stream(&gz, COMPRESSION_GZIP, S("hello world, hello world, hello world\n"));
    assert_true(run(str_first(buf_str(&gz), gz.len - 4), NULL, &b, &e));
    assert_non_null(strstr(b.ptr, " broken;"));
    assert_non_null(strstr(b.ptr, ": "));
    small.member_max = 6;
    assert_true(pack_archive(&zip, "zip", NULL, NULL, two, 2));
    assert_true(run(buf_str(&zip), &small, &b, &e));
    assert_non_null(strstr(b.ptr, "a/b.txt=first\n;")); /* six bytes exactly */
    small.member_max = 5;
    assert_true(run(buf_str(&zip), &small, &b, &e));
    assert_non_null(strstr(b.ptr, "a/b.txt: larger than a file of intelligence may be;"));
    assert_null(strstr(b.ptr, "first"));
    none.unpack.members_max = 1;
    assert_true(run(buf_str(&zip), &none, &b, &e));
    assert_non_null(strstr(b.ptr, "a/b.txt=first"));
    assert_null(strstr(b.ptr, "second"));
    buf_free(&gz);
    buf_free(&zip);
    buf_free(&b);
}

static bool refuse_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    (void)ctx, (void)path, (void)bytes, (void)whole;
    return err_set(e, ERR_USAGE, 0, "enough");
}

static void the_visitor_and_the_user_may_stop_it(void **state) {
    static const volatile sig_atomic_t stop = 1;
    struct unpack_whole_visitor const v = {NULL, refuse_member, on_damage};
    FILE *const f = tmpfile();
    struct buf b = {0};
    struct unpack_whole_visitor const w = {&b, on_member, on_damage};
    struct err e = {0};

    (void)state;
    assert_int_equal(fputs("x", f), 1);
    assert_int_equal(fflush(f), 0);
    assert_false(unpack_whole(fileno(f), S("p"), NULL, &v, NULL, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_false(unpack_whole(fileno(f), S("p"), NULL, &w, &stop, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    fclose(f);
    buf_free(&b);
}

/* Processor time is bounded, whatever the container does. */
static void it_ends(void **state) {
    struct unpack_whole_limits limits = unpack_whole_usual;
    struct buf bomb = {0}, plain = {0}, b = {0};
    struct err e = {0};

    (void)state;
    assert_non_null(buf_reserve(&plain, (size_t)32 << 20));
    memset(plain.ptr, 'a', (size_t)32 << 20);
    plain.len = (size_t)32 << 20;
    pack_stream(&bomb, COMPRESSION_ZSTD, buf_str(&plain));
    limits.unpack.ratio_from = 1 << 20;
    limits.unpack.ratio_max = 10;
    if (!run(buf_str(&bomb), &limits, &b, &e))
        fail_msg("%s", e.text);
    assert_non_null(strstr(b.ptr, " broken;"));
    limits = unpack_whole_usual;
    limits.unpack.bytes_max = 1 << 20;
    if (!run(buf_str(&bomb), &limits, &b, &e))
        fail_msg("%s", e.text);
    assert_non_null(strstr(b.ptr, " broken;"));
    buf_free(&bomb);
    buf_free(&plain);
    buf_free(&b);
}

int main(void) {
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(members_come_whole),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(the_visitor_and_the_user_may_stop_it),
        cmocka_unit_test(it_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
