/* index: which segments may hold a value: sorted keys of observables, and for each the segments in which it stands.
 *
 * A *run* is one file: the keys of some segments, merged. The index of an archive is a handful of runs, and a lookup asks each of
 * them. Keys are 64 bits of a keyed hash (intel/observable_key.h makes them; here they are numbers, spread evenly), so a run needs
 * no tree: where a key must stand is computed from the key. Each run has two tiers. *Presence* is pages of 4 KiB, each with its part
 * of all keys, two bytes a key: small enough to stay in memory, and it says "no" to all but the keys that are there and some 0.04 %
 * of the others. *Exact* is blocks of some sixty keys, whole, with the segments of each. Addresses are kept once more in their own
 * order, so that networks are ranges.
 *
 * Derived data: a run can be made again from its segments, so losing one loses nothing; and what is damaged never turns into a "no":
 * where a page or block cannot be read, the answer is "perhaps, in every segment of the run", and the damage is told.
 * The bytes: docs/formats/archive-index.md. No state is shared: one struct index_run a process. */
#ifndef ARCHIVE_INDEX_H
#define ARCHIVE_INDEX_H

#include "archive/seal.h"
#include "base/address.h"
#include "base/buf.h"
#include "base/err.h"

#define INDEX_VERSION 1u
#define INDEX_SEGMENTS_MAX (1u << 24) /* of one run */
#define INDEX_ZEROS_MAX 32u
#define INDEX_RUNS_MAX 256u /* of one merge, or asked at once */

/* ---- writing ---- */

struct index_options {
    /* What made the keys: their rules, the archive's secret, the kinds of events. Equal numbers: the same value has the same keys. Runs
     * that differ in it cannot be merged. */
    uint64_t made;
    const uint32_t
        *segments; /* numbers of the segments that it is of, rising; the archive never gives a number twice */
    size_t segment_count;
    uint64_t
        keys; /* about how many will come: pages and blocks are made for so many. Wrong: larger or slower, not wrong */
    unsigned zeros; /* so many of the lowest bits of every key are zero, and take no room; at most INDEX_ZEROS_MAX */
    bool presence_only; /* no exact tier, no addresses: the answer is always "in every segment of the run" */
    size_t memory_max;  /* held of tables before they go to a temporary file; 0: 64 MiB */
    const char *folder; /* where that lies; NULL: file_temporary */
    struct buf *to;     /* where the run is appended; NULL: it is written to fd as it grows, */
    int fd;             /* from where that stands on; never sought in, not synced, stays the caller's */
    const struct writing_key *
        writing; /* the run is encrypted with it (archive/sealed.h); what goes to temporary files is not. NULL: nor is the run */
};

/* The segments of a key: their places in index_options.segments, rising; or all of them. More than half of all, where there are
 * sixteen or more, are kept as all. */
struct index_posting {
    const uint32_t *places;
    size_t count;
    bool everywhere;
};

struct index_writer;
MUST_USE bool index_writer_new(struct index_writer **out, const struct index_options *options, struct err *e);
/* Takes NULL. */
void index_writer_free(struct index_writer *w);
/* Keys first, rising, each once; then addresses, rising (IPv6 order, IPv4 as ::ffff:a.b.c.d), each once. */
MUST_USE bool index_writer_key(struct index_writer *w, uint64_t key, struct index_posting segments, struct err *e);
MUST_USE bool index_writer_address(struct index_writer *w, const struct address *address, struct index_posting segments,
                                   struct err *e);
/* Ends the run. After this w is only good to be freed. */
MUST_USE bool index_writer_finish(struct index_writer *w, struct err *e);

/* The keys of one segment, in any order, any number of times: sorted in memory, or beyond memory_max in runs that are merged. */
struct index_collector;
MUST_USE bool index_collector_new(struct index_collector **out, size_t memory_max, const char *folder, struct err *e);
void index_collector_free(struct index_collector *c); /* takes NULL */
MUST_USE bool index_collector_key(struct index_collector *c, uint64_t key, struct err *e);
MUST_USE bool index_collector_address(struct index_collector *c, const struct address *address, struct err *e);
/* Writes the run; options->segments: the one segment; options->keys is counted here. After this c is only good to be freed. */
MUST_USE bool index_collector_finish(struct index_collector *c, const struct index_options *options, struct err *e);

/* ---- opening ---- */

struct index_run;

/* ERR_CORRUPT: no run, or damaged where opening looks (the end, the list of segments); ERR_TRUNCATED: it ends too soon;
 * ERR_UNSUPPORTED: of another version; ERR_IO, ERR_MEMORY. Pages and blocks are checked when they are first looked at. */
MUST_USE bool index_run_open(struct index_run **out, const char *path, struct err *e);
/* Of an open file, which stays the caller's and may be closed at once. name: for errors. */
MUST_USE bool index_run_open_file(struct index_run **out, int fd, str name, const struct key_set *keys, struct err *e);
/* Of bytes that stay the caller's and live as long. */
MUST_USE bool index_run_of(struct index_run **out, str bytes, str name, struct err *e);
void index_run_close(struct index_run *r); /* takes NULL */

struct index_info {
    uint64_t made, size, keys, addresses;
    uint64_t presence_bytes, exact_bytes; /* of the file; with the segments of each key */
    const uint32_t *segments;             /* rising; live as long as the run */
    uint32_t segment_count;
    unsigned zeros;
    bool exact;
};
struct index_info index_run_info(const struct index_run *r);
/* Reads every byte. each (NULL: nobody) is told of every damage, with where it lies; then the next is looked at. False: something was
 * damaged (e: the first). */
