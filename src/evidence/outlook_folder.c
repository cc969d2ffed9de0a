/* outlook_folder: looking at, opening and removing what a program that may have been taken over has written. */
#include "evidence/outlook_own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define WAY_BYTES_MAX 4096u

bool outlook_is_plain(const struct stat *st) {
    return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

int outlook_way_open(int top, const char *way, const char **name) {
    int folder = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (const char *slash; folder >= 0 && (slash = strchr(way, '/')); way = slash + 1) {
        char part[NAME_MAX + 1];
        int within = -1;

        if ((size_t)(slash - way) < sizeof part) {
            memcpy(part, way, (size_t)(slash - way));
            part[slash - way] = '\0';
            within = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        close(folder);
        folder = within;
    }
    *name = way;
    return folder;
}

static bool look_at(struct outlook_look *l, int folder, unsigned depth);

/* What stands in l->way. */
static bool look_at_entry(struct outlook_look *l, int folder, const char *name, unsigned depth) {
    const char *not_read = NULL;
    struct stat st;

    l->ways += l->way.len;
    if (l->way.failed || ++l->files > l->files_max || l->ways > OUTLOOK_WAYS_MAX)
        return false;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* it is gone again */
    if (S_ISDIR(st.st_mode) && depth < OUTLOOK_DEPTH_MAX && l->way.len < WAY_BYTES_MAX) {
        int const within = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool const ok = within < 0 || look_at(l, within, depth + 1);

        if (within >= 0) {
            close(within);
            return ok;
        }
        not_read = "a folder that cannot be read";
        l->unseen = true;
    } else if (S_ISDIR(st.st_mode)) {
        not_read = "folders too deep";
        l->unseen = true;
    } else if (!outlook_is_plain(&st)) {
        not_read = "not a plain file";
    }
    l->bytes += (uint64_t)st.st_blocks * 512;
    return !l->file || l->file(l->ctx, folder, name, buf_str(&l->way), &st, not_read);
}

static bool look_at(struct outlook_look *l, int folder, unsigned depth) {
    int const again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = again < 0 ? NULL : fdopendir(again);
    size_t const before = l->way.len;
    bool ok = true;

    if (!dir) {
        if (again >= 0)
            close(again);
        l->unseen = true;
        return depth > 0; /* entered it cannot be, so nothing was put there */
    }
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (before)
            buf_byte(&l->way, '/');
        buf_add(&l->way, str_of(entry->d_name));
        ok = look_at_entry(l, folder, entry->d_name, depth);
        l->way.len = before;
    }
    closedir(dir);
    return ok;
}

bool outlook_look(struct outlook_look *l, int folder) {
    return look_at(l, folder, 0);
}

/* A folder within one is first moved to the top, so that neither paths nor descriptors grow; and made ours, whatever mode it was made
 * with. */
void outlook_empty(int top) {
    for (unsigned long moved = 0;;) {
        int const again = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *const dir = again < 0 ? NULL : fdopendir(again);
        bool any = false;

        if (!dir) {
            if (again >= 0)
                close(again);
            return;
        }
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            int within;
            DIR *inner;

            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (unlinkat(top, entry->d_name, 0) == 0 || unlinkat(top, entry->d_name, AT_REMOVEDIR) == 0) {
                any = true;
                continue;
            }
            (void)!fchmodat(top, entry->d_name, 0700, AT_SYMLINK_NOFOLLOW);
            within = openat(top, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (within < 0 || !(inner = fdopendir(within))) {
                if (within >= 0)
                    close(within);
                continue;
            }
            for (struct dirent *deep; (deep = readdir(inner)) != NULL;) {
                char name[48];

                if (strcmp(deep->d_name, ".") == 0 || strcmp(deep->d_name, "..") == 0)
                    continue;
                if (unlinkat(within, deep->d_name, 0) == 0 || unlinkat(within, deep->d_name, AT_REMOVEDIR) == 0) {
                    any = true;
                    continue;
                }
                /* A name that stands there already is tried again with the next number. */
                snprintf(name, sizeof name, "longwatch-removed-%lu", moved++);
                if (renameat2(within, deep->d_name, top, name, 1 /* RENAME_NOREPLACE */) == 0)
                    any = true;
            }
            closedir(inner);
        }
        closedir(dir);
        if (!any)
            return; /* it is empty, or nothing more can be done */
    }
}
