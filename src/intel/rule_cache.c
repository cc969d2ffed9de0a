/* rule_cache: one file, read whole and checked before it is believed, replaced whole when something was added. */
#include "intel/rule_cache.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/cursor.h"
#include "codec/yaml_pack.h"

#define FILE_NAME "rules.cache"
#define MAGIC "LWTREES1"
#define SUM_AT 8 /* the checksum, of all bytes behind it */
#define SUMMED_FROM 16
#define HEAD_SIZE 56 /* magic, checksum, maker, count, zero */
#define ENTRY_SIZE (SHA256_SIZE + 4)

struct entry {
    uint8_t key[SHA256_SIZE];
    size_t at; /* of the pack: in the file that was read, or among what was added */
    uint32_t size;
    bool added, used;
};

struct rule_cache {
    char *folder;
    size_t max;
    uint8_t maker[SHA256_SIZE];
    struct sha256 *hash;
    struct buf file;     /* as it was read */
    struct entry *known; /* in it, by key */
    size_t known_count;
    struct entry *added; /* in the order of their coming */
    size_t added_count, added_room;
    struct buf packs;         /* of what was added */
    uint8_t key[SHA256_SIZE]; /* last asked for */
};

/* The two together, a slash between; NULL when memory is out. */
static char *joined(const char *folder, const char *name) {
    size_t const size = strlen(folder) + strlen(name) + 2;
    char *const path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

char *rule_cache_folder(void) {
    const char *const wish = secure_getenv("LONGWATCH_CACHE"), *const base = secure_getenv("XDG_CACHE_HOME"),
                      *const home = secure_getenv("HOME");
    struct stat st;

    if (wish && *wish)
        return strcmp(wish, "off") == 0 ? NULL : strdup(wish);
    if (base && base[0] == '/') /* "relative paths are invalid and must be ignored" (XDG Base Directory 0.8) */
        return joined(base, "longwatch");
    /* Whoever works as root in somebody's home leaves nothing there that its owner cannot replace. */
    if (!home || home[0] != '/' || stat(home, &st) != 0 || st.st_uid != geteuid())
        return NULL;
    return joined(home, ".cache/longwatch");
}

static int by_key(const void *a, const void *b) {
    return memcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key, SHA256_SIZE);
}

/* The index of the file that was read into c->file. False: not one that we wrote, or no memory. */
static bool index_read(struct rule_cache *c) {
    str const whole = buf_str(&c->file);
    struct cursor in = cursor_of(whole);
    uint8_t maker[SHA256_SIZE];
    uint32_t count, zero;
    uint64_t sum;
    size_t at;
    str magic;

    if (!read_view(&in, strlen(MAGIC), &magic) || !str_eq(magic, S(MAGIC)) || !read_u64le(&in, &sum) ||
        sum != hash_sum(str_from(whole, SUMMED_FROM)) || !read_bytes(&in, maker, sizeof maker) ||
        memcmp(maker, c->maker, sizeof maker) != 0 || !read_u32le(&in, &count) || !read_u32le(&in, &zero) || zero != 0)
        return false;
    assert(cursor_at(&in) == HEAD_SIZE);
    if (count > cursor_left(&in) / ENTRY_SIZE || !(c->known = calloc((size_t)count + 1, sizeof *c->known)))
        return false;
    at = HEAD_SIZE + (size_t)count * ENTRY_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        struct entry *const entry = &c->known[i];

        if (!read_bytes(&in, entry->key, SHA256_SIZE) || !read_u32le(&in, &entry->size) ||
            (i > 0 && by_key(entry - 1, entry) >= 0) || entry->size > whole.len - at)
            return false;
        entry->at = at;
        at += entry->size;
    }
    c->known_count = count;
    return at == whole.len;
}

/* Whatever was read and did not hold: as if there were no file. */
static void forget(struct rule_cache *c) {
    free(c->known);
    c->known = NULL;
    c->known_count = 0;
    buf_free(&c->file);
}

static void file_load(struct rule_cache *c, int folder) {
    bool there;
    struct err e;

    if (!cache_read(folder, FILE_NAME, c->max, &c->file, &there, &e) || !there || !index_read(c))
        forget(c);
}

static void release(struct rule_cache *c) {
    forget(c);
    free(c->added);
    buf_free(&c->packs);
    sha256_free(c->hash);
    free(c->folder);
    free(c);
}

struct rule_cache *rule_cache_open(const char *folder, size_t max) {
    struct rule_cache *const c = calloc(1, sizeof *c);
    int fd;

    if (!c)
        return NULL;
    c->max = max < RULE_CACHE_MAX ? max : RULE_CACHE_MAX;
    if (!(c->folder = strdup(folder)) || !(c->hash = sha256_new()) || !yaml_pack_maker(c->maker))
        goto fail;
    fd = cache_open(folder);
    if (fd < 0 && errno != ENOENT)
        goto fail;
    if (fd >= 0) {
        file_load(c, fd);
        close(fd);
    }
    return c;
fail:
    release(c);
    return NULL;
}

