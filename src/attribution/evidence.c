/* evidence: the names of classes and families, and what the data file says of them. */
#include "attribution/evidence.h"

#include <math.h>

#include "attribution/evidence_own.h"
#include "base/compiler.h"
#include "codec/yaml.h"

#define RULES_MEMORY ((size_t)1 << 20)

static const struct {
    str id, name;
} classes[EVIDENCE_CLASSES] = {
    [EVIDENCE_TECHNIQUE] = {STR("technique"), STR("technique")},
    [EVIDENCE_TOOL] = {STR("tool"), STR("public tool")},
    [EVIDENCE_MALWARE] = {STR("malware"), STR("malware by its code")},
    [EVIDENCE_CODE] = {STR("code"), STR("shared code")},
    [EVIDENCE_NAME] = {STR("name"), STR("name that anybody may give")},
    [EVIDENCE_RELAY] = {STR("relay"), STR("relay")},
    [EVIDENCE_ADDRESS] = {STR("address"), STR("address")},
    [EVIDENCE_HOSTED] = {STR("hosted"), STR("domain at a shared provider")},
    [EVIDENCE_DOMAIN] = {STR("domain"), STR("operation's domain")},
    [EVIDENCE_IDENTIFIER] = {STR("identifier"), STR("identifier")},
    [EVIDENCE_MAIL] = {STR("mail"), STR("craft of a mail campaign")},
    [EVIDENCE_VICTIM] = {STR("victim"), STR("victim")},
    [EVIDENCE_HOURS] = {STR("hours"), STR("working hours")},
    [EVIDENCE_LANGUAGE] = {STR("language"), STR("language")},
    [EVIDENCE_STATEMENT] = {STR("statement"), STR("statement about this victim")},
    [EVIDENCE_FORENSIC] = {STR("forensic"), STR("forensic link")},
};

static const str families[EVIDENCE_FAMILIES] = {
    [FAMILY_TECHNIQUE] = STR("technique"),
    [FAMILY_SOFTWARE] = STR("software"),
    [FAMILY_INFRASTRUCTURE] = STR("infrastructure"),
    [FAMILY_MAIL] = STR("mail"),
    [FAMILY_VICTIM] = STR("victim"),
    [FAMILY_HABIT] = STR("habit"),
    [FAMILY_STATEMENT] = STR("statement"),
    [FAMILY_FORENSIC] = STR("forensic"),
};

str evidence_class_name(enum evidence_class c) {
    return classes[c].name;
}

str evidence_class_id(enum evidence_class c) {
    return classes[c].id;
}

enum evidence_class evidence_class_of(str id) {
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++)
        if (str_eq(classes[i].id, id))
            return (enum evidence_class)i;
    return EVIDENCE_CLASSES;
}

str evidence_family_name(enum evidence_family f) {
    return families[f];
}

/* ---- the data file ---- */

static bool number_at(const struct yaml_node *map, const char *name, double least, double most, double *out,
                      struct err *e) {
    str const text = yaml_text(map, name);
    char digits[64], *end = digits;

    if (text.len && text.len < sizeof digits) {
        memcpy(digits, text.ptr, text.len);
        digits[text.len] = '\0';
        *out = strtod(digits, &end);
    }
    if (end == digits || *end || !(*out >= least && *out <= most))
        return err_set(e, ERR_USAGE, 0, "%s must be a number from %g to %g", name, least, most);
    return true;
}

static bool whole_at(const struct yaml_node *map, const char *name, double least, double most, double *out,
                     struct err *e) {
    return number_at(map, name, least, most, out, e) &&
           (*out == floor(*out) || err_set(e, ERR_USAGE, 0, "%s must be a whole number", name));
}

static bool flag_at(const struct yaml_node *map, const char *name, bool *out, struct err *e) {
    const struct yaml_node *const n = yaml_get(map, name);

    if (!n || n->type != YAML_SCALAR || (n->scalar != YAML_IS_TRUE && n->scalar != YAML_IS_FALSE))
        return err_set(e, ERR_USAGE, 0, "%s must be true or false", name);
    *out = n->scalar == YAML_IS_TRUE;
    return true;
}

static bool text_at(const struct yaml_node *map, const char *name, str *out, struct err *e) {
    *out = yaml_text(map, name);
    return out->len || err_set(e, ERR_USAGE, 0, "%s is missing: a number without it cannot be judged", name);
}

/* Nothing else than these stands there: a misspelt word would be no rule at all. */
static bool only(const struct yaml_node *map, const char *const *names, size_t count, struct err *e) {
    if (!map || map->type != YAML_MAP)
        return err_set(e, ERR_USAGE, 0, "what stands here must be names with values");
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;

        while (k < count && !str_eq(map->keys[i], str_of(names[k])))
            k++;
        if (k == count)
            return err_set(e, ERR_USAGE, 0, "line %u: %.*s is nothing that is known here", map->key_lines[i],
                           STR_ARG(str_first(map->keys[i], 40)));
    }
    return true;
}

