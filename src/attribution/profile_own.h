/* profile_own: what the readers of profiles share. For src/attribution/profile*.c only. */
#ifndef ATTRIBUTION_PROFILE_OWN_H
#define ATTRIBUTION_PROFILE_OWN_H

#include "attribution/profile.h"

#define PROFILE_RECENT_DAYS 730

bool profile_no_memory(struct err *e);
/* Room for one more in an array of size bytes an item. */
MUST_USE bool profile_grow(void **items, size_t count, size_t *room, size_t size, struct err *e);
/* Days since 1970-01-01 of a date as 2021-03-18; DAY_UNKNOWN. */
int64_t profile_day(str date);

/* Names while they are put together. */
struct profile_names {
    struct profile_spelled *of;
    size_t count, room;
};
/* name in its spelling, copied into a. */
MUST_USE bool profile_names_add(struct profile_names *n, struct arena *a, str name, size_t of, struct err *e);
/* Sorted by key, each key once, in a; *n is empty then. */
MUST_USE bool profile_names_finish(struct profile_names *n, struct arena *a, struct profile_spelled **out,
                                   size_t *count, struct err *e);
void profile_names_free(struct profile_names *n);

/* A release whose groups and links are all there: sorts groups, counts what is listed, and makes the table of names. */
MUST_USE bool profile_finish(struct profile *p, struct arena *a, struct err *e);
/* All releases are there: sorts them, the tools and the words. */
void profiles_finish(struct profiles *p);

/* profile_research.c: profiles-by-release.json, groups.json, sources.json, software.json, techniques.json of a folder. */
MUST_USE bool profiles_read_research(struct profiles *p, const char *folder, struct err *e);

#endif
