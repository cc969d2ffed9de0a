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

#include "../folder.h"
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

static bool maps(int flags, int fd) {
    return mmap(NULL, 4096, PROT_READ | (fd < 0 ? PROT_WRITE : 0), flags, fd, 0) != MAP_FAILED;
}

static bool shared_memory(void) {
    return maps(MAP_SHARED | MAP_ANONYMOUS, -1);
}

static bool stack_memory(void) {
    return maps(MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1);
}

static bool private_memory(void) {
    return maps(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int kept;

static bool maps_what_it_holds(void) {
    return maps(MAP_SHARED, kept) && maps(MAP_PRIVATE, kept);
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
    {"maps memory that is shared", shared_memory, false, true},
    {"maps memory that grows downwards", stack_memory, false, true},
    {"maps memory of its own", private_memory, true, false},
    {"maps what it holds", maps_what_it_holds, true, false},
    {"takes more memory than it may", too_much_memory, false, true},
    {"takes some memory", some_memory, true, false},
    {"reads what it holds", reads_what_it_holds, true, false},
    {"tells the time", tells_time, true, false},
};

/* ---- a program of somebody else's ---- */

static bool is_told(int command, long argument) {
    return fcntl(1, command, argument) == 0;
}

static bool owns_signals(void) {
    return is_told(F_SETOWN, getppid());
}

static bool owns_signals_of_threads(void) {
    struct f_owner_ex const who = {F_OWNER_PID, getppid()};

    return fcntl(1, F_SETOWN_EX, &who) == 0;
}

static bool chooses_a_signal(void) {
    return is_told(F_SETSIG, SIGKILL);
}

static bool is_signalled(void) {
    return is_told(F_SETFL, O_WRONLY | O_ASYNC);
}

static bool leases(void) {
    return is_told(F_SETLEASE, F_RDLCK);
}

static bool does_not_wait(void) {
    return is_told(F_SETFL, O_NONBLOCK) && (fcntl(1, F_GETFL) & O_NONBLOCK);
}

static bool copies_descriptors(void) {
    int const copy = fcntl(1, F_DUPFD, 10), closed = fcntl(1, F_DUPFD_CLOEXEC, 10);

    return copy >= 10 && closed >= 10 && fcntl(copy, F_GETFD) == 0 && fcntl(copy, F_SETFD, FD_CLOEXEC) == 0;
}

static bool makes_a_file(void) {
    return open("made", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0;
}

static bool makes_a_file_without_a_name(void) {
    return open(".", O_WRONLY | O_TMPFILE, 0600) >= 0;
}

static bool removes(void) {
    return makes_a_file() && unlink("made") == 0;
}

static bool renames(void) {
    return makes_a_file() && rename("made", "renamed") == 0;
}

static bool renames_over(void) {
    return makes_a_file() && renameat2(AT_FDCWD, "made", AT_FDCWD, "there", 0) == 0;
}

static bool removes_a_folder(void) {
    return rmdir("inner") == 0;
}

static const struct {
    const char *name;
    bool (*does)(void);
    bool may, replaces;
} program_cases[] = {
    {"opens a file", opens, false, false},
    {"creates a file elsewhere", creates, false, false},
    {"makes a file", makes_a_file, true, false},
    {"reads what it holds", reads_what_it_holds, true, false},
    {"runs a program", runs, false, false},
    {"connects", connects, false, false},
    {"forks", forks, false, false},
    {"signals its parent", signals_others, false, false},
    {"has its parent told of what comes", owns_signals, false, false},
    {"has its parent told, by its process", owns_signals_of_threads, false, false},
    {"chooses the signal", chooses_a_signal, false, false},
    {"asks for signals", is_signalled, false, false},
    {"holds others up", leases, false, false},
    {"does not wait", does_not_wait, true, false},
    {"copies descriptors", copies_descriptors, true, false},
    {"maps memory that is shared", shared_memory, false, false},
    {"maps memory that grows downwards", stack_memory, false, false},
    {"maps memory of its own", private_memory, true, false},
    {"maps what it holds", maps_what_it_holds, true, false},
    {"makes a file without a name", makes_a_file_without_a_name, false, false},
    {"removes", removes, false, false},
    {"renames", renames, false, false},
    {"renames over another", renames_over, false, false},
    {"removes a folder", removes_a_folder, false, false},
    {"replaces, and makes a file without a name", makes_a_file_without_a_name, false, true},
    {"replaces, and removes", removes, true, true},
    {"replaces, and renames", renames, true, true},
    {"replaces, and renames over another", renames_over, true, true},
    {"replaces, and removes a folder", removes_a_folder, false, true},
};

/* With nothing to execute: what stands here does it. */
static void a_program_can_and_cannot(void **state) {
    struct err e = {0};
    (void)state;

    assert_true((kept = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) >= 0);
    for (size_t i = 0; i < COUNT(program_cases); i++) {
        int said[2], status;
        pid_t pid;

        assert_int_equal(system("rm -rf folder; mkdir -p folder/inner; touch folder/there"), 0);
        assert_int_equal(pipe(said), 0);
        if ((pid = fork()) == 0) {
            struct confine_program const limits = {.program = -1,
                                                   .input = kept,
                                                   .folder = open("folder", O_RDONLY | O_DIRECTORY),
                                                   .replaces = program_cases[i].replaces,
                                                   .file_max = 1 << 20,
                                                   .data_max = (size_t)1 << 30,
                                                   .cpu_s = 10};

            if (dup2(said[1], 1) < 0 || fchdir(limits.folder) != 0 || !confine_program(&limits, &e))
                _exit(2);
            _exit(program_cases[i].does() ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != (program_cases[i].may ? 0 : 1))
            fail_msg("a program that %s: status %#x", program_cases[i].name, (unsigned)status);
        close(said[0]);
        close(said[1]);
    }
    close(kept);
}

static void can_and_cannot(void **state) {
    (void)state;
#ifdef ADDRESS_SANITIZER
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(can_and_cannot),
        cmocka_unit_test_setup_teardown(a_program_can_and_cannot, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
