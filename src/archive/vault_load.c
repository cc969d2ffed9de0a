/* vault_load: a state out of the files of the manifest, and their history: docs/formats/archive.md, "How it is read". */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "archive/manifest_own.h"
#include "archive/vault_own.h"
#include "base/file.h"

#define TRIES 16 /* of a reader that meets a writer who just writes the manifest anew */

struct generation {
    struct buf bytes;
    struct generation_head head;
    char name[GENERATION_NAME];
};

static bool generation_read(const struct vault *v, uint64_t number, struct generation *g, struct err *e) {
    bool missing = false, ok;

    *g = (struct generation){0};
    generation_name(number, g->name);
    ok = own_read(v, g->name, VAULT_MANIFEST_MAX, &g->bytes, &missing, e);
    if (ok && missing)
        ok = err_set(e, ERR_CORRUPT, 0, "%s/%s is gone", v->path, g->name);
    else if (ok)
        ok = generation_head_read(buf_str(&g->bytes), &g->head, e) || err_wrap(e, "%s/%s", v->path, g->name);
    if (ok && g->head.number != number)
        ok = err_set(e, ERR_CORRUPT, 32, "%s/%s says that it is number %llu", v->path, g->name,
                     (unsigned long long)g->head.number);
    if (!ok)
        buf_free(&g->bytes);
    return ok;
}

/* From record to record. */
struct walk {
    const struct vault *v;
    const struct generation *g;
    struct sha256 *h;
    size_t at, last_at; /* the next record; the one before it */
    uint64_t sequence;  /* of the last */
    uint8_t hash[SHA256_SIZE];
    size_t torn; /* bytes at the end that are no record */
};

static bool walk_begin(struct walk *w, const struct vault *v, const struct generation *g, struct err *e) {
    *w = (struct walk){v, g, sha256_new(), generation_records(&g->head), 0, g->head.base, {0}, 0};
    w->last_at = w->at;
    memcpy(w->hash, g->head.base_hash, sizeof w->hash);
    return w->h || err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
}

static bool corrupt(const struct walk *w, const char *what, struct err *e) {
    if (w->sequence == 0)
        return err_set(e, ERR_CORRUPT, w->at, "%s/%s: byte %zu: %s: nothing of it can be read", w->v->path, w->g->name,
                       w->at, what);
    return err_set(e, ERR_CORRUPT, w->at,
                   "%s/%s: byte %zu, record %llu: %s; snapshot %llu is the last that can be read", w->v->path,
                   w->g->name, w->at, (unsigned long long)w->sequence + 1, what, (unsigned long long)w->sequence);
}

/* The next record; *end: there is none. Bytes at the end that are no record are what a crash leaves, unless something good stands behind
 * them, or they are more than any record has. */
static bool walk_next(struct walk *w, struct manifest_record *r, bool *end, struct err *e) {
    str const file = buf_str(&w->g->bytes);
    size_t const rest = file.len - w->at;
    size_t work = ((size_t)64 << 20) + 4 * rest, found;
    uint64_t sequence;

    *end = rest == 0;
    if (*end)
        return true;
    if (!manifest_record_read(file, w->at, w->h, r)) {
        if (manifest_record_behind(file, w->at, w->sequence, &work, &sequence, &found)) {
            char text[96];

            snprintf(text, sizeof text, "it is damaged, and at byte %zu stands record %llu", found,
                     (unsigned long long)sequence);
            return corrupt(w, text, e);
        }
        if (rest > RECORD_MAX)
            return corrupt(w, "it is damaged, and what follows is longer than a record can be", e);
        w->torn = rest;
        *end = true;
        return true;
    }
    if (r->sequence != w->sequence + 1)
        return corrupt(w, "it bears another number", e);
    if (memcmp(r->previous, w->hash, sizeof w->hash) != 0)
        return corrupt(w, "the chain is broken: it does not follow the record before it", e);
    w->last_at = w->at;
    w->at += r->bytes.len;
    w->sequence = r->sequence;
    memcpy(w->hash, r->hash, sizeof w->hash);
    return true;
}

