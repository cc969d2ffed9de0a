/* gone: `longwatch gone CASE --since TIME EVIDENCE...`: is the intruder of a case still there? */
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/archives.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "hunt/hunt.h"
#include "incident/gone.h"
#include "report/finding_text.h"
#include "report/incident_case.h"

#define TEXTS_MEMORY ((size_t)256 << 20)
#define MEMORY ((size_t)512 << 20)
#define EVENTS_MAX 100000u /* of an incident of the case */
#define GAPS_TOLD 12u
#define TRACES_TOLD 20u

struct wishes {
    const char *path;
    int64_t since, latest;
    struct arguments evidence, kinds;
    struct zone_wish zone;
    struct key_wish key;
    uint64_t incident, workers;
    size_t memory;
    bool json, quiet;
};

/* A log of the evidence that was silent, or has holes, since. */
struct silence {
    str host, log;
    bool numbers;
    int64_t after, before;
    uint64_t from, to;
};

struct run {
    const struct wishes *w;
    struct gone *gone;
    struct activities *activities;
    struct archives archives; /* of the evidence */
    struct arena *memory;
    struct progress progress;
    struct buf line;
    struct silence gaps[GAPS_TOLD];
    uint64_t gap_count, files, records, unread;
    bool any;
    int64_t case_end;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to ask whether they are gone");
}

/* ---- the case ---- */

static bool on_case_file(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;
    (void)e;

    run->case_end = c->last > run->case_end ? c->last : run->case_end;
    return true;
}

static bool on_case_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    (void)ctx;
    (void)c;
    (void)e;
    return true;
}

static bool on_case_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    (void)ctx;
    (void)c;
    (void)e;
    return true;
}

static bool on_case_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    (void)ctx;
    (void)d;
    (void)e;
    return true;
}

static bool on_case_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    (void)ctx;
    (void)g;
    (void)e;
    return true;
}

static bool on_case_event(void *ctx, const struct incident_event *v, struct err *e) {
    return gone_add_event(((struct run *)ctx)->gone, v, e);
}

static bool on_case_incident(void *ctx, const struct incident *i, const struct clue *clues, size_t clue_count,
                             struct err *e) {
    struct run *const run = ctx;
    (void)clue_count;

    bool const asked = !run->w->incident || run->w->incident == i->number;

    return gone_add(run->gone, i, clues, asked, e) &&
           (!asked || incident_case_events(run->w->path, i->number, EVENTS_MAX, on_case_event, run, e));
}

static bool case_read(struct run *run, struct behaviours *behaviours, struct err *e) {
    struct case_ledger_visitor const visitor = {on_case_file,   on_case_coverage, on_case_clock,
                                                on_case_damage, on_case_gap,      run};

    run->case_end = INSTANT_NONE;
    if (!case_ledger(run->w->path, &visitor, e))
        return false;
    struct gone_options const options = {.behaviours = behaviours,
                                         .activities = run->activities,
                                         .since = run->w->since,
                                         .case_end = run->case_end,
                                         .memory_max = MEMORY};

    if (!gone_new(&run->gone, &options, e) || !incident_case_incidents(run->w->path, on_case_incident, run, e))
        return false;
    if (gone_count(run->gone))
        return true;
    return run->w->incident
               ? err_set(e, ERR_USAGE, 0, "%s has no incident %lu", run->w->path, (unsigned long)run->w->incident)
               : err_set(e, ERR_USAGE, 0, "%s has no incident: there is nobody to be gone", run->w->path);
}

/* ---- the evidence ---- */

static bool on_activity(void *ctx, const struct activity_event *v, struct err *e) {
    return activities_add(((struct run *)ctx)->activities, v, e);
}

