/* incident: findings, behaviours and campaigns put together into intrusions, each with its beginning and end, its phases, whom and what it
 * reached, what left, and what it opened; with the activity or finding behind every word of it.
 *
 * What is joined: clues that speak of one thing that is the intruder's own (an address that few use, a session, a page, a client on an account);
 * and clues about one account or host that is reached, where they follow each other in time and in cause, and the account or host is not one
 * that many share. Two intruders in one host stay two. A clue that is weak and alone is no incident; it stays a finding. docs/incidents.md has
 * the rules and weights (data/behaviours/incident.yml). The answer depends on no order of what comes in. */
#ifndef INCIDENT_INCIDENT_H
#define INCIDENT_INCIDENT_H

#include "base/arena.h"
#include "detection/behaviour.h"
#include "detection/finding.h"
#include "incident/door.h"
#include "incident/mail_campaign.h"
#include "incident/mail_follow.h"
#include "incident/mail_open.h"

/* Where something is said: a record of the evidence. */
struct proof {
    str evidence_path;
    const char *evidence_sha256;
    uint64_t record, offset;
};

enum clue_type { CLUE_BEHAVIOUR, CLUE_RULE, CLUE_CAMPAIGN, CLUE_TYPES };
str clue_type_name(enum clue_type t);               /* "behaviour", "rule", "campaign" */
enum clue_type clue_type_of(str name);              /* CLUE_TYPES: none of that name; so below */
str incident_part_name(enum behaviour_part_type t); /* "account", "host", ...: what an entity is */
enum behaviour_part_type incident_part_of(str name);

/* Why it is an incident: what was found, with its weight. */
struct clue {
    enum clue_type type;
    uint64_t number; /* of the behaviour (in order, from 1), of the first finding, of the campaign */
    str id, title;   /* of behaviour or rule; of a campaign its subject */
    str reason;
    str tactic, technique; /* "" where nobody says */
    enum sigma_level level;
    double weight; /* bans, as counted in this incident */
    int64_t first, last;
    uint64_t count;    /* events or findings */
    uint64_t like, of; /* base rate */
    uint32_t incident; /* its number; 0: in none */
};

/* One act of the intruder. */
struct incident_event {
    int64_t when, last;
    str tactic, technique;
    str what;     /* plain words: "reads 3 messages of the mailbox finn.wagner@chamber.example" */
    enum act act; /* ACT_NONE: of a finding or a mail */
    str account, target, host, address, program, session, object, detail;
    uint64_t count, items, amount;
    uint32_t clue;     /* index into all clues: why it is the intruder's */
    uint32_t activity; /* its index; not told of one read out of a case */
    struct proof proof;
};

enum incident_entity_role { ENTITY_OWN, ENTITY_REACHED };
struct incident_entity {
    enum behaviour_part_type type;
    enum incident_entity_role role;
    str name;
    str note; /* "way out of the house", "known as a relay of APT31", "shared by 31 accounts"; "" */
    bool shared;
    int64_t first, last; /* of its acts in this incident */
    uint64_t events;
};
/* Two entities that an act joins, and how often: the edges of the graph. */
struct incident_link {
    uint32_t from, to; /* indexes into entities */
    str what;          /* "signs in as", "reads", "reaches", "sends to" */
    uint64_t events;
    int64_t first, last;
};

enum reach_type {
    REACH_MAILBOX,  /* items: messages that the log says were read; events: acts of reading */
    REACH_FILE,     /* name: the file */
    REACH_REGISTER, /* a file or share of a register; records at risk where a name or a log says how many */
    REACH_HOST,
    REACH_ACCOUNT,
    REACH_CALLS,  /* name: what was exported; items: call records in the evidence of that period */
    REACH_PERSON, /* name: extension or number that those calls expose; items: how many of them */
    REACH_OUT,    /* name: where to; amount: bytes */
    REACH_TYPES
};
str reach_type_name(enum reach_type t); /* "mailbox", ... */
enum reach_type reach_type_of(str name);
struct reach {
    enum reach_type type;
    str name, detail;
    int64_t first, last;
    uint64_t events, items, amount;
    struct proof proof; /* of the first */
};

struct phase {
    str tactic; /* ATT&CK's short name: "initial-access" */
    int64_t first, last;
    uint64_t events;
};

struct incident {
    uint32_t number; /* from 1, by score, then by first, then by name */
    str title;       /* "Mailboxes of 3 accounts read from changing networks" */
    enum sigma_level level;
    double score;        /* bans, of all clues */
    int64_t first, last; /* of its acts; dwell time is the difference */
    str began;           /* in words; "": not seen */
    struct proof began_at;
    str state; /* "ongoing": its acts reach to the end of what was read; "quiet": no act in the last 30 days of it; "closed": and every door is */
    const uint32_t *clues; /* indexes into all clues, the heaviest first */
    size_t clue_count;
    const struct incident_event *events; /* in order of time */
    size_t event_count;
    const struct incident_entity *entities; /* own first, then by events */
    size_t entity_count;
    const struct incident_link *links;
    size_t link_count;
    const struct reach *reaches; /* by type, then by items, amount, events, name */
    size_t reach_count;
    const struct phase *phases; /* by first */
    size_t phase_count;
    const struct door *doors; /* by opened */
    size_t door_count;
};

struct incidents;
struct incident_options {
    size_t memory_max; /* bytes */
    const struct behaviours *behaviours;
    struct activities *
        activities; /* not ended: events of findings and campaigns are added to what the hunt hands over. Outlives this */
};
MUST_USE bool incidents_new(struct incidents **out, const struct incident_options *options, struct err *e);
void incidents_free(struct incidents *s); /* takes NULL */

/* While the hunt goes on: every finding of a rule or indicator (not of persons), in any order. */
MUST_USE bool incidents_finding(struct incidents *s, const struct finding *f, struct err *e);
/* Then the campaigns, and who opened them. */
MUST_USE bool incidents_campaign(struct incidents *s, const struct mail_campaign *c, struct err *e);
MUST_USE bool incidents_opening(struct incidents *s, const struct mail_answer *a, struct err *e);
/* At the end: ends the activities, runs the behaviours, joins, and hands over behaviours, in order, then incidents. */
struct incident_visitor {
    bool (*behaviour)(void *ctx, const struct behaviour_hit *hit, const struct clue *clue, struct err *e);
    bool (*incident)(void *ctx, const struct incident *incident, const struct clue *clues, size_t clue_count,
                     struct err *e);
    void *ctx;
};
MUST_USE bool incidents_end(struct incidents *s, const struct incident_visitor *visitor, struct err *e);
/* Findings and other things for which there was no room. */
uint64_t incidents_lost(const struct incidents *s);

#endif
