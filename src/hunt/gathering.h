/* gathering: what segments of an archive say of the same source, put together: its records lie in a segment for each of its months, and read one by one
 * these are only parts of it.
 *
 * A source is known by path and SHA-256. Messages of its parts are kept on the disk until all segments have been read; then sources come in the
 * order of the evidence as the archive's ledgers have it. What is held in memory is some 200 bytes a source and 80 a part, and paths. */
#ifndef HUNT_GATHERING_H
#define HUNT_GATHERING_H

#include "hunt/spool.h"
#include "hunt/wire.h"

struct gathering;
struct gathering_file; /* one segment */

/* What the archive's ledger says of a source, which its records do not. */
struct gathering_line {
    bool any, member;
    const char *container; /* NULL: none */
    str not_read;
    uint64_t size, records; /* records: that were kept, salvaged ones among them */
    uint64_t year_breaks, backs, back_s;
};

/* Messages of one source out of one segment. */
struct gathering_part {
    uint32_t file;     /* in the order of the evidence */
    uint64_t from, to; /* of its spool */
    bool placed;       /* some message speaks of a record, and of all these: */
    uint64_t first_offset, first_record, last_offset, last_record;
    bool acts; /* it has any, and of all these, in the order of records, the first: */
    uint64_t act_offset, act_record;
    int64_t first_act, last_act; /* their times */
};

struct gathering_source {
    str path;
    uint8_t sha256[SHA256_SIZE];
    bool hashed;
    struct clocks clocks; /* of all parts, under index 0 */
    struct gathering_line line;
    struct gathering_part *parts; /* by their first records */
    uint32_t part_count, part_room;
    uint32_t read; /* parts that records were read of */
    /* Its place: of the file in which it lies, the path; then as the ledger names it. */
    str outer;
    uint64_t place;
};

MUST_USE bool gathering_new(struct gathering **out, struct spools *spools, struct err *e);
void gathering_free(struct gathering *g); /* takes NULL */

/* The next segment, in the order of the evidence; lives as long as g. path: its own; lives as long. keeps: messages are kept; else only who says them, and
 * clocks. NULL: no memory. */
struct gathering_file *gathering_file(struct gathering *g, str path, bool keeps);
/* A message of its job. *taken: it is kept here; else it speaks of the segment itself, or is not kept at all. */
MUST_USE bool gathering_message(struct gathering *g, struct gathering_file *f, const struct wire *m, str bytes,
                                bool *taken, struct err *e);
/* Nothing more comes of it. */
MUST_USE bool gathering_file_end(struct gathering *g, struct gathering_file *f, struct err *e);
/* Of the member with that number. NULL: none such. */
struct gathering_source *gathering_member(struct gathering *g, const struct gathering_file *f, uint32_t index);

/* After all segments: sources in order, their parts in order. */
void gathering_sort(struct gathering *g);
size_t gathering_count(const struct gathering *g);
struct gathering_source *gathering_at(struct gathering *g, size_t i);
/* Do its parts follow one upon the other, record by record? */
bool gathering_in_order(const struct gathering_source *s);
/* Has any of its parts acts? */
bool gathering_acts(const struct gathering_source *s);
/* Have two of its parts acts of the same hour? */
MUST_USE bool gathering_acts_meet(const struct gathering_source *s, bool *meet, struct err *e);
/* Its messages, as spool_read. */
MUST_USE bool gathering_read(const struct gathering *g, const struct gathering_part *p,
                             bool (*each)(void *ctx, str bytes, struct err *e), void *ctx, struct err *e);
/* Where the record lies that a message speaks of: false: it speaks of none. */
bool gathering_place(const struct wire *m, uint64_t *offset, uint64_t *record);

#endif
