/* import_pattern: an indicator whose value is a STIX pattern: as values where it says no more, else as it is. */
#include "intel/import_own.h"
#include "intel/stix_pattern.h"

struct emitting {
    struct intel_item *item;
    const struct intel_sink *sink;
    struct err *e;
    bool ok;
};

static void emit(void *ctx, enum observable type, str value) {
    struct emitting *const m = ctx;

    m->item->type = type;
    m->item->value = value;
    m->ok = m->ok && m->sink->item(m->sink->ctx, m->item, m->e);
}

bool import_pattern_tell(struct intel_item *item, str pattern, const struct import_about *about,
                         const struct intel_sink *sink, struct arena *scratch, struct err *e) {
    struct emitting m = {.item = item, .sink = sink, .e = e, .ok = true};
    struct stix_pattern tree;
    struct err why = {0};

    arena_reset(scratch);
    if (!stix_pattern_parse(pattern, about->strict, scratch, &tree, &why)) {
        if (why.code == ERR_MEMORY) { /* its own bounds are far below what scratch has */
            *e = why;
            return false;
        }
        if (about->strict)
            return err_set(e, ERR_CORRUPT, 0, "%.*s: pattern: %.150s", STR_ARG(item->where), why.text);
        return import_left_out(sink, item->where, pattern, e, "its pattern cannot be read: %s", why.text);
    }
    item->form = ITEM_VALUE;
    if (stix_pattern_values(&tree, emit, &m))
        return m.ok;
    item->form = ITEM_PATTERN;
    item->type = OBSERVABLE_NONE;
    item->value = pattern;
    return sink->item(sink->ctx, item, e);
}
