/* sigma_correlation: one correlation document (Sigma 9.1). Which rules it means is found out by sigma_link.c. */
#include "intel/sigma_own.h"

#define GROUPS_MAX 64

static bool is_temporal(enum sigma_correlation_type type) {
    return type == CORRELATE_TEMPORAL || type == CORRELATE_TEMPORAL_ORDERED;
}

static bool type_read(struct sigma_reading *r, const struct yaml_node *c, enum sigma_correlation_type *out) {
    static const struct {
        str name;
        enum sigma_correlation_type type;
    } types[] = {
        {STR("event_count"), CORRELATE_EVENT_COUNT},
        {STR("value_count"), CORRELATE_VALUE_COUNT},
        {STR("temporal"), CORRELATE_TEMPORAL},
        {STR("temporal_ordered"), CORRELATE_TEMPORAL_ORDERED},
        {STR("value_sum"), CORRELATE_VALUE_SUM},
        {STR("value_avg"), CORRELATE_VALUE_AVG},
        {STR("value_percentile"), CORRELATE_VALUE_PERCENTILE},
        {STR("value_median"), CORRELATE_VALUE_MEDIAN},
    };
    str const type = yaml_text(c, "type");

    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq(types[i].name, type)) {
            *out = types[i].type;
            return true;
        }
    return sigma_bad(r, c->line, type.len ? "unknown correlation type '%.*s'" : "no correlation type%.*s",
                     STR_ARG(str_first(type, 40)));
}

static bool timespan_read(struct sigma_reading *r, const struct yaml_node *c, int64_t *out) {
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {'M', 2629746}, {'y', 31556952}};
    const struct yaml_node *const t = yaml_get(c, "timespan");
    uint64_t n;

    if (!t || t->type != YAML_SCALAR || t->scalar == YAML_IS_NULL || !t->text.len)
        return sigma_bad(r, t ? t->line : c->line, "no timespan such as 10m");
    for (size_t i = 0; i < COUNT(units); i++)
        if (t->text.ptr[t->text.len - 1] == units[i].unit) {
            uint64_t const most = (uint64_t)(INT64_MAX / 1000000000 / units[i].seconds);

            if (!str_u64(str_first(t->text, t->text.len - 1), most, &n) || n == 0)
                break;
            *out = (int64_t)n * units[i].seconds * 1000000000;
            return true;
        }
    return sigma_bad(r, t->line, "timespan '%.*s' must be a number above 0 and one of s m h d w M y, at most 292 years",
                     STR_ARG(str_first(t->text, 30)));
}

static bool number_read(struct sigma_reading *r, const struct yaml_node *v, str key, double *out) {
    char text[64];

    if (v->type != YAML_SCALAR || (v->scalar != YAML_IS_INT && v->scalar != YAML_IS_FLOAT) ||
        v->text.len >= sizeof text)
        return sigma_bad(r, v->line, "'%.*s' needs a number", STR_ARG(str_first(key, 40)));
    memcpy(text, v->text.ptr, v->text.len);
    text[v->text.len] = '\0';
    *out = strtod(text, NULL); /* the program never sets a locale: the decimal point is a point */
    return true;
}

static bool fields_read(struct sigma_reading *r, const struct yaml_node *v, struct sigma_correlation *out) {
    size_t const count = sigma_many(v);
    str *const fields = sigma_keep(r, count, sizeof *fields);

    if (!fields)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const name = sigma_one(v, i);

        if (name->type != YAML_SCALAR || name->scalar == YAML_IS_NULL || !name->text.len)
            return sigma_bad(r, name->line, "'field' must be a name or a list of names");
        if (!sigma_keep_text(r, name->text, &fields[i]))
            return false;
    }
    out->fields = fields;
    out->field_count = count;
    return true;
}

