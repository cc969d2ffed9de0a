/* retrohunt: `longwatch retrohunt ARCHIVE`: what is known today against everything that is kept, in a summary like a hunt's. */
#include "hunt/retrohunt.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/command.h"
#include "cli/custodians.h"
#include "cli/hunt_incident.h"
#include "cli/hunt_intel.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "intel/rule_cache.h"
#include "intel/store.h"
#include "report/finding_text.h"

#define OUTPUT_BUFFER ((size_t)256 << 10)

struct wishes {
    const char *archive, *memo, *placeholders;
    struct arguments rules, kinds, intel, geo;
    uint64_t as_of, after;
    int64_t from, to, latest;
    struct zone_wish zone;
    struct key_wish key;
    enum sigma_level level;
    uint64_t workers; /* 0: one for each processor */
    size_t memory;    /* 0: the usual */
    const struct phone_country *country;
    bool json, salvaged, quiet, known, behaviours, no_index, no_select, no_memo;
};

struct run {
    const struct wishes *w;
    struct summary *summary;
    struct progress progress;
    struct geo *geo;         /* NULL: none */
    struct zone_rules *zone; /* the same */
    struct hunt_intel *intel;
    struct hunt_incident *incident; /* NULL: behaviours are not asked for */
    struct buf line;
    int64_t began_ms;
};

static bool on_finding(void *ctx, const struct finding *found, struct err *e) {
    struct run *const run = ctx;
    struct finding told = *found;
    struct network_about about;

    if (found->client_address.len && network_about_text(run->geo, found->client_address, &about))
        told.client = &about;
    if (!summary_finding(run->summary, &told, e) ||
        (run->incident && !incidents_finding(hunt_incident_of(run->incident), &told, e)))
        return false;
    if (!run->w->json || (told.salvaged && !run->w->salvaged))
        return true;
    run->line.len = 0;
    finding_json(&run->line, &told);
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    progress_wipe(&run->progress); /* both may be the same terminal */
    fwrite(run->line.ptr, 1, run->line.len, stdout);
    return !ferror(stdout) || err_system(e, "standard output");
}

static bool on_activity(void *ctx, const struct activity_event *v, struct err *e) {
    return hunt_incident_activity(((struct run *)ctx)->incident, v, e);
}

/* Lines count what was read, which says nothing of the files: but what could not be read of them, and what was salvaged. */
static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct custody const told = {.path = c->path,
                                 .sha256 = c->sha256,
                                 .zone = c->zone,
                                 .not_read = c->not_read,
                                 .container = c->container,
                                 .salvaged = c->salvaged,
                                 .first = INSTANT_NONE,
                                 .last = INSTANT_NONE};

    return summary_custody(((struct run *)ctx)->summary, &told, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    return summary_damage(((struct run *)ctx)->summary, d, e);
}

static bool on_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    return summary_clock(((struct run *)ctx)->summary, c, e);
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)events;
    summary_kind(((struct run *)ctx)->summary, kind);
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    summary_correlation(((struct run *)ctx)->summary, rule, counts);
}

/* Of rows that were not read nobody knows what filters would have taken away. */
static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    (void)ctx;
    (void)rule;
    (void)filter;
    (void)matches;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct run *const run = ctx;

    progress_show(&run->progress, done, total, summary_findings(run->summary));
}

static int stop(struct run *run, const struct err *e) {
    progress_wipe(&run->progress);
    if (e->code != ERR_INTERRUPTED)
        return tell_error(e);
    fprintf(stderr, "longwatch: stopped before the end, after %lu findings\n",
            (unsigned long)summary_findings(run->summary));
    return EXIT_INTERNAL;
}

static void part_add(struct buf *b, uint64_t n, const char *why, bool *any) {
    char text[COUNT_TEXT];

    if (!n)
        return;
    buf_format(b, "%s%s %s", *any ? ", " : "; passed over: ", count_text(n, text), why);
    *any = true;
}

static void line_add(struct buf *b, struct buf *line, size_t columns) {
    text_wrap(b, buf_str(line), 0, 2, columns);
    buf_byte(b, '\n');
    line->len = 0;
}

