/* import_value: one cell at a time; knows no format. */
#include "intel/import_value.h"

#include "base/utf.h"

/* ---- text and lines ---- */

bool import_text(str bytes, struct buf *room, str *text) {
    size_t repaired;

    if (str_starts(bytes, S("\xef\xbb\xbf"))) {
        *text = str_from(bytes, 3);
        return true;
    }
    if (!str_starts(bytes, S("\xff\xfe"))) {
        *text = bytes;
        return true;
    }
    size_t const units = (bytes.len - 2) / 2;
    char *const to = buf_reserve(room, 3 * units);

    if (!to)
        return false;
    room->len += utf16le_to_utf8(bytes.ptr + 2, units, to, &repaired);
    *text = buf_str(room);
    return true;
}

bool import_line(str *rest, str *line) {
    size_t const at = str_find_byte(*rest, '\n');

    if (!rest->len)
        return false;
    *line = str_first(*rest, at);
    *rest = at == SIZE_MAX ? S("") : str_from(*rest, at + 1);
    if (line->len && line->ptr[line->len - 1] == '\r')
        line->len--;
    return true;
}

/* ---- values ---- */

void import_room_free(struct import_room *r) {
    buf_free(&r->refanged);
    buf_free(&r->scratch);
}

bool import_room_failed(const struct import_room *r) {
    return r->refanged.failed || r->scratch.failed;
}

/* Types that are confounded, or that one name is used for. */
static bool alike(enum observable a, enum observable b) {
    static const uint32_t families[] = {
        1u << OBSERVABLE_ADDRESS | 1u << OBSERVABLE_NETWORK | 1u << OBSERVABLE_DOMAIN | 1u << OBSERVABLE_URL,
        1u << OBSERVABLE_MD5 | 1u << OBSERVABLE_SHA1 | 1u << OBSERVABLE_SHA256 | 1u << OBSERVABLE_SHA512,
        1u << OBSERVABLE_FILE_NAME | 1u << OBSERVABLE_FILE_PATH,
    };

    for (size_t i = 0; i < COUNT(families); i++)
        if (families[i] >> a & families[i] >> b & 1)
            return true;
    return false;
}

/* What stands behind the value in the whole is its port. */
static uint16_t port_behind(str whole, str value) {
    str const rest = str_from(whole, (size_t)(value.ptr - whole.ptr) + value.len);
    uint64_t port;

    return str_starts(rest, S(":")) && str_u64(str_from(rest, 1), UINT16_MAX, &port) ? (uint16_t)port : 0;
}

static str unquoted(str s) {
    static const char quotes[] = "\"'`";

    s = str_trim(s);
    for (size_t i = 0; i + 1 < sizeof quotes; i++)
        if (s.len > 1 && s.ptr[0] == quotes[i] && s.ptr[s.len - 1] == quotes[i])
            return str_trim((str){s.ptr + 1, s.len - 2});
    return s;
}

bool import_value_of(enum observable type, str cell, struct import_room *room, struct import_value *out,
                     const char **why) {
    str const raw = unquoted(cell);
    str whole = raw;

    *why = "empty";
    if (!raw.len)
        return false;
    *why = "too long";
    if (raw.len > OBSERVABLE_BYTES_MAX)
        return false;
    room->refanged.len = room->scratch.len = 0;
    if (observable_refang(raw, &room->refanged))
        whole = str_trim(buf_str(&room->refanged));
    *why = "memory is out";
    if (import_room_failed(room))
        return false;
    *out = (struct import_value){.type = type, .value = whole, .raw = str_eq(whole, raw) ? (str)STR("") : raw};
    if (type && observable_canonical(type, whole, &room->scratch, why))
        return true;
    if (import_room_failed(room))
        return false;

    str value = whole;
    enum observable const guessed = observable_guess_in(&value, &room->scratch);

    if (import_room_failed(room))
        return false;
    if (!type)
        *why = "it is not clear what it is";
    if (!guessed || (type && !alike(type, guessed)))
        return false;
    out->type = guessed;
    out->value = value;
    out->port = port_behind(whole, value);
    return true;
}

/* ---- names of types ---- */

#define ANY OBSERVABLES /* in the table: the value must tell */

