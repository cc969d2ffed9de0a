/* manifest: what an archive holds at a moment, and what may be done to it, as operations (docs/formats/archive.md, "Manifest").
 *
 * Memory only: no file is opened here. A state is what the operations of all records up to one of them come to; the sequence number of
 * that record is the snapshot's name. Who writes and who reads apply operations by the same function, so that what was refused when it
 * was written cannot be believed when it is read. Files, records and their chain: archive/vault.h. */
#ifndef ARCHIVE_MANIFEST_H
#define ARCHIVE_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define ARCHIVE_ID_SIZE 16
#define MANIFEST_UNDATED INT32_MIN /* month of events that have no time */
#define MANIFEST_TEXT_MAX 4096u    /* bytes of a name, a reason, a note */
#define MANIFEST_NAMED_MAX 4096u   /* holds, policies, labels, families: so many of each at a time */
#define MANIFEST_OPERATION_MAX ((size_t)8 << 20)

/* ---- what is held ---- */

/* Why a segment is no longer among those that are searched. */
enum manifest_end {
    END_COMPACTED = 1, /* its rows are in others: as many, the same */
    END_ERASED,        /* its rows are in others, without values that had to go */
    END_EXPIRED,       /* a policy */
    END_WITHDRAWN,     /* somebody's wish */
};

/* A segment that is live (ended is 0), or ended with its file still kept, or gone with its file removed. Bytes to the manifest: what is
 * in it is archive/segment.h. */
struct manifest_segment {
    uint64_t number; /* 1, 2, ...; given when it is added, never given again */
    uint8_t sha256[SHA256_SIZE];
    uint64_t length, rows;
    int64_t first, last;   /* of its events, ns; INSTANT_NONE, both: none of them has a time */
    int32_t month;         /* its partition: year * 12 + month - 1, or MANIFEST_UNDATED */
    uint32_t family;       /* manifest_family() */
    uint64_t added, ended; /* sequences of the records that did it */
    /* By the writer's clock. What replaces others (END_COMPACTED, END_ERASED) was added when the newest of them was: retention does not begin anew. */
    int64_t added_at, ended_at;
    uint8_t end; /* enum manifest_end, when ended */
    bool gone;
};
static inline bool manifest_live(const struct manifest_segment *s) {
    return s->ended == 0;
}

/* Numbers as they lie in a record or in an array of uint64_t: a view. */
struct manifest_numbers {
    const void *at;
    size_t count;
};
static inline uint64_t manifest_number(struct manifest_numbers n, size_t i) {
    uint64_t value;

    memcpy(&value, (const char *)n.at + i * sizeof value, sizeof value);
    return value;
}

/* Nothing that it covers is erased, expires or is withdrawn, and no file of it is removed, until it is lifted. All that is given must be
 * true of a segment; a segment without times is in every period, because it cannot be shown that it is not. */
struct manifest_hold {
    str name, who, basis, why; /* name: one at a time has it; "CASE-2024-17" */
    str family;                /* "": all */
    int64_t from, to;          /* events at or after from, before to; INSTANT_NONE: open */
    struct manifest_numbers
        segments;   /* ascending; none: all. Those that replace one of them come to it by themselves */
    uint64_t since; /* sequence */
    int64_t since_at;
};
bool manifest_hold_covers(const struct manifest_hold *h, const struct manifest_segment *s, str family);

/* A segment may go when its last event (or, counted from its adding, or when it has no times: its adding) is so many days past. Of
 * several that apply the longest counts; those for all families only where none names the family. */
struct manifest_policy {
    str name, family, who, why;
    uint32_t days;
    bool from_added;
    uint64_t since;
    int64_t since_at;
};

/* An index run: derived from segments, never their only copy. */
struct manifest_run {
    uint64_t number;
    uint8_t sha256[SHA256_SIZE];
    uint64_t length;
    uint32_t tier;                   /* as archive/index has them */
    int32_t first_month, last_month; /* MANIFEST_UNDATED, both: of what has no time */
    str about;                       /* what the index wants to remember of it */
    struct manifest_numbers ranges;  /* pairs, ascending: first and last number of the segments whose keys are in it */
    uint64_t added, ended;
    int64_t added_at, ended_at;
    bool gone;
};

/* A name for a snapshot. kept: no file that is live in it is removed. */
struct manifest_label {
    str name, who, why;
    uint64_t sequence;
    bool kept;
    uint64_t since;
    int64_t since_at;
};

struct manifest;

/* The empty state, before the first record. NULL: no memory. */
struct manifest *manifest_new(void);
void manifest_free(struct manifest *m); /* takes NULL */

uint64_t manifest_sequence(const struct manifest *m); /* of the last record applied; 0: none */
int64_t manifest_at(const struct manifest *m);        /* its time; INSTANT_NONE: none */
int64_t manifest_latest(const struct manifest *m);    /* the latest time of any record: clocks are set back */
const uint8_t *manifest_id(const struct manifest *m); /* ARCHIVE_ID_SIZE bytes; zeros before the first record */
uint64_t manifest_live_count(const struct manifest *m);
uint64_t manifest_live_bytes(const struct manifest *m);
uint64_t manifest_live_rows(const struct manifest *m);
uint64_t manifest_erasures(const struct manifest *m); /* ever recorded */
uint64_t manifest_next_segment(const struct manifest *m);
uint64_t manifest_next_run(const struct manifest *m);

