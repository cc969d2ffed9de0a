/* err: why something failed, in the caller's frame, so that reporting needs no memory. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum err_code {
    ERR_NONE,
    ERR_IO,          /* the system refused: open, read, write, rename */
    ERR_MEMORY,      /* no memory, or an arena is full */
    ERR_CORRUPT,     /* bytes that break the format */
    ERR_TRUNCATED,   /* the format is right as far as it goes, and then the bytes end */
    ERR_LIMIT,       /* more than a stated bound allows */
    ERR_UNSUPPORTED, /* understood, and not done; the text says what instead */
    ERR_USAGE,       /* the user's words are off: arguments, a rule, a kind file */
    ERR_INTERRUPTED, /* Ctrl-C or a request to end */
    ERR_REFUSED,     /* it could be done, and must not: a marking forbids it */
};

struct err {
    enum err_code code;
    uint64_t offset; /* bytes from the start of the source, where the code speaks of bytes */
    char text[240];  /* outermost context first; never ends in a full stop */
};

/* Both always return false, so that `return err_set(...)` reads as what it does. */
bool err_set(struct err *e, enum err_code code, uint64_t offset, const char *fmt, ...) PRINTF(4, 5);
/* Puts "fmt: " in front of the text; code and offset stay. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* As err_set(ERR_IO), with the text of errno behind. */
bool err_system(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
