/* stix_event: the table of paths, and rows through it. */
#include "detection/stix_event.h"

#include <assert.h>

#include "base/address.h"
#include "base/instant.h"
#include "codec/yaml_pack.h"
#include "detection/detect_own.h"
#include "event/number.h"

#define PARTS_MAX 8u /* of a property's path */

enum as { AS_TEXT, AS_NUMBER, AS_NAME, AS_FOLDER, AS_HASHES, AS_LIST, AS_VALUE, AS_URL };
enum { FROM, HOST, PATH, QUERY, FROMS };

struct source {
    enum as as;
    int role; /* below 0: none */
    const field_id *fields[FROMS];
    size_t counts[FROMS]; /* URL: all four; else FROM */
};

enum property_kind { PROPERTY_VALUE, PROPERTY_REF, PROPERTY_REFS };
struct property {
    enum property_kind kind;
    str parts[PARTS_MAX];
    size_t part_count;
    struct source source;
    uint32_t targets[4]; /* objects of the group */
    size_t target_count;
};

struct object {
    str name, type;
    bool host, has_each;
    struct source each;
    const struct property *properties;
    size_t property_count;
};

struct group {
    str name;
    const str *categories, *kinds, *except;
    size_t category_count, kind_count, except_count;
    const struct object *objects;
    uint32_t object_count;
};

struct stix_events {
    struct arena *a;
    struct fields *fields;
    struct group *groups;
    size_t group_count;
};

/* ---- the table ---- */

struct loading {
    struct stix_events *s;
    struct err *e;
};

static bool bad(struct loading *l, const struct yaml_node *n, const char *what) {
    return err_set(l->e, ERR_USAGE, 0, "stix-paths.yml:%u: %s", n ? n->line : 0, what);
}

static void *keep(struct loading *l, size_t count, size_t size) {
    void *const m = arena_zero(l->s->a, count, size);

    if (!m)
        err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    return m;
}

static size_t many(const struct yaml_node *n) {
    return !n ? 0 : n->type == YAML_LIST ? n->count : 1;
}

static const struct yaml_node *at(const struct yaml_node *n, size_t i) {
    return n->type == YAML_LIST ? n->items[i] : n;
}

static bool texts(struct loading *l, const struct yaml_node *n, const str **out, size_t *count) {
    str *const list = keep(l, many(n), sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < many(n); i++) {
        if (at(n, i)->type != YAML_SCALAR)
            return bad(l, n, "a text or a list of texts");
        if (!arena_copy(l->s->a, at(n, i)->text, &list[i]))
            return err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    }
    *out = list;
    *count = many(n);
    return true;
}

static bool field_list(struct loading *l, const struct yaml_node *n, const field_id **out, size_t *count) {
    field_id *const list = keep(l, many(n), sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < many(n); i++) {
        if (at(n, i)->type != YAML_SCALAR || !at(n, i)->text.len)
            return bad(l, n, "a field or a list of fields");
        if ((list[i] = field_intern(l->s->fields, at(n, i)->text)) == FIELD_NONE)
            return err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    }
    *out = list;
    *count = many(n);
    return true;
}

static bool source_of(struct loading *l, const struct yaml_node *n, struct source *out) {
    static const char *const ways[] = {"text", "number", "name", "folder", "hashes", "list", "value", "url"};
    static const char *const froms[FROMS] = {"from", "host", "path", "query"};

    *out = (struct source){.role = -1};
    if (n->type != YAML_MAP)
        return field_list(l, n, &out->fields[FROM], &out->counts[FROM]);
    for (size_t i = 0; i < n->count; i++) {
        size_t k = 0;

        if (str_eq(n->keys[i], S("as"))) {
            while (k < COUNT(ways) && !str_eq(n->items[i]->text, str_of(ways[k])))
                k++;
            if (k == COUNT(ways))
                return bad(l, n, "as what?");
            out->as = (enum as)k;
        } else if (str_eq(n->keys[i], S("role"))) {
            while (k < ROLES && !str_eq(n->items[i]->text, role_name((enum role)k)))
                k++;
            if (k == ROLES)
                return bad(l, n, "no such role");
            out->role = (int)k;
        } else {
            while (k < FROMS && !str_eq(n->keys[i], str_of(froms[k])))
                k++;
            if (k == FROMS)
                return bad(l, n, "no such key");
            if (!field_list(l, n->items[i], &out->fields[k], &out->counts[k]))
                return false;
        }
    }
    return true;
}

