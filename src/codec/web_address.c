/* web_address: in one pass over each part of the address, into a text that is at most three times as long. */
#include "codec/web_address.h"

#include "base/utf.h"

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* RFC 3986 2.3 */
static bool unreserved(unsigned char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* What no address holds as it is; browsers encode it, and so do proxies, or they do not. */
static bool must_encode(unsigned char c) {
    return c <= 0x20 || c >= 0x7f || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == '^' ||
           c == '`' || c == '{' || c == '|' || c == '}';
}

static int hex_of(char c) {
    if (is_digit((unsigned char)c))
        return c - '0';
    c = small(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of a text that goes into room. */
struct writing {
    char *room;
    size_t len;
};

static void put(struct writing *w, char c) {
    w->room[w->len++] = c;
}

static void put_encoded(struct writing *w, unsigned char c) {
    static const char hex[] = "0123456789ABCDEF";

    put(w, '%');
    put(w, hex[c >> 4]);
    put(w, hex[c & 15]);
}

static str written(const struct writing *w) {
    return (str){w->room, w->len};
}

/* What stands behind an `&` of HTML and is no part of the address, in bytes. However often it was written as HTML. */
static size_t ampersand(str s) {
    static const str forms[] = {STR("amp;"), STR("#38;"), STR("#038;"), STR("#x26;")};
    size_t n = 0;

    for (size_t i = 0; i < COUNT(forms); i++)
        if (s.len - n >= forms[i].len && str_eq_ascii(str_first(str_from(s, n), forms[i].len), forms[i])) {
            n += forms[i].len;
            i = SIZE_MAX; /* from the first on */
        }
    return n;
}

/* In place, what was written from `from` on. */
static void without_html(struct writing *w, size_t from) {
    size_t to = from;

    for (size_t i = from; i < w->len; i++) {
        w->room[to++] = w->room[i];
        if (w->room[i] == '&')
            i += ampersand((str){w->room + i + 1, w->len - i - 1});
    }
    w->len = to;
}

/* Without what browsers take no notice of, fragment and all. False: no memory. */
static bool without_noise(str *s, struct arena *a) {
    struct writing w = {arena_bytes(a, s->len), 0};
    bool in_query = false;

    if (!w.room)
        return false;
    *s = str_trim(*s);
    for (size_t i = 0; i < s->len; i++)
        if (s->ptr[i] != '\t' && s->ptr[i] != '\n' && s->ptr[i] != '\r')
            put(&w, s->ptr[i]);
    without_html(&w, 0);
    w.len = str_find_byte(written(&w), '#') < w.len ? str_find_byte(written(&w), '#') : w.len;
    for (size_t i = 0; i < w.len && !in_query; i++) {
        in_query = w.room[i] == '?';
        w.room[i] = w.room[i] == '\\' ? '/' : w.room[i];
    }
    *s = written(&w);
    return true;
}

/* ---- its parts ---- */

/* Takes `scheme:` off the front; *bare: what is behind it is only a host whatever the path says (a proxy's tunnel). False: a
 * scheme that is not of the web. */
static bool scheme(str *s, bool *bare) {
    static const struct {
        str name;
        bool bare;
    } known[] = {{STR("http"), false}, {STR("https"), false}, {STR("ws"), false},
                 {STR("wss"), false},  {STR("ssl"), true},    {STR("tcp"), true}};
    size_t const at = str_find(*s, S("://"));
    size_t const ends = str_find_byte(*s, '/');

    *bare = false;
    if (str_starts(*s, S("//"))) {
        *s = str_from(*s, 2);
        return true;
    }
    if (at == SIZE_MAX || ends != at + 1)
        return true; /* none */
    for (size_t i = 0; i < at; i++)
        if (!is_letter((unsigned char)s->ptr[i]) && !is_digit((unsigned char)s->ptr[i]) && s->ptr[i] != '+' &&
            s->ptr[i] != '-' && s->ptr[i] != '.')
            return true; /* another address in the query */
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq_ascii(str_first(*s, at), known[i].name)) {
            *bare = known[i].bare;
            *s = str_from(*s, at + 3);
            return true;
        }
    return false;
}

/* [::1], a name, or an address of four numbers. ASCII is checked, other signs are left to whoever registers names. */
static bool host_good(str host) {
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        for (size_t i = 1; i < host.len - 1; i++)
            if (hex_of(host.ptr[i]) < 0 && host.ptr[i] != ':' && host.ptr[i] != '.')
                return false;
        return true;
    }
    for (size_t i = 0; i < host.len; i++) {
        unsigned char const c = (unsigned char)host.ptr[i];

        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_' && c != '.' && c < 0x80)
            return false;
    }
    return utf8_valid(host) == host.len && host.len > 0 && host.len <= 255 && host.ptr[0] != '.' && host.ptr[0] != '-';
}

/* A port that is there and need not be is taken off; *port: the others. */
static bool port_of(str *authority, str *port) {
    size_t at = authority->len;
    uint64_t n;

    *port = S("");
    while (at > 0 && is_digit((unsigned char)authority->ptr[at - 1]))
        at--;
    if (at == 0 || authority->ptr[at - 1] != ':')
        return true;
    str const digits = str_from(*authority, at);

    *authority = str_first(*authority, at - 1);
    if (!digits.len)
        return true;
    if (!str_u64(digits, 65535, &n))
        return false;
    if (n != 80 && n != 443)
        *port = digits;
    while (port->len > 1 && port->ptr[0] == '0')
        *port = str_from(*port, 1);
    return true;
}

static void put_part(struct writing *w, str part) {
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];

        if (c == '%' && part.len - i > 2 && hex_of(part.ptr[i + 1]) >= 0 && hex_of(part.ptr[i + 2]) >= 0) {
            c = (unsigned char)(hex_of(part.ptr[i + 1]) << 4 | hex_of(part.ptr[i + 2]));
            i += 2;
            if (unreserved(c))
                put(w, (char)c);
            else
                put_encoded(w, c);
        } else if (must_encode(c) || c == '%') { /* one that begins nothing is itself */
            put_encoded(w, c);
        } else {
            put(w, (char)c);
        }
    }
}

