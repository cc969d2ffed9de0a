/* plan: all rules as arrays: tests that are written alike are one test, conditions are nodes of numbers. Knows no block. */
#ifndef DETECTION_PLAN_H
#define DETECTION_PLAN_H

#include "detection/test.h"
#include "event/field.h"

struct plan_node {
    uint8_t type;          /* enum sigma_node_type */
    uint32_t first, count; /* AND, OR, NOT: children are plan.children[first..]; TEST: first is the test */
};

#define PLAN_KEYWORD UINT32_MAX

struct plan_test {
    struct test test;
    uint32_t field;     /* into plan.fields, or PLAN_KEYWORD */
    uint32_t other;     /* FIELDREF: into plan.fields */
    uint32_t raw_types; /* values of these raw types (a bit each) may satisfy it */
    float cost;         /* share of events for which it may hold, before anything was learned; 1: cannot start a rule */
};

struct plan_rule {
    const struct sigma_rule *sigma;
    uint32_t root;
    uint32_t filters, filter_count; /* plan.filter_roots[filters..] */
    const uint32_t *fields;         /* all that it and its filters look at, each once */
    uint32_t field_count;
    bool keywords;          /* they look at all fields as well */
    uint32_t keyword_types; /* for values of these raw types (a bit each) */
};

struct plan {
    struct arena *memory;
    const struct sigma_set *set;
    struct plan_node *nodes;
    uint32_t node_count, node_room;
    uint32_t *children;
    uint32_t child_count, child_room;
    struct plan_test *tests;
    uint32_t test_count, test_room;
    field_id *fields; /* every field name rules use, in the catalogue's numbers */
    uint32_t field_count, field_room;
    uint32_t *field_of; /* by field_id: into fields, or PLAN_KEYWORD */
    uint32_t field_of_room;
    uint32_t *filter_roots, *filter_sigma; /* filter_sigma: index of the filter in the set */
    uint32_t filter_count, filter_room;
    struct plan_rule *rules; /* as sigma_set.rules; correlations have no root */
    uint32_t rule_count;
};

/* set must outlive the plan. */
MUST_USE bool plan_new(struct plan **out, const struct sigma_set *set, struct fields *fields, struct err *e);
void plan_free(struct plan *p);

#endif
