/* sigma: the loader: files, documents, references between rules, filters. Values and conditions have files of their own. */
#include "intel/sigma.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "intel/sigma_own.h"

#define LOADER_MEMORY_MAX ((size_t)2 << 30)
#define PATH_DEPTH_MAX 64
#define NAMES_MAX 4096

/* A document on its way to being a rule. */
struct document {
    struct sigma_verdict verdict;
    struct sigma_rule *rule;     /* detection or correlation */
    struct sigma_filter *filter;
    const struct yaml_node *references; /* rules: of a correlation or filter; NULL: none */
    bool any;                    /* filter: rules: any */
    const struct yaml_node *correlation;
    str warnings[SIGMA_WARNINGS_MAX];
    size_t warning_count;
    uint8_t state; /* correlations while they are resolved: 0 not yet, 1 under way, 2 done */
};

struct sigma_loader {
    struct arena *a;
    struct document **documents;
    size_t count, room;
    struct placeholder *placeholders;
    size_t placeholder_count;
    bool strict;
    struct err bad; /* of the document being read */
};

static const str level_names[] = {STR("informational"), STR("low"), STR("medium"), STR("high"), STR("critical")};

str sigma_level_name(enum sigma_level level) {
    return level_names[level];
}

bool sigma_level_parse(str s, enum sigma_level *level) {
    if (str_eq_ascii(s, S("info")))
        s = level_names[0];
    for (size_t i = 0; i < COUNT(level_names); i++)
        if (str_eq_ascii(s, level_names[i])) {
            *level = (enum sigma_level)i;
            return true;
        }
    return false;
}

bool sigma_bad(struct sigma_reading *r, uint32_t line, const char *fmt, ...) {
    char text[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(r->e, ERR_USAGE, 0, "line %u: %s", line, text);
}

void sigma_warn(struct sigma_reading *r, uint32_t line, const char *fmt, ...) {
    char text[240];
    va_list args;
    int used = snprintf(text, sizeof text, "line %u: ", line);

    va_start(args, fmt);
    vsnprintf(text + used, sizeof text - (size_t)used, fmt, args);
    va_end(args);
    if (r->warning_count < SIGMA_WARNINGS_MAX && arena_copy(r->a, str_of(text), &r->warnings[r->warning_count]))
        r->warning_count++;
}

bool sigma_no_memory(struct sigma_reading *r) {
    return err_set(r->e, ERR_MEMORY, 0, "no memory for rules");
}

const struct sigma_node *sigma_node_new(struct sigma_reading *r, enum sigma_node_type type,
                                        const struct sigma_node *const *children, size_t count) {
    struct sigma_node *const n = arena_zero(r->a, 1, sizeof *n);
    const struct sigma_node **const copy = arena_alloc(r->a, (count + 1) * sizeof *copy);

    if (!n || !copy) {
        sigma_no_memory(r);
        return NULL;
    }
    if (count)
        memcpy(copy, children, count * sizeof *copy);
    n->type = type;
    n->children = copy;
    n->child_count = count;
    return n;
}

const struct sigma_node *sigma_node_test(struct sigma_reading *r, const struct sigma_test *test) {
    struct sigma_node *const n = arena_zero(r->a, 1, sizeof *n);

    if (!n) {
        sigma_no_memory(r);
        return NULL;
    }
    n->type = NODE_TEST;
    n->test = test;
    return n;
}

/* Selections */

static const struct sigma_node *map_node(struct sigma_reading *r, const struct yaml_node *map) {
    const struct sigma_node **nodes = arena_alloc(r->a, (map->count + 1) * sizeof *nodes);

    if (!nodes) {
        sigma_no_memory(r);
        return NULL;
    }
    if (map->count == 0) {
        sigma_bad(r, map->line, "an empty mapping selects nothing");
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++)
        if (!(nodes[i] = sigma_item(r, map->keys[i], map->key_lines[i], map->items[i])))
            return NULL;
    return map->count == 1 ? nodes[0] : sigma_node_new(r, NODE_AND, nodes, map->count);
}

static const struct sigma_node *selection_node(struct sigma_reading *r, const struct yaml_node *v, unsigned depth) {
    const struct sigma_node **nodes;

    if (v->type == YAML_MAP)
        return map_node(r, v);
    if (v->type == YAML_SCALAR)
        return sigma_keyword(r, v);
    if (v->count == 0 || depth > 8) {
        sigma_bad(r, v->line, v->count ? "lists within lists too deep" : "an empty list selects nothing");
        return NULL;
    }
    if (depth)
        sigma_warn(r, v->line, "a list within a list is read as keywords of which one must occur");
    if (!(nodes = arena_alloc(r->a, v->count * sizeof *nodes))) {
        sigma_no_memory(r);
        return NULL;
    }
    for (size_t i = 0; i < v->count; i++)
        if (!(nodes[i] = selection_node(r, v->items[i], depth + 1)))
            return NULL;
    return v->count == 1 ? nodes[0] : sigma_node_new(r, NODE_OR, nodes, v->count);
}

/* All of `detection` or `filter` into one tree; skip: keys that are no search identifiers. */
static const struct sigma_node *detection_node(struct sigma_reading *r, const struct yaml_node *detection, bool filter) {
    const struct yaml_node *const condition = yaml_get(detection, "condition");
    struct sigma_names names = {0};
    const struct sigma_node **trees, **conditions;
    size_t listed, used = 0;
    str *texts;

    if (detection->type != YAML_MAP) {
        sigma_bad(r, detection->line, "'%s' must be a mapping", filter ? "filter" : "detection");
        return NULL;
    }
    texts = arena_alloc(r->a, (detection->count + 1) * sizeof *texts);
    trees = arena_alloc(r->a, (detection->count + 1) * sizeof *trees);
    names.used = arena_zero(r->a, detection->count + 1, 1);
    if (!texts || !trees || !names.used) {
        sigma_no_memory(r);
        return NULL;
    }
    names.names = texts;
    names.trees = trees;
    for (size_t i = 0; i < detection->count; i++) {
        str const key = detection->keys[i];

        if (str_eq(key, S("condition")) || (!filter && str_eq(key, S("timeframe"))) || (filter && str_eq(key, S("rules"))))
            continue;
        texts[names.count] = key;
        if (key.len == 0) {
            sigma_bad(r, detection->key_lines[i], "a search identifier without a name");
            return NULL;
        }
        if (!(trees[names.count] = selection_node(r, detection->items[i], 0)))
            return NULL;
        names.count++;
    }
    if (names.count == 0) {
        sigma_bad(r, detection->line, "no search identifier");
        return NULL;
    }
    if (!condition) {
        sigma_bad(r, detection->line, "no condition");
        return NULL;
    }
    listed = condition->type == YAML_LIST ? condition->count : 1;
    if (condition->type == YAML_MAP || listed == 0 || (filter && condition->type == YAML_LIST)) {
        sigma_bad(r, condition->line, filter ? "a filter has exactly one condition, a text"
                                             : "the condition must be a text or a list of texts");
        return NULL;
    }
    if (!(conditions = arena_alloc(r->a, listed * sizeof *conditions))) {
        sigma_no_memory(r);
        return NULL;
    }
    for (size_t i = 0; i < listed; i++) {
        const struct yaml_node *const c = condition->type == YAML_LIST ? condition->items[i] : condition;

        if (c->type != YAML_SCALAR) {
            sigma_bad(r, c->line, "a condition must be a text");
            return NULL;
        }
        if (!(conditions[used++] = sigma_condition(r, c->text, c->line, &names)))
            return NULL;
    }
    for (size_t i = 0; i < names.count; i++)
        if (!names.used[i])
            sigma_warn(r, detection->line, "the condition does not use '%.*s'", STR_ARG(str_first(texts[i], 60)));
    return used == 1 ? conditions[0] : sigma_node_new(r, NODE_OR, conditions, used);
}

/* Documents */

static bool is_uuid(str s) {
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        char const c = s.ptr[i];

        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return true;
}

static bool tags_read(struct sigma_reading *r, const struct yaml_node *doc, const str **tags, size_t *count) {
    const struct yaml_node *const list = yaml_get(doc, "tags");
    str *out;

    *tags = NULL;
    *count = 0;
    if (!list || list->type != YAML_LIST)
        return true;
    if (!(out = arena_alloc(r->a, (list->count + 1) * sizeof *out)))
        return sigma_no_memory(r);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->type == YAML_SCALAR)
            out[(*count)++] = list->items[i]->text;
    *tags = out;
    return true;
}

