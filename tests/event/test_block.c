/* test_block: dictionaries against a naive list, blocks against a naive table, memory refused and memory told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <malloc.h>
#include <math.h>

#include "event/block.h"
#include "event/kind.h"
#include "event/value.h"
#include "../refuse.h"

static uint32_t draw(uint64_t *random, uint32_t below) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*random >> 33) % below);
}

/* ------------------------------------------------------------------ values of every raw type */

/* A raw value, and what the header says becomes of it. */
struct sample {
    uint8_t type;
    bool inner;
    char *bytes; /* of just this size, so that the sanitizer sees what is read beyond */
    size_t len;
    struct buf text;
    size_t repaired;
    size_t equal; /* the first of the pool that is the same value */
};

static const uint8_t types_of[RAW_TYPES] = {
    [RAW_NULL] = VALUE_NULL,     [RAW_TEXT] = VALUE_TEXT,  [RAW_NUMBER] = VALUE_NUMBER, [RAW_BOOL] = VALUE_BOOL,
    [RAW_UTF16] = VALUE_TEXT,    [RAW_I64] = VALUE_NUMBER, [RAW_U64] = VALUE_NUMBER,    [RAW_F64] = VALUE_NUMBER,
    [RAW_WIN_BOOL] = VALUE_BOOL, [RAW_GUID] = VALUE_TEXT,  [RAW_FILETIME] = VALUE_TEXT, [RAW_SYSTEMTIME] = VALUE_TEXT,
    [RAW_SID] = VALUE_TEXT,      [RAW_HEX32] = VALUE_TEXT, [RAW_HEX64] = VALUE_TEXT,    [RAW_BINARY] = VALUE_TEXT,
};

static void sample_set(struct sample *s, uint8_t type, bool inner, str bytes) {
    *s = (struct sample){.type = type, .inner = inner, .bytes = malloc(bytes.len), .len = bytes.len};
    assert_true(s->bytes || !bytes.len);
    if (bytes.len)
        memcpy(s->bytes, bytes.ptr, bytes.len);
    value_render(type, bytes, &s->text, &s->repaired);
    assert_false(s->text.failed);
}

static void sample_free(struct sample *s) {
    free(s->bytes);
    buf_free(&s->text);
}

static str raw_of(const struct sample *s) {
    return (str){s->bytes ? s->bytes : "", s->len};
}

/* What is compared: UTF-16 without half a character and without one NUL at its end. */
static str key_of(const struct sample *s) {
    str key = raw_of(s);

    if (s->type == RAW_UTF16) {
        key.len &= ~(size_t)1;
        if (key.len && !key.ptr[key.len - 2] && !key.ptr[key.len - 1])
            key.len -= 2;
    }
    return key;
}

static bool same_value(const struct sample *a, const struct sample *b) {
    return a->type == b->type && a->inner == b->inner && str_eq(key_of(a), key_of(b));
}

/* Bytes longer than this may get a new code each time. */
#define LOOKED_UP_MAX 65535u

static bool looked_up(const struct sample *s) {
    bool const text = s->type <= RAW_UTF16;

    return !s->repaired && (text || s->len <= LOOKED_UP_MAX);
}

static size_t random_text(uint64_t *r, char *to, size_t len) {
    static const str pieces[] = {STR("\xc3\xa4"), STR("\xe2\x82\xac"), STR("\xf0\x9f\x94\x8d"), STR("\xef\xbf\xbd"),
                                 STR("\0")};
    static const str bad[] = {STR("\xe4"), STR("\xed\xa0\x80"), STR("\xc0\xaf"), STR("\xf4\x90\x80\x80"),
                              STR("\xe2\x82")};
    uint32_t const how = draw(r, 4); /* ASCII alone, twice; with others; with what is no UTF-8 */
    size_t used = 0;

    while (used < len) {
        str const piece = how == 2 && !draw(r, 5)   ? pieces[draw(r, COUNT(pieces))]
                          : how == 3 && !draw(r, 9) ? bad[draw(r, COUNT(bad))]
                                                    : (str){&"abcABC xyz\\/0"[draw(r, 13)], 1};

        if (piece.len > len - used)
            to[used++] = 'e';
        else {
            memcpy(to + used, piece.ptr, piece.len);
            used += piece.len;
        }
    }
    return used;
}

