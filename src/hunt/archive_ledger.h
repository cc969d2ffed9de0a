/* archive_ledger: the custody lines of what was added to an archive, as records of a segment of their own (docs/formats/archive.md, "Ledgers"): what
 * was read, what was not and why, what was damaged. They outlive the records that they speak of. */
#ifndef HUNT_ARCHIVE_LEDGER_H
#define HUNT_ARCHIVE_LEDGER_H

#include "archive/segment.h"
#include "evidence/custody.h"

#define ARCHIVE_LEDGER S("ledger") /* the reader of its only source, and its family in the manifest */

enum ledger_line { LEDGER_BEGIN, LEDGER_FILE, LEDGER_SAME, LEDGER_DAMAGE };

/* Of FILE the custody line; of SAME path and sha256: a file whose bytes were there already, so that nothing was added of it but its path; of DAMAGE the
 * last; of BEGIN `readers`: which files following lines are of is known by it. */
struct ledger_row {
    enum ledger_line line;
    uint64_t readers; /* of BEGIN: KEEP_READERS */
    str program, zone;
    int64_t at;
    struct custody file; /* of FILE and SAME; its findings and duplicates are not kept */
    struct custody_damage damage;
};

struct ledger_writer;
/* fd, writing: as segment_options. */
MUST_USE bool ledger_writer_new(struct ledger_writer **out, struct fields *fields, int fd,
                                const struct writing_key *writing, struct err *e);
void ledger_writer_free(struct ledger_writer *l); /* takes NULL */
MUST_USE bool ledger_writer_add(struct ledger_writer *l, const struct ledger_row *row, struct err *e);
MUST_USE bool ledger_writer_end(struct ledger_writer *l, struct segment_info *info, struct err *e);

/* Is it one? ERR_CORRUPT: its sources cannot be read. */
MUST_USE bool ledger_is(struct segment *s, bool *yes, struct err *e);
/* Its rows in order. Views live until each returns; false from it ends the reading. What is no line of ours is passed over: a newer version wrote it. */
MUST_USE bool ledger_read(struct segment *s, struct fields *fields,
                          bool (*each)(void *ctx, const struct ledger_row *row, struct err *e), void *ctx,
                          struct err *e);

#endif
