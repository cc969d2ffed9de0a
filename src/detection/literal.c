/* literal: filters on grams for "contains", hash tables on the first or last bytes for the anchored kinds.
 *
 * Every contained pattern of four bytes or more is filed under one of its four-byte grams: a rare one, and one that has
 * few other patterns, so that no text, however made, meets long chains at every byte. A text is read once, gram by
 * gram; a bitmap that fits the first-level cache says for nearly all of them that nothing is filed there. Patterns of
 * two and three bytes are filed whole, and found the same way in passes of their own; those of one byte in a set of the
 * bytes that occur. Anchored patterns are keyed by their first or last (at most) eight bytes.
 *
 * Where there are few contained patterns, and the processor has AVX2, the bitmap gives way to masks of nibbles: the grams are
 * put into eight buckets, and for each of the four places and each half of a byte sixteen masks say which buckets have a gram
 * with it there. 32 places of the text are looked up at a time; what all eight masks let through is looked up as above.
 * (The idea is Teddy's, from Hyperscan; with many patterns nearly everything would come through.) */
#include "detection/literal.h"

#include <assert.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/hash.h"

#define FEW_MAX 64u
#define FILTER_BITS_MIN 9u
#define FILTER_BITS_MAX 17u
#define ANCHOR_BITS 14u
#define ANCHOR_MAX 8u
#define CHAIN_SEEN_MAX 64u /* further ones count as many */
#define NOWHERE UINT32_MAX

/* What a key is taken from. Contained patterns: by the bytes of the gram. */
enum key_kind { KEY_EQUALS, KEY_STARTS, KEY_ENDS, KEY_GRAM_2, KEY_GRAM_3, KEY_GRAM_4 };

/* A pattern filed under a key; chained through next. */
struct filed {
    uint64_t key;
    uint32_t pattern;
    uint32_t next;
    uint8_t kind;
};

struct literals {
    const struct literal *patterns; /* own copy of the array */
    size_t count;
    uint64_t seed;
    uint64_t *filter;                           /* four-byte grams that have something filed */
    unsigned filter_shift;                      /* 32 - its bits */
    uint64_t anchors[(1u << ANCHOR_BITS) / 64]; /* the same for the keys of anchored patterns */
    uint64_t *brief[2];                         /* filters of grams of two and three bytes; NULL: there are none */
    uint8_t *gram_at;                           /* by pattern: where in it the gram stands, at most 251 */
    struct filed *filed;
    uint32_t filed_count;
    uint32_t *slots; /* one table for all kinds of key */
    unsigned slot_shift;
    uint32_t single[256]; /* by byte: patterns of that one byte, chained through filed; NOWHERE: none */
    uint64_t singles[4];  /* bit n: patterns of byte n exist */
    bool has_grams, has_single;
    bool few;        /* masks serve: [place][low or high half][value of the half], a bit for each bucket */
    bool only_grams; /* all patterns are filed under grams */
    uint8_t masks[4][2][16];
    uint8_t loose[4][2][16]; /* the same for text that is not folded */
    uint64_t equals;         /* bit n: patterns of that length, modulo 64, exist */
    uint16_t starts, ends;   /* bit n: anchored patterns keyed by n bytes exist */
};

const uint8_t literal_commonness[256] = {
    [0 ... 255] = 8, ['a' ... 'z'] = 16, ['0' ... '9'] = 14, ['\\'] = 22, ['.'] = 22, [' '] = 22,
    [':'] = 22,      ['e'] = 40,         ['t'] = 39,         ['a'] = 38,  ['o'] = 37, ['i'] = 36,
    ['n'] = 35,      ['s'] = 34,         ['r'] = 33,         ['l'] = 32,  ['d'] = 31, ['c'] = 30,
    ['m'] = 29,      ['p'] = 28,         ['u'] = 27,         ['w'] = 26,  ['x'] = 25, ['h'] = 24,
};

static uint32_t gram(const char *at) {
    uint32_t g;

    memcpy(&g, at, 4);
    return g;
}

static uint64_t eight(const char *at) {
    uint64_t key;

    memcpy(&key, at, 8);
    return key;
}

static uint32_t filter_bit(uint32_t g, unsigned shift) {
    return (g * 0x9e3779b1u) >> shift;
}

static bool has_bit(const uint64_t *bits, uint32_t at) {
    return bits[at / 64] >> at % 64 & 1;
}

static void set_bit(uint64_t *bits, uint32_t at) {
    bits[at / 64] |= (uint64_t)1 << at % 64;
}

