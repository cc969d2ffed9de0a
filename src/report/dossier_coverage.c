/* dossier_coverage: what was looked at and what could not be seen; methods; the ledger. */
#include <inttypes.h>

#include "evidence/custody.h"
#include "report/dossier_own.h"

static void section(struct dossier *d, const char *id, const char *title) {
    dossier_format(d, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n", id, id, id, title);
}

/* ---- what was looked at ---- */

/* A table of logs: log, host (or how many), events, first, last, files. */
struct logs {
    const char *count, *query, *caption, *host; /* host: the heading */
    bool hosts;                                 /* the second column is how many there are */
};

static void log_host(struct dossier *d, const struct logs *l, sqlite3_stmt *s) {
    str const host = case_text(s, 1);

    if (l->hosts && case_number(s, 6) > 1)
        dossier_format(d, "%lu hosts", (unsigned long)case_number(s, 6));
    else if (str_eq(host, S("*")))
        dossier_put(d, "many");
    else if (host.len)
        dossier_text(d, host, DOSSIER_SHORT);
    else
        dossier_put(d, "—");
}

static bool logs_table(struct dossier *d, const struct logs *l, uint64_t *all, struct err *e) {
    const char *const heads[] = {"Log", l->host, "#Events", "First", "Last", "#Files", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t shown = 0;
    bool more = true, ok = dossier_count(d, l->count, all, e) && (!*all || dossier_ask(d, l->query, &s, e));

    if (!ok || !*all)
        return ok;
    dossier_table(d, &t, l->caption, heads);
    for (; shown < DOSSIER_LOGS && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_text(d, case_text(s, 0), DOSSIER_SHORT);
        dossier_cell(d, &t);
        log_host(d, l, s);
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 2));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 3));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 4));
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 5));
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, shown, *all, "<code>case.db</code>, table coverage");
    sqlite3_finalize(s);
    return ok;
}

static bool logs(struct dossier *d, struct err *e) {
    static const struct logs by_log = {
        "SELECT count(DISTINCT log) FROM coverage",
        "SELECT log, min(host), min(total(events), 9e18), min(first), max(last), count(DISTINCT path || char(0) || "
        "sha256), "
        "count(DISTINCT host) FROM coverage GROUP BY log ORDER BY total(events) DESC, log",
        "What was read of which log, and from when to when", "Host", true};
    static const struct logs by_host = {
        "SELECT count(*) FROM (SELECT 1 FROM coverage GROUP BY log, host)",
        "SELECT log, host, min(total(events), 9e18), min(first), max(last), count(*) FROM coverage "
        "GROUP BY log, host ORDER BY total(events) DESC, log, host",
        "The same, host by host", "Host", false};
    uint64_t logs_there = 0, all = 0;

    dossier_put(d, "<h3>Logs</h3>\n");
    if (!logs_table(d, &by_log, &logs_there, e) || !dossier_count(d, by_host.count, &all, e))
        return false;
    if (!logs_there)
        dossier_put(d, "<p class=\"warn\">No log was read: nothing in this dossier is an answer.</p>\n");
    if (all <= logs_there)
        return true;
    dossier_put(d, "<details><summary>Host by host</summary>\n");
    bool const ok = logs_table(d, &by_host, &all, e);

    dossier_put(d, "</details>\n");
    return ok;
}

static bool gaps(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Log", "Host", "What is missing", "From", "To", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true, ok = dossier_count(d, "SELECT count(*) FROM gaps", &all, e) &&
                           dossier_ask(d,
                                       "SELECT type, log, host, first_missing, last_missing, after, before, "
                                       "usual_hours FROM gaps ORDER BY rowid",
                                       &s, e);

    dossier_put(d, "<h3 id=\"gaps\">Gaps</h3>\n");
    if (ok && !all)
        dossier_put(d,
                    "<p>No gap was found: no record numbers are missing, and no log is silent for much longer than is "
                    "usual.</p>\n");
    if (ok && all) {
        dossier_table(d, &t, "Where the logs have nothing, and somebody may have acted unseen", heads);
        for (; shown < DOSSIER_GAPS && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            bool const silence = str_eq(case_text(s, 0), S("silence"));

            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 1), DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 2), DOSSIER_SHORT);
            dossier_cell(d, &t);
            if (silence) {
                dossier_put(d, "all events; it is silent for ");
                dossier_some(d, case_number(s, 7), "hour", "hours");
                dossier_put(d, " at most otherwise");
            } else {
                dossier_put(d, "records ");
                dossier_number(d, case_number(s, 3));
                dossier_put(d, " to ");
                dossier_number(d, case_number(s, 4));
            }
            dossier_cell(d, &t);
            dossier_time(d, case_time(s, 5));
            dossier_cell(d, &t);
            dossier_time(d, case_time(s, 6));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table gaps");
    }
    sqlite3_finalize(s);
    return ok;
}

