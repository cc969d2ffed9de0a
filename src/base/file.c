/* file: reading whole, and writing beside the name until complete. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536u
#define WRITE_AT 65536u
#define HASH_STEP ((size_t)256 << 10)

bool file_temporary(int *fd, const char *folder, struct err *e) {
    char path[4096];

    if (!folder && !(folder = secure_getenv("TMPDIR")))
        folder = "";
    if (!*folder)
        folder = "/tmp";
    if ((*fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) >= 0)
        return true;
    if (snprintf(path, sizeof path, "%s/longwatch.XXXXXX", folder) >= (int)sizeof path)
        return err_set(e, ERR_IO, 0, "TMPDIR is too long");
    if ((*fd = mkostemp(path, O_CLOEXEC)) < 0) /* a file system without O_TMPFILE, or no folder */
        return err_system(e, "no temporary file in %s", folder);
    unlink(path);
    return true;
}

int file_open(int at, const char *name) {
    /* A pipe without a writer must not hold us up before we see that it is one. */
    return openat(at, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

bool file_read_open(int fd, const struct stat *st, const char *path, size_t max, struct buf *out, struct err *e) {
    uint64_t const said = st->st_size > 0 ? (uint64_t)st->st_size : 0; /* none: /proc does not know */
    size_t const before = out->len;
    size_t total = 0;

    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_IO, 0, "%s: not a regular file", path);
    if (said > max)
        return err_set(e, ERR_LIMIT, 0, "%s: more than %zu bytes", path, max);
    for (;;) {
        /* One byte more than there should be: that it does not come says that the file has ended, in one call. */
        size_t const step = total < said ? (size_t)said - total + 1 : READ_STEP;
        char *const to = buf_reserve(out, step);
        ssize_t const n = to ? read(fd, to, step) : 0;

        if (!to) {
            err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
            break;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_system(e, "%s", path);
            break;
        }
        if ((size_t)n > max - total) {
            err_set(e, ERR_LIMIT, 0, "%s: more than %zu bytes", path, max);
            break;
        }
        total += (size_t)n;
        out->len += (size_t)n;
        if (n == 0 || ((size_t)n < step && total == said))
            return true;
    }
    out->len = before;
    return false;
}

bool file_read(const char *path, size_t max, struct buf *out, struct err *e) {
    int const fd = file_open(AT_FDCWD, path);
    struct stat st;
    bool ok;

    if (fd < 0)
        return err_system(e, "%s", path);
    ok = fstat(fd, &st) == 0 ? file_read_open(fd, &st, path, max, out, e) : err_system(e, "%s", path);
    close(fd);
    return ok;
}

bool file_hash(int fd, uint64_t *length, uint8_t hash[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();
    char *const bytes = malloc(HASH_STEP);
    ssize_t n = -1;

    *length = 0;
    if (!h || !bytes) {
        err_set(e, ERR_MEMORY, 0, "no memory to read a file");
    } else {
        while ((n = pread(fd, bytes, HASH_STEP, (off_t)*length)) > 0 || (n < 0 && errno == EINTR))
            if (n > 0) {
                sha256_add(h, (str){bytes, (size_t)n});
                *length += (size_t)n;
            }
        if (n < 0)
            err_system(e, "reading failed");
        else
            sha256_end(h, hash);
    }
    sha256_free(h);
    free(bytes);
    return n == 0;
}

bool file_folder_sync(int at, const char *name, struct err *e) {
    int const fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* EINVAL: a file system that cannot, or need not. */
    bool const ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

    if (!ok)
        err_system(e, "%s", name);
    if (fd >= 0)
        close(fd);
    return ok;
}

struct file_out {
    char *path, *part;
    int fd;
    struct buf pending;
    struct err failed; /* the first failure */
};

bool file_out_open(struct file_out **out, const char *path, struct err *e) {
    struct file_out *const f = calloc(1, sizeof *f);
    size_t const len = strlen(path);

    if (!f || !(f->path = malloc(len + 1)) || !(f->part = malloc(len + 6))) {
        if (f)
            free(f->path);
        free(f);
        return err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
    }
    memcpy(f->path, path, len + 1);
    memcpy(f->part, path, len);
    memcpy(f->part + len, ".part", 6);
    unlink(f->part); /* an old one may be readable by all, or be no file at all */
    f->fd = open(f->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0) {
        err_system(e, "%s", f->part);
        free(f->path);
        free(f->part);
        free(f);
        return false;
    }
    *out = f;
    return true;
}

static void flush(struct file_out *f) {
    size_t done = 0;

    while (done < f->pending.len && !f->failed.code) {
        ssize_t const n = write(f->fd, f->pending.ptr + done, f->pending.len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err_system(&f->failed, "%s", f->path);
        else
            done += (size_t)n;
    }
    f->pending.len = 0;
}

void file_out_add(struct file_out *f, str bytes) {
    buf_add(&f->pending, bytes);
    if (f->pending.failed && !f->failed.code)
        err_set(&f->failed, ERR_MEMORY, 0, "%s: no memory", f->path);
    if (f->pending.len >= WRITE_AT)
        flush(f);
}

static void release(struct file_out *f) {
    if (f->fd >= 0)
        close(f->fd);
    buf_free(&f->pending);
    free(f->path);
    free(f->part);
    free(f);
}

/* The directory of path, opened; -1 on failure. */
static int directory_open(const char *path, struct err *e) {
    const char *const slash = strrchr(path, '/');
    struct buf dir = {0};
    int fd = -1;

    buf_add(&dir, slash ? (str){path, slash == path ? 1 : (size_t)(slash - path)} : S("."));
    buf_byte(&dir, '\0');
    if (dir.failed)
        err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
    else if ((fd = open(dir.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        err_system(e, "%s", dir.ptr);
    buf_free(&dir);
    return fd;
}

static bool commit(struct file_out *f, bool wait, struct err *e) {
    /* Opened before the rename: whatever can fail should fail while the old file still stands. */
    int const dir = f->failed.code || !wait ? -1 : directory_open(f->path, &f->failed);
    bool ok;

    flush(f);
    if (!f->failed.code && wait && fsync(f->fd) != 0)
        err_system(&f->failed, "%s", f->path);
    if (!f->failed.code && rename(f->part, f->path) != 0)
        err_system(&f->failed, "%s", f->path);
    ok = !f->failed.code;
    if (!ok) {
        *e = f->failed;
        unlink(f->part);
    } else if (wait && fsync(dir) != 0 && errno != EINVAL) { /* EINVAL: a file system that cannot, or need not */
        ok = err_system(e, "%s", f->path);
    }
    if (dir >= 0)
        close(dir);
    release(f);
    return ok;
}

bool file_out_commit(struct file_out *f, struct err *e) {
    return commit(f, true, e);
}

bool file_out_commit_soon(struct file_out *f, struct err *e) {
    return commit(f, false, e);
}

void file_out_drop(struct file_out *f) {
    if (!f)
        return;
    unlink(f->part);
    release(f);
}
