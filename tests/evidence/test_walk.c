/* test_walk: folders into lists: everything that is there is listed, once, in order of bytes; what is not read says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "evidence/walk.h"

/* A file of so many bytes; folders on the way are made. */
static void put(const char *path, size_t size) {
    char copy[4096];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(copy, sizeof copy, "%.*s", (int)(slash - path), path);
        if (mkdir(copy, 0700) != 0)
            assert_int_equal(access(copy, X_OK), 0);
    }
    FILE *const f = fopen(path, "wx");

    assert_non_null(f);
    for (size_t i = 0; i < size; i++)
        fputc('x', f);
    assert_int_equal(fclose(f), 0);
}

static const char *const own[] = {"d/../mine/own", "not there"};

/* What the walk says: "path size" or "path: why", a line each. */
static void walk_is(const char *name, const char *const *paths, size_t count, bool as_named, const char *want) {
    struct arena *const a = arena_new(1 << 24);
    struct found_file *files;
    struct buf b = {0};
    struct err e = {0};
    size_t found;

    if (!(as_named ? walk_paths_as_named : walk_paths)(paths, count, own, COUNT(own), a, &files, &found, &e)) {
        buf_format(&b, "error: %s\n", e.text);
        assert_int_equal(e.code, ERR_IO);
        found = 0;
    }
    for (size_t i = 0; i < found; i++) {
        assert_int_equal(files[i].path.ptr[files[i].path.len], 0);
        if (files[i].skipped.len)
            buf_format(&b, "%s: %.*s\n", files[i].path.ptr, STR_ARG(files[i].skipped));
        else
            buf_format(&b, "%s %lu\n", files[i].path.ptr, (unsigned long)files[i].size);
    }
    if (!str_eq(buf_str(&b), str_of(want)))
        fail_msg("%s:\n%.*swanted\n%s", name, STR_ARG(buf_str(&b)), want);
    buf_free(&b);
    arena_free(a);
}

#define LINK ": a symbolic link: name its target to have it read\n"

static void what_is_listed(void **state) {
    static const struct {
        const char *name;
        const char *paths[3];
        const char *want;
    } cases[] = {
        {"a file", {"d/b"}, "d/b 2\n"},
        {"a folder, in order of bytes", {"d"}, "d/B 1\nd/a-b 3\nd/a/z 0\nd/b 2\nd/\xc3\xa4 4\nd/\xff\n 5\n"},
        {"a slash behind it stays single", {"d/"}, "d/B 1\nd/a-b 3\nd/a/z 0\nd/b 2\nd/\xc3\xa4 4\nd/\xff\n 5\n"},
        {"the same twice is one", {"d/b", "d/b"}, "d/b 2\n"},
        {"a file and its folder", {"d/a/z", "d/a"}, "d/a/z 0\n"},
        {"in whatever order they are named", {"d/b", "d/B"}, "d/B 1\nd/b 2\n"},
        {"another spelling is another path", {"d/b", "./d/b"}, "./d/b 2\nd/b 2\n"},
        {"an empty folder", {"none"}, ""},
        {"a folder of its own is passed over", {"mine"}, "mine/f 1\n"},
        {"unless it is named", {"mine/own"}, "mine/own/g 2\n"},
        {"nothing named", {NULL}, ""},
        {"links are listed, not followed",
         {"links"},
         "links/down" LINK "links/file" LINK "links/nowhere" LINK "links/round" LINK},
        {"a link that is named is followed", {"links/file"}, "links/file 2\n"},
        {"a folder behind a link that is named", {"links/down"}, "links/down/z 0\n"},
        {"what is no file", {"odd"}, "odd/pipe: not a regular file\n"},
        {"a pipe that is named", {"odd/pipe"}, "odd/pipe: not a regular file\n"},
        {"hidden files are files", {"hidden"}, "hidden/.a 1\nhidden/.b/c 1\n"},
        {"not there", {"d/b", "nowhere"}, "error: nowhere: No such file or directory\n"},
        {"a link to nowhere that is named", {"links/nowhere"}, "error: links/nowhere: No such file or directory\n"},
        {"no name", {""}, "error: : No such file or directory\n"},
    };
    (void)state;

    put("d/b", 2);
    put("d/B", 1);
    put("d/a-b", 3);
    put("d/a/z", 0);
    put("d/\xc3\xa4", 4);
    put("d/\xff\n", 5);
    put("mine/f", 1);
    put("mine/own/g", 2);
    put("hidden/.a", 1);
    put("hidden/.b/c", 1);
    assert_int_equal(mkdir("none", 0700) | mkdir("links", 0700) | mkdir("odd", 0700), 0);
    assert_int_equal(
        symlink("../d/b", "links/file") | symlink("../nowhere", "links/nowhere") | symlink("../d/a", "links/down"), 0);
    assert_int_equal(symlink("..", "links/round") | mkfifo("odd/pipe", 0600), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count = 0;

        while (count < 3 && cases[i].paths[count])
            count++;
        walk_is(cases[i].name, cases[i].paths, count, false, cases[i].want);
        /* What a manifest names is told to be gone; all else is as it was. */
        if (strncmp(cases[i].want, "error", 5) != 0)
            walk_is(cases[i].name, cases[i].paths, count, true, cases[i].want);
    }
    walk_is("gone, among others", (const char *const[]){"nowhere", "d/b"}, 2, true,
            "d/b 2\nnowhere: No such file or directory\n");
    walk_is("all of them gone", (const char *const[]){"nowhere"}, 1, true, "nowhere: No such file or directory\n");
    walk_is("below what is a file", (const char *const[]){"d/b/c"}, 1, true, "d/b/c: Not a directory\n");
}

