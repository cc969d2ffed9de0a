/* plan: flattens the trees of a rule set and merges equal tests. */
#include "detection/plan.h"

#include <assert.h>

#include "base/buf.h"
#include "base/hash.h"
#include "event/value.h"

#define PLAN_MEMORY_MAX ((size_t)1 << 30)
#define NODE_DEPTH_MAX 512

struct build {
    struct plan *p;
    struct fields *fields;
    uint32_t *slots; /* tests by spelling */
    uint32_t slot_mask;
    uint64_t *hashes; /* of their spelling, by test */
    struct buf key, other;
    uint64_t seed;
    uint32_t types[256]; /* values of these raw types (a bit each) may hold this byte */
    struct err *e;
    uint32_t *noted; /* fields of the rule being read */
    uint32_t noted_room;
};

static bool no_memory(struct build *b) {
    return err_set(b->e, ERR_MEMORY, 0, "no memory for the rules' plan");
}

/* Makes room for one more element of an array in a plan. */
static bool grow(void **array, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return true;
    uint32_t const more = *room ? *room * 2 : 256;
    void *const bigger = realloc(*array, more * size);

    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

static bool field_index(struct build *b, str name, uint32_t *out) {
    struct plan *const p = b->p;
    field_id const id = field_intern(b->fields, name);

    if (id == FIELD_NONE)
        return no_memory(b);
    while (id >= p->field_of_room) {
        uint32_t const room = p->field_of_room ? p->field_of_room * 2 : 1024;
        uint32_t *const bigger = realloc(p->field_of, room * sizeof *bigger);

        if (!bigger)
            return no_memory(b);
        memset(bigger + p->field_of_room, 0xff, (room - p->field_of_room) * sizeof *bigger);
        p->field_of = bigger;
        p->field_of_room = room;
    }
    if (p->field_of[id] == PLAN_KEYWORD) {
        if (!grow((void **)&p->fields, p->field_count, &p->field_room, sizeof *p->fields))
            return no_memory(b);
        p->fields[p->field_count] = id;
        p->field_of[id] = p->field_count++;
    }
    *out = p->field_of[id];
    return true;
}

static void spell_number(struct buf *key, uint64_t n) {
    buf_add(key, (str){(const char *)&n, sizeof n});
}

static void spell_text(struct buf *key, str text) {
    spell_number(key, text.len);
    buf_add(key, text);
}

/* Everything of a test that changes its answer; no two tests that differ are spelled alike. */
static void spell(struct buf *key, const struct sigma_test *t) {
    uint8_t const small[] = {(uint8_t)t->op,
                             t->cased,
                             (uint8_t)t->regex_flags,
                             t->boolean,
                             (uint8_t)t->compare,
                             (uint8_t)t->part,
                             (uint8_t)t->fieldref,
                             t->op == TEST_CIDR ? t->network.base.family : 0,
                             t->op == TEST_CIDR ? t->network.bits : 0};

    buf_add(key, (str){(const char *)small, sizeof small});
    spell_text(key, t->field);
    spell_text(key, t->regex);
    spell_text(key, t->number);
    spell_text(key, t->other);
    if (t->op == TEST_CIDR)
        buf_add(key, (str){(const char *)&t->network.base.bytes, sizeof t->network.base.bytes});
    for (size_t i = 0; i < t->piece_count; i++) {
        buf_byte(key, (char)('a' + (int)t->pieces[i].type));
        if (t->pieces[i].type == PIECE_TEXT)
            spell_text(key, t->pieces[i].text);
    }
}

/* Found by its literals; or tried on every value, which is dear, but dearer still is to try its rule on every event. */
static float regex_guess(const struct test *t) {
    float cost = 0;

    if (t->matches_empty)
        return 1;
    for (size_t i = 0; i < t->need_count; i++) {
        float one = 0.5f;

        for (size_t n = 0; n < t->needs[i].len && n < 24; n++)
            one *= 0.72f;
        cost += one;
    }
    return t->need_count && cost < 0.9f ? cost : 0.9f;
}

/* A guess: long texts are rare, anchored ones commoner than they look (".exe", "C:\Windows\"). */
static float guess(const struct test *t) {
    size_t const len = t->sigma->op == TEST_PATTERN && !t->present_is_enough ? t->text.len : 0;
    float cost = 0.5f;

    switch (t->sigma->op) {
    case TEST_PATTERN:
        if (len == 0 && !(t->simple && !t->any_before && !t->any_behind))
            return 1;
        for (size_t i = 0; i < len && i < 24; i++)
            cost *= 0.72f;
        if (t->simple && (t->any_before != t->any_behind) && len < 6)
            return 0.6f;
        return t->simple && !t->any_before && !t->any_behind && len == 0 ? 0.3f : cost;
    case TEST_NUMBER:
        return 0.1f;
    case TEST_BOOL:
        return 0.5f;
    case TEST_REGEX:
        return regex_guess(t);
    default:
        return 1;
    }
}

/* By its spelling, which is written again: most tests are met once, and to keep the spelling of each would take more memory
 * than the tests themselves. */
static bool same_test(struct build *b, uint32_t test) {
    b->other.len = 0;
    spell(&b->other, b->p->tests[test].test.sigma);
    return str_eq(buf_str(&b->other), buf_str(&b->key));
}

static void types_of_bytes(struct build *b) {
    for (unsigned c = 0; c < COUNT(b->types); c++)
        for (uint8_t type = 0; type < RAW_TYPES; type++)
            if (value_may_contain(type, (str){(const char[]){(char)c}, 1}))
                b->types[c] |= UINT32_C(1) << type;
}

/* test_raw_types, but most texts hold a letter that only text holds, and then nothing more has to be looked at. */
static uint32_t raw_types(const struct build *b, const struct test *t) {
    uint32_t const text = b->types[0]; /* of no number, time, GUID ... */

    if (t->sigma->op == TEST_PATTERN)
        for (size_t i = 0; i < t->sigma->piece_count; i++)
            for (size_t n = 0; t->pieces[i].type == PIECE_TEXT && n < t->pieces[i].text.len; n++) {
                unsigned char const c = (unsigned char)t->pieces[i].text.ptr[n];

                /* ASCII folds to its small letters; what other characters fold to is not asked here. */
                if (c < 0x80 && b->types[c >= 'A' && c <= 'Z' ? c | 0x20 : c] == text)
                    return text;
            }
    return test_raw_types(t);
}

static bool test_index(struct build *b, const struct sigma_test *sigma, uint32_t *out) {
    struct plan *const p = b->p;
    uint64_t hash;
    uint32_t at;

    b->key.len = 0;
    spell(&b->key, sigma);
    if (b->key.failed)
        return no_memory(b);
    hash = hash_bytes(buf_str(&b->key), b->seed);
    for (at = (uint32_t)hash & b->slot_mask; b->slots[at]; at = (at + 1) & b->slot_mask) {
        uint32_t const i = b->slots[at] - 1;

        if (b->hashes[i] == hash && same_test(b, i)) {
            *out = i;
            return true;
        }
        if (b->other.failed)
            return no_memory(b);
    }
    if (p->test_count == p->test_room) {
        uint32_t const room = p->test_room ? p->test_room * 2 : 4096;
        struct plan_test *const tests = realloc(p->tests, room * sizeof *tests);
        uint64_t *const hashes = tests ? realloc(b->hashes, room * sizeof *hashes) : NULL;

        p->tests = tests ? tests : p->tests;
        b->hashes = hashes ? hashes : b->hashes;
        if (!hashes)
            return no_memory(b);
        p->test_room = room;
    }
    struct plan_test *const t = &p->tests[p->test_count];

    *t = (struct plan_test){.field = PLAN_KEYWORD, .other = PLAN_KEYWORD};
    if (!test_make(&t->test, sigma, p->memory, b->e))
        return false;
    b->hashes[p->test_count] = hash;
    b->slots[at] = ++p->test_count;
    t->cost = guess(&t->test);
    t->raw_types = raw_types(b, &t->test);
    *out = p->test_count - 1;
    if (sigma->field.len && !field_index(b, sigma->field, &t->field))
        return false;
    if (sigma->op == TEST_FIELDREF && !field_index(b, sigma->other, &t->other))
        return false;
    if (p->test_count >= b->slot_mask / 2) {
        uint32_t const mask = b->slot_mask * 2 + 1;
        uint32_t *const slots = calloc((size_t)mask + 1, sizeof *slots);

        if (!slots)
            return no_memory(b);
        for (uint32_t i = 0; i < p->test_count; i++) {
            uint32_t to = (uint32_t)b->hashes[i] & mask;

            while (slots[to])
                to = (to + 1) & mask;
            slots[to] = i + 1;
        }
        free(b->slots);
        b->slots = slots;
        b->slot_mask = mask;
    }
    return true;
}

/* Depth is bounded by the loader's bound on YAML and conditions; the assert says so. */
static bool node_add(struct build *b, const struct sigma_node *n, uint32_t *out, unsigned depth) {
    struct plan *const p = b->p;
    struct plan_node node = {.type = (uint8_t)n->type};

    assert(depth < NODE_DEPTH_MAX);
    if (n->type == NODE_TEST) {
        if (!test_index(b, n->test, &node.first))
            return false;
    } else {
        node.first = p->child_count;
        node.count = (uint32_t)n->child_count;
        for (size_t i = 0; i < n->child_count; i++) {
            if (!grow((void **)&p->children, p->child_count, &p->child_room, sizeof *p->children))
                return no_memory(b);
            p->child_count++;
        }
        for (size_t i = 0; i < n->child_count; i++) {
            uint32_t child;

            if (!node_add(b, n->children[i], &child, depth + 1))
                return false;
            p->children[node.first + i] = child;
        }
    }
    if (!grow((void **)&p->nodes, p->node_count, &p->node_room, sizeof *p->nodes))
        return no_memory(b);
    p->nodes[p->node_count] = node;
    *out = p->node_count++;
    return true;
}

static bool field_note(struct build *b, uint32_t field, uint32_t *count) {
    if (field == PLAN_KEYWORD)
        return true;
    for (uint32_t i = 0; i < *count; i++)
        if (b->noted[i] == field)
            return true;
    if (!grow((void **)&b->noted, *count, &b->noted_room, sizeof *b->noted))
        return no_memory(b);
    b->noted[(*count)++] = field;
    return true;
}

static bool fields_note(struct build *b, struct plan_rule *rule, uint32_t node, uint32_t *count) {
    const struct plan *const p = b->p;
    const struct plan_node *const n = &p->nodes[node];

    for (uint32_t i = 0; n->type != NODE_TEST && i < n->count; i++)
        if (!fields_note(b, rule, p->children[n->first + i], count))
            return false;
    if (n->type != NODE_TEST)
        return true;
    const struct plan_test *const t = &p->tests[n->first];

    if (t->field == PLAN_KEYWORD) {
        rule->keywords = true;
        rule->keyword_types |= t->raw_types;
    }
    return field_note(b, t->field, count) && field_note(b, t->other, count);
}

/* What the rule and its filters look at. */
static bool rule_fields(struct build *b, struct plan_rule *rule) {
    struct plan *const p = b->p;
    uint32_t count = 0;
    uint32_t *kept;

    if (!fields_note(b, rule, rule->root, &count))
        return false;
    for (uint32_t i = 0; i < rule->filter_count; i++)
        if (!fields_note(b, rule, p->filter_roots[rule->filters + i], &count))
            return false;
    if (!(kept = arena_alloc(p->memory, count * sizeof *kept)))
        return no_memory(b);
    if (count)
        memcpy(kept, b->noted, count * sizeof *kept);
    rule->fields = kept;
    rule->field_count = count;
    return true;
}

static bool rule_add(struct build *b, const struct sigma_rule *sigma, struct plan_rule *rule) {
    struct plan *const p = b->p;

    rule->sigma = sigma;
    if (sigma->type != SIGMA_DETECTION)
        return true;
    if (!node_add(b, sigma->root, &rule->root, 0))
        return false;
    rule->filters = p->filter_count;
    rule->filter_count = (uint32_t)sigma->filter_count;
    for (size_t i = 0; i < sigma->filter_count; i++) {
        uint32_t const count = p->filter_count;
        uint32_t room = p->filter_room;

        if (!grow((void **)&p->filter_roots, count, &room, sizeof *p->filter_roots) ||
            !grow((void **)&p->filter_sigma, count, &p->filter_room, sizeof *p->filter_sigma))
            return no_memory(b);
        if (!node_add(b, sigma->filters[i]->root, &p->filter_roots[count], 0))
            return false;
        p->filter_sigma[count] = sigma->filters[i]->index;
        p->filter_count++;
    }
    return rule_fields(b, rule);
}

bool plan_new(struct plan **out, const struct sigma_set *set, struct fields *fields, struct err *e) {
    struct plan *const p = calloc(1, sizeof *p);
    struct build b = {.p = p, .fields = fields, .slot_mask = (1u << 14) - 1, .seed = hash_seed(), .e = e};
    bool ok = false;

    e->code = ERR_NONE;
    if (!p || !(p->memory = arena_new(PLAN_MEMORY_MAX)) ||
        !(b.slots = calloc((size_t)b.slot_mask + 1, sizeof *b.slots)) ||
        !(p->rules = calloc(set->rule_count + 1, sizeof *p->rules))) {
        no_memory(&b);
        goto end;
    }
    types_of_bytes(&b);
    p->set = set;
    p->rule_count = (uint32_t)set->rule_count;
    ok = true;
    for (uint32_t i = 0; ok && i < p->rule_count; i++)
        ok = rule_add(&b, set->rules[i], &p->rules[i]);
end:
    free(b.slots);
    free(b.hashes);
    free(b.noted);
    buf_free(&b.key);
    buf_free(&b.other);
    if (!ok) {
        plan_free(p);
        return err_wrap(e, "rules");
    }
    *out = p;
    return true;
}

void plan_free(struct plan *p) {
    if (!p)
        return;
    for (uint32_t i = 0; i < p->test_count; i++)
        if (p->tests[i].test.regex) /* what need not be written to stays shared with the workers */
            test_close(&p->tests[i].test);
    arena_free(p->memory);
    free(p->nodes);
    free(p->children);
    free(p->tests);
    free(p->fields);
    free(p->field_of);
    free(p->filter_roots);
    free(p->filter_sigma);
    free(p->rules);
    free(p);
}
