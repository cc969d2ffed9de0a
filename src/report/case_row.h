/* case_row: rows of case.db written and read: columns one after another, texts and numbers of a stranger as what they are. For src/report only. */
#ifndef REPORT_CASE_ROW_H
#define REPORT_CASE_ROW_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/instant.h"

/* ---- writing ---- */

/* A row: columns are bound one after another; the first failure is kept by SQLite and told by case_row_end. Texts live until then. */
struct case_row {
    sqlite3 *db;
    sqlite3_stmt *s;
    int at;
};

MUST_USE bool case_row_open(struct case_row *r, sqlite3 *db, const char *statement, struct err *e);
void case_row_close(struct case_row *r); /* also of one that could not be opened */
void case_row_text(struct case_row *r, str s);
void case_row_number(struct case_row *r, uint64_t n);
void case_row_real(struct case_row *r, double d);
/* NULL for INSTANT_NONE. */
void case_row_time(struct case_row *r, int64_t when);
void case_row_ns(struct case_row *r, int64_t when);
/* Writes it; all columns must be there. The next row may follow. */
MUST_USE bool case_row_end(struct case_row *r, struct err *e);

/* ---- reading ---- */

str case_text(sqlite3_stmt *s, int i);        /* "" for NULL; until the next row */
uint64_t case_number(sqlite3_stmt *s, int i); /* below 0: 0 */
int64_t case_time(sqlite3_stmt *s, int i);
MUST_USE bool case_prepare(sqlite3 *db, const char *path, const char *query, sqlite3_stmt **s, struct err *e);
/* The next row, which may take some hundred million steps of SQLite's machine: whoever makes it take more meant harm. *more: there was one. */
MUST_USE bool case_next(sqlite3 *db, const char *path, sqlite3_stmt *s, bool *more, struct err *e);

#endif
