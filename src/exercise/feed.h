/* feed: records of many logs, handed over in any order within a bounded time, written in the order of their times into a file a month. */
#ifndef EXERCISE_FEED_H
#define EXERCISE_FEED_H

#include "base/buf.h"
#include "exercise/truth.h"

/* The logs of the institution, one a row of the table in feed.c. */
enum source {
    SOURCE_MAIL,    /* messages, in an mbox */
    SOURCE_MAILBOX, /* messages, a file each, in the Maildir of a person */
    SOURCE_M365,    /* unified audit log, a JSON object a line */
    SOURCE_SIGNIN,  /* Entra sign-ins (Graph), a JSON object a line */
    SOURCE_IIS1,    /* IIS of the two mail servers */
    SOURCE_IIS2,
    SOURCE_TRACKING, /* messages through the mail servers */
    SOURCE_WWW,      /* Apache: the public site and the register's application */
    SOURCE_PROXY,    /* web proxy */
    SOURCE_WINDOWS,  /* Windows events of all hosts, a JSON object a line */
    SOURCE_CONN,     /* Zeek */
    SOURCE_DNS,
    SOURCE_HTTP,
    SOURCE_SSL,
    SOURCE_VPN,     /* FortiGate */
    SOURCE_GATEWAY, /* mail gateway, a JSON object a line */
    SOURCE_CALLS,   /* Cisco Unified CM: call records */
    SOURCE_PBX,     /* and its audit log */
    SOURCES
};

struct feed;

/* What is filled in when the record is written: who makes it knows then what has been since. Appends the record to b. */
struct feed_later {
    void (*fill)(void *ctx, struct buf *b);
    void *ctx; /* malloc'd; the feed's from the call on, which frees it */
    int64_t when;
};

/* folder: exists, and is empty; kept by the caller. */
MUST_USE bool feed_open(struct feed **out, const char *folder, struct truth *t, struct err *e);
/* Takes NULL. A file that is not complete is removed. */
void feed_free(struct feed *f);

/* record without its line end. An event of the truth that was noted is this one. Failures are kept until feed_until. */
void feed_add(struct feed *f, int64_t when, enum source to, str record);
/* A message: into the Maildir of that login, or "": the journal. done is called when it is written. */
struct feed_done {
    void (*done)(void *ctx, uint64_t number, const char *text);
    void *ctx;
    uint64_t number;
    const char *text;
};
void feed_add_message(struct feed *f, int64_t when, str record, str box, const struct feed_done *done);
void feed_add_later(struct feed *f, enum source to, const struct feed_later *l);
/* A record of Windows: numbered when it is written, in the log of its host. record begins with FEED_NUMBER_AT bytes before
 * the place of its number, which is FEED_NUMBER_WIDTH digits. */
#define FEED_NUMBER_AT 36
#define FEED_NUMBER_WIDTH 10
void feed_add_numbered(struct feed *f, int64_t when, str record, uint32_t log);

/* Writes all that is earlier than `when`. Nothing may be handed over for before it afterwards. */
MUST_USE bool feed_until(struct feed *f, int64_t when, struct err *e);
/* Writes what is left that is earlier than `end`, and forgets the rest. */
MUST_USE bool feed_close(struct feed *f, int64_t end, struct err *e);

const char *feed_source_name(enum source s);
uint64_t feed_records(const struct feed *f, enum source s);
uint64_t feed_bytes(const struct feed *f, enum source s);
uint64_t feed_files(const struct feed *f, enum source s);
/* Records that wait. */
size_t feed_waiting(const struct feed *f);

#endif
