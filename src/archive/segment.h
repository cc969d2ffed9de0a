/* segment: records as readers handed them over, column by column, in one file that never changes.
 *
 * A segment keeps struct record itself (event/record.h), not what kinds or rules made of it: what is read back are the same
 * records in the same order, so that whatever is known tomorrow is asked of what was written today. Knows no kind and no
 * reader: who adds a record says its time and the name of its kind, by which segments and blocks are passed over. The bytes are
 * described in docs/formats/segment.md; the same records, told in the same order with the same options, are the same bytes, as long as they
 * are not encrypted.
 *
 * What is not kept of a record: `bytes` and `constants`, which are hints and come back empty, and attachments. */
#ifndef ARCHIVE_SEGMENT_H
#define ARCHIVE_SEGMENT_H

#include "archive/seal.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/instant.h"
#include "event/record.h"

#define SEGMENT_VERSION 1u
#define SEGMENT_ID_SIZE 16u
#define SEGMENT_ROWS_MAX (1u << 24)   /* rows of a segment */
#define SEGMENT_BLOCK_ROWS 65536u     /* rows of a block, at most */
#define SEGMENT_VALUES_MAX (1u << 16) /* values of one record; readers stop at RECORD_VALUES_MAX */
#define SEGMENT_SOURCES_MAX (1u << 20)

/* A number that is kept beside a source, and means nothing here: what the custody ledger counted. */
struct segment_count {
    uint32_t number;
    uint64_t value;
};

/* Where records come from. */
struct segment_source {
    str path;   /* as the ledger names it, any bytes */
    str reader; /* struct reader's name: kinds and shapes ask for it (ingest_part) */
    uint8_t sha256[SHA256_SIZE];
    uint64_t size;
    int64_t modified; /* INSTANT_NONE: not known */
    uint64_t before;  /* its records' numbers were counted from behind so many: reading adds them */
    const struct segment_count *counts;
    uint32_t count_count;
    uint32_t rows; /* told by the reader: how many of the segment's rows are from it */
};

/* Was its hash known when it was kept? */
static inline bool segment_source_hashed(const struct segment_source *s) {
    static const uint8_t none[SHA256_SIZE];

    return memcmp(s->sha256, none, sizeof none) != 0;
}

/* ---- writing ---- */

struct segment_options {
    const struct fields *fields; /* whose numbers the records' fields are; names are what is kept */
    int level;                   /* of zstd, 1 to 19; 0: 1 */
    uint32_t rows_max;           /* segment_writer_full says so from here on; 0: 1,048,576 */
    size_t memory_max;           /* the same for segment_writer_bytes; 0: 192 MiB; never less than 16 MiB */
    uint64_t size_max;           /* the same for bytes of the file; 0: 512 MiB */
    uint64_t seed;               /* of the tables of values; 0: drawn. No byte of a segment depends on it */
    bool to_file;                /* write to fd as it grows, instead of keeping the segment in memory */
    int fd;                      /* stays the caller's; written from where it stands on, never sought in */
    uint8_t id[SEGMENT_ID_SIZE]; /* the name of the segment, as the caller likes */
    const struct writing_key
        *writing; /* chunks and directory are sealed with it; stays the caller's. NULL: not encrypted */
    /* NULL, or told of the values of each column as they are packed: each of them once or more. Not of the segment's own columns, nor of one while all
     * that stands in it is a second spelling (enum segment_spoken): mixed columns are to be read again. UTF-16 may come as the same text (RAW_TEXT).
     * False ends what was called, with e. */
    bool (*told)(void *ctx, uint8_t raw_type, str value, struct err *e);
    void *ctx;
};

struct segment_writer;

MUST_USE bool segment_writer_new(struct segment_writer **out, const struct segment_options *options, struct err *e);
/* Takes NULL. */
void segment_writer_free(struct segment_writer *w);
/* Another source; *index: what names it in segment_writer_record. All is copied. ERR_LIMIT: SEGMENT_SOURCES_MAX. */
MUST_USE bool segment_writer_source(struct segment_writer *w, const struct segment_source *source, uint32_t *index,
                                    struct err *e);
/* Says anew what is known of a source, until the end: hash and counts are often known last. */
MUST_USE bool segment_writer_source_set(struct segment_writer *w, uint32_t index, const struct segment_source *source,
                                        struct err *e);
/* What was said of it last; views live until more is said. */
const struct segment_source *segment_writer_source_is(const struct segment_writer *w, uint32_t index);
/* Adds one record of a source. when: the time of the event as its kind says it, or INSTANT_NONE; kind: its name, "": none claims it.
 * All is copied. May be called when the segment is full. ERR_MEMORY, also for what the format cannot number; ERR_LIMIT: more than SEGMENT_VALUES_MAX values, a value of
 * 1 GiB, or SEGMENT_ROWS_MAX rows; ERR_IO. After a failure but ERR_LIMIT (which adds nothing) the writer is good for nothing but
 * segment_writer_free. */
