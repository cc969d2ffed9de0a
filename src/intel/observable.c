/* observable: each type has one function that writes its one spelling; what is common to all stands in observable_canonical. */
#include "intel/observable.h"

#include <idn2.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/utf.h"
#include "codec/web_address.h"
#include "event/fold.h"
#include "event/phone.h"

#define NAME_MAX_BYTES 253u /* of a domain (RFC 1035 2.3.4), without the last point */
#define LABEL_MAX_BYTES 63u
#define SERIAL_DIGITS_MAX 40u /* RFC 5280 4.1.2.2: 20 octets */
#define PHONE_DIGITS_MIN 5u   /* 110 and an extension are no telephone of somebody's */
#define PHONE_DIGITS_MAX 20u

static bool no(const char **why, const char *phrase) {
    *why = phrase;
    return false;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_hex(char c) {
    return is_digit(c) || (small(c) >= 'a' && small(c) <= 'f');
}

static bool is_alnum(char c) {
    return is_digit(c) || (small(c) >= 'a' && small(c) <= 'z');
}

/* s without `with` in front, if it is there. */
static bool take(str *s, str with) {
    if (!str_starts(*s, with))
        return false;
    *s = str_from(*s, with.len);
    return true;
}

static void small_ascii(str v, struct buf *out) {
    for (size_t i = 0; i < v.len; i++)
        buf_byte(out, small(v.ptr[i]));
}

/* ---- addresses and hosts ---- */

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool address_of(str v, struct address *a) {
    if (v.len > 2 && v.ptr[0] == '[' && v.ptr[v.len - 1] == ']')
        v = (str){v.ptr + 1, v.len - 2};
    if (!address_parse(v, a))
        return false;
    if (a->family == 6 && memcmp(a->bytes, mapped, sizeof mapped) == 0) {
        a->family = 4;
        memcpy(a->bytes, a->bytes + 12, 4);
        memset(a->bytes + 4, 0, 12);
    }
    return true;
}

/* Feeds write one address as a network of one (198.51.100.1/32), STIX's own examples do. */
static str without_whole_prefix(str v) {
    bool const six = str_find_byte(v, ':') != SIZE_MAX;
    str const ends = six ? S("/128") : S("/32");

    return str_ends(v, ends) ? str_first(v, v.len - ends.len) : v;
}

static bool address(str v, struct buf *out, const char **why) {
    struct address a;
    char text[ADDRESS_TEXT];

    if (!address_of(without_whole_prefix(v), &a))
        return no(why, "not an address");
    buf_add(out, address_format(&a, text));
    return true;
}

static bool network(str v, struct buf *out, const char **why) {
    size_t const slash = str_find_byte(v, '/');
    struct address a;
    uint64_t bits;
    char text[ADDRESS_TEXT];

    if (!address_parse(str_first(v, slash), &a) || str_find_byte(v, '%') != SIZE_MAX)
        return no(why, "not a network");
    bits = a.family == 4 ? 32 : 128;
    if (slash != SIZE_MAX && !str_u64(str_from(v, slash + 1), bits, &bits))
        return no(why, "not a network");
    if (a.family == 6 && bits >= 96 && memcmp(a.bytes, mapped, sizeof mapped) == 0) {
        a.family = 4;
        memcpy(a.bytes, a.bytes + 12, 4);
        bits -= 96;
    }
    if (bits == 0)
        return no(why, "a network of all addresses");
    for (unsigned i = 0; i < (a.family == 4 ? 4 : 16); i++)
        a.bytes[i] &= (uint8_t)(bits >= 8 * i + 8 ? 0xff : bits <= 8 * i ? 0 : 0xff00 >> (bits - 8 * i));
    buf_add(out, address_format(&a, text));
    buf_byte(out, '/');
    buf_u64(out, bits);
    return true;
}

/* The bytes of the point at the start of s: UTS 46 2.3 has four of them. */
static size_t point(str s) {
    static const str points[] = {STR("."), STR("\xe3\x80\x82"), STR("\xef\xbc\x8e"), STR("\xef\xbd\xa1")};

    for (size_t i = 0; i < COUNT(points); i++)
        if (str_starts(s, points[i]))
            return points[i].len;
    return 0;
}

/* Letters, digits, hyphens, and the underscore that names of services have. */
static bool label_ascii(str label, struct buf *out) {
    if (label.len == 0 || label.len > LABEL_MAX_BYTES)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-' && label.ptr[i] != '_')
            return false;
    small_ascii(label, out);
    return true;
}

/* Each by itself: a label that is ASCII already is taken as it is, also where IDNA would not have it (r3---sn-x). */
static bool label_any(str label, struct buf *out) {
    char text[4 * LABEL_MAX_BYTES + 1];
    uint8_t *ascii = NULL;

    if (text_is_ascii(label))
        return label_ascii(label, out);
    if (label.len >= sizeof text)
        return false;
    memcpy(text, label.ptr, label.len);
    text[label.len] = '\0';
    int const ended = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NONTRANSITIONAL);

    if (ended == IDN2_MALLOC)
        out->failed = true;
    bool const good = ended == IDN2_OK && label_ascii(str_of((const char *)ascii), out);

    idn2_free(ascii);
    return good;
}

