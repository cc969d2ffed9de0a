/* test_channel: bytes and open files between two ends; ends that are gone; nothing is left open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"

static size_t files_open(void) {
    DIR *const dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static int ends[2];
static size_t open_before;

static int begin(void **state) {
    struct err e = {0};

    (void)state;
    open_before = files_open();
    return channel_pair(ends, &e) ? 0 : -1;
}

static void shut(int which) {
    if (ends[which] >= 0)
        close(ends[which]);
    ends[which] = -1;
}

/* Whatever came in was taken or closed. */
static int end(void **state) {
    (void)state;
    shut(0);
    shut(1);
    return files_open() == open_before ? 0 : -1;
}

static void closed_on_exec(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
}

static void both_ways(void **state) {
    struct err e = {0};
    char got[8];
    bool closed = true;
    int fd = 7;
    (void)state;

    assert_true(channel_send(ends[0], S("one\0two"), -1, &e) && channel_send(ends[1], S("back"), -1, &e));
    assert_true(channel_send(ends[0], S(""), -1, &e)); /* nothing */
    assert_true(channel_take(ends[1], got, 3, &fd, &closed, &e));
    assert_true(memcmp(got, "one", 3) == 0 && fd == -1 && !closed);
    assert_true(channel_take(ends[1], got, 0, NULL, &closed, &e));
    assert_true(channel_take(ends[1], got, 4, NULL, &closed, &e) && memcmp(got, "\0two", 4) == 0);
    assert_true(channel_take(ends[0], got, 4, NULL, &closed, &e) && memcmp(got, "back", 4) == 0);
}

/* The file is another descriptor of the same pipe, and closes on exec. */
static void a_file_goes_along(void **state) {
    struct err e = {0};
    char got[8];
    bool closed;
    int fd, through[2];
    (void)state;

    assert_int_equal(pipe(through), 0);
    assert_true(channel_send(ends[0], S("file"), through[1], &e));
    close(through[1]);
    assert_true(channel_take(ends[1], got, 4, &fd, &closed, &e));
    assert_true(fd >= 0 && memcmp(got, "file", 4) == 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(through[0], got, 1), 1);
    close(fd);
    close(through[0]);
}

static void files_nobody_asked_for_are_closed(void **state) {
    struct err e = {0};
    char got[8];
    bool closed;
    int fd;
    (void)state;

    assert_true(channel_send(ends[0], S("ab"), ends[0], &e) && channel_send(ends[0], S("cd"), ends[0], &e));
    assert_true(channel_take(ends[1], got, 1, NULL, &closed, &e));
    assert_true(channel_take(ends[1], got, 3, &fd, &closed, &e) && fd >= 0); /* bytes of both: the second's file */
    close(fd);
    assert_true(channel_send(ends[0], S("ab"), ends[0], &e) && channel_send(ends[0], S("cd"), ends[0], &e));
    assert_true(channel_take(ends[1], got, 4, &fd, &closed, &e) && fd >= 0); /* two files: the first is kept */
    close(fd);
    assert_true(channel_send(ends[0], S("ab"), ends[0], &e));
    size_t n;

    assert_true(channel_some(ends[1], got, sizeof got, &n, &e) && n == 2);
}

/* A process that was taken over sends as many files as it likes in one message. */
static void many_files_at_once_are_closed(void **state) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(8 * sizeof(int))];
    } control;
    (void)state;

    for (size_t count = 1; count <= 8; count++)
        for (int asked = 0; asked < 2; asked++) {
            struct iovec part = {(char[]){'x'}, 1};
            struct msghdr m = {.msg_iov = &part,
                               .msg_iovlen = 1,
                               .msg_control = control.room,
                               .msg_controllen = CMSG_SPACE(count * sizeof(int))};
            struct cmsghdr *const c = CMSG_FIRSTHDR(&m);
            struct err e = {0};
            bool closed;
            char got;
            int fd = -1;
            size_t const before = files_open();

            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(count * sizeof(int));
            for (size_t i = 0; i < count; i++)
                memcpy(CMSG_DATA(c) + i * sizeof(int), &ends[0], sizeof(int));
            assert_int_equal(sendmsg(ends[0], &m, 0), 1);
            assert_true(channel_take(ends[1], &got, 1, asked ? &fd : NULL, &closed, &e));
            if (asked) {
                assert_true(fd >= 0);
                close(fd);
            }
            if (files_open() != before)
                fail_msg("%zu files: %zu stay open", count, files_open() - before);
        }
}

