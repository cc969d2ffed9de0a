/* line: the lines of a source, one after the other, for readers of logs that declare their fields in comment lines. */
#ifndef READER_LINE_H
#define READER_LINE_H

#include "evidence/input.h"

#define LINE_BYTES_MAX ((size_t)16 << 20)

/* Zeroed, with `in` set, it stands before the first line. A byte order mark at the source's start is no line's. */
struct lines {
    struct input *in;
    uint64_t at;           /* of the byte behind the line given last */
    str window;            /* bytes from there on */
    bool last;             /* of which there are no more */
    str line;              /* without its end (LF or CR LF); dead at the next call */
    uint64_t offset, size; /* where it begins, and its bytes with the end */
    uint64_t zeros;        /* bytes of zero right before it, of no line: what a system that lost its power leaves */
};

enum line_found {
    LINE_WHOLE,
    LINE_LONG,  /* LINE_BYTES_MAX or more before its end: skipped; only offset and size are told */
    LINE_NONE,  /* the source is over */
    LINE_FAILED /* the input failed */
};
enum line_found line_next(struct lines *l, struct err *e);

/* Where c stands in the line: the first `max` places to at. Returns how many were written; max: there may be more. */
size_t line_places(str line, char c, uint32_t *at, size_t max);

#endif
