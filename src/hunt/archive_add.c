/* archive_add: files in batches; each is read by a hunt that keeps records, and committed. Who reads a file hashes it. Before that only those are
 * hashed, here, that may be there already: of which some file has the size. */
#include "hunt/archive_add.h"

#include <errno.h>
#include <sys/stat.h>

#include "archive/segment.h"
#include "base/hash.h"
#include "evidence/input.h"
#include "evidence/walk.h"
#include "hunt/archive_index.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_original.h"
#include "hunt/archive_stage.h"
#include "hunt/hunt.h"
#include "hunt/keep.h"
#include "intel/sigma.h"

#define BATCH_FILES 4096u
#define BATCH_BYTES (UINT64_C(4) << 30)
#define MERGE_KEYS                                                                                                     \
    (UINT64_C(64) << 20)   /* of index runs that are merged at the end; more is for the next time, or archive index */
#define RETRIES_SEALING 3u /* of a file, where a process was lost that had read it already */

struct known {
    uint8_t sha256[SHA256_SIZE];
    uint64_t path; /* a hash of it */
    uint64_t size;
    bool settled; /* these readers have nothing to add */
};

/* A file of the batch. */
struct batched {
    uint64_t path; /* a hash of it */
    uint64_t size;
    bool hashed;
    uint8_t sha256[SHA256_SIZE];
    str lost; /* why, if a process ended at it: what was read with it is read anew, without it */
};

/* A copy of a file of the batch: whether its bytes are known is known when the batch is committed. */
struct copy {
    const struct found_file *file;
    uint8_t sha256[SHA256_SIZE];
};

struct line { /* of the ledger, until its batch is committed */
    struct ledger_row row;
    char sha256[2 * SHA256_SIZE + 1];
};

struct add {
    struct archive_stage stage; /* first */
    const struct archive_add_options *o;
    struct archive_add_result *result;
    const struct sigma_set *none;
    struct arena *a, *batch; /* batch: of its lines */
    struct known *known;     /* by hash, the first known_sorted of them */
    size_t known_count, known_sorted, known_room;
    uint64_t *sizes; /* of those, rising */
    uint64_t path_seed;
    uint64_t readers; /* of the ledger that is being read */
    const char **files;
    size_t file_count;
    uint64_t file_bytes, done, total;
    struct batched *batched; /* of the files of the batch */
    struct copy *copies;
    size_t copy_count, copy_room;
    struct line *lines;
    size_t line_count, line_room;
    /* The files of the batch that are read and committed together: all of them, as long as no process ends. */
    size_t stretch_from, stretch;
    unsigned unsealed; /* so often a process was lost while it sealed one file; of the stretch */
    bool lost;
    struct original_writer *originals; /* NULL: bytes of files are not kept */
    const char **to_keep;              /* files of the batch whose bytes are */
    size_t to_keep_count, to_keep_room;
    uint64_t to_keep_bytes;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to add to the archive");
}

static bool grow(void **items, size_t count, size_t *room, size_t size, struct err *e) {
    void *bigger;

    if (count < *room)
        return true;
    if (!(bigger = reallocarray(*items, *room * 2 + 64, size)))
        return no_memory(e);
    *items = bigger;
    *room = *room * 2 + 64;
    return true;
}

/* ---- what is known ---- */

static int by_hash(const void *a, const void *b) {
    const struct known *const x = a, *const y = b;
    int const order = memcmp(x->sha256, y->sha256, SHA256_SIZE);

    return order ? order : (x->path > y->path) - (x->path < y->path);
}

static int by_size(const void *a, const void *b) {
    const uint64_t *const x = a, *const y = b;

    return (*x > *y) - (*x < *y);
}

static bool known_add(struct add *d, const uint8_t sha256[SHA256_SIZE], str path, uint64_t size, bool settled,
                      struct err *e) {
    if (!grow((void **)&d->known, d->known_count, &d->known_room, sizeof *d->known, e))
        return false;
    struct known *const k = &d->known[d->known_count++];

    memcpy(k->sha256, sha256, SHA256_SIZE);
    k->path = hash_bytes(path, d->path_seed);
    k->size = size;
    k->settled = settled;
    return true;
}