static bool parts_of(struct loading *l, const struct yaml_node *n, str key, struct property *p) {
    str rest;

    if (!arena_copy(l->s->a, key, &rest))
        return err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    while (rest.len) {
        size_t const point = str_find_byte(rest, '.');

        if (p->part_count == PARTS_MAX)
            return bad(l, n, "too many parts");
        p->parts[p->part_count] = str_first(rest, point < rest.len ? point : rest.len);
        rest = point == SIZE_MAX ? S("") : str_from(rest, point + 1);
        if (!p->parts[p->part_count++].len)
            return bad(l, n, "an empty part");
    }
    return true;
}

static bool property_of(struct loading *l, const struct group *g, str key, const struct yaml_node *n,
                        struct property *p) {
    *p = (struct property){.kind = str_ends(key, S("_refs"))  ? PROPERTY_REFS
                                   : str_ends(key, S("_ref")) ? PROPERTY_REF
                                                              : PROPERTY_VALUE};
    if (!parts_of(l, n, key, p))
        return false;
    if (p->kind == PROPERTY_VALUE)
        return source_of(l, n, &p->source);
    for (size_t i = 0; i < many(n); i++) {
        uint32_t target = 0;

        while (target < g->object_count && !str_eq(at(n, i)->text, g->objects[target].name))
            target++;
        if (target == g->object_count || p->target_count == COUNT(p->targets))
            return bad(l, n, "no object above has that name");
        p->targets[p->target_count++] = target;
    }
    return true;
}

static bool object_of(struct loading *l, const struct group *g, str name, const struct yaml_node *n, struct object *o) {
    struct property *const properties = keep(l, n->count, sizeof *properties);

    if (!properties)
        return false;
    if (n->type != YAML_MAP)
        return bad(l, n, "an object is a map");
    if (!arena_copy(l->s->a, name, &o->name) || !arena_copy(l->s->a, yaml_text(n, "type"), &o->type))
        return err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    if (!o->type.len)
        return bad(l, n, "an object without a type");
    o->host = str_eq(o->type, S("host"));
    o->properties = properties;
    for (size_t i = 0; i < n->count; i++) {
        if (str_eq(n->keys[i], S("type")))
            continue;
        if (str_eq(n->keys[i], S("each"))) {
            o->has_each = true;
            if (!source_of(l, n->items[i], &o->each))
                return false;
        } else if (!property_of(l, g, n->keys[i], n->items[i], &properties[o->property_count++])) {
            return false;
        }
    }
    return true;
}

static bool group_of(struct loading *l, const struct yaml_node *n, struct group *g) {
    const struct yaml_node *const objects = yaml_get(n, "objects");
    struct object *list;

    if (!objects || objects->type != YAML_MAP)
        return bad(l, n, "events without objects");
    if (!arena_copy(l->s->a, yaml_text(n, "events"), &g->name))
        return err_set(l->e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
    if (!texts(l, yaml_get(n, "categories"), &g->categories, &g->category_count) ||
        !texts(l, yaml_get(n, "kinds"), &g->kinds, &g->kind_count) ||
        !texts(l, yaml_get(n, "except"), &g->except, &g->except_count) ||
        !(list = keep(l, objects->count, sizeof *list)))
        return false;
    g->objects = list;
    for (size_t i = 0; i < objects->count; i++) {
        if (!object_of(l, g, objects->keys[i], objects->items[i], &list[i]))
            return false;
        g->object_count++; /* references look at what is above */
    }
    return true;
}

void stix_events_free(struct stix_events *s) {
    if (!s)
        return;
    arena_free(s->a);
    free(s);
}

bool stix_events_new(struct stix_events **out, struct fields *fields, struct err *e) {
    struct stix_events *const s = calloc(1, sizeof *s);
    struct arena *const scratch = arena_new((size_t)8 << 20);
    struct loading l = {s, e};
    struct yaml_node **documents;
    size_t count = 0;

    if (!s || !scratch || !(s->a = arena_new((size_t)8 << 20))) {
        err_set(e, ERR_MEMORY, 0, "no memory for the table of STIX paths");
        goto fail;
    }
    s->fields = fields;
    assert(stix_paths_builtin_count == 1);
    if (!yaml_unpack(stix_paths_builtin[0].trees, scratch, &documents, &count, e) ||
        !(s->groups = keep(&l, count, sizeof *s->groups)))
        goto fail;
    for (size_t i = 0; i < count; i++)
        if (!group_of(&l, documents[i], &s->groups[s->group_count++]))
            goto fail;
    arena_free(scratch);
    *out = s;
    return true;
fail:
    arena_free(scratch);
    stix_events_free(s);
    return false;
}

/* ---- which events have what ---- */

#define NO_LOGSOURCE SIZE_MAX

/* Is it one of these, or below one? */
static bool named(str kind, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_starts(kind, names[i]) && (kind.len == names[i].len || kind.ptr[names[i].len] == '/'))
            return true;
    return false;
}

