/* test_confine: what a confined process cannot do any more, and what it still can. Each case is a child of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

#define MEMORY ((size_t)64 << 20)

static bool opens(void) {
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool creates(void) {
    return open("/tmp/longwatch-confined", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool runs(void) {
    return execl("/bin/true", "true", (char *)NULL) == 0;
}

static bool connects(void) {
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool forks(void) {
    return fork() >= 0;
}

static bool signals_others(void) {
    return kill(getppid(), 0) == 0;
}

static bool executable_memory(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool makes_executable(void) {
    void *const page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* Volatile: the compiler knows what malloc is, and that nobody looks. */
static bool too_much_memory(void) {
    char *volatile const p = malloc(4 * MEMORY);

    return p != NULL;
}

static bool some_memory(void) {
    char *volatile const p = malloc(MEMORY / 4);

    return p && memset(p, 1, MEMORY / 4) != NULL;
}

static int kept;

static bool reads_what_it_holds(void) {
    char c;
    struct stat st;

    return pread(kept, &c, 1, 0) == 1 && fstat(kept, &st) == 0;
}

static bool tells_time(void) {
    struct timespec t;

    return clock_gettime(CLOCK_REALTIME, &t) == 0;
}

static const struct {
    const char *name;
    bool (*does)(void);
    bool may;
    bool not_sanitized; /* the address sanitizer needs what is asked for */
} cases[] = {
    {"opens a file", opens, false, false},
    {"creates a file", creates, false, false},
    {"runs a program", runs, false, false},
    {"connects", connects, false, false},
    {"forks", forks, false, false},
    {"signals its parent", signals_others, false, false},
    {"maps executable memory", executable_memory, false, true},
    {"makes memory executable", makes_executable, false, true},
    {"takes more memory than it may", too_much_memory, false, true},
    {"takes some memory", some_memory, true, false},
    {"reads what it holds", reads_what_it_holds, true, false},
    {"tells the time", tells_time, true, false},
};

static void can_and_cannot(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    bool const sanitized = true;
#else
    bool const sanitized = false;
#endif
    assert_true((kept = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) >= 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status;
        pid_t pid;

        if (sanitized && cases[i].not_sanitized)
            continue;
        if ((pid = fork()) == 0) {
            struct err e;

            if (!confine_self(MEMORY, &e))
                _exit(2);
            _exit(cases[i].does() ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        bool const did = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        bool const refused =
            (WIFEXITED(status) && WEXITSTATUS(status) == 1) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);

        if (cases[i].may ? !did : !refused)
            fail_msg("a confined process that %s: status %#x", cases[i].name, (unsigned)status);
    }
    close(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(can_and_cannot)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
