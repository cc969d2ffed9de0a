/* memo: one file, read whole and checked before it is believed, replaced whole when something was learned. */
#include "hunt/memo.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cache.h"
#include "base/cursor.h"

#define MAGIC "LWMEMO01"
#define SEALED S("longwatch archive, memo")
#define SUM_AT 8 /* the checksum, of all bytes behind it */
#define SUMMED_FROM 16
#define HEAD_SIZE 56u /* magic, checksum, maker, items, segments */
#define SEGMENT_HEAD 64u
#define NAME_BYTES 64

struct range { /* of items that are known: from, ..., to - 1 */
    uint32_t from, to;
};
struct hit {
    uint32_t item, count;
    const char *rows;
};
struct memo_segment {
    uint8_t sha256[SHA256_SIZE];
    uint32_t rows;
    bool used, facts;
    uint64_t facts_of;
    struct memo_facts is;
    struct range *ranges; /* rising, apart */
    uint32_t range_count;
    struct hit *hits; /* by item; of known ones */
    uint32_t hit_count;
};

struct memo {
    char *folder; /* NULL: none */
    char name[NAME_BYTES];
    size_t max;
    uint8_t maker[SHA256_SIZE];
    struct buf file; /* as it was read; in the clear */
    bool sealed;     /* the file is, with: */
    uint8_t secret[SEAL_KEY];
    struct arena *a; /* of what was learned */
    uint64_t seed;
    uint8_t (*keys)[SHA256_SIZE]; /* of items, by number */
    bool *asked;
    uint32_t item_count, item_room;
    struct memo_segment **segments;
    uint32_t segment_count, segment_room;
    uint32_t *item_slots, *segment_slots; /* number + 1 */
    uint32_t item_mask, segment_mask;
    uint32_t *
        before; /* by number, and one more: how many items below it were asked for; NULL: not counted since the last came */
    bool changed, forget; /* forget: memo_forget_others */
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for what is remembered of the archive");
}

/* ---- tables ---- */

static bool slots_grow(uint32_t **slots, uint32_t *mask, uint32_t count) {
    if (*slots && count * 2 < *mask)
        return true;
    uint32_t const size = *slots ? (*mask + 1) * 2 : 1024;
    uint32_t *const bigger = calloc(size, sizeof *bigger);

    if (!bigger)
        return false;
    free(*slots);
    *slots = bigger;
    *mask = size - 1;
    return true;
}

static uint64_t hash_of(const struct memo *m, const uint8_t sha256[SHA256_SIZE]) {
    return hash_bytes((str){(const char *)sha256, SHA256_SIZE}, m->seed);
}

static uint32_t *item_slot(const struct memo *m, const uint8_t key[SHA256_SIZE]) {
    uint64_t at = hash_of(m, key);

    for (;; at++) {
        uint32_t *const slot = &m->item_slots[at & m->item_mask];

        if (!*slot || memcmp(m->keys[*slot - 1], key, SHA256_SIZE) == 0)
            return slot;
    }
}

static uint32_t *segment_slot(const struct memo *m, const uint8_t sha256[SHA256_SIZE]) {
    uint64_t at = hash_of(m, sha256);

    for (;; at++) {
        uint32_t *const slot = &m->segment_slots[at & m->segment_mask];

        if (!*slot || memcmp(m->segments[*slot - 1]->sha256, sha256, SHA256_SIZE) == 0)
            return slot;
    }
}

static bool item_add(struct memo *m, const uint8_t key[SHA256_SIZE], uint32_t *number) {
    uint32_t const *const before = m->item_slots;

    if (!slots_grow(&m->item_slots, &m->item_mask, m->item_count))
        return false;
    for (uint32_t i = 0; m->item_slots != before && i < m->item_count; i++)
        *item_slot(m, m->keys[i]) = i + 1;
    uint32_t *const slot = item_slot(m, key);

    if (!*slot) {
        if (m->item_count == m->item_room) {
            uint32_t const room = m->item_room * 2 + 256;
            void *const keys = realloc(m->keys, room * sizeof *m->keys);
            bool *asked;

            if (keys)
                m->keys = keys;
            if (!keys || !(asked = realloc(m->asked, room * sizeof *asked)))
                return false;
            m->asked = asked;
            m->item_room = room;
        }
        memcpy(m->keys[m->item_count], key, SHA256_SIZE);
        m->asked[m->item_count] = false;
        *slot = ++m->item_count;
    }
    *number = *slot - 1;
    return true;
}

