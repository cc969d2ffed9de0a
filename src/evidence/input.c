/* input: pread into one buffer that moves forward. */
#include "evidence/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_AT_ONCE ((size_t)4 << 20)

struct file_input {
    int fd;
    uint64_t size;
    char *bytes;
    size_t room, have;
    uint64_t at; /* offset of bytes[0] */
};

bool file_input_open(struct file_input **out, const char *path, struct err *e) {
    struct file_input *const f = calloc(1, sizeof *f);
    struct stat st;

    if (!f)
        return err_set(e, ERR_MEMORY, 0, "%s: no memory", path);
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        err_system(e, "%s", path);
        file_input_close(f);
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        file_input_close(f);
        return err_set(e, ERR_IO, 0, "%s: not a regular file", path);
    }
    f->size = (uint64_t)st.st_size;
    *out = f;
    return true;
}

void file_input_close(struct file_input *f) {
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    free(f->bytes);
    free(f);
}

uint64_t file_input_size(const struct file_input *f) {
    return f->size;
}

bool file_input_window(struct file_input *f, uint64_t offset, size_t want, str *out, struct err *e) {
    if (offset >= f->at && offset - f->at <= f->have && f->have - (size_t)(offset - f->at) >= want) {
        *out = (str){f->bytes + (offset - f->at), f->have - (size_t)(offset - f->at)};
        return true;
    }
    size_t const fetch = want > READ_AT_ONCE ? want : READ_AT_ONCE;
    size_t kept = 0;

    if (fetch > f->room) {
        char *const bigger = realloc(f->bytes, fetch);

        if (!bigger)
            return err_set(e, ERR_MEMORY, offset, "no memory to read");
        f->bytes = bigger;
        f->room = fetch;
    }
    if (offset >= f->at && offset - f->at < f->have) {
        kept = f->have - (size_t)(offset - f->at);
        memmove(f->bytes, f->bytes + (offset - f->at), kept);
    }
    f->at = offset;
    f->have = kept;
    while (f->have < f->room) {
        ssize_t const n = pread(f->fd, f->bytes + f->have, f->room - f->have, (off_t)(f->at + f->have));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "read at %lu", (unsigned long)(f->at + f->have));
        if (n == 0)
            break;
        f->have += (size_t)n;
    }
    *out = (str){f->bytes, f->have};
    return true;
}

bool file_input_hash(struct file_input *f, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();
    bool ok = h ? true : err_set(e, ERR_MEMORY, 0, "no memory to hash");
    str view = {"", 0};

    f->have = 0;
    for (uint64_t at = 0; ok; at += view.len) {
        ok = file_input_window(f, at, 1, &view, e);
        if (!ok || view.len == 0)
            break;
        sha256_add(h, view);
    }
    if (ok)
        sha256_end(h, out);
    sha256_free(h);
    f->have = 0;
    f->at = 0;
    return ok;
}
