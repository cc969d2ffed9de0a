/* watch: rules out of nothing but texts: events of any log in which one of them stands, as a Sigma rule of keywords would find it.
 * For what the program itself looks for: hosts out of mails. */
#ifndef INTEL_WATCH_H
#define INTEL_WATCH_H

#include "intel/sigma.h"

#define WATCH_TEXTS 64u /* of one rule: few enough to be tried one after the other where one of them was seen */

/* Texts are well-formed UTF-8 and not empty; ASCII without regard to case. They are taken literally: * and ? are signs like any
 * other. The rules are of level informational and of every log source. All memory is a's, texts stay views.
 * False: no memory. */
MUST_USE bool watch_set(const str *texts, size_t count, struct arena *a, struct sigma_set *out);

#endif
