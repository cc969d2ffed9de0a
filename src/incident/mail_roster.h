/* mail_roster: who belongs to which group of an institution (members, staff, candidates, journalists): a file of a user's own,
 * of lines `address,group` or `address,group,name`, with commas, semicolons or tabs between, UTF-8, quoted as in RFC 4180.
 * A first line whose first cell has no @ is a head. Lines that are empty or begin with # are read over. */
#ifndef INCIDENT_MAIL_ROSTER_H
#define INCIDENT_MAIL_ROSTER_H

#include "base/err.h"
#include "base/str.h"

#define MAIL_ROSTER_BYTES_MAX ((size_t)64 << 20)
#define MAIL_ROSTER_GROUPS_MAX 1024u

struct mail_roster;

struct mail_roster_person {
    str address; /* small letters (ASCII) */
    str group;   /* may be "" */
    str name;    /* "" when the file has none */
};

/* ERR_USAGE: "path: line N: ..."; a line without address, one address in two groups, more groups than may be;
 * ERR_IO, ERR_MEMORY, ERR_LIMIT (too big). */
MUST_USE bool mail_roster_open(struct mail_roster **out, const char *path, struct err *e);
/* The same of a text; name: for errors. */
MUST_USE bool mail_roster_read(struct mail_roster **out, str name, str text, struct err *e);
/* Takes NULL. */
void mail_roster_free(struct mail_roster *r);

size_t mail_roster_count(const struct mail_roster *r);
/* By address, in byte order. */
const struct mail_roster_person *mail_roster_at(const struct mail_roster *r, size_t i);
/* By address in small letters; NULL: nobody. r may be NULL. */
const struct mail_roster_person *mail_roster_find(const struct mail_roster *r, str address);
/* Somebody of that name, letters of ASCII in any case, blanks as one; names of two words at least. NULL: nobody. */
const struct mail_roster_person *mail_roster_named(const struct mail_roster *r, str name);
/* How many persons a group has. */
size_t mail_roster_group_size(const struct mail_roster *r, str group);

#endif
