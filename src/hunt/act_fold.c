/* act_fold: a table by two hashes of what makes acts alike. */
#include "hunt/act_fold.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "detection/act_scan.h"

#define HOUR (INT64_C(3600) * 1000000000)

struct alike {
    uint64_t hash, other; /* hash 0: free */
    uint32_t n, folded;   /* told by themselves; number of what stands for the others, + 1 */
};

struct folded {
    struct activity_event sum;
    uint64_t clock;
};

struct act_fold {
    struct arena *texts;
    struct alike *table;
    size_t mask, used;
    struct folded *folded;
    size_t folded_count, folded_room;
    uint64_t seeds[2];
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for acts");
}

bool act_fold_new(struct act_fold **out, struct err *e) {
    struct act_fold *const f = calloc(1, sizeof *f);

    if (!f)
        return no_memory(e);
    f->mask = 1023;
    f->seeds[0] = hash_seed();
    f->seeds[1] = hash_seed();
    if (!(f->table = calloc(f->mask + 1, sizeof *f->table)) || !(f->texts = arena_new(ACT_FOLD_BYTES))) {
        act_fold_free(f);
        return no_memory(e);
    }
    *out = f;
    return true;
}

void act_fold_free(struct act_fold *f) {
    if (!f)
        return;
    free(f->table);
    free(f->folded);
    arena_free(f->texts);
    free(f);
}

static uint64_t hash_of(const struct activity_event *v, uint64_t clock, uint64_t seed) {
    uint64_t const head[] = {v->act, v->outcome, (uint64_t)(v->when / HOUR), v->salvaged, clock};
    uint64_t h = hash_bytes((str){(const char *)head, sizeof head}, seed);

    for (size_t t = 0; t < ACT_TEXTS; t++)
        h = hash_bytes(v->text[t], h);
    return h | 1;
}

static bool grow(struct act_fold *f) {
    size_t const mask = f->mask * 2 + 1;
    struct alike *const table = calloc(mask + 1, sizeof *table);

    if (!table)
        return false;
    for (size_t i = 0; i <= f->mask; i++) {
        size_t at = f->table[i].hash & mask;

        if (!f->table[i].hash)
            continue;
        while (table[at].hash)
            at = (at + 1) & mask;
        table[at] = f->table[i];
    }
    free(f->table);
    f->table = table;
    f->mask = mask;
    return true;
}

/* NULL: there are too many, or (e is set) no memory. */
static struct alike *alike_of(struct act_fold *f, const struct activity_event *v, uint64_t clock, struct err *e) {
    uint64_t const hash = hash_of(v, clock, f->seeds[0]), other = hash_of(v, clock, f->seeds[1]);

    if (f->used * 2 > f->mask && !grow(f)) {
        no_memory(e);
        return NULL;
    }
    size_t at = hash & f->mask;

    while (f->table[at].hash && (f->table[at].hash != hash || f->table[at].other != other))
        at = (at + 1) & f->mask;
    if (!f->table[at].hash && f->used == ACT_FOLD_MAX)
        return NULL;
    f->used += !f->table[at].hash;
    f->table[at].hash = hash;
    f->table[at].other = other;
    return &f->table[at];
}

bool act_fold_add(struct act_fold *f, const struct activity_event *v, uint64_t clock, bool *told, struct err *e) {
    struct err why = {0};
    struct alike *const a = alike_of(f, v, clock, &why);
    struct folded begun = {*v, clock};

    *told = true;
    if (!a && why.code) {
        *e = why;
        return false;
    }
    if (!a)
        return true;
    if (v->count == 1 && a->n < ACTIVITY_EACH) {
        a->n++;
        return true;
    }
    if (a->folded) {
        act_scan_fold(&f->folded[a->folded - 1].sum, v);
        *told = false;
        return true;
    }
    for (size_t t = 0; t < ACT_TEXTS; t++)
        if (!arena_copy(f->texts, v->text[t], &begun.sum.text[t]))
            return true; /* there is no room: it is told by itself */
    if (f->folded_count == f->folded_room) {
        struct folded *const bigger = reallocarray(f->folded, f->folded_room * 2 + 64, sizeof *bigger);

        if (!bigger)
            return no_memory(e);
        f->folded = bigger;
        f->folded_room = f->folded_room * 2 + 64;
    }
    f->folded[f->folded_count++] = begun;
    a->folded = (uint32_t)f->folded_count;
    *told = false;
    return true;
}

bool act_fold_end(struct act_fold *f,
                  bool (*each)(void *ctx, const struct activity_event *v, uint64_t clock, struct err *e), void *ctx,
                  struct err *e) {
    bool ok = true;

    for (size_t i = 0; ok && i < f->folded_count; i++)
        ok = each(ctx, &f->folded[i].sum, f->folded[i].clock, e);
    f->folded_count = 0;
    if (f->used)
        memset(f->table, 0, (f->mask + 1) * sizeof *f->table);
    f->used = 0;
    arena_reset(f->texts);
    return ok;
}