static void the_other_end_is_gone(void **state) {
    struct err e = {0};
    char got[8];
    bool closed;
    size_t n = 9;
    (void)state;

    assert_true(channel_send(ends[0], S("abc"), -1, &e));
    shut(0);
    assert_false(channel_take(ends[1], got, 4, NULL, &closed, &e)); /* in the middle */
    assert_int_equal(e.code, ERR_TRUNCATED);
    assert_false(closed);
    assert_false(channel_take(ends[1], got, 4, NULL, &closed, &e)); /* before the first byte */
    assert_true(closed);
    assert_true(channel_some(ends[1], got, 4, &n, &e) && n == 0);
    assert_false(channel_send(ends[1], S("x"), -1, &e)); /* and no signal */
    assert_int_equal(e.code, ERR_IO);
}

static void no_channel(void **state) {
    struct err e = {0};
    bool closed;
    char got;
    size_t n;
    (void)state;

    assert_false(channel_send(-1, S("x"), -1, &e));
    assert_int_equal(e.code, ERR_IO);
    e = (struct err){0};
    assert_false(channel_take(-1, &got, 1, NULL, &closed, &e));
    assert_true(e.code == ERR_IO && !closed);
    e = (struct err){0};
    assert_false(channel_some(-1, &got, 1, &n, &e));
    assert_int_equal(e.code, ERR_IO);
    e = (struct err){0};
    assert_false(channel_send(ends[0], S("x"), 987654, &e)); /* no such file */
    assert_int_equal(e.code, ERR_IO);
}

static void what_there_is(void **state) {
    struct err e = {0};
    char got[8];
    size_t n;
    (void)state;

    assert_true(channel_send(ends[0], S("abcdef"), -1, &e));
    assert_true(channel_some(ends[1], got, 4, &n, &e) && n == 4 && memcmp(got, "abcd", 4) == 0);
    assert_true(channel_some(ends[1], got, 4, &n, &e) && n == 2 && memcmp(got, "ef", 2) == 0);
}

/* More than the socket holds, in one call on each side, with signals in between. */
static void on_signal(int number) {
    (void)number;
}

static void much_at_once(void **state) {
    enum { MUCH = 8 << 20 };
    struct sigaction const act = {.sa_handler = on_signal}; /* no SA_RESTART: calls are interrupted */
    struct err e = {0};
    char *const bytes = malloc(MUCH);
    bool closed;
    int status;
    (void)state;

    assert_non_null(bytes);
    sigaction(SIGUSR1, &act, NULL);
    pid_t const parent = getpid(), child = fork();

    if (child == 0) {
        for (size_t i = 0; i < MUCH; i++)
            bytes[i] = (char)(i * 31 >> 3);
        for (int i = 0; i < 20; i++) {
            kill(parent, SIGUSR1);
            usleep(500);
        }
        _exit(channel_send(ends[0], (str){bytes, MUCH}, -1, &e) ? 0 : 1);
    }
    assert_true(child > 0);
    assert_true(channel_take(ends[1], bytes, MUCH, NULL, &closed, &e));
    for (size_t i = 0; i < MUCH; i++)
        if (bytes[i] != (char)(i * 31 >> 3))
            fail_msg("byte %zu is another", i);
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    free(bytes);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(closed_on_exec),
        CASE(both_ways),
        CASE(a_file_goes_along),
        CASE(files_nobody_asked_for_are_closed),
        CASE(many_files_at_once_are_closed),
        CASE(the_other_end_is_gone),
        CASE(no_channel),
        CASE(what_there_is),
        CASE(much_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
