/* dossier_incident: incidents one by one; their graphs; doors. */
#include <inttypes.h>

#include "report/dossier_own.h"

#define LAST_EVENTS 20u /* of DOSSIER_EVENTS the end */

struct telling {
    struct dossier *d;
    size_t told;
};

static void times(struct dossier *d, int64_t first, int64_t last) {
    dossier_time(d, first);
    if (last != INSTANT_NONE && last != first) {
        dossier_put(d, " to ");
        dossier_time(d, last);
    }
}

/* ---- graphs ---- */

static bool on_graph(void *ctx, const struct incident *n, const struct clue *clues, size_t count, struct err *e) {
    struct telling *const t = ctx;
    (void)clues;
    (void)count;

    if (t->told++ >= DOSSIER_INCIDENTS)
        return true;
    dossier_format(t->d, "<h3><a href=\"#i%u\">Incident %u</a>: ", n->number, n->number);
    dossier_text(t->d, n->title, 2 * DOSSIER_SHORT);
    dossier_put(t->d, "</h3>\n");
    dossier_graph(t->d, n);
    return dossier_flush(t->d, e);
}

bool dossier_graphs(struct dossier *d, struct err *e) {
    struct telling t = {d, 0};

    dossier_put(d, "<section id=\"graph\" aria-labelledby=\"graph-h\">\n<h2 id=\"graph-h\">Who and what</h2>\n");
    if (!d->incident_count)
        dossier_put(d, "<p>No intrusion was seen.</p>\n");
    else
        dossier_put(
            d,
            "<p class=\"lead\">On the left what is the intruder’s own, then the accounts that were used, then what "
            "they came to. Each leads to its line in the incident.</p>\n<svg width=\"0\" height=\"0\" "
            "aria-hidden=\"true\" focusable=\"false\"><defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" "
            "refY=\"4\" "
            "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"arrow\" d=\"M0 0L8 4L0 "
            "8z\"/></marker></defs></svg>\n");
    bool const ok = !d->incident_count || incident_case_incidents(d->path, on_graph, &t, e);

    dossier_more(d, DOSSIER_INCIDENTS, d->incident_all, "<code>case.db</code>, table incident_entity");
    dossier_put(d, "</section>\n");
    return ok;
}

/* ---- one incident ---- */

static void summary(struct dossier *d, const struct incident *n, const struct dossier_incident *line) {
    dossier_put(d, "<p class=\"lead\">");
    if (n->first == INSTANT_NONE) {
        dossier_put(d, "None of its acts has a time.");
    } else {
        dossier_put(d, "From ");
        if (line->events)
            dossier_format(d, "<a href=\"#i%u-e1\">", n->number);
        dossier_time(d, n->first);
        dossier_put(d, line->events ? "</a> to " : " to ");
        if (line->events)
            dossier_format(d, "<a href=\"#i%u-e%" PRIu64 "\">", n->number, line->events);
        dossier_time(d, n->last);
        dossier_put(d, line->events ? "</a>" : "");
        if (n->last != INSTANT_NONE) {
            dossier_put(d, ", ");
            dossier_span(d, n->last - n->first);
        }
        dossier_put(d, "; ");
        if (str_eq(n->state, S("ongoing")))
            dossier_put(d, "its acts reach to the end of what was read.");
        else if (str_eq(n->state, S("quiet")))
            dossier_put(d, "no act was seen in the last days of what was read.");
        else if (str_eq(n->state, S("closed")))
            dossier_put(d, "no act was seen in the last days, and every door is closed.");
        else
            dossier_text(d, n->state, DOSSIER_SHORT);
    }
    dossier_put(d, "</p>\n<p><strong>How it began:</strong> ");
    if (n->began.len) {
        dossier_text(d, n->began, DOSSIER_LONG);
        dossier_put(d, ". ");
        dossier_proof(d, n->began_at.evidence_path, str_of(n->began_at.evidence_sha256), n->began_at.record,
                      n->began_at.offset);
    } else {
        dossier_put(d, "not seen in this evidence.");
    }
    dossier_put(d, "</p>\n");
}

