/* ledger: what a worker notes of the rows it has read, beside what rules find in them: times, hosts and logs, what tells
 * one event from another. */
#ifndef HUNT_LEDGER_H
#define HUNT_LEDGER_H

#include "detection/detect.h"
#include "evidence/custody.h"
#include "hunt/clock.h"
#include "hunt/coverage.h"

struct ledger;

/* kinds: as the blocks have them. NULL: no memory. */
struct ledger *ledger_new(const struct kinds *kinds, const uint64_t key_seeds[2]);
/* A source, or a part of one, begins. */
void ledger_source(struct ledger *l, str reader);
/* What the rows' times say of clocks, salvaged rows apart. ERR_MEMORY. */
MUST_USE bool ledger_time(struct ledger *l, struct detector *d, struct block *const *blocks, size_t count,
                          struct err *e);
/* The key of the clock by which the row's time was written; 0: none that may be wrong. */
uint64_t ledger_clock(const struct ledger *l, struct detector *d, const struct block *b, uint32_t row);
/* Gives a clock of which host and field are known the key that it has in this hunt; 0 stays 0. */
void ledger_clock_named(const struct kinds *kinds, const uint64_t key_seeds[2], struct clock *c);
/* The rows of the blocks, salvaged ones apart. keys: WIRE_KEY bytes for each event that its kind can tell from others, by
 * offset, number and element. ERR_MEMORY. */
MUST_USE bool ledger_note(struct ledger *l, struct detector *d, struct block *const *blocks, size_t count,
                          struct custody *line, void (*keys)(void *ctx, str keys), void *ctx, struct err *e);
/* All that was noted of hosts and logs since ledger_source; last, without host and log, the record numbers of the source, if
 * they are the format's own. */
void ledger_streams(struct ledger *l, void (*each)(void *ctx, const struct stream *s), void *ctx);
/* All that was noted of clocks since ledger_source. */
void ledger_clocks(struct ledger *l, void (*each)(void *ctx, const struct clock *c), void *ctx);

#endif