static bool known_sort(struct add *d, struct err *e) {
    d->known_sorted = d->known_count;
    if (!d->known_count)
        return true;
    uint64_t *const sizes = reallocarray(d->sizes, d->known_count, sizeof *sizes);

    if (!sizes)
        return no_memory(e);
    d->sizes = sizes;
    qsort(d->known, d->known_count, sizeof *d->known, by_hash);
    for (size_t i = 0; i < d->known_count; i++)
        sizes[i] = d->known[i].size;
    qsort(sizes, d->known_count, sizeof *sizes, by_size);
    return true;
}

/* Has a file of which the hash is known this size? Those that were just passed over had it already. */
static bool size_known(const struct add *d, uint64_t size) {
    return d->known_sorted && bsearch(&size, d->sizes, d->known_sorted, sizeof size, by_size);
}

/* What is known of these bytes. */
struct knowledge {
    bool any, settled, path; /* path: under this one as well, settled or not */
};

/* Of a batch, at most, those at the end are looked through. */
static struct knowledge knowledge_of(const struct add *d, const uint8_t sha256[SHA256_SIZE], str path) {
    uint64_t const hash = hash_bytes(path, d->path_seed);
    struct knowledge k = {.any = false};
    size_t low = 0, high = d->known_sorted;

    while (low < high) {
        size_t const middle = low + (high - low) / 2;

        if (memcmp(d->known[middle].sha256, sha256, SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < d->known_count; low++) {
        if (memcmp(d->known[low].sha256, sha256, SHA256_SIZE) == 0) {
            k.any = true;
            k.settled |= d->known[low].settled;
            k.path |= d->known[low].path == hash;
        } else if (low < d->known_sorted) {
            low = d->known_sorted - 1;
        }
    }
    return k;
}

/* Has all been read of it that these readers can read? What nobody reads a kind file, or a newer reader, may. */
static bool settled(const struct custody *c) {
    return !c->not_read.len || str_eq(c->not_read, S(CUSTODY_EMPTY)) || str_eq(c->not_read, S(CUSTODY_PROSE));
}

static bool on_ledger(void *ctx, const struct ledger_row *row, struct err *e) {
    struct add *const d = ctx;
    uint8_t sha256[SHA256_SIZE];

    if (row->line == LEDGER_BEGIN)
        d->readers = row->readers;
    if ((row->line != LEDGER_FILE && row->line != LEDGER_SAME) || row->file.member || d->readers != KEEP_READERS ||
        !sha256_of_hex(str_of(row->file.sha256), sha256))
        return true;
    return known_add(d, sha256, row->file.path, row->file.size, row->line == LEDGER_SAME || settled(&row->file), e);
}

static bool ledger_use(void *ctx, struct segment *s, struct err *e) {
    struct add *const d = ctx;

    d->readers = 0;
    return ledger_read(s, d->o->fields, on_ledger, d, e);
}

static bool known_load(struct add *d, struct err *e) {
    const struct manifest *const m = vault_manifest(d->stage.v);
    size_t count;
    const struct manifest_segment *const segments = manifest_segments(m, &count);

    for (size_t i = 0; i < count; i++)
        if (manifest_live(&segments[i]) && str_eq(manifest_family(m, segments[i].family), ARCHIVE_LEDGER) &&
            !archive_with_segment(d->stage.v, &segments[i], ledger_use, d, e))
            return err_wrap(e, "%s", d->o->archive);
    return known_sort(d, e);
}

/* ---- files that end their reader ---- */

/* NULL: it is none of the batch. */
static struct batched *batched_of(const struct add *d, str path) {
    uint64_t const hash = hash_bytes(path, d->path_seed);

    for (size_t i = 0; i < d->file_count; i++)
        if (d->batched[i].path == hash && str_eq(str_of(d->files[i]), path))
            return &d->batched[i];
    return NULL;
}

/* No path: all was read, and it was being sealed. Of several files nobody knows whose fault that is. */
static void on_lost(void *ctx, str path, const char *why) {
    struct add *const d = ctx;
    bool const of_one = path.len || (d->stretch == 1 && d->unsealed++ >= RETRIES_SEALING);
    struct batched *const b = path.len ? batched_of(d, path) : &d->batched[d->stretch_from];

    d->lost = !of_one || (b && !b->lost.len && arena_copy(d->batch, str_of(why), &b->lost));
}

static bool passes_over(void *ctx, str path) {
    const struct batched *const b = batched_of(ctx, path);

    return b && b->lost.len;
}

static bool hash_known(void *ctx, str path, uint64_t *size, uint8_t sha256[SHA256_SIZE]) {
    const struct batched *const b = batched_of(ctx, path);

    if (!b || !b->hashed)
        return false;
    *size = b->size;
    memcpy(sha256, b->sha256, SHA256_SIZE);
    return true;
}

/* ---- lines ---- */

static bool line_text(struct add *d, str *text) {
    str const was = *text;

    *text = S("");
    return !was.len || arena_copy(d->batch, was, text);
}

static bool line_name(struct add *d, const char **name) {
    str copy;

    if (!*name)
        return true;
    if (!arena_copy(d->batch, (str){*name, strlen(*name) + 1}, &copy))
        return false;
    *name = copy.ptr;
    return true;
}

static bool line_add(struct add *d, const struct ledger_row *row, struct err *e) {
    if (!grow((void **)&d->lines, d->line_count, &d->line_room, sizeof *d->lines, e))
        return false;
    struct line *const l = &d->lines[d->line_count++];

    l->row = *row;
    snprintf(l->sha256, sizeof l->sha256, "%s", row->file.sha256 ? row->file.sha256 : "");
    l->row.file.sha256 = "";
    return (line_text(d, &l->row.file.path) && line_text(d, &l->row.file.not_read) && line_text(d, &l->row.file.zone) &&
            line_text(d, &l->row.damage.path) && line_text(d, &l->row.damage.why) &&
            line_name(d, &l->row.file.reader) && line_name(d, &l->row.file.container)) ||
           no_memory(e);
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    return line_add(ctx, &(struct ledger_row){.line = LEDGER_FILE, .file = *c}, e);
}

static bool on_damage(void *ctx, const struct custody_damage *c, struct err *e) {
    return line_add(ctx, &(struct ledger_row){.line = LEDGER_DAMAGE, .damage = *c, .file = {.sha256 = ""}}, e);
}

static bool lines_write(struct add *d, struct ledger_writer *l, struct err *e) {
    struct ledger_row const begin = {.line = LEDGER_BEGIN,
                                     .readers = KEEP_READERS,
                                     .at = d->o->now,
                                     .program = S("longwatch " LONGWATCH_VERSION),
                                     .zone = d->o->zone};

    if (!ledger_writer_add(l, &begin, e))
        return false;
    for (size_t i = 0; i < d->line_count; i++) {
        struct line *const line = &d->lines[i];

        line->row.file.sha256 = line->sha256;
        if (!ledger_writer_add(l, &line->row, e))
            return false;
    }
    return true;
}

static bool ledger_stage(struct add *d, struct err *e) {
    struct ledger_writer *l = NULL;
    struct vault_part *p;
    struct segment_info info;
    uint64_t number;
    int fd;

    if (!vault_part_new(d->stage.v, &p, &fd, e))
        return false;
    bool const ok = ledger_writer_new(&l, d->o->fields, fd, archive_stage_writing(&d->stage), e) &&
                    lines_write(d, l, e) && ledger_writer_end(l, &info, e);

    ledger_writer_free(l);
    if (!ok) {
        vault_part_drop(d->stage.v, p);
        return false;
    }
    struct manifest_segment const about = {
        .length = info.size, .rows = info.rows, .first = INSTANT_NONE, .last = INSTANT_NONE, .month = MANIFEST_UNDATED};

    return vault_add(d->stage.v, p, &about, ARCHIVE_LEDGER, &number, NULL, e);
}

/* ---- batches ---- */

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct add *const d = ctx;

    (void)total;
    if (d->o->progress)
        d->o->progress(d->o->ctx, d->done + done, d->total);
}

/* What is staged and what is half written is gone. */
static bool begin_anew(struct add *d, struct err *e) {
    archive_stage_close(&d->stage);
    if (!vault_open_writer(&d->stage.v, d->o->archive, NULL, d->o->now, NULL, NULL, e) ||
        !archive_stage_unlock(&d->stage, &d->o->unlock, e))
        return false;
    if (d->originals)
        original_writer_vault(d->originals, d->stage.v);
    return d->o->no_index || archive_stage_index(&d->stage, d->o->kinds, e);
}

static bool batch_read(struct add *d, struct err *e) {
    struct hunt_options options = {.paths = d->files + d->stretch_from,
                                   .path_count = d->stretch,
                                   .set = d->none,
                                   .fields = d->o->fields,
                                   .kinds = d->o->kinds,
                                   .latest = d->o->latest,
                                   .zone_rules = d->o->zone_rules,
                                   .zone = d->o->zone,
                                   .from = INSTANT_NONE,
                                   .to = INSTANT_NONE,
                                   .workers = d->o->workers,
                                   .stop = d->o->stop,
                                   .passes_over = passes_over,
                                   .kept_lost = on_lost,
                                   .kept_hash = hash_known,
                                   .custody = on_custody,
                                   .damage = on_damage,
                                   .progress = on_progress,
                                   .ctx = d};
    struct hunt_result result = {0};

    archive_stage_hunt(&d->stage, &options);
    return hunt_run(&options, &result, e);
}

/* Files at which the process that read them ended. */
static bool lost_lines(struct add *d, struct err *e) {
    for (size_t i = d->stretch_from; i < d->stretch_from + d->stretch; i++) {
        struct ledger_row const row = {.line = LEDGER_FILE,
                                       .file = {.path = str_of(d->files[i]),
                                                .sha256 = "",
                                                .not_read = d->batched[i].lost,
                                                .first = INSTANT_NONE,
                                                .last = INSTANT_NONE}};

        if (d->batched[i].lost.len && !line_add(d, &row, e))
            return false;
        d->result->files += !d->batched[i].lost.len;
    }
    return true;
}

static bool batch_tell(struct add *d, struct err *e) {
    for (size_t i = 0; i < d->line_count; i++) {
        struct ledger_row *const row = &d->lines[i].row;
        uint8_t sha256[SHA256_SIZE];

        row->file.sha256 = d->lines[i].sha256;
        if (row->line == LEDGER_DAMAGE && !d->o->damage(d->o->ctx, &row->damage, e))
            return false;
        if (row->line == LEDGER_FILE) {
            if (!row->file.member && sha256_of_hex(str_of(row->file.sha256), sha256) &&
                !known_add(d, sha256, row->file.path, row->file.size, settled(&row->file), e))
                return false;
            if (!d->o->custody(d->o->ctx, &row->file, e))
                return false;
        }
    }
    return true;
}

/* Only files that could not be read then, and cannot now: that is written already. */
static bool nothing_new(const struct add *d) {
    for (size_t i = 0; i < d->line_count; i++) {
        const struct line *const l = &d->lines[i];
        uint8_t sha256[SHA256_SIZE];

        if (l->row.line == LEDGER_FILE && !l->row.file.member && !settled(&l->row.file) &&
            sha256_of_hex(str_of(l->sha256), sha256) && knowledge_of(d, sha256, l->row.file.path).path)
            continue;
        return false;
    }
    return d->stage.segments == 0;
}

static bool originals_commit(struct add *d, struct err *e) {
    uint64_t segments, bytes;

    if (!original_writer_stage(d->originals, &segments, &bytes, e) || !vault_commit(d->stage.v, d->o->now, e))
        return false;
    d->result->original_bytes += bytes;
    return true;
}

static bool original_take(struct add *d, const char *path, struct err *e) {
    struct custody_damage lost = {.path = str_of(path)};
    bool const alone = original_writer_alone(path);
    bool kept, spoilt;
    struct err why;

    if ((alone && !originals_commit(d, e)) ||
        !original_writer_file(d->originals, path, alone, d->o->stop, &kept, &spoilt, &why, e))
        return false;
    d->result->originals += kept;
    lost.offset = why.offset;
    lost.why = str_of(why.text);
    if (why.code && !d->o->damage(d->o->ctx, &lost, e))
        return false;
    return spoilt ? begin_anew(d, e) : !alone || originals_commit(d, e);
}

/* After the records of the batch. Also of files at which a process ended: these are worth a second look. */
static bool originals_take(struct add *d, struct err *e) {
    for (size_t i = 0; i < d->to_keep_count; i++)
        if (!original_take(d, d->to_keep[i], e))
            return false;
    d->to_keep_count = 0;
    d->to_keep_bytes = 0;
    return !d->originals || originals_commit(d, e);
}

/* Where a process ends, all that was read with its file has to be read again. So what is read together becomes half as much each time, down to one file; and
 * twice as much after each time that went well: however many such files there are, all in all files are read a few times. */
static bool stretch_read(struct add *d, struct err *e) {
    size_t const before = d->line_count; /* of what was passed over */

    d->unsealed = 0;
    for (;;) {
        archive_stage_begin(&d->stage);
        d->lost = false;
        d->line_count = before;
        if (!d->stretch || batch_read(d, e))
            return true;
        if (!d->lost)
            return false;
        *e = (struct err){0};
        d->stretch -= d->stretch / 2;
        if (!begin_anew(d, e))
            return false;
    }
}

static bool stretch_run(struct add *d, struct err *e) {
    if (!stretch_read(d, e))
        return false;
    if (!lost_lines(d, e))
        return false;
    if (d->line_count && !nothing_new(d) && (!ledger_stage(d, e) || !archive_stage_commit(&d->stage, d->o->now, e)))
        return false;
    d->result->records += d->stage.records;
    d->result->segments += d->stage.segments;
    d->result->bytes += d->stage.bytes;
    if (!batch_tell(d, e))
        return false;
    d->line_count = 0;
    return true;
}

static bool batch_run(struct add *d, struct err *e) {
    uint64_t const done = d->done;

    d->stretch_from = 0;
    d->stretch = d->file_count;
    do {
        if (!stretch_run(d, e))
            return false;
        for (size_t i = 0; i < d->stretch; i++)
            d->done += d->batched[d->stretch_from + i].size;
        d->stretch_from += d->stretch;
        d->stretch =
            2 * d->stretch < d->file_count - d->stretch_from ? 2 * d->stretch : d->file_count - d->stretch_from;
    } while (d->stretch);
    if (!originals_take(d, e))
        return false;
    d->done = done + d->file_bytes;
    d->file_count = 0;
    d->file_bytes = 0;
    arena_reset(d->batch);
    return known_sort(d, e);
}

/* *hashed: what of it could be read is in sha256 and size. False: memory is out. */
static bool file_hashed(const char *path, bool *hashed, uint8_t sha256[SHA256_SIZE], uint64_t *size, struct err *why,
                        struct err *e) {
    struct file_input in = {0};

