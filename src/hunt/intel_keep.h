/* intel_keep: paths of intelligence, or a file that was fetched, into a store (intel/store.h). */
#ifndef HUNT_INTEL_KEEP_H
#define HUNT_INTEL_KEEP_H

#include "hunt/intel_load.h"
#include "intel/store.h"

struct intel_keep {
    struct intel_load load;
    /* Of what was fetched: all of it is one feed, known by this key; and its address. NULL: each file on the disk is a feed, known by its
     * whole path. */
    const char *key, *url;
    const char *name; /* what it is called instead of the file that it lies in; NULL: as that */
    int64_t now;
    /* Every file and member. known: the store had it. NULL: not asked for; false stops. */
    bool (*told)(void *ctx, const struct intel_loaded *source, bool known, struct err *e);
    bool (*damage)(void *ctx, str path, str why, struct err *e);
    bool (*left_out)(void *ctx, str where, str what, str why, struct err *e);
    void *ctx;
};

/* *gone: sources that their feeds no longer hold, and that are history now. A feed of which something could not be unpacked keeps what
 * it had. Nothing is in force before intel_store_commit. */
MUST_USE bool intel_keep(struct intel_store *s, const struct intel_keep *k, uint64_t *gone, struct err *e);

#endif