/* Brief filters: two bytes as they are, three hashed to sixteen bits. */
static uint32_t brief_bit(unsigned bytes, uint32_t g) {
    return bytes == 2 ? g & 0xffff : (g & 0xffffff) * 0x9e3779b1u >> 16;
}

static uint64_t mixed(const struct literals *m, enum key_kind kind, size_t len, uint64_t key) {
    return (key ^ m->seed ^ (uint64_t)kind << 60 ^ (uint64_t)len << 56) * 0x9e3779b97f4a7c15u;
}

static uint32_t slot_of(const struct literals *m, uint64_t mix) {
    return (uint32_t)(mix >> m->slot_shift);
}

static uint32_t anchor_bit(uint64_t mix) {
    return (uint32_t)(mix >> (64 - ANCHOR_BITS));
}

static void file(struct literals *m, enum key_kind kind, size_t len, uint64_t key, uint32_t pattern) {
    uint32_t const slot = slot_of(m, mixed(m, kind, len, key));

    m->filed[m->filed_count] = (struct filed){key, pattern, m->slots[slot], (uint8_t)kind};
    m->slots[slot] = m->filed_count++;
}

/* How many patterns are filed under the gram. */
static unsigned chain(const struct literals *m, uint32_t g) {
    unsigned n = 0;

    for (uint32_t f = m->slots[slot_of(m, mixed(m, KEY_GRAM_4, 4, g))]; f != NOWHERE && n < CHAIN_SEEN_MAX;
         f = m->filed[f].next)
        n += m->filed[f].key == g && m->filed[f].kind == KEY_GRAM_4;
    return n;
}

/* Where in the pattern its best gram stands: the rarest, if nothing is filed under it yet; else the best of all. */
static size_t best_gram(const struct literals *m, str text) {
    size_t const last = text.len - 4 < 251 ? text.len - 4 : 251;
    unsigned sums[252], least = UINT32_MAX;
    size_t best = 0;

    for (size_t i = 0; i <= last; i++) {
        sums[i] = 0;
        for (size_t j = 0; j < 4; j++)
            sums[i] += literal_commonness[(unsigned char)text.ptr[i + j]];
        if (sums[i] < least) {
            least = sums[i];
            best = i;
        }
    }
    if ((least += 16 * chain(m, gram(text.ptr + best))) == sums[best])
        return best;
    for (size_t i = 0; i <= last; i++)
        if (sums[i] < least && (sums[i] += 16 * chain(m, gram(text.ptr + i))) < least) {
            least = sums[i];
            best = i;
        }
    return best;
}

static uint64_t key_bytes(const char *at, size_t len) {
    uint64_t key = 0;

    memcpy(&key, at, len);
    return key;
}

static void add_anchored(struct literals *m, uint32_t i, enum key_kind kind) {
    str const t = m->patterns[i].text;
    size_t const n = t.len < ANCHOR_MAX ? t.len : ANCHOR_MAX;
    uint64_t const key = key_bytes(kind == KEY_STARTS ? t.ptr : t.ptr + t.len - n, n);

    *(kind == KEY_STARTS ? &m->starts : &m->ends) |= (uint16_t)(1u << n);
    set_bit(m->anchors, anchor_bit(mixed(m, kind, n, key)));
    file(m, kind, n, key, i);
}

static bool add_contained(struct literals *m, uint32_t i) {
    str const t = m->patterns[i].text;
    uint64_t **brief;

    if (t.len == 1) {
        m->has_single = true;
        set_bit(m->singles, (unsigned char)t.ptr[0]);
        m->filed[m->filed_count] = (struct filed){0, i, m->single[(unsigned char)t.ptr[0]], 0};
        m->single[(unsigned char)t.ptr[0]] = m->filed_count++;
        return true;
    }
    if (t.len >= 4) {
        size_t const at = best_gram(m, t);
        uint32_t const g = gram(t.ptr + at);

        m->has_grams = true;
        m->gram_at[i] = (uint8_t)at;
        set_bit(m->filter, filter_bit(g, m->filter_shift));
        file(m, KEY_GRAM_4, 4, g, i);
        return true;
    }
    brief = &m->brief[t.len - 2];
    if (!*brief && !(*brief = calloc((1u << 16) / 64, sizeof **brief)))
        return false;
    set_bit(*brief, brief_bit((unsigned)t.len, (uint32_t)key_bytes(t.ptr, t.len)));
    file(m, t.len == 2 ? KEY_GRAM_2 : KEY_GRAM_3, t.len, key_bytes(t.ptr, t.len), i);
    return true;
}

