/* manifest_own: what the files of the manifest share: a state that is read anew, and one that looks ahead. */
#ifndef ARCHIVE_MANIFEST_OWN_H
#define ARCHIVE_MANIFEST_OWN_H

#include "archive/manifest.h"

/* A snapshot of the past learns from records behind it which files are gone since: nothing else of them is applied. */
void manifest_foresee(struct manifest *m, const struct manifest_operation *o);

#endif
