/* person_lists: see person_lists.h. */
#include "cli/person_lists.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "evidence/unpack_whole.h"
#include "intel/group.h"
#include "report/finding_text.h"

static const str none = {"", 0};

static void complain(str path, str why) {
    struct buf b = {0};

    finding_plain(&b, path, false);
    buf_add(&b, path.len ? S(": ") : none);
    finding_plain(&b, why, false);
    fprintf(stderr, "longwatch: %.*s\n", STR_ARG(buf_str(&b)));
    buf_free(&b);
}

static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    struct person_lists *const l = ctx;
    struct err why = {0};
    (void)whole; /* damage tells */

    if (persons_add(l->persons, path, bytes, &why)) {
        l->read++;
        return true;
    }
    if (why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    complain(none, str_of(why.text)); /* the path is in it */
    l->unread++;
    return true;
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    struct person_lists *const l = ctx;
    (void)e;

    l->unread++;
    complain(path, why);
    return true;
}

bool person_lists_open(struct person_lists *l, const struct arguments *paths, struct err *e) {
    struct unpack_whole_visitor const visitor = {.ctx = l, .member = on_member, .damage = on_damage};
    struct groups *g = NULL;
    bool ok = paths_exist(paths, "list", false, e) && persons_new(&l->persons, e);

    for (size_t i = 0; ok && i < paths->count; i++) {
        const char *const path = paths->items[i];
        int const fd = file_open(AT_FDCWD, path);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
            ok = fd < 0 ? err_system(e, "%s", path) : err_set(e, ERR_USAGE, 0, "list: %s is no file", path);
            if (fd >= 0)
                close(fd);
            break;
        }
        ok = unpack_whole(fd, str_of(path), NULL, &visitor, interrupt_catch(), e);
        close(fd);
    }
    ok = ok && groups_new(&g, e) && groups_join(g, e) && persons_add_groups(l->persons, g, e);
    groups_free(g);
    return ok && persons_ready(l->persons, e);
}

void person_lists_words(const struct person_lists *l, struct buf *b) {
    struct persons_counted const c = persons_counted(l->persons);
    char text[COUNT_TEXT];

    buf_format(b, "%s persons and companies with ", count_text(c.persons, text));
    count_add(b, c.names, "name");
    if (c.rows_odd || c.beyond || c.unnamed)
        buf_format(b, "; not taken: %zu rows that are none, %zu entries without name, %zu texts beyond bounds",
                   c.rows_odd, c.unnamed, c.beyond);
}
