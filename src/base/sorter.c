/* sorter: a heap of runs, each read through a buffer of its own. */
#include "base/sorter.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define RUNS_MAX 128u               /* more are merged into one before the next is written */
#define READ_BYTES ((size_t)64 << 10)
#define RECORD_MAX ((size_t)64 << 20)
#define HEAD 8u                     /* of a record: sizes of key and value */

struct run {
    int fd;
    uint64_t from, to; /* in the file */
};

struct sorter {
    size_t memory_max;
    const char *folder;
    struct buf bytes;  /* records, one after another */
    size_t *at;        /* where each begins */
    size_t count, room;
    struct run runs[RUNS_MAX];
    unsigned run_count;
    struct buf out;    /* on its way to a file */
};

/* A run as it is merged. */
struct reading {
    struct run left; /* not yet in the buffer */
    struct buf bytes;
    size_t at;       /* of the present record */
};

static uint32_t size_at(const char *p) {
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return n;
}

static str key_at(const char *record) {
    return (str){record + HEAD, size_at(record)};
}

static str value_at(const char *record) {
    return (str){record + HEAD + size_at(record), size_at(record + 4)};
}

static size_t record_size(const char *record) {
    return HEAD + (size_t)size_at(record) + size_at(record + 4);
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to sort");
}

bool sorter_new(struct sorter **out, size_t memory_max, const char *folder, struct err *e) {
    struct sorter *const s = calloc(1, sizeof *s);

    if (!s)
        return no_memory(e);
    s->memory_max = memory_max;
    s->folder = folder;
    *out = s;
    return true;
}

void sorter_free(struct sorter *s) {
    if (!s)
        return;
    for (unsigned i = 0; i < s->run_count; i++)
        close(s->runs[i].fd);
    buf_free(&s->bytes);
    buf_free(&s->out);
    free(s->at);
    free(s);
}

/* ---- runs ---- */

static int by_key(const void *a, const void *b, void *ctx) {
    const char *const bytes = ctx;

    return str_cmp(key_at(bytes + *(const size_t *)a), key_at(bytes + *(const size_t *)b));
}

static bool write_all(struct run *r, str bytes, struct err *e) {
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t const n = pwrite(r->fd, bytes.ptr + done, bytes.len - done, (off_t)(r->to + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "a temporary file (TMPDIR says where it lies)");
        done += (size_t)n;
    }
    r->to += bytes.len;
    return true;
}

static bool put(struct sorter *s, struct run *r, str record, struct err *e) {
    if (s->out.len + record.len > READ_BYTES * 4) {
        if (!write_all(r, buf_str(&s->out), e))
            return false;
        s->out.len = 0;
    }
    if (record.len > READ_BYTES)
        return write_all(r, record, e);
    buf_add(&s->out, record);
    return !s->out.failed || no_memory(e);
}

static bool put_end(struct sorter *s, struct run *r, struct err *e) {
    bool const ok = write_all(r, buf_str(&s->out), e);

    s->out.len = 0;
    return ok;
}

static void sort(struct sorter *s) {
    if (s->count)
        qsort_r(s->at, s->count, sizeof *s->at, by_key, s->bytes.ptr);
}

static bool merge(struct sorter *s, bool (*each)(void *ctx, str record, struct err *e), void *ctx, struct err *e);

struct merging {
    struct sorter *s;
    struct run *to;
};

static bool put_merged(void *ctx, str record, struct err *e) {
    struct merging *const m = ctx;

    return put(m->s, m->to, record, e);
}

/* All runs become one. */
static bool runs_merge(struct sorter *s, struct err *e) {
    struct run all = {.fd = -1};
    struct merging m = {s, &all};

    if (!file_temporary(&all.fd, s->folder, e))
        return false;
    if (!merge(s, put_merged, &m, e) || !put_end(s, &all, e)) {
        close(all.fd);
        return false;
    }
    for (unsigned i = 0; i < s->run_count; i++)
        close(s->runs[i].fd);
    s->runs[0] = all;
    s->run_count = 1;
    return true;
}

static bool run_write(struct sorter *s, struct err *e) {
    struct run *r;

    if (s->run_count == RUNS_MAX && !runs_merge(s, e))
        return false;
    sort(s);
    r = &s->runs[s->run_count];
    *r = (struct run){.fd = -1};
    if (!file_temporary(&r->fd, s->folder, e))
        return false;
    s->run_count++;
    for (size_t i = 0; i < s->count; i++) {
        const char *const record = s->bytes.ptr + s->at[i];

        if (!put(s, r, (str){record, record_size(record)}, e))
            return false;
    }
    s->count = 0;
    s->bytes.len = 0;
    return put_end(s, r, e);
}