static bool record_apply(const struct walk *w, struct manifest *m, const struct manifest_record *r, struct err *e) {
    str left = r->operations;
    struct manifest_operation o;

    for (uint32_t i = 0; i < r->count; i++)
        if (!manifest_decode(&left, &o, e) || o.what == DO_COUNTERS || !manifest_apply(m, &o, r->sequence, e)) {
            struct err const why = *e;

            if (why.code == ERR_MEMORY)
                return false;
            return err_set(e, ERR_CORRUPT, r->offset, "%s/%s: byte %zu, record %llu cannot have been written so: %s",
                           w->v->path, w->g->name, r->offset, (unsigned long long)r->sequence,
                           o.what == DO_COUNTERS ? "counters in a record" : why.text);
        }
    if (left.len)
        return err_set(e, ERR_CORRUPT, r->offset, "%s/%s: byte %zu, record %llu: bytes behind its operations",
                       w->v->path, w->g->name, r->offset, (unsigned long long)r->sequence);
    manifest_record_end(m, r->sequence, r->at);
    return true;
}

/* Is the restated state the one that the first record of the generation speaks of? */
static bool state_vouched(const struct generation *g, struct err *e) {
    struct sha256 *const h = sha256_new();
    uint8_t hash[SHA256_SIZE];
    struct manifest_record r;
    struct manifest_operation o;
    bool ok = h != NULL;

    if (!ok)
        return err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
    e->code = ERR_CORRUPT;
    ok = manifest_record_read(buf_str(&g->bytes), generation_records(&g->head), h, &r) &&
         manifest_decode(&r.operations, &o, e) && o.what == DO_GENERATION && o.generation.number == g->head.number;
    if (ok) {
        sha256_add(h, str_first(buf_str(&g->bytes), generation_records(&g->head)));
        sha256_end(h, hash);
        ok = memcmp(hash, o.generation.sha256, sizeof hash) == 0;
    }
    sha256_free(h);
    return ok;
}

/* What loading a generation comes to. */
struct loaded {
    struct manifest *manifest;
    struct generation g;
    struct walk walk;
};

static void loaded_free(struct loaded *l) {
    manifest_free(l->manifest);
    buf_free(&l->g.bytes);
    sha256_free(l->walk.h);
    *l = (struct loaded){0};
}

static bool generation_load(struct vault *v, uint64_t number, uint64_t until, const struct head_said *head,
                            struct loaded *l, struct err *e);

/* The state that generation g begins with: as it stands there, or else of all that was before. */
static bool state_load(struct vault *v, struct loaded *l, struct err *e) {
    struct loaded before = {0};
    bool good;

    if (!(l->manifest = manifest_new()))
        return err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
    if (l->g.head.number == 1)
        return true;
    good =
        state_vouched(&l->g, e) &&
        manifest_restore(l->manifest, generation_state(buf_str(&l->g.bytes), &l->g.head), l->g.head.state_items, e) &&
        manifest_sequence(l->manifest) == l->g.head.base &&
        memcmp(manifest_id(l->manifest), l->g.head.id, ARCHIVE_ID_SIZE) == 0;
    if (good || e->code == ERR_MEMORY)
        return good;
    v->state_bad = true;
    vault_found(v, FOUND_STATE, l->g.name, l->g.head.number);
    manifest_free(l->manifest);
    l->manifest = NULL;
    if (!generation_load(v, l->g.head.number - 1, l->g.head.base, NULL, &before, e))
        return err_wrap(e, "%s: the state it begins with is damaged", l->g.name);
    if (before.walk.sequence != l->g.head.base || memcmp(before.walk.hash, l->g.head.base_hash, SHA256_SIZE) != 0) {
        loaded_free(&before);
        return err_set(e, ERR_CORRUPT, 0,
                       "%s/%s: the state it begins with is damaged, and the generation before is another's", v->path,
                       l->g.name);
    }
    l->manifest = before.manifest;
    before.manifest = NULL;
    loaded_free(&before);
    return true;
}

