/* kind_derive: values under other names and in other forms: what 4688 says, as Sysmon would have said it.
 *
 * Every function here sees one value of each input. A value that a transform cannot read yields nothing, so that
 * nothing is invented; where the unread value is itself an answer (a path without device, a registry value that is
 * no number) it stays as it is. Tables and forms: sigma-logsources 4.11 and 5. */
#include "event/kind.h"

#include <assert.h>

#include "base/address.h"

#define NO_MEMORY SIZE_MAX

/* Results of one call. */
struct out {
    str *values;
    size_t count;
    bool full; /* the arena is */
    struct arena *a;
};

static void give(struct out *o, str value) {
    if (o->count < DERIVE_VALUES_MAX)
        o->values[o->count++] = value;
}

/* Room for len bytes of a new value, or NULL. */
static char *room(struct out *o, size_t len) {
    char *const p = arena_bytes(o->a, len);

    if (!p)
        o->full = true;
    return p;
}

static char *put(char *to, str s) {
    memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* head and tail as one value. */
static void give_joined(struct out *o, str head, str tail) {
    char *const p = room(o, head.len + tail.len);

    if (!p)
        return;
    put(put(p, head), tail);
    give(o, (str){p, head.len + tail.len});
}

static bool starts_ascii(str s, str with) {
    return s.len >= with.len && str_eq_ascii(str_first(s, with.len), with);
}

/* What stands for "nothing" in Windows events. */
static bool is_void(str s) {
    return s.len == 0 || (s.len == 1 && s.ptr[0] == '-');
}

static bool hex_digit(char c, unsigned *digit) {
    if (c >= '0' && c <= '9')
        *digit = (unsigned)(c - '0');
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        *digit = (unsigned)((c | 0x20) - 'a') + 10;
    else
        return false;
    return true;
}

/* 0x1a4 or 420. */
static bool number_parse(str s, uint64_t *n) {
    unsigned digit;

    s = str_trim(s);
    if (!starts_ascii(s, S("0x")))
        return str_u64(s, UINT64_MAX, n);
    s = str_from(s, 2);
    if (s.len == 0)
        return false;
    *n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!hex_digit(s.ptr[i], &digit) || *n >> 60)
            return false;
        *n = *n << 4 | digit;
    }
    return true;
}

static void give_number(struct out *o, const char *fmt, uint64_t n) {
    char text[48];
    int const len = snprintf(text, sizeof text, fmt, (unsigned long long)n);
    char *p;

    assert(len > 0 && (size_t)len < sizeof text);
    if ((p = room(o, (size_t)len)))
        give(o, (str){put(p, (str){text, (size_t)len}) - len, (size_t)len});
}

/* The template's text with its inputs; \1 to \4 stand for them (kind_load.c). */
static void join(struct out *o, const struct kind_source *source, const str *inputs, const bool *present) {
    size_t len = 0;
    char *p, *at;

    for (size_t i = 0; i < source->input_count; i++)
        if (!present[i] || is_void(inputs[i]))
            return;
    for (size_t i = 0; i < source->text.len; i++) {
        unsigned char const c = (unsigned char)source->text.ptr[i];

        len += c >= 1 && c <= source->input_count ? inputs[c - 1].len : 1;
    }
    if (!(p = at = room(o, len)))
        return;
    for (size_t i = 0; i < source->text.len; i++) {
        unsigned char const c = (unsigned char)source->text.ptr[i];

        if (c >= 1 && c <= source->input_count)
            at = put(at, inputs[c - 1]);
        else
            *at++ = (char)c;
    }
    assert((size_t)(at - p) == len);
    give(o, (str){p, len});
}

static void map(struct out *o, const struct kind_source *source, str value) {
    for (size_t i = 0; i < source->map_count; i++)
        if (str_eq_ascii(source->map[2 * i], value)) {
            give(o, source->map[2 * i + 1]);
            return;
        }
}