/* Is the group for events of the kind? *logsource: by whose names. */
static bool covers(const struct group *g, const struct kind *kind, size_t *logsource) {
    *logsource = NO_LOGSOURCE;
    if (!g->category_count && !g->kind_count)
        return true;
    if (named(kind->name, g->except, g->except_count))
        return false;
    if (named(kind->name, g->kinds, g->kind_count))
        return true;
    for (size_t i = 0; i < g->category_count; i++)
        for (size_t k = 0; k < kind->logsource_count; k++)
            if (str_eq(kind->logsources[k].category, g->categories[i])) {
                *logsource = k;
                return true;
            }
    return false;
}

static bool is_type(const struct object *o, str type) {
    return o->host ? str_eq(type, S("ipv4-addr")) || str_eq(type, S("ipv6-addr")) || str_eq(type, S("domain-name"))
                   : str_eq(type, o->type);
}

static const struct kind_alias *alias_of(const struct kind *kind, size_t logsource, field_id field) {
    if (logsource != NO_LOGSOURCE)
        for (size_t i = 0; i < kind->logsources[logsource].alias_count; i++)
            if (kind->logsources[logsource].aliases[i].field == field)
                return &kind->logsources[logsource].aliases[i];
    return NULL;
}

/* Can a literal in what the kind's sources make be looked for in what they are made of? */
static bool sources_verbatim(const struct kind_source *sources, size_t count) {
    for (size_t i = 0; i < count; i++)
        switch (sources[i].how) {
        case DERIVE_MAP:
        case DERIVE_DECIMAL:
        case DERIVE_HEX:
        case DERIVE_CONSTANT:
        case DERIVE_E164:
        case DERIVE_IPV4_SIGNED:
        case DERIVE_HTTP_OUTCOME:
        case DERIVE_REGISTRY_DATA:
            return false;
        default: /* a name, a number, a label is taken over as it is; what stands around it may be something else */
            break;
        }
    return true;
}

static bool verbatim(const struct kind *kind, size_t logsource, const struct source *source) {
    if (source->role >= 0 && !sources_verbatim(kind->roles[source->role], kind->role_counts[source->role]))
        return false;
    for (size_t f = 0; f < FROMS; f++)
        for (size_t i = 0; i < source->counts[f]; i++) {
            const struct kind_alias *const alias = alias_of(kind, logsource, source->fields[f][i]);

            if (alias && !sources_verbatim(alias->sources, alias->source_count))
                return false;
        }
    return true;
}

/* Of which kind a path is followed, and whether all that it may end in is verbatim. */
struct look {
    const struct kind *kind;
    size_t logsource;
    bool verbatim;
};

/* look: NULL, or the path is followed to all its ends. */
static bool object_may(const struct group *g, const struct object *o, const struct stix_path *p, size_t from,
                       struct look *look);

