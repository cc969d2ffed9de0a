/* yara_case: the tables are there when there were YARA rules. */
#include "report/yara_case.h"

#include <assert.h>

#include "base/buf.h"
#include "report/case_own.h"
#include "report/yara_text.h"

static const char schema[] =
    "CREATE TABLE yara_finding (number INTEGER PRIMARY KEY, rule TEXT NOT NULL, level TEXT NOT NULL,"
    " rules_path TEXT NOT NULL, rules_line INTEGER NOT NULL, description TEXT NOT NULL, malware TEXT NOT NULL,"
    " of_group TEXT NOT NULL, evidence_path TEXT NOT NULL, evidence_sha256 TEXT NOT NULL, attachment INTEGER NOT NULL,"
    " name TEXT NOT NULL, record INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,"
    " sha256 TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
    "CREATE TABLE yara_omission (evidence_path TEXT NOT NULL, attachment INTEGER NOT NULL, name TEXT NOT NULL,"
    " record INTEGER NOT NULL, offset INTEGER NOT NULL, why TEXT NOT NULL) STRICT;"
    "CREATE TABLE yara_rule (path TEXT NOT NULL, line INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,"
    " reason TEXT NOT NULL, findings INTEGER NOT NULL) STRICT;";

enum statement { PUT_FINDING, PUT_OMISSION, PUT_RULE, STATEMENTS };
static const char *const statements[STATEMENTS] = {
    "INSERT INTO yara_finding VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO yara_omission VALUES (?,?,?,?,?,?)",
    "INSERT INTO yara_rule VALUES (?,?,?,?,?,?)",
};

struct yara_case {
    struct case_writer *writer;
    sqlite3 *db;
    sqlite3_stmt *put[STATEMENTS];
    struct buf json;
};

struct row {
    sqlite3_stmt *s;
    int at;
};

static bool db_failed(const struct yara_case *c, struct err *e) {
    return err_set(e, sqlite3_errcode(c->db) == SQLITE_NOMEM ? ERR_MEMORY : ERR_IO, 0, "case.db: %s",
                   sqlite3_errmsg(c->db));
}

static void put_text(struct row *r, str s) {
    sqlite3_bind_text64(r->s, ++r->at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void put_number(struct row *r, uint64_t n) {
    sqlite3_bind_int64(r->s, ++r->at, (sqlite3_int64)n);
}

static bool row_end(const struct yara_case *c, const struct row *r, struct err *e) {
    bool const ok = sqlite3_step(r->s) == SQLITE_DONE || db_failed(c, e);

    assert(r->at == sqlite3_bind_parameter_count(r->s));
    sqlite3_reset(r->s);
    sqlite3_clear_bindings(r->s);
    return ok;
}

bool yara_case_new(struct yara_case **out, struct case_writer *writer, struct err *e) {
    struct yara_case *const c = calloc(1, sizeof *c);
    bool ok;

    if (!c)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    c->writer = writer;
    c->db = case_writer_db(writer);
    ok = sqlite3_exec(c->db, schema, NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < STATEMENTS; i++)
        ok = sqlite3_prepare_v2(c->db, statements[i], -1, &c->put[i], NULL) == SQLITE_OK;
    if (!ok) {
        db_failed(c, e);
        yara_case_free(c);
        return false;
    }
    *out = c;
    return true;
}

void yara_case_free(struct yara_case *c) {
    if (!c)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->put[i]);
    buf_free(&c->json);
    free(c);
}

bool yara_case_finding(struct yara_case *c, const struct yara_finding *f, struct err *e) {
    const struct yara_rule *const rule = f->hit.rule;
    struct row r = {c->put[PUT_FINDING], 0};
    char hex[2 * SHA256_SIZE + 1];

    c->json.len = 0;
    yara_json(&c->json, f);
    if (c->json.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the case");
    sha256_hex(f->hit.sha256, hex);
    put_number(&r, f->number);
    put_text(&r, rule->name);
    put_text(&r, sigma_level_name(rule->level));
    put_text(&r, rule->path);
    put_number(&r, rule->line);
    put_text(&r, rule->description);
    put_text(&r, rule->malware);
    put_text(&r, rule->group);
    put_text(&r, f->evidence_path);
    put_text(&r, str_of(f->evidence_sha256));
    put_number(&r, f->attachment);
    put_text(&r, f->name);
    put_number(&r, f->record);
    put_number(&r, f->offset);
    put_number(&r, f->hit.size);
    put_text(&r, str_of(hex));
    put_text(&r, buf_str(&c->json));
    return row_end(c, &r, e) && case_writer_line(c->writer, &c->json, e);
}

bool yara_case_omission(struct yara_case *c, const struct yara_omission *o, struct err *e) {
    struct row r = {c->put[PUT_OMISSION], 0};

    put_text(&r, o->evidence_path);
    put_number(&r, o->attachment);
    put_text(&r, o->name);
    put_number(&r, o->record);
    put_number(&r, o->offset);
    put_text(&r, o->why);
    return row_end(c, &r, e);
}

static bool put_rule(struct yara_case *c, str path, unsigned line, str name, const char *status, str reason,
                     uint64_t findings, struct err *e) {
    struct row r = {c->put[PUT_RULE], 0};

    put_text(&r, path);
    put_number(&r, line);
    put_text(&r, name);
    put_text(&r, str_of(status));
    put_text(&r, reason);
    put_number(&r, findings);
    return row_end(c, &r, e);
}

static bool put_count(struct yara_case *c, const char *name, uint64_t n, struct err *e) {
    char text[24];

    snprintf(text, sizeof text, "%lu", (unsigned long)n);
    return case_writer_fact(c->writer, name, str_of(text), e);
}

bool yara_case_end(struct yara_case *c, const struct yara_set *set, const uint64_t *findings,
                   const struct yara_counts *counts, struct err *e) {
    for (size_t i = 0; i < yara_set_count(set); i++) {
        const struct yara_rule *const r = yara_set_rule(set, i);

        if (!put_rule(c, r->path, r->line, r->name, r->hidden ? "private" : "used", S(""), findings[i], e))
            return false;
    }
    for (size_t i = 0; i < yara_verdict_count(set); i++) {
        const struct yara_verdict *const v = yara_verdict_at(set, i);

        if (!put_rule(c, v->path, v->line, v->name, v->loaded ? "warning" : "refused", v->reason, 0, e))
            return false;
    }
    return put_count(c, "yara_files", counts->files, e) && put_count(c, "yara_attachments", counts->attachments, e) &&
           put_count(c, "yara_omissions", counts->omissions, e);
}