/* Signs of it may be encoded. */
static void put_host(struct writing *w, str host) {
    for (size_t i = 0; i < host.len; i++) {
        bool const encoded =
            host.ptr[i] == '%' && host.len - i > 2 && hex_of(host.ptr[i + 1]) >= 0 && hex_of(host.ptr[i + 2]) >= 0;

        put(w, encoded ? small((char)(hex_of(host.ptr[i + 1]) << 4 | hex_of(host.ptr[i + 2]))) : small(host.ptr[i]));
        i += encoded ? 2 : 0;
    }
    while (w->len && w->room[w->len - 1] == '.')
        w->len--;
}

/* RFC 3986 5.2.4 of what was written from `from` on, which begins with a slash. */
static void undot(struct writing *w, size_t from) {
    size_t to = from;

    for (size_t i = from; i < w->len;) {
        str const left = {w->room + i, w->len - i};
        str const segment = str_first(left, 1 + (str_find_byte(str_from(left, 1), '/') < left.len - 1
                                                     ? str_find_byte(str_from(left, 1), '/')
                                                     : left.len - 1));
        bool const last = i + segment.len == w->len;

        i += segment.len;
        if (str_eq(segment, S("/.")) || str_eq(segment, S("/.."))) {
            if (segment.len == 3)
                while (to > from && w->room[--to] != '/')
                    ;
            if (last)
                w->room[to++] = '/';
            continue;
        }
        memmove(w->room + to, segment.ptr, segment.len);
        to += segment.len;
    }
    w->len = to;
}

