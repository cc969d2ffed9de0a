/* test_input: windows of a file, wherever they lie and however large; a file that is none, shrinks, or cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/input.h"

#define SIZE ((size_t)3 << 20)

static char byte_at(uint64_t i) {
    return (char)(i * 2654435761u >> 16);
}

/* Every test has a directory of its own and stands in it; "file" is SIZE bytes, "empty" none. */
static int enter(void **state) {
    char *const bytes = malloc(SIZE);
    FILE *f;

    if (folder_enter(state) != 0 || !bytes)
        return -1;
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = byte_at(i);
    f = fopen("file", "wx");
    if (!f || fwrite(bytes, 1, SIZE, f) != SIZE || fclose(f) != 0 || !(f = fopen("empty", "wx")) || fclose(f) != 0)
        return -1;
    free(bytes);
    return 0;
}

static void window_is(struct file_input *f, const char *name, uint64_t offset, size_t want) {
    str view;
    struct err e = {0};
    uint64_t const left = offset < SIZE ? SIZE - offset : 0;

    if (!f->input.window(&f->input, offset, want, &view, &e))
        fail_msg("%s: %s", name, e.text);
    if (view.len < (want < left ? want : left) || view.len > left)
        fail_msg("%s: %zu bytes at %lu", name, view.len, (unsigned long)offset);
    for (size_t i = 0; i < view.len; i++)
        if (view.ptr[i] != byte_at(offset + i))
            fail_msg("%s: another byte at %lu+%zu", name, (unsigned long)offset, i);
}

static const struct {
    const char *name;
    uint64_t offset;
    size_t want;
} windows[] = {
    {"the beginning", 0, 4096},
    {"nothing", 0, 0},
    {"a byte", 0, 1},
    {"the same again", 0, 4096},
    {"overlapping", 4000, 4096},
    {"within what is there", 4100, 10},
    {"across what is there", 262000, 1000},
    {"larger than is read at once", 1000, 1 << 20},
    {"far on", 2 << 20, 100},
    {"back", 5, 100},
    {"nothing, elsewhere", 1 << 20, 0},
    {"the last byte", SIZE - 1, 1},
    {"beyond the last byte", SIZE - 1, 100},
    {"at the end", SIZE, 1},
    {"at the end, nothing", SIZE, 0},
    {"behind the end", SIZE + 12345, 100},
    {"far behind the end", UINT64_C(1) << 62, 1},
    {"back from there", 17, 70000},
    {"the largest", 0, INPUT_WANT_MAX},
    {"the largest, in the middle", SIZE / 2, INPUT_WANT_MAX},
};

static void windows_of_a_file(void **state) {
    struct file_input f = {0};
    struct err e = {0};
    (void)state;

    assert_true(file_input_open(&f, "file", &e));
    assert_true(f.input.size == SIZE);
    for (size_t i = 0; i < COUNT(windows); i++)
        window_is(&f, windows[i].name, windows[i].offset, windows[i].want);
    for (size_t i = 0; i < COUNT(windows); i++)
        for (size_t k = 0; k < COUNT(windows); k++) { /* one after any other */
            window_is(&f, windows[i].name, windows[i].offset, windows[i].want);
            window_is(&f, windows[k].name, windows[k].offset, windows[k].want);
        }
    file_input_close(&f);
    file_input_close(&f); /* closed already */
}

static void steps_of_every_size(void **state) {
    (void)state;
    for (size_t step = 1; step < 400000; step = step * 5 + 3) {
        struct file_input f = {0};
        struct err e = {0};

        assert_true(file_input_open(&f, "file", &e));
        for (uint64_t at = SIZE - SIZE / 8; at < SIZE + 2 * step; at += step < 3000 ? 3000 : step)
            window_is(&f, "step", at, step);
        file_input_close(&f);
    }
}

static void no_files(void **state) {
    static const struct {
        const char *name, *path, *says;
    } paths[] = {
        {"not there", "nowhere", "nowhere: No such file or directory"},
        {"a folder", "folder", "folder: not a regular file"},
        {"a pipe", "pipe", "pipe: not a regular file"},
        {"a device", "/dev/null", "/dev/null: not a regular file"},
        {"below a file", "file/x", "file/x: Not a directory"},
        {"no name", "", ": No such file or directory"},
    };
    struct file_input f = {0};
    (void)state;

    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0); /* nobody writes to it: opening must not wait */
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct err e = {0};

        if (file_input_open(&f, paths[i].path, &e) || e.code != ERR_IO || strcmp(e.text, paths[i].says) != 0)
            fail_msg("%s: %s", paths[i].name, e.text);
    }
    struct err e = {0};

    assert_false(file_input_of(&f, -1, &e));
    assert_int_equal(e.code, ERR_IO);
}