/* A name of labels; *labels: how many. */
static bool host(str v, struct buf *out, unsigned *labels) {
    size_t const from = out->len;

    for (*labels = 0; v.len; ++*labels) {
        size_t at = 0, width = 0;

        while (at < v.len && !(width = point(str_from(v, at))))
            at++;
        if (*labels)
            buf_byte(out, '.');
        if (!label_any(str_first(v, at), out))
            return false;
        v = str_from(v, at + width);
    }
    return *labels > 0 && !out->failed && out->len - from <= NAME_MAX_BYTES && out->ptr[from] != '-';
}

static bool domain(str v, struct buf *out, const char **why) {
    size_t const from = out->len;
    struct address a;
    unsigned labels;

    while (take(&v, S("*.")) || take(&v, S(".")))
        ; /* every name below it is meant anyway */
    if (address_of(v, &a))
        return no(why, "an address");
    if (!host(v, out, &labels))
        return no(why, "not a host name");
    size_t last = out->len;

    while (last > from && out->ptr[last - 1] != '.')
        last--;
    if (labels < 2)
        return no(why, "one word is no domain");
    for (size_t i = last; i < out->len; i++)
        if (!is_digit(out->ptr[i]))
            return true;
    return no(why, "not a host name: it ends in a number");
}

/* The host as it is looked for; key: host and what follows. */
static bool url_write(const struct web_address *w, struct buf *out) {
    struct address a;
    char text[ADDRESS_TEXT];
    unsigned labels;

    if (w->host.ptr[0] == '[') {
        if (!address_of(w->host, &a))
            return false;
        if (a.family == 6)
            buf_byte(out, '[');
        buf_add(out, address_format(&a, text));
        if (a.family == 6)
            buf_byte(out, ']');
    } else if (!text_is_ascii(w->host)) {
        if (!host(w->host, out, &labels))
            return false;
    } else {
        buf_add(out, w->host);
    }
    buf_add(out, str_from(w->key, w->host.len));
    return true;
}

static bool url(str v, struct buf *out, const char **why) {
    struct arena *const a = arena_new_of(16 * (size_t)OBSERVABLE_BYTES_MAX, 8 * v.len + 64);
    struct web_address w;

    /* All the room that is needed is taken at once, so that no memory is not taken for no address. */
    if (!a || !arena_bytes(a, 1)) {
        arena_free(a);
        out->failed = true;
        return no(why, "memory is out");
    }
    bool good = web_address_of(v, a, &w) || no(why, "not an address of the web");

    if (good && (w.cut || str_ends(w.key, S("..."))))
        good = no(why, "cut short");
    good = good && (url_write(&w, out) || no(why, "not an address of the web"));
    arena_free(a);
    return good;
}

