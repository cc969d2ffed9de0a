/* needle: two filters, and what they let through compared in full.
 *
 * A word of seven bytes or more has a window of seven with four grams of four bytes. Wherever the word stands in a text, one of
 * the four begins at a place that four divides: so only every fourth place of the text is looked at, and of all four grams is
 * known by a bitmap that some word has them. Shorter words are known by their first bytes: with AVX2 by masks of nibbles, as in
 * literal.c, else by a bitmap of pairs of bytes, at every place.
 *
 * For the filters 0x20 is set in every byte: that makes letters small, and a few other bytes alike, which the comparison tells
 * apart. */
#include "detection/needle.h"

#include <assert.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "detection/literal.h"

#define WINDOW 7u
#define GRAM 4u
#define BITS 16u
#define SLOTS_MIN 64u
#define LOOK 4u /* bytes of a short word that its masks look at, at most */
#define STEP 32u
#define SMALL 0x20202020u
#define NOWHERE UINT32_MAX

/* One gram of a long word; chained. */
struct gram {
    uint32_t value, word, next;
    uint32_t at; /* where in the word */
};

struct needles {
    str *words;
    size_t count;
    char *text; /* of all words */
    struct gram *grams;
    uint32_t gram_count, short_count;
    uint32_t *slots; /* by the end of the hash of a gram */
    uint32_t slot_mask;
    uint64_t filter[(1u << BITS) / 64]; /* of hashes of grams */
    uint32_t *shorts;                   /* short words, by first byte: */
    uint32_t short_from[257];           /* those of byte c are shorts[short_from[c] .. short_from[c + 1]) */
    uint64_t *pairs;                    /* of first bytes, where masks do not serve */
    uint8_t masks[LOOK][2][16];
    bool simd;
};

static uint32_t small_gram(const char *at) {
    uint32_t g;

    memcpy(&g, at, sizeof g);
    return g | SMALL;
}

