/* sigma: rules, correlations and filters as trees, out of YAML (Sigma specification 2.1; decisions in docs/sigma.md).
 *
 * Everything that is spelling is gone when a rule has been read: modifiers are applied, selections, lists and
 * conditions are one tree of AND, OR, NOT over tests; filters are ANDed into the rules they address; references of
 * correlations are resolved. What is left to detection: log sources, field mapping, and the tests themselves. */
#ifndef INTEL_SIGMA_H
#define INTEL_SIGMA_H

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* One piece of a pattern, from left to right. The whole value must match the whole pattern (Sigma 3.1). */
enum sigma_piece_type {
    PIECE_TEXT, /* these bytes, well-formed UTF-8, as written (not folded) */
    PIECE_ANY,  /* *: any run of characters, also none */
    PIECE_ONE,  /* ?: exactly one code point */
    PIECE_DASH, /* windash: one of - / U+2013 U+2014 U+2015 */
};
struct sigma_piece {
    enum sigma_piece_type type;
    str text;
};

enum sigma_test_op {
    TEST_PATTERN,  /* pieces; `cased` */
    TEST_REGEX,    /* regex, regex_flags: search, PCRE2 syntax (Sigma 5.5) */
    TEST_NUMBER,   /* equals the number, whose canonical decimal spelling is `number` */
    TEST_BOOL,     /* boolean */
    TEST_NULL,     /* absent or null */
    TEST_EXISTS,   /* boolean: true = present (null counts as present), false = absent */
    TEST_COMPARE,  /* compare with number */
    TEST_CIDR,     /* network */
    TEST_FIELDREF, /* other field, fieldref_how */
    TEST_TIME,     /* part of a date compared with number (Sigma 5.6) */
    TEST_BYTES,    /* utf16/wide without base64: the pattern's one PIECE_TEXT (or contains/startswith/endswith of it, as
                   * pieces) holds raw bytes; compared case-sensitively with the value's bytes */
};
enum sigma_compare { COMPARE_EQ, COMPARE_LT, COMPARE_LTE, COMPARE_GT, COMPARE_GTE, COMPARE_NEQ };
enum sigma_time_part { TIME_MINUTE, TIME_HOUR, TIME_DAY, TIME_WEEK, TIME_MONTH, TIME_YEAR };
enum sigma_fieldref { FIELDREF_EQUALS, FIELDREF_CONTAINS, FIELDREF_STARTSWITH, FIELDREF_ENDSWITH };
enum sigma_regex_flags { SIGMA_RE_I = 1, SIGMA_RE_M = 2, SIGMA_RE_S = 4 };

/* One test on one field, true if any of the field's values satisfies it (Sigma 2.5). */
struct sigma_test {
    enum sigma_test_op op;
    str field;     /* as the rule writes it, before any mapping; empty: keyword, any value of the event (Sigma 6) */
    uint32_t line; /* in the rule's file */

    bool cased;                       /* PATTERN */
    const struct sigma_piece *pieces; /* PATTERN, BYTES */
    size_t piece_count;
    str regex;                    /* REGEX: as written */
    unsigned regex_flags;         /* REGEX */
    str number;                   /* NUMBER, COMPARE, TIME: canonical decimal text: -?(0|[1-9]d*)(.d*[1-9])? */
    bool boolean;                 /* BOOL, EXISTS */
    enum sigma_compare compare;   /* COMPARE, TIME */
    enum sigma_time_part part;    /* TIME */
    struct network network;       /* CIDR */
    str other;                    /* FIELDREF */
    enum sigma_fieldref fieldref; /* FIELDREF */
};

enum sigma_node_type { NODE_AND, NODE_OR, NODE_NOT, NODE_TEST };
/* AND and OR have any number of children, also none (AND of none is true, OR of none is false); NOT has one. */
struct sigma_node {
    enum sigma_node_type type;
    const struct sigma_node *const *children;
    size_t child_count;
    const struct sigma_test *test; /* NODE_TEST */
};

/* Empty parts are free. Compared without regard to case. */
struct sigma_logsource {
    str category, product, service;
};

enum sigma_level { LEVEL_INFORMATIONAL, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL };
/* "informational" ... "critical". */
str sigma_level_name(enum sigma_level level);
/* False when s is no level. Case does not matter; "info" is informational. */
bool sigma_level_parse(str s, enum sigma_level *level);

enum sigma_correlation_type {
    CORRELATE_EVENT_COUNT,
    CORRELATE_VALUE_COUNT,
    CORRELATE_TEMPORAL,
    CORRELATE_TEMPORAL_ORDERED,
    CORRELATE_VALUE_SUM,
    CORRELATE_VALUE_AVG,
    CORRELATE_VALUE_PERCENTILE,
    CORRELATE_VALUE_MEDIAN,
};

/* One bound of a condition; all bounds must hold. */
struct sigma_bound {
    enum sigma_compare compare;
    double number;
};

