/* stix_value: see stix_value.h. */
#include "report/stix_value.h"

#include <stdlib.h>

static const struct {
    enum observable type;
    const char *object, *property, *hash; /* object NULL: a pattern alone. hash: of `hashes` */
    const char *path;                     /* of the pattern */
} forms[] = {
    {OBSERVABLE_DOMAIN, "domain-name", "value", NULL, "domain-name:value"},
    {OBSERVABLE_MD5, "file", NULL, "MD5", "file:hashes.MD5"},
    {OBSERVABLE_SHA1, "file", NULL, "SHA-1", "file:hashes.'SHA-1'"},
    {OBSERVABLE_SHA256, "file", NULL, "SHA-256", "file:hashes.'SHA-256'"},
    {OBSERVABLE_SHA512, "file", NULL, "SHA-512", "file:hashes.'SHA-512'"},
    {OBSERVABLE_CERTIFICATE, "x509-certificate", "serial_number", NULL, "x509-certificate:serial_number"},
    {OBSERVABLE_MAIL, "email-addr", "value", NULL, "email-addr:value"},
    {OBSERVABLE_SUBJECT, NULL, NULL, NULL, "email-message:subject"},
    {OBSERVABLE_FILE_NAME, "file", "name", NULL, "file:name"},
    {OBSERVABLE_USER_AGENT, NULL, NULL, NULL,
     "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"},
    {OBSERVABLE_COMMAND, NULL, NULL, NULL, "process:command_line"},
    {OBSERVABLE_MUTEX, "mutex", "name", NULL, "mutex:name"},
    {OBSERVABLE_REGISTRY, "windows-registry-key", "key", NULL, "windows-registry-key:key"},
    {OBSERVABLE_SERVICE, NULL, NULL, NULL, "process:extensions.'windows-service-ext'.service_name"},
    {OBSERVABLE_ACCOUNT, "user-account", "account_login", NULL, "user-account:account_login"},
    {OBSERVABLE_MAC, "mac-addr", "value", NULL, "mac-addr:value"},
};

static json_t *text(str s) {
    return json_stringn(s.ptr, s.len);
}

static bool is_v6(str address) {
    return str_find_byte(address, ':') != SIZE_MAX;
}

/* The address of a page as it was written, harmlessness undone; empty: it has no scheme. */
static str web(str written, struct buf *room) {
    (void)observable_refang(written, room);
    str const url = buf_str(room);

    return str_starts(url, S("http://")) || str_starts(url, S("https://")) ? url : S("");
}

json_t *stix_value_object(enum observable type, str value, str written) {
    json_t *out = NULL;

    if (type == OBSERVABLE_ADDRESS)
        return json_pack("{s:s, s:o}", "type", is_v6(value) ? "ipv6-addr" : "ipv4-addr", "value", text(value));
    if (type == OBSERVABLE_AS) {
        uint64_t number;

        return str_u64(str_from(value, 2), UINT32_MAX, &number)
                   ? json_pack("{s:s, s:I}", "type", "autonomous-system", "number", (json_int_t)number)
                   : NULL;
    }
    if (type == OBSERVABLE_URL) {
        struct buf room = {0};
        str const url = web(written, &room);

        if (url.len)
            out = json_pack("{s:s, s:o}", "type", "url", "value", text(url));
        buf_free(&room);
        return out;
    }
    for (size_t i = 0; i < COUNT(forms); i++)
        if (forms[i].type == type && forms[i].object)
            return forms[i].hash
                       ? json_pack("{s:s, s:{s:o}}", "type", forms[i].object, "hashes", forms[i].hash, text(value))
                       : json_pack("{s:s, s:o}", "type", forms[i].object, forms[i].property, text(value));
    return NULL;
}

json_t *stix_host_object(str host) {
    struct buf b = {0};
    const char *why;
    json_t *out = NULL;
    size_t label = 0;

    if (observable_canonical(OBSERVABLE_ADDRESS, host, &b, &why)) {
        out = stix_value_object(OBSERVABLE_ADDRESS, buf_str(&b), S(""));
        buf_free(&b);
        return out;
    }
    buf_free(&b);
    /* RFC 1123 2.1: labels of letters, digits and hyphens, none at their ends. */
    for (size_t i = 0; i <= host.len; i++) {
        char const c = i < host.len ? host.ptr[i] : '.';

        if (c == '.') {
            if (label == 0 || label > 63 || host.ptr[i - 1] == '-')
                return NULL;
            label = 0;
        } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c == '-' && label)) {
            label++;
        } else {
            return NULL;
        }
    }
    return host.len <= 253 ? json_pack("{s:s, s:o}", "type", "domain-name", "value", text(host)) : NULL;
}

/* STIX 2.1 9.2: only these two are escaped. */
static void quoted(struct buf *out, str s) {
    buf_byte(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'' || s.ptr[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, s.ptr[i]);
    }
    buf_byte(out, '\'');
}

static void compared(struct buf *out, const char *path, const char *how, str value) {
    buf_format(out, "[%s %s ", path, how);
    quoted(out, value);
    buf_byte(out, ']');
}

/* An URL of which the scheme is not known, as PCRE; what is no letter or digit of ASCII is escaped. */
static void any_scheme(struct buf *out, str value) {
    struct buf regex = {0};

    buf_add(&regex, S("^[a-z]+://"));
    for (size_t i = 0; i < value.len; i++) {
        char const c = value.ptr[i];

        if ((unsigned char)c < 0x80 && !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            buf_byte(&regex, '\\');
        buf_byte(&regex, c);
    }
    buf_byte(&regex, '$');
    compared(out, "url:value", "MATCHES", buf_str(&regex));
    out->failed |= regex.failed;
    buf_free(&regex);
}

bool stix_value_pattern(enum observable type, str value, str written, struct buf *out) {
    if (type == OBSERVABLE_ADDRESS) {
        compared(out, is_v6(value) ? "ipv6-addr:value" : "ipv4-addr:value", "=", value);
        return true;
    }
    if (type == OBSERVABLE_NETWORK) {
        compared(out, is_v6(value) ? "ipv6-addr:value" : "ipv4-addr:value", "ISSUBSET", value);
        return true;
    }
    if (type == OBSERVABLE_URL) {
        struct buf room = {0};
        str const url = web(written, &room);

        if (url.len)
            compared(out, "url:value", "=", url);
        else
            any_scheme(out, value);
        out->failed |= room.failed;
        buf_free(&room);
        return true;
    }
    if (type == OBSERVABLE_AS) {
        buf_format(out, "[autonomous-system:number = %.*s]", STR_ARG(str_from(value, 2)));
        return true;
    }
    for (size_t i = 0; i < COUNT(forms); i++)
        if (forms[i].type == type) {
            compared(out, forms[i].path, "=", value);
            return true;
        }
    buf_format(out, "%.*s: ", STR_ARG(observable_name(type)));
    buf_add(out, value);
    return false;
}