static size_t random_utf16(uint64_t *r, char *to, size_t len) {
    uint32_t const how = draw(r, 4);
    size_t const units = len / 2;

    for (size_t i = 0; i < units; i++) {
        uint16_t unit = (uint16_t)(how >= 2 && !draw(r, 6) ? 0x80 + draw(r, 0x2000) : 'a' + draw(r, 26));

        if (how == 2 && i + 1 < units && !draw(r, 8)) { /* a pair */
            unit = (uint16_t)(0xd800 + draw(r, 0x400));
            memcpy(to + 2 * i++, &unit, 2);
            unit = (uint16_t)(0xdc00 + draw(r, 0x400));
        } else if (how == 3 && !draw(r, 10)) /* half of one, if no other half happens to follow */
            unit = (uint16_t)(0xd800 + draw(r, 0x800));
        memcpy(to + 2 * i, &unit, 2);
    }
    if (units && !draw(r, 4))
        memset(to + 2 * units - 2, 0, 2);
    if (units > 1 && !draw(r, 8)) /* a second NUL, which stays */
        memset(to + 2 * units - 4, 0, 4);
    if (len & 1)
        to[len - 1] = 'o';
    return len;
}

/* Bytes for a type: mostly what such a value is, also too few or too many. */
static size_t random_bytes(uint64_t *r, uint8_t type, char *to, size_t len) {
    static const uint64_t ends[] = {0,          1,          INT64_MAX, (uint64_t)1 << 63,
                                    UINT64_MAX, UINT32_MAX, 4688,      UINT64_C(132600000000000000)};
    static const double doubles[] = {
        0, -0.0, 1.5, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN, 0.1, 1e300, (double)INFINITY, (double)NAN};
    static const size_t sizes[RAW_TYPES] = {
        [RAW_I64] = 8,      [RAW_U64] = 8,         [RAW_F64] = 8,   [RAW_WIN_BOOL] = 1, [RAW_GUID] = 16,
        [RAW_FILETIME] = 8, [RAW_SYSTEMTIME] = 16, [RAW_HEX32] = 4, [RAW_HEX64] = 8};

    switch (type) {
    case RAW_NULL:
        return 0;
    case RAW_TEXT:
        return random_text(r, to, len);
    case RAW_UTF16:
        return random_utf16(r, to, len);
    case RAW_NUMBER:
        return (size_t)snprintf(to, 40, "%s%u%s", draw(r, 2) ? "-" : "", draw(r, 100), draw(r, 2) ? ".50e+3" : "");
    case RAW_BOOL:
        return (size_t)snprintf(to, 40, "%s", draw(r, 2) ? "true" : "false");
    default:
        break;
    }
    for (size_t i = 0; i < len || i < 80; i++)
        to[i] = (char)draw(r, 256);
    if (type == RAW_SID && draw(r, 4)) {
        to[0] = 1;
        to[1] = (char)draw(r, 6);
        memset(to + 2, 0, 5);
        return 8 + 4 * (size_t)to[1];
    }
    if (type == RAW_SID || type == RAW_BINARY || !draw(r, 8))
        return len;
    if (type == RAW_F64 && draw(r, 2))
        memcpy(to, &doubles[draw(r, COUNT(doubles))], 8);
    else if (sizes[type] <= 8 && draw(r, 2))
        memcpy(to, &ends[draw(r, COUNT(ends))], sizes[type]);
    return sizes[type];
}

/* So many values of all types, mostly short, and which of them are the same. */
static void pool_make(struct sample *pool, size_t count, uint64_t seed) {
    static const size_t lengths[] = {0,  1,  2,  3,   7,   8,   9,   14,  15,  16,  17,  18,  31,
                                     32, 33, 34, 159, 160, 161, 162, 255, 256, 257, 319, 320, 322};
    static const size_t large[] = {65533, 65534, 65535, 65536, 65537, 131072};
    char *const bytes = malloc(140000);
    uint64_t random = seed;

    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++) {
        size_t const len =
            draw(&random, 60) ? lengths[draw(&random, COUNT(lengths))] : large[draw(&random, COUNT(large))];

        if (i && !draw(&random, 8)) { /* the same bytes, maybe as another type or one byte off */
            const struct sample *const other = &pool[draw(&random, (uint32_t)i)];
            uint8_t const type = draw(&random, 2) ? other->type : (uint8_t)draw(&random, RAW_TYPES);
            size_t const size = type == RAW_NULL ? 0 : other->len;

            if (size)
                memcpy(bytes, other->bytes, size);
            if (size && !draw(&random, 2))
                bytes[draw(&random, 3) ? size - 1 : draw(&random, (uint32_t)size)] ^= 1;
            sample_set(&pool[i], type, draw(&random, 2), (str){bytes, size});
        } else {
            uint8_t const type = (uint8_t)draw(&random, RAW_TYPES);

            sample_set(&pool[i], type, !draw(&random, 4), (str){bytes, random_bytes(&random, type, bytes, len)});
        }
        for (pool[i].equal = 0; !same_value(&pool[pool[i].equal], &pool[i]);)
            pool[i].equal++;
    }
    free(bytes);
}

