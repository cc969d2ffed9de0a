/* literal: a filter on four-byte grams for "contains", hash tables on the first or last bytes for the anchored kinds.
 *
 * Every contained pattern of four bytes or more is filed under its rarest gram. A text is read once, gram by gram; a
 * bitmap that fits the first-level cache says for nearly all of them that nothing is filed there. Patterns of one to
 * three bytes are few (they make poor triggers) and searched one by one. */
#include "detection/literal.h"

#include "base/hash.h"

#define FILTER_BITS 17
#define ANCHOR_MAX 8u
#define NOWHERE UINT32_MAX

/* A pattern filed under a key; chained through next. */
struct filed {
    uint64_t key;
    uint32_t pattern;
    uint32_t next;
};

struct literals {
    const struct literal *patterns; /* own copy of the array */
    size_t count;
    uint64_t seed;
    uint64_t filter[(1u << FILTER_BITS) / 64]; /* grams that have something filed */
    uint8_t *gram_at; /* by pattern: where in it the gram stands, at most 255 */
    struct filed *filed;
    uint32_t filed_count;
    uint32_t *slots; /* one table for all kinds of key: (kind, length, bytes) hashed */
    uint32_t slot_mask;
    uint32_t *brief; /* contained patterns of one to three bytes */
    uint32_t brief_count;
    bool has_grams, has_equals;
    uint16_t starts, ends; /* bit n: anchored patterns keyed by n bytes exist */
};

/* How common a byte is in paths and command lines of logs: only order matters. */
static unsigned commonness(unsigned char c) {
    static const char frequent[] = "etaoinsrldcmpuwxh";
    const char *const at = c ? strchr(frequent, c) : NULL;

    if (at)
        return 40 - (unsigned)(at - frequent);
    if (c == '\\' || c == '.' || c == ' ' || c == ':')
        return 22;
    return c >= 'a' && c <= 'z' ? 16 : c >= '0' && c <= '9' ? 14 : 8;
}

static uint32_t gram(const char *at) {
    uint32_t g;

    memcpy(&g, at, 4);
    return g;
}

static uint32_t filter_bit(uint32_t g) {
    return (g * 0x9e3779b1u) >> (32 - FILTER_BITS);
}

static size_t rarest(str text) {
    size_t best = 0;
    unsigned least = UINT32_MAX;

    for (size_t i = 0; i + 4 <= text.len && i < 255; i++) {
        unsigned sum = 0;

        for (size_t j = 0; j < 4; j++)
            sum += commonness((unsigned char)text.ptr[i + j]);
        if (sum < least) {
            least = sum;
            best = i;
        }
    }
    return best;
}

static uint64_t key_bytes(const char *at, size_t len) {
    uint64_t key = 0;

    memcpy(&key, at, len);
    return key;
}

static uint32_t slot_of(const struct literals *m, unsigned kind, size_t len, uint64_t key) {
    uint64_t const h = (key ^ m->seed ^ (uint64_t)kind << 60 ^ (uint64_t)len << 56) * 0x9e3779b97f4a7c15u;

    return (uint32_t)(h >> 32) & m->slot_mask;
}

static void file(struct literals *m, uint32_t slot, uint64_t key, uint32_t pattern) {
    m->filed[m->filed_count] = (struct filed){key, pattern, m->slots[slot]};
    m->slots[slot] = m->filed_count++;
}

static void add(struct literals *m, uint32_t i) {
    str const t = m->patterns[i].text;
    size_t const n = t.len < ANCHOR_MAX ? t.len : ANCHOR_MAX;
    uint64_t key;

    switch (m->patterns[i].how) {
    case LITERAL_EQUALS:
        m->has_equals = true;
        key = hash_bytes(t, m->seed);
        file(m, slot_of(m, LITERAL_EQUALS, 0, key), key, i);
        break;
    case LITERAL_STARTS:
        m->starts |= (uint16_t)(1u << n);
        key = key_bytes(t.ptr, n);
        file(m, slot_of(m, LITERAL_STARTS, n, key), key, i);
        break;
    case LITERAL_ENDS:
        m->ends |= (uint16_t)(1u << n);
        key = key_bytes(t.ptr + t.len - n, n);
        file(m, slot_of(m, LITERAL_ENDS, n, key), key, i);
        break;
    case LITERAL_CONTAINS:
        if (t.len < 4) {
            m->brief[m->brief_count++] = i;
            break;
        }
        m->has_grams = true;
        m->gram_at[i] = (uint8_t)rarest(t);
        uint32_t const g = gram(t.ptr + m->gram_at[i]);

        m->filter[filter_bit(g) / 64] |= (uint64_t)1 << filter_bit(g) % 64;
        file(m, slot_of(m, LITERAL_CONTAINS, 4, g), g, i);
        break;
    }
}

