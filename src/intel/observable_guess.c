/* observable_guess: what a value without a type is. What could be two things is none, unless lists nearly always mean one of them. */
#include "intel/observable.h"

#include <libpsl.h>

#include "base/address.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool starts_ascii(str s, str with) {
    return s.len >= with.len && str_eq_ascii(str_first(s, with.len), with);
}

/* Has it that canonical form? */
static bool is(enum observable type, str v, struct buf *out) {
    const char *why;

    out->len = 0;
    return observable_canonical(type, v, out, &why);
}

/* Behind the last point. */
static str ending(str s) {
    size_t at = s.len;

    while (at > 0 && s.ptr[at - 1] != '.')
        at--;
    return at ? str_from(s, at) : S("");
}

/* Of programs, scripts, archives and documents, and no top-level domains. */
static bool names_file(str s) {
    static const str endings =
        STR(" 7z accdb ahk apk arj asp aspx ashx asmx bak bat bin bz2 cer cfg cfm chm class cmd conf cpl crt csv dat "
            "db deb dex dll dmg "
            "doc docm docx dotm drv dump eml elf exe gif gz hta htm html hwp hwpx img inf ini ipa iqy iso jar jpeg jpg "
            "js jse json jsp "
            "jspx key ko lnk log lzh mdb msc msg msi msix msp mst ocx odp ods odt p12 pdb pdf pem pfx php phtml pif "
            "png ppam pps ppsm "
            "ppsx ppt pptm pptx ps1 psd1 psm1 rar reg rpm rtf scr sct settingcontent-ms slk sql sqlite swf sys tar tbz "
            "tgz tmp txt url "
            "vba vbe vbs vhd vhdx war wll wsc wsf wsh xla xlam xll xls xlsb xlsm xlsx xml xps xsl xz yaml yml zst ");
    str const e = ending(s);
    char key[24] = " ";

    if (e.len == 0 || e.len + 3 > sizeof key || e.len + 1 == s.len)
        return false;
    for (size_t i = 0; i < e.len; i++) {
        if (e.ptr[i] == ' ')
            return false;
        key[i + 1] = (char)(e.ptr[i] >= 'A' && e.ptr[i] <= 'Z' ? e.ptr[i] + 32 : e.ptr[i]);
    }
    key[e.len + 1] = ' ';
    return str_find(endings, (str){key, e.len + 2}) != SIZE_MAX;
}

/* Top-level domains too, but a name with one point and such an ending is a file. */
static bool names_archive(str s) {
    str const e = ending(s);

    return (str_eq_ascii(e, S("zip")) || str_eq_ascii(e, S("cab"))) &&
           str_find_byte(str_first(s, s.len - e.len - 1), '.') == SIZE_MAX;
}

