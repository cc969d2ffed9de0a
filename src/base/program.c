/* program: fork, confine, exec; then poll, look, waitpid. */
#include "base/program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"

#define DESCRIPTORS_MAX 16u
#define SAID_TIMES_MAX 64u
#define SECOND_MS 1000

/* Behind those that stay: the program, and a pipe for why it was not started, both closed by exec. */
enum { CHILD_PROGRAM = 5, CHILD_FAILS = 6 };

bool program_descriptors(const int from[], size_t count) {
    int high[DESCRIPTORS_MAX];

    assert(count <= DESCRIPTORS_MAX);
    for (size_t i = 0; i < count; i++)
        if ((high[i] = fcntl(from[i], F_DUPFD, DESCRIPTORS_MAX)) < 0)
            return false;
    for (size_t i = 0; i < count; i++)
        if (dup2(high[i], (int)i) < 0)
            return false;
    return close_range((unsigned)count, ~0u, 0) == 0;
}

/* What has no descriptor of its own has the empty one. */
static bool child_prepare(const struct program *p, int said, int *fails, struct err *e) {
    int const none = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int const folder = p->may.folder < 0 ? none : p->may.folder, program = p->may.program < 0 ? none : p->may.program;
    int const from[] = {none, said, said, p->may.input, folder, program, *fails};
    struct confine_program may = p->may;

    may.input = PROGRAM_INPUT;
    may.folder = p->may.folder < 0 ? -1 : PROGRAM_FOLDER;
    may.program = p->may.program < 0 ? -1 : CHILD_PROGRAM;
    umask(077);
    if (!program_descriptors(from, COUNT(from)))
        return err_system(e, "no descriptors for a program");
    *fails = CHILD_FAILS;
    fcntl(CHILD_PROGRAM, F_SETFD, FD_CLOEXEC);
    fcntl(CHILD_FAILS, F_SETFD, FD_CLOEXEC);
    if (may.folder < 0 ? chdir("/") != 0 : fchdir(PROGRAM_FOLDER) != 0)
        return err_system(e, "the folder of a program cannot be entered");
    return confine_program(&may, e);
}

static _Noreturn void child(const struct program *p, int said, int fails) {
    struct err e = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent decides when it is over */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (child_prepare(p, said, &fails, &e)) {
        if (p->may.program < 0) {
            close(fails);
            p->work(p->ctx);
            fflush(stdout);
            _exit(0);
        }
        execveat(CHILD_PROGRAM, "", p->arguments, p->words, AT_EMPTY_PATH);
        err_set(&e, ERR_UNSUPPORTED, 0, "%s cannot be run: %s", p->arguments[0], strerrordesc_np(errno));
    }
    (void)!write(fails, &e, sizeof e); /* less than a pipe takes at once */
    _exit(1);
}

bool program_start(struct program_run *run, const struct program *p, struct err *e) {
    int said[2], fails[2];
    size_t got = 0;
    ssize_t n;
    struct err why = {0};

    if (pipe2(said, O_CLOEXEC) != 0)
        return err_system(e, "no process to run a program in");
    if (pipe2(fails, O_CLOEXEC) != 0) {
        err_system(e, "no process to run a program in");
        close(said[0]);
        close(said[1]);
        return false;
    }
    fflush(NULL);
    *run = (struct program_run){.p = p, .pid = fork(), .said = said[0], .ended = -1};
    if (run->pid == 0)
        child(p, said[1], fails[1]);
    if (run->pid < 0)
        err_system(&why, "no process to run a program in");
    close(said[1]);
    close(fails[1]);
    while (run->pid > 0 && got < sizeof why && (n = read(fails[0], (char *)&why + got, sizeof why - got)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        got += n > 0 ? (size_t)n : 0;
    }
    close(fails[0]);
    if (run->pid < 0 || got) {
        if (run->pid > 0)
            while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
                continue;
        close(said[0]);
        *e = why;
        return false;
    }
    run->ended = (int)syscall(SYS_pidfd_open, run->pid, 0); /* without it (before 5.3) its end is seen a little later */
    fcntl(run->said, F_SETFL, O_NONBLOCK);
    return true;
}

static void stop_for(const struct program_run *run, struct program_end *end, const char *why) {
    if (end->why[0])
        return;
    snprintf(end->why, sizeof end->why, "%s", why);
    kill(run->pid, SIGKILL);
}

/* Everything there is to hear now. */
static void hear(struct program_run *run, struct program_end *end) {
    uint64_t const most = (uint64_t)run->p->said_max * SAID_TIMES_MAX;
    char bytes[4096], why[80];
    ssize_t n;

    while (run->said >= 0 && (n = read(run->said, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* nothing now */
        size_t const room = run->p->said_max - end->said.len, kept = (size_t)n < room ? (size_t)n : room;
        size_t const before = end->said.len;

        buf_add(&end->said, (str){bytes, kept});
        end->unheard += (size_t)n - (end->said.len - before);
        if (end->unheard > most) {
            snprintf(why, sizeof why, "it said more than %lu bytes", (unsigned long)most);
            stop_for(run, end, why);
            return;
        }
    }
    if (run->said >= 0)
        close(run->said);
    run->said = -1;
}

static void look(const struct program_run *run, struct program_end *end, int64_t now_ms, int64_t began_ms,
                 int64_t *looked_ms) {
    const struct program *const p = run->p;
    char why[160];

    if (now_ms - began_ms >= (int64_t)p->wall_s * SECOND_MS) {
        snprintf(why, sizeof why, "it took more than %u seconds", p->wall_s);
        stop_for(run, end, why);
    }
    if (now_ms - *looked_ms < SECOND_MS || end->why[0])
        return;
    *looked_ms = now_ms;
    if (p->goes_on && !p->goes_on(p->ctx, why, sizeof why))
        stop_for(run, end, why);
}

static void tell_status(struct program_end *end, int status) {
    if (end->why[0] || end->stopped)
        return;
    if (WIFSIGNALED(status))
        snprintf(end->how, sizeof end->how, "was ended by signal %d (%s)", WTERMSIG(status),
                 WTERMSIG(status) == SIGXCPU   ? "more time than it may take"
                 : WTERMSIG(status) == SIGXFSZ ? "more bytes than may come out"
                                               : sigdescr_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(end->how, sizeof end->how, "ended with status %d", WEXITSTATUS(status));
}

void program_wait(struct program_run *run, struct program_end *end) {
    int64_t const began_ms = instant_steady_ms();
    int64_t looked_ms = began_ms;
    int status = 0;
    pid_t pid;

    *end = (struct program_end){0};
    for (;;) {
        hear(run, end);
        look(run, end, instant_steady_ms(), began_ms, &looked_ms);
        if ((pid = waitpid(run->pid, &status, WNOHANG)) == run->pid || (pid < 0 && errno != EINTR))
            break;
        struct pollfd wait[] = {{.fd = run->said, .events = POLLIN},
                                {.fd = run->ended, .events = POLLIN},
                                {.fd = run->p->stop, .events = POLLIN}};

        poll(wait, COUNT(wait), run->ended < 0 && run->said < 0 ? SECOND_MS / 50 : SECOND_MS);
        if (wait[2].revents && !end->stopped) {
            end->stopped = true;
            kill(run->pid, SIGKILL);
            while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
                continue;
            break;
        }
    }
    hear(run, end); /* what it said last */
    tell_status(end, status);
    if (run->said >= 0)
        close(run->said);
    if (run->ended >= 0)
        close(run->ended);
    *run = (struct program_run){.said = -1, .ended = -1};
}
