/* mail_body: bodies of a message: text as it is shown, addresses in it, and what is attached. */
#include "base/utf.h"
#include "codec/mail_value.h"
#include "reader/mail_own.h"

#define INNER_ROUNDS 3u /* percent signs within percent signs */

/* ------------------------------------------------------------------ leaves */

static str parameter(struct mail *m, str value, str name) {
    uint64_t bad = 0;

    m->scratch.len = 0;
    if (value.len == 0 || !mail_parameter(value, name, &m->scratch, &bad))
        m->scratch.len = 0;
    return buf_str(&m->scratch);
}

/* Of alternatives one is shown: HTML, where there is any; an alternative within one is part of it. */
static void alternatives(struct mail *m, const struct mime_part *p) {
    if (p->depth < m->alternative.depth)
        m->alternative.depth = 0;
    if (m->alternative.depth || p->shape != MIME_MULTIPART || p->in_message || m->inner_within ||
        !str_eq(p->subtype, S("alternative")))
        return;
    m->alternative.depth = p->depth + 1;
    m->alternative.before = m->shown.len;
    m->alternative.html = false;
}

/* To whoever wants what messages carry. */
static bool hand_over(struct mail *m, str name, str type, bool own, str bytes, uint64_t size) {
    return !m->to->attachment || !size ||
           m->to->attachment(m->to, &(struct attachment){.name = name,
                                                         .type = type,
                                                         .own = own,
                                                         .bytes = bytes,
                                                         .size = size,
                                                         .record = m->record,
                                                         .offset = m->record_offset});
}

bool mail_begin_part(struct mail *m, const struct mime_part *p) {
    /* A multipart that is a leaf lost its boundary: text, as programs show it. */
    bool const text = str_eq(p->type, S("text")) || str_eq(p->type, S("multipart"));
    struct mail_attachment *a;
    str name;

    m->leaf = LEAF_NONE;
    alternatives(m, p);
    if (p->shape == MIME_MULTIPART) { /* RFC 1847 */
        m->signed_ = m->signed_ || str_eq(p->subtype, S("signed"));
        m->encrypted = m->encrypted || str_eq(p->subtype, S("encrypted"));
        return true;
    }
    m->leaf_size = 0;
    m->body.len = 0;
    m->leaf_within = p->in_message || m->inner_within;
    name = parameter(m, p->disposition, S("filename"));
    if (name.len == 0)
        name = parameter(m, p->content_type, S("name"));
    if (p->shape == MIME_LEAF && text && name.len == 0 &&
        !str_eq_ascii(mail_value_first(p->disposition), S("attachment"))) {
        m->leaf = str_eq(p->subtype, S("html")) ? LEAF_HTML : LEAF_PLAIN;
        m->charset = charset_named(parameter(m, p->content_type, S("charset")));
        return true;
    }
    if (p->shape == MIME_LEAF)
        mail_opens(m, p->type, p->subtype, name);
    m->leaf_name = m->leaf_type = S("");
    if (m->attachment_count < MAIL_ATTACHMENTS || m->to->attachment) {
        m->leaf_name = mail_hold(m, str_first(name, 1024));
        m->scratch.len = 0;
        buf_format(&m->scratch, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype));
        m->leaf_type = mail_hold(m, buf_str(&m->scratch));
    }
    if (m->attachment_count == MAIL_ATTACHMENTS) {
        mail_defect(m, "more than 128 attachments");
        m->leaf = p->shape == MIME_LEAF ? LEAF_ATTACHMENT : LEAF_NONE;
        return true;
    }
    a = &m->attachments[m->attachment_count];
    a->name = m->leaf_name;
    a->type = m->leaf_type;
    a->sha256[0] = '\0';
    if (p->shape == MIME_MESSAGE) { /* its parts are told behind it */
        m->attachment_count++;
        return true;
    }
    m->leaf = LEAF_ATTACHMENT;
    m->sha256 = sha256_new();
    return m->sha256 != NULL;
}

