/* literal: many literal patterns against one text in a single pass. Built in milliseconds, so never cached. */
#ifndef DETECTION_LITERAL_H
#define DETECTION_LITERAL_H

#include "base/str.h"

enum literal_how { LITERAL_EQUALS, LITERAL_STARTS, LITERAL_ENDS, LITERAL_CONTAINS };

/* A folded pattern of at least one byte (EQUALS may be empty) that lives as long as the matcher; id comes back from a
 * scan. */
struct literal {
    str text;
    enum literal_how how;
    uint32_t id;
};

/* How common a byte is in paths and command lines of logs: only order matters. */
extern const uint8_t literal_commonness[256];

struct literals;

/* NULL: no memory. */
struct literals *literals_new(const struct literal *patterns, size_t count);
void literals_free(struct literals *m);
size_t literals_bytes(const struct literals *m);

/* False: the text, which need not be folded, satisfies none of the patterns when it is. A quick look; true says nothing. */
bool literals_may_match(const struct literals *m, str text);

/* Calls hit for every pattern that the folded text satisfies; for CONTAINS perhaps several times. */
void literals_scan(const struct literals *m, str folded, void (*hit)(void *ctx, uint32_t id), void *ctx);

#endif