MUST_USE bool segment_writer_record(struct segment_writer *w, uint32_t source, const struct record *r, int64_t when,
                                    str kind, struct err *e);
uint32_t segment_writer_rows(const struct segment_writer *w);
/* Bytes held, all together. */
size_t segment_writer_bytes(const struct segment_writer *w);
/* Time to finish: rows_max, memory_max or size_max is reached. What finishing needs beyond is less than 8 MiB and the longest value twice. */
bool segment_writer_full(const struct segment_writer *w);

/* What a segment is, as a whole. */
struct segment_info {
    uint8_t id[SEGMENT_ID_SIZE];
    uint8_t sha256
        [SHA256_SIZE]; /* of the footer, which holds hashes of all bytes before it: stands for the whole segment */
    uint64_t size;     /* bytes of the file */
    uint32_t rows, blocks, columns, shapes, sources, chunks;
    uint32_t timed;      /* rows that have a time */
    uint32_t encrypted;  /* 1: it is */
    int64_t first, last; /* earliest and latest `when`; INSTANT_NONE: no row has any */
    uint64_t cells;      /* values of all records */
    uint64_t values;     /* kept values of all columns */
};

/* Ends the segment. out: where its bytes are appended, or NULL when it goes to fd (which is not synced: the caller's business).
 * A segment without rows is one like any other. After this w is only good to be freed. */
MUST_USE bool segment_writer_finish(struct segment_writer *w, struct buf *out, struct segment_info *info,
                                    struct err *e);
/* Has it a column that is SPOKEN_BOTH? */
bool segment_writer_mixed(const struct segment_writer *w);

/* ---- opening ---- */

struct segment;

/* Does a file that begins so mean to be one? */
bool segment_begins(str head);
/* And an encrypted one? head: 16 bytes or more. */
bool segment_encrypted(str head);
/* The name of the archive key that an encrypted one lies under, out of its first SEGMENT_BEGIN bytes. False: it is none, or they are damaged. */
#define SEGMENT_BEGIN 4096u
bool segment_lies_under(str head, uint8_t key[SEAL_NAME]);
/* Opens the bytes of a segment, which stay the caller's and live as long. Checked is what opening looks at: head, trailer and
 * footer, and that all that the footer says is possible. name: for errors. memory_max: bytes that may be held at once for what is
 * unpacked; 0: 1 GiB.
 *
 * ERR_CORRUPT      no segment, or damaged there; e->offset: where
 * ERR_TRUNCATED    it ends too soon
 * ERR_UNSUPPORTED  another version
 * ERR_REFUSED      it is encrypted, and none of the keys opens it; the text says who can
 * ERR_MEMORY */
struct segment_opening {
    size_t memory_max;
    const struct key_set *keys;        /* stay the caller's, as the next; needed while it opens. NULL: none */
    const struct writing_key *writing; /* it was made with this one, by whoever has no other. NULL: keys are asked */
};
MUST_USE bool segment_open_with(struct segment **out, str bytes, str name, const struct segment_opening *how,
                                struct err *e);
/* The same without keys. */
MUST_USE bool segment_open(struct segment **out, str bytes, str name, size_t memory_max, struct err *e);
/* Takes NULL. */
void segment_close(struct segment *s);
const struct segment_info *segment_info(const struct segment *s);
/* Views live as long as s. What fails is the part that lists the sources; the rest of the segment can be read without. */
MUST_USE bool segment_source(struct segment *s, uint32_t index, struct segment_source *out, struct err *e);

/* Reads every byte: hashes, sums, and that all can be unpacked and means something. each: told of every damage, where and what
 * (NULL: nobody); then the next is looked at. False: something was damaged (e: the first), or memory is out. */
MUST_USE bool segment_check(struct segment *s, void (*each)(void *ctx, const struct err *damage), void *ctx,
                            struct err *e);
/* Only the hashes: the bytes are those that were written, whatever they mean. */
MUST_USE bool segment_check_bytes(struct segment *s, struct err *e);

/* ---- columns, without rows ---- */

/* One field of the records, or one of two columns that are the segment's own. */
struct segment_column {
    str name;
    bool own;        /* SEGMENT_KIND, SEGMENT_TIME_TEXT: the name is no field's */
    bool repeats;    /* values may be kept more than once, because nearly all were different */
    uint32_t values; /* kept; their codes are 0 .. values - 1 */
    uint64_t cells;  /* in how many places they stand */
    uint32_t types;  /* bit n: some value is of raw type n */
    uint64_t bytes;  /* of the file: values and codes */
};
#define SEGMENT_KIND 0u      /* the column of the kinds' names: RAW_TEXT, one in each row */
#define SEGMENT_TIME_TEXT 1u /* of struct record's time_text, where it is not empty */
#define SEGMENT_NONE UINT32_MAX

/* column < segment_info.columns. */
struct segment_column segment_column(const struct segment *s, uint32_t column);
/* The column of a field, or SEGMENT_NONE: no record of this segment has it. */
uint32_t segment_column_of(const struct segment *s, str name);
/* What a record is made of: which fields it has, in this order, and how. Records with the same are of one shape, numbered from 0
 * (segment_info.shapes). Told of a segment are all shapes that some record has. */
