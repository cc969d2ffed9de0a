/* known: see known.h. */
#include "detection/known.h"

#include <stdlib.h>

#include "base/arena.h"

#define MEMORY ((size_t)1 << 30)
#define LEVELS ((unsigned)LEVEL_CRITICAL + 1)
#define TOLD (OBSERVABLES * LEVELS)

struct known {
    struct sigma_set set;
    const struct intel_set *intel;
    struct arena *a;
    uint32_t *entries; /* of rules of texts and expressions, from own + TOLD on */
    size_t own, searched;
};

static str text_of(struct arena *a, const char *fmt, str name, unsigned level) {
    char text[160];
    str out = {"", 0};
    int const n = snprintf(text, sizeof text, fmt, STR_ARG(name), STR_ARG(sigma_level_name(level)));

    (void)!arena_copy(a, (str){text, n < (int)sizeof text ? (size_t)n : sizeof text - 1}, &out);
    return out;
}

static const struct sigma_node *test_node(struct arena *a, struct sigma_test test) {
    struct sigma_test *const t = arena_zero(a, 1, sizeof *t);
    struct sigma_node *const node = arena_zero(a, 1, sizeof *node);

    if (!t || !node)
        return NULL;
    *t = test;
    *node = (struct sigma_node){.type = NODE_TEST, .test = t};
    return node;
}

/* Any text in which this one stands. */
static const struct sigma_node *contains(struct arena *a, str text) {
    struct sigma_piece *const pieces = arena_zero(a, 3, sizeof *pieces);

    if (!pieces)
        return NULL;
    pieces[0] = (struct sigma_piece){PIECE_ANY, S("")};
    pieces[1] = (struct sigma_piece){PIECE_TEXT, text};
    pieces[2] = (struct sigma_piece){PIECE_ANY, S("")};
    return test_node(a, (struct sigma_test){.op = TEST_PATTERN,
                                            .field = S(""),
                                            .line = 1,
                                            .pieces = pieces,
                                            .piece_count = 3,
                                            .regex = S(""),
                                            .number = S(""),
                                            .other = S("")});
}

static const struct sigma_node *matches(struct arena *a, str regex) {
    return test_node(a, (struct sigma_test){.op = TEST_REGEX,
                                            .field = S(""),
                                            .line = 1,
                                            .regex = regex,
                                            .number = S(""),
                                            .other = S("")});
}

static const struct sigma_rule *rule_new(struct known *k, size_t index, enum observable type, unsigned level,
                                         const struct sigma_node *root) {
    struct sigma_rule *const r = arena_zero(k->a, 1, sizeof *r);
    str const name = observable_name(type);

    if (!r || !root)
        return NULL;
    *r = (struct sigma_rule){.type = SIGMA_DETECTION,
                             .index = (uint32_t)index,
                             .path = S("indicators"),
                             .line = 1,
                             .id = text_of(k->a, "indicator-%.*s", name, level),
                             .name = S(""),
                             .title = text_of(k->a, "Known indicator: %.*s", name, level),
                             .status = S(""),
                             .author = S(""),
                             .description = S(""),
                             .level = level,
                             .logsource = {S(""), S(""), S("")},
                             .root = root,
                             .unusable = S("")};
    return r;
}

static bool known_make(struct known *k, const struct sigma_set *rules, struct err *e) {
    const struct sigma_node *const nothing = contains(k->a, S("\1\2\3")); /* of rules that nobody evaluates */
    const struct sigma_rule **list;
    uint32_t entry, at = 0;
    size_t n = 0;

    while (intel_set_each(k->intel, ITEM_VALUE, OBSERVABLE_TEXT, &at) != INTEL_NONE)
        k->searched++;
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (at = 0; intel_set_each(k->intel, ITEM_REGEX, t, &at) != INTEL_NONE;)
            k->searched++;
    if (k->searched > KNOWN_RULES_MAX)
        return err_set(e, ERR_LIMIT, 0, "%zu texts and expressions among the indicators, and %u are the most",
                       k->searched, KNOWN_RULES_MAX);
    list = arena_zero(k->a, k->own + TOLD + k->searched, sizeof *list);
    k->entries = calloc(k->searched + 1, sizeof *k->entries);
    if (!list || !k->entries || !nothing)
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    for (size_t i = 0; i < k->own; i++)
        list[i] = rules->rules[i];
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (unsigned level = 0; level < LEVELS; level++) {
            size_t const i = k->own + t * LEVELS + level;

            if (!(list[i] = rule_new(k, i, t, level, nothing)))
                return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
        }
    at = 0;
    for (unsigned form = ITEM_VALUE; form <= ITEM_REGEX; form++)
        for (unsigned t = 0; t < OBSERVABLES; t++) {
            if (form == ITEM_PATTERN || (form == ITEM_VALUE && t != OBSERVABLE_TEXT))
                continue;
            for (at = 0; (entry = intel_set_each(k->intel, form, t, &at)) != INTEL_NONE; n++) {
                str const value = intel_set_entry(k->intel, entry).value;
                size_t const i = k->own + TOLD + n;

                k->entries[n] = entry;
                if (!(list[i] = rule_new(k, i, t, LEVEL_CRITICAL,
                                         form == ITEM_REGEX ? matches(k->a, value) : contains(k->a, value))))
                    return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
            }
        }
    k->set = *rules;
    k->set.rules = list;
    k->set.rule_count = k->own + TOLD + k->searched;
    return true;
}

bool known_new(struct known **out, const struct sigma_set *rules, const struct intel_set *intel, struct err *e) {
    struct known *const k = calloc(1, sizeof *k);

    if (!k || !(k->a = arena_new(MEMORY))) {
        known_free(k);
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    }
    k->intel = intel;
    k->own = rules->rule_count;
    if (!known_make(k, rules, e)) {
        known_free(k);
        return false;
    }
    *out = k;
    return true;
}

void known_free(struct known *k) {
    if (!k)
        return;
    arena_free(k->a);
    free(k->entries);
    free(k);
}

const struct sigma_set *known_set(const struct known *k) {
    return &k->set;
}
const struct intel_set *known_intel(const struct known *k) {
    return k->intel;
}
size_t known_own_rules(const struct known *k) {
    return k->own;
}
bool known_evaluated(const struct known *k, uint32_t rule) {
    return rule < k->own || rule >= k->own + TOLD;
}
uint32_t known_entry(const struct known *k, uint32_t rule) {
    return rule < k->own + TOLD ? INTEL_NONE : k->entries[rule - k->own - TOLD];
}
const struct sigma_rule *known_rule(const struct known *k, uint32_t entry, unsigned level) {
    return k->set.rules[k->own + intel_set_entry(k->intel, entry).type * LEVELS + level];
}
