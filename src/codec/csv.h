/* csv: one row of delimited text (RFC 4180, with any separator) into fields. Knows no log format. */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "base/str.h"

/* How the reading of a row ended. */
enum csv_end {
    CSV_WHOLE,
    CSV_SHORT, /* right as far as it goes, and then the bytes end */
    CSV_WRONG, /* why says what: a byte follows a closing quote, or quotes are open at the end */
};

/* What stands between two separators, without its quotes. */
struct csv_field {
    const char *ptr;
    size_t len;
    bool doubled; /* quotes in it are doubled: csv_text undoes that */
};

struct csv {
    char separator;
    bool padded;              /* blanks behind a separator are no part of the field: `a, "b", c` */
    bool plain;               /* quotes are bytes like any other */
    struct csv_field *fields; /* the caller's, */
    size_t fields_max;        /* so many */

    /* The row last read */
    size_t count;    /* its fields; those beyond fields_max are counted and not kept */
    size_t size;     /* its bytes, with the line end */
    bool suspicious; /* zero bytes or bytes above 0x7f may be in it; if not, it is ASCII without zero bytes */
    const char *why; /* CSV_WRONG: a constant phrase */
};

/* The row at the start of bytes, of which there is at least one. A line ends in LF or CRLF. last: the bytes are all there
 * are, and their end ends the row. A field that begins with a quote ends with one, and in between quotes are doubled
 * (RFC 4180 2.5 to 2.7); quotes anywhere else are bytes like any other. Fields are views into bytes. */
enum csv_end csv_row(struct csv *c, str bytes, bool last);

/* The field's text: where the field is, or, when quotes must be undone, in out, which has room for f->len bytes. */
str csv_text(const struct csv_field *f, char *out);

#endif