/* A file that is only written to cannot be read: the error has the place. */
static void read_fails(void **state) {
    int const fd = open("file", O_WRONLY);
    struct file_input f = {0};
    struct err e = {0};
    uint8_t hash[SHA256_SIZE];
    str view;
    (void)state;

    assert_true(fd >= 0);
    assert_true(file_input_of(&f, fd, &e));
    assert_false(f.input.window(&f.input, 100, 10, &view, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.offset, 100);
    assert_string_equal(e.text, "read at 100: Bad file descriptor");
    assert_false(file_input_hash(&f, hash, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_IO);
    file_input_close(&f);
    assert_int_equal(fcntl(fd, F_GETFD), 0); /* it stays its owner's */
    close(fd);
}

/* It ends early; what was read stays. */
static void the_file_shrinks(void **state) {
    struct file_input f = {0};
    struct err e = {0};
    str view;
    (void)state;

    assert_true(file_input_open(&f, "file", &e));
    window_is(&f, "before", 0, 100);
    assert_int_equal(truncate("file", 1000), 0);
    assert_true(f.input.window(&f.input, 1 << 20, 100, &view, &e));
    assert_int_equal(view.len, 0);
    assert_true(f.input.window(&f.input, 900, 400, &view, &e));
    assert_int_equal(view.len, 100);
    assert_true(f.input.size == SIZE);
    file_input_close(&f);
}

/* Memory is out: an error with its place, and the input can be closed. Address space stands for memory. */
static void memory_is_out(void **state) {
    struct file_input f = {0};
    struct rlimit before;
    struct err e = {0};
    str view;
    bool ok;
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    print_message("SKIP: the sanitizer needs address space of its own\n");
    skip();
#endif
    assert_true(file_input_open(&f, "file", &e));
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_AS, &(struct rlimit){1 << 20, before.rlim_max}), 0);
    ok = f.input.window(&f.input, 7, INPUT_WANT_MAX, &view, &e);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_false(ok);
    assert_int_equal(e.code, ERR_MEMORY);
    assert_int_equal(e.offset, 7);
    window_is(&f, "after", 7, 100);
    file_input_close(&f);
}

struct ticks {
    uint64_t bytes, calls, stop_at;
};

static bool tick(void *ctx, uint64_t bytes) {
    struct ticks *const t = ctx;

    t->bytes += bytes;
    return ++t->calls != t->stop_at;
}

static void hashes(void **state) {
    static const struct {
        const char *path, *sha256;
    } files[] = {
        {"empty",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, /* FIPS 180-4, as everyone has it */
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}, /* its example */
    };
    FILE *const abc = fopen("abc", "wx");
    struct file_input f = {0};
    struct err e = {0};
    uint8_t hash[SHA256_SIZE], again[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    (void)state;

    assert_true(abc && fputs("abc", abc) >= 0 && fclose(abc) == 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        assert_true(file_input_open(&f, files[i].path, &e));
        assert_true(file_input_hash(&f, hash, NULL, NULL, &e));
        sha256_hex(hash, hex);
        assert_string_equal(hex, files[i].sha256);
        file_input_close(&f);
    }
    struct ticks t = {0};

    assert_true(file_input_open(&f, "file", &e));
    assert_true(file_input_hash(&f, hash, tick, &t, &e));
    assert_true(t.bytes == SIZE);
    window_is(&f, "after hashing", 10, 10);
    assert_true(file_input_hash(&f, again, NULL, NULL, &e)); /* from the beginning, wherever it stood */
    assert_memory_equal(hash, again, SHA256_SIZE);
    t = (struct ticks){.stop_at = 2};
    assert_false(file_input_hash(&f, again, tick, &t, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_int_equal(t.calls, 2);
    file_input_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(windows_of_a_file, enter, folder_leave),
        cmocka_unit_test_setup_teardown(steps_of_every_size, enter, folder_leave),
        cmocka_unit_test_setup_teardown(no_files, enter, folder_leave),
        cmocka_unit_test_setup_teardown(read_fails, enter, folder_leave),
        cmocka_unit_test_setup_teardown(the_file_shrinks, enter, folder_leave),
        cmocka_unit_test_setup_teardown(memory_is_out, enter, folder_leave),
        cmocka_unit_test_setup_teardown(hashes, enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
