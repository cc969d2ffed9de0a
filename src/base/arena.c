/* arena: slabs of doubling size, up to a limit. */
#include "base/arena.h"

#include <assert.h>

#define SLAB_FIRST 4096
#define SLAB_LARGEST (1u << 20)

struct slab {
    struct slab *older;
    size_t size; /* of bytes[] */
    char bytes[];
};

struct arena {
    struct slab *newest;
    char *pos, *end; /* free room in the newest slab */
    size_t used, limit, held;
    size_t first_size, next_size;
};

struct arena *arena_new_of(size_t limit, size_t first) {
    struct arena *const a = calloc(1, sizeof *a);

    if (a) {
        a->limit = limit;
        a->held = sizeof *a;
        a->first_size = a->next_size = first;
    }
    return a;
}

struct arena *arena_new(size_t limit) {
    return arena_new_of(limit, SLAB_FIRST);
}

void arena_free(struct arena *a) {
    if (!a)
        return;
    for (struct slab *s = a->newest; s;) {
        struct slab *const older = s->older;

        free(s);
        s = older;
    }
    free(a);
}

void arena_reset(struct arena *a) {
    struct slab *s = a->newest;

    while (s && s->older) {
        struct slab *const older = s->older;

        free(s);
        s = older;
    }
    a->newest = s;
    a->pos = s ? s->bytes : NULL;
    a->end = s ? s->bytes + s->size : NULL;
    a->used = 0;
    a->held = sizeof *a + (s ? sizeof *s + s->size : 0);
    a->next_size = a->first_size;
}

size_t arena_used(const struct arena *a) {
    return a->used;
}

size_t arena_held(const struct arena *a) {
    return a->held;
}

static bool grow(struct arena *a, size_t size) {
    size_t const room = size > a->next_size ? size : a->next_size;
    struct slab *const s = malloc(sizeof *s + room);

    if (!s)
        return false;
    s->older = a->newest;
    s->size = room;
    a->newest = s;
    a->held += sizeof *s + room;
    a->pos = s->bytes;
    a->end = s->bytes + room;
    if (a->next_size < SLAB_LARGEST)
        a->next_size *= 2;
    return true;
}

static void *take(struct arena *a, size_t size, size_t align) {
    size_t pad = (size_t)(-(uintptr_t)a->pos & (align - 1));

    if (size > a->limit - a->used)
        return NULL;
    if (!a->pos || (size_t)(a->end - a->pos) < pad || (size_t)(a->end - a->pos) - pad < size) {
        if (size > SIZE_MAX / 2 || !grow(a, size + align))
            return NULL;
        pad = (size_t)(-(uintptr_t)a->pos & (align - 1));
    }
    if (pad > a->limit - a->used - size)
        return NULL;
    char *const out = a->pos + pad;

    a->pos = out + size;
    a->used += pad + size;
    assert(a->used <= a->limit);
    return out;
}

void *arena_alloc(struct arena *a, size_t size) {
    return take(a, size, 8);
}

void *arena_zero(struct arena *a, size_t count, size_t size) {
    void *out;

    if (size && count > SIZE_MAX / size)
        return NULL;
    out = take(a, count * size, 8);
    if (out)
        memset(out, 0, count * size);
    return out;
}

char *arena_bytes(struct arena *a, size_t size) {
    return take(a, size, 1);
}

char *arena_reserve(struct arena *a, size_t size) {
    char *const out = arena_bytes(a, size);

    if (out) {
        a->pos -= size;
        a->used -= size;
    }
    return out;
}

void arena_commit(struct arena *a, size_t used) {
    assert(used <= (size_t)(a->end - a->pos) && used <= a->limit - a->used);
    a->pos += used;
    a->used += used;
}

bool arena_charge(struct arena *a, size_t size) {
    if (size > a->limit - a->used)
        return false;
    a->used += size;
    return true;
}

bool arena_copy(struct arena *a, str s, str *out) {
    char *const copy = arena_bytes(a, s.len);

    if (!copy)
        return false;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    *out = (str){copy, s.len};
    return true;
}
