/* case_row: see case_row.h. */
#include "report/case_row.h"

#include <assert.h>

#include "report/case_own.h"

#define STEPS_MAX 100000000

static bool db_failed(sqlite3 *db, struct err *e) {
    return err_set(e, sqlite3_errcode(db) == SQLITE_NOMEM ? ERR_MEMORY : ERR_IO, 0, "case.db: %s", sqlite3_errmsg(db));
}

bool case_row_open(struct case_row *r, sqlite3 *db, const char *statement, struct err *e) {
    *r = (struct case_row){.db = db};
    return sqlite3_prepare_v2(db, statement, -1, &r->s, NULL) == SQLITE_OK || db_failed(db, e);
}

void case_row_close(struct case_row *r) {
    sqlite3_finalize(r->s);
    r->s = NULL;
}

void case_row_text(struct case_row *r, str s) {
    sqlite3_bind_text64(r->s, ++r->at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void case_row_number(struct case_row *r, uint64_t n) {
    sqlite3_bind_int64(r->s, ++r->at, (sqlite3_int64)n);
}

void case_row_real(struct case_row *r, double d) {
    sqlite3_bind_double(r->s, ++r->at, d);
}

void case_row_time(struct case_row *r, int64_t when) {
    char room[INSTANT_TEXT];
    str const text = instant_format(when, room);

    if (text.len)
        sqlite3_bind_text64(r->s, ++r->at, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_bind_null(r->s, ++r->at);
}

void case_row_ns(struct case_row *r, int64_t when) {
    if (when == INSTANT_NONE)
        sqlite3_bind_null(r->s, ++r->at);
    else
        sqlite3_bind_int64(r->s, ++r->at, when);
}

bool case_row_end(struct case_row *r, struct err *e) {
    bool const ok = sqlite3_step(r->s) == SQLITE_DONE || db_failed(r->db, e);

    assert(r->at == sqlite3_bind_parameter_count(r->s));
    sqlite3_reset(r->s);
    sqlite3_clear_bindings(r->s);
    r->at = 0;
    return ok;
}

str case_text(sqlite3_stmt *s, int i) {
    const unsigned char *const t = sqlite3_column_text(s, i);

    return t ? (str){(const char *)t, (size_t)sqlite3_column_bytes(s, i)} : (str){"", 0};
}

uint64_t case_number(sqlite3_stmt *s, int i) {
    sqlite3_int64 const n = sqlite3_column_int64(s, i);

    return n < 0 ? 0 : (uint64_t)n;
}

int64_t case_time(sqlite3_stmt *s, int i) {
    return instant_parse(case_text(s, i));
}

static int give_up(void *ctx) {
    (void)ctx;
    return 1;
}

bool case_prepare(sqlite3 *db, const char *path, const char *query, sqlite3_stmt **s, struct err *e) {
    return sqlite3_prepare_v2(db, query, -1, s, NULL) == SQLITE_OK || case_db_corrupt(db, path, e);
}

bool case_next(sqlite3 *db, const char *path, sqlite3_stmt *s, bool *more, struct err *e) {
    sqlite3_progress_handler(db, STEPS_MAX, give_up, NULL);
    int const step = sqlite3_step(s);

    *more = step == SQLITE_ROW;
    return *more || step == SQLITE_DONE || case_db_corrupt(db, path, e);
}
