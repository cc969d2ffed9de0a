/* index_find: sorted keys against a run: first the pages of presence, of which nearly all say no, then the blocks of those that are left.
 *
 * Keys are taken in windows. While one window is compared, the disk has been asked for the pages of the next, so that a cold lookup waits
 * for many pages at once; and within a window the processor has been asked for the lines of a key sixteen keys before they are
 * compared, so that a warm one does the same with memory. Two lines a key are read: where its part ends, and the part itself. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "archive/index_own.h"

#define WINDOW 512u
#define GAP 4u /* pages between two that are wanted: it costs less to read them as well than to ask twice */
#define AHEAD 16u
#define RANGE_AHEAD 256u /* blocks of addresses, some hundred KiB */

/* Keys, and where each must stand. */
struct window {
    const uint64_t *keys;
    size_t from, count; /* of all keys asked for */
    uint64_t pages[WINDOW];
    uint16_t remainders[WINDOW];
    uint8_t parts[WINDOW];
    uint8_t maybe[WINDOW];
    bool plain; /* all pages are good ones without another behind */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

/* ---- comparing ---- */

static inline unsigned part_from(const struct packed_page *p, unsigned part) {
    return part ? p->ends[part - 1] : 0;
}

static inline bool has_plain(const uint16_t *at, unsigned count, uint16_t what) {
    bool found = false;

    for (unsigned i = 0; i < count; i++)
        found |= at[i] == what;
    return found;
}

#define COMPARE(name, has)                                                                                             \
    static void name(const struct index_run *r, struct window *w) {                                                    \
        const struct packed_page *const pages = r->pages;                                                              \
        size_t const count = w->count;                                                                                 \
                                                                                                                       \
        for (size_t i = 0; i < count + 2 * (size_t)AHEAD; i++) {                                                       \
            if (i < count)                                                                                             \
                __builtin_prefetch(&pages[w->pages[i]].ends[w->parts[i]]);                                             \
            if (i >= AHEAD && i < count + AHEAD) {                                                                     \
                size_t const k = i - AHEAD;                                                                            \
                const struct packed_page *const p = &pages[w->pages[k]];                                               \
                unsigned const from = part_from(p, w->parts[k]), to = p->ends[w->parts[k]];                            \
                                                                                                                       \
                __builtin_prefetch(p->remainders + from);                                                              \
                __builtin_prefetch((const char *)(p->remainders + to) - 1);                                            \
            }                                                                                                          \
            if (i >= 2 * (size_t)AHEAD) {                                                                              \
                size_t const k = i - 2 * (size_t)AHEAD;                                                                \
                const struct packed_page *const p = &pages[w->pages[k]];                                               \
                unsigned const from = part_from(p, w->parts[k]), to = p->ends[w->parts[k]];                            \
                                                                                                                       \
                w->maybe[k] = has(p->remainders + from, to - from, w->remainders[k]);                                  \
            }                                                                                                          \
        }                                                                                                              \
    }

COMPARE(compare_plain, has_plain)

#if defined(__x86_64__)
/* Reads up to 30 bytes beyond: behind the last page stands the end of the file, which is longer. */
__attribute__((target("avx2"))) static inline bool has_avx2(const uint16_t *at, unsigned count, uint16_t what) {
    __m256i const wanted = _mm256_set1_epi16((int16_t)what);

    for (unsigned i = 0; i < count; i += 16) {
        __m256i const x = _mm256_loadu_si256((const __m256i *)(const void *)(at + i));
        uint32_t const same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(x, wanted));
        unsigned const left = count - i;

        if (left >= 16 ? same : same & ((1u << 2 * left) - 1))
            return true;
    }
    return false;
}
__attribute__((target("avx2"))) COMPARE(compare_avx2, has_avx2)

    /* Of 256 bits as well: a part is some fourteen remainders. */
    __attribute__((target("avx512bw,avx512vl"))) static inline bool has_avx512(const uint16_t *at, unsigned count,
                                                                               uint16_t what) {
    __m256i const wanted = _mm256_set1_epi16((int16_t)what);

    for (unsigned i = 0; i < count; i += 16) {
        unsigned const left = count - i;
        __mmask16 const valid = left >= 16 ? UINT16_MAX : (__mmask16)((1u << left) - 1);

        if (_mm256_mask_cmpeq_epi16_mask(valid, _mm256_maskz_loadu_epi16(valid, at + i), wanted))
            return true;
    }
    return false;
}
__attribute__((target("avx512bw,avx512vl"))) COMPARE(compare_avx512, has_avx512)
#endif

    static void compare(const struct index_run *r, struct window *w) {
    switch (r->speed) {
#if defined(__x86_64__)
    case INDEX_AVX512:
        compare_avx512(r, w);
        return;
    case INDEX_AVX2:
        compare_avx2(r, w);
        return;
#endif
    default:
        compare_plain(r, w);
    }
}

