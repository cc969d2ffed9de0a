/* incident_check: see incident_check.h. */
#include "report/incident_check.h"

#include "report/case_own.h"
#include "report/case_row.h"

#define TABLES                                                                                                         \
    " behaviour behaviour_event clue incident incident_clue incident_event incident_entity incident_link "             \
    "incident_reach incident_phase door custody findings mail_campaign "
#define TABLE_COUNT 14

static bool tables_open(sqlite3 **db, const char *path, struct err *e) {
    return case_db_read(db, path, CASE_VERSION_INCIDENT, "incidents", e) &&
           case_db_tables(*db, path, TABLES, TABLE_COUNT, "incidents", e);
}

/* ---- what fits ---- */

#define IN_LEDGER(path, sha256)                                                                                        \
    "EXISTS (SELECT 1 FROM custody c WHERE c.path = v." path " AND c.sha256 = v." sha256 " AND c.container IS NULL)"
#define OWN_LEDGER IN_LEDGER("evidence_path", "evidence_sha256")
#define DOOR_PLACE(path, sha256)                                                                                       \
    "SELECT v.position, v.incident, v." path ", " IN_LEDGER(path, sha256) " FROM door v WHERE v." path " <> ''"
#define HOLES(table, of)                                                                                               \
    "SELECT count(*), " of ", '', min(position) = 1 AND count(*) = max(position) FROM " table " GROUP BY " of
#define OWNERS(table) "SELECT DISTINCT incident FROM " table
#define UNLEDGERED "lies in no file of the ledger"
#define HOLE "stand there of more: some are missing"

/* Rows of two numbers, a path, and whether it fits. */
static const struct {
    const char *of; /* the two numbers, in this order */
    const char *query, *why;
    bool place;
} checks[] = {
    {"the beginning (%lu) of incident %lu",
     "SELECT 1, v.number, v.evidence_path, " OWN_LEDGER " FROM incident v WHERE v.evidence_path <> ''", UNLEDGERED,
     true},
    {"act %lu of incident %lu", "SELECT v.position, v.incident, v.evidence_path, " OWN_LEDGER " FROM incident_event v",
     UNLEDGERED, true},
    {"event %lu of behaviour %lu",
     "SELECT v.position, v.behaviour, v.evidence_path, " OWN_LEDGER " FROM behaviour_event v", UNLEDGERED, true},
    {"what was reached, %lu, of incident %lu",
     "SELECT v.position, v.incident, v.evidence_path, " OWN_LEDGER " FROM incident_reach v", UNLEDGERED, true},
    {"door %lu of incident %lu: its opening", DOOR_PLACE("opened_path", "opened_sha256"), UNLEDGERED, true},
    {"door %lu of incident %lu: its use", DOOR_PLACE("used_path", "used_sha256"), UNLEDGERED, true},
    {"door %lu of incident %lu: its closing", DOOR_PLACE("closed_path", "closed_sha256"), UNLEDGERED, true},
    {"%lu acts of incident %lu", HOLES("incident_event", "incident"), HOLE, false},
    {"%lu events of behaviour %lu", HOLES("behaviour_event", "behaviour"), HOLE, false},
    {"%lu things reached of incident %lu", HOLES("incident_reach", "incident"), HOLE, false},
    {"%lu entities of incident %lu", HOLES("incident_entity", "incident"), HOLE, false},
    {"%lu doors of incident %lu", HOLES("door", "incident"), HOLE, false},
    {"%lu clues of incident %lu", HOLES("incident_clue", "incident"), HOLE, false},
    {"clue %lu of incident %lu",
     "SELECT v.position, v.incident, '', EXISTS (SELECT 1 FROM clue c WHERE c.number = v.clue) FROM incident_clue v",
     "is not there", false},
    {"clue %lu (%lu)",
     "SELECT v.number, v.of_number, '', CASE v.type WHEN 'behaviour' THEN EXISTS (SELECT 1 FROM behaviour b WHERE "
     "b.number = v.of_number AND b.id = v.id AND b.title = v.title AND b.reason = v.reason AND b.first IS v.first AND "
     "b.last IS v.last) WHEN 'rule' THEN EXISTS (SELECT 1 FROM findings f WHERE f.number = v.of_number AND "
     "substr(f.rule_id, 1, length(v.id)) = v.id) WHEN 'campaign' THEN EXISTS (SELECT 1 FROM mail_campaign m WHERE "
     "m.number = v.of_number) ELSE 0 END FROM clue v",
     "is of a behaviour, finding or campaign that is not there, or says something else", false},
    {"act %lu of incident %lu",
     "SELECT v.position, v.incident, '', i.clue IS NOT NULL FROM incident_event v LEFT JOIN incident_clue i ON "
     "i.incident = v.incident AND i.clue = v.clue",
     "is of a clue that the incident does not have", false},
    {"behaviour %lu, of incident %lu",
     "SELECT v.number, v.incident, '', x.clue IS NOT NULL FROM behaviour v LEFT JOIN (SELECT c.number AS clue, "
     "c.of_number AS number, i.incident AS incident FROM incident_clue i JOIN clue c ON c.number = i.clue WHERE c.type "
     "= 'behaviour') x ON x.number = v.number AND x.incident = v.incident WHERE v.incident IS NOT NULL",
     "is no clue of it", false},
    {"events (%lu) of behaviour %lu",
     "SELECT 1, v.number, '', EXISTS (SELECT 1 FROM behaviour b WHERE b.number = v.number) FROM (SELECT DISTINCT "
     "behaviour AS number FROM behaviour_event) v",
     "are there, and it is not", false},
    {"behaviour %lu, by %lu events",
     "SELECT v.number, 0, '', EXISTS (SELECT 1 FROM behaviour_event b WHERE b.behaviour = v.number) FROM behaviour v",
     "stands on nothing", false},
    {"acts, doors or other things (%lu) of incident %lu",
     "SELECT 1, v.incident, '', EXISTS (SELECT 1 FROM incident n WHERE n.number = v.incident) FROM (" OWNERS(
         "incident_"
         "event") " UNION " OWNERS("incident_clue") " UNION " OWNERS("door") " UNION " OWNERS("incident_reach") " UNION"
                                                                                                                " " OWNERS(
                                                                                                                    "in"
                                                                                                                    "ci"
                                                                                                                    "de"
                                                                                                                    "nt"
                                                                                                                    "_"
                                                                                                                    "en"
                                                                                                                    "ti"
                                                                                                                    "t"
                                                                                                                    "y") " UNIO"
                                                                                                                         "N"
                                                                                                                         " " OWNERS(
                                                                                                                             "incident_phase") ") v",
     "are there, and it is not", false},
};

