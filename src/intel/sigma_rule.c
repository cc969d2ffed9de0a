/* sigma_rule: one document, a detection rule or a filter, into a tree (Sigma 1, 2, 8, 10). */
#include "intel/sigma_own.h"

#include <assert.h>

#define IDENTIFIERS_MAX 1024

size_t sigma_many(const struct yaml_node *n) {
    if (!n || (n->type == YAML_SCALAR && n->scalar == YAML_IS_NULL))
        return 0;
    return n->type == YAML_LIST ? n->count : 1;
}

const struct yaml_node *sigma_one(const struct yaml_node *n, size_t i) {
    return n->type == YAML_LIST ? n->items[i] : n;
}

bool sigma_text(struct sigma_reading *r, const struct yaml_node *map, const char *key, str *out) {
    const struct yaml_node *const n = yaml_get(map, key);

    *out = S("");
    if (!n || (n->type == YAML_SCALAR && n->scalar == YAML_IS_NULL))
        return true;
    if (n->type != YAML_SCALAR)
        return sigma_bad(r, n->line, "'%s' must be one text", key);
    return sigma_keep_text(r, n->text, out);
}

/* The head */

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

static bool tags_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule) {
    const struct yaml_node *const list = yaml_get(doc, "tags");
    size_t const count = sigma_many(list);
    str *const tags = sigma_keep(r, count, sizeof *tags);

    if (!tags)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const tag = sigma_one(list, i);

        if (tag->type != YAML_SCALAR)
            return sigma_bad(r, tag->line, "a tag must be a text");
        if (!sigma_keep_text(r, tag->text, &tags[i]))
            return false;
    }
    rule->tags = tags;
    rule->tag_count = count;
    return true;
}

/* What every document says about itself (Sigma 1.5). */
static bool identity_read(struct sigma_reading *r, const struct yaml_node *doc, str *id, str *name, str *title) {
    if (!sigma_text(r, doc, "title", title) || !sigma_text(r, doc, "id", id) || !sigma_text(r, doc, "name", name))
        return false;
    if (!title->len)
        return sigma_bad(r, doc->line, "no title");
    if (id->len && !is_uuid(*id))
        return sigma_bad(r, yaml_get(doc, "id")->line, "id '%.*s' is no UUID", STR_ARG(str_first(*id, 60)));
    return true;
}

static bool level_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule) {
    str level;

    if (!sigma_text(r, doc, "level", &level))
        return false;
    if (!level.len)
        return sigma_warn(r, doc->line, "no level: taken as informational");
    /* "info" is for the command line only. */
    if (!str_eq_ascii(level, S("info")) && sigma_level_parse(level, &rule->level))
        return true;
    return sigma_bad(r, yaml_get(doc, "level")->line,
                     "unknown level '%.*s': informational, low, medium, high, critical", STR_ARG(str_first(level, 40)));
}

bool sigma_rule_head(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule) {
    static const str statuses[] = {STR("stable"), STR("test"), STR("experimental"), STR("deprecated"),
                                   STR("unsupported")};
    bool known = false;

    if (!identity_read(r, doc, &rule->id, &rule->name, &rule->title) || !level_read(r, doc, rule) ||
        !sigma_text(r, doc, "status", &rule->status) || !sigma_text(r, doc, "author", &rule->author) ||
        !sigma_text(r, doc, "description", &rule->description))
        return false;
    for (size_t i = 0; i < COUNT(statuses); i++)
        known |= str_eq_ascii(statuses[i], rule->status);
    if (rule->status.len && !known)
        return sigma_bad(r, yaml_get(doc, "status")->line, "unknown status '%.*s'",
                         STR_ARG(str_first(rule->status, 40)));
    return tags_read(r, doc, rule);
}

static bool logsource_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_logsource *out) {
    const struct yaml_node *const l = yaml_get(doc, "logsource");

    if (!l)
        return sigma_bad(r, doc->line, "no logsource");
    if (l->type != YAML_MAP)
        return sigma_bad(r, l->line, "'logsource' must be a mapping of category, product, service");
    if (!sigma_text(r, l, "category", &out->category) || !sigma_text(r, l, "product", &out->product) ||
        !sigma_text(r, l, "service", &out->service))
        return false;
    if (!out->category.len && !out->product.len && !out->service.len)
        return sigma_bad(r, l->line, "the logsource names neither category nor product nor service");
    return true;
}

