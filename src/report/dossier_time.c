/* dossier_time: the time line: acts and phases of incidents, findings, and what was covered, lane by lane. It is whole as it is written; the
 * script moves the same marks when somebody zooms. Places are per cent of the width, so that letters keep their size on any screen. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "report/dossier_own.h"

#define BINS 240u          /* of findings */
#define INTERVALS_MAX 400u /* of a lane, as they are written */
#define INTERVALS_READ 200000u
#define DAY INT64_C(86400000000000)

struct ticks {
    struct {
        double at;
        char text[12];
    } items[32];
    size_t count;
};

struct line {
    struct dossier *d;
    int64_t from, to;
    struct ticks ticks;
};

static double place(const struct line *l, int64_t when) {
    double const at = 100.0 * ((double)when - (double)l->from) / ((double)l->to - (double)l->from);

    return at < 0 ? 0 : at > 100 ? 100 : at;
}

/* ---- the scale ---- */

static void tick(struct line *l, int64_t when, size_t chars) {
    char room[INSTANT_TEXT];

    if (when < l->from || when > l->to || l->ticks.count == COUNT(l->ticks.items))
        return;
    str const text = instant_format(when, room);

    l->ticks.items[l->ticks.count].at = place(l, when);
    snprintf(l->ticks.items[l->ticks.count++].text, sizeof l->ticks.items->text, "%.*s", (int)chars,
             chars > 10 ? text.ptr + 11 : text.ptr);
}

/* Years, months or days, as many as there is room for. */
static void scale(struct line *l) {
    static const unsigned months[] = {1, 3, 6, 12, 24, 60, 120, 240};
    double const days = ((double)l->to - (double)l->from) / (double)DAY;
    struct wall const first = instant_wall(l->from), last = instant_wall(l->to);
    size_t step = 0;
    int64_t day;

    l->ticks.count = 0;
    if (days < 62) {
        int64_t const unit = DAY * (days < 12 ? 1 : 7);

        if (days >= 3)
            for (int64_t at = l->from / unit * unit; at <= l->to && l->ticks.count < COUNT(l->ticks.items); at += unit)
                tick(l, at, 10);
        return;
    }
    while (step + 1 < COUNT(months) && days / 30.4 / months[step] > 13)
        step++;
    for (unsigned month = (unsigned)first.year * 12 / months[step] * months[step];
         month <= (unsigned)last.year * 12 + 11 && l->ticks.count < COUNT(l->ticks.items); month += months[step])
        if (instant_day(month / 12, month % 12 + 1, 1, &day))
            tick(l, day * DAY, months[step] >= 12 ? 4 : 7);
}

/* Behind all lanes. */
static void grid(const struct line *l) {
    dossier_put(l->d,
                "<svg class=\"behind\" height=\"100%\" aria-hidden=\"true\" focusable=\"false\"><g class=\"grid\">");
    for (size_t i = 0; i < l->ticks.count; i++)
        dossier_format(l->d, "<line x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"100%%\"/>", l->ticks.items[i].at,
                       l->ticks.items[i].at);
    dossier_put(l->d, "</g></svg>\n");
}

static void axis(const struct line *l) {
    dossier_put(l->d,
                "<div class=\"lane axis\"><span></span><svg height=\"22\" aria-hidden=\"true\" focusable=\"false\"><g "
                "class=\"labels\">");
    for (size_t i = 0; i < l->ticks.count; i++)
        dossier_format(l->d, "<text x=\"%.3f%%\" y=\"15\"%s>%s</text>", l->ticks.items[i].at,
                       l->ticks.items[i].at > 96 ? " class=\"last\""
                       : i % 2                   ? " class=\"odd\""
                                                 : "",
                       l->ticks.items[i].text);
    dossier_put(l->d, "</g></svg></div>\n");
}

static void lane(const struct line *l, const char *kind) {
    dossier_format(l->d, "<div class=\"lane %s\"><span>", kind);
}

static void lane_svg(const struct line *l, unsigned height) {
    dossier_format(l->d, "</span><svg height=\"%u\" aria-hidden=\"true\" focusable=\"false\">", height);
}

static void lane_end(const struct line *l) {
    dossier_put(l->d, "</svg></div>\n");
}

/* Milliseconds, for the script. */
static void data(const struct line *l, const char *name, int64_t when) {
    dossier_format(l->d, " data-%s=\"%" PRId64 "\"", name, when / 1000000);
}