static bool check(sqlite3 *db, const char *path, size_t which,
                  bool (*fault)(void *ctx, const struct incident_case_fault *f, struct err *e), void *ctx,
                  struct incident_case_totals *n, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = case_prepare(db, path, checks[which].query, &s, e);
    char of[160];

    while (ok && (ok = case_next(db, path, s, &more, e)) && more) {
        n->places += checks[which].place;
        if (case_number(s, 3))
            continue;
        snprintf(of, sizeof of, checks[which].of, (unsigned long)case_number(s, 0), (unsigned long)case_number(s, 1));
        ok = fault(ctx, &(struct incident_case_fault){of, case_text(s, 2), checks[which].why}, e);
    }
    sqlite3_finalize(s);
    return ok;
}

static bool count(sqlite3 *db, const char *path, const char *query, uint64_t *n, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false;
    bool const ok = case_prepare(db, path, query, &s, e) && case_next(db, path, s, &more, e);

    *n = ok && more ? case_number(s, 0) : 0;
    sqlite3_finalize(s);
    return ok;
}

bool incident_case_check(const char *path, bool (*fault)(void *ctx, const struct incident_case_fault *f, struct err *e),
                         void *ctx, struct incident_case_totals *n, struct err *e) {
    sqlite3 *db = NULL;
    bool there, ok = incident_case_there(path, &there, e);

    *n = (struct incident_case_totals){0};
    if (!ok || !there)
        return ok;
    ok = tables_open(&db, path, e) && count(db, path, "SELECT count(*) FROM incident", &n->incidents, e) &&
         count(db, path, "SELECT count(*) FROM behaviour", &n->behaviours, e) &&
         count(db, path, "SELECT count(*) FROM door", &n->doors, e);
    for (size_t i = 0; ok && i < COUNT(checks); i++)
        ok = check(db, path, i, fault, ctx, n, e);
    sqlite3_close(db);
    return ok;
}

/* ---- what is said ---- */

#define CLUE "title, reason, tactic, technique, level, weight, first, last, events, alike, among"
#define PROOF "evidence_sha256, record, offset"
#define ENTITY(position)                                                                                               \
    "(SELECT n.type || ' ' || n.name FROM incident_entity n WHERE n.incident = v.incident AND n.position = "           \
    "v." position ")"

