/* dossier: a case as one page for the person who must decide: dossier.html (docs/dossier.md). Says what stands in case.db and nothing else, so that it
 * can be made again, byte for byte, by the same version. Texts of evidence are hostile: none of it becomes markup, a link or a script. */
#ifndef REPORT_DOSSIER_H
#define REPORT_DOSSIER_H

#include "base/file.h"
#include "intel/item.h"

#define DOSSIER_FILE "dossier.html"
#define DOSSIER_TLP TLP_RED /* as a hunt writes it */

/* Writes what there is to write; committing it is the caller's. folder: of the case, which a stranger may have written; tlp: CLEAR to RED.
 * Errors as case_find; ERR_USAGE also for a case of an older Longwatch, which has no incidents. */
MUST_USE bool dossier_write(const char *folder, enum tlp tlp, struct file_out *to, struct err *e);

#endif