/* Applies records until the one of that sequence, or to the end. head: what must be found on the way, or NULL. */
static bool records_load(struct loaded *l, uint64_t until, const struct head_said *head, struct err *e) {
    struct walk *const w = &l->walk;
    struct manifest_record r;
    bool end = false;

    if (head && head->sequence == w->sequence && memcmp(head->hash, w->hash, SHA256_SIZE) != 0)
        return corrupt(w, "HEAD says that another was committed before it", e);
    while (w->sequence < until) {
        if (!walk_next(w, &r, &end, e))
            return false;
        if (end)
            break;
        if (!record_apply(w, l->manifest, &r, e))
            return false;
        if (head && head->sequence == r.sequence && memcmp(head->hash, r.hash, SHA256_SIZE) != 0)
            return err_set(e, ERR_CORRUPT, r.offset,
                           "%s/%s: byte %zu, record %llu is not the one that HEAD says was committed", w->v->path,
                           w->g->name, r.offset, (unsigned long long)r.sequence);
    }
    return true;
}

/* l: to be freed by the caller where true. */
static bool generation_load(struct vault *v, uint64_t number, uint64_t until, const struct head_said *head,
                            struct loaded *l, struct err *e) {
    *l = (struct loaded){0};
    if (!generation_read(v, number, &l->g, e))
        return false;
    if (!state_load(v, l, e) || !walk_begin(&l->walk, v, &l->g, e) || !records_load(l, until, head, e)) {
        loaded_free(l);
        return false;
    }
    return true;
}

/* Which files are gone since, and which record is the newest: of records that can be read, as far as they can. */
static void foresee(struct vault *v, struct loaded *l, uint64_t highest) {
    struct manifest_record r;
    struct manifest_operation o;
    struct err e;

    for (uint64_t number = l->g.head.number;;) {
        bool end = false;

        while (walk_next(&l->walk, &r, &end, &e) && !end)
            for (uint32_t i = 0; i < r.count && manifest_decode(&r.operations, &o, &e); i++)
                manifest_foresee(l->manifest, &o);
        v->newest = l->walk.sequence;
        sha256_free(l->walk.h);
        l->walk.h = NULL;
        buf_free(&l->g.bytes);
        if (++number > highest || !generation_read(v, number, &l->g, &e) || !walk_begin(&l->walk, v, &l->g, &e))
            return;
    }
}

/* Which generation a snapshot is in. */
static bool generation_of(const struct vault *v, uint64_t current, uint64_t as_of, uint64_t *number, struct err *e) {
    struct err first = {0};

    for (*number = current; *number > 0; --*number) {
        char name[GENERATION_NAME], bytes[GENERATION_HEAD_SIZE];
        struct generation_head h;
        int fd;

        generation_name(*number, name);
        fd = file_open(v->root, name);
        if (fd < 0 && errno != ENOENT)
            return err_system(e, "%s/%s", v->path, name);
        ssize_t const n = fd >= 0 ? pread(fd, bytes, sizeof bytes, 0) : 0;

        if (fd >= 0)
            close(fd);
        /* Cut off is no matter here: there will be enough of it, or not. */
        if (!generation_head_read((str){bytes, n > 0 ? (size_t)n : 0}, &h, e) && e->code != ERR_TRUNCATED) {
            if (!first.code)
                first = *e;
            continue; /* an older one may have it */
        }
        if (h.base < as_of)
            return true;
    }
    *e = first;
    return first.code ? err_wrap(e, "%s", v->path) : err_set(e, ERR_USAGE, 0, "%s has no snapshot 0", v->path);
}

static bool load_past(struct vault *v, uint64_t as_of, struct loaded *l, struct err *e) {
    uint64_t current, number;

    if (!current_read(v, true, &current, e) || !generation_of(v, current, as_of, &number, e) ||
        !generation_load(v, number, as_of, NULL, l, e))
        return false;
    if (l->walk.sequence != as_of) {
        uint64_t const last = l->walk.sequence;

        loaded_free(l);
        return err_set(e, ERR_USAGE, 0, "%s has no snapshot %llu: the last one is %llu", v->path,
                       (unsigned long long)as_of, (unsigned long long)last);
    }
    v->head = l->g.head;
    memcpy(v->hash, l->walk.hash, sizeof v->hash);
    foresee(v, l, current);
    return true;
}