/* Parts of it, each in an order of its own: where two things are told in another order nothing else is said. */
static const char *const behaviour_parts[] = {
    "SELECT id, " CLUE " FROM behaviour v WHERE v.number = ?",
    "SELECT time_ns, last, act, outcome, events, items, amount, account, target, host, address, server, program, "
    "session, object, verb, detail, tenant, kind, " PROOF ", salvaged, unsure FROM behaviour_event v WHERE v.behaviour "
    "= ? ORDER BY 1, 20, 21, 22, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19",
};
static const char *const incident_parts[] = {
    "SELECT title, level, score, first, last, state, began, " PROOF " FROM incident v WHERE v.number = ?",
    "SELECT c.type, c.id, " CLUE " FROM incident_clue v JOIN clue c ON c.number = v.clue WHERE v.incident = ? ORDER BY "
    "1, 2, 3, 4, 8, 9, 10, 11",
    "SELECT time_ns, last, tactic, technique, what, act, account, target, host, address, program, session, object, "
    "detail, events, items, amount, " PROOF ", (SELECT c.type || ' ' || c.id || ' ' || c.title FROM clue c WHERE "
    "c.number = v.clue) FROM incident_event v WHERE v.incident = ? ORDER BY 1, 18, 19, 20, 5, 6, 21",
    "SELECT type, role, name, note, shared, first, last, events FROM incident_entity v WHERE v.incident = ? ORDER BY "
    "1, 2, 3",
    "SELECT " ENTITY("from_entity") ", " ENTITY("to_entity") ", what, events, first, last FROM incident_link v WHERE "
                                                             "v.incident = ? ORDER BY 1, 2, 3, 4, 5",
    "SELECT type, name, detail, first, last, events, items, amount, " PROOF " FROM incident_reach v WHERE v.incident = "
    "? ORDER BY 1, 2, 3, 4, 9, 10, 11",
    "SELECT tactic, first, last, events FROM incident_phase v WHERE v.incident = ? ORDER BY 1, 2",
    "SELECT kind, identity, account, host, object, opened, last_used, closed, state, how, opened_sha256, "
    "opened_record, opened_offset, used_sha256, used_record, used_offset, closed_sha256, closed_record, closed_offset "
    "FROM door v WHERE v.incident = ? ORDER BY 1, 2, 3, 4, 5, 6",
};
#define PARTS_MAX COUNT(incident_parts)

/* A column by its type, its length and its bytes, so that no two rows are the same bytes. */
static void column_hash(struct sha256 *h, sqlite3_stmt *s, int i) {
    str const text = case_text(s, i);
    uint64_t const head[] = {(uint64_t)sqlite3_column_type(s, i), text.len};

    sha256_add(h, (str){(const char *)head, sizeof head});
    sha256_add(h, text);
}

static bool part_hash(sqlite3 *db, const char *path, sqlite3_stmt *s, uint64_t number, struct sha256 *h,
                      struct err *e) {
    uint64_t rows = 0;
    bool more = false, ok = true;

    sqlite3_reset(s);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)number);
    for (; (ok = case_next(db, path, s, &more, e)) && more; rows++)
        for (int i = 0; i < sqlite3_column_count(s); i++)
            column_hash(h, s, i);
    sha256_add(h, (str){(const char *)&rows, sizeof rows});
    return ok;
}

static bool said(sqlite3 *db, const char *path, enum incident_case_of of, const char *numbers, const char *const *parts,
                 size_t part_count,
                 bool (*each)(void *ctx, enum incident_case_of of, uint64_t number, const uint8_t hash[SHA256_SIZE],
                              struct err *e),
                 void *ctx, struct err *e) {
    sqlite3_stmt *part[PARTS_MAX] = {NULL}, *s = NULL;
    bool more = false, ok = case_prepare(db, path, numbers, &s, e);
    uint8_t hash[SHA256_SIZE];

    for (size_t i = 0; ok && i < part_count; i++)
        ok = case_prepare(db, path, parts[i], &part[i], e);
    while (ok && (ok = case_next(db, path, s, &more, e)) && more) {
        struct sha256 *const h = sha256_new();

        ok = h || err_set(e, ERR_MEMORY, 0, "no memory to compare incidents");
        if (ok)
            sha256_add(h, of == INCIDENT_CASE_INCIDENT ? S("incident") : S("behaviour"));
        for (size_t i = 0; ok && i < part_count; i++)
            ok = part_hash(db, path, part[i], case_number(s, 0), h, e);
        if (ok) {
            sha256_end(h, hash);
            ok = each(ctx, of, case_number(s, 0), hash, e);
        }
        sha256_free(h);
    }
    sqlite3_finalize(s);
    for (size_t i = 0; i < part_count; i++)
        sqlite3_finalize(part[i]);
    return ok;
}

bool incident_case_said(const char *path,
                        bool (*each)(void *ctx, enum incident_case_of of, uint64_t number,
                                     const uint8_t hash[SHA256_SIZE], struct err *e),
                        void *ctx, struct err *e) {
    sqlite3 *db = NULL;
    bool there, ok = incident_case_there(path, &there, e);

    if (!ok || !there)
        return ok;
    ok = tables_open(&db, path, e) &&
         said(db, path, INCIDENT_CASE_BEHAVIOUR, "SELECT number FROM behaviour ORDER BY number", behaviour_parts,
              COUNT(behaviour_parts), each, ctx, e) &&
         said(db, path, INCIDENT_CASE_INCIDENT, "SELECT number FROM incident ORDER BY number", incident_parts,
              COUNT(incident_parts), each, ctx, e);
    sqlite3_close(db);
    return ok;
}
