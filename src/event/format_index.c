/* format_index: which of many templates can fit a line at all, by one look over the line.
 *
 * A template that always needs some text of seven bytes or more fits only lines that hold all of it: of these seven are chosen, its
 * window, whose four grams of four bytes the fewest other templates need. Wherever the window stands in a line, one of its grams
 * begins at a place that four divides: so every fourth place of the line is looked at, its gram hashed into a map of bits, and what
 * the map knows is looked up. The others, few, are told apart by the byte they begin with. */
#include "event/format_own.h"

#include <assert.h>

#define GRAM 4u
#define WINDOW 7u
#define GRAMS (WINDOW - GRAM + 1)
#define SEEN_BITS 16u

/* A gram of a template's window. */
struct filed {
    uint32_t value, template, next; /* next: with the same slot, and 1; 0: none */
};

struct index {
    size_t count, words; /* templates, and words of a set of them */
    uint64_t *first;     /* 256 sets: by the byte a line begins with */
    uint64_t *always;    /* without window */
    struct filed *filed;
    uint32_t filed_count;
    uint32_t *slots; /* by the end of the hash: filed, and 1, or 0 */
    size_t slot_mask;
    uint64_t seen[(1u << SEEN_BITS) / 64];
};

static uint32_t gram(const char *p) {
    uint32_t g;

    memcpy(&g, p, sizeof g);
    return g;
}

static uint32_t hash(uint32_t v) {
    return v * 2654435761u >> (32 - SEEN_BITS);
}

static void set_bit(uint64_t *set, size_t i) {
    set[i / 64] |= (uint64_t)1 << i % 64;
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

/* Calls for each window that a line must hold for the template to fit. */
static void windows(const struct template *t, void (*each)(void *ctx, const char *window), void *ctx) {
    bool inside = false;

    for (uint16_t i = 0; i < t->piece_count; i++) {
        const struct piece *const p = &t->pieces[i];

        inside = p->type == PIECE_OPEN || (inside && p->type != PIECE_CLOSE);
        if (p->type == PIECE_TEXT && !inside)
            for (size_t k = 0; k + WINDOW <= p->text.len; k++)
                each(ctx, p->text.ptr + k);
    }
}

static void count_one(void *ctx, const char *window) {
    (void)window;
    *(size_t *)ctx += GRAMS;
}

static void keep_one(void *ctx, const char *window) {
    struct uses *const u = ctx;

    for (size_t i = 0; i < GRAMS; i++)
        u->values[u->count++] = gram(window + i);
}

struct choice {
    const struct uses *uses;
    const char *window; /* NULL: none yet */
    size_t score;
};

static void choose(void *ctx, const char *window) {
    struct choice *const c = ctx;
    size_t score = 0;

    for (size_t i = 0; i < GRAMS; i++)
        score += 4 * (place(c->uses, (uint64_t)gram(window + i) + 1) - place(c->uses, gram(window + i)));
    for (size_t i = 0; i < WINDOW; i++) /* small letters stand in any line */
        score += window[i] >= 'a' && window[i] <= 'z';
    if (!c->window || score < c->score) {
        c->window = window;
        c->score = score;
    }
}

static void fill(struct index *x, const struct template *const *templates, const struct uses *uses) {
    for (size_t i = 0; i < x->count; i++) {
        struct choice c = {.uses = uses};

        for (unsigned b = 0; b < 256; b++)
            if (templates[i]->first[b / 8] >> b % 8 & 1)
                set_bit(x->first + b * x->words, i);
        windows(templates[i], choose, &c);
        if (!c.window)
            set_bit(x->always, i);
        for (size_t k = 0; c.window && k < GRAMS; k++) {
            uint32_t const g = gram(c.window + k);
            uint32_t *const slot = &x->slots[hash(g) & x->slot_mask];

            set_bit(x->seen, hash(g));
            x->filed[x->filed_count++] = (struct filed){g, (uint32_t)i, *slot};
            *slot = x->filed_count;
        }
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
        windows(templates[i], count_one, &most);
    while (slots < 2 * GRAMS * count && slots < (size_t)1 << SEEN_BITS)
        slots *= 2;
    x->count = count;
    x->words = count / 64 + 1;
    x->slot_mask = slots - 1;
    x->first = calloc(256 * x->words, sizeof *x->first);
    x->always = calloc(x->words, sizeof *x->always);
    x->filed = calloc(GRAMS * count + 1, sizeof *x->filed);
    x->slots = calloc(slots, sizeof *x->slots);
    uses.values = calloc(most + 1, sizeof *uses.values);
    if (!x->first || !x->always || !x->filed || !x->slots || !uses.values) {
        free(uses.values);
        index_free(x);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        windows(templates[i], keep_one, &uses);
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
    free(x->filed);
    free(x->slots);
    free(x);
}

size_t index_words(const struct index *x) {
    return x->words;
}

void index_look(const struct index *x, str line, uint64_t *maybe) {
    if (line.len == 0) {
        memset(maybe, 0, x->words * sizeof *maybe);
        return;
    }
    memcpy(maybe, x->always, x->words * sizeof *maybe);
    for (size_t i = 0; i + GRAM <= line.len; i += GRAM) {
        uint32_t const v = gram(line.ptr + i), h = hash(v);

        if (LIKELY(!(x->seen[h / 64] >> h % 64 & 1)))
            continue;
        for (uint32_t f = x->slots[h & x->slot_mask]; f; f = x->filed[f - 1].next)
            if (x->filed[f - 1].value == v)
                set_bit(maybe, x->filed[f - 1].template);
    }
    const uint64_t *const first = x->first + (unsigned char)line.ptr[0] * x->words;

    for (size_t w = 0; w < x->words; w++)
        maybe[w] &= first[w];
}
