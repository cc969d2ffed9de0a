/* archive_rewrite: old segments as the evidence of a hunt that keeps records. */
#include "hunt/archive_rewrite.h"

#include <unistd.h>

#include "base/utf.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_stage.h"
#include "hunt/erasing.h"
#include "intel/sigma.h"

struct archive_rewriting {
    struct archive_stage stage; /* first: its callbacks get all of this as their context */
    const struct archive_care *care;
    struct sigma_loader *loader;
    const struct sigma_set *none;
    struct arena *a; /* of one call */
    struct erasing *erasing;
    bool damaged; /* some record could not be read; e says why, */
    struct err why;
    uint64_t bytes; /* of earlier calls, for progress */
    uint64_t *olds; /* of the last call */
    size_t old_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to write segments anew");
}

bool archive_goes_on(const struct archive_care *care, struct err *e) {
    return !care->stop || !*care->stop || err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

bool archive_allows(const struct manifest *m, const struct manifest_segment *s, const char *what, const char *undone,
                    struct err *e) {
    const struct manifest_hold *const h = manifest_held(m, s);
    const struct manifest_label *const l = manifest_kept(m, s);

    if (h)
        return err_set(e, ERR_REFUSED, 0,
                       "segment %llu %s, and the hold %.*s (%.*s) keeps it: nothing was %s; lift the hold first",
                       (unsigned long long)s->number, what, STR_ARG(utf8_first(h->name, 64)),
                       STR_ARG(utf8_first(h->basis, 64)), undone);
    return !l || err_set(e, ERR_REFUSED, 0, "segment %llu %s, and the kept snapshot %.*s has it: nothing was %s",
                         (unsigned long long)s->number, what, STR_ARG(utf8_first(l->name, 64)), undone);
}

static bool open_vault(struct archive_rewriting *r, struct err *e) {
    const struct archive_care *const c = r->care;

    return (c->dry ? vault_open(&r->stage.v, c->archive, 0, NULL, NULL, e)
                   : vault_open_writer(&r->stage.v, c->archive, c->key, c->now, NULL, NULL, e)) &&
           archive_stage_unlock(&r->stage, &c->unlock, e) && (c->dry || archive_stage_index(&r->stage, c->kinds, e));
}

/* What is staged is gone. */
static bool open_anew(struct archive_rewriting *r, struct err *e) {
    archive_stage_close(&r->stage);
    return open_vault(r, e);
}

/* None of the values is in what is to be added. */
static bool look(void *ctx, struct segment *s, struct err *e) {
    struct archive_rewriting *const r = ctx;
    struct erasing_found found = {0};

    if (!r->erasing)
        return true;
    return erasing_segment(r->erasing, s, &found, e) &&
           (!found.values ||
            err_set(e, ERR_CORRUPT, 0, "a value that was to be erased is still there: nothing was done"));
}

bool archive_rewriting_new(struct archive_rewriting **out, const struct archive_care *care, struct err *e) {
    struct archive_rewriting *const r = calloc(1, sizeof *r);

    if (!r)
        return no_memory(e);
    r->care = care;
    r->stage.look = look;
    r->stage.ctx = r;
    if (((r->a = arena_new((size_t)1 << 30)) || no_memory(e)) && sigma_loader_new(&r->loader, e) &&
        sigma_load_end(r->loader, &r->none, e) && open_vault(r, e)) {
        *out = r;
        return true;
    }
    archive_rewriting_free(r);
    return false;
}

void archive_rewriting_free(struct archive_rewriting *r) {
    if (!r)
        return;
    archive_stage_free(&r->stage);
    sigma_loader_free(r->loader);
    arena_free(r->a);
    free(r->olds);
    free(r);
}

struct vault *archive_rewriting_vault(const struct archive_rewriting *r) {
    return r->stage.v;
}

/* ---- records ---- */

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    (void)ctx;
    (void)c;
    (void)e;
    return true; /* what was said of the sources when they were added is in the ledger */
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct archive_rewriting *const r = ctx;

    (void)e;
    if (!r->damaged)
        err_set(&r->why, ERR_CORRUPT, d->offset, "%.*s: %.*s", STR_ARG(d->path), STR_ARG(d->why));
    r->damaged = true;
    return true;
}

