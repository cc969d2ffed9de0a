/* test_program: programs of the system and work of our own, run on a file: what they say, how they end, what ends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../folder.h"
#include "base/program.h"

static char *const no_words[] = {NULL};

/* A file "input" that holds TEXT, and the folder "room". */
#define TEXT "what is read\n"

static int begin(void **state) {
    int const fd = folder_enter(state) == 0 ? open("input", O_WRONLY | O_CREAT, 0600) : -1;
    bool const ok = fd >= 0 && write(fd, TEXT, strlen(TEXT)) == (ssize_t)strlen(TEXT) && mkdir("room", 0700) == 0;

    if (fd >= 0)
        close(fd);
    return !ok;
}

/* Usual bounds; program: its path, or NULL. */
static struct program usual(const char *program) {
    struct program p = {.words = no_words, .wall_s = 20, .said_max = 4096, .stop = -1};

    p.may = (struct confine_program){.program = program ? open(program, O_PATH | O_CLOEXEC) : -1,
                                     .input = open("input", O_RDONLY | O_CLOEXEC),
                                     .folder = open("room", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                     .file_max = 1 << 20,
                                     .data_max = (size_t)256 << 20,
                                     .cpu_s = 20};
    assert_true((!program || p.may.program >= 0) && p.may.input >= 0 && p.may.folder >= 0);
    return p;
}

static void let_go(struct program *p, struct program_end *end) {
    if (p->may.program >= 0)
        close(p->may.program);
    if (p->may.folder >= 0)
        close(p->may.folder);
    close(p->may.input);
    buf_free(&end->said);
}

static void run(struct program *p, struct program_end *end) {
    struct program_run running;
    struct err e = {0};

    if (!program_start(&running, p, &e))
        fail_msg("%s", e.text);
    program_wait(&running, end);
}

static const struct {
    const char *name, *program;
    char *arguments[5];
    const char *said, *how;
} cases[] = {
    {"reads its file", "/bin/cat", {"cat", "/proc/self/fd/3"}, TEXT, ""},
    {"says nothing", "/bin/true", {"true"}, "", ""},
    {"has nothing to read but the file", "/bin/cat", {"cat"}, "", ""},
    {"fails", "/bin/false", {"false"}, "", "ended with status 1"},
    {"complains, and is heard",
     "/bin/cat",
     {"cat", "nothing"},
     "cat: nothing: No such file or directory\n",
     "ended with status 1"},
    {"stands in the folder, and makes folders there", "/bin/mkdir", {"mkdir", "inner"}, "", ""},
    {"has no words of ours", "/usr/bin/env", {"env"}, "", ""},
};

static void programs(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct program p = usual(cases[i].program);
        struct program_end end;

        p.arguments = cases[i].arguments;
        run(&p, &end);
        if (!str_eq(buf_str(&end.said), str_of(cases[i].said)) || strcmp(end.how, cases[i].how) != 0 || end.why[0] ||
            end.stopped || end.unheard)
            fail_msg("%s: said \"%.*s\", %s, %s", cases[i].name, STR_ARG(buf_str(&end.said)), end.how, end.why);
        let_go(&p, &end);
    }
    assert_int_equal(access("room/inner", F_OK), 0);
}

static void without_a_folder(void **state) {
    struct program p = usual("/bin/cat"), maker = usual("/bin/mkdir");
    struct program_end end;
    (void)state;

    close(p.may.folder);
    p.may.folder = -1;
    p.arguments = (char *[]){"cat", "/proc/self/fd/3", NULL};
    run(&p, &end);
    assert_true(str_eq(buf_str(&end.said), S(TEXT)) && !end.how[0]);
    let_go(&p, &end);
    close(maker.may.folder);
    maker.may.folder = -1;
    maker.arguments = (char *[]){"mkdir", "/tmp/longwatch-program", NULL};
    run(&maker, &end);
    assert_string_equal(end.how, "ended with status 1");
    let_go(&maker, &end);
}

/* ---- work of our own ---- */

static void work_prints(void *ctx) {
    char text[64] = "";

    (void)!read(PROGRAM_INPUT, text, sizeof text - 1);
    printf("%s%s", (const char *)ctx, text);
}

static void work_crashes(void *ctx) {
    (void)ctx;
    signal(SIGSEGV, SIG_DFL); /* the test has one of its own */
    raise(SIGSEGV);
}

static void work_sleeps(void *ctx) {
    (void)ctx;
    printf("asleep\n");
    fflush(stdout);
    for (;;)
        sleep(1000);
}

static void work_spins(void *ctx) {
    (void)ctx;
    for (volatile int i = 0;; i = !i)
        continue;
}

