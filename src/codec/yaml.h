/* yaml: text of YAML 1.1 into trees with line numbers, through libyaml, bounded. Knows no schema beyond scalars. */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* How a plain (unquoted) scalar reads (Sigma 1.3); a quoted one is YAML_IS_TEXT. A tag (!!int '5') goes before both:
 * what does not look like what its tag says is YAML_IS_ODD. */
enum yaml_scalar {
    YAML_IS_TEXT,
    YAML_IS_NULL,  /* null, Null, NULL, ~, empty */
    YAML_IS_TRUE,  /* true in any case; yes, on as YAML 1.1 spells them: yes, Yes, YES */
    YAML_IS_FALSE, /* false in any case; no, off */
    YAML_IS_INT,   /* [-+]?[0-9]+ without leading zero, also beyond 64 bits */
    YAML_IS_FLOAT, /* [-+]?, digits, a point, digits, perhaps an exponent */
    YAML_IS_ODD, /* hexadecimal, octal, with underscores, 12e4, date, sexagesimal: text, but perhaps meant otherwise */
};

struct yaml_node {
    enum yaml_type type;
    uint32_t line; /* from 1 */
    /* YAML_SCALAR */
    enum yaml_scalar scalar;
    bool quoted;
    str text;
    /* YAML_LIST: items; YAML_MAP: keys[i] is the text of the key of items[i]. */
    size_t count;
    struct yaml_node **items;
    str *keys;
    uint32_t *key_lines;
};

#define YAML_BYTES_MAX (16u << 20)
#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 100000 /* a document, aliases expanded */
#define YAML_ANCHORS_MAX 256  /* a document */

/* Every document of the text. All memory is a's.
 * ERR_USAGE  not YAML, a duplicate key in one mapping (Sigma 1.4), a key that is no scalar, an alias inside what it
 *            stands for, a merge key (<<), a tag beyond those of YAML's core; the text begins with "line N: "
 * ERR_LIMIT  one of the bounds above (alias bombs end here)
 * ERR_MEMORY a is full */
MUST_USE bool yaml_read(str text, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e);

/* How this text reads as a plain scalar without a tag. */
enum yaml_scalar yaml_plain(str text);
/* The value under key, or NULL: no such key, or map is no map (NULL included). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* The text of the scalar under key, or the empty view when absent or no scalar. */
str yaml_text(const struct yaml_node *map, const char *key);

#endif
