/* events: `longwatch events PATH...`: every event of the evidence in its normal form, whatever its format. */
#include <unistd.h>

#include "cli/command.h"
#include "cli/custodians.h"
#include "cli/listed.h"
#include "reader/reader.h"
#include "report/event_text.h"

#define OUTPUT_BUFFER ((size_t)256 << 10)

struct wishes {
    struct arguments paths, kinds;
    const char *kind, *reader;
    int64_t from, to, latest;
    struct zone_wish zone;
    struct key_wish key;
    uint64_t limit; /* 0: none */
    const struct phone_country *country;
    struct arguments geo;
    bool json;
};

struct run {
    const struct wishes *w;
    struct geo *geo;         /* NULL: none */
    struct zone_rules *zone; /* the same */
    struct buf line;
    uint64_t printed;
};

static bool on_event(void *ctx, const struct normal_event *event, bool *enough, struct err *e) {
    struct run *const run = ctx;

    struct network_about about;

    run->line.len = 0;
    if (run->w->json)
        event_json(&run->line, event,
                   network_about_text(run->geo, event->roles[ROLE_CLIENT_ADDRESS], &about) ? &about : NULL);
    else
        event_line(&run->line, event);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fwrite(run->line.ptr, 1, run->line.len, stdout) != run->line.len)
        return err_system(e, "standard output");
    *enough = ++run->printed == run->w->limit;
    return true;
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
    struct fields *const fields = fields_new();
    struct run run = {.w = w};
    struct listed listed = {.paths = &w->paths,
                            .keys = &w->key,
                            .fields = fields,
                            .kind_begins = w->kind,
                            .reader = w->reader,
                            .from = w->from,
                            .to = w->to,
                            .latest = w->latest,
                            .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                            .limit = w->limit,
                            .event = on_event,
                            .ctx = &run};
    struct kinds *kinds = NULL;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !reader_known(w->reader, &e) || !paths_exist(&w->paths, "evidence", false, &e) ||
        !zone_open(&w->zone, &run.zone, &e) || !networks_open(&w->geo, &run.geo, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e)) {
        status = tell_error(&e);
    } else {
        if (!isatty(STDOUT_FILENO))
            setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
        kinds_country(kinds, w->country);
        listed.kinds = kinds;
        listed.zone_rules = run.zone;
        status = listed_run(&listed);
    }
    buf_free(&run.line);
    geo_close(run.geo);
    zone_rules_free(run.zone);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;

    return times_usable("events", w->from, w->to) ? events(w) : EXIT_USAGE;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {ROW_EVIDENCE, AT(paths)},
    {.name = "json", .type = OPTION_FLAG, .help = "one event a line with all its fields, for machines", AT(json)},
    {ROW_KIND, AT(kind)},
    {ROW_GEO, AT(geo)},
    {ROW_COUNTRY, AT(country)},
    {ROW_LIMIT, AT(limit)},
    {ROW_EVENTS_FROM, AT(from)},
    {ROW_EVENTS_TO, AT(to)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
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
                 [EXIT_UNREADABLE] =
                     "some evidence could not be read (prose that lies beside logs is told, and does not count); what "
                     "could be is printed",
                 [EXIT_INTERNAL] = "internal error, or stopped",
                 [EXIT_REFUSED] = "an archive is encrypted, and no key was given that opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
