/* dossier_reach: what was reached, type by type; campaigns of mail. */
#include <inttypes.h>

#include "report/dossier_own.h"

enum column { ITEMS, AMOUNT, COLUMNS };

struct sort {
    const char *type, *title, *caption;
    const char *columns[COLUMNS]; /* what items and amount are; NULL: nothing */
};

static const struct sort sorts[] = {
    {"mailbox", "Mailboxes", "-Mailboxes that were read", {"#Messages read", NULL}},
    {"file", "Files", "-Files that were opened or fetched", {NULL, "#Volume"}},
    {"register", "Registers", "-Registers, and the records in them that are at risk", {"#Records at risk", "#Volume"}},
    {"host", "Servers and workstations", "-Hosts that were come to", {NULL, NULL}},
    {"account", "Accounts", "-Accounts that were used", {NULL, NULL}},
    {"calls", "Call records", "-Call records that were exported", {"#Calls", NULL}},
    {"person", "Persons exposed by calls", "-Who stands in those call records", {"#Calls", NULL}},
    {"out", "What left, and where to", "-Where data went", {NULL, "#Volume"}},
};

/* all: rows; any: of which columns any row says something. */
static bool type_table(struct dossier *d, const struct sort *sort, uint64_t all, const bool any[COLUMNS],
                       struct err *e) {
    const char *heads[10] = {"What"};
    size_t used = 1;
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t shown = 0;
    bool more = true,
         ok = dossier_ask(d,
                          "SELECT name, detail, incident, first, last, events, items, amount, evidence_path, "
                          "evidence_sha256, record, offset, position FROM incident_reach WHERE type = ? ORDER BY items "
                          "DESC, amount DESC, events DESC, name, incident, position",
                          &s, e);

    for (enum column c = 0; c < COLUMNS; c++)
        if (sort->columns[c] && any[c])
            heads[used++] = sort->columns[c];
    heads[used++] = "#Acts";
    heads[used++] = "First";
    heads[used++] = "Last";
    heads[used++] = "Incident";
    heads[used++] = "@Where the first stands";
    if (ok)
        sqlite3_bind_text(s, 1, sort->type, -1, SQLITE_STATIC);
    dossier_format(d, "<h3 id=\"reach-%s\">%s</h3>\n", sort->type, sort->title);
    dossier_table(d, &t, sort->caption, heads);
    for (; ok && shown < DOSSIER_REACHES && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
        dossier_row(d, &t, "i%r", case_number(s, 2), case_number(s, 12));
        dossier_cell(d, &t);
        dossier_text(d, case_text(s, 0), 3 * DOSSIER_SHORT);
        if (case_text(s, 1).len) {
            dossier_put(d, " <span class=\"where\">");
            dossier_text(d, case_text(s, 1), 2 * DOSSIER_SHORT);
            dossier_put(d, "</span>");
        }
        for (enum column c = 0; c < COLUMNS; c++) {
            uint64_t const n = case_number(s, 6 + (int)c);

            if (!sort->columns[c] || !any[c])
                continue;
            dossier_cell(d, &t);
            if (!n)
                dossier_put(d, "<span class=\"none\">not said</span>");
            else if (c == AMOUNT)
                dossier_bytes(d, n);
            else
                dossier_number(d, n);
        }
        dossier_cell(d, &t);
        dossier_number(d, case_number(s, 5));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 3));
        dossier_cell(d, &t);
        dossier_time(d, case_time(s, 4));
        dossier_cell(d, &t);
        dossier_incident_number(d, case_number(s, 2));
        dossier_cell(d, &t);
        dossier_proof(d, case_text(s, 8), case_text(s, 9), case_number(s, 10), case_number(s, 11));
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, shown, all, "<code>case.db</code>, table incident_reach");
    sqlite3_finalize(s);
    return ok;
}

bool dossier_reach(struct dossier *d, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = true, any = false, ok;

    dossier_put(d, "<section id=\"reach\" aria-labelledby=\"reach-h\">\n<h2 id=\"reach-h\">What was reached</h2>\n");
    ok = dossier_ask(d, "SELECT count(*), max(items), max(amount) FROM incident_reach WHERE type = ?", &s, e);
    for (size_t i = 0; ok && i < COUNT(sorts); i++) {
        sqlite3_reset(s);
        sqlite3_bind_text(s, 1, sorts[i].type, -1, SQLITE_STATIC);
        if (!(ok = dossier_next(d, s, &more, e)) || !more || !case_number(s, 0))
            continue;
        if (!any)
            dossier_put(
                d,
                "<p class=\"lead\">Numbers are what the logs say, and so the least that was reached: what a log does "
                "not count is “not said”.</p>\n");
        any = true;

        bool const said[COLUMNS] = {case_number(s, 1) > 0, case_number(s, 2) > 0};

        ok = type_table(d, &sorts[i], case_number(s, 0), said, e);
    }
    sqlite3_finalize(s);
    if (!any)
        dossier_put(d,
                    d->incident_count ? "<p>No log says what was reached.</p>\n" : "<p>No intrusion was seen.</p>\n");
    dossier_put(d, "</section>\n");
    return ok;
}

