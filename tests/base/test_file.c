/* test_file: reading whole files, and files that appear only when they are complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Every test has a directory of its own and stands in it. */
static int enter(void **state) {
    char *const dir = strdup("/tmp/longwatch-test-XXXXXX");

    *state = dir;
    return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state) {
    static const char *const left[] = {"a", "a.part", "b", "pipe", "dir/a", "dir"};

    for (size_t i = 0; i < COUNT(left); i++)
        remove(left[i]);
    int const result = chdir("/") != 0 || rmdir(*state) != 0;

    free(*state);
    return result;
}

static void put(const char *path, str bytes) {
    struct file_out *f;
    struct err e = {0};

    assert_true(file_out_open(&f, path, &e));
    file_out_add(f, bytes);
    if (!file_out_commit(f, &e))
        fail_msg("%s", e.text);
}

static void whole_files(void **state) {
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    put("a", S("one\0two"));
    buf_add(&b, S("before "));
    assert_true(file_read("a", 7, &b, &e));
    assert_true(str_eq(buf_str(&b), S("before one\0two")));
    assert_false(file_read("a", 6, &b, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_true(str_eq(buf_str(&b), S("before one\0two"))); /* as it was */
    assert_false(file_read("b", 7, &b, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "No such file"));
    assert_false(file_read(".", 7, &b, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_false(file_read("pipe", 7, &b, &e)); /* and does not wait for a writer */
    assert_int_equal(e.code, ERR_IO);
    put("a", S(""));
    assert_true(file_read("a", 0, &b, &e));
    buf_free(&b);
}

/* What the file was said to hold when it was looked at is no promise: it may have grown or shrunk since. */
static void sizes_that_are_wrong(void **state) {
    static const struct {
        const char *name;
        long long said;
        size_t size, max;
        enum err_code code;
    } cases[] = {
        {"as said", 100000, 100000, 100000, ERR_NONE},
        {"nothing, as said", 0, 0, 0, ERR_NONE},
        {"grown by a byte", 99999, 100000, 100000, ERR_NONE},
        {"grown much", 1, 200000, 200000, ERR_NONE},
        {"grown from nothing", 0, 200000, 200000, ERR_NONE},
        {"shrunk", 200000, 100000, 200000, ERR_NONE},
        {"shrunk to nothing", 70000, 0, 70000, ERR_NONE},
        {"said to be too large", 100001, 1, 100000, ERR_LIMIT},
        {"said to be larger than memory", INT64_MAX, 1, 100000, ERR_LIMIT},
        {"grown too large by a byte", 100000, 100001, 100000, ERR_LIMIT},
        {"grown too large from nothing", 0, 100001, 100000, ERR_LIMIT},
        {"no size at all", -1, 100000, 100000, ERR_NONE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf written = {0}, b = {0};
        struct err e = {0};
        struct stat st;
        bool ok;
        int fd;

        for (size_t n = 0; n < cases[i].size; n++)
            buf_byte(&written, (char)(n * 7));
        put("a", buf_str(&written));
        fd = file_open(AT_FDCWD, "a");
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        st.st_size = cases[i].said;
        buf_add(&b, S("before"));
        ok = file_read_open(fd, &st, "a", cases[i].max, &b, &e);
        if (ok != (cases[i].code == ERR_NONE) || (!ok && e.code != cases[i].code))
            fail_msg("%s: %s", cases[i].name, ok ? "read" : e.text);
        assert_true(str_starts(buf_str(&b), S("before")));
        if (!str_eq(str_from(buf_str(&b), 6), ok ? buf_str(&written) : S("")))
            fail_msg("%s: %zu bytes", cases[i].name, b.len);
        assert_int_equal(close(fd), 0); /* still open */
        buf_free(&written);
        buf_free(&b);
    }
}

static void in_a_folder(void **state) {
    struct buf b = {0};
    struct err e = {0};
    int folder;
    (void)state;

    assert_int_equal(mkdir("dir", 0700), 0);
    put("dir/a", S("inside"));
    put("a", S("outside"));
    folder = open("dir", O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    int const fd = file_open(folder, "a");
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(file_read_open(fd, &st, "dir/a", 6, &b, &e));
    assert_true(str_eq(buf_str(&b), S("inside")));
    assert_int_equal(file_open(folder, "b"), -1);
    assert_int_equal(errno, ENOENT);
    close(fd);
    close(folder);
    buf_free(&b);
    /* /proc says 0 bytes of all its files. */
    assert_true(file_read("/proc/self/status", 1 << 20, &b, &e));
    assert_true(str_starts(buf_str(&b), S("Name:")));
    buf_free(&b);
}

static void complete_or_not_at_all(void **state) {
    struct file_out *f;
    struct buf b = {0};
    struct err e = {0};
    struct stat st;
    (void)state;

    put("a", S("old"));
    assert_true(file_out_open(&f, "a", &e));
    for (int i = 0; i < 100000; i++)
        file_out_add(f, S("0123456789"));
    assert_true(file_read("a", 10, &b, &e));
    assert_true(str_eq(buf_str(&b), S("old")));
    file_out_drop(f);
    assert_int_not_equal(access("a.part", F_OK), 0);
    file_out_drop(NULL);

    assert_true(file_out_open(&f, "a", &e));
    for (int i = 0; i < 100000; i++)
        file_out_add(f, S("0123456789"));
    assert_true(file_out_commit(f, &e));
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_size, 1000000);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_true(file_out_open(&f, "a", &e));
    file_out_add(f, S("without waiting"));
    assert_true(file_out_commit_soon(f, &e));
    assert_int_not_equal(access("a.part", F_OK), 0);
    assert_true(file_read("a", 100, &b, &e));
    assert_true(str_eq(buf_str(&b), S("oldwithout waiting")));
    buf_free(&b);
}

static void what_stood_there(void **state) {
    struct file_out *f;
    struct err e = {0};
    struct stat st;
    (void)state;

    /* An unfinished file of an earlier run, readable by all. */
    put("a.part", S("leftover"));
    assert_int_equal(chmod("a.part", 0666), 0);
    put("a", S("new"));
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* A link laid where the unfinished file goes is not followed. */
    put("b", S("precious"));
    assert_int_equal(symlink("b", "a.part"), 0);
    put("a", S("x"));
    assert_int_equal(stat("b", &st), 0);
    assert_int_equal(st.st_size, 8);
    /* A directory under the final name: nothing is lost, nothing is left behind. */
    assert_int_equal(mkdir("dir", 0700), 0);
    put("dir/a", S("in it"));
    assert_true(file_out_open(&f, "dir", &e));
    file_out_add(f, S("x"));
    assert_false(file_out_commit(f, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_not_equal(access("dir.part", F_OK), 0);
    assert_true(file_out_open(&f, "dir", &e));
    assert_false(file_out_commit_soon(f, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_not_equal(access("dir.part", F_OK), 0);
    assert_int_equal(access("dir/a", F_OK), 0);
    assert_false(file_out_open(&f, "nowhere/a", &e));
    assert_int_equal(e.code, ERR_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_files, enter, leave),
        cmocka_unit_test_setup_teardown(sizes_that_are_wrong, enter, leave),
        cmocka_unit_test_setup_teardown(in_a_folder, enter, leave),
        cmocka_unit_test_setup_teardown(complete_or_not_at_all, enter, leave),
        cmocka_unit_test_setup_teardown(what_stood_there, enter, leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
