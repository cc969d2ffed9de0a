/* crew: the worker processes of a hunt: starts them, gives them jobs, hears them, replaces those that are lost. */
#ifndef HUNT_CREW_H
#define HUNT_CREW_H

#include "hunt/wire.h"
#include "hunt/worker.h"

struct crew;

struct crew_visitor {
    /* A message of the job that worker `slot` is doing, checked; bytes: the message as it came. */
    bool (*message)(void *ctx, unsigned slot, const struct wire *m, str bytes, struct err *e);
    /* The job of this worker will not be finished, and why. It is replaced by another. */
    bool (*lost)(void *ctx, unsigned slot, const char *why, struct err *e);
    void *ctx;
};

/* setup must outlive the crew. count: 1 to 64. */
MUST_USE bool crew_new(struct crew **out, const struct worker_setup *setup, unsigned count,
                       const struct crew_visitor *visitor, struct err *e);
/* Ends all workers at once. Takes NULL. */
void crew_free(struct crew *c);
/* A worker without a job, or -1. */
int crew_idle(const struct crew *c);
bool crew_busy(const struct crew *c);
/* Tells a worker that has a job, and waits for it, what it asked. One that has asked before and does not listen is ended. */
MUST_USE bool crew_tell(struct crew *c, unsigned slot, const struct job *told, struct err *e);
/* Gives an idle worker a job. fd stays the caller's. ask: of a segment (segment_ask.h), or empty. */
MUST_USE bool crew_give(struct crew *c, unsigned slot, struct job job, int fd, str path, str ask, struct err *e);
/* Is a worker about to be replaced? */
bool crew_leaving(const struct crew *c);
/* Waits for messages (at most a second, and until `also`, a descriptor or -1, can be read) and hands them over. A worker that is
 * silent for too long is ended and lost. */
MUST_USE bool crew_hear(struct crew *c, int also, struct err *e);

#endif
