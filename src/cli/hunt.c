/* hunt: `longwatch hunt`: evidence and rules in, findings out, and a summary for whoever must act on it tonight. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/archives.h"
#include "cli/case_archive.h"
#include "cli/command.h"
#include "cli/hunt_incident.h"
#include "cli/hunt_intel.h"
#include "cli/hunt_mail.h"
#include "cli/hunt_yara.h"
#include "cli/interrupt.h"
#include "cli/judge.h"
#include "cli/person_lists.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "cli/terminal.h"
#include "hunt/hunt.h"
#include "reader/mail_house.h"
#include "report/case.h"
#include "report/finding_text.h"

struct wishes {
    struct arguments paths, rules, kinds, intel, persons;
    const char *placeholders, *out;
    int64_t from, to, latest;
    struct zone_wish zone;
    struct key_wish key;
    enum sigma_level level;
    uint64_t as_of;   /* 0: as it is */
    uint64_t workers; /* 0: one for each processor */
    size_t memory;    /* 0: the usual */
    const struct phone_country *country;
    struct arguments geo, own, partners, yara;
    size_t yara_max; /* 0: the usual */
    const char *roster, *dkim_keys, *profiles, *observed;
    bool json, salvaged, force, quiet, known;
};

#define OUTPUT_BUFFER ((size_t)256 << 10)
#define KEYS_MAX ((size_t)16 << 20)

struct run {
    const struct wishes *w;
    struct summary *summary;
    struct progress progress;
    struct case_writer *writer; /* NULL: none */
    struct geo *geo;            /* the same */
    struct zone_rules *zone;    /* the same */
    struct mail_house *house;
    struct hunt_mail *mail;
    struct hunt_incident *incident;
    struct hunt_yara *yara;   /* NULL: none */
    struct hunt_intel *intel; /* NULL: no indicators */
    struct person_lists lists;
    struct person_hunt *persons; /* NULL: nobody is looked for */
    const char **own;            /* paths that are no evidence */
    struct archives archives;
    const struct known *known; /* the same */
    struct buf line;
};

