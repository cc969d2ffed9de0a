/* archive_export: files copied as they are; beside them the whole chain that says what they are. */
#include "hunt/archive_export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/utf.h"

#define COPY_BYTES ((size_t)1 << 20)
#define COMMIT_SEGMENTS 256u
#define ORIGIN_TRIES 4u /* while somebody writes the manifest anew */

struct exporting {
    const struct archive_export_options *o;
    struct archive_export_result *result;
    struct vault *from, *to;
    struct manifest_segment *list;
    size_t count;
    uint64_t total, done;
    char *bytes; /* COPY_BYTES */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to export");
}

static const struct manifest_hold *hold_of(const struct manifest *m, str name) {
    size_t count;
    const struct manifest_hold *const all = manifest_holds(m, &count);

    for (size_t i = 0; i < count; i++)
        if (str_eq(all[i].name, name))
            return &all[i];
    return NULL;
}

static bool choose(struct exporting *x, struct err *e) {
    const struct manifest *const m = vault_manifest(x->from);
    struct manifest_hold const asked = {
        .family = x->o->family, .from = x->o->from, .to = x->o->to, .segments = x->o->segments};
    const struct manifest_hold *const hold = x->o->hold.len ? hold_of(m, x->o->hold) : NULL;
    size_t count;
    const struct manifest_segment *const all = manifest_segments(m, &count);

    if (x->o->hold.len && !hold)
        return err_set(e, ERR_USAGE, 0, "%s has no hold %.*s", x->o->archive, STR_ARG(utf8_first(x->o->hold, 64)));
    for (size_t i = 0; i < x->o->segments.count; i++) {
        const struct manifest_segment *const s = manifest_segment(m, manifest_number(x->o->segments, i));

        if (!s || !manifest_live(s))
            return err_set(e, ERR_USAGE, 0, "%s has no live segment %llu", x->o->archive,
                           (unsigned long long)manifest_number(x->o->segments, i));
    }
    if (!(x->list = calloc(count + 1, sizeof *x->list)))
        return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        str const family = manifest_family(m, all[i].family);

        if (!manifest_live(&all[i]) || !manifest_hold_covers(&asked, &all[i], family) ||
            (hold && !manifest_hold_covers(hold, &all[i], family)))
            continue;
        x->list[x->count++] = all[i];
        x->total += all[i].length;
    }
    return x->count > 0 || err_set(e, ERR_USAGE, 0, "%s holds no such segment: nothing was exported", x->o->archive);
}

/* ---- files ---- */