static bool mail(str v, struct buf *out, const char **why) {
    size_t at = v.len;

    if (v.len > 2 && v.ptr[0] == '<' && v.ptr[v.len - 1] == '>')
        v = (str){v.ptr + 1, v.len - 2};
    if (v.len > 7 && str_eq_ascii(str_first(v, 7), S("mailto:")))
        v = str_from(v, 7);
    at = str_find_byte(v, '@');
    if (at == SIZE_MAX || at == 0)
        return no(why, "not a mail address");
    /* RFC 5322 3.2.3, and what RFC 6531 adds; quoted ones nobody has. */
    for (size_t i = 0; i < at; i++)
        if (!is_alnum(v.ptr[i]) && (unsigned char)v.ptr[i] < 0x80 && !memchr("!#$%&'*+-/=?^_`{|}~.", v.ptr[i], 20))
            return no(why, "not a mail address");
    str const local = str_first(v, at);
    char *const to = buf_reserve(out, 2 * at + 16);

    if (!to)
        return no(why, "memory is out");
    out->len += fold_text(local, to);
    buf_byte(out, '@');
    return domain(str_from(v, at + 1), out, why) || no(why, "not a mail address: its domain is none");
}

/* ---- digits ---- */

static bool hex_of(str v, size_t digits, struct buf *out) {
    if (v.len != digits)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!is_hex(v.ptr[i]))
            return false;
    small_ascii(v, out);
    return true;
}

static bool hex_32(str v, struct buf *out, const char **why) {
    return hex_of(v, 32, out) || no(why, "not 32 hexadecimal digits");
}

static bool hex_40(str v, struct buf *out, const char **why) {
    return hex_of(v, 40, out) || no(why, "not 40 hexadecimal digits");
}

static bool hex_64(str v, struct buf *out, const char **why) {
    return hex_of(v, 64, out) || no(why, "not 64 hexadecimal digits");
}

static bool hex_128(str v, struct buf *out, const char **why) {
    return hex_of(v, 128, out) || no(why, "not 128 hexadecimal digits");
}

/* JA4, JA4S, JA4H, JA4X: two to four parts, the last of them a hash. */
static bool ja4(str v, struct buf *out, const char **why) {
    size_t from = 0, parts = 0;

    for (size_t i = 0; i <= v.len; i++) {
        if (i < v.len && v.ptr[i] != '_') {
            if (!is_alnum(v.ptr[i]))
                return no(why, "not a JA4 fingerprint");
            continue;
        }
        bool const last = i == v.len;

        if (i - from < 4 || i - from > 12 || (last && i - from != 12))
            return no(why, "not a JA4 fingerprint");
        for (size_t k = from; last && k < i; k++)
            if (!is_hex(v.ptr[k]))
                return no(why, "not a JA4 fingerprint");
        from = i + 1;
        parts++;
    }
    if (parts < 2 || parts > 4)
        return no(why, "not a JA4 fingerprint");
    small_ascii(v, out);
    return true;
}

static bool certificate(str v, struct buf *out, const char **why) {
    size_t const from = out->len;

    if (v.len > 2 && v.ptr[0] == '0' && small(v.ptr[1]) == 'x')
        v = str_from(v, 2);
    for (size_t i = 0; i < v.len; i++) {
        if (i && (v.ptr[i] == ':' || v.ptr[i] == ' ' || v.ptr[i] == '-'))
            continue;
        if (!is_hex(v.ptr[i]))
            return no(why, "not a serial number");
        if (out->len == from + 1 && out->ptr[from] == '0')
            out->len = from;
        buf_byte(out, small(v.ptr[i]));
    }
    if (out->len - from > SERIAL_DIGITS_MAX)
        return no(why, "too long for a serial number");
    return true;
}

static bool phone(str v, struct buf *out, const char **why) {
    char digits[PHONE_DIGITS_MAX], text[PHONE_TEXT];
    size_t count = 0;
    str result;

    if (phone_e164(v, NULL, text, &result)) {
        buf_add(out, result);
        return true;
    }
    for (size_t i = 0; i < v.len; i++) {
        if (is_digit(v.ptr[i])) {
            if (count == PHONE_DIGITS_MAX)
                return no(why, "too long for a telephone number");
            digits[count++] = v.ptr[i];
        } else if (!is_blank(v.ptr[i]) && !memchr("-./()", v.ptr[i], 5)) {
            return no(why, "not a telephone number");
        }
    }
    if (count < PHONE_DIGITS_MIN)
        return no(why, "too short for a telephone number");
    if (phone_e164((str){digits, count}, NULL, text, &result))
        buf_add(out, result);
    else
        buf_add(out, (str){digits, count});
    return true;
}

