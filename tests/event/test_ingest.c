/* Ingest: which block a record comes to, which values are left out, what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/ingest.h"

#define HUNDRED "..........aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii"

static const char kinds_text[] =
    "kind: a/each\ntitle: t\nwhen: {Channel: {present: true}}\neach: Channel\n"
    "logsources: [{product: a}]\n"
    "---\nkind: a/whole\ntitle: t\nwhen: {Long: '" HUNDRED HUNDRED HUNDRED "x'}\n"
    "logsources: [{product: b}]\n"
    "---\nkind: a/starts\ntitle: t\nwhen: {Begins: {starts: '" HUNDRED HUNDRED HUNDRED "x'}}\n"
    "logsources: [{product: c}]\n"
    "---\nkind: a/null\ntitle: t\nwhen: {Null: ''}\nlogsources: [{product: d}]\n";

struct bench {
    struct fields *fields;
    struct kinds *kinds;
    struct ingest *ingest;
    uint32_t wanted; /* raw types, of fields that decide nothing */
    unsigned asked;
};

static bool on_full(void *ctx, struct err *e) {
    (void)e;
    ingest_clear(((struct bench *)ctx)->ingest, false);
    return true;
}

static uint32_t wants(void *ctx, const struct block *b, field_id field) {
    (void)b;
    (void)field;
    ((struct bench *)ctx)->asked++;
    return ((struct bench *)ctx)->wanted;
}

static void open_all(struct bench *b, uint32_t wanted) {
    struct err e = {0};

    *b = (struct bench){.fields = fields_new(), .wanted = wanted};
    assert_true(kinds_new(&b->kinds, b->fields, &e));
    if (!kinds_load_text(b->kinds, S("kinds.yml"), str_of(kinds_text), false, &e) || !kinds_seal(b->kinds, &e))
        fail_msg("%s", e.text);
    struct ingest_options const o = {.fields = b->fields,
                                     .kinds = b->kinds,
                                     .wants = wants,
                                     .full = on_full,
                                     .ctx = b,
                                     .rows_max = 1000,
                                     .bytes_max = (size_t)1 << 30};

    assert_true(ingest_new(&b->ingest, &o, &e));
    ingest_part(b->ingest, 0, S("json"));
}

static void close_all(struct bench *b) {
    ingest_free(b->ingest);
    kinds_free(b->kinds);
    fields_free(b->fields);
}

static void take(struct bench *b, const char *field, uint8_t type, str bytes) {
    struct err e = {0};
    struct raw v = {field_intern(b->fields, str_of(field)), type, false, (uint32_t)bytes.len, bytes.ptr};
    struct record const r = {.values = &v, .count = 1, .when = INSTANT_NONE};

    assert_true(ingest_sink(b->ingest)->record(ingest_sink(b->ingest), &r, &e));
}

static const struct block *block_of_name(const struct bench *b, str name) {
    size_t count;
    struct block *const *const blocks = ingest_blocks(b->ingest, &count);

    for (size_t i = 0; i < count; i++)
        if (str_eq(blocks[i]->name, name))
            return blocks[i];
    return NULL;
}

static str utf16_of(const char *text, char *out) {
    size_t n = 0;

    for (; text[n]; n++) {
        out[2 * n] = text[n];
        out[2 * n + 1] = '\0';
    }
    return (str){out, 2 * n};
}

/* Values that differ only far behind their beginning decide all the same; the answer for one is not taken for the other. */
static void long_values_decide(void **state) {
    static const struct {
        const char *name, *field;
        const char *text[2];  /* of one length */
        const char *block[2]; /* NULL: no kind */
    } cases[] = {
        {"a long name of each",
         "Channel",
         {HUNDRED "-x", HUNDRED "-y"},
         {"a/each/" HUNDRED "-x", "a/each/" HUNDRED "-y"}},
        {"too long a name of each", "Channel", {HUNDRED HUNDRED "x", HUNDRED HUNDRED "y"}, {"a/each", "a/each"}},
        {"a long value", "Long", {HUNDRED HUNDRED HUNDRED "y", HUNDRED HUNDRED HUNDRED "x"}, {NULL, "a/whole"}},
        {"a long value first", "Long", {HUNDRED HUNDRED HUNDRED "x", HUNDRED HUNDRED HUNDRED "y"}, {"a/whole", NULL}},
        {"a long beginning",
         "Begins",
         {HUNDRED HUNDRED HUNDRED "yz", HUNDRED HUNDRED HUNDRED "xz"},
         {NULL, "a/starts"}},
        {"nothing", "Null", {"", ""}, {"a/null", "a/null"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int wide = 0; wide < 2; wide++) {
            struct bench b;

            open_all(&b, RAW_ANY);
            for (size_t k = 0; k < 2; k++) {
                char room[1024];
                uint64_t const none = ingest_counts(b.ingest)->no_kind;
                const struct block *block;
                uint32_t before;

                block = cases[i].block[k] ? block_of_name(&b, str_of(cases[i].block[k])) : NULL;
                before = block ? block->row_count : 0;
                take(&b, cases[i].field, wide ? RAW_UTF16 : RAW_TEXT,
                     wide ? utf16_of(cases[i].text[k], room) : str_of(cases[i].text[k]));
                if (!cases[i].block[k]) {
                    if (ingest_counts(b.ingest)->no_kind != none + 1)
                        fail_msg("%s, %zu, %s", cases[i].name, k, wide ? "UTF-16" : "UTF-8");
                    continue;
                }
                block = block_of_name(&b, str_of(cases[i].block[k]));
                if (!block || block->row_count != before + 1)
                    fail_msg("%s, %zu, %s", cases[i].name, k, wide ? "UTF-16" : "UTF-8");
            }
            close_all(&b);
        }
}

/* Values of types that nobody wants are left out; those of others make a column when they come, and rows before have none. */
static void unwanted_types_are_left_out(void **state) {
    struct err e = {0};
    struct bench b;

    (void)state;
    open_all(&b, (uint32_t)1 << RAW_TEXT | (uint32_t)1 << RAW_BOOL);
    field_id const channel = field_intern(b.fields, S("Channel")), other = field_intern(b.fields, S("Other"));
    static const struct {
        uint8_t type;
        str text;
        bool kept;
    } rows[] = {{RAW_NUMBER, STR("5"), false}, {RAW_NULL, STR(""), false},    {RAW_TEXT, STR("5"), true},
                {RAW_NUMBER, STR("5"), false}, {RAW_BOOL, STR("true"), true}, {RAW_TEXT, STR("5"), true}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw v[] = {{channel, RAW_TEXT, false, 1, "c"},
                          {other, rows[i].type, false, (uint32_t)rows[i].text.len, rows[i].text.ptr}};
        struct record const r = {.values = v, .count = COUNT(v), .when = INSTANT_NONE};

        assert_true(ingest_sink(b.ingest)->record(ingest_sink(b.ingest), &r, &e));
    }
    const struct block *const block = block_of_name(&b, S("a/each/c"));
    const struct column *const c = block_column(block, other);

    assert_non_null(c);
    assert_true(b.asked <= 2); /* once for a note, once for the column */
    for (uint32_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(c->codes[i] != CODE_ABSENT, rows[i].kept);
        if (rows[i].kept)
            assert_true(str_eq(value_text(dictionary_value(&c->dict, c->codes[i])), rows[i].text));
    }
    assert_int_equal(c->codes[2], c->codes[5]);
    assert_int_not_equal(c->codes[2], c->codes[4]);
    close_all(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_values_decide),
        cmocka_unit_test(unwanted_types_are_left_out),
    };

    return cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
}
