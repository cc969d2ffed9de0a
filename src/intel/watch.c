/* watch: texts, so many a rule, each between two stars. */
#include "intel/watch.h"

#include <assert.h>

static const struct sigma_node *node_of(str text, uint32_t line, struct arena *a) {
    struct sigma_piece *const pieces = arena_zero(a, 3, sizeof *pieces);
    struct sigma_test *const test = arena_zero(a, 1, sizeof *test);
    struct sigma_node *const node = arena_zero(a, 1, sizeof *node);

    assert(text.len);
    if (!pieces || !test || !node)
        return NULL;
    pieces[0] = (struct sigma_piece){PIECE_ANY, S("")};
    pieces[1] = (struct sigma_piece){PIECE_TEXT, text};
    pieces[2] = (struct sigma_piece){PIECE_ANY, S("")};
    *test = (struct sigma_test){.op = TEST_PATTERN,
                                .field = S(""),
                                .line = line,
                                .pieces = pieces,
                                .piece_count = 3,
                                .regex = S(""),
                                .number = S(""),
                                .other = S("")};
    *node = (struct sigma_node){.type = NODE_TEST, .test = test};
    return node;
}

static struct sigma_rule *rule_of(uint32_t index, const str *texts, size_t count, struct arena *a) {
    struct sigma_rule *const rule = arena_zero(a, 1, sizeof *rule);
    const struct sigma_node **const children = arena_zero(a, count, sizeof *children);
    struct sigma_node *const root = arena_zero(a, 1, sizeof *root);

    if (!rule || !children || !root)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!(children[i] = node_of(texts[i], index + 1, a)))
            return NULL;
    *root = (struct sigma_node){.type = NODE_OR, .children = children, .child_count = count};
    *rule = (struct sigma_rule){.type = SIGMA_DETECTION,
                                .index = index,
                                .path = S("what is watched"),
                                .line = index + 1,
                                .id = S(""),
                                .name = S(""),
                                .title = S("what is watched"),
                                .status = S(""),
                                .author = S(""),
                                .description = S(""),
                                .level = LEVEL_INFORMATIONAL,
                                .logsource = {S(""), S(""), S("")},
                                .root = root,
                                .unusable = S("")};
    return rule;
}

bool watch_set(const str *texts, size_t count, struct arena *a, struct sigma_set *out) {
    size_t const rules = count / WATCH_TEXTS + (count % WATCH_TEXTS != 0);
    const struct sigma_rule **const list = arena_zero(a, rules, sizeof *list);

    assert(rules < UINT32_MAX);
    *out = (struct sigma_set){.rules = list, .rule_count = rules};
    for (size_t i = 0; list && i < rules; i++) {
        size_t const from = i * WATCH_TEXTS;

        if (!(list[i] = rule_of((uint32_t)i, texts + from, count - from < WATCH_TEXTS ? count - from : WATCH_TEXTS, a)))
            return false;
    }
    return list != NULL;
}