/* Six pairs, three fours, or twelve digits. */
static bool mac(str v, struct buf *out, const char **why) {
    size_t digits = 0;
    size_t const group = v.len == 17 ? 2 : v.len == 14 ? 4 : v.len == 12 ? 12 : 0;

    if (!group)
        return no(why, "not a MAC address");
    for (size_t i = 0; i < v.len; i++) {
        if ((i + 1) % (group + 1) == 0) {
            if (v.ptr[i] != v.ptr[group] || !memchr(group == 4 ? "..." : ":-:", v.ptr[i], 3))
                return no(why, "not a MAC address");
            continue;
        }
        if (!is_hex(v.ptr[i]))
            return no(why, "not a MAC address");
        if (digits && digits % 2 == 0)
            buf_byte(out, ':');
        buf_byte(out, small(v.ptr[i]));
        digits++;
    }
    return true;
}

static bool as_number(str v, struct buf *out, const char **why) {
    uint64_t n;

    if (take(&v, S("as")))
        (void)take(&v, S("n"));
    if (!str_u64(str_trim(v), UINT32_MAX, &n))
        return no(why, "not a number of an autonomous system");
    buf_add(out, S("as"));
    buf_u64(out, n);
    return true;
}

/* ---- files ---- */

/* Stands for a folder that is another one on each machine: %temp%, <user>, *, $env:temp, ${home}, csidl_system, \\?\ */
static bool stands_for(str c) {
    char const first = c.ptr[0], last = c.ptr[c.len - 1];

    return (c.len > 2 && ((first == '%' && last == '%') || (first == '<' && last == '>'))) || str_eq(c, S("*")) ||
           str_eq(c, S("?")) || str_eq(c, S("??")) || str_eq(c, S("~")) || str_eq(c, S("$home")) ||
           str_starts(c, S("$env:")) || (str_starts(c, S("${")) && last == '}') || str_starts(c, S("csidl_"));
}

str observable_folder(str c) {
    static const struct {
        str name, folder;
    } known[] = {
        {STR("%appdata%"), STR("appdata/roaming")},
        {STR("%localappdata%"), STR("appdata/local")},
        {STR("%temp%"), STR("temp")}, /* of users and of the system */
        {STR("%tmp%"), STR("temp")},
        {STR("%systemroot%"), STR("windows")},
        {STR("%windir%"), STR("windows")},
        {STR("%windows%"), STR("windows")},
        {STR("%system%"), STR("windows/system32")},
        {STR("%system32%"), STR("windows/system32")},
        {STR("%syswow64%"), STR("windows/syswow64")},
        {STR("%programdata%"), STR("programdata")},
        {STR("%allusersprofile%"), STR("programdata")},
        {STR("%programfiles(x86)%"), STR("program files (x86)")},
        {STR("%public%"), STR("users/public")},
        {STR("systemroot"), STR("windows")},
        {STR("csidl_appdata"), STR("appdata/roaming")},
        {STR("csidl_local_appdata"), STR("appdata/local")},
        {STR("csidl_common_appdata"), STR("programdata")},
        {STR("csidl_windows"), STR("windows")},
        {STR("csidl_system"), STR("windows/system32")},
        {STR("csidl_systemx86"), STR("windows/syswow64")},
    };
    bool const variable = take(&c, S("$env:"));

    for (size_t i = 0; i < COUNT(known); i++)
        if (variable ? known[i].name.ptr[0] == '%' && str_eq(c, (str){known[i].name.ptr + 1, known[i].name.len - 2})
                     : str_eq(c, known[i].name))
            return known[i].folder;
    return S("");
}

/* The component at the start of v, trimmed; v: what is behind it. */
static str component(str *v) {
    size_t at = 0;

    while (at < v->len && v->ptr[at] != '/' && v->ptr[at] != '\\')
        at++;
    str const c = str_trim(str_first(*v, at));

    *v = str_from(*v, at + 1);
    return c;
}

