/* hunt_intel: see hunt_intel.h. */
#include "cli/hunt_intel.h"

#include <stdlib.h>

struct hunt_intel {
    struct intel_set *set;
    struct known *known;
};

bool hunt_intel_open(const struct arguments *paths, const struct sigma_set *rules, struct hunt_intel **out,
                     struct err *e) {
    struct hunt_intel *h;

    if (!paths->count)
        return true;
    if (!(h = calloc(1, sizeof *h)))
        return err_set(e, ERR_MEMORY, 0, "no memory for indicators");
    *out = h;
    return intel_set_open(&h->set, paths->items[0], e) && known_new(&h->known, rules, h->set, e);
}

void hunt_intel_close(struct hunt_intel *h) {
    if (!h)
        return;
    known_free(h->known);
    intel_set_free(h->set);
    free(h);
}

const struct known *hunt_intel_known(const struct hunt_intel *h) {
    return h ? h->known : NULL;
}
