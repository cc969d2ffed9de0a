/* sketch: one-permutation MinHash of shingles, and the words of a text as such.
 *
 * A shingle is mixed once more: six bits of it name the bin, the lower 32 are the value, the smallest of a bin stays. Words of up to 16
 * bytes are mixed(first 8 bytes + (other 8 + length) * P1), longer ones XXH3-64; a shingle of the words a, b, c is
 * a * P1 + (b turned by 21) * P2 + (c turned by 42) * P3, where the Ps are the first three primes of xxHash's 64 bits. */
#include "codec/sketch.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/utf.h"

#define EMPTY UINT32_MAX

/* ---- the sketch ---- */

/* All bits of n in all bits (the finisher of MurmurHash3). */
static inline uint64_t mixed(uint64_t n) {
    n = (n ^ n >> 33) * 0xff51afd7ed558ccdu;
    n = (n ^ n >> 33) * 0xc4ceb9fe1a85ec53u;
    return n ^ n >> 33;
}

void sketch_begin(struct sketch *s) {
    memset(s->mins, 0xff, sizeof s->mins);
    s->shingles = 0;
}

static inline void put(struct sketch *s, uint64_t shingle_hash) {
    uint64_t const h = mixed(shingle_hash);
    uint32_t const value = (uint32_t)h == EMPTY ? EMPTY - 1 : (uint32_t)h;
    uint32_t *const bin = &s->mins[h >> 58];

    _Static_assert(SKETCH_SIZE == 1u << (64 - 58), "six bits name the bin");
    *bin = value < *bin ? value : *bin;
    s->shingles += s->shingles < UINT32_MAX;
}

void sketch_add(struct sketch *s, uint64_t shingle_hash) {
    put(s, shingle_hash);
}

/* An empty bin takes what is in another, drawn by its own number: in two sketches the same one, if both are empty there. */
void sketch_end(struct sketch *s) {
    uint32_t full[SKETCH_SIZE];

    if (!s->shingles)
        return;
    memcpy(full, s->mins, sizeof full);
    for (uint32_t i = 0; i < SKETCH_SIZE; i++)
        for (uint64_t attempt = 1; s->mins[i] == EMPTY; attempt++) {
            /* Some bin is full, so one in 64 draws finds it; past 4,096, in order. */
            uint64_t const draw =
                attempt <= 4096 ? mixed((uint64_t)(i + 1) << 32 | attempt) >> 58 : attempt % SKETCH_SIZE;

            s->mins[i] = full[draw];
        }
}

uint32_t sketch_agree(const struct sketch *a, const struct sketch *b) {
    uint32_t same = 0;

    if (!a->shingles || !b->shingles)
        return 0;
    for (size_t i = 0; i < SKETCH_SIZE; i++)
        same += a->mins[i] == b->mins[i];
    return same;
}

/* ---- words ---- */

/* What a token has seen. */
#define SEEN_DIGIT 1u
#define SEEN_AT 2u
#define SEEN_SCHEME 4u
#define SEEN_SLASH 8u
#define SEEN_DOT 16u
#define SEEN_MARK 32u /* anything that is no letter and no digit */

enum sort {
    APART,  /* ends a token */
    LETTER, /* bytes below 0x80 only */
    DIGIT,
    MARK, /* may stand within an address */
    WIDE, /* the first byte of a character of more than one byte, or none at all */
};

#define MARKS(c) [c] = MARK
static const uint8_t sorts[256] = {
    ['0' ... '9'] = DIGIT,
    ['a' ... 'z'] = LETTER,
    ['A' ... 'Z'] = LETTER,
    [0x80 ... 0xff] = WIDE,
    MARKS('@'),
    MARKS(':'),
    MARKS('/'),
    MARKS('.'),
    MARKS('_'),
    MARKS('-'),
    MARKS('%'),
    MARKS('?'),
    MARKS('&'),
    MARKS('='),
    MARKS('#'),
    MARKS('+'),
    MARKS('~'),
    MARKS('$'),
    MARKS('*'),
    MARKS('\''),
};

