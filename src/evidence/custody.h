/* custody: one line of the custody ledger: what a file or a member of a container is, and what became of its bytes. */
#ifndef EVIDENCE_CUSTODY_H
#define EVIDENCE_CUSTODY_H

#include "base/str.h"

/* There is nothing in it; there is nothing in it that could be an event (reader/prose.h); it was added to an archive, and no record of it is
 * left there. */
#define CUSTODY_EMPTY "empty"
#define CUSTODY_PROSE "prose, and no log"
#define CUSTODY_GONE "none of its records is in the archive any more"

/* Views live until the callback that hands them over returns. */
struct custody {
    str path;              /* "case/logs.zip!a/b.evtx" for what lies in containers */
    const char *sha256;    /* lower-case hexadecimal; "" when it could not be read to its end */
    uint64_t size;         /* bytes */
    const char *reader;    /* "evtx", "json"; NULL: nobody's */
    const char *container; /* "gzip", "zip" ... when it is one and its members have lines of their own; else NULL */
    bool member;           /* it lies in a container, whose own line comes later */
    str not_read; /* why nothing in it was read as events; "". Three reasons are no loss to whoever reads: CUSTODY_EMPTY, CUSTODY_PROSE, CUSTODY_GONE */
    uint64_t records;  /* read, salvaged ones not among them */
    uint64_t salvaged; /* found where the format says nothing lives */
    uint64_t repaired; /* bytes of text that were not well-formed: U+FFFD stands for each */
    uint64_t cut;      /* values or records cut at a bound */
    uint64_t no_kind;  /* records no kind claims */
    uint64_t no_time;
    uint64_t assumed;      /* events whose time says no zone, and was not put right: taken as `zone` */
    str zone;              /* "UTC", or what the hunt was told: "+01:00", "Europe/Berlin" */
    uint64_t twice, never; /* events whose local time the clocks of that zone showed twice, or never */
    uint64_t corrected;    /* events whose time was put right (custody_clock) */
    uint64_t years;        /* events whose time has no year, and was given one by when the file was last written to */
    uint64_t year_breaks;  /* of these, steps back of half a year and more: some years are wrong */
    uint64_t backs;        /* of a log whose records are numbered: steps back of its time */
    uint64_t back_s;       /* the furthest of these, in seconds */
    uint64_t duplicates;   /* events that were read before; known when all sources have been read */
    int64_t first, last;   /* of its events; INSTANT_NONE */
    uint64_t damages, damage_bytes;
    uint64_t findings;
};

/* Bytes of a source that could not be read, or were not. */
struct custody_damage {
    str path;
    uint64_t offset, size;
    str why;
};

/* What became of a clock: of the times that one host of a source writes in one field, where some of its records say their time a
 * second time, surely in UTC. */
enum clock_verdict {
    CLOCK_SOUND,     /* both agree */
    CLOCK_CORRECTED, /* its times are a zone's, written as UTC: all were put right */
    CLOCK_FAR,       /* they differ by one and the same time, which no zone is: left as they are */
    CLOCK_UNSURE,    /* differences that do not agree: left as they are */
    CLOCK_FEW,       /* fewer records than say anything */
    CLOCK_MANY,      /* more clocks than are told apart: nothing is said of any */
    CLOCK_ALONE, /* no record says its time twice, and the same clock was corrected in other files: left as they are */
    CLOCK_VERDICTS
};
struct custody_clock {
    str path;
    const char *sha256;
    str host, field; /* "" where there is none */
    enum clock_verdict verdict;
    int64_t offset_s; /* CORRECTED: what was added to its times; FAR: what would have to be; seconds; ALONE: what was
                              * added in other files, where that was the same in all of them, else 0 */
    uint64_t events;  /* whose time was read from it */
    uint64_t claims, agree;  /* records that say their time twice; of these, as many as agree most */
    int64_t least_s, most_s; /* by how much the second is later, all of them; ALONE: what was added in other files */
};
str clock_verdict_name(enum clock_verdict verdict); /* "sound", "corrected", "far", "unsure", "few", "many", "alone" */

/* What a source says of one log of one host. */
struct custody_coverage {
    str path;
    const char *sha256;
    str host, log; /* "" for a log without host; "*": too many to be told apart */
    uint64_t events;
    int64_t first, last;
};

/* Where the evidence as a whole, all of its sources together, has nothing of one log of one host. */
struct custody_gap {
    enum { GAP_RECORDS, GAP_SILENCE } type;
    str host, log;
    uint64_t from, to;     /* RECORDS: the numbers that are missing */
    int64_t after, before; /* SILENCE: no event from `after` on and before `before`, whole hours */
    uint64_t usual_hours;  /* SILENCE: how long the log is silent otherwise, at most */
};

#endif