/* The kernel's name of a volume does not tell its letter; rules are written for C: (sigma-logsources 5.2). */
static void dos_path(struct out *o, str value) {
    static const str device = STR("\\device\\harddiskvolume");
    size_t at = device.len;

    if (!starts_ascii(value, device)) {
        give(o, value);
        return;
    }
    while (at < value.len && value.ptr[at] >= '0' && value.ptr[at] <= '9')
        at++;
    if (at == device.len || at == value.len || value.ptr[at] != '\\')
        give(o, value);
    else
        give_joined(o, S("C:"), str_from(value, at));
}

/* From \REGISTRY\... to the abbreviations of Sysmon, two steps: the root, then inside HKLM the current control set.
 * Sysmon writes HKLM\SOFTWARE\Classes as HKCR in some events and in full in others: both are given. */
static void registry_path(struct out *o, const struct kind_source *source, const str *inputs, const bool *present) {
    static const struct {
        str from, to;
    } roots[] = {
        {STR("\\REGISTRY\\MACHINE"), STR("HKLM")},
        {STR("\\REGISTRY\\USER"), STR("HKU")},
        {STR("HKEY_LOCAL_MACHINE"), STR("HKLM")},
        {STR("HKEY_USERS"), STR("HKU")},
    };
    static const str control = STR("HKLM\\SYSTEM\\ControlSet");
    static const str classes = STR("HKLM\\SOFTWARE\\Classes");
    str key = inputs[0], rest = key, head = {"", 0};
    str const name = source->input_count > 1 && present[1] && !is_void(inputs[1]) ? inputs[1] : S("");
    size_t len;
    char *p, *at;

    for (size_t i = 0; i < COUNT(roots); i++)
        if (starts_ascii(key, roots[i].from) && (key.len == roots[i].from.len || key.ptr[roots[i].from.len] == '\\')) {
            head = roots[i].to;
            rest = str_from(key, roots[i].from.len);
            break;
        }
    /* Room also for CurrentControlSet, which is longer by 4 than ControlSet001. */
    if (!(p = at = room(o, head.len + rest.len + 1 + name.len + 8)))
        return;
    at = put(put(at, head), rest);
    if (name.len > 0) {
        *at++ = '\\';
        at = put(at, name);
    }
    len = (size_t)(at - p);
    key = (str){p, len};
    if (starts_ascii(key, control) && len >= control.len + 3 &&
        (len == control.len + 3 || p[control.len + 3] == '\\')) {
        size_t const set = control.len - (sizeof "ControlSet" - 1);
        bool digits = true;

        for (size_t i = control.len; i < control.len + 3; i++)
            digits = digits && p[i] >= '0' && p[i] <= '9';
        if (digits) {
            static const str current = STR("CurrentControlSet");

            memmove(p + set + current.len, p + control.len + 3, len - control.len - 3);
            put(p + set, current);
            len = set + current.len + (len - control.len - 3);
            key = (str){p, len};
        }
    }
    give(o, key);
    if (starts_ascii(key, classes) && (key.len == classes.len || key.ptr[classes.len] == '\\'))
        give_joined(o, S("HKCR"), str_from(key, classes.len));
}

/* NewValue by NewValueType, which is a message number in EVTX and its text elsewhere (sigma-logsources 5.3). */
static void registry_data(struct out *o, const struct kind_source *source, const str *inputs, const bool *present) {
    str const type = source->input_count > 1 && present[1] ? str_trim(inputs[1]) : S("");
    uint64_t n;

    if (str_eq_ascii(type, S("%%1875")) || str_eq_ascii(type, S("REG_BINARY")))
        give(o, S("Binary Data"));
    else if ((str_eq_ascii(type, S("%%1876")) || str_eq_ascii(type, S("REG_DWORD"))) && number_parse(inputs[0], &n) &&
             n <= UINT32_MAX)
        give_number(o, "DWORD (0x%08llx)", n);
    else if ((str_eq_ascii(type, S("%%1883")) || str_eq_ascii(type, S("REG_QWORD"))) && number_parse(inputs[0], &n)) {
        char text[40];
        int const len = snprintf(text, sizeof text, "QWORD (0x%08x-0x%08x)", (unsigned)(n >> 32), (unsigned)n);
        char *p;

        assert(len > 0 && (size_t)len < sizeof text);
        if ((p = room(o, (size_t)len)))
            give(o, (str){put(p, (str){text, (size_t)len}) - len, (size_t)len});
    } else
        give(o, inputs[0]);
}