static bool unread(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"File", "Why", "#Places", "#Bytes", NULL};
    static const char query[] =
        "SELECT path, not_read, 0, size FROM custody WHERE not_read NOT IN ('', '" CUSTODY_EMPTY "', '" CUSTODY_PROSE
        "') UNION ALL SELECT path, min(why), count(*), min(total(size), 9e18) FROM damage GROUP BY path ORDER BY 1, 3";
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0, prose = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(DISTINCT path) FROM damage", &all, e) &&
              dossier_count(d, "SELECT count(*) FROM custody WHERE not_read = '" CUSTODY_PROSE "'", &prose, e) &&
              dossier_ask(d, query, &s, e);

    all += d->unread;
    dossier_put(d, "<h3 id=\"unread\">Not read, or not whole</h3>\n");
    if (ok && !all)
        dossier_put(d, "<p>Every file was read to its end.</p>\n");
    if (ok && all) {
        dossier_table(d, &t, "Files that nobody read, and places in files that could not be read", heads);
        for (; shown < DOSSIER_FILES / 2 && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 0), 3 * DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 1), DOSSIER_SHORT);
            dossier_cell(d, &t);
            if (case_number(s, 2))
                dossier_number(d, case_number(s, 2));
            else
                dossier_put(d, "all of it");
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 3));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, tables custody and damage");
    }
    if (ok && prose) {
        dossier_put(d, "<p>");
        dossier_some(d, prose, "file is prose and no log", "files are prose and no logs");
        dossier_put(d, ".</p>\n");
    }
    sqlite3_finalize(s);
    return ok;
}

/* Rules that were not asked, or had no data: never "no hit". */
static bool rules_unasked(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Rule", "State", "Why", "File", NULL};
    static const struct {
        const char *status, *one, *many;
    } words[] = {
        {"evaluated", "rule was asked of events", "rules were asked of events"},
        {"no data", "rule had no data: nothing of its log source was read",
         "rules had no data: nothing of their log sources was read"},
        {"never", "rule can match no event of its log source", "rules can match no event of their log sources"},
        {"unusable", "rule lacks a value of its placeholders", "rules lack values of their placeholders"},
        {"failed", "rule could not be loaded", "rules could not be loaded"},
        {"filter", "filter takes matches of others away", "filters take matches of others away"},
    };
    struct dossier_table t;
    sqlite3_stmt *s = NULL, *count = NULL;
    uint64_t all = 0, shown = 0, rules = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM rules", &rules, e) &&
              dossier_count(d, "SELECT count(*) FROM rules WHERE status NOT IN ('evaluated', 'filter')", &all, e) &&
              dossier_ask(d, "SELECT count(*) FROM rules WHERE status = ?", &count, e) &&
              dossier_ask(d,
                          "SELECT title, status, reason, path, line FROM rules WHERE status NOT IN ('evaluated', "
                          "'filter') ORDER BY status, title, path, line",
                          &s, e);

    dossier_put(d, "<h3>Rules without an answer</h3>\n");
    if (ok && !rules)
        dossier_put(d, "<p>This hunt asked no rules.</p>\n");
    if (ok && rules) {
        dossier_put(d,
                    "<p>“No data” is not “no hit”: a rule whose log was not there has not been answered.</p>\n<ul>\n");
        for (size_t i = 0; ok && i < COUNT(words); i++) {
            sqlite3_reset(count);
            sqlite3_bind_text(count, 1, words[i].status, -1, SQLITE_STATIC);
            ok = dossier_next(d, count, &more, e);
            if (ok && more && case_number(count, 0)) {
                dossier_put(d, "<li>");
                dossier_some(d, case_number(count, 0), words[i].one, words[i].many);
                dossier_put(d, ".</li>\n");
            }
        }
        dossier_put(d, "</ul>\n");
    }
    if (ok && all) {
        dossier_put(d, "<details><summary>Which rules those are</summary>\n");
        dossier_table(d, &t, "Rules that were not answered", heads);
        for (more = true; shown < DOSSIER_RULES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 0), DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 1), DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 2), 2 * DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 3), 2 * DOSSIER_SHORT);
            dossier_format(d, ", line %" PRIu64, case_number(s, 4));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table rules");
        dossier_put(d, "</details>\n");
    }
    sqlite3_finalize(s);
    sqlite3_finalize(count);
    return ok;
}

