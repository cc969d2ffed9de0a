/* known: see known.h. */
#include "detection/known.h"

#include <stdlib.h>

#include "base/arena.h"
#include "detection/indicator.h"

#define MEMORY ((size_t)1 << 30)
#define LEVELS ((unsigned)LEVEL_CRITICAL + 1)
#define TOLD (OBSERVABLES * LEVELS)

struct known {
    struct sigma_set set;
    const struct intel_set *intel;
    struct indicator_marks *marks;
    const struct groups *groups;
    struct arena *a;
    uint32_t *entries; /* of rules of texts and expressions, from own + TOLD on */
    struct stix_watch *stix;
    uint32_t *stix_entries; /* by pattern */
    size_t stix_rules;      /* behind all others */
    struct known_not_hunted *not_hunted;
    size_t not_hunted_count;
    struct sigma_rule many[LEVELS];
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
    return test_node(a,
                     (struct sigma_test){
                         .op = TEST_REGEX, .field = S(""), .line = 1, .regex = regex, .number = S(""), .other = S("")});
}

static const struct sigma_rule *rule_new(struct known *k, size_t index, enum observable type, unsigned level,
                                         const struct sigma_node *root) {
    struct sigma_rule *const r = arena_zero(k->a, 1, sizeof *r);
    str const name = type == OBSERVABLE_NONE ? S("pattern") : observable_name(type);

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

static bool not_hunted_add(struct known *k, uint32_t entry, str why) {
    struct known_not_hunted *const n = &k->not_hunted[k->not_hunted_count];

    n->entry = entry;
    if (!arena_copy(k->a, why, &n->why))
        return false;
    k->not_hunted_count++;
    return true;
}

/* Patterns that are more than values. *out: the rules by which they are found. */
static bool patterns_make(struct known *k, struct fields *fields, struct sigma_set *out, struct err *e) {
    uint32_t entry, at = 0, number;
    size_t count = 0;

    *out = (struct sigma_set){0};
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (at = 0; intel_set_each(k->intel, ITEM_PATTERN, t, &at) != INTEL_NONE;)
            count++;
    if (!count)
        return true;
    k->stix_entries = calloc(count, sizeof *k->stix_entries);
    k->not_hunted = calloc(count, sizeof *k->not_hunted);
    if (!k->stix_entries || !k->not_hunted)
        return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
    if (!stix_watch_new(&k->stix, fields, e))
        return false;
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (at = 0; (entry = intel_set_each(k->intel, ITEM_PATTERN, t, &at)) != INTEL_NONE;) {
            enum stix_watch_said said;
            str why = {"", 0};
            struct err bad = {0};

            if (!indicator_active(k->intel, entry))
                continue;
            if (stix_watch_add(k->stix, intel_set_entry(k->intel, entry).value, &number, &said, &why, &bad)) {
                k->stix_entries[number] = entry;
                if (said == STIX_WATCH_NEVER && !not_hunted_add(k, entry, why))
                    return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
            } else if (bad.code == ERR_MEMORY || !not_hunted_add(k, entry, str_of(bad.text))) {
                return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
            }
        }
    return stix_watch_seal(k->stix, out, e);
}

static bool known_make(struct known *k, const struct sigma_set *rules, struct fields *fields, struct err *e) {
    const struct sigma_node *const nothing = contains(k->a, S("\1\2\3")); /* of rules that nobody evaluates */
    const struct sigma_rule **list;
    struct sigma_set stix;
    uint32_t entry, at = 0;
    size_t n = 0;

    if (!patterns_make(k, fields, &stix, e))
        return false;
    k->stix_rules = stix.rule_count;

    while (intel_set_each(k->intel, ITEM_VALUE, OBSERVABLE_TEXT, &at) != INTEL_NONE)
        k->searched++;
    for (unsigned t = 0; t < OBSERVABLES; t++)
        for (at = 0; intel_set_each(k->intel, ITEM_REGEX, t, &at) != INTEL_NONE;)
            k->searched++;
    if (k->searched > KNOWN_RULES_MAX)
        return err_set(e, ERR_LIMIT, 0, "%zu texts and expressions among the indicators, and %u are the most",
                       k->searched, KNOWN_RULES_MAX);
    list = arena_zero(k->a, k->own + TOLD + k->searched + k->stix_rules, sizeof *list);
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
    for (size_t i = 0; i < k->stix_rules; i++) {
        struct sigma_rule *const r = arena_zero(k->a, 1, sizeof *r);

        if (!r)
            return err_set(e, ERR_MEMORY, 0, "no memory for patterns");
        *r = *stix.rules[i];
        r->index = (uint32_t)(k->own + TOLD + k->searched + i);
        r->level = LEVEL_CRITICAL; /* found whatever level is asked for; told by their own */
        list[r->index] = r;
    }
    for (unsigned level = 0; level < LEVELS; level++) {
        k->many[level] = *list[k->own + OBSERVABLE_NONE * LEVELS + level];
        k->many[level].type = SIGMA_CORRELATION;
    }
    k->set = *rules;
    k->set.rules = list;
    k->set.rule_count = k->own + TOLD + k->searched + k->stix_rules;
    return true;
}

bool known_new(struct known **out, const struct sigma_set *rules, const struct intel_set *intel,
               const struct groups *groups, struct fields *fields, struct err *e) {
    struct known *const k = calloc(1, sizeof *k);

    if (!k || !(k->a = arena_new(MEMORY))) {
        known_free(k);
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    }
    k->intel = intel;
    k->groups = groups;
    k->own = rules->rule_count;
    if (!known_make(k, rules, fields, e) || !indicator_marks_new(&k->marks, intel, e)) {
        known_free(k);
        return false;
    }
    *out = k;
    return true;
}

void known_free(struct known *k) {
    if (!k)
        return;
    indicator_marks_free(k->marks);
    stix_watch_free(k->stix);
    free(k->stix_entries);
    free(k->not_hunted);
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
const struct groups *known_groups(const struct known *k) {
    return k->groups;
}
const struct indicator_marks *known_marks(const struct known *k) {
    return k->marks;
}
size_t known_own_rules(const struct known *k) {
    return k->own;
}
bool known_evaluated(const struct known *k, uint32_t rule) {
    return rule < k->own || rule >= k->own + TOLD;
}
uint32_t known_entry(const struct known *k, uint32_t rule) {
    return rule < k->own + TOLD || rule >= k->own + TOLD + k->searched ? INTEL_NONE : k->entries[rule - k->own - TOLD];
}
struct stix_watch *known_stix(const struct known *k) {
    return k->stix;
}
uint32_t known_stix_entry(const struct known *k, uint32_t pattern) {
    return k->stix_entries[pattern];
}
bool known_stix_rule(const struct known *k, uint32_t rule, uint32_t *theirs) {
    size_t const first = k->own + TOLD + k->searched;

    *theirs = (uint32_t)(rule - first);
    return rule >= first;
}
const struct known_not_hunted *known_not_hunted(const struct known *k, size_t *count) {
    *count = k->not_hunted_count;
    return k->not_hunted;
}
const struct sigma_rule *known_many(const struct known *k, unsigned level) {
    return &k->many[level];
}
const struct sigma_rule *known_rule(const struct known *k, uint32_t entry, unsigned level) {
    return k->set.rules[k->own + intel_set_entry(k->intel, entry).type * LEVELS + level];
}
