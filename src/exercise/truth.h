/* truth: what was hidden where: the record of an exercise that TRUTH.json tells. Docs: docs/exercise.md. */
#ifndef EXERCISE_TRUTH_H
#define EXERCISE_TRUTH_H

#include "base/buf.h"
#include "base/err.h"

struct truth;

/* Whose part in the story an event is. */
enum truth_part {
    TRUTH_ACT,      /* the intruder's */
    TRUTH_SYMPTOM,  /* what others noticed of it */
    TRUTH_RESPONSE, /* what the institution did about it */
};
#define TRUTH_HARMLESS UINT32_MAX /* in place of an intrusion: out of the ordinary, and nobody's attack */

enum truth_set {
    TRUTH_ACCOUNTS,  /* used by the intruder */
    TRUTH_HOSTS,     /* of the institution, reached */
    TRUTH_ADDRESSES, /* the intruder's, or relays' */
    TRUTH_PROGRAMS,  /* client programs that the intruder used */
    TRUTH_DOMAINS,   /* the intruder's */
    TRUTH_SESSIONS,
    TRUTH_SETS
};

struct truth_door {
    const char *
        kind; /* account, session, token, rule, forwarding, consent, web_shell, firewall_opening, service, task, vpn_account */
    char identity[120];
    int64_t opened, used, closed; /* closed: INSTANT_NONE while it is open */
    const char *how;              /* it was closed */
};

bool truth_new(struct truth **out, struct err *e);
void truth_free(struct truth *t);
/* Has an addition failed? Then all that was told is incomplete. */
bool truth_failed(const struct truth *t);

/* A new one; the texts live as long as t. began: how, or NULL: no record tells. Returns its number, from 0. */
uint32_t truth_intrusion(struct truth *t, const char *shape, const char *title, const char *began);
/* The next record that is handed to the feed is this event. technique: ATT&CK, or "". */
void truth_note(struct truth *t, uint32_t intrusion, enum truth_part part, const char *technique, const char *tactic,
                const char *fmt, ...) PRINTF(6, 7);
/* The event that was noted and not yet taken; 0: none. */
uint32_t truth_take(struct truth *t);
/* It was written: path below the folder of evidence, record from 1, offset in bytes. */
void truth_placed(struct truth *t, uint32_t event, int64_t when, str path, uint64_t record, uint64_t offset,
                  str source);

/* Each value once. */
void truth_put(struct truth *t, uint32_t intrusion, enum truth_set set, str value);
/* Messages of a mailbox that were read; adds up. */
void truth_read(struct truth *t, uint32_t intrusion, str mailbox, uint64_t messages);
/* A file or another thing that was read, with the records in it (0: nobody counts them); each object once. */
void truth_object(struct truth *t, uint32_t intrusion, str object, uint64_t records);
void truth_left(struct truth *t, uint32_t intrusion, int64_t when, str to, uint64_t bytes);
/* What is reached through calls; persons: their numbers, each told once. */
void truth_calls(struct truth *t, uint32_t intrusion, uint64_t calls);
void truth_person(struct truth *t, uint32_t intrusion, str person);
/* Returns its number within the intrusion. opened: INSTANT_NONE: when it is first used. */
uint32_t truth_door(struct truth *t, uint32_t intrusion, const char *kind, str identity, int64_t opened);
void truth_door_used(struct truth *t, uint32_t intrusion, uint32_t door, int64_t when);
void truth_door_closed(struct truth *t, uint32_t intrusion, uint32_t door, int64_t when, const char *how);
/* Everyday life closes doors without knowing: of that kind and identity, whose so ever, unless it is used after that. */
void truth_door_everyday(struct truth *t, const char *kind, str identity, int64_t when, const char *how);

uint32_t truth_count(const struct truth *t);
uint64_t truth_events(const struct truth *t, uint32_t intrusion, enum truth_part part);
const char *truth_title(const struct truth *t, uint32_t intrusion);
/* Appends `"intrusions":[...],"harmless":[...]`. */
void truth_json(const struct truth *t, struct buf *b);

#endif
