/* retrohunt: rules and indicators of today against all that an archive keeps, reading no more of it than could matter.
 *
 * What a hunt over the whole archive finds is found, to the event, and nothing else: the engine decides about rows that are read, and those that are not
 * read are such of which it is known that nothing asked for is in them: by the memo of earlier hunts (memo.h), by the index (archive_look.h), by
 * the values of a segment (select.h), by its time. Findings come by segment, in the order of their numbers, then as they stand in each. */
#ifndef HUNT_RETROHUNT_H
#define HUNT_RETROHUNT_H

#include "archive/vault.h"
#include "hunt/hunt.h"
#include "hunt/memo.h"

struct retrohunt_options {
    /* What is hunted for and told to whom. Of it paths, own, event, collected, matched, kept, yara, persons, house and asks are not looked
     * at; nothing is told of coverage, duplicates and gaps. activity: not NULL: every row is read for acts. The lines of the ledger count what was read. */
    const struct hunt_options *hunt;
    const char *archive;
    struct vault_unlock unlock; /* of one that is encrypted; hunt->keys is not looked at */
    uint64_t as_of;             /* a snapshot; 0: the last */
    /* Only what was added after that snapshot, as if there were nothing else; what was written anew since (compaction, erasure) counts as added.
     * 0: all. */
    uint64_t after;
    const char *memo;         /* the folder of the memo; NULL: none is read or written */
    bool no_index, no_select; /* for checking: neither may change an answer */
};

struct retrohunt_result {
    struct hunt_result hunt;
    uint64_t snapshot;
    uint64_t segments, rows, bytes; /* live ones that hold records */
    uint64_t opened, read;          /* segments that were opened, and rows that were read */
    /* Segments that were not opened, or not read, because: */
    uint64_t by_index; /* none of what was new may be in them, as the index says */
    uint64_t by_memo;  /* all that is asked was asked before, and was found in none of their rows */
    uint64_t by_time;  /* their events are of another time */
    uint64_t gone;     /* their files are not there: told as damage */
    enum memo_found memo;
    struct err memo_failed;  /* code is not zero: the memo could not be written, and why */
    struct err index_damage; /* code is not zero: a part of the index could not be read */
};

/* ERR_USAGE: it is no archive, has no such snapshot (also no `after`), or files of that snapshot are gone; the rest as hunt_run and vault_open. */
MUST_USE bool retrohunt_run(const struct retrohunt_options *options, struct retrohunt_result *result, struct err *e);

#endif