/* A boolean expression over the correlation's rules (temporal types). */
struct sigma_rule_expr {
    enum sigma_node_type type;
    const struct sigma_rule_expr *const *children;
    size_t child_count;
    size_t rule; /* NODE_TEST: index into sigma_correlation.rules */
};

struct sigma_rule;

/* For group-by name `name`: the field to read for each referenced rule (same order as rules). */
struct sigma_group {
    str name;
    const str *fields;
};

struct sigma_correlation {
    enum sigma_correlation_type type;
    const struct sigma_rule *const *rules; /* referenced rules, detection or correlation; never a cycle */
    size_t rule_count;
    const struct sigma_group *groups;
    size_t group_count;
    int64_t timespan_ns;
    const struct sigma_bound *bounds; /* none: temporal types without a count */
    size_t bound_count;
    const str *fields; /* value types: the field; several for value_count of tuples */
    size_t field_count;
    bool has_percentile;
    double percentile;
    const struct sigma_rule_expr *expr; /* NULL: none */
    bool generate;
};

enum sigma_rule_type { SIGMA_DETECTION, SIGMA_CORRELATION };

struct sigma_rule {
    enum sigma_rule_type type;
    uint32_t index; /* in sigma_set.rules */
    str path;       /* of the file, as found */
    uint32_t line;  /* of the document's first key */
    str id;         /* "" when the rule has none */
    str name, title, status, author, description;
    enum sigma_level level;
    const str *tags;
    size_t tag_count;
    struct sigma_logsource logsource;          /* DETECTION */
    const struct sigma_node *root;             /* DETECTION: the rule's own condition; a filter's is not in it */
    const struct sigma_filter *const *filters; /* DETECTION: all must hold as well */
    size_t filter_count;
    const struct sigma_correlation *correlation; /* CORRELATION */
    str unusable;  /* why it cannot be evaluated although it was read well: a placeholder has no value; else "" */
    bool silenced; /* only correlations use it (Sigma 9.4): evaluated, but no finding of its own */
    const struct sigma_rule *silenced_by; /* the (first) correlation responsible */
};

struct sigma_filter {
    uint32_t index; /* in sigma_set.filters */
    str path;
    uint32_t line;
    str id, title;
    struct sigma_logsource logsource;
    const struct sigma_node *root;
};

/* What became of one document of a rule file, in file order; also what is no rule at all. */
struct sigma_verdict {
    str path;
    uint32_t line;
    str id, title;
    bool loaded;
    bool is_filter;
    str reason;          /* why it failed, or why it is unusable though loaded; else "" */
    bool unusable;       /* loaded, and cannot be evaluated until its placeholders are given values (Sigma 5.9) */
    const str *warnings; /* load warnings */
    size_t warning_count;
};

struct sigma_set {
    const struct sigma_rule *const *rules; /* loaded ones, sorted by path bytes, then line */
    size_t rule_count;
    const struct sigma_filter *const *filters;
    size_t filter_count;
    const struct sigma_verdict *verdicts;
    size_t verdict_count;
};

struct sigma_loader;

/* Bounds: a file of 16 MiB, 100,000 nodes a document, depth 64, aliases expanded to 100,000 nodes at most.
 * All memory is the loader's; the set lives until sigma_loader_free. */
MUST_USE bool sigma_loader_new(struct sigma_loader **out, struct err *e);
void sigma_loader_free(struct sigma_loader *l);
/* Values for `expand` (Sigma 5.9): YAML mapping of name to a value or a list; literal text. Before the rules. */
MUST_USE bool sigma_load_placeholders(struct sigma_loader *l, str path, str yaml, struct err *e);
/* From now on a placeholder without a value fails its rule, as the specification has it. Otherwise such a rule is
 * loaded (it is whole and right), marked unusable with the reason, and never evaluated. */
void sigma_strict_placeholders(struct sigma_loader *l);
/* sigma_load_paths keeps trees of rule files in this folder, and takes them from there (intel/rule_cache.h). What is read is
 * the same, and nothing that goes wrong there is told. folder: as long as the loader. */
void sigma_cache(struct sigma_loader *l, const char *folder);
/* Reads one rule file's text. False only when memory is out: a bad rule is a verdict. */
MUST_USE bool sigma_load_text(struct sigma_loader *l, str path, str yaml, struct err *e);
/* A file that could not be read at all: it becomes a failed verdict. */
MUST_USE bool sigma_load_failed(struct sigma_loader *l, str path, const char *why, struct err *e);
/* Every .yml and .yaml file below each path (or the file itself), sorted by path; unreadable ones become verdicts. */
MUST_USE bool sigma_load_paths(struct sigma_loader *l, const char *const *paths, size_t count, struct err *e);
/* Resolves references, duplicates, filters, silence. Once, at the end. */
MUST_USE bool sigma_load_end(struct sigma_loader *l, const struct sigma_set **out, struct err *e);

#endif
