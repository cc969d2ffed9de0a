/* import_misp_type: what MISP's attribute types (core format, 2.4) are to somebody who looks into logs. Also what warninglists say that
 * they apply to. */
#include "intel/import_own.h"

#define NO OBSERVABLE_NONE
#define NAME OBSERVABLE_FILE_NAME

static const struct misp_type types[] = {
    {STR("ip-src"), {OBSERVABLE_ADDRESS}, false, false},
    {STR("ip-dst"), {OBSERVABLE_ADDRESS}, false, false},
    {STR("ip-src|port"), {OBSERVABLE_ADDRESS}, true, false},
    {STR("ip-dst|port"), {OBSERVABLE_ADDRESS}, true, false},
    {STR("domain"), {OBSERVABLE_DOMAIN}, false, false},
    {STR("hostname"), {OBSERVABLE_DOMAIN}, false, false},
    {STR("hostname|port"), {OBSERVABLE_DOMAIN}, true, false},
    {STR("domain|ip"), {OBSERVABLE_DOMAIN, OBSERVABLE_ADDRESS}, false, false},
    {STR("url"), {OBSERVABLE_URL}, false, false},
    {STR("AS"), {OBSERVABLE_AS}, false, false},
    {STR("mac-address"), {OBSERVABLE_MAC}, false, false},
    {STR("md5"), {OBSERVABLE_MD5}, false, false},
    {STR("sha1"), {OBSERVABLE_SHA1}, false, false},
    {STR("sha256"), {OBSERVABLE_SHA256}, false, false},
    {STR("sha512"), {OBSERVABLE_SHA512}, false, false},
    {STR("imphash"), {OBSERVABLE_IMPHASH}, false, false},
    {STR("filename"), {NAME}, false, false},
    {STR("filename|md5"), {NAME, OBSERVABLE_MD5}, false, false},
    {STR("filename|sha1"), {NAME, OBSERVABLE_SHA1}, false, false},
    {STR("filename|sha256"), {NAME, OBSERVABLE_SHA256}, false, false},
    {STR("filename|sha512"), {NAME, OBSERVABLE_SHA512}, false, false},
    {STR("filename|imphash"), {NAME, OBSERVABLE_IMPHASH}, false, false},
    {STR("malware-sample"), {NAME, OBSERVABLE_MD5}, false, false},
    {STR("filename|authentihash"), {NAME, NO}, false, false},
    {STR("filename|vhash"), {NAME, NO}, false, false},
    {STR("filename|ssdeep"), {NAME, NO}, false, false},
    {STR("filename|tlsh"), {NAME, NO}, false, false},
    {STR("filename|impfuzzy"), {NAME, NO}, false, false},
    {STR("filename|pehash"), {NAME, NO}, false, false},
    {STR("filename|sha224"), {NAME, NO}, false, false},
    {STR("filename|sha384"), {NAME, NO}, false, false},
    {STR("filename|sha512/224"), {NAME, NO}, false, false},
    {STR("filename|sha512/256"), {NAME, NO}, false, false},
    {STR("filename|sha3-224"), {NAME, NO}, false, false},
    {STR("filename|sha3-256"), {NAME, NO}, false, false},
    {STR("filename|sha3-384"), {NAME, NO}, false, false},
    {STR("filename|sha3-512"), {NAME, NO}, false, false},
    {STR("ja3-fingerprint-md5"), {OBSERVABLE_JA3}, false, false},
    {STR("x509-fingerprint-md5"), {OBSERVABLE_MD5}, false, false},
    {STR("x509-fingerprint-sha1"), {OBSERVABLE_SHA1}, false, false},
    {STR("x509-fingerprint-sha256"), {OBSERVABLE_SHA256}, false, false},
    {STR("email"), {OBSERVABLE_MAIL}, false, false},
    {STR("email-src"), {OBSERVABLE_MAIL}, false, false},
    {STR("email-dst"), {OBSERVABLE_MAIL}, false, false},
    {STR("email-reply-to"), {OBSERVABLE_MAIL}, false, false},
    {STR("dns-soa-email"), {OBSERVABLE_MAIL}, false, false},
    {STR("whois-registrant-email"), {OBSERVABLE_MAIL}, false, false},
    {STR("target-email"), {OBSERVABLE_MAIL}, false, true},
    {STR("target-user"), {OBSERVABLE_ACCOUNT}, false, true},
    {STR("email-subject"), {OBSERVABLE_SUBJECT}, false, false},
    {STR("email-attachment"), {NAME}, false, false},
    {STR("email-message-id"), {OBSERVABLE_TEXT}, false, false},
    {STR("user-agent"), {OBSERVABLE_USER_AGENT}, false, false},
    {STR("mutex"), {OBSERVABLE_MUTEX}, false, false},
    {STR("named pipe"), {OBSERVABLE_MUTEX}, false, false},
    {STR("regkey"), {OBSERVABLE_REGISTRY}, false, false},
    {STR("regkey|value"), {OBSERVABLE_REGISTRY, NO}, false, false},
    {STR("windows-service-name"), {OBSERVABLE_SERVICE}, false, false},
    {STR("windows-service-displayname"), {OBSERVABLE_SERVICE}, false, false},
    {STR("windows-scheduled-task"), {OBSERVABLE_SERVICE}, false, false},
    {STR("phone-number"), {OBSERVABLE_PHONE}, false, false},
    {STR("whois-registrant-phone"), {OBSERVABLE_PHONE}, false, false},
};

const struct misp_type *misp_type_named(str name) {
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq(types[i].name, name))
            return &types[i];
    return NULL;
}

bool misp_type_is_rule(str name) {
    static const str rules[] = {STR("yara"), STR("sigma"), STR("snort"),      STR("suricata"),
                                STR("zeek"), STR("bro"),   STR("kusto-query")};

    for (size_t i = 0; i < COUNT(rules); i++)
        if (str_eq_ascii(rules[i], name))
            return true;
    return false;
}

enum observable misp_relation(str object, str relation) {
    static const struct {
        str object, relation;
        enum observable type;
    } relations[] = {
        {STR("file"), STR("path"), OBSERVABLE_FILE_PATH},
        {STR("file"), STR("fullpath"), OBSERVABLE_FILE_PATH},
        {STR("process"), STR("name"), NAME},
        {STR("process"), STR("image"), NAME},
        {STR("process"), STR("command-line"), OBSERVABLE_COMMAND},
        {STR("x509"), STR("serial-number"), OBSERVABLE_CERTIFICATE},
        {STR("user-account"), STR("username"), OBSERVABLE_ACCOUNT},
        {STR("user-account"), STR("user-id"), OBSERVABLE_ACCOUNT},
        {STR("credential"), STR("username"), OBSERVABLE_ACCOUNT},
        {STR("registry-key"), STR("key"), OBSERVABLE_REGISTRY},
        {STR("mutex"), STR("name"), OBSERVABLE_MUTEX},
    };

    for (size_t i = 0; i < COUNT(relations); i++)
        if (str_eq(relations[i].object, object) && str_eq(relations[i].relation, relation))
            return relations[i].type;
    return NO;
}