/* Services write the client of a request in many ways: alone, with its port, IPv6 in brackets with or without one, IPv4 as
 * IPv6; behind what it came by, as in ssh(192.0.2.1); with port and interface, as in 192.0.2.1:52878:X0. */
static void address(struct out *o, str value) {
    static const str mapped = STR("::ffff:");
    struct address plain;
    size_t end;

    value = str_trim(value);
    if (value.len > 1 && value.ptr[value.len - 1] == ')' && (end = str_find_byte(value, '(')) != SIZE_MAX)
        value = str_first(str_from(value, end + 1), value.len - end - 2);
    if (str_starts(value, S("[")) && (end = str_find_byte(value, ']')) != SIZE_MAX &&
        (end + 1 == value.len || value.ptr[end + 1] == ':'))
        value = str_first(str_from(value, 1), end - 1);
    else if ((end = str_find_byte(value, ':')) != SIZE_MAX && str_find_byte(str_first(value, end), '.') != SIZE_MAX)
        value = str_first(value, end); /* IPv4, and a port */
    if (starts_ascii(value, mapped) && address_parse(str_from(value, mapped.len), &plain) && plain.family == 4)
        value = str_from(value, mapped.len);
    if (address_parse(value, &plain))
        give(o, value);
}

static void lower(struct out *o, str value) {
    char *const p = room(o, value.len);

    for (size_t i = 0; p && i < value.len; i++)
        p[i] = value.ptr[i] >= 'A' && value.ptr[i] <= 'Z' ? (char)(value.ptr[i] | 0x20) : value.ptr[i];
    if (p)
        give(o, (str){p, value.len});
}

/* The first comma outside quotes, or SIZE_MAX. */
static size_t item_end(str value) {
    bool quoted = false;

    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '"')
            quoted = !quoted;
        else if (value.ptr[i] == ',' && !quoted)
            return i;
    return SIZE_MAX;
}

/* SHA1=..,MD5=.. in any order; also one alone; type="LOGIN_ERROR", userId="null". */
static void labelled(struct out *o, str label, str constant, str value) {
    while (value.len > 0) {
        size_t const comma = item_end(value);
        str const item = str_trim(str_first(value, comma));

        if (starts_ascii(item, label) && item.len > label.len && item.ptr[label.len] == '=') {
            str part = str_trim(str_from(item, label.len + 1));

            if (part.len >= 2 && part.ptr[0] == '"' && part.ptr[part.len - 1] == '"')
                part = str_first(str_from(part, 1), part.len - 2);
            if (!str_eq(part, S("null")))
                give(o, constant.len ? constant : part);
        }
        value = comma == SIZE_MAX ? S("") : str_from(value, comma + 1);
    }
}

/* IIS: Mozilla/5.0+(X11). */
static void unplus(struct out *o, str value) {
    char *const p = room(o, value.len);

    for (size_t i = 0; p && i < value.len; i++)
        p[i] = value.ptr[i] == '+' ? ' ' : value.ptr[i];
    if (p)
        give(o, (str){p, value.len});
}

static size_t find_ascii(str text, str what) {
    for (size_t at = 0; at + what.len <= text.len; at++)
        if (starts_ascii(str_from(text, at), what))
            return at;
    return SIZE_MAX;
}

/* <Exec><Command>x</Command></Exec>: x. */
static void between(struct out *o, str begin, str end, str value) {
    size_t const at = find_ascii(value, begin);
    str const rest = at == SIZE_MAX ? S("") : str_from(value, at + begin.len);
    str const part = str_trim(end.len ? str_first(rest, find_ascii(rest, end)) : rest);

    if (part.len)
        give(o, part);
}

