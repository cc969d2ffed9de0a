/* test_case: the case directory: whole or not there, replaced only by a whole one, read back without trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/instant.h"
#include "report/assessment_case.h"
#include "report/case.h"
#include "../refuse.h"

static const struct sigma_rule rule = {
    .type = SIGMA_DETECTION, .id = STR("id-1"), .title = STR("Title"), .level = LEVEL_HIGH};
static const struct sigma_rule joined = {
    .type = SIGMA_CORRELATION, .id = STR("id-2"), .title = STR("Many"), .level = LEVEL_LOW};
static const struct detect_match matches[] = {{STR("A"), STR("1")}, {STR("B"), STR("x\0y")}, {STR("A"), STR("2")}};
static const struct finding_group groups[] = {{STR("User"), STR("eve")}};
static const struct finding_event events[] = {{&rule, 0, STR("log'.zip!a"), "aa", 1, 2},
                                              {&rule, 1, STR("b"), "bb", 3, 4}};

static struct finding finding_of(uint64_t number) {
    return (struct finding){.number = number,
                            .rule = &rule,
                            .when = INT64_C(1615723200000000000),
                            .kind = STR("k"),
                            .host = STR("h"),
                            .account = STR("a"),
                            .client_address = STR("192.0.2.1"),
                            .evidence_path = STR("log'.zip!a"),
                            .evidence_sha256 = "aa",
                            .record = 3,
                            .offset = UINT64_C(5000000000),
                            .salvaged = number == 2,
                            .time_text = STR("noon"),
                            .logsource = STR(""),
                            .matches = matches,
                            .match_count = 3};
}

/* Everything but finish; false: e says why. */
static bool fill(struct case_writer *w, uint64_t findings, struct err *e) {
    struct custody const line = {.path = STR("log'.zip!a"),
                                 .sha256 = "aa",
                                 .size = 10,
                                 .reader = "json",
                                 .not_read = STR(""),
                                 .records = 4,
                                 .zone = STR("+01:00"),
                                 .corrected = 5,
                                 .years = 6,
                                 .year_breaks = 7,
                                 .backs = 8,
                                 .back_s = 9,
                                 .twice = 2,
                                 .never = 3,
                                 .first = INSTANT_NONE,
                                 .last = INSTANT_NONE};
    struct custody const box = {.path = STR("log'.zip"),
                                .sha256 = "bb",
                                .size = 8,
                                .container = "zip",
                                .not_read = STR(""),
                                .zone = STR("UTC"),
                                .first = 0,
                                .last = 1};
    struct custody_damage const damage = {STR("log'.zip!a"), 3, 4, STR("no JSON")};
    struct custody_coverage const coverage = {STR("log'.zip!a"), "aa",        STR("H"), STR("Security"), 4,
                                              INSTANT_NONE,      INSTANT_NONE};
    struct custody_clock const right = {.path = STR("log'.zip!a"),
                                        .sha256 = "aa",
                                        .host = STR("H"),
                                        .field = STR("at"),
                                        .verdict = CLOCK_CORRECTED,
                                        .offset_s = -19800,
                                        .events = 4,
                                        .claims = 3,
                                        .agree = 2,
                                        .least_s = -19801,
                                        .most_s = 7};
    struct custody_gap const hole = {.type = GAP_RECORDS,
                                     .host = STR("H"),
                                     .log = STR("Security"),
                                     .from = 7,
                                     .to = UINT64_C(1) << 40,
                                     .after = INSTANT_NONE,
                                     .before = INSTANT_NONE};
    struct custody_gap const silence = {.type = GAP_SILENCE,
                                        .host = STR(""),
                                        .log = STR("acme/door"),
                                        .after = 0,
                                        .before = INT64_C(3600000000000),
                                        .usual_hours = 3};
    struct sigma_verdict const verdict = {
        .path = STR("r.yml"), .line = 1, .id = STR("id-1"), .title = STR("Title"), .reason = STR(""), .loaded = true};

    for (uint64_t i = 1; i <= findings; i++) {
        struct finding f = finding_of(i);

        if (i == 3) {
            f.rule = &joined;
            f.match_count = 0;
            f.groups = groups;
            f.group_count = 1;
            f.count = 2;
            f.events = events;
            f.event_count = 2;
        }
        if (!case_writer_finding(w, &f, e))
            return false;
    }
    return case_writer_coverage(w, &coverage, e) && case_writer_clock(w, &right, e) &&
           case_writer_custody(w, &box, e) && case_writer_custody(w, &line, e) && case_writer_duplicates(w, 2, 9, e) &&
           case_writer_gap(w, &hole, e) && case_writer_gap(w, &silence, e) && case_writer_damage(w, &damage, e) &&
           case_writer_rule(w, &verdict, "evaluated", findings, e) && case_writer_fact(w, "version", S("1 \"x\""), e);
}