/* What was not read must not be missed. */
static bool tell(struct run *run, str path, str why, struct err *e) {
    progress_wipe(&run->progress);
    run->line.len = 0;
    buf_add(&run->line, S("longwatch: "));
    finding_plain(&run->line, path, false);
    buf_add(&run->line, S(": "));
    finding_plain(&run->line, why, false);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return no_memory(e);
    fwrite(run->line.ptr, 1, run->line.len, stderr);
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;

    run->files++;
    run->records += c->records;
    if (!c->not_read.len || str_eq(c->not_read, S(CUSTODY_EMPTY)) || str_eq(c->not_read, S(CUSTODY_PROSE)))
        return true;
    run->unread++;
    return tell(run, c->path, c->not_read, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct run *const run = ctx;
    char where[64];

    run->unread++;
    snprintf(where, sizeof where, "damaged at %lu", (unsigned long)d->offset);
    return tell(run, d->path, str_of(where), e);
}

static bool on_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    struct run *const run = ctx;
    struct silence *to = &run->gaps[run->gap_count < GAPS_TOLD ? run->gap_count : GAPS_TOLD - 1];

    if (g->type == GAP_SILENCE && g->before <= run->w->since)
        return true;
    if (run->gap_count++ >= GAPS_TOLD)
        return true;
    *to = (struct silence){
        .numbers = g->type == GAP_RECORDS, .after = g->after, .before = g->before, .from = g->from, .to = g->to};
    return (arena_copy(run->memory, g->host, &to->host) && arena_copy(run->memory, g->log, &to->log)) || no_memory(e);
}

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    (void)ctx;
    (void)f;
    return err_set(e, ERR_CORRUPT, 0, "a finding without rules");
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)ctx;
    (void)kind;
    (void)events;
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    (void)ctx;
    (void)rule;
    (void)counts;
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    (void)ctx;
    (void)rule;
    (void)filter;
    (void)matches;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    progress_show(&((struct run *)ctx)->progress, done, total, 0);
}

static bool evidence_read(struct run *run, struct fields *fields, const struct kinds *kinds,
                          const struct zone_rules *zone, struct err *e) {
    const struct wishes *const w = run->w;
    struct sigma_loader *loader = NULL; /* no rules, but a set */
    const struct sigma_set *none = NULL;
    struct hunt_result result = {0};
    bool ok = sigma_loader_new(&loader, e) && sigma_load_end(loader, &none, e);
    struct hunt_options const options = {.paths = run->archives.paths.items,
                                         .path_count = run->archives.paths.count,
                                         .as_named = run->archives.any,
                                         .keys = run->archives.keys,
                                         .own = &w->path,
                                         .own_count = 1,
                                         .set = none,
                                         .fields = fields,
                                         .kinds = kinds,
                                         .latest = w->latest,
                                         .zone_rules = zone,
                                         .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                         .from = INSTANT_NONE, /* what was closed before is closed */
                                         .to = INSTANT_NONE,
                                         .workers = (unsigned)w->workers,
                                         .memory_max = w->memory,
                                         .stop = interrupt_catch(),
                                         .activity = on_activity,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .gap = on_gap,
                                         .kind = on_kind,
                                         .correlation = on_correlation,
                                         .filtered = on_filtered,
                                         .progress = w->quiet ? NULL : on_progress,
                                         .ctx = run};

    progress_begin(&run->progress, !w->quiet);
    ok = ok && hunt_run(&options, &result, e);
    progress_wipe(&run->progress);
    sigma_loader_free(loader);
    return ok;
}

/* ---- the answer in words ---- */

static void day_add(struct buf *b, int64_t when) {
    char text[INSTANT_TEXT];

    buf_add(b, str_first(instant_format(when, text), 10));
}

/* To the second: more helps nobody. */
static void moment_add(struct buf *b, int64_t when) {
    char text[INSTANT_TEXT];

    buf_add(b, str_first(instant_format(when, text), 19));
    buf_byte(b, 'Z');
}

static void plural_add(struct buf *b, uint64_t n, const char *one, const char *many) {
    char text[COUNT_TEXT];

    buf_format(b, "%s %s", count_text(n, text), n == 1 ? one : many);
}