/* A point of two bytes in UTF-8 without its case: Latin, Greek, Cyrillic. */
static uint32_t folded(uint32_t p) {
    if (p >= 0xc0 && p <= 0xde && p != 0xd7)
        return p + 0x20;
    if ((p >= 0x100 && p <= 0x12f) || (p >= 0x132 && p <= 0x137) || (p >= 0x14a && p <= 0x177))
        return p | 1;
    if ((p >= 0x139 && p <= 0x148) || (p >= 0x179 && p <= 0x17e))
        return p + (p & 1);
    if (p == 0x178)
        return 0xff;
    if ((p >= 0x391 && p <= 0x3ab && p != 0x3a2) || (p >= 0x410 && p <= 0x42f))
        return p + 0x20;
    if (p >= 0x388 && p <= 0x38a)
        return p + 0x25;
    if (p == 0x386 || p == 0x38c)
        return p == 0x386 ? 0x3ac : 0x3cc;
    if (p == 0x38e || p == 0x38f)
        return p + 0x3f;
    if (p == 0x3c2) /* a final sigma */
        return 0x3c3;
    return p >= 0x400 && p <= 0x40f ? p + 0x50 : p;
}

/* Of what has more than one byte in UTF-8. */
enum wide {
    WIDE_APART,
    WIDE_LETTER,
    WIDE_WORD, /* a word of its own */
    WIDE_NOTHING
};
static enum wide wide_of(uint32_t p) {
    if (p == 0xad || (p >= 0x200b && p <= 0x200f) || (p >= 0x2060 && p <= 0x2064) || p == 0xfeff ||
        (p >= 0xfe00 && p <= 0xfe0f))
        return WIDE_NOTHING;
    if (p < 0xc0)
        return p == 0xaa || p == 0xb5 || p == 0xba ? WIDE_LETTER : WIDE_APART;
    if (p == 0xd7 || p == 0xf7 || (p >= 0x2000 && p <= 0x2bff) || (p >= 0x3000 && p <= 0x3004) ||
        (p >= 0x3008 && p <= 0x3020) || (p >= 0xff00 && p <= 0xff0f) || (p >= 0xff1a && p <= 0xff20) || p == 0xfffd)
        return WIDE_APART;
    if ((p >= 0xe00 && p <= 0xeff) || (p >= 0x1000 && p <= 0x109f) || (p >= 0x1780 && p <= 0x17ff) || p >= 0x2e80)
        return WIDE_WORD;
    return WIDE_LETTER;
}

static inline void word_is(struct sketch_text *t, uint64_t hash) {
    uint64_t const a = t->last[1], b = t->last[2];

    t->last[0] = a;
    t->last[1] = b;
    t->last[2] = hash;
    t->count += t->count < UINT32_MAX;
    if (t->count >= 3)
        put(t->to, a * 0x9e3779b185ebca87u + (b << 21 | b >> 43) * 0xc2b2ae3d27d4eb4fu +
                       (hash << 42 | hash >> 22) * 0x165667b19e3779f9u);
}

/* word: folded; sixteen bytes from its start on may be read. Up to sixteen it is two numbers and its length, which no two words share. */
static inline uint64_t word_hash(const char *word, size_t len) {
    uint64_t first, second;

    if (len > 16)
        return XXH3_64bits(word, len);
    memcpy(&first, word, 8);
    memcpy(&second, word + 8, 8);
    if (len < 8)
        first &= ((uint64_t)1 << 8 * len) - 1;
    if (len < 16)
        second &= len <= 8 ? 0 : ((uint64_t)1 << 8 * (len - 8)) - 1;
    return mixed(first + (second + len) * 0x9e3779b185ebca87u);
}

/* Something personal; of several in a row the first. */
#define SIGN 0x53494721u
static void sign_is(struct sketch_text *t) {
    if (!t->count || t->last[2] != SIGN)
        word_is(t, SIGN);
}

