/* manifest: does a case hold the files that its manifest names, byte for byte (docs/formats/manifest.md)? */
#ifndef REPORT_MANIFEST_H
#define REPORT_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"

#define MANIFEST_FILE "manifest.json"
#define MANIFEST_SIGNATURE "manifest.json.minisig"
#define MANIFEST_TIME_STAMP "manifest.json.tsr"
#define MANIFEST_MAX ((size_t)1 << 20) /* bytes */

enum manifest_verdict {
    MANIFEST_SAME,
    MANIFEST_DIFFERS,
    MANIFEST_MISSING,
    MANIFEST_STRANGE /* it lies in the folder, and no manifest names it */
};

/* Appends the bytes of the manifest. ERR_USAGE: there is none. */
MUST_USE bool manifest_read(const char *folder, struct buf *out, struct err *e);
/* Every file that the manifest names, in its order, then those that lie there beside; false from each stops. ERR_CORRUPT: it is no
 * manifest of a case, or does not name the files of one. */
MUST_USE bool manifest_check(const char *folder, str manifest,
                             bool (*each)(void *ctx, str name, enum manifest_verdict verdict, struct err *e), void *ctx,
                             struct err *e);

#endif
