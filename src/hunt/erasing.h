/* erasing: the values of a person, and what they stand in: texts, values of records, records, segments. Pure: reads and writes memory.
 *
 * A value is found in whatever case (event/fold.h), also inside longer text; in UTF-16, of text or among bytes; behind the escapes of JSON, of URLs
 * and of XML, also two and three of them over each other; and where a value that is no text (a number, a GUID, a SID) is written just so. Its
 * place is taken by ERASING_TOKEN. What other encodings make of it (base64, a hash) is another value: give that as well. */
#ifndef HUNT_ERASING_H
#define HUNT_ERASING_H

#include "archive/segment.h"
#include "base/buf.h"

#define ERASING_TOKEN "[erased]"
#define ERASING_LEAST 4u    /* bytes of a value; a shorter one would be found in everything */
#define ERASING_MOST 1024u  /* bytes of one */
#define ERASING_COUNT 1024u /* values */

struct erasing;

/* values: copied. words: only where no letter or digit stands beside them. Not for several processes at once, but for each its own after fork.
 *
 * ERR_USAGE: none, one that is too short, too long or no text, one that ERASING_TOKEN holds; the text says which by its place, from 1, and
 * never what it is. ERR_LIMIT: more than ERASING_COUNT. */
MUST_USE bool erasing_new(struct erasing **out, const str *values, size_t count, bool words, struct err *e);
void erasing_free(struct erasing *x); /* wipes it; takes NULL */
size_t erasing_count(const struct erasing *x);

/* How often: values that hold one and are written anew, places in them, and of these those where a letter or digit stands beside it: perhaps
 * another's. */
struct erasing_found {
    uint64_t values, places, inside;
};

/* type: enum raw_type. *changed: it holds one; then *out (a view, until the next call) and *out_type are what is to stand there. Adds to *found
 * (NULL: nobody counts). ERR_MEMORY. */
MUST_USE bool erasing_value(struct erasing *x, uint8_t type, str bytes, bool *changed, uint8_t *out_type, str *out,
                            struct erasing_found *found, struct err *e);
static inline bool erasing_text(struct erasing *x, str text, bool *changed, str *out, struct erasing_found *found,
                                struct err *e) {
    uint8_t type;

    return erasing_value(x, RAW_TEXT, text, changed, &type, out, found, e);
}

/* The record without them: its values, their fields' names, the text of its time. *out lives until the next call. fields: of both. ERR_MEMORY. */
MUST_USE bool erasing_record(struct erasing *x, struct fields *fields, const struct record *r, struct record *out,
                             struct err *e);

/* All of a segment: its sources' paths and readers, names of columns, every value of each. What it found it adds to *found. ERR_CORRUPT: something
 * is damaged: nobody knows what stood there. */
MUST_USE bool erasing_segment(struct erasing *x, struct segment *s, struct erasing_found *found, struct err *e);

#endif