static void out_of_reach(void **state) {
    static const char *const paths[] = {"top"};
    bool const root = geteuid() == 0; /* reads everything: somebody else looks */
    (void)state;

    put("top/locked/x", 1);
    put("top/open", 1);
    assert_int_equal(chmod(".", 0755) | chmod("top", 0755) | chmod("top/open", 0644) | chmod("top/locked", 0), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    walk_is("a locked folder", paths, 1, false, "top/locked: Permission denied\ntop/open 1\n");
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("top/locked", 0700), 0);
}

/* 200 folders in each other are walked; what lies deeper is told, and its neighbours are read. */
static void too_deep(void **state) {
    static const char *const paths[] = {"n"};
    struct buf path = {0}, want = {0};
    (void)state;

    buf_byte(&path, 'n');
    for (int i = 0; i < 199; i++)
        buf_add(&path, S("/n"));
    put("n/a", 1);
    buf_format(&want, "n/a 1\n%.*s/n: folders too deep\n%.*s/z 3\n", STR_ARG(buf_str(&path)), STR_ARG(buf_str(&path)));
    size_t const len = path.len;

    buf_add(&path, S("/n/x"));
    buf_byte(&path, '\0');
    put(path.ptr, 1);
    path.len = len;
    buf_add(&path, S("/z"));
    buf_byte(&path, '\0');
    put(path.ptr, 3);
    buf_byte(&want, '\0');
    walk_is("deep", paths, 1, false, want.ptr);
    buf_free(&path);
    buf_free(&want);
}

static void many_files(void **state) {
    static const char *const paths[] = {"many"};
    struct arena *const a = arena_new(1 << 24);
    struct found_file *files;
    struct err e = {0};
    size_t count;
    (void)state;

    for (int i = 0; i < 3000; i++) {
        char path[32];

        snprintf(path, sizeof path, "many/%d", i);
        put(path, 0);
    }
    assert_true(walk_paths(paths, 1, NULL, 0, a, &files, &count, &e));
    assert_int_equal(count, 3000);
    for (size_t i = 1; i < count; i++)
        assert_true(str_cmp(files[i - 1].path, files[i].path) < 0);
    arena_free(a);
}

/* An arena that is a little larger each time: until the list fits it fails cleanly. */
static void every_allocation_may_fail(void **state) {
    static const char *const paths[] = {"d"};
    bool done = false;
    size_t failures = 0;
    (void)state;

    put("d/a", 1);
    put("d/b/c", 1);
    for (size_t limit = 0; !done; limit += 8) {
        struct arena *const a = arena_new(limit);
        struct found_file *files;
        struct err e = {0};
        size_t count;

        done = walk_paths(paths, 1, NULL, 0, a, &files, &count, &e);
        assert_true(done ? count == 2 : e.code == ERR_MEMORY || e.code == ERR_LIMIT);
        failures += !done;
        arena_free(a);
        assert_true(limit < 1 << 20);
    }
    assert_true(failures > 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_listed, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(out_of_reach, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(too_deep, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(many_files, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
