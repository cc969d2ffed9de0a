/* json_own: one JSON document (json_document.c), for the readers that meet some: where documents begin and end in a source
 * (json.c), and in the cells of tables (csv.c). */
#ifndef READER_JSON_OWN_H
#define READER_JSON_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "event/record.h"

#define JSON_RECORD_MAX ((size_t)16 << 20) /* bytes of one document */

struct json_node;

/* How the reading of one document ended. */
enum json_end {
    JSON_WHOLE,
    JSON_SHORT,   /* right as far as it goes, and then the bytes end */
    JSON_WRONG,   /* why and why_at say what and where */
    JSON_WRAPPER, /* no record: its records are in a list, and size leads to behind the list's bracket */
    JSON_MEMORY,
};

struct json {
    struct event_sink *to; /* NULL: read and checked, and nothing kept */
    struct arena *names;
    struct json_node *nodes;
    uint32_t node_count;
    uint32_t *slots;
    uint64_t seed;
    struct buf path;

    /* The document last read */
    struct raw *values;
    bool *literal; /* of each value: a key on its path holds a dot itself */
    uint32_t count, room;
    size_t size;     /* bytes of the document, or up to behind the bracket of a wrapper's list */
    unsigned open;   /* JSON_WRAPPER: braces that close behind the list: 1 or 2 */
    const char *why; /* a constant phrase */
    const char *why_at;
    const char *bad_from, *bad_to; /* bytes that are no UTF-8, and \u escapes that are half a character; or NULL */
    bool overflow;                 /* there was no room for more field names */
    bool cut;                      /* more than RECORD_VALUES_MAX values */

    /* While it is read */
    const char *start, *end;
    uint16_t element;                /* of the outermost list, 1, 2, ..; 0: in none */
    uint32_t record_from, record_to; /* values of the text that is the record; or both 0 */
    char *text;                      /* strings with escapes, decoded */
    size_t text_used, text_room;
    uint32_t *stamps; /* by field: the document that gave it under a literal key */
    size_t stamp_count;
    uint32_t stamp;
    bool lines, may_wrap, wrapped, dotted, nested, listed, embedded, second, short_window, wrapper, no_memory;
};

/* to == NULL: for json_value_end and json_document without values. */
MUST_USE bool json_open(struct json *j, struct event_sink *to, struct err *e);
/* Takes one that is zeroed or half open. */
void json_close(struct json *j);
enum json_place {
    JSON_ALONE,   /* it may be a wrapper around a list of records */
    JSON_LISTED,  /* it is an element of a list */
    JSON_WRAPPED, /* it is an element of a wrapper's list */
};
/* The document at the start of bytes, which is an opening brace: its values are views into bytes and into j until the
 * next call. lines: a line that begins with a brace begins another document, whatever came before. */
enum json_end json_document(struct json *j, str bytes, bool lines, enum json_place place);
/* Any one value at the start of bytes, checked, its size in j->size; nothing is kept. member: a name and colon first. */
enum json_end json_over(struct json *j, str bytes, bool lines, bool member);
/* Keys of lists that hold records, and of which a wrapper may have several, one behind the other; "" behind the last. */
str json_lists_again(size_t i);
/* Is text in a member or column of this name, when it is an object, itself the record? */
bool json_holds_record(str name);
/* Reports what had no room in the document last read, which began at offset. */
void json_report_left_out(const struct json *j, uint64_t offset);

#endif