static void phases(struct dossier *d, const struct incident *n) {
    static const char *const heads[] = {"Phase", "First", "Last", "#Acts", NULL};
    struct dossier_table t;
    size_t i;

    if (!n->phase_count)
        return;
    dossier_put(d, "<h4>Phases</h4>\n");
    dossier_table(d, &t, "-Phases, by ATT&amp;CK’s tactics", heads);
    for (i = 0; i < n->phase_count && i < DOSSIER_PHASES; i++) {
        dossier_row(d, &t, "i%p", n->number, i + 1);
        dossier_cell(d, &t);
        dossier_words(d, n->phases[i].tactic);
        dossier_cell(d, &t);
        dossier_time(d, n->phases[i].first);
        dossier_cell(d, &t);
        dossier_time(d, n->phases[i].last);
        dossier_cell(d, &t);
        dossier_number(d, n->phases[i].events);
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, i, n->phase_count, "<code>case.db</code>, table incident_phase");
}

/* The first record that a clue stands on, and how to see it. */
static bool clue_proof(struct dossier *d, const struct clue *c, struct err *e) {
    static const char *const queries[CLUE_TYPES] = {
        [CLUE_BEHAVIOUR] =
            "SELECT evidence_path, evidence_sha256, record, offset FROM behaviour_event WHERE behaviour = ? "
            "ORDER BY position LIMIT 1",
        [CLUE_RULE] = "SELECT evidence_path, evidence_sha256, record, offset FROM findings WHERE number = ?",
        [CLUE_CAMPAIGN] =
            "SELECT evidence_path, evidence_sha256, record, offset FROM mail_message WHERE campaign = ? ORDER "
            "BY number LIMIT 1",
    };
    static const char *const commands[CLUE_TYPES] = {
        [CLUE_BEHAVIOUR] = "longwatch show CASE b%" PRIu64 ".1",
        [CLUE_RULE] = "longwatch show CASE %" PRIu64,
        [CLUE_CAMPAIGN] = "longwatch mail recipients CASE %" PRIu64,
    };
    char command[64];
    sqlite3_stmt *s = NULL;
    bool more = false, ok = dossier_ask(d, queries[c->type], &s, e);

    if (ok)
        sqlite3_bind_int64(s, 1, (sqlite3_int64)c->number);
    ok = ok && dossier_next(d, s, &more, e);
    if (ok && more)
        dossier_proof(d, case_text(s, 0), case_text(s, 1), case_number(s, 2), case_number(s, 3));
    else
        dossier_put(d, "<span class=\"none\">the case does not say</span>");
    snprintf(command, sizeof command, commands[c->type], c->number);
    dossier_format(d, " <code>%s</code>", command);
    sqlite3_finalize(s);
    return ok;
}

static bool clues(struct dossier *d, const struct incident *n, const struct clue *list, struct err *e) {
    static const char *const heads[] = {"Clue", "Why", "#Weight", "#Alike here", "When", "@Where the first stands",
                                        NULL};
    struct dossier_table t;
    size_t i;

    dossier_put(d, "<h4>Clues: why this is an incident</h4>\n");
    dossier_table(d, &t, "Clues, the heaviest first; “alike here”: so many of so many in this evidence are like it",
                  heads);
    for (i = 0; i < n->clue_count && i < DOSSIER_CLUES; i++) {
        const struct clue *const c = &list[n->clues[i]];

        dossier_row(d, &t, "i%c", n->number, i + 1);
        dossier_cell(d, &t);
        dossier_format(d, "<span class=\"kind\">%.*s</span> ", STR_ARG(clue_type_name(c->type)));
        dossier_text(d, c->title, 2 * DOSSIER_SHORT);
        dossier_put(d, " ");
        dossier_level(d, sigma_level_name(c->level));
        if (c->technique.len && !str_eq(c->technique, S("none"))) {
            dossier_put(d, " <span class=\"where\">");
            dossier_text(d, c->technique, 40);
            dossier_put(d, "</span>");
        }
        dossier_cell(d, &t);
        dossier_text(d, c->reason, DOSSIER_LONG);
        if (c->count > 1) {
            dossier_put(d, " <span class=\"where\">");
            dossier_some(d, c->count, c->type == CLUE_RULE ? "finding" : "event",
                         c->type == CLUE_RULE ? "findings" : "events");
            dossier_put(d, "</span>");
        }
        dossier_cell(d, &t);
        dossier_weight(d, c->weight);
        dossier_cell(d, &t);
        if (c->of) {
            dossier_number(d, c->like);
            dossier_put(d, " of ");
            dossier_number(d, c->of);
        } else {
            dossier_put(d, "<span class=\"none\">not said</span>");
        }
        dossier_cell(d, &t);
        times(d, c->first, c->last);
        dossier_cell(d, &t);
        if (!clue_proof(d, c, e))
            return false;
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, i, n->clue_count, "<code>case.db</code>, table clue");
    return true;
}

