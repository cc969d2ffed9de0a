/* Dictionaries and columns: equal values have one code and no others have; what is forgotten is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "event/block.h"

#define SEED 42u

struct raw_value {
    uint8_t type;
    bool inner;
    str bytes;
};

static uint32_t code_of(struct dictionary *d, const struct raw_value *v) {
    size_t repaired = 0;
    uint32_t const code = dictionary_code(d, v->type, v->inner, v->bytes, &repaired);

    assert_int_not_equal(code, CODE_ABSENT);
    return code;
}

static const struct {
    const char *name;
    struct raw_value a, b;
    bool same;
} pairs[] = {
    {"text", {RAW_TEXT, false, STR("abc")}, {RAW_TEXT, false, STR("abc")}, true},
    {"text, case", {RAW_TEXT, false, STR("abc")}, {RAW_TEXT, false, STR("abC")}, false},
    {"text and its beginning", {RAW_TEXT, false, STR("abc")}, {RAW_TEXT, false, STR("ab")}, false},
    {"text with NUL", {RAW_TEXT, false, STR("ab\0")}, {RAW_TEXT, false, STR("ab")}, false},
    {"empty", {RAW_TEXT, false, STR("")}, {RAW_TEXT, false, STR("")}, true},
    {"empty and null", {RAW_TEXT, false, STR("")}, {RAW_NULL, false, STR("")}, false},
    {"null, whatever its bytes", {RAW_NULL, false, STR("x")}, {RAW_NULL, false, STR("")}, true},
    {"text and number", {RAW_TEXT, false, STR("1")}, {RAW_NUMBER, false, STR("1")}, false},
    {"numbers of two spellings", {RAW_NUMBER, false, STR("1.0")}, {RAW_NUMBER, false, STR("1")}, false},
    {"inner", {RAW_TEXT, false, STR("abc")}, {RAW_TEXT, true, STR("abc")}, false},
    {"UTF-16 and UTF-8", {RAW_UTF16, false, STR("a\0b\0")}, {RAW_TEXT, false, STR("ab")}, false},
    {"UTF-16", {RAW_UTF16, false, STR("a\0\xe9\0")}, {RAW_UTF16, false, STR("a\0\xe9\0")}, true},
    {"UTF-16 with its NUL", {RAW_UTF16, false, STR("a\0b\0\0\0")}, {RAW_UTF16, false, STR("a\0b\0")}, true},
    {"UTF-16 with two", {RAW_UTF16, false, STR("a\0b\0\0\0\0\0")}, {RAW_UTF16, false, STR("a\0b\0")}, false},
    {"UTF-16, high bytes", {RAW_UTF16, false, STR("a\0b\1")}, {RAW_UTF16, false, STR("a\0b\0")}, false},
    {"UTF-16, as long in UTF-8", {RAW_UTF16, false, STR("\xe9\0")}, {RAW_UTF16, false, STR("a\0b\0")}, false},
    {"UTF-16, a pair", {RAW_UTF16, false, STR("\x3d\xd8\0\xde")}, {RAW_UTF16, false, STR("\x3d\xd8\0\xde")}, true},
    {"UTF-16, two pairs", {RAW_UTF16, false, STR("\x3d\xd8\0\xde")}, {RAW_UTF16, false, STR("\x3d\xd8\1\xde")}, false},
    {"UTF-16 of nine",
     {RAW_UTF16, false, STR("a\0b\0c\0d\0e\0f\0g\0h\0i\0")},
     {RAW_UTF16, false, STR("a\0b\0c\0d\0e\0f\0g\0h\0j\0")},
     false},
    {"lone surrogates are never known", {RAW_UTF16, false, STR("\0\xd8")}, {RAW_UTF16, false, STR("\0\xd8")}, false},
    {"a lone surrogate and what it becomes",
     {RAW_UTF16, false, STR("\0\xd8")},
     {RAW_UTF16, false, STR("\xfd\xff")},
     false},
    {"what is repaired is never known", {RAW_TEXT, false, STR("a\xff")}, {RAW_TEXT, false, STR("a\xff")}, false},
    {"repaired and what it becomes", {RAW_TEXT, false, STR("a\xff")}, {RAW_TEXT, false, STR("a\xef\xbf\xbd")}, false},
    {"binary", {RAW_BINARY, false, STR("\1\0\2")}, {RAW_BINARY, false, STR("\1\0\2")}, true},
    {"binary and its end", {RAW_BINARY, false, STR("\1\0\2")}, {RAW_BINARY, false, STR("\0\2")}, false},
    {"binary of nothing", {RAW_BINARY, false, STR("")}, {RAW_BINARY, false, STR("")}, true},
    {"of one text", {RAW_BINARY, false, STR("\x12")}, {RAW_GUID, false, STR("\x12")}, false},
    {"numbers of two types",
     {RAW_I64, false, STR("\5\0\0\0\0\0\0\0")},
     {RAW_U64, false, STR("\5\0\0\0\0\0\0\0")},
     false},
    {"bytes behind a number",
     {RAW_U64, false, STR("\5\0\0\0\0\0\0\0x")},
     {RAW_U64, false, STR("\5\0\0\0\0\0\0\0")},
     false},
    {"truth in two ways", {RAW_WIN_BOOL, false, STR("\1")}, {RAW_WIN_BOOL, false, STR("\2")}, false},
};

static void equal_values_have_one_code(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++)
        for (int turned = 0; turned < 2; turned++) {
            struct dictionary d;
            uint32_t a, b;

            assert_true(dictionary_init(&d, SEED));
            for (uint32_t k = 0; k < 100; k++) /* others around it */
                code_of(&d, &(struct raw_value){RAW_U64, false, {(const char *)&(uint64_t){k + 1000}, 8}});
            a = code_of(&d, turned ? &pairs[i].b : &pairs[i].a);
            b = code_of(&d, turned ? &pairs[i].a : &pairs[i].b);
            if ((a == b) != pairs[i].same)
                fail_msg("%s", pairs[i].name);
            dictionary_free(&d);
        }
}