/* Names of volumes, as far as c and what follows are one. */
static bool volume(str c, str *rest) {
    if (str_eq(c, S("globalroot")) || str_eq(c, S("file:")) || (str_starts(c, S("volume{")) && c.ptr[c.len - 1] == '}'))
        return true;
    if (!str_eq(c, S("device")))
        return false;
    str behind = *rest;
    str next = component(&behind);

    while (behind.len && (next.len == 0 || str_eq(next, S("."))))
        next = component(&behind);
    if (!str_starts(next, S("harddiskvolume")) && !str_eq(next, S("mup")))
        return false;
    *rest = behind;
    return true;
}

/* Of a path with a placeholder in it the part behind is known; paths are compared from their ends. */
static bool file_path(str v, struct buf *out, const char **why) {
    size_t const from = out->len;
    bool any = false;

    while (v.len) {
        str c = component(&v);

        while (out->len == from && c.len > 1 && c.ptr[1] == ':' && c.ptr[0] >= 'a' && c.ptr[0] <= 'z')
            c = str_trim(str_from(c, 2));
        if (c.len == 0 || str_eq(c, S(".")))
            continue;
        any = false;
        str const folder = out->len == from || stands_for(c) ? observable_folder(c) : S("");

        if (folder.len) {
            out->len = from;
            buf_add(out, folder);
        } else if (stands_for(c)) {
            out->len = from;
        } else if (out->len > from || !volume(c, &v)) {
            if (out->len > from)
                buf_byte(out, '/');
            buf_add(out, c);
            any = true;
        }
    }
    if (!any)
        return no(why, "names no file");
    for (size_t i = from; i < out->len; i++)
        if (out->ptr[i] == '*' || out->ptr[i] == '?')
            return no(why, "a pattern of names");
    return true;
}

static bool file_name(str v, struct buf *out, const char **why) {
    if (str_find_byte(v, '/') != SIZE_MAX || str_find_byte(v, '\\') != SIZE_MAX)
        return no(why, "a path, not a name");
    if (str_find_byte(v, '*') != SIZE_MAX || str_find_byte(v, '?') != SIZE_MAX)
        return no(why, "a pattern of names");
    if (str_eq(v, S(".")) || str_eq(v, S("..")))
        return no(why, "names no file");
    buf_add(out, v);
    return true;
}

/* ---- Windows ---- */

/* sessions\7\ */
static bool take_session(str *v) {
    str rest = *v;

    if (!take(&rest, S("sessions\\")) || !rest.len || !is_digit(rest.ptr[0]))
        return false;
    while (rest.len && is_digit(rest.ptr[0]))
        rest = str_from(rest, 1);
    if (!take(&rest, S("\\")))
        return false;
    *v = rest;
    return true;
}

static bool mutex(str v, struct buf *out, const char **why) {
    static const str places[] = {
        STR("\\"),       STR(".\\pipe\\"), STR("?\\pipe\\"),          STR("pipe\\"),
        STR("global\\"), STR("local\\"),   STR("basenamedobjects\\"), STR("device\\namedpipe\\")};

    for (size_t i = 0; i < COUNT(places); i++)
        if (take(&v, places[i]) || (i == 0 && take_session(&v))) {
            v = str_trim(v);
            i = SIZE_MAX; /* from the first on */
        }
    if (!v.len)
        return no(why, "names nothing");
    buf_add(out, v);
    return true;
}

/* The hive at the start of v, in short. */
static bool hive(str *v, struct buf *out) {
    static const struct {
        str name, is;
    } hives[] = {
        {STR("hkey_local_machine"), STR("hklm")},
        {STR("hklm"), STR("hklm")},
        {STR("registry\\machine"), STR("hklm")},
        {STR("hkey_current_user"), STR("hkcu")},
        {STR("hkcu"), STR("hkcu")},
        {STR("hkey_users"), STR("hku")},
        {STR("hku"), STR("hku")},
        {STR("registry\\user"), STR("hku")},
        {STR("hkey_classes_root"), STR("hklm\\software\\classes")}, /* where it is kept for all users */
        {STR("hkcr"), STR("hklm\\software\\classes")},
        {STR("hkey_current_config"), STR("hkcc")},
        {STR("hkcc"), STR("hkcc")},
    };

    for (size_t i = 0; i < COUNT(hives); i++) {
        str rest = *v;

        if (!take(&rest, hives[i].name))
            continue;
        (void)take(&rest, S(":")); /* PowerShell */
        if (!take(&rest, S("\\")))
            continue;
        buf_add(out, hives[i].is);
        *v = rest;
        return true;
    }
    return false;
}