static void entities(struct dossier *d, const struct incident *n) {
    static const char *const heads[] = {"What", "Name", "Whose", "#Acts", "First", "Last", NULL};
    struct dossier_table t;
    size_t i;

    if (!n->entity_count)
        return;
    dossier_put(d, "<h4>Who and what</h4>\n");
    dossier_table(d, &t, "-Entities of the incident, the intruder’s own first", heads);
    for (i = 0; i < n->entity_count && i < DOSSIER_ENTITIES; i++) {
        const struct incident_entity *const v = &n->entities[i];

        dossier_row(d, &t, "i%n", n->number, i + 1);
        dossier_cell(d, &t);
        dossier_plain(d, incident_part_name(v->type), 20);
        dossier_cell(d, &t);
        dossier_text(d, v->name, 2 * DOSSIER_SHORT);
        if (v->note.len) {
            dossier_put(d, " <span class=\"where\">");
            dossier_text(d, v->note, DOSSIER_SHORT);
            dossier_put(d, "</span>");
        }
        dossier_cell(d, &t);
        dossier_put(d, v->role == ENTITY_OWN ? "the intruder’s" : v->shared ? "many people’s" : "reached");
        dossier_cell(d, &t);
        dossier_number(d, v->events);
        dossier_cell(d, &t);
        dossier_time(d, v->first);
        dossier_cell(d, &t);
        dossier_time(d, v->last);
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, i, n->entity_count, "<code>case.db</code>, table incident_entity");
}

/* What else is known of an act, as far as its words do not say it already. */
static void event_rest(struct dossier *d, sqlite3_stmt *s) {
    static const struct {
        int column;
        const char *name;
    } parts[] = {{4, "account"}, {6, "host"}, {7, "address"}, {8, "program"}, {10, "object"}, {11, "detail"}};
    str const what = case_text(s, 3);
    bool any = false;

    for (size_t i = 0; i < COUNT(parts); i++) {
        str const part = case_text(s, parts[i].column);

        if (!part.len || str_find(what, part) != SIZE_MAX)
            continue;
        dossier_format(d, "%s<span class=\"key\">%s</span> ", any ? " · " : "<div class=\"where\">", parts[i].name);
        dossier_text(d, part, DOSSIER_SHORT);
        any = true;
    }
    dossier_put(d, any ? "</div>" : "");
}

static void event_row(struct dossier *d, struct dossier_table *t, uint32_t incident, sqlite3_stmt *s) {
    uint64_t const position = case_number(s, 0), clue = case_number(s, 15);

    dossier_row(d, t, "i%e", incident, position);
    dossier_cell(d, t);
    times(d, case_time(s, 1), case_time(s, 2));
    dossier_cell(d, t);
    dossier_text(d, case_text(s, 3), DOSSIER_LONG / 2);
    if (case_number(s, 12) > 1) {
        dossier_put(d, " <span class=\"where\">");
        dossier_some(d, case_number(s, 12), "event alike", "events alike");
        dossier_put(d, "</span>");
    }
    if (case_number(s, 14)) {
        dossier_put(d, " <span class=\"where\">amount ");
        dossier_number(d, case_number(s, 14));
        dossier_put(d, "</span>");
    }
    event_rest(d, s);
    dossier_cell(d, t);
    dossier_words(d, case_text(s, 16));
    if (case_text(s, 17).len) {
        dossier_put(d, " <span class=\"where\">");
        dossier_text(d, case_text(s, 17), 40);
        dossier_put(d, "</span>");
    }
    dossier_cell(d, t);
    if (clue && clue <= DOSSIER_CLUES)
        dossier_format(d, "<a href=\"#i%u-c%" PRIu64 "\">clue&nbsp;%" PRIu64 "</a>", incident, clue, clue);
    else if (clue)
        dossier_format(d, "clue&nbsp;%" PRIu64, clue);
    dossier_cell(d, t);
    dossier_proof(d, case_text(s, 18), case_text(s, 19), case_number(s, 20), case_number(s, 21));
    dossier_format(d, " <code>longwatch show CASE %u.%" PRIu64 "</code>", incident, position);
    dossier_row_end(d, t);
}

