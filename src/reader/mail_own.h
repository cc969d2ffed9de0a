/* mail_own: one message into one record; for the readers of mail, whatever it lies in. docs/formats/mail.md names the fields. */
#ifndef READER_MAIL_OWN_H
#define READER_MAIL_OWN_H

#include "base/arena.h"
#include "base/hash.h"
#include "codec/charset.h"
#include "codec/html.h"
#include "codec/mime.h"
#include "codec/sketch.h"
#include "reader/mail_house.h"
#include "reader/reader.h"

/* clang-format off */
#define MAIL_FIELDS(X)                                                                                                 \
    X(MESSAGE_ID, "message_id") X(IN_REPLY_TO, "in_reply_to") X(REFERENCES, "references") X(SUBJECT, "subject")         \
    X(FROM, "from") X(FROM_NAME, "from.name") X(FROM_DOMAIN, "from.domain") X(SENDER, "sender")                         \
    X(REPLY_TO, "reply_to") X(RETURN_PATH, "return_path") X(TO, "to") X(TO_NAME, "to.name") X(CC, "cc") X(BCC, "bcc")   \
    X(DELIVERED_TO, "delivered_to") X(RECIPIENT, "recipient") X(DATE, "date") X(RECEIVED_FROM, "received.from")         \
    X(RECEIVED_REVERSE, "received.reverse") X(RECEIVED_ADDRESS, "received.address") X(RECEIVED_BY, "received.by")       \
    X(RECEIVED_WITH, "received.with") X(RECEIVED_TLS, "received.tls") X(RECEIVED_TIME, "received.time")                 \
    X(CLIENT_ADDRESS, "client_address") X(MAILER, "mailer") X(AUTH_AUTHOR, "auth.author") X(AUTH_SPF, "auth.spf")       \
    X(AUTH_DKIM, "auth.dkim") X(AUTH_DMARC, "auth.dmarc") X(AUTH_ARC, "auth.arc") X(AUTH_COMPAUTH, "auth.compauth")     \
    X(DKIM_DOMAIN, "dkim.domain") X(DKIM_SELECTOR, "dkim.selector") X(DKIM_RESULT, "dkim.result") X(ARC_RESULT, "arc.result") X(LIST_ID, "list_id")                               \
    X(LIST_UNSUBSCRIBE, "list_unsubscribe") X(PRECEDENCE, "precedence") X(AUTO_SUBMITTED, "auto_submitted")             \
    X(FEEDBACK_ID, "feedback_id") X(STATUS, "status") X(HEADERS, "headers") X(CONTENT_TYPE, "content_type")             \
    X(ATTACHMENT_NAME, "attachment.name") X(ATTACHMENT_TYPE, "attachment.type") X(ATTACHMENT_SIZE, "attachment.size")   \
    X(ATTACHMENT_SHA256, "attachment.sha256") X(TEXT, "text") X(URL, "url") X(URL_HOST, "url.host")                     \
    X(URL_WHERE, "url.where") X(URL_FLAGS, "url.flags") X(URL_TEXT, "url.text") X(REDIRECT, "redirect") X(REDIRECT_TO, "redirect.to") X(BEACON, "beacon")                     \
    X(BEACON_HOST, "beacon.host") X(HTML_IMAGES, "html.images") X(HTML_REMOTE, "html.remote")                           \
    X(HTML_HIDDEN_COUNT, "html.hidden") X(HTML_PIXELS, "html.pixels") X(SKETCH, "sketch") X(EXCERPT, "excerpt")                               \
    X(SKETCH_SHINGLES, "sketch.shingles") X(FROM_OWN, "from.own") X(SIGNED, "signed") X(ENCRYPTED, "encrypted")         \
    X(LOOKALIKE, "lookalike") X(LOOKALIKE_OF, "lookalike.of") X(LOOKALIKE_HOW, "lookalike.how")                         \
    X(URL_LOOKALIKE, "url.lookalike") X(URL_LOOKALIKE_OF, "url.lookalike.of") X(DEFECTS, "defects")
/* clang-format on */
#define MAIL_ENUM(id, name) MADE_##id,
enum mail_made { MAIL_FIELDS(MAIL_ENUM) MADES };
#undef MAIL_ENUM

