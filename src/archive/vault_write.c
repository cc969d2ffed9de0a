/* vault_write: making, staging, committing: docs/formats/archive.md, "How it is written". */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/vault_own.h"
#include "base/file.h"

#define BEGINS 16                   /* bytes of a file that say what it is */
#define ROLL_MIN ((size_t)16 << 20) /* bytes of a manifest below which nobody writes it anew */
#define ROLL_SEGMENT 128u           /* about what a segment takes in a restated state */

/* From here on nothing is certain but what the disk says when it is asked again. */
static bool broken(struct vault *v) {
    v->broken = true;
    return false;
}

static bool usable(const struct vault *v, struct err *e) {
    assert(v->writes);
    return !v->broken ||
           err_set(e, ERR_IO, 0, "%s: a commit failed before: open it anew, to see what has become of it", v->path);
}

/* ---- opening ---- */

/* All of it at the offset. */
static bool write_at(int fd, str bytes, uint64_t at) {
    while (bytes.len) {
        ssize_t const n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = ENOSPC;
            return false;
        }
        bytes = str_from(bytes, (size_t)n);
        at += (size_t)n;
    }
    return true;
}

bool head_write(struct vault *v, struct err *e) {
    char text[HEAD_TEXT];

    return write_at(v->head_file, head_text(v, text), 0) || err_system(e, "%s/" HEAD_FILE, v->path);
}

/* Whoever wrote the last record may have died, or been told of an error, before it was on the disk; the kernel may hold for clean what the
 * disk never got. Written again, it is dirty again, and is waited for. All before it was waited for before it was written. */
static bool tail_secure(struct vault *v, struct err *e) {
    size_t const size = (size_t)(v->end - v->last_at);
    char *const bytes = malloc(size ? size : 1);
    struct stat st;
    bool ok = bytes != NULL;

    if (!ok)
        return vault_no_memory(v, e);
    ok = pread(v->file, bytes, size, (off_t)v->last_at) == (ssize_t)size && fstat(v->file, &st) == 0 &&
         ((uint64_t)st.st_size == v->end || ftruncate(v->file, (off_t)v->end) == 0) &&
         write_at(v->file, (str){bytes, size}, v->last_at) && fdatasync(v->file) == 0;
    free(bytes);
    return ok || err_system(e, "%s: the manifest", v->path);
}

