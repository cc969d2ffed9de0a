/* archive_index: the index of an archive: its runs (archive/index.h) made while segments are, committed with them, and merged; what is missing made anew.
 *
 * Keys come from confined processes, sorted, segment by segment; what they send is not believed to be anything but numbers. A run is derived data: losing
 * all of them loses time, and nothing else. A segment of which no run knows is looked at by whoever asks the index (archive_look.h). */
#ifndef HUNT_ARCHIVE_INDEX_H
#define HUNT_ARCHIVE_INDEX_H

#include <signal.h>

#include "archive/index.h"
#include "archive/vault.h"
#include "event/kind.h"

/* What made the keys (index_options.made): the rules of keys and the archive's secret, the kinds, the readers, how records become values. Runs of
 * another number are of no use. ERR_CORRUPT: the secret is damaged or gone. */
MUST_USE bool archive_index_made(const struct vault *v, const struct kinds *kinds, uint64_t *made, struct err *e);

/* ---- making ---- */

/* The keys of new segments, on their way into one run. They lie in files that the vault removes when it is closed. */
struct archive_index_new;
MUST_USE bool archive_index_new(struct archive_index_new **out, struct vault *v, uint64_t made, struct err *e);
/* Before its vault is closed. Takes NULL. */
void archive_index_free(struct archive_index_new *n);
/* As hunt_options.kept_keys has them. ERR_CORRUPT: no worker of ours sends so many, or in such disorder. */
MUST_USE bool archive_index_keys(struct archive_index_new *n, unsigned slot, bool addresses, str bytes, struct err *e);
/* All keys that came from the slot since the last segment, or archive_index_drop, are of this one. month: as manifest_segment's. Twice the same number: they
 * come together. */
MUST_USE bool archive_index_segment(struct archive_index_new *n, unsigned slot, uint64_t number, int32_t month,
                                    struct err *e);
/* They are of none. */
void archive_index_drop(struct archive_index_new *n, unsigned slot);
/* Stages the run, if there is any segment in it, and begins anew. *keys: so many are in it. */
MUST_USE bool archive_index_stage(struct archive_index_new *n, uint64_t *keys, struct err *e);

/* ---- merging ---- */

/* Merges runs as index_merge_choose says, and commits each merge with the end of the runs that it stands for: until nothing is left to be merged, or the
 * next merge would make it more than keys_max keys that were read (0: no bound). Segments that are no longer live are left out of what is merged, and runs
 * of which none is live are ended. Runs that are damaged, or not of `made`, are left alone. now: of the commits. *merged (may be NULL): runs that were.
 * v: a writer's, in which nothing is staged. ERR_INTERRUPTED: stop (may be NULL) became not zero; what was committed stays. */
MUST_USE bool archive_index_merge(struct vault *v, uint64_t made, uint64_t keys_max, int64_t now,
                                  const volatile sig_atomic_t *stop, uint64_t *merged, struct err *e);

/* No run knows of a segment any more that is not live: each that does is made anew without, and ended; those that cannot be (damaged, made otherwise) are
 * ended. For values that were erased: their keys must not stay. Commits; v: a writer's, in which nothing is staged. */
MUST_USE bool archive_index_without(struct vault *v, uint64_t made, int64_t now, struct err *e);

/* ---- what there is ---- */

/* How the index knows of a live segment. */
enum archive_index_state {
    ARCHIVE_INDEXED,
    ARCHIVE_UNINDEXED, /* no run has it */
    ARCHIVE_OTHER,     /* one has, which other kinds, other rules or another secret made */
    ARCHIVE_DAMAGED,   /* one has, which cannot be opened */
    ARCHIVE_LEDGERS,   /* it is a ledger: no hunt looks for anything in it */
};

/* As far as the manifest says. */
struct archive_index_sum {
    uint64_t runs, bytes, keys;     /* of live runs; keys: as many as their notes say, each once in each run */
    uint64_t segments, in, ledgers; /* live ones that are no ledgers; of these, those in some run; the ledgers */
};
/* ERR_MEMORY. */
MUST_USE bool archive_index_count(const struct manifest *m, struct archive_index_sum *out, struct err *e);

/* All live runs of a snapshot, open. */
struct archive_runs {
    struct index_run **runs; /* those that can be asked: of `made`, with whole keys */
    uint64_t *numbers;       /* of each in the manifest */
    size_t count;
    struct archive_run_left {
        uint64_t number;
        enum archive_index_state state; /* OTHER, DAMAGED */
    } * left;
    size_t left_count;
    struct err damage; /* the first; .code 0: none */
};
/* made: NULL: it is not known, and all are OTHER. ERR_MEMORY. */
MUST_USE bool archive_runs_open(struct archive_runs *out, const struct vault *v, const uint64_t *made, struct err *e);
void archive_runs_close(struct archive_runs *r); /* all zero: nothing happens */

/* Reads every byte of a run; of one that is encrypted, and no key opens it, for its hash. *whole: it is what was added, and can be asked; else each is told why (NULL: nobody). ERR_MEMORY. */
MUST_USE bool archive_run_check(const struct vault *v, const struct manifest_run *r,
                                void (*each)(void *ctx, const struct err *damage), void *ctx, bool *whole,
                                struct err *e);

/* ---- making anew ---- */

struct archive_index_options {
    const char *archive;
    struct vault_unlock unlock; /* of one that is encrypted */
    struct fields *fields;
    const struct kinds *kinds;
    unsigned workers;
    int64_t now;
    const volatile sig_atomic_t *stop;
    bool anew; /* all segments, also those that a whole run has */
    /* What cannot be read of a segment, or of a run: the segment is not indexed, the run made anew. */
    bool (*damage)(void *ctx, str path, uint64_t offset, str why, struct err *e);
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* bytes of segments; NULL: nobody asks */
    void *ctx;
};

struct archive_index_result {
    uint64_t segments, made, damaged; /* live ones; those whose keys were made; those that could not be read whole */
    uint64_t runs_ended, merged;      /* damaged, or made otherwise; merged after that */
    uint64_t snapshot;
};

/* Reads every byte of every run; makes the keys of all segments of which no whole run of these kinds knows; ends the runs that are of no use; and merges. A few
 * hundred segments are committed together: what was committed before a failure stays.
 *
 * ERR_USAGE        no such archive
 * ERR_REFUSED      another process writes to it; or it is encrypted, and no key opens it
 * ERR_INTERRUPTED  stopped
 * and what vault.h says. */
MUST_USE bool archive_index_make(const struct archive_index_options *options, struct archive_index_result *result,
                                 struct err *e);

#endif