/* Headers that are looked at, by name. */
/* clang-format off */
#define MAIL_HEADERS(X)                                                                                                \
    X(MESSAGE_ID, "message-id") X(IN_REPLY_TO, "in-reply-to") X(REFERENCES, "references") X(SUBJECT, "subject")         \
    X(FROM, "from") X(SENDER, "sender") X(REPLY_TO, "reply-to") X(RETURN_PATH, "return-path") X(TO, "to") X(CC, "cc")   \
    X(BCC, "bcc") X(DELIVERED_TO, "delivered-to") X(ORIGINAL_TO, "x-original-to") X(ENVELOPE_TO, "envelope-to")         \
    X(X_ENVELOPE_TO, "x-envelope-to") X(X_DELIVERED_TO, "x-delivered-to") X(DATE, "date") X(RECEIVED, "received")       \
    X(SENDER_IP, "x-sender-ip") X(ORIGINATING_IP, "x-originating-ip")                                                   \
    X(ARRIVAL, "x-ms-exchange-crosstenant-originalarrivaltime") X(MAILER, "x-mailer") X(AGENT, "user-agent")            \
    X(AUTHENTICATION, "authentication-results") X(RECEIVED_SPF, "received-spf") X(DKIM, "dkim-signature")               \
    X(LIST_ID, "list-id") X(LIST_UNSUBSCRIBE, "list-unsubscribe") X(PRECEDENCE, "precedence")                           \
    X(AUTO_SUBMITTED, "auto-submitted") X(FEEDBACK_ID, "feedback-id") X(STATUS, "status")                               \
    X(CONTENT_TYPE, "content-type")
/* clang-format on */
#define MAIL_ENUM(id, name) HEADER_##id,
enum mail_header { MAIL_HEADERS(MAIL_ENUM) HEADERS };
#undef MAIL_ENUM

/* Bounds of one message; what lies beyond is named in its defects. */
#define MAIL_ADDRESSES 1000u /* of all headers together */
#define MAIL_HOPS 64u
#define MAIL_REDIRECTS 64u
#define MAIL_SENDERS 8u
#define MAIL_REFERENCES 100u
#define MAIL_URLS 400u
#define MAIL_ATTACHMENTS 128u
#define MAIL_SIGNATURES 16u
#define MAIL_DEFECTS 16u
#define MAIL_BODY_BYTES ((size_t)8 << 20)  /* of one part of text */
#define MAIL_SHOWN_BYTES ((size_t)1 << 20) /* that the sketch is made of */
#define MAIL_TEXT_BYTES ((size_t)64 << 10)
#define MAIL_EXCERPT_BYTES ((size_t)400)     /* of its beginning, and of its end */
#define MAIL_OPENED_BYTES ((size_t)32 << 20) /* of an attachment that is looked into */

/* So no message has more values than a record may have, and rows of a family are whole: of an address three (From with its name and domain,
 * To with its name and as a recipient), of a hop seven, of a URL seven and two where it looks like ours; other fields once. */
_Static_assert(3 * MAIL_ADDRESSES + MAIL_REFERENCES + 7 * MAIL_HOPS + 9 * MAIL_URLS + 2 * MAIL_REDIRECTS +
                       4 * MAIL_ATTACHMENTS + 3 * MAIL_SIGNATURES + 3 * MAIL_SENDERS + MADES + MAIL_DEFECTS <=
                   RECORD_VALUES_MAX,
               "a record has room for a message");

struct mail_url_seen {
    str url, host, text;
    enum html_where where;
    uint32_t flags;
};

struct mail_attachment {
    str name, type;
    uint64_t size;
    char sha256[2 * SHA256_SIZE + 1];
};

/* The outermost multipart/alternative that is open. */
struct mail_alternative {
    uint32_t depth; /* of its parts; 0: there is none */
    size_t before;  /* size of what was shown where it began */
    bool html;      /* what is shown of it is HTML */
};

struct mail {
    struct event_sink *to;
    struct err *e;
    struct mime *mime;
    field_id made[MADES]; /* FIELD_NONE: nobody wants it */
    bool hops;            /* somebody wants the way it came */
    bool analyse;         /* somebody wants what bodies hold, not only that they are read */
    bool overflow;        /* a name found no room, and that is still to be told */

    /* Of one message: */
    uint8_t ids[MIME_HEADERS_MAX]; /* enum mail_header of each header; HEADERS: another */
    uint16_t first[HEADERS];       /* where each occurs first, from 1; 0: nowhere */
    uint64_t offset;
    uint64_t record, record_offset; /* what its record will say, for what it carries */
    struct arena *texts;
    bool no_memory;
    struct raw *values;
    uint32_t count;
    str recipients[MAIL_ADDRESSES];
    uint32_t recipient_count, address_count;
    str senders[MAIL_SENDERS]; /* domains that speak for it, small letters */
    uint32_t sender_count;
    str names[64]; /* that the sketch passes over: words of recipients' names and addresses */
    uint32_t name_count;
    int64_t when;
    bool zone_given;
    str time_text;
    const char *defects[MAIL_DEFECTS];
    uint32_t defect_count;
    uint64_t defects_told;

