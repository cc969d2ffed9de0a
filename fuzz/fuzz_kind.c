/* fuzz_kind: any text as a kind file. What was read can be used: every kind has conditions and inputs in the catalogue,
 * transforms stay within their bounds, shapes give names; what was refused says where. */
#include <assert.h>

#include "event/kind.h"

static void use_sources(const struct kind_source *s, size_t count, const struct fields *f, str value, struct arena *a) {
    for (size_t i = 0; i < count; i++) {
        str const in[DERIVE_INPUTS_MAX] = {value, value, value, value};
        bool const present[DERIVE_INPUTS_MAX] = {true, true, true, true};
        str out[DERIVE_VALUES_MAX];
        size_t n;

        assert(s[i].input_count >= 1 && s[i].input_count <= DERIVE_INPUTS_MAX);
        for (size_t j = 0; j < s[i].input_count; j++)
            assert(s[i].inputs[j] < field_count(f));
        arena_reset(a);
        n = kind_derive(&s[i], in, present, a, out);
        assert(n <= DERIVE_VALUES_MAX || n == SIZE_MAX);
        for (size_t j = 0; n != SIZE_MAX && j < n; j++)
            assert(out[j].ptr);
    }
}

static void use_kind(const struct kind *k, const struct record *r, const struct fields *f, str value, struct arena *a) {
    struct buf room = {0};
    bool all = true;

    assert(k->when_count > 0);
    for (size_t i = 0; i < k->when_count; i++) {
        assert(k->when[i].field < field_count(f));
        all = all && kind_condition_holds(&k->when[i], &value, 1);
    }
    (void)all;
    (void)!kind_matches(k, r, &room);
    buf_free(&room);
    for (size_t i = 0; i < k->logsource_count; i++)
        for (size_t j = 0; j < k->logsources[i].alias_count; j++)
            use_sources(k->logsources[i].aliases[j].sources, k->logsources[i].aliases[j].source_count, f, value, a);
    for (size_t i = 0; i < ROLES; i++)
        use_sources(k->roles[i], k->role_counts[i], f, value, a);
    for (size_t i = 0; i < k->time_count; i++) {
        assert(k->times[i].field < field_count(f));
        assert(kind_time_text(&k->times[i], value).len <= value.len);
    }
}

static void use_table(const struct table_format *t, const struct fields *f, str value) {
    size_t tested = 0;

    assert(t->column_count >= 2 && t->column_count <= TABLE_COLUMNS_MAX);
    assert(t->least >= 2 && t->least <= t->column_count);
    assert(t->wide == SIZE_MAX || (t->plain && t->wide < t->column_count && t->least == t->column_count));
    for (size_t i = 0; i < t->column_count; i++) {
        assert(t->columns[i].field == FIELD_NONE || t->columns[i].field < field_count(f));
        tested += t->columns[i].test != TABLE_ANY;
        if (table_cell_fits(&t->columns[i], S("")))
            assert(t->columns[i].test == TABLE_ANY || t->columns[i].or_empty);
        for (size_t len = 1; len <= value.len && len < 80; len += 7)
            (void)!table_cell_fits(&t->columns[i], str_first(value, len));
    }
    assert(tested >= 2 && tested == t->tested);
}

/* Pairs take no value away but serialised ones, and none is made. */
static void use_shape(const struct shape *s, struct fields *f, const struct record *from) {
    struct raw values[64];
    struct record r = *from;
    size_t const before = from->count;

    memcpy(values, from->values, from->count * sizeof *values);
    r.values = values;
    (void)!shape_matches(s, S("json"), &r);
    shape_pairs(s, f, &r);
    assert(r.count <= before);
    for (uint32_t i = 0; i < r.count; i++) {
        field_id const to = shape_field(s, f, r.values[i].field);

        assert(to == FIELD_NONE || to < field_count(f));
        assert(shape_rank(s, f, r.values[i].field) <= s->strip_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fields *const fields = fields_new();
    struct arena *const a = arena_new(1 << 20);
    str const text = {(const char *)data, size};
    struct kinds *kinds;
    struct err e = {0};

    if (!fields || !a || size > 1 << 16 || !kinds_new(&kinds, fields, &e)) {
        fields_free(fields);
        arena_free(a);
        return 0;
    }
    if (kinds_load_text(kinds, S("fuzz.yml"), text, false, &e) && kinds_seal(kinds, &e)) {
        struct raw values[64];
        struct record r = {.values = values};
        size_t const known = field_count(fields);

        /* A record of the very fields that the file names, with pieces of the file as values. */
        for (size_t i = 0; i < known && i < COUNT(values); i++) {
            size_t const at = i * 7 % (size + 1), len = size - at < 24 ? size - at : 24;

            values[r.count++] = (struct raw){(field_id)i,   i % 5 == 4 ? RAW_NULL : RAW_TEXT, i % 7 == 6, 0,
                                             (uint32_t)len, (const char *)data + at};
        }
        for (size_t i = 0; i < kinds_count(kinds); i++)
            use_kind(kinds_at(kinds, i), &r, fields, str_first(text, 4096), a);
        for (size_t i = 0; i < shapes_count(kinds); i++)
            use_shape(shapes_at(kinds, i), fields, &r);
        for (size_t i = 0; i < tables_count(kinds); i++)
            use_table(tables_at(kinds, i), fields, str_first(text, 4096));
    } else
        assert(e.code != ERR_NONE && e.text[0]);
    kinds_free(kinds);
    fields_free(fields);
    arena_free(a);
    return 0;
}
