/* coverage: for each log source of a set of rules: which kinds give its events, and which rules can never match, and why. */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "event/kind.h"
#include "intel/sigma.h"

/* shut: as rules_shut gives it. json: one object a log source, else a table. */
MUST_USE bool coverage_add(struct buf *b, const struct sigma_set *set, const struct kinds *kinds, const str *shut,
                           bool json, struct err *e);

#endif
