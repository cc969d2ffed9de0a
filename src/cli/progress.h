/* progress: one line on a terminal: how far, how fast, how much longer. Nothing where standard error is no terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown; /* standard error is a terminal, and it is wanted */
    bool drawn; /* the line is there and must be wiped */
    int64_t began_ms, told_ms;
};

void progress_begin(struct progress *p, bool wanted);
/* Bytes done of all, findings so far. Draws at most ten times a second. */
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t findings);
/* Wipes the line. */
void progress_end(struct progress *p);
/* Milliseconds since progress_begin, also where nothing is shown. */
int64_t progress_ms(const struct progress *p);
/* "1.2 GB" in at most ten characters. */
#define SIZE_TEXT 16
const char *size_text(uint64_t bytes, char out[SIZE_TEXT]);

#endif