static void bar(const struct line *l, const char *kind, int64_t first, int64_t last, double y, double height) {
    double const x = place(l, first), to = place(l, last);

    dossier_format(l->d, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\"", kind, x,
                   to - x < 0.15 ? 0.15 : to - x, y, height);
    data(l, "a", first);
    data(l, "b", last);
    dossier_put(l->d, ">");
}

/* ---- incidents ---- */

/* What a tactic is for, of fourteen five colours; "": it is none of ATT&CK's. */
static const char *colour_of(str tactic) {
    static const struct {
        const char *tactic, *colour;
    } known[] = {
        {"reconnaissance", "t1"},      {"resource-development", "t1"},
        {"initial-access", "t1"},      {"execution", "t2"},
        {"persistence", "t2"},         {"privilege-escalation", "t2"},
        {"defense-evasion", "t2"},     {"credential-access", "t3"},
        {"discovery", "t3"},           {"lateral-movement", "t3"},
        {"collection", "t4"},          {"exfiltration", "t5"},
        {"command-and-control", "t2"}, {"impact", "t5"},
    };

    for (size_t i = 0; i < COUNT(known); i++)
        if (str_eq(tactic, str_of(known[i].tactic)))
            return known[i].colour;
    return "t0";
}

static bool marks(const struct line *l, const struct dossier_incident *n, uint64_t most, uint64_t *each,
                  struct err *e) {
    struct dossier *const d = l->d;
    sqlite3_stmt *s = NULL;
    bool more = true, ok = dossier_ask(d,
                                       "SELECT time, last, what, position FROM incident_event WHERE incident = ?1 AND "
                                       "time IS NOT NULL AND (position - 1) % ?2 = 0 ORDER BY position",
                                       &s, e);

    *each = most && n->events > most ? (n->events + most - 1) / most : 1;
    if (ok) {
        sqlite3_bind_int64(s, 1, n->number);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)*each);
    }
    for (uint64_t told = 0; ok && told < most && (ok = dossier_next(d, s, &more, e)) && more; told++) {
        int64_t const first = case_time(s, 0), last = case_time(s, 1);

        if (first == INSTANT_NONE)
            continue;
        bar(l, "mark", first, last != INSTANT_NONE && last > first ? last : first, 2, 16);
        dossier_put(d, "<title>");
        dossier_plain(d, case_text(s, 0), 19);
        dossier_put(d, " ");
        dossier_plain(d, case_text(s, 2), 90);
        dossier_put(d, "</title></rect>");
    }
    sqlite3_finalize(s);
    return ok;
}

static bool phases(const struct line *l, const struct dossier_incident *n, struct err *e) {
    struct dossier *const d = l->d;
    sqlite3_stmt *s = NULL;
    bool more = true, ok = dossier_ask(d,
                                       "SELECT tactic, first, last, events FROM incident_phase WHERE incident = ? AND "
                                       "first IS NOT NULL ORDER BY position",
                                       &s, e);

    if (ok)
        sqlite3_bind_int64(s, 1, n->number);
    for (unsigned told = 0; ok && told < 14 && (ok = dossier_next(d, s, &more, e)) && more; told++) {
        int64_t const first = case_time(s, 1), last = case_time(s, 2);

        if (first == INSTANT_NONE)
            continue;
        lane(l, "phase");
        dossier_words(d, case_text(s, 0));
        lane_svg(l, 14);
        bar(l, colour_of(case_text(s, 0)), first, last == INSTANT_NONE || last < first ? first : last, 3, 8);
        dossier_put(d, "<title>");
        dossier_plain(d, case_text(s, 0), 40);
        dossier_put(d, "</title></rect>");
        lane_end(l);
    }
    sqlite3_finalize(s);
    return ok;
}

static bool incidents(const struct line *l, uint64_t *each_most, struct err *e) {
    struct dossier *const d = l->d;
    size_t const count = d->incident_count < DOSSIER_LANES ? d->incident_count : DOSSIER_LANES;

    for (size_t i = 0; i < count; i++) {
        const struct dossier_incident *const n = &d->incidents[i];
        uint64_t each;

        dossier_format(d, "<p class=\"lanes\"><a href=\"#i%u\">Incident %u</a> ", n->number, n->number);
        dossier_text(d, n->title, 2 * DOSSIER_SHORT);
        dossier_put(d, "</p>\n");
        lane(l, "incident");
        dossier_put(d, "acts");
        lane_svg(l, 20);
        if (n->first != INSTANT_NONE && n->last != INSTANT_NONE) {
            bar(l, "dwell", n->first, n->last, 9, 2);
            dossier_put(d, "</rect>");
        }
        if (!marks(l, n, DOSSIER_MARKS / count, &each, e))
            return false;
        *each_most = each > *each_most ? each : *each_most;
        lane_end(l);
        if (!phases(l, n, e))
            return false;
    }
    return true;
}

