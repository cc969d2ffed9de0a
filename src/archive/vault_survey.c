/* vault_survey: after a crash, or before a verdict: is every file there, as long as it was, and is there none beside? A writer clears away. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/vault_own.h"

struct survey {
    struct vault *v;
    uint8_t *seen; /* a bit for each segment of the state, then for each run */
    size_t segments, runs;
    bool moved; /* something was put into quarantine */
};

/* One entry of a folder. */
typedef bool survey_entry(struct survey *s, const char *folder, const char *name, struct err *e);

static bool folder_each(struct survey *s, const char *folder, survey_entry *each, struct err *e) {
    int const fd = openat(s->v->root, *folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *const dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *d;
    bool ok = true;

    /* A copy that left out what was empty; or it went while somebody looked. What should be in it is missing. */
    if (fd < 0)
        return (errno == ENOENT && !s->v->writes) || err_system(e, "%s/%s", s->v->path, folder);
    if (!dir) {
        close(fd);
        return vault_no_memory(s->v, e);
    }
    errno = 0;
    while (ok && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            ok = each(s, folder, d->d_name, e);
        errno = 0;
    }
    if (ok && errno)
        ok = err_system(e, "%s/%s", s->v->path, folder);
    closedir(dir);
    return ok;
}

static void found(const struct survey *s, enum vault_found what, const char *folder, const char *name,
                  uint64_t number) {
    char path[512];

    snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
    vault_found(s->v, what, path, number);
}

/* Never over what lies there already. */
static bool quarantine(struct survey *s, enum vault_found what, const char *folder, const char *name, struct err *e) {
    char from[512], to[600], flat[512];

    found(s, what, folder, name, 0);
    snprintf(from, sizeof from, "%s%s%s", folder, *folder ? "/" : "", name);
    snprintf(flat, sizeof flat, "%s", from);
    for (char *c = flat; *c; c++)
        if (*c == '/')
            *c = '_';
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(to, sizeof to, i ? QUARANTINE "/%s.%u" : QUARANTINE "/%s", flat, i);
        if (renameat2(s->v->root, from, s->v->root, to, RENAME_NOREPLACE) == 0) {
            s->moved = true;
            return folder_sync(s->v, folder, e);
        }
        if (errno == EINVAL) { /* a file system that cannot: there is no second writer, so looking is as good */
            if (faccessat(s->v->root, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                continue;
            if (renameat(s->v->root, from, s->v->root, to) == 0) {
                s->moved = true;
                return folder_sync(s->v, folder, e);
            }
        }
        if (errno != EEXIST)
            break;
    }
    return err_system(e, "%s/%s cannot be moved to " QUARANTINE, s->v->path, from);
}

static bool is_part(const char *name) {
    return str_ends(str_of(name), S(".part"));
}

static bool temporary_entry(struct survey *s, const char *folder, const char *name, struct err *e) {
    char path[512];

    if (!is_part(name)) {
        found(s, FOUND_STRANGE, folder, name, 0);
        return true;
    }
    found(s, FOUND_TEMPORARY, folder, name, 0);
    snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
    return !s->v->writes || unlinkat(s->v->root, path, 0) == 0 || err_system(e, "%s/%s", s->v->path, path);
}

static bool root_entry(struct survey *s, const char *folder, const char *name, struct err *e) {
    static const char *const ours[] = {FORMAT_FILE, CURRENT_FILE, HEAD_FILE, SECRET_FILE, README_FILE, LOCK_FILE,
                                       SEGMENTS,    INDEX,        TEMPORARY, QUARANTINE,  KEYS_FILE,   "lost+found"};
    enum keys_waiting keys;
    uint64_t number;

    for (size_t i = 0; i < COUNT(ours); i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    if (is_part(name))
        return temporary_entry(s, folder, name, e);
    if (number_behind(name, S("MANIFEST-"), &number)) {
        if (number <= s->v->head.number)
            return true;
        if (s->v->writes)
            return quarantine(s, FOUND_GENERATION, folder, name, e);
        found(s, FOUND_GENERATION, folder, name, number);
        return true;
    }
    if (!keys_waiting(s->v, name, &keys, e))
        return false;
    if (keys != KEYS_IN_FORCE)
        found(s, keys == KEYS_NEVER ? FOUND_TEMPORARY : FOUND_STRANGE, folder, name, 0);
    return keys == KEYS_NONE || !s->v->writes || keys_settle(s->v, name, keys, e);
}

/* The number a file of the archive begins its name with; 0: none. */
static uint64_t number_of(const char *name, str ending) {
    size_t const dash = str_find_byte(str_of(name), '-');
    uint64_t number;

    return dash != SIZE_MAX && str_ends(str_of(name), ending) &&
                   str_u64(str_first(str_of(name), dash), UINT64_MAX, &number)
               ? number
               : 0;
}

/* Is it as long as it was? */
static bool same_length(const struct survey *s, const char *name, uint64_t length) {
    struct stat st;

    return fstatat(s->v->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == length;
}

static void see(struct survey *s, size_t i) {
    s->seen[i / 8] = (uint8_t)(s->seen[i / 8] | 1u << i % 8);
}

static bool seen(const struct survey *s, size_t i) {
    return s->seen[i / 8] >> i % 8 & 1;
}

static bool orphan(struct survey *s, const char *folder, const char *name, struct err *e) {
    if (s->v->writes)
        return quarantine(s, FOUND_ORPHAN, folder, name, e);
    found(s, FOUND_ORPHAN, folder, name, 0);
    return true;
}

static bool segment_entry(struct survey *s, const char *folder, const char *name, struct err *e) {
    uint64_t const number = number_of(name, S(".lws"));
    const struct manifest_segment *const segment = number ? manifest_segment(s->v->manifest, number) : NULL;
    char should[VAULT_NAME_MAX];
    size_t count;

    if (!number) {
        found(s, FOUND_STRANGE, folder, name, 0);
        return true;
    }
    if (segment && !segment->gone) {
        size_t const in = strlen(folder);

        vault_segment_name(segment, should);
        if (strncmp(should, folder, in) == 0 && should[in] == '/' && strcmp(should + in + 1, name) == 0) {
            see(s, (size_t)(segment - manifest_segments(s->v->manifest, &count)));
            if (!same_length(s, should, segment->length))
                found(s, FOUND_LENGTH, folder, name, number);
            return true;
        }
    }
    return orphan(s, folder, name, e);
}

static bool run_entry(struct survey *s, const char *folder, const char *name, struct err *e) {
    uint64_t const number = number_of(name, S(".lwi"));
    const struct manifest_run *const run = number ? manifest_run(s->v->manifest, number) : NULL;
    char should[VAULT_NAME_MAX];
    size_t count;

    if (!number) {
        found(s, FOUND_STRANGE, folder, name, 0);
        return true;
    }
    if (run && !run->gone) {
        vault_run_name(run, should);
        if (strcmp(strrchr(should, '/') + 1, name) == 0) {
            see(s, s->segments + (size_t)(run - manifest_runs(s->v->manifest, &count)));
            if (!same_length(s, should, run->length))
                found(s, FOUND_RUN, folder, name, number);
            return true;
        }
    }
    return orphan(s, folder, name, e);
}

static bool month_entry(struct survey *s, const char *folder, const char *name, struct err *e) {
    char path[512];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (fstatat(s->v->root, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode)) {
        found(s, FOUND_STRANGE, folder, name, 0);
        return true;
    }
    return folder_each(s, path, segment_entry, e);
}

/* What should be there, and was not come upon. */
static void missing_tell(const struct survey *s) {
    size_t count;
    const struct manifest_segment *const segments = manifest_segments(s->v->manifest, &count);
    const struct manifest_run *const runs = manifest_runs(s->v->manifest, &count);
    char name[VAULT_NAME_MAX];

    for (size_t i = 0; i < s->segments; i++)
        if (manifest_live(&segments[i]) && !segments[i].gone && !seen(s, i)) {
            vault_segment_name(&segments[i], name);
            vault_found(s->v, FOUND_MISSING, name, segments[i].number);
        }
    for (size_t i = 0; i < s->runs; i++)
        if (!runs[i].ended && !runs[i].gone && !seen(s, s->segments + i)) {
            vault_run_name(&runs[i], name);
            vault_found(s->v, FOUND_RUN, name, runs[i].number);
        }
}

bool vault_survey(struct vault *v, struct err *e) {
    struct survey s = {.v = v};
    bool ok;

    manifest_segments(v->manifest, &s.segments);
    manifest_runs(v->manifest, &s.runs);
    if (!(s.seen = calloc((s.segments + s.runs) / 8 + 1, 1)))
        return err_set(e, ERR_MEMORY, 0, "%s: no memory", v->path);
    ok = folder_each(&s, "", root_entry, e) && folder_each(&s, TEMPORARY, temporary_entry, e) &&
         folder_each(&s, SEGMENTS, month_entry, e) && folder_each(&s, INDEX, run_entry, e);
    if (ok && s.moved)
        ok = folder_sync(v, QUARANTINE, e);
    if (ok)
        missing_tell(&s);
    free(s.seen);
    return ok;
}
