/* confine: resource limits, Landlock, seccomp, in this order: each needs what the next one forbids. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
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
#ifdef ADDRESS_SANITIZER
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
#ifdef ADDRESS_SANITIZER
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

/* Maps memory, but for what no limit counts: RLIMIT_DATA is of what is private, writable and does not grow downwards. but_execute:
 * nothing that can be executed either. */
static bool mapping_calls(scmp_filter_ctx f, bool but_execute) {
    static const unsigned allowed_flags[] = {0, MAP_ANONYMOUS, MAP_SHARED};
    uint64_t const mask = MAP_ANONYMOUS | MAP_SHARED | MAP_GROWSDOWN, execute = but_execute ? PROT_EXEC : 0;
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(allowed_flags); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, execute, 0),
                              SCMP_A3(SCMP_CMP_MASKED_EQ, mask, allowed_flags[i])) == 0;
    return ok;
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
#ifndef ADDRESS_SANITIZER
    ok = ok && mapping_calls(f, true) &&
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

/* ---- a program of somebody else's ---- */

/* What the C library's start, GLib's and reading and writing of files need. What takes an argument that could reach another process
 * stands in program_calls and what it calls. */
static const int program_allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(chdir),
    SCMP_SYS(fchdir),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(getdents64),
    SCMP_SYS(ftruncate),
    SCMP_SYS(lseek),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(fadvise64),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(umask),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* The same for who replaces files. */
static const int program_replaces[] = {
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
};

/* The bits of linux/landlock.h, some younger than Debian 12's. */
#define FILES_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_TRUNCATE (UINT64_C(1) << 14)
#define FILES_MADE                                                                                                     \
    (FILES_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)

/* What lies at fd, or below it, may be used so. */
static bool may(int rules, int fd, uint64_t access) {
    struct landlock_path_beneath_attr const rule = {.allowed_access = access, .parent_fd = fd};

    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* What is not there need not be allowed. */
static bool may_at(int rules, const char *path, uint64_t access) {
    int const fd = open(path, O_PATH | O_CLOEXEC);
    bool const ok = fd < 0 || may(rules, fd, access);

    if (fd >= 0)
        close(fd);
    return ok;
}

/* The kernel opens the loader beside the program: that which this program was loaded by. */
static int loader_path(struct dl_phdr_info *info, size_t size, void *out) {
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *(const char **)out = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return 1; /* the first is the program itself */
}

static bool program_files(const struct confine_program *p, struct err *e) {
    static const char *const libraries[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"};
    long const version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attr = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    uint64_t const more = version >= 3 ? FILES_TRUNCATE : 0;
    const char *loader = NULL;
    bool ok;
    int rules;

    if (version >= 2)
        attr.handled_access_fs |= UINT64_C(1) << 13; /* links and renames between folders: allowed nowhere */
    attr.handled_access_fs |= more;
    rules = version < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (rules < 0)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "keeping a program from other files needs Linux 5.13 or later, with Landlock switched on");
    dl_iterate_phdr(loader_path, &loader);
    ok = may(rules, p->input, LANDLOCK_ACCESS_FS_READ_FILE) &&
         (p->folder < 0 ||
          may(rules, p->folder, FILES_MADE | more | (p->replaces ? LANDLOCK_ACCESS_FS_REMOVE_FILE : 0)));
    if (p->program >= 0) {
        for (size_t i = 0; i < COUNT(libraries); i++)
            ok = ok && may_at(rules, libraries[i], FILES_READ);
        ok = ok && may_at(rules, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE) &&
             (!loader || may_at(rules, loader, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)) &&
             may(rules, p->program, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE);
    }
    ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (!ok)
        err_system(e, "a program cannot be kept from other files");
    close(rules);
    return ok;
}

/* Opens files, but none without a name. */
static bool open_calls(scmp_filter_ctx f) {
    uint64_t const nameless = O_TMPFILE & ~O_DIRECTORY;

    return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, nameless, 0)) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, nameless, 0)) == 0;
}

/* fcntl, but for what sends signals: whoever is named by F_SETOWN gets what F_SETSIG says when a descriptor with O_ASYNC is ready. */
static bool descriptor_calls(scmp_filter_ctx f) {
    static const unsigned commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL};
    bool ok = true;

    for (size_t i = 0; ok && i < COUNT(commands); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, commands[i], 0)) == 0;
    return ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2, SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0)) == 0;
}

static bool program_calls(const struct confine_program *p, struct err *e) {
    scmp_filter_ctx const f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = f != NULL;

    for (size_t i = 0; ok && i < COUNT(program_allowed); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, program_allowed[i], 0) == 0;
    for (size_t i = 0; ok && p->replaces && i < COUNT(program_replaces); i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, program_replaces[i], 0) == 0;
    ok = ok && open_calls(f) && descriptor_calls(f) && mapping_calls(f, false);
    /* Its own limits may be read, and itself aborted. */
    ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0, 0),
                                SCMP_A2(SCMP_CMP_EQ, 0, 0)) == 0;
    ok = ok &&
         seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) == 0;
    /* The descriptor is closed by the first: there is no second. */
    if (p->program >= 0)
        ok = ok && seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(execveat), 2,
                                    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)p->program, 0),
                                    SCMP_A4(SCMP_CMP_EQ, AT_EMPTY_PATH, 0)) == 0;
    ok = ok && seccomp_load(f) == 0;
    if (f)
        seccomp_release(f);
    return ok || err_set(e, ERR_UNSUPPORTED, 0, "this system cannot confine a program (seccomp)");
}

bool confine_program(const struct confine_program *p, struct err *e) {
    if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, p->file_max) || !limit(RLIMIT_NPROC, 0) ||
        !limit(RLIMIT_NOFILE, 1024) ||
        setrlimit(RLIMIT_CPU, &(struct rlimit){p->cpu_s, p->cpu_s + 2}) != 0) /* SIGXCPU, which says what it is */
        return err_system(e, "resource limits cannot be set");
#ifndef ADDRESS_SANITIZER /* which holds more than any bound */
    if (!limit(RLIMIT_DATA, p->data_max + (p->program < 0 ? data_held() : 0)))
        return err_system(e, "the memory limit cannot be set");
#endif
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_system(e, "privileges cannot be given up");
    return program_files(p, e) && program_calls(p, e);
}
