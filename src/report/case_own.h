/* case_own: what the parts of a case share: its database. For src/report only. */
#ifndef REPORT_CASE_OWN_H
#define REPORT_CASE_OWN_H

#include <sqlite3.h>

#include "report/case.h"

#define CASE_VERSION_MAIL 4       /* the first that has the tables of mail_case.h */
#define CASE_VERSION_INCIDENT 5   /* and those of incident_case.h */
#define CASE_VERSION_ASSESSMENT 6 /* and that of assessment_case.h */

/* Until the case is finished or closed. */
sqlite3 *case_writer_db(const struct case_writer *c);

/* A line of findings.jsonl, without its end. */
struct buf;
MUST_USE bool case_writer_line(struct case_writer *c, const struct buf *line, struct err *e);
/* One of timesketch.jsonl. */
MUST_USE bool case_writer_timesketch(struct case_writer *c, const struct buf *line, struct err *e);

/* Opens the case.db of a folder for reading, which somebody else may have written. least: the version that has what is wanted, lacks:
 * what older ones lack, for the error. A query may take some ten million steps. */
MUST_USE bool case_db_read(sqlite3 **db, const char *folder, int least, const char *lacks, struct err *e);
/* Are `count` of these tables, and are they tables? names: with blanks around each; what: they are together. */
MUST_USE bool case_db_tables(sqlite3 *db, const char *path, const char *names, int count, const char *what,
                             struct err *e);
/* ERR_CORRUPT, or ERR_MEMORY where that is what it lacks, with SQLite's words. Always false. */
bool case_db_corrupt(sqlite3 *db, const char *path, struct err *e);

#endif
