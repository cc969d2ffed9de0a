/* msg: a message as Outlook saves it ([MS-OXMSG]): a compound file whose streams are the message's properties; recipients and attachments
 * are storages of their own, and a message within it is a storage in an attachment's.
 *
 * What it came with (transport headers) is its head; a draft, or what was sent, has none, and one is written from its properties. */
#include "codec/charset.h"
#include "codec/compound.h"
#include "codec/rtf.h"
#include "reader/mail.h"
#include "reader/mail_own.h"

#define FILE_MAX ((size_t)64 << 20)
#define PIECE ((size_t)1 << 20)
#define DEPTH_MAX 8u
#define STORAGES_MAX 4096u /* recipients and attachments, all messages together */
#define HEAD_MAX ((size_t)1 << 20)

enum property {
    SUBJECT = 0x0037,
    SUBMITTED = 0x0039,
    REPRESENTING_NAME = 0x0042,
    REPRESENTING_ADDRESS = 0x0065,
    HEADERS_TEXT = 0x007d,
    RECIPIENT_TYPE = 0x0c15,
    SENDER_NAME = 0x0c1a,
    SENDER_ADDRESS = 0x0c1f,
    DELIVERED = 0x0e06,
    BODY = 0x1000,
    RTF = 0x1009,
    HTML = 0x1013,
    MESSAGE_ID = 0x1035,
    REFERENCES = 0x1039,
    IN_REPLY_TO = 0x1042,
    DISPLAY_NAME = 0x3001,
    ADDRESS = 0x3003,
    DATA = 0x3701,
    SHORT_NAME = 0x3704,
    LONG_NAME = 0x3707,
    TYPE_NAME = 0x370e,
    SMTP_ADDRESS = 0x39fe,
    INTERNET_CODE_PAGE = 0x3fde,
    LOCALE = 0x3ff1,
    CODE_PAGE = 0x3ffd,
    SENDER_SMTP = 0x5d01,
    REPRESENTING_SMTP = 0x5d02,
};
enum type { NUMBER = 0x0003, OBJECT = 0x000d, TEXT = 0x001e, UNICODE_TEXT = 0x001f, TIME = 0x0040, BINARY = 0x0102 };

struct msg {
    struct compound *file;
    struct mail *mail;
    struct err *e;
    uint32_t storages;
    struct buf stream, text, name, kind, head;
};

static void defect(struct msg *g, const char *why) {
    if (g->mail) /* else it is only shown */
        mail_defect(g->mail, why);
}

/* ------------------------------------------------------------------ properties */

static uint32_t stream_of(const struct msg *g, uint32_t storage, unsigned id, unsigned type) {
    char name[32];

    snprintf(name, sizeof name, "__substg1.0_%04X%04X", id, type);
    return compound_find(g->file, storage, str_of(name));
}

/* Into g->stream. False: there is none. */
static bool stream(struct msg *g, uint32_t at) {
    g->stream.len = 0;
    if (at == COMPOUND_NONE || compound_is_storage(g->file, at))
        return false;
    if (!compound_read(g->file, at, &g->stream))
        defect(g, "a property that breaks off");
    return true;
}

/* A number or a time of the storage: [MS-OXMSG] 2.4; the table begins behind `head` bytes. */
static bool fixed(struct msg *g, uint32_t storage, unsigned head, unsigned id, unsigned type, uint64_t *out) {
    if (!stream(g, compound_find(g->file, storage, S("__properties_version1.0"))))
        return false;
    for (size_t at = head; at + 16 <= g->stream.len; at += 16) {
        uint32_t tag;

        memcpy(&tag, g->stream.ptr + at, sizeof tag);
        if (tag != ((uint32_t)id << 16 | type))
            continue;
        memcpy(out, g->stream.ptr + at + 8, sizeof *out);
        if (type == NUMBER)
            *out &= UINT32_MAX;
        return true;
    }
    return false;
}

/* Appends a text as UTF-8. */
static bool text(struct msg *g, uint32_t storage, unsigned id, const struct charset *charset, struct buf *out) {
    uint64_t bad = 0;

    if (stream(g, stream_of(g, storage, id, UNICODE_TEXT)))
        charset_decode(charset_code_page(1200), buf_str(&g->stream), out, &bad);
    else if (stream(g, stream_of(g, storage, id, TEXT)))
        charset_decode(charset, buf_str(&g->stream), out, &bad);
    else
        return false;
    if (bad)
        defect(g, "text that its character set has no characters for");
    while (out->len && out->ptr[out->len - 1] == '\0')
        out->len--;
    return true;
}