/* What there was no room for is as unseen as what was not read. */
static bool lost(struct dossier *d, struct err *e) {
    uint64_t events = 0;

    if (!dossier_count(d, "SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'acts_lost'", &events, e))
        return false;
    if (events) {
        dossier_put(d, "<p class=\"warn\">");
        dossier_some(d, events, "event was", "events were");
        dossier_put(d, " not looked at for incidents: there was no room for them.</p>\n");
    }
    return true;
}

bool dossier_coverage(struct dossier *d, struct err *e) {
    section(d, "coverage", "What was looked at, and what could not be seen");
    dossier_put(d, "<p class=\"lead\">What is not in these logs has not been seen, and is no answer either way.</p>\n");
    if (!lost(d, e) || !logs(d, e) || !gaps(d, e) || !unread(d, e) || !rules_unasked(d, e))
        return false;
    dossier_put(d, "</section>\n");
    return true;
}

/* ---- methods ---- */

static bool facts(struct dossier *d, struct err *e) {
    static const struct {
        const char *name, *words, *empty;
    } known[] = {
        {"version", "Longwatch", "not said"},
        {"from", "Hunted from", "the first event"},
        {"to", "Hunted to", "the last event"},
        {"zone", "Zone of times that say none", "UTC"},
        {"latest", "No time without year is later than", "each file’s own time"},
        {"level", "Lowest level reported", "informational"},
    };
    sqlite3_stmt *s = NULL;
    bool more = false, ok = dossier_ask(d, "SELECT value FROM facts WHERE name = ?", &s, e);

    dossier_put(d, "<dl class=\"facts\">\n");
    for (size_t i = 0; ok && i < COUNT(known); i++) {
        sqlite3_reset(s);
        sqlite3_bind_text(s, 1, known[i].name, -1, SQLITE_STATIC);
        if (!(ok = dossier_next(d, s, &more, e)) || !more)
            continue;
        dossier_format(d, "<div><dt>%s</dt><dd>", known[i].words);
        if (case_text(s, 0).len)
            dossier_text(d, case_text(s, 0), DOSSIER_SHORT);
        else
            dossier_put(d, known[i].empty);
        dossier_put(d, "</dd></div>\n");
    }
    dossier_put(d, "</dl>\n");
    sqlite3_finalize(s);
    return ok;
}

static bool rules_found(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Level", "Rule", "#Findings", "First finding", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0, salvaged = 0;
    bool more = true,
         ok =
             dossier_count(d, "SELECT count(*) FROM findings WHERE salvaged", &salvaged, e) &&
             dossier_ask(d,
                         "SELECT level, rule_title, rule_id, count(*), min(number), count(*) OVER () FROM findings "
                         "GROUP BY rule_id, rule_title, level ORDER BY CASE level WHEN 'critical' THEN 0 WHEN 'high' "
                         "THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END, count(*) DESC, rule_title, rule_id",
                         &s, e);

    dossier_put(d, "<h3 id=\"rules\">What rules and indicators found</h3>\n");
    if (ok && !d->findings)
        dossier_put(d, "<p>No rule or indicator that was asked found anything.</p>\n");
    if (ok && d->findings) {
        dossier_table(d, &t, "-Findings by rule, the gravest first", heads);
        for (; shown < DOSSIER_RULES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            all = case_number(s, 5);
            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_level(d, case_text(s, 0));
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 1), DOSSIER_SHORT * 2);
            if (case_text(s, 2).len) {
                dossier_put(d, " <span class=\"where\">");
                dossier_text(d, case_text(s, 2), DOSSIER_SHORT);
                dossier_put(d, "</span>");
            }
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 3));
            dossier_cell(d, &t);
            dossier_format(d, "<code>longwatch show CASE %" PRIu64 "</code>", case_number(s, 4));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>findings.csv</code>");
        if (salvaged) {
            dossier_put(d, "<p>");
            dossier_some(d, salvaged, "finding lies in a salvaged record", "findings lie in salvaged records");
            dossier_put(d, ": old bytes where the format says that nothing lives.</p>\n");
        }
    }
    sqlite3_finalize(s);
    return ok;
}

