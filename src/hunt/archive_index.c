/* archive_index: runs of an archive: opened, counted, merged, made anew. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/retention.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/instant.h"
#include "hunt/archive_index_own.h"
#include "hunt/archive_ledger.h"
#include "hunt/archive_original.h"
#include "hunt/hunt.h"
#include "hunt/keep.h"
#include "intel/observable_key.h"
#include "intel/sigma.h"

#define KEYS_OF_RECORDS 1u /* raised when ingest makes other values of the same record, or the same of others */
#define BATCH_SEGMENTS 512u
#define BATCH_BYTES (UINT64_C(8) << 30)
#define GRACE_NS (INT64_C(86400) * 1000000000) /* whoever opened a snapshot may be asking its runs */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

static bool stopped(const volatile sig_atomic_t *stop, struct err *e) {
    return stop && *stop && !err_set(e, ERR_INTERRUPTED, 0, "stopped before the end");
}

bool archive_is_ledger(const struct manifest *m, const struct manifest_segment *s) {
    str const family = manifest_family(m, s->family);

    return str_eq(family, ARCHIVE_LEDGER) || str_eq(family, ARCHIVE_ORIGINALS);
}

bool archive_index_made(const struct vault *v, const struct kinds *kinds, uint64_t *made, struct err *e) {
    uint8_t secret[VAULT_SECRET];
    struct observable_keys *keys;

    if (!vault_secret(v, secret, e) || !observable_keys_new(&keys, secret, e))
        return false;
    uint64_t const parts[] = {observable_keys_made(keys), kinds_fingerprint(kinds), KEEP_READERS, KEYS_OF_RECORDS};

    observable_keys_free(keys);
    explicit_bzero(secret, sizeof secret);
    *made = hash_sum((str){(const char *)parts, sizeof parts});
    return true;
}

/* ---- runs ---- */

/* First and last number of each stretch of numbers that follow one another. */
static bool ranges_of(struct index_info info, uint64_t **out, size_t *count, struct err *e) {
    uint64_t *const ranges = calloc(2 * (size_t)info.segment_count + 2, sizeof *ranges);

    if (!ranges)
        return no_memory(e);
    *count = 0;
    for (uint32_t i = 0; i < info.segment_count; i++) {
        if (*count && ranges[*count - 1] + 1 == info.segments[i]) {
            ranges[*count - 1]++;
            continue;
        }
        ranges[(*count)++] = info.segments[i];
        ranges[(*count)++] = info.segments[i];
    }
    *out = ranges;
    return true;
}

bool archive_run_add(struct vault *v, struct vault_part *p, int fd, const struct manifest_run *about, uint64_t *number,
                     struct err *e) {
    struct manifest_run run = *about;
    struct index_run *r;
    uint64_t *ranges = NULL;
    char words[64];
    size_t count = 0;

    if (!index_run_open_file(&r, fd, S("a new run"), vault_keys(v), e)) {
        vault_part_drop(v, p);
        return false;
    }
    struct index_info const info = index_run_info(r);
    int const len = snprintf(words, sizeof words, "keys=%llu made=%016llx", (unsigned long long)info.keys,
                             (unsigned long long)info.made);

    if (!ranges_of(info, &ranges, &count, e)) {
        index_run_close(r);
        vault_part_drop(v, p);
        return false;
    }
    run.length = info.size;
    run.about = (str){words, (size_t)len};
    run.ranges = (struct manifest_numbers){ranges, count};
    bool const ok = vault_run_add(v, p, &run, number, e);

    index_run_close(r);
    free(ranges);
    return ok;
}

static size_t live_runs(const struct manifest *m) {
    size_t count, live = 0;
    const struct manifest_run *const runs = manifest_runs(m, &count);

    for (size_t i = 0; i < count; i++)
        live += !runs[i].ended;
    return live;
}

