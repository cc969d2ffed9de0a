/* hunt: a job from evidence to findings. Prints nothing; what it finds and what it could not read it hands over. */
#ifndef HUNT_HUNT_H
#define HUNT_HUNT_H

#include "base/hash.h"
#include "detection/detect.h"
#include "event/ingest.h"
#include "evidence/custody.h"
#include "evidence/walk.h"

struct hunt_options {
    const char *const *paths;
    size_t path_count;
    const struct sigma_set *set;
    struct fields *fields;
    const struct kinds *kinds;
    int64_t from, to; /* events outside are not reported; INSTANT_NONE: open. Events without time are always reported */
    enum sigma_level level; /* findings below are not reported */
    size_t memory_max;
    bool (*finding)(void *ctx, const struct finding *f, struct err *e);
    void (*custody)(void *ctx, const struct custody *c);
    void (*damage)(void *ctx, str path, uint64_t offset, uint64_t size, const char *why);
    void (*kind)(void *ctx, str name, const struct kind *kind, uint64_t events);
    void *ctx;
};

MUST_USE bool hunt_run(const struct hunt_options *options, struct err *e);

#endif
