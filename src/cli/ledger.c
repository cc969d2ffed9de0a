/* ledger: `longwatch ledger CASE`: what was read, what of it could not be, what it covers, and where it has gaps. */
#include "base/instant.h"
#include "cli/command.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "report/case.h"
#include "report/finding_text.h"

struct wishes {
    const char *path;
    bool json;
};

/* What is printed piece by piece; the heads of sections that turn out to be empty are not. */
struct run {
    bool json;
    const char *section;
    struct buf b;
};

static bool out(struct run *run, struct err *e) {
    if (run->b.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fwrite(run->b.ptr, 1, run->b.len, stdout) != run->b.len)
        return err_system(e, "standard output");
    run->b.len = 0;
    return true;
}

static void section(struct run *run, const char *name) {
    if (run->section == name)
        return;
    buf_format(&run->b, "%s%s\n", run->section ? "\n" : "", name);
    run->section = name;
}

/* ---- JSON ---- */

static void begin(struct buf *b, const char *line) {
    buf_format(b, "{\"line\":\"%s\"", line);
}

static void text(struct buf *b, const char *name, str s) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, s);
}

static void text_or_null(struct buf *b, const char *name, const char *s) {
    if (s)
        text(b, name, str_of(s));
    else
        buf_format(b, ",\"%s\":null", name);
}

static void number(struct buf *b, const char *name, uint64_t n) {
    buf_format(b, ",\"%s\":%lu", name, (unsigned long)n);
}

static void instant(struct buf *b, const char *name, int64_t when) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        buf_format(b, ",\"%s\":null", name);
    else
        text(b, name, instant_format(when, room));
}

static void end(struct buf *b) {
    buf_add(b, S("}\n"));
}

/* ---- for people ---- */

/* Every text goes this way, also names that are ours: somebody else may have written the case. */
static void plain(struct buf *b, str s) {
    finding_plain(b, s, false);
}

static void times(struct buf *b, int64_t first, int64_t last) {
    char a[INSTANT_TEXT], z[INSTANT_TEXT];

    if (first != INSTANT_NONE)
        buf_format(b, ", %.*s to %.*s", STR_ARG(instant_format(first, a)), STR_ARG(instant_format(last, z)));
}

static void some(struct buf *b, uint64_t n, const char *what) {
    char room[COUNT_TEXT];

    if (n)
        buf_format(b, ", %s %s", count_text(n, room), what);
}

/* Who, of a log: "Security of DC01". */
static void whose(struct buf *b, str host, str log) {
    plain(b, log);
    if (host.len) {
        buf_add(b, S(" of "));
        if (str_eq(host, S("*")))
            buf_add(b, S("many hosts"));
        else
            plain(b, host);
    }
}

/* ---- lines ---- */

static void file_json(struct buf *b, const struct custody *c) {
    begin(b, "file");
    text(b, "path", c->path);
    text(b, "sha256", str_of(c->sha256));
    number(b, "size", c->size);
    text_or_null(b, "reader", c->reader);
    text_or_null(b, "container", c->container);
    text(b, "not_read", c->not_read);
    number(b, "records", c->records);
    number(b, "salvaged", c->salvaged);
    number(b, "repaired", c->repaired);
    number(b, "cut", c->cut);
    number(b, "no_kind", c->no_kind);
    number(b, "no_time", c->no_time);
    number(b, "zone_assumed", c->assumed);
    text(b, "zone", c->zone);
    number(b, "corrected", c->corrected);
    number(b, "years", c->years);
    number(b, "year_breaks", c->year_breaks);
    number(b, "twice", c->twice);
    number(b, "never", c->never);
    number(b, "backs", c->backs);
    number(b, "back_s", c->back_s);
    number(b, "duplicates", c->duplicates);
    instant(b, "first", c->first);
    instant(b, "last", c->last);
    number(b, "damages", c->damages);
    number(b, "damage_bytes", c->damage_bytes);
    number(b, "findings", c->findings);
    end(b);
}

