/* store: the folder, its lock and its database; adding, answering and putting in force. Asking is store_query.c. */
#include "intel/store_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define APPLICATION_ID 0x4c6e6769 /* "Lngi": how file(1) and we know a store.db */
#define STORE_VERSION 1
#define STORE_LOCK "lock"
#define WAIT_STEP_MS 20u
#define BUSY_MS 5000 /* SQLite's own short moments, such as recovery */

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for the store of intelligence");
}

/* ---- folders ---- */

static char *joined(const char *folder, const char *name) {
    size_t const size = strlen(folder) + strlen(name) + 2;
    char *const path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

char *intel_data_folder(const char *name) {
    const char *const wish = secure_getenv("LONGWATCH_DATA"), *const base = secure_getenv("XDG_DATA_HOME"),
                      *const home = secure_getenv("HOME");
    char *folder = NULL, *whole;

    if (wish && *wish)
        folder = strdup(wish);
    else if (base && base[0] == '/') /* relative ones "must be ignored" (XDG Base Directory 0.8) */
        folder = joined(base, "longwatch");
    else if (home && home[0] == '/')
        folder = joined(home, ".local/share/longwatch");
    if (!folder || !name)
        return folder;
    whole = joined(folder, name);
    free(folder);
    return whole;
}

char *intel_store_folder(void) {
    return intel_data_folder("intel");
}

bool intel_store_is(const char *folder) {
    char *const path = joined(folder, STORE_DATABASE);
    struct stat st;
    bool const is = path && stat(path, &st) == 0 && S_ISREG(st.st_mode);

    free(path);
    return is;
}

/* The folder and those above it. What is ours alone is made so. */
static bool folder_make(const char *folder, struct err *e) {
    char *const path = strdup(folder);
    bool ok = path != NULL || no_memory(e);

    for (char *at = path; ok && at && *at;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char const was = *at;

        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            ok = err_system(e, "%s cannot be made", path);
        *at = was;
    }
    free(path);
    return ok;
}

char *intel_store_file(const struct intel_store *s, str sha256) {
    struct buf b = {0};

    buf_format(&b, "%s/%s/%.*s/%.*s", s->folder, STORE_FILES, STR_ARG(str_first(sha256, 2)), STR_ARG(sha256));
    buf_byte(&b, '\0');
    if (b.failed)
        buf_free(&b);
    return b.ptr;
}

/* ---- the database ---- */

bool store_failed(struct intel_store *s, struct err *e) {
    int const code = sqlite3_errcode(s->db) & 0xff;

    return err_set(e,
                   code == SQLITE_NOMEM                              ? ERR_MEMORY
                   : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_CORRUPT
                                                                     : ERR_IO,
                   0, "store %s: %s", s->folder, sqlite3_errmsg(s->db));
}

bool store_prepare(struct intel_store *s, const char *sql, sqlite3_stmt **out, struct err *e) {
    return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK || store_failed(s, e);
}

bool store_run(struct intel_store *s, const char *sql, struct err *e) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_failed(s, e);
}

bool store_done(struct intel_store *s, sqlite3_stmt *statement, struct err *e) {
    bool const ok = sqlite3_step(statement) == SQLITE_DONE || store_failed(s, e);

    sqlite3_finalize(statement);
    return ok;
}

/* A statement that is kept, once with what is bound to it. */
static bool step_kept(struct intel_store *s, sqlite3_stmt *statement, struct err *e) {
    bool const ok = sqlite3_step(statement) == SQLITE_DONE || store_failed(s, e);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return ok;
}

/* The first column of the first row; *found false: no row. */
static bool ask_number(struct intel_store *s, sqlite3_stmt *statement, int64_t *n, bool *found, struct err *e) {
    int const step = sqlite3_step(statement);
    bool const ok = step == SQLITE_ROW || step == SQLITE_DONE || store_failed(s, e);

    *found = step == SQLITE_ROW;
    *n = *found ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return ok;
}

static bool ask_pragma(struct intel_store *s, const char *sql, int64_t *n, struct err *e) {
    sqlite3_stmt *statement;
    bool found;

    return store_prepare(s, sql, &statement, e) && ask_number(s, statement, n, &found, e);
}

