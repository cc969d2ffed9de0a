/* suggest: a first draft of a kind file, out of a sample of a log that is not known yet.
 *
 * It takes events in normal form (event/normal.h), remembers a bounded part of them, and writes YAML as docs/kinds.md says
 * it: for records of named fields a kind for each sort of them, for lines of text a format and a kind for each program.
 * What it takes for a time, an account, an outcome is a guess, by names and values, and says so with examples. Records that
 * have a kind already are only counted; lines of text of which no more than the head of syslog is known have none. The same
 * events give the same bytes. */
#ifndef EVENT_SUGGEST_H
#define EVENT_SUGGEST_H

#include "base/buf.h"
#include "base/err.h"
#include "event/kind.h"
#include "event/normal.h"

#define SUGGEST_RECORDS_MAX 20000u
#define SUGGEST_BYTES_MAX ((size_t)4 << 20) /* of values and names, each counted once */

struct suggest;

/* name: of the kind (acme/door), letters, digits, - _ . and / between parts; it must outlive the draft, as must the (sealed)
 * kinds: what they are called already is not called so again. NULL: no memory. */
struct suggest *suggest_new(str name, const struct kinds *kinds);
/* Takes NULL. */
void suggest_free(struct suggest *s);
/* One record of the sample. *full: no more are taken, this one and those before are. ERR_MEMORY: no memory. */
MUST_USE bool suggest_take(struct suggest *s, const struct normal_event *event, bool *full, struct err *e);
/* How many were taken, those of a kind included. */
uint32_t suggest_records(const struct suggest *s);
/* Appends the draft to out: it loads as it stands, beside the kinds given above. Where nothing is left to be drafted it is a
 * comment that says so. Call it once.
 * ERR_LIMIT   no draft of this sample would load (a hostile sample)
 * ERR_MEMORY  no memory */
MUST_USE bool suggest_write(struct suggest *s, struct buf *out, struct err *e);
/* May this be the name of a kind? */
bool suggest_name_good(str name);

#endif
