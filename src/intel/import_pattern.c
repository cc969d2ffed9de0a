/* import_pattern: an indicator whose value is a STIX pattern: as values where it says no more, else as it is.
 *
 * Some platforms write all that they know of a file as choices: its hashes OR its size OR its media type. Taken at its word that finds every
 * program there is. Unless strict, such a pattern gives its values, and what is common to countless files is left out with that reason. */
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

/* What a test can find that is no value; NULL: something that must not be left out. */
static const char *weakness(const struct stix_comparison *test) {
    static const str common[] = {STR("size"),  STR("mime_type"), STR("magic_number_hex"), STR("name_enc"), STR("ctime"),
                                 STR("mtime"), STR("atime")};
    const struct stix_path *const path = &test->path;

    if (test->how != STIX_TEST || !str_eq(path->type, S("file")) || !path->step_count || path->steps[0].how != STIX_KEY)
        return NULL;
    if (str_eq(path->steps[0].key, S("hashes")))
        return "logs do not hold this kind of hash";
    for (size_t i = 0; i < COUNT(common); i++)
        if (str_eq(common[i], path->steps[0].key))
            return "countless files have it: as one of several choices it would find far too much";
    return NULL;
}

/* Part of a pattern, as one of its own. */
static bool is_values(const struct stix_comparison *part, void (*value)(void *, enum observable, str), void *ctx) {
    struct stix_comparison alone = *part;
    struct stix_expression bracket = {.how = STIX_BRACKET, .comparison = &alone};
    struct stix_pattern const pattern = {.text = STR(""), .root = &bracket};

    alone.next = NULL;
    return stix_pattern_values(&pattern, value, ctx);
}

static void nothing(void *ctx, enum observable type, str value) {
    (void)ctx, (void)type, (void)value;
}

/* What the choices of a comparison come to. */
struct choices {
    size_t values, weak, others;
};

static void count_choices(const struct stix_comparison *c, struct choices *n) {
    if (c->how == STIX_ANY_OF) {
        for (const struct stix_comparison *one = c->first; one; one = one->next)
            count_choices(one, n);
    } else if (is_values(c, nothing, NULL)) {
        n->values++;
    } else if (weakness(c)) {
        n->weak++;
    } else {
        n->others++;
    }
}

static bool tell_choices(const struct stix_comparison *c, struct emitting *m) {
    bool ok = true;

    if (c->how == STIX_ANY_OF) {
        for (const struct stix_comparison *one = c->first; one && ok; one = one->next)
            ok = tell_choices(one, m);
        return ok;
    }
    if (is_values(c, emit, m))
        return m->ok;
    return import_left_out(m->sink, m->item->where, c->path.text, m->e, "%s", weakness(c));
}

/* The choices in its brackets, all of them; none where it is more than choices. */
static struct choices choices_of(const struct stix_expression *x) {
    struct choices n = {0, 0, 0};

    if (x->how == STIX_BRACKET) {
        count_choices(x->comparison, &n);
    } else if (x->how == STIX_OR) {
        for (const struct stix_expression *one = x->first; one; one = one->next) {
            struct choices const more = choices_of(one);

            n.values += more.values;
            n.weak += more.weak;
            n.others += more.others;
        }
    } else {
        n.others = 1;
    }
    return n;
}

static bool tell_all_choices(const struct stix_expression *x, struct emitting *m) {
    bool ok = true;

    if (x->how == STIX_BRACKET)
        return tell_choices(x->comparison, m);
    for (const struct stix_expression *one = x->first; one && ok; one = one->next)
        ok = tell_all_choices(one, m);
    return ok;
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
    struct choices const choices = choices_of(tree.root);

    if (!about->strict && choices.values && !choices.others)
        return tell_all_choices(tree.root, &m);
    item->form = ITEM_PATTERN;
    item->type = OBSERVABLE_NONE;
    item->value = pattern;
    return sink->item(sink->ctx, item, e);
}