/* hku\s-1-5-21-... is what its user sees as hkcu. `out` ends in hku or hklm. */
static void below_hive(str v, struct buf *out, size_t from) {
    str const key = {out->ptr + from, out->len - from};
    size_t const at = str_find_byte(v, '\\');
    str const first = str_first(v, at), rest = at == SIZE_MAX ? S("") : str_from(v, at);
    bool const user = str_starts(first, S("s-1-5-21-")) || str_starts(first, S("s-1-12-1-"));
    str set = v;

    if (str_eq(key, S("hku")) && user) {
        out->len = from;
        buf_add(out, str_ends(first, S("_classes")) ? S("hkcu\\software\\classes") : S("hkcu"));
        buf_add(out, rest);
    } else if (str_eq(key, S("hklm")) && take(&set, S("system\\controlset")) && set.len >= 3 && is_digit(set.ptr[0]) &&
               is_digit(set.ptr[1]) && is_digit(set.ptr[2]) && (set.len == 3 || set.ptr[3] == '\\')) {
        buf_add(out, S("\\system\\currentcontrolset"));
        buf_add(out, str_from(set, 3));
    } else {
        buf_byte(out, '\\');
        buf_add(out, v);
    }
}

static bool registry(str v, struct buf *out, const char **why) {
    static const str before[] = {STR("\\"), STR("computer\\"), STR("registry::"), STR("microsoft.powershell.core\\")};
    char room[2 * OBSERVABLE_BYTES_MAX + 16];
    bool const slashes = str_find_byte(v, '\\') == SIZE_MAX;
    size_t len = 0;

    for (size_t i = 0; i < v.len; i++) {
        char const c = slashes && v.ptr[i] == '/' ? '\\' : v.ptr[i];

        if (c != '\\' || !len || room[len - 1] != '\\') /* doubled for somebody's strings */
            room[len++] = c;
    }
    while (len && (is_blank(room[len - 1]) || room[len - 1] == '\\'))
        len--;
    v = (str){room, len};
    for (size_t i = 0; i < COUNT(before); i++)
        if (take(&v, before[i]))
            i = SIZE_MAX; /* from the first on */
    size_t const from = out->len;

    if (!hive(&v, out))
        return no(why, "no hive of the registry and a key below it");
    if (out->failed)
        return no(why, "memory is out");
    below_hive(v, out, from);
    return str_find_byte((str){out->ptr + from, out->len - from}, '\\') != SIZE_MAX ||
           no(why, "no hive of the registry and a key below it");
}

/* ---- words ---- */

static bool as_is(str v, struct buf *out, const char **why) {
    (void)why;
    buf_add(out, v);
    return true;
}

static bool blanks_together(str v, struct buf *out, const char **why) {
    (void)why;
    for (size_t i = 0; i < v.len; i++)
        if (!is_blank(v.ptr[i]))
            buf_byte(out, v.ptr[i]);
        else if (!is_blank(v.ptr[i - 1])) /* trimmed: the first byte is none */
            buf_byte(out, ' ');
    return true;
}

static bool without_first(str v, str first, struct buf *out, const char **why) {
    while (take(&v, first))
        v = str_trim(v);
    if (!v.len)
        return no(why, "names nothing");
    buf_add(out, v);
    return true;
}

/* Tasks are paths that begin with a backslash. */
static bool service(str v, struct buf *out, const char **why) {
    return without_first(v, S("\\"), out, why);
}

/* .\name: of this machine. */
static bool account(str v, struct buf *out, const char **why) {
    return without_first(v, S(".\\"), out, why);
}

