/* events: `longwatch events PATH...`: every event of the evidence in its normal form, whatever its format. */
#include <signal.h>
#include <unistd.h>

#include "cli/command.h"
#include "hunt/hunt.h"
#include "reader/reader.h"
#include "report/event_text.h"
#include "report/finding_text.h"

#define OUTPUT_BUFFER ((size_t)256 << 10)

struct wishes {
    struct arguments paths, kinds;
    const char *kind, *reader;
    int64_t from, to, latest;
    struct zone_wish zone;
    uint64_t limit; /* 0: none */
    bool json;
};

struct run {
    const struct wishes *w;
    struct buf line;
    uint64_t printed;
    bool enough; /* so many as were asked for */
    bool unread; /* something could not be read */
};

static bool on_event(void *ctx, const struct normal_event *event, struct err *e) {
    struct run *const run = ctx;

    run->line.len = 0;
    if (run->w->json)
        event_json(&run->line, event);
    else
        event_line(&run->line, event);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fwrite(run->line.ptr, 1, run->line.len, stdout) != run->line.len)
        return err_system(e, "standard output");
    run->enough = ++run->printed == run->w->limit;
    return !run->enough || err_set(e, ERR_INTERRUPTED, 0, "as many events as were asked for");
}

/* What is not among the events must not be missed. Below the events that came before it, where both go to one terminal. */
static bool tell(struct run *run, str path, str why, struct err *e) {
    run->unread = true;
    run->line.len = 0;
    buf_add(&run->line, S("longwatch: "));
    finding_plain(&run->line, path, false);
    buf_add(&run->line, S(": "));
    finding_plain(&run->line, why, false);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fflush(stdout) != 0)
        return err_system(e, "standard output");
    fwrite(run->line.ptr, 1, run->line.len, stderr);
    return true;
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    return !c->not_read.len || str_eq(c->not_read, S("empty")) || tell(ctx, c->path, c->not_read, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct buf why = {0};
    bool ok;

    if (d->size)
        buf_format(&why, "%lu byte%s ", (unsigned long)d->size, d->size == 1 ? "" : "s");
    buf_format(&why, "at %lu: %.*s", (unsigned long)d->offset, STR_ARG(d->why));
    ok = why.failed ? err_set(e, ERR_MEMORY, 0, "no memory to print") : tell(ctx, d->path, buf_str(&why), e);
    buf_free(&why);
    return ok;
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

/* Ctrl-C ends the listing between two events; a second one ends the program. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

static void signals_catch(void) {
    struct sigaction const end = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL); /* SIGPIPE ends the program: whoever closed the pipe, as head(1) does, has enough */
}

static int list_with(const struct wishes *w, const struct sigma_set *none, struct fields *fields,
                     const struct kinds *kinds) {
    struct run run = {.w = w};
    struct err e = {0};
    struct hunt_result result = {0};
    /* One process reads: what it sends is printed as it comes, and never more than a file of it waits. */
    struct hunt_options const options = {.paths = w->paths.items,
                                         .path_count = w->paths.count,
                                         .set = none,
                                         .fields = fields,
                                         .kinds = kinds,
                                         .latest = w->latest,
                                         .zone_s = w->zone.seconds,
                                         .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                         .from = w->from,
                                         .to = w->to,
                                         .workers = 1,
                                         .stop = &interrupted,
                                         .event = on_event,
                                         .limit = w->limit,
                                         .kind_begins = w->kind,
                                         .reader = w->reader,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .correlation = on_correlation,
                                         .filtered = on_filtered,
                                         .ctx = &run};
    bool ok;

    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    signals_catch();
    ok = hunt_run(&options, &result, &e) || run.enough;
    if (fflush(stdout) != 0 && ok)
        ok = err_system(&e, "standard output");
    buf_free(&run.line);
    return !ok ? tell_error(&e) : run.unread ? EXIT_UNREADABLE : EXIT_NOTHING;
}

static bool reader_known(const char *name, struct err *e) {
    struct nearest near = {name, NULL, 0};
    struct buf all = {0};

    if (!name || reader_named(str_of(name)))
        return true;
    for (size_t i = 0; reader_at(i); i++) {
        nearest_offer(&near, reader_at(i)->name);
        buf_format(&all, "%s%s", i == 0 ? "" : reader_at(i + 1) ? ", " : " or ", reader_at(i)->name);
    }
    if (near.word)
        buf_format(&all, ": did you mean '%s'?", near.word);
    err_set(e, all.failed ? ERR_MEMORY : ERR_USAGE, 0, "no reader is called '%.40s', but %.*s", name,
            STR_ARG(all.failed ? S("(no memory)") : buf_str(&all)));
    buf_free(&all);
    return false;
}

static int events(const struct wishes *w) {
    struct sigma_loader *loader = NULL; /* no rules, but a set */
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    const struct sigma_set *none;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !reader_known(w->reader, &e) || !paths_exist(&w->paths, "evidence", false, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e) || !sigma_loader_new(&loader, &e) ||
        !sigma_load_end(loader, &none, &e))
        status = tell_error(&e);
    else
        status = list_with(w, none, fields, kinds);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    if (w->from != INSTANT_NONE && w->to != INSTANT_NONE && w->from >= w->to)
        return usage_error("events", "no event is from --from on and before --to: --to must be later");
    return events(w);
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "PATH",
     .type = OPTION_PATH,
     .many = true,
     .needed = "which evidence? Name files or folders",
     .help = "evidence: files, or folders that are read whole",
     AT(paths)},
    {.name = "json", .type = OPTION_FLAG, .help = "one event a line with all its fields, for machines", AT(json)},
    {.name = "kind",
     .letter = 'k',
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "only events of kinds whose names begin so: windows/security",
     AT(kind)},
    {.name = "limit",
     .letter = 'n',
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "no more than the first N events",
     AT(limit)},
    {.name = "from",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "only events from TIME on, and those without time",
     AT(from)},
    {.name = "to",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "only events before TIME, and those without time",
     AT(to)},
    {.name = "zone",
     .argument = "OFFSET",
     .type = OPTION_ZONE,
     .help = "the zone of times that say none, such as +01:00 or --zone=-05:00; usually UTC",
     AT(zone)},
    {.name = "latest",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "no time without year is later; usually the time at which each file was last written to",
     AT(latest)},
    {.name = "kinds",
     .argument = "DIR",
     .type = OPTION_FOLDER,
     .many = true,
     .help = "kind files of your own logs",
     AT(kinds)},
    {.name = "reader",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "read every file as this format, whatever it looks like: evtx, json, csv and so on",
     AT(reader)},
};
const struct command command_events = {
    .name = "events",
    .summary = "print the events of evidence in one normal form",
    .about = (const char *const[]){"Prints every record below the paths, also in archives: when, what kind, who and "
                                   "where, in the order of files and "
                                   "of their records. A record of a log that is not known is printed as well, without "
                                   "kind. What cannot be read is told on standard error.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch events ./evidence", "See what is in a folder of logs"},
                                         {"longwatch events ./evidence --json --kind m365 | jq .",
                                          "Take the events of one product to another program"},
                                         {"longwatch events door.jsonl --kinds ./kinds --limit 3",
                                          "See whether a kind file of your own fits"},
                                         {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "printed, whatever there is",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "some evidence could not be read; what could be is printed",
                 [EXIT_INTERNAL] = "internal error, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