static bool logsource_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_logsource *out) {
    const struct yaml_node *const l = yaml_get(doc, "logsource");

    if (!l || l->type != YAML_MAP)
        return sigma_bad(r, doc->line, "no logsource");
    *out = (struct sigma_logsource){yaml_text(l, "category"), yaml_text(l, "product"), yaml_text(l, "service")};
    if (!out->category.len && !out->product.len && !out->service.len)
        return sigma_bad(r, l->line, "the logsource names neither category nor product nor service");
    return true;
}

static bool head_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule) {
    static const str statuses[] = {STR("stable"), STR("test"), STR("experimental"), STR("deprecated"), STR("unsupported")};
    const struct yaml_node *const level = yaml_get(doc, "level");
    size_t i = 0;

    rule->title = yaml_text(doc, "title");
    rule->id = yaml_text(doc, "id");
    rule->name = yaml_text(doc, "name");
    rule->status = yaml_text(doc, "status");
    rule->author = yaml_text(doc, "author");
    rule->description = yaml_text(doc, "description");
    if (!rule->title.len)
        return sigma_bad(r, doc->line, "no title");
    if (rule->id.len && !is_uuid(rule->id))
        return sigma_bad(r, doc->line, "id '%.*s' is no UUID", STR_ARG(str_first(rule->id, 60)));
    while (rule->status.len && i < COUNT(statuses) && !str_eq_ascii(statuses[i], rule->status))
        i++;
    if (i == COUNT(statuses))
        return sigma_bad(r, doc->line, "unknown status '%.*s'", STR_ARG(str_first(rule->status, 40)));
    if (!level)
        sigma_warn(r, doc->line, "no level: taken as informational");
    else if (level->type != YAML_SCALAR || !sigma_level_parse(level->text, &rule->level))
        return sigma_bad(r, level->line, "unknown level '%.*s'", STR_ARG(str_first(level->text, 40)));
    return tags_read(r, doc, &rule->tags, &rule->tag_count);
}

static bool detection_read(struct sigma_reading *r, const struct yaml_node *doc, struct document *d) {
    const struct yaml_node *const detection = yaml_get(doc, "detection");

    return head_read(r, doc, d->rule) && logsource_read(r, doc, &d->rule->logsource) &&
           (d->rule->root = detection_node(r, detection, false)) != NULL;
}

static bool has_not(const struct sigma_node *n) {
    if (n->type == NODE_NOT)
        return true;
    for (size_t i = 0; i < n->child_count; i++)
        if (has_not(n->children[i]))
            return true;
    return false;
}

