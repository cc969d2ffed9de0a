/* test_yaml_pack: trees through bytes and back: whatever YAML there is, random trees, and bytes that are no pack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "base/file.h"
#include "base/utf.h"
#include "codec/yaml_pack.h"
#include "../refuse.h"

#define MEMORY ((size_t)256 << 20)

static bool same(const struct yaml_node *x, const struct yaml_node *y) {
    if (x->type != y->type || x->line != y->line || x->scalar != y->scalar || x->quoted != y->quoted ||
        x->text.len != y->text.len || x->count != y->count)
        return false;
    if (x->type == YAML_SCALAR && (!y->text.ptr || !str_eq(x->text, y->text)))
        return false;
    /* Nothing hangs on what has nothing. */
    if ((x->items == NULL) != (y->items == NULL) || (x->keys == NULL) != (y->keys == NULL) ||
        (x->key_lines == NULL) != (y->key_lines == NULL))
        return false;
    for (size_t i = 0; i < x->count; i++) {
        if (x->type == YAML_MAP && (x->key_lines[i] != y->key_lines[i] || !str_eq(x->keys[i], y->keys[i])))
            return false;
        if (!same(x->items[i], y->items[i]))
            return false;
    }
    return true;
}

/* Packs, unpacks, compares, and packs what came out: the same bytes. False: it would not be packed. */
static bool round_trip(const char *name, struct yaml_node *const *documents, size_t count, size_t used) {
    struct arena *const a = arena_new(MEMORY);
    struct buf bytes = {0}, again = {0};
    struct yaml_node **back;
    struct err e = {0};
    size_t n;

    assert_non_null(a);
    buf_add(&bytes, S("kept"));
    buf_add(&again, S("kept"));
    if (!yaml_pack(documents, count, used, &bytes)) {
        assert_true(str_eq(buf_str(&bytes), S("kept")));
        assert_false(bytes.failed);
        arena_free(a);
        buf_free(&bytes);
        buf_free(&again);
        return false;
    }
    assert_true(str_starts(buf_str(&bytes), S("kept")));
    if (!yaml_unpack(str_from(buf_str(&bytes), 4), a, &back, &n, &e))
        fail_msg("%s: %s at %lu", name, e.text, (unsigned long)e.offset);
    assert_int_equal(n, count);
    assert_int_equal(arena_used(a), used);
    for (size_t i = 0; i < count; i++)
        if (!same(documents[i], back[i]))
            fail_msg("%s: document %zu comes back as another", name, i);
    assert_true(yaml_pack(back, n, used, &again));
    assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
    arena_free(a);
    buf_free(&bytes);
    buf_free(&again);
    return true;
}

/* packed: whether it should be. */
static void text_round_trip(const char *name, str text, bool packed) {
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    struct err e = {0};
    size_t count;

    assert_non_null(a);
    if (!yaml_read(text, a, &documents, &count, &e))
        fail_msg("%s: %s", name, e.text);
    if (round_trip(name, documents, count, arena_used(a)) != packed)
        fail_msg("%s: is %spacked", name, packed ? "not " : "");
    arena_free(a);
}