/* The next word of name, folded, at most room of it; its whole length, or 0 at the end. *name goes on behind it. */
static size_t name_word(str *name, char *word, size_t room) {
    size_t at = 0;

    while (name->len) {
        uint32_t point;
        size_t const width = utf8_decode(*name, &point);
        char bytes[4];
        size_t len;

        if (!width || (point < 0x80 && sorts[point] != LETTER) || (point >= 0x80 && wide_of(point) != WIDE_LETTER)) {
            *name = str_from(*name, width ? width : 1);
            if (at)
                break;
            continue;
        }
        len = utf8_encode(point >= 'A' && point <= 'Z' ? point | 0x20 : folded(point), bytes);
        if (at + len <= room)
            memcpy(word + at, bytes, len);
        at += len;
        *name = str_from(*name, width);
    }
    return at;
}

/* Of words of names: a bit for each length and first letter that occur together. */
static uint64_t *name_bits(struct sketch_text *t, size_t len) {
    return &t->names[len % COUNT(t->names)];
}

static void names_know(struct sketch_text *t) {
    char word[SKETCH_TOKEN_MAX];
    size_t len;

    t->names_known = true;
    for (size_t i = 0; i < t->without_count; i++)
        for (str name = t->without[i]; (len = name_word(&name, word, sizeof word)) > 0;)
            *name_bits(t, len) |= (uint64_t)1 << (word[0] & 63);
}

static bool is_name(struct sketch_text *t, str word) {
    char other[SKETCH_TOKEN_MAX];
    size_t len;

    if (!t->names_known)
        names_know(t);
    if (!(*name_bits(t, word.len) >> (word.ptr[0] & 63) & 1))
        return false;
    for (size_t i = 0; i < t->without_count; i++)
        for (str name = t->without[i]; (len = name_word(&name, other, sizeof other)) > 0;)
            if (len == word.len && memcmp(other, word.ptr, len) == 0)
                return true;
    return false;
}

static void letters(struct sketch_text *t, str word) {
    if (t->without_count && word.len >= 3 && is_name(t, word)) {
        sign_is(t);
        return;
    }
    word_is(t, word_hash(word.ptr, word.len));
}

static bool is_address(const struct sketch_text *t) {
    return (t->seen & (SEEN_AT | SEEN_SCHEME)) || (t->seen & (SEEN_SLASH | SEEN_DOT)) == (SEEN_SLASH | SEEN_DOT) ||
           (t->word_len > 4 && memcmp(t->word, "www.", 4) == 0);
}

static void token_end(struct sketch_text *t) {
    if (t->word_len == 0)
        return;
    if (!t->seen && !t->long_word) {
        letters(t, (str){t->word, t->word_len});
        t->word_len = 0;
        return;
    }
    if (t->long_word || is_address(t)) {
        sign_is(t);
    } else if (!(t->seen & SEEN_MARK)) {
        if (t->seen & SEEN_DIGIT)
            sign_is(t);
        else
            letters(t, (str){t->word, t->word_len});
    } else {
        for (size_t i = 0; i < t->word_len;) {
            size_t const from = i;
            bool digit = false;

            for (; i < t->word_len && sorts[(uint8_t)t->word[i]] != MARK; i++)
                digit = digit || sorts[(uint8_t)t->word[i]] == DIGIT;
            if (digit)
                sign_is(t);
            else if (i > from)
                letters(t, (str){t->word + from, i - from});
            else
                i++;
        }
    }
    t->word_len = t->seen = 0;
    t->long_word = false;
}

static inline void token_add(struct sketch_text *t, const char *bytes, size_t len) {
    if (len > SKETCH_TOKEN_MAX - t->word_len) {
        t->long_word = true;
        return;
    }
    memcpy(t->word + t->word_len, bytes, len);
    t->word_len = (uint8_t)(t->word_len + len);
}

