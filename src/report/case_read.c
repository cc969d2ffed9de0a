/* case_read: see case_read.h. */
#include "report/case_read.h"

#include "report/case_own.h"

static str view(sqlite3_stmt *s, int i) {
    const unsigned char *const text = sqlite3_column_text(s, i);

    return text ? (str){(const char *)text, (size_t)sqlite3_column_bytes(s, i)} : (str){"", 0};
}

struct reading {
    const char *path;
    sqlite3 *db;
    bool (*finding)(void *ctx, const struct case_finding *f, struct err *e);
    bool (*pair)(void *ctx, str name, str value, struct err *e);
    void *ctx;
};

static bool rows(struct reading *r, const char *query, bool (*row)(struct reading *r, sqlite3_stmt *s, struct err *e),
                 struct err *e) {
    sqlite3_stmt *s = NULL;
    int step = SQLITE_ERROR;
    bool ok = true;

    if (sqlite3_prepare_v2(r->db, query, -1, &s, NULL) == SQLITE_OK)
        while (ok && (step = sqlite3_step(s)) == SQLITE_ROW)
            ok = row(r, s, e);
    if (ok && step != SQLITE_DONE)
        ok = case_db_corrupt(r->db, r->path, e);
    sqlite3_finalize(s);
    return ok;
}

static bool finding_row(struct reading *r, sqlite3_stmt *s, struct err *e) {
    const struct case_finding f = {.number = (uint64_t)sqlite3_column_int64(s, 0),
                                   .json = view(s, 1),
                                   .evidence_path = view(s, 2),
                                   .evidence_sha256 = view(s, 3),
                                   .record = (uint64_t)sqlite3_column_int64(s, 4),
                                   .offset = (uint64_t)sqlite3_column_int64(s, 5),
                                   .salvaged = sqlite3_column_int(s, 6) != 0,
                                   .reader = view(s, 7),
                                   .yara = sqlite3_column_int(s, 8) != 0};

    return r->finding(r->ctx, &f, e);
}

static bool pair_row(struct reading *r, sqlite3_stmt *s, struct err *e) {
    return r->pair(r->ctx, view(s, 0), view(s, 1), e);
}

/* As there may be as many rows as there are, a query may take its time once the tables are what they should be: a view that never ends could
 * stand in the place of one. */
static bool opened(struct reading *r, const char *names, int count, const char *what, struct err *e) {
    if (!case_db_read(&r->db, r->path, CASE_VERSION_MAIL, what, e) ||
        !case_db_tables(r->db, r->path, names, count, what, e))
        return false;
    sqlite3_progress_handler(r->db, 0, NULL, NULL);
    return true;
}

/* Some tables are there only when there was something for them. */
static bool has_table(struct reading *r, const char *names, bool *has, struct err *e) {
    struct err none = {0};

    *has = case_db_tables(r->db, r->path, names, 1, "table", &none);
    return *has || none.code == ERR_CORRUPT || (*e = none, false);
}

bool case_findings(const char *path, bool (*each)(void *ctx, const struct case_finding *f, struct err *e), void *ctx,
                   struct err *e) {
    struct reading r = {.path = path, .finding = each, .ctx = ctx};
    bool yara = false;
    bool const ok =
        opened(&r, " findings custody ", 2, "findings", e) &&
        rows(&r,
             "SELECT f.number, f.json, f.evidence_path, f.evidence_sha256, f.record, f.offset, f.salvaged, "
             "(SELECT c.reader FROM custody c WHERE c.path = f.evidence_path AND c.container IS NULL AND c.sha256 = "
             "f.evidence_sha256), 0 FROM findings f ORDER BY f.number",
             finding_row, e) &&
        has_table(&r, " yara_finding ", &yara, e) &&
        (!yara || rows(&r,
                       "SELECT number, json, evidence_path, evidence_sha256, record, offset, 0, '', 1 FROM "
                       "yara_finding ORDER BY number",
                       finding_row, e));

    sqlite3_close(r.db);
    return ok;
}

/* Whatever stands in a dossier as proof; behind findings, whose numbers are the ones to tell. What names it is one number, so that the least of several
 * is found by min(): of a finding its own, of others what it is, then the number of the incident or behaviour, then the position. A stranger's
 * numbers may be larger than they are here; then another is told. */
#define POSITION_BITS 32
#define OWNER_BITS 26
#define NAME(of, owner, position) "(" of " << 58) | ((" owner " & 67108863) << 32) | (" position " & 4294967295)"
#define PLACE(name, path, sha256, record, offset, salvaged, from)                                                      \
    " UNION ALL SELECT " name ", " path ", " sha256 ", " record ", " offset ", " salvaged " FROM " from " WHERE " path \
    " <> ''"
