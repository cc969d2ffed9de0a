/* mail_opened: attachments within attachments (TNEF), within text (uuencode), and messages within a signature (S/MIME). */
#include "codec/cms.h"
#include "codec/mail_value.h"
#include "codec/tnef.h"
#include "reader/mail_own.h"

void mail_opens(struct mail *m, str type, str subtype, str name) {
    bool const application = str_eq_ascii(type, S("application"));

    m->opens = OPENS_NOTHING;
    if (application && (str_eq_ascii(subtype, S("ms-tnef")) || str_eq_ascii(subtype, S("vnd.ms-tnef"))))
        m->opens = OPENS_TNEF;
    else if (str_eq_ascii(name, S("winmail.dat")))
        m->opens = OPENS_TNEF;
    else if (application && (str_eq_ascii(subtype, S("pkcs7-mime")) || str_eq_ascii(subtype, S("x-pkcs7-mime"))))
        m->opens = OPENS_CMS;
    /* Microsoft's rights management: the message is the attachment. */
    if (str_eq_ascii(name, S("message.rpmsg")) ||
        (application && str_eq_ascii(subtype, S("x-microsoft-rpmsg-message"))))
        m->encrypted = true;
}

/* ------------------------------------------------------------------ TNEF */

static bool on_tnef(void *ctx, const struct tnef_attachment *a) {
    return mail_add_attachment(ctx, a->name, a->message ? S("application/ms-tnef") : a->type, a->data);
}

/* ------------------------------------------------------------------ S/MIME */

static bool no_memory(struct mail *m, struct err *e) {
    return err_set(e, ERR_MEMORY, m->offset, "no memory for a message");
}

/* The head of what is within belongs to the part, not to the message. */
static bool on_inner_part(void *ctx, const struct mime_part *p, struct err *e) {
    return mail_begin_part(ctx, p) || no_memory(ctx, e);
}

static bool on_inner_body(void *ctx, const struct mime_part *p, str bytes, struct err *e) {
    (void)p;
    return mail_add_body(ctx, bytes) || no_memory(ctx, e);
}

static bool on_inner_end(void *ctx, uint32_t index, uint64_t encoded, uint64_t junk, struct err *e) {
    (void)index;
    (void)encoded;
    if (junk)
        mail_defect(ctx, "bytes that the transfer encoding has no meaning for");
    return mail_end_leaf(ctx) || no_memory(ctx, e);
}

/* Places within have none in the source. */
static void on_inner_damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)offset;
    (void)size;
    mail_defect(ctx, why);
}

bool mail_read_inner(struct mail *m) {
    struct mime_visitor const visitor = {on_inner_part, on_inner_body, on_inner_end, on_inner_damage, m};
    bool const within = m->leaf_within;
    struct mail_alternative const alternative = m->alternative;
    bool ok;

    if (!m->inner && !mime_new(&m->inner, m->e))
        return false;
    m->in_inner = true;
    m->inner_within = within;
    m->alternative.depth = 0; /* what is within has depths of its own */
    mime_begin(m->inner, &visitor);
    ok = mime_feed(m->inner, buf_str(&m->opened), m->e) && mime_end(m->inner, m->e);
    m->in_inner = m->inner_within = false;
    m->alternative = alternative;
    m->leaf_within = within;
    return ok;
}

static bool open_cms(struct mail *m) {
    enum cms_type type;

    if (m->in_inner) { /* what is within is not opened, but what it is can be told */
        struct buf none = {0};

        type = cms_open(buf_str(&m->body), &none);
        buf_free(&none);
        if (type == CMS_SIGNED)
            mail_defect(m, "a signed message within a signed message: not read");
    } else {
        m->opened.len = 0;
        type = cms_open(buf_str(&m->body), &m->opened);
    }
    m->encrypted = m->encrypted || type == CMS_ENCRYPTED;
    m->signed_ = m->signed_ || type == CMS_SIGNED;
    if (type == CMS_NONE)
        mail_defect(m, "an S/MIME part that cannot be read");
    if (m->opened.failed)
        return false;
    return type != CMS_SIGNED || m->in_inner || m->opened.len == 0 || mail_read_inner(m);
}

