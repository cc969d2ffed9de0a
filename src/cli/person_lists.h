/* person_lists: published lists of persons and companies (intel/person.h) as a user names them: files, plain, compressed or in archives. */
#ifndef CLI_PERSON_LISTS_H
#define CLI_PERSON_LISTS_H

#include "base/buf.h"
#include "cli/command.h"
#include "intel/person.h"

struct person_lists {
    struct persons *persons; /* with those whom facts on groups name; freed by whoever opened */
    size_t read, unread;     /* files and members; what was not read is told on standard error at once */
};

/* ERR_USAGE: a path that is not there; ERR_MEMORY, ERR_LIMIT. *l: what there is, also on failure. */
MUST_USE bool person_lists_open(struct person_lists *l, const struct arguments *paths, struct err *e);
/* "17 persons and companies with 40 names"; and, if there is anything: "; not taken: 1 row that is none, ..." */
void person_lists_words(const struct person_lists *l, struct buf *b);

#endif
