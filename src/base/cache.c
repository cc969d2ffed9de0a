/* cache: who may have written it is asked of what was opened, never of a name. */
#include "base/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define WRITE_STEP 65536u

/* Nobody else can have written it. */
static bool ours(const struct stat *st) {
    return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int cache_open(const char *path) {
    int const fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !ours(&st))) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

bool cache_read(int folder, const char *name, size_t max, struct buf *out, bool *there, struct err *e) {
    int const fd = file_open(folder, name);
    struct stat st;

    *there = false;
    if (fd < 0)
        return true;
    *there = fstat(fd, &st) == 0 && ours(&st);
    bool const ok = !*there || file_read_open(fd, &st, name, max, out, e);

    close(fd);
    return ok;
}

static int folder_make(const char *path) {
    char *const above = strdup(path), *const slash = above ? strrchr(above, '/') : NULL;

    if (mkdir(path, 0700) != 0 && errno == ENOENT && slash && slash > above) {
        *slash = '\0';
        if (mkdir(above, 0700) == 0 && mkdir(path, 0700) != 0)
            rmdir(above);
    }
    free(above);
    return cache_open(path);
}

bool cache_write(const char *folder, const char *name, str bytes, struct err *e) {
    size_t const size = strlen(folder) + strlen(name) + 2;
    char *const path = malloc(size);
    int const fd = path ? folder_make(folder) : -1;
    struct file_out *f;
    bool ok = true;

    if (!path) {
        ok = err_set(e, ERR_MEMORY, 0, "no memory");
    } else if (fd < 0) {
        ok = err_system(e, "%s", folder);
    } else if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
        /* Two that write at once might put each other's unfinished file under the name, where its checksum keeps anybody from
         * believing it. So one is enough; but where there are no locks (NFS), two will do. Closing ends the lock. */
        snprintf(path, size, "%s/%s", folder, name);
        if ((ok = file_out_open(&f, path, e))) {
            for (str left = bytes; left.len; left = str_from(left, str_first(left, WRITE_STEP).len))
                file_out_add(f, str_first(left, WRITE_STEP));
            ok = file_out_commit_soon(f, e);
        }
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return ok;
}