bool sorter_add(struct sorter *s, str key, str value, struct err *e) {
    uint32_t const sizes[2] = {(uint32_t)key.len, (uint32_t)value.len};

    if (key.len > RECORD_MAX || value.len > RECORD_MAX - key.len)
        return err_set(e, ERR_LIMIT, 0, "a record too long to sort");
    if (s->count && s->bytes.len + s->room * sizeof *s->at + HEAD + key.len + value.len > s->memory_max && !run_write(s, e))
        return false;
    if (s->count == s->room) {
        size_t const room = s->room ? s->room * 2 : 256;
        size_t *const bigger = reallocarray(s->at, room, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        s->at = bigger;
        s->room = room;
    }
    size_t const at = s->bytes.len;

    buf_add(&s->bytes, (str){(const char *)sizes, sizeof sizes});
    buf_add(&s->bytes, key);
    buf_add(&s->bytes, value);
    if (s->bytes.failed)
        return no_memory(e);
    s->at[s->count++] = at;
    return true;
}

/* ---- merging ---- */

static bool fill(struct reading *r, size_t want, struct err *e) {
    size_t const kept = r->bytes.len - r->at;
    size_t const more = want - kept > READ_BYTES ? want - kept : READ_BYTES;
    uint64_t const left = r->left.to - r->left.from;
    size_t const take = left < more ? (size_t)left : more;
    size_t done = 0;

    if (kept)
        memmove(r->bytes.ptr, r->bytes.ptr + r->at, kept);
    r->bytes.len = kept;
    r->at = 0;
    if (!buf_reserve(&r->bytes, take + 1))
        return no_memory(e);
    while (done < take) {
        ssize_t const n = pread(r->left.fd, r->bytes.ptr + kept + done, take - done, (off_t)(r->left.from + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? err_system(e, "a temporary file") : err_set(e, ERR_IO, 0, "a temporary file was cut");
        done += (size_t)n;
    }
    r->left.from += take;
    r->bytes.len += take;
    return true;
}

/* Makes the whole record at `at` present. False with ERR_NONE: there is none. */
static bool present(struct reading *r, struct err *e) {
    if (r->bytes.len - r->at < HEAD && r->left.from < r->left.to && !fill(r, HEAD, e))
        return false;
    if (r->bytes.len == r->at) {
        e->code = ERR_NONE;
        return false;
    }
    assert(r->bytes.len - r->at >= HEAD);
    size_t const size = record_size(r->bytes.ptr + r->at);

    if (r->bytes.len - r->at < size && !fill(r, size, e))
        return false;
    assert(r->bytes.len - r->at >= size);
    return true;
}

static const char *record_of(const struct reading *r) {
    return r->bytes.ptr + r->at;
}

static void sift(struct reading **heap, unsigned count, unsigned i) {
    for (;;) {
        unsigned least = i;

        for (unsigned child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (str_cmp(key_at(record_of(heap[child])), key_at(record_of(heap[least]))) < 0)
                least = child;
        if (least == i)
            return;
        struct reading *const swap = heap[i];

        heap[i] = heap[least];
        heap[least] = swap;
        i = least;
    }
}

static bool merge(struct sorter *s, bool (*each)(void *ctx, str record, struct err *e), void *ctx, struct err *e) {
    struct reading *const readings = calloc(s->run_count + 1, sizeof *readings);
    struct reading *heap[RUNS_MAX];
    unsigned count = 0;
    bool ok = readings || no_memory(e);

    for (unsigned i = 0; ok && i < s->run_count; i++) {
        readings[i].left = s->runs[i];
        if (present(&readings[i], e))
            heap[count++] = &readings[i];
        else
            ok = e->code == ERR_NONE;
    }
    for (unsigned i = count; ok && i-- > 0;)
        sift(heap, count, i);
    while (ok && count) {
        struct reading *const r = heap[0];
        const char *const record = record_of(r);
        size_t const size = record_size(record);

        ok = each(ctx, (str){record, size}, e);
        r->at += size;
        if (ok && !present(r, e)) {
            ok = e->code == ERR_NONE;
            heap[0] = heap[--count];
        }
        if (ok && count)
            sift(heap, count, 0);
    }
    for (unsigned i = 0; readings && i < s->run_count; i++)
        buf_free(&readings[i].bytes);
    free(readings);
    return ok;
}

struct delivering {
    bool (*each)(void *ctx, str key, str value, struct err *e);
    void *ctx;
};

static bool deliver(void *ctx, str record, struct err *e) {
    const struct delivering *const d = ctx;

    return d->each(d->ctx, key_at(record.ptr), value_at(record.ptr), e);
}

bool sorter_run(struct sorter *s, bool (*each)(void *ctx, str key, str value, struct err *e), void *ctx, struct err *e) {
    struct delivering d = {each, ctx};

    if (s->run_count) {
        if (s->count && !run_write(s, e))
            return false;
        buf_free(&s->bytes);
        return merge(s, deliver, &d, e);
    }
    sort(s);
    for (size_t i = 0; i < s->count; i++)
        if (!deliver(&d, (str){s->bytes.ptr + s->at[i], 0}, e))
            return false;
    return true;
}
