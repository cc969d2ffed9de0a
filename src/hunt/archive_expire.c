/* archive_expire: what retention_plan lets go, by the policy that says so, and its files. */
#include "hunt/archive_ledger.h"
#include "hunt/archive_rewrite.h"

struct expiring {
    const struct archive_care *care;
    struct expire_result *result;
    struct archive_rewriting *r;
    const struct manifest *m;
    struct retention_row *rows;
    size_t count;
    uint64_t *numbers;
};

/* Ledgers say what was there. They go when somebody says so of them. */
static bool spared(const struct expiring *x, const struct retention_row *row) {
    return str_eq(manifest_family(x->m, row->segment->family), ARCHIVE_LEDGER) &&
           !str_eq(row->policy->family, ARCHIVE_LEDGER);
}

static bool plan(struct expiring *x, const struct expire_options *o, struct err *e) {
    uint64_t go, held;
    size_t kept = 0;

    if (!retention_plan(x->m, x->care->now, x->rows, &go, &held, e))
        return false;
    for (size_t i = 0; i < x->count; i++) {
        const struct retention_row *const row = &x->rows[i];

        if (row->verdict == RETENTION_KEEP || spared(x, row))
            continue;
        if (o->row && !o->row(x->care->ctx, x->m, row, e))
            return false;
        if (row->verdict == RETENTION_HELD) {
            x->result->held++;
            continue;
        }
        x->result->segments++;
        x->result->rows += row->segment->rows;
        x->result->bytes += row->segment->length;
        x->rows[kept++] = *row;
    }
    x->count = kept;
    return true;
}

/* One operation for each policy: the manifest says by which. */
static bool end(struct expiring *x, struct err *e) {
    for (size_t i = 0; i < x->count; i++) {
        const struct manifest_policy *const p = x->rows[i].policy;
        size_t count = 0;

        if (!p)
            continue;
        for (size_t k = i; k < x->count; k++)
            if (x->rows[k].policy == p) {
                x->numbers[count++] = x->rows[k].segment->number;
                x->rows[k].policy = NULL;
            }
        struct manifest_operation const o = {.what = DO_END,
                                             .end = {.why = END_EXPIRED,
                                                     .olds = {x->numbers, count},
                                                     .news = {NULL, 0},
                                                     .who = x->care->who,
                                                     .note = x->care->why,
                                                     .policy = p->name}};

        if (!archive_do(x->r, &o, e))
            return false;
    }
    return x->care->dry || vault_commit(archive_rewriting_vault(x->r), x->care->now, e);
}

/* What expired, and the old files of what it is made of: they hold the same records. */
static bool over(void *ctx, const struct manifest_segment *s) {
    const struct expiring *const x = ctx;
    struct retention_row row;

    if (s->end == END_EXPIRED)
        return true;
    retention_of(x->m, s, x->care->now, &row);
    return row.verdict == RETENTION_GO && !spared(x, &row);
}

bool archive_expire(const struct archive_care *care, const struct expire_options *options, struct expire_result *result,
                    struct err *e) {
    struct expiring x = {.care = care, .result = result};
    bool ok;

    *result = (struct expire_result){0};
    ok = archive_rewriting_new(&x.r, care, e);
    if (ok) {
        x.m = vault_manifest(archive_rewriting_vault(x.r));
        x.count = manifest_live_count(x.m);
        ok = ((x.rows = calloc(x.count + 1, sizeof *x.rows)) && (x.numbers = calloc(x.count + 1, sizeof *x.numbers))) ||
             err_set(e, ERR_MEMORY, 0, "no memory to look for what expires");
    }
    ok = ok && plan(&x, options, e);
    if (ok)
        result->snapshot = manifest_sequence(x.m); /* of a dry run: what it speaks of */
    ok = ok && end(&x, e) && (care->dry || !result->segments || archive_rewriting_index(x.r, true, e)) &&
         archive_remove(x.r, options->grace_ns, result->segments > 0, over, &x, &result->removed, e);
    if (ok && !care->dry)
        result->snapshot = manifest_sequence(x.m);
    archive_rewriting_free(x.r);
    free(x.rows);
    free(x.numbers);
    return ok;
}