/* ---- pages ---- */

/* Where the keys of a window must stand; the disk is asked for pages that nobody has seen. */
static void window_fill(struct index_run *r, struct window *w, const uint64_t *keys, size_t from, size_t count) {
    uint64_t first = 0, last = 0; /* of the pages that are asked for at once */
    uint64_t rest;

    w->keys = keys + from;
    w->from = from;
    w->count = count - from < WINDOW ? count - from : WINDOW;
    w->plain = true;
    for (size_t i = 0; i < w->count; i++) {
        assert(!i || w->keys[i] > w->keys[i - 1]);
        uint64_t const page = w->pages[i] = index_place(w->keys[i], r->tail.pages, &rest);

        w->parts[i] = (uint8_t)page_part(rest);
        w->remainders[i] = page_remainder(rest);
        if (LIKELY(r->states[page] == PAGE_GOOD))
            continue;
        w->plain = false;
        if (r->states[page] != PAGE_NEW)
            continue;
        if (last && page < last + GAP) {
            last = page + 1;
            continue;
        }
        if (last)
            index_run_soon(r, (const char *)&r->pages[first], (size_t)(last - first) * PAGE_BYTES);
        first = page;
        last = page + 1;
    }
    if (last)
        index_run_soon(r, (const char *)&r->pages[first], (size_t)(last - first) * PAGE_BYTES);
}

/* New pages are checked; damage is told. */
static void window_check(struct index_run *r, struct window *w, struct index_hits *h) {
    struct err e;

    w->plain = true;
    for (size_t i = 0; i < w->count; i++) {
        uint64_t const page = w->pages[i];

        if (r->states[page] == PAGE_NEW) {
            /* A row of neighbours is read in at once; one by one if that fails. */
            uint64_t last = page + 1;

            for (size_t k = i + 1; k < w->count && w->pages[k] < last + GAP; k++)
                last = w->pages[k] + 1;
            (void)index_run_need(r, (const char *)&r->pages[page], (size_t)(last - page) * PAGE_BYTES, &e);
            for (size_t k = i; k < w->count && w->pages[k] < last; k++)
                if (r->states[w->pages[k]] == PAGE_NEW && index_page_check(r, w->pages[k], &e) == PAGE_BAD)
                    index_damage(h, &e);
        } else if (r->states[page] == PAGE_BAD && (!i || w->pages[i - 1] != page)) {
            index_damaged(r, &r->pages[page], &e, "a damaged page");
            index_damage(h, &e);
        }
        w->plain &= r->states[page] == PAGE_GOOD;
    }
}

/* A key in a page, and in those that it goes on in. */
static bool page_has(struct index_run *r, uint64_t page, unsigned part, uint16_t remainder, struct index_hits *h) {
    struct err e;

    for (;;) {
        const struct packed_page *const p = &r->pages[page];

        if (r->states[page] == PAGE_NEW && index_page_check(r, page, &e) == PAGE_BAD)
            index_damage(h, &e);
        if (r->states[page] == PAGE_BAD)
            return true;
        unsigned const from = part_from(p, part);

        if (has_plain(p->remainders + from, p->ends[part] - from, remainder))
            return true;
        if (r->states[page] != PAGE_MORE)
            return false;
        page = r->tail.pages + p->more - 1; /* rising: index_page_check */
    }
}

