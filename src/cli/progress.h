/* progress: one line on a terminal: how far, how fast, how much longer. Nothing where standard error is no live terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/buf.h"

struct progress {
    bool shown; /* there is somebody to watch */
    bool drawn; /* the line is there and must be wiped */
    bool colour;
    int64_t began_ms, told_ms;
};

void progress_begin(struct progress *p, bool wanted);
/* Bytes done of all, findings so far. Draws at most ten times a second, as wide as the terminal is at that moment. */
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t findings);
/* Takes the line away, so that something else can be printed; it comes again with the next progress_show. */
void progress_wipe(struct progress *p);

/* The line itself, at most `columns` wide, the least important left out first: seconds since the start. */
void progress_line(struct buf *b, uint64_t done, uint64_t total, double seconds, uint64_t findings, size_t columns);

#endif