struct hashed {
    uint32_t hash;
    uint64_t number;
};

static int by_hash(const void *a, const void *b) {
    const struct hashed *const x = a, *const y = b;

    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : (x->number > y->number) - (x->number < y->number);
}

/* Values whose hashes are the same, as far as they are kept: found among many, as there always are some. */
static void hashes_may_be_the_same(void **state) {
    enum { MANY = 1 << 18 };
    static const uint8_t types[] = {RAW_TEXT, RAW_UTF16, RAW_BINARY};
    struct hashed *const all = malloc(MANY * sizeof *all);

    (void)state;
    assert_non_null(all);
    for (size_t t = 0; t < COUNT(types); t++) {
        unsigned found = 0;

        for (uint64_t i = 0; i < MANY; i++) {
            uint64_t const number = (i & 0x3fff) | i >> 14 << 16 | 0x4000400040004000; /* no surrogates, no NUL */

            all[i] = (struct hashed){(uint32_t)hash_bytes((str){(const char *)&number, 8}, SEED ^ types[t]), number};
        }
        qsort(all, MANY, sizeof *all, by_hash);
        for (size_t i = 1; i < MANY; i++) {
            struct raw_value const a = {types[t], false, {(const char *)&all[i - 1].number, 8}},
                                   b = {types[t], false, {(const char *)&all[i].number, 8}};
            struct dictionary d;

            if (all[i].hash != all[i - 1].hash || all[i].number == all[i - 1].number)
                continue;
            assert_true(dictionary_init(&d, SEED));
            uint32_t const first = code_of(&d, &a), second = code_of(&d, &b);

            assert_int_not_equal(first, second);
            if (types[t] != RAW_TEXT) { /* of which some had to be repaired */
                assert_int_equal(code_of(&d, &b), second);
                assert_int_equal(code_of(&d, &a), first);
            }
            dictionary_free(&d);
            found++;
        }
        assert_true(found > 0);
    }
    free(all);
}

