/* faults: in front of the C library (LD_PRELOAD), for the crash tests only: lets the k-th call of a kind fail, or all from it on; counts calls;
 * or makes fsync a lie.
 *
 *   FAULT_CALL    write, pwrite, fsync, fdatasync, rename, open, ftruncate, mkdir, unlink; any: each of them
 *   FAULT_AT      which one of them, from 1; none before
 *   FAULT_HOW     a number of errno; SHORT: half of what was to be written is written; LOSE: of fsync and fdatasync, EIO, and what was added to
 *                 the file since it was last waited for is gone; KILL: the process is killed in front of it
 *   FAULT_STICKY  set: all from that one on
 *   FAULT_LOG     a file: "CALL COUNT" for each at the end, and "fired" when it did
 *   FAULT_NOSYNC  set: fsync and fdatasync do nothing and say that it is done */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum call { WRITE, PWRITE, FSYNC, FDATASYNC, RENAME, OPEN, FTRUNCATE, MKDIR, UNLINK, CALLS };
static const char *const names[CALLS] = {"write", "pwrite",    "fsync", "fdatasync", "rename",
                                         "open",  "ftruncate", "mkdir", "unlink"};

static unsigned long counts[CALLS], all, at;
static int how = -1, kind = -1; /* kind: of enum call; CALLS: any */
static bool is_short, lose, kills, sticky, nosync, ready, fired;

static void begin(void) {
    const char *const call = getenv("FAULT_CALL"), *const which = getenv("FAULT_AT"),
                      *const error = getenv("FAULT_HOW");

    ready = true;
    for (int i = 0; call && i < CALLS; i++)
        if (strcmp(call, names[i]) == 0)
            kind = i;
    if (call && strcmp(call, "any") == 0)
        kind = CALLS;
    at = which ? strtoul(which, NULL, 10) : 0;
    is_short = error && strcmp(error, "SHORT") == 0;
    lose = error && strcmp(error, "LOSE") == 0;
    kills = error && strcmp(error, "KILL") == 0;
    how = error && !is_short && !lose && !kills ? (int)strtol(error, NULL, 10) : EIO;
    sticky = getenv("FAULT_STICKY") != NULL;
    nosync = getenv("FAULT_NOSYNC") != NULL;
}

/* Is it this one's turn? */
static bool fault(enum call c) {
    if (!ready)
        begin();
    counts[c]++;
    all++;
    unsigned long const n = kind == CALLS ? all : counts[c];

    if (at == 0 || (kind != CALLS && kind != (int)c) || (sticky ? n < at : n != at))
        return false;
    fired = true;
    if (kills)
        raise(SIGKILL);
    if (!is_short)
        errno = how;
    return true;
}

__attribute__((destructor)) static void tell(void) {
    const char *const path = getenv("FAULT_LOG");
    FILE *const f = path ? fopen(path, "w") : NULL;

    if (!f)
        return;
    for (int i = 0; i < CALLS; i++)
        fprintf(f, "%s %lu\n", names[i], counts[i]);
    fprintf(f, "any %lu\n%s", all, fired ? "fired\n" : "");
    fclose(f);
}

/* Bytes of each open file that are on the disk: those it had when it was opened, and those that were waited for. */
static off_t kept[1024];

static int opened(int fd) {
    struct stat st;

    if (fd >= 0 && fd < 1024 && fstat(fd, &st) == 0)
        kept[fd] = st.st_size;
    return fd;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t size) {
    /* Receipts and complaints are no part of what is tested. */
    if (fd > 2 && fault(WRITE)) {
        if (!is_short)
            return -1;
        size = size > 1 ? size / 2 : size;
    }
    return NEXT(write)(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t where) {
    if (fault(PWRITE)) {
        if (!is_short)
            return -1;
        size = size > 1 ? size / 2 : size;
    }
    return NEXT(pwrite)(fd, bytes, size, where);
}

/* What becomes of a file whose fsync fails. */
static int lost(int fd) {
    int const why = errno;
    struct stat st;

    if (lose && fd >= 0 && fd < 1024 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > kept[fd] &&
        NEXT(ftruncate)(fd, kept[fd]) != 0)
        abort();
    errno = why;
    return -1;
}

int fsync(int fd) {
    return fault(FSYNC) ? lost(fd) : nosync || NEXT(fsync)(fd) == 0 ? (opened(fd), 0) : -1;
}

int fdatasync(int fd) {
    return fault(FDATASYNC) ? lost(fd) : nosync || NEXT(fdatasync)(fd) == 0 ? (opened(fd), 0) : -1;
}

int rename(const char *from, const char *to) {
    return fault(RENAME) ? -1 : NEXT(rename)(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
    return fault(RENAME) ? -1 : NEXT(renameat)(from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
    return fault(RENAME) ? -1 : NEXT(renameat2)(from_fd, from, to_fd, to, flags);
}

#define MODE(flags, last)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if ((flags)&O_CREAT) {                                                                                             \
        va_list args;                                                                                                  \
        va_start(args, last);                                                                                          \
        mode = (mode_t)va_arg(args, int);                                                                              \
        va_end(args);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    return fault(OPEN) ? -1 : opened(NEXT(open)(path, flags, mode));
}

int openat(int fd, const char *path, int flags, ...) {
    MODE(flags, flags)
    return fault(OPEN) ? -1 : opened(NEXT(openat)(fd, path, flags, mode));
}

/* What the C library's headers make of a call without a mode. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
    return fault(OPEN) ? -1 : opened(NEXT(open)(path, flags));
}

int __openat_2(int fd, const char *path, int flags);
int __openat_2(int fd, const char *path, int flags) {
    return fault(OPEN) ? -1 : opened(NEXT(openat)(fd, path, flags));
}

int ftruncate(int fd, off_t size) {
    return fault(FTRUNCATE) ? -1 : NEXT(ftruncate)(fd, size);
}

int mkdir(const char *path, mode_t mode) {
    return fault(MKDIR) ? -1 : NEXT(mkdir)(path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode) {
    return fault(MKDIR) ? -1 : NEXT(mkdirat)(fd, path, mode);
}

int unlink(const char *path) {
    return fault(UNLINK) ? -1 : NEXT(unlink)(path);
}

int unlinkat(int fd, const char *path, int flags) {
    return fault(UNLINK) ? -1 : NEXT(unlinkat)(fd, path, flags);
}