static uint32_t hash(uint32_t g) {
    return g * 0x9e3779b1u >> (32 - BITS);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Does the word stand there? */
static bool stands(str text, size_t at, str word) {
    if (at > text.len || text.len - at < word.len)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (lower(text.ptr[at + i]) != word.ptr[i])
            return false;
    return true;
}

/* The window of the word whose bytes are the rarest. */
static size_t window_of(str word) {
    unsigned least = UINT32_MAX;
    size_t best = 0;

    for (size_t i = 0; i + WINDOW <= word.len; i++) {
        unsigned sum = 0;

        for (size_t k = 0; k < WINDOW; k++)
            sum += literal_commonness[(unsigned char)word.ptr[i + k]];
        if (sum < least) {
            least = sum;
            best = i;
        }
    }
    return best;
}

static void add_long(struct needles *n, uint32_t word) {
    size_t const from = window_of(n->words[word]);

    for (size_t k = 0; k + GRAM <= WINDOW; k++) {
        uint32_t const g = small_gram(n->words[word].ptr + from + k), bit = hash(g);

        n->filter[bit / 64] |= (uint64_t)1 << bit % 64;
        n->grams[n->gram_count] = (struct gram){g, word, n->slots[bit & n->slot_mask], (uint32_t)(from + k)};
        n->slots[bit & n->slot_mask] = n->gram_count++;
    }
}

static void pair_add(struct needles *n, unsigned first, unsigned second) {
    unsigned const pair = first | second << 8;

    n->pairs[pair / 64] |= (uint64_t)1 << pair % 64;
}

/* number: among the short ones, which are sorted, so that words alike share a bucket. */
static void add_short(struct needles *n, uint32_t number) {
    str const word = n->words[n->shorts[number]];
    uint8_t const bucket = (uint8_t)(1u << number * 8 / n->short_count);

    for (size_t place = 0; place < LOOK; place++)
        for (unsigned half = 0; half < 16; half++) {
            unsigned const c = place < word.len ? (unsigned char)word.ptr[place] | 0x20u : 0;

            n->masks[place][0][half] |= place < word.len && (c & 15) != half ? 0 : bucket;
            n->masks[place][1][half] |= place < word.len && c >> 4 != half ? 0 : bucket;
        }
    for (unsigned second = 0; second < 256; second++)
        if (word.len == 1 || (second | 0x20u) == ((unsigned char)word.ptr[1] | 0x20u))
            pair_add(n, (unsigned char)word.ptr[0] | 0x20u, second | 0x20u);
}

static int by_bytes(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

/* Own copies, sorted. */
static void copy_words(struct needles *n, const str *words) {
    char *to = n->text;

    for (size_t i = 0; i < n->count; i++) {
        assert(words[i].len > 0);
        memcpy(to, words[i].ptr, words[i].len);
        n->words[i] = (str){to, words[i].len};
        to += words[i].len;
    }
    if (n->count)
        qsort(n->words, n->count, sizeof *n->words, by_bytes);
}

struct needles *needles_new(const str *words, size_t count) {
    struct needles *const n = calloc(1, sizeof *n);
    size_t bytes = 0;

    if (!n)
        return NULL;
    for (size_t i = 0; i < count; i++)
        bytes += words[i].len;
    n->count = count;
    n->words = calloc(count + 1, sizeof *n->words);
    n->text = malloc(bytes + 1);
    n->grams = calloc((WINDOW - GRAM + 1) * count + 1, sizeof *n->grams);
    n->shorts = calloc(count + 1, sizeof *n->shorts);
    n->slot_mask = SLOTS_MIN - 1;
    while (n->slot_mask < (WINDOW - GRAM + 1) * count && n->slot_mask < (1u << BITS) - 1)
        n->slot_mask = n->slot_mask * 2 + 1;
    n->slots = malloc(((size_t)n->slot_mask + 1) * sizeof *n->slots);
    n->pairs = calloc((1u << 16) / 64, sizeof *n->pairs);
    if (!n->words || !n->text || !n->grams || !n->shorts || !n->slots || !n->pairs) {
        needles_free(n);
        return NULL;
    }
    memset(n->slots, 0xff, ((size_t)n->slot_mask + 1) * sizeof *n->slots);
    copy_words(n, words);
    for (uint32_t i = 0; i < count; i++)
        if (n->words[i].len >= WINDOW)
            add_long(n, i);
        else
            n->shorts[n->short_count++] = i;
    for (uint32_t i = 0; i < n->short_count; i++)
        add_short(n, i);
    for (uint32_t c = 0, i = 0; c <= 256; c++) {
        while (i < n->short_count && (unsigned char)n->words[n->shorts[i]].ptr[0] < c)
            i++;
        n->short_from[c] = i;
    }
#if defined(__x86_64__)
    n->simd = __builtin_cpu_supports("avx2");
#endif
    return n;
}

void needles_free(struct needles *n) {
    if (!n)
        return;
    free(n->words);
    free(n->text);
    free(n->grams);
    free(n->shorts);
    free(n->slots);
    free(n->pairs);
    free(n);
}

void needles_plain(struct needles *n) {
    n->simd = false;
}

static bool long_at(const struct needles *n, str text, size_t at, uint32_t g) {
    for (uint32_t i = n->slots[hash(g) & n->slot_mask]; i != NOWHERE; i = n->grams[i].next) {
        const struct gram *const k = &n->grams[i];

        if (k->value == g && at >= k->at && stands(text, at - k->at, n->words[k->word]))
            return true;
    }
    return false;
}

static bool long_in(const struct needles *n, str text) {
    const uint64_t *const filter = n->filter;

    for (size_t i = 0; text.len - i >= GRAM; i += GRAM) {
        uint32_t const g = small_gram(text.ptr + i), h = hash(g);

        if (UNLIKELY(filter[h / 64] >> h % 64 & 1) && long_at(n, text, i, g))
            return true;
    }
    return false;
}

/* at: perhaps behind the text. */
static bool short_at(const struct needles *n, str text, size_t at) {
    unsigned const c = at < text.len ? (unsigned char)lower(text.ptr[at]) : 0;

    for (uint32_t i = n->short_from[c]; i < n->short_from[c + 1]; i++)
        if (stands(text, at, n->words[n->shorts[i]]))
            return true;
    return false;
}

/* Without masks. */
static bool plainly_in(const struct needles *n, str text) {
    unsigned all = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned const second = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        unsigned const pair = ((unsigned char)text.ptr[i] | 0x20u) | (second | 0x20u) << 8;

        all |= (unsigned char)text.ptr[i];
        if (UNLIKELY(n->pairs[pair / 64] >> pair % 64 & 1) && short_at(n, text, i))
            return true;
    }
    return all > 0x7f;
}

#if defined(__x86_64__)
/* Of the 32 places from `at` on those where a short word may begin; *beyond: there is a byte beyond ASCII among them. 35 bytes
 * are read. */
__attribute__((target("avx2"))) static inline uint32_t places(const struct needles *n, const char *at, bool *beyond) {
    __m256i const low = _mm256_set1_epi8(15), small = _mm256_set1_epi8(0x20);
    __m256i all = _mm256_set1_epi8(-1);

    *beyond = _mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(const void *)at)) != 0;
#pragma GCC unroll 4
    for (unsigned place = 0; place < LOOK; place++) {
        __m256i const c = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)(const void *)(at + place)), small);
        __m256i const by_low =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)n->masks[place][0]));
        __m256i const by_high =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)n->masks[place][1]));

        all = _mm256_and_si256(
            all, _mm256_and_si256(_mm256_shuffle_epi8(by_low, _mm256_and_si256(c, low)),
                                  _mm256_shuffle_epi8(by_high, _mm256_and_si256(_mm256_srli_epi16(c, 4), low))));
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
}

__attribute__((target("avx2"))) static bool shortly_in(const struct needles *n, str text) {
    char copy[STEP + LOOK] = {0}; /* of the last bytes, perhaps with some before them: behind them the text may end */
    bool beyond;

    for (size_t i = 0, at; i < text.len;) {
        const char *from = text.ptr + (at = i);

        if (LIKELY(text.len - i >= STEP + LOOK - 1)) {
            i += STEP;
        } else {
            if (LIKELY(text.len >= STEP && text.len - i <= STEP))
                memcpy(copy, text.ptr + (at = text.len - STEP), STEP);
            else
                memcpy(copy, text.ptr + i, text.len - i);
            from = copy;
            i += STEP;
        }
        uint32_t found = places(n, from, &beyond);

        if (UNLIKELY(beyond))
            return true;
        for (; UNLIKELY(found); found &= found - 1)
            if (short_at(n, text, at + (unsigned)__builtin_ctz(found)))
                return true;
    }
    return false;
}
#else
static bool shortly_in(const struct needles *n, str text) {
    return plainly_in(n, text);
}
#endif

bool needles_may_be_in(const struct needles *n, str text) {
    return (n->simd ? shortly_in(n, text) : plainly_in(n, text)) || (n->gram_count && long_in(n, text));
}
