/* mail_campaign: messages that belong together, who received which token, and how much each campaign looks like an intrusion's and not
 * like a newsletter. Follows threat-facts: unique-token fan-out, role mismatch, first contact, hidden elements, unrelated hosts; what
 * is known of mailing services, and long two-way history, ranks down and hides nothing. docs/mail.md says it for users.
 *
 * A campaign is
 *   - two or more messages of one skeleton to two or more recipients, or
 *   - fewer, with a beacon (a remote address loaded unseen), a token by its shape, a look-alike domain, or something remote and a
 *     sender who is not what they claim, if more speaks against the mail than for it (score above 0).
 * Messages are of one skeleton when their sketches agree in MAIL_SKELETON_AGREE places. Senders that are established (a year
 * of mail, or mail in both directions for months, before) are never joined with others by text alone: who quotes a newsletter
 * does not hide in it. Campaigns are joined further by a beacon's host or return path that few senders use, and newsletters
 * by their List-Id.
 *
 * Copies: messages with equal Message-ID, sketch and addresses are one message, wherever they lie; their recipients add up.
 *
 * Messages come in any order; the result does not depend on it. Memory: options.memory_max for what is sorted; 24 bytes a
 * message and some 80 for each correspondent; the campaign that is at hand (some 1 KiB a message of it). The rest lies in files
 * without names below options.folder, some three times what was added. */
#ifndef INCIDENT_MAIL_CAMPAIGN_H
#define INCIDENT_MAIL_CAMPAIGN_H

#include "base/err.h"
#include "incident/mail_message.h"

struct mail_roster;    /* incident/mail_roster.h: address -> group, name */
struct mail_knowledge; /* incident/mail_knowledge.h: mailing services, image proxies, gateways, outlets: data/mail */

#define MAIL_SKELETON_AGREE 45u /* of SKETCH_SIZE: 70 % of the shingles in common */
#define MAIL_URLS_MAX 64u /* a message: those loaded unseen first, then others loaded without a click, then links */
#define MAIL_URL_BYTES_MAX 4096u /* longer ones are not looked at */
#define MAIL_TOKENS_MAX 8u       /* a message and recipient, each token once, in the same order */

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
    bool by_shape;    /* nobody to compare with: only its form says so */
};

struct mail_recipient {
    str address;              /* "": of messages that name nobody */
    str group;                /* of the roster; "" */
    bool delivered;           /* some message lay in that mailbox; else they are only named */
    const uint64_t *messages; /* of the campaign, from 0, by time */
    size_t message_count;
    const struct mail_token *tokens; /* by message */
    size_t token_count;
    int64_t first, last; /* INSTANT_NONE when no message has a time */
};

/* A message of a campaign: what tells it from the others, and the way back to it. */
struct mail_campaign_message {
    str evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset; /* of the first copy by path and offset */
    uint64_t copies;         /* that were found, this one counted */
    int64_t when;
    str message_id, from, from_name, return_path, subject;
};

struct mail_campaign {
    uint64_t number; /* from 1, by rank */
    double score;
    const struct mail_reason *reasons; /* the heaviest first */
    size_t reason_count;
    str subject; /* the most frequent; the first in byte order of several */
    str service; /* mailing service by data, "" */
    const str *senders, *sender_domains, *hosts,
        *subjects; /* sorted; hosts: of what is loaded without a click, and of tokens */
    size_t sender_count, sender_domain_count, host_count, subject_count;
    int64_t first, last;
    const struct mail_campaign_message *messages; /* by time, then path and offset */
    size_t message_count;
    uint64_t copies;
    const struct mail_recipient *recipients; /* by address */
    size_t recipient_count, token_count;
};

struct mail_campaigns;
/* What options point to lives until mail_campaigns_free. */
MUST_USE bool mail_campaigns_new(struct mail_campaigns **out, const struct mail_campaign_options *options,
                                 struct err *e);
void mail_campaigns_free(struct mail_campaigns *c); /* takes NULL */
MUST_USE bool mail_campaigns_add(struct mail_campaigns *c, const struct mail_message *m, struct err *e);
/* Once, after the last message: each campaign, by rank. Views live until the callback returns; false from it stops. */
MUST_USE bool mail_campaigns_end(struct mail_campaigns *c,
                                 bool (*campaign)(void *ctx, const struct mail_campaign *campaign, struct err *e),
                                 void *ctx, struct err *e);

/* From mail_campaigns_end on: the institution's domains as they were taken. *guessed: by the evidence, not by options. */
const str *mail_campaigns_own(const struct mail_campaigns *c, size_t *count, bool *guessed);
/* Messages without copies, and copies. */
uint64_t mail_campaigns_messages(const struct mail_campaigns *c, uint64_t *copies);

/* A score in a word. */
static inline str mail_score_word(double score) {
    return score >= 8 ? S("strong") : score >= 4 ? S("notable") : score >= 1 ? S("weak") : S("wanted");
}

#endif