static void work_writes(void *ctx) {
    static char bytes[1 << 16];
    int const fd = openat(PROGRAM_FOLDER, "file", O_WRONLY | O_CREAT, 0600);

    (void)ctx;
    while (write(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void work_floods(void *ctx) {
    (void)ctx;
    for (;;)
        printf("%0999d\n", 0);
}

static void work_says_much(void *ctx) {
    (void)ctx;
    for (int i = 0; i < 10; i++)
        printf("%0999d\n", i);
}

/* As much as it may, and no more, however much its parent holds. */
static void work_takes_memory(void *ctx) {
    (void)ctx;
    for (int i = 0; i < 512; i++)
        if (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
            printf(i > 200 ? "enough\n" : "%d\n", i);
            return;
        }
    printf("too much\n");
}

static bool not_for_long(void *ctx, char *why, size_t room) {
    snprintf(why, room, "asked %d times", ++*(int *)ctx);
    return *(int *)ctx < 2;
}

static const struct {
    const char *name;
    void (*work)(void *ctx);
    const char *said, *how, *why;
} works[] = {
    {"reads and prints", work_prints, "here: " TEXT, "", ""},
    {"crashes", work_crashes, "", "was ended by signal 11 (Segmentation fault)", ""},
    {"sleeps", work_sleeps, "asleep\n", "", "it took more than 1 seconds"},
    {"spins", work_spins, "", "was ended by signal 24 (more time than it may take)", ""},
    {"writes too much", work_writes, "", "was ended by signal 25 (more bytes than may come out)", ""},
    {"says without end", work_floods, NULL, "", "it said more than 262144 bytes"},
#ifndef ADDRESS_SANITIZER
    {"takes memory", work_takes_memory, "enough\n", "", ""},
#endif
};

static void work_of_our_own(void **state) {
    char *volatile const held = malloc((size_t)300 << 20); /* more than the work may take */
    (void)state;

    assert_non_null(held);
    for (size_t i = 0; i < COUNT(works); i++) {
        struct program p = usual(NULL);
        struct program_end end;

        p.work = works[i].work;
        p.ctx = (void *)(uintptr_t) "here: ";
        p.may.cpu_s = works[i].work == work_spins ? 1 : 20;
        p.wall_s = works[i].work == work_sleeps ? 1 : 20;
        run(&p, &end);
        if ((works[i].said && !str_eq(buf_str(&end.said), str_of(works[i].said))) ||
            strcmp(end.how, works[i].how) != 0 || strcmp(end.why, works[i].why) != 0)
            fail_msg("%s: said \"%.*s\", %s, %s", works[i].name, STR_ARG(buf_str(&end.said)), end.how, end.why);
        let_go(&p, &end);
    }
    free(held);
}

static void what_is_not_kept_is_counted(void **state) {
    struct program p = usual(NULL);
    struct program_end end;
    (void)state;

    p.work = work_says_much;
    run(&p, &end);
    assert_int_equal(end.said.len, 4096);
    assert_int_equal(end.unheard, 10000 - 4096);
    let_go(&p, &end);
}

static void somebody_asks(void **state) {
    struct program p = usual(NULL);
    struct program_end end;
    int asked = 0;
    (void)state;

    p.work = work_sleeps;
    p.goes_on = not_for_long;
    p.ctx = &asked;
    run(&p, &end);
    assert_string_equal(end.why, "asked 2 times");
    let_go(&p, &end);
}

static void stopped(void **state) {
    struct program p = usual(NULL);
    struct program_end end;
    int ends[2];
    (void)state;

    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    p.work = work_sleeps;
    p.stop = ends[0];
    run(&p, &end);
    assert_true(end.stopped && !end.why[0] && !end.how[0]);
    close(ends[0]);
    let_go(&p, &end);
}

static void no_program(void **state) {
    struct program p = usual("input");
    struct program_run running;
    struct program_end end = {0};
    struct err e = {0};
    (void)state;

    p.arguments = (char *[]){"input", NULL};
    assert_false(program_start(&running, &p, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_string_equal(e.text, "input cannot be run: Permission denied");
    let_go(&p, &end);
}

static void no_process(void **state) {
    struct program p = usual("/bin/true");
    struct program_run running;
    struct program_end end = {0};
    struct rlimit before;
    struct err e = {0};
    (void)state;

    p.arguments = (char *[]){"true", NULL};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t most = (rlim_t)p.may.folder + 1; most <= (rlim_t)p.may.folder + 4; most++) { /* neither pipe, or one */
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){most, before.rlim_max}), 0);
        e = (struct err){0};
        assert_false(program_start(&running, &p, &e));
        assert_int_equal(e.code, ERR_IO);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    run(&p, &end);
    let_go(&p, &end);
}

/* A kernel without Landlock says that there is no such call. */
static void without_landlock(void **state) {
    pid_t const pid = fork();
    int status;
    (void)state;

    if (pid == 0) {
        struct program p = usual("/bin/true");
        struct program_run running;
        struct err e = {0};
        scmp_filter_ctx const f = seccomp_init(SCMP_ACT_ALLOW);

        p.arguments = (char *[]){"true", NULL};
        if (seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 ||
            seccomp_load(f) != 0)
            _exit(2);
        _exit(program_start(&running, &p, &e) || e.code != ERR_UNSUPPORTED || !strstr(e.text, "Linux 5.13") ||
              !strstr(e.text, "Landlock"));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, folder_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(programs),      IN_A_FOLDER(without_a_folder), IN_A_FOLDER(work_of_our_own),
        IN_A_FOLDER(somebody_asks), IN_A_FOLDER(stopped),          IN_A_FOLDER(what_is_not_kept_is_counted),
        IN_A_FOLDER(no_program),    IN_A_FOLDER(no_process),       IN_A_FOLDER(without_landlock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