static bool add(struct literals *m, uint32_t i) {
    str const t = m->patterns[i].text;

    switch (m->patterns[i].how) {
    case LITERAL_EQUALS:
        m->equals |= (uint64_t)1 << t.len % 64;
        file(m, KEY_EQUALS, 0, hash_bytes(t, m->seed), i);
        return true;
    case LITERAL_STARTS:
        assert(t.len);
        add_anchored(m, i, KEY_STARTS);
        return true;
    case LITERAL_ENDS:
        assert(t.len);
        add_anchored(m, i, KEY_ENDS);
        return true;
    case LITERAL_CONTAINS:
        assert(t.len);
        return add_contained(m, i);
    }
    return false;
}

static int by_gram(const void *a, const void *b) {
    uint32_t const x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Grams that are alike share a bucket. */
static void masks_make(struct literals *m) {
    uint32_t grams[FEW_MAX], count = 0;

    for (uint32_t i = 0; i < m->filed_count && count <= FEW_MAX; i++)
        if (m->filed[i].kind == KEY_GRAM_4) {
            if (count < FEW_MAX)
                grams[count] = (uint32_t)m->filed[i].key;
            count++;
        }
    if (count == 0 || count > FEW_MAX)
        return;
    qsort(grams, count, sizeof *grams, by_gram);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned place = 0; place < 4; place++) {
            uint8_t const c = (uint8_t)(grams[i] >> 8 * place), bucket = (uint8_t)(1u << i * 8 / count);

            uint8_t const capital = c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;

            m->masks[place][0][c & 15] |= bucket;
            m->masks[place][1][c >> 4] |= bucket;
            m->loose[place][0][c & 15] |= bucket;
            m->loose[place][1][c >> 4] |= bucket;
            m->loose[place][0][capital & 15] |= bucket;
            m->loose[place][1][capital >> 4] |= bucket;
        }
    m->only_grams = count == m->count;
#if defined(__x86_64__)
    m->few = __builtin_cpu_supports("avx2");
#endif
}

struct literals *literals_new(const struct literal *patterns, size_t count) {
    struct literals *const m = calloc(1, sizeof *m);
    unsigned slot_bits = 6, filter_bits = FILTER_BITS_MIN;
    bool ok;

    if (!m)
        return NULL;
    while ((size_t)1 << slot_bits < count * 2)
        slot_bits++;
    while (filter_bits < FILTER_BITS_MAX && (size_t)1 << filter_bits < count * 16)
        filter_bits++;
    m->count = count;
    m->seed = hash_seed();
    m->slot_shift = 64 - slot_bits;
    m->filter_shift = 32 - filter_bits;
    struct literal *const copy = malloc((count + 1) * sizeof *copy);

    m->patterns = copy;
    m->gram_at = calloc(count + 1, 1);
    m->filed = malloc((count + 1) * sizeof *m->filed);
    m->slots = malloc(((size_t)1 << slot_bits) * sizeof *m->slots);
    m->filter = calloc(((size_t)1 << filter_bits) / 64, sizeof *m->filter);
    ok = copy && m->gram_at && m->filed && m->slots && m->filter;
    if (ok) {
        if (count)
            memcpy(copy, patterns, count * sizeof *copy);
        memset(m->slots, 0xff, ((size_t)1 << slot_bits) * sizeof *m->slots);
        memset(m->single, 0xff, sizeof m->single);
    }
    for (uint32_t i = 0; ok && i < count; i++)
        ok = add(m, i);
    if (!ok) {
        literals_free(m);
        return NULL;
    }
    masks_make(m);
    return m;
}

void literals_free(struct literals *m) {
    if (!m)
        return;
    free((struct literal *)(uintptr_t)m->patterns);
    free(m->gram_at);
    free(m->filed);
    free(m->slots);
    free(m->filter);
    free(m->brief[0]);
    free(m->brief[1]);
    free(m);
}

size_t literals_bytes(const struct literals *m) {
    return sizeof *m + m->count * (sizeof *m->patterns + sizeof *m->filed + 1) +
           ((size_t)1 << (64 - m->slot_shift)) * sizeof *m->slots + ((size_t)1 << (32 - m->filter_shift)) / 8 +
           (m->brief[0] ? (1u << 16) / 8 : 0) + (m->brief[1] ? (1u << 16) / 8 : 0);
}

