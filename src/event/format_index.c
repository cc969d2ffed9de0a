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

/* Calls for each text that a line must hold for the template to fit, if a window fits into it. */
static void texts(const struct template *t, void (*each)(void *ctx, str text), void *ctx) {
    bool inside = false;

    for (uint16_t i = 0; i < t->piece_count; i++) {
        const struct piece *const p = &t->pieces[i];

        inside = p->type == PIECE_OPEN || (inside && p->type != PIECE_CLOSE);
        if (p->type == PIECE_TEXT && !inside && p->text.len >= WINDOW)
            each(ctx, p->text);
    }
}

/* How often templates need a gram, by its hash: of how many lines it says nothing. */
static void count_grams(void *ctx, str text) {
    uint32_t *const uses = ctx;

    for (size_t i = 0; i + GRAM <= text.len; i++)
        uses[hash(gram(text.ptr + i))]++;
}

struct choice {
    const uint32_t *uses;
    const char *window; /* NULL: none yet */
    size_t score;
};

static void choose(void *ctx, str text) {
    struct choice *const c = ctx;

    for (size_t k = 0; k + WINDOW <= text.len; k++) {
        const char *const window = text.ptr + k;
        size_t score = 0;

        for (size_t i = 0; i < GRAMS; i++)
            score += 16 * (size_t)c->uses[hash(gram(window + i))];
        for (size_t i = 0; i < WINDOW; i++) /* small letters stand in any line */
            score += window[i] >= 'a' && window[i] <= 'z';
        if (!c->window || score < c->score) {
            c->window = window;
            c->score = score;
        }
    }
}

static void fill(struct index *x, const struct template *const *templates, const uint32_t *uses) {
    for (size_t i = 0; i < x->count; i++) {
        struct choice c = {.uses = uses};

        for (unsigned byte = 0; byte < sizeof templates[i]->first; byte++)
            for (unsigned bits = templates[i]->first[byte]; bits; bits &= bits - 1)
                set_bit(x->first + (8 * byte + (unsigned)__builtin_ctz(bits)) * x->words, i);
        texts(templates[i], choose, &c);
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
    uint32_t *uses;
    size_t slots = 16;

    assert(count < UINT16_MAX);
    if (!x)
        return NULL;
    while (slots < 2 * GRAMS * count && slots < (size_t)1 << SEEN_BITS)
        slots *= 2;
    x->count = count;
    x->words = count / 64 + 1;
    x->slot_mask = slots - 1;
    x->first = calloc(256 * x->words, sizeof *x->first);
    x->always = calloc(x->words, sizeof *x->always);
    x->filed = calloc(GRAMS * count + 1, sizeof *x->filed);
    x->slots = calloc(slots, sizeof *x->slots);
    uses = calloc((size_t)1 << SEEN_BITS, sizeof *uses);
    if (!x->first || !x->always || !x->filed || !x->slots || !uses) {
        free(uses);
        index_free(x);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        texts(templates[i], count_grams, uses);
    fill(x, templates, uses);
    free(uses);
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
