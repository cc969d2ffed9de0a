/* index_collect: the keys of one segment, sorted; what memory_max does not hold goes to tapes in sorted runs, which are merged. */
#include "archive/index_own.h"
#include "base/sorter.h"
#include "base/tape.h"

#define MEMORY ((size_t)128 << 20)
#define LEAST ((size_t)1 << 12) /* keys held */
#define CHUNK_KEYS 8192u
#define SPILLS_MAX 256u

struct spill {
    uint64_t from, to; /* of the tape */
};

struct index_collector {
    size_t memory_max, key_max; /* keys held at most */
    const char *folder;
    uint64_t *keys;
    size_t key_count, key_room;
    struct tape *tape; /* NULL: nothing was spilled */
    struct spill spills[SPILLS_MAX];
    size_t spill_count;
    struct sorter *addresses; /* NULL: none */
    uint8_t last[16];         /* the address that came last: most come again at once */
    bool any;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an index");
}

/* ---- sorting ---- */

#define DIGIT_BITS 11u
#define DIGITS 6u /* of 64 bits */
#define DIGIT(key, d) ((key) >> DIGIT_BITS * (d) & ((1u << DIGIT_BITS) - 1))

static int by_number(const void *a, const void *b) {
    uint64_t const x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

size_t index_keys_sort(uint64_t *keys, uint64_t *room, size_t count) {
    size_t kept = 0;

    if (count < 4096) {
        if (count)
            qsort(keys, count, sizeof *keys, by_number);
    } else {
        static_assert(DIGIT_BITS * DIGITS >= 64, "all bits are sorted by");
        uint32_t *const counts = calloc((size_t)DIGITS << DIGIT_BITS, sizeof *counts);

        if (!counts || count > UINT32_MAX) { /* slower, but without memory */
            qsort(keys, count, sizeof *keys, by_number);
        } else {
            uint64_t *from = keys, *to = room;

            for (size_t i = 0; i < count; i++)
                for (unsigned d = 0; d < DIGITS; d++)
                    counts[((size_t)d << DIGIT_BITS) + DIGIT(keys[i], d)]++;
            for (unsigned d = 0; d < DIGITS; d++) {
                uint32_t *const c = counts + ((size_t)d << DIGIT_BITS);
                uint32_t sum = 0;

                for (size_t i = 0; i < (size_t)1 << DIGIT_BITS; i++) {
                    uint32_t const n = c[i];

                    c[i] = sum;
                    sum += n;
                }
                for (size_t i = 0; i < count; i++)
                    to[c[DIGIT(from[i], d)]++] = from[i];
                uint64_t *const was = from;

                from = to;
                to = was;
            }
            assert(from == keys); /* an even number of digits */
        }
        free(counts);
    }
    for (size_t i = 0; i < count; i++)
        if (!i || keys[i] != keys[kept - 1])
            keys[kept++] = keys[i];
    return kept;
}

/* ---- collecting ---- */

bool index_collector_new(struct index_collector **out, size_t memory_max, const char *folder, struct err *e) {
    struct index_collector *const c = calloc(1, sizeof *c);

    if (!c)
        return no_memory(e);
    c->memory_max = memory_max ? memory_max : MEMORY;
    c->key_max =
        c->memory_max / 4 / sizeof *c->keys; /* twice, when they are sorted; addresses and tapes take the rest */
    c->key_max = c->key_max < LEAST ? LEAST : c->key_max;
    c->folder = folder;
    *out = c;
    return true;
}

void index_collector_free(struct index_collector *c) {
    if (!c)
        return;
    free(c->keys);
    tape_free(c->tape);
    sorter_free(c->addresses);
    free(c);
}

/* Sorts what is held, in place. */
static bool keys_settle(struct index_collector *c, struct err *e) {
    uint64_t *const room = malloc((c->key_count ? c->key_count : 1) * sizeof *room);

    if (!room)
        return no_memory(e);
    c->key_count = index_keys_sort(c->keys, room, c->key_count);
    free(room);
    return true;
}

static bool keys_spill(struct index_collector *c, struct err *e) {
    if (c->spill_count == SPILLS_MAX)
        return err_set(e, ERR_LIMIT, 0, "too many keys for the memory that an index may take");
    if (!c->tape && !tape_new(&c->tape, 64 << 10, c->folder, e))
        return false;
    struct spill *const s = &c->spills[c->spill_count];

    s->from = tape_end(c->tape);
    for (size_t i = 0; i < c->key_count; i += CHUNK_KEYS) {
        size_t const n = c->key_count - i < CHUNK_KEYS ? c->key_count - i : CHUNK_KEYS;

        if (!tape_add(c->tape, (str){(const char *)(c->keys + i), n * sizeof *c->keys}, e))
            return false;
    }
    s->to = tape_end(c->tape);
    c->spill_count++;
    c->key_count = 0;
    return true;
}

/* The keys that are held are too many: doubles go; then the room grows, or they are spilled. */
static bool keys_room(struct index_collector *c, struct err *e) {
    size_t const before = c->key_count;

    if (before && !keys_settle(c, e))
        return false;
    if (c->key_count <= before / 2 && before)
        return true;
    if (c->key_room == c->key_max)
        return c->key_count > c->key_max / 2 ? keys_spill(c, e) : true;
    size_t more = c->key_room ? c->key_room * 2 : LEAST;

    more = more > c->key_max ? c->key_max : more;
    uint64_t *const bigger = reallocarray(c->keys, more, sizeof *bigger);

    if (!bigger)
        return no_memory(e);
    c->keys = bigger;
    c->key_room = more;
    return true;
}

bool index_collector_key(struct index_collector *c, uint64_t key, struct err *e) {
    if (c->key_count == c->key_room && !keys_room(c, e))
        return false;
    c->keys[c->key_count++] = key;
    return true;
}

bool index_collector_address(struct index_collector *c, const struct address *address, struct err *e) {
    uint8_t key[16];

    address_key_put(key, index_address_key(address));
    if (c->any && memcmp(key, c->last, sizeof key) == 0)
        return true;
    c->any = true;
    memcpy(c->last, key, sizeof key);
    if (!c->addresses && !sorter_new(&c->addresses, c->memory_max / 4, c->folder, e))
        return false;
    return sorter_add(c->addresses, (str){(const char *)key, sizeof key}, S(""), e);
}

/* ---- writing ---- */

struct spill_reading {
    struct tape_reader reader;
    uint64_t key;
    str left; /* of the record */
    bool over;
};

static bool spill_next(struct spill_reading *s, struct err *e) {
    if (!s->left.len) {
        e->code = ERR_NONE;
        if (!tape_next(&s->reader, &s->left, e)) {
            s->over = true;
            return e->code == ERR_NONE;
        }
    }
    memcpy(&s->key, s->left.ptr, sizeof s->key);
    s->left = str_from(s->left, sizeof s->key);
    return true;
}

/* All keys of all spills, rising, each once. */
static bool spills_merge(struct index_collector *c, bool (*each)(void *ctx, uint64_t key, struct err *e), void *ctx,
                         struct err *e) {
    struct spill_reading *const all = calloc(c->spill_count, sizeof *all);
    bool ok = all || no_memory(e), any = false;
    uint64_t last = 0;

    for (size_t i = 0; ok && i < c->spill_count; i++) {
        tape_read(&all[i].reader, c->tape, c->spills[i].from, c->spills[i].to);
        ok = spill_next(&all[i], e);
    }
    while (ok) {
        struct spill_reading *least = NULL;

        /* A few at most: memory is enough for millions of keys. */
        for (size_t i = 0; i < c->spill_count; i++)
            if (!all[i].over && (!least || all[i].key < least->key))
                least = &all[i];
        if (!least)
            break;
        if (!any || least->key != last)
            ok = each(ctx, least->key, e);
        any = true;
        last = least->key;
        ok = ok && spill_next(least, e);
    }
    for (size_t i = 0; all && i < c->spill_count; i++)
        tape_reader_free(&all[i].reader);
    free(all);
    return ok;
}

static bool key_count(void *ctx, uint64_t key, struct err *e) {
    (void)key, (void)e;
    ++*(uint64_t *)ctx;
    return true;
}

static const uint32_t only[] = {0};
static struct index_posting const one = {only, 1, false};

static bool key_write(void *ctx, uint64_t key, struct err *e) {
    return index_writer_key(ctx, key, one, e);
}

struct address_writing {
    struct index_writer *w;
    address_key last;
    bool any;
};

static bool address_write(void *ctx, str key, str value, struct err *e) {
    struct address_writing *const a = ctx;
    address_key const n = address_key_get((const uint8_t *)key.ptr);
    struct address address = {.family = 6};
    (void)value;

    if (a->any && n == a->last)
        return true;
    a->any = true;
    a->last = n;
    memcpy(address.bytes, key.ptr, sizeof address.bytes);
    return index_writer_address(a->w, &address, one, e);
}

bool index_collector_finish(struct index_collector *c, const struct index_options *options, struct err *e) {
    struct index_options o = *options;
    struct index_writer *w;

    assert(options->segment_count == 1);
    if (!keys_settle(c, e))
        return false;
    if (c->spill_count && c->key_count && !keys_spill(c, e))
        return false;
    o.keys = c->key_count;
    if (c->spill_count) {
        free(c->keys); /* room for the merge */
        c->keys = NULL;
        c->key_room = 0;
        if (!spills_merge(c, key_count, &o.keys, e))
            return false;
    }
    if (!index_writer_new(&w, &o, e))
        return false;
    bool ok = c->spill_count == 0 || spills_merge(c, key_write, w, e);

    for (size_t i = 0; ok && i < c->key_count; i++)
        ok = index_writer_key(w, c->keys[i], one, e);
    struct address_writing a = {.w = w};

    ok = ok && (!c->addresses || sorter_run(c->addresses, address_write, &a, e)) && index_writer_finish(w, e);
    index_writer_free(w);
    return ok;
}
