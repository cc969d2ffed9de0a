/* verify_archive: manifest and segments against what the case notes of them. */
#include "cli/verify_archive.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/case_archive.h"
#include "cli/command.h"
#include "report/finding_text.h"

#define MEMORY ((size_t)64 << 20)
#define TOLD 20u

struct hash {
    uint8_t sha256[SHA256_SIZE];
};

struct verify_archive {
    const volatile sig_atomic_t *stop;
    struct arena *a;
    struct case_archive *items;
    size_t count;
    struct vault **vaults; /* NULL: it cannot be used; */
    struct err *why;       /* of each */
    struct hash *sources;  /* sorted when all are there */
    size_t source_count, source_room;
    bool listed;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the archives of a case");
}

/* Does an archive of that id lie at the path? */
static bool has_id(const char *path, str id) {
    char name[4096], text[2 * ARCHIVE_ID_SIZE + 1] = "";
    struct vault *v = NULL;
    struct err e;

    if ((size_t)snprintf(name, sizeof name, "%s/" VAULT_MARK, path) >= sizeof name || access(name, F_OK) != 0)
        return false;
    if (vault_open(&v, path, 0, NULL, NULL, &e))
        archive_id_text(vault_manifest(v), text);
    vault_close(v);
    return str_eq(str_of(text), id);
}

bool verify_archive_open(struct verify_archive **out, const char *path, const struct arguments *evidence,
                         const struct key_wish *key, const volatile sig_atomic_t *stop, struct err *e) {
    struct verify_archive *const x = calloc(1, sizeof *x);
    bool ok = (x && (x->a = arena_new(MEMORY))) || no_memory(e);

    ok = ok && case_archives(path, x->a, &x->items, &x->count, e);
    *out = NULL;
    if (!ok || !x->count) {
        verify_archive_close(x);
        return ok;
    }
    x->stop = stop;
    x->vaults = arena_zero(x->a, x->count, sizeof(struct vault *));
    x->why = arena_zero(x->a, x->count, sizeof *x->why);
    if (!x->vaults || !x->why) {
        verify_archive_close(x);
        return no_memory(e);
    }
    for (size_t i = 0; i < x->count; i++) {
        for (size_t k = 0; k < evidence->count; k++)
            if (has_id(evidence->items[k], x->items[i].id))
                x->items[i].path = str_of(evidence->items[k]);
        if (!case_archive_open(&x->vaults[i], &x->items[i], key, &x->why[i]) && x->why[i].code == ERR_MEMORY) {
            *e = x->why[i];
            verify_archive_close(x);
            return false;
        }
    }
    *out = x;
    return true;
}

void verify_archive_close(struct verify_archive *x) {
    if (!x)
        return;
    for (size_t i = 0; x->vaults && i < x->count; i++)
        vault_close(x->vaults[i]);
    free(x->sources);
    arena_free(x->a);
    free(x);
}

/* Segments of that time, by what became of them. */
struct segments {
    uint64_t same, changed, compacted, gone;
};

static bool segments_check(struct verify_archive *x, size_t i, struct segments *n, struct buf *details, struct err *e) {
    const struct manifest *const m = vault_manifest(x->vaults[i]);
    size_t count, told = 0;
    const struct manifest_segment *const all = manifest_segments(m, &count);

    for (size_t k = 0; k < count; k++) {
        const struct manifest_segment *const s = &all[k];
        char name[VAULT_NAME_MAX];
        struct err why = {0};
        bool same = false;

        if (s->added > x->items[i].snapshot || (s->ended && s->ended <= x->items[i].snapshot))
            continue;
        if (*x->stop)
            return err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
        if (!manifest_live(s)) {
            n->compacted += s->end == END_COMPACTED;
            n->gone += s->end != END_COMPACTED;
            continue;
        }
        if (!vault_segment_check(x->vaults[i], s, &same, &why) && why.code == ERR_MEMORY) {
            *e = why;
            return false;
        }
        n->same += same;
        n->changed += !same;
        if (same || told++ >= TOLD)
            continue;
        vault_segment_name(s, name);
        buf_format(details, "  changed: %s%s%s\n", name, why.code ? ": " : "", why.code ? why.text : "");
    }
    return true;
}