void archive_runs_close(struct archive_runs *r) {
    for (size_t i = 0; i < r->count; i++)
        index_run_close(r->runs[i]);
    free((void *)r->runs);
    free(r->numbers);
    free(r->left);
    *r = (struct archive_runs){.runs = NULL};
}

struct telling {
    void (*each)(void *ctx, const struct err *damage);
    void *ctx;
    uint64_t told;
};

static void tell(void *ctx, const struct err *damage) {
    struct telling *const t = ctx;

    t->told++;
    if (t->each)
        t->each(t->ctx, damage);
}

/* *open stays NULL: it is encrypted, and no key opens it. */
static bool run_hash(const struct vault *v, const struct manifest_run *r, struct index_run **open, bool *same,
                     struct err *e) {
    uint8_t hash[SHA256_SIZE];
    char name[VAULT_NAME_MAX];
    uint64_t length;
    int fd;

    vault_run_name(r, name);
    if (!vault_run_open(v, r, &fd, e))
        return false;
    bool ok = file_hash(fd, &length, hash, e);

    *same = ok && memcmp(hash, r->sha256, SHA256_SIZE) == 0;
    ok = ok && (index_run_open_file(open, fd, str_of(name), vault_keys(v), e) || e->code == ERR_REFUSED);
    close(fd);
    return ok;
}

bool archive_run_check(const struct vault *v, const struct manifest_run *r,
                       void (*each)(void *ctx, const struct err *damage), void *ctx, bool *whole, struct err *e) {
    struct telling t = {each, ctx, 0};
    struct index_run *open = NULL;
    struct err why = {0}, other = {0};
    bool same = true;

    if (!run_hash(v, r, &open, &same, &why))
        tell(&t, &why);
    else if ((!open || index_run_check(open, tell, &t, &why)) && !same) {
        err_set(&other, ERR_CORRUPT, 0, "its SHA-256 is not that of the run that was added");
        tell(&t, &other);
    }
    index_run_close(open);
    *whole = !t.told;
    if (why.code == ERR_MEMORY)
        *e = why;
    return why.code != ERR_MEMORY;
}

/* Only memory ends it. */
static bool run_open(struct archive_runs *out, const struct vault *v, const struct manifest_run *run,
                     const uint64_t *made, struct err *e) {
    struct archive_run_left *const left = &out->left[out->left_count];
    char name[VAULT_NAME_MAX];
    struct index_run *r = NULL;
    struct err why = {0};
    int fd;

    vault_run_name(run, name);
    bool ok = vault_run_open(v, run, &fd, &why);

    if (ok) {
        ok = index_run_open_file(&r, fd, str_of(name), vault_keys(v), &why);
        close(fd);
    }
    if (!ok) {
        if (why.code == ERR_MEMORY) {
            *e = why;
            return false;
        }
        if (!out->damage.code)
            out->damage = why;
        *left = (struct archive_run_left){run->number, ARCHIVE_DAMAGED};
        out->left_count++;
        return true;
    }
    struct index_info const info = index_run_info(r);

    if (!made || info.made != *made || !info.exact) {
        index_run_close(r);
        *left = (struct archive_run_left){run->number, ARCHIVE_OTHER};
        out->left_count++;
        return true;
    }
    out->numbers[out->count] = run->number;
    out->runs[out->count++] = r;
    return true;
}

bool archive_runs_open(struct archive_runs *out, const struct vault *v, const uint64_t *made, struct err *e) {
    const struct manifest *const m = vault_manifest(v);
    size_t const live = live_runs(m);
    size_t count;
    const struct manifest_run *const runs = manifest_runs(m, &count);

    *out = (struct archive_runs){.runs = (struct index_run **)calloc(live + 1, sizeof *out->runs),
                                 .numbers = calloc(live + 1, sizeof *out->numbers),
                                 .left = calloc(live + 1, sizeof *out->left)};
    bool ok = (out->runs && out->numbers && out->left) || no_memory(e);

    for (size_t i = 0; ok && i < count; i++)
        ok = runs[i].ended || run_open(out, v, &runs[i], made, e);
    if (!ok)
        archive_runs_close(out);
    return ok;
}