/* Where hits go. */
struct scan {
    void (*hit)(void *ctx, uint32_t id);
    void *ctx;
};

static void equal(const struct literals *m, str text, const struct scan *s) {
    uint64_t const key = hash_bytes(text, m->seed);

    for (uint32_t f = m->slots[slot_of(m, mixed(m, KEY_EQUALS, 0, key))]; f != NOWHERE; f = m->filed[f].next) {
        const struct literal *const p = &m->patterns[m->filed[f].pattern];

        if (m->filed[f].key == key && m->filed[f].kind == KEY_EQUALS && str_eq(text, p->text))
            s->hit(s->ctx, p->id);
    }
}

static void anchored(const struct literals *m, enum key_kind kind, uint16_t lengths, str text, const struct scan *s) {
    bool const starts = kind == KEY_STARTS;

    for (size_t n = 1; n <= ANCHOR_MAX && n <= text.len; n++) {
        uint64_t key, mix;

        if (!(lengths >> n & 1))
            continue;
        if (LIKELY(text.len >= 8))
            key =
                starts ? eight(text.ptr) << 8 * (8 - n) >> 8 * (8 - n) : eight(text.ptr + text.len - 8) >> 8 * (8 - n);
        else
            key = key_bytes(starts ? text.ptr : text.ptr + text.len - n, n);
        mix = mixed(m, kind, n, key);
        if (LIKELY(!has_bit(m->anchors, anchor_bit(mix))))
            continue;
        for (uint32_t f = m->slots[slot_of(m, mix)]; f != NOWHERE; f = m->filed[f].next) {
            const struct literal *const p = &m->patterns[m->filed[f].pattern];

            if (m->filed[f].key == key && m->filed[f].kind == kind &&
                (starts ? str_starts(text, p->text) : str_ends(text, p->text)))
                s->hit(s->ctx, p->id);
        }
    }
}

static void gram_found(const struct literals *m, str text, size_t i, uint32_t g, const struct scan *s) {
    for (uint32_t f = m->slots[slot_of(m, mixed(m, KEY_GRAM_4, 4, g))]; f != NOWHERE; f = m->filed[f].next) {
        uint32_t const at = m->filed[f].pattern;
        const struct literal *const p = &m->patterns[at];

        if (m->filed[f].key == g && m->filed[f].kind == KEY_GRAM_4 && i >= m->gram_at[at] &&
            str_starts(str_from(text, i - m->gram_at[at]), p->text))
            s->hit(s->ctx, p->id);
    }
}

static void grams(const struct literals *m, str text, const struct scan *s) {
    const uint64_t *const filter = m->filter;
    unsigned const shift = m->filter_shift;

    for (size_t i = 0; i + 4 <= text.len; i++) {
        uint32_t const g = gram(text.ptr + i);

        if (UNLIKELY(has_bit(filter, filter_bit(g, shift))))
            gram_found(m, text, i, g, s);
    }
}

#if defined(__x86_64__)
/* Of the 32 places from `at` on, those where a gram of some bucket may stand. */
__attribute__((target("avx2"))) static inline uint32_t places(const uint8_t masks[4][2][16], const char *at) {
    __m256i const low = _mm256_set1_epi8(15);
    __m256i all = _mm256_set1_epi8(-1);

#pragma GCC unroll 4
    for (unsigned place = 0; place < 4; place++) {
        __m256i const c = _mm256_loadu_si256((const __m256i *)(const void *)(at + place));
        __m256i const by_low =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)masks[place][0]));
        __m256i const by_high =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)masks[place][1]));

        all = _mm256_and_si256(
            all, _mm256_and_si256(_mm256_shuffle_epi8(by_low, _mm256_and_si256(c, low)),
                                  _mm256_shuffle_epi8(by_high, _mm256_and_si256(_mm256_srli_epi16(c, 4), low))));
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
}

__attribute__((target("avx2"))) static void few_grams(const struct literals *m, str text, const struct scan *s) {
    char tail[64 + 32] = {0};
    size_t i = 0, left;

    for (; text.len - i >= 35; i += 32)
        for (uint32_t found = places(m->masks, text.ptr + i); UNLIKELY(found); found &= found - 1) {
            size_t const at = i + (unsigned)__builtin_ctz(found);

            gram_found(m, text, at, gram(text.ptr + at), s);
        }
    if ((left = text.len - i) < 4)
        return;
    memcpy(tail, text.ptr + i, left);
    /* A gram that begins in the last three bytes would end behind the text. */
    for (uint32_t found = places(m->masks, tail) & (uint32_t)(((uint64_t)1 << (left - 3)) - 1); UNLIKELY(found);
         found &= found - 1) {
        size_t const at = i + (unsigned)__builtin_ctz(found);

        gram_found(m, text, at, gram(text.ptr + at), s);
    }
}

