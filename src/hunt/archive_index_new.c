/* archive_index_new: keys as workers send them, in a file for each worker, and their merging into one run. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hunt/archive_index_own.h"
#include "hunt/archive_keys.h"
#include "hunt/hunt.h"

#define STRETCHES_MAX 4096u                  /* of a segment: a worker of ours sorts half a million keys at a time */
#define SEGMENT_KEYS_MAX ((uint64_t)1 << 32) /* bytes of the keys of a segment */
#define NOT_YET UINT32_MAX
#define SAMPLE 65536u /* keys by which it is told how many are the same */

/* Keys, or addresses, that rise: of one segment, in the file of a slot. */
struct stretch {
    uint32_t segment; /* place in `segments`; NOT_YET */
    uint8_t slot;
    bool addresses;
    uint64_t at, size; /* bytes */
};

struct slot {
    struct vault_part *part; /* NULL: nothing has come */
    int fd;
    uint64_t size;  /* bytes in the file */
    size_t since;   /* the last stretch, */
    uint32_t count; /* of so many that are NOT_YET, */
    uint64_t bytes; /* with so many bytes */
    char last[ARCHIVE_ADDRESS];
    const char *mapped;
};

struct new_segment {
    uint64_t number;
    int32_t month;
    uint32_t place; /* when they are sorted: among distinct numbers */
};

struct archive_index_new {
    struct vault *v;
    uint64_t made;
    struct slot slots[HUNT_SLOTS];
    struct stretch *stretches;
    size_t stretch_count, stretch_room;
    struct new_segment *segments;
    size_t segment_count, segment_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    void *bigger;

    if (count < *room)
        return true;
    if (!(bigger = reallocarray(*items, *room * 2 + 64, size)))
        return no_memory(e);
    *items = bigger;
    *room = *room * 2 + 64;
    return true;
}

bool archive_index_new(struct archive_index_new **out, struct vault *v, uint64_t made, struct err *e) {
    struct archive_index_new *const n = calloc(1, sizeof *n);

    if (!n)
        return no_memory(e);
    n->v = v;
    n->made = made;
    *out = n;
    return true;
}

static void unmap(struct slot *s) {
    if (s->mapped)
        munmap((void *)(uintptr_t)s->mapped, s->size);
    s->mapped = NULL;
}

static void begin_anew(struct archive_index_new *n) {
    for (unsigned i = 0; i < HUNT_SLOTS; i++) {
        unmap(&n->slots[i]);
        vault_part_drop(n->v, n->slots[i].part);
        n->slots[i] = (struct slot){.part = NULL};
    }
    n->stretch_count = n->segment_count = 0;
}

void archive_index_free(struct archive_index_new *n) {
    if (!n)
        return;
    begin_anew(n);
    free(n->stretches);
    free(n->segments);
    free(n);
}

/* ---- what comes ---- */

