/* recheck: two sorted lists of what is there: by hash and by name. */
#include "hunt/recheck.h"

#include <stdlib.h>

#include "base/arena.h"
#include "evidence/input.h"
#include "evidence/walk.h"

#define MEMORY ((size_t)4 << 30)

struct there {
    const char *path;
    char sha256[2 * SHA256_SIZE + 1];
};

struct recheck {
    struct arena *a;
    struct there *files, **by_name; /* files: by hash, once sorted */
    size_t count, room;
    bool sorted;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for a list of evidence");
}

bool recheck_new(struct recheck **out, struct err *e) {
    struct recheck *const r = calloc(1, sizeof *r);

    if (!r || !(r->a = arena_new(MEMORY))) {
        free(r);
        return no_memory(e);
    }
    *out = r;
    return true;
}

void recheck_free(struct recheck *r) {
    if (!r)
        return;
    arena_free(r->a);
    free(r->files);
    free(r->by_name);
    free(r);
}

static bool goes_on(void *ctx, uint64_t bytes) {
    const volatile sig_atomic_t *const stop = ctx;

    (void)bytes;
    return !stop || !*stop;
}

bool recheck_file(struct recheck *r, const char *path, const volatile sig_atomic_t *stop, struct err *e) {
    struct file_input f;
    struct err why = {0};
    uint8_t hash[SHA256_SIZE];
    bool ok;

    if (!file_input_open(&f, path, &why))
        return true;
    ok = file_input_hash(&f, hash, goes_on, (void *)(uintptr_t)stop, &why);
    file_input_close(&f);
    if (stop && *stop)
        return err_set(e, ERR_INTERRUPTED, 0, "stopped");
    if (!ok)
        return true;
    if (r->count == r->room) {
        struct there *const bigger = reallocarray(r->files, r->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        r->files = bigger;
        r->room = r->room * 2 + 64;
    }
    char *const text = arena_bytes(r->a, strlen(path) + 1);

    if (!text)
        return no_memory(e);
    memcpy(text, path, strlen(path) + 1);
    r->files[r->count].path = text;
    sha256_hex(hash, r->files[r->count].sha256);
    r->count++;
    r->sorted = false;
    return true;
}

bool recheck_walk(struct recheck *r, const char *const *paths, size_t count, const volatile sig_atomic_t *stop,
                  struct err *e) {
    struct found_file *files;
    size_t file_count;

    if (!walk_paths(paths, count, NULL, 0, r->a, &files, &file_count, e))
        return false;
    for (size_t i = 0; i < file_count; i++)
        if (!files[i].skipped.len && !recheck_file(r, files[i].path.ptr, stop, e))
            return false;
    return true;
}

static const char *name_of(const char *path) {
    const char *const slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int by_hash(const void *a, const void *b) {
    const struct there *const x = a, *const y = b;
    int const order = strcmp(x->sha256, y->sha256);

    return order ? order : strcmp(x->path, y->path);
}

static int by_name(const void *a, const void *b) {
    const struct there *const x = *(struct there *const *)a, *const y = *(struct there *const *)b;
    int const order = strcmp(name_of(x->path), name_of(y->path));

    return order ? order : strcmp(x->path, y->path);
}

/* Without memory for the second list nothing bears any name: it is told as gone, not as changed. */
static void sort(struct recheck *r) {
    if (r->sorted)
        return;
    qsort(r->files, r->count, sizeof *r->files, by_hash);
    free(r->by_name);
    if ((r->by_name = calloc(r->count + 1, sizeof(struct there *)))) {
        for (size_t i = 0; i < r->count; i++)
            r->by_name[i] = &r->files[i];
        qsort(r->by_name, r->count, sizeof(struct there *), by_name);
    }
    r->sorted = true;
}

enum recheck_found recheck_what(struct recheck *r, str path, str sha256, const char **now) {
    size_t low = 0, high, first;
    str name = path;

    *now = NULL;
    if (!r->count)
        return RECHECK_GONE;
    sort(r);
    for (high = r->count; low < high;) {
        size_t const middle = low + (high - low) / 2;

        if (str_cmp(str_of(r->files[middle].sha256), sha256) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* Of several copies that which lies where it lay. */
    for (first = low; low < r->count && str_eq(str_of(r->files[low].sha256), sha256); low++)
        if (low == first || str_eq(str_of(r->files[low].path), path))
            *now = r->files[low].path;
    if (*now)
        return RECHECK_SAME;
    for (size_t slash; (slash = str_find_byte(name, '/')) != SIZE_MAX;)
        name = str_from(name, slash + 1);
    for (low = 0, high = r->by_name ? r->count : 0; low < high;) {
        size_t const middle = low + (high - low) / 2;

        if (str_cmp(str_of(name_of(r->by_name[middle]->path)), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!r->by_name || low == r->count || !str_eq(str_of(name_of(r->by_name[low]->path)), name))
        return RECHECK_GONE;
    *now = r->by_name[low]->path;
    return RECHECK_CHANGED;
}
