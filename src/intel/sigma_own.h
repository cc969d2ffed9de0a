/* sigma_own: what the files of the Sigma loader share. Not for others: see sigma.h.
 *
 * Two arenas: `a` is the loader's and keeps what a rule is; `scratch` holds the YAML tree and every step in between,
 * and is emptied after each file. Whatever leaves these files for sigma.h has been copied to `a`. */
#ifndef INTEL_SIGMA_OWN_H
#define INTEL_SIGMA_OWN_H

#include "codec/yaml.h"
#include "intel/sigma.h"

#define SIGMA_NODES_MAX 1000000           /* of a rule's tree, and of its condition when every name is written out */
#define SIGMA_REFERENCES_MAX 4096         /* of a correlation or filter */
#define SIGMA_EXPRESSION_RULES_MAX 256    /* of a correlation whose condition is an expression */
#define SIGMA_KEPT_MAX ((size_t)64 << 20) /* bytes that one rule may keep */

struct placeholder {
    str name;
    const str *values; /* literal text */
    size_t count;
};

/* Is a character beyond ASCII a letter or digit? The loader's, made when it is first asked. */
struct letters {
    void *code;  /* pcre2_code */
    void *match; /* pcre2_match_data */
};

/* One rule document while it is read. */
struct sigma_reading {
    struct arena *a, *scratch;
    const struct placeholder *placeholders;
    size_t placeholder_count;
    str unusable; /* the first placeholder without a value, as a reason; "" */
    str *warnings;
    size_t warning_count, warning_room;
    size_t nodes;       /* made so far */
    size_t used_before; /* of a, when the reading began */
    size_t file_before; /* of a, when the file's began */
    size_t kept_max;    /* of a, for rules */
    size_t scratch_max; /* of scratch */
    struct letters *letters;
    struct err *e;
};

/* ERR_USAGE with the line in front. Always false. */
bool sigma_bad(struct sigma_reading *r, uint32_t line, const char *fmt, ...) PRINTF(3, 4);
/* False only when memory is out. */
MUST_USE bool sigma_warn(struct sigma_reading *r, uint32_t line, const char *fmt, ...) PRINTF(3, 4);
/* Memory that stays: ERR_MEMORY, and the whole load ends, or ERR_LIMIT, and the rule fails. NULL: failed. */
void *sigma_keep(struct sigma_reading *r, size_t count, size_t size) MUST_USE;
MUST_USE bool sigma_keep_text(struct sigma_reading *r, str s, str *out);
/* Memory until the file has been read. NULL: failed, with ERR_LIMIT (the rule) or ERR_MEMORY (the whole load). */
void *sigma_scratch(struct sigma_reading *r, size_t count, size_t size) MUST_USE;

/* children are copied. NULL: failed. */
const struct sigma_node *sigma_node_new(struct sigma_reading *r, enum sigma_node_type type,
                                        const struct sigma_node *const *children, size_t count);
const struct sigma_node *sigma_node_test(struct sigma_reading *r, const struct sigma_test *test);

/* The text of the scalar under key; empty when absent or null. Anything else is an error. */
MUST_USE bool sigma_text(struct sigma_reading *r, const struct yaml_node *map, const char *key, str *out);
/* A list's items, or the one thing itself; none for NULL and null. */
size_t sigma_many(const struct yaml_node *n);
const struct yaml_node *sigma_one(const struct yaml_node *n, size_t i);

/* sigma_value.c: a selection's item `field|modifiers: value(s)` as a tree. NULL: failed. */
const struct sigma_node *sigma_item(struct sigma_reading *r, str key, uint32_t line, const struct yaml_node *values);
/* A keyword, or a list of them of which one must occur. */
const struct sigma_node *sigma_keyword(struct sigma_reading *r, const struct yaml_node *value);

