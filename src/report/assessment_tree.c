/* assessment_tree: see assessment_tree.h. */
#include "report/assessment_tree.h"

#include <math.h>

#include "base/compiler.h"
#include "codec/json_tree.h"

double assessment_real(const json_t *object, const char *name) {
    const json_t *const value = json_object_get(object, name);
    double const x = json_is_number(value) ? json_number_value(value) : NAN;

    return isfinite(x) ? x : NAN;
}

double assessment_chance(const json_t *object, const char *name) {
    double const x = assessment_real(object, name);

    return x >= 0 && x <= 1 ? x : NAN;
}

const json_t *assessment_list(const json_t *object, const char *name) {
    const json_t *const value = json_object_get(object, name);

    return json_is_array(value) ? value : NULL;
}

str assessment_group_name(const json_t *group) {
    str const name = json_text_at(group, "name");

    return name.len ? name : json_text_at(group, "id");
}

/* A tree takes up to a hundred times what it is written with. */
static bool has_bounds(str json) {
    size_t n = 0;

    if (json.len > ASSESSMENT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < json.len; i++) {
        char const c = json.ptr[i];

        n += c == ',' || c == ':' || c == '[' || c == '{';
    }
    return n <= ASSESSMENT_VALUES_MAX;
}

json_t *assessment_tree(str json, struct err *e) {
    struct assessment_brief brief;
    json_t *tree;

    *e = (struct err){0};
    if (!has_bounds(json))
        return NULL;
    if (!(tree = json_tree(json, e))) {
        if (e->code != ERR_MEMORY)
            *e = (struct err){0};
        return NULL;
    }
    if (assessment_brief(tree, &brief))
        return tree;
    json_decref(tree);
    return NULL;
}

bool assessment_brief(const json_t *tree, struct assessment_brief *out) {
    static const char *const levels[] = {"cluster", "resembles", "consistent"};
    const json_t *const now = json_object_get(tree, "now");
    const json_t *const first = json_array_get(assessment_list(now, "groups"), 0);
    str const level = json_text_at(now, "level"), confidence = json_text_at(now, "confidence");
    size_t l = 0, c = 0;

    *out = (struct assessment_brief){.why = json_text_at(tree, "not_judged"),
                                     .group = assessment_group_name(first),
                                     .id = json_text_at(first, "id"),
                                     .posterior = assessment_chance(first, "posterior"),
                                     .none = assessment_chance(now, "none")};
    if (out->why.len)
        return true;
    while (l < COUNT(levels) && !str_eq(level, str_of(levels[l])))
        l++;
    while (c <= CONFIDENCE_HIGH && !str_eq(confidence, confidence_word((enum assessed_confidence)c)))
        c++;
    if (l == COUNT(levels) || c > CONFIDENCE_HIGH || isnan(out->none) ||
        (l > 0 && (!out->group.len || isnan(out->posterior))) ||
        !json_text_at(json_object_get(tree, "written"), "judgement").len)
        return false;
    out->level = BRIEF_CLUSTER + l;
    out->confidence = (enum assessed_confidence)c;
    return true;
}