/* Small letters and digits of what people write. */
static const struct {
    str word;
    enum observable type;
} words[] = {
    {STR("ip"), OBSERVABLE_ADDRESS},
    {STR("ips"), OBSERVABLE_ADDRESS},
    {STR("ipv4"), OBSERVABLE_ADDRESS},
    {STR("ipv6"), OBSERVABLE_ADDRESS},
    {STR("ipv4addr"), OBSERVABLE_ADDRESS},
    {STR("ipv6addr"), OBSERVABLE_ADDRESS},
    {STR("ipaddr"), OBSERVABLE_ADDRESS},
    {STR("ipaddress"), OBSERVABLE_ADDRESS},
    {STR("ipv4address"), OBSERVABLE_ADDRESS},
    {STR("ipv6address"), OBSERVABLE_ADDRESS},
    {STR("ipport"), OBSERVABLE_ADDRESS},
    {STR("ipdst"), OBSERVABLE_ADDRESS},
    {STR("ipsrc"), OBSERVABLE_ADDRESS},
    {STR("dstip"), OBSERVABLE_ADDRESS},
    {STR("destip"), OBSERVABLE_ADDRESS},
    {STR("destinationip"), OBSERVABLE_ADDRESS},
    {STR("c2ip"), OBSERVABLE_ADDRESS},
    {STR("adresseip"), OBSERVABLE_ADDRESS},
    {STR("ipadresse"), OBSERVABLE_ADDRESS},
    {STR("cidr"), OBSERVABLE_NETWORK},
    {STR("network"), OBSERVABLE_NETWORK},
    {STR("netblock"), OBSERVABLE_NETWORK},
    {STR("subnet"), OBSERVABLE_NETWORK},
    {STR("prefix"), OBSERVABLE_NETWORK},
    {STR("domain"), OBSERVABLE_DOMAIN},
    {STR("domains"), OBSERVABLE_DOMAIN},
    {STR("domainname"), OBSERVABLE_DOMAIN},
    {STR("fqdn"), OBSERVABLE_DOMAIN},
    {STR("host"), OBSERVABLE_DOMAIN},
    {STR("hostname"), OBSERVABLE_DOMAIN},
    {STR("c2domain"), OBSERVABLE_DOMAIN},
    {STR("url"), OBSERVABLE_URL},
    {STR("urls"), OBSERVABLE_URL},
    {STR("uri"), OBSERVABLE_URL},
    {STR("md5"), OBSERVABLE_MD5},
    {STR("sha1"), OBSERVABLE_SHA1},
    {STR("sha256"), OBSERVABLE_SHA256},
    {STR("sha512"), OBSERVABLE_SHA512},
    {STR("imphash"), OBSERVABLE_IMPHASH},
    {STR("ja3"), OBSERVABLE_JA3},
    {STR("ja3s"), OBSERVABLE_JA3},
    {STR("ja3md5"), OBSERVABLE_JA3},
    {STR("ja3fingerprint"), OBSERVABLE_JA3},
    {STR("ja4"), OBSERVABLE_JA4},
    {STR("ja4s"), OBSERVABLE_JA4},
    {STR("email"), OBSERVABLE_MAIL},
    {STR("emailaddr"), OBSERVABLE_MAIL},
    {STR("emailaddress"), OBSERVABLE_MAIL},
    {STR("mail"), OBSERVABLE_MAIL},
    {STR("sender"), OBSERVABLE_MAIL},
    {STR("emailsubject"), OBSERVABLE_SUBJECT},
    {STR("mailsubject"), OBSERVABLE_SUBJECT},
    {STR("subject"), OBSERVABLE_SUBJECT},
    {STR("filename"), OBSERVABLE_FILE_NAME},
    {STR("processname"), OBSERVABLE_FILE_NAME},
    {STR("filepath"), OBSERVABLE_FILE_PATH},
    {STR("fullpath"), OBSERVABLE_FILE_PATH},
    {STR("path"), OBSERVABLE_FILE_PATH},
    {STR("useragent"), OBSERVABLE_USER_AGENT},
    {STR("commandline"), OBSERVABLE_COMMAND},
    {STR("command"), OBSERVABLE_COMMAND},
    {STR("mutex"), OBSERVABLE_MUTEX},
    {STR("namedpipe"), OBSERVABLE_MUTEX},
    {STR("pipename"), OBSERVABLE_MUTEX},
    {STR("registry"), OBSERVABLE_REGISTRY},
    {STR("registrykey"), OBSERVABLE_REGISTRY},
    {STR("regkey"), OBSERVABLE_REGISTRY},
    {STR("windowsregistrykey"), OBSERVABLE_REGISTRY},
    {STR("service"), OBSERVABLE_SERVICE},
    {STR("servicename"), OBSERVABLE_SERVICE},
    {STR("scheduledtask"), OBSERVABLE_SERVICE},
    {STR("account"), OBSERVABLE_ACCOUNT},
    {STR("useraccount"), OBSERVABLE_ACCOUNT},
    {STR("username"), OBSERVABLE_ACCOUNT},
    {STR("phone"), OBSERVABLE_PHONE},
    {STR("phonenumber"), OBSERVABLE_PHONE},
    {STR("mac"), OBSERVABLE_MAC},
    {STR("macaddr"), OBSERVABLE_MAC},
    {STR("macaddress"), OBSERVABLE_MAC},
    {STR("asn"), OBSERVABLE_AS},
    {STR("autonomoussystem"), OBSERVABLE_AS},
    {STR("certificateserial"), OBSERVABLE_CERTIFICATE},
    {STR("serialnumber"), OBSERVABLE_CERTIFICATE},
    {STR("keyword"), OBSERVABLE_TEXT},
    {STR("string"), OBSERVABLE_TEXT},

    {STR("hash"), ANY},
    {STR("hashes"), ANY},
    {STR("filehash"), ANY},
    {STR("file"), ANY},
    {STR("checksum"), ANY},
    {STR("address"), ANY},
    {STR("indicator"), ANY},
    {STR("indicators"), ANY},
    {STR("ioc"), ANY},
    {STR("iocs"), ANY},
    {STR("observable"), ANY},
    {STR("artifact"), ANY},
    {STR("artefact"), ANY},
    {STR("other"), ANY},
    {STR("network traffic"), ANY},

    {STR("ssdeep"), OBSERVABLE_NONE},
    {STR("tlsh"), OBSERVABLE_NONE},
    {STR("vhash"), OBSERVABLE_NONE},
    {STR("pehash"), OBSERVABLE_NONE},
    {STR("impfuzzy"), OBSERVABLE_NONE},
    {STR("authentihash"), OBSERVABLE_NONE},
    {STR("sha224"), OBSERVABLE_NONE},
    {STR("sha384"), OBSERVABLE_NONE},
    {STR("jarm"), OBSERVABLE_NONE},
    {STR("pdb"), OBSERVABLE_NONE},
    {STR("yara"), OBSERVABLE_NONE},
    {STR("sigma"), OBSERVABLE_NONE},
    {STR("snort"), OBSERVABLE_NONE},
    {STR("suricata"), OBSERVABLE_NONE},
    {STR("btc"), OBSERVABLE_NONE},
    {STR("bitcoin"), OBSERVABLE_NONE},
    {STR("bitcoinaddress"), OBSERVABLE_NONE},
    {STR("cve"), OBSERVABLE_NONE},
    {STR("vulnerability"), OBSERVABLE_NONE},
    {STR("comment"), OBSERVABLE_NONE},
};

