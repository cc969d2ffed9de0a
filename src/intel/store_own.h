/* store_own: what the files of the store share: its database, and structs as rows of its tables. Not for others: see store.h. */
#ifndef INTEL_STORE_OWN_H
#define INTEL_STORE_OWN_H

#include <jansson.h>
#include <sqlite3.h>

#include "intel/store.h"

#define STORE_DATABASE "store.db"
#define STORE_FILES "files"
#define STORE_PATH_ROOM 4096u

/* ---- store_row.c: a struct as a row ---- */

enum column_type {
    COLUMN_TEXT,  /* str; TEXT */
    COLUMN_TIME,  /* int64_t; INTEGER, NULL for INSTANT_NONE */
    COLUMN_NAMES, /* struct item_names; TEXT: a JSON array, NULL for none */
    COLUMN_WORD,  /* an enum; TEXT, one of `words` */
    COLUMN_BYTE,  /* uint8_t; these: INTEGER */
    COLUMN_PORT,  /* uint16_t */
    COLUMN_BOOL,
    COLUMN_BITS, /* uint64_t */
};
struct column {
    const char *name;
    enum column_type type;
    size_t at;
    str (*word)(unsigned);
    unsigned words;
};
struct columns {
    const struct column *columns;
    size_t count;
};
extern const struct columns store_item_columns, store_list_columns, store_group_columns, store_about_columns;
str store_review_word(unsigned review);
str store_type_word(unsigned type);

/* Appends "name TEXT, other INTEGER, ..." for CREATE TABLE; or "name, other" for what is asked. */
void columns_define(const struct columns *c, struct buf *sql);
void columns_name(const struct columns *c, const char *table, struct buf *sql);
/* ", ?, ?" */
void columns_marks(const struct columns *c, struct buf *sql);

/* Binds from *at on; *at moves behind. room: what texts that are made here live in until the step; cleared by the caller. */
void columns_bind(const struct columns *c, sqlite3_stmt *statement, int *at, const void *object, struct buf *room);
/* Reads from column *at on; *at moves behind. Views live until the next step; names in kept, which store_kept_free empties.
 * ERR_CORRUPT: a value that cannot be. */
struct store_kept {
    json_t *values[16];
    unsigned count;
};
void store_kept_free(struct store_kept *kept);
MUST_USE bool columns_read(const struct columns *c, sqlite3_stmt *statement, int *at, void *object,
                           struct store_kept *kept, struct err *e);
str store_text(sqlite3_stmt *statement, int column);

/* ---- store.c ---- */

struct intel_store {
    char *folder;
    sqlite3 *db;
    int lock;       /* of who writes; -1 */
    bool changed;   /* since the last commit */
    struct buf old; /* SHA-256 of files that nobody needs once this is in force, a NUL behind each */
    struct intel_sink sink;
    /* While adding. 0: none. */
    int64_t feed, source, list, now;
    sqlite3_stmt *put_item, *put_left_out, *put_list, *put_label, *put_group, *ask_review;
    struct buf room, canonical, feed_key;
    char sha256[2 * SHA256_SIZE + 1];
};

bool store_failed(struct intel_store *s, struct err *e); /* with SQLite's words; always false */
MUST_USE bool store_prepare(struct intel_store *s, const char *sql, sqlite3_stmt **out, struct err *e);
MUST_USE bool store_run(struct intel_store *s, const char *sql, struct err *e);
/* Steps a statement that gives no rows, and frees it. */
MUST_USE bool store_done(struct intel_store *s, sqlite3_stmt *statement, struct err *e);
void store_bind(sqlite3_stmt *statement, int at, str s);
void store_bind_time(sqlite3_stmt *statement, int at, int64_t when);
int64_t store_time(sqlite3_stmt *statement, int column);
/* The spelling under which an item is found: of patterns and expressions as they are. Appends. False: it has none. */
bool store_canonical(enum item_form form, enum observable type, str value, struct buf *out, const char **why);

#endif
