/* tape: a file of whole records, and behind it in memory those that are not yet in it. Before each: its size, and a
 * hash of it and its place, so that a damaged disk cannot become a wrong answer. */
#include "base/tape.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

#define HEAD 8u
#define READ_BYTES ((size_t)64 << 10)

struct tape {
    size_t memory_max;
    const char *folder;
    int fd;           /* -1 until needed */
    uint64_t written; /* bytes in the file */
    struct buf bytes; /* what follows them */
};

static uint32_t u32_at(const char *p) {
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return n;
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what goes to a temporary file");
}

static uint32_t check_of(str record, uint64_t place) {
    return (uint32_t)hash_bytes(record, place);
}

bool tape_new(struct tape **out, size_t memory_max, const char *folder, struct err *e) {
    struct tape *const t = calloc(1, sizeof *t);

    if (!t)
        return no_memory(e);
    t->memory_max = memory_max;
    t->folder = folder;
    t->fd = -1;
    *out = t;
    return true;
}

void tape_free(struct tape *t) {
    if (!t)
        return;
    if (t->fd >= 0)
        close(t->fd);
    buf_free(&t->bytes);
    free(t);
}

static bool write_out(struct tape *t, struct err *e) {
    size_t done = 0;

    if (t->fd < 0 && !file_temporary(&t->fd, t->folder, e))
        return false;
    while (done < t->bytes.len) {
        ssize_t const n = pwrite(t->fd, t->bytes.ptr + done, t->bytes.len - done, (off_t)(t->written + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "a temporary file (TMPDIR says where it lies)");
        done += (size_t)n;
    }
    t->written += t->bytes.len;
    t->bytes.len = 0;
    return true;
}

bool tape_add(struct tape *t, str record, struct err *e) {
    char head[HEAD];
    uint32_t size, check;

    if (record.len > TAPE_RECORD_MAX)
        return err_set(e, ERR_LIMIT, 0, "a record too long for a temporary file");
    if (t->bytes.len && t->bytes.len + HEAD + record.len > t->memory_max && !write_out(t, e))
        return false;
    size = (uint32_t)record.len;
    check = check_of(record, tape_end(t));
    memcpy(head, &size, sizeof size);
    memcpy(head + 4, &check, sizeof check);
    buf_add(&t->bytes, (str){head, sizeof head});
    buf_add(&t->bytes, record);
    return !t->bytes.failed || no_memory(e);
}

uint64_t tape_end(const struct tape *t) {
    return t->written + t->bytes.len;
}

void tape_clear(struct tape *t) {
    if (t->written)
        (void)!ftruncate(t->fd, 0); /* gives the disk its room back; what stays is overwritten */
    t->written = 0;
    t->bytes.len = 0;
}

void tape_read(struct tape_reader *r, const struct tape *t, uint64_t from, uint64_t to) {
    assert(from <= to && to <= tape_end(t));
    r->tape = t;
    r->from = r->at = from;
    r->to = to;
    r->bytes.len = 0;
}

/* At least `size` bytes of the file from r->at on, of the `left` there are. */
static bool present(struct tape_reader *r, uint64_t size, uint64_t left, struct err *e) {
    size_t kept = r->bytes.len - (size_t)(r->at - r->from);
    size_t const ahead = r->ahead ? r->ahead : READ_BYTES;
    size_t const take = (size_t)(left < ahead ? left : size > ahead ? size : ahead);

    if (size > left)
        return err_set(e, ERR_CORRUPT, r->at, "a temporary file is damaged");
    if (kept >= size)
        return true;
    if (kept)
        memmove(r->bytes.ptr, r->bytes.ptr + (r->at - r->from), kept);
    r->from = r->at;
    r->bytes.len = kept;
    if (!buf_reserve(&r->bytes, take - kept))
        return no_memory(e);
    for (; kept < take; r->bytes.len = kept) {
        ssize_t const n = pread(r->tape->fd, r->bytes.ptr + kept, take - kept, (off_t)(r->from + kept));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? err_system(e, "a temporary file") : err_set(e, ERR_CORRUPT, r->at, "a temporary file was cut");
        kept += (size_t)n;
    }
    return true;
}

bool tape_next(struct tape_reader *r, str *record, struct err *e) {
    const struct tape *const t = r->tape;
    const char *head;

    if (r->at == r->to) {
        e->code = ERR_NONE;
        return false;
    }
    if (r->at < t->written) {
        uint64_t const left = (r->to < t->written ? r->to : t->written) - r->at;

        if (!present(r, HEAD, left, e) ||
            !present(r, HEAD + (uint64_t)u32_at(r->bytes.ptr + (r->at - r->from)), left, e))
            return false;
        head = r->bytes.ptr + (r->at - r->from);
        if (u32_at(head + 4) != check_of((str){head + HEAD, u32_at(head)}, r->at))
            return err_set(e, ERR_CORRUPT, r->at, "a temporary file is damaged");
    } else {
        head = t->bytes.ptr + (r->at - t->written);
    }
    *record = (str){head + HEAD, u32_at(head)};
    r->at += HEAD + record->len;
    return true;
}

void tape_seek(struct tape_reader *r, uint64_t at) {
    assert(at <= r->to);
    if (at < r->from || at > r->from + r->bytes.len) {
        r->from = at;
        r->bytes.len = 0;
    }
    r->at = at;
}

void tape_reader_free(struct tape_reader *r) {
    buf_free(&r->bytes);
    *r = (struct tape_reader){0};
}