/* file:_C:\a; containerfile:_C:\b.zip. Letters may stand in front of the label. */
static void split(struct out *o, str label, str value) {
    while (value.len > 0) {
        size_t const end = str_find_byte(value, ';');
        str const piece = str_trim(str_first(value, end));
        size_t at = 0;

        if (piece.len > 0)
            give(o, piece);
        while (label.len > 0 && at < piece.len && !starts_ascii(str_from(piece, at), label) &&
               (piece.ptr[at] | 0x20) >= 'a' && (piece.ptr[at] | 0x20) <= 'z')
            at++;
        if (label.len > 0 && starts_ascii(str_from(piece, at), label) && at + label.len < piece.len)
            give(o, str_from(piece, at + label.len));
        value = end == SIZE_MAX ? S("") : str_from(value, end + 1);
    }
}

/* A part of a URL, which may be a path alone, or host and port alone, as CONNECT has it (RFC 9112 3.2). */
static void url_part(struct out *o, enum derive part, str url) {
    size_t const scheme = str_find(url, S("://")), question = str_find_byte(url, '?');
    bool const whole = scheme != SIZE_MAX && scheme > 0 && str_find_byte(url, '/') == scheme + 1 && scheme < question;
    str const behind = whole ? str_from(url, scheme + 3) : url;
    size_t const slash = str_find_byte(str_first(behind, str_find_byte(behind, '?')), '/');
    str host = str_first(behind, slash < str_find_byte(behind, '?') ? slash : str_find_byte(behind, '?'));
    str path = slash == SIZE_MAX ? S("") : str_from(behind, slash);
    size_t at;

    path = str_first(path, str_find_byte(path, '?'));
    switch (part) {
    case DERIVE_URL_HOST:
        if ((at = str_find_byte(host, '@')) != SIZE_MAX)
            host = str_from(host, at + 1);
        if (host.len > 0 && host.ptr[0] == '[')
            host = str_find_byte(host, ']') == SIZE_MAX ? S("") : (str){host.ptr + 1, str_find_byte(host, ']') - 1};
        else
            host = str_first(host, str_find_byte(host, ':'));
        if (host.len > 0)
            give(o, host);
        return;
    case DERIVE_URL_PATH:
        if (path.len > 0)
            give(o, path);
        else if (whole)
            give(o, S("/"));
        return;
    case DERIVE_URL_QUERY:
        if (question != SIZE_MAX)
            give(o, str_from(url, question + 1));
        return;
    default:
        while ((at = str_find_byte(path, '/')) != SIZE_MAX)
            path = str_from(path, at + 1);
        for (bool found = false; (at = str_find_byte(path, '.')) != SIZE_MAX || found; found = true) {
            if (at == SIZE_MAX) {
                if (path.len > 0)
                    give(o, path);
                return;
            }
            path = str_from(path, at + 1);
        }
    }
}

/* A part of METHOD target HTTP/version; blanks in the target are its own. */
static void request_part(struct out *o, enum derive part, str request) {
    size_t const blank = str_find_byte(request, ' ');
    size_t last = request.len;

    if (blank == SIZE_MAX || blank == 0)
        return;
    while (last > 0 && request.ptr[last - 1] != ' ')
        last--;
    if (!starts_ascii(str_from(request, last), S("HTTP/")))
        last = request.len + 1;
    if (last <= blank + 2)
        return;
    str const target = {request.ptr + blank + 1, last - 1 - (blank + 1)};

    if (part == DERIVE_REQUEST_METHOD)
        give(o, str_first(request, blank));
    else if (part == DERIVE_REQUEST_TARGET)
        give(o, target);
    else
        url_part(o, part == DERIVE_REQUEST_PATH ? DERIVE_URL_PATH : DERIVE_URL_QUERY, target);
}

static void e164(struct out *o, const struct kind_source *source, str value) {
    const struct phone_country *const home = source->home ? *source->home : NULL;
    char text[PHONE_TEXT];
    str result;
    char *p;

    value = str_trim(value);
    if (value.len == 0)
        return;
    if (!phone_e164(value, home, text, &result)) {
        give(o, value);
        return;
    }
    if (!(p = room(o, result.len)))
        return;
    put(p, result);
    give(o, (str){p, result.len});
}

/* [Cisco Unified CM, Call Detail Records Administration Guide, "IP addresses"]: 32 bits, the bytes from the lowest up, as a
 * signed number. */
