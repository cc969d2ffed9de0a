/* exercise: a made-up institution in the logs of years, with intrusions hidden in them, and the truth of it. Docs: docs/exercise.md. */
#ifndef EXERCISE_EXERCISE_H
#define EXERCISE_EXERCISE_H

#include <signal.h>

#include "base/err.h"
#include "base/str.h"

#define EXERCISE_YEARS_MAX 20
#define EXERCISE_ACCOUNTS_MIN 20
#define EXERCISE_ACCOUNTS_MAX 100000
#define EXERCISE_SCALE_MAX 10000

struct exercise {
    uint64_t seed;
    uint32_t years, accounts;                             /* 1 and more; from EXERCISE_ACCOUNTS_MIN on */
    uint64_t scale;                                       /* so many times the everyday life; 1 and more */
    bool benign;                                          /* nothing is hidden */
    const char *folder;                                   /* is made; if it is there, it is empty */
    const volatile sig_atomic_t *stop;                    /* NULL: nobody stops it */
    void (*tick)(void *ctx, uint32_t day, uint32_t days); /* once a day; NULL: nobody listens */
    void *ctx;
};

struct exercise_told {
    uint64_t records, bytes, files, events; /* events: of the intruders */
    uint32_t intrusions;
    size_t waiting_max; /* records that waited at once */
};

/* Writes FOLDER/evidence, FOLDER/TRUTH.json, FOLDER/roster.csv and FOLDER/README. The same wishes make the same bytes.
 *
 * ERR_USAGE        the folder is there and not empty
 * ERR_IO           a file cannot be written
 * ERR_INTERRUPTED  *stop was set; what was written stays, without TRUTH.json */
MUST_USE bool exercise_write(const struct exercise *x, struct exercise_told *told, struct err *e);

#endif