static bool value_fits(const struct property *x, const struct stix_path *p, size_t from) {
    if (from == p->step_count)
        return true; /* a dictionary or list, too: EXISTS, != */
    if (from + 1 != p->step_count)
        return false;
    return x->source.as == AS_HASHES ? p->steps[from].how != STIX_INDEX
                                     : x->source.as == AS_LIST && p->steps[from].how != STIX_KEY;
}

/* Behind all parts of the property, at step `from`. */
static bool value_may(const struct group *g, const struct object *o, const struct property *x,
                      const struct stix_path *p, size_t from, struct look *look) {
    bool any = false;

    if (x->kind == PROPERTY_VALUE) {
        if (!value_fits(x, p, from))
            return false;
        if (look)
            look->verbatim = look->verbatim && verbatim(look->kind, look->logsource, &x->source) &&
                             (x->source.as != AS_VALUE || verbatim(look->kind, look->logsource, &o->each));
        return true;
    }
    if (x->kind == PROPERTY_REFS && from < p->step_count) {
        if (p->steps[from].how == STIX_KEY)
            return false;
        from++;
    }
    if (from == p->step_count)
        return true;
    for (size_t i = 0; i < x->target_count && (look || !any); i++)
        any = object_may(g, &g->objects[x->targets[i]], p, from, look) || any;
    return any;
}

static bool object_may(const struct group *g, const struct object *o, const struct stix_path *p, size_t from,
                       struct look *look) {
    bool any = false;

    if (from == p->step_count || p->steps[from].how != STIX_KEY)
        return false;
    if (from + 1 == p->step_count && str_eq(p->steps[from].key, S("type")))
        return true;
    for (size_t i = 0; i < o->property_count; i++) {
        const struct property *const x = &o->properties[i];
        size_t step = from, part = 0;

        for (; part < x->part_count && step < p->step_count; part++, step++) {
            const struct stix_step *const s = &p->steps[step];

            if (str_eq(x->parts[part], S("*")) ? s->how == STIX_KEY
                                               : s->how != STIX_KEY || !str_eq(s->key, x->parts[part])) {
                char one[STIX_ALGORITHM_MAX], two[STIX_ALGORITHM_MAX];

                /* hashes.MD5, hashes.md5 */
                if (s->how != STIX_KEY || part == 0 || !str_eq(x->parts[part - 1], S("hashes")) ||
                    !str_eq(stix_algorithm(s->key, one), stix_algorithm(x->parts[part], two)))
                    break;
            }
        }
        any = (part == x->part_count ? value_may(g, o, x, p, step, look) : step == p->step_count) || any;
        if (any && !look)
            return true;
    }
    return any;
}

static bool group_may(const struct group *g, const struct stix_path *p) {
    for (uint32_t i = 0; i < g->object_count; i++)
        if (is_type(&g->objects[i], p->type) && object_may(g, &g->objects[i], p, 0, NULL))
            return true;
    return false;
}

bool stix_events_path(const struct stix_events *s, const struct stix_path *path, const char **why) {
    bool type = false;

    for (size_t i = 0; i < s->group_count; i++) {
        if (group_may(&s->groups[i], path))
            return true;
        for (uint32_t k = 0; k < s->groups[i].object_count; k++)
            type = type || is_type(&s->groups[i].objects[k], path->type);
    }
    *why = type ? "no event has such a property" : "no event is such an object";
    return false;
}

bool stix_events_kind_path(const struct stix_events *s, const struct kind *kind, const struct stix_path *path) {
    size_t logsource;

    for (size_t i = 0; i < s->group_count; i++)
        if (covers(&s->groups[i], kind, &logsource) && group_may(&s->groups[i], path))
            return true;
    return false;
}

bool stix_events_verbatim(const struct stix_events *s, const struct kind *kind, const struct stix_path *path) {
    struct look look = {.kind = kind, .verbatim = true};

    for (size_t i = 0; i < s->group_count; i++) {
        const struct group *const g = &s->groups[i];

        for (uint32_t k = 0; covers(g, kind, &look.logsource) && k < g->object_count; k++)
            if (is_type(&g->objects[k], path->type))
                object_may(g, &g->objects[k], path, 0, &look);
    }
    return look.verbatim;
}