struct segment_place {
    uint32_t column; /* SEGMENT_KIND and SEGMENT_TIME_TEXT are among them */
    uint16_t element;
    uint8_t inner; /* both as struct raw's; or SEGMENT_FOLDED */
};
#define SEGMENT_FOLDED 3u /* RAW_INNER_ASKED, and its values are kept folded: each holds the byte SEGMENT_FOLD */
#define SEGMENT_FOLD 1    /* in a folded text: the next member's value stands here */
MUST_USE bool segment_shape(struct segment *s, uint32_t shape, const struct segment_place **places, uint32_t *count,
                            struct err *e);

/* Do records have the column as a value of its own, as a second spelling of others (enum raw_inner), or some as this and some as that? Columns that are the
 * segment's own are OWN. */
enum segment_spoken { SPOKEN_OWN = 1, SPOKEN_INNER, SPOKEN_BOTH };
MUST_USE bool segment_column_spoken(struct segment *s, uint32_t column, enum segment_spoken *out, struct err *e);

struct segment_value {
    const char *ptr;
    uint32_t len;
    uint8_t type; /* enum raw_type */
    bool lost;    /* where it stood is damaged: there is no value here */
};
/* Texts of objects (RAW_INNER_ASKED) are mostly kept folded (docs/formats/segment.md, "Folded texts"): here they come as they are kept, and only
 * segment_read unfolds them.
 *
 * All values of a column by their codes, in *out; kept until segment_forget. Those of damaged chunks are `lost`, and the call fails
 * unless `salvage`. */
MUST_USE bool segment_column_values(struct segment *s, uint32_t column, bool salvage, const struct segment_value **out,
                                    struct err *e);

struct segment_block {
    uint32_t from, rows; /* its rows: from, from + 1, ... */
    uint32_t timed;
    int64_t first, last; /* as segment_info's */
};
struct segment_block segment_block(const struct segment *s, uint32_t block);
/* How many cells a column has in a block. */
uint32_t segment_column_cells(const struct segment *s, uint32_t column, uint32_t block);
/* The codes of these cells, and in which row of the segment each stands; both have room for all of them, either may be NULL. A row
 * with several values of the field occurs several times; rows are in no order. What a code stands for: segment_column_values. */
MUST_USE bool segment_column_codes(struct segment *s, uint32_t column, uint32_t block, uint32_t *codes, uint32_t *rows,
                                   struct err *e);
/* The same by runs: the rows of a block in another order, in which those whose records have the same fields stand together, so that a run of cells
 * stands for a run of rows. codes: as above. runs, order: kept until something else is asked of the segment. */
struct segment_run {
    uint32_t at, cell, rows; /* cells cell, cell + 1, .. stand in the rows order[at], order[at + 1], .. of the block */
};
MUST_USE bool segment_column_runs(struct segment *s, uint32_t column, uint32_t block, uint32_t *codes,
                                  const struct segment_run **runs, uint32_t *count, struct err *e);
/* order: all rows of the block, counted from its first. */
MUST_USE bool segment_block_order(struct segment *s, uint32_t block, const uint32_t **order, struct err *e);
/* The next run of that order: rows of one shape, from order[*at] on. False: there are no more. After segment_block_order of the block; *nth: 0 at
 * first. */
bool segment_block_shape(const struct segment *s, uint32_t *nth, uint32_t *shape, uint32_t *at, uint32_t *rows);
/* Times and sources of a block's rows, in order; each has room for all, either may be NULL. */
MUST_USE bool segment_block_rows(struct segment *s, uint32_t block, int64_t *when, uint32_t *sources, struct err *e);
/* Gives back what has been unpacked and is kept: values of columns. Views of them are dead; those of sources live on. */
void segment_forget(struct segment *s);

/* ---- reading ---- */

struct segment_reading {
    struct event_sink *sink;
    /* Which rows: bit n of word n / 64 for row n, as many words as that takes; NULL: all. */
    const uint64_t *rows;
    /* Of what follows the records are from this source; called whenever that changes, and for the first. NULL: nobody asks. */
    bool (*source)(void *ctx, uint32_t source, struct err *e);
    void *ctx;
    /* Damage is told to sink->damage, with where it lies in the segment, and reading goes on; rows of which anything wanted is damaged
     * are left out whole. False: it ends the reading (ERR_CORRUPT). */
    bool salvage;
    /* Told: the row that is being handed over; and what `salvage` left out of the rows asked for. */
    uint32_t row, lost;
};

/* Hands the rows to the sink as records, in the order in which they came, with the fields that it wants (sink->wants,
 * sink->wants_inner where it is RAW_INNER_ASKED; once a field): what nobody wants is not unpacked. Views live until the sink returns. False: the sink
 * stopped, memory is out, or damage. */
MUST_USE bool segment_read(struct segment *s, struct segment_reading *reading, struct err *e);

#endif
