/* index_question: many questions at once: all their keys are looked up in each run, and then only those ways are looked at of which some
 * key was there. */
#include "archive/index_own.h"

#define FILTER_BITS 20u
#define NONE UINT32_MAX

struct way {
    uint32_t question;
    uint32_t keys, count; /* its first key, and how many */
};

struct range {
    uint32_t question;
    struct address first, last;
};

struct index_questions {
    uint64_t *keys;
    struct way *ways;
    struct range *ranges;
    size_t key_count, key_room, way_count, way_room, range_count, range_room;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

bool index_questions_new(struct index_questions **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    return *out || no_memory(e);
}

void index_questions_free(struct index_questions *q) {
    if (!q)
        return;
    free(q->keys);
    free(q->ways);
    free(q->ranges);
    free(q);
}

/* Room for `more` behind count. */
static bool room(void **all, size_t *has, size_t count, size_t more, size_t size) {
    if (more <= *has - count)
        return true;
    size_t const now = (*has + more) * 2;
    void *const bigger = reallocarray(*all, now, size);

    if (!bigger)
        return false;
    *all = bigger;
    *has = now;
    return true;
}

bool index_questions_way(struct index_questions *q, uint32_t question, const uint64_t *keys, size_t count,
                         struct err *e) {
    assert(count && count <= INDEX_WAY_KEYS);
    if (q->key_count > UINT32_MAX - count)
        return err_set(e, ERR_LIMIT, 0, "more than 4,294,967,295 keys at once");
    if (!room((void **)&q->keys, &q->key_room, q->key_count, count, sizeof *q->keys) ||
        !room((void **)&q->ways, &q->way_room, q->way_count, 1, sizeof *q->ways))
        return no_memory(e);
    q->ways[q->way_count++] = (struct way){question, (uint32_t)q->key_count, (uint32_t)count};
    memcpy(q->keys + q->key_count, keys, count * sizeof *keys);
    q->key_count += count;
    return true;
}

bool index_questions_range(struct index_questions *q, uint32_t question, const struct address *first,
                           const struct address *last, struct err *e) {
    if (!room((void **)&q->ranges, &q->range_room, q->range_count, 1, sizeof *q->ranges))
        return no_memory(e);
    q->ranges[q->range_count++] = (struct range){question, *first, *last};
    return true;
}

void index_answers_free(struct index_answers *a) {
    free(a->answers);
    *a = (struct index_answers){0};
}

static bool answer_add(struct index_answers *a, uint32_t question, uint32_t run, uint32_t segment, struct err *e) {
    if (a->count_max && a->count == a->count_max)
        return err_set(e, ERR_LIMIT, 0, "more than %zu answers at once", a->count_max);
    if (!room((void **)&a->answers, &a->room, a->count, 1, sizeof *a->answers))
        return no_memory(e);
    a->answers[a->count++] = (struct index_answer){question, run, segment};
    return true;
}

/* What is found in one run. */
struct asking {
    const struct index_questions *q;
    struct index_run *r;
    uint32_t number;
    const struct index_hits *h;
    const uint64_t *sorted;
    uint64_t filter[(1u << FILTER_BITS) / 64]; /* of keys that are there, by their first bits */
    uint32_t *places, *others;                 /* of a way; each has room for all places of the run */
    struct index_answers *a;
};

static const struct index_hit *hit_of(const struct asking *k, uint64_t key) {
    size_t from = 0, to = k->h->count;
    uint64_t const bit = key >> (64 - FILTER_BITS);

    if (!(k->filter[bit / 64] >> bit % 64 & 1))
        return NULL;
    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (k->sorted[k->h->hits[middle].key] < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < k->h->count && k->sorted[k->h->hits[from].key] == key ? &k->h->hits[from] : NULL;
}

static bool places_answer(const struct asking *k, uint32_t question, bool everywhere, const uint32_t *places,
                          size_t count, struct err *e) {
    if (everywhere)
        return answer_add(k->a, question, k->number, INDEX_EVERY, e);
    for (size_t i = 0; i < count; i++)
        if (!answer_add(k->a, question, k->number, k->r->segments[places[i]], e))
            return false;
    return true;
}

/* All keys of the way, in the same segment. */
static bool way_ask(struct asking *k, const struct way *w, struct err *e) {
    const struct index_hit *h = hit_of(k, k->q->keys[w->keys]);

    if (LIKELY(!h))
        return true;
    bool everywhere = h->everywhere;
    const uint32_t *places = k->h->places + h->places;
    size_t count = h->count;

    for (uint32_t i = 1; i < w->count; i++) {
        if (!(h = hit_of(k, k->q->keys[w->keys + i])))
            return true;
        if (h->everywhere)
            continue;
        const uint32_t *const others = k->h->places + h->places;
        size_t kept = 0;

        if (everywhere) {
            everywhere = false;
            places = others;
            count = h->count;
            continue;
        }
        for (size_t a = 0, b = 0; a < count && b < h->count;) {
            if (places[a] == others[b])
                k->places[kept++] = places[a];
            uint32_t const x = places[a], y = others[b];

            a += x <= y;
            b += y <= x;
        }
        places = k->places; /* written behind where it is read */
        count = kept;
    }
    return places_answer(k, w->question, everywhere, places, count, e);
}

static int by_answer(const void *a, const void *b) {
    const struct index_answer *const x = a, *const y = b;

    if (x->question != y->question)
        return x->question < y->question ? -1 : 1;
    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    return (x->segment < y->segment) - (x->segment > y->segment); /* EVERY first */
}

/* Each once, EVERY alone, segments rising. */
static void answers_settle(struct index_answers *a) {
    size_t kept = 0;

    if (!a->count)
        return;
    qsort(a->answers, a->count, sizeof *a->answers, by_answer);
    for (size_t i = 0; i < a->count; i++) {
        struct index_answer const x = a->answers[i];
        const struct index_answer *const last = kept ? &a->answers[kept - 1] : NULL;

        if (!last || last->question != x.question || last->run != x.run ||
            (last->segment != INDEX_EVERY && last->segment != x.segment))
            a->answers[kept++] = x;
    }
    a->count = kept;
    for (size_t from = 0, to; from < kept; from = to) { /* they were falling */
        for (to = from + 1; to < kept && a->answers[to].question == a->answers[from].question &&
                            a->answers[to].run == a->answers[from].run;
             to++)
            ;
        for (size_t i = from, k = to - 1; i < k; i++, k--) {
            struct index_answer const x = a->answers[i];

            a->answers[i] = a->answers[k];
            a->answers[k] = x;
        }
    }
}

static void damage_take(struct index_answers *a, const struct index_hits *h) {
    if (h->damaged && !a->damaged)
        a->damage = h->damage;
    a->damaged += h->damaged;
}

static bool run_ask(struct asking *k, size_t sorted, struct index_hits *h, struct err *e) {
    const struct index_questions *const q = k->q;
    bool ok = index_run_find(k->r, k->sorted, sorted, h, e);

    if (!ok)
        return false;
    damage_take(k->a, h);
    if (h->count) {
        memset(k->filter, 0, sizeof k->filter);
        for (size_t i = 0; i < h->count; i++) {
            uint64_t const bit = k->sorted[h->hits[i].key] >> (64 - FILTER_BITS);

            k->filter[bit / 64] |= (uint64_t)1 << bit % 64;
        }
        if (!(k->places = malloc(k->r->tail.segments * sizeof *k->places)))
            return no_memory(e);
        for (size_t i = 0; ok && i < q->way_count; i++)
            ok = way_ask(k, &q->ways[i], e);
        free(k->places);
    }
    for (size_t i = 0; ok && i < q->range_count; i++) {
        ok = index_run_range(k->r, &q->ranges[i].first, &q->ranges[i].last, h, e);
        if (!ok)
            break;
        damage_take(k->a, h);
        if (h->count)
            ok = places_answer(k, q->ranges[i].question, h->hits[0].everywhere, h->places + h->hits[0].places,
                               h->hits[0].count, e);
    }
    return ok;
}

bool index_questions_ask(struct index_questions *q, struct index_run *const *runs, size_t count,
                         struct index_answers *a, struct err *e) {
    size_t const keys = q->key_count ? q->key_count : 1;
    uint64_t *const sorted = malloc(2 * keys * sizeof *sorted);
    struct asking *const k = calloc(1, sizeof *k);
    struct index_hits h = {0};
    bool ok = (sorted && k) || no_memory(e);

    assert(count <= INDEX_RUNS_MAX);
    a->count = 0;
    a->damaged = 0;
    if (ok) {
        if (q->key_count)
            memcpy(sorted, q->keys, q->key_count * sizeof *sorted);
        size_t const distinct = index_keys_sort(sorted, sorted + keys, q->key_count);

        *k = (struct asking){.q = q, .sorted = sorted, .h = &h, .a = a};
        for (size_t i = 0; ok && i < count; i++) {
            k->r = runs[i];
            k->number = (uint32_t)i;
            ok = run_ask(k, distinct, &h, e);
        }
        answers_settle(a);
    }
    index_hits_free(&h);
    free(sorted);
    free(k);
    return ok;
}
