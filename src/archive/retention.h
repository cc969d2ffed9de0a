/* retention: which segments may go, and which files: asked of a state, decided by nobody else, done by no one here. */
#ifndef ARCHIVE_RETENTION_H
#define ARCHIVE_RETENTION_H

#include "archive/manifest.h"

enum retention_verdict {
    RETENTION_KEEP, /* no policy speaks of it, or its time has not come */
    RETENTION_HELD, /* its time has come, and a hold keeps it */
    RETENTION_GO,
};

/* Of a live segment. */
struct retention_row {
    const struct manifest_segment *segment;
    enum retention_verdict verdict;
    const struct manifest_policy *policy; /* the one that decides; NULL: none applies */
    const struct manifest_hold *hold;     /* of RETENTION_HELD: the first */
    int64_t due;                          /* from when on it may go; INSTANT_NONE: never */
};

/* One row for each live segment, by number, into rows (room for manifest_live_count). go, held: how many of each.
 *
 * Of the policies that name the family of a segment the longest counts; where none names it, the longest of those for all families. Days
 * count from the last event, or from when it was added: if the policy says so, if the events have no time, or if the last event is later
 * than that (a clock that was wrong keeps nothing for ever).
 * ERR_REFUSED: the clock is wrong: now lies before the manifest's latest record. */
MUST_USE bool retention_plan(const struct manifest *m, int64_t now, struct retention_row *rows, uint64_t *go,
                             uint64_t *held, struct err *e);

/* Does time count from its adding, by the policies of now? Without any: if it has no times, or they lie behind that. */
bool retention_from_added(const struct manifest *m, const struct manifest_segment *s);

/* The same of one segment, live or ended; the clock is not looked at. */
void retention_of(const struct manifest *m, const struct manifest_segment *s, int64_t now, struct retention_row *out);

enum removal_verdict {
    REMOVAL_GO,
    REMOVAL_GRACE, /* not yet: whoever opened a snapshot before may still read it */
    REMOVAL_HELD,
    REMOVAL_KEPT, /* in a snapshot that is kept */
};

/* Of an ended segment, or index run, whose file is not gone. */
struct removal_row {
    const struct manifest_segment *segment; /* NULL: an index run */
    const struct manifest_run *run;
    enum removal_verdict verdict;
    const struct manifest_hold *hold;   /* of REMOVAL_HELD: the first */
    const struct manifest_label *label; /* of REMOVAL_KEPT: the first */
    int64_t due;                        /* when grace is over */
};

/* Segments by number, then runs, into rows (room for removal_count). grace_ns: from the end of a segment or run on. Holds are asked before
 * snapshots, both before grace. What was erased, expired or withdrawn gets no less grace than what was compacted: give 0 where the law
 * gives none. ERR_REFUSED as above. */
size_t removal_count(const struct manifest *m);
MUST_USE bool removal_plan(const struct manifest *m, int64_t now, int64_t grace_ns, struct removal_row *rows,
                           size_t *go, struct err *e);

#endif