static str uncut(str s, bool *cut) {
    static const str marks[] = {STR("..."), STR("\xe2\x80\xa6")};

    *cut = false;
    for (size_t i = 0; i < COUNT(marks); i++)
        if (str_ends(s, marks[i])) {
            *cut = true;
            s = str_first(s, s.len - marks[i].len);
            break;
        }
    /* Cut in the middle of a sign. */
    size_t const half = s.len > 0 && s.ptr[s.len - 1] == '%'                                    ? 1
                        : s.len > 1 && s.ptr[s.len - 2] == '%' && hex_of(s.ptr[s.len - 1]) >= 0 ? 2
                                                                                                : 0;

    *cut |= half > 0;
    return str_first(s, s.len - half);
}

bool web_address_of(str text, struct arena *a, struct web_address *out) {
    bool tunnel;
    size_t at = 0;
    str s = text, path, port;

    if (text.len == 0 || text.len > WEB_ADDRESS_MAX)
        return false;
    if (!without_noise(&s, a) || !scheme(&s, &tunnel))
        return false;
    while (at < s.len && s.ptr[at] != '/' && s.ptr[at] != '?')
        at++;
    str authority = str_first(s, at);

    path = uncut(str_from(s, at), &out->cut);
    for (size_t i = authority.len; i > 0; i--)
        if (authority.ptr[i - 1] == '@') {
            authority = str_from(authority, i);
            break;
        }
    if (!port_of(&authority, &port))
        return false;
    struct writing w = {arena_bytes(a, authority.len + port.len + 3 * path.len + 2), 0};

    if (!w.room)
        return false;
    put_host(&w, authority);
    out->host = written(&w);
    if (!host_good(out->host))
        return false;
    if (port.len) {
        put(&w, ':');
        for (size_t i = 0; i < port.len; i++)
            put(&w, port.ptr[i]);
    }
    size_t const from = w.len;
    size_t const query = str_find_byte(path, '?');

    if (!path.len || path.ptr[0] != '/')
        put(&w, '/');
    put_part(&w, str_first(path, query));
    undot(&w, from);
    out->bare = tunnel || (w.len == from + 1 && query == SIZE_MAX);
    if (query != SIZE_MAX)
        put_part(&w, str_from(path, query));
    without_html(&w, from); /* where signs of it had been encoded */
    out->key = written(&w);
    return true;
}

static str something(str s) {
    s = str_trim(s);
    return str_eq(s, S("-")) ? S("") : s;
}

bool web_address_join(str host, str path, str query, struct arena *a, struct web_address *out) {
    bool tunnel;

    host = something(host);
    path = something(path);
    query = something(query);
    str rest = path;

    if (host.len > 512 || path.len > WEB_ADDRESS_MAX || query.len > WEB_ADDRESS_MAX)
        return false;
    bool const whole = scheme(&rest, &tunnel) ? rest.len != path.len && !str_starts(path, S("//")) : true;
    /* CONNECT: what ought to be the path is host and port. */
    bool const other = path.len && path.ptr[0] != '/' && path.ptr[0] != '?' && str_find_byte(path, '/') == SIZE_MAX &&
                       str_find_byte(path, ':') != SIZE_MAX;

    if (!whole && !other && !host.len)
        return false;
    char *const room = arena_bytes(a, host.len + path.len + query.len + 2);
    struct writing w = {room, 0};

    if (!room)
        return false;
    for (size_t i = 0; !whole && !other && i < host.len; i++)
        put(&w, host.ptr[i]);
    if (!whole && !other && path.len && path.ptr[0] != '/' && path.ptr[0] != '?')
        put(&w, '/');
    for (size_t i = 0; i < path.len; i++)
        put(&w, path.ptr[i]);
    if (query.len && query.ptr[0] != '?')
        put(&w, '?');
    for (size_t i = 0; i < query.len; i++)
        put(&w, query.ptr[i]);
    return web_address_of(written(&w), a, out);
}