/* ---- findings ---- */

static bool findings(const struct line *l, struct err *e) {
    struct dossier *const d = l->d;
    uint64_t bins[BINS] = {0}, most = 0;
    sqlite3_stmt *s = NULL;
    bool more = true, ok;

    if (!d->findings)
        return true;
    ok = dossier_ask(d, "SELECT time_ns FROM findings WHERE time_ns IS NOT NULL AND NOT salvaged", &s, e);
    while (ok && (ok = dossier_next(d, s, &more, e)) && more) {
        int64_t const when = sqlite3_column_int64(s, 0);

        if (when >= l->from && when <= l->to)
            bins[(size_t)(place(l, when) / 100.0 * (BINS - 1))]++;
    }
    sqlite3_finalize(s);
    if (!ok)
        return false;
    for (size_t i = 0; i < BINS; i++)
        most = bins[i] > most ? bins[i] : most;
    dossier_put(d, "<p class=\"lanes\"><a href=\"#rules\">Findings</a> of rules and indicators</p>\n");
    lane(l, "findings");
    dossier_put(d, "findings");
    lane_svg(l, 30);
    for (size_t i = 0; i < BINS; i++) {
        double const width = ((double)l->to - (double)l->from) / (BINS - 1);

        if (!bins[i])
            continue;
        double const height = most > 1 ? 4 + 24 * log((double)bins[i]) / log((double)most) : 28;

        bar(l, "bin", l->from + (int64_t)(width * (double)i), l->from + (int64_t)(width * (double)(i + 1)), 30 - height,
            height);
        dossier_put(d, "<title>");
        dossier_some(d, bins[i], "finding", "findings");
        dossier_put(d, "</title></rect>");
    }
    lane_end(l);
    return true;
}

/* ---- what was covered ---- */

struct interval {
    int64_t first, last;
};

