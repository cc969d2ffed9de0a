/* walk: depth first, names sorted, links never followed below what the user named. */
#include "evidence/walk.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define WALK_DEPTH_MAX 200
#define FILES_MAX 10000000u

struct walk {
    struct arena *a;
    const char *const *own;
    size_t own_count;
    struct found_file *files;
    size_t count, room;
    struct err *e;
    bool as_named; /* what is not there is listed */
};

static bool add(struct walk *w, str path, uint64_t size, const char *skipped) {
    char *copy;

    if (w->count == w->room) {
        size_t const room = w->room ? w->room * 2 : 256;
        struct found_file *const bigger = room <= FILES_MAX ? arena_alloc(w->a, room * sizeof *bigger) : NULL;

        if (!bigger)
            return err_set(w->e, ERR_LIMIT, 0, "more files than can be listed");
        if (w->count)
            memcpy(bigger, w->files, w->count * sizeof *bigger);
        w->files = bigger;
        w->room = room;
    }
    if (!(copy = arena_bytes(w->a, path.len + 1)))
        return err_set(w->e, ERR_MEMORY, 0, "no memory to list files");
    memcpy(copy, path.ptr, path.len);
    copy[path.len] = '\0';
    w->files[w->count++] = (struct found_file){{copy, path.len}, size, str_of(skipped)};
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool walk_one(struct walk *w, const char *path, unsigned depth, bool named);

static bool walk_dir(struct walk *w, const char *path, unsigned depth) {
    DIR *const dir = opendir(path);
    size_t const len = strlen(path);
    char **names = NULL;
    size_t count = 0, room = 0;
    bool ok = true;

    if (!dir)
        return add(w, str_of(path), 0, strerrordesc_np(errno));
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count == room) {
            char **const bigger = realloc(names, (room ? room * 2 : 64) * sizeof *bigger);

            if (!bigger) {
                ok = err_set(w->e, ERR_MEMORY, 0, "no memory to list files");
                break;
            }
            names = bigger;
            room = room ? room * 2 : 64;
        }
        if (!(names[count] = strdup(entry->d_name)))
            ok = err_set(w->e, ERR_MEMORY, 0, "no memory to list files");
        else
            count++;
    }
    closedir(dir);
    if (count)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        size_t const name = strlen(names[i]);
        char *const whole = ok ? malloc(len + name + 2) : NULL;

        if (whole) {
            memcpy(whole, path, len);
            whole[len] = '/';
            memcpy(whole + len + (len && path[len - 1] == '/' ? 0 : 1), names[i], name + 1);
            ok = walk_one(w, whole, depth + 1, false);
            free(whole);
        } else if (ok) {
            ok = err_set(w->e, ERR_MEMORY, 0, "no memory to list files");
        }
        free(names[i]);
    }
    free(names);
    return ok;
}

static bool is_own(const struct walk *w, const struct stat *its) {
    struct stat st;

    for (size_t i = 0; i < w->own_count; i++)
        if (lstat(w->own[i], &st) == 0 && st.st_dev == its->st_dev && st.st_ino == its->st_ino)
            return true;
    return false;
}

static bool walk_one(struct walk *w, const char *path, unsigned depth, bool named) {
    struct stat st;

    if ((named ? stat(path, &st) : lstat(path, &st)) != 0)
        return named && !w->as_named ? err_system(w->e, "%s", path) : add(w, str_of(path), 0, strerrordesc_np(errno));
    if (!named && is_own(w, &st))
        return true;
    if (S_ISDIR(st.st_mode))
        return depth < WALK_DEPTH_MAX ? walk_dir(w, path, depth) : add(w, str_of(path), 0, "folders too deep");
    if (S_ISLNK(st.st_mode))
        return add(w, str_of(path), 0, "a symbolic link: name its target to have it read");
    return S_ISREG(st.st_mode) ? add(w, str_of(path), (uint64_t)st.st_size, "")
                               : add(w, str_of(path), 0, "not a regular file");
}

static int by_path(const void *a, const void *b) {
    return str_cmp(((const struct found_file *)a)->path, ((const struct found_file *)b)->path);
}

static bool walk_all(struct walk *w, const char *const *paths, size_t count, struct found_file **files,
                     size_t *file_count) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!walk_one(w, paths[i], 0, true))
            return false;
    if (w->count)
        qsort(w->files, w->count, sizeof *w->files, by_path);
    for (size_t i = 0; i < w->count; i++)
        if (kept == 0 || !str_eq(w->files[kept - 1].path, w->files[i].path))
            w->files[kept++] = w->files[i];
    *files = w->files;
    *file_count = kept;
    return true;
}

bool walk_paths(const char *const *paths, size_t count, const char *const *own, size_t own_count, struct arena *a,
                struct found_file **files, size_t *file_count, struct err *e) {
    struct walk w = {.a = a, .own = own, .own_count = own_count, .e = e};

    return walk_all(&w, paths, count, files, file_count);
}

bool walk_paths_as_named(const char *const *paths, size_t count, const char *const *own, size_t own_count,
                         struct arena *a, struct found_file **files, size_t *file_count, struct err *e) {
    struct walk w = {.a = a, .own = own, .own_count = own_count, .as_named = true, .e = e};

    return walk_all(&w, paths, count, files, file_count);
}