static bool bounds_read(struct sigma_reading *r, const struct yaml_node *cond, struct sigma_correlation *out) {
    static const struct {
        str word;
        enum sigma_compare compare;
    } words[] = {{STR("eq"), COMPARE_EQ}, {STR("lt"), COMPARE_LT},   {STR("lte"), COMPARE_LTE},
                 {STR("gt"), COMPARE_GT}, {STR("gte"), COMPARE_GTE}, {STR("neq"), COMPARE_NEQ}};
    struct sigma_bound *const bounds = sigma_keep(r, COUNT(words), sizeof *bounds);

    if (!bounds)
        return false;
    for (size_t i = 0; i < cond->count; i++) {
        const struct yaml_node *const v = cond->items[i];
        str const key = cond->keys[i];
        size_t w = 0;

        if (str_eq(key, S("field"))) {
            if (!fields_read(r, v, out))
                return false;
            continue;
        }
        if (str_eq(key, S("percentile"))) {
            if (!number_read(r, v, key, &out->percentile))
                return false;
            if (!(out->percentile >= 0 && out->percentile <= 100))
                return sigma_bad(r, v->line, "'percentile' must be a number from 0 to 100");
            out->has_percentile = true;
            continue;
        }
        while (w < COUNT(words) && !str_eq(words[w].word, key))
            w++;
        if (w == COUNT(words))
            return sigma_bad(r, cond->key_lines[i], "unknown condition '%.*s'", STR_ARG(str_first(key, 40)));
        bounds[out->bound_count].compare = words[w].compare;
        if (!number_read(r, v, key, &bounds[out->bound_count].number))
            return false;
        out->bound_count++;
    }
    out->bounds = bounds;
    return out->bound_count > 0 || sigma_bad(r, cond->line, "the condition has no bound: gt, gte, lt, lte, eq, neq");
}

static bool condition_read(struct sigma_reading *r, const struct yaml_node *c, struct sigma_correlation *out,
                           struct sigma_links *links) {
    const struct yaml_node *const cond = yaml_get(c, "condition");
    bool const missing = !cond || (cond->type == YAML_SCALAR && cond->scalar == YAML_IS_NULL);
    bool const value = !is_temporal(out->type) && out->type != CORRELATE_EVENT_COUNT;

    if (missing)
        return is_temporal(out->type) || sigma_bad(r, c->line, "no condition such as {gte: 10}");
    if (cond->type == YAML_SCALAR && is_temporal(out->type)) {
        links->expression_line = cond->line;
        if (str_trim(cond->text).len == 0)
            return sigma_bad(r, cond->line, "the condition is empty");
        return sigma_keep_text(r, cond->text, &links->expression);
    }
    if (cond->type != YAML_MAP)
        return sigma_bad(r, cond->line, "the condition must be a mapping such as {gte: 10}");
    if (!bounds_read(r, cond, out))
        return false;
    if (value && out->field_count == 0)
        return sigma_bad(r, cond->line, "this type needs a 'field' in its condition");
    if (out->field_count > 1 && out->type != CORRELATE_VALUE_COUNT)
        return sigma_bad(r, cond->line, "only value_count takes several fields");
    if (!value && out->field_count && !sigma_warn(r, cond->line, "'field' has no effect in this type"))
        return false;
    if (out->has_percentile && out->type != CORRELATE_VALUE_PERCENTILE)
        return sigma_bad(r, cond->line, "'percentile' belongs to value_percentile");
    return true;
}

/* `generate` stands inside `correlation` or at the top (Sigma 9.1). */
static bool generate_read(struct sigma_reading *r, const struct yaml_node *doc, const struct yaml_node *c, bool *out) {
    const struct yaml_node *const found[] = {yaml_get(c, "generate"), yaml_get(doc, "generate")};
    bool value[2] = {false, false};

    for (size_t i = 0; i < 2; i++) {
        if (found[i] &&
            (found[i]->type != YAML_SCALAR || (found[i]->scalar != YAML_IS_TRUE && found[i]->scalar != YAML_IS_FALSE)))
            return sigma_bad(r, found[i]->line, "'generate' must be true or false");
        value[i] = found[i] && found[i]->scalar == YAML_IS_TRUE;
    }
    *out = found[0] ? value[0] : value[1];
    return !found[0] || !found[1] || value[0] == value[1] ||
           sigma_warn(r, found[0]->line, "'generate' stands twice and differs: the one inside 'correlation' counts");
}