/* Of text that is no UTF-16: the code page that the message names, or that of its writer's language ([MS-LCID]; the low bits). */
static const struct charset *charset_of(struct msg *g, uint32_t message, unsigned head) {
    static const uint16_t pages[][2] = {
        {0x11, 932},  {0x12, 949},  {0x19, 1251}, {0x22, 1251}, {0x02, 1251}, {0x23, 1251}, {0x05, 1250},
        {0x0e, 1250}, {0x15, 1250}, {0x1b, 1250}, {0x18, 1250}, {0x1a, 1250}, {0x08, 1253}, {0x1f, 1254},
        {0x0d, 1255}, {0x01, 1256}, {0x25, 1257}, {0x26, 1257}, {0x27, 1257}, {0x2a, 1258}, {0x1e, 874},
    };
    uint64_t number;

    if (fixed(g, message, head, CODE_PAGE, NUMBER, &number))
        return charset_code_page((uint32_t)number);
    if (!fixed(g, message, head, LOCALE, NUMBER, &number))
        return NULL;
    if ((number & 0x3ff) == 0x04) /* Chinese: simplified in the People's Republic and Singapore */
        return charset_code_page(number == 0x0804 || number == 0x1004 ? 936 : 950);
    for (size_t i = 0; i < COUNT(pages); i++)
        if ((number & 0x3ff) == pages[i][0])
            return charset_code_page(pages[i][1]);
    return NULL;
}

/* ------------------------------------------------------------------ a head of our own */

/* On one line. */
static void add_line(struct buf *b, const char *name, str value) {
    if (!value.len)
        return;
    buf_format(b, "%s: ", name);
    for (size_t i = 0; i < value.len; i++)
        buf_byte(b, (unsigned char)value.ptr[i] < ' ' ? ' ' : value.ptr[i]);
    buf_add(b, S("\r\n"));
}

static void add_property(struct msg *g, const char *name, uint32_t storage, unsigned id,
                         const struct charset *charset) {
    g->text.len = 0;
    if (text(g, storage, id, charset, &g->text))
        add_line(&g->head, name, str_first(buf_str(&g->text), HEAD_MAX));
}

/* "name" <address>, into g->text: RFC 5322 3.4. Without an address of the Internet (Exchange's own: /O=...) what there is. */
static bool person(struct msg *g, uint32_t storage, const unsigned *addresses, size_t count, unsigned name,
                   const struct charset *charset) {
    g->name.len = g->text.len = 0;
    if (text(g, storage, name, charset, &g->name)) {
        buf_byte(&g->text, '"');
        for (size_t i = 0; i < g->name.len && i < 1000; i++) {
            if (g->name.ptr[i] == '"' || g->name.ptr[i] == '\\')
                buf_byte(&g->text, '\\');
            buf_byte(&g->text, g->name.ptr[i]);
        }
        buf_add(&g->text, S("\" "));
    }
    for (size_t i = 0; i < count; i++) {
        g->name.len = 0;
        if (!text(g, storage, addresses[i], charset, &g->name) || str_find_byte(buf_str(&g->name), '@') == SIZE_MAX)
            continue;
        buf_byte(&g->text, '<');
        for (size_t k = 0; k < g->name.len && k < 1000; k++)
            if (g->name.ptr[k] != '<' && g->name.ptr[k] != '>')
                buf_byte(&g->text, g->name.ptr[k]);
        buf_byte(&g->text, '>');
        break;
    }
    return g->text.len > 0;
}