/* ---- campaigns ---- */

static bool reasons(struct dossier *d, sqlite3_stmt *s, uint64_t campaign, struct err *e) {
    bool more = true, ok = true;

    sqlite3_reset(s);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)campaign);
    dossier_put(d, "<ul class=\"reasons\">");
    for (unsigned told = 0; ok && told < 5 && (ok = dossier_next(d, s, &more, e)) && more; told++) {
        dossier_put(d, "<li>");
        dossier_weight(d, sqlite3_column_double(s, 1));
        dossier_put(d, " ");
        dossier_text(d, case_text(s, 0), DOSSIER_SHORT);
        if (case_text(s, 2).len) {
            dossier_put(d, ": ");
            dossier_text(d, case_text(s, 2), 2 * DOSSIER_SHORT);
        }
        dossier_put(d, "</li>");
    }
    dossier_put(d, "</ul>");
    return ok;
}

/* The first sender, and how many more; the list is JSON. */
static void senders(struct dossier *d, str first, uint64_t all) {
    dossier_text(d, first, DOSSIER_SHORT);
    if (all > 1) {
        dossier_put(d, " and ");
        dossier_number(d, all - 1);
        dossier_put(d, " more");
    }
}

bool dossier_campaigns(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"Campaign",    "From",          "#Messages",
                                        "#Recipients", "#Opened",       "First",
                                        "Last",        "Why it is one", "@Where the first message lies",
                                        NULL};
    static const char query[] =
        "SELECT c.number, c.subject, CASE WHEN json_valid(senders) THEN json_extract(senders, '$[0]') END, CASE WHEN "
        "json_valid(senders) THEN json_array_length(senders) END, messages, recipients, (SELECT count(*) FROM "
        "mail_recipient r WHERE r.campaign = c.number AND r.status = 'opened'), first, last, score, m.evidence_path, "
        "m.evidence_sha256, m.record, m.offset FROM mail_campaign c LEFT JOIN mail_message m ON m.campaign = c.number "
        "AND m.number = 0 ORDER BY c.number";
    struct dossier_table t;
    sqlite3_stmt *s = NULL, *reason = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM mail_campaign", &all, e) && dossier_ask(d, query, &s, e) &&
              dossier_ask(d, "SELECT what, weight, detail FROM mail_reason WHERE campaign = ? ORDER BY position",
                          &reason, e);

    dossier_put(
        d, "<section id=\"campaigns\" aria-labelledby=\"campaigns-h\">\n<h2 id=\"campaigns-h\">Mail campaigns</h2>\n");
    if (ok && !all)
        dossier_put(d, "<p>No mail was read, or no two mails are alike.</p>\n");
    if (ok && all) {
        dossier_put(
            d, "<p class=\"lead\">Mails that are alike, those that look most like an intrusion’s first. To be listed "
               "here is no verdict: newsletters are campaigns as well. <code>longwatch mail recipients CASE N</code> "
               "says who got what, and who opened it.</p>\n");
        dossier_table(d, &t, "-Campaigns of mail by score", heads);
        for (; shown < DOSSIER_CAMPAIGNS && ok && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, "m", case_number(s, 0), 0);
            dossier_cell(d, &t);
            dossier_format(d, "%" PRIu64 ". ", case_number(s, 0));
            dossier_text(d, case_text(s, 1), 2 * DOSSIER_SHORT);
            dossier_cell(d, &t);
            senders(d, case_text(s, 2), case_number(s, 3));
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 4));
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 5));
            dossier_cell(d, &t);
            dossier_number(d, case_number(s, 6));
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 7));
            dossier_cell(d, &t);
            dossier_day(d, case_time(s, 8));
            dossier_cell(d, &t);
            dossier_put(d, "Score ");
            dossier_weight(d, sqlite3_column_double(s, 9));
            ok = reasons(d, reason, case_number(s, 0), e);
            dossier_cell(d, &t);
            dossier_proof(d, case_text(s, 10), case_text(s, 11), case_number(s, 12), case_number(s, 13));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table mail_campaign");
    }
    dossier_put(d, "</section>\n");
    sqlite3_finalize(s);
    sqlite3_finalize(reason);
    return ok;
}