static bool yara(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Level", "Rule", "#Findings", "@Where the first lies", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true, has = false, ok = dossier_has(d, " yara_finding ", &has, e);

    if (!ok || !has)
        return ok;
    ok = dossier_ask(
        d,
        "SELECT level, rule, count(*), min(number), evidence_path, evidence_sha256, record, offset, count(*) "
        "OVER () FROM yara_finding GROUP BY rule, level ORDER BY count(*) DESC, rule, level",
        &s, e);
    for (; ok && shown < DOSSIER_RULES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
        if (!shown) {
            dossier_put(d, "<h3>What YARA rules found</h3>\n");
            dossier_table(d, &t, "-Findings of YARA rules", heads);
        }
        all = case_number(s, 8);
        dossier_row(d, &t, NULL, 0, 0);
        dossier_cell(d, &t);
        dossier_level(d, case_text(s, 0));
        dossier_cell(d, &t);
        dossier_text(d, case_text(s, 1), 2 * DOSSIER_SHORT);
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 2));
        dossier_cell(d, &t);
        dossier_proof(d, case_text(s, 4), case_text(s, 5), case_number(s, 6), case_number(s, 7));
        dossier_row_end(d, &t);
    }
    if (shown) {
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table yara_finding");
    }
    sqlite3_finalize(s);
    return ok;
}

static bool behaviours(struct dossier *d, struct err *e) {
    static const char *const heads[] = {
        "Behaviour", "What it means, and what else it could be", "Thresholds", "#Weight", "#Found", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM behaviour_method", &all, e) &&
              dossier_ask(d,
                          "SELECT title, id, why, technique, thresholds, weight, (SELECT count(*) FROM behaviour b "
                          "WHERE b.id = m.id) FROM behaviour_method m ORDER BY m.rowid",
                          &s, e);

    dossier_put(d, "<h3>Behaviours</h3>\n");
    if (ok && !all)
        dossier_put(d, "<p>This hunt looked for no behaviours.</p>\n");
    if (ok && all) {
        dossier_put(
            d, "<p>A weight is the decimal logarithm of how much likelier a thing is with an intruder in the house "
               "than without: +1 is ten times, +2 a hundred times. Weights of an incident add up to its score.</p>\n");
        dossier_table(d, &t, "-What was looked for over time, from which thresholds on", heads);
        for (; shown < DOSSIER_RULES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 0), 2 * DOSSIER_SHORT);
            dossier_put(d, " <span class=\"where\">");
            dossier_text(d, case_text(s, 1), DOSSIER_SHORT);
            if (case_text(s, 3).len && !str_eq(case_text(s, 3), S("none"))) {
                dossier_put(d, ", ");
                dossier_text(d, case_text(s, 3), DOSSIER_SHORT);
            }
            dossier_put(d, "</span>");
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 2), DOSSIER_LONG);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 4), DOSSIER_LONG);
            dossier_cell(d, &t);
            dossier_weight(d, sqlite3_column_double(s, 5));
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 6));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table behaviour_method");
    }
    sqlite3_finalize(s);
    return ok;
}

