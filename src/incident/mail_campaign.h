/* mail_campaign: messages that belong together, who received which token, and how much each campaign looks like an intrusion's and not
 * like a newsletter. Follows threat-facts: unique-token fan-out, role mismatch, first contact, hidden elements, unrelated hosts; what
 * is known of mailing services, and long two-way history, ranks down and hides nothing.
 *
 * Messages come in any order; the result does not depend on it. Memory: a bounded part (options.memory_max), the rest in files
 * without names below options.folder. */
#ifndef INCIDENT_MAIL_CAMPAIGN_H
#define INCIDENT_MAIL_CAMPAIGN_H

#include "base/err.h"
#include "incident/mail_message.h"

struct mail_roster;    /* incident/mail_roster.h: address -> group, name */
struct mail_knowledge; /* incident/mail_knowledge.h: mailing services, image proxies, gateways, outlets: data/mail */

struct mail_campaign_options {
    const struct mail_roster *roster; /* NULL: none */
    const struct mail_knowledge *knowledge;
    const str *
        own_domains; /* the institution's; none: told apart by the evidence (most messages are delivered to them), and said so */
    size_t own_count;
    const char *folder;
    size_t memory_max;
};

/* Why a campaign stands where it stands. */
struct mail_reason {
    str what;      /* short constant: "unique tokens", "first contact", ... */
    double weight; /* added to the score; below 0: it speaks for a wanted mail */
    str detail;    /* "1,200 tokens for 400 recipients at img.example.net" */
};

/* A recipient's token: an address that is theirs alone. */
struct mail_token {
    str host, url; /* url: whole, as first written */
    str token;     /* the part of it that differs */
    enum html_where where;
    uint32_t flags;
    uint64_t message; /* which message of the campaign, from 0 */
};

struct mail_recipient {
    str address, group;       /* group: of the roster; "" */
    const uint64_t *messages; /* of the campaign, from 0, by time */
    size_t message_count;
    const struct mail_token *tokens;
    size_t token_count;
    int64_t first, last;
};

struct mail_campaign {
    uint64_t number; /* from 1, by rank */
    double score;
    const struct mail_reason *reasons; /* the heaviest first */
    size_t reason_count;
    str subject;                                            /* the most frequent; the first in byte order of several */
    str service;                                            /* mailing service by data, "" */
    const str *senders, *sender_domains, *hosts, *subjects; /* sorted */
    size_t sender_count, sender_domain_count, host_count, subject_count;
    int64_t first, last;
    const struct mail_message *messages; /* by time, then path and offset; sketch and urls are not set here */
    size_t message_count;
    const struct mail_recipient *recipients; /* by address */
    size_t recipient_count, token_count;
};

struct mail_campaigns;
MUST_USE bool mail_campaigns_new(struct mail_campaigns **out, const struct mail_campaign_options *options,
                                 struct err *e);
void mail_campaigns_free(struct mail_campaigns *c); /* takes NULL */
MUST_USE bool mail_campaigns_add(struct mail_campaigns *c, const struct mail_message *m, struct err *e);
/* Once, after the last message: each campaign, by rank. Views live until the callback returns; false from it stops. */
MUST_USE bool mail_campaigns_end(struct mail_campaigns *c,
                                 bool (*campaign)(void *ctx, const struct mail_campaign *campaign, struct err *e),
                                 void *ctx, struct err *e);

#endif
