/* input: pread into one buffer that follows the windows. */
#include "evidence/input.h"

#include "base/instant.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_AT_ONCE ((size_t)256 << 10)

static bool reserve(struct file_input *f, size_t size) {
    char *bigger;

    if (size <= f->room)
        return true;
    if (!(bigger = realloc(f->bytes, size)))
        return false;
    f->bytes = bigger;
    f->room = size;
    return true;
}

static bool window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    struct file_input *const f = (struct file_input *)(void *)in;
    size_t kept = 0;

    assert(want <= INPUT_WANT_MAX);
    if (offset >= f->at && offset - f->at < f->held) {
        kept = f->held - (size_t)(offset - f->at);
        if (kept >= want) {
            *out = (str){f->bytes + (offset - f->at), kept};
            return true;
        }
    }
    if (!reserve(f, want > READ_AT_ONCE ? want : READ_AT_ONCE))
        return err_set(e, ERR_MEMORY, offset, "no memory to read");
    if (kept)
        memmove(f->bytes, f->bytes + (offset - f->at), kept);
    f->at = offset;
    f->held = kept;
    while (f->held < f->room) {
        ssize_t const n = pread(f->fd, f->bytes + f->held, f->room - f->held, (off_t)(f->at + f->held));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_system(e, "read at %lu", (unsigned long)(f->at + f->held));
            e->offset = f->at + f->held;
            return false;
        }
        if (n == 0)
            break;
        f->held += (size_t)n;
    }
    *out = (str){f->bytes, f->held};
    return true;
}

bool file_input_of(struct file_input *f, int fd, struct err *e) {
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_system(e, "a file that was handed over");
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, 0, "not a regular file");
    *f = (struct file_input){.input = {.window = window, .size = (uint64_t)st.st_size},
                             .fd = fd,
                             .modified = instant_from_unix(st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec)};
    return true;
}

bool file_input_open(struct file_input *f, const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return err_system(e, "%s", path);
    if (!file_input_of(f, fd, e)) {
        close(fd);
        return err_wrap(e, "%s", path);
    }
    f->owned = true;
    return true;
}

void file_input_close(struct file_input *f) {
    if (f->owned)
        close(f->fd);
    free(f->bytes);
    *f = (struct file_input){.fd = -1};
}

bool file_input_hash(struct file_input *f, uint8_t out[SHA256_SIZE], bool (*tick)(void *ctx, uint64_t bytes), void *ctx,
                     struct err *e) {
    struct sha256 *const h = sha256_new();
    bool ok = h ? true : err_set(e, ERR_MEMORY, 0, "no memory to hash");
    str view = {"", 0};

    for (uint64_t at = 0; ok; at += view.len) {
        ok = window(&f->input, at, 1, &view, e);
        if (!ok || view.len == 0)
            break;
        sha256_add(h, view);
        if (tick && !tick(ctx, view.len))
            ok = err_set(e, ERR_INTERRUPTED, at, "stopped");
    }
    if (ok)
        sha256_end(h, out);
    sha256_free(h);
    return ok;
}