static void pool_free(struct sample *pool, size_t count) {
    for (size_t i = 0; i < count; i++)
        sample_free(&pool[i]);
}

static bool all_ascii(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Is the value just what the sample says? */
static void value_is(const struct value *v, const struct sample *s) {
    str const text = buf_str(&s->text);

    if (!str_eq(value_text(v), text))
        fail_msg("type %u, %zu bytes: %u bytes of text for %zu", s->type, s->len, v->len, text.len);
    assert_int_equal(v->type, types_of[s->type]);
    assert_int_equal(v->raw_type, s->type);
    assert_int_equal(v->inner, s->inner);
    assert_int_equal(v->ascii, all_ascii(text));
}

/* ------------------------------------------------------------------ dictionary */

#define POOL 400u
/* Which value of the pool each code stands for, and the code that each value has. */
struct naive {
    const struct sample *pool;
    uint32_t *of_code, codes, room; /* + 1 */
    uint32_t code_of[POOL];         /* by .equal; 0: none yet */
};

/* One value into the dictionary, checked against the list. False: no code. */
static bool add(struct dictionary *d, struct naive *n, uint32_t i) {
    const struct sample *const s = &n->pool[i];
    bool const plain = d->plain;
    size_t repaired = 7;
    uint32_t const code = dictionary_code(d, s->type, s->inner, raw_of(s), &repaired);

    if (code == CODE_ABSENT)
        return false;
    assert_true(code <= d->count);
    if (repaired != 7 + s->repaired)
        fail_msg("type %u, %zu bytes: %zu repaired, not %zu", s->type, s->len, repaired - 7, s->repaired);
    value_is(dictionary_value(d, code), s);
    if (code > n->codes) { /* new */
        assert_int_equal(code, n->codes + 1);
        if (!plain && looked_up(s) && n->code_of[s->equal])
            fail_msg("type %u, %zu bytes: a second code", s->type, s->len);
        if (n->codes == n->room) {
            n->room = n->room ? n->room * 2 : 64;
            assert_non_null(n->of_code = realloc(n->of_code, n->room * sizeof *n->of_code));
        }
        n->of_code[n->codes++] = i;
        if (looked_up(s) && !n->code_of[s->equal])
            n->code_of[s->equal] = code;
    } else {
        assert_false(plain); /* every value has a code of its own */
        assert_int_equal(n->pool[n->of_code[code - 1]].equal, s->equal);
        assert_int_equal(code, n->code_of[s->equal]);
    }
    return true;
}

/* Every code given still stands for its value. */
static void all_hold(const struct dictionary *d, const struct naive *n) {
    assert_int_equal(d->count, n->codes);
    for (uint32_t code = 1; code <= n->codes; code++)
        value_is(dictionary_value(d, code), &n->pool[n->of_code[code - 1]]);
}

static void codes_against_a_list(void **state) {
    struct sample *const pool = calloc(POOL, sizeof *pool);
    (void)state;

    assert_non_null(pool);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct dictionary d;
        struct naive n = {.pool = pool};
        uint64_t random = seed;
        size_t met[RAW_TYPES] = {0};

        pool_make(pool, POOL, seed);
        for (size_t i = 0; i < POOL; i++)
            met[pool[i].type]++;
        for (size_t type = 0; type < RAW_TYPES; type++)
            assert_true(met[type]);
        assert_true(dictionary_init(&d, seed * 77));
        for (int round = 0; round < 3000; round++)
            assert_true(add(&d, &n, draw(&random, POOL)));
        assert_false(d.plain);
        all_hold(&d, &n);
        dictionary_reset(&d);
        assert_int_equal(d.count, 0);
        memset(n.code_of, 0, sizeof n.code_of); /* all forgotten: codes begin at 1 again */
        n.codes = 0;
        for (int round = 0; round < 1000; round++)
            assert_true(add(&d, &n, draw(&random, POOL)));
        all_hold(&d, &n);
        dictionary_free(&d);
        free(n.of_code);
        pool_free(pool, POOL);
    }
    free(pool);
}