static void counted(struct buf *out, uint64_t n, const char *before, const char *after) {
    if (n)
        buf_format(out, "%s%lu%s", before, (unsigned long)n, after);
}

bool verify_archive_check(struct verify_archive *x, struct buf *out, uint64_t *differ, uint64_t *gone, struct err *e) {
    for (size_t i = 0; i < x->count; i++) {
        struct segments n = {0};
        struct buf details = {0};
        bool const there = x->vaults[i] != NULL;

        buf_format(out, "%-10s ", "archive");
        if (!there) {
            bool const differs = x->why[i].code == ERR_CORRUPT;

            buf_add(out, differs ? S("DIFFERS: ") : S("NOT THERE: "));
            finding_plain(out, str_of(x->why[i].text), false);
            buf_byte(out, '\n');
            *differ += differs;
            *gone += !differs;
            continue;
        }
        if (!segments_check(x, i, &n, &details, e)) {
            buf_free(&details);
            return false;
        }
        counted(out, n.changed, "DIFFERS: ", n.changed == 1 ? " segment; " : " segments; ");
        buf_format(out, "snapshot %lu is in its history; %lu segment%s as when it was hunted",
                   (unsigned long)x->items[i].snapshot, (unsigned long)n.same, n.same == 1 ? "" : "s");
        counted(out, n.compacted, ", ", " put together with others since");
        counted(out, n.gone, "; NOT THERE: ", n.gone == 1 ? " segment, by order" : " segments, by order");
        buf_byte(out, '\n');
        buf_add(out, buf_str(&details));
        out->failed |= details.failed;
        buf_free(&details);
        *differ += n.changed;
    }
    return true;
}

/* ---- records and sources ---- */

static bool on_source(void *ctx, const uint8_t sha256[SHA256_SIZE], struct err *e) {
    struct verify_archive *const x = ctx;

    if (x->source_count == x->source_room) {
        struct hash *const bigger = reallocarray(x->sources, x->source_room * 2 + 1024, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        x->sources = bigger;
        x->source_room = x->source_room * 2 + 1024;
    }
    memcpy(x->sources[x->source_count++].sha256, sha256, SHA256_SIZE);
    return true;
}

static int by_hash(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct hash));
}

/* A file of several months is said by each of its segments. */
static void sources_sort(struct verify_archive *x) {
    size_t kept = 0;

    if (x->source_count)
        qsort(x->sources, x->source_count, sizeof *x->sources, by_hash);
    for (size_t i = 0; i < x->source_count; i++)
        if (!kept || by_hash(&x->sources[i], &x->sources[kept - 1]) != 0)
            x->sources[kept++] = x->sources[i];
    x->source_count = kept;
}

bool verify_archive_seek(struct verify_archive *x, struct archive_wanted *wanted, size_t count, struct err *e) {
    for (size_t i = 0; i < x->count; i++) {
        struct archive_seek_options const options = {.v = x->vaults[i],
                                                     .wanted = wanted,
                                                     .count = count,
                                                     .when = INSTANT_NONE,
                                                     .source = x->listed ? NULL : on_source,
                                                     .ctx = x,
                                                     .stop = x->stop};

        if (x->vaults[i] && !archive_seek(&options, e))
            return false;
    }
    if (!x->listed)
        sources_sort(x);
    x->listed = true;
    return true;
}

bool verify_archive_has(const struct verify_archive *x, str sha256) {
    struct hash h;

    return x && x->source_count && sha256_of_hex(sha256, h.sha256) &&
           bsearch(&h, x->sources, x->source_count, sizeof *x->sources, by_hash) != NULL;
}

size_t verify_archive_count(const struct verify_archive *x) {
    return x ? x->count : 0;
}

str verify_archive_path(const struct verify_archive *x, size_t i, uint64_t *snapshot) {
    *snapshot = x->items[i].snapshot;
    return x->items[i].path;
}