static bool file_open_write(struct vault *v, struct err *e) {
    char name[GENERATION_NAME];

    generation_name(v->head.number, name);
    v->file = openat(v->root, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return v->file >= 0 || err_system(e, "%s/%s", v->path, name);
}

static bool head_open(struct vault *v, struct err *e) {
    struct head_said said;
    char text[HEAD_TEXT];

    if (!head_read(v, &said, e) || (!said.good && !own_write(v, HEAD_FILE, head_text(v, text), e)))
        return false;
    v->head_file = openat(v->root, HEAD_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return v->head_file >= 0 ? head_write(v, e) : err_system(e, "%s/" HEAD_FILE, v->path);
}

/* More past than present? */
static bool roll_due(const struct vault *v) {
    size_t count, kept = 0;
    const struct manifest_segment *const all = manifest_segments(v->manifest, &count);

    if (v->end < ROLL_MIN)
        return false;
    for (size_t i = 0; i < count; i++)
        kept += !all[i].gone;
    return v->end > ROLL_MIN + 2 * (uint64_t)ROLL_SEGMENT * kept;
}

bool vault_open_writer(struct vault **out, const char *path, const struct signature_key *key, int64_t at,
                       vault_tell *tell, void *ctx, struct err *e) {
    struct vault *v;

    if (!vault_begin(&v, path, e))
        return false;
    v->tell = tell;
    v->ctx = ctx;
    v->key = key;
    if ((v->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        err_system(e, "%s", path);
    /* The lock before anything is read; but what is no archive gets none. */
    else if ((faccessat(v->root, FORMAT_FILE, F_OK, 0) == 0 ||
              err_set(e, ERR_USAGE, 0, "%s is no archive: it holds no " FORMAT_FILE, path)) &&
             vault_lock(v, at, e) && vault_load(v, 0, e) && file_open_write(v, e) && tail_secure(v, e) &&
             folders_make(v, e) && vault_survey(v, e) && head_open(v, e) &&
             ((!v->state_bad && !roll_due(v)) || vault_roll(v, at, e))) {
        *out = v;
        return true;
    }
    vault_close(v);
    return false;
}

void vault_close(struct vault *v) {
    if (!v)
        return;
    for (size_t i = 0; i < v->staged_count; i++)
        unlinkat(v->root, v->staged[i].part, 0);
    if (v->head_file >= 0) {
        (void)fsync(v->head_file); /* it only says more than nothing */
        close(v->head_file);
    }
    if (v->file >= 0)
        close(v->file);
    if (v->root >= 0)
        close(v->root);
    if (v->lock >= 0)
        close(v->lock);
    keyring_free(v->ring);
    manifest_free(v->manifest);
    buf_free(&v->operations);
    buf_free(&v->folders);
    free(v->staged);
    free(v->path);
    free(v);
}

/* ---- staging ---- */

struct vault_part {
    int fd;
    char name[VAULT_NAME_MAX];
};

bool vault_part_new(struct vault *v, struct vault_part **out, int *fd, struct err *e) {
    struct vault_part *p;

    if (!usable(v, e))
        return false;
    if (!(p = calloc(1, sizeof *p)))
        return vault_no_memory(v, e);
    snprintf(p->name, sizeof p->name, TEMPORARY "/%llu.part", (unsigned long long)++v->parts);
    p->fd = openat(v->root, p->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0) {
        err_system(e, "%s/%s", v->path, p->name);
        free(p);
        return false;
    }
    *fd = p->fd;
    *out = p;
    return true;
}

static void part_free(struct vault_part *p) {
    close(p->fd);
    free(p);
}

void vault_part_drop(struct vault *v, struct vault_part *p) {
    if (!p)
        return;
    unlinkat(v->root, p->name, 0);
    part_free(p);
}

/* Encoded, then applied: it is believed by whoever reads it if and only if it is staged. */
static bool stage(struct vault *v, const struct manifest_operation *o, struct err *e) {
    size_t const before = v->operations.len;

    if (!manifest_encode(o, &v->operations, e))
        return false;
    if (v->operations.len > RECORD_ROOM) {
        v->operations.len = before;
        return err_set(e, ERR_LIMIT, 0, "more than one record holds: commit what is staged first");
    }
    if (!manifest_apply(v->manifest, o, manifest_sequence(v->manifest) + 1, e)) {
        v->operations.len = before;
        return err_wrap(e, "%s", v->path);
    }
    v->count++;
    return true;
}

/* The whole file on the disk, and what it is. */
static bool part_secure(struct vault *v, const struct vault_part *p, uint64_t said, uint64_t *length,
                        uint8_t hash[SHA256_SIZE], struct err *e) {
    char begins[BEGINS];
    struct stat st;

    if (fstat(p->fd, &st) != 0 || fsync(p->fd) != 0)
        return err_system(e, "%s/%s", v->path, p->name);
    ssize_t const n = pread(p->fd, begins, sizeof begins, 0);

    if (n < 0)
        return err_system(e, "%s/%s", v->path, p->name);
    if (!encrypted_alike(v, (str){begins, (size_t)n}, p->name, e))
        return false;
    if (!S_ISREG(st.st_mode) || (said != 0 && (uint64_t)st.st_size != said))
        return err_set(e, ERR_USAGE, 0, "%s/%s holds %lld bytes instead of %llu", v->path, p->name,
                       (long long)st.st_size, (unsigned long long)said);
    return (file_hash(p->fd, length, hash, e) || err_wrap(e, "%s/%s", v->path, p->name)) &&
           (*length == (uint64_t)st.st_size ||
            err_set(e, ERR_USAGE, 0, "%s/%s is still being written", v->path, p->name));
}

static struct staged *staged_next(struct vault *v, struct err *e) {
    if (v->staged_count == v->staged_room) {
        size_t const room = v->staged_room ? 2 * v->staged_room : 16;
        struct staged *const grown = realloc(v->staged, room * sizeof *grown);

        if (!grown) {
            vault_no_memory(v, e);
            return NULL;
        }
        v->staged = grown;
        v->staged_room = room;
    }
    return &v->staged[v->staged_count];
}

static bool segment_stage(struct vault *v, const struct vault_part *p, const struct manifest_segment *about, str family,
                          uint64_t *number, bool *known, struct err *e) {
    struct manifest_operation o = {.what = DO_ADD, .add = {.segment = *about, .family = family}};
    struct manifest_segment *const s = &o.add.segment;
    const struct manifest_segment *there;
    struct staged *to;

    if (!part_secure(v, p, about->length, &s->length, s->sha256, e) ||
        !manifest_of_bytes(v->manifest, s->sha256, &there, e))
        return false;
    if (there) {
        *number = there->number;
        *known = true;
        return true;
    }
    s->number = manifest_next_segment(v->manifest);
    if (!(to = staged_next(v, e)) || !stage(v, &o, e))
        return false;
    memcpy(to->part, p->name, sizeof to->part);
    vault_segment_name(s, to->name);
    v->staged_count++;
    *number = s->number;
    *known = false;
    return true;
}

bool vault_add(struct vault *v, struct vault_part *p, const struct manifest_segment *about, str family,
               uint64_t *number, bool *known, struct err *e) {
    bool there = true;
    bool const ok = usable(v, e) && segment_stage(v, p, about, family, number, &there, e);

    if (known)
        *known = there;
    if (ok && !there)
        part_free(p);
    else
        vault_part_drop(v, p);
    return ok;
}

static bool run_stage(struct vault *v, const struct vault_part *p, const struct manifest_run *about, uint64_t *number,
                      struct err *e) {
    struct manifest_operation o = {.what = DO_RUN, .run = *about};
    struct staged *to;

    if (!part_secure(v, p, about->length, &o.run.length, o.run.sha256, e))
        return false;
    o.run.number = manifest_next_run(v->manifest);
    if (!(to = staged_next(v, e)) || !stage(v, &o, e))
        return false;
    memcpy(to->part, p->name, sizeof to->part);
    vault_run_name(&o.run, to->name);
    v->staged_count++;
    *number = o.run.number;
    return true;
}

bool vault_run_add(struct vault *v, struct vault_part *p, const struct manifest_run *about, uint64_t *number,
                   struct err *e) {
    bool const ok = usable(v, e) && run_stage(v, p, about, number, e);

    if (ok)
        part_free(p);
    else
        vault_part_drop(v, p);
    return ok;
}

bool vault_do(struct vault *v, const struct manifest_operation *o, struct err *e) {
    assert(o->what != DO_BEGIN && o->what != DO_ADD && o->what != DO_RUN && o->what != DO_REMOVED &&
           o->what != DO_GENERATION && o->what != DO_COUNTERS);
    return usable(v, e) && stage(v, o, e);
}

bool vault_suppose(struct vault *v, const struct manifest_operation *o, int64_t at, struct err *e) {
    uint64_t const sequence = manifest_sequence(v->manifest) + 1;

    assert(!v->writes);
    v->operations.len = 0;
    if (!manifest_encode(o, &v->operations, e)) /* who does it must be able to write it down */
        return false;
    if (!manifest_apply(v->manifest, o, sequence, e))
        return err_wrap(e, "%s", v->path);
    manifest_record_end(v->manifest, sequence, at);
    return true;
}

/* ---- committing ---- */

static str folder_of(const char *name) {
    const char *const slash = strrchr(name, '/');

    return (str){name, slash ? (size_t)(slash - name) : 0};
}

static bool folder_known(const struct buf *names, str folder) {
    for (size_t at = 0; at < names->len; at += strlen(names->ptr + at) + 1)
        if (str_eq(str_of(names->ptr + at), folder))
            return true;
    return false;
}

static bool folder_note(const struct vault *v, struct buf *names, str folder, struct err *e) {
    buf_add(names, folder);
    buf_byte(names, '\0');
    return !names->failed || vault_no_memory(v, e);
}

/* Makes the folder of a name, and waits until its entry is on the disk: whoever made it before may have died in between, so that this is
 * done once by every writer. */
static bool folder_secure(struct vault *v, const char *name, struct err *e) {
    char folder[VAULT_NAME_MAX];
    str const path = folder_of(name);

    if (folder_known(&v->folders, path))
        return true;
    snprintf(folder, sizeof folder, "%.*s", STR_ARG(path));
    if (mkdirat(v->root, folder, 0700) != 0 && errno != EEXIST)
        return err_system(e, "%s/%s", v->path, folder);
    folder[folder_of(folder).len] = '\0'; /* the one above */
    return folder_sync(v, folder, e) && folder_note(v, &v->folders, path, e);
}

/* Files that are staged get their names, and the names are on the disk. */
static bool names_give(struct vault *v, struct err *e) {
    struct buf touched = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < v->staged_count; i++) {
        const struct staged *const s = &v->staged[i];

        ok = folder_secure(v, s->name, e);
        if (ok && renameat(v->root, s->part, v->root, s->name) != 0)
            ok = err_system(e, "%s/%s", v->path, s->name);
        if (ok && !folder_known(&touched, folder_of(s->name)))
            ok = folder_note(v, &touched, folder_of(s->name), e);
    }
    for (size_t at = 0; ok && at < touched.len; at += strlen(touched.ptr + at) + 1)
        ok = folder_sync(v, touched.ptr + at, e);
    buf_free(&touched);
    return ok;
}

static bool record_of(struct vault *v, int64_t at, struct buf *out, struct err *e) {
    struct manifest_record r = {.sequence = manifest_sequence(v->manifest) + 1,
                                .at = at,
                                .count = v->count,
                                .operations = buf_str(&v->operations)};

    memcpy(r.previous, v->hash, sizeof r.previous);
    return manifest_record_write(out, &r, v->head.id, v->key, e);
}

/* The record is on the disk: what it comes to. */
static void record_done(struct vault *v, struct sha256 *h, str record, int64_t at) {
    sha256_add(h, record);
    sha256_end(h, v->hash);
    manifest_record_end(v->manifest, manifest_sequence(v->manifest) + 1, at);
    v->operations.len = 0;
    v->count = 0;
    v->staged_count = 0;
}

bool vault_commit(struct vault *v, int64_t at, struct err *e) {
    struct sha256 *h = NULL;
    struct buf record = {0};
    bool ok = usable(v, e);
    struct err ignored;

    if (!ok || v->count == 0)
        return ok;
    ok = ((h = sha256_new()) != NULL || vault_no_memory(v, e)) && record_of(v, at, &record, e) && names_give(v, e) &&
         ((write_at(v->file, buf_str(&record), v->end) && fdatasync(v->file) == 0) ||
          err_system(e, "%s: the manifest", v->path));
    if (ok) {
        v->last_at = v->end;
        v->end += record.len;
        record_done(v, h, buf_str(&record), at);
        /* It is committed whether HEAD can be written or not; HEAD then says less, and never anything wrong. */
        if (!head_write(v, &ignored))
            broken(v);
    } else {
        broken(v);
    }
    sha256_free(h);
    buf_free(&record);
    return ok;
}

static bool files_remove(struct vault *v, struct manifest_numbers segments, struct manifest_numbers runs,
                         struct err *e) {
    struct buf touched = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < segments.count + runs.count; i++) {
        char name[VAULT_NAME_MAX];

        if (i < segments.count)
            vault_segment_name(manifest_segment(v->manifest, manifest_number(segments, i)), name);
        else
            vault_run_name(manifest_run(v->manifest, manifest_number(runs, i - segments.count)), name);
        if (unlinkat(v->root, name, 0) != 0 && errno != ENOENT) /* gone: somebody died between this and the record */
            ok = err_system(e, "%s/%s", v->path, name);
        if (ok && !folder_known(&touched, folder_of(name)))
            ok = folder_note(v, &touched, folder_of(name), e);
    }
    for (size_t at = 0; ok && at < touched.len; at += strlen(touched.ptr + at) + 1)
        if (faccessat(v->root, touched.ptr + at, F_OK, 0) == 0)
            ok = folder_sync(v, touched.ptr + at, e);
    buf_free(&touched);
    return ok;
}

bool vault_remove(struct vault *v, struct manifest_numbers segments, struct manifest_numbers runs, int64_t at,
                  struct err *e) {
    struct manifest_operation const o = {.what = DO_REMOVED, .removed = {segments, runs}};

    if (!usable(v, e))
        return false;
    assert(v->count == 0);
    if (segments.count + runs.count == 0)
        return true;
    if (!stage(v, &o, e))
        return false;
    /* First the files: a record of files that are there still would be a lie. */
    return files_remove(v, segments, runs, e) ? vault_commit(v, at, e) : broken(v);
}

/* ---- a new generation ---- */

/* Its bytes: head, state, the record that vouches for both. */
static bool generation_text(struct vault *v, int64_t at, struct generation_head *head, struct buf *out, struct err *e) {
    struct manifest_operation o = {.what = DO_GENERATION};
    struct buf state = {0}, operations = {0};
    struct sha256 *const h = sha256_new();
    struct manifest_record r = {.sequence = manifest_sequence(v->manifest) + 1, .at = at, .count = 1};
    bool ok = (h != NULL || vault_no_memory(v, e)) && manifest_restate(v->manifest, &state, &head->state_items, e);

    head->state_size = state.len;
    generation_head_write(out, head);
    buf_add(out, buf_str(&state));
    ok = ok && (!out->failed || vault_no_memory(v, e));
    if (ok) {
        o.generation.number = head->number;
        sha256_add(h, buf_str(out));
        sha256_end(h, o.generation.sha256);
        ok = manifest_encode(&o, &operations, e);
    }
    memcpy(r.previous, v->hash, sizeof r.previous);
    r.operations = buf_str(&operations);
    ok = ok && manifest_record_write(out, &r, head->id, v->key, e);
    sha256_free(h);
    buf_free(&state);
    buf_free(&operations);
    return ok;
}

bool vault_roll(struct vault *v, int64_t at, struct err *e) {
    struct generation_head head = v->head;
    char name[GENERATION_NAME];
    struct buf bytes = {0}, current = {0};
    struct sha256 *const h = sha256_new();
    struct err ignored;
    bool ok = usable(v, e) && (h != NULL || vault_no_memory(v, e));

    assert(v->count == 0);
    head.number++;
    head.base = manifest_sequence(v->manifest);
    memcpy(head.base_hash, v->hash, sizeof head.base_hash);
    generation_name(head.number, name);
    current_text(head.number, &current);
    ok = ok && generation_text(v, at, &head, &bytes, e) && own_write(v, name, buf_str(&bytes), e);
    if (ok && !own_write_buf(v, CURRENT_FILE, &current, e))
        ok = broken(v); /* whichever it names, both say the same */
    if (ok) {
        size_t const from = generation_records(&head);

        close(v->file);
        v->file = -1;
        v->head = head;
        v->last_at = from;
        v->end = bytes.len;
        v->state_bad = false;
        record_done(v, h, str_from(buf_str(&bytes), from), at);
        if (!file_open_write(v, e))
            ok = broken(v);
        else if (!head_write(v, &ignored))
            broken(v);
    }
    sha256_free(h);
    buf_free(&bytes);
    buf_free(&current);
    return ok;
}