static void file_text(struct buf *b, const struct custody *c) {
    char room[COUNT_TEXT];

    buf_add(b, S("  "));
    plain(b, c->path);
    buf_add(b, S("\n    sha256 "));
    plain(b, str_of(*c->sha256 ? c->sha256 : "not known"));
    buf_add(b, S(", "));
    count_add(b, c->size, "byte");
    buf_add(b, S("\n    "));
    if (c->container) {
        plain(b, str_of(c->container));
        buf_add(b, S(": its members have lines of their own"));
    } else if (c->not_read.len) {
        buf_add(b, S("not read: "));
        plain(b, c->not_read);
    } else {
        plain(b, str_of(c->reader ? c->reader : "?"));
        buf_format(b, ": %s record%s", count_text(c->records, room), c->records == 1 ? "" : "s");
        times(b, c->first, c->last);
    }
    some(b, c->salvaged, "salvaged");
    some(b, c->duplicates, "read before");
    some(b, c->repaired, c->repaired == 1 ? "byte repaired" : "bytes repaired");
    some(b, c->cut, "cut");
    some(b, c->no_kind, "of no known kind");
    some(b, c->no_time, "without time");
    some(b, c->corrected, "with a time that was put right");
    some(b, c->assumed, "with a time that says no zone: taken as ");
    if (c->assumed)
        plain(b, c->zone);
    some(b, c->twice, "at a time that its clocks showed twice: taken as the first");
    some(b, c->never, "at a time that its clocks never showed: are they of that zone?");
    some(b, c->years, "without a year, which got one by when the file was last written to");
    if (c->year_breaks)
        some(b, c->year_breaks,
             c->year_breaks == 1 ? "step back of half a year among them: some years are wrong (--latest TIME)"
                                 : "steps back of half a year among them: some years are wrong (--latest TIME)");
    if (c->backs) {
        some(b, c->backs, c->backs == 1 ? "step back of its clock, by " : "steps back of its clock, by as much as ");
        summary_span(b, (int64_t)c->back_s);
    }
    some(b, c->damages, c->damages == 1 ? "damaged place" : "damaged places");
    some(b, c->findings, c->findings == 1 ? "finding" : "findings");
    buf_byte(b, '\n');
}

static bool on_file(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;

    if (run->json) {
        file_json(&run->b, c);
    } else {
        section(run, "Files");
        file_text(&run->b, c);
    }
    return out(run, e);
}

static bool on_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    struct run *const run = ctx;
    struct buf *const b = &run->b;
    char room[COUNT_TEXT];

    if (run->json) {
        begin(b, "coverage");
        text(b, "path", c->path);
        text(b, "sha256", str_of(c->sha256));
        text(b, "host", c->host);
        text(b, "log", c->log);
        number(b, "events", c->events);
        instant(b, "first", c->first);
        instant(b, "last", c->last);
        end(b);
    } else {
        section(run, "Hosts and logs");
        buf_add(b, S("  "));
        whose(b, c->host, c->log);
        buf_format(b, ": %s event%s", count_text(c->events, room), c->events == 1 ? "" : "s");
        times(b, c->first, c->last);
        buf_add(b, S(", in "));
        plain(b, c->path);
        buf_byte(b, '\n');
    }
    return out(run, e);
}

static void span(struct buf *b, const char *name, int64_t seconds) {
    buf_format(b, ",\"%s\":%ld", name, (long)seconds);
}

static void clock_json(struct buf *b, const struct custody_clock *c) {
    begin(b, "clock");
    text(b, "path", c->path);
    text(b, "sha256", str_of(c->sha256));
    text(b, "host", c->host);
    text(b, "field", c->field);
    text(b, "verdict", clock_verdict_name(c->verdict));
    span(b, "offset_s", c->offset_s);
    number(b, "events", c->events);
    number(b, "claims", c->claims);
    number(b, "agree", c->agree);
    span(b, "least_s", c->least_s);
    span(b, "most_s", c->most_s);
    end(b);
}

/* "TimeCreated of DC01 in FILE: 285 events corrected by +4 h: so say 177 of 177 records that say their time in UTC as well" */
static void clock_text(struct buf *b, const struct custody_clock *c) {
    char room[COUNT_TEXT], more[COUNT_TEXT];

    buf_add(b, S("  "));
    if (c->verdict == CLOCK_MANY && str_eq(c->path, S("*"))) {
        buf_add(b, S("there are more files than are listed here whose clocks were corrected in others\n"));
        return;
    }
    if (c->verdict == CLOCK_MANY) {
        plain(b, c->path);
        buf_add(b, S(": more hosts than can be told apart: no time was put right\n"));
        return;
    }
    whose(b, c->host, c->field);
    buf_add(b, S(" in "));
    plain(b, c->path);
    buf_format(b, ": %s event%s ", count_text(c->events, room), c->events == 1 ? "" : "s");
    switch (c->verdict) {
    case CLOCK_CORRECTED:
        buf_add(b, S("corrected by "));
        summary_span(b, c->offset_s);
        buf_format(b, ": local time was written as UTC, as %s of %s", count_text(c->agree, room),
                   count_text(c->claims, more));
        break;
    case CLOCK_FAR:
        buf_add(b, S("left as they are, though wrong by "));
        summary_span(b, c->offset_s);
        buf_format(b, ", which no zone is, as %s of %s", count_text(c->agree, room), count_text(c->claims, more));
        break;
    case CLOCK_ALONE:
        buf_add(b, S("left as they are, perhaps wrong by "));
        summary_spans(b, c->least_s, c->most_s);
        buf_add(b, S(": by so much other files of this clock were corrected; no record here says the time twice\n"));
        return;
    default:
        buf_add(b, S("left as they are, perhaps wrong by "));
        summary_spans(b, c->least_s, c->most_s);
        buf_format(b, "; no zone can be told from %s of %s", count_text(c->agree, room), count_text(c->claims, more));
        break;
    }
    buf_format(b, " record%s that say%s the time twice\n", c->claims == 1 ? "" : "s", c->claims == 1 ? "s" : "");
}

