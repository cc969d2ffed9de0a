/* dossier: the page from its beginning to its end: head with its policy, sections one after another, foot. */
#include "report/dossier.h"

#include <openssl/evp.h>

#include "base/hash.h"
#include "report/dossier_own.h"

/* Times before and after these are somebody's mistake: the time line does not reach there. 1990-01-01, 2100-01-01 */
#define TIME_LEAST INT64_C(631152000000000000)
#define TIME_MOST INT64_C(4102444800000000000)

/* ---- reading ---- */

bool dossier_ask(struct dossier *d, const char *query, sqlite3_stmt **s, struct err *e) {
    return case_prepare(d->db, d->path, query, s, e);
}

bool dossier_next(struct dossier *d, sqlite3_stmt *s, bool *more, struct err *e) {
    int const step = sqlite3_step(s);

    *more = step == SQLITE_ROW;
    return (*more || step == SQLITE_DONE || case_db_corrupt(d->db, d->path, e)) && dossier_flush(d, e);
}

bool dossier_count(struct dossier *d, const char *query, uint64_t *n, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = false, ok = dossier_ask(d, query, &s, e) && dossier_next(d, s, &more, e);

    *n = ok && more ? case_number(s, 0) : 0;
    sqlite3_finalize(s);
    return ok;
}

bool dossier_has(struct dossier *d, const char *table, bool *has, struct err *e) {
    struct err none = {0};

    *has = case_db_tables(d->db, d->path, table, 1, "table", &none);
    return *has || none.code == ERR_CORRUPT || (*e = none, false);
}

static bool opened(struct dossier *d, struct err *e) {
    static const char tables[] =
        " findings finding_events custody coverage clocks gaps damage rules facts mail_campaign mail_reason "
        "mail_message mail_recipient behaviour behaviour_event behaviour_method clue incident incident_clue "
        "incident_event incident_entity incident_link incident_reach incident_phase door ";

    if (!case_db_read(&d->db, d->path, CASE_VERSION_INCIDENT, "incidents", e) ||
        !case_db_tables(d->db, d->path, tables, 25, "all that a dossier tells", e))
        return false;
    sqlite3_progress_handler(d->db, 0, NULL, NULL); /* there are as many rows as there are */
    return true;
}

/* ---- before all sections ---- */

static bool incident_line(struct dossier *d, sqlite3_stmt *s, struct dossier_incident *n, struct err *e) {
    uint64_t const number = case_number(s, 0);

    if (!number || number > UINT32_MAX)
        return err_set(e, ERR_CORRUPT, 0, "%s: case.db: an incident of which nothing is known", d->path);
    *n = (struct dossier_incident){.number = (uint32_t)number,
                                   .score = sqlite3_column_double(s, 3),
                                   .first = case_time(s, 4),
                                   .last = case_time(s, 5),
                                   .events = case_number(s, 7),
                                   .clues = case_number(s, 8),
                                   .doors_open = case_number(s, 9),
                                   .doors_unknown = case_number(s, 10),
                                   .doors_closed = case_number(s, 11)};
    if (!sigma_level_parse(case_text(s, 2), &n->level))
        return err_set(e, ERR_CORRUPT, 0, "%s: case.db: a level of which nothing is known", d->path);
    return (arena_copy(d->a, str_first(case_text(s, 1), 4096), &n->title) &&
            arena_copy(d->a, str_first(case_text(s, 6), 256), &n->state)) ||
           err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
}

static bool incident_lines(struct dossier *d, struct err *e) {
    static const char query[] =
        "SELECT number, title, level, score, first, last, state,"
        " (SELECT count(*) FROM incident_event v WHERE v.incident = i.number),"
        " (SELECT count(*) FROM incident_clue c WHERE c.incident = i.number),"
        " (SELECT count(*) FROM door o WHERE o.incident = i.number AND o.state = 'open'),"
        " (SELECT count(*) FROM door o WHERE o.incident = i.number AND o.state NOT IN ('open', 'closed')),"
        " (SELECT count(*) FROM door o WHERE o.incident = i.number AND o.state = 'closed')"
        " FROM incident i ORDER BY number";
    sqlite3_stmt *s = NULL;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM incident", &d->incident_all, e) && dossier_ask(d, query, &s, e);

    if (ok && !(d->incidents = arena_zero(d->a, DOSSIER_INCIDENT_LINES, sizeof *d->incidents)))
        ok = err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
    while (ok && d->incident_count < DOSSIER_INCIDENT_LINES && (ok = dossier_next(d, s, &more, e)) && more)
        ok = incident_line(d, s, &d->incidents[d->incident_count++], e);
    sqlite3_finalize(s);
    return ok;
}

static void reach_to(int64_t *from, int64_t *to, int64_t first, int64_t last) {
    if (first != INSTANT_NONE && first >= TIME_LEAST && first < TIME_MOST && (*from == INSTANT_NONE || first < *from))
        *from = first;
    if (last != INSTANT_NONE && last >= TIME_LEAST && last < TIME_MOST && (*to == INSTANT_NONE || last > *to))
        *to = last;
}

static bool spans(struct dossier *d, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = true, ok = dossier_ask(d, "SELECT first, last FROM custody WHERE first IS NOT NULL", &s, e);

    d->covered_from = d->covered_to = INSTANT_NONE;
    while (ok && (ok = dossier_next(d, s, &more, e)) && more)
        reach_to(&d->covered_from, &d->covered_to, case_time(s, 0), case_time(s, 1));
    sqlite3_finalize(s);
    d->from = d->covered_from;
    d->to_ = d->covered_to;
    for (size_t i = 0; i < d->incident_count; i++)
        reach_to(&d->from, &d->to_, d->incidents[i].first, d->incidents[i].last);
    return ok;
}