static void on_lost(void *ctx, str path, const char *why) {
    (void)ctx;
    (void)path;
    (void)why; /* the hunt's own error says it */
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct archive_rewriting *const r = ctx;

    (void)total;
    if (r->care->progress)
        r->care->progress(r->care->ctx, r->bytes + done, 0);
}

static bool paths_of(struct archive_rewriting *r, const struct manifest_segment *olds, size_t count,
                     const char ***paths, struct err *e) {
    size_t const size = strlen(r->care->archive) + VAULT_NAME_MAX + 2;

    if (!(*paths = arena_alloc(r->a, count * sizeof **paths)))
        return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        char name[VAULT_NAME_MAX], *const path = arena_bytes(r->a, size);

        if (!path)
            return no_memory(e);
        vault_segment_name(&olds[i], name);
        snprintf(path, size, "%s/%s", r->care->archive, name);
        (*paths)[i] = path;
    }
    return true;
}

/* One process, so that the segments of a month come out as one. */
static bool hunt(struct archive_rewriting *r, const struct manifest_segment *olds, size_t count, struct err *e) {
    struct hunt_result result = {0};
    const char **paths;

    if (!paths_of(r, olds, count, &paths, e))
        return false;
    struct hunt_options options = {.paths = paths,
                                   .path_count = count,
                                   .set = r->none,
                                   .fields = r->care->fields,
                                   .kinds = r->care->kinds,
                                   .latest = r->care->latest,
                                   .zone_rules = r->care->zone_rules,
                                   .zone = r->care->zone,
                                   .from = INSTANT_NONE,
                                   .to = INSTANT_NONE,
                                   .workers = 1,
                                   .stop = r->care->stop,
                                   .kept_lost = on_lost,
                                   .erasing = r->erasing,
                                   .custody = on_custody,
                                   .damage = on_damage,
                                   .progress = on_progress,
                                   .ctx = r};

    archive_stage_hunt(&r->stage, &options);
    return hunt_run(&options, &result, e);
}

/* ---- ledgers ---- */

struct copying {
    struct event_sink sink; /* first */
    struct erasing *erasing;
    struct segment_writer *w;
    uint32_t source;
};

static bool copy_inner(struct event_sink *sink, field_id field) {
    (void)sink;
    (void)field;
    return true;
}

static bool copy_record(struct event_sink *sink, const struct record *given, struct err *e) {
    struct copying *const c = (struct copying *)(void *)sink;
    struct record r = *given;

    return (!c->erasing || erasing_record(c->erasing, sink->fields, given, &r, e)) &&
           segment_writer_record(c->w, c->source, &r, INSTANT_NONE, S(""), e);
}

static void copy_damage(struct event_sink *sink, uint64_t offset, uint64_t size, const char *why) {
    (void)sink;
    (void)offset;
    (void)size;
    (void)why; /* nothing is salvaged: the reading ends */
}

static bool copy_use(void *ctx, struct segment *s, struct err *e) {
    struct copying *const c = ctx;
    struct segment_reading reading = {.sink = &c->sink};
    struct segment_source source;
    bool ledger;

    if (!ledger_is(s, &ledger, e))
        return false;
    if (!ledger)
        return err_set(e, ERR_CORRUPT, 0, "it is no ledger");
    return (c->source != SEGMENT_NONE ||
            (segment_source(s, 0, &source, e) && segment_writer_source(c->w, &source, &c->source, e))) &&
           segment_read(s, &reading, e);
}

