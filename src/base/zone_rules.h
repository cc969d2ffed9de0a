/* zone_rules: what a place's clocks showed when: from its local times to UTC, summer time and all. Reads the files of the IANA
 * time zone database as they are installed (TZif, RFC 8536), with the rule at their end for the years behind their table. */
#ifndef BASE_ZONE_RULES_H
#define BASE_ZONE_RULES_H

#include "base/err.h"
#include "base/str.h"

#define ZONE_NAME_MAX 64u                 /* bytes of a name; the longest of the database has 32 */
#define ZONE_FILE_MAX ((size_t)64 << 10)  /* bytes of a file; the largest of the database has 4 KiB */
#define ZONE_FOLDER "/usr/share/zoneinfo" /* where Debian's tzdata has them */

struct zone_rules;

/* How often the clocks of the place showed a local time. */
enum zone_fit {
    ZONE_ONCE,
    ZONE_TWICE, /* set back: the hour at the end of summer time */
    ZONE_NEVER  /* set forward: the hour at its beginning */
};

/* Is it written like a name of the database: Europe/Berlin, Etc/GMT+5? No name leads out of the folder. */
bool zone_name_good(str name);
/* The rules in the bytes of a file. To be freed.
 *
 * ERR_CORRUPT    it is no TZif file, or not as RFC 8536 has them; the text says what
 * ERR_LIMIT      more changes than any zone has
 * ERR_UNSUPPORTED    version 1, without a rule; or counting leap seconds ("right/..."), which no log does
 * ERR_MEMORY     no memory */
MUST_USE bool zone_rules_read(str file, struct zone_rules **out, struct err *e);
/* The rules of the zone of this name (zone_name_good), out of its file below folder. As zone_rules_read, and
 * ERR_IO     there is no such file, or it cannot be read; the text says what to do */
MUST_USE bool zone_rules_open(const char *folder, str name, struct zone_rules **out, struct err *e);
/* A zone that is so many seconds east of UTC and never changes. NULL: no memory. */
struct zone_rules *zone_rules_fixed(int32_t offset_s);
/* Takes NULL. */
void zone_rules_free(struct zone_rules *z);

/* By how many seconds the local time (seconds since 1970 as if it were UTC) was east of UTC. What the clocks showed twice is
 * taken as the first time, what they never showed as if they had not been set yet: both by the offset before they were set
 * (RFC 5545 3.3.5). */
enum zone_fit zone_rules_offset(const struct zone_rules *z, int64_t local_s, int32_t *offset_s);

#endif