static bool schema_make(struct intel_store *s, struct err *e) {
    struct buf sql = {0};
    bool ok;

    buf_format(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, STORE_VERSION);
    buf_add(&sql, S("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
                    "CREATE TABLE feed (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, url TEXT NOT NULL,"
                    " added INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;"
                    "CREATE TABLE source (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
                    " size INTEGER NOT NULL, format TEXT NOT NULL, reader TEXT NOT NULL, why TEXT NOT NULL,"
                    " added INTEGER NOT NULL, until INTEGER, "));
    columns_define(&store_about_columns, &sql);
    buf_add(&sql, S(") STRICT;"
                    "CREATE TABLE feed_source (feed INTEGER NOT NULL REFERENCES feed, source INTEGER NOT NULL"
                    " REFERENCES source, path TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,"
                    " told INTEGER NOT NULL, PRIMARY KEY (feed, source)) STRICT, WITHOUT ROWID;"
                    "CREATE INDEX feed_source_source ON feed_source (source);"
                    "CREATE TABLE item (number INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source,"
                    " canonical TEXT NOT NULL, review TEXT NOT NULL, changed_type TEXT NOT NULL,"
                    " changed_value TEXT NOT NULL, changed_canonical TEXT NOT NULL, "));
    columns_define(&store_item_columns, &sql);
    buf_add(&sql,
            S(") STRICT;"
              "CREATE INDEX item_source ON item (source);"
              "CREATE INDEX item_canonical ON item (canonical);"
              "CREATE INDEX item_changed ON item (changed_canonical) WHERE changed_canonical <> '';"
              "CREATE INDEX item_proposed ON item (source) WHERE proposed;"
              "CREATE TABLE left_out (source INTEGER NOT NULL REFERENCES source, place TEXT NOT NULL,"
              " what TEXT NOT NULL, why TEXT NOT NULL) STRICT;"
              "CREATE INDEX left_out_source ON left_out (source);"
              "CREATE TABLE label_list (number INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source, "));
    columns_define(&store_list_columns, &sql);
    buf_add(&sql, S(") STRICT;"
                    "CREATE INDEX label_list_source ON label_list (source);"
                    "CREATE TABLE label (list INTEGER NOT NULL REFERENCES label_list, entry TEXT NOT NULL) STRICT;"
                    "CREATE INDEX label_of_list ON label (list);"
                    "CREATE TABLE actor (number INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source, "));
    columns_define(&store_group_columns, &sql);
    buf_add(&sql, S(") STRICT;"
                    "CREATE INDEX actor_source ON actor (source);"
                    "CREATE TABLE review (scope TEXT NOT NULL, type TEXT NOT NULL, canonical TEXT NOT NULL,"
                    " answer TEXT NOT NULL, changed_type TEXT NOT NULL, changed_value TEXT NOT NULL,"
                    " answered INTEGER NOT NULL, PRIMARY KEY (scope, type, canonical)) STRICT, WITHOUT ROWID;"));
    buf_byte(&sql, '\0');
    ok = sql.failed ? no_memory(e) : store_run(s, sql.ptr, e);
    buf_free(&sql);
    return ok;
}

static bool version_fits(struct intel_store *s, struct err *e) {
    int64_t id, version;

    if (!ask_pragma(s, "PRAGMA application_id", &id, e) || !ask_pragma(s, "PRAGMA user_version", &version, e))
        return false;
    if (id != APPLICATION_ID)
        return err_set(e, ERR_USAGE, 0, "%s/%s is no store of intelligence", s->folder, STORE_DATABASE);
    return version == STORE_VERSION ||
           err_set(e, ERR_USAGE, 0, "store %s is of version %ld, which this Longwatch does not read", s->folder,
                   (long)version);
}

static struct intel_store *store_new(const char *folder) {
    struct intel_store *const s = calloc(1, sizeof *s);
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    if (s && !(s->folder = strndup(folder, len))) {
        free(s);
        return NULL;
    }
    if (s)
        s->lock = -1;
    return s;
}

