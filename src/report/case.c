/* case: files in a folder of a temporary name; SQLite with prepared statements; a manifest of hashes at the end. */
#include "report/case.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "report/case_own.h"
#include "report/dossier.h"
#include "report/finding_text.h"

#define PATH_ROOM 4096
#define CASE_VERSION 6
#define CASE_VERSION_LEAST 1      /* that is read */
#define CASE_VERSION_LEDGER 4     /* that has all that a ledger tells */
#define APPLICATION_ID 0x4c6e6777 /* "Lngw": how file(1) and we know a case.db */

/* Every file of a case; nothing else is ever in its folder, and nothing else is ever removed from one. Those behind the manifest are put
 * there by whoever signs it (report/signature.h, time_stamp.h). */
enum member {
    FINDINGS,
    SALVAGED,
    CSV,
    TIMESKETCH,
    STREAMS,
    DATABASE = STREAMS,
    DOSSIER,
    MANIFEST,
    SIGNATURE,
    TIME_STAMP,
    MEMBERS
};
static const char *const member_names[MEMBERS] = {
    "findings.jsonl", "salvaged.jsonl", "findings.csv",          "timesketch.jsonl",  "case.db",
    DOSSIER_FILE,     "manifest.json",  "manifest.json.minisig", "manifest.json.tsr",
};

enum statement {
    PUT_FINDING,
    PUT_EVENT,
    PUT_CUSTODY,
    PUT_COVERAGE,
    PUT_CLOCK,
    PUT_DUPLICATES,
    PUT_GAP,
    PUT_DAMAGE,
    PUT_RULE,
    PUT_FACT,
    PREPARED, /* those whose table is there in any case */
    PUT_INTEL_SOURCE = PREPARED,
    STATEMENTS
};