/* What of the archive was looked at, and why not more. */
static void archive_print(const struct run *run, const struct retrohunt_result *r, size_t columns, struct buf *b) {
    int64_t const ms = instant_steady_ms() - run->began_ms;
    char size[SIZE_TEXT], text[COUNT_TEXT];
    struct buf line = {0};
    bool any = false;

    buf_add(&line, S("Archive: "));
    count_add(&line, r->rows, "record");
    buf_add(&line, S(" in "));
    count_add(&line, r->segments, "segment");
    buf_format(&line, " (%s), snapshot %lu", size_text(r->bytes, size), (unsigned long)r->snapshot);
    if (run->w->after)
        buf_format(&line, "; only what was added after snapshot %lu", (unsigned long)run->w->after);
    line_add(b, &line, columns);
    buf_format(&line, "Read: %s of them in ", count_text(r->read, text));
    count_add(&line, r->opened - r->by_time, "segment");
    part_add(&line, r->by_memo, "asked before", &any);
    part_add(&line, r->by_index, "by the index", &any);
    part_add(&line, r->by_time, "of another time", &any);
    buf_format(&line, "; %ld.%01ld s", (long)(ms / 1000), (long)(ms % 1000 / 100));
    line_add(b, &line, columns);
    if (r->memo == MEMO_DAMAGED)
        buf_add(&line, S("Memo: what earlier hunts had learned was damaged; it was begun anew"));
    if (r->memo == MEMO_FOREIGN)
        buf_add(&line,
                S("Memo: what earlier hunts had learned was of another version or of other kinds; it was begun anew"));
    if (line.len)
        line_add(b, &line, columns);
    if (r->memo_failed.code) {
        buf_format(&line, "Memo: what was learned could not be kept for the next hunt: %s", r->memo_failed.text);
        line_add(b, &line, columns);
    }
    if (r->index_damage.code) {
        buf_format(&line, "Index: a part could not be read, and segments were read instead: %s", r->index_damage.text);
        line_add(b, &line, columns);
    }
    b->failed |= line.failed;
    buf_free(&line);
}

/* What was not asked, and how it would be. */
static void behaviours_print(const struct run *run, size_t columns, struct buf *b) {
    struct buf line = {0}, touched = {0};

    if (run->incident) {
        hunt_incident_print(run->incident, columns, terminal_colour(run->w->json ? stderr : stdout), b);
        buf_format(&line, "Campaigns of mail take no part in these: 'longwatch hunt %s' tells them", run->w->archive);
        line_add(b, &line, columns);
        buf_free(&line);
        return;
    }
    summary_touched(run->summary, &touched);
    if (touched.len) {
        buf_format(&line, "Touched: %.*s", STR_ARG(buf_str(&touched)));
        line_add(b, &line, columns);
    }
    size_t yara_count = 0;

    (void)hunt_intel_yara(run->intel, &yara_count);
    if (yara_count) {
        count_add(&line, yara_count, "file");
        buf_add(&line,
                S(" of YARA rules were not asked: an archive keeps records, and not the files that they are of"));
        line_add(b, &line, columns);
    }
    buf_format(
        &line,
        "Behaviours and incidents were not asked again (--behaviours); the whole story, as a case: longwatch hunt "
        "%s --rules ... -o CASE",
        run->w->archive);
    line_add(b, &line, columns);
    b->failed |= line.failed || touched.failed;
    buf_free(&line);
    buf_free(&touched);
}

static bool summary_tell(struct run *run, const struct retrohunt_result *result, struct err *e) {
    const struct wishes *const w = run->w;
    FILE *const to = w->json ? stderr : stdout;
    struct buf text = {0}, known = {0}, read = {0};
    struct summary_frame frame = {.level = w->level,
                                  .from = w->from,
                                  .to = w->to,
                                  .regex_given_up = result->hunt.regex_given_up,
                                  .keep =
                                      S("To keep this as a case, with the way back to each record, hunt through the "
                                        "archive: longwatch hunt ARCHIVE ... -o CASE"),
                                  .columns = terminal_columns(to),
                                  .colour = terminal_colour(to)};
    bool ok = true;

    hunt_intel_print(run->intel, frame.columns, frame.colour, &known);
    archive_print(run, result, frame.columns, &read);
    frame.known = buf_str(&known);
    frame.read = buf_str(&read);
    summary_print(run->summary, &frame, &text);
    behaviours_print(run, frame.columns, &text);
    if (text.failed || known.failed || read.failed)
        ok = err_set(e, ERR_MEMORY, 0, "no memory for the summary");
    else if ((fwrite(text.ptr, 1, text.len, to) != text.len || fflush(to) != 0) && to == stdout)
        ok = err_system(e, "standard output");
    buf_free(&text);
    buf_free(&known);
    buf_free(&read);
    return ok;
}

/* A rule that contradicts its log source must not look like one that found nothing. */
static bool tell_shut(struct run *run, const struct sigma_set *set, struct fields *fields, const struct kinds *kinds,
                      struct err *e) {
    str *shut = NULL;

    if (run->w->quiet)
        return true;
    if (!rules_shut(set, fields, kinds, &shut, e))
        return false;
    for (uint32_t i = 0; i < set->rule_count; i++)
        if (shut[i].len)
            summary_shut(run->summary, i, shut[i]);
    free(shut);
    return true;
}

