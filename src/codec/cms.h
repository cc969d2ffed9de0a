/* cms: what an S/MIME message that is one opaque part (application/pkcs7-mime) carries. RFC 5652, RFC 8551 3.5. Signatures are not
 * verified: that needs certificates and a policy about them. By OpenSSL. */
#ifndef CODEC_CMS_H
#define CODEC_CMS_H

#include "base/buf.h"

enum cms_type {
    CMS_NONE, /* not readable, or another type (certificates only, compressed) */
    CMS_SIGNED,
    CMS_ENCRYPTED, /* enveloped data, or with authentication */
};

/* der: the part, decoded. SIGNED: appends the message within, if it is there. out->failed: memory is out. */
enum cms_type cms_open(str der, struct buf *out);

#endif
