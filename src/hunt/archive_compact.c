/* archive_compact: which segments are small and belong together, and one commit for each such group. */
#include "hunt/archive_original.h"
#include "hunt/archive_rewrite.h"

#define WHENEVER INT32_MIN

struct small {
    struct manifest_segment is;
    int32_t
        added; /* the month, where policies count from it: nothing is kept longer than a month for what lies beside it; else WHENEVER */
};

struct group {
    size_t from, count; /* of the list */
    uint64_t rows, bytes;
};

struct compacting {
    const struct archive_care *care;
    const struct compact_options *o;
    struct compact_result *result;
    struct archive_rewriting *r;
    struct small *list; /* by family, month, month of adding, number */
    size_t count;
    uint64_t *numbers;
};

static int together(const void *a, const void *b) {
    const struct small *const x = a, *const y = b;

    if (x->is.family != y->is.family)
        return x->is.family < y->is.family ? -1 : 1;
    if (x->is.month != y->is.month)
        return x->is.month < y->is.month ? -1 : 1;
    if (x->added != y->added)
        return x->added < y->added ? -1 : 1;
    return (x->is.number > y->is.number) - (x->is.number < y->is.number);
}

static bool belong_together(const struct small *x, const struct small *y) {
    return x->is.family == y->is.family && x->is.month == y->is.month && x->added == y->added;
}

static int32_t added_in(const struct manifest *m, const struct manifest_segment *s) {
    if (!retention_from_added(m, s))
        return WHENEVER;
    struct wall const w = instant_wall(s->added_at);

    return (int32_t)w.year * 12 + w.month;
}

/* They are as large as they are to be: pieces of them are unpacked together. */
static bool is_original(const struct compacting *c, const struct manifest_segment *s) {
    return str_eq(manifest_family(vault_manifest(archive_rewriting_vault(c->r)), s->family), ARCHIVE_ORIGINALS);
}

static bool list_take(struct compacting *c, struct err *e) {
    size_t count;
    const struct manifest *const m = vault_manifest(archive_rewriting_vault(c->r));
    const struct manifest_segment *const all = manifest_segments(m, &count);

    if (!(c->list = calloc(count + 1, sizeof *c->list)) || !(c->numbers = calloc(count + 1, sizeof *c->numbers)))
        return err_set(e, ERR_MEMORY, 0, "no memory to compact");
    for (size_t i = 0; i < count; i++)
        if (manifest_live(&all[i]) && !is_original(c, &all[i]) && all[i].rows < COMPACT_ROWS / 2 &&
            all[i].length < COMPACT_BYTES / 2 && (c->o->month == INT32_MAX || c->o->month == all[i].month))
            c->list[c->count++] = (struct small){all[i], added_in(m, &all[i])};
    if (c->count)
        qsort(c->list, c->count, sizeof *c->list, together);
    return true;
}

/* As many as make a full one, from `from` on. */
static struct group group_at(const struct compacting *c, size_t from) {
    struct group g = {.from = from};

    for (size_t i = from; i < c->count && belong_together(&c->list[i], &c->list[from]) &&
                          (i == from || (g.rows + c->list[i].is.rows <= COMPACT_ROWS &&
                                         g.bytes + c->list[i].is.length <= COMPACT_BYTES));
         i++) {
        g.rows += c->list[i].is.rows;
        g.bytes += c->list[i].is.length;
        g.count++;
    }
    return g;
}

static str family_of(const struct compacting *c, const struct group *g) {
    return manifest_family(vault_manifest(archive_rewriting_vault(c->r)), c->list[g->from].is.family);
}

static bool told(struct compacting *c, const struct group *g, str family, struct err *e) {
    return !c->o->group || c->o->group(c->care->ctx, c->list[g->from].is.month, family, g->count, g->rows, g->bytes, e);
}

/* A group of which something is damaged stays as it is, and is told. */
static bool group_damaged(struct compacting *c, const struct group *g, struct err *e) {
    char name[VAULT_NAME_MAX];

    if (e->code != ERR_CORRUPT || !archive_rewriting_vault(c->r))
        return false;
    vault_segment_name(&c->list[g->from].is, name);
    c->result->damaged++;
    c->care->damaged(c->care->ctx, str_of(name), e->text);
    *e = (struct err){0};
    return true;
}

/* family: the manifest's, copied, which is another one when it is done. */
static bool group_run(struct compacting *c, const struct group *g, str family, struct err *e) {
    struct archive_rewritten done;

    for (size_t i = 0; i < g->count; i++)
        c->numbers[i] = c->list[g->from + i].is.number;
    if (!archive_rewrite(c->r, c->numbers, g->count, END_COMPACTED, NULL, &done, e))
        return group_damaged(c, g, e);
    if (!archive_rewriting_commit(c->r, e) || !told(c, g, family, e))
        return false;
    for (size_t i = 0; i < done.old_count; i++)
        c->result->bytes_before +=
            manifest_segment(vault_manifest(archive_rewriting_vault(c->r)), done.olds[i])->length;
    c->result->before += done.old_count;
    c->result->after += done.new_count;
    c->result->bytes_after += done.bytes;
    return true;
}

static bool compact(struct compacting *c, struct err *e) {
    for (size_t at = 0; at < c->count;) {
        struct group const g = group_at(c, at);

        at += g.count;
        if (g.count < 2)
            continue;
        if (!archive_goes_on(c->care, e) || (c->care->dry && !told(c, &g, family_of(c, &g), e)))
            return false;
        if (c->care->dry) {
            c->result->before += g.count;
            c->result->after++;
            c->result->bytes_before += g.bytes;
        } else {
            struct buf family = {0};

            buf_add(&family, family_of(c, &g));
            bool const ok = (!family.failed || err_set(e, ERR_MEMORY, 0, "no memory to compact")) &&
                            group_run(c, &g, buf_str(&family), e);

            buf_free(&family);
            if (!ok)
                return false;
        }
    }
    return true;
}

bool archive_compact(const struct archive_care *care, const struct compact_options *options,
                     struct compact_result *result, struct err *e) {
    struct compacting c = {.care = care, .o = options, .result = result};
    bool ok;

    *result = (struct compact_result){0};
    ok = archive_rewriting_new(&c.r, care, e) && list_take(&c, e) && compact(&c, e) &&
         (care->dry || archive_rewriting_index(c.r, false, e)) &&
         archive_remove(c.r, options->grace_ns, true, NULL, NULL, &result->removed, e);
    if (ok)
        result->snapshot = manifest_sequence(vault_manifest(archive_rewriting_vault(c.r)));
    archive_rewriting_free(c.r);
    free(c.list);
    free(c.numbers);
    return ok;
}