static int retrohunt_with(struct run *run, const struct sigma_set *set, const struct known *known,
                          struct fields *fields, const struct kinds *kinds) {
    const struct wishes *const w = run->w;
    char *const usual = w->memo || w->no_memo ? NULL : rule_cache_folder();
    struct hunt_options const hunt = {.set = set,
                                      .known = known,
                                      .fields = fields,
                                      .kinds = kinds,
                                      .latest = w->latest,
                                      .zone_rules = run->zone,
                                      .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                      .from = w->from,
                                      .to = w->to,
                                      .level = w->level,
                                      .workers = (unsigned)w->workers,
                                      .memory_max = w->memory,
                                      .stop = interrupt_catch(),
                                      .activity = w->behaviours ? on_activity : NULL,
                                      .finding = on_finding,
                                      .custody = on_custody,
                                      .damage = on_damage,
                                      .clock = on_clock,
                                      .kind = on_kind,
                                      .correlation = on_correlation,
                                      .filtered = on_filtered,
                                      .progress = w->quiet ? NULL : on_progress,
                                      .ctx = run};
    struct custodian_keys keys = {.items = NULL};
    struct err e = {0};
    bool const opened = custodian_keys_open(&keys, &w->key, &e);
    struct retrohunt_options const options = {.hunt = &hunt,
                                              .unlock = custodian_keys_unlock(&keys),
                                              .archive = w->archive,
                                              .as_of = w->as_of,
                                              .after = w->after,
                                              .memo = w->no_memo ? NULL
                                                      : w->memo  ? w->memo
                                                                 : usual,
                                              .no_index = w->no_index,
                                              .no_select = w->no_select};
    struct retrohunt_result result;
    bool ok;

    if (w->json && !isatty(STDOUT_FILENO)) /* a person sees each finding at once */
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of writing, told like any other */
    progress_begin(&run->progress, !w->quiet);
    run->began_ms = instant_steady_ms();
    ok = opened && (!w->behaviours || hunt_incident_new(&run->incident, NULL, w->memory, &e)) &&
         retrohunt_run(&options, &result, &e);
    custodian_keys_close(&keys);
    free(usual);
    /* That nothing was found in so many events is said of all of them. */
    ok = ok &&
         summary_custody(run->summary,
                         &(struct custody){.path = str_of(w->archive),
                                           .sha256 = "",
                                           .zone = {"", 0},
                                           .not_read = {"", 0},
                                           .records = result.rows,
                                           .first = INSTANT_NONE,
                                           .last = INSTANT_NONE},
                         &e) &&
         tell_shut(run, set, fields, kinds, &e) && (!run->incident || hunt_incident_end(run->incident, &e));
    if (!ok)
        return stop(run, &e);
    progress_wipe(&run->progress);
    summary_end(run->summary);
    if (fflush(stdout) != 0) {
        err_system(&e, "standard output");
        return stop(run, &e);
    }
    if (!w->quiet && !summary_tell(run, &result, &e))
        return stop(run, &e);
    return summary_unread(run->summary)                                                              ? EXIT_UNREADABLE
           : summary_findings(run->summary) || (run->incident && hunt_incident_count(run->incident)) ? EXIT_FINDINGS
                                                                                                     : EXIT_NOTHING;
}

/* With no rule and no indicator there is nothing to ask, and "nothing found" would be no answer. */
static bool usable(const struct sigma_set *set, bool indicators, struct err *e) {
    if (indicators)
        return true;
    if (!set->verdict_count)
        return err_set(e, ERR_USAGE, 0,
                       "what is to be looked for? --rules DIR names a folder of Sigma rules, --intel PATH indicators");
    for (size_t i = 0; i < set->verdict_count; i++)
        if (set->verdicts[i].loaded && !set->verdicts[i].is_filter && !set->verdicts[i].unusable)
            return true;
    return err_set(e, ERR_USAGE, 0, "rules: none of the %zu can be used; 'longwatch rules check' says why",
                   set->verdict_count);
}

