/* archives: asks the manifest of each for the segments that are live. */
#include "cli/archives.h"

#include <stdlib.h>
#include <unistd.h>

#include "archive/vault.h"
#include "cli/command.h"
#include "hunt/archive_original.h"

#define PATHS_MEMORY ((size_t)8 << 30)

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the names of segments");
}

static bool room(struct archives *x, size_t more, struct err *e) {
    const char **const bigger = arena_alloc(x->a, (x->paths.count + more) * sizeof *bigger);

    if (!bigger)
        return no_memory(e);
    if (x->paths.count)
        memcpy(bigger, x->paths.items, x->paths.count * sizeof *bigger);
    x->paths.items = bigger;
    return true;
}

/* Of an older snapshot a file may have been removed since, which is no damage: there is nothing to be asked. What else is wrong with it is told by
 * whoever reads it. */
static bool still_there(const struct vault *v, const struct manifest_segment *s, struct err *e) {
    struct err why = {0};
    int fd;

    if (vault_segment_open(v, s, &fd, &why)) {
        close(fd);
        return true;
    }
    return why.code != ERR_USAGE ||
           err_set(e, ERR_USAGE, 0, "%.400s: a later snapshot can be asked (longwatch archive info)", why.text);
}

static bool segments_add(struct archives *x, const struct vault *v, const char *archive, bool past, struct err *e) {
    size_t const folder = strlen(archive);
    size_t count;
    const struct manifest_segment *const s = manifest_segments(vault_manifest(v), &count);

    if (!room(x, count + 1, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        char name[VAULT_NAME_MAX], *path;

        if (!manifest_live(&s[i]) || str_eq(manifest_family(vault_manifest(v), s[i].family), ARCHIVE_ORIGINALS))
            continue;
        if (past && !still_there(v, &s[i], e))
            return false;
        vault_segment_name(&s[i], name);
        size_t const size = folder + strlen(name) + 2;

        if (!(path = arena_bytes(x->a, size)))
            return no_memory(e);
        snprintf(path, size, "%s/%s", archive, name);
        x->paths.items[x->paths.count++] = path;
    }
    return true;
}

void archive_id_text(const struct manifest *m, char out[2 * ARCHIVE_ID_SIZE + 1]) {
    for (size_t i = 0; i < ARCHIVE_ID_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", manifest_id(m)[i]);
}

/* Records by why they are not there any more. */
struct lost {
    uint64_t *rows; /* by number of the segment - 1 */
    size_t count, room;
    uint64_t gone[END_WITHDRAWN + 1];
};

static bool row_add(struct lost *l, const struct manifest_segment *s, struct err *e) {
    if (l->count == l->room) {
        uint64_t *const bigger = reallocarray(l->rows, l->room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        l->rows = bigger;
        l->room = l->room * 2 + 256;
    }
    if (s->number == l->count + 1)
        l->rows[l->count++] = s->rows;
    return true;
}

static bool on_record(void *ctx, const struct vault_record *r, struct err *e) {
    struct lost *const l = ctx;
    str left = r->operations;

    while (left.len) {
        struct manifest_operation o;

        if (!manifest_decode(&left, &o, e))
            return false;
        if (o.what == DO_ADD && !row_add(l, &o.add.segment, e))
            return false;
        for (size_t i = 0; o.what == DO_END && i < o.end.olds.count; i++) {
            uint64_t const number = manifest_number(o.end.olds, i);

            /* What took the place of an erased one has as many rows. */
            if (number && number <= l->count &&
                (o.end.why == END_EXPIRED || o.end.why == END_WITHDRAWN ||
                 (o.end.why == END_ERASED && !o.end.news.count)))
                l->gone[o.end.why] += l->rows[number - 1];
        }
    }
    return true;
}

static bool noted(struct archives *x, const struct vault *v, const char *path, struct err *e) {
    struct archive_noted *const a = &x->items[x->count++];
    const struct manifest *const m = vault_manifest(v);
    uint8_t hash[SHA256_SIZE];
    struct lost l = {.rows = NULL};
    bool const ok = vault_history(v, on_record, &l, e);

    *a = (struct archive_noted){.path = path, .snapshot = manifest_sequence(m)};
    archive_id_text(m, a->id);
    vault_head(v, hash);
    sha256_hex(hash, a->record);
    if (l.gone[END_EXPIRED] || l.gone[END_WITHDRAWN] || l.gone[END_ERASED])
        snprintf(a->gone, sizeof a->gone, "%lu record%s expired, %lu withdrawn, %lu erased",
                 (unsigned long)l.gone[END_EXPIRED], l.gone[END_EXPIRED] == 1 ? "" : "s",
                 (unsigned long)l.gone[END_WITHDRAWN], (unsigned long)l.gone[END_ERASED]);
    free(l.rows);
    return ok;
}

/* A folder that says of itself that it is one; whether that is true vault_open says. */
static bool is_archive(const char *path) {
    char name[4096];

    return (size_t)snprintf(name, sizeof name, "%s/" VAULT_MARK, path) < sizeof name && access(name, F_OK) == 0;
}

/* What a writer left behind the last record is no reader's business. */
static void on_found(void *ctx, enum vault_found what, str name, uint64_t number) {
    (void)number;
    if (what == FOUND_HEAD)
        fprintf(
            stderr,
            "longwatch: %s/%.*s is damaged or gone: it cannot be shown that nothing is lost behind the last record\n",
            (const char *)ctx, STR_ARG(name));
    else if (what == FOUND_STATE)
        fprintf(stderr,
                "longwatch: %s/%.*s: what it restates is damaged, and was worked out of the manifests before it\n",
                (const char *)ctx, STR_ARG(name));
}

bool vault_unlock_wish(struct vault *v, const struct key_wish *wish, struct err *e) {
    struct custodian_keys keys = {.items = NULL};

    if (!vault_encrypted(v))
        return true;
    if (wish && !custodian_keys_open(&keys, wish, e))
        return false;
    struct vault_unlock const unlock = custodian_keys_unlock(&keys);
    bool const ok = vault_unlock(v, &unlock, e);

    custodian_keys_close(&keys);
    return ok;
}

static bool keys_add(struct archives *x, struct vault *v, const struct custodian_keys *keys, struct err *e) {
    if (!keys || !vault_encrypted(v))
        return true;
    struct vault_unlock const unlock = custodian_keys_unlock(keys);

    return vault_unlock(v, &unlock, e) && (x->keys || key_set_new(&x->keys, e)) &&
           key_set_join(x->keys, vault_keys(v), e);
}

static bool all_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                     const struct custodian_keys *keys, struct err *e) {
    if (!(out->a = arena_new(PATHS_MEMORY)))
        return no_memory(e);
    if (!(out->items = arena_alloc(out->a, (given->count + 1) * sizeof *out->items)))
        return no_memory(e);
    if (alone && !paths_exist(given, "archive", true, e))
        return false;
    for (size_t i = 0; i < given->count; i++) {
        struct vault *v = NULL;

        if (alone || is_archive(given->items[i])) {
            bool const ok = vault_open(&v, given->items[i], as_of, alone ? NULL : on_found,
                                       (void *)(uintptr_t)given->items[i], e) &&
                            keys_add(out, v, keys, e) && segments_add(out, v, given->items[i], as_of != 0, e) &&
                            noted(out, v, given->items[i], e);

            vault_close(v);
            if (!ok)
                return false;
            out->any = true;
        } else {
            if (!room(out, 1, e))
                return false;
            out->paths.items[out->paths.count++] = given->items[i];
        }
    }
    return true;
}

bool archives_open(struct archives *out, const struct arguments *given, uint64_t as_of, bool alone,
                   const struct key_wish *wish, struct err *e) {
    struct custodian_keys keys = {.items = NULL};

    *out = (struct archives){.any = false};
    bool const ok =
        (!wish || custodian_keys_open(&keys, wish, e)) && all_open(out, given, as_of, alone, wish ? &keys : NULL, e);

    custodian_keys_close(&keys);
    return ok;
}

void archives_close(struct archives *x) {
    key_set_free(x->keys);
    arena_free(x->a);
}