/* More than its first record: somebody committed to it. */
static bool generation_used(const struct vault *v, uint64_t number, bool *used, struct err *e) {
    struct generation g;
    struct walk w = {0};
    struct manifest_record r;
    struct err why;
    bool end = false, ok;

    *used = false;
    if (!generation_read(v, number, &g, &why)) {
        *e = why;
        return why.code == ERR_CORRUPT || why.code == ERR_TRUNCATED; /* no use to anybody */
    }
    ok = walk_begin(&w, v, &g, e);
    for (int i = 0; ok && i < 2 && walk_next(&w, &r, &end, &why) && !end; i++)
        *used = i == 1;
    sha256_free(w.h);
    buf_free(&g.bytes);
    return ok;
}

/* Does CURRENT name the newest manifest? *again: it does by now. */
static bool newest(const struct vault *v, uint64_t number, bool *again, struct err *e) {
    char name[GENERATION_NAME];
    uint64_t now;
    bool used = false;

    *again = false;
    generation_name(number + 1, name);
    if (faccessat(v->root, name, F_OK, 0) != 0)
        return true;
    if (!generation_used(v, number + 1, &used, e) || !current_read(v, false, &now, e))
        return false;
    *again = now != number;
    if (used && !*again)
        return err_set(e, ERR_CORRUPT, 0,
                       "%s/" CURRENT_FILE " is out of date: it names manifest %llu, and commits were made to %s",
                       v->path, (unsigned long long)number, name);
    return true;
}

static bool load_present(struct vault *v, struct loaded *l, struct err *e) {
    bool again = true;

    for (int i = 0; again; i++) {
        struct head_said head; /* first: it never says more than the manifest that is read behind it */
        uint64_t number;

        v->state_bad = false;
        if (!head_read(v, &head, e) || !current_read(v, false, &number, e) ||
            !generation_load(v, number, UINT64_MAX, head.good ? &head : NULL, l, e))
            return false;
        if (head.good && head.sequence > l->walk.sequence) {
            err_set(
                e, ERR_CORRUPT, l->walk.at,
                "%s/%s: byte %zu: record %llu was committed, and is not there any more; snapshot %llu is the last that "
                "can be read",
                v->path, l->g.name, l->walk.at, (unsigned long long)head.sequence,
                (unsigned long long)l->walk.sequence);
            loaded_free(l);
            return false;
        }
        if (!newest(v, number, &again, e) || (again && i == TRIES)) {
            if (again)
                err_set(e, ERR_IO, 0, "%s is written anew over and over: try again", v->path);
            loaded_free(l);
            return false;
        }
        if (again) {
            loaded_free(l);
            continue;
        }
        if (!head.good)
            vault_found(v, FOUND_HEAD, HEAD_FILE, 0);
        if (l->walk.torn)
            vault_found(v, FOUND_TORN, l->g.name, l->walk.torn);
        v->head = l->g.head;
        memcpy(v->hash, l->walk.hash, sizeof v->hash);
        v->end = l->walk.at;
        v->last_at = l->walk.last_at;
    }
    return true;
}

bool vault_load(struct vault *v, uint64_t as_of, struct err *e) {
    struct loaded l = {0};

    if (!format_check(v, e) || !(as_of ? load_past(v, as_of, &l, e) : load_present(v, &l, e)))
        return false;
    if (manifest_sequence(l.manifest) == 0 || memcmp(manifest_id(l.manifest), v->head.id, ARCHIVE_ID_SIZE) != 0) {
        loaded_free(&l);
        return err_set(e, ERR_CORRUPT, 0, "%s: the manifest is of another archive, or holds nothing", v->path);
    }
    v->manifest = l.manifest;
    l.manifest = NULL;
    loaded_free(&l);
    return true;
}

/* ---- history ---- */

static bool record_tell(const struct vault *v, const struct manifest_record *r,
                        bool (*each)(void *ctx, const struct vault_record *r, struct err *e), void *ctx,
                        struct err *e) {
    struct buf statement = {0};
    struct vault_record told = {.sequence = r->sequence,
                                .at = r->at,
                                .signature = r->signature,
                                .count = r->count,
                                .operations = r->operations};
    bool ok = true;

    memcpy(told.hash, r->hash, sizeof told.hash);
    if (r->signature.len) {
        manifest_record_statement(&statement, v->head.id, r);
        ok = !statement.failed || err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
    }
    told.statement = buf_str(&statement);
    ok = ok && each(ctx, &told, e);
    buf_free(&statement);
    return ok;
}