static bool events(struct dossier *d, const struct incident *n, uint64_t all, struct err *e) {
    static const char *const heads[] = {"When (UTC)", "What was done", "Phase", "Clue", "@Where it stands", NULL};
    static const char query[] =
        "SELECT position, time, last, what, account, target, host, address, program, session, object, detail, events, "
        "items, amount, (SELECT i.position FROM incident_clue i WHERE i.incident = v.incident AND i.clue = v.clue), "
        "tactic, technique, evidence_path, evidence_sha256, record, offset FROM incident_event v WHERE incident = ?1 "
        "AND "
        "(position <= ?2 OR position > ?3) ORDER BY position";
    uint64_t const first = all <= DOSSIER_EVENTS ? all : DOSSIER_EVENTS - LAST_EVENTS;
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t told = 0;
    bool more = true, ok = dossier_ask(d, query, &s, e);

    dossier_put(d, "<h4>Acts, and where each stands</h4>\n");
    if (ok) {
        sqlite3_bind_int64(s, 1, n->number);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)first);
        sqlite3_bind_int64(s, 3, (sqlite3_int64)(all - (all <= DOSSIER_EVENTS ? 0 : LAST_EVENTS)));
        dossier_table(d, &t, "-Acts of the intruder, by time", heads);
    }
    while (ok && told < DOSSIER_EVENTS && (ok = dossier_next(d, s, &more, e)) && more) {
        if (told++ == first)
            dossier_format(d,
                           "<tr role=\"row\" class=\"between\"><td role=\"cell\" colspan=\"%zu\">%" PRIu64
                           " acts between are in <code>case.db</code>, table incident_event</td></tr>\n",
                           COUNT(heads) - 1, all - DOSSIER_EVENTS);
        event_row(d, &t, n->number, s);
    }
    if (ok)
        dossier_table_end(d);
    sqlite3_finalize(s);
    return ok;
}

static bool on_incident(void *ctx, const struct incident *n, const struct clue *list, size_t count, struct err *e) {
    struct telling *const t = ctx;
    struct dossier *const d = t->d;
    const struct dossier_incident *const line = &d->incidents[t->told];
    (void)count;

    if (t->told >= DOSSIER_INCIDENTS || t->told >= d->incident_count)
        return true;
    t->told++;
    dossier_format(d, "<article id=\"i%u\" aria-labelledby=\"i%u-h\">\n<h3 id=\"i%u-h\">Incident %u: ", n->number,
                   n->number, n->number, n->number);
    dossier_text(d, n->title, 2 * DOSSIER_SHORT);
    dossier_put(d, "</h3>\n<p class=\"badges\">");
    dossier_level(d, sigma_level_name(n->level));
    dossier_put(d, " <span>score ");
    dossier_weight(d, n->score);
    dossier_put(d, "</span> <span>");
    dossier_some(d, line->clues, "clue", "clues");
    dossier_put(d, "</span> <span>");
    dossier_some(d, line->events, "act", "acts");
    dossier_put(d, "</span></p>\n");
    summary(d, n, line);
    phases(d, n);
    if (!clues(d, n, list, e))
        return false;
    entities(d, n);
    if (!events(d, n, line->events, e))
        return false;
    dossier_put(d, "</article>\n");
    return dossier_flush(d, e);
}

/* Those that are not told whole: a line each. */
static void lines(struct dossier *d) {
    static const char *const heads[] = {"#", "Incident", "Level", "#Score", "First", "Last", "#Acts", NULL};
    struct dossier_table t;

    if (d->incident_count <= DOSSIER_INCIDENTS)
        return;
    dossier_put(d, "<h3>The others</h3>\n");
    dossier_table(d, &t, "Incidents of a lower score", heads);
    for (size_t i = DOSSIER_INCIDENTS; i < d->incident_count; i++) {
        const struct dossier_incident *const n = &d->incidents[i];

        dossier_row(d, &t, "i", n->number, 0);
        dossier_cell(d, &t);
        dossier_number(d, n->number);
        dossier_cell(d, &t);
        dossier_text(d, n->title, 2 * DOSSIER_SHORT);
        dossier_cell(d, &t);
        dossier_level(d, sigma_level_name(n->level));
        dossier_cell(d, &t);
        dossier_weight(d, n->score);
        dossier_cell(d, &t);
        dossier_time(d, n->first);
        dossier_cell(d, &t);
        dossier_time(d, n->last);
        dossier_cell(d, &t);
        dossier_number(d, n->events);
        dossier_row_end(d, &t);
    }
    dossier_table_end(d);
    dossier_more(d, d->incident_count, d->incident_all, "<code>case.db</code>, table incident");
}

