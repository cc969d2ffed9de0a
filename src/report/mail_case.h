/* mail_case: campaigns of mail in a case: the tables mail_campaign, mail_reason, mail_message, mail_recipient and mail_token
 * of case.db (docs/formats/case.md), written and read. */
#ifndef REPORT_MAIL_CASE_H
#define REPORT_MAIL_CASE_H

#include "incident/mail_campaign.h"
#include "report/case.h"

/* ---- writing ---- */

/* A campaign with all that it has, as mail_campaigns_end hands it over; each number once. */
MUST_USE bool mail_case_campaign(struct case_writer *c, const struct mail_campaign *campaign, struct err *e);

/* What became of a mail at its recipient. Before anybody has joined other logs: DELIVERED or ADDRESSED. */
enum mail_status {
    MAIL_ADDRESSED, /* the mail names the recipient; nothing shows that it arrived */
    MAIL_DELIVERED, /* it lay in the recipient's mailbox, or a server wrote that it was delivered there */
    MAIL_FETCHED,   /* only a gateway or an image proxy asked for the token: whether somebody looked is not known */
    MAIL_OPENED,    /* the token was asked for, by none of those */
    MAIL_STATUSES
};
str mail_status_name(enum mail_status s); /* "addressed", "delivered", "fetched", "opened" */

struct mail_opening {
    enum mail_status status;
    int64_t when;        /* INSTANT_NONE */
    str from, with;      /* address of the client; user agent or program */
    str source;          /* what says so: "squid/access proxy.log.gz, record 17" */
    uint64_t follow_ups; /* what happened on the account afterwards */
    str follow_ups_text; /* the same in words, one a line; "" */
};
/* Of a recipient that mail_case_campaign has written; later ones replace earlier ones. ERR_USAGE: there is no such
 * recipient. */
MUST_USE bool mail_case_opening(struct case_writer *c, uint64_t campaign, str address,
                                const struct mail_opening *opening, struct err *e);

/* ---- reading ----
 * The case may come from a stranger: texts are what it holds, any bytes; numbers too. Views live until the callback returns;
 * false from it stops. Errors as case_find; ERR_USAGE also for a case of an older Longwatch, which has no such tables. */

struct mail_case_reason {
    str what, detail;
    double weight;
};
#define MAIL_CASE_REASONS_MAX 64u /* more are not read */

struct mail_case_texts {
    const str *items;
    size_t count; /* at most MAIL_CASE_TEXTS_MAX; */
    uint64_t all; /* there are */
};
#define MAIL_CASE_TEXTS_MAX 10000u

struct mail_case_line {
    uint64_t number;
    double score;
    str subject, service;
    struct mail_case_texts senders, sender_domains, hosts, subjects;
    int64_t first, last; /* INSTANT_NONE */
    uint64_t messages, copies, recipients, tokens;
    uint64_t opened, fetched; /* recipients of these statuses */
    const struct mail_case_reason *reasons;
    size_t reason_count;
};
/* Campaigns by rank, at most limit (0: all). */
MUST_USE bool mail_case_campaigns(const char *path, uint64_t limit,
                                  bool (*each)(void *ctx, const struct mail_case_line *line, struct err *e), void *ctx,
                                  struct err *e);

struct mail_case_recipient {
    str address, group;
    uint64_t messages, tokens;
    int64_t first, last;
    str token, token_url; /* the first of the tokens; "" */
    str status;           /* a word of mail_status_name, or what the case holds */
    int64_t opened;       /* INSTANT_NONE */
    str opened_from, opened_with, source;
    uint64_t follow_ups;
    str follow_ups_text;
};
/* Recipients of a campaign by address; group: only these (str.len 0: all). ERR_USAGE: no such campaign. */
MUST_USE bool mail_case_recipients(const char *path, uint64_t campaign, str group,
                                   bool (*each)(void *ctx, const struct mail_case_recipient *r, struct err *e),
                                   void *ctx, struct err *e);

#endif