static int by_first(const void *a, const void *b) {
    const struct interval *const x = a, *const y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

/* Puts together what nobody could see between. */
static size_t merge(struct interval *v, size_t count, int64_t least) {
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        if (used && v[i].first <= instant_moved(v[used - 1].last, least))
            v[used - 1].last = v[i].last > v[used - 1].last ? v[i].last : v[used - 1].last;
        else
            v[used++] = v[i];
    return used;
}

static bool silences(const struct line *l, str log, struct err *e) {
    struct dossier *const d = l->d;
    sqlite3_stmt *s = NULL;
    bool more = true,
         ok = dossier_ask(d,
                          "SELECT after, before, host FROM gaps WHERE log = ? AND after IS NOT NULL AND before IS NOT "
                          "NULL ORDER BY rowid",
                          &s, e);

    if (ok)
        sqlite3_bind_text64(s, 1, log.ptr, log.len, SQLITE_STATIC, SQLITE_UTF8);
    for (unsigned told = 0; ok && told < DOSSIER_GAPS && (ok = dossier_next(d, s, &more, e)) && more; told++) {
        int64_t const after = case_time(s, 0), before = case_time(s, 1);

        if (after == INSTANT_NONE || before == INSTANT_NONE || before < after)
            continue;
        bar(l, "gap", after, before, 1, 12);
        dossier_put(d, "<title>a gap");
        if (case_text(s, 2).len) {
            dossier_put(d, " of ");
            dossier_plain(d, case_text(s, 2), 60);
        }
        dossier_put(d, "</title></rect>");
    }
    sqlite3_finalize(s);
    return ok;
}

static bool covered(const struct line *l, str log, struct interval *v, struct err *e) {
    struct dossier *const d = l->d;
    sqlite3_stmt *s = NULL;
    size_t count = 0;
    bool more = true,
         ok = dossier_ask(d, "SELECT first, last FROM coverage WHERE log = ? AND first IS NOT NULL ORDER BY rowid", &s,
                          e);

    if (ok)
        sqlite3_bind_text64(s, 1, log.ptr, log.len, SQLITE_STATIC, SQLITE_UTF8);
    while (ok && count < INTERVALS_READ && (ok = dossier_next(d, s, &more, e)) && more) {
        int64_t const first = case_time(s, 0), last = case_time(s, 1);

        if (first == INSTANT_NONE || last == INSTANT_NONE || last < l->from || first > l->to || last < first)
            continue;
        v[count++] = (struct interval){first < l->from ? l->from : first, last > l->to ? l->to : last};
    }
    sqlite3_finalize(s);
    if (!ok)
        return false;
    qsort(v, count, sizeof *v, by_first);
    for (int64_t least = 0; (count = merge(v, count, least)) > INTERVALS_MAX;)
        least = least ? least * 2 : (l->to - l->from) / 4000 + 1;
    lane(l, "covered");
    dossier_text(d, log, 60);
    lane_svg(l, 14);
    for (size_t i = 0; i < count; i++) {
        bar(l, "cover", v[i].first, v[i].last, 3, 8);
        dossier_put(d, "</rect>");
    }
    if (!silences(l, log, e))
        return false;
    lane_end(l);
    return true;
}

static bool coverage(const struct line *l, struct err *e) {
    struct dossier *const d = l->d;
    struct interval *const v = calloc(INTERVALS_READ, sizeof *v);
    sqlite3_stmt *s = NULL;
    uint64_t all = 0, shown = 0;
    bool more = true, ok = v || err_set(e, ERR_MEMORY, 0, "no memory to write the dossier");

    ok = ok && dossier_count(d, "SELECT count(DISTINCT log) FROM coverage", &all, e) &&
         dossier_ask(d, "SELECT log FROM coverage GROUP BY log ORDER BY total(events) DESC, log", &s, e);
    if (ok && all)
        dossier_put(d, "<p class=\"lanes\"><a href=\"#coverage\">What was covered</a>, by log</p>\n");
    for (; ok && shown < DOSSIER_LANES && (ok = dossier_next(d, s, &more, e)) && more; shown++)
        ok = covered(l, case_text(s, 0), v, e);
    sqlite3_finalize(s);
    free(v);
    if (ok)
        dossier_more(d, shown, all, "<a href=\"#coverage\">the list of logs</a>");
    return ok;
}

bool dossier_time_line(struct dossier *d, struct err *e) {
    struct line l = {.d = d, .from = d->from, .to = d->to_};
    uint64_t each = 1;

    dossier_put(d, "<section id=\"time\" aria-labelledby=\"time-h\">\n<h2 id=\"time-h\">Time line</h2>\n");
    if (d->from == INSTANT_NONE || d->to_ == INSTANT_NONE || d->to_ < d->from) {
        dossier_put(d, "<p>Nothing that was read has a time.</p>\n</section>\n");
        return true;
    }
    /* Some air on both sides. */
    int64_t const air = (l.to - l.from) / 60 + INT64_C(1000000000);

    l.from = instant_moved(l.from, -air);
    l.to = instant_moved(l.to, air);
    scale(&l);
    dossier_put(d, "<p class=\"lead\">From ");
    dossier_day(d, d->from);
    dossier_put(d, " to ");
    dossier_day(d, d->to_);
    dossier_put(
        d, ". A mark is an act; a bar below it a phase; hatched is a gap. The tables below say the same in words.</p>\n"
           "<div id=\"timeline\" role=\"group\" aria-label=\"Time line\"");
    data(&l, "a", l.from);
    data(&l, "b", l.to);
    dossier_put(
        d,
        ">\n<div class=\"tools\" hidden><button type=\"button\" data-do=\"in\">Closer</button><button "
        "type=\"button\" data-do=\"out\">Wider</button><button type=\"button\" "
        "data-do=\"left\">Earlier</button><button "
        "type=\"button\" data-do=\"right\">Later</button><button type=\"button\" data-do=\"all\">All</button><output "
        "aria-live=\"polite\"></output></div>\n<div class=\"lanes-box\">\n"
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs><pattern id=\"hatch\" "
        "width=\"5\" "
        "height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"2\" height=\"5\" "
        "class=\"hatch\"/></pattern></defs></svg>\n");
    grid(&l);
    axis(&l);
    if (!incidents(&l, &each, e) || !findings(&l, e) || !coverage(&l, e))
        return false;
    dossier_put(d,
                "</div>\n<p class=\"hint\" hidden>Drag to move; + and − or the wheel (with Ctrl) to go closer, down to "
                "seconds; 0 shows all.</p>\n</div>\n");
    if (each > 1) {
        dossier_put(d, "<p class=\"more\">Of the acts every ");
        dossier_number(d, each);
        dossier_put(d, "th is drawn; <code>case.db</code>, table incident_event, has all.</p>\n");
    }
    dossier_more(d, d->incident_count < DOSSIER_LANES ? d->incident_count : DOSSIER_LANES, d->incident_all,
                 "<a href=\"#incidents\">the list of incidents</a>");
    dossier_put(d, "</section>\n");
    return true;
}