static bool write_all(int fd, str bytes, struct err *e) {
    while (bytes.len) {
        ssize_t const n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "keys of an index cannot be written");
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static bool less(bool addresses, const char *a, const char *b) {
    uint64_t x, y;

    if (addresses)
        return memcmp(a, b, ARCHIVE_ADDRESS) < 0;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y;
}

static bool disorder(struct err *e) {
    return err_set(e, ERR_CORRUPT, 0, "a process that reads evidence sent keys that no segment has");
}

bool archive_index_keys(struct archive_index_new *n, unsigned slot, bool addresses, str bytes, struct err *e) {
    size_t const unit = addresses ? ARCHIVE_ADDRESS : sizeof(uint64_t);
    struct slot *const s = &n->slots[slot];
    struct stretch *last = s->count ? &n->stretches[s->since] : NULL;

    if (!bytes.len || bytes.len % unit)
        return disorder(e);
    if (!s->part && !vault_part_new(n->v, &s->part, &s->fd, e))
        return false;
    if (!last || last->addresses != addresses || !less(addresses, s->last, bytes.ptr)) {
        if (s->count == STRETCHES_MAX)
            return disorder(e);
        if (!grow((void **)&n->stretches, n->stretch_count, &n->stretch_room, sizeof *n->stretches, e))
            return false;
        s->since = n->stretch_count;
        s->count++;
        last = &n->stretches[n->stretch_count++];
        *last = (struct stretch){.segment = NOT_YET, .slot = (uint8_t)slot, .addresses = addresses, .at = s->size};
    }
    if (s->bytes + bytes.len > SEGMENT_KEYS_MAX)
        return disorder(e);
    if (!write_all(s->fd, bytes, e))
        return false;
    memcpy(s->last, bytes.ptr + bytes.len - unit, unit);
    last->size += bytes.len;
    s->size += bytes.len;
    s->bytes += bytes.len;
    return true;
}

/* All stretches of the slot that are of no segment yet: of this one, or taken away. */
static void stretches_settle(struct archive_index_new *n, unsigned slot, uint32_t segment) {
    size_t kept = 0;

    for (size_t i = 0; i < n->stretch_count; i++) {
        struct stretch *const t = &n->stretches[i];

        if (t->slot == slot && t->segment == NOT_YET) {
            if (segment == NOT_YET)
                continue;
            t->segment = segment;
        }
        n->stretches[kept++] = *t;
    }
    for (size_t k = 0; kept != n->stretch_count && k < kept; k++) /* those of others have moved */
        if (n->stretches[k].segment == NOT_YET)
            n->slots[n->stretches[k].slot].since = k;
    n->stretch_count = kept;
    n->slots[slot].count = 0;
    n->slots[slot].bytes = 0;
}

bool archive_index_segment(struct archive_index_new *n, unsigned slot, uint64_t number, int32_t month, struct err *e) {
    if (number == 0 || number > UINT32_MAX) {
        archive_index_drop(n, slot);
        return true;
    }
    if (!grow((void **)&n->segments, n->segment_count, &n->segment_room, sizeof *n->segments, e))
        return false;
    stretches_settle(n, slot, (uint32_t)n->segment_count);
    n->segments[n->segment_count++] = (struct new_segment){number, month, 0};
    return true;
}

void archive_index_drop(struct archive_index_new *n, unsigned slot) {
    if (n->slots[slot].count)
        stretches_settle(n, slot, NOT_YET);
}

/* ---- one run ---- */

struct rising {
    const char *at, *end;
    uint64_t key[2]; /* the one at `at`, as numbers that rise as keys do */
    uint32_t place;
};

/* Streams as a heap: the one with the smallest key, and of equal keys that of the first segment, comes first. */
struct heap {
    struct rising *streams;
    size_t count;
    bool addresses;
};

static inline bool before(const struct rising *a, const struct rising *b) {
    if (a->key[0] != b->key[0])
        return a->key[0] < b->key[0];
    return a->key[1] != b->key[1] ? a->key[1] < b->key[1] : a->place < b->place;
}

static inline void key_take(const struct heap *h, struct rising *r) {
    memcpy(r->key, r->at, h->addresses ? sizeof r->key : sizeof *r->key);
    if (h->addresses)
        for (size_t i = 0; i < COUNT(r->key); i++)
            r->key[i] = __builtin_bswap64(r->key[i]);
}

static void sink_down(struct heap *h, size_t i) {
    struct rising const moved = h->streams[i];

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= h->count)
            break;
        child += child + 1 < h->count && before(&h->streams[child + 1], &h->streams[child]);
        if (!before(&h->streams[child], &moved))
            break;
        h->streams[i] = h->streams[child];
        i = child;
    }
    h->streams[i] = moved;
}

typedef bool merged_key(void *ctx, const char *key, const uint32_t *places, size_t count, struct err *e);

/* Each key once, with the places of its segments, rising. below: keys, of addresses not asked: what is not below is left out. */
static bool merge(const struct archive_index_new *n, bool addresses, uint64_t below, size_t place_count,
                  merged_key *each, void *ctx, struct err *e) {
    size_t const unit = addresses ? ARCHIVE_ADDRESS : sizeof(uint64_t);
    struct heap h = {.streams = calloc(n->stretch_count + 1, sizeof *h.streams), .addresses = addresses};
    uint32_t *const places = calloc(place_count + 1, sizeof *places);
    bool ok = (h.streams && places) || no_memory(e);

    for (size_t i = 0; ok && i < n->stretch_count; i++) {
        const struct stretch *const t = &n->stretches[i];

        if (t->segment == NOT_YET || t->addresses != addresses)
            continue;
        const char *const at = n->slots[t->slot].mapped + t->at;

        h.streams[h.count] = (struct rising){.at = at, .end = at + t->size, .place = n->segments[t->segment].place};
        key_take(&h, &h.streams[h.count++]);
    }
    for (size_t i = h.count; ok && i-- > 0;)
        sink_down(&h, i);
    while (ok && h.count) {
        uint64_t const key[2] = {h.streams[0].key[0], h.streams[0].key[1]};
        const char *const bytes = h.streams[0].at;
        size_t count = 0;

        if (!addresses && key[0] >= below && below)
            break;
        while (h.count && h.streams[0].key[0] == key[0] && h.streams[0].key[1] == key[1]) {
            if (!count || places[count - 1] != h.streams[0].place)
                places[count++] = h.streams[0].place;
            if ((h.streams[0].at += unit) == h.streams[0].end)
                h.streams[0] = h.streams[--h.count];
            else
                key_take(&h, &h.streams[0]);
            if (h.count)
                sink_down(&h, 0);
        }
        ok = each(ctx, bytes, places, count, e);
    }
    free(h.streams);
    free(places);
    return ok;
}

static bool key_count(void *ctx, const char *key, const uint32_t *places, size_t count, struct err *e) {
    (void)key;
    (void)places;
    (void)count;
    (void)e;
    ++*(uint64_t *)ctx;
    return true;
}

