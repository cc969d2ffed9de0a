/* program: a program of somebody else's, or work of our own, run on evidence: in a process that is confined (confine.h), bounded in time,
 * memory and what it writes, and heard. The bounds are kept while program_wait waits: who must not wait, or may be held up, runs it in a
 * process of their own. Knows no program. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/confine.h"

/* The process's descriptors: 0 has nothing to read, 1 and 2 are heard; no others but these. It stands in the folder, if there is one. */
enum { PROGRAM_INPUT = 3, PROGRAM_FOLDER = 4 };

struct program {
    struct confine_program may;            /* descriptors as the caller has them */
    char *const *arguments, *const *words; /* of the program: argv and environment */
    void (*work)(void *ctx);               /* may.program is -1: what is done instead; it may print */
    unsigned wall_s;                       /* by the clock */
    size_t said_max;                       /* bytes that are kept; who says 64 times as many is ended */
    /* Every second: may it go on? Else why says, for people, what was reached. NULL: nobody asks. */
    bool (*goes_on)(void *ctx, char *why, size_t room);
    void *ctx;
    int stop; /* when this can be read, or its other end is closed, the program is ended; -1 */
};

/* One that runs. */
struct program_run {
    const struct program *p;
    pid_t pid;
    int said, ended; /* what it says; readable when it has ended */
};

/* How it went. */
struct program_end {
    struct buf said;  /* to free */
    uint64_t unheard; /* bytes that it said beyond */
    bool stopped;
    char why[160]; /* it was ended, and for what; "" */
    char how
        [160]; /* else, if it did not end well: "was ended by signal 11 (Segmentation fault)", "ended with status 1"; "" */
};

/* p must outlive the run. ERR_UNSUPPORTED: this system cannot confine it, or it is no program that can be run. Otherwise: it runs. */
MUST_USE bool program_start(struct program_run *run, const struct program *p, struct err *e);
/* Until it has ended. */
void program_wait(struct program_run *run, struct program_end *end);

/* Makes these this process's descriptors 0, 1, 2 and so on, and closes all others. Those that stay do so on exec. At most 16. */
MUST_USE bool program_descriptors(const int from[], size_t count);

#endif
