/* spool: extents in a temporary file, read back one at a time. */
#include "hunt/spool.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

#define EXTENT_BYTES ((size_t)1 << 20) /* a tail of this size goes to the file, if any does */

void spools_init(struct spools *s, size_t memory_max) {
    *s = (struct spools){.memory_max = memory_max, .fd = -1};
}

void spools_close(struct spools *s) {
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static bool tail_out(struct spools *s, struct spool *p, struct err *e) {
    size_t done = 0;

    if (p->extent_count == p->extent_room) {
        uint32_t const room = p->extent_room ? p->extent_room * 2 : 4;
        struct spool_extent *const bigger = realloc(p->extents, room * sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory to keep findings");
        p->extents = bigger;
        p->extent_room = room;
    }
    if (s->fd < 0 && !file_temporary(&s->fd, NULL, e))
        return false;
    while (done < p->tail.len) {
        ssize_t const n = pwrite(s->fd, p->tail.ptr + done, p->tail.len - done, (off_t)(s->end + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "a temporary file for findings (TMPDIR says where it lies)");
        done += (size_t)n;
    }
    p->extents[p->extent_count++] = (struct spool_extent){s->end, p->tail.len};
    s->end += p->tail.len;
    s->held -= p->tail.len;
    buf_free(&p->tail);
    return true;
}

bool spool_add(struct spools *s, struct spool *p, str bytes, struct err *e) {
    buf_add(&p->tail, bytes);
    if (p->tail.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to keep findings");
    s->held += bytes.len;
    return s->held <= s->memory_max || p->tail.len < EXTENT_BYTES || tail_out(s, p, e);
}

bool spool_settle(struct spools *s, struct spool *p, struct err *e) {
    return s->held <= s->memory_max || !p->tail.len || tail_out(s, p, e);
}

static bool bytes_read(const struct spools *s, uint64_t at, size_t size, struct buf *out, struct err *e) {
    size_t done = 0;

    out->len = 0;
    if (!buf_reserve(out, size))
        return err_set(e, ERR_MEMORY, 0, "no memory to read findings back");
    while (done < size) {
        ssize_t const n = pread(s->fd, out->ptr + done, size - done, (off_t)(at + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? err_system(e, "the temporary file for findings")
                     : err_set(e, ERR_IO, 0, "the temporary file for findings was cut");
        done += (size_t)n;
    }
    return true;
}

bool spool_read_from(const struct spools *s, const struct spool *p, uint64_t from, uint64_t to,
                     bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e) {
    struct buf piece = {0};
    uint64_t at = 0;
    bool ok = true;

    for (uint32_t i = 0; ok && i < p->extent_count && at < to; i++) {
        uint64_t const end = at + p->extents[i].size, first = from > at ? from : at, last = to < end ? to : end;

        if (first < last)
            ok = bytes_read(s, p->extents[i].at + (first - at), (size_t)(last - first), &piece, e) &&
                 each(ctx, (str){piece.ptr, (size_t)(last - first)}, e);
        at = end;
    }
    buf_free(&piece);
    if (!ok || at + p->tail.len <= from || to <= at)
        return ok;
    str const tail = str_first(buf_str(&p->tail), (size_t)(to - at < p->tail.len ? to - at : p->tail.len));

    return each(ctx, str_from(tail, from > at ? (size_t)(from - at) : 0), e);
}

bool spool_read(const struct spools *s, const struct spool *p, bool (*each)(void *ctx, str bytes, struct err *e),
                void *ctx, struct err *e) {
    return spool_read_from(s, p, 0, UINT64_MAX, each, ctx, e);
}

void spool_free(struct spools *s, struct spool *p) {
    s->held -= p->tail.len;
    buf_free(&p->tail);
    free(p->extents);
    *p = (struct spool){0};
}
