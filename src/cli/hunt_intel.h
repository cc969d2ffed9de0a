/* hunt_intel: what a hunt is told of indicators: read from where the user says, put beside the rules, told in the summary. */
#ifndef CLI_HUNT_INTEL_H
#define CLI_HUNT_INTEL_H

#include "cli/command.h"
#include "detection/known.h"

struct hunt_intel;

/* What is given by --intel, and with `known` the usual store behind it. *out's items, and *folder, are to be freed, also after a failure. ERR_USAGE: there is
 * no such store. */
MUST_USE bool intel_wishes(const struct arguments *given, bool known, struct arguments *out, char **folder,
                           struct err *e);
/* Files, folders and archives of intelligence, stores (intel/store.h), compiled sets. No paths: *out is NULL. ERR_USAGE: one that is not
 * there, or nothing in them that could be hunted. */
MUST_USE bool hunt_intel_open(struct hunt_intel **out, const struct arguments *paths, struct err *e);
/* Sigma rules that lay among it: texts and their paths, for sigma_load_text. */
const struct rule_text *hunt_intel_rules(const struct hunt_intel *h, size_t *count);
/* The same of YARA rules. */
const struct rule_text *hunt_intel_yara(const struct hunt_intel *h, size_t *count);
/* Puts the indicators beside the rules; both outlive h. */
MUST_USE bool hunt_intel_join(struct hunt_intel *h, const struct sigma_set *rules, struct fields *fields,
                              struct err *e);
void hunt_intel_close(struct hunt_intel *h);                      /* takes NULL */
const struct known *hunt_intel_known(const struct hunt_intel *h); /* takes NULL; NULL: no indicators */
/* All that was read, also before it stands beside rules. Takes NULL. */
const struct intel_set *hunt_intel_set(const struct hunt_intel *h);
/* Who is who among groups, as what was read and our own facts say. Takes NULL; NULL: nothing was read. */
const struct groups *hunt_intel_groups(const struct hunt_intel *h);
/* What was hunted for, and what of it could not be: lines for the summary. Takes NULL. */
void hunt_intel_print(const struct hunt_intel *h, size_t columns, bool colour, struct buf *b);

#endif