bool vault_history(const struct vault *v, bool (*each)(void *ctx, const struct vault_record *r, struct err *e),
                   void *ctx, struct err *e) {
    uint64_t const until = manifest_sequence(v->manifest);
    uint8_t hash[SHA256_SIZE] = {0};
    uint64_t sequence = 0;
    bool ok = true;

    for (uint64_t number = 1; ok && sequence < until; number++) {
        struct generation g;
        struct walk w = {0};
        struct manifest_record r;
        bool end = false;

        if (!generation_read(v, number, &g, e))
            return false;
        ok = walk_begin(&w, v, &g, e);
        if (ok && (g.head.base != sequence || memcmp(g.head.base_hash, hash, sizeof hash) != 0))
            ok = err_set(e, ERR_CORRUPT, 0, "%s/%s does not follow the manifest before it", v->path, g.name);
        while (ok && w.sequence < until && (ok = walk_next(&w, &r, &end, e)) && !end)
            ok = record_tell(v, &r, each, ctx, e);
        if (ok && end && w.sequence < until && w.sequence == g.head.base)
            ok = corrupt(&w, "it is not there", e);
        sequence = w.sequence;
        memcpy(hash, w.hash, sizeof hash);
        sha256_free(w.h);
        buf_free(&g.bytes);
    }
    return ok;
}

/* The state replayed from the first record, compared with each that was restated. */
static bool history_replay(struct vault *v, struct manifest *m, uint64_t until, struct err *e) {
    uint8_t hash[SHA256_SIZE] = {0}, replayed[SHA256_SIZE], restated[SHA256_SIZE];

    for (uint64_t number = 1; manifest_sequence(m) < until; number++) {
        struct loaded l = {0};
        struct manifest *restored = NULL;
        bool ok;

        if (!generation_read(v, number, &l.g, e))
            return false;
        ok = walk_begin(&l.walk, v, &l.g, e);
        if (ok && (l.g.head.base != manifest_sequence(m) || memcmp(l.g.head.base_hash, hash, sizeof hash) != 0))
            ok = err_set(e, ERR_CORRUPT, 0, "%s/%s does not follow the manifest before it", v->path, l.g.name);
        if (ok && number > 1) {
            ok = (restored = manifest_new()) != NULL || err_set(e, ERR_MEMORY, 0, "no memory for the manifest");
            ok =
                ok && (state_vouched(&l.g, e) || err_set(e, e->code, 0, "the state it begins with is damaged")) &&
                manifest_restore(restored, generation_state(buf_str(&l.g.bytes), &l.g.head), l.g.head.state_items, e) &&
                manifest_digest(m, replayed, e) && manifest_digest(restored, restated, e) &&
                (memcmp(replayed, restated, sizeof replayed) == 0 ||
                 err_set(e, ERR_CORRUPT, 0, "the state it begins with is not what the records before come to"));
            if (!ok)
                err_wrap(e, "%s/%s", v->path, l.g.name);
        }
        l.manifest = m;
        ok = ok && records_load(&l, until, NULL, e);
        l.manifest = NULL;
        if (ok && l.walk.sequence == l.g.head.base)
            ok = corrupt(&l.walk, "it is not there", e);
        memcpy(hash, l.walk.hash, sizeof hash);
        manifest_free(restored);
        loaded_free(&l);
        if (!ok)
            return false;
    }
    return true;
}

bool vault_history_check(const struct vault *v, struct err *e) {
    struct vault quiet = *v; /* it asks files, and tells nobody */
    struct manifest *const m = manifest_new();
    uint8_t replayed[SHA256_SIZE], now[SHA256_SIZE];
    bool ok = m != NULL || err_set(e, ERR_MEMORY, 0, "no memory for the manifest");

    quiet.tell = NULL;
    ok = ok && history_replay(&quiet, m, manifest_sequence(v->manifest), e);
    if (ok && v->count == 0 && !v->past) /* nothing staged, nothing known that came later */
        ok = manifest_digest(m, replayed, e) && manifest_digest(v->manifest, now, e) &&
             (memcmp(replayed, now, sizeof now) == 0 ||
              err_set(e, ERR_CORRUPT, 0, "%s: what is open is not what its records come to", v->path));
    manifest_free(m);
    return ok;
}
