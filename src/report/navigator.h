/* navigator: ATT&CK techniques of findings, for whoever draws or tells them. */
#ifndef REPORT_NAVIGATOR_H
#define REPORT_NAVIGATOR_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

#define ATTACK_TECHNIQUE 10
/* "t1059.001" or "T1059" as ATT&CK writes it. False: it is no number of a technique. */
bool attack_technique(str tag, char out[ATTACK_TECHNIQUE]);
/* Each technique that the tags of the finding's rule (attack.t1059.001), or the claims of its indicator, name: once, at most 64. */
MUST_USE bool attack_techniques(const json_t *finding, bool (*each)(void *ctx, const char *technique, struct err *e),
                                void *ctx, struct err *e);

#endif
