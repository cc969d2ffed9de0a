/* outlook: an Outlook data file (PST, OST: [MS-PST]) into mailboxes, by readpst of Debian's pst-utils.
 *
 * The format is a database that nobody should write a second reader of for this; readpst is maintained, and old C that reads
 * hostile bytes. It is run as base/program.h says: it can read the one file and the system's libraries, make files in one new folder
 * (in TMPDIR, mode 0700), and start or reach nothing. Time, memory, bytes and files are bounded.
 *
 * All of it is done by a process of its own, the keeper, which makes the folder, runs readpst, keeps the bounds, whatever may hold this
 * process up, lists what lies there, tells it, and removes the folder when this process ends, however it does. This process opens what is
 * a plain file in the list.
 *
 * readpst draws the boundaries of parts from the time of day. What a hunt reports must not depend on that: a second confined process,
 * of our own (outlook_settle.c), writes numbers in boundaries anew, counted from 1 in each mailbox, behind a part of the
 * SHA-256 of the mailbox without them, which nobody who writes a mail can know. The mailboxes of one file are the same bytes every time. */
#ifndef EVIDENCE_OUTLOOK_H
#define EVIDENCE_OUTLOOK_H

#include <signal.h>

#include "base/err.h"
#include "base/str.h"

/* Bounds that the file cannot raise. What lies beyond is told, and what came before is read. */
struct outlook_limits {
    uint64_t
        bytes_max; /* on the disk, all mailboxes together, while readpst runs; a mailbox more while they are written anew */
    uint64_t disk_least; /* bytes that the disk has left, whoever fills it */
    uint32_t files_max;  /* files and folders */
    size_t memory_max;
    unsigned cpu_s, wall_s; /* for readpst, and again for writing anew */
};

/* For a file of so many bytes: four times as many and 256 MiB come out, at most a third of what the disk has left, of which a quarter
 * stays; a mebibyte takes no longer than a second of the processor, two by the clock. */
struct outlook_limits outlook_limits_for(uint64_t size);

/* Is it such a file? head: its first bytes. */
bool outlook_begins(str head);
/* The same of an open file. */
bool outlook_is(int fd);

struct outlook;

/* Begins to unpack. fd: the file, which stays the caller's. ERR_UNSUPPORTED: readpst is not installed, or cannot be run, or not be
 * confined, and what is needed. Where it is: LONGWATCH_READPST, else /usr/bin/readpst. */
MUST_USE bool outlook_start(struct outlook **out, int fd, const struct outlook_limits *limits, struct err *e);
/* Can be read when outlook_step has something to do. */
int outlook_waits_for(const struct outlook *o);
/* Goes on without waiting. True: it has ended. */
MUST_USE bool outlook_step(struct outlook *o);
/* Start, and steps until the end. stop (or NULL): becomes not zero when it is to end: ERR_INTERRUPTED. */
MUST_USE bool outlook_run(struct outlook **out, int fd, const struct outlook_limits *limits,
                          const volatile sig_atomic_t *stop, struct err *e);

/* When it has ended. Mailboxes, in the order of their names ("Inbox/mbox"; as unpack_add_name); views live as long as o. */
size_t outlook_count(const struct outlook *o);
str outlook_name(const struct outlook *o, size_t i);
uint64_t outlook_size(const struct outlook *o, size_t i);
/* Opens it, once: its name in the folder is gone then. -1 and errno: it is not what it was. */
MUST_USE int outlook_take(struct outlook *o, size_t i);
/* What was wrong, a line each: what ended it, the first 100 of readpst and of names, and how many others; well-formed text without
 * control characters. */
size_t outlook_complaints(const struct outlook *o);
str outlook_complaint(const struct outlook *o, size_t i);
/* Items that are no mail (calendars, contacts, tasks), as readpst counts them: they are not read. */
uint64_t outlook_others(const struct outlook *o);

/* Ends what runs, removes the folder and all in it. Takes NULL. */
void outlook_close(struct outlook *o);

#endif
