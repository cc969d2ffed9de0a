/* view: values of a field under the name that rules of a log source use: a column, or what an alias makes of some. */
#include "detection/detect_own.h"

#include <assert.h>

static bool matchers_make(const struct detector *d, const struct kind_plan *kp, const struct view *v,
                          struct literals *out[2]) {
    struct literal *const typed = malloc((v->trigger_count + (size_t)1) * sizeof *typed);
    size_t count = 0;

    if (!typed)
        return false;
    for (uint32_t i = 0; i < v->trigger_count; i++)
        if (d->o.plan->tests[kp->triggers[v->triggers[i].id].test].raw_types & ~TEXT_TYPES)
            typed[count++] = v->triggers[i];
    out[0] = literals_new(v->triggers, v->trigger_count);
    out[1] = count ? literals_new(typed, count) : NULL;
    free(typed);
    return out[0] && (out[1] || !count);
}

bool view_matchers_make(const struct detector *d, struct kind_plan *kp, struct view *v) {
    v->matchers_shared = v->keyword_only;
    if (!v->matchers_shared)
        return v->matchers_made = matchers_make(d, kp, v, v->matchers);
    if (!kp->keyword_matchers[0] && !matchers_make(d, kp, v, kp->keyword_matchers))
        return false;
    memcpy(v->matchers, kp->keyword_matchers, sizeof v->matchers);
    return v->matchers_made = true;
}

void view_matchers_drop(struct view *v) {
    for (size_t i = 0; i < COUNT(v->matchers); i++) {
        if (!v->matchers_shared)
            literals_free(v->matchers[i]);
        v->matchers[i] = NULL;
    }
    v->matchers_made = false;
}

void view_matchers_unshare(struct kind_plan *kp) {
    for (size_t i = 0; i < COUNT(kp->keyword_matchers); i++) {
        literals_free(kp->keyword_matchers[i]);
        kp->keyword_matchers[i] = NULL;
    }
}

const struct literals *view_matcher(const struct view *v, uint8_t raw_type) {
    return v->matchers[!(TEXT_TYPES >> raw_type & 1)];
}

void view_free(struct view *v) {
    if (!v)
        return;
    if (v->alias)
        dictionary_free(&v->derived);
    free(v->derived_codes);
    free(v->inputs);
    free(v->key);
    free(v->tuple_slots);
    free(v->tuples);
    free(v->triggers);
    view_matchers_drop(v);
    free(v->tried);
    free(v->classes);
    free(v);
}

/* All fields that the sources of its alias look at, and room for what they make. */
static bool alias_begin(struct view *v) {
    const struct kind_alias *const alias = v->alias;
    size_t width = 0;

    for (size_t s = 0; s < alias->source_count; s++)
        width += alias->sources[s].input_count + (alias->sources[s].only_if != NULL);
    v->inputs = malloc((width + 1) * sizeof *v->inputs);
    v->key = malloc((width + 1) * sizeof *v->key);
    if (!v->inputs || !v->key || !dictionary_init(&v->derived, hash_seed()))
        return false;
    for (size_t s = 0; s < alias->source_count; s++) {
        const struct kind_source *const source = &alias->sources[s];

        for (size_t i = 0; i < source->input_count; i++)
            v->inputs[v->width++] = source->inputs[i];
        if (source->only_if)
            v->inputs[v->width++] = source->only_if->field;
    }
    assert(v->width == width);
    return true;
}

uint32_t view_add(struct kind_plan *kp, field_id field, const struct kind_alias *alias) {
    struct view *v;

    for (uint32_t i = 0; i < kp->view_count; i++)
        if (kp->views[i]->field == field && kp->views[i]->alias == alias)
            return i;
    if (!grow((void **)&kp->views, kp->view_count, &kp->view_room, sizeof *kp->views) || !(v = calloc(1, sizeof *v)))
        return NO_VIEW;
    v->field = field;
    v->alias = alias;
    if (alias && !alias_begin(v)) {
        view_free(v);
        return NO_VIEW;
    }
    kp->views[kp->view_count] = v;
    return kp->view_count++;
}