bool mail_add_body(struct mail *m, str bytes) {
    m->leaf_size += bytes.len;
    if (m->leaf == LEAF_ATTACHMENT) {
        if (m->sha256)
            sha256_add(m->sha256, bytes);
        if (m->opens == OPENS_NOTHING && !m->to->attachment)
            return true;
        if (m->opens != OPENS_NOTHING && bytes.len > MAIL_OPENED_BYTES - m->body.len)
            mail_defect(m, "an attachment too large to be looked into");
        buf_add(&m->body, str_first(bytes, MAIL_OPENED_BYTES - m->body.len));
        return !m->body.failed;
    }
    if (m->body.len + bytes.len > MAIL_BODY_BYTES)
        mail_defect(m, "a text of more than 8 MiB");
    buf_add(&m->body, str_first(bytes, MAIL_BODY_BYTES - m->body.len));
    return !m->body.failed;
}

/* ------------------------------------------------------------------ addresses */

/* The host that an address leads to, small letters; "": it is none of the network's. */
static str host_of(struct mail *m, str url) {
    size_t at = 0, end;
    str host;

    if (str_starts(url, S("//")))
        at = 2;
    else if (url.len > 7 && str_eq_ascii(str_first(url, 7), S("http://")))
        at = 7;
    else if (url.len > 8 && str_eq_ascii(str_first(url, 8), S("https://")))
        at = 8;
    else if (url.len > 6 && str_eq_ascii(str_first(url, 6), S("ftp://")))
        at = 6;
    else
        return S("");
    while (at < url.len && (url.ptr[at] == '/' || url.ptr[at] == '\\')) /* as browsers do */
        at++;
    for (end = at; end < url.len && !strchr("/?#\\", url.ptr[end]); end++)
        continue;
    host = (str){url.ptr + at, end - at};
    for (size_t i = host.len; i > 0; i--)
        if (host.ptr[i - 1] == '@') {
            host = str_from(host, i);
            break;
        }
    if (host.len && host.ptr[0] == '[') {
        end = str_find_byte(host, ']');
        host = end == SIZE_MAX ? S("") : (str){host.ptr + 1, end - 1};
    } else {
        host = str_first(host, str_find_byte(host, ':'));
    }
    while (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    if (host.len > 255)
        return S("");
    m->scratch.len = 0;
    for (size_t i = 0; i < host.len; i++)
        buf_byte(&m->scratch, host.ptr[i] >= 'A' && host.ptr[i] <= 'Z' ? (char)(host.ptr[i] + 32) : host.ptr[i]);
    return buf_str(&m->scratch); /* until scratch is used again */
}

static bool on_url(void *ctx, const struct html_url *u) {
    struct mail *const m = ctx;
    str const url = str_first(u->url, 8192), host = host_of(m, url);
    bool const unasked = html_is_loaded(u->where);

    m->images += u->where == HTML_IMAGE;
    if (unasked && host.len) {
        m->remote++;
        m->hidden += (u->flags & HTML_HIDDEN) != 0;
        m->pixels += (u->flags & HTML_ONE_PIXEL) != 0;
    }
    for (uint32_t i = 0; i < m->url_count; i++)
        if (m->urls[i].where == u->where && m->urls[i].flags == u->flags && str_eq(m->urls[i].url, url))
            return true;
    if (m->url_count == MAIL_URLS) {
        mail_defect(m, "more than 400 addresses in the text");
        return true;
    }
    m->urls[m->url_count++] = (struct mail_url_seen){.url = mail_hold(m, url),
                                                     .host = mail_hold(m, host),
                                                     .text = mail_hold(m, u->text),
                                                     .where = u->where,
                                                     .flags = u->flags};
    return !m->no_memory;
}

static void add_shown(struct mail *m, str text) {
    size_t const room = MAIL_SHOWN_BYTES - m->shown.len;

    if (text.len > room)
        mail_defect(m, "more than 1 MiB of text");
    buf_add(&m->shown, str_first(text, room));
}

static bool on_text(void *ctx, str text, bool hidden) {
    struct mail *const m = ctx;

    if (!hidden && !m->leaf_within)
        add_shown(m, text);
    return !m->shown.failed;
}

static void begin_shown(struct mail *m) {
    if (m->shown.len && m->shown.len < MAIL_SHOWN_BYTES)
        buf_byte(&m->shown, '\n');
}

/* HTML says it better than the alternatives before it, unless it says nothing. */
static bool show_html(struct mail *m, const struct html_visitor *visitor) {
    size_t const old = m->shown.len;
    size_t begin;
    bool ok;

    if (m->leaf_within)
        return html_read(buf_str(&m->decoded), &m->room, visitor);
    if (m->alternative.depth && !m->alternative.html && m->shown.len > m->alternative.before + MAIL_SHOWN_BYTES / 2) {
        mail_defect(m, "more than 1 MiB of text"); /* what nobody sees leaves room for what is shown */
        m->shown.len = m->alternative.before + MAIL_SHOWN_BYTES / 2;
    }
    begin_shown(m);
    begin = m->shown.len;
    ok = html_read(buf_str(&m->decoded), &m->room, visitor);
    if (m->shown.len == begin) {
        m->shown.len = old;
    } else if (m->alternative.depth && !m->alternative.html) {
        size_t const from = m->alternative.before ? begin - 1 : begin,
                     cut = from - m->alternative.before; /* a line end stays behind what stays */

        memmove(m->shown.ptr + m->alternative.before, m->shown.ptr + from, m->shown.len - from);
        m->shown.len -= cut;
        m->alternative.html = true;
    }
    return ok;
}

bool mail_add_attachment(struct mail *m, str name, str type, str data) {
    struct mail_attachment *const a = &m->attachments[m->attachment_count];
    struct sha256 *const h = sha256_new();
    uint8_t hash[SHA256_SIZE];

    if (!h)
        return false;
    if (!hand_over(m, name, type, false, data, data.len)) {
        sha256_free(h);
        return false;
    }
    if (m->attachment_count == MAIL_ATTACHMENTS) {
        mail_defect(m, "more than 128 attachments");
        sha256_free(h);
        return true;
    }
    sha256_add(h, data);
    sha256_end(h, hash);
    sha256_free(h);
    a->name = mail_hold(m, str_first(name, 1024));
    a->type = mail_hold(m, str_first(type, 256));
    a->size = data.len;
    sha256_hex(hash, a->sha256);
    m->attachment_count++;
    return !m->no_memory;
}

bool mail_put_attachment(struct mail *m, str name, str type, str data) {
    size_t const slash = str_find_byte(type, '/');

    if (!mail_add_attachment(m, name, type, data))
        return false;
    /* Outlook's form of a message that is signed beside its text: the whole of it as MIME. */
    if (str_eq_ascii(type, S("multipart/signed"))) {
        m->signed_ = true;
        m->opened.len = 0;
        buf_add(&m->opened, str_first(data, MAIL_OPENED_BYTES));
        return !m->opened.failed && mail_read_inner(m);
    }
    mail_opens(m, str_first(type, slash), slash == SIZE_MAX ? S("") : str_from(type, slash + 1), name);
    if (m->opens == OPENS_NOTHING)
        return true;
    m->body.len = 0;
    buf_add(&m->body, str_first(data, MAIL_OPENED_BYTES));
    return !m->body.failed && mail_open_attachment(m);
}

bool mail_end_leaf(struct mail *m) {
    struct html_visitor const visitor = {.url = on_url, .text = on_text, .ctx = m};
    uint64_t bad = 0;
    bool ok = true;

    if (m->leaf == LEAF_ATTACHMENT) {
        if (m->attachment_count < MAIL_ATTACHMENTS) {
            struct mail_attachment *const a = &m->attachments[m->attachment_count++];
            uint8_t hash[SHA256_SIZE];

            sha256_end(m->sha256, hash);
            sha256_hex(hash, a->sha256);
            a->size = m->leaf_size;
        }
        sha256_free(m->sha256);
        m->sha256 = NULL;
        m->leaf = LEAF_NONE;
        ok = hand_over(m, m->leaf_name, m->leaf_type, false, buf_str(&m->body), m->leaf_size) &&
             (m->opens == OPENS_NOTHING || mail_open_attachment(m));
    } else if (m->leaf != LEAF_NONE) {
        m->decoded.len = 0;
        charset_decode(m->charset, buf_str(&m->body), &m->decoded, &bad);
        if (bad)
            mail_defect(m, "text that its character set has no characters for");
        ok = hand_over(m, S(""), m->leaf == LEAF_HTML ? S("text/html") : S("text/plain"), true, buf_str(&m->body),
                       m->leaf_size);
        if (!ok) {
            ;
        } else if (!m->analyse) {
            ok = !m->to->attachment || m->leaf == LEAF_HTML || mail_open_text(m, buf_str(&m->body));
        } else if (m->leaf == LEAF_HTML) {
            ok = show_html(m, &visitor);
        } else {
            if (!m->leaf_within && !(m->alternative.depth && m->alternative.html)) {
                begin_shown(m);
                add_shown(m, buf_str(&m->decoded));
            }
            ok = mail_open_text(m, buf_str(&m->body)) && html_read_plain(buf_str(&m->decoded), &visitor);
        }
    }
    m->leaf = LEAF_NONE;
    return ok && !m->decoded.failed && !m->shown.failed && !m->room.failed && !m->no_memory;
}

bool mail_put_text(struct mail *m, bool html, const struct charset *charset, str text, bool within) {
    /* Outlook keeps forms of one text. */
    if (!within && !m->alternative.depth)
        m->alternative = (struct mail_alternative){1, m->shown.len, false};
    m->leaf = html ? LEAF_HTML : LEAF_PLAIN;
    m->leaf_within = within;
    m->charset = charset;
    m->leaf_size = text.len;
    m->body.len = 0;
    if (text.len > MAIL_BODY_BYTES)
        mail_defect(m, "a text of more than 8 MiB");
    buf_add(&m->body, str_first(text, MAIL_BODY_BYTES));
    return !m->body.failed && mail_end_leaf(m);
}

/* ------------------------------------------------------------------ redirectors */

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Another address within an address (`?url=https%3A%2F%2Fb.example%2F`), percent signs undone, as often as they were put there; in m->decoded.
 * Empty: there is none, or it leads to the same host. */
static str inner_address(struct mail *m, const struct mail_url_seen *u) {
    m->decoded.len = 0;
    buf_add(&m->decoded, u->url);
    for (unsigned round = 0; round <= INNER_ROUNDS && !m->decoded.failed; round++) {
        str const url = buf_str(&m->decoded);
        size_t at = str_find(str_from(url, 8), S("://")), begin, to = 0;

        if (at != SIZE_MAX) {
            begin = at + 8;
            if (begin >= 5 && str_eq_ascii((str){url.ptr + begin - 5, 5}, S("https")))
                begin -= 5;
            else if (begin >= 4 && str_eq_ascii((str){url.ptr + begin - 4, 4}, S("http")))
                begin -= 4;
            else
                return S("");
            return begin > 8 ? str_from(url, begin) : S("");
        }
        for (size_t i = 0; i < url.len; i++, to++) {
            int const high = i + 2 < url.len && url.ptr[i] == '%' ? digit(url.ptr[i + 1]) : -1;
            int const low = high >= 0 ? digit(url.ptr[i + 2]) : -1;

            m->decoded.ptr[to] = low >= 0 ? (char)(high * 16 + low) : url.ptr[i];
            i += low >= 0 ? 2 : 0;
        }
        if (to == url.len)
            break;
        m->decoded.len = to;
    }
    return S("");
}

/* Links that lead to one host and on to another, each pair of hosts once. */
static void add_redirects(struct mail *m) {
    str from[MAIL_REDIRECTS], to[MAIL_REDIRECTS];
    uint32_t count = 0;

    if (m->made[MADE_REDIRECT] == FIELD_NONE && m->made[MADE_REDIRECT_TO] == FIELD_NONE)
        return;
    for (uint32_t i = 0; i < m->url_count && count < MAIL_REDIRECTS; i++) {
        str inner, host;
        bool told = false;

        if (m->urls[i].host.len == 0 || (inner = inner_address(m, &m->urls[i])).len == 0)
            continue;
        inner = mail_hold(m, inner); /* host_of needs the room */
        host = mail_hold(m, host_of(m, inner));
        if (host.len == 0 || str_eq(host, m->urls[i].host))
            continue;
        for (uint32_t k = 0; k < count && !told; k++)
            told = str_eq(from[k], m->urls[i].host) && str_eq(to[k], host);
        if (told)
            continue;
        from[count] = m->urls[i].host;
        to[count++] = host;
        mail_add(m, MADE_REDIRECT, RAW_TEXT, m->urls[i].url);
        mail_add(m, MADE_REDIRECT_TO, RAW_TEXT, host);
    }
}

/* ------------------------------------------------------------------ at the end */

static str flags_name(uint32_t flags) {
    static const str names[4] = {STR(""), STR("hidden"), STR("pixel"), STR("hidden pixel")};

    return names[((flags & HTML_HIDDEN) != 0) + 2 * ((flags & HTML_ONE_PIXEL) != 0)];
}

/* How a text begins and ends: where it says who speaks. */
static void add_excerpt(struct mail *m, str shown) {
    str const begin = utf8_first(shown, MAIL_EXCERPT_BYTES);
    size_t from = shown.len > 2 * MAIL_EXCERPT_BYTES ? shown.len - MAIL_EXCERPT_BYTES : begin.len;

    while (from < shown.len && (shown.ptr[from] & 0xc0) == 0x80)
        from++;
    m->scratch.len = 0;
    buf_add(&m->scratch, begin);
    if (from < shown.len) {
        if (from > begin.len)
            buf_add(&m->scratch, S("\n…\n"));
        buf_add(&m->scratch, str_from(shown, from));
    }
    mail_add_copy(m, MADE_EXCERPT, buf_str(&m->scratch));
}

static void add_sketch(struct mail *m, str shown) {
    struct sketch sketch;
    char digits[8 * SKETCH_SIZE];
    struct sketch_text text = {.to = &sketch, .without = m->names, .without_count = m->name_count};

    if (m->made[MADE_SKETCH] == FIELD_NONE)
        return;
    sketch_begin(&sketch);
    sketch_text_add(&text, shown);
    sketch_text_end(&text);
    sketch_end(&sketch);
    for (size_t i = 0; i < SKETCH_SIZE; i++)
        for (size_t n = 0; n < 8; n++)
            digits[8 * i + n] = "0123456789abcdef"[sketch.mins[i] >> (28 - 4 * n) & 15];
    if (sketch.shingles)
        mail_add_copy(m, MADE_SKETCH, (str){digits, sizeof digits});
    mail_add_count(m, MADE_SKETCH_SHINGLES, sketch.shingles);
}

void mail_add_bodies(struct mail *m) {
    str const shown = buf_str(&m->shown);

    if (m->signed_)
        mail_add(m, MADE_SIGNED, RAW_TEXT, S("true"));
    if (m->encrypted)
        mail_add(m, MADE_ENCRYPTED, RAW_TEXT, S("true"));
    mail_add_copy(m, MADE_TEXT, str_first(shown, MAIL_TEXT_BYTES));
    add_excerpt(m, shown);
    add_sketch(m, shown);
    mail_add_count(m, MADE_HTML_IMAGES, m->images);
    mail_add_count(m, MADE_HTML_REMOTE, m->remote);
    mail_add_count(m, MADE_HTML_HIDDEN_COUNT, m->hidden);
    mail_add_count(m, MADE_HTML_PIXELS, m->pixels);
    for (uint32_t i = 0; i < m->url_count; i++) {
        const struct mail_url_seen *const u = &m->urls[i];

        mail_add(m, MADE_URL, RAW_TEXT, u->url);
        mail_add(m, MADE_URL_HOST, RAW_TEXT, u->host);
        mail_add(m, MADE_URL_WHERE, RAW_TEXT, html_where_name(u->where));
        mail_add(m, MADE_URL_FLAGS, RAW_TEXT, flags_name(u->flags));
        mail_add(m, MADE_URL_TEXT, RAW_TEXT, u->text);
        if (u->flags & (HTML_HIDDEN | HTML_ONE_PIXEL) && u->host.len && html_is_loaded(u->where)) {
            mail_add(m, MADE_BEACON, RAW_TEXT, u->url);
            mail_add(m, MADE_BEACON_HOST, RAW_TEXT, u->host);
        }
    }
    add_redirects(m);
    for (uint32_t i = 0; i < m->attachment_count; i++) {
        const struct mail_attachment *const a = &m->attachments[i];

        mail_add(m, MADE_ATTACHMENT_NAME, RAW_TEXT, a->name);
        mail_add(m, MADE_ATTACHMENT_TYPE, RAW_TEXT, a->type);
        if (a->sha256[0])
            mail_add_count(m, MADE_ATTACHMENT_SIZE, a->size);
        else
            mail_add(m, MADE_ATTACHMENT_SIZE, RAW_TEXT, S(""));
        mail_add(m, MADE_ATTACHMENT_SHA256, RAW_TEXT, str_of(a->sha256));
    }
}