    *why = (struct err){0};
    *hashed = file_input_open(&in, path, why) && file_input_hash(&in, sha256, NULL, NULL, why);
    *size = *hashed ? in.input.size : 0;
    file_input_close(&in);
    if (*hashed || why->code != ERR_MEMORY)
        return true;
    *e = *why;
    return false;
}

/* Has a file of the batch this size? */
static bool size_in_batch(const struct add *d, uint64_t size) {
    for (size_t i = 0; i < d->file_count; i++)
        if (d->batched[i].size == size)
            return true;
    return false;
}

/* Has one of them this hash? If one cannot be hashed, it may: what it is will be known when it was read. */
static bool in_batch(struct add *d, const uint8_t sha256[SHA256_SIZE], uint64_t size, bool *in, struct err *e) {
    struct err why;
    uint64_t read;

    *in = false;
    for (size_t i = 0; !*in && i < d->file_count; i++) {
        struct batched *const b = &d->batched[i];

        if (b->size != size)
            continue;
        if (!b->hashed && !file_hashed(d->files[i], &b->hashed, b->sha256, &read, &why, e))
            return false;
        *in = !b->hashed || memcmp(b->sha256, sha256, SHA256_SIZE) == 0;
    }
    return true;
}

static bool same_line(struct add *d, str path, const uint8_t sha256[SHA256_SIZE], uint64_t size, struct err *e) {
    char hex[2 * SHA256_SIZE + 1];

    sha256_hex(sha256, hex);
    return line_add(d,
                    &(struct ledger_row){.line = LEDGER_SAME,
                                         .file = {.path = path, .sha256 = hex, .size = size, .not_read = {"", 0}}},
                    e) &&
           known_add(d, sha256, path, size, true, e);
}

static bool stopped(const struct add *d, struct err *e) {
    return d->o->stop && *d->o->stop && !err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

static bool batch_full(const struct add *d) {
    return d->file_count == BATCH_FILES || d->file_bytes >= BATCH_BYTES || d->to_keep_count >= BATCH_FILES ||
           d->to_keep_bytes >= BATCH_BYTES;
}

/* sha256: of its first size bytes; NULL: not known yet. */
static bool batch_add(struct add *d, const struct found_file *f, const uint8_t *sha256, uint64_t size) {
    struct batched *const b = &d->batched[d->file_count];

    *b = (struct batched){.path = hash_bytes(f->path, d->path_seed), .size = size, .hashed = sha256 != NULL};
    if (sha256)
        memcpy(b->sha256, sha256, SHA256_SIZE);
    d->files[d->file_count++] = f->path.ptr;
    d->file_bytes += f->size;
    return true;
}

static bool known_take(struct add *d, const struct found_file *f, const uint8_t sha256[SHA256_SIZE], bool path,
                       struct err *e) {
    d->result->known++;
    d->done += f->size;
    return path || same_line(d, f->path, sha256, f->size, e);
}

static bool unread_line(struct add *d, const struct found_file *f, str why, struct err *e) {
    return on_custody(d,
                      &(struct custody){.path = f->path,
                                        .sha256 = "",
                                        .size = f->size,
                                        .not_read = why,
                                        .first = INSTANT_NONE,
                                        .last = INSTANT_NONE},
                      e);
}

/* The line of the ledger has the path already. */
static str without_path(str why, str path) {
    return str_starts(why, path) && str_starts(str_from(why, path.len), S(": ")) ? str_from(why, path.len + 2) : why;
}

static bool original_wanted(struct add *d, const struct found_file *f, struct err *e) {
    if (!d->originals)
        return true;
    if (!grow((void **)&d->to_keep, d->to_keep_count, &d->to_keep_room, sizeof *d->to_keep, e))
        return false;
    d->to_keep[d->to_keep_count++] = f->path.ptr;
    d->to_keep_bytes += f->size;
    return true;
}

static bool file_take(struct add *d, const struct found_file *f, struct err *e) {
    uint8_t sha256[SHA256_SIZE];
    struct err why;
    uint64_t size;
    bool hashed, in;

    if (f->skipped.len)
        return unread_line(d, f, f->skipped, e);
    if (!original_wanted(d, f, e))
        return false;
    if (!size_known(d, f->size) && !size_in_batch(d, f->size))
        return batch_add(d, f, NULL, f->size);
    if (!file_hashed(f->path.ptr, &hashed, sha256, &size, &why, e))
        return false;
    /* Whether its bytes are there already nobody knows, so it is not read, though that might go well by now. */
    if (!hashed)
        return unread_line(d, f, without_path(str_of(why.text), f->path), e);
    struct knowledge const k = knowledge_of(d, sha256, f->path);

    if (k.settled)
        return known_take(d, f, sha256, k.path, e);
    if (!in_batch(d, sha256, size, &in, e))
        return false;
    if (!in)
        return batch_add(d, f, sha256, size);
    if (!grow((void **)&d->copies, d->copy_count, &d->copy_room, sizeof *d->copies, e))
        return false;
    d->copies[d->copy_count].file = f;
    memcpy(d->copies[d->copy_count++].sha256, sha256, SHA256_SIZE);
    return true;
}

/* Of a file that these readers cannot read a copy is read as well: it says so itself. Of several whose bytes nobody has read so far, one. */
static bool copy_take(struct add *d, const struct copy *c, bool *waits, struct err *e) {
    struct knowledge const k = knowledge_of(d, c->sha256, c->file->path);

    *waits = false;
    if (k.settled)
        return known_take(d, c->file, c->sha256, k.path, e);
    if (!k.any && !in_batch(d, c->sha256, c->file->size, waits, e))
        return false;
    return *waits || batch_add(d, c->file, c->sha256, c->file->size);
}

static bool batch_end(struct add *d, struct err *e) {
    if (!batch_run(d, e))
        return false;
    while (d->copy_count) {
        size_t const copies = d->copy_count;

        d->copy_count = 0;
        for (size_t i = 0; i < copies; i++) {
            struct copy const c = d->copies[i];
            bool waits;

            if (!copy_take(d, &c, &waits, e))
                return false;
            if (waits)
                d->copies[d->copy_count++] = c;
            if (batch_full(d) && !batch_run(d, e))
                return false;
        }
        if (!batch_run(d, e))
            return false;
    }
    return true;
}

static bool add_all(struct add *d, struct err *e) {
    struct found_file *files;
    size_t count;

    if (!walk_paths(d->o->paths, d->o->path_count, &d->o->archive, 1, d->a, &files, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        d->total += files[i].size;
    for (size_t i = 0; i < count; i++)
        if (stopped(d, e) || !file_take(d, &files[i], e) || (batch_full(d) && !batch_end(d, e)))
            return false;
    return batch_end(d, e);
}

static bool archive_ready(struct add *d, struct err *e) {
    if (!vault_made(d->o->archive)) {
        if (!vault_create_for(d->o->archive, S(""), S(""), d->o->now, d->o->custodians, d->o->custodian_count,
                              &d->stage.keys, e))
            return false;
        d->result->made = true;
    }
    return vault_open_writer(&d->stage.v, d->o->archive, NULL, d->o->now, NULL, NULL, e) &&
           (d->result->made || !d->o->custodian_count ||
            err_set(e, ERR_USAGE, 0,
                    "%s is there already: who can open it is decided when it is made (longwatch archive custodians)",
                    d->o->archive)) &&
           archive_stage_unlock(&d->stage, &d->o->unlock, e) &&
           (d->o->no_index || archive_stage_index(&d->stage, d->o->kinds, e));
}

static bool index_merge_some(struct add *d, struct err *e) {
    return !d->stage.index ||
           archive_index_merge(d->stage.v, d->stage.made, MERGE_KEYS, d->o->now, d->o->stop, NULL, e);
}

bool archive_add(const struct archive_add_options *options, struct archive_add_result *result, struct err *e) {
    struct add d = {.stage = {.family = options->family}, .o = options, .result = result, .path_seed = hash_seed()};
    struct sigma_loader *loader = NULL;
    bool ok =
        ((d.a = arena_new((size_t)4 << 30)) && (d.batch = arena_new((size_t)1 << 30)) &&
         (d.files = calloc(BATCH_FILES, sizeof *d.files)) && (d.batched = calloc(BATCH_FILES, sizeof *d.batched))) ||
        no_memory(e);

    *result = (struct archive_add_result){0};
    ok = ok && sigma_loader_new(&loader, e) && sigma_load_end(loader, &d.none, e) && archive_ready(&d, e) &&
         known_load(&d, e) &&
         (!options->originals || original_writer_new(&d.originals, d.stage.v, options->fields, e)) && add_all(&d, e) &&
         index_merge_some(&d, e);
    if (ok)
        result->snapshot = manifest_sequence(vault_manifest(d.stage.v));
    original_writer_free(d.originals);
    archive_stage_free(&d.stage);
    sigma_loader_free(loader);
    arena_free(d.a);
    arena_free(d.batch);
    free(d.files);
    free(d.batched);
    free(d.sizes);
    free(d.copies);
    free(d.known);
    free(d.to_keep);
    free(d.lines);
    return ok;
}