MUST_USE bool index_run_check(struct index_run *r, void (*each)(void *ctx, const struct err *damage), void *ctx,
                              struct err *e);
/* Which instructions compare: for tests; all give the same answers. What the processor has not is not taken. */
enum index_speed { INDEX_PLAIN, INDEX_AVX2, INDEX_AVX512 };
enum index_speed index_run_speed(struct index_run *r, enum index_speed at_most); /* what is taken now */

/* ---- looking up ---- */

/* A key that is there, or may be. Places are those of index_info.segments. */
struct index_hit {
    uint32_t key;    /* its place in the keys asked for */
    bool everywhere; /* perhaps every segment of the run */
    uint32_t count;  /* else so many */
    size_t places;   /* from here on in index_hits.places, rising */
};
/* All zero to begin with; used again and again. */
struct index_hits {
    struct index_hit *hits; /* by key */
    size_t count, room;
    uint32_t *places;
    size_t place_count, place_room;
    uint64_t damaged;  /* so many pages and blocks could not be read; their keys are everywhere */
    struct err damage; /* the first */
};
void index_hits_free(struct index_hits *h);

/* Which of the keys are there. keys: rising, each once. What is not in memory is asked of the disk many pages at once. h: emptied
 * first. ERR_MEMORY, or ERR_LIMIT: 2^32 keys. Damage is no failure (index_hits.damaged). */
MUST_USE bool index_run_find(struct index_run *r, const uint64_t *keys, size_t count, struct index_hits *h,
                             struct err *e);
/* As far as the presence tier says: a bit for each key, *maybe: so many. For measuring, and for directories of archives. */
MUST_USE bool index_run_presence(struct index_run *r, const uint64_t *keys, size_t count, uint64_t *bits, size_t *maybe,
                                 struct err *e);
/* Where any address of first .. last stands (of a network: network_range): at most one hit, of key 0. */
MUST_USE bool index_run_range(struct index_run *r, const struct address *first, const struct address *last,
                              struct index_hits *h, struct err *e);
/* ---- questions ---- */

/* A question is answered by segments that hold all keys of any of its ways, or an address out of any of its ranges. Any number of
 * questions are asked of any number of runs at once. */
struct index_questions;
MUST_USE bool index_questions_new(struct index_questions **out, struct err *e);
void index_questions_free(struct index_questions *q); /* takes NULL */
/* Questions are numbered 0, 1, ..; the number is the caller's own. keys: of one way, one at least, at most INDEX_WAY_KEYS. */
#define INDEX_WAY_KEYS 8u
MUST_USE bool index_questions_way(struct index_questions *q, uint32_t question, const uint64_t *keys, size_t count,
                                  struct err *e);
MUST_USE bool index_questions_range(struct index_questions *q, uint32_t question, const struct address *first,
                                    const struct address *last, struct err *e);
#define INDEX_EVERY UINT32_MAX
struct index_answer {
    uint32_t question, run; /* which of the runs asked */
    uint32_t segment;       /* the segment's number; INDEX_EVERY: any of that run's segments */
};
struct index_answers {
    struct index_answer *answers; /* by question, run, segment; each once, and INDEX_EVERY alone */
    size_t count, room;
    size_t count_max; /* as the caller likes; 0: none. Before equal ones are taken together */
    uint64_t damaged;
    struct err damage;
};
void index_answers_free(struct index_answers *a);
/* a: emptied first. ERR_LIMIT: more than a->count_max answers: ask fewer at once. */
MUST_USE bool index_questions_ask(struct index_questions *q, struct index_run *const *runs, size_t count,
                                  struct index_answers *a, struct err *e);

/* Sorts keys, rising, each once; returns how many are left. room: for as many. */
size_t index_keys_sort(uint64_t *keys, uint64_t *room, size_t count);

/* ---- merging ---- */

/* Merges runs into one that has the same answers; of segments that are `gone` (numbers, rising) nothing is left. options: made, segments,
 * segment_count, keys and zeros are found here.
 *
 * ERR_CORRUPT  one of them is damaged: what it knew must be made again from its segments
 * ERR_USAGE    they were made by different rules, one has no exact tier, or all segments are gone */
MUST_USE bool index_merge(struct index_run *const *runs, size_t count, const uint32_t *gone, size_t gone_count,
                          const struct index_options *options, struct err *e);

/* Which runs ought to be merged, so that few are open and a key is merged few times. Segments of the month that is being written become runs
 * of the month, sixteen at a time; when the month is over, one. What is older than this year is the archive: months of the year that is over,
 * and whatever comes late, are merged into runs of which each is more than four times as large as all that are smaller. */
enum index_level { INDEX_SEGMENT, INDEX_MONTH, INDEX_ARCHIVE };
struct index_tier_run {
    enum index_level level;
    int32_t month; /* 12 * year + month (0 to 11) of its segments' time; ARCHIVE: not looked at */
    uint64_t keys;
};
#define INDEX_FAN 16u
#define INDEX_LATE 4u  /* runs that may stand beside the largest one of their time */
#define INDEX_SHARE 4u /* a run so many times as large as all that are smaller is left alone */
#define INDEX_MERGE_MAX 64u
/* Sets picked[i] for those to be merged now into one run of *level and *month; returns how many (0: nothing is to be done; else two at least,
 * INDEX_MERGE_MAX at most). now: the month in which segments are being written; months after it are taken for it. */
size_t index_merge_choose(const struct index_tier_run *runs, size_t count, int32_t now, bool *picked,
                          enum index_level *level, int32_t *month);

#endif
