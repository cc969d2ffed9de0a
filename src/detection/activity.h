/* activity: who did what, when, out of all the evidence: acts (event/act.h) in a form small enough to be kept for years of logs, whole and
 * in order, each with the place of its event. Behaviours (behaviour.h), incidents and doors are made of nothing else but these, findings
 * of rules, and campaigns of mail.
 *
 * Of connections, lookups and visits, which are many, no session is kept: each has one of its own and nobody asks for it. Together with requests to
 * servers they take at most half the room: a log of flows leaves room for the acts of people.
 *
 * Workers make them of blocks (act_scan.h); they come in the order of the evidence. More than ACTIVITY_EACH alike (the same texts, kind, outcome)
 * within an hour of one stretch of a part of a source become one, which stands for `count` events from `when` to `last`: a flood does not fill the
 * disk. Texts are kept once. What does not fit (memory_max, ACTIVITIES_MAX) is counted: activities_lost. */
#ifndef DETECTION_ACTIVITY_H
#define DETECTION_ACTIVITY_H

#include "base/err.h"
#include "base/instant.h"
#include "event/act.h"

#define ACTIVITY_EACH 8u
#define ACTIVITIES_MAX (1u << 26)
#define ACTIVITIES_USUAL (1u << 22) /* some 1 GiB with all that is made of them */
#define ACTIVITY_TEXT_MAX 2048u     /* bytes of one text; longer ones are cut where a character ends */

enum act_outcome { OUTCOME_UNSAID, OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_OTHER };

/* As it is kept: 112 bytes. text: codes of activities_text; 0: none. */
struct activity {
    int64_t when, last;      /* ns UTC; INSTANT_NONE never: events without time are no activities */
    uint64_t record, offset; /* of the (first) event in its source */
    uint64_t amount;         /* bytes, seconds, records: what the act counts; of all events together */
    uint64_t back;           /* ACT_CONNECTION: bytes back, of all events together; its text ACT_DETAIL is empty */
    uint32_t source;         /* activities_source */
    uint32_t count;          /* events */
    uint32_t items; /* messages, files: what the log says were touched; of all events together; 0: it does not say */
    uint8_t act, outcome;  /* enum act, enum act_outcome */
    bool salvaged, unsure; /* unsure: no zone is known of its time */
    uint32_t text[ACT_TEXTS];
};

/* As it comes. Views. */
struct activity_event {
    int64_t when, last;
    uint64_t record, offset, amount, back;
    uint32_t count, items;
    enum act act;
    enum act_outcome outcome;
    bool salvaged, unsure;
    str text[ACT_TEXTS];
    str evidence_path;
    const char *evidence_sha256;
};

struct activities;

/* memory_max: bytes of texts; activities themselves lie in an unlinked temporary file beyond 64 MiB. folder: where; NULL: file_temporary's. */
MUST_USE bool activities_new(struct activities **out, size_t memory_max, const char *folder, struct err *e);
void activities_free(struct activities *a); /* takes NULL */
/* So many are kept, at most ACTIVITIES_MAX; usually ACTIVITIES_USUAL. Before the first is added. */
void activities_bound(struct activities *a, uint32_t max);
MUST_USE bool activities_add(struct activities *a, const struct activity_event *v, struct err *e);
/* After the last: sorts by (when, source, record, offset, act), puts spellings of accounts and hosts together. Nothing is added after. */
MUST_USE bool activities_end(struct activities *a, struct err *e);

/* All below: after the end. Indexes are in the order of time. */
uint32_t activities_count(const struct activities *a);
const struct activity *activities_at(const struct activities *a, uint32_t i);
uint64_t activities_lost(const struct activities *a); /* events for which there was no room */
/* The text of a code; "" of 0. Codes are the same in each run over the same evidence. */
str activities_text(const struct activities *a, uint32_t code);
uint32_t activities_text_count(const struct activities *a); /* codes are below */
/* The code of a text, 0: nobody has it. */
uint32_t activities_find(const struct activities *a, str text);
struct activity_source {
    str path;
    const char *sha256;
};
struct activity_source activities_source(const struct activities *a, uint32_t source);
uint32_t activities_source_count(const struct activities *a);

/* ---- who is who ----
 *
 * An account is written in many ways: CHAMBER\jo, jo@chamber.example, CHAMBER.EXAMPLE\jo@CHAMBER.EXAMPLE, jo. Those of one name are
 * one *entity* where their domains may be one (a NetBIOS name is the first label of the other; none is any where it is the only one of that name
 * with a domain); letters' case says nothing. Hosts likewise (MX01, mx01.chamber.example), and the addresses that logs say a host has had
 * (ACT_HOST_NAME, logons with workstation and address), each for the days on which nobody else had it. Programs are one entity when they
 * differ in versions only (digits and what stands between them). An address's network is its /24, or /48. What is no such text is its own entity.
 * An entity is the smallest code of its spellings. */
enum entity_type { ENTITY_ACCOUNT, ENTITY_HOST, ENTITY_ADDRESS, ENTITY_NETWORK, ENTITY_PROGRAM, ENTITY_OTHER };
/* 0: of code 0. */
uint32_t activities_account(const struct activities *a, uint32_t code);
uint32_t activities_host(const struct activities *a, uint32_t code);
uint32_t activities_program(const struct activities *a, uint32_t code);
/* The network of an address as a text ("198.18.32.0/24"); 0: it is no address. */
uint32_t activities_network(const struct activities *a, uint32_t code);
/* The host that had an address at that time, 0: not known; and an address of a host, the one most often said; 0. */
uint32_t activities_host_of(const struct activities *a, uint32_t address, int64_t when);
uint32_t activities_address_of(const struct activities *a, uint32_t host);
/* Is it an address of the institution's own side: private, loopback, link-local, shared (RFC 6890), or of a network from which at least
 * a fifth of its accounts (and three) come in a usual month (its way out), and itself, or its /64, used by three? */
bool activities_own_address(const struct activities *a, uint32_t code);
/* A spelling for people: of accounts the one with the longest domain. */
str activities_spelling(const struct activities *a, enum entity_type type, uint32_t entity);
/* So many accounts use an address's network, or a program, or a session: what many share tells nobody. */
uint32_t activities_accounts_of(const struct activities *a, enum entity_type type, uint32_t entity);

/* Indexes of all activities of an entity, in order of time; the text by which it is found: ACT_ACCOUNT by account entity, ACT_TARGET too, ACT_HOST by
 * host, ACT_PROGRAM by program, ACT_ADDRESS, ACT_SERVER, ACT_SESSION, ACT_OBJECT by the code itself. Made when first asked for; ERR_MEMORY. */
struct activity_list {
    const uint32_t *items;
    uint32_t count;
};
MUST_USE bool activities_of(struct activities *a, enum act_text by, uint32_t entity, struct activity_list *out,
                            struct err *e);
/* All of an act. */
MUST_USE bool activities_of_act(struct activities *a, enum act act, struct activity_list *out, struct err *e);
/* All entities that occur under a text, each once, in the order of codes: what to go through. */
MUST_USE bool activities_entities(struct activities *a, enum act_text by, struct activity_list *out, struct err *e);

#endif