static void a_value_longer_than_the_longest(void **state) {
    size_t const len = VALUE_BYTES_MAX + 3;
    char *const bytes = malloc(len);
    struct dictionary d;
    size_t repaired = 0;
    uint32_t first, again;
    (void)state;

    assert_non_null(bytes);
    memset(bytes, 'a', len);
    assert_true(dictionary_init(&d, 1));
    first = dictionary_code(&d, RAW_TEXT, false, (str){bytes, len}, &repaired);
    assert_int_equal(dictionary_value(&d, first)->len, VALUE_BYTES_MAX);
    bytes[len - 1] = 'b'; /* behind the cut: the same */
    again = dictionary_code(&d, RAW_TEXT, false, (str){bytes, len}, &repaired);
    assert_int_equal(first, again);
    assert_int_equal(repaired, 0);
    memcpy(bytes + VALUE_BYTES_MAX - 1, "\xc3\xa4", 2); /* a character is cut in two: its first half is repaired */
    again = dictionary_code(&d, RAW_TEXT, false, (str){bytes, len}, &repaired);
    assert_int_equal(repaired, 1);
    assert_int_equal(dictionary_value(&d, again)->len, VALUE_BYTES_MAX + 2);
    dictionary_free(&d);
    free(bytes);
}

/* What needs repair is counted each time it comes, also right behind a sound value of the same text and before it. */
static void repairs_are_counted_every_time(void **state) {
    static const struct {
        const char *name;
        uint8_t type;
        str broken, sound;
        size_t repaired;
    } cases[] = {
        {"lone byte", RAW_TEXT, STR("a\xe4"), STR("a\xef\xbf\xbd"), 1},
        {"surrogate in UTF-8", RAW_TEXT, STR("\xed\xa0\x80"), STR("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"), 3},
        {"half a character", RAW_UTF16, STR("A\0B"), STR("A\0"), 1},
        {"half a character, ended", RAW_UTF16, STR("A\0\0\0B"), STR("A\0\0\0"), 1},
        {"half a character alone", RAW_UTF16, STR("B"), STR(""), 1},
        {"lone high surrogate", RAW_UTF16, STR("\x3d\xd8"), STR("\xfd\xff"), 1},
        {"lone low surrogate", RAW_UTF16, STR("a\0\x0d\xdd"), STR("a\0\xfd\xff"), 1},
        {"number of no ASCII", RAW_NUMBER, STR("1\xff"), STR("1\xef\xbf\xbd"), 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        for (int sound_first = 0; sound_first < 2; sound_first++)
            for (int plain = 0; plain < 2; plain++) {
                struct dictionary d;
                size_t repaired = 0, expected = 0;

                assert_true(dictionary_init(&d, i));
                d.plain = plain;
                for (int round = 0; round < 6; round++) {
                    bool const sound = round % 2 != sound_first;
                    uint32_t const code =
                        dictionary_code(&d, cases[i].type, false, sound ? cases[i].sound : cases[i].broken, &repaired);

                    assert_true(code != CODE_ABSENT);
                    expected += sound ? 0 : cases[i].repaired;
                    if (repaired != expected)
                        fail_msg("%s, round %d: %zu", cases[i].name, round, repaired);
                }
                dictionary_free(&d);
            }
}

/* Values that are nearly all different: codes are new from then on, and nothing else changes. */
static void plain_when_nearly_all_differ(void **state) {
    static struct sample pool[POOL];
    struct dictionary d;
    struct naive n = {.pool = pool};
    uint64_t random = 3;
    uint32_t before;
    char text[32];
    size_t repaired = 0;
    (void)state;

    pool_make(pool, POOL, 5);
    assert_true(dictionary_init(&d, 9));
    for (uint32_t i = 0; i < POOL; i++)
        assert_true(add(&d, &n, i));
    before = d.count;
    for (uint32_t i = 0; !d.plain; i++) {
        uint32_t code;

        assert_true(i < 10000);
        code = dictionary_code(&d, RAW_TEXT, false, (str){text, (size_t)snprintf(text, sizeof text, "unique %u", i)},
                               &repaired);
        assert_int_equal(code, before + i + 1);
        assert_true(str_eq(value_text(dictionary_value(&d, code)), str_of(text)));
    }
    for (uint32_t code = 1; code <= before; code++)
        value_is(dictionary_value(&d, code), &pool[n.of_code[code - 1]]);
    for (int round = 0; round < 1000; round++) {
        const struct sample *const s = &pool[draw(&random, POOL)];
        uint32_t const last = d.count,
                       code = dictionary_code(&d, s->type, s->inner, raw_of(s), (repaired = 0, &repaired));

        assert_int_equal(code, last + 1);
        assert_int_equal(repaired, s->repaired);
        value_is(dictionary_value(&d, code), s);
    }
    dictionary_reset(&d);
    assert_int_equal(dictionary_code(&d, RAW_TEXT, false, S("again"), &repaired), 1);
    assert_true(str_eq(value_text(dictionary_value(&d, 1)), S("again")));
    dictionary_free(&d);
    free(n.of_code);

    /* Half of them seen before: looked up for ever. */
    assert_true(dictionary_init(&d, 9));
    for (uint32_t i = 0; i < 30000; i++)
        assert_true(dictionary_code(&d, RAW_TEXT, false, (str){text, (size_t)snprintf(text, sizeof text, "%u", i / 2)},
                                    &repaired) == i / 2 + 1);
    assert_false(d.plain);
    dictionary_free(&d);
    pool_free(pool, POOL);
}

static void lists(void **state) {
    struct dictionary d;
    size_t repaired = 0;
    uint32_t items[70], codes[71];
    (void)state;

    assert_true(dictionary_init(&d, 4));
    for (uint32_t i = 0; i < COUNT(items); i++) /* 0 to 9, seven times over */
        items[i] = dictionary_code(&d, RAW_TEXT, false, (str){&"0123456789"[i % 10], 1}, &repaired);
    assert_int_equal(d.count, 10);
    for (uint32_t count = 0; count <= COUNT(items); count++)
        assert_int_equal(codes[count] = dictionary_list(&d, items, count), 10 + count + 1);
    for (uint32_t count = 0; count <= COUNT(items); count++) {
        const struct value *const v = dictionary_value(&d, codes[count]);

        assert_int_equal(v->type, VALUE_LIST);
        assert_int_equal(v->len, count);
        assert_false(v->inner);
        assert_memory_equal(value_items(v), items, count * sizeof *items);
    }
    dictionary_free(&d);
}

/* Whatever request for memory is refused: no code, and asked again the dictionary answers as if nothing had been. */
static void dictionary_without_memory(void **state) {
    static struct sample pool[POOL];
    uint32_t *const room = malloc(2 * POOL * sizeof *room);
    (void)state;

    free(REFUSES ? NULL : room);
    REFUSE_OR_SKIP();
    pool_make(pool, POOL, 21);
    assert_non_null(room);
    for (long refused = 0, done = 0; !done; refused++) {
        struct naive n = {.pool = pool, .of_code = room, .room = 2 * POOL};
        struct dictionary d;
        uint32_t failed = 0;

        memory_refused = false;
        memory_left = refused;
        if (!dictionary_init(&d, 1)) {
            assert_true(memory_refused);
            continue;
        }
        for (uint32_t i = 0; i < 2 * POOL; i++)
            if (!add(&d, &n, i % POOL)) {
                assert_true(memory_refused);
                assert_int_equal(d.count, n.codes);
                failed++;
                i--;
            }
        memory_left = -1;
        done = !memory_refused;
        assert_int_equal(failed, !done);
        all_hold(&d, &n);
        dictionary_free(&d);
    }
    free(room);
    pool_free(pool, POOL);
}

/* ------------------------------------------------------------------ block */

#define FIELDS 6u
#define ROWS 300u
#define CELLS 9u
/* What is in the block, by row and field: values of the pool. */
struct table {
    uint32_t cells[ROWS][FIELDS][CELLS], counts[ROWS][FIELDS];
    uint32_t rows;
};

static void cell_is(const struct dictionary *d, uint32_t code, const struct sample *pool, const uint32_t *values,
                    uint32_t count) {
    const struct value *v;

    if (count == 0) {
        assert_int_equal(code, CODE_ABSENT);
        return;
    }
    assert_true(code && code <= d->count);
    v = dictionary_value(d, code);
    if (count == 1) {
        value_is(v, &pool[values[0]]);
        return;
    }
    assert_int_equal(v->type, VALUE_LIST);
    assert_int_equal(v->len, count);
    for (uint32_t i = 0; i < count; i++)
        value_is(dictionary_value(d, value_items(v)[i]), &pool[values[i]]);
}

static void block_is(const struct block *b, const struct sample *pool, const struct table *t) {
    assert_int_equal(b->row_count, t->rows);
    for (field_id field = 0; field < FIELDS; field++) {
        const struct column *const c = block_column(b, field * 300);

        for (uint32_t row = 0; row < t->rows; row++) {
            assert_int_equal(b->rows[row].number, row + 1000);
            cell_is(c ? &c->dict : NULL, c ? c->codes[row] : CODE_ABSENT, pool, t->cells[row][field],
                    t->counts[row][field]);
        }
        if (c)
            assert_int_equal(c->field, field * 300);
    }
}

/* One row: values come in long runs, alternate, are missing, or are several; *repaired as it should be. */
static void row_add(struct block *b, const struct sample *pool, struct table *t, uint64_t *random) {
    size_t repaired = 0, expected = 0;

    assert_true(block_row_room(b));
    memset(t->counts[t->rows], 0, sizeof t->counts[0]);
    for (uint32_t k = 0; k < FIELDS + 3; k++) {
        field_id const field = k < FIELDS ? k : draw(random, FIELDS); /* again: a list */
        uint32_t const how = draw(random, 8), *const before = t->rows ? t->cells[t->rows - 1][field] : NULL;
        uint32_t *const count = &t->counts[t->rows][field];
        uint32_t const value =
            before && t->counts[t->rows - 1][field] && how < 4 ? before[0] : draw(random, how < 6 ? 12 : POOL);
        struct column *const c = block_column_make(b, field * 300, 1);
        const struct sample *const s = &pool[value];

        assert_non_null(c);
        if ((k < FIELDS && how == 7) || *count == CELLS)
            continue;
        assert_true(block_cell(b, c, &(struct raw){field * 300, s->type, s->inner, 0, (uint32_t)s->len, raw_of(s).ptr},
                               &repaired));
        expected += s->repaired;
        t->cells[t->rows][field][(*count)++] = value;
    }
    assert_int_equal(repaired, expected);
    b->rows[b->row_count++] = (struct row){.number = 1000 + t->rows++};
}

static void rows_against_a_table(void **state) {
    static struct sample pool[POOL];
    static struct table t;
    struct err e = {0};
    (void)state;

    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t random = seed;
        struct block *b;

        pool_make(pool, POOL, seed + 100);
        assert_true(block_new(&b, NULL, S("acme/door"), &e));
        assert_true(str_eq(b->name, S("acme/door")));
        for (int filled = 0; filled < 12; filled++) {
            uint32_t const rows = 1 + draw(&random, ROWS - 1), generation = b->generation;

            for (t.rows = 0; t.rows < rows;)
                row_add(b, pool, &t, &random);
            block_is(b, pool, &t);
            if (draw(&random, 3)) {
                block_clear(b);
                assert_int_equal(b->generation, generation);
            } else {
                block_reset(b);
                assert_int_equal(b->generation, generation + 1);
            }
            t.rows = 0;
            block_is(b, pool, &t);
            if (!draw(&random, 4)) { /* nothing in between */
                block_clear(b);
                block_reset(b);
            }
        }
        block_free(b);
        pool_free(pool, POOL);
    }
}

/* Values of one field keep order and duplicates, past every power of two. */
static void many_values_of_one_field(void **state) {
    struct err e = {0};
    struct block *b;
    struct column *c;
    size_t repaired = 0;
    (void)state;

    assert_true(block_new(&b, NULL, S("k"), &e));
    assert_non_null(c = block_column_make(b, 3, 1));
    for (uint32_t count = 1; count <= 70; count++) {
        assert_true(block_row_room(b));
        for (uint32_t i = 0; i < count; i++)
            assert_true(block_cell(b, c, &(struct raw){3, RAW_TEXT, false, 0, 1, &"aabcddd"[i % 7]}, &repaired));
        b->row_count++;
    }
    for (uint32_t count = 1; count <= 70; count++) {
        const struct value *const v = dictionary_value(&c->dict, c->codes[count - 1]);

        assert_int_equal(v->type, count == 1 ? VALUE_TEXT : VALUE_LIST);
        assert_int_equal(v->len, count);
        for (uint32_t i = 0; count > 1 && i < count; i++)
            assert_int_equal(*dictionary_value(&c->dict, value_items(v)[i])->ptr, "aabcddd"[i % 7]);
    }
    block_free(b);
}

static void places(void **state) {
    struct err e = {0};
    struct block *b;
    struct column *c;
    (void)state;

    assert_true(block_new(&b, NULL, S(""), &e));
    assert_null(block_column(b, 0));
    assert_null(block_column(b, FIELD_NONE - 1));
    assert_true(block_place(b, 700, (uint32_t)1 << RAW_NUMBER, (uint32_t)1 << RAW_TEXT));
    assert_null(block_column(b, 700));
    assert_int_equal(b->places[700].unwanted, 1 << RAW_NUMBER);
    assert_int_equal(b->places[700].sifted, 1 << RAW_TEXT);
    assert_int_equal(b->places[700].column, COLUMN_NONE);
    assert_int_equal(b->places[699].unwanted, 0);
    assert_int_equal(b->places[699].column, COLUMN_UNMET);
    assert_non_null(c = block_column_make(b, 700, 1));
    assert_ptr_equal(block_column(b, 700), c);
    assert_ptr_equal(block_column_make(b, 700, 1), c);
    assert_int_equal(b->places[700].unwanted, 1 << RAW_NUMBER);
    for (field_id field = 0; field < 200; field++) /* more than the first room for columns */
        assert_non_null(block_column_make(b, field, 1));
    assert_ptr_equal(block_column(b, 700), c);
    assert_int_equal(b->column_count, 201);
    assert_null(block_column(b, 200));
    block_free(b);
    block_free(NULL);
}

static void names_of_rows(void **state) {
    static const char long_name[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                                    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!";
    static const struct {
        const char *name;
        struct raw values[3];
        uint32_t count;
        const char *mixed;
    } cases[] = {
        {"missing", {{0}}, 0, "acme"},
        {"text", {{.type = RAW_TEXT, .len = 2, .ptr = "HQ"}}, 1, "acme/HQ"},
        {"UTF-16", {{.type = RAW_UTF16, .len = 6, .ptr = "H\0Q\0\0\0"}}, 1, "acme/HQ"},
        {"number", {{.type = RAW_U64, .len = 8, .ptr = "\x50\x12\0\0\0\0\0\0"}}, 1, "acme/4688"},
        {"null", {{.type = RAW_NULL, .ptr = ""}}, 1, "acme"},
        {"empty", {{.type = RAW_TEXT, .ptr = ""}}, 1, "acme"},
        {"the longest", {{.type = RAW_TEXT, .len = 128, .ptr = long_name}}, 1, NULL},
        {"too long", {{.type = RAW_TEXT, .len = 129, .ptr = long_name}}, 1, "acme"},
        {"inner", {{.type = RAW_TEXT, .inner = true, .len = 2, .ptr = "HQ"}}, 1, "acme"},
        {"list", {{.type = RAW_TEXT, .len = 1, .ptr = "b"}, {.type = RAW_TEXT, .len = 1, .ptr = "a"}}, 2, "acme/b"},
        {"list, the first empty", {{.type = RAW_TEXT, .ptr = ""}, {.type = RAW_TEXT, .len = 1, .ptr = "a"}}, 2, "acme"},
        {"list, the first inner",
         {{.type = RAW_TEXT, .inner = true, .len = 1, .ptr = "x"},
          {.type = RAW_TEXT, .len = 1, .ptr = "a"},
          {.type = RAW_TEXT, .len = 1, .ptr = "b"}},
         3,
         "acme/a"},
        {"list, all inner",
         {{.type = RAW_TEXT, .inner = true, .len = 1, .ptr = "x"},
          {.type = RAW_TEXT, .inner = true, .len = 1, .ptr = "y"}},
         2,
         "acme"},
    };
    struct kind const kind = {.name = STR("acme"), .each = 5};
    struct buf room = {0};
    struct err e = {0};
    size_t repaired = 0;
    (void)state;

    for (int mixed = 0; mixed < 2; mixed++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            char expected[200];
            struct block *b;
            str name;

            snprintf(expected, sizeof expected, "acme/%.128s", long_name);
            assert_true(block_new(&b, &kind, kind.name, &e) && block_row_room(b));
            b->mixed = mixed;
            assert_true(str_eq(block_row_name(b, 0, &room), S("acme"))); /* not even a column */
            for (uint32_t k = 0; k < cases[i].count; k++)
                assert_true(block_cell(b, block_column_make(b, 5, 1), &cases[i].values[k], &repaired));
            b->row_count++;
            name = block_row_name(b, 0, &room);
            if (!str_eq(name, mixed ? str_of(cases[i].mixed ? cases[i].mixed : expected) : S("acme")))
                fail_msg("%s: '%.*s'", cases[i].name, STR_ARG(name));
            block_free(b);
        }
    buf_free(&room);
}

/* ------------------------------------------------------------------ memory */

/* A row of three fields, one of them of two values. False: no memory; the row is as far as it came. */
static bool some_row(struct block **b, uint32_t number) {
    struct err e = {0};
    char text[24];
    size_t repaired = 0;

    if (!*b && !block_new(b, NULL, S("k"), &e)) {
        assert_int_equal(e.code, ERR_MEMORY);
        *b = NULL;
        return false;
    }
    if (!block_row_room(*b))
        return false;
    for (field_id field = 0; field < 4; field++) {
        struct raw const v = {
            field % 3, RAW_TEXT, false, 0, (uint32_t)snprintf(text, sizeof text, "%u of %u", number, field), text};
        struct column *const c = block_column_make(*b, v.field, 1);

        if (!c || !block_cell(*b, c, &v, &repaired))
            return false;
    }
    (*b)->row_count++;
    return true;
}

/* Rows that failed half way are emptied with the others, whatever is done next. */
static void block_without_memory(void **state) {
    (void)state;

    REFUSE_OR_SKIP();
    for (int reset = 0; reset < 2; reset++)
        for (long refused = 0, done = 0; !done; refused++) {
            struct block *b = NULL;
            uint32_t number = 0;

            memory_refused = false;
            memory_left = refused;
            while (number < 150 && some_row(&b, number))
                number++;
            memory_left = -1;
            done = !memory_refused;
            assert_int_equal(done, number == 150);
            if (b && reset)
                block_reset(b);
            else if (b)
                block_clear(b);
            for (number = 0; number < 3; number++)
                assert_true(some_row(&b, number));
            for (uint32_t row = 0; row < 3; row++)
                for (field_id field = 0; field < 3; field++) {
                    const struct column *const c = block_column(b, field);
                    const struct value *v = dictionary_value(&c->dict, c->codes[row]);
                    char text[24];

                    assert_int_equal(v->type, field ? VALUE_TEXT : VALUE_LIST);
                    if (!field) {
                        assert_int_equal(v->len, 2);
                        v = dictionary_value(&c->dict, value_items(v)[0]);
                    }
                    snprintf(text, sizeof text, "%u of %u", row, field);
                    assert_true(str_eq(value_text(v), str_of(text)));
                }
            block_free(b);
        }
}

/* What a block says it holds against what the allocator says was asked for: neither more than a tenth off once there is
 * something in it, nor more than a few pages, however the values are. */
static void memory_is_told(void **state) {
    static const struct {
        const char *name;
        uint8_t type;
        uint32_t columns, rows, len;
        bool same; /* every row has the same value */
    } cases[] = {
        {"many columns of one value", RAW_TEXT, 3000, 1, 4, true},
        {"one value again and again", RAW_TEXT, 10, 3000, 20, true},
        {"new short ones", RAW_TEXT, 10, 3000, 8, false},
        {"new long ones", RAW_TEXT, 2, 300, 5000, false},
        {"UTF-16", RAW_UTF16, 2, 300, 5000, false},
        {"UTF-16 longer than a slab", RAW_UTF16, 1, 30, 1 << 20, false},
        {"binary", RAW_BINARY, 2, 300, 5000, false},
    };
    char *const bytes = malloc(1 << 20);
    (void)state;

    if (!REFUSES)
        free(bytes);
    REFUSE_OR_SKIP(); /* the sanitizers' allocator counts otherwise */
    assert_non_null(bytes);
    memset(bytes, 'b', 1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mallinfo2 const before = mallinfo2();
        struct err e = {0};
        struct block *b;
        size_t repaired = 0;
        uint32_t number = 0;

        assert_true(block_new(&b, NULL, S("k"), &e));
        for (int filled = 0; filled < 3; filled++) { /* empty, full, and with its values forgotten */
            struct mallinfo2 now;
            size_t asked, told;

            for (uint32_t row = 0; filled == 1 && row < cases[i].rows; row++) {
                assert_true(block_row_room(b));
                for (field_id field = 0; field < cases[i].columns; field++) {
                    struct column *const c = block_column_make(b, field, 1);

                    number += !cases[i].same;
                    memcpy(bytes, &number, 4);
                    assert_true(c &&
                                block_cell(b, c, &(struct raw){field, cases[i].type, false, 0, cases[i].len, bytes},
                                           &repaired));
                }
                b->row_count++;
            }
            if (filled == 2)
                block_reset(b);
            now = mallinfo2();
            asked = now.uordblks + now.hblkhd - before.uordblks - before.hblkhd;
            told = block_bytes(b);
            if (asked > told + told / 10 + 65536 || told > asked + asked / 10 + 65536)
                fail_msg("%s (%d): %zu bytes are said to be held, %zu are", cases[i].name, filled, told, asked);
        }
        block_free(b);
    }
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_against_a_list),
        cmocka_unit_test(a_value_longer_than_the_longest),
        cmocka_unit_test(repairs_are_counted_every_time),
        cmocka_unit_test(plain_when_nearly_all_differ),
        cmocka_unit_test(lists),
        cmocka_unit_test(dictionary_without_memory),
        cmocka_unit_test(rows_against_a_table),
        cmocka_unit_test(many_values_of_one_field),
        cmocka_unit_test(places),
        cmocka_unit_test(names_of_rows),
        cmocka_unit_test(block_without_memory),
        cmocka_unit_test(memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
