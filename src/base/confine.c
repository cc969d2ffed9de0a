/* confine: resource limits, Landlock, seccomp, in this order: each needs what the next one forbids. */
#include "base/confine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* sysinfo: qsort asks how much memory there is. tgkill, gettid, getpid: abort. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
#ifdef __SANITIZE_ADDRESS__
    SCMP_SYS(sigaltstack),
    SCMP_SYS(mincore),
    SCMP_SYS(prctl),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(ioctl),
#endif
};

/* Libraries ask for files that would only make their messages prettier; they live with a no. */
static const int refused[] = {SCMP_SYS(open),   SCMP_SYS(openat),   SCMP_SYS(stat),       SCMP_SYS(lstat),
                              SCMP_SYS(access), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(faccessat),
                              SCMP_SYS(getcwd), SCMP_SYS(statx)};

static bool limit(int what, rlim_t most) {
    struct rlimit now;

    if (getrlimit(what, &now) != 0)
        return false;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    return setrlimit(what, &(struct rlimit){most, most}) == 0;
}

/* Bytes this process has mapped privately and writable: what RLIMIT_DATA counts. */
static size_t data_held(void) {
    FILE *const f = fopen("/proc/self/status", "re");
    char line[256];
    unsigned long kib = 0;

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmData: %lu kB", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return (size_t)kib << 10;
}

static bool limits(size_t data_max, struct err *e) {
#ifdef __SANITIZE_ADDRESS__
    (void)data_max;
#else
    if (data_max && !limit(RLIMIT_DATA, data_held() + data_max))
        return err_system(e, "the memory limit cannot be set");
#endif
    if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_NPROC, 0) || !limit(RLIMIT_NOFILE, 64))
        return err_system(e, "resource limits cannot be set");
    return true;
}

/* A ruleset that handles every access there is and allows none. Kernels without Landlock (before 5.13, or switched off):
 * seccomp refuses to open files all the same. */
static void no_files(void) {
    struct landlock_ruleset_attr const attr = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    long const fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

    if (fd < 0)
        return;
    (void)!syscall(SYS_landlock_restrict_self, (int)fd, 0);
    close((int)fd);
}

static bool system_calls(struct err *e) {
    scmp_filter_ctx const f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool ok = f != NULL;

    for (size_t i = 0; ok && i < COUNT(allowed); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    for (size_t i = 0; ok && i < COUNT(refused); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
    /* fstat of glibc is newfstatat of an open descriptor; of a path it is harmless where nothing can be opened. */
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 0) == 0;
#ifndef __SANITIZE_ADDRESS__
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
         seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mmap), 1,
                          SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)) == 0 &&
         seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
#endif
    ok = ok && seccomp_load(f) == 0;
    if (f)
        seccomp_release(f);
    return ok ||
           err_set(e, ERR_UNSUPPORTED, 0, "this system cannot confine the processes that read evidence (seccomp)");
}

bool confine_self(size_t data_max, struct err *e) {
    if (!limits(data_max, e))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_system(e, "privileges cannot be given up");
    no_files();
    return system_calls(e);
}
