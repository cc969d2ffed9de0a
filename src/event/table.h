/* table: what a delimited text without header line is: the names of its columns, told by what stands in them.
 *
 * Tables are documents of kind files (docs/kinds.md); the reader of delimited text asks which one a text is. */
#ifndef EVENT_TABLE_H
#define EVENT_TABLE_H

#include "event/field.h"

/* What a column must hold. */
enum table_test {
    TABLE_ANY,     /* whatever, or nothing */
    TABLE_TEXT,    /* something */
    TABLE_TIME,    /* a date with a time of day (base/instant.h), no Unix time */
    TABLE_UNIX,    /* Unix seconds from 1990 on, to milliseconds by size, with or without a fraction */
    TABLE_NUMBER,  /* decimal digits */
    TABLE_ADDRESS, /* IPv4 or IPv6 */
    TABLE_GUID,    /* 8-4-4-4-12 hexadecimal digits, in braces or not */
    TABLE_ONE_OF,  /* one of values, without regard to ASCII case */
};

struct table_column {
    field_id field; /* FIELD_NONE: nobody wants it (written `-`) */
    enum table_test test;
    bool or_empty; /* nothing will do as well */
    const str *values;
    size_t value_count;
};

struct table_format {
    str name; /* "asterisk/cdr" */
    str title;
    str path; /* of the kind file, and line: for messages */
    uint32_t line;
    char separator; /* '\0': any */
    const struct table_column *columns;
    size_t column_count;
    size_t least;  /* a row may end behind so many */
    size_t wide;   /* the column that separators may stand in without quotes, or SIZE_MAX */
    bool plain;    /* a quote is a byte like any other */
    size_t tested; /* columns that must hold something particular */
    bool builtin;
};

#define TABLE_COLUMNS_MAX 512u
#define TABLES_MAX 256u /* of a run */

/* Does one cell satisfy the column? */
bool table_cell_fits(const struct table_column *c, str cell);

#endif
