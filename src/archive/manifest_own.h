/* manifest_own: what the files of the manifest share. */
#ifndef ARCHIVE_MANIFEST_OWN_H
#define ARCHIVE_MANIFEST_OWN_H

#include "archive/manifest.h"
#include "base/arena.h"

#define RUNS_FROM ((uint64_t)1 << 32) /* indices of runs, among those of segments */

/* One growing array. */
struct list {
    void *at;
    size_t count, room;
};

/* Slots of an open table: an index and one more; 0: free. */
struct table {
    uint32_t *slots;
    size_t room, used; /* room: a power of two, or 0 */
};

struct manifest {
    uint64_t sequence, next_segment, next_run, erasures, live, live_bytes, live_rows;
    int64_t at, latest;
    uint8_t id[ARCHIVE_ID_SIZE];
    struct list segments, runs, holds, policies, labels, families;
    struct table by_family, by_bytes;  /* by_bytes: of segments, made at the first question */
    size_t segments_timed, runs_timed; /* those before were added by records whose time is known */
    struct list ended; /* indices (uint64_t) of segments, and of runs (from RUNS_FROM on), that this record ended */
    bool restoring, begun;
    uint64_t seed;
    struct arena *texts;
};

bool manifest_no_memory(struct err *e);
bool manifest_no_fit(struct err *e, const char *what, uint64_t number); /* ERR_USAGE: "what number" */
/* Room for one more of `size` bytes, not yet counted; NULL: no memory. */
void *manifest_list_next(struct list *l, size_t size);
void manifest_list_take_out(struct list *l, size_t i, size_t size);
bool manifest_ended_reserve(struct manifest *m, size_t more);
void manifest_ended_note(struct manifest *m, uint64_t index);
bool manifest_family_of(struct manifest *m, str name, uint32_t *out, struct err *e);
bool manifest_bytes_reserve(struct manifest *m);
void manifest_bytes_note(struct manifest *m, size_t i);
struct manifest_segment *manifest_segment_of(const struct manifest *m, uint64_t number);
struct manifest_run *manifest_run_of(const struct manifest *m, uint64_t number);
struct manifest_hold *manifest_hold_of(const struct manifest *m, str name);
struct manifest_policy *manifest_policy_of(const struct manifest *m, str name);
bool manifest_among(struct manifest_numbers n, uint64_t number); /* n ascend */

/* A snapshot of the past learns from records behind it which files are gone since: nothing else of them is applied. */
void manifest_foresee(struct manifest *m, const struct manifest_operation *o);

#endif
