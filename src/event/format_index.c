/* format_index: which of many templates can fit a line at all, by one look over the line.
 *
 * A template that always needs some text of three bytes or more fits only lines that hold every three of them: of these the one
 * is chosen, its needle, that the fewest other templates need. All needles are sought at once: each three bytes of the line are
 * hashed into a map of bits, and what the map knows is looked up. The others are told apart by the byte they begin with. */
#include "event/format_own.h"

#include <assert.h>

#define NEEDLE 3u
#define SEEN_BITS 16u

struct index {
    size_t count, words; /* templates, and words of a set of them */
    uint64_t *first;     /* 256 sets: by the byte a line begins with */
    uint64_t *always;    /* without needle */
    uint32_t *needles;   /* each once */
    uint64_t *sets;      /* of each needle */
    uint16_t *slots;     /* by hash: number of a needle and 1, or 0 */
    size_t needle_count, slot_mask;
    uint8_t seen[(1u << SEEN_BITS) / 8];
};

static uint32_t three(const char *p) {
    return (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8 | (uint32_t)(unsigned char)p[2] << 16;
}

static uint32_t hash(uint32_t v) {
    return v * 2654435761u >> (32 - SEEN_BITS);
}

static void set_bit(uint64_t *set, size_t i) {
    set[i / 64] |= (uint64_t)1 << i % 64;
}

/* Its number and 1, or 0; *slot: where it is, or would be. */
static size_t needle_find(const struct index *x, uint32_t v, size_t *slot) {
    *slot = hash(v) & x->slot_mask;
    while (x->slots[*slot] && x->needles[x->slots[*slot] - 1] != v)
        *slot = (*slot + 1) & x->slot_mask;
    return x->slots[*slot];
}

/* What templates need, all of them, sorted. */
struct uses {
    uint32_t *values;
    size_t count;
};

static int by_value(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The first place of v among the sorted values, or of what is behind it. */
static size_t place(const struct uses *u, uint64_t v) {
    size_t low = 0, high = u->count;

    while (low < high) {
        size_t const middle = (low + high) / 2;

        if (u->values[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Calls for each three bytes that a line must hold for the template to fit. */
static void needs(const struct template *t, void (*each)(void *ctx, uint32_t v), void *ctx) {
    bool inside = false;

    for (uint16_t i = 0; i < t->piece_count; i++) {
        const struct piece *const p = &t->pieces[i];

        inside = p->type == PIECE_OPEN || (inside && p->type != PIECE_CLOSE);
        if (p->type == PIECE_TEXT && !inside)
            for (size_t k = 0; k + NEEDLE <= p->text.len; k++)
                each(ctx, three(p->text.ptr + k));
    }
}

static void count_one(void *ctx, uint32_t v) {
    (void)v;
    (*(size_t *)ctx)++;
}

static void keep_one(void *ctx, uint32_t v) {
    struct uses *const u = ctx;

    u->values[u->count++] = v;
}

struct choice {
    const struct uses *uses;
    uint32_t needle;
    size_t score; /* 0: none yet */
};

static void choose(void *ctx, uint32_t v) {
    struct choice *const c = ctx;
    size_t score = 4 * (place(c->uses, (uint64_t)v + 1) - place(c->uses, v));

    for (unsigned i = 0; i < NEEDLE; i++) /* small letters stand in any line */
        score += (v >> 8 * i & 0xff) >= 'a' && (v >> 8 * i & 0xff) <= 'z';
    if (c->score == 0 || score < c->score) {
        c->needle = v;
        c->score = score;
    }
}

static void fill(struct index *x, const struct template *const *templates, const struct uses *uses) {
    for (size_t i = 0; i < x->count; i++) {
        struct choice c = {.uses = uses};
        size_t slot, number;

        for (unsigned b = 0; b < 256; b++)
            if (templates[i]->first[b / 8] >> b % 8 & 1)
                set_bit(x->first + b * x->words, i);
        needs(templates[i], choose, &c);
        if (c.score == 0) {
            set_bit(x->always, i);
            continue;
        }
        if ((number = needle_find(x, c.needle, &slot)) == 0) {
            x->needles[x->needle_count] = c.needle;
            x->slots[slot] = (uint16_t)(number = ++x->needle_count);
            x->seen[hash(c.needle) / 8] |= (uint8_t)(1u << hash(c.needle) % 8);
        }
        set_bit(x->sets + (number - 1) * x->words, i);
    }
}

struct index *index_new(const struct template *const *templates, size_t count) {
    struct index *const x = calloc(1, sizeof *x);
    struct uses uses = {0};
    size_t most = 0, slots = 16;

    assert(count < UINT16_MAX);
    if (!x)
        return NULL;
    for (size_t i = 0; i < count; i++)
        needs(templates[i], count_one, &most);
    while (slots < 2 * count)
        slots *= 2;
    x->count = count;
    x->words = count / 64 + 1;
    x->slot_mask = slots - 1;
    x->first = calloc(256 * x->words, sizeof *x->first);
    x->always = calloc(x->words, sizeof *x->always);
    x->needles = calloc(count + 1, sizeof *x->needles);
    x->sets = calloc((count + 1) * x->words, sizeof *x->sets);
    x->slots = calloc(slots, sizeof *x->slots);
    uses.values = calloc(most + 1, sizeof *uses.values);
    if (!x->first || !x->always || !x->needles || !x->sets || !x->slots || !uses.values) {
        free(uses.values);
        index_free(x);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        needs(templates[i], keep_one, &uses);
    assert(uses.count == most);
    qsort(uses.values, uses.count, sizeof *uses.values, by_value);
    fill(x, templates, &uses);
    free(uses.values);
    return x;
}

void index_free(struct index *x) {
    if (!x)
        return;
    free(x->first);
    free(x->always);
    free(x->needles);
    free(x->sets);
    free(x->slots);
    free(x);
}

size_t index_words(const struct index *x) {
    return x->words;
}

void index_look(const struct index *x, str line, uint64_t *maybe) {
    size_t slot, number;

    if (line.len == 0) {
        memset(maybe, 0, x->words * sizeof *maybe);
        return;
    }
    memcpy(maybe, x->always, x->words * sizeof *maybe);
    for (size_t i = 0; i + NEEDLE <= line.len; i++) {
        uint32_t const v = three(line.ptr + i), h = hash(v);

        if (x->seen[h / 8] >> h % 8 & 1 && (number = needle_find(x, v, &slot)) > 0)
            for (size_t w = 0; w < x->words; w++)
                maybe[w] |= x->sets[(number - 1) * x->words + w];
    }
    const uint64_t *const first = x->first + (unsigned char)line.ptr[0] * x->words;

    for (size_t w = 0; w < x->words; w++)
        maybe[w] &= first[w];
}