const struct dictionary *view_dictionary(const struct view *v) {
    return v->alias ? &v->derived : v->column ? &v->column->dict : NULL;
}

/* The texts of a cell: one, or those of its list; a missing cell has none. */
size_t view_cell_texts(const struct column *c, uint32_t code, str *out, size_t max) {
    const struct value *v;
    size_t count = 0;

    if (!c || !code)
        return 0;
    v = dictionary_value(&c->dict, code);
    if (v->type == VALUE_NULL)
        return 0;
    if (v->type != VALUE_LIST) {
        out[0] = value_text(v);
        return 1;
    }
    for (uint32_t i = 0; i < v->len && count < max; i++) {
        const struct value *const item = dictionary_value(&c->dict, value_items(v)[i]);

        if (item->type != VALUE_NULL && item->type != VALUE_LIST)
            out[count++] = value_text(item);
    }
    return count;
}

/* All values that the sources of an alias offer for a row, as text. SIZE_MAX: no memory. */
size_t view_source_values(const struct block *b, uint32_t row, const struct kind_source *source, struct arena *a,
                          str *out, size_t max) {
    str texts[DERIVE_INPUTS_MAX][DERIVE_VALUES_MAX];
    size_t counts[DERIVE_INPUTS_MAX] = {0};
    size_t used = 0, rounds;

    if (source->only_if) {
        const struct column *const c = block_column(b, source->only_if->field);
        str condition[DERIVE_VALUES_MAX];
        size_t const n = view_cell_texts(c, c ? c->codes[row] : CODE_ABSENT, condition, DERIVE_VALUES_MAX);

        if (kind_condition_holds(source->only_if, condition, n) == source->unless)
            return 0;
    }
    for (size_t i = 0; i < source->input_count; i++) {
        const struct column *const c = block_column(b, source->inputs[i]);

        counts[i] = view_cell_texts(c, c ? c->codes[row] : CODE_ABSENT, texts[i], DERIVE_VALUES_MAX);
    }
    if (source->how == DERIVE_AFTER) {
        for (size_t i = 0; i + 1 < counts[0]; i++)
            if (str_eq_ascii(texts[0][i], source->text)) {
                out[0] = texts[0][i + 1];
                return 1;
            }
        return 0;
    }
    /* One input: each of its values in turn. Several: the first value of each. */
    rounds = source->input_count == 1 ? counts[0] : 1;
    for (size_t r = 0; r < rounds; r++) {
        str inputs[DERIVE_INPUTS_MAX], made[DERIVE_VALUES_MAX];
        bool present[DERIVE_INPUTS_MAX];
        size_t n;

        for (size_t i = 0; i < source->input_count; i++) {
            present[i] = counts[i] > r || (source->input_count > 1 && counts[i] > 0);
            inputs[i] = present[i] ? texts[i][source->input_count == 1 ? r : 0] : (str){"", 0};
        }
        n = kind_derive(source, inputs, present, a, made);
        if (n == SIZE_MAX)
            return SIZE_MAX;
        for (size_t i = 0; i < n && used < max; i++)
            out[used++] = made[i];
    }
    return used;
}

static bool derive_row(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    enum { MAX = 256 };
    str values[MAX];
    uint32_t codes[MAX];
    size_t count = 0, repaired = 0;

    arena_reset(d->role_memory);
    for (size_t s = 0; s < v->alias->source_count; s++) {
        size_t const n = view_source_values(b, row, &v->alias->sources[s], d->role_memory, values + count, MAX - count);

        if (n == SIZE_MAX)
            return false;
        count += n;
    }
    for (size_t i = 0; i < count; i++)
        if (!(codes[i] = dictionary_code(&v->derived, RAW_TEXT, false, values[i], &repaired)))
            return false;
    *code = count == 0 ? CODE_ABSENT : count == 1 ? codes[0] : dictionary_list(&v->derived, codes, (uint32_t)count);
    return count == 0 || *code != CODE_ABSENT;
}

