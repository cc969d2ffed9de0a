/* terminal: what the terminal behind a stream can show, and text laid out for it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/buf.h"

/* Is the stream a terminal that can move its cursor? Not when TERM is "dumb" or unset. */
bool terminal_live(FILE *to);
/* As terminal_live, and nobody asked for no colour: NO_COLOR is unset or empty (no-color.org). */
bool terminal_colour(FILE *to);
/* Columns of the terminal; SIZE_MAX where the stream is none: who searches a file for words wants them in one line. */
size_t terminal_columns(FILE *to);

/* Appends text, of which `at` columns are already used up in the current line; what would pass the last column begins
 * a line with `indent` blanks. A word that is longer stays whole. Line ends and runs of blanks are one blank. */
void text_wrap(struct buf *b, str text, size_t at, size_t indent, size_t columns);
/* Columns that well-formed UTF-8 takes: one for each character. */
size_t text_columns(str s);

/* "1.2 GB": decimal, in at most ten characters. */
#define SIZE_TEXT 16
const char *size_text(uint64_t bytes, char out[SIZE_TEXT]);
/* 1234567 as "1,234,567". */
#define COUNT_TEXT 32
const char *count_text(uint64_t n, char out[COUNT_TEXT]);
/* "1 segment", "1,234 segments". */
void count_add(struct buf *b, uint64_t n, const char *one);

#endif