static bool grouped_by(const struct sigma_links *links, str name) {
    for (size_t i = 0; i < links->group_count; i++)
        if (str_eq(links->groups[i], name))
            return true;
    return false;
}

static bool groups_read(struct sigma_reading *r, const struct yaml_node *c, struct sigma_links *links) {
    const struct yaml_node *const by = yaml_get(c, "group-by");
    size_t const count = sigma_many(by);

    if (count > GROUPS_MAX)
        return sigma_bad(r, by->line, "more than %d fields to group by", GROUPS_MAX);
    if (!(links->groups = sigma_keep(r, count, sizeof *links->groups)))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *const name = sigma_one(by, i);

        if (name->type != YAML_SCALAR || name->scalar == YAML_IS_NULL || !name->text.len)
            return sigma_bad(r, name->line, "'group-by' must be names of fields");
        if (grouped_by(links, name->text)) {
            if (!sigma_warn(r, name->line, "group-by names '%.*s' twice", STR_ARG(str_first(name->text, 60))))
                return false;
            continue;
        }
        if (!sigma_keep_text(r, name->text, &links->groups[links->group_count]))
            return false;
        links->group_count++;
    }
    return true;
}

/* One flat list: group, rule, field. */
static bool aliases_read(struct sigma_reading *r, const struct yaml_node *c, struct sigma_links *links) {
    const struct yaml_node *const map = yaml_get(c, "aliases");
    size_t total = 0;

    if (sigma_many(map) == 0)
        return true;
    if (map->type != YAML_MAP)
        return sigma_bad(r, map->line, "'aliases' must be a mapping of names to {rule: field}");
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *const alias = map->items[i];

        if (alias->type != YAML_MAP)
            return sigma_bad(r, alias->line, "an alias must be a mapping of rules to fields");
        total += alias->count;
        if (!grouped_by(links, map->keys[i]) &&
            !sigma_warn(r, map->key_lines[i], "alias '%.*s' is not in group-by", STR_ARG(str_first(map->keys[i], 60))))
            return false;
    }
    if (total > SIGMA_REFERENCES_MAX)
        return sigma_bad(r, map->line, "more than %d aliases", SIGMA_REFERENCES_MAX);
    if (!(links->aliases = sigma_keep(r, total, sizeof *links->aliases)))
        return false;
    for (size_t i = 0; i < map->count; i++)
        for (size_t j = 0; j < map->items[i]->count; j++) {
            const struct yaml_node *const field = map->items[i]->items[j];
            struct sigma_alias *const a = &links->aliases[links->alias_count++];

            a->line = map->items[i]->key_lines[j];
            if (field->type != YAML_SCALAR || field->scalar == YAML_IS_NULL || !field->text.len)
                return sigma_bad(r, field->line, "an alias must name a field");
            if (!sigma_keep_text(r, map->keys[i], &a->group) || !sigma_keep_text(r, map->items[i]->keys[j], &a->rule) ||
                !sigma_keep_text(r, field->text, &a->field))
                return false;
        }
    return true;
}

/* A misspelt key would widen the correlation without a word: group_by makes one group of everything. */
static bool keys_known(struct sigma_reading *r, const struct yaml_node *c) {
    static const str known[] = {STR("type"),      STR("rules"),   STR("group-by"), STR("timespan"),
                                STR("condition"), STR("aliases"), STR("generate")};

    for (size_t i = 0; i < c->count; i++) {
        bool found = false;

        for (size_t k = 0; k < COUNT(known); k++)
            found |= str_eq(known[k], c->keys[i]);
        if (!found && !sigma_warn(r, c->key_lines[i], "a correlation has no key '%.*s': it has no effect",
                                  STR_ARG(str_first(c->keys[i], 60))))
            return false;
    }
    return true;
}

