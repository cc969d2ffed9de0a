/* archive_caring: what the commands share that care for an archive: who says so and why, the key that signs it, how records are sorted anew,
 * the line, or the object (docs/archive.md, "For machines"), of what came of it. */
#ifndef CLI_ARCHIVE_CARING_H
#define CLI_ARCHIVE_CARING_H

#include "cli/command.h"
#include "cli/custodians.h"
#include "cli/progress.h"
#include "hunt/archive_care.h"

struct caring_wishes {
    const char *archive, *who, *why, *basis, *key_file, *password_file;
    struct arguments kinds;
    struct key_wish key;
    int64_t latest;
    struct zone_wish zone;
    const struct phone_country *country;
    bool dry, quiet, json;
};

#define CARING_AT(wishes, member) .at = offsetof(struct wishes, care.member)
#define ROW_ARCHIVE .argument = "ARCHIVE", .type = OPTION_FOLDER, .help = "the folder that archive add has made"
#define ROW_WHO                                                                                                        \
    .name = "who", .argument = "NAME", .type = OPTION_TEXT, .help = "who says so; recorded in the manifest, for ever"
#define ROW_WHY .name = "why", .argument = "TEXT", .type = OPTION_TEXT, .help = "why; recorded likewise"
#define ROW_BASIS                                                                                                      \
    .name = "basis", .argument = "TEXT", .type = OPTION_TEXT,                                                          \
    .help = "on which legal basis, or in which matter; recorded likewise"
#define ROW_SIGN                                                                                                       \
    .name = "sign", .argument = "FILE", .type = OPTION_PATH,                                                           \
    .help = "sign what is recorded with this secret key, as minisign or longwatch sign --new-key has written it"
#define ROW_PASSWORD                                                                                                   \
    .name = "password-file", .argument = "FILE", .type = OPTION_PATH,                                                  \
    .help = "the secret key is encrypted: its password is the first line of FILE"
#define ROWS_KEY(wishes)                                                                                               \
    {ROW_KEY, CARING_AT(wishes, key.files)}, {                                                                         \
        ROW_PASSPHRASE, CARING_AT(wishes, key.passphrase)                                                              \
    }
#define ROW_DRY .name = "dry-run", .type = OPTION_FLAG, .help = "only say what would be done"
#define ROW_CARE_QUIET .name = "quiet", .letter = 'q', .type = OPTION_FLAG, .help = "no progress, no summary"
#define ROW_GRACE(what)                                                                                                \
    .name = "grace", .argument = "DAYS", .type = OPTION_TEXT,                                                          \
    .help = "files go when they have not been needed for so long; usually " what

/* All that a command of these needs while it runs. */
struct caring {
    struct archive_care care; /* its ctx is this */
    struct progress progress;
    struct fields *fields;
    struct kinds *kinds;
    struct zone_rules *zone;
    struct signature_key *key;
    struct custodian_keys custodians;
    struct buf list; /* for machines: what was told by the way, as caring_json_segment's */
    bool json;
    bool damaged; /* something was told to be */
};

/* Opens all of it. False: caring_close, and what was wrong. */
MUST_USE bool caring_open(struct caring *c, const struct caring_wishes *w, struct err *e);
void caring_close(struct caring *c); /* takes a zeroed one */

/* A commit of one operation, by a writer of its own. */
MUST_USE bool caring_do(const struct caring_wishes *w, const struct manifest_operation *o, uint64_t *snapshot,
                        struct err *e);

/* Days as they were given, in nanoseconds; NULL: so many. ERR_USAGE. */
MUST_USE bool caring_grace(const char *given, unsigned usual, int64_t *ns, struct err *e);
/* Numbers as they were given: "3,7-9", ascending; malloc'd. NULL: *count is 0. ERR_USAGE. */
MUST_USE bool caring_numbers(const char *given, uint64_t **out, size_t *count, struct err *e);

void caring_month(int32_t month, char out[16]);
/* "ARCHIVE: ", plain. */
void caring_name(struct buf *b, const struct caring_wishes *w);
/* "; 3 files (1.2 GB) removed, 2 wait for their grace to end, ..." */
void caring_removed(struct buf *b, const struct archive_removed *r, bool dry);

/* ---- for machines: one object of a command; members are added by intel_json_text and its kin ---- */

void caring_json(struct buf *b, const char *archive); /* its beginning */
void caring_json_removed(struct buf *b, const struct archive_removed *r);
/* An object of a list, left open for what else is to be said of it; list: a buffer of its own, without brackets. */
void caring_json_segment(struct buf *list, const struct manifest *m, const struct manifest_segment *s);
/* ,"name":[list]; list is freed. */
void caring_json_list(struct buf *b, const char *name, struct buf *list);
/* Its end, and prints it, as print_all. snapshot: 0: it is not known. */
int caring_json_print(struct buf *b, uint64_t snapshot, int status);

/* Tells, in words or as an object, that something of this name was done: "hold", "CASE-17", "set". The exit status. */
int caring_done(const struct caring_wishes *w, const char *what, const char *name, const char *how, uint64_t snapshot);

#endif
