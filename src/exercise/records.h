/* records: one record of each log as its product writes it, marked as synthetic where the format has room for that. All hand it to
 * the feed; `when` is its time. Formats: docs/formats, data/kinds. */
#ifndef EXERCISE_RECORDS_H
#define EXERCISE_RECORDS_H

#include "exercise/office.h"

/* ---- Microsoft 365 and Entra ---- */

/* Whoever acts in the cloud, from where and with what. */
struct actor {
    str user;         /* account */
    const char *name; /* shown */
    str address;
    const char *country, *city;
    str agent;          /* of the browser */
    const char *client; /* ClientInfoString of Exchange; NULL: none */
    const char *way;    /* clientAppUsed of a sign-in */
    const char *app;    /* appDisplayName */
    const char *system; /* operatingSystem of the device */
    const char *device; /* its id; "": not known to the tenant */
    const char *session, *token;
    bool mfa;
};

/* code: 0, or the error of Entra. */
void record_signin(struct office *o, int64_t when, const struct actor *a, unsigned code);
/* `message`: one Message-ID, with its angle brackets; several are separated by blanks. */
void record_mail_read(struct office *o, int64_t when, const struct actor *a, const struct person *owner,
                      const char *folder, str messages);
/* The newest messages of owner, of those that were delivered after *seen at the time of the record; *seen and the truth go with it. */
void record_mail_read_later(struct office *o, int64_t when, const struct actor *a, struct person *owner,
                            unsigned messages, uint64_t *seen, uint32_t intrusion);
void record_mail_sync(struct office *o, int64_t when, const struct actor *a, const struct person *owner,
                      const char *folder);
void record_mail_sent(struct office *o, int64_t when, const struct actor *a, str subject, str message_id);
/* parameters: name, value, ..., NULL. object: "" for none. */
void record_exchange(struct office *o, int64_t when, const struct actor *a, const char *operation, str object, ...)
    __attribute__((sentinel));
void record_file(struct office *o, int64_t when, const struct actor *a, const char *operation, str file);
/* A change in the directory. modified: as JSON, the elements of ModifiedProperties, or "". */
void record_directory(struct office *o, int64_t when, str user, const char *operation, str object, str modified);
void record_consent(struct office *o, int64_t when, str user, const char *app_id, const char *app, const char *scopes,
                    bool everybody);

/* ---- Windows ---- */

/* pairs: name, value, ..., NULL. */
void record_windows(struct office *o, int64_t when, uint32_t host, unsigned event, ...) __attribute__((sentinel));
void record_logon(struct office *o, int64_t when, uint32_t host, const char *login, unsigned type, const char *address,
                  const char *from, bool ok);
void record_process(struct office *o, int64_t when, uint32_t host, const char *login, const char *image,
                    const char *line, const char *parent);
void record_ticket(struct office *o, int64_t when, const char *login, const char *service, const char *address,
                   const char *encryption);
/* file: "" for the share itself (5140), else a file of it (5145). */
void record_share(struct office *o, int64_t when, uint32_t host, const char *login, const char *address,
                  const char *share, const char *file);

/* ---- web ---- */

struct request {
    const char *method, *path, *query; /* query: "-" for none */
    str client, agent;
    const char *user, *referrer; /* "-" for none */
    unsigned status, bytes;
};
/* server: 0 or 1, MX01 or MX02. */
void record_iis(struct office *o, int64_t when, unsigned server, const struct request *q);
void record_www(struct office *o, int64_t when, const char *host, const struct request *q);
/* path: the whole URL, or host:port of CONNECT. */
void record_proxy(struct office *o, int64_t when, const struct request *q);

/* ---- network ---- */

struct flow {
    const char *from, *to, *service; /* service: "-" where Zeek knows none */
    unsigned port;
    bool udp;
    int64_t lasts;
    uint64_t sent, received;
};
void record_flow(struct office *o, int64_t when, const struct flow *w);
/* With what is in it, under one uid. */
void record_flow_tls(struct office *o, int64_t when, const struct flow *w, const char *name);
void record_flow_http(struct office *o, int64_t when, const struct flow *w, const char *host, const char *method,
                      const char *uri, str agent, unsigned status);
void record_name(struct office *o, int64_t when, const char *from, const char *query, const char *answer);
/* action: tunnel-up, tunnel-down, ssl-login-fail. */
void record_vpn(struct office *o, int64_t when, const char *action, const char *user, const char *address,
                const char *tunnel, uint64_t number);

/* ---- mail ---- */

struct message {
    const char *from_name, *from, *domain; /* domain: of the sender, and of the Message-ID; lives on */
    str subject, text, html;               /* html: "" for text alone */
    const char *headers;                   /* further ones, with their line ends */
    const char *server, *address;          /* that handed it over */
    const char *checks;                    /* results of SPF and its kin */
};
/* Into the mailbox of p, and the gateway's log if it came from outside. The noted event is the message. */
void record_message(struct office *o, int64_t when, const struct message *m, struct person *p);
void record_gateway(struct office *o, int64_t when, const char *from, const char *to, str subject, const char *address,
                    uint64_t number, bool allowed);
void record_tracking(struct office *o, int64_t when, unsigned server, const char *from, const char *to, str subject,
                     const char *client);
void message_id(uint64_t number, const char *domain, char out[96]);

/* ---- telephone ---- */

/* Of a call that p made or took. duration 0: nobody answered. */
void record_call(struct office *o, int64_t when, struct person *p, const char *caller, const char *called,
                 unsigned seconds);
void record_pbx(struct office *o, int64_t when, const char *user, const char *address, const char *type,
                const char *resource, const char *details, bool ok);

#endif
