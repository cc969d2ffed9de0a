/* sigma_own: what the files of the Sigma loader share. Not for others: see sigma.h. */
#ifndef INTEL_SIGMA_OWN_H
#define INTEL_SIGMA_OWN_H

#include "codec/yaml.h"
#include "intel/sigma.h"

#define SIGMA_WARNINGS_MAX 32

struct placeholder {
    str name;
    const str *values;
    size_t count;
};

/* One rule document while it is read. All memory is the loader's arena. */
struct sigma_reading {
    struct arena *a;
    const struct placeholder *placeholders;
    size_t placeholder_count;
    str unusable; /* the first placeholder without a value, as a reason; "" */
    str warnings[SIGMA_WARNINGS_MAX];
    size_t warning_count;
    struct err *e;
};

/* ERR_USAGE with the line in front. Always false. */
bool sigma_bad(struct sigma_reading *r, uint32_t line, const char *fmt, ...) PRINTF(3, 4);
void sigma_warn(struct sigma_reading *r, uint32_t line, const char *fmt, ...) PRINTF(3, 4);
bool sigma_no_memory(struct sigma_reading *r);

const struct sigma_node *sigma_node_new(struct sigma_reading *r, enum sigma_node_type type,
                                        const struct sigma_node *const *children, size_t count);
const struct sigma_node *sigma_node_test(struct sigma_reading *r, const struct sigma_test *test);

/* A selection's item `field|modifiers: value(s)` as a tree. NULL: failed. */
const struct sigma_node *sigma_item(struct sigma_reading *r, str key, uint32_t line, const struct yaml_node *values);
/* A keyword (list of scalars, or one). */
const struct sigma_node *sigma_keyword(struct sigma_reading *r, const struct yaml_node *value);

/* Names that a condition may use, and what they stand for. */
struct sigma_names {
    const str *names;
    const struct sigma_node **trees; /* NULL in correlation expressions */
    bool *used;
    size_t count;
};
/* Sigma 7; NULL: failed. */
const struct sigma_node *sigma_condition(struct sigma_reading *r, str condition, uint32_t line,
                                         struct sigma_names *names);
/* Sigma 9.1: boolean expression over rule names; rules in the order of names. NULL: failed. */
const struct sigma_rule_expr *sigma_rule_condition(struct sigma_reading *r, str condition, uint32_t line,
                                                   struct sigma_names *names);

#endif
