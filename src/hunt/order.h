/* order: what workers said about sources and parts of them, kept until its turn has come, and handed on in the order of the
 * evidence. That order, and nothing of the workers, decides what a hunt reports. */
#ifndef HUNT_ORDER_H
#define HUNT_ORDER_H

#include "evidence/walk.h"
#include "hunt/gathering.h"
#include "hunt/hunt.h"
#include "hunt/spool.h"
#include "hunt/wire.h"

/* What came of one part. */
struct part_result {
    struct spool spool;
    bool ended;
    bool clocked; /* what it says of clocks may put times of it right: reported when all parts have ended */
};

/* A file from when it is opened until it has been reported. */
struct source {
    struct source *next; /* in the order of the evidence */
    const struct found_file *file;
    int fd; /* -1: closed, or never opened */
    uint64_t size;
    uint64_t part_size;   /* 0: one part */
    char reader[16];      /* when there are parts */
    uint32_t parts, sent; /* sent: to workers; the others wait */
    uint64_t ordinal;     /* hunt's own */
    bool hash_sent, hash_ended, hashed;
    uint8_t sha256[SHA256_SIZE];
    struct part_result *results; /* one a part */
    /* While it is reported: */
    uint32_t reported; /* parts */
    struct custody total;
    char container[16];  /* total.container */
    struct buf not_read; /* total.not_read */
    struct clocks clocks;
    bool line_came;                 /* some part came to its end */
    struct gathering_file *segment; /* of an archive; NULL: it is none */
    /* What YARA rules found in it: */
    bool scan_sent, scan_ended;
    struct spool scan;
};

struct order;

MUST_USE bool order_new(struct order **out, const struct hunt_options *options, struct correlator *correlator,
                        struct err *e);
/* Takes NULL. */
void order_free(struct order *o);

/* The next source. Its file is not opened. NULL: no memory. */
struct source *order_source(struct order *o, const struct found_file *file);
/* The next behind `before`, which has not been reported. */
struct source *order_source_behind(struct order *o, struct source *before, const struct found_file *file);
/* It is a segment of an archive. In a hunt what it says of the sources in it waits for all other segments (order_gathered); in a listing only for those that
 * may know better when its events were. While records are kept it is like any other file. */
MUST_USE bool order_segment(struct order *o, struct source *s, struct err *e);
/* What is known of the clocks of sources in a segment, and is not said of them otherwise: WIRE_SOURCE and WIRE_CLOCK messages; others
 * are passed over. path: of the segment; lives as long as o. key_seeds: of the hunt. */
MUST_USE bool order_known(struct order *o, str path, str messages, const uint64_t key_seeds[2], struct err *e);
/* It is read in parts of so many bytes. */
MUST_USE bool order_split(struct source *s, uint64_t part_size, str reader, struct err *e);
/* A message for the turn of the source. */
MUST_USE bool order_add(struct order *o, struct source *s, uint32_t part, str message, struct err *e);
/* The same of a segment, whatever the message is. */
MUST_USE bool order_segment_add(struct order *o, struct source *s, const struct wire *m, str message, struct err *e);
/* What it says of a clock (WIRE_CLOCK). */
MUST_USE bool order_clock(struct order *o, struct source *s, uint32_t part, const struct wire *message, struct err *e);
/* Nothing more comes of this part; why: it was not finished, or NULL. */
MUST_USE bool order_part_ended(struct order *o, struct source *s, uint32_t part, const char *why, struct err *e);
/* The source will not be read at all. */
MUST_USE bool order_not_read(struct order *o, struct source *s, const char *why, struct err *e);
/* It is to be scanned with YARA rules, and waits for that; before it has been reported. */
void order_scan_wanted(struct source *s);
/* A message of the job that scans it (WIRE_SOURCE, WIRE_YARA, WIRE_UNSCANNED, WIRE_SCANNED, and no other). */
MUST_USE bool order_scan_add(struct order *o, struct source *s, str message, struct err *e);
/* why: it was not finished, or NULL. */
MUST_USE bool order_scan_ended(struct order *o, struct source *s, const char *why, struct err *e);
/* What was scanned of all that was reported. */
const struct yara_counts *order_scanned(const struct order *o);
/* Sources that wait for their turn. */
size_t order_waiting(const struct order *o);

/* Reports whatever has its turn. */
MUST_USE bool order_report(struct order *o, struct err *e);
/* Nothing more comes of any source: what waits for others is reported, and sources of segments, in the order of the evidence. */
MUST_USE bool order_gathered(struct order *o, struct err *e);
/* After the last source: duplicates, gaps. */
MUST_USE bool order_ledger(struct order *o, struct err *e);
/* And the correlations. */
MUST_USE bool order_correlate(struct order *o, struct err *e);

#endif
