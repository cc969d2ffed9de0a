/* sigma_digest: a hash of what a rule asks of an event: log source, tests, condition, filters; and of nothing else of it. */
#ifndef INTEL_SIGMA_DIGEST_H
#define INTEL_SIGMA_DIGEST_H

#include "base/hash.h"
#include "intel/sigma.h"

/* Of a DETECTION. Rules of equal digests are true of the same events, to the same kinds and the same engine: title, level and
 * the file it came from are not in it, values of placeholders are. ERR_MEMORY. */
MUST_USE bool sigma_digest(const struct sigma_rule *r, uint8_t out[SHA256_SIZE], struct err *e);

#endif
