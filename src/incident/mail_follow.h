/* mail_follow: what happened on the accounts of those who opened a mail, in the 90 days after (threat-facts 2, "From opening to
 * sign-in"): findings that mean something for an account, and clients it was never used by before.
 *
 * Findings come first, then events, then those who opened; the result depends on no order among each. A finding says what it
 * means by its tags (mail_follow_of), whoever wrote the rule. Its event must come as well: it names whose account it is, which may be the
 * one that was acted upon. Memory is bounded; what did not fit is counted. */
#ifndef INCIDENT_MAIL_FOLLOW_H
#define INCIDENT_MAIL_FOLLOW_H

#include "base/err.h"
#include "detection/finding.h"
#include "event/normal.h"

enum mail_follow_what {
    FOLLOW_NETWORK,    /* used from a network (IPv4 /24, IPv6 /48) never before */
    FOLLOW_PROGRAM,    /* used by a program never before, whatever its version */
    FOLLOW_FORWARDING, /* ATT&CK T1114.003 */
    FOLLOW_INBOX_RULE, /* T1564.008 */
    FOLLOW_CONSENT,    /* T1528, T1550.001 */
    FOLLOW_PERMISSION, /* T1098.002 */
    FOLLOW_PASSWORD,   /* longwatch.password-reset */
    FOLLOW_FACTOR,     /* a second factor or a device was added, changed, taken away: T1098.005, T1556.006, T1621 */
    FOLLOW_LEGACY,     /* used by a protocol that knows no second factor (IMAP, POP3, SMTP), never before */
    FOLLOW_WHATS
};
str mail_follow_name(enum mail_follow_what what); /* "new network", "forwarding", ... */
/* What the rule's tags mean; FOLLOW_WHATS: nothing of these. The first of several in the order above. */
enum mail_follow_what mail_follow_of(const struct sigma_rule *rule);

struct mail_follow;

/* person: the number of whom an account is of, below UINT32_MAX; UINT32_MAX: nobody's who is asked about. memory_max: bytes. */
MUST_USE bool mail_follow_new(struct mail_follow **out, size_t memory_max, uint32_t (*person)(void *ctx, str account),
                              void *ctx, struct err *e);
void mail_follow_free(struct mail_follow *f); /* takes NULL */
MUST_USE bool mail_follow_finding(struct mail_follow *f, const struct finding *found, struct err *e);
/* Are events of the kind those of an account that is used from elsewhere (mail, cloud, VPN; no host's own, no web log's)? */
bool mail_follow_watches(const struct kind *kind);
/* An event of the same evidence. client: of a kind for which mail_follow_watches is true. */
MUST_USE bool mail_follow_event(struct mail_follow *f, const struct normal_event *v, bool client, struct err *e);

struct mail_followed {
    enum mail_follow_what what;
    int64_t when;
    str detail;    /* the rule's title; the network; the program */
    int64_t known; /* NETWORK, PROGRAM, LEGACY: for how long the account had been seen before, ns */
    str evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset;
};

/* After the last event: what followed for that person within 90 days, by time, then by what and detail. Nothing is new of an account
 * that was not seen before it opened. Views live until f is freed, or the next event; false stops. */
MUST_USE bool mail_follow_after(struct mail_follow *f, uint32_t person, int64_t opened,
                                bool (*each)(void *ctx, const struct mail_followed *followed, struct err *e), void *ctx,
                                struct err *e);
/* Findings and clients that did not fit. */
uint64_t mail_follow_lost(const struct mail_follow *f);

#endif
