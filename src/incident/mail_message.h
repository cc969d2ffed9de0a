/* mail_message: what campaigns need of a message; made of an event of kind mail/message (docs/formats/mail.md). */
#ifndef INCIDENT_MAIL_MESSAGE_H
#define INCIDENT_MAIL_MESSAGE_H

#include "base/arena.h"
#include "codec/html.h"
#include "codec/sketch.h"
#include "event/normal.h"

struct mail_url {
    str url, host; /* host: small letters, no port; "" when it is no http(s) address */
    enum html_where where;
    uint32_t flags; /* HTML_HIDDEN, HTML_ONE_PIXEL */
};

struct mail_message {
    str evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset;
    int64_t when; /* as the event: the trusted time; INSTANT_NONE */
    str message_id, subject;
    str from, from_name, from_domain, reply_to, return_path;
    const str *recipients; /* small letters, each once */
    uint32_t recipient_count;
    const str *delivered_to; /* whose mailbox it lay in, as far as the message says */
    uint32_t delivered_count;
    str list_id, list_unsubscribe, precedence, feedback_id, mailer, headers;
    str spf, dkim, dmarc; /* as the receiving server judged; "" */
    const str *dkim_domains;
    uint32_t dkim_count;
    str lookalike_of; /* "" */
    str excerpt;      /* how its text begins and ends, line ends and all */
    bool from_own;
    const struct mail_url *urls;
    uint32_t url_count;
    struct sketch sketch;
};

/* Fields that are not there are "" or 0. Memory is a's; texts stay views of the event. False: no memory. */
MUST_USE bool mail_message_of(const struct normal_event *event, struct arena *a, struct mail_message *out);

#endif
