/* gate: the rule's expression over what is known of all events of a kind: possible unless shown to be false.
 *
 * Known are the values of fields that the kind's conditions name, and the absence of others; and of a kind of lines of
 * text, which fields its formats can give at all. A field with other values beside (a list) is left out of account: no
 * log that has kinds writes such. NOT is taken to be possible. */
#include "detection/gate.h"

struct look {
    const struct plan *p;
    const struct fields *fields;
    const struct kinds *kinds;
    const struct kind *kind;
    const struct kind_logsource *logsource; /* under whose names */
    struct test_scratch *s;
    str shut; /* the field of the test that failed last */
    bool no_memory;
};

static bool covers(const struct sigma_logsource *rule, const struct kind_logsource *l) {
    return (rule->product.len == 0 || str_eq_ascii(rule->product, l->product)) &&
           (rule->category.len == 0 || str_eq_ascii(rule->category, l->category)) &&
           (rule->service.len == 0 || str_eq_ascii(rule->service, l->service));
}

/* Of one value that all events of the kind may have. */
static bool value_possible(struct look *l, const struct test *t, str text) {
    static const uint8_t types[] = {VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL};
    bool ok = true;

    for (size_t i = 0; i < COUNT(types); i++) {
        struct value const v = {.ptr = text.ptr, .len = (uint32_t)text.len, .type = types[i]};
        str const folded = test_fold(l->s, &v, &ok);

        if (!ok || test_value(t, &v, folded, l->s, &ok))
            break;
        if (i + 1 == COUNT(types))
            return false;
    }
    l->no_memory |= !ok;
    return true;
}

/* Is the test true of a field that is not there? */
static bool wants_absence(const struct test *t) {
    return t->sigma->op == TEST_NULL || (t->sigma->op == TEST_EXISTS && !t->sigma->boolean);
}

static bool condition_allows(struct look *l, const struct kind_condition *c, const struct test *t) {
    bool const of_cell = t->sigma->op == TEST_NULL || t->sigma->op == TEST_EXISTS || t->sigma->op == TEST_FIELDREF;

    switch (c->how) {
    case WHEN_ABSENT:
        return wants_absence(t);
    case WHEN_PRESENT:
        return t->sigma->op != TEST_EXISTS || t->sigma->boolean;
    case WHEN_STARTS:
    case WHEN_CONTAINS:
        return t->sigma->op != TEST_NULL && (t->sigma->op != TEST_EXISTS || t->sigma->boolean);
    case WHEN_EQUALS:
        if (of_cell)
            return t->sigma->op != TEST_NULL && (t->sigma->op != TEST_EXISTS || t->sigma->boolean);
        /* What is said without regard to case may be tested with regard to it. */
        if (t->sigma->op == TEST_REGEX || t->sigma->op == TEST_BYTES || t->sigma->cased)
            return true;
        for (size_t i = 0; i < c->value_count; i++)
            if (value_possible(l, t, c->values[i]))
                return true;
        return false;
    }
    return true;
}

static bool sources_possible(const struct look *l, const struct kind_alias *a) {
    for (size_t i = 0; i < a->source_count; i++) {
        bool all = true;

        for (size_t k = 0; k < a->sources[i].input_count; k++)
            all = all && kind_may_have(l->kinds, l->fields, l->kind, a->sources[i].inputs[k]);
        if (all)
            return true;
    }
    return false;
}

static bool test_possible(struct look *l, const struct plan_test *t) {
    field_id field;

    if (t->field == PLAN_KEYWORD)
        return true;
    field = l->p->fields[t->field];
    for (size_t i = 0; i < l->logsource->alias_count; i++)
        if (l->logsource->aliases[i].field == field) { /* made of other fields */
            if (wants_absence(&t->test) || sources_possible(l, &l->logsource->aliases[i]))
                return true;
            l->shut = field_name(l->fields, field);
            return false;
        }
    if (!wants_absence(&t->test) && !kind_may_have(l->kinds, l->fields, l->kind, field)) {
        l->shut = field_name(l->fields, field);
        return false;
    }
    for (size_t i = 0; i < l->kind->when_count; i++)
        if (l->kind->when[i].field == field && !condition_allows(l, &l->kind->when[i], &t->test)) {
            l->shut = field_name(l->fields, field);
            return false;
        }
    return true;
}

static bool node_possible(struct look *l, uint32_t node) {
    const struct plan_node *const n = &l->p->nodes[node];

    switch (n->type) {
    case NODE_TEST:
        return test_possible(l, &l->p->tests[n->first]);
    case NODE_NOT:
        return true;
    case NODE_AND:
        for (uint32_t i = 0; i < n->count; i++)
            if (!node_possible(l, l->p->children[n->first + i]))
                return false;
        return true;
    default:
        for (uint32_t i = 0; i < n->count; i++)
            if (node_possible(l, l->p->children[n->first + i]))
                return true;
        return false;
    }
}

bool gate_of(const struct plan *p, const struct fields *fields, const struct kinds *kinds, uint32_t rule,
             struct test_scratch *s, enum gate *out, str *field, struct err *e) {
    struct look l = {.p = p, .fields = fields, .kinds = kinds, .s = s, .shut = {"", 0}};
    enum gate gate = GATE_NO_KIND;

    for (size_t k = 0; k < kinds_count(kinds) && gate != GATE_OPEN; k++) {
        l.kind = kinds_at(kinds, k);
        for (size_t i = 0; i < l.kind->logsource_count && gate != GATE_OPEN; i++) {
            l.logsource = &l.kind->logsources[i];
            if (covers(&p->rules[rule].sigma->logsource, l.logsource))
                gate = node_possible(&l, p->rules[rule].root) ? GATE_OPEN : GATE_SHUT;
        }
    }
    if (l.no_memory)
        return err_set(e, ERR_MEMORY, 0, "no memory to check rules against kinds");
    *out = gate;
    *field = gate == GATE_SHUT ? l.shut : (str){"", 0};
    return true;
}
