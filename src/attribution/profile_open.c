/* profile_open: files, folders, archives and stores: what in them is a base of knowledge. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attribution/profile_own.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/file.h"
#include "evidence/unpack_whole.h"
#include "evidence/walk.h"
#include "intel/store.h"

#define LIST_BYTES_MAX ((size_t)64 << 20) /* of the list of files */

/* What only ATT&CK's bundles have; a galaxy has its own look. A parser is no way to tell: stores hold thousands of files of STIX. */
static bool may_be_base(const struct importer *importer, str bytes) {
    return str_eq(str_of(importer->name), S("galaxy")) ||
           (str_eq(str_of(importer->name), S("stix")) && str_find(bytes, S("\"x-mitre-")) != SIZE_MAX);
}

bool profile_is_facts(str text) {
    while (text.len) {
        size_t const end = str_find_byte(text, '\n');
        str const line = str_trim(str_first(text, end));

        if (line.len && line.ptr[0] != '#' && !str_eq(line, S("---")))
            return str_starts(line, S("group:"));
        text = end == SIZE_MAX ? S("") : str_from(text, end + 1);
    }
    return false;
}

/* Whatever is none of it is passed over. */
static bool take_bytes(struct profile_gathered *g, str path, str bytes, int64_t known, struct err *e) {
    const struct importer *const importer = import_recognise(bytes);

    if (importer && may_be_base(importer, bytes))
        return profile_gather_bytes(g, path, bytes, importer, known, e);
    return !profile_is_facts(str_first(bytes, IMPORT_HEAD)) || groups_load(g->who, path, bytes, e);
}

static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    if (!whole)
        return true; /* on_damage says so */
    return take_bytes(ctx, path, bytes, VICTIMS_NOW, e);
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    (void)ctx;

    return err_set(e, ERR_CORRUPT, 0, "%.*s: %.*s", STR_ARG(str_first(path, 150)), STR_ARG(str_first(why, 80)));
}

static bool take_file(struct profile_gathered *g, const char *path, int64_t known, struct err *e) {
    struct unpack_whole_limits limits = unpack_whole_usual;
    struct unpack_whole_visitor const visitor = {g, on_member, on_damage};
    char head[IMPORT_HEAD];
    struct buf bytes = {0};
    struct stat st;
    int const fd = file_open(AT_FDCWD, path);
    bool ok;

    if (fd < 0)
        return err_set(e, ERR_IO, 0, "%s: %s", path, strerrordesc_np(errno));
    ssize_t const n = pread(fd, head, sizeof head, 0);

    limits.member_max = IMPORT_BYTES_MAX;
    if (n < 0 || fstat(fd, &st) != 0)
        ok = err_set(e, ERR_IO, 0, "%s: %s", path, strerrordesc_np(errno));
    else if (unpack_container((str){head, (size_t)n}))
        ok = unpack_whole(fd, str_of(path), &limits, &visitor, NULL, e);
    else if (!import_recognise((str){head, (size_t)n}) && !profile_is_facts((str){head, (size_t)n}))
        ok = true;
    else
        ok = file_read_open(fd, &st, path, IMPORT_BYTES_MAX, &bytes, e) &&
             take_bytes(g, str_of(path), buf_str(&bytes), known, e);
    buf_free(&bytes);
    close(fd);
    return ok;
}

static bool take_path(struct profile_gathered *g, const char *path, struct err *e) {
    struct arena *const a = arena_new(LIST_BYTES_MAX);
    struct found_file *files;
    size_t count = 0;
    bool ok = a ? walk_paths(&path, 1, NULL, 0, a, &files, &count, e) : profile_no_memory(e);

    for (size_t i = 0; ok && i < count; i++)
        if (!files[i].skipped.len)
            ok = take_file(g, files[i].path.ptr, VICTIMS_NOW, e);
    arena_free(a);
    return ok;
}

static bool is_research(const char *path, struct err *e, bool *is) {
    struct buf name = {0};
    struct stat st;

    buf_format(&name, "%s/profiles-by-release.json", path);
    buf_byte(&name, '\0');
    if (name.failed)
        return profile_no_memory(e);
    *is = stat(name.ptr, &st) == 0;
    buf_free(&name);
    return true;
}

bool profiles_open(struct profiles **out, const char *path, struct err *e) {
    struct profile_gathered *g = NULL;
    struct profiles *p = NULL;
    bool research = false;
    bool ok = is_research(path, e, &research) && profiles_new(&p, e);

    *out = NULL;
    if (ok && research) {
        ok = profiles_read_research(p, path, e);
        if (ok)
            profiles_finish(p);
    } else if (ok) {
        ok = profile_gather_new(&g, e) && take_path(g, path, e);
        if (ok && !g->releases)
            ok = err_set(e, ERR_CORRUPT, 0,
                         "%s: no release of MITRE ATT&CK is in it%s: a bundle is wanted (enterprise-attack.json), a "
                         "folder with one, or with profiles-by-release.json",
                         path, g->base_count ? ", and galaxies only say more of its groups" : "");
        ok = ok && profile_build(g, p, e);
    }
    profile_gather_free(g);
    if (ok)
        *out = p;
    else
        profiles_free(p);
    return ok;
}

/* ---- a store of intelligence ---- */

struct listed {
    char *path;
    str name;
    int64_t added;
};
struct listing {
    struct intel_store *store;
    struct arena *a;
    struct listed *of;
    size_t count, room;
};

/* The list first: a store that is asked does not answer while it is asked something else. */
static bool on_source(void *ctx, const struct intel_stored_source *source, struct err *e) {
    struct listing *const l = ctx;
    bool const stix = str_eq(source->format, S("stix"));

    if (!source->groups || (!stix && !str_eq(source->format, S("galaxy"))) || (!stix && source->until != INSTANT_NONE))
        return true;
    if (!profile_grow((void **)&l->of, l->count, &l->room, sizeof *l->of, e))
        return false;
    struct listed *const to = &l->of[l->count];

    *to = (struct listed){.added = source->added};
    if (!arena_copy(l->a, source->name, &to->name) || !(to->path = intel_store_file(l->store, source->sha256)))
        return profile_no_memory(e);
    l->count++;
    return true;
}

static bool take_store(struct profile_gathered *g, const char *folder, struct err *e) {
    struct listing l = {.a = arena_new(LIST_BYTES_MAX)};
    bool ok = (l.a || profile_no_memory(e)) && intel_store_read(&l.store, folder, e) &&
              intel_store_sources(l.store, on_source, &l, e);

    for (size_t i = 0; ok && i < l.count; i++)
        ok = take_file(g, l.of[i].path, profile_day_of(l.of[i].added), e) ||
             err_wrap(e, "%.*s", STR_ARG(str_first(l.of[i].name, 80)));
    for (size_t i = 0; i < l.count; i++)
        free(l.of[i].path);
    free(l.of);
    intel_store_close(l.store);
    arena_free(l.a);
    return ok;
}

bool profiles_store(struct profiles **out, const char *store_folder, struct err *e) {
    struct profile_gathered *g = NULL;
    struct profiles *p = NULL;
    bool ok = profile_gather_new(&g, e) && take_store(g, store_folder, e);

    *out = NULL;
    if (ok && g->releases) {
        ok = profiles_new(&p, e) && profile_build(g, p, e);
        if (ok)
            *out = p;
        else
            profiles_free(p);
    }
    profile_gather_free(g);
    return ok;
}
