/* hunt: a job from evidence to findings. Prints nothing; what it finds and what it could not read it hands over. */
#ifndef HUNT_HUNT_H
#define HUNT_HUNT_H

#include "base/hash.h"
#include "detection/detect.h"
#include "event/ingest.h"
#include "evidence/walk.h"

struct finding {
    const struct sigma_rule *rule;
    int64_t when;
    str kind, host, account;
    str evidence_path;
    const char *evidence_sha256; /* lower-case hexadecimal */
    uint64_t record, offset;
    bool salvaged;
    str logsource; /* the category under whose names the rule saw the event, or "" */
    const struct detect_match *matches;
    size_t match_count;
};

/* The custody ledger's line of one file. */
struct custody {
    str path;
    const char *sha256; /* "" when it could not be read */
    uint64_t size;
    const char *reader; /* NULL: nobody's */
    str not_read;       /* why, or "" */
    uint64_t records, salvaged, repaired, no_kind, no_time;
    uint64_t damages, damage_bytes;
    uint64_t findings;
};

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