static bool db_open(struct intel_store *s, const char *name, int flags, struct err *e) {
    if (sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return s->db ? store_failed(s, e) : no_memory(e);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return store_run(s, "PRAGMA trusted_schema = OFF", e);
}

/* A database whose folder cannot be written to, on a medium or of somebody else, has nowhere to put what SQLite shares between
 * processes; and then nobody writes it either. */
static bool db_open_still(struct intel_store *s, const char *path, struct err *e) {
    struct buf uri = {0};
    bool ok;

    sqlite3_close(s->db);
    s->db = NULL;
    buf_add(&uri, S("file:"));
    for (const char *c = path; *c; c++)
        buf_format(&uri, strchr("?#%", *c) ? "%%%02x" : "%c", (unsigned char)*c);
    buf_add(&uri, S("?immutable=1"));
    buf_byte(&uri, '\0');
    ok = uri.failed ? no_memory(e) : db_open(s, uri.ptr, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, e);
    buf_free(&uri);
    return ok;
}

bool intel_store_read(struct intel_store **out, const char *folder, struct err *e) {
    struct intel_store *const s = store_new(folder);
    char *const path = s ? joined(s->folder, STORE_DATABASE) : NULL;
    bool ok;

    if (!path) {
        ok = no_memory(e);
    } else if (!intel_store_is(s->folder)) {
        ok = err_set(e, ERR_USAGE, 0, "there is no store of intelligence at %s: longwatch intel add makes one",
                     s->folder);
    } else {
        /* One state for all that is asked: that of the first question. */
        ok = db_open(s, path, SQLITE_OPEN_READONLY, e) && store_run(s, "BEGIN", e) && version_fits(s, e);
        if (!ok && s->db && access(s->folder, W_OK) != 0 &&
            ((sqlite3_errcode(s->db) & 0xff) == SQLITE_CANTOPEN || (sqlite3_errcode(s->db) & 0xff) == SQLITE_READONLY))
            ok = db_open_still(s, path, e) && store_run(s, "BEGIN", e) && version_fits(s, e);
    }
    free(path);
    if (!ok)
        intel_store_close(s);
    else
        *out = s;
    return ok;
}

static bool lock_take(struct intel_store *s, unsigned wait_ms, struct err *e) {
    char *const path = joined(s->folder, STORE_LOCK);
    struct timespec const step = {.tv_nsec = (long)WAIT_STEP_MS * 1000000};
    bool ok = path != NULL || no_memory(e);

    if (ok && (s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        ok = err_system(e, "%s", path);
    for (unsigned waited = 0; ok && flock(s->lock, LOCK_EX | LOCK_NB) != 0; waited += WAIT_STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            ok = err_system(e, "%s", path);
        else if (waited >= wait_ms)
            ok = err_set(e, ERR_USAGE, 0, "another process writes to the store %s: try again when it has ended",
                         s->folder);
        else
            nanosleep(&step, NULL);
    }
    free(path);
    return ok;
}

static bool meta_put(struct intel_store *s, const char *name, const char *value, struct err *e) {
    sqlite3_stmt *statement;

    if (!store_prepare(s, "INSERT OR REPLACE INTO meta VALUES (?, ?)", &statement, e))
        return false;
    store_bind(statement, 1, str_of(name));
    store_bind(statement, 2, str_of(value));
    return store_done(s, statement, e);
}

/* Was it left between the database and the compiled set? */
static bool is_stale(struct intel_store *s, bool *stale, struct err *e) {
    char *const path = joined(s->folder, INTEL_STORE_SET);
    sqlite3_stmt *statement;
    struct stat st;
    int64_t n;
    bool const ok = path != NULL || no_memory(e);

    *stale = path && stat(path, &st) != 0;
    free(path);
    return ok &&
           (*stale || (store_prepare(s, "SELECT 1 FROM meta WHERE name = 'stale' AND value = 'yes'", &statement, e) &&
                       ask_number(s, statement, &n, stale, e)));
}

/* Runs a statement made of parts that are not known when this is compiled. */
static bool statement_make(struct intel_store *s, sqlite3_stmt **out, const char *begins, const struct columns *c,
                           bool first, struct err *e) {
    struct buf sql = {0};
    bool ok;

    buf_add(&sql, str_of(begins));
    for (size_t i = 0; i < c->count; i++)
        buf_add(&sql, i || !first ? S(", ?") : S("?"));
    buf_add(&sql, S(")"));
    buf_byte(&sql, '\0');
    ok = sql.failed ? no_memory(e) : store_prepare(s, sql.ptr, out, e);
    buf_free(&sql);
    return ok;
}

static bool sink_item(void *ctx, const struct intel_item *item, struct err *e);
static bool sink_left_out(void *ctx, str where, str what, str why, struct err *e);
static bool sink_list(void *ctx, const struct intel_label_list *list, struct err *e);
static bool sink_label(void *ctx, str entry, struct err *e);
static bool sink_group(void *ctx, const struct intel_group *group, struct err *e);

bool intel_store_write(struct intel_store **out, const char *folder, unsigned wait_ms, struct err *e) {
    struct intel_store *const s = store_new(folder);
    char *const path = s ? joined(s->folder, STORE_DATABASE) : NULL;
    bool ok = path != NULL || no_memory(e), fresh, stale;
    int64_t tables;

    ok = ok && folder_make(s->folder, e) && lock_take(s, wait_ms, e);
    if (ok) {
        mode_t const before = umask(077); /* SQLite's own files are nobody else's either */

        ok = db_open(s, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e) &&
             store_run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", e);
        umask(before);
    }
    ok = ok && ask_pragma(s, "SELECT count(*) FROM sqlite_master", &tables, e);
    fresh = ok && tables == 0;
    ok = ok && store_run(s, "BEGIN IMMEDIATE", e) && (fresh ? schema_make(s, e) : version_fits(s, e)) &&
         statement_make(s, &s->put_item, "INSERT INTO item VALUES (NULL, ?, ?, ?, ?, ?, ?", &store_item_columns, false,
                        e) &&
         statement_make(s, &s->put_list, "INSERT INTO label_list VALUES (NULL, ?", &store_list_columns, false, e) &&
         statement_make(s, &s->put_group, "INSERT INTO actor VALUES (NULL, ?", &store_group_columns, false, e) &&
         store_prepare(s, "INSERT INTO left_out VALUES (?, ?, ?, ?)", &s->put_left_out, e) &&
         store_prepare(s, "INSERT INTO label VALUES (?, ?)", &s->put_label, e) &&
         store_prepare(
             s,
             "SELECT answer, changed_type, changed_value FROM review WHERE scope IN (?1, ?2) AND type = ?3 AND "
             "canonical = ?4 ORDER BY answered DESC LIMIT 1",
             &s->ask_review, e) &&
         is_stale(s, &stale, e);
    if (ok) {
        s->changed = stale;
        s->sink = (struct intel_sink){.ctx = s,
                                      .item = sink_item,
                                      .left_out = sink_left_out,
                                      .label_list = sink_list,
                                      .label = sink_label,
                                      .group = sink_group};
        /* One that is empty is whole as well: whatever becomes of what is added, others can read it. */
        ok = !fresh || intel_store_commit(s, e);
    }
    free(path);
    if (!ok)
        intel_store_close(s);
    else
        *out = s;
    return ok;
}

void intel_store_close(struct intel_store *s) {
    if (!s)
        return;
    sqlite3_finalize(s->put_item);
    sqlite3_finalize(s->put_left_out);
    sqlite3_finalize(s->put_list);
    sqlite3_finalize(s->put_label);
    sqlite3_finalize(s->put_group);
    sqlite3_finalize(s->ask_review);
    sqlite3_close(s->db); /* rolls back */
    if (s->lock >= 0)
        close(s->lock);
    buf_free(&s->old);
    buf_free(&s->room);
    buf_free(&s->canonical);
    buf_free(&s->feed_key);
    free(s->folder);
    free(s);
}

/* ---- adding ---- */

bool intel_store_feed(struct intel_store *s, str key, str url, int64_t now, struct err *e) {
    sqlite3_stmt *statement;
    bool found;

    s->feed_key.len = 0;
    buf_add(&s->feed_key, key);
    if (s->feed_key.failed)
        return no_memory(e);
    if (!store_prepare(s,
                       "INSERT INTO feed VALUES (NULL, ?1, ?2, ?3, ?3) ON CONFLICT (key) DO UPDATE SET updated = ?3, "
                       "url = ?2 RETURNING number",
                       &statement, e))
        return false;
    store_bind(statement, 1, key);
    store_bind(statement, 2, url);
    sqlite3_bind_int64(statement, 3, now);
    s->now = now;
    s->source = 0;
    if (!ask_number(s, statement, &s->feed, &found, e) ||
        !store_prepare(s, "UPDATE feed_source SET told = 0 WHERE feed = ?", &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, s->feed);
    return store_done(s, statement, e);
}

/* The bytes under their name, unless they are there. */
static bool file_keep(struct intel_store *s, str sha256, str bytes, struct err *e) {
    char *const path = intel_store_file(s, sha256);
    struct file_out *out;
    struct stat st;
    bool ok = path != NULL || no_memory(e);

    if (ok && (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != bytes.len)) {
        char *const slash = strrchr(path, '/');

        *slash = '\0';
        ok = folder_make(path, e);
        *slash = '/';
        if (ok && (ok = file_out_open(&out, path, e))) {
            file_out_add(out, bytes);
            ok = file_out_commit_soon(out, e); /* synced with all others in intel_store_commit */
        }
    }
    free(path);
    return ok;
}

static bool source_empty(struct intel_store *s, int64_t source, struct err *e) {
    static const char *const all[] = {
        "DELETE FROM item WHERE source = ?",
        "DELETE FROM left_out WHERE source = ?",
        "DELETE FROM label WHERE list IN (SELECT number FROM label_list WHERE source = ?)",
        "DELETE FROM label_list WHERE source = ?",
        "DELETE FROM actor WHERE source = ?",
    };
    sqlite3_stmt *statement;

    for (size_t i = 0; i < COUNT(all); i++) {
        if (!store_prepare(s, all[i], &statement, e))
            return false;
        sqlite3_bind_int64(statement, 1, source);
        if (!store_done(s, statement, e))
            return false;
    }
    return true;
}

/* Is it there, read by this version with the same words of the user? *number 0: not there at all. */
static bool source_find(struct intel_store *s, const struct intel_store_new *n, int64_t *number, bool *same,
                        struct err *e) {
    struct buf sql = {0};
    sqlite3_stmt *statement;
    bool found, ok;
    int at = 3;
    int64_t whatever;

    *same = false;
    if (!store_prepare(s, "SELECT number FROM source WHERE sha256 = ?", &statement, e))
        return false;
    store_bind(statement, 1, n->sha256);
    if (!ask_number(s, statement, number, &found, e))
        return false;
    if (!found || n->twice) {
        *same = found;
        return true;
    }
    buf_add(&sql, S("SELECT 1 FROM source WHERE number = ? AND reader = '" LONGWATCH_VERSION
                    "' AND format = ? AND why = ''"));
    for (size_t i = 0; i < store_about_columns.count; i++)
        buf_format(&sql, " AND %s IS ?", store_about_columns.columns[i].name);
    buf_byte(&sql, '\0');
    ok = sql.failed ? no_memory(e) : store_prepare(s, sql.ptr, &statement, e);
    buf_free(&sql);
    if (!ok)
        return false;
    sqlite3_bind_int64(statement, 1, *number);
    store_bind(statement, 2, n->format);
    columns_bind(&store_about_columns, statement, &at, n->about, &s->room);
    return ask_number(s, statement, &whatever, same, e);
}

/* A row of feed_source: this feed has it now. *news: it had not. */
static bool source_of_feed(struct intel_store *s, str path, bool *news, struct err *e) {
    sqlite3_stmt *statement;
    int64_t n;
    bool had;

    if (!store_prepare(s, "SELECT 1 FROM feed_source WHERE feed = ? AND source = ? AND until IS NULL", &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, s->feed);
    sqlite3_bind_int64(statement, 2, s->source);
    if (!ask_number(s, statement, &n, &had, e) ||
        !store_prepare(s,
                       "INSERT INTO feed_source VALUES (?1, ?2, ?3, ?4, NULL, 1) ON CONFLICT (feed, source) DO UPDATE "
                       "SET path = ?3, until = NULL, told = 1",
                       &statement, e))
        return false;
    *news = !had;
    sqlite3_bind_int64(statement, 1, s->feed);
    sqlite3_bind_int64(statement, 2, s->source);
    store_bind(statement, 3, path);
    sqlite3_bind_int64(statement, 4, s->now);
    return store_done(s, statement, e);
}

static bool source_put(struct intel_store *s, const struct intel_store_new *n, size_t size, struct err *e) {
    sqlite3_stmt *statement;
    int at = 7;

    if (!statement_make(s, &statement, "INSERT INTO source VALUES (NULL, ?, ?, ?, ?, ?, '', ?, NULL",
                        &store_about_columns, false, e))
        return false;
    store_bind(statement, 1, n->sha256);
    store_bind(statement, 2, n->name);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)size);
    store_bind(statement, 4, n->format);
    store_bind(statement, 5, S(LONGWATCH_VERSION));
    sqlite3_bind_int64(statement, 6, s->now);
    columns_bind(&store_about_columns, statement, &at, n->about, &s->room);
    if (!store_done(s, statement, e))
        return false;
    s->source = sqlite3_last_insert_rowid(s->db);
    return true;
}

/* What is known of it is read anew. */
static bool source_again(struct intel_store *s, const struct intel_store_new *n, struct err *e) {
    struct buf sql = {0};
    sqlite3_stmt *statement;
    int at = 3;
    bool ok;

    buf_add(&sql, S("UPDATE source SET format = ?, why = '', reader = '" LONGWATCH_VERSION "'"));
    /* the number comes second, so that columns_bind may end the statement's parameters */
    buf_add(&sql, S(", number = ?"));
    for (size_t i = 0; i < store_about_columns.count; i++)
        buf_format(&sql, ", %s = ?", store_about_columns.columns[i].name);
    buf_add(&sql, S(" WHERE number = ?2"));
    buf_byte(&sql, '\0');
    ok = source_empty(s, s->source, e) && (sql.failed ? no_memory(e) : store_prepare(s, sql.ptr, &statement, e));
    buf_free(&sql);
    if (!ok)
        return false;
    store_bind(statement, 1, n->format);
    sqlite3_bind_int64(statement, 2, s->source);
    columns_bind(&store_about_columns, statement, &at, n->about, &s->room);
    return store_done(s, statement, e);
}

bool intel_store_source(struct intel_store *s, const struct intel_store_new *n, str bytes, bool *known, struct err *e) {
    sqlite3_stmt *statement;
    bool news;

    s->list = 0;
    snprintf(s->sha256, sizeof s->sha256, "%.*s", STR_ARG(n->sha256));
    if (!file_keep(s, n->sha256, bytes, e) || !source_find(s, n, &s->source, known, e))
        return false;
    if (s->source && !*known && !source_again(s, n, e))
        return false;
    if (!s->source && !source_put(s, n, bytes.len, e))
        return false;
    if (!source_of_feed(s, n->path, &news, e))
        return false;
    if (news || !*known)
        s->changed = true;
    if (!news)
        return true;
    /* It may have been history; and its name is that under which it came last. */
    if (!store_prepare(s, "UPDATE source SET until = NULL, name = ? WHERE number = ?", &statement, e))
        return false;
    store_bind(statement, 1, n->name);
    sqlite3_bind_int64(statement, 2, s->source);
    return store_done(s, statement, e);
}

bool intel_store_source_failed(struct intel_store *s, str why, struct err *e) {
    sqlite3_stmt *statement;

    if (!store_prepare(s, "UPDATE source SET why = ? WHERE number = ?", &statement, e))
        return false;
    store_bind(statement, 1, why);
    sqlite3_bind_int64(statement, 2, s->source);
    return store_done(s, statement, e);
}

const struct intel_sink *intel_store_sink(struct intel_store *s) {
    return &s->sink;
}

bool store_canonical(enum item_form form, enum observable type, str value, struct buf *out, const char **why) {
    if (form == ITEM_VALUE)
        return observable_canonical(type, value, out, why);
    buf_add(out, value);
    return !out->failed;
}

/* The answer that was given to such an item before. The texts live until the statement is reset. */
static bool review_known(struct intel_store *s, const struct intel_item *item, enum intel_review *answer, str *type,
                         str *value, struct err *e) {
    int step;

    *answer = REVIEW_OPEN;
    *type = *value = S("");
    if (!item->proposed)
        return true;
    store_bind(s->ask_review, 1, str_of(s->sha256));
    store_bind(s->ask_review, 2, buf_str(&s->feed_key));
    store_bind(s->ask_review, 3, store_type_word(item->type));
    store_bind(s->ask_review, 4, buf_str(&s->canonical));
    step = sqlite3_step(s->ask_review);
    if (step != SQLITE_ROW)
        return step == SQLITE_DONE || store_failed(s, e);
    for (unsigned i = 0; i <= REVIEW_CHANGED; i++)
        if (str_eq(store_review_word(i), store_text(s->ask_review, 0)))
            *answer = (enum intel_review)i;
    *type = store_text(s->ask_review, 1);
    *value = store_text(s->ask_review, 2);
    return true;
}

static bool sink_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct intel_store *const s = ctx;
    struct buf changed = {0};
    enum intel_review answer;
    const char *why = NULL;
    str type, value;
    int at = 7;
    bool ok;

    s->canonical.len = 0;
    if (!store_canonical(item->form, item->type, item->value, &s->canonical, &why))
        return s->canonical.failed ? no_memory(e) : s->sink.left_out(s, item->where, item->value, str_of(why), e);
    ok = review_known(s, item, &answer, &type, &value, e);
    if (ok && answer == REVIEW_CHANGED)
        ok = store_canonical(ITEM_VALUE, observable_named(type), value, &changed, &why) ||
             err_set(e, ERR_CORRUPT, 0, "store %s: an answer to a review holds no value", s->folder);
    if (ok) {
        sqlite3_bind_int64(s->put_item, 1, s->source);
        store_bind(s->put_item, 2, buf_str(&s->canonical));
        store_bind(s->put_item, 3, store_review_word(answer));
        store_bind(s->put_item, 4, type);
        store_bind(s->put_item, 5, value);
        store_bind(s->put_item, 6, buf_str(&changed));
        columns_bind(&store_item_columns, s->put_item, &at, item, &s->room);
        ok = s->room.failed ? no_memory(e) : step_kept(s, s->put_item, e);
    }
    sqlite3_reset(s->ask_review);
    buf_free(&changed);
    return ok;
}

static bool sink_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct intel_store *const s = ctx;

    sqlite3_bind_int64(s->put_left_out, 1, s->source);
    store_bind(s->put_left_out, 2, where);
    store_bind(s->put_left_out, 3, what);
    store_bind(s->put_left_out, 4, why);
    return step_kept(s, s->put_left_out, e);
}

static bool sink_list(void *ctx, const struct intel_label_list *list, struct err *e) {
    struct intel_store *const s = ctx;
    int at = 2;

    sqlite3_bind_int64(s->put_list, 1, s->source);
    columns_bind(&store_list_columns, s->put_list, &at, list, &s->room);
    if (!step_kept(s, s->put_list, e))
        return false;
    s->list = sqlite3_last_insert_rowid(s->db);
    return true;
}

static bool sink_label(void *ctx, str entry, struct err *e) {
    struct intel_store *const s = ctx;

    if (!s->list)
        return err_set(e, ERR_CORRUPT, 0, "an entry of a warninglist came before its list");
    sqlite3_bind_int64(s->put_label, 1, s->list);
    store_bind(s->put_label, 2, entry);
    return step_kept(s, s->put_label, e);
}

static bool sink_group(void *ctx, const struct intel_group *group, struct err *e) {
    struct intel_store *const s = ctx;
    int at = 2;

    sqlite3_bind_int64(s->put_group, 1, s->source);
    columns_bind(&store_group_columns, s->put_group, &at, group, &s->room);
    return s->room.failed ? no_memory(e) : step_kept(s, s->put_group, e);
}

bool intel_store_feed_end(struct intel_store *s, uint64_t *gone, struct err *e) {
    sqlite3_stmt *statement;

    s->source = 0;
    if (!store_prepare(s, "UPDATE feed_source SET until = ? WHERE feed = ? AND until IS NULL AND told = 0", &statement,
                       e))
        return false;
    sqlite3_bind_int64(statement, 1, s->now);
    sqlite3_bind_int64(statement, 2, s->feed);
    if (!store_done(s, statement, e))
        return false;
    if ((*gone = (uint64_t)sqlite3_changes64(s->db)) == 0)
        return true;
    s->changed = true;
    if (!store_prepare(s,
                       "UPDATE source SET until = ? WHERE until IS NULL AND NOT EXISTS (SELECT 1 FROM feed_source f "
                       "WHERE f.source = source.number AND f.until IS NULL)",
                       &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, s->now);
    return store_done(s, statement, e);
}

bool intel_store_remove(struct intel_store *s, int64_t source, struct err *e) {
    static const char *const all[] = {"DELETE FROM feed_source WHERE source = ?",
                                      "DELETE FROM source WHERE number = ?"};
    sqlite3_stmt *statement;
    int step;

    if (!store_prepare(s, "SELECT sha256 FROM source WHERE number = ?", &statement, e))
        return false;
    sqlite3_bind_int64(statement, 1, source);
    if ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        buf_add(&s->old, store_text(statement, 0));
        buf_byte(&s->old, '\0');
    }
    sqlite3_finalize(statement);
    if (s->old.failed)
        return no_memory(e);
    if (step != SQLITE_ROW)
        return step == SQLITE_DONE ? err_set(e, ERR_USAGE, 0, "there is no source %ld", (long)source)
                                   : store_failed(s, e);
    if (!source_empty(s, source, e))
        return false;
    for (size_t i = 0; i < COUNT(all); i++) {
        if (!store_prepare(s, all[i], &statement, e))
            return false;
        sqlite3_bind_int64(statement, 1, source);
        if (!store_done(s, statement, e))
            return false;
    }
    s->changed = true;
    return true;
}

/* ---- reviews ---- */

str intel_review_name(enum intel_review r) {
    return store_review_word(r);
}

/* The answer for one scope: the source's bytes or a feed. */
static const char *const review_put =
    "INSERT OR REPLACE INTO review SELECT scope, ?2, ?3, ?4, ?5, ?6, ?7 FROM ("
    " SELECT sha256 AS scope FROM source WHERE number = ?1 UNION"
    " SELECT f.key FROM feed f JOIN feed_source x ON x.feed = f.number AND x.source = ?1)";
static const char *const review_drop =
    "DELETE FROM review WHERE type = ?2 AND canonical = ?3 AND scope IN ("
    " SELECT sha256 FROM source WHERE number = ?1 UNION"
    " SELECT f.key FROM feed f JOIN feed_source x ON x.feed = f.number AND x.source = ?1)";
static const char *const review_apply =
    "UPDATE item SET review = ?4, changed_type = ?5, changed_value = ?6, changed_canonical = ?7 WHERE proposed AND "
    "type "
    "= ?2 AND canonical = ?3 AND source IN (SELECT ?1 UNION SELECT y.source FROM feed_source x JOIN feed_source y ON "
    "x.feed = y.feed WHERE x.source = ?1)";

bool intel_store_review(struct intel_store *s, int64_t item, enum intel_review answer, enum observable type, str value,
                        int64_t now, struct err *e) {
    str const changed_type = answer == REVIEW_CHANGED ? store_type_word(type) : S(""),
              changed_value = answer == REVIEW_CHANGED ? value : S("");
    struct buf of_type = {0}, canonical = {0}, changed = {0};
    const char *why = "no type";
    sqlite3_stmt *statement;
    int64_t source = 0;
    bool ok = true;
    int step;

    if (answer == REVIEW_CHANGED &&
        (type == OBSERVABLE_NONE || !store_canonical(ITEM_VALUE, type, value, &changed, &why))) {
        ok =
            changed.failed ? no_memory(e) : err_set(e, ERR_USAGE, 0, "'%.*s': %s", STR_ARG(str_first(value, 100)), why);
        buf_free(&changed);
        return ok;
    }
    if (!store_prepare(s, "SELECT source, type, canonical FROM item WHERE number = ? AND proposed", &statement, e)) {
        buf_free(&changed);
        return false;
    }
    sqlite3_bind_int64(statement, 1, item);
    if ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        source = sqlite3_column_int64(statement, 0);
        buf_add(&of_type, store_text(statement, 1));
        buf_add(&canonical, store_text(statement, 2));
        if (of_type.failed || canonical.failed)
            ok = no_memory(e);
    } else {
        ok = step == SQLITE_DONE ? err_set(e, ERR_USAGE, 0, "there is no proposed item %ld", (long)item)
                                 : store_failed(s, e);
    }
    sqlite3_finalize(statement);
    if (ok && (ok = store_prepare(s, answer == REVIEW_OPEN ? review_drop : review_put, &statement, e))) {
        sqlite3_bind_int64(statement, 1, source);
        store_bind(statement, 2, buf_str(&of_type));
        store_bind(statement, 3, buf_str(&canonical));
        if (answer != REVIEW_OPEN) {
            store_bind(statement, 4, store_review_word(answer));
            store_bind(statement, 5, changed_type);
            store_bind(statement, 6, changed_value);
            sqlite3_bind_int64(statement, 7, now);
        }
        ok = store_done(s, statement, e);
    }
    if (ok && (ok = store_prepare(s, review_apply, &statement, e))) {
        sqlite3_bind_int64(statement, 1, source);
        store_bind(statement, 2, buf_str(&of_type));
        store_bind(statement, 3, buf_str(&canonical));
        store_bind(statement, 4, store_review_word(answer));
        store_bind(statement, 5, changed_type);
        store_bind(statement, 6, changed_value);
        store_bind(statement, 7, buf_str(&changed));
        ok = store_done(s, statement, e);
    }
    if (ok)
        s->changed = true;
    buf_free(&of_type);
    buf_free(&canonical);
    buf_free(&changed);
    return ok;
}