static void ipv4_signed(struct out *o, str value) {
    bool const negative = str_starts(value, S("-"));
    char text[16];
    uint64_t n;
    char *p;

    if (!str_u64(str_from(value, negative), negative ? UINT64_C(1) << 31 : UINT32_MAX, &n) || n == 0)
        return;
    uint32_t const bits = negative ? (uint32_t)(0 - n) : (uint32_t)n;
    int const len =
        snprintf(text, sizeof text, "%u.%u.%u.%u", bits & 255, bits >> 8 & 255, bits >> 16 & 255, bits >> 24);

    assert(len > 0 && (size_t)len < sizeof text);
    if (!(p = room(o, (size_t)len)))
        return;
    put(p, (str){text, (size_t)len});
    give(o, (str){p, (size_t)len});
}

/* [RFC 9110] 15: 2xx was received, understood and accepted; 4xx and 5xx were not answered as asked; 1xx and 3xx say that
 * more is to come. */
static void http_outcome(struct out *o, str value) {
    uint64_t status;

    value = str_trim(value);
    if (value.len != 3 || !str_u64(value, 599, &status) || status < 200 || status / 100 == 3)
        return;
    give(o, status < 300 ? S("success") : S("failure"));
}

size_t kind_derive(const struct kind_source *source, const str *inputs, const bool *present, struct arena *a,
                   str out[DERIVE_VALUES_MAX]) {
    struct out o = {.values = out, .a = a};
    uint64_t n;

    assert(source->input_count >= 1);
    assert(source->input_count <= DERIVE_INPUTS_MAX);
    if (source->how == DERIVE_JOIN)
        join(&o, source, inputs, present);
    else if (present[0])
        switch (source->how) {
        case DERIVE_COPY:
            give(&o, inputs[0]);
            break;
        case DERIVE_JOIN:
            break;
        case DERIVE_MAP:
            map(&o, source, inputs[0]);
            break;
        case DERIVE_DECIMAL:
            if (number_parse(inputs[0], &n))
                give_number(&o, "%llu", n);
            break;
        case DERIVE_HEX:
            if (number_parse(inputs[0], &n))
                give_number(&o, "0x%llx", n);
            break;
        case DERIVE_DOS_PATH:
            dos_path(&o, inputs[0]);
            break;
        case DERIVE_REGISTRY_PATH:
            registry_path(&o, source, inputs, present);
            break;
        case DERIVE_REGISTRY_DATA:
            registry_data(&o, source, inputs, present);
            break;
        case DERIVE_ADDRESS:
            address(&o, inputs[0]);
            break;
        case DERIVE_LOWER:
            lower(&o, inputs[0]);
            break;
        case DERIVE_CONSTANT:
            if (!is_void(inputs[0]))
                give(&o, source->text);
            break;
        case DERIVE_LABELLED:
            labelled(&o, source->text, source->constant, inputs[0]);
            break;
        case DERIVE_BETWEEN:
            between(&o, source->text, source->constant, inputs[0]);
            break;
        case DERIVE_AFTER:
            break;
        case DERIVE_UNPLUS:
            unplus(&o, inputs[0]);
            break;
        case DERIVE_E164:
            e164(&o, source, inputs[0]);
            break;
        case DERIVE_IPV4_SIGNED:
            ipv4_signed(&o, inputs[0]);
            break;
        case DERIVE_SPLIT:
            split(&o, source->text, inputs[0]);
            break;
        case DERIVE_URL_HOST:
        case DERIVE_URL_PATH:
        case DERIVE_URL_QUERY:
        case DERIVE_URL_EXTENSION:
            url_part(&o, source->how, inputs[0]);
            break;
        case DERIVE_REQUEST_METHOD:
        case DERIVE_REQUEST_TARGET:
        case DERIVE_REQUEST_PATH:
        case DERIVE_REQUEST_QUERY:
            request_part(&o, source->how, inputs[0]);
            break;
        case DERIVE_HTTP_OUTCOME:
            http_outcome(&o, inputs[0]);
            break;
        }
    return o.full ? NO_MEMORY : o.count;
}
