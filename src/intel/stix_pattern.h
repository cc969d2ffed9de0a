/* stix_pattern: a pattern of the STIX patterning language (STIX 2.1, section 9) as a tree, and whether it says no more than values.
 *
 * What a pattern means is stix_match.h; what it can be matched with, detection/stix_event.h. docs/stix-patterns.md tells all of it. */
#ifndef INTEL_STIX_PATTERN_H
#define INTEL_STIX_PATTERN_H

#include "base/arena.h"
#include "base/err.h"
#include "intel/observable.h"

#define STIX_BYTES_MAX ((size_t)1 << 18) /* of a pattern */
#define STIX_DEPTH_MAX 64u               /* parentheses within parentheses, of both kinds together */
#define STIX_NODES_MAX 16384u            /* comparisons, brackets, operators, literals, steps of paths, all together */
#define STIX_QUALIFIERS_MAX 16u          /* behind one expression */
#define STIX_REPEATS_MAX 1000000u        /* of one qualifier */

enum stix_literal_type { STIX_STRING, STIX_NUMBER, STIX_BOOL, STIX_HEX, STIX_BINARY, STIX_TIMESTAMP };

/* Seconds since 1970, and what stands behind the point without zeros at its end: instants beyond base/instant.h, of any precision. */
struct stix_time {
    int64_t second; /* second 60 is the first of the next minute */
    str fraction;
};
/* YYYY-MM-DDTHH:MM:SS[.s...]Z and nothing else, a day that there is. fraction is a view into s. */
bool stix_time_parse(str s, struct stix_time *out);
int stix_time_compare(const struct stix_time *a, const struct stix_time *b);
/* The same in nanoseconds: what is finer is cut; what is beyond them becomes the first or last of base/instant.h. */
int64_t stix_time_instant(const struct stix_time *t);

struct stix_literal {
    enum stix_literal_type type;
    str text; /* STRING: escapes undone; HEX, BINARY: the octets; NUMBER: canonical (event/number.h); TIMESTAMP: between the quotes */
    bool yes;              /* BOOL */
    struct stix_time time; /* TIMESTAMP */
};

struct stix_step {
    enum { STIX_KEY, STIX_INDEX, STIX_ANY } how; /* .name, [n], [*] */
    str key;
    int64_t index; /* below 0: there is no such element */
};

struct stix_path {
    str type;                      /* of the object: "file", "ipv4-addr" */
    const struct stix_step *steps; /* the first is a KEY */
    size_t step_count;
    str text; /* as it is written */
};

enum stix_operator {
    STIX_EQUAL,
    STIX_NOT_EQUAL,
    STIX_LESS,
    STIX_GREATER,
    STIX_AT_MOST,
    STIX_AT_LEAST,
    STIX_IN,
    STIX_LIKE,
    STIX_MATCHES,
    STIX_ISSUBSET,
    STIX_ISSUPERSET,
    STIX_EXISTS
};

/* Inside of brackets. */
struct stix_comparison {
    enum { STIX_TEST, STIX_ALL_OF, STIX_ANY_OF } how;
    const struct stix_comparison *first, *next; /* ALL_OF, ANY_OF: the first of two or more; the next of these */
    /* TEST: */
    struct stix_path path;
    bool not ;
    enum stix_operator op;
    const struct stix_literal *literals; /* one; IN: any number, of one type; EXISTS: none */
    size_t literal_count;
    uint32_t number; /* of the tests of the pattern, from 0, as they are written */
};

enum stix_how {
    STIX_BRACKET,
    STIX_AND,
    STIX_OR,
    STIX_FOLLOWEDBY,
    STIX_START_STOP, /* qualifiers have one child, first */
    STIX_WITHIN,
    STIX_REPEATS
};

/* Outside of brackets. */
struct stix_expression {
    enum stix_how how;
    const struct stix_expression *first, *next; /* AND, OR, FOLLOWEDBY: two or more */
    const struct stix_comparison *comparison;   /* BRACKET */
    uint32_t bracket;                           /* BRACKET: its number in the pattern, from 0, as they are written */
    struct stix_time start, stop;               /* START_STOP: start <= t < stop */
    uint64_t within;  /* WITHIN, ns: last < first + within; a fraction of a nanosecond counts as one */
    uint32_t repeats; /* REPEATS */
};

struct stix_pattern {
    str text;
    const struct stix_expression *root;
    const struct stix_expression *const *brackets; /* by their number */
    const struct stix_comparison *const *tests;    /* by their number */
    uint32_t bracket_count, test_count;
};

/* All memory is a's, and text must live as long.
 *
 * strict: what the specification of 2.1 allows. Else also what feeds write: START and STOP with quoted text (STIX 2.0), several
 * qualifiers of one kind behind an expression (each counts), keys with a hyphen and without quotes (file:hashes.SHA-256).
 *
 * ERR_USAGE    it is no pattern: broken grammar; a literal that cannot be what it says (t'2021-02-30T..', hashes.MD5 = 'abc', ISSUBSET
 *              of what is no network); members of different types in one set; the text says where
 * ERR_LIMIT    beyond one of the bounds above
 * ERR_MEMORY   a is full */
MUST_USE bool stix_pattern_parse(str text, bool strict, struct arena *a, struct stix_pattern *out, struct err *e);

/* Is its whole meaning "any of these plain values, wherever they are"? Then each is called back with its type, as the pattern has it
 * (not canonical), and true returned; else nothing is called back.
 *
 * Such are equalities, IN, and OR of these, without qualifiers; ISSUBSET of addresses; and of AND just these two, which say one value:
 * folder and name of a file, and a reference's type beside its value where the value is of that type. Which object paths stand for
 * which values: stix_pattern.c, docs/stix-patterns.md. */
bool stix_pattern_values(const struct stix_pattern *p, void (*value)(void *ctx, enum observable type, str value),
                         void *ctx);

/* Of a pattern that OR joins, what of it is plain values, each of which makes it true by itself: called back. Returns whether there is more:
 * then the pattern is evaluated as well. For feeds that join hashes with what is none (a fuzzy hash, a size). */
bool stix_pattern_values_beside(const struct stix_pattern *p, void (*value)(void *ctx, enum observable type, str value),
                                void *ctx);

/* What kind of value the property of an object of this type is, NONE: none that has a canonical form. path: from that object on, with
 * points, indexes as [*]. */
enum observable stix_property_observable(str type, str path);
/* The path from step `from` on, so written, in out; "": it is longer than that. */
#define STIX_PATH_TEXT_MAX 160
str stix_path_text(const struct stix_path *p, size_t from, char out[STIX_PATH_TEXT_MAX]);

/* The beginning of a text for messages: what is no plain sign of ASCII is shown as `?`. */
#define STIX_SHOWN_MAX 80
str stix_shown(str text, char out[STIX_SHOWN_MAX]);
/* Of tests and reports. */
str stix_operator_name(enum stix_operator o); /* "=", "NOT IN" is not among them */
/* hashes.'SHA-256', SHA256, sha256: "sha256"; in out, at most 31 bytes. */
#define STIX_ALGORITHM_MAX 32
str stix_algorithm(str key, char out[STIX_ALGORITHM_MAX]);

#endif