/* ---- putting in force ---- */

static bool compile_source(void *ctx, str name, str sha256, str format, struct err *e) {
    if (str_eq(format, S("sigma")) || str_eq(format, S("yara")))
        return true;
    return intel_builder_source(ctx, name, sha256, e);
}

static bool set_write(struct intel_store *s, const char *path, struct err *e) {
    struct intel_builder *b = NULL;
    struct file_out *out;
    struct buf bytes = {0};
    bool ok = intel_builder_new(&b, e) && intel_store_replay(s, compile_source, intel_builder_sink(b), e) &&
              intel_builder_end(b, &bytes, e) && file_out_open(&out, path, e);

    if (ok) {
        file_out_add(out, buf_str(&bytes));
        ok = file_out_commit(out, e);
    }
    buf_free(&bytes);
    intel_builder_free(b);
    return ok;
}

/* Files of sources that were removed. One that cannot be is left: it is in no table. */
static void old_remove(struct intel_store *s) {
    for (size_t at = 0; at < s->old.len; at += strlen(s->old.ptr + at) + 1) {
        char *const path = intel_store_file(s, str_of(s->old.ptr + at));

        if (path)
            unlink(path);
        free(path);
    }
    s->old.len = 0;
}

bool intel_store_commit(struct intel_store *s, struct err *e) {
    char *const path = joined(s->folder, INTEL_STORE_SET), *const fresh = joined(s->folder, INTEL_STORE_SET ".new");
    bool ok = (path && fresh) || no_memory(e);

    /* The set is on the disk before the database is in force; between that and the renaming it is marked as stale, and whoever
     * writes next makes it anew. */
    if (ok && s->changed)
        ok = set_write(s, fresh, e) && (syncfs(s->lock) == 0 || err_system(e, "%s", s->folder)) &&
             meta_put(s, "stale", "yes", e) && store_run(s, "COMMIT", e) &&
             (rename(fresh, path) == 0 || err_system(e, "%s", path)) && store_run(s, "BEGIN IMMEDIATE", e) &&
             meta_put(s, "stale", "no", e);
    ok = ok && store_run(s, "COMMIT", e) && store_run(s, "BEGIN IMMEDIATE", e);
    if (ok) {
        s->changed = false;
        old_remove(s);
    }
    free(path);
    free(fresh);
    return ok;
}