static int by_number(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The number behind `name=` in a note of a run; 0: there is none. */
static uint64_t noted(str about, str name) {
    uint64_t n = 0;
    size_t to;

    if (!str_starts(about, name))
        return 0;
    about = str_from(about, name.len);
    to = str_find_byte(about, ' ');
    return str_u64(str_first(about, to == SIZE_MAX ? about.len : to), UINT64_MAX, &n) ? n : 0;
}

struct range {
    uint64_t first, last;
};

static bool range_add(struct range **ranges, size_t *count, size_t *room, struct range range, struct err *e) {
    if (*count == *room) {
        struct range *const bigger = reallocarray(*ranges, *room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        *ranges = bigger;
        *room = *room * 2 + 64;
    }
    (*ranges)[(*count)++] = range;
    return true;
}

bool archive_index_count(const struct manifest *m, struct archive_index_sum *out, struct err *e) {
    struct range *ranges = NULL;
    size_t count, runs, range_count = 0, room = 0, at = 0;
    uint64_t reached = 0; /* the highest last number of all ranges so far */
    const struct manifest_segment *const s = manifest_segments(m, &count);
    const struct manifest_run *const r = manifest_runs(m, &runs);
    bool ok = true;

    *out = (struct archive_index_sum){0};
    for (size_t i = 0; ok && i < runs; i++) {
        if (r[i].ended)
            continue;
        out->runs++;
        out->bytes += r[i].length;
        out->keys += noted(r[i].about, S("keys="));
        for (size_t k = 0; ok && k + 1 < r[i].ranges.count; k += 2)
            ok = range_add(&ranges, &range_count, &room,
                           (struct range){manifest_number(r[i].ranges, k), manifest_number(r[i].ranges, k + 1)}, e);
    }
    if (ok && range_count)
        qsort(ranges, range_count, sizeof *ranges, by_number);
    for (size_t i = 0; ok && i < count; i++) {
        if (!manifest_live(&s[i]))
            continue;
        for (; at < range_count && ranges[at].first <= s[i].number; at++)
            reached = reached < ranges[at].last ? ranges[at].last : reached;
        if (archive_is_ledger(m, &s[i])) {
            out->ledgers++;
            continue;
        }
        out->segments++;
        out->in += s[i].number <= reached;
    }
    free(ranges);
    return ok;
}

/* ---- merging ---- */

static int32_t month_of(int64_t when) {
    struct wall const w = instant_wall(when);

    return (int32_t)w.year * 12 + w.month - 1;
}

struct merging {
    struct vault *v;
    uint64_t made;
    int64_t now;
    struct archive_runs open;
    struct index_tier_run *tiers; /* of each */
    bool *picked, *bad;           /* bad: it was found to be damaged */
    struct index_run **chosen;
    size_t chosen_count;
};

static void merging_end(struct merging *x) {
    archive_runs_close(&x->open);
    free(x->tiers);
    free(x->picked);
    free((void *)x->chosen);
    x->tiers = NULL;
    x->picked = NULL;
    x->chosen = NULL;
}

static bool merging_begin(struct merging *x, struct err *e) {
    if (!archive_runs_open(&x->open, x->v, &x->made, e))
        return false;
    x->tiers = calloc(x->open.count + 1, sizeof *x->tiers);
    x->picked = calloc(x->open.count + 1, sizeof *x->picked);
    x->chosen = (struct index_run **)calloc(x->open.count + 1, sizeof *x->chosen);
    return (x->tiers && x->picked && x->chosen) || no_memory(e);
}

/* Segments of the runs chosen that are not live any more; *all: none is. */
static bool gone_of(const struct merging *x, uint32_t **out, size_t *count, bool *all, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    size_t most = 0;
    uint32_t *gone;

    for (size_t i = 0; i < x->chosen_count; i++)
        most += index_run_info(x->chosen[i]).segment_count;
    if (!(gone = calloc(most + 1, sizeof *gone)))
        return no_memory(e);
    *count = 0;
    *all = true;
    for (size_t i = 0; i < x->chosen_count; i++) {
        struct index_info const info = index_run_info(x->chosen[i]);

        for (uint32_t k = 0; k < info.segment_count; k++) {
            const struct manifest_segment *const s = manifest_segment(m, info.segments[k]);

            if (s && manifest_live(s))
                *all = false;
            else
                gone[(*count)++] = info.segments[k];
        }
    }
    *out = gone;
    return true;
}

static int by_segment(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static size_t sort_once(uint32_t *numbers, size_t count) {
    size_t kept = 0;

    if (count)
        qsort(numbers, count, sizeof *numbers, by_segment);
    for (size_t i = 0; i < count; i++)
        if (!kept || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    return kept;
}

/* One run of those chosen, staged. months: of the manifest's runs that they are. */
static bool merged_stage(struct merging *x, const uint32_t *gone, size_t gone_count, const struct manifest_run *about,
                         struct err *e) {
    struct writing_key writing;
    struct vault_part *p;
    uint64_t number;
    int fd;

    if (!vault_part_new(x->v, &p, &fd, e))
        return false;
    bool const encrypted = vault_writing_key(x->v, &writing);
    struct index_options const to = {.fd = fd, .writing = encrypted ? &writing : NULL};
    bool const ok = index_merge(x->chosen, x->chosen_count, gone, gone_count, &to, e);

    writing_key_wipe(&writing);
    if (!ok) {
        vault_part_drop(x->v, p);
        return false;
    }
    return archive_run_add(x->v, p, fd, about, &number, e);
}

static bool runs_end(struct vault *v, const uint64_t *numbers, size_t count, struct err *e) {
    struct manifest_operation const o = {.what = DO_RUN_END, .run_end = {numbers, count}};

    return vault_do(v, &o, e);
}

/* Merges what is picked, and commits. *damaged: one of them is, and nothing was done: it is left out from now on. */
static bool merge_picked(struct merging *x, enum index_level level, uint64_t **bad, size_t *bad_count, bool *damaged,
                         struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    struct manifest_run about = {
        .tier = (uint32_t)level, .first_month = MANIFEST_UNDATED, .last_month = MANIFEST_UNDATED};
    uint64_t *const ended = calloc(x->open.count + 1, sizeof *ended);
    size_t ended_count = 0, gone_count = 0;
    uint32_t *gone = NULL;
    bool all = false;

    *damaged = false;
    if (!ended)
        return no_memory(e);
    x->chosen_count = 0;
    for (size_t i = 0; i < x->open.count; i++) {
        const struct manifest_run *const r = manifest_run(m, x->open.numbers[i]);

        if (!x->picked[i])
            continue;
        ended[ended_count++] = x->open.numbers[i];
        x->chosen[x->chosen_count++] = x->open.runs[i];
        if (r->first_month != MANIFEST_UNDATED &&
            (about.first_month == MANIFEST_UNDATED || r->first_month < about.first_month))
            about.first_month = r->first_month;
        about.last_month = r->last_month > about.last_month ? r->last_month : about.last_month;
    }
    bool ok = gone_of(x, &gone, &gone_count, &all, e);

    if (ok) {
        gone_count = sort_once(gone, gone_count);
        ok = all || merged_stage(x, gone, gone_count, &about, e);
    }
    free(gone);
    if (!ok && e->code == ERR_CORRUPT) {
        for (size_t i = 0; i < x->chosen_count; i++) {
            struct err why;

            if (index_run_check(x->chosen[i], NULL, NULL, &why))
                continue;
            *damaged = true;
            uint64_t *const bigger = reallocarray(*bad, *bad_count + 1, sizeof *bigger);

            if (!bigger) {
                free(ended);
                return no_memory(e);
            }
            *bad = bigger;
            bigger[(*bad_count)++] = ended[i];
        }
        ok = *damaged;
    } else if (ok) {
        ok = runs_end(x->v, ended, ended_count, e) && vault_commit(x->v, x->now, e);
    }
    free(ended);
    return ok;
}

/* Files of runs that ended a while ago. */
static bool files_remove(struct vault *v, int64_t now, struct err *e) {
    const struct manifest *const m = vault_manifest(v);
    size_t const count = removal_count(m);
    struct removal_row *const rows = calloc(count + 1, sizeof *rows);
    uint64_t *const runs = calloc(count + 1, sizeof *runs);
    size_t go, kept = 0;
    struct err why = {0};
    bool ok = (rows && runs) || no_memory(e);

    if (ok && removal_plan(m, now, GRACE_NS, rows, &go, &why)) /* a clock that is wrong: another time */
        for (size_t i = 0; i < count; i++)
            if (rows[i].run && rows[i].verdict == REMOVAL_GO)
                runs[kept++] = rows[i].run->number;
    if (ok && kept)
        ok = vault_remove(v, (struct manifest_numbers){NULL, 0}, (struct manifest_numbers){runs, kept}, now, e);
    free(rows);
    free(runs);
    return ok;
}

/* One merge, if any is to be done. */
static bool merge_once(struct merging *x, uint64_t *left, uint64_t **bad, size_t *bad_count, uint64_t *merged,
                       bool *more, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    enum index_level level;
    int32_t month;
    uint64_t keys = 0, picked = 0;
    size_t kept = 0;
    bool damaged = false;

    *more = false;
    for (size_t i = 0; i < x->open.count; i++) { /* those that are damaged are left out */
        bool is_bad = false;

        for (size_t k = 0; k < *bad_count; k++)
            is_bad |= (*bad)[k] == x->open.numbers[i];
        if (is_bad) {
            index_run_close(x->open.runs[i]);
            continue;
        }
        x->open.runs[kept] = x->open.runs[i];
        x->open.numbers[kept++] = x->open.numbers[i];
    }
    x->open.count = kept;
    for (size_t i = 0; i < kept; i++) {
        const struct manifest_run *const r = manifest_run(m, x->open.numbers[i]);

        x->tiers[i] =
            (struct index_tier_run){.level = r->tier > INDEX_ARCHIVE ? INDEX_ARCHIVE : (enum index_level)r->tier,
                                    .month = r->last_month,
                                    .keys = index_run_info(x->open.runs[i]).keys};
    }
    if (!index_merge_choose(x->tiers, kept, month_of(x->now), x->picked, &level, &month))
        return true;
    for (size_t i = 0; i < kept; i++) {
        picked += x->picked[i];
        keys += x->picked[i] ? x->tiers[i].keys : 0;
    }
    if (keys > *left)
        return true;
    *left -= keys;
    if (!merge_picked(x, level, bad, bad_count, &damaged, e))
        return false;
    *merged += damaged ? 0 : picked;
    *more = true;
    return true;
}

bool archive_index_merge(struct vault *v, uint64_t made, uint64_t keys_max, int64_t now,
                         const volatile sig_atomic_t *stop, uint64_t *merged, struct err *e) {
    uint64_t left = keys_max ? keys_max : UINT64_MAX, count = 0, *bad = NULL;
    size_t bad_count = 0;
    bool ok = true, more = true;

    while (ok && more) {
        struct merging x = {.v = v, .made = made, .now = now};

        ok = !stopped(stop, e) && merging_begin(&x, e) && merge_once(&x, &left, &bad, &bad_count, &count, &more, e);
        merging_end(&x);
    }
    free(bad);
    if (merged)
        *merged = count;
    return ok && files_remove(v, now, e);
}

/* ---- what is gone ---- */

static bool is_live(const struct manifest *m, uint64_t number) {
    const struct manifest_segment *const s = manifest_segment(m, number);

    return s && manifest_live(s);
}

static bool knows_gone(const struct manifest *m, const struct index_run *run) {
    struct index_info const info = index_run_info(run);

    for (uint32_t k = 0; k < info.segment_count; k++)
        if (!is_live(m, info.segments[k]))
            return true;
    return false;
}

/* The same of one that cannot be asked. */
static bool may_know_gone(const struct manifest *m, const struct manifest_run *r) {
    for (size_t i = 0; i + 1 < r->ranges.count; i += 2)
        for (uint64_t n = manifest_number(r->ranges, i); n <= manifest_number(r->ranges, i + 1); n++)
            if (!is_live(m, n))
                return true;
    return false;
}

static bool run_end(struct merging *x, uint64_t number, struct err *e) {
    return runs_end(x->v, &number, 1, e) && vault_commit(x->v, x->now, e);
}

/* The next one. *more: there was one. */
static bool without_once(struct merging *x, bool *more, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    uint64_t *bad = NULL;
    size_t bad_count = 0;
    bool ok = true, damaged = false;

    *more = true;
    for (size_t i = 0; i < x->open.left_count; i++)
        if (may_know_gone(m, manifest_run(m, x->open.left[i].number)))
            return run_end(x, x->open.left[i].number, e);
    for (size_t i = 0; i < x->open.count; i++) {
        uint64_t const number = x->open.numbers[i];

        if (!knows_gone(m, x->open.runs[i]))
            continue;
        x->picked[i] = true;
        ok = merge_picked(x, (enum index_level)manifest_run(m, number)->tier, &bad, &bad_count, &damaged, e);
        free(bad);
        return ok && (!damaged || run_end(x, number, e));
    }
    *more = false;
    return true;
}

bool archive_index_without(struct vault *v, uint64_t made, int64_t now, struct err *e) {
    bool ok = true, more = true;

    while (ok && more) {
        struct merging x = {.v = v, .made = made, .now = now};

        ok = merging_begin(&x, e) && without_once(&x, &more, e);
        merging_end(&x);
    }
    return ok;
}

/* ---- making anew ---- */

struct making {
    const struct archive_index_options *o;
    struct archive_index_result *result;
    struct vault *v;
    struct archive_index_new *fresh;
    struct arena *names;
    const struct sigma_set *none;
    uint8_t secret[VAULT_SECRET];
    uint64_t made;
    uint64_t *useless; /* numbers of runs */
    size_t useless_count;
    uint64_t *missing;          /* numbers of segments */
    size_t missing_count, done; /* done: of these */
    const char **paths;
    uint64_t *numbers; /* of each path */
    bool *indexed;
    size_t path_count;
    uint64_t bytes_before, bytes_all;
};

struct first_damage {
    bool any;
    struct err is;
};

static void first_take(void *ctx, const struct err *damage) {
    struct first_damage *const f = ctx;

    if (!f->any)
        f->is = *damage;
    f->any = true;
}

/* Runs that are whole and of `made` know their segments; the others are of no use. */
static bool runs_sift(struct making *x, bool **known, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    uint64_t const next = manifest_next_segment(m);
    struct archive_runs open;
    bool ok = true;

    if (!archive_runs_open(&open, x->v, &x->made, e))
        return false;
    *known = calloc((size_t)next + 1, sizeof **known);
    x->useless = calloc(open.count + open.left_count + 1, sizeof *x->useless);
    if (!*known || !x->useless)
        ok = no_memory(e);
    for (size_t i = 0; ok && i < open.left_count; i++) {
        char name[VAULT_NAME_MAX];

        vault_run_name(manifest_run(m, open.left[i].number), name);
        if (open.left[i].state == ARCHIVE_DAMAGED)
            ok =
                x->o->damage(x->o->ctx, str_of(name), open.damage.offset, S("it cannot be opened; it is made anew"), e);
        x->useless[x->useless_count++] = open.left[i].number;
    }
    for (size_t i = 0; ok && i < open.count; i++) {
        struct index_info const info = index_run_info(open.runs[i]);
        struct first_damage first = {.any = false};
        bool whole = false;

        if (!x->o->anew && !archive_run_check(x->v, manifest_run(m, open.numbers[i]), first_take, &first, &whole, e)) {
            ok = false;
            break;
        }
        if (first.any) {
            char name[VAULT_NAME_MAX];

            vault_run_name(manifest_run(m, open.numbers[i]), name);
            ok = x->o->damage(x->o->ctx, str_of(name), first.is.offset, str_of(first.is.text), e);
        }
        if (!whole) {
            x->useless[x->useless_count++] = open.numbers[i];
            continue;
        }
        for (uint32_t k = 0; k < info.segment_count; k++)
            if (info.segments[k] < next)
                (*known)[info.segments[k]] = true;
    }
    archive_runs_close(&open);
    return ok;
}

static bool missing_find(struct making *x, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);
    bool *known = NULL;
    size_t count;
    const struct manifest_segment *const s = manifest_segments(m, &count);
    bool ok = runs_sift(x, &known, e);

    if (ok && !(x->missing = calloc(count + 1, sizeof *x->missing)))
        ok = no_memory(e);
    for (size_t i = 0; ok && i < count; i++) {
        if (!manifest_live(&s[i]) || archive_is_ledger(m, &s[i]))
            continue;
        x->result->segments++;
        if (known[s[i].number])
            continue;
        x->missing[x->missing_count++] = s[i].number;
        x->bytes_all += s[i].length;
    }
    free(known);
    return ok;
}

static bool on_keys(void *ctx, unsigned slot, bool addresses, str bytes, struct err *e) {
    struct making *const x = ctx;

    if (bytes.len)
        return archive_index_keys(x->fresh, slot, addresses, bytes, e);
    archive_index_drop(x->fresh, slot);
    return true;
}

/* path: of the segment, as it was handed in. */
static bool on_indexed(void *ctx, unsigned slot, str path, struct err *e) {
    struct making *const x = ctx;

    for (size_t i = 0; i < x->path_count; i++)
        if (str_eq(path, str_of(x->paths[i]))) {
            x->result->made += !x->indexed[i];
            x->indexed[i] = true;
            return archive_index_segment(x->fresh, slot, x->numbers[i],
                                         manifest_segment(vault_manifest(x->v), x->numbers[i])->month, e);
        }
    return err_set(e, ERR_CORRUPT, 0, "a process that reads segments told of one that it was not given");
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    return err_set(e, ERR_CORRUPT, 0, "a finding without rules");
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    (void)ctx;
    (void)c;
    (void)e;
    return true;
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct making *const x = ctx;

    return x->o->damage(x->o->ctx, d->path, d->offset, d->why, e);
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

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct making *const x = ctx;

    (void)total;
    if (x->o->progress)
        x->o->progress(x->o->ctx, x->bytes_before + done, x->bytes_all);
}

static bool segments_read(struct making *x, struct err *e) {
    struct hunt_options const options = {.paths = x->paths,
                                         .path_count = x->path_count,
                                         .set = x->none,
                                         .fields = x->o->fields,
                                         .kinds = x->o->kinds,
                                         .latest = INSTANT_NONE, /* times make no keys */
                                         .from = INSTANT_NONE,
                                         .to = INSTANT_NONE,
                                         .workers = x->o->workers,
                                         .stop = x->o->stop,
                                         .keys = vault_keys(x->v),
                                         .kept_keys = on_keys,
                                         .key_secret = x->secret,
                                         .indexed = on_indexed,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .correlation = on_correlation,
                                         .filtered = on_filtered,
                                         .progress = on_progress,
                                         .ctx = x};
    struct hunt_result result = {0};

    return hunt_run(&options, &result, e);
}

/* The next of those that are missing; a file that is not there is told, and left out. */
static bool batch_fill(struct making *x, uint64_t *bytes, struct err *e) {
    const struct manifest *const m = vault_manifest(x->v);

    *bytes = 0;
    x->path_count = 0;
    for (; x->done < x->missing_count && x->path_count < BATCH_SEGMENTS && *bytes < BATCH_BYTES; x->done++) {
        const struct manifest_segment *const s = manifest_segment(m, x->missing[x->done]);
        char name[VAULT_NAME_MAX];
        struct err why;
        int fd;

        vault_segment_name(s, name);
        if (!vault_segment_open(x->v, s, &fd, &why)) {
            x->result->damaged++;
            if (!x->o->damage(x->o->ctx, str_of(name), why.offset, str_of(why.text), e))
                return false;
            continue;
        }
        close(fd);
        size_t const size = strlen(x->o->archive) + strlen(name) + 2;
        char *const path = arena_bytes(x->names, size);

        if (!path)
            return no_memory(e);
        snprintf(path, size, "%s/%s", x->o->archive, name);
        x->indexed[x->path_count] = false;
        x->numbers[x->path_count] = s->number;
        x->paths[x->path_count++] = path;
        *bytes += s->length;
    }
    return true;
}

static bool batch_make(struct making *x, struct err *e) {
    uint64_t bytes, keys;

    arena_reset(x->names);
    if (!batch_fill(x, &bytes, e) || (x->path_count && !segments_read(x, e)))
        return false;
    for (size_t i = 0; i < x->path_count; i++)
        x->result->damaged += !x->indexed[i];
    x->bytes_before += bytes;
    return archive_index_stage(x->fresh, &keys, e) && vault_commit(x->v, x->o->now, e);
}

static bool make_all(struct making *x, struct err *e) {
    if (!archive_index_made(x->v, x->o->kinds, &x->made, e) || !vault_secret(x->v, x->secret, e) ||
        !archive_index_new(&x->fresh, x->v, x->made, e) || !missing_find(x, e))
        return false;
    while (x->done < x->missing_count)
        if (stopped(x->o->stop, e) || !batch_make(x, e))
            return false;
    if (x->useless_count) {
        qsort(x->useless, x->useless_count, sizeof *x->useless, by_number);
        if (!runs_end(x->v, x->useless, x->useless_count, e) || !vault_commit(x->v, x->o->now, e))
            return false;
        x->result->runs_ended = x->useless_count;
    }
    return archive_index_merge(x->v, x->made, 0, x->o->now, x->o->stop, &x->result->merged, e);
}

bool archive_index_make(const struct archive_index_options *options, struct archive_index_result *result,
                        struct err *e) {
    struct making x = {.o = options, .result = result};
    struct sigma_loader *loader = NULL;
    bool ok = ((x.names = arena_new((size_t)64 << 20)) && (x.paths = calloc(BATCH_SEGMENTS, sizeof *x.paths)) &&
               (x.numbers = calloc(BATCH_SEGMENTS, sizeof *x.numbers)) &&
               (x.indexed = calloc(BATCH_SEGMENTS, sizeof *x.indexed))) ||
              no_memory(e);

    *result = (struct archive_index_result){0};
    ok = ok && sigma_loader_new(&loader, e) && sigma_load_end(loader, &x.none, e) &&
         vault_open_writer(&x.v, options->archive, NULL, options->now, NULL, NULL, e) &&
         vault_unlock(x.v, &options->unlock, e) && make_all(&x, e);
    if (ok)
        result->snapshot = manifest_sequence(vault_manifest(x.v));
    archive_index_free(x.fresh);
    vault_close(x.v);
    sigma_loader_free(loader);
    arena_free(x.names);
    free((void *)x.paths);
    free(x.numbers);
    free(x.indexed);
    free(x.useless);
    free(x.missing);
    explicit_bzero(x.secret, sizeof x.secret);
    return ok;
}
