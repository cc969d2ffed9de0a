/* json_tree: JSON as a tree in memory, by jansson, for files of intelligence and settings. Evidence is read otherwise (reader/json.h). */
#ifndef CODEC_JSON_TREE_H
#define CODEC_JSON_TREE_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

/* The one value that the bytes hold. A byte order mark is passed over; bytes that are no UTF-8 become U+FFFD; a NUL may stand in a text;
 * of equal names in an object the last counts. Depth is bounded by jansson (2,048). NULL: ERR_CORRUPT with line and column, ERR_MEMORY.
 * json_decref it. */
json_t *json_tree(str bytes, struct err *e);
/* The first value of *rest, which moves behind it: for JSON lines and values that stand one behind the other. NULL with e->code ERR_NONE:
 * nothing but blanks was left. After ERR_CORRUPT *rest begins at the next line. */
json_t *json_tree_next(str *rest, struct err *e);

/* The text of a string, "" of anything else and of NULL. A view that lives as long as the value. */
str json_text(const json_t *value);
/* The same of a member of an object; "" where there is none, or value is none. */
str json_text_at(const json_t *object, const char *name);

#endif