static bool tuples_grow(struct view *v) {
    uint32_t const mask = v->tuple_slots ? v->tuple_mask * 2 + 1 : 63;
    uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);
    size_t const step = v->width + 1;

    if (!slots)
        return false;
    for (uint32_t i = 0; i < v->tuple_count; i++) {
        str const key = {(const char *)(v->tuples + i * step), v->width * sizeof(uint32_t)};
        uint32_t at = (uint32_t)hash_bytes(key, v->derived.seed) & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    free(v->tuple_slots);
    v->tuple_slots = slots;
    v->tuple_mask = mask;
    return true;
}

/* The derived code of a row: made once for each combination of input codes. */
static bool derive_code(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    uint32_t *const key = v->key;
    size_t const step = v->width + 1;
    uint32_t at;

    for (uint32_t i = 0; i < v->width; i++) {
        const struct column *const c = block_column(b, v->inputs[i]);

        key[i] = c ? c->codes[row] : CODE_ABSENT;
    }
    if ((!v->tuple_slots || v->tuple_count >= v->tuple_mask / 2) && !tuples_grow(v))
        return false;
    str const bytes = {(const char *)key, v->width * sizeof *key};

    for (at = (uint32_t)hash_bytes(bytes, v->derived.seed) & v->tuple_mask; v->tuple_slots[at];
         at = (at + 1) & v->tuple_mask) {
        const uint32_t *const t = v->tuples + (v->tuple_slots[at] - 1) * step;

        if (memcmp(t, key, bytes.len) == 0) {
            *code = t[v->width];
            return true;
        }
    }
    if (!derive_row(d, b, v, row, code))
        return false;
    key[v->width] = *code;
    if (v->tuple_count == v->tuple_room) {
        uint32_t const room = v->tuple_room ? v->tuple_room * 2 : 64;
        uint32_t *const bigger = realloc(v->tuples, room * step * sizeof *bigger);

        if (!bigger)
            return false;
        v->tuples = bigger;
        v->tuple_room = room;
    }
    memcpy(v->tuples + v->tuple_count * step, key, step * sizeof *key);
    v->tuple_slots[at] = ++v->tuple_count;
    return true;
}

size_t view_bytes(const struct view *v) {
    return dictionary_bytes(&v->derived) + v->tuple_room * (v->width + (size_t)1) * sizeof *v->tuples +
           (v->tuple_slots ? ((size_t)v->tuple_mask + 1) * sizeof *v->tuple_slots : 0);
}

void view_forget(struct view *v, uint32_t generation) {
    if (v->alias) {
        dictionary_reset(&v->derived);
        v->tuple_count = 0;
        if (v->tuple_slots)
            memset(v->tuple_slots, 0, ((size_t)v->tuple_mask + 1) * sizeof *v->tuple_slots);
    }
    v->classes_done = 0;
    v->any_class = false;
    v->generation = generation;
}

/* Derived codes for all rows of the block. */
bool view_derive(struct detector *d, const struct block *b, struct view *v) {
    if (v->derived_room < b->row_count) {
        uint32_t *const bigger = realloc(v->derived_codes, b->row_count * sizeof *bigger);

        if (!bigger)
            return false;
        v->derived_codes = bigger;
        v->derived_room = b->row_count;
    }
    for (uint32_t row = 0; row < b->row_count; row++)
        if (!derive_code(d, b, v, row, &v->derived_codes[row]))
            return false;
    v->derived_rows = b->row_count;
    return true;
}

bool view_code(struct detector *d, const struct block *b, struct view *v, uint32_t row, uint32_t *code) {
    if (!v->alias) {
        *code = v->column ? v->column->codes[row] : CODE_ABSENT;
        return true;
    }
    if (v->derived_rows != b->row_count && !view_derive(d, b, v))
        return false;
    *code = v->derived_codes[row];
    return true;
}