bool mail_open_attachment(struct mail *m) {
    const char *defect = NULL;

    if (m->opens == OPENS_CMS)
        return open_cms(m);
    if (!tnef_read(buf_str(&m->body), on_tnef, m, &defect))
        return false;
    if (defect)
        mail_defect(m, defect);
    return true;
}

/* ------------------------------------------------------------------ text */

/* `begin 644 name`; *name. */
static bool uu_begin(str line, str *name) {
    size_t i = 6;

    while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '7')
        i++;
    if (i < 9 || i > 10 || i >= line.len || line.ptr[i] != ' ')
        return false;
    *name = str_trim(str_from(line, i));
    return name->len > 0;
}

/* A whole line of data: its length, then as many digits as that asks for; blanks at the end may be gone, a check sum may follow. */
static bool uu_data(str line) {
    size_t digits;

    if (line.len == 0 || line.ptr[0] < ' ' || line.ptr[0] > '`')
        return false;
    digits = (((size_t)(line.ptr[0] - ' ') & 63) + 2) / 3 * 4;
    for (size_t i = 1; i < line.len; i++)
        if (line.ptr[i] < ' ' || line.ptr[i] > '`')
            return false;
    return line.len <= digits + 2 && line.len + digits / 2 >= digits;
}

static str line_at(str text, size_t at, size_t *behind) {
    str const rest = str_from(text, at);
    size_t const end = str_find_byte(rest, '\n');
    str line = str_first(rest, end);

    *behind = end == SIZE_MAX ? text.len : at + end + 1;
    while (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* One that begins with the line at `at`. *behind: where it ends, or where to look on. */
static bool add_uuencoded(struct mail *m, str text, size_t at, size_t *behind) {
    struct transfer_state state = {.how = TRANSFER_UUENCODE};
    str name, line;
    size_t next, lines = 0;
    uint64_t bad = 0;
    bool ended = false;

    if (!uu_begin(line_at(text, at, behind), &name))
        return true;
    for (next = *behind; next < text.len && !ended;) {
        size_t after;

        line = line_at(text, next, &after);
        ended = str_eq(str_trim(line), S("end"));
        if (!ended && !uu_data(line))
            break;
        lines++;
        next = after;
    }
    if (!ended && lines < 2) /* a sentence */
        return true;
    if (!ended)
        mail_defect(m, "an attachment in the text that breaks off");
    *behind = next;
    m->room.len = m->scratch.len = 0;
    transfer_decode(&state, (str){text.ptr + at, next - at}, &m->room);
    transfer_end(&state, &m->room);
    charset_decode(m->charset, str_first(name, 1024), &m->scratch, &bad);
    if (m->room.failed || m->scratch.failed)
        return false;
    return mail_add_attachment(m, buf_str(&m->scratch), S("application/octet-stream"), buf_str(&m->room));
}

bool mail_open_text(struct mail *m, str text) {
    size_t at = 0;
    bool ok = true;

    if (str_starts(text, S("-----BEGIN PGP MESSAGE-----")) ||
        str_find_line(text, 0, S("-----BEGIN PGP MESSAGE-----")) != SIZE_MAX)
        m->encrypted = true;
    if (!str_starts(text, S("begin ")))
        at = str_find_line(text, 0, S("begin "));
    while (ok && at != SIZE_MAX && at < text.len) {
        size_t behind;

        ok = add_uuencoded(m, text, at, &behind);
        at = behind >= text.len                                ? SIZE_MAX
             : str_starts(str_from(text, behind), S("begin ")) ? behind
                                                               : str_find_line(text, behind - 1, S("begin "));
    }
    return ok;
}
