/* segment_ask: what a worker is asked of one segment of an archive, and what it says that it has learned of it: as bytes, from parent to worker and back.
 *
 * Items: the rules of a hunt by their number, and behind them one that stands for all indicators. Which rows of a segment an item was found in
 * is worth remembering (hunt/memo.h): it changes only when the item does. The worker is not to be believed (wire.h). */
#ifndef HUNT_SEGMENT_ASK_H
#define HUNT_SEGMENT_ASK_H

#include "base/buf.h"
#include "base/err.h"

#define SEGMENT_ASK_MAX ((size_t)80 << 20)     /* bytes of an ask */
#define SEGMENT_LEARNED_MAX ((size_t)16 << 20) /* and of an answer */

/* What follows the path of a job. */
struct segment_ask {
    bool whole; /* every row is read */
    bool
        select; /* of items that are not known, rows that could matter may be chosen by values; else every row is read */
    bool facts; /* what is true of the segment whatever is asked is wanted */
    bool
        indicators; /* of the item behind the rules: values that are known may stand in it; else only what `select` finds by rules of ours */
    uint32_t items; /* rules + 1 */
    const uint8_t *unknown; /* bit i % 8 of byte i / 8: item i is to be looked for in all rows */
    uint32_t row_count;
    const char *rows; /* to be read beside: row_count numbers of 4 bytes, rising */
};

static inline bool segment_ask_unknown(const struct segment_ask *a, uint32_t item) {
    return a->unknown[item / 8] >> item % 8 & 1;
}
static inline uint32_t segment_row_at(const char *rows, size_t i) {
    uint32_t row;

    memcpy(&row, rows + i * sizeof row, sizeof row);
    return row;
}

void segment_ask_put(struct buf *out, const struct segment_ask *a);
/* Views into bytes. False: it is none, or not for so many items. */
MUST_USE bool segment_ask_take(str bytes, uint32_t items, struct segment_ask *out);

/* ---- what comes back, once a segment ---- */

struct segment_found { /* of an item that was asked for */
    uint32_t item, count;
    const char *rows; /* as above: every row of the segment that it was found in */
};

struct segment_learned {
    bool passed;  /* none of its events is of the time that was asked for: no row was read, and only facts are told */
    bool lasting; /* facts are so of the segment; else only of what could be read of it now */
    uint32_t rows, read; /* of the segment; those that were read */
    bool facts;
    uint32_t kind_count; /* of FACTS */
    const char *kinds;   /* so many numbers of 4 bytes, rising: kinds that occur */
    str clocks; /* the same: WIRE_SOURCE and WIRE_CLOCK messages, each source before its clocks. Not looked at here */
    const uint8_t *told; /* as unknown: of which items all is told below; a part of those that were asked for */
    uint32_t found_count;
    str found; /* segment_found_next */
};

void segment_learned_put(struct buf *out, const struct segment_learned *l, uint32_t items);
void segment_found_put(struct buf *out, uint32_t item, const uint32_t *rows, uint32_t count);
/* Checks everything but the clocks. kinds: how many there are. */
MUST_USE bool segment_learned_take(str bytes, uint32_t items, uint32_t kinds, struct segment_learned *out);
/* Takes the next off *found, which was checked; by item, rising. */
bool segment_found_next(str *found, struct segment_found *out);

#endif
