/* mail_knowledge: what is known of mail beyond the evidence: mailing services, those who fetch pictures in the name of readers
 * (image proxies) or before them (security gateways), news outlets, webmail. Data: data/mail, compiled in, and files of a
 * user's own (docs/formats/mail-knowledge.md). */
#ifndef INCIDENT_MAIL_KNOWLEDGE_H
#define INCIDENT_MAIL_KNOWLEDGE_H

#include "base/err.h"
#include "base/str.h"

struct mail_knowledge;

#define MAIL_KNOWLEDGE_BYTES_MAX ((size_t)16 << 20) /* a file of a user's own */

/* With what is built in. ERR_MEMORY. */
MUST_USE bool mail_knowledge_new(struct mail_knowledge **out, struct err *e);
/* Takes NULL. */
void mail_knowledge_free(struct mail_knowledge *k);
/* More, of a file in the same language. ERR_USAGE: "path: line N: ..."; ERR_IO. */
MUST_USE bool mail_knowledge_load(struct mail_knowledge *k, const char *path, struct err *e);
/* The same of a text; name: for errors. */
MUST_USE bool mail_knowledge_load_text(struct mail_knowledge *k, str name, str text, struct err *e);

/* ---- names of hosts ----
 * Domains and hosts are given in small letters, without a last point. Answers are views into k, or into what was given. */

/* The part of a host that somebody registered: "www.bbc.co.uk" -> "bbc.co.uk" (Public Suffix List, libpsl). The host itself
 * when it is a public suffix, an address or a single label. */
str mail_registrable(str host);

/* The mailing service whose domain this is or lies in (return path, DKIM d=, host of an address); "". */
str mail_service_of_host(const struct mail_knowledge *k, str host);
/* The mailing service that writes a header of this name (small letters); "". Anybody can write a header: a mark, no proof. */
str mail_service_of_header(const struct mail_knowledge *k, str header);
/* A host that serves many who have nothing to do with each other: fonts, social networks, big clouds. Joins nothing. */
bool mail_host_shared(const struct mail_knowledge *k, str host);
/* A host that people ask for whether they got a mail or not: shared, an outlet's, a mailing service's, of mailboxes for everybody. That
 * somebody asked for it alone says nothing. */
bool mail_host_common(const struct mail_knowledge *k, str host);
/* Mailboxes for everybody: gmail.com. */
bool mail_freemail(const struct mail_knowledge *k, str domain);

/* The outlet that a display name claims to be or to write for: "BBC News", "Jane Doe (The Guardian)"; "". Letters of any
 * case. Names that are words of other meaning too count only where they stand alone: "Time" does, "Time to renew" does
 * not. */
str mail_outlet_claimed(const struct mail_knowledge *k, str display_name);
/* Is this one of the outlet's domains, or within one? outlet: as mail_outlet_claimed gave it. */
bool mail_outlet_owns(const struct mail_knowledge *k, str outlet, str domain);

/* ---- fetchers ---- */

enum mail_fetcher_type {
    MAIL_FETCHER_PROXY,   /* fetches when the recipient looks, or ahead of that: time and device are the proxy's */
    MAIL_FETCHER_GATEWAY, /* fetches to look for harm, mostly on delivery: says nothing of the recipient */
};
struct mail_fetcher {
    str name;
    enum mail_fetcher_type type;
    bool prefetches; /* PROXY: also without anybody looking (Apple's) */
    str how;         /* "user agent", "host", "network" */
};
/* Who is it that asked for an address? Each may be "": user_agent as logged; host: the name of the client, small letters;
 * address: its IPv4 or IPv6 address as text. False: nobody who is known. */
bool mail_fetcher_known(const struct mail_knowledge *k, str user_agent, str host, str address,
                        struct mail_fetcher *out);

#endif
