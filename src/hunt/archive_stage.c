/* archive_stage: bytes into parts, one for each worker; a part that is whole is looked at and staged. */
#include "hunt/archive_stage.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hunt/wire.h"

bool archive_with_file(int fd, str name, const struct key_set *keys,
                       bool (*use)(void *ctx, struct segment *s, struct err *e), void *ctx, struct err *e) {
    struct segment_opening const how = {.keys = keys};
    struct segment *s = NULL;
    struct stat st;
    void *bytes;
    bool ok;

    if (fstat(fd, &st) != 0)
        return err_system(e, "%.*s", STR_ARG(name));
    if (st.st_size <= 0)
        return err_set(e, ERR_TRUNCATED, 0, "%.*s: a segment without bytes", STR_ARG(name));
    if ((bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        return err_system(e, "%.*s", STR_ARG(name));
    ok = segment_open_with(&s, (str){bytes, (size_t)st.st_size}, name, &how, e) && use(ctx, s, e);
    segment_close(s);
    munmap(bytes, (size_t)st.st_size);
    return ok;
}

bool archive_with_segment(const struct vault *v, const struct manifest_segment *s,
                          bool (*use)(void *ctx, struct segment *s, struct err *e), void *ctx, struct err *e) {
    char name[VAULT_NAME_MAX];
    int fd;

    vault_segment_name(s, name);
    if (!vault_segment_open(v, s, &fd, e))
        return false;
    bool const ok = archive_with_file(fd, str_of(name), vault_keys(v), use, ctx, e);

    close(fd);
    return ok;
}

bool archive_stage_unlock(struct archive_stage *s, const struct vault_unlock *with, struct err *e) {
    struct vault_unlock const again = {.open = s->keys};

    if (!vault_unlock(s->v, s->keys ? &again : with, e))
        return false;
    if (!vault_keys(s->v))
        return true;
    if (!s->keys && !key_set_new(&s->keys, e))
        return false;
    writing_key_wipe(&s->writing);
    return vault_writing_key(s->v, &s->writing) && key_set_join(s->keys, vault_keys(s->v), e);
}

const struct writing_key *archive_stage_writing(const struct archive_stage *s) {
    return s->keys ? &s->writing : NULL;
}

bool archive_stage_index(struct archive_stage *s, const struct kinds *kinds, struct err *e) {
    struct err why = {0};

    if (!archive_index_made(s->v, kinds, &s->made, &why) || !vault_secret(s->v, s->secret, &why)) {
        if (why.code == ERR_CORRUPT)
            return true;
        *e = why;
        return false;
    }
    return archive_index_new(&s->index, s->v, s->made, e);
}

bool archive_stage_commit(struct archive_stage *s, int64_t now, struct err *e) {
    uint64_t keys;

    return (!s->index || archive_index_stage(s->index, &keys, e)) && vault_commit(s->v, now, e);
}

void archive_stage_begin(struct archive_stage *s) {
    for (unsigned i = 0; i < HUNT_SLOTS; i++) {
        if (s->index)
            archive_index_drop(s->index, i);
        vault_part_drop(s->v, s->parts[i]);
        s->parts[i] = NULL;
    }
    s->count = 0;
    s->segments = s->records = s->bytes = 0;
}

void archive_stage_close(struct archive_stage *s) {
    archive_stage_begin(s);
    archive_index_free(s->index);
    s->index = NULL;
    vault_close(s->v);
    s->v = NULL;
    explicit_bzero(s->secret, sizeof s->secret);
}

void archive_stage_free(struct archive_stage *s) {
    archive_stage_close(s);
    key_set_free(s->keys);
    s->keys = NULL;
    writing_key_wipe(&s->writing);
    free(s->numbers);
    s->numbers = NULL;
    s->room = 0;
}

static bool write_all(int fd, str bytes, struct err *e) {
    while (bytes.len) {
        ssize_t const n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "a segment cannot be written");
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static bool on_bytes(void *ctx, unsigned slot, str bytes, struct err *e) {
    struct archive_stage *const s = ctx;

    return (s->parts[slot] || vault_part_new(s->v, &s->parts[slot], &s->fds[slot], e)) &&
           write_all(s->fds[slot], bytes, e);
}

static bool on_keys(void *ctx, unsigned slot, bool addresses, str bytes, struct err *e) {
    struct archive_stage *const s = ctx;

    return archive_index_keys(s->index, slot, addresses, bytes, e);
}

struct look {
    struct archive_stage *stage;
    const struct kept_segment *said; /* NULL: this process has written it */
    struct segment_info info;
};

static bool look_use(void *ctx, struct segment *s, struct err *e) {
    struct look *const l = ctx;
    const struct kept_segment *const k = l->said;

    l->info = *segment_info(s);
    if (k && (memcmp(l->info.sha256, k->sha256, SHA256_SIZE) != 0 || l->info.size != k->size ||
              l->info.rows != k->rows || l->info.first != k->first || l->info.last != k->last || !k->rows))
        return err_set(e, ERR_CORRUPT, 0, "a segment is not what the process that made it said");
    if (!(k ? segment_check_bytes(s, e)
            : segment_check(s, NULL, NULL, e))) /* who made it has unpacked it (hunt/keep.c) */
        return false;
    return !l->stage->look || l->stage->look(l->stage->ctx, s, e);
}

static int32_t month_of(int64_t when) {
    if (when == INSTANT_NONE)
        return MANIFEST_UNDATED;
    struct wall const w = instant_wall(when);

    return (int32_t)w.year * 12 + w.month - 1;
}

static bool number_note(struct archive_stage *s, uint64_t number, struct err *e) {
    if (s->count == s->room) {
        uint64_t *const bigger = reallocarray(s->numbers, s->room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return err_set(e, ERR_MEMORY, 0, "no memory for new segments");
        s->numbers = bigger;
        s->room = s->room * 2 + 64;
    }
    s->numbers[s->count++] = number;
    return true;
}

/* Takes p. indexed: keys of it came from the slot. */
static bool stage(struct archive_stage *s, struct vault_part *p, const struct segment_info *info, bool indexed,
                  unsigned slot, struct err *e) {
    struct manifest_segment const about = {.length = info->size,
                                           .rows = info->rows,
                                           .first = info->first,
                                           .last = info->last,
                                           .month = month_of(info->first)};
    uint64_t number;
    bool known;

    if (about.month != month_of(info->last)) {
        vault_part_drop(s->v, p);
        return err_set(e, ERR_CORRUPT, 0, "a segment holds events of several months");
    }
    if (!vault_add(s->v, p, &about, s->family, &number, &known, e) || !number_note(s, number, e) ||
        (indexed && !archive_index_segment(s->index, slot, number, about.month, e)))
        return false;
    s->segments += !known;
    s->records += known ? 0 : info->rows;
    s->bytes += known ? 0 : info->size;
    return true;
}

static bool on_kept(void *ctx, unsigned slot, const struct kept_segment *k, struct err *e) {
    struct archive_stage *const s = ctx;
    struct vault_part *const p = s->parts[slot];
    struct look look = {.stage = s, .said = k};

    if (!p)
        return err_set(e, ERR_CORRUPT, 0, "a process that reads evidence told of a segment that it has not made");
    if (!archive_with_file(s->fds[slot], S("a new segment"), vault_keys(s->v), look_use, &look, e))
        return false;
    s->parts[slot] = NULL;
    return stage(s, p, &look.info, s->index != NULL, slot, e);
}

bool archive_stage_part(struct archive_stage *s, struct vault_part *p, int fd, const struct segment_info *info,
                        struct err *e) {
    struct look look = {.stage = s};

    if (archive_with_file(fd, S("a new segment"), vault_keys(s->v), look_use, &look, e))
        return stage(s, p, info, false, 0, e);
    vault_part_drop(s->v, p);
    return false;
}

/* ---- what a hunt without rules never says ---- */

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    return err_set(e, ERR_CORRUPT, 0, "a finding without rules");
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    (void)ctx;
    (void)rule;
    (void)counts;
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    (void)ctx;
    (void)rule;
    (void)filter;
    (void)matches;
}

void archive_stage_hunt(const struct archive_stage *s, struct hunt_options *o) {
    o->keys = s->keys;
    o->writing = archive_stage_writing(s);
    o->kept_keys = s->index ? on_keys : NULL;
    o->key_secret = s->secret;
    o->kept_bytes = on_bytes;
    o->kept = on_kept;
    o->finding = on_finding;
    o->kind = on_kind;
    o->correlation = on_correlation;
    o->filtered = on_filtered;
}
