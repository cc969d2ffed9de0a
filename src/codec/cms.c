/* cms: OpenSSL takes the structure apart; nothing is verified, nothing decrypted. */
#include "codec/cms.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#define PART_MAX ((size_t)64 << 20)

enum cms_type cms_open(str der, struct buf *out) {
    const unsigned char *at = (const unsigned char *)der.ptr;
    CMS_ContentInfo *const cms = der.len && der.len <= PART_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)der.len) : NULL;
    enum cms_type type = CMS_NONE;
    ASN1_OCTET_STRING **content;

    if (!cms) {
        ERR_clear_error();
        return CMS_NONE;
    }
    switch (OBJ_obj2nid(CMS_get0_type(cms))) {
    case NID_pkcs7_signed:
        type = CMS_SIGNED;
        content = CMS_get0_content(cms);
        if (content && *content)
            buf_add(out, (str){(const char *)ASN1_STRING_get0_data(*content), (size_t)ASN1_STRING_length(*content)});
        break;
    case NID_pkcs7_enveloped:
    case NID_id_smime_ct_authEnvelopedData:
        type = CMS_ENCRYPTED;
        break;
    default:
        break;
    }
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return type;
}