static bool text(str v, struct buf *out, const char **why) {
    buf_add(out, v);
    return v.len >= OBSERVABLE_TEXT_MIN || no(why, "too short to be looked for in texts");
}

/* ---- all of them ---- */

static const struct {
    str name;
    bool folded; /* it is given small letters */
    bool (*write)(str v, struct buf *out, const char **why);
} types[OBSERVABLES] = {
    [OBSERVABLE_ADDRESS] = {STR("address"), false, address},
    [OBSERVABLE_NETWORK] = {STR("network"), false, network},
    [OBSERVABLE_DOMAIN] = {STR("domain"), false, domain},
    [OBSERVABLE_URL] = {STR("url"), false, url},
    [OBSERVABLE_MD5] = {STR("md5"), false, hex_32},
    [OBSERVABLE_SHA1] = {STR("sha1"), false, hex_40},
    [OBSERVABLE_SHA256] = {STR("sha256"), false, hex_64},
    [OBSERVABLE_SHA512] = {STR("sha512"), false, hex_128},
    [OBSERVABLE_IMPHASH] = {STR("imphash"), false, hex_32},
    [OBSERVABLE_JA3] = {STR("ja3"), false, hex_32},
    [OBSERVABLE_JA4] = {STR("ja4"), false, ja4},
    [OBSERVABLE_CERTIFICATE] = {STR("certificate"), false, certificate},
    [OBSERVABLE_MAIL] = {STR("mail"), false, mail},
    [OBSERVABLE_SUBJECT] = {STR("subject"), true, blanks_together},
    [OBSERVABLE_FILE_NAME] = {STR("file-name"), true, file_name},
    [OBSERVABLE_FILE_PATH] = {STR("file-path"), true, file_path},
    [OBSERVABLE_USER_AGENT] = {STR("user-agent"), false, as_is},
    [OBSERVABLE_COMMAND] = {STR("command"), true, blanks_together},
    [OBSERVABLE_MUTEX] = {STR("mutex"), true, mutex},
    [OBSERVABLE_REGISTRY] = {STR("registry"), true, registry},
    [OBSERVABLE_SERVICE] = {STR("service"), true, service},
    [OBSERVABLE_ACCOUNT] = {STR("account"), true, account},
    [OBSERVABLE_PHONE] = {STR("phone"), false, phone},
    [OBSERVABLE_MAC] = {STR("mac"), false, mac},
    [OBSERVABLE_AS] = {STR("as"), true, as_number},
    [OBSERVABLE_TEXT] = {STR("text"), true, text},
};

str observable_name(enum observable type) {
    return type > OBSERVABLE_NONE && type < OBSERVABLES ? types[type].name : S("");
}

enum observable observable_named(str name) {
    for (unsigned i = OBSERVABLE_NONE + 1; i < OBSERVABLES; i++)
        if (str_eq_ascii(name, types[i].name))
            return (enum observable)i;
    return OBSERVABLE_NONE;
}

static bool usable(str v, const char **why) {
    if (v.len == 0)
        return no(why, "empty");
    if (v.len > OBSERVABLE_BYTES_MAX)
        return no(why, "too long");
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.ptr[i] < 0x20 && !is_blank(v.ptr[i]))
            return no(why, "it holds control characters");
    return utf8_valid(v) == v.len || no(why, "not UTF-8");
}

bool observable_canonical(enum observable type, str value, struct buf *out, const char **why) {
    size_t const from = out->len;
    char room[2 * OBSERVABLE_BYTES_MAX + 16];
    str v = str_trim(value);

    if (type <= OBSERVABLE_NONE || type >= OBSERVABLES)
        return no(why, "of no type that is known");
    if (out->failed)
        return no(why, "memory is out");
    if (!usable(v, why))
        return false;
    if (types[type].folded)
        v = (str){room, fold_text(v, room)};
    if (types[type].write(v, out, why) && !out->failed &&
        (out->len - from <= OBSERVABLE_BYTES_MAX || no(why, "too long")))
        return true;
    if (out->failed)
        *why = "memory is out";
    out->len = from;
    return false;
}