bool rule_cache_get(struct rule_cache *c, str text, struct arena *a, struct yaml_node ***documents, size_t *count) {
    struct entry *found, wanted;
    struct err e;

    if (!c)
        return false;
    assert(arena_used(a) == 0);
    sha256_add(c->hash, text);
    sha256_end(c->hash, c->key);
    memcpy(wanted.key, c->key, sizeof wanted.key);
    if (c->known_count == 0 || !(found = bsearch(&wanted, c->known, c->known_count, sizeof *c->known, by_key)))
        return false;
    found->used = yaml_unpack((str){c->file.ptr + found->at, found->size}, a, documents, count, &e);
    if (!found->used)
        arena_reset(a);
    return found->used;
}

void rule_cache_add(struct rule_cache *c, struct yaml_node *const *documents, size_t count, size_t used) {
    if (!c || c->packs.len > c->max)
        return;
    if (c->added_count == c->added_room) {
        size_t const room = c->added_room ? 2 * c->added_room : 64;
        struct entry *const bigger = realloc(c->added, room * sizeof *bigger);

        if (!bigger)
            return;
        c->added = bigger;
        c->added_room = room;
    }
    size_t const at = c->packs.len;
    struct entry *const entry = &c->added[c->added_count];

    if (!yaml_pack(documents, count, used, &c->packs))
        return;
    *entry = (struct entry){.at = at, .size = (uint32_t)(c->packs.len - at), .added = true, .used = true};
    memcpy(entry->key, c->key, sizeof entry->key);
    c->added_count++;
}

/* What the file shall hold, by key, one of each; what was added is preferred (it may replace what could not be unpacked).
 * NULL: memory is out, or none of what was added finds room. */
static struct entry *chosen(const struct rule_cache *c, size_t *count) {
    struct entry *const list = calloc(c->known_count + c->added_count, sizeof *list);
    size_t kept = 0, size = HEAD_SIZE, fresh = 0;

    if (!list)
        return NULL;
    memcpy(list, c->added, c->added_count * sizeof *list);
    if (c->known_count)
        memcpy(list + c->added_count, c->known, c->known_count * sizeof *list);
    *count = c->known_count + c->added_count;
    qsort(list, *count, sizeof *list, by_key);
    for (size_t i = 0; i < *count; i++) {
        if (kept == 0 || by_key(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
        else if (list[i].added)
            list[kept - 1] = list[i];
    }
    for (size_t i = 0; i < kept; i++)
        size += ENTRY_SIZE + list[i].size;
    /* First those go that nobody asked for, then those that no longer fit. */
    bool const all = size <= c->max;

    *count = 0;
    size = HEAD_SIZE;
    for (size_t i = 0; i < kept; i++) {
        if ((!all && !list[i].used) || ENTRY_SIZE + list[i].size > c->max - size)
            continue;
        size += ENTRY_SIZE + list[i].size;
        fresh += list[i].added;
        list[(*count)++] = list[i];
    }
    if (fresh)
        return list;
    free(list);
    return NULL;
}

static void put_u32(struct buf *b, uint32_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

/* The whole file. False: memory is out. */
static bool file_make(const struct rule_cache *c, const struct entry *list, size_t count, struct buf *out) {
    uint64_t sum = 0;

    buf_add(out, S(MAGIC));
    buf_add(out, (str){(const char *)&sum, sizeof sum});
    buf_add(out, (str){(const char *)c->maker, sizeof c->maker});
    put_u32(out, (uint32_t)count);
    put_u32(out, 0);
    for (size_t i = 0; i < count; i++) {
        buf_add(out, (str){(const char *)list[i].key, sizeof list[i].key});
        put_u32(out, list[i].size);
    }
    for (size_t i = 0; i < count; i++)
        buf_add(out, (str){(list[i].added ? c->packs.ptr : c->file.ptr) + list[i].at, list[i].size});
    if (out->failed)
        return false;
    assert(out->len <= c->max);
    sum = hash_sum(str_from(buf_str(out), SUMMED_FROM));
    memcpy(out->ptr + SUM_AT, &sum, sizeof sum);
    return true;
}

void rule_cache_close(struct rule_cache *c) {
    struct entry *list = NULL;
    struct buf out = {0};
    size_t count = 0;

    if (!c)
        return;
    if (c->added_count && c->max > HEAD_SIZE)
        list = chosen(c, &count);
    if (list && file_make(c, list, count, &out)) {
        struct err e;
        /* A full or read-only home: nothing is left behind, and nobody is told. */
        bool const written = cache_write(c->folder, FILE_NAME, buf_str(&out), &e);

        (void)written;
    }
    buf_free(&out);
    free(list);
    release(c);
}