/* A domain under an ending that exists (or is kept for examples, RFC 2606, and for Tor, RFC 7686). canonical: what it is then. */
static bool is_domain(str v, struct buf *canonical) {
    static const str others[] = {STR("example"), STR("test"), STR("invalid"), STR("onion"), STR("i2p"), STR("bit")};

    if (names_file(v) || names_archive(v) || !is(OBSERVABLE_DOMAIN, v, canonical))
        return false;
    buf_byte(canonical, '\0');
    if (canonical->failed)
        return false;
    str const top = ending((str){canonical->ptr, canonical->len - 1});

    for (size_t i = 0; i < COUNT(others); i++)
        if (str_eq(top, others[i]))
            return true;
    return psl_is_public_suffix2(psl_builtin(), top.ptr, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

/* host:port, [address]:port: without the port. */
static bool without_port(str *v) {
    size_t at = v->len;
    uint64_t port;

    while (at > 0 && is_digit(v->ptr[at - 1]))
        at--;
    if (at < 2 || v->ptr[at - 1] != ':' || !str_u64(str_from(*v, at), 65535, &port) || port == 0)
        return false;
    str const host = str_first(*v, at - 1);

    if (host.ptr[0] != '[' && str_find_byte(host, ':') != SIZE_MAX)
        return false;
    *v = host;
    return true;
}

/* With %variable%, drive, share or home in front, or below a folder that Unix machines have at the top. */
static bool is_path(str v) {
    static const str tops[] = {STR("bin/"),     STR("boot/"),   STR("data/"),  STR("dev/"), STR("etc/"),
                               STR("home/"),    STR("lib/"),    STR("lib64/"), STR("mnt/"), STR("opt/"),
                               STR("private/"), STR("proc/"),   STR("root/"),  STR("run/"), STR("sbin/"),
                               STR("srv/"),     STR("sys/"),    STR("tmp/"),   STR("usr/"), STR("var/"),
                               STR("Users/"),   STR("Library/")};
    size_t const percent = v.len > 2 && v.ptr[0] == '%' ? str_find_byte(str_from(v, 1), '%') : SIZE_MAX;

    if (v.len > 3 && is_letter(v.ptr[0]) && v.ptr[1] == ':' &&
        (v.ptr[2] == '\\' || (v.ptr[2] == '/' && v.ptr[3] != '/')))
        return true;
    if (percent != SIZE_MAX && percent > 0 && percent + 2 < v.len && v.ptr[percent + 2] == '\\')
        return true;
    for (size_t i = 0; v.ptr[0] == '/' && i < COUNT(tops); i++)
        if (str_starts(str_from(v, 1), tops[i]))
            return true;
    return str_starts(v, S("~/")) || str_starts(v, S("\\\\"));
}

static bool is_key(str v) {
    return starts_ascii(v, S("hk")) || starts_ascii(v, S("\\registry\\")) || starts_ascii(v, S("registry::")) ||
           starts_ascii(v, S("computer\\hk"));
}

/* host/path, perhaps with a port: the host must be one, a name under an ending that exists. */
static bool is_url(str v, struct buf *out) {
    size_t const scheme = str_find(v, S("://"));
    size_t at = scheme != SIZE_MAX ? scheme + 3 : 0;
    str const behind = str_from(v, at);

    for (at = 0; at < behind.len && behind.ptr[at] != '/' && behind.ptr[at] != '?'; at++)
        ;
    str host = str_first(behind, at);

    if (scheme != SIZE_MAX)
        return is(OBSERVABLE_URL, v, out);
    if (at == behind.len)
        return false;
    (void)without_port(&host);
    return (is(OBSERVABLE_ADDRESS, host, out) || is_domain(host, out)) && is(OBSERVABLE_URL, v, out);
}

static enum observable hash_of(str v, struct buf *out) {
    static const enum observable types[] = {OBSERVABLE_MD5, OBSERVABLE_SHA1, OBSERVABLE_SHA256, OBSERVABLE_SHA512};

    for (size_t i = 0; i < COUNT(types); i++)
        if (is(types[i], v, out))
            return types[i];
    return OBSERVABLE_NONE;
}

/* Without blanks in it. */
static enum observable word(str *value, struct buf *out) {
    static const enum observable plain[] = {OBSERVABLE_ADDRESS, OBSERVABLE_MAC, OBSERVABLE_JA4};
    str v = *value;
    enum observable const hash = hash_of(v, out);

    if (hash)
        return hash;
    for (size_t i = 0; i < COUNT(plain); i++)
        if ((plain[i] != OBSERVABLE_MAC || v.len == 17) && (plain[i] != OBSERVABLE_JA4 || v.len == 36) &&
            is(plain[i], v, out))
            return plain[i];
    if (str_find_byte(v, '/') != SIZE_MAX && is(OBSERVABLE_NETWORK, v, out))
        return OBSERVABLE_NETWORK;
    if (is_url(v, out))
        return OBSERVABLE_URL;
    if (str_find_byte(v, '@') != SIZE_MAX)
        return is(OBSERVABLE_MAIL, v, out) && is_domain(str_from(v, str_find_byte(v, '@') + 1), out) ? OBSERVABLE_MAIL
                                                                                                     : OBSERVABLE_NONE;
    if (without_port(&v)) {
        enum observable const type = is(OBSERVABLE_ADDRESS, v, out) ? OBSERVABLE_ADDRESS
                                     : is_domain(v, out)            ? OBSERVABLE_DOMAIN
                                                                    : OBSERVABLE_NONE;

        *value = type ? v : *value;
        return type;
    }
    if (v.ptr[0] == '+' && is(OBSERVABLE_PHONE, v, out))
        return OBSERVABLE_PHONE;
    if (names_file(v) || names_archive(v))
        return is(OBSERVABLE_FILE_NAME, v, out) ? OBSERVABLE_FILE_NAME : OBSERVABLE_NONE;
    return is_domain(v, out) ? OBSERVABLE_DOMAIN : OBSERVABLE_NONE;
}

enum observable observable_guess_in(str *value, struct buf *room) {
    str v = str_trim(*value);
    enum observable type = OBSERVABLE_NONE;
    bool blank = false;

    room->len = 0;
    if (v.len == 0 || v.len > OBSERVABLE_BYTES_MAX)
        return OBSERVABLE_NONE;
    for (size_t i = 0; i < v.len; i++)
        blank |= v.ptr[i] == ' ' || v.ptr[i] == '\t';
    if (is_key(v) && is(OBSERVABLE_REGISTRY, v, room))
        type = OBSERVABLE_REGISTRY;
    else if (is_path(v))
        type = is(OBSERVABLE_FILE_PATH, v, room) ? OBSERVABLE_FILE_PATH : OBSERVABLE_NONE;
    else if (!blank)
        type = word(&v, room);
    if (room->failed)
        return OBSERVABLE_NONE;
    if (type)
        *value = v;
    return type;
}

enum observable observable_guess(str *value) {
    struct buf room = {0};
    enum observable const type = observable_guess_in(value, &room);

    buf_free(&room);
    return type;
}