uint32_t memo_item(struct memo *m, const uint8_t key[SHA256_SIZE]) {
    uint32_t number;

    free(m->before);
    m->before = NULL;
    if (m->item_count == UINT32_MAX - 1 || !item_add(m, key, &number))
        return UINT32_MAX;
    m->asked[number] = true;
    return number;
}

/* The segment of these bytes, made when new. NULL: no memory. */
static struct memo_segment *segment_add(struct memo *m, const uint8_t sha256[SHA256_SIZE]) {
    uint32_t const *const before = m->segment_slots;

    if (!slots_grow(&m->segment_slots, &m->segment_mask, m->segment_count))
        return NULL;
    for (uint32_t i = 0; m->segment_slots != before && i < m->segment_count; i++)
        *segment_slot(m, m->segments[i]->sha256) = i + 1;
    uint32_t *const slot = segment_slot(m, sha256);

    if (*slot)
        return m->segments[*slot - 1];
    if (m->segment_count == m->segment_room) {
        struct memo_segment **const bigger = reallocarray(m->segments, m->segment_room * 2 + 256, sizeof *bigger);

        if (!bigger)
            return NULL;
        m->segments = bigger;
        m->segment_room = m->segment_room * 2 + 256;
    }
    struct memo_segment *const s = calloc(1, sizeof *s);

    if (s) {
        memcpy(s->sha256, sha256, SHA256_SIZE);
        s->is.clocks = (str){"", 0};
        m->segments[m->segment_count] = s;
        *slot = ++m->segment_count;
    }
    return s;
}

static void segment_free(struct memo_segment *s) {
    free(s->ranges);
    free(s->hits);
    free(s);
}

static void forget(struct memo *m) {
    for (uint32_t i = 0; i < m->segment_count; i++)
        segment_free(m->segments[i]);
    free(m->segments);
    free(m->segment_slots);
    free(m->keys);
    free(m->asked);
    free(m->item_slots);
    free(m->before);
    m->before = NULL;
    m->segments = NULL;
    m->segment_slots = m->item_slots = NULL;
    m->keys = NULL;
    m->asked = NULL;
    m->segment_count = m->segment_room = m->segment_mask = 0;
    m->item_count = m->item_room = m->item_mask = 0;
    buf_free(&m->file);
}

void memo_drop(struct memo *m) {
    if (!m)
        return;
    forget(m);
    arena_free(m->a);
    free(m->folder);
    explicit_bzero(m->secret, sizeof m->secret);
    free(m);
}

/* ---- reading the file ---- */

/* Numbers of 4 bytes that rise, each below `below`. */
static bool rising_read(struct cursor *in, uint32_t count, uint32_t below, const char **out) {
    str view;

    if (count > cursor_left(in) / 4 || !read_view(in, (size_t)count * 4, &view))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (segment_row_at(view.ptr, i) >= below ||
            (i && segment_row_at(view.ptr, i - 1) >= segment_row_at(view.ptr, i)))
            return false;
    *out = view.ptr;
    return true;
}

