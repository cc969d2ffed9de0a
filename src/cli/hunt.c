/* hunt: `longwatch hunt`: evidence and rules in, findings out, and a summary for whoever must act on it tonight. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "hunt/hunt.h"
#include "report/case.h"
#include "report/finding_text.h"

static const char help[] =
    "Example:  longwatch hunt ./evidence --rules ./rules -o ./case\n\n"
    "Reads every file below the paths, also in archives, evaluates the rules on every event, and tells what was found,\n"
    "what could not be read, and which rules had no data.\n\n"
    "  --rules DIR          rule files or folders; may be given several times\n"
    "  -o CASE              write a case directory: findings, custody ledger, timeline\n"
    "  --force              replace an older case of that name\n"
    "  --json               one finding a line on standard output\n"
    "  --salvaged           with --json: findings in salvaged records as well, marked\n"
    "  --from, --to TIME    only events from TIME on, before TIME (RFC 3339)\n"
    "  --level LEVEL        only findings of this level and above: informational, low, medium, high, critical\n"
    "  --kinds DIR          kind files of your own logs\n"
    "  --placeholders FILE  values for %placeholders%, YAML: name: [value, ...]\n"
    "  --threads N          processes that read evidence; usually one for each processor\n"
    "  --memory SIZE        of all processes together, such as 512M; usually 256M\n"
    "  --quiet              no progress, no summary\n\n"
    "Exit status: 0 nothing found, 1 findings, 2 wrong usage, 3 some evidence could not be read (findings or not),\n"
    "4 internal error or stopped.\n";

struct wishes {
    struct arguments paths, rules, kinds;
    const char *placeholders, *out;
    int64_t from, to;
    enum sigma_level level;
    unsigned workers;
    size_t memory;
    bool json, salvaged, force, quiet;
};

struct run {
    const struct wishes *w;
    struct summary *summary;
    struct progress progress;
    struct case_writer *writer; /* NULL: none */
    struct buf line;
};

static bool on_finding(void *ctx, const struct finding *f, struct err *e) {
    struct run *const run = ctx;

    if (!summary_finding(run->summary, f, e))
        return false;
    if (run->w->json && (!f->salvaged || run->w->salvaged)) {
        run->line.len = 0;
        finding_json(&run->line, f);
        buf_byte(&run->line, '\n');
        if (run->line.failed)
            return err_set(e, ERR_MEMORY, 0, "no memory to print");
        fwrite(run->line.ptr, 1, run->line.len, stdout);
        if (ferror(stdout))
            return err_system(e, "standard output");
    }
    return !run->writer || case_writer_finding(run->writer, f, e);
}

static bool on_custody(void *ctx, const struct custody *c, struct err *e) {
    struct run *const run = ctx;

    return summary_custody(run->summary, c, e) && (!run->writer || case_writer_custody(run->writer, c, e));
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

    progress_show(&run->progress, done, total, summary_findings(run->summary));
}

/* Ctrl-C ends the hunt between two messages; a second one ends the program. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

static void signals_catch(void) {
    struct sigaction const end = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of writing, told like any other */
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
    char text[INSTANT_TEXT];

    for (size_t i = 0; i < set->verdict_count; i++) {
        uint64_t findings;
        const char *const status = summary_rule(run->summary, &set->verdicts[i], &findings);

        if (!case_writer_rule(run->writer, &set->verdicts[i], status, findings, e))
            return false;
    }
    return case_writer_fact(run->writer, "version", S(LONGWATCH_VERSION), e) &&
           case_writer_fact(run->writer, "from", instant_format(run->w->from, text), e) &&
           case_writer_fact(run->writer, "to", instant_format(run->w->to, text), e) &&
           case_writer_fact(run->writer, "level", sigma_level_name(run->w->level), e) && case_writer_finish(run->writer, e);
}

static int stop(struct run *run, const struct err *e) {
    progress_end(&run->progress);
    case_writer_close(run->writer);
    run->writer = NULL;
    if (e->code != ERR_INTERRUPTED)
        return fail(e);
    fprintf(stderr, "longwatch: stopped before the end, after %lu findings%s\n", (unsigned long)summary_findings(run->summary),
            run->w->out ? "; no case was written" : "");
    return EXIT_INTERNAL;
}

static int hunt_with(struct run *run, const struct sigma_set *set, struct fields *fields, const struct kinds *kinds) {
    const struct wishes *const w = run->w;
    struct err e = {0};
    struct hunt_result result = {0};
    struct hunt_options const options = {.paths = w->paths.items,
                                         .path_count = w->paths.count,
                                         .set = set,
                                         .fields = fields,
                                         .kinds = kinds,
                                         .from = w->from,
                                         .to = w->to,
                                         .level = w->level,
                                         .workers = w->workers,
                                         .memory_max = w->memory,
                                         .stop = &interrupted,
                                         .finding = on_finding,
                                         .custody = on_custody,
                                         .damage = on_damage,
                                         .kind = on_kind,
                                         .correlation = on_correlation,
                                         .filtered = on_filtered,
                                         .progress = w->quiet ? NULL : on_progress,
                                         .ctx = run};

    signals_catch(); /* before anything is written that would have to be removed */
    if (w->out && !case_writer_open(&run->writer, w->out, w->force, &e))
        return stop(run, &e);
    progress_begin(&run->progress, !w->quiet);
    if (!hunt_run(&options, &result, &e) || !tell_shut(run, set, fields, kinds, &e))
        return stop(run, &e);
    progress_end(&run->progress);
    if (fflush(stdout) != 0) {
        err_system(&e, "standard output");
        return stop(run, &e);
    }
    if (run->writer && !case_end(run, set, &e))
        return stop(run, &e);
    case_writer_close(run->writer);
    run->writer = NULL;
    if (!w->quiet)
        summary_print(run->summary, w->json ? stderr : stdout, result.regex_given_up, w->out);
    if (fflush(stdout) != 0) {
        err_system(&e, "standard output");
        return stop(run, &e);
    }
    return summary_unread(run->summary) ? EXIT_UNREADABLE : summary_findings(run->summary) ? EXIT_FINDINGS : EXIT_NOTHING;
}