static const char schema[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "CREATE TABLE findings (number INTEGER PRIMARY KEY, rule_id TEXT NOT NULL, rule_title TEXT NOT NULL, level TEXT "
    "NOT NULL,"
    " time TEXT, time_ns INTEGER, kind TEXT NOT NULL, host TEXT NOT NULL, account TEXT NOT NULL,"
    " client_address TEXT NOT NULL, client_network TEXT NOT NULL, evidence_path TEXT "
    "NOT NULL,"
    " evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL, offset INTEGER NOT NULL, salvaged INTEGER NOT NULL,"
    " json TEXT NOT NULL) STRICT;"
    "CREATE TABLE finding_events (finding INTEGER NOT NULL REFERENCES findings, position INTEGER NOT NULL, rule_id "
    "TEXT NOT NULL,"
    " time TEXT, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL, offset INTEGER "
    "NOT NULL,"
    " PRIMARY KEY (finding, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE custody (path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, reader TEXT, container "
    "TEXT,"
    " not_read TEXT NOT NULL, records INTEGER NOT NULL, salvaged INTEGER NOT NULL, repaired INTEGER NOT NULL,"
    " cut INTEGER NOT NULL, no_kind INTEGER NOT NULL, no_time INTEGER NOT NULL, first TEXT, last TEXT,"
    " damages INTEGER NOT NULL, damage_bytes INTEGER NOT NULL, findings INTEGER NOT NULL, assumed INTEGER NOT NULL,"
    " duplicates INTEGER NOT NULL, zone TEXT NOT NULL, corrected INTEGER NOT NULL, years INTEGER NOT NULL,"
    " year_breaks INTEGER NOT NULL, backs INTEGER NOT NULL, back_s INTEGER NOT NULL,"
    " twice INTEGER NOT NULL, never INTEGER NOT NULL) STRICT;"
    "CREATE TABLE coverage (path TEXT NOT NULL, sha256 TEXT NOT NULL, host TEXT NOT NULL, log TEXT NOT NULL,"
    " events INTEGER NOT NULL, first TEXT, last TEXT) STRICT;"
    "CREATE TABLE clocks (path TEXT NOT NULL, sha256 TEXT NOT NULL, host TEXT NOT NULL, field TEXT NOT NULL,"
    " verdict TEXT NOT NULL, offset_s INTEGER NOT NULL, events INTEGER NOT NULL, claims INTEGER NOT NULL,"
    " agree INTEGER NOT NULL, least_s INTEGER NOT NULL, most_s INTEGER NOT NULL) STRICT;"
    "CREATE TABLE gaps (type TEXT NOT NULL, host TEXT NOT NULL, log TEXT NOT NULL, first_missing INTEGER,"
    " last_missing INTEGER, after TEXT, before TEXT, usual_hours INTEGER) STRICT;"
    "CREATE INDEX custody_path ON custody (path);"
    "CREATE TABLE damage (path TEXT NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL, why TEXT NOT NULL) "
    "STRICT;"
    "CREATE TABLE rules (path TEXT NOT NULL, line INTEGER NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, status TEXT "
    "NOT NULL,"
    " reason TEXT NOT NULL, findings INTEGER NOT NULL) STRICT;"
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE mail_campaign (number INTEGER PRIMARY KEY, score REAL NOT NULL, subject TEXT NOT NULL,"
    " service TEXT NOT NULL, senders TEXT NOT NULL, sender_domains TEXT NOT NULL, hosts TEXT NOT NULL,"
    " subjects TEXT NOT NULL, first TEXT, last TEXT, messages INTEGER NOT NULL, copies INTEGER NOT NULL,"
    " recipients INTEGER NOT NULL, tokens INTEGER NOT NULL) STRICT;"
    "CREATE TABLE mail_reason (campaign INTEGER NOT NULL REFERENCES mail_campaign, position INTEGER NOT NULL,"
    " what TEXT NOT NULL, weight REAL NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (campaign, position)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE mail_message (campaign INTEGER NOT NULL REFERENCES mail_campaign, number INTEGER NOT NULL, time TEXT,"
    " message_id TEXT NOT NULL, sender TEXT NOT NULL, sender_name TEXT NOT NULL, return_path TEXT NOT NULL,"
    " subject TEXT NOT NULL, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL,"
    " offset INTEGER NOT NULL, copies INTEGER NOT NULL, PRIMARY KEY (campaign, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE mail_recipient (campaign INTEGER NOT NULL REFERENCES mail_campaign, address TEXT NOT NULL,"
    " of_group TEXT NOT NULL, messages INTEGER NOT NULL, tokens INTEGER NOT NULL, first TEXT, last TEXT,"
    " token TEXT NOT NULL, token_url TEXT NOT NULL, status TEXT NOT NULL, opened_at TEXT, opened_from TEXT NOT NULL,"
    " opened_with TEXT NOT NULL, source TEXT NOT NULL, follow_ups INTEGER NOT NULL, follow_ups_text TEXT NOT NULL,"
    " PRIMARY KEY (campaign, address)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE mail_token (campaign INTEGER NOT NULL REFERENCES mail_campaign, address TEXT NOT NULL,"
    " position INTEGER NOT NULL, message INTEGER NOT NULL, host TEXT NOT NULL, url TEXT NOT NULL, token TEXT NOT NULL,"
    " place TEXT NOT NULL, hidden INTEGER NOT NULL, pixel INTEGER NOT NULL, by_shape INTEGER NOT NULL,"
    " PRIMARY KEY (campaign, address, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE behaviour (number INTEGER PRIMARY KEY, incident INTEGER REFERENCES incident, id TEXT NOT NULL,"
    " title TEXT NOT NULL, reason TEXT NOT NULL, tactic TEXT NOT NULL, technique TEXT NOT NULL, level TEXT NOT"
    " NULL, weight REAL NOT NULL, first TEXT, last TEXT, events INTEGER NOT NULL, alike INTEGER NOT NULL, among"
    " INTEGER NOT NULL) STRICT;"
    "CREATE TABLE behaviour_event (behaviour INTEGER NOT NULL REFERENCES behaviour, position INTEGER NOT NULL,"
    " time TEXT NOT NULL, time_ns INTEGER NOT NULL, last TEXT, act TEXT NOT NULL, outcome TEXT NOT NULL, events"
    " INTEGER NOT NULL, items INTEGER NOT NULL, amount INTEGER NOT NULL, account TEXT NOT NULL, target TEXT NOT"
    " NULL, host TEXT NOT NULL, address TEXT NOT NULL, server TEXT NOT NULL, program TEXT NOT NULL, session TEXT"
    " NOT NULL, object TEXT NOT NULL, verb TEXT NOT NULL, detail TEXT NOT NULL, tenant TEXT NOT NULL,"
    " kind TEXT NOT NULL, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL, offset"
    " INTEGER NOT NULL, salvaged INTEGER NOT NULL, unsure INTEGER NOT NULL, PRIMARY KEY (behaviour, position))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE behaviour_method (id TEXT NOT NULL, title TEXT NOT NULL, why TEXT NOT NULL, tactic TEXT NOT NULL,"
    " technique TEXT NOT NULL, level TEXT NOT NULL, weight REAL NOT NULL, thresholds TEXT NOT NULL) STRICT;"
    "CREATE TABLE incident (number INTEGER PRIMARY KEY, title TEXT NOT NULL, level TEXT NOT NULL, score REAL NOT"
    " NULL, first TEXT, last TEXT, state TEXT NOT NULL, began TEXT NOT NULL, evidence_path TEXT NOT NULL,"
    " evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL, offset INTEGER NOT NULL) STRICT;"
    "CREATE TABLE clue (number INTEGER PRIMARY KEY, type TEXT NOT NULL, of_number INTEGER NOT NULL, id TEXT NOT"
    " NULL, title TEXT NOT NULL, reason TEXT NOT NULL, tactic TEXT NOT NULL, technique TEXT NOT NULL, level TEXT"
    " NOT NULL, weight REAL NOT NULL, first TEXT, last TEXT, events INTEGER NOT NULL, alike INTEGER NOT NULL,"
    " among INTEGER NOT NULL) STRICT;"
    "CREATE TABLE incident_clue (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL, clue"
    " INTEGER NOT NULL REFERENCES clue, PRIMARY KEY (incident, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident_event (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL, time"
    " TEXT, time_ns INTEGER, last TEXT, tactic TEXT NOT NULL, technique TEXT NOT NULL, what TEXT NOT NULL, act"
    " TEXT NOT NULL, account TEXT NOT NULL, target TEXT NOT NULL, host TEXT NOT NULL, address TEXT NOT NULL,"
    " program TEXT NOT NULL, session TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, events INTEGER NOT"
    " NULL, items INTEGER NOT NULL, amount INTEGER NOT NULL, clue INTEGER NOT NULL, evidence_path TEXT NOT NULL,"
    " evidence_sha256 TEXT NOT NULL, record INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (incident,"
    " position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident_entity (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL, type"
    " TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, shared INTEGER NOT NULL, first"
    " TEXT, last TEXT, events INTEGER NOT NULL, PRIMARY KEY (incident, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident_link (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL,"
    " from_entity INTEGER NOT NULL, to_entity INTEGER NOT NULL, what TEXT NOT NULL, events INTEGER NOT NULL, first"
    " TEXT, last TEXT, PRIMARY KEY (incident, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident_reach (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL, type"
    " TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL, first TEXT, last TEXT, events INTEGER NOT NULL,"
    " items INTEGER NOT NULL, amount INTEGER NOT NULL, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL,"
    " record INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (incident, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE incident_phase (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL,"
    " tactic TEXT NOT NULL, first TEXT, last TEXT, events INTEGER NOT NULL, PRIMARY KEY (incident, position))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE door (incident INTEGER NOT NULL REFERENCES incident, position INTEGER NOT NULL, kind TEXT NOT"
    " NULL, identity TEXT NOT NULL, account TEXT NOT NULL, host TEXT NOT NULL, object TEXT NOT NULL, opened TEXT,"
    " last_used TEXT, closed TEXT, opened_path TEXT NOT NULL, opened_sha256 TEXT NOT NULL, opened_record INTEGER"
    " NOT NULL, opened_offset INTEGER NOT NULL, used_path TEXT NOT NULL, used_sha256 TEXT NOT NULL, used_record"
    " INTEGER NOT NULL, used_offset INTEGER NOT NULL, closed_path TEXT NOT NULL, closed_sha256 TEXT NOT NULL,"
    " closed_record INTEGER NOT NULL, closed_offset INTEGER NOT NULL, state TEXT NOT NULL, how TEXT NOT NULL,"
    " PRIMARY KEY (incident, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE assessment (incident INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;"
    "BEGIN;";

static const char *const statements[PREPARED] = {
    "INSERT INTO findings VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO finding_events VALUES (?,?,?,?,?,?,?,?)",
    "INSERT INTO custody VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,?,?,?,?,?,?,?,?)",
    "INSERT INTO coverage VALUES (?,?,?,?,?,?,?)",
    "INSERT INTO clocks VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    "UPDATE custody SET duplicates = ? WHERE rowid = ?",
    "INSERT INTO gaps VALUES (?,?,?,?,?,?,?,?)",
    "INSERT INTO damage VALUES (?,?,?,?)",
    "INSERT INTO rules VALUES (?,?,?,?,?,?,?)",
    "INSERT OR REPLACE INTO facts VALUES (?,?)",
};

struct case_writer {
    char path[PATH_ROOM], part[PATH_ROOM]; /* the final folder; the one being written */
    bool made, replace;
    FILE *streams[STREAMS];
    sqlite3 *db;
    sqlite3_stmt *put[STATEMENTS];
    struct buf json, other, facts; /* json: of the finding; facts: members of the manifest */
};

/* ---- folders ---- */

static bool join(char out[PATH_ROOM], const char *folder, const char *name, struct err *e) {
    return snprintf(out, PATH_ROOM, "%s/%s", folder, name) < PATH_ROOM ||
           err_set(e, ERR_USAGE, 0, "%s: the path is too long", folder);
}

/* Removes the folder if nothing but members of a case is in it. */
static bool folder_remove(const char *folder) {
    char path[PATH_ROOM];
    struct err e;

    for (size_t i = 0; i < MEMBERS; i++)
        if (!join(path, folder, member_names[i], &e) || (unlink(path) != 0 && errno != ENOENT))
            return false;
    return rmdir(folder) == 0;
}

/* A folder with a manifest.json or case.db, and nothing that a case does not have. */
static bool is_case(const char *folder, struct err *e) {
    DIR *const dir = opendir(folder);
    bool known = true, some = false;
    int unread = 0;

    if (!dir)
        return err_system(e, "%s", folder);
    for (struct dirent *entry; known && (errno = 0, entry = readdir(dir)) != NULL;) {
        size_t i = 0;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        while (i < MEMBERS && strcmp(entry->d_name, member_names[i]) != 0)
            i++;
        known = i < MEMBERS;
        some |= i == MANIFEST || i == DATABASE;
    }
    if (known)
        unread = errno;
    closedir(dir);
    errno = unread;
    if (unread)
        return err_system(e, "%s", folder);
    return (known && some) || err_set(e, ERR_USAGE, 0, "%s is no case of ours: it will not be replaced", folder);
}

static bool folder_make(struct case_writer *c, const char *path, bool force, struct err *e) {
    struct stat st;
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    if (snprintf(c->path, sizeof c->path, "%.*s", (int)len, path) >= PATH_ROOM - 64 || len == 0)
        return err_set(e, ERR_USAGE, 0, "%s: no path for a case", path);
    if (lstat(c->path, &st) == 0) {
        if (!force)
            return err_set(e, ERR_USAGE, 0,
                           "%s is there already: give another name, or --force to replace an older case", c->path);
        if (!S_ISDIR(st.st_mode))
            return err_set(e, ERR_USAGE, 0, "%s is no case of ours: it will not be replaced", c->path);
        if (!is_case(c->path, e))
            return false;
        c->replace = true;
    } else if (errno != ENOENT) {
        return err_system(e, "%s", c->path);
    }
    snprintf(c->part, sizeof c->part, "%.*s.part-XXXXXX", PATH_ROOM - 64, c->path);
    if (!mkdtemp(c->part))
        return err_system(e, "%s cannot be made", c->path);
    c->made = true;
    return true;
}

/* ---- the database ---- */

static bool db_failed(struct case_writer *c, struct err *e) {
    return err_set(e, sqlite3_errcode(c->db) == SQLITE_NOMEM ? ERR_MEMORY : ERR_IO, 0, "case %s: case.db: %s", c->path,
                   sqlite3_errmsg(c->db));
}

static bool db_open(struct case_writer *c, struct err *e) {
    char path[PATH_ROOM];

    if (!join(path, c->part, member_names[DATABASE], e))
        return false;
    if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return c->db ? db_failed(c, e) : err_set(e, ERR_MEMORY, 0, "no memory for case.db");
    char head[96];

    snprintf(head, sizeof head, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, CASE_VERSION);
    if (sqlite3_exec(c->db, head, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(c->db, schema, NULL, NULL, NULL) != SQLITE_OK)
        return db_failed(c, e);
    for (size_t i = 0; i < PREPARED; i++)
        if (sqlite3_prepare_v2(c->db, statements[i], -1, &c->put[i], NULL) != SQLITE_OK)
            return db_failed(c, e);
    return true;
}

/* A row: columns are bound one after another; the first failure is kept by SQLite and told by row_end. */
struct row {
    sqlite3_stmt *s;
    int at;
};

static void put_text(struct row *r, str s) {
    sqlite3_bind_text64(r->s, ++r->at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* NULL where there is nothing. */
static void put_name(struct row *r, const char *s) {
    if (s)
        put_text(r, str_of(s));
    else
        sqlite3_bind_null(r->s, ++r->at);
}

static void put_number(struct row *r, uint64_t n) {
    sqlite3_bind_int64(r->s, ++r->at, (sqlite3_int64)n);
}

/* text: room that lives until the row ends. */
static void put_time(struct row *r, int64_t when, char text[INSTANT_TEXT]) {
    if (when == INSTANT_NONE)
        sqlite3_bind_null(r->s, ++r->at);
    else
        put_text(r, instant_format(when, text));
}

static bool row_end(struct case_writer *c, struct row *r, struct err *e) {
    bool const ok = sqlite3_step(r->s) == SQLITE_DONE || db_failed(c, e);

    assert(r->at == sqlite3_bind_parameter_count(r->s));
    sqlite3_reset(r->s);
    sqlite3_clear_bindings(r->s);
    return ok;
}

/* ---- writing ---- */

static bool stream_failed(struct case_writer *c, enum member m, struct err *e) {
    return err_system(e, "case %s: %s", c->path, member_names[m]);
}

/* The line and its end. */
static bool line_out(struct case_writer *c, enum member m, const struct buf *line, struct err *e) {
    if (line->failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    if (fwrite(line->ptr, 1, line->len, c->streams[m]) != line->len ||
        fputs(m == CSV ? "\r\n" : "\n", c->streams[m]) < 0)
        return stream_failed(c, m, e);
    return true;
}

bool case_writer_open(struct case_writer **out, const char *path, bool force, struct err *e) {
    struct case_writer *const c = calloc(1, sizeof *c);
    char name[PATH_ROOM];

    if (!c)
        return err_set(e, ERR_MEMORY, 0, "no memory to write a case");
    if (!folder_make(c, path, force, e))
        goto fail;
    for (size_t i = 0; i < STREAMS; i++) {
        if (!join(name, c->part, member_names[i], e))
            goto fail;
        if (!(c->streams[i] = fopen(name, "wxe"))) {
            stream_failed(c, (enum member)i, e);
            goto fail;
        }
    }
    if (!db_open(c, e))
        goto fail;
    finding_csv_head(&c->other);
    if (!line_out(c, CSV, &c->other, e))
        goto fail;
    *out = c;
    return true;
fail:
    case_writer_close(c);
    return false;
}

sqlite3 *case_writer_db(const struct case_writer *c) {
    return c->db;
}

const char *case_writer_folder(const struct case_writer *c) {
    return c->part;
}

static bool put_events(struct case_writer *c, const struct finding *f, struct err *e) {
    for (size_t i = 0; i < f->event_count; i++) {
        const struct finding_event *const event = &f->events[i];
        struct row r = {c->put[PUT_EVENT], 0};
        char when[INSTANT_TEXT];

        put_number(&r, f->number);
        put_number(&r, i + 1);
        put_text(&r, event->rule->id);
        put_time(&r, event->when, when);
        put_text(&r, event->evidence_path);
        put_name(&r, event->evidence_sha256);
        put_number(&r, event->record);
        put_number(&r, event->offset);
        if (!row_end(c, &r, e))
            return false;
    }
    return true;
}

/* c->json holds the finding. */
static bool put_finding(struct case_writer *c, const struct finding *f, struct err *e) {
    struct row r = {c->put[PUT_FINDING], 0};
    char when[INSTANT_TEXT], about[NETWORK_LINE_MAX];

    put_number(&r, f->number);
    put_text(&r, f->rule->id);
    put_text(&r, f->rule->title);
    put_text(&r, sigma_level_name(f->rule->level));
    put_time(&r, f->when, when);
    if (f->when == INSTANT_NONE)
        put_name(&r, NULL);
    else
        put_number(&r, (uint64_t)f->when);
    put_text(&r, f->kind);
    put_text(&r, f->host);
    put_text(&r, f->account);
    put_text(&r, f->client_address);
    put_text(&r, f->client ? network_line(f->client, about) : S(""));
    put_text(&r, f->evidence_path);
    put_name(&r, f->evidence_sha256);
    put_number(&r, f->record);
    put_number(&r, f->offset);
    put_number(&r, f->salvaged);
    put_text(&r, buf_str(&c->json));
    return row_end(c, &r, e);
}

bool case_writer_line(struct case_writer *c, const struct buf *line, struct err *e) {
    return line_out(c, FINDINGS, line, e);
}

bool case_writer_timesketch(struct case_writer *c, const struct buf *line, struct err *e) {
    return line_out(c, TIMESKETCH, line, e);
}

bool case_writer_finding(struct case_writer *c, const struct finding *f, struct err *e) {
    c->json.len = c->other.len = 0;
    finding_json(&c->json, f);
    if (!line_out(c, f->salvaged ? SALVAGED : FINDINGS, &c->json, e) || !put_finding(c, f, e) || !put_events(c, f, e))
        return false;
    if (f->salvaged)
        return true;
    if (finding_timesketch(&c->other, f, buf_str(&c->json)) && !line_out(c, TIMESKETCH, &c->other, e))
        return false;
    c->other.len = 0;
    finding_csv(&c->other, f);
    return line_out(c, CSV, &c->other, e);
}

bool case_writer_custody(struct case_writer *c, const struct custody *line, struct err *e) {
    struct row r = {c->put[PUT_CUSTODY], 0};
    char first[INSTANT_TEXT], last[INSTANT_TEXT];

    put_text(&r, line->path);
    put_name(&r, line->sha256);
    put_number(&r, line->size);
    put_name(&r, line->reader);
    put_name(&r, line->container);
    put_text(&r, line->not_read);
    put_number(&r, line->records);
    put_number(&r, line->salvaged);
    put_number(&r, line->repaired);
    put_number(&r, line->cut);
    put_number(&r, line->no_kind);
    put_number(&r, line->no_time);
    put_time(&r, line->first, first);
    put_time(&r, line->last, last);
    put_number(&r, line->damages);
    put_number(&r, line->damage_bytes);
    put_number(&r, line->findings);
    put_number(&r, line->assumed);
    put_text(&r, line->zone);
    put_number(&r, line->corrected);
    put_number(&r, line->years);
    put_number(&r, line->year_breaks);
    put_number(&r, line->backs);
    put_number(&r, line->back_s);
    put_number(&r, line->twice);
    put_number(&r, line->never);
    return row_end(c, &r, e);
}

bool case_writer_coverage(struct case_writer *c, const struct custody_coverage *coverage, struct err *e) {
    struct row r = {c->put[PUT_COVERAGE], 0};
    char first[INSTANT_TEXT], last[INSTANT_TEXT];

    put_text(&r, coverage->path);
    put_name(&r, coverage->sha256);
    put_text(&r, coverage->host);
    put_text(&r, coverage->log);
    put_number(&r, coverage->events);
    put_time(&r, coverage->first, first);
    put_time(&r, coverage->last, last);
    return row_end(c, &r, e);
}

bool case_writer_clock(struct case_writer *c, const struct custody_clock *clock, struct err *e) {
    struct row r = {c->put[PUT_CLOCK], 0};

    put_text(&r, clock->path);
    put_name(&r, clock->sha256);
    put_text(&r, clock->host);
    put_text(&r, clock->field);
    put_text(&r, clock_verdict_name(clock->verdict));
    put_number(&r, (uint64_t)clock->offset_s);
    put_number(&r, clock->events);
    put_number(&r, clock->claims);
    put_number(&r, clock->agree);
    put_number(&r, (uint64_t)clock->least_s);
    put_number(&r, (uint64_t)clock->most_s);
    return row_end(c, &r, e);
}

bool case_writer_duplicates(struct case_writer *c, uint64_t line, uint64_t events, struct err *e) {
    struct row r = {c->put[PUT_DUPLICATES], 0};

    put_number(&r, events);
    put_number(&r, line);
    return row_end(c, &r, e);
}

bool case_writer_gap(struct case_writer *c, const struct custody_gap *gap, struct err *e) {
    bool const silence = gap->type == GAP_SILENCE;
    struct row r = {c->put[PUT_GAP], 0};
    char after[INSTANT_TEXT], before[INSTANT_TEXT];

    put_name(&r, silence ? "silence" : "records");
    put_text(&r, gap->host);
    put_text(&r, gap->log);
    if (silence) {
        put_name(&r, NULL);
        put_name(&r, NULL);
    } else {
        put_number(&r, gap->from);
        put_number(&r, gap->to);
    }
    put_time(&r, gap->after, after);
    put_time(&r, gap->before, before);
    if (silence)
        put_number(&r, gap->usual_hours);
    else
        put_name(&r, NULL);
    return row_end(c, &r, e);
}

bool case_writer_damage(struct case_writer *c, const struct custody_damage *damage, struct err *e) {
    struct row r = {c->put[PUT_DAMAGE], 0};

    put_text(&r, damage->path);
    put_number(&r, damage->offset);
    put_number(&r, damage->size);
    put_text(&r, damage->why);
    return row_end(c, &r, e);
}

bool case_writer_rule(struct case_writer *c, const struct sigma_verdict *v, const char *status, uint64_t findings,
                      struct err *e) {
    struct row r = {c->put[PUT_RULE], 0};

    put_text(&r, v->path);
    put_number(&r, v->line);
    put_text(&r, v->id);
    put_text(&r, v->title);
    put_name(&r, status);
    put_text(&r, v->reason);
    put_number(&r, findings);
    return row_end(c, &r, e);
}

bool case_writer_intel_source(struct case_writer *c, str name, str sha256, struct err *e) {
    if (!c->put[PUT_INTEL_SOURCE] &&
        (sqlite3_exec(c->db, "CREATE TABLE intel_source (name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT;", NULL, NULL,
                      NULL) != SQLITE_OK ||
         sqlite3_prepare_v2(c->db, "INSERT INTO intel_source VALUES (?,?)", -1, &c->put[PUT_INTEL_SOURCE], NULL) !=
             SQLITE_OK))
        return db_failed(c, e);
    struct row r = {c->put[PUT_INTEL_SOURCE], 0};

    put_text(&r, name);
    put_text(&r, sha256);
    return row_end(c, &r, e);
}

bool case_writer_fact(struct case_writer *c, const char *name, str value, struct err *e) {
    struct row r = {c->put[PUT_FACT], 0};

    buf_json(&c->facts, str_of(name));
    buf_byte(&c->facts, ':');
    buf_json(&c->facts, value);
    buf_byte(&c->facts, ',');
    put_name(&r, name);
    put_text(&r, value);
    return row_end(c, &r, e);
}

/* ---- the end ---- */

static bool sync_path(const char *path, struct err *e) {
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    bool const ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        err_system(e, "%s", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool add_member(struct buf *b, const char *folder, const char *name, struct err *e) {
    char path[PATH_ROOM], hex[2 * SHA256_SIZE + 1], bytes[65536];
    uint8_t hash[SHA256_SIZE];
    struct sha256 *const h = sha256_new();
    FILE *f = NULL;
    uint64_t size = 0;
    bool ok =
        (h || err_set(e, ERR_MEMORY, 0, "no memory to hash")) && join(path, folder, name, e) && sync_path(path, e);

    ok = ok && ((f = fopen(path, "re")) || err_system(e, "%s", path));
    for (size_t n; ok && (n = fread(bytes, 1, sizeof bytes, f)) > 0; size += n)
        sha256_add(h, (str){bytes, n});
    ok = ok && (!ferror(f) || err_system(e, "%s", path));
    if (ok) {
        sha256_end(h, hash);
        sha256_hex(hash, hex);
        buf_add(b, S("{\"name\":"));
        buf_json(b, str_of(name));
        buf_format(b, ",\"size\":%lu,\"sha256\":\"%s\"}", (unsigned long)size, hex);
    }
    if (f)
        fclose(f);
    sha256_free(h);
    return ok;
}

static bool manifest_write(struct case_writer *c, struct err *e) {
    struct buf b = {0};
    char path[PATH_ROOM];
    struct file_out *f;
    bool ok = true;

    buf_format(&b, "{\"format\":\"longwatch-case\",\"format_version\":%d,", CASE_VERSION);
    buf_add(&b, buf_str(&c->facts));
    buf_add(&b, S("\"files\":["));
    for (size_t i = 0; ok && i < MANIFEST; i++) {
        if (i)
            buf_byte(&b, ',');
        ok = add_member(&b, c->part, member_names[i], e);
    }
    buf_add(&b, S("]}\n"));
    if (ok && (b.failed || c->facts.failed))
        ok = err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    if (ok && (ok = join(path, c->part, member_names[MANIFEST], e) && file_out_open(&f, path, e))) {
        file_out_add(f, buf_str(&b));
        ok = file_out_commit(f, e);
    }
    buf_free(&b);
    return ok;
}

/* The folder that holds path, so that the new name is on the disk as well. */
static bool sync_parent(struct case_writer *c, struct err *e) {
    char parent[PATH_ROOM];
    const char *const slash = strrchr(c->path, '/');

    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - c->path) + 1 : 1, slash ? c->path : ".");
    return sync_path(parent, e);
}

/* The new folder takes the name, in one step: an older case changes places with it and is removed after. File systems that
 * cannot do that (EINVAL) have the older one moved aside first; one of the two is always whole. */
static bool rename_in(struct case_writer *c, struct err *e) {
    char old[PATH_ROOM];

    snprintf(old, sizeof old, "%s", c->part);
    if (renameat2(AT_FDCWD, c->part, AT_FDCWD, c->path, c->replace ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
        if (errno != EINVAL && errno != ENOSYS)
            return err_system(e, "case %s", c->path);
        snprintf(old, sizeof old, "%.*s.old-%ld", PATH_ROOM - 64, c->path, (long)getpid());
        if (c->replace && rename(c->path, old) != 0)
            return err_system(e, "the older case %s cannot be replaced", c->path);
        if (rename(c->part, c->path) != 0) {
            err_system(e, "case %s", c->path);
            if (c->replace)
                (void)!rename(old, c->path);
            return false;
        }
    }
    c->made = false;
    if (c->replace && !folder_remove(old))
        return err_system(e, "the older case could not be removed: %s", old);
    return sync_parent(c, e);
}

bool case_writer_settle(struct case_writer *c, struct err *e) {
    /* Where the findings of an incident are is asked for each of its acts. */
    return sqlite3_exec(c->db,
                        "CREATE INDEX IF NOT EXISTS findings_place ON findings (evidence_path, offset); COMMIT; BEGIN;",
                        NULL, NULL, NULL) == SQLITE_OK ||
           db_failed(c, e);
}

static bool db_end(struct case_writer *c, struct err *e) {
    if (sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return db_failed(c, e);
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(c->put[i]);
        c->put[i] = NULL;
    }
    if (sqlite3_close(c->db) != SQLITE_OK)
        return db_failed(c, e);
    c->db = NULL;
    return true;
}

/* Out of the database, once that is whole. */
static bool dossier_make(struct case_writer *c, struct err *e) {
    char path[PATH_ROOM];
    struct file_out *to;

    if (!join(path, c->part, member_names[DOSSIER], e) || !file_out_open(&to, path, e))
        return false;
    if (dossier_write(c->part, DOSSIER_TLP, to, e))
        return file_out_commit(to, e);
    file_out_drop(to);
    return false;
}

bool case_writer_finish(struct case_writer *c, struct err *e) {
    for (size_t i = 0; i < STREAMS; i++) {
        FILE *const f = c->streams[i];

        c->streams[i] = NULL;
        if (fclose(f) != 0)
            return stream_failed(c, (enum member)i, e);
    }
    return db_end(c, e) && dossier_make(c, e) && manifest_write(c, e) && sync_path(c->part, e) && rename_in(c, e);
}

void case_writer_close(struct case_writer *c) {
    if (!c)
        return;
    for (size_t i = 0; i < STREAMS; i++)
        if (c->streams[i])
            fclose(c->streams[i]);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->put[i]);
    sqlite3_close(c->db);
    if (c->made)
        folder_remove(c->part);
    buf_free(&c->json);
    buf_free(&c->other);
    buf_free(&c->facts);
    free(c);
}

/* ---- reading ---- */

/* A look-up by number takes some hundred steps of SQLite's machine; whoever made it take millions meant harm. */
static int give_up(void *ctx) {
    (void)ctx;
    return 1;
}

/* The path as a URI (https://sqlite.org/uri.html): immutable, so that no journal beside it is read and no file is made. */
static bool uri(struct buf *b, const char *path) {
    buf_add(b, path[0] == '/' ? S("file://") : S("file:"));
    for (const char *p = path; *p; p++)
        if (strchr("%?#", *p))
            buf_format(b, "%%%02x", (unsigned)(unsigned char)*p);
        else
            buf_byte(b, *p);
    buf_add(b, S("?immutable=1&mode=ro"));
    buf_byte(b, '\0');
    return !b->failed;
}

/* Somebody else may have written this file: nothing in its schema is run, and it is only read. */
bool case_db_read(sqlite3 **db, const char *folder, int least, const char *lacks, struct err *e) {
    char path[PATH_ROOM];
    struct buf name = {0};
    struct stat st;
    sqlite3_stmt *s = NULL;
    int version = 0;
    bool ours = false;

    if (!join(path, folder, member_names[DATABASE], e))
        return false;
    if (stat(path, &st) != 0)
        return err_set(e, ERR_USAGE, 0, "%s is no case: %s", folder,
                       errno == ENOENT ? "it holds no case.db" : strerrordesc_np(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, 0, "%s is no case: its case.db is no file", folder);
    bool const opened =
        uri(&name, path) &&
        sqlite3_open_v2(name.ptr, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;

    buf_free(&name);
    if (!opened)
        return err_set(e, ERR_IO, 0, "%s cannot be opened", path);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, 256 << 20);
    sqlite3_progress_handler(*db, 10000000, give_up, NULL);
    int step = sqlite3_prepare_v2(
        *db, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version", -1, &s, NULL);

    if (step == SQLITE_OK && (step = sqlite3_step(s)) == SQLITE_ROW) {
        version = sqlite3_column_int(s, 1);
        ours = sqlite3_column_int(s, 0) == APPLICATION_ID && version >= CASE_VERSION_LEAST && version <= CASE_VERSION;
    }
    sqlite3_finalize(s);
    if (step != SQLITE_ROW)
        return err_set(e, step == SQLITE_NOMEM ? ERR_MEMORY : ERR_CORRUPT, 0, "%s: %s", path, sqlite3_errmsg(*db));
    if (!ours)
        return err_set(e, ERR_USAGE, 0, "%s was not written by this version of Longwatch", path);
    return version >= least ||
           err_set(e, ERR_USAGE, 0, "%s was written by an older Longwatch, without %s: hunt again", path, lacks);
}

bool case_remove(const char *path, struct err *e) {
    return is_case(path, e) && (folder_remove(path) || err_system(e, "%s", path));
}

static bool column(sqlite3_stmt *s, int i, struct arena *a, str *out, struct err *e) {
    const unsigned char *const text = sqlite3_column_text(s, i);
    str const view = {text ? (const char *)text : "", text ? (size_t)sqlite3_column_bytes(s, i) : 0};
    char *copy;

    if (!(copy = arena_bytes(a, view.len + 1))) /* with a NUL, for paths */
        return err_set(e, ERR_MEMORY, 0, "no memory for the finding");
    memcpy(copy, view.ptr, view.len);
    copy[view.len] = '\0';
    *out = (str){copy, view.len};
    return true;
}

static bool place_read(sqlite3_stmt *s, struct arena *a, struct case_place *out, struct err *e) {
    str *const texts[] = {&out->evidence_path, &out->sha256,  &out->reader,  &out->rule_title,
                          &out->json,          &out->rule_id, &out->level,   &out->time,
                          &out->kind,          &out->host,    &out->account, &out->words};

    for (size_t i = 0; i < COUNT(texts); i++)
        if (!column(s, (int)i, a, texts[i], e))
            return false;
    out->offset = (uint64_t)sqlite3_column_int64(s, COUNT(texts));
    out->record = (uint64_t)sqlite3_column_int64(s, COUNT(texts) + 1);
    out->salvaged = sqlite3_column_int(s, COUNT(texts) + 2) != 0;
    return true;
}

bool case_db_corrupt(sqlite3 *db, const char *path, struct err *e) {
    return err_set(e, sqlite3_errcode(db) == SQLITE_NOMEM ? ERR_MEMORY : ERR_CORRUPT, 0, "%s: case.db: %s", path,
                   sqlite3_errmsg(db));
}

static bool place_find(sqlite3 *db, const char *path, uint64_t number, struct arena *a, struct case_place *out,
                       struct err *e) {
    static const char query[] = "SELECT f.evidence_path, f.evidence_sha256, c.reader, f.rule_title, f.json, f.rule_id, "
                                "f.level, f.time, f.kind, f.host,"
                                " f.account, json_extract(f.json, '$.person.words'), f.offset, f.record, f.salvaged"
                                " FROM findings f LEFT JOIN custody c ON c.path = f.evidence_path AND c.container IS "
                                "NULL AND c.sha256 = f.evidence_sha256"
                                " WHERE f.number = ? LIMIT 1";
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(db, query, -1, &s, NULL) == SQLITE_OK || case_db_corrupt(db, path, e);

    if (ok) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)number);
        switch (sqlite3_step(s)) {
        case SQLITE_ROW:
            ok = place_read(s, a, out, e);
            break;
        case SQLITE_DONE:
            ok = err_set(e, ERR_USAGE, 0, "%s has no finding %lu", path, (unsigned long)number);
            break;
        default:
            ok = case_db_corrupt(db, path, e);
        }
    }
    sqlite3_finalize(s);
    return ok;
}

/* Pairs of texts: what matched and the groups (from the JSON), then the events of a correlation. */
static bool pairs_find(sqlite3 *db, const char *path, const char *query, uint64_t number, struct arena *a,
                       struct case_pair **out, size_t *count, struct err *e) {
    struct case_pair *const pairs = arena_alloc(a, CASE_PAIRS_MAX * sizeof *pairs);
    sqlite3_stmt *s = NULL;
    bool ok = pairs != NULL || err_set(e, ERR_MEMORY, 0, "no memory for the finding");
    int step = SQLITE_DONE;

    *count = 0;
    ok = ok && (sqlite3_prepare_v2(db, query, -1, &s, NULL) == SQLITE_OK || case_db_corrupt(db, path, e));
    if (ok)
        sqlite3_bind_int64(s, 1, (sqlite3_int64)number);
    while (ok && *count < CASE_PAIRS_MAX && (step = sqlite3_step(s)) == SQLITE_ROW) {
        ok = column(s, 0, a, &pairs[*count].name, e) && column(s, 1, a, &pairs[*count].value, e);
        ++*count;
    }
    if (ok && step != SQLITE_DONE && step != SQLITE_ROW)
        ok = case_db_corrupt(db, path, e);
    sqlite3_finalize(s);
    *out = pairs;
    return ok;
}

bool case_find(const char *path, uint64_t number, struct arena *a, struct case_place *out, struct err *e) {
    static const char matches[] =
        "SELECT m.key, v.value FROM findings f, json_each(f.json, '$.matched') m,"
        " json_each(CASE m.type WHEN 'array' THEN m.value ELSE json_array(m.value) END) v WHERE f.number = ?1"
        " UNION ALL SELECT g.key, g.value FROM findings f, json_each(f.json, '$.group') g WHERE f.number = ?1";
    static const char events[] =
        "SELECT coalesce(time, 'no time'), rule_id || '  ' || evidence_path || ', record ' || record"
        " FROM finding_events WHERE finding = ?1 ORDER BY position";
    sqlite3 *db = NULL;
    bool const ok = case_db_read(&db, path, CASE_VERSION_LEAST, "", e) && place_find(db, path, number, a, out, e) &&
                    pairs_find(db, path, matches, number, a, &out->matches, &out->match_count, e) &&
                    pairs_find(db, path, events, number, a, &out->events, &out->event_count, e);

    sqlite3_close(db);
    return ok;
}

/* ---- the ledger ---- */

static str view(sqlite3_stmt *s, int i) {
    const unsigned char *const text = sqlite3_column_text(s, i);

    return text ? (str){(const char *)text, (size_t)sqlite3_column_bytes(s, i)} : (str){"", 0};
}

static uint64_t number(sqlite3_stmt *s, int i) {
    return (uint64_t)sqlite3_column_int64(s, i);
}

static const char *name(sqlite3_stmt *s, int i) {
    return (const char *)sqlite3_column_text(s, i);
}

static int64_t when(sqlite3_stmt *s, int i) {
    return instant_parse(view(s, i));
}

static bool file_row(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e) {
    const char *const sha256 = name(s, 1);

    return v->file(v->ctx,
                   &(struct custody){.path = view(s, 0),
                                     .sha256 = sha256 ? sha256 : "",
                                     .size = number(s, 2),
                                     .reader = name(s, 3),
                                     .container = name(s, 4),
                                     .not_read = view(s, 5),
                                     .records = number(s, 6),
                                     .salvaged = number(s, 7),
                                     .repaired = number(s, 8),
                                     .cut = number(s, 9),
                                     .no_kind = number(s, 10),
                                     .no_time = number(s, 11),
                                     .first = when(s, 12),
                                     .last = when(s, 13),
                                     .damages = number(s, 14),
                                     .damage_bytes = number(s, 15),
                                     .findings = number(s, 16),
                                     .assumed = number(s, 17),
                                     .duplicates = number(s, 18),
                                     .zone = view(s, 19),
                                     .corrected = number(s, 20),
                                     .years = number(s, 21),
                                     .year_breaks = number(s, 22),
                                     .backs = number(s, 23),
                                     .back_s = number(s, 24),
                                     .twice = number(s, 25),
                                     .never = number(s, 26)},
                   e);
}

static bool coverage_row(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e) {
    const char *const sha256 = name(s, 1);

    return v->coverage(v->ctx,
                       &(struct custody_coverage){.path = view(s, 0),
                                                  .sha256 = sha256 ? sha256 : "",
                                                  .host = view(s, 2),
                                                  .log = view(s, 3),
                                                  .events = number(s, 4),
                                                  .first = when(s, 5),
                                                  .last = when(s, 6)},
                       e);
}

static bool clock_row(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e) {
    const char *const sha256 = name(s, 1);
    unsigned verdict = 0;

    while (verdict < CLOCK_VERDICTS && !str_eq(clock_verdict_name((enum clock_verdict)verdict), view(s, 4)))
        verdict++;
    if (verdict == CLOCK_VERDICTS)
        return err_set(e, ERR_CORRUPT, 0, "case.db: a clock of which nothing is known");
    return v->clock(v->ctx,
                    &(struct custody_clock){.path = view(s, 0),
                                            .sha256 = sha256 ? sha256 : "",
                                            .host = view(s, 2),
                                            .field = view(s, 3),
                                            .verdict = (enum clock_verdict)verdict,
                                            .offset_s = (int64_t)number(s, 5),
                                            .events = number(s, 6),
                                            .claims = number(s, 7),
                                            .agree = number(s, 8),
                                            .least_s = (int64_t)number(s, 9),
                                            .most_s = (int64_t)number(s, 10)},
                    e);
}

static bool damage_row(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e) {
    return v->damage(
        v->ctx,
        &(struct custody_damage){.path = view(s, 0), .offset = number(s, 1), .size = number(s, 2), .why = view(s, 3)},
        e);
}

static bool gap_row(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e) {
    return v->gap(v->ctx,
                  &(struct custody_gap){.type = str_eq(view(s, 0), S("silence")) ? GAP_SILENCE : GAP_RECORDS,
                                        .host = view(s, 1),
                                        .log = view(s, 2),
                                        .from = number(s, 3),
                                        .to = number(s, 4),
                                        .after = when(s, 5),
                                        .before = when(s, 6),
                                        .usual_hours = number(s, 7)},
                  e);
}

/* A view that never ends could stand in the place of a table. */
bool case_db_tables(sqlite3 *db, const char *path, const char *names, int count, const char *what, struct err *e) {
    static const char query[] = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE %' "
                                "AND instr(?, ' ' || name || ' ')";
    sqlite3_stmt *s = NULL;
    bool const good = sqlite3_prepare_v2(db, query, -1, &s, NULL) == SQLITE_OK &&
                      sqlite3_bind_text(s, 1, names, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
                      sqlite3_column_int(s, 0) == count;

    bool const memory = !good && sqlite3_errcode(db) == SQLITE_NOMEM;

    sqlite3_finalize(s);
    return good || err_set(e, memory ? ERR_MEMORY : ERR_CORRUPT, 0,
                           memory ? "%s: case.db: no memory to read %s" : "%s: case.db: it has no %s", path, what);
}

bool case_ledger(const char *path, const struct case_ledger_visitor *v, struct err *e) {
    static const struct {
        const char *query;
        bool (*row)(const struct case_ledger_visitor *v, sqlite3_stmt *s, struct err *e);
    } tables[] = {
        {"SELECT path, sha256, size, reader, container, not_read, records, salvaged, repaired, cut, no_kind, no_time, "
         "first, "
         "last, damages, damage_bytes, findings, assumed, duplicates, zone, corrected, years, year_breaks, backs, "
         "back_s, twice, never "
         "FROM custody ORDER BY rowid",
         file_row},
        {"SELECT path, sha256, host, log, events, first, last FROM coverage ORDER BY rowid", coverage_row},
        {"SELECT path, sha256, host, field, verdict, offset_s, events, claims, agree, least_s, most_s FROM clocks "
         "ORDER BY rowid",
         clock_row},
        {"SELECT path, offset, size, why FROM damage ORDER BY rowid", damage_row},
        {"SELECT type, host, log, first_missing, last_missing, after, before, usual_hours FROM gaps ORDER BY rowid",
         gap_row},
    };
    sqlite3 *db = NULL;
    bool ok = case_db_read(&db, path, CASE_VERSION_LEDGER, "such a ledger", e) &&
              case_db_tables(db, path, " custody coverage clocks damage gaps ", 5, "ledger", e);

    if (ok) /* there are as many rows as there are, and each is found in a few steps */
        sqlite3_progress_handler(db, 0, NULL, NULL);
    for (size_t i = 0; ok && i < COUNT(tables); i++) {
        sqlite3_stmt *s = NULL;
        int step = SQLITE_ERROR;

        if (sqlite3_prepare_v2(db, tables[i].query, -1, &s, NULL) == SQLITE_OK)
            while (ok && (step = sqlite3_step(s)) == SQLITE_ROW)
                ok = tables[i].row(v, s, e);
        if (ok && step != SQLITE_DONE)
            ok = case_db_corrupt(db, path, e);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return ok;
}