static bool source_reads(const struct kind_source *source, size_t count, field_id field) {
    for (size_t s = 0; s < count; s++) {
        if (source[s].only_if && source[s].only_if->field == field)
            return true;
        for (size_t i = 0; i < source[s].input_count; i++)
            if (source[s].inputs[i] == field)
                return true;
    }
    return false;
}

static bool reads(const struct kind *kind, size_t logsource, const struct source *source, field_id field) {
    if (source->role >= 0 && source_reads(kind->roles[source->role], kind->role_counts[source->role], field))
        return true;
    for (size_t f = 0; f < FROMS; f++)
        for (size_t i = 0; i < source->counts[f]; i++) {
            const struct kind_alias *const alias = alias_of(kind, logsource, source->fields[f][i]);

            if (alias ? source_reads(alias->sources, alias->source_count, field) : source->fields[f][i] == field)
                return true;
        }
    return false;
}

bool stix_events_wants(const struct stix_events *s, const struct kind *kind, field_id field) {
    for (size_t i = 0; i < s->group_count; i++) {
        const struct group *const g = &s->groups[i];
        size_t logsource;

        if (!covers(g, kind, &logsource))
            continue;
        for (uint32_t k = 0; k < g->object_count; k++) {
            const struct object *const o = &g->objects[k];

            if (o->has_each && reads(kind, logsource, &o->each, field))
                return true;
            for (size_t n = 0; n < o->property_count; n++)
                if (o->properties[n].kind == PROPERTY_VALUE && reads(kind, logsource, &o->properties[n].source, field))
                    return true;
        }
    }
    return false;
}

/* ---- rows ---- */

/* A property of an object before it is a tree: where parts say `*`, the index of the value. */
struct leaf {
    const struct property *p;
    str last; /* "" or one more part */
    uint32_t index;
    struct stix_value value;
};

struct making {
    const struct stix_events *s;
    const struct block *b;
    uint32_t row;
    size_t logsource;
    struct arena *a;
    str *values; /* room for STIX_EVENT_VALUES_MAX */
    str *each;   /* the same */
    struct stix_object *objects;
    size_t count, object_room;
    struct leaf *leaves;
    size_t leaf_count, leaf_room;
    bool cut;
    struct err *e;
};

static bool full(struct making *m) {
    return err_set(m->e, ERR_MEMORY, 0, "no memory for an event's objects");
}

/* Without what stands for nothing. */
static size_t said(str *values, size_t count) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (values[i].len && !str_eq(values[i], S("-")))
            values[kept++] = values[i];
    return kept;
}

/* What the sources make; SIZE_MAX: no memory. */
static size_t sources_values(struct making *m, const struct kind_source *sources, size_t count, bool first, str *out) {
    size_t used = 0;

    for (size_t s = 0; s < count; s++) {
        size_t const n =
            view_source_values(m->b, m->row, &sources[s], m->a, out + used, STIX_EVENT_VALUES_MAX + 1 - used);

        if (n == SIZE_MAX) {
            full(m);
            return SIZE_MAX;
        }
        used += said(out + used, n);
        if (used && first)
            break;
    }
    return used;
}

static size_t field_values(struct making *m, field_id field, str *out) {
    const struct kind_alias *const alias = alias_of(m->b->kind, m->logsource, field);
    const struct column *c;

    if (alias)
        return sources_values(m, alias->sources, alias->source_count, false, out);
    c = block_column(m->b, field);
    return said(out, view_cell_texts(c, c ? c->codes[m->row] : CODE_ABSENT, out, STIX_EVENT_VALUES_MAX + 1));
}

/* Of the first field that has values. SIZE_MAX: no memory. */
static size_t first_values(struct making *m, const struct source *source, size_t from, str *out) {
    size_t count = 0;

    if (from == FROM && source->role >= 0)
        count = sources_values(m, m->b->kind->roles[source->role], m->b->kind->role_counts[source->role], true, out);
    for (size_t i = 0; !count && i < source->counts[from]; i++)
        count = field_values(m, source->fields[from][i], out);
    if (count != SIZE_MAX && count > STIX_EVENT_VALUES_MAX) {
        m->cut = true;
        count = STIX_EVENT_VALUES_MAX;
    }
    return count;
}

