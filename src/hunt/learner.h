/* learner: in a worker: which rows of a segment are read for what is asked of it (segment_ask.h), and what is learned by that. */
#ifndef HUNT_LEARNER_H
#define HUNT_LEARNER_H

#include "archive/segment.h"
#include "detection/detect.h"
#include "detection/indicator.h"
#include "hunt/clock.h"
#include "hunt/wire.h"
#include "hunt/worker.h"

struct learner;

/* All of it outlives the learner. */
struct learner_options {
    const struct worker_setup *setup;
    struct detector *detector;     /* the worker's: of which counts are looked at */
    struct indicators *indicators; /* the same; NULL: none are looked for */
    void (*put)(void *ctx, const struct wire *message);
    void *ctx;
};

/* For the life of the process: nothing frees it. */
MUST_USE bool learner_new(struct learner **out, const struct learner_options *options, struct err *e);
/* The rest takes NULL: then nothing is ever asked. */

/* What is asked of the next file: bytes that live until it has been read; empty: nothing. False: they are none. */
MUST_USE bool learner_ask(struct learner *l, str ask);
bool learner_asked(const struct learner *l);

/* Of the segment that is about to be read: *rows: those that are to be read (segment_reading.rows), to be freed, or NULL: all; *passed: none,
 * and what was to be told has been. ERR_MEMORY; ERR_CORRUPT: the ask does not fit. */
MUST_USE bool learner_begin(struct learner *l, struct segment *s, uint64_t **rows, bool *passed, struct err *e);
/* While it is read: records are of this source now; a kind occurs; a clock of the source, when all of it has been read; a rule (by number in the
 * set; UINT32_MAX: an indicator) was found in the row of the segment. False: no memory. */
void learner_source(struct learner *l, uint32_t source);
void learner_kind(struct learner *l, uint32_t kind);
void learner_clock(struct learner *l, const struct clock *c);
MUST_USE bool learner_found(struct learner *l, uint32_t rule, uint32_t row, struct err *e);
/* All that could be read has been; lost: of the rows, those that could not. ERR_MEMORY. */
MUST_USE bool learner_end(struct learner *l, const uint64_t *rows, uint32_t lost, struct err *e);

#endif