/* Is something filed under the gram at one of these places, when it is folded? */
static bool filed_there(const struct literals *m, const char *at, uint32_t found) {
    for (; found; found &= found - 1) {
        char folded[4];

        for (size_t i = 0; i < 4; i++) {
            char const c = at[(unsigned)__builtin_ctz(found) + i];

            folded[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
        if (has_bit(m->filter, filter_bit(gram(folded), m->filter_shift)))
            return true;
    }
    return false;
}

/* Beyond ASCII nothing is said: some of it folds to ASCII. */
__attribute__((target("avx2"))) static bool may_match(const struct literals *m, str text) {
    char tail[64 + 32] = {0};
    size_t i = 0, left;
    uint32_t found;

    for (; text.len - i >= 35; i += 32) {
        if (_mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(text.ptr + i))))
            return true;
        found = places(m->loose, text.ptr + i);
        if (UNLIKELY(found) && filed_there(m, text.ptr + i, found))
            return true;
    }
    left = text.len - i;
    memcpy(tail, text.ptr + i, left);
    if (_mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(const void *)tail)) ||
        _mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(tail + 32))))
        return true;
    if (left < 4)
        return false;
    found = places(m->loose, tail) & (uint32_t)(((uint64_t)1 << (left - 3)) - 1);
    return found && filed_there(m, tail, found);
}
#else
static bool may_match(const struct literals *m, str text) {
    (void)m;
    (void)text;
    return true;
}

static void few_grams(const struct literals *m, str text, const struct scan *s) {
    grams(m, text, s);
}
#endif

/* Patterns of two or three bytes. */
static void brief(const struct literals *m, unsigned bytes, str text, const struct scan *s) {
    enum key_kind const kind = bytes == 2 ? KEY_GRAM_2 : KEY_GRAM_3;

    for (size_t i = 0; i + bytes <= text.len; i++) {
        uint32_t const g = (uint32_t)(i + 4 <= text.len ? gram(text.ptr + i) & (bytes == 2 ? 0xffffu : 0xffffffu)
                                                        : key_bytes(text.ptr + i, bytes));

        if (LIKELY(!has_bit(m->brief[bytes - 2], brief_bit(bytes, g))))
            continue;
        for (uint32_t f = m->slots[slot_of(m, mixed(m, kind, bytes, g))]; f != NOWHERE; f = m->filed[f].next)
            if (m->filed[f].key == g && m->filed[f].kind == kind)
                s->hit(s->ctx, m->patterns[m->filed[f].pattern].id);
    }
}

static void single(const struct literals *m, str text, const struct scan *s) {
    bool occurs[256] = {false};

    for (size_t i = 0; i < text.len; i++)
        occurs[(unsigned char)text.ptr[i]] = true;
    for (unsigned w = 0; w < 4; w++)
        for (uint64_t left = m->singles[w]; left; left &= left - 1) {
            unsigned const c = w * 64 + (unsigned)__builtin_ctzll(left);

            for (uint32_t f = occurs[c] ? m->single[c] : NOWHERE; f != NOWHERE; f = m->filed[f].next)
                s->hit(s->ctx, m->patterns[m->filed[f].pattern].id);
        }
}

bool literals_may_match(const struct literals *m, str text) {
    return !m->few || !m->only_grams || may_match(m, text);
}

void literals_scan(const struct literals *m, str text, void (*hit)(void *ctx, uint32_t id), void *ctx) {
    struct scan const s = {hit, ctx};

    if (m->equals >> text.len % 64 & 1)
        equal(m, text, &s);
    if (m->starts)
        anchored(m, KEY_STARTS, m->starts, text, &s);
    if (m->ends)
        anchored(m, KEY_ENDS, m->ends, text, &s);
    if (m->few)
        few_grams(m, text, &s);
    else if (m->has_grams)
        grams(m, text, &s);
    for (unsigned bytes = 2; bytes <= 3; bytes++)
        if (m->brief[bytes - 2])
            brief(m, bytes, text, &s);
    if (m->has_single)
        single(m, text, &s);
}
