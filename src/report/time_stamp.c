/* time_stamp: see time_stamp.h. */
#include "report/time_stamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include "base/hash.h"

static bool openssl_failed(struct err *e, enum err_code code, const char *what) {
    unsigned long const why = ERR_peek_last_error();
    char text[128] = "no reason given";

    if (why)
        ERR_error_string_n(why, text, sizeof text);
    ERR_clear_error();
    return err_set(e, code, 0, "%s: %s", what,
                   why && ERR_reason_error_string(why) ? ERR_reason_error_string(why) : text);
}

static bool hash_of(str bytes, uint8_t out[SHA256_SIZE], struct err *e) {
    struct sha256 *const h = sha256_new();

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to hash");
    sha256_add(h, bytes);
    sha256_end(h, out);
    sha256_free(h);
    return true;
}

bool time_stamp_request(str bytes, struct buf *out, struct err *e) {
    TS_REQ *const request = TS_REQ_new();
    TS_MSG_IMPRINT *const imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *const algorithm = X509_ALGOR_new();
    uint8_t hash[SHA256_SIZE];
    unsigned char *der = NULL;
    int len = -1;
    bool ok = hash_of(bytes, hash, e);

    if (ok && request && imprint && algorithm) {
        X509_ALGOR_set_md(algorithm, EVP_sha256());
        if (TS_MSG_IMPRINT_set_algo(imprint, algorithm) && TS_MSG_IMPRINT_set_msg(imprint, hash, sizeof hash) &&
            TS_REQ_set_version(request, 1) && TS_REQ_set_msg_imprint(request, imprint) &&
            TS_REQ_set_cert_req(request, 1))
            len = i2d_TS_REQ(request, &der);
    }
    if (ok && len > 0)
        buf_add(out, (str){(const char *)der, (size_t)len});
    if (ok && (len <= 0 || out->failed))
        ok = openssl_failed(e, ERR_MEMORY, "no request for a time-stamp");
    OPENSSL_free(der);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
    return ok;
}

/* The time of a token, to the second: an authority that says fractions of one is rounded down. */
static int64_t time_of(const ASN1_GENERALIZEDTIME *when) {
    struct tm tm;
    int64_t days;

    if (ASN1_TIME_to_tm(when, &tm) != 1 || tm.tm_year < 0 ||
        !instant_day((unsigned)(tm.tm_year + 1900), (unsigned)(tm.tm_mon + 1), (unsigned)tm.tm_mday, &days))
        return INSTANT_NONE;
    return instant_from_unix(days * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec, 0);
}

static void authority_of(PKCS7 *token, char *out, size_t room) {
    STACK_OF(X509) *const signers = PKCS7_type_is_signed(token) ? PKCS7_get0_signers(token, NULL, 0) : NULL;

    out[0] = '\0';
    if (signers && sk_X509_num(signers) > 0)
        X509_NAME_oneline(X509_get_subject_name(sk_X509_value(signers, 0)), out, (int)room);
    sk_X509_free(signers);
    ERR_clear_error();
}

static bool imprint_is(TS_TST_INFO *info, str bytes, struct err *e) {
    TS_MSG_IMPRINT *const imprint = TS_TST_INFO_get_msg_imprint(info);
    X509_ALGOR *const algorithm = imprint ? TS_MSG_IMPRINT_get_algo(imprint) : NULL;
    ASN1_OCTET_STRING *const msg = imprint ? TS_MSG_IMPRINT_get_msg(imprint) : NULL;
    const ASN1_OBJECT *object = NULL;
    uint8_t hash[SHA256_SIZE];

    if (!hash_of(bytes, hash, e))
        return false;
    if (algorithm)
        X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (!object || OBJ_obj2nid(object) != NID_sha256 || !msg || ASN1_STRING_length(msg) != SHA256_SIZE ||
        memcmp(ASN1_STRING_get0_data(msg), hash, SHA256_SIZE) != 0)
        return err_set(e, ERR_CORRUPT, 0, "the time-stamp is one of other bytes");
    return true;
}

static bool chain_check(TS_RESP *response, const char *ca, struct err *e) {
    TS_VERIFY_CTX *const context = TS_VERIFY_CTX_new();
    X509_STORE *const store = X509_STORE_new();
    bool ok = (context && store) || openssl_failed(e, ERR_MEMORY, "no memory to check a time-stamp");

    if (ok && X509_STORE_load_file(store, ca) != 1)
        ok = openssl_failed(e, ERR_IO, ca);
    if (ok) {
        TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE);
        TS_VERIFY_CTX_set_store(context, store); /* taken over */
        ok = TS_RESP_verify_response(context, response) == 1 ||
             openssl_failed(e, ERR_CORRUPT, "the time-stamp is not signed by an authority that is trusted");
    } else {
        X509_STORE_free(store);
    }
    TS_VERIFY_CTX_free(context);
    return ok;
}

bool time_stamp_check(str response, str bytes, const char *ca, struct time_stamp *out, struct err *e) {
    const unsigned char *at = (const unsigned char *)response.ptr;
    TS_RESP *const r = response.len <= TIME_STAMP_MAX ? d2i_TS_RESP(NULL, &at, (long)response.len) : NULL;
    TS_STATUS_INFO *const status = r ? TS_RESP_get_status_info(r) : NULL;
    TS_TST_INFO *const info = r ? TS_RESP_get_tst_info(r) : NULL;
    long const said = status ? ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) : -1;
    bool ok = true;

    if (!r || at != (const unsigned char *)response.ptr + response.len)
        ok = err_set(e, ERR_CORRUPT, 0, "this is no response to a request for a time-stamp");
    else if ((said != TS_STATUS_GRANTED && said != TS_STATUS_GRANTED_WITH_MODS) || !info)
        ok = err_set(e, ERR_CORRUPT, 0, "the authority refused the request (status %ld)", said);
    ok = ok && imprint_is(info, bytes, e);
    if (ok && (out->when = time_of(TS_TST_INFO_get_time(info))) == INSTANT_NONE)
        ok = err_set(e, ERR_CORRUPT, 0, "the time-stamp has no time");
    if (ok)
        authority_of(TS_RESP_get_token(r), out->authority, sizeof out->authority);
    ok = ok && (!ca || chain_check(r, ca, e));
    TS_RESP_free(r);
    ERR_clear_error();
    return ok;
}