static int retrohunt(const struct wishes *given) {
    struct wishes wishes = *given; /* its list of intelligence is another */
    const struct wishes *const w = &wishes;
    struct arguments const archive = {(const char **)(uintptr_t)&w->archive, 1};
    struct run run = {.w = w};
    struct sigma_loader *loader = NULL;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    const struct sigma_set *set;
    const struct known *known = NULL;
    char *store = NULL;
    size_t sigma_count = 0;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !intel_wishes(&given->intel, w->known, &wishes.intel, &store, &e) ||
        !paths_exist(&archive, "archive", true, &e) || !kinds_open(&w->kinds, fields, &kinds, &e) ||
        !paths_exist(&w->intel, "intelligence", false, &e) || !hunt_intel_open(&run.intel, &w->intel, &e) ||
        !rules_open(&w->rules, hunt_intel_rules(run.intel, &sigma_count), sigma_count, w->placeholders, false, &loader,
                    &set, &e) ||
        (run.intel && !hunt_intel_join(run.intel, set, fields, &e)) ||
        !usable(set, (known = hunt_intel_known(run.intel)), &e) || !zone_open(&w->zone, &run.zone, &e) ||
        !networks_open(&w->geo, &run.geo, &e) ||
        !summary_new(&run.summary, set = known ? known_set(known) : set, known, NULL, &e)) {
        status = tell_error(&e);
    } else {
        kinds_country(kinds, w->country);
        status = retrohunt_with(&run, set, known, fields, kinds);
    }
    buf_free(&run.line);
    if (wishes.intel.items != given->intel.items)
        free(wishes.intel.items);
    free(store);
    hunt_incident_free(run.incident);
    geo_close(run.geo);
    zone_rules_free(run.zone);
    summary_free(run.summary);
    hunt_intel_close(run.intel);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run_retrohunt(const void *wishes) {
    const struct wishes *const w = wishes;

    return times_usable("retrohunt", w->from, w->to) ? retrohunt(w) : EXIT_USAGE;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "ARCHIVE",
     .type = OPTION_FOLDER,
     .needed = "which archive? longwatch retrohunt ARCHIVE --rules DIR, or --intel PATH",
     .help = "the folder that archive add has made",
     AT(archive)},
    {ROW_RULES, AT(rules)},
    {ROW_INTEL, AT(intel)},
    {ROW_KNOWN, AT(known)},
    {ROW_AS_OF, AT(as_of)},
    {.name = "after",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "only what was added, or written anew, after snapshot N, as if there were nothing else",
     AT(after)},
    {ROW_EVENTS_FROM, AT(from)},
    {ROW_EVENTS_TO, AT(to)},
    {ROW_LEVEL, AT(level)},
    {ROW_JSON_FINDINGS, AT(json)},
    {ROW_SALVAGED, AT(salvaged)},
    {.name = "behaviours",
     .type = OPTION_FLAG,
     .help = "behaviours and incidents as well, for which every record is read",
     AT(behaviours)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_GEO, AT(geo)},
    {ROW_COUNTRY, AT(country)},
    {ROW_PLACEHOLDERS, AT(placeholders)},
    {.name = "memo",
     .argument = "DIR",
     .type = OPTION_FOLDER,
     .help = "where it is kept what rules and indicators were found in, for the next time; usually ~/.cache/longwatch",
     AT(memo)},
    {.name = "no-memo",
     .type = OPTION_FLAG,
     .help = "as if nothing had been asked before, and nothing would be again",
     AT(no_memo)},
    {.name = "no-index", .type = OPTION_FLAG, .help = "without the index: the findings are the same", AT(no_index)},
    {.name = "no-select",
     .type = OPTION_FLAG,
     .help = "read every record of a segment that must be looked at: the findings are the same",
     AT(no_select)},
    {ROW_THREADS, AT(workers)},
    {ROW_MEMORY, AT(memory)},
    {ROW_QUIET, AT(quiet)},
};
const struct command command_retrohunt = {
    .name = "retrohunt",
    .summary = "ask all that an archive keeps about new rules and indicators",
    .about =
        (const char *const[]){
            "Finds in an archive what a hunt through the evidence itself would find, to the event, and reads no more "
            "of it than "
            "could matter: records are chosen by the index, by the values of a segment, and by what earlier hunts have "
            "learned, so that a hunt that is repeated costs next to nothing, and a new advisory only what is new in "
            "it.",
            "Rules of files (--yara), published persons and mail's own domains are no question to an archive: hunt "
            "through "
            "the evidence. Campaigns of mail are told by 'longwatch hunt ARCHIVE'.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch retrohunt ./archive --intel ./advisory.json", "Was anything of a new advisory ever here?"},
            {"longwatch retrohunt ./archive --rules ./rules --from 2024-01-01 --json | jq .",
             "Ask new rules about everything since a day"},
            {"longwatch retrohunt ./archive --rules ./rules --after 17",
             "Ask all rules about what was added after snapshot 17"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "nothing found",
                 [EXIT_FINDINGS] = "findings, or incidents",
                 [EXIT_USAGE] = "wrong usage, no archive, or files of an old snapshot are gone; nothing was done",
                 [EXIT_UNREADABLE] =
                     "a segment is damaged, or some evidence could not be read when it was added; what could "
                     "be has been hunted, with findings or without",
                 [EXIT_INTERNAL] = "internal error, or stopped",
                 [EXIT_REFUSED] = "the archive is encrypted, and no key was given that opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run_retrohunt,
};