/* Selections (Sigma 2) */

static const struct sigma_node *map_node(struct sigma_reading *r, const struct yaml_node *map) {
    const struct sigma_node **const nodes = sigma_scratch(r, map->count, sizeof *nodes);

    if (!nodes)
        return NULL;
    if (map->count == 0) {
        sigma_bad(r, map->line, "an empty mapping selects nothing");
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++)
        if (!(nodes[i] = sigma_item(r, map->keys[i], map->key_lines[i], map->items[i])))
            return NULL;
    return map->count == 1 ? nodes[0] : sigma_node_new(r, NODE_AND, nodes, map->count);
}

static const struct sigma_node *entry_node(struct sigma_reading *r, const struct yaml_node *v) {
    if (v->type == YAML_MAP)
        return map_node(r, v);
    if (v->type == YAML_LIST &&
        !sigma_warn(r, v->line, "a list within a list is read as keywords of which one must occur"))
        return NULL;
    return sigma_keyword(r, v);
}

static const struct sigma_node *selection_node(struct sigma_reading *r, const struct yaml_node *v) {
    const struct sigma_node **nodes;

    if (v->type != YAML_LIST)
        return entry_node(r, v);
    if (v->count == 0) {
        sigma_bad(r, v->line, "an empty list selects nothing");
        return NULL;
    }
    if (!(nodes = sigma_scratch(r, v->count, sizeof *nodes)))
        return NULL;
    for (size_t i = 0; i < v->count; i++)
        if (!(nodes[i] = entry_node(r, v->items[i])))
            return NULL;
    return v->count == 1 ? nodes[0] : sigma_node_new(r, NODE_OR, nodes, v->count);
}

/* The body of `detection` or `filter`: search identifiers and conditions over them */

static bool is_identifier(struct sigma_reading *r, const struct yaml_node *body, size_t i, bool filter, bool *is) {
    str const key = body->keys[i];

    *is = false;
    if (str_eq(key, S("condition")) || (filter && str_eq(key, S("rules"))))
        return true;
    /* It belonged to the aggregations of old, which are refused where they stand: in the condition (Sigma 1.7). */
    if (str_eq(key, S("timeframe")))
        return sigma_warn(r, body->key_lines[i], "'timeframe' has no effect: a correlation rule has a timespan");
    *is = true;
    return key.len > 0 || sigma_bad(r, body->key_lines[i], "a search identifier without a name");
}

static const struct sigma_node *conditions_node(struct sigma_reading *r, const struct yaml_node *condition,
                                                struct sigma_names *names) {
    size_t const count = sigma_many(condition);
    const struct sigma_node **const nodes = sigma_scratch(r, count, sizeof *nodes);

    if (!nodes)
        return NULL;
    if (count == 0) {
        sigma_bad(r, condition->line, "the condition is empty");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const c = sigma_one(condition, i);

        if (c->type != YAML_SCALAR) {
            sigma_bad(r, c->line, "a condition must be a text");
            return NULL;
        }
        if (!(nodes[i] = sigma_condition(r, c->scalar == YAML_IS_NULL ? S("") : c->text, c->line, names)))
            return NULL;
    }
    return count == 1 ? nodes[0] : sigma_node_new(r, NODE_OR, nodes, count);
}