static bool look(struct dossier *d, struct err *e) {
    uint64_t methods = 0;

    if (!dossier_count(d, "SELECT count(*) FROM behaviour_method", &methods, e) ||
        !dossier_count(d, "SELECT count(*) FROM custody", &d->files, e) ||
        !dossier_count(
            d, "SELECT count(*) FROM custody WHERE not_read NOT IN ('', '" CUSTODY_EMPTY "', '" CUSTODY_PROSE "')",
            &d->unread, e) ||
        !dossier_count(d, "SELECT count(*) FROM damage", &d->damages, e) ||
        !dossier_count(d, "SELECT min(total(records), 9e18) FROM custody", &d->events, e) ||
        !dossier_count(d, "SELECT count(*) FROM findings", &d->findings, e) || !incident_lines(d, e) || !spans(d, e) ||
        !dossier_judgements(d, e))
        return false;
    d->judged = methods || d->incident_all;
    return true;
}

/* ---- head and foot ---- */

static str builtin(str path) {
    for (size_t i = 0; i < dossiers_builtin_count; i++)
        if (str_eq(dossiers_builtin[i].path, path))
            return dossiers_builtin[i].text;
    return (str){"", 0};
}

/* 'sha256-...' of what stands between the tags (CSP 3, 2.3.1). */
static bool policy_hash(struct dossier *d, str text, struct err *e) {
    struct sha256 *const h = sha256_new();
    uint8_t hash[SHA256_SIZE];
    unsigned char digits[4 * ((SHA256_SIZE + 2) / 3) + 1];

    if (!h)
        return err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");
    sha256_add(h, text);
    sha256_end(h, hash);
    sha256_free(h);
    EVP_EncodeBlock(digits, hash, SHA256_SIZE);
    dossier_format(d, " 'sha256-%s'", (const char *)digits);
    return true;
}

static void marking(struct dossier *d, const char *tag, const char *kind) {
    dossier_format(d, "<%s class=\"tlp %s\" role=\"note\" aria-label=\"Marking\"><strong>", tag, kind);
    dossier_plain(d, tlp_name(d->tlp), 40);
    dossier_format(d, "</strong></%s>\n", tag);
}

static bool head(struct dossier *d, str style, str script, struct err *e) {
    dossier_put(d, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src");
    if (!policy_hash(d, style, e))
        return false;
    dossier_put(d, "; script-src");
    if (!policy_hash(d, script, e))
        return false;
    dossier_put(d, "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Longwatch dossier, ");
    dossier_plain(d, tlp_name(d->tlp), 40);
    dossier_put(d, "</title>\n<style>");
    buf_add(&d->b, style);
    dossier_put(d, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#answer\">To the answer</a>\n");
    marking(d, "div", "top");
    return true;
}

static void contents(struct dossier *d) {
    static const char *const sections[][2] = {
        {"answer", "The answer"},       {"coverage", "What was looked at"},
        {"time", "Time line"},          {"reach", "What was reached"},
        {"graph", "Who and what"},      {"campaigns", "Mail campaigns"},
        {"incidents", "Incidents"},     {"doors", "Are they gone?"},
        {"attribution", "Attribution"}, {"methods", "Methods and versions"},
        {"ledger", "Custody ledger"},
    };

    dossier_put(d, "<nav aria-label=\"Contents\"><ol>\n");
    for (size_t i = 0; i < COUNT(sections); i++)
        dossier_format(d, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0], sections[i][1]);
    dossier_put(d, "</ol></nav>\n");
}

static bool page(struct dossier *d, struct err *e) {
    static bool (*const sections[])(struct dossier * d, struct err * e) = {
        dossier_answer,    dossier_coverage, dossier_time_line,   dossier_reach,   dossier_graphs, dossier_campaigns,
        dossier_incidents, dossier_doors,    dossier_attribution, dossier_methods, dossier_ledger,
    };
    str const script = builtin(S("dossier/dossier.js"));
    struct buf style = {0};
    bool ok;

    buf_add(&style, builtin(S("dossier/dossier.css")));
    buf_format(&style, "@page{@top-center{content:\"%.*s\"}@bottom-center{content:\"%.*s\"}}\n",
               STR_ARG(tlp_name(d->tlp)), STR_ARG(tlp_name(d->tlp)));
    ok = (!style.failed || err_set(e, ERR_MEMORY, 0, "no memory to write the dossier")) &&
         head(d, buf_str(&style), script, e);
    buf_free(&style);
    if (!ok)
        return false;
    dossier_put(d, "<div class=\"page\">\n");
    contents(d);
    dossier_put(d, "<main>\n");
    for (size_t i = 0; i < COUNT(sections); i++)
        if (!sections[i](d, e) || !dossier_flush(d, e))
            return false;
    dossier_put(d, "</main>\n</div>\n");
    marking(d, "div", "bottom");
    dossier_put(d, "<script>");
    buf_add(&d->b, script);
    dossier_put(d, "</script>\n</body>\n</html>\n");
    return true;
}

bool dossier_write(const char *folder, enum tlp tlp, struct file_out *to, struct err *e) {
    struct dossier d = {.path = folder, .tlp = tlp, .to = to, .a = arena_new((size_t)64 << 20)};
    bool const ok = (d.a || err_set(e, ERR_MEMORY, 0, "no memory to write the dossier")) && opened(&d, e) &&
                    look(&d, e) && page(&d, e) && dossier_flush(&d, e);

    if (ok)
        file_out_add(to, buf_str(&d.b));
    sqlite3_close(d.db);
    arena_free(d.a);
    buf_free(&d.b);
    buf_free(&d.scratch);
    return ok;
}
