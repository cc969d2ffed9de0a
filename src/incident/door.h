/* door: ways by which an intruder can come again: what it used or opened, and whether a log says that it was closed.
 *
 * Of each kind data say which acts open, use and close it (data/behaviours/doors.yml). A door is closed by an act after its last opening, and open
 * again by an act of use that succeeds after that. Without an act of closing it is open where the logs that would tell (those in which it was
 * opened, or its kind's) reach to the end of what was read, and "cannot tell" where they do not. */
#ifndef INCIDENT_DOOR_H
#define INCIDENT_DOOR_H

#include "detection/activity.h"

enum door_kind {
    DOOR_ACCOUNT,    /* its password is known: closed by a new one, or when it is disabled */
    DOOR_SESSION,    /* sessions and tokens of an account: closed when they are made void, or the account is */
    DOOR_RULE,       /* identity: mailbox\name */
    DOOR_FORWARDING, /* identity: mailbox */
    DOOR_CONSENT,    /* identity: application */
    DOOR_KEY,
    DOOR_DELEGATE,
    DOOR_ROLE,
    DOOR_FACTOR,
    DOOR_NEW_ACCOUNT,      /* made by the intruder */
    DOOR_WEB_SHELL,        /* identity: host and path: closed when deleted, or when it answers no more (404, 410) */
    DOOR_FIREWALL_OPENING, /* identity: host and port */
    DOOR_SERVICE,          /* identity: host and name */
    DOOR_TASK,
    DOOR_AUTORUN,
    DOOR_VPN_ACCOUNT, /* of a provider or a person: closed when it is disabled or has a new password */
    DOOR_IMPLANT,     /* identity: host and file or address it talks to */
    DOOR_APPLICATION, /* registered by the intruder */
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
    str account, host, object; /* by which it is found again in other evidence: as spelled; "" where it has none */
    int64_t opened, last_used, closed; /* INSTANT_NONE: not seen */
    struct door_place opened_at, used_at, closed_at;
    enum door_state state;
    str how; /* what closed it: "password reset", "rule removed"; or why that cannot be told; "" of an open one */
};

#endif