/* By number, ascending: live, ended and gone. Views of m: good until something is applied to it. */
const struct manifest_segment *manifest_segments(const struct manifest *m, size_t *count);
const struct manifest_run *manifest_runs(const struct manifest *m, size_t *count);
/* In the order of their setting. */
const struct manifest_hold *manifest_holds(const struct manifest *m, size_t *count);
const struct manifest_policy *manifest_policies(const struct manifest *m, size_t *count);
const struct manifest_label *manifest_labels(const struct manifest *m, size_t *count);
/* The name of a family of sources; index below *count. */
str manifest_family(const struct manifest *m, uint32_t family);
uint32_t manifest_families(const struct manifest *m);

/* NULL: no such one is known any more (or yet). O(log n). */
const struct manifest_segment *manifest_segment(const struct manifest *m, uint64_t number);
const struct manifest_run *manifest_run(const struct manifest *m, uint64_t number);
/* The live segment of these bytes, or *out NULL. The first question makes a table of all. ERR_MEMORY. */
MUST_USE bool manifest_of_bytes(struct manifest *m, const uint8_t sha256[SHA256_SIZE],
                                const struct manifest_segment **out, struct err *e);
const struct manifest_label *manifest_label(const struct manifest *m, str name);
/* The first hold that covers the segment; NULL: none. */
const struct manifest_hold *manifest_held(const struct manifest *m, const struct manifest_segment *s);
/* The first kept label in whose snapshot the segment is live; NULL: none. */
const struct manifest_label *manifest_kept(const struct manifest *m, const struct manifest_segment *s);

/* ---- what is done ---- */

enum manifest_do {
    DO_BEGIN = 1, /* the first of all */
    DO_ADD,       /* a segment */
    DO_END,       /* segments, replaced by others or by nothing */
    DO_REMOVED,   /* files of ended segments and runs are removed */
    DO_HOLD,      /* set */
    DO_LIFT,      /* a hold */
    DO_POLICY,    /* set */
    DO_POLICY_END,
    DO_ERASURE, /* what was erased of a segment */
    DO_RUN,     /* an index run is added */
    DO_RUN_END,
    DO_LABEL, /* set */
    DO_LABEL_END,
    DO_GENERATION, /* the file of the manifest was written anew */
    DO_NOTE,       /* words, and nothing else: who looked, who vouches */
    DO_COUNTERS,   /* only in a restated state */
    DO_COUNT
};

/* One operation. Texts and numbers are views: of the caller, or of the bytes that were read. */
struct manifest_operation {
    enum manifest_do what;
    union {
        struct {
            uint8_t id[ARCHIVE_ID_SIZE];
            str program, who, note;
        } begin;
        struct {
            struct manifest_segment segment; /* number, sha256, length, rows, first, last, month count */
            str family;
        } add;
        struct {
            enum manifest_end why;
            /* olds: live, ascending. news: added in this same record, ascending; as many rows. None unless compacted or erased. */
            struct manifest_numbers olds, news;
            str who, note, policy; /* policy: the name of the one by which it expired */
        } end;
        struct {
            struct manifest_numbers segments, runs; /* ascending */
        } removed;
        struct manifest_hold hold;
        struct manifest_policy policy;
        struct manifest_label label;
        struct {
            str name, who, why;
        } lift; /* DO_LIFT, DO_POLICY_END, DO_LABEL_END, DO_NOTE (why: the words) */
        struct {
            uint64_t old, new; /* new: 0 when nothing was left. old was ended in this same record as erased */
            uint8_t old_sha256[SHA256_SIZE], new_sha256[SHA256_SIZE];
            uint64_t values; /* how many; which, nobody writes down */
            str who, basis, why;
        } erasure;
        struct manifest_run run;
        struct manifest_numbers run_end;
        struct {
            uint64_t number;
            uint8_t sha256[SHA256_SIZE]; /* of the file's head and restated state */
        } generation;
        struct {
            uint64_t next_segment, next_run, erasures;
            int64_t latest;
        } counters;
    };
};

/* Appends the bytes of the operation. ERR_LIMIT: a text or a list is too long; ERR_MEMORY. */
MUST_USE bool manifest_encode(const struct manifest_operation *o, struct buf *out, struct err *e);
/* Takes one operation from the front of *bytes. Nothing is allocated. ERR_CORRUPT, and *bytes stay. */
MUST_USE bool manifest_decode(str *bytes, struct manifest_operation *o, struct err *e);

/* Applies it as one of record `sequence`. On failure m is as it was. Times that it sets are INSTANT_NONE until manifest_record_end.
 *
 * ERR_USAGE    it does not fit what is there: no such segment, a name that is taken, a number out of order
 * ERR_REFUSED  a hold, or a snapshot that is kept, forbids it; the text names it
 * ERR_LIMIT    more than MANIFEST_NAMED_MAX
 * ERR_MEMORY */
MUST_USE bool manifest_apply(struct manifest *m, const struct manifest_operation *o, uint64_t sequence, struct err *e);
/* All operations of the record are applied; it is of that time. */
void manifest_record_end(struct manifest *m, uint64_t sequence, int64_t at);

/* Appends the state as items, (u64 sequence, i64 at, operation) each: what of all operations still matters, in their order. Applied to
 * an empty state they come to the same. *count: of items. */
MUST_USE bool manifest_restate(const struct manifest *m, struct buf *out, uint64_t *count, struct err *e);
/* The other way, whole. ERR_CORRUPT. */
MUST_USE bool manifest_restore(struct manifest *m, str items, uint64_t count, struct err *e);
/* A hash of everything that can be asked of the state but how it was written down: for tests, and to compare a restated state with the
 * history that it stands for. ERR_MEMORY. */
MUST_USE bool manifest_digest(const struct manifest *m, uint8_t out[SHA256_SIZE], struct err *e);

#endif