static void window_compare(struct index_run *r, struct window *w, struct index_hits *h) {
    if (LIKELY(w->plain)) {
        compare(r, w);
        return;
    }
    window_check(r, w, h);
    if (w->plain) {
        compare(r, w);
        return;
    }
    for (size_t i = 0; i < w->count; i++)
        w->maybe[i] = page_has(r, w->pages[i], w->parts[i], w->remainders[i], h);
}

/* Each window in order, once it is compared. */
static bool presence_run(struct index_run *r, const uint64_t *keys, size_t count, struct index_hits *h,
                         bool (*each)(void *ctx, const struct window *w, struct err *e), void *ctx, struct err *e) {
    struct window windows[2];

    if (count > UINT32_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than 4,294,967,295 keys at once");
    h->count = h->place_count = 0;
    h->damaged = 0;
    if (count)
        window_fill(r, &windows[0], keys, 0, count);
    for (size_t from = 0, n = 0; from < count; from += WINDOW, n++) {
        if (count - from > WINDOW)
            window_fill(r, &windows[(n + 1) % 2], keys, from + WINDOW, count);
        window_compare(r, &windows[n % 2], h);
        if (!each(ctx, &windows[n % 2], e))
            return false;
    }
    return true;
}

struct presence {
    uint64_t *bits;
    size_t maybe;
};

static bool presence_each(void *ctx, const struct window *w, struct err *e) {
    struct presence *const p = ctx;
    (void)e;

    for (size_t i = 0; i < w->count; i += 64) {
        uint64_t word = 0;

        for (size_t k = i; k < w->count && k < i + 64; k++)
            word |= (uint64_t)w->maybe[k] << (k - i);
        p->bits[(w->from + i) / 64] = word;
        p->maybe += (unsigned)__builtin_popcountll(word);
    }
    return true;
}

bool index_run_presence(struct index_run *r, const uint64_t *keys, size_t count, uint64_t *bits, size_t *maybe,
                        struct err *e) {
    struct index_hits h = {0};
    struct presence p = {bits, 0};
    bool const ok = presence_run(r, keys, count, &h, presence_each, &p, e);

    *maybe = p.maybe;
    index_hits_free(&h);
    return ok;
}

/* ---- blocks ---- */

/* Keys that may be there, until there are enough to ask for their blocks. */
struct finding {
    struct index_run *r;
    const uint64_t *keys;
    struct index_hits *h;
    uint32_t waiting[WINDOW];
    uint64_t blocks[WINDOW];
    size_t count;
};

static bool posting_hit(struct index_run *r, struct index_hits *h, uint32_t key, const struct posting_view *v,
                        const char *at, struct err *e) {
    size_t const places = h->place_count;
    bool good = true, out_of = false;

    if (v->everywhere)
        return hits_add(h, key, true, places) || no_memory(e);
    if (v->is_long) {
        if (!index_long_get(r, v->at, h, &out_of, e)) {
            if (out_of)
                return false;
            index_damage(h, e);
            h->place_count = places;
            return hits_add(h, key, true, places) || no_memory(e);
        }
    } else if (!index_posting_places(v, r->tail.segments, h, &good)) {
        if (good)
            return no_memory(e);
        index_damaged(r, at, e, "a block contradicts itself");
        index_damage(h, e);
        h->place_count = places;
        return hits_add(h, key, true, places) || no_memory(e);
    }
    return hits_add(h, key, false, places) || no_memory(e);
}

/* Where the key stands in the block; its count: it does not. */
static uint32_t key_search(const struct block_view *b, uint32_t key_bytes, unsigned zeros, uint64_t key) {
    uint64_t const rel = (key - b->first) >> zeros;
    uint32_t from = 0, to = b->count;

    if (key & (((uint64_t)1 << zeros) - 1))
        return b->count;

    while (from < to) {
        uint32_t const middle = from + (to - from) / 2;

        if (key_get(b->keys + (size_t)middle * key_bytes, key_bytes) < rel)
            from = middle + 1;
        else
            to = middle;
    }
    return from < b->count && key_get(b->keys + (size_t)from * key_bytes, key_bytes) == rel ? from : b->count;
}

static bool exact_find(struct finding *f, uint32_t number, uint64_t block, struct err *e) {
    struct index_run *const r = f->r;
    struct block_view b;
    struct posting_view v = {.count = 1};

    if (!index_block_get(r, block, &b, e)) {
        index_damage(f->h, e);
        return hits_add(f->h, number, true, f->h->place_count) || no_memory(e);
    }
    uint32_t const at = key_search(&b, r->tail.key_bytes, r->tail.zeros, f->keys[number]);

    if (at == b.count)
        return true;
    for (uint32_t i = 0; !(r->tail.flags & INDEX_ONE) && i <= at; i++)
        if (!index_posting_take(&b.postings, r->tail.segments, &v)) {
            index_damaged(r, b.keys, e, "a block contradicts itself");
            index_damage(f->h, e);
            return hits_add(f->h, number, true, f->h->place_count) || no_memory(e);
        }
    return posting_hit(r, f->h, number, &v, b.keys, e);
}

static bool finding_flush(struct finding *f, struct err *e) {
    struct index_run *const r = f->r;
    str const directory = run_section(r, SECTION_DIRECTORY), blocks = run_section(r, SECTION_BLOCKS);
    uint64_t rest, bounds[2];
    struct err ignored; /* told when the block is read */

    for (size_t i = 0; i < f->count; i++) {
        f->blocks[i] = index_place(f->keys[f->waiting[i]], r->tail.blocks, &rest);
        index_run_soon(r, directory.ptr + f->blocks[i] * 8, 16);
    }
    for (size_t i = 0; i < f->count; i++)
        if (index_run_need(r, directory.ptr + f->blocks[i] * 8, 16, &ignored)) {
            memcpy(bounds, directory.ptr + f->blocks[i] * 8, sizeof bounds);
            if (bounds[0] <= bounds[1] && bounds[1] <= blocks.len)
                index_run_soon(r, blocks.ptr + bounds[0], (size_t)(bounds[1] - bounds[0]));
        }
    for (size_t i = 0; i < f->count; i++)
        if (!exact_find(f, f->waiting[i], f->blocks[i], e))
            return false;
    f->count = 0;
    return true;
}

static bool finding_each(void *ctx, const struct window *w, struct err *e) {
    struct finding *const f = ctx;

    for (size_t i = 0; i < w->count; i++) {
        if (LIKELY(!w->maybe[i]))
            continue;
        if (!(f->r->tail.flags & INDEX_EXACT)) {
            if (!hits_add(f->h, (uint32_t)(w->from + i), true, f->h->place_count))
                return no_memory(e);
            continue;
        }
        f->waiting[f->count++] = (uint32_t)(w->from + i);
        if (f->count == WINDOW && !finding_flush(f, e))
            return false;
    }
    return true;
}

bool index_run_find(struct index_run *r, const uint64_t *keys, size_t count, struct index_hits *h, struct err *e) {
    struct finding f = {.r = r, .keys = keys, .h = h};

    return presence_run(r, keys, count, h, finding_each, &f, e) && finding_flush(&f, e);
}

/* ---- addresses ---- */

static void key_address(address_key key, struct packed_address_block *b) {
    address_key_put(b->first, key);
}

/* The last block that begins at `key` or before; 0: the first. */
static uint64_t address_block_of(const struct index_run *r, address_key key) {
    const char *const directory = run_section(r, SECTION_ADDRESS_DIRECTORY).ptr;
    struct packed_address_block wanted, b;
    uint64_t from = 0, to = r->tail.address_blocks;

    key_address(key, &wanted);
    while (from < to) {
        uint64_t const middle = from + (to - from) / 2;

        memcpy(&b, directory + middle * sizeof b, sizeof b);
        if (memcmp(b.first, wanted.first, sizeof b.first) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from ? from - 1 : 0;
}

struct ranging {
    struct index_run *r;
    struct index_hits *h, long_places;
    uint64_t *bits; /* of places */
    bool any, everywhere;
};

/* False: memory is out. */
static bool range_posting(struct ranging *g, const struct posting_view *v, const char *at, struct err *e) {
    bool good = true, out_of = false;

    g->any = true;
    g->everywhere |= v->everywhere;
    if (g->everywhere)
        return true;
    g->long_places.place_count = 0;
    if (v->is_long) {
        if (!index_long_get(g->r, v->at, &g->long_places, &out_of, e)) {
            if (out_of)
                return false;
            g->everywhere = true;
            index_damage(g->h, e);
        }
    } else if (!index_posting_places(v, g->r->tail.segments, &g->long_places, &good)) {
        if (good)
            return no_memory(e);
        g->everywhere = true;
        index_damaged(g->r, at, e, "a block of addresses contradicts itself");
        index_damage(g->h, e);
    }
    for (size_t i = 0; i < g->long_places.place_count; i++)
        g->bits[g->long_places.places[i] / 64] |= (uint64_t)1 << g->long_places.places[i] % 64;
    return true;
}

/* Goes through the addresses of a block. *beyond: the range ends in it. */
static bool range_block(struct ranging *g, uint64_t n, address_key first, address_key last, bool *beyond,
                        struct err *e) {
    struct index_run *const r = g->r;
    struct packed_address_block b;
    struct posting_view v;
    uint32_t count;
    str body;

    memcpy(&b, run_section(r, SECTION_ADDRESS_DIRECTORY).ptr + n * sizeof b, sizeof b);
    address_key address = address_key_get(b.first);

    *beyond = address > last;
    if (*beyond)
        return true;
    if (!index_address_block(r, n, &count, &body, e)) {
        index_damage(g->h, e);
        g->any = g->everywhere = true;
        return true;
    }
    for (uint32_t i = 0; i < count && !g->everywhere; i++) {
        if (!index_address_take(&body, i == 0, r->tail.flags & INDEX_ONE, r->tail.segments, &address, &v)) {
            index_damaged(r, body.ptr, e, "a block of addresses contradicts itself");
            index_damage(g->h, e);
            g->any = g->everywhere = true;
            return true;
        }
        *beyond = address > last;
        if (*beyond)
            return true;
        if (address >= first && !range_posting(g, &v, body.ptr, e))
            return false;
    }
    return true;
}

static bool range_hit(struct ranging *g, struct err *e) {
    size_t const places = g->h->place_count;

    for (uint32_t i = 0; g->any && !g->everywhere && i < g->r->tail.segments; i++)
        if (g->bits[i / 64] >> i % 64 & 1 && !hits_place(g->h, i))
            return no_memory(e);
    return !g->any || hits_add(g->h, 0, g->everywhere, places) || no_memory(e);
}

bool index_run_range(struct index_run *r, const struct address *first, const struct address *last, struct index_hits *h,
                     struct err *e) {
    address_key const from = index_address_key(first), to = index_address_key(last);
    struct ranging g = {.r = r, .h = h};
    bool beyond = false, ok = true;

    assert(from <= to);
    h->count = h->place_count = 0;
    h->damaged = 0;
    if (!(r->tail.flags & INDEX_EXACT)) { /* it does not know */
        g.any = g.everywhere = true;
        return range_hit(&g, e);
    }
    if (!index_address_directory(r, e)) {
        index_damage(h, e);
        g.any = g.everywhere = true;
        return range_hit(&g, e);
    }
    if (!(g.bits = calloc(r->tail.segments / 64 + 1, sizeof *g.bits)))
        return no_memory(e);
    uint64_t const begin = address_block_of(r, from);
    str const all = run_section(r, SECTION_ADDRESSES);

    for (uint64_t n = begin; ok && !beyond && !g.everywhere && n < r->tail.address_blocks; n++) {
        if ((n - begin) % RANGE_AHEAD == RANGE_AHEAD / 2) { /* a long range: what comes is read ahead */
            struct packed_address_block b[2];
            uint64_t const end = n + RANGE_AHEAD < r->tail.address_blocks ? n + RANGE_AHEAD : r->tail.address_blocks;
            const char *const directory = run_section(r, SECTION_ADDRESS_DIRECTORY).ptr;

            memcpy(&b[0], directory + n * sizeof b[0], sizeof b[0]);
            memcpy(&b[1], directory + end * sizeof b[1], sizeof b[1]);
            index_run_soon(r, all.ptr + b[0].at, (size_t)(b[1].at - b[0].at));
        }
        ok = range_block(&g, n, from, to, &beyond, e);
    }
    ok = ok && range_hit(&g, e);
    index_hits_free(&g.long_places);
    free(g.bits);
    return ok;
}