/* Behaviours that join nothing: seen, and not taken for an intrusion. */
static bool behaviours_alone(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Behaviour", "Why it was one", "#Weight", "#Alike", "First", "Last", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM behaviour WHERE incident IS NULL", &all, e) &&
              dossier_ask(
                  d,
                  "SELECT title, reason, weight, alike, among, first, last, number FROM behaviour WHERE incident "
                  "IS NULL ORDER BY weight DESC, number",
                  &s, e);

    if (ok && all) {
        dossier_put(d,
                    "<h3>Seen, and not taken for an intrusion</h3>\n<p>Each of these is too weak alone and joins with "
                    "nothing else.</p>\n");
        dossier_table(d, &t, "Behaviours that are in no incident, the heaviest first", heads);
        for (; shown < DOSSIER_RULES / 4 && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, NULL, 0, 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 0), 2 * DOSSIER_SHORT);
            dossier_format(d, " <span class=\"where\"><code>longwatch show CASE b%" PRIu64 ".1</code></span>",
                           case_number(s, 7));
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 1), DOSSIER_LONG);
            dossier_cell(d, &t);
            dossier_weight(d, sqlite3_column_double(s, 2));
            dossier_cell(d, &t);
            if (case_number(s, 4)) {
                dossier_number(d, case_number(s, 3));
                dossier_put(d, " of ");
                dossier_number(d, case_number(s, 4));
            }
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 5));
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 6));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table behaviour");
    }
    sqlite3_finalize(s);
    return ok;
}

bool dossier_methods(struct dossier *d, struct err *e) {
    section(d, "methods", "Methods and versions");
    dossier_put(d, "<p class=\"lead\">The same evidence, rules and version give the same case, byte for byte. "
                   "<code>longwatch verify CASE</code> checks it.</p>\n");
    if (!facts(d, e) || !rules_found(d, e) || !yara(d, e) || !behaviours(d, e) || !behaviours_alone(d, e))
        return false;
    dossier_put(d, "</section>\n");
    return true;
}

/* ---- the ledger ---- */

static void read_of(struct dossier *d, sqlite3_stmt *s) {
    static const struct {
        int column;
        const char *words;
    } rest[] = {{6, " salvaged"},
                {7, " in damaged places"},
                {8, " of no known kind"},
                {9, " without time"},
                {10, " read before"}};
    str const not_read = case_text(s, 4);

    if (case_text(s, 11).len) {
        dossier_put(d, "container (");
        dossier_text(d, case_text(s, 11), 20);
        dossier_put(d, "); what lies in it has its own lines");
        return;
    }
    if (not_read.len) {
        dossier_put(d, "<span class=\"no\">not read</span>: ");
        dossier_text(d, not_read, DOSSIER_SHORT);
        return;
    }
    dossier_some(d, case_number(s, 5), "record", "records");
    for (size_t i = 0; i < COUNT(rest); i++)
        if (case_number(s, rest[i].column)) {
            dossier_put(d, ", ");
            dossier_number(d, case_number(s, rest[i].column));
            dossier_put(d, rest[i].words);
        }
}

bool dossier_ledger(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"File", "SHA-256", "#Bytes", "Reader", "What was read", "From", "To", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t shown = 0;
    bool more = true,
         ok = dossier_ask(d,
                          "SELECT path, sha256, size, reader, not_read, records, salvaged, damages, no_kind, no_time, "
                          "duplicates, container, first, last, rowid FROM custody ORDER BY rowid",
                          &s, e);

    section(d, "ledger", "Custody ledger");
    dossier_put(
        d, "<p class=\"lead\">Every file that was found, as it was then. Nothing was written to any of them.</p>\n");
    if (ok) {
        dossier_table(d, &t, "-Files of the evidence", heads);
        for (; shown < DOSSIER_FILES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, "f", case_number(s, 14), 0);
            dossier_cell(d, &t);
            dossier_text(d, case_text(s, 0), 3 * DOSSIER_SHORT);
            dossier_cell(d, &t);
            dossier_put(d, "<code class=\"hash\">");
            dossier_plain(d, case_text(s, 1), 64);
            dossier_put(d, "</code>");
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 2));
            dossier_cell(d, &t);
            if (case_text(s, 3).len)
                dossier_text(d, case_text(s, 3), 40);
            else
                dossier_put(d, "—");
            dossier_cell(d, &t);
            read_of(d, s);
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 12));
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 13));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, d->files,
                     "<code>case.db</code>, table custody; <code>longwatch ledger CASE</code> prints all");
        dossier_put(d, "</section>\n");
    }
    sqlite3_finalize(s);
    return ok;
}