static bool filter_read(struct sigma_reading *r, const struct yaml_node *doc, struct document *d) {
    const struct yaml_node *const filter = yaml_get(doc, "filter");
    const struct yaml_node *const rules = yaml_get(filter, "rules");

    d->filter->title = yaml_text(doc, "title");
    d->filter->id = yaml_text(doc, "id");
    if (!d->filter->title.len)
        return sigma_bad(r, doc->line, "no title");
    if (!logsource_read(r, doc, &d->filter->logsource) || !(d->filter->root = detection_node(r, filter, true)))
        return false;
    if (!rules)
        return sigma_bad(r, filter->line, "the filter does not say which rules: rules");
    d->any = (rules->type == YAML_SCALAR && str_eq_ascii(rules->text, S("any"))) ||
             (rules->type == YAML_LIST && rules->count == 0);
    d->references = rules;
    if (!has_not(d->filter->root))
        sigma_warn(r, filter->line, "the filter's condition holds no 'not': only events that it describes remain");
    return true;
}

static bool timespan_read(struct sigma_reading *r, const struct yaml_node *c, int64_t *out) {
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'M', 2629746}, {'y', 31556952}};
    const struct yaml_node *const t = yaml_get(c, "timespan");
    uint64_t n;

    if (!t || t->type != YAML_SCALAR || t->text.len < 2)
        return sigma_bad(r, c->line, "no timespan such as 10m");
    for (size_t i = 0; i < COUNT(units); i++)
        if (t->text.ptr[t->text.len - 1] == units[i].unit) {
            if (!str_u64(str_first(t->text, t->text.len - 1), 1000000000, &n) || n == 0 ||
                (int64_t)n > INT64_MAX / 1000000000 / units[i].seconds)
                break;
            *out = (int64_t)n * units[i].seconds * 1000000000;
            return true;
        }
    return sigma_bad(r, t->line, "timespan '%.*s' must be a number above 0 and one of s m h d w M y",
                     STR_ARG(str_first(t->text, 30)));
}

static bool bounds_read(struct sigma_reading *r, const struct yaml_node *cond, struct sigma_correlation *c) {
    static const str words[] = {STR("eq"), STR("lt"), STR("lte"), STR("gt"), STR("gte"), STR("neq")};
    struct sigma_bound *const bounds = arena_alloc(r->a, (cond->count + 1) * sizeof *bounds);

    if (!bounds)
        return sigma_no_memory(r);
    for (size_t i = 0; i < cond->count; i++) {
        const struct yaml_node *const v = cond->items[i];
        bool const number = v->type == YAML_SCALAR && (v->scalar == YAML_IS_INT || v->scalar == YAML_IS_FLOAT);
        char text[64];
        size_t w = 0;

        if (number && v->text.len < sizeof text) {
            memcpy(text, v->text.ptr, v->text.len);
            text[v->text.len] = '\0';
        }
        if (str_eq(cond->keys[i], S("field"))) {
            size_t const n = v->type == YAML_LIST ? v->count : 1;
            str *const fields = arena_alloc(r->a, (n + 1) * sizeof *fields);

            if (!fields)
                return sigma_no_memory(r);
            for (size_t f = 0; f < n; f++) {
                const struct yaml_node *const name = v->type == YAML_LIST ? v->items[f] : v;

                if (name->type != YAML_SCALAR || !name->text.len)
                    return sigma_bad(r, v->line, "field must be a name or a list of names");
                fields[f] = name->text;
            }
            c->fields = fields;
            c->field_count = n;
            continue;
        }
        if (str_eq(cond->keys[i], S("percentile"))) {
            if (!number || v->text.len >= sizeof text || (c->percentile = strtod(text, NULL)) < 0 || c->percentile > 100)
                return sigma_bad(r, v->line, "percentile must be a number from 0 to 100");
            c->has_percentile = true;
            continue;
        }
        while (w < COUNT(words) && !str_eq(words[w], cond->keys[i]))
            w++;
        if (w == COUNT(words))
            return sigma_bad(r, cond->key_lines[i], "unknown condition '%.*s'", STR_ARG(str_first(cond->keys[i], 40)));
        if (!number || v->text.len >= sizeof text)
            return sigma_bad(r, v->line, "'%.*s' needs a number", STR_ARG(cond->keys[i]));
        bounds[c->bound_count++] = (struct sigma_bound){(enum sigma_compare)w, strtod(text, NULL)};
    }
    c->bounds = bounds;
    return true;
}

