/* test_roles: what records of cloud and identity logs become: kind, time, roles, by the built-in kinds.
 *
 * With --print FILE it tells that of each event of a file, for the tests in Python beside it: a line of tab-separated
 * texts, number, element, kind, time, key, then each role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "detection/detect_own.h"
#include "event/ingest.h"
#include "reader/reader.h"

struct trial {
    struct fields *fields;
    struct kinds *kinds;
    struct ingest *in;
    struct buf out;
    struct arena *arena;
};

struct memory {
    struct input input;
    str all;
};

static bool on_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    const struct memory *const m = (struct memory *)(void *)in;
    (void)e;

    *out = str_first(str_from(m->all, (size_t)offset), want);
    return true;
}

static void on_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    struct trial *const t = ctx;

    buf_format(&t->out, "damage\t%lu\t%lu\t%s\n", (unsigned long)offset, (unsigned long)size, why);
}

static void tell(struct trial *t, str text) {
    for (size_t i = 0; i < text.len; i++)
        buf_byte(&t->out, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
}

/* As detection does it: the first source that gives a value. */
static str role_of(struct trial *t, const struct block *b, uint32_t row, size_t role) {
    for (size_t s = 0; s < b->kind->role_counts[role]; s++) {
        str values[DERIVE_VALUES_MAX];
        size_t const n = view_source_values(b, row, &b->kind->roles[role][s], t->arena, values, DERIVE_VALUES_MAX);

        if (n && n != SIZE_MAX && values[0].len && !str_eq(values[0], S("-")))
            return values[0];
    }
    return S("");
}

/* The values of the kind's key, or nothing when one is missing. */
static void tell_key(struct trial *t, const struct block *b, uint32_t row) {
    size_t const before = t->out.len;

    for (size_t i = 0; i < b->kind->key_count; i++) {
        const struct column *const c = block_column(b, b->kind->keys[i]);
        str texts[DERIVE_VALUES_MAX];

        if (!c || !c->codes[row] || !view_cell_texts(c, c->codes[row], texts, DERIVE_VALUES_MAX)) {
            t->out.len = before;
            return;
        }
        if (i)
            buf_byte(&t->out, '|');
        tell(t, texts[0]);
    }
}

static void tell_row(struct trial *t, const struct block *b, uint32_t row) {
    char when[INSTANT_TEXT];
    struct buf name = {0};

    arena_reset(t->arena);
    buf_format(&t->out, "%lu\t%u\t", (unsigned long)b->rows[row].number, b->rows[row].element);
    buf_add(&t->out, block_row_name(b, row, &name));
    buf_byte(&t->out, '\t');
    buf_add(&t->out, instant_format(b->rows[row].when, when));
    buf_byte(&t->out, '\t');
    tell_key(t, b, row);
    for (size_t role = 0; role < ROLES; role++) {
        buf_byte(&t->out, '\t');
        tell(t, role_of(t, b, row, role));
    }
    buf_byte(&t->out, '\n');
    buf_free(&name);
}

static bool on_full(void *ctx, struct err *e) {
    struct trial *const t = ctx;
    size_t count;
    struct block *const *const blocks = ingest_blocks(t->in, &count);
    (void)e;

    for (size_t i = 0; i < count; i++)
        for (uint32_t row = 0; row < blocks[i]->row_count; row++)
            tell_row(t, blocks[i], row);
    ingest_clear(t->in, true);
    return true;
}

static void read_all(struct trial *t, str bytes) {
    struct memory in = {.input = {on_window, bytes.len}, .all = bytes};
    const struct reader *const reader = reader_for(str_first(bytes, 65536), NULL);
    struct err e = {0};

    if (!reader)
        fail_msg("no reader");
    ingest_part(t->in, 1, str_of(reader->name));
    if (!reader->read(&in.input, (struct part){0, UINT64_MAX}, ingest_sink(t->in), &e) || !on_full(t, &e))
        fail_msg("%s", e.text);
    if (ingest_counts(t->in)->no_kind)
        buf_format(&t->out, "no kind\t%lu\n", (unsigned long)ingest_counts(t->in)->no_kind);
    assert_false(t->out.failed);
}

static void trial_open(struct trial *t) {
    struct err e = {0};

    *t = (struct trial){.fields = fields_new(), .arena = arena_new(1 << 24)};
    assert_true(t->fields && t->arena);
    if (!kinds_new(&t->kinds, t->fields, &e) || !kinds_load_builtin(t->kinds, &e) || !kinds_seal(t->kinds, &e))
        fail_msg("%s", e.text);
    struct ingest_options const o = {.fields = t->fields,
                                     .kinds = t->kinds,
                                     .full = on_full,
                                     .damage = on_damage,
                                     .ctx = t,
                                     .rows_max = 10000,
                                     .bytes_max = (size_t)64 << 20};

    assert_true(ingest_new(&t->in, &o, &e));
}

static void trial_close(struct trial *t) {
    ingest_free(t->in);
    kinds_free(t->kinds);
    fields_free(t->fields);
    arena_free(t->arena);
    buf_free(&t->out);
}

static int print(const char *path) {
    struct trial t;
    struct buf bytes = {0};
    struct err e = {0};

    trial_open(&t);
    if (!file_read(path, (size_t)1 << 30, &bytes, &e))
        fail_msg("%s", e.text);
    read_all(&t, buf_str(&bytes));
    fwrite(t.out.ptr, 1, t.out.len, stdout);
    buf_free(&bytes);
    trial_close(&t);
    return 0;
}

static const struct {
    const char *name, *record, *told;
} cases[] = {
#include "roles.inc"
};

static void records_become_events(void **state) {
    size_t failed = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct trial t;

        trial_open(&t);
        read_all(&t, str_of(cases[i].record));
        if (!str_eq(buf_str(&t.out), str_of(cases[i].told))) {
            print_error("%s: %.*sinstead of\n%s\n", cases[i].name, STR_ARG(buf_str(&t.out)), cases[i].told);
            failed++;
        }
        trial_close(&t);
    }
    assert_int_equal(failed, 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_events),
    };

    if (argc == 3 && strcmp(argv[1], "--print") == 0)
        return print(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