static bool copy(struct archive_rewriting *r, const struct manifest_segment *olds, size_t count, struct err *e) {
    struct copying c = {
        .sink = {.fields = r->care->fields, .wants_inner = copy_inner, .record = copy_record, .damage = copy_damage},
        .erasing = r->erasing,
        .source = SEGMENT_NONE};
    struct segment_info info;
    struct vault_part *p;
    int fd;

    if (!vault_part_new(r->stage.v, &p, &fd, e))
        return false;
    struct segment_options const options = {
        .fields = r->care->fields, .to_file = true, .fd = fd, .writing = archive_stage_writing(&r->stage)};
    bool ok = segment_writer_new(&c.w, &options, e);

    for (size_t i = 0; ok && i < count; i++)
        ok = archive_with_segment(r->stage.v, &olds[i], copy_use, &c, e);
    ok = ok && segment_writer_finish(c.w, NULL, &info, e);
    segment_writer_free(c.w);
    if (ok)
        return archive_stage_part(&r->stage, p, fd, &info, e);
    vault_part_drop(r->stage.v, p);
    return false;
}

/* ---- one call ---- */

static bool olds_take(struct archive_rewriting *r, const uint64_t *numbers, size_t count, struct manifest_segment **out,
                      uint64_t *rows, struct err *e) {
    const struct manifest *const m = vault_manifest(r->stage.v);
    struct manifest_segment *const olds = arena_alloc(r->a, count * sizeof *olds);

    *rows = 0;
    if (!olds)
        return no_memory(e);
    if (r->old_room < count) {
        uint64_t *const bigger = reallocarray(r->olds, count, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        r->olds = bigger;
        r->old_room = count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct manifest_segment *const s = manifest_segment(m, numbers[i]);
        char name[VAULT_NAME_MAX];
        bool same;

        if (!s || !manifest_live(s) || (i && s->family != olds[0].family))
            return err_set(e, ERR_USAGE, 0, "segment %llu cannot be written anew", (unsigned long long)numbers[i]);
        vault_segment_name(s, name);
        if (!archive_goes_on(r->care, e) || !vault_segment_check(r->stage.v, s, &same, e))
            return false;
        if (!same)
            return err_set(e, ERR_CORRUPT, 0, "%s/%s is damaged, or not there", r->care->archive, name);
        olds[i] = *s;
        r->olds[i] = numbers[i];
        *rows += s->rows;
    }
    *out = olds;
    return true;
}

/* Takes the number out of both lists: it is what it was. */
static bool unchanged(struct archive_rewriting *r, size_t *old_count, size_t at, struct err *e) {
    struct archive_stage *const s = &r->stage;

    for (size_t i = 0; i < *old_count; i++)
        if (r->olds[i] == s->numbers[at]) {
            memmove(&r->olds[i], &r->olds[i + 1], (*old_count - i - 1) * sizeof *r->olds);
            memmove(&s->numbers[at], &s->numbers[at + 1], (s->count - at - 1) * sizeof *s->numbers);
            --*old_count;
            s->count--;
            return true;
        }
    return err_set(e, ERR_USAGE, 0, "segment %llu holds the same records already", (unsigned long long)s->numbers[at]);
}

static bool end(struct archive_rewriting *r, size_t count, uint64_t rows, uint64_t first_new, enum manifest_end why,
                struct archive_rewritten *out, struct err *e) {
    struct archive_stage *const s = &r->stage;
    const struct manifest *const m = vault_manifest(s->v);
    uint64_t got = 0;

    for (size_t i = 0; i < s->count; i++)
        got += manifest_segment(m, s->numbers[i])->rows;
    if (got != rows)
        return err_set(e, ERR_CORRUPT, 0, "%s: of %llu records %llu came out: they stay as they are", r->care->archive,
                       (unsigned long long)rows, (unsigned long long)got);
    for (size_t i = s->count; i-- > 0;)
        if (s->numbers[i] < first_new && !unchanged(r, &count, i, e))
            return false;
    *out = (struct archive_rewritten){r->olds, s->numbers, count, s->count, s->bytes};
    if (!count)
        return true;
    struct manifest_operation const o = {.what = DO_END,
                                         .end = {.why = why,
                                                 .olds = {r->olds, count},
                                                 .news = {s->numbers, s->count},
                                                 .who = r->care->who,
                                                 .note = r->care->why,
                                                 .policy = {"", 0}}};

    return vault_do(s->v, &o, e);
}

bool archive_rewrite(struct archive_rewriting *r, const uint64_t *olds, size_t count, enum manifest_end why,
                     struct erasing *erasing, struct archive_rewritten *out, struct err *e) {
    uint64_t const first_new = manifest_next_segment(vault_manifest(r->stage.v));
    struct manifest_segment *segments = NULL;
    uint64_t rows;
    struct err ignored;

    arena_reset(r->a);
    archive_stage_begin(&r->stage);
    r->erasing = erasing;
    r->damaged = false;
    bool ok = olds_take(r, olds, count, &segments, &rows, e);

    if (ok) {
        str const family = manifest_family(vault_manifest(r->stage.v), segments[0].family);

        ok = arena_copy(r->a, family, &r->stage.family) || no_memory(e);
        ok = ok && (str_eq(family, ARCHIVE_LEDGER) ? copy(r, segments, count, e) : hunt(r, segments, count, e));
        if (ok && r->damaged) {
            *e = r->why;
            ok = false;
        }
        for (size_t i = 0; i < count; i++)
            r->bytes += segments[i].length;
    }
    ok = ok && end(r, count, rows, first_new, why, out, e);
    if (!ok && !open_anew(r, &ignored) && e->code == ERR_CORRUPT)
        *e = ignored; /* nothing more can be done */
    return ok;
}

bool archive_rewriting_commit(struct archive_rewriting *r, struct err *e) {
    return archive_stage_commit(&r->stage, r->care->now, e);
}

bool archive_rewriting_index(struct archive_rewriting *r, bool gone, struct err *e) {
    const struct archive_stage *const s = &r->stage;

    if (gone &&
        !archive_index_without(s->v, s->made, r->care->now, e)) /* without a secret made is 0, and no run is of it */
        return false;
    return !s->index || archive_index_merge(s->v, s->made, 0, r->care->now, r->care->stop, NULL, e);
}

bool archive_do(struct archive_rewriting *r, const struct manifest_operation *o, struct err *e) {
    return r->care->dry ? vault_suppose(r->stage.v, o, r->care->now, e) : vault_do(r->stage.v, o, e);
}

/* ---- files ---- */

struct removing {
    uint64_t *segments, *runs;
    size_t segment_count, run_count;
    struct archive_removed *out;
};

static void row_take(struct removing *x, const struct removal_row *row) {
    if (row->run) {
        if (row->verdict == REMOVAL_GO)
            x->runs[x->run_count++] = row->run->number;
        return;
    }
    switch (row->verdict) {
    case REMOVAL_GO:
        x->out->files++;
        x->out->bytes += row->segment->length;
        x->segments[x->segment_count++] = row->segment->number;
        break;
    case REMOVAL_HELD:
        x->out->held++;
        break;
    case REMOVAL_KEPT:
        x->out->kept++;
        break;
    case REMOVAL_GRACE:
        x->out->grace++;
        break;
    }
}

bool archive_remove(struct archive_rewriting *r, int64_t grace_ns, bool runs,
                    bool (*only)(void *ctx, const struct manifest_segment *s), void *ctx, struct archive_removed *out,
                    struct err *e) {
    const struct manifest *const m = vault_manifest(r->stage.v);
    size_t const count = removal_count(m);
    struct removal_row *const rows = calloc(count + 1, sizeof *rows);
    struct removing x = {
        .segments = calloc(count + 1, sizeof *x.segments), .runs = calloc(count + 1, sizeof *x.runs), .out = out};
    size_t go;
    bool ok = (rows && x.segments && x.runs) || no_memory(e);

    *out = (struct archive_removed){0};
    ok = ok && removal_plan(m, r->care->now, grace_ns, rows, &go, e);
    for (size_t i = 0; ok && i < count; i++)
        if (rows[i].segment ? !only || only(ctx, rows[i].segment) : runs)
            row_take(&x, &rows[i]);
    if (ok && !r->care->dry)
        ok = vault_remove(r->stage.v, (struct manifest_numbers){x.segments, x.segment_count},
                          (struct manifest_numbers){x.runs, x.run_count}, r->care->now, e);
    free(rows);
    free(x.segments);
    free(x.runs);
    return ok;
}