/* Names that a condition may use, and what they stand for. */
struct sigma_names {
    const str *names;
    const struct sigma_node **trees; /* NULL: a correlation's expression over rules */
    const size_t *sizes;             /* nodes of each tree */
    bool *used;
    size_t count;
    size_t bytes; /* of conditions read so far */
    bool has_not; /* set when the condition holds the word */
};
/* sigma_condition.c: Sigma 7; NULL: failed. */
const struct sigma_node *sigma_condition(struct sigma_reading *r, str condition, uint32_t line,
                                         struct sigma_names *names);
/* Sigma 9.1: a boolean expression over rule names, which are numbered as in names. NULL: failed. */
const struct sigma_rule_expr *sigma_rule_condition(struct sigma_reading *r, str condition, uint32_t line,
                                                   struct sigma_names *names);
/* The different rule names of an expression in the order in which they first appear. */
MUST_USE bool sigma_rule_names(struct sigma_reading *r, str condition, uint32_t line, const str **names, size_t *count);

/* What a correlation or a filter says about other rules, until all rules are there. */
struct sigma_reference {
    str name; /* or id */
    uint32_t line;
};
struct sigma_alias {
    str group, rule, field;
    uint32_t line;
    bool used;
};
struct sigma_links {
    struct sigma_reference *rules;
    size_t rule_count;
    bool any;       /* filter: every rule that the log source covers */
    str expression; /* correlation: over rule names; "" */
    uint32_t expression_line;
    str *groups; /* correlation: group-by */
    size_t group_count;
    struct sigma_alias *aliases;
    size_t alias_count;
};

/* sigma_rule.c: one document. rule and filter are zeroed but for path and line. */
MUST_USE bool sigma_rule_head(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule);
MUST_USE bool sigma_rule_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule);
MUST_USE bool sigma_filter_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_filter *filter,
                                str *name, struct sigma_links *links);
/* `rules` of a correlation or filter. */
MUST_USE bool sigma_references(struct sigma_reading *r, const struct yaml_node *rules, struct sigma_links *links);

/* sigma_correlation.c: all of it that can be known without other rules. */
MUST_USE bool sigma_correlation_read(struct sigma_reading *r, const struct yaml_node *doc, struct sigma_rule *rule,
                                     struct sigma_correlation *out, struct sigma_links *links);
/* The rest. rules: what links->rules refer to, in that order; kept. */
MUST_USE bool sigma_correlation_link(struct sigma_reading *r, struct sigma_links *links, struct sigma_correlation *out,
                                     const struct sigma_rule *const *rules);

/* A document on its way into the set. */
struct sigma_document {
    struct sigma_verdict verdict;
    str name;
    struct sigma_rule *rule; /* detection or correlation; NULL: filter, or nothing at all */
    struct sigma_filter *filter;
    struct sigma_correlation *correlation;
    struct sigma_links links;
    const struct sigma_document *seen_by; /* the correlation that looked at it last */
    /* While references are resolved: */
    struct sigma_document **refs;
    size_t next;    /* of refs, to be looked at */
    uint32_t state; /* enum in sigma_link.c */
    uint32_t chain; /* correlations below it, itself included */
};

struct sigma_loader {
    struct arena *a, *scratch;
    struct sigma_document **documents;
    size_t count, room;
    struct placeholder *placeholders;
    size_t placeholder_count;
    bool strict;
    const char *cache; /* folder, or NULL */
    size_t kept_max, scratch_max, file_before;
    struct letters letters;
};

/* sigma_loader_new with other bounds, in bytes: so that a test can let every allocation fail. */
MUST_USE bool sigma_loader_within(struct sigma_loader **out, size_t kept_max, size_t scratch_max, struct err *e);

/* False only when memory is out. */
MUST_USE bool sigma_document_failed(struct sigma_loader *l, struct sigma_document *d, const char *reason,
                                    struct err *e);
/* The document was read well and needs values that are not there (Sigma 5.9): failed when strict. */
void sigma_document_unusable(struct sigma_loader *l, struct sigma_document *d, str reason);
/* For a document that is already in the list: reading goes on where it ended, warnings included. */
struct sigma_reading sigma_reading_of(struct sigma_loader *l, const struct sigma_document *d, struct err *e);

#endif
