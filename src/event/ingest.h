/* ingest: records into blocks. Undoes the collector's wrapping (shape), finds the kind, interns the values.
 *
 * It is a sink for readers. Blocks fill until the owner empties them: `full` is called between two records when the
 * rows or bytes held have reached a bound, and must clear or reset the blocks. */
#ifndef EVENT_INGEST_H
#define EVENT_INGEST_H

#include "base/zone_rules.h"
#include "event/block.h"
#include "event/kind.h"

/* Values of which raw types (a bit each) of a field are worth keeping in blocks of this kind, all of them or those that
 * `sift` says. NULL in ingest_options: all. A channel, what the kind names by `each` or as its
 * key, and what its roles are made of are always kept; so is what it collects, if that is asked for. */
struct ingest_wish {
    uint32_t all, sifted;
};
typedef struct ingest_wish (*ingest_wants)(void *ctx, const struct block *b, field_id field);

#define INGEST_KINDS S("*") /* instead of the name of a kind: of several */

struct ingest_options {
    struct fields *fields;
    const struct kinds *kinds;
    const struct mail_house *house; /* as the sink's */
    ingest_wants wants;
    /* Is the value, of a type to be sifted, worth keeping? The answer depends on the value and its field alone. */
    bool (*sift)(void *ctx, const struct block *b, const struct raw *v);
    /* Might any value of the event, of a type to be sifted, be worth keeping? Asked once, before the first is. NULL: it might. */
    bool (*sift_event)(void *ctx, const struct block *b, const struct record *r);
    /* Is it known of the event, before anything of it is sifted, that nothing in it needs be looked for by whoever asks this (row.clean)?
     * NULL: it is not. */
    bool (*clean)(void *ctx, const struct record *r);
    /* Is the serialised text of an object at this path asked for by anybody? NULL: never. */
    bool (*wants_inner)(void *ctx, field_id field);
    bool (*full)(void *ctx, struct err *e);
    /* Of a record only its kind and time are asked for: rows have no values, whatever `wants` says. */
    bool kinds_only;
    /* Told of each record, as the reader handed it over, what it came to: when (INSTANT_NONE: no time, or of several events that do not agree),
     * and the name of the kind ("": none; INGEST_KINDS: of several events that do not agree). After it has become rows, which may be gone.
     * NULL: nobody asks. False stops the reader. */
    bool (*taken)(void *ctx, const struct record *r, int64_t when, str kind, struct err *e);
    /* Told, before `taken`, of each value of the record that stands in it under no field as the reader handed it over, because a shape or a format
     * made it of something else, whatever `wants` says; of others now and then as well. Views live until `taken` returns. For whoever must know every
     * value that may come into a block. NULL: nobody asks. */
    bool (*made)(void *ctx, const struct raw *v, struct err *e);
    void (*damage)(void *ctx, uint64_t offset, uint64_t size, const char *why);
    void *ctx;
    uint32_t rows_max;
    size_t bytes_max;
    const struct zone_rules *zone; /* of times that say none; NULL: UTC */
    uint32_t roles;                /* a bit for each role whose fields are kept whatever `wants` says; 0: all of them */
    bool collect;                  /* what kinds collect is kept whatever `wants` says, and all roles of such kinds */
    bool acts;                     /* the same for what acts are made of */
    bool unclaimed; /* records that no kind claims become rows as well, in a block of a kind without name */
};

/* What happened to the records since ingest_part. */
struct ingest_counts {
    uint64_t records, salvaged, bytes, repaired, no_kind, no_time, cut;
    uint64_t years;        /* events whose time has no year and was given one (ingest_latest) */
    uint64_t year_breaks;  /* of these, times that lie half a year or more before the one that stood before it */
    uint64_t twice, never; /* events whose time the clocks of the options' zone showed twice, or never */
    uint64_t backs; /* records with a higher number and a time that lies BACK_S or more before that of the one before */
    uint64_t back_s; /* the furthest of these, in seconds */
};

#define BACK_S 120

struct ingest;

MUST_USE bool ingest_new(struct ingest **out, const struct ingest_options *options, struct err *e);
void ingest_free(struct ingest *in);
/* Rows that follow carry this part number and, where the record has no number of the format's own, what follows
 * counts from `reader`'s. reader: its name, for kinds that name one. Counts start at zero. */
void ingest_part(struct ingest *in, uint32_t part, str reader);
/* Rows that follow carry what stands there when their record comes: for whoever must know again which record a row was. NULL: 0. */
void ingest_origin(struct ingest *in, const uint32_t *origin);
/* No record of this part is later (by more than a day): times without a year get one by it. Forgotten by ingest_part. */
void ingest_latest(struct ingest *in, int64_t latest);
/* The sink to hand to a reader. */
struct event_sink *ingest_sink(struct ingest *in);
const struct ingest_counts *ingest_counts(const struct ingest *in);
/* Valid until the next record. */
struct block *const *ingest_blocks(const struct ingest *in, size_t *count);
size_t ingest_bytes(const struct ingest *in);
/* What the row's time was read from, well-formed UTF-8, its first TIME_TEXT_MAX bytes: of a row without time, what could not
 * be read. Empty where the reader knew the time and had no text for it. Valid as long as the row. */
#define TIME_TEXT_MAX 64u
str ingest_time_text(const struct ingest *in, const struct row *row);
/* After the owner looked at the rows: empties them; dictionaries too when they have outgrown their share, or are to be
 * forgotten. */
void ingest_clear(struct ingest *in, bool forget);

#endif
