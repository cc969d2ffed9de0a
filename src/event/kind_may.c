/* kind_may: which fields an event of a kind can have by itself. Only of lines of text is that known: what their formats give, and
 * who read them. */
#include "event/format.h"
#include "event/kind.h"

/* Fields that the reader of lines gives by itself, whatever a line says (docs/formats/text.md). */
static bool is_of_reader(str name) {
    static const str names[] = {STR("message"),  STR("timestamp"), STR("host"),   STR("program"),  STR("module"),
                                STR("pid"),      STR("msgid"),     STR("label"),  STR("received"), STR("collector"),
                                STR("facility"), STR("severity"),  STR("format"), STR("repeated")};

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(names[i], name))
            return true;
    return str_starts(name, S("sd."));
}

/* Fields of systemd's journal, whose messages are lines of text as well (data/kinds/journal.yml). */
static bool is_of_journal(str name) {
    static const str names[] = {STR("MESSAGE"), STR("MESSAGE_ID"), STR("PRIORITY"), STR("UNIT")};

    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(names[i], name))
            return true;
    return str_starts(name, S("_")) || str_starts(name, S("SYSLOG_"));
}

/* Can a line of this format have the field? *open: its fields are whatever the line has. */
static bool format_gives(const struct format *f, field_id field, bool *open) {
    for (size_t i = 0; i < f->template_count; i++) {
        const struct template *const t = &f->templates[i];

        for (uint16_t k = 0; k < t->piece_count; k++) {
            *open |= t->pieces[k].type == PIECE_PAIRS || t->pieces[k].type == PIECE_LOOSE;
            if (t->pieces[k].field == field && field != FIELD_NONE)
                return true;
            for (size_t q = 0; q < REQUEST_FIELDS && t->pieces[k].type == PIECE_REQUEST; q++)
                if (t->request[q] == field)
                    return true;
        }
        for (size_t k = 0; k < t->column_count; k++)
            if (t->columns[k] == field)
                return true;
        for (size_t k = 0; k < t->set_count; k++)
            if (t->set[k].field == field)
                return true;
    }
    for (size_t i = 0; i < f->set_count; i++)
        if (f->set[i].field == field)
            return true;
    for (size_t i = 0; i < f->join_count; i++)
        if (f->joins[i].field == field)
            return true;
    return false;
}

bool kind_may_have(const struct kinds *kinds, const struct fields *fields, const struct kind *kind, field_id field) {
    const struct formats *const formats = kinds_formats(kinds);
    bool named = false, open = false;

    if (is_of_reader(field_name(fields, field)) || (!kind->reader.len && is_of_journal(field_name(fields, field))))
        return true;
    for (size_t i = 0; i < kind->when_count; i++) {
        const struct kind_condition *const c = &kind->when[i];

        if (c->how != WHEN_EQUALS || !str_eq(field_name(fields, c->field), S("format")))
            continue;
        named = true;
        for (size_t v = 0; v < c->value_count; v++) {
            bool found = false;

            for (size_t k = 0; k < formats_count(formats); k++)
                if (str_eq_ascii(formats_at(formats, k)->name, c->values[v])) {
                    found = true;
                    if (format_gives(formats_at(formats, k), field, &open))
                        return true;
                }
            open |= !found;
        }
    }
    return !named || open;
}

struct telling {
    bool (*each)(void *ctx, field_id field, str text, bool joined);
    void *ctx;
};

static bool tell_set(const struct telling *t, const struct constant *set, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!t->each(t->ctx, set[i].field, set[i].value, false))
            return false;
    return true;
}

/* The root of DNS stands in a line as a length. */
static bool tell_roots(const struct telling *t, const struct template *how) {
    for (uint16_t i = 0; i < how->piece_count; i++)
        if (how->pieces[i].type == PIECE_LABELS && how->pieces[i].field != FIELD_NONE &&
            !t->each(t->ctx, how->pieces[i].field, S("."), false))
            return false;
    return true;
}

static bool tell_sets(const struct telling *t, const struct format *f) {
    if (!tell_set(t, f->set, f->set_count))
        return false;
    for (size_t i = 0; i < f->template_count; i++)
        if (!tell_set(t, f->templates[i].set, f->templates[i].set_count) || !tell_roots(t, &f->templates[i]))
            return false;
    return true;
}

/* Has the format, or one of its templates, a text for the field? */
struct asking {
    field_id field;
    bool has;
};

static bool ask_text(void *ctx, field_id field, str text, bool joined) {
    struct asking *const a = ctx;

    (void)text;
    (void)joined;
    a->has |= field == a->field;
    return true;
}

static bool format_sets(const struct format *f, field_id field) {
    struct asking a = {.field = field};
    struct telling const t = {ask_text, &a};

    return tell_sets(&t, f) && a.has;
}

static bool tell_joined(const struct telling *t, const struct format *f, const struct joined *j) {
    for (size_t i = 0; i < j->part_count; i++) {
        str const between = j->parts[i].text;
        bool const bare = !between.len && i > 0;

        if (i == 0 && !between.len && j->part_count > 1 && !format_sets(f, j->parts[0].field))
            continue; /* what is told of the next part says that the field is put together */
        if (!t->each(t->ctx, j->field, bare || format_sets(f, j->parts[i].field) ? S("") : between, true))
            return false;
    }
    return true;
}

bool kinds_spoken(const struct kinds *kinds, bool (*each)(void *ctx, field_id field, str text, bool joined),
                  void *ctx) {
    field_id const name = field_find(kinds_fields(kinds), S("format"));
    struct telling const t = {each, ctx};

    for (size_t i = 0; i < formats_count(kinds_formats(kinds)); i++) {
        const struct format *const f = formats_at(kinds_formats(kinds), i);

        if (!each(ctx, name, f->name, false) || !tell_sets(&t, f))
            return false;
        for (size_t k = 0; k < f->join_count; k++)
            if (!tell_joined(&t, f, &f->joins[k]))
                return false;
    }
    return true;
}