/* The same values in any alignment, of every length, so that each step of comparing meets its end. */
static void every_length_and_place(void **state) {
    struct dictionary d;
    char room[2 * 70 + 16];

    (void)state;
    assert_true(dictionary_init(&d, SEED));
    for (size_t len = 1; len < 70; len++) {
        for (size_t changed = 0; changed <= len; changed++) { /* len: none */
            uint32_t codes[8];

            for (size_t at = 0; at < COUNT(codes); at++) {
                for (size_t i = 0; i < len; i++) {
                    room[at + 2 * i] = (char)('a' + (i + len) % 26);
                    room[at + 2 * i + 1] = (char)(i == changed);
                }
                codes[at] = code_of(&d, &(struct raw_value){RAW_UTF16, false, {room + at, 2 * len}});
                assert_int_equal(codes[at], codes[0]);
            }
            assert_int_equal(codes[0], d.count); /* new: as no other was */
        }
    }
    dictionary_free(&d);
}

static bool cell(struct block *b, field_id field, uint8_t type, str text) {
    size_t repaired = 0;
    struct column *const c = block_column_make(b, field, SEED);
    struct raw const raw = {field, type, false, (uint32_t)text.len, text.ptr};

    return c && block_cell(b, c, &raw, &repaired);
}

/* Rows with one value, several, none; a column that comes late; and all of it once more after everything was forgotten. */
static void rows_come_and_go(void **state) {
    enum { ROWS = 200, FIRST = 3, LATE = 700 };
    struct block *b;
    struct err e = {0};

    (void)state;
    assert_true(block_new(&b, NULL, S("k"), &e));
    for (int turn = 0; turn < 4; turn++) {
        for (uint32_t row = 0; row < ROWS; row++) {
            assert_true(block_row_room(b));
            for (uint32_t i = 0; i < row % 7; i++)
                assert_true(cell(b, FIRST, RAW_TEXT, i % 2 ? S("odd") : S("even")));
            if (row >= 150)
                assert_true(cell(b, LATE, RAW_NUMBER, S("7")));
            b->rows[b->row_count++] = (struct row){.when = INSTANT_NONE, .offset = row};
        }
        const struct column *const first = block_column(b, FIRST), *const late = block_column(b, LATE);

        assert_non_null(first);
        assert_non_null(late);
        for (uint32_t row = 0; row < ROWS; row++) {
            uint32_t const count = row % 7, code = first->codes[row];

            assert_int_equal(late->codes[row] != CODE_ABSENT, row >= 150);
            assert_int_equal(code != CODE_ABSENT, count > 0);
            if (count < 2) {
                assert_true(!count || str_eq(value_text(dictionary_value(&first->dict, code)), S("even")));
                continue;
            }
            const struct value *const list = dictionary_value(&first->dict, code);

            assert_int_equal(list->type, VALUE_LIST);
            assert_int_equal(list->len, count);
            for (uint32_t i = 0; i < count; i++)
                assert_true(str_eq(value_text(dictionary_value(&first->dict, value_items(list)[i])),
                                   i % 2 ? S("odd") : S("even")));
        }
        uint32_t const generation = b->generation;

        if (turn % 2) {
            block_reset(b);
            assert_int_equal(b->generation, generation + 1);
            assert_int_equal(first->dict.count, 0);
        } else {
            block_clear(b);
            assert_int_equal(b->generation, generation);
            assert_true(first->dict.count > 0);
        }
        assert_int_equal(b->row_count, 0);
    }
    block_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_have_one_code),
        cmocka_unit_test(hashes_may_be_the_same),
        cmocka_unit_test(every_length_and_place),
        cmocka_unit_test(rows_come_and_go),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