static size_t last_separator(str s) {
    for (size_t i = s.len; i-- > 0;)
        if (s.ptr[i] == '/' || s.ptr[i] == '\\')
            return i;
    return SIZE_MAX;
}

static bool leaf_add(struct making *m, const struct property *p, str last, uint32_t index, enum stix_value_type type,
                     str text) {
    if (m->leaf_count == m->leaf_room) {
        size_t const room = m->leaf_room ? m->leaf_room * 2 : 64;
        struct leaf *const bigger = arena_alloc(m->a, room * sizeof *bigger);

        if (!bigger)
            return full(m);
        if (m->leaf_count)
            memcpy(bigger, m->leaves, m->leaf_count * sizeof *bigger);
        m->leaves = bigger;
        m->leaf_room = room;
    }
    m->leaves[m->leaf_count++] = (struct leaf){p, last, index, {.type = type, .text = text}};
    return true;
}

static bool text_add(struct making *m, const struct property *p, uint32_t index, str text) {
    return leaf_add(m, p, S(""), index, STIX_VALUE_TEXT, text);
}

/* MD5=..,SHA256=.. under the names of STIX. */
static bool hashes_add(struct making *m, const struct property *p, str text) {
    static const struct {
        str theirs, ours;
    } names[] = {{STR("md5"), STR("MD5")},
                 {STR("sha1"), STR("SHA-1")},
                 {STR("sha256"), STR("SHA-256")},
                 {STR("sha512"), STR("SHA-512")},
                 {STR("imphash"), STR("IMPHASH")}};

    while (text.len) {
        size_t comma = str_find_byte(text, ',');
        str const part = str_trim(str_first(text, comma < text.len ? comma : text.len));
        size_t const equals = str_find_byte(part, '=');
        char folded[STIX_ALGORITHM_MAX];

        text = comma == SIZE_MAX ? S("") : str_from(text, comma + 1);
        if (equals == SIZE_MAX)
            continue;
        for (size_t i = 0; i < COUNT(names); i++)
            if (str_eq(stix_algorithm(str_first(part, equals), folded), names[i].theirs) &&
                !leaf_add(m, p, names[i].ours, 0, STIX_VALUE_TEXT, str_from(part, equals + 1)))
                return false;
    }
    return true;
}

static bool url_add(struct making *m, const struct property *p) {
    struct buf b = {0};
    str text = S("");
    bool ok;

    for (size_t from = FROM; from < FROMS; from++) {
        size_t const n = first_values(m, &p->source, from, m->values);

        if (n == SIZE_MAX) {
            buf_free(&b);
            return false;
        }
        if (!n)
            continue;
        m->cut = m->cut || n > 1; /* which of them belong together is not known */
        /* A whole address is one; what begins with / needs a host in front. */
        if (from == FROM && m->values[0].ptr[0] != '/')
            return text_add(m, p, 0, m->values[0]);
        if (from == FROM) {
            text = m->values[0];
            continue;
        }
        if (from == HOST)
            buf_add(&b, m->values[0]);
        if (from == HOST && text.len) {
            buf_add(&b, text);
            break;
        }
        if (from == PATH && b.len)
            buf_add(&b, m->values[0]);
        if (from == QUERY && b.len && str_find_byte(buf_str(&b), '?') == SIZE_MAX) {
            if (m->values[0].ptr[0] != '?')
                buf_byte(&b, '?');
            buf_add(&b, m->values[0]);
        }
    }
    ok = !b.failed && (!b.len || (arena_copy(m->a, buf_str(&b), &text) && text_add(m, p, 0, text)));
    buf_free(&b);
    return ok || full(m);
}