static bool read_class(struct evidence_rule *r, const struct yaml_node *map, struct err *e) {
    static const char *const known[] = {"bans",    "cap",   "half_life_days", "family", "cheap_to_fake",
                                        "carries", "model", "credibility",    "why",    "source"};
    double credibility = 0;
    str family;

    if (!only(map, known, COUNT(known), e) || !number_at(map, "bans", 0, 5, &r->bans, e) ||
        !number_at(map, "cap", r->bans, 5, &r->cap, e) ||
        !number_at(map, "half_life_days", 0, 36500, &r->half_life_days, e) ||
        !flag_at(map, "cheap_to_fake", &r->cheap, e) || !flag_at(map, "carries", &r->carries, e) ||
        !flag_at(map, "model", &r->model, e) || !whole_at(map, "credibility", 1, 6, &credibility, e) ||
        !text_at(map, "why", &r->why, e) || !text_at(map, "source", &r->source, e))
        return false;
    if (r->cheap && r->carries)
        return err_set(e, ERR_USAGE, 0, "what is cheap to fake carries no name");
    r->credibility = (uint8_t)credibility;
    family = yaml_text(map, "family");
    for (size_t i = 0; i < EVIDENCE_FAMILIES; i++)
        if (str_eq(families[i], family)) {
            r->family = (enum evidence_family)i;
            return true;
        }
    return err_set(e, ERR_USAGE, 0,
                   "family must be one of technique, software, infrastructure, mail, victim, habit, "
                   "statement, forensic");
}

static bool constant(const struct yaml_node *root, const char *name, double least, double most, double *out,
                     struct err *e) {
    static const char *const known[] = {"value", "why", "source"};
    const struct yaml_node *const map = yaml_get(root, name);
    str text;

    return (only(map, known, COUNT(known), e) && number_at(map, "value", least, most, out, e) &&
            text_at(map, "why", &text, e) && text_at(map, "source", &text, e)) ||
           err_wrap(e, "%s", name);
}

static bool grades(const struct yaml_node *root, const char *name, const char *const *of, double *out, struct err *e) {
    static const char *const known[] = {"value", "why", "source"};
    const struct yaml_node *const map = yaml_get(root, name), *const value = yaml_get(map, "value");
    str text;
    bool ok = only(map, known, COUNT(known), e) && only(value, of, EVIDENCE_GRADES, e) &&
              text_at(map, "why", &text, e) && text_at(map, "source", &text, e);

    for (size_t i = 0; ok && i < EVIDENCE_GRADES; i++)
        ok = number_at(value, of[i], 0.01, 1, &out[i], e);
    return ok || err_wrap(e, "%s", name);
}

static bool read_root(struct evidence_rules *r, const struct yaml_node *root, struct err *e) {
    static const char *const known[] = {"next",   "supplier", "outside",   "untouched",   "nation",      "resembles",
                                        "speaks", "many",     "soft_days", "reliability", "credibility", "classes"};
    static const char *const letters[] = {"A", "B", "C", "D", "E", "F"}, *const digits[] = {"1", "2", "3",
                                                                                            "4", "5", "6"};
    const char *names[EVIDENCE_CLASSES];
    const struct yaml_node *const all = yaml_get(root, "classes");

    if (!only(root, known, COUNT(known), e) || !constant(root, "next", 0, 1, &r->next, e) ||
        !constant(root, "supplier", 0, 1, &r->supplier, e) || !constant(root, "outside", -2, 0, &r->outside, e) ||
        !constant(root, "untouched", -2, 0, &r->untouched, e) || !constant(root, "nation", 0, 1, &r->nation, e) ||
        !constant(root, "resembles", 0, 1, &r->resembles, e) || !constant(root, "speaks", 0.01, 2, &r->speaks, e) ||
        !constant(root, "many", 2, 100, &r->many, e) || !constant(root, "soft_days", 0, 36500, &r->soft_days, e) ||
        !grades(root, "reliability", letters, r->reliability, e) ||
        !grades(root, "credibility", digits, r->credibility, e))
        return false;
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++)
        names[i] = classes[i].id.ptr; /* literals: they end in NUL */
    if (!only(all, names, COUNT(names), e))
        return err_wrap(e, "classes");
    for (size_t i = 0; i < EVIDENCE_CLASSES; i++) {
        const struct yaml_node *const map = yaml_get(all, names[i]);

        if (!map)
            return err_set(e, ERR_USAGE, 0, "class %s is missing", names[i]);
        if (!read_class(&r->classes[i], map, e))
            return err_wrap(e, "class %s", names[i]);
    }
    return true;
}

bool evidence_rules_read(struct evidence_rules *out, str text, struct err *e) {
    struct arena *const a = arena_new(RULES_MEMORY);
    struct yaml_node **documents;
    size_t count = 0;
    bool ok =
        a ? yaml_read(text, a, &documents, &count, e) : err_set(e, ERR_MEMORY, 0, "no memory for rules of evidence");

    *out = (struct evidence_rules){.memory = a};
    if (ok && count != 1)
        ok = err_set(e, ERR_USAGE, 0, "rules of evidence are one document");
    ok = ok && read_root(out, documents[0], e);
    if (!ok)
        evidence_rules_free(out);
    return ok;
}

bool evidence_rules_builtin(struct evidence_rules *out, struct err *e) {
    return evidence_rules_read(out, evidences_builtin[0].text, e) ||
           err_wrap(e, "%.*s", STR_ARG(evidences_builtin[0].path));
}

void evidence_rules_free(struct evidence_rules *r) {
    arena_free(r->memory);
    *r = (struct evidence_rules){0};
}
