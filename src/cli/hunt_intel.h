/* hunt_intel: what a hunt is told of indicators: read from where the user says, put beside the rules. */
#ifndef CLI_HUNT_INTEL_H
#define CLI_HUNT_INTEL_H

#include "cli/option.h"
#include "detection/known.h"

struct hunt_intel;

/* No paths: *out is NULL. rules outlive it. */
MUST_USE bool hunt_intel_open(const struct arguments *paths, const struct sigma_set *rules, struct hunt_intel **out,
                              struct err *e);
void hunt_intel_close(struct hunt_intel *h); /* takes NULL */
const struct known *hunt_intel_known(const struct hunt_intel *h); /* takes NULL */

#endif
