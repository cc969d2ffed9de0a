/* archive_care: what is done to an archive that is there: many small segments become few, segments go whose time is over, or whose key is forgotten, a person's
 * values go out of all. Everything is a commit of the vault, with who and why; nothing is done that a hold forbids. */
#ifndef HUNT_ARCHIVE_CARE_H
#define HUNT_ARCHIVE_CARE_H

#include <signal.h>

#include "archive/retention.h"
#include "archive/vault.h"
#include "base/zone_rules.h"
#include "event/kind.h"

struct erasing;

struct archive_care {
    const char *archive;
    struct fields *fields;
    const struct kinds *kinds;
    int64_t latest; /* these three as in archive_add_options: records are sorted into months anew */
    const struct zone_rules *zone_rules;
    str zone;
    struct vault_unlock unlock;      /* opens one that is encrypted */
    const struct signature_key *key; /* signs what is recorded; NULL: nobody does */
    str who, why;                    /* recorded; "" where nobody needs to say */
    int64_t now;
    bool dry; /* nothing is written: what would be done is told */
    const volatile sig_atomic_t *stop;
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* bytes of segments; NULL: nobody asks */
    /* A segment cannot be used, and stays as it is; name: below the folder. */
    void (*damaged)(void *ctx, str name, const char *why);
    void *ctx;
};

/* Of ended segments: files that are gone now (in a dry run: would be), and those that are kept: by a hold, in a kept snapshot, by grace. Those of the index go
 * beside, and are not counted: they hold nothing of their own. */
struct archive_removed {
    uint64_t files, bytes, held, kept, grace;
};

/* ---- many small ones become few ---- */

#define COMPACT_BYTES                                                                                                  \
    ((uint64_t)64 << 20) /* no more than these together become one; what is half of it stays as it is */
#define COMPACT_ROWS (UINT64_C(1) << 20)

struct compact_options {
    int32_t month; /* only of it; INT32_MAX: of all */
    int64_t grace_ns;
    /* Before a group is read: so many segments of this month and family. */
    bool (*group)(void *ctx, int32_t month, str family, uint64_t segments, uint64_t rows, uint64_t bytes,
                  struct err *e);
};
struct compact_result {
    uint64_t before, after;             /* segments that ended, and those in their place */
    uint64_t bytes_before, bytes_after; /* their files */
    uint64_t damaged;                   /* groups that stay as they are */
    struct archive_removed removed;
    uint64_t snapshot;
};

/* A commit for each group. ERR_INTERRUPTED: what was committed stays. Errors as vault.h. */
MUST_USE bool archive_compact(const struct archive_care *care, const struct compact_options *options,
                              struct compact_result *result, struct err *e);

/* ---- time is over ---- */

struct expire_options {
    int64_t grace_ns; /* of the files */
    /* Each live segment whose time is over, held or not. Ledgers go only by a policy that names their family. */
    bool (*row)(void *ctx, const struct manifest *m, const struct retention_row *row, struct err *e);
};
struct expire_result {
    uint64_t segments, rows, bytes, held;
    struct archive_removed removed;
    uint64_t snapshot;
};
/* One commit for all, then their files and those of what they replaced. */
MUST_USE bool archive_expire(const struct archive_care *care, const struct expire_options *options,
                             struct expire_result *result, struct err *e);

/* ---- a key is forgotten ---- */

struct forget_result {
    uint64_t segments, rows, bytes; /* live ones that lie under it: they leave the archive, withdrawn */
    struct archive_removed removed;
    uint64_t snapshot;
};
/* All that was written under a key of an encrypted archive leaves it, with its files, and the key is destroyed, in this order: begun again it goes on. Before
 * anything is done:
 *
 * ERR_REFUSED  a hold covers one of the segments, ended ones whose files are there too, or it is in a snapshot that is kept: the text names it
 * ERR_CORRUPT  nobody can say under which key a segment lies that is live, held or kept
 * ERR_USAGE    it is not encrypted; there is no such key, or it is the newest, or it is forgotten already */
MUST_USE bool archive_forget(const struct archive_care *care, uint32_t number, struct forget_result *result,
                             struct err *e);

/* ---- a person's values ---- */

struct erase_options {
    struct erasing *erasing;
    str basis; /* recorded */
    /* What files themselves hold (archive_original.h) may be packed or written otherwise, so nobody can say that a value is not in them: all of them go,
     * or, where this is false and there are any, nothing is erased (ERR_REFUSED). */
    bool originals;
    /* Nobody can say what is in a segment that is damaged, or not there: it goes as a whole, or, where this is false, nothing is erased (ERR_CORRUPT). */
    bool damaged;
    const char *memo; /* the folder of the user's memo of the archive (memo.h), which goes; NULL: there is none */
    /* Each segment that holds a value: how many of its values, in how many places, of these so many within longer words. No values: it is damaged, and goes
     * as a whole. */
    bool (*segment)(void *ctx, const struct manifest *m, const struct manifest_segment *s, uint64_t values,
                    uint64_t places, uint64_t inside, struct err *e);
    /* What holds one and cannot be written anew: words of record `sequence` of the manifest (name: which operation), or a file that is no part of
     * the archive and that nobody looked into (sequence 0, name: below the folder). */
    bool (*remains)(void *ctx, uint64_t sequence, str name, struct err *e);
};
struct erase_result {
    uint64_t scanned;                          /* segments, ended ones too */
    uint64_t segments, values, places, inside; /* live ones that held a value */
    uint64_t damaged;                          /* live ones that go as a whole */
    uint64_t remains;
    struct archive_removed removed;
    uint64_t snapshot;
};

/* Looks through every value of every segment whose file is there, then writes those anew that hold one, commits, removes the old files at once. Before
 * anything is written:
 *
 * ERR_REFUSED  a hold covers one of them, or it is in a snapshot that is kept: the text names it
 * ERR_CORRUPT  a segment is damaged, so that nobody knows what is in it, and may not go as a whole
 * ERR_USAGE    who, why or basis hold a value
 *
 * ERR_INTERRUPTED: what was committed stays; begun again, it goes on. */
MUST_USE bool archive_erase(const struct archive_care *care, const struct erase_options *options,
                            struct erase_result *result, struct err *e);

#endif