/* A count of 100 ns since 1601 ([MS-DTYP] 2.3.3) as RFC 5322 3.3 writes it. */
static void add_date(struct msg *g, uint64_t time) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t const seconds = (int64_t)(time / 10000000) - INT64_C(11644473600);
    time_t const t = seconds;
    struct tm tm;

    if (time == 0 || !gmtime_r(&t, &tm) || tm.tm_year > 8099)
        return;
    buf_format(&g->head, "Date: %d %.3s %d %02d:%02d:%02d +0000\r\n", tm.tm_mday, months + 3 * tm.tm_mon,
               tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Storages of that name and a number, in the order of the numbers. NULL: no memory. */
static int by_name(const void *a, const void *b, void *ctx) {
    const struct msg *const g = ctx;

    return str_cmp(compound_name(g->file, *(const uint32_t *)a), compound_name(g->file, *(const uint32_t *)b));
}

static uint32_t *storages(struct msg *g, uint32_t message, str prefix, size_t *count) {
    uint32_t *const found = malloc(STORAGES_MAX * sizeof *found);

    *count = 0;
    for (uint32_t at = compound_first(g->file, message); found && at != COMPOUND_NONE;
         at = compound_next(g->file, at)) {
        if (!compound_is_storage(g->file, at) || !str_starts(compound_name(g->file, at), prefix))
            continue;
        if (g->storages++ >= STORAGES_MAX)
            defect(g, "more recipients and attachments than are read");
        else
            found[(*count)++] = at;
    }
    if (*count)
        qsort_r(found, *count, sizeof *found, by_name, g);
    return found;
}

static void add_recipients(struct msg *g, const struct charset *charset) {
    static const char *const headers[] = {NULL, "To", "Cc", "Bcc"};
    static const unsigned addresses[] = {SMTP_ADDRESS, ADDRESS};
    size_t count;
    uint32_t *const found = storages(g, COMPOUND_ROOT, S("__recip_version1.0_"), &count);

    g->head.failed = g->head.failed || !found;
    for (size_t i = 0; i < count && g->head.len < HEAD_MAX; i++) {
        uint64_t type = 1;

        (void)!fixed(g, found[i], 8, RECIPIENT_TYPE, NUMBER, &type);
        type &= 15; /* flags stand above */
        if (type >= 1 && type <= 3 && person(g, found[i], addresses, COUNT(addresses), DISPLAY_NAME, charset))
            add_line(&g->head, headers[type], buf_str(&g->text));
    }
    free(found);
}

/* Headers as they came: a line that Exchange puts in front is none. */
static str headers_of(struct msg *g, const struct charset *charset) {
    str head;

    g->head.len = 0;
    if (!text(g, COMPOUND_ROOT, HEADERS_TEXT, charset, &g->head))
        return S("");
    head = str_first(buf_str(&g->head), HEAD_MAX);
    if (str_starts(head, S("Microsoft Mail Internet Headers"))) {
        size_t const end = str_find_byte(head, '\n');

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
    }
    return str_trim(head);
}

static str head_made(struct msg *g, const struct charset *charset) {
    static const unsigned represented[] = {REPRESENTING_SMTP, REPRESENTING_ADDRESS};
    static const unsigned sender[] = {SENDER_SMTP, SENDER_ADDRESS};
    uint64_t time = 0;

    g->head.len = 0;
    /* Whom it was sent for; whoever sent it, if only that has an address. */
    if ((person(g, COMPOUND_ROOT, represented, COUNT(represented), REPRESENTING_NAME, charset) &&
         str_ends(buf_str(&g->text), S(">"))) ||
        (person(g, COMPOUND_ROOT, sender, COUNT(sender), SENDER_NAME, charset) &&
         str_ends(buf_str(&g->text), S(">"))) ||
        person(g, COMPOUND_ROOT, represented, COUNT(represented), REPRESENTING_NAME, charset) ||
        person(g, COMPOUND_ROOT, sender, COUNT(sender), SENDER_NAME, charset))
        add_line(&g->head, "From", buf_str(&g->text));
    add_recipients(g, charset);
    add_property(g, "Subject", COMPOUND_ROOT, SUBJECT, charset);
    add_property(g, "Message-ID", COMPOUND_ROOT, MESSAGE_ID, charset);
    add_property(g, "In-Reply-To", COMPOUND_ROOT, IN_REPLY_TO, charset);
    add_property(g, "References", COMPOUND_ROOT, REFERENCES, charset);
    if (fixed(g, COMPOUND_ROOT, 32, SUBMITTED, TIME, &time) || fixed(g, COMPOUND_ROOT, 32, DELIVERED, TIME, &time))
        add_date(g, time);
    return str_trim(buf_str(&g->head));
}

/* ------------------------------------------------------------------ bodies, attachments */

/* The text in RTF, into g->name; false: there is none. */
static bool rtf_body(struct msg *g, uint32_t message, bool *html) {
    if (!stream(g, stream_of(g, message, RTF, BINARY)) || !g->stream.len)
        return false;
    g->text.len = g->name.len = 0;
    if (!rtf_decompress(buf_str(&g->stream), &g->text))
        defect(g, "a text in RTF that breaks off or is damaged");
    rtf_text(buf_str(&g->text), &g->name, html);
    return true;
}

static const struct charset *internet_charset(struct msg *g, uint32_t message, unsigned head,
                                              const struct charset *charset) {
    uint64_t number;

    return fixed(g, message, head, INTERNET_CODE_PAGE, NUMBER, &number) ? charset_code_page((uint32_t)number) : charset;
}

/* Plain text and HTML; RTF only where there is neither. */
static bool bodies(struct msg *g, uint32_t message, unsigned head, const struct charset *charset, bool within) {
    const struct charset *const internet = internet_charset(g, message, head, charset),
                                *utf8 = charset_code_page(65001);
    bool any = false, html;

    g->text.len = 0;
    if (text(g, message, BODY, charset, &g->text) && g->text.len) {
        any = true;
        if (!mail_put_text(g->mail, false, utf8, buf_str(&g->text), within))
            return false;
    }
    g->text.len = 0;
    if (stream(g, stream_of(g, message, HTML, BINARY)) && g->stream.len) {
        any = true;
        if (!mail_put_text(g->mail, true, internet, buf_str(&g->stream), within))
            return false;
    } else if (text(g, message, HTML, charset, &g->text) && g->text.len) {
        any = true;
        if (!mail_put_text(g->mail, true, utf8, buf_str(&g->text), within))
            return false;
    }
    return any || !rtf_body(g, message, &html) || mail_put_text(g->mail, html, utf8, buf_str(&g->name), within);
}

static bool message_within(struct msg *g, uint32_t message, unsigned depth);

static bool attachment(struct msg *g, uint32_t storage, const struct charset *charset, unsigned depth) {
    uint32_t const within = stream_of(g, storage, DATA, OBJECT);

    g->name.len = g->kind.len = 0;
    if (!text(g, storage, LONG_NAME, charset, &g->name) && !text(g, storage, SHORT_NAME, charset, &g->name))
        (void)!text(g, storage, DISPLAY_NAME, charset, &g->name);
    (void)!text(g, storage, TYPE_NAME, charset, &g->kind);
    if (within != COMPOUND_NONE && compound_is_storage(g->file, within)) {
        /* It has no bytes of its own that a hash could be of; one that holds a message is read as part of this one. */
        if (compound_find(g->file, within, S("__properties_version1.0")) == COMPOUND_NONE)
            return mail_put_attachment(g->mail, buf_str(&g->name), S("application/x-ole-storage"), S(""));
        if (!mail_put_attachment(g->mail, buf_str(&g->name), S("application/vnd.ms-outlook"), S("")))
            return false;
        return message_within(g, within, depth + 1);
    }
    (void)!stream(g, stream_of(g, storage, DATA, BINARY));
    return mail_put_attachment(g->mail, buf_str(&g->name),
                               g->kind.len ? buf_str(&g->kind) : S("application/octet-stream"), buf_str(&g->stream));
}

static bool contents(struct msg *g, uint32_t message, unsigned head, unsigned depth) {
    const struct charset *const charset = charset_of(g, message, head);
    size_t count;
    uint32_t *const found = storages(g, message, S("__attach_version1.0_"), &count);
    bool ok = found && bodies(g, message, head, charset, depth > 0);

    for (size_t i = 0; ok && i < count; i++)
        ok = attachment(g, found[i], charset, depth);
    free(found);
    return ok;
}

/* Its own head says where its addresses are: in the text, as those of message/rfc822 are. */
static bool message_within(struct msg *g, uint32_t message, unsigned depth) {
    if (depth <= DEPTH_MAX)
        return contents(g, message, 24, depth);
    defect(g, "messages too deep within each other");
    return true;
}

/* ------------------------------------------------------------------ the file */

static void no_damage(struct event_sink *to, uint64_t offset, uint64_t size, const char *why) {
    (void)to;
    (void)offset;
    (void)size;
    (void)why;
}

static bool read_all(struct input *in, struct event_sink *to, struct buf *out, struct err *e) {
    for (uint64_t at = 0;;) {
        str window;

        if (!in->window(in, at, PIECE, &window, e))
            return false;
        if (window.len == 0)
            return true;
        if (window.len > FILE_MAX - out->len) {
            to->damage(to, FILE_MAX, in->size == UINT64_MAX ? 0 : in->size - FILE_MAX,
                       "an Outlook message of more than 64 MiB");
            window = str_first(window, FILE_MAX - out->len);
            buf_add(out, window);
            return !out->failed || err_set(e, ERR_MEMORY, 0, "no memory for a message");
        }
        buf_add(out, window);
        if (out->failed)
            return err_set(e, ERR_MEMORY, at, "no memory for a message");
        at += window.len;
    }
}

static str head_of(struct msg *g, const struct charset *charset) {
    str const head = headers_of(g, charset);

    return head.len ? head : head_made(g, charset);
}

static bool buffers_failed(const struct msg *g) {
    return g->stream.failed || g->text.failed || g->name.failed || g->kind.failed || g->head.failed;
}

static bool read_message(struct msg *g, uint64_t size) {
    mail_begin(g->mail, 0);
    mail_place(g->mail, 1, 0);
    if (!mail_put_head(g->mail, head_of(g, charset_of(g, COMPOUND_ROOT, 32)), g->e))
        return false;
    if (!contents(g, COMPOUND_ROOT, 32, 0) || buffers_failed(g))
        return err_set(g->e, ERR_MEMORY, 0, "no memory for a message");
    return mail_give(g->mail, 0, size, 1, S(""), g->e);
}

static void msg_close(struct msg *g) {
    mail_close(g->mail);
    compound_close(g->file);
    buf_free(&g->stream);
    buf_free(&g->text);
    buf_free(&g->name);
    buf_free(&g->kind);
    buf_free(&g->head);
}

static bool holds_message(const struct msg *g) {
    return compound_find(g->file, COMPOUND_ROOT, S("__properties_version1.0")) != COMPOUND_NONE;
}

static bool msg_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct msg g = {.e = e};
    struct buf all = {0};
    struct err why = {0};
    bool ok;

    if (part.from > 0 || part.to == 0)
        return true;
    ok = read_all(in, to, &all, e);
    if (ok && !compound_open(&g.file, buf_str(&all), &why)) {
        if (why.code == ERR_MEMORY)
            ok = err_set(e, ERR_MEMORY, 0, "%s", why.text);
        else
            to->damage(to, 0, all.len, why.text);
    } else if (ok && !holds_message(&g)) {
        to->damage(to, 0, all.len, "a compound file (OLE2) that holds no message");
    } else if (ok) {
        ok = mail_open(&g.mail, to, e) && read_message(&g, all.len);
    }
    msg_close(&g);
    buf_free(&all);
    return ok;
}