static void kind_add(struct buf *b, enum door_kind k) {
    char word[24];
    str const name = door_kind_name(k);
    size_t i = 0;

    for (; i < name.len && i + 1 < sizeof word; i++)
        word[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
    word[i] = '\0';
    buf_format(b, "%-16s  ", word);
}

static void place_add(struct buf *b, str path, uint64_t record) {
    if (!path.len)
        return;
    buf_add(b, S(" ("));
    finding_plain(b, path, false);
    buf_format(b, ", record %lu)", (unsigned long)record);
}

static void detail_add(struct buf *b, const char *what, int64_t when, str behind, const struct door_place *at) {
    buf_format(b, "%33s%s", "", what);
    if (when != INSTANT_NONE)
        moment_add(b, when);
    if (behind.len) {
        buf_add(b, when != INSTANT_NONE ? S(": ") : S(""));
        finding_plain(b, behind, false);
    }
    if (at)
        place_add(b, at->evidence_path, at->record);
    buf_byte(b, '\n');
}

static void door_add(struct buf *b, const struct gone_door *v) {
    const struct door *const d = &v->door;
    static const char *const states[] = {
        [DOOR_CLOSED] = "closed", [DOOR_OPEN] = "STILL OPEN", [DOOR_CANNOT_TELL] = "CANNOT TELL"};

    buf_format(b, "  %-11s  ", states[d->state]);
    kind_add(b, d->kind);
    finding_plain(b, d->identity, false);
    buf_add(b, v->found_now ? S("  (new: the case does not know it)\n") : S("\n"));
    if (d->state == DOOR_CLOSED)
        detail_add(b, "closed ", d->closed, d->how, &d->closed_at);
    if (d->state == DOOR_CANNOT_TELL)
        detail_add(b, "", INSTANT_NONE, d->how, NULL);
    if (v->used)
        detail_add(b, "used ", d->last_used, S(""), &d->used_at);
    else if (d->state != DOOR_CLOSED && d->last_used != INSTANT_NONE)
        detail_add(b, d->last_used == d->opened ? "opened " : "last used ", d->last_used, S(""), &d->used_at);
    if (!v->cover.use)
        detail_add(b, "its use would not show: ", INSTANT_NONE, v->cover.use_why, NULL);
}

static void trace_add(struct buf *b, const struct gone_trace *t) {
    str const type = gone_trace_name(t->type);

    buf_format(b, "  %-11.*s  ", STR_ARG(type));
    finding_short(b, t->name);
    buf_format(b, "\n%15s", "");
    plural_add(b, t->events, "act", "acts");
    if (t->refused) {
        char text[COUNT_TEXT];

        buf_format(b, ", %s of them refused", count_text(t->refused, text));
    }
    buf_add(b, S(", "));
    moment_add(b, t->first);
    if (t->last != t->first) {
        buf_add(b, S(" to "));
        moment_add(b, t->last);
    }
    if (!t->decides)
        buf_add(b, S("; does not decide: who got a mail may open it again"));
    buf_format(b, "\n%15s%s", "", t->events > 1 ? "the last: " : "");
    finding_short(b, t->what);
    place_add(b, t->last_at.evidence_path, t->last_at.record);
    buf_byte(b, '\n');
}

/* What was asked of, and what came of it, in one sentence. */
static void headline(struct buf *b, const struct run *run) {
    uint64_t open = 0, untold = 0, doors = 0, events = 0;
    int64_t last = INSTANT_NONE;

    for (size_t i = 0; i < gone_count(run->gone); i++) {
        const struct gone_incident *const n = gone_at(run->gone, i);

        doors += n->door_count;
        open += n->open;
        untold += n->untold;
        events += n->events;
        last = n->last_seen > last ? n->last_seen : last;
    }
    switch (gone_answer(run->gone)) {
    case GONE_NOT:
        buf_add(b, S("NOT GONE: "));
        if (open) {
            plural_add(b, open, "door is", "doors are");
            buf_format(b, " still open, of %lu%s", (unsigned long)doors, events ? "; " : "");
        }
        if (events) {
            buf_add(b, S("it was there since "));
            day_add(b, run->w->since);
            buf_add(b, S(", in "));
            plural_add(b, events, "act", "acts");
            buf_add(b, S(", the last on "));
            day_add(b, last);
        }
        buf_add(b, S(".\n"));
        break;
    case GONE_CANNOT_TELL:
        buf_add(b, S("CANNOT TELL: no sign of it since "));
        day_add(b, run->w->since);
        if (gone_evidence_last(run->gone) == INSTANT_NONE || gone_evidence_last(run->gone) < run->w->since)
            buf_add(b, S(", but the evidence has nothing of that time.\n"));
        else if (untold) {
            buf_add(b, S(", but "));
            plural_add(b, untold, "door", "doors");
            buf_format(b, " of %lu cannot be told.\n", (unsigned long)doors);
        } else if (gone_elsewhere_count(run->gone)) {
            buf_add(b, S(", but something of the same sort was done elsewhere.\n"));
        } else {
            buf_add(b, S(", but the case knows no door of it.\n"));
        }
        break;
    case GONE:
        buf_add(b, S("GONE, as far as these logs tell: "));
        buf_format(b, "%s closed, and there is no sign of it since ", doors == 1 ? "its door is" : "all its doors are");
        day_add(b, run->w->since);
        buf_add(b, S(".\n"));
        break;
    }
}

static void incident_add(struct buf *b, const struct gone_incident *n) {
    static const enum door_state order[] = {DOOR_OPEN, DOOR_CANNOT_TELL, DOOR_CLOSED};

    buf_format(b, "\nIncident %u: ", n->number);
    finding_short(b, n->title);
    buf_add(b, S("\nIn the case from "));
    day_add(b, n->first);
    buf_add(b, S(" to "));
    day_add(b, n->last);
    buf_add(b, S("\n"));
    if (!n->door_count)
        buf_add(b, S("  no door is known\n"));
    for (size_t s = 0; s < COUNT(order); s++)
        for (size_t i = 0; i < n->door_count; i++)
            if (n->doors[i].door.state == order[s])
                door_add(b, &n->doors[i]);
    buf_add(b, n->trace_count ? S("Seen since\n") : S("Nothing of it was seen since\n"));
    for (size_t i = 0; i < n->trace_count && i < TRACES_TOLD; i++)
        trace_add(b, &n->traces[i]);
    if (n->trace_count > TRACES_TOLD)
        buf_format(b, "  and %zu more: --json\n", n->trace_count - TRACES_TOLD);
}

static void rests_on(struct buf *b, const struct run *run) {
    buf_add(b, S("\nThis rests on "));
    count_add(b, run->records, "event");
    buf_add(b, S(" in "));
    count_add(b, run->files, "file");
    if (gone_evidence_first(run->gone) != INSTANT_NONE) {
        buf_add(b, S(", from "));
        day_add(b, gone_evidence_first(run->gone));
        buf_add(b, S(" to "));
        day_add(b, gone_evidence_last(run->gone));
    }
    buf_byte(b, '\n');
    if (run->unread) {
        buf_add(b, S("  NOT READ: "));
        plural_add(b, run->unread, "file or part of one", "files or parts of them");
        buf_add(b, S(", told above\n"));
    }
    if (activities_lost(run->activities)) {
        buf_add(b, S("  NOT LOOKED AT: "));
        plural_add(b, activities_lost(run->activities), "event for which there was no room",
                   "events for which there was no room");
        buf_byte(b, '\n');
    }
    for (uint64_t i = 0; i < run->gap_count && i < GAPS_TOLD; i++) {
        const struct silence *const g = &run->gaps[i];

        buf_add(b, S("  missing: "));
        finding_plain(b, g->log, false);
        if (g->host.len) {
            buf_add(b, S(" of "));
            finding_plain(b, g->host, false);
        }
        if (g->numbers) {
            buf_format(b, ", records %lu to %lu\n", (unsigned long)g->from, (unsigned long)g->to);
        } else {
            buf_add(b, S(" is silent from "));
            moment_add(b, g->after);
            buf_add(b, S(" to "));
            moment_add(b, g->before);
            buf_byte(b, '\n');
        }
    }
    if (run->gap_count > GAPS_TOLD)
        buf_format(b, "  and %lu more gaps: longwatch ledger\n", (unsigned long)(run->gap_count - GAPS_TOLD));
}

static void words(struct buf *b, const struct run *run) {
    headline(b, run);
    for (size_t i = 0; i < gone_count(run->gone); i++)
        incident_add(b, gone_at(run->gone, i));
    for (size_t i = 0; i < gone_elsewhere_count(run->gone); i++) {
        const struct gone_elsewhere *const v = gone_elsewhere_at(run->gone, i);

        buf_add(b, i ? S("  ") : S("\nOf the same sort, and perhaps it, or somebody else\n  "));
        finding_short(b, v->title);
        buf_format(b, ": like incident %u, ", v->like);
        plural_add(b, v->events, "act", "acts");
        buf_add(b, S(", "));
        day_add(b, v->first);
        buf_add(b, S(" to "));
        day_add(b, v->last);
        buf_byte(b, '\n');
    }
    rests_on(b, run);
}

/* ---- the answer for machines ---- */

static void key(struct buf *b, const char *name, bool first) {
    buf_format(b, "%s\"%s\":", first ? "" : ",", name);
}

static void text_json(struct buf *b, const char *name, str s, bool first) {
    key(b, name, first);
    buf_json(b, s);
}

static void time_json(struct buf *b, const char *name, int64_t when) {
    char text[INSTANT_TEXT];

    key(b, name, false);
    if (when == INSTANT_NONE)
        buf_add(b, S("null"));
    else
        buf_json(b, instant_format(when, text));
}

static void place_json(struct buf *b, const char *name, str path, const char *sha256, uint64_t record,
                       uint64_t offset) {
    key(b, name, false);
    if (!path.len) {
        buf_add(b, S("null"));
        return;
    }
    buf_byte(b, '{');
    text_json(b, "path", path, true);
    text_json(b, "sha256", str_of(sha256), false);
    buf_format(b, ",\"record\":%lu,\"offset\":%lu}", (unsigned long)record, (unsigned long)offset);
}

static void door_place_json(struct buf *b, const char *name, const struct door_place *p) {
    place_json(b, name, p->evidence_path, p->evidence_sha256, p->record, p->offset);
}

static void cover_json(struct buf *b, const char *name, bool covered, str why) {
    key(b, name, false);
    if (covered)
        buf_add(b, S("true"));
    else
        buf_json(b, why);
}

static void door_json(struct buf *b, const struct gone_door *v) {
    const struct door *const d = &v->door;

    buf_byte(b, '{');
    text_json(b, "kind", door_kind_name(d->kind), true);
    text_json(b, "identity", d->identity, false);
    text_json(b, "state", door_state_name(d->state), false);
    text_json(b, "how", d->how, false);
    time_json(b, "opened", d->opened);
    time_json(b, "last_used", d->last_used);
    time_json(b, "closed", d->closed);
    door_place_json(b, "opened_at", &d->opened_at);
    door_place_json(b, "used_at", &d->used_at);
    door_place_json(b, "closed_at", &d->closed_at);
    buf_format(b, ",\"used_since\":%s,\"in_case\":%s", v->used ? "true" : "false", v->found_now ? "false" : "true");
    cover_json(b, "use_would_show", v->cover.use, v->cover.use_why);
    cover_json(b, "closing_would_show", v->cover.close, v->cover.close_why);
    buf_byte(b, '}');
}

static void trace_json(struct buf *b, const struct gone_trace *t) {
    buf_byte(b, '{');
    text_json(b, "by", gone_trace_name(t->type), true);
    text_json(b, "name", t->name, false);
    text_json(b, "what", t->what, false);
    buf_format(b, ",\"events\":%lu,\"refused\":%lu,\"decides\":%s", (unsigned long)t->events, (unsigned long)t->refused,
               t->decides ? "true" : "false");
    time_json(b, "first", t->first);
    time_json(b, "last", t->last);
    place_json(b, "first_at", t->first_at.evidence_path, t->first_at.evidence_sha256, t->first_at.record,
               t->first_at.offset);
    place_json(b, "last_at", t->last_at.evidence_path, t->last_at.evidence_sha256, t->last_at.record,
               t->last_at.offset);
    buf_byte(b, '}');
}

static void json(struct buf *b, const struct run *run) {
    buf_byte(b, '{');
    text_json(b, "answer", gone_answer_name(gone_answer(run->gone)), true);
    time_json(b, "since", run->w->since);
    time_json(b, "evidence_first", gone_evidence_first(run->gone));
    time_json(b, "evidence_last", gone_evidence_last(run->gone));
    buf_format(b, ",\"unread\":%lu,\"acts_lost\":%lu,\"incidents\":[", (unsigned long)run->unread,
               (unsigned long)activities_lost(run->activities));
    for (size_t i = 0; i < gone_count(run->gone); i++) {
        const struct gone_incident *const n = gone_at(run->gone, i);

        buf_format(b, "%s{\"number\":%u", i ? "," : "", n->number);
        text_json(b, "title", n->title, false);
        text_json(b, "answer", gone_answer_name(n->answer), false);
        buf_format(b, ",\"events\":%lu", (unsigned long)n->events);
        time_json(b, "last_seen", n->last_seen);
        buf_add(b, S(",\"doors\":["));
        for (size_t k = 0; k < n->door_count; k++) {
            buf_add(b, k ? S(",") : S(""));
            door_json(b, &n->doors[k]);
        }
        buf_add(b, S("],\"seen\":["));
        for (size_t k = 0; k < n->trace_count; k++) {
            buf_add(b, k ? S(",") : S(""));
            trace_json(b, &n->traces[k]);
        }
        buf_add(b, S("]}"));
    }
    buf_add(b, S("],\"elsewhere\":["));
    for (size_t i = 0; i < gone_elsewhere_count(run->gone); i++) {
        const struct gone_elsewhere *const v = gone_elsewhere_at(run->gone, i);

        buf_format(b, "%s{\"like\":%u", i ? "," : "", v->like);
        text_json(b, "title", v->title, false);
        buf_format(b, ",\"events\":%lu", (unsigned long)v->events);
        time_json(b, "first", v->first);
        time_json(b, "last", v->last);
        buf_byte(b, '}');
    }
    buf_add(b, S("],\"gaps\":["));
    for (uint64_t i = 0; i < run->gap_count && i < GAPS_TOLD; i++) {
        const struct silence *const g = &run->gaps[i];

        buf_add(b, i ? S(",{") : S("{"));
        text_json(b, "log", g->log, true);
        text_json(b, "host", g->host, false);
        if (g->numbers)
            buf_format(b, ",\"from_record\":%lu,\"to_record\":%lu}", (unsigned long)g->from, (unsigned long)g->to);
        else {
            time_json(b, "after", g->after);
            time_json(b, "before", g->before);
            buf_byte(b, '}');
        }
    }
    buf_format(b, "],\"gaps_in_all\":%lu}\n", (unsigned long)run->gap_count);
}

/* ---- the command ---- */

static int answer(struct run *run) {
    static const int statuses[] = {
        [GONE] = EXIT_NOTHING, [GONE_CANNOT_TELL] = EXIT_UNREADABLE, [GONE_NOT] = EXIT_FINDINGS};
    int const status = statuses[gone_answer(run->gone)];
    struct buf b = {0};

    if (run->w->json)
        json(&b, run);
    else
        words(&b, run);
    return print_all(&b, status == EXIT_NOTHING && (run->unread || activities_lost(run->activities)) ? EXIT_UNREADABLE
                                                                                                     : status);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct fields *const fields = fields_new();
    struct run run = {.w = w, .memory = arena_new((size_t)1 << 20)};
    const struct arguments path = {(const char *[]){w->path}, 1};
    struct behaviours *behaviours = NULL;
    struct kinds *kinds = NULL;
    struct zone_rules *zone = NULL;
    struct err e = {0};
    bool const ok = ((fields && run.memory) || no_memory(&e)) && paths_exist(&path, "case", false, &e) &&
                    paths_exist(&w->evidence, "evidence", false, &e) &&
                    archives_open(&run.archives, &w->evidence, 0, false, &w->key, &e) &&
                    zone_open(&w->zone, &zone, &e) && kinds_open(&w->kinds, fields, &kinds, &e) &&
                    behaviours_open(&behaviours, &e) && activities_new(&run.activities, TEXTS_MEMORY, NULL, &e) &&
                    case_read(&run, behaviours, &e) && evidence_read(&run, fields, kinds, zone, &e) &&
                    gone_end(run.gone, &e);
    int const status = ok ? answer(&run) : tell_error(&e);

    archives_close(&run.archives);
    gone_free(run.gone);
    activities_free(run.activities);
    behaviours_free(behaviours);
    kinds_free(kinds);
    zone_rules_free(zone);
    fields_free(fields);
    arena_free(run.memory);
    buf_free(&run.line);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case, and which evidence of later? longwatch gone CASE --since TIME EVIDENCE",
     .help = "the case whose intruder is asked for, as hunt wrote it",
     AT(path)},
    {ROW_EVIDENCE, AT(evidence)},
    {.name = "since",
     .argument = "TIME",
     .type = OPTION_TIME,
     .needed = "since when? --since TIME is when they were thrown out, as far as you know",
     .help = "when they were thrown out, as far as you know; acts after it are those of somebody who is still there",
     AT(since)},
    {.name = "incident",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = UINT32_MAX,
     .help = "only incident N of the case",
     AT(incident)},
    {ROW_JSON_ONE, AT(json)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_THREADS, AT(workers)},
    {.name = "memory",
     .argument = "SIZE",
     .type = OPTION_SIZE,
     .least = UINT64_C(64) << 20,
     .most = UINT64_C(1) << 40,
     .help = "of all processes together, such as 512M; usually 112M and 64M for each",
     AT(memory)},
    {.name = "quiet", .letter = 'q', .type = OPTION_FLAG, .help = "no progress", AT(quiet)},
};
const struct command command_gone = {
    .name = "gone",
    .summary = "ask whether the intruder of a case is still there",
    .about =
        (const char *const[]){"Follows every door of the incidents of a case (accounts, sessions, rules, forwardings, "
                              "consents, keys, pages, openings of firewalls, services, tasks) through evidence of "
                              "later, and tells of each whether it was closed, is still open, or cannot be told, "
                              "and why. Looks for what is the intruder's own (addresses, sessions, clients, pages, "
                              "domains) and for the same behaviour on the accounts it reached, since the "
                              "time at which it is believed to be gone.",
                              "Give the evidence of before as well, if you have it: a behaviour shows against the "
                              "past of an account, and what was closed before TIME is closed. \"Gone\" is said only "
                              "where logs reach to the end in which each door's use and closing would show.",
                              NULL},
    .examples =
        (const struct example[]){
            {"longwatch gone ./case --since 2023-06-09 ./logs", "Ask a week, or a year, after the server was cleaned"},
            {"longwatch gone ./case --since 2023-06-09 --incident 2 --json ./logs | jq .answer",
             "The answer on one incident alone"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "gone, as far as these logs tell: every door is closed, and nothing was seen since",
                 [EXIT_FINDINGS] = "not gone: a door is open, or it was there",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "it cannot be told: no log would show it, or some evidence could not be read",
                 [EXIT_INTERNAL] = "internal error, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
