/* listed: every event of some paths handed to a command, without rules: what `events` prints and `kinds suggest` learns from. */
#ifndef CLI_LISTED_H
#define CLI_LISTED_H

#include "cli/custodians.h"
#include "cli/option.h"
#include "event/kind.h"
#include "event/normal.h"

struct listed {
    const struct arguments *paths; /* evidence; of an archive, its segments */
    const struct key_wish *keys;   /* of archives that are encrypted; NULL: none */
    uint64_t as_of;                /* of archives: a snapshot; 0: as they are now */
    struct fields *fields;
    const struct kinds *kinds;
    const char *kind_begins, *reader; /* as in hunt_options; NULL: all, and content decides */
    bool any_text;                    /* as in hunt_options */
    int64_t from, to;                 /* INSTANT_NONE: open */
    int64_t latest;                   /* the three as in hunt_options */
    const struct zone_rules *zone_rules;
    str zone;
    uint64_t limit; /* as in hunt_options */
    /* *enough: set it to end the listing, which is no failure. False: it fails with e. */
    bool (*event)(void *ctx, const struct normal_event *event, bool *enough, struct err *e);
    void *ctx;
};

/* Runs it; what cannot be read is told on standard error, below what has been printed. Ctrl-C ends it between two events.
 * Returns EXIT_NOTHING, EXIT_UNREADABLE when something could not be read, or what tell_error gave. */
int listed_run(const struct listed *l);

#endif
