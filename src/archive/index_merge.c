/* index_merge: rising keys of several runs into one; and which runs to take. */
#include "archive/index_own.h"

#define AHEAD 256u                 /* blocks that are read in at once */
#define SAMPLE ((uint64_t)1 << 18) /* keys that are counted to learn how many there will be */
#define GONE UINT32_MAX

/* A run as it is merged: its keys, or its addresses. */
struct source {
    struct index_run *run;
    uint32_t kept;    /* of its segments */
    uint32_t *places; /* by place in the run: the place in the new one, or GONE */
    bool addresses;
    uint64_t block;    /* the next */
    uint32_t left, at; /* keys of the block that is being read: still to come, had */
    struct block_view view;
    str body; /* of addresses; of keys what is left of their postings */
    address_key key;
    struct posting_view posting;
    bool over;
};

struct merge {
    struct source *sources;
    size_t count;
    uint32_t *tree; /* of a tournament: tree[1] is the source with the least key; leaves are at `leaves` and beyond */
    size_t leaves;
    address_key *heads; /* of each leaf: its key; all ones: or it is over */
    uint32_t *segments; /* of the new run */
    size_t segment_count;
    struct index_hits places; /* of the key that is being merged */
    bool everywhere;          /* it is in so many that it will be kept as in all: no need to count them */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

/* ---- one run after the other ---- */

/* Blocks from `block` on are read in, and those behind them asked for. */
static bool source_ahead(const struct source *s, struct err *e) {
    struct index_run *const r = s->run;
    uint64_t const all = s->addresses ? r->tail.address_blocks : r->tail.blocks;
    str const directory = run_section(r, s->addresses ? SECTION_ADDRESS_DIRECTORY : SECTION_DIRECTORY);
    str const blocks = run_section(r, s->addresses ? SECTION_ADDRESSES : SECTION_BLOCKS);
    size_t const size = s->addresses ? sizeof(struct packed_address_block) : 8;
    uint64_t ends[3];

    for (unsigned i = 0; i < 3; i++) {
        uint64_t const n = all - s->block < i * AHEAD ? all : s->block + i * AHEAD;
        const char *const entry = directory.ptr + n * size + size - 8; /* where it begins is the last of both */

        if (!index_run_need(r, entry, 8, e))
            return false;
        memcpy(&ends[i], entry, 8);
    }
    if (ends[0] > ends[1] || ends[1] > ends[2] || ends[2] > blocks.len)
        return index_damaged(r, directory.ptr + s->block * size, e, "a block lies outside");
    index_run_soon(r, blocks.ptr + ends[1], (size_t)(ends[2] - ends[1]));
    return index_run_need(r, directory.ptr + s->block * size,
                          (size_t)((all - s->block < AHEAD ? all - s->block : AHEAD) + 1) * size, e) &&
           index_run_need(r, blocks.ptr + ends[0], (size_t)(ends[1] - ends[0]), e);
}

static bool source_block(struct source *s, struct err *e) {
    struct index_run *const r = s->run;

    if (s->block % AHEAD == 0 && !source_ahead(s, e))
        return false;
    if (s->addresses) {
        struct packed_address_block b;

        if (!index_address_block(r, s->block, &s->left, &s->body, e))
            return false;
        memcpy(&b, run_section(r, SECTION_ADDRESS_DIRECTORY).ptr + s->block * sizeof b, sizeof b);
        s->key = address_key_get(b.first);
    } else {
        if (!index_block_get(r, s->block, &s->view, e))
            return false;
        s->left = s->view.count;
        s->body = s->view.postings;
    }
    s->at = 0;
    s->block++;
    return true;
}

static bool source_next(struct source *s, struct err *e) {
    struct index_run *const r = s->run;
    bool const one = r->tail.flags & INDEX_ONE, first = s->block == 0;
    address_key const before = s->key;

    while (!s->left) {
        if (s->block == (s->addresses ? r->tail.address_blocks : r->tail.blocks)) {
            s->over = true;
            return true;
        }
        if (!source_block(s, e))
            return false;
    }
    bool good;

    if (s->addresses) {
        good = index_address_take(&s->body, s->at == 0, one, r->tail.segments, &s->key, &s->posting);
    } else {
        s->key = s->view.first +
                 (key_get(s->view.keys + (size_t)s->at * r->tail.key_bytes, r->tail.key_bytes) << r->tail.zeros);
        s->posting = (struct posting_view){.count = 1};
        good = one || index_posting_take(&s->body, r->tail.segments, &s->posting);
    }
    s->left--;
    s->at++;
    return (good && (first || s->key > before)) || index_damaged(r, s->body.ptr, e, "a block contradicts itself");
}

static void source_begin(struct source *s, bool addresses) {
    s->addresses = addresses;
    s->block = 0;
    s->left = s->at = 0;
    s->over = false;
}

/* ---- all of them ---- */

static bool is_over(const struct merge *m, uint32_t of) {
    return of >= m->count || m->sources[of].over;
}

static inline uint32_t winner(const struct merge *m, uint32_t a, uint32_t b) {
    if (UNLIKELY(m->heads[a] == m->heads[b]))
        return is_over(m, a) ? b : a;
    return m->heads[b] < m->heads[a] ? b : a;
}

/* The way of source `of` up to the top, which has changed. */
static void tree_mend(struct merge *m, uint32_t of) {
    m->heads[of] = m->sources[of].over ? ~(address_key)0 : m->sources[of].key;
    for (size_t at = (m->leaves + of) / 2; at > 0; at /= 2)
        m->tree[at] = winner(m, m->tree[2 * at], m->tree[2 * at + 1]);
}

static bool tree_begin(struct merge *m, bool addresses, struct err *e) {
    for (uint32_t i = 0; i < m->leaves; i++) {
        m->tree[m->leaves + i] = i;
        m->heads[i] = ~(address_key)0;
        if (i >= m->count)
            continue;
        source_begin(&m->sources[i], addresses);
        if (!source_next(&m->sources[i], e))
            return false;
        m->heads[i] = m->sources[i].over ? ~(address_key)0 : m->sources[i].key;
    }
    for (size_t at = m->leaves - 1; at > 0; at--)
        m->tree[at] = winner(m, m->tree[2 * at], m->tree[2 * at + 1]);
    return true;
}

/* The places of one source's key, as the new run counts. */
static bool places_add(struct merge *m, const struct source *s, struct err *e) {
    struct index_run *const r = s->run;
    size_t const from = m->places.place_count;
    bool good = true, out_of = false;
    size_t kept = from;

    if (m->everywhere)
        return true;
    if (LIKELY(s->posting.count == 1)) {
        uint32_t const place = s->places[s->posting.first];

        return place == GONE || hits_place(&m->places, place) || no_memory(e);
    }
    if (s->posting.everywhere && m->segment_count >= EVERYWHERE_LEAST && s->kept > m->segment_count / 2) {
        m->everywhere = true;
    } else if (s->posting.everywhere) {
        for (uint32_t i = 0; i < r->tail.segments; i++)
            if (!hits_place(&m->places, i))
                return no_memory(e);
    } else if (s->posting.is_long) {
        if (!index_long_get(r, s->posting.at, &m->places, &out_of, e))
            return false;
    } else if (!index_posting_places(&s->posting, r->tail.segments, &m->places, &good)) {
        return good ? no_memory(e) : index_damaged(r, s->body.ptr, e, "a block contradicts itself");
    }
    for (size_t i = from; i < m->places.place_count; i++) {
        uint32_t const place = s->places[m->places.places[i]];

        if (place != GONE)
            m->places.places[kept++] = place;
    }
    m->places.place_count = kept;
    return true;
}

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void places_settle(struct index_hits *h) {
    size_t kept = 0;
    bool rising = true;

    for (size_t i = 1; i < h->place_count; i++)
        rising &= h->places[i - 1] < h->places[i];
    if (rising)
        return;
    qsort(h->places, h->place_count, sizeof *h->places, by_number);
    for (size_t i = 0; i < h->place_count; i++)
        if (!i || h->places[i] != h->places[kept - 1])
            h->places[kept++] = h->places[i];
    h->place_count = kept;
}

typedef bool merged(void *ctx, address_key key, struct index_posting p, struct err *e);

/* Each key up to `last` that stands in some segment that is left. */
static bool merge_each(struct merge *m, bool addresses, address_key last, merged *each, void *ctx, struct err *e) {
    if (!tree_begin(m, addresses, e))
        return false;
    while (!is_over(m, m->tree[1]) && m->sources[m->tree[1]].key <= last) {
        address_key const key = m->sources[m->tree[1]].key;

        m->places.place_count = 0;
        m->everywhere = false;
        do {
            struct source *const s = &m->sources[m->tree[1]];

            if (!places_add(m, s, e) || !source_next(s, e))
                return false;
            tree_mend(m, m->tree[1]);
        } while (!is_over(m, m->tree[1]) && m->sources[m->tree[1]].key == key);
        places_settle(&m->places);
        if ((m->places.place_count || m->everywhere) &&
            !each(ctx, key, (struct index_posting){m->places.places, m->places.place_count, m->everywhere}, e))
            return false;
    }
    return true;
}

static bool merged_count(void *ctx, address_key key, struct index_posting p, struct err *e) {
    (void)key, (void)p, (void)e;
    ++*(uint64_t *)ctx;
    return true;
}

static bool merged_key(void *ctx, address_key key, struct index_posting p, struct err *e) {
    return index_writer_key(ctx, (uint64_t)key, p, e);
}

static bool merged_address(void *ctx, address_key key, struct index_posting p, struct err *e) {
    struct address address = {.family = 6};

    address_key_put(address.bytes, key);
    return index_writer_address(ctx, &address, p, e);
}

/* Keys are spread evenly, so those of the first part tell how many there are in all. */
static bool keys_estimate(struct merge *m, uint64_t *keys, struct err *e) {
    uint64_t all = 0, count = 0;

    for (size_t i = 0; i < m->count; i++)
        all += m->sources[i].run->tail.keys;
    if (all > UINT64_MAX / 64)
        return err_set(e, ERR_LIMIT, 0, "more keys than an index can hold");
    bool const whole = all <= 4 * SAMPLE;

    if (!merge_each(m, false, whole ? UINT64_MAX : UINT64_MAX / all * SAMPLE, merged_count, &count, e))
        return false;
    *keys = whole ? count : (uint64_t)((address_key)count * all / SAMPLE);
    return true;
}

/* ---- their segments ---- */

static bool is_gone(const uint32_t *gone, size_t count, uint32_t segment) {
    size_t from = 0, to = count;

    while (from < to) {
        size_t const middle = from + (to - from) / 2;

        if (gone[middle] < segment)
            from = middle + 1;
        else
            to = middle;
    }
    return from < count && gone[from] == segment;
}

static bool segments_merge(struct merge *m, const uint32_t *gone, size_t gone_count, struct err *e) {
    size_t all = 0, kept = 0;

    for (size_t i = 0; i < m->count; i++)
        all += m->sources[i].run->tail.segments;
    if (!(m->segments = malloc((all ? all : 1) * sizeof *m->segments)))
        return no_memory(e);
    for (size_t i = 0; i < m->count; i++) {
        const struct index_run *const r = m->sources[i].run;

        for (uint32_t k = 0; k < r->tail.segments; k++)
            if (!is_gone(gone, gone_count, r->segments[k]))
                m->segments[m->segment_count++] = r->segments[k];
    }
    if (!m->segment_count)
        return err_set(e, ERR_USAGE, 0, "of the segments of these indexes none is left");
    qsort(m->segments, m->segment_count, sizeof *m->segments, by_number);
    for (size_t i = 0; i < m->segment_count; i++)
        if (!i || m->segments[i] != m->segments[kept - 1])
            m->segments[kept++] = m->segments[i];
    m->segment_count = kept;
    if (kept > INDEX_SEGMENTS_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u segments in an index", INDEX_SEGMENTS_MAX);
    for (size_t i = 0; i < m->count; i++) {
        struct source *const s = &m->sources[i];
        size_t at = 0;

        if (!(s->places = malloc(s->run->tail.segments * sizeof *s->places)))
            return no_memory(e);
        for (uint32_t k = 0; k < s->run->tail.segments; k++) {
            while (at < kept && m->segments[at] < s->run->segments[k])
                at++;
            s->places[k] = at < kept && m->segments[at] == s->run->segments[k] ? (uint32_t)at : GONE;
            s->kept += s->places[k] != GONE;
        }
    }
    return true;
}

static void merge_free(struct merge *m) {
    for (size_t i = 0; m->sources && i < m->count; i++)
        free(m->sources[i].places);
    free(m->sources);
    free(m->tree);
    free(m->heads);
    free(m->segments);
    index_hits_free(&m->places);
}

bool index_merge(struct index_run *const *runs, size_t count, const uint32_t *gone, size_t gone_count,
                 const struct index_options *options, struct err *e) {
    struct merge m = {.count = count};
    struct index_options o = *options;
    struct index_writer *w = NULL;
    bool ok = false;

    assert(count && count <= INDEX_RUNS_MAX);
    for (m.leaves = 1; m.leaves < count; m.leaves *= 2)
        ;
    if (!(m.sources = calloc(count, sizeof *m.sources)) || !(m.tree = calloc(2 * m.leaves, sizeof *m.tree)) ||
        !(m.heads = calloc(m.leaves, sizeof *m.heads))) {
        no_memory(e);
        goto end;
    }
    for (size_t i = 0; i < count; i++) {
        m.sources[i].run = runs[i];
        if (!(runs[i]->tail.flags & INDEX_EXACT) || runs[i]->tail.made != runs[0]->tail.made) {
            err_set(e, ERR_USAGE, 0, "index %s cannot be merged with the others: %s", runs[i]->name,
                    runs[i]->tail.flags & INDEX_EXACT ? "its keys were made by other rules" : "it holds no whole keys");
            goto end;
        }
        if (!index_address_directory(runs[i], e))
            goto end;
    }
    o.made = runs[0]->tail.made;
    o.zeros = runs[0]->tail.zeros;
    for (size_t i = 1; i < count; i++)
        o.zeros = runs[i]->tail.zeros < o.zeros ? runs[i]->tail.zeros : o.zeros;
    if (!segments_merge(&m, gone, gone_count, e) || !keys_estimate(&m, &o.keys, e))
        goto end;
    o.segments = m.segments;
    o.segment_count = m.segment_count;
    ok = index_writer_new(&w, &o, e) && merge_each(&m, false, UINT64_MAX, merged_key, w, e) &&
         merge_each(&m, true, ~(address_key)0, merged_address, w, e) && index_writer_finish(w, e);
end:
    index_writer_free(w);
    merge_free(&m);
    return ok;
}

/* ---- which ---- */

#define OLDER INT32_MIN /* the time of all that is older than this year */

static int32_t year_of(int32_t month) {
    return month / 12 - (month % 12 < 0);
}

/* A month of this year, or OLDER. */
static int32_t time_of(const struct index_tier_run *r, int32_t now) {
    if (r->level == INDEX_ARCHIVE || year_of(r->month) < year_of(now))
        return OLDER;
    return r->month > now ? now : r->month;
}

/* Segments of a time, as many as there are. */
static size_t segments_pick(const struct index_tier_run *runs, size_t count, int32_t now, int32_t time, bool *picked) {
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        picked[i] = taken < INDEX_MERGE_MAX && runs[i].level == INDEX_SEGMENT && time_of(&runs[i], now) == time;
        taken += picked[i];
    }
    return taken;
}

/* All runs of a time, but for those that are too large beside what is smaller. */
static size_t runs_pick(const struct index_tier_run *runs, size_t count, int32_t now, int32_t time, bool *picked) {
    uint64_t keys = 0;
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        picked[i] = time_of(&runs[i], now) == time;
        taken += picked[i];
        keys += picked[i] ? runs[i].keys : 0;
    }
    while (taken > 2) {
        size_t largest = SIZE_MAX;

        for (size_t i = 0; i < count; i++)
            if (picked[i] && (largest == SIZE_MAX || runs[i].keys > runs[largest].keys))
                largest = i;
        if (taken <= INDEX_MERGE_MAX && runs[largest].keys / INDEX_SHARE <= keys - runs[largest].keys)
            break;
        picked[largest] = false;
        taken--;
        keys -= runs[largest].keys;
    }
    return taken;
}

