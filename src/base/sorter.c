/* sorter: what is in memory is sorted and becomes a run on a tape; a heap of runs merges them. */
#include "base/sorter.h"

#include <assert.h>

#include "base/buf.h"
#include "base/tape.h"

#define RUNS_MAX 128u                   /* more are merged into one before the next is written */
#define WRITE_BYTES ((size_t)256 << 10) /* held of runs, or as much as the sorter may hold at all */
#define HEAD 8u /* of a record in memory: its size, and what is also on the tape: the size of its key */

struct sorter {
    size_t memory_max;
    const char *folder;
    struct buf bytes; /* records, one after another */
    size_t *at;       /* where each begins */
    size_t count, room;
    struct tape *runs; /* one after another; NULL until needed */
    uint64_t ends[RUNS_MAX];
    unsigned run_count;
};

static uint32_t u32_at(const char *p) {
    uint32_t n;

    memcpy(&n, p, sizeof n);
    return n;
}

/* A record: the size of its key, the key, the value. */
static str record_at(const char *p) {
    return (str){p + 4, u32_at(p)};
}

static str key_of(str record) {
    assert(record.len >= 4 && u32_at(record.ptr) <= record.len - 4);
    return (str){record.ptr + 4, u32_at(record.ptr)};
}

static str value_of(str record) {
    return str_from(record, 4 + (size_t)u32_at(record.ptr));
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
    tape_free(s->runs);
    buf_free(&s->bytes);
    free(s->at);
    free(s);
}

void sorter_clear(struct sorter *s) {
    s->count = 0;
    s->bytes.len = 0;
    s->run_count = 0;
    if (s->runs)
        tape_clear(s->runs);
}

/* ---- merging ---- */

/* A run as it is merged. */
struct reading {
    struct tape_reader reader;
    str record; /* the present one */
};

/* Of equal keys that of the earlier run: readings lie in the order of runs. */
static bool goes_before(const struct reading *x, const struct reading *y) {
    int const order = str_cmp(key_of(x->record), key_of(y->record));

    return order ? order < 0 : x < y;
}

static void sift(struct reading **heap, unsigned count, unsigned i) {
    for (;;) {
        unsigned least = i;

        for (unsigned child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (goes_before(heap[child], heap[least]))
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
        struct reading *const r = &readings[i];

        tape_read(&r->reader, s->runs, i ? s->ends[i - 1] : 0, s->ends[i]);
        if (tape_next(&r->reader, &r->record, e))
            heap[count++] = r;
        else
            ok = e->code == ERR_NONE;
    }
    for (unsigned i = count; ok && i-- > 0;)
        sift(heap, count, i);
    while (ok && count) {
        ok = each(ctx, heap[0]->record, e);
        if (ok && !tape_next(&heap[0]->reader, &heap[0]->record, e)) {
            ok = e->code == ERR_NONE;
            heap[0] = heap[--count];
        }
        if (ok && count)
            sift(heap, count, 0);
    }
    for (unsigned i = 0; readings && i < s->run_count; i++)
        tape_reader_free(&readings[i].reader);
    free(readings);
    return ok;
}

/* ---- runs ---- */

static int by_key(const void *a, const void *b, void *ctx) {
    const char *const bytes = ctx;
    size_t const x = *(const size_t *)a, y = *(const size_t *)b;
    int const order = str_cmp(key_of(record_at(bytes + x)), key_of(record_at(bytes + y)));

    return order ? order : (x > y) - (x < y); /* they lie as they came */
}

static void sort(struct sorter *s) {
    if (s->count)
        qsort_r(s->at, s->count, sizeof *s->at, by_key, s->bytes.ptr);
}

static bool put_merged(void *ctx, str record, struct err *e) {
    return tape_add(ctx, record, e);
}

static bool runs_new(const struct sorter *s, struct tape **out, struct err *e) {
    return tape_new(out, s->memory_max < WRITE_BYTES ? s->memory_max : WRITE_BYTES, s->folder, e);
}

/* All runs become one. */
static bool runs_merge(struct sorter *s, struct err *e) {
    struct tape *all;

    if (!runs_new(s, &all, e))
        return false;
    if (!merge(s, put_merged, all, e)) {
        tape_free(all);
        return false;
    }
    tape_free(s->runs);
    s->runs = all;
    s->ends[0] = tape_end(all);
    s->run_count = 1;
    return true;
}

static bool run_write(struct sorter *s, struct err *e) {
    if (!s->runs && !runs_new(s, &s->runs, e))
        return false;
    if (s->run_count == RUNS_MAX && !runs_merge(s, e))
        return false;
    sort(s);
    for (size_t i = 0; i < s->count; i++)
        if (!tape_add(s->runs, record_at(s->bytes.ptr + s->at[i]), e))
            return false;
    s->ends[s->run_count++] = tape_end(s->runs);
    s->count = 0;
    s->bytes.len = 0;
    return true;
}

bool sorter_add(struct sorter *s, str key, str value, struct err *e) {
    size_t const at = s->bytes.len;

    if (key.len > SORTER_RECORD_MAX || value.len > SORTER_RECORD_MAX - key.len)
        return err_set(e, ERR_LIMIT, 0, "a record too long to sort");
    if (s->count && at + s->room * sizeof *s->at + HEAD + key.len + value.len > s->memory_max) {
        if (!run_write(s, e))
            return false;
        return sorter_add(s, key, value, e);
    }
    if (s->count == s->room) {
        size_t const room = s->room ? s->room * 2 : 256;
        size_t *const bigger = reallocarray(s->at, room, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        s->at = bigger;
        s->room = room;
    }
    uint32_t const sizes[2] = {(uint32_t)(4 + key.len + value.len), (uint32_t)key.len};

    buf_add(&s->bytes, (str){(const char *)sizes, sizeof sizes});
    buf_add(&s->bytes, key);
    buf_add(&s->bytes, value);
    if (s->bytes.failed)
        return no_memory(e);
    s->at[s->count++] = at;
    return true;
}

struct delivering {
    bool (*each)(void *ctx, str key, str value, struct err *e);
    void *ctx;
};

static bool deliver(void *ctx, str record, struct err *e) {
    const struct delivering *const d = ctx;

    return d->each(d->ctx, key_of(record), value_of(record), e);
}

bool sorter_run(struct sorter *s, bool (*each)(void *ctx, str key, str value, struct err *e), void *ctx,
                struct err *e) {
    struct delivering d = {each, ctx};

    if (s->run_count) {
        if (s->count && !run_write(s, e))
            return false;
        buf_free(&s->bytes);
        return merge(s, deliver, &d, e);
    }
    sort(s);
    for (size_t i = 0; i < s->count; i++)
        if (!deliver(&d, record_at(s->bytes.ptr + s->at[i]), e))
            return false;
    return true;
}