/* Without what is no letter and no digit, and without what hashes are headed with. */
static str plain_word(str word, char out[32]) {
    static const str before[] = {STR("filehash"), STR("hash")}, after[] = {STR("hash")};
    size_t len = 0;

    for (size_t i = 0; i < word.len; i++) {
        char const c = word.ptr[i] >= 'A' && word.ptr[i] <= 'Z' ? (char)(word.ptr[i] + 32) : word.ptr[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
            continue;
        if (len == 31)
            return S("");
        out[len++] = c;
    }
    str s = {out, len};

    for (size_t i = 0; i < COUNT(before); i++)
        if (s.len > before[i].len && str_starts(s, before[i]))
            return str_from(s, before[i].len);
    for (size_t i = 0; i < COUNT(after); i++)
        if ((str_starts(s, S("md5")) || str_starts(s, S("sha"))) && str_ends(s, after[i]))
            return str_first(s, s.len - after[i].len);
    return s;
}

enum observable import_type_of(str word, bool *known, bool *any) {
    char room[32];
    str const s = plain_word(word, room);

    *known = *any = false;
    for (size_t i = 0; s.len && i < COUNT(words); i++)
        if (str_eq(s, words[i].word)) {
            *known = true;
            *any = words[i].type == ANY;
            return *any ? OBSERVABLE_NONE : words[i].type;
        }
    return OBSERVABLE_NONE;
}

/* ---- links ---- */

void import_links(str text, struct item_names *to) {
    for (size_t at; (at = str_find(text, S("http"))) != SIZE_MAX;) {
        text = str_from(text, at);
        if (!str_starts(text, S("http://")) && !str_starts(text, S("https://"))) {
            text = str_from(text, 4);
            continue;
        }
        size_t len = 0;

        while (len < text.len && (unsigned char)text.ptr[len] > ' ' && text.ptr[len] != '"' && text.ptr[len] != '<' &&
               text.ptr[len] != '>' && text.ptr[len] != '\'')
            len++;
        str const rest = str_from(text, len);

        while (len > 8 && memchr(".,;:)]}", text.ptr[len - 1], 7))
            len--;
        item_name_add(to, str_first(text, len));
        text = rest;
    }
}