/* run->line, to standard output. */
static bool line_out(struct run *run, struct err *e) {
    buf_byte(&run->line, '\n');
    if (run->line.failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    progress_wipe(&run->progress); /* both may be the same terminal */
    fwrite(run->line.ptr, 1, run->line.len, stdout);
    return !ferror(stdout) || err_system(e, "standard output");
}

static bool on_finding(void *ctx, const struct finding *found, struct err *e) {
    struct run *const run = ctx;
    struct finding told = *found;
    const struct finding *const f = &told;
    struct network_about about;

    if (found->client_address.len && network_about_text(run->geo, found->client_address, &about))
        told.client = &about;
    if (!summary_finding(run->summary, f, e) || !hunt_mail_finding(run->mail, f, e) ||
        !incidents_finding(hunt_incident_of(run->incident), f, e))
        return false;
    if (run->w->json && (!f->salvaged || run->w->salvaged)) {
        run->line.len = 0;
        finding_json(&run->line, f);
        if (!line_out(run, e))
            return false;
    }
    return !run->writer || case_writer_finding(run->writer, f, e);
}

static bool on_yara(void *ctx, const struct yara_finding *f, struct err *e) {
    struct run *const run = ctx;

    run->line.len = 0;
    return hunt_yara_finding(run->yara, f, run->w->json ? &run->line : NULL, e) && (!run->w->json || line_out(run, e));
}

static bool on_yara_omission(void *ctx, const struct yara_omission *o, struct err *e) {
    return hunt_yara_omission(((struct run *)ctx)->yara, o, e);
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;

    return summary_custody(run->summary, c, e) && hunt_mail_custody(run->mail, c, e) &&
           (!run->writer || case_writer_custody(run->writer, c, e));
}

static bool on_collected(void *ctx, const struct normal_event *v, struct err *e) {
    return hunt_mail_collected(((struct run *)ctx)->mail, v, e);
}

static bool on_activity(void *ctx, const struct activity_event *v, struct err *e) {
    return hunt_incident_activity(((struct run *)ctx)->incident, v, e);
}

static bool on_coverage(void *ctx, const struct custody_coverage *c, struct err *e) {
    struct run *const run = ctx;

    return !run->writer || case_writer_coverage(run->writer, c, e);
}

static bool on_clock(void *ctx, const struct custody_clock *c, struct err *e) {
    struct run *const run = ctx;

    return summary_clock(run->summary, c, e) && (!run->writer || case_writer_clock(run->writer, c, e));
}

static bool on_duplicates(void *ctx, uint64_t line, uint64_t events, struct err *e) {
    struct run *const run = ctx;

    summary_duplicates(run->summary, events);
    return !run->writer || case_writer_duplicates(run->writer, line, events, e);
}

static bool on_gap(void *ctx, const struct custody_gap *gap, struct err *e) {
    struct run *const run = ctx;

    summary_gap(run->summary, gap);
    return !run->writer || case_writer_gap(run->writer, gap, e);
}

static bool on_damage(void *ctx, const struct custody_damage *d, struct err *e) {
    struct run *const run = ctx;

    return summary_damage(run->summary, d, e) && (!run->writer || case_writer_damage(run->writer, d, e));
}

static void on_kind(void *ctx, const struct kind *kind, uint64_t events) {
    (void)events;
    summary_kind(((struct run *)ctx)->summary, kind);
}

static void on_correlation(void *ctx, uint32_t rule, const struct correlation_counts *counts) {
    summary_correlation(((struct run *)ctx)->summary, rule, counts);
}

static void on_filtered(void *ctx, uint32_t rule, uint32_t filter, uint64_t matches) {
    summary_filtered(((struct run *)ctx)->summary, rule, filter, matches);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    struct run *const run = ctx;

    progress_show(&run->progress, done, total, summary_findings(run->summary) + hunt_yara_findings(run->yara));
}

/* A rule that contradicts its log source must not look like one that found nothing. */
static bool tell_shut(struct run *run, const struct sigma_set *set, struct fields *fields, const struct kinds *kinds,
                      struct err *e) {
    str *shut = NULL;

    if (run->w->quiet && !run->writer)
        return true;
    if (!rules_shut(set, fields, kinds, &shut, e))
        return false;
    for (uint32_t i = 0; i < set->rule_count; i++)
        if (shut[i].len)
            summary_shut(run->summary, i, shut[i]);
    free(shut);
    return true;
}

static bool case_end(struct run *run, const struct sigma_set *set, struct err *e) {
    const struct intel_set *const intel = run->known ? known_intel(run->known) : NULL;
    struct judge_options const judge = {.profiles = run->w->profiles,
                                        .stores = &run->w->intel,
                                        .observed = run->w->observed,
                                        .names = hunt_intel_groups(run->intel)};
    char text[INSTANT_TEXT];

    for (size_t i = 0; intel && i < intel_set_sources(intel); i++)
        if (!case_writer_intel_source(run->writer, intel_set_source(intel, i), intel_set_source_sha256(intel, i), e))
            return false;

    for (size_t i = 0; i < set->verdict_count; i++) {
        uint64_t findings;
        const char *const status = summary_rule(run->summary, &set->verdicts[i], &findings);

        if (!case_writer_rule(run->writer, &set->verdicts[i], status, findings, e))
            return false;
    }
    return case_writer_fact(run->writer, "version", S(LONGWATCH_VERSION), e) &&
           case_writer_fact(run->writer, "from", instant_format(run->w->from, text), e) &&
           case_writer_fact(run->writer, "to", instant_format(run->w->to, text), e) &&
           case_writer_fact(run->writer, "zone", str_of(run->w->zone.name ? run->w->zone.name : "UTC"), e) &&
           case_writer_fact(run->writer, "latest", instant_format(run->w->latest, text), e) &&
           case_writer_fact(run->writer, "level", sigma_level_name(run->w->level), e) &&
           case_archives_note(run->writer, &run->archives, e) && hunt_incident_judge(run->incident, &judge, e) &&
           case_writer_finish(run->writer, e);
}

static int stop(struct run *run, const struct err *e) {
    progress_wipe(&run->progress);
    hunt_yara_free(run->yara); /* before the database that it writes to */
    run->yara = NULL;
    case_writer_close(run->writer);
    run->writer = NULL;
    if (e->code != ERR_INTERRUPTED)
        return tell_error(e);
    fprintf(stderr, "longwatch: stopped before the end, after %lu findings%s\n",
            (unsigned long)summary_findings(run->summary), run->w->out ? "; no case was written" : "");
    return EXIT_INTERNAL;
}

/* Whom was looked for. */
static void persons_print(const struct run *run, size_t columns, struct buf *b) {
    struct buf line = {0};

    if (!run->persons)
        return;
    buf_add(b, S("Listed: "));
    person_lists_words(&run->lists, &line);
    if (run->lists.unread)
        buf_format(&line, "; NOT READ: %zu %s", run->lists.unread,
                   run->lists.unread == 1 ? "file" : "files or members");
    text_wrap(b, buf_str(&line), 8, 2, columns);
    buf_byte(b, '\n');
    b->failed |= line.failed;
    buf_free(&line);
}

static bool summary_tell(struct run *run, uint64_t regex_given_up, struct err *e) {
    const struct wishes *const w = run->w;
    FILE *const to = w->json ? stderr : stdout;
    struct summary_frame frame = {.read = {"", 0},
                                  .keep = {"", 0},
                                  .level = w->level,
                                  .from = w->from,
                                  .to = w->to,
                                  .regex_given_up = regex_given_up,
                                  .case_path = w->out,
                                  .columns = terminal_columns(to),
                                  .colour = terminal_colour(to)};
    struct buf text = {0}, known = {0};
    bool ok = true;

    hunt_intel_print(run->intel, frame.columns, frame.colour, &known);
    persons_print(run, frame.columns, &known);
    frame.known = buf_str(&known);
    summary_print(run->summary, &frame, &text);
    hunt_mail_print(run->mail, &text);
    hunt_incident_print(run->incident, frame.columns, frame.colour, &text);
    hunt_yara_print(run->yara, &text);
    if (text.failed || known.failed)
        ok = err_set(e, ERR_MEMORY, 0, "no memory for the summary");
    else if ((fwrite(text.ptr, 1, text.len, to) != text.len || fflush(to) != 0) && to == stdout)
        ok = err_system(e, "standard output");
    buf_free(&text);
    buf_free(&known);
    return ok;
}

static int hunt_with(struct run *run, const struct sigma_set *set, struct fields *fields, const struct kinds *kinds) {
    const struct wishes *const w = run->w;
    struct err e = {0};
    struct hunt_result result = {0};
    const volatile sig_atomic_t *const interrupted = interrupt_catch();

    if (w->out && !case_writer_open(&run->writer, w->out, w->force, &e))
        return stop(run, &e);
    /* Where they lie among the evidence, the new case is none of it, and neither is an older one that it replaces, nor are indicators,
     * lists of persons, YARA rules and what is known of groups: each would find itself. */
    const char **const own = run->own = calloc(w->intel.count + w->persons.count + w->yara.count + 4, sizeof *own);
    size_t own_count = 0;

    if (!own) {
        err_set(&e, ERR_MEMORY, 0, "no memory");
        return stop(run, &e);
    }
    if (run->writer) {
        own[own_count++] = case_writer_folder(run->writer);
        own[own_count++] = w->out;
    }
    if (w->profiles)
        own[own_count++] = w->profiles;
    if (w->observed)
        own[own_count++] = w->observed;
    for (size_t i = 0; i < w->intel.count; i++)
        own[own_count++] = w->intel.items[i];
    for (size_t i = 0; i < w->persons.count; i++)
        own[own_count++] = w->persons.items[i];
    for (size_t i = 0; i < w->yara.count; i++)
        own[own_count++] = w->yara.items[i];
    struct hunt_options options = {.paths = w->paths.items,
                                   .path_count = w->paths.count,
                                   .as_named = run->archives.any,
                                   .own = own,
                                   .own_count = own_count,
                                   .set = set,
                                   .known = run->known,
                                   .persons = run->persons,
                                   .fields = fields,
                                   .kinds = kinds,
                                   .house = run->house,
                                   .latest = w->latest,
                                   .zone_rules = run->zone,
                                   .zone = w->zone.name ? str_of(w->zone.name) : (str){"", 0},
                                   .from = w->from,
                                   .to = w->to,
                                   .level = w->level,
                                   .workers = (unsigned)w->workers,
                                   .memory_max = w->memory,
                                   .keys = run->archives.keys,
                                   .stop = interrupted,
                                   .collected = on_collected,
                                   .activity = on_activity,
                                   .finding = on_finding,
                                   .custody = on_custody,
                                   .damage = on_damage,
                                   .coverage = on_coverage,
                                   .clock = on_clock,
                                   .duplicates = on_duplicates,
                                   .gap = on_gap,
                                   .kind = on_kind,
                                   .correlation = on_correlation,
                                   .filtered = on_filtered,
                                   .yara_finding = on_yara,
                                   .yara_omission = on_yara_omission,
                                   .progress = w->quiet ? NULL : on_progress,
                                   .ctx = run};

    if (!hunt_incident_new(&run->incident, run->writer, w->memory, &e))
        return stop(run, &e);
    struct hunt_mail_options const mail = {.roster = w->roster,
                                           .hunt = &options,
                                           .writer = run->writer,
                                           .incidents = hunt_incident_of(run->incident),
                                           .progress = options.progress,
                                           .ctx = run};

    if (!hunt_mail_new(&run->mail, &mail, &e) || !hunt_yara_begin(run->yara, &options, run->writer, &e))
        return stop(run, &e);
    if (w->json && !isatty(STDOUT_FILENO)) /* a person sees each finding at once */
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of writing, told like any other */
    progress_begin(&run->progress, !w->quiet);
    if (!hunt_run(&options, &result, &e) || !tell_shut(run, set, fields, kinds, &e) ||
        !hunt_yara_end(run->yara, &result.yara, &e) || !hunt_mail_end(run->mail, &e) ||
        !hunt_incident_end(run->incident, &e))
        return stop(run, &e);
    progress_wipe(&run->progress);
    summary_end(run->summary);
    if (fflush(stdout) != 0) {
        err_system(&e, "standard output");
        return stop(run, &e);
    }
    if (run->writer && !case_end(run, set, &e))
        return stop(run, &e);
    case_writer_close(run->writer);
    run->writer = NULL;
    if (!w->quiet && !summary_tell(run, result.regex_given_up, &e))
        return stop(run, &e);
    return summary_unread(run->summary) || hunt_yara_omitted(run->yara) || run->lists.unread ? EXIT_UNREADABLE
           : summary_findings(run->summary) || hunt_yara_findings(run->yara) || hunt_incident_count(run->incident)
               ? EXIT_FINDINGS
               : EXIT_NOTHING;
}

/* With no rule and no indicator there is nothing to ask, and "nothing found" would be no answer. others: something else is asked. */
static bool rules_usable(const struct sigma_set *set, bool others, struct err *e) {
    if (others)
        return true;
    if (!set->verdict_count)
        return err_set(
            e, ERR_USAGE, 0,
            "which rules? --rules DIR names a folder of Sigma rules, --intel PATH indicators, --persons FILE a list of "
            "persons, --yara PATH rules of files");
    for (size_t i = 0; i < set->verdict_count; i++)
        if (set->verdicts[i].loaded && !set->verdicts[i].is_filter && !set->verdicts[i].unusable)
            return true;
    return err_set(e, ERR_USAGE, 0, "rules: none of the %zu can be used; 'longwatch rules check' says why",
                   set->verdict_count);
}

/* What is known of whose mail is read. */
static bool house_open(const struct wishes *w, struct mail_house **out, struct err *e) {
    struct dkim_keys *keys = NULL;
    struct buf text = {0};
    bool ok = true;

    if (w->dkim_keys)
        ok = file_read(w->dkim_keys, KEYS_MAX, &text, e) &&
             dkim_keys_read(&keys, str_of(w->dkim_keys), buf_str(&text), e);
    buf_free(&text);
    return ok && mail_house_new(out, w->own.items, w->own.count, w->partners.items, w->partners.count, keys, e);
}

/* Lists of persons; none of them are given: *run stays as it is. */
static bool persons_open(struct run *run, struct fields *fields, struct err *e) {
    const struct arguments *const paths = &run->w->persons;

    if (!paths->count)
        return true;
    if (!person_lists_open(&run->lists, paths, e))
        return err_wrap(e, "--persons");
    if (!run->lists.read)
        return err_set(e, ERR_USAGE, 0, "--persons: no list could be read");
    return person_hunt_new(&run->persons, run->lists.persons, fields, e);
}

/* Rules that are given, and those that lay among the intelligence, beside the indicators. */
static bool all_rules_open(struct run *run, struct fields *fields, struct sigma_loader **loader,
                           const struct sigma_set **set, struct err *e) {
    const struct wishes *const w = run->w;
    size_t sigma_count, yara_count;
    const struct rule_text *const sigma = hunt_intel_rules(run->intel, &sigma_count);
    const struct rule_text *const yara = hunt_intel_yara(run->intel, &yara_count);

    return rules_open(&w->rules, sigma, sigma_count, w->placeholders, false, loader, set, e) &&
           (!run->intel || hunt_intel_join(run->intel, *set, fields, e)) &&
           hunt_yara_open(&run->yara, &w->yara, yara, yara_count, w->yara_max, e);
}

/* Of an archive its segments, which hold records: what only the files themselves could say is no question to them. */
static bool evidence_open(struct wishes *w, struct archives *archives, struct err *e) {
    struct arguments const given = w->paths;

    if (!archives_open(archives, &given, w->as_of, false, &w->key, e))
        return false;
    w->paths = archives->paths;
    if (w->as_of && !archives->any)
        return err_set(e, ERR_USAGE, 0, "--as-of is of an archive, and none of the evidence is one");
    if (archives->any && w->yara.count)
        return err_set(
            e, ERR_USAGE, 0,
            "--yara: an archive keeps records, and not the files that YARA rules are of: hunt through these");
    return !archives->any || !(w->own.count || w->partners.count || w->dkim_keys) ||
           err_set(
               e, ERR_USAGE, 0,
               "--own-domain, --partner and --dkim-keys: mail in an archive was read without them: hunt through the "
               "mail itself");
}

static int hunt(const struct wishes *given) {
    struct wishes wishes = *given;
    const struct wishes *const w = &wishes;
    char *store = NULL;
    struct run run = {.w = w};
    struct sigma_loader *loader = NULL;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    const struct sigma_set *set;
    const char *roster = w->roster;
    const char *profiles = w->profiles;
    struct arguments const rosters = {&roster, roster != NULL}, bases = {&profiles, profiles != NULL};
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !intel_wishes(&given->intel, w->known, &wishes.intel, &store, &e) ||
        !paths_exist(&w->paths, "evidence", false, &e) || !paths_exist(&rosters, "roster", false, &e) ||
        !paths_exist(&bases, "profiles", false, &e) || !judge_check(w->observed, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e) || !paths_exist(&w->intel, "intelligence", false, &e) ||
        !hunt_intel_open(&run.intel, &w->intel, &e) || !all_rules_open(&run, fields, &loader, &set, &e) ||
        !persons_open(&run, fields, &e) ||
        !rules_usable(set, (run.known = hunt_intel_known(run.intel)) || run.yara || run.persons, &e) ||
        !zone_open(&w->zone, &run.zone, &e) || !house_open(w, &run.house, &e) ||
        !networks_open(&w->geo, &run.geo, &e) || !evidence_open(&wishes, &run.archives, &e) ||
        !summary_new(&run.summary, set = run.known ? known_set(run.known) : set, run.known, run.lists.persons, &e))
        status = tell_error(&e);
    else {
        kinds_country(kinds, w->country);
        status = hunt_with(&run, set, fields, kinds);
    }
    buf_free(&run.line);
    free(run.own);
    archives_close(&run.archives);
    if (wishes.intel.items != given->intel.items)
        free(wishes.intel.items);
    free(store);
    hunt_mail_free(run.mail);
    hunt_incident_free(run.incident);
    hunt_yara_free(run.yara);
    geo_close(run.geo);
    zone_rules_free(run.zone);
    mail_house_free(run.house);
    summary_free(run.summary);
    hunt_intel_close(run.intel);
    person_hunt_free(run.persons);
    persons_free(run.lists.persons);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static int run_hunt(const void *wishes) {
    const struct wishes *const w = wishes;

    if ((w->profiles || w->observed) && !w->out)
        return usage_error("hunt", "--profiles and --observed are of --output: incidents are judged in a case");
    return times_usable("hunt", w->from, w->to) ? hunt(w) : EXIT_USAGE;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {ROW_EVIDENCE, AT(paths)},
    {ROW_RULES, AT(rules)},
    {.name = "yara",
     .argument = "PATH",
     .type = OPTION_PATH,
     .many = true,
     .help = "YARA rules on every file, and on what messages carry: a file, or a folder of .yar files",
     AT(yara)},
    {.name = "yara-max",
     .argument = "SIZE",
     .type = OPTION_SIZE,
     .least = UINT64_C(1) << 10,
     .most = UINT64_C(1) << 50,
     .help = "with --yara: larger files are not scanned, and told; usually 4G",
     AT(yara_max)},
    {ROW_INTEL, AT(intel)},
    {ROW_KNOWN, AT(known)},
    {.name = "persons",
     .argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .help = "a published list of persons and companies, as 'longwatch persons' reads it: who in the evidence is named "
             "like one of them",
     AT(persons)},
    {.name = "profiles",
     .argument = "PATH",
     .type = OPTION_PATH,
     .help = "profiles of groups: bundles of MITRE ATT&CK, galaxies of MISP; which of them an incident resembles. "
             "Usually those of a store that is "
             "hunted with",
     AT(profiles)},
    {.name = "observed",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help =
         "what an analyst knows of the incidents besides, such as who the victim is, as 'longwatch attribute' reads it",
     AT(observed)},
    {.name = "output",
     .letter = 'o',
     .argument = "CASE",
     .type = OPTION_FOLDER,
     .help = "write a case directory: findings, custody ledger, timeline",
     AT(out)},
    {.name = "force", .type = OPTION_FLAG, .help = "replace an older case of that name", AT(force)},
    {ROW_JSON_FINDINGS, AT(json)},
    {ROW_SALVAGED, AT(salvaged)},
    {.name = "from",
     .argument = "TIME",
     .type = OPTION_TIME,
     .help = "only events from TIME on: 2021-03-14, or 2021-03-14T09:30:00Z",
     AT(from)},
    {.name = "to", .argument = "TIME", .type = OPTION_TIME, .help = "only events before TIME", AT(to)},
    {ROW_LEVEL, AT(level)},
    {.name = "as-of",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "with an archive: as it was at snapshot N",
     AT(as_of)},
    {ROW_ZONE, AT(zone)},
    {ROW_LATEST, AT(latest)},
    {ROW_KINDS, AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
    {ROW_GEO, AT(geo)},
    {ROW_COUNTRY, AT(country)},
    {.name = "roster",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "who belongs to which group: lines of address,group,name; for campaigns of mail",
     AT(roster)},
    {.name = "own-domain",
     .argument = "DOMAIN",
     .type = OPTION_TEXT,
     .many = true,
     .help = "a domain of the institution, for mail: what looks like it, and is not",
     AT(own)},
    {.name = "partner",
     .argument = "DOMAIN",
     .type = OPTION_TEXT,
     .many = true,
     .help = "a domain of somebody it writes to, which others may pretend to be",
     AT(partners)},
    {.name = "dkim-keys",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "keys of those who sign mail, as their DNS has them; nothing is asked of any network",
     AT(dkim_keys)},
    {ROW_PLACEHOLDERS, AT(placeholders)},
    {ROW_THREADS, AT(workers)},
    {ROW_MEMORY, AT(memory)},
    {ROW_QUIET, AT(quiet)},
};
const struct command command_hunt = {
    .name = "hunt",
    .summary = "hunt through evidence with rules",
    .about = (const char *const[]){"Reads every file below the paths, also in archives, evaluates the rules on every "
                                   "event, and tells what was found, what "
                                   "could not be read, and which rules had no data. Evidence is never written to.",
                                   NULL},
    .examples =
        (const struct example[]){
            {"longwatch hunt ./evidence --rules ./rules", "Hunt through a folder of logs and read the summary"},
            {"longwatch hunt ./evidence --rules ./rules -o ./case", "Write a case as well, to keep and to hand on"},
            {"longwatch hunt ./evidence --rules ./rules --json --level high | jq .",
             "Take the grave findings to another program"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses =
        {[EXIT_NOTHING] = "nothing found",
         [EXIT_FINDINGS] = "findings, or incidents",
         [EXIT_USAGE] = "wrong usage; nothing was done",
         [EXIT_UNREADABLE] =
             "some evidence could not be read, or not be scanned (prose that lies beside logs is told, and does not "
             "count); what could be has been hunted, with findings or without",
         [EXIT_INTERNAL] = "internal error, or stopped",
         [EXIT_REFUSED] = "an archive is encrypted, and no key was given that opens it"},
    .wishes_size = sizeof(struct wishes),
    .run = run_hunt,
};