static bool correlation_read(struct sigma_reading *r, const struct yaml_node *doc, struct document *d) {
    static const str types[] = {STR("event_count"), STR("value_count"), STR("temporal"), STR("temporal_ordered"),
                                STR("value_sum"), STR("value_avg"), STR("value_percentile"), STR("value_median")};
    const struct yaml_node *const c = yaml_get(doc, "correlation");
    const struct yaml_node *const cond = yaml_get(c, "condition"), *inner, *outer = yaml_get(doc, "generate");
    struct sigma_correlation *const out = arena_zero(r->a, 1, sizeof *out);
    size_t type = 0;

    if (!out)
        return sigma_no_memory(r);
    d->rule->correlation = out;
    d->correlation = c;
    if (!head_read(r, doc, d->rule))
        return false;
    if (c->type != YAML_MAP)
        return sigma_bad(r, c->line, "'correlation' must be a mapping");
    while (type < COUNT(types) && !str_eq(types[type], yaml_text(c, "type")))
        type++;
    if (type == COUNT(types))
        return sigma_bad(r, c->line, "unknown correlation type '%.*s'", STR_ARG(str_first(yaml_text(c, "type"), 40)));
    out->type = (enum sigma_correlation_type)type;
    bool const temporal = out->type == CORRELATE_TEMPORAL || out->type == CORRELATE_TEMPORAL_ORDERED;

    if (!timespan_read(r, c, &out->timespan_ns))
        return false;
    if (!cond && !temporal)
        return sigma_bad(r, c->line, "no condition");
    if (cond && cond->type == YAML_MAP && !bounds_read(r, cond, out))
        return false;
    if (cond && cond->type != YAML_MAP && (!temporal || cond->type != YAML_SCALAR))
        return sigma_bad(r, cond->line, "this type needs a condition such as {gte: 10}");
    if (!temporal && out->bound_count == 0)
        return sigma_bad(r, cond->line, "the condition has no bound: gt, gte, lt, lte, eq, neq");
    if (out->type != CORRELATE_EVENT_COUNT && !temporal && out->field_count == 0)
        return sigma_bad(r, cond->line, "this type needs a field in its condition");
    if (out->field_count > 1 && out->type != CORRELATE_VALUE_COUNT)
        return sigma_bad(r, cond->line, "only value_count takes several fields");
    inner = yaml_get(c, "generate");
    if (inner && outer && inner->scalar != outer->scalar)
        sigma_warn(r, inner->line, "'generate' stands twice and differs: the one inside 'correlation' counts");
    inner = inner ? inner : outer;
    out->generate = inner && inner->scalar == YAML_IS_TRUE;
    d->references = yaml_get(c, "rules");
    if (!d->references && !(cond && cond->type == YAML_SCALAR))
        return sigma_bad(r, c->line, "no rules");
    return true;
}

static struct document *document_new(struct sigma_loader *l, str path, uint32_t line, struct err *e) {
    struct document *d;

    if (l->count == l->room) {
        size_t const room = l->room ? l->room * 2 : 4096;
        struct document **const bigger = realloc(l->documents, room * sizeof *bigger);

        if (!bigger) {
            err_set(e, ERR_MEMORY, 0, "no memory for rules");
            return NULL;
        }
        l->documents = bigger;
        l->room = room;
    }
    if (!(d = arena_zero(l->a, 1, sizeof *d)) || !arena_copy(l->a, path, &d->verdict.path)) {
        err_set(e, ERR_MEMORY, 0, "no memory for rules");
        return NULL;
    }
    d->verdict.line = line;
    d->verdict.id = d->verdict.title = d->verdict.reason = S("");
    l->documents[l->count++] = d;
    return d;
}

static bool document_failed(struct sigma_loader *l, struct document *d, const char *reason, struct err *e) {
    /* "line N: " stands in the verdict already when it is the document's own; elsewhere it helps. */
    d->verdict.loaded = false;
    if (!arena_copy(l->a, str_of(reason), &d->verdict.reason))
        return err_set(e, ERR_MEMORY, 0, "no memory for rules");
    return true;
}

static bool document_read(struct sigma_loader *l, str path, const struct yaml_node *doc, struct err *e) {
    struct document *const d = document_new(l, path, doc->line, e);
    struct err why = {0};
    struct sigma_reading r = {.a = l->a, .placeholders = l->placeholders, .placeholder_count = l->placeholder_count,
                              .unusable = S(""), .e = &why};
    bool ok;

    if (!d)
        return false;
    if (doc->type != YAML_MAP)
        return document_failed(l, d, "not a rule: the document is no mapping", e);
    d->verdict.id = yaml_text(doc, "id");
    d->verdict.title = yaml_text(doc, "title");
    d->verdict.is_filter = yaml_get(doc, "filter") != NULL;
    if (d->verdict.is_filter) {
        ok = (d->filter = arena_zero(l->a, 1, sizeof *d->filter)) != NULL || sigma_no_memory(&r);
        if (ok) {
            d->filter->path = d->verdict.path;
            d->filter->line = d->verdict.line;
            ok = filter_read(&r, doc, d);
        }
    } else {
        ok = (d->rule = arena_zero(l->a, 1, sizeof *d->rule)) != NULL || sigma_no_memory(&r);
        if (ok) {
            d->rule->path = d->verdict.path;
            d->rule->line = d->verdict.line;
            d->rule->unusable = S("");
        }
        if (ok && yaml_get(doc, "correlation")) {
            d->rule->type = SIGMA_CORRELATION;
            ok = correlation_read(&r, doc, d);
        } else if (ok && yaml_get(doc, "detection")) {
            ok = detection_read(&r, doc, d);
        } else if (ok) {
            ok = sigma_bad(&r, doc->line, "neither detection nor correlation nor filter");
        }
    }
    memcpy(d->warnings, r.warnings, sizeof d->warnings);
    d->warning_count = r.warning_count;
    if (!ok && why.code == ERR_MEMORY) {
        *e = why;
        return false;
    }
    if (!ok)
        return document_failed(l, d, why.text, e);
    d->verdict.loaded = true;
    if (r.unusable.len) {
        d->verdict.reason = r.unusable;
        d->verdict.unusable = !l->strict;
        d->verdict.loaded = !l->strict;
        if (d->rule)
            d->rule->unusable = r.unusable;
    }
    return true;
}

