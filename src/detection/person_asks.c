/* person_asks: the table, read once; and what it says of a field. */
#include "detection/person_asks.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/yaml_pack.h"
#include "intel/person.h"

#define MEMORY ((size_t)4 << 20)

/* One entry of the table. */
struct asks {
    enum person_asked as;
    const str *categories, *names;
    size_t category_count, name_count;
    const field_id *fields; /* the names, where there are categories: aliases are looked up by them */
    uint32_t roles;         /* a bit each */
};

struct person_asks {
    struct arena *a;
    struct fields *fields;
    struct asks *items;
    size_t count;
};

/* ---- the table ---- */

static bool bad(const struct yaml_node *n, const char *what, struct err *e) {
    return err_set(e, ERR_USAGE, 0, "persons/fields.yml:%u: %s", n->line, what);
}

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the fields that are asked about persons");
}

static bool texts(struct person_asks *p, const struct yaml_node *n, const str **out, size_t *count, struct err *e) {
    str *list;

    if (!n)
        return true;
    if (n->type != YAML_LIST || !n->count)
        return bad(n, "a list of names", e);
    if (!(list = arena_zero(p->a, n->count, sizeof *list)))
        return no_memory(e);
    for (size_t i = 0; i < n->count; i++) {
        if (n->items[i]->type != YAML_SCALAR || !n->items[i]->text.len)
            return bad(n->items[i], "a name", e);
        if (!arena_copy(p->a, n->items[i]->text, &list[i]))
            return no_memory(e);
    }
    *out = list;
    *count = n->count;
    return true;
}

static bool roles_of(const struct yaml_node *n, struct asks *to, struct err *e) {
    if (n && n->type != YAML_LIST)
        return bad(n, "a list of roles", e);
    for (size_t i = 0; n && i < n->count; i++) {
        unsigned role = 0;

        while (role < ROLES && !str_eq(n->items[i]->text, role_name((enum role)role)))
            role++;
        if (role == ROLES)
            return bad(n->items[i], "no such role", e);
        to->roles |= 1u << role;
    }
    return true;
}

static bool entry_of(struct person_asks *p, const struct yaml_node *n, struct asks *to, struct err *e) {
    static const str ways[] = {[PERSON_NAME] = STR("name"),
                               [PERSON_MAIL] = STR("mail"),
                               [PERSON_PHONE] = STR("phone"),
                               [PERSON_SITE] = STR("site")};
    static const str keys[] = {STR("as"), STR("categories"), STR("fields"), STR("roles")};
    unsigned as = 0;
    field_id *ids;

    for (size_t i = 0, k; n->type == YAML_MAP && i < n->count; i++) {
        for (k = 0; k < COUNT(keys) && !str_eq(n->keys[i], keys[k]);)
            k++;
        if (k == COUNT(keys))
            return bad(n, "no such key", e);
    }
    while (as < COUNT(ways) && !str_eq(yaml_text(n, "as"), ways[as]))
        as++;
    if (as == COUNT(ways))
        return bad(n, "as what? name, mail, phone or site", e);
    to->as = (enum person_asked)as;
    if (!texts(p, yaml_get(n, "categories"), &to->categories, &to->category_count, e) ||
        !texts(p, yaml_get(n, "fields"), &to->names, &to->name_count, e) || !roles_of(yaml_get(n, "roles"), to, e))
        return false;
    if (!to->name_count && !to->roles)
        return bad(n, "fields or roles", e);
    if (!(ids = arena_zero(p->a, to->name_count, sizeof *ids)))
        return no_memory(e);
    for (size_t i = 0; to->category_count && i < to->name_count; i++)
        if ((ids[i] = field_intern(p->fields, to->names[i])) == FIELD_NONE)
            return no_memory(e);
    to->fields = ids;
    return true;
}

static bool table_read(struct person_asks *p, struct arena *scratch, struct err *e) {
    struct yaml_node **documents;
    size_t count = 0;

    assert(person_fields_builtin_count == 1);
    if (!yaml_unpack(person_fields_builtin[0].trees, scratch, &documents, &count, e))
        return false;
    if (count != 1 || documents[0]->type != YAML_LIST)
        return err_set(e, ERR_USAGE, 0, "persons/fields.yml: a list of what is asked");
    if (!(p->items = arena_zero(p->a, documents[0]->count, sizeof *p->items)))
        return no_memory(e);
    for (; p->count < documents[0]->count; p->count++)
        if (!entry_of(p, documents[0]->items[p->count], &p->items[p->count], e))
            return false;
    return true;
}

bool person_asks_new(struct person_asks **out, struct fields *fields, struct err *e) {
    struct person_asks *const p = calloc(1, sizeof *p);
    struct arena *const scratch = arena_new(MEMORY);
    bool const ok = (p && scratch && (p->a = arena_new(MEMORY))) || no_memory(e);

    if (p)
        p->fields = fields;
    if (!ok || !table_read(p, scratch, e)) {
        arena_free(scratch);
        person_asks_free(p);
        return false;
    }
    arena_free(scratch);
    *out = p;
    return true;
}

void person_asks_free(struct person_asks *p) {
    if (!p)
        return;
    arena_free(p->a);
    free(p);
}

/* ---- what it says ---- */

/* Is what the source makes the value of the field, or in it? Of a label it is amid a line, which is no address. */
static bool is_input(const struct kind_source *s, field_id field) {
    for (size_t i = 0; s->how != DERIVE_LABELLED && s->how != DERIVE_BETWEEN && i < s->input_count; i++)
        if (s->inputs[i] == field)
            return true;
    return false;
}

static bool serves_role(const struct kind *kind, uint32_t roles, field_id field) {
    for (unsigned role = 0; role < ROLES; role++)
        for (size_t s = 0; (roles >> role & 1) && s < kind->role_counts[role]; s++)
            if (is_input(&kind->roles[role][s], field))
                return true;
    return false;
}

static bool is_last_of(str field, str name) {
    size_t const before = field.len - name.len;

    return name.len <= field.len && str_eq_ascii(str_from(field, before), name) &&
           (!before || field.ptr[before - 1] == '.');
}

/* Is it the field, or one that the log source makes it of? */
static bool is_source_of(const struct kind_logsource *l, field_id named, field_id field) {
    if (named == field)
        return true;
    for (size_t i = 0; i < l->alias_count; i++)
        for (size_t s = 0; l->aliases[i].field == named && s < l->aliases[i].source_count; s++)
            if (is_input(&l->aliases[i].sources[s], field))
                return true;
    return false;
}

static bool covers(const struct person_asks *p, const struct asks *x, const struct kind *kind, field_id field) {
    for (size_t i = 0; !x->category_count && i < x->name_count; i++)
        if (is_last_of(field_name(p->fields, field), x->names[i]))
            return true;
    if (!x->category_count)
        return serves_role(kind, x->roles, field);
    for (size_t c = 0; c < x->category_count; c++)
        for (size_t l = 0; l < kind->logsource_count; l++) {
            if (!str_eq(kind->logsources[l].category, x->categories[c]))
                continue;
            for (size_t i = 0; i < x->name_count; i++)
                if (is_source_of(&kind->logsources[l], x->fields[i], field))
                    return true;
            if (serves_role(kind, x->roles, field))
                return true;
        }
    return false;
}

unsigned person_asks_of(const struct person_asks *p, const struct kind *kind, field_id field) {
    unsigned as = 0;

    for (size_t i = 0; i < p->count; i++)
        if (covers(p, &p->items[i], kind, field))
            as |= 1u << p->items[i].as;
    return as;
}