    /* The leaf that is being read: */
    enum { LEAF_NONE, LEAF_PLAIN, LEAF_HTML, LEAF_ATTACHMENT } leaf;
    bool own_told;                                       /* an author of the institution's own */
    bool inner_within;                                   /* what is opened lies in a message within */
    bool leaf_within;                                    /* a message within the message */
    enum { OPENS_NOTHING, OPENS_TNEF, OPENS_CMS } opens; /* an attachment that is looked into, and kept for that */
    const struct charset *charset;
    struct buf body;
    struct sha256 *sha256;
    uint64_t leaf_size;
    str leaf_name, leaf_type; /* of an attachment that is handed over */

    /* A signed message that is one opaque part: what is within is read as the message itself. */
    struct mime *inner;
    bool in_inner;
    struct buf opened;
    bool head_only; /* what is fed is the head alone (mail_put_head) */

    /* What bodies hold: */
    bool signed_, encrypted; /* it says so: nothing is verified */
    struct buf shown;        /* to a reader */
    struct mail_alternative alternative;
    uint32_t images, remote, hidden, pixels;
    struct mail_url_seen urls[MAIL_URLS];
    uint32_t url_count;
    struct mail_attachment attachments[MAIL_ATTACHMENTS];
    uint32_t attachment_count;

    struct buf scratch, decoded, room;
};

MUST_USE bool mail_open(struct mail **out, struct event_sink *to, struct err *e);
void mail_close(struct mail *m); /* takes NULL */
/* A message whose first byte (of its headers) lies at offset of the source. */
void mail_begin(struct mail *m, uint64_t offset);
/* After mail_begin: number and offset that mail_give will be told. */
static inline void mail_place(struct mail *m, uint64_t number, uint64_t offset) {
    m->record = number;
    m->record_offset = offset;
}
static inline bool mail_feed(struct mail *m, str piece, struct err *e) {
    return mime_feed(m->mime, piece, e);
}
#define TOO_LARGE "a message too large for its signatures to be verified"
/* Are signatures to be verified? Then mail_verify wants the whole message, after mail_feed and before mail_give. */
bool mail_verifies(const struct mail *m);
MUST_USE bool mail_verify(struct mail *m, str message, struct err *e);
/* A message that is no stream of MIME: after mail_begin its head, as text of RFC 5322 (raw UTF-8 does no harm), then its texts and
 * attachments in any order, each whole, then mail_give. within: it belongs to a message within the message. False: memory is out. */
MUST_USE bool mail_put_head(struct mail *m, str head, struct err *e);
MUST_USE bool mail_put_text(struct mail *m, bool html, const struct charset *charset, str text, bool within);
MUST_USE bool mail_put_attachment(struct mail *m, str name, str type, str data);
/* Gives the record. from_line: what stood before the message in a mailbox, or "". */
MUST_USE bool mail_give(struct mail *m, uint64_t offset, uint64_t size, uint64_t number, str from_line, struct err *e);

/* mail_head.c */
MUST_USE bool mail_read_head(struct mail *m, const struct mime_part *p);
void mail_add_lookalikes(struct mail *m);
/* mail_body.c */
MUST_USE bool mail_begin_part(struct mail *m, const struct mime_part *p);
MUST_USE bool mail_add_body(struct mail *m, str bytes);
MUST_USE bool mail_end_leaf(struct mail *m);
void mail_add_bodies(struct mail *m);

/* Another one, whose bytes are all there; name and type are UTF-8 or raw text of the message. False: memory is out. */
MUST_USE bool mail_add_attachment(struct mail *m, str name, str type, str data);

/* mail_opened.c */
/* What an attachment is looked into for; type: "application", subtype: "ms-tnef". */
void mail_opens(struct mail *m, str type, str subtype, str name);
/* An entity of MIME (m->opened) that belongs to the message itself. */
MUST_USE bool mail_read_inner(struct mail *m);
/* The attachment that was kept in m->body; what a plain text holds. */
MUST_USE bool mail_open_attachment(struct mail *m);
MUST_USE bool mail_open_text(struct mail *m, str text);

/* mail_record.c */
void mail_defect(struct mail *m, const char *why);
/* Adds a value; the text must live until mail_give returns. mail_add_copy copies it. Empty texts are passed over by
 * mail_add_copy unless they are one of a family. */
void mail_add(struct mail *m, enum mail_made what, enum raw_type type, str text);
void mail_add_copy(struct mail *m, enum mail_made what, str text);
str mail_hold(struct mail *m, str text);
void mail_add_count(struct mail *m, enum mail_made what, uint64_t n);

/* Of a byte order mark. */
static inline size_t mail_mark_len(str s) {
    return str_starts(s, S("\xEF\xBB\xBF")) ? 3 : 0;
}

/* Does the text begin like the head of a message: three of its first headers are those that mail has, or two that nothing else has,
 * or it is short and whole and has hardly any other? */
bool mail_head_likely(str head);

#endif