/* Deep merge of mappings: what `over` says wins (Sigma 1.2). */
static struct yaml_node *merge(struct sigma_loader *l, const struct yaml_node *base, const struct yaml_node *over,
                               unsigned depth) {
    size_t const room = base->count + over->count;
    struct yaml_node *const n = arena_zero(l->a, 1, sizeof *n);

    if (!n || !(n->items = arena_alloc(l->a, (room + 1) * sizeof *n->items)) ||
        !(n->keys = arena_alloc(l->a, (room + 1) * sizeof *n->keys)) ||
        !(n->key_lines = arena_alloc(l->a, (room + 1) * sizeof *n->key_lines)))
        return NULL;
    n->type = YAML_MAP;
    n->line = over->line;
    for (int side = 0; side < 2; side++) {
        const struct yaml_node *const from = side ? over : base;

        for (size_t i = 0; i < from->count; i++) {
            size_t at = 0;

            if (str_eq(from->keys[i], S("action")))
                continue;
            while (at < n->count && !str_eq(n->keys[at], from->keys[i]))
                at++;
            bool const known = at < n->count;

            n->count += !known;
            n->keys[at] = from->keys[i];
            n->key_lines[at] = from->key_lines[i];
            if (side && known && n->items[at]->type == YAML_MAP &&
                from->items[i]->type == YAML_MAP && depth < YAML_DEPTH_MAX) {
                if (!(n->items[at] = merge(l, n->items[at], from->items[i], depth + 1)))
                    return NULL;
            } else {
                n->items[at] = from->items[i];
            }
        }
    }
    return n;
}

bool sigma_load_failed(struct sigma_loader *l, str path, const char *why, struct err *e) {
    struct document *const d = document_new(l, path, 1, e);

    return d && document_failed(l, d, why, e);
}

bool sigma_load_text(struct sigma_loader *l, str path, str yaml, struct err *e) {
    struct yaml_node **documents, *global = NULL, *previous = NULL;
    struct err why;
    size_t count;

    if (!yaml_read(yaml, l->a, &documents, &count, &why)) {
        uint64_t line = 1;

        if (why.code == ERR_MEMORY) {
            *e = why;
            return false;
        }
        if (!sigma_load_failed(l, path, why.text, e))
            return false;
        if (sscanf(why.text, "line %lu:", &line) == 1)
            l->documents[l->count - 1]->verdict.line = (uint32_t)line;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        struct yaml_node *doc = documents[i];
        str const action = doc ? yaml_text(doc, "action") : S("");

        if (!doc || (doc->type == YAML_SCALAR && doc->scalar == YAML_IS_NULL))
            continue;
        if (str_eq(action, S("global"))) {
            if (!(global = global ? merge(l, global, doc, 0) : doc))
                return err_set(e, ERR_MEMORY, 0, "no memory for rules");
            continue;
        }
        if (str_eq(action, S("reset"))) {
            global = NULL;
            continue;
        }
        if (action.len && !str_eq(action, S("repeat")) && doc->type == YAML_MAP) {
            if (!sigma_load_failed(l, path, "unknown action: global, reset, repeat", e))
                return false;
            l->documents[l->count - 1]->verdict.line = doc->line;
            continue;
        }
        if (action.len && previous && !(doc = merge(l, previous, doc, 0)))
            return err_set(e, ERR_MEMORY, 0, "no memory for rules");
        if (global && doc->type == YAML_MAP && !(doc = merge(l, global, doc, 0)))
            return err_set(e, ERR_MEMORY, 0, "no memory for rules");
        previous = doc->type == YAML_MAP ? doc : previous;
        if (!document_read(l, path, doc, e))
            return false;
    }
    return true;
}

bool sigma_load_placeholders(struct sigma_loader *l, str path, str yaml, struct err *e) {
    struct yaml_node **documents;
    size_t count;

    if (!yaml_read(yaml, l->a, &documents, &count, e))
        return err_wrap(e, "%.*s", STR_ARG(path));
    if (count != 1 || !documents[0] || documents[0]->type != YAML_MAP)
        return err_set(e, ERR_USAGE, 0, "%.*s: must be one mapping of names to values", STR_ARG(path));
    const struct yaml_node *const map = documents[0];

    if (!(l->placeholders = arena_alloc(l->a, (map->count + 1) * sizeof *l->placeholders)))
        return err_set(e, ERR_MEMORY, 0, "no memory for placeholders");
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *const v = map->items[i];
        size_t const n = v->type == YAML_LIST ? v->count : 1;
        str *const values = arena_alloc(l->a, (n + 1) * sizeof *values);

        if (!values)
            return err_set(e, ERR_MEMORY, 0, "no memory for placeholders");
        for (size_t j = 0; j < n; j++) {
            const struct yaml_node *const one = v->type == YAML_LIST ? v->items[j] : v;

            if (one->type != YAML_SCALAR)
                return err_set(e, ERR_USAGE, 0, "%.*s: line %u: a value must be text", STR_ARG(path), one->line);
            values[j] = one->text;
        }
        l->placeholders[l->placeholder_count++] = (struct placeholder){map->keys[i], values, n};
    }
    return true;
}

void sigma_strict_placeholders(struct sigma_loader *l) {
    l->strict = true;
}

bool sigma_loader_new(struct sigma_loader **out, struct err *e) {
    struct sigma_loader *const l = calloc(1, sizeof *l);

    if (!l || !(l->a = arena_new(LOADER_MEMORY_MAX))) {
        free(l);
        return err_set(e, ERR_MEMORY, 0, "no memory for rules");
    }
    *out = l;
    return true;
}

void sigma_loader_free(struct sigma_loader *l) {
    if (!l)
        return;
    free(l->documents);
    arena_free(l->a);
    free(l);
}

/* Files */

static bool is_rule_file(str name) {
    return str_ends(name, S(".yml")) || str_ends(name, S(".yaml"));
}