bool dossier_incidents(struct dossier *d, struct err *e) {
    struct telling t = {d, 0};

    dossier_put(d, "<section id=\"incidents\" aria-labelledby=\"incidents-h\">\n<h2 id=\"incidents-h\">Incidents, one "
                   "by one</h2>\n");
    if (!d->incident_count)
        dossier_put(d, d->judged ? "<p>None.</p>\n" : "<p>This hunt put nothing together.</p>\n");
    if (d->incident_count && !incident_case_incidents(d->path, on_incident, &t, e))
        return false;
    lines(d);
    dossier_put(d, "</section>\n");
    return true;
}

/* ---- doors ---- */

static void state(struct dossier *d, str word) {
    static const struct {
        const char *word, *sign, *kind;
    } known[] = {{"closed", "☑", "closed"}, {"open", "☐", "open"}, {"cannot tell", "?", "unknown"}};

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(word, str_of(known[i].word))) {
            dossier_format(d, "<span class=\"door %s\"><span aria-hidden=\"true\">%s</span> %s</span>", known[i].kind,
                           known[i].sign, known[i].word);
            return;
        }
    dossier_text(d, word, 40);
}

static void door_time(struct dossier *d, sqlite3_stmt *s, int at, int place) {
    int64_t const when = case_time(s, at);

    if (when == INSTANT_NONE) {
        dossier_put(d, "<span class=\"none\">not seen</span>");
        return;
    }
    dossier_time(d, when);
    if (case_text(s, place).len) {
        dossier_put(d, " ");
        dossier_proof(d, case_text(s, place), case_text(s, place + 1), case_number(s, place + 2),
                      case_number(s, place + 3));
    }
}

bool dossier_doors(struct dossier *d, struct err *e) {
    static const char *const heads[] = {"State", "Door", "@Opened", "@Last used", "@Closed", "Incident", NULL};
    struct dossier_table t;
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true,
         ok = dossier_count(d, "SELECT count(*) FROM door", &all, e) &&
              dossier_ask(
                  d,
                  "SELECT state, kind, identity, how, opened, last_used, closed, opened_path, opened_sha256, "
                  "opened_record, opened_offset, used_path, used_sha256, used_record, used_offset, closed_path, "
                  "closed_sha256, closed_record, closed_offset, incident, position, account, host FROM door ORDER "
                  "BY CASE state WHEN 'open' THEN 0 WHEN 'closed' THEN 2 ELSE 1 END, incident, position",
                  &s, e);

    dossier_put(d, "<section id=\"doors\" aria-labelledby=\"doors-h\">\n<h2 id=\"doors-h\">Are they gone?</h2>\n");
    if (ok && !all)
        dossier_put(d, d->incident_count
                           ? "<p>No door is known that they used or opened. That is no proof that there is none.</p>\n"
                           : "<p>No intrusion was seen.</p>\n");
    if (ok && all) {
        dossier_put(
            d, "<p class=\"lead\">Every way by which they can come again, as a list to work through. When all is "
               "done, <code>longwatch gone CASE --since DATE EVIDENCE…</code> asks newer logs whether it held.</p>\n");
        dossier_table(d, &t, "Doors, those that stand open first", heads);
        for (; shown < DOSSIER_DOORS && (ok = dossier_next(d, s, &more, e)) && more; shown++) {
            dossier_row(d, &t, "i%d", case_number(s, 19), case_number(s, 20));
            dossier_cell(d, &t);
            state(d, case_text(s, 0));
            dossier_cell(d, &t);
            dossier_put(d, "<span class=\"kind\">");
            dossier_words(d, case_text(s, 1));
            dossier_put(d, "</span> ");
            dossier_text(d, case_text(s, 2), 2 * DOSSIER_SHORT);
            if (case_text(s, 3).len) {
                dossier_put(d, " <span class=\"where\">");
                dossier_text(d, case_text(s, 3), 2 * DOSSIER_SHORT);
                dossier_put(d, "</span>");
            }
            dossier_cell(d, &t);
            door_time(d, s, 4, 7);
            dossier_cell(d, &t);
            door_time(d, s, 5, 11);
            dossier_cell(d, &t);
            door_time(d, s, 6, 15);
            dossier_cell(d, &t);
            dossier_incident_number(d, case_number(s, 19));
            dossier_row_end(d, &t);
        }
        dossier_table_end(d);
        dossier_more(d, shown, all, "<code>case.db</code>, table door");
    }
    dossier_put(d, "</section>\n");
    sqlite3_finalize(s);
    return ok;
}