static bool key_write(void *ctx, const char *key, const uint32_t *places, size_t count, struct err *e) {
    uint64_t k;

    memcpy(&k, key, sizeof k);
    return index_writer_key(ctx, k, (struct index_posting){.places = places, .count = count}, e);
}

static bool address_write(void *ctx, const char *key, const uint32_t *places, size_t count, struct err *e) {
    struct address a = {.family = 6};

    memcpy(a.bytes, key, sizeof a.bytes);
    a = address_plain(&a);
    return index_writer_address(ctx, &a, (struct index_posting){.places = places, .count = count}, e);
}

static int by_number(const void *a, const void *b) {
    const struct new_segment *const x = *(const struct new_segment *const *)a, *const y = *(
                                                                                   const struct new_segment *const *)b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Distinct numbers, rising, and the place of each segment among them. */
static bool places_give(struct archive_index_new *n, uint32_t *numbers, size_t *count, struct err *e) {
    struct new_segment **const sorted = calloc(n->segment_count, sizeof *sorted);

    if (!sorted)
        return no_memory(e);
    for (size_t i = 0; i < n->segment_count; i++)
        sorted[i] = &n->segments[i];
    qsort((void *)sorted, n->segment_count, sizeof *sorted, by_number);
    *count = 0;
    for (size_t i = 0; i < n->segment_count; i++) {
        if (!*count || numbers[*count - 1] != sorted[i]->number)
            numbers[(*count)++] = (uint32_t)sorted[i]->number;
        sorted[i]->place = (uint32_t)(*count - 1);
    }
    free((void *)sorted);
    return true;
}

static bool map_all(struct archive_index_new *n, struct err *e) {
    for (unsigned i = 0; i < HUNT_SLOTS; i++) {
        struct slot *const s = &n->slots[i];
        void *mapped;

        if (!s->size || s->mapped)
            continue;
        if ((mapped = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0)) == MAP_FAILED)
            return err_system(e, "keys of an index cannot be read again");
        s->mapped = mapped;
    }
    return true;
}

/* About how many keys there are: of the first ones all are counted. */
static bool estimate(const struct archive_index_new *n, size_t place_count, uint64_t *keys, struct err *e) {
    uint64_t all = 0, count = 0;

    for (size_t i = 0; i < n->stretch_count; i++)
        all += n->stretches[i].segment == NOT_YET || n->stretches[i].addresses ? 0 : n->stretches[i].size / 8;
    uint64_t const share = all / SAMPLE + 1;

    if (!merge(n, false, share > 1 ? UINT64_MAX / share : 0, place_count, key_count, &count, e))
        return false;
    *keys = count * share;
    return true;
}

static void months_of(const struct archive_index_new *n, struct manifest_run *about) {
    about->first_month = about->last_month = MANIFEST_UNDATED;
    for (size_t i = 0; i < n->segment_count; i++) {
        int32_t const month = n->segments[i].month;

        if (month == MANIFEST_UNDATED)
            continue;
        if (about->first_month == MANIFEST_UNDATED || month < about->first_month)
            about->first_month = month;
        if (about->last_month == MANIFEST_UNDATED || month > about->last_month)
            about->last_month = month;
    }
}

static bool run_write(struct archive_index_new *n, int fd, const uint32_t *numbers, size_t count, uint64_t *keys,
                      struct err *e) {
    struct index_options o = {
        .made = n->made, .zeros = OBSERVABLE_ZEROS, .segments = numbers, .segment_count = count, .fd = fd};
    struct index_writer *w = NULL;
    struct writing_key writing;

    o.writing = vault_writing_key(n->v, &writing) ? &writing : NULL;
    bool const ok = map_all(n, e) && estimate(n, count, &o.keys, e) && index_writer_new(&w, &o, e) &&
                    merge(n, false, 0, count, key_write, w, e) && merge(n, true, 0, count, address_write, w, e) &&
                    index_writer_finish(w, e);

    *keys = o.keys;
    index_writer_free(w);
    writing_key_wipe(&writing);
    return ok;
}

bool archive_index_stage(struct archive_index_new *n, uint64_t *keys, struct err *e) {
    struct manifest_run about = {.tier = INDEX_SEGMENT};
    uint32_t *numbers;
    struct vault_part *p = NULL;
    uint64_t number;
    size_t count = 0;
    int fd;

    *keys = 0;
    if (!n->segment_count) {
        begin_anew(n);
        return true;
    }
    if (!(numbers = calloc(n->segment_count, sizeof *numbers)))
        return no_memory(e);
    bool ok = places_give(n, numbers, &count, e) && vault_part_new(n->v, &p, &fd, e);

    if (ok && !run_write(n, fd, numbers, count, keys, e)) {
        vault_part_drop(n->v, p);
        ok = false;
    }
    months_of(n, &about);
    ok = ok && archive_run_add(n->v, p, fd, &about, &number, e);
    free(numbers);
    begin_anew(n);
    return ok;
}