static bool load_file(struct sigma_loader *l, const char *path, struct err *e) {
    struct buf text = {0};
    struct err why = {0};
    bool ok;

    if (file_read(path, YAML_BYTES_MAX, &text, &why))
        ok = sigma_load_text(l, str_of(path), buf_str(&text), e);
    else
        ok = sigma_load_failed(l, str_of(path), why.text, e);
    buf_free(&text);
    return ok;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool load_dir(struct sigma_loader *l, const char *path, unsigned depth, struct err *e) {
    DIR *const dir = depth < PATH_DEPTH_MAX ? opendir(path) : NULL;
    char **names = NULL;
    size_t count = 0, room = 0;
    bool ok = true;

    if (!dir)
        return sigma_load_failed(l, str_of(path), depth < PATH_DEPTH_MAX ? strerrordesc_np(errno) : "folders too deep", e);
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (count == room) {
            size_t const more = room ? room * 2 : 64;
            char **const bigger = realloc(names, more * sizeof *bigger);

            if (!(ok = bigger != NULL))
                break;
            names = bigger;
            room = more;
        }
        ok = (names[count] = strdup(entry->d_name)) != NULL;
        count += ok;
    }
    closedir(dir);
    if (!ok)
        err_set(e, ERR_MEMORY, 0, "no memory for rules");
    if (count)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        struct buf whole = {0};
        struct stat st;

        buf_format(&whole, "%s/%s", path, names[i]);
        buf_byte(&whole, '\0');
        if (ok && whole.failed)
            ok = err_set(e, ERR_MEMORY, 0, "no memory for rules");
        /* Links are followed to files only, so that folders cannot go in a circle. */
        if (ok && lstat(whole.ptr, &st) == 0 && S_ISDIR(st.st_mode))
            ok = load_dir(l, whole.ptr, depth + 1, e);
        else if (ok && is_rule_file(str_of(names[i])))
            ok = load_file(l, whole.ptr, e);
        buf_free(&whole);
        free(names[i]);
    }
    free(names);
    return ok;
}

bool sigma_load_paths(struct sigma_loader *l, const char *const *paths, size_t count, struct err *e) {
    for (size_t i = 0; i < count; i++) {
        struct stat st;

        if (stat(paths[i], &st) != 0)
            return err_system(e, "rules %s", paths[i]);
        if (S_ISDIR(st.st_mode) ? !load_dir(l, paths[i], 0, e) : !load_file(l, paths[i], e))
            return false;
    }
    return true;
}

/* References */

static int by_place(const void *a, const void *b) {
    const struct document *const x = *(struct document *const *)a, *const y = *(struct document *const *)b;
    int const order = str_cmp(x->verdict.path, y->verdict.path);

    return order ? order : x->verdict.line < y->verdict.line ? -1 : x->verdict.line > y->verdict.line;
}

/* Documents by id and by name. */
struct names {
    struct document **slots;
    uint32_t mask;
    uint64_t seed;
    bool by_id;
};

static str name_of(const struct names *n, const struct document *d) {
    if (n->by_id)
        return d->rule ? d->rule->id : d->filter ? d->filter->id : S("");
    return d->rule ? d->rule->name : S("");
}

