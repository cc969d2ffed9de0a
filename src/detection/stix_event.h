/* stix_event: events as STIX objects, so that patterns can be asked about them: by the table data/intel/stix-paths.yml, which is compiled in. */
#ifndef DETECTION_STIX_EVENT_H
#define DETECTION_STIX_EVENT_H

#include "event/block.h"
#include "event/kind.h"
#include "intel/stix_observation.h"
#include "intel/stix_pattern.h"

#define STIX_EVENT_VALUES_MAX 1024u /* of one field of one event; of more it is told */
#define STIX_EVENT_OBJECTS_MAX 8192u

struct stix_events;

/* fields must outlive it. ERR_MEMORY; ERR_USAGE: the table is broken (a bug; a test reads it). */
MUST_USE bool stix_events_new(struct stix_events **out, struct fields *fields, struct err *e);
void stix_events_free(struct stix_events *s); /* takes NULL */

/* Can objects of events have what stands at the end of the path? False: a test of it holds of no event; *why: "no event has file:atime". */
bool stix_events_path(const struct stix_events *s, const struct stix_path *path, const char **why);
/* The same for events of one kind. */
bool stix_events_kind_path(const struct stix_events *s, const struct kind *kind, const struct stix_path *path);
/* Is the field read from events of that kind? For ingest_options: without its values there are no objects. */
bool stix_events_wants(const struct stix_events *s, const struct kind *kind, field_id field);

/* Does every name (of letters, digits, `_`, `.`, `-`) in a text at the end of the path stand in some value of the event as well, so that it
 * can be looked for there? False where what the kind has there is made of numbers or by a table. */
bool stix_events_verbatim(const struct stix_events *s, const struct kind *kind, const struct stix_path *path);

/* The row as one observation, seen once at its time. Memory is a's and the dictionaries'; *cut: there was more than the bounds above allow.
 * The block has a kind. ERR_MEMORY. */
MUST_USE bool stix_events_make(const struct stix_events *s, const struct block *b, uint32_t row, struct arena *a,
                               struct stix_observation *out, bool *cut, struct err *e);

/* stix_paths_builtin.c, made by embed.py out of data/intel, read when the program was built (codec/packer.c). */
struct stix_path_file {
    str path, trees;
};
extern const struct stix_path_file stix_paths_builtin[];
extern const size_t stix_paths_builtin_count;

#endif