/* The property's values, for the object made of `value` if it is one of many. */
static bool value_leaves(struct making *m, const struct property *p, str value) {
    size_t count;

    if (p->source.as == AS_VALUE)
        return text_add(m, p, 0, value);
    if (p->source.as == AS_URL)
        return url_add(m, p);
    if ((count = first_values(m, &p->source, FROM, m->values)) == SIZE_MAX)
        return false;

    for (uint32_t i = 0; i < count; i++) {
        str text = m->values[i];
        size_t const cut = last_separator(text);
        char number[NUMBER_TEXT_MAX], *small;
        size_t len;

        switch (p->source.as) {
        case AS_HASHES:
            if (!hashes_add(m, p, text))
                return false;
            continue;
        case AS_NUMBER:
            if (!number_canonical(text, number, &len))
                continue;
            if (!arena_copy(m->a, (str){number, len}, &text) || !leaf_add(m, p, S(""), i, STIX_VALUE_NUMBER, text))
                return full(m);
            continue;
        case AS_NAME:
            if (cut != SIZE_MAX)
                text = str_from(text, cut + 1);
            break;
        case AS_FOLDER:
            text = cut == SIZE_MAX ? S("") : str_first(text, cut ? cut : 1);
            break;
        case AS_LIST:
            if (!(small = arena_bytes(m->a, text.len)))
                return full(m);
            for (size_t k = 0; k < text.len; k++)
                small[k] = text.ptr[k] >= 'A' && text.ptr[k] <= 'Z' ? (char)(text.ptr[k] + 32) : text.ptr[k];
            text = (str){small, text.len};
            break;
        default:
            break;
        }
        if (text.len && !text_add(m, p, i, text))
            return false;
    }
    return true;
}

static str part_at(const struct leaf *l, size_t depth) {
    return depth < l->p->part_count ? l->p->parts[depth] : l->last;
}

static size_t depth_of(const struct leaf *l) {
    return l->p->part_count + (l->last.len > 0);
}

/* The value that the listed leaves make below `depth` parts of their paths, which they share. */
static bool tree(struct making *m, const struct leaf *leaves, const uint32_t *list, size_t count, size_t depth,
                 struct stix_value *out) {
    bool const many_values = leaves[list[0]].p->kind == PROPERTY_REFS || leaves[list[0]].p->source.as == AS_LIST;
    uint32_t *const below = arena_alloc(m->a, (count + 1) * sizeof *below);
    bool *const done = arena_zero(m->a, count, sizeof *done);
    struct stix_member *members = NULL;
    struct stix_value *items = NULL;
    bool same = true;

    if (!below || !done)
        return full(m);
    if (depth == depth_of(&leaves[list[0]])) {
        if (!many_values) {
            for (size_t i = 1; i < count; i++)
                same = same && leaves[list[i]].value.type == leaves[list[0]].value.type &&
                       str_eq(leaves[list[i]].value.text, leaves[list[0]].value.text);
            if (same) {
                *out = leaves[list[0]].value;
                return true;
            }
        }
        if (!(items = arena_zero(m->a, count, sizeof *items)))
            return full(m);
        *out = (struct stix_value){
            .type = many_values ? STIX_VALUE_LIST : STIX_VALUE_EITHER, .text = S(""), .items = items, .count = count};
        for (size_t i = 0; i < count; i++)
            items[i] = leaves[list[i]].value;
        return true;
    }
    bool const is_list = str_eq(part_at(&leaves[list[0]], depth), S("*"));

    *out = (struct stix_value){.type = is_list ? STIX_VALUE_LIST : STIX_VALUE_OBJECT, .text = S("")};
    if (is_list ? !(items = arena_zero(m->a, count, sizeof *items))
                : !(members = arena_zero(m->a, count, sizeof *members)))
        return full(m);
    out->items = items;
    out->members = members;
    for (size_t i = 0; i < count; i++) {
        const struct leaf *const first = &leaves[list[i]];
        size_t used = 0;
        struct stix_value *inner;

        if (done[i] || depth >= depth_of(first))
            continue;
        for (size_t k = i; k < count; k++) {
            const struct leaf *const other = &leaves[list[k]];

            if (done[k] || depth >= depth_of(other) || !str_eq(part_at(other, depth), part_at(first, depth)) ||
                (is_list && other->index != first->index))
                continue;
            done[k] = true;
            below[used++] = list[k];
        }
        if (is_list) {
            inner = &items[out->count++];
        } else {
            members[out->count].name = part_at(first, depth);
            inner = &members[out->count++].value;
        }
        if (!tree(m, leaves, below, used, depth + 1, inner))
            return false;
    }
    return true;
}