#define OWN_PLACE(name, salvaged, from)                                                                                \
    PLACE(name, "evidence_path", "evidence_sha256", "record", "offset", salvaged, from)
#define DOOR_PLACE(which)                                                                                              \
    PLACE(NAME("5", "incident", "position"), which "_path", which "_sha256", which "_record", which "_offset", "0",    \
          "door")
#define RECORDS(more)                                                                                                  \
    "SELECT min(p.number), '', p.evidence_path, p.evidence_sha256, min(p.record), p.offset, max(p.salvaged), (SELECT " \
    "c.reader FROM custody c WHERE c.path = p.evidence_path AND c.container IS NULL AND c.sha256 = "                   \
    "p.evidence_sha256), 0 FROM (SELECT number, evidence_path, evidence_sha256, record, offset, salvaged FROM "        \
    "findings UNION ALL SELECT finding, evidence_path, evidence_sha256, record, offset, 0 FROM finding_events" more    \
    ") p GROUP BY p.evidence_path, p.evidence_sha256, p.offset ORDER BY p.evidence_path, p.evidence_sha256, p.offset"

static bool record_row(struct reading *r, sqlite3_stmt *s, struct err *e) {
    uint64_t const name = (uint64_t)sqlite3_column_int64(s, 0);
    uint64_t const of = name >> (OWNER_BITS + POSITION_BITS);
    bool const finding = of == RECORD_FINDING || of >= RECORD_OFS;
    const struct case_finding f = {.number = finding ? name : name >> POSITION_BITS & (((uint64_t)1 << OWNER_BITS) - 1),
                                   .of = finding ? RECORD_FINDING : (enum case_record_of)of,
                                   .position = finding ? 0 : name & UINT32_MAX,
                                   .json = view(s, 1),
                                   .evidence_path = view(s, 2),
                                   .evidence_sha256 = view(s, 3),
                                   .record = (uint64_t)sqlite3_column_int64(s, 4),
                                   .offset = (uint64_t)sqlite3_column_int64(s, 5),
                                   .salvaged = sqlite3_column_int(s, 6) != 0,
                                   .reader = view(s, 7)};

    return r->finding(r->ctx, &f, e);
}

bool case_records(const char *path, bool (*each)(void *ctx, const struct case_finding *f, struct err *e), void *ctx,
                  struct err *e) {
    static const char all[] = RECORDS(OWN_PLACE(NAME("1", "incident", "position"), "0", "incident_event")
                                          OWN_PLACE(NAME("2", "behaviour", "position"), "salvaged", "behaviour_event")
                                              OWN_PLACE(NAME("3", "number", "0"), "0", "incident")
                                                  OWN_PLACE(NAME("4", "incident", "position"), "0", "incident_reach")
                                                      DOOR_PLACE("opened") DOOR_PLACE("used") DOOR_PLACE("closed"));
    struct reading r = {.path = path, .finding = each, .ctx = ctx};
    bool incidents = false;
    bool const ok =
        opened(&r, " findings finding_events custody ", 3, "findings", e) &&
        has_table(&r, " incident ", &incidents, e) &&
        (!incidents || case_db_tables(r.db, path, " incident incident_event incident_reach behaviour_event door ", 5,
                                      "incidents", e)) &&
        rows(&r, incidents ? all : RECORDS(""), record_row, e);

    sqlite3_close(r.db);
    return ok;
}

bool case_facts(const char *path, bool (*each)(void *ctx, str name, str value, struct err *e), void *ctx,
                struct err *e) {
    struct reading r = {.path = path, .pair = each, .ctx = ctx};
    bool const ok =
        opened(&r, " facts ", 1, "facts", e) && rows(&r, "SELECT name, value FROM facts ORDER BY name", pair_row, e);

    sqlite3_close(r.db);
    return ok;
}

bool case_intel_sources(const char *path, bool (*each)(void *ctx, str name, str sha256, struct err *e), void *ctx,
                        struct err *e) {
    struct reading r = {.path = path, .pair = each, .ctx = ctx};
    bool has = false;
    bool const ok = opened(&r, " facts ", 1, "facts", e) && has_table(&r, " intel_source ", &has, e) &&
                    (!has || rows(&r, "SELECT name, sha256 FROM intel_source ORDER BY rowid", pair_row, e));

    sqlite3_close(r.db);
    return ok;
}