bool sigma_correlation_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule,
                            struct sigma_correlation *out, struct sigma_links *links) {
    const struct yaml_node *const c = yaml_get(doc, "correlation");

    rule->correlation = out;
    links->expression = S("");
    if (!sigma_rule_head(r, doc, rule))
        return false;
    if (c->type != YAML_MAP)
        return sigma_bad(r, c->line, "'correlation' must be a mapping");
    if (!type_read(r, c, &out->type) || !timespan_read(r, c, &out->timespan_ns) || !condition_read(r, c, out, links) ||
        !generate_read(r, doc, c, &out->generate) || !sigma_references(r, yaml_get(c, "rules"), links) ||
        !groups_read(r, c, links) || !aliases_read(r, c, links) || !keys_known(r, c))
        return false;
    if (links->rule_count == 0 && links->expression.len) {
        const str *names;

        if (!sigma_rule_names(r, links->expression, links->expression_line, &names, &links->rule_count) ||
            !(links->rules = sigma_keep(r, links->rule_count, sizeof *links->rules)))
            return false;
        for (size_t i = 0; i < links->rule_count; i++)
            links->rules[i] = (struct sigma_reference){names[i], links->expression_line};
    }
    return links->rule_count > 0 || sigma_bad(r, c->line, "no rules");
}

/* With all rules there */

static bool alias_means(const struct sigma_alias *a, const struct sigma_reference *reference,
                        const struct sigma_rule *rule) {
    return str_eq(a->rule, reference->name) || (rule->name.len && str_eq(a->rule, rule->name)) ||
           (rule->id.len && str_eq_ascii(a->rule, rule->id));
}

static bool groups_link(struct sigma_reading *r, struct sigma_links *links, struct sigma_correlation *out) {
    struct sigma_group *const groups = sigma_keep(r, links->group_count, sizeof *groups);

    if (!groups)
        return false;
    for (size_t i = 0; i < links->group_count; i++) {
        str *const fields = sigma_keep(r, out->rule_count, sizeof *fields);

        if (!fields)
            return false;
        for (size_t j = 0; j < out->rule_count; j++)
            fields[j] = links->groups[i];
        for (size_t m = 0; m < links->alias_count; m++) {
            struct sigma_alias *const a = &links->aliases[m];

            for (size_t j = 0; str_eq(a->group, links->groups[i]) && j < out->rule_count; j++)
                if (alias_means(a, &links->rules[j], out->rules[j])) {
                    fields[j] = a->field;
                    a->used = true;
                }
        }
        groups[i] = (struct sigma_group){links->groups[i], fields};
    }
    for (size_t m = 0; m < links->alias_count; m++)
        if (!links->aliases[m].used && grouped_by(links, links->aliases[m].group) &&
            !sigma_warn(r, links->aliases[m].line, "the alias names rule '%.*s', which is none of this correlation's",
                        STR_ARG(str_first(links->aliases[m].rule, 60))))
            return false;
    out->groups = groups;
    out->group_count = links->group_count;
    return true;
}

static bool expression_link(struct sigma_reading *r, const struct sigma_links *links, struct sigma_correlation *out) {
    str *const names = sigma_scratch(r, links->rule_count, sizeof *names);
    struct sigma_names known = {
        .names = names, .count = links->rule_count, .used = sigma_scratch(r, links->rule_count, sizeof *known.used)};

    if (!names || !known.used)
        return false;
    if (links->rule_count > SIGMA_EXPRESSION_RULES_MAX)
        return sigma_bad(r, links->expression_line, "more than %d rules in one expression", SIGMA_EXPRESSION_RULES_MAX);
    for (size_t i = 0; i < links->rule_count; i++)
        names[i] = links->rules[i].name;
    if (!(out->expr = sigma_rule_condition(r, links->expression, links->expression_line, &known)))
        return false;
    for (size_t i = 0; i < links->rule_count; i++)
        if (!known.used[i])
            return sigma_bad(r, links->expression_line, "the condition does not use rule '%.*s'",
                             STR_ARG(str_first(names[i], 80)));
    return true;
}

bool sigma_correlation_link(struct sigma_reading *r, struct sigma_links *links, struct sigma_correlation *out,
                            const struct sigma_rule *const *rules) {
    out->rules = rules;
    out->rule_count = links->rule_count;
    return (!links->expression.len || expression_link(r, links, out)) && groups_link(r, links, out);
}
