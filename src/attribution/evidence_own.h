/* evidence_own: the data file that is built in. For src/attribution/evidence.c only. */
#ifndef ATTRIBUTION_EVIDENCE_OWN_H
#define ATTRIBUTION_EVIDENCE_OWN_H

#include "attribution/evidence.h"

struct evidence_file {
    str path, text;
};
extern const struct evidence_file evidences_builtin[];

#endif