static bool range_has(const struct memo_segment *s, uint32_t item) {
    uint32_t low = 0, high = s->range_count;

    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;

        if (s->ranges[middle].to <= item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->range_count && s->ranges[low].from <= item;
}

static bool ranges_read(struct cursor *in, struct memo_segment *s, uint32_t items) {
    if (s->range_count > cursor_left(in) / sizeof *s->ranges ||
        !(s->ranges = calloc((size_t)s->range_count + 1, sizeof *s->ranges)))
        return false;
    for (uint32_t i = 0; i < s->range_count; i++) {
        struct range *const r = &s->ranges[i];

        if (!read_u32le(in, &r->from) || !read_u32le(in, &r->to) || r->from >= r->to || r->to > items ||
            (i && r->from <= r[-1].to))
            return false;
    }
    return true;
}

static bool hits_read(struct cursor *in, struct memo_segment *s) {
    if (s->hit_count > cursor_left(in) / 8 || !(s->hits = calloc((size_t)s->hit_count + 1, sizeof *s->hits)))
        return false;
    for (uint32_t i = 0; i < s->hit_count; i++) {
        struct hit *const h = &s->hits[i];

        if (!read_u32le(in, &h->item) || !read_u32le(in, &h->count) || !h->count || (i && h->item <= h[-1].item) ||
            !range_has(s, h->item) || !rising_read(in, h->count, s->rows, &h->rows))
            return false;
    }
    return true;
}

static bool segment_read_in(struct memo *m, struct cursor *in) {
    uint8_t sha256[SHA256_SIZE];
    uint32_t facts, clocks;
    struct memo_segment *s;
    uint32_t const before = m->segment_count;

    if (cursor_left(in) < SEGMENT_HEAD || !read_bytes(in, sha256, sizeof sha256) || !(s = segment_add(m, sha256)) ||
        m->segment_count != before + 1 || !read_u32le(in, &s->rows) || !read_u32le(in, &facts) || facts > 1 ||
        !read_u64le(in, &s->facts_of) || !read_u32le(in, &s->is.kind_count) || !read_u32le(in, &clocks) ||
        !read_u32le(in, &s->range_count) || !read_u32le(in, &s->hit_count))
        return false;
    s->facts = facts;
    return rising_read(in, s->is.kind_count, UINT32_MAX, &s->is.kinds) && read_view(in, clocks, &s->is.clocks) &&
           ranges_read(in, s, m->item_count) && hits_read(in, s);
}

static enum memo_found file_read_in(struct memo *m) {
    str const whole = buf_str(&m->file);
    struct cursor in = cursor_of(whole);
    uint8_t maker[SHA256_SIZE], key[SHA256_SIZE];
    uint32_t items, segments, number;
    uint64_t sum;
    str magic;

    if (!read_view(&in, strlen(MAGIC), &magic) || !str_eq(magic, S(MAGIC)) || !read_u64le(&in, &sum) ||
        sum != hash_sum(str_from(whole, SUMMED_FROM)) || !read_bytes(&in, maker, sizeof maker))
        return MEMO_DAMAGED;
    if (memcmp(maker, m->maker, sizeof maker) != 0)
        return MEMO_FOREIGN;
    if (!read_u32le(&in, &items) || !read_u32le(&in, &segments) || items > cursor_left(&in) / SHA256_SIZE)
        return MEMO_DAMAGED;
    for (uint32_t i = 0; i < items; i++)
        if (!read_bytes(&in, key, sizeof key) || !item_add(m, key, &number) || number != i)
            return MEMO_DAMAGED;
    for (uint32_t i = 0; i < segments; i++)
        if (!segment_read_in(m, &in))
            return MEMO_DAMAGED;
    return cursor_left(&in) ? MEMO_DAMAGED : MEMO_KEPT;
}

/* What was sealed of m->file, if it is to be. */
static bool unsealed(struct memo *m) {
    struct buf clear = {0};
    char *to;

    if (!m->sealed)
        return true;
    if (m->file.len < SEAL_MORE || !(to = buf_reserve(&clear, m->file.len)) ||
        !unseal_small(m->secret, SEALED, buf_str(&m->file), to)) {
        buf_free(&clear);
        return false;
    }
    clear.len = m->file.len - SEAL_MORE;
    buf_free(&m->file);
    m->file = clear;
    return true;
}

static bool seal(const struct memo *m, struct buf *b) {
    struct buf sealed = {0};
    char *const to = m->sealed && !b->failed ? buf_reserve(&sealed, b->len + SEAL_MORE) : NULL;

    if (!m->sealed || b->failed)
        return !b->failed;
    if (to)
        seal_small(m->secret, SEALED, buf_str(b), to);
    sealed.len = to ? b->len + SEAL_MORE : 0;
    buf_free(b);
    *b = sealed;
    return to != NULL;
}

static enum memo_found file_load(struct memo *m) {
    int const folder = cache_open(m->folder);
    enum memo_found found = MEMO_NONE;
    struct err why;
    bool there;

    if (folder < 0)
        return MEMO_NONE;
    if (!cache_read(folder, m->name, m->max, &m->file, &there, &why))
        found = MEMO_DAMAGED;
    else if (there)
        found = unsealed(m) ? file_read_in(m) : MEMO_DAMAGED;
    close(folder);
    if (found != MEMO_KEPT)
        forget(m);
    return found;
}

static void name_of(const uint8_t archive[ARCHIVE_ID_SIZE], char out[NAME_BYTES]) {
    size_t at = (size_t)snprintf(out, NAME_BYTES, "archive-");

    for (size_t i = 0; i < ARCHIVE_ID_SIZE; i++)
        at += (size_t)snprintf(out + at, NAME_BYTES - at, "%02x", archive[i]);
    snprintf(out + at, NAME_BYTES - at, ".memo");
}

bool memo_open(struct memo **out, const char *folder, const uint8_t archive[ARCHIVE_ID_SIZE], const uint8_t *secret,
               const uint8_t maker[SHA256_SIZE], size_t max, enum memo_found *found, struct err *e) {
    struct memo *const m = calloc(1, sizeof *m);

    if (!m)
        return no_memory(e);
    m->max = max < MEMO_MAX ? max : MEMO_MAX;
    m->seed = hash_seed();
    m->sealed = secret != NULL;
    if (secret)
        memcpy(m->secret, secret, sizeof m->secret);
    memcpy(m->maker, maker, sizeof m->maker);
    name_of(archive, m->name);
    if (!(m->a = arena_new(2 * MEMO_MAX)) || (folder && !(m->folder = strdup(folder)))) {
        memo_drop(m);
        return no_memory(e);
    }
    *found = folder ? file_load(m) : MEMO_NONE;
    *out = m;
    return true;
}

/* ---- asking ---- */

struct memo_segment *memo_segment(struct memo *m, const uint8_t sha256[SHA256_SIZE], uint32_t rows) {
    uint32_t const slot = m->segment_slots ? *segment_slot(m, sha256) : 0;

    if (!slot || m->segments[slot - 1]->rows != rows)
        return NULL;
    m->segments[slot - 1]->used = true;
    return m->segments[slot - 1];
}

bool memo_knows(const struct memo_segment *s, uint32_t item, const char **rows, uint32_t *count) {
    uint32_t low = 0, high;

    *rows = "";
    *count = 0;
    if (!s || !range_has(s, item))
        return false;
    for (high = s->hit_count; low < high;) {
        uint32_t const middle = low + (high - low) / 2;

        if (s->hits[middle].item < item)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < s->hit_count && s->hits[low].item == item) {
        *rows = s->hits[low].rows;
        *count = s->hits[low].count;
    }
    return true;
}

static bool asked_count(struct memo *m) {
    if (m->before)
        return true;
    if (!(m->before = calloc((size_t)m->item_count + 1, sizeof *m->before)))
        return false;
    for (uint32_t i = 0; i < m->item_count; i++)
        m->before[i + 1] = m->before[i] + m->asked[i];
    return true;
}

bool memo_knows_all(struct memo *m, const struct memo_segment *s, struct buf *rows) {
    uint32_t known = 0;

    if (!s || !asked_count(m))
        return false;
    for (uint32_t i = 0; i < s->range_count; i++)
        known += m->before[s->ranges[i].to] - m->before[s->ranges[i].from];
    if (known < m->before[m->item_count])
        return false;
    for (uint32_t i = 0; i < s->hit_count; i++)
        if (m->asked[s->hits[i].item])
            buf_add(rows, (str){s->hits[i].rows, (size_t)s->hits[i].count * 4});
    return true;
}

bool memo_facts(const struct memo_segment *s, uint64_t of, struct memo_facts *out) {
    if (!s || !s->facts || s->facts_of != of)
        return false;
    *out = s->is;
    return true;
}

/* ---- learning ---- */

static int by_number(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int by_item(const void *a, const void *b) {
    return by_number(&((const struct hit *)a)->item, &((const struct hit *)b)->item);
}

/* Numbers that rise, beside those that were known. */
static bool ranges_add(struct memo_segment *s, const uint32_t *items, uint32_t count) {
    struct range *const both = calloc((size_t)s->range_count + count + 1, sizeof *both);
    uint32_t kept = 0, a = 0, b = 0;

    if (!both)
        return false;
    while (a < s->range_count || b < count) {
        bool const old = b == count || (a < s->range_count && s->ranges[a].from <= items[b]);
        struct range const next = old ? s->ranges[a] : (struct range){items[b], items[b] + 1};

        a += old;
        b += !old;
        if (kept && next.from <= both[kept - 1].to)
            both[kept - 1].to = next.to > both[kept - 1].to ? next.to : both[kept - 1].to;
        else
            both[kept++] = next;
    }
    free(s->ranges);
    s->ranges = both;
    s->range_count = kept;
    return true;
}

static bool hits_add(struct memo_segment *s, const struct hit *more, uint32_t count) {
    struct hit *const bigger = count ? reallocarray(s->hits, (size_t)s->hit_count + count, sizeof *bigger) : s->hits;

    if (count && !bigger)
        return false;
    s->hits = bigger;
    if (count)
        memcpy(s->hits + s->hit_count, more, count * sizeof *more);
    s->hit_count += count;
    if (s->hit_count)
        qsort(s->hits, s->hit_count, sizeof *s->hits, by_item);
    return true;
}

/* What was known of the same bytes with other rows is of another hash, or of nobody's. */
static void segment_begin(struct memo_segment *s, uint32_t rows) {
    if (s->rows == rows)
        return;
    s->facts = false;
    s->range_count = s->hit_count = 0;
    s->rows = rows;
}

bool memo_learn(struct memo *m, const uint8_t sha256[SHA256_SIZE], const struct segment_learned *l,
                const uint32_t *items, uint32_t item_count, uint64_t facts_of, struct err *e) {
    struct memo_segment *const s = segment_add(m, sha256);
    uint32_t *const fresh = calloc((size_t)item_count + 1, sizeof *fresh);
    struct hit *const hits = calloc((size_t)l->found_count + 1, sizeof *hits);
    uint32_t fresh_count = 0, hit_count = 0, known;
    struct segment_found f;
    const char *rows;
    str found = l->found, bytes;
    bool ok = s && fresh && hits;

    if (!ok) {
        free(fresh);
        free(hits);
        return no_memory(e);
    }
    segment_begin(s, l->rows);
    s->used = true;
    if (l->facts && l->lasting && arena_copy(m->a, (str){l->kinds, (size_t)l->kind_count * 4}, &bytes) &&
        arena_copy(m->a, l->clocks, &s->is.clocks)) {
        s->is.kinds = bytes.ptr;
        s->is.kind_count = l->kind_count;
        s->facts_of = facts_of;
        s->facts = m->changed = true;
    }
    for (uint32_t i = 0; i < item_count; i++)
        if (items[i] != UINT32_MAX && (l->told[i / 8] >> i % 8 & 1) && !memo_knows(s, items[i], &rows, &known))
            fresh[fresh_count++] = items[i];
    if (fresh_count)
        qsort(fresh, fresh_count, sizeof *fresh, by_number);
    while (segment_found_next(&found, &f)) {
        if (items[f.item] == UINT32_MAX || memo_knows(s, items[f.item], &rows, &known))
            continue;
        if (!arena_copy(m->a, (str){f.rows, (size_t)f.count * 4}, &bytes)) { /* enough is remembered */
            hit_count = fresh_count = 0;
            break;
        }
        hits[hit_count++] = (struct hit){items[f.item], f.count, bytes.ptr};
    }
    /* Two rules that ask the same are one item, found in the same rows. */
    if (hit_count)
        qsort(hits, hit_count, sizeof *hits, by_item);
    for (uint32_t i = known = 0; i < hit_count; i++)
        if (!known || hits[known - 1].item != hits[i].item)
            hits[known++] = hits[i];
    if (fresh_count)
        ok = ranges_add(s, fresh, fresh_count) && hits_add(s, hits, known);
    m->changed |= fresh_count > 0;
    free(fresh);
    free(hits);
    return ok || no_memory(e);
}

/* ---- writing the file ---- */

static void put_u32(struct buf *b, uint32_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

static void put_u64(struct buf *b, uint64_t n) {
    buf_add(b, (str){(const char *)&n, sizeof n});
}

/* numbers: of items in the file, or UINT32_MAX. */
static void put_segment(struct buf *b, const struct memo_segment *s, const uint32_t *numbers) {
    size_t const at = b->len;
    uint32_t ranges = 0, hits = 0;
    struct range open = {0, 0};

    buf_add(b, (str){(const char *)s->sha256, SHA256_SIZE});
    put_u32(b, s->rows);
    put_u32(b, s->facts);
    put_u64(b, s->facts ? s->facts_of : 0);
    put_u32(b, s->facts ? s->is.kind_count : 0);
    put_u32(b, s->facts ? (uint32_t)s->is.clocks.len : 0);
    put_u64(b, 0); /* how many ranges and hits: below */
    if (s->facts && s->is.kind_count)
        buf_add(b, (str){s->is.kinds, (size_t)s->is.kind_count * 4});
    if (s->facts)
        buf_add(b, s->is.clocks);
    /* Numbers in the file rise with those here. */
    for (uint32_t i = 0; i < s->range_count; i++)
        for (uint32_t item = s->ranges[i].from; item < s->ranges[i].to; item++) {
            uint32_t const n = numbers[item];

            if (n == UINT32_MAX)
                continue;
            if (open.from < open.to && open.to == n) {
                open.to++;
                continue;
            }
            if (open.from < open.to) {
                put_u32(b, open.from);
                put_u32(b, open.to);
                ranges++;
            }
            open = (struct range){n, n + 1};
        }
    if (open.from < open.to) {
        put_u32(b, open.from);
        put_u32(b, open.to);
        ranges++;
    }
    for (uint32_t i = 0; i < s->hit_count; i++)
        if (numbers[s->hits[i].item] != UINT32_MAX) {
            put_u32(b, numbers[s->hits[i].item]);
            put_u32(b, s->hits[i].count);
            buf_add(b, (str){s->hits[i].rows, (size_t)s->hits[i].count * 4});
            hits++;
        }
    if (!b->failed) {
        memcpy(b->ptr + at + SEGMENT_HEAD - 8, &ranges, sizeof ranges);
        memcpy(b->ptr + at + SEGMENT_HEAD - 4, &hits, sizeof hits);
    }
}

/* all: also what was not asked for. False: too much, or memory is out. */
static bool file_make(const struct memo *m, bool all, struct buf *b) {
    uint32_t *const numbers = calloc((size_t)m->item_count + 1, sizeof *numbers);
    uint32_t items = 0, segments = 0;
    bool fits = true;

    b->failed |= !numbers;
    buf_add(b, S(MAGIC));
    put_u64(b, 0);
    buf_add(b, (str){(const char *)m->maker, sizeof m->maker});
    put_u64(b, 0);
    for (uint32_t i = 0; numbers && i < m->item_count; i++) {
        bool const keep = all || m->asked[i];

        numbers[i] = keep ? items++ : UINT32_MAX;
        if (keep)
            buf_add(b, (str){(const char *)m->keys[i], SHA256_SIZE});
    }
    for (uint32_t i = 0; numbers && !b->failed && fits && i < m->segment_count; i++) {
        size_t const before = b->len;

        if (!all && !m->segments[i]->used)
            continue;
        put_segment(b, m->segments[i], numbers);
        segments++;
        if (b->len > m->max) {
            b->len = before;
            segments--;
            fits = !all; /* the others may be smaller */
        }
    }
    free(numbers);
    if (b->failed || !fits || b->len > m->max)
        return false;
    memcpy(b->ptr + HEAD_SIZE - 8, &items, sizeof items);
    memcpy(b->ptr + HEAD_SIZE - 4, &segments, sizeof segments);
    uint64_t const sum = hash_sum(str_from(buf_str(b), SUMMED_FROM));

    memcpy(b->ptr + SUM_AT, &sum, sizeof sum);
    return true;
}

void memo_forget_others(struct memo *m) {
    m->forget = true;
    for (uint32_t i = 0; i < m->segment_count; i++)
        m->changed |= !m->segments[i]->used;
}

bool memo_remove(const char *folder, const uint8_t archive[ARCHIVE_ID_SIZE], struct err *e) {
    char name[NAME_BYTES];
    int const at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    name_of(archive, name);
    if (at < 0)
        return errno == ENOENT || errno == ENOTDIR || err_system(e, "%s", folder);
    bool const ok = unlinkat(at, name, 0) == 0 || errno == ENOENT || err_system(e, "%s/%s", folder, name);

    close(at);
    return ok;
}

bool memo_close(struct memo *m, struct err *e) {
    struct buf b = {0};
    bool ok = true;

    if (m && m->folder && m->changed) {
        bool made = !m->forget && file_make(m, true, &b);

        if (!made && !b.failed) {
            b.len = 0;
            made = file_make(m, false, &b);
        }
        if (made && !seal(m, &b))
            ok = no_memory(e);
        else
            ok = made ? cache_write(m->folder, m->name, buf_str(&b), e) : !b.failed || no_memory(e);
    }
    buf_free(&b);
    memo_drop(m);
    return ok;
}
