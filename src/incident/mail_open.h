/* mail_open: who opened a mail that told its sender of it: what the mails' addresses ask for joined with what web logs say was
 * fetched (threat-facts 2, "Opened by whom").
 *
 * A fetch is a recipient's opening when its address is that of a token of theirs and of nobody else's (web_address.h), unless the
 * fetcher is a mail gateway or an image proxy: one that data knows (options.source), or that behaves so: it fetched for three
 * recipients or more, and for four fifths of all it fetched for within a minute of delivery. An address of the house behind
 * which many people read their mail does not: people take their time. One that does both (a fifth or more) is a gateway within that minute and a
 * person after it.
 *
 * Logs that say only the host (DNS, TLS, tunnels) say who it was where the event names the account, or comes from an address
 * that on that day was used by one account alone; then it counts for the token that the account got last, at most 90 days before. Where a
 * host is one recipient's alone and the token stands in it, the host says it. All else is somebody's: told of the campaign, not of a recipient.
 *
 * The order of calls is: campaigns, the last of which ends with mail_open_seal; events and coverage in any number; the end.
 * The result depends on their order only where equal times are told apart. Memory is bounded: campaigns that do not
 * fit are told as not looked for (they come by rank: the last are the least). Fetches go to files without names. */
#ifndef INCIDENT_MAIL_OPEN_H
#define INCIDENT_MAIL_OPEN_H

#include "incident/mail_campaign.h"

struct mail_open;

enum mail_source { MAIL_SOURCE_UNKNOWN, MAIL_SOURCE_GATEWAY, MAIL_SOURCE_IMAGE_PROXY };

struct mail_open_options {
    /* What is known of whoever fetches from there, or with that program; NULL: nothing. The same for the same arguments. */
    enum mail_source (*source)(void *ctx, str client_address, str user_agent);
    void *source_ctx;
    /* A host that serves many who have nothing to do with each other: a visit there means nothing; NULL: none is known. */
    bool (*common)(void *source_ctx, str host);
    const char *folder; /* as sorter_new */
    size_t memory_max;  /* bytes; 0: 256 MiB */
};

MUST_USE bool mail_open_new(struct mail_open **out, const struct mail_open_options *options, struct err *e);
void mail_open_free(struct mail_open *o); /* takes NULL */
/* A campaign; nothing of it need outlive the call. */
MUST_USE bool mail_open_campaign(struct mail_open *o, const struct mail_campaign *c, struct err *e);
MUST_USE bool mail_open_seal(struct mail_open *o, struct err *e);

/* After that: what to look for in the evidence. Hosts, each once, in byte order; none: nothing can be found. */
const str *mail_open_hosts(const struct mail_open *o, size_t *count);
/* Fields of an event that mail_open_event wants beside those in which a host stood (hunt_options.match_fields). */
extern const str mail_open_fields[];
extern const size_t mail_open_field_count;
/* The number of the recipient whose account it is, their address in any case of letters or what stands in it before the @, behind a
 * domain's name or not; OPEN_NOBODY: none, or one of several. Needs no memory, and may be asked in any process. */
#define OPEN_NOBODY UINT32_MAX
uint32_t mail_open_person(const struct mail_open *o, str account);

/* What logs of a kind say of fetches. */
enum mail_open_log { OPEN_LOG_NONE, OPEN_LOG_HOST, OPEN_LOG_ADDRESS };
enum mail_open_log mail_open_log(const struct kind *kind);

/* After the events: addresses from which a host alone was asked for by nobody who is named, in no order. Before the end, every event in which
 * one of them stands is to be told to mail_open_learn: whose an address was is known only when all who used it are. None of them is
 * anybody's otherwise, but for those that events above told of. */
const str *mail_open_addresses(const struct mail_open *o, size_t *count);
void mail_open_learn(struct mail_open *o, const struct normal_event *v);

/* An event in which one of the hosts stands, or of an account that is known. log: of its kind; what an event of another kind
 * says of accounts and addresses counts all the same. */
MUST_USE bool mail_open_event(struct mail_open *o, const struct normal_event *v, struct err *e);
/* The evidence holds events of such a log in that time. */
MUST_USE bool mail_open_covered(struct mail_open *o, str log, enum mail_open_log says, int64_t first, int64_t last,
                                struct err *e);

enum mail_open_state {
    OPEN_OPENED,      /* first and fetches are set */
    OPEN_PREFETCHED,  /* only gateways fetched: delivered, opening unknown; first: the first of them */
    OPEN_NOT_FETCHED, /* web logs hold the time of delivery (covered), and nobody asked for it */
    OPEN_SOMEBODY,    /* the host was asked for by somebody whom the logs do not tell */
    OPEN_NOT_COVERED, /* no web log holds the time of delivery */
    OPEN_NO_TOKEN,    /* the mail had no address of the recipient's own, or one that others have as well */
    OPEN_STATES
};
str mail_open_state_name(enum mail_open_state state); /* "opened", "prefetched", ... */

enum mail_open_how {
    OPEN_BY_TOKEN,   /* the address with the token */
    OPEN_BY_PART,    /* the beginning of it, as far as it is nobody else's: the log cut it */
    OPEN_BY_HOST,    /* the host alone, which is nobody else's */
    OPEN_BY_ACCOUNT, /* the host alone; the event names the account */
    OPEN_BY_ADDRESS, /* the host alone; the address was the account's that day */
    OPEN_HOWS
};
str mail_open_how_name(enum mail_open_how how); /* "token", "part of the token", "host", "account", "address" */

struct mail_fetch {
    int64_t when;
    enum mail_open_how how;
    enum mail_source source; /* UNKNOWN: no gateway; or by data, or by what it did */
    bool by_data;
    str client_address, account, client_program, outcome; /* "" where the log does not say */
    str url;                                              /* as the log has it; of a host alone the host */
    str kind, evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset;
};

struct mail_answer {
    uint64_t campaign; /* its number */
    str recipient;
    enum mail_open_state state;
    bool arrived;                     /* as mail_recipient.delivered */
    int64_t delivered;                /* the first message with a token, INSTANT_NONE */
    struct mail_fetch first;          /* OPENED, PREFETCHED */
    uint64_t fetches, gateways;       /* of OPENED: by persons; by gateways */
    int64_t last;                     /* the last fetch by a person */
    str covered_by;                   /* NOT_FETCHED: names of logs, with commas between */
    int64_t covered_from, covered_to; /* the part of the 90 days after delivery, from the first to the last */
};

/* What is known of somebody: fetches of a campaign's hosts that are no recipient's. */
struct mail_somebody {
    uint64_t campaign;
    uint64_t fetches;
    int64_t first_when, last_when;
    struct mail_fetch first;
};

struct mail_open_visitor {
    /* Every recipient of every campaign: campaigns in their order, recipients in theirs. */
    bool (*answer)(void *ctx, const struct mail_answer *a, struct err *e);
    bool (*somebody)(void *ctx, const struct mail_somebody *s,
                     struct err *e); /* after the answers; of campaigns that have any */
    /* There was no room for the campaign: nothing is known of who opened it, and it has no answers. */
    bool (*lost)(void *ctx, uint64_t campaign, struct err *e);
    void *ctx;
};
/* Views live until the callback returns; false stops. */
MUST_USE bool mail_open_end(struct mail_open *o, const struct mail_open_visitor *visitor, struct err *e);

#endif