static int hunt(const struct wishes *w) {
    struct run run = {.w = w};
    struct sigma_loader *loader = NULL;
    struct fields *const fields = fields_new();
    struct kinds *kinds = NULL;
    const struct sigma_set *set;
    struct err e = {0};
    int status;

    if (!fields)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || !kinds_open(&w->kinds, fields, &kinds, &e) ||
        !rules_open(&w->rules, w->placeholders, false, &loader, &set, &e) || !summary_new(&run.summary, set, &e))
        status = fail(&e);
    else
        status = hunt_with(&run, set, fields, kinds);
    buf_free(&run.line);
    summary_free(run.summary);
    sigma_loader_free(loader);
    kinds_free(kinds);
    fields_free(fields);
    return status;
}

static bool time_option(const char *value, int64_t *out) {
    *out = instant_parse(str_of(value));
    return *out != INSTANT_NONE;
}

/* 512M, 2G, 300000K; at least 64M, or nothing could be read. */
static bool size_option(const char *value, size_t *out) {
    size_t const len = strlen(value);
    unsigned shift = 0;
    uint64_t n;

    if (len == 0)
        return false;
    switch (value[len - 1]) {
    case 'K':
    case 'k':
        shift = 10;
        break;
    case 'M':
    case 'm':
        shift = 20;
        break;
    case 'G':
    case 'g':
        shift = 30;
        break;
    default:
        break;
    }
    if (!str_u64((str){value, len - (shift > 0)}, UINT64_C(1) << 33, &n) || n << shift < (64u << 20))
        return false;
    *out = (size_t)(n << shift);
    return true;
}

static bool count_option(const char *value, unsigned *out) {
    uint64_t n;

    if (!str_u64(str_of(value), 64, &n) || n == 0)
        return false;
    *out = (unsigned)n;
    return true;
}

/* An option without value. */
static bool flag(char **argv, int *at, const char *name, bool *out) {
    if (strcmp(argv[*at], name) != 0)
        return false;
    *out = true;
    ++*at;
    return true;
}

static int run_hunt(int argc, char **argv) {
    const char **const items = calloc((size_t)argc * 3 + 1, sizeof *items);
    struct wishes w = {.from = INSTANT_NONE, .to = INSTANT_NONE};
    const char *value = NULL;
    bool missing;
    int status;

    if (!items)
        return EXIT_INTERNAL;
    w.paths.items = items;
    w.rules.items = items + argc;
    w.kinds.items = items + 2 * argc;
    for (int i = 1; i < argc;) {
        const char *const name = argv[i];
        bool good = true;

        missing = false;
        if (flag(argv, &i, "--json", &w.json) || flag(argv, &i, "--salvaged", &w.salvaged) ||
            flag(argv, &i, "--force", &w.force) || flag(argv, &i, "--quiet", &w.quiet))
            continue;
        if (option_value(argc, argv, &i, "--rules", &value, &missing)) {
            w.rules.items[w.rules.count++] = value;
        } else if (option_value(argc, argv, &i, "--kinds", &value, &missing)) {
            w.kinds.items[w.kinds.count++] = value;
        } else if (option_value(argc, argv, &i, "--placeholders", &value, &missing)) {
            w.placeholders = value;
        } else if (option_value(argc, argv, &i, "-o", &value, &missing)) {
            w.out = value;
        } else if (option_value(argc, argv, &i, "--from", &value, &missing)) {
            good = missing || time_option(value, &w.from);
        } else if (option_value(argc, argv, &i, "--to", &value, &missing)) {
            good = missing || time_option(value, &w.to);
        } else if (option_value(argc, argv, &i, "--level", &value, &missing)) {
            good = missing || sigma_level_parse(str_of(value), &w.level);
        } else if (option_value(argc, argv, &i, "--threads", &value, &missing)) {
            good = missing || count_option(value, &w.workers);
        } else if (option_value(argc, argv, &i, "--memory", &value, &missing)) {
            good = missing || size_option(value, &w.memory);
        } else if (name[0] == '-' && name[1]) {
            status = usage_error("hunt", "unknown option '%s'", name);
            goto end;
        } else {
            w.paths.items[w.paths.count++] = argv[i++];
        }
        if (missing || !good) {
            status = missing ? usage_error("hunt", "'%s' needs a value", name)
                             : usage_error("hunt", "'%s' cannot be read: '%s'", name, value);
            goto end;
        }
    }
    if (!w.paths.count || !w.rules.count)
        status = usage_error("hunt", w.paths.count ? "which rules? --rules DIR" : "which evidence? Name files or folders");
    else
        status = hunt(&w);
end:
    free(items);
    return status;
}

const struct command command_hunt = {"hunt", "hunt through evidence with rules", help, run_hunt};