static inline void mark(struct sketch_text *t, char c) {
    /* Punctuation in front of a word and alone is none of it. */
    if (t->word_len == 0)
        return;
    t->seen |= SEEN_MARK;
    if (c == '@')
        t->seen |= SEEN_AT;
    else if (c == '.')
        t->seen |= SEEN_DOT;
    else if (c == '/') {
        t->seen |= SEEN_SLASH;
        if (!t->long_word && t->word_len >= 2 && memcmp(t->word + t->word_len - 2, ":/", 2) == 0)
            t->seen |= SEEN_SCHEME;
    }
    token_add(t, &c, 1);
}

static void wide(struct sketch_text *t, uint32_t point) {
    char bytes[4];
    size_t len;

    switch (wide_of(point)) {
    case WIDE_NOTHING:
        return;
    case WIDE_APART:
        token_end(t);
        return;
    case WIDE_WORD:
        token_end(t);
        word_is(t, mixed(point));
        return;
    default:
        len = utf8_encode(folded(point), bytes);
        token_add(t, bytes, len);
    }
}

/* A character that a piece's end broke goes on in this one: the bytes of piece that were taken. */
static size_t part_on(struct sketch_text *t, str piece) {
    size_t taken = 0;

    while (t->part_len) {
        uint8_t const first = (uint8_t)t->part[0];
        size_t const want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        uint32_t point;
        size_t width;

        while (t->part_len < want && taken < piece.len && ((uint8_t)piece.ptr[taken] & 0xc0) == 0x80)
            t->part[t->part_len++] = piece.ptr[taken++];
        if (t->part_len < want && taken == piece.len)
            return taken;
        width = utf8_decode((str){t->part, t->part_len}, &point);
        if (width)
            wide(t, point);
        else /* not well formed: as one, whatever the cut */
            token_end(t);
        t->part_len = 0;
    }
    return taken;
}

void sketch_text_add(struct sketch_text *t, str piece) {
    const char *p = piece.ptr + part_on(t, piece), *const end = piece.ptr + piece.len;

    while (p < end) {
        uint8_t const c = (uint8_t)*p;
        const char *from;

        switch (sorts[c]) {
        case LETTER: {
#ifdef __SSE2__
            if (end - p >= 16 && t->word_len <= SKETCH_TOKEN_MAX - 16) {
                __m128i const v = _mm_loadu_si128((const __m128i *)(const void *)p);
                __m128i const small = _mm_or_si128(v, _mm_set1_epi8(0x20));
                __m128i const from_a = _mm_sub_epi8(small, _mm_set1_epi8('a'));
                int const is = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a));
                int const n = is == 0xffff ? 16 : __builtin_ctz(~(unsigned)is);

                _mm_storeu_si128((__m128i *)(void *)(t->word + t->word_len), small);
                t->word_len = (uint8_t)(t->word_len + n);
                p += n;
                if (p < end && *p == ' ') {
                    token_end(t);
                    p++;
                }
                break;
            }
#endif
            char lower[SKETCH_TOKEN_MAX];
            size_t n = 0;

            for (from = p; p < end && sorts[(uint8_t)*p] == LETTER; p++)
                if (n < sizeof lower)
                    lower[n++] = (char)(*p | 0x20);
            if ((size_t)(p - from) > n)
                t->long_word = true;
            token_add(t, lower, n);
            break;
        }
        case DIGIT:
            t->seen |= SEEN_DIGIT;
            token_add(t, p++, 1);
            break;
        case MARK:
            mark(t, *p++);
            break;
        case WIDE: /* gathered, so that a cut within makes no difference */
            t->part[0] = *p++;
            t->part_len = 1;
            if (c < 0xc2 || c > 0xf4) {
                t->part_len = 0;
                token_end(t);
            } else {
                p += part_on(t, (str){p, (size_t)(end - p)});
            }
            break;
        default:
            token_end(t);
            p++;
        }
    }
}

void sketch_text_end(struct sketch_text *t) {
    if (t->part_len)
        token_end(t);
    t->part_len = 0;
    token_end(t);
    if (t->count == 1 || t->count == 2)
        sketch_add(t->to, t->last[1] * 0x9e3779b185ebca87u + (t->last[2] << 21 | t->last[2] >> 43) + t->count);
}