static size_t time_choose(const struct index_tier_run *runs, size_t count, int32_t now, int32_t time, bool *picked) {
    size_t all = 0, segments = 0;
    uint64_t keys = 0, largest = 0;

    for (size_t i = 0; i < count; i++)
        if (time_of(&runs[i], now) == time) {
            all++;
            segments += runs[i].level == INDEX_SEGMENT;
            keys += runs[i].keys;
            largest = runs[i].keys > largest ? runs[i].keys : largest;
        }
    if (segments >= INDEX_FAN)
        return segments_pick(runs, count, now, time, picked);
    if (time == now)
        return all - segments >= INDEX_FAN ? runs_pick(runs, count, now, time, picked) : 0;
    /* A month that is over becomes one run; what comes to it then waits until it is worth it. */
    bool const worth_it = time != OLDER && all > 1 && largest / INDEX_SHARE <= keys - largest;

    return worth_it || all > INDEX_LATE + 1 ? runs_pick(runs, count, now, time, picked) : 0;
}

size_t index_merge_choose(const struct index_tier_run *runs, size_t count, int32_t now, bool *picked,
                          enum index_level *level, int32_t *month) {
    for (size_t i = 0; i < count; i++) {
        int32_t const time = time_of(&runs[i], now);
        size_t const taken = time_choose(runs, count, now, time, picked);

        if (taken) {
            *level = time == OLDER ? INDEX_ARCHIVE : INDEX_MONTH;
            *month = time == OLDER ? runs[i].month : time;
            return taken;
        }
    }
    for (size_t i = 0; i < count; i++)
        picked[i] = false;
    return 0;
}