/* Sound ones are for machines. */
static bool on_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    struct run *const run = ctx;

    if (run->json) {
        clock_json(&run->b, c);
    } else if (c->verdict != CLOCK_SOUND) {
        section(run, "Clocks");
        clock_text(&run->b, c);
    }
    return out(run, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct run *const run = ctx;
    struct buf *const b = &run->b;

    if (run->json) {
        begin(b, "damage");
        text(b, "path", d->path);
        number(b, "offset", d->offset);
        number(b, "size", d->size);
        text(b, "why", d->why);
        end(b);
    } else {
        section(run, "Damage");
        buf_add(b, S("  "));
        plain(b, d->path);
        buf_add(b, S(": "));
        if (d->size)
            buf_format(b, "%lu byte%s ", (unsigned long)d->size, d->size == 1 ? "" : "s");
        buf_format(b, "at %lu: ", (unsigned long)d->offset);
        plain(b, d->why);
        buf_byte(b, '\n');
    }
    return out(run, e);
}

static void gap_text(struct buf *b, const struct custody_gap *g) {
    char a[INSTANT_TEXT], z[INSTANT_TEXT];

    buf_add(b, S("  "));
    whose(b, g->host, g->log);
    if (g->type == GAP_SILENCE) {
        buf_format(b, ": silent from %.*s to %.*s", STR_ARG(instant_format(g->after, a)),
                   STR_ARG(instant_format(g->before, z)));
        if (g->usual_hours)
            buf_format(b, "; else never longer than %lu hour%s\n", (unsigned long)g->usual_hours,
                       g->usual_hours == 1 ? "" : "s");
        else
            buf_add(b, S("; else hardly ever for an hour\n"));
    } else if (g->from == g->to) {
        buf_format(b, ": record %lu is missing\n", (unsigned long)g->from);
    } else {
        buf_format(b, ": records %lu to %lu are missing\n", (unsigned long)g->from, (unsigned long)g->to);
    }
}

static bool on_gap(void *ctx, const struct custody_gap *g, struct err *e) {
    struct run *const run = ctx;
    struct buf *const b = &run->b;

    if (run->json) {
        begin(b, "gap");
        text(b, "type", g->type == GAP_SILENCE ? S("silence") : S("records"));
        text(b, "host", g->host);
        text(b, "log", g->log);
        if (g->type == GAP_SILENCE) {
            instant(b, "after", g->after);
            instant(b, "before", g->before);
            number(b, "usual_hours", g->usual_hours);
        } else {
            number(b, "first_missing", g->from);
            number(b, "last_missing", g->to);
        }
        end(b);
    } else {
        section(run, "Gaps");
        gap_text(b, g);
    }
    return out(run, e);
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    const struct arguments given = {(const char **)(uintptr_t)&w->path, 1};
    struct run run = {.json = w->json};
    struct case_ledger_visitor const visitor = {on_file, on_coverage, on_clock, on_damage, on_gap, &run};
    struct err e = {0};
    bool ok = paths_exist(&given, "case", false, &e) && case_ledger(w->path, &visitor, &e);

    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&run.b);
    return ok ? EXIT_NOTHING : tell_error(&e);
}

static const struct option options[] = {
    {.argument = "CASE",
     .type = OPTION_FOLDER,
     .needed = "which case? longwatch ledger CASE",
     .help = "the directory that hunt -o has written",
     .at = offsetof(struct wishes, path)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one line of JSON each: file, coverage, clock, damage, gap",
     .at = offsetof(struct wishes, json)},
};
const struct command command_ledger = {
    .name = "ledger",
    .summary = "say what a case is made of, and what it lacks",
    .about = (const char *const[]){"Prints the custody ledger of a case: every file with its SHA-256 and what was read "
                                   "of it, the hosts and logs it speaks of, "
                                   "from when to when, every place that could not be read, and gaps: missing record "
                                   "numbers, and silences that are far longer than is usual.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch ledger ./case", "Read what the case is made of"},
                                         {"longwatch ledger ./case --json | jq 'select(.line == \"gap\")'",
                                          "Take its gaps to another program"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "printed",
                 [EXIT_USAGE] = "wrong usage, no such case, or one of an older version",
                 [EXIT_INTERNAL] = "internal error, or a case that is damaged"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