static const struct sigma_node *body_node(struct sigma_reading *r, const struct yaml_node *body, bool filter,
                                          bool *has_not) {
    const struct yaml_node *const condition = yaml_get(body, "condition");
    struct sigma_names names = {0};
    const struct sigma_node *root;
    size_t *sizes;
    uint32_t *lines;
    str *texts;

    if (body->type != YAML_MAP) {
        sigma_bad(r, body->line, "'%s' must be a mapping", filter ? "filter" : "detection");
        return NULL;
    }
    if (!(texts = sigma_scratch(r, body->count, sizeof *texts)) ||
        !(sizes = sigma_scratch(r, body->count, sizeof *sizes)) ||
        !(lines = sigma_scratch(r, body->count, sizeof *lines)) ||
        !(names.trees = sigma_scratch(r, body->count, sizeof *names.trees)) ||
        !(names.used = sigma_scratch(r, body->count, sizeof *names.used)))
        return NULL;
    names.names = texts;
    names.sizes = sizes;
    for (size_t i = 0; i < body->count; i++) {
        size_t const before = r->nodes;
        bool is;

        if (!is_identifier(r, body, i, filter, &is))
            return NULL;
        if (!is)
            continue;
        if (names.count == IDENTIFIERS_MAX) {
            sigma_bad(r, body->key_lines[i], "more than %d search identifiers", IDENTIFIERS_MAX);
            return NULL;
        }
        if (!(names.trees[names.count] = selection_node(r, body->items[i])))
            return NULL;
        texts[names.count] = body->keys[i];
        lines[names.count] = body->key_lines[i];
        sizes[names.count++] = r->nodes - before;
    }
    if (names.count == 0 || !condition) {
        sigma_bad(r, body->line, names.count ? "no condition" : "no search identifier");
        return NULL;
    }
    if (filter && condition->type != YAML_SCALAR) {
        sigma_bad(r, condition->line, "a filter has exactly one condition, a text");
        return NULL;
    }
    if (!(root = conditions_node(r, condition, &names)))
        return NULL;
    for (size_t i = 0; i < names.count; i++)
        if (!names.used[i] &&
            !sigma_warn(r, lines[i], "the condition does not use '%.*s'", STR_ARG(str_first(texts[i], 60))))
            return NULL;
    *has_not = names.has_not;
    return root;
}

bool sigma_rule_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule) {
    const struct yaml_node *const detection = yaml_get(doc, "detection");
    bool has_not;

    assert(detection);
    return sigma_rule_head(r, doc, rule) && logsource_read(r, doc, &rule->logsource) &&
           (rule->root = body_node(r, detection, false, &has_not)) != NULL;
}

/* Filters (Sigma 10) */

bool sigma_references(struct sigma_reading *r, const struct yaml_node *rules, struct sigma_links *links) {
    size_t const count = sigma_many(rules);

    if (count > SIGMA_REFERENCES_MAX)
        return sigma_bad(r, rules->line, "more than %d rules", SIGMA_REFERENCES_MAX);
    if (!(links->rules = sigma_keep(r, count, sizeof *links->rules)))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const n = sigma_one(rules, i);

        if (n->type != YAML_SCALAR || n->scalar == YAML_IS_NULL || !n->text.len)
            return sigma_bad(r, n->line, "'rules' must be ids or names of rules");
        links->rules[i].line = n->line;
        if (!sigma_keep_text(r, n->text, &links->rules[i].name))
            return false;
    }
    links->rule_count = count;
    return true;
}

bool sigma_filter_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_filter *filter, str *name,
                       struct sigma_links *links) {
    const struct yaml_node *const body = yaml_get(doc, "filter");
    const struct yaml_node *const rules = yaml_get(body, "rules");
    bool has_not = true;

    assert(body);
    if (!identity_read(r, doc, &filter->id, name, &filter->title) || !logsource_read(r, doc, &filter->logsource) ||
        !(filter->root = body_node(r, body, true, &has_not)))
        return false;
    if (!rules || (rules->type == YAML_SCALAR && rules->scalar == YAML_IS_NULL))
        return sigma_bad(r, body->line, "the filter does not say for which rules: names, ids, or any");
    if (!sigma_references(r, rules, links))
        return false;
    links->any = links->rule_count == 0 || (links->rule_count == 1 && str_eq_ascii(links->rules[0].name, S("any")));
    return has_not || sigma_warn(r, yaml_get(body, "condition")->line,
                                 "the filter's condition holds no 'not': of the rules it addresses, only events remain "
                                 "that it describes; 'not' in front would exclude them");
}