static uint64_t name_hash(const struct names *n, str name) {
    char lower[64];
    size_t const len = name.len < sizeof lower ? name.len : sizeof lower;

    for (size_t i = 0; i < len; i++)
        lower[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' && n->by_id ? (char)(name.ptr[i] + 32) : name.ptr[i];
    return hash_bytes((str){lower, len}, n->seed);
}

static struct document **name_slot(const struct names *n, str name) {
    uint32_t at = (uint32_t)name_hash(n, name) & n->mask;

    while (n->slots[at] && !(n->by_id ? str_eq_ascii(name_of(n, n->slots[at]), name) : str_eq(name_of(n, n->slots[at]), name)))
        at = (at + 1) & n->mask;
    return &n->slots[at];
}

static bool names_fill(struct sigma_loader *l, struct names *n, bool by_id, struct err *e) {
    uint32_t slots = 64;

    while (slots < l->count * 2)
        slots *= 2;
    *n = (struct names){.slots = calloc(slots, sizeof *n->slots), .mask = slots - 1, .seed = hash_seed(), .by_id = by_id};
    if (!n->slots)
        return err_set(e, ERR_MEMORY, 0, "no memory for rules");
    for (size_t i = 0; i < l->count; i++) {
        struct document *const d = l->documents[i];
        str const name = name_of(n, d);
        struct document **slot;

        if (!d->verdict.loaded || name.len == 0)
            continue;
        slot = name_slot(n, name);
        if (*slot) {
            char why[400];

            snprintf(why, sizeof why, "%s %.*s is taken: %.*s line %u has it as well", by_id ? "id" : "name",
                     STR_ARG(str_first(name, 60)), STR_ARG((*slot)->verdict.path), (*slot)->verdict.line);
            if (!document_failed(l, d, why, e))
                return false;
        } else {
            *slot = d;
        }
    }
    return true;
}

struct linking {
    struct sigma_loader *l;
    struct names ids, names;
    struct err *e;
};

static struct document *referred(struct linking *k, str name) {
    struct document *d = *name_slot(&k->ids, name);

    if (!d)
        d = *name_slot(&k->names, name);
    return d && d->verdict.loaded && d->rule ? d : NULL;
}

static bool link_correlation(struct linking *k, struct document *d, unsigned depth);

/* One referenced rule, itself resolved first when it is a correlation. */
static bool link_one(struct linking *k, struct sigma_reading *r, str name, uint32_t line, const struct sigma_rule **out,
                     unsigned depth) {
    struct document *const d = referred(k, name);

    if (!d)
        return sigma_bad(r, line, "refers to rule '%.*s', which is not loaded", STR_ARG(str_first(name, 80)));
    if (d->state == 1)
        return sigma_bad(r, line, "refers to '%.*s' in a circle", STR_ARG(str_first(name, 80)));
    if (d->rule->type == SIGMA_CORRELATION) {
        if (depth > 32)
            return sigma_bad(r, line, "correlations refer to each other more than 32 deep");
        if (!link_correlation(k, d, depth + 1)) {
            *r->e = *k->e;
            return false;
        }
        if (!d->verdict.loaded)
            return sigma_bad(r, line, "refers to '%.*s', which failed", STR_ARG(str_first(name, 80)));
    }
    *out = d->rule;
    return true;
}

/* The names in an expression, in order of appearance, for a condition without `rules`. */
static size_t expression_names(str text, str *out, size_t max) {
    size_t count = 0;

    for (size_t i = 0; i < text.len;) {
        size_t len = 0;
        str word;

        while (i + len < text.len && !strchr(" \t\r\n()", text.ptr[i + len]))
            len++;
        word = (str){text.ptr + i, len};
        i += len ? len : 1;
        if (!len || str_eq(word, S("and")) || str_eq(word, S("or")) || str_eq(word, S("not")))
            continue;
        size_t at = 0;

        while (at < count && !str_eq(out[at], word))
            at++;
        if (at == count && count < max)
            out[count++] = word;
    }
    return count;
}

static bool groups_read(struct sigma_reading *r, const struct yaml_node *c, const str *names, struct sigma_correlation *out) {
    const struct yaml_node *const by = yaml_get(c, "group-by"), *const aliases = yaml_get(c, "aliases");
    size_t const count = !by ? 0 : by->type == YAML_LIST ? by->count : 1;
    struct sigma_group *const groups = arena_zero(r->a, count + 1, sizeof *groups);

    if (!groups)
        return sigma_no_memory(r);
    if (aliases && aliases->type != YAML_MAP)
        return sigma_bad(r, aliases->line, "'aliases' must be a mapping");
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const g = by->type == YAML_LIST ? by->items[i] : by;
        str *const fields = arena_alloc(r->a, (out->rule_count + 1) * sizeof *fields);
        const struct yaml_node *alias = NULL;

        if (!fields)
            return sigma_no_memory(r);
        if (g->type != YAML_SCALAR || !g->text.len)
            return sigma_bad(r, by->line, "group-by must be names of fields");
        for (size_t j = 0; aliases && j < aliases->count; j++)
            if (str_eq(aliases->keys[j], g->text))
                alias = aliases->items[j];
        if (alias && alias->type != YAML_MAP)
            return sigma_bad(r, alias->line, "an alias must be a mapping of rules to fields");
        for (size_t j = 0; j < out->rule_count; j++) {
            fields[j] = g->text;
            for (size_t m = 0; alias && m < alias->count; m++)
                if ((str_eq(alias->keys[m], names[j]) || str_eq(alias->keys[m], out->rules[j]->name) ||
                     (out->rules[j]->id.len && str_eq_ascii(alias->keys[m], out->rules[j]->id))) &&
                    alias->items[m]->type == YAML_SCALAR)
                    fields[j] = alias->items[m]->text;
        }
        groups[i] = (struct sigma_group){g->text, fields};
    }
    out->groups = groups;
    out->group_count = count;
    return true;
}

static bool link_read(struct linking *k, struct sigma_reading *r, struct document *d, unsigned depth) {
    struct sigma_correlation *const out = (struct sigma_correlation *)(uintptr_t)d->rule->correlation;
    const struct yaml_node *const cond = yaml_get(d->correlation, "condition"), *const list = d->references;
    bool const expression = cond && cond->type == YAML_SCALAR;
    size_t count = !list ? 0 : list->type == YAML_LIST ? list->count : 1;
    const struct sigma_rule **rules;
    str *names;

    if (count > NAMES_MAX)
        return sigma_bad(r, list->line, "more than %d rules", NAMES_MAX);
    names = arena_alloc(r->a, (NAMES_MAX + 1) * sizeof *names);
    if (!names)
        return sigma_no_memory(r);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const n = list->type == YAML_LIST ? list->items[i] : list;

        if (n->type != YAML_SCALAR || !n->text.len)
            return sigma_bad(r, list->line, "'rules' must be ids or names of rules");
        names[i] = n->text;
    }
    if (!list)
        count = expression_names(cond->text, names, NAMES_MAX);
    if (count == 0)
        return sigma_bad(r, d->correlation->line, "no rules");
    if (!(rules = arena_alloc(r->a, count * sizeof *rules)))
        return sigma_no_memory(r);
    for (size_t i = 0; i < count; i++)
        if (!link_one(k, r, names[i], list ? list->line : cond->line, &rules[i], depth))
            return false;
    out->rules = rules;
    out->rule_count = count;
    if (expression) {
        struct sigma_names known = {.names = names, .count = count, .used = arena_zero(r->a, count, 1)};

        if (!known.used)
            return sigma_no_memory(r);
        if (!(out->expr = sigma_rule_condition(r, cond->text, cond->line, &known)))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!known.used[i])
                return sigma_bad(r, cond->line, "the condition does not use rule '%.*s'", STR_ARG(str_first(names[i], 80)));
    }
    return groups_read(r, d->correlation, names, out);
}

/* False only when memory is out. */
static bool link_correlation(struct linking *k, struct document *d, unsigned depth) {
    struct err why = {0};
    struct sigma_reading r = {.a = k->l->a, .unusable = S(""), .e = &why};
    bool ok;

    if (d->state == 2)
        return true;
    d->state = 1;
    ok = link_read(k, &r, d, depth);
    d->state = 2;
    if (ok)
        return true;
    if (why.code == ERR_MEMORY) {
        *k->e = why;
        return false;
    }
    return document_failed(k->l, d, why.text, k->e);
}