static bool goes_on(const struct exporting *x, struct err *e) {
    return !x->o->stop || !*x->o->stop || err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

static bool copy_bytes(struct exporting *x, int from, int to, const char *name, bool counted, struct err *e) {
    for (;;) {
        ssize_t const got = read(from, x->bytes, COPY_BYTES);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_system(e, "%s", name);
        if (got == 0)
            return true;
        for (ssize_t at = 0; at < got;) {
            ssize_t const put = write(to, x->bytes + at, (size_t)(got - at));

            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return err_system(e, "a copy of %s", name);
            at += put;
        }
        if (counted)
            x->done += (uint64_t)got;
        if (counted && x->o->progress)
            x->o->progress(x->o->ctx, x->done, x->total);
        if (!goes_on(x, e))
            return false;
    }
}

static bool segment_copy(struct exporting *x, const struct manifest_segment *s, struct err *e) {
    struct manifest_segment const about = {
        .length = s->length, .rows = s->rows, .first = s->first, .last = s->last, .month = s->month};
    char name[VAULT_NAME_MAX];
    struct vault_part *p;
    uint64_t number;
    int from, to;
    bool known;

    vault_segment_name(s, name);
    if (!vault_segment_open(x->from, s, &from, e))
        return false;
    if (!vault_part_new(x->to, &p, &to, e)) {
        close(from);
        return false;
    }
    bool const ok = copy_bytes(x, from, to, name, true, e);

    close(from);
    if (!ok) {
        vault_part_drop(x->to, p);
        return false;
    }
    if (!vault_add(x->to, p, &about, manifest_family(vault_manifest(x->from), s->family), &number, &known, e))
        return false;
    if (memcmp(manifest_segment(vault_manifest(x->to), number)->sha256, s->sha256, SHA256_SIZE) != 0)
        return err_set(e, ERR_CORRUPT, 0, "%s/%s is not what was added: it is damaged", x->o->archive, name);
    return true;
}

static bool note(struct exporting *x, struct err *e) {
    char hash[2 * SHA256_SIZE + 1];
    struct buf words = {0};

    sha256_hex(x->result->hash, hash);
    buf_add(&words, S("of archive "));
    for (size_t i = 0; i < ARCHIVE_ID_SIZE; i++)
        buf_format(&words, "%02x", manifest_id(vault_manifest(x->from))[i]);
    buf_format(&words, ", snapshot %lu, record %s", (unsigned long)x->result->sequence, hash);
    if (x->o->why.len) {
        buf_add(&words, S(": "));
        buf_add(&words, x->o->why);
    }
    struct manifest_operation const o = {.what = DO_NOTE,
                                         .lift = {.name = S(EXPORT_NOTE), .who = x->o->who, .why = buf_str(&words)}};
    bool const ok = (!words.failed || no_memory(e)) && vault_do(x->to, &o, e);

    buf_free(&words);
    return ok;
}

static bool segments_copy(struct exporting *x, struct err *e) {
    for (size_t i = 0; i < x->count; i++) {
        if (!segment_copy(x, &x->list[i], e))
            return false;
        x->result->segments++;
        x->result->rows += x->list[i].rows;
        x->result->bytes += x->list[i].length;
        if ((i + 1) % COMMIT_SEGMENTS == 0 && !vault_commit(x->to, x->o->now, e))
            return false;
    }
    return note(x, e) && vault_commit(x->to, x->o->now, e);
}

/* ---- where it came from ---- */

static bool file_copy(struct exporting *x, int from_folder, int to_folder, const char *name, struct err *e) {
    int const from = openat(from_folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int const to = from < 0 ? -1 : openat(to_folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = from >= 0 && to >= 0;

    if (!ok)
        err_system(e, "%s/%s", x->o->archive, name);
    ok = ok && copy_bytes(x, from, to, name, false, e) && (fsync(to) == 0 || err_system(e, "a copy of %s", name));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ok;
}

/* What grows is copied last: what is copied then is at least what the files before speak of. */
static bool manifest_copy(struct exporting *x, int from, int to, struct err *e) {
    DIR *dir;
    struct dirent *d;
    bool ok = file_copy(x, from, to, "FORMAT", e) && file_copy(x, from, to, "HEAD", e) &&
              file_copy(x, from, to, "CURRENT", e);
    int const again = ok ? openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (!ok)
        return false;
    if (again < 0 || !(dir = fdopendir(again))) {
        if (again >= 0)
            close(again);
        return err_system(e, "%s", x->o->archive);
    }
    while (ok && (d = readdir(dir))) {
        str const name = str_of(d->d_name);
        uint64_t number;

        if (str_starts(name, S("MANIFEST-")) && str_u64(str_from(name, strlen("MANIFEST-")), UINT64_MAX, &number))
            ok = file_copy(x, from, to, d->d_name, e);
    }
    closedir(dir);
    return ok && file_folder_sync(to, ".", e);
}

static bool origin_path(char *out, size_t room, const char *path, struct err *e) {
    return (size_t)snprintf(out, room, "%s/" EXPORT_ORIGIN, path) < room ||
           err_set(e, ERR_USAGE, 0, "the path of the export is too long");
}

/* Whoever wrote in between may have begun a new generation: then it is copied once more. */
static bool origin_make(struct exporting *x, struct err *e) {
    char path[4096];
    struct vault *copy = NULL;
    bool ok = false;

    if (!origin_path(path, sizeof path, x->o->out, e))
        return false;
    if (mkdir(path, 0700) != 0)
        return err_system(e, "%s", path);
    int const from = open(x->o->archive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int const to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (from < 0 || to < 0)
        err_system(e, "%s", from < 0 ? x->o->archive : path);
    for (unsigned i = 0; from >= 0 && to >= 0 && !ok && i < ORIGIN_TRIES; i++) {
        *e = (struct err){0};
        if (!manifest_copy(x, from, to, e))
            break;
        ok = vault_open(&copy, path, x->result->sequence, NULL, NULL, e);
    }
    vault_close(copy);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ok;
}

bool archive_export(const struct archive_export_options *options, struct archive_export_result *result, struct err *e) {
    struct exporting x = {.o = options, .result = result};
    bool ok;

    *result = (struct archive_export_result){0};
    ok = ((x.bytes = malloc(COPY_BYTES)) || no_memory(e)) &&
         vault_open(&x.from, options->archive, options->as_of, NULL, NULL, e) &&
         vault_unlock(x.from, &options->unlock, e) && choose(&x, e);
    if (ok) {
        result->sequence = manifest_sequence(vault_manifest(x.from));
        vault_head(x.from, result->hash);
    }
    ok = ok &&
         vault_create_like(options->out, options->who, S("an export; its origin lies beside it"), options->now, x.from,
                           e) &&
         vault_open_writer(&x.to, options->out, options->key, options->now, NULL, NULL, e) &&
         vault_unlock(x.to, &(struct vault_unlock){.open = vault_keys(x.from)}, e) && segments_copy(&x, e) &&
         origin_make(&x, e);
    vault_close(x.to);
    vault_close(x.from);
    free(x.list);
    free(x.bytes);
    return ok;
}

/* ---- checking ---- */

static int by_hash(const void *a, const void *b) {
    return memcmp(((const struct manifest_segment *)a)->sha256, ((const struct manifest_segment *)b)->sha256,
                  SHA256_SIZE);
}

static bool same(const struct manifest_segment *a, const struct manifest_segment *b) {
    return a->length == b->length && a->rows == b->rows && a->first == b->first && a->last == b->last &&
           a->month == b->month;
}

/* Every segment that was ever added; those that are gone from its state too. */
struct added {
    struct manifest_segment *all;
    size_t count, room;
    void (*record)(void *ctx, const struct vault_record *r);
    void *ctx;
};

static bool on_record(void *ctx, const struct vault_record *r, struct err *e) {
    struct added *const x = ctx;
    str left = r->operations;
    struct manifest_operation o;

    x->record(x->ctx, r);
    for (uint32_t i = 0; i < r->count; i++) {
        if (!manifest_decode(&left, &o, e))
            return false;
        if (o.what != DO_ADD)
            continue;
        if (x->count == x->room) {
            struct manifest_segment *const bigger = reallocarray(x->all, x->room * 2 + 256, sizeof *bigger);

            if (!bigger)
                return no_memory(e);
            x->all = bigger;
            x->room = x->room * 2 + 256;
        }
        x->all[x->count++] = o.add.segment;
    }
    return true;
}

bool archive_export_check(const struct vault *v, const char *path, bool *there,
                          void (*each)(void *ctx, const struct manifest_segment *s),
                          void (*record)(void *ctx, const struct vault_record *r), void *ctx, uint64_t *sequence,
                          uint8_t hash[SHA256_SIZE], struct err *e) {
    char folder[4096];
    struct vault *origin = NULL;
    struct added x = {.record = record, .ctx = ctx};
    size_t count;
    const struct manifest_segment *const all = manifest_segments(vault_manifest(v), &count);

    *there = false;
    if (!origin_path(folder, sizeof folder, path, e))
        return false;
    if (access(folder, F_OK) != 0)
        return true;
    *there = true;
    bool const ok = vault_open(&origin, folder, 0, NULL, NULL, e) && vault_history_check(origin, e) &&
                    vault_history(origin, on_record, &x, e);

    if (ok) {
        if (x.count)
            qsort(x.all, x.count, sizeof *x.all, by_hash);
        for (size_t i = 0; i < count; i++) {
            const struct manifest_segment *const found =
                x.count ? bsearch(&all[i], x.all, x.count, sizeof *x.all, by_hash) : NULL;

            if (!found || !same(found, &all[i]))
                each(ctx, &all[i]);
        }
        *sequence = manifest_sequence(vault_manifest(origin));
        vault_head(origin, hash);
    }
    vault_close(origin);
    free(x.all);
    return ok;
}