struct literals *literals_new(const struct literal *patterns, size_t count) {
    struct literals *const m = calloc(1, sizeof *m);
    uint32_t slots = 64;

    if (!m)
        return NULL;
    while (slots < count * 2)
        slots *= 2;
    m->count = count;
    m->seed = hash_seed();
    m->slot_mask = slots - 1;
    struct literal *const copy = malloc((count + 1) * sizeof *copy);

    m->patterns = copy;
    m->gram_at = calloc(count + 1, 1);
    m->filed = malloc((count + 1) * sizeof *m->filed);
    m->brief = malloc((count + 1) * sizeof *m->brief);
    m->slots = malloc(slots * sizeof *m->slots);
    if (!copy || !m->gram_at || !m->filed || !m->brief || !m->slots) {
        literals_free(m);
        return NULL;
    }
    if (count)
        memcpy(copy, patterns, count * sizeof *copy);
    for (uint32_t i = 0; i < slots; i++)
        m->slots[i] = NOWHERE;
    for (uint32_t i = 0; i < count; i++)
        add(m, i);
    return m;
}

void literals_free(struct literals *m) {
    if (!m)
        return;
    free((struct literal *)(uintptr_t)m->patterns);
    free(m->gram_at);
    free(m->filed);
    free(m->brief);
    free(m->slots);
    free(m);
}

size_t literals_bytes(const struct literals *m) {
    return sizeof *m + m->count * (sizeof *m->patterns + sizeof *m->filed + sizeof *m->brief + 1) +
           ((size_t)m->slot_mask + 1) * sizeof *m->slots;
}

static void anchored(const struct literals *m, unsigned how, uint16_t lengths, str text, void (*hit)(void *, uint32_t),
                     void *ctx) {
    for (size_t n = 1; n <= ANCHOR_MAX && n <= text.len; n++) {
        if (!(lengths >> n & 1))
            continue;
        uint64_t const key = key_bytes(how == LITERAL_STARTS ? text.ptr : text.ptr + text.len - n, n);

        for (uint32_t f = m->slots[slot_of(m, how, n, key)]; f != NOWHERE; f = m->filed[f].next) {
            const struct literal *const p = &m->patterns[m->filed[f].pattern];

            if (m->filed[f].key == key && p->how == how &&
                (how == LITERAL_STARTS ? str_starts(text, p->text) : str_ends(text, p->text)))
                hit(ctx, p->id);
        }
    }
}

static void grams(const struct literals *m, str text, void (*hit)(void *, uint32_t), void *ctx) {
    for (size_t i = 0; i + 4 <= text.len; i++) {
        uint32_t const g = gram(text.ptr + i);
        uint32_t const bit = filter_bit(g);

        if (LIKELY(!(m->filter[bit / 64] >> bit % 64 & 1)))
            continue;
        for (uint32_t f = m->slots[slot_of(m, LITERAL_CONTAINS, 4, g)]; f != NOWHERE; f = m->filed[f].next) {
            uint32_t const at = m->filed[f].pattern;
            const struct literal *const p = &m->patterns[at];

            if (m->filed[f].key == g && p->how == LITERAL_CONTAINS && i >= m->gram_at[at] &&
                str_starts(str_from(text, i - m->gram_at[at]), p->text))
                hit(ctx, p->id);
        }
    }
}

void literals_scan(const struct literals *m, str text, void (*hit)(void *ctx, uint32_t id), void *ctx) {
    if (m->has_equals) {
        uint64_t const key = hash_bytes(text, m->seed);

        for (uint32_t f = m->slots[slot_of(m, LITERAL_EQUALS, 0, key)]; f != NOWHERE; f = m->filed[f].next) {
            const struct literal *const p = &m->patterns[m->filed[f].pattern];

            if (m->filed[f].key == key && p->how == LITERAL_EQUALS && str_eq(text, p->text))
                hit(ctx, p->id);
        }
    }
    if (m->starts)
        anchored(m, LITERAL_STARTS, m->starts, text, hit, ctx);
    if (m->ends)
        anchored(m, LITERAL_ENDS, m->ends, text, hit, ctx);
    if (m->has_grams)
        grams(m, text, hit, ctx);
    for (uint32_t i = 0; i < m->brief_count; i++)
        if (str_find(text, m->patterns[m->brief[i]].text) != SIZE_MAX)
            hit(ctx, m->patterns[m->brief[i]].id);
}