/* A name has a letter and a point, or no point at all, and nothing that no name has. */
static str host_type(str value) {
    struct address a;

    return address_parse(value, &a) ? (a.family == 4 ? S("ipv4-addr") : S("ipv6-addr")) : S("domain-name");
}

static bool id_make(struct making *m, str *out) {
    char text[16];

    return arena_copy(m->a, (str){text, (size_t)snprintf(text, sizeof text, "%zu", m->count)}, out) || full(m);
}

static bool object_room(struct making *m) {
    size_t const room = m->object_room ? m->object_room * 2 : 32;
    struct stix_object *bigger;

    if (m->count < m->object_room)
        return true;
    if (!(bigger = arena_alloc(m->a, room * sizeof *bigger)))
        return full(m);
    if (m->count)
        memcpy(bigger, m->objects, m->count * sizeof *bigger);
    m->objects = bigger;
    m->object_room = room;
    return true;
}

/* starts[i], ends[i]: objects that the group's i-th became. */
static bool object_make(struct making *m, const struct object *o, str value, const size_t *starts, const size_t *ends) {
    struct stix_object *out;
    uint32_t *list;

    if (m->count == STIX_EVENT_OBJECTS_MAX) {
        m->cut = true;
        return true;
    }
    m->leaf_count = 0;
    for (size_t i = 0; i < o->property_count; i++) {
        const struct property *const p = &o->properties[i];
        uint32_t index = 0;

        if (p->kind == PROPERTY_VALUE) {
            if (!value_leaves(m, p, value))
                return false;
            continue;
        }
        for (size_t t = 0; t < p->target_count; t++)
            for (size_t k = starts[p->targets[t]]; k < ends[p->targets[t]]; k++)
                if (!text_add(m, p, index++, m->objects[k].id))
                    return false;
    }
    if (!m->leaf_count)
        return true;
    if (!(list = arena_alloc(m->a, m->leaf_count * sizeof *list)))
        return full(m);
    for (uint32_t i = 0; i < m->leaf_count; i++)
        list[i] = i;
    if (!object_room(m))
        return false;
    out = &m->objects[m->count];
    out->type = o->host ? host_type(value) : o->type;
    if (!id_make(m, &out->id) || !tree(m, m->leaves, list, m->leaf_count, 0, &out->properties))
        return false;
    m->count++;
    return true;
}

static bool group_make(struct making *m, const struct group *g) {
    size_t *const starts = arena_zero(m->a, g->object_count, sizeof *starts);
    size_t *const ends = arena_zero(m->a, g->object_count, sizeof *ends);
    str *const each = m->each;

    if (!starts || !ends)
        return full(m);
    for (uint32_t i = 0; i < g->object_count; i++) {
        const struct object *const o = &g->objects[i];
        size_t const count = o->has_each ? first_values(m, &o->each, FROM, each) : 1;

        if (count == SIZE_MAX)
            return false;
        starts[i] = m->count;
        for (size_t k = 0; k < count; k++)
            if (!object_make(m, o, o->has_each ? each[k] : S(""), starts, ends))
                return false;
        ends[i] = m->count;
    }
    return true;
}

bool stix_events_make(const struct stix_events *s, const struct block *b, uint32_t row, struct arena *a,
                      struct stix_observation *out, bool *cut, struct err *e) {
    struct making m = {.s = s, .b = b, .row = row, .a = a, .e = e};
    int64_t const when = b->rows[row].when;

    assert(b->kind && row < b->row_count);
    m.values = arena_alloc(a, (STIX_EVENT_VALUES_MAX + 1) * sizeof *m.values);
    m.each = arena_alloc(a, (STIX_EVENT_VALUES_MAX + 1) * sizeof *m.each);
    if (!m.values || !m.each)
        return full(&m);
    for (size_t i = 0; i < s->group_count; i++)
        if (covers(&s->groups[i], b->kind, &m.logsource) && !group_make(&m, &s->groups[i]))
            return false;
    *out = (struct stix_observation){m.objects, m.count, when, when, 1};
    *cut = m.cut;
    return true;
}
