/* memo: what hunts through an archive have learned of its segments, in a file of the user's cache (docs/formats/archive-memo.md): in which rows of
 * which segment a rule was true, which kinds and clocks a segment has. It says which rows are worth reading again, and is never an answer: what is
 * found is found in the rows. Derived data: what is missing, damaged, not our own or of another maker is begun anew.
 *
 * Items are numbered as the memo likes, for as long as it is open. */
#ifndef HUNT_MEMO_H
#define HUNT_MEMO_H

#include "archive/manifest.h"
#include "archive/seal.h"
#include "base/hash.h"
#include "hunt/segment_ask.h"

#define MEMO_MAX ((size_t)128 << 20) /* bytes of the file */

struct memo;

enum memo_found {
    MEMO_NONE, /* there was no file, or not one that only this user can have written */
    MEMO_KEPT,
    MEMO_DAMAGED, /* cut off, or bytes of it have changed: begun anew */
    MEMO_FOREIGN, /* of another build of the program, or of other kinds: begun anew */
};

/* folder: NULL: no file is read or written. secret: of an archive that is encrypted, whose memo is sealed with it; NULL: it is not. maker: what every answer depends on beside its item. max: MEMO_MAX, or less. ERR_MEMORY. */
MUST_USE bool memo_open(struct memo **out, const char *folder, const uint8_t archive[ARCHIVE_ID_SIZE],
                        const uint8_t *secret, const uint8_t maker[SHA256_SIZE], size_t max, enum memo_found *found,
                        struct err *e);
/* The number of an item, by what it asks. UINT32_MAX: no memory. */
uint32_t memo_item(struct memo *m, const uint8_t key[SHA256_SIZE]);

struct memo_segment;

/* NULL: nothing is known of it. The same rows as were told, or it is another. */
struct memo_segment *memo_segment(struct memo *m, const uint8_t sha256[SHA256_SIZE], uint32_t rows);
/* Is it known where the item is found in the segment? *rows, *count: the numbers (segment_row_at). Takes NULL. */
bool memo_knows(const struct memo_segment *s, uint32_t item, const char **rows, uint32_t *count);

/* Is it known of every item that was numbered since the memo was opened? Then *rows gets those of all of them (appended, in no order; numbers of 4 bytes): one question for a
 * thousand. s: may be NULL. False also where memory is out: then each is asked for itself. */
bool memo_knows_all(struct memo *m, const struct memo_segment *s, struct buf *rows);

/* What is true of the segment whatever is asked; of: what that depends on beside the maker. False: not known. Takes NULL. */
struct memo_facts {
    uint32_t kind_count;
    const char *kinds; /* numbers, rising */
    str clocks;        /* as segment_learned.clocks */
};
bool memo_facts(const struct memo_segment *s, uint64_t of, struct memo_facts *out);

/* Facts only where they last. items: the memo's numbers of the hunt's items; UINT32_MAX: none is remembered of it. What does not fit is not remembered. ERR_MEMORY. */
MUST_USE bool memo_learn(struct memo *m, const uint8_t sha256[SHA256_SIZE], const struct segment_learned *l,
                         const uint32_t *items, uint32_t item_count, uint64_t facts_of, struct err *e);

/* Of segments that nobody has asked for since it was opened nothing is kept: they are in the archive no more, and what is known of them (paths, names
 * of hosts) may have had to go. */
void memo_forget_others(struct memo *m);
/* Removes the file that memo_open would read. None there: true. ERR_IO. */
MUST_USE bool memo_remove(const char *folder, const uint8_t archive[ARCHIVE_ID_SIZE], struct err *e);

/* Writes the file anew if something was learned, and frees all, also after a failure. Of what is too much what was not asked for this time goes
 * first. Takes NULL. */
MUST_USE bool memo_close(struct memo *m, struct err *e);
/* Without writing. */
void memo_drop(struct memo *m);

#endif
