/* door: ways by which an intruder can come again: what it used or opened, and whether a log says that it was closed.
 *
 * Which acts open, use and close a kind of door stands in door.c's table; which logs speak of which directory of accounts in
 * data/doors/realms.yml. A door is closed by an act after its last opening and use, and open again by an act of opening, or by one of use that
 * succeeds, after that. Without an act of closing it is open where the logs that would tell reach to the end of what was read, and
 * "cannot tell" where they do not, or where it may have been closed and no log says so for certain. */
#ifndef INCIDENT_DOOR_H
#define INCIDENT_DOOR_H

#include "base/arena.h"
#include "detection/activity.h"
#include "detection/behaviour.h"

enum door_kind {
    DOOR_ACCOUNT,    /* its password is known: closed by a new one, or when it is disabled */
    DOOR_SESSION,    /* sessions and tokens of an account: closed when they are made void, or the account is */
    DOOR_RULE,       /* identity: mailbox\name */
    DOOR_FORWARDING, /* identity: mailbox */
    DOOR_CONSENT,    /* identity: application */
    DOOR_KEY,        /* identity: whose, and which */
    DOOR_DELEGATE,   /* identity: mailbox, and who may use it */
    DOOR_ROLE,       /* identity: who, and which role */
    DOOR_FACTOR,
    DOOR_NEW_ACCOUNT,      /* made by the intruder: closed when it is disabled or deleted */
    DOOR_WEB_SHELL,        /* identity: host and path: closed when deleted, or when it answers no more (404, 410) */
    DOOR_FIREWALL_OPENING, /* identity: host and port */
    DOOR_SERVICE,          /* identity: host and name */
    DOOR_TASK,
    DOOR_AUTORUN,
    DOOR_VPN_ACCOUNT, /* of a provider or a person: closed when it is disabled or has a new password */
    DOOR_IMPLANT,     /* identity: host and program, or address it talks to: closed when the program is deleted */
    DOOR_APPLICATION, /* registered by the intruder */
    DOOR_OPENING,     /* to others, of what is no host: a link to a file, a share, a security group. identity: which */
    DOOR_KINDS
};
str door_kind_name(enum door_kind k); /* "account", "session", "rule", "forwarding", ..., "firewall_opening" */
/* DOOR_KINDS: none of that name. */
enum door_kind door_kind_of(str name);

enum door_state { DOOR_CLOSED, DOOR_OPEN, DOOR_CANNOT_TELL };
str door_state_name(enum door_state s); /* "closed", "open", "cannot tell" */

struct door_place {
    str evidence_path; /* "": none */
    const char *evidence_sha256;
    uint64_t record, offset;
};

struct door {
    enum door_kind kind;
    str identity;
    /* By which it is found again in other evidence: as spelled; "" where it has none. object: of an account or session the directory
     * that knows it ("" : any), of a rule its name, of a page its path, ... */
    str account, host, object;
    int64_t opened, last_used, closed; /* INSTANT_NONE: not seen */
    struct door_place opened_at, used_at, closed_at;
    enum door_state state;
    str how; /* what closed it: "password reset", "rule removed"; or why that cannot be told; "" of an open one */
};

/* What doors are looked for in: all of the activities, and which logs they come from. */
struct doors;
/* Reads through all activities once. a: ended; outlives it. ERR_MEMORY. */
MUST_USE bool doors_new(struct doors **out, struct activities *a, struct err *e);
void doors_free(struct doors *d); /* takes NULL */

/* What is the intruder's. */
struct door_owner {
    const uint32_t *events; /* activities, ascending, each once */
    size_t event_count;
    const struct behaviour_part *parts; /* own pages and programs are asked for */
    size_t part_count;
};
/* Of one incident all doors it used or opened, by time of opening, then kind and identity; more than DOORS_MAX are left out, the latest. All
 * lives in the arena (ERR_MEMORY, also when it is full); evidence_path and evidence_sha256 as long as the activities do. */
#define DOORS_MAX 1024u
MUST_USE bool doors_of(struct doors *d, const struct door_owner *owner, struct arena *room, const struct door **out,
                       size_t *count, struct err *e);
/* Doors that were found in other evidence, earlier: what became of them in this. They come out in their order, each as it was but for
 * last_used, closed, their places, state and how. owner: whose acts in this evidence are uses; parts are not asked for. */
MUST_USE bool doors_follow(struct doors *d, const struct door *old, size_t count, const struct door_owner *owner,
                           struct arena *room, const struct door **out, struct err *e);

/* Do logs reach over a time in which it would show that a door is used (from `used` on), and that it was closed (from `closed` on), to the end of
 * what was read? */
struct door_cover {
    bool use, close;
    str use_why, close_why; /* what is missing; "" where nothing is. In the arena */
};
MUST_USE bool doors_cover(struct doors *d, const struct door *of, int64_t used, int64_t closed, struct arena *room,
                          struct door_cover *out, struct err *e);

#endif
