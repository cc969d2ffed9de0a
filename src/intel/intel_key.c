/* intel_key: what values are looked up by: of indicators and of warninglists. */
#include "base/hash.h"
#include "event/fold.h"
#include "intel/intel_set_own.h"

enum intel_class intel_class_of(enum observable type) {
    switch (type) {
    case OBSERVABLE_ADDRESS:
        return INTEL_ADDRESS;
    case OBSERVABLE_NETWORK:
        return INTEL_NETWORK;
    case OBSERVABLE_DOMAIN:
        return INTEL_HOST;
    case OBSERVABLE_URL:
        return INTEL_URL;
    case OBSERVABLE_MD5:
    case OBSERVABLE_SHA1:
    case OBSERVABLE_SHA256:
    case OBSERVABLE_SHA512:
    case OBSERVABLE_IMPHASH:
    case OBSERVABLE_JA3:
        return INTEL_HEX;
    case OBSERVABLE_MAIL:
        return INTEL_MAIL;
    case OBSERVABLE_FILE_NAME:
    case OBSERVABLE_FILE_PATH:
        return INTEL_FILE;
    default:
        return INTEL_WHOLE;
    }
}

static char small(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Three bytes and the length, as 18 bits. Letters lose their case with one bit, which some other signs lose as well. */
static uint32_t mark_of(char a, char b, char c, size_t len) {
    uint32_t const bytes = ((uint32_t)(uint8_t)a | (uint32_t)(uint8_t)b << 8 | (uint32_t)(uint8_t)c << 16) | 0x202020u;

    return ((bytes | (uint32_t)(len < 255 ? len : 255) << 24) * 0x9e3779b1u) >> (32 - INTEL_MARK_BITS_LOG);
}
/* Names of programs are told apart by what stands before their ending. */
uint32_t intel_name_mark(str name) {
    return name.len < 8 ? mark_of(name.ptr[name.len - 1], name.ptr[name.len / 2], name.ptr[0], name.len)
                        : mark_of(name.ptr[name.len - 5], name.ptr[name.len - 6], name.ptr[0], name.len);
}
uint32_t intel_whole_mark(str whole) {
    return whole.len < 8 ? mark_of(whole.ptr[0], whole.ptr[whole.len / 2], whole.ptr[whole.len - 1], whole.len)
                         : mark_of(whole.ptr[whole.len - 3], whole.ptr[1], whole.ptr[whole.len - 1], whole.len);
}
uint32_t intel_ending_mark(str ending) {
    uint32_t n = 0;

    for (size_t i = 0; i < ending.len; i++)
        n = (n ^ (uint8_t)small(ending.ptr[i])) * 0x01000193u;
    return (n ^ (uint32_t)ending.len * 0x9e3779b1u) >> (32 - INTEL_MARK_BITS_LOG);
}

str intel_url_host(str url) {
    size_t const path = str_find_byte(url, '/'), query = str_find_byte(url, '?');
    str const authority = str_first(str_first(url, path), query);

    if (authority.len && *authority.ptr == '[') {
        size_t const end = str_find_byte(authority, ']');

        return str_first(str_from(authority, 1), end == SIZE_MAX ? 0 : end - 1);
    }
    return str_first(authority, str_find_byte(authority, ':'));
}

void intel_url_parts(str url, str *path, str *query) {
    size_t const slash = str_find_byte(url, '/'), mark = str_find_byte(url, '?');

    *query = mark == SIZE_MAX ? S("") : str_from(url, mark);
    *path = slash == SIZE_MAX || slash > mark ? S("/") : str_from(str_first(url, mark), slash);
}

str intel_file_name(str path) {
    size_t at = path.len;

    while (at > 0 && path.ptr[at - 1] != '/' && path.ptr[at - 1] != '\\')
        at--;
    return str_from(path, at);
}

str intel_last_labels(str host) {
    size_t at = host.len;

    for (unsigned labels = 0; labels < 2 && at > 0; labels++) {
        at -= at < host.len;
        while (at > 0 && host.ptr[at - 1] != '.')
            at--;
    }
    return str_from(host, at);
}

str intel_network_key(const struct address *a, unsigned bits, char room[17]) {
    unsigned const width = a->family == 4 ? 4 : 16;

    room[0] = (char)bits;
    for (unsigned i = 0; i < width; i++) {
        unsigned const left = bits > i * 8 ? bits - i * 8 : 0;

        room[1 + i] = (char)(left >= 8 ? a->bytes[i] : a->bytes[i] & (0xff00u >> left));
    }
    return (str){room, 1 + width};
}

bool intel_key_of(enum observable type, str canonical, char *room, enum intel_class *class, str *key) {
    struct address a;
    struct network n;
    struct err e;

    *class = intel_class_of(type);
    *key = canonical;
    switch (*class) {
    case INTEL_ADDRESS:
        if (!address_parse(canonical, &a))
            return false;
        memcpy(room, a.bytes, 16);
        *key = (str){room, a.family == 4 ? 4 : 16};
        return true;
    case INTEL_NETWORK:
        if (!network_parse(canonical, &n, &e))
            return false;
        *key = intel_network_key(&n.base, n.bits, room);
        return true;
    case INTEL_WHOLE:
        if (type == OBSERVABLE_TEXT || canonical.len > OBSERVABLE_BYTES_MAX)
            return false;
        *key = (str){room, fold_text(canonical, room)};
        return true;
    default:
        return true;
    }
}

uint64_t intel_key_hash(uint64_t seed, enum intel_class class, str key) {
    return hash_bytes(key, seed + class);
}

uint64_t intel_part_hash(uint64_t seed, enum intel_part which, str part) {
    return hash_bytes(part, seed + INTEL_CLASSES + which);
}

uint64_t intel_label_hash(uint64_t seed, enum label_how how, str key) {
    return hash_bytes(key, seed + 64 + how);
}

/* Without host bits, which some lists have set. A bare address is a network of its own. */
static bool network_of(str s, struct network *out) {
    size_t const slash = str_find_byte(s, '/');
    uint64_t bits = 0;
    char room[17];

    if (!address_parse(str_first(s, slash == SIZE_MAX ? s.len : slash), &out->base))
        return false;
    unsigned const width = out->base.family == 4 ? 4 : 16;

    if (slash != SIZE_MAX && !str_u64(str_from(s, slash + 1), width * 8, &bits))
        return false;
    out->bits = (uint8_t)(slash == SIZE_MAX ? width * 8 : bits);
    str const key = intel_network_key(&out->base, out->bits, room);

    memcpy(out->base.bytes, key.ptr + 1, width);
    return true;
}

bool intel_label_key(enum label_how how, str entry, struct buf *room, str *key) {
    size_t scheme;
    struct network n;
    char text[17];

    entry = str_trim(entry);
    room->len = 0;
    if (!entry.len || entry.len > OBSERVABLE_BYTES_MAX)
        return false;
    if (how == LABEL_CIDR) {
        if (!network_of(entry, &n))
            return false;
        buf_add(room, intel_network_key(&n.base, n.bits, text));
    } else if (how == LABEL_REGEX) {
        buf_add(room, entry);
    } else {
        if ((scheme = str_find(entry, S("://"))) != SIZE_MAX && scheme < 10)
            entry = str_from(entry, scheme + 3);
        while (how == LABEL_HOSTNAME && entry.len && *entry.ptr == '.')
            entry = str_from(entry, 1);
        while (how == LABEL_HOSTNAME && entry.len && entry.ptr[entry.len - 1] == '.')
            entry.len--;
        for (size_t i = 0; i < entry.len; i++)
            buf_byte(room, small(entry.ptr[i]));
    }
    *key = buf_str(room);
    return !room->failed && key->len > 0;
}