static bool source_covered(const struct sigma_logsource *filter, const struct sigma_logsource *rule) {
    return (!filter->product.len || str_eq_ascii(filter->product, rule->product)) &&
           (!filter->category.len || str_eq_ascii(filter->category, rule->category)) &&
           (!filter->service.len || str_eq_ascii(filter->service, rule->service));
}

static bool filter_attach(struct linking *k, struct sigma_filter *f, struct sigma_rule *rule) {
    const struct sigma_filter **const list = arena_alloc(k->l->a, (rule->filter_count + 1) * sizeof *list);

    if (!list)
        return err_set(k->e, ERR_MEMORY, 0, "no memory for rules");
    if (rule->filter_count)
        memcpy(list, rule->filters, rule->filter_count * sizeof *list);
    list[rule->filter_count] = f;
    rule->filters = list;
    rule->filter_count++;
    return true;
}

static bool link_filter(struct linking *k, struct document *d) {
    struct err why = {0};
    struct sigma_reading r = {.a = k->l->a, .unusable = S(""), .e = &why, .warning_count = d->warning_count};
    const struct yaml_node *const list = d->references;
    size_t const count = list->type == YAML_LIST ? list->count : 1;

    memcpy(r.warnings, d->warnings, sizeof r.warnings);
    for (size_t i = 0; d->any && i < k->l->count; i++) {
        struct document *const other = k->l->documents[i];

        if (other->verdict.loaded && other->rule && other->rule->type == SIGMA_DETECTION &&
            source_covered(&d->filter->logsource, &other->rule->logsource) && !filter_attach(k, d->filter, other->rule))
            return false;
    }
    for (size_t i = 0; !d->any && i < count; i++) {
        const struct yaml_node *const n = list->type == YAML_LIST ? list->items[i] : list;
        struct document *const other = n->type == YAML_SCALAR ? referred(k, n->text) : NULL;

        if (!other || other->rule->type != SIGMA_DETECTION)
            sigma_warn(&r, n->line, "the filter names rule '%.*s', which is not loaded", STR_ARG(str_first(n->text, 80)));
        else if (!source_covered(&d->filter->logsource, &other->rule->logsource))
            sigma_warn(&r, n->line, "the filter's log source does not cover rule '%.*s': it does nothing there",
                       STR_ARG(str_first(n->text, 80)));
        else if (!filter_attach(k, d->filter, other->rule))
            return false;
    }
    memcpy(d->warnings, r.warnings, sizeof d->warnings);
    d->warning_count = r.warning_count;
    return true;
}

/* A rule is silenced when correlations refer to it and none of them says generate (Sigma 9.4). */
static void silence(struct sigma_loader *l) {
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < l->count; i++) {
            const struct document *const d = l->documents[i];

            if (!d->verdict.loaded || !d->rule || d->rule->type != SIGMA_CORRELATION ||
                d->rule->correlation->generate != (pass == 1))
                continue;
            for (size_t j = 0; j < d->rule->correlation->rule_count; j++) {
                struct sigma_rule *const rule = (struct sigma_rule *)(uintptr_t)d->rule->correlation->rules[j];

                rule->silenced = pass == 0;
                if (pass == 0 && !rule->silenced_by)
                    rule->silenced_by = d->rule;
                if (pass == 1)
                    rule->silenced_by = NULL;
            }
        }
}

static bool set_build(struct sigma_loader *l, const struct sigma_set **out, struct err *e) {
    struct sigma_set *const set = arena_zero(l->a, 1, sizeof *set);
    const struct sigma_rule **const rules = arena_alloc(l->a, (l->count + 1) * sizeof *rules);
    const struct sigma_filter **const filters = arena_alloc(l->a, (l->count + 1) * sizeof *filters);
    struct sigma_verdict *const verdicts = arena_alloc(l->a, (l->count + 1) * sizeof *verdicts);

    if (!set || !rules || !filters || !verdicts)
        return err_set(e, ERR_MEMORY, 0, "no memory for rules");
    for (size_t i = 0; i < l->count; i++) {
        struct document *const d = l->documents[i];

        d->verdict.warnings = d->warnings;
        d->verdict.warning_count = d->warning_count;
        verdicts[i] = d->verdict;
        if (!d->verdict.loaded)
            continue;
        if (d->filter) {
            d->filter->index = (uint32_t)set->filter_count;
            filters[set->filter_count++] = d->filter;
        } else {
            d->rule->index = (uint32_t)set->rule_count;
            rules[set->rule_count++] = d->rule;
        }
    }
    set->rules = rules;
    set->filters = filters;
    set->verdicts = verdicts;
    set->verdict_count = l->count;
    *out = set;
    return true;
}

bool sigma_load_end(struct sigma_loader *l, const struct sigma_set **out, struct err *e) {
    struct linking k = {.l = l, .e = e};
    bool ok;

    if (l->count)
        qsort(l->documents, l->count, sizeof(struct document *), by_place);
    ok = names_fill(l, &k.ids, true, e) && names_fill(l, &k.names, false, e);
    for (size_t i = 0; ok && i < l->count; i++)
        if (l->documents[i]->verdict.loaded && l->documents[i]->correlation)
            ok = link_correlation(&k, l->documents[i], 0);
    for (size_t i = 0; ok && i < l->count; i++)
        if (l->documents[i]->verdict.loaded && l->documents[i]->filter)
            ok = link_filter(&k, l->documents[i]);
    if (ok)
        silence(l);
    free(k.ids.slots);
    free(k.names.slots);
    return ok && set_build(l, out, e);
}