static void texts(void **state) {
    static const struct {
        const char *name;
        str text;
        bool packed;
    } cases[] = {
        {"nothing", STR(""), true},
        {"no document, only a comment", STR("# nothing\n"), true},
        {"an empty document", STR("---\n"), true},
        {"a scalar", STR("a"), true},
        {"every kind of scalar", STR("[a, ~, true, no, -12, 1.5e3, 0x1f, 2024-01-31, .inf]"), true},
        {"quoted ones are text", STR("['~', \"true\", '12', \"1.5\", '']"), true},
        {"tags", STR("[!!str 5, !!int '5', !!int x, !!bool \"yes\", !!null '', !!float 1, !!timestamp 2001-01-01]"),
         true},
        {"block scalars", STR("a: |\n  one\n  two\nb: >-\n  three\n  four\n"), true},
        {"lines", STR("\n\na:\n\n  - b\n\n\n  - c: d\n    e:\n      f\n"), true},
        {"empty ones", STR("a: []\nb: {}\nc:\nd: ''\n'': x\n"), true},
        {"several documents", STR("a: 1\n---\n- 2\n---\n3\n...\n---\n"), true},
        {"zero bytes and letters of all widths", STR("\"a\\0b\\u00e4\\u20ac\\U0001f600\": \"\\0\""), true},
        {"UTF-16",
         STR("\xff\xfe"
             "a\0:\0 \0\xe4\0\n\0"),
         true},
        {"an alias", STR("a: &x 1\nb: *x\n"), true},
        {"an alias of a list", STR("a: &x [1, 2, 3, 4, 5]\nb: *x\n"),
         false}, /* the copy takes more than keys and room did */
        {"an alias of a key", STR("&k a: *k\n"), true},
        {"aliases that take more memory than they did",
         STR("a: &x [1, 2, 3, 4, 5]\nb: [*x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x, *x]\n"),
         false},
        {"a bomb",
         STR("a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"),
         false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        text_round_trip(cases[i].name, cases[i].text, cases[i].packed);
}

/* 64 collections within each other, and more values than a byte counts. */
static void large_ones(void **state) {
    struct buf text = {0};
    (void)state;

    for (int i = 0; i < YAML_DEPTH_MAX; i++)
        buf_byte(&text, '[');
    buf_byte(&text, 'x');
    for (int i = 0; i < YAML_DEPTH_MAX; i++)
        buf_byte(&text, ']');
    text_round_trip("as deep as can be", buf_str(&text), true);

    text.len = 0;
    for (int i = 0; i < 40000; i++)
        buf_format(&text, "key %d: value\n", i);
    text_round_trip("many keys", buf_str(&text), true);

    text.len = 0;
    for (int document = 0; document < 2; document++) {
        buf_add(&text, S("---\n"));
        for (int i = 0; i < YAML_NODES_MAX - 1; i++)
            buf_add(&text, S("- x\n"));
    }
    text_round_trip("two documents as large as can be", buf_str(&text), true);

    text.len = 0;
    buf_byte(&text, '"');
    for (int i = 0; i < 1000000; i++)
        buf_byte(&text, (char)('a' + i % 26));
    buf_byte(&text, '"');
    text_round_trip("a long text", buf_str(&text), true);
    buf_free(&text);
}

static void too_large(void **state) {
    struct buf text = {0};
    struct yaml_node node = {.type = YAML_SCALAR, .line = 1};
    struct yaml_node *const one = &node;
    (void)state;

    for (size_t i = 0; i < YAML_PACK_MAX; i += 16)
        buf_add(&text, S("0123456789abcdef"));
    /* In front of the text: 3 (used), 1, 1, 1, 1 bytes, then 1 (head), 1 (line), 4 (length). */
    node.text = str_first(buf_str(&text), YAML_PACK_MAX - 13);
    assert_true(round_trip("to the last byte", &one, 1, 20000));
    node.text = str_first(buf_str(&text), YAML_PACK_MAX - 12);
    assert_false(round_trip("a byte too many", &one, 1, 20000));
    buf_free(&text);

    node.text = S("x");
    assert_false(round_trip("more memory than 32 bits count", &one, 1, (size_t)UINT32_MAX + 1));
    assert_true(round_trip("as much as they count", &one, 1, sizeof node + sizeof one));
    assert_false(round_trip("less memory than it takes", &one, 1, sizeof node + sizeof one - 1));
}

/* Every YAML there is in the repository. */
static void files(void **state) {
    static const char *const folders[] = {"fuzz/corpus/yaml", "fuzz/corpus/sigma", "fuzz/corpus/kind", "data/kinds",
                                          "data/rules"};
    (void)state;

    for (size_t i = 0; i < COUNT(folders); i++) {
        DIR *const dir = opendir(folders[i]);
        const struct dirent *entry;
        size_t packed = 0;

        if (!dir)
            fail_msg("%s: missing", folders[i]);
        while ((entry = readdir(dir)) != NULL) {
            struct arena *const a = arena_new(MEMORY);
            struct yaml_node **documents;
            struct buf text = {0};
            struct err e = {0};
            char path[600];
            size_t count;

            assert_non_null(a);
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            if (file_read(path, 1 << 24, &text, &e) && yaml_read(buf_str(&text), a, &documents, &count, &e))
                packed += round_trip(path, documents, count, arena_used(a));
            buf_free(&text);
            arena_free(a);
        }
        closedir(dir);
        if (packed < 5)
            fail_msg("%s: only %zu files were packed", folders[i], packed);
    }
}

static uint32_t draw(uint64_t *state, uint32_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % below;
}

static str random_text(uint64_t *seed, struct arena *a) {
    static const str words[] = {STR(""),     STR("~"),          STR("true"),
                                STR("no"),   STR("-1"),         STR("1.5"),
                                STR("0x1f"), STR("\xc3\xa4"),   STR("\xf0\x9f\x98\x80"),
                                STR("a\0b"), STR("C:\\Windows")};
    size_t const len = draw(seed, 300);
    char *text;

    if (draw(seed, 10))
        return words[draw(seed, COUNT(words))];
    text = arena_bytes(a, len);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)draw(seed, 128);
    return (str){text, len};
}

static struct yaml_node *random_tree(uint64_t *seed, struct arena *a, unsigned depth) {
    struct yaml_node *const n = arena_zero(a, 1, sizeof *n);

    assert_non_null(n);
    n->line = draw(seed, 20) ? 1 + draw(seed, 1000) : 1 + draw(seed, YAML_BYTES_MAX);
    n->type = depth ? draw(seed, 3) : YAML_SCALAR;
    if (n->type == YAML_SCALAR) {
        n->text = random_text(seed, a);
        n->scalar = (enum yaml_scalar[]){YAML_IS_TEXT, YAML_IS_ODD, yaml_plain(n->text)}[draw(seed, 3)];
        n->quoted = draw(seed, 2);
        return n;
    }
    n->count = draw(seed, 6);
    if (n->count == 0)
        return n;
    n->items = arena_zero(a, n->count, sizeof *n->items);
    assert_non_null(n->items);
    if (n->type == YAML_MAP) {
        n->keys = arena_zero(a, n->count, sizeof *n->keys);
        n->key_lines = arena_zero(a, n->count, sizeof *n->key_lines);
        assert_non_null(n->keys);
        assert_non_null(n->key_lines);
    }
    for (size_t i = 0; i < n->count; i++) {
        if (n->type == YAML_MAP) {
            n->keys[i] = random_text(seed, a);
            n->key_lines[i] = 1 + draw(seed, 1000);
        }
        n->items[i] = random_tree(seed, a, depth - 1);
    }
    return n;
}

static void random_trees(void **state) {
    struct arena *const a = arena_new(MEMORY);
    (void)state;

    assert_non_null(a);
    for (uint64_t number = 0; number < 2000; number++) {
        struct yaml_node *documents[4];
        uint64_t seed = number;
        size_t const count = draw(&seed, COUNT(documents) + 1);
        char name[30];

        arena_reset(a);
        for (size_t i = 0; i < count; i++)
            documents[i] = random_tree(&seed, a, 1 + draw(&seed, 6));
        snprintf(name, sizeof name, "random trees %lu", (unsigned long)number);
        assert_true(round_trip(name, documents, count, ((size_t)1 << 22) + draw(&seed, 1000)));
    }
    arena_free(a);
}

/* Head: used (as much as two bytes say), documents, nodes, items, keys. */
#define HEAD "\xff\x7f"

static void hostile_bytes(void **state) {
    static const struct {
        const char *name;
        str bytes;
        bool good;
    } cases[] = {
        {"nothing packed", STR("\0\0\0\0\0"), true},
        {"one text",
         STR(HEAD "\1\1\0\0"
                  "\0\1\1x"),
         true},
        {"as much memory as it takes",
         STR("\x48"
             "\1\1\0\0"
             "\0\1\1x"),
         true},
        {"less",
         STR("\x47"
             "\1\1\0\0"
             "\0\1\1x"),
         false},
        {"no bytes", STR(""), false},
        {"no head", STR(HEAD "\1\1\0"), false},
        {"a byte behind it",
         STR(HEAD "\1\1\0\0"
                  "\0\1\1xy"),
         false},
        {"a number not in its shortest spelling",
         STR("\xff\xff\0"
             "\1\1\0\0"
             "\0\1\1x"),
         false},
        {"a number that ends in zero",
         STR(HEAD "\1\1\0\0"
                  "\0\x81\0\1x"),
         false},
        {"a number of 33 bits",
         STR("\xff\xff\xff\xff\x1f"
             "\1\1\0\0"
             "\0\1\1x"),
         false},
        {"a number of six bytes",
         STR("\xff\xff\xff\xff\x8f\1"
             "\1\1\0\0"
             "\0\1\1x"),
         false},
        {"more nodes than bytes",
         STR(HEAD "\1\2\1\0"
                  "\0\1\1x"),
         false},
        {"nodes beyond all memory",
         STR("\xff\xff\xff\xff\x0f"
             "\1\xff\xff\xff\xff\x0f\xfe\xff\xff\xff\x0f\0"
             "\0\1\1x"),
         false},
        {"more documents than nodes",
         STR(HEAD "\2\1\0\0"
                  "\0\1\1x"),
         false},
        {"a node, and no document",
         STR(HEAD "\0\1\1\0"
                  "\0\1\1x"),
         false},
        {"more items than nodes below roots",
         STR(HEAD "\1\1\1\0"
                  "\0\1\1x"),
         false},
        {"more keys than items",
         STR(HEAD "\1\1\0\1"
                  "\0\1\1x"),
         false},
        {"of no type",
         STR(HEAD "\1\1\0\0"
                  "\3\1\1x"),
         false},
        {"of no kind",
         STR(HEAD "\1\1\0\0"
                  "\x1c\1\1x"),
         false},
        {"a bit that means nothing",
         STR(HEAD "\1\1\0\0"
                  "\x40\1\1x"),
         false},
        {"another",
         STR(HEAD "\1\1\0\0"
                  "\x80\1\1x"),
         false},
        {"line 0",
         STR(HEAD "\1\1\0\0"
                  "\0\0\1x"),
         false},
        {"the last line",
         STR(HEAD "\1\1\0\0"
                  "\0\x82\x80\x80\x08\1x"),
         true},
        {"a line behind it",
         STR(HEAD "\1\1\0\0"
                  "\0\x83\x80\x80\x08\1x"),
         false},
        {"text beyond the end",
         STR(HEAD "\1\1\0\0"
                  "\0\1\2x"),
         false},
        {"text of 4 GiB",
         STR(HEAD "\1\1\0\0"
                  "\0\1\xff\xff\xff\xff\x0f"),
         false},
        {"text that is no UTF-8",
         STR(HEAD "\1\1\0\0"
                  "\0\1\1\xff"),
         false},
        {"text cut within a character",
         STR(HEAD "\1\1\0\0"
                  "\0\1\1\xc3"),
         false},
        {"a number",
         STR(HEAD "\1\1\0\0"
                  "\x10\1\1"
                  "5"),
         true},
        {"a number in quotes, by its tag",
         STR(HEAD "\1\1\0\0"
                  "\x30\1\1"
                  "5"),
         true},
        {"a number that is none",
         STR(HEAD "\1\1\0\0"
                  "\x10\1\1x"),
         false},
        {"a number of no digits",
         STR(HEAD "\1\1\0\0"
                  "\x10\1\0"),
         false},
        {"null",
         STR(HEAD "\1\1\0\0"
                  "\4\1\0"),
         true},
        {"null that is none",
         STR(HEAD "\1\1\0\0"
                  "\4\1\1x"),
         false},
        {"odd",
         STR(HEAD "\1\1\0\0"
                  "\x18\1\1x"),
         true},
        {"a list of one",
         STR(HEAD "\1\2\1\0"
                  "\1\1\1"
                  "\0\0\1x"),
         true},
        {"a list of a kind",
         STR(HEAD "\1\2\1\0"
                  "\5\1\1"
                  "\0\0\1x"),
         false},
        {"a list in quotes",
         STR(HEAD "\1\2\1\0"
                  "\x21\1\1"
                  "\0\0\1x"),
         false},
        {"a list of more than there is",
         STR(HEAD "\1\2\1\0"
                  "\1\1\2"
                  "\0\0\1x"),
         false},
        {"a list of less than there is",
         STR(HEAD "\1\2\1\0"
                  "\1\1\0"
                  "\0\0\1x"),
         false},
        {"a list that ends early",
         STR(HEAD "\1\2\1\0"
                  "\1\1\1"
                  "\0\0"),
         false},
        {"two documents of what one says",
         STR(HEAD "\2\2\0\0"
                  "\0\1\1x\0\0\1y"),
         true},
        {"a map of one",
         STR(HEAD "\1\2\1\1"
                  "\2\1\1"
                  "\0\1k"
                  "\0\0\1x"),
         true},
        {"a map without keys counted",
         STR(HEAD "\1\2\1\0"
                  "\2\1\1"
                  "\0\1k"
                  "\0\0\1x"),
         false},
        {"keys counted without a map",
         STR(HEAD "\1\2\1\1"
                  "\1\1\1"
                  "\0\0\1x"),
         false},
        {"a key that is no UTF-8",
         STR(HEAD "\1\2\1\1"
                  "\2\1\1"
                  "\0\1\xff"
                  "\0\0\1x"),
         false},
        {"a key of line 0",
         STR(HEAD "\1\2\1\1"
                  "\2\1\1"
                  "\xff\xff\xff\xff\x0f\1k"
                  "\1\0\1x"),
         false},
        {"a key beyond the end",
         STR(HEAD "\1\2\1\1"
                  "\2\1\1"
                  "\0\x09k"
                  "\0\0\1x"),
         false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(MEMORY);
        struct yaml_node **documents;
        struct buf again = {0};
        struct err e = {0};
        size_t count;
        bool const ok = a && yaml_unpack(cases[i].bytes, a, &documents, &count, &e);

        if (ok != cases[i].good)
            fail_msg("%s: %s", cases[i].name, ok ? "taken" : e.text);
        if (ok) {
            assert_true(yaml_pack(documents, count, arena_used(a), &again));
            assert_true(str_eq(buf_str(&again), cases[i].bytes));
        } else {
            assert_int_equal(e.code, ERR_CORRUPT);
            assert_true(e.offset <= cases[i].bytes.len);
        }
        buf_free(&again);
        arena_free(a);
    }
}

/* One level, or one value, more than YAML may have, written by hand. */
static void bounds(void **state) {
    static const struct {
        const char *name;
        size_t depth, values;
        enum yaml_type type; /* of the innermost */
        bool good;
    } cases[] = {
        {"deep", YAML_DEPTH_MAX, 1, YAML_LIST, true},
        {"deeper", YAML_DEPTH_MAX + 1, 1, YAML_LIST, false},
        {"many", 1, YAML_NODES_MAX - 1, YAML_LIST, true},
        {"one more", 1, YAML_NODES_MAX, YAML_LIST, false},
        {"many with keys", 1, YAML_NODES_MAX / 2 - 1, YAML_MAP, true},
        {"one more with its key", 1, YAML_NODES_MAX / 2, YAML_MAP, false},
        {"more keys than values may be", 1, YAML_NODES_MAX, YAML_MAP, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(MEMORY);
        struct yaml_node node = {.type = YAML_SCALAR, .line = 1, .text = S("x")}, *levels = calloc(100, sizeof *levels);
        struct yaml_node **const items = calloc(cases[i].values + 100, sizeof *items), **back, *below;
        str *const keys = calloc(cases[i].values, sizeof *keys);
        uint32_t *const lines = calloc(cases[i].values, sizeof *lines);
        struct buf bytes = {0};
        struct err e = {0};
        size_t count;

        assert_non_null(a);
        assert_non_null(levels);
        assert_non_null(items);
        assert_non_null(keys);
        assert_non_null(lines);
        for (size_t n = 0; n < cases[i].values; n++) {
            items[n] = &node;
            keys[n] = S("k");
            lines[n] = 1;
        }
        levels[0] = (struct yaml_node){.type = cases[i].type,
                                       .line = 1,
                                       .count = cases[i].values,
                                       .items = items,
                                       .keys = keys,
                                       .key_lines = lines};
        for (size_t n = 1; n < cases[i].depth; n++) {
            items[cases[i].values + n] = &levels[n - 1];
            levels[n] =
                (struct yaml_node){.type = YAML_LIST, .line = 1, .count = 1, .items = &items[cases[i].values + n]};
        }
        below = &levels[cases[i].depth - 1];
        assert_true(yaml_pack(&below, 1, 1 << 24, &bytes));
        bool const ok = yaml_unpack(buf_str(&bytes), a, &back, &count, &e);

        if (ok != cases[i].good)
            fail_msg("%s: %s", cases[i].name, ok ? "taken" : e.text);
        buf_free(&bytes);
        free(keys);
        free(lines);
        free(items);
        free(levels);
        arena_free(a);
    }
}

static const char sample[] =
    "title: A rule\nid: 5\ndetection:\n  a:\n    - b|contains: 'c'\n    - d: [1, ~, x\xc3\xa4]\n"
    "  condition: a\n---\nlist: [{}, [], '']\n";

static void sample_packed(struct buf *bytes, size_t *used) {
    struct arena *const a = arena_new(MEMORY);
    struct yaml_node **documents;
    struct err e = {0};
    size_t count;

    assert_non_null(a);
    assert_true(yaml_read(str_of(sample), a, &documents, &count, &e));
    *used = arena_used(a);
    assert_true(yaml_pack(documents, count, *used, bytes));
    arena_free(a);
}

/* Whatever byte becomes whatever other: refused, or a tree of its own, which has these bytes. */
static void every_byte(void **state) {
    struct arena *const a = arena_new(1 << 20);
    struct buf bytes = {0}, again = {0};
    struct yaml_node **documents;
    size_t used, count, taken = 0, refused = 0;
    struct err e = {0};
    (void)state;

    assert_non_null(a);
    sample_packed(&bytes, &used);
    for (size_t i = 0; i < bytes.len; i++) {
        char *const cut = malloc(i + 1); /* exactly so long, for the sanitizer to watch its end */

        assert_non_null(cut);
        memcpy(cut, bytes.ptr, i);
        arena_reset(a);
        assert_false(yaml_unpack((str){cut, i}, a, &documents, &count, &e));
        free(cut);
        for (unsigned bit = 1; bit < 256; bit++) {
            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (char)bit);
            arena_reset(a);
            if (yaml_unpack(buf_str(&bytes), a, &documents, &count, &e)) {
                taken++;
                again.len = 0;
                assert_true(yaml_pack(documents, count, arena_used(a), &again));
                assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
            } else {
                refused++;
                assert_true(e.code == ERR_CORRUPT || e.code == ERR_MEMORY);
            }
            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (char)bit);
        }
    }
    assert_true(taken > 0 && refused > 0);
    buf_free(&bytes);
    buf_free(&again);
    arena_free(a);
}

static void arenas_may_be_full(void **state) {
    struct yaml_node **documents;
    struct buf bytes = {0};
    size_t used, count;
    struct err e = {0};
    (void)state;

    sample_packed(&bytes, &used);
    for (size_t limit = 0; limit <= used; limit++) {
        struct arena *const a = arena_new(limit);
        bool const ok = a && yaml_unpack(buf_str(&bytes), a, &documents, &count, &e);

        if (ok != (limit == used))
            fail_msg("limit %zu of %zu: %s", limit, used, ok ? "enough" : "too little");
        if (!ok)
            assert_int_equal(e.code, ERR_MEMORY);
        arena_free(a);
    }
    buf_free(&bytes);
}

static void memory_may_run_out(void **state) {
    struct arena *a;
    struct yaml_node **documents;
    uint8_t maker[SHA256_SIZE];
    size_t count, refusals = 0;
    struct err e = {0};
    (void)state;

    REFUSE_OR_SKIP();
    a = arena_new(MEMORY);
    assert_non_null(a);
    assert_true(yaml_read(str_of(sample), a, &documents, &count, &e));
    for (long n = 0;; n++) {
        struct buf bytes = {0};

        memory_left = n;
        bool const ok = yaml_pack(documents, count, arena_used(a), &bytes);

        memory_left = -1;
        assert_int_equal(ok, !bytes.failed);
        assert_true(ok || bytes.len == 0);
        buf_free(&bytes);
        if (ok)
            break;
        refusals++;
    }
    assert_true(refusals > 0);
    memory_left = 0;
    assert_false(yaml_pack_maker(maker));
    memory_left = -1;
    assert_true(yaml_pack_maker(maker));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(large_ones),
        cmocka_unit_test(too_large),
        cmocka_unit_test(files),
        cmocka_unit_test(random_trees),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(bounds),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(arenas_may_be_full),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