/* The directory's first sector says whether it is a message: its class, or a name that only messages have. A directory that lies behind
 * the head may be one. */
static bool msg_looks_like(str head) {
    static const str class = STR("\x0b\x0d\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46");
    uint32_t sector;
    uint64_t at;

    if (!compound_begins(head) || head.len < 512)
        return false;
    memcpy(&sector, head.ptr + 48, sizeof sector);
    at = ((uint64_t)sector + 1) << ((unsigned char)head.ptr[30] == 12 ? 12 : 9);
    if (at + 128 > head.len)
        return head.len >= 65536;
    return str_eq(str_first(str_from(head, (size_t)at + 80), 16), class) ||
           str_find(head, S("_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0")) != SIZE_MAX;
}

/* The file is one record, and no text: its head and its text are shown, as they stand in it. */
static bool msg_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct event_sink nobody = {.damage = no_damage};
    struct msg g = {.e = e};
    struct buf all = {0};
    bool html = false;
    bool ok = offset == 0 || err_set(e, ERR_CORRUPT, offset, "no message begins here");

    ok = ok && read_all(in, &nobody, &all, e) && compound_open(&g.file, buf_str(&all), e) &&
         (holds_message(&g) || err_set(e, ERR_CORRUPT, 0, "no message begins here"));
    if (ok) {
        const struct charset *const charset = charset_of(&g, COMPOUND_ROOT, 32);

        buf_add(out, head_of(&g, charset));
        buf_add(out, S("\n\n"));
        if (!text(&g, COMPOUND_ROOT, BODY, charset, out)) {
            if (stream(&g, stream_of(&g, COMPOUND_ROOT, HTML, BINARY)))
                buf_add(out, buf_str(&g.stream));
            else if (rtf_body(&g, COMPOUND_ROOT, &html))
                buf_add(out, buf_str(&g.name));
        }
        ok = !(buffers_failed(&g) || out->failed) || err_set(e, ERR_MEMORY, offset, "no memory to show a message");
    }
    msg_close(&g);
    buf_free(&all);
    return ok;
}

const struct reader msg_reader = {
    .name = "msg",
    .title = "Mail message as Outlook saves it (MSG)",
    .looks_like = msg_looks_like,
    .attaches = true,
    .read = msg_read,
    .show = msg_show,
};
