/* archive_stage: what the workers of a hunt that keeps records make (hunt_options.kept), on its way into an archive: written to parts of its vault,
 * looked at, staged. What evidence becomes that is added, and what segments become that are written anew. */
#ifndef HUNT_ARCHIVE_STAGE_H
#define HUNT_ARCHIVE_STAGE_H

#include "archive/segment.h"
#include "archive/vault.h"
#include "hunt/archive_index.h"
#include "hunt/hunt.h"

struct archive_stage {
    struct vault *v; /* a writer's; archive_stage_close closes it */
    str family;      /* of the sources */
    /* Asked of each new segment before it is staged; false with e: it is not, and the hunt ends. NULL: nobody asks. */
    bool (*look)(void *ctx, struct segment *s, struct err *e);
    void *ctx;
    /* Since archive_stage_begin: segments by number, those that were live already as well; how many are new, their rows and bytes. */
    uint64_t *numbers;
    size_t count, room;
    uint64_t segments, records, bytes;
    struct vault_part *parts[HUNT_SLOTS];
    int fds[HUNT_SLOTS];
    struct archive_index_new *index; /* NULL: the archive's secret is gone, and nothing is indexed */
    uint8_t secret[VAULT_SECRET];
    uint64_t made;              /* archive_index_made; with an index */
    struct key_set *keys;       /* of an encrypted archive; they outlive its vaults. NULL: it is not */
    struct writing_key writing; /* with keys: of all that is made here */
};

/* Unlocks s->v, whenever it was opened: with what opened the one before, or with these. Before all others. ERR_REFUSED: nothing opens it. */
MUST_USE bool archive_stage_unlock(struct archive_stage *s, const struct vault_unlock *with, struct err *e);
/* What this process writes with. NULL: the archive is not encrypted. */
const struct writing_key *archive_stage_writing(const struct archive_stage *s);

/* The keys of what is staged from now on go into a run of the index, if the archive's secret is there: without it there is no index, and that is no
 * reason not to keep evidence. Once for each vault. */
MUST_USE bool archive_stage_index(struct archive_stage *s, const struct kinds *kinds, struct err *e);
/* Commits what is staged, with its run. */
MUST_USE bool archive_stage_commit(struct archive_stage *s, int64_t now, struct err *e);
/* What is not committed is gone, and the vault closed: v is NULL, and so is the index. */
void archive_stage_close(struct archive_stage *s);

/* Drops what is half written; nothing is counted. Before each hunt. */
void archive_stage_begin(struct archive_stage *s);
void archive_stage_free(struct archive_stage *s); /* closes it */

/* The callbacks of such a hunt: kept_bytes, kept, kept_keys, and those that never say anything. Its ctx must be, or begin with, the stage. */
void archive_stage_hunt(const struct archive_stage *s, struct hunt_options *o);

/* A segment that this process writes: p, of which info is known, is staged. Takes p, whatever becomes of it. */
MUST_USE bool archive_stage_part(struct archive_stage *s, struct vault_part *p, int fd, const struct segment_info *info,
                                 struct err *e);

/* Hands a file's segment over, checked as far as opening goes. name: for errors; keys: as segment_opening. */
MUST_USE bool archive_with_file(int fd, str name, const struct key_set *keys,
                                bool (*use)(void *ctx, struct segment *s, struct err *e), void *ctx, struct err *e);
MUST_USE bool archive_with_segment(const struct vault *v, const struct manifest_segment *s,
                                   bool (*use)(void *ctx, struct segment *s, struct err *e), void *ctx, struct err *e);

#endif
