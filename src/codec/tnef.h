/* tnef: what a winmail.dat (application/ms-tnef) carries: the names and bytes of its attachments. [MS-OXTNEF]. What it says of the
 * message itself (its text in RTF, its properties) stands in the mail around it, or is Outlook's alone, and is not read. */
#ifndef CODEC_TNEF_H
#define CODEC_TNEF_H

#include "base/buf.h"

#define TNEF_ATTACHMENTS_MAX 256u
#define TNEF_DEPTH_MAX 4u /* messages within each other, each TNEF again */

struct tnef_attachment {
    str name;       /* UTF-8, as the sender's; "": it has none */
    str type;       /* as the sender's: "image/png"; "" */
    str data;       /* a view into the bytes given */
    bool message;   /* data is a message in TNEF: its attachments follow this one */
    unsigned depth; /* 0: of the message itself */
};

/* attachment: false stops. Views live until it returns.
 * False: the visitor stopped, or memory is out. *defect (constant, or NULL): the first thing that was wrong; what came before it has
 * been told. */
MUST_USE bool tnef_read(str bytes, bool (*attachment)(void *ctx, const struct tnef_attachment *a), void *ctx,
                        const char **defect);

#endif