static bool write_case(const char *path, bool force, uint64_t findings, struct err *e) {
    struct case_writer *w = NULL;
    bool const ok = case_writer_open(&w, path, force, e) && fill(w, findings, e) && case_writer_finish(w, e);

    if (w)
        case_writer_close(w);
    return ok;
}

/* Is anything in the directory but the names given? */
static void only(const char *names) {
    char command[256];

    snprintf(command, sizeof command, "test \"$(ls -A | tr '\\n' ' ')\" = '%s'", names);
    if (system(command) != 0) {
        (void)!system("ls -lA >&2");
        fail_msg("not only '%s'", names);
    }
}

static size_t lines(const char *path) {
    struct buf b = {0};
    struct err e = {0};
    size_t n = 0;

    if (!file_read(path, 1 << 20, &b, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < b.len; i++)
        n += b.ptr[i] == '\n';
    buf_free(&b);
    return n;
}

static int64_t ask(const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *s;

    assert_int_equal(sqlite3_open_v2("case/case.db", &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t const n = sqlite3_column_int64(s, 0);

    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void change(const char *sql) {
    sqlite3 *db;

    assert_int_equal(sqlite3_open("case/case.db", &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void whole(void **state) {
    struct err e = {0};
    (void)state;

    if (!write_case("case/", false, 4, &e))
        fail_msg("%s", e.text);
    only("case ");
    assert_int_equal(lines("case/findings.jsonl"), 3);
    assert_int_equal(lines("case/salvaged.jsonl"), 1);
    assert_int_equal(lines("case/findings.csv"), 4);
    assert_int_equal(lines("case/timesketch.jsonl"), 3);
    assert_int_equal(lines("case/manifest.json"), 1);
    assert_int_equal(ask("SELECT count(*) FROM findings"), 4);
    assert_int_equal(ask("SELECT number FROM findings WHERE salvaged"), 2);
    assert_int_equal(ask("SELECT count(*) FROM finding_events WHERE finding = 3"), 2);
    assert_int_equal(ask("SELECT count(*) FROM custody"), 2);
    assert_int_equal(ask("SELECT size FROM damage"), 4);
    assert_int_equal(ask("SELECT findings FROM rules"), 4);
    assert_int_equal(ask("SELECT value = '1 \"x\"' FROM facts"), 1);
    assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'"), 0);
    assert_int_equal(ask("SELECT count(*) FROM findings WHERE NOT json_valid(json)"), 0);
    /* The manifest's hashes are those of the files. */
    assert_int_equal(system("python3 -c \"import json,hashlib; m=json.load(open('case/manifest.json'));"
                            "assert m['version']=='1 \\\"x\\\"' and len(m['files'])==6, m;"
                            "[(_ for _ in ()).throw(SystemExit(f)) for f in m['files']"
                            " if hashlib.sha256(open('case/'+f['name'],'rb').read()).hexdigest()!=f['sha256']]\""),
                     0);
}

static bool is(const char *path, const char *want) {
    struct buf b = {0};
    struct err e = {0};

    if (!file_read(path, 1 << 20, &b, &e))
        fail_msg("%s", e.text);
    bool const same = str_eq(buf_str(&b), str_of(want));

    if (!same)
        print_error("%s:\n%.*s", path, STR_ARG(buf_str(&b)));
    buf_free(&b);
    return same;
}

/* A finding without time, one that was salvaged, one of each: which file has which, and how lines end. */
static void which_file_has_what(void **state) {
    struct case_writer *w = NULL;
    struct err e = {0};
    (void)state;

    assert_true(case_writer_open(&w, "case", false, &e));
    for (uint64_t i = 1; i <= 3; i++) {
        struct finding f = finding_of(i); /* the second is salvaged */

        f.match_count = 0;
        f.host = S("a,b");
        if (i == 3)
            f.when = INSTANT_NONE;
        assert_true(case_writer_finding(w, &f, &e));
    }
    assert_true(case_writer_fact(w, "version", S("1"), &e) && case_writer_finish(w, &e));
    case_writer_close(w);
#define BEGIN(n)                                                                                                       \
    "{\"finding\":" n ",\"rule_id\":\"id-1\",\"rule_title\":\"Title\",\"level\":\"high\",\"tags\":[],\"time\":"
#define TIME "\"2021-03-14T12:00:00Z\",\"time_zone\":\"given\""
#define END(salvaged)                                                                                                  \
    ",\"time_text\":\"noon\",\"kind\":\"k\",\"host\":\"a,b\",\"account\":\"a\",\"client\":{\"address\":\"192.0.2.1\"}" \
    ",\"evidence_path\":\"log'.zip!a\","                                                                               \
    "\"evidence_sha256\":\"aa\","                                                                                      \
    "\"record\":3,"                                                                                                    \
    "\"offset\":5000000000" salvaged ",\"matched\":{}}\n"
    assert_true(is("case/findings.jsonl", BEGIN("1") TIME END("") BEGIN("3") "null" END("")));
    assert_true(is("case/salvaged.jsonl", BEGIN("2") TIME END(",\"salvaged\":true")));
    assert_true(is("case/findings.csv",
                   "finding,time,level,rule_title,rule_id,kind,host,account,matched,events,first,"
                   "last,evidence_path,evidence_sha256,"
                   "record,offset,salvaged,time_zone,time_text,client_address,client_network\r\n"
                   "1,2021-03-14T12:00:00Z,high,Title,id-1,k,\"a,b\",a,,1,2021-03-14T12:00:00Z,"
                   "2021-03-14T12:00:00Z,log'.zip!a,aa,3,"
                   "5000000000,no,given,noon,192.0.2.1,\r\n"
                   "3,,high,Title,id-1,k,\"a,b\",a,,1,,,log'.zip!a,aa,3,5000000000,no,,noon,192.0.2.1,\r\n"));
    assert_int_equal(lines("case/timesketch.jsonl"), 1);
    assert_int_equal(ask("SELECT count(*) FROM findings WHERE time IS NULL AND time_ns IS NULL AND number = 3"), 1);
    assert_int_equal(ask("SELECT time_ns = 1615723200000000000 AND salvaged FROM findings WHERE number = 2"), 1);
    assert_int_equal(ask("SELECT json ->> '$.salvaged' FROM findings WHERE number = 2"), 1);
    assert_int_equal(ask("PRAGMA application_id"), 1282303863);
    assert_int_equal(ask("PRAGMA user_version"), 6);
}

static bool assessed(void *ctx, uint32_t incident, str json, struct err *e) {
    static const char *const rows[] = {"{\"not_judged\":\"none, and \\\"why\\\"\"}", "{\"a\":1}"};
    uint32_t *const next = ctx;
    (void)e;

    assert_true(*next < COUNT(rows));
    assert_int_equal(incident, *next * 7);
    assert_true(str_eq(json, str_of(rows[*next])));
    ++*next;
    return true;
}

/* What was written is read from the folder before the rest is written, as often as one likes; and assessments come back as they went. */
static void read_while_written(void **state) {
    struct arena *const a = arena_new(8 << 20);
    struct case_writer *w = NULL;
    struct case_place p = {0};
    struct err e = {0};
    uint32_t next = 0;
    (void)state;

    assert_true(case_writer_open(&w, "case", false, &e));
    for (uint64_t i = 1; i <= 2; i++) {
        struct finding const f = finding_of(i);

        assert_true(case_writer_finding(w, &f, &e));
        assert_true(case_writer_settle(w, &e));
        if (!case_find(case_writer_folder(w), i, a, &p, &e))
            fail_msg("%s", e.text);
        assert_false(case_find(case_writer_folder(w), i + 1, a, &p, &e));
        assert_int_equal(e.code, ERR_USAGE);
    }
    assert_true(assessment_case_write(w, 7, S("{\"a\":1}"), &e));
    assert_false(assessment_case_write(w, 7, S("{}"), &e)); /* one of each incident */
    assert_true(assessment_case_none(w, 0, S("none, and \"why\""), &e));
    assert_true(case_writer_settle(w, &e));
    assert_true(assessment_case_read(case_writer_folder(w), assessed, &next, &e) && next == 2);
    assert_true(case_writer_fact(w, "version", S("1"), &e) && case_writer_finish(w, &e));
    case_writer_close(w);
    next = 0;
    assert_true(assessment_case_read("case", assessed, &next, &e) && next == 2);
    assert_int_equal(ask("SELECT count(*) FROM findings"), 2);
    assert_int_equal(ask("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'"), 0);
    assert_false(assessment_case_read("none", assessed, &next, &e));
    arena_free(a);
}

static void found_again(void **state) {
    struct arena *const a = arena_new(8 << 20);
    struct case_place p = {0};
    struct err e = {0};
    (void)state;

    assert_true(write_case("case", false, 3, &e));
    if (!case_find("case", 2, a, &p, &e))
        fail_msg("%s", e.text);
    assert_true(str_eq(p.evidence_path, S("log'.zip!a")) && str_eq(p.sha256, S("aa")) && str_eq(p.reader, S("json")));
    assert_true(str_eq(p.rule_title, S("Title")) && str_eq(p.level, S("high")) && p.salvaged);
    assert_int_equal(p.offset, UINT64_C(5000000000));
    assert_int_equal(p.record, 3);
    assert_int_equal(p.match_count, 3);
    assert_true(str_eq(p.matches[0].name, S("A")) && str_eq(p.matches[0].value, S("1")));
    assert_true(str_eq(p.matches[1].name, S("A")) && str_eq(p.matches[1].value, S("2")));
    assert_true(str_eq(p.matches[2].name, S("B")));
    assert_int_equal(p.event_count, 0);
    assert_true(case_find("case", 3, a, &p, &e));
    assert_int_equal(p.event_count, 2);
    assert_true(str_eq(p.matches[0].name, S("User")) && str_eq(p.matches[0].value, S("eve")));
    for (size_t i = 0; i < 3; i++) {
        static const uint64_t none[] = {0, 4, UINT64_MAX};

        assert_false(case_find("case", none[i], a, &p, &e));
        assert_int_equal(e.code, ERR_USAGE);
    }
    assert_false(case_find("nowhere", 1, a, &p, &e));
    assert_int_equal(e.code, ERR_USAGE);
    arena_free(a);
}

/* What a stranger's case.db may be. */
static const struct {
    const char *name, *sql, *shell; /* what is done to it */
    enum err_code code;
} hostile[] = {
    {"another application", "PRAGMA application_id = 1", NULL, ERR_USAGE},
    {"another version", "PRAGMA user_version = 7", NULL, ERR_USAGE},
    {"no database", NULL, "echo hello, this is no database at all >case/case.db", ERR_CORRUPT},
    {"empty", NULL, ": >case/case.db", ERR_USAGE},
    {"a pipe", NULL, "rm case/case.db && mkfifo case/case.db", ERR_USAGE},
    {"a folder", NULL, "rm case/case.db && mkdir case/case.db", ERR_USAGE},
    {"no table", "DROP TABLE findings", NULL, ERR_CORRUPT},
    {"broken JSON", "UPDATE findings SET json = '{'", NULL, ERR_CORRUPT},
    {"a view without end",
     "ALTER TABLE findings RENAME TO f; CREATE VIEW findings AS WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL"
     " SELECT n + 1 FROM r) SELECT f.* FROM f, r WHERE r.n < 0",
     NULL, ERR_CORRUPT},
    {"cut in the middle", NULL, "truncate -s 9000 case/case.db", ERR_CORRUPT},
};

static void a_strangers_case(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct arena *const a = arena_new(8 << 20);
        struct case_place p = {0};
        struct err e = {0};

        assert_int_equal(system("rm -rf case"), 0);
        assert_true(write_case("case", false, 3, &e));
        if (hostile[i].sql)
            change(hostile[i].sql);
        else
            assert_int_equal(system(hostile[i].shell), 0);
        if (case_find("case", 1, a, &p, &e) || e.code != hostile[i].code)
            fail_msg("%s: %d %s", hostile[i].name, e.code, e.text);
        arena_free(a);
    }
}

/* What is read of a ledger is what was written. */
static bool file_came(void *ctx, const struct custody *line, struct err *e) {
    (void)e;
    buf_format(ctx, "file %.*s %s %lu %s %s %lu dup %lu assumed %lu %d %d %.*s %lu%lu%lu%lu%lu%lu%lu\n",
               STR_ARG(line->path), line->sha256, (unsigned long)line->size, line->reader ? line->reader : "-",
               line->container ? line->container : "-", (unsigned long)line->records, (unsigned long)line->duplicates,
               (unsigned long)line->assumed, line->first == INSTANT_NONE, line->last == 1, STR_ARG(line->zone),
               (unsigned long)line->corrected, (unsigned long)line->years, (unsigned long)line->year_breaks,
               (unsigned long)line->backs, (unsigned long)line->back_s, (unsigned long)line->twice,
               (unsigned long)line->never);
    return true;
}

static bool coverage_came(void *ctx, const struct custody_coverage *c, struct err *e) {
    (void)e;
    buf_format(ctx, "coverage %.*s %s %.*s %.*s %lu %d\n", STR_ARG(c->path), c->sha256, STR_ARG(c->host),
               STR_ARG(c->log), (unsigned long)c->events, c->first == INSTANT_NONE);
    return true;
}

static bool clock_came(void *ctx, const struct custody_clock *c, struct err *e) {
    (void)e;
    buf_format(ctx, "clock %.*s %s %.*s %.*s %.*s %ld %lu %lu %lu %ld %ld\n", STR_ARG(c->path), c->sha256,
               STR_ARG(c->host), STR_ARG(c->field), STR_ARG(clock_verdict_name(c->verdict)), (long)c->offset_s,
               (unsigned long)c->events, (unsigned long)c->claims, (unsigned long)c->agree, (long)c->least_s,
               (long)c->most_s);
    return true;
}

static bool damage_came(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)e;
    buf_format(ctx, "damage %.*s %lu %lu %.*s\n", STR_ARG(d->path), (unsigned long)d->offset, (unsigned long)d->size,
               STR_ARG(d->why));
    return true;
}

static bool gap_came(void *ctx, const struct custody_gap *g, struct err *e) {
    (void)e;
    buf_format(ctx, "gap %d %.*s %.*s %lu %lu %d %ld %lu\n", g->type == GAP_SILENCE, STR_ARG(g->host), STR_ARG(g->log),
               (unsigned long)g->from, (unsigned long)g->to, g->after == INSTANT_NONE, (long)g->before,
               (unsigned long)g->usual_hours);
    return true;
}

static bool stop_at_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    (void)ctx;
    (void)g;
    return err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void a_ledger(void **state) {
    struct buf b = {0};
    struct case_ledger_visitor v = {file_came, coverage_came, clock_came, damage_came, gap_came, &b};
    struct err e = {0};
    (void)state;

    assert_true(write_case("case", false, 1, &e));
    if (!case_ledger("case", &v, &e))
        fail_msg("%s", e.text);
    str const want = S("file log'.zip bb 8 - zip 0 dup 0 assumed 0 0 1 UTC 0000000\n"
                       "file log'.zip!a aa 10 json - 4 dup 9 assumed 0 1 0 +01:00 5678923\n"
                       "coverage log'.zip!a aa H Security 4 1\n"
                       "clock log'.zip!a aa H at corrected -19800 4 3 2 -19801 7\n"
                       "damage log'.zip!a 3 4 no JSON\n"
                       "gap 0 H Security 7 1099511627776 1 -9223372036854775808 0\n"
                       "gap 1  acme/door 0 0 0 3600000000000 3\n");
    if (!str_eq(buf_str(&b), want))
        fail_msg("%.*s", STR_ARG(buf_str(&b)));
    v.gap = stop_at_gap;
    assert_false(case_ledger("case", &v, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    buf_free(&b);
}

/* Cases of others, and of older versions: found in, as before, but without a ledger. */
static void no_ledger(void **state) {
    static const struct {
        const char *name, *sql;
        enum err_code code;
    } cases[] = {
        {"of an older version", "PRAGMA user_version = 1", ERR_USAGE},
        {"of one without clocks", "PRAGMA user_version = 2", ERR_USAGE},
        {"of one without zones by name", "PRAGMA user_version = 3", ERR_USAGE},
        {"a verdict that is none", "UPDATE clocks SET verdict = 'odd'", ERR_CORRUPT},
        {"of a newer version", "PRAGMA user_version = 7", ERR_USAGE},
        {"without a table", "DROP TABLE gaps", ERR_CORRUPT},
        {"a view without end",
         "DROP TABLE gaps; CREATE VIEW gaps AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
         "'x' "
         "AS type, 'x' AS host, 'x' AS log, i AS first_missing, i AS last_missing, NULL AS after, NULL AS before, i AS "
         "usual_hours FROM n",
         ERR_CORRUPT},
        {"without a column", "ALTER TABLE damage DROP COLUMN why", ERR_CORRUPT},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *const a = arena_new(8 << 20);
        struct buf b = {0};
        struct case_ledger_visitor const v = {file_came, coverage_came, clock_came, damage_came, gap_came, &b};
        struct case_place p = {0};
        struct err e = {0};

        assert_int_equal(system("rm -rf case"), 0);
        assert_true(write_case("case", false, 1, &e));
        change(cases[i].sql);
        if (case_ledger("case", &v, &e) || e.code != cases[i].code)
            fail_msg("%s: %d %s", cases[i].name, e.code, e.text);
        if (i == 0 && !case_find("case", 1, a, &p, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        buf_free(&b);
        arena_free(a);
    }
}

static void never_replaced(void **state) {
    struct err e = {0};
    (void)state;

    assert_true(write_case("case", false, 1, &e));
    assert_false(write_case("case", false, 2, &e)); /* without force */
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(lines("case/findings.jsonl"), 1);
    assert_true(write_case("case", true, 3, &e)); /* with it */
    assert_int_equal(lines("case/findings.jsonl"), 2);
    assert_true(write_case("new", true, 1, &e)); /* force where there is nothing */
    only("case new ");
    /* What is no case, or a case with something of the user's in it. */
    assert_int_equal(system("mkdir empty mine; echo x >mine/notes.txt; touch file case/notes.txt; ln -s new link"), 0);
    static const char *const kept[] = {"empty", "mine", "file", "case", "link", "", "nowhere/case"};

    for (size_t i = 0; i < COUNT(kept); i++) {
        e = (struct err){0};
        if (write_case(kept[i], true, 1, &e))
            fail_msg("%s was replaced", kept[i]);
        assert_int_not_equal(e.code, ERR_NONE);
    }
    only("case empty file link mine new ");
    assert_int_equal(lines("case/findings.jsonl"), 2);
}

static void dropped(void **state) {
    struct case_writer *w = NULL;
    struct err e = {0};
    (void)state;

    assert_true(case_writer_open(&w, "case", false, &e));
    assert_true(fill(w, 2, &e));
    case_writer_close(w);
    case_writer_close(NULL);
    only("");
}

/* Another took the name meanwhile: it stays, also when it is empty. */
static void taken_meanwhile(void **state) {
    struct case_writer *w = NULL;
    struct err e = {0};
    (void)state;

    assert_true(case_writer_open(&w, "case", false, &e));
    assert_true(fill(w, 1, &e));
    assert_int_equal(mkdir("case", 0700), 0);
    assert_false(case_writer_finish(w, &e));
    assert_int_equal(e.code, ERR_IO);
    case_writer_close(w);
    only("case ");
    assert_int_equal(rmdir("case"), 0);
}

/* The disk is full at every place it can be: no file may outgrow the limit, which rises until all fits. The old case
 * stays as it was until then. */
static void full_disk(void **state) {
    struct rlimit before;
    struct err e = {0};
    bool done = false;
    size_t failures = 0;
    (void)state;

    assert_true(write_case("case", false, 1, &e));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t limit = 0; !done; limit += limit < 4096 ? 1024 : 4096) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, before.rlim_max}), 0);
        e = (struct err){0};
        done = write_case("case", true, 60, &e);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        only("case ");
        if (!done) {
            assert_int_equal(e.code, ERR_IO);
            assert_int_equal(lines("case/findings.jsonl"), 1);
            failures++;
        }
        assert_true(limit < (16 << 20));
    }
    assert_true(failures > 3);
    assert_int_equal(lines("case/findings.jsonl"), 59);
}

/* The same for memory, SQLite's and the C library's among it: each request is refused once, or that one and all behind it.
 * What is not lost to it (SQLite does without some) is whole. */
static void memory_may_run_out(void **state) {
    struct err e = {0};
    size_t failures = 0;
    (void)state;

    REFUSE_OR_SKIP();
    assert_true(write_case("case", false, 1, &e));
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n += 1 + n / 6) {
            bool ok;

            e = (struct err){0};
            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = n;
            ok = write_case("case", true, 12, &e);
            memory_left = -1;
            only("case ");
            if (lines("case/findings.jsonl") != (ok ? 11u : 1u))
                fail_msg("request %ld of %d: %s, %zu lines, %s", n, for_good, ok ? "written" : "not",
                         lines("case/findings.jsonl"), e.text);
            if (ok)
                assert_int_equal(ask("SELECT count(*) FROM findings"), 12);
            else if (e.code != ERR_MEMORY && e.code != ERR_IO)
                fail_msg("request %ld: %d, %s", n, e.code, e.text);
            failures += !ok;
            if (ok)
                assert_true(write_case("case", true, 1, &e)); /* the next must be seen to leave it as it was */
            if (!memory_refused)
                break;
            assert_true(n < 1000000);
        }
    assert_true(failures > 20);
}

/* Names that mean something in a URI, and a finding of which little is known. */
static void odd_names(void **state) {
    static const char *const names[] = {"100%", "what?", "#1", "a b&c=d", "%2e", "\xc3\xa4"};
    struct arena *const a = arena_new(8 << 20);
    struct err e = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        struct case_place p = {0};
        struct case_writer *w = NULL;
        struct finding f = finding_of(1);

        f.when = INSTANT_NONE;
        f.evidence_path = S("nowhere");
        if (!case_writer_open(&w, names[i], false, &e) || !case_writer_finding(w, &f, &e) || !case_writer_finish(w, &e))
            fail_msg("%s: %s", names[i], e.text);
        case_writer_close(w);
        if (!case_find(names[i], 1, a, &p, &e))
            fail_msg("%s: %s", names[i], e.text);
        assert_true(str_eq(p.evidence_path, S("nowhere")) && p.reader.len == 0 && p.time.len == 0);
        assert_false(case_find(names[i], 2, a, &p, &e));
        arena_reset(a);
    }
    arena_free(a);
}

/* Killed at any moment, nothing half-written stands under the name. */
static void killed(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        pid_t const child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0) {
            struct err e;

            (void)!write_case("case", true, 200, &e);
            _exit(0);
        }
        usleep((useconds_t)(i * 1500));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (access("case", F_OK) == 0)
            assert_int_equal(lines("case/manifest.json"), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(which_file_has_what, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(read_while_written, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(found_again, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(a_strangers_case, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(a_ledger, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(no_ledger, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(never_replaced, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(dropped, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(taken_meanwhile, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(full_disk, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(memory_may_run_out, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(odd_names, folder_enter, folder_leave),
        cmocka_unit_test_setup_teardown(killed, folder_enter, folder_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
